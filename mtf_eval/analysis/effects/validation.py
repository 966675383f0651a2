"""How often the estimators are wrong: pretended projects on real records.

Every area (or group) in turn is taken for a project's target although nothing was done there; a
known share of its incidents after the start is then taken out at random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.displacement import weighted_displacement_difference
from mtf_eval.analysis.effects.forecast import LEAST_MONTHS, synthetic_control
from mtf_eval.analysis.effects.panel import Panel, difference_in_differences
from mtf_eval.analysis.effects.placebo import placebo_calibrated, placebo_controls, placebo_limits
from mtf_eval.analysis.effects.rates import rate_ratio, ratio_of_ratios
from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.analysis.effects.series import interrupted_series
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, NotEnoughData

PRIMARY = "Placebo-calibrated"
SAME_SEASON = "Placebo-calibrated, same season"  # as it was before decision 0013
EXACT = {PRIMARY: True, SAME_SEASON: False}  # of these every thinning is taken, by its chance
AFTER = 6  # months after a pretended start, where a year and a half or more is on record
STARTS = 4  # the last so many, a quarter apart
# Slow: about so many targets a start, every so-and-so-many-th.
SAMPLED = {"Synthetic control": 200, "Interrupted series, quasi-Poisson": 200}


class _Limits(Protocol):
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def se_log(self) -> float | None: ...


class _Ratio(NamedTuple):
    low: float
    high: float
    se_log: float | None = None


Estimator = Callable[[Panel], _Limits]


def _four_counts(panel: Panel, dispersion: float) -> Estimate:
    (a, b), (c, d) = panel.totals(panel.target), panel.totals(panel.comparison)
    return ratio_of_ratios(
        before=a, after=b, comparison_before=c, comparison_after=d, dispersion=dispersion
    )


def _before_after(panel: Panel) -> Estimate:
    a, b = panel.totals(panel.target)
    return rate_ratio(
        before=a, after=b, exposure_before=panel.months_before, exposure_after=panel.months_after
    )


def _difference(panel: Panel) -> _Ratio:
    """Weighted displacement difference, given its best case: a comparison of the same level.

    Its comparison is the placebo-calibrated effect's controls, summed and weighted. A difference
    of `d` incidents is read as the ratio `after / (after - d)`: it excludes 1 where the difference
    excludes 0. No other ratio is its truth, so it is not asked to cover one.
    """
    dots = placebo_controls(panel=panel)
    sums = dots.groupby("role")[["before", "after"]].sum()
    own = tuple(sums.loc["project"])
    if own[1] == 0:
        raise NotEnoughData(f"{panel.measure}: none after; a difference cannot be read as a ratio")
    # From a year on `before` holds as many months as there are after.
    months = panel.months_after if panel.months_before >= LEAST_MONTHS else panel.months_before
    found = weighted_displacement_difference(
        target=own,
        comparison=tuple(sums.loc["control"]),
        time_weights=(months, panel.months_after),
        area_weights=(float((dots["role"] == "control").sum()), 1.0, 1.0, 1.0),
    )
    rate = own[1] / panel.months_after
    ends = (np.inf if d is None else d for d in (found.low, found.high))
    return _Ratio(*(rate / (rate - d) if d < rate else np.inf for d in ends))


ESTIMATORS: Mapping[str, Estimator] = {
    PRIMARY: lambda panel: placebo_calibrated(panel=panel),
    SAME_SEASON: lambda panel: placebo_calibrated(panel=panel.same_season()),
    "Before and after, exact": _before_after,
    "Four counts, Poisson": lambda panel: _four_counts(panel, 1.0),
    "Four counts, dispersion 2": lambda panel: _four_counts(panel, 2.0),
    "Panel, quasi-Poisson": lambda panel: difference_in_differences(panel=panel),
    "Displacement difference": _difference,
    "Synthetic control": lambda panel: synthetic_control(panel=panel),
    "Interrupted series, quasi-Poisson": lambda panel: (
        interrupted_series(
            series=panel.monthly(panel.target),
            start=panel.start,
            rng=np.random.default_rng(0),
            draws=10,
        ).estimate
    ),
}


def month_by_area(*, incidents: pd.DataFrame, measure: str | None = None) -> pd.DataFrame:
    """Lay counts out as months x areas; areas recoded during the period are left out.

    Parameters
    ----------
    incidents
        Columns `month`, `area_code`, `measure`, `count`, as `records.police_uk.aggregate` gives.
    measure
        One measure, or all together.
    """
    known = incidents[incidents["area_code"] != ""]

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        summed = rows.groupby(["month", "area_code"])["count"].sum()
        return summed.unstack("area_code").fillna(0).astype(np.int64)

    everything = wide(known)
    parts = np.arange(len(everything)) * max(2, len(everything) // 6) // len(everything)
    whole = everything.loc[:, (everything.groupby(parts).sum() >= 5).all()]
    if measure is None:
        return whole
    part = wide(known[known["measure"] == measure])
    return part.reindex(index=whole.index, columns=whole.columns, fill_value=0)


def pretended_targets(
    *,
    counts: pd.DataFrame,
    start: pd.Timestamp,
    least_before: int = 10,
    groups: Mapping[str, str] | None = None,
) -> tuple[tuple[str, ...], ...]:
    """Every area, or every group of areas, with at least `least_before` incidents before.

    Before is as many months just before the start as there are after it.

    Parameters
    ----------
    counts
        One row a month, one column an area.
    groups
        Area code to the name of its group (MSOA of an LSOA); areas without a name stay out.
    """
    post = counts.index >= start
    before = counts.loc[~post].iloc[-int(post.sum()) :].sum()
    names = pd.Series({a: a for a in counts.columns} if groups is None else dict(groups))
    names = names.reindex(counts.columns).dropna()
    totals = before[names.index].groupby(names).sum()
    kept = set(totals.index[totals >= least_before])
    return tuple(
        tuple(map(str, areas))
        for group, areas in names.index.groupby(names).items()
        if group in kept
    )


def performance(
    *,
    counts: pd.DataFrame,
    start: pd.Timestamp | Sequence[pd.Timestamp],
    targets: Sequence[tuple[str, ...]] | None = None,
    groups: Mapping[str, str] | None = None,
    rng: np.random.Generator,
    falls: Sequence[float] = (0.0, 0.2, 0.3, 0.5),
    estimators: Mapping[str, Estimator] | None = None,
    after: int | None = None,
) -> pd.DataFrame:
    """Coverage, false changes and power of estimators over pretended projects.

    Parameters
    ----------
    start
        First month after; of several the pretended projects are put together.
    targets, groups
        The pretended projects, or groups to make them of as `pretended_targets` does.
    falls
        Share of the target's incidents after the start that is taken out at random. Every
        estimator is tried on one such thinning of each target; of the placebo-calibrated effect
        the expectation over all of them is given, each count left weighted by its chance.
    after
        Months after; all there are by default.

    Returns
    -------
    DataFrame
        A row per estimator and fall: `estimator`, `fall`, `targets` (fewer of `SAMPLED`),
        `cannot_say` (refusals), and as shares of those that answered `covers` (interval holds the
        truth), `changes` (interval excludes 1), `falls`, `rises`, and of the tenth with the most
        in as many months before `covers_worst` and `falls_worst`; `se` is the median error.
    """
    chosen = ESTIMATORS if estimators is None else estimators
    if any(not 0 <= fall < 1 for fall in falls):
        raise BadArgument(f"falls={tuple(falls)}: expected shares from 0 to below 1")
    rows: list[tuple[object, ...]] = []
    for first in [start] if isinstance(start, pd.Timestamp) else start:
        end = None if after is None else first + pd.DateOffset(months=after - 1)
        part = counts.loc[:end]
        some = targets
        if some is None:
            some = pretended_targets(counts=part, start=first, groups=groups)
        if not some:
            raise NotEnoughData("no area has enough incidents before the start to be a target")
        rows += _trials(part, first, some, rng, falls, chosen)
    names = ["estimator", "fall", "worst", "covers", "falls", "rises", "se"]
    return _summary(pd.DataFrame(rows, columns=names))


def _trials(
    counts: pd.DataFrame,
    start: pd.Timestamp,
    targets: Sequence[tuple[str, ...]],
    rng: np.random.Generator,
    falls: Sequence[float],
    chosen: Mapping[str, Estimator],
) -> list[tuple[object, ...]]:
    base = Panel(counts=counts, target=targets[0], start=start)
    values, post = base.counts.to_numpy(), base.post
    column = {str(c): i for i, c in enumerate(base.counts.columns)}
    totals = values[~post][-base.months_after :].sum(axis=0)
    places = [np.array([column[t] for t in target]) for target in targets]
    before = np.array([totals[where].sum() for where in places])
    in_worst = before >= np.quantile(before, 0.9)
    exact = [name for name in EXACT if chosen.get(name) is ESTIMATORS[name]]
    sampled = {name: chosen[name] for name in chosen if name not in exact}
    rows: list[tuple[object, ...]] = []
    for at, target in enumerate(targets):
        panel = base.with_target(target)
        where = places[at]
        for name in exact:
            try:
                expected = _expected(panel, falls, EXACT[name])
            except NotEnoughData:
                expected = [(np.nan,) * 4] * len(falls)
            for fall, found in zip(falls, expected, strict=True):
                rows.append((name, fall, in_worst[at], *found))
        for fall in falls:
            thinned = values.copy()
            left = rng.binomial(values[np.ix_(post, where)], 1 - fall)
            thinned[np.ix_(post, where)] = left
            for name, estimator in sampled.items():
                if at % max(1, round(len(targets) / SAMPLED.get(name, len(targets)))):
                    continue
                try:
                    found = _outcome(estimator(panel.with_values(thinned)), fall)
                except NotEnoughData:
                    found = (np.nan,) * 4
                rows.append((name, fall, in_worst[at], *found))
    return rows


def _outcome(found: _Limits, fall: float) -> tuple[float, float, float, float]:
    """Whether the interval covers the truth, calls a fall, calls a rise; and the error."""
    additive = isinstance(found, _Ratio) and fall > 0
    covers = np.nan if additive else float(found.low <= 1 - fall <= found.high)
    error = np.nan if found.se_log is None else found.se_log
    return covers, float(found.high < 1), float(found.low > 1), error


def _expected(
    panel: Panel, falls: Sequence[float], forecasts: bool
) -> list[tuple[float, float, float, float]]:
    """Return the same for the placebo-calibrated effect, expected over every thinning."""
    from scipy import stats

    whole = panel.totals(panel.target)[1]
    left = np.arange(whole + 1)
    low, high, se = placebo_limits(panel=panel, after=left, forecasts=forecasts)
    expected = []
    for fall in falls:
        chance = stats.binom.pmf(left, whole, 1 - fall)
        covers = (low <= 1 - fall) & (1 - fall <= high)
        found = (chance @ covers, chance @ (high < 1), chance @ (low > 1), chance @ se)
        expected.append(tuple(map(float, found)))
    return expected  # type: ignore[return-value]


def _summary(frame: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (name, fall), part in frame.groupby(["estimator", "fall"], sort=False):
        said = part.dropna(subset=["falls"])
        worst = said[said["worst"].astype(bool)]
        rows.append(
            {
                "estimator": name,
                "fall": fall,
                "targets": len(part),
                "cannot_say": len(part) - len(said),
                "covers": said["covers"].mean(),
                "changes": (said["falls"] + said["rises"]).mean(),
                "falls": said["falls"].mean(),
                "rises": said["rises"].mean(),
                "covers_worst": worst["covers"].mean(),
                "falls_worst": worst["falls"].mean(),
                "se": said["se"].median(),
            }
        )
    return pd.DataFrame(rows)


def finding(frame: pd.DataFrame) -> str:
    """Say what a table of `validation_table` shows where nothing was done."""
    called = frame[frame["fall"] == "0%"].set_index("estimator")["changes"]
    others = [name for name in called.index if name not in EXACT]
    low, high = called[others].min(), called[others].max()
    return (
        f"{PRIMARY}: a change called in {called[PRIMARY]:.1f}% of pretended projects where nothing "
        f"was done, against 5% promised; the textbook methods {low:.0f} to {high:.0f}%."
    )


def starts_of(months: pd.DatetimeIndex, start: str = "") -> tuple[list[pd.Timestamp], int]:
    """Return when projects are pretended to start, and how many months after are looked at.

    With a year and six months on record the last four starts a quarter apart that leave both;
    with less the middle; where a month is given, as in `2022-10`, that and all months after.

    Raises
    ------
    BadArgument
        The month given does not leave three on either side.
    """
    last = len(months) - AFTER
    if start or last < LEAST_MONTHS:
        held = [f"{m:%Y-%m}" for m in months]
        if start and start not in held[3:-2]:
            between = f"of {len(held)} months from {held[0]} to {held[-1]}"
            raise BadArgument(f"start={start!r}: expected three on either side, {between}")
        at = held.index(start) if start else len(months) // 2
        return [pd.Timestamp(months[at])], len(months) - at
    places = [last - 3 * k for k in reversed(range(STARTS)) if last - 3 * k >= LEAST_MONTHS]
    return [pd.Timestamp(months[i]) for i in places], AFTER


def _pretended(
    incidents: pd.DataFrame, measure: str | None, neighbours: int, start: str
) -> dict[str, Any]:
    """Return what `performance` takes: counts, starts, months after, groups of neighbours."""
    counts = month_by_area(incidents=incidents, measure=measure)
    if len(counts) < 2 or counts.shape[1] < 20:
        raise NotEnoughData(
            f"{len(counts)} month(s) and {counts.shape[1]} areas on record; validation needs two "
            "months and twenty areas"
        )
    starts, after = starts_of(pd.DatetimeIndex(counts.index), start)
    groups = {str(c): str(i // neighbours) for i, c in enumerate(counts.columns)}
    return {"counts": counts, "start": starts, "after": after, "groups": groups}


def validation_table(
    *,
    incidents: pd.DataFrame,
    rng: np.random.Generator,
    measure: str | None = None,
    neighbours: int = 1,
    falls: Sequence[float] = (0.0, 0.3),
    start: str = "",
) -> Table:
    """Put the performance of every estimator on an archive into a table to print.

    With `neighbours` 5 a target is every five areas that stand together in the list of codes;
    `start` is a month as in `2022-10`, see `starts_of`.
    """
    given = _pretended(incidents, measure, neighbours, start)
    frame = performance(**given, rng=rng, falls=falls)
    silent = frame["cannot_say"] == frame["targets"]
    refused = sorted(set(frame.loc[silent, "estimator"]))
    what = "all recorded incidents" if measure is None else measure
    notes = (f"{name}: refused everywhere; too few months or incidents." for name in refused)
    return _printed("", what, neighbours, given, frame[~silent].reset_index(drop=True), *notes)


def measures_table(
    *, incidents: pd.DataFrame, rng: np.random.Generator, neighbours: int = 1, start: str = ""
) -> Table:
    """Put the placebo-calibrated effect by kind of incident into a table, with its forerunner."""
    frames: list[pd.DataFrame] = []
    given: dict[str, Any] = {}
    exact = {name: ESTIMATORS[name] for name in EXACT}
    for measure in (None, *sorted(map(str, incidents["measure"].unique()))):
        given = _pretended(incidents, measure, neighbours, start)
        try:
            found = performance(**given, rng=rng, estimators=exact)
        except NotEnoughData:
            continue
        frames.append(found.assign(measure=measure or "All recorded"))
    frame = pd.concat(frames, ignore_index=True)
    return _printed("measures_", "by kind of incident", neighbours, given, frame)


def _printed(
    name: str, what: str, size: int, given: Mapping[str, Any], frame: pd.DataFrame, *notes: str
) -> Table:
    places = "one area" if size == 1 else f"{size} neighbouring areas"
    when = ", ".join(f"{start:%B %Y}" for start in given["start"])
    frame = frame.assign(fall=frame["fall"].map("{:.0%}".format))
    per_cent = ["covers", "changes", "falls", "rises", "covers_worst", "falls_worst"]
    frame[per_cent] = 100 * frame[per_cent]
    words: dict[str, Any] = {
        "name": name,
        "size": size,
        "places": places,
        "what": what,
        "when": when,
    }
    return lay("validation", frame, "", **words, after=given["after"], notes=notes)
