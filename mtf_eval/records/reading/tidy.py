"""From a grid of cells as somebody left it to one table of the schema.

Finds the heading row, knows columns by their usual names, drops and checks TOTAL rows, reads
every cell, runs the schema over the result. Opens no file; looks at one table at a time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mtf_eval.errors import typed
from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.reading import headings
from mtf_eval.records.reading.cells import Context, describe, is_blank, is_mark, read_cell
from mtf_eval.records.reading.checks import (
    drop_duplicates,
    hold_totals,
    settle,
    validate,
    without_area,
)
from mtf_eval.records.reading.days import Span, Unreadable, span_of
from mtf_eval.records.reading.grids import Grid, Tidied
from mtf_eval.records.reading.hours import parted
from mtf_eval.records.reading.scanner import doubts, scan
from mtf_eval.records.tables import AGENCIES, APART, KINDS, NUMBERS, OF_ONE, empty

_NOTES = ("last updated", "note", "source", "data as at")
#: What is no day, month or area, and says that its row is no record; areas may be called Total Way.
_TOTAL, _ALL, _AVERAGE = (
    re.compile(r"\b(sub ?)?totals?\b|^(grand )?(count|sum)$"),
    re.compile(
        r"(.* )?(totals?|all (areas?|wards?|lsoas?|msoas?|beats?))|(grand|sub) ?totals?\b.*"
        r"|totals? (of|for|all)\b.*|(grand )?(count|sum)|all|overall"
    ),
    re.compile(r"((monthly|yearly|annual) )?(average|mean)"),
)
#: What begins or ends as a total's label does: `Total cost`, `Sub-total NHS`, `NHS Count`.
_LABEL = re.compile(r"^(?:(?:grand|overall|sub) ?)?totals?\b|\b(?:totals?|count|sum)$")
_DAYS = ("date", "month", "area")
_EXAMPLE = {"example", "eg", "example row", "example entry", "example only", "sample row", "dummy"}


def tidy(grid: Grid, *, aliases: Aliases, within: Span | None = None) -> Tidied:
    """Read one grid as one table.

    `within` holds the days that what has no year lies in, where no heading says so. The frame's
    index is the row numbers of the spreadsheet.
    """
    out = Tidied(grid, empty(grid.schema), list(grid.findings))
    if grid.frame is not None:
        types = {n: t for n, t in grid.schema.types.items() if n in grid.frame or n not in APART}
        out.frame = grid.frame.reindex(columns=list(types)).astype(types)
        return out
    heading = headings.heading_row(grid, aliases)
    if heading is None:
        _no_headings(out)
        return out
    out.top, out.places = heading
    headings.tell_headings(out, aliases)
    _persons(out)
    spans: dict[int, Span] = dict(grid.spans)
    totals = _body(out, spans)
    _merged(out)
    frame = _columns(out, aliases, headings.span_above(grid, out.top, within), spans)
    hold_totals(out, frame, totals)
    frame = parted(without_area(out, frame)) if grid.table == "incidents" else settle(out, frame)
    out.frame = drop_duplicates(out, frame)
    validate(out)
    out.tell_mended()
    return out


def _no_headings(out: Tidied) -> None:
    """Say that no row of headings was recognised, and which texts stand where one would be."""
    rows = [
        [c for c in row if isinstance(c, str) and not is_blank(c)] for row in out.grid.rows[:40]
    ]
    likely = max(rows, key=len, default=[])
    number = rows.index(likely) + 1 if likely else None
    shown = ", ".join(f"{' '.join(h[:40].split())!r}" for h in likely[:8])
    out.problem(
        "no row of headings"
        + (f"; this one has {shown}, of which none or one is known" if shown else ""),
        f"the columns {', '.join(out.schema.columns)}",
        "write the headings as they stand in docs/data_dictionary.md, or let "
        f"`mtf-eval adopt {typed(out.grid.file)}` place them",
        row=number,
    )


def _persons(out: Tidied) -> None:
    """Refuse what identifies a person, in columns that are read and in those that are not."""
    schema, top = out.schema, out.top
    head, *body = out.grid.rows[top:]
    width = max((len(row) for row in out.grid.rows), default=0)
    frame = pd.DataFrame([[*row, *[None] * (width - len(row))] for row in body], dtype=object)
    frame.index = pd.RangeIndex(top + 2, top + 2 + len(frame))
    frame.columns = pd.Index(
        ["" if p >= len(head) or is_blank(head[p]) else str(head[p]) for p in frame.columns]
    )
    file, sheet, known = out.grid.file, out.grid.sheet, {str(head[p]) for p in out.places.values()}
    named = {str(head[out.places[c]]) for c in schema.of_kind(AGENCIES) if c in out.places}
    strict = OF_ONE in schema.marks
    out.problems += scan(schema.name, frame, file, sheet, known=known, strict=strict)
    out.findings += [] if strict else doubts(schema.name, frame, file, sheet, named)


# Rows


def _body(out: Tidied, spans: dict[int, Span]) -> dict[int, list[Any]]:
    """Find the rows of data; return those of totals, by row number as the spreadsheet counts.

    A row of which one cell alone is filled is no record but a note or a section's heading; what
    the heading says of the year holds for the rows under it.
    """
    schema, top, places, body = out.schema, out.top, out.places, out.body
    totals: dict[int, list[Any]] = {}
    alone: dict[int, Any] = {}
    width = max(places.values()) + 1
    kinds = {p: schema.columns[n].kind for n, p in places.items()}
    texts = [p for p, kind in kinds.items() if kind not in NUMBERS]
    header = {p: out.grid.rows[top][p] for p in places.values() if p < len(out.grid.rows[top])}
    required = schema.required
    needs, needed = len(required), {places[n] for n in required if n in places}
    told = [places[n] for n in (*required, *schema.either) if n in places]
    days = {p: kinds[p] for p in told if kinds[p] in _DAYS}
    cells_of = {
        (row[p], k) for row in out.grid.rows[top + 1 :] for p, k in days.items() if p < len(row)
    }
    odd = {each: word for each in cells_of if (word := _adds_up(*each))}
    section, gap = None, False
    summed = [p for p, kind in kinds.items() if kind in NUMBERS]
    times = [p for p, kind in kinds.items() if kind in _DAYS[:2]]
    years, month, year = headings.year_beside(out.grid.rows[top:], places), places.get("month"), ""
    width = max(width, years + 1 if years is not None else 0)
    for number, cells in enumerate(out.grid.rows[top + 1 :], start=top + 2):
        row = [*cells, *[None] * (width - len(cells))]
        given = [p for p in places.values() if not is_blank(row[p])]
        filled = [c for c in row if not is_blank(c)]
        if not any(set(str(c)) - {"-"} for c in filled):  # or ruled off, as sqlcmd does
            gap = bool(body)
            continue
        if (
            gap
            and filled[1:]
            and all(map(_wordy, filled))
            and any(_wordy(row[p]) and not is_mark(row[p]) for p in (*summed, *times))
            and any(row[p] != header.get(p) for p in given)
        ):
            found, todo = "a second table, which begins here", "move it to a sheet of its own"
            out.problem(found, f"rows of {schema.name}", todo, row=number)
            break
        said = {odd.get((row[p], k)) for p, k in days.items()} if odd else ()
        if "average" in said:
            out.finding("repaired", "a row of averages left out", row=number)
        elif (
            "total" in said
            or headings.says_total(row[p] for p in texts)
            or (
                2 * len(needed.difference(given)) >= len(needed)
                and all(_no_day(row[p]) for p in needed & {*days})
                and any(_LABEL.search(fold(str(row[p]))) for p in texts)
            )
        ):
            totals[number] = row
        elif len(given) > 1 and all(row[p] == header.get(p) for p in given):
            out.finding("repaired", "headings repeated among the rows left out", row=number)
        elif (
            len(filled) == 1
            and needs > 1
            and isinstance(filled[0], (str, int, float))
            and (_wordy(filled[0]) or all(is_blank(row[p]) for p in summed))
        ):
            alone[number] = row
            section = span_of(str(filled[0]).removesuffix(".0")) or section
        elif len(filled) == 2 and needs > 3 and fold(str(filled[0])).startswith(_NOTES):
            out.finding("repaired", "a note under the rows left out", row=number)
        elif len(filled) == 2 and needs > 3 and all(map(_wordy, filled)):
            found, todo = "only two cells filled, both words", "take a note out; fill in a record"
            out.problem(found, "a record", todo, row=number)
        elif given:
            body[number], gap = row, False
            if years is None:
                if section:
                    spans[number] = section
                continue
            if not is_blank(row[years]):  # written once for the rows under it
                year = f"{row[years]:g}" if isinstance(row[years], float) else str(row[years])
            if span := span_of(year) or section:
                spans[number] = span
            bare = re.fullmatch(r"([0-9]{1,2})(\.0)?", "" if month is None else str(row[month]))
            if month is not None and bare and year.isdecimal():
                row[month] = f"{year}-{int(bare[1]):02}"
    whole = {
        number: row
        for number, row in (totals if not body else {}).items()
        if not any(is_blank(row[p]) for p in needed)
        and not any(_adds_up(row[p], "month") for p in times)
    }
    if len(whole) > 1:  # a series of the whole is all there is
        body = out.body = whole
        totals = {number: row for number, row in totals.items() if number not in whole}
    _alone(out, alone)
    out.body = dict(sorted(body.items()))
    for number in [*out.body][:3]:  # as a blank form has it under its headings
        if any(fold(str(out.body[number][p])) in _EXAMPLE for p in texts):
            out.problem("a row that is an example", "records", "take it out", row=number)
            del out.body[number]
    if needs > 1 and _is_sum(out.body, summed):
        number, row = out.body.popitem()
        totals[number] = row
    return totals


def _is_sum(body: Mapping[int, Sequence[Any]], summed: Collection[int]) -> bool:
    """Whether the last row is but one number, the sum of two or more above it."""
    *above, last = body.values() or [()]
    filled = [p for p, cell in enumerate(last) if not is_blank(cell)]
    if len(filled) != 1 or filled[0] not in summed:
        return False
    cells = pd.Series([row[filled[0]] for row in (*above, last)]).astype(str)
    bare = cells.str.replace(r"[£,\s)]", "", regex=True).str.replace("(", "-")
    *parts, whole = pd.to_numeric(bare, errors="coerce").fillna(0)
    return len(parts) > 1 and abs(sum(parts) - whole) < 0.005


def _adds_up(cell: object, kind: str) -> str:
    """Say whether a day, month or area stands for a total, or for an average, of others."""
    text = fold(cell) if isinstance(cell, str) else ""
    total = _ALL.fullmatch(text) if kind == "area" else _TOTAL.search(text)
    return "average" if _AVERAGE.fullmatch(text) else "total" if total else ""


def _no_day(cell: object) -> bool:
    return is_blank(cell) or re.fullmatch(r"[0-9]{1,3}(\.0)?", str(cell)) is not None


def _wordy(cell: object) -> bool:
    return isinstance(cell, str) and not any(c.isdigit() for c in cell)


def _alone(out: Tidied, alone: Mapping[int, list[Any]]) -> None:
    """Leave out rows of one cell; a reference like the others' has begun a record, and stays."""
    body = out.body
    last = max(body, default=0)
    for number, row in alone.items():
        place = next(p for p, c in enumerate(row) if not is_blank(c))
        text = str(row[place])
        begun = any(c.isdigit() for c in text) and _shape(text) in {
            _shape(r[place]) for r in body.values()
        }
        if place in out.places.values() and (begun or not body):
            body[number] = row
            continue
        what = "a note below the table" if number > last else "a heading among the rows"
        if fold(text).startswith(_NOTES):
            out.finding("repaired", "a note under the rows left out", row=number)
            continue
        said = f"only one cell of the row is filled: {what}? left out"
        out.finding("warning", said, row=number)


