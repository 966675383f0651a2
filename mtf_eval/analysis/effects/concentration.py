"""Where the problem concentrates: Gini, places with half of it.

Bernasco & Steenbeek 2017, JQC 33:451 (sparse counts).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.rates import whole
from mtf_eval.analysis.effects.result import Quantity
from mtf_eval.errors import NotEnoughData


def lorenz(*, counts: Sequence[float]) -> pd.DataFrame:
    """Cumulative share of incidents by share of places, the worst place first.

    Returns
    -------
    DataFrame
        Columns `places` (number), `share_of_places`, `share_of_incidents`.
    """
    values = np.sort(np.asarray(counts, dtype=float))[::-1]
    if values.sum() == 0:
        raise NotEnoughData("no incident in any place: nothing to concentrate")
    order = np.arange(1, len(values) + 1)
    return pd.DataFrame(
        {
            "places": order,
            "share_of_places": order / len(values),
            "share_of_incidents": values.cumsum() / values.sum(),
        }
    )


def concentration(*, counts: Sequence[float], measure: str = "incidents") -> Quantity:
    """Gini coefficient of incidents over places, the generalised one where they are sparse.

    Parameters
    ----------
    counts
        One count a place, places without any incident included.

    Returns
    -------
    Quantity
        Between 0 (even) and 1. `details`: `gini` (plain), `generalised`, `unbiased`,
        `places_with_half` and `share_with_half`, the fewest places that hold half of it.
    """
    line = lorenz(counts=counts)
    values = np.sort(np.array(whole(**{f"place_{i}": c for i, c in enumerate(counts)})))
    places, incidents = len(values), int(values.sum())
    if places < 2:
        raise NotEnoughData("one place: nothing can concentrate")
    rank = 2 * np.arange(1, places + 1) - places - 1
    gini = float((rank * values).sum() / (places * incidents))
    generalised = max(1.0, places / incidents) * (gini - 1) + 1
    fewer = min(places, incidents)
    half = int((line["share_of_incidents"] < 0.5).sum()) + 1
    details = {
        "gini": gini,
        "generalised": generalised,
        "places_with_half": float(half),
        "share_with_half": half / places,
    }
    if fewer > 1:
        details["unbiased"] = generalised * fewer / (fewer - 1)
    sparse = incidents < places
    return Quantity(
        measure=measure,
        estimate=generalised,
        n=incidents,
        method="Gini coefficient" + (", generalised for sparse counts" if sparse else ""),
        unit=f"over {places:,} places",
        cautions=("Fewer incidents than places: most places must be empty.",) if sparse else (),
        details=details,
    )
