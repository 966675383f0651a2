"""The projects of a year together: a line each, and their effects pooled.

What must not be pooled is left out with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects import Estimate, pool
from mtf_eval.analysis.effects.result import limits
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.project import overlaps
from mtf_eval.analysis.project.design import SHORTEST, Project, first_known, project_of
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.net import WITH_COMPARISON
from mtf_eval.analysis.results.columns import Period, lay
from mtf_eval.analysis.results.findings import inside, listing, percent
from mtf_eval.analysis.results.tables import Brief, Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset

NEXT_NEEDS = 3  # projects from which a prediction interval can be given
STATUS = called("project of a year")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Together(Brief):
    """The projects of a year, or of half of one, as they stood on a day.

    `evaluations`: the evaluation of every project that was planned, ran or was assessed in the
        year.
    `pooled`: random-effects mean of the effects that may be pooled, `None` where there are too few.
    `members`: projects whose effects are in it.
    `reasons`: why each of the others is not.
    `shared`: pairs of projects that worked on one measure in the same areas at the same time.
    """

    year: int
    half: int | None
    as_of: date
    evaluations: tuple[Evaluation, ...]
    pooled: Estimate | None
    members: tuple[str, ...]
    reasons: dict[str, str]
    shared: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        named = ", ".join(f.project.project_id for f in self.evaluations) or "no project"
        return f"{self.slug}: {named}; {len(self.members)} in the mean"

    @property
    def slug(self) -> str:
        """The time as tables are named by it."""
        return Period(self.year, self.half).slug

    @property
    def results(self) -> dict[str, str]:
        """Each project's result in a few words, by reference."""
        return {e.project.project_id: result_words(e) for e in self.evaluations}

    @property
    def withheld(self) -> dict[str, str]:
        """Why the records allow no claim of some projects, by reference."""
        return {e.project.project_id: e.gated.reason for e in self.evaluations if e.gated}

    @property
    def unclear(self) -> tuple[str, ...]:
        """Projects in the pooled effect that are too imprecise to be given alone."""
        by_name = {e.project.project_id: e for e in self.evaluations}
        return tuple(name for name in self.members if by_name[name].primary is None)


def gather(data: Dataset, *, year: int, half: int | None = None) -> Together:
    """Evaluate every project of a year or half-year, to its end or to the day the data run to."""
    when = Period(year, half)
    as_of = when.until(data)
    rows = data.table("projects")
    last = rows[["response_end", "assessment_date"]].max(axis=1)
    known = (first_known(rows) <= pd.Timestamp(as_of)) & ~(last < pd.Timestamp(when.start))
    counted = [year_of(project_of(data, str(n))) == year for n in rows["project_id"]]
    names = sorted(map(str, rows.loc[known | np.array(counted, dtype=bool), "project_id"]))
    found = tuple(projects.evaluated(data, n, as_of) for n in names)
    shared = _shared(data, found, as_of)
    members, reasons = _poolable(found, shared)
    try:
        pooled = pool(list(filter(None, map(_estimate, members))), measure="projects")
    except NotEnoughData:
        pooled = None
    return Together(
        year=year,
        half=half,
        as_of=as_of,
        evaluations=found,
        pooled=pooled,
        members=tuple(e.project.project_id for e in members),
        reasons=reasons,
        shared=shared,
    )


def _shared(data: Dataset, found: Iterable[Evaluation], as_of: date) -> tuple[tuple[str, str], ...]:
    """Pairs judged by one measure in the same areas, in months both work or are assessed in."""
    primary = {e.project.project_id: e.project.primary_measure for e in found}
    return tuple(
        (o.first, o.second)
        for o in overlaps.overlaps(data, as_of=as_of)
        if o.what == "areas" and {o.first, o.second} <= primary.keys()
        if primary[o.first] == primary[o.second]
    )


def _estimate(evaluation: Evaluation) -> Estimate | None:
    """Return the primary estimate, also one too imprecise to be given alone."""
    measure = evaluation.project.primary_measure
    return evaluation.effects.get(measure) or evaluation.unclear.get(measure)


