"""One project's benefit analysis as a record.

What the records show and what the project claims are two sums, each a `Benefit` of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.benefit.cashflow import (
    Assumptions,
    Pricing,
    flow,
    one_sided,
    results,
    sensitivities,
    without_ratio,
)
from mtf_eval.analysis.benefit.guards import Finding, also_claim, claims, guard, neighbours
from mtf_eval.analysis.benefit.lines import Line, account
from mtf_eval.analysis.benefit.uncertainty import Draws, Swing, simulate, tornado
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.net import KINDS, UNSAVED, Evidence
from mtf_eval.analysis.results.columns import MINUS, pounds
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import AS_RECORDED, Brief, Shown
from mtf_eval.errors import Problem
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference

#: How a benefit is claimed by the Maryland level of the weakest design behind it; 0 without one.
CLAIMS = tuple(called("claim by Maryland level").values())

#: What a chance or a payback is given for, where the records alone do not bear it.
GIVEN = called("chance on condition")


def chance_words(share: float) -> str:
    """Write a share of draws as a chance that is never nought and never certain."""
    return f"{'over 99' if share > 0.99 else 'under 1' if share < 0.01 else f'{100 * share:.0f}'}%"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Benefit(Brief):
    """What a project cost and saved, for whom, and how sure that is.

    `lines`, `alone`: source rows that count, and rare, dear events shown outside every total.
    `findings`, `problems`, `notes`: rules that spoke, rows that are wrong, honest gaps.
    `unpriced`: rows that have no price, and a lack of costs: where there is any, nothing that sets
        benefits against costs can be said.
    `flow`, `results`: the cash-flow table, and the results under their GMCA names; `results` is
        missing on the benefit side where nothing is known.
    `draws`, `swings`, `sensitivities`: `draws` is `None` where there is nothing to draw.
    `areas`, `window`: target areas and the first and last month of what is counted, for totals over
        projects.
    `claims`: what the project claims beside what the records show, never added to it; `None` where
        only one of the two is on record, which is then this.
    `beside`: whether this is what a project claims beside what its records show.
    `weaker`: pounds of measures that are judged otherwise than the primary one, a sum a kind of
        evidence, without costs: in no total, ratio or chance of this one.
    `judged`: the evaluation whose net effects became pounds; `None` of several projects together.
    `alone_in_it`: whether no other project on record claims any of it, where that was checked.
    `as_of`: day the evaluation looked back from; `None` where it did not say.
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
    alone_in_it: bool = False
    claims: Benefit | None = None
    beside: bool = False
    weaker: tuple[Benefit, ...] = ()
    judged: Evaluation | None = None

    def __repr__(self) -> str:
        return f"{self.title} ({self.project_id}): {self.sentence()}"

    @property
    def claimed(self) -> tuple[Line, ...]:
        """Lines of benefit."""
        return tuple(line for line in self.lines if line.route != "cost")

    @property
    def paid(self) -> tuple[Line, ...]:
        """Lines of cost."""
        return tuple(line for line in self.lines if line.route == "cost")

    @property
    def spent(self) -> bool:
        """Whether costs are on record, and all of them have a price."""
        return not any("costs" in reason for reason in self.unpriced)

    @property
    def evidence(self) -> Evidence:
        """What stands behind the sum: its weakest line, else what the project's measure shows."""
        alone = self.judged.evidence() if self.judged else "not_shown"
        return _weakest(self.claimed) or alone

    @property
    def no_saving_possible(self) -> bool:
        """Whether every benefit rests on an effect that cannot be told from no effect."""
        return bool(self.claimed) and all(line.uncertain for line in self.claimed)

    @property
    def no_saving(self) -> bool:
        """Whether no saving can be claimed: the sum has no ratio and no chance."""
        return _weakest(self.claimed) in UNSAVED

    @property
    def marked(self) -> str:
        """What the sum is where no saving can be claimed of it, or it is in doubt, else nothing."""
        kind = KINDS[self.evidence] if self.no_saving or self.evidence == "doubtful" else ""
        return "Not told from nothing" if self.no_saving_possible else kind

    @property
    def unsaid(self) -> bool:
        """Whether nothing may be said of the measure the project is judged by."""
        return self.judged is not None and self.judged.primary is None

    @property
    def nought(self) -> bool:
        """Whether the sum stands as £0, as a loss and a gross sum do not."""
        value = self.results["present_value_benefits_gbp"]
        return self.no_saving and (self.no_saving_possible or not (self.gross or value < 0))

    @property
    def gross(self) -> bool:
        """Whether any benefit lacks a comparison and a deadweight."""
        return any(line.gross for line in self.claimed)

    @property
    def maryland(self) -> int | None:
        """Level of the weakest design behind a benefit of places; it caps the wording."""
        levels = (line.net.effect.maryland for line in self.claimed if line.net)
        return min(levels, default=None)

    @property
    def switching(self) -> float | None:
        """Share of the benefits that would pay for the costs; `None` unpriced or without any."""
        costs, value = self.results[["present_value_costs_gbp", "present_value_benefits_gbp"]]
        if self.unpriced or self.no_saving or not (value > 0 and costs >= 0):
            return None
        return float(costs / value)

    @property
    def net_gbp(self) -> float:
        """Net present public value as reported."""
        return float(self.results["net_present_public_value_gbp"])

    @property
    def chance(self) -> str | None:
        """Chance that benefits exceed costs, in words that never say never.

        `None` where nothing was drawn, something has no price or no saving can be claimed.
        """
        if self.draws is None or self.unpriced or self.no_saving:
            return None
        return chance_words(self.draws.chance)

    @property
    def chance_sentence(self) -> str:
        """Say the chance, and what it rests on."""
        return (
            f"{GIVEN.get(self.evidence, 'The')} chance that benefits exceed costs is {self.chance}"
        )

    @property
    def marks(self) -> dict[str, float]:
        """P5, P50 and P95 of the net present public value, by name."""
        if self.draws is None or self.unpriced:
            return {}
        drawn = self.draws.quantiles(self.draws.net, -self.draws.costs)
        return dict(zip(("P5", "P50", "P95"), drawn, strict=True))

    @property
    def doubts(self) -> str:
        """What speaks against the effects behind the sum, in a few words."""
        said = dict.fromkeys(line.net.doubt for line in self.claimed if line.net and line.net.doubt)
        return "; ".join(said)

    def sentence(self) -> str:
        """Say the result in words, with what it must not be mistaken for."""
        costs, year = self.results["present_value_costs_gbp"], self.assumptions.price_year
        bias = " with optimism bias" if costs else ""
        cost = f"It cost {pounds(costs)}{bias} ({year} prices)."
        cost = cost if self.spent and costs >= 0 else ""
        if not self.claimed:
            why = " ".join(self.notes) or "No effect or outcome on record has a price."
            none = "" if self.spent else "No costs are on record."
            return " ".join(filter(None, ["We cannot say what was saved.", cost or none, why]))
        value = self.results["present_value_benefits_gbp"]
        drawn = self.draws
        span = f"{year} prices"
        if drawn is not None:
            low, high = (pounds(end) for end in drawn.interval)
            interval = f"{drawn.level:.0%} interval {low} to {high}"
            said = interval if low != high else "nothing in it was drawn"
            span = f"{said}, unit costs as reported, {span}"
        if self.nought:
            why = "the measure the project is judged by shows no effect, so"
            if self.unsaid:
                why = "nothing can be said of the measure the project is judged by, so"
            means = "is not taken for its doing"
            if self.no_saving_possible:
                why = "the interval of the effect includes no effect, so"
                means = "cannot be told from nothing"
            return (
                f"No saving can be claimed, £0: {why} "
                f"the estimate, {pounds(value)}, {means} ({span}). {cost}"
            ).strip()
        said = CLAIMS[min(self.maryland or 0, 4)]
        if self.evidence == "doubtful":
            said = f"In doubt ({self.doubts or 'the project as a whole is'}): benefits"
        gross = " (gross: there is no comparison for all of it)" if self.gross else ""
        names = [*dict.fromkeys(line.label for line in self.claimed if line.net)]
        gross += f" from {listing([n[0].lower() + n[1:] for n in names])}" if names[1:] else ""
        text = f"{said} of {pounds(value)} of public value{gross} ({span})"
        if value < 0:
            lost = f"a loss of {pounds(-value)} of public value{gross} (of benefits {span})"
            text = f"{said.removesuffix('benefits').removesuffix('Benefits')}{lost}"
            text = text[0].upper() + text[1:]
        if self.unpriced:
            why = "; ".join(self.unpriced)
            return f"{text}; {why}: we cannot say what is left, nor for each £1."
        if self.no_saving and value >= 0:
            return f"{text}. Not shown to be, so there is no ratio. {cost}".strip()
        if value < 0:
            return f"{text}, beside costs of {pounds(costs)}."
        ends = drawn.ratio if drawn is not None else None
        between = f" ({each_pound(ends[0])} to {each_pound(ends[1])})" if ends else ""
        worth = self.results["public_value_bcr"]
        ratio = f"{each_pound(worth)} for each £1{between}"
        against = f"against costs of {pounds(costs)}"
        if np.isnan(worth):
            ratio = "nothing was paid on balance, so there is no ratio"
        if costs < 0:
            against = f"while {pounds(-costs)} more came back than was paid"
        text = f"{text} {against}: {ratio}."
        return text if self.chance is None else f"{text} {self.chance_sentence}."


