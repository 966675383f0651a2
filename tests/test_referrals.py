"""Referrals: published totals and a log through the same functions."""

from __future__ import annotations

import csv
import statistics
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dashboard import HERE, MONTHS, as_dict

from mtf_eval import load
from mtf_eval.analysis.counts import activity, caseload, priorities, reconcile, referrals
from mtf_eval.analysis.results import findings
from mtf_eval.errors import DataProblems
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.records.dataset import Dataset

OUTCOMES = ("accepted", "rejected", "sara")


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def about(path: Path, **facts: str) -> None:
    write(path / "about.csv", [{"key": k, "value": v} for k, v in facts.items()])


def log_rows() -> list[dict[str, Any]]:
    """Return a log made to the published outcomes of each month, one row a referral."""
    rows: list[dict[str, Any]] = []
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


def decided_rows() -> list[dict[str, Any]]:
    """Return such a log with days of decision: the one referral too few and too many is moved."""
    rows = [row | {"decided": row["received"]} for row in log_rows()]
    late = next(r for r in rows if r["received"].month == 11 and not r["closed"])
    late["received"] = date(2021, 9, 20)
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
    part = (
        "July to December 2021 runs to 15 December 2021 only; July to December 2020 is the whole "
    )
    part += "half-year. The change compares a part half-year with a whole one."
    for half, said in ((None, caution), (1, ""), (2, part)):
        (change,) = (
            c
            for c in referrals.headline(thanet, year=2021, half=half).columns
            if c.kind == "change"
        )
        assert change.note == said


def test_a_year_says_where_it_was_counted(thanet: Dataset, logged: Dataset) -> None:
    for data, name in (
        (thanet, "Published monthly totals of referrals"),
        (logged, "Log of referrals"),
    ):
        assert referrals.headline(data, year=2021).source.startswith(f"{name}, ")


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


