"""Workbooks as files: what is refused unopened, and what many hands do to them."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from books import book, write_folder, write_xlsx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.exceptions import IllegalCharacterError

from mtf_eval import load
from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.reading import workbook


@pytest.fixture(autouse=True, scope="module")
def no_cache() -> None:
    os.environ["MTF_CACHE"] = "off"


def refusal(path: Path) -> str:
    with pytest.raises(DataProblems) as caught:
        load(path)
    return str(caught.value)


def rewritten(path: Path, part: str, change: object) -> Path:
    """Return a copy of a workbook with one part of the zip changed by a function of its text."""
    out = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            raw = old.read(name)
            new.writestr(name, change(raw.decode()) if name == part else raw)  # type: ignore[operator]
    return out


def test_a_workbook_and_a_folder_of_the_same_rows_are_the_same(tmp_path: Path) -> None:
    from_book = load(write_xlsx(tmp_path / "data.xlsx", book()))
    from_folder = load(write_folder(tmp_path / "data", book()))
    assert from_book.digest == from_folder.digest
    assert from_book.name == from_folder.name == "data"
    source = from_book.source("costs")
    assert source is not None
    assert (source.file, source.sheet, source.rows) == ("data.xlsx", "costs", 2)


@pytest.mark.parametrize(
    ("shown", "foreign"),
    [
        ("[$€-407]#,##0.00", True),
        ('#,##0 "EUR"', True),
        ("[$$-409]#,##0", True),
        ("[$£-809]#,##0.00", False),
        ('_("$"* #,##0.00_)', False),  # nobody's own: Excel shows the currency of the reader
    ],
)
def test_a_format_that_shows_another_currency_is_no_amount_of_pounds(
    shown: str, foreign: bool, tmp_path: Path
) -> None:
    path = write_xlsx(tmp_path / "data.xlsx", book())
    sheets = openpyxl.load_workbook(path)
    places = {str(c.value).split(" ")[0]: c.column_letter for c in sheets["costs"][1]}
    cell = sheets["costs"][f"{places['amount_gbp']}3"]
    cell.number_format = BUILTIN_FORMATS[44] if shown.startswith("_(") else shown
    sheets.save(path)
    if foreign:
        where = "sheet costs, row 3, column amount_gbp"
        assert f"{where}: found another currency in the format of the cell" in refusal(path)
    else:
        load(path)


def test_two_sheets_for_one_table_are_read_under_one_another(tmp_path: Path) -> None:
    tables = book()
    head, *rows = tables["referrals"]
    tables["Referral log"] = [head, ["R-900", *rows[0][1:]]]
    data = load(write_xlsx(tmp_path / "data.xlsx", tables))
    assert len(data.table("referrals")) == len(rows) + 1
    source = data.source("referrals")
    assert source is not None
    assert source.sheet == "referrals, Referral log"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"referral_id,received\n", "a file that is no Excel workbook"),
        (b"PK\x03\x04 broken", "a file that is no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "behind a password"),
    ],
)
def test_files_that_are_no_workbook(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "data.xlsx"
    path.write_bytes(content)
    assert message in refusal(path)


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    assert "a file that is no Excel workbook" in refusal(tmp_path / "data.xlsx")


def test_a_workbook_cut_short(tmp_path: Path) -> None:
    raw = write_xlsx(tmp_path / "data.xlsx", book()).read_bytes()
    for part in (0.2, 0.7, 0.99):
        (tmp_path / "cut.xlsx").write_bytes(raw[: int(len(raw) * part)])
        assert "cut.xlsx: found" in refusal(tmp_path / "cut.xlsx")


def test_a_workbook_that_unfolds_too_far(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "data.xlsx", book())
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/media/zeros.bin", "w", force_zip64=True) as member,
    ):
        for _ in range(workbook.MAX_UNPACKED // 2**24 + 1):
            member.write(bytes(2**24))
    assert path.stat().st_size < workbook.MAX_UNPACKED / 50
    assert "a workbook that unfolds to" in refusal(path)


def test_a_single_cell_in_the_far_corner(tmp_path: Path) -> None:
    def touch(wb: openpyxl.Workbook) -> None:
        wb["referrals"]["XFD1048576"] = "x"

    message = refusal(write_xlsx(tmp_path / "data.xlsx", book(), touch))
    assert "cells as far as row 1,048,576 and column 16,384" in message


def test_a_sheet_whose_size_is_understated(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "data.xlsx", book())
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    size = info.file_size.to_bytes(4, "little")
    path.write_bytes(raw.replace(size, (100).to_bytes(4, "little")))
    assert "damaged" in refusal(path) or "no Excel workbook" in refusal(path)


def test_xml_under_a_prefix(tmp_path: Path) -> None:
    """Some programs write every element as `x:row`; an error in such a cell is seen as well."""

    def prefixed(xml: str) -> str:
        xml = xml.replace("<worksheet xmlns=", "<worksheet xmlns:x=")
        xml = re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", xml)
        return xml

    def touch(wb: openpyxl.Workbook) -> None:
        cell = wb["referrals"]["G2"]
        cell.value, cell.data_type = "#REF!", "e"

    path = write_xlsx(tmp_path / "data.xlsx", book(), touch)
    message = refusal(rewritten(path, "xl/worksheets/sheet1.xml", prefixed))
    assert "row 2, column criteria: found the error #REF!" in message


def test_a_formula_that_gives_an_empty_text_is_empty(tmp_path: Path) -> None:
    def worked_out(xml: str) -> str:
        return xml.replace('<c r="G3"><f>', '<c r="G3" t="str"><f>')

    def touch(wb: openpyxl.Workbook) -> None:
        wb["referrals"]["G3"] = '=IF(A3="","x","")'

    path = write_xlsx(tmp_path / "data.xlsx", book(), touch)
    assert "row 3, column criteria: found a formula without a value" in refusal(path)
    assert load(rewritten(path, "xl/worksheets/sheet1.xml", worked_out)).has("referrals")


# Three hundred ways to spoil a workbook

SMALL = ("referrals", "monthly_referrals", "costs", "projects", "incidents")
CLEAN = {name: rows for name, rows in book().items() if name in SMALL}
NUMBERS = [("monthly_referrals", r, c) for r in (1, 2, 3) for c in (1, 2, 3, 4, 5)] + [
    *(("incidents", r, 3) for r in (1, 2, 3)), ("costs", 1, 6), ("costs", 1, 7), ("costs", 2, 5),
]  # fmt: skip
DATES = [("referrals", r, 1) for r in (1, 2, 3, 4)] + [("costs", 1, 3), ("projects", 1, 4)]
WORDS = [("referrals", r, 3) for r in (1, 2, 3, 4)] + [("costs", 1, 4)]
IDS = [("referrals", 1, 0), ("costs", 1, 0), ("incidents", 2, 1),
       ("incidents", 1, 2), ("projects", 1, 6)]  # fmt: skip
#: Ways to write the same thing; what is read must be the same or be refused.
SAME = {
    "number": [
        lambda n: f"{n:,}", lambda n: f" {n} ", lambda n: f"{n}\u00a0", str, float,
        lambda n: f"{n}.0", lambda n: f"({n})", lambda n: f"{n:.2f}", lambda n: f"£{n}",
        lambda n: f"{n / 1000}k", lambda n: f"{n}%", lambda n: f"{n:e}", lambda n: f"{n},0",
        lambda n: f"'{n}", lambda n: f"{n} visits", lambda n: f"={n}",
        lambda n: "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in str(n)),
    ],
    "date": [
        lambda d: f"{d:%d/%m/%Y}", lambda d: f"{d:%d.%m.%y}", lambda d: f"{d:%d %B %Y}",
        lambda d: f"{d:%m/%d/%Y}", lambda d: f"{d:%Y-%m-%d 00:00}", lambda d: f"{d:%b %d, %Y}",
        lambda d: (d - type(d)(1899, 12, 30)).days, lambda d: f"{d:%Y/%m/%d}",
        lambda d: f"{d:%d-%b-%y}", lambda d: f"{d:%A %d %B %Y}", lambda d: f"{d:%Y%m%d}",
    ],
    "word": [str.upper, str.title, lambda w: f" {w} ", lambda w: w.replace("e", "é"),
             lambda w: w[:-1], lambda w: f"{w}?", lambda w: w.replace("_", " ")],
    "id": [str.lower, str.upper, str.title, lambda w: f"{w} ", lambda w: f"\u00a0{w}",
           lambda w: w.replace("-", "–")],
}  # fmt: skip
PLACES = {"number": NUMBERS, "date": DATES, "word": WORDS, "id": IDS}
#: What is no value at all; read as missing where that is allowed, refused elsewhere.
RUBBISH = [
    None,
    "",
    "N/A",
    "-",
    "nil",
    "TBC",
    "#REF!",
    "x",
    "?",
    True,
    1e300,
    -1,
    0.5,
    "\x07",
    "1;2",
]


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, object]:
    kind = draw(st.sampled_from(sorted(SAME)))
    table, row, column = draw(st.sampled_from(PLACES[kind]))
    change = draw(st.sampled_from(["same", "same", "rubbish", "shape"]))
    if change == "same":
        way = draw(st.integers(0, len(SAME[kind]) - 1))
        return "same", (table, row, column, SAME[kind][way])
    if change == "rubbish":
        return "rubbish", (table, row, column, draw(st.sampled_from(RUBBISH)))
    what = draw(st.sampled_from(
        ["columns", "rows", "blank", "title", "total", "twice", "upper", "extra", "heading",
         "sheet", "lost column"]
    ))  # fmt: skip
    return "shape", (table, row, column, what, draw(st.randoms(use_true_random=False)))


def spoil(kind: str, how: object) -> dict[str, list[list[object]]]:
    tables = {name: [list(row) for row in rows] for name, rows in CLEAN.items()}
    table, row, column, *rest = how  # type: ignore[misc]
    rows = tables[table]
    if kind == "same":
        rows[row][column] = rest[0](rows[row][column])
        return tables
    if kind == "rubbish":
        rows[row][column] = rest[0]
        return tables
    what, rng = rest
    if what == "columns":
        order = rng.sample(range(len(rows[0])), len(rows[0]))
        tables[table] = [[r[i] for i in order] for r in rows]
    elif what == "rows":
        body = rows[1:]
        rng.shuffle(body)
        tables[table] = [rows[0], *body]
    elif what == "blank":
        rows.insert(row, [])
    elif what == "title":
        rows.insert(0, ["Thanet", "exported"])
    elif what == "total":
        rows.append(["Total"])
    elif what == "twice":
        rows.append(list(rows[row]))
    elif what == "upper":
        rows[0] = [str(h).upper().replace("_", " ") for h in rows[0]]
    elif what == "extra":
        for r in rows:
            r.insert(column, "extra" if r is rows[0] else 7)
    elif what == "heading":
        rows[0][column] = f"{rows[0][column]}s"
    elif what == "sheet":
        tables[table.upper().replace("_", " ")] = tables.pop(table)
    else:
        for r in rows:
            r.pop(column)
    return tables


def numbers(path: Path) -> tuple[dict[str, list[tuple[str, ...]]], str]:
    """Every table's rows without their order or the case of references; and what was told."""
    data = load(path)
    rows = {
        n: sorted(
            tuple("" if pd.isna(v) else str(v).casefold() for v in row)
            for row in data.table(n).itertuples(index=False, name=None)
        )
        for n in SMALL
    }
    return rows, "\n".join(f"{f.table}: {f.text}" for f in data.findings)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, ...]]]:
    return numbers(write_xlsx(tmp_path_factory.mktemp("clean") / "data.xlsx", CLEAN))[0]


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(change=spoilt())
def test_the_same_numbers_or_a_clear_refusal(
    change: tuple[str, object], clean: dict[str, list[tuple[str, ...]]], tmp_path: Path
) -> None:
    kind, how = change
    path = tmp_path / "data.xlsx"
    try:
        write_xlsx(path, spoil(kind, how))
    except IllegalCharacterError:  # Excel could not hold it either
        return
    problems: tuple[Problem, ...] = ()
    try:
        read, told = numbers(path)
    except DataProblems as error:
        problems = error.problems
        read, told = clean, "refused"
    for problem in problems:
        assert problem.file == "data.xlsx"
        assert problem.found
        assert problem.expected
    table = how[0]  # type: ignore[index]
    if kind == "rubbish":  # another value of the right kind is a value; the rest stays as it was
        clean = {n: read[n] if n == table else rows for n, rows in clean.items()}
    elif read != clean:  # then it is said
        said = {
            "brackets read as minus",
            "all are counted",
            "counted as one",
            "unknown column, not read",
        }
        assert any(word in told for word in said)
        clean = {n: read[n] if n == table else rows for n, rows in clean.items()}
    assert read == clean
