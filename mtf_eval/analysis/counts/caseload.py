"""What only a log of referrals can tell, and the range expected from month to month.

By agency and ward, days to decision and to completion, and XmR limits of the monthly series.
Hides nothing and draws nothing.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mtf_eval.analysis.counts import referral_log, referrals
from mtf_eval.analysis.results.columns import add_total, label, lay, people, place, share
from mtf_eval.analysis.results.findings import listing, number
from mtf_eval.analysis.results.tables import Column, Link, Table
from mtf_eval.records.dataset import Dataset

__all__ = ["carried_over", "days_to", "ends", "expected_range", "from_log", "groups"]
__all__ += ["outcomes_by", "range_finding", "waits", "waits_finding"]

# People on either side of a median or quartile: more than any disclosure rule hides.
EACH_SIDE = 8
# What a referral waits for, by the column that dates it.
WAITED = {"decided": "decision", "closed": "completion"}
SIDES = (
    f"No median of fewer than {2 * EACH_SIDE} people is given, and no quartile of fewer than "
    f"{4 * EACH_SIDE}."
)
# Fewer complete months than this give no range worth drawing.
MONTHS_FROM = 8


def from_log(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Tables that only a log can give: by agency, by ward, days to each end; none without."""
    waited = (days_to(data, end=end, year=year) for end in ends(data, year))
    return (*groups(data, year=year), *waited)


