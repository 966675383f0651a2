"""From the lines of an account to one cash-flow table, and from it to the results.

Every amount is quantity x impact x (1 - deadweight) x attribution x unit cost, uprated once to one
price year, corrected for optimism bias and discounted at Green Book rates: `Pricing.units` and
`Pricing.worth` are its only home.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.prices.reference import Reference
from mtf_eval.records.prices.unit_costs import UnitCost

Array = npt.NDArray[np.float64]
NOTHING: Mapping[str, Array | float] = MappingProxyType({})
Optimism = Literal["worst", "mean", "off"]
Level = Literal["default", "low", "high"]
#: The edition of the costs of crime not in force, by whether the newer one is.
OTHER_EDITION = {
    False: "Crime at the costs of the newer Home Office edition (2019/20)",
    True: "Crime at the costs of the older Home Office edition (2015/16)",
}
FLOW_COLUMNS = (
    "project_id", "side", "route", "year", "agency", "value_type", "transfer", "cashable",
    "amount_gbp", "present_gbp", "source_row",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a benefit analysis rests on beside the data; every report prints it.

    `price_year`: financial year in whose prices everything is expressed, `"2023/24"`.
    `horizon_years`: years counted, from year 0; later costs and benefits are left out and said so.
    `optimism`: correction by the worst grade of the inputs (the rule), by their mean, or none.
    `anticipation`: whether the cost of anticipating crime (locks, insurance) counts as avoided.
    `unit_costs`: default values, or everything at the low or the high end of its range.
    `other_edition`: price crime by the other edition of its costs than the one in force.
    `recorded_to_actual`: scale recorded crime up to actual crime, with an edition that has its own
        multiplier.
    `gross`: leave in what moved next door: working, never a result.
    `lasting_years`, `lasting_drop_off`: let the effect on places last beyond the months observed; 0
        is observed months only.
    """

    price_year: str
    horizon_years: int
    optimism: Optimism = "worst"
    anticipation: bool = True
    unit_costs: Level = "default"
    recorded_to_actual: bool = False
    other_edition: bool = False
    gross: bool = False
    lasting_years: int = 0
    lasting_drop_off: float = 0.0

    def __post_init__(self) -> None:
        for name, words in (("optimism", get_args(Optimism)), ("unit_costs", get_args(Level))):
            if (value := getattr(self, name)) not in words:
                raise BadArgument(f"{name}={value!r}: expected one of {', '.join(words)}")
        if self.horizon_years < 1:
            raise BadArgument(f"horizon_years={self.horizon_years!r}: expected 1 or more")


class Part(NamedTuple):
    """One share of a unit cost: who bears it, what kind of value it is, in its own prices."""

    agency: str
    value_type: str  # fiscal, economic, social, not_split
    transfer: bool
    cashable: bool
    health: bool
    from_year: int
    gbp: float

    @property
    def loss(self) -> bool:
        """Whether it is lost where the whole is gained; below nought, `not_split` is rounding."""
        return self.gbp < 0 and self.value_type != "not_split"


def parts(cost: UnitCost, *, anticipation: bool = True) -> Iterator[Part]:
    """Split a unit cost by bearer, value type, transfer and cashability; the parts add up to it.

    The sum of the parts that are no transfer is the public value. What a source does not split,
    and the rounding of its components, is `not_split`; where it splits nothing, nobody knows who
    bears it.
    """
    whole = not (cost.fiscal_gbp or cost.economic_gbp or cost.social_gbp)
    flagged = any(bearer.transfer for bearer in cost.bearers)
    moved = 0.0 if flagged or not cost.fiscal_gbp else cost.transfer_gbp / cost.fiscal_gbp
    for bearer in cost.bearers:
        amount = cost.fiscal_gbp * bearer.share
        shares = ((bearer.transfer, 1 - moved), (True, moved))
        for transfer, share in shares:
            for cashable, part in ((True, cost.cashable_share), (False, 1 - cost.cashable_share)):
                if gbp := amount * share * part:
                    start = cost.cashable_from_year if cashable else 0
                    yield Part(bearer.agency, "fiscal", transfer, cashable, False, start, gbp)
    economic = cost.economic_gbp - (0 if anticipation else cost.anticipation_gbp)
    others = {"economic": economic, "social": cost.social_gbp, "not_split": cost.not_split_gbp}
    agency = "not_named" if whole else "society"
    for kind, amount in others.items():
        if amount:
            yield Part(agency, kind, False, False, kind in cost.health_valued, 0, amount)


