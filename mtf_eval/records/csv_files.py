"""CSV files to grids of cells: encodings, separators, and what is no CSV at all.

Reads one file; knows nothing of what its columns mean.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.dataset import Finding
from mtf_eval.records.grids import Grid

__all__ = ["read_csv"]

_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def read_csv(path: Path, table: str) -> Grid:
    """Read one CSV file.

    Raises
    ------
    DataProblems
        The file is empty, or is not text.
    """
    raw = path.read_bytes()
    if not raw.strip():
        raise _refused(path, "an empty file", "headings and rows", "fill it in or remove it")
    text, encoding = _decoded(raw, path)
    separator = _separator(text)
    notes = []
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"text read as {encoding}")
    if separator != ",":
        notes.append(f"columns separated by {_SEPARATORS[separator]}")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        raise _refused(
            path,
            "quotation marks that do not close, or a very long cell",
            "a CSV file",
            "save it again as CSV UTF-8",
        ) from None
    findings = tuple(
        Finding(kind="repaired", table=table, text=note, file=path.name) for note in notes
    )
    return Grid(
        table=table,
        file=path.name,
        rows=rows,
        decimal_comma=separator == ";",
        findings=findings,
    )


def _decoded(raw: bytes, path: Path) -> tuple[str, str]:
    if raw[:2] == b"PK":
        todo = "rename it to .xlsx and give the workbook itself"
        raise _refused(path, "an Excel workbook or zip file", "a CSV file", todo)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise _refused(path, "broken UTF-16 text", "a CSV file", "save it again") from None
    if b"\x00" in raw or raw[:4] in (b"%PDF", b"\xd0\xcf\x11\xe0", b"PAR1"):
        raise _refused(path, "a file that is not text", "a CSV file", "save it as CSV UTF-8")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise _refused(path, "text in an unknown encoding", "UTF-8", "save it as CSV UTF-8")


def _separator(text: str) -> str:
    """Return the separator that stands in most of the first lines; a comma when none does.

    Several answers in one cell (`Never; Often`) outnumber commas, but not in every line.
    """
    head = "\n".join(text.splitlines()[:40])
    quoted = "".join(part for i, part in enumerate(head.split('"')) if i % 2 == 0)
    counts = {s: min(quoted.count(s), 10**6) for s in _SEPARATORS}
    lines = [line for line in quoted.splitlines() if line.strip()]

    def spread(separator: str) -> tuple[int, int]:
        found = [line.count(separator) for line in lines]
        return sum(n > 0 for n in found), max(found[:5], default=0)

    first = max(_SEPARATORS, key=spread)
    return first if counts[first] else ","


def _refused(path: Path, found: str, expected: str, todo: str) -> DataProblems:
    return DataProblems([Problem(file=path.name, found=found, expected=expected, todo=todo)])
