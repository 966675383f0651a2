"""Short ways to mark a table's columns and to close it with a total.

Only shapes: what a column counts is decided by the room that calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.rules import Rule

#: The minus sign of every page, before a pound sign too.
MINUS = "\N{MINUS SIGN}"
#: Stands for pounds and estimates that there are none of; why, the words beside them say.
NOT_GIVEN = "not given"


def label(name: str, heading: str) -> Column:
    """Mark a column that names the row."""
    return Column(name=name, heading=heading, kind="label")


def text(name: str, heading: str) -> Column:
    """Mark a column of words."""
    return Column(name=name, heading=heading, kind="text")


def people(name: str, heading: str, *, standing: bool = False, adds_up: bool = False) -> Column:
    """Mark a column that counts people or households."""
    return Column(name=name, heading=heading, kind="people", standing=standing, adds_up=adds_up)


def count(name: str, heading: str, note: str = "", missing: str = "[x]") -> Column:
    """Mark a column that counts anything but people."""
    return Column(name=name, heading=heading, kind="count", note=note, missing=missing)


def share(name: str, heading: str, part: str, whole: str, decimals: int = 0) -> Column:
    """Mark a share, computed from what is shown."""
    return Column(
        name=name, heading=heading, kind="share", unit="%", decimals=decimals, of=(part, whole)
    )


def change(name: str, heading: str, later: str, earlier: str, note: str = "") -> Column:
    """Mark a change, computed from what is shown."""
    return Column(
        name=name, heading=heading, kind="change", unit="%", of=(later, earlier), note=note
    )


def number(
    name: str,
    heading: str,
    decimals: int = 0,
    note: str = "",
    unit: str = "",
    missing: str = "[x]",
) -> Column:
    """Mark a column of ratios, grades or measures: any number that counts nothing."""
    return Column(
        name=name,
        heading=heading,
        kind="number",
        unit=unit,
        decimals=decimals,
        note=note,
        missing=missing,
    )


#: The columns of an estimate's 95% interval, and of a rate ratio with it.
INTERVAL = (number("low", "95% low", 2), number("high", "95% high", 2))
RATIO = (number("estimate", "Rate ratio", 2), *INTERVAL)


def money(
    name: str, heading: str, decimals: int = 0, note: str = "", missing: str = "[x]"
) -> Column:
    """Mark a column of pounds."""
    return Column(
        name=name,
        heading=heading,
        kind="money",
        unit="£",
        decimals=decimals,
        note=note,
        missing=missing,
    )


def dated(name: str, heading: str) -> Column:
    """Mark a column of days."""
    return Column(name=name, heading=heading, kind="date")


def lay(
    name: str,
    title: str,
    rows: pd.DataFrame | Iterable[Sequence[object] | Mapping[str, object]],
    columns: Sequence[Column],
    *,
    source: str,
    as_at: date | None = None,
    notes: Iterable[str] = (),
    total_row: bool = False,
    derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    kept_back: Callable[[Rule], pd.DataFrame] | None = None,
    exact: bool = False,
    basis: str = "",
) -> Table:
    """Make a table of rows: each column gets the type of its kind, in the order given.

    Parameters
    ----------
    rows
        A frame that holds every stored column by name; or rows, each with its values in the order
        of the columns or by their names.
    source, as_at, notes, total_row, derive, kept_back, exact, basis
        As in `Table`; an empty table has no total row.
    """
    stored = {c.name: c.kind for c in columns if c.of is None}
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=list(stored))
    frame = frame[list(stored)].reset_index(drop=True)
    for column, kind in stored.items():
        if kind in ("money", "number"):
            frame[column] = pd.to_numeric(frame[column]).astype("float64")
        elif kind != "date":
            frame[column] = frame[column].astype(
                "Int64" if kind in ("people", "count") else "object"
            )
    return Table(
        name=name,
        title=title,
        frame=frame,
        columns=tuple(columns),
        source=source,
        as_at=as_at,
        notes=tuple(notes),
        total_row=total_row and len(frame) > 0,
        derive=derive,
        kept_back=kept_back,
        exact=exact,
        basis=basis,
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


def key_of(reference: str) -> str:
    """Write a reference as tables are named by it."""
    return "".join(c if c.isalnum() else "_" for c in reference.lower())


def place(data: Dataset) -> str:
    """Return the area the data set is about, its title where none was given."""
    return data.about.get("area", data.title)


def where_from(data: Dataset, what: str) -> str:
    """Return a source line: what was read, and whose."""
    return f"{what}, {data.about.get('publisher', data.title)}"
