"""The tables of a data set: their columns, types, allowed values, keys and row checks.

They stand in `tables.csv`, a row a table and under it a row a column or check: the one place that
says what input looks like. The data dictionary, the blank workbook and every check are made from
it. What one table says of another is checked in `relations`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import pandas as pd

from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.home import read_rows

DESCRIBED = Path(__file__).with_suffix(".csv")
#: A data set needs at least one of these.
CORE = ("referrals", "monthly_referrals", "activity", "projects")
#: Columns of incidents that are gone once names and hours have been taken from them.
APART = ("area_name", "time", "date_to", "time_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of column: how pandas holds it and what a cell should look like.

    `quotable` says whether a short value may stand in a message: never for names and free text.
    """

    dtype: str
    expected: str
    quotable: bool = True


KINDS: Mapping[str, Kind] = {
    "id": Kind(dtype="str", expected="a reference", quotable=False),
    "text": Kind(dtype="str", expected="text", quotable=False),
    "texts": Kind(dtype="str", expected="text, several separated by ;", quotable=False),
    "agency": Kind(dtype="str", expected="an agency", quotable=False),
    "agencies": Kind(dtype="str", expected="agencies, several separated by ;", quotable=False),
    "area": Kind(dtype="str", expected="an area code, such as E01024692", quotable=False),
    "measure": Kind(dtype="str", expected="a name, spelt the same everywhere", quotable=False),
    "choice": Kind(dtype="str", expected="one of a fixed list"),
    "date": Kind(dtype="datetime64[us]", expected="a date, year-month-day or day/month/year"),
    "time": Kind(dtype="float64", expected="a time of day, such as 21:30 or 9.30pm"),
    "month": Kind(dtype="datetime64[us]", expected="a month, such as 2021-09 or Sep 2021"),
    "whole": Kind(dtype="Int64", expected="a whole number"),
    "money": Kind(dtype="float64", expected="an amount in pounds"),
    "number": Kind(dtype="float64", expected="a number"),
    "share": Kind(dtype="float64", expected="a proportion, such as 0.25 or 25%"),
}

AGENCIES = ("agency", "agencies")
NUMBERS = ("whole", "money", "number", "share")
#: Rows are people, or hold few counts of people: how many there are, or a digest of them that
#: somebody could try guesses against, is not for publication.
OF_PEOPLE = "of people"
#: Something is expected in every month, so that one without is told.
EVERY_MONTH = "every month"
#: A row tells of one person or family: what may identify somebody is refused, not only doubted.
OF_ONE = "of one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    A `required` column must be there and have a value in every row; `low` and `high` are included;
    `people` is of counts of people, to which the disclosure rule applies; a `past` date is of what
    has happened: it cannot lie after the day the records run to.
    """

    kind: str
    meaning: str
    required: bool
    people: bool
    past: bool
    low: float | None
    high: float | None
    unit: str
    allowed: tuple[str, ...]

    def holds(self) -> str:
        """Say in words what it holds: its kind, closed set, bounds and unit."""
        words = ", ".join(self.allowed) or KINDS[self.kind].expected
        if self.low is not None and self.high is not None:
            words += f", {self.low:g} to {self.high:g}"
        elif self.low is not None or self.high is not None:
            ends = f"{self.low:g} or more" if self.high is None else f"{self.high:g} or less"
            words += f", {ends}"
        return f"{words} ({self.unit})" if self.unit else words

    def outside(self, values: pd.Series) -> Iterator[tuple[str, pd.Index]]:
        """Yield what is expected of values, and the rows whose value is not it."""
        given = values.dropna()
        if self.allowed:
            listed = given.isin(self.allowed)
            yield f"one of {', '.join(self.allowed)}", given.index[~listed]
        if self.low is not None:
            yield f"{self.low:g} or more", given.index[given < self.low]
        if self.high is not None:
            yield f"{self.high:g} or less", given.index[given > self.high]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What must hold across the columns of a row, told `at` one of them; with a blank it holds."""

    at: str
    expected: str
    holds: str
    todo: str

    def broken(self, frame: pd.DataFrame) -> pd.Index:
        """Return the rows in which it does not hold."""
        held = frame.eval(self.holds, engine="python").fillna(True).astype(bool)
        return frame.index[~held]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """One table: its columns by name, and the checks across them.

    `key` names a row once; `event` is the date of what a row records (with `as_of`, later rows are
    left out); of `either` each row needs one; `marks` are of `OF_PEOPLE`, `EVERY_MONTH` and
    `OF_ONE`.
    """

    name: str
    meaning: str
    columns: Mapping[str, Column]
    rules: tuple[Rule, ...]
    key: tuple[str, ...]
    event: str
    either: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def required(self) -> list[str]:
        """Columns that every row needs."""
        return [name for name, column in self.columns.items() if column.required]

    @property
    def past(self) -> list[str]:
        """Dates of what has happened."""
        return [name for name, column in self.columns.items() if column.past]

    def of_kind(self, kinds: Iterable[str]) -> list[str]:
        """Return the columns of some kinds."""
        return [name for name, column in self.columns.items() if column.kind in {*kinds}]

    @property
    def types(self) -> dict[str, str]:
        """How pandas holds each column."""
        return {name: KINDS[column.kind].dtype for name, column in self.columns.items()}


