"""From a grid of cells as somebody left it to one table of the schema.

Finds the heading row, knows columns by their usual names, drops and checks TOTAL rows, reads
every cell, runs the schema over the result. Opens no file; looks at one table at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.reading.cells import Context, Unreadable, describe, is_blank, read_cell
from mtf_eval.records.reading.checks import count_rest, drop_duplicates, hold_totals, validate
from mtf_eval.records.reading.grids import Grid, Tidied
from mtf_eval.records.reading.scanner import doubts, scan
from mtf_eval.records.schema import KINDS, empty, holds, kind_of

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

__all__ = ["Grid", "Tidied", "heading_row", "tidy"]

#: Rows above the headings that may be titles; more than this and the sheet is something else.
TITLE_ROWS = 40
_TOTALS = ("total", "totals", "grand total", "sub total", "subtotal")
_NOTES = ("last updated", "note", "source", "data as at")
NUMBERS = ("whole", "money", "number", "share")


def tidy(
    grid: Grid, schema: DataFrameSchema, *, aliases: Aliases, year: int | None = None
) -> Tidied:
    """Read one grid as one table.

    Parameters
    ----------
    grid
        The cells.
    schema
        The table they should make.
    aliases
        Other spellings of headings, agencies and listed words.
    year
        Year of months written without one.

    Returns
    -------
    The frame, its index the row numbers of the spreadsheet, with all findings and problems.
    """
    out = Tidied(grid, empty(schema), list(grid.findings))
    if grid.frame is not None:
        out.frame = _counted_elsewhere(grid.frame, schema)
        return out
    heading = heading_row(grid, schema, aliases)
    if heading is None:
        out.problem(
            "no row of headings",
            f"the columns {', '.join(schema.columns)}",
            "write the headings as they stand in docs/data_dictionary.md",
        )
        return out
    top, places = heading
    _headings(out, schema, aliases, top, places)
    _persons(out, schema, top, places)
    body, totals = _body(out, schema, top, places)
    _merged(out, schema, body, places)
    frame = _columns(out, schema, aliases, year, body, places)
    hold_totals(out, schema, frame, totals, places)
    out.frame = drop_duplicates(out, schema, frame)
    validate(out, schema, body, places)
    out.tell_mended()
    out.problems = count_rest(out.problems)
    return out


def _counted_elsewhere(frame: pd.DataFrame, schema: DataFrameSchema) -> pd.DataFrame:
    types = {n: KINDS[kind_of(schema, n)].dtype for n in schema.columns}
    return frame.reindex(columns=list(types)).astype(types)


def _persons(out: Tidied, schema: DataFrameSchema, top: int, places: Mapping[str, int]) -> None:
    """Refuse what identifies a person, in columns that are read and in those that are not."""
    head, *body = out.grid.rows[top:]
    width = max((len(row) for row in out.grid.rows), default=0)
    frame = pd.DataFrame([[*row, *[None] * (width - len(row))] for row in body], dtype=object)
    frame.index = pd.RangeIndex(top + 2, top + 2 + len(frame))
    frame.columns = pd.Index(
        ["" if p >= len(head) or is_blank(head[p]) else str(head[p]) for p in frame.columns]
    )
    frame = frame.mask(frame.map(is_blank))
    file, sheet, known = out.grid.file, out.grid.sheet, {str(head[p]) for p in places.values()}
    out.problems += scan(schema.name, frame, file, sheet, known=known)
    out.findings += doubts(schema.name, frame, file, sheet)


# Headings and rows


def heading_row(
    grid: Grid, schema: DataFrameSchema, aliases: Aliases
) -> tuple[int, dict[str, int]] | None:
    """Find the row of headings and the place of each known column: the row that names most."""
    best: tuple[int, dict[str, int]] | None = None
    for number, row in enumerate(grid.rows[:TITLE_ROWS]):
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            name = _column_name(cell, schema, aliases)
            if name:
                places.setdefault(name, place)
        if len(places) >= 2 and (best is None or len(places) > len(best[1])):
            best = (number, places)
    return best


def _column_name(cell: object, schema: DataFrameSchema, aliases: Aliases) -> str | None:
    if not isinstance(cell, str) or is_blank(cell):
        return None
    known: dict[str, str] = {fold(name): name for name in schema.columns}
    if fold(cell) in known:
        return known[fold(cell)]
    for scope in (f"heading {schema.name}", "heading"):
        name = aliases.find(scope, cell)
        if name is not None and name in schema.columns:
            return name
    return None


def _headings(
    out: Tidied, schema: DataFrameSchema, aliases: Aliases, top: int, places: Mapping[str, int]
) -> None:
    header = out.grid.rows[top]
    if above := sum(not all(map(is_blank, row)) for row in out.grid.rows[:top]):
        out.finding("repaired", f"{above} title row(s) above the headings left out", row=1)
    for place, cell in enumerate(header):
        name = _column_name(cell, schema, aliases)
        if name and places[name] != place:
            out.problem(
                "the same column twice", "each column once", "keep one", row=top + 1, column=name
            )
        elif name and cell != name and fold(str(cell)) != fold(name):
            out.finding("repaired", f"heading read as {name}", row=top + 1, column=name)
        elif not name and not is_blank(cell):
            text = str(cell)[:40]
            out.finding(
                "warning", "unknown column, not read", row=top + 1, column=" ".join(text.split())
            )
    bare = [p for p, cell in enumerate(header) if is_blank(cell)]
    unnamed = {
        p
        for row in out.grid.rows[top + 1 :]
        for p in (*bare, *range(len(header), len(row)))
        if p < len(row) and not is_blank(row[p])
    }
    if unnamed:
        text = f"{len(unnamed)} column(s) without a heading, not read"
        out.finding("warning", text, row=top + 1)
    for name, col in schema.columns.items():
        if (col.metadata or {})["required"] and name not in places:
            out.problem("no such column", holds(col), "add it", row=top + 1, column=name)
    if schema.name in ("incidents", "incident_points") and "count" not in places:
        out.finding("note", "no column count: each row counted as one", row=top + 1)
    either = (schema.metadata or {})["either"]
    if either and not set(either) & set(places):
        out.problem(
            "no such column", f"one of the columns {', '.join(either)}", "add it", row=top + 1
        )


def _body(
    out: Tidied, schema: DataFrameSchema, top: int, places: Mapping[str, int]
) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """Rows of data and rows of totals, by row number as the spreadsheet counts."""
    body: dict[int, list[Any]] = {}
    totals: dict[int, list[Any]] = {}
    width = max(places.values()) + 1
    texts = [p for n, p in places.items() if kind_of(schema, n) not in NUMBERS]
    header = {p: out.grid.rows[top][p] for p in places.values()}
    for number, cells in enumerate(out.grid.rows[top + 1 :], start=top + 2):
        row = [*cells, *[None] * (width - len(cells))]
        given = [p for p in header if not is_blank(row[p])]
        if not given:
            continue
        if any(isinstance(row[p], str) and fold(row[p]) in _TOTALS for p in texts):
            totals[number] = row
        elif len(given) > 1 and all(row[p] == header[p] for p in given):
            out.finding("repaired", "headings repeated among the rows left out", row=number)
        elif (
            len(given) == 1
            and given[0] in texts
            and sum(not is_blank(c) for c in row) == 1
            and fold(str(row[given[0]])).startswith(_NOTES)
        ):
            out.finding("repaired", "a note under the rows left out", row=number)
        else:
            body[number] = row
    return body, totals


def _merged(
    out: Tidied, schema: DataFrameSchema, body: dict[int, list[Any]], places: Mapping[str, int]
) -> None:
    names = {place: name for name, place in places.items()}
    for (top, left), (bottom, right) in out.grid.merged:
        rows = [n for n in range(top + 1, bottom + 2) if n in body]
        if left not in names or len(rows) < 2 or top + 1 not in body:
            continue
        name = names[left]
        if left != right or kind_of(schema, name) in NUMBERS:
            out.problem(
                f"one cell merged over rows {rows[0]} to {rows[-1]}",
                "a value in each row",
                "unmerge it and write the value of each row",
                row=top + 1,
                column=name,
            )
            continue
        for number in rows[1:]:
            body[number][left] = body[top + 1][left]
            out.mended.setdefault((name, "merged cell read for each of its rows"), []).append(
                number
            )


# Columns


def _columns(
    out: Tidied,
    schema: DataFrameSchema,
    aliases: Aliases,
    year: int | None,
    body: Mapping[int, list[Any]],
    places: Mapping[str, int],
) -> pd.DataFrame:
    columns = {}
    index = pd.Index(list(body), dtype="int64")
    for name, col in schema.columns.items():
        kind = kind_of(schema, name)
        values: list[Any] = [None] * len(body)
        if name in places:
            context = Context(
                aliases=aliases,
                year=year,
                date1904=out.grid.date1904,
                decimal_comma=out.grid.decimal_comma,
                scope=name,
                allowed=(col.metadata or {})["allowed"],
            )
            values = _column(out, name, kind, context, body, places[name])
        columns[name] = pd.Series(values, index=index, dtype=KINDS[kind].dtype)
    return pd.DataFrame(columns, index=index)


def _column(
    out: Tidied,
    name: str,
    kind: str,
    context: Context,
    body: Mapping[int, list[Any]],
    place: int,
) -> list[Any]:
    seen: dict[tuple[type, Any], Any] = {}
    values: list[Any] = []
    for number, row in body.items():
        cell = row[place]
        if name == "rag" and is_blank(cell) and out.grid.fill is not None:
            cell = _filled(out, number, place)
        key = (type(cell), cell)
        if key not in seen:
            try:
                seen[key] = read_cell(cell, kind, context)
            except Unreadable as error:
                seen[key] = error
        result = seen[key]
        if isinstance(result, Unreadable):
            found = describe(cell, kind, KINDS[kind].quotable)
            out.problem(found, result.expected, result.todo, row=number, column=name)
            values.append(None)
            continue
        value, note = result
        if note:
            out.mended.setdefault((name, note), []).append(number)
        values.append(value)
    if kind == "date":
        _half_swapped(out, name, body, place)
    return values


def _filled(out: Tidied, number: int, place: int) -> str | None:
    word = out.grid.fill(number - 1, place) if out.grid.fill else None
    if word == "unclear":
        out.finding(
            "warning", "fill colour is no clear rating: left empty", row=number, column="rag"
        )
        return None
    if word:
        out.mended.setdefault(("rag", "fill colour of the cell read as a word"), []).append(number)
    return word


def _half_swapped(out: Tidied, name: str, body: Mapping[int, list[Any]], place: int) -> None:
    """Refuse what an American Excel makes of British dates.

    It turns 5/4/2021 into a date cell of May 4 and leaves 25/4/2021 as text: no date cell then
    has a day above 12, and no text has one of 12 or below.
    """
    cells = {n: r[place] for n, r in body.items() if not is_blank(r[place])}
    dates = [c for c in cells.values() if hasattr(c, "day")]
    texts = {n: str(c).strip() for n, c in cells.items() if isinstance(c, str)}
    days = [t.split("/")[0] for t in texts.values() if t.count("/") == 2]
    if len(dates) < 3 or not days or not all(d.isdigit() and int(d) > 12 for d in days):
        return
    if all(c.day <= 12 for c in dates):
        out.problem(
            "text dates with days above 12 beside date cells with none",
            "all dates of one kind",
            "day and month of the date cells were probably exchanged when the file was opened: "
            "write year-month-day",
            row=next(iter(texts)),
            column=name,
        )
