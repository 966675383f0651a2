"""Several sheets of one table under one another, and months that stand across turned down."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise, takewhile
from typing import Any

import pandas as pd

from mtf_eval.errors import Problem
from mtf_eval.records.aliases import Aliases, fold, plain
from mtf_eval.records.dataset import UNREAD, Finding
from mtf_eval.records.reading.cells import CellError, is_blank
from mtf_eval.records.reading.checks import adds_up, reached, total_rows
from mtf_eval.records.reading.days import MONTHS, Span, Unreadable, read_month, span_of
from mtf_eval.records.reading.grids import Grid
from mtf_eval.records.reading.headings import (
    TITLE_ROWS,
    across_as,
    column_named,
    heading_row,
    says_total,
    span_above,
    year_beside,
    years_down,
)

#: Tables of one figure a month, and the column that holds it.
_FIGURES = {"incidents": "count"}
_TURNED = (*_FIGURES, "monthly_referrals", "survey_responses")
#: A question's number over the answers of each respondent.
_QUESTION = r"[Qq](?:uestion)? ?[0-9]+[a-z]?"
#: Months in one row that make it a row of headings.
_ACROSS = 2
#: Words of the title of a block of rows at most: "Anti-social behaviour 2022/23".
TITLE_WORDS = 4
#: Headings of what stands beside an area and is another from year to year.
_ASIDE = re.compile(
    r"\b(notes?|comments?|remarks?|totals?|population|average|mean|change|rank)\b", re.I
)


def stacked(parts: Sequence[Grid], aliases: Aliases) -> tuple[Grid, list[Problem]]:
    """Put the sheets of one table under one another, matched by their headings.

    Returns one grid, and what keeps a sheet from being read with the others.
    """
    first, schema = parts[0], parts[0].schema
    rows: list[list[Any]] = []
    origin: list[tuple[str, str, int]] = []
    spans: dict[int, Span] = {}
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = []
    problems: list[Problem] = []
    labels: list[str] = []
    findings = list(first.findings)
    fills: dict[tuple[int, int], tuple[Grid, int, int]] = {}
    heads = [None if p.frame is not None else heading_row(p, aliases) for p in parts]
    anywhere = {name for head in heads if head for name in head[1]}
    for part, head in zip(parts, heads, strict=True):
        here = partial(Problem, file=part.file, sheet=part.sheet)
        if head is None:
            found = f"no row of headings of the table {schema.name}"
            todo = "write them as in the other sheets of the table, or rename the sheet"
            expected = "the headings of the sheets before"
            problems.append(here(found=found, expected=expected, todo=todo))
            continue
        top, places = head
        names = {p: n for n, p in places.items()}
        header = part.rows[top]
        own = [
            names.get(p) or (fold(str(c)) if not is_blank(c) else f"{part.sheet} {p}")
            for p, c in enumerate(header)
        ]
        for name in schema.required:
            if name in anywhere and name not in own:
                found, todo = "no such column in this sheet", "add it, as in the other sheets"
                expected = "the columns of the other sheets of the table"
                problems.append(
                    here(found=found, expected=expected, todo=todo, row=top + 1, column=name)
                )
        if not rows:
            rows.append([names.get(p) or c for p, c in enumerate(header)])
            origin.append((part.file, part.sheet, top + 1))
            labels = own
        for label, cell in zip(own, header, strict=True):
            if label not in labels:
                labels.append(label)
                rows[0].append(label if label in schema.columns else cell)
        to = [labels.index(label) for label in own]
        span = span_above(part, top, None)
        shift = len(rows) - top - 1
        for number, cells in enumerate(part.rows[top + 1 :], start=top + 1):
            row: list[Any] = [None] * max(len(labels), len(cells))
            for p, cell in enumerate(cells):
                row[to[p] if p < len(to) else p] = cell
            rows.append(row)
            origin.append((part.file, part.sheet, number + 1))
            if span:
                spans[len(rows)] = span
        for (t, left), (b, right) in part.merged:
            if t > top and right < len(to):
                merged.append(((t + shift, to[left]), (b + shift, to[right])))
        if part is not first:
            findings += part.findings
        if part.fill:
            fills |= {
                (n + shift, to[p]): (part, n, p)
                for n in range(top + 1, len(part.rows))
                for p in range(len(to))
            }

    def fill(row: int, column: int) -> str | None:
        of, number, place = fills.get((row, column), (first, -1, -1))
        return of.fill(number, place) if of.fill else None

    grid = replace(
        first,
        rows=rows,
        origin=origin,
        spans=spans,
        merged=tuple(merged),
        findings=tuple(findings),
        heading=0,
        fill=fill if fills else None,
        options=frozenset().union(*(p.options for p in parts)),
    )
    return grid, problems


def turned(
    grid: Grid, aliases: Aliases, known: Mapping[str, Mapping[str, str]] | None = None
) -> Grid:
    """Turn a sheet with months, areas or measures across to rows.

    `known` holds the measures and areas that a column across may stand for, by the column they
    belong to and as `fold` leaves their names. Returns the grid as it was, where no row of headings
    holds any of these.
    """
    if grid.frame is not None or grid.table not in _TURNED:
        return grid
    rows = [grid.heading] if grid.heading is not None else range(min(len(grid.rows), TITLE_ROWS))
    header, places = heading_row(grid, aliases) or (len(grid.rows), {})
    for top in rows:
        below = [grid.rows[top][p] for p in places.values() if p < len(grid.rows[top])]
        if top > header and not all(map(is_blank, below)):
            break  # a row of data
        head, years = _two_rows(grid, top)
        months = {
            p: m or plain(str(c))
            for p, c in enumerate(head)
            if (m := month_of(c, years[p])) or (not years[p] and fold(str(c)) in MONTHS)
        }
        texts = {p: plain(c) for p, c in enumerate(head) if isinstance(c, str)}
        areas = {p: text for p, text in texts.items() if re.fullmatch(r"[EWNS][0-9]{8}", text)}
        named = {column_named(c, grid.schema, aliases) for c in head}
        if grid.table == "survey_responses":
            free = [None if column_named(c, grid.schema, aliases) else c for c in head]
            asked = _asked(free, (known or {}).get("question_id", {}))
            if asked and not named & {"question_id", "answer"}:
                return _down(grid, top, head, asked, ("question_id", "answer"))
            continue
        if len(months) >= _ACROSS and not named & {"month", "date"}:
            if len(set(months.values())) < len(months):
                return grid
            months = _one_year(months, head)
            if grid.table == "monthly_referrals":
                return _transposed(grid, top, months, aliases)
            return _down(grid, top, head, months, ("month", _FIGURES[grid.table]))
        if grid.table in _FIGURES and len(areas) >= _ACROSS and "area_code" not in named:
            return _down(grid, top, head, areas, ("area_code", _FIGURES[grid.table]))
    lacks = {"area_code", "measure"} - {*places}
    if grid.table in _FIGURES and len(lacks) == 1 and "count" not in places:
        column = str(*lacks), _FIGURES[grid.table]
        across, others = _figures(grid.rows[header:], places, (known or {}).get(column[0], {}))
        if across and others:
            names = ", ".join(others.values())
            text = f"columns of numbers left out: {names}; {across_as(column[0])}"
            told = grid.finding("warning", text, row=header + 1)
            grid = replace(grid, findings=(*grid.findings, told))
        return _down(grid, header, grid.rows[header], across, column, others) if across else grid
    return grid


def _figures(
    rows: Sequence[Sequence[Any]], places: Mapping[str, int], known: Mapping[str, str]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return what columns across stand for in rows of one month each, and other numbers."""
    body = [[*row, *[None] * len(rows[0])] for row in rows[1:] if not all(map(is_blank, row))]
    year = year_beside(rows, places)
    body, years = [*years_down(body, year)], set[int]() if year is None else {year}
    heads, *given = ([row[p] for p in {*places.values(), *years}] for row in (rows[0], *body))
    keys = [tuple(map(str, x)) for x in given if not says_total(x) and x != heads]
    placed = {"easting", "latitude", "postcode"}
    if placed & {fold(str(c)) for c in rows[0]} or not {"month", "date"} & {*places}:
        return {}, {}
    if len(set(keys)) < len(keys):
        return {}, {}
    across, others = dict[int, str](), dict[int, str]()
    for place, cell in enumerate(rows[0]):
        if is_blank(cell) or place in {*places.values(), *years}:
            continue
        if name := known.get(fold(str(cell))):
            across[place] = name
        elif any(re.match(r"[<>]?[0-9]", str(row[place])) for row in body):
            others[place] = " ".join(str(cell)[:40].split())
    return across, others


