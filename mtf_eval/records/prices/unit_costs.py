"""What a unit cost is: one row of the table, read and checked.

Where the rows come from and what is looked up in them is `reference`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from mtf_eval.errors import Problem

STATUSES = ("stored-source", "stored-secondary", "recalled", "own-judgement", "user-copy")
#: Another currency than pounds, in a cell or a heading.
CURRENCY = re.compile(r"[€$¥]|(?<![a-z])(eur|usd|euros?|dollars?)(?![a-z])", re.I)
#: Another unit than pounds, in a heading: `Cost (£000s)`, `amount_pence`, `Cost £k`.
NOT_POUNDS = re.compile(
    r"((£|\b|')000s?|\b(00|1000)s|(£|gbp) ?(k|mn?|mil|bn)|\b(hundreds|thousands?|millions?)"
    r"|\bk ?£|x ?1,?000|pence|\bpennies)(?![a-z])|\b(p|k|m|mn|mil)$|[(\[](p|k|mn?|1000)[)\]]",
    re.I,
)
_SHOWN = re.compile(r"\[\$([^\]-]*)[^\]]*\]")  # `[$€-2]`: the currency, and whose it is
AMOUNTS = (
    *("fiscal_gbp", "economic_gbp", "social_gbp", "transfer_gbp"),
    *("total_gbp", "low_gbp", "high_gbp", "anticipation_gbp"),
)
#: What a unit cost of the user's is taken for where nothing is said.
USUAL = {
    "category": "user", "role": "benefit", "rare": "no", "cashable_share": "0", "grade": "6",
    "cashable_from_year": "0", "bearer": "multiple",
}  # fmt: skip
ROUNDING_GBP = 20.0  # published components may miss the published total by this much

Row = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Share of a unit cost's fiscal value that falls on one agency."""

    agency: str
    share: float
    transfer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """One unit cost in the prices of its own year.

    `total_gbp` is public value: the published total without `transfer_gbp`, which moves money
    between people. `anticipation_gbp` is spent before any crime; `low_gbp` and `high_gbp` are the
    source's own range of the total. `period_months` one unit covers, `None` for an event; `role` is
    `benefit`, or `input` for what it costs to act; `grade` 1 (best) to 6.
    """

    code: str
    label: str
    category: str
    unit: str
    fiscal_gbp: float
    economic_gbp: float
    social_gbp: float
    transfer_gbp: float
    total_gbp: float
    anticipation_gbp: float
    low_gbp: float | None
    high_gbp: float | None
    period_months: float | None
    role: str
    rare: bool
    health_valued: tuple[str, ...]
    cashable_share: float
    cashable_from_year: int
    grade: int
    price_year: str
    source: str
    entry: str
    edition: str
    verified: str
    bearers: tuple[Bearer, ...]
    superseded_by: str = ""
    newer_code: str = ""

    @property
    def not_split_gbp(self) -> float:
        """Total less its parts: what the source does not split, and its rounding."""
        parts = self.fiscal_gbp + self.economic_gbp + self.social_gbp - self.transfer_gbp
        return self.total_gbp - parts

    @property
    def caution(self) -> str:
        """What must be printed wherever the figure is used; empty when there is nothing."""
        parts = []
        if self.verified != "stored-source":
            parts.append(f"{self.verified}: check against the publication")
        if self.verified == "user-copy" and not self.transfer_gbp:
            parts.append("transfers are not marked in it: benefit payments count as public value")
        if self.superseded_by:
            parts.append(f"superseded by {self.superseded_by}")
        return "; ".join(parts)


def number(text: str) -> float | None:
    """Read a number, `None` for a blank."""
    return float(text) if text.strip() else None


#: How the fields of a record are read, by type; a blank amount is nought where there must be one.
READ: Mapping[Any, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "bool": lambda text: text == "yes",
    "float": lambda text: number(text) or 0.0,
    "float | None": number,
}


def foreign_format(code: str) -> bool:
    """Whether a number format of a spreadsheet shows another currency than pounds."""
    return bool(CURRENCY.search(_SHOWN.sub(r"\1", code)))


def amount(text: str) -> str:
    """Write an amount of pounds as a plain number; blank for none.

    Raises `ValueError` for what is not certainly one: commas out of place, words, `nan`.
    """
    bare = re.sub(r"£|\bGBP\b|\s", "", text)
    if bare.casefold() in ("", "-", "n/a", "na"):
        return ""
    if not re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", bare):
        raise ValueError(text)
    return bare.replace(",", "")


def year_of(text: str) -> str:
    """Write a financial year (`2015-16`, `15/16`, `FY 2015/2016`) as `2015/16`; else as it is."""
    form = r"(?:FY\s*)?(\d{2})?(\d{2})\s*[/\-\N{EN DASH}]\s*(?:\d{2})?(\d{2})"
    found = re.fullmatch(form, text.strip(), re.I)
    if not found or not (found[1] or (int(found[2]) + 1) % 100 == int(found[3])):
        return text.strip()
    return f"{found[1] or (19 if found[2] > '50' else 20)}{found[2]}/{found[3]}"


