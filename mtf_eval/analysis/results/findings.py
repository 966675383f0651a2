"""Sentences made from shown numbers: the finding over a chart and its text alternative.

Takes frames that have been through the disclosure rule: a missing cell is never named. No sentence
may use stronger words than the design behind it allows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

NEVER = 6  # above the top of the scale
CLAIMS = (
    (NEVER, r"\b(?:proves?|proven|proof|guarantees?d?)\b"),
    (4, r"\b(?:caused|causes|led to|resulted in|brought about|prevented|reduced|cut)\b"),
    (4, r"\b(?:thanks to|due to the project|because of the project)\b"),
    (4, r"\bthe effect of the project\b"),
    (3, r"\bconsistent with an effect\b"),
    (3, r"\bagainst what (?:was|the comparison led us to) expect"),
    (3, r"\b(?:fewer|more)(?: recorded)?(?: incidents)? than expected\b"),
)
# To say that nothing is claimed is no claim.
DENIED = r"\b(?:nothing|not|cannot|never)\b[^.;:]*$"


def number(value: float | int) -> str:
    """Write a whole number with separators: `1,151`."""
    return f"{value:,.0f}"


def percent(value: float, *, signed: bool = False) -> str:
    """Write a proportion as whole per cent: `0.681` is `68%`."""
    size = round(100 * value, 0) + 0.0  # no minus before a nought
    return f"{size:{'+' if signed else ''}.0f}%"


def listing(items: Sequence[str]) -> str:
    """Join words as in prose: `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def inside(name: str) -> str:
    """Write a name as it stands within a sentence: an abbreviation keeps its capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def shown(frame: pd.DataFrame, label: str, column: str) -> pd.Series[float]:
    """Return the shown values of a column by label, the total row left out."""
    rows = frame[frame[label].astype(str) != "Total"]
    values = pd.to_numeric(rows.set_index(label)[column], errors="coerce").dropna()
    return values.astype(float)


def extremes(frame: pd.DataFrame, label: str, column: str) -> tuple[str, float, str, float] | None:
    """Highest and lowest row of a column with their values.

    `frame`: shown rows; a row labelled `Total` is left out, missing cells are not considered.
    `label`, `column`: the labelling and the counting column. Returns (highest label, value, lowest
    label, value), rows that tie joined; `None` when under two rows are shown, or where all hold the
    same.
    """
    values = shown(frame, label, column)
    if values.nunique() < 2:
        return None
    top, low = values.max(), values.min()
    highest, lowest = (listing([*map(str, values.index[values == end])]) for end in (top, low))
    return highest, float(top), lowest, float(low)


def alt(
    frame: pd.DataFrame, *, label: str, columns: dict[str, str], kind: str = "Bar chart"
) -> str:
    """Describe a chart in words: what is drawn and each measure's highest and lowest.

    `frame`: what was drawn, after its release.
    `label`: column that names the bars or points.
    `columns`: drawn columns and the words for them.
    `kind`: what sort of picture it is.
    """
    rows = frame[frame[label].astype(str) != "Total"]
    parts = [f"{kind} of {listing(list(columns.values()))}, {len(rows)} rows."]
    for column, words in columns.items():
        ends = extremes(frame, label, column)
        if ends is not None:
            top, high, bottom, low = ends
            said = f"highest {top} ({number(high)}), lowest {bottom} ({number(low)})"
            parts.append(f"{words[:1].upper()}{words[1:]}: {said}.")
        if pd.to_numeric(rows[column], errors="coerce").isna().any():
            parts.append("Some values are not shown.")
    return " ".join([*dict.fromkeys(parts), "The figures are in the data below."])


def overclaims(text: str, maryland: int | None) -> tuple[str, ...]:
    """Return the words that claim more than the level allows; none where all is well.

    `text`: what a reader is to be told. `maryland`: level of the design behind it, 1 to 5; `None`
    where there is no design.
    """
    level = maryland or 0
    found = []
    for needs, words in CLAIMS:
        for claim in re.finditer(words, text, flags=re.IGNORECASE):
            denied = re.search(DENIED, text[: claim.start()], flags=re.IGNORECASE)
            if level < needs and not denied:
                found.append(claim.group(0))
    return tuple(found)
