"""Pounds by what stands behind each line: no measure is surer than the one that is judged."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from benefit_cases import cost, dataset, estimate, evaluation, measure, outcome

from mtf_eval.analysis.benefit import appendix, appraisal, statement
from mtf_eval.analysis.benefit.appendix import model
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.layout import standing
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.net import KINDS
from mtf_eval.analysis.results.columns import MINUS
from mtf_eval.analysis.year import leadership, portfolio, pounds
from mtf_eval.errors import DataProblems
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.editions import editions
from mtf_eval.records.prices.own import own_reference
from mtf_eval.records.prices.reference import Reference, load_reference

SHOWN = estimate("Robbery", ratio=0.7, se_log=0.05)
NOTHING = estimate("Vehicle crime", ratio=0.8, se_log=0.2, after=400)
CAR = measure("Vehicle crime", "crime_theft_from_vehicle")


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference()


def appraised(
    judged: Evaluation,
    *measures: dict[str, Any],
    draws: int = 500,
    paid: tuple[float, ...] = (1000,),
) -> Benefit:
    costs = [cost(amount_gbp=float(gbp)) for gbp in paid]
    data = dataset(project_measures=list(measures), costs=costs)
    return appraisal.analyse(
        data, judged, load_reference(), price_year="2023/24", horizon_years=5,
        rng=np.random.default_rng(1), draws=draws,
    )  # fmt: skip


def worth(reference: Reference, code: str, incidents: float) -> float:
    """Hand sum: incidents by the uprated unit cost, a gain less 15% for grade 4, in year 0."""
    unit = reference.unit_cost(code)
    each = reference.uprate(unit.total_gbp, unit.price_year, "2023/24")
    return incidents * each * (0.85 if incidents > 0 else 1)


def year_of(judged: Evaluation, *measures: dict[str, Any], **more: Evaluation) -> pounds.Money:
    """Appraise a year of one project, or of `more` by reference, each with what it measures."""
    rows = [row | {"project_id": p} for p in (more or {"P1": judged}) for row in measures]
    data = dataset(
        project_measures=rows,
        costs=[cost(amount_gbp=1000.0, project_id=p) for p in more or {"P1": judged}],
    )
    together = SimpleNamespace(
        evaluations=(*more.values(),) or (judged,), year=2024, slug="2024",
        as_of=date(2024, 12, 31),
    )  # fmt: skip
    spent = pounds.appraise(
        data, cast("Any", together), load_reference(), price_year="2023/24", horizon_years=5,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert spent is not None
    return spent


def test_pounds_of_a_measure_that_shows_nothing_are_in_no_total_of_what_worked(
    reference: Reference,
) -> None:
    done = appraised(evaluation(SHOWN, NOTHING), measure(), CAR)
    robbery = worth(reference, "crime_robbery", 100 / 0.7 - 100)
    cars = worth(reference, "crime_theft_from_vehicle", 400 / 0.8 - 400)
    assert done.evidence == "effect"
    assert done.results["present_value_benefits_gbp"] == pytest.approx(robbery)
    assert [line.label for line in done.claimed] == ["Robbery"]
    (text,) = (f.text for f in done.findings if f.rule == "weaker_evidence")
    assert text.startswith("Vehicle crime: not shown")
    assert "shown alone" in appendix.findings(done).frame.to_string()
    table = standing([done])
    assert "benefit_p1" in table.name
    assert "half_2021" in standing([done], name="half_2021").name
    assert table.frame["value"].iloc[0] == pytest.approx(robbery)  # of robbery alone
    assert "the measures with a unit cost that are judged as it is" in table.notes[0]
    (apart,) = done.weaker
    assert apart.results["present_value_benefits_gbp"] == pytest.approx(cars)
    assert np.isnan(apart.results["public_value_bcr"])
    kinds = year_of(evaluation(SHOWN, NOTHING), measure(), CAR).kinds
    assert kinds["effect"].results["present_value_benefits_gbp"] == pytest.approx(robbery)
    ratio = done.results["public_value_bcr"]
    assert kinds["effect"].results["public_value_bcr"] == pytest.approx(ratio)
    assert kinds["not_shown"].results["present_value_benefits_gbp"] == pytest.approx(cars)
    assert kinds["not_shown"].results["present_value_costs_gbp"] == 0


def test_each_measure_that_is_in_no_total_is_told_with_its_own_pounds(
    reference: Reference,
) -> None:
    person = estimate("Theft from the person", ratio=0.9, se_log=0.2, after=90)
    theft = measure("Theft from the person", "crime_theft_from_person")
    done = appraised(evaluation(SHOWN, NOTHING, person), measure(), CAR, theft)
    cars = worth(reference, "crime_theft_from_vehicle", 400 / 0.8 - 400)
    people = worth(reference, "crime_theft_from_person", 10)
    told = {f.text.partition(":")[0]: f.text for f in done.findings if f.rule == "weaker_evidence"}
    assert set(told) == {"Vehicle crime", "Theft from the person"}
    for name, pounds_of in (("Vehicle crime", cars), ("Theft from the person", people)):
        (said,) = re.findall(r"so its £([\d,]+) are in no total", told[name])
        assert float(said.replace(",", "")) == pytest.approx(pounds_of, rel=0.005), name


def test_what_one_sum_lacks_stands_with_it_alone() -> None:
    """Costs stand with the first sum; a row without a price is missing in each."""
    luck = measure("Arson", "luck")
    done = appraised(evaluation(SHOWN, NOTHING), measure(), CAR, luck, paid=())
    (apart,) = done.weaker
    assert done.unpriced == ("project_measures row 4 has no price", "no costs are on record")
    assert apart.unpriced == ("project_measures row 4 has no price",)


def test_all_kinds_of_a_year_are_of_one_base_year(reference: Reference) -> None:
    """What began in 2023/24 is discounted by a year where something began in 2022/23."""
    early = evaluation(SHOWN, start="2023-02-01")
    late = evaluation(SHOWN, project_id="P2", areas=("A2",), failed=("trend",))
    spent = year_of(early, measure(), P1=early, P2=late)
    value = worth(reference, "crime_robbery", 100 / 0.7 - 100)
    kinds = {name: own.results for name, own in spent.kinds.items()}
    assert kinds["effect"]["present_value_benefits_gbp"] == pytest.approx(value)
    assert kinds["doubtful"]["present_value_benefits_gbp"] == pytest.approx(value / 1.035)
    costs = sum(own["present_value_costs_gbp"] for own in kinds.values())
    assert costs == pytest.approx(spent.whole.results["present_value_costs_gbp"])
    assert "sums of the year in which the first of them began" in pounds.once_finding(spent)
    alone = year_of(early, measure())
    assert pounds.once_finding(alone).endswith("each sum is that of its lines.")


def appraise_year(data: Dataset, year: int, *judged: Evaluation) -> tuple[pounds.Money, Any]:
    together = SimpleNamespace(
        evaluations=judged, year=year, slug=str(year), as_of=date(2024, 12, 31)
    )
    spent = pounds.appraise(
        data, cast("Any", together), load_reference(), price_year="2023/24", horizon_years=5,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert spent is not None
    return spent, together


def test_two_years_hold_the_same_incidents_and_people_once(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1 from January 2023, P2 from July, the same areas: six of P2's twelve months are P1's."""
    began = {"P1": "2023-01-01", "P2": "2023-07-01"}
    judged = {name: evaluation(SHOWN, project_id=name, start=day) for name, day in began.items()}
    projects = [
        {"project_id": name, "title": name, "response_start": pd.Timestamp(day),
         "response_end": judged[name].project.response_end - pd.Timedelta(days=1)}
        for name, day in began.items()
    ]  # fmt: skip
    ended = {
        name: replace(each, project=replace(each.project, response_end=row["response_end"]))
        for (name, each), row in zip(judged.items(), projects, strict=True)
    }
    areas = [{"project_id": p, "area_code": "A1", "role": "target", "population": 9} for p in began]
    claims = [outcome(unit_cost_code="crime_domestic_burglary", people=10, project_id=p,
                      attribution=0.75) for p in began]  # fmt: skip
    data = dataset(
        projects=projects, project_areas=areas, outcomes=claims,
        project_measures=[measure() | {"project_id": p} for p in began],
        costs=[cost(amount_gbp=1000.0, project_id=p) for p in began],
    )  # fmt: skip
    monkeypatch.setattr(pounds, "evaluated", lambda data, name, as_of: ended[name])
    monkeypatch.setattr(pounds, "project_of", lambda data, name: ended[name].project)
    first, _ = appraise_year(data, 2023, *ended.values())
    second, together = appraise_year(data, 2024, ended["P2"])  # P1 is not on the year's list
    value, key = worth(reference, "crime_robbery", 100 / 0.7 - 100), "present_value_benefits_gbp"
    assert first.kinds["effect"].results[key] == pytest.approx(value)
    assert second.kinds["effect"].results[key] == pytest.approx(value / 2)
    whole = first.kinds["claimed"].results[key]
    assert second.kinds["claimed"].results[key] == pytest.approx(whole)
    enters = pounds.once(data, together, second).frame["enters"]
    assert list(enters) == [
        "Robbery of P2 is also claimed by P1 (counted in 2023); 50% of it enters the total.",
        "all of it",
    ]
    table = pounds.by_kind(data, together, second)
    assert table.frame["bcr"].isna().all(), "no ratio of a part of the benefits to whole costs"
    said = pounds.finding(second)
    assert "an earlier year counts part or all of P2, so there is no ratio" in said
    assert "no incident counts in two years" in " ".join(table.notes)


