"""People behind the pounds: who is claimed as an outcome, and journeys down a ladder of care.

A journey is an illustration, every month at the average cost of its step, and enters no benefit.
Its months and pounds are sums over people's own ways: only a report that shows everything has them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference, slug
from mtf_eval.records.prices.rules import few

DAYS_A_MONTH = 365.25 / 12
SUMS = ("months", "path", "stay", "difference", "cost")
ILLUSTRATION = (
    "An illustration: average costs of each step, against staying on the first step as long. It "
    "says nothing about what caused the move and is not part of any benefit."
)


def steps(
    data: Dataset, reference: Reference, *, as_of: pd.Timestamp, price_year: str
) -> pd.DataFrame:
    """Return one row a step of a case: months on it, its cost, the cost of staying put.

    Columns `case_id, project_id, domain, step, label, position, date, months, cost_gbp,
    staying_gbp`; pounds in the prices of `price_year`, not discounted. A step lasts to the next one
    of the case, the last to `as_of`; steps after `as_of` are left out. Raises `BadArgument`: a
    domain without a ladder, or a step that is not on it.
    """
    frame = data.table("case_steps")
    frame = frame[frame["date"] <= pd.Timestamp(as_of)].copy()
    frame = frame.sort_values(["case_id", "domain", "date"], kind="stable").reset_index(drop=True)
    rungs = {
        (domain, rung.step): rung
        for domain in frame["domain"].unique()
        for rung in reference.ladder(domain)
    }
    wanted = list(zip(frame["domain"], frame["step"], strict=True))
    if unknown := sorted({": ".join(key) for key in wanted if key not in rungs}):
        raise BadArgument(f"case_steps: steps on no ladder: {', '.join(unknown)}")
    monthly = {k: _monthly(r.unit_cost_code, reference, price_year) for k, r in rungs.items()}
    case = frame.groupby(["case_id", "domain"], sort=False)
    until = case["date"].shift(-1).fillna(pd.Timestamp(as_of))
    first = list(zip(frame["domain"], case["step"].transform("first"), strict=True))
    frame["label"] = [rungs[key].label for key in wanted]
    frame["position"] = [rungs[key].position for key in wanted]
    frame["months"] = (until - frame["date"]).dt.days / DAYS_A_MONTH
    frame["cost_gbp"] = frame["months"] * [monthly[key] for key in wanted]
    frame["staying_gbp"] = frame["months"] * [monthly[key] for key in first]
    return frame


def _monthly(code: str, reference: Reference, price_year: str) -> float:
    """Average cost of a month on a step; nothing for a step without a service."""
    if not code:
        return 0.0
    cost = reference.unit_cost(code)
    if cost.period_months is None:
        raise BadArgument(f"{code}: a step of a ladder needs a unit cost by time")
    return reference.uprate(cost.total_gbp, cost.price_year, price_year) / cost.period_months


def by_domain(
    data: Dataset, reference: Reference, *, as_of: pd.Timestamp, price_year: str
) -> Table:
    """Show journeys together: people, where they stand, cost of the way taken and of staying put.

    A ladder with few people is left out and named in a note.
    """
    walked = steps(data, reference, as_of=as_of, price_year=price_year)
    rows, notes = [], [ILLUSTRATION]
    for domain, part in walked.groupby("domain", sort=True):
        cases = part.groupby("case_id")
        if len(cases) < few():
            notes.append(f"{domain}: fewer than {few()} people, not shown.")
            continue
        moved = cases["position"].agg(["first", "last"])
        way, stay = part["cost_gbp"].sum(), part["staying_gbp"].sum()
        down, up = (moved["last"] > moved["first"]).sum(), (moved["last"] < moved["first"]).sum()
        name = str(domain).capitalize()
        rows.append((name, len(cases), int(down), int(up), way, stay, stay - way))
    return _table("journeys", rows, data, price_year, notes)


def by_step(data: Dataset, reference: Reference, *, as_of: pd.Timestamp, price_year: str) -> Table:
    """Show months spent on each step that enough people have been on."""
    walked = steps(data, reference, as_of=as_of, price_year=price_year)
    rows = []
    for (domain, _, name), part in walked.groupby(["domain", "position", "label"], sort=True):
        if (many := part["case_id"].nunique()) >= few():
            months, cost = round(part["months"].sum()), part["cost_gbp"].sum()
            rows.append((f"{str(domain).capitalize()}: {name}", many, months, cost))
    notes = [ILLUSTRATION, f"Steps reached by fewer than {few()} people are left out."]
    return _table("journey_steps", rows, data, price_year, notes)


def people_claimed(data: Dataset, project_id: str) -> Table:
    """Show how many people each outcome of a project is claimed for."""
    rows = [
        (f"outcomes row {row.Index + 2}", row.unit_cost_code, row.people)
        for row in data.own("outcomes", project_id).itertuples()
    ]
    own = slug(project_id, "_")
    return lay("benefit_people", rows, "", own=own, project_id=project_id, title=data.title)


def _table(name: str, rows: list[Any], data: Dataset, price_year: str, notes: list[str]) -> Table:
    source = f"Case steps, {data.title}; ladders and unit costs of the reference data"

    def without_sums(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{name: float("nan") for name in SUMS if name in frame})

    return lay(name, rows, source, price_year=price_year, notes=notes, derive=without_sums)
