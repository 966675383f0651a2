"""How a table of one project's page is laid out: its name and day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.results.columns import lay
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset


def page_table(
    data: Dataset,
    evaluation: Evaluation,
    name: str,
    rows: pd.DataFrame | Iterable[Any],
    **words: Any,
) -> Table:
    """Lay out a table of one project's page as it stood on the day; see `columns.lay`."""
    return lay(
        f"project_{name}", rows, data, project=evaluation.project, as_of=evaluation.as_of, **words
    )
