"""What leaders are asked, on made-up projects: ratings, stages, decisions."""

from __future__ import annotations

from datetime import date

import pytest
from test_delivery import action, dataset

from mtf_eval.analysis.year import leadership
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import load_reference

RULE = leadership.RatingRule(days_overdue=28, days_unassessed=90)
HALF = leadership.Half.parse("2021-H1")


def project(name: str, **more: object) -> dict[str, object]:
    return {
        "project_id": name, "title": f"Title {name}", "stage": "response", "lead_agency": "Police",
        "tlg_signoff": "2020-12-01", "response_start": "2021-01-01", "partners": "", **more,
    }  # fmt: skip


@pytest.fixture
def data() -> Dataset:
    late = action(1, "Police", "2021-05-01", "planned")
    soon = action(2, "Council", "2021-06-20", "planned") | {"project_id": "P2"}
    ended = {"response_end": "2021-02-28", "stage": "assessment"}
    return dataset(
        projects=[
            project("P1"),
            project("P2"),
            project("P3"),
            project("P4", tlg_signoff=None),
            project("P5", **ended),
            project("P6", **ended, assessment_date="2021-04-01", follow_up_date="2021-10-01",
                    consolidation_plan="The Police keep it up and re-open it if it doubles."),
            project("P7", response_start="2021-10-01", tlg_signoff=None,
                    scanning_start="2021-03-01", stage="scanning"),
            project("P8", response_start="2022-02-01", tlg_signoff="2021-12-01"),
        ],
        actions=[late, soon],
    )  # fmt: skip


def test_ratings_follow_the_printed_rule(data: Dataset) -> None:
    frame = leadership.projects(
        data, as_of=HALF.end, rule=RULE, results={"P6": "fall"}, withheld={}
    ).frame
    rated = {str(p).split()[0]: r for p, r in zip(frame["project"], frame["rag"], strict=True)}
    assert rated == {
        "P1": "Red",  # an action sixty days overdue
        "P2": "Amber",  # ten days
        "P3": "Green",
        "P4": "Red",  # responds without sign-off
        "P5": "Red",  # no assessment 122 days after its end
        "P6": "Green",
        "P7": "Green",
    }
    assert frame["result"].tolist()[5] == "fall"


def test_stages_on_the_day(data: Dataset) -> None:
    frame = leadership.projects(
        data, as_of=date(2021, 2, 1), rule=RULE, results={}, withheld={}
    ).frame
    stages = {str(p).split()[0]: s for p, s in zip(frame["project"], frame["stage"], strict=True)}
    assert stages["P5"] == "Response", "it had not ended then"
    assert "P7" not in stages


def test_decisions_by_hand(data: Dataset) -> None:
    found = leadership.decisions(data, half=HALF, results={"P6": "fall of 10%"})
    asked = {
        d.split(",")[0].split()[0]: p
        for d, p in zip(found.frame["decision"], found.frame["projects"], strict=True)
    }
    assert asked["Sign"] == "P4 (response from 1 January 2021); P7 (response from 1 October 2021)"
    assert asked["Stop"] == "P6 (fall of 10%)"
    assert asked["Set"] == "P5 (ended 28 February 2021)"
    assert asked["Agree"] == "P5"
    assert asked["Prepare"] == "P6 (1 October 2021)"
    assert asked["Unblock"] == "P1, Police (60 days); P2, Council (10 days)"
    assert "sign-off (2)" in leadership.decisions_finding(found)


def test_who_keeps_it_up(data: Dataset) -> None:
    frame = leadership.follow_ups(data, as_of=HALF.end).frame.set_index("project")
    row = frame[frame.index.str.startswith("P6")].iloc[0]
    assert (row["owner"], row["trigger"], row["follow_up"]) == ("Police", "yes", "1 October 2021")


@pytest.mark.parametrize("period", ["2021", "2021-H3", "21-H1", "2021-h1", ""])
def test_a_period_is_a_half_year(period: str) -> None:
    with pytest.raises(BadArgument, match="half-year"):
        leadership.Half.parse(period)


def test_a_half_year_stops_where_the_data_do() -> None:
    about = dataset()
    object.__setattr__(about, "about", {"as_at": "2021-04-15"})
    assert HALF.until(about) == date(2021, 4, 15)
    assert HALF.until(dataset()) == date(2021, 6, 30)


def test_the_rule_comes_from_the_reference_values() -> None:
    rule = leadership.RatingRule.of(load_reference())
    assert str(rule.days_overdue) in rule.sentence()