def test_each_sum_has_its_own_reason_and_its_own_costs() -> None:
    """P1's costs stand with its robberies; its people are P2's too, who has no costs on record."""
    data = dataset(
        project_measures=[measure()], costs=[cost(amount_gbp=1000.0)],
        outcomes=[outcome(unit_cost_code="child_in_need_year", people=10, project_id=p)
                  for p in ("P1", "P2")],
    )  # fmt: skip
    judged = evaluation(SHOWN), evaluation(project_id="P2")
    spent, together = appraise_year(data, 2024, *judged)
    made = pounds.once(data, together, spent).frame
    assert list(made["kind"]) == [KINDS["effect"], KINDS["claimed"], KINDS["claimed"]]
    assert made["enters"][0] == "all of it"
    assert made["enters"][1:].str.endswith("; 50% of it enters the total.").all()
    table = pounds.by_kind(data, together, spent)
    costs = dict(zip(table.frame["kind"], table.frame["costs"], strict=True))
    assert costs[KINDS["effect"]] == pytest.approx(1000)
    assert np.isnan(costs[KINDS["claimed"]])
    apart = f"{KINDS['claimed']}: costs of P1 stand in another row."
    assert apart in table.notes
    # With a row of people too few to show the costs are still what is not known, and why.
    lacking = replace(spent.whole, unpriced=("P1: outcomes row 2 is of so few people that it is "
                                             "not shown", *spent.whole.unpriced))  # fmt: skip
    said = pounds.finding(replace(spent, whole=lacking))
    assert said.startswith("We cannot say what the projects cost: P2: no costs are on record.")
    paid = dataset(
        costs=[cost(amount_gbp=1000.0)], project_measures=[measure()],
        outcomes=[outcome(unit_cost_code="child_in_need_year", people=10)],
    )  # fmt: skip
    spent, together = appraise_year(paid, 2024, judged[0])
    frame = pounds.by_kind(paid, together, spent).frame
    assert frame["costs"].isna().tolist() == [False, True], "they stand elsewhere: not £0"


