"""Tables as they were published, read back from the files a reader has.

Reads HTML pages, CSV, Excel workbooks, Word documents, slides, summaries, notebooks and run records
of a folder of reports.
"""

from __future__ import annotations

import calendar
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

TOTAL = re.compile(r"(grand |over)?(total|all|sum)s?\b")
HIDDEN, BESIDE = "[c]", "[k]"  # a count of people; a figure hidden for the sake of one
SYMBOL = r"(\[\w+\])?"
MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_FIGURE = re.compile(r"^([-+−–]?)£?(\d[\d,]*)(\.\d+)?\s*%?$")


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed number: its value and the digits after its point."""

    value: float
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """One printed table: headings, row names, and per cell a figure, `[c]`, `[k]` or nothing."""

    file: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[Figure | str | None, ...], ...]

    @property
    def hidden(self) -> bool:
        """Whether any cell is hidden."""
        return any(isinstance(cell, str) for row in self.cells for cell in row)


def read_grids(folder: Path) -> list[Grid]:
    """Every table in every file of a folder that can hold one; copies are kept once."""
    grids: dict[tuple[Any, ...], Grid] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        reader = _READERS.get(path.suffix.lower())
        if reader is None:
            continue
        name = path.relative_to(folder).as_posix()
        for title, rows in reader(path):
            grid = _grid(name, title or path.stem, rows)  # cards are of their page's period
            if grid is not None:
                grids.setdefault((grid.columns, grid.rows, grid.cells), grid)
    return list(grids.values())


def release_named(folder: Path) -> str | None:
    """Name of the release in the run record beside or below the folder, if one says so."""
    records = (json.loads(p.read_text("utf-8")) for p in sorted(folder.rglob("run.json")))
    return next((run["release"] for run in records if "release" in run), None)


@dataclass(frozen=True, slots=True)
class Told:
    """What pages say of how referrals are counted.

    Whether outcomes count by the day decided; months (counted from year 0) that are in no total.
    """

    dated: bool = False
    gone: frozenset[int] = frozenset()


def told(folder: Path) -> Told:
    """Read what any page or record says of how referrals are counted."""
    dated, gone = False, frozenset[int]()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".html", ".ipynb", ".json"):
            text = " ".join(path.read_text(encoding="utf-8", errors="replace").split())
            dated = dated or "by the day decided" in text
            for named, year in set(re.findall(r"in no total: ([A-Za-z, ]+) (20\d\d)", text)):
                every = (months_of(name.lower(), year) for name in re.findall(r"[A-Z]\w+", named))
                gone = gone.union(*filter(None, every))
    return Told(dated, gone)


Rows = Sequence[Sequence[str]]


def _grid(file: str, title: str, rows: Rows) -> Grid | None:
    """Make a grid: leading one-cell rows are titles, the first full row holds the headings."""
    lines = [[str(c).strip() for c in row] for row in rows]
    start = next((i for i, row in enumerate(lines) if sum(map(bool, row)) > 1), None)
    if start is None or start + 1 >= len(lines):
        return None
    title = " ".join(filter(None, [title, *(" ".join(r).strip() for r in lines[:start])]))
    head = lines[start]
    body = [
        row + [""] * (len(head) - len(row)) for row in lines[start + 1 :] if sum(map(bool, row)) > 1
    ]
    parsed = [[_cell(text) for text in row[: len(head)]] for row in body]
    numeric = [
        any(row[c] is not None for row in parsed)
        and all(
            row[c] is not None or re.fullmatch(SYMBOL, raw[c])
            for row, raw in zip(parsed, body, strict=True)
        )
        for c in range(len(head))
    ]
    if head and numeric and numeric[0] and not any(h in (HIDDEN, BESIDE) for h in head):
        numeric[0] = not all(re.fullmatch(r"(19|20)\d\d", raw[0]) for raw in body)
    keep = [c for c, is_number in enumerate(numeric) if is_number]
    if not body or not keep:
        return None
    labels = [c for c in range(len(head)) if c not in keep]
    labels = [c for c in labels if any(not re.fullmatch(SYMBOL, raw[c]) for raw in body)]
    names = [" | ".join(raw[c] for c in labels) for raw in body]
    cells = tuple(tuple(row[c] for c in keep) for row in parsed)
    return Grid(file, title, tuple(plain(head[c]) for c in keep), tuple(map(plain, names)), cells)


def plain(text: str) -> str:
    """Lower case, one blank, no pound or note marker: names are compared across files."""
    text = re.sub(r"\[note \d+\]|\(£\)", "", text.replace("_", " "))
    month = re.fullmatch(r"(\d{4})-(\d\d)-01( 00:00:00)?", text.strip())
    if month:
        text = f"{MONTHS[int(month[2]) - 1]} {month[1]}"
    return " ".join(text.lower().split())


@cache
def months_of(name: str, title: str) -> frozenset[int] | None:
    """Return the months (counted from year 0) that a row's name speaks of."""
    text = name.strip()
    year = re.search(r"\b(20\d\d)\b", text) or re.search(r"\b(20\d\d)\b", plain(title))
    if not year:
        return None
    start = int(year[1]) * 12
    bare = re.sub(r"\b20\d\d\b|[-,]", " ", text).strip()
    named = [
        m for m, month in enumerate(MONTHS) if re.search(rf"\b{month[:3]}({month[3:]})?\b", bare)
    ]
    quarter = re.search(r"\bq([1-4])\b", bare)
    half = re.search(r"\bh([12])\b", bare)
    if quarter:
        first, last = 3 * int(quarter[1]) - 3, 3 * int(quarter[1]) - 1
    elif half:
        first, last = 6 * int(half[1]) - 6, 6 * int(half[1]) - 1
    elif named:
        first, last = named[0], named[-1]
    elif not bare:
        first, last = 0, 11
    else:
        return None
    return frozenset(range(start + first, start + last + 1))


