"""The placebo-calibrated effect: what the project's areas did against areas as bad as they were.

Recorded crime moves for reasons no Poisson interval knows, and projects start where last year
was bad. Both are measured on the other areas of the force, where nothing was done: negative
controls (Schuemie et al. 2014, Stat Med 33:209; 2018, PNAS 115:2571). How often the result is
wrong is measured in `validation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.panel import Panel
from mtf_eval.analysis.effects.pooling import random_effects_mean
from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.effects.result import Estimate, critical
from mtf_eval.errors import NotEnoughData

__all__ = ["placebo_calibrated", "placebo_controls", "placebo_limits", "planned_mde"]

LEAST_CONTROLS = 10
MOST = 40  # placebo groups, the nearest in the count before
LEAST_BEFORE = 5
NEAR = math.log(1.3)  # beyond the nearest 20, a control is used only if its count is this near
NEAREST = 20
HALF = 0.5  # added to every count, so that nought has a ratio
FAR = math.log(1.25)  # a control group this far off in its count before is not "as bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """Placebo groups: positions of their areas (groups x areas) and how many are disjoint."""

    groups: np.ndarray
    disjoint: int
    tau2_floor: float = 0.0


def _log_change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.asarray(np.log((after + HALF) / (before + HALF)))


def _chance(after: np.ndarray) -> np.ndarray:
    """Poisson variance of the log of a count whose mean is not known.

    `1 / (x + 1)` is unbiased for `1 / mean` but for a term of `exp(-mean)`; it is the limit for
    rare events of Gart & Zweifel's variance of the empirical logit (1967, Biometrika 54:181).
    `1 / (x + .5)` is too large just where a count came out low, so that small places that fell
    got intervals far wider than the places that rose (decision 0008).
    """
    return 1 / (np.asarray(after, dtype=float) + 1)


def _spread(groups: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Mean change of the groups, variance beyond chance, variance of the mean."""
    before, after = a[groups].sum(axis=1), b[groups].sum(axis=1)
    return random_effects_mean(_log_change(before, after), _chance(after))


def _runs(free: np.ndarray, a: np.ndarray, size: int, total: float) -> Controls:
    """Take groups of `size` neighbours nearest to `total` before, disjoint where enough are."""
    runs = free[np.arange(len(free) - size + 1)[:, None] + np.arange(size)]
    off = np.abs(np.log((a[runs].sum(axis=1) + 0.5) / (total + 0.5)))
    order = np.argsort(off, kind="stable")
    taken: list[int] = []
    used: set[int] = set()
    for k in order:
        if not used.intersection(members := runs[k].tolist()):
            used.update(members)
            taken.append(int(k))
            if len(taken) == MOST:
                break
    taken = taken[: max(NEAREST, int((off[taken] < NEAR).sum()))]
    if len(taken) < LEAST_CONTROLS:
        return Controls(groups=runs[order[:MOST]], disjoint=len(taken))
    return Controls(groups=runs[taken], disjoint=len(taken))


