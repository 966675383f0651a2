"""Prices of one's own and prices in force: read, told, refused by cell, updated with checks."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mtf_eval.errors import BadArgument, DataProblems
from mtf_eval.records.load import load
from mtf_eval.records.prices import editions
from mtf_eval.records.prices.own import own_folder, own_reference, reference_for, update
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.records.prices.unit_costs import year_of
from mtf_eval.run import cli

THEMES = Path(__file__).parent / "field" / "prices" / "themes" / "data"
OURS = Path(__file__).parent.parent / "data" / "reference"
EXAMPLE = OURS.parent / "example"


def call(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out + told.err


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a small data set with a unit cost database of one sheet a theme."""
    return Path(shutil.copytree(THEMES, tmp_path / "data"))


def rewrite(path: Path, change: Any) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows = change(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def costs(
    folder: Path, *rows: str, head: str = "code,label,unit,total_gbp,price_year,source"
) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "unit_costs.csv").write_text("\n".join((head, *rows)), encoding="utf-8")


# A Unit Cost Database of the user's


def test_every_sheet_of_a_workbook_is_read_and_the_rest_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = reference_for(load(data))
    for code in ("CR1.0", "E&S1.0", "HO3.0", "HE17.0", "SS1.0"):
        assert values.unit_cost(code).verified == "user-copy"
    code, said = call("check", str(data), capsys=capsys)
    assert code == 0
    assert "unit_cost_database.xlsx, sheet Introduction: no headings of unit costs" in said
    # HO3.0 was homelessness applications in v1.4: here it is rough sleepers.
    assert "HO3.0: read, but its number is of another item; Homelessness application" in said
    assert "HE17.0:" not in said


def test_beside_a_workbook_and_by_name_for_a_database(data: Path, tmp_path: Path) -> None:
    from mtf_eval.records.desk.blank import write_workbook

    write_workbook(tmp_path / "records.xlsx", load(data))
    with pytest.raises(DataProblems, match=r"outcomes.*unit_cost_code: found a code that is not"):
        load(tmp_path / "records.xlsx")
    shutil.copytree(data / "reference", tmp_path / "reference")
    read = load(tmp_path / "records.xlsx")
    assert reference_for(read).unit_cost("HO3.0").total_gbp == 8600
    assert own_folder("postgresql://here/db") is None
    named = own_folder("postgresql://here/db", tmp_path / "reference")
    assert own_reference(named).unit_cost("CR1.0").total_gbp == 700
    with pytest.raises(BadArgument, match="no such folder"):
        own_folder("postgresql://here/db", tmp_path / "absent")


