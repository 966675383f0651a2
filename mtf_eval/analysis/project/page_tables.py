"""How a table of one project's page is laid out: its name, source and day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.results.columns import lay, where_from
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.records.dataset import Dataset


def page_table(
    data: Dataset,
    found: Evaluation,
    name: str,
    title: str,
    rows: pd.DataFrame | Iterable[tuple[object, ...]],
    columns: Sequence[Column],
    *,
    source: str = "Recorded incidents",
    notes: Iterable[str] = (),
) -> Table:
    """Lay out a table of one project's page, with its name, source and day."""
    own, where = f"{found.project.key}_{name}", where_from(data, source)
    return lay(own, title, rows, columns, source=where, as_at=found.as_of, notes=notes)
