"""The workbook an analyst fills in: a sheet per table, made from the schema.

Headings, required marks, drop-downs, hints and the data dictionary; empty, or filled with a data
set so that it can go on in Excel. Reads nothing back: that is `workbook`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.tables import NUMBERS, TABLES, Column, Schema

READ_ME = Path(__file__).with_name("read_me.txt")
EXAMPLES = called("example")
FORMATS = {"date": "yyyy-mm-dd", "month": "yyyy-mm", "money": "#,##0.00", "share": "0%"}
#: Rows of a sheet that carry drop-downs and hints.
ROWS = 2000
#: Excel takes a list in a drop-down up to this many characters.
LONGEST_LIST = 255
HEAD, NEEDED = "E7ECF2", "12436D"


def write_workbook(path: Path, data: Dataset | None = None) -> Path:
    """Write a workbook with every table, blank or filled with a data set; whole or not at all."""
    book = Workbook()
    book.remove(book.active)
    first = book.create_sheet("Read me")
    for line in READ_ME.read_text(encoding="utf-8").splitlines():
        first.append([line])
    first["A1"].font = Font(bold=True, size=14)
    first.column_dimensions["A"].width = 100
    for name, schema in TABLES.items():
        sheet = book.create_sheet(name)
        _headings(sheet, schema)
        if data is not None:
            _rows(sheet, schema, data.table(name))
        _drop_downs(sheet, schema)
    _dictionary(book)
    partial = path.with_name(f".{path.name}.part")
    book.save(partial)
    partial.replace(path)
    return path


def _headings(sheet: Worksheet, schema: Schema) -> None:
    for place, (name, column) in enumerate(schema.columns.items(), start=1):
        cell = sheet.cell(row=1, column=place, value=f"{name} *" if column.required else name)
        cell.font = Font(bold=True, color="FFFFFF" if column.required else "000000")
        cell.fill = PatternFill("solid", start_color=NEEDED if column.required else HEAD)
        cell.alignment = Alignment(vertical="top")
        example = column.allowed[0] if column.allowed else EXAMPLES[column.kind]
        text = f"{column.meaning}\n{column.holds()}\nExample: {example}"
        cell.comment = Comment(text, "mtf_eval", width=320, height=120)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(14, len(name) + 4)
        sheet.column_dimensions[letter].number_format = FORMATS.get(column.kind, "General")
    sheet.freeze_panes = "A2"


def _rows(sheet: Worksheet, schema: Schema, frame: pd.DataFrame) -> None:
    whole = frame.reindex(columns=list(schema.columns))
    kinds = [column.kind for column in schema.columns.values()]
    for number, row in enumerate(whole.itertuples(index=False), start=2):
        for place, (value, kind) in enumerate(zip(row, kinds, strict=True), start=1):
            if pd.isna(value):
                continue
            plain = value.date() if isinstance(value, pd.Timestamp) else value
            plain = plain.item() if hasattr(plain, "item") else plain
            cell = sheet.cell(row=number, column=place, value=plain)
            if isinstance(value, str):
                cell.data_type = "s"
            if kind in FORMATS:
                cell.number_format = FORMATS[kind]


def _drop_downs(sheet: Worksheet, schema: Schema) -> None:
    for place, (name, column) in enumerate(schema.columns.items(), start=1):
        letter, rule = get_column_letter(place), _rule(schema, name, column)
        if rule is None:
            continue
        check = DataValidation(allow_blank=True, showErrorMessage=True, **rule)
        check.promptTitle, check.prompt = name[:32], column.meaning[:255]
        check.errorTitle = "Not what this column holds"
        check.error = f"Expected {column.holds()}"[:225]
        check.showInputMessage = True
        check.add(f"{letter}2:{letter}{ROWS}")
        sheet.add_data_validation(check)


def _rule(schema: Schema, name: str, column: Column) -> dict[str, Any] | None:
    """Return what Excel checks as one types: a list, a date, a number with its bounds."""
    listed = ",".join(column.allowed)
    if listed and len(listed) <= LONGEST_LIST:
        return {"type": "list", "formula1": f'"{listed}"'}
    if name == "project_id" and schema.name != "projects":
        return {"type": "list", "formula1": f"projects!$A$2:$A${ROWS}", "errorStyle": "warning"}
    if column.kind == "date":
        return {"type": "date", "operator": "greaterThan", "formula1": "DATE(1990,1,1)"}
    if column.kind in NUMBERS:
        low = -1e9 if column.low is None else column.low
        high = 1e9 if column.high is None else column.high
        kind = "whole" if column.kind == "whole" else "decimal"
        return {"type": kind, "operator": "between", "formula1": low, "formula2": high}
    return None


def _dictionary(book: Workbook) -> None:
    sheet = book.create_sheet("Dictionary")
    sheet.append(["Table", "Column", "Needed", "Holds", "Meaning"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for name, schema in TABLES.items():
        sheet.append([name, "", "", "", schema.meaning])
        for heading, column in schema.columns.items():
            needed = "yes" if column.required else ""
            sheet.append([name, heading, needed, column.holds(), column.meaning])
    for letter, width in zip("ABCDE", (22, 22, 8, 50, 90), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