def each_pound(ratio: float) -> str:
    """Write what comes back for each pound."""
    if 0 < ratio < 0.005:
        return "less than £0.01"
    return f"{MINUS if round(ratio, 2) < 0 else ''}£{abs(ratio):.2f}"


def _weakest(lines: Iterable[Line]) -> Evidence | None:
    """Return the weakest evidence behind lines of benefit; `None` where there is none."""
    kinds = (line.evidence for line in lines)
    return max(kinds, key=list(KINDS).index, default=None)


def _returned(lines: Iterable[Line], reference: Reference, assumptions: Assumptions) -> bool:
    """Whether as much came back as was paid, or more: as paid, uprated or discounted.

    Of several projects each by itself: what one got back is no cost of the others.
    """
    spent = [line for line in lines if line.route == "cost"]
    bare = replace(assumptions, optimism="off")
    pricing = Pricing(reference, bare)
    given: dict[str, float] = {}
    for line in spent:
        own = given.get(line.project_id, 0.0)
        given[line.project_id] = own + float(pricing.units(line).sum())
    if all(line.quantity >= 0 for line in spent):
        return not any(given.values())
    sums = flow(spent, reference, bare).groupby("project_id")[["amount_gbp", "present_gbp"]].sum()
    low = min((*given.values(), *sums.min()), default=0.0)
    return low < 0 or not any(given.values())


