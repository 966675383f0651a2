"""What a table is made of: kinds of column, and the words that describe them.

The building blocks of `tables`. Holds no table, reads no file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.pandas import Column, DataFrameSchema


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
_EMPTY: dict[str, pd.DataFrame] = {}


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("; ")) if cell else ()


def column(row: Mapping[str, str]) -> Column:
    """Make a column as a row describes it.

    A `required` column must be there and have a value in every row; bounds are included; `people`
    is of counts of people, to which the disclosure rule applies; a `past` date is of what has
    happened: it cannot lie after the day the records run to.
    """
    dtype, allowed = KINDS[row["kind"]].dtype, _several(row["allowed"])
    low, high = (json.loads(row[end] or "null") for end in ("low", "high"))
    checks = []
    if allowed:
        checks.append(pa.Check.isin(list(allowed), error=f"one of {', '.join(allowed)}"))
    if low is not None:
        checks.append(pa.Check.ge(low, error=f"{low:g} or more"))
    if high is not None:
        checks.append(pa.Check.le(high, error=f"{high:g} or less"))
    facts = {name: row[name] == "yes" for name in ("required", "people", "past")}
    return pa.Column(
        # pandera looks at every text to see that it is one, which `tidy` has seen to.
        None if dtype == "str" else dtype,
        checks,
        nullable=not facts["required"],
        required=True,
        description=row["meaning"],
        metadata=facts
        | {"kind": row["kind"], "allowed": allowed, "unit": row["unit"], "bounds": (low, high)},
    )


def row_check(
    at: str, expected: str, holds: Callable[[pd.DataFrame], pd.Series[bool]], todo: str = ""
) -> pa.Check:
    """Describe a check across the columns of one row, reported at column `at`.

    `holds` returns one boolean per row; a missing value counts as holding.
    """
    return pa.Check(
        lambda frame: holds(frame).fillna(True).astype(bool),
        name=at,
        error=expected,
        title=todo,
        ignore_na=False,
    )


def table(
    row: Mapping[str, str], columns: Iterable[Mapping[str, str]], checks: Iterable[pa.Check]
) -> DataFrameSchema:
    """Make a table as a row and those of its columns describe it.

    `key` names a row once; `event` is the date of what a row records (with `as_of`, later rows are
    left out); of `either` each row needs one; `marks` are of `OF_PEOPLE`, `EVERY_MONTH` and
    `OF_ONE`.
    """
    made = {each["column"]: column(each) for each in columns}
    facts = {name: _several(row[name]) for name in ("key", "either", "marks")}
    past = tuple(name for name, col in made.items() if _meta(col)["past"])
    return pa.DataFrameSchema(
        made,
        checks=list(checks),
        name=row["table"],
        description=row["meaning"],
        metadata=facts | {"event": row["event"], "past": past},
    )


def fact(schema: DataFrameSchema, name: str) -> Any:
    """Return a fact of a table as `table` was told it, or the columns that are `past`."""
    return (schema.metadata or {})[name]


def kind_of(schema: DataFrameSchema, name: str) -> str:
    """Return the kind of a column."""
    return str(_meta(schema.columns[name])["kind"])


def empty(schema: DataFrameSchema) -> pd.DataFrame:
    """Return a frame of no rows with the table's columns and types."""
    name = str(schema.name)
    if name not in _EMPTY:
        types = {n: KINDS[kind_of(schema, n)].dtype for n in schema.columns}
        _EMPTY[name] = pd.DataFrame(columns=list(types)).astype(types)
    return _EMPTY[name].copy()


def holds(col: Column) -> str:
    """Say in words what a column holds: its kind, closed set, bounds and unit."""
    meta = _meta(col)
    words = ", ".join(meta["allowed"]) or KINDS[meta["kind"]].expected
    low, high = meta["bounds"]
    if low is not None and high is not None:
        words += f", {low:g} to {high:g}"
    elif low is not None or high is not None:
        words += f", {low:g} or more" if high is None else f", {high:g} or less"
    return f"{words} ({meta['unit']})" if meta["unit"] else words


def _meta(col: Column) -> dict[str, Any]:
    return dict(col.metadata or {})
