"""What an executed notebook shows, block by block, and half a page of it for an e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape, unescape
from textwrap import fill
from typing import Any

from nbformat import NotebookNode

from mtf_eval.publish.cells import NUMERIC, printable, printed, strength
from mtf_eval.publish.exports.files import contents, opening, source_of
from mtf_eval.publish.look import Look

FIGURE = re.compile(r'<figure class="mtf-figure".*?</figure>', re.S)
WIDE = re.compile(r'<svg[^>]*class="mtf-wide".*?</svg>', re.S)
KEY = re.compile(r'<li><span style="background:(#\w{6})"></span>(.*?)</li>')
SHARPER = 2  # times the pixels of the page's picture
MOST = 6  # lines of a list
LINE = 72  # characters of a line of text


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
