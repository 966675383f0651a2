"""Checks on a project's records: what is not on record, a bad year before the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from mtf_eval.analysis.effects import Check, Panel
from mtf_eval.analysis.effects.forecast import LONGEST
from mtf_eval.analysis.project.design import (
    Project,
    Window,
    months_words,
    without_buffer,
    working_in,
)
from mtf_eval.analysis.project.gates import Withheld, gaps_of, quiet_of, trusted
from mtf_eval.analysis.results.columns import span
from mtf_eval.analysis.results.findings import listing, percent
from mtf_eval.records.coverage import Coverage, force_key
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.own import reference_for


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
    project: Project, work: Mapping[str, tuple[str, ...]], inside: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Say which other projects worked in a project's areas, and next door, in its months.

    `work`, `inside`: their areas, those beside them too, and those they worked in alone.
    """
    if shared := working_in(work, project.target):
        yield (
            f"{', '.join(shared)} worked in the same areas in these months: any change is of all "
            "of them together."
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
