"""Noughts entered, and target areas without a row of their measure: what a reader is told."""

from __future__ import annotations

from datetime import date

import pandas as pd
from test_projects import ASB, a_project, areas_of, data_of, evaluated, incidents

from mtf_eval.analysis.counts.on_record import strip
from mtf_eval.analysis.project import design, gates
from mtf_eval.records.coverage import coverage_of, noticed

DAY = date(2021, 12, 31)
OTHER = "Other"


def test_noughts_that_were_entered_are_not_told_as_missing() -> None:
    rows = incidents()
    late = (rows["area_code"] == "A00") & (rows["month"] >= "2021-01-01")
    absent = evaluated(data_of(incidents=rows[~late]))
    months = pd.date_range("2021-01-01", "2021-12-01", freq="MS")
    noughts = pd.DataFrame({"month": months, "area_code": "A00", "measure": ASB, "count": 0})
    entered = evaluated(data_of(incidents=pd.concat([rows[~late], noughts])))
    assert absent.gated is not None
    assert entered.gated is not None
    assert "not on record" in absent.gated.reason
    said = "noughts are entered in January to December 2021 for A00, which chance does not explain"
    assert said in entered.gated.reason
    assert "not on record" not in entered.headline
    assert "declare it complete" in entered.gated.remedy


def test_a_strip_tells_noughts_entered_from_months_without_a_row() -> None:
    rows = incidents().set_index(["area_code", "month"]).sort_index()
    months = pd.date_range("2021-01-01", "2021-06-01", freq="MS")
    rows.loc[pd.IndexSlice["A00", months], "count"] = 0
    rows.loc[pd.IndexSlice[:, pd.Timestamp("2020-03-01")], "count"] = 0
    rows = rows.drop(pd.MultiIndex.from_product([["A01"], months])).reset_index()
    data = data_of(incidents=rows)
    coverage = coverage_of(data, ASB, as_of=DAY)
    which = {
        "entered": ("A00",),
        "absent": ("A01",),
        "both": ("A00", "A01"),
        "part": ("A00", "A02"),
    }
    table = strip(data, coverage, which, name="x", title="x", as_at=DAY).frame
    told = {
        (r.area, r.first): (r.state, r.why) for r in table.itertuples() if r.state != "on record"
    }
    whole = ("not to be relied on", "noughts entered, not relied on")
    assert told == {
        **{(area, "March 2020"): whole for area in which},
        ("entered", "January 2021"): whole,
        ("absent", "January 2021"): ("not on record", "silent beyond chance"),
        ("both", "January 2021"): (
            "not on record",
            "noughts entered, not relied on; silent beyond chance",
        ),
        ("part", "January 2021"): (
            "in part",
            "noughts entered, not relied on; up to 1 of 2 areas",
        ),
    }


def test_a_target_area_without_a_row_of_a_measure_few_areas_have_is_named() -> None:
    kept, rest = incidents(areas=12), incidents(areas=40).assign(measure=OTHER)
    target = areas_of(target=["A00", "A20"])
    data = data_of(incidents=pd.concat([kept, rest]), project_areas=target)
    found = evaluated(data)
    assert found.gated is not None
    assert "no record of it in any month for A20" in found.gated.reason
    assert "A00" not in found.gated.reason
    # Areas of a project that asks for another measure are no gap of this one.
    elsewhere = data_of(
        projects=a_project(primary_measure=OTHER),
        project_measures=pd.DataFrame([{"project_id": "P1", "measure": OTHER}]),
        incidents=pd.concat([kept, rest]),
        project_areas=target,
    )
    assert not any("A20" in gap.areas for gap in coverage_of(elsewhere, ASB, as_of=DAY).gaps)


def test_check_speaks_where_no_target_area_has_a_row_of_the_measure() -> None:
    kept, rest = incidents(areas=30), incidents(areas=30).assign(measure=OTHER)
    rows = pd.concat([kept[kept["area_code"] != "A00"], rest])
    data = data_of(incidents=rows)
    assert evaluated(data).status == "no_records"
    coverage = coverage_of(data, ASB, as_of=DAY)
    assert [gap.areas for gap in coverage.quiet] == [("A00",)]
    assert "nothing is recorded in" in coverage.quiet[0].text
    project, months = evaluated(data).project, pd.DatetimeIndex(coverage.counts.index)
    window = design.window_of(project, months, as_of=DAY)
    said = [*gates.cautions(data, coverage, project, window, months[0])]
    assert said == [f"{coverage.quiet[0].text}."], "no claim is withheld, so it is cautioned of"
    if data.source("incidents") is not None:
        assert any("A00" in f.text and f.text.startswith("P1") for f in noticed(data))


def test_an_area_of_no_record_of_any_kind_is_named_beside_a_measure_that_all_have() -> None:
    found = evaluated(data_of(project_areas=areas_of(target=["A00", "ELSEWHERE"])))
    assert found.gated is not None
    assert "ELSEWHERE: no record of any kind" in found.gated.reason


def test_a_measure_without_any_row_has_no_months_to_show() -> None:
    """Nothing of it is on record anywhere: no area is singled out, no series is drawn."""
    found = evaluated(data_of(incidents=incidents().assign(measure=OTHER)))
    assert found.status == "no_records"
    assert found.panel is None


def test_a_category_of_a_table_that_ends_where_another_begins_is_told() -> None:
    rows = incidents()
    rows.loc[rows["month"] >= "2021-04-01", "measure"] = "Nuisance"
    gated = evaluated(data_of(incidents=rows)).gated
    assert gated is not None
    assert "April to December 2021 are not on record" in gated.reason
    assert "Nuisance begins there: the category was renamed or redrawn" in gated.reason
    assert "compare within one name of the category" in gated.remedy


def test_a_source_that_goes_on_under_another_name_is_told_and_not_as_noughts_entered() -> None:
    rows = incidents()
    late = rows["month"] >= "2021-04-01"
    rows["source"] = late.map({False: "Safety Unit", True: "Community Safety"})
    gated = evaluated(data_of(incidents=rows)).gated
    assert gated is not None
    assert "not on record by Safety Unit: the records stop in March 2021" in gated.reason
    assert "Community Safety begins there in the same areas" in gated.reason
    assert "noughts are entered" not in gated.reason
    assert "write one name for both" in gated.remedy


def test_part_of_all_rows_of_some_months_is_no_fall_of_a_file_of_target_areas() -> None:
    """A quarter of the rows of either measure for four months, in a file of no other area."""
    kept = [incidents(areas=5, mean=15).assign(measure=m) for m in (ASB, OTHER)]
    rows = pd.concat(kept)
    thin = rows["month"].between("2021-05-01", "2021-08-01")
    rows.loc[thin, "count"] //= 4
    targets = sorted(set(rows["area_code"]))
    data = data_of(incidents=rows, project_areas=areas_of(target=targets))
    gaps = coverage_of(data, ASB, as_of=DAY).gaps
    assert [gap.kind for gap in gaps] == ["incomplete"]
    assert "May to August 2021 look incomplete" in gaps[0].text
    judged = evaluated(data).primary
    assert judged is None or not judged.distinguishable
