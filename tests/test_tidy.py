"""Cells one by one: what is read is read alike however it is written, the rest is refused."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.aliases import fold, packaged, plain
from mtf_eval.records.reading.cells import CellError, Context, Unreadable, describe, read_cell
from mtf_eval.records.reading.grids import Grid
from mtf_eval.records.reading.tidy import tidy
from mtf_eval.records.tables import KINDS, TABLES

PLAIN = Context(aliases=packaged())


def read(rows: list[list[Any]], table: str = "monthly_referrals") -> Any:
    return tidy(Grid(table=table, file="f", rows=rows), aliases=packaged())


@given(st.integers(-(10**11), 10**11))
def test_whole_numbers_come_back(number: int) -> None:
    ways = [number, float(number), str(number), f"{number:,}", f" {number}\u00a0", f"{number}.0"]
    if number < 0:
        ways.append(f"({-number:,})")
    assert {read_cell(way, "whole", PLAIN)[0] for way in ways} == {number}


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False))
def test_money_comes_back(amount: Any) -> None:
    sign, size = "-" if amount < 0 else "", abs(amount)
    ways = [f"{sign}{size}", f"{sign}£{size:,}", f"{sign}GBP {size}", f"{sign}{size:,} "]
    assert {read_cell(way, "money", PLAIN)[0] for way in ways} == {float(amount)}


@given(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)))
def test_days_come_back(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    ways = [day, f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}", f"{day:%d %b %Y}", f"{day:%Y%m%d}", serial]
    assert {read_cell(way, "date", PLAIN)[0].date() for way in ways} == {day}


@given(
    st.one_of(
        st.text(), st.floats(), st.integers(), st.booleans(), st.dates(), st.times(), st.datetimes()
    ),
    st.sampled_from(sorted(KINDS)),
)
def test_any_cell_is_read_or_refused(value: object, kind: str) -> None:
    context = Context(aliases=packaged(), scope="decision", allowed=("accepted", "rejected"))
    with suppress(Unreadable):
        read_cell(value, kind, context)
    assert describe(value, kind, KINDS[kind].quotable)


@pytest.mark.parametrize("kind", ["id", "text", "texts", "agency", "agencies", "area", "measure"])
@pytest.mark.parametrize("value", ["Ann Example", "12 High St", "CT9 1AA", "4", 7])
def test_names_and_free_text_are_never_quoted(kind: str, value: object) -> None:
    assert str(value) not in describe(value, kind, KINDS[kind].quotable).replace("of 4", "")


@pytest.mark.parametrize("value", ["01843 123456", "9434765919", "AB123456C", "Ann Lee", "a@b.uk"])
def test_numbers_that_may_be_somebodys_are_not_quoted(value: str) -> None:
    for kind in ("whole", "date", "month", "money", "share"):
        assert value not in describe(value, kind, True)


def test_errors_of_a_spreadsheet_are_refused_for_every_kind() -> None:
    for kind in KINDS:
        with pytest.raises(Unreadable):
            read_cell(CellError("the error #REF!", "mend it"), kind, PLAIN)


@given(st.text())
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert plain(plain(text)) == plain(text)


def test_rows_that_are_no_data_are_left_out_and_told() -> None:
    head = ["Month", "Total refs", "Accepted", "Rejected", "SARAs", "Completed", "Last updated"]
    rows = [
        ["MTF referrals 2021"],
        head,
        ["Jan 2021", 17, 10, 7, 0, 10, "15/12/2021"],
        head,
        ["Feb 2021", 16, 15, 1, 0, 15, "15/12/2021"],
        ["Sub-total", 33, 25, 8, 0, 25],
        ["Mar 2021", 22, 20, 2, 0, 20, "15/12/2021"],
        ["Grand total", 55, 45, 10, 0, 45],
        [],
        ["Last updated 15/12/2021"],
    ]
    out = read(rows)
    assert not out.problems
    assert out.frame["received"].tolist() == [17, 16, 22]
    assert out.frame.index.tolist() == [3, 5, 7]
    told = [f.text for f in out.findings]
    assert "2 total rows left out, first here; they agree with the rows" in told
    assert "headings repeated among the rows left out" in told
    assert "a note under the rows left out" in told


@pytest.mark.parametrize(
    "word", ["Total", "TOTALS:", "grand total", "Sub-total", "sub total", "Subtotal"]
)
def test_a_row_of_totals_is_known_by_its_word(word: str) -> None:
    head = ["month", "received", "accepted", "rejected", "saras", "completed", "as_at"]
    out = read([head, ["2021-01", 17, 10, 7, 0, 10, "2021-12-15"], [word, 17, 10, 7, 0, 10]])
    assert not out.problems
    assert out.frame["received"].tolist() == [17]


def test_the_colour_of_a_blank_cell_is_a_rating_in_that_column_alone() -> None:
    head = ["priority", "number", "action", "progress", "rag", "updated"]
    rows = [head, ["P1", 1, "Patrols", None, None, "2021-12-15"]]
    grid = Grid(table="priority_progress", file="f", rows=rows, fill=lambda row, place: "red")
    out = tidy(grid, aliases=packaged())
    assert not out.problems
    assert out.frame["rag"].tolist() == ["red"]
    assert out.frame["progress"].isna().all()


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        (True, "choice", "yes"),
        (False, "choice", "no"),
        (7.0, "text", "7"),
        (dt.datetime(2021, 5, 1), "text", "2021-05-01"),
        (dt.datetime(2021, 5, 1, 0, 30), "text", "2021-05-01 00:30:00"),
        ("a;; b ;", "texts", "a; b"),
        (44317.0, "date", dt.datetime(2021, 5, 1)),
    ],
)
def test_what_excel_holds_is_read_as_it_is_shown(cell: object, kind: str, value: object) -> None:
    context = replace(PLAIN, allowed=("yes", "no"))
    read, note = read_cell(cell, kind, context)
    assert read == value
    assert ("Excel day number" in note) == (kind == "date")
    assert "time" not in note


@pytest.mark.parametrize(("length", "quoted"), [(20, True), (21, False)])
def test_a_listed_word_is_quoted_while_it_is_short(length: int, quoted: bool) -> None:
    said = describe("x" * length, "choice", True)
    assert said == (repr("x" * length) if quoted else f"text of {length} characters")
    assert describe("Ann Lee to chase", "choice", True) == "text of 16 characters"
    assert describe("Not Yet Decided", "choice", True) == "'Not Yet Decided'"


def test_headings_are_told_of_by_their_own_row() -> None:
    head = ["month", "received", "received", "accepted"]
    out = read([["MTF referrals 2021"], [], head, ["2021-01", 1, 2, 1]])
    assert {p.row for p in out.problems if p.found == "the same column twice"} == {3}
    assert {p.row for p in out.problems if p.column is None or "column" in p.found} == {3}


def test_many_problems_of_one_sort_are_told_once_and_counted() -> None:
    head = list(TABLES["monthly_referrals"].columns)
    rows = [["2021-01", "x", 1, 1, 1, 1, "2021-12-15"] for _ in range(500)]
    told = str(DataProblems(read([head, *rows]).problems)).splitlines()
    (line,) = [t for t in told if "column received" in t]
    assert "row 2, column received" in line
    assert "500 times" in line


def test_a_message_names_further_rows_and_what_differs_there() -> None:
    def at(row: int, found: str) -> Problem:
        return Problem(file="costs.csv", found=found, expected="a date", row=row, column="date")

    said = str(
        DataProblems([at(4, "a"), *(at(n, "a") for n in (5, 6, 7)), at(9, "b"), at(11, "a")])
    )
    assert said == (
        "6 problem(s) in the input:\n  - costs.csv, row 4, column date: found a (and so 6 times, "
        "first here; then rows 5 to 7, row 9: b, row 11); expected a date"
    )
    many = str(DataProblems([at(row, "a") for row in range(3, 43, 2)]))
    assert "20 times, first here; then row 5, row 7, row 9, row 11, row 13 and 14 more)" in many
    across = str(DataProblems([at(3, "text of 5 characters"), at(3, "b"), at(4, "b"), at(4, "c")]))
    assert "4 times, first here; then row 4: b and 2 more)" in across
    long = str(DataProblems([at(3, "text of 5 characters"), at(4, "text of 19 characters")]))
    assert "found text of 5 characters (and so 2 times, first here; then row 4); " in long
    nowhere = Problem(file="costs.csv", found="a", expected="a date")
    assert "found a (and so 2 times, first here); expected" in str(DataProblems([nowhere, nowhere]))