def made(kind: type[T], row: Row, **own: Any) -> T:
    """Make a record of a row, each field read as what its type says; `own` fields are given."""
    facts: Any = kind
    known = {f.name: READ[f.type] for f in fields(facts) if f.name in row and f.name not in own}
    return kind(**own, **{name: read(row[name]) for name, read in known.items()})


def unit_cost_of(row: Row, bearers: tuple[Bearer, ...]) -> UnitCost:
    """Make a unit cost of a row; without shares its bearer carries the whole fiscal value."""
    cost = made(
        UnitCost,
        row,
        total_gbp=number(row["total_gbp"]) or 0.0,
        health_valued=tuple(row["health_valued"].split(";")) if row["health_valued"] else (),
        cashable_share=float(row["cashable_share"]),
        bearers=bearers or (Bearer(agency=row["bearer"], share=1.0),),
    )
    return cost if row["total_gbp"].strip() else replace(cost, total_gbp=-cost.not_split_gbp)


def at(row: Row, column: str, found: str, expected: str) -> Problem:
    """Say what is wrong with a row at its place in its file."""
    place = {"file": row["_file"], "sheet": row.get("_sheet", ""), "column": column}
    return Problem(found=found, expected=expected, row=int(row["_row"]), **place)


def deflator_problems(rows: Iterable[Row]) -> Iterable[Problem]:
    """Yield what is wrong with a deflator: a gap, a year twice, two vintages, growth as a level."""
    known: tuple[int, float] | None = None
    vintage: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row["price_year"]):
        found = re.fullmatch(r"(\d{4})/(\d{2})", row["price_year"])
        year = int(found[1]) if found else 0
        if found is None or (year + 1) % 100 != int(found[2]):
            yield at(row, "price_year", row["price_year"], "a financial year such as 2015/16")
            continue
        try:
            index = float(row["index"])
        except ValueError:
            index = 0.0
        if index <= 0:
            yield at(row, "index", row["index"] or "a blank", "a level above 0, not a formula")
            continue
        if known and year != known[0] + 1:
            wanted = f"{known[0] + 1}/{(known[0] + 2) % 100:02d}"
            yield at(row, "price_year", f"{row['price_year']} after {known[0]}/..", wanted)
        elif known and not 0.8 < index / known[1] < 1.25:
            yield at(row, "index", f"{index:g} after {known[1]:g}", "levels of one index")
        known = year, index
        # A forecast is chained to the outturn by growth of an edition of its own.
        for column in ("base", "edition") if row["status"] != "forecast" else ("base",):
            one = vintage.setdefault(column, row[column])
            if row[column] != one:
                yield at(row, column, row[column] or "a blank", f"one vintage, {one}")


def unit_cost_problems(tables: Mapping[str, tuple[Row, ...]]) -> Iterable[Problem]:
    """Yield what is wrong with unit costs and bearers, row by row."""
    years = {row["price_year"] for row in tables["gdp_deflator"]}
    seen: set[str] = set()
    for row in tables["unit_costs"]:
        year, covered = row["price_year"], "a financial year the deflator covers, such as 2015/16"
        unknown = bool(year.strip()) and year not in years
        checks = [
            ("code", row["code"] in seen, "the code twice", "each code once"),
            ("price_year", unknown, f"price year {year}", covered),
            ("grade", row["grade"] not in set("123456"), row["grade"] or "a blank", "1 to 6"),
            ("verified", row["verified"] not in STATUSES, row["verified"], ", ".join(STATUSES)),
            ("role", row["role"] not in ("benefit", "input"), row["role"], "benefit or input"),
            ("rare", row["rare"] not in ("yes", "no"), row["rare"], "yes or no"),
        ]
        for column, wrong, found, expected in checks:
            if wrong:
                yield at(row, column, found, expected)
        seen.add(row["code"])
        try:
            cost = unit_cost_of(row, ())
        except ValueError:
            yield at(row, "", "an amount that is no number", "pounds")
            continue
        unsplit = (cost.fiscal_gbp, cost.economic_gbp, cost.social_gbp) == (0, 0, 0)
        if cost.total_gbp <= 0 or (not unsplit and cost.not_split_gbp < -ROUNDING_GBP):
            found = f"a total of {cost.total_gbp:,.0f}"
            yield at(row, "total_gbp", found, "a total no smaller than its parts less transfers")
        ends = [end for end in (cost.low_gbp, cost.high_gbp) if end is not None]
        if ends != sorted(ends) or min(ends, default=0) < 0:
            found = " to ".join(f"{end:,.0f}" for end in ends)
            yield at(row, "low_gbp", found, "a range from the lower end to the higher")
        if not 0 <= cost.cashable_share <= 1:
            yield at(row, "cashable_share", row["cashable_share"], "a share from 0 to 1")
    shares: dict[str, float] = {}
    for row in tables["bearers"]:
        shares[row["code"]] = shares.get(row["code"], 0.0) + float(row["share"])
    for code, share in shares.items():
        if abs(share - 1) > 1e-4:
            found, wanted = (
                f"shares of {code} that add up to {share:.4f}",
                "shares that add up to 1",
            )
            yield Problem(file="bearers.csv", found=found, expected=wanted)
