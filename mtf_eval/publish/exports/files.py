"""What an executed notebook shows, and the files of it: a CSV a table and an accessible workbook.

Both are made from what the executed notebook shows (its elements' private JSON), so a file never
holds more than the page; below them it is read block by block, and half a page of it for an e-mail.
Reads no data set and hides nothing itself.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from html import escape, unescape
from pathlib import Path
from textwrap import fill
from typing import Any

from nbformat import NotebookNode

from mtf_eval.analysis.results.columns import day
from mtf_eval.publish.cells import NUMERIC, moment, neutralise, printable, printed, strength
from mtf_eval.publish.exports.sheets import ONE_TABLE, Sheet, add_model, produce
from mtf_eval.publish.look import Look

PRIVATE = re.compile(r"application/vnd\.mtf\.(\w+)\+json")
LONGEST = 80  # characters of a file's name, without its ending
FIXED = datetime(2000, 1, 1)  # a workbook's date of creation: the same bytes for the same tables
INTRO = "Tables of the report, one a worksheet. Symbols are explained on each worksheet."
BY_HAND = "Changed by hand in its notebook"
ILLUSTRATIVE = "Illustrative data: the places, people and figures are made up."
FORMATS = {"money": "£#,##0", "people": "#,##0", "count": "#,##0"}
FIGURE = re.compile(r'<figure class="mtf-figure".*?</figure>', re.S)
WIDE = re.compile(r'<svg[^>]*class="mtf-wide".*?</svg>', re.S)
KEY = re.compile(r'<li><span style="background:(#\w{6})"></span>(.*?)</li>')
SHARPER = 2  # times the pixels of the page's picture
MOST = 6  # lines of a list
LINE = 72  # characters of a line of text


def contents(notebook: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield kind and content of every element an executed notebook shows, in order."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            for mime, data in output.get("data", {}).items():
                found = PRIVATE.fullmatch(mime)
                if found and found.group(1) == "several":
                    yield from ((part["kind"], part["data"]) for part in data["parts"])
                elif found:
                    yield found.group(1), data


def head(notebook: NotebookNode) -> dict[str, Any]:
    """Return what `page` said of the report; nothing when it never got so far."""
    return next((dict(data) for kind, data in contents(notebook) if kind == "page"), {})


def by_hand(notebook: NotebookNode) -> str:
    """Return what was changed by hand in an executed notebook; empty where nothing was."""
    made = (data for kind, data in contents(notebook) if kind == "provenance")
    return "; ".join(dict.fromkeys(change for data in made for change in data.get("by_hand", ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What every document of a report says of itself; empty where there is nothing to say."""

    title: str
    publisher: str
    period: str
    banner: str
    whose: str  # data set and period
    audience: str
    marks: tuple[str, ...]  # changed by hand, made up: nobody reads a figure without them
    lead: str
    rule: str  # of disclosure, and when the run was


def opening(notebook: NotebookNode, look: Look | None = None, run_time: str = "") -> Opening:
    """Return how a document of an executed notebook begins."""
    page = {k: printable(str(v)) for k, v in head(notebook).items()}
    changed, run = by_hand(notebook), f"Run {moment(run_time)}." if run_time else ""
    made_up = ILLUSTRATIVE if head(notebook).get("illustrative") else ""
    marks = (printable(f"{BY_HAND}: {changed}.") if changed else "", made_up)
    return Opening(
        **{k: page.get(k, "") for k in ("publisher", "period", "banner", "lead")},
        title=page.get("title") or "Report",
        whose=", ".join(filter(None, map(page.get, ("dataset_title", "period")))),
        audience=(look or Look()).audience(page.get("kind", "")),
        marks=tuple(filter(None, marks)),
        rule=f"{page.get('rule_sentence', '')} {run}".strip(),
    )


def source_of(content: Mapping[str, Any]) -> str:
    """Return where a table comes from, and the day it goes up to."""
    as_at = f" As at {day(date.fromisoformat(content['as_at']))}." if content["as_at"] else ""
    return printable(f"Source: {content['source'].rstrip('.')}.{as_at}")


