"""Inputs as analysts really keep them: what is read is counted by hand, what is not is named."""

from __future__ import annotations

import time
import tracemalloc
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from books import book, write_xlsx
from openpyxl.styles import Font

from mtf_eval import load
from mtf_eval.analysis.results.findings import alt, extremes, inside
from mtf_eval.errors import DataProblems
from mtf_eval.records.dataset import Dataset

PROJECT = (
    "project_id,title,problem,lead_agency,response_start,stage,primary_measure\n"
    "P1,A,b,Kent Police,2023-04-01,response,burglary\n"
)
HEAD = "month,area_code,measure,count\n"
YEAR = pd.date_range("2023-04-01", periods=12, freq="MS").strftime("%B").tolist()


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


def read(folder: Path, **files: str) -> Dataset:
    """Read a folder of these CSV files and one project."""
    folder.mkdir()
    (folder / "about.csv").write_text("key,value\ntitle,T\npublisher,P\nas_at,2024-12-31\n")
    for name, text in {"projects": PROJECT, **files}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return load(folder)


def told(data: Dataset, kind: str = "") -> list[str]:
    return [f.text for f in data.findings if not kind or f.kind == kind]


def test_areas_called_like_totals_are_areas_and_totals_are_not(tmp_path: Path) -> None:
    names = {"Total Way": 3, "Count Street": 5, "Mean Road": 4, "All Saints": 7}
    months = [f"2023-{m:02}" for m in range(1, 9)]
    rows = [f"{m},{a},burglary,{n}" for m in months for a, n in names.items()]
    data = read(tmp_path / "a", incidents=HEAD + "\n".join(rows))
    sums = data.table("incidents").groupby("area_code")["count"].sum()
    assert sums.to_dict() == {name: 8 * n for name, n in names.items()}
    assert not told(data, "warning")
    for number, name in enumerate(("All areas", "All wards", "Total", "Grand total", "Total Kent")):
        whole = [f"{m},{name},burglary,19" for m in months]
        data = read(tmp_path / f"b{number}", incidents=HEAD + "\n".join([*rows, *whole]))
        assert data.table("incidents")["count"].sum() == 8 * 19
        assert not told(data, "warning")
    whole[2] = "2023-03,All areas,burglary,20"
    data = read(tmp_path / "c", incidents=HEAD + "\n".join([*rows, *whole]))
    assert data.table("incidents")["count"].sum() in (8 * 19, 8 * 19 * 2)
    other = [f"{m},All areas,drugs,7" for m in months[:2]]
    data = read(tmp_path / "other", incidents=HEAD + "\n".join([*rows, *other]))
    assert {*told(data, "warning")} == {"total row left out; count is of a measure that no row has"}
    months = [f"2023-{m:02}" for m in range(1, 13)]
    two = [
        f"{m},{a},burglary,{n}" for m in months for a, n in (("N", 3), ("S", 4), ("District", 7))
    ]
    data = read(tmp_path / "d", incidents=HEAD + "\n".join(two))
    assert data.table("incidents")["count"].sum() == 12 * 7
    big = [f"{m},{a},burglary,{n}" for m in months for a, n in (("N", 3), ("S", 4), ("Pier", 9))]
    data = read(tmp_path / "e", incidents=HEAD + "\n".join(big))
    assert data.table("incidents")["count"].sum() == 12 * 16
    alone = [f"{m},All areas,burglary,19" for m in months]
    data = read(tmp_path / "f", incidents=HEAD + "\n".join(alone))
    assert data.table("incidents")["count"].sum() == 12 * 19


def test_many_totals_are_held_in_little_time(tmp_path: Path) -> None:
    rows = []
    for part in range(300):
        rows += [f"{2000 + part // 12}-{part % 12 + 1:02},A{a},burglary,3" for a in range(10)]
        rows.append(f"Subtotal {part},,,{30 if part != 200 else 31}")
    begun = time.process_time()
    data = read(tmp_path / "a", incidents=HEAD + "\n".join(rows))
    assert time.process_time() - begun < 20
    assert data.table("incidents")["count"].sum() == 300 * 30
    assert "299 total rows left out, first here; they agree with the rows" in told(data)
    assert "total row left out; count says 31, the rows add up to 30" in told(data)


def test_the_year_of_months_is_that_of_the_file_they_stand_in(tmp_path: Path) -> None:
    down = "area_code,measure,month,count\n"
    down += "".join(f"A{a},burglary,{m},{n}\n" for a in (1, 2) for n, m in enumerate(YEAR, 1))
    wide = f"area_code,measure,{','.join(YEAR)}\n"
    wide += "".join(f"A{a},burglary,{','.join(map(str, range(1, 13)))}\n" for a in (1, 2))
    for number, text in enumerate((down, wide)):
        counts = read(tmp_path / f"a{number}", **{"incidents_2023-24": text}).table("incidents")
        by_month = counts.groupby(counts["month"].dt.strftime("%Y-%m"))["count"].sum()
        assert (by_month["2023-04"], by_month["2023-12"], by_month["2024-03"]) == (2, 18, 24)
        with pytest.raises(DataProblems, match=r"January after December in one year|with its year"):
            read(tmp_path / f"b{number}", incidents_2023=text)


