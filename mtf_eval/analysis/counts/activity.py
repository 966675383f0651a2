"""Interventions by theme, home safety support after domestic abuse, contacts, requests and visits.

From the log of referrals where one covers the year, else from the published `activity` table, which
alone tells of contacts: texts, calls and letters are not people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from mtf_eval.analysis.counts import groups, referrals
from mtf_eval.analysis.results.columns import add_total, as_at_of, column, day, in_words, lay, span
from mtf_eval.analysis.results.findings import extremes, listing, number
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.records.dataset import Dataset, once

# Rows of `activity` that say what the publisher states, not what was counted.
STATED = ("stated_total", "stated_rows", "stated_change_percent")
RISKS = {"high": "High risk", "low_medium": "Low or medium risk"}
STREAMS = {"core": "Key criteria", "home_security": "Home security"}
REMOTE = ("contact_attempts", "calls", "texts", "emails", "letters")
LUMP = "contact_attempts"


@once
def block(data: Dataset, name: str, *years: int) -> pd.DataFrame:
    """Rows of one block of the activity table, stated totals left out."""
    rows: pd.DataFrame = data.table("activity")
    rows = rows[(rows["block"] == name) & ~rows["category"].fillna("").isin(STATED)]
    if years:
        rows = rows[rows["period_start"].dt.year.isin(years)]
    return rows.sort_values("period_start", kind="stable")


def not_published(data: Dataset) -> tuple[str, ...]:
    """Return what the source shows or names without giving numbers, one sentence each."""
    said = (s.strip() for s in data.about.get("not_published", "").split(";"))
    return tuple(f"{s[:1].upper()}{s[1:]}." for s in said if s)


def _home_security(data: Dataset, year: int) -> pd.DataFrame:
    log: pd.DataFrame = data.table("referrals")
    return log[(log["stream"] == "home_security") & (log["received"].dt.year == year)]


@once
def _from_log(data: Dataset, name: str, year: int) -> bool:
    """Whether a block of a year is the log's.

    Where months stand as published, the longer of the two does: the log's or the published block.
    """
    if not referrals.months_published(data, year):
        return referrals.logged(data, year)
    rows, received = block(data, name, year), data.table("referrals")["received"]
    own = received[received.dt.year == year]
    published = rows["period_end"].max() - rows["period_start"].min()
    return not len(rows) or own.max() - own.min() > published


def _source(data: Dataset, name: str, year: int) -> str:
    logged = _from_log(data, name, year)
    return "Log of referrals" if logged else "Published counts of activity"


def _as_at(data: Dataset, name: str, *years: int) -> date | None:
    if _from_log(data, name, years[0]):
        return referrals.as_at(data, year=years[0])
    return as_at_of(block(data, name, *years)["as_at"])


def _theme_counts(data: Dataset, year: int) -> pd.DataFrame:
    """Return a frame of theme, stream, count."""
    if not _from_log(data, "interventions", year):
        rows = block(data, "interventions", year)[["category", "measure", "count"]]
        return rows.set_axis(["theme", "stream", "count"], axis=1).reset_index(drop=True)
    log: pd.DataFrame = data.table("referrals")
    decided = referrals.counted_on(data)["outcome"].dt.year == year
    taken, home = decided & (log["decision"] == "accepted"), log["stream"] == "home_security"
    criteria = log.loc[~home, "criteria"].dropna().str.split(";").explode().str.strip()
    criteria = criteria[criteria != ""]
    # Every theme on record, in any year: one that is missing would be known to be none.
    found = taken[criteria.index].groupby(criteria.to_numpy()).sum()
    counts = pd.DataFrame({"theme": found.index, "stream": "core", "count": found.to_numpy()})
    if home.any():
        counts.loc[len(counts)] = ["Home security referrals", "home_security", (home & taken).sum()]
    return counts.astype({"count": "Int64"})


def _theme_table(data: Dataset, year: int, by: str) -> Table:
    counts = _theme_counts(data, year)
    counts["stream"] = counts["stream"].map(lambda s: STREAMS.get(s, s))
    frame = add_total(counts.groupby(by, sort=False)["count"].sum().reset_index(), by)
    note = "One referral may name several criteria, so themes add up to more than referrals."
    notes = (note,) * _from_log(data, "interventions", year) + groups.notes(data, by)
    words: dict[str, Any] = {"by": by, "heading": by.capitalize(), "year": year}
    words |= {
        "source": _source(data, "interventions", year),
        "as_at": _as_at(data, "interventions", year),
    }
    return lay("interventions", frame, data, **words, notes=notes)


def themes(data: Dataset, *, year: int) -> Table:
    """Interventions by theme with a total row.

    From a log one referral may name several criteria, so the themes then count more than
    referrals; from published counts the rows are as published.
    """
    return _theme_table(data, year, "theme")


def streams(data: Dataset, *, year: int) -> Table:
    """Theme counts by stream: the key criteria, home security, and both together."""
    return _theme_table(data, year, "stream")


def _both_years(
    data: Dataset,
    table: str,
    block_name: str,
    counts: Mapping[int, pd.Series[int]],
    notes: tuple[str, ...] = (),
) -> Table:
    """Lay two years' counts side by side; a row that a year does not have is missing there."""
    by = table.removeprefix("support_by_")
    year = max(counts)
    order = list(dict.fromkeys([*counts[year].index, *counts[year - 1].index]))
    sides = {"current": counts[year], "previous": counts[year - 1]}
    frame = pd.DataFrame({by: order} | {s: n.reindex(order).to_numpy() for s, n in sides.items()})
    dates = {y: _as_at(data, block_name, y) for y in (year, year - 1)}
    said = [f"{y} as at {day(d)}" for y, d in dates.items() if d is not None]
    if len(set(dates.values()) - {None}) > 1:
        notes += (f"{'; '.join(said)}.",)
    as_at = max((d for d in dates.values() if d is not None), default=None)
    words: dict[str, Any] = {
        "year": year,
        "before": year - 1,
        "source": _source(data, block_name, year),
    }
    notes += groups.notes(data, by)
    return lay(table, add_total(frame, by), data, **words, as_at=as_at, notes=notes)


