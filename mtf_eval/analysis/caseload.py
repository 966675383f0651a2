"""What only a log of referrals can tell, and the range expected from month to month.

By agency and ward, days to completion, and XmR limits of the monthly series. Hides nothing and
draws nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mtf_eval.analysis import referrals
from mtf_eval.analysis.findings import listing, number
from mtf_eval.analysis.marks import add_total, ints, label, people, place, share, text
from mtf_eval.analysis.tables import Column, Link, Table
from mtf_eval.records.dataset import Dataset

__all__ = ["days_to_completion", "expected_range", "from_log", "outcomes_by", "range_finding"]

# A median of fewer people says too much about each of them.
MEDIAN_FROM = 10
# Fewer complete months than this give no range worth drawing.
MONTHS_FROM = 8


def from_log(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Tables that only a log can give: by agency, by ward, days to completion; none without."""
    log = referrals.core_log(data, year=year)
    if log.empty:
        return ()
    tables = [outcomes_by(data, by="agency", year=year)]
    if log["ward"].notna().any():
        tables.append(outcomes_by(data, by="ward", year=year))
    if log["closed"].notna().any():
        tables.append(days_to_completion(data, year=year))
    return tuple(tables)


def outcomes_by(data: Dataset, *, by: str, year: int) -> Table:
    """Referrals of a log by `agency` or `ward` and what became of them, with a total row."""
    log = referrals.core_log(data, year=year)
    frame = referrals.count_outcomes(log, log[by].astype("object").fillna("Not recorded"))
    counts = frame[referrals.outcomes(frame)].rename_axis(by).reset_index()
    counts = add_total(counts, by)
    name = f"referrals_by_{by}_{year}"
    totals = tuple(
        Link(total=f"{name}/Total/{c}", parts=(f"referrals_by_month_{year}/Total/{c}",))
        for c in counts.columns[1:]
    )
    return Table(
        name=name,
        title=f"Referrals by {by}, {year}, {place(data)}",
        frame=counts,
        columns=(
            label(by, by.capitalize()),
            *referrals.outcome_columns(counts),
            share("acceptance", "Accepted, of all received", "accepted", "received"),
        ),
        source=referrals.source_of(data, year),
        as_at=referrals.as_at(data, year=year),
        total_row=True,
        sums=referrals.WITHIN,
        links=(*referrals.across(name, by, counts), *totals),
    )


def days_to_completion(data: Dataset, *, year: int) -> Table:
    """Median days from receipt to closing of the completed referrals, by quarter received.

    A median of fewer than ten people is not given.
    """
    log = referrals.core_log(data, year=year)
    done = (log["decision"] == "accepted") & (log["status"] == "completed")
    known = log[done & log["closed"].notna()]
    days = (known["closed"] - known["received"]).dt.days
    quarters = known["received"].dt.quarter
    counts = days.groupby(quarters).agg(people="size", median="median")
    all_done = done.groupby(log["received"].dt.quarter).sum()
    name, coarse = f"referrals_days_to_completion_{year}", f"referrals_by_quarter_{year}"
    words = [referrals.QUARTERS[q - 1] for q in counts.index]
    links = tuple(
        Link(
            total=f"{coarse}/{w}/completed",
            parts=(f"{name}/{w}/people",),
            rest=bool(all_done[q] > counts.loc[q, "people"]),
        )
        for w, q in zip(words, counts.index, strict=True)
    )
    frame = pd.DataFrame({"period": pd.Series(words, dtype="object")})
    frame["people"] = ints(counts["people"])
    enough = counts["people"] >= MEDIAN_FROM
    frame["median"] = counts["median"].where(enough).astype("float64").to_numpy()
    return Table(
        name=name,
        title=f"Days from receipt to completion, {year}, {place(data)}",
        frame=frame,
        columns=(
            label("period", "Quarter received"),
            people("people", "Completed, closing date known"),
            Column(name="median", heading="Median days", kind="number", unit="days"),
        ),
        source=referrals.source_of(data, year),
        as_at=referrals.as_at(data, year=year),
        notes=(
            "Referrals still open are not in it, so the latest quarters lean to the quick ones. "
            f"No median of fewer than {MEDIAN_FROM} people is given.",
        ),
        links=links,
    )


def expected_range(data: Dataset, *, year: int) -> Table:
    """Referrals received by month against the range expected from month-to-month variation.

    An XmR chart: mean plus and minus 2.66 times the mean moving range (Wheeler, Understanding
    Variation, 2000), over all complete months on record up to the end of `year`. A month is
    marked when it lies outside, or when it ends a run of eight on one side of the mean.

    Returns
    -------
    Table with `period`, `received` (people), `mean`, `low`, `high` (referrals a month) and
    `signal`; the limits are missing with fewer than eight complete months.
    """
    frame = referrals.monthly(data)
    frame = frame[frame["month"].dt.year <= year]
    until = frame["as_at"].groupby(frame["month"].dt.year).transform("max")
    complete = (frame["month"] + pd.offsets.MonthEnd(0)) <= until
    received = frame["received"].astype("float64")
    known = received[complete]
    mean = low = high = np.nan
    if len(known) >= MONTHS_FROM:
        mean, reach = float(known.mean()), 2.66 * float(known.diff().abs().mean())
        low, high = max(mean - reach, 0.0), mean + reach
    side = np.sign(received - mean)
    run = side.groupby((side != side.shift()).cumsum()).cumcount() + 1
    counts = pd.DataFrame({"period": frame["month"].dt.strftime("%B %Y").astype("object")})
    counts["received"] = frame["received"]
    counts["mean"], counts["low"], counts["high"] = mean, low, high
    counts["signal"] = np.select(
        [~complete, (received > high) | (received < low), (run >= 8) & (side != 0)],
        ["incomplete month", "outside the range", "eighth or more on one side"],
        default="as expected" if len(known) >= MONTHS_FROM else "too few months",
    )
    name = f"referrals_expected_range_{year}"
    links = tuple(
        Link(
            total=f"{name}/{m:%B %Y}/received",
            parts=(f"referrals_by_month_{m.year}/{m:%B %Y}/received",),
        )
        for m in frame["month"]
    )
    return Table(
        name=name,
        title=f"Referrals received by month to {year} and their expected range, {place(data)}",
        frame=counts.reset_index(drop=True),
        columns=(
            label("period", "Month"),
            people("received", "Received"),
            Column(name="mean", heading="Mean", kind="number", decimals=1),
            Column(name="low", heading="Expected from", kind="number", decimals=1),
            Column(name="high", heading="Expected to", kind="number", decimals=1),
            text("signal", "Reading"),
        ),
        source=referrals.source_of(data, year),
        as_at=referrals.as_at(data, year=year),
        notes=(
            "The expected range is the mean plus and minus 2.66 times the average change from one "
            "month to the next; incomplete months are not used for it.",
        ),
        links=links,
    )


def range_finding(frame: pd.DataFrame) -> str:
    """Say which months lie outside what month-to-month variation leads to expect."""
    if frame.empty or frame["low"].isna().all():
        return "Too few complete months for an expected range"
    ends = f"{number(frame['low'].iloc[0])} to {number(frame['high'].iloc[0])}"
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