def test_what_else_stands_on_a_sheet_is_named(tmp_path: Path) -> None:
    tables = book()
    head, *rows = tables["referrals"]

    def refused(name: str, found: str) -> None:
        with pytest.raises(DataProblems, match=found) as caught:
            load(write_xlsx(tmp_path / f"{name}.xlsx", tables))
        assert len(caught.value.problems) == 1

    side = [["", "Agency", "Budget"], ["", "NHS", 3], ["", "Kent Police", 4], ["", "", ""]]
    tables["referrals"] = [
        [*head, *side[0]],
        *([*r, *s] for r, s in zip(rows, side[1:] * 2, strict=False)),
    ]
    refused("a", "column Agency: found a second table beside the first")
    tables["referrals"] = [head, *rows, [], ["Costs"], ["Project", "Agency", "Item", "Amount"],
                           ["P1", "NHS", "Lamp", 300]]  # fmt: skip
    refused("b", "row 8: found a second table, which begins here")
    tables["referrals"] = [head, *rows[:2], [], head, *rows[2:]]  # the same table goes on
    struck = write_xlsx(
        tmp_path / "c.xlsx", tables,
        lambda wb: [setattr(c, "font", Font(strike=True)) for c in wb["referrals"][2]],
    )  # fmt: skip
    data = load(struck)
    assert len(data.table("referrals")) == 4
    assert any(t.startswith("1 row(s) struck through, read like the others") for t in told(data))


def test_quarters_given_as_months_are_one_warning(tmp_path: Path) -> None:
    rows = [
        f"{y}-{m:02},A{a},burglary,30" for y in (2022, 2023) for m in (1, 4, 7, 10) for a in (1, 2)
    ]
    areas = "project_id,area_code,role\nP1,A1,target\nP1,A2,comparison\n"
    data = read(tmp_path / "a", incidents=HEAD + "\n".join(rows), project_areas=areas)
    (text,) = told(data, "warning")
    assert "7 runs of months are not on record (February and March 2022, " in text
    assert "where counts are of quarters, give them by month" in text
    none = areas.replace("target", "buffer")
    said = told(
        read(tmp_path / "c", incidents=HEAD + "\n".join(rows), project_areas=none), "warning"
    )
    assert "no target area in project_areas: nothing can be evaluated" in said
    with pytest.raises(DataProblems, match=r"'Q1 2022'.*ask for the counts by month"):
        read(tmp_path / "b", incidents=f"{HEAD}Q1 2022,A1,burglary,30\n")


@pytest.mark.parametrize(
    ("table", "head", "row", "found"),
    [
        ("costs", ["Net", "VAT", "Gross"], [100, 20, 120], "not read: 'Net', 'VAT', 'Gross'"),
        ("costs", ["Amount (£000)"], [1.2], "found thousands, millions or pence"),
        ("costs", ["Amount (pence)"], [120], "found thousands, millions or pence"),
        ("costs", ["Amount"], ["<5"], "hidden or a range"),
        ("costs", ["Amount", "Rate (€)"], [12, 3], "found another currency"),
        ("incidents", ["Apr", "May"], [3, 4], "found 'Apr' .*expected a month with its year"),
    ],
)
def test_numbers_that_are_not_certain_are_refused_in_few_words(
    table: str, head: list[str], row: list[object], found: str, tmp_path: Path
) -> None:
    tables = book()
    if table == "costs":
        first = ["project_id", "agency", "item", "date", "kind"]
        tables[table] = [[*first, *head], ["P1", "NHS", "Nurse", "2021-05-01", "cash", *row]]
    else:
        tables[table] = [["LSOA", "Crime type", *head], ["E01000001", "disorder", *row]]
    with pytest.raises(DataProblems, match=found) as caught:
        load(write_xlsx(tmp_path / "a.xlsx", tables))
    assert len(caught.value.problems) <= 2


@pytest.mark.parametrize(
    "mark",
    ['"', "''", "\u201d", "\u3003", "do.", "-do-", "Ditto", "(as above)", "see above", "Same", "^"],
)
def test_a_mark_for_the_cell_above_is_no_value(mark: str, tmp_path: Path) -> None:
    """Four marks in two columns; of an item, which nothing counts, one may stay."""
    tables = book()
    agency, criteria = (tables["referrals"][0].index(n) for n in ("agency", "criteria"))
    for row in tables["referrals"][2:4]:
        row[agency] = row[criteria] = mark
    tables["costs"][-1][2] = mark
    with pytest.raises(DataProblems, match="not a mark for the one above") as caught:
        load(write_xlsx(tmp_path / "a.xlsx", tables))
    assert sorted((p.row, p.column) for p in caught.value.problems) == [
        (3, "agency"), (3, "criteria"), (4, "agency"), (4, "criteria"),
    ]  # fmt: skip


