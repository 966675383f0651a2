"""Which case stories may be shown.

A story without consent and sign-off, or with a word that may be a name, is left out when the
records are read: nothing that comes after holds it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mtf_eval.records.aliases import Aliases
from mtf_eval.records.reading.grids import Tidied
from mtf_eval.records.reading.scanner import first_name

#: Where names stand that are no person's.
_NAMING = {
    "about": ("value",),
    "projects": ("title", "lead_agency", "partners"),
    "referrals": ("agency", "ward"),
    "agency_priorities": ("agency", "priority"),
}
_TOLD = ("author", "signed_off_by", "roles", "before", "done", "after")
_AGREED = (
    ("consent", "without consent", "ask those it tells of, and write yes"),
    ("signed_off_by", "without a sign-off", "write the role of who agreed to it"),
    ("signed_off_on", "without the day of the sign-off", "write the day"),
)


def keep_agreed(read: Mapping[str, Tidied], aliases: Aliases) -> None:
    """Leave out the stories that may not be shown, and say why."""
    if "case_stories" not in read:
        return
    stories, known = read["case_stories"], _names(read, aliases)
    frame = stories.frame
    out = pd.Series(False, index=frame.index)
    for column, why, todo in _AGREED:
        given = frame[column] == "yes" if column == "consent" else frame[column].notna()
        out |= _left_out(stories, ~given & ~out, column, why, todo)
    todo = "write a role; names of places and services go into aliases, scope story"
    for column in _TOLD:
        for row, text in frame.loc[~out, column].dropna().items():
            if place := first_name(text, known):
                named = pd.Series(frame.index == row, index=frame.index)
                out |= _left_out(stories, named, column, f"whose word {place} may be a name", todo)
    stories.frame = frame[~out]


def _names(read: Mapping[str, Tidied], aliases: Aliases) -> set[str]:
    """Return names of agencies, places and projects, and what the data set says is no name."""
    names = {
        text for (scope, _), text in aliases.names.items() if scope in ("agency", "ward", "story")
    }
    for table, columns in _NAMING.items():
        if table in read:
            frame = read[table].frame
            names |= {str(t) for column in columns for t in frame[column].dropna().unique()}
    return names


def _left_out(
    stories: Tidied, rows: pd.Series[bool], column: str, why: str, todo: str
) -> pd.Series[bool]:
    if count := int(rows.sum()):
        text = f"{count} {'story' if count == 1 else 'stories'} {why} left out"
        more = "; the first is here" if count > 1 else ""
        stories.finding("warning", f"{text}{more}: {todo}", row=int(rows.idxmax()), column=column)
    return rows