class Pricing:
    """What one unit of a line is worth under given assumptions, its parts and factors."""

    def __init__(self, reference: Reference, assumptions: Assumptions) -> None:
        reference.index(assumptions.price_year)  # refuse a year that is not covered
        self.reference = reference
        self.assumptions = assumptions
        self.years = assumptions.horizon_years
        self.factors = {
            kind: np.array(reference.discount_factors(self.years, kind))
            for kind in ("standard", "health")
        }
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._uprating: dict[str, float] = {}

    def correction(self, line: Line, amounts: npt.ArrayLike = 1.0) -> Array:
        """Optimism bias of amounts of a line: `+0.10` on a cost, `-0.10` on a gain.

        None where it would make the result rosier: on a refund and on a loss, both below nought.
        """
        side, how = "cost" if line.route == "cost" else "benefit", self.assumptions.optimism
        grades = {"worst": sorted(line.grades)[-1:], "mean": line.grades}.get(how, ())
        found = [self.reference.optimism_bias(side, grade) for grade in grades]
        return np.where(np.asarray(amounts) < 0, 0.0, sum(found) / max(len(found), 1))

    def uprating(self, year: str) -> float:
        """Factor from a price year to the report's, applied once."""
        if year not in self._uprating:
            self._uprating[year] = self.reference.uprate(1.0, year, self.assumptions.price_year)
        return self._uprating[year]

    def priced(self, line: Line) -> tuple[UnitCost, float]:
        """Return the unit cost a line is priced with, and what to multiply it by."""
        cost = line.unit_cost
        assert cost is not None, f"{line.source_row} is a cost and has no unit cost"
        factor = {"default": 1.0, "low": line.low, "high": line.high}[self.assumptions.unit_costs]
        if self.assumptions.other_edition:
            cost = self.reference.other_edition(cost)
        if self.assumptions.recorded_to_actual and line.route == "places":
            cost = self.reference.unit_cost(cost.newer_code) if cost.newer_code else cost
            try:
                factor *= self.reference.multiplier(cost.code).value
            except NotEnoughData:
                cost = line.unit_cost or cost
        return cost, factor

    def parts(self, line: Line) -> tuple[Part, ...]:
        """Return the parts of a line's unit cost, remembered by code; of a cost, the one pound."""
        if line.route == "cost":
            return (Part(line.agency, "fiscal", False, line.kind == "cash", False, 0, 1.0),)
        cost, _ = self.priced(line)
        if cost.code not in self._parts:
            self._parts[cost.code] = tuple(parts(cost, anticipation=self.assumptions.anticipation))
        return self._parts[cost.code]

    def timed(self, line: Line) -> Line:
        """Return the line with the extent and duration the assumptions give it."""
        if self.assumptions.gross and line.moved:
            line = replace(line, quantity=line.quantity + line.moved)
        years, drop_off = self.assumptions.lasting_years, self.assumptions.lasting_drop_off
        return line.lasting(years=years, drop_off=drop_off)

    def units(self, line: Line, drawn: Mapping[str, Array | float] = NOTHING) -> Array:
        """Units of each year inside the horizon, after every share: the one formula of an amount.

        `drawn`: values that stand for those of the line, by field, each one value or shape
        (draws,). Returns an array of shape (years,), or (draws, years) where anything is drawn.
        """

        def of(name: str) -> Array:
            return np.asarray(drawn.get(name, getattr(line, name)), dtype="float64")[..., None]

        years = min(self.years, len(line.profile))
        fade = (1 - of("drop_off")) ** np.array(line.ages[:years])
        kept = of("impact") * (1 - of("deadweight")) * of("attribution") * line.weight
        return np.asarray(of("quantity") * kept * np.array(line.profile[:years]) * fade)

    def factor(self, line: Line) -> float:
        """Multiply a unit cost, or a pound of cost, by this: uprated once, of its range one end."""
        if line.route == "cost":
            return self.uprating(line.price_year)
        cost, factor = self.priced(line)
        return factor * self.uprating(cost.price_year)

    def worth(self, line: Line, units: npt.ArrayLike, part: Part) -> Array:
        """Pounds of a part of so many units, corrected for optimism by the sign of each amount."""
        units = np.asarray(units, dtype="float64")
        bias = self.correction(line, -units if part.loss else units)
        return np.asarray(units * part.gbp * self.factor(line) * (1 + bias))

    def rate(self, part: Part) -> Array:
        """Discount factor of each year inside the horizon."""
        return self.factors["health" if part.health else "standard"]

    def present(self, line: Line, units: Array, own: Iterable[Part] = ()) -> Array:
        """Present pounds of units of each year, of all parts or some: public, fiscal, cashable.

        Shape (3,) of units of shape (years,), (3, draws) of units of shape (draws, years).
        """
        years = units.shape[-1]
        each = np.zeros((2, 3, years))  # of one unit, and of one unit less
        for part in own or self.parts(line):
            value = np.outer(self.worth(line, (1.0, -1.0), part), self.rate(part)[:years])
            if not part.transfer:
                each[:, 0] += value
            if part.value_type == "fiscal":
                each[:, 1] += value
                if part.cashable:
                    each[:, 2, part.from_year :] += value[:, part.from_year :]
        return np.asarray(each[0] @ np.maximum(units, 0).T + each[1] @ np.maximum(-units, 0).T)


