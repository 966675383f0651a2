"""Results worked out once for all reports, and kept between runs: by what they read.

An entry is named by the function, its arguments, the code and the reference values; it holds what
was read and the digest of each, and serves as long as all of them are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from mtf_eval.records.cache import folder_of, put, take
from mtf_eval.records.dataset import Dataset, P, T, noting, once
from mtf_eval.records.home import folder_digest
from mtf_eval.records.kept import KEPT, by_content, stands_on
from mtf_eval.records.reads import units


def shared(function: Callable[Concatenate[Dataset, P], T]) -> Callable[Concatenate[Dataset, P], T]:
    """Keep the result of a function of a data set for every report and run that asks the same.

    The arguments beside the data set must be plain, the result must not depend on anything else and
    must be fit to be pickled.
    """

    @wraps(function)
    def kept(data: Dataset, /, *args: P.args, **named: P.kwargs) -> T:
        folder = folder_of("shared")
        if folder is None:
            return function(data, *args, **named)
        asked = repr((function.__module__, function.__qualname__, args, sorted(named.items())))
        own = "" if data.own_prices is None else folder_digest(data.own_prices)
        name = hashlib.sha256(f"{asked}{stands_on()}{own}".encode()).hexdigest()
        held = units_of(data)
        entry: Any = take(folder / name)
        if entry and all(held.get(u, "") == d for u, d in entry[0].items()):
            data.reads.update(entry[0])
            return cast("T", entry[1])
        with noting(data) as read:
            made = function(data, *args, **named)
        put(folder / name, ({unit: held.get(unit, "") for unit in read}, made), KEPT)
        return made

    return kept


def units_of(data: Dataset) -> dict[str, str]:
    """Return `reads.units` of a data set, worked out once; not counted as read by the report."""
    with noting(data, lasting=False):
        return _units(data)


@once
@by_content()
def _units(data: Dataset) -> dict[str, str]:
    return units(data)
