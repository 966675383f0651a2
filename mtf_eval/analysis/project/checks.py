"""Checks on a project's records: months that look incomplete, areas that changed, a bad year.

The checks on the estimate itself (trend, fake dates, fake areas) stand in `effects`. Each returns
a `Check` in words; `passed` is `None` where it informs only.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects import Check, Panel
from mtf_eval.analysis.project.design import Window
from mtf_eval.analysis.results.findings import percent

__all__ = ["bad_year", "changed_areas", "incomplete_months"]

SHORT = 0.6  # a month with less than this share of the window's median looks incomplete
BEYOND = 5.0  # Poisson errors below the usual that chance does not explain
SURELY = 20.0  # incidents expected in silent months: more than chance or a fall explains


def incomplete_months(panel: Panel, window: Window) -> Check:
    """Find months in which all areas together hold far fewer incidents than usual.

    Far fewer is less than `SHORT` of the usual and `BEYOND` Poisson errors below it.
    """
    totals = panel.counts.sum(axis=1).loc[window.before_first : window.last]
    usual = float(totals.median())
    limit = min(SHORT * usual, usual - BEYOND * math.sqrt(max(usual, 1)))
    low = totals[totals < SHORT * usual]
    short = low[low < limit]
    name = "Months that look incomplete"
    below = f"below {percent(SHORT)} of it: {_named(low)}" if len(low) else "no month is far below"
    if limit <= 0:  # not even an empty month could be told from chance
        text = f"Too few incidents to tell (usually {usual:,.0f} a month); {below}."
        return Check(name=name, passed=None, tried=False, text=text)
    if len(short):
        text = f"Far fewer incidents than the usual {usual:,.0f} over all areas: {_named(short)}."
        return Check(name=name, passed=False, text=text)
    text = f"No month falls below {math.ceil(limit):,} over all areas; the usual is {usual:,.0f}."
    if len(low):
        text += f" Low, but chance cannot be ruled out; {below}."
    return Check(name=name, passed=True, text=text)


def _named(totals: pd.Series[int]) -> str:
    return ", ".join(f"{month:%B %Y} ({n:,})" for month, n in totals.items())


def changed_areas(panel: Panel) -> Check:
    """Find project areas whose records stop or begin: their codes may have changed."""
    odd = []
    for area in (*panel.target, *panel.buffer):
        counts = panel.counts[area].to_numpy(dtype=float)
        held = np.flatnonzero(counts)
        if not len(held):
            odd.append(f"{area} (nothing on record)")
            continue
        rate = counts.sum() / (held[-1] - held[0] + 1)
        silent = max(held[0], len(counts) - 1 - held[-1])
        if silent >= 3 and rate * silent > SURELY:
            odd.append(area)
    text = (
        f"Records stop, begin or are missing for {', '.join(odd)}: was the area redrawn?"
        if odd
        else "Every area of the project is on record throughout."
    )
    return Check(name="Areas that changed", passed=not odd, text=text)


def bad_year(panel: Panel, window: Window) -> Check:
    """Say in numbers whether the project began after an unusually bad year."""
    monthly = panel.monthly(panel.target)
    year = pd.DateOffset(years=1)
    last_year = int(monthly.loc[window.before_first : window.before_last].sum())
    known = monthly.index.min() <= window.before_first - year and window.same_season
    before_that = monthly.loc[window.before_first - year : window.before_last - year]
    text = f"{last_year:,} incidents in the months before"
    if known:
        earlier = int(before_that.sum())
        text += f", {earlier:,} in the same months a year earlier"
        if earlier:
            text += f" ({percent(last_year / earlier - 1, signed=True)})"
    return Check(name="Chosen after a bad year?", passed=None, text=f"{text}.")
