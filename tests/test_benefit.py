"""The benefit analysis against sums done by hand, closed forms, and its own rules."""

from __future__ import annotations

import doctest
from dataclasses import replace
from inspect import isfunction
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from benefit_cases import CASES, cost, dataset, estimate, evaluation, measure, outcome
from scipy import stats

import mtf_eval as mtf
from mtf_eval.analysis.benefit import appendix, appraisal, journeys, statement, totals
from mtf_eval.analysis.benefit.appraisal import Benefit, _weakest, chance_words, each_pound
from mtf_eval.analysis.benefit.cashflow import Assumptions, Pricing, flow, parts, results
from mtf_eval.analysis.benefit.guards import guard
from mtf_eval.analysis.benefit.lines import account
from mtf_eval.analysis.benefit.statement import (
    bridge,
    chance_finding,
    costs_finding,
    payback,
    waterfall_finding,
)
from mtf_eval.analysis.benefit.uncertainty import Draws, draw_net, simulate
from mtf_eval.analysis.project.design import Window
from mtf_eval.analysis.project.net import Net
from mtf_eval.analysis.results.columns import MINUS, pounds
from mtf_eval.analysis.results.tables import AS_RECORDED, Shown, Table
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference, load_reference


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference()


def analyse(data: Dataset, evaluated: Any, reference: Reference, **given: Any) -> Benefit:
    options = {"price_year": "2023/24", "horizon_years": 5, "draws": 2000} | given
    return appraisal.analyse(data, evaluated, reference, rng=np.random.default_rng(7), **options)


def burglaries(people: int = 50, **given: Any) -> dict[str, Any]:
    return outcome(unit_cost_code="crime_domestic_burglary", people=people, **given)


# --- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_worked_by_hand(case: dict[str, Any], reference: Reference) -> None:
    effect = case.get("effect")
    start = f"{case['price_year'][:4]}-05-01"
    found = []
    measures = []
    if effect:
        found = [
            estimate(
                effect["measure"],
                ratio=effect["ratio"],
                after=effect["after"],
                se_log=effect["se_log"],
                months=effect["months"],
            )
        ]
        measures = [measure(effect["measure"], effect["unit_cost_code"])]
    data = dataset(
        costs=[cost(**row) for row in case["costs"]],
        outcomes=[outcome(**row) for row in case["outcomes"]],
        project_measures=measures,
    )
    done = analyse(
        data,
        evaluation(*found, start=start),
        reference,
        price_year=case["price_year"],
        horizon_years=case["horizon_years"],
        draws=0,
    )
    assert done.problems == ()
    for name, expected in case["expected"].items():
        digits = 4 if name.endswith("bcr") else 2
        assert round(float(done.results[name]), digits) == expected, name
    if "payback" in case:
        assert statement.headline(done).frame["payback"][0] == case["payback"]


def test_the_lower_bound_is_never_above_the_result_and_says_what_it_is_net_of(
    reference: Reference,
) -> None:
    code = "crime_domestic_burglary"
    data = dataset(project_measures=[measure("Burglary", code)], costs=[cost(amount_gbp=1000.0)])
    buffer = estimate("Burglary", ratio=1.1)
    sides = ((None, "next door not measured"), (buffer, "net of next door"))
    for (beside, words), error in product(sides, (0.3, 0.14)):
        found = evaluation(estimate("Burglary", ratio=0.7, se_log=error), buffer=beside)
        done = analyse(data, found, reference)
        assert done.draws is not None
        loss = done.draws.public < 0
        assert loss.any()
        lean = done.draws.careful + done.draws.costs
        assert lean[loss] == pytest.approx(done.draws.public[loss]), "nothing is put back"
        assert lean[~loss] == pytest.approx(done.draws.public[~loss] * (5930 - 710) / 5930)
        options = statement.appraisal_summary(done).frame
        said = [words in note for note in statement.results_in_pounds(done).notes]
        assert said == [True] * (not done.no_saving)
        assert done.no_saving == (error == 0.3)
        least = options[options["option"].str.startswith("Lower bound")]
        assert least.empty == done.no_saving
        assert least["option"].str.contains(words).all()


def test_risks_name_every_rule_and_whether_anybody_else_claims_it(reference: Reference) -> None:
    # A child on a plan is also in need: a warning of the table of pairs.
    rows = [outcome(unit_cost_code=f"child_{kind}_year", people=4)
            for kind in ("protection_plan", "in_need")]  # fmt: skip
    area = {"area_code": "A1", "role": "target", "population": 2000}
    areas = [{"project_id": name, **area} for name in ("P1", "P2")]
    alone = dataset(outcomes=rows, costs=[cost(amount_gbp=1000.0)], project_areas=areas)
    risks = str(
        statement.appraisal_summary(analyse(alone, evaluation(), reference)).frame["risks"][1]
    )
    assert "check that they do not overlap" in risks
    listed = appendix.findings(analyse(alone, evaluation(), reference)).frame.iloc[:, 0]
    assert [row.split(". ")[0] for row in listed] == [str(n + 1) for n in range(len(listed))]
    listed = appendix.findings(analyse(alone, evaluation(), reference)).frame
    assert listed.iloc[:, 0].str.match(r"\d+\. ").all()
    assert [row.split(".")[0] for row in listed.iloc[:, 0]] == [
        str(n) for n in range(1, len(listed) + 1)]  # fmt: skip
    assert risks.endswith("no other project on record claims it")
    # Shares of a half each add up to no more than 1, and are two claims all the same.
    halves = [{**row, "project_id": name, "attribution": 0.5} for row in rows
              for name in ("P1", "P2")]  # fmt: skip
    shared = dataset(outcomes=halves, costs=[cost(amount_gbp=1000.0)], project_areas=areas)
    risks = str(
        statement.appraisal_summary(analyse(shared, evaluation(), reference)).frame["risks"][1]
    )
    assert "no other project" not in risks


def test_costs_table_keeps_cash_in_kind_and_capital_apart(reference: Reference) -> None:
    data = dataset(
        costs=[
            cost(amount_gbp=100.0, capital="yes"),
            cost(amount_gbp=40.0),
            cost(kind="in_kind", hours=2.0, rate_gbp=10.0),
            cost(agency="NHS Trust", amount_gbp=7.0),
        ]
    )
    frame = statement.costs(analyse(data, evaluation(), reference)).frame.set_index("agency")
    assert list(frame.loc["Police", ["capital", "running", "in_kind", "total"]]) == [
        100,
        40,
        20,
        160,
    ]
    assert frame.loc["Total", "total"] == 167


def test_costs_by_agency_are_of_one_price_year_and_what_bias_adds_stands_apart(
    reference: Reference,
) -> None:
    """The deflator of 2023/24 is 92.8945, of 2025/26 100 (HM Treasury, June 2026)."""
    later = {"date": "2025-06-01"}
    data = dataset(
        costs=[
            cost(amount_gbp=1000.0, capital="yes", evidence_grade=4, **later),  # 15% more
            cost(kind="in_kind", hours=20.0, rate_gbp=10.0, **later),
            cost(agency="NHS Trust", amount_gbp=7.0),
        ]
    )
    frame = statement.costs(analyse(data, evaluation(), reference)).frame.set_index("agency")
    names = ["capital", "running", "in_kind", "total", "corrected"]
    by_hand = {
        "Police": [928.945, 0, 185.789, 1114.734, 1.15 * 928.945 + 185.789],
        "NHS Trust": [0, 7, 0, 7, 7],
        "Total": [928.945, 7, 185.789, 1121.734, 1.15 * 928.945 + 192.789],
    }
    for agency, row in by_hand.items():
        assert frame.loc[agency, names].tolist() == pytest.approx(row), agency


# --- uncertainty against closed forms ------------------------------------------------------------


def test_draws_of_an_effect_are_lognormal() -> None:
    effect = estimate(ratio=0.8, se_log=0.2, after=100)
    drawn = draw_net(Net(effect=effect), np.random.default_rng(1), 200_000)
    exact = 100 / np.exp(stats.norm.ppf([0.95, 0.5, 0.05], np.log(0.8), 0.2)) - 100
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(exact, abs=0.6)
    mean = 125 * np.exp(0.2**2 / 2) - 100  # mean of a lognormal
    assert drawn.mean() == pytest.approx(mean, abs=4 * drawn.std() / np.sqrt(len(drawn)))


def test_draws_with_few_degrees_of_freedom_meet_the_interval() -> None:
    effect = estimate(ratio=0.8, se_log=0.2, df=8.0)
    drawn = draw_net(Net(effect=effect), np.random.default_rng(1), 200_000)
    ends = np.quantile(drawn, [0.025, 0.975])
    assert ends == pytest.approx([effect.avoided_low, effect.avoided_high], rel=0.03, abs=0.7)


def test_draws_without_a_standard_error_meet_the_interval() -> None:
    effect = estimate(ratio=0.8, se_log=0.2, with_error=False)
    drawn = draw_net(Net(effect=effect), np.random.default_rng(1), 200_000)
    ends = np.quantile(drawn, [0.025, 0.975])
    assert ends == pytest.approx([effect.avoided_low, effect.avoided_high], rel=0.03, abs=0.7)


def test_effect_times_a_fixed_cost_has_the_lognormal_quantiles(reference: Reference) -> None:
    # Theft from the person has no range: low = default = high, so only the effect is drawn.
    data = dataset(project_measures=[measure("Theft from the person", "crime_theft_from_person")])
    effect = estimate("Theft from the person", ratio=0.6, se_log=0.15)
    done = analyse(
        data, evaluation(effect), reference, price_year="2015/16", horizon_years=1, draws=100_000
    )
    exact = 1380 * 0.85 * (100 / (0.6 * np.exp(stats.norm.ppf([0.95, 0.5, 0.05]) * 0.15)) - 100)
    assert done.draws is not None
    assert done.draws.quantiles(done.draws.public) == pytest.approx(tuple(exact), rel=0.01)


def test_sum_of_triangulars_has_the_closed_mean_and_variance(reference: Reference) -> None:
    data = dataset(
        outcomes=[
            outcome(unit_cost_code="asb_further_action", people=10),  # 100 to 1,000, usually 500
            outcome(unit_cost_code="gp_consultation_2024_25", people=300),  # 40 to 48, usually 48
        ],
        costs=[cost(amount_gbp=0.0)],
    )
    done = analyse(
        data, evaluation(), reference, price_year="2024/25", horizon_years=1, draws=100_000
    )
    assert done.draws is not None
    mean, variance = 0.0, 0.0
    asb = reference.uprate(1.0, "2002/03", "2024/25") * 0.6 * 10
    for low, mode, high, scale in ((100, 500, 1000, asb), (40, 48, 48, 300 * 0.85)):
        mean += scale * (low + mode + high) / 3
        squares = low**2 + mode**2 + high**2 - low * mode - low * high - mode * high
        variance += scale**2 * squares / 18
    # Nothing else is drawn and the work was given for nothing, so net is the benefits.
    drawn = done.draws.prices["drawn"]
    assert drawn.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / len(drawn)))
    assert drawn.var() == pytest.approx(variance, rel=0.03)


def test_same_seed_same_draws_and_rows_in_any_order(reference: Reference) -> None:
    # Alike but for the name: what is drawn first must not hang on which row came first.
    child = outcome(unit_cost_code="child_in_need_year", people=50, deadweight=0.2)
    rows = [burglaries(deadweight=0.2), child]
    costs = [cost(amount_gbp=10.0), cost(amount_gbp=99.0, agency="NHS Trust")]
    one = analyse(dataset(outcomes=rows, costs=costs), evaluation(), reference)
    other = analyse(dataset(outcomes=rows[::-1], costs=costs[::-1]), evaluation(), reference)
    assert one.draws is not None
    assert other.draws is not None
    np.testing.assert_allclose(one.draws.net, other.draws.net)
    np.testing.assert_allclose(
        one.results.astype(float).dropna(), other.results.astype(float).dropna()
    )


def test_cash_flow_and_simulation_price_alike(reference: Reference) -> None:
    data = dataset(
        project_measures=[measure()],
        outcomes=[burglaries(years=3, drop_off=0.3), outcome(
            unit_cost_code="alcohol_dependency_year", people=7, lag_years=1, years=2), outcome(
            unit_cost_code="temporary_accommodation_bnb_week", people=9, years=5)],
        costs=[cost(amount_gbp=500.0, date="2024-08-01", evidence_grade=5)],
    )  # fmt: skip
    done = analyse(data, evaluation(estimate(months=20)), reference, draws=0)
    assert done.claims is not None
    pricing, names = Pricing(reference, done.assumptions), ["present_value_benefits_gbp",
        "present_value_fiscal_gbp", "cashable_benefit_gbp"]  # fmt: skip
    for each, cashable in ((done, False), (done.claims, True)):
        total = np.zeros(3)
        for line in each.claimed:
            total += pricing.present(line, pricing.units(line))
        assert total == pytest.approx(each.results[names].to_numpy(float))
        assert bool(total[2]) == cashable
        assert total[2] < total[1]


def test_switching_value_brings_the_ratio_to_one(reference: Reference) -> None:
    data = dataset(outcomes=[burglaries()], costs=[cost(amount_gbp=60_000.0)])
    done = analyse(data, evaluation(), reference, draws=0)
    assert done.switching is not None
    smaller = dataset(
        outcomes=[burglaries(impact=done.switching)], costs=[cost(amount_gbp=60_000.0)]
    )
    again = analyse(smaller, evaluation(), reference, draws=0)
    assert again.results["public_value_bcr"] == pytest.approx(1.0)
    nothing = dataset(outcomes=[burglaries(attribution=0.0)], costs=[cost(amount_gbp=60_000.0)])
    assert analyse(nothing, evaluation(), reference, draws=0).switching is None
    back = dataset(outcomes=[burglaries()], costs=[cost(amount_gbp=-500.0)])
    assert analyse(back, evaluation(), reference, draws=0).switching is None, "nothing was paid"