def _asked(head: Sequence[Any], known: Mapping[str, str]) -> dict[int, str]:
    """Return the questions that headings name: by their number, their text or both."""
    asked = {}
    for place, cell in enumerate(head):
        text = plain(str(cell))
        number = re.match(rf"{_QUESTION}(?=$|[ .:)-])", text)
        if name := known.get(fold(text)) or (number and known.get(fold(number[0]), number[0])):
            asked[place] = name
    return asked


def _two_rows(grid: Grid, top: int) -> tuple[list[Any], list[Span | None]]:
    """Return a row of headings, with those above where it has none, and the year each lies in."""
    row, above = grid.rows[top], grid.rows[top - 1] if top else ()
    whole = span_above(grid, top, None)
    head, years, year = [], [], None
    for place in range(max(len(row), len(above))):
        over = above[place] if place < len(above) else None
        cell = row[place] if place < len(row) else None
        if not is_blank(over):
            year = span_of(f"{over:g}" if isinstance(over, float) else str(over))
        head.append(over if is_blank(cell) else cell)
        years.append(year or whole)
    return head, years


def _one_year(months: dict[int, str], head: Sequence[Any]) -> dict[int, str]:
    """Return months as they are written where January follows December: they are of two years."""
    turns = any(a[4:] == "-12" and b == f"{a[:4]}-01" for a, b in pairwise(months.values()))
    return {p: plain(str(head[p])) for p in months} if turns else months