def _poolable(
    found: Iterable[Evaluation], shared: tuple[tuple[str, str], ...]
) -> tuple[list[Evaluation], dict[str, str]]:
    """Return whose effects may be pooled, and why the others may not."""
    why_not = {"planning": "its response has not begun", "running": "its response is still running"}
    members: list[Evaluation] = []
    reasons: dict[str, str] = {}
    for each in found:
        name, measure = each.project.project_id, each.project.primary_measure
        aim = each.project.measures.get(measure)
        rivals = [
            m.project.project_id
            for m in members
            if tuple(sorted((name, m.project.project_id))) in shared
        ]
        estimate = _estimate(each)
        if each.status != "complete":
            reasons[name] = why_not.get(each.status) or each.cannot_say[measure]
        elif estimate is None:
            reasons[name] = f"we cannot say: {each.cannot_say.get(measure, 'no estimate')}"
        elif aim is not None and aim > 0:
            reasons[name] = "it wants more to be reported; its ratio points the other way"
        elif estimate.maryland < WITH_COMPARISON:
            reasons[name] = "nothing to compare with: a change, not an effect"
        elif estimate.se_log is None:
            reasons[name] = "its interval is exact and has no standard error to weigh it by"
        elif rivals:
            reasons[name] = (
                f"it worked in the areas of {', '.join(rivals)} at the same time, or is assessed "
                "over the same months: one fall would count twice"
            )
        else:
            members.append(each)
    return members, reasons


def year_of(project: Project) -> int | None:
    """Return the one year that counts a project: in which its assessed months have all ended.

    The same whenever it is asked. `None` without a start or an end.
    """
    end, first = project.response_end or project.assessment_date, project.first_month
    if end is None or first is None:
        return None
    least = first + pd.DateOffset(months=SHORTEST) - pd.Timedelta(days=1)
    return int(max(end, least).year)


def has_ended(evaluation: Evaluation) -> bool:
    """Return whether the response was over on the day, with records or without."""
    end = evaluation.project.response_end
    over = end is not None and end <= pd.Timestamp(evaluation.as_of)
    return evaluation.status == "complete" or (evaluation.status == "no_records" and over)


def result_words(evaluation: Evaluation) -> str:
    """Say a project's result in a few words, within its Maryland level; nothing before its end."""
    effect, net = evaluation.primary, evaluation.net.get(evaluation.project.primary_measure)
    if evaluation.status != "complete":
        return STATUS[evaluation.status].lower()
    if effect is None or net is None:
        why = evaluation.gated
        return f"we cannot say: {why.reason}" if why else "we cannot say"
    if not effect.distinguishable:
        return "no change to be told from chance"
    way = "fall" if effect.estimate < 1 else "rise"
    against = ", no comparison" if effect.maryland < WITH_COMPARISON else ""
    wanted = net.aim(", as wanted")
    doubt = f"; {net.doubt}" if net.doubt else ""
    return f"{way} of {percent(abs(1 - effect.estimate))}{against}{wanted}{doubt}"


def lines(data: Dataset, together: Together) -> Table:
    """Every project of the year: stage, result, strength of the design."""
    rows = []
    for each in together.evaluations:
        effect = each.primary
        strength = "" if effect is None else f"{effect.maryland} of 5"
        name = each.project.named
        rows.append((name, STATUS[each.status], f"{each.headline}.", strength or "none given"))
    return lay("projects", rows, data, together=together, as_at=together.as_of)


