"""What is said of gaps while a data set is read and checked."""

from __future__ import annotations

from functools import partial

import pandas as pd

from mtf_eval.records.coverage.declarations import declared, kept
from mtf_eval.records.coverage.gaps import ONE_MONTH, Gap, named, some
from mtf_eval.records.coverage.on_record import UNEXPLAINED, coverage_of
from mtf_eval.records.dataset import Dataset, Finding

#: Runs of months without records that are told one by one.
MOST = 3


def noticed(data: Dataset) -> list[Finding]:
    """Say every gap once: those of the projects' own areas first, by project.

    Of runs of noughts that may be gaps, those in which all target areas of a project are silent.
    Areas that no record names are told with their rows (`relations`).
    """
    rows, source = data.table("incidents"), data.source("incidents")
    if rows.empty or source is None:
        return []
    warning = partial(Finding, kind="warning", table="incidents", file=source.file)
    known = {*rows["area_code"]}
    as_of = (rows["month"].max() + pd.offsets.MonthEnd(0)).date()
    projects, areas = data.table("projects"), data.table("project_areas")
    columns = ["project_id", "measure"]
    asked = projects.rename(columns={"primary_measure": "measure"})[columns]
    asked = pd.concat([asked, data.table("project_measures")[columns]])
    measures = {*asked["measure"]}
    told: dict[str, Finding] = {}
    own: list[Finding] = []
    runs: dict[tuple[str, ...], list[Gap]] = {}
    for measure in sorted((measures & {*rows["measure"]}) or {*rows["measure"]}):
        coverage = coverage_of(data, measure, as_of=as_of)
        for gap in (*coverage.gaps, *coverage.quiet):
            if gap.areas and gap.kind != "recoded" and not known & {*gap.areas}:
                continue
            codes = gap.areas or tuple(a for a, s in coverage.source_of.items() if s == gap.source)
            whose = areas[areas["area_code"].isin(codes) & (areas["role"] != "comparison")]
            whom = {*asked["project_id"][asked["measure"] == measure]}
            names = sorted(whom & {*whose["project_id"]})
            if gap in coverage.quiet:
                rest = areas[~areas["area_code"].isin(codes) & (areas["role"] == "target")]
                names = [n for n in names if n not in {*rest["project_id"]}]
                if not names:
                    continue
            of = f"{some(names)}: " if names else ""
            if gap.kind == "silent" and gap in coverage.gaps:
                runs.setdefault((of, measure, gap.source, gap.remedy), []).append(gap)
            ends = "no claim is made across it; " if gap.gate else ""
            text = f"{of}{gap.text}; {ends}{gap.remedy}"
            finding = warning(text=text, sheet=source.sheet)
            if text not in told:
                told[text] = finding
                if names:
                    own.append(finding)
    several = {}
    for (of, measure, _, remedy), gaps in runs.items():
        if len(gaps) > MOST:
            lines = [told.pop(f"{of}{gap.text}; {remedy}", None) for gap in gaps]
            finding = warning(text=_often(of, measure, gaps, remedy), sheet=source.sheet)
            several[finding.text] = finding
            own = [f for f in own if f not in lines] + [finding] * (lines[0] in own)
    told |= several
    return [*own, *(f for f in told.values() if f not in own)]


def log_noticed(data: Dataset) -> list[Finding]:
    """Say which months the log of referrals is taken as not kept in, and what lies before them."""
    rows, source = data.table("referrals"), data.source("referrals")
    if rows.empty or source is None:
        return []
    words = declared(data, "", "referrals")
    gone = kept(data, "referrals").loc[rows["received"].min() :].pipe(lambda k: k.index[~k])
    for row in words[~words["complete"]].itertuples():
        gone = gone[(gone < row.first) | (gone > row.last)]
    apart = gone.to_series().diff() > pd.Timedelta(days=31)
    warning = partial(Finding, kind="warning", table="referrals", file=source.file)
    told = []
    for _, run in gone.to_series().groupby(apart.cumsum()):
        before = int((rows["received"] < run.iloc[0]).sum())
        text = f"no referral in {named(run.iloc[0], run.iloc[-1])}, after {before:,} before it, "
        text += f"{UNEXPLAINED}: taken as not on record, not as none. Is a year mistyped? Months "
        text += "that were complete go into coverage"
        told.append(warning(text=text, sheet=source.sheet))
    return told


def _often(of: str, measure: str, gaps: list[Gap], remedy: str) -> str:
    """Say many runs of months without records as one; of quarters, that they may be."""
    shown = ", ".join(named(gap.first, gap.last) for gap in gaps[:MOST])
    text = f"{of}{measure}: {len(gaps)} runs of months are not on record ({shown} ...): nothing is "
    text += f"recorded in them, {UNEXPLAINED}; "
    if {gap.last - ONE_MONTH == gap.first for gap in gaps} == {True}:
        text += "where counts are of quarters, give them by month; "
    return text + remedy
