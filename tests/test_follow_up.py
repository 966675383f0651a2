"""Later windows: the illustrative project of known effect, had it ended half a year earlier."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtf_eval.analysis.effects import Estimate
from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.project import follow_up
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.load import load

FOLDER = Path(__file__).parent.parent / "data" / "example"
AS_OF = "2024-12-31"
TRUE_RATIO = 0.62  # truth.csv: what the project did, in every month from its start on


@pytest.fixture(scope="module")
def data() -> Dataset:
    """The example with the first project ended in March 2024; its effect goes on."""
    found = load(FOLDER, as_of=AS_OF)
    rows = found.table("projects").copy()
    rows.loc[rows["project_id"] == "EX01", "response_end"] = pd.Timestamp("2024-03-31")
    return replace(found, tables={**found.tables, "projects": rows})


def windows(data: Dataset, project: str) -> tuple[follow_up.Later, ...]:
    found = projects.evaluate(data, project, as_of=AS_OF, rng=np.random.default_rng(1))
    return follow_up.later(data, found)


def test_a_fall_that_held_is_found_again(data: Dataset) -> None:
    six, twelve = windows(data, "EX01")
    assert (six.first, six.last) == (pd.Timestamp("2024-04-01"), pd.Timestamp("2024-09-01"))
    assert six.effect is not None
    assert six.effect.low <= TRUE_RATIO <= six.effect.high
    rows = data.table("incidents")
    areas = data.table("project_areas")
    own = areas[(areas["project_id"] == "EX01") & (areas["role"] == "target")]["area_code"]
    mine = rows[rows["area_code"].isin(own) & (rows["measure"] == "Anti-social behaviour")]
    between = mine["month"].between("2024-04-01", "2024-09-01")
    assert six.effect.n_after == mine.loc[between, "count"].sum()
    same = mine["month"].between("2023-04-01", "2023-09-01")
    assert six.effect.n_before == mine.loc[same, "count"].sum()
    # Of the second half-year October to December 2024 are on record: judged on those.
    assert (twelve.first, twelve.last) == (pd.Timestamp("2024-10-01"), pd.Timestamp("2024-12-01"))
    assert twelve.effect is not None
    late = mine["month"].between("2024-10-01", "2024-12-01")
    assert twelve.effect.n_after == mine.loc[late, "count"].sum()


def test_what_is_not_on_record_yet_is_not_said(data: Dataset) -> None:
    found = windows(data, "EX03")
    assert [w.effect for w in found] == [None, None]
    # Its response ended in October 2024, the records in December: three months are needed.
    assert follow_up.later_finding(found) == (
        "Whether it has held cannot be said yet. Six months on: can be said when January 2025 is "
        "on record. Twelve months on: can be said when July 2025 is on record."
    )
    whole = projects.evaluate(data, "EX03", as_of=AS_OF, rng=np.random.default_rng(1))
    shown = follow_up.later_table(data, whole, found).frame
    assert shown["window"].tolist() == ["As assessed"]


@pytest.mark.parametrize("project", ["EX07", "EX09", "EX10"])
def test_nothing_follows_what_was_not_assessed(data: Dataset, project: str) -> None:
    assert windows(data, project) == ()


def test_the_table_has_a_row_for_the_response_and_each_window(data: Dataset) -> None:
    found = projects.evaluate(data, "EX01", as_of=AS_OF, rng=np.random.default_rng(1))
    shown = follow_up.later_table(data, found, follow_up.later(data, found)).frame
    assert shown["window"].tolist() == ["As assessed", *follow_up.WINDOWS]
    assert shown["estimate"].notna().tolist() == [True, True, True]
    assert (shown["expected"] > shown["after"]).all()


def test_no_month_stands_in_two_windows(data: Dataset) -> None:
    """A response of three months is judged on six; the later windows begin after those."""
    rows = data.table("projects").copy()
    rows.loc[rows["project_id"] == "EX01", "response_end"] = pd.Timestamp("2023-12-31")
    short = replace(data, tables={**data.tables, "projects": rows})
    found = projects.evaluate(short, "EX01", as_of=AS_OF, rng=np.random.default_rng(1))
    assert found.window is not None
    held = [found.window, *follow_up.later(short, found)]
    firsts = [found.window.start, *(w.first for w in held[1:])]
    months = [m for first, w in zip(firsts, held, strict=True)
              for m in pd.date_range(first, w.last, freq="MS")]  # fmt: skip
    assert len(months) == 15  # to December 2024, the last on record
    assert months == list(pd.date_range(months[0], periods=15, freq="MS"))


def told(ratio: float) -> Estimate:
    return ratio_estimate(
        measure="x", log_ratio=np.log(ratio), se=0.1, level=0.95, n=9, n_before=5, n_after=4,
        method="made",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (0.5, 0.5, "still fewer than expected"),
        (1.0, 0.5, "fewer than expected, which was not so at the assessment"),
        (0.5, 1.0, "no change that can be told from chance any more"),
        (1.0, 1.0, "no change that can be told from chance"),
        (0.5, 2.0, "more than expected, which was not so at the assessment"),
        (2.0, 2.0, "still more than expected"),
    ],
)
def test_a_later_window_is_read_beside_the_assessment(then: float, now: float, said: str) -> None:
    day = pd.Timestamp("2024-01-01")
    window = follow_up.Later(
        name="x", first=day, last=day, effect=told(now), assessed=told(then), others=("P2",)
    )
    assert window.reading == f"{said}; P2 worked here in these months"


def test_who_else_worked_in_the_later_months_is_named(data: Dataset) -> None:
    rows = data.table("projects").copy()
    days = ["response_start", "response_end", "assessment_date"]
    rows.loc[rows["project_id"] == "EX04", days] = pd.to_datetime(
        ["2023-06-01", "2023-08-31", "2023-12-31"]
    ).to_numpy()
    short = replace(data, tables={**data.tables, "projects": rows})
    found = projects.evaluate(short, "EX04", as_of=AS_OF, rng=np.random.default_rng(1))
    held = follow_up.later(short, found)
    assert found.primary is not None
    assert not found.primary.distinguishable
    assert not any("still" in w.reading or "any more" in w.reading for w in held)
    assert "EX12 worked here" in follow_up.later_finding(held)  # from January 2024
    areas = short.table("project_areas").copy()
    areas.loc[areas["project_id"] == "EX12", "role"] = "buffer"  # it only looks at what moves there
    beside = replace(short, tables={**short.tables, "project_areas": areas})
    assert [w.others for w in follow_up.later(beside, found)] == [(), ()]