def _block(row: Sequence[Any], head: Sequence[Any]) -> Span | None:
    """Return the year that a row among others says alone, or with the headings: a note, or more."""
    said = [c for c, h in zip(row, head, strict=False) if not is_blank(c) and c != h]
    alone = len(said) == 1 and month_of(said[0]) is None
    return span_of(str(said[0]).removesuffix(".0")) if alone else None


def _year_row(
    row: Sequence[Any],
    head: Sequence[Any],
    below: Collection[tuple[str, ...]],
    seen: Collection[tuple[str, ...]],
    held: str,
) -> Span | CellError | None:
    """Return the year of the rows `below`, where a row alone says one; `None` of a note.

    It does where rows that were `seen` above are there again, or none was yet. The title of a year
    other than that `held` over rows that are new is neither: it is refused.
    """
    span = _block(row, head)
    if span is None:
        return None
    text = " ".join(str(c) for c in row if not is_blank(c))
    title = (span.last - span.first).days >= 364 and len(text.split()) <= TITLE_WORDS
    if {*seen} & {*below} or (title and not seen):
        return span
    if title and below and span.said != held:
        return CellError(
            f"a row that says {span.said} over rows of areas or months that none above it has",
            "write the year of every row into a column year",
        )
    return None


def month_of(cell: object, span: Span | None = None) -> str | None:
    """Return the month a heading names, as `2023-04`; `None` where it names none for certain."""
    if is_blank(cell) or isinstance(cell, int | float):
        return None
    try:
        return f"{read_month(cell, within=span)[0]:%Y-%m}"
    except Unreadable:
        return None


