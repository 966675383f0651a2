"""People behind the pounds: who is claimed as an outcome, and journeys down a ladder of care.

A journey is an illustration with its assumptions: every month at the average cost of its step,
set against staying on the first step as long. It says nothing about who caused the move, and
never enters a benefit; only the `outcomes` table does. Shown for no fewer people together than any
disclosure rule would show, or as one case named by its code and with consent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mtf_eval.analysis.benefit.layout import people_table
from mtf_eval.analysis.results.columns import count, label, lay, money, people, text
from mtf_eval.analysis.results.tables import Column, Link, Sum, Table
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.prices.reference import Reference

if TYPE_CHECKING:
    from mtf_eval.records.dataset import Dataset

__all__ = [
    "by_domain",
    "by_step",
    "claimed_tables",
    "one_case",
    "people_claimed",
    "people_tables",
    "steps",
]

DAYS_A_MONTH = 365.25 / 12
ILLUSTRATION = (
    "An illustration: average costs of each step, against staying on the first step as long. It "
    "says nothing about what caused the move and is not part of any benefit."
)


def steps(
    data: Dataset, reference: Reference, *, as_of: pd.Timestamp, price_year: str
) -> pd.DataFrame:
    """Return one row a step of a case: months on it, its cost, the cost of staying put.

    Columns `case_id, project_id, domain, step, label, position, date, months, cost_gbp,
    staying_gbp`; pounds in the prices of `price_year`, not discounted. A step lasts to the next
    one of the case, the last to `as_of`; steps after `as_of` are left out.

    Raises
    ------
    BadArgument
        A domain without a ladder, or a step that is not on it.
    """
    frame = data.table("case_steps")
    frame = frame[frame["date"] <= pd.Timestamp(as_of)].copy()
    frame = frame.sort_values(["case_id", "domain", "date"], kind="stable").reset_index(drop=True)
    if frame.empty:
        return frame.assign(label="", position=0, months=0.0, cost_gbp=0.0, staying_gbp=0.0)
    rungs = {
        (domain, rung.step): rung
        for domain in frame["domain"].unique()
        for rung in reference.ladder(domain)
    }
    wanted = list(zip(frame["domain"], frame["step"], strict=True))
    unknown = sorted(
        {f"{domain}: {step}" for domain, step in wanted if (domain, step) not in rungs}
    )
    if unknown:
        raise BadArgument(f"case_steps: steps on no ladder: {', '.join(unknown)}")
    monthly = {
        key: _monthly(rung.unit_cost_code, reference, price_year) for key, rung in rungs.items()
    }
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
    rows, notes, least = [], [ILLUSTRATION], least_people(reference)
    for domain, part in walked.groupby("domain", sort=True):
        cases = part.groupby("case_id")
        if len(cases) < least:
            notes.append(f"{domain}: fewer than {least} people, not shown.")
            continue
        moved = cases["position"].agg(["first", "last"])
        rows.append(
            {
                "domain": str(domain).capitalize(),
                "people": len(cases),
                "down": int((moved["last"] > moved["first"]).sum()),
                "up": int((moved["last"] < moved["first"]).sum()),
                "path": part["cost_gbp"].sum(),
                "stay": part["staying_gbp"].sum(),
                "difference": part["staying_gbp"].sum() - part["cost_gbp"].sum(),
            }
        )
    columns = (
        label("domain", "Ladder"),
        people("people", "People"),
        people("down", "Now on an easier step"),
        people("up", "Now on a harder step"),
        money("path", "Cost of the way taken (£)"),
        money("stay", "Cost of staying on the first step (£)"),
        money("difference", "Difference (£)"),
    )
    made = _table("journeys", "Case journeys", rows, columns, data, price_year, notes)
    return replace(made, sums=(Sum(total="people", parts=("down", "up"), rest=True),))


def by_step(data: Dataset, reference: Reference, *, as_of: pd.Timestamp, price_year: str) -> Table:
    """Show months spent on each step that enough people have been on.

    What is left out of a ladder whose whole is shown is theirs by subtraction: it too is of enough
    people, or the steps with the fewest of those shown are left out as well.
    """
    walked = steps(data, reference, as_of=as_of, price_year=price_year)
    rows, least = [], least_people(reference)
    out = {domain: _left_out(part, least) for domain, part in walked.groupby("domain")}
    for (domain, _, name), part in walked.groupby(["domain", "position", "label"], sort=True):
        if name in out[domain]:
            continue
        rows.append(
            {
                "step": f"{str(domain).capitalize()}: {name}",
                "people": part["case_id"].nunique(),
                "months": round(part["months"].sum()),
                "cost": part["cost_gbp"].sum(),
            }
        )
    columns = (
        label("step", "Step"),
        people("people", "People who were on it"),
        count("months", "Months on it, all together"),
        money("cost", "Cost of those months (£)"),
    )
    few = f"Steps reached by fewer than {least} people are left out, and one beside them where "
    notes = [ILLUSTRATION, f"{few}they were fewer together."]
    made = _table("journey_steps", "Months on each step", rows, columns, data, price_year, notes)
    links = (
        Link(
            total=f"benefit_journeys/{row['step'].split(': ')[0]}/people",
            parts=(f"{made.name}/{row['step']}/people",),
            rest=True,
        )
        for row in rows
    )
    return replace(made, links=tuple(links))


def _left_out(walked: pd.DataFrame, least: int) -> set[str]:
    """Name the steps of one ladder that are not shown: none, or of enough people together."""
    reached = walked.groupby("label")["case_id"].nunique().sort_values(kind="stable")
    out = set(reached.index[reached < least])
    for name in reached.index:
        if not out or walked.loc[walked["label"].isin(out), "case_id"].nunique() >= least:
            break
        out.add(name)
    return out


def one_case(
    data: Dataset,
    reference: Reference,
    case_id: str,
    *,
    consented: bool,
    as_of: pd.Timestamp,
    price_year: str,
) -> Table:
    """Show one case by its code, with the person's consent and not without it."""
    if not consented:
        raise BadArgument("one case is shown only with consent: consented=True")
    walked = steps(data, reference, as_of=as_of, price_year=price_year)
    part = walked[walked["case_id"].eq(case_id)]
    if part.empty:
        raise NotEnoughData("case_steps: no steps of this case up to the date asked for")
    rows = [
        {
            "number": str(number),
            "step": row.label,
            "months": round(row.months),
            "path": row.cost_gbp,
            "stay": row.staying_gbp,
        }
        for number, row in enumerate(part.itertuples(), start=1)
    ]
    columns = (
        label("number", "Step number"),
        text("step", "Step"),
        count("months", "Months"),
        money("path", "Cost (£)"),
        money("stay", "Cost of staying on the first step (£)"),
    )
    title = f"Case {case_id}, shown with consent"
    return _table("journey_case", title, rows, columns, data, price_year, [ILLUSTRATION])


