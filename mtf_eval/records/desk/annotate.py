"""The fix report: a copy of the records with every complaint as a note beside its cell.

Of a workbook the copy is the workbook itself, formulas, notes and formats included; of a folder of
CSV files, a workbook with a sheet per file. The original is never touched.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink

from mtf_eval.errors import BadArgument, DataProblems, Problem
from mtf_eval.records.aliases import Aliases, packaged
from mtf_eval.records.dataset import Finding
from mtf_eval.records.reading.grids import Grid, read_csv
from mtf_eval.records.reading.headings import heading_row
from mtf_eval.records.reading.mapping import mapping_of
from mtf_eval.records.reading.sources import learnt
from mtf_eval.records.reading.workbook import read_workbook
from mtf_eval.records.tables import tables_named

LIST = "Complaints"
HEADINGS = ("Sheet or file", "Row", "Column", "Found", "Expected", "What to do")
QUOTE = "'"
WRONG, DOUBTFUL = "FFC7CE", "FFEB9C"
#: Parts of a workbook that its copy cannot hold.
_LOST = {"charts/": "charts", "activeX/": "form controls", "slicers/": "slicers"}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where the columns of one sheet stand: its heading row and columns, counted from 1."""

    title: str
    top: int
    places: Mapping[str, int]


def annotate(source: Path, target: Path, complaints: Sequence[Problem | Finding]) -> int:
    """Write a copy of the records with notes where something is wrong.

    Problems are red, findings yellow; the copy is replaced whole, never the source itself. Returns
    how many were noted; raises `BadArgument` for a target that cannot be, or a workbook that does
    not open.
    """
    if target.suffix.lower() != ".xlsx":
        raise BadArgument(f"{target.name}: the fix report is a workbook, its name ends in .xlsx")
    if target.resolve() == source.resolve():
        raise BadArgument("the fix report cannot take the place of the records: name another file")
    book, sheets, notes = _of_files(source) if source.is_dir() else _of_workbook(source)
    kinds: dict[object, list[list[Any]]] = {}
    for each in complaints:
        same = each.kind if isinstance(each, Problem) else (each.text, each.sheet, each.column)
        kinds.setdefault(same, []).append(_noted(book, sheets, each))
    _listed(book, list(kinds.values()), notes)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    book.save(partial)
    partial.replace(target)
    return len(complaints)


# The copy


def _of_workbook(source: Path) -> tuple[Workbook, dict[str, _Sheet], list[str]]:
    try:
        book = openpyxl.load_workbook(source, rich_text=True)
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
    except Exception as error:
        # Damaged in one of the many ways a zip of XML can be; `check` has said which.
        kind = type(error).__name__
        raise BadArgument(f"{source.name} does not open, so no copy can be made ({kind})") from None
    lost = [word for part, word in _LOST.items() if any(f"xl/{part}" in n for n in names)]
    lost += ["macros"] if any(n.endswith("vbaProject.bin") for n in names) else []
    notes = ["Correct the cells here and give this workbook to mtf-eval check and run."]
    if lost:
        notes.append(f"Not in this copy: {', '.join(lost)}. They are in the original.")
    try:
        mapped = mapping_of(source)
        grids, _, _ = read_workbook(source, learnt, mapped)
        grids = [mapped.applied(g) if mapped else g for g in grids if not g.aside]
    except DataProblems:
        grids = []
    aliases = _aliases(grids)
    return book, {g.sheet: _placed(g, g.sheet, aliases) for g in grids}, notes


def _of_files(source: Path) -> tuple[Workbook, dict[str, _Sheet], list[str]]:
    book = Workbook()
    book.remove(book.active)
    grids = []
    files = sorted(source.glob("*.csv"))
    named = tables_named((path.stem for path in files), packaged())
    for path in files:
        table = named.get(path.stem)
        with suppress(DataProblems):
            grids += [read_csv(path, table)] if table else []
    aliases, sheets = _aliases(grids), {}
    for grid in grids:
        title = re.sub(r"[\[\]:*?/\\]", "_", Path(grid.file).stem)[:31]
        sheet = book.create_sheet(title)
        for number, row in enumerate(grid.rows, start=1):
            for place, text in enumerate(row, start=1):
                if text != "":
                    clean = ILLEGAL_CHARACTERS_RE.sub("", text)
                    sheet.cell(row=number, column=place, value=clean).data_type = "s"
        sheets[grid.file] = _placed(grid, title, aliases)
    notes = [
        "A copy of the folder's files, a sheet each.",
        "Correct the cells here and give this workbook to mtf-eval check and run, "
        "or correct the files.",
    ]
    return book, sheets, notes


