"""Actions and deliveries of a made-up plan, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from mtf_eval.analysis.project import delivery, overlaps, process
from mtf_eval.analysis.results.columns import Period
from mtf_eval.analysis.year import leadership
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.tables import TABLES, empty

NOW = date(2021, 6, 30)


def dataset(**given: list[dict[str, object]]) -> Dataset:
    """Tables with the rows given, each column of the schema's own type."""
    tables = {}
    for name, schema in TABLES.items():
        blank = empty(schema)
        frame = pd.DataFrame(given.get(name, []), columns=list(blank.columns))
        for column, kind in blank.dtypes.items():
            if "datetime" in str(kind):
                frame[column] = pd.to_datetime(frame[column])
            elif str(kind) in ("float64", "Int64"):
                frame[column] = frame[column].astype(str(kind))
        tables[name] = frame
    return Dataset(name="made", path=Path("made"), tables=tables, sources=())


def action(
    number: int, agency: str, due: str, status: str, completed: str | None = None
) -> dict[str, object]:
    return {
        "action_id": f"A{number}", "project_id": "P1", "description": f"Do {number}",
        "agency": agency, "due": due, "completed": completed, "status": status,
    }  # fmt: skip


@pytest.fixture
def plan() -> Dataset:
    return dataset(
        actions=[
            action(1, "Police", "2021-03-01", "completed", "2021-02-20"),
            action(2, "Police", "2021-03-01", "completed", "2021-03-20"),
            action(3, "Police", "2021-06-20", "in_progress"),
            action(4, "Council", "2021-05-01", "planned"),
            action(5, "Council", "2021-09-01", "planned"),
            action(6, "Council", "2021-05-01", "stopped"),
            action(7, "Council", "2021-05-01", "completed", "2021-07-10"),
        ],
        deliveries=[
            {"project_id": "P1", "provider": "Youth", "due": due, "reported": told,
             "activity": "sessions", "agreed": 4, "delivered": done}
            for due, told, done in (
                ("2021-05-03", "2021-05-05", 4), ("2021-05-17", "2021-05-18", 2),
                ("2021-05-31", None, None), ("2021-06-28", "2021-07-02", 4),
                ("2021-07-12", "2021-07-13", 4),
            )
        ],
    )  # fmt: skip


def test_actions_by_agency_as_they_stood_on_the_day(plan: Dataset) -> None:
    frame = delivery.actions_by_agency(plan, as_of=NOW).frame.set_index("agency")
    names = ["all", "done", "late", "overdue", "open", "stopped"]
    assert frame.loc["Police", names].tolist() == [3, 1, 1, 1, 0, 0]
    # The seventh was done later: on the day it was overdue.
    assert frame.loc["Council", names].tolist() == [4, 0, 0, 2, 1, 1]
    assert frame.loc["Total", names].tolist() == [7, 1, 1, 3, 1, 1]


def test_overdue_longest_first(plan: Dataset) -> None:
    frame = delivery.overdue(plan, as_of=NOW).frame
    assert frame["action"].tolist()[-1] == "A3"
    assert frame["days"].tolist() == [60, 60, 10]
    assert "2 of 7 actions completed, 1 of them late; 3 overdue" in delivery.actions_finding(
        plan, as_of=NOW
    )


def test_the_same_dose_on_a_project_s_page_and_the_leadership_s() -> None:
    from mtf_eval import load
    from mtf_eval.analysis.project.design import project_of

    example = load(Path(__file__).parents[1] / "data" / "example")
    until = pd.Timestamp("2024-12-31").date()
    whole = delivery.delivered(example, as_of=until).frame
    # EX07 in deliveries.csv: ten fortnights of 15; 6, 8, 6, 12, 7, 9 and 10 reported, three silent.
    theirs = whole[whole["project_id"] == "EX07"].iloc[0]
    assert (theirs["agreed"], theirs["delivered"], theirs["missing"]) == (150, 58, 3)
    ours = process.deliveries(example, project_of(example, "EX07"), as_of=until).frame.iloc[0]
    names = ["updates", "agreed", "delivered"]
    assert ours[names].tolist() == theirs[names].tolist()


