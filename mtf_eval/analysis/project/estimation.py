"""Every estimator that a project's records allow, and what lies around the estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects import Check, Estimate, Panel, Quantity
from mtf_eval.analysis.effects.forecast import LEAST_MONTHS
from mtf_eval.analysis.effects.rates import smallest_fall
from mtf_eval.errors import NotEnoughData

POWER = 0.8
WIDER = (
    "Of two intervals, quasi-Poisson and Newey-West, the wider is given. In trials on made-up "
    "records even that held the truth less often than it says, least after a bad start."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill:
    """Four-count figures of displacement: working, on which no verdict rests (see `net`).

    `difference`: weighted displacement difference, target and buffer together. `quotient`: weighted
    displacement quotient; `None` where the target did not fall.
    """

    difference: Quantity | None
    quotient: Quantity | None
    reasons: tuple[str, ...] = ()


def all_others(panel: Panel) -> Panel:
    """Return the panel compared with every other area, not only those the project named."""
    return replace(panel, comparison=())


#: Checks of which one at least has to be passed for an effect to have passed its checks.
JUDGING = ("Trend before the start", "Fake start dates")
UNTRIED = "no check of the months before the start could be tried"


def tried(name: str, check: Callable[..., Check], panel: Panel) -> Check:
    """Run a check; where the records cannot carry it, say so in its place."""
    try:
        return check(panel=panel)
    except NotEnoughData as error:
        return Check(name=name, passed=None, tried=False, text=f"Cannot be tried: {error}.")


def recorded(panel: Panel, compared: Panel) -> Panel:
    """Return what the placebo-calibrated effect learns from: all months before, from a year on."""
    if panel.months_before < LEAST_MONTHS:
        return compared.same_season()
    after = panel.counts.index[panel.post]
    return panel.without(after[~after.isin(compared.counts.index)])


def estimators(
    panel: Panel, compared: Panel, rng: np.random.Generator
) -> dict[str, Callable[[], Estimate]]:
    """Every estimator as a call, in the order of preference."""
    seasonal = compared.same_season()
    before, after = seasonal.totals(panel.target)

    def against() -> Estimate:
        if not panel.comparison:
            raise NotEnoughData(f"{panel.measure}: no comparison area is on record")
        rest = seasonal.totals(panel.comparison)
        return effects.ratio_of_ratios(
            before=before,
            after=after,
            comparison_before=rest[0],
            comparison_after=rest[1],
            measure=panel.measure,
            dispersion=max(1.0, effects.overdispersion(compared)),
        )

    def alone() -> Estimate:
        return effects.rate_ratio(
            before=before,
            after=after,
            exposure_before=seasonal.months_before,
            exposure_after=seasonal.months_after,
            measure=panel.measure,
        )

    @cache
    def series() -> tuple[Estimate, Estimate]:
        result = effects.interrupted_series(
            series=panel.monthly(panel.target), start=panel.start, rng=rng, measure=panel.measure
        )
        narrower, wider = sorted((result.estimate, result.robust), key=lambda e: e.se_log or 0)
        return wider.with_cautions(WIDER), narrower

    return {
        "placebo": lambda: effects.placebo_calibrated(panel=recorded(panel, compared)),
        "did": lambda: effects.difference_in_differences(panel=seasonal),
        "series": lambda: series()[0],
        "series_narrower": lambda: series()[1],
        "synthetic": lambda: effects.synthetic_control(panel=all_others(panel), donors=12),
        "relative": against,
        "before_after": alone,
    }


def smallest(effect: Estimate | None, compared: Panel) -> float:
    """Smallest true fall the design finds four times in five.

    From the error of the estimate where there is one; otherwise from the count before, with the
    dispersion of the panel: a design with less than one incident before can see no fall at all.
    """
    if effect is not None and effect.se_log is not None:
        return smallest_fall(se=effect.se_log, df=effect.df, power=POWER, level=effect.level)
    seasonal = compared.same_season()
    before = seasonal.totals(compared.target)[0]
    try:
        spread = max(1.0, effects.overdispersion(compared))
    except NotEnoughData:
        spread = 2.0
    return effects.minimum_detectable_effect(
        before=max(before, 1),
        after_share=seasonal.months_after / max(seasonal.months_before, 1),
        dispersion=spread,
        power=POWER,
    )


def beside(panel: Panel, compared: Panel, method: str, rng: np.random.Generator) -> Estimate:
    """Effect in the buffer by the estimator of the project's areas, which are left out.

    Raises `NotEnoughData` when there is no buffer, or its records do not carry the estimator.
    """
    whole, part = (
        Panel(
            counts=each.counts.drop(columns=list(each.target)),
            target=each.buffer,
            comparison=each.comparison,
            start=each.start,
            measure=f"{each.measure} in the buffer",
        )
        for each in (panel, compared)
    )
    return estimators(whole, part, rng)[method]()


def spill(compared: Panel) -> Spill:
    """Set target and buffer against the named comparison areas by their four counts."""
    seasonal = compared.same_season()
    sizes = len(compared.target), len(compared.comparison), len(compared.buffer)
    difference = quotient = None
    reasons: tuple[str, ...] = ()
    target, rest, around = (
        seasonal.totals(areas) for areas in (compared.target, compared.comparison, compared.buffer)
    )
    if sizes[1]:
        difference = effects.weighted_displacement_difference(
            target=target,
            comparison=rest,
            displacement=around,
            displacement_comparison=rest,
            shared_comparison=True,
            area_weights=(sizes[1] / sizes[0], 1.0, sizes[1] / sizes[2], 1.0),
            measure=compared.measure,
        )
    try:
        quotient = effects.displacement_quotient(
            target=target, comparison=rest, buffer=around, measure=compared.measure
        )
    except NotEnoughData as error:
        reasons = (str(error),)
    return Spill(difference=difference, quotient=quotient, reasons=reasons)
