"""The tables of Word documents, slides and summaries, for `published`: what a reader finds there.

Of slides the charts too, from the workbooks inside them, hidden sheets and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

Rows = Sequence[Sequence[str]]


def document(path: Path) -> Iterator[tuple[str, Rows]]:
    """Yield the tables of a Word document, each with the words before it."""
    from docx import Document
    from docx.table import Table

    title = ""
    for block in Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            yield title, [[cell.text for cell in row.cells] for row in block.rows]
        elif block.text.strip():
            title = block.text


def slides(path: Path) -> Iterator[tuple[str, Rows]]:
    """Yield the tables of slides, and every sheet of the workbooks behind their charts."""
    from pptx import Presentation

    for slide in Presentation(str(path)).slides:
        title = slide.shapes.title.text_frame.text if slide.shapes.title else ""
        for shape in slide.shapes:
            held: Any = shape
            if shape.has_table:
                yield title, [[cell.text for cell in row.cells] for row in held.table.rows]
            if shape.has_chart:
                for _, rows in sheets(BytesIO(held.chart.part.chart_workbook.xlsx_part.blob)):
                    yield title, rows


def sheets(book: Path | BytesIO) -> Iterator[tuple[str, Rows]]:
    """Yield every sheet of a workbook."""
    from openpyxl import load_workbook

    for sheet in load_workbook(book, data_only=True).worksheets:
        cells = sheet.iter_rows(values_only=True)
        yield "", [["" if v is None else str(v) for v in row] for row in cells]


def summary(path: Path) -> Iterator[tuple[str, Rows]]:
    """Yield the figures of a summary in text, as one row."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = [line.rpartition(": ") for line in re.findall(r"(?m)^- (.+(?:\n  .+)*)$", text)]
    if lines:
        yield text.partition("\n")[0], [["", *(n for n, _, _ in lines)],
                                        ["headline", *(v for _, _, v in lines)]]  # fmt: skip
