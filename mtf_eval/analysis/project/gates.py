"""Which months and areas of a project are compared, and whether anything may be claimed of them.

The one place where that is decided. What is not on record is left out before an outcome is looked
at (`laid_out`), or nothing is estimated (`gate`); a claim that rests on noughts which may be gaps
is none (`rests_on_noughts`). What was left out is said in checks and cautions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from mtf_eval.analysis.effects import Check, Estimate, Panel, controls_needed, forecast
from mtf_eval.analysis.effects.forecast import LONGEST
from mtf_eval.analysis.project.design import (
    Project,
    Window,
    months_words,
    others,
    without_buffer,
    working_in,
)
from mtf_eval.analysis.results.columns import span
from mtf_eval.analysis.results.findings import listing, percent
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.coverage import Coverage, Gap, force_key
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.own import reference_for

LEAST_MONTHS = 3  # on record on either side, and half of those meant to be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Why nothing may be claimed of a measure, and what would mend it."""

    reason: str
    remedy: str = ""

    def words(self) -> str:
        """Say both in sentences."""
        return f"{self.reason}. {self.remedy}." if self.remedy else f"{self.reason}."


def trusted(coverage: Coverage, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Return the counts that may be compared in some months, months x areas; else NaN.

    Not on record, or on record and not to be relied on: a gate stands there. What holds throughout
    the months compared (a share of rows without an area) leaves out the months beside them.
    """
    counts = coverage.counts.copy()
    for gap in coverage.gaps:
        if gap.gate:
            inside = (counts.index >= gap.first) & (counts.index <= gap.last)
            of = [a for a in counts.columns if coverage.source_of.get(a, "") == gap.source]
            steady = gap.steady(first, last)
            counts.loc[~inside if steady else inside, list(gap.areas) or of] = math.nan
    return counts


def laid_out(whole: Panel, window: Window) -> tuple[Window, Panel, Panel]:
    """Leave out the months in which not every target area is on record.

    Where the same season is compared, a month after takes its fellow before with it; one before
    takes its fellow after, unless a forecast is made from all months before. Returns the months
    compared, and what is on record of the panel: over all its months, and over those. Controls are
    areas on record in all months used. Over all months it takes areas on record as long as the
    target is, or those of the months compared where that leaves too few.
    """
    before, after = window.sides()
    there = whole.counts[list(whole.target)].notna().all(axis=1)
    known = there[there].index
    controls = controls_needed(len(whole.target))
    gone_before, gone = before[~before.isin(known)], after[~after.isin(known)]
    for alike in (False, True):
        out = {*gone_before, *gone}
        if window.same_season:
            out |= {*before[before.month.isin(gone.month)]}
            out |= {*after[after.month.isin(gone_before.month)]} if alike else set()
        part = replace(window, out=tuple(sorted(out)))
        needed = part.used()[0].append(part.used()[1])
        compared = whole.between(window.before_first, window.last).without(part.out)
        compared = compared.complete(needed)
        if {*part.used()[0].month} != {*part.used()[1].month} and window.same_season:
            months = compared.counts.index
            compared = compared.without(months[~months.isin(needed)])
        panel = whole.complete(pd.DatetimeIndex(known))
        if others(panel) < min(controls, others(compared)) or panel.buffer != compared.buffer:
            panel = whole.complete(needed)
        if others(compared) >= controls and panel.months_before >= forecast.LEAST_MONTHS:
            break
    return part, panel, compared


def gate(coverage: Coverage, project: Project, window: Window) -> Withheld | None:
    """Decide whether anything may be claimed of a measure; `None` where it may.

    Nothing may be claimed where a gap that cannot be left out lies in the months meant to be
    compared, or where too few months are left.
    """
    gaps = gaps_of(coverage, project.target, window)
    stops = [gap for gap in gaps if gap.gate]
    meant, used = window.sides(), window.used()
    short = any(len(u) < max(LEAST_MONTHS, len(m) / 2) for m, u in zip(meant, used, strict=True))
    if not stops and not short:
        return None
    whole = all(len(u) == len(m) for m, u in zip(meant, used, strict=True))
    left = " and ".join(
        f"{len(u)}{'' if whole else f' of {len(m)}'} month{'s' * (len(m) != 1)} {side}"
        for m, u, side in zip(meant, used, ("before", "after"), strict=True)
    )
    why = f"{left} the start are left to compare"
    if whole:
        why = f"only {left} the start are on record, and {LEAST_MONTHS} of each are needed"
    return _withheld(coverage, stops or gaps, "" if stops else why)


def _withheld(coverage: Coverage, gaps: Iterable[Gap], why: str) -> Withheld:
    """Say each gap once, without the measure, which every page names beside it."""
    gaps = tuple(gaps)
    reasons = [gap.text.removeprefix(f"{coverage.measure}: ") for gap in gaps]
    remedies = dict.fromkeys(gap.remedy for gap in gaps if gap.remedy)
    return Withheld(reason="; ".join(filter(None, [*reasons, why])), remedy="; ".join(remedies))


def rests_on_noughts(
    coverage: Coverage,
    whole: Panel,
    window: Window,
    effect: Estimate,
    estimate: Callable[[Panel, Panel], Estimate],
) -> Withheld | None:
    """Withhold a change that is one no more when noughts that may be gaps are left out.

    In areas of few incidents a silence cannot be told from chance; a claim that it makes can.
    `window`: the months meant to be compared. `estimate`: the design's estimator, of a panel over
    all months and over those compared.
    """
    quiet = quiet_of(coverage, whole.target, window)
    if not quiet or not effect.distinguishable:
        return None
    counts = whole.counts.astype(float)
    for gap in quiet:
        counts.loc[gap.first : gap.last, list(gap.areas)] = math.nan
    part, panel, compared = laid_out(replace(whole, counts=counts), window)
    short = any(len(u) < LEAST_MONTHS for u in part.used())
    try:
        again = None if short else estimate(panel, compared)
    except NotEnoughData:
        again = None
    if again is None or not again.distinguishable or (again.estimate < 1) != (effect.estimate < 1):
        why = "without those months no change can be told from chance"
        return _withheld(coverage, quiet, why)
    return None


def gaps_of(coverage: Coverage, areas: tuple[str, ...], window: Window) -> tuple[Gap, ...]:
    """Return the gaps of these areas in the months meant to be compared, each once."""
    before, after = window.sides()
    months = before.append(after)
    near = coverage.concerning(areas, months.min(), months.max())
    return tuple(g for g in near if ((months >= g.first) & (months <= g.last)).any())


def quiet_of(coverage: Coverage, target: tuple[str, ...], window: Window) -> tuple[Gap, ...]:
    """Return the runs of noughts in target areas that may be gaps, up to the last month meant."""
    own = (gap for gap in coverage.quiet if {*gap.areas} <= {*target})
    return tuple(gap for gap in own if gap.first <= window.last)


def cautions(
    data: Dataset, coverage: Coverage, project: Project, window: Window, first: pd.Timestamp
) -> Iterator[str]:
    """Say what was left out, which noughts may be gaps, and where recording changed.

    `window`: the months compared. `first`: the first month on record, of which a forecast learns
    from the last few years.
    """
    if window.out:
        why = "; ".join(gap.text for gap in gaps_of(coverage, project.target, window))
        held = pd.DatetimeIndex(coverage.counts.index)
        why = why or f"the records run {span(held[0], held[-1])}"
        yield f"{months_words(window.out)} are not compared: {why}."
    for gap in quiet_of(coverage, project.target, window):
        if {*gap.areas} == {*project.target}:
            yield f"{gap.text}."
    first = max(first, window.start - pd.DateOffset(months=LONGEST))
    forces = {force_key(coverage.source_of.get(area, "")) for area in project.target}
    for row in reference_for(data).tables["recording_changes"]:
        begun, ended = (pd.Timestamp(row[name]) for name in ("first", "last"))
        if force_key(row["force"]) in forces and first <= ended and begun <= window.last:
            low, high = float(row["rate_before"]), float(row["rate_after"])
            yield (
                f"{row['force']} recorded {percent(low)} of the crimes reported to it before "
                f"{begun:%B %Y} and {percent(high)} by {ended:%B %Y} ({row['edition']}): a step of "
                f"about {percent(high / low - 1)} in these records is recording, not harm."
            )


def at_work(
    project: Project,
    work: Mapping[str, tuple[str, ...]],
    inside: Mapping[str, tuple[str, ...]],
    earlier: Mapping[str, tuple[str, ...]],
) -> Iterator[str]:
    """Say which other projects worked in a project's areas, and next door, in its months.

    `work`: their areas in the months after the start, those beside them too; `inside`: those they
    worked in alone, in all months compared; `earlier`: the same in the months learnt from.
    """
    if shared := working_in(work, project.target):
        yield (
            f"{', '.join(shared)} worked in the same areas in these months: any change is of all "
            "of them together."
        )
    if before := sorted({*working_in(earlier, project.target)} - {*shared}):
        yield (
            f"{', '.join(before)} worked in the same areas in the months before, from which what "
            "was expected is learnt: what began or ended with that work is in this result."
        )
    if near := working_in(inside, project.buffer):
        gone = sorted({*project.buffer} - {*without_buffer(project, inside).buffer})
        yield (
            f"{', '.join(near)} worked next door ({listing(gone)}) in these months: what moved "
            "there cannot be told from that work, and is not measured."
        )


def on_record(
    coverage: Coverage, project: Project, window: Window, compared: Panel | Withheld
) -> Check:
    """Say which months and areas are not on record, and that they were left out.

    It fails where nothing is compared, as the records allow no claim.
    """
    if isinstance(compared, Withheld):
        text = f"{compared.reason[:1].upper()}{compared.reason[1:]}."
        return Check(name="On record", passed=False, text=text)
    own = (*project.target, *project.buffer)
    beside = project.areas.get("comparison", ())
    said = [gap.text for gap in gaps_of(coverage, (*own, *beside), window)]
    if window.out:
        said.append(f"left out: {months_words(window.out)}")
    used = set(compared.counts.columns)
    if absent := sorted({*project.buffer, *beside} - used):
        said.append(f"left out, as not on record in the months compared: {', '.join(absent)}")
    months = window.used()[0].append(window.used()[1])
    counts = trusted(coverage, window.before_first, window.last)
    rest = counts.reindex(months).drop(columns=[*own], errors="ignore")
    if short := int((rest.isna().any() & rest.notna().any()).sum()):
        said.append(f"{short} other areas are no controls, as not relied on throughout")
    text = "; ".join(said) or "Every area is on record in all months compared"
    text = text[:1].upper() + text[1:]
    return Check(name="On record", passed=None if said else True, text=f"{text}.")


def bad_year(panel: Panel, window: Window) -> Check:
    """Say in numbers whether the project began after an unusually bad year."""
    monthly = panel.monthly(panel.target)
    before = window.used()[0]
    earlier = before - pd.DateOffset(years=1)
    last_year = int(monthly.reindex(before).sum())
    text = f"{last_year:,} incidents in the months before"
    if window.same_season and earlier.isin(monthly.index).all():
        year_before = int(monthly.loc[earlier].sum())
        text += f", {year_before:,} in the same months a year earlier"
        if year_before:
            text += f" ({percent(last_year / year_before - 1, signed=True)})"
    return Check(name="Chosen after a bad year?", passed=None, text=f"{text}.")
