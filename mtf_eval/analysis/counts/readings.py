"""What dates, lists and gaps say about the figures: to know before reading them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import pandas as pd

from mtf_eval.analysis.counts import activity, referral_log, referrals
from mtf_eval.analysis.results.columns import day, in_words, lay
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset

WRITTEN_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b")


class Reading(NamedTuple):
    """Something about dates, lists or gaps that a reader of the figures must know.

    `exact`: it comes from comparing records of people as they are.
    """

    where: str
    text: str
    exact: bool = False


def published(data: Dataset) -> pd.DataFrame:
    """Return published months that the log does not replace."""
    frame = referrals.monthly(data).dropna(subset=["received"])
    kept: pd.DataFrame = frame[frame["month"].isin(referral_log.standing(data))]
    return kept


def readings(data: Dataset) -> tuple[Reading, ...]:
    """Say what dates, lists and gaps tell; no reading holds a count of people."""
    found = [
        *_cancelling(data),
        *_saras(data),
        *_part_periods(data),
        *_cut_dates(data),
        *_lists(data),
        *_gaps(data),
        *_progress(data),
        *(Reading("Not published", said) for said in not_published(data)),
    ]
    return tuple(found)


def not_published(data: Dataset) -> tuple[str, ...]:
    """Return what the source shows or names without giving numbers, one sentence each."""
    said = (s.strip() for s in data.about.get("not_published", "").split(";"))
    return tuple(f"{s[:1].upper()}{s[1:]}." for s in said if s)


def _cancelling(data: Dataset) -> Iterator[Reading]:
    frame = published(data)
    gap = frame["received"] - frame[["accepted", "rejected", "saras", "pending"]].sum(axis=1)
    for year, part in gap.groupby(frame["month"].dt.year):
        if (part != 0).any() and part.sum() == 0:
            months = listing([f"{m:%B}" for m in frame.loc[part[part != 0].index, "month"]])
            waited = (
                " They would, if referrals received in the one month were decided in the other."
                if (part.cumsum() >= 0).all()
                else ""
            )
            yield Reading(
                f"Referrals by month, {year}",
                f"{months} do not add up across, but the errors cancel, so the totals of the "
                f"columns agree: a check of the totals alone finds nothing.{waited}",
                exact=True,
            )


def _saras(data: Dataset) -> Iterator[Reading]:
    frame = published(data)
    rows = frame[frame["saras"] > 0]
    two = rows["accepted"] + rows["rejected"]
    inside = rows[two == rows["received"]]["month"]
    beside = rows[two + rows["saras"] == rows["received"]]["month"]
    if len(inside) and len(beside):
        yield Reading(
            "Referrals by month",
            "SARA projects are an outcome of their own in "
            f"{listing([f'{m:%B %Y}' for m in beside])}, but are already among the accepted or "
            f"rejected in {listing([f'{m:%B %Y}' for m in inside])}.",
            exact=True,
        )


def _part_periods(data: Dataset) -> Iterator[Reading]:
    for year in referrals.years(data):
        until, caution = referrals.as_at(data, year=year), referrals.part_year(data, year=year)
        if until is None or not caution:
            continue
        rows = data.table("activity")
        rows = rows[rows["category"] == "stated_change_percent"]
        stated = rows.loc[rows["period_start"].dt.year == year, "count"]
        said = f" It is stated as {stated.iloc[0]}%." if len(stated) else ""
        yield Reading(f"Referrals, {year}", caution + said, exact=bool(said))
        if until.year == year and (pd.Timestamp(until) + pd.Timedelta(days=1)).day != 1:
            yield Reading(
                f"Referrals by month, {year}",
                f"The last month ends on {day(until)} and is not marked as provisional.",
            )


def _cut_dates(data: Dataset) -> Iterator[Reading]:
    dates: dict[date, list[str]] = {}
    for row in blocks(data).frame.to_dict("records"):
        if row["as_at"] is not None:
            dates.setdefault(row["as_at"], []).append(row["block"])
    if len(dates) > 1:
        said = [f"{day(d)} ({listing(list(dict.fromkeys(b)))})" for d, b in sorted(dates.items())]
        yield Reading(
            "All tables",
            f"Figures were last updated on {len(dates)} different dates: {'; '.join(said)}.",
        )


def _lists(data: Dataset) -> Iterator[Reading]:
    rows = data.table("activity")
    first = rows["period_start"].dt.year
    for year in sorted({int(y) for y in first} - {int(first.min()) if len(first) else 0}):
        for note in activity.support_by_agency(data, year=year).notes:
            if note.startswith("Listed"):
                yield Reading(
                    "Support by agency", f"{note} Year on year the lists differ.", exact=True
                )
        risk = activity.support_by_risk(data, year=year)
        if len(risk.frame) and risk.notes:
            yield Reading(
                "Support by risk",
                f"{risk.notes[0]} The years cannot be compared by risk.",
                exact=True,
            )


def _gaps(data: Dataset) -> Iterator[Reading]:
    rows = data.table("activity")
    kept = rows[~rows["category"].fillna("").isin(activity.STATED)]
    for name, part in kept.groupby("block", sort=False):
        words = in_words(str(name))
        spans = part[["period_start", "period_end"]].drop_duplicates().sort_values("period_start")
        if len(spans) < 2:
            continue
        after = spans["period_end"].cummax().shift()
        for start, before in zip(spans["period_start"], after, strict=True):
            if not pd.isna(before) and start > before + pd.Timedelta(days=31):
                gap = f"{day(before + pd.Timedelta(days=1))} to {day(start - pd.Timedelta(days=1))}"
                yield Reading(words, f"Nothing is given for {gap}.", exact=True)
        last, until = spans["period_end"].max(), part["as_at"].max()
        monthly = (spans["period_end"] - spans["period_start"]).dt.days.iloc[-1] < 31
        if monthly and last.to_period("M") < until.to_period("M"):
            yield Reading(
                words, f"The months end on {day(last)} although the figures are as at {day(until)}."
            )


def _progress(data: Dataset) -> Iterator[Reading]:
    rows = data.table("priority_progress")
    if len(rows) and (rows["rag"].fillna("not_rated") == "not_rated").all():
        yield Reading("Progress", f"None of the {len(rows)} progress rows is rated.")
    for row in rows.to_dict("records"):
        for found in WRITTEN_DATE.findall(str(row["progress"])):
            d, m, y, *iso = found
            written = date(int(y), int(m), int(d)) if y else date(*map(int, iso))
            if not pd.isna(row["updated"]) and written > row["updated"].date():
                yield Reading(
                    f"Progress, {row['priority']}, action {row['number']}",
                    f"It names {day(written)}, later than the block's last update on "
                    f"{day(row['updated'])}.",
                )


def reading_table(data: Dataset) -> Table:
    """Lay the readings out as a table of words."""
    found = readings(data)
    kept = [not r.exact for r in found]
    return lay(
        "readings",
        [(r.where, r.text) for r in found],
        data,
        as_at=max((s.as_at for s in data.origins() if s.as_at), default=None),
        derive=lambda frame: frame.loc[kept],
    )


def blocks(data: Dataset) -> Table:
    """Every block of figures with the period it covers and its own as-at date."""
    frame = data.table("activity")
    words = frame["block"].map(in_words)
    rows = [
        (name, len(part), part["period_start"].min(), part["period_end"].max(), until)
        for (name, until), part in frame.groupby([words, "as_at"], sort=False)
    ]
    months, progress = data.table("monthly_referrals"), data.table("priority_progress")
    if len(months):
        last = months["month"].max() + pd.offsets.MonthEnd(0)
        first, until = months["month"].min(), months["as_at"].max()
        rows.insert(0, ("Monthly referrals", len(months), first, min(last, until), until))
    if len(progress):
        rows.append(("Priority progress", len(progress), pd.NaT, pd.NaT, progress["updated"].max()))
    dates = [None if pd.isna(r[4]) else pd.Timestamp(r[4]).date() for r in rows]
    spans = ["not dated" if pd.isna(r[2]) else f"{day(r[2])} to {day(r[3])}" for r in rows]
    return lay(
        "blocks",
        [(r[0], r[1], *when) for r, *when in zip(rows, spans, dates, strict=True)],
        data,
        as_at=max((d for d in dates if d), default=None),
        # How many figures a block has is how many agencies, themes or months had any.
        derive=lambda frame: frame.assign(rows=pd.array([pd.NA] * len(frame), dtype="Int64")),
    )
