"""What the leadership group needs of a half-year: where projects stand, what it must decide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from mtf_eval.analysis.counts.priorities import RATINGS
from mtf_eval.analysis.project.delivery import deliveries_then, overdue
from mtf_eval.analysis.project.design import first_known
from mtf_eval.analysis.results.columns import day, lay
from mtf_eval.analysis.results.period import Period
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.year.funding import NOT_SENT, WON, standing
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.plans import listed
from mtf_eval.records.prices.reference import Reference

STAGES = called("stage")
ALL_PROJECTS = "all projects"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRule:
    """When a project is rated red; amber is anything behind, green nothing behind.

    `days_overdue`: an action overdue by more than this makes red. `days_unassessed`: a response
    that ended this many days ago without an assessment makes red.
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
            "sign-off. Amber: anything else overdue, missing or to be decided. Green: nothing is."
        )


def _known(data: Dataset, as_of: date) -> pd.DataFrame:
    """Return projects known by a day."""
    rows = data.table("projects")
    return rows[first_known(rows) <= pd.Timestamp(as_of)].sort_values("project_id")


def _stage(row: Mapping[str, Any], as_of: date) -> str:
    """Return the stage on a day: as entered, no later than its dates; of a plan, by its dates."""
    order, now = list(STAGES), pd.Timestamp(as_of)
    begun = ("analysis_start", "response_start", "response_end", "assessment_date")
    there = [i for i, c in enumerate(begun, 1) if pd.notna(row[c]) and row[c] <= now]
    reached = max(there, default=0)
    entered = order.index(str(row["stage"]))
    if entered < order.index("response"):
        return order[reached]
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
    data: Dataset,
    row: Mapping[str, Any],
    as_of: date,
    rule: RatingRule,
    withheld: str,
    asked: Sequence[str],
) -> tuple[str, str]:
    now = pd.Timestamp(as_of)
    said, longest = _behind(data, row, as_of)
    said += [f"we cannot say what changed: {withheld}"] if withheld else []
    red = longest > rule.days_overdue
    running = pd.Timestamp(row["response_start"]) <= now
    signed = row["tlg_signoff"]
    if running and not signed <= now:
        said.append("response without sign-off")
        red = True
    ended, assessed = row["response_end"], row["assessment_date"]
    if ended < now and not assessed <= now:
        days = (now - pd.Timestamp(ended)).days
        said.append(f"no assessment {days} days after the response ended")
        red = red or days > rule.days_unassessed
    if asked:
        said.append(f"to be decided: {', '.join(asked)}")
    rating = "red" if red else "amber" if said else "green"
    return rating, "; ".join(said) or "nothing behind"


def projects(
    data: Dataset,
    *,
    half: Period,
    rule: RatingRule,
    results: Mapping[str, str],
    withheld: Mapping[str, str],
) -> Table:
    """Every project known by the half's end: stage, rating with its reason, result, what is next.

    `results`: each project's result in a few words, by reference. `withheld`: why the records allow
    no claim of some of them: missing records are never Green.
    """
    rows, as_of = [], half.until(data)
    asked = _asked(data, half, results)
    for row in _known(data, as_of).to_dict("records"):
        mine = [
            ASKED[a.kind][1] for a in asked if a.project == row["project_id"] and a.kind != "late"
        ]
        held = withheld.get(row["project_id"], "")
        rating, reason = _rating(data, row, as_of, rule, held, mine)
        stage = _stage(row, as_of)
        name, result = f"{row['project_id']} {row['title']}", results.get(row["project_id"], "")
        ahead = _milestone(row, as_of)
        rows.append((name, STAGES[stage], RATINGS[rating], reason, result, ahead))
    return lay("projects_by_stage", rows, data, as_of=as_of, rule=rule.sentence())


MILESTONES = called("milestone")


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
        agencies = {str(row["lead_agency"]), *listed(row["partners"])}
        owner = ", ".join(sorted(a for a in agencies if a and a.lower() in plan.lower()))
        trigger = bool(re.search(r"\b(if|when|above|trigger|re-?open)\b", plan, flags=re.I))
        when = "not set" if pd.isna(row["follow_up_date"]) else day(row["follow_up_date"])
        told = plan or "No plan on record", owner or "none named", "yes" if trigger else "no", when
        rows.append((f"{row['project_id']} {row['title']}", *told))
    return lay("consolidation", rows, data, as_of=as_of)


