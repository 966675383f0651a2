"""Before a project starts: baseline, concentration, areas to compare with, what could be seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from mtf_eval.analysis.effects import Panel, Planned, concentration, planned
from mtf_eval.analysis.project.design import choose, others, others_at_work, series_of
from mtf_eval.analysis.project.estimation import POWER
from mtf_eval.analysis.project.evaluation import HOPELESS, REALISTIC, Evaluation, page_table
from mtf_eval.analysis.project.net import smallest
from mtf_eval.analysis.project.plans import Plan, compared, planned_evaluation
from mtf_eval.analysis.results.columns import span
from mtf_eval.analysis.results.findings import inside, listing, percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference

PLANNED = (6, 9, 12)
SHOWN = 20
MORE_MONTHS = 3
LOOKED_AT = 24  # months of the target that an area must be on record in to stand beside it


def before(data: Dataset, evaluation: Evaluation) -> Panel:
    """Return what is on record before the start, or up to now while there is none.

    Months in which the target is on record, and areas that are on record in the last of them.
    Raises `NotEnoughData` when there is no such month.
    """
    project = evaluation.project
    assert evaluation.coverage is not None
    panel = series_of(evaluation.coverage.counts, project, project.primary_measure, frozenset())
    start = project.first_month
    last = None if start is None else start - pd.DateOffset(days=1)
    early = panel.between(None, last)
    panel = early if len(early.counts) else panel
    there = panel.counts[list(panel.target)].notna().all(axis=1)
    months = pd.DatetimeIndex(there[there].index)
    if months.empty:
        raise NotEnoughData(f"{panel.measure}: not on record in the project's areas")
    return panel.complete(months[-LOOKED_AT:])


def _quiet(data: Dataset, evaluation: Evaluation) -> Panel:
    """Return the same without areas in which other projects work, as an evaluation will."""
    panel, project = before(data, evaluation), evaluation.project
    first, last = panel.counts.index[0], project.response_end or panel.counts.index[-1]
    work = others_at_work(data, project, first, last)
    own = {*panel.target, *panel.buffer}
    busy = {a for areas in work.values() for a in areas} - own
    counts = panel.counts.drop(columns=[a for a in panel.counts if a in busy])
    return replace(panel, counts=counts, comparison=())


def _period(months: pd.Index) -> str:
    """Say which months these are, and how many of them where some are not on record."""
    words = f"{months[0]:%B %Y} to {months[-1]:%B %Y}"
    whole = len(pd.date_range(months[0], months[-1], freq="MS"))
    return words if whole == len(months) else f"{words}, the {len(months)} months on record"


def baseline(data: Dataset, evaluation: Evaluation) -> Table:
    """Count the last year before the start, the year before that, and the share of all areas."""
    panel = before(data, evaluation)
    own, everywhere = panel.monthly(panel.target), panel.counts.sum(axis=1)
    rows = []
    for back in (1, 0):
        end = len(own) - 12 * back
        if end < 12:
            continue
        part, whole = own.iloc[end - 12 : end], everywhere.iloc[end - 12 : end]
        rows.append((_period(part.index), int(part.sum()), int(whole.sum())))
    if not rows:
        rows = [(f"{len(own)} months", int(own.sum()), int(everywhere.sum()))]
    return page_table(data, evaluation, "baseline", rows)


def places(data: Dataset, evaluation: Evaluation) -> Table:
    """Rank the areas by incidents in the last year on record before the start."""
    panel = before(data, evaluation)
    year = panel.counts.iloc[-12:].sum().sort_values(ascending=False, kind="stable")
    frame = pd.DataFrame({"area": year.index.astype(str), "incidents": year.to_numpy()})
    roles = dict.fromkeys(panel.target, "target") | dict.fromkeys(panel.buffer, "buffer")
    frame["role"] = [roles.get(area, "") for area in frame["area"]]
    frame["rank"] = range(1, len(frame) + 1)
    frame["area"] = [*map(data.area, frame["area"], frame["role"])]
    keep = frame[(frame["rank"] <= SHOWN) | (frame["role"] == "target")]
    months = panel.counts.index[-12:]
    words = {
        "lower": inside(panel.measure),
        "when": span(months[0], months[-1]) if panel.unbroken else _period(months),
        "many": f"{len(frame):,}",
        "notes": (places_finding(data, evaluation),),
    }
    return page_table(data, evaluation, "places", keep, **words)


def places_finding(data: Dataset, evaluation: Evaluation) -> str:
    """Say how few places hold half of the problem."""
    panel = before(data, evaluation)
    counts = panel.counts.iloc[-12:].sum()
    try:
        gini = concentration(counts=counts.to_list(), measure=panel.measure)
    except NotEnoughData as error:
        return f"Concentration cannot be said: {error}."
    half = int(gini.details["places_with_half"])
    return (
        f"Half of it is recorded in {half} of {len(counts)} areas "
        f"({percent(half / len(counts))}); Gini coefficient {gini.estimate:.2f}."
    )


def calendar(data: Dataset, evaluation: Evaluation) -> Table:
    """Mean monthly count by calendar month."""
    panel = before(data, evaluation)
    own = panel.monthly(panel.target)
    by_month = own.groupby(pd.DatetimeIndex(own.index).month).mean()
    names = [f"{pd.Timestamp(2000, int(m), 1):%B}" for m in by_month.index]
    rows = list(zip(names, by_month, strict=True))
    timed = len(data.of_measure("incident_hours", panel.measure))
    notes = () if timed else ("Monthly records hold no day and no hour, so none is shown.",)
    return page_table(data, evaluation, "calendar", rows, notes=notes)


def _alike(panel: Panel) -> pd.Series[float]:
    """Return how far every other area is from the mean of the target's, the nearest first."""
    months = panel.counts.iloc[-24:].astype(float)
    own = months[list(panel.target)].mean(axis=1)
    rest = months.drop(columns=[*panel.target, *panel.buffer])
    quarters = [i // 3 for i in range(len(months))]
    target = (own.groupby(quarters).sum() + 0.5).map(math.log)
    logs = (rest.groupby(quarters).sum() + 0.5).map(math.log)
    far = (logs.sub(target, axis=0) ** 2).mean().pow(0.5)
    return far.sort_values(kind="stable")


def candidates(data: Dataset, evaluation: Evaluation) -> Table:
    """List the areas nearest to the project's on the months before, to compare with.

    Nearness is the root mean square distance of the log of each quarter's count from that of the
    mean of the project's areas, over the last 24 months.
    """
    panel = before(data, evaluation)
    best = _alike(panel).head(SHOWN)
    year = panel.counts.iloc[-12:].sum()
    frame = pd.DataFrame({"area": [*map(data.area, best.index.astype(str))]})
    frame["incidents"] = year[best.index].astype("int64").to_numpy()
    frame["distance"] = best.to_numpy()
    mean = f"{year[list(panel.target)].mean():,.0f}"
    return page_table(data, evaluation, "candidates", frame, mean=mean)


def design(data: Dataset, evaluation: Evaluation, months: int) -> str:
    """Return the design that a response of so many months would be judged by; `""` of none."""
    if evaluation.panel is None:
        return ""
    try:
        rest = others(_quiet(data, evaluation))
    except NotEnoughData:
        return ""
    held = evaluation.panel.counts
    own = held[[a for a in evaluation.project.target if a in held]].notna().all(axis=1)
    before = int(own[held.index < evaluation.panel.start].sum())
    size, after = len(evaluation.project.target), compared(months)
    return choose(others=rest, before=before, after=after, learnt=before, target=size).method


class Likely(NamedTuple):
    """A share promised of months to come: as areas moved before, and between which it may lie."""

    share: float
    low: float
    high: float

    def __str__(self) -> str:
        low, share, high = (f"{100 * x:.0f}" for x in (self.low, self.share, self.high))
        return share if low == high else f"{share} ({low} to {high})"

    def in_percent(self) -> str:
        """Write it into a sentence: `24% (20% to 31%)`."""
        low, share, high = map(percent, (self.low, self.share, self.high))
        return share if low == high else f"{share} ({low} to {high})"

    def often(self) -> str:
        """Say a chance in words, in tenths."""
        low, times, high = (round(10 * x) for x in (self.low, self.share, self.high))
        words = {0: "hardly ever", 1: "once in 10", 10: "nearly always"}
        said = words.get(times, f"{times} times in 10")
        return said if low == high else f"{said} ({low} to {high})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A design that could be chosen, and what it could show; or why that cannot be said.

    `spread`: how many times larger or smaller the variance between areas may be than it was.
    """

    name: str
    target: tuple[str, ...]
    months: int
    spread: float
    able: Planned | None = None
    why: str = ""

    def smallest(self, aim: float | None) -> Likely | None:
        """Smallest change in the direction aimed at, shown four times in five, as a share."""
        return self._between(lambda able, times: smallest(able.smallest(POWER, times), aim)[0])

    def chance(self, aim: float | None) -> Likely | None:
        """Chance of showing the change aimed at."""
        if not aim:
            return None
        return self._between(lambda able, times: able.chance(1 + aim, times))

    def _between(self, of: Callable[[Planned, float], float]) -> Likely | None:
        if self.able is None:
            return None
        share, *ends = (of(self.able, times) for times in (1.0, self.spread, 1 / self.spread))
        return Likely(share, min(ends), max(ends))

    def judged(self, aim: float | None) -> str:
        """Say what it is worth in a word or two."""
        fall = self.smallest(None)
        return f"cannot be said: {self.why}" if fall is None else _judged(fall, self.chance(aim))


def _judged(fall: Likely, chance: Likely | None) -> str:
    """Say of the smallest fall and the chance of the one wanted what holds over all they may be.

    Beyond `HOPELESS` an evaluation says "we cannot say"; what is missed as often as it is shown
    is no plan either.
    """
    if fall.low > HOPELESS or (chance is not None and chance.high < 0.5):
        return "hopeless"
    if chance is None:
        return "realistic" if fall.high <= REALISTIC else "only a large fall"
    return "realistic" if chance.low >= POWER else "may miss it"


def spread_of(reference: Reference) -> float:
    """Return how far the variance between areas may be from what it was, as a factor."""
    return reference.assumption("plan_spread").value


def could_see(data: Dataset, evaluation: Evaluation, reference: Reference) -> Table:
    """Smallest fall that 6, 9 and 12 months of response could show, four times in five."""
    panel, spread = _quiet(data, evaluation), spread_of(reference)
    made = [_choice(panel, f"{months} months", months, spread) for months in PLANNED]
    rows = [(each.name, _cell(each.smallest(None)), each.judged(None)) for each in made]
    return page_table(data, evaluation, "could_see", rows, spread=f"{spread:g}")


def choices(
    data: Dataset, plan: Plan, evaluation: Evaluation, reference: Reference
) -> list[Choice]:
    """Return the design as planned, then what one could add to it, each with what it could show.

    Raises `NotEnoughData` when there is no month in which every area is on record.
    """
    panel, spread = _quiet(data, evaluation), spread_of(reference)
    months = compared(plan.months)
    longer, alike = compared(plan.months + MORE_MONTHS), [str(a) for a in _alike(panel).index]
    size, more = len(panel.target), f"{MORE_MONTHS} more months"
    wanted = [
        ("As planned", 0, months),
        (f"One more area ({''.join(map(data.area, alike[:1]))})", 1, months),
        (f"{MORE_MONTHS} more months", 0, longer),
        (f"One more area and {more}", 1, longer),
        ("Twice as many areas, the most alike", size, months),
    ]
    made = [
        _choice(panel.with_target(panel.target + tuple(alike[:n])), name, each, spread)
        for at, (name, n, each) in enumerate(wanted)
        if n <= len(alike) and not (at in (2, 3) and longer == months) and not (at == 4 and n == 1)
    ]
    for measure in list(plan.project.measures)[1:]:
        other = replace(plan.project, primary_measure=measure)
        same = planned_evaluation(data, replace(plan, project=other), as_of=evaluation.as_of)
        name = f"As planned, by {measure}"
        try:
            made.append(_choice(_quiet(data, same), name, months, spread))
        except NotEnoughData as error:
            none = Choice(name=name, target=panel.target, months=months, spread=spread)
            made.append(replace(none, why=str(error)))
    return made


def _choice(panel: Panel, name: str, months: int, spread: float) -> Choice:
    made = Choice(name=name, target=panel.target, months=months, spread=spread)
    try:
        return replace(made, able=planned(panel=panel, months=months))
    except NotEnoughData as error:
        return replace(made, why=str(error))


def designs(
    data: Dataset, evaluation: Evaluation, aim: float | None, made: Sequence[Choice]
) -> Table:
    """Set what could be chosen side by side: what each could show, what each is worth."""
    rows: list[dict[str, object]] = []
    for each in made:
        expected = math.nan if each.able is None else each.able.expected
        row = {"design": each.name, "areas": len(each.target), "months": each.months}
        row |= {"expected": expected, "fall": _cell(each.smallest(aim)), "said": each.judged(aim)}
        rows.append(row | ({"chance": _cell(each.chance(aim))} if aim else {}))
    words = {"way": smallest(0.1, aim)[1], "aim": percent(abs(aim or 0))}
    words["spread"] = f"{made[0].spread:g}"
    return page_table(data, evaluation, "designs", rows, **words)


def _cell(said: Likely | None) -> str:
    return "" if said is None else str(said)


def plan_finding(
    data: Dataset, evaluation: Evaluation, aim: float | None, made: Sequence[Choice], why: str
) -> str:
    """Say in plain words whether the design can show what is aimed at, and what would help."""
    measure, target = evaluation.project.primary_measure, evaluation.project.target
    assert evaluation.coverage is not None
    held = evaluation.coverage.counts.notna().any()
    if gone := [a for a in target if not held.get(a, False)]:
        are = "is" if len(gone) == 1 else "are"
        return (
            f"{measure}: {listing([*map(data.area, gone)])} {are} not on record, so an evaluation "
            "there could show nothing: check the codes, ask for the records, or plan without"
        )
    if not made:
        return f"We cannot say what it could show: {why}"
    first, *more = made
    size = f"{len(target)} area{'s' * (len(target) > 1)}, {first.months} months"
    way, least, chance = smallest(0.1, aim)[1], first.smallest(aim), first.chance(aim)
    if least is None:
        return f"{measure}, {size}: we cannot say what it could show: {first.why}"
    said = f"{measure}, {size}: a {way} of {least.in_percent()} or more could be shown"
    if chance is not None:
        said += f"; the {way} of {percent(abs(aim or 0))} aimed at would be shown {chance.often()}"
    said = f"Hopeless as planned. {said}" if first.judged(aim) == "hopeless" else said
    words = [
        f"{percent(fall.share)} with {inside(each.name)}"
        for each in more
        if (each.target == first.target) != (each.months == first.months)
        and (fall := each.smallest(aim))
    ]
    return said + (f". The smallest {way} would be {listing(words)}" if words else "")
