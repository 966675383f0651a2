"""Referral statistics: received, decided and completed by month, quarter and year.

From the log of referrals where there is one, else from the published monthly totals. Home security
is a stream of its own, counted in `activity`. A referral of the log counts as received on the day
it was, and by its outcome on the day it was decided; what lies in a month that is not on record
counts in no total.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from mtf_eval.analysis.counts import groups
from mtf_eval.analysis.results.columns import Period, add_total, as_at_of, day, ints, lay
from mtf_eval.analysis.results.findings import listing, number, percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.coverage import kept
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.prices.rules import Rule

QUARTERS = ("January to March", "April to June", "July to September", "October to December")
COUNTS = ("received", "accepted", "rejected", "saras", "pending", "completed")


@once
def monthly(data: Dataset) -> pd.DataFrame:
    """Count referrals by month, all years: received in it, and by outcome decided in it.

    The log's months are counted from it in each year in which it received referrals; any other
    month is taken from the published totals where there are any.
    An outcome of the log counts in the month of its decision, where that is not given in the month
    the referral was received; the completed are those of the accepted that have been completed
    since. Months without a referral are zero where the log was kept, else not on record. Returns a
    frame with `month`, the counts (`Int64`, people) and `as_at`.
    """
    published: pd.DataFrame = data.table("monthly_referrals")[["month", *COUNTS, "as_at"]]
    published = published.fillna({"pending": 0})
    log = core_log(data)
    if len(log):
        until = _log_as_at(data)
        days = counted_on(data).loc[log.index]
        month, outcome = (days[c].dt.to_period("M").dt.to_timestamp() for c in days)
        first = log["received"].min().year
        span = pd.date_range(f"{first}-01-01", until.replace(day=1), freq="MS")
        counted = as_told(count_outcomes(log, month, outcome).reindex(span, fill_value=0), log)
        on_record = kept(data, "referrals").reindex(span, fill_value=False)
        counted.loc[~on_record.to_numpy(dtype=bool)] = pd.NA
        counted = counted.rename_axis("month").reset_index().assign(as_at=until)
        published = published[published["month"].isin(standing_months(data))]
        month, stated = counted["month"], published["month"]
        own = month.dt.year.map(lambda year: logged(data, year))
        counted = counted[~month.isin(stated) & (own | ~month.dt.year.isin(stated.dt.year))]
        frames = [f for f in (published, counted[["month", *COUNTS, "as_at"]]) if len(f)]
        published = pd.concat(frames)
    return published.sort_values("month", ignore_index=True)


def _log_as_at(data: Dataset) -> pd.Timestamp:
    source = data.source("referrals")
    if source is not None and source.as_at is not None:
        return pd.Timestamp(source.as_at)
    return pd.Timestamp(data.about.get("as_at") or data.table("referrals")["received"].max())


def _stated(data: Dataset) -> pd.Series[int]:
    """Return received totals that the publisher states for a whole year, by year."""
    rows = data.table("activity")
    stated = (rows["block"] == "referrals") & (rows["category"] == "stated_total")
    rows = rows[stated & (rows["measure"] == "received")]
    return rows["count"].set_axis(rows["period_start"].dt.year)


@once
def _received(data: Dataset, when: Period) -> int | None:
    frame = _within(data, when)
    if frame.empty:
        return None if when.half else _stated(data).get(when.year)
    received = frame["received"].sum(min_count=1)
    return None if pd.isna(received) else int(received)


def _within(data: Dataset, when: Period) -> pd.DataFrame:
    frame = monthly(data)
    return frame[when.holds(frame["month"])]


def years(data: Dataset) -> tuple[int, ...]:
    """Years with any referral count, months or a stated total, in order."""
    counted = monthly(data)["month"].dt.year
    return tuple(sorted({*map(int, counted), *map(int, _stated(data).index)}))


@once
def as_at(data: Dataset, *, year: int) -> date | None:
    """Date up to which the year's referrals had been filled in; `None` without any."""
    return as_at_of(_within(data, Period(year))["as_at"])


def part_year(data: Dataset, *, year: int, half: int | None = None) -> str:
    """Caution when the figures stop before the end of the time or lack months; else empty."""
    when, until, said = Period(year, half), as_at(data, year=year), ""
    if until is not None and when.start <= until < when.end:
        span = "half-year" if half else "year"
        said = f"{when.words} runs to {day(until)} only; {when.before.words} is the whole {span}. "
        said += f"The change compares a part {span} with a whole one."
    gone = " and ".join(filter(None, (not_kept(data, w) for w in (when.before, when))))
    return f"{said} Not on record: {gone}.".strip() if gone else said


