"""Time the benefit analysis: 10,000 draws of one project; a thousand projects, no draws.

Prints times and their ratio to a plain reference loop of this machine, so that two machines can
be compared. Run: python benchmarks/benefit.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome

from mtf_eval.analysis.benefit import appraisal
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.cashflow import Assumptions, flow, results
from mtf_eval.records.prices.reference import load_reference


def best(work: Callable[[], object], times: int = 3) -> float:
    """Shortest of some runs, in seconds, after one to warm up."""
    work()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


def yardstick() -> float:
    """A million additions in plain Python."""
    return best(lambda: sum(i * i for i in range(1_000_000)))


def measured() -> dict[str, float]:
    """Seconds of each task, warm."""
    reference = load_reference()
    data = dataset(
        project_measures=[measure()],
        outcomes=[
            outcome(unit_cost_code=code, people=20, deadweight=0.2, years=3, drop_off=0.3)
            for code in ("child_in_need_year", "jsa_claimant_into_work", "rough_sleeper_year")
        ],
        costs=[cost(amount_gbp=1000.0 * n) for n in range(1, 9)],
    )
    judged = evaluation(estimate())

    def one(draws: int) -> Benefit:
        return appraisal.analyse(
            data, judged, reference, price_year="2023/24", horizon_years=5,
            rng=np.random.default_rng(1), draws=draws,
        )  # fmt: skip

    lines = [replace(line, project_id=f"P{n}") for n in range(1000) for line in one(0).lines]
    assumptions = Assumptions(price_year="2023/24", horizon_years=5)
    return {
        "one project, 10,000 draws, everything": best(lambda: one(10_000)),
        "one project, no draws": best(lambda: one(0)),
        "a thousand projects, cash flow and results": best(
            lambda: results(flow(lines, reference, assumptions))
        ),
    }


if __name__ == "__main__":
    unit = yardstick()
    print(f"yardstick: {unit:.3f} s")
    for name, seconds in measured().items():
        print(f"{name}: {seconds:.3f} s, {seconds / unit:.2f} yardsticks")
