"""A grid of cells on its way to a table: the cells, and what reading them has noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import Problem
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