def test_monthly_referrals_of_the_year_to_date_are_refused(tmp_path: Path) -> None:
    """One year, and two, of about 20 received, 9 accepted and 8 rejected a month by chance."""
    months = pd.date_range("2022-01-01", periods=24, freq="MS")
    each = np.random.default_rng(7).poisson((20, 9, 8), (24, 3)) + 1
    table = pd.DataFrame(each, index=months, columns=["received", "accepted", "rejected"])
    added = table.groupby(months.year).cumsum()
    head = "month,received,accepted,rejected,saras,completed,as_at\n"
    for name, given, ok in (("a", table, True), ("b", added, False), ("c", added[:12], False)):
        rows = [f"{m:%Y-%m},{r},{a},{n},0,0,2024-12-31" for m, (r, a, n) in given.iterrows()]
        if ok:
            data = read(tmp_path / name, monthly_referrals=head + "\n".join(rows))
            assert data.table("monthly_referrals")["received"].sum() == table["received"].sum()
            continue
        with pytest.raises(DataProblems, match=r"counts of referrals that only grow, "):
            read(tmp_path / name, monthly_referrals=head + "\n".join(rows))


def test_activity_whose_periods_share_days_is_refused(tmp_path: Path) -> None:
    """Quarters and the year of one figure, 40 + 50 + 30 + 50 = 170: added up they were 340."""
    head = "block,measure,category,period_start,period_end,count,counts_people,as_at\n"
    ends = (("01-01", "03-31", 40), ("04-01", "06-30", 50), ("07-01", "09-30", 30),
            ("10-01", "12-31", 50))  # fmt: skip
    rows = [f"safe_and_well,visits,,2024-{a},2024-{b},{n},yes,2024-12-31" for a, b, n in ends]
    other = "safe_and_well,calls,,2024-01-01,2024-12-31,170,yes,2024-12-31"
    data = read(tmp_path / "a", activity=head + "\n".join([*rows, other]))
    assert data.table("activity")["count"].sum() == 2 * 170
    year = other.replace("calls", "visits")
    todate = [f"safe_and_well,visits,,2024-01-01,2024-{b},{n},yes,2024-12-31" for _, b, n in ends]
    for name, more in (("b", [year]), ("c", todate[1:])):
        with pytest.raises(DataProblems, match="shares days with another of its figure"):
            read(tmp_path / name, activity=head + "\n".join([*rows[:1], *more]))


@pytest.mark.parametrize("turn", [1, 4, None])
def test_counts_of_the_year_to_date_are_refused(turn: int | None, tmp_path: Path) -> None:
    """Two years of chance in six areas, added up from January, from April, or left by month."""
    draws = np.random.default_rng(5).poisson(6, (6, 24))
    months = pd.date_range("2022-01-01", periods=24, freq="MS")
    table = pd.DataFrame(draws.T, index=months, columns=[f"A{n}" for n in range(6)])
    if turn:
        table = table.groupby(months.year - (months.month < turn)).cumsum()
    rows = [f"{m:%Y-%m},{a},burglary,{n}" for (m, a), n in table.stack().items()]
    if turn is None:
        data = read(tmp_path / "a", incidents=HEAD + "\n".join(rows))
        assert data.table("incidents")["count"].sum() == draws.sum()
        hole = [row if row[:7] != "2023-05" else f"{row[:-1]}0" for row in rows]
        read(tmp_path / "b", incidents=HEAD + "\n".join(hole))
        return
    with pytest.raises(DataProblems, match=r"counts of burglary that only grow, .*sums to date"):
        read(tmp_path / "a", incidents=HEAD + "\n".join(rows))


def test_counts_since_the_start_and_by_day_are_sums_to_date_too(tmp_path: Path) -> None:
    """Three years of chance in six areas: added up without end; by year, by day, one month lost.

    Of one area two years are enough, of six areas one.
    """
    draws = np.random.default_rng(6).poisson(6, (36, 6))
    months = pd.date_range("2021-01-01", periods=36, freq="MS")
    table = pd.DataFrame(draws, index=months, columns=[f"A{n}" for n in range(6)])
    years = table.groupby(months.year).cumsum()
    lost = years.drop(months[11])
    given = {
        "a": (table.cumsum(), "%Y-%m"), "b": (years, "%Y-%m-%d"), "c": (lost, "%Y-%m"),
        "one": (years[["A0"]][:24], "%Y-%m"), "six": (years[:12], "%Y-%m"),
    }  # fmt: skip
    for name, (counts, form) in given.items():
        rows = [f"{m:{form}},{a},burglary,{n}" for (m, a), n in counts.stack().items()]
        head = HEAD.replace("month", "date") if name == "b" else HEAD
        with pytest.raises(DataProblems, match=r"counts of burglary that only grow, "):
            read(tmp_path / name, incidents=head + "\n".join(rows))
    rows = [f"{m:%Y-%m},{a},burglary,{n}" for (m, a), n in table.cumsum().stack().items()]
    for name, row, ok in (
        ("d", "incidents,burglary,,2021-01,2023-12,yes", True),
        ("e", "incidents,,,2021-01,2023-12,yes", True),
        ("f", "Council,burglary,A3,2021-01,2023-12,yes", False),
        ("g", "Council,burglary,,2021-05,2021-05,yes", False),
    ):
        given = {"incidents": HEAD + "\n".join(rows)}
        given["coverage"] = f"source,measure,area_code,first,last,complete\n{row}\n"
        if ok:
            read(tmp_path / name, **given)
            continue
        with pytest.raises(DataProblems, match=r"\(source incidents, measure burglary\)"):
            read(tmp_path / name, **given)


