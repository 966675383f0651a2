"""Bids, awards and costs of a made-up tracker, added by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from test_delivery import dataset

from mtf_eval.analysis.year import leadership
from mtf_eval.records.dataset import Dataset

NOW = date(2021, 6, 30)


def bid(name: str, status: str, requested: float, **more: object) -> dict[str, object]:
    return {
        "bid_id": name, "project_id": "P1", "funder": "Fund", "submitted": "2021-01-10",
        "status": status, "requested_gbp": requested, **more,
    }  # fmt: skip


@pytest.fixture
def tracker() -> Dataset:
    return dataset(
        funding=[
            bid("B1", "awarded", 1000, decided="2021-02-01", awarded_gbp=900, spent_gbp=500),
            bid("B2", "part_awarded", 2000, decided="2021-03-01", awarded_gbp=800, spent_gbp=800,
                project_id="P2"),
            bid("B3", "refused", 500, decided="2021-03-01"),
            bid("B4", "awarded", 400, decided="2021-07-15", awarded_gbp=400, project_id="P3"),
            bid("B5", "withdrawn", 100),
            bid("B6", "submitted", 70, submitted="2021-07-01"),
        ],
        costs=[
            {"project_id": "P1", "date": "2021-04-01", "kind": "cash", "amount_gbp": 950},
            {"project_id": "P1", "date": "2021-04-01", "kind": "in_kind", "hours": 10,
             "rate_gbp": 25},
            {"project_id": "P1", "date": "2021-08-01", "kind": "cash", "amount_gbp": 10_000},
            {"project_id": "P9", "date": "2021-05-01", "kind": "cash", "amount_gbp": 40},
        ],
    )  # fmt: skip


def test_bids_as_they_stood(tracker: Dataset) -> None:
    frame = leadership.bids(tracker, as_of=NOW).frame.set_index("bid_id")
    assert list(frame.index) == ["B1", "B2", "B3", "B4", "B5"]
    assert frame.loc["B4", "status"] == "Awaiting a decision"
    assert frame["awarded"].isna()["B4"], "what is decided later is not known yet"


def test_pipeline_adds_up(tracker: Dataset) -> None:
    frame = leadership.pipeline(tracker, as_of=NOW).frame.set_index("status")
    assert frame.loc["Total"].tolist() == [5, 4000, 1700]
    assert frame.drop("Total")["requested"].sum() == 4000
    # By hand, on 30 June: nobody waits in any other state, so no other row is there.
    assert {status: int(row["bids"]) for status, row in frame.iterrows()} == {
        "Awaiting a decision": 1, "Awarded": 1, "Awarded in part": 1, "Refused": 1,
        "Withdrawn": 1, "Total": 5,
    }  # fmt: skip
    none = leadership.pipeline(dataset(), as_of=NOW).frame
    assert none["status"].tolist() == ["Total"]


def test_no_rate_from_few_decisions(tracker: Dataset) -> None:
    said = leadership.bids_finding(tracker, as_of=NOW)
    assert said.startswith("2 of 3 decided bids succeeded")
    assert "too few for a success rate" in said
    assert "1 awaits a decision" in said


def test_budget_against_cost(tracker: Dataset) -> None:
    frame = leadership.budget(tracker, as_of=NOW).frame.set_index("project_id")
    assert frame.loc["P1", ["awarded", "cash", "in_kind", "left"]].tolist() == [900, 950, 250, -50]
    said = leadership.budget_finding(tracker, as_of=NOW)
    assert "Cash cost above the award: P1." in said
    assert "without an award on record: P9." in said


def test_an_award_without_its_amount_is_not_nought(tracker: Dataset) -> None:
    rows = tracker.table("funding").copy()
    (first, *_) = rows.index[rows["awarded_gbp"].notna() & rows["project_id"].eq("P1")]
    rows.loc[first, "awarded_gbp"] = float("nan")
    costs = tracker.table("costs")
    none = costs[costs["project_id"] != "P9"]
    data = replace(tracker, tables={**tracker.tables, "funding": rows, "costs": none})
    table = leadership.budget(data, as_of=NOW)
    frame = table.frame.set_index("project_id")
    assert frame.loc["P1", ["awarded", "left"]].isna().all()
    assert frame.loc["P1", "cash"] == 950
    assert rows.loc[first, "bid_id"] in " ".join(table.notes)
    said = leadership.budget_finding(data, as_of=NOW)
    assert said == "We cannot say of P1: an amount awarded is not on record."
    without = replace(data, tables={**data.tables, "costs": costs[costs["project_id"] == "P9"]})
    spent = leadership.budget(without, as_of=NOW).frame.set_index("project_id")
    assert spent.loc["P1", ["cash", "in_kind"]].isna().all()  # no costs on record are not £0
    statuses = leadership.pipeline(data, as_of=NOW).frame.set_index("status")
    assert pd.isna(statuses.loc["Total", "awarded"])


def test_spending_of_one_award_is_not_that_of_both(tracker: Dataset) -> None:
    rows = tracker.table("funding").copy()
    rows.loc[rows["bid_id"] == "B2", ["project_id", "spent_gbp"]] = ["P1", float("nan")]
    table = leadership.budget(
        replace(tracker, tables={**tracker.tables, "funding": rows}), as_of=NOW
    )
    row = table.frame.set_index("project_id").loc["P1"]
    assert row["awarded"] == 900 + 800
    assert pd.isna(row["spent"]), "£500 was spent of the one, nobody knows what of the other"
    assert table.notes == ("What was spent is not on record of the awards B2.",)


def test_an_award_to_no_one_project_is_not_passed_over(tracker: Dataset) -> None:
    assert leadership.budget(tracker, as_of=NOW).notes == ()
    rows = tracker.table("funding").copy()
    rows.loc[rows["awarded_gbp"].first_valid_index(), "project_id"] = None
    shared = replace(tracker, tables={**tracker.tables, "funding": rows})
    left = float(tracker.table("funding")["awarded_gbp"].dropna().iloc[0])
    (said,) = leadership.budget(shared, as_of=NOW).notes
    assert f"£{left:,.0f} awarded" in said
