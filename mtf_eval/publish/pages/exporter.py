"""Executed notebooks to pages: the `mtf` exporter, `render`, and what the index reads.

A page shows what elements released, and prose. Under any rule but `internal` every other output
is left out, errors always are: a crash publishes no data value. Runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from bs4 import BeautifulSoup, Tag
from nbconvert import HTMLExporter
from nbformat import NotebookNode, from_dict, v4
from traitlets import default
from traitlets.config import Config

from mtf_eval.errors import our_words
from mtf_eval.publish.cells import moment
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.publish.display.elements import MIMETYPE, markup, table
from mtf_eval.publish.exports.files import BY_HAND, PRIVATE, by_hand, contents, head, tables
from mtf_eval.publish.look import Look
from mtf_eval.publish.pages import corrections
from mtf_eval.publish.pages.corrections import Correction
from mtf_eval.publish.shell import TEMPLATES, css

LEFT_OUT = (
    "An output was left out here: it had not been through the disclosure rule. "
    "Show a result of the workbench, which goes through it, in place of a frame or a picture."
)
SVG = r"(?s)<svg\b.*?</svg>"
HELD = "picture"
SHOWN = ("text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain")  # best first
ELSEWHERE = "write its folder, workbook or address here; run.json says which it was"
LONGEST = 950  # words of a page's main part, about five screens
SHORT = 60  # a section of fewer words is not worth a fold
PICTURE = 200
FIGURE = re.compile(r"<figure.*?</figure>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where a notebook stopped, without any value of the data.

    `cell` counts the notebook's cells from 1, as they stand in JupyterLab; `error` is the name of
    the error's class. Either may be empty for a run that never started. What the error says is
    added to an internal page where the message is ours.
    """

    error: str
    cell: int | None = None


class ReportExporter(HTMLExporter):
    """A report page: `jupyter nbconvert --to mtf`, and JupyterLab's export menu."""

    export_from_notebook = "MTF report"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "mtf"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    @property
    def default_config(self) -> Config:
        """Leave out what is marked so; pictures inside the page; no anchor signs."""
        config = Config(
            {
                "HTMLExporter": {"embed_images": True, "exclude_anchor_links": True},
                "NbConvertBase": {"display_data_priority": list(SHOWN)},
                "TagRemovePreprocessor": {
                    "enabled": True,
                    "remove_cell_tags": {"remove-cell"},
                    "remove_all_outputs_tags": {"remove-output"},
                },
            }
        )
        inherited: Config = super().default_config
        inherited.merge(config)
        return inherited

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and its resources; see `render` for a run's own pages."""
        resources = deepcopy(resources) if resources else {}
        given = resources.pop("mtf_page", {})
        failed = given.get("failed") or _failure(nb)
        clean = cleaned(nb, failed=failed is not None)
        clean.cells = folded(without_empty_sections(clean.cells))
        shown = tables(clean)
        resources["mtf"] = {
            **given,
            "css": css(),
            "code": [c.source for c in clean.cells if c.cell_type == "code" and c.source.strip()],
            "changed": by_hand(clean),
            "changed_words": BY_HAND,
            "tables": len(shown),
            "hidden": sum(t["hidden"] for t in shown.values()),
            "moment": moment,
            "failed": failed,
            "where": heading_before(nb, failed.cell if failed else None),
            "why": why_it_failed(nb) if failed else "",
        }
        # As HTMLExporter does, which then reads the whole page once more.
        body, resources = super(HTMLExporter, self).from_notebook_node(clean, resources, **kw)
        return _finish(body, clean, given), resources


def render(
    notebook: NotebookNode,
    *,
    run_time: str,
    failed: Failure | None = None,
    related: Sequence[tuple[str, str]] = (),
    downloads: Sequence[tuple[str, str]] = (),
    corrected: Sequence[Correction] = (),
    look: Look | None = None,
) -> str:
    """Return the page of an executed notebook.

    `run_time` stands in one `<time>` element and nowhere else; `failed` opens the page with a
    banner; `related` and `downloads` are titles and relative links; `corrected` is as
    `corrections.listed` returns it.
    """
    files = [p for p in downloads if not p[1].endswith(".csv")]
    each = [p for p in downloads if p[1].endswith(".csv")]
    given = {
        "run_time": run_time,
        "failed": failed,
        "index": "../index.html",
        "corrected": tuple(corrected),
        "links": [
            ("download", "Download", files, each),
            ("related", "Related reports", related, ()),
        ],
    }
    body, _ = _exporter().from_notebook_node(notebook, {"mtf_page": given})
    return body if look is None else look.dressed(body, str(head(notebook).get("kind", "")))


def read_summary(notebook: NotebookNode) -> dict[str, Any]:
    """Return what the index and the run record say of a report; plain JSON."""
    page = head(notebook)
    results = [data for kind, data in contents(notebook) if kind == "result"]
    made = [data for kind, data in contents(notebook) if kind == "provenance"]
    found = tables(notebook)
    first: Mapping[str, Any] = results[0] if results else {}
    return {
        **{k: page.get(k, "") for k in ("title", "period", "kind", "dataset_title")},
        "illustrative": bool(page.get("illustrative", False)),
        "rule": page.get("rule", ""),
        "status": first.get("status", "complete"),
        "result": first.get("text", "") + (f" ({BY_HAND.lower()})" if by_hand(notebook) else ""),
        "maryland": first.get("maryland"),
        "sources": made[-1]["sources"] if made else [],
        "reads": made[-1]["reads"] if made else [],
        "hidden": sum(t["hidden"] for t in found.values()),
        "tables": list(found),
    }


