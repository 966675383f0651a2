"""What must hold of every benefit analysis, whatever its numbers."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent))
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome

from mtf_eval.analysis.benefit import appraisal
from mtf_eval.analysis.benefit.cashflow import Assumptions, flow, parts, results
from mtf_eval.analysis.benefit.lines import Line, account
from mtf_eval.analysis.benefit.uncertainty import simulate
from mtf_eval.records.prices.reference import load_reference

REFERENCE = load_reference()
CODES = sorted(c for c, u in REFERENCE.unit_costs.items() if u.role == "benefit" and not u.rare)
ASSUMPTIONS = Assumptions(price_year="2019/20", horizon_years=6)
SHARES = st.floats(0, 1).map(lambda x: round(x, 3))

outcomes = st.builds(
    outcome,
    unit_cost_code=st.sampled_from(CODES),
    people=st.integers(0, 500),
    impact=SHARES,
    deadweight=SHARES,
    attribution=SHARES,
    lag_years=st.integers(0, 3),
    years=st.floats(0.25, 4).map(lambda x: round(x, 2)),
    drop_off=SHARES,
    evidence_grade=st.integers(1, 6),
)
costs = st.builds(
    cost,
    agency=st.sampled_from(["Police", "NHS Trust"]),
    amount_gbp=st.integers(1, 10**5).map(float),
    date=st.dates(*[np.datetime64(d).astype(object) for d in ("2018-05-01", "2022-03-01")]),
    evidence_grade=st.integers(1, 6),
)
quick = settings(max_examples=25, deadline=None)


def lines(rows: list[dict[str, Any]], spent: list[dict[str, Any]]) -> list[Line]:
    return list(
        account(
            dataset(outcomes=rows, costs=spent), evaluation(start="2018-05-01"), REFERENCE
        ).lines
    )


def found(each: list[Line], assumptions: Assumptions = ASSUMPTIONS) -> Any:
    return results(flow(each, REFERENCE, assumptions)).iloc[0]


@quick
@given(st.lists(outcomes, max_size=4), st.lists(costs, min_size=1, max_size=4), st.randoms())
def test_order_of_rows_changes_nothing(
    rows: list[dict[str, Any]], spent: list[dict[str, Any]], order: Any
) -> None:
    one = found(lines(rows, spent))
    order.shuffle(rows)
    order.shuffle(spent)
    other = found(lines(rows, spent))
    np.testing.assert_allclose(
        one.drop("payback_year").astype(float), other.drop("payback_year").astype(float), atol=1e-6
    )


def test_rows_that_differ_in_anything_stand_in_one_order() -> None:
    _, one = lines([outcome(unit_cost_code=CODES[0], people=3)], [cost(amount_gbp=1.0)])
    changes = {"project_id": "P2", "route": "places", "label": "Other", "agency": "NHS",
               "unit_cost": REFERENCE.unit_cost(CODES[1]), "quantity": 4.0, "impact": 0.5,
               "deadweight": 0.5, "profile": (1.5, *one.profile[1:])}  # fmt: skip
    for name, value in changes.items():
        other = replace(one, **{name: value})
        assert (one.order < other.order) == (not other.order < one.order), name


@quick
@given(st.lists(outcomes, min_size=1, max_size=3), st.lists(costs, min_size=1, max_size=3))
def test_splitting_a_project_in_two_adds_up(
    rows: list[dict[str, Any]], spent: list[dict[str, Any]]
) -> None:
    whole = lines(rows, spent)
    halves = [
        replace(line, project_id=name, quantity=line.quantity * share)
        for line in whole
        for name, share in (("one", 0.3), ("other", 0.7))
    ]
    split = results(flow(halves, REFERENCE, ASSUMPTIONS))
    pounds = [c for c in split.columns if c.endswith("_gbp")]
    expected = found(whole)[pounds].astype(float)
    np.testing.assert_allclose(split[pounds].sum().astype(float), expected, rtol=1e-9, atol=1e-6)


@quick
@given(outcomes, st.floats(0.1, 10))
def test_benefits_are_linear_in_the_unit_cost(row: dict[str, Any], factor: float) -> None:
    (line,) = lines([row], [cost(amount_gbp=1.0)])[1:]
    unit = line.unit_cost
    assert unit is not None
    names = ("fiscal_gbp", "economic_gbp", "social_gbp", "transfer_gbp", "total_gbp")
    dearer = replace(unit, code="scaled", **{name: getattr(unit, name) * factor for name in names})
    spent = lines([], [cost(amount_gbp=1.0)])
    one = found([*spent, line])
    other = found([*spent, replace(line, unit_cost=dearer)])
    for name in ("present_value_benefits_gbp", "present_value_fiscal_gbp"):
        if not np.isnan(one[name]):
            assert other[name] == pytest.approx(one[name] * factor, abs=1e-6)


@quick
@given(st.lists(outcomes, min_size=1, max_size=3), st.lists(costs, min_size=1, max_size=3))
def test_at_a_rate_of_zero_present_value_is_the_plain_sum(
    rows: list[dict[str, Any]], spent: list[dict[str, Any]]
) -> None:
    bands = tuple({**band, "rate": "0"} for band in REFERENCE.tables["discount_rates"])
    free = replace(REFERENCE, tables={**REFERENCE.tables, "discount_rates": bands})
    frame = flow(lines(rows, spent), free, ASSUMPTIONS)
    np.testing.assert_allclose(frame["present_gbp"], frame["amount_gbp"])
    total = frame.loc[frame["side"].eq("cost"), "amount_gbp"].sum()
    assert results(frame)["present_value_costs_gbp"].iloc[0] == pytest.approx(total)


@settings(max_examples=8, deadline=None)
@given(
    ratio=st.floats(0.4, 1.3), narrow=st.floats(0.03, 0.2), more=st.floats(1.2, 4),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_wider_effect_gives_wider_benefit(
    ratio: float, narrow: float, more: float, seed: int
) -> None:
    widths = []
    for se_log in (narrow, narrow * more):
        data = dataset(
            project_measures=[measure("Theft from the person", "crime_theft_from_person")]
        )
        effect = estimate("Theft from the person", ratio=ratio, se_log=se_log)
        done = appraisal.analyse(
            data, evaluation(effect), REFERENCE, price_year="2019/20", horizon_years=2,
            rng=np.random.default_rng(seed), draws=1000,
        )  # fmt: skip
        assert done.draws is not None
        low, _, high = done.draws.quantiles(done.draws.public)
        widths.append(high - low)
    assert widths[1] > widths[0]


@quick
@given(st.floats(0.5, 1.5), st.floats(0.02, 0.5))
def test_no_saving_lies_inside_whenever_no_effect_does(ratio: float, se_log: float) -> None:
    effect = estimate(ratio=ratio, se_log=se_log)
    data = dataset(project_measures=[measure()])
    read = account(data, evaluation(effect), REFERENCE).lines
    drawn = simulate(read, REFERENCE, ASSUMPTIONS, rng=np.random.default_rng(1), draws=200)
    low, high = drawn.interval
    if effect.low <= 1 <= effect.high:
        assert low <= 0 <= high


@pytest.mark.parametrize("code", sorted(REFERENCE.unit_costs))
def test_anticipation_only_takes_away(code: str) -> None:
    unit = REFERENCE.unit_cost(code)
    whole = sum(p.gbp for p in parts(unit) if not p.transfer)
    without = sum(p.gbp for p in parts(unit, anticipation=False) if not p.transfer)
    assert without == pytest.approx(whole - unit.anticipation_gbp)
    assert 0 <= unit.anticipation_gbp < unit.total_gbp
