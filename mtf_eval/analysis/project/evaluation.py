"""What one SARA project changed, and how sure we may be.

The design is chosen by what is on record and run on every measure, the others as sensitivity. What
may not be claimed is not estimated at all, so no page can show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects import Check, Estimate, Panel, diagnostics, forecast
from mtf_eval.analysis.effects.result import limits
from mtf_eval.analysis.project import design, estimation, gates
from mtf_eval.analysis.project.design import Design, Project, Status, Window
from mtf_eval.analysis.project.estimation import Spill
from mtf_eval.analysis.project.gates import Withheld, gate, laid_out, rests_on_noughts, trusted
from mtf_eval.analysis.project.net import Evidence, Net, cells_of
from mtf_eval.analysis.project.net import smallest as smallest_seen
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.findings import inside, percent
from mtf_eval.analysis.results.tables import Brief, Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.aliases import called
from mtf_eval.records.coverage import Coverage, coverage_of
from mtf_eval.records.coverage.gaps import ONE_MONTH
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.reads import shared

NO_TARGET = "no target area is named in project_areas"
#: Why nothing is claimed yet of a project that has not ended.
UNFINISHED = called("response not ended")


# Our own judgement, as no guidance gives one: beyond the first a design gives no answer but "we
# cannot say", before the response and after it; up to the second a fall is what projects reach.
HOPELESS, REALISTIC = 0.75, 0.35
SEED = 2021  # of every simulated interval, so that a project has one on all pages


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Evaluation(Brief):
    """Everything a project's page shows.

    `effects`: primary estimate per measure; empty unless the project is complete.
    `net`: each of them net of what moved next door: what becomes totals, ratings and pounds.
    `cannot_say`: measures without one, and why.
    `withheld`: those of them of which the records allow no claim: a gate failed, nothing was
        estimated.
    `unclear`: estimates too imprecise to be given for what could not be said; only pooled, where
        their interval gives them the weight they deserve.
    `sensitivity`: every estimate of the primary measure that can be computed, the primary one
        first; none where that one is not given.
    `mde`: smallest true fall, as a share, that the design would find four times in five, per
        measure.
    `coverage`: what is on record of the primary measure.
    `panel`: all usable areas and all months of the primary measure, NaN where not on record;
        `compared` is the part compared, `record` what the primary effect learns from.
    """

    project: Project
    as_of: date
    status: Status
    design: Design | None = None
    window: Window | None = None
    effects: Mapping[str, Estimate] = field(default_factory=dict)
    net: Mapping[str, Net] = field(default_factory=dict)
    cannot_say: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, Withheld] = field(default_factory=dict)
    unclear: Mapping[str, Estimate] = field(default_factory=dict)
    sensitivity: tuple[Estimate, ...] = ()
    checks: tuple[Check, ...] = ()
    mde: Mapping[str, float] = field(default_factory=dict)
    spill: Spill | None = None
    coverage: Coverage | None = None
    panel: Panel | None = None
    compared: Panel | None = None
    record: Panel | None = None
    cautions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{self.project}. {self.headline}"

    @property
    def primary(self) -> Estimate | None:
        """Primary estimate of the primary measure, where there is one."""
        return self.effects.get(self.project.primary_measure)

    def evidence(self, measure: str = "") -> Evidence:
        """Say what the records show of a measure, the primary one without a name.

        No other measure is surer than the primary one, on which the project is judged.
        """
        order: tuple[Evidence, ...] = ("not_shown", "against", "doubtful", "effect")
        primary = self.project.primary_measure
        nets = (self.net.get(primary), self.net.get(measure or primary))
        first, own = (n.evidence if n else "not_shown" for n in nets)
        if first == "against" != own:
            return "not_shown"
        return min(first, own, key=order.index)

    @property
    def gated(self) -> Withheld | None:
        """Why the records allow no claim of the primary measure; `None` where they do."""
        return self.withheld.get(self.project.primary_measure)

    @property
    def months_after(self) -> int | None:
        """Months after the start on which the effects rest."""
        return self.window.months if self.window else None

    @property
    def headline(self) -> str:
        """Say the main result in one line, for the page and the index."""
        measure, found = self.project.primary_measure, self.primary
        if self.status == "planning":
            return "Not started: baseline and what an evaluation could show"
        if self.status == "running":
            return "Response still running: no effect is given yet"
        if self.status == "no_records":
            none = f"No records of {inside(measure)} in the project's areas"
            none = none if self.project.target else NO_TARGET.capitalize()
            return f"{none}: nothing to evaluate"
        if self.gated is not None:
            return f"{measure}: we cannot say: {self.gated.reason}"
        if found is None:
            reasons = {} if measure in self.unclear else self.cannot_say
            why = f": {reasons[measure]}" if measure in reasons else self._could_see()
            return f"{measure}: we cannot say{why}"
        interval = limits(found.low, found.high)
        ratio = f"ratio {found.estimate:.2f} ({percent(found.level)} interval {interval})"
        if not found.distinguishable:
            return f"{measure}: no change that can be told from chance, {ratio}{self._could_see()}"
        way = "fall" if found.estimate < 1 else "rise"
        size = percent(abs(1 - found.estimate))
        against = "" if found.maryland <= 2 else " against what was expected"
        net = self.net[measure]
        wanted = net.aim(", as the project wanted")
        doubt = f"; {net.doubt}" if net.doubt else ""
        if net.may_have_moved:
            doubt = f"; {net.sentence()}: {net.doubt}"
        return f"{measure}: a {way} of {size}{against}{wanted}, {ratio}{doubt}"

    def smallest(self, measure: str) -> tuple[float, str] | None:
        """Smallest change that could be seen, as a share, with its direction."""
        fall = self.mde.get(measure)
        return None if fall is None else smallest_seen(fall, self.project.measures.get(measure))

    def _could_see(self) -> str:
        seen = self.smallest(self.project.primary_measure)
        if seen is None:
            return ""
        return f"; only a {seen[1]} of {percent(seen[0])} or more could have been seen"


def page_table(
    data: Dataset,
    evaluation: Evaluation,
    name: str,
    rows: pd.DataFrame | Iterable[Any],
    **words: Any,
) -> Table:
    """Lay out a table of one project's page as it stood on the day; see `columns.lay`."""
    return lay(
        f"project_{name}", rows, data, project=evaluation.project, as_of=evaluation.as_of, **words
    )


