"""What a notebook shows: page head, headline figures, tables, figures, notes, how it was made.

Every element takes released content only, escapes every value, and carries source and as-at
date. Beside its HTML it carries private JSON (`application/vnd.mtf.<kind>+json`), from which
exports and the index are made. Computes nothing and draws nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from mtf_eval.analysis.results.columns import NOT_GIVEN, day
from mtf_eval.analysis.results.findings import overclaims
from mtf_eval.errors import BadArgument
from mtf_eval.publish.cells import (
    LONG,
    NOTE_WORDS,
    SYMBOLS,
    WIDE,
    need_released,
    payload,
    printed,
    strength,
)
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Disclosure, Released
from mtf_eval.publish.shell import STATUS, css, environment
from mtf_eval.records import reads
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.home import versions
from mtf_eval.records.tables import OF_PEOPLE, TABLES

MIMETYPE = "application/vnd.mtf.{}+json"
NoteKind = Literal["note", "caution", "method"]
VERSIONS = ("mtf-eval", "pandas", "numpy", "scipy", "statsmodels", "matplotlib", "nbconvert")

_SIGNS = called("rating sign")
RAG = {rating: (name, _SIGNS[rating]) for rating, name in called("rating").items()}


#: More columns than this are set smaller in print, so that a sheet holds them; words are broken
#: there where the longest of all columns together have more letters than a line holds.
MANY, LINE = 8, 75


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


def slug(*parts: str) -> str:
    """Return a short id that is the same whenever the parts are."""
    return "m" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def markup(element: str, *given: object, **named: object) -> Any:
    """Lay out an element by its macro in `elements.html.j2`, every value escaped."""
    macros: Any = environment().get_template("elements.html.j2").module
    return getattr(macros, element)(*given, **named)


def grid(content: Mapping[str, Any], prefix: str) -> Any:
    """Return the table itself, in a region that scrolls sideways on a small screen.

    A table of words folds there instead: a block a row, each cell after its heading; everywhere, a
    wide one with long cells. Roles keep it a table for those who hear it.
    """
    columns, rows = content["columns"], printed(content)
    numeric = [c["kind"] not in ("label", "text", "date") for c in columns]
    key = next((n for n, c in enumerate(columns) if c["kind"] == "label"), 0)
    folds = len(columns) - sum(numeric) > 2
    letters = sum(
        max((len(word) for text in (c["heading"], *cells) for word in text.split()), default=0)
        for c, *cells in zip(columns, *rows, strict=True)
    )
    blocks = folds and len(columns) >= WIDE and any(len(t) > LONG for row in rows for t in row)
    many = len(columns) > MANY and not blocks
    looks = {"folds": folds, "blocks": blocks, "many": many, "long": letters > LINE}
    body = len(rows) - bool(content["total_row"])
    return markup(
        "grid",
        id=slug(prefix, content["name"]),
        title=content["title"],
        classes=[f"mtf-{name}" for name, so in looks.items() if so],
        columns=[
            {
                "heading": c["heading"],
                "numeric": numeric[n],
                "key": n == key,
                "rating": c["name"] == "rag",
            }
            for n, c in enumerate(columns)
        ],
        body=rows[:body],
        foot=rows[body:],
        ratings=RAG,
        folds=folds,
    )


def page(
    *, title: str, period: str, data: Dataset, disclosure: Disclosure, kind: str, lead: str = ""
) -> Element:
    """Open the report: heading, lead, banners, and what the index says of it."""
    if not title.strip() or not period.strip():
        raise BadArgument("page: title and period must be given")
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
    html = str(markup("page", content, css("elements.css", "desk.css")))
    return Element("page", html, f"{title}\n{period}", content)


def headline(released: Released) -> Element:
    """Show a one-row table as cards, a figure a column; labels are not shown."""
    need_released(released)
    if len(released.frame) != 1:
        raise BadArgument(f"headline {released.table.name}: one row, not {len(released.frame)}")
    content = payload(released)
    figures, plain = [], []
    for column, value in zip(released.table.columns, printed(content)[0], strict=True):
        if column.kind == "label" or value == NOT_GIVEN:
            continue
        unit = "" if column.unit in ("£", "%") or value in SYMBOLS else column.unit
        long = column.kind == "text" and len(value) > len("over 99%")
        figures.append({"column": column, "value": value, "unit": unit, "words": long})
        plain.append(f"{column.heading}: {value}")
    html = markup("cards", figures, content, released.table.notes, _as_at(content["as_at"]))
    return Element("table", str(html), "\n".join(plain), content | {"cards": True})


def table(released: Released) -> Element:
    """Show a released table with caption, units, source, as-at date, notes and symbols."""
    need_released(released)
    if released.frame.empty:
        return _nothing(released)
    content = payload(released)
    html = markup("table", grid(content, "t"), content, _as_at(content["as_at"]))
    rows = [[c["heading"] for c in content["columns"]], *content["rows"]]
    text = "\n".join([content["title"], *("\t".join(map(str, row)) for row in rows)])
    return Element("table", str(html), text, content)


def figure(chart: Chart) -> Element:
    """Show a chart: finding, subtitle, picture with its text alternative, source and data."""
    if not isinstance(chart, Chart):
        raise BadArgument(f"figure takes a chart, not a {type(chart).__name__}")
    released = need_released(chart.released)
    if released.frame.empty:
        return _nothing(released)
    own = slug(released.table.name, chart.title, chart.subtitle)
    content = payload(released)
    html = markup("figure", chart, own, grid(content, own), content, _as_at(content["as_at"]))
    told = {"title": chart.title, "subtitle": chart.subtitle, "alt": chart.alt}
    return Element("figure", str(html), "\n".join(told.values()), content | {"figure": told})


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
    html = str(markup("note", kind, NOTE_WORDS[kind], text))
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
    html = str(markup("result", text, strength(maryland) if maryland else "", beside))
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
    html = str(markup("finding", sentence, strength(level) if level else "", cautions))
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
        of_people = OF_PEOPLE in TABLES[name].marks
        if not source or not read or (of_people and not disclosure.rule.off):
            continue
        as_at = source.as_at.isoformat() if source.as_at else ""
        sources.append({"table": name, "rows": read, "as_at": as_at, "content": content[:12]})
    kinds = {k: sum(f.kind == k for f in noticed) for k in ("repaired", "warning", "note")}
    found = "; ".join(f"{k}: {n}" for k, n in kinds.items() if n) or "nothing to report"
    cautions = [f.text for f in noticed if f.kind == "warning"] if internal else []
    facts = {
        "Data set": data.title,
        "As at": _as_at(data.about.get("as_at", "")) or "each table as below",
        **({} if disclosure.rule.off else {"Content": "tables of people are not listed"}),
        "Parameters": "; ".join(f"{k} = {v}" for k, v in settings.items() if v),
        **({"Changed by hand": "; ".join(by_hand)} if by_hand else {}),
        "Disclosure rule": f"{disclosure.rule.name} rule. {disclosure.rule.sentence}",
        **({"Reading the data found": found} if disclosure.rule.off else {}),
        "Versions": ", ".join(f"{n} {v}" for n, v in versions(VERSIONS).items() if v != "absent"),
    }
    html = str(markup("provenance", facts, sources, cautions, _as_at))
    made = {"parameters": settings, "sources": sources, "reads": sorted(data.reads)}
    made |= {"by_hand": list(by_hand)} if by_hand else {}
    return Element("provenance", html, "How this report was made", made)


def _as_at(iso: str) -> str:
    return day(date.fromisoformat(iso)) if iso else ""
