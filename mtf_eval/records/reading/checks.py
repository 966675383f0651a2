"""Checks of one table: stated totals, rows given twice, and the schema itself.

Row numbers in every message are the spreadsheet's. What one table says of another is the matter
of `relations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.records.aliases import Aliases, fold, packaged
from mtf_eval.records.dataset import Finding
from mtf_eval.records.reading.cells import NOT_YET, Context, describe, is_blank, is_mark, read_cell
from mtf_eval.records.reading.days import Unreadable
from mtf_eval.records.reading.grids import Grid, Tidied
from mtf_eval.records.reading.headings import missing
from mtf_eval.records.tables import KINDS, NUMBERS

#: Rows of incidents that are no one incident make a table of sums; so few may name the same one.
SUMS, ODD = 0.5, 0.05
#: What stands for no area.
_AREA = r"(area|ward|lsoa|msoa|beat|location)"
_NOWHERE = (
    rf"(unknown|not (known|recorded|stated|given|geocoded)|un(specified|allocated|assigned)|blank)"
    rf"( {_AREA})?|({_AREA} )(unknown|not (known|recorded|stated|given))|no {_AREA}"
)
#: Empty cells of one row that are told one by one.
FEW = 2
ONCE = "the same row twice: read once"
TWICE = "row(s) the same as one before, in the reference too, first here: all are counted"
SHARED = "row(s) with the reference of one before, otherwise different, first here: all are counted"
_OF = "crime|incident|occurrence|offence|event|case|log|record|job|report|cad|unique"
_REFERENCE = re.compile(
    rf"(({_OF}) )?(id|ref|reference|urn)( (no|number))?|({_OF}) (no|number)|cad|urn"
)
#: What a referral that was not taken on, or not yet, cannot have.
_NEVER = {"rejected": ("status", "closed"), "pending": ("decided", "status", "closed")}

#: Words of a total of rows.
_ROWS = {"total", "totals", "grand", "number", "of", "rows", "records", "referrals", "actions"}
#: Totals that do not agree with their rows, told one by one.
SHOWN = 3


def hold_totals(out: Tidied, frame: pd.DataFrame, totals: Mapping[int, list[Any]]) -> None:
    """Compare TOTAL rows, already left out, with the rows they add up: all, or those of a part.

    A part is the rows up to another total, or those that have what else the total's row holds.
    """
    wrong: dict[int, list[str]] = {number: [] for number in totals}
    words = [p for n, p in out.places.items() if out.schema.columns[n].kind not in NUMBERS]
    held = {p: {str(row[p]) for row in out.body.values()} for p in words}
    alone = {
        number
        for number, row in totals.items()
        if (p := out.places.get("measure")) is not None
        and not (is_blank(row[p]) or str(row[p]) in held[p])
    }
    of = {
        number: tuple(p for p in words if not is_blank(row[p]) and str(row[p]) in held[p])
        for number, row in totals.items()
    }
    for name, place in out.places.items():
        kind = out.schema.columns[name].kind
        stated = {n: row for n, row in totals.items() if not is_blank(row[place])}
        if kind not in ("whole", "money") or not stated:
            continue
        values = [frame[name]]
        if name == "amount_gbp":  # a total of costs may hold the hours given, too
            given = frame["hours"] * frame["rate_gbp"]
            values += [frame[name].fillna(given), given.where(frame[name].isna())]
        parts = [
            (reached(each, totals), {k: _alike(out, each, k) for k in {*of.values()} if k})
            for each in values
        ]
        for number, row in stated.items():
            key = tuple(str(row[p]) for p in of[number])
            sums = [s for far, _ in parts for s in far[number]]
            sums += [x[of[number]][key] for _, x in parts if key and key in x[of[number]]]
            said = adds_up(out.grid, row[place], kind, sums)
            said = "is of a measure that no row has" if said and number in alone else said
            wrong[number].append(said and f"{name} {said}")
    rows = reached(pd.Series(1, index=frame.index), totals)
    for number, cells in totals.items():  # of a log, how many rows it has
        there = [p for p, cell in enumerate(cells) if not is_blank(cell)]
        label, figure = (str(cells[p]).removesuffix(".0") for p in (there[0], there[-1]))
        plain = len(there) == 2 and there[1] in out.places.values() and figure.isdecimal()
        if plain and {*fold(label).split()} <= _ROWS and not wrong[number]:
            said = adds_up(out.grid, figure, "whole", rows[number])
            wrong[number].append(said and f"number of rows {said}")
    out.findings += total_rows(out.grid, wrong)


def _alike(out: Tidied, values: pd.Series, places: Sequence[int]) -> dict[tuple[str, ...], float]:
    """Return the sum of the rows that have the same in some places, by what stands there."""
    keys = [tuple(str(out.body[n][p]) for p in places) for n in values.index]
    sums = values.astype("float").groupby(pd.Index(keys, tupleize_cols=False)).sum()
    return dict(sums.items())


def reached(values: pd.Series[Any], totals: Iterable[int]) -> dict[int, list[float]]:
    """Return the sums of the rows between each total and any other, the first row or the last.

    Where there is no row between there is no sum, but for a total with no row on either side.
    """
    ends = np.array([0, *sorted(totals), np.inf])
    before = np.concatenate([[0.0], values.astype("float").fillna(0).cumsum()])
    places = np.searchsorted(values.index, ends)
    found = {}
    for end, at in zip(ends[1:-1], places[1:-1], strict=True):
        others = places[places != at]
        found[int(end)] = [*(np.sign(others - at) * (before[others] - before[at]))] or [0.0]
    return found


def adds_up(grid: Grid, cell: Any, kind: str, sums: Sequence[float]) -> str:
    """Say what is wrong with a total that may be any of some sums."""
    try:
        context = Context(aliases=Aliases(), decimal_comma=grid.decimal_comma)
        stated, _ = read_cell(cell, kind, context)
    except Unreadable:
        return "cannot be read"
    if stated is None:
        return ""
    best = min(sums, key=lambda x: abs(x - float(stated)))
    wrong = abs(best - float(stated)) > 0.005
    return f"says {stated:,g}, the rows add up to {best:,g}" if wrong else ""


def total_rows(grid: Grid, wrong: Mapping[int, Sequence[str]]) -> list[Finding]:
    """Say that rows of totals are left out, and what is wrong with each figure, if anything."""
    told = []
    good = [number for number, said in wrong.items() if said and not any(said)]
    if good:
        text = "total row left out; it agrees with the rows"
        if good[1:]:
            text = f"{len(good)} total rows left out, first here; they agree with the rows"
        told.append(grid.finding("repaired", text, row=good[0]))
    for number in (n for n, said in wrong.items() if not said):
        text = "total row left out; it holds no figure of a column that adds up"
        told.append(grid.finding("repaired", text, row=number))
    bad = {number: [*filter(None, said)] for number, said in wrong.items() if any(said)}
    for number, said in [*bad.items()][:SHOWN]:
        more = f" (and {len(said) - 3} more)" if said[3:] else ""
        text = f"total row left out; {'; '.join(said[:3])}{more}"
        told.append(grid.finding("warning", text, row=number))
    if rest := [*bad][SHOWN:]:
        text = f"{len(rest)} more total rows left out that do not agree with the rows, first here"
        told.append(grid.finding("warning", text, row=rest[0]))
    return told


def without_area(out: Tidied, frame: pd.DataFrame) -> pd.DataFrame:
    """Write no area (`""`) where a row says of it that it is not known, and count such rows.

    Their share by month is a matter of `coverage`, as that of a police force.
    """
    areas = frame["area_code"].dropna().astype("str")
    nowhere = areas.index[areas.map(fold).str.fullmatch(_NOWHERE) | areas.map(is_mark).astype(bool)]
    if len(nowhere):
        text = f"{len(nowhere)} row(s) whose area is not known, first here: in no area's figures"
        out.finding("warning", text, row=nowhere[0], column="area_code")
        frame.loc[nowhere, "area_code"] = ""
    return frame


def settle(out: Tidied, frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a tracker keeps of work that was never taken on; ask where marks disagree."""
    if out.grid.table == "costs":
        _few_hours(out, frame)
    blank = frame.index[frame["answer"].isna()] if out.grid.table == "survey_responses" else []
    if len(blank):
        out.mend([int(i) for i in blank], "no answer read as not answered", "answer")
        return frame.fillna({"answer": packaged().find("answer", "left blank")})
    if out.grid.table != "referrals":
        return frame
    open_still = out.mended.get(("closed", NOT_YET), [])
    for row in frame.index[frame.index.isin(open_still) & (frame["status"] == "completed")]:
        found = "a mark for not yet beside the status completed"
        expected = "a day, or the status ongoing"
        out.problem(found, expected, "correct one of them", row=row, column="closed")
    gone = frame.index[frame["decision"] == "withdrawn"]
    if len(gone):
        text = f"{len(gone)} row(s) withdrawn or a duplicate, which is no decision, first here"
        out.finding("warning", f"{text}: left out", row=gone[0], column="decision")
    frame = frame.drop(index=gone)
    for decision, columns in _NEVER.items():
        rows = frame["decision"] == decision
        for column in columns:
            extra = rows & frame[column].notna()
            if not extra.any():
                continue
            first = [int(i) for i in frame.index[extra]]
            frame.loc[extra, column] = None
            said = f"{column} left out of a {decision} referral"
            if decision == "rejected":
                out.mend(first, said, column)
            else:
                text = f"{said}, in {len(first)} row(s), first here: is the decision right?"
                out.finding("warning", text, row=first[0], column=column)
    return frame


