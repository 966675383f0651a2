"""What was worked out once, kept on disk between runs: checked data sets, results of `shared`.

A second notebook opens a data set in milliseconds. An entry is named by the content of everything
it was made from, the code included, so it is never out of date. Anything wrong with one, or one
that is not this user's, means working out again, never an error. Entries lie in the user's own
cache folder (`MTF_CACHE` names another; `off` keeps none).
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from functools import cache, wraps
from pathlib import Path
from typing import Any, Concatenate, cast

import pandas as pd
from platformdirs import user_cache_path

from mtf_eval.records.aliases import CHANGED_AREAS
from mtf_eval.records.dataset import CONTENT, Dataset, P, T, noting
from mtf_eval.records.home import PACKAGE, REFERENCE, file_digest, folder_digest, is_ours, versions
from mtf_eval.records.tables import DESCRIBED

#: No file but an archive of street records is as large as this and read.
MAX_BYTES = 500 * 2**20
#: Data sets kept, and results; the least recently used go first.
KEPT, RESULTS = 40, 2000
_held: dict[str, Dataset] = {}


def folder_of(what: str) -> Path | None:
    """Return the folder in which something is kept; `None` where nothing is to be."""
    chosen = os.environ.get("MTF_CACHE", "")
    if chosen.lower() == "off":
        return None
    folder = Path(chosen or user_cache_path("mtf-eval", appauthor=False)) / what
    return folder if is_ours(folder) or not folder.exists() else None


def take(path: Path) -> object:
    """Return what was put under a path; `None` where it is not there, not whole or not ours."""
    try:
        if hasattr(os, "getuid") and os.lstat(path).st_uid != os.getuid():
            return None
        raw = path.read_bytes()
        if hashlib.sha256(raw[32:]).digest() != raw[:32]:
            return None
        os.utime(path)
        entry: object = pickle.loads(zlib.decompress(raw[32:]))
    except Exception:  # cut short, altered, of another version: in any way at all
        return None
    return entry


def put(path: Path, entry: object, most: int) -> None:
    """Keep an entry, `most` in its folder, whole or not at all; a full disk is no error."""
    try:
        raw = zlib.compress(pickle.dumps(entry), level=1)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".draft-", delete=False) as draft:
            draft.write(hashlib.sha256(raw).digest() + raw)
        os.replace(draft.name, path)
        entries = list(path.parent.glob("[0-9a-f]*"))
        if len(entries) > most:
            entries.sort(key=lambda p: p.stat().st_mtime)
        for old in entries[:-most]:  # earlier editions kept a data set as a folder
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    except OSError:
        return


# Data sets


def key_of(files: Iterable[Path], base: Path, prices: Iterable[Path] = ()) -> str:
    """Return the key of what these files and the prices hold, and of the code that reads them."""
    whole = hashlib.sha256(_code().encode())
    named = [*((f, f.relative_to(base).as_posix()) for f in files), *((p, p.name) for p in prices)]
    for file, name in sorted(named):
        whole.update(f"{name}\0{file_digest(file)}\n".encode())
    return whole.hexdigest()


@cache
def _code() -> str:
    """Hash of the modules that read, their aliases, and the versions of what they stand on."""
    libraries = versions(("pandas", "pyarrow", "python-calamine"))
    read = [REFERENCE / "aliases.csv", REFERENCE / CHANGED_AREAS, DESCRIBED]
    code = folder_digest(Path(__file__).parent, "*.py")
    return f"{libraries} {code} {[file_digest(path) for path in read]}"


def fetch(key: str) -> Dataset | None:
    """Return the data set kept under a key; `None` when there is none, or it is not whole."""
    if key in _held:
        held = _held[key]
        # Frames copied so share their memory until one of the two is changed.
        return replace(held, tables={n: f.copy(deep=False) for n, f in held.tables.items()})
    folder = folder_of("data")
    facts = take(folder / key) if folder else None
    return Dataset(**facts) if isinstance(facts, dict) else None


def hold(key: str) -> None:
    """Keep what is under a key in memory too, for every process forked from this one."""
    data = fetch(key)
    if data is not None:
        _held[key] = data


def keep(key: str, data: Dataset) -> None:
    """Keep a data set under a key."""
    if folder := folder_of("data"):
        facts = {f.name: getattr(data, f.name) for f in fields(data) if f.init}
        put(folder / key, facts | {"about": dict(data.about)}, KEPT)


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
                    put(path, entry, RESULTS)
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
