"""The log of the example, and the monthly totals it would have published: one review, two routes.

The log is added up here by plain counting, without the package, written as published totals and
read again. Every table, sentence and picture of the annual review that published totals can give
must then be the same.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mtf_eval import charts, load
from mtf_eval.analysis.counts import activity, caseload, referrals
from mtf_eval.analysis.results import findings
from mtf_eval.analysis.results.tables import Table
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.records.dataset import Dataset

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
YEARS = (2023, 2024)
AS_AT = "2024-12-31"
TABLES: dict[str, Callable[..., Table]] = {
    "month": referrals.by_month,
    "quarter": referrals.by_quarter,
    "years": referrals.year_on_year,
    "expected": caseload.expected_range,
    "themes": activity.themes,
    "streams": activity.streams,
    "support": activity.support_by_agency,
    "risk": activity.support_by_risk,
    "visits": activity.support_visits,
}


def months(core: list[dict[str, str]]) -> list[dict[str, object]]:
    """Add up the log by month: received by its day, outcomes by the day of the decision."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in core:
        came, went = row["received"][:7], (row["decided"] or row["received"])[:7]
        counts[came, "received"] += 1
        if row["decision"] == "pending":
            counts[came, "pending"] += 1
            continue
        outcome = {"sara": "saras"}.get(row["decision"], row["decision"])
        counts[went, outcome] += 1
        counts[went, "completed"] += row["status"] == "completed"
    names = ("received", "accepted", "rejected", "saras", "pending", "completed")
    return [
        {"month": month, **{name: counts[month, name] for name in names}, "as_at": AS_AT}
        for month in (f"{year}-{n:02d}" for year in YEARS for n in range(1, 13))
    ]


def figures(log: list[dict[str, str]]) -> list[dict[str, object]]:
    """Add up what else a log tells, as the rows of `activity` a publisher would give."""
    found: list[dict[str, object]] = []
    for year in map(str, YEARS):
        themes: Counter[str] = Counter()
        # A log lists every agency on record in every year; so does who publishes from it.
        agency = Counter({row["agency"]: 0 for row in log if row["stream"] == "home_security"})
        risk: Counter[str] = Counter()
        homes = 0
        for row in log:
            home = row["stream"] == "home_security"
            if home and row["received"][:4] == year:
                agency[row["agency"]] += 1
                risk["high" if row["risk"] == "high" else "low_medium"] += 1
            if row["decision"] == "accepted" and (row["decided"] or row["received"])[:4] == year:
                homes += home
                if not home:
                    themes.update(t.strip() for t in row["criteria"].split(";"))
        span = {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31", "as_at": AS_AT}
        rows = [("interventions", "core", "", t, n) for t, n in sorted(themes.items())]
        rows.append(("interventions", "home_security", "", "Home security referrals", homes))
        rows += [
            ("domestic_abuse_support", "referrals", a, "", n) for a, n in sorted(agency.items())
        ]
        rows += [
            ("domestic_abuse_risk", "referrals", "", r, risk[r]) for r in ("high", "low_medium")
        ]
        names = ("block", "measure", "agency", "category", "count")
        found += [dict(zip(names, r, strict=True)) | span | {"counts_people": "yes"} for r in rows]
    return found


def write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Dataset]:
    """The log, and its totals as they would have been published; of referrals only."""
    logged, published = (tmp_path_factory.mktemp(name) for name in ("logged", "published"))
    with (EXAMPLE / "referrals.csv").open(encoding="utf-8") as file:
        log = list(csv.DictReader(file))
    with (EXAMPLE / "activity.csv").open(encoding="utf-8") as file:
        visits = [dict(r) for r in csv.DictReader(file) if r["block"] == "domestic_abuse_visits"]
    for folder in (logged, published):
        for name in ("about", "aliases"):
            (folder / f"{name}.csv").write_bytes((EXAMPLE / f"{name}.csv").read_bytes())
    write(logged / "referrals.csv", [dict(row) for row in log])
    write(logged / "activity.csv", [dict(row) for row in visits])
    write(published / "monthly_referrals.csv", months([r for r in log if r["stream"] == "core"]))
    write(published / "activity.csv", [*figures(log), *(dict(row) for row in visits)])
    return load(logged), load(published)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("name", TABLES)
def test_both_routes_give_the_same_table(
    routes: tuple[Dataset, Dataset], name: str, year: int
) -> None:
    one, other = (TABLES[name](data, year=year) for data in routes)
    assert len(one.frame)
    # A publisher leaves out a row of none; a log of both years knows that there were none.
    given = (
        other.frame.fillna({"previous": 0}) if name == "support" and year == 2024 else other.frame
    )
    pd.testing.assert_frame_equal(one.frame, given)
    assert one.columns == other.columns
    assert (one.title, one.total_row) == (other.title, other.total_row)
    # Visits are published in both, with a day of their own.
    assert one.as_at == other.as_at or name == "visits"


@pytest.mark.parametrize("half", [None, 1, 2])
@pytest.mark.parametrize("year", YEARS)
def test_both_routes_give_the_same_headline(
    routes: tuple[Dataset, Dataset], year: int, half: int | None
) -> None:
    """The log tells one thing more: how many were decided, beside those received."""
    one, other = (referrals.headline(data, year=year, half=half) for data in routes)
    pd.testing.assert_frame_equal(one.frame.drop(columns="decided"), other.frame)
    row = one.frame.iloc[0]
    assert row["decided"] == row[["accepted", "rejected", "saras"]].sum()
    for data in routes:
        said = referrals.year_finding(Disclosure("internal")(one).frame, year=year)
        caution = referrals.part_year(data, year=year)
        assert referrals.year_finding(Disclosure("internal")(other).frame, year=year) == said
        assert caution == ""


@pytest.mark.parametrize("year", YEARS)
def test_both_routes_give_the_same_picture_and_words(
    routes: tuple[Dataset, Dataset], year: int
) -> None:
    drawn = []
    for data in routes:
        disclosure = Disclosure("internal")
        shown, expected = (
            disclosure(make(data, year=year))
            for make in (referrals.by_month, caseload.expected_range)
        )
        alt = findings.alt(shown.frame, label="period", columns={"received": "received"})
        title = referrals.received_finding(data, shown.frame, year=year)
        chart = charts.bars(
            shown, x="period", y=["accepted", "rejected", "saras"], stacked=True, title=title,
            subtitle=shown.table.title, alt=alt,
        )  # fmt: skip
        drawn.append((title, alt, chart.wide, chart.narrow, caseload.range_finding(expected.frame)))
    assert drawn[0] == drawn[1]
