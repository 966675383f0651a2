"""What the leadership group needs of a half-year: projects, bids, and what it must decide."""

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
from mtf_eval.analysis.results.columns import Period, as_at_of, day, lay
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.plans import listed
from mtf_eval.records.prices.reference import Reference

STAGES = called("stage")
ALL_PROJECTS = "all projects"
STATUS_WORDS = called("bid")
WON = ("awarded", "part_awarded")
DECIDED = (*WON, "refused")
#: A rate on fewer decisions than this would swing by 20 points or more with each one.
SMALL = 5
NOT_SENT = ", not on record as sent"


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


def standing(data: Dataset, as_of: date) -> pd.DataFrame:
    """Return the bids sent by `as_of`, each as it stood then: a later decision is not yet known."""
    rows = data.table("funding")
    rows = rows[rows["submitted"] <= pd.Timestamp(as_of)].copy()
    later = rows["decided"].notna() & (rows["decided"] > pd.Timestamp(as_of))
    rows.loc[later, "status"] = "submitted"
    rows.loc[later, ["awarded_gbp", "spent_gbp"]] = float("nan")
    rows.loc[later, ["report_due", "report_sent"]] = pd.NaT
    rows.loc[rows["report_sent"] > pd.Timestamp(as_of), "report_sent"] = pd.NaT
    return rows.sort_values(["submitted", "bid_id"]).reset_index(drop=True)


def _report(due: pd.Timestamp, sent: pd.Timestamp, late: bool) -> str:
    """Say of a funder's report when it went, or by when it is to go."""
    if pd.notna(sent):
        return f"sent on {day(sent)}"
    return "none due" if pd.isna(due) else f"due {day(due)}{NOT_SENT if late else ''}"


def bids(data: Dataset, *, as_of: date) -> Table:
    """Every bid as it stood on a day, with the funder's report where one is due."""
    rows = standing(data, as_of)
    late = rows["report_due"] <= pd.Timestamp(as_of)
    each = zip(rows["report_due"], rows["report_sent"], late, strict=True)
    rows = rows.rename(columns=lambda name: name.removesuffix("_gbp")).assign(
        project_id=rows["project_id"].astype("object").fillna("all"),
        status=rows["status"].map(STATUS_WORDS),
        report=[_report(due, sent, late) for due, sent, late in each],
    )
    return lay("bids", rows, data, as_of=as_of, as_at=as_at_of(rows["submitted"]))


def _awards(rows: pd.DataFrame) -> float:
    """Add up what was awarded; missing where the amount of an award is."""
    unknown = rows["status"].isin(WON) & rows["awarded_gbp"].isna()
    return float("nan") if unknown.any() else float(rows["awarded_gbp"].sum())


def pipeline(data: Dataset, *, as_of: date) -> Table:
    """Bids by status: number, requested and awarded; a row for each status and a total."""
    rows = standing(data, as_of)
    parts = [(words, rows[rows["status"] == status]) for status, words in STATUS_WORDS.items()]
    lines = [
        (words, len(part), part["requested_gbp"].sum(), _awards(part))
        for words, part in [*parts, ("Total", rows)]
        if len(part) or words == "Total"
    ]
    return lay("bids_by_status", lines, data, as_of=as_of, as_at=as_at_of(rows["submitted"]))


def bids_finding(data: Dataset, *, as_of: date) -> str:
    """Say how many decided bids succeeded; a rate only from five decided bids on."""
    rows = standing(data, as_of)
    if rows.empty:
        return "No bids are on record."
    decided = rows[rows["status"].isin(DECIDED)]
    won = int(decided["status"].isin(WON).sum())
    waiting = int((rows["status"] == "submitted").sum())
    words = f"{won} of {len(decided)} decided bids succeeded, in whole or in part"
    if len(decided) < SMALL:
        words += "; too few for a success rate"
    await_ = "awaits" if waiting == 1 else "await"
    return f"{words}. {waiting} {await_} a decision." if waiting else f"{words}."


def budget(data: Dataset, *, as_of: date) -> Table:
    """Awarded against cost by project up to a day, cash and in kind apart."""
    bid = standing(data, as_of)
    cost = data.table("costs")
    cost = cost[cost["date"] <= pd.Timestamp(as_of)].copy()
    cost["gbp"] = cost["amount_gbp"].fillna(cost["hours"] * cost["rate_gbp"])
    by_kind = cost.pivot_table(index="project_id", columns="kind", values="gbp", aggfunc="sum")
    asked = bid[bid["status"].isin(WON) | bid["awarded_gbp"].notna()].groupby("project_id")
    awarded = pd.Series({name: _awards(rows) for name, rows in asked}, dtype="float64")
    spent = pd.Series({name: rows["spent_gbp"].sum(skipna=False) for name, rows in asked})
    shared = _awards(bid[bid["project_id"].isna()])
    names = sorted({*by_kind.index, *bid["project_id"].dropna()})
    frame = pd.DataFrame({"project_id": pd.Series(names, dtype="object")})
    frame["awarded"] = awarded.reindex(names).to_numpy()
    frame["spent"] = spent.reindex(names).to_numpy()
    for kind in ("cash", "in_kind"):
        costs = by_kind[kind] if kind in by_kind else pd.Series(dtype="float64")
        frame[kind] = costs.reindex(by_kind.index).fillna(0.0).reindex(names).to_numpy()
    frame["left"] = frame["awarded"] - frame["cash"]
    notes = [f"£{shared:,.0f} awarded to no one project is not in it."] if shared > 0 else []
    for what, column in (("The amount", "awarded_gbp"), ("What was spent", "spent_gbp")):
        if len(open_ := bid[bid["status"].isin(WON) & bid[column].isna()]):
            notes.append(f"{what} is not on record of the awards {listing([*open_['bid_id']])}.")
    as_at = as_at_of(cost["date"])
    return lay("budget", frame, data, as_of=as_of, as_at=as_at, notes=tuple(notes))


def budget_finding(data: Dataset, *, as_of: date) -> str:
    """Say which projects have cost more cash than they were awarded."""
    frame = budget(data, as_of=as_of).frame
    over = frame.loc[frame["left"] < 0, "project_id"]
    bid = standing(data, as_of)
    won = frame["project_id"].isin(bid.loc[bid["status"].isin(WON), "project_id"])
    unfunded = frame.loc[frame["awarded"].isna() & ~won & (frame["cash"] > 0), "project_id"]
    words = []
    if len(over):
        words.append(f"Cash cost above the award: {', '.join(over)}.")
    if len(unfunded):
        words.append(f"Cash cost without an award on record: {', '.join(unfunded)}.")
    if len(open_ := frame.loc[frame["awarded"].isna() & won, "project_id"]):
        words.append(f"We cannot say of {listing([*open_])}: an amount awarded is not on record.")
    return " ".join(words) or "No project has cost more cash than it was awarded."