def _shape(value: object) -> str:
    """Return a reference with its letters and digits alike: R-001 and R-092 have one shape."""
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"[0-9]+", "9", str(value)))


def _merged(out: Tidied) -> None:
    body = out.body
    names = {place: name for name, place in out.places.items()}
    for (top, left), (bottom, right) in out.grid.merged:
        rows = [n for n in range(top + 1, bottom + 2) if n in body]
        if left not in names or len(rows) < 2 or top + 1 not in body:
            continue
        name = names[left]
        if left != right or out.schema.columns[name].kind in NUMBERS:
            found = f"one cell merged over rows {rows[0]} to {rows[-1]}"
            todo = "unmerge it and write the value of each row"
            out.problem(found, "a value in each row", todo, row=top + 1, column=name)
            continue
        for number in rows[1:]:
            body[number][left] = body[top + 1][left]
            out.mend([number], "merged cell read for each of its rows", name)


# Columns


def _columns(
    out: Tidied, aliases: Aliases, within: Span | None, spans: Mapping[int, Span]
) -> pd.DataFrame:
    schema, body = out.schema, out.body
    columns = {}
    index = pd.Index(list(body), dtype="int64")
    for name, col in schema.columns.items():
        kind = schema.columns[name].kind
        values: list[Any] = [None] * len(body)
        if name in out.places:
            context = Context(
                aliases=aliases,
                within=within,
                timed=schema.name == "incidents",
                weeks="weeks" in out.grid.options,
                optional=not col.required,
                unit=col.unit,
                date1904=out.grid.date1904,
                decimal_comma=out.grid.decimal_comma,
                scope=name,
                table=str(schema.name),
                allowed=col.allowed,
            )
            values = _column(out, name, kind, context, spans)
        columns[name] = pd.Series(values, index=index, dtype=KINDS[kind].dtype)
    return pd.DataFrame(columns, index=index)