def test_each_switching_value_by_hand(reference: Reference) -> None:
    """Benefits are in proportion to every input but deadweight: to what would not have happened."""
    people = outcome(unit_cost_code="child_in_need_year", people=50, impact=0.8, deadweight=0.3,
                     attribution=0.9)  # fmt: skip
    data = dataset(outcomes=[people], costs=[cost(amount_gbp=20_000.0)])
    done = analyse(data, evaluation(), reference, draws=200)
    share = done.results["present_value_costs_gbp"] / done.results["present_value_benefits_gbp"]
    frame = appendix.switching_values(done).frame
    frame = frame.set_index(frame["input"].str.split(":").str[0])
    for name, reported, switch in (
        ("Impact", 0.8, 0.8 * share),
        ("Attribution", 0.9, 0.9 * share),
        ("Deadweight", 0.3, 1 - 0.7 * share),
        ("Unit cost", 1, share),
        ("Costs", 1, 1 / share),
    ):
        assert frame.loc[name, "reported"] == reported
        assert frame.loc[name, "switch"] == pytest.approx(switch), name
    assert frame.loc["Impact", "meaning"] == f"{1 - share:.0%} less"
    effect = dataset(project_measures=[measure()], costs=[cost(amount_gbp=20_000.0)])
    done = analyse(effect, evaluation(estimate()), reference, draws=200)
    share = done.results["present_value_costs_gbp"] / done.results["present_value_benefits_gbp"]
    frame = appendix.switching_values(done).frame.set_index("input")
    # 100 where 100 / 0.7 were expected
    assert frame.loc["Effect: Robbery", "switch"] == pytest.approx((100 / 0.7 - 100) * share)


def test_no_share_above_one_is_called_a_switching_value(reference: Reference) -> None:
    people = outcome(unit_cost_code="child_in_need_year", people=50, impact=0.8, deadweight=0.3,
                     attribution=0.9)  # fmt: skip
    for times, possible in ((0.9, True), (1.5, False)):
        data = dataset(outcomes=[people], costs=[cost(amount_gbp=1.0)])
        done = analyse(data, evaluation(), reference, draws=200)
        benefits = done.results["present_value_benefits_gbp"]
        data = dataset(outcomes=[people], costs=[cost(amount_gbp=times * benefits)])
        done = analyse(data, evaluation(), reference, draws=200)
        frame = appendix.switching_values(done).frame
        frame = frame.set_index(frame["input"].str.split(":").str[0])
        for name, reported in (("Impact", 0.8), ("Attribution", 0.9)):
            found = frame.loc[name, "switch"]
            assert found == pytest.approx(times * reported) if possible else np.isnan(found)
        assert frame.loc["Unit cost", "switch"] == pytest.approx(times), "a price may be any"
        said = {"no value of it alone changes the answer"}
        assert possible or set(frame.loc[["Impact", "Attribution"], "meaning"]) == said


def test_tornado_is_sorted_and_straddles_the_result(reference: Reference) -> None:
    data = dataset(project_measures=[measure()], outcomes=[burglaries(5, deadweight=0.3)],
                   costs=[cost(amount_gbp=6000.0)])  # fmt: skip
    done = analyse(data, evaluation(estimate()), reference)
    widths = [swing.width for swing in done.swings]
    assert widths == sorted(widths, reverse=True)
    assert done.swings[0].kind == "effect"
    first = done.swings[0]
    assert first.at_low_gbp < done.net_gbp < first.at_high_gbp


# --- no effect, no saving ------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.82, 0.9, 1.0, 1.15])
def test_no_effect_inside_means_no_saving_inside(ratio: float, reference: Reference) -> None:
    effect = estimate(ratio=ratio, se_log=0.1014)
    assert effect.low <= 1 <= effect.high
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(effect), reference, draws=500)
    assert done.draws is not None
    low, high = done.draws.interval
    assert low <= 0 <= high
    assert done.sentence().startswith("No saving can be claimed")


@pytest.mark.parametrize(
    ("end", "out", "said"),
    [
        ("2024-04-30", (), ""),
        ("2025-04-30", (), "12 of the 24 months"),
        ("2024-04-30", ("2023-08-01", "2023-09-01"), "10 of the 12 months"),
    ],
)
def test_pounds_of_a_part_of_the_response_say_so(
    end: str, out: tuple[str, ...], said: str, reference: Reference
) -> None:
    """All costs stand against the months compared: a year of it at most, and those on record."""
    judged = evaluation(estimate())
    first, before, start, last = map(
        pd.Timestamp, ("2022-05-01", "2023-04-01", "2023-05-01", "2024-04-01")
    )
    window = Window(
        before_first=first, before_last=before, start=start, last=last, same_season=True,
        out=tuple(map(pd.Timestamp, out)),
    )  # fmt: skip
    project = replace(judged.project, response_end=pd.Timestamp(end))
    judged = replace(judged, window=window, project=project)
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    notes = [n for n in analyse(data, judged, reference, draws=0).notes if "Pounds are of" in n]
    assert len(notes) == bool(said)
    assert said in " ".join(notes)


def test_a_design_without_comparison_is_called_gross(reference: Reference) -> None:
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(estimate(maryland=2)), reference)
    assert "gross" in done.sentence()
    assert "gross_without_counterfactual" in {f.rule for f in done.findings}


@pytest.mark.parametrize(
    ("level", "opening"),
    [
        (2, "If all of the change is the project's doing, benefits of £"),
        (3, "The records are consistent with benefits of £"),
        (4, "Benefits of £"),
    ],
)
def test_the_weaker_the_design_the_weaker_the_words(
    level: int, opening: str, reference: Reference
) -> None:
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(estimate(maryland=level)), reference)
    assert done.sentence().startswith(opening)


def test_the_weakest_design_of_several_measures_caps_the_words(reference: Reference) -> None:
    names = {"Robbery": "crime_robbery", "Burglary": "crime_domestic_burglary"}
    measures = [measure(name, code) for name, code in names.items()]
    data = dataset(project_measures=measures, costs=[cost(amount_gbp=1000.0)])
    for levels, weakest in (((5, 3), 3), ((3, 4), 3), ((5, 4), 4)):
        effects = [estimate(n, maryland=m) for n, m in zip(names, levels, strict=True)]
        done = analyse(data, evaluation(*effects), reference, draws=0)
        assert len(done.claimed) == 2
        assert done.maryland == weakest
        assert done.sentence().startswith("Benefits of £") == (weakest == 4)


def test_an_outcome_of_nobody_is_worth_nothing_and_has_no_worth_each(reference: Reference) -> None:
    rows = [burglaries(), burglaries(people=0, source="the other one")]
    data = dataset(outcomes=rows, costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(), reference, draws=0)
    each = appendix.calculation(done).frame.set_index("row")
    assert each.loc["outcomes row 3", "present"] == 0
    assert np.isnan(each.loc["outcomes row 3", "each"])
    one = each.loc["outcomes row 2"]
    assert one["each"] == pytest.approx(0.85 * one["uprated_gbp"])  # grade 4, in year 0
    assert one["present"] == pytest.approx(50 * one["each"])


def test_outcomes_without_a_design_are_only_claimed(reference: Reference) -> None:
    data = dataset(outcomes=[burglaries()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(), reference)
    assert done.sentence().startswith(
        "Claimed by the project, not shown by the records: benefits of £"
    )


def test_a_total_is_as_sure_as_its_weakest_line() -> None:
    order = ("effect", "doubtful", "claimed", "against", "not_shown")  # the surest first
    for one, other in product(order, repeat=2):
        lines = [SimpleNamespace(evidence=e) for e in (one, other)]
        assert _weakest(lines) == max(one, other, key=order.index)  # type: ignore[arg-type]
    assert _weakest([]) is None


def test_no_chance_is_called_certain(reference: Reference) -> None:
    data = dataset(outcomes=[burglaries()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(), reference)
    assert done.draws is not None
    assert done.draws.chance == 1
    said = (
        done.sentence(),
        statement.chance_finding(done),
        statement.headline(done).frame["chance"][0],
    )
    assert all("over 99%" in words for words in said)
    for share, words in ((0.991, "over 99%"), (0.99, "99%"), (0.01, "1%"), (0.009, "under 1%")):
        assert chance_words(share) == words


def test_a_year_in_which_nothing_happened_pays_nothing_back(reference: Reference) -> None:
    # £1,000 spent in year 1, nothing before it; 50 people's burglaries avoided in year 4.
    data = dataset(
        outcomes=[burglaries(lag_years=4)],
        costs=[cost(amount_gbp=1000.0, date="2023-06-01")],
    )
    done = analyse(data, evaluation(start="2022-05-01"), reference)
    assert done.results["payback_year"] == 4
    # What is spent a year after the gain began has been paid for by then.
    late = data.tables["outcomes"].assign(lag_years=0)
    before = replace(data, tables={**data.tables, "outcomes": late})
    assert analyse(before, evaluation(start="2022-05-01"), reference).results["payback_year"] == 1


def test_years_stand_in_order(reference: Reference) -> None:
    data = dataset(
        outcomes=[burglaries(lag_years=2), burglaries(lag_years=10)],
        costs=[cost(amount_gbp=1000.0)],
    )
    done = analyse(data, evaluation(), reference, horizon_years=12)
    years = statement.by_agency_and_year(done).frame["year"].unique().tolist()
    assert years == ["Year 0", "Year 2", "Year 10"]


def test_costs_and_no_effect_says_what_is_missing(reference: Reference) -> None:
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(Robbery="only three incidents."), reference)
    assert done.sentence().startswith("We cannot say what was saved. It cost £1,000")
    assert "only three incidents" in done.sentence()
    assert pd.isna(done.results["public_value_bcr"])
    assert statement.headline(done).frame["payback"][0] == "we cannot say"


def test_effect_and_no_costs_gives_no_ratio(reference: Reference) -> None:
    done = analyse(dataset(project_measures=[measure()]), evaluation(estimate()), reference)
    assert "no costs are on record" in done.sentence()
    assert pd.isna(done.results["public_value_bcr"])
    assert done.results["present_value_benefits_gbp"] > 0


def test_nothing_at_all_still_makes_every_table(reference: Reference) -> None:
    done = analyse(dataset(), evaluation(), reference)
    assert done.sentence().startswith("We cannot say")
    for table in _tables(done):
        assert isinstance(table, Table)


# --- guards --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "rule", "left_out"),
    [
        (("asb_further_action", "crime_robbery"), "asb_contains_crime", "crime_robbery"),
        (("drug_misuse_effective_treatment_year", "crime_robbery"), "drug_treatment_contains_crime",
         "crime_robbery"),
        (("homeless_adult_services_year", "ae_attendance_2024_25"),
         "homeless_adult_contains_health", "ae_attendance_2024_25"),
        (("eviction_complex", "void_relet"), "eviction_contains_parts", "void_relet"),
        (("fire_domestic_building", "fire_response"), "fire_total_contains_parts", "fire_response"),
        (("domestic_abuse_victim", "domestic_violence_incident"),
         "domestic_abuse_victim_or_incident", "domestic_violence_incident"),
        (("domestic_abuse_victim", "crime_violence_with_injury"),
         "domestic_abuse_contains_violence", "crime_violence_with_injury"),
        (("child_in_care_year", "child_protection_plan_year"), "child_one_step_at_a_time", None),
        (("crime_robbery", "prison_place_year"), "prison_is_in_crime", "prison_place_year"),
        (("jsa_claimant_into_work", "neet_18_24_year"), "work_or_neet", "neet_18_24_year"),
        (("crime_average_all_types", "crime_robbery"), "average_crime_contains_crimes",
         "crime_average_all_types"),
    ],
)  # fmt: skip
def test_double_counting_rules(
    codes: tuple[str, str], rule: str, left_out: str | None, reference: Reference
) -> None:
    data = dataset(outcomes=[outcome(unit_cost_code=code, people=10) for code in codes])
    done = analyse(data, evaluation(), reference, draws=0)
    (text,) = (found.text for found in done.findings if found.rule == rule)
    assert text.endswith("; it is left out." if left_out else "; check that they do not overlap.")
    assert {line.code for line in done.lines} == set(codes) - {left_out}


def test_every_rule_names_codes_that_exist(reference: Reference) -> None:
    from fnmatch import fnmatchcase

    costs = reference.unit_costs.values()
    for rule in reference.tables["double_counting"]:
        for pattern in f"{rule['first']}|{rule['second']}".split("|"):
            named = {*reference.unit_costs, *(f"kind:{c.category}" for c in costs)}
            assert any(fnmatchcase(name, pattern) for name in named), pattern


def test_the_rules_hold_for_the_users_own_copy_too(reference: Reference) -> None:
    ours = {row["code"]: row for row in reference.tables["unit_costs"]}
    copy = ours["asb_further_action"] | {"code": "CR1.0", "verified": "user-copy"}
    both = reference.with_unit_costs([copy])
    rows = [burglaries(), outcome(unit_cost_code="CR1.0", people=20)]
    done = analyse(dataset(outcomes=rows), evaluation(), both, draws=0)
    assert "asb_contains_crime" in {f.rule for f in done.findings if f.action == "refuse"}
    assert [line.code for line in done.claimed] == ["CR1.0"]


