"""Do the figures agree with each other? Sums along rows, down columns and across tables.

What does not agree is reported and never repaired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from mtf_eval.analysis.counts import activity, priorities, referral_log, referrals
from mtf_eval.analysis.counts.readings import published, readings
from mtf_eval.analysis.results.columns import in_words, lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.prices.rules import Rule

#: What is compared across tables of a year, and what it means where the two are not equal.
ACROSS = tuple(called("compared across tables").items())


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
        own = 3 if referral_log.logged(data, year) else 0
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
