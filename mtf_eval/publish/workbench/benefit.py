"""What a project cost and saved, as an analyst works with it: from the paid pound to the ratio.

Each step is a method that returns a result which shows itself. Computes nothing of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from mtf_eval.analysis.benefit import appendix, appraisal, journeys, statement
from mtf_eval.analysis.benefit.appendix import model
from mtf_eval.analysis.benefit.layout import standing
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.plans import fixed_words
from mtf_eval.analysis.results.columns import pounds
from mtf_eval.analysis.results.findings import alt
from mtf_eval.analysis.results.tables import Table
from mtf_eval.publish import charts
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.display.elements import Element, headline_result, note
from mtf_eval.publish.workbench.view import Absent, Several, View, disclosure, drawing
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.editions import caution
from mtf_eval.records.prices.reference import Reference

SEED = 2021
#: Rules that are read before any pound is: what they found stands on the first screen.
FIRST = (
    *("weaker_evidence", "gross_without_counterfactual", "displacement", "unusual_unit_cost"),
    *("provisional_edition", "wide_unit_cost", "shared_areas", "claimed_twice"),
    *("same_outcome_twice", "same_outcome_on_both_routes"),
)
APART = "A sum of its own, not to be added to what the records show."
LIVE = (
    "The Excel workbook is a live model: change an input, a unit cost, the price year, the deflator"
    " or a discount rate on its last sheets, and the sheet Model works the results out anew."
)
NOTHING = "Neither costs nor benefits are on record."
NOTHING_GAINED = "No benefit is known"


class Live(View):
    """Says that the workbook beside the page works the results out anew, and carries its model."""

    def __init__(self, live: dict[str, Any]) -> None:
        super().__init__(words=LIVE)
        self._live = live

    def element(self) -> Element:
        """Return the note with the model."""
        return replace(note(LIVE), kind="model", data=self._live)


class Money(View):
    """Costs and benefits of one project in pounds of one year. Shows the result in one line.

    `price_year` is the financial year of all pounds, `horizon_years` the years counted from the
    start of the response, `crime_costs` the edition of the costs of crime (`2015/16` or `2019/20`;
    empty as `about` says).
    """

    def __init__(
        self,
        records: Dataset,
        evaluation: Evaluation,
        reference: Reference,
        *,
        price_year: str,
        horizon_years: int,
        crime_costs: str = "",
    ) -> None:
        self.records, self.evaluation, self.horizon_years = records, evaluation, horizon_years
        self.appraisal = appraisal.analyse(
            records,
            evaluation,
            reference.in_edition(crime_costs, records.about),
            price_year=price_year,
            horizon_years=horizon_years,
            rng=np.random.default_rng(SEED),
            people=disclosure().counted,
        )
        super().__init__(
            partial(statement.headline, self.appraisal), words=self.appraisal.sentence()
        )

    def element(self) -> Element:
        """Return the result in one line, for the page and the index."""
        done = self.appraisal
        return headline_result(done.sentence(), done.maryland, done.status or "complete")

    def in_figures(self) -> View:
        """Show present values of benefits and costs and the ratio with its range, as cards."""
        done = self.appraisal
        if not done.claimed:
            return Absent("No benefit is known. " + " ".join(done.notes))
        return View(partial(statement.headline, done), cards=True)

    def claimed(self) -> View:
        """Say what the project claims of people: a sum of its own."""
        claims = self.appraisal.claims
        if claims is None:
            return Absent("No outcome of people is claimed")
        return View(words=f"{claims.sentence()} {APART}")

    def cautions(self) -> View:
        """Say what must be borne in mind before any pound is quoted."""
        done = self.appraisal
        said = [f.text for f in done.findings if f.rule in FIRST]
        said += [str(problem) for problem in done.problems]
        said += done.notes if done.claimed else []
        codes = {line.code for line in (*done.claimed, *done.alone)}
        said += filter(None, [caution(done.reference, codes, date.today())])
        if not said:
            return Absent("The rules against overclaiming found nothing to say first")
        return View(words=" ".join(said), kind="caution")

    def appraisal_summary(self) -> View:
        """Show what may be claimed, and the appraisal on one page: options, values, who gains."""
        return self._known(Several(self._standing(), self._rows(statement.appraisal_summary)))

    def _standing(self) -> View:
        return View(standing([self.appraisal]))

    def _known(self, view: View) -> View:
        """Return a step that needs a benefit: where none is known, the result has said so."""
        done = self.appraisal
        return view if done.claimed or done.weaker else Absent(NOTHING_GAINED)

    # What it cost and who gains

    def costs(self) -> View:
        """Show who paid, in cash and in kind."""
        named = {"running": "cash, running", "capital": "cash, capital", "in_kind": "in kind"}
        none = "No costs are on record for this project"
        return self._by_agency(statement.costs, statement.costs_finding, named, none)

    def gains(self) -> View:
        """Show who gains, by type of value."""
        if not self.appraisal.claimed:
            return self.in_figures()
        named = {n: n.replace("_", " ") for n in ("fiscal", "economic", "social", "not_split")}
        return self._by_agency(
            statement.benefits_by_agency, statement.gains_finding, named, NOTHING
        )

    def _by_agency(
        self,
        make: Callable[[Any], Table],
        say: Callable[[Any], str],
        named: dict[str, str],
        none: str,
    ) -> View:
        view = View(partial(make, self.appraisal))
        frame, said = view.released.frame, say(self.appraisal)
        drawn = {n: words for n, words in named.items() if frame[n].fillna(1).round().any()}
        if not drawn:
            return View(view.table, words=none if frame.empty else said)
        draw = drawing(
            charts.hbars, "agency", drawn, lambda _: said, "{}, pounds", y=list(drawn), stacked=True
        )
        return View(view.table, draw=draw)

    def by_agency_and_year(self) -> View:
        """Show who pays and who benefits in each year."""
        return self._rows(statement.by_agency_and_year)

    def shown_alone(self) -> View:
        """Show benefits that are left out of every sum."""
        if not len(self.appraisal.alone):
            return Absent("Nothing stands outside the sums")
        return self._rows(appendix.shown_alone)

    # Results

    def results(self) -> Several:
        """Show every result in pounds under its GMCA name; what is claimed of people apart."""
        both = self._both(statement.results_in_pounds)
        known = self._known(both) is both
        return both if known else Several(self._standing(), *both.parts)

    def ratios(self) -> View:
        """Show every ratio under its GMCA name; of what is claimed of people apart."""
        return self._known(self._both(statement.ratios))

    def _both(self, make: Callable[[Any], Table], without: str = NOTHING) -> Several:
        claims = self.appraisal.claims
        apart = Absent("No outcome of people is claimed") if claims is None else View(make(claims))
        return Several(self._rows(make, without), apart)

    def cost_per_outcome(self) -> View:
        """Show what each outcome cost."""
        return self._known(self._rows(appendix.cost_per_outcome))

    def cash_flow(self) -> View:
        """Show costs and benefits by year, and when it pays back."""
        said = "" if self.appraisal.unpriced else statement.payback_finding(self.appraisal)
        return self._known(View(partial(statement.cash_flow, self.appraisal), words=said))

    def running(self) -> View:
        """Draw the running fiscal value by year; a sentence where it does not move."""
        done = self.appraisal
        if not done.claimed or done.unpriced:
            return Absent(NOTHING_GAINED)
        view, year = View(partial(statement.cash_flow, done)), done.results["payback_year"]
        if view.frame["running_fiscal"].round().nunique() < 2:
            return Absent(statement.payback_finding(done))
        draw = drawing(
            charts.cumulative, "year", {"running_fiscal": "running net fiscal value"},
            lambda _: statement.payback_finding(done),
            "Running fiscal benefits less costs by project year, discounted pounds",
            kind="Line", y="running_fiscal", paid=None if np.isnan(year) else int(year),
        )  # fmt: skip
        return View(view.table, draw=draw)

    def gross_to_net(self) -> View:
        """Draw the way from gross to net: what moved next door, deadweight, costs."""
        done = self.appraisal
        if done.unpriced or not done.claimed:
            return self._known(View(words=statement.waterfall_finding(done), kind="caution"))
        draw = drawing(
            charts.waterfall, "step", {"gbp": "pounds of each step"},
            lambda _: statement.waterfall_finding(done), "{}, pounds",
            kind="Steps from gross to net", y="gbp",
        )  # fmt: skip
        return View(partial(statement.waterfall, done), draw=draw)

    # How sure

    def chance(self) -> View:
        """Draw how often each net value came up among the draws."""
        done = self.appraisal
        if done.draws is None:
            return Absent("There is no benefit to draw")
        if done.unpriced:
            return View(words=statement.chance_finding(done), kind="caution")

        def draw(released: Released) -> Chart:
            frame = released.frame
            banded = frame.assign(band=[f"the band from {pounds(v)}" for v in frame["from"]])
            return charts.histogram(
                released,
                low="from",
                high="to",
                y="draws",
                title=statement.chance_finding(done),
                subtitle="Net present public value, pounds, and how many draws came out there",
                alt=alt(banded, label="band", columns={"draws": "draws"}, kind="Histogram"),
                marks=done.marks,
            )

        return View(partial(appendix.distribution, done), draw=draw)

    def tornado(self) -> View:
        """Draw how far each input moves the result."""
        done = self.appraisal
        if done.draws is None or done.unpriced:
            return Absent(self.chance().sentence())
        draw = drawing(
            charts.tornado, "input", {"low": "result at P10", "high": "result at P90"},
            lambda _: statement.tornado_finding(done),
            "Net present public value with one input at a time at its P10 and P90, pounds",
            kind="Tornado chart", low="low", high="high", base=done.net_gbp, threshold=0.0,
        )  # fmt: skip
        return View(partial(appendix.tornado, done), draw=draw)

    def prices(self) -> View:
        """Show the result at the low and the high end of each unit cost."""
        return self._drawn(appendix.prices, "No unit cost used has a range.")

    def switching_values(self) -> View:
        """Show how far each input may fall before benefits no longer exceed costs."""
        return self._drawn(
            appendix.switching_values, "No saving can be claimed: nothing to switch."
        )

    def sensitivities(self) -> View:
        """Show the results with one assumption switched at a time."""
        return self._known(self._rows(appendix.sensitivities))

    # Where every pound comes from

    def calculation(self) -> Several:
        """Show each line of benefit from its count to its pounds; in Excel as a live model."""
        lines = self._both(appendix.calculation, "No benefit is claimed.")
        live = model(self.appraisal) if disclosure().rule.off else {}
        return Several(lines, Live(live)) if live else lines

    def sources(self) -> View:
        """Show each unit cost with its source, year and status."""
        return self._rows(appendix.sources, "No unit cost is used.")

    def people(self) -> View:
        """Show the people whose outcomes are claimed."""
        make = partial(journeys.people_claimed, self.records, self.appraisal.project_id)
        return View(
            make, words=lambda r: "No outcome of people is claimed" if r.frame.empty else ""
        )

    def cost_sources(self) -> View:
        """Show each cost with its kind, year and grade of evidence."""
        return self._rows(appendix.cost_sources, "No costs are on record.")

    def assumptions(self) -> View:
        """Show what was assumed, on what authority, and whether it was fixed in advance."""
        shown = self._rows(appendix.assumptions)
        said = fixed_words(self.records, self.evaluation, horizon=self.horizon_years)
        return Several(View(words=said, kind="method"), shown) if said else shown

    def findings(self) -> View:
        """Show what the rules against overclaiming found."""
        return self._rows(appendix.findings, "The rules against overclaiming found nothing.")

    def gaps(self) -> View:
        """Show what could not be used, and why."""
        return self._rows(appendix.gaps, "Nothing is missing.")

    def _rows(self, make: Callable[[Any], Table], without: str = NOTHING) -> View:
        return View(
            partial(make, self.appraisal),
            words=lambda released: without if released.frame.empty else "",
        )

    def _drawn(self, make: Callable[[Any], Table], without: str) -> View:
        if self.appraisal.draws is None or self.appraisal.unpriced:
            return Absent(self.chance().sentence())
        return self._rows(make, without)
