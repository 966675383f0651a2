"""How one released value is written: separators, pounds, per cent, months, symbols.

The same words on a page, in a chart and beside it; in a file no cell runs as a formula. Hides
nothing and computes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from mtf_eval.analysis.results.columns import MINUS, UNITS, day
from mtf_eval.analysis.results.tables import Column
from mtf_eval.errors import BadArgument
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.records.aliases import called

SYMBOLS = called("symbol")
#: What the levels of the Maryland scale rest on.
DESIGNS = ("before and after alone", "no comparison with other places",
           "compared with other places", "as good as drawn by lot",
           "drawn by lot")  # fmt: skip
NOTE_WORDS = {"note": "Note", "caution": "Caution", "method": "How this is worked out"}
#: Characters of a cell that has no room in a column, in a table of so many columns.
LONG, WIDE = 160, 6
NUMERIC = {"people", "count", "money", "number", "share", "change"}
PER_CENT = {"share", "change"}
LARGE = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"[-+]?£?\d[\d,]*(\.\d+)?([eE][-+]?\d+)?\s?%?")
# Full-width signs are read as formulas by some spreadsheets in East Asian locales.
_STARTS = "=+-@|＝＋－＠\t\r\n"
_INVISIBLE = ' \u00a0\u200b\u200c\u200d\u2060\ufeff"'
# XML 1.0 has no place for these, so a workbook cannot hold them.
_CONTROL = re.compile(
    r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]"
)


def strength(level: int) -> str:
    """Say how strong a design is, and why."""
    return f"Strength of the design: {level} of 5 on the Maryland scale ({DESIGNS[level - 1]})"


def need_released(thing: object) -> Released:
    """Refuse anything that has not been released."""
    if not isinstance(thing, Released):
        raise BadArgument(
            f"a {type(thing).__name__} cannot be shown: only a released table can. "
            "Release it first: disclosure(table)"
        )
    return thing


def _dates(days: Iterable[date]) -> Callable[[date], str]:
    """Return how the dates of a column are written: those on the first of a month as months."""
    monthly = all(d.day == 1 for d in days)
    return lambda d: f"{d:%B %Y}" if monthly else day(d)


def moment(iso: str) -> str:
    """Write an ISO 8601 time as `5 January 2026, 10:00 UTC`; anything else stays as it is."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    zone = f" {when.tzname()}" if when.tzname() else ""
    return f"{day(when)}, {when:%H:%M}{zone}"


def heading(column: Column) -> str:
    """Return the column's heading with its unit, unless it stands there already."""
    unit = column.unit or UNITS.get(column.kind, "")
    if not unit or unit.lower() in column.heading.lower():
        return column.heading
    return f"{column.heading} ({unit})"


def number(scaled: float, kind: str, decimals: int) -> str:
    """Write a number as the page shows it; shares and changes are given in per cent."""
    if not math.isfinite(scaled):
        return "no limit" if scaled > 0 else "no lower limit"
    text = f"{abs(scaled):,.{decimals}f}"
    zero = not text.strip("0.,")
    sign = MINUS if scaled < 0 and not zero else ""
    if kind == "change":
        sign = sign or ("" if zero else "+")
    pound = "£" if kind == "money" else ""
    return f"{sign}{pound}{text}{'%' if kind in PER_CENT else ''}"


def printed(content: Mapping[str, Any]) -> list[list[str]]:
    """Write the rows of a table's payload as the page shows them, a text a cell."""
    columns = []
    for column, cells in zip(content["columns"], zip(*content["rows"], strict=True), strict=False):
        days = {c: date.fromisoformat(c) for c in cells if _ISO.fullmatch(str(c))}
        if column["kind"] in NUMERIC:
            days = {}
        written, kind, decimals = _dates(days.values()), column["kind"], column["decimals"]
        plain = (c if isinstance(c, str) else number(float(c), kind, decimals) for c in cells)
        if column["name"] == "p":
            plain = ("<0.001" if p == "0.000" else p for p in plain)
        columns.append([written(days[c]) if c in days else c for c in plain])
    return [list(row) for row in zip(*columns, strict=True)]


