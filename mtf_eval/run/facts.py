"""What a data set holds, as the plan needs it: its digests, projects, years and half-years.

Digests are taken of the checked tables, so a workbook, a database and a folder with the same rows
have the same ones. As long as the bytes of the sources and our own code stand unchanged, what was
found last time holds, and nothing heavy is imported to know it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mtf_eval.errors import RunRefused

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.records.dataset import Dataset

__all__ = [
    "Facts",
    "address_of",
    "code_digest",
    "facts_of",
    "fingerprint",
    "folder_digest",
    "located",
    "reader_digest",
    "versions",
]

# A year or half-year has a report of its own when referrals were received in this many of its
# months: one record with a mistyped year does not make an annual review.
MONTHS_FOR_A_YEAR = 3
# Rows of these tables belong to one project; every other table is shared by all of them
# (incidents and areas too: each project's control areas are all the others').
BY_PROJECT = frozenset(
    [
        "projects",
        "project_measures",
        "actions",
        "deliveries",
        "costs",
        "funding",
        "outcomes",
        "survey_responses",
        "case_steps",
        "incident_points",
    ]
)
# Versions of what makes the numbers, the pictures and the pages.
LIBRARIES = [
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "pandera",
    "duckdb",
    "ipykernel",
    "ipython",
    "papermill",
    "nbclient",
    "nbconvert",
    "jinja2",
    "gptables",
    "beautifulsoup4",
]
# Columns that tell how far records go; what is planned for later does not.
DATED = {"received", "month", "date", "reported", "as_at", "updated", "completed"}
PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One data set as the plan sees it.

    Attributes
    ----------
    source
        Fingerprint of the sources' bytes; `""` for a database, which is read each time.
    reader
        Digest of the code and library versions that read them.
    tables
        Digest of each table's rows; of a table kept by project, of all its rows.
    rows
        Digest of each project's rows, by project and table.
    as_at
        Day the records go up to (ISO): as the data set says, or its latest date.
    read
        Where each table was read from, for the run record.
    without
        Years that have some referrals and no report, and why.
    """

    name: str
    title: str
    source: str
    digest: str
    reader: str = ""
    as_at: str = ""
    projects: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    periods: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    read: Sequence[Mapping[str, Any]] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values for `Store.remember`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Facts:
        """Make facts from what `Store.recall` returned."""
        tuples = {k: tuple(value[k]) for k in ("projects", "years", "periods")}
        return cls(**{**value, **tuples})


def fingerprint(address: str) -> str:
    """Digest the bytes behind a folder or workbook with our code; `""` for a database address."""
    if "://" in address:
        return ""
    return folder_digest(located(address))


def located(address: str) -> Path:
    """Find a folder or workbook by its address, which is below the checkout or a whole path.

    Raises
    ------
    RunRefused
        There is no such folder or file.
    """
    return _first(address, CHECKOUT / address, Path(address))


def _first(given: str, *places: Path) -> Path:
    for path in places:
        if path.exists():
            return path.resolve()
    raise RunRefused(f"{given}: there is no such folder or workbook")


def address_of(given: str) -> str:
    """Return how the run record names a data set: below the checkout, or by its whole path.

    What is given is looked for from the working folder, then from the checkout.

    Raises
    ------
    RunRefused
        Nothing is there, or a database address holds a password: it would stand in the record.
    """
    if "://" in given:
        named = [urlsplit(given).password or "", *re.findall(r"password=([^&]*)", given)]
        if any(p and not re.fullmatch(r"\$\{\w+\}", p) for p in named):
            raise RunRefused(
                "the address holds a password, which would stand in the run record and the log; put"
                " it in the environment (PGPASSWORD, or ${NAME} in its place) or a password file"
            )
        return given
    path = _first(given, Path(given), CHECKOUT / given)
    return path.relative_to(CHECKOUT).as_posix() if path.is_relative_to(CHECKOUT) else str(path)