def _amounts(line: Line, pricing: Pricing) -> Iterator[tuple[object, ...]]:
    head = (line.project_id, "cost" if line.route == "cost" else "benefit", line.route)
    timed = pricing.timed(line)
    units = pricing.units(timed)
    for part in pricing.parts(line):
        for year, gbp in enumerate(pricing.worth(line, units, part)):
            if timed.profile[year]:
                yield (
                    *head, year, part.agency, part.value_type, part.transfer,
                    part.cashable and year >= part.from_year, gbp, gbp * pricing.rate(part)[year],
                    line.source_row,
                )  # fmt: skip


def flow(lines: Iterable[Line], reference: Reference, assumptions: Assumptions) -> pd.DataFrame:
    """Return the cash-flow table of any number of projects, one row a part of a source row.

    `amount_gbp` is undiscounted in the prices of the report, `present_gbp` discounted. Costs and
    benefits are both positive and told apart by `side`; a `transfer` is no public value.
    """
    pricing = Pricing(reference, assumptions)
    rows = [row for line in lines for row in _amounts(line, pricing)]
    frame = pd.DataFrame(rows, columns=list(FLOW_COLUMNS))
    return frame.astype(
        {"year": "int64", "transfer": bool, "cashable": bool}
        | {"amount_gbp": "float64", "present_gbp": "float64"}
    )


def one_sided(found: pd.Series[Any], *, spent: bool) -> pd.Series[Any]:
    """Blank what sets benefits against costs, and the costs unless all of them are known."""
    keep = ["present_value_benefits_gbp", "present_value_fiscal_gbp", "cashable_benefit_gbp"]
    return found.where(found.index.isin(keep + ["present_value_costs_gbp"] * spent))


def without_ratio(found: pd.Series[Any]) -> pd.Series[Any]:
    """Blank the ratios and the payback: nothing is shown, or nothing was paid on balance."""
    return found.where(~found.index.str.contains("bcr|payback"))


