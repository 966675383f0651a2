"""What the projects of a year cost and were worth together, by what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mtf_eval.analysis.benefit import totals
from mtf_eval.analysis.benefit.appraisal import Benefit, each_pound, without_costs
from mtf_eval.analysis.benefit.cashflow import Assumptions
from mtf_eval.analysis.benefit.layout import basis, by_records, standing
from mtf_eval.analysis.project.design import project_of
from mtf_eval.analysis.project.evaluation import Evaluation, evaluated
from mtf_eval.analysis.project.net import KINDS, Evidence
from mtf_eval.analysis.project.overlaps import same_people
from mtf_eval.analysis.results.columns import lay, pounds
from mtf_eval.analysis.results.findings import inside, listing
from mtf_eval.analysis.results.tables import AS_RECORDED, Brief, Shown, Table
from mtf_eval.analysis.year.portfolio import Together, has_ended, year_of
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Money(Brief):
    """What the projects of a year cost and saved, each alone and by kind of evidence.

    `each`: projects whose assessed months end in the year; what one claims beside what the records
        show of it is in its `claims`.
    `kinds`: the same by what stands behind them, each counted once. No sum is over all kinds.
    `whole`: all of them as one, for what is counted twice and for the costs alone.
    `waiting`: projects whose months are not over: they have costs and, as yet, no benefits.
    `elsewhere`: projects that another year counts, with the year.
    `cut`: lines, by project and source row, of which an earlier year counts a part.
    """

    each: tuple[Benefit, ...]
    kinds: Mapping[Evidence, Benefit]
    whole: Benefit
    waiting: tuple[str, ...]
    elsewhere: Mapping[str, int]
    cut: frozenset[tuple[str, str]] = frozenset()

    def __repr__(self) -> str:
        return f"{len(self.each)} projects counted, {len(self.waiting)} not over"


def disappointments(data: Dataset, together: Together, spent: Money | None) -> Table:
    """List what did not work, or cannot be shown to have worked."""
    rows = (
        (each.project.named, "; ".join(said))
        for each in together.evaluations
        if (said := _disappointed(each))
    )
    name = "projects_disappointments"
    return lay(name, rows, data, together=together, as_at=together.as_of)


def _disappointed(evaluation: Evaluation) -> list[str]:
    """Say why the records do not show that a project worked; nothing where they do."""
    if evaluation.status == "no_records" and has_ended(evaluation):
        return ["no record of its measure was kept: nothing to judge it by"]
    if evaluation.status != "complete" or evaluation.evidence() == "effect":
        return []
    measure = evaluation.project.primary_measure
    net, name = evaluation.net.get(measure), inside(measure)
    if net is None:
        stopped = evaluation.withheld.get(measure)
        return [f"{name}: we cannot say{f': {stopped.reason}' if stopped is not None else ''}"]
    if not net.effect.distinguishable:
        return [f"{name}: no change that can be told from chance"]
    if (net.effect.estimate > 1) != net.rise_wanted:
        return [f"{name}: went the other way than wanted"]
    return [f"{name}: {net.doubt or 'a change with nothing to compare it with'}"]


# Pounds


def appraise(
    data: Dataset,
    together: Together,
    reference: Reference,
    *,
    price_year: str,
    horizon_years: int,
    rng: np.random.Generator,
    people: Shown = AS_RECORDED,
) -> Money | None:
    """Appraise the projects that the year counts, alone and by kind; `None` where it has none.

    What an earlier year counts, by evidence as good, is in no sum again.
    `price_year`, `horizon_years`: as in `analyse`; the same for every project. `rng`: draws
    what the projects share once for all of them. `people`: `Disclosure.counted`: how the people of
    an outcome enter; by default as recorded.
    """
    years = {e.project.project_id: year_of(e.project) for e in together.evaluations if has_ended(e)}
    ended = [e for e in together.evaluations if years.get(e.project.project_id) == together.year]
    if not ended:
        return None
    chosen = Assumptions(price_year=price_year, horizon_years=horizon_years)
    each = tuple(by_records(data, e, reference, chosen, people) for e in ended)
    sums = [s for b in each for s in _sums(b)]
    before = [
        replace(s, project_id=f"{s.project_id} (counted in {at})")
        for e, at in _earlier(data, together, ended)
        for s in _sums(by_records(data, e, reference, chosen, people))
    ]
    drawn: dict[Evidence, Benefit] = {}
    for kind in sorted(KINDS, key=lambda kind: kind == "claimed"):  # people move no other draw
        if own := [b for b in sums if b.evidence == kind]:
            total = totals.portfolio(own, rng=rng, among=sums, before=before)
            drawn[kind] = replace(total, project_id=f"year_{together.slug}_{kind}")
    kinds = {kind: drawn[kind] for kind in KINDS if kind in drawn}
    alone, left = totals.once(sums), totals.once(sums, before)
    cut = {line for line, (share, _) in alone.items() if left[line][0] < share}
    whole = totals.portfolio(sums, rng=rng, draws=0, before=before)
    later = {name: at for name, at in years.items() if at is not None and at != together.year}
    return Money(
        each=each,
        kinds=kinds,
        whole=replace(whole, project_id=f"year_{together.slug}"),
        waiting=tuple(
            e.project.project_id
            for e in together.evaluations
            if e not in ended and later.get(e.project.project_id, together.year + 1) > together.year
        ),
        elsewhere={name: at for name, at in later.items() if at < together.year},
        cut=frozenset(cut),
    )


def _earlier(
    data: Dataset, together: Together, ended: list[Evaluation]
) -> Iterator[tuple[Evaluation, int]]:
    """Projects that an earlier year counts and that may share areas with one of this, and when."""
    places = [set(e.project.target) for e in ended]
    for each in (project_of(data, str(name)) for name in data.table("projects")["project_id"]):
        at, own = year_of(each) or together.year, set(each.target)
        near = at < together.year and any(same_people(own, theirs) for theirs in places)
        if near and has_ended(found := evaluated(data, each.project_id, together.as_of)):
            yield found, at


def _sums(own: Benefit) -> list[Benefit]:
    """Every sum of a project, its costs in the first."""
    claims = [] if own.claims is None else [without_costs(own.claims)]
    return [own, *claims, *own.weaker]


def where_each_stands(
    data: Dataset,
    together: Together,
    reference: Reference,
    spent: Money | None = None,
    people: Shown = AS_RECORDED,
) -> Table:
    """Say where every project of the year stands, whether its pounds are counted here or not."""
    known = {b.project_id: b for b in spent.each} if spent else {}
    chosen = spent.each[0].assumptions if spent else None
    benefits = [
        known.get(e.project.project_id) or by_records(data, e, reference, chosen, people)
        for e in together.evaluations
    ]
    return standing(benefits, name=f"projects_{together.slug}")


def finding(spent: Money) -> str:
    """Say what the year's money came to, kind by kind, never in one sum."""
    cost = spent.whole.results["present_value_costs_gbp"]
    year = spent.whole.assumptions.price_year
    said = [f"The projects cost {pounds(cost)} ({year} prices)"]
    if why := [reason for reason in spent.whole.unpriced if "costs" in reason]:
        said = [f"We cannot say what the projects cost: {'; '.join(why)}"]
    for kind, own in spent.kinds.items():
        names = listing([b.project_id for b in _members(spent, kind)])
        if not own.claimed:
            said.append(f"{KINDS[kind]}: no pounds ({names})")
            continue
        text = f"{KINDS[kind]}: {pounds(own.results['present_value_benefits_gbp'])} ({names}"
        if own.draws is not None:
            low, high = own.draws.interval
            text += f"; {own.draws.level:.0%} interval {pounds(low)} to {pounds(high)}"
        text += ")"
        bare = [b.project_id for b in _members(spent, kind) if not b.claimed]
        if bare and kind == "effect":
            text += f"; no pounds are known for {listing(bare)}, so there is no ratio"
        elif kind == "effect" and (part := _cut(spent, kind)):
            text += f"; an earlier year counts part or all of {listing(part)}, so there is no ratio"
        elif not np.isnan(ratio := _ratio(spent, kind)):
            text += f", {each_pound(ratio)} for each £1 these cost"
        said.append(text)
    return f"{'. '.join(said)}."