def tables(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """Return every table shown, by name, in order; a table shown twice is there once."""
    return {d["name"]: d for kind, d in contents(notebook) if kind in ("table", "figure")}


def write_exports(notebook: NotebookNode, folder: Path, stem: str) -> list[Path]:
    """Write one CSV a table and one workbook; return the files written, workbook first."""
    found = tables(notebook)
    if not found:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / f"{stem}.xlsx"
    live = next((data for kind, data in contents(notebook) if kind == "model"), None)
    _workbook(book, opening(notebook), found, live)
    written = [book]
    for name, content in found.items():
        path = folder / csv_name(name, head(notebook))
        # The mark at the start has Excel read the pound sign and accents as they are.
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            rows = csv.writer(out, lineterminator="\r\n")
            rows.writerow(map(neutralise, _headings(content)))
            rows.writerows(map(neutralise, row) for row in content["rows"])
        written.append(path)
    return written


def csv_name(name: str, page: Mapping[str, Any]) -> str:
    """Return the file of a table: short enough for any system, marked where it is internal."""
    if len(name) > LONGEST:
        name = f"{name[:LONGEST]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"{name}{'-internal' if page.get('banner') else ''}.csv"


def _workbook(
    path: Path, begin: Opening, found: Mapping[str, dict[str, Any]], live: Mapping[str, Any] | None
) -> None:
    """Write cover, contents, notes, a sheet a table, and the live model where there is one."""
    notes = list(dict.fromkeys(note for content in found.values() for note in content["notes"]))
    symbols = {s: m for content in found.values() for s, m in content["symbols"].items()}
    about = (begin.whose, *begin.marks, begin.lead, begin.rule, begin.banner)
    sheets: dict[str, Sheet] = {}
    for name, content in found.items():
        numbers = [notes.index(note) + 1 for note in content["notes"]]
        sheets[_sheet(name, sheets)] = _sheet_table(name, content, numbers)
    book = produce(
        str(path),
        sheets,
        title=neutralise(begin.title),
        about={"Introductory information": [INTRO],
               "About these data": [neutralise(text) for text in about if text]},
        notes=[neutralise(t) for t in (*notes, *(f"{s}: {m}" for s, m in symbols.items()))],
    )  # fmt: skip
    if live:
        add_model(book, live)
    book.set_properties({"title": begin.title, "author": begin.publisher, "created": FIXED})
    book.close()


def _sheet_table(name: str, content: Mapping[str, Any], notes: Sequence[int]) -> Sheet:
    looks: list[dict[str, str]] = []
    for column in content["columns"]:
        looks.append({})
        if column["kind"] in ("people", "count", "money", "number", "share", "change"):
            shown = FORMATS.get(column["kind"], "#,##0")
            shown += "." + "0" * column["decimals"] if column["decimals"] else ""
            # A column of numbers is right-aligned, its symbols too.
            looks[-1] = {"num_format": shown, "align": "right"}
    lines = [ONE_TABLE + (" Notes are on the worksheet Notes." if notes else "")]
    lines += [f"{symbol} {meaning}" for symbol, meaning in content["symbols"].items()]
    return Sheet(
        name=re.sub(r"\W", "_", f"t_{name}"),
        title=neutralise(content["title"]),
        headings=[neutralise(text) for text in _headings(content)],
        rows=[
            [v if isinstance(v, int | float) else neutralise(v) for v in row]
            for row in content["rows"]
        ],
        looks=looks,
        lines=[neutralise(line) for line in (*lines, source_of(content))],
        notes=notes,
        total=bool(content["total_row"]),
    )


def _headings(content: Mapping[str, Any]) -> list[str]:
    """Return the headings, told apart where two are alike."""
    seen: dict[str, int] = {}
    out = []
    for column in content["columns"]:
        text = column["heading"] or column["name"]
        seen[text] = seen.get(text, 0) + 1
        out.append(text if seen[text] == 1 else f"{text} ({column['name']})")
    return out


def _sheet(name: str, taken: Mapping[str, object]) -> str:
    """Name a worksheet within Excel's 31 characters, unlike the others."""
    stem = re.sub(r"[\[\]:*?/\\']", "_", name)[:31]
    own, n = stem, 2
    while own.lower() in {t.lower() for t in taken} | {"cover", "contents", "notes"}:
        own, n = f"{stem[:28]}_{n}", n + 1
    return own


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One thing shown: `kind` is that of an element, or `prose` with its Markdown as `text`.

    A figure has its picture as `svg`, and the colour and label of each series as `key`.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    svg: str = ""
    key: tuple[tuple[str, str], ...] = ()


def blocks(notebook: NotebookNode) -> Iterator[Block]:
    """Yield everything an executed notebook shows, in order."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield Block(kind="prose", text=cell.source)
        for output in cell.get("outputs", ()):
            html = "".join(output.get("data", {}).get("text/html", ""))
            drawn = iter(FIGURE.findall(html))
            one = NotebookNode(cells=[NotebookNode(outputs=[output])])  # type: ignore[no-untyped-call]
            for kind, content in contents(one):
                html = next(drawn, "") if kind == "figure" else ""
                found = WIDE.search(html)
                yield Block(
                    kind=kind,
                    data=content,
                    svg=found[0] if found else "",
                    key=tuple((colour, unescape(label)) for colour, label in KEY.findall(html)),
                )


def picture(svg: str, look: Look) -> bytes:
    """Return the page's picture as PNG, in the colours of the look."""
    from resvg_py import svg_to_bytes

    made: bytes = svg_to_bytes(
        svg_string=look.coloured(svg),
        zoom=SHARPER,
        background="#ffffff",
        skip_system_fonts=True,
        font_files=list(_fonts()),
        font_family="DejaVu Sans",
        font_size=13,
    )
    return bytes(made)


@cache
def _fonts() -> tuple[str, ...]:
    from matplotlib import get_data_path

    names = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique")
    return tuple(f"{get_data_path()}/fonts/ttf/{name}.ttf" for name in names)


def cards_among(shown: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any] | None:
    """Return the first table that the page shows as cards; `None` where there is none."""
    return next((data for kind, data in shown if kind == "table" and data.get("cards")), None)


def figures(cards: Mapping[str, Any]) -> list[list[str]]:
    """Return heading and value of each headline figure, with what qualifies it beside it."""
    told = []
    for column, value in zip(cards["columns"], printed(cards)[0], strict=True):
        under = "; ".join(filter(None, (cards["symbols"].get(value), column.get("note"))))
        if column["kind"] in NUMERIC:
            told.append([column["heading"], f"{value} ({under})" if under else value])
    return told


def said(parts: Sequence[str], longest: int) -> str:
    """Join texts; what is longer ends at a word with an ellipsis."""
    text = " ".join(printable(" ".join(parts)).split())
    return text if len(text) <= longest else f"{text[: longest - 1].rsplit(' ', 1)[0]}…"


def summary(notebook: NotebookNode, *, page: str, run_time: str, look: Look) -> tuple[str, str]:
    """Return the summary as plain text and as HTML."""
    lines = list(_lines(notebook, page, run_time, look))
    text, html = [], []
    for kind, line in lines:
        bullet = kind == "li"
        text.append(fill(line, LINE, initial_indent="- " * bullet, subsequent_indent="  " * bullet))
        tag = f"<{kind}>{escape(line)}</{kind}>"
        html.append(f"<ul>{tag}</ul>" if bullet else tag)
    body = "".join(html).replace("</ul><ul>", "")
    font = look.font or "Arial"
    whole = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(lines[0][1])}</title></head>"
        f'<body style="font-family:{font},sans-serif;font-size:15px;max-width:40em">{body}'
        "</body></html>\n"
    )
    blank = "\n\n".join(text).replace("\n\n- ", "\n- ")
    return f"{blank}\n", whole