def _aliases(grids: Sequence[Grid]) -> Aliases:
    return next((learnt(g) for g in grids if g.table == "aliases"), packaged())


def _placed(grid: Grid, title: str, aliases: Aliases) -> _Sheet:
    found = heading_row(grid, aliases)
    if found is None:
        return _Sheet(title, 1, {})
    top, places = found
    as_written = {" ".join(str(c)[:40].split()): place for place, c in enumerate(grid.rows[top])}
    return _Sheet(title, top + 1, {n: p + 1 for n, p in {**as_written, **places}.items()})


# The notes


def _noted(book: Workbook, sheets: Mapping[str, _Sheet], complaint: Problem | Finding) -> list[Any]:
    """Note a complaint beside its cell; return its row of the list, the cell's address last."""
    if isinstance(complaint, Problem):
        found, expected, todo = complaint.found, complaint.expected, complaint.todo
        text, colour = f"Found {found}; expected {expected}. {todo}".rstrip(), WRONG
    else:
        found, expected, todo = complaint.text, "", "look whether it is right"
        text, colour = complaint.text, DOUBTFUL
    sheet = sheets.get(complaint.sheet or complaint.file)
    title = sheet.title if sheet else complaint.sheet
    address = ""
    if title in book.sheetnames:
        row, column = complaint.row, 1
        if sheet is not None:
            row = row or sheet.top
            column = sheet.places.get(complaint.column, 1)
            if complaint.column and complaint.column not in sheet.places:
                text = f"{complaint.column}: {text}"
        cell = book[title].cell(row=row or 1, column=column)
        _note(cell, text, colour if complaint.column != "rag" else "")
        address = f"'{title.replace(QUOTE, 2 * QUOTE)}'!{cell.coordinate}"
    where = complaint.sheet or complaint.file
    return [where, complaint.row, complaint.column, found, expected, todo, address]


def _note(cell: Cell, text: str, colour: str) -> None:
    if isinstance(cell, MergedCell):
        sheet = cell.parent
        area = next(a for a in sheet.merged_cells.ranges if cell.coordinate in a)
        cell = sheet.cell(row=area.min_row, column=area.min_col)
    before = f"{cell.comment.text}\n\n" if cell.comment else ""
    cell.comment = Comment(f"{before}mtf-eval: {text}", "mtf-eval", width=320, height=140)
    # A rating's fill colour may be its value.
    if colour:
        cell.fill = PatternFill("solid", start_color=colour)


def _listed(book: Workbook, kinds: Sequence[list[list[Any]]], notes: Sequence[str]) -> None:
    """Put a sheet in front that lists each kind of complaint, with a link to its first cell."""
    title = LIST
    while title in book.sheetnames:
        title += "_"
    sheet = book.create_sheet(title, 0)
    book.active = 0
    total = sum(map(len, kinds))
    count = f"{total} complaint(s), of {len(kinds)} kind(s)" if kinds else "No complaints"
    for line in (count, *notes, ""):
        sheet.append([line])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append(HEADINGS)
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    for (*texts, address), *more in kinds:
        texts[3] += f" (and {len(more)} more rows like it)" if more else ""
        sheet.append(texts)
        for cell in sheet[sheet.max_row]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                cell.data_type = "s"
        if address:
            link = sheet.cell(row=sheet.max_row, column=2)
            link.value = link.value or "heading"
            link.hyperlink = Hyperlink(ref=link.coordinate, location=address)
            link.font = Font(color="0563C1", underline="single")
    for letter, width in zip("ABCDEF", (24, 9, 20, 50, 50, 50), strict=True):
        sheet.column_dimensions[letter].width = width
