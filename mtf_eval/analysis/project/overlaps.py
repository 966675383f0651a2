"""Deconfliction: projects that work on the same places, outcomes or agencies at one time.

In the same places they are together also in the months over which one of them is assessed. Their
effects cannot be told apart and their benefits must not be added twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import pandas as pd

from mtf_eval.analysis.project.design import first_assessed, last_assessed
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset, once

Held = dict[str, set[str]]  # by project


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two projects that share something while both responses run.

    `what` is `areas` (target areas of both, while each runs or is assessed), `spill` (a target of
    one is a comparison or buffer of the other), `outcomes` (the same outcome of people, in areas
    of both or of one that names none) or `agency` (actions of one agency due in the same time);
    `shared` names the areas, codes or agencies.
    """

    first: str
    second: str
    what: str
    shared: tuple[str, ...]
    start: date
    end: date


CONSEQUENCES = called("overlap means")
SHARED_WORDS = called("overlap")
NONE: frozenset[str] = frozenset()


@once
def _periods(data: Dataset, as_of: date) -> dict[str, list[pd.Timestamp]]:
    """Return when each project begun by `as_of` began, ended, and is assessed until."""
    rows = data.columns("projects", "project_id", "response_start", "response_end")
    rows = rows.set_index("project_id")
    rows = rows[rows["response_start"] <= pd.Timestamp(as_of)]
    end = rows["response_end"].fillna(pd.Timestamp(as_of)).clip(upper=pd.Timestamp(as_of))
    begun = rows["response_start"]
    month = [
        last_assessed(first_assessed(first), last, as_of) + pd.offsets.MonthEnd(0)
        for first, last in zip(begun, end, strict=True)
    ]
    assessed = end.where(end > pd.Series(month, end.index), month)
    return {str(p): each for p, *each in zip(rows.index, begun, end, assessed, strict=True)}


def _held(frame: pd.DataFrame, column: str) -> Held:
    grouped = frame.dropna(subset=[column]).groupby("project_id")[column]
    return {str(name): set(map(str, values)) for name, values in grouped}


@once
def targets_of(data: Dataset) -> Held:
    """Return the target areas of every project that has any."""
    areas = data.columns("project_areas", "project_id", "area_code", "role")
    return _held(areas[areas["role"] == "target"], "area_code")


@once
def _shared(data: Dataset) -> dict[str, tuple[Held, Held]]:
    """For each kind of sharing, what each project holds on the one side and on the other."""
    targets = targets_of(data)
    areas = data.columns("project_areas", "project_id", "area_code", "role")
    others = _held(areas[areas["role"] != "target"], "area_code")
    outcomes = _held(data.columns("outcomes", "project_id", "unit_cost_code"), "unit_cost_code")
    actions = data.columns("actions", "project_id", "agency", "status")
    agencies = _held(actions[actions["status"] != "stopped"], "agency")
    return {
        "areas": (targets, targets),
        "spill": (targets, others),
        "outcomes": (outcomes, outcomes),
        "agency": (agencies, agencies),
    }


def same_people(mine: Set[str], theirs: Set[str]) -> bool:
    """Whether two projects may count the same people: a target area of both, or none known."""
    return not mine or not theirs or bool(mine & theirs)


def _pairs(data: Dataset, as_of: date, of: str) -> Iterator[Overlap]:
    periods, sharing = _periods(data, as_of), _shared(data)
    targets = sharing["areas"][0]
    names = sorted(periods)
    of_it = [(min(of, n), max(of, n)) for n in names if n != of and of in periods]
    for first, second in of_it if of else combinations(names, 2):
        start = max(periods[first][0], periods[second][0])
        for what, (one, other) in sharing.items():
            until = 2 if what == "areas" else 1
            end = min(periods[first][until], periods[second][until])
            if start > end:
                continue
            common = one.get(first, NONE) & other.get(second, NONE)
            common |= one.get(second, NONE) & other.get(first, NONE)
            if common and (
                what != "outcomes"
                or same_people(targets.get(first, NONE), targets.get(second, NONE))
            ):
                shared = tuple(sorted(common))
                yield Overlap(first, second, what, shared, start.date(), end.date())


def overlaps(data: Dataset, *, as_of: date, of: str = "") -> tuple[Overlap, ...]:
    """Every pair of projects (or those `of` one) that share something at one time, to a day."""
    return tuple(_pairs(data, as_of, of))


def groups(data: Dataset, *, as_of: date) -> tuple[tuple[str, ...], ...]:
    """Projects whose effects or benefits must not be added: connected by areas or outcomes."""
    from scipy.cluster.hierarchy import DisjointSet

    found = [o for o in overlaps(data, as_of=as_of) if o.what in ("areas", "outcomes")]
    together = DisjointSet(name for o in found for name in (o.first, o.second))
    for o in found:
        together.merge(o.first, o.second)
    return tuple(sorted(tuple(sorted(group)) for group in together.subsets()))


def overlaps_table(data: Dataset, *, as_of: date) -> Table:
    """List the overlaps for the leadership group: pairs of projects, and agencies in several."""
    found = overlaps(data, as_of=as_of)
    rows = []
    for o in found:
        if o.what == "agency":
            continue
        shared = "; ".join(map(data.area, o.shared) if o.what in ("areas", "spill") else o.shared)
        period = f"{o.start:%B %Y} to {o.end:%B %Y}"
        told = SHARED_WORDS[o.what], shared, period, CONSEQUENCES[o.what]
        rows.append((f"{o.first} and {o.second}", *told))
    for agency in sorted({name for o in found if o.what == "agency" for name in o.shared}):
        both = [o for o in found if o.what == "agency" and agency in o.shared]
        names = sorted({n for o in both for n in (o.first, o.second)})
        first, last = min(o.start for o in both), max(o.end for o in both)
        period = f"{first:%B %Y} to {last:%B %Y}"
        told = SHARED_WORDS["agency"], agency, period, CONSEQUENCES["agency"]
        rows.append((", ".join(names), *told))
    return lay("overlaps", rows, data, as_of=as_of, as_at=None)


def overlaps_finding(data: Dataset, *, as_of: date) -> str:
    """Say in one sentence how many pairs must not be added."""
    together = groups(data, as_of=as_of)
    if not together:
        return "No two projects share target areas or outcomes of people at the same time."
    named = "; ".join(" with ".join(g) for g in together)
    return f"Not to be added to one another: {named}."
