"""Do the figures agree with each other? Sums along rows, down columns and across tables.

With what dates, lists and gaps say of them. What does not agree is reported and never repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import pandas as pd

from mtf_eval.analysis.counts import activity, priorities, referrals
from mtf_eval.analysis.results.columns import day, in_words, lay
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.prices.rules import Rule

#: What is compared across tables of a year, and what it means where the two are not equal.
ACROSS = tuple(called("compared across tables").items())
WRITTEN_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b")


@dataclass(frozen=True, slots=True)
class Check:
    """Two figures of a year that should agree: as stated, and as the rows behind it add up."""

    year: int
    what: str
    stated: int
    found: int
    reading: str

    @property
    def agrees(self) -> bool:
        """Whether the two are equal."""
        return self.stated == self.found


@once
def reconcile(data: Dataset) -> tuple[Check, ...]:
    """Make every comparison the data set allows; see `Check.agrees` for which hold."""
    return (*_rows(data), *_stated(data), *_across(data), *_priorities(data))


def _rows(data: Dataset) -> Iterator[Check]:
    """Compare each month's received with its outcomes; only months that differ are named."""
    for row in published(data).to_dict("records"):
        found = int(row["accepted"] + row["rejected"] + row["saras"] + row["pending"])
        year, month = row["month"].year, f"{row['month']:%B %Y}"
        if found != row["received"]:
            what = f"{month}: received against accepted, rejected and SARA projects"
            said = "The outcomes do not add up to the referrals received."
            yield Check(year, what, int(row["received"]), found, said)
        if row["completed"] > row["accepted"]:
            what, done = f"{month}: accepted against completed", int(row["completed"])
            said = "More were completed than accepted."
            yield Check(year, what, int(row["accepted"]), done, said)


def _stated(data: Dataset) -> Iterator[Check]:
    """Compare every total the publisher states with the sum of its rows."""
    rows = data.table("activity")
    for row in rows[rows["category"].isin(activity.STATED)].to_dict("records"):
        year, measure, stated = row["period_start"].year, row["measure"], int(row["count"])
        if row["block"] == "referrals":
            yield from _stated_referrals(data, year, measure, row["category"], stated)
            continue
        behind = activity.block(data, row["block"], year)
        behind = behind if measure == "all" else behind[behind["measure"] == measure]
        name = in_words(row["block"])
        if row["category"] == "stated_rows":
            what = f"{name}, {year}: number of rows stated against rows given"
            said = "The heading names another number of rows than the table has."
            yield Check(year, what, stated, len(behind), said)
        elif len(behind):
            what = f"{name}, {year}: total stated against the sum of the rows"
            said = "The rows do not add up to the total."
            yield Check(year, what, stated, int(behind["count"].sum()), said)


def _stated_referrals(
    data: Dataset, year: int, measure: str, category: str, stated: int
) -> Iterator[Check]:
    row = referrals.headline(data, year=year).frame.iloc[0]
    words = measure.replace("saras", "SARA projects")
    if category == "stated_change_percent" and row["previous"]:
        what = f"Referrals, {year}: change in per cent stated against computed"
        found = round(100 * (int(row["received"]) / int(row["previous"]) - 1))
        said = "The stated change does not follow from the two years' figures."
        yield Check(year, what, stated, found, said)
    elif category == "stated_total" and (published(data)["month"].dt.year == year).any():
        what = f"Referrals {words}, {year}: total stated against the sum of the months"
        said = "The months do not add up to the total."
        yield Check(year, what, stated, int(row[measure]), said)


