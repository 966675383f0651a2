"""One monthly series: interrupted time series.

Segmented quasi-Poisson regression as in Lopez Bernal, Cummins & Gasparrini 2017 (IJE 46:348),
with Newey & West 1987 errors beside it (lags by their rule of 1994), neither below Poisson. Whether
the level or the slope may change is said by the caller before the outcome is looked at.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.effects.result import Estimate, critical
from mtf_eval.errors import BadArgument, NotEnoughData

LEAST_MONTHS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesResult:
    """An interrupted series: the estimate, and the same with robust errors.

    Attributes
    ----------
    terms
        The changes at the start as ratios: `level`, and `slope` a month where it was asked for;
        columns `term`, `method`, `ratio`, `low`, `high`.
    """

    estimate: Estimate
    robust: Estimate
    terms: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Two rows, quasi-Poisson and Newey-West; the columns of every estimator."""
        return pd.concat([self.estimate.tidy(), self.robust.tidy()], ignore_index=True)

    def sentence(self) -> str:
        """Say the estimate in words."""
        return self.estimate.sentence()


def _ordinals(series: pd.Series) -> np.ndarray:
    months = pd.DatetimeIndex(series.index)
    return np.asarray(months.year * 12 + months.month)


def _monthly(series: pd.Series) -> pd.Series:
    series = series.sort_index()
    if (np.diff(_ordinals(series)) < 1).any():
        raise NotEnoughData("the series repeats a month")
    values = series.to_numpy(dtype=float)
    if not np.isfinite(values).all() or (values < 0).any() or (values % 1 != 0).any():
        raise BadArgument("the series holds a count that is missing, negative or not whole")
    return series.astype(float)


def interrupted_series(
    *,
    series: pd.Series,
    start: pd.Timestamp,
    rng: np.random.Generator,
    slope: bool = False,
    exposure: pd.Series | None = None,
    control: pd.Series | None = None,
    draws: int = 4_000,
    measure: str = "incidents",
    level: float = 0.95,
) -> SeriesResult:
    """Segmented regression of one monthly series with season, trend and a change at the start.

    Parameters
    ----------
    series
        Whole counts indexed by month. Months not on record are left out; trend and season go on
        through them, and the robust errors take the months on record as they follow each other.
    slope
        Whether the trend may change too, not the level alone; decide before looking.
    exposure
        Population, or days on record, of each month: rates are modelled (an offset).
    control
        Counts of places or kinds of incident that the project did not touch: their log is a
        regressor, so that what moved them is not put down to the project.
    draws
        Simulated coefficient vectors for the interval of incidents avoided.

    Raises
    ------
    NotEnoughData
        With fewer than eight months on either side, or a series of zeros on one side.
    """
    import statsmodels.api as sm

    y = _monthly(series)
    months = pd.DatetimeIndex(y.index)
    post = np.asarray(months >= pd.Timestamp(start))
    offset = np.log(_beside(exposure, months, "exposure", least=1e-9))
    if min(post.sum(), (~post).sum()) < LEAST_MONTHS:
        raise NotEnoughData(
            f"{measure}: {(~post).sum()} months before and {post.sum()} after the start; an "
            f"interrupted series needs {LEAST_MONTHS} on each side"
        )
    before, after = int(y[~post].sum()), int(y[post].sum())
    if before == 0 or after == 0:
        raise NotEnoughData(f"{measure}: {before} incident(s) before and {after} after the start")
    t = (_ordinals(y) - _ordinals(y)[0]).astype(float)
    columns = [np.ones(len(y)), t]
    angle = 2 * np.pi * months.month.to_numpy() / 12
    columns += [np.sin(angle), np.cos(angle)]
    if control is not None:
        columns.append(np.log(_beside(control, months, "control", least=0) + 0.5))
    changing = [post.astype(float)]
    if slope:
        changing.append(np.where(post, t - t[post][0], 0.0))
    design = np.column_stack([*columns, *changing])
    if len(y) - design.shape[1] < 5:
        raise NotEnoughData(f"{measure}: too few months for this model")
    model = sm.GLM(y.to_numpy(), design, family=sm.families.Poisson(), offset=offset)
    fit = fitted_model(model, measure, scale="X2")
    lags = math.floor(4 * (len(y) / 100) ** (2 / 9))  # Newey & West 1994
    hac = {"maxlags": lags, "use_correction": False}
    robust = fitted_model(model, measure, cov_type="HAC", cov_kwds=hac)
    neutral = design.copy()
    neutral[:, len(columns) :] = 0.0
    params = np.asarray(fit.params)
    fitted, counterfactual = (np.exp(x @ params + offset) for x in (design, neutral))
    poisson = np.asarray(fit.cov_params()) / float(fit.scale)
    residuals = np.asarray(fit.resid_pearson) - np.mean(fit.resid_pearson)
    alike = float((residuals[1:] * residuals[:-1]).sum() / (residuals**2).sum())
    cautions = _cautions(post, alike, control is not None)
    if absent := int(t[-1]) + 1 - len(y):
        cautions += (f"{absent} months between the first and the last are not on record.",)

    def estimated(name: str, covariance: np.ndarray) -> Estimate:
        without, with_it = counterfactual[post], fitted[post]
        gradient = with_it / with_it.sum() @ design[post] - without / without.sum() @ neutral[post]
        variances = [float(gradient @ c @ gradient) for c in (covariance, poisson)]
        variance = max(variances)  # never below Poisson
        covariance = covariance * variance / variances[0]
        result = ratio_estimate(
            measure=measure,
            log_ratio=float(np.log(with_it.sum() / without.sum())),
            se=math.sqrt(variance),
            level=level,
            n=before + after,
            n_before=before,
            n_after=after,
            expected=float(without.sum()),
            method=f"Interrupted time series ({name})",
            maryland=2 if control is None else 3,
            details={"dispersion": float(fit.scale), "autocorrelation": alike},
            cautions=cautions,
        )
        scatter = rng.multivariate_normal(params, covariance, size=draws, method="eigh")
        simulated = np.exp(np.clip(scatter @ neutral.T + offset, None, 50))
        avoided = simulated[:, post].sum(axis=1) - after
        low, high = map(float, np.quantile(avoided, [(1 - level) / 2, (1 + level) / 2]))
        return replace(result, avoided_low=low, avoided_high=high)

    methods = {"quasi-Poisson": np.asarray(fit.cov_params())}
    methods[f"Newey-West, {lags} lags"] = np.asarray(robust.cov_params())
    plain, newey_west = (estimated(name, c) for name, c in methods.items())
    terms = [
        (term, name, *np.exp(params[at] + critical(level=level) * se * np.array([0.0, -1.0, 1.0])))
        for name, covariance in methods.items()
        for at, term in enumerate(("level", "slope")[: len(changing)], start=len(columns))
        for se in [math.sqrt(max(covariance[at, at], poisson[at, at]))]
    ]
    return SeriesResult(
        estimate=plain,
        robust=newey_west,
        terms=pd.DataFrame(terms, columns=["term", "method", "ratio", "low", "high"]),
    )