def lines_finding(together: Together) -> str:
    """Say how many projects there were and what came of those that ended."""
    found = together.evaluations
    ended = [e for e in found if e.status == "complete"]
    known = {e.project.project_id: e.primary for e in ended if e.primary is not None}
    told = {name: effect for name, effect in known.items() if effect.distinguishable}
    nets = {e.project.project_id: e.net[e.project.primary_measure] for e in ended if e.primary}
    fell = {name for name, effect in told.items() if effect.estimate < 1}
    moved = {name for name in fell if nets[name].may_have_moved}
    rise = {name for name in told if nets[name].rise_wanted}
    if not ended:
        many = f"{len(found)} projects, none of them" if len(found) > 1 else "One project, not"
        return f"{many} ended with records to judge by."
    words = f"{len(found)} projects, {len(ended)} of them ended with records to judge by"
    counts = {
        "a fall": len(fell - moved - rise),
        "a fall that may only have moved next door": len(moved),
        "a fall, where a rise was wanted,": len(fell & rise),
        "a rise, as wanted,": len(rise - fell),
        "a rise": len(told.keys() - fell - rise),
    }
    counts["no change that can be told from chance"] = len(known) - len(told)
    counts["we cannot say"] = len(ended) - len(known)
    said = f"{words}: {listing([f'{what} in {n}' for what, n in counts.items() if n])}."
    for pair in together.shared:
        if told.keys() >= set(pair):
            said += f" {' and '.join(pair)} worked in the same areas: their results may be one."
    return said


# Effects side by side


def effects(data: Dataset, together: Together) -> Table:
    """Primary effects of the projects that have one, and their random-effects mean."""
    estimates = [(e, e.primary) for e in together.evaluations if e.primary is not None]
    estimates.sort(key=lambda pair: pair[1].estimate)
    shown: list[tuple[str, Estimate, str]] = []
    for each, estimate in estimates:
        name = each.project.project_id
        aim = each.project.measures[each.project.primary_measure] or 0
        what = inside(each.project.primary_measure) + " (more is wanted)" * (aim > 0)
        shown.append((f"{name} {what}", estimate, "yes" if name in together.members else "no"))
    notes = []
    if names := together.unclear:
        few = f"too imprecise to be shown alone: {listing(names)}."
        notes.append(f"In the mean by their weight, but {few}")
    if (whole := together.pooled) is not None:
        shown.append((f"{len(together.members)} projects pooled", whole, "mean"))
        notes += whole.cautions
    rows = [(n, e.estimate, e.low, e.high, f"{e.maryland} of 5", held) for n, e, held in shown]
    words: dict[str, Any] = {"together": together, "as_at": together.as_of, "notes": notes}
    return lay("projects_effects", rows, data, total_row=whole is not None, **words)


def effects_alt(table: Table) -> str:
    """Describe the forest plot in words."""
    frame = table.frame.iloc[:-1] if table.total_row else table.frame
    below, above = int((frame["high"] < 1).sum()), int((frame["low"] > 1).sum())
    said = f"{len(frame)} ratios with intervals: {below} wholly below 1, {above} wholly above 1, "
    said += f"{len(frame) - below - above} across 1."
    if table.total_row:
        mean = table.frame.iloc[-1]
        said += f" Mean {mean['estimate']:.2f} ({mean['low']:.2f} to {mean['high']:.2f})."
    return said


def pooled_finding(together: Together) -> str:
    """Say the pooled result and where one more such project would lie; or that there is none."""
    whole, size = together.pooled, len(together.members)
    if whole is None:
        ready = {0: "No project has", 1: "One project only has"}.get(size, f"{size} projects have")
        return f"{ready} an effect that may be pooled: there is no mean to give."
    way = "fewer" if whole.estimate < 1 else "more"
    size_words = f"{percent(abs(1 - whole.estimate))} {way} recorded incidents than expected"
    interval = f"ratio {whole.estimate:.2f}, 95% interval {limits(whole.low, whole.high)}"
    if whole.distinguishable:
        said = f"On average across {size} projects: {size_words} ({interval})"
    else:
        said = f"{size} projects together: no change that can be told from chance ({interval})"
    if names := together.unclear:
        said += f", {listing(names)} among them, of which alone we cannot say"
    low, high = (whole.details.get(f"prediction_{end}") for end in ("low", "high"))
    if low is None or high is None or size < NEXT_NEEDS:
        return f"{said}. Too few to say what one more would bring."
    ends = f"between {low:.2f} and {high:.2f}, 19 times in 20"
    return f"{said}. One more such project would lie {ends}."


def left_out(data: Dataset, together: Together) -> Table:
    """Which projects of the year are not in the pooled effect, and why."""
    rows = sorted(together.reasons.items())
    return lay("projects_not_pooled", rows, data, together=together, as_at=together.as_of)
