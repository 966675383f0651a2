"""How a result table is laid out as it is declared, and how days, pounds and periods are written.

What a table is called, its columns and its standing notes are in `tables.csv`: a row a table, under
it a row a column or note. What a column counts stands there and nowhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from string import Formatter
from typing import Any, cast

import pandas as pd

from mtf_eval.analysis.results.tables import Column, Kind, Table
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.home import read_rows
from mtf_eval.records.prices.rules import Rule

DECLARED = Path(__file__).with_name("tables.csv")
#: The minus sign of every page, before a pound sign too.
MINUS = "\N{MINUS SIGN}"
#: Stands for pounds and estimates that there are none of; why, the words beside them say.
NOT_GIVEN = "not given"
UNITS = {"money": "£", "share": "%", "change": "%"}


class _Words(Formatter):
    """Fills in a declared text; a day is written in words unless it says how."""

    def format_field(self, value: Any, format_spec: str) -> str:
        plain = isinstance(value, date) and not format_spec
        return day(value) if plain else str(super().format_field(value, format_spec))


_WORDS = _Words()


@cache
def declared() -> Mapping[str, Sequence[Mapping[str, str]]]:
    """Return the declared tables by name: the table itself first, then its columns and notes."""
    rows = groupby(read_rows(DECLARED), key=itemgetter("table"))
    return {name: list(group) for name, group in rows}


def column(kind: Kind, name: str, heading: str, **more: Any) -> Column:
    """Mark a column, with the unit of its kind."""
    return Column(**{"unit": UNITS.get(kind, "")} | more, kind=kind, name=name, heading=heading)


def lay(
    table: str,
    rows: pd.DataFrame | Iterable[Sequence[object] | Mapping[str, object]],
    data: Dataset | str,
    *,
    columns: Iterable[Column] = (),
    notes: Iterable[str] = (),
    total_row: bool | None = None,
    derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    kept_back: Callable[[Rule], pd.DataFrame] | None = None,
    basis: str = "",
    **words: Any,
) -> Table:
    """Make a declared table of rows: each column gets the type of its kind.

    `table`: its name in `tables.csv`.
    `rows`: a frame that holds every stored column by name; or rows, each with its values in the
        order of the columns or by their names. An optional column is left out where they lack it.
    `data`: the data set, whose publisher is named with the source; or the source in words.
    `columns`, `notes`: further ones; columns where the declaration has a place for them.
    `total_row`: as declared, where not given; an empty table has none.
    `derive`, `kept_back`, `basis`: as in `Table`.
    `words`: what the declared texts name in braces; `as_at`, without it `as_of`, is the table's
        day.
    """
    of, *parts = declared()[table]
    if isinstance(data, Dataset):
        words["data"] = data
        if "{place}" in of["heading"]:
            words["place"] = place(data)

    def said(text: str) -> str:
        return _WORDS.vformat(text, (), words)

    if not isinstance(rows, pd.DataFrame):
        rows = list(rows)
        rows = pd.DataFrame(rows) if rows and isinstance(rows[0], Mapping) else rows
    held = rows.columns if isinstance(rows, pd.DataFrame) else ()
    marks: list[Column] = []
    printed: list[str] = []
    for part in parts:
        kind, flags = part["kind"], said(part["marks"]).split("; ")
        needs = part["of"].split() or [part["column"]]
        if kind == "note":
            printed.append(said(part["heading"]))
        elif kind == "columns":
            marks, columns = [*marks, *columns], ()
        elif "optional" not in flags or all(name in held for name in needs):
            marks.append(_column(part, flags, said))
    marks += columns
    stored = {c.name: c.kind for c in marks if c.of is None}
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=list(stored))
    frame = frame[list(stored)].reset_index(drop=True)
    for name, kind in stored.items():
        if kind in ("money", "number"):
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
        elif kind != "date":
            frame[name] = frame[name].astype("Int64" if kind in ("people", "count") else "object")
    source = said(of["note"])
    if isinstance(data, str):
        source = source or data
    else:
        source = f"{source}, {data.about.get('publisher', data.title)}"
    return Table(
        name=said(of["column"]),
        title=said(of["heading"]),
        frame=frame,
        columns=tuple(marks),
        source=source,
        as_at=words["as_at"] if "as_at" in words else words.get("as_of"),
        notes=(*printed, *notes),
        total_row=("total" in of["marks"] if total_row is None else total_row) and len(frame) > 0,
        derive=derive,
        kept_back=kept_back,
        exact="exact" in of["marks"],
        basis=basis,
    )


def _column(part: Mapping[str, str], flags: Sequence[str], said: Callable[[str], str]) -> Column:
    of = said(part["of"]).split()
    return column(
        cast(Kind, part["kind"]),
        said(part["column"]),
        said(part["heading"]),
        note=said(part["note"]),
        missing=part["missing"] or "[x]",
        decimals=int(part["decimals"] or 0),
        of=(of[0], of[1]) if of else None,
        standing="standing" in flags,
        adds_up="adds up" in flags,
        **({"unit": "%"} if "%" in flags else {}),
    )


def ints(values: Iterable[object]) -> pd.Series[int]:
    """Return whole numbers that may be missing."""
    return pd.Series(list(values), dtype="Int64")


def add_total(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    """Append the row `Total` to a frame of counts; a column without any value has no total."""
    if frame.empty:
        return frame
    columns = [c for c in frame.columns if c != label]
    total = {label: "Total"} | {c: frame[c].sum(min_count=1) for c in columns}
    whole = pd.concat([frame.astype({label: "object"}), pd.DataFrame([total])], ignore_index=True)
    return whole.astype({c: "Int64" for c in columns})[list(frame.columns)]


def parts_kept_back(counts: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return which cells of a frame of counts may not be shown beside the total in its last row."""
    kept = pd.DataFrame(False, index=counts.index, columns=counts.columns)
    for name in counts:
        parts, total = counts[name].iloc[:-1].dropna(), counts[name].iloc[-1]
        if not pd.isna(total):
            kept.loc[parts.index, name] = not rule.may_split(int(total), map(int, parts))
    return kept