def _beside(
    series: pd.Series | None, months: pd.DatetimeIndex, name: str, *, least: float
) -> np.ndarray:
    """Return what stands beside each month, ones where nothing does; refuse a month without."""
    if series is None:
        return np.ones(len(months))
    values: np.ndarray = series.reindex(months).to_numpy(dtype=float)
    if not np.isfinite(values).all() or (values < least).any():
        raise BadArgument(f"{name}: expected a number of {least:g} or more for every month")
    return values


def _cautions(post: np.ndarray, first_lag: float, controlled: bool) -> tuple[str, ...]:
    cautions = ["There is no comparison series: anything else that began then is in it."]
    if controlled:
        cautions = []
    if min(post.sum(), (~post).sum()) < 12:
        cautions.append("Less than a year on one side: the season is poorly known.")
    if abs(first_lag) > 2 / math.sqrt(len(post)):
        cautions.append(
            f"Neighbouring months are correlated ({first_lag:.2f}): the plain interval does not "
            "allow for that; Newey-West's does, but is itself narrow in short series."
        )
    return tuple(cautions)


def fitted_model(model: Any, measure: str, **options: Any) -> Any:
    """Return `model.fit(**options)`; a warning from the library is a `NotEnoughData`."""
    from statsmodels.tools import sm_exceptions

    raised = (RuntimeWarning, sm_exceptions.ModelWarning)
    with warnings.catch_warnings():
        for category in (*raised, sm_exceptions.PerfectSeparationWarning):
            warnings.simplefilter("error", category)
        try:
            return model.fit(**options)
        except (*raised, sm_exceptions.PerfectSeparationError, ZeroDivisionError) as problem:
            raise NotEnoughData(
                f"{measure}: too few incidents, or too little variation, for this model"
            ) from problem
