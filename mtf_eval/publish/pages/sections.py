"""The sections of a notebook's page: where and why it stopped, those with nothing to show."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from bs4 import BeautifulSoup
from nbformat import NotebookNode, v4

from mtf_eval.errors import our_words
from mtf_eval.publish.exports.files import head

LONGEST = 950  # words of a page's main part, about five screens
SHORT = 60  # a section of fewer words is not worth a fold
PICTURE = 200
FIGURE = re.compile(r"<figure.*?</figure>", re.DOTALL)


def tags_of(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def heading_before(notebook: NotebookNode, stopped: int | None) -> str:
    """Heading of the section in which a notebook stopped."""
    if stopped is None:
        return ""
    cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in tags_of(c)]
    before = "\n".join(c.source for c in cells[:stopped] if c.cell_type == "markdown")
    headings = re.findall(r"^#{1,3} +(.+)$", before, flags=re.M)
    return headings[-1].strip() if headings else ""


def why_it_failed(notebook: NotebookNode) -> str:
    """Return what our own error said, for an internal page; nothing of any other error."""
    if head(notebook).get("rule") != "internal":
        return ""
    errors = [o for c in notebook.cells for o in c.get("outputs", ()) if o.output_type == "error"]
    said = [our_words(o.ename, o.evalue, o.traceback) for o in errors]
    return next((f": {words.rstrip('.')}" for words in said if words), "")


def without_empty_sections(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Leave out headings under which nothing is shown; a section of prose alone stays."""
    kept: list[NotebookNode] = []
    shown = 0  # the highest level of heading under which something is shown from here on
    below = ""  # the kind of the cell after this
    for cell in reversed(cells):
        heading = re.match(r"(#{2,6}) ", cell.source) if cell.cell_type == "markdown" else None
        level = len(heading[1]) if heading else 9
        prose = below != "code" and "\n" in cell.source.strip()
        below = cell.cell_type
        if heading is None:
            shown = 9 if cell.cell_type == "markdown" or cell.get("outputs") else shown
        elif shown < level and not prose:
            continue
        else:
            shown = level - 1
        kept.append(cell)
    return kept[::-1]


def folded(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Fold the sections tagged `working` and those beyond the length of a page's main part.

    Folded sections are there on screen and left out of print. The last cell stays, and so do
    sections tagged `open`.
    """
    out: list[NotebookNode] = []
    open_fold, length = False, 0
    last = max((i for i, c in enumerate(cells) if c.cell_type == "code"), default=-1)
    heads = [i for i, c in enumerate(cells) if _starts(c)]
    ends = dict(zip(heads, [*heads[1:], last], strict=False))
    for place, cell in enumerate(cells):
        starts = _starts(cell)
        if open_fold and (starts or place == last):
            out.append(_html("</details>"))
            open_fold = False
        working = starts and "working" in tags_of(cell)
        if starts and not working:
            length += (own := sum(map(_length, cells[place : ends[place]])))
            if working := length > LONGEST and own > SHORT and "open" not in tags_of(cell):
                length -= own
        if working:
            title, _, cell.source = cell.source.partition("\n")
            heading = f"<h2>{escape(title.removeprefix('## '))}</h2>"
            out.append(_html(f'<details class="mtf-fold"><summary>{heading}</summary>'))
            open_fold = True
        out.append(cell)
    return [*out, _html("</details>")] if open_fold else out


def _starts(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "markdown" and cell.source.startswith("## "))


def _length(cell: NotebookNode) -> int:
    """Words a cell shows; a picture counts for as many as its room would hold."""
    shown = [o.get("data", {}).get("text/html", "") for o in cell.get("outputs", ())]
    shown += [cell.source] if cell.cell_type == "markdown" else []
    html, pictures = FIGURE.subn("", " ".join(map("".join, shown)))
    return len(re.sub(r"<[^>]+>", " ", html).split()) + PICTURE * pictures


def _html(text: str) -> NotebookNode:
    """Return a cell that shows HTML as it is; prose would be closed where it is left open."""
    made: Any = v4
    shown = made.new_output("display_data", data={"text/html": text})
    cell: NotebookNode = made.new_code_cell(outputs=[shown])
    return cell


def own_frames(soup: BeautifulSoup) -> None:
    """Make an analyst's own frames readable: scopes, no border, a region that scrolls."""
    for frame in soup.find_all("table", class_="dataframe"):
        for style in frame.parent.find_all("style") if frame.parent else ():
            style.decompose()
        frame.attrs = {}
        for cell in frame.select("thead th"):
            cell["scope"] = "col"
            if not cell.get_text().strip():
                cell.name = "td"
                del cell["scope"]
        for cell in frame.select("tbody th"):
            cell["scope"] = "row"
        region = {"class": "mtf-scroll", "role": "region", "tabindex": "0", "aria-label": "Table"}
        frame.wrap(soup.new_tag("div", attrs=region))
