"""Where notebooks, reference values and example data are: the checkout, or as installed."""

from __future__ import annotations

import csv
import hashlib
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = PACKAGE.parent
#: The folder that holds `notebooks` and `data`.
HOME = _CHECKOUT if (_CHECKOUT / "data/reference/aliases.csv").is_file() else PACKAGE / "_home"
#: Our reference values and look-ups.
REFERENCE = HOME / "data" / "reference"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file of ours: a row a line, by the headings."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of libraries, `absent` of those that are not there."""
    held: dict[str, str] = {}
    for name in names:
        try:
            held[name] = version(name)
        except PackageNotFoundError:
            held[name] = "absent"
    return held


def file_digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_digest(path: Path, pattern: str = "*") -> str:
    """Digest names and bytes of every file below a folder (or of one file), hidden ones apart."""
    total = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob(pattern) if p.is_file()):
        name = file.relative_to(path)
        if not any(part.startswith((".", "~$", "__pycache__")) for part in name.parts):
            total.update(f"{name.as_posix()}\0{file_digest(file)}\n".encode())
    return total.hexdigest()


def is_ours(folder: Path) -> bool:
    """Whether a folder is one and belongs to who runs this, so that nobody planted it."""
    if not hasattr(os, "geteuid"):
        return folder.is_dir()
    return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
