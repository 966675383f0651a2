"""Survey answers: shares, their change, and change on an ordered scale.

Wilson and Newcombe intervals (Newcombe 1998, Stat Med 17:857 and 17:873), McNemar's test for the
same people twice, Brunner & Munzel 2000 with Cliff's delta for ordered answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mtf_eval.analysis.effects.rates import whole
from mtf_eval.analysis.effects.result import Quantity, critical
from mtf_eval.errors import BadArgument, NotEnoughData

FEW_DISCORDANT = 25  # below this the exact form of McNemar's test


def _share(name: str, yes: float, n: float) -> tuple[int, int]:
    x, total = whole(yes=yes, n=n)
    if total == 0:
        raise NotEnoughData(f"{name}: nobody answered")
    if x > total:
        raise BadArgument(f"{name}: {x} of {total} is more than all")
    return x, total


def proportion(*, yes: float, n: float, measure: str = "share", level: float = 0.95) -> Quantity:
    """One share with Wilson's interval."""
    from statsmodels.stats.proportion import proportion_confint

    x, total = _share(measure, yes, n)
    low, high = proportion_confint(x, total, alpha=1 - level, method="wilson")
    return Quantity(
        measure=measure,
        estimate=x / total,
        low=float(low),
        high=float(high),
        level=level,
        n=total,
        method="Wilson interval",
        unit="proportion",
    )


def proportion_change(
    *,
    yes_before: float,
    n_before: float,
    yes_after: float,
    n_after: float,
    measure: str = "share",
    level: float = 0.95,
) -> Quantity:
    """Difference of two shares of different people, after - before, Newcombe's hybrid score."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    x0, n0 = _share(measure, yes_before, n_before)
    x1, n1 = _share(measure, yes_after, n_after)
    low, high = confint_proportions_2indep(x1, n1, x0, n0, method="newcomb", alpha=1 - level)
    return Quantity(
        measure=measure,
        estimate=x1 / n1 - x0 / n0,
        low=float(low),
        high=float(high),
        level=level,
        n=n0 + n1,
        method="Newcombe interval, different people",
        unit="difference of proportions",
        cautions=("Different people may have answered at entry and at exit.",),
        details={"before": x0 / n0, "after": x1 / n1},
    )


def paired_change(
    *,
    both: float,
    gained: float,
    lost: float,
    neither: float,
    measure: str = "share",
    level: float = 0.95,
) -> Quantity:
    """Difference of two shares of the same people, with McNemar's test.

    Parameters
    ----------
    both, gained, lost, neither
        People who said yes twice, at exit only, at entry only, never.

    Returns
    -------
    Quantity
        Newcombe's paired interval (method 10, 1998, Stat Med 17:2635); `p` is McNemar's, exact
        with fewer than 25 people who changed.
    """
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.proportion import proportion_confint

    e, f, g, h = whole(both=both, gained=gained, lost=lost, neither=neither)
    n = e + f + g + h
    if n == 0:
        raise NotEnoughData(f"{measure}: nobody answered twice")
    after, before = (e + f) / n, (e + g) / n
    low1, high1 = proportion_confint(e + f, n, alpha=1 - level, method="wilson")
    low0, high0 = proportion_confint(e + g, n, alpha=1 - level, method="wilson")
    margins = (e + f) * (g + h) * (e + g) * (f + h)
    phi = 0.0
    if margins:
        cross = e * h - f * g
        phi = (max(cross - n / 2, 0) if cross > 0 else cross) / math.sqrt(margins)
    d1, d2, u1, u2 = after - low1, high0 - before, high1 - after, before - low0
    down = math.sqrt(max(0.0, d1**2 - 2 * phi * d1 * d2 + d2**2))
    up = math.sqrt(max(0.0, u1**2 - 2 * phi * u1 * u2 + u2**2))
    exact = f + g < FEW_DISCORDANT
    test = mcnemar([[e, g], [f, h]], exact=exact, correction=not exact)
    return Quantity(
        measure=measure,
        estimate=after - before,
        low=after - before - down,
        high=after - before + up,
        level=level,
        n=n,
        method="Newcombe paired interval, McNemar's test",
        unit="difference of proportions",
        p=float(test.pvalue) if f + g else 1.0,
        details={"before": before, "after": after, "changed": float(f + g)},
    )


def ordinal_change(
    *,
    before: Sequence[float],
    after: Sequence[float],
    measure: str = "answers",
    level: float = 0.95,
) -> Quantity:
    """Cliff's delta of answers on an ordered scale, after against before, different people.

    Parameters
    ----------
    before, after
        Answers as numbers in the order of the scale; one entry a person.

    Returns
    -------
    Quantity
        Between -1 and 1, above 0 = higher answers at exit; Brunner-Munzel interval (t).
    """
    from statsmodels.stats.nonparametric import rank_compare_2indep

    n, m = len(before), len(after)
    if min(n, m) < 5:
        raise NotEnoughData(
            f"{measure}: {n} answers at entry and {m} at exit; at least 5 of each needed"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        found = rank_compare_2indep(after, before)
    if not found.var_prob:
        raise NotEnoughData(f"{measure}: the answers do not vary, so no interval can be given")
    delta, se = float(found.somersd1), 2 * math.sqrt(found.var_prob)
    reach = critical(level=level, df=float(found.df)) * se
    return Quantity(
        measure=measure,
        estimate=delta,
        low=max(-1.0, delta - reach),
        high=min(1.0, delta + reach),
        level=level,
        n=n + m,
        method="Brunner-Munzel, different people",
        unit="Cliff's delta",
        p=float(found.pvalue),
        se=se,
        details={"n_before": float(n), "n_after": float(m), "df": float(found.df)},
    )


def paired_ordinal_change(
    *, before: Sequence[float], after: Sequence[float], measure: str = "answers"
) -> Quantity:
    """Answers of the same people on an ordered scale: Wilcoxon's signed rank test.

    Parameters
    ----------
    before, after
        Answers as numbers in the order of the scale, the same person at the same place.

    Returns
    -------
    Quantity
        Matched-pairs rank-biserial correlation (Kerby 2014): share of the ranks of change that
        went up less those that went down, -1 to 1; it has no interval. `p` is exact below 50
        people without ties or unchanged answers, else normal with continuity correction (as R's
        `wilcox.test`). `details`: `v` (sum of the ranks that went up), `higher`, `lower`, `same`.
    """
    from scipy import stats

    x, y = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if len(x) != len(y):
        raise BadArgument(f"{measure}: {len(x)} answers at entry and {len(y)} at exit of the same")
    moved = (y - x)[y != x]
    if len(x) < 5 or not len(moved):
        raise NotEnoughData(f"{measure}: {len(x)} people answered twice, {len(moved)} changed")
    ranks = stats.rankdata(np.abs(moved))
    up = float(ranks[moved > 0].sum())
    exact = len(x) < 50 and len(moved) == len(x) and len(set(ranks)) == len(ranks)
    test = stats.wilcoxon(moved, correction=not exact, method="exact" if exact else "asymptotic")
    return Quantity(
        measure=measure,
        estimate=2 * up / float(ranks.sum()) - 1,
        n=len(x),
        method="Wilcoxon signed rank, same people",
        unit="rank-biserial correlation",
        p=float(test.pvalue),
        details={
            "v": up,
            "higher": float((moved > 0).sum()),
            "lower": float((moved < 0).sum()),
            "same": float(len(x) - len(moved)),
        },
    )
