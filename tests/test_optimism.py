"""Optimism bias makes nothing rosier: the sign of each amount decides, in every figure alike.

Unit costs of the hand sums: Home Office Research Report 99 (2018), table E1, prices of 2015/16:
robbery £11,320, theft from the person £1,380, violence with injury £14,050, whose parts come to
£14,060. The grades are 3 and 4: 15% off a gain.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recalculate
import xlsxwriter
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome
from scipy import stats

from mtf_eval.analysis.benefit import appendix, appraisal, statement, totals
from mtf_eval.analysis.benefit.appendix import model
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.uncertainty import simulate
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.publish.exports.sheets import add_model
from mtf_eval.records.prices.reference import Reference, load_reference

ROBBERY, THEFT, VIOLENCE, KEPT = 11_320.0, 1_380.0, 14_050.0, 0.85
STOLEN = measure("Theft from the person", "crime_theft_from_person")
PAID = {"date": "2015-06-01"}  # in the prices of the report, and so in year 0


def analysed(
    judged: Evaluation, *measures: dict[str, Any], reference: Reference | None = None,
    costs: tuple[dict[str, Any], ...] = (cost(amount_gbp=10_000.0, **PAID),), draws: int = 2_000,
    outcomes: tuple[dict[str, Any], ...] = (),
) -> Benefit:  # fmt: skip
    data = dataset(project_measures=list(measures), costs=list(costs), outcomes=list(outcomes))
    return appraisal.analyse(
        data, judged, reference or load_reference(), price_year="2015/16", horizon_years=5,
        rng=np.random.default_rng(1), draws=draws,
    )  # fmt: skip


def rose(by: float = 25.0) -> Evaluation:
    """100 robberies where 75 were expected."""
    return evaluation(estimate(ratio=100 / (100 - by), se_log=0.05))


def test_a_loss_is_left_as_it_is_and_a_gain_is_lowered() -> None:
    lost = analysed(rose(), measure())
    assert lost.results["present_value_benefits_gbp"] == pytest.approx(-25 * ROBBERY)
    assert lost.results["present_value_fiscal_gbp"] < 0
    said = lost.sentence()
    assert f"a loss of £{25 * ROBBERY:,.0f} of public value (of benefits " in said
    assert said.endswith("), beside costs of £10,000.")
    for code, each in (("crime_robbery", ROBBERY), ("crime_violence_with_injury", VIOLENCE)):
        gained = analysed(rose(by=-25.0), measure(code=code))
        assert gained.results["present_value_benefits_gbp"] == pytest.approx(25 * each * KEPT)


def test_every_page_table_leaves_the_loss_alone() -> None:
    back = cost(amount_gbp=-1_000.0, evidence_grade=6, **PAID)
    done = analysed(rose(), measure(), costs=(cost(amount_gbp=9_000.0, **PAID), back))
    assert appendix.calculation(done).frame["bias"].tolist() == [0]
    assert appendix.cost_sources(done).frame["bias"].tolist() == [0, 0]
    assert statement.costs(done).frame["corrected"].iloc[-1] == 8_000
    steps = statement.waterfall(done).frame.set_index("step")["gbp"]
    assert "Optimism bias on benefits" not in steps.index
    assert steps["Gross benefits"] == pytest.approx(-25 * ROBBERY)
    assert steps["Net present public value"] == pytest.approx(steps.iloc[:-1].sum())
    value = {
        name: found["present_value_benefits_gbp"]
        for name, _, found in done.sensitivities
        if "ptimism" in name
    }
    assert list(value.values()) == pytest.approx([-25 * ROBBERY] * 2)
    said = "The estimate is a loss, so no saving can be claimed"
    assert statement.chance_finding(done) == said
    gained = statement.waterfall(analysed(rose(by=-25.0), measure())).frame.set_index("step")
    off = gained.loc["Optimism bias on benefits", "gbp"]
    assert off == pytest.approx(-25 * ROBBERY * (1 - KEPT))


def test_each_draw_goes_by_its_own_sign() -> None:
    """The lower end of an interval across nought is not drawn in; the upper one is."""
    effect = estimate("Theft from the person", ratio=0.95, se_log=0.1)
    done = analysed(evaluation(effect), STOLEN, draws=100_000)
    assert done.draws is not None
    avoided = 100 / (0.95 * np.exp(stats.norm.ppf([0.95, 0.5, 0.05]) * 0.1)) - 100
    assert avoided[0] < 0 < avoided[1]
    exact = avoided * THEFT * [1, KEPT, KEPT]
    found = done.draws.quantiles(done.draws.public)
    assert found == pytest.approx(tuple(exact), rel=0.03, abs=200)
    (drawn,) = (v for key, v in done.draws.inputs.items() if key[0] == "effect")
    np.testing.assert_allclose(done.draws.public, drawn * THEFT * np.where(drawn < 0, 1, KEPT))
    (swing,) = (s for s in done.swings if s.kind == "effect")
    low, high = np.quantile(drawn, [0.1, 0.9])
    assert swing.at_low_gbp == pytest.approx(low * THEFT - 10_000)
    assert swing.at_high_gbp == pytest.approx(high * THEFT * KEPT - 10_000)


def test_no_draw_of_anything_is_rosier_for_it() -> None:
    """Benefits are never more, and costs never less, than without any correction."""
    people = outcome(unit_cost_code="alcohol_dependency_year", people=9, impact=0.5, years=3,
                     drop_off=0.2, evidence_grade=5)  # fmt: skip
    beside = evaluation(estimate(ratio=0.9), buffer=estimate(ratio=1.2, after=40))
    paid = (cost(amount_gbp=500.0, evidence_grade=4), cost(amount_gbp=-900.0, evidence_grade=6))
    done = analysed(beside, measure(), outcomes=(people,), costs=paid)
    for each in filter(None, (done, done.claims)):
        runs = [
            simulate(
                each.lines, each.reference, replace(each.assumptions, optimism=how),
                rng=np.random.default_rng(3), draws=4_000,
            )
            for how in ("worst", "mean", "off")
        ]  # fmt: skip
        *biased, plain = runs
        for name in ("public", "fiscal", "cashable"):
            free = getattr(plain, name)
            for run in biased:
                assert (getattr(run, name) <= free + 1e-9).all()
        for run in biased:
            assert (run.costs >= plain.costs - 1e-9).all()
            assert (run.careful <= plain.careful + 1e-9).all()
    assert done.draws is not None
    assert 0.05 < (done.draws.public < 0).mean() < 0.95, "both sides were tried"


def test_what_breaks_even_on_the_other_side_of_nought() -> None:
    """Thefts avoided are worth 100 x £1,380 x 0.85; robberies more cost £11,320 each, whole."""
    effects = (estimate(ratio=0.7), estimate("Theft from the person", ratio=0.5))
    done = analysed(evaluation(*effects), measure(), STOLEN)
    frame = appendix.switching_values(done).frame.set_index("input")
    at = -(100 * THEFT * KEPT - 10_000) / ROBBERY
    assert frame.loc["Effect: Robbery", "switch"] == pytest.approx(at)
    assert frame.loc["Effect: Robbery", "meaning"] == "more incidents than expected"
    robberies = 100 / 0.7 - 100
    at = -(robberies * ROBBERY * KEPT - 10_000) / THEFT
    assert frame.loc["Effect: Theft from the person", "switch"] == pytest.approx(at)


def test_what_a_loss_would_have_to_become_to_break_even() -> None:
    """In doubt, 11 fewer and 40 more next door: to pay £10,000 some 1.04 fewer, of 85% each."""
    beside = estimate(ratio=1.5, after=120, se_log=0.05)
    judged = evaluation(estimate(ratio=0.9, se_log=0.03), buffer=beside)
    done = analysed(judged, measure())
    assert done.evidence == "doubtful"
    assert done.results["present_value_benefits_gbp"] == pytest.approx(
        (100 / 0.9 - 100 - 40) * ROBBERY
    )
    row = appendix.switching_values(done).frame.set_index("input").loc["Effect: Robbery"]
    assert row["switch"] == pytest.approx(10_000 / (ROBBERY * KEPT))
    assert row["meaning"] == "fewer incidents than expected"
    price = appendix.switching_values(done).frame.set_index("input").loc["Unit cost: Robbery"]
    assert price["meaning"] == "no value of it alone changes the answer"


def test_a_total_lowers_the_gains_in_it_alone() -> None:
    gained = analysed(rose(by=-25.0), measure())
    other = appraisal.analyse(
        dataset(project_measures=[measure(project_id="P2")], costs=[cost(project_id="P2",
                amount_gbp=1.0, **PAID)]),
        evaluation(estimate(ratio=100 / 75, se_log=0.05), project_id="P2", areas=("A2",)),
        load_reference(), price_year="2015/16", horizon_years=5, rng=np.random.default_rng(1),
        draws=0,
    )  # fmt: skip
    whole = totals.portfolio([gained, other], rng=np.random.default_rng(1), draws=500)
    total = 25 * ROBBERY * KEPT - 25 * ROBBERY
    assert whole.results["present_value_benefits_gbp"] == pytest.approx(total)
    assert whole.draws is not None
    low, high = whole.draws.interval
    assert low < total < high


# A unit cost that takes from one and gives to another


def mixed() -> Reference:
    """A place in a service that costs services £500 a year and earns £2,000 for society."""
    ours = load_reference()
    own = {
        "fiscal_gbp": "-500", "economic_gbp": "2000", "social_gbp": "", "transfer_gbp": "",
        "total_gbp": "1500", "low_gbp": "", "high_gbp": "", "price_year": "2015/16",
    }  # fmt: skip
    rows = tuple(
        {**row, **own} if row["code"] == "child_in_need_year" else row
        for row in ours.tables["unit_costs"]
    )
    return replace(ours, tables={**ours.tables, "unit_costs": rows})


def place(people: int = 10) -> dict[str, Any]:
    return outcome(unit_cost_code="child_in_need_year", people=people, evidence_grade=6)


def test_of_a_unit_cost_the_part_that_is_lost_is_left_whole() -> None:
    done = analysed(evaluation(), reference=mixed(), outcomes=(place(),))
    assert done.results["present_value_fiscal_gbp"] == pytest.approx(-10 * 500)
    value = 10 * (2_000 * 0.6 - 500)  # grade 6: 40% off
    assert done.results["present_value_benefits_gbp"] == pytest.approx(value)


def test_a_workbook_keeps_the_rule_by_the_sign_of_what_is_typed(tmp_path: Path) -> None:
    """LibreOffice works out the loss, the refund, the lost part, and a quantity typed anew."""
    paid = (cost(amount_gbp=9_000.0, evidence_grade=5, **PAID),
            cost(amount_gbp=-2_000.0, evidence_grade=6, **PAID))  # fmt: skip
    judged = evaluation(estimate(ratio=100 / 75, se_log=0.05), failed=("trend",))
    done = analysed(judged, measure(), costs=paid, outcomes=(place(),), reference=mixed(), draws=0)
    with xlsxwriter.Workbook(tmp_path / "written.xlsx") as book:
        add_model(book, model(done))

    stored = [x["present"] for x in model(done)["lines"] if x["sum"] == "claimed"]
    assert np.sum(stored, axis=0) == pytest.approx([10 * (2_000 * 0.6 - 500), -10 * 500])

    def earns(book: Any) -> None:
        (line,) = [c.row for c in book["Unit costs"]["A"] if c.value == "crime_robbery"]
        book["Unit costs"][f"F{line}"].value = -400  # services gain by each

    def typed(row: str, quantity: float) -> recalculate.Change:
        return lambda book: recalculate.set_input(book, row, "Quantity, or pounds paid", quantity)

    asked = {
        "as_it_is": lambda book: None,
        "gain": typed("project_measures row 2", 25.0),
        "paid": typed("costs row 3", 2_000.0),
        "earns": earns,
    }
    path = tmp_path / "written.xlsx"
    books = recalculate.recalculated({n: (path, c) for n, c in asked.items()}, tmp_path / "office")
    costs, claimed = 9_000 * 1.25 - 2_000, "What the project claims"
    shown = "What the records show: Not shown"
    assert done.results["present_value_benefits_gbp"] == pytest.approx(-25 * ROBBERY)
    for name, benefits, spent in (
        ("as_it_is", -25 * ROBBERY, costs),
        ("gain", 25 * ROBBERY * KEPT, costs),
        ("paid", -25 * ROBBERY, 9_000 * 1.25 + 2_000 * 1.4),
    ):
        found = books[name][shown]
        assert found["present_value_benefits_gbp"] == pytest.approx(benefits), name
        assert found["present_value_costs_gbp"] == pytest.approx(spent), name
    gain = 25 * 400 * KEPT
    assert books["earns"][shown]["present_value_fiscal_gbp"] == pytest.approx(gain)
    own = books["as_it_is"][claimed]
    assert own["present_value_fiscal_gbp"] == pytest.approx(-10 * 500)
    assert own["present_value_benefits_gbp"] == pytest.approx(10 * (2_000 * 0.6 - 500))
