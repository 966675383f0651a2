"""What a data set holds, as the plan needs it: its digests, projects, years and half-years.

Digests are taken of the checked tables, so a workbook, a database and a folder with the same rows
have the same ones. As long as the bytes of the sources and our own code stand unchanged, what was
found last time holds, and nothing heavy is imported to know it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mtf_eval.errors import RunRefused
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.home import HOME, PACKAGE, REFERENCE, folder_digest, versions
from mtf_eval.records.prices.editions import editions
from mtf_eval.records.prices.own import own_folder
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.records.reading.sources import files_of

# A year or half-year has a report of its own when referrals were received in this many of its
# months: one record with a mistyped year does not make an annual review.
MONTHS_FOR_A_YEAR = 3
# Versions of what makes the numbers, the pictures and the pages.
LIBRARIES = (
    *("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn", "duckdb"),
    *("ipykernel", "ipython", "papermill", "nbclient", "nbconvert", "jinja2", "beautifulsoup4"),
    "xlsxwriter",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One data set as the plan sees it.

    `source` is the fingerprint of the sources' bytes (`""` for a database, which is read each
    time), `reader` that of the code that read them; `units` are the digests of all that a report
    can ask (`records.reads`); `as_at` is the day the records go up to; `months` have referrals, in
    `begun` a project was signed off or its response began.
    """

    name: str
    title: str
    source: str
    digest: str
    reader: str = ""
    as_at: str = ""
    projects: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    read: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Facts:
        """Make facts from what `Store.recall` returned."""
        tuples = {k: tuple(value[k]) for k in ("projects", "plans", "months", "begun")}
        return cls(**{**value, **tuples})

    def asked(self, units: Iterable[str], salt: str) -> dict[str, str]:
        """Return digests of what a report read, salted; of what is not there too."""
        known = {"*": self.digest, **self.units}
        return {
            unit: hashlib.sha256(f"{salt} {unit} {known.get(unit, '')}".encode()).hexdigest()[:16]
            for unit in units
        }

    def calendar(self, as_of: str = "") -> tuple[list[int], list[str], dict[str, str]]:
        """Return years and half-years that have a report on a day, and why other years have none.

        A half-year has one where there are projects: if there were referrals, or a project was
        signed off or begun in it.
        """
        last = min(as_of or self.as_at or "9999", self.as_at or "9999")[:7]
        months = [m for m in self.months if m <= last]
        held = Counter(int(m[:4]) for m in months)
        years = sorted(y for y, n in held.items() if n >= MONTHS_FOR_A_YEAR)
        if held and not years:
            years = [max(held)]
        without = {
            str(y): f"referrals in {n} of its months; a review needs {MONTHS_FOR_A_YEAR}"
            for y, n in sorted(held.items())
            if y not in years
        }
        shown = {m for m in months if int(m[:4]) in years} | {m for m in self.begun if m <= last}
        halves = {f"{m[:4]}-H{1 if int(m[5:]) < 7 else 2}" for m in shown if self.projects}
        return years, sorted(halves), without


def fingerprint(address: str, reference: str = "") -> str:
    """Digest the bytes behind a folder or workbook and its prices; `""` for a database address."""
    if "://" in address:
        return ""
    place = located(address)
    files = "".join(map(folder_digest, files_of(place) if place.is_file() else [place]))
    whole = f"{files}{prices_digest(address, reference)}"
    return hashlib.sha256(whole.encode()).hexdigest()


def prices_digest(address: str, reference: str = "") -> str:
    """Digest the prices in force for a data set: ours, the user's own, and which are old today."""
    ours = folder_digest(REFERENCE, "*.csv")
    own = own_folder(address if "://" in address else located(address), reference)
    old = [edition.name for edition in editions(load_reference()) if edition.old(date.today())]
    whole = f"{ours}{folder_digest(own) if own else ''}{old}"
    return hashlib.sha256(whole.encode()).hexdigest()


def located(address: str) -> Path:
    """Find a folder or workbook by its address, which is below the checkout or a whole path."""
    return _first(address, HOME / address, Path(address))


def _first(given: str, *places: Path) -> Path:
    for path in places:
        if path.exists():
            return path.resolve()
    raise RunRefused(f"{given}: there is no such folder or workbook")


def address_of(given: str) -> str:
    """Return how the run record names a data set: below the checkout, or by its whole path.

    What is given is looked for from the working folder, then from the checkout. A password in a
    database address is refused: it would stand in the record.
    """
    if "://" in given:
        named = [urlsplit(given).password or "", *re.findall(r"password=([^&]*)", given)]
        if any(p and not re.fullmatch(r"\$\{\w+\}", p) for p in named):
            raise RunRefused(
                "the address holds a password, which would stand in the run record and the log; put"
                " it in the environment (PGPASSWORD, or ${NAME} in its place) or a password file"
            )
        return given
    path = _first(given, Path(given), HOME / given)
    return path.relative_to(HOME).as_posix() if path.is_relative_to(HOME) else str(path)


@cache
def code_digest() -> str:
    """Digest this package's own sources, templates and styles, as they were when first asked."""
    return folder_digest(PACKAGE)


def reader_digest() -> str:
    """Digest what decides how bytes become tables: our code and the libraries."""
    return hashlib.sha256(f"{code_digest()}{json.dumps(versions(LIBRARIES))}".encode()).hexdigest()


def facts_of(data: Dataset, source: str) -> Facts:
    """Gather the facts of a checked data set."""
    from mtf_eval.records.as_of import own_day
    from mtf_eval.records.reads import units_of

    day = own_day(data)
    return Facts(
        name=data.name,
        title=data.title,
        source=source,
        digest=data.digest,
        reader=reader_digest(),
        as_at=day.isoformat() if day else "",
        projects=tuple(map(str, data.tables["projects"]["project_id"])),
        plans=tuple(sorted({*map(str, data.tables["plans"]["project_id"])})),
        months=_months(data),
        begun=_begun(data),
        units=units_of(data),
        read=[
            {"table": s.table, "file": s.file, "sheet": s.sheet, "sha256": s.sha256}
            for s in data.sources
        ],
    )


def _months(data: Dataset) -> tuple[str, ...]:
    """Months in which referrals were received, in the log or the published totals."""
    published = data.tables["monthly_referrals"]
    published = published["month"][published["received"].fillna(0) > 0]
    days = (data.tables["referrals"]["received"], published)
    return tuple(sorted({m for each in days for m in each.dropna().dt.strftime("%Y-%m")}))


def _begun(data: Dataset) -> tuple[str, ...]:
    """Months in which a project was signed off or its response began."""
    days = (data.tables["projects"][c].dropna() for c in ("tlg_signoff", "response_start"))
    return tuple(sorted({month for each in days for month in each.dt.strftime("%Y-%m")}))
