"""Street-level records as downloaded from data.police.uk, counted by month, area and crime type.

Takes a folder or a zip of any size and never holds it: each monthly file streams past once, Arrow
counts it, and only the counts are kept. No row is dropped for looking like another
one, since separate incidents snapped to one point look alike; anti-social behaviour without an ID
counts; rows without an area count under the area code `""`. What looks wrong with the months
(missing, incomplete, recoded areas, renamed districts) is reported, never repaired.

Not here: reading our own tables (`load`), or anything about single incidents.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.dataset import Finding
from mtf_eval.records.police_months import Tally, map_areas, noticed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    _Take: TypeAlias = Callable[[pa.Table], pa.Table]

__all__ = ["HEADER", "aggregate", "points"]

HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_KEYS = ("Month", "LSOA code", "LSOA name", "Falls within", "Crime type")
_POINT = ("Month", "Longitude", "Latitude", "LSOA code", "Crime type")
_NAME = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<force>.+)-street\.csv$")
_OTHER_KINDS = ("-outcomes.csv", "-stop-and-search.csv")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
READERS = 2  # files read at a time
WHOLE = 32 << 20  # a file smaller than this is read in one go, a larger one block by block
BLOCK = 1 << 18  # bytes parsed at a time


@dataclass(frozen=True, slots=True)
class _Member:
    """One monthly file, on disk or inside a zip."""

    label: str
    path: Path
    inside: str = ""

    @property
    def name(self) -> tuple[str, str] | None:
        found = _NAME.search(Path(self.label).name)
        return (found["month"], found["force"]) if found else None

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open the file where it is; a member of a zip is unpacked while it is read."""
        if not self.inside:
            with self.path.open("rb") as handle:
                yield handle
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.inside) as handle:
            yield cast("BinaryIO", handle)


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
        Frame with `month` (first of month), `area_code` (`""`: no area given), `measure` (crime
        type as published) and `count`, sorted; and what was noticed while reading.

    Raises
    ------
    DataProblems
        No monthly file; a month of one force twice; another header; a broken zip member.
    """
    where = Path(path)
    tally = Tally("label", "month", "area", "name", "force", "measure")
    findings = _read(where, _KEYS, _count, tally)
    counts = tally.frame()
    _check_rows(counts)
    findings += noticed(counts)
    if found := lookup or _beside(where):
        counts, notes = map_areas(counts, Path(found))
        findings += notes
    return _summed(counts, {"area": "area_code"}), tuple(findings)


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
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(set(areas)), pa.string())

    def inside(block: pa.Table) -> pa.Table:
        return _count(
            block.filter(pc.is_in(block["LSOA code"], value_set=wanted)).drop("LSOA code")
        )

    tally = Tally("label", "month", "lon", "lat", "measure")
    _read(Path(path), _POINT, inside, tally)
    counts = tally.frame()
    _check_rows(counts)
    frame = _summed(counts[(counts["lon"] != "") & (counts["lat"] != "")], {})
    return frame.astype({"lon": float, "lat": float})


def _summed(counts: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Sum the counts over files and forces; categories become plain columns."""
    import pandas as pd

    keys = [c for c in counts.columns if c in ("month", "area", "lon", "lat", "measure")]
    frame = counts.groupby(keys, observed=True)["n"].sum().reset_index()
    month = frame["month"].cat
    starts = pd.to_datetime(pd.Series(month.categories.astype(str)), format="%Y-%m")
    return pd.DataFrame(
        {
            "month": starts.to_numpy(dtype="datetime64[s]")[month.codes],
            **{names.get(k, k): frame[k].astype("str") for k in keys[1:]},
            "count": frame["n"].astype("Int64"),
        }
    )


def _beside(where: Path) -> Path | None:
    folder = where if where.is_dir() else where.parent
    candidate = folder / "lsoa_lookup.csv"
    return candidate if candidate.is_file() else None