def _column(
    out: Tidied, name: str, kind: str, context: Context, spans: Mapping[int, Span]
) -> list[Any]:
    place = out.places[name]
    spans = spans if kind in ("date", "month") else {}
    seen: dict[tuple[type, Any, Span | None], Any] = {}
    values: list[Any] = []
    unread: list[int] = []
    for number, row in out.body.items():
        cell = row[place]
        if name == "rag" and is_blank(cell) and out.grid.fill is not None:
            cell = _filled(out, number, place)
        span = spans.get(number)
        key = (type(cell), cell, span)
        if key not in seen:
            near = replace(context, within=span) if span else context
            try:
                seen[key] = read_cell(cell, kind, near)
            except Unreadable as error:
                seen[key] = error
        result = seen[key]
        if kind == "time" and isinstance(result, Unreadable):  # no claim rests on it
            unread.append(number)
            result = None, ""
        if isinstance(result, Unreadable):
            found = describe(cell, kind, KINDS[kind].quotable)
            out.problem(found, result.expected, result.todo, row=number, column=name)
            values.append(None)
            continue
        value, note = result
        if note:
            out.mend([number], note, name)
        values.append(value)
    if unread:
        text = f"{len(unread)} time(s) of day not read, first here: taken for not known"
        out.finding("warning", text, row=unread[0], column=name)
    if kind == "date":
        _half_swapped(out, name)
        _exchanged(out, name, pd.Series(values, index=[*out.body], dtype="datetime64[us]"))
    if kind == "month":
        _turn_of_year(out, name, values)
    return values


