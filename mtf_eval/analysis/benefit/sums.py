"""The sums alone, for those who have their costs and benefits by year already.

Pounds of one price year, year 0 first and not discounted; a missing amount makes the result
missing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.prices.reference import load_reference


def present_value(
    amounts: npt.ArrayLike, *, rate: float | None = None, kind: str = "standard"
) -> float:
    """Discount amounts by year to year 0 and add them up.

    Parameters
    ----------
    amounts
        Pounds of each year, shape (years,).
    rate
        Discount rate a year, such as 0.035; by default the Green Book's rates by band of years.
    kind
        `"standard"`, or `"health"` for effects valued by QALY; without a `rate` only.

    Returns
    -------
    float
        Pounds.

    Raises
    ------
    BadArgument
        Amounts that are no list of numbers, a rate of -1 or less.

    Examples
    --------
    >>> round(present_value([259_804.93, 129_902.46]), 2)
    385314.55
    >>> present_value([100, 110], rate=0.10)
    200.0
    """
    values = np.asarray(amounts, dtype="float64")
    if values.ndim != 1 or not len(values):
        raise BadArgument(f"amounts of shape {values.shape}: expected one amount a year")
    if rate is None:
        return float(values @ np.array(load_reference().discount_factors(len(values), kind)))
    if not rate > -1:
        raise BadArgument(f"rate={rate!r}: expected a rate above -1, such as 0.035")
    return round(float(values @ (1 + rate) ** -np.arange(len(values))), 9)


def npv(benefits: npt.ArrayLike, costs: npt.ArrayLike, *, rate: float | None = None) -> float:
    """Net present value: benefits less costs, both by year and both discounted.

    Parameters
    ----------
    benefits, costs
        Pounds of each year, shape (years,); costs are positive. The two may differ in length.
    rate
        As in `present_value`.

    Examples
    --------
    >>> round(npv([259_804.93, 129_902.46], [66_000]), 2)
    319314.55
    """
    return present_value(benefits, rate=rate) - present_value(costs, rate=rate)


def bcr(benefits: npt.ArrayLike, costs: npt.ArrayLike, *, rate: float | None = None) -> float:
    """Benefits for each pound of cost, both discounted.

    Parameters
    ----------
    benefits, costs, rate
        As in `npv`.

    Raises
    ------
    NotEnoughData
        The costs come to nothing or less: there is no ratio.

    Examples
    --------
    >>> round(bcr([259_804.93, 129_902.46], [66_000]), 4)
    5.8381
    """
    spent = present_value(costs, rate=rate)
    if spent <= 0:
        raise NotEnoughData("costs of nothing or less: there is no ratio")
    return present_value(benefits, rate=rate) / spent
