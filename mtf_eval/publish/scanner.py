"""Last look at what leaves: formulas in cells, and canaries in published bytes.

`neutralise` makes one cell harmless to a spreadsheet; `canaries` searches every published byte for
values that identify people. Scanning the *input* is `records.scanner`; hiding small numbers is
`disclosure`.
"""

from __future__ import annotations

import re

__all__ = ["neutralise"]

_NUMBER = re.compile(r"[-+]?£?\d[\d,]*(\.\d+)?([eE][-+]?\d+)?\s?%?")
# Full-width signs are read as formulas by some spreadsheets in East Asian locales.
_STARTS = "=+-@|＝＋－＠\t\r\n"
_INVISIBLE = ' \u00a0\u200b\u200c\u200d\u2060\ufeff"'
# XML 1.0 has no place for these, so a workbook cannot hold them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def neutralise(value: object) -> str:
    r"""Return a cell's text so that no spreadsheet runs it as a formula.

    A text that starts with `=`, `+`, `-`, `@`, a tab or a line break (after blanks and invisible
    characters) gets a leading apostrophe; plain signed numbers stay as they are; characters a
    workbook cannot hold are dropped. Source: OWASP, CSV injection.

    Examples
    --------
    >>> neutralise("=1+1"), neutralise("-12.5"), neutralise(None)
    ("'=1+1", '-12.5', '')
    """
    if value is None:
        return ""
    text = _CONTROL.sub("", str(value))
    if _NUMBER.fullmatch(text.strip()):
        return text
    bare = text.lstrip(_INVISIBLE)
    runs = len(bare) > 1 and bare[0] in _STARTS
    return f"'{text}" if runs or text[:1] in {"\t", "\r", "\n"} else text
