"""The editions prices are taken from: when each was published, and which are over a year old.

An edition's text holds its month or year of publication; a user's own without one counts from the
day the file is of. What day it is, is the caller's to say.
"""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from mtf_eval.records.prices.reference import Reference
from mtf_eval.records.prices.unit_costs import STATUSES, Row

#: Tables whose values a publisher renews; the others are mappings and judgements of our own.
RENEWED = (
    *("gdp_deflator", "unit_costs", "crime_multipliers"),
    *("discount_rates", "optimism_bias", "severity_weights"),
)
_MONTH = re.compile(rf"({'|'.join(month_name[1:])}) (\d{{4}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition in force: its rows in one table.

    `published` is the last day it can have been published on; `origin` the user's file, empty for
    ours.
    """

    table: str
    name: str
    rows: int
    years: tuple[str, ...]
    statuses: tuple[str, ...]
    published: date
    origin: str
    newer: str

    def old(self, today: date) -> bool:
        """Whether it is over a year old."""
        return (today - self.published).days > 366

    def age(self, today: date) -> str:
        """Say its age in months, in years from two years on."""
        months = max(0, round((today - self.published).days / 30.44))
        years = months // 12
        return f"{years} years old" if years > 1 else f"{months} months old"


def _published(row: Row) -> date:
    if found := _MONTH.search(row["edition"]):
        year, month = int(found[2]), list(month_name).index(found[1])
        return date(year, month, monthrange(year, month)[1])
    years = re.findall(r"\b(?:19|20)\d\d\b(?![/-]\d)", row["edition"])
    return date(int(years[-1]), 12, 31) if years else date.fromisoformat(row["retrieved"][:10])


def editions(reference: Reference, codes: Iterable[str] | None = None) -> tuple[Edition, ...]:
    """Return the editions in force by table, of the unit costs of `codes` alone where given."""
    chosen = None if codes is None else set(codes)
    found: dict[tuple[str, str, str], list[Row]] = {}
    for table in RENEWED if chosen is None else ("gdp_deflator", "unit_costs"):
        for row in reference.tables[table]:
            if chosen is None or table != "unit_costs" or row["code"] in chosen:
                mine = row["_file"] if row["verified"] == "user-copy" else ""
                found.setdefault((table, row["edition"], mine), []).append(row)
    return tuple(
        Edition(
            table=table,
            name=name,
            rows=len(rows),
            years=tuple(sorted({row["price_year"] for row in rows if row.get("price_year")})),
            statuses=tuple(s for s in STATUSES if any(row["verified"] == s for row in rows)),
            published=_published(rows[0]),
            origin=origin,
            newer=_newer(reference, rows),
        )
        for (table, name, origin), rows in found.items()
    )


def _newer(reference: Reference, rows: list[Row]) -> str:
    """Return the edition that most of these rows have a newer figure in."""
    codes = [code for row in rows if (code := row.get("newer_code") or row.get("superseded_by"))]
    newest = reference.unit_costs.get(codes[0]) if 2 * len(codes) > len(rows) else None
    return newest.edition if newest else ""


def caution(reference: Reference, codes: Iterable[str], today: date) -> str:
    """Say which editions behind these unit costs are over a year old; empty where none is."""
    old = [e for e in editions(reference, codes) if e.old(today) and "forecast" not in e.name]
    named = [f"{e.name} ({e.age(today)}{f'; newer: {e.newer}' if e.newer else ''})" for e in old]
    when = f"{today.day} {today:%B %Y}"
    return f"Prices over a year old on {when}: {'; '.join(named)}." if named else ""


def lines(reference: Reference, today: date) -> Iterator[str]:
    """Yield one line an edition: table, name, price years, age, status, where it comes from."""
    for each in editions(reference):
        years = " to ".join(dict.fromkeys((each.years[0], each.years[-1]))) if each.years else ""
        parts = (
            f"{each.rows} rows{f', prices of {years}' if years else ''}",
            f"{each.age(today)}{f' (newer: {each.newer})' if each.newer else ''}",
            ", ".join(each.statuses),
            each.origin or "comes with mtf-eval",
            *(["LOOK: over a year old"] if each.old(today) else []),
        )
        yield f"{each.table:<18}{each.name}: {'; '.join(parts)}"
