"""What the leadership group needs of a half-year: where projects stand, what it must decide.

Stages with a rating by a printed rule, milestones, follow-ups, decisions asked and corrections.
Money is in `funding`, actions and deliveries in `delivery`, effects in `projects`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from mtf_eval.analysis.project.delivery import deliveries_then, overdue
from mtf_eval.analysis.results.columns import count, day, label, lay, text, where_from
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.year.funding import WON, standing
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import Reference

__all__ = ["Half", "RatingRule", "decisions", "decisions_finding", "follow_ups", "projects"]

STAGES = {
    "scanning": "Scanning",
    "analysis": "Analysis",
    "response": "Response",
    "assessment": "Assessment",
    "consolidation": "Consolidation",
    "closed": "Closed",
}
RATINGS = {"red": "Red", "amber": "Amber", "green": "Green"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A half-year, `2021-H2`: 1 July to 31 December 2021."""

    year: int
    half: int

    @classmethod
    def parse(cls, period: str) -> Half:
        """Read `2021-H2`; anything else is refused."""
        found = re.fullmatch(r"(\d{4})-H([12])", period)
        if not found:
            raise BadArgument(f"period={period!r}: expected a half-year such as 2021-H2")
        return cls(year=int(found[1]), half=int(found[2]))

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def end(self) -> date:
        """Last day."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def until(self, data: Dataset) -> date:
        """Last day the report can speak of: the half's end, or the day the data run to."""
        return min(self.end, data.until or self.end)

    @property
    def next(self) -> Half:
        """The half-year after."""
        if self.half == 1:
            return Half(year=self.year, half=2)
        return Half(year=self.year + 1, half=1)

    @property
    def words(self) -> str:
        """`July to December 2021`."""
        return f"{self.start:%B} to {self.end:%B} {self.year}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRule:
    """When a project is rated red; amber is anything behind, green nothing behind.

    Parameters
    ----------
    days_overdue
        An action overdue by more than this makes red.
    days_unassessed
        A response that ended this many days ago without an assessment makes red.
    """

    days_overdue: int
    days_unassessed: int

    @classmethod
    def of(cls, reference: Reference) -> RatingRule:
        """Take the rule from the reference data."""
        return cls(
            days_overdue=int(reference.assumption("rag_days_overdue").value),
            days_unassessed=int(reference.assumption("rag_days_unassessed").value),
        )

    def sentence(self) -> str:
        """Return the rule in words, for the page."""
        return (
            f"Red: an action more than {self.days_overdue} days overdue, no assessment "
            f"{self.days_unassessed} days after the response ended, or a response without "
            "sign-off. Amber: anything else overdue or missing. Green: nothing is."
        )


def _known(data: Dataset, as_of: date) -> pd.DataFrame:
    """Return projects known by a day: whatever dated them first came no later."""
    rows = data.table("projects")
    dated = rows[["scanning_start", "analysis_start", "tlg_signoff", "response_start"]]
    return rows[dated.min(axis=1) <= pd.Timestamp(as_of)].sort_values("project_id")


def _stage(row: Mapping[str, Any], as_of: date) -> str:
    """Return the stage on a day: as entered, or the earlier one that its dates allow."""
    order, now = list(STAGES), pd.Timestamp(as_of)
    begun = ("analysis_start", "response_start", "response_end", "assessment_date")
    there = [i for i, c in enumerate(begun, 1) if pd.notna(row[c]) and row[c] <= now]
    reached = max(there, default=0)
    entered = order.index(str(row["stage"]))
    return order[entered if reached == len(begun) else min(entered, reached)]


def _behind(data: Dataset, row: Mapping[str, Any], as_of: date) -> tuple[list[str], int]:
    """Return what is behind with a project, in words, and the days of its longest overdue."""
    said = []
    late = overdue(data, as_of=as_of).frame
    late = late[late["project"] == row["project_id"]]
    if len(late):
        which = "1 action" if len(late) == 1 else f"{len(late)} actions"
        said.append(f"{which} overdue, the longest by {int(late['days'].max())} days")
    missing = int((~deliveries_then(data, as_of, row["project_id"])["told"]).sum())
    if missing:
        said.append(f"{missing} provider update{'' if missing == 1 else 's'} missing")
    return said, 0 if late.empty else int(late["days"].max())