def span_of(title: str) -> frozenset[int] | None:
    """Return the months of the year or half-year that a title names."""
    text = plain(title)
    year = re.search(r"\b(20\d\d)\b", text)
    if not year:
        return None
    half = re.search(r"\b(january to june|july to december|h1|h2)\b", text)
    first = int(year[1]) * 12 + (6 if half and half[1] in ("july to december", "h2") else 0)
    return frozenset(range(first, first + (6 if half else 12)))


def _cell(text: str) -> Figure | str | None:
    if text in (HIDDEN, BESIDE):
        return text
    found = _FIGURE.match(text.replace("\u00a0", " ").lstrip("'"))
    if not found:
        return None
    sign, whole, fraction = found.groups()
    value = float(whole.replace(",", "") + (fraction or ""))
    digits = len(fraction or ".") - 1
    return Figure(-value if sign and sign != "+" else value, digits)


def _html(text: str) -> Iterator[tuple[str, Rows]]:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for table in soup.find_all("table"):
        caption = table.find("caption")
        lines = (row.find_all(["th", "td"]) for row in table.find_all("tr"))
        rows = [[cell.get_text(" ", strip=True) for cell in line] for line in lines]
        yield caption.get_text(" ", strip=True) if caption else "", rows
    for cards in soup.find_all("dl"):
        names = [dt.get_text(" ", strip=True) for dt in cards.find_all("dt")]
        values = [dd.get_text(" ", strip=True) for dd in cards.select("dt + dd")]
        if len(names) == len(values):
            yield "", [["", *names], ["headline", *values]]


def _notebook(path: Path) -> Iterator[tuple[str, Rows]]:
    book = json.loads(path.read_text(encoding="utf-8"))
    for cell in book.get("cells", []):
        for output in cell.get("outputs", []):
            for kind, content in output.get("data", {}).items():
                if kind == "text/html":
                    yield from _html("".join(content))
                elif kind.endswith("+json"):
                    yield from _tables_in(content)


def _tables_in(content: Any) -> Iterator[tuple[str, Rows]]:
    """Anything in JSON that has columns and rows."""
    if isinstance(content, dict):
        columns, rows = content.get("columns"), content.get("rows", content.get("data"))
        if isinstance(columns, list) and isinstance(rows, list) and rows:
            named = [c if isinstance(c, dict) else {"heading": c} for c in columns]
            head = [str(c.get("heading", c.get("name", ""))) for c in named]
            if all(isinstance(r, list) for r in rows):
                body = [["" if v is None else str(v) for v in r] for r in rows]
                yield str(content.get("title", "")), [head, *body]
        for inner in content.values():
            yield from _tables_in(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _tables_in(inner)


# Documents, slides and summaries; of slides the charts too, from the workbooks inside them, hidden
# sheets and all


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


_READERS: dict[str, Callable[[Path], Iterable[tuple[str, Rows]]]] = {
    ".html": lambda path: _html(path.read_text(encoding="utf-8", errors="replace")),
    ".csv": lambda path: [
        (path.stem, list(csv.reader(StringIO(path.read_text("utf-8-sig", "replace")))))
    ],
    ".xlsx": sheets,
    ".docx": document,
    ".pptx": slides,
    ".txt": summary,
    ".ipynb": _notebook,
    ".json": lambda path: _tables_in(json.loads(path.read_text(encoding="utf-8"))),
}
