"""Does a report know when it is due? Rows edited at random, and the pages made again to see.

Each edit changes one cell of one row of a data set in memory, tables drawn evenly, so that the
reading of files has no part in it. Of the reports that the edit leaves up to date some are made
again and must be the same to the letter; of those it makes due, how many are the same is counted.

    python -m benchmarks.stale --edits 500 --each 2
"""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import IPython.display
import numpy as np
import pandas as pd

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
    before = IPython.display.display, reading.load
    IPython.display.display, reading.load = show, load  # type: ignore[assignment]
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
    finally:
        IPython.display.display, reading.load = before
    return Made("\n".join(shown), frozenset(asked))


def reports(data: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """Every report of a data set: its notebook and what it is about."""
    facts = facts_of(data, "")
    years, periods, _ = facts.calendar()
    return [
        *(("project_evaluation", {"project_id": p}) for p in facts.projects),
        *(("benefit_analysis", {"project_id": p}) for p in facts.projects),
        *(("annual_review", {"year": y}) for y in years),
        *(("tlg_report", {"period": p}) for p in periods),
        ("data_quality", {}),
    ]


def edits(data: Dataset, rng: np.random.Generator) -> Iterator[tuple[str, Dataset]]:
    """Edit one cell after the other, tables in turn; each edit starts from the data set given."""
    filled = [n for n, frame in data.tables.items() if len(frame) and n not in ("aliases", "about")]
    while True:
        for name in rng.permutation(filled):
            frame = data.tables[name].copy()
            column = str(rng.choice([c for c in frame if frame[c].notna().any()]))
            row = int(rng.integers(len(frame)))
            was = frame.at[row, column]
            others = frame[column].dropna().unique()
            if pd.api.types.is_datetime64_any_dtype(frame[column]) and pd.notna(was):
                now = was + pd.Timedelta(days=int(rng.integers(1, 60)))
            elif pd.api.types.is_numeric_dtype(frame[column]):
                now = (0 if pd.isna(was) else was) + 1
            elif column.endswith("_id") or len(others) < 2:
                continue  # a key: another row, not another value
            else:
                now = rng.choice([o for o in others if o != was])
            frame.at[row, column] = now
            told = f"{name}, row {row + 2}, {column}"
            yield told, replace(data, tables={**data.tables, name: frame})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/example")
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--each", type=int, default=2, help="pages made again of either kind")
    parser.add_argument("--seed", type=int, default=2026)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    data = reading.load(chosen.data)
    every = reports(data)
    first = [make(data, name, **values) for name, values in every]
    before = units(data)
    stale: list[str] = []
    due = needless = left = spared = 0
    given = edits(data, rng)
    for _ in range(chosen.edits):
        told, edited = next(given)
        now = units(edited)
        moved = {u for u in {*before, *now} if before.get(u) != now.get(u)}
        is_due = np.array([bool(made.reads & moved) for made in first])
        due, left = due + int(is_due.sum()), left + int((~is_due).sum())
        for wanted in (True, False):
            places = rng.permutation(np.flatnonzero(is_due == wanted))[: chosen.each]
            for place in places:
                name, values = every[place]
                try:
                    same = make(edited, name, **values).html == first[place].html
                except Exception as error:
                    same = False
                    print(f"{told}: {name} {values}: {type(error).__name__}", flush=True)
                if wanted:
                    needless, spared = needless + same, spared + 1
                elif not same:
                    stale.append(f"{told}: {name} {values}")
                    print(f"STALE {stale[-1]}", flush=True)
    print(f"{chosen.edits} edits, {len(every)} reports: {due} due, {left} left as they were")
    print(f"of {spared} due pages made again {needless} were the same")
    print(f"stale: {len(stale)}")


if __name__ == "__main__":
    main()