def _rating(
    data: Dataset, row: Mapping[str, Any], as_of: date, rule: RatingRule, withheld: str
) -> tuple[str, str]:
    now = pd.Timestamp(as_of)
    said, longest = _behind(data, row, as_of)
    said += [f"we cannot say what changed: {withheld}"] if withheld else []
    red = longest > rule.days_overdue
    running = pd.Timestamp(row["response_start"]) <= now
    signed = row["tlg_signoff"]
    if running and (pd.isna(signed) or signed > now):
        said.append("response without sign-off")
        red = True
    ended, assessed = row["response_end"], row["assessment_date"]
    if pd.notna(ended) and ended <= now and (pd.isna(assessed) or assessed > now):
        days = (now - pd.Timestamp(ended)).days
        said.append(f"no assessment {days} days after the response ended")
        red = red or days > rule.days_unassessed
    rating = "red" if red else "amber" if said else "green"
    return rating, "; ".join(said) or "nothing behind"


def projects(
    data: Dataset,
    *,
    as_of: date,
    rule: RatingRule,
    results: Mapping[str, str],
    withheld: Mapping[str, str],
) -> Table:
    """Every project known by a day: stage, rating with its reason, result, next milestone.

    Parameters
    ----------
    results
        Each project's result in a few words, by reference.
    withheld
        Why the records allow no claim of some of them: missing records are never Green.
    """
    rows = []
    for row in _known(data, as_of).to_dict("records"):
        rating, reason = _rating(data, row, as_of, rule, withheld.get(row["project_id"], ""))
        stage = _stage(row, as_of)
        name, result = f"{row['project_id']} {row['title']}", results.get(row["project_id"], "")
        ahead = _milestone(row, as_of)
        rows.append((name, STAGES[stage], RATINGS[rating], reason, result, ahead))
    return lay(
        f"projects_by_stage_{as_of:%Y_%m_%d}",
        f"Projects by stage on {day(as_of)}",
        rows,
        (
            label("project", "Project"),
            text("stage", "Stage"),
            text("rag", "Rating"),
            text("reason", "Why"),
            text("result", "Result"),
            text("next", "Next milestone"),
        ),
        source=where_from(data, "Project records"),
        as_at=as_of,
        notes=(rule.sentence(),),
    )


MILESTONES = {
    "response_start": "response begins",
    "response_end": "response ends",
    "assessment_date": "assessment",
    "follow_up_date": "follow-up",
}


def _milestone(row: Mapping[str, Any], as_of: date) -> str:
    now = pd.Timestamp(as_of)
    ahead = [
        (pd.Timestamp(row[c]), words)
        for c, words in MILESTONES.items()
        if pd.notna(row[c]) and row[c] > now
    ]
    if not ahead:
        return "none on record"
    when, words = min(ahead)
    return f"{words}, {day(when)}"


def follow_ups(data: Dataset, *, as_of: date) -> Table:
    """Consolidation: which finished projects have a plan, an owner named in it, a follow-up day."""
    rows = []
    for row in _known(data, as_of).to_dict("records"):
        ended = row["response_end"]
        if pd.isna(ended) or ended > pd.Timestamp(as_of):
            continue
        plan = "" if pd.isna(row["consolidation_plan"]) else str(row["consolidation_plan"])
        agencies = {str(row["lead_agency"]), *re.split(r";\s*", str(row["partners"] or ""))}
        owner = sorted(a for a in agencies if a and a.lower() in plan.lower())
        trigger = bool(re.search(r"\b(if|when|above|trigger|re-?open)\b", plan, flags=re.I))
        when = row["follow_up_date"]
        rows.append(
            (
                f"{row['project_id']} {row['title']}",
                plan or "No plan on record",
                ", ".join(owner) or "none named",
                "yes" if trigger else "no",
                "not set" if pd.isna(when) else day(when),
            )
        )
    return lay(
        f"consolidation_{as_of:%Y_%m_%d}",
        f"Consolidation of finished projects on {day(as_of)}",
        rows,
        (
            label("project", "Project"),
            text("plan", "Consolidation plan"),
            text("owner", "Owner named in it"),
            text("trigger", "Says when to re-open"),
            text("follow_up", "Follow-up"),
        ),
        source=where_from(data, "Project records"),
        as_at=as_of,
    )


