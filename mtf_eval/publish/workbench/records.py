"""From a data set to a report: what a notebook begins with.

`load` gives the records, `report` the report they are shown in, and of the records come the
project, the year and the half-year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from mtf_eval.analysis.counts import on_record, referrals
from mtf_eval.analysis.project.design import row_of
from mtf_eval.analysis.project.plans import plan_of
from mtf_eval.analysis.results.columns import Period as Half
from mtf_eval.analysis.results.columns import day
from mtf_eval.errors import BadArgument
from mtf_eval.publish.workbench.half_year import HalfYear
from mtf_eval.publish.workbench.project import Project
from mtf_eval.publish.workbench.quality import Quality
from mtf_eval.publish.workbench.scanning import Plan
from mtf_eval.publish.workbench.view import Report, View, disclosure
from mtf_eval.publish.workbench.year import Year
from mtf_eval.records import load as reading
from mtf_eval.records.dataset import CONTENT, Dataset
from mtf_eval.records.prices.own import reference_for
from mtf_eval.records.prices.reference import Reference


class Records(Dataset):
    """A checked data set as an analyst works with it. Shows its tables.

    See `Dataset` for what it holds; `load` makes one.
    """

    @property
    def reference(self) -> Reference:
        """Prices, rates and weights in force: ours, and the user's own over them."""
        return reference_for(self)

    def price_year(self, given: str = "") -> str:
        """Return the financial year of all pounds: as given, else as `about` says."""
        return self.reference.price_year(given, self.about)

    def horizon_years(self, given: int = 0) -> int:
        """Return the years that pounds are counted for: as given, else as `assumptions.csv` has."""
        return self.reference.horizon_years(given)

    def project(self, project_id: str) -> Project:
        """Return one SARA project."""
        return Project(self, project_id, self.reference)

    def plan(self, plan_id: str) -> Plan:
        """Return what was fixed of a project before its start."""
        return Plan(self, plan_id, self.reference)

    def year(self, year: int) -> Year:
        """Return what a calendar year gathers: referrals, activity, projects together."""
        return Year(self, self.reference, year)

    def half(self, period: str) -> HalfYear:
        """Return what a half-year such as `2024-H2` gathers for the leadership group."""
        return HalfYear(self, self.reference, Half.parse(period))

    def quality(self) -> Quality:
        """Return what reading the records noticed, and what is missing from them."""
        return Quality(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return View(lambda: on_record.tables_read(self, rule=disclosure().rule))._repr_mimebundle_()


def load(
    path: str | Path, *, as_of: str | date | None = None, reference: str | Path = ""
) -> Records:
    """Read and check a data set; see `mtf_eval.records.load.load`.

    Parameters
    ----------
    path
        A folder of CSV files, an Excel workbook, the address of a database, or a zip as downloaded
        from data.police.uk.
    as_of
        Leave out what is dated later, and closing dates later than it; `""` is the day the records
        run to. Everything is still checked.
    reference
        Folder of your own prices, for a database; by default the folder `reference` inside a
        folder or beside a workbook.

    Raises
    ------
    DataProblems
        All problems of all tables.
    BadArgument
        `as_of` is no date; `reference` is no folder.
    RunRefused
        The day is left to records that have none of their own.

    Examples
    --------
    >>> import mtf_eval as mtf
    >>> records = mtf.load("data/example")
    >>> len(records.table("projects"))
    12
    """
    data = reading.load(path, as_of=as_of, reference=reference)
    records = Records(**{f.name: getattr(data, f.name) for f in fields(data) if f.init})
    records.reads.update(data.reads)
    records.memo.update({key: data.memo[key] for key in {CONTENT} & {*data.memo}})
    return records


class _Kind(NamedTuple):
    """What a kind of report is called, which time it covers, which tables it counts people of."""

    title: Callable[[Records, Mapping[str, Any]], str]
    period: Callable[[Records, Mapping[str, Any]], str]
    counts: tuple[str, ...]


def _project_title(records: Records, given: Mapping[str, Any]) -> str:
    row = row_of(records, given["project"], "project")
    return f"{row['title']} ({given['project']})"


def _up_to(records: Records, _: Mapping[str, Any]) -> str:
    return f"up to {day(records.until)}" if records.until else "no day on record"


KINDS = {
    "project_evaluation": _Kind(_project_title, _up_to, ("survey_responses",)),
    "project_plan": _Kind(
        lambda records, given: f"{plan_of(records, given['plan']).project.title}: the plan",
        lambda records, given: f"before the start, {_up_to(records, given)}",
        (),
    ),
    "benefit_analysis": _Kind(
        lambda records, given: f"Costs and benefits: {_project_title(records, given)}",
        lambda records, given: (
            f"{_up_to(records, given)}, {given['price_year']} prices, "
            f"{given['horizon_years']} years at most"
            f"{f', crime costs of {edition}' if (edition := given.get('crime_costs')) else ''}"
        ),
        ("outcomes", "case_steps"),
    ),
    "annual_review": _Kind(
        lambda _, given: f"Annual review {given['year']}",
        lambda records, given: referrals.covered(records, year=given["year"]),
        ("referrals", "monthly_referrals", "activity", "outcomes", "case_steps"),
    ),
    "dashboard": _Kind(
        lambda _, given: f"Dashboard {given['year']}",
        lambda records, given: referrals.covered(records, year=given["year"]),
        ("referrals", "monthly_referrals", "activity"),
    ),
    "tlg_report": _Kind(
        lambda _, given: "Report to the leadership group, " + Half.parse(given["period"]).words,
        lambda _, given: Half.parse(given["period"]).words,
        ("referrals", "monthly_referrals"),
    ),
    "data_quality": _Kind(
        lambda *_: "Data quality",
        lambda records, _: on_record.covered(records),
        ("monthly_referrals", "activity"),
    ),
}


def report(
    records: Records,
    kind: str,
    *,
    release: str = "internal",
    title: str = "",
    covers: str = "",
    counts: tuple[str, ...] = (),
    group: str = "",
    **parameters: object,
) -> Report:
    """Open a report: from here on every result shows itself by its release rule.

    Parameters
    ----------
    kind
        One of ours (`project_evaluation`, `benefit_analysis`, `annual_review`, `dashboard`,
        `tlg_report`, `data_quality`, `project_plan`), or a name of yours with `title`, `covers`
        and `counts`.
    release
        The disclosure rule.
    group
        What a public release puts together, as in `agency; quarter`.
    title, covers, counts
        Of a report of your own: its heading, the time it covers, which tables of people it counts.
    parameters
        What the report was given; printed at its end.

    Raises
    ------
    BadArgument
        For an unknown rule, project or half-year, and for a report of your own without title.

    Examples
    --------
    >>> import mtf_eval as mtf
    >>> records = mtf.load("data/example")
    >>> mtf.report(records, "project_evaluation", project="EX01").title
    'Harbour Square evenings (EX01)'
    """
    known = KINDS.get(kind)
    if known is None and not (title and covers):
        raise BadArgument(f"kind={kind!r}: one of {', '.join(KINDS)}, or give title and covers")
    given = {"as_of": str(records.until), "release": release, "group": group, **parameters}
    return Report(
        records,
        kind,
        title=title or known.title(records, parameters),  # type: ignore[union-attr]
        period=covers or known.period(records, parameters),  # type: ignore[union-attr]
        release=release,
        counts=counts or (known.counts if known else ()),
        parameters=given,
        group=group,
    )
