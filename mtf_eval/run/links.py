"""Which reports of a data set point to one another: a project, its benefit, its years and back.

Names only; whether a page is there is for the plan to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Subject = tuple[str, Mapping[str, Any]]  # name of the report, what it is about


def title_of(name: str) -> str:
    """Return how a link calls a report: `project_evaluation-EX01` as `Project evaluation EX01`."""
    kind, _, subject = name.partition("-")
    words = kind.replace("_", " ").capitalize().replace("Tlg", "TLG")
    return f"{words} {subject}".rstrip()


def related(
    name: str, about: Mapping[str, Any], known: Sequence[Subject], there: Collection[str]
) -> tuple[str, ...]:
    """Return the reports that a report points to, in the order they are known.

    `about` is the report's subject, `known` every report with its subject, `there` those that are
    or will be published: no link leads to anything else.
    """
    chosen = [other for other, subject in known if other != name and _near(about, subject)]
    return tuple(n for n in chosen if n in there)


def _near(about: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if own := {about.get("project_id"), about.get("plan_id")} - {None}:
        return bool(own & {other.get("project_id"), other.get("plan_id")}) or "year" in other
    year = about.get("year") or str(about.get("period", ""))[:4]
    same_year = str(other.get("year") or str(other.get("period", ""))[:4]) == str(year)
    return "project_id" in other or (bool(year) and same_year)
