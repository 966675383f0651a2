"""Several projects together: random-effects pooling of log ratios, and Holm's adjustment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from mtf_eval.analysis.effects.result import Estimate, critical, two_sided_p
from mtf_eval.errors import BadArgument, NotEnoughData

__all__ = ["Tau2", "holm", "pool", "random_effects_mean"]

Tau2 = Literal["pm", "dl"]  # Paule & Mandel 1982 (few studies), DerSimonian & Laird 1986


def random_effects_mean(y: np.ndarray, v: np.ndarray) -> tuple[float, float, float]:
    """Return mean, between variance and variance of the mean (DerSimonian & Laird 1986).

    The hot path of the placebo controls; `pool` is the whole analysis.
    """
    w = 1 / v
    total = w.sum()
    q = float((w * (y - (w * y).sum() / total) ** 2).sum())
    tau2 = max(0.0, (q - (len(y) - 1)) / float(total - (w**2).sum() / total))
    w = 1 / (v + tau2)
    return float((w * y).sum() / w.sum()), tau2, float(1 / w.sum())


def pool(
    estimates: Sequence[Estimate],
    *,
    between: Tau2 = "pm",
    knapp_hartung: bool = True,
    floor: bool = True,
    level: float = 0.95,
    measure: str = "All projects",
) -> Estimate:
    """Pool the ratios of several projects, allowing that their true effects differ.

    Parameters
    ----------
    estimates
        Results with a standard error; those without one (exact ratios with a zero count) are
        left out and counted in a caution.
    between
        Estimator of the variance between projects.
    knapp_hartung
        Student's t interval of Hartung & Knapp; right for few projects.
    floor
        Never take a smaller error than the projects' own errors give (Röver, Knapp & Friede 2015,
        BMC Med Res Methodol 15:99): three projects that agree by chance know no more for it.

    Returns
    -------
    Estimate
        `details`: `tau2`, `i2`, `q`, and the prediction interval `prediction_low`,
        `prediction_high`: where the effect of one more such project would lie (needs three).
    """
    from statsmodels.stats.meta_analysis import combine_effects

    if between not in get_args(Tau2):
        raise BadArgument(f"between={between!r}: expected one of {', '.join(get_args(Tau2))}")
    used = [e for e in estimates if e.se_log is not None and e.estimate > 0]
    k = len(used)
    if k < 2:
        raise NotEnoughData(f"{k} project(s) with an estimate and its error: nothing to pool")
    y = np.log([e.estimate for e in used])
    se = np.array([float(e.se_log or 0) for e in used])
    with np.errstate(divide="ignore"):  # its I2 where the ratios are all the same
        fit = combine_effects(y, se**2, method_re=between, use_t=True, alpha=1 - level)
    tau2 = float(fit.tau2)
    w = 1 / (se**2 + tau2)
    mean = float((w * y).sum() / w.sum())
    df: float | None = None
    error = math.sqrt(1 / w.sum())
    if knapp_hartung:
        df = float(k - 1)
        own = math.sqrt(float((w * (y - mean) ** 2).sum() / (k - 1) / w.sum()))
        error = max(own, error) if floor else own
    reach = critical(level=level, df=df) * error
    details = {"tau2": tau2, "i2": max(0.0, float(fit.i2)), "q": float(fit.q), "projects": k}
    if k >= 3:
        spread = critical(level=level, df=k - 1) * math.sqrt(tau2 + 1 / w.sum())
        details |= {
            "prediction_low": math.exp(mean - spread),
            "prediction_high": math.exp(mean + spread),
        }
    cautions = []
    if k == 2:
        cautions.append("Two projects only: how much effects differ between projects is a guess.")
    if left := len(estimates) - k:
        cautions.append(f"{left} project(s) without a standard error are not in the pooled ratio.")
    cautions.append("Projects that kept no records are not in it; they may have done worse.")
    return Estimate(
        measure=measure,
        estimate=math.exp(mean),
        low=math.exp(mean - reach),
        high=math.exp(mean + reach),
        level=level,
        n=sum(e.n for e in used),
        n_before=sum(e.n_before for e in used),
        n_after=sum(e.n_after for e in used),
        method=f"Random-effects mean of {k} projects ({between.upper()}"
        + (", Hartung-Knapp)" if knapp_hartung else ")"),
        maryland=min(e.maryland for e in used),
        p=two_sided_p(mean / error, df),
        se_log=error,
        df=df,
        cautions=tuple(cautions),
        details=details,
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p values for several questions at once (Holm 1979)."""
    order = np.argsort(p_values)
    steps = np.asarray(p_values, dtype=float)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(steps).clip(max=1.0)
    return tuple(adjusted.tolist())
