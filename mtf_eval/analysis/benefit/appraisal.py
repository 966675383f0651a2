"""One project's benefit analysis as a record, and several projects together.

Gathers lines, guards, cash flow and draws; what is shown of it is made in `tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.benefit.cashflow import (
    Assumptions,
    flow,
    one_sided,
    results,
    sensitivities,
)
from mtf_eval.analysis.benefit.guards import Finding, claims, guard, neighbours
from mtf_eval.analysis.benefit.lines import Line, People, account, get
from mtf_eval.analysis.benefit.uncertainty import (
    Draws,
    Swing,
    simulate,
    switching_value,
    tornado,
)
from mtf_eval.analysis.results.columns import pounds
from mtf_eval.errors import BadArgument, Problem
from mtf_eval.records.prices.reference import Reference

if TYPE_CHECKING:
    from mtf_eval.records.dataset import Dataset

__all__ = ["Benefit", "analyse", "chance_words", "portfolio"]

#: How a benefit is claimed by the Maryland level of the weakest design behind it; 0 without one.
CLAIMS = (
    "On the outcomes claimed, benefits",
    "If all of the change is the project's doing, benefits",
    "If all of the change is the project's doing, benefits",
    "The records are consistent with benefits",
    "Benefits",
)


def chance_words(share: float) -> str:
    """Write a share of draws as a chance that is never nought and never certain."""
    return f"{'over 99' if share > 0.99 else 'under 1' if share < 0.01 else f'{100 * share:.0f}'}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """What a project cost and saved, for whom, and how sure that is.

    Attributes
    ----------
    lines, alone
        Source rows that count, and rare, dear events shown outside every total.
    findings, problems, notes
        Rules that spoke, rows that are wrong, honest gaps.
    unpriced
        Rows that have no price, and a lack of costs: where there is any, nothing that sets
        benefits against costs can be said.
    flow, results
        The cash-flow table, and the results under their GMCA names; `results` is missing on the
        benefit side where nothing is known.
    draws, swings, sensitivities
        `draws` is `None` where there is nothing to draw.
    areas, window
        Target areas and the first and last month of what is counted, for totals over projects.
    as_of
        Day the evaluation looked back from; `None` where it did not say.
    """

    project_id: str
    title: str
    status: str
    source: str
    lines: tuple[Line, ...]
    alone: tuple[Line, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    unpriced: tuple[str, ...]
    assumptions: Assumptions
    reference: Reference
    flow: pd.DataFrame
    results: pd.Series[Any]
    draws: Draws | None
    swings: tuple[Swing, ...] = ()
    sensitivities: tuple[tuple[str, Assumptions, pd.Series[Any]], ...] = ()
    areas: frozenset[str] = frozenset()
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None
    projects: tuple[str, ...] = ()
    as_of: date | None = None

    @property
    def claimed(self) -> tuple[Line, ...]:
        """Lines of benefit."""
        return tuple(line for line in self.lines if line.route != "cost")

    @property
    def spent(self) -> bool:
        """Whether costs are on record, and all of them have a price."""
        return not any("costs" in reason for reason in self.unpriced)

    @property
    def no_saving_possible(self) -> bool:
        """Whether every benefit rests on an effect that cannot be told from no effect."""
        return bool(self.claimed) and all(line.uncertain for line in self.claimed)

    @property
    def gross(self) -> bool:
        """Whether any benefit lacks a comparison and a deadweight."""
        return any(line.gross for line in self.claimed)

    @property
    def maryland(self) -> int | None:
        """Level of the weakest design behind a benefit of places; it caps the wording."""
        return min((line.effect.maryland for line in self.claimed if line.effect), default=None)

    @property
    def switching(self) -> float | None:
        """Share of the benefits that would be enough to pay for the costs; `None` unpriced."""
        if self.unpriced:
            return None
        return switching_value(
            benefits_gbp=self.results["present_value_benefits_gbp"],
            costs_gbp=self.results["present_value_costs_gbp"],
        )

    @property
    def why_one_sided(self) -> str:
        """Say why benefits and costs cannot be set against one another."""
        return f"{'; '.join(self.unpriced)}: we cannot say what is left, nor for each £1."

    @property
    def net_gbp(self) -> float:
        """Net present public value as reported."""
        return float(self.results["net_present_public_value_gbp"])

    @property
    def chance(self) -> str | None:
        """Chance that benefits exceed costs, in words that never say never.

        `None` where nothing was drawn or something has no price.
        """
        if self.draws is None or self.unpriced:
            return None
        return chance_words(self.draws.chance)

    @property
    def marks(self) -> dict[str, float]:
        """P5, P50 and P95 of the net present public value, by name."""
        if self.draws is None or self.unpriced:
            return {}
        return dict(zip(("P5", "P50", "P95"), self.draws.quantiles(self.draws.net), strict=True))

    def sentence(self) -> str:
        """Say the result in words, with what it must not be mistaken for."""
        costs = self.results["present_value_costs_gbp"]
        year = self.assumptions.price_year
        if not self.claimed:
            why = " ".join(self.notes) or "No effect and no outcome is on record."
            spent = f"It cost {pounds(costs)} ({year} prices)." if self.spent else ""
            return f"We cannot say what was saved. {spent} {why}".replace("  ", " ").strip()
        value = self.results["present_value_benefits_gbp"]
        gross = " (gross: there is no comparison for all of it)" if self.gross else ""
        span = f"{year} prices"
        if self.draws is not None:
            low, high = (pounds(end) for end in self.draws.interval)
            certain = "nothing in it was drawn"
            said = f"{self.draws.level:.0%} interval {low} to {high}" if low != high else certain
            span = f"{said}, unit costs as reported, {span}"
        if self.no_saving_possible:
            return (
                "No saving can be claimed: no effect lies inside the interval of the effect, so no "
                f"saving lies inside the benefit's ({span})."
                + (f" It cost {pounds(costs)}." if self.spent else "")
            )
        said = CLAIMS[min(self.maryland or 0, 4)]
        text = f"{said} of {pounds(value)} of public value{gross} ({span})"
        if self.unpriced:
            return f"{text}; {self.why_one_sided}"
        ratio = f"£{self.results['public_value_bcr']:.2f} for each £1"
        text = f"{text} against costs of {pounds(costs)}: {ratio}."
        if self.draws is None:
            return text
        return f"{text} The chance that benefits exceed costs is {self.chance}."


def _beyond(lines: Iterable[Line], horizon: int) -> list[Problem]:
    """Report costs that fall after the horizon and are therefore not counted."""
    table_row = (line.source_row.rsplit(" row ", 1) for line in lines if _late(line, horizon))
    return [
        Problem(
            file=table,
            row=int(row),
            column="date",
            found="a cost after the horizon",
            expected=f"a date in the first {horizon} years",
            todo="It is left out; a longer horizon counts it.",
        )
        for table, row in table_row
    ]


def _late(line: Line, horizon: int) -> bool:
    return line.route == "cost" and len(line.profile) > horizon


def _appraise(
    lines: Sequence[Line],
    reference: Reference,
    assumptions: Assumptions,
    unpriced: tuple[str, ...],
    *,
    rng: np.random.Generator,
    draws: int,
    project_id: str = "",
) -> dict[str, Any]:
    """Compute flow, results, draws, swings and sensitivities of lines taken as one project."""
    one = [replace(line, project_id=project_id) for line in lines] if project_id else lines
    frame = flow(one, reference, assumptions)
    table = results(frame)
    empty = pd.Series(np.nan, index=table.columns)
    found = table.iloc[0] if len(table) else empty
    drawn = swings = None
    if draws and any(line.route != "cost" for line in lines):
        drawn = simulate(lines, reference, assumptions, rng=rng, draws=draws)
        if unpriced:
            drawn = replace(drawn, costs=np.full(draws, np.nan), prices={})
        else:
            swings = tornado(lines, reference, assumptions, drawn)
    cases = sensitivities(one, reference, assumptions) if draws else []
    if unpriced:
        spent = not any("costs" in reason for reason in unpriced)
        found = one_sided(found, spent=spent)
        cases = [(name, chosen, one_sided(row, spent=spent)) for name, chosen, row in cases]
    return {
        "flow": frame,
        "results": found,
        "draws": drawn,
        "swings": swings or (),
        "sensitivities": tuple(cases),
    }


def analyse(
    data: Dataset,
    evaluation: Any,
    reference: Reference,
    *,
    price_year: str,
    horizon_years: int,
    rng: np.random.Generator,
    draws: int = 10_000,
    people: People | None = None,
) -> Benefit:
    """Work out what a project cost and saved.

    Parameters
    ----------
    evaluation
        `projects.evaluate` of the same data: `.project`, `.status`, `.effects`, `.cannot_say`.
    price_year
        Financial year of all pounds; refused when the deflator does not cover it.
    draws
        Monte Carlo draws; 0 for the deterministic results only.
    people
        What the people of outcomes may be counted as, from `Door.countable`; without it as they
        are on record, and the door then refuses every table of the result where it hides counts.

    Returns
    -------
    Benefit
        Whatever can be computed; rows that are wrong are in `problems` and left out.
    """
    assumptions = Assumptions(price_year=price_year, horizon_years=horizon_years)
    reference.index(price_year)
    read = account(data, evaluation, reference, people)
    guarded = guard(read.lines, reference)
    project = evaluation.project
    project_id = str(get(project, "project_id"))
    as_of = getattr(evaluation, "as_of", None)
    shared = [] if as_of is None else neighbours(data, project_id, as_of=as_of)
    target = data.table("project_areas")
    own = target["project_id"].eq(project_id) & target["role"].eq("target") if len(target) else None
    return Benefit(
        project_id=project_id,
        title=str(get(project, "title", project_id)),
        status=str(getattr(evaluation, "status", "")),
        source=f"{data.title}: costs, outcomes and recorded incidents; unit costs of the reference "
        "data",
        lines=guarded.lines,
        alone=guarded.alone,
        findings=(*guarded.findings, *claims(data, project_id), *shared),
        problems=(*read.problems, *_beyond(guarded.lines, horizon_years)),
        notes=read.notes,
        unpriced=read.unpriced,
        assumptions=assumptions,
        reference=reference,
        areas=frozenset(target.loc[own, "area_code"].astype(str))
        if own is not None
        else frozenset(),
        window=_window(get(project, "response_start"), guarded.lines),
        as_of=as_of,
        **_appraise(guarded.lines, reference, assumptions, read.unpriced, rng=rng, draws=draws),
    )


def _window(start: Any, lines: Iterable[Line]) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """First and last moment for which benefits are counted."""
    if start is None:
        return None
    years = max((len(line.profile) for line in lines if line.route != "cost"), default=1)
    return pd.Timestamp(start), pd.Timestamp(start) + pd.DateOffset(years=years)


def _together(one: Benefit, other: Benefit) -> bool:
    """Whether two projects may count the same thing: same areas (or none known), same time."""
    if one.window and other.window:
        (start, end), (first, last) = one.window, other.window
        if start >= last or first >= end:
            return False
    return not one.areas or not other.areas or bool(one.areas & other.areas)


def _own_part(one: Benefit, rivals: Sequence[Benefit]) -> float:
    """Share of a claim that is left when each area is split evenly among those who claim it."""
    if not one.areas or not all(r.areas for r in rivals):
        return 1 / (1 + len(rivals))
    claims = [1 + sum(area in r.areas for r in rivals) for area in one.areas]
    return sum(1 / n for n in claims) / len(claims)


def portfolio(
    benefits: Sequence[Benefit], *, rng: np.random.Generator, draws: int = 10_000
) -> Benefit:
    """Add projects up without counting anything twice, and draw what they share once.

    Where projects of the same areas and time claim the same incidents (same unit cost by places),
    each area is split evenly among them; where they claim the same outcome of people, attributions
    above 1 in all are scaled down to 1. Every project keeps its own year 0.
    """
    if not benefits:
        raise BadArgument("no projects to add up")
    first = benefits[0]
    if any(each.assumptions != first.assumptions for each in benefits):
        raise BadArgument("projects of different price years or horizons cannot be added up")
    lines: list[Line] = []
    findings: list[Finding] = []
    for each in benefits:
        others = [b for b in benefits if b is not each and _together(each, b)]
        for line in each.lines:
            rivals = [
                rival
                for b in others
                for rival in b.claimed
                if line.route == rival.route and line.code and line.code == rival.code
            ]
            weight = 1.0
            if rivals and line.route == "places":
                names = {rival.project_id for rival in rivals}
                weight = _own_part(each, [b for b in others if b.project_id in names])
            elif rivals:
                weight = min(1.0, 1 / (line.attribution + sum(r.attribution for r in rivals)))
            if weight < 1:
                named = sorted({rival.project_id for rival in rivals})
                findings.append(
                    Finding(
                        rule="counted_once",
                        action="warn",
                        source_row=f"{line.project_id}, {line.source_row}",
                        text=f"{line.label} of {line.project_id} is also claimed by "
                        f"{', '.join(named)}; {weight:.0%} of it enters the total.",
                    )
                )
            lines.append(
                replace(
                    line,
                    attribution=line.attribution * weight,
                    source_row=f"{line.project_id}, {line.source_row}",
                )
            )
    unpriced = tuple(f"{b.project_id}: {reason}" for b in benefits for reason in b.unpriced)
    return Benefit(
        project_id="all",
        title=f"{len(benefits)} projects",
        status="",
        source=first.source,
        lines=tuple(lines),
        alone=tuple(line for each in benefits for line in each.alone),
        findings=tuple(findings),
        problems=(),
        notes=tuple(f"{b.project_id}: {note}" for b in benefits for note in b.notes),
        unpriced=unpriced,
        assumptions=first.assumptions,
        reference=first.reference,
        projects=tuple(b.project_id for b in benefits),
        as_of=first.as_of,
        **_appraise(
            lines,
            first.reference,
            first.assumptions,
            unpriced,
            rng=rng,
            draws=draws,
            project_id="all",
        ),
    )