def as_at_of(dates: pd.Series[pd.Timestamp]) -> date | None:
    """Return the latest of some dates; `None` without any."""
    return None if dates.dropna().empty else pd.Timestamp(dates.max()).date()


def day(value: date) -> str:
    """Write a day as `5 December 2021`, the same on every system."""
    return f"{value.day} {value:%B %Y}"


def pounds(value: float) -> str:
    """Write pounds for a sentence, to three figures: `£116,000`, `−£3,420`, `£1.23 million`.

    Tables keep every pound; a sentence that did would promise what no estimate holds.
    """
    if not math.isfinite(value) or abs(value) < 0.5:
        return "£0" if math.isfinite(value) else "no finite sum"
    size = float(f"{abs(value):.3g}") if abs(value) >= 1000 else float(round(abs(value)))
    words = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
    large = (f"£{size / least:,.3g} {word}" for least, word in words if size >= least)
    return f"{MINUS if value < 0 else ''}{next(large, f'£{size:,.0f}')}"


def span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Write a period as `March to July 2020`."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{start:%B %Y}"
    first = f"{start:%B}" if start.year == end.year else f"{start:%B %Y}"
    return f"{first} to {end:%B %Y}"


def in_words(slug: str) -> str:
    """Write the name of a block or measure as a reader would: `covid_outgoing` as words."""
    return slug.replace("_", " ").capitalize().replace("Covid", "COVID-19")


def place(data: Dataset) -> str:
    """Return the area the data set is about, its title where none was given."""
    return data.about.get("area", data.title)


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or half of one: `Period(2021, 2)` is 1 July to 31 December 2021."""

    year: int
    half: int | None = None

    @classmethod
    def parse(cls, period: str) -> Period:
        """Read a half-year, `2021-H2`; anything else is refused."""
        found = re.fullmatch(r"(\d{4})-H([12])", period)
        if not found:
            raise BadArgument(f"period={period!r}: expected a half-year such as 2021-H2")
        return cls(int(found[1]), int(found[2]))

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, 7 if self.half == 2 else 1, 1)

    @property
    def end(self) -> date:
        """Last day."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def until(self, data: Dataset) -> date:
        """Last day that can be spoken of: the end, or the day the data run to."""
        return min(self.end, data.until or self.end)

    def holds(self, days: pd.Series[pd.Timestamp]) -> pd.Series[bool]:
        """Return which days lie in it."""
        return days.between(pd.Timestamp(self.start), pd.Timestamp(self.next.start), "left")

    @property
    def next(self) -> Period:
        """The year, or the half-year, after."""
        if self.half == 1:
            return replace(self, half=2)
        return Period(self.year + 1, self.half and 1)

    @property
    def before(self) -> Period:
        """The same a year earlier."""
        return replace(self, year=self.year - 1)

    @property
    def words(self) -> str:
        """`July to December 2021`, `2021`."""
        return f"{self.start:%B} to {self.end:%B} {self.year}" if self.half else f"{self.year}"

    @property
    def slug(self) -> str:
        """As tables are named by it: `2021_h2`."""
        return f"{self.year}_h{self.half}" if self.half else f"{self.year}"
