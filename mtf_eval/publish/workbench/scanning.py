"""A project before its response: what is on record of its areas, and the plan it starts from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from mtf_eval.analysis.benefit.planned import proforma
from mtf_eval.analysis.project import assessment, harm, maps, planning
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.plans import Plan as Row
from mtf_eval.analysis.project.plans import plan_of, planned_evaluation
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.publish import charts
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.workbench.quality import strip
from mtf_eval.publish.workbench.view import Absent, Line, Several, View
from mtf_eval.records.aliases import called
from mtf_eval.records.as_of import own_day
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference

WAITING = called("nothing to assess")


class Scanning(View, ABC):
    """A project or a plan, seen from before its start."""

    records: Dataset
    reference: Reference

    @property
    @abstractmethod
    def evaluation(self) -> Evaluation:
        """Everything that was worked out of it, as a record."""

    @property
    def as_of(self) -> Any:
        """The day up to which records count."""
        return own_day(self.records)

    @property
    def record(self) -> Any:
        """The project's row with its areas and measures."""
        return self.evaluation.project

    def baseline(self) -> Several:
        """Show the problem before the response began, and its harm."""
        return Several(View(lambda: planning.baseline(self.records, self.evaluation)), self.harm())

    def harm(self) -> View:
        """Show what was recorded in the areas, weighted by its harm."""
        make = partial(harm.profile, self.records, self.record, self.reference, as_of=self.as_of)
        return View(make, words=lambda released: harm.profile_finding(released.frame))

    def coverage(self) -> View:
        """Show which months and areas are on record, and why others are not."""
        if self.evaluation.coverage is None:
            return Absent(self._waiting())
        return strip(assessment.on_record(self.records, self.evaluation))

    def places(self) -> View:
        """Show where the problem concentrated before the start."""
        told = partial(planning.places_finding, self.records, self.evaluation)

        def draw(released: Released) -> Chart:
            return charts.hbars(
                released,
                x="area",
                y="incidents",
                title=told(),
                subtitle=released.table.title,
                alt=f"Bars of {len(released.frame)} areas. {told()}",
            )

        return self._where_recorded(planning.places, draw)

    def when(self) -> Several:
        """Show when in the year and in the week the problem came, before the start."""
        return Several(self.calendar(), self.hours())

    def calendar(self) -> View:
        """Show when in the year the problem came, before the start."""
        return self._where_recorded(planning.calendar)

    def hours(self) -> View:
        """Show at which hours of the week the problem came, before the start, where it is known."""
        if self.evaluation.panel is None:
            return Absent(self._waiting())
        try:
            held = maps.week_of(self.records, self.evaluation)
        except NotEnoughData as error:
            return Absent(str(error))
        made = maps.hours(self.records, self.evaluation, held)
        said = f"{held.peak()}; {held.known()}"
        draw = partial(
            charts.heatmap,
            y="hour",
            x=[c.name for c in made.columns[1:]],
            title=held.peak(),
            subtitle=f"{made.title}; {held.known()}",
            alt=f"Grid of 7 days by 24 hours. {said}.",
        )
        return View(made, words=said, draw=draw)

    def _where_recorded(
        self, make: Callable[..., Any], draw: Callable[[Released], Chart] | None = None
    ) -> View:
        if self.evaluation.panel is None:
            return Absent(self._waiting())
        return View(partial(make, self.records, self.evaluation), draw=draw)

    def _waiting(self) -> str:
        found = self.evaluation
        if found.gated is not None:
            return f"We cannot say: {found.gated.words()}"
        reason = found.cannot_say.get(self.record.primary_measure, "nothing was estimated")
        if found.status == "no_records":
            no = "no effect can be estimated; outcomes of people are in the benefit analysis"
            return f"{reason[:1].upper()}{reason[1:]}, so {no}."
        return WAITING.get(found.status) or f"We cannot say: {reason}."


class Plan(Scanning):
    """What was fixed of a project before its start. Shows its pro-forma.

    Of several plans of one reference it is the one fixed last.
    """

    def __init__(self, records: Dataset, plan_id: str, reference: Reference) -> None:
        self.records, self.reference = records, reference
        self.plan = plan_of(records, plan_id)
        super().__init__(self._proforma)

    def _proforma(self) -> Table:
        year = self.reference.price_year("", self.records.about)
        given = (self.records, self.plan, self.evaluation, self.reference, self._choices[0])
        return proforma(*given, price_year=year)

    @cached_property
    def evaluation(self) -> Evaluation:
        """What is on record of its areas, up to the day of the records."""
        return planned_evaluation(self.records, self.plan, as_of=self.as_of)

    @cached_property
    def _choices(self) -> tuple[list[planning.Choice], str]:
        try:
            given = (self.records, self.plan, self.evaluation, self.reference)
            return planning.choices(*given), ""
        except NotEnoughData as error:
            return [], str(error)

    def answer(self) -> View:
        """Say in one line whether the design can show what is aimed at, and what would help."""
        given = (self.records, self.evaluation, self.plan.aim)
        return Line(planning.plan_finding(*given, *self._choices), status="planning")

    def designs(self) -> View:
        """Show what could be chosen, what each could show, and what adding to it buys."""
        made, why = self._choices
        if not made:
            return View(words=f"Nothing can be set side by side: {why}")
        given = (self.records, self.evaluation, self.plan.aim, made)
        return View(lambda: planning.designs(*given))

    def alike(self) -> View:
        """Show which areas are alike: candidates to compare with."""
        return self._where_recorded(planning.candidates)


def design_of(records: Dataset, row: Mapping[str, Any]) -> str:
    """Return the design that a plan would be judged by, as far as the records go now."""
    plan = Row.of(row, "")
    known = sorted({*records.columns("incidents", "measure")["measure"]})
    if unknown := [m for m in plan.project.measures if m not in known]:
        have = ", ".join(known) or "none: the records hold no incidents"
        raise BadArgument(f"--measure {', '.join(unknown)}: not on record; there is {have}")
    day = own_day(records)
    assert day is not None
    found = planned_evaluation(records, plan, as_of=day)
    return planning.design(records, found, plan.months)
