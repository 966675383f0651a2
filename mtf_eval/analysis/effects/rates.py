"""Two or four counts: before and after, without and with a comparison.

The exact conditional rate ratio (Przyborowski & Wilenski 1940) and the relative effect of
Farrington & Welsh (Farrington, Gill, Waples & Argomaniz 2007, J Exp Criminol 3:21-38).
"""

from __future__ import annotations

import math

from mtf_eval.analysis.effects.result import Estimate, avoided_incidents, critical, two_sided_p
from mtf_eval.errors import BadArgument, NotEnoughData

VAST = math.log(1e6)  # a limit beyond a millionfold change says nothing


def whole(**counts: float) -> tuple[int, ...]:
    """Return counts as integers; refuse negative and fractional ones by name."""
    for name, value in counts.items():
        if not (math.isfinite(value) and value >= 0 and value == int(value)):
            raise BadArgument(f"{name}={value!r}: a count is a whole number, zero or more")
    return tuple(int(value) for value in counts.values())


def need_counts(measure: str, a: int, b: int, c: int, d: int) -> None:
    """Refuse a nought among the four counts of target and comparison, before and after."""
    if min(a, b, c, d) == 0:
        raise NotEnoughData(
            f"{measure}: a count of zero among target {a} to {b} and comparison {c} to {d}; "
            "a ratio of ratios cannot be formed"
        )


def rate_ratio(
    *,
    before: float,
    after: float,
    exposure_before: float = 1.0,
    exposure_after: float = 1.0,
    measure: str = "incidents",
    level: float = 0.95,
) -> Estimate:
    """Rate after over rate before, exact: Maryland level 2 at best, a change and no more.

    Parameters
    ----------
    before, after
        Counts of the two periods.
    exposure_before, exposure_after
        Days or months actually observed.

    Returns
    -------
    Estimate
        Clopper-Pearson limits of the conditional binomial, turned into ratios; `p` is the
        central p value, so that it and the interval agree.

    Raises
    ------
    NotEnoughData
        When the period before (or both) holds no incident: there is nothing to divide by.
    """
    from scipy import stats

    x0, x1 = whole(before=before, after=after)
    if min(exposure_before, exposure_after) <= 0:
        raise BadArgument("exposure: expected days or months above zero")
    if x0 == 0:
        raise NotEnoughData(
            f"{measure}: no incident on record before ({x1} after), so no ratio can be formed"
        )
    share = exposure_after / (exposure_after + exposure_before)
    interval = stats.binomtest(x1, x1 + x0, share).proportion_ci(level, "exact")
    odds = exposure_before / exposure_after
    low = interval.low / (1 - interval.low) * odds
    high = interval.high / (1 - interval.high) * odds
    lower, upper = stats.binom.cdf(x1, x1 + x0, share), stats.binom.sf(x1 - 1, x1 + x0, share)
    ratio = x1 / x0 * odds
    expected = x0 / odds
    avoided = avoided_incidents(after=x1, expected=expected, estimate=ratio, low=low, high=high)
    return Estimate(
        measure=measure,
        estimate=ratio,
        low=low,
        high=high,
        level=level,
        n=x0 + x1,
        n_before=x0,
        n_after=x1,
        method="Before and after (exact conditional rate ratio)",
        maryland=2,
        p=float(min(1.0, 2 * min(lower, upper))),
        se_log=math.sqrt(1 / x0 + 1 / x1) if x1 else None,
        avoided=avoided[0],
        avoided_low=avoided[1],
        avoided_high=avoided[2],
        cautions=(
            "There is no comparison area: season, trend and chance high counts before the start "
            "can produce this change.",
            "The interval allows for Poisson chance only; recorded crime varies more than that.",
        ),
    )


def ratio_of_ratios(
    *,
    before: float,
    after: float,
    comparison_before: float,
    comparison_after: float,
    dispersion: float = 2.0,
    measure: str = "incidents",
    level: float = 0.95,
) -> Estimate:
    """Difference-in-differences of four counts: `(after/before) / (the same of the comparison)`.

    Parameters
    ----------
    dispersion
        What the Poisson variance is multiplied by. Take it from monthly data
        (`overdispersion`); 2 is the convention of the burglary and CCTV reviews where there are
        none (Marchant, Baxter & Barber 2006). 1 is plain Poisson and too narrow for crime.

    Returns
    -------
    Estimate
        `details["relative_effect_size"]` is Farrington & Welsh's RES = 1 / ratio.
    """
    a, b, c, d = whole(
        before=before,
        after=after,
        comparison_before=comparison_before,
        comparison_after=comparison_after,
    )
    need_counts(measure, a, b, c, d)
    if dispersion < 1:
        raise BadArgument(f"dispersion={dispersion!r}: expected 1 (Poisson) or more")
    log_ratio = math.log(b / a) - math.log(d / c)
    se = math.sqrt(dispersion * (1 / a + 1 / b + 1 / c + 1 / d))
    return ratio_estimate(
        measure=measure,
        log_ratio=log_ratio,
        se=se,
        level=level,
        n=a + b + c + d,
        n_before=a,
        n_after=b,
        method=f"Difference-in-differences of four counts (dispersion {dispersion:.2g})",
        details={
            "dispersion": dispersion,
            "relative_effect_size": a * d / (b * c),
        },
        cautions=(
            ("The interval is Poisson: it is too narrow for recorded crime, which varies more.",)
            if dispersion == 1
            else ()
        ),
    )


