"""From a folder, a workbook, one mapped file or a database to grids of cells."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtf_eval.errors import BadArgument, DataProblems, Problem, refused
from mtf_eval.records.aliases import Aliases, fold, packaged
from mtf_eval.records.dataset import Finding, Source
from mtf_eval.records.home import file_digest
from mtf_eval.records.reading.grids import (
    LOOKUP,
    OUTLINES,
    Grid,
    Tidied,
    path_of,
    plans_of,
    read_csv,
)
from mtf_eval.records.reading.zips import STREET

if TYPE_CHECKING:
    import pandas as pd

#: Files of a folder that are read, or noted as not read.
_TEXTS = (".csv", ".tsv", ".tab")
_READ = (*_TEXTS, ".geojson", ".ods", ".txt", ".xls", ".xlsb", ".xlsm", ".xlsx", ".zip")
#: A table of counts by ward with a column a month, to try estimators on; what names its areas.
ENDS, _AREA = ".csv.gz", ("ward", "area_code", "lsoa_code", "msoa_code")

#: Name, place, grids, what was noticed, and where each table came from.
Opened = tuple[str, Path, list[Grid], list[Finding], Mapping[str, Source]]


def files_of(place: Path) -> list[Path]:
    """Return every file that decides what a place holds: its own, and those beside it."""
    from mtf_eval.records.reading.redrawn import own_look_up

    if not place.is_dir():
        names = (path_of(place), place.with_name(OUTLINES), place.with_name(LOOKUP))
        beside = [own_look_up(place), plans_of(place)]
        beside += names if place.suffix.lower() != ".zip" else ()
        return [place, *(p for p in beside if p and p.is_file())]
    files = [p for p in place.iterdir() if p.is_file() and p.suffix.lower() in _READ]
    below = [p for a in _archives(place) if a.is_dir() for p in a.rglob("*") if p.is_file()]
    return [*files, *below, *(p for p in _astray(place) if p.parent != place)]


def from_files(place: Path) -> Opened:
    """Open a folder, a workbook, street records, counts by ward or a CSV file with its mapping.

    Returns name, place, grids, what was noticed, and where each table came from.
    """
    name = slug(place.stem)
    if place.is_dir():
        return name, place, *_from_folder(place)
    grids, findings, sources = _from_file(place)
    if (beside := plans_of(place)).is_file():
        grids.append(read_csv(beside, "plans"))
        sources["plans"] = _source("plans", beside)
    return name, place, grids, findings, sources


def from_database(address: str) -> Opened:
    """Open a database; returns what `from_files` does."""
    from mtf_eval.records.reading.database import read_database

    name, grids, sources = read_database(address)
    return slug(name), Path(name), grids, [], sources


def _source(table: str, path: Path, rows: int = 0) -> Source:
    return Source(table=table, file=path.name, sha256=file_digest(path), rows=rows)


def _from_file(place: Path) -> tuple[list[Grid], list[Finding], dict[str, Source]]:
    from mtf_eval.records.reading.mapping import mapping_of

    kind = place.suffix.lower()
    if kind in (".xlsx", ".xlsm"):
        from mtf_eval.records.reading.workbook import read_workbook

        mapped = mapping_of(place)
        grids, findings, sources = read_workbook(place, learnt, mapped)
        grids = [mapped.applied(g) for g in grids] if mapped else grids
        outlines = place.with_name(OUTLINES)
        if outlines.is_file() and "area_boundaries" not in sources:
            grid, sources["area_boundaries"] = _outlines(outlines)
            grids.append(grid)
        return grids, findings, sources
    if kind == ".zip":
        grid, source = _street_records(place)
        return [grid], [], {"incidents": source}
    if place.name.lower().endswith(ENDS):
        frame = read_area_counts(place)
        grid = Grid(table="incidents", file=place.name, rows=(), frame=frame)
        return [grid], [], {"incidents": _source("incidents", place, len(frame))}
    expected = "a folder of CSV files, an .xlsx workbook or the address of a database"
    if kind not in _TEXTS:
        raise refused(place.name, "a file of another kind", expected, "save it as one of these")
    if (mapped := mapping_of(place)) is None:
        todo = "give the folder it is in, the file named after its table, as in referrals.csv"
        raise refused(place.name, "one CSV file", expected, f"{todo}; or mtf-eval adopt")
    table = mapped.table("") or "referrals"
    return [mapped.applied(read_csv(place, table))], [], {table: _source(table, place)}


def _from_folder(place: Path) -> tuple[list[Grid], list[Finding], dict[str, Source]]:
    from mtf_eval.records.reading.redrawn import LOOK_UP
    from mtf_eval.records.tables import OUT, table_named, tables_named

    grids: list[Grid] = []
    findings: list[Finding] = []
    loose = _astray(place)
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    files = sorted(p for p in place.iterdir() if p.is_file() and not p.name.startswith((".", "~")))
    aliases = packaged()
    for path in (p for p in files if p.name.lower() == "aliases.csv"):
        aliases = learnt(read_csv(path, "aliases"))
    stems = {path: path.stem for path in files if path.suffix.lower() in _TEXTS}
    by_stem = tables_named(stems.values(), aliases)
    named = {p: table_named(p.name, aliases) or by_stem.get(p.stem) for p in stems}
    read = [p for p, table in named.items() if table not in (None, OUT)]
    for path in (p for p in read if p.suffix.lower() != ".csv"):
        if any(other != path and fold(other.stem) == fold(path.stem) for other in read):
            found, expected = f"a second file of {path.stem}", "one"
            todo = "keep one of them, or put all rows into one"
            problems.append(Problem(file=path.name, found=found, expected=expected, todo=todo))
    whole = {named[p] for p in read if table_named(p.stem, aliases)}
    saved = {fold(p.stem) for p in read}
    for path in files:
        table = named.get(path)
        if table in (None, OUT):
            if table == OUT:
                text = "left out, as aliases says"
                findings.append(Finding(kind="note", table="", text=text, file=path.name))
            elif path.suffix.lower() in _READ[:-1] and path.name not in (OUTLINES, LOOKUP, LOOK_UP):
                text = "no table of the schema, not read"
                unread = Finding(kind="note", table="", text=text, file=path.name)
                if path in loose:
                    continue
                other = tables_named([path.stem], aliases).get(path.stem)
                book = path not in stems and path.suffix.lower() != ".geojson"
                book = book and other not in (None, OUT, *whole) and fold(path.stem) not in saved
                if book and (path.suffix.lower() != ".txt" or _like(path)):
                    found, expected = f"{other} in another kind of file", f"{other}.csv"
                    todo = "save it as CSV, or give one workbook in place of the folder"
                    problems.append(Problem(path.name, found, expected, todo))
                    continue
                if path in stems:
                    from mtf_eval.records.reading.headings import though_like

                    unread = though_like(unread, of) if (of := _like(path)) else unread
                    if of in {named[p] for p in read}:
                        with suppress(DataProblems):
                            grids.append(replace(read_csv(path, of), aside=True))
                findings.append(unread)
            continue
        try:
            grids.append(read_csv(path, table))
        except DataProblems as error:
            problems += error.problems
            continue
        source = _source(table, path)
        if one := sources.get(table):
            both = hashlib.sha256(f"{one.sha256}{source.sha256}".encode()).hexdigest()
            source = replace(source, file=f"{one.file}, {path.name}", sha256=both)
        sources[table] = source
    if loose:
        text = f"{len(loose)} file(s) of data.police.uk: put them into a folder police_uk; not read"
        file = loose[0].relative_to(place).as_posix()
        findings.append(Finding(kind="warning", table="", text=text, file=file))
    archives = _archives(place)
    if archives and "incidents" in sources:
        found, expected = "a second source of incidents", "one source"
        file, todo = archives[0].name, "keep one of them"
        problems.append(Problem(file=file, found=found, expected=expected, todo=todo))
    elif archives:
        try:
            grid, sources["incidents"] = _street_records(*archives)
            grids.append(grid)
        except DataProblems as error:
            problems += error.problems
    if (outlines := place / OUTLINES).is_file():
        try:
            grid, sources["area_boundaries"] = _outlines(outlines)
            grids.append(grid)
        except DataProblems as error:
            problems += error.problems
    if problems:
        raise DataProblems(problems)
    return grids, findings, sources


def _like(path: Path) -> str:
    """Return the table a text file is like; none of one that cannot be read."""
    from mtf_eval.records.reading.headings import TITLE_ROWS, like

    with suppress(DataProblems):
        return like(path.name, read_csv(path, "incidents", head=True).rows[:TITLE_ROWS])
    return ""


def learnt(grid: Grid) -> Aliases:
    """Return the package's aliases with those of a data set added."""
    from mtf_eval.records.reading.tidy import tidy

    return extended(packaged(), tidy(grid, aliases=packaged()))