def _turn_of_year(out: Tidied, name: str, values: Sequence[Any]) -> None:
    """Refuse January after December in one year, of a series without years that begins later."""
    series = [p for n, p in out.places.items() if n in ("area_code", "measure")]
    begun: dict[tuple[str, ...], Any] = {}
    before: dict[tuple[str, ...], Any] = {}
    for (number, row), value in zip(out.body.items(), values, strict=True):
        if value is None or any(map(str.isdigit, str(row[out.places[name]]))):
            continue
        of = tuple(str(row[p]) for p in series)
        last = before.get(of, value)
        if last.month == 12 and value.month == 1 < begun[of].month and last.year == value.year:
            found = f"January after December in one year, {value.year}"
            todo = "write it beside each month; of a financial year name it as in 2023/24"
            return out.problem(found, "months with their year", todo, row=number, column=name)
        begun.setdefault(of, value)
        before[of] = value


def _filled(out: Tidied, number: int, place: int) -> str | None:
    word = out.grid.fill(number - 1, place) if out.grid.fill else None
    if word == "unclear":
        text = "fill colour is no clear rating: left empty"
        out.finding("warning", text, row=number, column="rag")
    elif word:
        out.mend([number], "fill colour of the cell read as a word", "rag")
    return word if word != "unclear" else None


def _half_swapped(out: Tidied, name: str) -> None:
    """Refuse what an American Excel makes of British dates.

    It turns 5/4/2021 into a date cell of May 4 and leaves 25/4/2021 as text: no date cell then
    has a day above 12, and no text has one of 12 or below.
    """
    place = out.places[name]
    cells = {n: r[place] for n, r in out.body.items() if not is_blank(r[place])}
    dates = [c for c in cells.values() if hasattr(c, "day")]
    texts = {n: str(c).strip() for n, c in cells.items() if isinstance(c, str)}
    days = [t.split("/")[0] for t in texts.values() if t.count("/") == 2]
    if len(dates) < 3 or not days or not all(d.isdigit() and int(d) > 12 for d in days):
        return
    if all(c.day <= 12 for c in dates):
        found = "text dates with days above 12 beside date cells with none"
        todo = "day and month of the date cells were probably exchanged when the file was opened: "
        todo += "write year-month-day"
        out.problem(found, "all dates of one kind", todo, row=next(iter(texts)), column=name)


def _exchanged(out: Tidied, name: str, days: pd.Series) -> None:
    """Ask about days that lie among those of the rows around with day and month exchanged alone."""
    days = days.dropna().dt.normalize()
    if len(days) < 12 or name != out.schema.event:
        return
    number = (days - days.min()).dt.days
    near = number.rolling(11, center=True, min_periods=6).median()
    other = days.map(lambda d: d.replace(day=d.month, month=d.day) if d.day < 13 else d)
    away, turned = (number - near).abs(), ((other - days.min()).dt.days - near).abs()
    odd = (away > 60) & (turned < 31) & (days.dt.day > 1) & (away.median() < 31)
    text = "far from the days around; among them with day and month exchanged: which is right?"
    out.ask(days.index[odd], name, text)
