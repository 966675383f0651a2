"""Referrals: published totals and a log through the same functions."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from dashboard import HERE, MONTHS, as_dict

from mtf_eval import activity, caseload, findings, load, priorities, reconcile, referrals
from mtf_eval.records.dataset import Dataset

OUTCOMES = ("accepted", "rejected", "sara")


def write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def about(path: Path, **facts: str) -> None:
    write(path / "about.csv", [{"key": k, "value": v} for k, v in facts.items()])


def log_rows() -> list[dict[str, object]]:
    """Return a log made to the published outcomes of each month, one row a referral."""
    rows: list[dict[str, object]] = []
    for number, (month, counts) in enumerate(list(MONTHS.items())[:-1], start=1):
        _, accepted, rejected, saras, completed = counts
        for decision, n in zip(OUTCOMES, (accepted, rejected, saras), strict=True):
            for k in range(n):
                done = decision == "accepted" and k < completed
                day = date(2021, number, 1 + k % 15)
                rows.append(
                    {
                        "referral_id": f"{month[:3]}-{decision}-{k}",
                        "received": day,
                        "agency": "Police" if k % 3 else "NHS",
                        "decision": decision,
                        "status": ("completed" if done else "ongoing")
                        if decision == "accepted"
                        else "",
                        "closed": min(day + timedelta(days=20 + k), date(2021, 12, 15))
                        if done
                        else "",
                        "criteria": "Social issues; Risk or harm" if k % 2 else "Social issues",
                        "stream": "core",
                        "ward": "",
                        "risk": "",
                        "project_id": "",
                    }
                )
    return rows


@pytest.fixture(scope="module")
def thanet() -> Dataset:
    return load(HERE)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("logged")
    about(folder, title="Log", illustrative="yes", as_at="2021-12-15")
    write(folder / "referrals.csv", log_rows())
    return load(folder)


def test_headline(thanet: Dataset) -> None:
    row = referrals.headline(thanet, year=2021).frame.iloc[0]
    published = {
        "received": 188,
        "accepted": 128,
        "rejected": 57,
        "saras": 3,
        "completed": 124,
        "ongoing": 4,
        "previous": 84,
    }
    assert {k: row[k] for k in published} == published
    caution = referrals.part_year(thanet, year=2021)
    assert "15 December 2021" in caution
    assert "part year" in caution


def test_quarters_and_halves(thanet: Dataset) -> None:
    quarters = referrals.by_quarter(thanet, year=2021).frame
    assert quarters["received"].tolist() == [55, 50, 51, 32, 188]
    assert quarters["accepted"].tolist() == [45, 36, 30, 17, 128]
    halves = [referrals.headline(thanet, year=2021, half=h).frame.iloc[0] for h in (1, 2)]
    assert [h["received"] for h in halves] == [105, 83]
    assert [h["ongoing"] for h in halves] == [0, 4]


def test_a_year_of_which_only_the_total_is_known(thanet: Dataset) -> None:
    row = referrals.headline(thanet, year=2020).frame.iloc[0]
    assert row["received"] == 84
    assert pd.isna(row["accepted"])
    assert pd.isna(row["previous"])
    assert len(referrals.by_month(thanet, year=2020).frame) == 0
    assert referrals.years(thanet) == (2020, 2021)
    table = referrals.year_on_year(thanet, year=2021)
    assert table.frame["received"].tolist() == [84, 188]


def test_a_log_gives_the_published_outcomes_back(thanet: Dataset, logged: Dataset) -> None:
    """In a log each referral has one outcome, so September and November add up."""
    published = referrals.by_month(thanet, year=2021)
    counted = referrals.by_month(logged, year=2021)
    outcomes = ["accepted", "rejected", "saras", "completed"]
    assert counted.frame[outcomes].equals(published.frame[outcomes])
    gap = counted.frame["received"] - published.frame["received"]
    named = dict(zip(counted.frame["period"], gap, strict=True))
    assert {k: v for k, v in named.items() if v} == {"September 2021": -1, "November 2021": 1}
    assert [c.name for c in counted.columns] == [c.name for c in published.columns]
    one, other = (referrals.headline(d, year=2021) for d in (thanet, logged))
    keep = [c for c in one.frame if c != "previous"]
    assert one.frame[keep].equals(other.frame[keep])


def test_the_log_counts_themes_apart_from_referrals(logged: Dataset) -> None:
    table = activity.themes(logged, year=2021)
    rows = [r for r in log_rows() if r["decision"] == "accepted"]
    both = sum(";" in str(r["criteria"]) for r in rows)
    assert as_dict(table.frame, "theme") == {
        "Risk or harm": (both,),
        "Social issues": (len(rows),),
        "Total": (len(rows) + both,),
    }
    assert "more than referrals" in table.notes[0]


def test_by_agency_and_days(logged: Dataset) -> None:
    agency, days = caseload.from_log(logged, year=2021)
    frame = agency.frame.set_index("agency")
    assert frame.loc["Total", "received"] == 188
    assert frame["received"].iloc[:-1].sum() == 188
    rows = [r for r in log_rows() if r["closed"] and r["received"].month <= 3]  # type: ignore[union-attr]
    spent = sorted((r["closed"] - r["received"]).days for r in rows)  # type: ignore[operator]
    middle = (spent[(len(spent) - 1) // 2] + spent[len(spent) // 2]) / 2
    first = days.frame.iloc[0]
    assert (first["people"], first["median"]) == (45, middle)


def test_no_median_of_few_people(tmp_path: Path) -> None:
    about(tmp_path, title="Few", as_at="2021-12-31")
    write(tmp_path / "referrals.csv", [r for r in log_rows() if r["decision"] == "accepted"][:9])
    (_, days) = caseload.from_log(load(tmp_path), year=2021)
    assert days.frame["median"].isna().all()


def test_pending_has_a_column_only_where_something_is(tmp_path: Path, logged: Dataset) -> None:
    rows = log_rows()
    rows[0] |= {"decision": "pending", "status": "", "closed": ""}
    about(tmp_path, title="Pending", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", rows)
    frame = referrals.by_month(load(tmp_path), year=2021).frame
    assert frame["pending"].iloc[-1] == 1
    assert frame["received"].iloc[-1] == 188
    assert "pending" not in referrals.by_month(logged, year=2021).frame


def test_expected_range_by_hand(thanet: Dataset) -> None:
    """Eleven complete months; December ends on the 15th and is left out of the limits."""
    values = [MONTHS[m][0] for m in list(MONTHS)[:11]]
    mean = sum(values) / 11
    reach = 2.66 * sum(abs(a - b) for a, b in pairwise(values)) / 10
    frame = caseload.expected_range(thanet, year=2021).frame
    assert frame["mean"].iloc[0] == pytest.approx(mean)
    assert frame["low"].iloc[0] == pytest.approx(mean - reach)
    assert frame["high"].iloc[0] == pytest.approx(mean + reach)
    assert frame["signal"].tolist() == ["as expected"] * 11 + ["incomplete month"]


def test_expected_range_marks_a_month_outside(tmp_path: Path) -> None:
    months = [
        {
            "month": f"{y}-{m:02d}-01",
            "received": 40 if (y, m) == (2020, 12) else 8 + 4 * (m % 2),
            "accepted": 8,
            "rejected": 0,
            "saras": 0,
            "completed": 8,
            "as_at": f"{y}-12-31",
        }
        for y in (2019, 2020)
        for m in range(1, 13)
    ]
    about(tmp_path, title="Jump", as_at="2020-12-31")
    write(tmp_path / "monthly_referrals.csv", months)
    frame = caseload.expected_range(load(tmp_path), year=2020).frame
    assert frame["signal"].tolist() == ["as expected"] * 23 + ["outside the range"]
    assert "December 2020" in caseload.range_finding(frame)


def test_a_run_inside_the_range_is_not_said_to_lie_outside_it() -> None:
    month = [f"M{n}" for n in range(9)]
    signal = ["as expected"] * 8 + ["eighth or more on one side"]
    frame = pd.DataFrame({"period": month, "low": 2.0, "high": 31.0, "signal": signal})
    said = caseload.range_finding(frame)
    assert "range" not in said.split(";")[0]
    assert "run" in said


def test_home_security_is_a_stream_of_its_own(tmp_path: Path) -> None:
    rows = log_rows()
    for row in rows[:12]:
        row |= {"stream": "home_security", "risk": "high", "criteria": ""}
    about(tmp_path, title="Streams", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", rows)
    data = load(tmp_path)
    assert referrals.headline(data, year=2021).frame["received"].iloc[0] == 188 - 12
    assert activity.support_by_agency(data, year=2021).frame["current"].iloc[-1] == 12
    assert activity.support_by_risk(data, year=2021).frame["current"].tolist() == [12, 12]
    accepted = sum(r["decision"] == "accepted" for r in rows[:12])
    assert activity.streams(data, year=2021).frame["count"].iloc[1] == accepted


def test_agency_priorities_come_from_actions_where_there_are_any(tmp_path: Path) -> None:
    about(tmp_path, title="Actions", as_at="2021-12-31")
    write(
        tmp_path / "agency_priorities.csv",
        [
            {"code": "P1", "agency": "Police", "priority": "Put victims first"},
            {"code": "P2", "agency": "Police", "priority": "Fight crime"},
            {"code": "N1", "agency": "NHS", "priority": "Stay well"},
        ],
    )
    write(
        tmp_path / "actions.csv",
        [
            {
                "action_id": f"A{n}",
                "project_id": "X1",
                "description": "Walk",
                "agency": "Police",
                "completed": done,
                "status": "completed" if done else "planned",
                "priority_codes": codes,
            }
            for n, (done, codes) in enumerate(
                [("2021-03-01", "P1; N1"), ("2021-05-01", "P1"), ("2020-05-01", "P2"), ("", "P2")]
            )
        ],
    )
    write(tmp_path / "projects.csv", [project_row()])
    frame = priorities.fulfilled_by_agency(load(tmp_path), year=2021).frame
    assert as_dict(frame, "agency") == {"Police": (2, 2), "NHS": (1, 1), "Total": (3, 3)}


def test_published_priorities_stand_for_a_year_without_actions(tmp_path: Path) -> None:
    about(tmp_path, title="Actions", as_at="2022-12-31")
    write(
        tmp_path / "agency_priorities.csv",
        [{"code": "P1", "agency": "Police", "priority": "Put victims first"}],
    )
    write(
        tmp_path / "activity.csv",
        [
            {
                "block": "agency_priorities",
                "measure": "fulfilled",
                "agency": "Police",
                "category": "P1",
                "period_start": "2021-01-01",
                "period_end": "2021-12-31",
                "count": 45,
                "counts_people": "no",
                "as_at": "2021-12-31",
            }
        ],
    )
    action = {"action_id": "A1", "project_id": "X1", "description": "Walk", "agency": "Police"}
    action |= {"completed": "2022-03-01", "status": "completed", "priority_codes": "P1"}
    write(tmp_path / "actions.csv", [action])
    write(tmp_path / "projects.csv", [project_row()])
    data = load(tmp_path)
    said = {y: priorities.fulfilled(data, year=y) for y in (2021, 2022)}
    assert {y: t.frame["count"].tolist() for y, t in said.items()} == {2021: [45], 2022: [1]}
    assert said[2021].source.startswith("Published")
    assert all(check.agrees for check in reconcile.reconcile(data))


def project_row() -> dict[str, object]:
    return {
        "project_id": "X1",
        "title": "Evenings",
        "problem": "Noise",
        "lead_agency": "Police",
        "response_start": "2021-01-01",
        "stage": "response",
        "primary_measure": "Anti-social behaviour",
    }


def test_sentences_never_name_a_missing_cell() -> None:
    frame = pd.DataFrame(
        {
            "period": ["January 2021", "February 2021", "March 2021", "Total"],
            "received": pd.array([9, None, 12, 24], dtype="Int64"),
        }
    )
    said = referrals.month_finding(frame, year=2021)
    assert said == "March 2021 brought the most referrals (12), January 2021 the fewest (9)"
    alt = findings.alt(frame, label="period", columns={"received": "referrals"})
    assert "February" not in alt
    assert "Some values are not shown." in alt
    hidden = frame.assign(received=pd.array([None] * 4, dtype="Int64"))
    assert referrals.month_finding(hidden, year=2021) == "Referrals received in 2021"