def test_a_service_that_grows_is_read_once_it_is_declared(tmp_path: Path) -> None:
    received = (3, 5, 8, 11, 14, 18, 22, 26, 30)
    head = "month,received,accepted,rejected,saras,completed,as_at\n"
    rows = [f"2023-{m:02},{n},{n - 2},2,0,{n // 2},2024-12-31" for m, n in enumerate(received, 1)]
    with pytest.raises(
        DataProblems, match=r"declare them all complete in coverage \(source monthly_referrals\)"
    ):
        read(tmp_path / "a", monthly_referrals=head + "\n".join(rows))
    text = "source,first,last,complete\nmonthly_referrals,2023-01,2023-09,yes\n"
    data = read(tmp_path / "b", monthly_referrals=head + "\n".join(rows), coverage=text)
    assert data.table("monthly_referrals")["received"].sum() == sum(received)


@pytest.mark.parametrize(
    "head", ["amount_pence", "Amount (p)", "cost_000s", "Total outlay (pence)"]
)
def test_no_alias_is_offered_for_amounts_that_are_not_in_pounds(head: str, tmp_path: Path) -> None:
    costs = f"project_id,agency,item,date,kind,{head}\nP1,NHS,Nurse,2023-05-01,cash,2500000\n"
    with pytest.raises(DataProblems) as caught:
        read(tmp_path / "a", costs=costs)
    assert "in full" in str(caught.value)
    assert "aliases" not in str(caught.value)


def test_words_in_headings_that_are_not_read_refuse_nothing(tmp_path: Path) -> None:
    head = "project_id,agency,item,date,kind,amount_gbp,Annual budget (£000s),Euro 2024 fund\n"
    data = read(tmp_path / "a", costs=f"{head}P1,NHS,Nurse,2023-05-01,cash,100,12,x\n")
    assert data.table("costs")["amount_gbp"].tolist() == [100]
    questions = "question_id,text,scale,favourable\nQ1,Safe?,No;Yes,high\n"
    answers = "project_id,wave,date,Safe?,Q1\nP1,entry,2023-05-01,No,Yes\n"
    with pytest.raises(DataProblems, match="no such column; headings of this row not read"):
        read(tmp_path / "b", survey_questions=questions, survey_responses=answers)


def test_what_words_were_read_as_is_said_with_them(tmp_path: Path) -> None:
    tables = book()
    tables["referrals"][0][:3] = ["Ref no", "Date rec'd", "Referrer"]
    tables["referrals"][4][3] = "Duplicate"
    tables["project_measures"][1][2] = 5
    tables["referrals"].append(["Total", 4])
    tables["costs"][0][5] = "Actual cost"
    for row, planned in zip(tables["costs"], ["Planned cost", 900, 900], strict=True):
        row.append(planned)
    tables["incidents"] = [
        ["Month", "LSOA", "Crime type", "Count"],
        *[["2021-05", "E01000001", "disorder", n] for n in (4, 6)],
        ["2021-06", "E01000002", "disorder", 5],
    ]
    tables["survey_questions"] = [
        ["question_id", "text", "scale", "favourable"],
        ["Q1", "How safe?", "1;2;3;4;5", "high"], ["Q2", "Clean?", "No;Yes", "high"],
    ]  # fmt: skip
    tables["survey_responses"] = [
        ["project_id", "wave", "date", "respondent_id", "Q1. Safe", "Clean?"],
        ["P1", "Baseline", "2021-05-01", "a", 4, "No"], ["P1", "Post", "2021-09-01", "a", 5, "Yes"],
    ]  # fmt: skip
    data = load(write_xlsx(tmp_path / "a.xlsx", tables))
    said = told(data)
    assert "'Duplicate' read as withdrawn" in said
    assert len(data.table("referrals")) == 3
    left = "1 row(s) withdrawn or a duplicate, which is no decision, first here: left out"
    assert left in told(data, "warning")
    assert "+500% means more of it, not less; for a fall write -5%" in told(data, "warning")
    assert "headings read as referral_id (Ref no), received (Date rec'd), agency (Referrer)" in said
    assert "heading read as amount_gbp (Actual cost)" in said
    assert "total row left out; it agrees with the rows" in said  # of four, one a duplicate
    assert data.table("costs")["amount_gbp"].sum() == 1234.5
    assert data.table("incidents")["count"].sum() == 15
    added = "1 row(s) of the same month, area and measure as one before, first here: added up"
    assert added in told(data, "warning")
    answers = data.table("survey_responses")[["wave", "question_id", "answer"]]
    assert answers.to_numpy().tolist() == [
        ["entry", "Q1", "4"], ["entry", "Q2", "No"], ["exit", "Q1", "5"], ["exit", "Q2", "Yes"],
    ]  # fmt: skip