def people_claimed(data: Dataset, project_id: str) -> Table:
    """Show how many people each outcome of a project is claimed for."""
    frame = data.table("outcomes")
    found = frame["project_id"].eq(project_id).to_numpy(bool)
    rows = [
        (f"outcomes row {number + 2}", row.unit_cost_code, row.people)
        for number, row in enumerate(frame.itertuples())
        if found[number]
    ]
    return lay(
        people_table(project_id),
        f"People claimed as outcomes of {project_id}",
        rows,
        (label("row", "Source row"), text("code", "Unit cost code"), people("people", "People")),
        source=f"Outcomes, {data.title}",
    )


def claimed_tables(data: Dataset) -> tuple[Table, ...]:
    """Return the people claimed by every project, for the door of a report with pounds in it."""
    projects = sorted(set(data.table("outcomes")["project_id"].dropna().astype(str)))
    return tuple(people_claimed(data, project) for project in projects)


def people_tables(
    data: Dataset, reference: Reference, *, as_of: pd.Timestamp, price_year: str
) -> tuple[Table, ...]:
    """Return every table of a benefit report that counts people, for the disclosure door."""
    when = {"as_of": as_of, "price_year": price_year}
    journeys = (make(data, reference, **when) for make in (by_domain, by_step))
    return (*claimed_tables(data), *journeys)


def least_people(reference: Reference) -> int:
    """Return the fewest people whose pounds may be followed: more than any rule hides."""
    return int(reference.assumption("least_people").value)


def _table(
    name: str,
    title: str,
    rows: list[dict[str, Any]],
    columns: tuple[Column, ...],
    data: Dataset,
    price_year: str,
    notes: list[str],
) -> Table:
    return lay(
        f"benefit_{name}",
        f"{title}, {price_year} prices",
        rows,
        columns,
        source=f"Case steps, {data.title}; ladders and unit costs of the reference data",
        notes=notes,
    )