def status_of(project: Project, *, on_record: bool, as_of: date) -> Status:
    """Say what kind of page a project gets.

    The dates decide, whatever stage was entered. Planning until the response has started; running
    while it has not ended and no assessment has been made; no records where none of its measures
    is recorded in its areas.
    """
    today = pd.Timestamp(as_of)
    start, end = project.response_start, project.response_end or project.assessment_date
    if start is None or start > today:
        return "planning"
    if not on_record:
        return "no_records"
    return "running" if end is None or end > today else "complete"


def evaluate(
    data: Dataset, project_id: str, *, as_of: date | str, rng: np.random.Generator
) -> Evaluation:
    """Evaluate one project from the records up to a day.

    `as_of`: nothing later is counted; a month counts when it is over. A day, or its ISO text.
    `rng`: used by the simulated interval of the interrupted series. Raises `BadArgument` when no
    project has this reference.
    """
    if isinstance(as_of, str):
        as_of = date.fromisoformat(as_of)
    project = design.project_of(data, project_id)
    covers = {m: coverage_of(data, m, as_of=as_of) for m in project.measures}
    on_record = any(_recorded(cover, project) for cover in covers.values())
    status = status_of(project, on_record=on_record, as_of=as_of)
    if status != "complete":
        return unassessed(project, covers[project.primary_measure], status, as_of)
    judged = {m: _judge(data, project, m, cover, as_of, rng) for m, cover in covers.items()}
    primary = judged[project.primary_measure]
    nets = {
        measure: Net(
            effect=each.effect,
            beside=each.beside,
            cells=cells_of(each.compared, each.compared.target),
            near=cells_of(each.compared, each.compared.buffer),
            wanted=project.measures.get(measure),
            failed=_failed(each.checks),
        )
        for measure, each in judged.items()
        if each.effect and each.compared
    }
    fields = {
        name: {m: value for m, each in judged.items() if (value := getattr(each, name)) is not None}
        for name in ("cannot_say", "withheld", "unclear", "mde")
    }
    effects = {measure: net.effect for measure, net in nets.items()}
    known = {"project": project, "as_of": as_of, "status": status, "effects": effects, "net": nets}
    return Evaluation(**known, **fields, **primary.shown)  # type: ignore[arg-type]


def _failed(checks: Iterable[Check]) -> tuple[str, ...]:
    """Say which checks speak against an effect; and that none stands behind it."""
    said = [", ".join(filter(None, (c.name.lower(), c.size))) for c in checks if c.passed is False]
    if all(c.passed is None for c in checks if c.name in estimation.JUDGING):
        said.append(estimation.UNTRIED)
    return tuple(said)


@shared
def evaluated(data: Dataset, project_id: str, as_of: date) -> Evaluation:
    """Evaluate one project as every report does: once, from the same seed; see `evaluate`."""
    return evaluate(data, project_id, as_of=as_of, rng=np.random.default_rng(SEED))


def _recorded(coverage: Coverage, project: Project) -> bool:
    """Whether any incident is on record in the project's areas."""
    own = [a for a in project.target if a in coverage.counts.columns]
    return bool((coverage.counts[own] > 0).any(axis=None))


def unassessed(project: Project, coverage: Coverage, status: Status, as_of: date) -> Evaluation:
    """Return what is known of a project that has nothing to assess yet, and why."""
    none = "nothing of its measure is on record in its areas"
    why = (UNFINISHED | {"no_records": none if project.target else NO_TARGET})[status]
    panel = None
    with suppress(NotEnoughData):
        panel = design.series_of(coverage.counts, project, project.primary_measure, frozenset())
    return Evaluation(
        project=project,
        as_of=as_of,
        status=status,
        cannot_say=dict.fromkeys(project.measures, why),
        coverage=coverage,
        panel=panel,
    )


