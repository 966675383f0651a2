"""Case stories with consent and sign-off, as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtf_eval.analysis.results.columns import as_at_of, day, in_words, lay, place
from mtf_eval.records.plans import listed

if TYPE_CHECKING:
    from mtf_eval.analysis.project.design import Project
    from mtf_eval.analysis.results.tables import Table
    from mtf_eval.records.dataset import Dataset
    from mtf_eval.records.prices.reference import Reference

NO_STORY = "No case story with consent and sign-off is on record"


def stories(
    data: Dataset, reference: Reference, *, year: int = 0, project: Project | None = None
) -> Table:
    """Lay out the stories of a project, or those signed off in a year; one a row."""
    if project is not None:
        titles = {project.project_id: project.title}
        rows = data.own("case_stories", project.project_id)
        name, of = project.key, f" of {project.title}"
    else:
        known = data.columns("projects", "project_id", "title")
        titles = dict(zip(known["project_id"], known["title"], strict=True))
        rows = data.table("case_stories")
        rows = rows[rows["signed_off_on"].dt.year == year]
        name, of = f"case_{year}", f", {year}, {place(data)}"
    rows = rows.sort_values(["signed_off_on", "story_id"])
    told = []
    for number, row in enumerate(rows.astype(object).where(rows.notna(), "").itertuples(), 1):
        ladder = reference.ladder(row.domain) if row.domain in reference.ladders else ()
        labels = {rung.step: rung.label for rung in ladder}
        way = ", then ".join(labels.get(s, in_words(s)).lower() for s in listed(row.steps))
        roles, author = "; ".join(listed(row.roles)) or "not given", row.author or "not given"
        told.append(
            {
                "story": f"{number}. {roles[0].upper()}{roles[1:]}",
                "project": titles.get(row.project_id, ""),
                "before": row.before,
                "done": row.done,
                "after": f"{row.after} On the ladder: {way}." if way else row.after,
                "signed": f"{author[0].upper()}{author[1:]}; signed off by {row.signed_off_by}, "
                f"{day(row.signed_off_on)}",
            }
        )
    as_at = as_at_of(rows["signed_off_on"])
    return lay("case_stories", told, data, name=name, of=of, as_at=as_at)