def groups(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Referrals of a log by agency, and by ward where wards are on record."""
    there = _groups(data) if referral_log.logged(data, year) else ()
    return tuple(outcomes_by(data, by=by, year=year) for by in there)


def _groups(data: Dataset) -> tuple[str, ...]:
    return ("agency", "ward") if referral_log.core_log(data)["ward"].notna().any() else ("agency",)


def ends(data: Dataset, year: int) -> tuple[str, ...]:
    """Return what the year's log dates: decisions, closings, both or neither."""
    return tuple(end for end in WAITED if len(_timed(data, end, year)))


def outcomes_by(data: Dataset, *, by: str, year: int) -> Table:
    """Referrals of a log by `agency` or `ward`, received and by outcome, with a total row."""
    frame = referral_log.counts_by(data, by, year)
    counts, whole = frame[referrals.outcomes(frame)], "received"
    if referral_log.dated(data, year):
        counts, whole = referrals.with_decided(counts), "decided"
    counts = add_total(counts.rename_axis(by).reset_index(), by)
    name = f"referrals_by_{by}_{year}"
    totals = tuple(
        Link(total=f"{name}/Total/{c}", parts=(f"referrals_headline_{year}/{year}/{c}",))
        for c in counts.columns[1:]
    )
    return Table(
        name=name,
        title=f"Referrals by {by}, {year}, {place(data)}",
        frame=counts,
        columns=(
            label(by, by.capitalize()),
            *referrals.outcome_columns(counts),
            share("acceptance", f"Accepted, of all {whole}", "accepted", whole),
        ),
        source=referrals.source_of(data, year),
        as_at=referrals.as_at(data, year=year),
        total_row=True,
        sums=referrals.WITHIN,
        links=(*referrals.across(name, by, counts), *totals),
        dimension=(by, by),
    )


def carried_over(data: Dataset) -> tuple[Table, ...]:
    """All referrals of a log whose decisions are dated: received, decided, not yet decided.

    Shown on no page. A year's decisions are not those of its referrals, but over all years every
    referral was decided or was not: an addition a reader can do with several reports, and the
    door must know of it.
    """
    log = referral_log.core_log(data)
    there = [y for y in referrals.years(data) if referral_log.logged(data, y)]
    if log["decided"].isna().all():
        return ()
    tables = []
    for by in ("all", *_groups(data)):
        group = log[by].astype("object").fillna("Not recorded") if by in log else None
        group = pd.Series("All", index=log.index, dtype="object") if group is None else group
        counts = referrals.with_decided(referral_log.count_outcomes(log, group))
        kept = ["received", "decided", *(["pending"] if counts["pending"].sum() else [])]
        counts = counts[kept].rename_axis(by).reset_index()
        name, fine = f"referrals_on_record_by_{by}", "headline" if by == "all" else f"by_{by}"
        rows = {y: str(y) for y in there}
        links = tuple(
            Link(
                total=f"{name}/{key}/{c}",
                parts=tuple(
                    f"referrals_{fine}_{y}/{rows[y] if by == 'all' else key}/{c}" for y in there
                ),
            )
            for key in counts[by]
            for c in kept
        )
        tables.append(
            Table(
                name=name,
                title=f"Referrals on record, {place(data)}",
                frame=counts,
                columns=(label(by, by.capitalize()), *referrals.outcome_columns(counts)),
                source=referrals.source_of(data, there[-1]),
                links=(*referrals.across(name, by, counts), *links),
            )
        )
    return tuple(tables)


def _timed(data: Dataset, end: str, year: int, half: int | None = None) -> pd.DataFrame:
    """Return the days from receipt to an end, with the day each counts on; known ones only."""
    log = referral_log.core_log(data)
    on = referral_log.counted_on(log)
    inside = on.dt.year == year
    if half is not None:
        inside &= ((on.dt.month > 6) + 1) == half
    if end == "closed":
        inside &= referral_log.completed(log)
    days = (log[end] - log["received"]).dt.days
    return pd.DataFrame({"on": on, "days": days})[inside & days.notna()]


def _spread(days: pd.Series[float]) -> tuple[float, ...]:
    """Return count, lower quartile, median, upper quartile; each only over enough on both sides."""
    n = len(days)
    low, middle, high = days.quantile([0.25, 0.5, 0.75]) if n else (np.nan,) * 3
    if n < 4 * EACH_SIDE:
        low = high = np.nan
    return (n, low, middle if n >= 2 * EACH_SIDE else np.nan, high)


def days_to(data: Dataset, *, end: str, year: int) -> Table:
    """Days from receipt to the decision or to completion, by quarter: median and quartiles.

    Parameters
    ----------
    end
        `decided` or `closed`.

    Returns
    -------
    Table with `period`, `people`, `low`, `median`, `high` (days) and a row for the year. A median
    needs 16 people, a quartile 32, so that eight or more lie on either side of it: more than any
    disclosure rule hides. The shortest and the longest wait are one person's and never shown.
    """
    known = _timed(data, end, year)
    quarters = known["on"].dt.quarter
    rows = {referrals.QUARTERS[q - 1]: _spread(part["days"]) for q, part in known.groupby(quarters)}
    rows["Total"] = _spread(known["days"])
    name = f"referrals_days_to_{WAITED[end]}_{year}"
    return lay(
        name,
        f"Days from receipt to {WAITED[end]}, {year}, {place(data)}",
        [(quarter, *days) for quarter, days in rows.items()],
        (label("period", "Quarter of the decision"), *_days_columns(end)),
        source=referrals.source_of(data, year),
        as_at=referrals.as_at(data, year=year),
        notes=(*_still_open(end), SIDES),
        total_row=True,
        links=(
            link
            for key in rows
            for link in _waited_links(
                data, end, f"{name}/{key}/people", f"referrals_by_quarter_{year}/{key}"
            )
        ),
    )


def waits(data: Dataset, *, year: int, half: int) -> Table:
    """Median days from receipt to the decision and to completion in a half-year, a row each."""
    slug, quarters = f"{year}_h{half}", referrals.QUARTERS[2 * half - 2 : 2 * half]
    rows = {
        f"To {WAITED[end]}": _spread(known["days"])
        for end in WAITED
        if len(known := _timed(data, end, year, half))
    }
    name, home = f"referrals_waits_{slug}", f"referrals_headline_{slug}"
    when = f"{('January to June', 'July to December')[half - 1]} {year}"
    links = []
    for end, words in WAITED.items():
        if (key := f"To {words}") in rows:
            cell = f"{name}/{key}/people"
            parts = tuple(f"referrals_days_to_{words}_{year}/{q}/people" for q in quarters)
            links += [Link(total=cell, parts=parts)]
            links += _waited_links(data, end, cell, f"{home}/{when}")
    return lay(
        name,
        f"Days from receipt to decision and to completion, {when}, {place(data)}",
        [(wait, *days) for wait, days in rows.items()],
        (label("wait", "Wait"), *_days_columns("")),
        source=referrals.source_of(data, year),
        as_at=referrals.as_at(data, year=year),
        notes=("Referrals decided in the half-year. Those still open are in neither row.", SIDES),
        links=links,
    )


def _days_columns(end: str) -> tuple[Column, ...]:
    heading = {"decided": "Decided, day known", "closed": "Completed, day known"}
    return (
        people("people", heading.get(end, "Referrals"), standing=end != "decided"),
        Column(name="low", heading="A quarter within, days", kind="number", over="row"),
        Column(name="median", heading="Half within (median), days", kind="number", over="row"),
        Column(name="high", heading="Three quarters within, days", kind="number", over="row"),
    )


def _still_open(end: str) -> tuple[str, ...]:
    if end == "decided":
        return ()
    return ("Referrals still open are not in it, so the latest quarters lean to the quick ones.",)


def _waited_links(data: Dataset, end: str, cell: str, home: str) -> list[Link]:
    """Tie the people of a wait to the outcomes of the same period: all of them, or part."""
    log = referral_log.core_log(data)
    if end == "closed":
        undated = bool(log.loc[referral_log.completed(log), "closed"].isna().any())
        return [Link(total=f"{home}/completed", parts=(cell,), rest=undated)]
    known = log.loc[log["decision"] != "pending", "decided"].notna().all()
    parts = tuple(f"{home}/{c}" for c in ("accepted", "rejected", "saras"))
    return [Link(total=cell, parts=parts)] if known else []


def waits_finding(frame: pd.DataFrame, *, end: str) -> str:
    """Say within how many days half were decided or completed, from the last row shown."""
    last = frame.iloc[-1]
    what = {"decided": "decisions", "closed": "completions"}[end]
    if pd.isna(last["people"]):
        return f"How long {what} took is not shown, as how many there were is not"
    if pd.isna(last["median"]):
        return f"Too few {what} for a median"
    done = {"decided": "decided", "closed": "completed"}[end]
    return f"Half of the referrals {done} were {done} within {number(last['median'])} days"


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
            Column(name="mean", heading="Mean", kind="number", decimals=1, over="table"),
            Column(name="low", heading="Expected from", kind="number", decimals=1, over="table"),
            Column(name="high", heading="Expected to", kind="number", decimals=1, over="table"),
            Column(name="signal", heading="Reading", kind="text", over="table"),
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
