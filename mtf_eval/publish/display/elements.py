"""What a notebook shows: page head, headline figures, tables, figures, notes, how it was made.

Every element takes released content only, escapes every value, and carries source and as-at
date. Beside its HTML it carries private JSON (`application/vnd.mtf.<kind>+json`), from which
exports and the index are made. Computes nothing and draws nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any, Literal, get_args

from mtf_eval.analysis.results.claims import overclaims
from mtf_eval.analysis.results.columns import NOT_GIVEN, day
from mtf_eval.errors import BadArgument
from mtf_eval.publish.cells import NOTE_WORDS, SYMBOLS, need_released, payload, strength, words
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Disclosure, Released
from mtf_eval.publish.display.grid import grid, slug
from mtf_eval.publish.shell import STATUS, css
from mtf_eval.records import reads
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.home import versions
from mtf_eval.records.schema import OF_PEOPLE, fact
from mtf_eval.records.tables import TABLES

MIMETYPE = "application/vnd.mtf.{}+json"
NoteKind = Literal["note", "caution", "method"]
VERSIONS = ("mtf-eval", "pandas", "numpy", "scipy", "statsmodels", "matplotlib", "nbconvert")


@dataclass(frozen=True, slots=True)
class Element:
    """One thing on the page: HTML, plain words, and private JSON of the same content."""

    kind: str
    html: str
    text: str
    data: Mapping[str, Any]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {
            "text/html": self.html,
            "text/plain": self.text,
            MIMETYPE.format(self.kind): dict(self.data),
        }


def page(
    *, title: str, period: str, data: Dataset, disclosure: Disclosure, kind: str, lead: str = ""
) -> Element:
    """Open the report: heading, lead, banners, and what the index says of it."""
    if not title.strip() or not period.strip():
        raise BadArgument("page: title and period must be given")
    banners = []
    if disclosure.rule.banner:
        banners.append(f'<p class="mtf-banner mtf-internal">{escape(disclosure.rule.banner)}</p>')
    if data.illustrative:
        banners.append(
            '<p class="mtf-banner mtf-illustrative"><strong>Illustrative data.</strong> '
            "The places, people and figures on this page are made up.</p>"
        )
    html = (
        f"<style data-mtf='desk'>{css('elements.css', 'desk.css')}</style>"
        f'<div class="mtf-marks">{"".join(banners)}</div><h1 id="title">{escape(title)}</h1>'
        f'<p class="mtf-period">{escape(data.title)} · {escape(period)}</p>'
        + (f'<p class="mtf-lead">{escape(lead)}</p>' if lead else "")
    )
    content = {
        "title": title,
        "period": period,
        "kind": kind,
        "lead": lead,
        "dataset_title": data.title,
        "publisher": data.about.get("publisher", ""),
        "illustrative": data.illustrative,
        "rule": disclosure.rule.name,
        "rule_sentence": disclosure.rule.sentence,
        "banner": disclosure.rule.banner,
    }
    return Element("page", html, f"{title}\n{period}", content)


def headline(released: Released) -> Element:
    """Show a one-row table as cards, a figure a column; labels are not shown."""
    need_released(released)
    if len(released.frame) != 1:
        raise BadArgument(f"headline {released.table.name}: one row, not {len(released.frame)}")
    cards, plain = [], []
    for column in released.table.columns:
        if column.kind == "label":
            continue
        value = words(released.frame[column.name], released.symbols[column.name], column)[0]
        if value == NOT_GIVEN:
            continue
        own = column.unit if column.unit not in ("", "£", "%") and value not in SYMBOLS else ""
        shown = escape(value) + (f" <small>{escape(own)}</small>" if own else "")
        under = f'<dd class="mtf-under">{escape(column.note)}</dd>' if column.note else ""
        css = ' class="mtf-words"' if column.kind == "text" and len(value) > len("over 99%") else ""
        cards.append(f"<div><dt>{escape(column.heading)}</dt><dd{css}>{shown}</dd>{under}</div>")
        plain.append(f"{column.heading}: {value}")
    html = (
        f'<div class="mtf-headline"><dl>{"".join(cards)}</dl>'
        f"{_under(released, column_notes=False)}</div>"
    )
    return Element("table", html, "\n".join(plain), payload(released) | {"cards": True})


def table(released: Released) -> Element:
    """Show a released table with caption, units, source, as-at date, notes and symbols."""
    need_released(released)
    if released.frame.empty:
        return _nothing(released)
    html = f'<div class="mtf-table">{grid(released, "t")}{_under(released)}</div>'
    return Element("table", html, _plain(released), payload(released))


def figure(chart: Chart) -> Element:
    """Show a chart: finding, subtitle, picture with its text alternative, source and data."""
    if not isinstance(chart, Chart):
        raise BadArgument(f"figure takes a chart, not a {type(chart).__name__}")
    released = need_released(chart.released)
    if released.frame.empty:
        return _nothing(released)
    own = slug(released.table.name, chart.title, chart.subtitle)
    key = "".join(
        f'<li><span style="background:{colour}"></span>{escape(label)}</li>'
        for label, colour in chart.key
    )
    html = (
        f'<figure class="mtf-figure" aria-labelledby="{own}c">'
        f'<figcaption id="{own}c"><strong>{escape(chart.title)}</strong> '
        f"<span>{escape(chart.subtitle)}</span></figcaption>"
        f'<div class="mtf-plate">{f"<ul>{key}</ul>" if key else ""}'
        f"{_picture(chart, chart.wide, own + 'w', 'mtf-wide')}"
        f"{_picture(chart, chart.narrow, own + 'n', 'mtf-narrow')}</div>"
        f'<details><summary id="{own}s" aria-labelledby="{own}s {own}c">Data of this figure'
        f"</summary>{grid(released, own)}</details>"
        f"{_under(released)}</figure>"
    )
    told = {"title": chart.title, "subtitle": chart.subtitle, "alt": chart.alt}
    return Element("figure", html, "\n".join(told.values()), payload(released) | {"figure": told})


def _nothing(released: Released) -> Element:
    """Say that a table has no rows, in place of an empty grid or picture."""
    if released.withheld:
        return note(
            f"Not given under the {released.rule.name} rule: “{released.table.title}” tells of "
            "records of people as they are."
        )
    return note(f"Nothing is on record for “{released.table.title}”.")


def note(text: str, kind: NoteKind = "note") -> Element:
    """Show a note, a caution or a word on method beside the figures."""
    if kind not in get_args(NoteKind):
        raise BadArgument(f"kind={kind!r}: expected one of {', '.join(get_args(NoteKind))}")
    html = (
        f'<div class="mtf-note mtf-{kind}"><p><strong>{NOTE_WORDS[kind]}:</strong> '
        f"{escape(text)}</p></div>"
    )
    return Element("note", html, f"{NOTE_WORDS[kind]}: {text}", {"kind": kind, "text": text})


def headline_result(
    text: str,
    maryland: int | None = None,
    status: str = "complete",
    beside: Sequence[tuple[str, str]] = (),
) -> Element:
    """State the report's main result in one line, for this page and for the index."""
    if status not in STATUS:
        raise BadArgument(f"status={status!r}: expected one of {', '.join(STATUS)}")
    _need_modest(text, maryland)
    design = f' <span class="mtf-strength">{strength(maryland)}.</span>' if maryland else ""
    lines = "".join(f"<p><strong>{escape(n)}:</strong> {escape(t)}</p>" for n, t in beside)
    html = (
        f'<div class="mtf-result"><p><strong>In one line:</strong> {escape(text)}{design}</p>'
        f"{lines}</div>"
    )
    content = {"text": text, "maryland": maryland, "status": status, "beside": [*beside]}
    return Element("result", html, text, content)