@pytest.mark.parametrize(
    ("code", "label", "beside", "rule"),
    [
        ("CR8.1", "Violence with injury, per incident", "prison_place_year", "prison_is_in_crime"),
        (
            "CR8.1",
            "Violence with injury",
            "domestic_abuse_victim",
            "domestic_abuse_contains_violence",
        ),
        ("CR8.3", "Robbery", "drug_misuse_sustained_recovery", "drug_treatment_contains_crime"),
    ],
)
def test_crimes_of_the_users_own_copy_are_crimes(
    reference: Reference, code: str, label: str, beside: str, rule: str
) -> None:
    from mtf_eval.records.prices.unit_cost_import import _kind

    ours = {row["code"]: row for row in reference.tables["unit_costs"]}
    copy = ours["crime_robbery"] | {"code": code, "entry": code, "label": label}
    copy |= {"verified": "user-copy", "category": "user"}
    copy |= _kind(copy, reference.tables["unit_cost_kinds"])
    both = reference.with_unit_costs([copy])
    rows = [outcome(unit_cost_code=code, people=20), outcome(unit_cost_code=beside, people=20)]
    done = analyse(dataset(outcomes=rows), evaluation(), both, draws=0)
    assert rule in {f.rule for f in done.findings if f.action == "refuse"}
    assert len(done.claimed) == 1


def test_inputs_are_no_benefit_and_rare_events_stand_alone(reference: Reference) -> None:
    rows = [
        outcome(unit_cost_code="alcohol_treatment_year", people=10),
        outcome(unit_cost_code="crime_homicide", people=1),
        burglaries(),
    ]
    done = analyse(dataset(outcomes=rows), evaluation(), reference, draws=0)
    assert {line.code for line in done.lines} == {"crime_domestic_burglary"}
    assert appendix.shown_alone(done).frame["each"][0] == pytest.approx(
        3_217_740 * 92.8945 / 72.0902
    )
    found = {f.rule: f for f in done.findings}
    assert found["costs_among_benefits"].action == "refuse"
    assert found["rare_dear_event"].action == "alone"
    assert "is shown alone, outside every total" in found["rare_dear_event"].text


def test_measures_that_are_not_costed(reference: Reference) -> None:
    data = dataset(
        project_measures=[measure("Drugs", "crime_robbery"), measure("Fly-tipping", None)]
    )
    done = analyse(data, evaluation(estimate("Drugs")), reference)
    assert not done.lines
    assert "not put in pounds" in done.notes[0]
    assert "no unit cost was fixed" in done.notes[1]


def test_no_unit_cost_of_an_average_is_cashable(reference: Reference) -> None:
    cashable = {code for code, each in reference.unit_costs.items() if each.cashable_share}
    assert cashable == {"temporary_accommodation_bnb_week"}


def test_outcome_claimed_by_two_projects_is_warned_about(reference: Reference) -> None:
    rows = [burglaries(attribution=0.7), burglaries(attribution=0.6, project_id="P2")]
    areas = [
        {"project_id": p, "area_code": "E1", "role": "target", "population": 1}
        for p in ("P1", "P2")
    ]
    done = analyse(dataset(outcomes=rows, project_areas=areas), evaluation(), reference, draws=0)
    found = next(f for f in done.findings if f.rule == "claimed_twice")
    assert found.action == "warn"
    assert "1.30" in found.text
    apart = [areas[0], areas[1] | {"area_code": "E2"}]
    whole = [rows[0], rows[1] | {"attribution": 0.3}]
    for claimed, where in ((rows, apart), (whole, areas)):
        data = dataset(outcomes=claimed, project_areas=where)
        done = analyse(data, evaluation(), reference, draws=0)
        assert "claimed_twice" not in {f.rule for f in done.findings}


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"outcomes": [outcome(unit_cost_code="crime_burglary", people=9)]}, "did you mean"),
        ({"costs": [cost(amount_gbp=5.0, date="2034-01-01")]}, "not covered by the GDP deflator"),
        ({"project_measures": [measure(code="crime_robbbery")]}, "crime_robbery"),
    ],
)
def test_bad_rows_give_one_clear_message_and_the_rest_is_computed(
    tables: dict[str, Any], words: str, reference: Reference
) -> None:
    good = {"costs": [cost(amount_gbp=100.0)]}
    both = good | {k: v + good.get(k, []) for k, v in tables.items()}
    done = analyse(dataset(**both), evaluation(estimate()), reference, horizon_years=1, draws=0)
    assert len(done.problems) == 1
    assert words in str(done.problems[0])
    assert str(done.problems[0]).startswith(f"{next(iter(tables))}, row 2")
    assert np.isfinite(done.results["present_value_costs_gbp"]) == ("costs" not in tables)
    if "project_measures" in tables:
        assert done.sentence().endswith(" No effect or outcome on record has a price.")
    told = appendix.gaps(done).frame
    assert words.split()[-1] in " ".join(told["text"])
    assert told.iloc[:, 0].tolist() == [str(n + 1) for n in range(len(told))]


@pytest.mark.parametrize(
    ("day", "year"),
    [("2023-05-02", 0), ("2023-10-20", 0), ("2024-10-05", 0), ("2024-10-19", 0), ("2024-10-20", 1),
     ("2025-10-19", 1), ("2025-11-01", 2)],
)  # fmt: skip
def test_a_year_of_a_project_begins_on_its_day(day: str, year: int, reference: Reference) -> None:
    """Twelve months from 20 October 2023 end on 19 October 2024, whatever month that is."""
    data = dataset(costs=[cost(amount_gbp=1000.0, date=day)])
    done = analyse(data, evaluation(start="2023-10-20"), reference, draws=0)
    assert done.flow["year"].tolist() == [year]
    paid = done.flow["amount_gbp"].iloc[0]
    assert done.flow["present_gbp"].iloc[0] == pytest.approx(paid / 1.035**year)


def test_a_cost_after_the_horizon_stops_what_needs_a_cost(reference: Reference) -> None:
    tables = {"costs": [cost(amount_gbp=100.0), cost(amount_gbp=5.0, date="2024-08-01")]}
    done = analyse(dataset(**tables), evaluation(estimate()), reference, horizon_years=1, draws=0)
    assert done.unpriced == ("costs row 3 is after the horizon of 1 year",)
    assert done.results.isna()[["present_value_costs_gbp", "public_value_bcr"]].all()
    whole = analyse(dataset(**tables), evaluation(estimate()), reference, horizon_years=2, draws=9)
    assert not whole.unpriced
    assert "Horizon of 1 year" not in {case for case, _, _ in whole.sensitivities}


def test_a_price_year_the_deflator_does_not_cover_is_refused(reference: Reference) -> None:
    for name in ("optimism", "unit_costs"):
        with pytest.raises(BadArgument, match=f"{name}='best': expected one of"):
            Assumptions(price_year="2023/24", horizon_years=5, **{name: "best"})
    with pytest.raises(BadArgument, match=r"2033/34.*1997/98 to 2030/31"):
        analyse(dataset(), evaluation(), reference, price_year="2033/34")


def test_assumptions_are_checked() -> None:
    with pytest.raises(BadArgument):
        Assumptions(price_year="2023/24", horizon_years=0)


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"costs": [cost(amount_gbp=100.0), cost(amount_gbp=5.0, date="2034-01-01")]}, "row 3"),
        ({"costs": []}, "no costs are on record"),
        (
            {
                "costs": [cost(amount_gbp=100.0)],
                "outcomes": [burglaries(), outcome(unit_cost_code="luck", people=1)],
            },
            "outcomes row 3 has no price",
        ),
    ],
)
def test_nothing_rests_on_part_of_the_costs_or_benefits(
    tables: dict[str, Any], reason: str, reference: Reference
) -> None:
    done = analyse(
        dataset(**({"outcomes": [burglaries()]} | tables)), evaluation(), reference, draws=200
    )
    whole = totals.portfolio([done], rng=np.random.default_rng(1), draws=200)
    for each in (done, whole):
        assert each.results["present_value_benefits_gbp"] > 0
        for name in ("net_present_public_value_gbp", "net_present_budget_impact_gbp"):
            assert np.isnan(each.results[name])
        assert each.results.filter(like="bcr").isna().all()
        assert (each.chance, each.switching, each.swings, each.marks) == (None, None, (), {})
        assert each.draws is not None
        assert np.isnan(each.draws.net).all()
        assert reason in each.sentence()
        assert "for each £1." in each.sentence()
        assert "£" not in each.sentence().split("nor for each £1")[0].split("prices)")[1]
        assert statement.headline(each).frame["payback"][0] == "we cannot say"
        row = statement.headline(each).frame.iloc[0]
        assert row[["net", "bcr"]].isna().all()
        assert statement.cash_flow(each).frame["running_public"].isna().all()
        assert appendix.sensitivities(each).frame.drop(columns="case").isna().all(axis=None)
        assert np.isnan(statement.waterfall(each).frame["gbp"].iloc[-1])
        assert not len(appendix.distribution(each).frame)
        known = "outcomes" in reason
        assert np.isfinite(each.results["present_value_costs_gbp"]) == known == each.spent
        assert statement.costs(each).total_row == known


def test_work_given_for_nothing_has_nothing_to_pay_back(reference: Reference) -> None:
    data = dataset(outcomes=[burglaries()], costs=[cost(amount_gbp=0.0)])
    done = analyse(data, evaluation(), reference, draws=200)
    assert done.results["net_present_public_value_gbp"] > 0
    assert statement.headline(done).frame["payback"][0] == "nothing to pay back"
    assert "against costs of £0: nothing was paid on balance" in done.sentence()
    alone = analyse(dataset(costs=[cost(amount_gbp=0.0)]), evaluation(), reference, draws=0)
    assert "It cost £0 (2" in alone.sentence()


def test_a_refund_is_not_enlarged_by_optimism_bias(reference: Reference) -> None:
    rows = [cost(amount_gbp=20_000.0), cost(amount_gbp=-5_000.0, evidence_grade=6)]
    done = analyse(dataset(costs=rows), evaluation(), reference, draws=0)
    assert done.results["present_value_costs_gbp"] == pytest.approx(15_000)


def test_an_allowance_on_what_came_back_makes_no_ratio(reference: Reference) -> None:
    """10,000 of the weakest evidence and 10,500 back: 500 more came back than was ever paid."""
    rows = [cost(amount_gbp=10_000.0, evidence_grade=6), cost(amount_gbp=-10_500.0)]
    done = analyse(dataset(outcomes=[burglaries()], costs=rows), evaluation(), reference, draws=200)
    assert done.results["present_value_costs_gbp"] > 0, "by the allowance alone"
    assert "for each £1" not in done.sentence()
    assert "nothing was paid on balance, so there is no ratio" in done.sentence()
    row = statement.headline(done)
    assert row.frame["payback"][0] == "nothing to pay back"
    assert row.frame["bcr"].isna().all()
    assert statement.ratios(done).frame.iloc[:3, 1].isna().all()
    assert appendix.sensitivities(done).frame.filter(like="bcr").isna().all(axis=None)
    assert appendix.model(done)["unshown"], "nor in the workbook"


def test_prices_that_fell_behind_make_no_ratio_of_a_refund(reference: Reference) -> None:
    """28,100 paid in 2023 and 29,600 back a year on: less at the prices of 2023, and discounted."""
    rows = [cost(amount_gbp=28_100.0, date=pd.Timestamp("2023-10-15")),
            cost(amount_gbp=-29_600.0, date=pd.Timestamp("2024-11-30"))]  # fmt: skip
    done = analyse(dataset(outcomes=[burglaries()], costs=rows), evaluation(), reference, draws=0)
    assert done.results["present_value_costs_gbp"] > 0
    assert "nothing was paid on balance, so there is no ratio" in done.sentence()


def test_the_sums_alone() -> None:
    import mtf_eval
    from mtf_eval.analysis.benefit import totals

    assert doctest.testmod(totals).failed == 0
    assert np.isnan(mtf_eval.npv([1.0, np.nan], [1.0]))
    assert mtf_eval.bcr([0, 0, 107.1225], [100], rate=0.035) == pytest.approx(1.0)
    assert mtf_eval.present_value(np.ones(31)) - mtf_eval.present_value(np.ones(30)) == (
        pytest.approx(1.035**-30)
    )
    for wrong in ([], [[1.0]]):
        with pytest.raises(BadArgument, match="one amount a year"):
            mtf_eval.present_value(wrong)
    assert mtf_eval.bcr([3], [0.5]) == 6, "costs of pence are costs"
    with pytest.raises(NotEnoughData):
        mtf_eval.bcr([1], [0])


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.38e12, "£1.38 trillion"), (9.996e8, "£1 billion"), (2.5e9, "£2.5 billion"),
     (-3420.4, "\N{MINUS SIGN}£3,420"), (1.234e6, "£1.23 million"), (115_999, "£116,000")],
)  # fmt: skip
def test_sums_in_sentences(value: float, words: str) -> None:
    assert pounds(value) == words


# --- sensitivities -------------------------------------------------------------------------------