def test_the_lower_bound_is_named_where_the_last_row_is_it(reference: Reference) -> None:
    """Without draws, or with a cost that is not priced, the last row is the budget impact."""
    shown = appraised(evaluation(SHOWN), measure())
    undrawn = appraised(evaluation(SHOWN), measure(), draws=0)
    data = dataset(project_measures=[measure()])
    unpriced = appraisal.analyse(
        data, evaluation(SHOWN), reference, price_year="2023/24", horizon_years=5,
        rng=np.random.default_rng(1), draws=500,
    )  # fmt: skip
    for done, noted in ((shown, 1), (undrawn, 0), (unpriced, 0)):
        made = statement.results_in_pounds(done)
        last = made.frame["result"].iloc[-1]
        assert ("anticipation" in last, len(made.notes)) == (bool(noted), noted)


def test_no_measure_has_a_ratio_or_a_chance_where_the_judged_one_shows_nothing(
    reference: Reference,
) -> None:
    done = appraised(evaluation(NOTHING, SHOWN), measure())
    value = worth(reference, "crime_robbery", 100 / 0.7 - 100)
    assert done.results["present_value_benefits_gbp"] == pytest.approx(value)
    assert done.evidence == "not_shown"
    assert done.chance is None
    assert done.switching is None
    assert done.sentence().startswith("No saving can be claimed, £0: the measure the project is")
    assert statement.ratios(done).frame["value"].isna().all()
    assert standing([done]).frame["bcr"].isna().all()
    assert appendix.sensitivities(done).frame["bcr"].isna().all()
    options = statement.appraisal_summary(done).frame["option"]
    assert list(options) == ["Do nothing", "The project as the records show"]
    assert model(done)["unshown"]


