"""A plan as the leadership group reads it: before any project record exists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mtf_eval.analysis.benefit.planned import proforma
from mtf_eval.analysis.project import planning
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.plans import Plan as Row
from mtf_eval.analysis.project.plans import plan_of, planned_evaluation
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.publish.workbench.scanning import Scanning
from mtf_eval.publish.workbench.view import Line, View
from mtf_eval.records.as_of import own_day
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference


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
