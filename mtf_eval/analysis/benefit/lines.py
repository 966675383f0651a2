"""From the tables of a project to the lines of its account, one line a source row.

Costs, places (the effect on a measure) and people (rows of `outcomes`). A row that cannot be used
becomes a problem in words, and the rest is computed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from mtf_eval.analysis.project.evaluation import UNFINISHED, Evaluation
from mtf_eval.analysis.project.net import WITH_COMPARISON, Evidence, Net
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.results.tables import AS_RECORDED, Shown
from mtf_eval.errors import BadArgument, Problem
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference, financial_year
from mtf_eval.records.prices.unit_costs import UnitCost

Route = Literal["cost", "places", "people"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One source row as it enters the account.

    `source_row`: table and row as the analyst finds it: `"costs row 5"`.
    `quantity`: places: incidents avoided in the months observed, net of what moved next door.
        People: units a year at full strength. Cost: pounds in the prices of `price_year`.
    `profile`, `ages`: share of the quantity that falls in each project year, and how many years of
        drop-off it has seen by then; `amount[t] = profile[t] * (1 - drop_off) ** ages[t]`.
    `pace`: share of the quantity that a whole year at the pace observed would hold.
    `grades`: evidence grades of the inputs, 1 (best) to 6.
    `net`: the net effect behind a place's quantity; its interval is carried into the pounds.
    `evidence`: what stands behind a benefit: of places as the evaluation says, of people a claim.
    `people`, `counted`: people an outcome is counted for, and the rule by which that is shown.
    `weight`: share that enters a total over projects; 1 in a project's own account.
    `low`, `high`: range of the unit cost as a ratio to its default.
    """

    project_id: str
    source_row: str
    route: Route
    label: str
    quantity: float
    profile: tuple[float, ...]
    ages: tuple[int, ...]
    pace: float = 1.0
    grades: tuple[int, ...]
    price_year: str
    agency: str = ""
    unit_cost: UnitCost | None = None
    people: float | None = None
    counted: str = ""
    impact: float = 1.0
    deadweight: float = 0.0
    attribution: float = 1.0
    drop_off: float = 0.0
    weight: float = 1.0
    net: Net | None = None
    evidence: Evidence = "claimed"
    low: float = 1.0
    high: float = 1.0
    kind: str = ""
    capital: bool = False
    gross: bool = False
    note: str = ""

    @property
    def code(self) -> str:
        """The unit cost code, empty for a cost."""
        return self.unit_cost.code if self.unit_cost else ""

    @property
    def moved(self) -> float:
        """Incidents taken off because they moved next door."""
        return self.net.moved if self.net else 0.0

    @property
    def uncertain(self) -> bool:
        """Whether nothing avoided lies inside the interval of the net effect it rests on."""
        if self.net is None:
            return False
        low, high = self.net.interval
        return low <= 0 <= high

    @property
    def order(self) -> tuple[str, ...]:
        """Sorting key that does not depend on where the row stood in its table."""
        amounts = (self.quantity, self.impact, self.deadweight, *self.profile)
        names = (self.project_id, self.route, self.code, self.label, self.agency)
        return (*names, *(f"{amount:.9g}" for amount in amounts))

    def lasting(self, *, years: int, drop_off: float) -> Line:
        """Return a place's line that goes on for `years` at the pace observed, dropping off."""
        observed = len(self.profile)
        if self.route != "places" or years <= observed:
            return self
        return replace(
            self,
            profile=(self.pace,) * years,
            ages=(*self.ages, *range(1, years - observed + 1)),
            drop_off=drop_off,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The lines of one project, and what could not be made into one.

    `notes` are honest gaps (no unit cost fixed, too few incidents); `problems` are rows that are
    wrong; `unpriced` names the rows of `problems` that are in no line, and a lack of costs.
    """

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()


def get(row: pd.Series[Any], name: str, default: Any = None) -> Any:
    """Read a cell of a row; a blank is the default."""
    value = row.get(name, default)
    return default if pd.isna(value) else value


def _rows(data: Dataset, table: str, project_id: str) -> Iterator[tuple[int, Any]]:
    """Rows of one project with their number in the sheet (the header is row 1)."""
    for index, row in data.own(table, project_id).iterrows():
        yield int(str(index)) + 2, row


def _problem(table: str, number: int, column: str, error: BadArgument, todo: str) -> Problem:
    """Say that a row has no price."""
    found, expected = str(error), "a value of the reference data"
    return Problem(file=table, row=number, column=column, found=found, expected=expected, todo=todo)


def _costs(
    data: Dataset, project_id: str, start: Any, reference: Reference
) -> Iterator[Line | Problem]:
    missing = int(reference.assumption("missing_grade").value)
    for number, row in _rows(data, "costs", project_id):
        amount, hours, rate = (get(row, n) for n in ("amount_gbp", "hours", "rate_gbp"))
        day = row["date"]
        year = financial_year(day)
        try:
            reference.index(year)
        except BadArgument as error:
            yield _problem("costs", number, "date", error, "The row is left out.")
            continue
        t = max(0, day.year - start.year - ((day.month, day.day) < (start.month, start.day)))
        yield Line(
            project_id=project_id,
            source_row=f"costs row {number}",
            route="cost",
            label=str(get(row, "item", "")),
            quantity=float(amount) if amount is not None else float(hours) * float(rate),
            profile=(*([0.0] * t), 1.0),
            ages=(0,) * (t + 1),
            grades=(int(get(row, "evidence_grade", missing)),),
            price_year=year,
            agency=str(get(row, "agency", "")),
            kind=str(get(row, "kind", "cash")),
            capital=str(get(row, "capital", "no")).lower() in ("yes", "true"),
            note="" if hours is None else f"{float(hours):g} hours x £{float(rate):.2f}",
        )


def _places(
    data: Dataset, evaluation: Evaluation, project_id: str, reference: Reference
) -> Iterator[Line | Problem | str]:
    """Give the lines of measures, what is wrong in a row, and the gaps in words."""
    spread = reference.assumption("unit_cost_spread").value
    rows = [*_rows(data, "project_measures", project_id)]
    if (primary := evaluation.project.primary_measure) not in {row["measure"] for _, row in rows}:
        rows.append((0, pd.Series({"measure": primary})))
    for number, row in rows:
        measure, code = str(row["measure"]), get(row, "unit_cost_code", "")
        kind = reference.crime_type(measure)
        net = evaluation.net.get(measure)
        if (get(row, "target_change", 0.0)) > 0:
            if code:
                yield (
                    f"{measure}: a rise was aimed at, so more on record is no loss and no incident "
                    f"is avoided; {code} is not used, and it has no pounds."
                )
            continue
        if kind is not None and not kind.monetise:
            yield f"{measure}: counted, not put in pounds. {kind.note}"
            continue
        if not code:
            usual = f" ({kind.unit_cost_code} is usual)" if kind else ""
            yield f"{measure}: no unit cost was fixed for it{usual}, so it has no pounds."
            continue
        try:
            cost = reference.priced(str(code))
        except BadArgument as error:
            given = ("project_measures", number, "unit_cost_code", error)
            yield _problem(*given, "The measure is not costed.")
            continue
        if net is None:
            why = evaluation.cannot_say.get(measure, "there is no estimate of an effect on it")
            why = why.removeprefix(f"{measure}: ").rstrip(".")
            yield f"{measure}: we cannot say what was saved: {why}."
            continue
        low, high = _range(cost, spread)
        ours = kind and kind.unit_cost_code == cost.code and cost.verified != "user-copy"
        if ours and kind and kind.low_gbp and kind.high_gbp:
            uprated = reference.uprate(1.0, kind.price_year, cost.price_year) / cost.total_gbp
            low, high = min(kind.low_gbp * uprated, 1.0), max(kind.high_gbp * uprated, 1.0)
        effect = net.effect
        months = round(float(effect.details.get("months_after") or evaluation.months_after or 12))
        shares = [min(12, months - first) / months for first in range(0, months, 12)]
        yield Line(
            project_id=project_id,
            source_row=f"project_measures row {number}",
            route="places",
            label=measure,
            quantity=net.avoided,
            profile=tuple(shares),
            ages=(0,) * len(shares),
            pace=12 / months,
            grades=(
                int(reference.assumption("places_grade").value),
                int(reference.maryland(effect.maryland)["evidence_grade"]),
                cost.grade,
            ),
            price_year=cost.price_year,
            unit_cost=cost,
            net=net,
            evidence=evaluation.evidence(measure),
            low=low,
            high=high,
            gross=effect.maryland < WITH_COMPARISON,
            note=effect.method,
        )


def _range(cost: UnitCost, spread: float) -> tuple[float, float]:
    """Range of a unit cost as ratios: the source's own, else our assumed half-width; holds 1."""
    if cost.low_gbp is not None and cost.high_gbp is not None and cost.total_gbp:
        low, high = cost.low_gbp / cost.total_gbp, cost.high_gbp / cost.total_gbp
        return min(low, 1.0), max(high, 1.0)
    return 1 - spread, 1 + spread


def _people(
    data: Dataset, project_id: str, reference: Reference, shown: Shown
) -> Iterator[Line | Problem | str]:
    missing = int(reference.assumption("missing_grade").value)
    spread = reference.assumption("unit_cost_spread").value
    defaults = {"impact": 1.0, "deadweight": 0.0, "attribution": 1.0, "drop_off": 0.0}
    for number, row in _rows(data, "outcomes", project_id):
        try:
            cost = reference.priced(str(get(row, "unit_cost_code", "")))
        except BadArgument as error:
            given = ("outcomes", number, "unit_cost_code", error)
            yield _problem(*given, "The outcome is left out.")
            continue
        shares: dict[str, Any] = {n: float(get(row, n, v)) for n, v in defaults.items()}
        people, years = float(row["people"]), float(get(row, "years", 1))
        lag = math.ceil(get(row, "lag_years", 0))
        source_row, counted = f"outcomes row {number}", shown.of(round(people))
        if counted is None:
            yield f"{source_row}, {cost.label}: left out, so few people are not shown."
            continue
        whole = math.ceil(years)
        low, high = _range(cost, spread)
        per_year = 12 / cost.period_months if cost.period_months else 1.0
        yield Line(
            project_id=project_id,
            source_row=source_row,
            route="people",
            label=cost.label,
            quantity=counted * per_year,
            people=float(counted),
            counted=shown.rule,
            profile=(*([0.0] * lag), *(min(1.0, years - t) for t in range(whole))),
            ages=(*([0] * lag), *range(whole)),
            grades=(int(get(row, "evidence_grade", missing)), cost.grade),
            price_year=cost.price_year,
            unit_cost=cost,
            **shares,
            low=low,
            high=high,
            gross=get(row, "deadweight") is None,
            note=f"{per_year:.4g} units a year for each person" if cost.period_months else "",
        )


def account(
    data: Dataset, evaluation: Evaluation, reference: Reference, shown: Shown = AS_RECORDED
) -> Account:
    """Make the lines of one project: its costs, its places, its people.

    Year 0 is the twelve months from the start of the response; what was spent before counts in it.
    People of outcomes, whose rows have no date, enter when the response has ended, as they are
    `shown`, and not at all where they are hidden.
    """
    project = evaluation.project
    project_id, start = project.project_id, project.response_start
    notes: list[str] = []
    if start is None:
        dates = data.own("costs", project_id)["date"].dropna()
        start = dates.min() if len(dates) else None
        notes.append("The response has no start date: year 0 begins with the first cost.")
    if data.until and project_id in data.ahead:
        notes.append(f"Costs dated after {day(data.until)} are on record and not counted yet.")
    costs = _costs(data, project_id, start, reference)
    places = [*_places(data, evaluation, project_id, reference)]
    window, end = evaluation.window, project.response_end
    if window and end is not None and any(isinstance(each, Line) for each in places):
        ran = len(pd.date_range(window.start, end, freq="MS"))
        if ran > window.months:
            notes.append(
                f"Pounds are of {window.months} of the {ran} months of the response, those "
                "compared; its costs are counted whole."
            )
    people = [*_people(data, project_id, reference, shown)]
    if evaluation.status in UNFINISHED and any(isinstance(each, Line) for each in people):
        people = [each for each in people if isinstance(each, Problem)]
        notes.append(f"What is claimed of people is not counted: {UNFINISHED[evaluation.status]}.")
    every = [*costs, *places, *people]
    lines = tuple(each for each in every if isinstance(each, Line))
    problems = tuple(each for each in every if isinstance(each, Problem))
    few = [each for each in people if isinstance(each, str)]
    rows = dict.fromkeys(f"{problem.file} row {problem.row}" for problem in problems)
    priced = {line.source_row for line in lines}
    unpriced = [f"{row} has no price" for row in rows if row not in priced]
    if data.own("costs", project_id).empty:
        unpriced.append("no costs are on record")
    unpriced += [f"{note.split(',')[0]} is of so few people that it is not shown" for note in few]
    return Account(
        lines=lines,
        problems=problems,
        notes=(*notes, *(each for each in every if isinstance(each, str))),
        unpriced=tuple(unpriced),
    )