def test_a_log_to_the_published_totals_gives_exactly_those_totals_back(
    thanet: Dataset, tmp_path: Path
) -> None:
    """One received in September and decided in November: every figure of every month is met."""
    about(tmp_path, title="Log", illustrative="yes", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", decided_rows())
    log = load(tmp_path)
    for make in (referrals.by_month, referrals.by_quarter):
        given, counted = make(thanet, year=2021), make(log, year=2021)
        # A log says that none is pending, the dashboard says nothing of it.
        assert counted.frame.pop("pending").eq(0).all()
        pd.testing.assert_frame_equal(counted.frame, given.frame)
        assert [c.name for c in counted.columns if c.name != "pending"] == [
            c.name for c in given.columns
        ]
    # Against the dashboard itself, not only against what was typed from it.
    months = referrals.by_month(log, year=2021).frame.iloc[:-1]
    shown = months.drop(columns=["period", "pending"]).itertuples(index=False, name=None)
    assert list(shown) == list(MONTHS.values())[:-1]
    for half in (None, 1, 2):
        one, other = (referrals.headline(d, year=2021, half=half).frame for d in (thanet, log))
        keep = [c for c in one if c != "previous"]
        pd.testing.assert_frame_equal(other[keep], one[keep])
    limits = [caseload.expected_range(d, year=2021).frame for d in (thanet, log)]
    pd.testing.assert_frame_equal(*limits)
    told = [check.what for check in reconcile.reconcile(log)]
    assert not any("received against" in what for what in told)
    named = [
        c.what.split(":")[0] for c in reconcile.reconcile(thanet) if "received against" in c.what
    ]
    assert named == ["September 2021", "November 2021"]


def test_outcomes_are_counted_by_the_day_of_the_decision(tmp_path: Path) -> None:
    """Four of two years; received in one year and decided in the next, by hand."""
    rows = [r | {"decided": ""} for r in log_rows()[:4]]
    days = (
        ("2020-12-20", "2021-01-04", "accepted", "completed", "2021-02-01"),
        ("2020-12-21", "2020-12-22", "rejected", "", ""),
        ("2021-01-05", "2021-02-01", "accepted", "", "2021-03-01"),
        ("2021-02-27", "", "pending", "", ""),
    )
    names = ("received", "decided", "decision", "status", "closed")
    about(tmp_path, title="Two years", as_at="2021-03-31")
    write(
        tmp_path / "referrals.csv",
        [r | dict(zip(names, d, strict=True)) for r, d in zip(rows, days, strict=True)],
    )
    data = load(tmp_path)
    keep = ["received", "decided", "accepted", "rejected", "completed", "ongoing"]
    both = {y: referrals.headline(data, year=y).frame.iloc[0] for y in (2020, 2021)}
    assert both[2020][keep[:4]].tolist() == [2, 1, 0, 1]
    # A closing date says that it was completed, whatever the status says not.
    assert both[2021][keep].tolist() == [2, 2, 2, 0, 2, 0]
    months = referrals.by_month(data, year=2021).frame.set_index("period")
    assert months["received"].tolist() == [1, 1, 0, 2]
    assert months["accepted"].tolist() == [1, 1, 0, 2]
    assert months["pending"].tolist() == [0, 1, 0, 1]
    assert "by the day decided" in referrals.basis(data, 2021)
    for year in (2020, 2021):
        agency = caseload.outcomes_by(data, by="agency", year=year).frame
        assert agency.iloc[-1]["decided"] == both[year]["decided"]
    # Read as it stood on a day, what was decided later is open again.
    then = load(tmp_path, as_of="2021-01-10")
    assert then.table("referrals")["decision"].tolist() == ["accepted", "rejected", "pending"]
    assert then.table("referrals")["status"].tolist()[0] == "ongoing"


def test_a_log_that_never_says_what_became_of_a_referral_completes_none(tmp_path: Path) -> None:
    rows = [{k: v for k, v in row.items() if k not in ("status", "closed")} for row in log_rows()]
    write(tmp_path / "referrals.csv", rows)
    data = load(tmp_path)
    row = referrals.headline(data, year=2021).frame.iloc[0]
    accepted = sum(r["decision"] == "accepted" for r in rows)
    assert (row["received"], row["accepted"]) == (len(rows), accepted)
    assert row[["completed", "ongoing"]].isna().all()  # not 0: nobody wrote down whether any was
    by_agency = caseload.outcomes_by(data, by="agency", year=2021)
    for table in (referrals.by_month(data, year=2021), by_agency):
        assert table.frame["completed"].isna().all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decided": "2020-12-31"}, "decided on or after received"),
        ({"decided": "2021-03-01", "closed": "2021-02-01"}, "closed on or after decided"),
    ],
)
def test_days_of_decision_that_cannot_be(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    rows = [r | {"decided": r["received"]} for r in log_rows()[:5]]
    rows[0] |= changes
    about(tmp_path, title="Wrong", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", rows)
    with pytest.raises(DataProblems) as refused:
        load(tmp_path)
    assert said in str(refused.value)


def test_a_day_of_decision_of_a_pending_referral_is_left_out_and_asked_about(
    tmp_path: Path,
) -> None:
    rows = [r | {"decided": r["received"]} for r in log_rows()[:5]]
    rows[0] |= {"decision": "pending", "status": "", "closed": "", "decided": "2021-01-05"}
    about(tmp_path, title="Asked", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", rows)
    data = load(tmp_path)
    assert data.table("referrals")["decided"].isna().tolist() == [True] + 4 * [False]
    (asked,) = [f for f in data.findings if "pending" in str(f)]
    assert asked.kind == "warning"
    assert "in 1 row(s), first here: is the decision right?" in str(asked)
    assert (asked.row, asked.column) == (2, "decided")
    assert referrals.headline(data, year=2021).frame.iloc[0]["decided"] == 4


def test_a_decision_after_the_day_the_records_go_up_to_is_told(tmp_path: Path) -> None:
    rows = [r | {"decided": r["received"]} for r in log_rows()[:5]]
    rows[0] |= {"decided": "2021-12-20", "closed": ""}
    about(tmp_path, title="Ahead", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", rows)
    told = [str(f) for f in load(tmp_path).findings if "decided" in str(f)]
    assert len(told) == 1
    assert "after the day the data were last updated" in told[0]


def test_days_to_the_decision_by_hand(tmp_path: Path) -> None:
    rows = [
        r | {"decided": r["received"] + timedelta(days=n % 7)} for n, r in enumerate(log_rows())
    ]
    about(tmp_path, title="Days", as_at="2021-12-31")
    write(tmp_path / "referrals.csv", [r | {"closed": ""} for r in rows])
    data = load(tmp_path)
    table = caseload.days_to(data, end="decided", year=2021)
    waited = [(r["decided"] - r["received"]).days for r in rows]
    last = table.frame.iloc[-1]
    assert last["people"] == 188
    low, middle, high = statistics.quantiles(waited, n=4, method="inclusive")
    assert last[["low", "median", "high"]].tolist() == [low, middle, high]
    assert [c.kind for c in table.columns] == ["label", "people", *["number"] * 3]
    half = caseload.waits(data, year=2021, half=1).frame.set_index("wait")
    first = [(r["decided"] - r["received"]).days for r in rows if r["decided"].month <= 6]
    assert half.loc["To decision", "people"] == len(first)
    assert half.loc["To decision", "median"] == statistics.median(first)
    said = caseload.waits_finding(table.frame, end="decided")
    assert said == f"Half of the referrals decided were decided within {middle:.0f} days"


def test_a_log_without_days_of_decision_gives_the_published_outcomes_back(
    thanet: Dataset, logged: Dataset
) -> None:
    """In such a log each referral has one outcome, so September and November add up."""
    published = referrals.by_month(thanet, year=2021)
    counted = referrals.by_month(logged, year=2021)
    outcomes = ["accepted", "rejected", "saras", "completed"]
    assert counted.frame[outcomes].equals(published.frame[outcomes])
    gap = counted.frame["received"] - published.frame["received"]
    named = dict(zip(counted.frame["period"], gap, strict=True))
    assert {k: v for k, v in named.items() if v} == {"September 2021": -1, "November 2021": 1}
    columns = [c.name for c in counted.columns if c.name != "pending"]
    assert columns == [c.name for c in published.columns]
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
    (agency,) = caseload.groups(logged, year=2021)
    days = caseload.days_to(logged, end="closed", year=2021)
    assert "decided" not in agency.frame
    frame = agency.frame.set_index("agency")
    assert frame.loc["Total", "received"] == 188
    assert frame["received"].iloc[:-1].sum() == 188
    rows = [r for r in log_rows() if r["closed"] and r["received"].month <= 3]
    spent = sorted((r["closed"] - r["received"]).days for r in rows)
    middle = (spent[(len(spent) - 1) // 2] + spent[len(spent) // 2]) / 2
    first = days.frame.iloc[0]
    assert (first["people"], first["median"]) == (45, middle)


def test_no_row_and_no_table_of_a_year_comes_and_goes_with_its_counts(tmp_path: Path) -> None:
    """A row that is missing in one year and hidden in the next year's page would tell a nought."""
    rows = [
        {
            "referral_id": f"R{n}",
            "received": day,
            "agency": agency,
            "decision": "accepted",
            "decided": day,
            "status": "completed" if day.year == 2022 else "",
            "closed": day + timedelta(days=9) if day.year == 2022 else "",
            "criteria": "",
            "stream": stream,
            "risk": "",
        }
        for n, (day, agency, stream) in enumerate(
            [
                (date(2021, 2, 1), "Police", "core"),
                (date(2021, 5, 1), "Police", "home_security"),
                (date(2021, 8, 1), "NHS", "core"),
                (date(2022, 1, 1), "NHS", "home_security"),
                (date(2022, 6, 1), "Police", "core"),
                (date(2022, 12, 1), "Housing", "home_security"),
            ]
        )
    ]
    about(tmp_path, title="Few", as_at="2022-12-31")
    write(tmp_path / "referrals.csv", rows)
    data = load(tmp_path)
    quarters = [*referrals.QUARTERS, "Total"]
    for year in (2021, 2022):
        support = activity.support_by_agency(data, year=year).frame
        assert support["agency"].tolist() == ["Housing", "NHS", "Police", "Total"]
        assert caseload.ends(data, year) == ("decided", "closed")
        for end in ("decided", "closed"):
            waited = caseload.days_to(data, end=end, year=year).frame
            assert waited["period"].tolist() == quarters
        for half in (1, 2):
            both = caseload.waits(data, year=year, half=half).frame["wait"].tolist()
            assert both == ["To decision", "To completion"]
    assert caseload.ends(data, 2020) == ()
    support = activity.support_by_agency(data, year=2021).frame.set_index("agency")
    assert support["current"].tolist() == [0, 0, 1, 1]
    waited = caseload.days_to(data, end="decided", year=2021).frame.set_index("period")
    assert waited["people"].tolist() == [1, 0, 1, 0, 2]  # home security waits for no decision


@pytest.mark.parametrize(("people", "given"), [(15, 0), (16, 1), (31, 1), (32, 3)])
def test_no_median_of_few_people(tmp_path: Path, people: int, given: int) -> None:
    """Eight on either side of a median, and of each quartile, or it is not given."""
    about(tmp_path, title="Few", as_at="2021-12-31")
    rows = [r for r in log_rows() if r["decision"] == "accepted" and r["closed"]]
    write(tmp_path / "referrals.csv", rows[:people])
    days = caseload.days_to(load(tmp_path), end="closed", year=2021)
    assert days.frame.iloc[-1][["low", "median", "high"]].notna().sum() == given


def test_pending_has_a_column_in_every_log(tmp_path: Path, logged: Dataset) -> None:
    """A column that came and went with its counts would tell a nought."""
    rows = log_rows()
    rows[0] |= {"decision": "pending", "status": "", "closed": ""}
    about(tmp_path, title="Pending", as_at="2021-12-15")
    write(tmp_path / "referrals.csv", rows)
    frame = referrals.by_month(load(tmp_path), year=2021).frame
    assert frame["pending"].iloc[-1] == 1
    assert frame["received"].iloc[-1] == 188
    assert referrals.by_month(logged, year=2021).frame["pending"].eq(0).all()


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


def test_a_year_without_a_referral_in_the_log_has_the_totals_published_of_it(
    tmp_path: Path,
) -> None:
    about(tmp_path, title="Two sources", as_at="2024-03-31")
    log = {"referral_id": "R1", "received": "2022-05-04", "agency": "NHS", "decision": "accepted"}
    write(tmp_path / "referrals.csv", [log])
    outcomes = {"accepted": 3, "rejected": 2, "saras": 0, "completed": 1, "as_at": "2023-12-31"}
    write(tmp_path / "monthly_referrals.csv", [{"month": "2023-02", "received": 5} | outcomes])
    data = load(tmp_path)
    received = referrals.monthly(data).set_index("month")["received"]
    assert received.groupby(received.index.year).sum().to_dict() == {2022: 1, 2023: 5, 2024: 0}
    assert not reconcile.reconcile(data)  # of completed nothing is on record in the log
    late = log | {"referral_id": "R2", "received": "2023-12-20", "decided": "2024-01-10"}
    write(tmp_path / "referrals.csv", [log | {"received": "2023-11-02", "decided": ""}, late])
    about(tmp_path, title="Two sources", as_at="2024-12-31")
    months = [{"month": f"2024-0{m}", "received": 5} | outcomes for m in (1, 2, 3)]
    months = [month | {"as_at": "2024-03-31"} for month in months]
    write(tmp_path / "monthly_referrals.csv", months)
    data = load(tmp_path)
    now = referrals.headline(data, year=2024).frame.iloc[0]
    assert (now["received"], now["accepted"], now["previous"]) == (15, 9, 2)
    assert len(reconcile.published(data)) == 3
    said = "Published monthly totals of referrals"
    assert (referrals.source_of(data, 2024), caseload.groups(data, year=2024)) == (said, ())
    assert "publisher" in referrals.basis(data, 2024)
    (tmp_path / "monthly_referrals.csv").unlink()
    assert referrals.source_of(load(tmp_path), 2024) == "Log of referrals"


def test_the_eighth_month_on_one_side_is_marked(tmp_path: Path) -> None:
    """By hand: mean 15, mean moving range 156/15, so 0 to 42.7: no month lies outside."""
    values = [12, 2] * 4 + [18, 28] * 4
    months = pd.date_range("2019-09-01", periods=16, freq="MS")
    counted = {"rejected": 0, "saras": 0, "completed": 0, "as_at": "2020-12-31"}
    rows = [
        {"month": m.date(), "received": n, "accepted": n} | counted
        for m, n in zip(months, values, strict=True)
    ]
    about(tmp_path, title="Runs", as_at="2020-12-31")
    write(tmp_path / "monthly_referrals.csv", rows)
    frame = caseload.expected_range(load(tmp_path), year=2020).frame
    eighth = ["as expected"] * 7 + ["eighth or more on one side"]
    assert frame["signal"].tolist() == eighth * 2
    assert frame["high"].iloc[0] == pytest.approx(15 + 2.66 * 156 / 15)


def test_no_month_of_the_range_said_is_marked() -> None:
    # Limits 1.3 and 27.9: 1 and 28 lie outside, 2 and 27 inside.
    frame = pd.DataFrame(
        {"period": ["M"], "received": 9, "low": 1.3, "high": 27.9, "signal": ["as expected"]}
    )
    assert "range of 2 to 27 referrals" in caseload.range_finding(frame)


def test_a_run_inside_the_range_is_not_said_to_lie_outside_it() -> None:
    month = [f"M{n}" for n in range(9)]
    signal = ["as expected"] * 8 + ["eighth or more on one side"]
    frame = pd.DataFrame(
        {"period": month, "received": 9, "low": 2.0, "high": 31.0, "signal": signal}
    )
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
    assert activity.support_by_risk(data, year=2021).frame["current"].tolist() == [12, 0, 12]
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


def project_row() -> dict[str, Any]:
    return {
        "project_id": "X1",
        "title": "Evenings",
        "problem": "Noise",
        "lead_agency": "Police",
        "response_start": "2021-01-01",
        "stage": "response",
        "primary_measure": "Anti-social behaviour",
    }


def test_sentences_never_name_a_missing_cell(thanet: Dataset) -> None:
    frame = pd.DataFrame(
        {
            "period": ["January 2021", "February 2021", "March 2021", "Total"],
            "received": pd.array([9, None, 12, 24], dtype="Int64"),
        }
    )
    frame["accepted"] = [5, 6, 1, None]
    said = referrals.received_finding(thanet, frame, year=2021)
    assert said == "24 referrals received in 2021 so far"
    alt = findings.alt(frame, label="period", columns={"received": "referrals"})
    assert "February" not in alt
    assert "Some values are not shown." in alt
    hidden = frame.assign(received=pd.array([None] * 4, dtype="Int64"))
    said = referrals.received_finding(thanet, hidden, year=2021)
    assert said == "Referrals received in 2021 so far"


@pytest.mark.parametrize(
    ("received", "before", "way"), [(84, 120, "30% fewer"), (150, 120, "25% more")]
)
def test_a_year_is_said_to_have_brought_more_or_fewer(received: int, before: int, way: str) -> None:
    row = {"received": [received], "previous": [before], "change": [received / before - 1]}
    said = referrals.year_finding(pd.DataFrame(row), year=2021)
    assert said == f"{received} referrals in 2021, {way} than the 120 of 2020"


def test_months_after_a_log_has_stopped_are_in_no_table(tmp_path: Path) -> None:
    """By hand: 20 received a month to June 2023, each decided 40 days on; kept to the year's end.

    What came in on 1 May and before was decided by 10 June: 100. What was decided in July lies in
    a month that is not on record.
    """
    days = [date(2023, month, 1) for month in range(1, 7) for _ in range(20)]
    log = [
        {"referral_id": f"R{k}", "received": day, "agency": "Police", "decision": "accepted",
         "decided": day + timedelta(days=40), "stream": "core", "criteria": "Crime"}
        for k, day in enumerate(days)
    ]  # fmt: skip
    write(tmp_path / "referrals.csv", log)
    about(tmp_path, title="Stopped", as_at="2024-12-31")
    data = load(tmp_path)
    assert (
        referrals.monthly(data)
        .set_index("month")
        .loc["2023-07":]
        .drop(columns="as_at")
        .isna()
        .all(axis=None)
    )
    tables = [
        referrals.headline(data, year=2023),
        referrals.by_quarter(data, year=2023),
        caseload.outcomes_by(data, by="agency", year=2023),
    ]
    assert [t.frame["received"].iloc[-1] for t in tables] == [120] * 3
    assert [t.frame["accepted"].iloc[-1] for t in tables] == [100] * 3
    assert activity.themes(data, year=2023).frame["count"].iloc[-1] == 100
    assert caseload.days_to(data, end="decided", year=2023).frame["people"].iloc[-1] == 100
    assert not reconcile.reconcile(data), (
        "2024 is a year not on record, not one of published months"
    )


def test_no_agency_is_put_first_without_a_total() -> None:
    frame = pd.DataFrame({"agency": ["NHS", "Police", "Total"], "count": [3, 5, 8]})
    said = priorities.agencies_finding(frame, year=2021)
    assert said == ("Agency priorities were fulfilled 8 times; those of Police most often (5)")
    alone = frame.head(1)
    empty = "Agency priorities fulfilled in 2021"
    assert priorities.agencies_finding(alone, year=2021) == empty
    assert priorities.agencies_finding(frame.tail(1), year=2021) == empty


def test_risks_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    about(tmp_path, title="By risk")
    row = {"block": "domestic_abuse_risk", "measure": "referrals", "counts_people": "yes"}
    row |= {"period_start": "2021-01-01", "period_end": "2021-12-31", "as_at": "2021-12-31"}
    risks = (("low_medium", 18), ("high", 33))
    write(tmp_path / "activity.csv", [row | {"category": r, "count": n} for r, n in risks])
    frame = activity.support_by_risk(load(tmp_path), year=2021).frame
    assert frame["risk"].tolist() == ["Low or medium risk", "High risk", "Total"]
    assert frame["current"].tolist() == [18, 33, 51]


def test_a_year_is_not_compared_with_months_that_are_not_on_record(tmp_path: Path) -> None:
    """By hand: a log from October 2023, 4 a month, to the end of October 2026.

    2023 holds 12 of three months, 2024 and 2025 hold 48, 2026 so far 40.
    """
    months = [f"{m}" for m in pd.period_range("2023-10", "2026-10", freq="M")]
    lines = ["referral_id,received,agency,decision"]
    lines += [f"{m}-{n},{m}-0{n},Kent Police,accepted" for m in months for n in range(1, 5)]
    (tmp_path / "referrals.csv").write_text("\n".join(lines), encoding="utf-8")
    about = "key,value\ntitle,T\npublisher,P\nas_at,2026-10-31\n"
    (tmp_path / "about.csv").write_text(about, encoding="utf-8")
    data = load(tmp_path)
    shown = {y: referrals.headline(data, year=y).frame.iloc[0] for y in range(2023, 2027)}
    assert [int(shown[y]["received"]) for y in shown] == [12, 48, 48, 40]
    assert [shown[y]["previous"] for y in (2025, 2026)] == [48, 48]
    # Three months are no year to compare with.
    change = {y: [c.name for c in referrals.headline(data, year=y).columns] for y in shown}
    assert [y for y in shown if "change" in change[y]] == [2025, 2026]
    said = [
        referrals.year_finding(
            Disclosure("internal")(referrals.headline(data, year=y)).frame,
            year=y,
            caution=referrals.part_year(data, year=y),
        )
        for y in shown
    ]
    assert said == [
        "12 referrals in 2023, of which not every month is on record",
        "48 referrals in 2024",
        "48 referrals in 2025, as many as in 2024",
        "40 referrals in 2026 so far, 17% fewer than the 48 of 2025 (a part year against a whole "
        "one)",
    ]
    assert [referrals.covered(data, year=y) for y in shown] == [
        *(f"January to December {y}" for y in (2023, 2024, 2025)),
        "1 January to 31 October 2026",
    ]
    table = referrals.year_on_year(data, year=2026)
    assert table.frame["previous"].isna().tolist() == [True, True, False, False]
    (note,) = [c.note for c in table.columns if c.name == "change"]
    assert note.endswith("August and September 2023.")
    # A half-year names its own months: July to September of 2023, none of 2024 or 2025.
    assert "July, August and September 2023" in referrals.part_year(data, year=2024, half=2)
    assert "January" not in referrals.part_year(data, year=2024, half=2)
    assert referrals.part_year(data, year=2025, half=1) == ""


def test_a_half_year_cut_short_says_so_beside_its_change(tmp_path: Path) -> None:
    """To 31 May: five months of the half, beside the six of the one before."""
    about(tmp_path, title="Cut", as_at="2021-12-31")
    rows = [
        {"referral_id": f"R{n}", "received": day, "agency": "NHS", "decision": "rejected"}
        for n, day in enumerate(date(y, m, 5) for y in (2020, 2021) for m in range(1, 7))
    ]
    write(tmp_path / "referrals.csv", rows)
    whole = load(tmp_path)
    cut = load(tmp_path, as_of=date(2021, 5, 31))
    said = "January to June 2021 runs to 31 May 2021 only; January to June 2020 is the whole half-"
    for data, received, note in ((whole, 6, ""), (cut, 5, said)):
        head = referrals.headline(data, year=2021, half=1)
        assert head.frame[["received", "previous"]].iloc[0].tolist() == [received, 6]
        (change,) = (c for c in head.columns if c.name == "change")
        assert change.note[: len(said)] == note
    months = referrals.by_month(cut, year=2021, half=1)
    assert "The table runs to 31 May 2021 only." in months.notes
    assert not [n for n in months.notes if "The last month runs" in n], "May is whole"
    quarters = referrals.by_quarter(cut, year=2021, half=1)
    assert "The last quarter runs to 31 May 2021 only." in quarters.notes
    inside = referrals.by_month(load(tmp_path, as_of=date(2021, 5, 30)), year=2021, half=1)
    assert "The last month runs to 30 May 2021 only." in inside.notes


def test_a_year_mistyped_in_the_past_is_told(tmp_path: Path) -> None:
    """By hand: 4 a month from October 2023 to October 2026, and one of them said to be of 2015."""
    months = [f"{m}" for m in pd.period_range("2023-10", "2026-10", freq="M")]
    lines = ["referral_id,received,agency,decision"]
    lines += [f"{m}-{n},{m}-0{n},Kent Police,accepted" for m in months for n in range(1, 5)]
    about = "key,value\ntitle,T\npublisher,P\nas_at,2026-10-31\n"
    (tmp_path / "about.csv").write_text(about, encoding="utf-8")
    log = tmp_path / "referrals.csv"
    log.write_text("\n".join(lines), encoding="utf-8")
    assert not [f for f in load(tmp_path).findings if "no referral in" in f.text]
    log.write_text("\n".join(lines).replace(",2025-03-01,", ",2015-03-01,"), encoding="utf-8")
    (told,) = [f for f in load(tmp_path).findings if "no referral in" in f.text]
    assert told.kind == "warning"
    assert "no referral in April 2015 to September 2023, after 1 before it" in told.text
    # What is declared is not asked about.
    declared = "source,first,last,complete\nreferrals,2015-04,2023-09,no\n"
    (tmp_path / "coverage.csv").write_text(declared, encoding="utf-8")
    assert not [f for f in load(tmp_path).findings if "no referral in" in f.text]
