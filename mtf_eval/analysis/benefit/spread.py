"""How sure the pounds are, as tables: the draws, other unit costs, one input at a time.

Lays out what `uncertainty` drew; nothing is drawn here.
"""

from __future__ import annotations

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit, chance_words
from mtf_eval.analysis.benefit.layout import table
from mtf_eval.analysis.results.columns import count, label, money, number, text
from mtf_eval.analysis.results.tables import Table

__all__ = ["distribution", "prices", "sensitivities", "tornado"]

BANDS, SWINGS = 30, 10  # of draws; of inputs, the widest first


def distribution(benefit: Benefit) -> Table:
    """How often each band of net present public value came up in the draws."""
    rows = []
    if benefit.draws is not None and not benefit.unpriced:
        # The outer 1% on each side is gathered in the end bands, so that the middle can be seen.
        ends = np.quantile(benefit.draws.net, [0.01, 0.99])
        often, edges = np.histogram(np.clip(benefit.draws.net, *ends), bins=BANDS)
        rows = [
            {"from": low, "to": high, "draws": int(n)}
            for low, high, n in zip(edges[:-1], edges[1:], often, strict=True)
        ]
    columns = (
        money("from", "From (£)"),
        money("to", "To (£)"),
        count("draws", "Draws"),
    )
    notes = ("The end bands hold everything beyond them.",)
    return table(benefit, "distribution", "Net present public value of each draw", rows, columns,
                  notes=notes)  # fmt: skip


def prices(benefit: Benefit) -> Table:
    """Net present public value and chance over the ranges the sources of unit costs give."""
    rows = []
    if benefit.draws is not None and benefit.draws.prices:
        nets = {"reported": benefit.draws.net} | dict(benefit.draws.prices)
        names = {
            "reported": "As reported",
            "low": "All at the low end",
            "high": "All at the high end",
            "drawn": "Drawn between low and high",
        }
        for key, name in names.items():
            chance = chance_words(float((nets[key] > 0).mean()))
            rows.append((name, *benefit.draws.quantiles(nets[key]), chance))
    columns = (
        label("prices", "Unit costs"),
        money("p5", "P5 (£)"),
        money("p50", "P50 (£)"),
        money("p95", "P95 (£)"),
        text("chance", "Chance that benefits exceed costs"),
    )
    notes = (
        "The headline uses unit costs as reported. Its chance is the smaller of the first row's "
        "and the last's, so that what is not known of a price never makes a result surer.",
    )
    title = "Net present public value under other unit costs"
    return table(benefit, "prices", title, rows, columns, notes=notes)


def tornado(benefit: Benefit) -> Table:
    """Net present public value with one input at a time at its P10 and P90."""
    rows = [
        {
            "input": f"{swing.kind.capitalize()}{': ' if swing.name else ''}{swing.name}",
            "low_input": swing.low_input,
            "high_input": swing.high_input,
            "low": swing.at_low_gbp,
            "high": swing.at_high_gbp,
        }
        for swing in benefit.swings[:SWINGS]
    ]
    seen: dict[str, int] = {}
    for row in rows:  # two rows of one outcome are told apart by number
        name = str(row["input"])
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            row["input"] = f"{name} ({seen[name]})"
    return table(
        benefit,
        "tornado",
        "What the result hangs on",
        rows,
        (
            label("input", "Input"),
            number("low_input", "Input at P10", 2),
            number("high_input", "Input at P90", 2),
            money("low", "Net present public value at P10 (£)"),
            money("high", "Net present public value at P90 (£)"),
        ),
        notes=(
            "Effects are incidents avoided; unit costs and costs are ratios to the value reported; "
            "the others are shares. Unit costs are moved here, and not in the headline's draws.",
        ),
    )


def sensitivities(benefit: Benefit) -> Table:
    """Results with one assumption switched at a time."""
    rows = [
        {
            "case": name,
            "net": found["net_present_public_value_gbp"],
            "bcr": found["public_value_bcr"],
            "fiscal_bcr": found["fiscal_bcr"],
            "budget": found["net_present_budget_impact_gbp"],
        }
        for name, _, found in benefit.sensitivities
    ]
    columns = (
        label("case", "Assumption"),
        money("net", "Net present public value (£)"),
        number("bcr", "Public value BCR", 2),
        number("fiscal_bcr", "Fiscal BCR", 2),
        money("budget", "Net present budget impact (£)"),
    )
    notes = (
        "Scaling recorded up to actual crime uses the newer Home Office edition, which alone has "
        "multipliers; its fiscal part is the response of police and courts only, and is scaled up "
        "with the rest, though it falls mainly on recorded crimes.",
    )
    return table(benefit, "sensitivities", "Results under other assumptions", rows, columns,
                  notes=notes)  # fmt: skip
