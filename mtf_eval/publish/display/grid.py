"""A released table as HTML that every reader can use, ratings among its cells."""

from __future__ import annotations

import hashlib
from html import escape

from mtf_eval.publish.cells import LONG, WIDE, heading, words
from mtf_eval.publish.disclosure.release import Released

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


def grid(released: Released, prefix: str) -> str:
    """Return the table itself, in a region that scrolls sideways on a small screen.

    A table of words folds there instead: a block a row, each cell after its heading; everywhere, a
    wide one with long cells. Roles keep it a table for those who hear it.
    """
    columns = released.table.columns
    numeric = {c.name for c in columns if c.kind not in ("label", "text", "date")}
    cells = {c.name: words(released.frame[c.name], released.symbols[c.name], c) for c in columns}
    key = next((c.name for c in columns if c.kind == "label"), columns[0].name)
    folds = len(columns) - len(numeric) > 2
    own = slug(prefix, released.table.name)
    head = "".join(
        f'<th scope="col"{_role(folds, "columnheader")}{_right(c.name in numeric)}>'
        f"{escape(heading(c))}</th>"
        for c in columns
    )
    rows = []
    for position in range(len(released.frame)):
        row = []
        for column in columns:
            value = cells[column.name][position]
            is_rag = column.name == "rag" and value.lower().replace(" ", "_") in RAG
            shown = rating(value) if is_rag else escape(value)
            if column.name == key:
                row.append(f'<th scope="row"{_role(folds, "rowheader")}>{shown}</th>')
            else:
                spoken = f' data-h="{escape(heading(column))}"' if folds else ""
                right = _right(column.name in numeric)
                row.append(f"<td{_role(folds, 'cell')}{right}{spoken}>{shown}</td>")
        rows.append(f"<tr{_role(folds, 'row')}>{''.join(row)}</tr>")
    foot = f"<tfoot>{rows.pop()}</tfoot>" if released.table.total_row and rows else ""
    texts = [" ".join((heading(c), *cells[c.name])) for c in columns]
    letters = sum(max(map(len, text.split()), default=0) for text in texts)
    long = any(len(text) > LONG for each in cells.values() for text in each)
    blocks = folds and len(columns) >= WIDE and long
    many = len(columns) > MANY and not blocks
    looks = {"folds": folds, "blocks": blocks, "many": many, "long": letters > LINE}
    named = [f"mtf-{name}" for name, so in looks.items() if so]
    kind = f' class="{" ".join(named)}"' if named else ""
    opening = f"<table{kind}{_role(folds, 'table')}>"
    return (
        f'<div class="mtf-scroll" role="region" tabindex="0" aria-labelledby="{own}">'
        f'{opening}<caption id="{own}">{escape(released.table.title)}</caption>'
        f"<thead{_role(folds, 'rowgroup')}><tr{_role(folds, 'row')}>{head}</tr></thead>"
        f"<tbody{_role(folds, 'rowgroup')}>{''.join(rows)}</tbody>{foot}</table></div>"
    )


def _right(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def _role(folds: bool, name: str) -> str:
    return f' role="{name}"' if folds else ""


def rating(word: str) -> str:
    """Return a rating, one of `RAG`, as word, shape and colour."""
    name = word.lower().replace(" ", "_")
    text, shape = RAG[name]
    mark = f'<span aria-hidden="true">{shape}</span>'
    return f'<span class="mtf-rag mtf-rag-{name}">{mark} {text}</span>'