def _need_modest(text: str, maryland: int | None) -> None:
    """Refuse a result that claims more than its design allows."""
    if claims := ", ".join(map(repr, overclaims(text, maryland))):
        raise BadArgument(f"{claims}: claims more than Maryland level {maryland} allows")


def result(estimate: Any) -> Element:
    """Show a result record: its sentence, the strength of its design, its cautions."""
    sentence = str(estimate.sentence())
    cautions = [str(c) for c in getattr(estimate, "cautions", ())]
    level = getattr(estimate, "maryland", None)
    _need_modest(sentence, level)
    design = f'<p class="mtf-strength">{strength(level)}.</p>' if level else ""
    items = "".join(f"<li>{escape(c)}</li>" for c in cautions)
    html = (
        f'<div class="mtf-finding"><p>{escape(sentence)}</p>{design}'
        f"{f'<ul>{items}</ul>' if items else ''}</div>"
    )
    content = {"text": sentence, "cautions": cautions, "maryland": level}
    return Element("finding", html, "\n".join([sentence, *cautions]), content)


def corrections() -> Element:
    """Leave the place where corrections of published figures are listed.

    What the last edition said is known when the page is rendered, not here.
    """
    text = "No published figure has been corrected."
    html = f'<div data-mtf="corrections"><p>{text}</p></div>'
    return Element("corrections", html, text, {"text": text})


