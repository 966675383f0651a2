"""What leaders are asked, on made-up projects: ratings, stages, decisions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from test_delivery import action, dataset

from mtf_eval.analysis.results.columns import Period
from mtf_eval.analysis.year import leadership
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import load_reference

RULE = leadership.RatingRule(days_overdue=28, days_unassessed=90)
HALF = Period.parse("2021-H1")


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
        data, half=HALF, rule=RULE, results={"P6": "fall"}, withheld={}
    ).frame
    rated = {str(p).split()[0]: r for p, r in zip(frame["project"], frame["rag"], strict=True)}
    assert rated == {
        "P1": "Red",  # an action sixty days overdue
        "P2": "Amber",  # ten days
        "P3": "Green",
        "P4": "Red",  # responds without sign-off
        "P5": "Red",  # no assessment 122 days after its end
        "P6": "Amber",  # assessed in this half-year: what follows is to be decided
        "P7": "Amber",  # waits for its sign-off
    }
    assert frame["result"].tolist()[5] == "fall"
    why = dict(zip(rated, frame["reason"], strict=True))
    assert why["P1"] == "1 action overdue, the longest by 60 days"
    assert why["P3"] == "nothing behind"
    assert why["P4"] == "response without sign-off; to be decided: sign-off"
    assert why["P5"].startswith("no assessment 122 days after the response ended; to be decided: ")
    ahead = dict(zip(rated, frame["next"], strict=True))
    assert (ahead["P6"], ahead["P7"]) == (
        "follow-up, 1 October 2021",
        "response begins, 1 October 2021",
    )
    assert ahead["P1"] == "none on record"
    held = leadership.projects(data, half=HALF, rule=RULE, results={}, withheld={"P3": "no file"})
    third = held.frame.iloc[2]
    assert (third["rag"], third["reason"]) == ("Amber", "we cannot say what changed: no file")


def test_on_the_day_a_response_ends_no_assessment_is_late() -> None:
    ended = dataset(projects=[project("P1", response_end=str(HALF.end))])
    frame = leadership.projects(ended, half=HALF, rule=RULE, results={}, withheld={}).frame
    assert not frame["reason"].str.contains("no assessment").any()


def test_stages_on_the_day(data: Dataset) -> None:
    object.__setattr__(data, "about", {"as_at": "2021-02-01"})
    frame = leadership.projects(data, half=HALF, rule=RULE, results={}, withheld={}).frame
    stages = {str(p).split()[0]: s for p, s in zip(frame["project"], frame["stage"], strict=True)}
    assert stages["P5"] == "Response", "it had not ended then"
    assert "P7" not in stages


def test_decisions_by_hand(data: Dataset) -> None:
    found = leadership.decisions(data, half=HALF, results={"P6": "fall of 10%"})
    asked = {str(row[0]).split()[0]: row[1:] for row in found.frame.itertuples(index=False)}
    sign, now = "Sign off, or not", "this meeting"
    assert asked == {
        "P1": ("Unblock overdue actions", "Police", now, "Police: 60 days overdue"),
        "P2": ("Unblock overdue actions", "Police", now, "Council: 10 days overdue"),
        "P4": (sign, "Police", now, "response from 1 January 2021"),
        "P5": ("Set a day for the assessment; agree who keeps it up", "Police", now,
               "ended 28 February 2021; no consolidation plan on record"),
        "P6": ("Stop, continue, change or spread it", "Police", now, "fall of 10%"),
        "P7": (sign, "Police", "1 October 2021", "response from 1 October 2021"),
    }  # fmt: skip
    assert leadership.decisions_finding(found) == (
        "Asked of the leadership group: sign-off (2), what follows an assessment (1), assessment "
        "to be dated (1), consolidation plan (1), overdue action (2)."
    )


def test_no_project_is_green_that_is_asked_about(data: Dataset) -> None:
    rated = leadership.projects(data, half=HALF, rule=RULE, results={}, withheld={}).frame
    asked = set(leadership.decisions(data, half=HALF, results={}).frame["project"])
    green = set(rated.loc[rated["rag"] == "Green", "project"])
    assert green == {"P3 Title P3"}
    assert not green & asked


def test_a_funders_report_whose_day_has_passed_is_asked_for(data: Dataset) -> None:
    def won(name: str, due: str, sent: object = None) -> dict[str, object]:
        return {"bid_id": name, "project_id": "P3", "funder": f"Fund {name}", "status": "awarded",
                "submitted": "2020-10-01", "decided": "2020-12-01", "report_due": due,
                "report_sent": sent}  # fmt: skip

    more = dataset(
        projects=[project("P3")],
        funding=[
            won("F1", "2021-05-31"), won("F2", "2021-11-30"), won("F3", "2020-12-20"),
            won("F4", "2021-05-31", "2021-06-04"), won("F5", "2021-03-31", "2021-08-01"),
            won("F6", "2021-11-30", "2021-06-01"),
        ],
    )  # fmt: skip
    row = leadership.decisions(more, half=HALF, results={}).frame.iloc[0]
    # One that was due before the half-year is still waited for; one sent after it was not yet.
    assert row["why"] == (
        "Fund F1: due 31 May 2021, not on record as sent; "
        "Fund F3: due 20 December 2020, not on record as sent; "
        "Fund F5: due 31 March 2021, not on record as sent"
    )
    told = leadership.bids(more, as_of=HALF.end).frame.set_index("funder")["report"]
    assert told["Fund F1"] == "due 31 May 2021, not on record as sent"
    assert told["Fund F2"] == "due 30 November 2021"
    assert told["Fund F4"] == "sent on 4 June 2021"
    later = Period.parse("2021-H2")
    assert "F5" not in leadership.decisions(more, half=later, results={}).frame.iloc[0]["why"]
    ahead = leadership.coming(more, half=HALF).frame
    assert ahead.to_numpy().tolist() == [["30 November 2021", "P3", "Report to Fund F2"]]


def test_what_comes_up(data: Dataset) -> None:
    ahead = leadership.coming(data, half=HALF).frame
    assert ahead.to_numpy().tolist() == [["1 October 2021", "P6 Title P6", "Follow-up"]]


def test_who_keeps_it_up(data: Dataset) -> None:
    frame = leadership.follow_ups(data, as_of=HALF.end).frame.set_index("project")
    row = frame[frame.index.str.startswith("P6")].iloc[0]
    assert (row["owner"], row["trigger"], row["follow_up"]) == ("Police", "yes", "1 October 2021")
    row = frame[frame.index.str.startswith("P5")].iloc[0]
    assert row.tolist() == ["No plan on record", "none named", "no", "not set"]
    assert len(frame) == 2, "nobody else's response is over"


def test_blank_partners_are_nobody_and_a_stale_stage_gives_way_to_the_dates() -> None:
    blank = project(
        "P1", partners=np.nan, response_end="2021-02-28", assessment_date="2021-04-01",
        stage="analysis", consolidation_plan="Tenants keep it up",
    )  # fmt: skip
    data = dataset(projects=[blank])
    assert leadership.follow_ups(data, as_of=HALF.end).frame["owner"].tolist() == ["none named"]
    shown = leadership.projects(data, half=HALF, rule=RULE, results={}, withheld={}).frame
    assert "Analysis" not in shown["stage"].tolist()


@pytest.mark.parametrize("period", ["2021", "2021-H3", "21-H1", "2021-h1", ""])
def test_a_period_is_a_half_year(period: str) -> None:
    with pytest.raises(BadArgument, match="half-year"):
        Period.parse(period)


def test_a_half_year_stops_where_the_data_do() -> None:
    about = dataset()
    object.__setattr__(about, "about", {"as_at": "2021-04-15"})
    assert HALF.until(about) == date(2021, 4, 15)
    assert HALF.until(dataset()) == date(2021, 6, 30)


def test_the_rule_comes_from_the_reference_values() -> None:
    rule = leadership.RatingRule.of(load_reference())
    assert str(rule.days_overdue) in rule.sentence()
