"""How often a gap in the records becomes a claim: made-up forces in which nothing was done.

    python -m benchmarks.gaps [FORCES]

Each force has 60 areas over 24 months, counts that vary more than chance, a season, and a project
in four of its busier areas that began in month 13. One gap is put into it. What the gap hides is
known, so a false claim is put down to the gap where the same records with those cells declared
missing make none. The second part plants a fall of 30 % and takes one to three months away.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.project.evaluation import Evaluation, evaluate
from mtf_eval.records.dataset import Dataset, Source
from mtf_eval.records.load import load
from mtf_eval.records.tables import TABLES, empty

ASB = "Anti-social behaviour"
MONTHS = pd.date_range("2021-01-01", periods=24, freq="MS")
START, AS_OF = 12, date(2022, 12, 31)
AREAS = [f"E0190{n:04d}" for n in range(60)]
CITY = range(12)  # areas of the project's force; the others are of the one beside it


@dataclass
class Force:
    """Counts by month and area, of the owner and of a second force; and rows without an area."""

    counts: np.ndarray
    second: np.ndarray
    nowhere: np.ndarray
    target: list[int]
    by_file: bool = True
    hidden: np.ndarray | None = None  # months x areas that the gap hides
    recoded: tuple[int, int] | None = None  # area and month
    look_up: bool = False
    seen: tuple[str, ...] = ()  # kinds of gap that would name it


def made(rng: np.random.Generator, fall: float = 0.0) -> Force:
    level = rng.lognormal(1.9, 0.7, len(AREAS))
    season = 1 + 0.25 * np.sin(2 * np.pi * (np.arange(24) + rng.integers(12)) / 12)
    mean = np.outer(season * rng.lognormal(0, 0.04, 24), level)
    counts = rng.negative_binomial(12.0, 12.0 / (12.0 + mean))
    busy = [a for a in np.argsort(level)[::-1] if a in CITY][:8]
    target = sorted(int(a) for a in rng.choice(busy, 4, replace=False))
    counts[START:, target] = rng.binomial(counts[START:, target], 1 - fall)
    nowhere = rng.binomial(counts[:, CITY].sum(axis=1), 0.01)
    return Force(counts, np.zeros_like(counts), nowhere, target)


def _hide(force: Force, months: Any, areas: Any) -> Force:
    hidden = np.zeros(force.counts.shape, bool)
    hidden[np.ix_(np.atleast_1d(months), np.atleast_1d(areas))] = True
    return replace(force, counts=np.where(hidden, 0, force.counts), hidden=hidden)


def _run(rng: np.random.Generator, longest: int = 5) -> np.ndarray:
    length = int(rng.integers(1, longest + 1))
    return np.arange(length) + int(rng.integers(START, 24 - length + 1))


def silent_inside(f: Force, rng: np.random.Generator) -> Force:
    return replace(_hide(f, _run(rng), f.target), by_file=False, seen=("silent", "ended"))


def silent_at_the_end(f: Force, rng: np.random.Generator) -> Force:
    months = np.arange(24 - int(rng.integers(2, 6)), 24)
    return replace(_hide(f, months, f.target), by_file=False, seen=("ended",))


def silent_controls(f: Force, rng: np.random.Generator) -> Force:
    others = rng.choice(np.setdiff1d(np.arange(len(AREAS)), f.target), 20, replace=False)
    hidden = _hide(f, _run(rng), others)
    return replace(hidden, by_file=False, seen=("silent", "ended"))


def no_file(f: Force, rng: np.random.Generator) -> Force:
    months = _run(rng)
    hidden = _hide(f, months, list(CITY))
    hidden.nowhere[months] = 0
    return replace(hidden, seen=("no_file", "source_stops"))


def second_stops(f: Force, rng: np.random.Generator) -> Force:
    second = np.zeros_like(f.counts)
    second[:, f.target] = rng.poisson(0.4 * f.counts[:, f.target].mean(axis=0), (24, 4))
    second[int(rng.integers(10, 20)) :] = 0
    return replace(f, second=second, seen=("source_stops",))


def share_jumps(f: Force, rng: np.random.Generator) -> Force:
    first, share = int(rng.integers(8, 18)), rng.uniform(0.08, 0.4)
    counts = f.counts.copy()
    left = rng.binomial(counts[first:, : len(CITY)], 1 - share)
    nowhere = f.nowhere.copy()
    nowhere[first:] += (counts[first:, : len(CITY)] - left).sum(axis=1)
    counts[first:, : len(CITY)] = left
    return replace(f, counts=counts, nowhere=nowhere, seen=("no_area",))


def thin_months(f: Force, rng: np.random.Generator) -> Force:
    months = _run(rng, 2)
    hidden = np.zeros(f.counts.shape, bool)
    hidden[np.ix_(months, list(CITY))] = True
    counts = np.where(hidden, rng.binomial(f.counts, rng.uniform(0.3, 0.6)), f.counts)
    return replace(f, counts=counts, hidden=hidden, seen=("incomplete",))


def recoded(f: Force, rng: np.random.Generator, *, look_up: bool = False) -> Force:
    area, month = int(rng.choice(f.target)), int(rng.integers(START + 1, 21))
    hidden = np.zeros(f.counts.shape, bool)
    hidden[month:, area] = not look_up
    seen = () if look_up else ("ended",)
    own = {"by_file": not look_up, "recoded": (area, month), "look_up": look_up}
    return replace(f, hidden=hidden, seen=seen, **own)  # type: ignore[arg-type]


def recoded_followed(f: Force, rng: np.random.Generator) -> Force:
    return recoded(f, rng, look_up=True)


def none(f: Force, rng: np.random.Generator) -> Force:
    return replace(f, by_file=bool(rng.integers(2)))


KINDS: dict[str, Callable[[Force, np.random.Generator], Force]] = {
    "no gap": none,
    "silent inside, target": silent_inside,
    "silent at the end, target": silent_at_the_end,
    "silent, comparison areas": silent_controls,
    "months without a file": no_file,
    "second force stops": second_stops,
    "share without area jumps": share_jumps,
    "months too thin": thin_months,
    "recoded, no look-up": recoded,
    "recoded, look-up": recoded_followed,
}


def rows_of(force: Force) -> pd.DataFrame:
    """Return the table of incidents."""
    codes = np.array([AREAS] * 24)
    if force.recoded:
        area, month = force.recoded
        codes[month:, area] = "E01999999"
    owner = np.where(np.arange(len(AREAS)) < len(CITY), "City Police", "Near Police")
    parts = [
        (np.repeat(MONTHS, len(AREAS)), codes.ravel(), np.tile(owner, 24), force.counts.ravel()),
        (np.repeat(MONTHS, len(AREAS)), codes.ravel(), "Transport Police", force.second.ravel()),
        (MONTHS, "", "City Police", force.nowhere),
    ]
    names = ["month", "area_code", "source", "count"]
    frame = pd.concat([pd.DataFrame(dict(zip(names, p, strict=True))) for p in parts])
    frame = frame[frame["count"] > 0].assign(measure=ASB)
    if not force.by_file:
        frame = frame[frame["area_code"] != ""].assign(source=None)
    return frame


def data_of(force: Force, declared: pd.DataFrame | None = None) -> Dataset:
    """Return the data set of a force, as `load` would read it."""
    given = {
        "about": pd.DataFrame({"key": ["title"], "value": ["Made up"]}),
        "projects": pd.DataFrame(
            [
                {
                    "project_id": "P1", "title": "Made up", "problem": "None", "stage": "closed",
                    "lead_agency": "Police", "response_start": "2022-01-10",
                    "response_end": "2022-12-31", "primary_measure": ASB,
                }
            ]
        ),
        "project_areas": pd.DataFrame(
            {"project_id": "P1", "area_code": [AREAS[t] for t in force.target], "role": "target"}
        ),
        "incidents": rows_of(force),
    }  # fmt: skip
    if declared is not None:
        given["coverage"] = declared
    if force.look_up:
        with tempfile.TemporaryDirectory() as folder:
            for name, frame in given.items():
                frame.to_csv(Path(folder) / f"{name}.csv", index=False)
            pair = f"LSOA11CD,LSOA21CD\n{AREAS[force.recoded[0]]},E01999999\n"  # type: ignore[index]
            (Path(folder) / "lsoa_lookup.csv").write_text(pair)
            return load(folder)
    tables = {}
    for name, schema in TABLES.items():
        frame = empty(schema)
        if name in given:
            frame = given[name].reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
        tables[name] = frame.reset_index(drop=True)
    source = Source(table="incidents", file="x", sha256="", rows=1, by_file=force.by_file)
    return Dataset(name="made", path=Path("made"), tables=tables, sources=(source,))


def found(data: Dataset) -> Evaluation:
    return evaluate(data, "P1", as_of=AS_OF, rng=np.random.default_rng(1))


def _declared(hidden: np.ndarray) -> pd.DataFrame:
    """Return the cells a gap hides as declarations."""
    rows = [
        {"source": "truth", "area_code": AREAS[a], "first": MONTHS[m], "last": MONTHS[m]}
        for m, a in zip(*np.nonzero(hidden), strict=True)
    ]
    return pd.DataFrame(rows).assign(complete="no")


def study(forces: int, seed: int = 14) -> pd.DataFrame:
    """Return one row a force: kind, whether the gap was seen, whether a change was claimed."""
    out = []
    for number in range(forces):
        rng = np.random.default_rng([seed, number])
        kind = list(KINDS)[number % len(KINDS)]
        whole = made(rng)
        force = KINDS[kind](replace(whole, nowhere=whole.nowhere.copy()), rng)
        result = found(data_of(force))
        primary = result.primary
        claimed = primary is not None and primary.distinguishable
        gaps = result.coverage.gaps if result.coverage else ()
        seen = not force.seen or any(g.kind in force.seen for g in gaps)
        by_gap = False
        if claimed and kind != "no gap":
            truth = replace(whole, by_file=force.by_file)
            hidden = force.hidden if force.hidden is not None and force.hidden.any() else None
            oracle = found(data_of(truth, None if hidden is None else _declared(hidden))).primary
            by_gap = not (oracle is not None and oracle.distinguishable)
        out.append((kind, seen, primary is not None, claimed, by_gap))
    return pd.DataFrame(out, columns=["kind", "seen", "answered", "claimed", "by_gap"])


def answers(forces: int, seed: int = 30) -> pd.DataFrame:
    """Return one row a force with a planted fall of 30 % and one to three months away."""
    out = []
    for number in range(forces):
        rng = np.random.default_rng([seed, number])
        force = made(rng, fall=0.3)
        months = np.sort(rng.choice(24, int(rng.integers(1, 4)), replace=False))
        force = _hide(force, months, list(CITY))
        force.nowhere[months] = 0
        primary = found(data_of(force)).primary
        covers = primary is not None and primary.low <= 0.7 <= primary.high
        out.append((len(months), primary is not None, covers))
    return pd.DataFrame(out, columns=["months", "answered", "covers"])


def nought(seed: int = 40) -> Evaluation:
    """Return the evaluation of a complete fall to nought that is declared complete."""
    force = replace(made(np.random.default_rng(seed)), by_file=False)
    force = _hide(force, np.arange(START, 24), force.target)
    rows = [
        {"source": "x", "area_code": AREAS[t], "first": MONTHS[START], "last": MONTHS[-1]}
        for t in force.target
    ]
    return found(data_of(force, pd.DataFrame(rows).assign(complete="yes")))


def text_of(frame: pd.DataFrame, planted: pd.DataFrame) -> str:
    """Write both parts in Markdown."""
    lines = [
        f"\n## Gaps in the records: {len(frame)} made-up forces in which nothing was done\n",
        "| gap | forces | seen | estimate given | change claimed | because of the gap, seen |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    groups = [*frame.groupby("kind", sort=False), ("all", frame)]
    for kind, part in groups:
        lines.append(
            f"| {kind} | {len(part)} | {part['seen'].mean():.0%} | {part['answered'].mean():.0%} | "
            f"{part['claimed'].mean():.1%} | {int((part['by_gap'] & part['seen']).sum())} |"
        )
    told = planted[planted["answered"]]
    lines.append(
        f"\nWith one to three of 24 months missing, a fall of 30 % planted, {len(planted)} forces: "
        f"{planted['answered'].mean():.0%} get an estimate, {told['covers'].mean():.1%} of which "
        "cover the fall."
    )
    return "\n".join(lines)


def main() -> None:
    forces = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(text_of(study(forces), answers(forces)))
    print(nought().headline)


if __name__ == "__main__":
    main()
