"""An Excel workbook to grids of cells, with what its file says beside the values.

Values come through calamine. What calamine leaves out is taken from the file itself: cells that
hold an error, formulas that were never worked out, hidden rows, fill colours (openpyxl, only when
a rating has no word). A workbook that would unfold to more than fits is refused unopened.
"""

from __future__ import annotations

import colorsys
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from mtf_eval.errors import DataProblems, Problem, refused
from mtf_eval.records.aliases import Aliases, packaged
from mtf_eval.records.dataset import Finding, Source
from mtf_eval.records.home import file_digest
from mtf_eval.records.prices.unit_costs import foreign_format
from mtf_eval.records.reading.cells import CellError
from mtf_eval.records.reading.grids import MAX_CELLS, Grid
from mtf_eval.records.reading.headings import TITLE_ROWS, like, though_like
from mtf_eval.records.reading.mapping import Mapped
from mtf_eval.records.reading.zips import open_zip
from mtf_eval.records.tables import OUT, table_named, tables_named

#: A workbook of a million rows unfolds to about 300 MB; more is no set of tables.
MAX_UNPACKED = 300 * 2**20
#: What a damaged zip raises.
BROKEN = (*(zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, ValueError, RuntimeError),)
#: Sheets that explain rather than hold data; passed over without a word.
_WORDS = (
    *("notes", "readme", "read me", "lists", "contents", "cover"),
    *("dictionary", "data dictionary", "complaints"),
)
# Any prefix, either quote: report servers write XML in their own way.
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)["']""")
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Z]+)\d+["']""")
_HIDDEN = re.compile(rb"""<(?:\w+:)?row\s[^>]*\bhidden\s*=\s*["'](?:1|true)["']""")
#: What a sheet holds that has an error or a formula; only then is it parsed.
_DOUBT = re.compile(rb"""\bt\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")

_NONE = frozenset[str]()


@dataclass(frozen=True, slots=True)
class _Part:
    """What the file itself says of one sheet."""

    bad: Mapping[tuple[int, int], CellError]
    hidden_rows: int
    filtered: bool
    struck: int


def read_workbook(
    path: Path,
    learn: Callable[[Grid], Aliases] | None = None,
    mapped: Mapped | None = None,
    *,
    every: bool = False,
) -> tuple[list[Grid], list[Finding], dict[str, Source]]:
    """Read every sheet that is a table.

    `learn` adds the aliases of the sheet `aliases`, which is read first, as it can name the others;
    `mapped` names tables before that; `every` reads all sheets, tables or not.
    """
    import python_calamine as calamine

    file = path.name
    parts, date1904 = _checked(path)
    try:
        book = calamine.load_workbook(str(path))
        sheets = list(book.sheets_metadata)
        named = _tables(file, [s.name for s in sheets], book, learn, mapped)
        grids, findings = [], []
        for sheet in sheets:
            hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
            table = named.get(sheet.name, "" if every else None)
            if table in (None, OUT) or sheet.typ != calamine.SheetTypeEnum.WorkSheet:
                if table == OUT:
                    findings.append(_note("", file, sheet.name, "left out, as aliases says"))
                elif sheet.name.casefold() not in _WORDS:
                    text = f"{'hidden ' if hidden else ''}sheet is no table of the schema, not read"
                    unread = _note("", file, sheet.name, text)
                    if sheet.typ == calamine.SheetTypeEnum.WorkSheet and mapped is None:
                        opened = book.get_sheet_by_name(sheet.name)
                        rows = opened.to_python(skip_empty_area=False, nrows=TITLE_ROWS)
                        of = like(sheet.name, rows)
                        unread = though_like(unread, of) if of else unread
                        if of in named.values():
                            whole = opened.to_python(skip_empty_area=False)
                            aside = Grid(table=of, file=file, sheet=sheet.name, rows=whole)
                            grids.append(replace(aside, aside=True))
                    findings.append(unread)
                continue
            part = _scanned(path, parts.get(sheet.name, ""), sheet.name)
            notes = ["hidden sheet, read like the others"] if hidden else []
            if part.hidden_rows:
                notes.append(f"{part.hidden_rows} hidden row(s), read like the others")
            if part.filtered:
                notes.append("a filter is set; every row is read")
            texts = [_note(table, file, sheet.name, note) for note in notes]
            if part.struck:
                text = f"{part.struck} row(s) struck through, read like the others: take out what "
                text += "no longer holds"
                texts.append(replace(_note(table, file, sheet.name, text), kind="warning"))
            opened = book.get_sheet_by_name(sheet.name)
            grids.append(
                Grid(
                    table=table,
                    file=file,
                    sheet=sheet.name,
                    rows=_with_errors(opened.to_python(skip_empty_area=False), part.bad),
                    merged=tuple(opened.merged_cell_ranges or ()),
                    date1904=date1904,
                    fill=_fills(path, sheet.name) if table == "priority_progress" else None,
                    findings=tuple(texts),
                )
            )
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError) as error:
        found = f"a workbook that does not open ({type(error).__name__})"
        raise refused(file, found, "an Excel workbook", "save it again in Excel") from None
    source = partial(Source, file=file, sha256=file_digest(path), rows=0)
    used = [g for g in grids if not g.aside]
    read = {g.table: ", ".join(o.sheet for o in used if o.table == g.table) for g in used}
    return grids, findings, {name: source(table=name, sheet=of) for name, of in read.items()}


def _tables(
    file: str,
    sheets: list[str],
    book: Any,
    learn: Callable[[Grid], Aliases] | None,
    mapped: Mapped | None,
) -> dict[str, str]:
    """Return the table each sheet is, by its name."""
    aliases = packaged()
    for sheet in sheets:
        if learn and table_named(sheet, aliases) == "aliases":
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            aliases = learn(Grid(table="aliases", file=file, sheet=sheet, rows=rows))
    given = {s: mapped.table(s) for s in sheets} if mapped else dict.fromkeys(sheets)
    named = tables_named((s for s, table in given.items() if table is None), aliases)
    return named | {s: table for s, table in given.items() if table}


# The file itself


def _checked(path: Path) -> tuple[dict[str, str], bool]:
    """Return the part of each sheet, and whether dates count from 1904."""
    file, todo = path.name, "save it as an Excel workbook (.xlsx)"
    raw = path.open("rb").read(8)
    if not raw:
        raise refused(file, "an empty file", "an Excel workbook", todo)
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        found = "an old .xls workbook, or one behind a password"
        raise refused(file, found, "an .xlsx workbook without a password", todo)
    try:
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile
        with open_zip(path) as archive:
            size = sum(i.file_size for i in archive.infolist())
            if size > MAX_UNPACKED:
                found = f"a workbook that unfolds to {size / 2**20:,.0f} MB"
                expected = f"at most {MAX_UNPACKED / 2**20:,.0f} MB"
                raise refused(file, found, expected, "give only the tables, or a folder of CSVs")
            if _declares(archive):
                found = "a document type declaration, which no spreadsheet program writes"
                raise refused(file, found, "an .xlsx file", "save it again in Excel")
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (*BROKEN, ElementTree.ParseError):
        raise refused(file, "a file that is no Excel workbook", "an .xlsx file", todo) from None
    targets = {r.get("Id"): str(r.get("Target")) for r in links}
    parts = {}
    for sheet in book.findall(".//{*}sheet"):
        link = next((v for k, v in sheet.items() if k.endswith("}id")), None)
        target = targets.get(link, "")
        parts[str(sheet.get("name"))] = target[1:] if target.startswith("/") else f"xl/{target}"
    facts = book.find("{*}workbookPr")
    date1904 = facts is not None and facts.get("date1904") in ("1", "true", "on")
    return parts, date1904


def _declares(archive: zipfile.ZipFile) -> bool:
    """Whether a part could name entities to expand.

    Every part is unpacked once for it, no further than the size it gives: what unfolds to more is
    damaged, and is refused before a reader is given it that does not ask.
    """
    for part in archive.infolist():
        with archive.open(part) as content:
            end = b""
            while block := content.read(1 << 20):
                if b"<!DOCTYPE" in end + block:
                    return True
                end = block[-8:]
    return False


def _scanned(path: Path, part: str, sheet: str) -> _Part:
    try:
        with zipfile.ZipFile(path) as archive:
            xml = archive.read(part)
            styled = "xl/styles.xml" in archive.namelist()
            foreign, struck = _styles(archive.read("xl/styles.xml")) if styled else (_NONE, _NONE)
    except (*BROKEN, ElementTree.ParseError):
        todo = "save it again in Excel"
        raise refused(path.name, f"sheet {sheet} is damaged", "a whole workbook", todo) from None
    rows = max((int(found[1]) for found in _ROW.finditer(xml)), default=0)
    columns = max(map(_column, {found[1] for found in _CELL.finditer(xml)}), default=0)
    if rows * columns > MAX_CELLS:
        found = f"cells as far as row {rows:,} and column {columns:,}"
        expected = f"a sheet of at most {MAX_CELLS:,} cells"
        todo = "delete the empty rows and columns around the table"
        raise DataProblems([Problem(path.name, found, expected, todo, sheet)])
    hidden = len(_HIDDEN.findall(xml))
    bad, lines = (
        _bad_cells(xml, foreign, struck) if foreign or struck or _DOUBT.search(xml) else ({}, 0)
    )
    return _Part(bad, hidden, b"autoFilter" in xml and hidden > 0, lines)


def _styles(styles: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Return the styles, by their place, that show another currency, and that strike through."""
    read = ElementTree.fromstring(styles)
    codes = {f.get("numFmtId") for f in read.iterfind(".//{*}numFmt")
             if foreign_format(f.get("formatCode", ""))}  # fmt: skip
    strikes = [font.find("{*}strike") for font in read.iterfind("{*}fonts/{*}font")]
    fonts = {
        str(place)
        for place, strike in enumerate(strikes)
        if strike is not None and strike.get("val", "1") in ("1", "true")
    }
    kept = [*enumerate(read.iterfind("{*}cellXfs/{*}xf"))]
    return (
        frozenset(str(place) for place, style in kept if style.get("numFmtId") in codes),
        frozenset(str(place) for place, style in kept if style.get("fontId") in fonts),
    )


def _bad_cells(
    xml: bytes, foreign: Set[str], struck: Set[str]
) -> tuple[dict[tuple[int, int], CellError], int]:
    """Cells (row, column from 0) with an error, a formula without a value or foreign money.

    Rows and cells without a reference stand after the one before. The second is the number of rows
    in which something that is written is struck through.
    """
    bad: dict[tuple[int, int], CellError] = {}
    lines, written = 0, set[bool]()
    row = column = -1
    for event, element in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        name = element.tag.rpartition("}")[2]
        if name == "row" and event == "start":
            row = int(given) - 1 if (given := element.get("r", "")).isdigit() else row + 1
            column, written = -1, set()
        elif name == "c" and event == "start":
            place = re.fullmatch(r"([A-Z]+)\d+", element.get("r", ""))
            column = _column(place[1].encode()) - 1 if place else column + 1
        elif name == "c":
            if error := _error(element, foreign):
                bad[row, column] = error
            if len(element):
                written.add(element.get("s") in struck)
        elif name == "row":
            lines += True in written
            element.clear()
    return bad, lines


def _error(cell: ElementTree.Element, foreign: Set[str]) -> CellError | None:
    value = cell.find("{*}v")
    text = (value.text or "").strip() if value is not None else ""
    if cell.get("t") == "e":
        return CellError(f"the error {text or '#ERROR'}", "mend the formula, or write the value")
    if cell.find("{*}f") is not None and not text and cell.get("t") not in ("str", "inlineStr"):
        todo = "open the workbook in Excel and save it, or write the value"
        return CellError("a formula without a value", todo)
    if text and cell.get("s") in foreign and cell.get("t", "n") == "n":
        return CellError("another currency in the format of the cell", "convert it to pounds")
    return None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _with_errors(
    rows: list[list[Any]], bad: Mapping[tuple[int, int], CellError]
) -> list[list[Any]]:
    for (row, column), error in bad.items():
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = error
    return rows


# Colours


def _fills(path: Path, sheet: str) -> Callable[[int, int], str | None]:
    """Return a look-up of fill colours as words; the sheet is opened at the first question."""
    words: dict[tuple[int, int], str] = {}
    opened = False

    def fill(row: int, column: int) -> str | None:
        nonlocal opened
        if not opened:
            words.update(_colours(path, sheet))
            opened = True
        return words.get((row, column))

    return fill


def _colours(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    import openpyxl
    from openpyxl.styles.colors import COLOR_INDEX

    book = openpyxl.load_workbook(path, read_only=True)  # row by row, and this sheet only
    opened: Any = book[sheet]
    opened.reset_dimensions()  # of what the sheet claims to reach
    theme = re.findall(
        rb'<a:(?:dk1|lt1|dk2|lt2|accent\d)>.*?(?:lastClr|srgbClr val)="([0-9A-F]{6})"',
        book.loaded_theme or b"",
    )
    theme[:4] = [theme[i] for i in (1, 0, 3, 2)] if len(theme) >= 4 else theme
    words = {}
    for row in opened.iter_rows():
        for cell in row:
            if cell.fill is None or cell.fill.fill_type != "solid":
                continue
            colour = cell.fill.fgColor
            if colour.type == "theme" and colour.theme < len(theme):
                rgb = theme[colour.theme].decode()
            elif colour.type == "indexed" and colour.indexed < len(COLOR_INDEX):
                rgb = COLOR_INDEX[colour.indexed][-6:]
            else:
                rgb = str(colour.rgb)[-6:] if colour.type == "rgb" else ""
            if word := _colour_word(rgb):
                words[cell.row - 1, cell.column - 1] = word
    book.close()
    return words


def _colour_word(rgb: str) -> str | None:
    """Return red, amber or green; `unclear` for another colour, `None` for white and grey."""
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", rgb):
        return "unclear"
    red, green, blue = (int(rgb[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if saturation < 0.1 or value < 0.2:
        return None
    degrees = hue * 360
    if degrees <= 14 or degrees >= 345:
        return "red"
    if 22 <= degrees <= 62:
        return "amber"
    return "green" if 75 <= degrees <= 165 else "unclear"


def _note(table: str, file: str, sheet: str, text: str) -> Finding:
    return Finding(kind="note", table=table, text=text, file=file, sheet=sheet)
