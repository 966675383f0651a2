"""What an area's own record leads one to expect after the start: a regression over all areas.

Every other area's count after is explained by its own months before, by weighted least squares on
logs, and the same weights are put on the target's months. The longer the record, the less is left
to chance: months are not thrown away to match the season, the same months of the year before are
one regressor. With few areas the weights are drawn to what they were in London's wards (decision
0013), so that ten areas learn no less from a long record than six hundred.

Beside it synthetic control, a weighted mix of other areas that moved like the target before:
Abadie, Diamond & Hainmueller 2010 (JASA 105:493), on outcomes alone, weights on the simplex.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.panel import Panel
from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.errors import NotEnoughData

LEAST_MONTHS = 12  # whole months before the start from which a forecast is made
LONGEST = 36
WINDOWS = (3, 12, 24, 36)  # last months before, beside the number of months after
BEYOND = 0.06  # variance of an area's log change beyond chance
HALF = 0.5  # added to every count, so that nought has a logarithm
# Mean and standard deviation of the weights before an area is looked at: of the level, its
# square, each window, the season; as they came out for ten measures at two starts.
LEVEL, SQUARE, WINDOW, SEASON = (1.0, 0.05), (0.0, 0.04), (0.1, 0.15), (0.0, 0.15)
FREE = (0.0, 1e3)  # the intercept
LEAST_DONORS = 10
SUM_TO_ONE = 1e3
POOR_FIT = 0.25  # root mean squared error before, as a share of the mean


def expected_counts(
    before: np.ndarray,
    after: np.ndarray,
    *,
    season: np.ndarray,
    months_after: int,
    units: np.ndarray,
) -> np.ndarray:
    """Forecast every area's count after the start from its months before.

    Parameters
    ----------
    before, after
        Counts, shapes (months, areas), last month nearest to the start, and (areas,).
    season
        Which of the months before are calendar months of the period after, in the last year
        before the start, shape (months,); none where there is none such.
    months_after
        Months that `after` sums.
    units
        Positions of the areas that the weights are learnt from: never the target.

    Returns
    -------
    ndarray
        Expected counts, shape (areas,); `nan` where a month before is. A unit's own count after
        is left out of the weights that forecast it, as the target's is.
    """
    x, prior = _terms(before, season, months_after, units)
    mean, sd = np.array(prior).T
    own = before[-months_after:].sum(axis=0)[units]
    weights = 1 / (BEYOND + 1 / (own + 2))
    design, y = x[units], np.log(after[units] + HALF)
    inverse = np.linalg.inv((design.T * weights) @ design + np.diag(sd**-2))
    logs = x @ (mean + inverse @ (design.T @ (weights * (y - design @ mean))))
    leverage = weights * np.einsum("ij,jk,ik->i", design, inverse, design)
    logs[units] -= leverage / (1 - leverage) * (y - logs[units])
    return np.asarray(np.exp(logs))


def _terms(
    before: np.ndarray, season: np.ndarray, months_after: int, units: np.ndarray
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Regressors and their priors: level, its square, how windows differ from the whole record."""
    length = len(before)
    level = np.log(before.sum(axis=0) + HALF)
    centred = level - level[units].mean()
    columns, prior = [np.ones_like(level), centred, centred**2], [FREE, LEVEL, SQUARE]

    def window(part: np.ndarray, weight: tuple[float, float]) -> None:
        columns.append(np.log(part.sum(axis=0) + HALF) - np.log(len(part) / length) - level)
        prior.append(weight)

    for months in sorted({*WINDOWS, months_after}):
        if months < length:
            window(before[-months:], WINDOW)
    if length > LEAST_MONTHS and season.any():
        window(before[season], SEASON)
    return np.column_stack(columns), prior


def same_months(past: pd.DatetimeIndex, after: pd.DatetimeIndex) -> np.ndarray:
    """Which months of the last year of `past` are calendar months of `after`, at most a year."""
    last_year = past > past.max() - pd.DateOffset(months=LEAST_MONTHS)
    return np.asarray(last_year & past.month.isin(after.month) & (len(after) <= LEAST_MONTHS))


