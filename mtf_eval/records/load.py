"""A folder, workbook or database to a checked data set: the only reader of input.

Either everything holds or one error tells every problem; nothing is half loaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from mtf_eval.errors import BadArgument, DataProblems, Problem, refused, typed
from mtf_eval.records import cache
from mtf_eval.records.aliases import Aliases, packaged
from mtf_eval.records.as_of import cut, own_day
from mtf_eval.records.coverage import check, log_noticed, noticed
from mtf_eval.records.dataset import CONTENT, Dataset, Finding, no_day
from mtf_eval.records.home import HOME, REFERENCE
from mtf_eval.records.prices.own import own_folder, own_reference
from mtf_eval.records.reading import sources
from mtf_eval.records.reading.cells import Context, read_cell
from mtf_eval.records.reading.days import Span, Unreadable
from mtf_eval.records.reading.grids import Tidied, need_files
from mtf_eval.records.reading.headings import passed_over
from mtf_eval.records.reading.hours import by_hour
from mtf_eval.records.reading.places import placed
from mtf_eval.records.reading.pricing import hold_prices
from mtf_eval.records.reading.redrawn import area_names, follow, own_look_up
from mtf_eval.records.reading.relations import declared, hold_plans, relate
from mtf_eval.records.reading.sheets import stacked, turned
from mtf_eval.records.reading.sources import Opened, extended
from mtf_eval.records.reading.tidy import tidy
from mtf_eval.records.tables import APART, CORE, KINDS, TABLES, empty


def load(
    path: str | Path, *, as_of: str | date | None = None, reference: str | Path = ""
) -> Dataset:
    """Read and check a data set.

    See `mtf.load`. A path that is not absolute is looked for in the working folder, in the one
    above, and in the checkout.
    """
    limit = _day(as_of) if as_of else None
    where = str(path)
    if re.match(r"[a-z0-9+]+://", where):
        data = _checked(sources.from_database(where), own_folder(where, reference))
    else:
        place = _found(Path(path))
        data = _kept(place, own_folder(place, reference))
    if as_of is None:
        return data
    limit = limit or own_day(data)
    if limit is None:
        raise no_day(data.name)
    return cut(data, limit)


def _day(as_of: str | date) -> date:
    try:
        return date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise BadArgument(f"as_of={as_of!r}: expected a date such as 2021-12-31") from None


# Where it is


def _kept(place: Path, own: Path | None) -> Dataset:
    """Return the data set as it was kept when nothing has changed, else read it."""
    need_files(place)
    key = _key(place, own)
    data = cache.fetch(key) if key else None
    if data is not None:
        data = replace(data, name=sources.slug(place.stem), path=place, own_prices=own)
    else:
        data = _checked(sources.from_files(place), own)
        if not key or key != _key(place, own):  # it was saved while it was read
            return data
        cache.keep(key, data)
    data.memo[CONTENT] = f"{key} {data.name}"
    return data


def _key(place: Path, own: Path | None) -> str:
    """Return the key of what a place holds; empty when its reader will refuse it for its size."""
    files = sources.files_of(place)
    if any(p.stat().st_size > cache.MAX_BYTES for p in files if p.suffix.lower() != ".zip"):
        return ""
    prices = [p for f in (own, REFERENCE) if f for p in f.iterdir() if p.is_file()]
    return cache.key_of(files, place if place.is_dir() else place.parent, prices)


def hold(path: str) -> None:
    """Keep a folder or workbook that was read before in memory, as it is now.

    For a process that forks others: what they `load` is then there. Content decides, as it does for
    what is kept on disk, so they never see an older state.
    """
    place = _found(Path(path))
    if key := _key(place, own_folder(place)):
        cache.hold(key)


def _found(path: Path) -> Path:
    for base in (Path.cwd(), Path.cwd().parent, HOME):
        if (base / path).exists():
            return (base / path).resolve()
    raise refused(
        path.name, "nothing there", "a folder of CSV files or a workbook", "check the path"
    )


# Checking


def _checked(opened: Opened, own: Path | None) -> Dataset:
    name, path, opened_grids, findings, sources = opened
    grids = [g for g in opened_grids if not g.aside]
    # Incidents alone are enough to plan with, and to validate the estimators on.
    main = (*CORE, "plans") if path.suffix.lower() in (".xlsx", ".xlsm") else (*CORE, "incidents")
    if not {g.table for g in grids} & {*main}:
        there = [f.sheet or f.file for f in findings if f.sheet or f.file]
        found = "none of the main tables" + (f"; there is {', '.join(there[:30])}" if there else "")
        todo = f"let `mtf-eval adopt {typed(path.name)}` say which sheet is which, rename them, "
        todo += "or name them in the table aliases (alias, name, scope sheet)"
        if path.is_dir() and (books := [t for t in there if t.endswith((".xlsx", ".xlsm"))]):
            todo = f"give the workbook itself, as in {typed(f'{path.name}/{books[0]}')}"
        raise refused(path.name, found, f"one of {', '.join(main)}", todo)
    aliases, about, read = packaged(), {}, {}
    for first in ("aliases", "about"):
        for grid in [g for g in grids if g.table == first]:
            read[first] = tidy(grid, aliases=aliases)
    if "aliases" in read:
        aliases = extended(aliases, read["aliases"])
    if "about" in read:
        rows = read["about"].frame.dropna()
        about = dict(sorted(zip(rows["key"].str.casefold(), rows["value"], strict=True)))
    year, as_at = (_fact(about, key, read.get("about")) for key in ("year", "as_at"))
    within = year and Span(date(year, 1, 1), date(year, 12, 31), f"{year}, the year in about")
    if as_at is not None:
        about["as_at"] = as_at.isoformat()
    reference = own_reference(own)
    stray: list[Problem] = []
    order = sorted((g.table for g in grids), key=lambda t: t in ("incidents", "survey_responses"))
    for table in (t for t in dict.fromkeys(order) if t not in read):
        across = declared(read, [r["crime_type"] for r in reference.tables["crime_types"]])
        parts = [turned(g, aliases, across) for g in grids if g.table == table]
        if table == "incidents":
            outlines = read["area_boundaries"].frame if "area_boundaries" in read else None
            folder = path if path.is_dir() else path.parent
            parts = [placed(g, aliases, outlines, folder) for g in parts]
        grid, wrong = stacked(parts, aliases) if len(parts) > 1 else (parts[0], [])
        stray += wrong
        read[table] = tidy(grid, aliases=aliases, within=within)
    asides = [g for g in opened_grids if g.aside]
    for table in dict.fromkeys(g.table for g in asides if g.table in read):
        lost = passed_over([g for g in asides if g.table == table], read[table], aliases)
        stray += [lost] if lost else []
    hold_plans(read)
    names = area_names(read, own_look_up(path))
    redrawn, followed = follow(read, own_look_up(path))
    relate(read, aliases=aliases, as_at=as_at, year=year, redrawn=redrawn)
    hold_prices(read, reference)
    if "coverage" in read:
        by_file = any(s.by_file for s in sources.values())
        frames = {n: t.frame for n, t in read.items()}
        check(frames, by_file=by_file, problem=read["coverage"].problem)
    if problems := [*stray, *(p for t in read.values() for p in t.problems)]:
        raise DataProblems(problems, _unread(findings, read))
    tables = {
        n: _settled(n, read[n].frame if n in read else empty(schema))
        for n, schema in TABLES.items()
    }
    tables["area_names"] = names
    if "incidents" in read and "incident_hours" not in read:
        tables["incident_hours"] = by_hour(read["incidents"])
    known = tuple(
        replace(
            sources[n],
            rows=len(read[n].frame),
            as_at=_latest(tables[n], as_at),
            content=_digest({n: tables[n]}, ()),
        )
        for n in TABLES
        if n in sources
    )
    data = Dataset(
        name=name, path=path, tables=tables, sources=known, about=about, redrawn=redrawn,
        own_prices=own,
    )  # fmt: skip
    of = partial(Finding, table="reference")
    unused = (
        of(kind="warning" if p.row else "note", text=f"{p.found}; {p.expected}",
           file=p.file, sheet=p.sheet, row=p.row)
        for p in reference.told
    )  # fmt: skip
    rest = [*findings, *(f for n in TABLES if n in read for f in read[n].findings), *followed]
    data.memo[CONTENT] = repr((known, about, redrawn))
    told = (*noticed(data), *log_noticed(data), *rest, *unused)
    return replace(data, findings=told, digest=_digest(tables, told))


def _unread(findings: list[Finding], read: Mapping[str, Tidied]) -> list[str]:
    """Name the sheets and headings that were not read."""
    sheets = [f.sheet or f.file for f in findings if f.text.endswith("not read") and not f.table]
    told = [f"sheets or files: {', '.join(sheets)}"] if sheets else []
    for tidied in read.values():
        if headings := tidied.unread():
            where = tidied.grid.sheet or tidied.grid.file
            shown = ", ".join(headings[:12]) + (" ..." if len(headings) > 12 else "")
            told.append(f"headings of {where}: {shown}")
    return told


def _fact(about: Mapping[str, str], key: str, tidied: Tidied | None) -> Any:
    """Read a fact of the data set: a year as a number, a day as a date."""
    kind = "whole" if key == "year" else "date"
    if tidied is None or key not in about:
        return None
    value, expected, todo = None, KINDS[kind].expected, "write it, or take the row out"
    try:
        value, _ = read_cell(about[key], kind, Context(aliases=Aliases()))
    except Unreadable as error:
        expected, todo = error.expected, error.todo
    if value is None:
        row = tidied.frame.index[tidied.frame["key"].fillna("").str.casefold() == key][-1]
        tidied.problem(f"{key} that cannot be read", expected, todo, row=row, column="value")
    return value if value is None or kind == "whole" else value.date()


def _settled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as analysis knows it: incidents summed, names and times apart."""
    frame = frame.drop(columns=[c for c in APART if c in frame])
    if name not in ("incidents", "incident_points"):
        return frame.reset_index(drop=True)
    frame = frame.assign(count=frame["count"].fillna(1))
    if name == "incidents":
        days = frame.pop("date")
        frame["month"] = frame["month"].fillna(days.dt.to_period("M").dt.to_timestamp())
    keys = [c for c in frame.columns if c != "count" and frame[c].notna().any()]
    sums = frame.groupby(keys, as_index=False, sort=True, dropna=False)["count"].sum()
    return sums.reindex(columns=frame.columns).astype(frame.dtypes)


def _latest(frame: pd.DataFrame, as_at: date | None) -> date | None:
    for column in ("as_at", "updated"):
        if column in frame and frame[column].notna().any():
            latest: date = frame[column].max().date()
            return latest
    return as_at


def _digest(tables: Mapping[str, pd.DataFrame], findings: tuple[Finding, ...]) -> str:
    """sha256 over the rows of every table, in any order, and what reading them found."""
    whole = hashlib.sha256()
    for name in sorted(tables):
        frame = tables[name]
        whole.update(f"{name}:{len(frame)}:{','.join(frame.columns)}".encode())
        if len(frame):
            rows = np.sort(hash_pandas_object(frame, index=False).to_numpy())
            whole.update(rows.tobytes())
    told = [[f.kind, f.table or f.file, f.text, f.row, f.column] for f in findings]
    whole.update(json.dumps(told).encode())
    return whole.hexdigest()
