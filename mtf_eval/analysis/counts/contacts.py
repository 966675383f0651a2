"""Contacts, requests and home visits of `activity`; texts, calls and letters are not people."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mtf_eval.analysis.counts.activity import block, not_published
from mtf_eval.analysis.results.columns import add_total, as_at_of, column, day, in_words, lay, span
from mtf_eval.analysis.results.findings import listing, number
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.records.dataset import Dataset

REMOTE = ("contact_attempts", "calls", "texts", "emails", "letters")
LUMP = "contact_attempts"


def _outgoing(data: Dataset, year: int) -> pd.DataFrame:
    return block(data, "covid_outgoing", year, year - 1)


def _when(rows: pd.DataFrame, year: int) -> dict[str, Any]:
    """Return the words of every table here: the year, the one before, the day of its rows."""
    return {"year": year, "before": year - 1, "as_at": as_at_of(rows["as_at"])}


def caution(data: Dataset, *, year: int) -> str:
    """Say so when periods were counted by different channels; empty when they were not."""
    periods = _outgoing(data, year).groupby("category", sort=False)
    channels = {str(k): frozenset(part["measure"]) - {"visits"} for k, part in periods}
    if len(set(channels.values())) < 2:
        return ""
    lumped = [in_words(k) for k, names in channels.items() if names == {LUMP}]
    apart = [in_words(k) for k, names in channels.items() if LUMP not in names]
    if not lumped or not apart:
        return "The periods were not counted by the same channels: unlike things are compared."
    return (
        f"{listing(lumped)} gives calls and attempts to make contact as one figure, "
        f"{listing(apart)} calls, texts, emails and letters apart: unlike things are compared."
    )


def by_channel(data: Dataset, *, year: int) -> Table:
    """Outgoing contacts by channel, a column a period, this year and last."""
    rows = _outgoing(data, year)
    order = [m for m in ("visits", *REMOTE) if m in set(rows["measure"])]
    order += [m for m in rows["measure"].unique() if m not in order]
    frame = pd.DataFrame({"channel": [in_words(m) for m in order]})
    columns: list[Column] = []
    dates: dict[str, list[str]] = {}
    for key, part in rows.groupby("category", sort=False):
        frame[str(key)] = part.groupby("measure")["count"].sum().reindex(order).to_numpy()
        when = span(part["period_start"].min(), part["period_end"].max())
        heading = f"{in_words(str(key))}, {when}"
        columns.append(column("count", str(key), heading, missing="not on record"))
        dates.setdefault(day(part["as_at"].max()), []).append(in_words(str(key)))
    said = caution(data, year=year)
    stated = "; ".join(f"{listing(names)} as at {until}" for until, names in dates.items())
    notes = filter(None, (said, f"{stated}." if stated else ""))
    words = _when(rows, year)
    return lay("contacts_by_channel", frame, data, columns=columns, notes=notes, **words)


def periods(data: Dataset, *, year: int) -> dict[str, str]:
    """Return the columns of `by_channel` that are drawn, with the words for them."""
    drawn = by_channel(data, year=year).columns[1:]
    return {c.name: f"contacts in {in_words(c.name).lower()}" for c in drawn}


def by_period(data: Dataset, *, year: int) -> Table:
    """Visits and remote contacts by period, this year and last."""
    return _visits_and_remote(data, year, "period")


def totals(data: Dataset, *, year: int) -> Table:
    """Visits and remote contacts by year, this year and last."""
    return _visits_and_remote(data, year, "year")


def _visits_and_remote(data: Dataset, year: int, by: str) -> Table:
    rows = _outgoing(data, year)
    rows = rows[rows["measure"].isin(["visits", *REMOTE])]
    side = rows["measure"].where(rows["measure"] == "visits", "remote").rename("side")
    group = rows["category"].map(in_words) if by == "period" else rows["period_start"].dt.year
    sums = rows["count"].groupby([group.rename("period"), side], sort=False).sum().unstack()
    frame = sums.reindex(columns=["visits", "remote"]).reset_index().astype({"period": "str"})
    words = _when(rows, year) | {"by": by, "heading": by.capitalize()}
    notes = filter(None, (caution(data, year=year),))
    return lay("contacts_by_period", frame, data, notes=notes, **words)


def _by_period(data: Dataset, block_name: str, name: str, what: str, year: int) -> Table:
    rows, unit = block(data, block_name, year), name.split("_")[-1].capitalize()
    labels = [span(s, e) for s, e in zip(rows["period_start"], rows["period_end"], strict=True)]
    frame = pd.DataFrame({"period": labels, "n": rows["count"].array})
    frame = frame.groupby("period", sort=False).sum().reset_index()
    people, several = (rows["counts_people"] == "yes").any(), len(frame) > 1
    words = _when(rows, year) | {"name": name, "what": what, "total_row": several}
    words["columns"] = (column("people" if people else "count", "n", unit),)
    words["notes"] = ("Only the total is known, not the months.",) * (len(frame) == 1)
    frame = add_total(frame, "period") if several else frame
    return lay("activity_by_period", frame, data, **words)


def incoming(data: Dataset, *, year: int) -> Table:
    """Count requests for support received, by month where the months are known."""
    what = "Requests for support received during COVID-19"
    return _by_period(data, "covid_incoming", "incoming_requests", what, year)


def incoming_by_year(data: Dataset, *, year: int) -> Table:
    """Count requests for support received, this year and last, each as far as it is known."""
    lines = []
    for y in (year - 1, year):
        rows = block(data, "covid_incoming", y)
        if len(rows):
            words = span(rows["period_start"].min(), rows["period_end"].max())
            lines.append((words, rows["count"].sum()))
    when = _when(block(data, "covid_incoming", year, year - 1), year)
    notes = ("The periods are not of the same length.",) * (len(lines) > 1)
    return lay("incoming_by_year", lines, data, notes=notes, **when)


def visits(data: Dataset, *, year: int) -> Table:
    """Safe and well home visits by period, where numbers are on record."""
    what = "Safe and well home visits"
    return _by_period(data, "safe_and_well", "safe_and_well_visits", what, year)


def visits_note(data: Dataset, *, year: int) -> str:
    """Say what home visits are, or why there are no numbers of them; empty where not known."""
    if len(block(data, "safe_and_well", year)):
        return "Visits made for partner agencies, to see that people are safe at home."
    said = [s for s in not_published(data) if s.lower().startswith("safe and well")]
    return said[0] if said else ""


def incoming_finding(frame: pd.DataFrame) -> str:
    """Say how requests went over the periods shown."""
    rows = frame[frame["period"] != "Total"].dropna(subset=["n"])
    if len(rows) < 2:
        return f"{number(frame['n'].iloc[0])} requests for support" if len(rows) else "Requests"
    first, last = rows.iloc[0], rows.iloc[-1]
    way = "fell" if last["n"] < first["n"] else "went"
    ends = f"{number(first['n'])} in {first['period']} to {number(last['n'])} in {last['period']}"
    return f"Requests for support {way} from {ends}"


def totals_finding(frame: pd.DataFrame, column: str, what: str) -> str:
    """Say the yearly totals of `visits` or `remote` contacts, from the shown totals."""
    years = frame.dropna(subset=[column])
    said = [f"{number(v)} in {p}" for p, v in zip(years["period"], years[column], strict=True)]
    return f"{what}: {listing(said)}" if said else what


def channel_finding(frame: pd.DataFrame) -> str:
    """Say which channel and period had the most contacts, visits apart."""
    long = frame[frame["channel"] != "Visits"].melt("channel", var_name="period").dropna()
    if long.empty:
        return "Contacts by channel"
    top = long.loc[long["value"].astype("float64").idxmax()]
    when, most = in_words(top["period"]).lower(), number(top["value"])
    return f"{top['channel']} in {when} were the most ({most})"
