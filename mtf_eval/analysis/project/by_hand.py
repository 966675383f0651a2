"""A project's effect by a method, a comparison or months of the analyst's own.

What the records allow no claim of is not estimated here either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects import Panel
from mtf_eval.analysis.project.design import Window
from mtf_eval.analysis.project.estimation import estimators, recorded
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.gates import laid_out
from mtf_eval.errors import BadArgument
from mtf_eval.records.dataset import Dataset

NAMED = 5  # areas named in a message


def by_hand(
    data: Dataset,
    evaluation: Evaluation,
    *,
    method: str | None,
    comparison: Sequence[str] | None,
    window: tuple[str, str] | None,
    rng: np.random.Generator,
) -> tuple[Evaluation, str]:
    """Return the evaluation with a primary effect of one's own, and what was changed in words.

    `evaluation`: an evaluation whose months are compared (`compared` is not `None`).
    `method`: name of an estimator; without it the one of the design, or `did` for areas of one's
        own.
    `comparison`: codes of the only areas to compare with.
    `window`: first and last month used, as in `("2022-01", "2024-06")`, around the start.

    Raises `BadArgument` for a method, an area or a month that is not known. Raises `NotEnoughData`
    when the records do not carry the estimate.
    """
    whole, months, changed = evaluation.panel, evaluation.window, []
    assert whole is not None
    assert months is not None
    assert evaluation.compared is not None
    assert evaluation.design is not None
    if window is not None:
        months = _window(whole, window)
        whole = whole.between(months.before_first, months.last)
    if comparison is not None:
        whole = _only(whole, evaluation.compared, comparison)
        changed.append(f"compared with {', '.join(map(data.area, whole.comparison))}")
    months, panel, compared = laid_out(whole, months)
    if window is not None:
        changed.insert(0, f"months {months.words()}")
    tries = estimators(panel, compared, rng)
    chosen = method or ("did" if comparison is not None else evaluation.design.method)
    if chosen not in tries:
        raise BadArgument(f"method={chosen!r}: expected one of {', '.join(tries)}")
    effect = tries[chosen]()
    own = replace(
        evaluation,
        window=months,
        panel=whole,
        compared=compared,
        record=recorded(panel, compared),
        effects={**evaluation.effects, evaluation.project.primary_measure: effect},
        sensitivity=(effect,),
    )
    return own, ", ".join([f"method {chosen}", *changed])


def _window(panel: Panel, window: tuple[str, str]) -> Window:
    """Return the months from the first to the last given, the start between them."""
    held = pd.DatetimeIndex(panel.counts.index)
    try:
        first, last = (pd.Period(each, freq="M").to_timestamp() for each in window)
    except (TypeError, ValueError):
        first = last = pd.NaT
    if not held.min() <= first < panel.start <= last <= held.max():
        raise BadArgument(
            f"window={window!r}: expected the first and the last month to use, as in "
            f"('{held.min():%Y-%m}', '{held.max():%Y-%m}'), which are on record, with the start "
            f"({panel.start:%Y-%m}) between them"
        )
    end = panel.start - pd.DateOffset(months=1)
    return Window(
        before_first=first, before_last=end, start=panel.start, last=last, same_season=False
    )


def _only(panel: Panel, compared: Panel, areas: Sequence[str]) -> Panel:
    """Return the panel with no other areas to compare with than these."""
    areas = [areas] if isinstance(areas, str) else list(areas)
    own = [*panel.target, *panel.buffer]
    known = sorted(set(compared.counts.columns) - set(own))
    unknown = sorted(set(areas) - set(known))
    if unknown or not areas:
        raise BadArgument(
            f"comparison: {', '.join(unknown) or 'no area'} is not an area on record in all "
            f"months compared; {len(known)} are, among them {', '.join(known[:NAMED])}"
        )
    chosen = tuple(dict.fromkeys(areas))
    return replace(panel, counts=panel.counts[[*own, *chosen]], comparison=chosen)