def provenance(
    data: Dataset,
    disclosure: Disclosure,
    parameters: Mapping[str, object],
    by_hand: Sequence[str] = (),
) -> Element:
    """Close the report: parameters, content of the data, versions, rule and cautions.

    What was changed by hand in its notebook stands here, and on top of the page.

    The data are named by what was read of them, so that the same records give the same page
    wherever they are kept; where they were read from is for the run record. How many cells were
    hidden, and when the report was run, are filled in when it is rendered.
    """
    internal = disclosure.rule.name == "internal"
    settings = {k: str(v) for k, v in parameters.items() if k != "data"}
    asked = frozenset(data.reads)
    sources: list[dict[str, Any]] = []
    every = "notes" in asked
    noticed = list(data.notes() if every else data.notes(""))
    for name in sorted({re.split(r"[.\[]", unit)[0] for unit in asked} & set(data.tables)):
        source, (read, content) = data.source(name), reads.read_of(data, name, asked)
        noticed += [] if every else data.notes(name)
        of_people = OF_PEOPLE in fact(TABLES[name], "marks")
        if not source or not read or (of_people and not disclosure.rule.off):
            continue
        as_at = source.as_at.isoformat() if source.as_at else ""
        sources.append({"table": name, "rows": read, "as_at": as_at, "content": content[:12]})
    rows = "".join(
        f'<tr><th scope="row">{escape(s["table"])}</th><td class="num">{s["rows"]:,}</td>'
        f"<td>{escape(_as_at(s['as_at']) or 'not given')}</td>"
        f"<td><code>{escape(s['content'])}</code></td></tr>"
        for s in sources
    )
    kinds = {k: sum(f.kind == k for f in noticed) for k in ("repaired", "warning", "note")}
    found = "; ".join(f"{k}: {n}" for k, n in kinds.items() if n) or "nothing to report"
    cautions = [f.text for f in noticed if f.kind == "warning"] if internal else []
    items = "".join(f"<li>{escape(text)}</li>" for text in cautions)
    facts = {
        "Data set": data.title,
        "As at": _as_at(data.about.get("as_at", "")) or "each table as below",
        **({} if disclosure.rule.off else {"Content": "tables of people are not listed"}),
        "Parameters": "; ".join(f"{k} = {v}" for k, v in settings.items()),
        **({"Changed by hand": "; ".join(by_hand)} if by_hand else {}),
        "Disclosure rule": f"{disclosure.rule.name} rule. {disclosure.rule.sentence}",
        **({"Reading the data found": found} if disclosure.rule.off else {}),
        "Versions": ", ".join(f"{n} {v}" for n, v in versions(VERSIONS).items() if v != "absent"),
    }
    listed = "".join(
        f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items()
    )
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("Table", "Rows", "As at", "sha256"))
    more = f"<h3>Cautions from reading the data</h3><ul>{items}</ul>" if items else ""
    html = (
        '<section class="mtf-made" aria-labelledby="made">'
        '<h2 id="made">How this report was made</h2>'
        f'<dl>{listed}<div data-mtf="hidden"></div><div data-mtf="time"></div></dl>'
        '<details class="mtf-fold"><summary>What was read</summary>'
        '<div class="mtf-scroll" role="region" tabindex="0" aria-labelledby="made-sources">'
        '<table><caption id="made-sources">Tables read, the date each was filled in up to, and the '
        f"start of the sha256 of what was read of it</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>{more}</details></section>"
    )
    made = {"parameters": settings, "sources": sources, "reads": sorted(data.reads)}
    made |= {"by_hand": list(by_hand)} if by_hand else {}
    return Element("provenance", html, "How this report was made", made)


def _as_at(iso: str) -> str:
    return day(date.fromisoformat(iso)) if iso else ""


def _picture(chart: Chart, svg: str, own: str, css: str) -> str:
    """Name a picture for those who do not see it."""
    start, rest = svg.split(">", 1)
    return (
        f'{start} class="{css}" role="img" aria-labelledby="{own}t {own}d">'
        f'<title id="{own}t">{escape(chart.title)}</title>'
        f'<desc id="{own}d">{escape(chart.alt)}</desc>{rest}'
    )


def _under(released: Released, *, column_notes: bool = True) -> str:
    """Return source, as-at date, notes and the meaning of the symbols used."""
    content = payload(released)
    as_at = _as_at(content["as_at"])
    notes: Sequence[str] = content["notes"] if column_notes else released.table.notes
    lines = [f"Source: {content['source']}" + (f". As at {as_at}." if as_at else ".")]
    lines += notes
    symbols = "; ".join(f"{s} {meaning}" for s, meaning in content["symbols"].items())
    if symbols:
        lines.append(f"Symbols: {symbols}.")
    return '<div class="mtf-source">' + "".join(f"<p>{escape(t)}</p>" for t in lines) + "</div>"


def _plain(released: Released) -> str:
    content = payload(released)
    rows = [[c["heading"] for c in content["columns"]], *content["rows"]]
    return "\n".join([content["title"], *("\t".join(map(str, row)) for row in rows)])
