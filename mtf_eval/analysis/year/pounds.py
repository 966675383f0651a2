"""What the projects of a year cost and were worth together, and what did not work.

Appraises each project, adds them up without counting anything twice, and names what fell short.
Effects are pooled in `portfolio`; draws and prices are made in `benefit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mtf_eval.analysis import benefit
from mtf_eval.analysis.benefit import Benefit
from mtf_eval.analysis.benefit.layout import few_people, rests_on
from mtf_eval.analysis.benefit.lines import People
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.results.columns import day, label, lay, pounds, text, where_from
from mtf_eval.analysis.results.columns import money as gbp
from mtf_eval.analysis.results.findings import percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.year.portfolio import Together, has_ended
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference

__all__ = ["Money", "appraise", "disappointments", "money", "once", "once_finding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What the projects cost and saved: each alone, and together without counting twice.

    `waiting` names projects still planned or running: they have costs and, as yet, no benefits.
    """

    each: tuple[Benefit, ...]
    total: Benefit
    waiting: tuple[str, ...]


def disappointments(data: Dataset, together: Together, spent: Money | None) -> Table:
    """List what did not work, or cannot be shown to have worked."""
    rows = (
        (f"{each.project.project_id} {each.project.title}", "; ".join(said))
        for each in together.found
        if (said := _disappointed(each, spent))
    )
    return lay(
        f"projects_disappointments_{together.slug}",
        f"What did not work in {together.year}, or cannot be shown to have worked",
        rows,
        (label("project", "Project"), text("what", "What")),
        source=where_from(data, "Project records and recorded incidents"),
        as_at=together.as_of,
    )


def _disappointed(found: Evaluation, spent: Money | None) -> list[str]:
    if found.status == "no_records" and has_ended(found):
        return ["no record of its measure was kept: nothing to judge it by"]
    if found.status != "complete":
        return []
    said = []
    for measure, wanted in found.project.measures.items():
        effect = found.effects.get(measure)
        if effect is None:
            stopped = found.withheld.get(measure)
            why = f": {stopped.reason}" if stopped is not None else ""
            said.append(f"{measure.lower()}: we cannot say{why}")
        elif not effect.distinguishable:
            said.append(f"{measure.lower()}: no change that can be told from chance")
        elif wanted is not None and (effect.estimate - 1) * wanted < 0:
            said.append(f"{measure.lower()}: went the other way than wanted")
        elif wanted is not None and abs(effect.change) < abs(wanted):
            said.append(f"{measure.lower()}: short of the {percent(wanted, signed=True)} aimed at")
    buffer = found.spill.buffer if found.spill else None
    if buffer is not None and buffer.low > 1:
        said.append("more was recorded in the areas beside it")
    elif found.spill and found.spill.nothing_left:
        said.append("counted together with the areas beside it, no fewer incidents are left")
    own = next((b for b in _each(spent) if b.project_id == found.project.project_id), None)
    if own is not None and own.claimed and not own.no_saving_possible and own.net_gbp < 0:
        said.append("it cost more than it saved")
    return said


def _each(spent: Money | None) -> tuple[Benefit, ...]:
    return () if spent is None else spent.each


# Pounds


def appraise(
    data: Dataset,
    together: Together,
    reference: Reference,
    *,
    price_year: str,
    horizon_years: int,
    rng: np.random.Generator,
    people: Callable[[Table], People] | None = None,
) -> Money | None:
    """Appraise the projects that have ended, alone and together; `None` where none has.

    Parameters
    ----------
    price_year, horizon_years
        As in `benefit.analyse`; the same for every project.
    rng
        Draws what the projects share once for all of them.
    people
        `Door.countable`: what the people of an outcome may be counted as; without it as recorded.
    """
    ended = [e for e in together.found if has_ended(e)]
    if not ended:
        return None
    each = tuple(
        benefit.analyse(
            data,
            e,
            reference,
            price_year=price_year,
            horizon_years=horizon_years,
            rng=rng,
            draws=0,
            people=people and people(benefit.people_claimed(data, e.project.project_id)),
        )
        for e in ended
    )
    waiting = tuple(e.project.project_id for e in together.found if e not in ended)
    total = replace(benefit.portfolio(each, rng=rng), project_id=f"year_{together.slug}")
    return Money(each=each, total=total, waiting=waiting)


