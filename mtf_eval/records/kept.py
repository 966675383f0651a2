"""Results kept between runs for what a data set was read from, and what all of them stand on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps
from typing import Any, Concatenate, cast

import pandas as pd

from mtf_eval.records.cache import folder_of, put, take
from mtf_eval.records.dataset import CONTENT, Dataset, P, T, noting
from mtf_eval.records.home import PACKAGE, REFERENCE, file_digest, folder_digest, versions
from mtf_eval.records.tables import DESCRIBED

KEPT = 2000  # entries; the least recently used go first


def by_content(
    *tables: str,
) -> Callable[[Callable[Concatenate[Dataset, P], T]], Callable[Concatenate[Dataset, P], T]]:
    """Keep the result of a function for what the data set was read from, whatever it asks of it.

    For these tables alone and the names of areas, where tables are named: a result that stands on
    another too is not kept.
    The arguments must be plain, the result fit to be pickled. Where it is not certain what the data
    set was read from, it is worked out again.
    """

    def wrapped(
        function: Callable[Concatenate[Dataset, P], T],
    ) -> Callable[Concatenate[Dataset, P], T]:
        @wraps(function)
        def kept(data: Dataset, /, *args: P.args, **named: P.kwargs) -> T:
            folder, content = folder_of("shared"), data.memo.get(CONTENT)
            if folder is None or content is None:
                return function(data, *args, **named)
            if tables:
                told = [
                    (replace(s, sha256=""), data.as_of) for s in data.sources if s.table in tables
                ]
                names = pd.util.hash_pandas_object(data.tables["area_names"], index=False)
                content = told, data.redrawn, int(names.sum())
            asked = repr((function.__module__, function.__qualname__, args, named, content))
            path = folder / hashlib.sha256(f"{asked}{stands_on()}".encode()).hexdigest()
            entry: Any = take(path)
            if entry is None:
                with noting(data) as read:
                    made = function(data, *args, **named)
                entry = sorted(read), made
                asked_of = {*data.tables} & {re.split(r"[.\[]", unit)[0] for unit in read}
                if not tables or asked_of <= {*tables, "area_names"}:
                    put(path, entry, KEPT)
            data.reads.update(entry[0])
            return cast("T", entry[1])

        return kept

    return wrapped


@cache
def stands_on() -> str:
    """Digest of the code and the reference values that every result stands on."""
    libraries = versions(("numpy", "pandas", "scipy", "statsmodels"))
    digests = folder_digest(PACKAGE, "*.py"), file_digest(DESCRIBED), folder_digest(REFERENCE)
    return f"{digests} {libraries}"
