"""A grid of cells on its way to a table: the cells, and what reading them has noticed.

Holds; does not read or judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mtf_eval.errors import Problem
from mtf_eval.records.dataset import Finding

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Grid", "Tidied"]

#: Cells of one table, held whole: 40 columns of 200,000 rows, many years of any log.
MAX_CELLS = 8_000_000
#: Columns of one table; the widest of ours has 20.
MAX_COLUMNS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The cells of one sheet or file, row 1 first, and what only the file knows of them.

    Attributes
    ----------
    merged
        Merged ranges as ((top, left), (bottom, right)), counted from 0.
    fill
        Word for the fill colour of a cell (row, column from 0); `unclear` for other colours.
    frame
        Rows of the table that were counted elsewhere and need no reading, instead of cells.
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


@dataclass(slots=True)
class Tidied:
    """One table read: its rows by spreadsheet row number, what was mended and what is wrong."""

    grid: Grid
    frame: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Rows mended, by column and what was done, told as one finding each.
    mended: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def problem(
        self, found: str, expected: str, todo: str = "", *, row: int | None = None, column: str = ""
    ) -> None:
        """Note something wrong at a place in this sheet."""
        place = {"file": self.grid.file, "sheet": self.grid.sheet, "row": row, "column": column}
        self.problems.append(Problem(found=found, expected=expected, todo=todo, **place))  # type: ignore[arg-type]

    def finding(self, kind: str, text: str, *, row: int | None = None, column: str = "") -> None:
        """Note something mended or worth a look at a place in this sheet."""
        self.findings.append(
            Finding(
                kind=kind,
                table=self.grid.table,
                text=text,
                file=self.grid.file,
                sheet=self.grid.sheet,
                row=row,
                column=column,
            )
        )

    def tell_mended(self) -> None:
        """Turn what was mended into one finding per column and repair."""
        for (column, note), rows in self.mended.items():
            more = f" (in {len(rows)} rows, first in row {rows[0]})" if len(rows) > 1 else ""
            self.finding("repaired", f"{note}{more}", row=rows[0], column=column)
        self.mended.clear()
