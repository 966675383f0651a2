"""A report is due when anything it read is another, and stands when nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.stale import Made, edits, make
from mtf_eval.records.dataset import Dataset
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


def moved(before: Dataset, after: Dataset) -> set[str]:
    was, now = units(before), units(after)
    return {u for u in {*was, *now} if was.get(u) != now.get(u)}


def changed(data: Dataset, name: str, frame: pd.DataFrame) -> Dataset:
    return replace(data, tables={**data.tables, name: frame})


def redated(data: Dataset, projects: list[str]) -> Dataset:
    frame = data.tables["projects"].copy()
    rows = frame["project_id"].isin(projects)
    frame.loc[rows, "response_start"] -= pd.Timedelta(days=365)
    return changed(data, "projects", frame)


def test_redating_its_neighbours_makes_a_project_due(data: Dataset, pages: dict[str, Made]) -> None:
    """Their areas are, or are no longer, among the ones EX04 is held against."""
    after = moved(data, redated(data, ["EX01", "EX02", "EX03", "EX05"]))
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
    data: Dataset, pages: dict[str, Made], table: str, column: str, value: Any, due: set[str]
) -> None:
    frame = data.tables[table].copy()
    mine = frame["project_id"] == "EX12" if "project_id" in frame else frame.index == 0
    assert mine.any()
    frame.loc[mine, column] = value
    after = moved(data, changed(data, table, frame))
    asked = frozenset().union(*(made.reads for made in pages.values()))
    own = {u.replace("EX04", "EX12") for u in asked}
    found = {name for name, read in (("EX04", asked), ("EX12", own)) if read & after}
    assert found <= due
    assert "EX12" in found or table == "survey_questions"


@pytest.mark.slow
def test_a_page_that_is_not_due_is_the_same_to_the_letter(
    data: Dataset, pages: dict[str, Made]
) -> None:
    given = edits(data, np.random.default_rng(7))
    spared = 0
    for told, edited in (next(given) for _ in range(14)):
        after = moved(data, edited)
        for name, made in pages.items():
            if not made.reads & after:
                spared += 1
                assert make(edited, name, project_id="EX04").html == made.html, (told, name)
    assert spared > 5