def _by_agency(data: Dataset, year: int) -> pd.Series[int]:
    if _from_log(data, "domestic_abuse_support", year):
        return _home_security(data, year).groupby("agency").size()
    rows = block(data, "domestic_abuse_support", year)
    return rows.groupby("agency", sort=False)["count"].sum()


def _by_risk(data: Dataset, year: int) -> pd.Series[int]:
    if _from_log(data, "domestic_abuse_risk", year):
        risk = _home_security(data, year)["risk"].dropna()
        counts = risk.replace({"low": "low_medium", "medium": "low_medium"}).value_counts()
        graded = data.table("referrals").query("stream == 'home_security'")["risk"].notna().any()
        counts = counts.reindex(list(RISKS) if graded else [], fill_value=0)
    else:
        rows = block(data, "domestic_abuse_risk", year)
        counts = rows.groupby("category", sort=False)["count"].sum()
    return counts.rename(index=RISKS)


def _visits(data: Dataset, year: int) -> pd.Series[int]:
    rows = block(data, "domestic_abuse_visits", year)
    extra = rows.loc[rows["measure"] == "additional_visits", "count"].sum()
    high = _by_risk(data, year).get(RISKS["high"])
    if not extra or high is None:
        return pd.Series(dtype="int64")
    return pd.Series({"First visit, one for each high risk referral": high, "Additional": extra})


def support_by_agency(data: Dataset, *, year: int) -> Table:
    """Referrals for home safety support after domestic abuse by agency, this year and last."""
    counts = {y: _by_agency(data, y) for y in (year, year - 1)}
    log = data.table("referrals")
    every = sorted(log.loc[log["stream"] == "home_security", "agency"].dropna().unique())
    for y in (y for y in counts if _from_log(data, "domestic_abuse_support", y)):
        # Every agency on record, in any year: one that is missing would be known to have none.
        counts[y] = counts[y].reindex(every, fill_value=0)
    notes = []
    for y, other in ((year, year - 1), (year - 1, year)):
        only = [str(a) for a in counts[y].index if a not in counts[other].index]
        if only and len(counts[other]):
            notes.append(f"Listed in {y} only: {listing(only)}.")
    support = "domestic_abuse_support"
    return _both_years(data, "support_by_agency", support, counts, tuple(notes))


