"""The mapping file of a tracker: which sheet is which table, which heading which column.

Written once by `adopt`, changed in Excel by the analyst, used by every reading after. It turns a
sheet's headings into the schema's before anything is read; what it leaves out is gone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtf_eval.errors import DataProblems, Problem, refused
from mtf_eval.records.aliases import fold, plain
from mtf_eval.records.reading.cells import is_blank
from mtf_eval.records.reading.checks import TWICE, referenced_twice
from mtf_eval.records.reading.days import MONTHS
from mtf_eval.records.reading.grids import Grid, path_of, read_csv
from mtf_eval.records.reading.headings import TITLE_ROWS, named_over
from mtf_eval.records.tables import OUT, TABLES

COLUMNS = ("what", "sheet", "column", "written", "means", "answer", "why")
#: Words of the column `means`, and of `answer` while a question is open.
EMPTY, SHEET, OPEN = "leave empty", "(name of the sheet)", "?"
#: What an option may say, and what the grids call it.
OPTIONS = {
    ("weeks", "first day"): "weeks",
    ("repeated references", "first row holds"): "first",
    ("commas in criteria", "part themes"): "commas",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a `sheet`, a `heading`, a `value`, a `constant` or an `option`."""

    what: str
    sheet: str = ""
    column: str = ""
    written: str = ""
    means: str = ""
    answer: str = ""
    why: str = ""
    row: int = 0


def pattern(sheet: str) -> str:
    """Return what the sheets of one kind have in common: `Apr 23` and `Sept 24` are alike."""
    words = re.sub(r"[0-9]+", "9", fold(sheet))
    return " ".join("month" if w in MONTHS else w for w in words.split())


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping as read."""

    file: str
    lines: tuple[Line, ...]

    def table(self, sheet: str) -> str | None:
        """Return the table a sheet is, `""` where it is left out, `None` where nothing says so."""
        line = self._sheet(sheet)
        return None if line is None else "" if line.means == OUT else line.means

    def _sheet(self, sheet: str) -> Line | None:
        sheets = [line for line in self.lines if line.what == "sheet"]
        for line in sheets:
            if fold(line.sheet) == fold(sheet):
                return line
        alike = [line for line in sheets if pattern(line.sheet) == pattern(sheet)]
        return alike[0] if len({line.means for line in alike}) == 1 else None

    def kind(self, grid: Grid) -> str:
        """Sheet whose lines hold of this one: itself, else that like it whose headings it has."""
        lines = [line for line in self.lines if line.what not in ("sheet", "option")]
        alike = [line for line in lines if pattern(line.sheet) == pattern(grid.sheet)]
        named: dict[str, list[Line]] = {}
        for line in [line for line in alike if line.what == "heading"] or alike:
            named.setdefault(line.sheet, []).append(line)
        own = next((sheet for sheet in named if fold(sheet) == fold(grid.sheet)), None)

        def misfit(sheet: str) -> tuple[int, int]:
            headings = {fold(line.written): line for line in named[sheet]}
            row = named_over(grid.rows, self._top(grid, headings)) if grid.rows else []
            there = {fold(str(c)) for c in row if not is_blank(c)}
            lost = [line for key, line in headings.items() if key not in there]
            return sum(line.means != OUT for line in lost), len(lost) - len(headings)

        return own or min(named, key=misfit, default=grid.sheet)

    def _of(self, what: str, sheet: str, kind: str) -> list[Line]:
        """Lines of one sheet; else of the sheet whose lines hold of it."""
        lines = [line for line in self.lines if line.what == what]
        own = [line for line in lines if fold(line.sheet) == fold(sheet)]
        return own or [line for line in lines if fold(line.sheet) == fold(kind)]

    def applied(self, grid: Grid) -> Grid:
        """Return the grid with the schema's headings; one that is gone, or there twice, refused."""
        if not self.table(grid.sheet):
            return grid
        kind = self.kind(grid)
        headings = {fold(line.written): line for line in self._of("heading", grid.sheet, kind)}
        top = self._top(grid, headings)
        rows = [list(row) for row in grid.rows]
        header = rows[top] if top < len(rows) else []
        keys = {p: fold(str(c)) for p, c in enumerate(named_over(rows, top)) if not is_blank(c)}
        self._refuse(grid, headings, set(keys.values()), top)
        out = [p for p, key in keys.items() if key in headings and headings[key].means == OUT]
        findings = grid.findings
        if grid.table == "incidents" and (again := referenced_twice(rows, top)[0]):
            said = grid.finding("warning", f"{len(again)} {TWICE}", row=again[0])
            findings = (*findings, said)
        again = [n for n, row in enumerate(rows) if n > top and row == header]
        for place, key in keys.items():
            if key in headings and place not in out:
                header[place] = headings[key].means
        for row in rows[top:]:
            for place in out:
                if place < len(row):
                    row[place] = None
        self._values(self._of("value", grid.sheet, kind), rows, top, header)
        self._constants(grid.sheet, self._of("constant", grid.sheet, kind), rows, top)
        for number in again:
            rows[number] = list(header)
        options = {
            OPTIONS[line.written, line.means]
            for line in self.lines
            if line.what == "option" and fold(line.sheet) in ("", fold(grid.sheet), fold(kind))
            if (line.written, line.means) in OPTIONS
        }
        allowed = grid.options | options
        return replace(grid, rows=rows, heading=top, options=allowed, findings=findings)

    def _top(self, grid: Grid, headings: Mapping[str, Line]) -> int:
        """Return the row of the headings: as written, or where most of them stand now."""
        line = self._sheet(grid.sheet)
        given = int(line.written) - 1 if line and line.written.isdigit() else 0

        def named(number: int) -> int:
            row = named_over(grid.rows, number)
            return sum(fold(str(c)) in headings for c in row if not is_blank(c))

        rows = range(min(len(grid.rows), TITLE_ROWS))
        best = max(rows, key=lambda n: (named(n), n == given), default=given)
        return best if headings else given

    def _refuse(self, grid: Grid, headings: Mapping[str, Line], there: set[str], top: int) -> None:
        problems = []
        taken: dict[str, Line] = {}
        for key, line in headings.items():
            if line.means == OUT:
                continue
            if key not in there:
                found = f"no heading {line.written!r} in sheet {grid.sheet or grid.file}"
                todo = f"correct row {line.row} of the mapping, or write {OUT}"
                problems.append(self._problem(line, found, "a heading of the sheet", todo))
            elif line.means in taken:
                found = f"{taken[line.means].written!r} and {line.written!r} both as {line.means}"
                todo = f"write {OUT} for one of them"
                problems.append(self._problem(line, found, "one heading for a column", todo))
            taken.setdefault(line.means, line)
        if problems:
            raise DataProblems(problems)

    def _problem(self, line: Line, found: str, expected: str, todo: str) -> Problem:
        return Problem(file=self.file, row=line.row, found=found, expected=expected, todo=todo)

    @staticmethod
    def _values(
        lines: Sequence[Line], rows: list[list[Any]], top: int, header: Sequence[Any]
    ) -> None:
        given: dict[str, dict[str, str]] = {}
        for line in lines:
            given.setdefault(line.column, {})[plain(line.written).casefold()] = line.means
        for place, name in enumerate(header):
            means = given.get(str(name))
            for row in rows[top + 1 :] if means else ():
                if place < len(row) and isinstance(row[place], str):
                    word = means.get(plain(row[place]).casefold()) if means else None
                    if word is not None:
                        row[place] = None if word == EMPTY else word

    @staticmethod
    def _constants(sheet: str, lines: Sequence[Line], rows: list[list[Any]], top: int) -> None:
        width = max(map(len, rows[top:]), default=0)
        for number, line in enumerate(lines):
            for row in rows[top:]:
                filled = any(not is_blank(c) for c in row)
                row += [None] * (width + number - len(row))
                value = sheet if line.means == SHEET else line.means
                row.append(line.column if row is rows[top] else value if filled else None)


