"""A gptables workbook written in one pass: its theme, its cells, its column widths.

gptables keeps the look of every cell in a data frame and changes it there, which takes longer than
all else that a page is made of. What it would write is written here from lists, byte for byte the
same; everything about a worksheet that is not the table itself stays its own. Knows no report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from gptables import Cover, GPTable

__all__ = ["produce"]

SHORTHAND = re.compile(r"\[[\w\s]+\]")
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False}


def produce(
    path: str, sheets: Mapping[str, GPTable], *, cover: Cover, notes: pd.DataFrame | None
) -> Any:
    """Return the workbook `gptables.produce_workbook` would; it is written when closed.

    Parameters
    ----------
    sheets
        Tables by worksheet, with formats for whole columns and rows only.
    notes
        Reference and text of each note; `None` for a workbook without.
    """
    book = _classes()(path, options=PLAIN)
    book.add_worksheet(cover.cover_label).write_cover(cover)
    first = {"Contents": book.make_table_of_contents(sheets)}
    book._update_annotations(sheets)
    if notes is not None:
        first["Notes"] = book.make_notesheet(notes)
    for name, table in {**first, **sheets}.items():
        book.add_worksheet(name).write_gptable(table, True, book._annotations)
    return book


@cache
def _classes() -> Any:
    """Return gptables' workbook with worksheets of ours; made late, its import is heavy."""
    from gptables.core.wrappers import GPWorkbook, GPWorksheet

    class Sheet(GPWorksheet):  # type: ignore[misc]
        def _write_table_elements(self, pos: list[int], gptable: GPTable, auto_width: bool) -> Any:
            return _write_table(self, gptable)

    class Book(GPWorkbook):  # type: ignore[misc]
        def add_worksheet(self, name: str | None = None, gridlines: str = "hide_all") -> Any:
            sheet = super().add_worksheet(name, gridlines)
            sheet.__class__ = Sheet
            return sheet

    return Book


def _write_table(sheet: Any, gptable: GPTable) -> list[int]:
    headings = list(gptable.table.columns)
    rows = [[_filled(value) for value in row] for row in gptable.table.to_numpy(object).tolist()]
    looks = _looks(sheet.theme, gptable, headings, rows)
    top = gptable.data_range[0]
    widest = [0] * len(headings)
    for down, row in enumerate([headings, *rows]):
        for across, (value, look) in enumerate(zip(row, looks[down], strict=True)):
            if type(value) is str:
                sheet.write_string(top + down, across, value, sheet._workbook.add_format(look))
            elif type(value) in (int, float):
                sheet.write_number(top + down, across, value, sheet._workbook.add_format(look))
            else:
                sheet._smart_write(top + down, across, value, look)
            line = sheet._get_longest_line(value)
            width = ceil(_width(line) * sheet._get_scaling_factor(look, line))
            widest[across] = max(widest[across], width)
    sheet._set_column_widths(widest)
    headed = [
        {"header": heading, "header_format": sheet._workbook.add_format(look)}
        for heading, look in zip(headings, looks[0], strict=True)
    ]
    options = {"header_row": True, "autofilter": False, "style": None, "name": gptable.table_name}
    sheet.add_table(*gptable.data_range, {**options, "columns": headed})
    return [top + len(rows) + 1, 0]


def _filled(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


@lru_cache(maxsize=4096)
def _width(line: str) -> int:
    from xlsxwriter.utility import cell_autofit_width  # type: ignore[import-untyped]

    return int(cell_autofit_width(line))


def _looks(
    theme: Any, gptable: GPTable, headings: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[list[dict[str, Any]]]:
    """Return the format of every cell, the row of headings first."""
    levels = (theme.index_1_format, theme.index_2_format, theme.index_3_format)
    index = {place: levels[level - 1] for level, place in gptable.index_columns.items()}
    numeric = _numeric(headings, rows)
    looks: list[list[dict[str, Any]]] = [[], *([] for _ in rows)]
    for place in range(len(headings)):
        kept = {} if place < gptable.index_levels else theme.data_format
        right = numeric[place] and place not in index and (place > 0 or bool(index))
        side = {"align": "right" if right else "left"}
        looks[0].append({**theme.column_heading_format, **side})
        for cells in looks[1:]:
            cells.append({**kept, **index.get(place, {}), **side})
    for item in gptable.additional_formatting:
        for kind, asked in item.items():
            for one in asked["columns"] if kind == "column" else asked["rows"]:
                cells = [row[one] for row in looks] if kind == "column" else looks[one]
                for cell in cells:
                    cell.update(asked["format"])
    return looks


def _numeric(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Mark the columns that hold numbers, symbols in the place of some apart."""
    if any(SHORTHAND.search(heading) for heading in headings):
        return [False] * len(headings)
    marks = []
    for column in zip(*rows, strict=True):
        said = [v for v in column if not (isinstance(v, str) and SHORTHAND.search(v))]
        said = [v for v in said if v is not None]
        marks.append(bool(said) and all(isinstance(v, (int, float)) for v in said))
    return marks