def texts(released: Released) -> dict[str, list[str]]:
    """Write the columns of a released table, by name; symbols stand for hidden values."""
    content = payload(released)
    rows = printed(content)
    return {c["name"]: [row[i] for row in rows] for i, c in enumerate(content["columns"])}


def compact(value: float, kind: str, *, most: float = 0) -> str:
    """Write a value short: `£1.2m`, `40%`, `1,250`; beside `most` of an axis, as that is written.

    >>> compact(5000, "money"), compact(5000, "money", most=20_000)
    ('£5,000', '£5k')
    """
    size = abs(value) * (100 if kind in PER_CENT else 1)
    if kind == "money" and round(size) >= (1e4 if most < 1e4 else 1e3):
        near = float(f"{size:.3g}")  # which may be the first of the next unit
        least, letter = next(each for each in LARGE if near >= each[0])
        text = f"{near / least:,.6g}{letter}"
    else:
        whole = size >= 1e3 or size == round(size)
        text = f"{size:,.0f}" if whole else f"{size:.4g}"
    text = f"{'£' if kind == 'money' else ''}{text}{'%' if kind in PER_CENT else ''}"
    return f"{MINUS if value < 0 else ''}{text}"


def payload(released: Released) -> dict[str, Any]:
    """Return a released table as plain JSON: what exports and the index read.

    Numbers are rounded to the decimals shown, shares and changes are in per cent, hidden cells
    hold their symbol: nothing is in here that the page does not show.
    """
    table = released.table
    written = []
    for column in table.columns:
        cells: list[Any] = []
        pairs = zip(released.frame[column.name], released.symbols[column.name], strict=True)
        for value, symbol in pairs:
            if symbol or pd.isna(value):
                cells.append(symbol or "[x]")
            elif column.kind in NUMERIC:
                scaled = float(value) * (100 if column.kind in PER_CENT else 1)
                finite, digits = math.isfinite(scaled), column.decimals or None
                cells.append(round(scaled, digits) if finite else number(scaled, column.kind, 0))
            elif isinstance(value, (date, datetime)):
                cells.append(value.strftime("%Y-%m-%d"))
            else:
                cells.append(str(value))
        written.append(cells)
    rows = [list(row) for row in zip(*written, strict=True)]
    used = {cell for row in rows for cell in row if isinstance(cell, str) and cell in SYMBOLS}
    return {
        "name": table.name,
        "title": table.title,
        "source": table.source,
        "as_at": table.as_at.isoformat() if table.as_at else "",
        "notes": [*table.notes, *(f"{c.heading}: {c.note}" for c in table.columns if c.note)],
        "columns": [
            {"name": c.name, "heading": heading(c), "kind": c.kind, "decimals": c.decimals}
            | ({"standing": True} if c.standing else {})
            | ({"note": c.note} if c.note else {})
            for c in table.columns
        ],
        "rows": rows,
        "total_row": table.total_row,
        "symbols": {s: SYMBOLS[s] for s in SYMBOLS if s in used},
        "rule": released.rule.name,
        "hidden": released.hidden,
    }


def printable(text: str) -> str:
    """Return text without what XML cannot hold, nor signs that turn the direction of reading."""
    return _CONTROL.sub("", text)


def neutralise(value: object) -> str:
    """Return a cell's text so that no spreadsheet runs it as a formula.

    A text that starts with `=`, `+`, `-`, `@`, a tab or a line break (after blanks and invisible
    characters) gets a leading apostrophe; plain signed numbers stay as they are; characters a
    workbook cannot hold are dropped. Source: OWASP, CSV injection.
    """
    if value is None:
        return ""
    text = printable(str(value))
    if _NUMBER.fullmatch(text.strip()):
        return text
    bare = text.lstrip(_INVISIBLE)
    runs = len(bare) > 1 and bare[0] in _STARTS
    return f"'{text}" if runs or text[:1] in {"\t", "\r", "\n"} else text