def test_a_loss_beside_a_judged_measure_that_shows_nothing_is_not_written_as_nought(
    reference: Reference,
) -> None:
    done = appraised(evaluation(NOTHING, estimate(ratio=1.5)), measure())
    lost = worth(reference, "crime_robbery", 100 / 1.5 - 100)
    table = statement.headline(done)
    notes = {column.name: column.note for column in table.columns}
    assert table.frame["benefits"][0] == pytest.approx(lost)
    assert lost < 0
    assert notes["benefits"].endswith("not shown to be the project's doing")
    assert notes["cashable"].startswith("No budget gets smaller: services had £")
    assert table.frame["net"].isna().all()
    assert "a loss of" in done.sentence()


def test_a_loss_beyond_chance_is_a_kind_of_its_own(reference: Reference) -> None:
    """It is not lost among what nothing can be said of, and no gain beside it is a success."""
    lost = worth(reference, "crime_robbery", 100 / 1.5 - 100)
    cars = worth(reference, "crime_theft_from_vehicle", 400 / 0.8 - 400)
    rise, fall = estimate("Robbery", ratio=1.5), replace(NOTHING, low=0.7, high=0.9)
    other = evaluation(NOTHING, SHOWN, project_id="P2", areas=("A2",))
    spent = year_of(other, measure(), CAR, P1=evaluation(rise, fall), P2=other)
    sums = {kind: own.results["present_value_benefits_gbp"] for kind, own in spent.kinds.items()}
    assert list(sums) == ["against", "not_shown"]
    assert sums["against"] == pytest.approx(lost)
    assert f"Went the other way, beyond chance: {MINUS}£" in pounds.finding(spent)
    done = appraised(evaluation(rise, fall), measure(), CAR)
    assert done.evidence == "against"
    assert [b.evidence for b in done.weaker] == ["not_shown"]
    assert done.weaker[0].results["present_value_benefits_gbp"] == pytest.approx(cars)
    assert statement.ratios(done).frame["value"].isna().all()
    notes = {column.name: column.note for column in statement.headline(done).columns}
    assert notes["benefits"].endswith("went the other way, beyond chance")
    beside = appraised(evaluation(SHOWN, estimate("Vehicle crime", ratio=1.5)), measure(), CAR)
    assert (beside.evidence, [b.evidence for b in beside.weaker]) == ("effect", ["against"])
    unsure = appraised(evaluation(NOTHING, rise), measure(), CAR)
    assert {b.evidence for b in (unsure, *unsure.weaker)} == {"not_shown"}


def test_a_cashable_sum_in_doubt_says_so() -> None:
    done = appraised(evaluation(SHOWN, failed=("trend",)), measure())
    notes = {column.name: column.note for column in statement.headline(done).columns}
    assert notes["cashable"].startswith("In doubt; Capacity freed worth £")


def test_an_effect_without_a_price_is_still_an_effect() -> None:
    done = appraised(evaluation(SHOWN), measure(code=None))
    assert done.evidence == "effect"
    assert "no unit cost was fixed for it" in done.sentence()
    spent = year_of(evaluation(SHOWN), measure(code=None))
    assert list(spent.kinds) == ["effect"]
    said = pounds.finding(spent)
    assert "Effect that passed its checks: no pounds (P1)" in said