def _archives(place: Path) -> list[Path]:
    """Return what is in the folder as downloaded from data.police.uk."""
    zips = sorted(p for p in place.glob("*.zip") if not p.name.startswith((".", "~")))
    return [*([place / "police_uk"] if (place / "police_uk").is_dir() else []), *zips]


def _astray(place: Path) -> list[Path]:
    """Return the street files of data.police.uk that lie in the folder, but not in `police_uk`."""
    found = sorted(p for p in place.rglob("20[0-9][0-9]-[0-9][0-9]-*.*") if STREET.search(p.name))
    return [p for p in found if "police_uk" not in p.relative_to(place).parts]


def _street_records(*archives: Path) -> tuple[Grid, Source]:
    from mtf_eval.records.reading.police_uk import aggregate

    frame, findings, names = aggregate(*archives)
    whole, name = hashlib.sha256(), ", ".join(a.name for a in archives)
    for file in (f for a in archives for f in (sorted(a.rglob("*")) if a.is_dir() else [a])):
        if file.is_file():
            whole.update(bytes.fromhex(file_digest(file)))
    named = tuple(replace(f, file=f.file or name) for f in findings)
    grid = Grid(table="incidents", file=name, rows=(), frame=frame, findings=named, names=names)
    source = Source(table="incidents", file=name, sha256=whole.hexdigest(), rows=len(frame))
    return grid, replace(source, by_file=True)