def test_switched_sensitivities_move_as_they_must(reference: Reference) -> None:
    data = dataset(
        project_measures=[measure("Burglary", "crime_domestic_burglary")],
        costs=[cost(amount_gbp=1000.0)],
    )
    done = analyse(data, evaluation(estimate("Burglary")), reference)
    found = {name: float(row["present_value_benefits_gbp"]) for name, _, row in done.sensitivities}
    base = found["As reported"]
    assert found["Optimism bias off"] == pytest.approx(base / 0.85)
    # grades 1, 3, 4: corrections 0, 10 and 15 per cent
    mean = (0 + 0.10 + 0.15) / 3
    assert found["Optimism bias by the mean of the grades"] == pytest.approx(
        base / 0.85 * (1 - mean)
    )
    assert found["Cost of anticipating crime left out"] == pytest.approx(base * (5930 - 710) / 5930)
    newer = reference.uprate(7720, "2019/20", "2023/24") * 2.17
    assert found["Recorded crime scaled up to actual crime"] == pytest.approx(
        base / reference.uprate(5930, "2015/16", "2023/24") * newer
    )
    assert found["Unit costs at the high end"] == pytest.approx(base * 8980 / 5930)
    lasting = base * (1 + 0.5 / 1.035 + 0.25 / 1.035**2)
    assert found["Effect lasts 3 years, 50% less each year"] == pytest.approx(lasting)
    half = analyse(data, evaluation(estimate("Burglary", months=6)), reference)
    found = {name: float(row["present_value_benefits_gbp"]) for name, _, row in half.sensitivities}
    assert found["As reported"] == pytest.approx(base), "six months hold them all"
    assert found["Effect lasts 3 years, 50% less each year"] == pytest.approx(2 * lasting)
    short = analyse(data, evaluation(estimate("Burglary")), reference, horizon_years=1)
    found = {name: float(row["present_value_benefits_gbp"]) for name, _, row in short.sensitivities}
    assert found["As reported"] == pytest.approx(base), "one year is all that was observed"
    assert found["Effect lasts 3 years, 50% less each year"] == pytest.approx(lasting)


def test_what_moved_next_door_is_taken_off_and_said(reference: Reference) -> None:
    # 25 avoided (100 after, ratio 0.8), ten more than expected next door (50 after, ratio 1.25).
    judged = evaluation(estimate(ratio=0.8, se_log=0.02), buffer=estimate(ratio=1.25, after=50))
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, judged, reference, draws=10)
    found = {name: float(r["present_value_benefits_gbp"]) for name, _, r in done.sensitivities}
    gross = found["What moved next door not taken off (gross)"]
    assert found["As reported"] == pytest.approx(gross * (25 - 10) / 25)
    (text,) = (f.text for f in done.findings if f.rule == "displacement")
    assert text.startswith("Robbery: 15 fewer incidents than expected (95% interval ")
    assert text.endswith("net of 10 more next door. All pounds are net of them.")
    steps = statement.waterfall(done).frame.set_index("step")["gbp"]
    assert steps["Moved next door"] == pytest.approx(-steps["Gross benefits"] * 10 / 25)
    plain = analyse(data, evaluation(estimate(ratio=0.8)), reference, draws=0)
    assert "Moved next door" not in set(statement.waterfall(plain).frame["step"])


def test_a_fall_next_door_is_never_credited(reference: Reference) -> None:
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    effect, spread = estimate(ratio=0.7), estimate(ratio=0.6, se_log=0.3)
    alone, beside = (analyse(data, evaluation(effect, buffer=b), reference) for b in (None, spread))
    assert beside.net_gbp == alone.net_gbp
    assert beside.draws is not None
    assert alone.draws is not None
    np.testing.assert_array_equal(beside.draws.public, alone.draws.public)


def test_both_errors_are_drawn_and_no_draw_credits_a_fall_next_door() -> None:
    effect, buffer = estimate(ratio=0.8, se_log=0.1), estimate(ratio=1.2, se_log=0.2, after=60)
    net = Net(effect=effect, beside=buffer)
    drawn = draw_net(net, np.random.default_rng(3), 200_000)
    rng = np.random.default_rng(4)
    target = 100 / (0.8 * np.exp(0.1 * rng.standard_normal(200_000))) - 100
    beside = 60 / (1.2 * np.exp(0.2 * rng.standard_normal(200_000))) - 60
    exact = np.quantile(target + np.minimum(beside, 0), [0.025, 0.5, 0.975])
    assert np.quantile(drawn, [0.025, 0.5, 0.975]) == pytest.approx(exact, abs=0.7)
    assert net.interval == pytest.approx(exact[[0, 2]], abs=0.7)
    assert net.avoided == pytest.approx((100 / 0.8 - 100) + (60 / 1.2 - 60))


def test_a_net_that_holds_nought_is_doubtful_and_quotes_its_doubt(reference: Reference) -> None:
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    buffer = estimate(ratio=1.4, se_log=0.2, after=110)
    done = analyse(data, evaluation(estimate(ratio=0.7), buffer=buffer), reference)
    assert done.evidence == "doubtful"
    assert done.sentence().startswith("In doubt (part or all may have moved next door): benefits")
    failed = evaluation(estimate(ratio=0.7), failed=("fake start dates",))
    again = analyse(data, failed, reference)
    assert again.evidence == "doubtful"
    assert "look at: fake start dates" in again.sentence()
    assert analyse(data, evaluation(estimate(ratio=0.7)), reference).evidence == "effect"
    assert analyse(data, evaluation(estimate(ratio=1.4)), reference).evidence == "against"
    doubted = evaluation(estimate(ratio=1.4), failed=("fake start dates",))
    assert analyse(data, doubted, reference).evidence == "not_shown"
    assert analyse(data, evaluation(estimate(maryland=2)), reference).evidence == "not_shown"


def test_records_and_claims_are_two_sums(reference: Reference) -> None:
    # 10 children x 0.5 x (1 - 0.2) x 2,500... by its unit cost; grade 6 takes 40% off.
    data = dataset(
        project_measures=[measure()],
        outcomes=[outcome(unit_cost_code="child_in_need_year", people=10, impact=0.5,
                          deadweight=0.2, evidence_grade=6)],
        costs=[cost(amount_gbp=1000.0)],
    )  # fmt: skip
    done = analyse(data, evaluation(estimate(ratio=0.9, se_log=0.2)), reference)
    unit = reference.unit_cost("child_in_need_year")
    claimed = 10 * 0.5 * 0.8 * reference.uprate(unit.total_gbp, unit.price_year, "2023/24") * 0.6
    assert done.claims is not None
    assert done.claims.results["present_value_benefits_gbp"] == pytest.approx(claimed)
    assert done.claims.evidence == "claimed"
    assert {line.route for line in done.claimed} == {"places"}
    assert {line.route for line in done.claims.claimed} == {"people"}
    assert done.sentence().startswith("No saving can be claimed, £0")
    assert "If the outcomes are as claimed, the chance" in done.claims.sentence()


@pytest.mark.parametrize("people", [5, 40])
def test_people_are_drawn_binomially_and_attribution_is_drawn(
    people: int, reference: Reference
) -> None:
    given = outcome(unit_cost_code="child_in_need_year", people=people, impact=0.4, attribution=0.5)
    done = analyse(dataset(outcomes=[given]), evaluation(), reference, draws=50_000)
    assert done.draws is not None
    drawn = {key[0]: values for key, values in done.draws.inputs.items()}
    # Triangles of half-width 0.1 have the variance 0.1**2 / 6; sampling adds p(1 - p) / n.
    wide = 0.1**2 / 6
    assert drawn["attribution"].var() == pytest.approx(wide, rel=0.05)
    sampled = (0.4 * 0.6 - wide) / people + wide
    assert drawn["impact"].var() == pytest.approx(sampled, rel=0.05)
    assert drawn["impact"].mean() == pytest.approx(0.4, abs=0.01)
    assert set(np.round(drawn["impact"] * people, 6) % 1) == {0.0}, "so many whole people"


def test_a_wanted_rise_has_no_pounds_and_says_why(reference: Reference) -> None:
    row = measure("Robbery", target_change=0.2)
    done = analyse(
        dataset(project_measures=[row], costs=[cost(amount_gbp=1000.0)]),
        evaluation(estimate(ratio=1.5), wanted=0.2),
        reference,
    )
    assert not done.claimed
    assert "Robbery: a rise was aimed at" in done.sentence()


def test_an_unusual_unit_cost_names_the_usual_one(reference: Reference) -> None:
    def said(code: str) -> list[str]:
        data = dataset(project_measures=[measure("Vehicle crime", code)])
        done = analyse(data, evaluation(estimate("Vehicle crime")), reference, draws=0)
        return [f.text for f in done.findings if f.rule == "unusual_unit_cost"]

    (text,) = said("crime_theft_of_vehicle")
    usual, dear = (
        reference.unit_cost(f"crime_theft_{code}_vehicle").total_gbp for code in ("from", "of")
    )
    assert "crime_theft_from_vehicle" in text
    assert f"{dear / usual:.2g} times the price" in text
    assert said("crime_theft_from_vehicle") == []
    # £500 of 2002/03 beside £870 of 2015/16 (table E1): the two in the prices of one year
    (text,) = said("asb_further_action")
    times = reference.uprate(500, "2002/03", "2015/16") / 870
    assert f"{times:.2g} times the price, like for like" in text


def test_a_wide_unit_cost_is_warned_about(reference: Reference) -> None:
    data = dataset(project_measures=[measure("Vehicle crime", "crime_theft_from_vehicle")])
    done = analyse(data, evaluation(estimate("Vehicle crime")), reference, draws=0)
    assert "wide_unit_cost" in {f.rule for f in done.findings}


def test_a_unit_cost_drawn_upwards_only_is_warned_about(reference: Reference) -> None:
    # Burglary: 5,930 reported, up to 8,980.
    data = dataset(project_measures=[measure("Burglary", "crime_domestic_burglary")])
    done = analyse(data, evaluation(estimate("Burglary")), reference)
    said = next(f.text for f in done.findings if f.rule == "wide_unit_cost")
    assert "1 to 1.5 times" in said
    assert "the careful end" in said
    (line,) = done.claimed
    lost = analyse(data, evaluation(estimate("Burglary", ratio=1.5)), reference, draws=0)
    said = next(f.text for f in lost.findings if f.rule == "wide_unit_cost")
    assert "1 to 1.5 times the one reported, at which the loss is larger. All" in said
    known = guard([replace(line, low=1.0, high=1.0)], reference)
    assert "wide_unit_cost" not in {f.rule for f in known.findings}, "a price without a range"


#: By code: reported, low and high as a ratio to it, from `unit_costs.csv` and `crime_types.csv`.
PRICES = [
    ("Vehicle crime", "crime_theft_from_vehicle", "upwards"),
    ("Anti-social behaviour", "asb_no_further_action", "upwards"),
    ("Fire", "fire_response_arson", "both"),
]


@pytest.mark.parametrize("ratio", [0.6, 0.8, 1.3])
@pytest.mark.parametrize(("name", "code", "reach"), PRICES)
def test_what_is_not_known_of_a_price_makes_no_result_surer(
    name: str, code: str, reach: str, ratio: float, reference: Reference
) -> None:
    data = dataset(
        project_measures=[measure(name, code)], costs=[cost(amount_gbp=9_000.0, evidence_grade=1)]
    )
    effect = estimate(name, ratio=ratio)
    done = analyse(data, evaluation(effect), reference, draws=4000)
    assert done.draws is not None
    (line,) = done.claimed
    assert (line.low >= 1) == (reach == "upwards")
    assert line.high > 1
    # The figure reported lies inside its own interval.
    p5, _, p95 = done.draws.quantiles(done.draws.net)
    assert p5 < done.net_gbp < p95
    # By hand: the benefit's interval is the effect's, at the price reported.
    assert effect.avoided is not None
    assert effect.avoided_low is not None
    assert effect.avoided_high is not None
    benefit_gbp = float(done.results["present_value_benefits_gbp"])
    ends = [benefit_gbp * end / effect.avoided for end in (effect.avoided_low, effect.avoided_high)]
    assert done.draws.interval == pytest.approx(ends, rel=0.08)
    # No chance rises with a price that may be higher.
    reported = float((done.draws.net > 0).mean())
    assert done.draws.chance <= reported
    assert done.draws.chance <= float((done.draws.prices["drawn"] > 0).mean())


def test_prices_by_hand(reference: Reference) -> None:
    # Theft from a vehicle: 870 in 2015/16; without an effect drawn the ends are plain products.
    data = dataset(
        project_measures=[measure("Vehicle crime", "crime_theft_from_vehicle")],
        costs=[cost(amount_gbp=9_000.0, evidence_grade=1)],
    )
    done = analyse(data, evaluation(estimate("Vehicle crime")), reference, draws=500)
    frame = appendix.prices(done).frame.set_index("prices")
    assert done.draws is not None
    (line,) = done.claimed
    for end, ratio in (("All at the low end", line.low), ("All at the high end", line.high)):
        net = done.draws.public * ratio - done.draws.costs
        assert frame.loc[end, "p50"] == pytest.approx(np.median(net))
    # The ends are those of the cash flow's own sensitivities.
    found = {name: float(r["present_value_benefits_gbp"]) for name, _, r in done.sensitivities}
    assert found["Unit costs at the high end"] == pytest.approx(found["As reported"] * line.high)


def test_an_outcome_taken_as_certain_is_not_given_an_interval(reference: Reference) -> None:
    data = dataset(outcomes=[burglaries()], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(), reference, draws=500)
    assert "nothing in it was drawn, unit costs as reported" in done.sentence()


def test_the_assumptions_do_not_speak_of_a_comparison_where_there_is_none(
    reference: Reference,
) -> None:
    def said(maryland: int) -> str:
        data = dataset(project_measures=[measure()])
        done = analyse(data, evaluation(estimate(maryland=maryland)), reference, draws=0)
        table = appendix.assumptions(done).frame.set_index("name")
        return str(table.loc["Deadweight of places", "value"])

    assert "comparison has taken it off" in said(3)
    assert "gross" in said(1)
    assert "comparison has taken it off" not in said(1)


