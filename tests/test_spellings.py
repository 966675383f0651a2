"""One spelling of each name throughout, several names in one cell, marks for what is not yet."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from books import Book, book, write_xlsx

from mtf_eval import load
from mtf_eval.records.aliases import fold, packaged
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.reading.cells import NOT_YET, Context, Unreadable, read_cell

DAY = dt.date(2021, 12, 31)


def read(folder: Path, tables: Book) -> Dataset:
    return load(write_xlsx(folder / "b.xlsx", tables))


def told(data: Dataset, table: str, kind: str = "warning") -> list[str]:
    return [f.text for f in data.findings if (f.table, f.kind) == (table, kind)]


def themed(*cells: str) -> Book:
    tables = book()
    head, first, *_ = tables["referrals"]
    rows = [[f"R{n}", *first[1:6], cell] for n, cell in enumerate(cells)]
    tables["referrals"] = [head, *rows]
    return tables


def test_themes_are_parted_where_each_part_stands_alone_elsewhere(tmp_path: Path) -> None:
    mixed = [
        "Drugs, alcohol",
        "Drugs + Alcohol",
        "drugs/alcohol",
        "Alcohol | Drugs",
        "Drugs,Alcohol",
    ]
    data = read(tmp_path, themed("Drugs", "Alcohol", "Housing/Homelessness", *mixed))
    counts = Counter(
        theme for cell in data.table("referrals")["criteria"] for theme in cell.split("; ")
    )
    assert counts == {"Drugs": 6, "Alcohol": 6, "Housing/Homelessness": 1}
    assert not any("several?" in text for text in told(data, "referrals"))


def test_two_themes_joined_by_and_are_asked_about(tmp_path: Path) -> None:
    data = read(tmp_path, themed("Drugs", "Alcohol", "Drugs and alcohol", "Drugs & alcohol"))
    assert "Drugs and alcohol" in {*data.table("referrals")["criteria"]}
    (text,) = (t for t in told(data, "referrals") if "several?" in t)
    assert "in 2 row(s)" in text
    alone = read(tmp_path, themed("Drugs and alcohol", "Alcohol"))
    assert not any("several?" in text for text in told(alone, "referrals"))


@pytest.mark.parametrize(
    ("one", "other"), [("A.S.B.", "asb"), ("T.D.C", "TDC"), ("St. Peter's", "st peters")]
)
def test_points_between_initials_make_no_other_name(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fold("v1.2") == "v1 2"


def test_what_rows_are_put_together_by_has_one_spelling(tmp_path: Path) -> None:
    tables = book()
    head = ["block", "measure", "agency", "category", "period_start", "period_end", "count",
            "counts_people", "as_at"]  # fmt: skip
    tables["activity"] = [head] + [
        ["Domestic abuse support", "visits", "NHS", kind, dt.date(2021, m, 1), dt.date(2021, m, 28),
         9, "yes", DAY]
        for m, kind in enumerate(("High", "high ", "HIGH"), start=1)
    ]  # fmt: skip
    tables["survey_questions"] = [["question_id", "text", "scale"], ["Q1", "Safe?", "No; Yes"]]
    tables["survey_responses"] = [
        ["project_id", "wave", "date", "question_id", "answer", "channel"]
    ]
    tables["survey_responses"] += [
        ["P1", "entry", dt.date(2021, 3, day), "Q1", "Yes", channel]
        for day, channel in enumerate(("Online", "online", "ON-LINE", "Online"), start=1)
    ]
    data = read(tmp_path, tables)
    assert {*data.table("activity")["category"]} == {"High"}
    # Pages look for their blocks by these names, as in the published figures of 2021.
    assert {*data.table("activity")["block"]} == {"domestic_abuse_support"}
    assert {*data.table("survey_responses")["channel"]} == {"Online", "ON-LINE"}


def test_two_names_of_one_measure_are_asked_about_and_one_word_in_two_is_one(
    tmp_path: Path,
) -> None:
    tables = book()
    tables["incidents"] = [["month", "area_code", "measure", "count"]] + [
        [dt.date(2021, m, 1), "E01000001", name, 5]
        for m, name in enumerate(
            ("Anti-social behaviour", "Antisocial behaviour", "Anti-social Behaviour", "ASB"), 1
        )
    ]
    data = read(tmp_path, tables)
    counts = data.table("incidents").groupby("measure")["count"].sum().to_dict()
    assert counts == {"Anti-social behaviour": 15, "ASB": 5}
    said = "Anti-social behaviour and ASB are counted apart"
    assert any(text.startswith(said) for text in told(data, "incidents"))


def test_codes_of_priorities_are_parted_and_one_that_is_none_is_told(tmp_path: Path) -> None:
    tables = book()
    tables["agency_priorities"] = [["code", "agency", "priority"]]
    tables["agency_priorities"] += [["KP1", "NHS", "fewer"], ["KP2", "NHS", "more"]]
    tables["agency_priorities"] += [["C&YP", "NHS", "children"]]
    head = ["action_id", "project_id", "description", "agency", "status", "priority_codes"]
    cells = ["KP1, KP2", "KP1/kp2", "KP1 & KP2", "kp1", "KP1; kp1", "c&yp", "C&YP; KP1", "KP9, KP1"]
    tables["actions"] = [head] + [
        [f"A{n}", "P1", "a walk", "NHS", "completed", cell] for n, cell in enumerate(cells)
    ]
    data = read(tmp_path, tables)
    codes = data.table("actions")["priority_codes"].tolist()
    assert codes == ["KP1; KP2"] * 3 + ["KP1", "KP1", "C&YP", "C&YP; KP1", "KP9, KP1"]
    (text,) = (t for t in told(data, "actions") if "agency_priorities" in t)
    assert text.startswith("1 row(s) with a code")


@pytest.mark.parametrize(
    "written",
    ["Ongoing - monitoring", "Open (review June)", "N/A - ongoing", "O/G", "active", "Monitoring"],
)
def test_a_day_that_has_not_come_however_it_is_said(written: str) -> None:
    context = Context(aliases=packaged(), optional=True)
    assert read_cell(written, "date", context) == (None, NOT_YET)


@pytest.mark.parametrize("written", ["Open - closed 05/06/2023", "ongoing until 5 June", "no idea"])
def test_a_day_in_other_words_is_refused_with_what_to_do(written: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_cell(written, "date", Context(aliases=packaged(), optional=True))
    assert "leave it empty" in caught.value.todo


def test_a_total_of_one_kind_of_cost_agrees_and_an_award_not_won_is_asked_about(
    tmp_path: Path,
) -> None:
    tables = book()  # 40 hours at £25.50 are £1,020
    tables["costs"] += [["Total cash", *[None] * 4, 1234.5], ["Total in kind", *[None] * 4, 1020]]
    tables["funding"] = [
        ["bid_id", "funder", "submitted", "status", "requested_gbp", "awarded_gbp"],
        ["B1", "A fund", dt.date(2021, 1, 10), "refused", 5000, 4000],
    ]
    data = read(tmp_path, tables)
    assert not any("add up to" in text for text in told(data, "costs"))
    assert any("not won" in text for text in told(data, "funding"))
    assert not any("only grow" in text for text in told(data, "costs"))
    # What is not decided has no award; 50,000 of 5,000 may be a slip; 1,000 to 6,000 are 6,000.
    waiting = ["B2", "A fund", dt.date(2021, 1, 10), "submitted", 5000, 4000]
    tables["funding"] = [tables["funding"][0], waiting, [*waiting[:3], "awarded", 5000, 50_000]]
    tables["funding"][2][0] = "B3"
    first = tables["costs"][1]
    tables["costs"] = tables["costs"][:1] + [
        [first[0], "NHS", "Nurse", dt.date(2021, m, 28), "cash", 1000 * m] for m in range(1, 7)
    ]
    data = read(tmp_path, tables)
    said = told(data, "funding")
    assert [sum(w in text for text in said) for w in ("not won", "more awarded")] == [1, 1]
    assert sum("only grow: sums to date?" in text for text in told(data, "costs")) == 1
