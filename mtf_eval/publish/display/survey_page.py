"""The surveys of one project, as a part of its page: who answered, what, and what changed.

Entry only, exit only and tiny bases give a valid page. Computes nothing: asks `analysis.surveys`,
passes the door, shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mtf_eval.analysis.surveys import surveys
from mtf_eval.analysis.surveys import wording as survey_words
from mtf_eval.publish import charts
from mtf_eval.publish.display.elements import Element, figure, note, table

if TYPE_CHECKING:
    from mtf_eval.publish.disclosure.release import Door, Released
    from mtf_eval.records.dataset import Dataset

__all__ = ["section"]

MOST = 5  # answers on a scale that can be told apart in a picture


def section(data: Dataset, project_id: str, door: Door) -> Sequence[Element]:
    """Show the surveys of a project; a note where there are none."""
    if not surveys.waves(data, project_id):
        return (note("No entry or exit survey is on record."),)
    changes = door(surveys.changes(data, project_id, shown=door.counted))
    there = surveys.waves(data, project_id)
    return (
        note(survey_words.finding(changes.frame, there)),
        *(note(text, "caution") for text in survey_words.cautions(data, project_id, door.rule)),
        table(door(surveys.respondents(data, project_id))),
        *_bars(data, project_id, door, changes),
        table(door(surveys.shares(data, project_id))),
        table(door(surveys.levels(data, project_id, shown=door.counted))),
        table(changes),
    )


def _bars(data: Dataset, project_id: str, door: Door, changes: Released) -> Iterator[Element]:
    for question in surveys.questions(data, project_id):
        released = door(surveys.answers(data, project_id, question))
        names = [f"answer_{i}" for i in range(len(question.scale))]
        if len(names) > MOST or released.frame[names].isna().any(axis=None):
            # A share of the answers that may be shown would be a share of nothing.
            yield table(released)
            continue
        yield figure(
            charts.diverging(
                released,
                x="wave",
                y=names,
                title=survey_words.question_finding(changes.frame, question.text),
                subtitle="Share of those who answered on the scale, by wave",
                alt=survey_words.answers_alt(released.frame, question.text),
            )
        )
