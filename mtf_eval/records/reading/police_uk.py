"""Street-level records as downloaded from data.police.uk, counted by month, area and crime type.

Takes a folder or a zip of any size and never holds it: each monthly file streams past once, read by
Arrow, and only its counts are kept, with small numbers in place of the texts. Rows that are equal
in every column, a Crime ID among them, are one incident; without an ID (anti-social behaviour) none
is dropped for looking like another, since separate incidents snapped to one point look alike. Rows
without an area count under the area code `""`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow

from mtf_eval.errors import DataProblems, Problem, refused
from mtf_eval.records.dataset import Finding
from mtf_eval.records.reading.police_months import (
    MISFILED,
    Counts,
    Member,
    named_areas,
    noticed,
    once,
    summed,
)
from mtf_eval.records.reading.zips import DAMAGED, STREET, open_zip, shown, unpacked

HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_KEYS = {
    "Month": "month",
    "LSOA code": "area",
    "LSOA name": "name",
    "Falls within": "force",
    "Crime type": "measure",
}
_ID = "Crime ID"
_OTHER_KINDS = ("-outcomes.csv", "-stop-and-search.csv")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
READERS = 2  # files read at a time
WHOLE = 32 << 20  # a file smaller than this is read in one go, a larger one block by block
BLOCK = 1 << 18  # bytes parsed at a time, and so the longest row
#: Bytes of one monthly file: ten times the largest that any force has published.
MAX_MONTH = 256 << 20
#: Bytes of all of them: three years of every force unfold to some 12 GB.
MAX_ALL = 64 << 30
MAX_FIRST_LINE = 4096


def aggregate(*paths: str | Path) -> tuple[pd.DataFrame, tuple[Finding, ...], dict[str, str]]:
    """Count street-level records of one or more downloads by month, area and crime type.

    Returns `month` (its first day), `area_code` (`""`: none given), `source` (the force), `measure`
    and `count`, sorted, the texts categorical so that a row takes some twenty bytes; what was
    noticed; and the names of areas. Raises `DataProblems` for no monthly file, a month of one force
    twice with other counts, another header, a broken member.
    """
    counts, findings = _read([*map(Path, paths)])
    findings += noticed(counts)
    return _summed(counts), tuple(findings), named_areas(counts)


def _summed(counts: Counts) -> pd.DataFrame:
    """Sum the counts over files; the keys become columns, texts as categories."""
    names = {"area": "area_code", "force": "source", "measure": "measure"}
    codes, n = counts.sums(*names)
    months = np.array(counts.words["month"].to_pylist(), "datetime64[s]")
    columns: dict[str, Any] = {"month": months[codes.pop("month")]}
    for key, name in names.items():
        columns[name] = pd.Categorical.from_codes(codes.pop(key), counts.words[key].to_pylist())
    columns["count"] = pd.arrays.IntegerArray(n, np.zeros(len(n), bool))
    return pd.DataFrame(columns, copy=False)


def _members(where: Path, opened: ExitStack) -> tuple[list[Member], list[Finding]]:
    """Monthly files under a path, by name, and what was passed over."""
    files = sorted(p for p in where.rglob("*") if p.is_file()) if where.is_dir() else [where]
    found: list[Member] = []
    for file in files:
        if file.suffix.lower() == ".zip":
            archive = opened.enter_context(open_zip(file))
            found += [
                Member(file.name, shown(i.filename), i.file_size, partial(unpacked, archive, i))
                for i in sorted(archive.infolist(), key=lambda i: i.filename)
            ]
        else:
            label = file.relative_to(where).as_posix() if where.is_dir() else file.name
            size, opens = file.stat().st_size, partial(file.open, mode="rb")
            found.append(Member(where.name, shown(label), size, opens))
    notes = []
    if passed := sum(m.label.endswith(_OTHER_KINDS) for m in found):
        text = f"{passed} files of outcomes or stop and search were passed over"
        notes.append(Finding(kind="note", table="incidents", text=text))
    return [m for m in found if STREET.search(m.label)], notes


def _read(places: Iterable[Path]) -> tuple[Counts, list[Finding]]:
    """Count every monthly file; all problems in one error."""
    again: list[tuple[str, int, int]] = []
    problems: list[Problem] = []
    members: list[Member] = []
    findings: list[Finding] = []
    with ExitStack() as opened:
        for where in places:
            if not where.exists():
                raise refused(where.name, "nothing there", "a folder or zip from data.police.uk")
            here, notes = _members(where, opened)
            if not here:
                none, todo = "no file whose name ends in -street.csv", "unpack a zip of tables"
                layout = "the layout of data.police.uk, YYYY-MM/YYYY-MM-force-street.csv"
                problems.append(Problem(file=where.name, found=none, expected=layout, todo=todo))
            members, findings = members + here, findings + notes
        if problems := problems or _too_large(members):
            raise DataProblems(problems)
        # A file named by its month only adds to what others hold.
        members.sort(key=lambda member: member.name is not None)
        with ThreadPoolExecutor(READERS) as pool:
            names = {m.name for m in members}
            read = partial(_read_one, names=names, again=again)
            parts = once(members, pool.map(read, members), read, problems, findings)
            counts = Counts(("label", *_KEYS.values()), parts)
    if problems:
        raise DataProblems(problems)
    _check_rows(counts)
    return counts, findings + _repeats({*again})


def _repeats(again: Iterable[tuple[str, int, int]]) -> list[Finding]:
    """Say which Crime IDs stand in several rows of one month."""
    said = (
        ("repaired", "rows that repeat another to the letter under one Crime ID: counted once"),
        ("warning", "rows share a Crime ID with another row of the month that differs: all count"),
    )
    found = []
    for place, (kind, text) in enumerate(said, 1):
        of = sorted((str(a[0]), int(a[place])) for a in again if a[place])
        if of:
            where = f"{of[0][0]}{f' and {len(of) - 1} more files' if len(of) > 1 else ''}"
            text = f"{where}: {sum(n for _, n in of):,} {text}"
            found.append(Finding(kind=kind, table="incidents", text=text))
    return found


def _read_one(
    member: Member, names: set[tuple[str, str] | None], again: list[tuple[str, int, int]]
) -> pa.Table | Problem:
    """Count one file; add to `again` its name, equal and unequal rows with a Crime ID repeated."""

    def wrong(found: str, row: int | None = None) -> Problem:
        whole, todo = ",".join(HEADER), "Download the file again"
        return Problem(file=member.label, row=row, found=found, expected=whole, todo=todo)

    try:
        with member.open() as handle:
            first = handle.readline(MAX_FIRST_LINE)
            if len(first) == MAX_FIRST_LINE:
                return wrong(f"a first line of more than {MAX_FIRST_LINE:,} characters", 1)
            header = next(csv.reader([first.decode("utf-8-sig", errors="replace")]), [])
            if missing := [c for c in _KEYS if c not in header]:
                return wrong(f"a header without {', '.join(missing)}", 1)
            text = pa.dictionary(pa.int32(), pa.string())
            types = dict.fromkeys(_KEYS, text) | {_ID: pa.string()}
            options = {
                "read_options": arrow.ReadOptions(
                    column_names=header, block_size=BLOCK, use_threads=False
                ),
                "convert_options": arrow.ConvertOptions(
                    include_columns=[*_KEYS, *({_ID} & {*header})], column_types=types
                ),
            }
            start = handle.read(WHOLE)
            if len(start) < WHOLE:
                blocks: Iterable[pa.Table] = [arrow.read_csv(pa.py_buffer(start), **options)]
            else:
                read = arrow.open_csv(_Rest(start, handle), **options)
                blocks = (pa.Table.from_batches([block]) for block in read)
            counted, marks = _tallied(blocks, marked=_ID in header)
            del blocks
            # Else each thread keeps what it parsed into, and more with every file.
            pa.default_memory_pool().release_unused()
        if len(repeated := _more_than_once(marks)):
            rows = _rows_of(member, header, repeated)
            twice = rows.duplicated()
            unequal = int(rows[~twice].duplicated(_ID).sum())
            again.append((member.label, int(twice.sum()), unequal))
            taken = {k: pa.array(rows.loc[twice, k].fillna(""), pa.string()) for k in _KEYS}
            columns = {k: each.dictionary_encode() for k, each in taken.items()}
            counted.append(pa.table(columns | {"n": pa.array([-1] * twice.sum(), pa.int64())}))
        return _part(member, counted, names)
    except DAMAGED:
        found, whole = "a member that cannot be read", "a whole zip from data.police.uk"
        lost = partial(Problem, file=member.of, sheet=member.label, todo="Download it again")
        return lost(found=found, expected=whole)
    except pa.ArrowInvalid as error:
        said = str(error)
        if "Empty CSV" in said:  # a header and no row: a month with nothing recorded
            return _part(member, [], names)
        line = re.search(r"[Rr]ow #(\d+)", said)
        if "straddling" in said:
            return wrong(f"a row of more than {BLOCK:,} characters")
        if "UTF8" in said:
            return wrong("text that is not UTF-8")
        return wrong("a row of another length", int(line[1]) + 1 if line else None)


class _Rest(io.RawIOBase):
    """A file of which the start has been read already."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = io.BytesIO(start), rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._start.read(size) or self._rest.read(size)