@pytest.mark.parametrize(
    ("cell", "value", "words"),
    [
        ("H4", "=600+100", "CR1.0: a formula in place of a price"),
        ("H4", "€700", "CR1.0: another currency"),
        ("I4", "2010", "CR1.0: price year 2010"),
        ("I4", "1985/86", "CR1.0: price year 1985/86"),
        ("H4", "1.234,50", "CR1.0: a fiscal value that is no number"),
        ("C4", None, "a row: a value without a code"),
        ("C5", "CR1.0", "CR1.0: a code that was there before"),
        ("H3", "Fiscal value (€)", "CR1.0: another currency in the heading"),
        ("H3", "Fiscal value (£000)", "CR1.0: thousands, millions or pence in the heading"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_by_its_place(
    cell: str, value: Any, words: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "reference" / "unit_cost_database.xlsx"
    book = openpyxl.load_workbook(path)
    book["Crime "][cell] = value
    book.save(path)
    row = 5 if cell == "C5" else 4
    code, said = call("check", str(data), capsys=capsys)
    assert code == 0
    assert f"unit_cost_database.xlsx, sheet Crime , row {row}: {words}" in said


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_a_workbook_that_does_not_open_is_refused_by_name(
    content: bytes, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "reference" / "unit_cost_database.xlsx").write_bytes(content)
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "unit_cost_database.xlsx: found a workbook that does not open" in said
    assert "Traceback" not in said


def test_a_code_of_two_files_is_taken_from_the_first_and_the_other_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    costs(data / "reference", "HO3.0,Rough sleeper,per person,9999,2024/25,Our own study")
    again = data / "reference" / "unit_cost_database.xlsx"
    shutil.copyfile(again, again.with_name("z.xlsx"))
    assert reference_for(load(data)).unit_cost("HO3.0").total_gbp == 9999
    code, said = call("check", str(data), capsys=capsys)
    assert code == 0
    assert "z.xlsx, sheet Social Services, row 4: SS1.0: a code of another file" in said


def test_a_code_whose_row_could_not_be_used_says_why(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "reference" / "unit_cost_database.xlsx"
    book = openpyxl.load_workbook(path)
    book["Housing "]["I5"] = "2010"
    book.save(path)
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    where = "unit_cost_database.xlsx, sheet Housing , row 5: found HO3.0: price year 2010"
    assert where in said.split("column unit_cost_code")[1]


def test_a_code_with_two_prices_has_none_and_codes_and_years_are_read_in_any_form(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "reference" / "unit_cost_database.xlsx"
    book = openpyxl.load_workbook(path)
    book["Housing "]["C5"], book["Housing "]["I5"] = "ho 3.0", "14/15"
    book.save(path)
    cost = reference_for(load(data)).unit_cost("HO3.0")
    assert (cost.total_gbp, cost.price_year) == (8600, "2014/15")
    health = book["Health"]
    health.append([cell.value for cell in book["Housing "][5]])
    book.save(path)
    assert reference_for(load(data)).unit_cost("HO3.0").total_gbp == 8600
    health.cell(health.max_row, 8).value = 9999
    book.save(path)
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "HO3.0: a code that was there before, with another price: neither is read" in said
    outcomes = data / "outcomes.csv"
    lines = outcomes.read_text(encoding="utf-8").replace("HO3.0", "HE3.0")
    outcomes.write_text(lines, encoding="utf-8")
    code, said = call("check", str(data), capsys=capsys)
    assert code == 0
    assert said.count("HO3.0: ") == 1  # nor is it said to be read


@pytest.mark.parametrize(
    ("written", "year"),
    [("23/24", "2023/24"), ("98-99", "1998/99"), ("99/00", "1999/00"), ("23/25", "23/25"),
     ("2023-24", "2023/24"), ("FY 2015/2016", "2015/16"), ("2014", "2014")],
)  # fmt: skip
def test_financial_years_however_they_are_written(written: str, year: str) -> None:
    assert year_of(written) == year


# Tables of the user's


def test_a_row_of_the_users_stands_in_the_place_of_ours(data: Path) -> None:
    costs(
        data / "reference",
        'crime_robbery,,,"£12,000",2024/25,Our own study',
        "ours_call,A call,per call,80,2024/25,Our desk",
    )
    values = reference_for(load(data))
    mine, ours = values.unit_cost("crime_robbery"), load_reference().unit_cost("crime_robbery")
    assert (mine.total_gbp, mine.price_year, mine.fiscal_gbp) == (12_000, "2024/25", 0)
    assert (mine.label, mine.category, mine.role) == (ours.label, ours.category, ours.role)
    assert mine.caution.startswith("user-copy")
    assert values.unit_cost("ours_call").total_gbp == 80
    assert values.unit_cost("crime_homicide") == load_reference().unit_cost("crime_homicide")
    assert any(e.origin == "unit_costs.csv" for e in editions.editions(values))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,A,per a,€80,2024/25,us", "row 2, column total_gbp: found another currency"),
        ("a,A,per a,=40*2,2024/25,us", "row 2, column total_gbp: found a formula"),
        ("a,A,per a,80,2035/36,us", "row 2, column price_year: found price year 2035/36"),
        ("a,A,per a,80,,us", "row 2, column price_year: found a blank"),
        ("a,A,per a,80,2024/25,", "row 2, column source: found a blank"),
        *(
            (f'a,A,per a,"{text}",2024/25,us', f"row 2, column total_gbp: found {words}")
            for text, words in (
                ("much", "an amount that is no number"),
                ("1,23", "an amount that is no number"),
                ("£1.234,50", "an amount that is no number"),
                ("inf", "an amount that is no number"),
                ("nan", "an amount that is no number"),
                ("1.2k", "an amount that is no number"),
            )
        ),
        ("Crime_Robbery,,,,2024/25,us", "row 2, column total_gbp: found a blank"),
        ("a,A,per a,-80,2024/25,us", "row 2, column total_gbp: found a total of -80"),
        (
            "a,A,per a,80,2024/25,us\na,A,per a,90,2024/25,us",
            "row 3, column code: found the code twice",
        ),
        (
            "crime_robbery,,,80,2024/25,us\nCrime_Robbery,,,90,2024/25,us",
            "row 3, column code: found the code twice",
        ),
    ],
)
def test_a_price_that_is_not_sound_is_refused_by_its_cell(
    row: str, words: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    costs(data / "reference", row)
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert f"unit_costs.csv, {words}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("cashable_share", "1.5", "cashable_share: found 1.5"),
        ("rare", "often", "rare: found often"),
    ],
)
def test_a_share_above_one_and_an_answer_that_is_none_are_refused(
    column: str, value: str, words: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, head = f"crime_robbery,80,2024/25,us,{value}", f"code,total_gbp,price_year,source,{column}"
    costs(data / "reference", row, head=head)
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert f"unit_costs.csv, row 2, column {words}" in said


def test_a_range_the_wrong_way_round_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    costs(data / "reference", "crime_robbery,1200,2000,1500,2024/25,us",
          head="code,total_gbp,low_gbp,high_gbp,price_year,source")  # fmt: skip
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "unit_costs.csv, row 2, column low_gbp: found 2,000 to 1,500" in said


def test_what_certainly_means_a_price_of_ours_is_read_as_it(data: Path) -> None:
    costs(data / "reference", 'Crime_Robbery ,"£12,000",2024-25,us',
          head="Code,Total (£),Price year,Source")  # fmt: skip
    mine = reference_for(load(data)).unit_cost("crime_robbery")
    assert (mine.total_gbp, mine.price_year) == (12_000, "2024/25")


def test_a_format_that_shows_another_currency_is_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "reference" / "unit_cost_database.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Crime "]
    sheet["H4"].number_format, sheet["H5"].number_format = "[$€-2] #,##0.00", "[$£-809]#,##0.00"
    book.save(path)
    _, said = call("check", str(data), capsys=capsys)
    assert "sheet Crime , row 4: CR1.0: another currency in the format of the cell" in said
    assert "sheet Crime , row 5" not in said


def test_another_currency_or_an_unknown_heading_is_not_taken_for_pounds(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, head = "crime_robbery,2000,2024/25,us", "code,{},price_year,source"
    costs(data / "reference", row, head=head.format("total_eur"))
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "unit_costs.csv, row 1, column total_eur: found another currency" in said
    costs(data / "reference", row, head=head.format("cost_gbp"))
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "unit_costs.csv, row 2, column total_gbp: found a blank" in said, "ours is of 2015/16"
    costs(data / "reference", row.replace("2024/25", "2015/16"), head=head.format("cost_gbp"))
    code, said = call("check", str(data), capsys=capsys)
    assert code == 0
    assert "unit_costs.csv, row 1: the heading cost_gbp, not read" in said


def without(*years: str) -> Any:
    return lambda rows: [r for r in rows if r["price_year"] not in years]


def changed(year: str, **values: str) -> Any:
    return lambda rows: [r | values if r["price_year"] == year else r for r in rows]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("2012/13"), "column price_year: found 2013/14 after 2011/..; expected 2012/13"),
        (changed("2012/13", edition="HM Treasury March 2021"), "expected one vintage"),
        (changed("2012/13", base="2019-20=100"), "expected one vintage, 2025-26=100"),
        (changed("2012/13", index="=B2*1.02"), "column index: found a formula"),
        (changed("2012/13", index="1.74"), "expected levels of one index"),
        (
            changed("2012/13", price_year="2011/12"),
            "column price_year: found 2011/12 after 2011/..",
        ),
        (changed("2012/13", price_year="2012"), "a financial year such as 2015/16"),
        (
            lambda rows: [r for r in rows if r["price_year"] < "2023/24"],
            "gdp_deflator.csv, row 27, column price_year: found nothing of 2023/24, 2024/25",
        ),
    ],
)
def test_a_deflator_that_is_not_sound_is_refused(
    change: Any, words: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = data / "reference" / "gdp_deflator.csv"
    shutil.copyfile(OURS / "gdp_deflator.csv", target)
    rewrite(target, change)
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "gdp_deflator.csv, row" in said
    assert words in said


def test_a_file_of_no_known_name_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "reference" / "unitcosts.csv").write_text("code\n", encoding="utf-8")
    _, said = call("check", str(data), capsys=capsys)
    assert "unitcosts.csv: not read" in said


# What the tables say in pounds


def test_a_cost_without_a_price_stops_the_check(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "costs.csv"
    path.write_text(path.read_text() + "P1,Police,Later,2031-04-01,cash,5\n", encoding="utf-8")
    for command in ("check", "run"):
        out = ("--out", str(data.parent / "out")) if command == "run" else ()
        code, said = call(command, str(data), *out, capsys=capsys)
        assert code == 2
        assert "costs.csv, row 3, column date: found 2031-04-01, a cost of 2031/32" in said
    # The user's newer deflator reaches it.
    rewrite(
        Path(shutil.copy(OURS / "gdp_deflator.csv", data / "reference")),
        lambda rows: [*rows, rows[-1] | {"price_year": "2031/32", "index": "112.3"}],
    )
    assert call("check", str(data), capsys=capsys)[0] == 0


def test_an_unknown_code_stops_the_check(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data / "outcomes.csv"
    path.write_text(path.read_text().replace("HO3.0", "rough_sleeping"), encoding="utf-8")
    code, said = call("check", str(data), capsys=capsys)
    assert code == 2
    assert "outcomes.csv, row 2, column unit_cost_code: found a code that is not in" in said
    assert "did you mean rough_sleeper" in said


def test_what_is_odd_in_pounds_is_told_by_cell(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "project_id,unit_cost_code,people,impact,deadweight,attribution,lag_years,years"
    rows = (
        "P1,HO3.0,9000,0.5,,0.8,0,1",
        "P1,HE2.0,10,,0.2,0.8,0.5,1",
        "P1,HE2.0,20,0.5,0.2,,0,1",
        "P1,HE2.0,20,0.5,0.2,,0,1",
    )
    (data / "outcomes.csv").write_text("\n".join((head, *rows)), encoding="utf-8")
    with (data / "costs.csv").open("a", encoding="utf-8") as stream:
        stream.write("P1,Police,Back,2022-03-01,cash,-50\n")
    rewrite(data / "costs.csv", lambda rows: [
        {**rows[0], "hours": "", "rate_gbp": ""}, {**rows[1], "hours": "", "rate_gbp": ""},
        {**rows[0], "kind": "in_kind", "amount_gbp": "", "hours": "10", "rate_gbp": "0"},
    ])  # fmt: skip
    (data / "project_measures.csv").write_text(
        "project_id,measure,target_change,unit_cost_code\n"
        "P1,Anti-social behaviour,0.2,asb_further_action\n", encoding="utf-8"
    )  # fmt: skip
    rewrite(data / "project_areas.csv", lambda rows: [r | {"population": "1500"} for r in rows])
    code, said = call("check", str(data), capsys=capsys)
    assert code == 0
    for words in (
        "outcomes.csv, row 2, column deadweight: blank",
        "outcomes.csv, row 2, column people: more people than live in",
        "outcomes.csv, row 3, column impact: blank",
        "outcomes.csv, row 3, column lag_years: a part of a year",
        "outcomes.csv, row 4, column unit_cost_code: the same outcome of the same project",
        "outcomes.csv, row 4, column attribution: blank",
        "outcomes.csv, row 5: 1 row(s) the same as one before",
        "costs.csv, row 3, column amount_gbp: a negative amount",
        "costs.csv, row 4, column rate_gbp: a rate of 0",
        "project_measures.csv, row 2, column target_change: a rise is aimed at",
    ):
        assert words in said, said


# The price year


def test_the_price_year_has_one_place_and_one_exception(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = load_reference()
    assert values.price_year() == "2023/24"
    assert values.price_year("", {"price_year": "2024/25"}) == "2024/25"
    assert values.price_year("2025/26", {"price_year": "2024/25"}) == "2025/26"
    about = data / "about.csv"
    about.write_text(about.read_text() + "price_year,2024/25\n", encoding="utf-8")
    assert "Prices of 2024/25" in call("prices", str(data), capsys=capsys)[1]
    out = data.parent / "out"
    code, said = call(
        "run", str(data), "-p", "price_year=2035/36", "--out", str(out), capsys=capsys
    )
    assert code == 2
    assert said.count("2035/36") == 2  # as given, and the reason; not once a report
    assert not list(out.glob("*.html"))
    code, said = call("run", str(data), "-p", "horizon_years=-1", "--out", str(out), capsys=capsys)
    assert (code, said.count("expected 1 or more")) == (2, 1)
    assert not list(out.glob("*.html"))
    about.write_text(about.read_text().replace("2024/25", "2035/36"), encoding="utf-8")
    code, said = call("check", str(data), capsys=capsys)
    assert (code, "about.csv, row 6, column value" in said) == (2, True)


# Age, and newer ones


def test_no_series_in_use_ends_before_the_data_do() -> None:
    last = max(load(EXAMPLE).table(name)["date"].max() for name in ("costs", "survey_responses"))
    years = list(load_reference().covered)
    first_day = date(int(years[-1][:4]), 4, 1)
    assert first_day > last.date()


def test_an_edition_over_a_year_old_is_warned_about() -> None:
    values = load_reference()
    assert not editions.caution(values, ["gp_consultation_2024_25"], date(2026, 7, 1))
    said = editions.caution(values, ["crime_robbery"], date(2027, 8, 1))
    assert "HM Treasury June 2026 (13 months old)" in said
    assert "HORR99, 2nd edition, July 2018 (9 years old; newer: Home Office 2019/20" in said
    said = editions.caution(values, ["crime_robbery"], date(2026, 11, 26))
    assert "HM Treasury" not in said


def published_deflator(path: Path, rows: Iterable[tuple[Any, ...]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("GDP deflators at market prices, and money GDP: September 2026",),
        (),
        ("Financial year", "GDP deflator at market prices", "", "Money GDP"),
        ("", "2025-26 = 100", "per cent change on previous year", "£ million"),
        *rows,
        ("Sources and notes",),
    ):
        sheet.append(row)
    book.save(path)
    return path


def test_update_takes_the_treasurys_workbook(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    covered = list(load_reference().covered.items())[:29]
    rows = [(f"{y[:4]}-{y[5:]}", level, 2.0, 10) for y, level in covered]
    forecast = [("2026-27", "-", 2.5, "-"), ("2027-28", 0, 2.0, 0)]
    file = published_deflator(tmp_path / "new.xlsx", [*rows, *forecast])
    code, said = call("prices", str(data), "--update", str(file), capsys=capsys)
    assert code == 0
    assert "HM Treasury September 2026" in said
    values = reference_for(load(data))
    assert values.covered["2026/27"] == pytest.approx(102.5)
    assert values.covered["2027/28"] == pytest.approx(104.55)  # a level of 0 is none
    assert list(values.covered)[-1] == "2027/28"  # the whole file, no year of ours beside it
    assert (OURS / "gdp_deflator.csv").read_text().count("September") == 0
    row = values.tables["gdp_deflator"][-1]
    assert (row["status"], row["base"]) == ("forecast", "2025-26=100")


def test_an_update_that_is_not_sound_writes_nothing(data: Path, tmp_path: Path) -> None:
    rows = [("2013-14", 70.0, 2.0, 1), ("2015-16", 72.0, 2.0, 1)]
    folder = data / "reference"
    before = sorted(folder.iterdir())
    with pytest.raises(DataProblems, match="2015/16 after 2013"):
        update(published_deflator(tmp_path / "new.xlsx", rows), folder)
    other = tmp_path / "other.csv"
    other.write_text("month,count\n2021-01,3\n", encoding="utf-8")
    with pytest.raises(BadArgument, match="expected a deflator"):
        update(other, folder)
    assert sorted(folder.iterdir()) == before
    assert not list(data.glob(".prices-*"))


def test_update_takes_costs(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "agreed.csv"
    file.write_text(
        "code,label,unit,total_gbp,price_year,source\nx_visit,A visit,per visit,60,2025/26,us\n"
    )
    target, values = update(file, data / "reference")
    assert target.name == "unit_costs.csv"
    assert values.unit_cost("x_visit").total_gbp == 60
    assert reference_for(load(data)).unit_cost("x_visit").total_gbp == 60
