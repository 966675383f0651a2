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
import shutil
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from mtf_eval.records.aliases import CHANGED_AREAS
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.home import REFERENCE, file_digest, folder_digest, is_ours, versions
from mtf_eval.records.tables import DESCRIBED

#: No file but an archive of street records is as large as this and read.
MAX_BYTES = 500 * 2**20
#: Data sets kept; the least recently used go first.
KEPT = 40
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
        entries = sorted(path.parent.glob("[0-9a-f]*"), key=lambda p: p.stat().st_mtime)
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