def folder_digest(path: Path, pattern: str = "*") -> str:
    """Digest names and bytes of every file below a folder (or of one file), hidden ones apart."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob(pattern) if p.is_file())
    total = hashlib.sha256()
    for file in files:
        relative = file.relative_to(path).as_posix()
        if any(part.startswith((".", "~$", "__pycache__")) for part in Path(relative).parts):
            continue
        with file.open("rb") as stream:
            total.update(f"{relative}\0".encode())
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


@cache
def code_digest() -> str:
    """Digest this package's own sources, templates and styles, as they were when first asked.

    A process that was there before they changed still runs what it has imported.
    """
    return folder_digest(PACKAGE)


def reader_digest() -> str:
    """Digest what decides how bytes become tables: our code and the libraries."""
    return hashlib.sha256(f"{code_digest()}{json.dumps(versions())}".encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions that decide what a report looks like."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def facts_of(data: Dataset, source: str) -> Facts:
    """Gather the facts of a checked data set."""
    tables = {"about": hashlib.sha256(json.dumps(dict(data.about)).encode()).hexdigest()}
    rows: dict[str, dict[str, str]] = {}
    for name in sorted(data.tables):
        frame = data.tables[name]
        each = _row_digests(frame)
        whole = f"{list(frame.columns)}".encode() + each.to_numpy().tobytes()
        tables[name] = hashlib.sha256(whole).hexdigest()
        if name in BY_PROJECT and "project_id" in frame:
            for project, mine in each.groupby(frame["project_id"].astype("string")):
                digest = hashlib.sha256(mine.to_numpy().tobytes()).hexdigest()
                rows.setdefault(str(project), {})[name] = digest[:16]
            loose = each[frame["project_id"].isna()]
            tables[f"{name} of no project"] = hashlib.sha256(loose.to_numpy().tobytes()).hexdigest()
    years, periods, without = _calendar(data)
    projects = data.table("projects") if "projects" in data.tables else None
    return Facts(
        name=data.name,
        title=data.title,
        source=source,
        digest=data.digest,
        reader=reader_digest(),
        as_at=_as_at(data),
        projects=() if projects is None else tuple(map(str, projects["project_id"])),
        years=years,
        periods=periods,
        tables={name: digest[:16] for name, digest in tables.items()},
        rows=rows,
        without=without,
        read=[
            {"table": s.table, "file": s.file, "sheet": s.sheet, "sha256": s.sha256}
            for s in data.sources
        ],
    )


def _row_digests(frame: pd.DataFrame) -> pd.Series[Any]:
    import pandas as pd

    plain = frame.astype({c: "string" for c in frame if frame[c].dtype == object})
    return pd.util.hash_pandas_object(plain, index=False)


def _as_at(data: Dataset) -> str:
    """Find the day the records go up to, so that a page can be made again.

    A day after today is no such day: it is mistyped, or planned.
    """
    import pandas as pd
    from pandas.tseries.offsets import MonthEnd

    if data.about.get("as_at"):
        return data.about["as_at"]
    days, today = [], pd.Timestamp.now()
    for frame in data.tables.values():
        for column in DATED & set(frame):
            if frame[column].dtype.kind != "M":
                continue  # a published count of those received or completed
            latest = frame[column][frame[column] <= today].max()
            if pd.notna(latest):
                days.append(latest + MonthEnd(0) if column == "month" else latest)
    return min(max(days), today).date().isoformat() if days else ""


def _calendar(data: Dataset) -> tuple[tuple[int, ...], tuple[str, ...], dict[str, str]]:
    """Find the years and half-years that have a report, and the years that have none."""
    import pandas as pd

    months = set()
    if "referrals" in data.tables:
        days = pd.to_datetime(data.table("referrals")["received"]).dropna()
        months |= set(days.dt.to_period("M"))
    if "monthly_referrals" in data.tables:
        published = data.table("monthly_referrals")
        published = published[published["received"].fillna(0) > 0]
        months |= set(pd.to_datetime(published["month"]).dt.to_period("M"))
    by_year: dict[int, int] = {}
    for month in months:
        by_year[month.year] = by_year.get(month.year, 0) + 1
    years = sorted(y for y, n in by_year.items() if n >= MONTHS_FOR_A_YEAR)
    if by_year and not years:
        years = [max(by_year)]
    without = {
        str(year): f"referrals in {n} of its months; a review needs {MONTHS_FOR_A_YEAR}"
        for year, n in sorted(by_year.items())
        if year not in years
    }
    return tuple(years), _halves(data, {m for m in months if m.year in years}), without


def _halves(data: Dataset, months: set[Any]) -> tuple[str, ...]:
    """Find the half-years that have a leadership report.

    Where there are projects: every half-year with referrals, or in which a project was signed
    off or its response began, and that had begun by the day the data run to.
    """
    import pandas as pd

    if "projects" not in data.tables or data.table("projects").empty:
        return ()
    found = set(months)
    for column in ("tlg_signoff", "response_start"):
        days = pd.to_datetime(data.table("projects")[column]).dropna()
        found |= set(days.dt.to_period("M"))
    given = data.about.get("as_at")
    last = pd.Period(given, "M") if given else max(months, default=max(found, default=None))
    halves = {f"{m.year}-H{1 if m.month < 7 else 2}" for m in found if m <= last}
    return tuple(sorted(halves))
