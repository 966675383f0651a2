"""What only a log of referrals can tell, and the range expected from month to month."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.counts import groups as declared
from mtf_eval.analysis.counts import referrals
from mtf_eval.analysis.counts.groups import beside, narrowed
from mtf_eval.analysis.results.columns import Period, add_total, parts_kept_back
from mtf_eval.analysis.results.findings import listing, number
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.coverage import kept
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.rules import Rule, few

# What a referral waits for, by the column that dates it.
WAITED = {"decided": "decision", "closed": "completion"}
OPEN = "Referrals still open are not in it, so the latest quarters lean to the quick ones."
DECIDED = "Referrals decided in the half-year. Those still open are in neither row."
# Fewer complete months than this give no range worth drawing.
MONTHS_FROM = 8


def groups(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Referrals of a log by agency, and by ward where wards are on record."""
    if not referrals.logged(data, year):
        return ()
    wards = referrals.core_log(data)["ward"].notna().any()
    return tuple(outcomes_by(data, by=by, year=year) for by in ("agency", "ward")[: 1 + wards])


def ends(data: Dataset, year: int) -> tuple[str, ...]:
    """Return what the log dates: decisions, closings, both or neither; alike in all its years."""
    logged = referrals.logged(data, year)
    return tuple(end for end in WAITED if logged and len(_timed(data, end)))


def outcomes_by(data: Dataset, *, by: str, year: int) -> Table:
    """Referrals of a log by `agency` or `ward`, received and by outcome, with a total row."""
    frame = referrals.counts_by(data, by, year)
    counts, whole = frame[referrals.outcomes(data, year)], "received"
    if referrals.dated(data, year):
        counts, whole = referrals.with_decided(counts), "decided"
    counts = add_total(counts.rename_axis(by).reset_index(), by)

    def kept_back(rule: Rule) -> pd.DataFrame:
        each = counts.drop(columns=by)
        kept = parts_kept_back(each, rule)
        kept.loc[kept.index[:-1], list(narrowed(each.iloc[:-1], rule))] = True
        return beside(each, kept, rule)

    words = {"by": by, "heading": by.capitalize(), "whole": whole, "source": "Log of referrals"}
    notes = (*declared.notes(data, by), *filter(None, [referrals.months_published(data, year)]))
    return referrals.of_year(
        "referrals_by_group", counts, data, year, **words, notes=notes, kept_back=kept_back
    )


def _timed(data: Dataset, end: str, when: Period | None = None) -> pd.DataFrame:
    """Return the days from receipt to an end, with the day each counts on; known ones only."""
    log = referrals.core_log(data)
    on = referrals.counted_on(data)["outcome"].loc[log.index]
    inside = when.holds(on) if when else on.notna()
    if end == "closed":
        inside &= referrals.completed(log)
    days = (log[end] - log["received"]).dt.days
    return pd.DataFrame({"on": on, "days": days})[inside & days.notna()]


def _spread(days: pd.Series[float]) -> tuple[float, ...]:
    """Return count, lower quartile, median, upper quartile."""
    return (len(days), *days.quantile([0.25, 0.5, 0.75])) if len(days) else (0, *(np.nan,) * 3)