def test_dose_counts_only_what_was_reported_by_the_day(plan: Dataset) -> None:
    row = delivery.delivered(plan, as_of=NOW).frame.iloc[0]
    assert (row["updates"], row["missing"]) == (4, 2)
    # Four updates of 4 were due; 4 and 2 had been reported, the other two count as nothing.
    assert (row["agreed"], row["delivered"]) == (16, 6)
    said = delivery.delivered_finding(plan, as_of=NOW)
    assert said == "Youth reported less than was agreed; 2 of 4 updates are missing."


def test_a_delivery_without_how_much_is_not_nought(plan: Dataset) -> None:
    rows = plan.table("deliveries")
    rows.loc[rows.index[1], "delivered"] = None  # reported on 18 May, without how much
    row = delivery.delivered(plan, as_of=NOW).frame.iloc[0]
    assert (row["missing"], row["agreed"]) == (2, 16)
    assert pd.isna(row["delivered"])
    said = delivery.delivered_finding(plan, as_of=NOW)
    assert said.startswith("Of Youth we cannot say whether it was what was agreed; 2 of 4")
    assert process.deliveries_finding(delivery.dose(plan, as_of=NOW)).startswith("We cannot say")


def test_all_that_was_agreed_is_said_too() -> None:
    given = {"project_id": "P1", "due": "2021-05-03", "reported": "2021-05-05", "activity": "x",
             "agreed": 4, "delivered": 4}  # fmt: skip
    full = [{**given, "provider": name, "delivered": n} for name, n in (("B", 4), ("A", 5))]
    said = delivery.delivered_finding(dataset(deliveries=full), as_of=NOW)
    assert said == "All that was agreed was reported as delivered; none of 2 updates is missing."
    short = [{**row, "delivered": 3} for row in (*full, *full[:1])]
    said = delivery.delivered_finding(dataset(deliveries=short), as_of=NOW)
    assert said == "A, B reported less than was agreed; none of 3 updates is missing."


def test_nothing_on_record_is_said() -> None:
    nothing = dataset()
    assert delivery.overdue(nothing, as_of=NOW).frame.empty
    assert delivery.actions_finding(nothing, as_of=NOW) == "No actions are on record."
    assert delivery.delivered_finding(nothing, as_of=NOW) == "No deliveries are on record."
    assert leadership.bids_finding(nothing, as_of=NOW) == "No bids are on record."
    assert overlaps.overlaps(nothing, as_of=NOW) == ()
    half = Period.parse("2021-H1")
    asked = leadership.decisions(nothing, half=half, results={})
    assert leadership.decisions_finding(asked).startswith("Nothing has to be decided")


@pytest.mark.parametrize(
    ("total", "done", "late", "overdue", "words"),
    [
        (0, 0, 0, 0, "No actions are on record"),
        (3, 1, 0, 0, "1 of 3 actions completed; none overdue"),
        (3, 2, 1, 1, "2 of 3 actions completed, 1 of them late; 1 overdue"),
    ],
)
def test_actions_in_words(total: int, done: int, late: int, overdue: int, words: str) -> None:
    assert delivery.actions_words(total, done=done, late=late, overdue=overdue) == words


@pytest.mark.parametrize(
    ("due", "status", "completed", "state", "days"),
    [
        ("2021-06-30", "planned", None, "open", 0),  # due on the day itself
        ("2021-06-29", "planned", None, "overdue", 1),
        ("2021-03-01", "completed", "2021-03-01", "done", 0),  # on the day it was due
        ("2021-03-01", "completed", "2021-03-02", "late", 1),
        ("2021-06-30", "completed", "2021-06-30", "done", 0),
        ("2021-06-30", "completed", "2021-07-01", "open", 0),  # after the day looked back from
        ("2021-03-01", "completed", None, "done", 121),  # when, nobody wrote
        ("2021-03-01", "stopped", None, "stopped", 121),
        ("2021-03-01", "stopped", "2021-02-01", "done", -28),
        (None, "planned", None, "open", None),
        (None, "completed", "2021-03-02", "done", None),
    ],
)
def test_what_became_of_an_action_by_the_day(
    due: str | None, status: str, completed: str | None, state: str, days: int | None
) -> None:
    made = dataset(actions=[action(1, "Police", due, status, completed)])  # type: ignore[arg-type]
    given = made.table("actions").copy()
    (row,) = delivery.actions_then(made, date(2021, 6, 30)).to_dict("records")
    pd.testing.assert_frame_equal(made.table("actions"), given)  # a later day is asked of the same
    assert row["state"] == state
    assert row["days_late"] == days or (days is None and pd.isna(row["days_late"]))
