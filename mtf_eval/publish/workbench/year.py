"""What a year or a half-year gathers: referrals, activity, and the projects together."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np

from mtf_eval.analysis.benefit import journeys
from mtf_eval.analysis.counts import activity, caseload, priorities, reconcile, referrals
from mtf_eval.analysis.counts.groups import grain
from mtf_eval.analysis.project import overlaps
from mtf_eval.analysis.project.process import NO_STORY, stories
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.year import portfolio, pounds
from mtf_eval.publish import charts
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.display.elements import Element, headline, note
from mtf_eval.publish.workbench.view import (
    Absent,
    Beside,
    Line,
    Several,
    View,
    disclosure,
    drawing,
    joined,
)
from mtf_eval.records.as_of import own_day
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference


def _counts(
    shape: Callable[..., Chart], x: str, named: dict[str, str], unit: str, say: Callable[[Any], str]
) -> Callable[[Released], Chart]:
    """Return what draws the columns `named` by `x`, under what `say` finds in the frame shown.

    A column of which nothing is on record is left out.
    """

    def draw(released: Released) -> Chart:
        nowhere = released.symbols == "not on record"
        there = {n: words for n, words in named.items() if not nowhere[n].all()} or named
        return drawing(shape, x, there, say, f"{{}}, number of {unit}", y=list(there))(released)

    return draw


class Period(View):
    """What a year and a half-year have in common."""

    def __init__(
        self, records: Dataset, reference: Reference, year: int, half: int | None = None
    ) -> None:
        self.records, self.reference, self.number = records, reference, year
        self._when: dict[str, Any] = {"year": year} | ({} if half is None else {"half": half})
        super().__init__(partial(referrals.headline, records, **self._when), cards=True)

    @cached_property
    def together(self) -> portfolio.Together:
        """The projects of the period, each evaluated, and their pooled effect."""
        return portfolio.gather(self.records, **self._when)

    def referrals_by_month(self) -> View:
        """Draw the referrals by month and decision."""
        draw = drawing(
            charts.bars, "period", {n: n for n in ("received", "accepted", "rejected")},
            lambda frame: referrals.received_finding(self.records, frame, **self._when),
            "{}, number of referrals", kind="Stacked bars", stacked=True,
            y=["accepted", "rejected", "saras"],
        )  # fmt: skip
        return self._table(referrals.by_month, draw=draw)

    def _table(self, make: Callable[..., Table], **shown: Any) -> View:
        return View(partial(make, self.records, **self._when), **shown)


class Year(Period):
    """A calendar year. Shows its referrals as cards, and names what is not on record."""

    def element(self) -> Element:
        """Return the cards, and one line for all blocks of which nothing is on record."""
        blocks = {
            "interventions by theme": self.themes(),
            "support after domestic abuse": self.support_by_agency(),
            "safe and well visits": self.safe_and_well(),
            "contacts made": self.contacts_made(),
            "requests for support": self.requests(),
            "priorities of the agencies fulfilled": self.priorities_fulfilled(),
            "progress of our own priorities": self.ratings(),
        }
        none = [words for words, part in blocks.items() if isinstance(part, Absent)]
        said = [note(f"Not on record for {self.number}: {listing(none)}.")] if none else []
        return joined(super().element(), *said)

    def in_one_line(self) -> View:
        """Say the year in one line, for the page and the index."""
        released = self._table(referrals.headline).released
        caution = referrals.part_year(self.records, **self._when)
        return Line(referrals.year_finding(released.frame, year=self.number, caution=caution))

    def key_figures(self) -> str:
        """Return the referrals of the year in plain words."""
        return headline(self.released).text

    # Referrals

    def referrals_by_quarter(self) -> Several:
        """Show the referrals by quarter, and beside those of the year before."""
        quarters = self._table(referrals.by_quarter)
        if quarters.table.name == self.referrals_by_month().table.name:
            quarters = Absent("Quarters are shown above in place of months")
        elif not disclosure().rule.off:
            quarters = Absent("Quarters are left out: beside months they give hidden months back")
        return Several(quarters, self._table(referrals.year_on_year))

    def expected_range(self) -> View:
        """Draw the referrals within what month-to-month variation leads to expect."""
        if grain(self.records, "month") != "month":
            return Absent("Months are not shown, so no range is expected of them")
        draw = drawing(
            charts.xmr, "period", {"received": "referrals received"}, caseload.range_finding,
            "{}, number of referrals", kind="Line with average and limits",
            y="received", centre="mean", low="low", high="high",
        )  # fmt: skip
        return self._table(caseload.expected_range, draw=draw)

    def referrals_by_group(self) -> View:
        """Show the referrals of a log by agency and by ward."""
        made = caseload.groups(self.records, **self._when)
        return Several(*map(View, made)) if made else Absent("Only totals are on record")

    def waits(self) -> View:
        """Show how long people waited for a decision and to the close."""
        ends = caseload.ends(self.records, self.number)
        return Several(*map(self._days_to, ends)) if ends else Absent("Waits are not on record")

    def _days_to(self, end: str) -> View:
        return View(
            partial(caseload.days_to, self.records, end=end, **self._when),
            words=lambda released: caseload.waits_finding(released.frame, end=end),
        )

    # What was done

    def themes(self) -> View:
        """Draw the accepted referrals by the criteria they met, home security among them."""
        streams = self._table(activity.streams)
        draw = _counts(
            charts.hbars, "theme", {"count": "accepted referrals"}, "accepted referrals",
            lambda frame: activity.themes_finding(streams.released.frame, frame),
        )  # fmt: skip
        return _there(self._table(activity.themes, draw=draw))

    def streams(self) -> View:
        """Show the accepted referrals by stream: key criteria, home security."""
        return _there(self._table(activity.streams))

    def support_by_agency(self) -> View:
        """Draw the support after domestic abuse by agency, this year and last."""
        named = {"current": f"referrals in {self.number}"}
        named["previous"] = "referrals in the year before"
        say = partial(activity.support_finding, year=self.number)
        draw = _counts(charts.hbars, "agency", named, "referrals", say)
        return _there(self._table(activity.support_by_agency, draw=draw))

    def support_by_risk(self) -> View:
        """Show the support after domestic abuse by risk, and the visits made for it."""
        make = (activity.support_by_risk, activity.support_visits)
        return _there(*map(self._table, make), side_by_side=True)

    def safe_and_well(self) -> View:
        """Show the safe and well visits; where they are known to have no numbers, why."""
        said = activity.visits_note(self.records, **self._when)
        shown = _there(self._table(activity.visits, words=said))
        return View(words=said) if said and isinstance(shown, Absent) else shown

    def contacts(self) -> View:
        """Draw contacts made by channel, visits and remote contacts by period, and requests."""
        return Several(self.contacts_made(), self.contacts_by_period(), self.requests())

    def contacts_made(self) -> View:
        """Draw the contacts made by channel."""
        named = activity.contact_periods(self.records, **self._when)
        draw = _counts(charts.hbars, "channel", named, "contacts", activity.channel_finding)
        return _there(self._table(activity.contacts_by_channel, draw=draw))

    def contacts_by_period(self) -> View:
        """Draw visits and remote contacts by period; show them and requests, by year."""
        both = self._table(activity.contacts_in_all)
        told = {"visits": "Visits to residents out of reach", "remote": "Remote contacts"}

        def drawn(column: str, what: str) -> View:
            return self._table(activity.contacts_by_period, draw=_counts(
                charts.bars, "period", {column: what.lower()}, "contacts",
                lambda _: activity.contacts_in_all_finding(both.released.frame, column, what),
            ))  # fmt: skip

        made = _there(*(drawn(*each) for each in told.items()), both)
        return Several(made, _there(self._table(activity.incoming_by_year)))

    def requests(self) -> View:
        """Draw the requests received by month."""
        named = {"n": "requests"}
        draw = _counts(charts.bars, "period", named, "requests", activity.incoming_finding)
        return _there(self._table(activity.incoming, draw=draw))

    def priorities_fulfilled(self) -> View:
        """Draw how often the actions fulfilled priorities of each agency."""
        say = partial(priorities.agencies_finding, year=self.number)
        draw = _counts(charts.hbars, "agency", {"count": "times fulfilled"}, "times", say)
        return _there(self._table(priorities.fulfilled_by_agency, draw=draw))

    def each_priority(self) -> View:
        """Show how often each priority of each agency was fulfilled."""
        return _there(self._table(priorities.fulfilled))

    def ratings(self) -> View:
        """Show how the actions of our own priorities are rated, or say why they are not."""
        made = priorities.progress_summary(self.records)
        if made.frame.empty:
            return Absent("No action of a priority of our own is on record")
        rated = set(made.frame) - {"priority", "rows", "not_rated"}
        words = priorities.progress_finding(self.records)
        return View(made if rated else None, words=words)

    def progress(self) -> View:
        """Show the progress of each action of our own priorities."""
        each = priorities.progress(self.records)
        return Several(*map(View, each)) if each else self.ratings()

    def compared(self) -> View:
        """Show what was published beside what the rows behind it give."""
        return _there(self._table(reconcile.compared))

    # The projects together

    def projects(self) -> View:
        """Show a line a project."""
        if not self.together.evaluations:
            return Absent("No project was assessed in this year")
        return View(partial(portfolio.lines, self.records, self.together))

    def effects(self) -> View:
        """Draw the effects of the projects beside each other, and their mean."""
        if not self.together.evaluations:
            return Absent("No project was assessed in this year")
        said = portfolio.pooled_finding(self.together)
        made = portfolio.effects(self.records, self.together)
        draw = partial(
            charts.forest,
            x="project",
            title=said.split(" (")[0],
            subtitle=f"{made.title}: rate ratio with 95% interval, 1 is no change",
            alt=portfolio.effects_alt(made),
        )
        ended = View(words=portfolio.lines_finding(self.together))
        return Several(ended, View(words=said), View(made, draw=draw))

    def not_pooled(self) -> View:
        """Show which projects are not in the mean, and why."""
        if not self.together.reasons:
            return Absent("Every project of the year is in the mean")
        return View(partial(portfolio.left_out, self.records, self.together))

    def overlaps(self) -> View:
        """Show which projects stand in each other's way."""
        return in_each_others_way(self.records, self.together.as_of)

    def money(
        self, *, price_year: str = "", horizon_years: int = 0, crime_costs: str = ""
    ) -> YearMoney:
        """Return what the projects of the year cost and were worth, nothing counted twice."""
        return YearMoney(self, price_year, horizon_years, crime_costs)

    def journeys(self, *, price_year: str = "") -> Several:
        """Show the ways of people and families down or up a ladder, in aggregate and by step."""
        make = (journeys.by_domain, journeys.by_step)
        return Several(*(self._journeys(m, price_year) for m in make))

    def stories(self) -> View:
        """Show the case stories that were signed off in the year."""
        made = stories(self.records, self.reference, year=self.number)
        return Absent(NO_STORY) if made.frame.empty else View(made)

    def _journeys(self, make: Callable[..., Table], price_year: str) -> View:
        records, year = self.records, self.reference.price_year(price_year, self.records.about)
        made = make(records, self.reference, as_of=own_day(records), price_year=year)
        if made.frame.empty:
            return Absent("No ladder has enough people on record to be shown")
        return View(made)