def mapping_of(place: Path) -> Mapped | None:
    """Read the mapping beside a workbook or CSV file, if any; open questions are refused."""
    path = path_of(place)
    if not path.is_file():
        return None
    head, *rows = read_csv(path, "mapping").rows or [[]]
    names = [fold(str(c)) for c in head]
    if not {"what", "sheet", "means"} <= set(names):
        found, todo = "no row of headings", "write it again with mtf-eval adopt"
        raise refused(path.name, found, ", ".join(COLUMNS), todo, row=1)
    lines = []
    for number, row in enumerate(rows, start=2):
        cells = {n: plain(str(c)) for n, c in zip(names, row, strict=False) if n in COLUMNS}
        if any(cells.values()):
            lines.append(Line(**cells, row=number))
    mapped = Mapped(path.name, tuple(lines))
    problems = [p for line in lines if (p := _wrong(mapped, line))]
    if problems:
        raise DataProblems(problems)
    return mapped


def _wrong(mapped: Mapped, line: Line) -> Problem | None:
    problem = mapped._problem
    if line.answer == OPEN:
        found, todo = f"an open question: {line.why}", "write yes in the column answer, or another"
        return problem(line, found, "an answer", f"{todo} meaning and yes")
    if line.what not in ("sheet", "heading", "value", "constant", "option"):
        return problem(line, f"{line.what!r}", "sheet, heading, value, constant or option", "")
    if not line.means:
        return problem(line, "no meaning", "what it means", f"write it, or {EMPTY} or {OUT}")
    if line.what == "sheet" and line.means != OUT and line.means not in TABLES:
        return problem(line, "no table of the schema", f"a table, or {OUT}", "")
    table = mapped.table(line.sheet) or ""
    if line.what == "option":
        if (line.written, line.means) in OPTIONS or line.means == OUT:
            return None
        return problem(line, "no such option", "; ".join(f"{a}: {b}" for a, b in OPTIONS), "")
    name = line.means if line.what == "heading" else line.column
    if line.what == "sheet" or line.means == OUT or not table or table not in TABLES:
        return None
    if name not in (*TABLES[table].columns, *PLACES):
        return problem(line, "no column of the table", f"a column of {table}, or {OUT}", "")
    return None


#: Columns that are turned into an area and never kept.
PLACES = ("latitude", "longitude", "easting", "northing", "postcode")