def test_the_assumptions_of_pounds_are_listed_and_no_others(reference: Reference) -> None:
    done = analyse(dataset(project_measures=[measure()]), evaluation(), reference, draws=0)
    values = appendix.assumptions(done).frame.set_index("name")["value"]
    assert (values["Price year"], values["Horizon, years"]) == ("2023/24", "5")
    named = set(values.index)
    of_pounds = {row["meaning"].capitalize() for row in reference.tables["assumptions"]
                 if row["name"].endswith(("_spread", "_grade", "_drop_off", "_years"))
                 and row["name"] != "plan_spread"}  # fmt: skip
    assert len(of_pounds) >= 10
    assert of_pounds <= named
    assert not any("rated red" in name or "after a start" in name for name in named)


def test_cost_of_a_person_and_of_a_person_s_year_by_hand(reference: Reference) -> None:
    # 20 children, half of them helped, a quarter would have been anyway: 7.5; two years, the second
    # at 0.7 of the first: 12.75 years of one child. Grade 1 costs have no optimism bias.
    given = outcome(unit_cost_code="child_in_need_year", people=20, impact=0.5, deadweight=0.25,
                    years=2, drop_off=0.3)  # fmt: skip
    spent = cost(amount_gbp=12_750.0, date="2023-06-01")
    done = analyse(
        dataset(outcomes=[given], costs=[spent]), evaluation(), reference, draws=0,
        price_year="2023/24",
    )  # fmt: skip
    row = appendix.cost_per_outcome(done).frame.iloc[0]
    assert row["each"] == pytest.approx(1_000)
    assert row["unit"] == "one year of one person"
    assert row["person"] == pytest.approx(1_700)


def test_an_incident_has_a_cost_only_where_its_fall_is_shown(reference: Reference) -> None:
    """100 after at a ratio of 0.7 are 42.86 avoided; £3,000 over them are £70 each."""
    paid = [cost(amount_gbp=3_000.0, date="2023-06-01")]

    def row(costs: list[dict[str, Any]], **effect: float) -> Any:
        data = dataset(project_measures=[measure()], costs=costs)
        done = analyse(data, evaluation(estimate(**effect)), reference, draws=0)
        return appendix.cost_per_outcome(done).frame.iloc[0]

    shown = row(paid, ratio=0.7)
    assert shown["units"] == pytest.approx(100 / 0.7 - 100)
    assert (shown["each"], shown["unit"]) == (pytest.approx(70), "one incident")
    assert np.isnan(shown["person"])
    assert np.isnan(row(paid, ratio=0.7, se_log=0.5)["each"]), "none avoided is inside"
    more = row(paid, ratio=1.4, se_log=0.05)
    assert more["units"] == pytest.approx(100 / 1.4 - 100)
    assert np.isnan(more["each"])
    assert np.isnan(row([], ratio=0.7)["each"]), "what it cost is not known"


# --- what the mutations showed nobody looked at ---------------------------------------------------


def test_everything_that_has_a_range_is_drawn_over_it(reference: Reference) -> None:
    given = outcome(unit_cost_code="child_in_need_year", people=1000, impact=0.5, deadweight=0.3,
                    attribution=0.6, years=2, drop_off=0.4)  # fmt: skip
    data = dataset(outcomes=[given], costs=[cost(amount_gbp=1000.0)])
    done = analyse(data, evaluation(), reference, draws=20_000, horizon_years=2)
    assert done.draws is not None
    drawn = {key[0]: values for key, values in done.draws.inputs.items()}
    for kind, middle in (("deadweight", 0.3), ("attribution", 0.6), ("drop-off", 0.4)):
        low, high = drawn[kind].min(), drawn[kind].max()
        assert middle - 0.1 <= low < middle - 0.09, kind
        assert middle + 0.09 < high <= middle + 0.1, kind
    assert 0.9 <= drawn["costs"].min() < 0.91
    assert 1.09 < drawn["costs"].max() <= 1.1
    reported = float(done.results["present_value_costs_gbp"])
    assert done.draws.costs.std() == pytest.approx(reported * 0.1 / np.sqrt(6), rel=0.03)


def test_every_horizon_but_the_report_s_own_is_tried(reference: Reference) -> None:
    done = analyse(dataset(outcomes=[burglaries()]), evaluation(), reference, draws=10)
    names = [name for name, _, _ in done.sensitivities]
    assert [n for n in names if n.startswith("Horizon")] == [
        "Horizon of 1 year", "Horizon of 3 years", "Horizon of 10 years",
    ]  # fmt: skip


def test_only_places_last_beyond_the_months_observed(reference: Reference) -> None:
    done = analyse(dataset(outcomes=[burglaries()]), evaluation(), reference, draws=10)
    found = {name: r["present_value_benefits_gbp"] for name, _, r in done.sensitivities}
    assert found["Effect lasts 3 years, 50% less each year"] == found["As reported"]
    for horizon in (1, 5):  # long enough for what lasts, and no shorter than the report's own
        data = dataset(outcomes=[burglaries()])
        own = analyse(data, evaluation(), reference, horizon_years=horizon, draws=10)
        (lasting,) = (a for name, a, _ in own.sensitivities if name.startswith("Effect lasts"))
        assert lasting.horizon_years == max(3, horizon)
    done = analyse(dataset(project_measures=[measure()]), evaluation(estimate()), reference,
                   draws=10)  # fmt: skip
    found = {name: r["present_value_benefits_gbp"] for name, _, r in done.sensitivities}
    times = found["Effect lasts 3 years, 50% less each year"] / found["As reported"]
    assert times == pytest.approx(1 + 0.5 / 1.035 + 0.25 / 1.035**2)


def test_a_blank_share_is_its_default(reference: Reference) -> None:
    blank = outcome(unit_cost_code="child_in_need_year", people=4, impact=None)
    (line,) = analyse(dataset(outcomes=[blank]), evaluation(), reference, draws=0).claimed
    assert (line.source_row, line.impact, line.attribution) == ("outcomes row 2", 1.0, 1.0)
    nothing = dict.fromkeys(("impact", "deadweight", "attribution", "drop_off", "evidence_grade"))
    late = outcome(unit_cost_code="child_in_need_year", people=4, lag_years=1.2, years=2.5)
    (line,) = analyse(dataset(outcomes=[late | nothing]), evaluation(), reference, draws=0).claimed
    assert (line.impact, line.deadweight, line.attribution, line.drop_off) == (1, 0, 1, 0)
    # After more than a year nothing of the first two; then two years and half of a third.
    assert (line.profile, line.ages) == ((0, 0, 1, 1, 0.5), (0, 0, 0, 1, 2))
    assert (line.quantity, line.people) == (4, 4)
    assert line.grades[0] == 6, "nothing is known of what it rests on"


def test_one_outcome_for_places_and_for_people_is_warned_about(reference: Reference) -> None:
    data = dataset(
        project_measures=[measure()], outcomes=[outcome(unit_cost_code="crime_robbery", people=2)]
    )
    done = analyse(data, evaluation(estimate()), reference, draws=0)
    rules = [f.rule for f in done.findings]
    assert rules.count("same_outcome_on_both_routes") == 1
    # The cost of anti-social behaviour holds its crime: the robbery of people is left out.
    asb = outcome(unit_cost_code="asb_further_action", people=2)
    both = dataset(
        project_measures=[measure()], outcomes=[*data.tables["outcomes"].to_dict("records"), asb]
    )
    done = analyse(both, evaluation(estimate()), reference, draws=0)
    rules = [f.rule for f in done.findings if f.action == "refuse"]
    assert rules == ["asb_contains_crime"]
    assert "same_outcome_on_both_routes" not in {f.rule for f in done.findings}


def test_who_gains_is_not_guessed_where_the_source_splits_nothing(reference: Reference) -> None:
    rows = [
        outcome(unit_cost_code=c, people=1) for c in ("fire_domestic_building", "crime_robbery")
    ]
    for row, split in zip(rows, (False, True), strict=True):
        done = analyse(dataset(outcomes=[row]), evaluation(), reference, draws=0)
        gains = set(statement.benefits_by_agency(done).frame["agency"])
        assert ("Somebody the source does not name" in gains) != split
        assert ("People and businesses" in gains) == split


def test_one_outcome_in_two_rows_is_counted_and_warned_about(reference: Reference) -> None:
    rows = [outcome(unit_cost_code=code, people=2)
            for code in ("crime_robbery", "child_in_need_year", "crime_robbery")]  # fmt: skip
    done = analyse(dataset(outcomes=rows), evaluation(), reference, draws=0)
    (found,) = [f for f in done.findings if f.rule == "same_outcome_twice"]
    assert "claimed in outcomes row 2 and row 4" in found.text
    assert len(done.claimed) == 3
    assert str(statement.appraisal_summary(done).frame["risks"][1]).count(found.text[:-1]) == 1
    # Beside what the records show it is a risk of what is claimed alone.
    data = dataset(project_measures=[measure()], outcomes=[burglaries(), burglaries()])
    both = analyse(data, evaluation(estimate()), reference, draws=0)
    risks = statement.appraisal_summary(both).frame["risks"][1:]
    assert [text.count("claimed in outcomes row 2 and row 3") for text in risks] == [0, 1]


def test_a_source_to_be_checked_is_named_and_no_other(reference: Reference) -> None:
    for code, there in (("crime_fraud", True), ("crime_violence_with_injury", False)):
        caution = reference.unit_cost(code).caution
        assert bool(caution) == there
        data = dataset(outcomes=[outcome(unit_cost_code=code, people=2)])
        done = analyse(data, evaluation(), reference, draws=0)
        said = [f.text for f in done.findings if f.rule == "check_the_source"]
        assert len(said) == there
        assert all(caution in text for text in said)


def test_a_crime_without_multiplier_keeps_its_price_when_scaled_up(reference: Reference) -> None:
    data = dataset(project_measures=[measure("Fraud", "crime_fraud")])
    done = analyse(data, evaluation(estimate("Fraud")), reference, draws=10)
    found = {name: r["present_value_benefits_gbp"] for name, _, r in done.sensitivities}
    assert found["Recorded crime scaled up to actual crime"] == found["As reported"]


# --- tables --------------------------------------------------------------------------------------


def _tables(done: Benefit) -> list[Table]:
    return [
        make(done)
        for module in (appendix, statement)
        for make in vars(module).values()
        if isfunction(make) and make.__module__ == module.__name__
        and make.__annotations__["return"] in {"Table", "Rows", "pd.DataFrame"}
        and make.__name__[0] != "_"
    ]  # fmt: skip


@pytest.fixture(scope="module")
def rich(reference: Reference) -> Benefit:
    data = dataset(
        project_measures=[measure()],
        outcomes=[burglaries(), outcome(unit_cost_code="jsa_claimant_into_work", people=3, years=2,
                  deadweight=0.3, attribution=0.5)],
        costs=[cost(amount_gbp=50_000.0), cost(hours=10.0, rate_gbp=30.0, kind="in_kind",
               agency="NHS Trust", evidence_grade=4)],
    )  # fmt: skip
    return analyse(data, evaluation(estimate(months=18)), reference)


def test_every_table_passes_the_door_and_has_a_name_of_its_own(rich: Benefit) -> None:
    tables = _tables(rich)
    assert len({t.name for t in tables}) == len(tables) > 15
    disclosure = Disclosure("internal")
    for table in tables:
        assert not table.people
        assert table.basis == "internal"
        assert len(disclosure(table).frame) == len(table.frame)


CHILD = "child_in_need_year"


def test_each_step_takes_its_share_of_what_the_steps_before_left(reference: Reference) -> None:
    """By hand: 30 of 100 come anyway, half of 70 is others', half of 35 counted there."""
    rows = [outcome(unit_cost_code=CHILD, people=2, deadweight=0.3, attribution=0.5)]
    done = analyse(dataset(outcomes=rows), evaluation(), reference, draws=0)
    shared = replace(done, lines=tuple(replace(line, weight=0.5) for line in done.lines))
    steps = statement.waterfall(shared).frame.set_index("step")["gbp"]
    public = 100 / steps["Gross benefits"]
    assert public * steps["Deadweight"] == pytest.approx(-30)
    assert public * steps["Attribution to others"] == pytest.approx(-35)
    assert public * steps["Counted by another project"] == pytest.approx(-17.5)


def test_how_sure_and_who_gains_on_one_page(reference: Reference) -> None:
    """A gain hundreds of times its cost is as sure as words say; of nothing gained none gains."""

    def row(people: int, draws: int) -> pd.Series:
        rows = [outcome(unit_cost_code=CHILD, people=people)]
        data = dataset(outcomes=rows, costs=[cost(amount_gbp=1.0)])
        done = analyse(data, evaluation(), reference, draws=draws)
        options = statement.appraisal_summary(done).frame.set_index("option")
        return options.loc["The project as claimed"]

    assert row(2, 200)["sure"].endswith("chance that benefits exceed costs over 99%")
    assert row(2, 0)["sure"].endswith("chance that benefits exceed costs not known")
    assert row(0, 0)["gains"] == "nobody"
    unpaid = analyse(
        dataset(outcomes=[outcome(unit_cost_code=CHILD, people=2)]),
        evaluation(),
        reference,
        draws=0,
    )
    options = statement.appraisal_summary(unpaid).frame.set_index("option")
    assert "no costs are on record" in options.loc["The project as claimed", "risks"]


