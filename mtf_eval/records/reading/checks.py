"""Checks of one table: stated totals, rows given twice, and the schema itself.

Row numbers in every message are the spreadsheet's. What one table says of another is the matter
of `relations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import pandera.pandas as pa

from mtf_eval.errors import Problem
from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.reading.cells import Context, Unreadable, describe, is_blank, read_cell
from mtf_eval.records.reading.grids import Tidied
from mtf_eval.records.schema import KINDS, holds, kind_of

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

__all__ = ["count_rest", "drop_duplicates", "hold_totals", "validate"]

#: Problems of one sort in one column that are told one by one; the rest are counted.
ONE_BY_ONE = 200
_GIVEN: dict[tuple[str, frozenset[str]], DataFrameSchema] = {}


def hold_totals(
    out: Tidied,
    schema: DataFrameSchema,
    frame: pd.DataFrame,
    totals: Mapping[int, list[Any]],
    places: Mapping[str, int],
) -> None:
    """Compare TOTAL rows, already left out, with the rows they add up."""
    context = Context(aliases=Aliases(), decimal_comma=out.grid.decimal_comma)
    above = 0
    for number, row in totals.items():
        words = {fold(c) for c in row if isinstance(c, str)}
        part = bool(words & {"sub total", "subtotal"})
        rows = frame[(frame.index < number) & (frame.index > (above if part else 0))]
        above = number
        wrong = []
        for name, place in places.items():
            if kind_of(schema, name) not in ("whole", "money") or is_blank(row[place]):
                continue
            try:
                stated, _ = read_cell(row[place], kind_of(schema, name), context)
            except Unreadable:
                wrong.append(f"{name} cannot be read")
                continue
            actual = rows[name].sum()
            if stated is not None and abs(float(stated) - float(actual)) > 0.005:
                wrong.append(f"{name} says {stated:,g}, the rows add up to {float(actual):,g}")
        if wrong:
            out.finding("warning", f"total row left out; {'; '.join(wrong)}", row=number)
        else:
            out.finding("repaired", "total row left out; it agrees with the rows", row=number)


def drop_duplicates(out: Tidied, schema: DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows given twice; refuse two rows of one name with other content."""
    key = list((schema.metadata or {})["key"])
    if not key:
        _repeated(out, frame)
        return frame
    needed = [n for n in key if (schema.columns[n].metadata or {})["required"]]
    needed += ["respondent_id"] if schema.name == "survey_responses" else []
    whole: set[tuple[Any, ...]] = set()
    first: dict[tuple[Any, ...], int] = {}
    again: dict[tuple[Any, ...], int] = {}
    twice = []
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
                found = f"the same {' and '.join(key)} as row {before}, with other content"
                todo = "correct one of them, or remove it"
                out.problem(found, "each named once", todo, row=number, column=key[0])
    if twice:
        out.mended.setdefault(("", "the same row twice: read once"), []).extend(twice)
    alike = sum(n for n in again.values() if n > 1)
    if schema.name == "referrals" and alike:
        out.finding(
            "warning",
            f"{alike} referrals differ from another only in their reference: kept, as a person "
            "may be referred again",
        )
    return frame.drop(index=twice)


def _repeated(out: Tidied, frame: pd.DataFrame) -> None:
    """Warn of whole rows given twice where a row has no name: two may be real, so both are kept."""
    if out.grid.table == "incidents" and frame["count"].isna().any():
        return  # one incident a row: many are alike
    twice = frame.index[frame.duplicated()]
    if len(twice) and out.grid.table in ("incidents", "costs", "outcomes"):
        text = f"{len(twice)} row(s) the same as one before, first here: all are counted"
        out.finding("warning", text, row=int(twice[0]))


def validate(
    out: Tidied, schema: DataFrameSchema, body: Mapping[int, list[Any]], places: Mapping[str, int]
) -> None:
    """Run the schema over the rows and tell each failure at its cell."""
    told = {(p.row, p.column) for p in out.problems} | {(None, "")}
    absent = set(schema.columns) - set(places)
    if schema.name in ("incidents", "incident_points") and "count" in places:
        for row in out.frame.index[out.frame["count"].isna()]:
            if (int(row), "count") not in told:
                todo = "write the number; leave the column out where each row is one incident"
                out.problem("nothing", "a whole number", todo, row=int(row), column="count")
    try:
        _without(schema, frozenset(absent)).validate(out.frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return
    rules = {str(c.error): c for c in schema.checks}
    for case in cases.drop_duplicates(["column", "check", "index"]).itertuples():
        row = int(str(case.index))
        rule = rules.get(str(case.check)) if case.schema_context != "Column" else None
        column = str(rule.name) if rule else str(case.column)
        if (row, column) in told or (not rule and column in absent):
            continue
        told.add((row, column))
        if rule:
            out.problem(
                _found_in_row(out.frame, schema, row, column),
                str(case.check),
                str(rule.title or ""),
                row=row,
                column=column,
            )
            continue
        kind = kind_of(schema, column)
        missing = case.check == "not_nullable"
        expected = holds(schema.columns[column]) if missing else str(case.check)
        found = describe(body[row][places[column]], kind, KINDS[kind].quotable)
        todo = "write 0 where it is none" if missing and kind == "whole" else ""
        out.problem(found, expected, todo, row=row, column=column)


def _without(schema: DataFrameSchema, absent: frozenset[str]) -> DataFrameSchema:
    """Return the schema of the columns that were given; the others hold nothing to check."""
    if (str(schema.name), absent) not in _GIVEN:
        _GIVEN[str(schema.name), absent] = schema.remove_columns(sorted(absent))
    return _GIVEN[str(schema.name), absent]


def _found_in_row(frame: pd.DataFrame, schema: DataFrameSchema, row: int, column: str) -> str:
    value = frame.at[row, column]
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return describe(None if pd.isna(value) else value, kind_of(schema, column), True)


def count_rest(problems: Sequence[Problem]) -> list[Problem]:
    """Leave a column's problems of one sort to a count after the first `ONE_BY_ONE`."""
    counts: dict[tuple[str, str], int] = {}
    kept = []
    last: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        sort = (problem.column, problem.expected)
        counts[sort] = counts.get(sort, 0) + 1
        if counts[sort] <= ONE_BY_ONE:
            kept.append(problem)
        last[sort] = problem
    for sort, count in counts.items():
        if count > ONE_BY_ONE:
            problem = last[sort]
            kept.append(
                Problem(
                    file=problem.file,
                    sheet=problem.sheet,
                    column=problem.column,
                    found=f"{count - ONE_BY_ONE} more rows like these",
                    expected=problem.expected,
                )
            )
    return kept
