"""How often the estimators are wrong: pretended projects on real records.

Every area (or group) in turn is taken for a project's target although nothing was done there; a
known share of its incidents after the start is then taken out at random. Counted are intervals
that miss the truth, falls found where there were none, and falls found where there was one. Takes
a month x area matrix of counts from any police.uk archive; reads no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.displacement import weighted_displacement_difference
from mtf_eval.analysis.effects.panel import Panel, difference_in_differences
from mtf_eval.analysis.effects.placebo import placebo_calibrated, placebo_controls, placebo_limits
from mtf_eval.analysis.effects.rates import rate_ratio, relative_effect
from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.analysis.effects.series import interrupted_series
from mtf_eval.analysis.effects.synthetic import synthetic_control
from mtf_eval.analysis.results.columns import count, label, lay, number
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, NotEnoughData

__all__ = [
    "ESTIMATORS",
    "finding",
    "month_by_area",
    "performance",
    "pretended_targets",
    "validation_table",
]

PRIMARY = "Placebo-calibrated"
SAMPLED = {"Synthetic control": 200}  # slow: about so many targets, every so-and-so-many-th


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
    return relative_effect(
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
    before, after = panel.totals(panel.target)
    if after == 0:
        raise NotEnoughData(f"{panel.measure}: none after; a difference cannot be read as a ratio")
    dots = placebo_controls(panel=panel)
    controls = dots[dots["role"] == "control"]
    found = weighted_displacement_difference(
        target=(before, after),
        comparison=(controls["before"].sum(), controls["after"].sum()),
        time_weights=(panel.months_before, panel.months_after),
        area_weights=(1.0, float(len(controls)), 1.0, 1.0),
    )
    rate = after / panel.months_after
    low, high = (
        rate / (rate - d) if d is not None and d < rate else np.inf for d in (found.low, found.high)
    )
    return _Ratio(low, high)


def _series(panel: Panel) -> Estimate:
    return interrupted_series(
        series=panel.monthly(panel.target),
        start=panel.start,
        rng=np.random.default_rng(0),
        draws=10,
    ).estimate


ESTIMATORS: Mapping[str, Estimator] = {
    PRIMARY: lambda panel: placebo_calibrated(panel=panel),
    "Before and after, exact": _before_after,
    "Four counts, Poisson": lambda panel: _four_counts(panel, 1.0),
    "Four counts, dispersion 2": lambda panel: _four_counts(panel, 2.0),
    "Panel, quasi-Poisson": lambda panel: difference_in_differences(panel=panel),
    "Displacement difference": _difference,
    "Synthetic control": lambda panel: synthetic_control(panel=panel).estimate,
    "Interrupted series, quasi-Poisson": _series,
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
    half = len(everything) // 2
    whole = everything.loc[
        :, (everything.iloc[:half].sum() >= 5) & (everything.iloc[half:].sum() >= 5)
    ]
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

    Parameters
    ----------
    counts
        One row a month, one column an area.
    groups
        Area code to the name of its group (MSOA of an LSOA); areas without a name stay out.
    """
    before = counts.loc[counts.index < start].sum()
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
    start: pd.Timestamp,
    targets: Sequence[tuple[str, ...]],
    rng: np.random.Generator,
    falls: Sequence[float] = (0.0, 0.2, 0.3, 0.5),
    estimators: Mapping[str, Estimator] | None = None,
) -> pd.DataFrame:
    """Coverage, false changes and power of estimators over pretended projects.

    Parameters
    ----------
    falls
        Share of the target's incidents after the start that is taken out at random. Every
        estimator is tried on one such thinning of each target; of the placebo-calibrated effect
        the expectation over all of them is given, each count left weighted by its chance.

    Returns
    -------
    DataFrame
        A row per estimator and fall: `estimator`, `fall`, `targets` (about 200, evenly spread, of
        the synthetic control, which is slow), `cannot_say` (refusals), and
        as shares of those that answered `covers` (interval holds the truth), `changes` (interval
        excludes 1), `falls`, `rises`, and of the tenth with the most before `covers_worst` and
        `falls_worst`; `se` is the median error.
    """
    chosen = ESTIMATORS if estimators is None else estimators
    if not targets:
        raise NotEnoughData("no area has enough incidents before the start to be a target")
    if any(not 0 <= fall < 1 for fall in falls):
        raise BadArgument(f"falls={tuple(falls)}: expected shares from 0 to below 1")
    base = Panel(counts=counts, target=targets[0], start=start)
    values, post = base.counts.to_numpy(), base.post
    column = {str(c): i for i, c in enumerate(base.counts.columns)}
    totals = values[~post].sum(axis=0)
    places = [np.array([column[t] for t in target]) for target in targets]
    before = np.array([totals[where].sum() for where in places])
    in_worst = before >= np.quantile(before, 0.9)
    rows: list[tuple[object, ...]] = []
    for at, target in enumerate(targets):
        panel = base.with_target(target)
        where = places[at]
        for fall in falls:
            thinned = values.copy()
            left = rng.binomial(values[np.ix_(post, where)], 1 - fall)
            thinned[np.ix_(post, where)] = left
            for name, estimator in chosen.items():
                if at % max(1, round(len(targets) / SAMPLED.get(name, len(targets)))):
                    continue
                exact = estimator is ESTIMATORS[PRIMARY]
                try:
                    found = (
                        _expected(panel, fall)
                        if exact
                        else _outcome(estimator(panel.with_values(thinned)), fall)
                    )
                except NotEnoughData:
                    found = (np.nan,) * 4
                rows.append((name, fall, in_worst[at], *found))
    names = ["estimator", "fall", "worst", "covers", "falls", "rises", "se"]
    return _summary(pd.DataFrame(rows, columns=names))