def covered(data: Dataset, *, year: int) -> str:
    """Say what time the year's review covers, in words."""
    until = as_at(data, year=year)
    if until is None or until >= date(year, 12, 31):
        return f"January to December {year}"
    return f"1 January to {day(until)}"


def not_kept(data: Dataset, when: Period) -> str:
    """Name the months of a year, or half of one, in which no referrals are on record."""
    frame = _within(data, when)
    months = list(frame["month"][frame["received"].isna()])
    if not months:
        return ""
    named = listing([f"{m:%B}" for m in months])
    return f"{when.year}" if len(months) == 12 else f"{named} {when.year}"


def source_of(data: Dataset, year: int) -> str:
    """Return where a year's referral counts come from, in words."""
    log, totals = logged(data, year), "ublished monthly totals of referrals"
    if log and not months_published(data, year):
        return "Log of referrals"
    return f"Log of referrals and p{totals}" if log else f"P{totals}"


def months_published(data: Dataset, year: int) -> str:
    """Say how many months of a year of the log stand as published; empty where none."""
    number = (standing_months(data).dt.year == year).sum() if logged(data, year) else 0
    text = f"Months of {year} outside the log ({number}): totals as published, in no table by "
    return f"{text}agency, ward or theme." if number else ""


def of_year(table: str, rows: Any, data: Dataset, year: int, **words: Any) -> Table:
    """Lay out a table of a year's referrals, with its source and day.

    What becomes of a referral is known later than that it was received; of decisions only while
    some are pending.
    """
    known = {"year": year, "source": source_of(data, year), "as_at": as_at(data, year=year)}
    moving = "; standing" if "pending" in rows else ""
    return lay(table, rows, data, moving=moving, **{**known, **words})


def outcomes(data: Dataset, year: int) -> list[str]:
    """Return the outcomes that have a column: `pending` where the source of the year gives it."""
    stated = data.table("monthly_referrals")
    given = stated.loc[stated["month"].dt.year == year, "pending"].notna().any()
    return [c for c in COUNTS if c != "pending" or given or logged(data, year)]


def with_decided(frame: pd.DataFrame) -> pd.DataFrame:
    """Put all decisions together beside the received, where they are not the same referrals."""
    outcomes = frame[["accepted", "rejected", "saras"]]
    decided = outcomes.sum(axis=1, min_count=1).astype("Int64")
    return frame.assign(decided=decided)


def basis(data: Dataset, year: int) -> str:
    """Say by which date the year's received and outcomes are counted."""
    if not logged(data, year):
        return "Outcomes stand in the month, of receipt or decision, that the publisher gives them."
    said = "Every column counts referrals by the day they were received."
    if dated(data, year):
        said = "Received and not yet decided are counted by the day received; accepted, rejected "
        said += "and SARA projects by the day decided, so some were received earlier. Completed "
        said += "are those of the accepted that have been completed since."
    said += " Referrals withdrawn, or a duplicate of another, are left out."
    return f"{said} {months_published(data, year)}".rstrip()


@once
def _kept_back(data: Dataset, year: int, rule: Rule) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = _within(data, Period(year)).set_index("month")[list(COUNTS)]
    return groups.year_kept_back(frame, rule, quarters=groups.grain(data, "month") == "quarter")


def months_kept_back(data: Dataset, months: pd.Series[pd.Timestamp], rule: Rule) -> pd.DataFrame:
    """Return which counts of some months would give others back, a row a month."""
    found = [_kept_back(data, int(year), rule)[1] for year in months.dt.year.unique()]
    every = pd.concat(found) if found else pd.DataFrame(columns=list(COUNTS))
    return every.reindex(months).reset_index(drop=True)


def headline(data: Dataset, *, year: int, half: int | None = None) -> Table:
    """Headline figures of a year or half-year, one row.

    Received, accepted, rejected, SARAs, completed, ongoing (accepted and not completed),
    received in the period before, change, acceptance (accepted of received; of decided where
    decisions are dated) and completion (completed of accepted). Figures that nobody published are
    missing; where months of either are not on record, no change is given.
    """
    when = Period(year, half)
    frame = _within(data, when)
    row = pd.DataFrame({"period": [when.words]})
    for c in outcomes(data, year):
        row[c] = ints([frame[c].sum(min_count=1)])
    row["received"] = ints([_received(data, when)])
    whole = "received"
    if dated(data, year):
        row, whole = with_decided(row), "decided"
    row["ongoing"] = row["accepted"] - row["completed"]
    row["previous"] = ints([_received(data, when.before)])
    caution = part_year(data, year=year, half=half)

    def back(rule: Rule) -> pd.DataFrame:
        kept = pd.DataFrame(False, index=row.index, columns=list(row.columns))
        if half is not None:
            now, past = (_kept_back(data, y, rule)[0].loc[half] for y in (year, year - 1))
            kept.loc[0, list(now.index)] = now.to_numpy()
            kept["previous"] = bool(past["received"])
        return groups.beside(row.drop(columns="period"), kept, rule)

    words = {"when": when, "before": when.before, "caution": caution, "whole": whole}
    notes = [basis(data, year)] if len(frame) else []
    gone = caution.partition("Not on record: ")[2]
    if gone and not pd.isna(row["previous"][0]):
        notes.append(f"No change is given, as not every month is on record: not {gone}")
    laid = of_year("referrals_headline", row, data, year, **words, notes=notes, kept_back=back)
    columns = [c for c in laid.columns if not gone or c.name != "change"]
    return replace(laid, columns=tuple(columns))