def test_a_real_effect_on_a_measure_of_no_row_is_not_told_as_no_effect() -> None:
    done = appraised(evaluation(estimate("Lost bicycles", ratio=0.7, se_log=0.05)))
    assert "Lost bicycles: no unit cost was fixed for it" in done.sentence()
    assert "No effect" not in done.sentence()


def test_a_price_of_ones_own_keeps_its_own_range(tmp_path: Path) -> None:
    """£600 and £9,500 of the user's lie on either side of the ranges of the usual codes."""
    (tmp_path / "unit_costs.csv").write_text(
        "code,label,unit,total_gbp,price_year,source,edition,retrieved\n"
        "crime_theft_from_vehicle,Theft,per incident,600,2023/24,Force,Force finance,21/11/2026\n"
        "crime_domestic_burglary,Burglary,per incident,9500,2023/24,Force,Own,2026-11-21\n"
    )
    mine = own_reference(tmp_path)
    for name, code, gbp in (("Vehicle crime", "crime_theft_from_vehicle", 600),
                            ("Burglary", "crime_domestic_burglary", 9500)):  # fmt: skip
        data = dataset(project_measures=[measure(name, code)], costs=[cost(amount_gbp=1000.0)])
        done = appraisal.analyse(
            data, evaluation(estimate(name)), mine, price_year="2023/24", horizon_years=5,
            rng=np.random.default_rng(1), draws=50,
        )  # fmt: skip
        (line,) = done.claimed
        spread = mine.assumption("unit_cost_spread").value
        assert (line.low, line.high) == (1 - spread, 1 + spread)
        assert done.results["present_value_benefits_gbp"] == pytest.approx(
            (100 / 0.7 - 100) * gbp * 0.85  # grade 4 of the row it replaces: 15% off
        )
    (own,) = (e for e in editions(mine, ["crime_theft_from_vehicle"]) if e.name == "Force finance")
    assert own.published == date(2026, 11, 21)
    path = tmp_path / "unit_costs.csv"
    path.write_text(path.read_text().replace("21/11/2026", "last week"))
    with pytest.raises(DataProblems, match="retrieved"):
        own_reference(tmp_path)


def test_an_outcome_that_begins_after_the_horizon_is_not_counted_and_said() -> None:
    late = outcome(unit_cost_code="child_in_need_year", people=10, lag_years=1)
    done = appraisal.analyse(
        dataset(outcomes=[late], costs=[cost(amount_gbp=1000.0)]), evaluation(), load_reference(),
        price_year="2023/24", horizon_years=1, rng=np.random.default_rng(1), draws=50,
    )  # fmt: skip
    assert done.sentence().startswith("We cannot say what was saved. It cost £")
    assert "after the horizon of 1 year, so none of it is counted" in done.sentence()


@pytest.mark.parametrize(("status", "why"), [("planning", "not begun"), ("running", "running")])
def test_nothing_is_claimed_of_people_before_a_response_has_ended(status: Any, why: str) -> None:
    claimed = outcome(unit_cost_code="child_in_need_year", people=10)
    data = dataset(outcomes=[claimed], costs=[cost(amount_gbp=1000.0)])
    for judged in (evaluation(), replace(evaluation(), status=status)):
        done = appraisal.analyse(
            data, judged, load_reference(), price_year="2023/24", horizon_years=5,
            rng=np.random.default_rng(1), draws=0,
        )  # fmt: skip
        pounds_of_people = standing([done]).frame["outcomes"].iloc[0]
        if judged.status == "complete":
            assert pounds_of_people > 0
    assert np.isnan(pounds_of_people)
    assert done.claims is None
    assert any("claimed of people" in note and why in note for note in done.notes)