def _too_large(members: list[Member]) -> list[Problem]:
    todo = "Take it out, or download fewer months or forces at a time"
    total, unit = sum(m.size for m in members), 2**20
    large = [(m.label, m.size, MAX_MONTH) for m in members if m.size > MAX_MONTH]
    large = large or [(m.of, total, MAX_ALL) for m in members[:1] if total > MAX_ALL]
    said = [(f, f"{n / unit:,.0f} MB when unpacked", f"{m / unit:,.0f} MB") for f, n, m in large]
    return [Problem(file=f, found=n, expected=f"at most {m}", todo=todo) for f, n, m in said]


def _tallied(blocks: Iterable[pa.Table], *, marked: bool) -> tuple[list[pa.Table], list[Any]]:
    """Return the counts of each block and the marks of its Crime IDs, where it has them."""
    counted: list[pa.Table] = []
    marks: list[Any] = []
    for block in blocks:
        counted.append(_count(block))
        marks += map(_marks, block[_ID].chunks) if marked else []
    return counted, marks


def _marks(ids: pa.Array) -> Any:
    """Return the last eight bytes of each Crime ID as a number; 0 where there is none."""
    _, ends, data = ids.buffers()
    ends = np.frombuffer(ends, "int32")[ids.offset : ids.offset + len(ids) + 1]
    sizes, marks = np.diff(ends), np.zeros(len(ids), "uint64")
    if len(whole := np.flatnonzero(sizes >= 8)):
        every = np.ndarray((data.size - 7,), "uint64", data, strides=(1,))
        marks[whole] = every[ends[whole + 1] - 8]
    for size in np.unique(sizes[(sizes > 0) & (sizes < 8)]):
        told, cells = np.flatnonzero(sizes == size), np.frombuffer(data, "uint8")
        last = np.zeros((len(told), 8), "uint8")
        last[:, 8 - size :] = cells[ends[told + 1][:, None] + np.arange(-size, 0)]
        marks[told] = last.view("uint64").ravel()
    return marks


