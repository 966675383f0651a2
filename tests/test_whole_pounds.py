"""Every cell of the tables of pounds, for one small project summed by hand."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome

from mtf_eval.analysis.benefit import appendix, appraisal, statement
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.prices.reference import load_reference

NAN = math.nan
#: GDP deflators of the price years (HM Treasury, as read), and the factors to 2024/25 prices.
INDEX = {"2012/13": 69.1565, "2015/16": 72.0902, "2022/23": 88.2512, "2023/24": 92.8945,
         "2024/25": 96.6694}  # fmt: skip
UP = {year: INDEX["2024/25"] / index for year, index in INDEX.items()}
ROBBERY = {"fiscal": 5450.0, "economic": 2280.0, "social": 3590.0}  # Home Office, 2015/16
BORNE = {"police": 0.185321101, "courts_and_prisons": 0.673394495, "nhs": 0.139449541,
         "victim_services": 0.001834863}  # fmt: skip
LATER = 1 / 1.035  # a pound of next year


def bias(side: str, grade: int) -> float:
    with (REFERENCE / "optimism_bias.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if (r["side"], r["grade"]) == (side, str(grade))]
    return float(rows[0]["correction"])


GAIN = 1 + bias("benefit", 4)  # both outcomes: the unit cost is of grade 4, the worst input
#: Pounds of 2024/25, as paid; with what optimism adds; discounted.
PAID = {"Police": 10_000 * UP["2023/24"], "NHS Trust": 600 * UP["2022/23"], "Council": 2_000.0}
MORE = {"Police": 1 + bias("cost", 3), "NHS Trust": 1 + bias("cost", 6), "Council": 1.0}
COST = {n: PAID[n] * MORE[n] * (LATER if n == "Council" else 1) for n in PAID}
WHOLE = sum(COST.values())
AVOIDED = 90 / 0.75 - 90  # over 18 months: two thirds in the first year
SHARES = (2 / 3, 1 / 3)
EACH = UP["2015/16"] * GAIN
VALUE = AVOIDED * sum(ROBBERY.values()) * EACH * (SHARES[0] + SHARES[1] * LATER)


def made(draws: int) -> Benefit:
    data = dataset(
        project_measures=[measure()],
        outcomes=[
            outcome(unit_cost_code="jsa_claimant_into_work", people=4, impact=0.5, deadweight=0.25,
                    attribution=0.8, lag_years=1, years=2, drop_off=0.1, evidence_grade=2),
        ],
        costs=[
            cost(amount_gbp=10_000.0, date="2023-06-01", evidence_grade=3),
            cost(hours=20.0, rate_gbp=30.0, date="2022-08-15", kind="in_kind", agency="NHS Trust",
                 item="nurse", evidence_grade=np.nan),
            cost(amount_gbp=2_000.0, date="2024-06-01", capital="yes", agency="Council"),
        ],
    )  # fmt: skip
    return appraisal.analyse(
        data, evaluation(estimate(ratio=0.75, after=90, months=18)), load_reference(),
        price_year="2024/25", horizon_years=3, draws=draws, rng=np.random.default_rng(0),
    )  # fmt: skip


@pytest.fixture(scope="module")
def done() -> Benefit:
    return made(draws=0)


def three(pounds: float) -> str:
    """Pounds of five figures to the three that are said."""
    return f"£{round(pounds, -2):,.0f}"


def same(table: Table, *rows: tuple[Any, ...]) -> None:
    found = table.frame.astype(object).to_numpy().tolist()
    assert len(found) == len(rows)
    for got, wanted in zip(found, rows, strict=True):
        assert len(got) == len(wanted)
        for value, expected in zip(got, wanted, strict=True):
            if isinstance(expected, str):
                assert value == expected
            else:
                assert value == pytest.approx(expected, nan_ok=True), (got, wanted)


def test_what_it_cost_by_row_and_by_agency(done: Benefit) -> None:
    same(  # in an order of their own, whatever that of the table: by item and agency
        appendix.cost_sources(done),
        ("costs row 3", "NHS Trust", "nurse", "in kind, running", 600, "2022/23", 6,
         bias("cost", 6), COST["NHS Trust"], "20 hours x £30.00"),
        ("costs row 4", "Council", "work", "cash, capital", 2_000, "2024/25", 1, 0,
         COST["Council"], ""),
        ("costs row 2", "Police", "work", "cash, running", 10_000, "2023/24", 3,
         bias("cost", 3), COST["Police"], ""),
    )  # fmt: skip
    own = {name: PAID[name] * MORE[name] for name in PAID}
    council, nurse, police = PAID["Council"], PAID["NHS Trust"], PAID["Police"]
    table = statement.costs(done)
    wanted = {
        "agency": ["Council", "NHS Trust", "Police", "Total"],
        "capital": [council, 0, 0, council],
        "running": [0, 0, police, police],
        "in_kind": [0, nurse, 0, nurse],
        "total": [council, nurse, police, sum(PAID.values())],
        "corrected": [own["Council"], own["NHS Trust"], own["Police"], sum(own.values())],
    }
    assert set(table.frame.columns) == set(wanted)
    assert table.frame["agency"].tolist() == wanted.pop("agency")
    for name, values in wanted.items():
        assert table.frame[name].tolist() == pytest.approx(values), name
    assert statement.costs_finding(done) == (
        f"It cost {three(sum(PAID.values()))} before optimism bias; Police gave {three(police)}"
    )


def test_where_every_pound_of_incidents_comes_from(done: Benefit) -> None:
    uprated = 11_320 * UP["2015/16"]
    same(
        appendix.calculation(done),
        ("project_measures row 2", "Robbery", AVOIDED, uprated, 1, 0, 1, 0, 4, GAIN - 1,
         VALUE / AVOIDED, VALUE),
    )  # fmt: skip
    same(
        appendix.cost_per_outcome(done),
        ("Robbery (project_measures row 2)", AVOIDED, WHOLE / AVOIDED, "one incident", NAN),
    )
    same(
        appendix.sources(done),
        ("crime_robbery", "Robbery, per incident", 11_320, "2015/16", UP["2015/16"], 4,
         "stored-source",
         "Home Office Research Report 99, The economic and social costs of crime, 2nd edition "
         "(Heeks, Reed, Tafsiri, Prince, July 2018), Tables E1/1, HORR99, 2nd edition, July 2018",
         ""),
    )  # fmt: skip


def test_where_every_pound_of_people_comes_from(done: Benefit) -> None:
    """Of 4 people 0.3 are helped each: 1.2, in the second year and, at 0.9, in the third."""
    assert done.claims is not None
    units = 1.2 * (LATER + 0.9 * LATER**2)
    value = units * 14_610 * UP["2012/13"] * GAIN
    label = "Job Seeker's Allowance Fiscal and economic benefit from a workless claimant entering "
    same(
        appendix.calculation(done.claims),
        ("outcomes row 2", f"{label}work", NAN, 14_610 * UP["2012/13"], 0.5, 0.25, 0.8, 0.1, 4,
         GAIN - 1, value / 4, value),
    )  # fmt: skip
    same(
        appendix.cost_per_outcome(done.claims),
        (f"{label}work (outcomes row 2)", NAN, WHOLE / (1.2 * 1.9), "one year of one person",
         WHOLE / 1.2),
    )  # fmt: skip
    assert done.claims.results["present_value_benefits_gbp"] == pytest.approx(value)
    # The allowance itself (94.2% of the fiscal part) moves money and is no public value.
    fiscal = units * 9_800 * UP["2012/13"] * GAIN
    assert done.claims.results["present_value_fiscal_gbp"] == pytest.approx(fiscal)
    gains = statement.benefits_by_agency(done.claims).frame
    nhs, moved = 0.057755102 * fiscal, 0.942244898 * fiscal
    economic = units * 14_044 * UP["2012/13"] * GAIN
    assert gains["public"].iloc[-1] == pytest.approx(nhs + economic)
    assert gains["transfer"].tolist() == pytest.approx([moved, 0, 0, moved])
    assert gains["fiscal"].tolist() == pytest.approx([0, nhs, 0, nhs])
    assert gains["economic"].tolist() == pytest.approx([0, 0, economic, economic])


def test_who_gains_and_when(done: Benefit) -> None:
    times = AVOIDED * EACH * (SHARES[0] + SHARES[1] * LATER)
    gains = {name: 5_450 * share * times for name, share in BORNE.items()}
    frame = statement.benefits_by_agency(done).frame
    fiscal = sorted([*gains.values(), 0.0])
    assert sorted(frame["fiscal"].iloc[:-1]) == pytest.approx(fiscal)
    assert sorted(frame["public"].iloc[:-1]) == pytest.approx(
        sorted([*gains.values(), (2_280 + 3_590) * times])
    )
    assert frame.iloc[-1, 1:].tolist() == pytest.approx(
        [sum(gains.values()), 2_280 * times, 3_590 * times, 0, VALUE, 0, 0], rel=1e-6
    )
    years = [AVOIDED * share * EACH for share in SHARES]
    spent = [PAID["Police"] * MORE["Police"] + COST["NHS Trust"], PAID["Council"], 0]
    flow = statement.cash_flow(done).frame
    assert flow["year"].tolist() == ["Year 0", "Year 1", "Year 2"]
    assert flow["cost"].tolist() == pytest.approx(spent)
    for kind, pounds in ROBBERY.items():
        assert flow[kind].tolist() == pytest.approx([*(pounds * n for n in years), 0], rel=1e-6)
    assert flow[["transfer", "not_split"]].to_numpy().ravel() == pytest.approx(0, abs=0.01)
    for name, pounds in (("running_public", 11_320), ("running_fiscal", 5_450)):
        first = pounds * years[0] - spent[0]
        second = first + (pounds * years[1] - spent[1]) * LATER
        assert flow[name].tolist() == pytest.approx([first, second, second], rel=1e-6)
    both = statement.by_agency_and_year(done).frame
    assert both["net"].tolist() == pytest.approx((both["gained"] - both["paid"]).tolist())
    paid = both[both["paid"] > 0].sort_values(["year", "agency"])
    assert paid[["year", "agency"]].to_numpy().tolist() == [
        ["Year 0", "NHS Trust"], ["Year 0", "Police"], ["Year 1", "Council"],
    ]  # fmt: skip
    assert paid["paid"].tolist() == pytest.approx(
        [COST["NHS Trust"], COST["Police"], COST["Council"]]
    )


def test_what_it_comes_to(done: Benefit) -> None:
    fiscal = VALUE * 5_450 / 11_320
    wanted = {
        "present_value_costs_gbp": WHOLE, "present_value_benefits_gbp": VALUE,
        "present_value_fiscal_gbp": fiscal, "cashable_benefit_gbp": 0,
        "net_present_public_value_gbp": VALUE - WHOLE, "public_value_bcr": VALUE / WHOLE,
        "fiscal_bcr": fiscal / WHOLE, "cashable_bcr": 0,
        "net_present_budget_impact_gbp": WHOLE - fiscal, "payback_year": 0,
    }  # fmt: skip
    assert done.results.to_dict() == pytest.approx(wanted, rel=1e-6)
    assert done.switching == pytest.approx(WHOLE / VALUE)
    money, ratio = statement.results_in_pounds(done).frame, statement.ratios(done).frame
    same_order = [*list(wanted)[:5], "net_present_budget_impact_gbp"]
    assert money.iloc[:, 1].tolist() == pytest.approx([wanted[n] for n in same_order], rel=1e-6)
    assert money.iloc[:, 2:].isna().all(axis=None), "nothing was drawn"
    ratios = ratio.set_index(ratio.columns[0]).iloc[:, 0].tolist()
    assert sorted(ratios) == pytest.approx(
        sorted([VALUE / WHOLE, fiscal / WHOLE, 0, WHOLE / VALUE]), rel=1e-6
    )
    first = 5_450 * AVOIDED * SHARES[0] * EACH
    due = COST["Police"] + COST["NHS Trust"]
    months = math.ceil(12 * due / first)
    assert 1 < months < 12
    assert statement.payback(done) == f"after about {months} months"
    bridge = (
        f"£12,600 as paid, {three(sum(PAID.values()))} in 2024/25 prices, "
        f"{three(sum(PAID[n] * MORE[n] for n in PAID))} with optimism bias, "
        f"{three(WHOLE)} discounted"
    )
    assert statement.bridge(done) == bridge


def test_who_gains_most_and_how_much_of_it_is_cash(done: Benefit) -> None:
    times = AVOIDED * EACH * (SHARES[0] + SHARES[1] * LATER)
    gained = {"People and businesses": 5_870 * times,
              "Courts and prisons": 5_450 * BORNE["courts_and_prisons"] * times,
              "Police": 5_450 * BORNE["police"] * times}  # fmt: skip
    said = dict(zip(statement.appraisal_summary(done).frame["option"],
                    statement.appraisal_summary(done).frame["gains"], strict=True))  # fmt: skip
    words = said["The project as the records show"].partition("; ")
    assert words[2] == "capacity freed, not cash"
    for (agency, pounds), told in zip(gained.items(), words[0].split(", "), strict=True):
        name, _, value = told.rpartition(" £")
        assert name == agency
        assert float(value.replace(",", "")) == pytest.approx(pounds, rel=0.005)
    cash = replace(done, results=done.results.where(done.results.index != "cashable_benefit_gbp",
                                                    1_200.0))  # fmt: skip
    told = statement.appraisal_summary(cash).frame["gains"]
    assert told.iloc[1].endswith("; cashable £1,200")
    under = {c.name: c.note for c in statement.headline(cash).columns}
    assert "Of a fiscal benefit of £184,000" in " ".join(under.values())


def test_from_gross_to_net(done: Benefit) -> None:
    gross = AVOIDED * 11_320 * UP["2015/16"]
    gained = gross * GAIN
    added = sum(PAID[n] * (MORE[n] - 1) for n in PAID)
    same(
        statement.waterfall(done),
        ("Gross benefits", gross),
        ("Optimism bias on benefits", gained - gross),
        ("Discounting of benefits", VALUE - gained),
        ("Costs", -sum(PAID.values())),
        ("Optimism bias on costs", -added),
        ("Discounting of costs", PAID["Council"] * (1 - LATER)),
        ("Net present public value", VALUE - WHOLE),
    )


def test_the_live_model_has_the_same_inputs_and_sums(done: Benefit) -> None:
    found = appendix.model(done)
    assert found["price_year"] == "2024/25"
    assert not found["unshown"]
    assert {year: found["deflator"][year] for year in INDEX} == INDEX
    assert found["rates"]["standard"] == pytest.approx([0, 0.035, 0.035])
    assert found["rates"]["health"] == pytest.approx([0, 0.015, 0.015])
    assert found["units"]["crime_robbery"] == {
        "label": "Robbery", "price_year": "2015/16", "health": 0,
        "public": pytest.approx(11_320), "fiscal": pytest.approx(5_450, rel=1e-6),
    }  # fmt: skip
    lines = {line["row"]: line for line in found["lines"]}
    assert [(line["sum"], row) for row, line in lines.items()] == [
        ("cost", "costs row 3"), ("cost", "costs row 4"), ("cost", "costs row 2"),
        ("records", "project_measures row 2"), ("claimed", "outcomes row 2"),
    ]  # fmt: skip
    people = lines["outcomes row 2"]
    assert (people["profile"], people["ages"]) == ([0, 1, 1], [0, 0, 1])
    numbers = ("quantity", "impact", "deadweight", "attribution", "weight", "drop_off", "bias")
    assert [people[n] for n in numbers] == pytest.approx(
        [4, 0.5, 0.25, 0.8, 1, 0.1, bias("benefit", 4)]
    )
    council = lines["costs row 4"]
    assert (council["profile"], council["ages"]) == ([0, 1, 0], [0, 0, 0])
    assert (council["price_year"], council["code"], council["what"]) == ("2024/25", "", "work")
    places = lines["project_measures row 2"]
    assert (places["price_year"], places["code"]) == ("2015/16", "crime_robbery")
    assert places["present"] == pytest.approx([VALUE, VALUE * 5_450 / 11_320], rel=1e-6)
    assert sum(line["present"][0] for line in lines.values() if line["sum"] == "cost") == (
        pytest.approx(WHOLE)
    )


# The same with draws: what is near, and what follows from it by hand


@pytest.fixture(scope="module")
def drawn() -> Benefit:
    return made(draws=4000)


def test_every_other_assumption_by_hand(drawn: Benefit) -> None:
    with (REFERENCE / "unit_costs.csv").open(encoding="utf-8") as file:
        newer = next(r for r in csv.DictReader(file) if r["code"] == "crime_robbery_2019_20")
    assert newer["price_year"] == "2019/20"
    up = INDEX["2024/25"] / 78.1735
    newest = float(newer["total_gbp"]) * up / (11_320 * UP["2015/16"])
    newest_fiscal = float(newer["fiscal_gbp"]) * up / (5_450 * UP["2015/16"])
    mean = 1 + (bias("benefit", 1) + bias("benefit", 3) + bias("benefit", 4)) / 3
    paid = PAID["Police"] + PAID["NHS Trust"] + PAID["Council"] * LATER
    high = 12_050 / 11_320
    longer = (1 + LATER + 0.5 * LATER**2) * SHARES[0] / (SHARES[0] + SHARES[1] * LATER)
    fiscal = VALUE * 5_450 / 11_320
    wanted = {
        "As reported": (VALUE, fiscal, WHOLE),
        "Optimism bias off": (VALUE / GAIN, fiscal / GAIN, paid),
        "Optimism bias by the mean of the grades":
            (VALUE / GAIN * mean, fiscal / GAIN * mean, WHOLE),
        "Cost of anticipating crime left out": (VALUE * (11_320 - 330) / 11_320, fiscal, WHOLE),
        "Crime at the costs of the newer Home Office edition (2019/20)":
            (VALUE * newest, fiscal * newest_fiscal, WHOLE),
        "Unit costs at the low end": (VALUE, fiscal, WHOLE),
        "Unit costs at the high end": (VALUE * high, fiscal * high, WHOLE),
        "What moved next door not taken off (gross)": (VALUE, fiscal, WHOLE),
        "Effect lasts 3 years, 50% less each year": (VALUE * longer, fiscal * longer, WHOLE),
        "Horizon of 5 years": (VALUE, fiscal, WHOLE),
        "Horizon of 10 years": (VALUE, fiscal, WHOLE),
    }  # fmt: skip
    frame = appendix.sensitivities(drawn).frame.set_index("case")
    assert [*frame.index] == [
        *list(wanted)[:5], "Recorded crime scaled up to actual crime", *list(wanted)[5:],
    ]  # fmt: skip
    for case, (value, budget, paid) in wanted.items():
        assert frame.loc[case].tolist() == pytest.approx(
            [value - paid, value / paid, budget / paid, paid - budget], rel=1e-5
        ), case
    assert drawn.claims is not None
    claimed = appendix.sensitivities(drawn.claims).frame.set_index("case")["bcr"]
    base = claimed["As reported"]
    for case, times in (("low", 0.8), ("high", 1.2)):  # our spread: the source gives none
        assert claimed[f"Unit costs at the {case} end"] == pytest.approx(base * times)
    for case in ("Effect lasts 3 years, 50% less each year", "Cost of anticipating crime left out"):
        assert claimed[case] == pytest.approx(base), "of places alone"


def test_what_the_result_hangs_on(drawn: Benefit) -> None:
    each = VALUE / AVOIDED
    bounds = [90 / (0.75 * math.exp(k * 1.2816 * 0.1)) - 90 for k in (1, -1)]
    high = 12_050 / 11_320 - 1
    unit = [1 + high * (1 - math.sqrt(1 - share)) for share in (0.1, 0.9)]
    cost = [0.9 + 0.1 * math.sqrt(0.2), 1.1 - 0.1 * math.sqrt(0.2)]
    frame = appendix.tornado(drawn).frame
    assert frame["input"].tolist() == ["Effect: Robbery", "Unit cost: Robbery", "Costs"]
    for (low, top), near, row in zip(
        (bounds, unit, cost), (1.5, 0.003, 0.004), frame.itertuples(), strict=True
    ):
        assert (row.low_input, row.high_input) == pytest.approx((low, top), abs=near)
    effect, price, spent = frame.itertuples()
    assert (effect.low, effect.high) == pytest.approx(
        (effect.low_input * each - WHOLE, effect.high_input * each - WHOLE)
    )
    assert (price.low, price.high) == pytest.approx(
        (price.low_input * VALUE - WHOLE, price.high_input * VALUE - WHOLE)
    )
    assert (spent.low, spent.high) == pytest.approx(
        (VALUE - spent.low_input * WHOLE, VALUE - spent.high_input * WHOLE)
    )
    part = WHOLE / VALUE
    less = f"{1 - part:.0%} less"
    same(
        appendix.switching_values(drawn),
        ("Costs", 1, 1 / part, f"{1 / part:.0f} times as much"),
        ("Effect: Robbery", AVOIDED, AVOIDED * part, less),
        ("Unit cost: Robbery", 1, part, less),
    )
    claims = drawn.claims
    assert claims is not None
    part = WHOLE / claims.results["present_value_benefits_gbp"]
    what = "Job Seeker's Allowance Fiscal and economic benefit from a workless claimant entering "
    less, more = f"{1 - part:.0%} less", 1 - 0.75 * part
    same(
        appendix.switching_values(claims),
        (f"Attribution: {what}work", 0.8, 0.8 * part, less),
        ("Costs", 1, 1 / part, f"{1 / part - 1:.0%} more"),
        (f"Deadweight: {what}work", 0.25, more, f"{more / 0.25 - 1:.0%} more"),
        (f"Impact: {what}work", 0.5, 0.5 * part, less),
        (f"Unit cost: {what}work", 1, part, less),
    )


def test_what_the_rules_found_and_how_sure_it_is(drawn: Benefit) -> None:
    low, high = (90 / (0.75 * math.exp(k * 1.96 * 0.1)) - 90 for k in (1, -1))
    said = (
        f"Robbery: 30 fewer incidents than expected (95% interval {low:.0f} to {high:.0f}); next "
        "door was not measured."
    )
    same(
        appendix.findings(drawn),
        ("1. project_measures row 2", "displacement", "check", said),
        ("2. project_measures row 2", "wide unit cost", "check",
         "Robbery: the unit cost may be 1 to 1.1 times the one reported, which is the careful end. "
         "All results use the one reported; what they would be over that range is a table of its "
         "own."),
    )  # fmt: skip
    assert appendix.gaps(drawn).frame.empty
    net = drawn.draws
    assert net is not None
    prices = appendix.prices(drawn).frame
    assert prices["prices"].tolist() == [
        "As reported", "All at the low end", "All at the high end", "Drawn between low and high",
    ]  # fmt: skip
    for row, factor in ((0, 1.0), (1, 1.0), (2, 12_050 / 11_320)):
        known = np.quantile(net.public * factor - net.costs, [0.05, 0.5, 0.95])
        assert prices.iloc[row, 1:4].astype(float).tolist() == pytest.approx(known.tolist())
    assert prices["p50"].iloc[0] < prices["p50"].iloc[3] < prices["p50"].iloc[2]
    nothing, records, claimed, least = statement.appraisal_summary(drawn).frame.to_numpy().tolist()
    assert nothing[:4] == ["Do nothing", 0, 0, 0]
    assert records[1:5] == pytest.approx([VALUE, WHOLE, VALUE - WHOLE, VALUE / WHOLE])
    assert said.rstrip(".") in records[6]
    assert "next door" not in claimed[6]
    assert claimed[6] == "none named by the rules; no other project on record claims it"
    assert records[-1] == (
        "Effect that passed its checks; chance that benefits exceed costs over 99%"
    )
    assert least[0] == "Lower bound: next door not measured, anticipation of crime out of gains, P5"
    assert least[2] == pytest.approx(WHOLE)
    lean = np.quantile(net.public * (11_320 - 330) / 11_320 - net.costs, 0.05)
    assert least[3] == pytest.approx(float(lean))
    assert statement.tornado_finding(drawn) == "The result hangs most on the effect (Robbery)"
    assert statement.chance_finding(drawn) == "The chance that benefits exceed costs is over 99%"


def test_each_interval_of_the_first_screen_is_of_its_own_figure(drawn: Benefit) -> None:
    draws = drawn.draws
    assert draws is not None
    notes = {column.name: column.note for column in statement.headline(drawn).columns}
    for name, values in (
        ("benefits", draws.public), ("net", draws.public - draws.costs),
        ("bcr", draws.public / draws.costs),
    ):  # fmt: skip
        (ends,) = re.findall(r"95% interval £?([\d,.]+) to £?([\d,.]+)", notes[name])
        known = np.quantile(values, [0.025, 0.975])
        assert [float(end.replace(",", "")) for end in ends] == pytest.approx(known, rel=0.005)
