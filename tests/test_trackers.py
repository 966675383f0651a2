"""Workbooks as partnerships keep them, read through the command: field cases and their kinds."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from books import book, write_folder, write_xlsx

from mtf_eval import load
from mtf_eval.errors import DataProblems
from mtf_eval.records.aliases import packaged
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.reading.cells import Context, Unreadable, read_cell
from mtf_eval.records.reading.days import read_day, read_month, span_of
from mtf_eval.records.reading.headings import says_total
from mtf_eval.records.tables import TABLES
from mtf_eval.run import cli
from mtf_eval.run.facts import facts_of

FIELD = Path(__file__).parent / "field"
TRACKERS = FIELD / "trackers"


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


def check(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(["check", str(path), *more])
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out + told.err


#: File, exit code, what is told (each a pattern of one line), what is not.
CASES = [
    ("trackers/01_ward_case.xlsx", 0, ["mended: .*ward spelt as in most rows"], []),
    ("trackers/02_criteria_spellings.xlsx", 0, ["mended: .*themes parted by ;"], ["a comma"]),
    ("trackers/03_cost_total.xlsx", 0, ["total row left out; it agrees"], ["add up to"]),
    ("trackers/04_footnote.xlsx", 0, ["row 63: only one cell .* a note below the table"], []),
    ("trackers/05_mistyped_year.xlsx", 0, ["row 5, column received: 1 .*after today"], []),
    ("trackers/06_target_sign.xlsx", 0, [r"\+20% means more.* write -20%"], []),
    ("trackers/07_two_heading_aliases.xlsx", 0, ["read as primary_measure", "read as measure"], []),
    ("trackers/08_unknown_heading.xlsx", 0, ["heading read as received"], []),
    ("trackers/09_dmy_datetime.xlsx", 0, ["time of day read apart .in 3400 rows"], ["2-digit"]),
    ("trackers/10_rejected_closed.xlsx", 0, ["closed left out of a rejected .*15 rows"], []),
    ("trackers/11_sheet_per_month.xlsx", 0, ["referrals +15 rows"], []),
    ("trackers/12_cascade.xlsx", 2, ["^mtf-eval: 1 problem", "project_id.*'Ref'.*alias Ref"], []),
    (
        "trackers/16_costs_vat.xlsx",
        2,
        ["VAT'.*4 times.*words beside .*net or gross", "'TBC', a mark for nothing"],
        ["every third digit"],
    ),
    (
        "trackers/17_partnership_tracker.xlsx",
        2,
        ["Referral Log 23-24, .*Budget.*mtf-eval adopt"],
        [],
    ),
    ("trackers/18_partnership_tracker_aliased.xlsx", 2, ["'wk 16'.*15 times.*not a week"], []),
    ("trackers/19_referrals.csv", 2, ["one CSV file; .*give the folder"], []),
    ("trackers/20_section_row.xlsx", 0, ["row 22: only one cell .*heading among the rows"], []),
    ("trackers/21_closed_ongoing.xlsx", 0, ["closed: a mark for not yet .*15 rows"], []),
    ("trackers/22_heading_in_brackets.xlsx", 0, ["heading read as received"], []),
    ("public/05/no_references.xlsx", 2, ["row 2, column response_end: found the error #REF!"], []),
    ("public/05/records.xlsx", 2, ["row 2, column response_end: found the error #REF!"], []),
    ("public/05/with_references.xlsx", 2, ["row 2, column response_end: found the error"], []),
    ("public/06/hours_as_time.xlsx", 0, ["a time or duration read as hours"], ["format the cell"]),
    ("public/06/after_the_advice.xlsx", 2, ["0.3125, which is 7:30 .*multiply by 24"], []),
    ("public/08/data", 0, ["read as day/month/year; time of day left off"], []),
]


@pytest.mark.parametrize(("name", "code", "told", "never"), CASES, ids=[c[0] for c in CASES])
def test_a_field_case_comes_out_right(
    name: str, code: int, told: list[str], never: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ended, text = check(FIELD / name, capsys)
    assert ended == code, text
    for pattern in told:
        assert re.search(pattern, text, flags=re.MULTILINE), (pattern, text)
    for words in never:
        assert words not in text
    assert len(text.splitlines()) <= 25


def test_an_aliased_tracker_gives_few_lines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = TRACKERS / "18_partnership_tracker_aliased.xlsx"
    _, text = check(path, capsys)
    assert len(text.splitlines()) <= 15
    import openpyxl

    check(path, capsys, "--fix-report", str(tmp_path / "fix.xlsx"))
    listed = list(openpyxl.load_workbook(tmp_path / "fix.xlsx")["Complaints"].values)
    assert len(listed) <= 15
    assert any("14 more rows" in str(row) for row in listed)


def test_values_of_the_field_cases() -> None:
    wards = load(TRACKERS / "01_ward_case.xlsx").table("referrals")["ward"]
    assert set(wards) == {"Margate Central", "Cliftonville West"}
    themes = load(TRACKERS / "02_criteria_spellings.xlsx").table("referrals")["criteria"]
    parts = {p for t in themes.dropna() for p in t.split("; ")}
    assert len({p.casefold() for p in parts}) == len(parts)
    assert not any("," in p or p.casefold() == "asb" for p in parts)
    costs = load(FIELD / "public/06/hours_as_time.xlsx").table("costs")
    assert (costs["hours"] * costs["rate_gbp"]).tolist() == [262.5]
    log = load(TRACKERS / "11_sheet_per_month.xlsx").table("referrals")
    assert log["received"].dt.month.value_counts().to_dict() == {1: 5, 2: 5, 3: 5}
    day = load(FIELD / "public/08/data").table("referrals")["received"][0]
    assert day == dt.datetime(2021, 8, 23)


def test_a_mistyped_year_is_no_day_the_records_run_to() -> None:
    data = load(TRACKERS / "05_mistyped_year.xlsx")
    assert facts_of(data, "x").as_at == "2023-12-31"


def test_a_day_of_the_records_that_has_not_come_is_asked_about(tmp_path: Path) -> None:
    late = dt.date(dt.date.today().year + 6, 12, 31)
    tables = book()
    tables["about"] = [["key", "value"], ["title", "T"], ["publisher", "P"], ["as_at", f"{late}"]]
    tables["referrals"][1][1] = dt.date(late.year, 1, 5)
    tables["referrals"][1][4:6] = [None, None]
    tables["monthly_referrals"][1][6] = late
    tables["priority_progress"][1][tables["priority_progress"][0].index("updated")] = late
    found = load(write_xlsx(tmp_path / "b.xlsx", tables)).findings
    told = {(f.table, f.row, f.column) for f in found if "is the year right?" in f.text}
    assert told == {
        ("about", 4, "value"),
        ("referrals", 2, "received"),
        ("monthly_referrals", 2, "as_at"),
        ("priority_progress", 2, "updated"),
    }
    tables["about"][3][1] = f"{dt.date.today()}"
    found = load(write_xlsx(tmp_path / "c.xlsx", tables)).findings
    assert not any(f.table == "about" for f in found)


# Kinds: days


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("23/08/2021 15:09:05", "2021-08-23"),
        ("23/08/2021 00:00:00", "2021-08-23"),
        ("23/08/2021 3:09 PM", "2021-08-23"),
        ("23/08/21, 3.09pm", "2021-08-23"),
        ("23-Aug-2021 15:09", "2021-08-23"),
        ("23.08.2021 at 15:09 hrs", "2021-08-23"),
        ("23.8.21 - 09.15hrs", "2021-08-23"),
        ("August 23, 2021", "2021-08-23"),
        ("Aug 23rd 2021 09:15", "2021-08-23"),
        ("Mon 23 August 2021 15:09", "2021-08-23"),
        ("15:09 23/08/2021", "2021-08-23"),
        ("2021-08-23 15:09:05.123", "2021-08-23"),
        ("2021-06-30T23:00:00Z", "2021-07-01"),  # midnight of British summer time
        ("2021-01-30T23:00:00Z", "2021-01-30"),
        ("44431.63125", "2021-08-23"),
    ],
)
def test_a_day_with_a_time(written: str, day: str) -> None:
    value, note = read_cell(written, "date", Context(aliases=packaged()))
    assert f"{value:%Y-%m-%d}" == day
    assert note


@pytest.mark.parametrize(
    "written", ["2022 Jan", "2022 JANUARY", "2022-Jan", "2022M01", "2022 m01", "202201", "Jan'22"]
)
def test_months_as_statistics_write_them(written: str) -> None:
    assert read_month(written)[0] == dt.datetime(2022, 1, 1)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("08/23/2021 15:09", "month first"),
        ("23/08/2021 25:09", "a time of day"),
        ("23/08/2021 13:09 pm", "12-hour clock"),
        ("wk 14", "not a week"),
        ("Week 14 2023", "not a week"),
        ("w/c 03/04/2023", "not a week"),
        ("Aug-23", "not a month"),
        ("Q3", "not a quarter"),
        ("2023/24", "not a year"),
        ("Aug-Sept 23", "not several months"),
        ("mid June", "not about a day"),
        ("11th Apr", "with its year"),
        ("5/4", "with its year"),
    ],
)
def test_a_day_that_is_not_certain_is_refused_with_the_reason(written: str, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_cell(written, "date", Context(aliases=packaged()))
    assert words in f"{caught.value.expected} {caught.value.todo}"
    assert caught.value.todo or "time of day" in words


@pytest.mark.parametrize(
    ("heading", "written", "day"),
    [
        ("Referral tracker 2023/24", "11th Apr", "2023-04-11"),
        ("Referral tracker 2023/24", "3/2", "2024-02-03"),
        ("Log 23-24", "1 March", "2024-03-01"),
        ("Apr 23", "3/4", "2023-04-03"),
        ("Dec 23", "4 Jan", "2024-01-04"),
        ("2022", "29/6", "2022-06-29"),
        ("Referrals FY 2023-2024", "31.3", "2024-03-31"),
        ("Referrals April 2023 to March 2024", "1 Jan", "2024-01-01"),
        ("Referrals 2023/24 (printed 3 May 2025)", "1 Jan", "2024-01-01"),
    ],
)
def test_a_year_is_taken_from_the_heading(heading: str, written: str, day: str) -> None:
    context = Context(aliases=packaged(), within=span_of(heading))
    value, note = read_cell(written, "date", context)
    assert f"{value:%Y-%m-%d}" == day
    assert "year taken from" in note


@pytest.mark.parametrize(
    "heading",
    [
        "Referrals",
        "2022 and 2023",
        "v23.4",
        "Mar 23 and Jun 24",
        "Referrals, printed on 3 May 2025",
    ],
)
def test_a_heading_of_no_one_year_lends_none(heading: str) -> None:
    assert span_of(heading) is None


def test_the_year_of_a_section_holds_for_its_rows(tmp_path: Path) -> None:
    tables = book()
    log = tables["referrals"]
    tables["referrals"] = [
        log[0],
        ["DECEMBER 2021", *[None] * 6],
        ["R-001", "5/12", "NHS", "accepted", "ongoing", None, None],
        ["JANUARY 2022"],
        ["R-002", "25/1", "NHS", "rejected", None, None, None],
    ]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    days = data.table("referrals")["received"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2021-12-05", "2022-01-25"]


def test_clocks() -> None:
    for text, at in (("3:09 pm", (15, 9)), ("12.05am", (0, 5)), ("15:09", (15, 9))):
        assert read_day(f"05/01/2023 {text}")[2] == dt.time(*at)


# Kinds: hours, shares, amounts, symbols, words


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        (dt.time(7, 30), 7.5),
        (dt.timedelta(hours=30, minutes=15), 30.25),
        ("7:30", 7.5),
        ("07:30:00", 7.5),
        ("37:15", 37.25),
        ("7h 30m", 7.5),
        ("7 hrs 30 mins", 7.5),
        ("7.5 hours", 7.5),
        ("45 mins", 0.75),
        ("7.5", 7.5),
    ],
)
def test_hours_however_they_are_kept(written: object, hours: float) -> None:
    value, _ = read_cell(written, "number", Context(aliases=packaged(), unit="hours"))
    assert value == hours


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("20%", 0.2),
        ("-20 %", -0.2),
        ("20% reduction", -0.2),
        ("reduce by 20%", -0.2),
        ("20% rise", 0.2),
    ],
)
def test_shares_in_words(written: str, share: float) -> None:
    assert read_cell(written, "share", Context(aliases=packaged()))[0] == share


@pytest.mark.parametrize(
    "written", ["£12,400 + VAT", "£8,400.00 (ex VAT)", "8400 pa", "approx 300", "c. £300", "€300"]
)
def test_words_beside_an_amount_are_not_read(written: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_cell(written, "money", Context(aliases=packaged()))
    assert ("to pounds" if "€" in written else "net or gross") in caught.value.todo


@pytest.mark.parametrize(
    "written",
    ["<5", "1-4", "≤ 4", "5 – 9", "fewer than 5", "4 or less", "1 to 4", "10+", "under 5"],
)
def test_a_hidden_count_is_refused_with_the_reason(written: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_cell(written, "whole", Context(aliases=packaged()))
    assert refused.value.todo.startswith("hidden or a range, which cannot be counted")


@pytest.mark.parametrize("mark", ["..", ":", "[x]", "[c]", "*", "[low]"])
def test_statistical_symbols_are_missing_and_never_nought(mark: str) -> None:
    value, note = read_cell(mark, "whole", Context(aliases=packaged()))
    assert value is None
    assert "not as 0" in note


def test_a_mark_beside_a_number_is_left_off() -> None:
    assert read_cell("1,234 [p]", "whole", Context(aliases=packaged()))[0] == 1234


@pytest.mark.parametrize("written", ["(12", "12)", "((12)", "12-", "1 2"])
def test_half_a_bracket_makes_no_number(written: str) -> None:
    for kind in ("whole", "money"):
        with pytest.raises(Unreadable):
            read_cell(written, kind, Context(aliases=packaged()))
    for below in ("(12)", "(-12)"):
        assert read_cell(below, "number", Context(aliases=packaged()))[0] == -12


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("NFA", "rejected"),
        ("Signposted", "rejected"),
        ("withdrawn", "withdrawn"),
        ("Duplicate", "withdrawn"),
        ("Below threshold", "rejected"),
        ("Deferred", "pending"),
        ("Accepted - open", "accepted"),
        ("Rejected (no consent)", "rejected"),
        ("SARA", "sara"),
    ],
)
def test_decisions_in_the_words_of_practice(written: str, word: str) -> None:
    allowed = TABLES["referrals"].columns["decision"].allowed
    context = Context(aliases=packaged(), scope="decision", allowed=allowed)
    assert read_cell(written, "choice", context)[0] == word


@pytest.mark.parametrize(
    ("written", "word"),
    [("Withdrawn", "closed"), ("Cancelled", "closed"), ("Not started", "scanning"),
     ("not started - awaiting TLG", "scanning"), ("Stopped early", "closed")],
)  # fmt: skip
def test_stages_of_projects_in_the_words_of_practice(written: str, word: str) -> None:
    allowed = TABLES["projects"].columns["stage"].allowed
    context = Context(aliases=packaged(), scope="stage", allowed=allowed)
    assert read_cell(written, "choice", context)[0] == word
    with pytest.raises(Unreadable, match="one of scanning"):
        read_cell("On hold", "choice", context)


@pytest.mark.parametrize("written", ["accepted - rejected", "maybe", "Y"])
def test_decisions_that_are_not_certain(written: str) -> None:
    allowed = ("accepted", "rejected", "sara", "pending")
    with pytest.raises(Unreadable):
        read_cell(written, "choice", Context(aliases=packaged(), scope="decision", allowed=allowed))


def test_not_yet_beside_completed_is_asked_about(tmp_path: Path) -> None:
    tables = book()
    tables["referrals"][1][5] = "ongoing"
    with pytest.raises(DataProblems, match="a mark for not yet beside the status completed"):
        load(write_xlsx(tmp_path / "b.xlsx", tables))


# Kinds: sheets


def test_months_across_are_read_as_rows(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [
        ["ASB by area"],
        ["LSOA", "Crime type", "Apr 2021", "May 2021", "Jun 2021"],
        ["E01000001", "disorder", 3, 4, 5],
        ["E01000002", "disorder", 1, "", 2],
    ]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    counts = data.table("incidents").set_index(["area_code", "month"])["count"]
    assert len(counts) == 5  # an empty cell is not on record, and no nought
    assert counts.sum() == 15
    assert counts["E01000001", dt.datetime(2021, 5, 1)] == 4
    tables["incidents"][1][1] = "Note"
    with pytest.raises(DataProblems, match="measure"):
        load(write_xlsx(tmp_path / "c.xlsx", tables))


@pytest.mark.parametrize(
    "heads",
    [
        [["LSOA", "Crime type", "2020", "", "", "2021"], ["", "", "Mar", "Apr", "May", "Jan"]],
        [["", "", 2020, None, None, 2021], ["LSOA", "Crime type", "Mar", "April", "May", "Jan"]],
        [["LSOA", "Crime type", "2019/20", "2020/21"], ["", "", "Mar", "Apr", "May", "Jan"]],
        [["ASB in FY 2020/21 "], ["LSOA", "Crime type", "Mar 2020", "Apr", "May", "Jan"]],
    ],
)
def test_years_above_months_across(heads: list[list[object]], tmp_path: Path) -> None:
    tables = book()
    rows = [["E01000001", "disorder", 3, 4, 5, 7], ["E01000002", "disorder", 1, "", 2, 1]]
    tables["incidents"] = [*heads, *rows, ["Total", "", 4, 4, 7, 8]]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    counts = data.table("incidents").set_index(["area_code", "month"])["count"]
    months = [dt.datetime(2020, 3, 1), dt.datetime(2020, 4, 1), dt.datetime(2020, 5, 1)]
    assert [counts["E01000001", m] for m in (*months, dt.datetime(2021, 1, 1))] == [3, 4, 5, 7]
    assert counts.sum() == 23
    found = [f.text for f in data.findings if f.table == "incidents"]
    assert "total row left out; it agrees with the rows" in found
    tables["incidents"][-1][3] = 40
    found = [f.text for f in load(write_xlsx(tmp_path / "b.xlsx", tables)).findings]
    assert "total row left out; 2020-04 says 40, the rows add up to 4" in found


@pytest.mark.parametrize("again", [True, False])
def test_a_block_a_year_under_one_another_is_of_its_own_year(again: bool, tmp_path: Path) -> None:
    """Three months of two years, months or areas across, their headings given once or twice."""
    tables = book()
    codes = ["E01000001", "E01000002"]
    head = [["LSOA", "Crime type", "Apr", "May", "Jan"]]
    one = [
        [codes[0], "disorder", 3, 4, 5],
        [codes[1], "disorder", 1, None, 2],
        ["Total", "", 4, 4, 7],
    ]
    two = [
        [codes[0], "disorder", 9, 8, 7],
        [codes[1], "disorder", 2, 2, None],
        ["Total", "", 11, 10, 7],
    ]
    blocks = [["ASB 2020/21"], *head, *one, [None], ["ASB 2021/22"], *head * again, *two]
    days = {"Apr": (4, 2020), "May": (5, 2020), "Jan": (1, 2021)}
    by_hand = {}
    for year, rows in enumerate((one, two)):
        for code, _, *counts in rows[:2]:
            for (month, begun), count in zip(days.values(), counts, strict=True):
                if count is not None:
                    by_hand[code, dt.datetime(begun + year, month, 1)] = count
    tables["incidents"] = blocks
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    read = data.table("incidents").set_index(["area_code", "month"])["count"]
    assert read.to_dict() == by_hand
    totals = [f.text for f in data.findings if "total row" in f.text]
    assert totals
    assert all("agree" in text for text in totals)

    head = [["Month", "Crime type", *codes]]
    turned = [
        [[month, "disorder", *(row[2 + n] for row in rows[:2])] for n, month in enumerate(days)]
        for rows in (one, two)
    ]
    blocks = [["ASB 2020/21"], *head, *turned[0], ["ASB 2021/22"], *head * again, *turned[1]]
    tables["incidents"] = blocks

    def merged(workbook: Any) -> None:
        for row in (1, 6):
            workbook["incidents"].merge_cells(f"A{row}:D{row}")

    for fix in (None, merged):
        read = load(write_xlsx(tmp_path / "b.xlsx", tables, fix)).table("incidents")
        assert read.set_index(["area_code", "month"])["count"].to_dict() == by_hand


@pytest.mark.parametrize("note", ["Boundaries were redrawn in 2022", "Checked in May 2021"])
def test_a_note_of_another_year_among_rows_that_go_on_dates_nothing(
    note: str, tmp_path: Path
) -> None:
    tables = book()
    months = ["Jan", "Feb", "Mar"]
    tables["incidents"] = [
        ["ASB 2021"], ["LSOA", "Crime type", *months], ["E01000001", "disorder", 3, 4, 5], [note],
        ["E01000002", "disorder", 1, 2, 6], ["E01000003", "disorder", 7, 8, 9],
    ]  # fmt: skip
    read = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("incidents")
    by_month = read.groupby("month")["count"].sum().to_dict()
    assert by_month == {dt.datetime(2021, n, 1): c for n, c in ((1, 11), (2, 14), (3, 20))}


@pytest.mark.parametrize("title", ["ASB 2022", "2022"])
def test_a_title_of_another_year_over_rows_that_are_new_is_refused(
    title: str, tmp_path: Path
) -> None:
    tables = book()
    rows = [[f"E0100000{n}", "disorder", n, n + 1] for n in range(1, 5)]
    head = ["LSOA", "Crime type", "Jan", "Feb"]
    tables["incidents"] = [["ASB 2021"], head, *rows[:2], [title], *rows[2:]]
    with pytest.raises(DataProblems, match="says 2022 over rows of areas or months that none"):
        load(write_xlsx(tmp_path / "b.xlsx", tables))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Total", (7, 3, 17, 4)),
        ("Notes", ("", "", "revised", "")),
        ("Population", (900, 80, 910, 81)),
    ],
)
def test_what_stands_beside_the_months_may_differ_from_block_to_block(
    heading: str, cells: tuple[object, ...], tmp_path: Path
) -> None:
    """Two areas in April and May of two years, the second year under the first."""
    tables = book()
    counts = [(3, 4), (1, 2), (9, 8), (2, 2)]
    rows = [
        [f"E0100000{n % 2 + 1}", "disorder", *count, cell]
        for n, (count, cell) in enumerate(zip(counts, cells, strict=True))
    ]
    head = ["LSOA", "Crime type", "Apr", "May", heading]
    tables["incidents"] = [head, ["2020/21"], *rows[:2], ["2021/22"], *rows[2:]]
    read = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("incidents")
    by_month = read.groupby("month")["count"].sum().to_dict()
    assert by_month == {
        dt.datetime(year, month, 1): count
        for (year, month), count in zip(
            ((2020, 4), (2020, 5), (2021, 4), (2021, 5)), (4, 6, 11, 10), strict=True
        )
    }


@pytest.mark.parametrize(
    ("words", "adds_up"),
    [
        (["Total"], True), (["Q1 total"], True), (["Total for April"], True),
        (["2023/24 total"], True), (["Total crime"], False), (["Total visits"], False),
        (["E01000001", "Total for April"], False),
    ],
)  # fmt: skip
def test_only_a_total_or_one_of_a_time_is_left_out(words: list[str], adds_up: bool) -> None:
    assert says_total(words) is adds_up


def test_areas_across_are_read_as_rows(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [
        ["Month", "Crime type", "E01000001", "E01000002"],
        ["Apr 2021", "disorder", 3, 1],
        ["May 2021", "disorder", 4, None],
    ]
    counts = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("incidents")
    assert counts.groupby("area_code")["count"].sum().to_dict() == {"E01000001": 7, "E01000002": 1}
    assert len(counts) == 3


def test_rows_with_two_codes_of_areas_have_no_areas_across(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [
        ["Month", "LSOA", "Ward code", "Crime type", "Count"],
        ["Apr 2021", "E01000001", "E05000001", "disorder", 3],
        ["May 2021", "E01000002", "E05000001", "disorder", 4],
    ]
    counts = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("incidents")
    assert dict(zip(counts["area_code"], counts["count"], strict=True)) == {
        "E01000001": 3, "E01000002": 4,
    }  # fmt: skip


@pytest.mark.parametrize("as_text", [False, True])
def test_totals_anywhere_are_held_to_the_months_across(tmp_path: Path, as_text: bool) -> None:
    tables = book()
    rows = [
        ["LSOA", "Crime type", "Apr 2021", "May 2021"],
        ["Total", "", 1210, 18],
        ["E01000001", "disorder", 1203, 4],
        ["E01000001", "theft", 1, 5],
        ["Sub-total", "", 1204, 9],
        ["E01000002", "disorder", 5, 6],
        ["E01000002", "theft", 1, 3],
        ["Sub-total", "", 6, 9],
    ]
    tables["incidents"] = [
        [f"{c:,}" if as_text and isinstance(c, int) else c for c in r] for r in rows
    ]

    def held(name: str) -> tuple[int, list[str]]:
        write = write_folder if as_text else write_xlsx
        data = load(write(tmp_path / f"{name}{'' if as_text else '.xlsx'}", tables))
        told = [f.text for f in data.findings if "left out" in f.text]
        return int(data.table("incidents")["count"].sum()), told

    agree = "3 total rows left out, first here; they agree with the rows"
    assert held("a") == (1210 + 18, [agree])
    tables["incidents"][7][3] = "8"
    total, told = held("b")
    assert total == 1210 + 18  # rows are counted, totals are not
    assert told[1] == "total row left out; 2021-05 says 8, the rows add up to 9"


def test_an_area_that_is_the_sum_of_all_others_is_no_area(tmp_path: Path) -> None:
    months = [f"2021-0{m}" for m in range(1, 8)]
    rows = [
        [m, f"E0100000{a}", "disorder", a + i % 3]
        for i, m in enumerate(months)
        for a in (1, 2, 3, 4)
    ]
    whole = {m: sum(r[3] for r in rows if r[0] == m) for m in months}  # 10, 14, 18, 10 ... 10: 94
    assert sum(whole.values()) == 94

    def read(extra: list[list[object]]) -> tuple[int, set[str], list[str]]:
        tables = book()
        tables["incidents"] = [["month", "area_code", "measure", "count"], *rows, *extra]
        data = load(write_xlsx(tmp_path / "b.xlsx", tables))
        counts = data.table("incidents")
        told = [f.text for f in data.findings if f.table == "incidents" and "area" in f.text]
        return int(counts["count"].sum()), {*counts["area_code"]} - {r[1] for r in rows}, told

    for name in ("Thanet", "E07000114"):
        total, others, told = read([[m, name, "disorder", n] for m, n in whole.items()])
        assert (total, others) == (94, set())
        assert told == ["an area that is the sum of all others in every month left out"]
    # Rows without an area may be in the total, or not.
    nowhere = [[m, "not known", "disorder", 3] for m in months]
    for more in (0, 3):
        added = [[m, "Thanet", "disorder", n + more] for m, n in whole.items()]
        total, others, told = read([*nowhere, *added])
        assert (total, others) == (94 + 21, {""})
        assert told[-1] == "an area that is the sum of all others in every month left out"
    total, others, told = read([[m, "Thanet", "disorder", n + 1] for m, n in whole.items()])
    assert (total, others) == (94 + 94 + 7, {"Thanet"})  # as given, and asked about
    assert "is it their total, with those that have no area?" in told[0]
    total, others, told = read([[m, "E05000001", "disorder", 3] for m in months])
    assert others == {"E05000001"}
    assert told[0].startswith("codes of several kinds of area (E01, E05)")
    total, others, told = read([[m, "District total", "disorder", n] for m, n in whole.items()])
    assert (total, others) == (94, set())


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        ("monthly_referrals", ["Grand Total (all)", 1155, 1045, 110, 0, 45, None], "it agrees"),
        ("monthly_referrals", ["Average", 385, 348, 37, 0, 15, None], "a row of averages left out"),
        ("costs", ["", "", "Total cost (£)", None, "", 2254.5, None, None], "it agrees"),
        ("costs", ["", "NHS", "Sub-total NHS", None, "", 1234.5, None, None], "it agrees"),
        ("costs", ["", "", "Total cost", None, "", 2000, None, None], "the rows add up to 2,254.5"),
    ],
)
def test_rows_that_say_in_passing_that_they_are_totals(
    table: str, row: list[object], told: str, tmp_path: Path
) -> None:
    tables = book()
    rows = len(tables[table]) - 1
    tables[table].append(row)
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert len(data.table(table)) == rows
    assert any(told in f.text for f in data.findings if f.table == table)


@pytest.mark.parametrize("item", ["Head count survey", "Total refit of the hall", "Sum insured"])
def test_a_cost_is_no_total_for_a_word_of_its_own(item: str, tmp_path: Path) -> None:
    tables = book()
    day = dt.datetime(2021, 3, 1)
    tables["costs"].append(["", "", item, day, "", 5000, None, None])
    with pytest.raises(DataProblems, match="found nothing in project_id, "):
        load(write_xlsx(tmp_path / "b.xlsx", tables))


def test_a_sheet_with_the_headings_of_a_table_is_not_passed_over(tmp_path: Path) -> None:
    tables = book()
    tables["Apr 21"] = tables.pop("referrals")
    tables["Costings"] = [["Supplier", "Net"], ["A", 1]]
    tables["Incidents Dane Valley"] = [["Month", "Crime type"], ["Apr 2021", "disorder"]]
    del tables["incidents"]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    told = {f.sheet: (f.kind, f.text) for f in data.findings if f.text.endswith("not read")}
    assert told["Apr 21"][0] == told["Incidents Dane Valley"][0] == "warning"
    assert "has the headings of referrals: give it that name" in told["Apr 21"][1]
    assert told["Costings"] == ("note", "sheet is no table of the schema, not read")


@pytest.mark.parametrize("folder", [False, True])
def test_rows_of_a_table_in_a_sheet_that_is_not_read_are_asked_about(
    folder: bool, tmp_path: Path
) -> None:
    tables = book()
    head, *rows = tables["referrals"]
    tables["Archive"] = [head[::-1], rows[0][::-1], ["", *rows[0][1:]][::-1]]  # a copy, a remark

    def loaded(name: str) -> Dataset:
        kept = tmp_path / f"{name}{'' if folder else '.xlsx'}"
        return load((write_folder if folder else write_xlsx)(kept, tables))

    assert len(loaded("copy").table("referrals")) == len(rows)
    place = head.index("referral_id")
    more = [*rows[0][:place], "R-900", *rows[0][place + 1 :]]
    tables["Archive"].append(more[::-1])
    where = "Archive.csv" if folder else "sheet Archive"
    with pytest.raises(DataProblems, match=f"{where}, row 4: found 1 row.*or leave out") as caught:
        loaded("more")
    assert len(caught.value.problems) == 1
    said = ["Archive", "leave out", "sheet"]
    tables["aliases"] = [["alias", "name", "scope"], said]
    data = loaded("out")
    assert len(data.table("referrals")) == len(rows)
    assert "left out, as aliases says" in [f.text for f in data.findings]
    tables["Archive"] = [head[::-1], more[::-1]]
    said[1] = "referrals"
    assert len(loaded("in").table("referrals")) == len(rows) + 1


@pytest.mark.parametrize("folder", [False, True])
def test_a_table_in_sheets_or_files_of_years(folder: bool, tmp_path: Path) -> None:
    tables = book()
    head, *rows = tables.pop("incidents")
    tables |= {"Incidents 2020-21": [head, rows[0]], "incidents_2021": [head, *rows[1:]]}

    def total(name: str) -> int:
        kept = tmp_path / f"{name}{'' if folder else '.xlsx'}"
        data = load((write_folder if folder else write_xlsx)(kept, tables))
        return int(data.table("incidents")["count"].sum())

    assert total("a") == 12 + 7 + 5
    tables["incidents"] = [head, *rows]  # one of all years: those of years may be copies of it
    assert total("b") == 12 + 7 + 5


def test_a_survey_with_a_column_a_question(tmp_path: Path) -> None:
    tables = book()
    tables["survey_questions"] = [
        ["question_id", "Question", "Options"],
        ["Q1", "Safe?", "No; Neither; Yes"],
        ["Q2", "Clean?", "No; Neither; Yes"],
    ]
    day = dt.date(2021, 5, 1)
    tables["survey_responses"] = [
        ["Project", "Respondent", "Survey", "Date", "Q1", "Q2"],
        ["P1", "N1", "Before", day, "Yes", "Don't know"],
        ["P1", "N1", "After", day, "yes", ""],
        ["P1", "N2", "Pre", day, "", ""],
    ]
    answers = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("survey_responses")
    assert answers[["wave", "question_id", "answer"]].to_numpy().tolist() == [
        ["entry", "Q1", "Yes"], ["entry", "Q2", "Don't know"],
        ["exit", "Q1", "Yes"], ["exit", "Q2", "No answer"],
    ]  # fmt: skip


@pytest.mark.parametrize("note", [["Source: MTF tracker", "JS"], ["Count", None, None, 3]])
def test_notes_and_counts_under_the_rows_are_left_out(note: list[object], tmp_path: Path) -> None:
    tables = book()
    tables["referrals"].append(note)
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert len(data.table("referrals")) == 4
    assert any("left out" in f.text for f in data.findings if f.table == "referrals")


def test_areas_as_pages_write_them(tmp_path: Path) -> None:
    tables = book()
    tables["project_areas"] = [
        ["Project", "LSOA", "Type of area"],
        ["P1", "Thanet 001A (E01000001)", "Intervention"],
        ["P1", "E01000002: Thanet 001B", "Displacement zone"],
    ]
    areas = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("project_areas")
    assert areas[["area_code", "role"]].to_numpy().tolist() == [
        ["E01000001", "target"], ["E01000002", "buffer"],
    ]  # fmt: skip
    for several in ("E01000001, E01000002", "E01000001/E01000002", "E01000001-E01000002"):
        tables["project_areas"][1][1] = several
        with pytest.raises(DataProblems, match="give each area a row of its own"):
            load(write_xlsx(tmp_path / "c.xlsx", tables))


BODIES = [
    "Metropolitan Police Service", "City of London Police", "British Transport Police", "PSNI",
    "Devon and Cornwall Police", "Police Scotland", "Dover District Council", "Dover (DC)",
    "Minster PC", "Ash Parish Council", "London Borough of Hackney", "Medway Council",
    "Royal Borough of Kensington & Chelsea", "NHS Kent and Medway ICB", "Guy's and St Thomas'",
    "South London and Maudsley NHS FT", "King's College", "King's College Hospital", "K College",
    "St John Ambulance", "St. John Ambulance", "St Mungo's", "St Giles Trust", "Barnardo's",
    "Porchlight", "Porchlight, Canterbury", "Samaritans, Margate", "Emmaus Dover", "Mind",
    "Shelter", "Crisis", "Catch22",
    "Change, Grow, Live", "Turning Point", "A2Dominion", "L&Q", "J D Wetherspoon", "J Sainsbury",
    "H Samuel", "W H Smith", "WHSmith", "John Lewis Partnership", "Marks & Spencer", "B&Q", "E.ON",
    "E Division", "B Watch", "Kent, Surrey & Sussex Air Ambulance", "Age UK, Thanet", "Refuge",
    "Citizens Advice", "MS Society", "PC World", "Dr Gray's Hospital",
    "Dr Challoner's Grammar School", "Dr Barnardo's", "Dr Patel & Partners", "Dr Khan Surgery",
    "Sir Roger Manwood's School", "Simon Langton Girls' Grammar", "Victim Support",
    "Women's Aid", "Salvation Army (Ramsgate)", "Sikh Temple (Gravesend)", "Constable Gallery",
    "HM Inspector of Prisons", "Superintendent Registrar",
    "Golding Homes", "Rev. Counselling Services", "Probation, East Kent", "Ms Foundation",
]  # fmt: skip


def test_a_surname_before_a_name_is_no_agency_to_print(tmp_path: Path) -> None:
    tables = book()
    tables["referrals"][1][2] = "Lastname, Firstname"
    tables["referrals"][2][2] = "Sunrise Trust"
    tables["referrals"][3][2] = "Mrs Firstname Lastname"
    tables["referrals"][4][2] = "kent police (PC Lastname)"
    tables["costs"][2][1] = "Housing, Thanet"
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    agencies = data.table("referrals")["agency"].tolist()
    assert agencies == ["An individual", "Sunrise Trust", "An individual", "Kent Police"]
    assert data.table("costs")["agency"].tolist() == ["Kent Police", "Housing, Thanet"]
    told = [f.text for f in data.findings]
    assert any(text.startswith("what looks like a person's name is left out") for text in told)
    assert not any("Lastname" in text for text in told)
    assert any("Sunrise Trust" in text for text in told)
    row = tables["referrals"][2]
    titled = ["Mr J Lastname", "MRS J. Lastname", "Mrs Q Z", "PC J Lastname", "PC 1234 Lastname",
              "J Smith", "Brown, A", "Patel J", "Mr and Mrs Lastname", "mr van der Lastname",
              "Lastname (PCSO)", "Lastname (PC)", "Supt Lastname",
              "Lastname, J (Mr)", "DC Lastname", "DCI Lastname", "WPC Lastname",
              "Mrs Smith Housing Officer", "Mr Jones School", "Cllr Jane Smith Council",
              "Dr Patel Hospital", "Mrs Smith housing", "Mr B Jones Kent Community Trust",
              "Cllr Smith Thanet District Council", "Mr Brown Support Worker",
              "Miss A Brown Community Safety Team", "Rev Jones Trust", "Mrs Smith St Peter's",
              "Mrs Smith's", "PC Jones's team", "Dr Patel Practice Manager", "Mr Fox Ltd",
              "Mrs Mop Cleaning", "Sergeant Pepper's Cafe",
              "Sutton, John", "West, Peter", "Preston, Mark", "Lincoln, A", "Stafford, Ann",
              "North, Jane", "Hill, Peter", "Margate, John", "Smith, Margate", "Task, Force",
              "Smith J", "A. Khan", "J Smith/A Brown", "J SMITH"]  # fmt: skip
    police = ["Mr. Lastname of Kent Police", "Kent Police - DC Lastname",
              "Kent Police - PC J.R. Lastname",
              "PC1234 Lastname and Sgt Lastname, Kent Police",
              "Lastname, Firstname (Kent Police)", "Kent Police (J. Smith)",
              "J Smith (Kent Police)", "Smith J - Kent Police", "Kent Police: J Smith",
              "Kent Police [J Smith]",
              "Mrs Smith, Kent Police"]  # fmt: skip
    nobody = [
        "Kent PCSO Team",
        "PCSO Service",
        "Sgt Office",
        "Ash PC",
        "Dover DC Planning",
        "Ward Councillor",
        "NHS Dr's",
        "MS Therapy Centre",
        "Ash PC Clerk",
        "J Smith Solicitors",
        "Bevans",
        "Ascott",
        "Gallen",
        "J Brown & Sons",
        "Thomas A Becket School",
        "H Taylor Ltd",
        "Dr B & Partners",
        "Housing, Thanet",
        *BODIES,
    ]
    known = "Dr Othername"
    every = [*titled, *police, *nobody, known]
    tables["referrals"][0].append("Ward")
    tables["referrals"][1:] = [
        [f"R{n}", row[1], name, *row[3:], "Margate"] for n, name in enumerate(every)
    ]
    tables["aliases"] = [["scope", "alias", "name"], ["agency", known, "The surgery"]]
    tables["about"] = [["key", "value"], ["title", "Margate Task Force"], ["publisher", "P"]]
    tables["activity"] = [
        ["block", "measure", "agency", "period_start", "period_end", "count", "counts_people",
         "as_at"],
        *[["support", "visits", name, dt.date(2021, 1, 1), dt.date(2021, 12, 31), 9, "yes",
           dt.date(2021, 12, 31)] for name in ("Mr Lastname", "Mrs Lastname")],
    ]  # fmt: skip
    data = load(write_xlsx(tmp_path / "t.xlsx", tables))
    told = [f.text for f in data.findings if f.table == "activity"]
    assert any(t.endswith("; 2 rows that differ by it alone are added up") for t in told)
    agencies = (
        ["An individual"] * len(titled) + ["Kent Police"] * len(police) + [*nobody, "The surgery"]
    )
    assert data.table("referrals")["agency"].tolist() == agencies
    found = [f for f in data.findings if f.table == "referrals" and f.kind != "repaired"]
    assert [f.kind for f in found] == ["warning", "note"], found
    assert "goes into the table of aliases" in found[0].text
    assert not any("Lastname" in f.text or "Q Z" in f.text for f in data.findings)
    tables["referrals"][1][2:4] = ["NHS", "FIRSTNAME LASTNAME"]
    with pytest.raises(DataProblems, match=r"column decision: found text of 18 characters"):
        load(write_xlsx(tmp_path / "c.xlsx", tables))


@pytest.mark.parametrize(
    ("head", "months"),
    [
        (["Year", "Month"], [(2020, "May"), (2021, "June")]),
        (["Year", "Month no."], [(2020, 5), ("2021", "06")]),
        (["Financial year", "Month"], [("2020/21", "May"), ("2021-22", "June")]),
    ],
)
def test_a_year_beside_the_month(
    head: list[str], months: list[tuple[object, object]], tmp_path: Path
) -> None:
    tables = book()
    tables["incidents"] = [
        [*head, "LSOA21CD", "Offence description", "No. of incidents"],
        [*months[0], "E01000001", "disorder", 12],
        [*months[1], "E01000002", "disorder", "1,250"],
    ]
    counts = load(write_xlsx(tmp_path / "b.xlsx", tables)).table("incidents")
    assert dict(zip(counts["month"].dt.strftime("%Y-%m"), counts["count"], strict=True)) == {
        "2020-05": 12, "2021-06": 1250,
    }  # fmt: skip


def test_numbers_by_month_that_are_not_read_are_no_rows_of_one_incident(tmp_path: Path) -> None:
    tables = book()
    rows = [["2021-05", "E01000001", "disorder", 12], ["2021-05", "E01000002", "disorder", 5]]
    tables["incidents"] = [["Month", "LSOA", "Crime type", "Qty"], *rows]
    with pytest.raises(DataProblems, match="found numbers that are not read, and no column count"):
        load(write_xlsx(tmp_path / "b.xlsx", tables))
    tables["incidents"] = [["Month", "LSOA", "Crime type", "Beat"], *rows, rows[0]]
    counts = load(write_xlsx(tmp_path / "c.xlsx", tables)).table("incidents")
    assert counts["count"].tolist() == [2, 1]  # two rows of one month: each is an incident
    tables["incidents"] = [["Year", "Month", "LSOA", "Crime type", "Qty"]]
    tables["incidents"] += [[year, "May", *rows[0][1:]] for year in (2020, 2021)]
    with pytest.raises(DataProblems, match="column Qty: found numbers that are not read"):
        load(write_xlsx(tmp_path / "d.xlsx", tables))
    once = [[2020, "May"], [None, "June"], [2021, "May"], [None, "June"]]
    total = [None, "Total", None, None, 48]
    tables["incidents"][1:] = [*([*when, *rows[0][1:]] for when in once), total, total]
    with pytest.raises(DataProblems, match="column Qty: found numbers that are not read"):
        load(write_xlsx(tmp_path / "e.xlsx", tables))


@pytest.mark.parametrize(
    "cells",
    [("1.5%", "2%"), ("1 234", "1,200"), ("12 [p]", "7"), (".7", "1.2"), ("-3", "4"), ("<5", "12")],
)
def test_numbers_however_they_are_written_are_no_incidents(
    cells: tuple[str, str], tmp_path: Path
) -> None:
    rows = [f'2023-0{n},A1,b,"{cell}"\n' for n, cell in enumerate(cells, start=1)]
    with pytest.raises(DataProblems, match="column rate: found numbers that are not read"):
        incidents_of(tmp_path / "data", "month,area_code,measure,rate\n" + "".join(rows))


@pytest.mark.parametrize("year", ["", "year,2024\n"])
@pytest.mark.parametrize("heading", ["Year", "Financial year"])
def test_a_year_beside_measures_across_is_kept(heading: str, year: str, tmp_path: Path) -> None:
    known = heading == "Year"
    years = ("2023", "", "2024") if known else ("2023/24", "", "2024/25")
    text = f"Month,{heading},area_code,Burglary,Vehicle crime\n"
    months = ("May", "June", "May")
    rows = [
        f"{m},{y},E05000001,{n},8\n" for n, (m, y) in enumerate(zip(months, years, strict=True))
    ]
    counts = incidents_of(tmp_path / "data", text + "".join(rows), year)
    assert counts.to_dict() == {
        (month, "E05000001", measure): count
        for n, month in enumerate(("2023-05", "2023-06", "2024-05"))
        for measure, count in (("Burglary", n), ("Vehicle crime", 8))
    }


def test_a_bare_financial_year_beside_measures_across_says_of_no_month_where_it_lies(
    tmp_path: Path,
) -> None:
    text = "FY,Month,area_code,Burglary,Vehicle crime\n2023,May,A1,3,1\n2024,May,A1,4,2\n"
    with pytest.raises(DataProblems):
        incidents_of(tmp_path / "a", text, "year,2024\n")
    both = "FY,Year,Month,area_code,measure,count\n2022,2023,May,A1,b,1\n2023,2024,May,A1,b,2\n"
    counts = incidents_of(tmp_path / "b", both, "year,2024\n").to_dict()
    assert counts == {("2023-05", "A1", "b"): 1, ("2024-05", "A1", "b"): 2}


def test_merged_areas_beside_months_across_are_filled(tmp_path: Path) -> None:
    tables = book()
    tables["incidents"] = [
        ["LSOA", "Crime type", "Apr 2021", "May 2021"],
        ["E01000001", "disorder", 3, 4],
        ["", "theft", 1, 5],
    ]
    whole = write_xlsx(tmp_path / "a.xlsx", tables, lambda wb: wb["incidents"].merge_cells("A2:A3"))
    counts = load(whole).table("incidents")
    assert counts.groupby("measure")["count"].sum().to_dict() == {"disorder": 7, "theft": 6}
    assert {*counts["area_code"]} == {"E01000001"}
    two = write_xlsx(tmp_path / "b.xlsx", tables, lambda wb: wb["incidents"].merge_cells("C2:C3"))
    with pytest.raises(DataProblems, match="one cell merged over several"):
        load(two)


@pytest.mark.parametrize("of", ["Crime type", "LSOA"])
def test_measures_or_wards_across_are_read_as_rows(of: str, tmp_path: Path) -> None:
    tables = book()
    codes = {"E05000001": "dane valley", "Salmestone": None}
    names = ("theft", "disorder") if of == "LSOA" else ("Dane Valley", "Salmestone")
    tables["project_measures"].append(["P1", "theft", -0.1])
    tables["project_areas"] = [["project_id", "area_code", "role", "area_name"]]
    tables["project_areas"] += [["P1", code, "target", name] for code, name in codes.items()]
    fixed = "E01000001" if of == "LSOA" else "disorder"
    tables["incidents"] = [
        ["Month", of, "Population", *names, "Officers on duty", "Ref no", "All total"],
        ["Apr 2021", fixed, 1500, 3, 1, 12, 901, 4],
        ["May 2021", fixed, 1500, 4, "", 12, 902, 4],
        ["Total", "", "", 7, 1, "", "", 8],
    ]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    counts = data.table("incidents")
    across = "measure" if of == "LSOA" else "area_code"
    held = names if of == "LSOA" else codes
    assert counts.groupby(across)["count"].sum().to_dict() == dict(zip(held, (7, 1), strict=True))
    assert len(counts) == 3  # an empty cell is not on record
    (left,) = [f.text for f in data.findings if f.text.startswith("columns of numbers left out")]
    assert "out: Population, Officers on duty, Ref no, All total; if one is" in left
    assert not any("unknown column" in f.text for f in data.findings)  # each is named once
    tables["incidents"][1][3] = "<5"
    with pytest.raises(DataProblems, match="hidden or a range"):
        load(write_xlsx(tmp_path / "d.xlsx", tables))
    tables["incidents"].insert(3, ["May 2021", fixed, 1500, 1, 1, 2])  # not one row for each month
    with pytest.raises(DataProblems, match="no such column"):
        load(write_xlsx(tmp_path / "c.xlsx", tables))


def test_totals_of_months_across_are_turned(tmp_path: Path) -> None:
    tables = book()
    tables["monthly_referrals"] = [
        ["", "Jan 2020", "Feb 2020"],
        ["Total refs", 17, 22],
        ["Accepted", 10, 20],
        ["Rejected", 7, 2],
        ["SARA", 0, 0],
        ["Completed", 10, 20],
        ["Last updated", "2021-12-15", "2021-12-15"],
    ]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert data.table("monthly_referrals")["received"].tolist() == [17, 22]


def test_a_reference_in_two_sheets_is_asked_about(tmp_path: Path) -> None:
    tables = book()
    head, first, *rest = tables["referrals"]
    other = [*first]
    other[6] = "Housing"
    tables["aliases"] = [["alias", "name", "scope"], ["Feb 2021", "referrals", "sheet"]]
    # The second sheet has its columns in another order.
    tables["Feb 2021"] = [[*head[1:], head[0]], [*other[1:], other[0]]]
    with pytest.raises(DataProblems, match=r"as row 2 of sheet referrals.*kept in two sheets") as e:
        load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert e.value.problems[0].sheet == "Feb 2021"
    assert e.value.problems[0].row == 2
    tables["Feb 2021"][1] = [*first[1:], first[0]]
    data = load(write_xlsx(tmp_path / "c.xlsx", tables))
    assert len(data.table("referrals")) == len(rest) + 1


def test_two_files_of_one_table_are_read_under_one_another(tmp_path: Path) -> None:
    tables = book()
    head, *rows = tables["referrals"]
    tables["referrals"] = [head, *rows[:2]]
    tables["Referral log"] = [head, *rows[2:]]
    data = load(write_folder(tmp_path / "csv", tables))
    assert len(data.table("referrals")) == 4
    tables["Referral log"][0] = ["referral_id", "received", "x", *head[3:]]
    with pytest.raises(DataProblems, match="no such column in this sheet"):
        load(write_folder(tmp_path / "csv", tables))


def test_headings_over_two_rows(tmp_path: Path) -> None:
    tables = book()
    rows = tables["referrals"][1:]
    tables["referrals"] = [
        ["Referral", "Date", None, None, "Progress", None, "Key"],
        [
            "Reference",
            "received",
            "Referring agency",
            "Outcome",
            "Status",
            "Closed date",
            "criteria",
        ],
        *rows,
    ]
    data = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert len(data.table("referrals")) == 4


def test_a_row_just_begun_is_no_footnote(tmp_path: Path) -> None:
    tables = book()
    tables["referrals"].append(["R-005"])
    with pytest.raises(DataProblems, match="row 6: found nothing in received, "):
        load(write_xlsx(tmp_path / "b.xlsx", tables))


@pytest.mark.parametrize(
    "cell",
    [
        '<c t="e"><v>#REF!</v></c>',
        "<c t='e'><v>#REF!</v></c>",
        '<c  s="1"  t = "e" ><v>#REF!</v></c>',
        "<c><f>1+1</f></c>",
        "<c><f t='shared'/><v></v></c>",
    ],
)
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_errors_and_formulas_however_they_are_written(
    tmp_path: Path, cell: str, prefix: str
) -> None:
    source = FIELD / "public/05" / ("records.xlsx" if prefix else "no_references.xlsx")
    target = tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            xml = old.read(name)
            if b"#REF!" in xml:
                text = re.sub(r"<(/?)(c|v|f)\b", rf"<\1{prefix}\2", cell)
                found = re.search(rb"<(?:x:)?c[^>]*t=.e.[^>]*>.*?</(?:x:)?c>", xml)
                assert found
                xml = xml.replace(found[0], text.encode())
            new.writestr(name, xml)
    with pytest.raises(DataProblems) as caught:
        load(target)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (2, "response_end")


def test_an_area_by_name_that_stands_once_is_asked_about(tmp_path: Path) -> None:
    tables = book()
    rows = [["2021-05-01", ward, "disorder"] for ward in ("Pier", "Mill") for _ in range(20)]
    tables["incidents"] = [["month", "area_code", "measure"], *rows]
    assert not any(
        "alone" in f.text for f in load(write_xlsx(tmp_path / "a.xlsx", tables)).findings
    )
    tables["incidents"][7][1] = "Peer"
    told = [f for f in load(write_xlsx(tmp_path / "b.xlsx", tables)).findings if "alone" in f.text]
    assert [(f.row, f.column) for f in told] == [(8, "area_code")]


def test_what_stands_beside_the_months_is_told(tmp_path: Path) -> None:
    months = ["Jan 23", "Something else", "Mar 23", "Total"]
    rows = [["Received", 10, 12, 9, 31], ["Accepted", 6, 8, 5, 19], ["Rejected", 3, 3, 4, 10]]
    rows += [["SARA", 1, 1, 0, 2], ["Completed", 6, 7, 5, 18], ["As at", *["30/06/2023"] * 3, None]]
    data = load(write_xlsx(tmp_path / "t.xlsx", {"monthly_referrals": [["", *months], *rows]}))
    assert data.table("monthly_referrals")["received"].tolist() == [10, 9]
    told = {f.column for f in data.findings if "its heading is no month" in f.text}
    assert told == {"Something else", "Total"}


def test_an_incident_given_twice_with_its_reference_is_told(tmp_path: Path) -> None:
    tables = book()
    rows = [["2021-05-01", "E01000001", "disorder", f"X{n}"] for n in range(20)]
    tables["incidents"] = [["month", "area_code", "measure", "Crime no"], *rows]
    first = load(write_xlsx(tmp_path / "a.xlsx", tables))
    assert not any("in the reference too" in f.text for f in first.findings)
    tables["incidents"].append(rows[3])
    again = load(write_xlsx(tmp_path / "b.xlsx", tables))
    assert [f.row for f in again.findings if "in the reference too" in f.text] == [22]
    # Thirteen times in a short list; and one that shares a reference alone.
    tables["incidents"][2:] = [rows[0]] * 12 + [["2021-06-01", "E01000002", "disorder", "X0"]]
    many = load(write_xlsx(tmp_path / "c.xlsx", tables)).findings
    assert any(f.text.startswith("12 row(s) the same") and f.row == 3 for f in many)
    assert any(f.text.startswith("1 row(s) with the reference") and f.row == 15 for f in many)


def test_words_of_practice_and_a_note_of_two_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = book()
    tables["referrals"][3][4:6] = ["In progress", "n/k"]
    tables["referrals"][1][4] = "Closed"
    log = load(write_xlsx(tmp_path / "a.xlsx", tables)).table("referrals")
    assert log["status"].tolist()[::2] == ["completed", "ongoing"]
    tables["referrals"].append(["Prepared by", "Jo Bloggs"])
    tables["costs"][2][5] = "€500"
    code, text = check(write_xlsx(tmp_path / "b.xlsx", tables), capsys)
    assert code == 2
    assert "2 problem(s)" in text
    assert "row 6: found only two cells filled" in text
    assert "convert it to pounds" in text
    assert "Bloggs" not in text


HEAD = "month,area_code,measure,count"


def incidents_of(folder: Path, text: str, about: str = "") -> pd.Series[int]:
    """Count what a file of incidents holds, by month, area and measure."""
    folder.mkdir()
    about = f"key,value\ntitle,T\npublisher,P\n{about}"
    (folder / "about.csv").write_text(about, encoding="utf-8")
    (folder / "incidents.csv").write_text(text, encoding="utf-8")
    rows = load(folder).table("incidents")
    key = [rows["month"].dt.strftime("%Y-%m"), rows["area_code"], rows["measure"]]
    return rows.groupby(key)["count"].sum()


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (f"{HEAD}\n2023-01,Sum Lane,b,4\n2023-01,Count Street,b,6\n2023-01,Mean Street,b,5\n", 15),
        (f"{HEAD}\n2023-01,E01024001-A,b,4\n2023-01,E01024001-B,b,6\n", 10),
        (f"{HEAD}\n----,----,----,----\n202301,SOIL1234O,b,4\n202302,1E09,b,6\n", 10),
        ("month,area_code,measure,lat,lon\n2023-01,A1,b,51.2,1.4\n2023-01,A2,b,51.3,1.4\n", 2),
        ("month,area_code,measure,No\n2023-01,A1,b,\n2023-02,A1,b,7\n2023-03,A1,b,\n", 3),
        (f"{HEAD}\n2023-01,A1,b,4\n2023-02,A1,b,6\nSubtotal Q1,,,10\n", 10),
        (f"year,{HEAD}\n2022,April,A1,b,3\n,May,A1,b,4\n2023,April,A1,b,5\n,May,A1,b,6\n", 18),
    ],
)
def test_every_record_is_read_and_no_total(text: str, held: int, tmp_path: Path) -> None:
    counts = incidents_of(tmp_path / "data", text)
    assert counts.sum() == held
    if text.startswith("year"):
        assert counts["2022-05", "A1", "b"] == 4  # a year written once holds for what is under it
        assert counts["2023-05", "A1", "b"] == 6
    elif "-A" in text:
        assert [a for _, a, _ in counts.index] == ["E01024001-A", "E01024001-B"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Financial year,{HEAD}\n2023,February,A1,b,3\n", "column month: found 'February'"),
        (f"Financial year,{HEAD}\n2023,2,A1,b,3\n", "column month: found '2'"),
        ("month,area_code,b,c,d\n2023-01,A1,4,<5,6\n2023-02,A1,5,6,7\n", "column measure"),
        ("month,area_code,measure,Rate per 1000\n2023-01,A1,b,1.2\n", "column Rate per 1000"),
        (
            "month,area_code,measure,No\n2023-01,A1,b,12\n2023-02,A1,b,*\n2023-03,A1,b,\n",
            "No: found",
        ),
        (f"{HEAD}\n2023-01,1.00E+09,b,4\n", "area_code: found text .* the code in full. Excel"),
        (f"{HEAD}\n2023-01,E0100000l,b,4\n", "eight digits after the letter"),
        (f"{HEAD}\n2023-01,A1,b,*\n", r"found '\*', a mark for nothing.*say so in coverage"),
    ],
)
def test_what_cannot_be_told_is_refused(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(DataProblems, match=found):
        incidents_of(tmp_path / "data", text)


def test_a_total_beside_a_day_is_held_to_the_rows(tmp_path: Path) -> None:
    text = f"{HEAD}\n2023-04,A1,b,3\n2023-04,A2,b,4\n2023-04,Total,,70\n"
    assert incidents_of(tmp_path / "data", text).sum() == 7
    told = [f.text for f in load(tmp_path / "data").findings if f.table == "incidents"]
    assert "total row left out; count says 70, the rows add up to 7" in told


def test_a_column_that_no_sheet_of_a_table_has_is_told_at_the_first_heading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = book()
    head, *rows = [[*row[:1], *row[2:]] for row in tables.pop("referrals")]  # no day received
    tables |= {"Referrals 2020": [head, *rows[:2]], "Referrals 2021": [head, *rows[2:]]}
    code, told = check(write_xlsx(tmp_path / "b.xlsx", tables), capsys)
    assert code == 2
    where = "b.xlsx, sheet Referrals 2020, row 1, column received"
    assert f"{where}: found no such column; expected a date" in told


def test_an_agency_that_stands_alone_in_other_rows_is_known_beside_a_person(tmp_path: Path) -> None:
    """By hand: 3 of Sussex Police, one by a constable; of Sea Homes, named nowhere alone, 1."""
    names = ["Sussex Police", "Sussex Police (PC Smith)", "sussex police", "Sea Homes - Mrs Jones"]
    rows = [f"R{n},2023-04-0{n + 1},{name},accepted" for n, name in enumerate(names)]
    text = "\n".join(["referral_id,received,agency,decision", *rows])
    (tmp_path / "referrals.csv").write_text(text, encoding="utf-8")
    agencies = load(tmp_path).table("referrals")["agency"].tolist()
    assert agencies == [*["Sussex Police"] * 3, "An individual"]


def test_an_agency_in_capitals_is_the_same_agency(tmp_path: Path) -> None:
    """By hand: Sussex Police 4 (2, 1 and 1 in three writings), Sea Homes 2."""
    names = ["Sussex Police", "SUSSEX POLICE", "sussex  police", "Sussex Police", "SEA HOMES"]
    rows = [
        f"R{n},2023-04-0{n + 1},{name},accepted" for n, name in enumerate([*names, "Sea Homes"])
    ]
    text = "\n".join(["referral_id,received,agency,decision", *rows])
    (tmp_path / "referrals.csv").write_text(text, encoding="utf-8")
    head = "project_id,title,problem,lead_agency,partners,response_start,stage,primary_measure"
    row = "P1,A,B,SUSSEX police,Sea Homes; sussex Police; Sea homes,2023-01-01,response,Burglary"
    (tmp_path / "projects.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    data = load(tmp_path)
    counts = data.table("referrals")["agency"].value_counts().to_dict()
    assert sorted(counts.values()) == [2, 4]
    assert counts["Sussex Police"] == 4
    project = data.table("projects").iloc[0]
    assert project["lead_agency"] == "Sussex Police"
    homes = next(name for name in counts if name != "Sussex Police")
    assert project["partners"] == f"{homes}; Sussex Police"


def test_a_ward_that_is_not_known_is_none(tmp_path: Path) -> None:
    """By hand: 1 of Castle, 3 of no ward; a ward of its own would be shown as one."""
    wards = ["Castle", "n/k", "Not known", "Unknown"]
    rows = [f"R{n},2023-04-0{n + 1},NHS,accepted,{ward}" for n, ward in enumerate(wards)]
    text = "\n".join(["referral_id,received,agency,decision,ward", *rows])
    (tmp_path / "referrals.csv").write_text(text, encoding="utf-8")
    data = load(tmp_path)
    ward = data.table("referrals")["ward"]
    assert (ward.dropna().tolist(), int(ward.isna().sum())) == (["Castle"], 3)
    assert any("read as no ward (in 3 rows, first in row 3)" in f.text for f in data.findings)
