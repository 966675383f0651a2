"""What is on record, as elements: the strip of areas by months, and the list of gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtf_eval.analysis.counts import on_record
from mtf_eval.publish import charts
from mtf_eval.publish.display.elements import Element, figure, note, table

if TYPE_CHECKING:
    from mtf_eval.analysis.results.tables import Table
    from mtf_eval.publish.disclosure.release import Door
    from mtf_eval.records.dataset import Dataset

__all__ = ["section", "strip"]


def strip(made: Table, door: Door) -> Sequence[Element]:
    """Draw a strip; nothing where everything is on record."""
    said = on_record.strip_finding(made)
    if not said:
        return ()
    return (
        figure(
            charts.strip(
                door(made),
                x="area",
                first="first",
                last="last",
                state="state",
                title=said,
                subtitle=f"{made.title}: filled is on record, hatched is not, dotted in part or "
                "not to be relied on",
                alt=f"{said}. The runs of months are in the data below.",
            )
        ),
    )


def section(data: Dataset, door: Door) -> Sequence[Element]:
    """Say what is missing from the records of areas; nothing where there are none."""
    made = on_record.overview(data)
    if not made:
        return ()
    missing = on_record.gaps(data)
    listed = (table(door(missing)),) if len(missing.frame) else ()
    return (note(on_record.gaps_finding(missing)), *strip(made[0], door), *listed)