def support_by_risk(data: Dataset, *, year: int) -> Table:
    """Referrals for home safety support by risk, this year and last."""
    counts = {y: _by_risk(data, y) for y in (year, year - 1)}
    missing = [str(y) for y in (year, year - 1) if counts[y].empty]
    notes = (f"No split by risk is on record for {listing(missing)}.",) if missing else ()
    return _both_years(data, "support_by_risk", "domestic_abuse_risk", counts, notes)


def support_visits(data: Dataset, *, year: int) -> Table:
    """Visits to high risk referrals: one each and the additional ones, this year and last."""
    counts = {y: _visits(data, y) for y in (year, year - 1)}
    return _both_years(data, "support_by_visit", "domestic_abuse_visits", counts)


def themes_finding(streams_frame: pd.DataFrame, themes_frame: pd.DataFrame) -> str:
    """Say which theme leads and how the total is made up, from what is shown."""
    ends = extremes(themes_frame, "theme", "count")
    if ends is None:
        return "Interventions by theme"
    text = f"{ends[0]} led the themes with {number(ends[1])}"
    shown = streams_frame.set_index("stream")["count"]
    if len(shown) < 3 or shown.isna().any():
        return text
    beside = shown.drop("Total").index[-1]
    what = f"{number(shown[beside])} of {number(shown['Total'])}"
    return f"{text}; {what} were {str(beside).lower()}"


def support_finding(frame: pd.DataFrame, *, year: int) -> str:
    """Say how many were referred for support in both years and by whom most, from what is shown."""
    totals = frame[frame["agency"] == "Total"]
    ends = extremes(frame, "agency", "current")
    most = f"; most from {ends[0]}" if ends else ""
    if totals.empty or totals[["current", "previous"]].isna().any(axis=None):
        return f"Referrals for domestic abuse support in {year}{most}"
    now, before = (number(totals[c].iloc[0]) for c in ("current", "previous"))
    return f"{now} referrals in {year}, {before} in {year - 1}{most}"


def _outgoing(data: Dataset, year: int) -> pd.DataFrame:
    return block(data, "covid_outgoing", year, year - 1)


def _when(rows: pd.DataFrame, year: int) -> dict[str, Any]:
    """Return the words of every table here: the year, the one before, the day of its rows."""
    return {"year": year, "before": year - 1, "as_at": as_at_of(rows["as_at"])}


def contacts_caution(data: Dataset, *, year: int) -> str:
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


def contacts_by_channel(data: Dataset, *, year: int) -> Table:
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
    said = contacts_caution(data, year=year)
    stated = "; ".join(f"{listing(names)} as at {until}" for until, names in dates.items())
    notes = filter(None, (said, f"{stated}." if stated else ""))
    words = _when(rows, year)
    return lay("contacts_by_channel", frame, data, columns=columns, notes=notes, **words)


def contact_periods(data: Dataset, *, year: int) -> dict[str, str]:
    """Return the columns of `by_channel` that are drawn, with the words for them."""
    drawn = contacts_by_channel(data, year=year).columns[1:]
    return {c.name: f"contacts in {in_words(c.name).lower()}" for c in drawn}


def contacts_by_period(data: Dataset, *, year: int) -> Table:
    """Visits and remote contacts by period, this year and last."""
    return _visits_and_remote(data, year, "period")


def contacts_in_all(data: Dataset, *, year: int) -> Table:
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
    notes = filter(None, (contacts_caution(data, year=year),))
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


def contacts_in_all_finding(frame: pd.DataFrame, column: str, what: str) -> str:
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
