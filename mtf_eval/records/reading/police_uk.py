"""Street-level records as downloaded from data.police.uk, counted by month, area and crime type.

Takes a folder or a zip of any size and never holds it: each monthly file streams past once, read
by Arrow, and only its counts are kept, with small numbers in place of the texts. No row is dropped
for looking like another one, since separate incidents snapped to one point look alike; anti-social
behaviour without an ID counts; rows without an area count under the area code `""`. What
looks wrong with the months (missing, incomplete, recoded areas, renamed districts) is reported,
never repaired.

Not here: reading our own tables (`load`), or anything about single incidents.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.dataset import Finding
from mtf_eval.records.reading.police_months import Counts, map_areas, noticed, summed
from mtf_eval.records.reading.zips import DAMAGED, open_zip, shown, unpacked

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["HEADER", "aggregate", "points"]

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
_POINT = {"Month": "month", "Longitude": "lon", "Latitude": "lat", "Crime type": "measure"}
_AREA = "LSOA code"
_NAME = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<force>.+)-street\.csv$")
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


@dataclass(frozen=True, slots=True)
class _Member:
    """One monthly file, on disk or inside a zip."""

    label: str
    size: int
    open: Callable[[], Any]

    @property
    def name(self) -> tuple[str, str] | None:
        found = _NAME.search(self.label)
        return (found["month"], found["force"]) if found else None


def aggregate(
    path: str | Path, *, lookup: str | Path | None = None
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Count street-level records by month, area and crime type.

    Parameters
    ----------
    path
        A folder (searched at every depth) or a zip with monthly folders
        `YYYY-MM/YYYY-MM-force-street.csv`; zips inside the folder are read too.
    lookup
        CSV of area codes with columns `LSOA11CD` and `LSOA21CD` (the ONS exact-fit look-up).
        Areas that were split are counted together under the older code, areas that were merged
        under the newer one. Without it recoded areas are only warned of. A file named
        `lsoa_lookup.csv` beside the records is used when none is named.

    Returns
    -------
    tuple
        Frame with `month` (first of month), `area_code` (`""`: no area given), `source` (the
        force), `measure` (crime type as published) and `count`, sorted, the texts categorical so
        that a row takes some twenty bytes; and what was noticed while reading.

    Raises
    ------
    DataProblems
        No monthly file; a month of one force twice; another header; a broken zip member.
    """
    where = Path(path)
    counts, findings = _read(where, _KEYS)
    findings += noticed(counts)
    if found := lookup or _beside(where):
        findings += map_areas(counts, Path(found))
    return _summed(counts, {"area": "area_code", "force": "source"}), tuple(findings)


def points(path: str | Path, areas: Iterable[str]) -> pd.DataFrame:
    """Count the published, anonymised map points of some areas.

    Parameters
    ----------
    path
        As for `aggregate`.
    areas
        Area codes to keep.

    Returns
    -------
    pandas.DataFrame
        `month`, `lon`, `lat` (degrees), `measure`, `count`. Points are snapped by the publisher
        to a place on or near a street: no distance may be computed from them.
    """
    counts, _ = _read(Path(path), _POINT, within=areas)
    frame = _summed(counts, {"lon": "lon", "lat": "lat"})
    placed = frame[(frame["lon"] != "") & (frame["lat"] != "")].reset_index(drop=True)
    return placed.astype({"lon": str, "lat": str}).astype({"lon": float, "lat": float})


def _summed(counts: Counts, names: dict[str, str]) -> pd.DataFrame:
    """Sum the counts over files and forces; the keys become columns, texts as categories."""
    import numpy as np
    import pandas as pd

    codes, n = counts.sums(*names, "measure")
    months = np.array(counts.words["month"].to_pylist(), "datetime64[s]")
    columns: dict[str, Any] = {"month": months[codes.pop("month")]}
    for key, name in (names | {"measure": "measure"}).items():
        columns[name] = pd.Categorical.from_codes(codes.pop(key), counts.words[key].to_pylist())
    columns["count"] = pd.arrays.IntegerArray(n, np.zeros(len(n), bool))
    return pd.DataFrame(columns, copy=False)


