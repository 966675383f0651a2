"""Half a page for an e-mail, as text and as HTML: what a report found, how sure, what it asks."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from textwrap import fill

from nbformat import NotebookNode

from mtf_eval.publish.cells import printed, strength
from mtf_eval.publish.exports.files import contents, opening, source_of
from mtf_eval.publish.exports.shown import cards_among, figures, said
from mtf_eval.publish.look import Look

MOST = 6  # lines of a list
LINE = 72  # characters of a line of text


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
