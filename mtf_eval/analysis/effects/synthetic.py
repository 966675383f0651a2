"""Synthetic control: a weighted mix of other areas that moved like the target before.

Abadie, Diamond & Hainmueller 2010 (JASA 105:493), on outcomes alone, weights on the simplex.
"""

from __future__ import annotations

import math

import numpy as np

from mtf_eval.analysis.effects.panel import Panel
from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.errors import NotEnoughData

LEAST_DONORS = 10
SUM_TO_ONE = 1e3
POOR_FIT = 0.25  # root mean squared error before, as a share of the mean


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