@dataclass(slots=True, kw_only=True)
class _Judged:
    """What one measure of a complete project came to; `shown` is for the page of the primary."""

    effect: Estimate | None = None
    beside: Estimate | None = None
    compared: Panel | None = None
    cannot_say: str | None = None
    withheld: Withheld | None = None
    unclear: Estimate | None = None
    mde: float | None = None
    checks: tuple[Check, ...] = ()
    shown: dict[str, Any] = field(default_factory=dict)

    def withhold(self, why: Withheld) -> _Judged:
        self.effect, self.withheld, self.cannot_say = None, why, why.reason
        return self


def _judge(
    data: Dataset,
    named: Project,
    measure: str,
    coverage: Coverage,
    as_of: date,
    rng: np.random.Generator,
) -> _Judged:
    judged = _Judged(shown={"coverage": coverage})
    months = pd.DatetimeIndex(coverage.counts.dropna(how="all").index)
    try:
        window = design.window_of(named, months, as_of=as_of)
        counts = trusted(coverage, window.before_first, window.last)
        reach = data, named, window.before_first, window.last
        work, inside = (
            design.others_at_work(*reach),
            design.others_at_work(*reach, roles=("target",)),
        )
        project = design.without_buffer(named, inside)
        excluded = frozenset(a for areas in work.values() for a in areas)
        whole = design.series_of(counts, project, measure, excluded).with_start(window.start)
    except NotEnoughData as error:
        reason = str(error).removeprefix(f"{measure}: ")
        return judged.withhold(Withheld(reason=reason, remedy="add months and areas"))
    whole, meant = whole.between(None, window.last), window
    window, panel, compared = laid_out(whole, meant)
    chosen = design.choose(
        others=design.others(compared),
        before=panel.months_before,
        after=window.months,
        learnt=estimation.recorded(panel, compared).months_before,
        target=len(project.target),
    )
    tries = estimation.estimators(panel, compared, rng)

    def estimate(panel: Panel, compared: Panel) -> Estimate:
        return estimation.estimators(panel, compared, rng)[chosen.method]()

    stopped = gate(coverage, project, window)
    try:
        if stopped is None:
            first = panel.counts.index.min()
            said = gates.cautions(data, coverage, project, window, first)
            effect = tries[chosen.method]().with_cautions(*window.notes, *said)
            stopped = rests_on_noughts(coverage, whole, meant, effect, estimate)
            judged.effect = effect
    except NotEnoughData as error:
        judged.cannot_say = str(error).removeprefix(f"{measure}: ")
    judged.shown |= {"window": window, "panel": whole}
    if stopped is not None:
        judged.shown["checks"] = (gates.on_record(coverage, project, window, stopped),)
        return judged.withhold(stopped)
    judged.mde = estimation.smallest(judged.effect, compared)
    if judged.effect and not judged.effect.distinguishable and judged.mde > HOPELESS:
        before = compared.same_season().totals(project.target)[0]
        size, way = smallest_seen(judged.mde, project.measures.get(measure))
        judged.cannot_say = (
            f"{measure}: {before:,} incidents in the months before the start; only a {way} of "
            f"{percent(size)} or more could have been seen"
        )
        judged.unclear, judged.effect = judged.effect, None
    if judged.effect:
        judged.compared = compared
        with suppress(NotEnoughData):  # the net says that next door was not measured
            judged.beside = estimation.beside(panel, compared, chosen.method, rng)
    tried = estimation.tried
    if judged.effect or measure == named.primary_measure:
        judged.checks = (
            tried("Trend before the start", diagnostics.pre_trend, panel),
            tried("Fake start dates", diagnostics.placebo_in_time, panel),
        )
        if chosen.method == "did":
            each_out = tried("One area left out", diagnostics.without_each, compared.same_season())
            judged.checks += (each_out,)
    if measure != named.primary_measure:
        return judged
    estimates = [judged.effect] if judged.effect else []
    for method, attempt in tries.items():
        if judged.effect and method != chosen.method:
            with suppress(NotEnoughData):
                estimates.append(attempt())
    seasonal = estimation.all_others(compared.same_season())
    record = estimation.recorded(panel, compared)
    since = design.others_at_work(data, named, window.start, window.last)
    months = (record if chosen.method == "placebo" else compared).counts.index
    first = max(months.min(), window.start - pd.DateOffset(months=forecast.LONGEST))
    learnt = first, window.start - ONE_MONTH
    earlier = design.others_at_work(data, named, *learnt, roles=("target",))
    judged.shown |= {
        "design": chosen,
        "sensitivity": tuple(estimates),
        "checks": (
            *judged.checks,
            tried("Fake areas", diagnostics.placebo_in_space, seasonal),
            tried("Start after a bad period", diagnostics.regression_to_the_mean, record),
            gates.bad_year(panel, window),
            gates.on_record(coverage, project, window, compared),
        ),
        "spill": estimation.spill(compared) if compared.buffer and judged.effect else None,
        "compared": compared,
        "record": record,
        "cautions": tuple(gates.at_work(named, since, inside, earlier)),
    }
    return judged