def test_tables_agree_with_one_another(rich: Benefit) -> None:
    net = rich.net_gbp
    public = rich.results["present_value_benefits_gbp"]
    assert statement.waterfall(rich).frame["gbp"].iloc[-1] == pytest.approx(net)
    assert statement.waterfall(rich).frame["gbp"].iloc[:-1].sum() == pytest.approx(net)
    assert statement.cash_flow(rich).frame["running_public"].iloc[-1] == pytest.approx(net)
    by_agency = statement.benefits_by_agency(rich).frame
    assert by_agency["public"].iloc[-1] == pytest.approx(public)
    fiscal = by_agency["fiscal"].iloc[-1] + by_agency["transfer"].iloc[-1]
    assert fiscal == pytest.approx(rich.results["present_value_fiscal_gbp"])
    by_year = statement.by_agency_and_year(rich).frame
    assert by_year["net"].sum() == pytest.approx(-rich.results["net_present_budget_impact_gbp"])
    paid = appendix.cost_sources(rich).frame["present"].sum()
    assert paid == pytest.approx(rich.results["present_value_costs_gbp"])
    assert appendix.distribution(rich).frame["draws"].sum() == 2000


def test_every_pound_can_be_followed_to_a_source(rich: Benefit) -> None:
    worked, used = appendix.calculation(rich).frame, appendix.sources(rich).frame
    assert worked["quantity"].notna().all()
    assert rich.claims is not None
    claimed = appendix.calculation(rich.claims).frame
    assert claimed["row"].str.startswith("outcomes").any()
    people = claimed.loc[claimed["row"].str.startswith("outcomes"), "quantity"]
    assert people.isna().all(), "of people no count stands among the incidents"
    assert used[["source", "price_year", "status", "code"]].ne("").all(axis=None)
    assert set(used["code"]) == {line.code for line in rich.claimed}
    rows = set(rich.flow.loc[rich.flow["side"].eq("benefit"), "source_row"])
    assert set(worked["row"]) == rows
    shown = rich.flow[~rich.flow["transfer"] & rich.flow["side"].eq("benefit")]
    for row in worked.itertuples():
        if not np.isnan(row.present):
            expected = shown.loc[shown["source_row"].eq(row.row), "present_gbp"].sum()
            assert row.present == pytest.approx(expected)


def few(people: int) -> Dataset:
    kept = outcome(unit_cost_code="jsa_claimant_into_work", people=people, years=2, impact=0.4,
                   deadweight=0.35, attribution=0.5, drop_off=0.4)  # fmt: skip
    return dataset(costs=[cost(amount_gbp=9000.0)], outcomes=[burglaries(30, impact=0.4), kept])


@pytest.mark.parametrize(("rule", "alike"), [("public", range(8)), ("public", range(28, 33)),
                                            ("local", range(5))])  # fmt: skip
def test_pounds_are_the_same_whatever_the_count_that_is_hidden_or_rounded(
    rule: str, alike: range, reference: Reference
) -> None:
    """Nothing that is shown depends on a hidden count, so nothing can give it back."""
    said, disclosure = [], Disclosure(rule, counts=["outcomes"])
    for people in alike:
        done = analyse(few(people), evaluation(), reference, draws=50, people=disclosure.counted)
        frames = [disclosure(table).frame.to_csv() for table in _tables(done)]
        said.append([*frames, done.sentence(), *done.notes])
    assert all(each == said[0] for each in said)
    left_out = any("left out, so few people are not shown" in text for text in said[0])
    assert left_out == (alike.start == 0)


def test_pounds_from_counts_that_are_not_shown_are_refused(reference: Reference) -> None:
    done = analyse(few(3), evaluation(), reference, draws=0)
    for table in _tables(done):
        with pytest.raises(BadArgument, match="worked out from counts of people as internal"):
            Disclosure("public", counts=["outcomes"])(table)
        assert len(Disclosure("internal")(table).frame) == len(table.frame)
    shown = Disclosure("public").counted
    done = analyse(few(13), evaluation(), reference, draws=0, people=shown)
    assert [line.people for line in done.claimed] == [30.0, 15.0]


def test_parts_add_up_to_the_public_value(reference: Reference) -> None:
    for code, each in reference.unit_costs.items():
        found = list(parts(each))
        assert sum(p.gbp for p in found if not p.transfer) == pytest.approx(each.total_gbp), code
        fiscal = sum(p.gbp for p in found if p.value_type == "fiscal")
        assert fiscal == pytest.approx(each.fiscal_gbp), code
        moved = sum(p.gbp for p in found if p.transfer)
        assert moved == pytest.approx(each.transfer_gbp, abs=0.05), code


# --- several projects ----------------------------------------------------------------------------


def _pair(reference: Reference, second_area: str) -> list[Benefit]:
    found = []
    for project, area in (("P1", "E1"), ("P2", second_area)):
        data = dataset(
            project_measures=[measure(project_id=project)],
            costs=[cost(project_id=project, amount_gbp=1000.0)],
            project_areas=[
                {"project_id": project, "area_code": area, "role": "target", "population": 1}
            ],
        )
        judged = evaluation(estimate(), project_id=project, areas=(area,))
        found.append(analyse(data, judged, reference))
    return found


def test_portfolio_counts_shared_places_once(reference: Reference) -> None:
    apart, together = _pair(reference, "E2"), _pair(reference, "E1")
    rng = np.random.default_rng(1)
    whole = totals.portfolio(apart, rng=rng, draws=500)
    once = totals.portfolio(together, rng=rng, draws=500)
    one = apart[0].results["present_value_benefits_gbp"]
    assert whole.results["present_value_benefits_gbp"] == pytest.approx(2 * one)
    assert once.results["present_value_benefits_gbp"] == pytest.approx(one)
    assert once.results["present_value_costs_gbp"] == pytest.approx(2000)
    assert {f.rule for f in once.findings} == {"counted_once"}
    for table in _tables(once):
        assert isinstance(table, Table)


def _of_areas(
    reference: Reference, project: str, areas: str, *, code: str = "crime_robbery", **given: Any
) -> Benefit:
    own = [measure(code=code, project_id=project)]
    data = dataset(project_measures=own, costs=[cost(project_id=project, amount_gbp=1000.0)])
    judged = evaluation(estimate(), project_id=project, areas=tuple(areas), **given)
    return analyse(data, judged, reference, draws=0)


def _value(done: Benefit) -> float:
    return float(done.results["present_value_benefits_gbp"])


@pytest.mark.parametrize(
    ("near", "failed", "taken_off"),
    [("B", (), 10.0), ("C", (), 20.0), ("BC", (), 15.0), ("B", ("trend",), 20.0)],
)
def test_an_excess_beside_two_projects_is_taken_off_their_total_once(
    near: str, failed: tuple[str, ...], taken_off: float, reference: Reference
) -> None:
    """60 robberies next door where 50 were expected: ten more, of one buffer, of two or of half.

    What is in doubt is in no sum with what is not, so it keeps its own.
    """
    months = pd.date_range("2023-05-01", periods=12, freq="MS")
    both = []
    for project, area, around in (("P1", "A1", "B"), ("P2", "A2", near)):
        judged = evaluation(
            estimate(se_log=0.02), project_id=project, areas=(area,),
            buffer=estimate(ratio=1.2, after=60, se_log=0.3),
            failed=failed if project == "P2" else (),
        )  # fmt: skip
        cells = {(each, month): 1 / 12 / len(around) for each in around for month in months}
        net = replace(judged.net["Robbery"], near=cells)
        data = dataset(project_measures=[measure(project_id=project)],
                       costs=[cost(project_id=project, amount_gbp=1000.0)])  # fmt: skip
        both.append(analyse(data, replace(judged, net={"Robbery": net}), reference, draws=0))
    for pair in (both, both[::-1]):
        whole = totals.portfolio(pair, rng=np.random.default_rng(1), draws=4_000)
        one = _value(both[0]) / (100 / 0.7 - 100 - 10)
        assert _value(whole) == pytest.approx(one * (2 * (100 / 0.7 - 100) - taken_off))
        assert [f.rule for f in whole.findings] == ["moved_once"] * (taken_off < 20)
        assert whole.draws is not None
        assert np.median(whole.draws.public) == pytest.approx(_value(whole), rel=0.1)
    alone = totals.portfolio(both[1:], rng=np.random.default_rng(1), draws=0)
    assert _value(alone) == pytest.approx(_value(both[1]))
    # One whose own incidents another counts takes no excess off for anybody else.
    twin = replace(both[0], project_id="P0", lines=tuple(
        replace(line, project_id="P0", net=line.net and replace(line.net, near={}))
        for line in both[0].lines
    ))  # fmt: skip
    three = totals.portfolio([twin, *both], rng=np.random.default_rng(1), draws=0)
    assert _value(three) == pytest.approx(_value(both[0]) + _value(both[1]))


def test_nested_areas_are_counted_as_the_outer_whatever_the_code(reference: Reference) -> None:
    rng = np.random.default_rng(1)
    outer = _of_areas(reference, "P1", "ABCDEF")
    for code in ("crime_robbery", "crime_domestic_burglary"):
        inner = _of_areas(reference, "P2", "C", code=code)
        for pair in ([outer, inner], [inner, outer]):
            whole = totals.portfolio(pair, rng=rng, draws=0)
            assert _value(whole) == pytest.approx(_value(outer))


def test_areas_and_months_apart_are_counted_in_full(reference: Reference) -> None:
    rng = np.random.default_rng(1)
    one, other = _of_areas(reference, "P1", "AB"), _of_areas(reference, "P2", "BCD")
    whole = totals.portfolio([one, other], rng=rng, draws=0)
    # P2 covers more and keeps all; of P1's two areas one is left.
    assert _value(whole) == pytest.approx(_value(other) + _value(one) / 2)
    later = _of_areas(reference, "P2", "AB", start="2023-11-01")
    # Six of the twelve months are shared: as many cells each, so the first by name keeps them.
    whole = totals.portfolio([one, later], rng=rng, draws=0)
    assert _value(whole) == pytest.approx(_value(one) + _value(later) / 2)
    third = _of_areas(reference, "P3", "XY")
    three = totals.portfolio([one, other, third], rng=rng, draws=0)
    assert _value(three) == pytest.approx(_value(other) + _value(one) / 2 + _value(third))
    assert three.projects == ("P1", "P2", "P3")
    assert len([f for f in three.findings if f.rule == "counted_once"]) == 1
    assert totals.portfolio([one, third], rng=rng, draws=0).findings == ()


def test_two_measures_of_one_area_are_both_counted(reference: Reference) -> None:
    one = _of_areas(reference, "P1", "A")
    code = "crime_domestic_burglary"
    data = dataset(project_measures=[measure("Burglary", code, project_id="P2")])
    judged = evaluation(estimate("Burglary"), project_id="P2", areas=("A",))
    other = analyse(data, judged, reference, draws=0)
    whole = totals.portfolio([one, other], rng=np.random.default_rng(1), draws=0)
    assert _value(whole) == pytest.approx(_value(one) + _value(other))


@pytest.mark.parametrize(
    ("area", "start", "share"),
    [("A", "2023-05-01", 0.5), ("B", "2023-05-01", 1.0), ("A", "2024-05-01", 1.0)],
)
def test_people_are_shared_out_in_one_place_and_time(
    area: str, start: str, share: float, reference: Reference
) -> None:
    pair = []
    for project, where, begun in (("P1", "A", "2023-05-01"), ("P2", area, start)):
        judged = evaluation(project_id=project, areas=(where,), start=begun)
        rows = [burglaries(project_id=project)]  # all of it claimed, for one year
        pair.append(analyse(dataset(outcomes=rows), judged, reference, draws=0))
    for both in (pair, pair[::-1]):
        assert {each for each, _ in totals.once(both).values()} == {share}


def test_a_project_that_claims_in_two_rows_takes_no_more_of_the_others(
    reference: Reference,
) -> None:
    """Its larger share counts, as the warning on its page says: 0.6 beside 0.6 is half of each."""

    def claiming(project: str, *shares: float) -> Benefit:
        rows = [burglaries(project_id=project, attribution=share) for share in shares]
        judged = evaluation(project_id=project, areas=("A",))
        return analyse(dataset(outcomes=rows), judged, reference, draws=0)

    twice, once = claiming("P1", 0.6, 0.6), claiming("P2", 0.6)
    assert [share for share, _ in totals.once([twice, once]).values()] == [1 / 1.2] * 3
    shared_out = [claiming("P1", 0.5, 0.5), claiming("P2", 0.5)]
    thirds = [claiming(f"P{n}", share) for n, share in enumerate((0.1, 0.34, 0.56))]
    assert {rivals for _, rivals in totals.once(thirds).values()} == {()}, "1 but for its last bit"
    assert {rivals for _, rivals in totals.once(shared_out).values()} == {()}


def test_a_claim_of_nothing_takes_no_share_of_others(reference: Reference) -> None:
    """Nobody attributed to it, or all of it expected anyway: nothing is claimed."""
    rows = {"P1": {}, "P2": {"attribution": 0.0}, "P3": {"deadweight": 1.0}}
    found = [
        analyse(dataset(outcomes=[burglaries(project_id=name, **row)]),
                evaluation(project_id=name, areas=("A",)), reference, draws=0)
        for name, row in rows.items()
    ]  # fmt: skip
    whole = totals.portfolio(found, rng=np.random.default_rng(1), draws=0)
    assert whole.findings == ()
    assert _value(whole) == pytest.approx(_value(found[0]))
    blank = {"attribution": None, "impact": None, "deadweight": None}
    for given, warned in (({"attribution": 0.0}, False), ({"deadweight": 1.0}, False),
                          ({"impact": 0.0}, False), ({}, True), (blank, True)):  # fmt: skip
        both = dataset(outcomes=[burglaries(project_id="P1"), burglaries(project_id="P2", **given)])
        told = analyse(both, evaluation(), reference, draws=0).findings
        assert ("claimed_twice" in {f.rule for f in told}) == warned, given


