"""Results worked out once for all reports, and kept between runs: by what they read.

An entry is named by the function, its arguments, the code and the reference values; it holds what
was read and the digest of each, and serves as long as all of them are the same. Anything wrong with
an entry, or one that is not this user's, means working out again, never an error.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from mtf_eval.records.cache import folder_of
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
        entry = _fetch(folder / name)
        if entry is not None and all(held.get(u, "") == d for u, d in entry[0].items()):
            data.reads.update(entry[0])
            return cast("T", entry[1])
        with noting(data) as read:
            made = function(data, *args, **named)
        _keep(folder, name, ({unit: held.get(unit, "") for unit in read}, made))
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


def _fetch(path: Path) -> tuple[dict[str, str], object] | None:
    try:
        if hasattr(os, "getuid") and os.lstat(path).st_uid != os.getuid():
            return None
        raw = path.read_bytes()
        if hashlib.sha256(raw[32:]).digest() != raw[:32]:
            return None
        os.utime(path)
        entry: tuple[dict[str, str], object] = pickle.loads(raw[32:])
    except Exception:  # cut short, altered, of another version: in any way at all
        return None
    return entry


def _keep(folder: Path, name: str, entry: tuple[dict[str, str], object]) -> None:
    """Keep an entry whole or not at all; a full or closed disk is no error."""
    try:
        raw = pickle.dumps(entry)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".draft-", delete=False) as draft:
            draft.write(hashlib.sha256(raw).digest() + raw)
        os.replace(draft.name, folder / name)
        entries = sorted(folder.glob("[0-9a-f]*"), key=lambda p: p.stat().st_mtime)
        for old in entries[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
