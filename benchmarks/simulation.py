"""Simulated data sets with a known effect: what each estimator makes of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects import Estimate, Panel, interrupted_series
from mtf_eval.analysis.effects.validation import ESTIMATORS
from mtf_eval.errors import NotEnoughData

MONTHS_BEFORE, MONTHS_AFTER = 24, 12
MONTHS = pd.date_range("2020-01-01", periods=MONTHS_BEFORE + MONTHS_AFTER, freq="MS")
AREAS = 80
TRUTH = 0.75
# One is slow, one is no ratio, and one is asked below, with both of its errors.
APART = ("Synthetic control", "Displacement difference", "Interrupted series, quasi-Poisson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How the records of a made-up force come about; the target is one of its areas."""

    words: str
    monthly: float = 10.0  # mean incidents an area and month
    shape: float = 3.0  # of the gamma distribution of area levels
    dispersion: float = 1.0  # variance over mean of a month's count
    drift: float = 0.0  # sd of an area's log change from one year to the next
    season: float = 0.3  # amplitude of the log season
    season_differs: float = 0.0  # sd of its phase between areas, in months
    memory: float = 0.0  # autocorrelation of an area's monthly deviations (sd 0.2)
    worst: bool = False  # the target is the area with the highest count in the last year before


SCENARIOS = (
    Scenario(words="Poisson, common season"),
    Scenario(words="Months twice as variable as Poisson", dispersion=2.0),
    Scenario(words="Areas drift by 20 % a year, months twice as variable", dispersion=2, drift=0.2),
    Scenario(words="Own seasons, drift 10 %", season=0.5, season_differs=1.5, drift=0.1),
    Scenario(words="Months hang together (0.6)", memory=0.6, dispersion=1.5),
    Scenario(words="Small counts: one a month", monthly=1.0, dispersion=1.5, drift=0.1),
    Scenario(words="Small counts: one in two months", monthly=0.5, dispersion=1.2),
    Scenario(words="Start in the worst of 80 areas, drift 20 %", dispersion=2, drift=0.2,
             shape=30, worst=True),
)  # fmt: skip


def simulate(scenario: Scenario, rng: np.random.Generator, truth: float = TRUTH) -> Panel:
    """Draw one force: months x areas, the target's months after multiplied by `truth`."""
    t = np.arange(len(MONTHS))
    level = rng.gamma(scenario.shape, scenario.monthly / scenario.shape, AREAS)
    phase = 6 + rng.normal(0, scenario.season_differs, AREAS)
    log_mean = np.log(level) + scenario.season * np.cos(2 * np.pi * (t[:, None] - phase) / 12)
    log_mean += np.cumsum(rng.normal(0, scenario.drift, (3, AREAS)), axis=0)[t // 12]
    noise = np.zeros((len(t), AREAS))
    if scenario.memory:
        noise[0] = rng.normal(0, 0.2, AREAS)
        for i in range(1, len(t)):
            fresh = rng.normal(0, 0.2 * np.sqrt(1 - scenario.memory**2), AREAS)
            noise[i] = scenario.memory * noise[i - 1] + fresh
    mean = np.exp(log_mean + noise)
    if scenario.dispersion > 1:
        counts = rng.negative_binomial(mean / (scenario.dispersion - 1), 1 / scenario.dispersion)
    else:
        counts = rng.poisson(mean)
    last_year = counts[MONTHS_BEFORE - 12 : MONTHS_BEFORE].sum(axis=0)
    chosen = int(last_year.argmax()) if scenario.worst else int(rng.integers(AREAS))
    counts[MONTHS_BEFORE:, chosen] = rng.binomial(counts[MONTHS_BEFORE:, chosen], truth)
    names = [f"E{i:08d}" for i in range(AREAS)]
    return Panel(
        counts=pd.DataFrame(counts, index=MONTHS, columns=names),
        target=(names[chosen],),
        start=MONTHS[MONTHS_BEFORE],
    )


def year_before(panel: Panel) -> Panel:
    """The twelve months before the start and all after: what a report compares by default."""
    return panel.between(MONTHS[MONTHS_BEFORE - 12], MONTHS[-1])


def answers(panel: Panel, rng: np.random.Generator) -> dict[str, Estimate]:
    """Every estimator's answer; those that refuse are left out."""
    short = year_before(panel)
    calls = {name: (found, short) for name, found in ESTIMATORS.items() if name not in APART}
    calls["Placebo-calibrated, two years before"] = (ESTIMATORS["Placebo-calibrated"], panel)
    found = {}
    for name, (estimator, records) in calls.items():
        with suppress(NotEnoughData):
            found[name] = estimator(records)
    with suppress(NotEnoughData):
        series = interrupted_series(
            series=panel.monthly(panel.target), start=panel.start, rng=rng, draws=10
        )
        found["Interrupted series, quasi-Poisson"] = series.estimate
        found["Interrupted series, Newey-West 3"] = series.robust
    return found


def coverage(*, draws: int, seed: int) -> pd.DataFrame:
    """Coverage, bias and power over `draws` data sets of each scenario."""
    rows = []
    for number, scenario in enumerate(SCENARIOS):
        records, own = (np.random.default_rng([seed, number, use]) for use in (0, 1))
        found: dict[str, list[tuple[float, float, float]]] = {}
        for _ in range(draws):
            for name, result in answers(simulate(scenario, records), own).items():
                found.setdefault(name, []).append((result.estimate, result.low, result.high))
        for name, results in found.items():
            values = np.array(results)
            logs = np.log(np.maximum(values[:, 0], 1e-3))
            rows.append(
                {
                    "scenario": scenario.words,
                    "estimator": name,
                    "cannot_say": 1 - len(values) / draws,
                    "covers": ((values[:, 1] <= TRUTH) & (values[:, 2] >= TRUTH)).mean(),
                    "bias": float(np.exp(np.median(logs)) / TRUTH - 1),
                    "falls": (values[:, 2] < 1).mean(),
                }
            )
        print(f"simulated: {scenario.words}", flush=True)
    return pd.DataFrame(rows)
