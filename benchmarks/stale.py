"""Does a report know when it is due? Rows edited at random, and the reports made again to see.

Each edit changes one cell of one row of a data set in memory, tables drawn evenly, so that the
reading of files has no part in it. All edits that leave a report up to date are made at once, and
the report must come out the same: one that should have been due is found by halving. Of the pairs
of an edit and a report that it makes due some are made again, and how many are the same is counted.
Reports are compared in what they show: words, tables, and of a picture what it is drawn from.

    python -m benchmarks.stale --edits 500 --due 120
"""

from __future__ import annotations

import argparse
import ast
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import IPython.display
import numpy as np
import pandas as pd

from mtf_eval.publish.charts.style import Chart
from mtf_eval.records import load as reading
from mtf_eval.records.as_of import cut, own_day
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.reads import units
from mtf_eval.run.facts import facts_of

MADE = "application/vnd.mtf.provenance+json"
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


@dataclass(frozen=True)
class Made:
    """A report as shown, and what it asked of the data set."""

    html: str
    reads: frozenset[str]


@dataclass(frozen=True)
class Edit:
    """One cell of one table, and what it holds from now on."""

    table: str
    row: int
    column: str
    value: Any

    def __str__(self) -> str:
        return f"{self.table}, row {self.row + 2}, {self.column}"


def make(data: Dataset, name: str, **values: Any) -> Made:
    """Run a notebook's cells in turn in one namespace; keep what it shows, as a page would."""
    shown: list[str] = []
    asked: set[str] = set()

    def show(*things: Any) -> None:
        for thing in things:
            if hasattr(thing, "_repr_mimebundle_"):
                bundle = thing._repr_mimebundle_()
                shown.append(json.dumps(bundle, default=str, sort_keys=True))
                asked.update(bundle.get(MADE, {}).get("reads", ()))
            elif thing is not None:
                shown.append(repr(thing))

    def load(_: object, as_of: str | None = None, **more: Any) -> Dataset:
        day = own_day(data) if as_of == "" else None
        return cut(data, day) if day else replace(data)

    names: dict[str, Any] = {}
    before = IPython.display.display, reading.load, os.environ.get("MTF_CACHE"), Chart._svg
    IPython.display.display, reading.load = show, load  # type: ignore[assignment]
    os.environ["MTF_CACHE"] = "off"  # what was kept of a report is found by the same reads
    Chart._svg = lambda self, **_: f"<svg>{escape(repr(self))}</svg>"  # type: ignore[method-assign]
    try:
        for cell in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names.update(values)
            if last is not None:
                show(eval(compile(ast.Expression(last.value), name, "eval"), names))
    except Exception as error:
        shown.append(f"{type(error).__name__}: {error}")
    finally:
        IPython.display.display, reading.load, kept, Chart._svg = before  # type: ignore[method-assign]
        os.environ.pop("MTF_CACHE")
        os.environ.update({} if kept is None else {"MTF_CACHE": kept})
    return Made("\n".join(shown), frozenset(asked))


def reports(data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Every report of a data set: its notebook and what it is about."""
    facts = facts_of(data, "")
    years, periods, _ = facts.calendar()
    return [
        *(("project_evaluation", {"project_id": p}) for p in facts.projects),
        *(("benefit_analysis", {"project_id": p}) for p in facts.projects),
        *((name, {"year": y}) for name in ("annual_review", "dashboard") for y in years),
        *(("tlg_report", {"period": p}) for p in periods),
        ("data_quality", {}),
    ]


def edits(data: Dataset, rng: np.random.Generator) -> Iterator[Edit]:
    """Draw one cell after the other, tables in turn, none twice."""
    filled = [n for n, frame in data.tables.items() if len(frame) and n not in ("aliases", "about")]
    drawn = set()
    while True:
        for name in rng.permutation(filled):
            frame = data.tables[name]
            column = str(rng.choice([c for c in frame if frame[c].notna().any()]))
            row = int(rng.integers(len(frame)))
            was = frame.at[row, column]
            others = frame[column].dropna().unique()
            if (name, row, column) in drawn:
                continue
            drawn.add((name, row, column))
            if pd.api.types.is_datetime64_any_dtype(frame[column]) and pd.notna(was):
                months = bool((pd.DatetimeIndex(others).day == 1).all())
                days = int(rng.integers(1, 60))
                now = was + (pd.DateOffset(months=days) if months else pd.Timedelta(days=days))
            elif pd.api.types.is_numeric_dtype(frame[column]):
                now = (0 if pd.isna(was) else was) + 1
            elif column.endswith("_id") or len(others) < 2:
                continue  # a key: another row, not another value
            else:
                now = rng.choice([o for o in others if o != was])
            yield Edit(str(name), row, column, now)


def edited(data: Dataset, made: Iterable[Edit]) -> Dataset:
    """Return the data set with all of these edits."""
    tables = dict(data.tables)
    for edit in made:
        if tables[edit.table] is data.tables[edit.table]:
            tables[edit.table] = data.tables[edit.table].copy()
        tables[edit.table].at[edit.row, edit.column] = edit.value
    return replace(data, tables=tables)


def moved(before: dict[str, str], after: Dataset) -> frozenset[str]:
    """Return the units that are others than before."""
    now = units(after)
    return frozenset(u for u in {*before, *now} if before.get(u) != now.get(u))


def stale(data: Dataset, first: Made, what: tuple[str, dict[str, Any]],
          spared: Sequence[Edit]) -> list[Edit]:  # fmt: skip
    """Return the edits, of those that leave a report up to date, after which it is another."""
    name, values = what
    if not spared or make(edited(data, spared), name, **values).html == first.html:
        return []
    if len(spared) == 1:
        return list(spared)
    half = len(spared) // 2
    parts = spared[:half], spared[half:]
    found = [edit for part in parts for edit in stale(data, first, what, part)]
    return found or list(spared)  # together only


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/example")
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--due", type=int, default=120, help="pairs of those due, made again")
    parser.add_argument("--seed", type=int, default=2026)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    data = reading.load(chosen.data)
    every = reports(data)
    first = [make(data, name, **values) for name, values in every]
    before, given = units(data), edits(data, rng)
    drawn = [next(given) for _ in range(chosen.edits)]
    after = [moved(before, edited(data, [edit])) for edit in drawn]
    late, due = 0, []
    for place, (made, what) in enumerate(zip(first, every, strict=True)):
        is_due = [bool(made.reads & each) for each in after]
        due += [(edit, place) for edit, d in zip(drawn, is_due, strict=True) if d]
        for edit in stale(
            data, made, what, [e for e, d in zip(drawn, is_due, strict=True) if not d]
        ):
            late += 1
            print(f"STALE {edit}: {what}", flush=True)
    tried = [due[i] for i in rng.permutation(len(due))[: chosen.due]]
    same = []
    for edit, place in tried:
        name, values = every[place]
        if make(edited(data, [edit]), name, **values).html == first[place].html:
            same.append(f"{edit.table}.{edit.column}: {name}")
    pairs = chosen.edits * len(every)
    print(f"{chosen.edits} edits, {len(every)} reports: {len(due)} of {pairs} pairs due")
    print(f"of {pairs - len(due)} pairs left as they were {late} were stale")
    print(f"of {len(tried)} due pairs made again {len(same)} were the same")
    for told, n in pd.Series(same, dtype=object).value_counts().items():
        print(f"  {n} {told}")


if __name__ == "__main__":
    main()