def test_what_an_earlier_total_counts_is_not_counted_again(reference: Reference) -> None:
    """Of twelve months six are another's; of two areas one; people of another year are others."""

    def left(*later: Benefit, before: Benefit) -> Benefit:
        rng = np.random.default_rng(1)
        return totals.portfolio(later, rng=rng, draws=0, before=[before])

    one = _of_areas(reference, "P1", "AB")
    later = _of_areas(reference, "P2", "AB", start="2023-11-01")
    whole = left(later, before=one)
    assert _value(whole) == pytest.approx(_value(later) / 2)
    assert whole.projects == ("P2",)
    (found,) = whole.findings
    assert found.text == "Robbery of P2 is also claimed by P1; 50% of it enters the total."
    # The earlier total stands, whoever covers more; evidence that is better is no sum of its kind.
    assert _value(left(one, before=_of_areas(reference, "P0", "A"))) == pytest.approx(
        _value(one) / 2
    )
    doubted = _of_areas(reference, "P0", "AB", failed=("trend",))
    assert _value(left(one, before=doubted)) == pytest.approx(_value(one))
    assert _value(left(doubted, before=one)) == 0

    def claiming(project: str) -> Benefit:
        rows = [burglaries(50, project_id=project, attribution=0.6)]
        judged = evaluation(project_id=project, areas=("A",))
        return analyse(dataset(outcomes=rows), judged, reference, draws=0)

    first, second, third = map(claiming, ("P1", "P2", "P3"))
    assert _value(left(second, before=first)) == pytest.approx(_value(second))
    # Two of one year claim 1.2 of them, whatever an earlier year counts.
    assert _value(left(second, third, before=first)) == pytest.approx(2 * _value(second) / 1.2)


@pytest.mark.parametrize(("years", "said"), [(5, "3 of 5"), (3.5, "3 of 4"), (3, "")])
def test_years_after_the_horizon_are_told(years: float, said: str, reference: Reference) -> None:
    data = dataset(outcomes=[burglaries(years=years)])
    done = analyse(data, evaluation(), reference, horizon_years=3, draws=0)
    told = [note for note in done.notes if "horizon" in note]
    end = f"{said} years are counted, the others lie after the horizon of 3 years."
    assert [note.endswith(end) for note in told] == [True] * bool(said)


def test_where_no_saving_can_be_claimed_every_range_holds_none(reference: Reference) -> None:
    """A fall of 10% give or take 20%, drawn 9 times: most of them are falls."""
    costs = [cost(amount_gbp=1000.0)]
    data = dataset(project_measures=[measure()], costs=costs)
    done = analyse(data, evaluation(estimate(ratio=0.7, se_log=0.3)), reference, draws=9)
    assert done.draws is not None
    low, _, high = np.quantile(done.draws.public, [0.05, 0.5, 0.95])
    assert 0 < low < high, "no draw of the nine is a loss"
    made = statement.results_in_pounds(done)
    least = dict(zip(made.frame["result"], made.frame["p5"], strict=True))
    most = dict(zip(made.frame["result"], made.frame["p95"], strict=True))
    spent = np.quantile(done.draws.costs, [0.05, 0.95])
    assert least["Present value of public value benefits"] == 0
    assert most["Present value of public value benefits"] == pytest.approx(high)
    assert least["Present value of costs"] == pytest.approx(spent[0])
    assert least["Net present public value"] == pytest.approx(-spent[1])
    assert most["Net present budget impact"] >= spent[1]
    assert made.frame["p5"].iloc[-1] == pytest.approx(-spent[1])
    assert not made.notes
    assert statement.waterfall_finding(done).startswith("Not told from nothing: from gross")
    assert appendix.model(done)["marked"] == "Not told from nothing"


def test_people_who_are_hidden_move_no_draw_of_the_records(reference: Reference) -> None:
    found = evaluation(estimate())
    plain = {"project_measures": [measure()], "costs": [cost(amount_gbp=1000.0)]}
    bare = analyse(dataset(**plain), found, reference)
    beside = analyse(dataset(**plain, outcomes=[burglaries()]), found, reference)
    assert bare.draws is not None
    assert beside.draws is not None
    assert beside.claims is not None
    assert beside.draws.interval == bare.draws.interval


def test_better_evidence_keeps_the_incidents(reference: Reference) -> None:
    shown = _of_areas(reference, "P2", "C")
    doubtful = _of_areas(reference, "P1", "ABCDEF", failed=("Fake areas",))
    counted = totals.once([doubtful, shown])
    assert counted["P2", "project_measures row 2"] == (1.0, ())
    share, rivals = counted["P1", "project_measures row 2"]
    assert share == pytest.approx(5 / 6)
    assert rivals == ("P2",)


def test_of_one_evidence_the_one_that_covers_more_keeps_the_incidents(reference: Reference) -> None:
    small, large = _of_areas(reference, "P1", "C"), _of_areas(reference, "P2", "ABCDEF")
    for both in ([small, large], [large, small]):
        counted = totals.once(both)
        assert counted["P2", "project_measures row 2"] == (1.0, ())
        assert counted["P1", "project_measures row 2"] == (0.0, ("P2",))


def test_a_total_has_one_base_year(reference: Reference) -> None:
    early = _of_areas(reference, "P1", "A", start="2022-05-01")
    late = _of_areas(reference, "P2", "B", start="2023-05-01")
    whole = totals.portfolio([early, late], rng=np.random.default_rng(1), draws=0)
    assert _value(whole) == pytest.approx(_value(early) + _value(late) / 1.035)
    assert whole.assumptions.horizon_years == 6


def test_a_project_without_a_start_can_be_added_up(reference: Reference) -> None:
    one = _of_areas(reference, "P1", "A")
    other = _of_areas(reference, "P2", "B")
    data = dataset(
        outcomes=[burglaries(project_id="P3"), burglaries(project_id="P4")],
        costs=[cost(project_id="P3", amount_gbp=5.0), cost(project_id="P4", amount_gbp=5.0)],
    )
    third, fourth = (analyse(data, evaluation(project_id=p), reference, draws=0)
                     for p in ("P3", "P4"))  # fmt: skip
    undated = replace(fourth, window=None)
    # One year of benefit from May 2023, whatever is still paid for after it.
    late = [cost(project_id="P3", amount_gbp=5.0, date="2026-01-01")]
    paying = dataset(outcomes=[burglaries(project_id="P3")], costs=late)
    assert analyse(paying, evaluation(project_id="P3"), reference, draws=0).window == third.window
    assert third.window == (pd.Timestamp("2023-05-01"), pd.Timestamp("2024-05-01"))
    whole = totals.portfolio([one, other, third, undated], rng=np.random.default_rng(1), draws=0)
    # One outcome of the same people, each claiming all of it: half of each.
    assert _value(whole) == pytest.approx(_value(one) + _value(other) + _value(third))


def test_portfolio_draws_a_shared_unit_cost_once(reference: Reference) -> None:
    pair = _pair(reference, "E2")
    lines = [line for each in pair for line in each.lines]
    drawn = simulate(lines, reference, pair[0].assumptions, rng=np.random.default_rng(1), draws=99)
    assert [key for key in drawn.inputs if key[0] == "unit cost"] == [
        ("unit cost", "crime_robbery")
    ]
    assert len([key for key in drawn.inputs if key[0] == "effect"]) == 2


def test_portfolio_refuses_different_price_years(reference: Reference) -> None:
    one = analyse(dataset(), evaluation(), reference, draws=0)
    other = analyse(dataset(), evaluation(), reference, price_year="2019/20", draws=0)
    with pytest.raises(BadArgument, match="different price years"):
        totals.portfolio([one, other], rng=np.random.default_rng(1))


# --- journeys ------------------------------------------------------------------------------------


def _steps(cases: int) -> list[dict[str, Any]]:
    way = [("2023-01-01", "child_protection_plan"), ("2024-01-01", "child_in_need"),
           ("2024-07-01", "closed")]  # fmt: skip
    return [
        {"case_id": f"C{n}", "project_id": "P1", "domain": "children", "date": day, "step": step}
        for n in range(cases)
        for day, step in way
    ]


def test_journeys_against_staying_put(reference: Reference) -> None:
    data = dataset(case_steps=_steps(8))
    as_of = pd.Timestamp("2025-01-01")
    frame = journeys.by_domain(data, reference, as_of=as_of, price_year="2017/18").frame
    # 365 days on a plan at 9,300, 182 days in need at 8,300, 184 days closed; staying: 731 days
    year = 365.25
    path = 8 * (365 / year * 9300 + 182 / year * 8300)
    assert frame["path"][0] == pytest.approx(path)
    assert frame["stay"][0] == pytest.approx(8 * 731 / year * 9300)
    assert list(frame[["people", "down", "up"]].iloc[0]) == [8, 8, 0]
    assert frame["difference"][0] == pytest.approx(frame["stay"][0] - path)


def test_journeys_of_few_people_are_not_shown(reference: Reference) -> None:
    data = dataset(case_steps=_steps(7))
    when = {"as_of": pd.Timestamp("2025-01-01"), "price_year": "2017/18"}
    table = journeys.by_domain(data, reference, **when)
    assert table.frame.empty
    assert "fewer than 8" in " ".join(table.notes)
    assert journeys.by_step(data, reference, **when).frame.empty
    steps = journeys.by_step(dataset(case_steps=_steps(8)), reference, **when).frame
    assert steps["cost"].iloc[-1] == 0, "what is closed costs nothing"
    none = {**when, "as_of": pd.Timestamp("2000-01-01")}
    assert journeys.by_step(data, reference, **none).frame.empty, "no step was taken by then"
    begun = {**when, "as_of": pd.Timestamp("2023-01-01")}
    eight = journeys.by_domain(dataset(case_steps=_steps(8)), reference, **begun).frame
    assert eight[["people", "path"]].iloc[0].tolist() == [8, 0], "on its day a step is taken"


def test_pounds_of_journeys_stay_inside(reference: Reference) -> None:
    """The whole of a ladder less the steps shown would be what the others cost."""
    short = [row | {"case_id": f"S{row['case_id']}"} for row in _steps(9) if "plan" in row["step"]]
    data = dataset(case_steps=[*_steps(3), *short])
    when = {"as_of": pd.Timestamp("2025-01-01"), "price_year": "2017/18"}
    makes = (journeys.by_domain, journeys.by_step)
    together, by_step = (make(data, reference, **when) for make in makes)
    assert together.frame["people"].tolist() == [12]
    assert by_step.frame["people"].tolist() == [12], "the other steps were reached by three"
    disclosure = Disclosure("public", counts=["case_steps"])
    shown = disclosure(together)
    assert list(shown.symbols.loc[0, ["people", "down", "up"]]) == ["", "[c]", "[c]"]
    assert shown.frame["people"].tolist() == [10]
    sums = ((shown, ["path", "stay", "difference"]), (disclosure(by_step), ["months", "cost"]))
    for released, names in sums:
        assert released.frame[names].isna().all(axis=None)


def test_journeys_never_enter_the_benefit(reference: Reference) -> None:
    data = dataset(case_steps=_steps(9), outcomes=[burglaries()])
    without = dataset(outcomes=[burglaries()])
    one = analyse(data, evaluation(), reference, draws=0)
    other = analyse(without, evaluation(), reference, draws=0)
    assert one.results["present_value_benefits_gbp"] == other.results["present_value_benefits_gbp"]


def test_an_unknown_step_is_named(reference: Reference) -> None:
    rows = [row | {"step": "limbo"} for row in _steps(1)]
    with pytest.raises(BadArgument, match="children: limbo"):
        journeys.by_step(
            dataset(case_steps=rows), reference, as_of=pd.Timestamp("2025-01-01"),
            price_year="2017/18",
        )  # fmt: skip


# --- shape of the flow ---------------------------------------------------------------------------


def test_flow_has_the_columns_of_the_design(rich: Benefit) -> None:
    needed = {"year", "agency", "value_type", "cashable", "amount_gbp", "source_row"}
    assert needed <= set(rich.flow.columns)
    again = flow(rich.lines, rich.reference, rich.assumptions)
    pd.testing.assert_frame_equal(again, rich.flow)
    pd.testing.assert_series_equal(results(again).iloc[0], rich.results)


# --- the illustrative partnership ----------------------------------------------------------------


@pytest.fixture(scope="module")
def example() -> Dataset:
    from mtf_eval import load

    return load("data/example", as_of="2024-12-31")


def _example(
    example: Dataset, project: str, reference: Reference, people: Shown = AS_RECORDED
) -> Benefit:
    from mtf_eval.analysis.project import evaluation as projects

    found = projects.evaluate(example, project, as_of="2024-12-31", rng=np.random.default_rng(1))
    return analyse(example, found, reference, people=people)


@pytest.mark.parametrize(("project", "name"), [("EX03", "Burglary"), ("EX04", "Vehicle crime")])
def test_the_interval_covers_the_true_saving(
    project: str, name: str, example: Dataset, reference: Reference
) -> None:
    truth = pd.read_csv(example.path / "truth.csv").set_index(["project_id", "measure"])
    done = _example(example, project, reference)
    pricing = Pricing(reference, done.assumptions)
    (line,) = done.claimed
    saved = truth.loc[(project, name), "avoided"] * float(
        pricing.present(line, np.array(line.profile))[0]
    )
    assert done.draws is not None
    low, high = done.draws.interval
    assert low < saved < high
    opening = {"EX03": "In doubt (part or all", "EX04": "The records are consistent with benefits"}
    assert done.sentence().startswith(opening[project])


