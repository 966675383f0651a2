"""What reading the records noticed, what does not agree in them, and what is missing."""

from __future__ import annotations

from functools import partial
from typing import Any

from mtf_eval.analysis.counts import on_record, reconcile
from mtf_eval.publish import charts
from mtf_eval.publish.workbench.view import Absent, Line, Several, View, disclosure
from mtf_eval.records.dataset import Dataset


class Quality(View):
    """The state of a data set. Shows which tables were read."""

    def __init__(self, records: Dataset) -> None:
        self.records = records
        super().__init__(lambda: on_record.tables_read(records, rule=disclosure().rule))

    def noticed(self) -> View:
        """Show what was repaired, and what was not."""
        return View(lambda: on_record.reading_notes(self.records))

    def verdict(self) -> View:
        """Say whether the figures agree, in one line, for the page and the index."""
        return Line(reconcile.verdict(self.records, rule=disclosure().rule))

    def agreement(self) -> Several:
        """Show each total beside the sum of its parts, and what was stated beside what was read."""
        make = (reconcile.sums, reconcile.reading_table, reconcile.blocks)
        said = View(words=self.verdict().sentence())
        return Several(said, *(View(partial(m, self.records)) for m in make))

    def coverage(self) -> View:
        """Show which areas are on record in which months."""
        made = on_record.overview(self.records)
        return strip(made[0]) if made else View(words="No incidents of areas are on record.")

    def gaps(self) -> View:
        """Show what is not on record, and what would mend it."""
        if not self.records.has("incidents"):
            return Absent("No incidents of areas are on record")
        missing = on_record.gaps(self.records)
        return View(missing, words=on_record.gaps_finding(missing))

    def completeness(self) -> View:
        """Show how many rows each table holds by month."""
        return View(lambda: on_record.completeness(self.records))


def strip(made: Any) -> View:
    """Show a strip of areas by months: on record or not; one line where everything is."""
    said = on_record.strip_finding(made)
    if not said:
        return Absent("Every month of these areas is on record")
    draw = partial(
        charts.strip,
        x="area",
        first="first",
        last="last",
        state="state",
        title=said,
        subtitle=f"{made.title}: filled is on record, hatched is not, dotted in part or not to be "
        "relied on",
        alt=f"{said}. The runs of months are in the data below.",
    )
    return View(made, draw=draw)
