"""A released table as HTML that every reader can use, ratings among its cells."""

from __future__ import annotations

import hashlib
from typing import Any

from mtf_eval.publish.cells import LONG, WIDE, heading, words
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.shell import environment

RAG = {
    "red": ("Red", "\N{BLACK DOWN-POINTING TRIANGLE}"),
    "amber": ("Amber", "\N{BLACK DIAMOND}"),
    "green": ("Green", "\N{BLACK CIRCLE}"),
    "complete": ("Complete", "\N{HEAVY CHECK MARK}"),
    "not_rated": ("Not rated", "\N{WHITE CIRCLE}"),
}


#: More columns than this are set smaller in print, so that a sheet holds them; words are broken
#: there where the longest of all columns together have more letters than a line holds.
MANY, LINE = 8, 75


def slug(*parts: str) -> str:
    """Return a short id that is the same whenever the parts are."""
    return "m" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def markup(element: str, *given: object, **named: object) -> Any:
    """Lay out an element by its macro in `elements.html.j2`, every value escaped."""
    macros: Any = environment().get_template("elements.html.j2").module
    return getattr(macros, element)(*given, **named)


def grid(released: Released, prefix: str) -> Any:
    """Return the table itself, in a region that scrolls sideways on a small screen.

    A table of words folds there instead: a block a row, each cell after its heading; everywhere, a
    wide one with long cells. Roles keep it a table for those who hear it.
    """
    columns = released.table.columns
    numeric = {c.name for c in columns if c.kind not in ("label", "text", "date")}
    cells = [words(released.frame[c.name], released.symbols[c.name], c) for c in columns]
    key = next((c.name for c in columns if c.kind == "label"), columns[0].name)
    folds = len(columns) - len(numeric) > 2
    texts = [" ".join((heading(c), *each)) for c, each in zip(columns, cells, strict=True)]
    letters = sum(max(map(len, text.split()), default=0) for text in texts)
    blocks = folds and len(columns) >= WIDE and any(len(t) > LONG for each in cells for t in each)
    many = len(columns) > MANY and not blocks
    looks = {"folds": folds, "blocks": blocks, "many": many, "long": letters > LINE}
    rows = list(zip(*cells, strict=True))
    body = len(rows) - bool(released.table.total_row)
    return markup(
        "grid",
        id=slug(prefix, released.table.name),
        title=released.table.title,
        classes=[f"mtf-{name}" for name, so in looks.items() if so],
        columns=[
            {
                "heading": heading(c),
                "numeric": c.name in numeric,
                "key": c.name == key,
                "rating": c.name == "rag",
            }
            for c in columns
        ],
        body=rows[:body],
        foot=rows[body:],
        ratings=RAG,
        folds=folds,
    )
