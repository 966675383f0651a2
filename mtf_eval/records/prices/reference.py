"""Dated, sourced values that policy sets: unit costs, deflator, rates, weights.

Every look-up answers from `data/reference/*.csv`, or from the user's own in their place (`own`),
and refuses what is not covered: a year the deflator does not hold is an error, never the nearest
year. A figure without a source or a price year does not load.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from html import escape
from pathlib import Path

from mtf_eval.errors import BadArgument, DataProblems, NotEnoughData, Problem
from mtf_eval.records.home import REFERENCE, read_rows
from mtf_eval.records.prices.unit_costs import (
    Bearer,
    Row,
    UnitCost,
    at,
    deflator_problems,
    made,
    unit_cost_of,
    unit_cost_problems,
    year_of,
)

#: Our tables, and what names a row of each; of the deflator nothing, as years of two vintages never
#: mix.
FILES: dict[str, tuple[str, ...]] = {
    "agencies": ("bearer",),
    "assumptions": ("name",),
    "bearers": ("code",),
    "crime_multipliers": ("unit_cost_code",),
    "crime_types": ("slug",),
    "discount_rates": ("kind",),
    "double_counting": ("rule", "first", "second"),
    "gdp_deflator": (),
    "ladders": ("domain",),
    "maryland_scale": ("level",),
    "optimism_bias": ("side", "grade"),
    "recording_changes": ("slug", "first"),
    "severity_weights": ("index", "level", "crime_type", "offence"),
    "unit_cost_kinds": ("entry",),
    "unit_costs": ("code",),
}
PRICED = ("unit_costs", "gdp_deflator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A number with its range: a multiplier, a weight, an assumption."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrimeType:
    """How a police.uk category is costed: a default, a range in its price year, a reason."""

    crime_type: str
    slug: str
    monetise: bool
    unit_cost_code: str
    low_gbp: float | None
    high_gbp: float | None
    price_year: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a ladder; position 1 is the hardest place to be."""

    step: str
    label: str
    position: int
    unit_cost_code: str


def slug(text: str, between: str = "-") -> str:
    """Lower case, everything but letters and digits to one sign between."""
    return re.sub(r"[\W_]+", between, text.lower()).strip(between)


