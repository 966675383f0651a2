"""Adopting a tracker as it is kept: which sheet is which table, what each heading means.

Looks, proposes and asks; writes the mapping file that `check` and `run` then use. What is known by
name is taken; what is only like something is a question; nothing is read on a guess.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtf_eval.errors import Problem, refused
from mtf_eval.records.aliases import Aliases, fold, packaged, plain
from mtf_eval.records.desk.likeness import headings_of, table_of
from mtf_eval.records.prices.own import own_reference
from mtf_eval.records.reading.cells import describe, is_blank
from mtf_eval.records.reading.grids import LOOKUP, Grid, Tidied, path_of, read_csv
from mtf_eval.records.reading.headings import likest, named_over
from mtf_eval.records.reading.mapping import COLUMNS, EMPTY, OPEN, SHEET, Line, Mapped, pattern
from mtf_eval.records.reading.relations import declared
from mtf_eval.records.reading.sheets import stacked, turned
from mtf_eval.records.reading.sources import learnt
from mtf_eval.records.reading.tidy import tidy
from mtf_eval.records.tables import CORE, OUT, TABLES, Schema, empty, table_named, tables_named

#: Sheets of one workbook; more are no tracker.
MOST_SHEETS = 100
#: Rows that are looked at to see what a sheet is.
LOOKED_AT = 3_000
#: Different cells of one column that are asked about one by one.
_EACH = 6
#: Headings of a reference, though one row alone has it.
_REFERENCE = {"ref", "reference", "id", "ref no", "reference number", "code"}
#: Tables across which months, measures, areas or questions may stand, and those that name them.
_ACROSS = ("incidents", "monthly_referrals", "survey_responses")
_NAMING = ("projects", "project_areas", "project_measures", "survey_questions")
Names = Mapping[str, Mapping[str, str]]
_SHORT = {"y": "accepted", "yes": "accepted", "n": "rejected", "no": "rejected"}


@dataclass(slots=True)
class Adoption:
    """What was seen of a file, and the lines of its mapping."""

    path: Path
    seen: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def questions(self) -> list[int]:
        """Places of the open questions among the lines."""
        return [i for i, line in enumerate(self.lines) if line.answer == OPEN]

    def question(self, place: int) -> str:
        """Return the question of a line, after the name of its sheet."""
        line = self.lines[place]
        return f"{line.sheet}: {line.why}" if line.sheet else line.why


def adopt(path: Path) -> Adoption:
    """Look at every sheet of a workbook, or at one CSV file, and propose a mapping."""
    grids, aliases = _sheets(path)
    out = Adoption(path)
    chosen: list[Grid] = []
    seen = dict.fromkeys([grid.sheet for grid in grids], "")
    kinds: dict[tuple[str, tuple[str, ...]], str] = {}
    by_name = tables_named([grid.sheet for grid in grids], aliases)
    names = declared({}, [row["crime_type"] for row in own_reference(None).tables["crime_types"]])
    like = [(g, table_of(replace(g, rows=g.rows[:LOOKED_AT]), aliases)) for g in grids]
    held = {table for grid, (_, table, _, _) in like if by_name.get(grid.sheet) == table}
    # What stands across these is named in the others.
    for grid, (top, table, rival, why) in sorted(like, key=lambda x: x[1][1] in _ACROSS):
        looked = replace(grid, rows=grid.rows[:LOOKED_AT])
        if not table:
            out.lines.append(Line(what="sheet", sheet=grid.sheet, means=OUT, why="like no table"))
            seen[grid.sheet] = f"{grid.sheet or path.name}: like no table, left out"
            continue
        asked = f"it is like {table} and like {rival}: is it {table}?" if rival else ""
        beside = table in held and by_name.get(grid.sheet) != table
        beside = beside and not fold(grid.sheet).startswith(fold(table))
        if beside:
            asked = f"it is like {table}, which another sheet is by its name: leave it out, as a "
            asked += f"copy, a plan or a template? Write {table} where its rows are more of them"
        means = OUT if beside else table
        line = Line(what="sheet", sheet=grid.sheet, written=str(top + 1), means=means)
        out.lines.append(replace(line, answer=OPEN if asked else "", why=asked or why))
        labels = tuple(fold(str(c)) for c in grid.rows[top] if not is_blank(c))
        kind = (pattern(grid.sheet), labels)
        if kind in kinds:
            seen[grid.sheet] = f"{grid.sheet}: {table}, headings as in {kinds[kind]}"
        else:
            kinds[kind] = grid.sheet
            lines, known = headings_of(looked, TABLES[table], aliases, top, names)
            if (path.parent / LOOKUP).is_file():
                for n, line in enumerate(lines):
                    if fold(line.written) in ("postcode", "post code"):
                        lines[n] = replace(line, means="postcode", why="")
            lines = [replace(line, answer="") for line in lines] if beside else lines
            out.lines += lines
            asks = sum(line.answer == OPEN for line in lines)
            left = [line.written for line in lines if line.means == OUT]
            seen[grid.sheet] = (
                f"{grid.sheet or path.name}: {table} ({why}), headings in row {top + 1}: "
                f"{known} known, {asks} asked about, {len(left)} left out"
                + (f" ({', '.join(left[:12])})" if left else "")
            )
        if beside:
            seen[grid.sheet] = (
                f"{grid.sheet}: like {table}, left out unless you say it is more of it"
            )
            continue
        chosen.append(grid)
        if table in _NAMING:
            read = tidy(_answered(out).applied(replace(looked, table=table)), aliases=aliases)
            for column, known_as in declared({table: read}, ()).items():
                names[column] = {**names.get(column, {}), **known_as}
    order = list(seen)
    out.seen = [*seen.values()]
    out.lines.sort(key=lambda line: order.index(line.sheet))
    if not any(g for g in chosen if Mapped("", tuple(out.lines)).table(g.sheet) in CORE):
        found = "no sheet that is like a main table"
        todo = "name the headings in one row, as in docs/tables.md, and adopt it again"
        raise refused(path.name, found, f"one of {', '.join(CORE)}", todo)
    _tried(out, chosen, aliases, names)
    return out


def _open(what: str, why: str, **words: str) -> Line:
    """Return a line that asks."""
    return Line(what=what, answer=OPEN, why=why, **words)  # type: ignore[arg-type]


def _sheets(path: Path) -> tuple[list[Grid], Aliases]:
    if path.suffix.lower() == ".csv":
        return [read_csv(path, "")], packaged()
    from mtf_eval.records.reading.workbook import read_workbook

    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        todo = "save it as one of these"
        raise refused(path.name, "a file of another kind", "a workbook or a CSV file", todo)
    grids, _, _ = read_workbook(path, every=True)
    if len(grids) > MOST_SHEETS:
        todo = "adopt a copy with the sheets that hold records"
        raise refused(path.name, f"{len(grids)} sheets", f"at most {MOST_SHEETS}", todo)
    own = next((g for g in grids if fold(g.sheet) == "aliases"), None)
    aliases = learnt(replace(own, table="aliases")) if own else packaged()
    facts = ("about", "aliases")
    return [g for g in grids if table_named(g.sheet, packaged()) not in facts], aliases


# Trying it


def _tried(out: Adoption, grids: Sequence[Grid], aliases: Aliases, names: Names) -> None:
    """Read what the mapping so far gives, and ask about what cannot be read."""
    mapped = _answered(out)
    kinds: dict[str, list[Grid]] = {}
    for grid in grids:
        kinds.setdefault(mapped.kind(grid), []).append(grid)
    for alike in kinds.values():
        # A second look sees what the first one's answers leave.
        for _ in range(2):
            _tried_once(out, alike, aliases, names)
    mapped = _answered(out)
    tables: dict[str, list[Grid]] = {}
    for grid in grids:
        if table := mapped.table(grid.sheet):
            tables.setdefault(table, []).append(mapped.applied(replace(grid, table=table)))
    for table, parts in tables.items():
        if len(parts) > 1:
            whole, _ = stacked([turned(p, aliases, names) for p in parts], aliases)
            read = tidy(whole, aliases=aliases)
            again = [p for p in read.problems if "of sheet" in p.found]
            if again:
                why = f"{len(again)} {again[0].column}(s) of {table} stand in two sheets with "
                why += "other content: is each one, of which the row of the first sheet holds?"
                holds = {"written": "repeated references", "means": "first row holds"}
                out.lines.append(_open("option", why, **holds))


def _answered(out: Adoption) -> Mapped:
    return Mapped("", tuple(replace(x, answer="") for x in out.lines if x.means))


def _tried_once(out: Adoption, grids: Sequence[Grid], aliases: Aliases, names: Names) -> None:
    mapped = _answered(out)
    table = mapped.table(grids[0].sheet)
    if not table:
        return
    schema = TABLES[table]
    first = grids[0].sheet
    problems: list[tuple[Grid, Problem]] = []
    rows = 0
    read = Tidied(grids[0], empty(schema))
    for grid in grids:
        part = mapped.applied(replace(grid, table=table, rows=grid.rows[:LOOKED_AT]))
        turn = turned(part, aliases, names)
        read = tidy(turn, aliases=aliases)
        rows += len(read.frame)
        problems += [(turn, p) for p in read.problems]
    if any(x.sheet == first and x.means == "postcode" for x in out.lines):
        problems = [(g, p) for g, p in problems if p.column != "area_code"]
    lines = _missing(first, schema, [p for _, p in problems])
    lines = _references(out, grids[0], schema, lines, [p for _, p in problems])
    if "criteria" in read.frame and (n := int(read.frame["criteria"].str.contains(",").sum())):
        why = f"{n} cell(s) of criteria hold a comma: does it part themes?"
        themes = {"written": "commas in criteria", "means": "part themes"}
        lines.append(_open("option", why, sheet=first, **themes))
    lines += _unreadable(first, schema, problems, mapped)
    absent = [p for _, p in problems if p.found.startswith("no such column")]
    unread = [(g, p) for g, p in problems if p.row and p not in absent]
    bad = {(g.sheet, p.row) for g, p in unread if not _solved(p, lines)}
    asked = {x.column for x in lines}
    asked |= {x.means for x in out.lines if x.what == "heading" and x.sheet == first}
    lost = [p for p in absent if p.column not in asked]
    if table not in CORE and rows and (lost or len(bad) * 2 > rows):
        why = f"{len(bad)} of its {rows} rows cannot be read as {table}"
        if lost:
            why = f"it has no column {', '.join(sorted({p.column for p in lost}))}"
        alike = {g.sheet for g in grids}
        out.lines = [x for x in out.lines if x.sheet not in alike]
        for sheet in alike:
            line = Line(what="sheet", sheet=sheet, means=OUT)
            ask = _open("sheet", f"{why}: leave it out for now?", sheet=sheet, means=OUT)
            out.lines.append(ask if sheet == first else line)
        return
    there = {(x.what, x.sheet, x.column, x.written) for x in out.lines}
    out.lines += [x for x in lines if (x.what, x.sheet, x.column, x.written) not in there]


def _solved(problem: Problem, lines: Sequence[Line]) -> bool:
    """Whether a proposed line would settle a problem."""
    return any(
        (x.column == problem.column and x.what in ("value", "constant"))
        or (x.what == "option" and x.written == "weeks" and "not a week" in problem.expected)
        or (x.what == "heading" and x.means == OUT and x.column == problem.column)
        for x in lines
    )


def _missing(sheet: str, schema: Schema, problems: Sequence[Problem]) -> list[Line]:
    """Ask for one value where a column that every row needs is not there."""
    lines = []
    for problem in {p.column: p for p in problems if p.found.startswith("no such column")}.values():
        name = problem.column
        if name not in schema.columns:
            continue
        kind, allowed = schema.columns[name].kind, schema.columns[name].allowed
        guess = {"kind": "cash", "status": "planned", "project_id": SHEET}.get(name, "")
        if name == "counts_people":
            guess = "yes"
        if kind in ("choice", "agency", "measure", "area") or name in ("project_id", "as_at"):
            choice = f" ({', '.join(allowed)})" if allowed else ""
            why = f"{schema.name} needs {name} and no heading is like it: what is it in every row?"
            lines.append(_open("constant", why + choice, sheet=sheet, column=name, means=guess))
    return lines


def _references(
    out: Adoption, grid: Grid, schema: Schema, lines: list[Line], problems: Sequence[Problem]
) -> list[Line]:
    """Ask whether a column left out, in which no cell stands twice, holds the references."""
    key = schema.key
    lost = [p.column for p in problems if p.found.startswith("no such column")]
    if len(key) != 1 or key[0] not in lost:
        return lines
    top = next(int(x.written) - 1 for x in out.lines if x.what == "sheet" and x.sheet == grid.sheet)
    header = named_over(grid.rows, top)
    for number, line in enumerate(out.lines):
        if line.what != "heading" or line.sheet != grid.sheet or line.means != OUT:
            continue
        place = next(p for p, c in enumerate(header) if plain(str(c)) == line.written)
        cells = [row[place] for row in grid.rows[top + 1 :] if place < len(row)]
        filled = [c for c in cells if not is_blank(c)]
        if (len(filled) > 1 or fold(line.written) in _REFERENCE) and len(
            set(map(str, filled))
        ) == len(filled) >= 0.9 * len(cells):
            why = f"does {line.written!r} hold the reference of each row ({key[0]})?"
            out.lines[number] = replace(line, means=key[0], answer=OPEN, why=why)
            return [x for x in lines if x.column != key[0]]
    return lines


def _unreadable(
    sheet: str, schema: Schema, problems: Sequence[tuple[Grid, Problem]], mapped: Mapped
) -> list[Line]:
    """Ask what cells mean that cannot be read: weeks, words off a list, days that are none."""
    lines: list[Line] = []
    cells: dict[str, Counter[str]] = {}
    for grid, problem in problems:
        if problem.row is None or problem.column not in schema.columns:
            continue
        if "not a week" in problem.expected:
            why = "weeks are written for days: read each as its first day?"
            if not any(x.written == "weeks" for x in lines):
                first = {"written": "weeks", "means": "first day"}
                lines.append(_open("option", why, sheet=sheet, **first))
            continue
        text = _cell(grid, problem.row, problem.column)
        kind = schema.columns[problem.column].kind
        # A day's text may be somebody's name: only what a complaint may quote is asked about.
        quoted = kind == "choice" or describe(text, kind, True).startswith(("'", '"'))
        if text and quoted and kind in ("choice", "date", "month"):
            cells.setdefault(problem.column, Counter())[text] += 1
    for name, texts in cells.items():
        col = schema.columns[name]
        named = (x for x in mapped.lines if x.what == "heading" and x.sheet == sheet)
        heading = next((x.written for x in named if x.means == name), "")
        if len(texts) > _EACH and not col.required and heading:
            count = sum(texts.values())
            why = f"{count} cells of {heading!r} are no {col.kind}: leave it out?"
            left = {"column": name, "written": heading, "means": OUT}
            lines.append(_open("heading", why, sheet=sheet, **left))
            continue
        for text, count in list(texts.items())[: 3 * _EACH]:
            guess = "" if col.required else EMPTY
            if col.allowed:
                score, word = likest(text, col.allowed)
                guess = word if score >= 0.6 else guess
                if name == "decision":
                    guess = _SHORT.get(fold(text), guess)
            why = f"{count} cell(s) of {name} hold {text!r}: what does it mean?"
            choice = f" ({', '.join(col.allowed)})" if col.allowed else ""
            means = {"column": name, "written": text, "means": guess}
            lines.append(_open("value", why + choice, sheet=sheet, **means))
    return lines


def _cell(grid: Grid, row: int, column: str) -> str:
    """Return the text of a cell that a problem tells of."""
    numbers = [n for n in range(len(grid.rows)) if grid.place(n + 1)[2] == row]
    header = grid.rows[grid.heading or 0]
    place = next((p for p, c in enumerate(header) if c == column), None)
    for number in numbers:
        if place is not None and place < len(grid.rows[number]):
            value = grid.rows[number][place]
            return plain(value) if isinstance(value, str) else ""
    return ""


# Answers


def answered(out: Adoption, ask: Callable[[str, str], str]) -> Adoption:
    """Take the answer of `ask(question, proposal)` to each; an empty one leaves it open."""
    for place in out.questions:
        line = out.lines[place]
        means = ask(out.question(place), line.means)
        if means:
            out.lines[place] = replace(line, means=means, answer="yes")
    return out


def write(out: Adoption) -> Path:
    """Write the mapping beside the file; one that is there is kept aside."""
    target = path_of(out.path)
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    order = list(dict.fromkeys(line.sheet for line in out.lines))
    for line in sorted(out.lines, key=lambda x: order.index(x.sheet)):
        cells = [str(getattr(line, name)) for name in COLUMNS]
        rows.writerow([f" {c}" if c[:1] in tuple("=+-@") else c for c in cells])  # no formula
    partial = target.with_name(f".{target.name}.part")
    partial.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
    if target.exists():
        target.replace(target.with_name(f"{target.stem}.before.csv"))
    partial.replace(target)
    return target