def _beside(where: Path) -> Path | None:
    folder = where if where.is_dir() else where.parent
    candidate = folder / "lsoa_lookup.csv"
    return candidate if candidate.is_file() else None


def _members(where: Path, opened: ExitStack) -> tuple[list[_Member], list[Finding]]:
    """Monthly files under a path, by name, and what was passed over."""
    files = sorted(p for p in where.rglob("*") if p.is_file()) if where.is_dir() else [where]
    found: list[_Member] = []
    for file in files:
        if file.suffix.lower() == ".zip":
            archive = opened.enter_context(open_zip(file))
            found += [
                _Member(shown(i.filename), i.file_size, partial(unpacked, archive, i))
                for i in sorted(archive.infolist(), key=lambda i: i.filename)
            ]
        else:
            label = str(file.relative_to(where)) if where.is_dir() else file.name
            found.append(_Member(shown(label), file.stat().st_size, partial(file.open, mode="rb")))
    notes = []
    if passed := sum(m.label.endswith(_OTHER_KINDS) for m in found):
        text = f"{passed} files of outcomes or stop and search were passed over"
        notes.append(Finding(kind="note", table="incidents", text=text))
    return [m for m in found if m.label.endswith("-street.csv")], notes


def _read(
    where: Path, keys: Mapping[str, str], within: Iterable[str] | None = None
) -> tuple[Counts, list[Finding]]:
    """Count every monthly file by some columns; all problems in one error."""
    if not where.exists():
        missing = Problem(
            file=where.name, found="nothing there", expected="a folder or zip from data.police.uk"
        )
        raise DataProblems([missing])
    areas = None if within is None else set(within)
    with ExitStack() as opened:
        members, findings = _members(where, opened)
        problems = [*_repeated(members), *_too_large(where, members)]
        if not members:
            problems.append(
                Problem(
                    file=where.name,
                    found="no file whose name ends in -street.csv",
                    expected="the layout of data.police.uk, YYYY-MM/YYYY-MM-force-street.csv",
                )
            )
        if problems:
            raise DataProblems(problems)
        with ThreadPoolExecutor(READERS) as pool:
            done = pool.map(lambda m: _read_one(where, m, keys, areas), members)
            counts = Counts(("label", *keys.values()), _good(done, problems))
    if problems:
        raise DataProblems(problems)
    _check_rows(counts)
    return counts, findings


def _good(done: Iterable[pa.Table | Problem], problems: list[Problem]) -> Iterator[pa.Table]:
    """Pass on what was counted; what went wrong is put with the problems."""
    for part in done:
        if isinstance(part, Problem):
            problems.append(part)
        else:
            yield part


def _read_one(
    where: Path, member: _Member, keys: Mapping[str, str], areas: set[str] | None
) -> pa.Table | Problem:
    import pyarrow as pa
    from pyarrow import csv as arrow

    columns = [*keys] if areas is None else [*keys, _AREA]

    def wrong(found: str, row: int | None = None) -> Problem:
        return Problem(
            file=member.label,
            row=row,
            found=found,
            expected=",".join(HEADER),
            todo="Download the file again",
        )

    try:
        with member.open() as handle:
            first = handle.readline(MAX_FIRST_LINE)
            if len(first) == MAX_FIRST_LINE:
                return wrong(f"a first line of more than {MAX_FIRST_LINE:,} characters", 1)
            header = _header(first)
            if missing := [c for c in columns if c not in header]:
                return wrong(f"a header without {', '.join(missing)}", 1)
            text = pa.dictionary(pa.int32(), pa.string())
            options = {
                "read_options": arrow.ReadOptions(
                    column_names=header, block_size=BLOCK, use_threads=False
                ),
                "convert_options": arrow.ConvertOptions(
                    include_columns=columns, column_types=dict.fromkeys(columns, text)
                ),
            }
            start = handle.read(WHOLE)
            if len(start) < WHOLE:
                blocks: Iterable[pa.Table] = [arrow.read_csv(pa.py_buffer(start), **options)]
            else:
                read = arrow.open_csv(_Rest(start, handle), **options)
                blocks = (pa.Table.from_batches([block]) for block in read)
            counted = [_count(block, keys, areas) for block in blocks]
            del blocks
            # Else each thread keeps what it parsed into, and more with every file.
            pa.default_memory_pool().release_unused()
            return _part(member.label, keys, counted)
    except DAMAGED:
        return _broken(where.name, member.label)
    except pa.ArrowInvalid as error:
        said = str(error)
        if "Empty CSV" in said:  # a header and no row: a month with nothing recorded
            return _part(member.label, keys, [])
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