def cleaned(notebook: NotebookNode, *, failed: bool = False) -> NotebookNode:
    """Return a copy fit to publish: no errors' text, no warnings, no unreleased output.

    Nor where the data were read from, which is for the run record. Under `internal` the analyst's
    own outputs stay; under any other rule, or none, and where the notebook failed, only what
    elements made does: what was printed on the way to an error is about the row that made it.
    """
    internal = head(notebook).get("rule") == "internal" and not failed
    copy = deepcopy(notebook)
    copy.metadata.pop("papermill", None)
    copy.cells = [c for c in copy.cells if "papermill-error-cell-tag" not in tags_of(c)]
    for cell in copy.cells:
        if "parameters" in tags_of(cell):
            default = r"""(?m)^(data\b[^=\n]*=\s*)(?:"[^"\n]*"|'[^'\n]*')"""
            cell.source = re.sub(default, r'\1"..."', cell.source)
        if "injected-parameters" in tags_of(cell):
            cell.source = re.sub(r"(?m)^data = .*$", f'data = "..."  # {ELSEWHERE}', cell.source)
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in map(lambda o: _allowed(o, internal), cell.outputs) if o]
    return copy


def _allowed(output: NotebookNode, internal: bool) -> NotebookNode | None:
    if output.output_type == "error":
        return _output("error", ename=str(output.ename), evalue="", traceback=[])
    if output.output_type == "stream":
        return output if internal and output.name == "stdout" else None
    if MIMETYPE.format("absent") in output.data:
        return None  # the page has said so before
    if internal or any(PRIVATE.fullmatch(mime) for mime in output.data):
        return output
    left = {"text/html": f'<p class="mtf-left-out">{LEFT_OUT}</p>', "text/plain": LEFT_OUT}
    return _output("display_data", data=left, metadata={})


def _output(kind: str, **parts: Any) -> NotebookNode:
    made: NotebookNode = from_dict({"output_type": kind, **parts})  # type: ignore[no-untyped-call]
    return made


def _failure(notebook: NotebookNode) -> Failure | None:
    """Where an executed notebook stopped, from its outputs."""
    cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in tags_of(c)]
    for position, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return Failure(cell=position, error=str(output.ename))
    return None


@cache
def _exporter() -> ReportExporter:
    """One exporter for all pages of a process: its template is read once."""
    return ReportExporter()  # type: ignore[no-untyped-call]


def _finish(body: str, notebook: NotebookNode, given: Mapping[str, Any]) -> str:
    """Add what only the whole page knows: title, contents, corrections."""
    pictures: list[str] = re.findall(SVG, body)  # half of a page, and nothing in them changes
    soup = BeautifulSoup(re.sub(SVG, f"<!--{HELD}-->", body), "html.parser")
    for style in soup.find_all("style", {"data-mtf": "desk"}):
        style.decompose()
    for picture in soup.find_all("img"):
        picture.attrs.setdefault("alt", "No description has been provided for this image")
    h1 = _only_heading(soup, head(notebook).get("title", "Report"))
    if soup.title is not None:
        soup.title.string = h1.get_text()
    _corrections(soup, given.get("corrected", ()), head(notebook).get("rule", "internal"))
    _contents(soup)
    own_frames(soup)
    held = iter(pictures)
    return re.sub(f"<!--{HELD}-->", lambda _: next(held), str(soup))


def _only_heading(soup: BeautifulSoup, title: str) -> Tag:
    """Return the page's one h1; make it when there is none, lower the others."""
    found = list(soup.find_all("h1"))
    if not found:
        _insert(soup.main, 0, f'<h1 id="title">{escape(title)}</h1>')
        found = list(soup.find_all("h1"))
    for other in found[1:]:
        other.name = "h2"
    return found[0]


def _insert(parent: Any, place: int, html: str) -> None:
    parent.insert(place, BeautifulSoup(html, "html.parser"))


def _corrections(soup: BeautifulSoup, found: tuple[Correction, ...], rule: str) -> None:
    """List the corrections where the notebook left a place, otherwise before the last section."""
    slots = soup.find_all(None, {"data-mtf": "corrections"})
    for slot in slots:
        del slot["data-mtf"]
        slot.insert_after(*BeautifulSoup(corrections.PLACE, "html.parser").contents)
    if not found:
        return
    html = table(Disclosure(rule)(corrections.as_table(found))).html
    for slot in slots:
        slot.clear()
        _insert(slot, 0, html)
    if not slots:
        made: Any = soup.find("section", class_="mtf-made")
        parent: Any = soup.main if made is None else made.parent
        place = len(parent.contents) if made is None else parent.contents.index(made)
        _insert(parent, place, f"<section><h2>Corrections</h2>{html}</section>")


def _contents(soup: BeautifulSoup) -> None:
    """List the headings; every heading listed gets an id of its own."""
    nav = soup.find("nav", class_="mtf-contents")
    assert nav is not None
    sections: list[tuple[str, str, list[tuple[str, str]]]] = []
    for level, own, text in _headings(soup):
        if level == "h2":
            sections.append((own, text, []))
        else:
            sections[-1][2].append((own, text))
    if len(sections) < 2:
        nav.decompose()
    else:
        _insert(nav, 0, markup("contents", sections))


def _headings(soup: BeautifulSoup) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = {str(t["id"]) for t in soup.find_all(id=True) if t.name not in ("h2", "h3")}
    started = False
    for tag in soup.main.find_all(["h2", "h3"]) if soup.main else ():
        if tag.name == "h3" and not started:
            continue
        started = True
        own = str(tag.get("id") or re.sub(r"[^a-z0-9]+", "-", tag.get_text().lower()).strip("-"))
        own = re.sub(r"[^\w-]+", "-", own) or "section"
        stem, n = own, 2
        while own in seen:
            own, n = f"{stem}-{n}", n + 1
        seen.add(own)
        tag["id"] = own
        yield tag.name, own, tag.get_text().strip()


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
