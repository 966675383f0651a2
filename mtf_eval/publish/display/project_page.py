"""The page of one SARA project, section by section, whatever its status.

Each function returns the elements of one section: what there is, and a note where there is
nothing yet. So one notebook serves a planned, a running, a complete project and one without
records. Computes nothing: asks `analysis`, passes the door, shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mtf_eval.analysis import benefit
from mtf_eval.analysis.project import assessment as assessed
from mtf_eval.analysis.project import follow_up as later
from mtf_eval.analysis.project import harm, maps, planning, process
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.surveys import surveys
from mtf_eval.errors import NotEnoughData
from mtf_eval.publish import charts
from mtf_eval.publish.display import records_page, survey_page
from mtf_eval.publish.display.elements import (
    Element,
    figure,
    headline,
    headline_result,
    note,
    result,
    table,
)

if TYPE_CHECKING:
    from mtf_eval.analysis.project.evaluation import Evaluation
    from mtf_eval.analysis.results.tables import Table
    from mtf_eval.publish.disclosure.release import Door, Released
    from mtf_eval.records.dataset import Dataset
    from mtf_eval.records.prices.reference import Reference

__all__ = [
    "analysis",
    "assessment",
    "first_screen",
    "follow_up",
    "method",
    "response",
    "scanning",
]

WAITING = {
    "planning": "The response has not begun: there is nothing to assess yet.",
    "running": "The response is still running. An effect is given when it has ended, because "
    "looking early and often finds changes that are not there.",
    "no_records": "No record of the project's measures exists in its areas, so no effect can be "
    "estimated; outcomes of people are in the benefit analysis.",
}


def first_screen(data: Dataset, found: Evaluation, door: Door) -> Sequence[Element]:
    """Answer: what was the problem, what was done, what changed, how sure, what next."""
    project, effect = found.project, found.primary
    done = process.actions(data, project, as_of=found.as_of)
    shown = [
        headline_result(found.headline, effect.maryland if effect else None, found.status),
        table(door(assessed.short(data, found, process.actions_finding(done.frame)))),
    ]
    if found.compared is not None:
        shown.append(headline(door(assessed.headline(data, found))))
    if effect is not None:
        shown.append(result(effect))
    elif found.gated is not None:
        shown.append(note(f"We cannot say: {found.gated.words()}", "caution"))
    elif found.status == "complete":
        shown.append(
            note(f"We cannot say: {found.cannot_say[project.primary_measure]}.", "caution")
        )
    else:
        shown.append(note(WAITING[found.status]))
    shown += [note(text, "caution") for text in found.cautions]
    if found.coverage is not None:
        shown += records_page.strip(assessed.on_record(data, found), door)
    return shown


def _try(make: Callable[[], Table], show: Callable[[Released], Element], door: Door) -> Element:
    try:
        return show(door(make()))
    except NotEnoughData as error:
        return note(f"{error}.")


def scanning(
    data: Dataset, found: Evaluation, door: Door, reference: Reference
) -> Sequence[Element]:
    """Show the pro-forma, the baseline and the harm profile."""
    profile = harm.profile(data, found.project, reference, as_of=found.as_of)
    released = door(profile)
    return (
        table(door(process.proforma(data, found.project, as_of=found.as_of))),
        _try(lambda: planning.baseline(data, found), table, door),
        *_told(harm.profile_finding(released.frame), released),
    )


def analysis(data: Dataset, found: Evaluation, door: Door) -> Sequence[Element]:
    """Show where and when the problem concentrates; before a start also what could be seen."""
    if found.panel is None:
        return (note(WAITING["no_records"]),)
    where, when = door(planning.places(data, found)), door(planning.calendar(data, found))
    shown = [
        figure(
            charts.hbars(
                where,
                x="area",
                y="incidents",
                title=planning.places_finding(data, found),
                subtitle=where.table.title,
                alt=f"Bars of {len(where.frame)} areas. {planning.places_finding(data, found)}",
            )
        ),
        table(when),
    ]
    if found.status == "planning":
        shown += [
            _try(lambda: planning.candidates(data, found), table, door),
            _try(lambda: planning.could_see(data, found), table, door),
        ]
    return shown


def _told(finding: str, released: Released) -> Sequence[Element]:
    """Show a finding and its table, the finding alone where the table has no rows."""
    said = note(f"{finding}.")
    return (said,) if released.frame.empty else (said, table(released))


def response(data: Dataset, found: Evaluation, door: Door) -> Sequence[Element]:
    """Show actions, deliveries against agreement, and the agency priorities served."""
    project, as_of = found.project, found.as_of
    actions = door(process.actions(data, project, as_of=as_of))
    deliveries = door(process.deliveries(data, project, as_of=as_of))
    return (
        *_told(process.actions_finding(actions.frame), actions),
        *_told(process.deliveries_finding(deliveries.frame), deliveries),
        table(door(process.priorities(data, project, as_of=as_of))),
    )


def assessment(
    data: Dataset, found: Evaluation, door: Door, reference: Reference
) -> Sequence[Element]:
    """Show the effect, what it rests on, the checks, and what happened beside the areas."""
    name = found.project.key
    shown = [table(door(benefit.standing([benefit.by_records(data, found, reference)], name=name)))]
    shown += [_months(data, found, door)] if found.panel is not None else []
    if found.status != "complete":
        shown.append(note(WAITING[found.status]))
        if surveys.waves(data, found.project.project_id):
            shown += survey_page.section(data, found.project.project_id, door)
        return shown
    shown += [table(door(assessed.changes(data, found)))]
    if found.sensitivity:
        forest = door(assessed.estimates(data, found))
        shown += [
            figure(
                charts.forest(
                    forest,
                    x="method",
                    title=found.headline,
                    subtitle=f"{found.project.primary_measure}: rate ratio by method, with 95% "
                    "intervals; the primary one first",
                    alt=f"{len(forest.frame)} estimates with intervals. {found.headline}.",
                )
            )
        ]
    shown += [*_dots(data, found, door), *_map(data, found, door)]
    weighed = harm.avoided(data, found.project, found.net, reference, found.as_of)
    beside = door(assessed.spill(data, found))
    shown += [
        note(f"{'; '.join(beside.table.notes).rstrip('.')}.")
        if beside.frame.empty
        else table(beside),
        table(door(weighed)),
        *survey_page.section(data, found.project.project_id, door),
        table(door(assessed.checks_table(data, found))),
        table(door(assessed.emmie(data, found))),
        table(door(assessed.check_list(data, found))),
    ]
    return shown


def _months(data: Dataset, found: Evaluation, door: Door) -> Element:
    released = door(assessed.series(data, found))
    panel, window = found.panel, found.window
    assert panel is not None
    expected = "expected" in released.frame.columns
    begun = f"{panel.start:%B %Y}"
    return figure(
        charts.series(
            released,
            x="month",
            observed="observed",
            counterfactual="expected" if expected else None,
            low="low" if expected else None,
            high="high" if expected else None,
            start=begun if begun in set(released.frame["month"]) else None,
            title=f"{panel.measure} in the project's areas, month by month",
            subtitle="Recorded incidents a month" + (f"; {window.words()}" if window else ""),
            alt=assessed.series_alt(found),
        )
    )


def _dots(data: Dataset, found: Evaluation, door: Door) -> Sequence[Element]:
    try:
        made = assessed.controls(data, found)
    except NotEnoughData:
        return ()
    said = assessed.controls_alt(made)
    return (
        figure(
            charts.dots(
                door(made),
                x="group",
                y="against_controls",
                project="This project",
                title="The project among areas where nothing was done",
                subtitle=f"{found.project.primary_measure}: change against the controls' mean; 1 "
                "is what the groups of areas nearest to it did on their own",
                alt=said,
            )
        ),
    )


def _map(data: Dataset, found: Evaluation, door: Door) -> Sequence[Element]:
    if found.window is None or found.primary is None:
        return ()
    made = maps.points(data, found.project, found.window, as_of=found.as_of)
    if made is None:
        return ()
    released = [door(part) for part in made]
    lines = maps.outlines(data, found.project)
    said = maps.points_alt(*(part.frame for part in released))
    said += " The lines are the boundaries of the project's areas." if lines else ""
    return tuple(
        figure(
            charts.hexmap(
                part,
                x="lon",
                y="lat",
                value="incidents",
                title=f"Where it was recorded, {when}",
                subtitle=f"{part.table.title}; both maps on one scale",
                alt=said,
                beside=other,
                outlines=lines,
            )
        )
        for part, other, when in zip(released, released[::-1], ("before", "after"), strict=True)
    )


def follow_up(data: Dataset, found: Evaluation, door: Door) -> Sequence[Element]:
    """Say what is kept up, by whom, and when it is looked at again."""
    project = found.project
    plan = project.consolidation_plan or "No consolidation plan is on record."
    when = project.follow_up_date
    again = "No follow-up date is on record." if when is None else f"Follow-up: {day(when)}."
    shown = [note(plan), note(again, "note" if when is not None else "caution")]
    windows = later.later(data, found)
    if windows:
        shown += [
            note(later.later_finding(windows)),
            table(door(later.later_table(data, found, windows))),
        ]
    return shown


def method(found: Evaluation) -> Sequence[Element]:
    """Say by which design the project is judged, and why."""
    design, window = found.design, found.window
    if found.gated is not None:
        return (
            note(f"No design is fixed, as nothing may be said: {found.gated.words()}", "method"),
        )
    if design is None or window is None:
        return (note("No design is fixed while there is nothing to assess.", "method"),)
    months = f"Months compared: {window.words()}."
    if design.method == "series" and found.panel is not None:
        held = found.panel.monthly(found.project.target)[~found.panel.post].notna().sum()
        months = f"Months used: {held} before the start, {window.months} after."
    return (note(f"{design.text}. {design.reason}", "method"), note(months, "method"))
