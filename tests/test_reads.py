"""A report is due when anything it read is another, and stands when nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import pandas as pd
import pytest

from benchmarks.stale import Edit, Made, edited, edits, make, moved, stale
from mtf_eval.records.dataset import Dataset, noting
from mtf_eval.records.load import load
from mtf_eval.records.reads import units

ROOT = Path(__file__).parent.parent
PAGES = ("project_evaluation", "benefit_analysis")


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load(ROOT / "data" / "example")


@pytest.fixture(scope="module")
def pages(data: Dataset) -> dict[str, Made]:
    return {name: make(data, name, project_id="EX04") for name in PAGES}


@pytest.fixture(scope="module")
def before(data: Dataset) -> dict[str, str]:
    return units(data)


def changed(data: Dataset, name: str, frame: pd.DataFrame) -> Dataset:
    return replace(data, tables={**data.tables, name: frame})


def redated(data: Dataset, projects: list[str]) -> Dataset:
    frame = data.tables["projects"].copy()
    rows = frame["project_id"].isin(projects)
    frame.loc[rows, "response_start"] -= pd.Timedelta(days=365)
    return changed(data, "projects", frame)


def test_redating_its_neighbours_makes_a_project_due(
    data: Dataset, before: dict[str, str], pages: dict[str, Made]
) -> None:
    """Their areas are, or are no longer, among the ones EX04 is held against."""
    after = moved(before, redated(data, ["EX01", "EX02", "EX03", "EX05"]))
    for name, made in pages.items():
        assert made.reads & after, name


@pytest.mark.parametrize(
    ("table", "column", "value", "due"),
    [
        ("costs", "item", "another word", {"EX12"}),
        ("actions", "description", "another word", {"EX12"}),
        ("projects", "title", "another word", {"EX12"}),
        ("survey_questions", "text", "another word", {"EX04", "EX12"}),
    ],
)
def test_another_project_s_words_make_only_its_own_pages_due(
    data: Dataset, before: dict[str, str], pages: dict[str, Made], table: str, column: str,
    value: Any, due: set[str],
) -> None:  # fmt: skip
    frame = data.tables[table].copy()
    mine = frame["project_id"] == "EX12" if "project_id" in frame else frame.index == 0
    assert mine.any()
    frame.loc[mine, column] = value
    after = moved(before, changed(data, table, frame))
    asked = frozenset().union(*(made.reads for made in pages.values()))
    own = {u.replace("EX04", "EX12") for u in asked}
    found = {name for name, read in (("EX04", asked), ("EX12", own)) if read & after}
    assert found <= due
    assert "EX12" in found or table == "survey_questions"


@pytest.mark.parametrize(
    ("measure", "month", "due"),
    [
        ("Vehicle crime", "2023-03", {*PAGES}),
        (
            "Burglary",
            "2023-11",
            {"project_evaluation"},
        ),  # its harm before the start of January 2024
        ("Burglary", "2022-03", set()),
        ("Burglary", "2024-09", set()),
    ],
)
def test_an_incident_makes_due_what_is_of_its_measure_or_month(
    data: Dataset, before: dict[str, str], pages: dict[str, Made], measure: str, month: str,
    due: set[str],
) -> None:  # fmt: skip
    rows = data.tables["incidents"]
    mine = rows["measure"].eq(measure) & rows["month"].eq(pd.Timestamp(month))
    row = int(rows.index[mine][0])
    after = moved(
        before, edited(data, [Edit("incidents", row, "count", rows.at[row, "count"] + 1)])
    )
    assert {name for name, made in pages.items() if made.reads & after} == due


def test_a_row_after_the_day_makes_due_what_says_how_many_are_left_out(
    data: Dataset, before: dict[str, str], pages: dict[str, Made]
) -> None:
    rows = data.tables["incidents"]
    row = int(rows.index[rows["measure"].eq("Burglary") & rows["month"].eq("2022-03-01")][0])
    late = edited(data, [Edit("incidents", row, "month", pd.Timestamp("2028-03-01"))])
    assert pages["project_evaluation"].reads & moved(before, late)


def test_what_leaves_a_page_up_to_date_leaves_it_as_it_is(
    data: Dataset, before: dict[str, str], pages: dict[str, Made]
) -> None:
    """A tenth of the edits of `python -m benchmarks.stale`."""
    given = edits(data, np.random.default_rng(7))
    drawn = [next(given) for _ in range(50)]
    after = [moved(before, edited(data, [edit])) for edit in drawn]
    for name, made in pages.items():
        spared = [e for e, units in zip(drawn, after, strict=True) if not made.reads & units]
        assert len(spared) > 20
        assert stale(data, made, (name, {"project_id": "EX04"}), spared) == []


def test_what_is_asked_meanwhile_is_told_apart_from_what_was_asked_before() -> None:
    data = made_up.dataset()
    before = {*data.reads}
    with noting(data, lasting=False) as asked:
        data.origins()
    assert (asked, data.reads) == ({"as at"}, before)
    with noting(data) as asked:
        data.origins()
    assert (asked, data.reads) == ({"as at"}, before | {"as at"})


def test_the_months_on_record_are_part_of_what_their_span_says() -> None:
    data = load(Path(__file__).parent / "field" / "public" / "01" / "data")
    rows = data.table("incidents")
    earlier = rows.assign(month=rows["month"] - pd.DateOffset(months=1))
    other = replace(data, tables={**data.tables, "incidents": earlier})
    assert units(other)["incidents.span"] != units(data)["incidents.span"]