#: What is asked of the group, and how it is named in short.
_SHORT = called("asked in short")
ASKED = {kind: (what, _SHORT[kind]) for kind, what in called("asked").items()}
NOW = "this meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    kind: str
    project: str
    why: str
    by: pd.Timestamp | None = None


def _asked(data: Dataset, half: Period, results: Mapping[str, str]) -> list[_Ask]:
    """Return what is asked of the group, project by project, and why."""
    until = half.until(data)
    now, ahead = pd.Timestamp(until), pd.Timestamp(half.next.end)
    asked: list[_Ask] = []

    def ask(kind: str, project: object, why: str, by: Any = None) -> None:
        due = by if pd.notna(by) and by > now else None
        asked.append(_Ask(kind=kind, project=str(project), why=why, by=due))

    for row in _known(data, until).to_dict("records"):
        name, ended = str(row["project_id"]), row["response_end"]
        signed, assessed, begins = row["tlg_signoff"], row["assessment_date"], row["response_start"]
        finished = pd.notna(ended) and ended <= now
        if (pd.isna(signed) or signed > now) and not finished and begins <= ahead:
            ask("sign", name, f"response from {day(begins)}", begins)
        if pd.notna(assessed) and half.start <= assessed.date() <= until:
            ask("next", name, results.get(name, "assessed"))
        if finished and (pd.isna(assessed) or assessed > now):
            ask("assess", name, f"ended {day(ended)}")
        if finished and pd.isna(row["consolidation_plan"]):
            ask("plan", name, "no consolidation plan on record")
    for name, funder, due in _reports(data, until):
        if due.date() <= until:
            ask("report", name, f"{funder}: due {day(due)}{NOT_SENT}")
    for late in overdue(data, as_of=until).frame.to_dict("records"):
        ask("late", late["project"], f"{late['agency']}: {late['days']} days overdue")
    return asked


def _reports(data: Dataset, until: date) -> list[tuple[str, str, pd.Timestamp]]:
    """Return the reports that funders wait for, not on record as sent: project, funder, day."""
    bids = standing(data, until)
    waiting = bids["report_due"].notna() & bids["report_sent"].isna()
    bids = bids[bids["status"].isin(WON) & waiting]
    names = bids["project_id"].fillna(ALL_PROJECTS)
    return list(zip(names, bids["funder"], bids["report_due"], strict=True))


def decisions(data: Dataset, *, half: Period, results: Mapping[str, str]) -> Table:
    """List what the leadership group is asked to decide: a line a project.

    `results`: each project's result in a few words, by reference: what it decides on.
    """
    asked = _asked(data, half, results)
    known = _known(data, half.until(data)).set_index("project_id")
    rows = []
    for name in sorted({a.project for a in asked}):
        mine = [a for a in asked if a.project == name]
        there = known.loc[name] if name in known.index else None
        by = [a.by for a in mine]
        when = NOW if None in by else day(min(b for b in by if b is not None))
        what = "; ".join(dict.fromkeys(ASKED[a.kind][0] for a in mine)).capitalize()
        who = "not on record" if there is None else there["lead_agency"]
        called = name if there is None else f"{name} {there['title']}"
        rows.append((called, what, who, when, "; ".join(a.why for a in mine)))
    return lay("decisions", rows, data, half=half, as_at=half.until(data))


def decisions_finding(table: Table) -> str:
    """Say what is asked, in one line."""
    asked = [d for text in table.frame["decision"] for d in str(text).lower().split("; ")]
    named = [f"{short} ({asked.count(d)})" for d, short in ASKED.values() if d in asked]
    if not named:
        return "Nothing has to be decided on what is on record."
    return f"Asked of the leadership group: {', '.join(named)}."


def coming(data: Dataset, *, half: Period) -> Table:
    """List what comes up in the half-year after: follow-ups, and reports to funders."""
    until = half.until(data)
    known = _known(data, until)
    ahead = [
        (when, f"{name} {title}", "Follow-up")
        for name, title, when in known[["project_id", "title", "follow_up_date"]].to_numpy()
        if pd.notna(when)
    ]
    ahead += [(due, name, f"Report to {funder}") for name, funder, due in _reports(data, until)]
    rows = [
        (day(when), project, what)
        for when, project, what in sorted(ahead)
        if until < when.date() <= half.next.end
    ]
    return lay("coming", rows, data, half=half, as_at=until)