@dataclass(frozen=True, repr=False)
class Reference:
    """Every reference table, read and checked; see the module.

    `own` is the folder of the user's own, `told` what of it could not be used; `newer` whether
    crime is priced by the newer edition of its costs.
    """

    tables: Mapping[str, tuple[Row, ...]]
    folder: str
    own: Path | None = None
    told: tuple[Problem, ...] = ()
    newer: bool = False

    def __repr__(self) -> str:
        own = f", the user's own from {self.own.name} over them" if self.own else ""
        return f"Reference data: {len(self.tables)} tables{own}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"

    @cached_property
    def unit_costs(self) -> Mapping[str, UnitCost]:
        """Every unit cost by code."""
        shares: dict[str, list[Bearer]] = {}
        for row in self.tables["bearers"]:
            bearer = made(Bearer, row, agency=row["bearer"], share=float(row["share"]))
            shares.setdefault(row["code"], []).append(bearer)
        return {
            row["code"]: unit_cost_of(row, tuple(shares.get(row["code"], ())))
            for row in self.tables["unit_costs"]
        }

    def unit_cost(self, code: str) -> UnitCost:
        """Return a unit cost; an unknown code is refused and the nearest codes are named."""
        if code not in self.unit_costs:
            near = self.near(code)
            hint = f"; did you mean {near}?" if near else ""
            raise BadArgument(f"unit cost code {code!r} is not in the reference data{hint}")
        return self.unit_costs[code]

    def priced(self, code: str) -> UnitCost:
        """Return the unit cost that pounds are made with: of the edition in force."""
        cost = self.unit_cost(code)
        return self.other_edition(cost) if self.newer and cost.newer_code else cost

    def other_edition(self, cost: UnitCost) -> UnitCost:
        """Return the same cost of crime in the edition that is not in force, or itself.

        A figure of the user's own has no other edition.
        """
        if cost.verified == "user-copy":
            return cost
        if self.newer:
            older = (c for c in self.unit_costs.values() if c.newer_code == cost.code)
            return next(older, self.unit_costs.get(cost.newer_code, cost))
        return self.unit_costs.get(cost.newer_code, cost)

    def in_edition(self, given: str = "", about: Mapping[str, str] | None = None) -> Reference:
        """Return the same with crime at the costs of one edition, named by the year of its prices.

        As given, else as `crime_costs` in `about`, else the older one. A figure of the user's own,
        in the prices of any year, names none.
        """
        costs = self.unit_costs
        both = [(c, costs[c.newer_code]) for c in costs.values() if c.newer_code]
        ours = [pair for pair in both if all(c.verified != "user-copy" for c in pair)]
        known = tuple(cost.price_year for cost in (ours or both)[0])
        named = (given or (about or {}).get("crime_costs", "")).strip() or known[0]
        if named not in known:
            raise BadArgument(f"crime_costs {named!r}: expected {' or '.join(known)}")
        return replace(self, newer=named == known[1])

    def near(self, code: str) -> str:
        """Return the codes most like one that is not known."""
        return ", ".join(get_close_matches(code, self.unit_costs, n=3, cutoff=0.5))

    @cached_property
    def covered(self) -> Mapping[str, float]:
        """The deflator: index by financial year, in order."""
        return {row["price_year"]: float(row["index"]) for row in self.tables["gdp_deflator"]}

    def index(self, year: str) -> float:
        """GDP deflator of a financial year such as `"2023/24"`; refused when not covered."""
        if year not in self.covered:
            years = list(self.covered)
            raise BadArgument(
                f"price year {year!r} is not covered by the GDP deflator, which runs from "
                f"{years[0]} to {years[-1]}"
            )
        return self.covered[year]

    def uprate(self, value: float, from_year: str, to_year: str) -> float:
        """Express pounds of one financial year in the prices of another."""
        return value * self.index(to_year) / self.index(from_year)

    @cached_property
    def _rates(self) -> Mapping[str, list[tuple[int, int, float]]]:
        rates: dict[str, list[tuple[int, int, float]]] = {}
        for row in self.tables["discount_rates"]:
            band = int(row["year_from"]), int(row["year_to"] or 10**6), float(row["rate"])
            rates.setdefault(row["kind"], []).append(band)
        return rates

    def discount_factors(self, years: int, kind: str = "standard") -> tuple[float, ...]:
        """Green Book factors of years 0 to `years - 1`; year 0 is not discounted.

        `kind` is `"standard"`, or `"health"` for effects valued by QALY and nothing else.
        """
        if kind not in self._rates:
            raise BadArgument(f"kind={kind!r}: expected one of {', '.join(self._rates)}")
        if years < 0:
            raise BadArgument(f"years={years!r}: expected 0 or more")
        factors: list[float] = []
        for t in range(years):
            rate = next(r for first, last, r in self._rates[kind] if first <= t <= last)
            factors.append(factors[-1] / (1 + rate) if t else 1.0)
        return tuple(factors)

    def optimism_bias(self, side: str, grade: int) -> float:
        """Correction by evidence grade 1-6: cost `+0.10` raises it, benefit `-0.10` lowers it."""
        if side not in ("cost", "benefit"):
            raise BadArgument(f"side={side!r}: expected cost or benefit")
        found = self._corrections.get((side, str(grade)))
        if found is None:
            raise BadArgument(f"evidence grade {grade!r}: expected 1, 2, 3, 4, 5 or 6")
        return found

    @cached_property
    def _corrections(self) -> Mapping[tuple[str, str], float]:
        rows = self.tables["optimism_bias"]
        return {(row["side"], row["grade"]): float(row["correction"]) for row in rows}

    def maryland(self, level: int) -> Row:
        """Definition of a level of the Maryland Scientific Methods Scale and its evidence grade."""
        for row in self.tables["maryland_scale"]:
            if row["level"] == str(level):
                return row
        raise BadArgument(f"Maryland level {level!r}: expected 1, 2, 3, 4 or 5")

    def crime_type(self, measure: str) -> CrimeType | None:
        """How a measure is costed when it is a police.uk category, by name or slug."""
        return self._crime_types.get(slug(measure))

    @cached_property
    def _crime_types(self) -> Mapping[str, CrimeType]:
        found = {}
        for row in self.tables["crime_types"]:
            kind = made(CrimeType, row)
            found[slug(kind.crime_type)] = found[kind.slug] = kind
        return found

    def severity_weight(self, measure: str, index: str = "cambridge_chi") -> Value:
        """Harm of one recorded incident of a police.uk category.

        `"cambridge_chi"` gives days of imprisonment (medians weighted by a force's own mix),
        `"ons_css"` the ONS weight, only where the category is one offence. The two indices must
        never be added up. A measure without a weight (anti-social behaviour is no crime) raises
        `NotEnoughData`: harm is then not assessed, never zero.
        """
        rows = [row for row in self.tables["severity_weights"] if row["index"] == index]
        if not rows:
            names = sorted({row["index"] for row in self.tables["severity_weights"]})
            raise BadArgument(f"index={index!r}: expected one of {', '.join(names)}")
        kind = self.crime_type(measure)
        level = "police_uk_crime_type_kent" if index == "cambridge_chi" else "offence"
        wanted = kind and (kind.crime_type, level)
        found = [row for row in rows if (row["crime_type"], row["level"]) == wanted]
        if len(found) != 1 or not found[0]["weight"]:
            raise NotEnoughData(f"{measure}: no single {index} weight stands for this measure")
        return made(Value, found[0], value=float(found[0]["weight"]))

    def multiplier(self, code: str) -> Value:
        """Recorded-to-actual multiplier of a unit cost of the same edition.

        Raises `NotEnoughData` where that edition has none: a multiplier of one edition is never
        combined with a unit cost of another.
        """
        for row in self.tables["crime_multipliers"]:
            if row["unit_cost_code"] == code:
                return made(Value, row, value=float(row["multiplier"]))
        raise NotEnoughData(f"{code}: its edition gives no recorded-to-actual multiplier")

    def assumption(self, name: str) -> Value:
        """Return one of our own assumptions by name."""
        for row in self.tables["assumptions"]:
            if row["name"] == name:
                return made(Value, row)
        raise BadArgument(f"assumption {name!r} is not in the reference data")

    def agency(self, bearer: str) -> str:
        """Name of a bearer as a reader sees it."""
        named = {row["bearer"]: row["label"] for row in self.tables["agencies"]}
        return named.get(bearer, bearer)

    def ladder(self, domain: str) -> tuple[Rung, ...]:
        """Return the steps of a ladder, the hardest place first."""
        rungs = [made(Rung, row) for row in self.tables["ladders"] if row["domain"] == domain]
        if not rungs:
            raise BadArgument(f"ladder {domain!r}: expected one of {', '.join(self.ladders)}")
        return tuple(sorted(rungs, key=lambda rung: rung.position))

    @property
    def ladders(self) -> tuple[str, ...]:
        """Domains that have a ladder."""
        return tuple(dict.fromkeys(row["domain"] for row in self.tables["ladders"]))

    def with_unit_costs(self, rows: Iterable[Row]) -> Reference:
        """Return the same reference with a user's unit costs beside ours; ours keep their codes."""
        added = tuple(rows)
        taken = sorted({row["code"] for row in added} & set(self.unit_costs))
        if taken:
            raise BadArgument(f"unit cost codes already in use: {', '.join(taken[:5])}")
        tables = {**self.tables, "unit_costs": (*self.tables["unit_costs"], *added)}
        return replace(self, tables=sound(tables))

    def price_year(self, given: str = "", about: Mapping[str, str] | None = None) -> str:
        """Return the price year of a report: as given, else as in `about`, else the assumption."""
        year = year_of(given or (about or {}).get("price_year", ""))
        if not year:
            rows = self.tables["assumptions"]
            year = next(row["value"] for row in rows if row["name"] == "price_year")
        self.index(year)
        return year

    def horizon_years(self, given: int = 0) -> int:
        """Return the years that count from the start of a response: as given, else as assumed."""
        if given < 0:
            raise BadArgument(f"horizon_years={given}: expected 1 or more")
        return given or int(self.assumption("horizon_years").value)


