"""What an area's own record leads one to expect after the start: a regression over all areas.

Every other area's count after is explained by its own months before, by weighted least squares on
logs, and the same weights are put on the target's months. The longer the record, the less is left
to chance: months are not thrown away to match the season, the same months of the year before are
one regressor. With few areas the weights are drawn to what they were in London's wards (decision
0013), so that ten areas learn no less from a long record than six hundred.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAST_MONTHS = 12  # whole months before the start from which a forecast is made
LONGEST = 36
WINDOWS = (3, 12, 24, 36)  # last months before, beside the number of months after
BEYOND = 0.06  # variance of an area's log change beyond chance
HALF = 0.5  # added to every count, so that nought has a logarithm
# Mean and standard deviation of the weights before an area is looked at: of the level, its
# square, each window, the season; as they came out for ten measures at two starts.
LEVEL, SQUARE, WINDOW, SEASON = (1.0, 0.05), (0.0, 0.04), (0.1, 0.15), (0.0, 0.15)
FREE = (0.0, 1e3)  # the intercept


def expected_counts(
    before: np.ndarray,
    after: np.ndarray,
    *,
    season: np.ndarray,
    months_after: int,
    units: np.ndarray,
) -> np.ndarray:
    """Forecast every area's count after the start from its months before.

    Parameters
    ----------
    before, after
        Counts, shapes (months, areas), last month nearest to the start, and (areas,).
    season
        Which of the months before are calendar months of the period after, in the last year
        before the start, shape (months,); none where there is none such.
    months_after
        Months that `after` sums.
    units
        Positions of the areas that the weights are learnt from: never the target.

    Returns
    -------
    ndarray
        Expected counts, shape (areas,); `nan` where a month before is. A unit's own count after
        is left out of the weights that forecast it, as the target's is.
    """
    x, prior = _terms(before, season, months_after, units)
    mean, sd = np.array(prior).T
    own = before[-months_after:].sum(axis=0)[units]
    weights = 1 / (BEYOND + 1 / (own + 2))
    design, y = x[units], np.log(after[units] + HALF)
    inverse = np.linalg.inv((design.T * weights) @ design + np.diag(sd**-2))
    logs = x @ (mean + inverse @ (design.T @ (weights * (y - design @ mean))))
    leverage = weights * np.einsum("ij,jk,ik->i", design, inverse, design)
    logs[units] -= leverage / (1 - leverage) * (y - logs[units])
    return np.asarray(np.exp(logs))


def _terms(
    before: np.ndarray, season: np.ndarray, months_after: int, units: np.ndarray
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Regressors and their priors: level, its square, how windows differ from the whole record."""
    length = len(before)
    level = np.log(before.sum(axis=0) + HALF)
    centred = level - level[units].mean()
    columns, prior = [np.ones_like(level), centred, centred**2], [FREE, LEVEL, SQUARE]

    def window(part: np.ndarray, weight: tuple[float, float]) -> None:
        columns.append(np.log(part.sum(axis=0) + HALF) - np.log(len(part) / length) - level)
        prior.append(weight)

    for months in sorted({*WINDOWS, months_after}):
        if months < length:
            window(before[-months:], WINDOW)
    if length > LEAST_MONTHS and season.any():
        window(before[season], SEASON)
    return np.column_stack(columns), prior


def same_months(past: pd.DatetimeIndex, after: pd.DatetimeIndex) -> np.ndarray:
    """Which months of the last year of `past` are calendar months of `after`, at most a year."""
    last_year = past > past.max() - pd.DateOffset(months=LEAST_MONTHS)
    return np.asarray(last_year & past.month.isin(after.month) & (len(after) <= LEAST_MONTHS))