def _matched(free: np.ndarray, a: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Disjoint groups in which each target area is replaced by the nearest unused one."""
    level = np.log(a + 0.5)
    left = np.ones(len(free), dtype=bool)
    groups = np.empty((min(MOST, len(free) // len(target)), len(target)), dtype=int)
    members = target[np.argsort(-a[target])]
    for row in groups:
        for j, member in enumerate(members):
            far = np.where(left, np.abs(level[free] - level[member]), np.inf)
            pick = int(far.argmin())
            left[pick] = False
            row[j] = free[pick]
    return groups


def choose_controls(
    a: np.ndarray, b: np.ndarray, target: np.ndarray, candidates: np.ndarray
) -> Controls:
    """Choose placebo groups on the counts before alone.

    Parameters
    ----------
    a, b
        Counts before and after per area, shape (areas,), neighbours standing together. `b` is
        used only to compare the spread of two ways of grouping, never to choose who is in.
    target, candidates
        Positions of the target's areas and of the areas that may serve.
    """
    total = float(a[target].sum())
    controls = _runs(candidates, a, len(target), total)
    if len(target) == 1:
        return controls

    def off(groups: np.ndarray) -> float:
        return float(np.median(np.abs(np.log((a[groups].sum(axis=1) + 0.5) / (total + 0.5)))))

    if off(controls.groups) > FAR and len(candidates) // len(target) >= LEAST_CONTROLS:
        matched = _matched(candidates, a, target)
        if off(matched) < off(controls.groups):
            floor = _spread(controls.groups, a, b)[1]
            return Controls(groups=matched, disjoint=len(matched), tau2_floor=floor)
    return controls


def calibrate(
    a: np.ndarray, b: np.ndarray, target: np.ndarray, after: np.ndarray, controls: Controls
) -> tuple[np.ndarray, np.ndarray, float, dict[str, float]]:
    """Return log ratio, its standard error, degrees of freedom and the parts.

    `after` may be every count the target might have had; ratio and error have its shape. The
    controls were chosen to have the target's count before, so the chance in that count is
    already in their spread: only the chance in the count after is added.
    """
    mu, tau2, var_mu = _spread(controls.groups, a, b)
    tau2 = max(tau2, controls.tau2_floor)
    var_mu *= len(controls.groups) / controls.disjoint
    log_ratio = _log_change(a[target].sum(), after) - mu
    se = np.sqrt(_chance(after) + tau2 + var_mu)
    return log_ratio, se, float(controls.disjoint - 1), {"mu": mu, "tau2": tau2}


def _prepare(
    panel: Panel, same_season: bool
) -> tuple[Panel, np.ndarray, np.ndarray, np.ndarray, Controls]:
    panel.need(before=1, after=1)
    if same_season:
        panel = panel.same_season()
    values, post = panel.counts.to_numpy(), panel.post
    a = values[~post].sum(axis=0).astype(float)
    b = values[post].sum(axis=0).astype(float)
    target = panel.counts.columns.get_indexer(list(panel.target))
    free = a + b > 0
    free[panel.counts.columns.get_indexer([*panel.target, *panel.buffer])] = False
    candidates = np.flatnonzero(free)
    if len(candidates) < LEAST_CONTROLS:
        raise NotEnoughData(
            f"{panel.measure}: {len(candidates)} other areas on record; the placebo-calibrated "
            f"effect needs {LEAST_CONTROLS}"
        )
    if len(candidates) // len(target) < 4:
        raise NotEnoughData(
            f"{panel.measure}: {len(candidates)} other areas make fewer than four groups of "
            f"{len(target)} to compare the project with"
        )
    if a[target].sum() < LEAST_BEFORE:
        raise NotEnoughData(
            f"{panel.measure}: {int(a[target].sum())} incident(s) in the target before the start; "
            f"at least {LEAST_BEFORE} are needed to say anything about a change"
        )
    return panel, a, b, target, choose_controls(a, b, target, candidates)


def placebo_calibrated(*, panel: Panel, level: float = 0.95, same_season: bool = True) -> Estimate:
    """Change of the target against areas that were as bad before, with their spread as error.

    Parameters
    ----------
    panel
        Every area on record; all but target and buffer may serve as controls. The columns stand
        in an order that keeps neighbours together (area codes in order do, roughly): a target of
        several areas is compared with groups of as many neighbours, because places near each
        other move together and a group drawn at random varies too little.
    same_season
        With a year or more before the start, compare with the same calendar months only.

    Returns
    -------
    Estimate
        `details`: `drift` (mean change of the monthly rate of the controls, as a ratio: what areas
        this bad did on their own, regression to the mean and trend together), `trend` (the same
        of all other areas), `tau2` (variance of the controls' log change beyond chance),
        `controls`, `match` (their mean count before over the target's).

    Raises
    ------
    NotEnoughData
        With fewer than ten other areas, or fewer than five incidents in the target before.
    """
    panel, a, b, target, chosen = _prepare(panel, same_season)
    before, after = int(a[target].sum()), int(b[target].sum())
    log_ratio, se, df, parts = calibrate(a, b, target, np.array(after), chosen)
    longer = panel.months_after / panel.months_before
    rest_before, rest_after = a.sum() - before, b.sum() - after
    groups = chosen.groups
    match = float((a[groups].sum(axis=1).mean() + 0.5) / (before + 0.5))
    inside = np.unique(groups)
    cautions = []
    if not 1 / 1.5 < match < 1.5:
        cautions.append(
            f"No other areas were as bad: the controls had {match:.2f} times the target's count "
            "before, so regression to the mean may not be fully allowed for."
        )
    if chosen.disjoint < LEAST_CONTROLS:
        cautions.append(
            f"Only {chosen.disjoint} separate groups of areas could be formed as controls."
        )
    if after == 0:
        cautions.append("No incident after the start: half an incident was added to form a ratio.")
    return ratio_estimate(
        measure=panel.measure,
        log_ratio=float(log_ratio),
        se=float(se),
        df=df,
        level=level,
        n=before + after + int(a[inside].sum() + b[inside].sum()),
        n_before=before,
        n_after=after,
        added=HALF,
        method=f"Placebo-calibrated effect ({len(groups)} controls)",
        cautions=tuple(cautions),
        details={
            "drift": math.exp(parts["mu"]) / longer,
            "trend": float((rest_after + 0.5) / (rest_before + 0.5) / longer),
            "tau2": parts["tau2"],
            "controls": float(len(groups)),
            "match": match,
        },
    )


def placebo_limits(
    *, panel: Panel, after: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Limits and error of the log ratio for every count the target might have had after.

    `placebo_calibrated` for counts `after`, shape (n,), at once: the controls do not depend on
    what the target did. Serves `validation`.
    """
    _, a, b, target, chosen = _prepare(panel, True)
    log_ratio, se, df, _ = calibrate(a, b, target, after, chosen)
    reach = critical(level=level, df=df) * se
    return np.exp(log_ratio - reach), np.exp(log_ratio + reach), se


def placebo_controls(*, panel: Panel, same_season: bool = True) -> pd.DataFrame:
    """Each control's own change and the project's, to be drawn as dots.

    Returns
    -------
    DataFrame
        Columns `areas` (codes, `;` between), `before`, `after`, `ratio` (of the monthly rates),
        `against_controls` (that over the controls' mean change), `role` (`control`, `project`),
        in the order of the ratio.
    """
    panel, a, b, target, chosen = _prepare(panel, same_season)
    names = np.asarray(panel.counts.columns)
    longer = panel.months_after / panel.months_before
    drift = math.exp(_spread(chosen.groups, a, b)[0]) / longer
    rows = []
    for role, group in [*(("control", g) for g in chosen.groups), ("project", target)]:
        before, after = a[group].sum(), b[group].sum()
        ratio = (after + 0.5) / (before + 0.5) / longer
        rows.append((";".join(names[group]), int(before), int(after), ratio, ratio / drift, role))
    columns = ["areas", "before", "after", "ratio", "against_controls", "role"]
    return pd.DataFrame(rows, columns=columns).sort_values("ratio", ignore_index=True)


def planned_mde(*, panel: Panel, months: int, power: float = 0.8, level: float = 0.95) -> float:
    """Smallest fall a project in the target would show after `months`, learnt from its past.

    The last `months` on record are taken as if they came after a start, as many before them as
    before; the error this estimator has there is the error it will have. The panel's own start is
    not looked at.
    """
    from scipy import special

    index = pd.DatetimeIndex(panel.counts.index)
    if months < 1 or len(index) < 2 * months:
        raise NotEnoughData(
            f"{panel.measure}: {len(index)} months on record; planning for {months} months needs "
            f"{2 * months}"
        )
    past = panel.between(index[-2 * months], index[-1]).with_start(index[-months])
    found = placebo_calibrated(panel=past, level=level, same_season=False)
    reach = critical(level=level, df=found.df) + float(special.ndtri(power))
    return 1 - math.exp(-reach * float(found.se_log or 0))