def _outlines(path: Path) -> tuple[Grid, Source]:
    from mtf_eval.records.reading.places import read_boundaries

    frame, names = read_boundaries(path)
    grid = Grid(table="area_boundaries", file=path.name, rows=(), frame=frame, names=names)
    return grid, _source("area_boundaries", path, len(frame))


def read_area_counts(path: Path) -> pd.DataFrame:
    """Return monthly counts as `police_uk.aggregate` does, from a table with a column a month.

    A compressed CSV with a column of area codes, `measure`, and columns named `2021-04`; others are
    left alone. Raises `BadArgument` for a missing column, or a count that is none.
    """
    import pandas as pd

    wide = pd.read_csv(path, dtype={name: str for name in _AREA})
    area = next((name for name in _AREA if name in wide), None)
    months = [c for c in wide if re.fullmatch(r"\d{4}-\d{2}", c)]
    if area is None or "measure" not in wide or not months:
        raise BadArgument(
            f"{path.name}: expected columns ward (or area_code), measure, and one a month named as "
            f"2021-04; it has {', '.join(map(str, wide.columns[:8]))}"
        )
    counts = wide[months].apply(pd.to_numeric, errors="coerce")
    wrong = (counts.isna() & wide[months].notna()) | (counts < 0) | (counts % 1 > 0)
    if wrong.any(axis=None):
        row, month = next((i, m) for m in months for i in counts.index[wrong[m]])
        raise BadArgument(f"{path.name}, row {row + 2}, column {month}: expected a whole number")
    long = counts.set_index([wide[area], wide["measure"]]).stack().dropna()
    frame = long.rename_axis(["area_code", "measure", "month"]).rename("count").reset_index()
    frame["month"] = pd.to_datetime(frame["month"])
    return frame.astype({"count": "int64"}).assign(source="")


def extended(aliases: Aliases, read: Tidied) -> Aliases:
    """Return aliases with those of a table of them added."""
    rows = read.frame.dropna(subset=["alias", "name"])
    scopes = rows["scope"].fillna("agency").str.casefold()
    return aliases.extended(zip(scopes, rows["alias"], rows["name"], strict=True))


def slug(name: str) -> str:
    """Return a name as a data set's folder of reports has it."""
    return re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_") or "data"
