"""What a result table is: a frame whose columns say what they count.

Every number that may leave the house travels in a `Table`. The marks on its columns are what
the disclosure door goes by, so a column without a mark cannot be built. Nothing is hidden,
formatted or drawn here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from mtf_eval.errors import BadArgument

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "Kind", "Link", "Sum", "Table"]

Kind = Literal[
    "label",  # names the row; the labels together are the row's key
    "text",
    "date",
    "people",  # counts people or households: the disclosure rule applies
    "count",  # counts anything else: incidents, projects, actions, texts sent
    "money",  # pounds
    "number",  # any other number: a rate ratio, a p value, a level
    "share",  # computed by the door from two shown columns: part / whole
    "change",  # computed by the door from two shown columns: later / earlier - 1
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table and what it counts.

    Parameters
    ----------
    name
        The column in the frame.
    heading
        As a reader sees it; the unit stands here when it is not plain.
    kind
        What it counts; see `Kind`.
    unit
        `"£"`, `"%"`, `"months"`; shares and changes are proportions and print as per cent.
    decimals
        Digits after the point when printed.
    of
        For a share `(part, whole)`, for a change `(later, earlier)`: names of other columns.
    note
        A caution that belongs to this column and is printed with it.
    missing
        What stands where there is no value: `"[x]"`, or `"not on record"`.
    standing
        It moves on after its period has ended (completed, of those received then): a later edition
        may say otherwise without anything having been corrected.
    leading
        The figure a report is about: of several columns that could be hidden to protect a small
        count, the last.
    over
        It was worked out from the people counted in its `row`, or in the whole `table`, and would
        help to give a hidden one back: it is left out where one of them is not shown as it is.
    """

    name: str
    heading: str
    kind: Kind
    unit: str = ""
    decimals: int = 0
    of: tuple[str, str] | None = None
    note: str = ""
    missing: str = "[x]"
    standing: bool = False
    leading: bool = False
    over: Literal["", "row", "table"] = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise BadArgument(f"kind={self.kind!r}: expected one of {', '.join(get_args(Kind))}")
        if (self.kind in ("share", "change")) != (self.of is not None):
            raise BadArgument(f"column {self.name}: `of` goes with a share or a change, and must")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """In every row, the `total` column is the sum of the `parts` columns.

    With `rest` the parts lie within the total but are not all of it (completed within accepted):
    what is left is not shown, yet a reader could subtract.
    """

    total: str
    parts: tuple[str, ...]
    rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A published cell equals a sum of cells, here or in other tables of the same run.

    A cell is named `table/row/column`, the row being its labels joined by ` | `. With `rest` the
    parts are not all of the total, as in `Sum`.
    """

    total: str
    parts: tuple[str, ...]
    rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A result table with everything a reader needs beside the numbers.

    Parameters
    ----------
    name
        Lower-case slug, unique in the data set's run; the CSV and the sheet are named by it.
    title
        The caption: what, where, when.
    frame
        One row a line; holds every column save shares and changes. People columns are `Int64`.
    columns
        In the order shown.
    source
        Where the figures come from, in words.
    as_at
        The date up to which the source had been filled in; `None` where there is none.
    notes
        Cautions and explanations printed under the table.
    total_row
        The last row is the sum of those above it.
    sums, links
        The additions a reader could do; the door must not let them give a hidden cell back.
    coarser
        Name of the table to show instead when this one would be mostly hidden.
    dimension
        `(label column, what its values are)`: where the table would be mostly hidden, its rows may
        be merged by the declared groups of that dimension. Only for rows that count nobody twice.
    rests_on
        Counts of people that other columns were computed from, each as `(table/row/column, the
        number taken for it)`; the door refuses any that it would not show.
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    source: str
    as_at: date | None = None
    notes: tuple[str, ...] = ()
    total_row: bool = False
    sums: tuple[Sum, ...] = ()
    links: tuple[Link, ...] = ()
    coarser: str | None = None
    dimension: tuple[str, str] | None = None
    rests_on: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        stored = [c.name for c in self.columns if c.of is None]
        if sorted(stored) != sorted(map(str, self.frame.columns)):
            raise BadArgument(
                f"table {self.name}: the frame has columns {sorted(map(str, self.frame.columns))}, "
                f"the marks name {sorted(stored)}; every column must say what it counts"
            )
        names = {c.name for c in self.columns}
        for column in self.columns:
            if column.of is not None and not set(column.of) <= names:
                raise BadArgument(f"table {self.name}: {column.name} is computed from {column.of}")
        if not self.title or not self.source:
            raise BadArgument(f"table {self.name}: title and source are both needed")

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the columns that count people."""
        return tuple(c.name for c in self.columns if c.kind == "people")

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns that make the row's key."""
        return tuple(c.name for c in self.columns if c.kind == "label")

    def row_keys(self) -> list[str]:
        """Key of each row: its labels joined by ` | `."""
        if not self.labels:
            return [str(i) for i in range(len(self.frame))]
        parts = self.frame[list(self.labels)].astype(str).to_numpy()
        return [" | ".join(row) for row in parts]

    def cells(self) -> Iterator[tuple[str, int, str]]:
        """Each people cell as `(table/row/column, row position, column)`."""
        for position, key in enumerate(self.row_keys()):
            for column in self.people:
                yield f"{self.name}/{key}/{column}", position, column

    def with_frame(self, frame: pd.DataFrame) -> Table:
        """Return the same table around another frame of the same shape."""
        return replace(self, frame=frame)
