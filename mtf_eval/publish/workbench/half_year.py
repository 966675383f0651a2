"""A half-year as its report shows it to the leadership group."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mtf_eval.analysis.counts import caseload
from mtf_eval.analysis.project import delivery
from mtf_eval.analysis.results.columns import Period as Half
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.year import leadership, pounds
from mtf_eval.publish.workbench.view import Absent, Line, View, disclosure
from mtf_eval.publish.workbench.year import Period, in_each_others_way
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference


class HalfYear(Period):
    """A half-year, for the leadership group. Shows its referrals as cards."""

    def __init__(self, records: Dataset, reference: Reference, half: Half) -> None:
        super().__init__(records, reference, half.year, half.half)
        self.half, self.until = half, half.until(records)

    def decisions(self) -> View:
        """Show what is asked of the leadership group."""
        results = self.together.results
        return View(partial(leadership.decisions, self.records, half=self.half, results=results))

    def coming(self) -> View:
        """Show what comes up in the half-year after."""
        return View(partial(leadership.coming, self.records, half=self.half))

    def in_one_line(self) -> View:
        """Say what is asked, in one line, for the page and the index."""
        return Line(leadership.decisions_finding(self.decisions().table))

    def waits(self) -> View:
        """Show the median waits of the half-year."""
        view = self._table(caseload.waits)
        if view.released.frame["median"].notna().any():
            return view
        return Absent("How long people waited is not on record, or of too few")

    def projects(self) -> View:
        """Show where each project stands, rated by the rule of the reference data."""
        of, rule = self.together, leadership.RatingRule.of(self.reference)
        shown = partial(leadership.projects, self.records, half=self.half, rule=rule)
        return View(partial(shown, results=of.results, withheld=of.withheld))

    def net_effects(self) -> View:
        """Show what may be claimed of each project, and the pounds that rest on it."""
        if not self.together.evaluations:
            return Absent("No project was assessed in this half-year")
        given = self.records, self.together, self.reference, None, disclosure().counted
        return View(pounds.where_each_stands(*given))

    def actions(self) -> View:
        """Show the actions by agency: on time, late, overdue."""
        return self._told(delivery.actions_by_agency, delivery.actions_finding)

    def overdue(self) -> View:
        """Show the actions that are overdue."""
        made = delivery.overdue(self.records, as_of=self.until)
        return View(made, words="No action is overdue" if made.frame.empty else "")

    def budget(self) -> View:
        """Show what was spent against what was awarded."""
        return self._told(leadership.budget, leadership.budget_finding)

    def bids(self) -> View:
        """Show the bids for funding."""
        return self._told(leadership.bids, leadership.bids_finding)

    def bids_by_status(self) -> View:
        """Show the bids by where they stand."""
        return self._told(leadership.pipeline)

    def deliveries(self) -> View:
        """Show what providers delivered of what was agreed."""
        return self._told(delivery.delivered, delivery.delivered_finding)

    def overlaps(self) -> View:
        """Show which projects stand in each other's way."""
        return in_each_others_way(self.records, self.until)

    def follow_ups(self) -> View:
        """Show who keeps up what, and when it is looked at again."""
        return self._told(leadership.follow_ups)

    def _told(self, make: Callable[..., Table], say: Callable[..., str] | None = None) -> View:
        said = say(self.records, as_of=self.until) if say else ""
        return View(partial(make, self.records, as_of=self.until), words=said)
