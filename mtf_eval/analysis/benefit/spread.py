"""How sure the pounds are: what `uncertainty` drew, as tables."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from mtf_eval.analysis.benefit.appraisal import Benefit, chance_words
from mtf_eval.analysis.benefit.layout import Rows, tabled
from mtf_eval.analysis.benefit.uncertainty import switches
from mtf_eval.records.aliases import called

MANY = 3  # from here a switching value is said as so many times
BANDS, SWINGS = 30, 10  # of draws; of inputs, the widest first
PRICES = called("unit costs taken")
#: Inputs that cannot go below nought or above one.
SHARES = ("impact", "deadweight", "attribution")


@tabled
def distribution(benefit: Benefit) -> Rows:
    """How often each band of net present public value came up in the draws."""
    if benefit.draws is not None and not benefit.unpriced:
        # The outer 1% on each side is gathered in the end bands, so that the middle can be seen.
        ends = np.quantile(benefit.draws.net, [0.01, 0.99])
        often, edges = np.histogram(np.clip(benefit.draws.net, *ends), bins=BANDS)
        yield from zip(edges[:-1], edges[1:], map(int, often), strict=True)


@tabled
def prices(benefit: Benefit) -> Rows:
    """Net present public value and chance over the ranges the sources of unit costs give."""
    if benefit.draws is not None and benefit.draws.prices:
        nets = {"reported": benefit.draws.net} | dict(benefit.draws.prices)
        for key, name in PRICES.items():
            chance = chance_words(float((nets[key] > 0).mean())) if benefit.chance else None
            yield name, *benefit.draws.quantiles(nets[key]), chance


@tabled
def tornado(benefit: Benefit) -> Rows:
    """Net present public value with one input at a time at its P10 and P90."""
    seen: Counter[str] = Counter()
    for swing in benefit.swings[:SWINGS]:
        name = _input(swing.kind, swing.name, seen)
        yield name, swing.low_input, swing.high_input, swing.at_low_gbp, swing.at_high_gbp


def _input(kind: str, name: str, seen: Counter[str]) -> str:
    """Name an input; two rows of one outcome are told apart by number."""
    words = f"{kind.capitalize()}{': ' if name else ''}{name}"
    seen[words] += 1
    return words if seen[words] == 1 else f"{words} ({seen[words]})"


@tabled
def switching_values(benefit: Benefit) -> Rows:
    """Value of each assumption at which the net present public value is nought."""
    if benefit.draws is None or benefit.unpriced or benefit.no_saving:
        return
    seen: Counter[str] = Counter()
    found = switches(benefit.lines, benefit.reference, benefit.assumptions, benefit.draws)
    for kind, name, reported, at in found:
        low, high = -math.inf if kind == "effect" else 0.0, 1.0 if kind in SHARES else math.inf
        switch, meaning = math.nan, "no value of it alone changes the answer"
        if at is not None and low <= at <= high:
            switch, meaning = at, f"{'more' if at < 0 else 'fewer'} incidents than expected"
            if (times := at / reported if reported else 0.0) > 0 or kind != "effect":
                meaning = f"{abs(times - 1):.0%} {'less' if times < 1 else 'more'}"
                meaning = f"{times:,.0f} times as much" if times >= MANY else meaning
        yield _input(kind, name, seen), reported, switch, meaning


@tabled
def sensitivities(benefit: Benefit) -> Rows:
    """Results with one assumption switched at a time."""
    names = ("net_present_public_value_gbp", "public_value_bcr", "fiscal_bcr",
             "net_present_budget_impact_gbp")  # fmt: skip
    for case, _, found in benefit.sensitivities:
        yield case, *(found[name] for name in names)
