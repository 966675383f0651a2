"""The tables of a data set: their columns, types, allowed values, keys and row checks.

The one place that says what input looks like; the data dictionary, the blank workbook and every
check are made from it. What one table says of another is checked in `relations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mtf_eval.records.aliases import Aliases, fold
from mtf_eval.records.place_tables import (
    AREA_BOUNDARIES,
    AREA_NAMES,
    INCIDENT_HOURS,
    INCIDENT_POINTS,
    INCIDENTS,
)
from mtf_eval.records.plans import PLANS
from mtf_eval.records.schema import EVERY_MONTH, OF_PEOPLE, row_check, table
from mtf_eval.records.schema import column as c
from mtf_eval.records.stories import STORIES

if TYPE_CHECKING:
    from pandera.pandas import Check, DataFrameSchema


YES_NO = ("yes", "no")
ACTIONS = ("planned", "in_progress", "completed", "stopped")
BIDS = ("submitted", "awarded", "part_awarded", "refused", "withdrawn")
STAGES = ("scanning", "analysis", "response", "assessment", "consolidation", "closed")
#: A data set needs at least one of these.
CORE = ("referrals", "monthly_referrals", "activity", "projects")


def _order(first: str, later: str) -> Check:
    return row_check(
        later,
        f"{later} on or after {first}",
        lambda f: (f[later] >= f[first]) | f[later].isna() | f[first].isna(),
        f"correct {first} or {later}",
    )


_TABLES = (
    table(
        "about",
        "Facts of the data set as a whole: title, publisher, description, illustrative (yes or no),"
        " source, licence, area, as_at (a date), year (for months written without one; monthly"
        " totals must lie in it), price_year (of all pounds, such as 2023/24),"
        " crime_costs (2015/16 or 2019/20: which edition of the costs of crime).",
        {
            "key": c("text", "Name of the fact", required=True),
            "value": c("text", "The fact", required=True),
        },
        key=("key",),
    ),
    table(
        "aliases",
        "Other spellings this data set uses, beside those that come with the package.",
        {
            "alias": c("text", "As it is written in the data", required=True),
            "name": c("text", "As it should be read", required=True),
            "scope": c("text", "agency (if empty), heading, sheet, or a column with a fixed list"),
        },
        key=("scope", "alias"),
    ),
    table(
        "referrals",
        "One row per referral to the task force. No names, addresses or dates of birth.",
        {
            "referral_id": c("id", "Reference of the referral", required=True),
            "received": c("date", "Day the referral came in", required=True, past=True),
            "agency": c("agency", "Who referred", required=True),
            "decision": c(
                "choice",
                "What was decided; sara = became or joined a SARA project",
                required=True,
                allowed=("accepted", "rejected", "sara", "pending"),
            ),
            "decided": c("date", "Day of the decision; outcomes are then counted by it", past=True),
            "status": c("choice", "Of an accepted one", allowed=("ongoing", "completed")),
            "closed": c("date", "Day the work was completed", past=True),
            "criteria": c("texts", "Themes met; one referral may meet several"),
            "stream": c("choice", "Stream of work", allowed=("core", "home_security")),
            "ward": c("text", "Ward, never a postcode"),
            "risk": c("choice", "Assessed risk", allowed=("high", "medium", "low")),
            "project_id": c("id", "SARA project it belongs to"),
        },
        key=("referral_id",),
        checks=(
            _order("received", "decided"),
            _order("received", "closed"),
            _order("decided", "closed"),
            row_check(
                "status",
                "completed where there is a closing date",
                lambda f: (f["status"] != "ongoing") | f["closed"].isna(),
                "write completed, or leave closed empty",
            ),
        ),
        event="received",
        marks=(OF_PEOPLE, EVERY_MONTH),
    ),
    table(
        "monthly_referrals",
        "Published monthly totals, for periods without records of single referrals.",
        {
            "month": c("month", "Month", required=True, past=True),
            "received": c("whole", "Referrals received", required=True, low=0, people=True),
            "accepted": c("whole", "Of these accepted", required=True, low=0, people=True),
            "rejected": c("whole", "Of these rejected", required=True, low=0, people=True),
            "saras": c("whole", "Of these made SARAs", required=True, low=0, people=True),
            "pending": c("whole", "Of these not yet decided; none where empty", low=0, people=True),
            "completed": c("whole", "Accepted and completed", required=True, low=0, people=True),
            "as_at": c("date", "Day the figures were last updated", required=True),
        },
        key=("month",),
        event="month",
        marks=(OF_PEOPLE, EVERY_MONTH),
    ),
    table(
        "activity",
        "Everything else that is counted, one figure a row: interventions by theme, visits, "
        "support by agency and risk, contacts by channel, agency priorities fulfilled.",
        {
            "block": c("measure", "Block of figures it belongs to", required=True),
            "measure": c("measure", "What is counted", required=True),
            "agency": c("agency", "Agency, where the figure is by agency"),
            "category": c("text", "Theme, risk, channel, priority code or the like"),
            "period_start": c("date", "First day counted", required=True, past=True),
            "period_end": c("date", "Last day counted", required=True),
            "count": c("whole", "The figure", required=True, low=0),
            "counts_people": c("choice", "Of people or households", required=True, allowed=YES_NO),
            "as_at": c("date", "Day the figure was last updated", required=True),
        },
        key=("block", "measure", "agency", "category", "period_start", "period_end"),
        checks=(_order("period_start", "period_end"),),
        event="period_start",
        marks=(OF_PEOPLE,),
    ),
    table(
        "priority_progress",
        "Progress on the task force's own priorities.",
        {
            "priority": c("text", "The priority", required=True),
            "number": c("whole", "Number of the action within it", required=True, low=1),
            "action": c("text", "The action", required=True),
            "progress": c("text", "Progress in words"),
            "rag": c(
                "choice",
                "Rating; in a workbook a cell's fill colour is read when the word is missing",
                allowed=("red", "amber", "green", "complete", "not_rated"),
            ),
            "updated": c("date", "Day it was last updated"),
        },
        key=("priority", "number"),
    ),
    table(
        "agency_priorities",
        "The partners' own priorities that actions help to fulfil.",
        {
            "code": c("id", "Short code", required=True),
            "agency": c("agency", "Whose priority", required=True),
            "priority": c("text", "The priority", required=True),
        },
        key=("code",),
    ),
    table(
        "projects",
        "SARA projects.",
        {
            "project_id": c("id", "Reference of the project", required=True),
            "title": c("text", "Title", required=True),
            "mtf_priority": c("text", "Priority of the task force it serves"),
            "problem": c("text", "The problem, without anyone's name", required=True),
            "lead_agency": c("agency", "Who leads", required=True),
            "partners": c("agencies", "Who else takes part"),
            "tlg_signoff": c("date", "Day the leadership group signed it off"),
            "scanning_start": c("date", "First day of scanning"),
            "analysis_start": c("date", "First day of analysis"),
            "response_start": c("date", "First day of the response", required=True),
            "response_end": c("date", "Last day of the response; empty while it runs"),
            "assessment_date": c("date", "Day of the assessment"),
            "stage": c("choice", "Where it stands", required=True, allowed=STAGES),
            "consolidation_plan": c("text", "What is kept up, and by whom"),
            "follow_up_date": c("date", "Day of the follow-up"),
            "primary_measure": c("measure", "The measure it is judged by", required=True),
            "mechanism": c("text", "Why it should work; of single actions in actions"),
            "moderators": c("text", "Where, for whom and when it works better or worse"),
        },
        key=("project_id",),
        checks=(
            _order("scanning_start", "analysis_start"),
            _order("analysis_start", "response_start"),
            _order("response_start", "response_end"),
            _order("response_start", "assessment_date"),
            _order("response_start", "follow_up_date"),
        ),
    ),
    table(
        "project_areas",
        "Areas of each project and what they are for.",
        {
            "project_id": c("id", "Project", required=True),
            "area_code": c("area", "Area, as in incidents", required=True),
            "role": c("choice", "Role", required=True, allowed=("target", "comparison", "buffer")),
            "population": c("whole", "Residents", low=0, unit="people"),
            "area_name": c("text", "Name of the place as readers know it, such as Harbour Square"),
        },
        key=("project_id", "area_code"),
    ),
    table(
        "project_measures",
        "What each project is meant to change, fixed before the response starts.",
        {
            "project_id": c("id", "Project", required=True),
            "measure": c("measure", "Measure, as in incidents", required=True),
            "target_change": c("share", "Change aimed at; -0.2 is a fifth fewer", low=-1, high=10),
            "unit_cost_code": c("id", "Unit cost of one incident, from the reference data"),
        },
        key=("project_id", "measure"),
    ),
    PLANS,
    INCIDENTS,
    table(
        "coverage",
        "What is on record where rows alone do not say: months that are missing, or complete "
        "although nothing was recorded in them; `source` is a force or other source, or a table.",
        {
            "source": c("text", "Whose records, or the table (referrals, ...)", required=True),
            "force": c("text", "Force; empty for every one"),
            "area_code": c("area", "Area; empty for every one"),
            "measure": c("measure", "Kind of incident; empty for every one"),
            "first": c("month", "First month", required=True),
            "last": c("month", "Last month", required=True),
            "complete": c("choice", "yes if empty; no: not on record", allowed=YES_NO),
            "reason": c("text", "Why"),
        },
        checks=(_order("first", "last"),),
    ),
    INCIDENT_HOURS,
    INCIDENT_POINTS,
    AREA_BOUNDARIES,
    AREA_NAMES,
    table(
        "actions",
        "What each project does.",
        {
            "action_id": c("id", "Reference of the action", required=True),
            "project_id": c("id", "Project", required=True),
            "description": c("text", "What is done", required=True),
            "mechanism": c("text", "How it is meant to work"),
            "agency": c("agency", "Who does it", required=True),
            "due": c("date", "Day it is due"),
            "completed": c("date", "Day it was done", past=True),
            "status": c("choice", "Status", required=True, allowed=ACTIONS),
            "priority_codes": c("texts", "Codes of agency priorities it helps to fulfil"),
        },
        key=("action_id",),
        checks=(
            row_check(
                "status",
                "completed where there is a day it was completed",
                lambda f: f["completed"].isna() | f["status"].isin(["completed", "stopped"]),
                "write completed, or leave the date empty",
            ),
        ),
    ),
    table(
        "deliveries",
        "The providers' two-weekly updates: what was agreed and what was delivered.",
        {
            "project_id": c("id", "Project", required=True),
            "provider": c("text", "Provider", required=True),
            "due": c("date", "Day the update was due", required=True),
            "reported": c("date", "Day it came; empty when it did not", past=True),
            "activity": c("text", "What is delivered", required=True),
            "agreed": c("number", "Agreed quantity for the period", low=0),
            "delivered": c("number", "Delivered quantity", low=0),
        },
        key=("project_id", "provider", "due", "activity"),
    ),
    table(
        "costs",
        "What each project costs, in cash and in kind.",
        {
            "project_id": c("id", "Project", required=True),
            "agency": c("agency", "Who bears it", required=True),
            "item": c("text", "What for", required=True),
            "date": c("date", "Day it fell due", required=True),
            "kind": c("choice", "Cash or in kind", required=True, allowed=("cash", "in_kind")),
            "amount_gbp": c("money", "Amount; or give hours and rate", unit="£"),
            "hours": c("number", "Hours given", low=0, unit="hours"),
            "rate_gbp": c("money", "Rate an hour", low=0, unit="£ an hour"),
            "capital": c("choice", "Whether it buys something lasting", allowed=YES_NO),
            "evidence_grade": c("whole", "1 (best) to 6, of the figure", low=1, high=6),
        },
        checks=(
            row_check(
                "rate_gbp",
                "hours and rate together",
                lambda f: f["hours"].isna() == f["rate_gbp"].isna(),
                "give both, or the amount alone",
            ),
            row_check(
                "amount_gbp",
                "an amount, or hours and rate",
                lambda f: f["amount_gbp"].notna() | f["hours"].notna() | f["rate_gbp"].notna(),
                "fill in one or the other",
            ),
            row_check(
                "amount_gbp",
                "hours times rate, where all three are given",
                lambda f: (
                    f[["amount_gbp", "hours", "rate_gbp"]].isna().any(axis=1)
                    | ((f["amount_gbp"] - f["hours"] * f["rate_gbp"]).abs() < 0.51)
                ),
                "leave the amount or the hours and rate out",
            ),
        ),
        event="date",
        marks=(EVERY_MONTH,),
    ),
    table(
        "funding",
        "Bids for money.",
        {
            "bid_id": c("id", "Reference of the bid", required=True),
            "project_id": c("id", "Project it is for"),
            "funder": c("text", "Who was asked", required=True),
            "submitted": c("date", "Day it was sent", required=True, past=True),
            "status": c("choice", "Status", required=True, allowed=BIDS),
            "decided": c("date", "Day of the decision", past=True),
            "requested_gbp": c("money", "Asked for", required=True, low=0, unit="£"),
            "awarded_gbp": c("money", "Awarded", low=0, unit="£"),
            "spent_gbp": c("money", "Spent so far", low=0, unit="£"),
            "report_due": c("date", "Day the funder's report is due"),
            "report_sent": c("date", "Day it was sent; asked for until it stands here", past=True),
        },
        key=("bid_id",),
        checks=(_order("submitted", "decided"), _order("submitted", "report_sent")),
        event="submitted",
    ),
    table(
        "outcomes",
        "What changed for people rather than places.",
        {
            "project_id": c("id", "Project", required=True),
            "unit_cost_code": c("id", "Outcome, from the reference data", required=True),
            "people": c("whole", "People or families", required=True, low=0, people=True),
            "impact": c("share", "Share for whom it changed", low=0, high=1),
            "deadweight": c("share", "Share that would have changed anyway", low=0, high=1),
            "attribution": c("share", "Share due to this project", low=0, high=1),
            "lag_years": c("number", "Years until it begins", low=0, unit="years"),
            "years": c("number", "Years it lasts", low=0, unit="years"),
            "drop_off": c("share", "Share lost each year", low=0, high=1),
            "evidence_grade": c("whole", "1 (best) to 6, of the figures", low=1, high=6),
        },
        marks=(OF_PEOPLE,),
    ),
    table(
        "survey_questions",
        "Questions of the entry and exit surveys.",
        {
            "question_id": c("id", "Reference of the question", required=True),
            "text": c("text", "The question as asked", required=True),
            "scale": c("texts", "Answers in order, worst or least first", required=True),
            "favourable": c("choice", "Which end is good", allowed=("high", "low")),
        },
        key=("question_id",),
    ),
    table(
        "survey_responses",
        "Answers, one a row. The respondent is a number of the survey, never a name.",
        {
            "project_id": c("id", "Project", required=True),
            "wave": c("choice", "Wave", required=True, allowed=("entry", "exit")),
            "date": c("date", "Day of the answer", required=True, past=True),
            "question_id": c("id", "Question", required=True),
            "answer": c("text", "One of the question's answers", required=True),
            "respondent_id": c("id", "Number of the respondent, when waves are matched"),
            "channel": c("text", "Doorstep, online, telephone"),
            "weight": c("number", "Survey weight", low=0),
        },
        event="date",
        marks=(OF_PEOPLE, EVERY_MONTH),
    ),
    table(
        "case_steps",
        "A person's or family's way down or up a ladder, one step a row.",
        {
            "case_id": c("id", "Number of the case, never a name", required=True),
            "project_id": c("id", "Project"),
            "domain": c("measure", "Ladder, from the reference data", required=True),
            "date": c("date", "Day the step was taken", required=True, past=True),
            "step": c("measure", "Step of the ladder", required=True),
        },
        key=("case_id", "domain", "date"),
        event="date",
        marks=(OF_PEOPLE,),
    ),
    STORIES,
)

TABLES: Mapping[str, DataFrameSchema] = {str(t.name): t for t in _TABLES}


def table_named(name: str, aliases: Aliases) -> str | None:
    """Return the table that a sheet or file of this name holds, `None` when it is none."""
    known = {fold(table): table for table in TABLES}
    found = known.get(fold(name)) or aliases.find("sheet", name)
    return found if found in TABLES else None