def _across(data: Dataset) -> Iterator[Check]:
    """Compare figures of different tables that speak of the same people."""
    for year in referrals.years(data):
        accepted = referrals.headline(data, year=year).frame["accepted"].iloc[0]
        by_stream = activity.streams(data, year=year).frame.set_index("stream")["count"]
        agency = activity.support_by_agency(data, year=year).frame.set_index("agency")["current"]
        risk = activity.support_by_risk(data, year=year).frame.set_index("risk")["current"]
        visits = activity.support_visits(data, year=year).frame.set_index("visit")["current"]
        core, security = activity.STREAMS["core"], activity.STREAMS["home_security"]
        pairs = [
            (by_stream.get("Total"), accepted),
            (by_stream.get(core), accepted),
            (by_stream.get(security), agency.get("Total")),
            (risk.get("Total"), agency.get("Total")),
            (_stated_visits(data, year), visits.get("Total")),
        ]
        # One log feeds all these tables; only what stands beside it can differ.
        own = 3 if referrals.logged(data, year) else 0
        for (what, reading), (stated, found) in [*zip(ACROSS, pairs, strict=True)][own:]:
            if stated is not None and found is not None and not pd.isna([stated, found]).any():
                yield Check(year, f"{year}: {what}", int(stated), int(found), reading)


def _priorities(data: Dataset) -> Iterator[Check]:
    """Compare published counts of agency priorities with the actions that name them."""
    if not data.table("actions")["priority_codes"].notna().any():
        return
    stated = activity.block(data, "agency_priorities")
    for year, counts in stated.groupby(stated["period_start"].dt.year)["count"]:
        what = f"{year}: agency priorities stated against the actions that name them"
        found = int(priorities.fulfilled(data, year=int(year)).frame["count"].sum())
        said = "The actions on record do not give the published counts."
        yield Check(int(year), what, int(counts.sum()), found, said)


def _stated_visits(data: Dataset, year: int) -> int | None:
    rows = activity.block(data, "domestic_abuse_visits", year)
    stated = rows.loc[rows["measure"] == "visits", "count"]
    return int(stated.sum()) if len(stated) else None


def sums(data: Dataset) -> Table:
    """Comparisons that do not hold, with both figures; also those that hold across tables."""
    checks = [c for c in reconcile(data) if not c.agrees]
    return _side_by_side(data, "", "Figures that do not agree with each other", checks)


def compared(data: Dataset, *, year: int) -> Table:
    """Every figure of a year and the one before that is stated twice, beside what it is made of."""
    title = f"As published, and as the rows behind it give it, {year - 1} and {year}"
    checks = [c for c in reconcile(data) if c.year in (year - 1, year)]
    return _side_by_side(data, f"_{year}", title, checks)


def _side_by_side(data: Dataset, ending: str, title: str, checks: list[Check]) -> Table:
    return lay(
        "reconciliation",
        [(c.what, c.stated, c.found, "They agree." if c.agrees else c.reading) for c in checks],
        data,
        ending=ending,
        title=title,
        as_at=max((s.as_at for s in data.origins() if s.as_at), default=None),
    )


def verdict(data: Dataset, *, rule: Rule) -> str:
    """Say how many comparisons were made and how many do not hold, where that may be told."""
    if not rule.off:
        return "Which figures do not agree with each other is not told under this disclosure rule."
    made = reconcile(data)
    differ = [c for c in made if not c.agrees]
    if not made:
        return "No figure is stated twice, so there was nothing to compare."
    months = len(published(data))
    rows = f"{months} monthly rows and " if months else ""
    compared = len(made) - sum(c.what.endswith("SARA projects") for c in made)
    further = len(readings(data))
    return (
        f"{rows}{compared} totals were compared: {len(differ)} comparisons do not hold, "
        f"{further} further reading{'s' * (further != 1)} of dates, lists and gaps "
        f"follow{'s' * (further == 1)}."
    )


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
    kept: pd.DataFrame = frame[frame["month"].isin(referrals.standing_months(data))]
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
        *(Reading("Not published", said) for said in activity.not_published(data)),
    ]
    return tuple(found)


def _cancelling(data: Dataset) -> Iterator[Reading]:
    frame = published(data)
    gap = frame["received"] - frame[["accepted", "rejected", "saras", "pending"]].sum(axis=1)
    for year, part in gap.groupby(frame["month"].dt.year):
        if (part != 0).any() and part.sum() == 0:
            months = listing([f"{m:%B}" for m in frame.loc[part[part != 0].index, "month"]])
            waited = ""
            if (part.cumsum() >= 0).all():
                waited = " They would, if referrals received in the one month were decided in the "
                waited += "other."
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
