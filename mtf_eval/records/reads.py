"""Digests of what can be asked of a data set: a report is due when one it read has another.

A unit is what was asked: a table (`costs`), a column (`projects.response_start`), the rows of one
project (`costs[EX01]`), what is on record of a measure, in a month or of which areas and months
(`incidents.measure=Burglary`, `incidents.month=2024-01`, `incidents.span`), a fact (`about:title`),
what reading a table found (`notes[costs]`), the day a table runs to (`as at[costs]`), the day they
all do (`day`). `Dataset` notes units as they are asked for.

A result that is `shared` is kept by function, arguments, code and reference values; it serves as
long as all units it read have the same digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import wraps
from typing import Any, Concatenate, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtf_eval.records.cache import RESULTS, by_content, folder_of, put, stands_on, take
from mtf_eval.records.dataset import Dataset, P, T, noting, once
from mtf_eval.records.home import folder_digest


def digest(value: object) -> str:
    """Return the start of the sha256 of bytes or of plain values; `""` of nothing at all."""
    raw = value if isinstance(value, bytes) else json.dumps(value, default=str).encode()
    return hashlib.sha256(raw).hexdigest()[:16]


def units(data: Dataset) -> dict[str, str]:
    """Return the digest of everything that can be asked of a data set, by unit."""
    from mtf_eval.records.as_of import cut, own_day

    day = own_day(data)
    findings = cut(data, day).findings if day else data.findings  # rows after it are one too
    found = {f"about:{key}": digest(value) for key, value in dict(data.about).items()}
    for name in sorted(data.tables):
        found |= dict(_of_table(name, data.tables[name]))
    for name in ("", *data.tables):
        noticed = [(f.kind, f.text) for f in findings if f.table == name]
        if noticed:
            found[f"notes[{name}]"] = digest(sorted(noticed))
    found["notes"] = digest([[f.kind, f.table, f.text, f.row, f.column] for f in findings])
    found |= {f"as at[{s.table}]": digest([s.as_at, s.by_file]) for s in data.sources}
    found["as at"] = digest([[s.table, s.rows, s.as_at, s.by_file] for s in data.sources])
    found["redrawn"] = digest(sorted(data.redrawn.items()))
    found["day"] = digest(day)
    if day and len(data.tables["incidents"]):
        found |= dict(_on_record(data, day))
    found["name"] = digest(data.name)
    return found


def read_of(data: Dataset, name: str, asked: Iterable[str]) -> tuple[int, str]:
    """Return of a table what was asked of it: how many of its rows, and one digest."""
    frame = data.tables[name]
    own = re.compile(rf"{name}($|\[|\.(?!month=|span$))")  # these two say what is on record
    asked = sorted(filter(own.match, asked))
    chosen = np.zeros(len(frame), bool)
    for unit in asked:
        project = unit.endswith("]") and unit.partition("[")[2][:-1]
        measure = unit.partition(".measure=")[2]
        column, value = ("measure", measure) if measure else ("project_id", project)
        chosen |= frame[column].astype(str).eq(value).to_numpy(bool) if value else True
    held = dict(_of_table(name, frame[chosen]))
    return int(chosen.sum()), digest([held[u] for u in asked if u in held])


def _on_record(data: Dataset, day: date) -> Iterator[tuple[str, str]]:
    """Yield what is on record up to the day the records run to: by measure, by month, its span."""
    from mtf_eval.records.coverage import coverage_of

    measures = sorted(map(str, data.tables["incidents"]["measure"].dropna().unique()))
    covers = {m: coverage_of(data, m, as_of=day) for m in measures}
    months: dict[str, list[object]] = {}
    for measure, cover in covers.items():
        counts, judged = cover.counts, [cover.gaps, cover.quiet, cover.source_of]
        yield f"incidents.measure={measure}", digest([counts.to_csv(), repr(judged)])
        for month, row in counts.iterrows():
            held = [measure, row.to_numpy().tobytes().hex()]
            months.setdefault(f"{month:%Y-%m}", []).append(held)
    yield from ((f"incidents.month={m}", digest(rows)) for m, rows in months.items())
    span = [
        [m, [*c.counts], [str(i) for i in c.counts.index], (c.counts > 0).any().tolist()]
        for m, c in covers.items()
    ]
    yield "incidents.span", digest(span)


def _of_table(name: str, frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    columns = {c: _hashed(frame[c]) for c in frame}
    rows: NDArray[np.uint64] = np.zeros(len(frame), dtype=np.uint64)
    for values in columns.values():
        rows = rows * np.uint64(1_099_511_628_211) + values
    if len(frame):
        yield name, digest(f"{list(frame.columns)}".encode() + rows.tobytes())
    for column, values in columns.items():
        if len(frame):
            yield f"{name}.{column}", digest(values.tobytes())
    if "project_id" in frame:
        for project, places in frame.groupby("project_id").indices.items():
            # The place too: a page names its rows by their number in the sheet.
            yield f"{name}[{project}]", digest(places.tobytes() + rows[places].tobytes())
    if name in ("incidents", "incident_hours"):
        for measure, places in frame.groupby("measure").indices.items():
            yield f"{name}.measure={measure}", digest(rows[places].tobytes())


def _hashed(column: pd.Series[Any]) -> NDArray[np.uint64]:
    plain = column.astype("string") if column.dtype == object else column
    hashed: NDArray[np.uint64] = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return hashed


def shared(function: Callable[Concatenate[Dataset, P], T]) -> Callable[Concatenate[Dataset, P], T]:
    """Keep the result of a function of a data set for every report and run that asks the same.

    The arguments beside the data set must be plain, the result must not depend on anything else and
    must be fit to be pickled.
    """

    @wraps(function)
    def kept(data: Dataset, /, *args: P.args, **named: P.kwargs) -> T:
        folder = folder_of("shared")
        if folder is None:
            return function(data, *args, **named)
        asked = repr((function.__module__, function.__qualname__, args, sorted(named.items())))
        own = "" if data.own_prices is None else folder_digest(data.own_prices)
        name = hashlib.sha256(f"{asked}{stands_on()}{own}".encode()).hexdigest()
        held = units_of(data)
        entry: Any = take(folder / name)
        if entry and all(held.get(u, "") == d for u, d in entry[0].items()):
            data.reads.update(entry[0])
            return cast("T", entry[1])
        with noting(data) as read:
            made = function(data, *args, **named)
        put(folder / name, ({unit: held.get(unit, "") for unit in read}, made), RESULTS)
        return made

    return kept


def units_of(data: Dataset) -> dict[str, str]:
    """Return `reads.units` of a data set, worked out once; not counted as read by the report."""
    with noting(data, lasting=False):
        return _units(data)


@once
@by_content()
def _units(data: Dataset) -> dict[str, str]:
    return units(data)