def _enough(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave a median and quartiles out where not enough people lie on either side of them."""
    shown = frame["people"].fillna(0)
    frame["median"] = frame["median"].where(shown >= 2 * few())
    for side in ("low", "high"):
        frame[side] = frame[side].where(shown >= 4 * few())
    return frame


def _waits(data: Dataset, when: Period, rows: dict[str, tuple[float, ...]], **words: Any) -> Table:
    lines = [(row, *days) for row, days in rows.items()]
    words |= {"when": when.words, "least": 2 * few(), "twice": 4 * few()}
    made = referrals.of_year("referrals_waits", lines, data, when.year, derive=_enough, **words)
    return made.with_frame(_enough(made.frame))


def days_to(data: Dataset, *, end: str, year: int) -> Table:
    """Days from receipt to the decision or to completion, by quarter: median and quartiles.

    `end`: `decided` or `closed`. Returns a table with `period`, `people`, `low`, `median`, `high`
    (days) and a row for the year. A median needs enough people that few lie on neither side of it,
    by any disclosure rule, a quartile twice as many. The shortest and the longest wait are one
    person's and never shown.
    """
    known, months = _timed(data, end, Period(year)), kept(data, "referrals")
    on_record = months.index[months & (months.index.year == year)]
    # Every quarter on record: one that is missing would be known to be none.
    rows = {
        referrals.QUARTERS[q - 1]: _spread(known["days"][known["on"].dt.quarter == q])
        for q in sorted({*on_record.quarter})
    }
    rows["Total"] = _spread(known["days"])
    done = {"decided": "Decided", "closed": "Completed"}[end]
    words: dict[str, Any] = {"first": "period", "heading": "Quarter of the decision"}
    words |= {"name": f"days_to_{WAITED[end]}_{year}", "end": WAITED[end]}
    moving = {"standing": "", "notes": ()}
    if end == "closed":
        moving = {"standing": "; standing", "notes": (OPEN,)}
    return _waits(data, Period(year), rows, people=f"{done}, day known", **words, **moving)


def waits(data: Dataset, *, year: int, half: int) -> Table:
    """Median days from receipt to the decision and to completion in a half-year, a row each."""
    when = Period(year, half)
    rows = {
        f"To {WAITED[end]}": _spread(_timed(data, end, when)["days"]) for end in ends(data, year)
    }
    return _waits(
        data,
        when,
        rows,
        name=f"waits_{when.slug}",
        end="decision and to completion",
        first="wait",
        heading="Wait",
        people="Referrals",
        standing="; standing",
        notes=(DECIDED,),
    )


def waits_finding(frame: pd.DataFrame, *, end: str) -> str:
    """Say within how many days half were decided or completed, from the last row shown."""
    last = frame.iloc[-1]
    what = {"decided": "decisions", "closed": "completions"}[end]
    if pd.isna(last["median"]):
        return f"Too few {what} for a median"
    done = {"decided": "decided", "closed": "completed"}[end]
    return f"Half of the referrals {done} were {done} within {number(last['median'])} days"


def expected_range(data: Dataset, *, year: int) -> Table:
    """Referrals received by month against the range expected from month-to-month variation.

    An XmR chart: mean plus and minus 2.66 times the mean moving range (Wheeler, Understanding
    Variation, 2000), over all complete months on record up to the end of `year`. A month is marked
    when it lies outside, or when it ends a run of eight on one side of the mean. Returns a table
    with `period`, `received` (people), `mean`, `low`, `high` (referrals a month) and `signal`; the
    limits are missing with fewer than eight complete months. No rows where the data set's groups
    ask for longer periods: months beside them would give hidden ones back.
    """
    frame = referrals.monthly(data)
    frame = frame[(frame["month"].dt.year <= year) & frame["received"].notna()]
    frame = frame if declared.grain(data, "month") == "month" else frame.head(0)
    until = frame["as_at"].groupby(frame["month"].dt.year).transform("max")
    complete = (frame["month"] + pd.offsets.MonthEnd(0)) <= until

    def derive(shown: pd.DataFrame) -> pd.DataFrame:
        received = shown["received"].astype("float64")
        known = received[complete]
        mean = low = high = np.nan
        enough = len(known) >= MONTHS_FROM and bool(known.notna().all())
        if enough:
            mean, reach = float(known.mean()), 2.66 * float(known.diff().abs().mean())
            low, high = max(mean - reach, 0.0), mean + reach
        side = np.sign(received - mean)
        run = side.groupby((side != side.shift()).cumsum()).cumcount() + 1
        shown["mean"], shown["low"], shown["high"] = mean, low, high
        shown["signal"] = np.select(
            [~complete, (received > high) | (received < low), (run >= 8) & (side != 0)],
            ["incomplete month", "outside the range", "eighth or more on one side"],
            default="as expected" if enough else "too few months",
        )
        return shown

    frame, complete = frame.reset_index(drop=True), complete.reset_index(drop=True)
    months = frame["month"]
    counts = pd.DataFrame({"period": frame["month"].dt.strftime("%B %Y").astype("object")})
    counts["received"] = frame["received"]
    return referrals.of_year(
        "referrals_expected_range",
        derive(counts),
        data,
        year,
        derive=derive,
        kept_back=lambda rule: referrals.months_kept_back(data, months, rule)[["received"]],
    )


def range_finding(frame: pd.DataFrame) -> str:
    """Say which months lie outside what month-to-month variation leads to expect."""
    if frame["received"].isna().any():
        return "Months of few referrals are hidden, so no expected range is given"
    if frame.empty or frame["low"].isna().all():
        return "Too few complete months for an expected range"
    # Whole referrals inside the limits: a month of one less or one more is marked.
    low, high = math.ceil(frame["low"].iloc[0] - 1e-9), math.floor(frame["high"].iloc[0] + 1e-9)
    ends = f"{low} to {high}"
    outside = frame.loc[frame["signal"].str.startswith("outside"), "period"].tolist()
    runs = frame.loc[frame["signal"].str.startswith("eighth"), "period"].tolist()
    said = []
    if outside:
        said.append(f"Outside the expected range of {ends} referrals: {listing(outside)}")
    if runs:
        said.append(f"A run of eight or more months on one side of the mean: {listing(runs)}")
    if not said:
        return f"Every complete month lies within the expected range of {ends} referrals"
    return "; ".join(said)
