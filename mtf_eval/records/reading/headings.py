"""Headings: which row holds them, which column each names, and what the rows above say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from mtf_eval.errors import Problem
from mtf_eval.records.aliases import Aliases, fold, packaged, plain
from mtf_eval.records.dataset import UNREAD, Finding
from mtf_eval.records.prices.unit_costs import CURRENCY, NOT_POUNDS
from mtf_eval.records.reading.cells import Context, is_blank, is_mark, read_cell
from mtf_eval.records.reading.days import Span, Unreadable, span_of
from mtf_eval.records.reading.grids import Grid, Tidied
from mtf_eval.records.tables import OUT, TABLES, Schema

#: Rows above the headings that may be titles; more than this and the sheet is something else.
TITLE_ROWS = 40
_TOTALS = ("total", "totals", "grand total", "overall total", "sub total", "subtotal")
#: `Q1 total`, `Total for April`: of a time, as a measure may be called "Total crime".
_PART = re.compile(
    r"(?=.*\b(?:sub ?)?totals?\b)(?:.*[0-9]|.*\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    r"|week|month|quarter|half|year|ytd|running))"
)
#: Headings of years beside days or months.
YEARS = ("year", "calendar year", "financial year", "fiscal year", "fy", "yr")
_DAYS = {"month", "date"}
#: What stands in brackets after a heading and changes nothing of it: a form, a unit, a hint.
_HINT = re.compile(
    r" ?[(\[](?:[dmy]{1,4}[/. -][dmy]{1,4}(?:[/. -][dmy]{1,4})?|[a-z](?: ?/ ?[a-z])+|£|gbp|hrs"
    r"|hours|date|required|optional|(?:please |select|tick|choose|if |where |e\.?g\.?|all that )"
    r"[^)\]]*)[)\]]$",
    flags=re.IGNORECASE,
)

#: Headings that say where in another way.
_WHERE = {
    *("latitude", "longitude", "lat", "lon", "long", "lng"),
    *("easting", "northing", "eastings", "northings"),
}

#: Words that name a column only as the whole of a heading.
_VAGUE = {
    *("date", "type", "total", "status", "action"),
    *("source", "category", "area", "number", "text"),
}


def named_over(rows: Sequence[Sequence[Any]], top: int) -> list[Any]:
    """Return the headings of a row; those that stand in it twice with the words above them."""
    row = list(rows[top]) if top < len(rows) else []
    texts = [fold(c) if isinstance(c, str) else "" for c in row]
    twice = {t for t in texts if t and texts.count(t) > 1}
    above = rows[top - 1] if top and twice else ()
    group = ""
    for place, cell in enumerate(row):
        over = above[place] if place < len(above) else None
        group = over if isinstance(over, str) and not is_blank(over) else group
        if texts[place] in twice and group:
            row[place] = f"{plain(group)} {plain(cell)}"
    return row


def column_named(cell: object, schema: Schema, aliases: Aliases) -> str | None:
    """Return the column a heading names, `None` where it is not known."""
    if not isinstance(cell, str) or is_blank(cell):
        return None
    text = plain(cell)
    known = {fold(name): name for name in schema.columns}
    for way in dict.fromkeys((text, _HINT.sub("", text))):
        if fold(way) in known:
            return str(known[fold(way)])
        for scope in (f"heading {schema.name}", "heading"):
            name: str | None = aliases.find(scope, way)
            if name is not None and name in schema.columns:
                return name
    return None


def heading_row(grid: Grid, aliases: Aliases) -> tuple[int, dict[str, int]] | None:
    """Find the row of headings and the place of each known column: the row that names most.

    A heading may stand in two rows, `Date` above `received`.
    """
    schema, best = grid.schema, None
    rows = [grid.heading] if grid.heading is not None else range(min(len(grid.rows), TITLE_ROWS))
    for number in rows:
        row = grid.rows[number] if number < len(grid.rows) else ()
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            if name := column_named(cell, schema, aliases):
                places.setdefault(name, place)
        if places and number and grid.rows[number - 1]:
            _two_rows(grid.rows[number - 1], row, places, schema, aliases)
        enough = 1 if grid.heading is not None else 2
        if len(places) >= enough and (best is None or len(places) > len(best[1])):
            best = (number, places)
    return best


def _two_rows(
    above: Sequence[Any],
    row: Sequence[Any],
    places: dict[str, int],
    schema: Schema,
    aliases: Aliases,
) -> None:
    """Add the columns that only the row above, or both rows together, name."""
    group = ""
    for place in range(max(len(above), len(row))):
        over = above[place] if place < len(above) else None
        cell = row[place] if place < len(row) else None
        group = str(over) if isinstance(over, str) and not is_blank(over) else group
        if place in places.values():
            continue
        text = f"{group} {cell}" if isinstance(cell, str) and not is_blank(cell) else over
        if name := column_named(text, schema, aliases):
            places.setdefault(name, place)


def like(name: str, rows: Sequence[Sequence[Any]]) -> str:
    """Return the table of which a sheet or file has every column needed, three or more; or none."""
    for table, schema in TABLES.items():
        head = heading_row(Grid(table=table, file="", rows=rows), packaged())
        there = {*head[1]} if head else set()
        named = fold(name).startswith(fold(table)) and len(there) > 1
        if named or (len(there) > 2 and _whole(schema, there)):
            return table
    return ""


def though_like(unread: Finding, table: str) -> Finding:
    """Warn of what is not read that it is like a table."""
    text = f"{unread.text.removesuffix(', not read')}, though it has the headings of {table}: "
    text += "give it that name, or a row in the table aliases; not read"
    return replace(unread, kind="warning", text=text)


def _whole(schema: Schema, there: Iterable[str]) -> bool:
    """Whether these are all columns that a row of the table needs."""
    either = {*schema.either}
    return {*schema.required} <= {*there} and (not either or bool(either & {*there}))


def passed_over(asides: Iterable[Grid], read: Tidied, aliases: Aliases) -> Problem | None:
    """Refuse rows of sheets that are not read where their table is, and has no such rows.

    A copy of what is read loses nothing.
    """
    new = {grid.sheet or grid.file: (grid, _rows_beside(grid, read, aliases)) for grid in asides}
    found = {name: of for name, of in new.items() if of[1]}
    if not found:
        return None
    (grid, rows), *_ = found.values()
    name = f"scope sheet): {grid.table}, to read all rows below the others (take out first those "
    name += f"that stand in both), or {OUT}"
    todo = f"name {'it' if len(found) == 1 else 'each'} in the table aliases ({name}"
    many = sum(len(rows) for _, rows in found.values())
    also = f", then in {', '.join([*found][1:])}" if len(found) > 1 else ""
    text = f"{many} row(s), first here{also}, with the headings of {grid.table}, which are not read"
    return grid.problem(text, f"all rows of {grid.table} read", todo, row=rows[0])


def _rows_beside(aside: Grid, read: Tidied, aliases: Aliases) -> list[int]:
    """Return the rows of a sheet that a table has not, by their number in the sheet."""
    if not (head := heading_row(aside, aliases)):
        return []
    top, places = head
    both = [name for name in places if name in read.places]
    if not _whole(read.schema, both):
        return []

    def cells(row: Sequence[Any], of: Mapping[str, int]) -> dict[str, str]:
        found = {n: row[of[n]] for n in both if of[n] < len(row)}
        return {n: fold(str(cell)) for n, cell in found.items() if not is_blank(cell)}

    there = {tuple(cells(row, read.places).items()) for row in read.body.values()}
    return [
        number
        for number, row in enumerate(aside.rows[top + 1 :], start=top + 2)
        if _whole(read.schema, own := cells(row, places)) and not says_total(row)
        if tuple(own.items()) not in there
    ]


def says_total(cells: Iterable[Any]) -> bool:
    """Whether a row says by its words that it adds up others."""
    said = [fold(c) for c in cells if isinstance(c, str) and any(map(str.isalpha, c))]
    return any(s in _TOTALS for s in said) or (len(said) == 1 and bool(_PART.match(said[0])))


def likest(heading: str, names: Iterable[str]) -> tuple[float, str]:
    """Return how like a heading is to the likest of some names, from 0 to 1, and that name."""
    text = fold(_HINT.sub("", plain(heading)))
    words = set(text.split())

    def like(name: str) -> float:
        other = fold(name)
        named = set(other.split())
        shared = len(words & named) / max(1, len(words | named))
        within = 0.75 if named <= words and not named <= _VAGUE and len(words) < 8 else 0.0
        return max(SequenceMatcher(None, text, other).ratio(), shared, within)

    return max(((round(like(name), 3), name) for name in names), default=(0.0, ""))


def span_above(grid: Grid, top: int, otherwise: Span | None) -> Span | None:
    """Return the days that the name of the sheet or CSV file and the titles above speak of."""
    texts = [c for row in grid.rows[:top] for c in row if isinstance(c, str) and not is_blank(c)]
    name = grid.sheet or (grid.file.removesuffix(".csv") if grid.file.endswith(".csv") else "")
    name = "" if grid.origin else name  # of several sheets each row has its own
    spans = {s for s in map(span_of, [name, *texts]) if s}
    narrow = min(spans, key=lambda s: s.last - s.first, default=None)
    if narrow is None:
        return otherwise
    middle = narrow.first + (narrow.last - narrow.first) / 2
    return narrow if all(s.first <= middle <= s.last for s in spans) else None


def tell_headings(out: Tidied, aliases: Aliases) -> None:
    """Say what was read under another name, what is not read, and what is missing."""
    schema, top, places = out.schema, out.top, out.places
    header = out.grid.rows[top]
    if above := sum(not all(map(is_blank, row)) for row in out.grid.rows[:top]):
        out.finding("repaired", f"{above} title row(s) above the headings left out", row=1)
    unread, renamed = list[str](), list[str]()
    years = year_beside(out.grid.rows[top:], out.places)
    beside = _second_table(out, aliases)
    for place, cell in enumerate(header[:beside]):
        name = column_named(cell, schema, aliases)
        _in_pounds(out, place, aliases)
        if name and places[name] != place:
            out.problem(
                "the same column twice", "each column once", "keep one", row=top + 1, column=name
            )
        elif name and cell != name and fold(str(cell)) != fold(name):
            own = "" if cell in schema.columns else f" ({' '.join(str(cell)[:40].split())})"
            renamed.append(f"{name}{own}")
        elif place == years:
            text = f"its years read with the {' or '.join(_DAYS & set(places))}"
            out.finding("repaired", text, row=top + 1, column=str(cell))
        elif not name and not is_blank(cell) and place not in places.values():
            unread.append(" ".join(str(cell)[:40].split()))
            out.finding("warning", UNREAD, row=top + 1, column=unread[-1])
    if renamed:
        text = f"heading{'s' * (len(renamed) > 1)} read as {', '.join(renamed)}"
        out.finding("repaired", text, row=top + 1)
    bare = [p for p, cell in enumerate(header) if is_blank(cell) and p not in places.values()]
    unnamed = {
        p
        for row in out.grid.rows[top + 1 :]
        for p in (*bare, *range(len(header), len(row)))
        if p < len(row) and not is_blank(row[p])
    }
    if unnamed:
        text = f"{len(unnamed)} column(s) without a heading, not read"
        out.finding("warning", text, row=top + 1)
    for name in (n for n in schema.required if n not in places):
        found, todo = missing(name, schema, aliases, unread)
        out.problem(found, schema.columns[name].holds(), todo, row=top + 1, column=name)
    if schema.name in ("incidents", "incident_points") and "count" not in places:
        if (named := _counts(out)) is None:
            out.finding("note", "no column count: each row counted as one", row=top + 1)
        else:
            heading, odd_row = named
            among = f" (beside other text, first in row {odd_row})" if odd_row else ""
            found = f"numbers that are not read{among}, and no column count"
            todo = "call it count if it holds counts; leave it out if each row is one incident"
            out.problem(found, "the number of incidents", todo, row=top + 1, column=heading)
    either = schema.either
    if either and not set(either) & set(places):
        found, todo = missing(either[-1], schema, aliases, unread)
        out.problem(found, f"one of the columns {', '.join(either)}", todo, row=top + 1)


def _second_table(out: Tidied, aliases: Aliases) -> int | None:
    """Refuse headings given again after a column of nothing; return the place of that column."""
    header = out.grid.rows[out.top]
    for gap in (
        p for p, cell in enumerate(header) if p > min(out.places.values()) and is_blank(cell)
    ):
        named = [column_named(cell, out.schema, aliases) for cell in header[gap:]]
        again = [n for n in named if n and out.places[n] < gap]
        if again and all(is_blank(row[gap]) for row in out.grid.rows[out.top :] if gap < len(row)):
            first = next(str(cell) for cell in header[gap:] if not is_blank(cell))
            found = "a second table beside the first, which begins here"
            todo = f"put it under the first where it is of {out.schema.name}, "
            todo += "else on a sheet of its own"
            out.problem(found, "one table", todo, row=out.top + 1, column=first)
            return gap
    return None


def year_beside(rows: Sequence[Sequence[Any]], places: Mapping[str, int]) -> int | None:
    """Return the place of a column that holds the year of days or months written without one.

    A financial year that is written as one year alone says of no month in which it lies.
    """
    for place, cell in enumerate(rows[0]):
        if isinstance(cell, str) and fold(cell) in YEARS and _DAYS & set(places):
            below = [row[place] for row in rows[1:] if place < len(row)]
            bare = any(re.fullmatch(r"[0-9]{4}(\.0)?", str(year).strip()) for year in below)
            unclear = bare and fold(cell) not in ("year", "calendar year", "yr")
            if not unclear and place not in places.values():
                return place
    return None


def years_down(rows: Iterable[Sequence[Any]], years: int | None) -> Iterator[list[Any]]:
    """Yield rows, with a year written once in those under it."""
    year = None
    for row in map(list, rows):
        if years is not None:
            row[years] = year = year if is_blank(row[years]) else row[years]
        yield row


def _counts(out: Tidied) -> tuple[str, int | None] | None:
    """Return a heading that is not read over what may be counts or rates: numbers, by month.

    With the row of the first text among them; half of the cells or more are numbers.
    """
    head, places = out.grid.rows[out.top], out.places
    year = year_beside(out.grid.rows[out.top :], places)
    keys = [places.get(name) for name in ("month", "area_code", "measure")]
    beside = [p for p in (*keys, year) if p is not None]
    rows = [[*row, *[None] * len(head)] for row in out.grid.rows[out.top + 1 :]]
    rows = [row for row in rows if not all(map(is_blank, row)) and row[: len(head)] != [*head]]
    rows = [row for row in years_down(rows, year) if not says_total(row)]
    if None in keys or len({tuple(str(row[p]) for p in beside) for row in rows}) < len(rows):
        return None
    for place in {*range(len(head))} - {*places.values(), year}:
        filled = [row[place] for row in rows if not is_blank(row[place])]
        known = fold(str(head[place] or "")) in {"", *_WHERE} or 2 * len(filled) < len(rows)
        told = [] if known else [cell for cell in filled if not is_mark(cell)]
        values = [_number(cell) for cell in told]
        if 2 * values.count(None) <= len(values) and {*values} - {0, 1, None}:
            texts = {str(c) for c, n in zip(told, values, strict=True) if n is None}
            cells = enumerate((row[place : place + 1] for row in out.grid.rows), 1)
            odd = (n for n, c in cells if n > out.top + 1 and c and str(c[0]) in texts)
            return str(head[place]), next(odd, None)
    return None


def _number(cell: object) -> float | None:
    """Return a number or share, also below a limit or with gaps for thousands, `None` of others."""
    if isinstance(cell, str):
        cell = re.sub(r"^[<>] ?|(?<=[0-9])(?:,| (?=[0-9]{3}\b))", "", plain(cell))
    with suppress(Unreadable, TypeError):
        return float(read_cell(cell, "share", Context(aliases=Aliases()))[0])
    return None


def _in_pounds(out: Tidied, place: int, aliases: Aliases) -> None:
    """Refuse another currency, or thousands, in a table of pounds.

    In the heading of a column that is read, or would be but for that, or in one of currencies.
    """
    top = out.top
    head = str(out.grid.rows[top][place] or "")
    said = head.replace("_", " ")
    if not any(name.endswith("_gbp") for name in out.schema.columns):
        return
    rows = {top + 1: head}
    if fold(head) == "currency":
        cells = enumerate(out.grid.rows[top + 1 :], start=top + 2)
        rows = {n: str(row[place] or "") for n, row in cells if place < len(row)}
    elif place not in out.places.values():
        bare = re.sub(r"[()]", " ", CURRENCY.sub(" ", NOT_POUNDS.sub(" ", said)))
        if column_named(bare, out.schema, aliases) in (None, *out.places):
            return
    if NOT_POUNDS.search(said):
        todo = "write the amounts in full, under a heading without it"
        out.problem("thousands, millions or pence", "pounds", todo, row=top + 1, column=head)
    if wrong := [n for n, text in rows.items() if CURRENCY.search(text)]:
        todo = f"convert the amounts{f' of {len(wrong)} rows' * (len(wrong) > 1)}"
        out.problem("another currency", "pounds", todo, row=wrong[0], column=head)


def across_as(column: str) -> str:
    """Say how a column of counts is declared to be an area or a measure of its own."""
    what, table = (
        ("an area", "area_names") if column == "area_code" else ("a measure", "project_measures")
    )
    return f"if one is {what}, name it in the table {table}"


def missing(name: str, schema: Schema, aliases: Aliases, unread: Sequence[str]) -> tuple[str, str]:
    """Say that a column is missing, which headings are not read, and how to name one as it."""
    units = [h for h in unread if NOT_POUNDS.search(h.replace("_", " ")) or CURRENCY.search(h)]
    if units and name.endswith("_gbp"):
        found = f"no such column; not in pounds: {', '.join(map(repr, units[:4]))}"
        return found, f"write the amounts in full, in pounds, under {name}"
    if not unread:
        return "no such column", "add it"
    where = [h for h in unread if fold(h) in _WHERE]
    if name == "area_code" and where:
        todo = "put the outlines of the areas beside the data as boundaries.geojson "
        todo += "(docs/tables.md says where from), or add the area's code"
        return f"{'/'.join(where)} and no area_code", todo
    if name in ("date", "amount_gbp") and sum(span_of(h) is not None for h in unread) > 1:
        amounts = "give each amount a row of its own, with its day"
        todo = amounts if name == "amount_gbp" else "ask for it by month, a row a month"
        return f"{', '.join(map(repr, unread[:4]))} across", todo
    like = {
        h: likest(h, (name, *aliases.spellings(f"heading {schema.name}", name)))[0] for h in unread
    }
    nearest, *others = sorted(like, key=lambda h: -like[h])
    certain = like[nearest] >= 0.4 and not any(like[nearest] - like[h] < 0.15 for h in others)
    nearest = nearest if certain else "(the heading)"
    shown = ", ".join(f"{h!r}" for h in unread[:12]) + (" ..." if len(unread) > 12 else "")
    twice = [h for h, n in Counter(map(fold, unread)).items() if n > 1]
    shown += f" (more than once, keep one: {', '.join(twice)})" if twice else ""
    todo = f"add it; or, if a heading means it, a row in the table aliases: alias {nearest}, "
    todo += f"name {name}, scope heading {schema.name}"
    if schema.name == "incidents" and name in ("area_code", "measure"):
        todo += f"; of counts in columns: {across_as(name)}, and give each month and "
        todo += f"{'measure' if name == 'area_code' else 'area'} one row"
    if schema.name == "survey_responses" and name in ("question_id", "answer"):
        todo += "; over a column of answers write the question_id or the text of survey_questions"
    return f"no such column; headings of this row not read: {shown}", todo