def _members(where: Path) -> tuple[list[_Member], list[Finding]]:
    """Monthly files under a path, by name, and what was passed over."""
    files = sorted(p for p in where.rglob("*") if p.is_file()) if where.is_dir() else [where]
    found, passed = [], []
    for file in files:
        if file.suffix.lower() == ".zip":
            try:
                with zipfile.ZipFile(file) as archive:
                    inside = sorted(archive.namelist())
            except zipfile.BadZipFile:
                raise DataProblems([_broken(file.name)]) from None
            names = [_Member(name, file, name) for name in inside]
        else:
            names = [_Member(str(file.relative_to(where)) if where.is_dir() else file.name, file)]
        for member in names:
            if member.label.endswith("-street.csv"):
                found.append(member)
            elif member.label.endswith(_OTHER_KINDS):
                passed.append(member.label)
    notes = []
    if passed:
        text = f"{len(passed)} files of outcomes or stop and search were passed over"
        notes.append(Finding(kind="note", table="incidents", text=text))
    return found, notes


def _read(where: Path, columns: tuple[str, ...], take: _Take, tally: Tally) -> list[Finding]:
    """Run `take` over every monthly file and tally what it keeps; all problems in one error."""
    if not where.exists():
        missing = Problem(
            file=str(where), found="nothing there", expected="a folder or zip from data.police.uk"
        )
        raise DataProblems([missing])
    members, findings = _members(where)
    problems = _repeated(members)
    if not members:
        problems.append(
            Problem(
                file=where.name,
                found="no file whose name ends in -street.csv",
                expected="the layout of data.police.uk, YYYY-MM/YYYY-MM-force-street.csv",
            )
        )
    with ThreadPoolExecutor(READERS) as pool:
        for member, found in zip(
            members, pool.map(lambda m: _read_one(where, m, columns, take), members), strict=True
        ):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                tally.add(member.label, found)
    if problems:
        raise DataProblems(problems)
    return findings


def _read_one(
    where: Path, member: _Member, columns: tuple[str, ...], take: _Take
) -> list[pa.Table] | Problem:
    import pyarrow as pa
    from pyarrow import csv as arrow

    def wrong(found: str, row: int | None = None) -> Problem:
        return Problem(
            file=member.label,
            row=row,
            found=found,
            expected=",".join(HEADER),
            todo="Download the file again",
        )

    try:
        with member.opened() as handle:
            header = _header(handle.readline())
            if missing := [c for c in columns if c not in header]:
                return wrong(f"a header without {', '.join(missing)}", 1)
            options = {
                "read_options": arrow.ReadOptions(
                    column_names=header, block_size=BLOCK, use_threads=False
                ),
                "convert_options": arrow.ConvertOptions(
                    include_columns=columns,
                    column_types=dict.fromkeys(columns, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            }
            start = handle.read(WHOLE)
            if len(start) < WHOLE:
                return [take(arrow.read_csv(pa.py_buffer(start), **options))]
            blocks = arrow.open_csv(_Rest(start, handle), **options)
            return [take(pa.Table.from_batches([block])) for block in blocks]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        return _broken(where.name, member.label)
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):  # a header and no row: a month with nothing recorded
            return []
        line = re.search(r"[Rr]ow #(\d+)", str(error))
        return wrong("a row of another length", int(line[1]) + 1 if line else None)


class _Rest(io.RawIOBase):
    """A file of which the start has been read already."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
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


def _count(block: pa.Table) -> pa.Table:
    return block.group_by(block.column_names, use_threads=False).aggregate([([], "count_all")])


def _check_rows(counts: pd.DataFrame) -> None:
    """Refuse rows without a month or a crime type; the month is checked once a distinct value."""
    month = counts["month"].cat
    bad = [c for c, m in enumerate(month.categories) if not _MONTH.fullmatch(str(m))]
    wrong = counts[month.codes.isin(bad) | (counts["measure"] == "")]
    if len(wrong):
        raise DataProblems(
            Problem(
                file=str(label),
                found=f"{n:,} rows without a month or a crime type",
                expected="Month as YYYY-MM and a crime type in every row",
            )
            for label, n in wrong.groupby("label", observed=True)["n"].sum().items()
        )
