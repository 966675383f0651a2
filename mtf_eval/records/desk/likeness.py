"""What a sheet of a tracker is like: its table, and of each heading the column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mtf_eval.records.aliases import Aliases, fold, plain
from mtf_eval.records.reading.cells import Context, is_blank, read_cell
from mtf_eval.records.reading.days import Unreadable
from mtf_eval.records.reading.grids import Grid
from mtf_eval.records.reading.headings import TITLE_ROWS, column_named, likest, named_over
from mtf_eval.records.reading.mapping import OPEN, Line
from mtf_eval.records.reading.sheets import turned
from mtf_eval.records.tables import APART, OUT, TABLES, Schema, table_named

#: Kinds of columns whose cells say whether a heading can mean them.
_DAYS = ("date", "month")
#: Likeness from which a heading is proposed.
LIKE = 0.72
#: Tables that no sheet is taken for unless its name says so.
_FURNITURE = {
    *("about", "aliases", "coverage", "area_boundaries", "area_names"),
    *("incident_hours", "incident_points"),
}


def table_of(grid: Grid, aliases: Aliases) -> tuple[int, str, str, str]:
    """Return the heading row, the table a sheet is likest, a rival as like, and why."""
    best = (0.0, 0, "", "")
    scores: dict[str, float] = {}
    named = table_named(grid.sheet, aliases) if grid.sheet else None
    named = None if named == OUT else named
    words = {w.rstrip("s") for w in fold(grid.sheet).split()}

    def likeness(texts: Sequence[str], table: str) -> tuple[float, str]:
        """Say how like a row of headings is: the share of what the table needs, and its name."""
        columns = TABLES[table].columns
        known = {n for c in texts if (n := column_named(c, TABLES[table], aliases))}
        like = (aliases.find(f"like {table}", plain(c)) for c in texts)
        liked = {name for name in like if name and name in columns}
        needed = {*TABLES[table].required}
        if table == "incidents":
            needed |= {"month" if "month" in known else "date"}
            places = {fold(c) for c in texts} & {"latitude", "longitude", "easting", "northing"}
            liked |= {"area_code"} if len(places) >= 2 else set()
        if len(known | liked) < 2:
            return 0.0, ""
        have = len(needed & known) + 0.8 * len((needed & liked) - known)
        score = have / max(1, len(needed)) + 0.04 * len((known | liked) - needed)
        if named == table or words & {w.rstrip("s") for w in table.split("_")}:
            return score + 0.4, f"by its name and {len(known)} of its headings"
        return score, f"by {len(known)} of its headings"

    for top in range(min(len(grid.rows), TITLE_ROWS)):
        texts = [c for c in named_over(grid.rows, top) if isinstance(c, str) and not is_blank(c)]
        for table in TABLES if len(texts) > 1 else ():
            if table in _FURNITURE and table != named:
                continue
            score, why = likeness(texts, table)
            scores[table] = max(score, scores.get(table, 0.0))
            if score > best[0]:
                best = (score, top, table, why)
    for table in ("incidents", "monthly_referrals"):
        down = turned(asked := replace(grid, table=table), aliases)
        if down is asked:
            continue
        texts = [c for c in down.rows[0] if isinstance(c, str) and not is_blank(c)]
        score, why = likeness(texts, table)
        if score >= best[0]:
            best = (score, (down.origin[0][2] or 1) - 1, table, f"{why}, months across")
    score, top, table, why = best
    if score < 0.5:
        return 0, "", "", ""
    rivals = [t for t, s in scores.items() if t != table and score - s < 0.05]
    return top, table, rivals[0] if rivals else "", why


def _read_as(cells: Iterable[Any], kind: str) -> int:
    """Count the days and months among cells that are to hold some; else what is filled."""
    read = 0
    for cell in cells:
        with suppress(Unreadable):
            value = read_cell(cell, kind, Context(aliases=Aliases())) if kind in _DAYS else (cell,)
            read += not is_blank(value[0])
    return read


def headings_of(
    grid: Grid, schema: Schema, aliases: Aliases, top: int, names: Mapping[str, Mapping[str, str]]
) -> tuple[list[Line], int]:
    """Propose what each heading means: known, like a column (asked), or left out.

    Months, areas, measures and questions that stand across, `names` those that other sheets know,
    are no columns, and get no line.
    """
    named = enumerate(named_over(grid.rows, top))
    header = [(place, plain(str(cell))) for place, cell in named if not is_blank(cell)]
    called: dict[str, dict[str, int]] = {}
    for place, text in header:
        if name := column_named(text, schema, aliases):
            cells = [row[place] for row in grid.rows[top + 1 :] if place < len(row)]
            read = _read_as(cells, schema.columns[name].kind)
            called.setdefault(name, {}).setdefault(text, read)
    taken = {name: max(texts, key=texts.__getitem__) for name, texts in called.items()}
    known = sum(len(texts) == 1 for texts in called.values())
    free = [n for n in schema.columns if n not in taken and n not in APART]
    proposals: dict[str, tuple[float, str]] = {}
    for _, text in header:
        if text in taken.values():
            continue
        name = aliases.find(f"like {schema.name}", text)
        if name in free:
            proposals[text] = (1.0, str(name))
            continue
        scopes = (f"heading {schema.name}", f"like {schema.name}")
        ways = {w: n for n in free for s in scopes for w in (n, *aliases.spellings(s, n))}
        score, way = likest(text, ways)
        if score >= LIKE:
            proposals[text] = (score, ways[way])
    lines = []
    for _, text in sorted(header, key=lambda h: -proposals.get(h[1], (0.0, ""))[0]):
        score, name = proposals.get(text, (0.0, ""))
        line = Line(what="heading", sheet=grid.sheet, written=text, means=OUT)
        if text in taken.values():
            name = next(n for n, t in taken.items() if t == text)
            line = replace(line, means=name)
            if others := [repr(way) for way in called.get(name, ()) if way != text]:
                both = f"{', '.join(others)} and {text!r} are both the column {name}"
                line = replace(line, answer=OPEN, why=f"{both}: is it {text!r}?")
            lines.append(line)
        elif name and name not in taken:
            taken[name] = text
            why = f"is {text!r} the column {name} of {schema.name}?"
            lines.append(replace(line, means=name, answer=OPEN, why=why))
        elif fold(text) in ("latitude", "longitude", "easting", "northing", "lat", "lon", "long"):
            means = {"lat": "latitude", "lon": "longitude", "long": "longitude"}
            word = means.get(fold(text), fold(text))
            lines.append(replace(line, means=word if "area_code" not in taken else OUT))
        else:
            name = column_named(text, schema, aliases)
            why = f"{name} is {taken[name]!r}" if name in taken else "no column is like it"
            lines.append(replace(line, why=why))
    means = {line.written: line.means for line in lines if line.means != OUT}
    rows = [*grid.rows]
    rows[top] = [means.get(plain(str(c)), c) for c in named_over(grid.rows, top)]
    asked = replace(grid, table=schema.name, rows=rows, heading=top)
    if (down := turned(asked, aliases, names)) is not asked:
        kept = {plain(str(c)) for c in down.rows[0]}
        lines = [line for line in lines if line.means != OUT or line.written in kept]
    order = {text: p for p, text in header}
    return sorted(lines, key=lambda line: order[line.written]), known