def _outcome(found: _Limits, fall: float) -> tuple[float, float, float, float]:
    """Whether the interval covers the truth, calls a fall, calls a rise; and the error."""
    additive = isinstance(found, _Ratio) and fall > 0
    covers = np.nan if additive else float(found.low <= 1 - fall <= found.high)
    error = np.nan if found.se_log is None else found.se_log
    return covers, float(found.high < 1), float(found.low > 1), error


def _expected(panel: Panel, fall: float) -> tuple[float, float, float, float]:
    """Return the same for the placebo-calibrated effect, expected over every thinning."""
    from scipy import stats

    whole = panel.totals(panel.target)[1]
    left = np.arange(whole + 1)
    chance = stats.binom.pmf(left, whole, 1 - fall)
    low, high, se = placebo_limits(panel=panel, after=left)
    covers = (low <= 1 - fall) & (1 - fall <= high)
    found = (chance @ covers, chance @ (high < 1), chance @ (low > 1), chance @ se)
    return tuple(map(float, found))  # type: ignore[return-value]


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
    first, *others = called.index
    low, high = called[others].min(), called[others].max()
    return (
        f"{first}: a change called in {called[first]:.1f}% of pretended projects where nothing "
        f"was done, against 5% promised; the textbook methods {low:.0f} to {high:.0f}%."
    )


def validation_table(
    *,
    incidents: pd.DataFrame,
    rng: np.random.Generator,
    measure: str | None = None,
    neighbours: int = 1,
    falls: Sequence[float] = (0.0, 0.3),
) -> Table:
    """Put the performance of every estimator on an archive into a table to print.

    The projects are pretended to start in the middle of the months.

    Parameters
    ----------
    incidents
        As for `month_by_area`.
    neighbours
        1 takes every area as a target, 5 every five that stand together in the list of codes.
    """
    counts = month_by_area(incidents=incidents, measure=measure)
    if len(counts) < 2 or counts.shape[1] < 20:
        raise NotEnoughData(
            f"{len(counts)} month(s) and {counts.shape[1]} areas on record; validation needs two "
            "months and twenty areas"
        )
    start = pd.Timestamp(counts.index[len(counts) // 2])
    groups = {str(c): str(i // neighbours) for i, c in enumerate(counts.columns)}
    targets = pretended_targets(counts=counts, start=start, groups=groups)
    frame = performance(counts=counts, start=start, targets=targets, rng=rng, falls=falls)
    silent = frame["cannot_say"] == frame["targets"]
    refused = sorted(set(frame.loc[silent, "estimator"]))
    frame = frame[~silent].reset_index(drop=True)
    frame["fall"] = frame["fall"].map("{:.0%}".format)
    shares = ["covers", "changes", "falls", "rises", "covers_worst", "falls_worst"]
    frame[shares] = 100 * frame[shares]
    headings = {
        "covers": "Interval covers the truth",
        "changes": "Change called",
        "falls": "Fall called",
        "rises": "Rise called",
        "covers_worst": "Covers, worst tenth",
        "falls_worst": "Fall called, worst tenth",
    }
    what = "all recorded incidents" if measure is None else measure
    size = "one area" if neighbours == 1 else f"{neighbours} neighbouring areas"
    return lay(
        f"validation_{neighbours}",
        f"Pretended projects in {size}, {what}, start {start:%B %Y}",
        frame,
        (
            label("estimator", "Estimator"),
            label("fall", "True fall"),
            count("targets", "Targets"),
            count("cannot_say", "Refused"),
            *(number(n, h, 1, unit="%") for n, h in headings.items()),
            number("se", "Median error of the log ratio", 3),
        ),
        source="data.police.uk",
        notes=(
            "Nothing was done in any of these areas; see docs/validation.md.",
            *(f"{name}: refused everywhere; too few months or incidents." for name in refused),
        ),
    )
