"""Deconfliction: who shares what at the same time, on made-up projects."""

from __future__ import annotations

from datetime import date

import pytest
from test_delivery import dataset

from mtf_eval.analysis.project import overlaps
from mtf_eval.records.dataset import Dataset

NOW = date(2021, 12, 31)


def project(name: str, start: str, end: str | None) -> dict[str, object]:
    return {"project_id": name, "title": name, "response_start": start, "response_end": end}


@pytest.fixture
def data() -> Dataset:
    areas = {"P1": "A B", "P2": "B C", "P3": "A", "P4": "C D", "P5": "Z"}
    return dataset(
        projects=[
            project("P1", "2021-01-01", "2021-06-30"),
            project("P2", "2021-06-01", "2021-12-31"),
            project("P3", "2021-08-01", None),
            project("P4", "2021-07-01", "2021-09-30"),
            project("P5", "2021-01-01", None),
            project("P6", "2021-12-01", None),
        ],
        project_areas=[
            *(
                {"project_id": p, "area_code": a, "role": "target"}
                for p, codes in areas.items()
                for a in codes.split()
            ),
            {"project_id": "P5", "area_code": "A", "role": "comparison"},
        ],
        outcomes=[
            {"project_id": name, "unit_cost_code": "x", "people": 5}
            for name in ("P3", "P4", "P5", "P6")
        ],
    )


def pairs(data: Dataset, what: str) -> set[tuple[str, str]]:
    return {(o.first, o.second) for o in overlaps.overlaps(data, as_of=NOW) if o.what == what}


def test_same_areas_only_while_both_ran(data: Dataset) -> None:
    # P1 and P3 share A, but P1 had ended; P1 and P2 share B in June.
    assert pairs(data, "areas") == {("P1", "P2"), ("P2", "P4")}
    first = next(o for o in overlaps.overlaps(data, as_of=NOW) if o.what == "areas")
    assert (first.start, first.end) == (date(2021, 6, 1), date(2021, 6, 30))
    assert first.shared == ("B",)


def test_same_areas_also_while_one_of_them_is_still_assessed() -> None:
    """P1 ran from January to February and is assessed until June; P2 begins in March."""
    made = dataset(
        projects=[
            project("P1", "2021-01-04", "2021-02-26"),
            project("P2", "2021-03-01", "2021-09-30"),
            project("P3", "2021-07-01", "2021-09-30"),
        ],
        project_areas=[
            {"project_id": f"P{n}", "area_code": code, "role": "target"}
            for n in (1, 2, 3)
            for code in "HGFEDCBA"
        ],
    )
    assert pairs(made, "areas") == {("P1", "P2"), ("P2", "P3")}
    first = overlaps.overlaps(made, as_of=NOW)[0]
    assert (first.start, first.end) == (date(2021, 3, 1), date(2021, 6, 30))
    assert first.shared == tuple("ABCDEFGH"), "in one order, whatever the process"


def test_a_target_that_is_another_projects_comparison(data: Dataset) -> None:
    assert pairs(data, "spill") == {("P1", "P5"), ("P3", "P5")}


def test_people_are_the_same_in_shared_areas_or_where_none_are_known(data: Dataset) -> None:
    # P3 (area A), P4 (C and D) and P5 (Z) claim for people of places of their own; of P6 no area
    # is on record, and P4 had ended when it began.
    assert pairs(data, "outcomes") == {("P3", "P6"), ("P5", "P6")}


def test_groups_are_connected_by_areas_or_outcomes(data: Dataset) -> None:
    assert overlaps.groups(data, as_of=NOW) == (("P1", "P2", "P4"), ("P3", "P5", "P6"))
    assert "P1 with P2" in overlaps.overlaps_finding(data, as_of=NOW)


def test_pairs_and_agencies_of_several_by_hand() -> None:
    def works(agency: str, *names: str, status: str = "planned") -> list[dict[str, object]]:
        return [{"project_id": n, "agency": agency, "status": status} for n in names]

    made = dataset(
        projects=[
            project("P1", "2021-01-04", "2021-06-30"),
            project("P2", "2021-03-01", "2021-09-30"),
            project("P3", "2021-05-10", None),
        ],
        project_areas=[
            {"project_id": p, "area_code": "A", "role": role}
            for p, role in (("P1", "target"), ("P2", "target"), ("P3", "comparison"))
        ],
        area_names=[{"area_code": "A", "area_name": "Harbour"}],
        outcomes=[{"project_id": n, "unit_cost_code": "x", "people": 5} for n in ("P1", "P2")],
        actions=[
            *works("Police", "P1", "P2", "P3"),
            *works("NHS", "P1", "P3"),
            *works("Council", "P1", status="stopped"),
            *works("Council", "P2"),
        ],
    )
    spill, agency = (
        "target of one, comparison or buffer of the other",
        "agency with actions in each",
    )
    blurs = "One project's work blurs the other's comparison."
    several = "One agency works for several at the same time; agree who does what."
    assert overlaps.overlaps_table(made, as_of=NOW).frame.to_numpy().tolist() == [
        ["P1 and P2", "target areas", "Harbour (A)", "March 2021 to June 2021",
         "Their effects cannot be told apart here; counted once in any total."],
        ["P1 and P2", "outcomes of people", "x", "March 2021 to June 2021",
         "The same people may be counted by both; counted once in any total."],
        ["P1 and P3", spill, "Harbour (A)", "May 2021 to June 2021", blurs],
        ["P2 and P3", spill, "Harbour (A)", "May 2021 to September 2021", blurs],
        ["P1, P3", agency, "NHS", "May 2021 to June 2021", several],
        ["P1, P2, P3", agency, "Police", "March 2021 to September 2021", several],
    ]  # fmt: skip
    nothing = "No two projects share target areas or outcomes of people at the same time."
    assert overlaps.overlaps_finding(made, as_of=date(2021, 2, 1)) == nothing


def test_later_projects_are_not_known_yet(data: Dataset) -> None:
    assert not overlaps.groups(data, as_of=date(2021, 5, 31))


def test_the_pairs_of_one_are_those_of_all_that_name_it(data: Dataset) -> None:
    every = overlaps.overlaps(data, as_of=NOW)
    assert every
    for name in ("P1", "P2", "P3", "P4", "P5", "nobody"):
        mine = tuple(o for o in every if name in (o.first, o.second))
        assert overlaps.overlaps(data, as_of=NOW, of=name) == mine


def test_an_overlap_lasts_no_longer_than_is_known() -> None:
    """Both are planned to run on into the next year; of that nothing has happened yet."""
    made = dataset(
        projects=[project("P1", "2021-01-04", "2022-09-30"),
                  project("P2", "2021-05-10", "2022-12-31")],
        project_areas=[
            {"project_id": "P1", "area_code": "A", "role": "target"},
            {"project_id": "P2", "area_code": "A", "role": "comparison"},
        ],
    )  # fmt: skip
    (found,) = overlaps.overlaps(made, as_of=NOW)
    assert (found.what, found.start, found.end) == ("spill", date(2021, 5, 10), NOW)