def test_one_fall_is_one_fall_for_the_pool_the_warnings_and_the_summary() -> None:
    """A response of two months is assessed over six; the next begins in them."""
    months = {"P1": ("2024-01-01", "2024-02-29"), "P2": ("2024-03-01", "2024-04-30"),
              "P3": ("2024-07-01", "2024-12-31")}  # fmt: skip
    data = dataset(
        projects=[
            {"project_id": name, "title": name, "response_start": pd.Timestamp(start),
             "response_end": pd.Timestamp(end)}
            for name, (start, end) in months.items()
        ],
        project_areas=[
            {"project_id": n, "area_code": "A1", "role": "target", "population": 9} for n in months
        ],
        project_measures=[CAR | {"project_id": name, "measure": "Robbery"} for name in months],
        costs=[cost(project_id=name, amount_gbp=1000.0) for name in months],
    )  # fmt: skip
    found = tuple(
        evaluation(estimate("Robbery"), project_id=name, start=start)
        for name, (start, _) in months.items()
    )
    shared = portfolio._shared(data, found, date(2024, 12, 31))
    assert shared == (("P1", "P2"), ("P2", "P3"))
    members, reasons = portfolio._poolable(found, shared)
    assert [e.project.project_id for e in members] == ["P1", "P3"]
    assert "areas of P1" in reasons["P2"]
    for each, others in zip(found, (["P2"], ["P1", "P3"], ["P2"]), strict=True):
        done = appraisal.analyse(
            data, each, load_reference(), price_year="2023/24", horizon_years=5,
            rng=np.random.default_rng(1), draws=0,
        )  # fmt: skip
        said = [f.text for f in done.findings if f.rule == "shared_areas"]
        assert [text.split()[0] for text in said] == others
        assert all("Never add the two" in text for text in said)
        risks = statement.appraisal_summary(done).frame.to_string()
        assert "no other project on record claims it" not in risks


def test_an_agency_that_is_blank_owns_nothing() -> None:
    row = {"project_id": "P1", "title": "T", "lead_agency": "Police", "partners": np.nan}
    row |= {"consolidation_plan": "Council finance keeps it", "follow_up_date": pd.NaT}
    row |= {"response_end": pd.Timestamp(2024, 1, 1), "response_start": pd.Timestamp(2023, 1, 1)}
    row |= dict.fromkeys(("scanning_start", "analysis_start", "tlg_signoff"), pd.NaT)
    data = dataset()
    data = replace(data, tables={**data.tables, "projects": pd.DataFrame([row])})
    shown = leadership.follow_ups(data, as_of=date(2024, 12, 31)).frame
    assert shown["owner"].tolist() == ["none named"]


def test_who_gains_is_named_by_what_each_gains_and_a_transfer_to_nobody(
    reference: Reference,
) -> None:
    """By hand of the source: of 14,610 a year 566 are the NHS's, 14,044 people's own; 9,234 moves.

    The council's 8,300 of a child in need are of 2017/18 prices, those of 2012/13; prices of grade
    4 and 5 are believed to 85 and 75%.
    """
    index = reference.covered

    def gained(*rows: dict[str, Any]) -> pd.DataFrame:
        data = dataset(costs=[cost(amount_gbp=1000.0)], outcomes=[*rows])
        done = appraisal.analyse(
            data, evaluation(), reference, price_year="2023/24", horizon_years=5,
            rng=np.random.default_rng(1), draws=0,
        )  # fmt: skip
        frame = statement.appraisal_summary(done).frame
        return frame.set_index("option")

    claimant = outcome(unit_cost_code="jsa_claimant_into_work", people=2)
    frame = gained(claimant, outcome(unit_cost_code="child_in_need_year", people=1))
    own, nhs = (0.85 * 2 * gbp * index["2023/24"] / index["2012/13"] for gbp in (14044, 566))
    council = 0.75 * 8300 * index["2023/24"] / index["2017/18"]
    said = frame["gains"]["The project as claimed"]
    assert said == (
        f"People and businesses {shown(own)}, Local authority {shown(council)}, NHS {shown(nhs)}; "
        "capacity freed, not cash"
    )
    assert frame["benefits"].to_list() == [0, pytest.approx(own + council + nhs)]
    assert frame["net"].to_list() == [0, pytest.approx(own + council + nhs - 1000)]
    assert frame["gains"]["Do nothing"] == "nobody"
    assert frame["sure"]["The project as claimed"].startswith("Claimed, not measured; chance")
    nothing = gained().loc["The project as the records show"]
    assert nothing["gains"] == "not known"
    assert nothing[["benefits", "net", "bcr"]].isna().all()
    assert nothing["costs"] == 1000


def shown(gbp: float) -> str:
    """Three figures, as every sentence has them."""
    size = float(f"{gbp:.3g}")
    return f"£{size:,.0f}"
