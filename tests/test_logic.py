"""The logic model of a project and what each agency gave and got, held to sums made by hand."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

import mtf_eval as mtf
from mtf_eval.analysis.benefit.planned import _few
from mtf_eval.publish.workbench.project import Project
from mtf_eval.publish.workbench.records import Records

EXAMPLE = Path(__file__).parent.parent / "data" / "example"


def rows(table: str, project: str = "EX01") -> list[dict[str, str]]:
    with (EXAMPLE / f"{table}.csv").open() as file:
        return [r for r in csv.DictReader(file) if r["project_id"] == project]


@pytest.fixture(scope="module")
def records() -> Records:
    return mtf.load(EXAMPLE)


@pytest.fixture(scope="module")
def project(records: Records) -> Project:
    mtf.report(records, "project_evaluation", project="EX01")
    return records.project("EX01")


def test_the_logic_model_names_what_is_on_record(project: Project) -> None:
    said = project.logic_model().frame.set_index("stage")["what"]
    assert list(said.index) == ["Inputs", "Activities", "Outputs", "Outcomes"]
    paid = rows("costs")
    hours = sum(float(r["hours"] or 0) for r in paid)
    assert f"{hours:,.0f} hours of staff" in said["Inputs"]
    assert "£28,100 in cash" in said["Inputs"]  # 18,500 + 9,600, both of 2023/24
    for action in rows("actions"):
        assert action["description"].rstrip(".").replace(";", ",") in said["Activities"]
    due = [r for r in rows("deliveries") if r["due"] <= "2024-12-31"]
    agreed, got = (sum(float(r[c] or 0) for r in due) for c in ("agreed", "delivered"))
    assert f"{due[0]['activity']}: {got:g} of {agreed:g}" in said["Outputs"]
    assert said["Outcomes"].startswith(project.evaluation.headline.replace(";", ","))
    shown = project.logic_model().element()
    assert shown.kind == "figure"
    assert all(what in shown.text for what in said)


def test_each_agency_gave_and_got_what_the_rows_say(project: Project) -> None:
    table = project.contributions().frame.set_index("agency")
    paid = rows("costs")
    for agency in {r["agency"] for r in paid}:
        own = [r for r in paid if r["agency"] == agency]
        hours = sum(float(r["hours"] or 0) for r in own)
        assert (table["hours"].get(agency) or 0) == pytest.approx(hours, nan_ok=True) or not hours
    assert table.loc["Housing Association", "cash"] == 18500
    done = [r for r in rows("actions") if r["completed"]]
    assert table["actions"].sum() == len(done)
    with (EXAMPLE / "agency_priorities.csv").open() as file:
        whose = {r["code"]: r["agency"] for r in csv.DictReader(file)}
    helped = Counter(
        whose[code.strip()] for r in done for code in r["priority_codes"].split(";") if code.strip()
    )
    assert {a: n for a, n in table["priorities"].items() if n} == helped
    gained = project.benefit().gains().frame.set_index("agency")["fiscal"]
    for agency in ("Police", "NHS", "Courts and prisons"):
        assert table.loc[agency, "fiscal"] == pytest.approx(gained[agency])


def test_what_nobody_gave_is_said_and_claims_are_named_as_claims(records: Records) -> None:
    claimed = records.project("EX09").contributions()
    assert "If the outcomes are as claimed" in claimed.element().html
    planned = records.project("EX10")
    said = planned.logic_model().frame.set_index("stage")["what"]
    assert said["Inputs"] == "none on record"
    assert "£0" not in planned.contributions().element().html
    nothing = records.project("EX02").contributions().frame  # no change but chance
    assert nothing["cash"].sum() > 0
    assert nothing["fiscal"].isna().all()
    shown = records.project("EX02").benefit().switching_values().element().html
    assert "No saving can be claimed: nothing to switch." in shown  # draws there are


def test_pounds_of_hidden_people_are_in_no_public_table(records: Records) -> None:
    # EX09 claims 6 people into work, whom the public rule hides, and 14, shown as 15.
    mtf.report(records, "project_evaluation", project="EX05", release="public")
    for name in ("EX05", "EX09"):
        own = records.project(name)
        released = own.contributions().released
        assert released.rule.name == "public"
        assert released.table.basis in ("", "public")
        assert own.logic_model().element().kind == "figure"


def test_five_things_are_named_and_of_more_how_many() -> None:
    named = ["one.", "two", "three", "four", "five"]
    assert _few(named) == ["one", "two", "three", "four", "five"]
    assert _few([*named, "six"]) == ["one", "two", "three", "four", "five", "and 1 more"]


def test_what_was_delivered_is_named_where_nothing_agreed_is_on_record(tmp_path: Path) -> None:
    (tmp_path / "about.csv").write_text("key,value\ntitle,T\nas_at,2024-01-31\n")
    (tmp_path / "projects.csv").write_text(
        "project_id,title,problem,lead_agency,response_start,response_end,stage,primary_measure\n"
        "P1,A,b,Kent Police,2023-07-01,2023-12-31,assessment,burglary\n"
    )
    (tmp_path / "deliveries.csv").write_text(
        "project_id,provider,due,reported,activity,agreed,delivered\n"
        "P1,A,2023-07-14,2023-07-14,Calls,,4\nP1,A,2023-07-14,2023-07-14,Talks,,\n"
        "P1,B,2023-07-14,2023-07-14,Visits,10,\nP1,C,2023-07-14,2023-07-14,Walks,6,5\n"
    )
    records = mtf.load(tmp_path)
    mtf.report(records, "project_evaluation", project="P1")
    said = records.project("P1").logic_model().frame.set_index("stage")["what"]["Outputs"]
    assert said.startswith(
        "Calls: 4, how much was agreed is not on record; Talks: how much is not on record; "
        "Visits: how much of 10 is not on record; Walks: 5 of 6; "
    )
