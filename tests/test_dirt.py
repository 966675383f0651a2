"""The eighteen kinds of dirt: each a real file, and what reading it says or gives."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from books import DAY, Book, book, write_folder, write_xlsx
from openpyxl.styles import PatternFill

from mtf_eval import load
from mtf_eval.errors import DataProblems
from mtf_eval.records.dataset import Dataset


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    def _read(tables: Book, touch: Callable[[openpyxl.Workbook], None] | None = None) -> Dataset:
        return load(write_xlsx(tmp_path / "book.xlsx", tables, touch))

    return _read


def told(data: Dataset, kind: str = "repaired") -> str:
    return "\n".join(
        f"{f.table} {f.sheet} {f.row} {f.column}: {f.text}" for f in data.findings if f.kind == kind
    )


def refusal(read: Callable[..., Dataset], *args: object) -> str:
    with pytest.raises(DataProblems) as caught:
        read(*args)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_clean_book_is_clean(read: Callable[..., Dataset], tmp_path: Path) -> None:
    data = read(book())
    assert not data.findings
    assert data.table("referrals")["received"].tolist()[0] == pd.Timestamp(2021, 1, 5)
    assert data.table("costs")["amount_gbp"].sum() == 1234.5
    assert load(write_folder(tmp_path / "csv", book())).digest == data.digest


# 1 dates


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("2021-01-05", ""),
        ("05/01/2021", "day/month/year"),
        ("5.1.2021", "day/month/year"),
        ("05/01/21", "day/month/year"),
        ("1st Jan 21", "month in words"),
        ("Tuesday 5 January 2021", "month in words"),
        ("2021-01-05T09:30:00", "time of day"),
        ("20210105", "ISO"),
        (dt.datetime(2021, 1, 5, 9, 30), "time of day"),
    ],
)
def test_dates_are_day_first(read: Callable[..., Dataset], written: object, note: str) -> None:
    tables = book()
    tables["referrals"][1][1] = written
    data = read(tables)
    day = 1 if "1st" in str(written) else 5
    assert data.table("referrals")["received"][0] == pd.Timestamp(2021, 1, day)
    assert note in told(data)
    assert bool(note) == bool(told(data))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("01/25/2021", "month first"),
        ("05/06/07", "year in full"),
        ("31/02/2021", "a day of the calendar"),
        ("last week", "a date"),
        ("5/1", "a date"),
        (12.5, "a date, not a bare number"),
    ],
)
def test_dates_that_are_not_certain(
    read: Callable[..., Dataset], written: object, expected: str
) -> None:
    tables = book()
    tables["referrals"][2][1] = written
    message = refusal(read, tables)
    assert "book.xlsx, sheet referrals, row 3, column received" in message
    assert expected in message


def test_dates_that_an_american_excel_exchanged(read: Callable[..., Dataset]) -> None:
    tables = book()
    received = [DAY(2021, 5, 1), "25/01/2021", DAY(2021, 2, 3), DAY(2021, 3, 4)]
    for row, value in zip(tables["referrals"][1:], received, strict=True):
        row[1], row[4], row[5] = value, None, None
    assert "day and month of the date cells were probably exchanged" in refusal(read, tables)


# 2 serial numbers


def test_serial_numbers(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][1][1] = 44197
    data = read(tables)
    assert data.table("referrals")["received"][0] == pd.Timestamp(2021, 1, 1)
    assert "Excel day number (from 1900)" in told(data)


def test_serial_numbers_from_1904(read: Callable[..., Dataset]) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        wb.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    tables = book()
    tables["referrals"][1][1] = 44197 - 1462
    data = read(tables, touch)
    received = data.table("referrals")["received"]
    assert received[0] == pd.Timestamp(2021, 1, 1)
    assert received[1] == pd.Timestamp(2021, 1, 25)
    assert "Excel day number (from 1904)" in told(data)


# 3 months


@pytest.mark.parametrize("written", ["Sept 2020", "SEPT 20", "Sep-20", "2020-09", "09/2020"])
def test_months_in_words(read: Callable[..., Dataset], written: str) -> None:
    tables = book()
    tables["monthly_referrals"][1][0] = written
    data = read(tables)
    assert pd.Timestamp(2020, 9, 1) in set(data.table("monthly_referrals")["month"])


def test_months_without_a_year(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["monthly_referrals"][1][0] = "Sept"
    assert "found 'Sept'; expected a month with its year" in refusal(read, tables)
    tables["about"] = [["key", "value"], ["year", "2020"]]
    assert read(tables).table("monthly_referrals")["month"][0] == pd.Timestamp(2020, 9, 1)


def test_a_day_is_no_month(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["incidents"][1][0] = DAY(2021, 5, 21)
    assert "a day within the month was given" in refusal(read, tables)


# 4 title rows and headings


def test_titles_above_the_headings(read: Callable[..., Dataset]) -> None:
    tables = book()
    clean = read(tables)
    rows = tables["referrals"]
    titled = [["MTF referrals"], ["Exported 3 May"], [], ["", *rows[0]]]
    tables["referrals"] = [*titled, *(["", *r] for r in rows[1:]), *([[]] * 3)]
    data = read(tables)
    assert "2 title row(s) above the headings" in told(data)
    pd.testing.assert_frame_equal(data.table("referrals"), clean.table("referrals"))
    tables["referrals"][5][2] = "soon"
    assert "row 6, column received" in refusal(read, tables)


def test_cells_far_below_without_content(read: Callable[..., Dataset]) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        wb["referrals"]["A1048576"].fill = PatternFill("solid", fgColor="FFFFFF")

    assert len(read(book(), touch).table("referrals")) == 4


def test_columns_without_heading_or_unknown(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][0] += ["Officer", None]
    for row in tables["referrals"][1:]:
        row += ["Jo Smith", "x"]
    data = read(tables)
    assert "Officer: unknown column, not read" in told(data, "warning")
    assert "1 column(s) without a heading" in told(data, "warning")
    assert "Smith" not in told(data, "warning")
    assert "Officer" not in data.table("referrals")


# 5 totals


def test_total_rows_are_dropped_and_checked(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["monthly_referrals"] += [["TOTAL", 1155, 1045, 110, 0, 45, None]]
    data = read(tables)
    assert len(data.table("monthly_referrals")) == 3
    assert "total row left out; it agrees with the rows" in told(data)
    tables["monthly_referrals"][-1][1] = 1156
    wrong = told(read(tables), "warning")
    assert "5 : total row left out; received says 1,156, the rows add up to 1,155" in wrong


@pytest.mark.parametrize("words", ["Q1 total", "Total for April and May", "Sub-total"])
def test_totals_of_a_part_are_dropped_and_checked(read: Callable[..., Dataset], words: str) -> None:
    tables = book()
    months = tables["monthly_referrals"]
    first, second = months[1][1:5], months[2][1:5]
    part = [words, *(a + b for a, b in zip(first, second, strict=True)), None, None]
    whole = ["Total", 1155, 1045, 110, 0, 45, None]
    tables["monthly_referrals"] = [*months[:3], part, *months[3:], whole]
    data = read(tables)
    assert len(data.table("monthly_referrals")) == 3
    assert "2 total rows left out, first here; they agree with the rows" in told(data)
    part[1] += 1
    wrong = told(read(tables), "warning")
    given = f"{first[0] + second[0] + 1:,} , the rows add up to {first[0] + second[0]:,}"
    assert f"total row left out; received says {given.replace(' ,', ',')}" in wrong


def test_a_question_left_blank_is_no_answer(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["survey_questions"] = [
        ["question_id", "text", "scale", "favourable"],
        ["safe", "How safe do you feel?", "Unsafe; Safe", "high"],
    ]
    given = ["Safe", None, "n/a", "Unsafe"]
    tables["survey_responses"] = [
        ["project_id", "wave", "date", "question_id", "answer"],
        *(["P1", "entry", DAY(2021, 5, 3 + n), "safe", a] for n, a in enumerate(given)),
    ]
    data = read(tables)
    answers = data.table("survey_responses")["answer"].tolist()
    assert answers == ["Safe", "No answer", "No answer", "Unsafe"]
    assert "no answer read as not answered" in told(data)


# 6 agencies


@pytest.mark.parametrize("written", ["KFRS", "kent fire and rescue service ", "KENT FIRE & RESCUE"])
def test_agencies_in_other_spellings(read: Callable[..., Dataset], written: str) -> None:
    tables = book()
    tables["referrals"][1][2] = written
    data = read(tables)
    assert data.table("referrals")["agency"][0] == "Kent Fire & Rescue Service"
    assert "agency written under its usual name" in told(data)


def test_unknown_agencies_are_listed(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][1][2] = "Harbour Trust"
    data = read(tables)
    assert data.table("referrals")["agency"][0] == "Harbour Trust"
    assert "Harbour Trust" in told(data, "note")
    tables["aliases"] = [["alias", "name"], ["Harbour Trust", "Harbour Housing Trust"]]
    data = read(tables)
    assert data.table("referrals")["agency"][0] == "Harbour Housing Trust"
    assert not told(data, "note")


# 7 characters and encodings


def test_odd_characters(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][1][:3] = ["R\u2013001\u00a0", " 2021\u201101\u201105", "Kent\u00a0Police "]
    data = read(tables)
    row = data.table("referrals").iloc[0]
    assert (row["referral_id"], row["agency"]) == ("R-001", "Kent Police")
    assert row["received"] == pd.Timestamp(2021, 1, 5)
    assert "spaces, quotes or dashes tidied" in told(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    folder = write_folder(tmp_path / "csv", book())
    rows = ["project_id|agency|item|date|kind|amount_gbp", "P1|NHS|Café £5|2021-07-01|cash|1234.5"]
    text = "\r\n".join(rows).replace("|", separator)
    (folder / "costs.csv").write_bytes(text.encode(encoding))
    costs = load(folder).table("costs")
    assert costs["item"].tolist() == ["Café £5"]
    assert costs["amount_gbp"].tolist() == [1234.5]


def test_decimal_commas_are_not_guessed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "csv", book())
    rows = ["project_id;agency;item;date;kind;amount_gbp", "P1;NHS;Visits;2021-07-01;cash;1,250"]
    (folder / "costs.csv").write_text("\n".join(rows))
    assert "a comma may mean two things here" in refusal(load, folder)


# 8 marks for nothing


@pytest.mark.parametrize("mark", ["N/A", "n/a", "-", "--", "TBC", "nil", "–"])
def test_marks_for_nothing_are_missing_not_zero(read: Callable[..., Dataset], mark: str) -> None:
    tables = book()
    tables["costs"][2][6:8] = [mark, mark]
    tables["referrals"][2][5] = mark
    data = read(tables)
    assert pd.isna(data.table("costs")["hours"][1])
    assert "read as missing, not as 0" in told(data)
    tables["monthly_referrals"][1][4] = mark
    message = refusal(read, tables)
    assert "row 2, column saras" in message
    assert "write 0 where it is none" in message


def test_zero_is_zero(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["monthly_referrals"][1][4] = "0 "
    assert read(tables).table("monthly_referrals")["saras"][0] == 0


# 9 money, 11 thousands


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("£1,234.50", 1234.5),
        ("GBP 1,234.50", 1234.5),
        ("1234.50 ", 1234.5),
        ("(300)", -300),
        ("-£300", -300),
        ("£(300)", -300.0),
        ("(500 GBP)", -500),
        ("(500£)", -500),
        ("(-£500)", -500),
        ("-£(500)", None),
        ("1.2k", None),
        ("2m", None),
        ("1,23", None),
        ("12,34.5", None),
        ("about 50", None),
    ],
)
def test_money(read: Callable[..., Dataset], written: str, value: float | None) -> None:
    tables = book()
    tables["costs"][2][5] = written
    if value is None:
        message = refusal(read, tables)
        assert "sheet costs, row 3, column amount_gbp" in message
        return
    assert read(tables).table("costs")["amount_gbp"][1] == value


def test_counts_with_commas(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["monthly_referrals"][2][1] = "19,247"
    data = read(tables)
    assert data.table("monthly_referrals")["received"][1] == 19247
    assert "thousands comma left off" in told(data)
    tables["monthly_referrals"][2][1] = 12.5
    assert "found 12.5; expected a whole number" in refusal(read, tables)


def test_shares_in_per_cent(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["project_measures"][1][2] = "-20%"
    assert read(tables).table("project_measures")["target_change"][0] == -0.2
    tables["project_measures"][1][2] = -20
    assert "found -20; expected -1 or more" in refusal(read, tables)


# 10 duplicates


def test_the_same_row_twice(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"] += [tables["referrals"][1], ["r-001", *tables["referrals"][1][1:]]]
    data = read(tables)
    assert len(data.table("referrals")) == 4
    assert "the same row twice: read once (in 2 rows, first in row 6)" in told(data)


def test_the_same_reference_for_two(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"] += [["r-001", *tables["referrals"][2][1:]]]
    message = refusal(read, tables)
    assert "row 6, column referral_id: found the same referral_id as row 2" in message


def test_the_same_figure_twice_is_read_once(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["incidents"] += [tables["incidents"][2]]
    data = read(tables)
    assert data.table("incidents")["count"].sum() == 12 + 7 + 5
    assert "incidents 5 : the same row twice: read once" in told(data)


def test_two_figures_of_one_month_area_and_measure_are_refused(
    read: Callable[..., Dataset],
) -> None:
    """Among sums by month, of which no other stands there twice."""
    tables = book()
    head, *rows = tables["incidents"]
    at = head.index("count"), head.index("area_code")
    many = [
        [c if i != at[1] else f"E0102{n:04d}" for i, c in enumerate(rows[0])] for n in range(60)
    ]
    again = [c if i != at[0] else 99 for i, c in enumerate(many[7])]
    tables["incidents"] = [head, *rows, *many, again]
    message = refusal(read, tables)
    assert f"row {len(tables['incidents'])}, column count" in message
    assert "the same month, area and measure as a row before, with another count" in message
    # Where a table has several rows for each, they are parts of one figure.
    parts = [[c if i != at[0] else 3 + n % 5 for i, c in enumerate(r)] for n, r in enumerate(many)]
    tables["incidents"] = [head, *many, *parts]
    assert not read(tables).table("incidents").duplicated(["month", "area_code"]).any()


def test_referred_again_is_real(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"] += [["R-009", *tables["referrals"][1][1:]]]
    data = read(tables)
    assert len(data.table("referrals")) == 5
    assert "differ from another only in their reference" in told(data, "warning")


# 12 ratings


@pytest.mark.parametrize(
    ("written", "rag"),
    [("Grn", "green"), ("AMBER/GREEN", "amber"), ("R", "red"), ("Completed", "complete")],
)
def test_ratings_in_words(read: Callable[..., Dataset], written: str, rag: str) -> None:
    tables = book()
    tables["priority_progress"][1][3] = written
    data = read(tables)
    assert data.table("priority_progress")["rag"][0] == rag
    assert told(data)


@pytest.mark.parametrize(
    ("colour", "rag"),
    [
        ("FF0000", "red"),
        ("FFC7CE", "red"),
        ("FFC000", "amber"),
        ("FFEB9C", "amber"),
        ("ED7D31", "amber"),
        ("00B050", "green"),
        ("C6EFCE", "green"),
        ("FFFFFF", None),
        ("BFBFBF", None),
        ("0070C0", "unclear"),
    ],
)
def test_ratings_as_colour_only(read: Callable[..., Dataset], colour: str, rag: str | None) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        cell = wb["priority_progress"]["D2"]
        cell.value, cell.fill = None, PatternFill("solid", fgColor=colour)

    data = read(book(), touch)
    value = data.table("priority_progress")["rag"][0]
    if rag in ("red", "amber", "green"):
        assert value == rag
        assert "fill colour of the cell read as a word" in told(data)
    else:
        assert pd.isna(value)
        assert ("no clear rating" in told(data, "warning")) == (rag == "unclear")


# 13 several values in a cell


def test_several_values_in_a_cell(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][1][6] = "Social issues\nRisk or harm"
    tables["projects"][0].append("partners")
    tables["projects"][1].append("NHS, KFRS")
    data = read(tables)
    assert data.table("referrals")["criteria"][0] == "Social issues; Risk or harm"
    assert data.table("projects")["partners"][0] == "NHS; Kent Fire & Rescue Service"


# 14 order of dates


def test_closed_before_received(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][1][5] = DAY(2020, 12, 31)
    message = refusal(read, tables)
    assert "row 2, column closed: found 2020-12-31; expected closed on or after received" in message


def test_dates_after_the_last_update(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["about"] = [["key", "value"], ["as_at", "2021-03-01"]]
    warned = told(read(tables), "warning")
    assert "referrals referrals 5 received: 1 date(s) after the day the data were last up" in warned


def test_an_area_that_no_incident_names(read: Callable[..., Dataset]) -> None:
    tables = book()
    assert "no incident has this area" not in told(read(tables), "warning")
    unknown = [*tables["project_areas"][1]]
    unknown[tables["project_areas"][0].index("area_code")] = "E09999999"
    tables["project_areas"].append(unknown)
    warned = told(read(tables), "warning")
    row = len(tables["project_areas"])
    assert f"project_areas project_areas {row} area_code: no incident has this area" in warned
    assert "E09999999" not in warned
    del tables["incidents"]
    assert "no incident has this area" not in told(read(tables), "warning")


# 15 errors and formulas


def test_formula_without_a_value(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["monthly_referrals"][2][1] = "=10+7"
    message = refusal(read, tables)
    assert "row 3, column received: found a formula without a value" in message


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#NAME?"])
def test_error_cells_even_where_nothing_is_needed(read: Callable[..., Dataset], error: str) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        cell = wb["costs"]["F2"]
        cell.value, cell.data_type = error, "e"

    message = refusal(read, book(), touch)
    assert f"sheet costs, row 2, column amount_gbp: found the error {error}" in message


@pytest.mark.parametrize(
    "error", ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "=A1+B1", "Err:502", "####"]
)
def test_errors_in_a_csv_file_are_refused_as_in_a_workbook(tmp_path: Path, error: str) -> None:
    for table, column in (("projects", "response_end"), ("costs", "amount_gbp")):
        tables = book()
        place = tables[table][0].index(column) if column in tables[table][0] else None
        if place is None:
            tables[table][0].append(column)
            tables[table][1].append(error)
        else:
            tables[table][2][place] = error
        with pytest.raises(DataProblems, match=f"column {column}: found .*not a spreadsheet error"):
            load(write_folder(tmp_path / table, tables))


# 16 hidden things


def test_hidden_sheets_and_rows_are_noted(read: Callable[..., Dataset]) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        wb["costs"].sheet_state = "hidden"
        wb["referrals"].row_dimensions[3].hidden = True
        wb["referrals"].auto_filter.ref = "A1:G5"
        wb.create_sheet("Pivot").sheet_state = "hidden"

    data = read(book(), touch)
    notes = told(data, "note")
    assert "costs costs None : hidden sheet, read like the others" in notes
    assert "1 hidden row(s)" in notes
    assert "a filter is set" in notes
    assert "Pivot None : hidden sheet is no table" in notes
    assert len(data.table("referrals")) == 4


# 17 is the matter of what leaves. 18 renamed columns


def test_headings_and_sheets_under_other_names(read: Callable[..., Dataset]) -> None:
    tables = book()
    clean = read(tables)
    tables["Referral log"] = tables.pop("referrals")
    tables["Referral log"][0] = [
        "Ref no", "Date received", "Referring agency", "Outcome", "Status", "Date closed", "Themes",
    ]  # fmt: skip
    data = read(tables)
    pd.testing.assert_frame_equal(data.table("referrals"), clean.table("referrals"))
    assert "headings read as referral_id (Ref no), received" in told(data)
    tables["Referral log"][0][0] = "MTF number"
    tables["aliases"] = [
        ["scope", "alias", "name"],
        ["heading", "MTF number", "referral_id"],
        ["sheet", "Bezüge", "costs"],
    ]
    tables["Bezüge"] = tables.pop("costs")
    pd.testing.assert_frame_equal(read(tables).table("costs"), clean.table("costs"))


# Merged cells


def test_merged_agencies_are_filled(read: Callable[..., Dataset]) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        wb["referrals"].merge_cells("C2:C4")

    data = read(book(), touch)
    assert data.table("referrals")["agency"].tolist()[:3] == ["Kent Police"] * 3
    assert "merged cell read for each of its rows" in told(data)


def test_merged_numbers_are_refused(read: Callable[..., Dataset]) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        wb["monthly_referrals"].merge_cells("B2:B3")

    message = refusal(read, book(), touch)
    assert "row 2, column received: found one cell merged over rows 2 to 3" in message


def test_a_blank_agency_that_is_not_merged(read: Callable[..., Dataset]) -> None:
    tables = book()
    tables["referrals"][2][2] = None
    assert "row 3, column agency: found nothing; expected an agency" in refusal(read, tables)


# Files of another kind


def test_tables_parted_by_tabs_are_read_and_a_table_in_another_kind_of_file_is_refused(
    tmp_path: Path,
) -> None:
    tables = book()
    folder = write_folder(tmp_path / "tabs", tables)
    for path in [*folder.glob("*.csv")]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [*csv.reader(file)]
        with path.with_suffix(".tsv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows(rows)
        path.unlink()
    assert len(load(folder).table("referrals")) == len(tables["referrals"]) - 1
    write_folder(folder, {"incidents": tables["incidents"]})
    with pytest.raises(DataProblems, match=r"incidents\.tsv: found a second file of incidents"):
        load(folder)
    (folder / "incidents.csv").rename(folder / "Incidents.CSV")
    with pytest.raises(DataProblems, match=r"incidents\.tsv: found a second file of incidents"):
        load(folder)
    costs = tables.pop("costs")
    folder = write_folder(tmp_path / "mixed", tables)
    write_xlsx(folder / "costs.xlsx", {"costs": costs})
    with pytest.raises(DataProblems, match=r"costs\.xlsx: found costs in another kind of file"):
        load(folder)
    write_folder(folder, {"costs": costs})  # beside the CSV file it was saved as
    (folder / "actions.txt").write_text("What we did in April")
    assert len(load(folder).table("costs")) == len(costs) - 1
    (folder / "costs.csv").rename(folder / "costs 2023.csv")
    (folder / "costs.xlsx").rename(folder / "Costs 2022.xlsx")
    with pytest.raises(DataProblems, match=r"Costs 2022\.xlsx: found costs in another kind"):
        load(folder)
    (folder / "Costs 2022.xlsx").rename(folder / "costs_2023.xlsx")  # as it was saved from
    assert len(load(folder).table("costs")) == len(costs) - 1
    (folder / "costs 2023.csv").rename(folder / "costs.txt")
    (folder / "costs_2023.xlsx").unlink()
    with pytest.raises(DataProblems, match=r"costs\.txt: found costs in another kind of file"):
        load(folder)
    alone = tmp_path / "alone"
    alone.mkdir()
    write_xlsx(alone / "records.xlsx", book())
    with pytest.raises(DataProblems, match=r"give the workbook itself, as in alone/records\.xlsx"):
        load(alone)