def _more_than_once(marks: list[Any]) -> Any:
    """Return the marks of more than one row; few of them are of Crime IDs that repeat."""
    every = np.sort(np.concatenate([np.zeros(1, "uint64"), *marks]))
    return np.unique(every[1:][(every[1:] == every[:-1]) & (every[1:] > 0)])


def _rows_of(member: Member, header: list[str], marks: Any) -> pd.DataFrame:
    """Return the whole rows of some Crime IDs; few files hold any."""
    with member.open() as handle:
        handle.readline(MAX_FIRST_LINE)
        read = arrow.open_csv(
            _Rest(b"", handle),
            read_options=arrow.ReadOptions(
                column_names=header, block_size=BLOCK, use_threads=False
            ),
            convert_options=arrow.ConvertOptions(column_types=dict.fromkeys(header, "string")),
        )
        blocks = [b.filter(pa.array(np.isin(_marks(b.column(_ID)), marks))) for b in read]
    rows: pd.DataFrame = pa.Table.from_batches(blocks).to_pandas()
    return rows


def _count(block: pa.Table) -> pa.Table:
    """Return how often each combination of texts stands in a block, or the sums of its `n`.

    The texts are dictionaries, and are compared by their places in them.
    """
    kept = [*_KEYS, *({"n"} & {*block.column_names})]
    whole = block.select(kept).unify_dictionaries().combine_chunks()
    texts = {key: whole[key].chunk(0) for key in _KEYS}
    codes, n = summed(
        [column.indices.to_numpy() for column in texts.values()],
        [len(column.dictionary) for column in texts.values()],
        whole["n"].to_numpy() if "n" in whole.column_names else None,
    )
    columns = {
        key: pa.DictionaryArray.from_arrays(places, column.dictionary)
        for places, (key, column) in zip(codes, texts.items(), strict=True)
    }
    return pa.table(columns | {"n": n})


def _part(member: Member, tables: list[pa.Table], names: set[tuple[str, str] | None]) -> pa.Table:
    """Return the counts of one file, its texts as dictionaries."""
    if not tables:
        nothing = pa.array([], pa.string()).dictionary_encode()
        empty = dict.fromkeys(("label", *_KEYS.values()), nothing)
        return pa.table(empty | {"n": pa.array([], pa.int64())})
    table = tables[0] if len(tables) == 1 else _count(pa.concat_tables(tables))
    columns = {"label": pa.repeat(member.label, len(table)).dictionary_encode()}
    columns |= {name: table[key] for key, name in _KEYS.items()}
    columns["force"] = _filed(member, columns["month"], columns["force"], names)
    return pa.table(columns | {"n": table["n"]})


def _filed(
    member: Member, months: pa.Array, force: pa.Array, names: set[tuple[str, str] | None]
) -> pa.Array:
    """Return whose the rows are; those of a month without a file do not make it one on record."""
    if member.name is None or {*months.unique().to_pylist()} <= {member.name[0]}:
        return force
    slug = member.name[1]
    whose = [
        f if (m, slug) in names else f"{f}{MISFILED}"
        for m, f in zip(months.to_pylist(), force.to_pylist(), strict=True)
    ]
    return pa.chunked_array([pa.array(whose, pa.string()).dictionary_encode()])


def _check_rows(counts: Counts) -> None:
    """Refuse rows without a month or a crime type; the month is checked once a distinct value."""
    bad = [m for m in counts.words["month"].to_pylist() if not _MONTH.fullmatch(m)]
    if not bad and "" not in counts.words["measure"].to_pylist():
        return
    rows = counts.by("label", "month", "measure")
    wrong = rows[rows["month"].isin(bad) | (rows["measure"] == "")]
    found = "rows without a month or a crime type"
    every = "Month as YYYY-MM and a crime type in every row"
    todo = "Download the file again; where Excel saved it, it may have changed the months"
    raise DataProblems(
        Problem(label, f"{n:,} {found}", every, todo)
        for label, n in wrong.groupby("label", observed=True)["n"].sum().items()
    )