@pytest.mark.parametrize("odd", ["9 est", "5-9", "c.5", "see note"])
def test_a_text_among_numbers_under_an_unknown_heading_is_no_incident(
    tmp_path: Path, odd: str
) -> None:
    head = "month,area_code,measure,How many noted\n"
    told = r"column How many noted: found numbers .*beside other text, first in row 3\), .*count"
    for values in (("4", odd, "n/a", "7"), ("x", odd, "n/a", "y")):
        rows = [f"2023-0{m},A1,burglary,{n}" for m, n in enumerate(values, 1)]
        if values[0] == "x":  # words, which a number may stand in
            assert (
                len(read(tmp_path / "b", incidents=head + "\n".join(rows)).table("incidents")) == 4
            )
            continue
        with pytest.raises(DataProblems, match=told) as caught:
            read(tmp_path / "a", incidents=head + "\n".join(rows))
        assert odd not in str(caught.value)


def test_quarters_or_years_across_are_asked_for_by_month(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [["area_code", "measure", "Q1 2021/22", "Q2 2021/22"],
                           ["E01000001", "disorder", 1, 2]]  # fmt: skip
    tables["costs"] = [["project_id", "agency", "item", "date", "kind", "2020/21", "2021/22"],
                       ["P1", "NHS", "Outreach", "2021-07-01", "cash", 100, 200]]  # fmt: skip
    with pytest.raises(DataProblems) as caught:
        load(write_xlsx(tmp_path / "a.xlsx", tables))
    said = {p.found: p.todo for p in caught.value.problems}
    assert said["'Q1 2021/22', 'Q2 2021/22' across"] == "ask for it by month, a row a month"
    assert said["'2020/21', '2021/22' across"] == "give each amount a row of its own, with its day"


def test_a_respondent_who_answers_twice_in_a_wave_is_asked_about(tmp_path: Path) -> None:
    tables = book()
    head = ["project_id", "wave", "date", "question_id", "answer", "respondent_id"]
    rows = [["P1", wave, "2021-07-01", "Q1", answer, who] for wave, answer, who in (
        ("entry", "No", "a"), ("entry", "Yes", "a"), ("exit", "Yes", "a"), ("entry", "No", None),
        ("entry", "No", None))]  # fmt: skip
    tables["survey_questions"] = [["question_id", "text", "scale", "favourable"],
                                  ["Q1", "Safe?", "No;Yes", "high"]]  # fmt: skip
    tables["survey_responses"] = [head, *rows]
    data = load(write_xlsx(tmp_path / "a.xlsx", tables))
    assert len(data.table("survey_responses")) == 5
    (asked,) = [f for f in data.findings if "answered the question in the same wave" in f.text]
    assert (asked.row, asked.text[:11]) == (3, "1 answer(s)")
    assert "in a change of the same people the first of each alone" in asked.text


def test_a_day_in_about_that_is_none_is_refused(tmp_path: Path) -> None:
    tables = book()
    for mark in ("TBC", "today"):
        tables["about"] = [["key", "value"], ["title", "T"], ["as_at", mark]]
        with pytest.raises(DataProblems, match="column value: found as_at that cannot be read"):
            load(write_xlsx(tmp_path / "a.xlsx", tables))


def test_a_day_in_about_is_told_with_everything_else_and_an_example_is_no_record(
    tmp_path: Path,
) -> None:
    tables = book()
    tables["about"] = [["key", "value"], ["title", "T"], ["as_at", "TBC"]]
    tables["costs"][1][3] = "soon"
    for table, row in (("referrals", 1), ("costs", 1)):
        tables[table].insert(1, [*tables[table][row]])
    tables["referrals"][1][0], tables["costs"][1][2] = "EXAMPLE", "e.g."
    with pytest.raises(DataProblems) as caught:
        load(write_xlsx(tmp_path / "a.xlsx", tables))
    told = {(p.sheet, p.row, p.column) for p in caught.value.problems}
    assert told == {("about", 3, "value"), ("referrals", 2, ""), ("costs", 2, ""),
                    ("costs", 3, "date")}  # fmt: skip


@pytest.mark.parametrize(
    ("at", "alone"), [(2, 12), (3, 19), (None, 25)], ids=["one above", "amid rows", "another sum"]
)
def test_a_number_alone_is_a_record_to_fill_in(tmp_path: Path, at: int | None, alone: int) -> None:
    """Not a total: of 12, 7 and 5, each a row, it is 12, 19 and 25."""
    tables = book()
    tables["incidents"].insert(len(tables["incidents"]) if at is None else at, [None] * 3 + [alone])
    with pytest.raises(DataProblems, match=r"column month: found nothing; .* take the row out"):
        load(write_xlsx(tmp_path / "a.xlsx", tables))


def test_totals_without_a_word_and_of_rows_are_held_to_the_rows(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"][3:3] = [["2021 total", "E01000001", "disorder", 18]]  # 12 and 7 are 19
    tables["incidents"].append(["2021-05-01", None, "Total disorder", 17])
    tables["incidents"].append([None, None, None, 24])
    tables["referrals"] += [[None, 4], ["Total accepted", 2], ["Total", 5]]
    tables["costs"][2][3:6] = ["'25/08/2021", "cash", "'1,234.50"]
    data = load(write_xlsx(tmp_path / "a.xlsx", tables))
    assert (data.table("incidents")["count"].sum(), len(data.table("referrals"))) == (24, 4)
    assert data.table("costs")["amount_gbp"].sum() == 1234.5
    assert [t for t in told(data, "warning") if t.startswith("total row left out")] == [
        "total row left out; number of rows says 5, the rows add up to 4",
        "total row left out; count says 18, the rows add up to 19",
    ]
    assert any(t.startswith("only one cell of the row is filled") for t in told(data, "warning"))
    tables["referrals"][5:] = [["R-009", "2021-3-1", "N/A", "rejected"]]
    with pytest.raises(DataProblems, match=r"a mark for nothing; expected an agency\. fill it in,"):
        load(write_xlsx(tmp_path / "b.xlsx", tables))
    tables["referrals"][5][2:] = ["NHS", "Yes"]
    with pytest.raises(DataProblems, match=r"one of them in the table aliases \(scope decision\)"):
        load(write_xlsx(tmp_path / "c.xlsx", tables))


def test_downloads_of_the_police_in_the_wrong_place_are_told_in_one_line(tmp_path: Path) -> None:
    months = [f"2023-{m:02}-kent-street" for m in range(1, 6)]
    rows = "month,area_code,measure,count\n2023-01,A1,burglaries,4\n"
    data = read(tmp_path / "a", **dict.fromkeys(months, "Crime ID,Month\n"), crimes=rows)
    said = told(data, "warning")
    assert "5 file(s) of data.police.uk: put them into a folder police_uk; not read" in said
    assert any("though it has the headings of incidents: give it that name" in t for t in said)
    for month in months:
        (tmp_path / "d" / month[:7]).mkdir(parents=True)
        (tmp_path / "d" / month[:7] / f"{month}{' (1)' * (month[6] == '2')}.csv").write_text(
            "Month\n"
        )
    (tmp_path / "d" / "projects.csv").write_text(PROJECT)
    found = load(tmp_path / "d").findings
    assert [f.file for f in found if "5 file(s) of data.police.uk" in f.text] == [
        "2023-01/2023-01-kent-street.csv"
    ]
    long = rows + "2023-01,A1,burglaries,4\n" * 150_000
    tracemalloc.start()
    data = read(tmp_path / "long", crimes=long)
    assert tracemalloc.get_traced_memory()[1] < 4 * len(long)  # its head alone is looked at
    tracemalloc.stop()
    assert any("though it has the headings of incidents" in t for t in told(data, "warning"))
    (tmp_path / "b" / "police_uk" / "x").mkdir(parents=True)
    for month in months:
        (tmp_path / "b" / "police_uk" / "x" / f"{month}.csv").write_text("Crime ID,Month\n")
    with pytest.raises(DataProblems, match=r"\(and so 5 times, first here\)") as caught:
        load(tmp_path / "b")
    assert len(str(caught.value).splitlines()) == 2
    data = read(tmp_path / "c", incidents=rows)
    assert "no incident has this measure" in told(data, "warning")  # the project names burglary


def test_an_empty_row_and_months_of_the_year_in_about(tmp_path: Path) -> None:
    tables = book()
    tables["projects"].append(["P2", None, None, None, None, None, None])
    tables["about"] = [["key", "value"], ["title", "T"], ["year", 2020]]
    rows = [["Received", 17, 16], ["Accepted", 10, 15], ["Rejected", 7, 1], ["SARA", 0, 0]]
    rows += [["Completed", 1, 1], ["Last updated", "15/12/2021", "15/12/2021"]]
    tables["monthly_referrals"] = [["", "Jan", "Feb"], *rows]
    with pytest.raises(DataProblems, match="nothing in title, problem, lead_agency, ") as caught:
        load(write_xlsx(tmp_path / "a.xlsx", tables))
    assert [p.row for p in caught.value.problems] == [3]
    del tables["projects"][2]
    months = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("monthly_referrals")
    assert months["month"].dt.strftime("%Y-%m").tolist() == ["2020-01", "2020-02"]
    assert months["received"].tolist() == [17, 16]


def test_nothing_is_the_most_where_all_are_alike() -> None:
    frame = pd.DataFrame({"month": ["May", "June", "Total"], "n": [5, 5, 10]})
    assert extremes(frame, "month", "n") is None


def test_an_abbreviation_keeps_its_capitals_in_a_sentence() -> None:
    names = {"ASB": "ASB", "ASB in town": "ASB in town", "Vehicle crime": "vehicle crime", "": ""}
    assert {name: inside(name) for name in names} == names


def test_no_incident_is_lost_without_a_word(tmp_path: Path) -> None:
    rows = "2023-01,A1,burglary,4\n2023-01,Unknown,burglary,3\n2023-01,(blank),burglary,2\n"
    data = read(tmp_path / "a", incidents=HEAD + rows)
    counts = data.table("incidents").groupby("area_code")["count"].sum()
    assert counts.to_dict() == {"A1": 4, "": 5}
    said = "2 row(s) whose area is not known, first here: in no area's figures"
    assert said in told(data, "warning")
    with pytest.raises(DataProblems, match="row 3, column month: found nothing"):
        read(tmp_path / "b", incidents=f"{HEAD}2023-01,A1,burglary,4\n,A2,burglary,3\n")


def test_years_over_months_in_any_order(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [
        ["LSOA", "Crime type", "2021/22", "", "2022/23", ""], ["", "", "Mar", "Apr", "Mar", "Apr"],
        ["E01000001", "disorder", 3, 4, 5, 6],
    ]  # fmt: skip
    counts = load(write_xlsx(tmp_path / "a.xlsx", tables)).table("incidents")
    held = dict(zip(counts["month"].dt.strftime("%Y-%m"), counts["count"], strict=True))
    assert held == {"2021-04": 4, "2022-03": 3, "2022-04": 6, "2023-03": 5}
    tables["incidents"] = [["Month", "LSOA", "Crime type", "Count"], [2021.0]]
    tables["incidents"] += [["May", "E01000001", "disorder", 3], [2022],
                            ["May", "E01000001", "disorder", 5]]  # fmt: skip
    counts = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("incidents")
    held = dict(zip(counts["month"].dt.strftime("%Y-%m"), counts["count"], strict=True))
    assert held == {"2021-05": 3, "2022-05": 5}


def test_counts_that_are_the_same_in_two_years_are_of_both(tmp_path: Path) -> None:
    """Of months whose year stands in the sheet's name a row may be that of the year before."""
    tables = book()
    del tables["incidents"]
    for year in ("2022-23", "2023-24"):
        rows = [[month, "A1", "burglary", 4] for month in YEAR]
        tables[f"incidents {year}"] = [HEAD.strip().split(","), *rows]
    data = load(write_xlsx(tmp_path / "years.xlsx", tables))
    incidents = data.table("incidents")
    assert (len(incidents), incidents["count"].sum()) == (24, 24 * 4)
    assert f"{incidents['month'].max():%Y-%m}" == "2024-03"
    assert not [t for t in told(data, "repaired") if "read once" in t]


def test_the_turn_of_a_year_is_looked_for_in_one_series(tmp_path: Path) -> None:
    names = [f"{day:%B}" for day in pd.date_range("2023-01-01", periods=12, freq="MS")]
    late = [f"{month},A1,burglary,4" for month in names[2:]]
    whole = [f"{month},B1,burglary,5" for month in names]
    data = read(tmp_path / "a", **{"incidents 2023": HEAD + "\n".join(late + whole)})
    assert data.table("incidents")["count"].sum() == 10 * 4 + 12 * 5
    turned = [f"{month},{area},burglary,4" for month in YEAR for area in ("A1", "B1")]
    with pytest.raises(DataProblems, match="January after December in one year, 2023"):
        read(tmp_path / "b", **{"incidents 2023": HEAD + "\n".join(turned)})


def test_a_total_is_of_rows_and_a_whole_across_is_read(tmp_path: Path) -> None:
    head, months = "month,area_code,Burglary,Drugs\n", [f"2023-{m:02}" for m in range(1, 13)]
    rows = [f"{month},{area},10,5" for month in months for area in ("A1", "B1")]
    data = read(tmp_path / "a", incidents=head + "\n".join([*rows, "Total,,0,120"]))
    assert "total row left out; burglary says 0, the rows add up to 240" in told(data, "warning")
    parts = [*rows, "Total,,240,120", head.strip(), *(r.replace("2023", "2022") for r in rows)]
    data = read(tmp_path / "parts", incidents=head + "\n".join([*parts, "Total,,240,120"]))
    assert data.table("incidents")["count"].sum() == 2 * (240 + 120)
    assert not told(data, "warning")
    data = read(tmp_path / "b", incidents=f"area_code,measure,{','.join(months)}\n"
                f"Total,burglary,{','.join(map(str, range(1, 13)))}\n")  # fmt: skip
    assert data.table("incidents")["count"].sum() == 78
    for number, last in enumerate(("Total,All areas,burglary", "Total,,")):  # and the sum of it
        series = [*(f"{m},All areas,burglary,4" for m in months), f"{last},48"]
        data = read(tmp_path / f"s{number}", incidents=HEAD + "\n".join(series))
        assert data.table("incidents")["count"].sum() == 48
        assert "total row left out; it agrees with the rows" in told(data, "repaired")
    with pytest.raises(DataProblems, match="more than once, keep one: burglary"):
        read(tmp_path / "c", incidents="month,area_code,Burglary,burglary,Drugs\n"
             + "\n".join(f"{month},A1,10,9,5" for month in months))  # fmt: skip


def test_a_picture_in_words_by_hand() -> None:
    frame = pd.DataFrame({"who": ["A", "B", "Total"], "n": [3, 5, 8], "m": [4, 4, 8],
                          "gone": [2, None, None]})  # fmt: skip
    columns = {"n": "referrals", "m": "visits", "gone": "calls"}
    assert alt(frame, label="who", columns=columns) == (
        "Bar chart of referrals, visits and calls, 2 rows. Referrals: highest B (5), lowest A (3). "
        "Some values are not shown. The figures are in the data below."
    )


def test_days_of_one_month_in_the_american_order_are_asked_about(tmp_path: Path) -> None:
    """A log in order of its days, March written month first; one late row is left alone."""
    tables = book()
    head = ["referral_id", "received", "agency", "decision"]
    days = [date(2021, month, day) for month in range(1, 7) for day in (3, 9, 11)]
    written = [f"{d:%m/%d/%Y}" if d.month == 3 else f"{d:%d/%m/%Y}" for d in days]
    written.append("20/01/2021")
    rows = [[f"R-{n:03}", day, "NHS", "rejected"] for n, day in enumerate(written, 1)]
    tables["referrals"] = [head, *rows]
    data = load(write_xlsx(tmp_path / "a.xlsx", tables))
    asked = [f.row for f in data.findings if "day and month exchanged" in f.text]
    # 3 March is the same in both orders; 9 and 11 March were read as of September and November.
    assert asked == [9, 10]
    tables["referrals"] = [
        head,
        *([r[0], f"{d:%d/%m/%Y}", *r[2:]] for r, d in zip(rows, days, strict=False)),
    ]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert not any("exchanged" in text for text in told(data))


def test_recharges_balances_and_struck_amounts_are_asked_about(tmp_path: Path) -> None:
    tables = book()
    items = ["Overtime", "Recharge: police overtime", "Balance b/f", "Carried forward", "Lamps",
             "Recharged lamps"]  # fmt: skip
    tables["costs"] = [
        ["project_id", "agency", "item", "date", "kind", "amount_gbp"],
        *(["P1", "NHS", item, date(2021, 4, 6), "cash", 100 + n] for n, item in enumerate(items)),
    ]
    data = load(
        write_xlsx(
            tmp_path / "a.xlsx",
            tables,
            lambda wb: setattr(wb["costs"]["F6"], "font", Font(strike=True)),
        )
    )
    assert [f.row for f in data.findings if "a recharge or a balance" in f.text] == [3, 4, 5, 7]
    assert any(t.startswith("1 row(s) struck through") for t in told(data, "warning"))
    assert len(data.table("costs")) == len(items), "asked about, and nothing taken out"


def test_stages_that_the_days_contradict_are_asked_about(tmp_path: Path) -> None:
    head, row = PROJECT.splitlines()
    table = f"{head},response_end\n"
    for n, (stage, end) in enumerate(
        [("closed", ""), ("response", "2024-03-31"), ("response", ""), ("closed", "2024-03-31")]
    ):
        table += f"{row.replace('P1', f'Q{n}').replace('response', stage)},{end}\n"
    data = read(tmp_path / "a", projects=table)
    asked = [(f.row, f.column) for f in data.findings if f.kind == "warning"]
    assert (2, "response_end") in asked
    assert (3, "stage") in asked
    assert not {row for row, _ in asked} & {4, 5}


def test_a_wave_asked_on_a_shorter_scale_is_asked_about(tmp_path: Path) -> None:
    """Entry asked from 1 to 5, exit from 1 to 10: on one scale that would be a rise."""
    scale = ";".join(map(str, range(1, 11)))
    questions = f"question_id,text,scale,favourable\nS1,Safe?,{scale},high\n"
    head = "project_id,wave,date,question_id,answer\n"
    entry = [f"P1,entry,2024-01-{n:02},S1,{1 + n % 5}\n" for n in range(1, 21)]
    ended = [f"P1,exit,2024-06-{n:02},S1,{1 + n % 10}\n" for n in range(1, 21)]
    data = read(
        tmp_path / "a", survey_questions=questions, survey_responses="".join([head, *entry, *ended])
    )
    assert any("no answer of entry above 5 of 10" in t for t in told(data, "warning"))
    alike = [line.replace("entry", "exit") for line in entry]
    data = read(
        tmp_path / "b", survey_questions=questions, survey_responses="".join([head, *entry, *alike])
    )
    assert not any("no answer of" in text for text in told(data))
