"""Case stories: their table."""

from __future__ import annotations

from mtf_eval.records.schema import OF_ONE, OF_PEOPLE, table
from mtf_eval.records.schema import column as c

STORIES = table(
    "case_stories",
    "What the work meant for one person or family, in a few sentences; by role, never by name. "
    "Shown only with consent and a sign-off.",
    {
        "story_id": c("id", "Number of the story, never a name", required=True),
        "project_id": c("id", "Project it belongs to"),
        "consent": c("choice", "Whether those it tells of agreed", allowed=("yes", "no")),
        "author": c("text", "Who wrote it, by role"),
        "signed_off_by": c("text", "Who agreed that it may be shown, by role"),
        "signed_off_on": c("date", "Day of the sign-off", past=True),
        "roles": c("texts", "Who is in it, by role, as in a young father; his support worker"),
        "before": c("text", "How things were", required=True),
        "done": c("text", "What was done", required=True),
        "after": c("text", "How things are now", required=True),
        "domain": c("measure", "Ladder, from the reference data"),
        "steps": c("texts", "Steps taken on it, the first one first"),
    },
    key=("story_id",),
    event="signed_off_on",
    marks=(OF_PEOPLE, OF_ONE),
)