def _lines(
    notebook: NotebookNode, page: str, run_time: str, look: Look
) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs, each after the name of its tag."""
    begin, shown = opening(notebook, look, run_time), list(contents(notebook))
    yield "h1", said([begin.title], 200)
    for text in filter(None, (begin.banner, *begin.marks, begin.whose, begin.audience)):
        yield "p", said([text], 400)
    found = [data for kind, data in shown if kind in ("result", "finding")]
    for data in found[:1]:
        level = data.get("maryland")
        design = f"{strength(level)}." if level else ""
        yield "p", said([f"{data['text'].rstrip('.')}.", design], 600)
    tables = [data for kind, data in shown if kind == "table" and data["rows"]]
    if cards := cards_among(shown):
        for heading, value in figures(cards)[:MOST]:
            yield "li", said([f"{heading}: {value}"], 300)
    asked = next((t for t in tables if t["name"].startswith("decisions")), None)
    if asked:
        yield "p", "Asked:"
        for row in printed(asked)[:MOST]:
            yield "li", said([f"{row[0]}: {row[1]}"], 120)
    cautions = [d["text"] for k, d in shown if k == "note" and d["kind"] == "caution"]
    if cautions:
        yield "p", said(["Caution:", cautions[0]], 300)
    if tables:
        yield "p", said([source_of(tables[0])], 300)
    yield "p", said([begin.rule], 400)
    yield "p", f"The whole report: {page}"
