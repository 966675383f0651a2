"""The placebo-calibrated effect: what the project's areas did against areas as bad as they were.

Recorded crime moves for reasons no Poisson interval knows, and projects start where last year
was bad. Both are measured on the other areas of the force, where nothing was done: negative
controls (Schuemie et al. 2014, Stat Med 33:209; 2018, PNAS 115:2571). With a year or more on
record before the start an area's count after is held against the forecast from its own record
(`forecast`), with less against its count before. How often the result is wrong is measured in
`validation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.forecast import (
    HALF,
    LEAST_MONTHS,
    LONGEST,
    expected_counts,
    same_months,
)
from mtf_eval.analysis.effects.panel import Panel
from mtf_eval.analysis.effects.pooling import random_effects_mean
from mtf_eval.analysis.effects.rates import power, ratio_estimate
from mtf_eval.analysis.effects.result import Estimate, critical
from mtf_eval.errors import NotEnoughData

LEAST_CONTROLS = 10
LEAST_GROUPS = 4
LEAST_BEFORE = 5
LEAST_PAST = 3  # months on either side of a pretended start
STEP = 1.25  # a change of all areas' level from one year to the next that is worth a caution
FAR = math.log(1.25)  # a control group this far off in its count before is not "as bad"


def controls_needed(target: int) -> int:
    """Return from how many other areas on a target of so many areas can be held against groups."""
    return max(LEAST_CONTROLS, LEAST_GROUPS * target)


class Reach(NamedTuple):
    """How far controls are looked for: at most `most` groups, the nearest in the count before."""

    most: int = 40
    nearest: int = 20  # beyond these a control is used only if its count is as near as `near`
    near: float = math.log(1.3)


USUAL = Reach()
MANY = 600  # single areas with so many others are given a wider reach
WIDE = Reach(80, 40, math.log(1.6))


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


def _runs(
    free: np.ndarray, a: np.ndarray, size: int, total: float, reach: Reach = USUAL
) -> Controls:
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
            if len(taken) == reach.most:
                break
    taken = taken[: max(reach.nearest, int((off[taken] < reach.near).sum()))]
    if len(taken) < LEAST_CONTROLS:
        return Controls(groups=runs[order[: reach.most]], disjoint=len(taken))
    return Controls(groups=runs[taken], disjoint=len(taken))


def _matched(free: np.ndarray, a: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Disjoint groups: each target area, the worst first, replaced by the nearest unused one."""
    level = np.log(a + 0.5)
    left = np.ones(len(free), dtype=bool)
    groups = np.empty((min(USUAL.most, len(free) // len(target)), len(target)), dtype=int)
    members = target[np.argsort(-a[target])]
    for row in groups:
        for j, member in enumerate(members):
            far = np.where(left, np.abs(level[free] - level[member]), np.inf)
            pick = int(far.argmin())
            left[pick] = False
            row[j] = free[pick]
    return groups


def choose_controls(
    a: np.ndarray, b: np.ndarray, target: np.ndarray, candidates: np.ndarray, reach: Reach = USUAL
) -> Controls:
    """Choose placebo groups on the counts before alone.

    Parameters
    ----------
    a, b
        Counts before (or their forecast) and after per area, shape (areas,), neighbours standing
        together. `b` is used only to compare the spread of two ways of grouping, never to choose
        who is in.
    target, candidates
        Positions of the target's areas and of the areas that may serve.
    """
    total = float(a[target].sum())
    controls = _runs(candidates, a, len(target), total, reach)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """What counts after are held against: `level`, the forecast or the count before, by area.

    `plain` are the counts of the months a reader compares with: the same calendar months of the
    last year before, where they are on record, else as many months just before.
    """

    level: np.ndarray
    after: np.ndarray
    plain: np.ndarray
    target: np.ndarray
    months: tuple[int, int]  # of `plain` and of `after`
    learnt: int  # months before that the level was learnt from
    forecast: bool
    step: float  # largest change of all areas' level between years of the record, 1 or more
    chosen: Controls


def _prepare(panel: Panel, forecasts: bool = True) -> _Record:
    panel.need(before=1, after=1)
    columns = panel.counts.columns
    target = columns.get_indexer(list(panel.target))
    values = panel.counts.to_numpy(dtype=float)
    seen = np.isfinite(values[:, target]).all(axis=1)
    values, post = values[seen], panel.post[seen]
    months = pd.DatetimeIndex(panel.counts.index[seen])
    late = months[~post] >= panel.start - pd.DateOffset(months=LONGEST)
    before, b = values[~post][late], values[post].sum(axis=0)
    past, n = months[~post][late], int(post.sum())
    a = before.sum(axis=0)
    season = same_months(past, months[post])
    plain = season if season.any() else np.arange(len(past)) >= len(past) - n
    forecast = forecasts and len(past) >= LEAST_MONTHS
    free = a >= LEAST_BEFORE if forecast else a + b > 0
    free &= np.isfinite(a + b)
    free[columns.get_indexer([*panel.target, *panel.buffer])] = False
    candidates = np.flatnonzero(free)
    if len(candidates) < (least := controls_needed(len(target))):
        few = f" with {LEAST_BEFORE} or more incidents before" if forecast else ""
        raise NotEnoughData(
            f"{panel.measure}: {len(candidates)} other areas on record{few}; the "
            f"placebo-calibrated effect of {len(target)} area(s) needs {least}"
        )
    if a[target].sum() < LEAST_BEFORE:
        raise NotEnoughData(
            f"{panel.measure}: {int(a[target].sum())} incident(s) in the target before the start; "
            f"at least {LEAST_BEFORE} are needed to say anything about a change"
        )
    level, reach = a, USUAL
    if forecast:
        level = expected_counts(before, b, season=season, months_after=n, units=candidates)
        if len(target) == 1 and len(candidates) >= MANY:
            reach = WIDE
    else:
        plain = np.ones(len(past), dtype=bool)
    return _Record(
        level=level,
        after=b,
        plain=before[plain].sum(axis=0),
        target=target,
        months=(int(plain.sum()), n),
        learnt=len(past),
        forecast=forecast,
        step=_step(before[:, candidates].sum(axis=1)) if forecast else 1.0,
        chosen=choose_controls(level, b, target, candidates, reach),
    )


def _step(totals: np.ndarray) -> float:
    """Largest ratio, either way, of the monthly totals of two years next to each other."""
    years = [totals[end - 12 : end].mean() for end in range(len(totals), 11, -12)]
    ratios = [max(a, b) / min(a, b) for a, b in pairwise(years) if min(a, b) > 0]
    return float(max(ratios, default=1.0))


def placebo_calibrated(*, panel: Panel, level: float = 0.95) -> Estimate:
    """Change of the target against areas that were as bad before, with their spread as error.

    Parameters
    ----------
    panel
        Every area on record; all but target and buffer may serve as controls. The columns stand
        in an order that keeps neighbours together (area codes in order do, roughly): a target of
        several areas is compared with groups of as many neighbours, because places near each
        other move together and a group drawn at random varies too little. With twelve months or
        more before the start, up to the last 36 make a forecast; with fewer all are summed.

    Returns
    -------
    Estimate
        `n_before` is the plain count of the same months a year before where they are on record;
        what was expected is `expected`. `details`: `drift` (what areas like these came to on
        their own against the plain count before, as a ratio of monthly rates: regression to the
        mean and trend together), `trend` (the same of all other areas), `tau2` (variance of the
        controls' log change beyond chance), `controls`, `match` (their mean level over the
        target's), `months_before` and `months_after` of the plain counts, `learnt` (months the
        level was learnt from).

    Raises
    ------
    NotEnoughData
        With fewer than ten other areas, or fewer than five incidents in the target before.
    """
    record = _prepare(panel)
    a, b, target, chosen = record.level, record.after, record.target, record.chosen
    before, after = int(record.plain[target].sum()), int(b[target].sum())
    log_ratio, se, df, parts = calibrate(a, b, target, np.array(after), chosen)
    longer = record.months[1] / record.months[0]
    others = np.isfinite(a + record.plain + b)
    others[target] = False
    rest_before, rest_after = record.plain[others].sum(), b[others].sum()
    groups = chosen.groups
    match = float((a[groups].sum(axis=1).mean() + HALF) / (a[target].sum() + HALF))
    expected = (after + HALF) / math.exp(float(log_ratio))
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
    if record.step > STEP:
        cautions.append(
            f"The level of all areas moved by {100 * (record.step - 1):.0f}% from one year of the "
            "record to the next: was recording changed? The forecast rests on both."
        )
    how = f"forecast from {record.learnt} months, " if record.forecast else ""
    return ratio_estimate(
        measure=panel.measure,
        log_ratio=float(log_ratio),
        se=float(se),
        df=df,
        level=level,
        n=before + after + int(record.plain[inside].sum() + b[inside].sum()),
        n_before=before,
        n_after=after,
        added=HALF,
        method=f"Placebo-calibrated effect ({how}{len(groups)} controls)",
        cautions=tuple(cautions),
        details={
            "drift": expected / (before + HALF) / longer,
            "trend": float((rest_after + HALF) / (rest_before + HALF) / longer),
            "tau2": parts["tau2"],
            "controls": float(len(groups)),
            "match": match,
            "months_before": float(record.months[0]),
            "months_after": float(record.months[1]),
            "learnt": float(record.learnt),
        },
    )


def placebo_limits(
    *, panel: Panel, after: np.ndarray, level: float = 0.95, forecasts: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Limits and error of the log ratio for every count the target might have had after.

    `placebo_calibrated` for counts `after`, shape (n,), at once: the controls do not depend on
    what the target did. Serves `validation`; without `forecasts` the same months of every year
    before are summed however many there are, as it was done before decision 0013.
    """
    record = _prepare(panel if forecasts else panel.same_season(), forecasts)
    parts = record.level, record.after, record.target
    log_ratio, se, df, _ = calibrate(*parts, after, record.chosen)
    reach = critical(level=level, df=df) * se
    return np.exp(log_ratio - reach), np.exp(log_ratio + reach), se


def placebo_controls(*, panel: Panel) -> pd.DataFrame:
    """Each control's own change and the project's, to be drawn as dots.

    Returns
    -------
    DataFrame
        Columns `areas` (codes, `;` between), `before` and `after` (plain counts), `ratio` (of the
        monthly rate after to what the area's record led to expect), `against_controls` (that over
        the controls' mean), `role` (`control`, `project`), in the order of the ratio.
    """
    record = _prepare(panel)
    a, b, groups = record.level, record.after, record.chosen.groups
    names = np.asarray(panel.counts.columns)
    mean = math.exp(_spread(groups, a, b)[0])
    longer = 1.0 if record.forecast else record.months[1] / record.months[0]
    rows = []
    for role, group in [*(("control", g) for g in groups), ("project", record.target)]:
        ratio = (b[group].sum() + HALF) / (a[group].sum() + HALF)
        counts = (int(x[group].sum()) for x in (record.plain, b))
        rows.append((";".join(names[group]), *counts, ratio / longer, ratio / mean, role))
    columns = ["areas", "before", "after", "ratio", "against_controls", "role"]
    return pd.DataFrame(rows, columns=columns).sort_values("ratio", ignore_index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a design that has not begun will be able to show, learnt from its past.

    Attributes
    ----------
    expected
        Incidents in the months after if nothing were done.
    beyond
        Variance of the log ratio beyond the chance in the target's own count after.
    df
        Degrees of freedom of its error.
    """

    expected: float
    beyond: float
    df: float
    level: float = 0.95

    def chance(self, ratio: float, times: float = 1.0) -> float:
        """Chance of showing a true change; 0.7 is a fall of 30%: so many fewer carry it.

        `times`: the variance beyond chance that there will be, as a multiple of `beyond`.
        """
        variance = float(_chance(np.array(self.expected * ratio))) + times * self.beyond
        return power(se=math.sqrt(variance), ratio=ratio, df=self.df, level=self.level)

    def smallest(self, chance: float = 0.8, times: float = 1.0) -> float:
        """Smallest fall, as a share, that is shown with this chance; `times` as in `chance`."""
        from scipy import optimize

        least = optimize.brentq(lambda x: self.chance(math.exp(x), times) - chance, -50, -1e-9)
        return 1 - math.exp(float(least))


def planned(*, panel: Panel, months: int, level: float = 0.95) -> Planned:
    """Learn from a target's past what a project of so many months will be able to show there.

    The last `months` on record are taken as if they came after a start, those before them as they
    would be then: the spread the controls have there is the spread they will have. Where fewer
    than a year would be left before them, fewer serve, of less than fifteen months the later half:
    more months after make the chance in the count smaller, not the spread. The panel's own start
    is not looked at.

    Raises
    ------
    NotEnoughData
        With fewer than six months on record, and where `placebo_calibrated` refuses.
    """
    index = pd.DatetimeIndex(panel.counts.index)
    spare = len(index) - LEAST_MONTHS
    held = min(months, spare if spare >= LEAST_PAST else len(index) // 2)
    if months < 1 or held < min(months, LEAST_PAST):
        raise NotEnoughData(
            f"{panel.measure}: {len(index)} months on record; planning needs {2 * LEAST_PAST}"
        )
    first = None if len(index) - held >= LEAST_MONTHS else index[-2 * held]
    record = _prepare(panel.between(first, index[-1]).with_start(index[-held]))
    after = record.after[record.target].sum()
    _, se, df, parts = calibrate(record.level, record.after, record.target, after, record.chosen)
    expected = float(record.level[record.target].sum()) * math.exp(parts["mu"]) * months / held
    return Planned(expected=expected, beyond=float(se**2 - _chance(after)), df=df, level=level)
