"""The files beside a report hold what the page shows, safely, the same every time."""

from __future__ import annotations

import csv
from pathlib import Path

import made_up
import openpyxl
import pytest
from made_up import cell, disclosure
from nbformat.v4 import new_notebook

from mtf_eval.publish.display import elements
from mtf_eval.publish.exports.files import tables, write_exports
from mtf_eval.publish.exports.sheets import Sheet, produce


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    write_exports(made_up.notebook("public"), folder / "a", "annual")
    return folder / "a"


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def test_a_csv_a_table_and_one_workbook(public: Path) -> None:
    assert sorted(p.name for p in public.iterdir()) == [
        "annual.xlsx", "headline.csv", "progress.csv", "referrals_by_month.csv", "themes.csv",
    ]  # fmt: skip


def test_csv_opens_in_excel_and_keeps_symbols(public: Path) -> None:
    path = public / "referrals_by_month.csv"
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw
    found = rows(path)
    assert found[0] == ["Month", "Accepted", "Rejected"]
    assert found[2] == ["2021-02-01", "[c]", "10"]
    assert found[10] == ["2021-10-01", "[c]", "[c]"]
    assert found[12] == ["2021-12-01", "10", "[c]"]


def test_formulas_are_neutralised(public: Path) -> None:
    assert rows(public / "progress.csv")[5][2] == "'=1+cmd|' /C calc'!A0"
    book = openpyxl.load_workbook(public / "annual.xlsx")
    for sheet in book:
        for line in sheet.iter_rows():
            assert all(c.data_type != "f" for c in line)


def test_workbook_has_cover_contents_notes_and_a_sheet_a_table(public: Path) -> None:
    book = openpyxl.load_workbook(public / "annual.xlsx")
    assert book.sheetnames[:3] == ["Cover", "Contents", "Notes"]
    assert book.sheetnames[3:] == ["headline", "referrals_by_month", "themes", "progress"]
    sheet = book["themes"]
    text = [str(c.value) for line in sheet.iter_rows() for c in line if c.value is not None]
    assert any("Made up for a test" in t and "15 December 2021" in t for t in text)
    assert 1340 in [c.value for line in sheet.iter_rows() for c in line]
    assert [t.ref for t in sheet.tables.values()]
    notes = " ".join(str(c.value) for line in book["Notes"].iter_rows() for c in line)
    assert "[c]: confidential" in notes
    assert "December runs to the 15th." in notes
    months = [str(c.value) for line in book["referrals_by_month"].iter_rows() for c in line]
    assert months.count("[c]") == 10
    assert any(t.startswith("[c] confidential") for t in months)


def test_same_bytes_every_time(public: Path, tmp_path: Path) -> None:
    for path in write_exports(made_up.notebook("public"), tmp_path, "annual"):
        assert path.read_bytes() == (public / path.name).read_bytes(), path.name


def test_numbers_agree_with_the_table_released(public: Path) -> None:
    told = {r[0]: r[1:] for r in rows(public / "referrals_by_month.csv")[1:]}
    frame = made_up.months().frame
    for month, accepted, rejected in zip(
        frame["month"], frame["accepted"], frame["rejected"], strict=True
    ):
        for value, text in zip((accepted, rejected), told[f"{month:%Y-%m-%d}"], strict=True):
            assert text == ("[c]" if value <= 7 else str(5 * round(value / 5)))


def test_nothing_shown_nothing_written(tmp_path: Path) -> None:
    empty = new_notebook(cells=[cell(elements.note("No table."))])
    assert write_exports(empty, tmp_path / "x", "annual") == []
    assert not (tmp_path / "x").exists()
    assert tables(empty) == {}


def test_awkward_names_and_headings(tmp_path: Path) -> None:
    from mtf_eval.analysis.results.tables import Column

    frame = made_up.themes().frame
    names = ["a_very_long_table_name_that_excel_will_not_take_1",
             "a_very_long_table_name_that_excel_will_not_take_2",
             "a_very_long_table_name_that_excel_will_not_take_3", "cover"]  # fmt: skip
    shown = []
    for name in names:
        marks = (
            made_up.label("theme", "Same $$x$$"),
            Column(name="n", heading="Same $$x$$", kind="count"),
        )
        made = made_up.table(name, frame, *marks, title="[A link](http://x) in $$title$$")
        shown.append(cell(elements.table(disclosure()(made))))
    book = openpyxl.load_workbook(write_exports(new_notebook(cells=shown), tmp_path, "b")[0])
    assert len(set(book.sheetnames)) == len(book.sheetnames)
    assert all(len(name) <= 31 for name in book.sheetnames)
    stem = "a_very_long_table_name_that_"
    own = [name for name in book.sheetnames if name.lower() not in ("contents", "notes")]
    assert own[-4:] == [f"{stem}exc", f"{stem}_2", f"{stem}_3", "cover_2"]


def test_a_workbook_is_as_accessible_as_the_analysis_function_asks(tmp_path: Path) -> None:
    """Title first, one marked table a worksheet, notes by number, contents that lead there."""
    rows = [["a long name of an area", 1, "[c]", "[x]"], ["Total", 22, 3, "[x]"]]
    looks = [{}, {"num_format": "£#,##0", "align": "right"}, {"align": "right"}, {}]
    heads = ["Area", "£", "People", "None"]
    one = Sheet("t_one", "A table", heads, rows, looks, ["[c] hidden", "made up"], [2, 1], True)
    none = Sheet("t_none", "No rows", heads[:1], [], looks[:1])
    path, about = tmp_path / "book.xlsx", {"About these data": ["Made up."]}
    made = {"one": one, "none": none}
    produce(str(path), made, title="Both", about=about, notes=["first", "second"]).close()
    book = openpyxl.load_workbook(path)
    sheet = book["one"]
    assert book.sheetnames == ["Cover", "Contents", "Notes", "one", "none"]
    assert [c.value for c in book["Cover"]["A"]] == ["Both", "About these data", "Made up."]
    assert [c.value for c in sheet["A"]][:4] == [
        "A table[note 2][note 1]", "[c] hidden", "made up", "Area",
    ]  # fmt: skip
    assert sheet.tables["t_one"].ref == "A4:D6"
    assert sheet.tables["t_one"].column_names == heads
    assert sheet["B6"].value == 22
    assert sheet["B6"].number_format == "£#,##0"
    assert [sheet[place].font.b for place in ("A4", "A5", "A6")] == [True, False, True]
    assert {sheet[f"C{row}"].alignment.horizontal for row in (4, 5, 6)} == {"right"}
    assert list(book["Notes"].values)[2:] == [("Note number", "Note"), (1, "first"), (2, "second")]
    assert book["Contents"]["A4"].hyperlink.location == "'one'!A1"
    assert book["Contents"]["B5"].value == "No rows"
    assert not book["none"].tables
    assert not any(page.merged_cells.ranges for page in book)
