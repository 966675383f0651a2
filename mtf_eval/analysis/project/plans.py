"""A plan as it was fixed, and whether the project kept to it; a change is shown, never refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from mtf_eval.analysis.project.design import LONGEST, SHORTEST, Project
from mtf_eval.analysis.project.evaluation import Evaluation, unassessed
from mtf_eval.analysis.results.columns import day
from mtf_eval.errors import BadArgument
from mtf_eval.records.coverage import coverage_of
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.plans import BY_HAND, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One row of `plans`, as a project that has not begun; `None` where it fixes nothing."""

    project: Project
    months: int
    design: str
    unit_costs: Mapping[str, str]
    cost_gbp: float | None
    horizon_years: int | None
    fixed_on: pd.Timestamp
    hash: str

    @classmethod
    def of(cls, row: Mapping[str, Any], title: str) -> Plan:
        """Make a plan of its row."""
        known: dict[str, Any] = {n: None if pd.isna(value) else value for n, value in row.items()}
        measures, codes = listed(known["measures"]), listed(known["unit_costs"])
        start, months = pd.Timestamp(known["start"]), int(known["months"])
        end = start + pd.DateOffset(months=months - 1) + pd.offsets.MonthEnd(0)
        areas = {"target": listed(known["areas"]), "buffer": listed(known["buffer"])}
        horizon = known["horizon_years"]
        project = Project(
            project_id=str(known["project_id"]),
            title=title,
            problem=known["problem"] or "",
            lead_agency="",
            stage="scanning",
            primary_measure=measures[0],
            response_start=start,
            response_end=end,
            areas={role: tuple(sorted(codes)) for role, codes in areas.items() if codes},
            measures={m: known["aim"] if m == measures[0] else None for m in measures},
        )
        return cls(
            project=project,
            months=months,
            design=known["design"] or "",
            unit_costs=dict(zip(measures, codes, strict=False)),
            cost_gbp=known["cost_gbp"],
            horizon_years=None if horizon is None else int(horizon),
            fixed_on=pd.Timestamp(known["fixed_on"]),
            hash=str(known["hash"]),
        )

    @property
    def aim(self) -> float | None:
        """Change aimed at in the primary measure; -0.2 is a fifth fewer."""
        return self.project.measures[self.project.primary_measure]


def compared(months: int) -> int:
    """Return how many months after the start an evaluation compares of a response so long."""
    return min(max(months, SHORTEST), LONGEST)


def plans_of(data: Dataset, project_id: str) -> tuple[Plan, ...]:
    """Return the plans of a project in the order they were fixed."""
    rows = data.own("plans", project_id)
    rows = rows.sort_values("fixed_on", kind="stable")
    named = data.own("projects", project_id)["title"]
    title = f"Plan {project_id}" if named.empty else str(named.iloc[0])
    return tuple(Plan.of(row, title) for row in rows.to_dict("records"))


def plan_of(data: Dataset, project_id: str) -> Plan:
    """Return the plan of a project that was fixed last.

    Raises `BadArgument` when there is none.
    """
    found = plans_of(data, project_id)
    if not found:
        known = ", ".join(sorted({*data.columns("plans", "project_id")["project_id"]}))
        raise BadArgument(f"plan_id={project_id!r}: expected one of {known or 'none on record'}")
    return found[-1]


def planned_evaluation(data: Dataset, plan: Plan, *, as_of: date) -> Evaluation:
    """Return what is on record of a plan's areas, as of a project that has not begun."""
    own = tuple(sorted({a for areas in plan.project.areas.values() for a in areas}))
    cover = coverage_of(data, plan.project.primary_measure, as_of=as_of, also=own)
    return unassessed(plan.project, cover, "planning", as_of)


def fixed(
    data: Dataset, evaluation: Evaluation, *, horizon: int | None = None
) -> tuple[bool | None, str]:
    """Say whether problem, measures and design were fixed in advance, and what changed since.

    `horizon`: years that pounds are counted for, where that is in question. Returns `None` without
    a plan; `True` where it was fixed before the start and nothing has changed.
    """
    begun, plans = evaluation.project.response_start, plans_of(data, evaluation.project.project_id)
    if not plans:
        return None, "no plan is on record"
    before = [p for p in plans if begun is None or p.fixed_on <= begun]
    later = [p for p in plans if p not in before]
    after = "".join(f"; planned anew on {day(p.fixed_on)}, after the start" for p in later)
    if not before:
        return False, f"not fixed in advance{after}"
    plan = before[-1]
    when = day(plan.fixed_on)
    if plan.hash == BY_HAND:
        return False, f"the plan of {when} was changed by hand: its hash is of another{after}"
    changed = [what for what, differs in _differences(data, plan, evaluation, horizon) if differs]
    since = f"; changed since: {', '.join(changed)}" if changed else ""
    return not changed, f"fixed in advance on {when}{since}{after} (hash {plan.hash})"


def fixed_words(data: Dataset, evaluation: Evaluation, *, horizon: int | None = None) -> str:
    """Say the same in a sentence; nothing where nobody planned."""
    held, said = fixed(data, evaluation, horizon=horizon)
    return "" if held is None else f"{said[0].upper()}{said[1:]}."


def _differences(
    data: Dataset, plan: Plan, evaluation: Evaluation, horizon: int | None
) -> tuple[tuple[str, bool], ...]:
    then, now, window = plan.project, evaluation.project, evaluation.window
    rows = data.own("project_measures", now.project_id)
    codes = dict(zip(rows["measure"], rows["unit_cost_code"].fillna(""), strict=True))
    months = window and len(window.sides()[1])
    aim = now.measures.get(then.primary_measure)

    def words(text: str) -> list[str]:
        return text.casefold().split()

    return (
        ("problem", bool(then.problem) and words(then.problem) != words(now.problem)),
        ("measures", {*then.measures} != {*now.measures}),
        ("primary measure", then.primary_measure != now.primary_measure),
        ("change aimed at", plan.aim is not None and plan.aim != aim),
        ("areas", {*then.target} != {*now.target}),
        ("areas beside them", {*then.buffer} != {*now.buffer}),
        ("start", then.first_month != now.first_month),
        ("months", months is not None and months != compared(plan.months)),
        ("design", bool(evaluation.design and plan.design not in ("", evaluation.design.method))),
        ("unit costs", any(codes.get(m) != code for m, code in plan.unit_costs.items())),
        ("horizon", bool(horizon and plan.horizon_years and horizon != plan.horizon_years)),
    )
