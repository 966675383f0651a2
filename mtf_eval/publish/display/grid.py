"""A released table as HTML that every reader can use, ratings among its cells."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from mtf_eval.publish.cells import LONG, WIDE, printed
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