def ratio_estimate(
    *,
    measure: str,
    log_ratio: float,
    se: float,
    level: float,
    n: int,
    n_before: int,
    n_after: int,
    method: str,
    maryland: int = 3,
    df: float | None = None,
    expected: float | None = None,
    added: float = 0.0,
    cautions: tuple[str, ...] = (),
    details: dict[str, float] | None = None,
) -> Estimate:
    """Turn a log ratio and its standard error into an `Estimate`.

    `expected` is what the ratio implies unless given; `added` see `Estimate`.
    """
    reach = critical(level=level, df=df) * se
    if not 0 < se < math.inf or abs(log_ratio) + reach > VAST:
        raise NotEnoughData(f"{measure}: too few incidents for an interval that says anything")
    ratio, low, high = (math.exp(log_ratio + k * reach) for k in (0, -1, 1))
    avoided = avoided_incidents(
        after=n_after,
        expected=max(0.0, (n_after + added) / ratio - added) if expected is None else expected,
        estimate=ratio,
        low=low,
        high=high,
        added=added,
    )
    return Estimate(
        measure=measure,
        estimate=ratio,
        low=low,
        high=high,
        level=level,
        n=n,
        n_before=n_before,
        n_after=n_after,
        method=method,
        maryland=maryland,
        p=two_sided_p(log_ratio / se, df),
        se_log=se,
        df=df,
        avoided=avoided[0],
        avoided_low=avoided[1],
        avoided_high=avoided[2],
        added=added,
        cautions=cautions,
        details=details or {},
    )


def power(
    *,
    se: float,
    ratio: float | None = None,
    difference: float | None = None,
    df: float | None = None,
    level: float = 0.95,
) -> float:
    """Chance that the interval excludes "no change" when there is a true change of this size.

    Parameters
    ----------
    se
        Standard error of the log ratio, or of the difference: what a result prints, or that of
        `weighted_displacement_difference` over the counts expected where nothing changes.
    ratio, difference
        One of them: 0.7 is a fall of 30%, 1.3 a rise; -40 is forty incidents fewer.
    df
        Degrees of freedom of the error; normal by default.

    Returns
    -------
    float
        In the right direction; a fall called where there is a rise is no power.
    """
    from scipy import special

    if (ratio is None) == (difference is None) or not se > 0 or (ratio is not None and ratio <= 0):
        raise BadArgument("power: expected an error above zero, and a ratio or a difference")
    size = abs(math.log(ratio) if ratio is not None else difference or 0.0)
    beyond = size / se - critical(level=level, df=df)
    return float(special.ndtr(beyond) if df is None else special.stdtr(df, beyond))


def smallest_fall(
    *, se: float, df: float | None = None, power: float = 0.8, level: float = 0.95
) -> float:
    """Smallest true fall, as a proportion, that an error of the log ratio finds with `power`."""
    from scipy import special

    return 1 - math.exp(-(critical(level=level, df=df) + float(special.ndtri(power))) * se)


def minimum_detectable_effect(
    *,
    before: float,
    comparison_before: float | None = None,
    after_share: float = 1.0,
    dispersion: float = 2.0,
    excess: float = 0.0,
    power: float = 0.8,
    level: float = 0.95,
) -> float:
    """Smallest fall, as a proportion, that the design would find with the stated power.

    Parameters
    ----------
    before, comparison_before
        Counts expected in a period as long as the one before; `comparison_before=None` leaves
        the comparison's own chance variation out (many areas).
    after_share
        Length of the period after over the length of the period before.
    dispersion
        Multiplies the Poisson variance.
    excess
        Variance of the log ratio that does not shrink with counts (`tau2` of the controls).

    Returns
    -------
    float
        0.35 at power 0.8: a true fall of 35% would be found four times in five, a smaller one
        less often.
    """
    if before <= 0 or (comparison_before is not None and comparison_before <= 0):
        raise NotEnoughData("no incident expected before: no fall could be seen")
    if not 0 < power < 1 or after_share <= 0:
        raise BadArgument("power lies between 0 and 1 and after_share above 0")
    each = 1 + 1 / after_share
    variance = dispersion * (each / before + (each / comparison_before if comparison_before else 0))
    return smallest_fall(se=math.sqrt(variance + excess), power=power, level=level)