def money(data: Dataset, together: Together, spent: Money) -> Table:
    """Cards: cost and public value of the ended projects together, with interval and chance."""
    total = spent.total
    row: dict[str, object] = {"year": f"{together.year}"}
    row["costs"] = total.results["present_value_costs_gbp"]
    columns = [label("year", "Year"), gbp("costs", "Cost")]
    if total.claimed:
        note = ""
        if total.draws is not None:
            low, high = total.draws.interval
            note = f"{total.draws.level:.0%} interval {pounds(low)} to {pounds(high)}"
            row["chance"] = total.chance
        row["benefits"] = total.results["present_value_benefits_gbp"]
        row["net"] = total.net_gbp
        columns += [
            gbp("benefits", "Public value", note=note),
            gbp("net", "Public value less cost"),
        ]
        if "chance" in row:
            columns.append(text("chance", "Chance that value exceeds cost"))
    return lay(
        f"projects_money_{together.slug}",
        f"Cost and public value of the projects that had ended by {day(together.as_of)}",
        [row],
        columns,
        source=total.source,
        as_at=together.as_of,
        notes=(
            f"{total.assumptions.price_year} prices, present values over "
            f"{total.assumptions.horizon_years} years; what projects share is drawn once.",
            "Unit costs as reported; the chance is the smaller of that and of drawing them over "
            "their ranges.",
            *few_people(total),
        ),
        rests_on=rests_on(total),
    )


def once(data: Dataset, together: Together, spent: Money) -> Table:
    """Show what each project cost and saved alone, how much of it enters the total, and why."""
    rows: list[tuple[object, ...]] = []
    why: dict[str, str] = {}
    for found in spent.total.findings:
        why.setdefault(found.source_row.split(",")[0], found.text)
    for own in spent.each:
        value = own.results["present_value_benefits_gbp"] if own.claimed else np.nan
        cost = own.results["present_value_costs_gbp"] if own.spent else np.nan
        reason = why.get(own.project_id, "" if own.claimed else "no pounds are known for it")
        rows.append((f"{own.project_id} {own.title}", cost, value, reason or "all of it"))
    total = spent.total.results
    values = pd.Series([r[2] for r in rows], dtype="float64")
    added = float(values.sum())
    counted = float(total["present_value_benefits_gbp"]) if spent.total.claimed else np.nan
    twice = counted - added
    if spent.total.claimed and round(twice) != 0:
        shared = "claimed by more than one project, counted once"
        rows.append(("Counted twice in the lines above", np.nan, twice, shared))
    rows.append(("Total", total["present_value_costs_gbp"], counted, ""))
    return lay(
        f"projects_value_{together.slug}",
        "Cost and public value by project, and what enters the total",
        rows,
        (
            label("project", "Project"),
            gbp("costs", "Cost (£)"),
            gbp("benefits", "Public value (£)"),
            text("enters", "What enters the total"),
        ),
        source=spent.total.source,
        as_at=together.as_of,
        total_row=True,
        rests_on=rests_on(spent.total),
    )


def once_finding(spent: Money) -> str:
    """Say why the total is not the sum of the lines, or that it is."""
    pairs = sorted({f.text for f in spent.total.findings if f.rule == "counted_once"})
    if not pairs:
        return "No two of these projects claim the same thing: the total is the sum of the lines."
    return (
        "The total is less than the sum of the lines: projects that worked in the same areas at "
        "the same time cannot both have saved the same incidents. " + " ".join(pairs)
    )
