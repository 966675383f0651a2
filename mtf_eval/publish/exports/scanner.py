"""Last look at what leaves: no cell runs as a formula, no text turns the direction of reading."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[-+]?£?\d[\d,]*(\.\d+)?([eE][-+]?\d+)?\s?%?")
# Full-width signs are read as formulas by some spreadsheets in East Asian locales.
_STARTS = "=+-@|＝＋－＠\t\r\n"
_INVISIBLE = ' \u00a0\u200b\u200c\u200d\u2060\ufeff"'
# XML 1.0 has no place for these, so a workbook cannot hold them.
_CONTROL = re.compile(
    r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]"
)


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
