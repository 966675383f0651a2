"""Checks of the assumptions behind a comparison: trend before, fake dates, fake areas."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.forecast import LEAST_MONTHS
from mtf_eval.analysis.effects.panel import Panel, difference_in_differences
from mtf_eval.analysis.effects.placebo import controls_needed, placebo_calibrated
from mtf_eval.analysis.effects.result import Check, Estimate, two_sided_p
from mtf_eval.analysis.effects.series import fitted_model
from mtf_eval.errors import NotEnoughData


def pre_trend(*, panel: Panel, level: float = 0.95) -> Check:
    """Whether the target moved away from its comparison in the months before the start.

    Quasi-binomial regression of the target's share of each month's incidents on time, which is
    the interaction of target and time in the two-way Poisson model.
    """
    import statsmodels.api as sm

    panel.need(before=4, comparison=1)
    before = ~panel.post
    y = panel.monthly(panel.target).to_numpy()[before].astype(float)
    rest = panel.monthly(panel.comparison).to_numpy()[before].astype(float)
    used = y + rest > 0
    if y.sum() == 0 or rest.sum() == 0 or used.sum() < 4:
        raise NotEnoughData(f"{panel.measure}: too few incidents before the start for a trend")
    months = pd.DatetimeIndex(panel.counts.index)[before][used]
    t = np.asarray(12 * (months.year - months.year[0]) + months.month, dtype=float)
    model = sm.GLM(
        np.column_stack([y, rest])[used], sm.add_constant(t), family=sm.families.Binomial()
    )
    fit = fitted_model(model, panel.measure, scale="X2")
    slope, df = float(fit.params[1]), float(used.sum() - 2)
    se = float(fit.bse[1]) / math.sqrt(min(1.0, float(fit.scale)))
    p = two_sided_p(slope / se, df)
    moved = _signed(math.expm1(slope))
    passed = p > 1 - level
    verdict = "no sign of a trend of its own" if passed else "a trend of its own before the start"
    return Check(
        name="Trend before the start",
        passed=passed,
        text=f"Against the comparison the target moved {moved} a month: {verdict}.",
        p=p,
        size=f"{'falling' if slope < 0 else 'rising'} {moved.lstrip('+-')} a month "
        "against the comparison",
        details={"slope": slope},
    )


def _signed(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:+.1f}%"  # no minus before a nought


def _best(panel: Panel, level: float) -> Estimate:
    rest = len(panel.counts.columns) - len(panel.target) - len(panel.buffer)
    if rest >= controls_needed(len(panel.target)):
        return placebo_calibrated(panel=panel, level=level)
    return difference_in_differences(panel=panel, level=level)


def placebo_in_time(*, panel: Panel, least: int = 3, level: float = 0.95) -> Check:
    """Pretend starts before the real one, `least` months on each side; nothing should be found."""
    months = pd.DatetimeIndex(panel.counts.index[~panel.post])
    if len(months) < 2 * least:
        raise NotEnoughData(
            f"{panel.measure}: {len(months)} months before the start; a fake start needs "
            f"{2 * least}"
        )
    found: dict[str, float] = {}
    wrong = falls = 0
    reason = "too few incidents before the start for fake starts"
    starts = months[least : len(months) - least + 1]
    for start in starts:
        fake = panel.between(months[0], months[-1]).with_start(start)
        try:
            estimate = _best(fake, level)
        except NotEnoughData as error:
            reason = str(error).removeprefix(f"{panel.measure}: ")
            continue
        found[f"{start:%Y-%m}"] = estimate.estimate
        wrong += estimate.distinguishable
        falls += estimate.distinguishable and estimate.estimate < 1
    if not found:
        raise NotEnoughData(f"{panel.measure}: {reason}")
    # Neighbouring fake starts share their months, so one in five may be off by chance.
    return Check(
        name="Fake start dates",
        passed=wrong <= max(0.2 * len(found), 0),
        text=f"{wrong} of {len(found)} pretended starts before the real one show a change.",
        size=f"{wrong} of {len(found)} show a change, {falls} of them a fall",
        details=found,
    )


def without_each(*, panel: Panel, level: float = 0.95) -> Check:
    """Whether the difference-in-differences rests on one comparison area: each left out in turn.

    With few of them one that jumps makes a change where there is none, and the interval, which is
    of chance alone, does not know it.
    """
    panel.need(before=1, after=1, comparison=1)
    name = "One area left out"
    if len(panel.comparison) == 1:
        only = "there is one comparison area only"
        return Check(name=name, passed=False, text=f"None can be: {only}.", size=only)
    whole = difference_in_differences(panel=panel, level=level)
    found: dict[str, float] = {}
    for area in panel.comparison:
        rest = tuple(a for a in panel.comparison if a != area)
        counts = panel.counts.drop(columns=[area])
        part = replace(panel, counts=counts, comparison=rest)
        found[area] = difference_in_differences(panel=part, level=level).estimate
    half = math.sqrt(whole.estimate)  # half of the change, on the scale it is estimated on
    said = "; ".join(
        f"without {area} the ratio is {ratio:.2f}"
        for area, ratio in found.items()
        if not whole.low <= ratio <= whole.high
        or (whole.distinguishable and (ratio > half if whole.estimate < 1 else ratio < half))
    )
    return Check(
        name=name,
        passed=not said,
        text=f"Of the comparison areas each was left out in turn: {said or 'the ratio holds'}.",
        size=said,
        details=found,
    )


def placebo_in_space(*, panel: Panel) -> Check:
    """Rank of the target's change among the other areas', each taken as if treated.

    A target of several areas is ranked among groups of as many, neighbours in the order of the
    columns and no area in two: five areas together vary less than one.
    """
    size = len(panel.target)
    least = controls_needed(size)
    panel.need(before=1, after=1, comparison=least)
    frame, post = panel.counts[list(panel.comparison)].to_numpy(), panel.post
    a, b = frame[~post].sum(axis=0), frame[post].sum(axis=0)
    used = a + b > 0
    a, b = a[used], b[used]
    if len(a) < least:
        raise NotEnoughData(
            f"{panel.measure}: {len(a)} other areas with any incident; to rank {size} area(s) "
            f"{least} are needed"
        )
    a, b = (x[: len(x) // size * size].reshape(-1, size).sum(axis=1) for x in (a, b))
    own_a, own_b = panel.totals(panel.target)
    logs = np.log((b + 0.5) / (a + 0.5))
    own = math.log((own_b + 0.5) / (own_a + 0.5))
    middle = float(np.median(logs))
    more = int((np.abs(logs - middle) >= abs(own - middle)).sum())
    p = (1 + more) / (1 + len(logs))
    who = "areas" if size == 1 else f"groups of {size} areas"
    return Check(
        name="Fake areas",
        passed=None,
        text=(
            f"{more} of {len(logs)} other {who}, where nothing was done, changed as much or more."
        ),
        p=p,
        details={"areas": float(len(logs)), "as_large": float(more)},
    )


def regression_to_the_mean(*, panel: Panel) -> Check:
    """Tell what was to come without the project from what all other areas did.

    That is what areas as bad as the target did or, where a forecast is made, the forecast beside
    the count of the same months before.
    """
    details = placebo_calibrated(panel=panel).details
    own, trend = details["drift"], details["trend"]
    extra = own / trend - 1
    match = details["match"]
    who = "Areas as bad as this one before changed"
    if details["learnt"] >= LEAST_MONTHS:
        who = f"From {details['learnt']:.0f} months of its own record and of other areas', the "
        who += "project's count would have changed"
    elif not 1 / 1.5 < match < 1.5:
        who = f"The controls, with {match:.2f} times this project's count before, changed"
    read = f"{-100 * extra:.1f}% fewer than those is regression to the mean"
    if round(extra, 3) >= 0:
        read = "no sign of regression to the mean"
    return Check(
        name="Start after a bad period",
        passed=None,
        text=(
            f"{who} by {_signed(own - 1)} with nothing done, all other areas by "
            f"{_signed(trend - 1)}: {read}."
        ),
        details={"controls": own, "all": trend, "regression": extra},
    )