def appraise_lines(
    lines: Sequence[Line],
    reference: Reference,
    assumptions: Assumptions,
    unpriced: tuple[str, ...],
    *,
    rng: np.random.Generator,
    draws: int,
    project_id: str = "",
) -> dict[str, Any]:
    """Compute what a `Benefit` holds of lines; with `project_id` of a total, taken as one."""
    one = [replace(line, project_id=project_id) for line in lines] if project_id else lines
    frame = flow(one, reference, assumptions)
    table = results(frame)
    found = table.iloc[0] if len(table) else pd.Series(np.nan, index=table.columns)
    drawn: Draws | None = None
    swings: tuple[Swing, ...] = ()
    if draws and any(line.route != "cost" for line in lines):
        drawn = simulate(lines, reference, assumptions, rng=rng, draws=draws)
        if unpriced:
            drawn = replace(drawn, costs=np.full(draws, np.nan), prices={})
        elif not project_id:
            swings = tornado(lines, reference, assumptions, drawn)
    alone = draws and not project_id
    cases = sensitivities(one, reference, assumptions) if alone else []
    if unpriced:
        spent = not any("costs" in reason for reason in unpriced)
        found = one_sided(found, spent=spent)
        cases = [(name, chosen, one_sided(row, spent=spent)) for name, chosen, row in cases]
    if (
        _returned(lines, reference, assumptions)
        or _weakest(line for line in lines if line.route != "cost") in UNSAVED
    ):
        found = without_ratio(found)
        cases = [(name, chosen, without_ratio(row)) for name, chosen, row in cases]
    made = {"unpriced": unpriced, "flow": frame, "results": found, "draws": drawn}
    return made | {"swings": swings, "sensitivities": tuple(cases)}