def _ratio(spent: Money, kind: Evidence) -> float:
    """Return what comes back for each £1: of what passed, where each project has pounds."""
    known = kind == "effect" and all(b.claimed for b in _members(spent, kind))
    known = known and not _cut(spent, kind)
    return float(spent.kinds[kind].results["public_value_bcr"]) if known else np.nan


def _cut(spent: Money, kind: Evidence) -> list[str]:
    """Return the projects of a kind of which an earlier year counts a part."""
    lines = {(x.project_id, x.source_row) for b in _members(spent, kind) for x in b.claimed}
    return sorted({name for name, _ in lines & spent.cut})


def _members(spent: Money, kind: Evidence) -> list[Benefit]:
    return [b for each in spent.each for b in _sums(each) if b.evidence == kind]


def by_kind(data: Dataset, together: Together, spent: Money) -> Table:
    """Cost and public value by what stands behind it; no row is a sum over kinds."""
    rows, notes = [], list[str]()
    for kind, own in spent.kinds.items():
        value = own.results["present_value_benefits_gbp"] if own.claimed else np.nan
        ends = own.draws.interval if own.draws is not None else (np.nan, np.nan)
        cost = own.results["present_value_costs_gbp"] if own.paid else np.nan
        names = [b.project_id for b in _members(spent, kind)]
        rows.append((KINDS[kind], ", ".join(names), cost, value, *ends, _ratio(spent, kind)))
        paid = [b for b in spent.each if b.paid and b.evidence != kind]
        if others := [b.project_id for b in paid if b.project_id in names]:
            notes.append(f"{KINDS[kind]}: costs of {listing(others)} stand in another row.")
    return lay(
        "projects_money", rows, spent.whole.source, together=together, as_at=together.as_of,
        chosen=spent.each[0].assumptions, basis=basis(spent.whole), notes=notes,
    )  # fmt: skip