@cache
def _empty(schema: Schema) -> pd.DataFrame:
    return pd.DataFrame(columns=list(schema.columns)).astype(schema.types)


def empty(schema: Schema) -> pd.DataFrame:
    """Return a frame of no rows with the table's columns and types."""
    return _empty(schema).copy()


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("; ")) if cell else ()


def _column(row: Mapping[str, str]) -> Column:
    low, high = (json.loads(row[end] or "null") for end in ("low", "high"))
    required, people, past = (row[name] == "yes" for name in ("required", "people", "past"))
    return Column(
        kind=row["kind"], meaning=row["meaning"], required=required, people=people, past=past,
        low=low, high=high, unit=row["unit"], allowed=_several(row["allowed"]),
    )  # fmt: skip


def _order(pair: str) -> Rule:
    first, later = pair.split()
    return Rule(
        at=later,
        expected=f"{later} on or after {first}",
        holds=f"{later} >= {first} | {later}.isna() | {first}.isna()",
        todo=f"correct {first} or {later}",
    )


def _read() -> Mapping[str, Schema]:
    tables = {}
    for name, group in groupby(read_rows(DESCRIBED), key=lambda row: row["table"]):
        of, *parts = group
        rules = [
            Rule(at=r["column"], expected=r["meaning"], holds=r["order"], todo=r["allowed"])
            for r in parts
            if r["kind"] == "check"
        ]
        tables[name] = Schema(
            name=name,
            meaning=of["meaning"],
            columns={row["column"]: _column(row) for row in parts if row["kind"] != "check"},
            rules=(*map(_order, _several(of["order"])), *rules),
            key=_several(of["key"]),
            event=of["event"],
            either=_several(of["either"]),
            marks=_several(of["marks"]),
        )
    return tables


TABLES = _read()
WEEKDAYS = TABLES["incident_hours"].columns["weekday"].allowed
#: What the meaning of a sheet or heading is called where it has none.
OUT = "leave out"
#: A year at the end of a name: `Referrals 2023-24`, `incidents_2021`.
_YEAR = re.compile(r"[ _-]*\(?(?:fy ?)?20[0-9]{2}(?:[-/_ ][0-9]{2,4})?\)?$", re.I)


def tables_named(names: Iterable[str], aliases: Aliases) -> dict[str, str]:
    """Return the table of each sheet or file; those of years only where none is of all years."""
    names = [*names]
    named = {name: t for name in names if (t := table_named(name, aliases))}
    years = {name: table_named(_YEAR.sub("", name), aliases) for name in names}
    whole = {*named.values()}
    return named | {name: t for name, t in years.items() if t and t not in whole}


def table_named(name: str, aliases: Aliases) -> str | None:
    """Return the table that a sheet or file of this name holds, `None` when it is none.

    `OUT` where the aliases of the data set leave it out.
    """
    known = {fold(table): table for table in TABLES}
    found = known.get(fold(name)) or aliases.find("sheet", name)
    return found if found == OUT or found in TABLES else None