def financial_year(day: date) -> str:
    """Financial year of a date, `"2023/24"` from 1 April 2023."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def _read(path: Path) -> tuple[Row, ...]:
    return tuple(
        {k: v or "" for k, v in row.items()} | {"_file": path.name, "_row": f"{line}"}
        for line, row in enumerate(read_rows(path), start=2)
    )


def sound(tables: Mapping[str, tuple[Row, ...]]) -> Mapping[str, tuple[Row, ...]]:
    """Return the tables, or refuse them with everything that is wrong."""
    if problems := [*deflator_problems(tables["gdp_deflator"]), *unit_cost_problems(tables)]:
        raise DataProblems(problems)
    return tables


def load_reference(folder: str | Path | None = None) -> Reference:
    """Read and check the reference tables: ours, unless another folder is given."""
    place = Path(folder) if folder is not None else REFERENCE
    tables: dict[str, tuple[Row, ...]] = {}
    problems: list[Problem] = []
    for name in FILES:
        path = place / f"{name}.csv"
        if not path.is_file():
            problems.append(Problem(file=path.name, found="no such file", expected="this table"))
            continue
        tables[name] = _read(path)
        needed = ("source", "price_year") if name in PRICED else ("source",)
        for row in tables[name]:
            problems += [
                at(row, column, "a figure without it", "where it comes from, and in what prices")
                for column in needed
                if not row.get(column, "").strip()
            ]
    if problems:
        raise DataProblems(problems)
    return Reference(tables=sound(tables), folder=place.name)