def _header(line: bytes) -> list[str]:
    return next(csv.reader([line.decode("utf-8-sig", errors="replace")]), [])


def _broken(file: str, member: str = "") -> Problem:
    return Problem(
        file=file,
        sheet=member,
        found="a damaged zip" if not member else "a member that cannot be read",
        expected="a whole zip from data.police.uk",
        todo="Download it again",
    )


def _repeated(members: Iterable[_Member]) -> list[Problem]:
    """Months of one force that are there twice: counting both would double them."""
    seen: dict[tuple[str, str], str] = {}
    problems = []
    for member in members:
        name = member.name
        if name is None:
            continue
        if name in seen:
            problems.append(
                Problem(
                    file=member.label,
                    found=f"{name[0]} of {name[1]} a second time (also in {seen[name]})",
                    expected="each month of a force once",
                    todo="Remove one of the two",
                )
            )
        seen.setdefault(name, member.label)
    return problems


def _too_large(where: Path, members: list[_Member]) -> list[Problem]:
    def refused(file: str, size: int, limit: int) -> Problem:
        found, expected = f"{size / 2**20:,.0f} MB when unpacked", f"at most {limit / 2**20:,.0f}"
        todo = "Take it out, or download fewer months or forces at a time"
        return Problem(file=file, found=found, expected=f"{expected} MB", todo=todo)

    total = sum(m.size for m in members)
    every = [refused(m.label, m.size, MAX_MONTH) for m in members if m.size > MAX_MONTH]
    return every or ([refused(where.name, total, MAX_ALL)] if total > MAX_ALL else [])


def _count(block: pa.Table, keys: Iterable[str], areas: set[str] | None) -> pa.Table:
    """Return how often each combination of texts stands in a block, or the sums of its `n`.

    The texts are dictionaries, and are compared by their places in them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if areas is not None:
        within = pc.is_in(block[_AREA].cast(pa.string()), pa.array(areas, pa.string()))
        block = block.filter(within)
    whole = block.unify_dictionaries().combine_chunks()
    texts = {key: whole[key].chunk(0) for key in keys}
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


def _part(label: str, keys: Mapping[str, str], tables: list[pa.Table]) -> pa.Table:
    """Return the counts of one file, its texts as dictionaries."""
    import pyarrow as pa

    if not tables:
        nothing = pa.array([], pa.string()).dictionary_encode()
        empty = dict.fromkeys(("label", *keys.values()), nothing)
        return pa.table(empty | {"n": pa.array([], pa.int64())})
    table = tables[0] if len(tables) == 1 else _count(pa.concat_tables(tables), keys, None)
    columns = {"label": pa.repeat(label, len(table)).dictionary_encode()}
    columns |= {name: table[key] for key, name in keys.items()}
    return pa.table(columns | {"n": table["n"]})


def _check_rows(counts: Counts) -> None:
    """Refuse rows without a month or a crime type; the month is checked once a distinct value."""
    bad = [m for m in counts.words["month"].to_pylist() if not _MONTH.fullmatch(m)]
    if not bad and "" not in counts.words["measure"].to_pylist():
        return
    rows = counts.by("label", "month", "measure")
    wrong = rows[rows["month"].isin(bad) | (rows["measure"] == "")]
    raise DataProblems(
        Problem(
            file=label,
            found=f"{n:,} rows without a month or a crime type",
            expected="Month as YYYY-MM and a crime type in every row",
        )
        for label, n in wrong.groupby("label", observed=True)["n"].sum().items()
    )
