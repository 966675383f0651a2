"""Several projects together: random-effects pooling of log ratios, and Holm's adjustment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtf_eval.analysis.effects.result import Estimate, critical, two_sided_p
from mtf_eval.errors import BadArgument, NotEnoughData


def random_effects_mean(y: np.ndarray, v: np.ndarray) -> tuple[float, float, float]:
    """Return mean, between variance and variance of the mean (DerSimonian & Laird 1986).

    The hot path of the placebo controls; `pool_ratios` is the whole analysis.
    """
    w = 1 / v
    total = w.sum()
    q = float((w * (y - (w * y).sum() / total) ** 2).sum())
    tau2 = max(0.0, (q - (len(y) - 1)) / float(total - (w**2).sum() / total))
    w = 1 / (v + tau2)
    return float((w * y).sum() / w.sum()), tau2, float(1 / w.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """A random-effects mean of log ratios, its interval, and how much the effects differ.

    Attributes
    ----------
    i2
        Share of the variance between estimates that is not chance, as metafor gives it: from
        `tau2` and the typical variance of Higgins & Thompson (2002, Stat Med 21:1539).
    prediction
        Where the log ratio of one more such project would lie; `None` for fewer than three.
    """

    mean: float
    se: float
    df: float
    low: float
    high: float
    tau2: float
    i2: float
    q: float
    prediction: tuple[float, float] | None


def pool_ratios(
    *, log_ratios: Sequence[float], errors: Sequence[float], level: float = 0.95
) -> Pooled:
    """Pool log ratios by their standard errors, allowing that the true effects differ.

    The variance between them is Paule & Mandel's (1982), right for few; the interval Student's t
    of Hartung & Knapp with an error never smaller than the ratios' own errors give (Röver, Knapp
    & Friede 2015, BMC Med Res Methodol 15:99): three that agree by chance know no more for it.

    Raises
    ------
    NotEnoughData
        With fewer than two.
    BadArgument
        An error is not above zero, or there is not one for each ratio.
    """
    from statsmodels.stats.meta_analysis import combine_effects

    y, se = np.asarray(log_ratios, dtype=float), np.asarray(errors, dtype=float)
    if len(y) != len(se) or not np.isfinite(y).all() or not (se > 0).all():
        raise BadArgument("pool: expected one standard error above zero for each log ratio")
    k = len(y)
    if k < 2:
        raise NotEnoughData(f"{k} project(s) with an estimate and its error: nothing to pool")
    with np.errstate(divide="ignore"):  # its own I2 where the ratios are all the same
        fit = combine_effects(y, se**2, method_re="pm", use_t=True, alpha=1 - level)
    tau2 = float(fit.tau2)
    w = 1 / (se**2 + tau2)
    mean = float((w * y).sum() / w.sum())
    own = math.sqrt(float((w * (y - mean) ** 2).sum() / (k - 1) / w.sum()))
    error = max(own, math.sqrt(1 / w.sum()))
    t = critical(level=level, df=k - 1)
    spread = t * math.sqrt(tau2 + 1 / w.sum())
    return Pooled(
        mean=mean,
        se=error,
        df=float(k - 1),
        low=mean - t * error,
        high=mean + t * error,
        tau2=tau2,
        i2=tau2 / (tau2 + _typical(se**2)),
        q=float(fit.q),
        prediction=(mean - spread, mean + spread) if k >= 3 else None,
    )


def _typical(v: np.ndarray) -> float:
    w = 1 / v
    return float((len(v) - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum()))


def pool(
    estimates: Sequence[Estimate], *, level: float = 0.95, measure: str = "All projects"
) -> Estimate:
    """Pool the ratios of several projects (`pool_ratios`), with what a reader must know.

    Parameters
    ----------
    estimates
        Results with a standard error; those without one (exact ratios with a zero count) are
        left out and counted in a caution.

    Returns
    -------
    Estimate
        `details`: `tau2`, `i2`, `q`, and the prediction interval `prediction_low`,
        `prediction_high`: where the effect of one more such project would lie (needs three).
    """
    used = [e for e in estimates if e.se_log is not None and e.estimate > 0]
    k = len(used)
    found = pool_ratios(
        log_ratios=[math.log(e.estimate) for e in used],
        errors=[float(e.se_log or 0) for e in used],
        level=level,
    )
    details = {"tau2": found.tau2, "i2": found.i2, "q": found.q, "projects": k}
    if found.prediction:
        names = ("prediction_low", "prediction_high")
        details |= dict(zip(names, map(math.exp, found.prediction), strict=True))
    cautions = []
    if k == 2:
        cautions.append("Two projects only: how much effects differ between projects is a guess.")
    if left := len(estimates) - k:
        cautions.append(f"{left} project(s) without a standard error are not in the pooled ratio.")
    cautions.append("Projects that kept no records are not in it; they may have done worse.")
    return Estimate(
        measure=measure,
        estimate=math.exp(found.mean),
        low=math.exp(found.low),
        high=math.exp(found.high),
        level=level,
        n=sum(e.n for e in used),
        n_before=sum(e.n_before for e in used),
        n_after=sum(e.n_after for e in used),
        method=f"Random-effects mean of {k} projects (PM, Hartung-Knapp)",
        maryland=min(e.maryland for e in used),
        p=two_sided_p(found.mean / found.se, found.df),
        se_log=found.se,
        df=found.df,
        cautions=tuple(cautions),
        details=details,
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p values for several questions at once (Holm 1979)."""
    from statsmodels.stats.multitest import multipletests

    return tuple(multipletests(p_values, method="holm")[1].tolist())