def analyse(
    data: Dataset,
    evaluation: Evaluation,
    reference: Reference,
    *,
    price_year: str,
    horizon_years: int,
    rng: np.random.Generator,
    draws: int = 10_000,
    people: Shown = AS_RECORDED,
) -> Benefit:
    """Work out what a project cost and saved.

    `evaluation`: `projects.evaluate` of the same data.
    `price_year`: financial year of all pounds; refused when the deflator does not cover it.
    `draws`: Monte Carlo draws; 0 for the deterministic results only.
    `people`: how people of outcomes enter, from `Disclosure.counted`: as they are shown, and not at
        all where hidden. By default as they are on record, which a rule that hides then refuses.

    Returns what the records show of the primary measure and of those judged alike, in `weaker` of
    the others, and in `claims` what the project claims; what it claims alone where no measure has
    pounds. Rows that are wrong are in `problems` and left out.
    """
    assumptions = Assumptions(price_year=price_year, horizon_years=horizon_years)
    read = account(data, evaluation, reference, people)
    guarded = guard(read.lines, reference)
    project = evaluation.project
    own = project.project_id
    shared = tuple(neighbours(data, own, as_of=evaluation.as_of))
    beside = {name for names, _ in also_claim(data, own).values() for name in names}

    over = f"after the horizon of {horizon_years} year{'s' * (horizon_years > 1)}"
    counted, notes = list[Line](), [*read.notes]
    for line in guarded.lines:
        inside, whole = (sum(map(bool, p)) for p in (line.profile[:horizon_years], line.profile))
        if inside or line.route == "cost":
            counted.append(line)
        if inside < whole and line.route != "cost":
            cut = f"{inside} of {whole} years are counted, the others lie {over}."
            cut = cut if inside else f"it begins {over}, so none of it is counted."
            notes.append(f"{line.source_row}, {line.label}: {cut}")

    def side(route: str, table: str, kind: Evidence) -> Benefit:
        lines = tuple(
            line
            for line in counted
            if line.route == "cost" or (line.route, line.evidence) == (route, kind)
        )
        late = [x.source_row for x in lines if x.route == "cost" and len(x.profile) > horizon_years]
        unpriced = tuple(row for row in read.unpriced if not row.startswith(table))
        unpriced += tuple(f"{row} is {over}" for row in late)
        return Benefit(
            project_id=own,
            title=project.title,
            status=evaluation.status,
            source=f"{data.title}: costs, outcomes and recorded incidents; unit costs of the "
            "reference data",
            lines=lines,
            alone=guarded.alone,
            findings=(*guarded.findings, *claims(data, own), *shared),
            alone_in_it=bool(project.target) and not shared and not beside,
            problems=read.problems,
            notes=tuple(notes),
            assumptions=assumptions,
            reference=reference,
            areas=frozenset(project.target),
            window=_window(project.response_start, lines),
            as_of=evaluation.as_of,
            judged=evaluation,
            **appraise_lines(lines, reference, assumptions, unpriced, rng=rng, draws=draws),
        )

    routes = {line.route for line in counted}
    main = evaluation.evidence()
    if "people" in routes and "places" not in routes:
        return side("people", "project_measures", "claimed")
    records = side("places", "outcomes", main)
    kinds = {line.evidence for line in counted if line.route == "places"} - {main}
    weaker = tuple(
        without_costs(side("places", "outcomes", kind)) for kind in KINDS if kind in kinds
    )
    claimed = None
    if "people" in routes:  # drawn last: people who are hidden move no draw of the records
        claimed = replace(side("people", "project_measures", "claimed"), beside=True)
    told = (_apart(each, line) for each in weaker for line in each.claimed)
    return replace(records, weaker=weaker, findings=(*records.findings, *told), claims=claimed)


def without_costs(benefit: Benefit) -> Benefit:
    """Return a further sum of a project, whose costs stand with the first."""
    kept = tuple(line for line in benefit.lines if line.route != "cost")
    unpriced = tuple(row for row in benefit.unpriced if "costs" not in row)
    return replace(benefit, lines=kept, unpriced=unpriced)


def _apart(weaker: Benefit, line: Line) -> Finding:
    """Say that the pounds of a measure are in no total, and what they are."""
    own = weaker.flow[weaker.flow["source_row"].eq(line.source_row) & ~weaker.flow["transfer"]]
    why = f" ({line.net.doubt})" if line.net and line.net.doubt else ""
    text = f"{line.label}: {KINDS[weaker.evidence].lower()}{why}, so its "
    text += f"{pounds(own['present_gbp'].sum())} are in no total, ratio or chance of this page."
    return Finding(rule="weaker_evidence", action="alone", source_row=line.source_row, text=text)


def _window(start: Any, lines: Iterable[Line]) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """First and last moment for which benefits are counted."""
    if start is None:
        return None
    years = max((len(line.profile) for line in lines if line.route != "cost"), default=1)
    return pd.Timestamp(start), pd.Timestamp(start) + pd.DateOffset(years=years)
