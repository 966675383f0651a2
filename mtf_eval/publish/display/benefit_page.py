"""The benefit analysis of one project, section by section, whatever is known.

Each function returns the elements of one section: what there is, and a note where there is
nothing. Computes nothing: asks `analysis.benefit`, passes the door, shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from mtf_eval.analysis import benefit
from mtf_eval.analysis.benefit.model import model
from mtf_eval.analysis.results.columns import pounds
from mtf_eval.analysis.results.findings import alt
from mtf_eval.publish import charts
from mtf_eval.publish.display.elements import (
    Element,
    figure,
    headline,
    headline_result,
    note,
    table,
)
from mtf_eval.records.prices.editions import caution

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.publish.disclosure.release import Door, Released
    from mtf_eval.records.dataset import Dataset
    from mtf_eval.records.prices.reference import Reference

__all__ = [
    "appendix",
    "costs",
    "first_screen",
    "flow",
    "gains",
    "journeys",
    "results",
    "uncertainty",
]


#: Rules that are read before any pound is: what they found stands on the first screen.
FIRST = (
    "gross_without_counterfactual",
    "displacement",
    "unusual_unit_cost",
    "wide_unit_cost",
    "shared_areas",
)


LIVE = (
    "The Excel workbook is a live model: change an input, a unit cost, the price year, the deflator"
    " or a discount rate on its last sheets, and the sheet Model works the results out anew."
)


def first_screen(done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Answer: what did it cost, what did it save, how sure are we, what must not be said."""
    status = done.status or "complete"
    shown = [headline_result(done.sentence(), done.maryland, status)]
    if done.claimed:
        shown.append(headline(door(benefit.headline(done))))
        if not done.no_saving_possible:
            shown.append(note(benefit.cash_finding(done)))
    if done.claims is not None:
        apart = "A sum of its own, not to be added to what the records show."
        shown.append(note(f"{done.claims.sentence()} {apart}"))
    for finding in done.findings:
        if finding.rule in FIRST:
            shown.append(note(finding.text, "caution"))
    shown += [note(str(problem), "caution") for problem in done.problems]
    if done.claimed and done.notes:
        shown.append(note(" ".join(done.notes), "caution"))
    return shown


def _rows(released: Released, without: str) -> Sequence[Element]:
    return [table(released)] if len(released.frame) else [note(without)]


