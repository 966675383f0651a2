"""The workbook that is filled in: round trips, drop-downs, what LibreOffice makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from mtf_eval.records.desk.blank import write_workbook
from mtf_eval.records.load import load
from mtf_eval.records.tables import TABLES

DATA = Path(__file__).parent.parent / "data"


@pytest.mark.parametrize("name", ["thanet_2021", "example"])
def test_a_round_trip_loses_nothing(name: str, tmp_path: Path) -> None:
    before = load(DATA / name)
    after = load(write_workbook(tmp_path / f"{name}.xlsx", before))
    for table, frame in before.tables.items():
        pd.testing.assert_frame_equal(frame, after.tables[table], obj=table)
    assert dict(after.about) == dict(before.about)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(tmp_path_factory.mktemp("blank") / "blank.xlsx")


def test_every_table_and_column_is_there_with_its_mark(blank: Path) -> None:
    book = openpyxl.load_workbook(blank)
    assert set(TABLES) | {"Read me", "Dictionary"} == set(book.sheetnames)
    for name, schema in TABLES.items():
        headings = [cell.value for cell in book[name][1]]
        needed = {c for c in schema.columns if schema.columns[c].required}
        assert [h.removesuffix(" *") for h in headings] == list(schema.columns)
        assert {h.removesuffix(" *") for h in headings if h.endswith(" *")} == needed
        assert book[name].freeze_panes == "A2"


def choices(path: Path) -> dict[tuple[str, str], str]:
    """Lists of every drop-down by sheet and first cell."""
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, str(check.sqref).partition(":")[0]): str(check.formula1)
        for sheet in book
        for check in sheet.data_validations.dataValidation
        if check.type == "list"
    }


def test_a_choice_has_its_drop_down(blank: Path) -> None:
    found = choices(blank)
    place = list(TABLES["referrals"].columns).index("decision")
    listed = found["referrals", f"{'ABCDEFGHIJ'[place]}2"]
    assert listed.strip('"').split(",") == ["accepted", "rejected", "sara", "pending", "withdrawn"]


def test_cells_take_what_their_columns_hold(blank: Path) -> None:
    """Days, numbers within their bounds and ours are checked as they are typed."""
    book = openpyxl.load_workbook(blank)
    kinds = {"date": "date", "whole": "whole", "money": "decimal", "number": "decimal",
             "share": "decimal"}  # fmt: skip
    for name, schema in TABLES.items():
        rules = {
            str(check.sqref).partition("2:")[0]: check
            for check in book[name].data_validations.dataValidation
        }
        for column, heading in zip(schema.columns, book[name][1], strict=True):
            described, rule = schema.columns[column], rules.get(heading.column_letter)
            if described.allowed or (column == "project_id" and name != "projects"):
                continue
            wanted = kinds.get(described.kind)
            assert (rule.type if rule else None) == wanted, (name, column)
            if rule and wanted == "date":
                assert (rule.operator, rule.formula1) == ("greaterThan", "DATE(1990,1,1)")
            elif rule:
                low, high = described.low, described.high
                ends = (-1e9 if low is None else low, 1e9 if high is None else high)
                assert (float(rule.formula1), float(rule.formula2)) == ends, (name, column)


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    data = load(DATA / "example")
    projects = data.table("projects").copy()
    projects.loc[0, "title"] = "=1+1"
    tables = {**data.tables, "projects": projects}
    from dataclasses import replace

    path = write_workbook(tmp_path / "hostile.xlsx", replace(data, tables=tables))
    cell = openpyxl.load_workbook(path)["projects"]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_libreoffice_keeps_drop_downs_and_notes(blank: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("CI") == "true":
            pytest.fail("LibreOffice must be installed where the suite runs unattended")
        pytest.skip("needs LibreOffice (soffice was not found)")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(blank)], check=True, capture_output=True, timeout=120)
    converted = tmp_path / blank.name
    assert choices(converted).keys() == choices(blank).keys()
    book = openpyxl.load_workbook(converted)
    for name in TABLES:
        assert all(cell.comment is not None for cell in book[name][1]), name
