"""The illustrative partnership moved in time: what prices do not reach shows, nothing else moves.

    python -m benchmarks.shifts [MONTHS ...]

Every date is moved by some months. Effects and the pounds of benefits must equal the unmoved ones;
costs move by the deflator alone; no ratio may rest on part of the costs; by whole years, the tables
of the year must be the same.
"""

from __future__ import annotations

import csv
import re
import sys
import tempfile
from calendar import monthrange
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mtf_eval.analysis.benefit.appraisal import Benefit, analyse
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.year import portfolio, pounds
from mtf_eval.records.load import load
from mtf_eval.records.prices.reference import load_reference

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
SHIFTS = range(-60, 61, 6)
DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
END, YEAR = "2024-12-31", 2024
CHOSEN = {"price_year": "2023/24", "horizon_years": 5}
PUBLIC, COSTS = "present_value_benefits_gbp", "present_value_costs_gbp"


class Moved(NamedTuple):
    """What the moved example gives: each project's effects and pounds, and the year's tables."""

    effects: dict[tuple[str, str], tuple[float, ...]]
    benefits: dict[str, Benefit]
    kinds: dict[str, tuple[float, str]]


def moved(text: str, months: int) -> str:
    """Move a date or a month; the last day of a month stays the last."""
    found = DATE.fullmatch(text)
    if not found:
        return text
    n = int(found[1]) * 12 + int(found[2]) - 1 + months
    if not found[3]:
        return f"{n // 12}-{n % 12 + 1:02}"
    was, last = (monthrange(m // 12, m % 12 + 1)[1] for m in (n - months, n))
    day = last if int(found[3]) == was else min(int(found[3]), last)
    return f"{n // 12}-{n % 12 + 1:02}-{day:02}"


def shifted(target: Path, months: int) -> Path:
    """Copy the example with every date moved by some months."""
    target.mkdir()
    for path in EXAMPLE.glob("*.csv"):
        if path.name == "truth.csv":
            continue
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head, *rows = csv.reader(stream)
        with (target / path.name).open("w", encoding="utf-8", newline="") as stream:
            body = [[moved(cell, months) for cell in row] for row in rows]
            csv.writer(stream).writerows([head, *body])
    return target


def worked_out(place: Path, months: int, only: Iterable[str] = ()) -> Moved:
    """Evaluate and appraise the projects, and by whole years what the year gathers."""
    as_of = moved(END, months)
    data, values = load(place, as_of=as_of), load_reference()
    effects, benefits, kinds = {}, {}, {}
    for name in only or sorted(data.table("projects")["project_id"]):
        found = projects.evaluate(data, name, as_of=as_of, rng=np.random.default_rng(1))
        for measure, effect in found.effects.items():
            effects[name, measure] = (effect.estimate, effect.low, effect.high, effect.avoided or 0)
        benefits[name] = analyse(
            data, found, values, **CHOSEN, rng=np.random.default_rng(1), draws=0
        )  # type: ignore[arg-type]
    if not only and months % 12 == 0:
        together = portfolio.gather(data, year=YEAR + months // 12)
        spent = pounds.appraise(data, together, values, **CHOSEN, rng=np.random.default_rng(1))  # type: ignore[arg-type]
        assert spent is not None
        table = pounds.by_kind(data, together, spent).frame.set_index("kind")
        kinds = {
            str(k): (round(float(r["benefits"]), 2), r["projects"]) for k, r in table.iterrows()
        }
    return Moved(effects, benefits, kinds)


def differences(before: Moved, after: Moved) -> Iterator[str]:
    """Yield what moved that may not: an effect, a benefit, a cost beyond the deflator, a year."""
    for key, was in before.effects.items():
        if not np.allclose(was, after.effects.get(key, np.nan), rtol=1e-9, equal_nan=True):
            yield f"the effect of {' '.join(key)}"
    index = load_reference().covered
    for name, old in before.benefits.items():
        new = after.benefits[name]
        if partial(new):
            yield f"{name}: a ratio or a net from part of the costs"
        if not np.isclose(old.results[PUBLIC], new.results[PUBLIC], rtol=1e-9, equal_nan=True):
            yield f"{name}: the pounds of its benefits"
        for one, other in zip(old.paid, new.paid, strict=True):
            own, its = (b.flow.set_index("source_row")["present_gbp"] for b in (old, new))
            ratio = index[one.price_year] / index[other.price_year]
            if not np.isclose(own[one.source_row] * ratio, its[other.source_row], rtol=1e-9):
                yield f"{name}: {one.source_row}"
    if before.kinds and after.kinds and before.kinds != after.kinds:
        yield "the tables of the year"


def partial(each: Benefit) -> bool:
    """Whether a ratio or a net is given though a cost on record is in no line of it."""
    given = each.results[["public_value_bcr", "net_present_public_value_gbp"]].notna().any()
    counted = set(each.flow.loc[each.flow["side"].eq("cost"), "source_row"])
    return bool(given and (each.unpriced or counted != {line.source_row for line in each.paid}))


def study(shifts: Iterable[int] = SHIFTS) -> pd.DataFrame:
    """Return a row a shift: what was compared, and what moved that may not."""
    before = worked_out(EXAMPLE, 0)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for months in shifts:
            after = worked_out(shifted(Path(folder) / f"by{months}", months), months)
            wrong = list(differences(before, after))
            costs = sum(float(b.results[COSTS]) for b in after.benefits.values() if b.spent)
            rows.append((months, len(after.effects), costs, bool(after.kinds), "; ".join(wrong)))
    return pd.DataFrame(rows, columns=["months", "effects", "costs", "year", "wrong"])


def text_of(found: pd.DataFrame) -> str:
    """Lay the study out for the page of the studies."""
    lines = [
        "\n## The example moved in time\n",
        f"Every date of the illustrative partnership moved by {found['months'].min()} to "
        f"{found['months'].max():+} months. Costs are present values of all projects in 2023/24 "
        "prices: they move by the deflator of the year they fall in, and by nothing else. Effects, "
        "benefits and, by whole years, the sums of the annual review by kind of evidence must be "
        "those of the example as it stands; no ratio may rest on part of the costs.\n",
        "| months | effects compared | costs, £ | sums of the year | what moved that may not |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in found.itertuples():
        cells = (f"{row.months:+}", f"{row.effects}", f"{row.costs:,.0f}")
        lines.append(f"| {' | '.join((*cells, 'compared' * row.year, row.wrong or 'nothing'))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(text_of(study([int(months) for months in sys.argv[1:]] or SHIFTS)))