def by_month(data: Dataset, *, year: int, half: int | None = None) -> Table:
    """Referrals by month, received and by outcome, with a total row; see `basis`.

    By quarter or year where the data set's groups ask for it; see `groups.coarser`.
    """
    return _by_period(data, year, half, groups.grain(data, "month"))


def by_quarter(data: Dataset, *, year: int, half: int | None = None) -> Table:
    """Referrals by quarter, received and by outcome, with a total row; see `basis`."""
    return _by_period(data, year, half, groups.grain(data, "quarter"))


def _by_period(data: Dataset, year: int, half: int | None, grain: str) -> Table:
    when = Period(year, half)
    frame = _within(data, when)
    labels = {
        "month": frame["month"].dt.strftime("%B %Y"),
        "quarter": frame["month"].dt.quarter.map(lambda q: QUARTERS[q - 1]),
        "year": frame["month"].dt.year.map(lambda _: when.words),
    }[grain].astype("object")
    counts = frame[outcomes(data, year)].groupby(labels, sort=False).sum(min_count=1)
    counts = counts.rename_axis("period").reset_index()
    if grain != "year":
        counts = add_total(counts, "period")

    def back(rule: Rule) -> pd.DataFrame:
        """Parts of the half or the year; quarters beside months are parts and totals at once."""
        columns = list(counts.columns[1:])
        halves, months = _kept_back(data, year, rule)
        part = months.loc[frame["month"], columns].groupby(labels.to_numpy(), sort=False).any()
        kept = part.reset_index(drop=True) | (grain != groups.grain(data, "month"))
        if grain == "year" or not len(kept):
            kept = pd.DataFrame(False, index=[0], columns=columns)
        if grain != "year":
            kept.loc[len(kept)] = False if half is None else halves.loc[half, columns]
        elif half is not None:
            kept.loc[0] = halves.loc[half, columns]
        return groups.beside(counts[columns], kept.astype(bool), rule)

    until = as_at(data, year=year)
    notes = [basis(data, year)] if len(frame) else []
    if until and until < when.end:
        cut = until < pd.Period(until, grain[0].upper()).end_time.date()
        notes.append(f"The {f'last {grain}' if cut else 'table'} runs to {day(until)} only.")
    if gone := not_kept(data, when):
        notes.append(f"Not on record, and in no total: {gone}.")
    notes += groups.notes(data, "period")
    words = {"grain": grain, "heading": grain.capitalize(), "when": when, "notes": notes}
    words |= {"kept_back": back, "total_row": grain != "year"}
    return of_year("referrals_by_period", counts, data, year, **words)


def year_on_year(data: Dataset, *, year: int) -> Table:
    """Referrals received in each year on record up to `year`, with the change on the year before.

    A year that stops early is compared with the whole year before; the caution stands in a note.
    """
    past = [y for y in years(data) if y <= year]
    shown = ["received", "accepted", "completed", "previous"]
    rows = {y: headline(data, year=y).frame.iloc[0] for y in past}
    for y in past:
        if not_kept(data, Period(y - 1)) or not_kept(data, Period(y)):
            rows[y]["previous"] = pd.NA
    lines = [(str(y), *rows[y][shown]) for y in past]
    gone = " and ".join(filter(None, (not_kept(data, Period(y)) for y in past[:-2])))
    caution = part_year(data, year=year) + (gone and f" Not on record: {gone}.")
    return of_year("referrals_year_on_year", lines, data, year, caution=caution)


def received_finding(
    data: Dataset, frame: pd.DataFrame, *, year: int, half: int | None = None
) -> str:
    """Say how many referrals were received and accepted in all, from what is shown by month."""
    when, until = Period(year, half), as_at(data, year=year)
    said = f"in {when.words}{' so far' if until is not None and until < when.end else ''}"
    received, accepted = (frame[c].tail(1).sum(min_count=1) for c in ("received", "accepted"))
    if pd.isna(received):
        return f"Referrals received {said}"
    of_them = "" if pd.isna(accepted) else f", {number(accepted)} accepted"
    return f"{number(received)} referrals received {said}{of_them}"


