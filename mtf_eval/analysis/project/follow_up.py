"""The long-term audit of one project: whether the fall has held six and twelve months on.

The estimator that judged the response is run again on later months, against the months before the
start; or another, on areas and months of the analyst's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects import Estimate, Panel
from mtf_eval.analysis.project.delivery import actions_then
from mtf_eval.analysis.project.design import Window, others_at_work, series_of, working_in
from mtf_eval.analysis.project.estimation import estimators, recorded
from mtf_eval.analysis.project.evaluation import Evaluation, page_table
from mtf_eval.analysis.project.gates import LEAST_MONTHS, gate, laid_out, rests_on_noughts, trusted
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.coverage import Coverage, coverage_of
from mtf_eval.records.coverage.gaps import first_of
from mtf_eval.records.dataset import Dataset

# Months after the response, or after the months it was judged on where those reach further.
WINDOWS = {"Six months on": (1, 6), "Twelve months on": (7, 12)}
COMPARABLE = ("placebo", "did")  # a series alone gives one level for all months after its start
SEASON = 12
NO_PLAN = "No plan of how the result is kept up is on record"
NAMED = 5  # areas named in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """One later window: its months, and its effect or why there is none.

    `assessed` is the effect of the response; `others` are projects at work in its areas since.
    """

    name: str
    first: pd.Timestamp
    last: pd.Timestamp
    effect: Estimate | None = None
    reason: str = ""
    assessed: Estimate | None = None
    others: tuple[str, ...] = ()

    @property
    def reading(self) -> str:
        """Say whether it held, no stronger than both intervals allow, and who else was at work."""
        if self.effect is None or self.assessed is None:
            return self.reason
        now, then = _reading(self.effect), _reading(self.assessed)
        if not self.effect.distinguishable:
            said = f"{now}{' any more' if self.assessed.distinguishable else ''}"
        else:
            said = f"still {now}" if now == then else f"{now}, which was not so at the assessment"
        work = f"; {listing(list(self.others))} worked here in these months" if self.others else ""
        return f"{said}{work}"


def _reading(effect: Estimate) -> str:
    if not effect.distinguishable:
        return "no change that can be told from chance"
    return "fewer than expected" if effect.estimate < 1 else "more than expected"


def later(data: Dataset, evaluation: Evaluation) -> tuple[Later, ...]:
    """Judge the windows after a complete response; none where nothing was judged before."""
    project, window = evaluation.project, evaluation.window
    end = project.response_end or project.assessment_date
    if evaluation.primary is None or window is None or end is None:
        return ()
    end = max(first_of(end), window.last)  # no month is judged twice
    coverage = coverage_of(data, project.primary_measure, as_of=evaluation.as_of)
    windows = []
    for name, (first, last) in WINDOWS.items():
        begins, ends = (end + pd.DateOffset(months=m) for m in (first, last))
        held = coverage.counts.index.max() if len(coverage.counts) else ends
        last_held = min(ends, held) if held >= begins else ends
        work = others_at_work(data, project, begins, last_held, roles=("target",))
        others = working_in(work, project.target)
        own = Later(
            name=name, first=begins, last=last_held, assessed=evaluation.primary, others=others
        )
        try:
            windows.append(replace(own, effect=_judge(data, evaluation, coverage, own)))
        except NotEnoughData as why:
            windows.append(replace(own, reason=str(why)))
    return tuple(windows)


def _judge(data: Dataset, evaluation: Evaluation, coverage: Coverage, later: Later) -> Estimate:
    """Run the project's own estimator on a later window.

    Raises `NotEnoughData`: the months are not on record, or the design cannot judge months apart.
    """
    project, design = evaluation.project, evaluation.design
    assert design is not None
    assert evaluation.window is not None
    months = coverage.counts.index
    needed = later.first + pd.DateOffset(months=LEAST_MONTHS - 1)
    if months.empty or months.max() < needed:
        raise NotEnoughData(f"can be said when {needed:%B %Y} is on record")
    if design.method not in COMPARABLE:
        raise NotEnoughData("nothing to compare with: the design gives one level for all months")
    start = evaluation.window.start
    first, end = (start - pd.DateOffset(months=n) for n in (SEASON, 1))
    window = Window(
        before_first=first, before_last=end, start=later.first, last=later.last, same_season=True
    )
    counts = trusted(coverage, window.before_first, window.last)
    at_work = others_at_work(data, project, evaluation.window.before_first, later.last)
    excluded = frozenset(a for areas in at_work.values() for a in areas)
    whole = series_of(counts, project, project.primary_measure, excluded)
    response = pd.date_range(start, later.first, freq="MS", inclusive="left")
    record = whole.between(None, later.last).without(response).with_start(later.first)
    part, panel, compared = laid_out(record, window)
    unused = np.random.default_rng(0)  # the designs that can be run here draw nothing

    def estimate(panel: Panel, compared: Panel) -> Estimate:
        return estimators(panel, compared.same_season(), unused)[design.method]()

    stopped = gate(coverage, project, part)
    if stopped is None:
        effect = estimate(panel, compared)
        stopped = rests_on_noughts(coverage, record, window, effect, estimate)
    if stopped is not None:
        raise NotEnoughData(f"we cannot say: {stopped.reason}")
    return effect


def later_table(data: Dataset, evaluation: Evaluation, windows: tuple[Later, ...]) -> Table:
    """Show the response and the later windows that could be judged under each other."""
    own, window = evaluation.primary, evaluation.window
    judged = [(w, w.effect, w.reading) for w in windows if w.effect is not None]
    if own is not None and window is not None:
        then = Later(name="As assessed", first=window.start, last=window.last)
        judged.insert(0, (then, own, _reading(own)))
    rows = (
        (w.name, f"{w.first:%B %Y} to {w.last:%B %Y}", e.n_before, e.expected, e.n_after,
         e.estimate, e.low, e.high, said)
        for w, e, said in judged
    )  # fmt: skip
    return page_table(data, evaluation, "later", rows)


def later_finding(windows: tuple[Later, ...]) -> str:
    """Say in one sentence whether the change has held."""
    judged = [w for w in windows if w.effect is not None]
    waiting = [f"{w.name}: {w.reading}." for w in windows if w.effect is None]
    if not judged:
        return " ".join(["Whether it has held cannot be said yet.", *waiting])
    last = judged[-1]
    said = f"{last.name} ({last.first:%B %Y} to {last.last:%B %Y}): {last.reading}."
    return " ".join([said, *waiting])


def what_next(data: Dataset, evaluation: Evaluation) -> str:
    """Say what is to be done after this report, by whom and when, as far as that is on record."""
    project, lead = evaluation.project, evaluation.project.lead_agency
    rows = actions_then(data, evaluation.as_of, project.project_id)
    late = rows[rows["state"] == "overdue"].sort_values("due")
    asked = [f"{r.agency}: {str(r.description).rstrip('.')}, overdue since {day(r.due)}"
             for r in late.itertuples()]  # fmt: skip
    if evaluation.status == "planning":
        start = project.response_start
        when = f"{lead}: response from {day(start)}; " if start is not None else ""
        asked.append(f"{when}agree measures and areas, and judge whether any change could be shown")
    elif evaluation.status == "running":
        asked.append("keep the dose up and the records complete until the response ends")
    else:
        asked.append(project.consolidation_plan.rstrip(".") or NO_PLAN)
        follow = project.follow_up_date
        then = "stop, continue or spread" if follow is None else f"follow-up on {day(follow)}"
        asked.append(f"{lead}: {then}")
    said = "; ".join(asked)
    return f"{said[0].upper()}{said[1:]}."


def by_hand(
    data: Dataset,
    evaluation: Evaluation,
    *,
    method: str | None,
    comparison: Sequence[str] | None,
    window: tuple[str, str] | None,
    rng: np.random.Generator,
) -> tuple[Evaluation, str]:
    """Return the evaluation with a primary effect of one's own, and what was changed in words.

    `evaluation`: an evaluation whose months are compared (`compared` is not `None`).
    `method`: name of an estimator; without it the one of the design, or `did` for areas of one's
        own.
    `comparison`: codes of the only areas to compare with.
    `window`: first and last month used, as in `("2022-01", "2024-06")`, around the start.

    Raises `BadArgument` for a method, an area or a month that is not known. Raises `NotEnoughData`
    when the records do not carry the estimate.
    """
    whole, months, changed = evaluation.panel, evaluation.window, []
    assert whole is not None
    assert months is not None
    assert evaluation.compared is not None
    assert evaluation.design is not None
    if window is not None:
        months = _window(whole, window)
        whole = whole.between(months.before_first, months.last)
    if comparison is not None:
        whole = _only(whole, evaluation.compared, comparison)
        changed.append(f"compared with {', '.join(map(data.area, whole.comparison))}")
    months, panel, compared = laid_out(whole, months)
    if window is not None:
        changed.insert(0, f"months {months.words()}")
    tries = estimators(panel, compared, rng)
    chosen = method or ("did" if comparison is not None else evaluation.design.method)
    if chosen not in tries:
        raise BadArgument(f"method={chosen!r}: expected one of {', '.join(tries)}")
    effect = tries[chosen]()
    own = replace(
        evaluation,
        window=months,
        panel=whole,
        compared=compared,
        record=recorded(panel, compared),
        effects={**evaluation.effects, evaluation.project.primary_measure: effect},
        sensitivity=(effect,),
    )
    return own, ", ".join([f"method {chosen}", *changed])


def _window(panel: Panel, window: tuple[str, str]) -> Window:
    """Return the months from the first to the last given, the start between them."""
    held = pd.DatetimeIndex(panel.counts.index)
    try:
        first, last = (pd.Period(each, freq="M").to_timestamp() for each in window)
    except (TypeError, ValueError):
        first = last = pd.NaT
    if not held.min() <= first < panel.start <= last <= held.max():
        raise BadArgument(
            f"window={window!r}: expected the first and the last month to use, as in "
            f"('{held.min():%Y-%m}', '{held.max():%Y-%m}'), which are on record, with the start "
            f"({panel.start:%Y-%m}) between them"
        )
    end = panel.start - pd.DateOffset(months=1)
    return Window(
        before_first=first, before_last=end, start=panel.start, last=last, same_season=False
    )


def _only(panel: Panel, compared: Panel, areas: Sequence[str]) -> Panel:
    """Return the panel with no other areas to compare with than these."""
    areas = [areas] if isinstance(areas, str) else list(areas)
    own = [*panel.target, *panel.buffer]
    known = sorted(set(compared.counts.columns) - set(own))
    unknown = sorted(set(areas) - set(known))
    if unknown or not areas:
        raise BadArgument(
            f"comparison: {', '.join(unknown) or 'no area'} is not an area on record in all "
            f"months compared; {len(known)} are, among them {', '.join(known[:NAMED])}"
        )
    chosen = tuple(dict.fromkeys(areas))
    return replace(panel, counts=panel.counts[[*own, *chosen]], comparison=chosen)