def once(data: Dataset, together: Together, spent: Money) -> Table:
    """Show what each project cost and saved alone, how much of it enters the total, and why."""
    rows: list[tuple[object, ...]] = []
    why: dict[str, list[str]] = {}
    for found in spent.whole.findings:
        why.setdefault(found.source_row, []).append(found.text)
    for own, beside in ((b, b is not each) for each in spent.each for b in _sums(each)):
        value = own.results["present_value_benefits_gbp"] if own.claimed else np.nan
        cost = own.results["present_value_costs_gbp"] if own.spent and not beside else np.nan
        said = [t for x in own.claimed for t in why.get(f"{x.project_id}, {x.source_row}", ())]
        reason = " ".join(said) if own.claimed else "no pounds are known for it"
        apart = ", claimed beside it" if own.beside else ", other measures"
        name = f"{own.project_id} {own.title}{apart * beside}"
        rows.append((name, KINDS[own.evidence], cost, value, reason or "all of it"))
    source, of = spent.whole.source, basis(spent.whole)
    return lay("projects_value", rows, source, together=together, as_at=together.as_of, basis=of)


def once_finding(spent: Money) -> str:
    """Say why the total is not the sum of the lines, or that it is."""
    pairs, moved = (
        sorted({f.text for f in spent.whole.findings if f.rule == rule})
        for rule in ("counted_once", "moved_once")
    )
    said = "No two of these projects claim the same thing: each sum is that of its lines."
    if pairs:
        said = "The sums are less than their lines: what another of these projects, or an earlier "
        said += f"year, counts is not counted again. {' '.join(pairs)}"
    if moved:
        said = f"{said if pairs else 'The sums are not those of their lines.'} {' '.join(moved)}"
    if spent.whole.assumptions != spent.each[0].assumptions:  # the horizon is longer
        said += (
            " Lines are present values of each project's own first year, as on its page, sums of "
            "the year in which the first of them began: later ones are discounted to it."
        )
    return said