class YearMoney(View):
    """Cost and worth of a year's projects by what stands behind each. Shows the sums by kind."""

    def __init__(
        self, year: Year, price_year: str, horizon_years: int, crime_costs: str = ""
    ) -> None:
        self._year = year
        reference = year.reference.in_edition(crime_costs, year.records.about)
        self.spent = pounds.appraise(
            year.records,
            year.together,
            reference,
            price_year=reference.price_year(price_year, year.records.about),
            horizon_years=reference.horizon_years(horizon_years),
            rng=np.random.default_rng(year.number),
            people=disclosure().counted,
        )
        super().__init__(self._with(pounds.by_kind), words=self._told(pounds.finding))

    def element(self) -> Element:
        """Return the sums by kind; one line where there is nothing to add up."""
        none = not self._year.together.evaluations
        return Absent(self.sentence()).element() if none else super().element()

    def _with(self, make: Callable[..., Table]) -> Callable[[], Table] | None:
        if self.spent is None:
            return None
        return partial(make, self._year.records, self._year.together, self.spent)

    def _told(self, say: Callable[[Any], str]) -> str:
        if self.spent is None:
            return "No project of the year had ended: there is nothing to add up."
        return say(self.spent)

    def once(self) -> View:
        """Show what each project adds, what is counted once, and which projects are not in it."""
        if self.spent is None:
            return Absent(self._told(str))
        year, reference = self._year, self.spent.whole.reference
        given = year.records, year.together, reference, self.spent, disclosure().counted
        standing = pounds.where_each_stands(*given)
        counted = View(self._with(pounds.once), words=self._told(pounds.once_finding))
        return Several(View(standing), counted, self._left_out(self.spent))

    def _left_out(self, spent: pounds.Money) -> View:
        out = [f"{name} (counted in {year})" for name, year in spent.elsewhere.items()]
        out += [f"{name} (planned, running or not yet fully assessed)" for name in spent.waiting]
        return View(words=f"Not in it: {', '.join(out)}." if out else "Every project is in it.")

    def fell_short(self) -> View:
        """Show what did not work, or cannot be shown to have worked."""
        made = pounds.disappointments(self._year.records, self._year.together, self.spent)
        return Absent("Nothing fell short") if made.frame.empty else View(made)


def in_each_others_way(records: Dataset, as_of: Any) -> View:
    """Show which projects work in the same areas and months, or for the same agency."""
    said = overlaps.overlaps_finding(records, as_of=as_of)
    return View(partial(overlaps.overlaps_table, records, as_of=as_of), words=said)


def _there(first: View, *more: View, side_by_side: bool = False) -> View:
    """Return results that are read together; one plain line where the first has no rows."""
    if first.table.frame.empty:
        return Absent(f"Nothing is on record for “{first.table.title}”")
    return (Beside if side_by_side else Several)(first, *more) if more else first
