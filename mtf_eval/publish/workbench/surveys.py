"""The surveys of one project: who answered, what, and what changed."""

from __future__ import annotations

from functools import partial

from mtf_eval.analysis.surveys import surveys
from mtf_eval.publish import charts
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.display.elements import Element, note
from mtf_eval.publish.workbench.view import Absent, Several, View, disclosure, joined
from mtf_eval.records.dataset import Dataset

MOST = 5  # answers on a scale that can be told apart in a picture
NONE = "No entry or exit survey is on record."


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