def _few_hours(out: Tidied, frame: pd.DataFrame) -> None:
    """Ask where hours look like the part of a day that Excel keeps a time as."""
    hours = frame["hours"]
    part = hours[(hours > 0) & (hours < 1)]
    odd = part[((part * 288).round(6) % 1 == 0) & ((part * 60).round(6) % 1 != 0)]
    for row, value in odd.items():
        minutes = round(value * 1440)
        found = f"{value:g}, which is {minutes // 60}:{minutes % 60:02} as Excel keeps a time"
        todo = "multiply by 24 if it was a time; else round it to whole minutes"
        out.problem(found, "hours", todo, row=row, column="hours")
    if len(part) and part.index.difference(odd.index).size and (hours.dropna() < 1).all():
        text = "all hours are below 1: if they were times, Excel keeps them as parts of a day"
        out.finding("warning", f"{text}: multiply by 24", row=part.index[0], column="hours")


def drop_duplicates(out: Tidied, frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows given twice; refuse two rows of one name with other content."""
    schema = out.schema
    key = list(schema.key)
    if not key:
        return _repeated(out, frame)
    needed = [n for n in key if schema.columns[n].required]
    whole: set[tuple[Any, ...]] = set()
    first: dict[tuple[Any, ...], int] = {}
    again: dict[tuple[Any, ...], int] = {}
    twice: list[int] = []
    apart: list[int] = []
    names = list(frame.columns)
    for number, *values in frame.astype(object).where(frame.notna(), None).itertuples():
        row = dict(zip(names, values, strict=True))
        name = tuple(v.casefold() if isinstance(v := row[k], str) else v for k in key)
        rest = tuple(v for k, v in row.items() if k not in key)
        if (*name, *rest) in whole:
            twice.append(number)
            continue
        whole.add((*name, *rest))
        again[rest] = again.get(rest, 0) + 1
        if all(row[k] is not None for k in needed):
            before = first.setdefault(name, number)
            if before != number:
                _named_twice(out, key, before, number, apart)
    if twice:
        out.mend(twice, ONCE)
    if apart:
        note = f"{len(apart)} row(s) whose {key[0]} stands in an earlier sheet left out"
        out.finding("warning", f"{note}, as the mapping says", row=apart[0])
    alike = sum(n for n in again.values() if n > 1)
    if schema.name == "referrals" and alike:
        text = f"{alike} referrals differ from another only in their reference: kept, as a person "
        out.finding("warning", f"{text}may be referred again")
    return frame.drop(index=[*twice, *apart])


def _named_twice(out: Tidied, key: list[str], before: int, number: int, apart: list[int]) -> None:
    """Refuse one name for two rows; across sheets, ask, unless a mapping has answered."""
    (file, sheet, row), here = out.grid.place(before), out.grid.place(number)
    found = f"the same {' and '.join(key)} as row {row}"
    found += f" of {file}" * (here[0] != file)
    todo = "correct one of them, or remove it"
    if here[1] != sheet:
        if "first" in out.grid.options:
            apart.append(number)
            return
        found += f" of sheet {sheet}"
        todo = "is it one, kept in two sheets? Then take the row out here, or leave this sheet out "
        todo += "(mtf-eval adopt asks)"
    out.problem(f"{found}, with other content", "each named once", todo, row=number, column=key[0])


def _repeated(out: Tidied, frame: pd.DataFrame) -> pd.DataFrame:
    """Warn of whole rows given twice where a row has no name: two may be real, so both are kept.

    Of sums by month there is one for each area and measure: one given twice is read once, two that
    differ are refused.
    """
    if out.grid.table == "incidents" and frame["count"].isna().any():
        # One incident a row: many are alike, but not in their references.
        both = referenced_twice(out.grid.rows, out.top)
        for rows, said in zip(both, (TWICE, SHARED), strict=True):
            if rows:
                out.finding("warning", f"{len(rows)} {said}", row=rows[0])
        return frame
    twice = frame.index[frame.duplicated()]
    if out.grid.table == "incidents" and len(frame) and frame["date"].isna().all():
        # The month as read, too: its year may stand in the sheet's name or a heading above.
        cells = [(m, *map(str, out.grid.rows[n - 1])) for n, m in frame["month"].items()]
        placed = frame["area_code"].fillna("") != ""
        again = frame.index[pd.Series(cells, frame.index).duplicated() & placed]
        once = frame.drop(index=again)
        alike = once.duplicated([c for c in once if c != "count"]) & placed[once.index]
        sums = (frame["count"] != 1).mean() >= SUMS
        if sums and alike.mean() > ODD:
            text = f"{alike.sum()} row(s) of the same month, area and measure as one before, first "
            out.finding("warning", f"{text}here: added up", row=once.index[alike][0])
        elif sums:
            if len(again):
                out.mend(again, ONCE)
            for number in once.index[alike]:
                found = "the same month, area and measure as a row before, with another count"
                todo = "keep the one that holds; if both do, add them up"
                out.problem(found, "each named once", todo, row=number, column="count")
            return once
    if len(twice) and out.grid.table in ("incidents", "costs", "outcomes"):
        text = f"{len(twice)} row(s) the same as one before, first here: all are counted"
        out.finding("warning", text, row=twice[0])
    return frame


def referenced_twice(rows: Sequence[Sequence[Any]], top: int) -> tuple[list[int], list[int]]:
    """Return the rows the same as one before in every column, a reference among them.

    And those that share a reference alone, where a heading says that it is one; else it is a
    column whose values tell nearly all rows apart.
    """
    body = [(n, r) for n, r in enumerate(rows[top + 1 :], top + 2) if not all(map(is_blank, r))]
    named = [p for p, cell in enumerate(rows[top]) if _REFERENCE.fullmatch(fold(str(cell)))]
    for place in (*named, *range(len(rows[top]))):
        given = [(n, r) for n, r in body if place < len(r) and not is_blank(r[place])]
        cells = [str(row[place]) for _, row in given]
        apart = 0.9 * len(body) <= len(cells) and 0.9 * len(cells) <= len(set(cells))
        if len(set(cells)) == len(cells) or not (apart or place in named):
            continue
        seen: dict[str, set[tuple[str, ...]]] = {}
        again, shared = list[int](), list[int]()
        for number, row in given:
            before, whole = seen.setdefault(str(row[place]), set()), tuple(map(str, row))
            again += [number] if whole in before else []
            shared += [number] if before and whole not in before and place in named else []
            before.add(whole)
        return again, shared
    return [], []


def validate(out: Tidied) -> None:
    """Hold the rows to the columns and rules of the table; tell each failure at its cell."""
    schema, places, frame = out.schema, out.places, out.frame
    told = out.wrong | {(None, "")}
    if schema.name in ("incidents", "incident_points") and "count" in places:
        for row in frame.index[frame["count"].isna()]:
            if (row, "count") not in told:
                todo = "write the number, 0 where it is none; if it is not known take the row out "
                todo += "and say so in coverage; leave the column out if each row is one incident"
                found = _found_in_row(out, row, "count")
                out.problem(found, "a whole number", todo, row=row, column="count")
    either = [c for c in schema.either if c in places]
    for row in frame.index[frame[either].isna().all(axis=1)] if either else ():
        if not {(row, c) for c in either} & told:
            todo = "write it in each row, or take the row out"
            out.problem("nothing", f"a {' or '.join(either)}", todo, row=row, column=either[0])
    blank = {n: frame.index[frame[n].isna()] for n in schema.required if n in places}
    bare: dict[int, list[str]] = {}
    for name, rows in blank.items():
        for row in rows:
            bare.setdefault(row, []).append(name)
    for row, empty in sorted(bare.items()):
        if len(empty) > FEW and not {(row, c) for c in empty} & told:
            told |= {(row, c) for c in empty}
            todo = "fill them in, or take the row out"
            out.problem(f"nothing in {', '.join(empty)}", "a value in each", todo, row=row)
    for rule in schema.rules:
        for row in (r for r in rule.broken(frame) if (r, rule.at) not in told):
            told.add((row, rule.at))
            found, todo = _found_in_row(out, row, rule.at), rule.todo
            if rule.at not in places and (unread := out.unread()):
                found, todo = missing(rule.at, schema, packaged(), unread)
            out.problem(found, rule.expected, todo, row=row, column=rule.at)
    for name, column in schema.columns.items():
        outside = column.outside(frame[name]) if name in places else ()
        for expected, rows in (("", blank.get(name, ())), *outside):
            for row in (r for r in rows if (r, name) not in told):
                told.add((row, name))
                _tell(out, row, name, expected)


def _tell(out: Tidied, row: int, name: str, expected: str) -> None:
    """Tell of a value that is not what is expected, or of none where one is needed."""
    column, cell = out.schema.columns[name], out.body[row][out.places[name]]
    found, todo = describe(cell, column.kind, KINDS[column.kind].quotable), ""
    if expected:
        todo = "write it with %, such as 25%, or as 0.25" if column.kind == "share" else ""
    elif "pending" in column.allowed:
        todo = "write pending where nothing is decided yet"
    elif (out.schema.name, name) == ("incidents", "area_code"):
        todo = "fill it in, or write: not known"
    else:
        whole = column.kind == "whole"
        todo = "write 0 where it is none" if whole else "fill it in, or take the row out"
    if not expected and not is_blank(cell):
        found += ", a mark for nothing"
    out.problem(found, expected or column.holds(), todo, row=row, column=name)


def _found_in_row(out: Tidied, row: int, column: str) -> str:
    schema, places = out.schema, out.places
    value = out.frame.at[row, column]
    if pd.isna(value) and column in places and not is_blank(cell := out.body[row][places[column]]):
        return f"{describe(cell, schema.columns[column].kind, True)}, a mark for nothing"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return describe(None if pd.isna(value) else value, schema.columns[column].kind, True)