def simplex_weights(target: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """Weights, none negative and summing to 1, with `donors @ weights` nearest to `target`.

    Parameters
    ----------
    target, donors
        Shapes (months,) and (months, donors).
    """
    from scipy.optimize import nnls

    # Non-negative least squares with the sum as one more, heavily weighted equation: the same
    # optimum as a constrained solver (SLSQP) finds, in a hundredth of the time.
    scale = max(float(np.abs(target).mean()), 1e-9)
    rows = np.vstack([donors / scale, np.full(donors.shape[1], SUM_TO_ONE)])
    weights, _ = nnls(rows, np.append(target / scale, SUM_TO_ONE))
    return np.asarray(weights / weights.sum())


def synthetic_control(*, panel: Panel, donors: int = 30, level: float = 0.95) -> Estimate:
    """Compare the target's monthly mean with a mix of the comparison areas nearest in level.

    The interval is the spread of the same log ratio over the donors, each treated in turn
    (placebo in space). `details` hold the published test, `p_rank`, the rank of the target's error
    after over before among the donors'; `fit`, its root mean squared error before as a share of its
    mean; and the `weight of` each donor, those above 0.001.

    Raises
    ------
    NotEnoughData
        With fewer than ten donors, six months before or two after, or a zero on one side.
    """
    panel.need(before=6, after=2, comparison=LEAST_DONORS)
    before, after = panel.totals(panel.target)
    if min(before, after) == 0:
        raise NotEnoughData(f"{panel.measure}: {before} incident(s) before and {after} after")
    post = panel.post
    mean = panel.values(panel.target).mean(axis=1).astype(float)
    pool = panel.values(panel.comparison)
    far = np.abs(pool[~post].mean(axis=0) - mean[~post].mean())
    near = np.argsort(far, kind="stable")[:donors]
    values = pool[:, near].astype(float)
    names = [panel.comparison[i] for i in near]
    weights, ratio, errors = _gap(mean, values, post)
    placebo = [_gap(values[:, j], np.delete(values, j, 1), post)[1:] for j in range(len(near))]
    logs = np.array([p[0] for p in placebo])
    ranks = np.array([p[1][1] / p[1][0] for p in placebo])
    mine = errors[1] / errors[0]
    fit = errors[0] / float(mean[~post].mean())
    cautions = []
    if fit > POOR_FIT:
        cautions.append(
            f"The mix misses the target by {fit:.0%} of its mean before the start: a poor fit."
        )
    if len(panel.target) > 1:
        cautions.append("The target is a mean of areas, which varies less than one donor does.")
    return ratio_estimate(
        measure=panel.measure,
        log_ratio=ratio,
        se=float(np.sqrt((logs**2).mean())),
        df=float(len(logs) - 1),
        level=level,
        n=before + after + int(values.sum()),
        n_before=before,
        n_after=after,
        method=f"Synthetic control ({len(near)} donors)",
        cautions=tuple(cautions),
        details={
            "fit": fit,
            "p_rank": float((1 + (ranks >= mine).sum()) / (1 + len(ranks))),
            **{
                f"weight of {n}": w
                for n, w in zip(names, weights.tolist(), strict=True)
                if w > 0.001
            },
        },
    )


def _gap(
    y: np.ndarray, donors: np.ndarray, post: np.ndarray
) -> tuple[np.ndarray, float, tuple[float, float]]:
    """Weights, log ratio after (half an incident added), and root mean squared errors."""
    weights = simplex_weights(y[~post], donors[~post])
    line = donors @ weights
    ratio = math.log((y[post].sum() + 0.5) / (line[post].sum() + 0.5))
    rmse = [max(1e-9, float(np.sqrt(((y[m] - line[m]) ** 2).mean()))) for m in (~post, post)]
    return weights, ratio, (rmse[0], rmse[1])
