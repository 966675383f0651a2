"""Several projects together: each incident and each person once, one base year.

Below them the sums alone, for those who have their costs and benefits by year already: pounds of
one price year, year 0 first and not discounted; a missing amount makes the result missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mtf_eval.analysis.benefit.appraisal import Benefit, appraise_lines
from mtf_eval.analysis.benefit.guards import Finding
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.project.net import KINDS
from mtf_eval.analysis.project.overlaps import same_people
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.prices.reference import financial_year, load_reference

#: Share of a line that enters a total, and the other projects that claim the rest.
Once = dict[tuple[str, str], tuple[float, tuple[str, ...]]]
Cells = Mapping[tuple[Any, ...], float]  # shares by area, month


def _together(one: Benefit, other: Benefit) -> bool:
    """Whether two projects may count the same people: same areas (or none known), same time."""
    if one.window and other.window:
        (start, end), (first, last) = one.window, other.window
        if start >= last or first >= end:
            return False
    return same_people(one.areas, other.areas)


def _people(benefit: Benefit) -> list[Line]:
    """Return the lines that claim a share of people, and not none of them."""
    lines = (line for line in benefit.claimed if line.route == "people")
    return [x for x in lines if x.quantity * x.impact * (1 - x.deadweight) * x.attribution]


def once(benefits: Sequence[Benefit], before: Sequence[Benefit] = ()) -> Once:
    """Say how much of each line enters a total in which nothing is counted twice.

    Incidents are counted once by measure, area and month, whatever their unit cost: by the
    line with the better evidence, then by one of those `before`, whose totals stand already, then
    by the one that covers more. Where projects of the same areas and time claim one outcome of
    people, attributions above 1 in all are scaled down to 1.
    """
    found = _first(benefits, lambda line: line.net.cells if line.net else {}, before)
    for each in benefits:
        others = [b for b in benefits if b.project_id != each.project_id and _together(each, b)]
        theirs = [line for b in others for line in _people(b)]
        for line in _people(each):
            rows = sorted((r.attribution, r.project_id) for r in theirs if r.code == line.code)
            most = {name: share for share, name in rows}  # the largest of each
            whole = line.attribution + sum(most.values())
            names = tuple(sorted(most)) if most and whole > 1 + 1e-9 else ()
            found[line.project_id, line.source_row] = 1 / whole if names else 1.0, names
    return found


def _first(
    benefits: Sequence[Benefit], of: Callable[[Line], Cells], before: Sequence[Benefit] = ()
) -> Once:
    """Give each area and month of a measure to one line of places, and the others the rest."""
    order = list(KINDS)
    taken: dict[tuple[Any, ...], str] = {}
    found: Once = {}
    places = [
        (order.index(line.evidence), late, -len(line.net.cells), b.project_id, line, of(line))
        for late, some in enumerate((before, benefits))
        for b in some
        for line in b.claimed
        if line.net is not None
    ]
    for *_, name, line, cells in sorted(places, key=lambda each: each[:4]):
        own = {(line.label, *cell): share for cell, share in cells.items()}
        rivals = {taken[cell] for cell in own if cell in taken}
        left = sum(share for cell, share in own.items() if cell not in taken)
        found[line.project_id, line.source_row] = (left if rivals else 1.0, tuple(sorted(rivals)))
        taken |= {cell: name for cell in own if cell not in taken}
    return found


def portfolio(
    benefits: Sequence[Benefit],
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
    among: Sequence[Benefit] = (),
    before: Sequence[Benefit] = (),
) -> Benefit:
    """Add projects up without counting anything twice, and draw what they share once.

    All present values are of one base year: the financial year in which the first of them began.
    `among`: all that share incidents, people and the base year with these, where they are more.
    `before`: those an earlier total counts, as `once` takes them.
    """
    if not benefits:
        raise BadArgument("no projects to add up")
    first = benefits[0]
    if any(each.assumptions != first.assumptions for each in benefits):
        raise BadArgument("projects of different price years or horizons cannot be added up")
    counted = once(among or benefits, before)

    def near(line: Line) -> Cells:
        """Return where an excess lies that is taken off whole; kinds of evidence are no one sum."""
        if not line.net or not line.moved or counted[line.project_id, line.source_row][0] < 1:
            return {}
        return {(*cell, line.evidence): share for cell, share in line.net.near.items()}

    moved = _first(among or benefits, near)
    begun = [int(financial_year(b.window[0])[:4]) for b in among or benefits if b.window]
    base, years = min(begun, default=0), first.assumptions.horizon_years
    assumptions = replace(first.assumptions, horizon_years=years + max(begun, default=base) - base)
    lines: list[Line] = []
    findings: list[Finding] = []
    for each in benefits:
        late = int(financial_year(each.window[0])[:4]) - base if each.window else 0
        for line in each.lines:
            weight, rivals = counted.get((line.project_id, line.source_row), (1.0, ()))
            source_row = f"{line.project_id}, {line.source_row}"
            if weight < 1:
                text = f"{line.label} of {line.project_id} is also claimed by {', '.join(rivals)}; "
                text += f"{weight:.0%} of it enters the total."
                findings.append(Finding("counted_once", "warn", source_row, text))
            share, rivals = moved.get((line.project_id, line.source_row), (1.0, ()))
            if line.net is not None and share < 1:
                net = replace(line.net, share=share)
                text = f"{line.label} of {line.project_id}: of {line.moved:,.0f} more next door "
                text += f"{1 - share:.0%} are taken off {', '.join(rivals)}, and not twice."
                findings.append(Finding("moved_once", "warn", source_row, text))
                line = replace(line, net=net, quantity=net.avoided)
            profile, ages = (0.0,) * late + line.profile[:years], (0,) * late + line.ages[:years]
            lines.append(
                replace(line, weight=weight, profile=profile, ages=ages, source_row=source_row)
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
        assumptions=assumptions,
        reference=first.reference,
        projects=tuple(b.project_id for b in benefits),
        as_of=first.as_of,
        **appraise_lines(
            lines, first.reference, assumptions, unpriced, rng=rng, draws=draws, project_id="all"
        ),
    )


def present_value(
    amounts: npt.ArrayLike, *, rate: float | None = None, kind: str = "standard"
) -> float:
    """Discount amounts by year to year 0 and add them up.

    Parameters
    ----------
    amounts
        Pounds of each year, shape (years,).
    rate
        Discount rate a year, such as 0.035; by default the Green Book's rates by band of years.
    kind
        `"standard"`, or `"health"` for effects valued by QALY; without a `rate` only.

    Returns
    -------
    float
        Pounds.

    Raises
    ------
    BadArgument
        Amounts that are no list of numbers, a rate of -1 or less.

    Examples
    --------
    >>> round(present_value([259_804.93, 129_902.46]), 2)
    385314.55
    >>> present_value([100, 110], rate=0.10)
    200.0
    """
    values = np.asarray(amounts, dtype="float64")
    if values.ndim != 1 or not len(values):
        raise BadArgument(f"amounts of shape {values.shape}: expected one amount a year")
    if rate is None:
        return float(values @ np.array(load_reference().discount_factors(len(values), kind)))
    if not rate > -1:
        raise BadArgument(f"rate={rate!r}: expected a rate above -1, such as 0.035")
    return round(float(values @ (1 + rate) ** -np.arange(len(values))), 9)


def npv(benefits: npt.ArrayLike, costs: npt.ArrayLike, *, rate: float | None = None) -> float:
    """Net present value: benefits less costs, both by year and both discounted.

    Parameters
    ----------
    benefits, costs
        Pounds of each year, shape (years,); costs are positive. The two may differ in length.
    rate
        As in `present_value`.

    Examples
    --------
    >>> round(npv([259_804.93, 129_902.46], [66_000]), 2)
    319314.55
    """
    return present_value(benefits, rate=rate) - present_value(costs, rate=rate)


def bcr(benefits: npt.ArrayLike, costs: npt.ArrayLike, *, rate: float | None = None) -> float:
    """Benefits for each pound of cost, both discounted.

    Parameters
    ----------
    benefits, costs, rate
        As in `npv`.

    Raises
    ------
    NotEnoughData
        The costs come to nothing or less: there is no ratio.

    Examples
    --------
    >>> round(bcr([259_804.93, 129_902.46], [66_000]), 4)
    5.8381
    """
    spent = present_value(costs, rate=rate)
    if spent <= 0:
        raise NotEnoughData("costs of nothing or less: there is no ratio")
    return present_value(benefits, rate=rate) / spent