def costs(done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Show who paid, in cash and in kind."""
    released = door(benefit.costs(done))
    if not len(released.frame):
        return [note("No costs are on record for this project.", "caution")]
    named = {"running": "cash, running", "capital": "cash, capital", "in_kind": "in kind"}
    chart = charts.hbars(
        released,
        x="agency",
        y=list(named),
        title=benefit.costs_finding(done),
        subtitle=f"{released.table.title}, pounds",
        alt=alt(released.frame, label="agency", columns=named),
    )
    return [figure(chart), table(released)]


def gains(done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Show who gains, by type of value, and who pays and who benefits by year."""
    if not done.claimed:
        return [note("No benefit is known. " + " ".join(done.notes), "caution")]
    released = door(benefit.benefits_by_agency(done))
    named = {"fiscal": "fiscal", "economic": "economic", "social": "social"}
    chart = charts.hbars(
        released,
        x="agency",
        y=list(named),
        title=benefit.gains_finding(done),
        subtitle=f"{released.table.title}, pounds",
        alt=alt(released.frame, label="agency", columns=named),
    )
    by_year = door(benefit.by_agency_and_year(done))
    alone = door(benefit.shown_alone(done))
    return [figure(chart), table(released), table(by_year), *_rows(alone, "")[: len(alone.frame)]]


def results(done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Show the appraisal on one page, and every result under its GMCA name."""
    both = [each for each in (done, done.claims) if each is not None]
    return [
        table(door(benefit.standing([done]))),
        table(door(benefit.appraisal_summary(done))),
        *(
            table(door(make(each)))
            for each in both
            for make in (benefit.results_in_pounds, benefit.ratios)
        ),
        *_rows(
            door(benefit.cost_per_outcome(done)), "No outcome is known to set the cost against."
        ),
    ]


def flow(done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Show the running net value with its payback, and the way from gross to net."""
    if not len(done.flow):
        return [note("Neither costs nor benefits are on record.", "caution")]
    by_year = door(benefit.cash_flow(done))
    if done.unpriced:
        return [note(benefit.waterfall_finding(done), "caution"), table(by_year)]
    shown: list[Element] = [note(f"{benefit.payback_finding(done)}."), table(by_year)]
    if by_year.frame["running_fiscal"].round().nunique() > 1:
        shown.insert(0, _running(done, by_year))
    if done.claimed:
        steps = door(benefit.waterfall(done))
        shown.append(
            figure(
                charts.waterfall(
                    steps,
                    x="step",
                    y="gbp",
                    title=benefit.waterfall_finding(done),
                    subtitle=f"{steps.table.title}, pounds",
                    alt=alt(
                        steps.frame, label="step", columns={"gbp": "pounds of each step"},
                        kind="Steps from gross to net",
                    ),
                )
            )
        )  # fmt: skip
    return shown


def _running(done: benefit.Benefit, by_year: Released) -> Element:
    running = charts.cumulative(
        by_year,
        x="year",
        y="running_fiscal",
        title=benefit.payback_finding(done),
        subtitle="Running fiscal benefits less costs by project year, discounted pounds",
        alt=alt(
            by_year.frame,
            label="year",
            columns={"running_fiscal": "running net fiscal value"},
            kind="Line",
        ),
    )
    return figure(running)


def uncertainty(done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Show the draws, what the result hangs on, and results under other assumptions."""
    others = table(door(benefit.sensitivities(done)))
    if done.draws is None:
        return [note("There is no benefit to draw.", "caution"), others]
    if done.unpriced:
        return [note(benefit.chance_finding(done), "caution"), others]
    spread = door(benefit.distribution(done))
    hangs = door(benefit.tornado(done))
    histogram = charts.histogram(
        spread,
        low="from",
        high="to",
        y="draws",
        title=benefit.chance_finding(done),
        subtitle="Net present public value, pounds, and how many draws came out there",
        alt=alt(
            spread.frame.assign(band=[f"the band from {pounds(v)}" for v in spread.frame["from"]]),
            label="band",
            columns={"draws": "draws"},
            kind="Histogram",
        ),
        marks=done.marks,
    )
    swings = charts.tornado(
        hangs,
        x="input",
        low="low",
        high="high",
        base=done.net_gbp,
        threshold=0.0,
        title=benefit.tornado_finding(done),
        subtitle="Net present public value with one input at a time at its P10 and P90, pounds",
        alt=alt(
            hangs.frame,
            label="input",
            columns={"low": "result at P10", "high": "result at P90"},
            kind="Tornado chart",
        ),
    )
    other_prices = _rows(door(benefit.prices(done)), "No unit cost used has a range.")
    switching = _rows(door(benefit.switching_values(done)), "Nothing is drawn: nothing to switch.")
    return [figure(histogram), *other_prices, figure(swings), table(hangs), *switching, others]


def journeys(
    data: Dataset, reference: Reference, door: Door, *, as_of: pd.Timestamp, price_year: str
) -> Sequence[Element]:
    """Show case journeys of the whole partnership, in aggregate and as an illustration."""
    when = {"as_of": as_of, "price_year": price_year}
    together = door(benefit.by_domain(data, reference, **when))
    if not len(together.frame):
        return [note("No ladder has enough people on record to be shown.")]
    return [
        note("An illustration. It is not part of this project's benefit.", "caution"),
        table(together),
        table(door(benefit.by_step(data, reference, **when))),
    ]


def appendix(data: Dataset, done: benefit.Benefit, door: Door) -> Sequence[Element]:
    """Show where every pound comes from, what was assumed, what the rules found."""
    claimed = door(benefit.people_claimed(data, done.project_id))
    codes = {line.code for line in (*done.claimed, *done.alone)}
    old = caution(done.reference, codes, date.today())
    live = model(done) if door.rule.off else {}
    return [
        *([replace(note(LIVE), kind="model", data=live)] if live else []),
        *([note(old, "caution")] if old else []),
        *_rows(door(benefit.calculation(done)), "No benefit is claimed."),
        *([table(door(benefit.calculation(done.claims)))] if done.claims else []),
        *_rows(door(benefit.sources(done)), "No unit cost is used."),
        *([table(claimed)] if len(claimed.frame) else []),
        *_rows(door(benefit.cost_sources(done)), "No costs are on record."),
        table(door(benefit.assumptions(done))),
        *_rows(door(benefit.findings(done)), "The rules against overclaiming found nothing."),
        *_rows(door(benefit.gaps(done)), "Nothing is missing."),
    ]
