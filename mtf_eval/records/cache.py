"""Checked data sets kept as Parquet, so that a second notebook opens one in milliseconds.

An entry is named by the content of every file it was read from and of the code that read it, so
it is never out of date. Anything wrong with an entry means reading again, never an error. Entries
lie in the user's own cache folder (`MTF_CACHE` names another; `MTF_CACHE=off` keeps none).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow.parquet import ParquetFile

from mtf_eval.records.aliases import CHANGED_AREAS, packaged_file
from mtf_eval.records.dataset import Dataset, Finding, Source
from mtf_eval.records.home import is_ours
from mtf_eval.records.tables import DESCRIBED

#: No file but an archive of street records is as large as this and read.
MAX_BYTES = 500 * 2**20
#: Entries kept; the least recently used go first.
KEPT = 40
_held: dict[str, Dataset] = {}


def key_of(files: Iterable[Path], base: Path, prices: Iterable[Path] = ()) -> str:
    """Return the key of what these files and the prices hold, and of the code that reads them."""
    whole = hashlib.sha256(_code().encode())
    named = [*((f, f.relative_to(base).as_posix()) for f in files), *((p, p.name) for p in prices)]
    for file, name in sorted(named):
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
    return whole.hexdigest()


@cache
def _code() -> str:
    """Hash of the rooms that read, their aliases, and the versions of what they stand on."""
    parts = [version(n) for n in ("pandas", "pandera", "pyarrow", "python-calamine")]
    read = [packaged_file(), packaged_file(CHANGED_AREAS), DESCRIBED]
    for path in [*sorted(Path(__file__).parent.rglob("*.py")), *read]:
        parts.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return " ".join(parts)


def fetch(key: str) -> Dataset | None:
    """Return the data set kept under a key; `None` when there is none, or it is not whole."""
    if key in _held:
        held = _held[key]
        # Frames copied so share their memory until one of the two is changed.
        return replace(held, tables={n: f.copy(deep=False) for n, f in held.tables.items()})
    folder = folder_of("data")
    if folder is None or not (folder / key / "dataset.json").is_file():
        return None
    try:
        data = _read(folder / key)
        os.utime(folder / key)
    # An entry may be cut short, altered or of another version in any way at all.
    except Exception:
        return None
    return data


def hold(key: str) -> None:
    """Keep what is under a key in memory too, for every process forked from this one."""
    data = fetch(key)
    if data is not None:
        _held[key] = data


def keep(key: str, data: Dataset) -> None:
    """Keep a data set under a key, whole or not at all; a full or closed disk is no error."""
    folder = folder_of("data")
    if folder is None:
        return
    draft = None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
        _write(draft, data)
        if (folder / key).exists():
            shutil.rmtree(folder / key, ignore_errors=True)
        draft.rename(folder / key)
        entries = sorted(folder.glob("[0-9a-f]*"), key=lambda p: p.stat().st_mtime)
        for old in entries[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def folder_of(what: str) -> Path | None:
    """Return the folder in which something is kept; `None` where nothing is to be."""
    chosen = os.environ.get("MTF_CACHE", "")
    if chosen.lower() == "off":
        return None
    if not chosen:
        from platformdirs import user_cache_path

        chosen = str(user_cache_path("mtf-eval", appauthor=False))
    folder = Path(chosen) / what
    return folder if is_ours(folder) or not folder.exists() else None


def _write(folder: Path, data: Dataset) -> None:
    tables: dict[str, Any] = {}
    for name, frame in data.tables.items():
        types = {c: str(t) for c, t in frame.dtypes.items()}
        tables[name] = {"types": types}
        if len(frame):
            buffer = io.BytesIO()
            frame.to_parquet(buffer, index=False)
            raw = buffer.getvalue()
            (folder / f"{name}.parquet").write_bytes(raw)
            tables[name]["sha256"] = hashlib.sha256(raw).hexdigest()
    facts = {
        "name": data.name,
        "path": str(data.path),
        "about": dict(data.about),
        "digest": data.digest,
        "redrawn": dict(data.redrawn),
        "sources": [asdict(s) | {"as_at": s.as_at and s.as_at.isoformat()} for s in data.sources],
        "findings": [asdict(f) for f in data.findings],
        "tables": tables,
    }
    (folder / "dataset.json").write_text(json.dumps(facts), encoding="utf-8")


def _read(folder: Path) -> Dataset:
    facts = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    tables = {}
    for name, entry in facts["tables"].items():
        if "sha256" in entry:
            raw = (folder / f"{name}.parquet").read_bytes()
            if hashlib.sha256(raw).hexdigest() != entry["sha256"]:
                raise ValueError(name)
            # Small tables: threads and a data set of many files cost more than they read.
            whole = ParquetFile(io.BytesIO(raw), pre_buffer=False).read(use_threads=False)
            frame = whole.to_pandas(use_threads=False)
            other = {c: t for c, t in entry["types"].items() if str(frame[c].dtype) != t}
            tables[name] = frame.astype(other)
        else:
            columns = {c: pd.Series([], dtype=t) for c, t in entry["types"].items()}
            tables[name] = pd.DataFrame(columns)
    sources = tuple(
        Source(**s | {"as_at": date.fromisoformat(s["as_at"]) if s["as_at"] else None})
        for s in facts["sources"]
    )
    return Dataset(
        name=facts["name"],
        path=Path(facts["path"]),
        tables=tables,
        sources=sources,
        findings=tuple(Finding(**f) for f in facts["findings"]),
        about=facts["about"],
        digest=facts["digest"],
        redrawn=facts["redrawn"],
    )