def results(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the results of each project under their GMCA names, in pounds and ratios.

    A ratio without costs is missing, and so is everything on the benefit side of a project that
    has no benefit rows: nothing known is not nothing saved. `payback_year` is the year in which
    discounted fiscal benefits have caught up with discounted costs for good; costs of a year stand
    at its beginning. Missing when they are behind at the end.
    """
    where, projects = pd.factorize(frame["project_id"], sort=True)
    n, years = len(projects), int(frame["year"].max()) + 1 if len(frame) else 1
    present = frame["present_gbp"].to_numpy()
    cost = frame["side"].eq("cost").to_numpy(bool)
    fiscal = ~cost & frame["value_type"].eq("fiscal").to_numpy(bool)
    masks = {
        "costs": cost,
        "public": ~cost & ~frame["transfer"].to_numpy(bool),
        "fiscal": fiscal,
        "cashable": fiscal & frame["cashable"].to_numpy(bool),
    }
    pv = {name: np.bincount(where[m], present[m], n) for name, m in masks.items()}
    known = np.bincount(where[~cost], minlength=n) > 0
    spent = np.where(pv["costs"] > 0, pv["costs"], np.nan)
    for name in ("public", "fiscal", "cashable"):
        pv[name] = np.where(known, pv[name], np.nan)
    cell = where * years + frame["year"].to_numpy()

    def running(mask: npt.NDArray[np.bool_]) -> Array:
        return np.bincount(cell[mask], present[mask], n * years).reshape(n, years).cumsum(axis=1)

    paid = running(cost)
    gained = np.pad(running(fiscal), ((0, 0), (1, 0)))
    behind = np.pad(gained[:, :-1] < paid - 1e-9, ((0, 0), (0, 1)))  # at the beginning of a year
    behind[:, 1:] |= gained[:, 1:] < paid - 1e-9  # at the end of the year before
    last = years - behind[:, ::-1].argmax(axis=1)
    first = np.where(behind.any(axis=1), last, (paid > 0).argmax(axis=1))
    first = np.where((first < years) & (paid[:, -1] > 0) & known, first, np.nan)
    return pd.DataFrame(
        {
            "present_value_costs_gbp": pv["costs"],
            "present_value_benefits_gbp": pv["public"],
            "present_value_fiscal_gbp": pv["fiscal"],
            "cashable_benefit_gbp": pv["cashable"],
            "net_present_public_value_gbp": pv["public"] - pv["costs"],
            "public_value_bcr": pv["public"] / spent,
            "fiscal_bcr": pv["fiscal"] / spent,
            "cashable_bcr": pv["cashable"] / spent,
            "net_present_budget_impact_gbp": pv["costs"] - pv["fiscal"],
            "payback_year": first,
        },
        index=pd.Index(projects, name="project_id"),
    )


def sensitivities(
    lines: Sequence[Line], reference: Reference, base: Assumptions
) -> list[tuple[str, Assumptions, pd.Series]]:
    """Return the results with one assumption switched at a time: name, assumptions, results."""
    years = int(reference.assumption("persistence_years").value)
    drop_off = reference.assumption("persistence_drop_off").value
    longest = max(years, base.horizon_years)
    lasting = replace(base, lasting_years=years, lasting_drop_off=drop_off, horizon_years=longest)
    cases = [
        ("As reported", base),
        ("Optimism bias off", replace(base, optimism="off")),
        ("Optimism bias by the mean of the grades", replace(base, optimism="mean")),
        ("Cost of anticipating crime left out", replace(base, anticipation=False)),
        (OTHER_EDITION[reference.newer], replace(base, other_edition=True)),
        ("Recorded crime scaled up to actual crime", replace(base, recorded_to_actual=True)),
        ("Unit costs at the low end", replace(base, unit_costs="low")),
        ("Unit costs at the high end", replace(base, unit_costs="high")),
        ("What moved next door not taken off (gross)", replace(base, gross=True)),
        (f"Effect lasts {years} years, {drop_off:.0%} less each year", lasting),
    ]
    cases += [
        (f"Horizon of {horizon} year{'s' * (horizon > 1)}", replace(base, horizon_years=horizon))
        for horizon in (1, 3, 5, 10)
        if horizon != base.horizon_years
    ]
    found = []
    for name, assumptions in cases:
        late = any(x.route == "cost" and len(x.profile) > assumptions.horizon_years for x in lines)
        table = results(flow(lines, reference, assumptions))
        if len(table) and not (late and assumptions.horizon_years < base.horizon_years):
            found.append((name, assumptions, table.iloc[0]))
    return found
