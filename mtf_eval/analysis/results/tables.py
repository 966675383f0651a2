"""What a result table is: a frame whose columns say what they count.

Every number that may leave travels in a `Table`; the marks on its columns are what the disclosure
rule goes by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

from mtf_eval.errors import BadArgument

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.records.prices.rules import Rule


Kind = Literal[
    "label",  # names the row; the labels together are the row's key
    "text",
    "date",
    "people",  # counts people or households: the disclosure rule applies
    "count",  # counts anything else: incidents, actions, texts sent; beside people taken for them
    "money",  # pounds
    "number",  # any other number: a rate ratio, a p value, a level
    "share",  # computed on release from two shown columns: part / whole
    "change",  # computed on release from two shown columns: later / earlier - 1
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
    adds_up
        The plain sum or difference of other columns of people, or of another table's: left out,
        with its shares, under a rule that hides.
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
    adds_up: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise BadArgument(f"kind={self.kind!r}: expected one of {', '.join(get_args(Kind))}")
        if (self.kind in ("share", "change")) != (self.of is not None):
            raise BadArgument(f"column {self.name}: `of` goes with a share or a change, and must")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a rule shows counts of people: what pounds and estimates may be worked out from.

    `of` returns a count as it is shown, `None` where it is hidden.
    """

    rule: str
    of: Callable[[int], int | None]


#: Every count as it is on record.
AS_RECORDED = Shown(rule="internal", of=int)


class Brief:
    """What a record shows of itself in a notebook: its `__repr__`, one line, and nothing else."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Table(Brief):
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
        The last row is the sum of those above it, which are shown only where they may be beside it.
    derive
        Works out columns again from a frame whose hidden counts are missing and whose others are
        rounded: expected ranges, medians that need enough people. Called under a rule that hides.
    kept_back
        Which cells of people would give others back: from a rule that hides, a frame of booleans,
        with the rows of `frame`. By default the parts of a total row that may not be shown.
    exact
        Its rows tell of records of people as they are (what does not add up, which months are
        empty): it has none under a rule that hides.
    basis
        Name of the rule whose counts of people its pounds or estimates were worked out from;
        `""` where they rest on no count of people.
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    source: str
    as_at: date | None = None
    notes: tuple[str, ...] = ()
    total_row: bool = False
    derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    kept_back: Callable[[Rule], pd.DataFrame] | None = None
    exact: bool = False
    basis: str = ""

    def __repr__(self) -> str:
        return f"{self.title}: {len(self.frame):,} rows, not released (`.frame` has them)"

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
        """Names of the columns that count people, or what could be set against them."""
        kinds = {c.kind for c in self.columns}
        counting = ("people", "count") if "people" in kinds else ("people",)
        return tuple(c.name for c in self.columns if c.kind in counting)

    def with_frame(self, frame: pd.DataFrame) -> Table:
        """Return the same table around another frame of the same shape."""
        return replace(self, frame=frame)
