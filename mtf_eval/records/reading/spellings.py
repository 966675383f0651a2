"""One spelling of each name throughout, and several names that stand in one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.reading.cells import is_mark
from mtf_eval.records.tables import AGENCIES, TABLES

if TYPE_CHECKING:
    from mtf_eval.records.reading.grids import Tidied


_SPELT = ("measure", "area")
#: Columns by which rows are put together, and what parts two themes: surely, or perhaps.
_GROUPED = (("referrals", "ward"), ("activity", "category"), ("survey_responses", "channel"))
_CODES = re.compile(r"[;,/|+&]| and ")
_PARTED, _PERHAPS = re.compile(r"[,/|+]"), re.compile(r"[,/|+&]| and ")


def one_spelling(read: Mapping[str, Tidied], aliases: Aliases) -> None:
    """Give measures, areas, wards, themes and the like one spelling throughout; part several."""
    _measures(read, aliases)
    _agencies(read)
    if "referrals" in read:
        wards = read["referrals"].frame["ward"]
        if (nowhere := wards.notna() & wards.map(is_mark).astype(bool)).any():
            read["referrals"].frame["ward"] = wards.mask(nowhere)
            text = "a mark for what is not known read as no ward"
            read["referrals"].mend(wards.index[nowhere], text, "ward")
            read["referrals"].tell_mended()
    for name, column in ((n, c) for n, c in _GROUPED if n in read):
        usual = _usual(read[name].frame[column], column, aliases)
        _respell(read[name], column, usual, f"{column} spelt as in most rows")
    if "activity" in read:
        blocks = {v: fold(v).replace(" ", "_") for v in read["activity"].frame["block"].dropna()}
        _respell(read["activity"], "block", blocks, "block written as pages name it")
    if "referrals" in read:
        _themes(read["referrals"], aliases)
    if {"actions", "agency_priorities"} <= {*read}:
        _priority_codes(read["actions"], read["agency_priorities"].frame["code"])


def _measures(read: Mapping[str, Tidied], aliases: Aliases) -> None:
    """Give measures and areas one spelling throughout: the one used most.

    Two names of one measure (ASB) may be two records of it, and are asked about.
    """
    for kind in _SPELT:
        if not (places := of_kind(read, kind)):
            continue
        gap = " " if kind == "area" else ""
        counts = pd.concat([t.frame[c] for t, c in places]).value_counts()
        usual: dict[str, str] = {}
        for value in counts.index:
            usual.setdefault(fold(str(value)).replace(" ", gap), str(value))
        for tidied, column in places:
            values = tidied.frame[column].dropna().unique()
            spelt = {v: usual[fold(str(v)).replace(" ", gap)] for v in values}
            _respell(tidied, column, spelt, "spelt as in most rows")
    if "incidents" in read:
        rows = read["incidents"].frame["measure"].dropna()
        names = {m: aliases.find("criteria", m) or m for m in rows.unique()}
        for name in dict.fromkeys(n for n in names.values() if [*names.values()].count(n) > 1):
            both = [m for m, n in names.items() if n == name]
            text = f"{' and '.join(both)} are counted apart: if they are one, write one name; "
            text += "where both record the same incidents, leave one out"
            row = int(str(rows.index[rows == both[1]][0]))
            read["incidents"].finding("warning", text, row=row, column="measure")


def _agencies(read: Mapping[str, Tidied]) -> None:
    """Give an agency one writing of capitals in all tables: the one used most."""
    places = [
        (tidied, column)
        for name, tidied in read.items()
        for column in TABLES[name].of_kind(AGENCIES)
    ]
    cells = [t.frame[c].dropna().astype("str") for t, c in places]
    names = pd.concat([pd.Series(dtype="str"), *cells]).str.split(";").explode().str.strip()
    usual: dict[str, str] = {}
    for name in names[names != ""].value_counts().index:
        usual.setdefault(name.casefold(), name)
    for (tidied, column), texts in zip(places, cells, strict=True):
        spelt = {}
        for text in texts.unique():
            parts = [part.strip() for part in text.split(";") if part.strip()]
            written = [usual[part.casefold()] for part in parts]
            spelt[text] = text if parts == written else "; ".join(dict.fromkeys(written))
        _respell(tidied, column, spelt, "agency with capitals as in most rows")


def _usual(values: pd.Series, scope: str, aliases: Aliases) -> dict[str, str]:
    """Return for each spelling the usual one: what an alias names, else the one used most."""
    counts = values.dropna().value_counts()
    keys = {v: fold(aliases.find(scope, v) or v).removesuffix(f" {scope}") for v in counts.index}
    usual: dict[str, str] = {}
    for value, key in keys.items():  # the most frequent first
        named = aliases.find(scope, value)
        if key not in usual or (value == named and fold(usual[key]) != fold(value)):
            usual[key] = value
    return {value: usual[key] for value, key in keys.items()}


def _respell(tidied: Tidied, column: str, usual: Mapping[str, str], note: str) -> None:
    """Give each value of a column its usual spelling."""
    values = tidied.frame[column]
    spelt = values.map(usual)
    changed = values.notna() & (spelt != values)
    if changed.any():
        tidied.frame[column] = spelt.astype("str")
        tidied.mend(values.index[changed], note, column)
        tidied.tell_mended()


def _themes(log: Tidied, aliases: Aliases) -> None:
    """Part themes where each part is a theme elsewhere; give each one spelling.

    At a comma, slash or plus; `A and B` beside A and B is asked about, and so is any other comma.
    """
    cells = log.frame["criteria"].dropna()
    parts = {text: [p.strip() for p in text.split(";") if p.strip()] for text in cells.unique()}

    def key(text: str) -> str:
        return fold(aliases.find("criteria", text) or text)

    alone = {key(p) for each in parts.values() for p in each if not _PARTED.search(p)}
    doubtful: set[str] = set()
    for text, each in parts.items():
        split: list[str] = []
        for part in each:
            pieces = [p.strip() for p in _PARTED.split(part) if p.strip()]
            apart = {key(p.strip()) for p in _PERHAPS.split(part)}
            if len(pieces) > 1 and {key(p) for p in pieces} <= alone:
                split += pieces
                continue
            commas = [p.strip() for p in part.split(",") if p.strip()]
            if len(commas) > 1 and key(part) not in alone and "commas" in log.grid.options:
                split += commas
                continue
            if (len(apart) > 1 and apart <= alone) or (len(commas) > 1 and key(part) not in alone):
                doubtful.add(text)
            split.append(part)
        parts[text] = split
    usual = _usual(
        pd.Series([p for t in cells for p in parts[t]], dtype="str"), "criteria", aliases
    )
    spelt = {t: "; ".join(dict.fromkeys(usual[p] for p in each)) for t, each in parts.items()}
    values = cells.map(spelt)
    changed = values != cells
    if changed.any():
        log.frame.loc[cells.index[changed], "criteria"] = values[changed]
        note = "themes parted by ; and spelt as in most rows"
        log.mend(cells.index[changed], note, "criteria")
        log.tell_mended()
    if doubtful:
        rows = [int(r) for r in cells.index[cells.isin(doubtful)]]
        text = f"a comma or 'and' in criteria, in {len(rows)} row(s), first here: one theme, or "
        text += "several?"
        todo = "several are parted by ;"
        log.finding("warning", f"{text} {todo}", row=rows[0], column="criteria")


def _priority_codes(actions: Tidied, codes: pd.Series[str]) -> None:
    """Part codes of agency priorities where each part is one; ask about those that are none."""
    known = {fold(code): code for code in codes.dropna()}
    cells = actions.frame["priority_codes"].dropna()

    def split(text: str) -> list[str]:
        pieces = [text] if fold(text) in known else _CODES.split(text)
        return [fold(piece) for piece in pieces if piece.strip()]

    parts = {t: [p for piece in t.split(";") for p in split(piece)] for t in cells.unique()}
    sure = {text: each for text, each in parts.items() if {*each} <= {*known}}
    spelt = {t: "; ".join(dict.fromkeys(known[p] for p in each)) for t, each in sure.items()}
    _respell(actions, "priority_codes", {t: t for t in parts} | spelt, "codes parted by ;")
    if len(odd := cells.index[~cells.isin(sure)]):
        text = f"{len(odd)} row(s) with a code that agency_priorities does not list, first here: "
        text += "not counted as fulfilled"
        actions.finding("warning", text, row=int(odd[0]), column="priority_codes")


def of_kind(read: Mapping[str, Tidied], kind: str) -> list[tuple[Tidied, str]]:
    """Return the columns that hold areas, or measures of incidents."""
    return [
        (tidied, column)
        for name, tidied in read.items()
        for column in TABLES[name].of_kind([kind])
        if column not in ("block", "domain", "step") and name != "activity"
    ]
