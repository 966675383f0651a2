"""Worked numbers of effects.toml beside it, compared to the digits written there."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects.pooling import random_effects_mean
from mtf_eval.records.reading.hours import spread

CASES = tomllib.loads((Path(__file__).parent / "effects.toml").read_text("utf-8"))["case"]
Y = [-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232]
V = [0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040]


def flat(result: Any) -> dict[str, float]:
    names = ("estimate", "low", "high", "p", "se", "se_log")
    found = {n: getattr(result, n) for n in names if getattr(result, n, None) is not None}
    if isinstance(result, effects.Estimate) and result.estimate:
        found["log"] = math.log(result.estimate)
    return found | dict(result.details)


def bicycle_theft(*, counts: list[int]) -> dict[str, float]:
    months = pd.date_range("2023-01-01", periods=len(counts), freq="MS")
    result = effects.interrupted_series(
        series=pd.Series(counts, index=months),
        start=pd.Timestamp("2024-07-01"),
        rng=np.random.default_rng(1),
    )
    robust = {"robust_low": result.robust.low, "robust_high": result.robust.high}
    return flat(result.estimate) | robust


def statsmodels_poisson_p(
    *, after: int, before: int, exposure_after: float, exposure_before: float, method: str
) -> dict[str, float]:
    from statsmodels.stats.rates import test_poisson_2indep as compare

    found = compare(after, exposure_after, before, exposure_before, method=method, compare="ratio")
    return {"p": float(found.pvalue)}


def statsmodels_power(**inputs: float) -> dict[str, float]:
    from statsmodels.stats.rates import power_poisson_diff_2indep

    rates = (inputs.pop("rate1"), inputs.pop("rate2"), inputs.pop("nobs1"))
    found = power_poisson_diff_2indep(
        *rates, alternative="smaller", method_var="score", return_results=False, **inputs
    )
    return {"power": float(found)}


def viechtbauer_dl() -> dict[str, float]:
    mean, tau2, variance = random_effects_mean(np.array(Y), np.array(V))
    reach = 1.959964 * math.sqrt(variance)
    return {"mean": mean, "low": mean - reach, "high": mean + reach, "tau2": tau2}


def pooled(*, y: list[float], v: list[float]) -> dict[str, float]:
    found = effects.pool_ratios(log_ratios=y, errors=[math.sqrt(x) for x in v])
    return {"tau2": found.tau2, "i2": 100 * found.i2, "q": found.q, "mean": found.mean}


def bcg(*, treated: list[list[int]], control: list[list[int]]) -> dict[str, float]:
    """Log risk ratios of the thirteen trials with their variances, as escalc of metafor."""
    (a, b), (c, d) = np.array(treated).T, np.array(control).T
    y = np.log(a / (a + b)) - np.log(c / (c + d))
    return pooled(y=y.tolist(), v=(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)).tolist())


def viechtbauer_reml() -> dict[str, float]:
    from scipy.optimize import minimize_scalar

    y, v = np.array(Y), np.array(V)

    def loss(tau2: float) -> float:
        w = 1 / (v + tau2)
        mean = (w * y).sum() / w.sum()
        return float(-np.log(w).sum() + np.log(w.sum()) + (w * (y - mean) ** 2).sum())

    return {"tau2": float(minimize_scalar(loss, bounds=(0, 2), method="bounded").x)}


def aoristic(*, start: str, end: str) -> dict[str, float]:
    times = (pd.to_datetime(pd.Series([t])) for t in (start, end))
    _, hours, weights = spread(*times)
    return {f"h{h % 24}": float(w) for h, w in zip(hours, weights, strict=True)} | {
        "sum": float(weights.sum())
    }


def thresholds(*, mean: float) -> dict[str, float]:
    """Fall that is just significant: the reach of the interval where nothing moved."""

    def reach(**areas: tuple[float, float]) -> float:
        found = effects.weighted_displacement_difference(
            target=(mean, mean), comparison=(mean, mean), **areas
        )
        assert found.high is not None
        return found.high

    beside = {"displacement": (mean, mean), "displacement_comparison": (mean, mean)}
    return {"half": reach(), "half_displacement": reach(**beside)}


def scipy_etest(
    *, after: int, before: int, exposure_after: float = 1, exposure_before: float = 1
) -> dict[str, float]:
    from scipy import stats

    found = stats.poisson_means_test(after, exposure_after, before, exposure_before)
    return {"p": float(found.pvalue)}


ADAPTERS: Mapping[str, Callable[..., dict[str, float]]] = {
    "aoristic": aoristic,
    "bicycle_theft": bicycle_theft,
    "holm_list": lambda p: {f"p{i}": v for i, v in enumerate(effects.holm(p))},
    "mde": lambda **k: {"mde": effects.minimum_detectable_effect(**k)},
    "scipy_etest": scipy_etest,
    "statsmodels_poisson_p": statsmodels_poisson_p,
    "statsmodels_power": statsmodels_power,
    "thresholds": thresholds,
    "viechtbauer_dl": viechtbauer_dl,
    "viechtbauer_pm": lambda: pooled(y=Y, v=V),
    "bcg": bcg,
    "power_of": lambda **k: {"power": effects.power(**k)},
    "viechtbauer_reml": viechtbauer_reml,
}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["words"][:60])
def test_worked(case: dict[str, Any]) -> None:
    call, inputs = case["call"], case["inputs"]
    found = ADAPTERS[call](**inputs) if call in ADAPTERS else flat(getattr(effects, call)(**inputs))
    assert case["source"]
    for name, text in case["expected"].items():
        digits = len(text.partition(".")[2])
        near = pytest.approx(float(text), abs=0.5000001 * 10**-digits)
        assert found[name] == near, f"{name}: {found[name]} against {text}"


def test_every_section_has_cases() -> None:
    sections = {"1", "2", "3", "4", "5", "6", "7", "8", "9"}
    assert sections == {case["topic"].split()[0] for case in CASES} | {"5"}
