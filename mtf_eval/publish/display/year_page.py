"""The projects of a year, as sections of the annual review; nothing where there are none.

Each function returns the elements of one section with its heading, or no element at all, so that
a data set without projects shows no empty section. Computes nothing: asks `analysis`, passes the
door, shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from mtf_eval.analysis.counts import caseload
from mtf_eval.analysis.project import overlaps
from mtf_eval.analysis.year import portfolio
from mtf_eval.analysis.year import pounds as worth
from mtf_eval.publish import charts
from mtf_eval.publish.display.elements import Element, figure, note, table

if TYPE_CHECKING:
    from mtf_eval.analysis.year.portfolio import Together
    from mtf_eval.analysis.year.pounds import Money
    from mtf_eval.publish.disclosure.release import Door, Released
    from mtf_eval.records.dataset import Dataset
    from mtf_eval.records.prices.reference import Reference

__all__ = [
    "fell_short",
    "if_any",
    "log",
    "money",
    "projects",
    "standing",
    "together",
    "unless_drawn",
    "waits",
]


def _heading(words: str, level: int = 2) -> Element:
    html = f"<h{level}>{escape(words)}</h{level}>"
    return Element("heading", html, words, {"text": words, "level": level})


def unless_drawn(released: Released, drawn: Released) -> Sequence[Element]:
    """Show a table, unless a chart already stands on it: as when months gave way to quarters."""
    return () if released.table.name == drawn.table.name else (table(released),)


def if_any(released: Released) -> Sequence[Element]:
    """Show a table where it has rows: what is said above it says that there are none."""
    return (table(released),) if len(released.frame) else ()


def log(data: Dataset, door: Door, *, year: int) -> Sequence[Element]:
    """Show what only a log of referrals can tell: who referred, and how long people waited."""
    shown: list[Element] = [table(door(each)) for each in caseload.groups(data, year=year)]
    waited = {
        end: door(caseload.days_to(data, end=end, year=year)) for end in caseload.ends(data, year)
    }
    if waited:
        said = [caseload.waits_finding(each.frame, end=end) for end, each in waited.items()]
        shown += [_heading("How long people waited", 3), note(f"{'. '.join(said)}.")]
    return (*shown, *map(table, waited.values()))


def waits(data: Dataset, door: Door, *, year: int, half: int) -> Sequence[Element]:
    """Show the median waits of a half-year; nothing where there are none that may be shown."""
    released = door(caseload.waits(data, year=year, half=half))
    return (table(released),) if released.frame["median"].notna().any() else ()


def projects(data: Dataset, found: Together, door: Door) -> Sequence[Element]:
    """Show each project's line."""
    if not found.found:
        return ()
    return (
        _heading("Projects of the year"),
        note(portfolio.lines_finding(found)),
        table(door(portfolio.lines(data, found))),
    )


def together(data: Dataset, found: Together, door: Door) -> Sequence[Element]:
    """Show the effects side by side with their mean, who is missing, and who shares what."""
    if not found.found:
        return ()
    shown = [_heading("What the projects changed, together"), note(portfolio.pooled_finding(found))]
    effects = door(portfolio.effects(data, found))
    if len(effects.frame):
        shown.append(
            figure(
                charts.forest(
                    effects,
                    x="project",
                    title=portfolio.pooled_finding(found).split(". ")[0].rstrip("."),
                    subtitle=f"{effects.table.title}: rate ratio with 95% interval, 1 is no change",
                    alt=portfolio.effects_alt(effects.table),
                )
            )
        )
    if found.reasons:
        shown.append(table(door(portfolio.left_out(data, found))))
    shared = door(overlaps.overlaps_table(data, as_of=found.as_of))
    if len(shared.frame):
        shown += [note(overlaps.overlaps_finding(data, as_of=found.as_of)), table(shared)]
    return shown


def standing(data: Dataset, found: Together, reference: Reference, door: Door) -> Sequence[Element]:
    """Show each project's net effect, its pounds by the records, and what may be claimed."""
    return (table(door(worth.standing(data, found, reference))),) if found.found else ()


def money(data: Dataset, found: Together, spent: Money | None, door: Door) -> Sequence[Element]:
    """Show cost and public value of the year without counting anything twice."""
    if not found.found:
        return ()
    shown = [_heading("What the projects cost and saved, together")]
    if spent is None:
        return (*shown, note("No project of the year had ended: there is nothing to add up."))
    out = [f"{name} (counted in {year})" for name, year in spent.elsewhere.items()]
    out += [f"{name} (planned, running or not yet fully assessed)" for name in spent.waiting]
    if out:
        shown.append(note(f"Not in it: {', '.join(out)}."))
    return (
        *shown,
        note(worth.finding(spent)),
        table(door(worth.by_kind(data, found, spent))),
        table(door(worth.standing(data, found, spent.whole.reference, spent))),
        table(door(worth.once(data, found, spent))),
        note(worth.once_finding(spent)),
    )


def fell_short(
    data: Dataset, found: Together, spent: Money | None, door: Door
) -> Sequence[Element]:
    """List what did not work, or cannot be shown to have worked."""
    listed = worth.disappointments(data, found, spent)
    if listed.frame.empty:
        return ()
    return (_heading("What did not work"), table(door(listed)))