@pytest.mark.parametrize(("project", "other"), [("EX04", "EX12"), ("EX12", "EX04")])
def test_a_project_of_the_same_areas_is_named_on_the_first_screen(
    project: str, other: str, example: Dataset, reference: Reference
) -> None:
    areas = example.table("project_areas")
    targets = areas[areas["role"].eq("target")].groupby("project_id")["area_code"].agg(set)
    done = _example(example, project, reference)
    (text,) = (f.text for f in done.findings if f.rule == "shared_areas")
    assert (
        f"{other} worked or is assessed in {len(targets['EX04'] & targets['EX12'])} of the same"
        in text
    )
    assert "both claim the same incidents" in text
    mtf.report(
        mtf.load("data/example"),
        "benefit_analysis",
        project=project,
        price_year="",
        horizon_years=5,
    )
    said = mtf.load("data/example").project(project).benefit().cautions()
    assert text in said.element().text


def test_a_project_alone_in_its_areas_is_not_warned(example: Dataset, reference: Reference) -> None:
    rules = {f.rule for f in _example(example, "EX02", reference).findings}
    assert "shared_areas" not in rules


def test_the_project_without_effect_shows_no_saving(example: Dataset, reference: Reference) -> None:
    done = _example(example, "EX02", reference)
    assert done.sentence().startswith("No saving can be claimed")
    assert done.draws is not None
    assert done.draws.interval[0] <= 0


def test_the_project_with_too_few_incidents_says_so(example: Dataset, reference: Reference) -> None:
    done = _example(example, "EX06", reference)
    assert done.sentence().startswith("We cannot say what was saved. It cost")
    assert pd.isna(done.results["public_value_bcr"])


@pytest.mark.parametrize("project", ["EX02", "EX10"])
def test_a_page_for_every_status(project: str, example: Dataset, reference: Reference) -> None:
    records = mtf.load("data/example")
    given = {"project": project, "price_year": "2023/24", "horizon_years": 5}
    mtf.report(records, "benefit_analysis", release="public", **given)
    money = records.project(project).benefit(price_year="2023/24")
    assert "text/html" in money._repr_mimebundle_()
    steps = [n for n in vars(type(money)) if n[0] != "_" and n not in ("element", "project")]
    assert len(steps) > 20
    for name in steps:
        shown = getattr(money, name)()
        assert "text/html" in shown._repr_mimebundle_(), name
        assert shown.sentence(), name


def test_costs_after_the_day_are_told_of_the_project_that_has_them(reference: Reference) -> None:
    data = dataset(costs=[cost(amount_gbp=1000.0)])
    word = "Costs dated after 31 December 2024 are on record and not counted yet."
    for until, ahead in (("2024-12-31", "P1"), ("2024-12-31", "P2"), ("", "P1")):
        cut = replace(data, about={"as_at": until} if until else {}, ahead=frozenset({ahead}))
        told = [
            n for n in analyse(cut, evaluation(), reference, draws=0).notes if "dated after" in n
        ]
        assert told == ([word] if until and ahead == "P1" else []), (until, ahead)


def test_titles_of_the_pictures_say_what_the_figures_do_and_nothing_where_there_are_none(
    reference: Reference,
) -> None:
    people = outcome(unit_cost_code="child_in_need_year", people=50)
    paid = [cost(amount_gbp=1000.0), cost(amount_gbp=3000.0, agency="District Council")]
    rich = analyse(dataset(outcomes=[people], costs=paid), evaluation(), reference)
    assert statement.costs_finding(rich) == (
        "It cost £4,000 before optimism bias; District Council gave £3,000"
    )
    index = reference.covered
    # Of grade 5: three quarters of it, from prices of 2017/18.
    gains = 50 * 8300 * 0.75 * index["2023/24"] / index["2017/18"]
    said = f"£{float(f'{gains:.3g}'):,.0f}"
    assert statement.gains_finding(rich) == f"Local authority would gain most, {said}"
    net = float(f"{rich.net_gbp:.3g}")
    assert statement.waterfall_finding(rich) == (
        f"From gross benefits to a net present public value of £{net:,.0f}"
    )
    first = rich.swings[0]
    assert statement.tornado_finding(rich).startswith(f"The result hangs most on the {first.kind}")
    assert "()" not in statement.tornado_finding(rich)
    named = replace(rich, swings=(first._replace(kind="effect", name="Robbery"),))
    assert statement.tornado_finding(named) == "The result hangs most on the effect (Robbery)"
    plain = replace(rich, swings=(first._replace(kind="costs", name=""),))
    assert statement.tornado_finding(plain) == "The result hangs most on the costs"

    nothing = analyse(dataset(), evaluation(), reference)
    known = "Nothing can be shown: no benefit is known"
    for said in (statement.gains_finding, statement.waterfall_finding, statement.tornado_finding):
        assert said(nothing) == known
    assert statement.costs_finding(nothing) == "No costs are on record"
    back = [cost(amount_gbp=1000.0), cost(amount_gbp=-5000.0, date="2023-07-01")]
    refund = analyse(dataset(outcomes=[people], costs=back), evaluation(), reference)
    assert statement.costs_finding(refund) == "£4,000 more came back than was paid"

    robbed = dataset(project_measures=[measure()], costs=[cost(amount_gbp=1000.0)])
    for ratio, prefix, why in (
        (0.95, "Not told from nothing: ", "The interval of the effect includes no effect"),
        (1.5, "Went the other way, beyond chance: nobody gains: a loss", "The estimate is a loss"),
    ):
        done = analyse(robbed, evaluation(estimate(ratio=ratio)), reference)
        assert statement.gains_finding(done).startswith(prefix), statement.gains_finding(done)
        assert statement.chance_finding(done) == f"{why}, so no saving can be claimed"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.001, "less than £0.01"), (0.0049, "less than £0.01"), (0.006, "£0.01"), (0.0, "£0.00"),
     (-0.001, "£0.00"), (-0.006, f"{MINUS}£0.01"), (-5.926, f"{MINUS}£5.93"), (2.345, "£2.35")],
)  # fmt: skip
def test_what_comes_back_for_each_pound(ratio: float, words: str) -> None:
    assert each_pound(ratio) == words


@pytest.mark.parametrize(("years", "words"), [(1, "not within 1 year"), (3, "not within 3 years")])
def test_what_is_never_paid_back_says_within_how_long(
    years: int, words: str, reference: Reference
) -> None:
    data = dataset(project_measures=[measure()], costs=[cost(amount_gbp=9e6)])
    done = analyse(data, evaluation(estimate()), reference, horizon_years=years, draws=0)
    assert payback(done) == words


def test_what_has_no_price_is_said_wherever_a_whole_is_asked_for(reference: Reference) -> None:
    paid = [cost(amount_gbp=100.0), cost(amount_gbp=5.0, date="2034-01-01", agency="NHS")]
    data = dataset(project_measures=[measure()], costs=paid)
    done = analyse(data, evaluation(estimate()), reference)
    assert done.unpriced
    why = "; ".join(done.unpriced)
    said = costs_finding(done)
    assert said == "We cannot say what it cost; of what has a price Police gave £100"
    assert waterfall_finding(done) == f"We cannot say what is left: {why}"
    assert chance_finding(done) == f"The chance cannot be said: {why}"
    assert chance_finding(analyse(data, evaluation(estimate()), reference, draws=0)).startswith(
        "Nothing can be shown")  # fmt: skip
    back = dataset(costs=[cost(amount_gbp=-300.0), cost(amount_gbp=100.0, agency="NHS")])
    refund = costs_finding(analyse(back, evaluation(), reference, draws=0))
    assert refund == "£200 more came back than was paid"


def test_of_a_response_without_a_start_year_0_begins_with_the_first_cost(
    reference: Reference,
) -> None:
    paid = [cost(amount_gbp=100.0, date="2024-06-01"), cost(amount_gbp=10.0, date="2023-05-01")]
    undated = evaluation()
    undated = replace(undated, project=replace(undated.project, response_start=None))
    found = account(dataset(costs=paid), undated, reference)
    assert "The response has no start date: year 0 begins with the first cost." in found.notes
    assert [(line.quantity, line.profile.index(1)) for line in found.lines] == [(100, 1), (10, 0)]
    done = analyse(dataset(costs=paid), undated, reference, draws=0)
    assert done.results["present_value_costs_gbp"] > 0
    assert account(dataset(), undated, reference).lines == ()


def test_what_cannot_be_worked_out_is_refused_in_words(reference: Reference) -> None:
    with pytest.raises(BadArgument, match="rate=-1: expected a rate above -1"):
        mtf.present_value([1, 2], rate=-1)
    for shape in ([], [[1, 2], [3, 4]], 5):
        with pytest.raises(BadArgument, match="expected one amount a year"):
            mtf.present_value(shape)
    with pytest.raises(BadArgument, match="no projects to add up"):
        totals.portfolio([], rng=np.random.default_rng(1))
    done = analyse(dataset(outcomes=[burglaries()]), evaluation(), reference, draws=0)
    with pytest.raises(BadArgument, match="draws=0: expected 1 or more"):
        simulate(done.lines, reference, done.assumptions, rng=np.random.default_rng(1), draws=0)


def test_a_price_of_a_provisional_edition_is_named(reference: Reference) -> None:
    data = dataset(project_measures=[measure()], outcomes=[outcome(
        unit_cost_code="child_in_need_year", people=9)])  # fmt: skip
    for values, named in ((reference, 0), (reference.in_edition("2019/20"), 1)):
        done = analyse(data, evaluation(estimate()), values, draws=0)
        said = [f.text for f in done.findings if f.rule == "provisional_edition"]
        assert len(said) == named
        assert all("whose fiscal part is provisional" in text for text in said)


def test_where_no_effect_is_inside_no_saving_is_inside_every_interval() -> None:
    """Draws of 1 to 100 at a level of 0.8: 10.9 to 90.1; P5 and P95 are 5.95 and 95.05."""
    some = np.arange(1.0, 101.0)
    blank: dict[str, Any] = {"fiscal": some, "cashable": some, "careful": some, "inputs": {}}

    def drawn(public: Any, costs: Any = 2.0, *, covers_zero: bool = False) -> Draws:
        return Draws(public=public, costs=np.broadcast_to(costs, public.shape), level=0.8,
                     covers_zero=covers_zero, **blank)  # fmt: skip

    assert drawn(some).interval == pytest.approx((10.9, 90.1))
    assert drawn(some).ratio == pytest.approx((5.45, 45.05))
    assert drawn(some).quantiles(some) == pytest.approx((5.95, 50.5, 95.05))
    assert drawn(some, covers_zero=True).interval == pytest.approx((0, 90.1))
    assert drawn(some, covers_zero=True).ratio == pytest.approx((0, 45.05))
    assert drawn(-some, covers_zero=True).interval == pytest.approx((-90.1, 0))
    assert drawn(-some, covers_zero=True).ratio == pytest.approx((-45.05, 0))
    free = np.where(some > 1, 2.0, 0.0)
    assert drawn(some, free).ratio is None, "of what is free nothing is so many times"
    assert drawn(some, free).net[:2] == pytest.approx([1, 0])


def test_what_cost_nothing_has_no_ratio(reference: Reference) -> None:
    people = outcome(unit_cost_code="child_in_need_year", people=50)
    for amounts in ((0.0,), (1000.0, -1000.0), (1000.0, -3000.0)):
        costs = [cost(amount_gbp=gbp, date=f"2023-0{6 + n}-01") for n, gbp in enumerate(amounts)]
        done = analyse(dataset(outcomes=[people], costs=costs), evaluation(), reference, draws=0)
        assert done.results["present_value_costs_gbp"] == pytest.approx(sum(amounts))
        assert done.results[["public_value_bcr", "fiscal_bcr", "cashable_bcr"]].isna().all()
        gained = done.results["present_value_benefits_gbp"]
        assert done.results["net_present_public_value_gbp"] == pytest.approx(gained - sum(amounts))


def test_the_bridge_leads_from_what_was_paid_to_the_cost_of_the_headline(
    reference: Reference,
) -> None:
    """By hand: grade 4 adds 15%; after two years a pound is 1.035 squared less; the deflator."""
    index = reference.covered

    def said(*paid: dict[str, Any]) -> str:
        return bridge(analyse(dataset(costs=[*paid]), evaluation(), reference, draws=0))

    assert said() == ""
    assert said(cost(amount_gbp=0.0)) == ""
    assert said(cost(amount_gbp=10_000.0)) == (
        "£10,000 as paid, £10,000 in 2023/24 prices, £10,000 with optimism bias"
    )
    assert said(cost(amount_gbp=10_000.0, evidence_grade=4), cost(amount_gbp=2_000.0)) == (
        "£12,000 as paid, £12,000 in 2023/24 prices, £13,500 with optimism bias"
    )
    priced = 10_000 * index["2023/24"] / index["2025/26"]
    last = [priced, 1.15 * priced, 1.15 * priced / 1.035**2]
    prices, bias, discounted = (f"£{float(f'{gbp:.3g}'):,.0f}" for gbp in last)
    assert said(cost(amount_gbp=10_000.0, evidence_grade=4, date="2025-06-01")) == (
        f"£10,000 as paid, {prices} in 2023/24 prices, {bias} with optimism bias, "
        f"{discounted} discounted"
    )