def _down(
    grid: Grid,
    top: int,
    head: Sequence[Any],
    across: Mapping[int, str],
    columns: tuple[str, str],
    out: Collection[int] = (),
) -> Grid:
    """One row for each figure; what stands beside them, and is not left `out`, is repeated.

    Totals are held to the rows they add up, and are read where they are all there is. The grid as
    it was, where two columns are of one name.
    """
    if len({*across.values()}) < len(across):
        return grid
    kept = [p for p in range(len(head)) if p not in across and p not in out]
    rows: list[list[Any]] = [[*(head[p] for p in kept), *columns]]
    origin, totals = [(grid.file, grid.sheet, top + 1)], {}
    figures: dict[str, dict[int, Any]] = {name: {} for name in across.values()}
    repeated: list[Finding] = []
    body = [[*cells, *[None] * (len(head) - len(cells))] for cells in grid.rows]
    for (first, left), (last, right) in (m for m in grid.merged if m[0][0] > top):
        lost = CellError("one cell merged over several", "undo the merge and write each value")
        for row in body[first : last + 1]:
            row[left] = body[first][left] if left == right and left in kept else lost
    filled = [row for row in body[top + 1 :] if not all(is_blank(row[p]) for p in across)]
    whole = grid.table in _FIGURES and all(says_total(row[p] for p in kept) for row in filled)
    names, seen = across, set[tuple[str, ...]]()
    own = [p for p in kept if not _ASIDE.search(str(head[p]))]
    above = span_above(grid, top, None)
    held = above.said if above else ""

    def key(row: Sequence[Any]) -> tuple[str, ...]:
        return tuple(fold(str(row[p])) for p in own)

    for number, row in enumerate(body[top + 1 :], start=top + 2):
        beside = [row[p] for p in kept]
        under = takewhile(lambda each: not _block(each, head), body[number:])
        below = {key(each) for each in under if not all(is_blank(each[p]) for p in across)}
        span = _year_row(grid.rows[number - 1], head, below, seen, held)
        if isinstance(span, CellError):
            rows.append([*(body[number][p] for p in kept), next(iter(names.values())), span])
            origin.append((grid.file, grid.sheet, number))
            continue
        held = span.said if span else held
        if span and columns[0] == "month":
            names = _one_year({p: month_of(head[p], span) or n for p, n in across.items()}, head)
        elif span:
            rows.append([span.said, *[None] * (len(kept) + 1)])
            origin.append((grid.file, grid.sheet, number))
        if all(row[p] == head[p] for p in across):
            text = "headings repeated among the rows left out"
            repeated.append(grid.finding("repaired", text, row=number))
            continue
        if says_total(beside) and (not whole or any(map(is_blank, beside))):
            totals[number] = row
            continue
        for place, name in () if span else names.items():
            left = columns[1] == "answer" and not all(is_blank(row[p]) for p in across)
            if left or not is_blank(row[place]):
                rows.append([*beside, name, row[place]])
                origin.append((grid.file, grid.sheet, number))
                seen.add(key(row))
                figures[across[place]][number] = row[place]
    wrong: dict[int, list[str]] = {number: [] for number in totals}
    for place, name in across.items() if totals else ():
        texts = pd.Series(figures[name], dtype="str").str.replace(",", "")
        sums = reached(pd.to_numeric(texts, errors="coerce"), totals)
        for number, row in totals.items():
            said = adds_up(grid, row[place], "whole", sums[number])
            if not is_blank(row[place]):
                wrong[number].append(said and f"{name} {said}")
    told = repeated + total_rows(grid, wrong)
    if columns[0] != "month" and (year := span_above(grid, top, None)):
        grid = replace(grid, spans=dict.fromkeys(range(2, len(rows) + 1), year))
    return _across(replace(grid, findings=(*grid.findings, *told)), rows, origin, across, columns)


def _transposed(grid: Grid, top: int, months: Mapping[int, str], aliases: Aliases) -> Grid:
    """One row for each month; what stands down the first column names the columns."""
    rows: list[list[Any]] = [["month"], *([m] for m in months.values())]
    before = min(months)
    lost_text = f"{UNREAD}: its heading is no month"
    lost = [
        grid.finding("warning", lost_text, row=top + 1, column=" ".join(str(c)[:40].split()))
        for p, c in enumerate(grid.rows[top])
        if p > before and p not in months
        if any(p < len(row) and not is_blank(row[p]) for row in grid.rows[top + 1 :])
    ]
    grid = replace(grid, findings=(*grid.findings, *lost))
    for cells in grid.rows[top + 1 :]:
        row = [*cells, *[None] * (max(months) + 1 - len(cells))]
        label = next((c for c in row[:before] if not is_blank(c)), None)
        if label is None:
            continue
        rows[0].append(column_named(label, grid.schema, aliases) or label)
        for new, place in zip(rows[1:], months, strict=True):
            new.append(row[place])
    origin = [(grid.file, grid.sheet, top + 1)] * len(rows)
    return _across(grid, rows, origin, months, ("month", ""))


def _across(
    grid: Grid,
    rows: list[list[Any]],
    origin: list[tuple[str, str, int]],
    across: Mapping[int, str],
    columns: tuple[str, str],
) -> Grid:
    what = columns[0].partition("_")[0] + "s" * (len(across) > 1)
    text = f"{len(across)} {what} across read as rows"
    found = (*grid.findings, grid.finding("repaired", text))
    return replace(grid, rows=rows, origin=origin, heading=0, merged=(), fill=None, findings=found)
