"""What changed in a project's areas: the estimate, its picture, its controls and its checks.

Beside it what those who were asked said had changed: the surveys of one project.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mtf_eval.analysis.effects import Estimate
from mtf_eval.analysis.project import assessment
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.surveys import surveys
from mtf_eval.errors import NotEnoughData
from mtf_eval.publish import charts
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.display.elements import Element, note, result
from mtf_eval.publish.workbench.view import Absent, Several, View, disclosure, joined
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset

WOULD_CHANGE = called("verdict would change")
EXPECTED = {"counterfactual": "expected", "low": "low", "high": "high"}
OWN = "The other methods and the checks belong to the effect of the design"
MOST = 5  # answers on a scale that can be told apart in a picture
NONE = "No entry or exit survey is on record."


class Effect(View):
    """What changed in the project's areas, by one method, with its interval and its cautions.

    `estimate` is `None` where we cannot say.
    """

    def __init__(
        self,
        records: Dataset,
        evaluation: Evaluation,
        estimate: Estimate | None,
        reason: str = "",
        by_hand: str = "",
    ) -> None:
        super().__init__(
            partial(assessment.estimates if by_hand else assessment.changes, records, evaluation),
            words=str(estimate.sentence()) if estimate else reason,
        )
        self.estimate, self._by_hand = estimate, by_hand
        self.records, self.evaluation = records, evaluation

    def element(self) -> Element:
        """Return the sentence, how strong the design is, and what speaks against it."""
        shown = [note(self.sentence(), "caution")]
        if self.estimate is not None:
            shown = [result(self.estimate)]
        if self._by_hand:
            shown.insert(0, note(f"Changed by hand: {self._by_hand}.", "caution"))
        else:
            shown += [note(text, "caution") for text in self.evaluation.cautions]
        return joined(*shown)

    def plot(self, ax: Any = None) -> Any:
        """Draw the months recorded against those expected; see `months`."""
        return self.months().plot(ax)

    def months(self) -> View:
        """Show the months recorded against those expected, and where the response began."""
        found = self.evaluation
        panel, window = found.panel, found.window
        if panel is None:
            return Absent(self.sentence())

        def draw(released: Released) -> Chart:
            begun = f"{panel.start:%B %Y}"
            return charts.series(
                released,
                x="month",
                observed="observed",
                **(EXPECTED if "expected" in released.frame else {}),
                start=begun if begun in set(released.frame["month"]) else None,
                title=_series_title(found),
                subtitle="Recorded incidents a month" + (f"; {window.words()}" if window else ""),
                alt=assessment.series_alt(found),
            )

        return View(partial(assessment.series, self.records, found), draw=draw)

    def methods(self) -> View:
        """Show every estimate that can be made, the primary one first."""
        found = self.evaluation
        if self._by_hand or not found.sensitivity:
            return Absent(OWN if self._by_hand else self.sentence())
        made = assessment.estimates(self.records, found)
        draw = partial(
            charts.forest,
            x="method",
            title=found.headline,
            subtitle=f"{found.project.primary_measure}: rate ratio by method, with 95% intervals; "
            "the primary one first",
            alt=f"{len(made.frame)} estimates with intervals. {found.headline}.",
        )
        return Several(View(made, draw=draw), View(words=_agreement(found)))

    def controls(self) -> View:
        """Show the project among the areas where nothing was done."""
        try:
            made = assessment.controls(self.records, self.evaluation)
        except NotEnoughData as error:
            return Absent(str(error))
        draw = partial(
            charts.dots,
            x="group",
            y="against_controls",
            project="This project",
            title="The project among areas where nothing was done",
            subtitle=f"{self.evaluation.project.primary_measure}: change against the controls' "
            "mean; 1 is what the groups of areas nearest to it did on their own",
            alt=assessment.controls_alt(made),
        )
        return View(made, draw=draw)

    def checks(self) -> View:
        """Show what was tried to make the effect go away, and whether it did."""
        found = self.evaluation
        if self._by_hand or found.status != "complete":
            return Absent(OWN if self._by_hand else self.sentence())
        net = found.net.get(found.project.primary_measure)
        what = WOULD_CHANGE[net.evidence] if net else ""
        return View(partial(assessment.checks_table, self.records, found), words=what)


def _agreement(evaluation: Evaluation) -> str:
    """Say how many of the estimates agree with the primary one in direction and in certainty."""
    first, *rest = evaluation.sensitivity
    if not rest:
        return "No other method can be used on these records."
    way = "fall" if first.estimate < 1 else "rise"
    same = sum((e.estimate < 1) == (first.estimate < 1) for e in rest)
    sure = sum(e.distinguishable for e in rest if (e.estimate < 1) == (first.estimate < 1))
    does = f"show a {way} as the primary one does"
    if not first.distinguishable:
        does = f"lie on the side of a {way}, as the primary one, which chance may explain"
    return (
        f"Of {len(rest)} other estimates {same} {does}; {sure} of them with an interval that "
        "leaves out no change."
    )


def _series_title(evaluation: Evaluation) -> str:
    """Say what was recorded against what was expected; no more where nothing may be said."""
    effect, panel = evaluation.primary, evaluation.compared
    measure = evaluation.project.primary_measure
    if effect is None or effect.avoided is None or panel is None:
        return f"{measure} as it was recorded, month by month"
    after = round(panel.same_season().totals(evaluation.project.target)[1])
    against = "were expected" if effect.maryland > 2 else "would be as in the months before"
    if evaluation.design is not None and evaluation.design.method == "series":
        against = "had the trend before gone on"
    expected = f"{after + round(effect.avoided):,} {against}"
    return f"{measure}: {after:,} recorded after the start, {expected}"


class Surveys(View):
    """Entry and exit surveys of one project. Shows who answered, or that none is on record."""

    def __init__(self, records: Dataset, project_id: str) -> None:
        self._of = records, project_id
        self.there = bool(surveys.waves(records, project_id))
        made = (lambda: surveys.respondents(*self._of)) if self.there else None
        super().__init__(made, words=lambda _: self._finding() if self.there else NONE)

    def _finding(self) -> str:
        return surveys.finding(self._changes().released.frame, surveys.waves(*self._of))

    def element(self) -> Element:
        """Return who answered, with what must be borne in mind."""
        shown = super().element()
        if not self.there:
            return note(NONE)
        said = surveys.cautions(*self._of, disclosure().rule)
        told = [note(text, "caution") for text in said]
        return joined(*told, shown)

    def changes(self) -> View:
        """Show the share of favourable answers by wave, with intervals, and what changed."""
        if not self.there:
            return Absent(NONE)
        return Several(
            View(partial(surveys.shares, *self._of)),
            View(partial(surveys.levels, *self._of, shown=disclosure().counted)),
            self._changes(),
        )

    def _changes(self) -> View:
        return View(partial(surveys.changes, *self._of, shown=disclosure().counted))

    def in_full(self) -> Several:
        """Show the answers to each question, the shares by wave, and what changed."""
        return Several(self.answers(), self.changes()) if self.there else Several(Absent(NONE))

    def answers(self) -> View:
        """Show the answers to each question by wave."""
        asked = surveys.questions(*self._of) if self.there else ()
        return Several(*map(self._answers, asked)) if asked else Absent(NONE)

    def _answers(self, question: surveys.Question) -> View:
        view = View(surveys.answers(*self._of, question))
        names = [f"answer_{i}" for i in range(len(question.scale))]
        shown = view.released.frame[names]
        if len(names) > MOST or shown.isna().any(axis=None):
            # A share of the answers that may be shown would be a share of nothing.
            return view

        def draw(released: Released) -> Chart:
            title = surveys.question_finding(self._changes().released.frame, question.text)
            return charts.diverging(
                released,
                x="wave",
                y=names,
                title=title,
                subtitle="Share of those who answered on the scale, by wave",
                alt=surveys.answers_alt(released.frame, question.text),
            )

        return View(view.table, draw=draw)
