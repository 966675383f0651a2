"""Results worked out once for all reports, and kept between runs: by what they read.

An entry is named by the function, its arguments, the code and the reference values; it holds what
was read and the digest of each, and serves as long as all of them are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from mtf_eval.records.cache import folder_of, put, take
from mtf_eval.records.dataset import Dataset, noting
from mtf_eval.records.prices.reference import default_folder
from mtf_eval.records.reads import units

P = ParamSpec("P")
T = TypeVar("T")

KEPT = 2000  # entries; the least recently used go first


def shared(
    function: Callable[Concatenate[Dataset, P], T],
) -> Callable[Concatenate[Dataset, P], T]:
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
        own = b"" if data.own_prices is None else _digest(data.own_prices)
        name = hashlib.sha256(asked.encode() + _stands_on() + own).hexdigest()
        held = _units(data)
        entry: Any = take(folder / name)
        if entry and all(held.get(u, "") == d for u, d in entry[0].items()):
            data.reads.update(entry[0])
            return cast("T", entry[1])
        with noting(data) as read:
            made = function(data, *args, **named)
        put(folder / name, ({unit: held.get(unit, "") for unit in read}, made), KEPT)
        return made

    return kept


def _units(data: Dataset) -> dict[str, str]:
    if "units" not in data.memo:
        with noting(data, lasting=False):
            data.memo["units"] = units(data)
    found: dict[str, str] = data.memo["units"]
    return found


@cache
def _stands_on() -> bytes:
    """Digest of the code and the reference values that every result stands on."""
    libraries = [version(name) for name in ("numpy", "pandas", "scipy", "statsmodels")]
    package = _digest(Path(__file__).parent.parent, "*.py")
    return package + _digest(default_folder()) + " ".join(libraries).encode()


def _digest(folder: Path, pattern: str = "*.*") -> bytes:
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob(pattern) if p.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.digest()
