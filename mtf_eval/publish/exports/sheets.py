"""An accessible workbook of tables: a cover, contents, notes and one table a worksheet.

As the Government Analysis Function asks: each table marked as one, under its title, what explains
it between them, no merged or empty cells for looks. Knows no report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.utility import cell_autofit_width  # type: ignore[import-untyped]

TEXT = {"font_name": "Arial", "font_size": 12}
BIG, MIDDLE = {**TEXT, "font_size": 16, "bold": True}, {**TEXT, "font_size": 14, "bold": True}
WRAPPED = {"text_wrap": True, "valign": "top"}
HEADING = {**TEXT, **WRAPPED, "bold": True, "bottom": 1}
LINK = {"font_color": "blue", "underline": 1}
ONE_TABLE = "This worksheet contains one table."
WIDEST = 480  # pixels of a column; longer texts wrap


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table and the worksheet around it.

    `name` is of the table in Excel (letters, digits, underscores), `looks` what each column adds to
    its cells' look, `lines` stand between title and table, `notes` are numbers on the worksheet
    Notes; with `total` the last row is a sum.
    """

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    looks: Sequence[Mapping[str, Any]]
    lines: Sequence[str] = field(default=(ONE_TABLE,))
    notes: Sequence[int] = ()
    total: bool = False


def produce(
    path: str,
    sheets: Mapping[str, Sheet],
    *,
    title: str,
    about: Mapping[str, Sequence[str]],
    notes: Sequence[str],
) -> Any:
    """Return an xlsxwriter workbook; it is written when closed."""
    book = Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    cover = _worksheet(book, "Cover")
    cover.set_column(0, 0, 85)
    lines = [(title, BIG)]
    for heading, texts in about.items():
        lines += [(heading, MIDDLE), *((text, TEXT) for text in texts)]
    for down, (text, look) in enumerate(lines):
        cover.write_string(down, 0, text, book.add_format({**look, **WRAPPED}))
    listed = Sheet(
        "contents_table", "Table of contents", ("Sheet name", "Table description"),
        [(name, sheet.title) for name, sheet in sheets.items()], ({}, {}),
    )  # fmt: skip
    links, look = _write(book, "Contents", listed), book.add_format({**TEXT, **LINK})
    for down, name in enumerate(sheets, start=len(listed.lines) + 2):
        links.write_url(down, 0, f"internal:'{name}'!A1", look, name)
    if notes:
        rows = list(enumerate(notes, start=1))
        _write(
            book, "Notes", Sheet("notes_table", "Notes", ("Note number", "Note"), rows, ({}, {}))
        )
    for name, sheet in sheets.items():
        _write(book, name, sheet)
    return book


def _worksheet(book: Any, name: str) -> Any:
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    return sheet


def _write(book: Any, name: str, sheet: Sheet) -> Any:
    page = _worksheet(book, name)
    marks = "".join(f"[note {number}]" for number in sheet.notes)
    page.write_string(0, 0, sheet.title + marks, book.add_format(BIG))
    for down, text in enumerate(sheet.lines, start=1):
        page.write_string(down, 0, text, book.add_format(TEXT))
    top, last = len(sheet.lines) + 1, len(sheet.rows)
    columns = []
    for across, (heading, own) in enumerate(zip(sheet.headings, sheet.looks, strict=True)):
        cells = [heading, *(row[across] for row in sheet.rows)]
        page.set_column_pixels(across, across, min(WIDEST, max(map(_width, cells))))
        head = book.add_format({**HEADING, "align": "left", **own})
        columns.append({"header": heading, "header_format": head})
        page.write_string(top, across, heading, head)
        plain, bold = (
            book.add_format({**TEXT, **WRAPPED, "align": "left", **own, "bold": bold})
            for bold in (False, True)
        )
        for down, value in enumerate(cells[1:], start=1):
            page.write(top + down, across, value, bold if sheet.total and down == last else plain)
    if last:  # Excel has no table without rows
        look = {"autofilter": False, "style": None, "name": sheet.name, "columns": columns}
        page.add_table(top, 0, top + last, len(columns) - 1, look)
    return page


def _width(value: object) -> int:
    """Return the pixels of a cell's longest line, in bold at most, in the size of `TEXT`."""
    return ceil(1.2 * max(int(cell_autofit_width(line)) for line in str(value).split("\n")))
