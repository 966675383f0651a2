"""CSV files to grids of cells: encodings, separators, and what is no CSV at all."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from mtf_eval.errors import DataProblems, Problem, refused
from mtf_eval.records.reading.grids import MAX_CELLS, MAX_COLUMNS, Grid

#: A million rows of ours are some 100 MB; the file is held whole, as bytes and as text.
MAX_BYTES = 200 * 2**20
#: As many as Excel has.
MAX_ROWS = 1_048_576
#: The longest cell: a few times what Excel lets anybody type.
MAX_CELL = 131_072

_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def read_csv(path: Path, table: str, *, head: bool = False) -> Grid:
    """Read one CSV file, or the `head` of one that is no table alone: its first lines."""
    if (size := path.stat().st_size) > MAX_BYTES and not head:
        found, limit = f"a file of {size / 2**20:,.0f} MB", f"at most {MAX_BYTES / 2**20:,.0f} MB"
        raise refused(
            path.name, found, limit, "give only the columns and the years that are needed"
        )
    with path.open("rb") as file:
        raw = file.read(MAX_CELL if head else -1)
    if head and size > MAX_CELL:
        raw = raw[: raw.rfind(b"\n") + 1]
    if not raw.strip():
        raise refused(path.name, "an empty file", "headings and rows", "fill it in or remove it")
    text, encoding = _decoded(raw, path)
    separator = _separator(text)
    notes = []
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"text read as {encoding}")
    if separator != ",":
        notes.append(f"columns separated by {_SEPARATORS[separator]}")
    rows = _rows(path, text, separator)
    grid = Grid(table=table, file=path.name, rows=rows, decimal_comma=separator == ";")
    return replace(grid, findings=tuple(grid.finding("repaired", note) for note in notes))


def _rows(path: Path, text: str, separator: str) -> list[list[str]]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in reader:
            cells += len(row)
            limits = (len(row), MAX_COLUMNS, "columns"), (len(rows), MAX_ROWS, "rows")
            for found, most, what in (*limits, (cells, MAX_CELLS, "cells")):
                if found > most:
                    todo = f"give only the {what} that hold the table"
                    limit = f"at most {most:,}"
                    raise refused(path.name, f"{found:,} {what} or more", limit, todo)
            rows.append(row)
    except csv.Error as error:
        if "field larger" in str(error):
            said, todo = f"a cell of more than {MAX_CELL:,} characters", "shorten or remove it"
        else:
            said, todo = "quotation marks that do not close", "save it again as CSV UTF-8"
        raise refused(path.name, said, "a CSV file", todo, row=len(rows) + 1) from None
    return rows


def _decoded(raw: bytes, path: Path) -> tuple[str, str]:
    if raw[:2] == b"PK":
        todo = "rename it to .xlsx and give the workbook itself"
        raise refused(path.name, "an Excel workbook or zip file", "a CSV file", todo)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise refused(path.name, "broken UTF-16 text", "a CSV file", "save it again") from None
    if b"\x00" in raw or raw[:4] in (b"%PDF", b"\xd0\xcf\x11\xe0", b"PAR1"):
        raise refused(path.name, "a file that is not text", "a CSV file", "save it as CSV UTF-8")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise refused(path.name, "text in an unknown encoding", "UTF-8", "save it as CSV UTF-8")


def _separator(text: str) -> str:
    """Return the separator that stands in most of the first lines; a comma when none does.

    Several answers in one cell (`Never; Often`) outnumber commas, but not in every line.
    """
    head = "\n".join(text[:MAX_CELL].splitlines()[:40])
    quoted = "".join(part for i, part in enumerate(head.split('"')) if i % 2 == 0)
    lines = [line for line in quoted.splitlines() if line.strip()]

    def spread(separator: str) -> tuple[int, int]:
        found = [line.count(separator) for line in lines]
        return sum(n > 0 for n in found), max(found[:5], default=0)

    first = max(_SEPARATORS, key=spread)
    return first if first in quoted else ","


def need_files(place: Path) -> None:
    """Refuse a folder or file that is, or holds, what would never end, or leads nowhere."""
    inside = [place, *(place.rglob("*") if place.is_dir() else ())]
    found = "a pipe, a device or a link that leads nowhere"
    if odd := [p for p in inside if not (p.is_file() or p.is_dir())]:
        raise DataProblems(
            Problem(file=p.name, found=found, expected="a file", todo="take it out of the folder")
            for p in odd
        )
