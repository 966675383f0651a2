"""Where the problem concentrates, and whether it moved: Gini, displacement difference, quotient.

Wheeler & Ratcliffe 2018, Crime Science 7:11 (the difference has a standard error, so it is
preferred); Bowers & Johnson 2003, JQC 19:275 and Guerette, POP Center Tool Guide 10 (quotient);
Bernasco & Steenbeek 2017, JQC 33:451 (Gini coefficient of fewer incidents than places).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.rates import whole
from mtf_eval.analysis.effects.result import Quantity, critical, two_sided_p
from mtf_eval.errors import BadArgument, NotEnoughData

Pair = tuple[float, float]  # before, after
SMALL = 5  # a count below this makes the normal approximation doubtful


def weighted_displacement_difference(
    *,
    target: Pair,
    comparison: Pair,
    displacement: Pair | None = None,
    displacement_comparison: Pair | None = None,
    shared_comparison: bool = False,
    time_weights: Pair = (1.0, 1.0),
    area_weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0),
    measure: str = "incidents",
    level: float = 0.95,
) -> Quantity:
    """Incidents the target changed by beyond its comparison, displacement areas included.

    Parameters
    ----------
    target, comparison, displacement, displacement_comparison
        Counts before and after.
    shared_comparison
        Whether both comparisons are the same places. Their counts are then the same chance twice
        over: it is taken with the sum of both weights, not as two independent counts.
    time_weights
        Length of each period: `(2, 1)` for two years before and one after.
    area_weights
        Size of the areas in the order of the paper's code: comparison, target, the displacement
        area's comparison, displacement area.

    Returns
    -------
    Quantity
        Incidents per unit of time and area, negative = fewer. `details`: `local`,
        `displacement`, `z`.
    """
    if min(*time_weights, *area_weights) <= 0 or len(area_weights) != 4:
        raise BadArgument("weights: expected two of time and four of area, all above zero")
    pairs = [target, comparison, displacement or (0, 0), displacement_comparison or (0, 0)]
    changes, variance = [], 0.0
    of_comparison, of_target, of_beside, of_displacement = area_weights
    sizes = (of_target, of_comparison, of_displacement, of_beside)
    for (before, after), size in zip(pairs, sizes, strict=True):
        x0, x1 = whole(before=before, after=after)
        w0, w1 = time_weights[0] * size, time_weights[1] * size
        changes.append(x1 / w1 - x0 / w0)
        variance += x0 / w0**2 + x1 / w1**2
    if variance == 0:
        raise NotEnoughData(f"{measure}: no incident in any area or period")
    incidents = int(sum(sum(pair) for pair in pairs))
    if shared_comparison and displacement_comparison is not None:
        once = sum(x / w**2 for x, w in zip(comparison, time_weights, strict=True))
        variance += 2 * once / (of_comparison * of_beside)
        incidents -= int(sum(comparison))
    local, moved = changes[0] - changes[1], changes[2] - changes[3]
    total, se = local + moved, math.sqrt(variance)
    reach = critical(level=level) * se
    cautions = [
        "The interval is Poisson: recorded crime varies more, so it is too narrow.",
        "Differences compare like with like only where the areas have a similar level.",
    ]
    given = [p for p in (target, comparison, displacement, displacement_comparison) if p]
    if any(x < SMALL for pair in given for x in pair):
        cautions.append("A count is below 5: the normal approximation is doubtful.")
    levels = target[0] / of_target, comparison[0] / of_comparison
    if all(levels) and not 0.2 <= levels[1] / levels[0] <= 5:
        cautions.append("The comparison's level is more than five times off the target's.")
    return Quantity(
        measure=measure,
        estimate=total,
        low=total - reach,
        high=total + reach,
        level=level,
        n=incidents,
        method="Weighted displacement difference",
        unit="incidents",
        p=two_sided_p(total / se),
        se=se,
        cautions=tuple(cautions),
        details={"local": local, "displacement": moved, "z": total / se},
    )


def displacement_quotient(
    *, target: Pair, comparison: Pair, buffer: Pair, measure: str = "incidents"
) -> Quantity:
    """Weighted displacement quotient and total net effect; only where the target fell.

    Returns
    -------
    Quantity
        The quotient: above 0 diffusion of benefit, 0 to -1 partial displacement, below -1
        displacement ate the gain. `details["total_net_effect"]` is incidents avoided, target and
        buffer together. It has no interval; see `weighted_displacement_difference`.
    """
    rb, ra = whole(before=target[0], after=target[1])
    cb, ca = whole(before=comparison[0], after=comparison[1])
    db, da = whole(before=buffer[0], after=buffer[1])
    if cb == 0 or ca == 0:
        raise NotEnoughData(f"{measure}: no incident in the comparison; no quotient can be formed")
    success = ra / ca - rb / cb
    if success >= 0:
        raise NotEnoughData(
            f"{measure}: the target did not fall against its comparison, so there is no gain that "
            "could have been displaced"
        )
    moved = da / ca - db / cb
    return Quantity(
        measure=measure,
        estimate=moved / success,
        n=ra + rb + ca + cb + da + db,
        method="Weighted displacement quotient",
        unit="(above 0 diffusion, below 0 displacement)",
        cautions=("The quotient has no interval and swings widely with small counts.",),
        details={"total_net_effect": (rb * ca / cb - ra) + (db * ca / cb - da)},
    )


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
        Between 0 (even) and 1. `details`: `gini` (plain), `unbiased`,
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
    details = {"gini": gini, "places_with_half": float(half), "share_with_half": half / places}
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
