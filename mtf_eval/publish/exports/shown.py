"""What an executed notebook shows, block by block, as documents and slides are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from typing import Any

from nbformat import NotebookNode

from mtf_eval.publish.cells import NUMERIC, printed
from mtf_eval.publish.exports.files import contents
from mtf_eval.publish.exports.scanner import printable
from mtf_eval.publish.look import Look

FIGURE = re.compile(r'<figure class="mtf-figure".*?</figure>', re.S)
WIDE = re.compile(r'<svg[^>]*class="mtf-wide".*?</svg>', re.S)
KEY = re.compile(r'<li><span style="background:(#\w{6})"></span>(.*?)</li>')
SHARPER = 2  # times the pixels of the page's picture


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