def year_finding(frame: pd.DataFrame, *, year: int, caution: str = "") -> str:
    """Say how the year's referrals compare with the year before, from the released headline.

    `caution` is what `part_year` says; the sentence then names the part year.
    """
    row = frame.iloc[0]
    if pd.isna(row["received"]):
        return f"No count of referrals in {year} can be shown"
    stops = " so far" if " runs to " in caution else ""
    text = f"{number(row['received'])} referrals in {year}{stops}"
    if f" {year}" in caution.partition("Not on record: ")[2]:
        return f"{text}, of which not every month is on record"
    if pd.isna(row.get("change")):
        return text
    if not row["change"]:
        return f"{text}, as many as in {year - 1}"
    way, change = "more" if row["change"] > 0 else "fewer", percent(abs(row["change"]))
    text += f", {change} {way} than the {number(row['previous'])} of {year - 1}"
    return f"{text} (a part year against a whole one)" if stops else text


@once
def core_log(data: Dataset) -> pd.DataFrame:
    """Return the log without the home security stream."""
    log: pd.DataFrame = data.table("referrals")
    core: pd.DataFrame = log[log["stream"].fillna("core") == "core"]
    return core


@once
def counted_on(data: Dataset) -> pd.DataFrame:
    """Return the days on which each row of the log counts, missing in a month not on record.

    Returns a frame with `received`, and `outcome`: the day decided, that of receipt where none is
    given.
    """
    log = data.table("referrals")
    days = log[["received"]].assign(outcome=log["decided"].fillna(log["received"]))
    months = kept(data, "referrals")
    there = days.apply(lambda d: d.dt.to_period("M").dt.to_timestamp().isin(months.index[months]))
    return days.where(there)


@once
def logged(data: Dataset, year: int) -> bool:
    """Whether the year is the log's: received in it, or decided where no month is published."""
    log, published = data.table("referrals"), data.table("monthly_referrals")["month"]
    days = ["received"] if (published.dt.year == year).any() else ["received", "decided"]
    return any((log[day].dt.year == year).any() for day in days)


@once
def standing_months(data: Dataset) -> pd.Series[pd.Timestamp]:
    """Return published months that stand: those outside the log, from its first received on."""
    months, received = data.table("monthly_referrals")["month"], core_log(data)["received"]
    inside = months.between(received.min().replace(day=1), received.max())
    own = months.dt.year.map(lambda year: logged(data, year)).astype(bool)
    stands: pd.Series[pd.Timestamp] = months[~(own & inside)]
    return stands


@once
def dated(data: Dataset, year: int) -> bool:
    """Whether outcomes of the year are counted by their day of decision."""
    return logged(data, year) and bool((core_log(data)["decided"].dt.year == year).any())


def completed(log: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows were accepted and completed; a closing date says so too."""
    done = (log["status"] == "completed") | log["closed"].notna()
    return (log["decision"] == "accepted") & done


def as_told(counts: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Leave the completed open where the log says of no referral what became of it."""
    told = log[["status", "closed"]].notna().any(axis=None)
    return counts if told else counts.assign(completed=pd.array([pd.NA] * len(counts), "Int64"))


def count_outcomes(
    log: pd.DataFrame, received: pd.Series, outcome: pd.Series | None = None
) -> pd.DataFrame:
    """Count a log's rows within groups; one row a group.

    `log`: one row a referral. `received`: group in which each row counts as received, and as
    pending; missing where in none. `outcome`: group in which its outcome counts; as `received`
    where not given.
    """
    decision = log["decision"]
    came = pd.DataFrame({"received": True, "pending": decision == "pending"}, index=log.index)
    outcomes = {"accepted": "accepted", "rejected": "rejected", "saras": "sara"}
    became = pd.DataFrame({name: decision == word for name, word in outcomes.items()})
    became["completed"] = completed(log)
    counts = came.astype("Int64").groupby(received).sum()
    became = became.astype("Int64").groupby(received if outcome is None else outcome).sum()
    return counts.join(became, how="outer").fillna(0)[list(COUNTS)]


@once
def counts_by(data: Dataset, by: str, year: int) -> pd.DataFrame:
    """Count a year of the log within the values of a column: received in it, decided in it."""
    log = core_log(data)
    group = log[by].astype("object").fillna("Not recorded")
    every = sorted(group.unique())
    inside = counted_on(data).loc[log.index].apply(lambda days: days.dt.year == year)
    counts = count_outcomes(log, *(group.where(inside[c]) for c in inside))
    # Every value on record, in any year: one that is missing would be known to be none.
    return as_told(counts.reindex(pd.Index(every, name=by), fill_value=0), log)
