"""One SARA project as an analyst works with it: from its pro-forma to what may be claimed.

Each step is a method that returns a result which shows itself. Computes nothing of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.benefit import planned
from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.layout import by_records, standing
from mtf_eval.analysis.project import assessment, follow_up, harm, maps, planning, process
from mtf_eval.analysis.project.design import LONGEST
from mtf_eval.analysis.project.evaluation import SEED, Evaluation, evaluated
from mtf_eval.analysis.project.follow_up import by_hand
from mtf_eval.analysis.project.plans import fixed_words
from mtf_eval.analysis.project.process import NO_STORY, stories
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.publish import charts
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.workbench.benefit import Money
from mtf_eval.publish.workbench.effect import Effect, Surveys
from mtf_eval.publish.workbench.scanning import Scanning
from mtf_eval.publish.workbench.view import (
    Absent,
    Beside,
    Line,
    Several,
    View,
    changed_by_hand,
    disclosure,
)
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference


class Project(Scanning):
    """One SARA project. Shows its pro-forma."""

    def __init__(self, records: Dataset, project_id: str, reference: Reference) -> None:
        self.records, self.project_id, self.reference = records, project_id, reference
        super().__init__(lambda: process.proforma(records, self.record, as_of=self.as_of))
        _ = self.evaluation

    @cached_property
    def evaluation(self) -> Evaluation:
        """Everything that was worked out of the project, as a record."""
        return evaluated(self.records, self.project_id, self.as_of)

    # What is to be read first

    def answer(self) -> Line:
        """Say the main result in one line: whether it held, where, its worth, what comes next."""
        money = self.benefit()
        found = money.appraisal.findings if money.appraisal.claimed else ()
        shared = [each.text for each in found if each.rule == "shared_areas"]
        windows = follow_up.later(self.records, self.evaluation)
        held = any(window.effect is not None for window in windows)
        beside = {
            "Since then": follow_up.later_finding(windows) if held else "",
            "Where": maps.where_words(self._where().released.frame),
            "What it is worth": " ".join([money.sentence(), *shared]),
            "What next": follow_up.what_next(self.records, self.evaluation),
        }
        judged = self.evaluation
        level = judged.primary.maryland if judged.primary else None
        return Line(judged.headline, level=level, status=judged.status, beside=beside.items())

    def _where(self) -> View:
        return View(lambda: maps.where(self.records, self.record, as_of=self.as_of))

    def in_short(self) -> Several:
        """Answer what the problem was, what was done, what changed and how sure."""
        done = process.actions(self.records, self.record, as_of=self.as_of)
        said = process.actions_finding(done.frame)
        if named := [str(what).rstrip(".") for what in done.frame["what"]]:
            said = f"{'; '.join(named)}. {said}"
        short = View(lambda: assessment.short(self.records, self.evaluation, said))
        map_ = self._map() if self.evaluation.panel is None else Absent("Beside the months")
        return Several(Beside(short, map_), self._in_figures())

    def where(self) -> View:
        """Draw the project's areas by role, to stand beside the months; without, see `in_short`."""
        none = Absent("No months are on record: the map stands beside the answer in short")
        return none if self.evaluation.panel is None else self._map()

    def _map(self) -> View:
        where = self._where()
        outlines = maps.outlines(self.records, self.record)
        if not outlines:
            return Absent("No outlines of the areas are on record")
        said = maps.where_words(where.released.frame)
        draw = partial(
            charts.rolemap,
            outlines=outlines,
            key=maps.ROLES,
            title=f"The project works in {said.split(' (')[0].split(';')[0]}",
            subtitle="Its areas by role; outlines as they are on record",
            alt=f"Map of the areas by role. {said}.",
        )
        return View(where.table, draw=draw)

    def _in_figures(self) -> View:
        """Show what was recorded and what was expected, as cards."""
        if self.evaluation.compared is None:
            return Absent(self._waiting())
        return View(lambda: assessment.headline(self.records, self.evaluation), cards=True)

    # Before the response

    def before_start(self) -> View:
        """Show which areas are alike, and what could be told from chance, before a response."""
        if self.evaluation.status != "planning":
            return Absent("Shown before the start of a response")
        could_see = partial(planning.could_see, reference=self.reference)
        return Several(self._where_recorded(planning.candidates), self._where_recorded(could_see))

    # Response

    def response(self) -> Several:
        """Show what was done, by whom and when, and what was delivered of what was agreed."""
        return Several(self.actions(), self.deliveries())

    def actions(self) -> View:
        """Show what was to be done and what was done, by whom and when."""
        return self._told(process.actions, process.actions_finding)

    def deliveries(self) -> View:
        """Show what providers delivered of what was agreed."""
        return self._told(process.deliveries, process.deliveries_finding)

    def priorities(self) -> View:
        """Show which priorities of the partners the actions served."""
        return View(lambda: process.priorities(self.records, self.record, as_of=self.as_of))

    def logic(self) -> Several:
        """Draw the logic model, and show what each agency gave and got."""
        return Several(self.logic_model(), self.contributions())

    def logic_model(self) -> View:
        """Draw what was put in, what was done, what was made of it and what changed."""

        def draw(released: Released) -> Chart:
            rows = zip(released.frame["stage"], released.frame["what"], strict=True)
            return charts.chain(
                released,
                x="stage",
                y="what",
                title="What was put in, what was done, what changed",
                subtitle="As it is on record; arrows show how it was meant to work",
                alt="Boxes in a row. " + " ".join(f"{stage}: {what}." for stage, what in rows),
            )

        return View(lambda: planned.logic_model(self.records, self._by_records), draw=draw)

    def contributions(self) -> View:
        """Show what each agency gave and got."""
        return View(lambda: planned.contributions(self.records, self._by_records))

    @cached_property
    def _by_records(self) -> Benefit:
        given = self.records, self.evaluation, self.reference
        return by_records(*given, people=disclosure().counted)

    def _told(self, make: Callable[..., Any], say: Callable[[pd.DataFrame], str]) -> View:
        made = partial(make, self.records, self.record, as_of=self.as_of)
        return View(made, words=lambda released: say(released.frame))

    # Assessment

    def design(self) -> View:
        """Say which comparison was chosen, why, and which months are used."""
        found, window = self.evaluation, self.evaluation.window
        if found.gated is not None:
            why = f"No design is fixed, as nothing may be said: {found.gated.words()}"
            return View(words=why, kind="method")
        if found.design is None or window is None:
            return View(words="No design is fixed while there is nothing to assess.", kind="method")
        most = f"at most {LONGEST} a side"
        most += ", of the same seasons" if window.same_season else ""
        months = f"Months compared, {most}: {window.words()}."
        if found.design.method == "series" and found.panel is not None:
            before = found.panel.monthly(self.record.target)[~found.panel.post].notna().sum()
            months = f"Months used: {before} before the start, {window.months} after."
        said = f"{found.design.text}. {found.design.reason} {months}"
        named = self.record.areas.get("comparison", ())
        if named and found.design.method == "placebo":
            said += f" The pro-forma names {len(named)} areas to compare with. The design takes "
            said += "the nearest of all areas instead; another method compares those named alone."
        kept = fixed_words(self.records, found)
        return View(words=f"{said} {kept}".rstrip(), kind="method")

    def effect(
        self,
        *,
        method: str | None = None,
        comparison: Sequence[str] | None = None,
        window: tuple[str, str] | None = None,
    ) -> Effect:
        """Estimate what changed; by the design chosen, or by one of yours.

        Parameters
        ----------
        method
            `placebo`, `did`, `series`, `synthetic`, `relative` or `before_after`.
        comparison
            Codes of the areas to compare with, in place of those of the design.
        window
            First and last month to use, as in `("2022-01", "2024-06")`.

        Returns
        -------
        The effect. One of yours stands beside the report's own, which does not change; the page
        says that it was changed by hand.

        Raises
        ------
        BadArgument
            For a method, an area or a month that is not known.
        """
        found = self.evaluation
        if method is None and comparison is None and window is None:
            return Effect(self.records, found, found.primary, self._waiting())
        if found.compared is None:
            return Effect(self.records, found, None, self._waiting())
        given: dict[str, Any] = {"method": method, "comparison": comparison, "window": window}
        rng = np.random.default_rng(SEED)
        try:
            (own, what), why = by_hand(self.records, found, **given, rng=rng), ""
        except NotEnoughData as error:
            what = "; ".join(f"{name} {value}" for name, value in given.items() if value)
            own, why = replace(found, effects={}), f"We cannot say with {what}: {error}."
        changed_by_hand(what)
        stands = f"{what}. The report's own result stands: {found.headline}"
        return Effect(self.records, own, own.primary, why, by_hand=stands)

    def changes(self) -> View:
        """Show every measure against what was aimed at."""
        if self.evaluation.status != "complete":
            return Absent(self._waiting())
        return View(lambda: assessment.changes(self.records, self.evaluation))

    def net_effect(self) -> Several:
        """Show what is left when what moved next door is taken off, and what may be claimed."""
        claim = View(standing([self._by_records], name=self.record.key))
        if self.evaluation.status != "complete":
            return Several(claim)

        def told(released: Released) -> str:
            notes = "; ".join(released.table.notes).rstrip(".")
            return notes if released.frame.empty else ""

        moved = View(lambda: assessment.spill(self.records, self.evaluation), words=told)
        return Several(claim, moved)

    def harm_avoided(self) -> View:
        """Show what was avoided, weighted by its harm."""
        if self.evaluation.status != "complete":
            return Absent(self._waiting())
        given = self.records, self.record, self.evaluation.net, self.reference, self.as_of
        return View(partial(harm.avoided, *given))

    def map(self) -> View:
        """Draw where incidents were recorded, before and after, on one scale."""
        found = self.evaluation
        both = None
        if found.window is not None and found.primary is not None:
            both = maps.points(self.records, self.record, found.window, as_of=self.as_of)
        if both is None:
            return Absent("No places of incidents are on record to draw")
        lines = maps.outlines(self.records, self.record).get("target", ())

        def draw(released: Released, when: str, other: Table) -> Chart:
            said = maps.points_alt(*(View(part).released.frame for part in both))
            if lines:
                names = ", ".join(map(self.records.area, self.record.target))
                said += f" The lines are the boundaries of the project's areas: {names}."
            return charts.hexmap(
                released,
                x="lon",
                y="lat",
                value="incidents",
                title=f"Where it was recorded, {when}",
                subtitle=f"{released.table.title}; both maps on one scale",
                alt=said,
                beside=View(other).released,
                outlines=lines,
                names=maps.places(self.records, self.record) if lines else {},
            )

        parts = zip(both, both[::-1], ("before", "after"), strict=True)
        return Several(
            *(View(own, draw=partial(draw, when=w, other=other)) for own, other, w in parts)
        )

    def check_list(self) -> View:
        """Show what EMMIE asks and what an assessment should hold, and whether this one does."""
        if self.evaluation.status != "complete":
            return Absent(self._waiting())
        make = (assessment.emmie, assessment.check_list)
        return Several(*(View(partial(m, self.records, self.evaluation)) for m in make))

    # After

    def follow_up(self) -> Several:
        """Say what is kept up, when it is looked at again, and whether the change has held."""
        plan = self.record.consolidation_plan or f"{follow_up.NO_PLAN}."
        when = self.record.follow_up_date
        again = "No follow-up date is on record." if when is None else f"Follow-up: {day(when)}."
        kept = View(words=f"{plan.rstrip('.')}. {again}", kind="note" if when else "caution")
        return Several(kept, self._held())

    def _held(self) -> View:
        windows = follow_up.later(self.records, self.evaluation)
        if not windows:
            return Absent("Whether it has held cannot be said yet")
        return View(
            lambda: follow_up.later_table(self.records, self.evaluation, windows),
            words=follow_up.later_finding(windows),
        )

    def surveys(self) -> Surveys:
        """Return what was asked at entry and exit."""
        return Surveys(self.records, self.project_id)

    def stories(self) -> View:
        """Show the project's case stories."""
        made = stories(self.records, self.reference, project=self.record)
        return Absent(NO_STORY) if made.frame.empty else View(made)

    def benefit(
        self, *, price_year: str = "", horizon_years: int = 0, crime_costs: str = ""
    ) -> Money:
        """Return what the project cost and saved, in pounds of one year.

        Parameters
        ----------
        price_year
            Financial year such as `2023/24`; the data set's own where it is left out.
        horizon_years
            Years counted from the start of the response; 0 as `assumptions.csv` has it.
        crime_costs
            Edition of the costs of crime, `2015/16` or `2019/20`; the data set's own by default.
        """
        year = self.reference.price_year(price_year, self.records.about)
        given = (self.records, self.evaluation, self.reference)
        years = self.reference.horizon_years(horizon_years)
        return Money(*given, price_year=year, horizon_years=years, crime_costs=crime_costs)
