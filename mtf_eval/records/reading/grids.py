"""A grid of cells on its way to a table: the cells, and what reading them has noticed.

A CSV file is made into one here: encodings, separators, and what is no CSV at all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import DataProblems, Problem, refused
from mtf_eval.records.dataset import UNREAD, Finding
from mtf_eval.records.reading.days import Span

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.records.tables import Schema


#: What may stand beside the tables: outlines of areas, and the analyst's own look-up of postcodes.
OUTLINES, LOOKUP = "boundaries.geojson", "postcode_areas.csv"

#: Cells of one table, held whole: 40 columns of 200,000 rows, many years of any log.
MAX_CELLS = 8_000_000
#: Columns of one table; the widest of ours has 20.
MAX_COLUMNS = 1_000
#: A million rows of ours are some 100 MB; the file is held whole, as bytes and as text.
MAX_BYTES = 200 * 2**20
#: As many as Excel has.
MAX_ROWS = 1_048_576
#: The longest cell: a few times what Excel lets anybody type.
MAX_CELL = 131_072

_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def path_of(place: Path) -> Path:
    """Return where the mapping of a workbook or CSV file stands: beside it."""
    return place.with_name(f"{place.stem}.mapping.csv")


def plans_of(place: Path) -> Path:
    """Return where the plans of a folder stand, or of a workbook or an archive: beside it."""
    return place / "plans.csv" if place.is_dir() else place.with_name(f"{place.stem}.plans.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The cells of one sheet or file, row 1 first, and what only the file knows of them.

    `merged` ranges are ((top, left), (bottom, right)), counted from 0. `fill` gives the word for a
    cell's colour. `frame` holds rows that need no reading, in place of cells. `heading` is the row
    of the headings, from 0, where a mapping names it; `origin` the file, sheet and number of each
    row of several sheets; `spans` the days that a row's own heading speaks of. `options` of a
    mapping: `weeks` (stand for their first day), `first` (of a reference in several sheets),
    `commas` (part themes). `aside`: like the table, and not read as it.
    """

    table: str
    file: str
    sheet: str = ""
    rows: Sequence[Sequence[Any]]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    date1904: bool = False
    decimal_comma: bool = False
    fill: Callable[[int, int], str | None] | None = None
    findings: tuple[Finding, ...] = ()
    frame: pd.DataFrame | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    heading: int | None = None
    origin: Sequence[tuple[str, str, int]] = ()
    spans: Mapping[int, Span] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    aside: bool = False

    @property
    def schema(self) -> Schema:
        """The table it is read as."""
        from mtf_eval.records.tables import TABLES

        return TABLES[self.table]

    def place(self, row: int | None) -> tuple[str, str, int | None]:
        """Return the file, the sheet and the number there of a row, counted from 1."""
        if self.origin and row is not None and row <= len(self.origin):
            return self.origin[row - 1]
        return self.file, self.sheet, None if row is None else int(row)

    def finding(self, kind: str, text: str, *, row: Any = None, column: str = "") -> Finding:
        """Return something mended or worth a look at a place in this sheet."""
        file, sheet, number = self.place(row)
        place = {"table": self.table, "file": file, "sheet": sheet, "column": column}
        return Finding(kind=kind, text=text, row=number, **place)

    def problem(
        self, found: str, expected: str, todo: str = "", *, row: Any = None, column: str = ""
    ) -> Problem:
        """Return something wrong at a place in this sheet."""
        file, sheet, number = self.place(row)
        place = {"file": file, "sheet": sheet, "column": column}
        return Problem(found=found, expected=expected, todo=todo, row=number, **place)


@dataclass(slots=True)
class Tidied:
    """One table read: its rows by spreadsheet row number, what was mended and what is wrong."""

    grid: Grid
    frame: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Rows mended, by column and what was done, told as one finding each.
    mended: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    #: Row of the grid and column of each problem: what follows from it there is not told.
    wrong: set[tuple[int | None, str]] = field(default_factory=set)
    #: Row of the headings, from 0; places of the columns; rows of data by their number.
    top: int = 0
    places: dict[str, int] = field(default_factory=dict)
    body: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """The table it is."""
        return self.grid.schema

    def problem(
        self, found: str, expected: str, todo: str = "", *, row: Any = None, column: str = ""
    ) -> None:
        """Note something wrong at a place in this sheet."""
        self.wrong.add((row, column))
        self.problems.append(self.grid.problem(found, expected, todo, row=row, column=column))

    def finding(self, kind: str, text: str, *, row: Any = None, column: str = "") -> None:
        """Note something mended or worth a look at a place in this sheet."""
        self.findings.append(self.grid.finding(kind, text, row=row, column=column))

    def ask(self, rows: Iterable[Any], column: str, text: str) -> None:
        """Note a cell of each row as worth a look."""
        for row in rows:
            self.finding("warning", text, row=row, column=column)

    def unread(self) -> list[str]:
        """Return the headings that nothing knows."""
        return [f.column for f in self.findings if f.text == UNREAD]

    def mend(self, rows: Iterable[Any], note: str, column: str = "") -> None:
        """Note what was done to a column in some rows."""
        self.mended.setdefault((column, note), []).extend(map(int, rows))

    def tell_mended(self) -> None:
        """Turn what was mended into one finding per column and repair."""
        for (column, note), rows in self.mended.items():
            first = self.grid.place(rows[0])[2]
            more = f" (in {len(rows)} rows, first in row {first})" if len(rows) > 1 else ""
            self.finding("repaired", f"{note}{more}", row=rows[0], column=column)
        self.mended.clear()


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
            Problem(p.name, found, "a file", "take it out of the folder") for p in odd
        )