DECIDE = {
    "sign": "Sign off, or not",
    "next": "Stop, continue, change or spread what was assessed",
    "assess": "Set a day for the assessment",
    "plan": "Agree who keeps it up: a consolidation plan",
    "follow": "Prepare the follow-up",
    "report": "Send the funder's report",
    "late": "Unblock overdue actions",
}
ASKED = {
    "sign": "sign-off",
    "next": "what follows an assessment",
    "assess": "assessment to be dated",
    "plan": "consolidation plan",
    "follow": "follow-up",
    "report": "report to a funder",
    "late": "overdue action",
}


def _asked(data: Dataset, half: Half, results: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is asked, as kind and project with its day or result."""
    until = half.until(data)
    now, ahead = pd.Timestamp(until), pd.Timestamp(half.next.end)
    asked: list[tuple[str, str]] = []
    for row in _known(data, until).to_dict("records"):
        name, ended = str(row["project_id"]), row["response_end"]
        signed, assessed, when = row["tlg_signoff"], row["assessment_date"], row["follow_up_date"]
        finished = pd.notna(ended) and ended <= now
        if (pd.isna(signed) or signed > now) and not finished and row["response_start"] <= ahead:
            asked.append(("sign", f"{name} (response from {day(row['response_start'])})"))
        if pd.notna(assessed) and half.start <= assessed.date() <= until:
            asked.append(("next", f"{name} ({results[name]})" if results.get(name) else name))
        if finished and (pd.isna(assessed) or assessed > now):
            asked.append(("assess", f"{name} (ended {day(ended)})"))
        if finished and pd.isna(row["consolidation_plan"]):
            asked.append(("plan", name))
        if pd.notna(when) and now < when <= ahead:
            asked.append(("follow", f"{name} ({day(when)})"))
    for bid in standing(data, until).to_dict("records"):
        due = bid["report_due"]
        if bid["status"] in WON and pd.notna(due) and now < due <= ahead:
            where = "all projects" if pd.isna(bid["project_id"]) else bid["project_id"]
            asked.append(("report", f"{where}, {bid['funder']} ({day(due)})"))
    for late in overdue(data, as_of=until).frame.to_dict("records"):
        asked.append(("late", f"{late['project']}, {late['agency']} ({late['days']} days)"))
    return asked


def decisions(data: Dataset, *, half: Half, results: Mapping[str, str]) -> Table:
    """List what the leadership group is asked to decide, from the records at the half's end.

    Parameters
    ----------
    results
        Each project's result in a few words, by reference: what it decides on.
    """
    asked = _asked(data, half, results)
    rows = [
        (words, len(named), "; ".join(named))
        for kind, words in DECIDE.items()
        if (named := [what for k, what in asked if k == kind])
    ]
    return lay(
        f"decisions_{half.year}_h{half.half}",
        f"Decisions asked of the leadership group, {half.words}",
        rows,
        (label("decision", "Decision"), count("number", "Number"), text("projects", "Projects")),
        source=where_from(data, "Project records and funding tracker"),
        as_at=half.until(data),
    )


def decisions_finding(table: Table) -> str:
    """Say what is asked, in one line."""
    kinds = {words: kind for kind, words in DECIDE.items()}
    frame = table.frame
    if frame.empty:
        return "Nothing has to be decided on what is on record."
    named = [
        f"{ASKED[kinds[d]]} ({n})" for d, n in zip(frame["decision"], frame["number"], strict=True)
    ]
    return f"Asked of the leadership group: {', '.join(named)}."
