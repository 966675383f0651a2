"""Every field of what each estimator returns, for a case small enough to be summed by hand."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects import Check, Estimate, Panel, Quantity
from mtf_eval.analysis.effects.rates import ratio_estimate

Z = stats.norm.ppf(0.975)
START = pd.Timestamp("2021-01-01")


def near(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: near(each) for name, each in value.items()}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return pytest.approx(value, rel=1e-9, abs=1e-12) if number else value


def holds(result: Estimate | Quantity | Check, **wanted: object) -> None:
    """Every field is as given, and those not given are empty, `incidents` or 95%."""
    usual = {"measure": "incidents", "level": 0.95, "cautions": (), "details": {}, "added": 0.0,
             "tried": True, "size": ""}  # fmt: skip
    names = [each.name for each in fields(result)]
    assert set(wanted) <= set(names)
    for name in names:
        expected = wanted[name] if name in wanted else usual.get(name)
        assert getattr(result, name) == near(expected), name


def wilson(yes: int, n: int) -> tuple[float, float]:
    """Ends of Wilson's interval: where `(p - x/n)^2 = z^2 p (1 - p) / n`."""
    low, high = sorted(np.roots([1 + Z**2 / n, -(2 * yes + Z**2) / n, (yes / n) ** 2]).real)
    return float(low), float(high)


def series(*rows: list[int], first: str) -> pd.DataFrame:
    """Counts of areas E00, E01, ...: one list of months each."""
    months = pd.date_range(first, periods=len(rows[0]), freq="MS")
    return pd.DataFrame({f"E{i:02d}": row for i, row in enumerate(rows)}, index=months)


# Surveys


def test_a_share() -> None:
    low, high = wilson(3, 12)
    found = effects.proportion(yes=3, n=12)
    holds(found, measure="share", estimate=0.25, n=12, method="Wilson interval",
          unit="proportion", low=low, high=high)  # fmt: skip
    assert found.sentence() == ("share: 25% (95% interval 9% to 53%, n = 12); Wilson interval.")


def test_a_change_of_shares_of_different_people() -> None:
    (l0, u0), (l1, u1) = wilson(12, 40), wilson(20, 50)
    found = effects.proportion_change(yes_before=12, n_before=40, yes_after=20, n_after=50)
    holds(
        found, measure="share", estimate=0.1, n=90, unit="difference of proportions",
        low=0.1 - math.hypot(0.4 - l1, u0 - 0.3), high=0.1 + math.hypot(u1 - 0.4, 0.3 - l0),
        method="Newcombe interval, different people",
        cautions=("Different people may have answered at entry and at exit.",),
        details={"before": 0.3, "after": 0.4},
    )  # fmt: skip
    assert found.sentence().startswith("share: 10% points (95% interval ")


@pytest.mark.parametrize(
    ("both", "gained", "lost", "neither", "phi"),
    [
        (20, 9, 3, 18, (20 * 18 - 9 * 3 - 25) / math.sqrt(29 * 21 * 23 * 27)),
        (2, 9, 8, 3, (2 * 3 - 9 * 8) / math.sqrt(11 * 11 * 10 * 12)),  # against: not corrected
        (5, 4, 4, 5, 0.0),  # 25 - 16 is no more than half of the people
        (20, 20, 10, 30, (600 - 200 - 40) / math.sqrt(40 * 40 * 30 * 50)),  # 30 changed
    ],
)
def test_a_change_of_shares_of_the_same_people(
    both: int, gained: int, lost: int, neither: int, phi: float
) -> None:
    n = both + gained + lost + neither
    after, before = (both + gained) / n, (both + lost) / n
    (l1, u1), (l0, u0) = wilson(both + gained, n), wilson(both + lost, n)

    def reach(a: float, b: float) -> float:
        return math.sqrt(a * a - 2 * phi * a * b + b * b)

    if gained + lost < 25:
        p = stats.binomtest(min(gained, lost), gained + lost, 0.5).pvalue
    else:
        p = stats.chi2.sf((abs(gained - lost) - 1) ** 2 / (gained + lost), 1)
    holds(
        effects.paired_change(both=both, gained=gained, lost=lost, neither=neither),
        measure="share", estimate=after - before, n=n, p=float(p),
        low=after - before - reach(after - l1, u0 - before),
        high=after - before + reach(u1 - after, before - l0),
        method="Newcombe paired interval, McNemar's test", unit="difference of proportions",
        details={"before": before, "after": after, "changed": gained + lost},
    )  # fmt: skip


def test_a_change_on_a_scale_of_different_people() -> None:
    before, after = [1, 1, 2, 3, 2, 4], [2, 3, 3, 5, 4]
    signs = [np.sign(y - x) for x in before for y in after]
    delta = float(np.mean(signs))
    known = stats.brunnermunzel(before, after)
    n, m = 6, 5
    ranks = stats.rankdata([*before, *after])
    own = [stats.rankdata(each) for each in (before, after)]
    parts = [ranks[:n], ranks[n:]]
    placed = [r - o for r, o in zip(parts, own, strict=True)]
    vx, vy = (float(np.var(each, ddof=1)) for each in placed)
    se = 2 * math.sqrt(vx / n / m**2 + vy / m / n**2)
    df = (n * vx + m * vy) ** 2 / ((n * vx) ** 2 / (n - 1) + (m * vy) ** 2 / (m - 1))
    reach = stats.t.ppf(0.975, df) * se
    holds(
        effects.ordinal_change(before=before, after=after),
        measure="answers", estimate=delta, low=delta - reach, high=min(1.0, delta + reach),
        n=11, p=float(known.pvalue), se=se, method="Brunner-Munzel, different people",
        unit="Cliff's delta", details={"n_before": 6, "n_after": 5, "df": df},
    )  # fmt: skip


def test_a_change_on_a_scale_of_the_same_people() -> None:
    # Changes +1, +2, -3, 0, +1: ranks of sizes 1.5, 3, 4, 1.5; up 6 of 10.
    before, after = [1, 1, 4, 3, 2], [2, 3, 1, 3, 3]
    z = (6 - 5 - 0.5) / math.sqrt(4 * 5 * 9 / 24 - (2**3 - 2) / 48)
    holds(
        effects.paired_ordinal_change(before=before, after=after),
        measure="answers", estimate=0.2, n=5, p=float(2 * stats.norm.sf(z)), level=None,
        method="Wilcoxon signed rank, same people", unit="rank-biserial correlation",
        details={"v": 6, "higher": 3, "lower": 1, "same": 1},
    )  # fmt: skip


# Counts


def test_two_counts_over_unequal_time() -> None:
    # 30 incidents in 24 months, 9 in 12: a ratio of 0.6, and 15 were to be expected.
    low, high = (
        end / (1 - end) * 2 for end in (stats.beta.ppf(0.025, 9, 31), stats.beta.ppf(0.975, 10, 30))
    )
    found = effects.rate_ratio(before=30, after=9, exposure_before=24, exposure_after=12)
    holds(
        found, estimate=0.6, low=low, high=high, n=39, n_before=30, n_after=9,
        method="Before and after (exact conditional rate ratio)", maryland=2,
        p=float(2 * stats.binom.cdf(9, 39, 1 / 3)), se_log=math.sqrt(1 / 30 + 1 / 9),
        avoided=6, avoided_low=9 / high - 9, avoided_high=9 / low - 9,
        cautions=(
            "There is no comparison area: season, trend and chance high counts before the start "
            "can produce this change.",
            "The interval allows for Poisson chance only; recorded crime varies more than that.",
        ),
    )  # fmt: skip
    assert found.expected == pytest.approx(15)
    none = effects.rate_ratio(before=4, after=0)
    assert (none.se_log, none.avoided, none.avoided_high) == (None, 4.0, 4.0)
    assert none.avoided_low == pytest.approx(4 * (1 - none.high))


def test_four_counts() -> None:
    ratio = (40 / 80) / (90 / 100)
    se = math.sqrt(2 * (1 / 80 + 1 / 40 + 1 / 100 + 1 / 90))
    low, high = ratio * math.exp(-Z * se), ratio * math.exp(Z * se)
    holds(
        effects.ratio_of_ratios(
            before=80, after=40, comparison_before=100, comparison_after=90
        ),
        estimate=ratio, low=low, high=high, n=310, n_before=80, n_after=40, maryland=3,
        method="Difference-in-differences of four counts (dispersion 2)",
        p=float(2 * stats.norm.sf(-math.log(ratio) / se)), se_log=se,
        avoided=72 - 40, avoided_low=40 / high - 40, avoided_high=40 / low - 40,
        details={"dispersion": 2.0, "relative_effect_size": 1 / ratio},
    )  # fmt: skip


def test_the_displacement_difference() -> None:
    """Target 24 to 8, its comparison 30 to 18, beside it 12 to 9, theirs 20 to 12; two years."""
    per = {"target": (24 / 2, 8.0), "comparison": (30 / 2 / 3, 18 / 3),
           "beside": (12 / 2 / 2, 9 / 2), "theirs": (20 / 2 / 5, 12 / 5)}  # fmt: skip
    moved = {name: after - before for name, (before, after) in per.items()}
    local, spilt = moved["target"] - moved["comparison"], moved["beside"] - moved["theirs"]
    variance = (24 / 4 + 8) + (30 / 36 + 18 / 9) + (12 / 16 + 9 / 4) + (20 / 100 + 12 / 25)
    se, total = math.sqrt(variance), local + spilt
    given = {"target": (24, 8), "comparison": (30, 18), "displacement": (12, 9),
             "displacement_comparison": (20, 12), "time_weights": (2, 1),
             "area_weights": (3, 1, 5, 2)}  # fmt: skip
    cautions = (
        "The interval is Poisson: recorded crime varies more, so it is too narrow.",
        "Differences compare like with like only where the areas have a similar level.",
    )
    wanted = {
        "estimate": total, "method": "Weighted displacement difference", "unit": "incidents",
        "cautions": cautions,
        "details": {"local": local, "displacement": spilt, "z": total / se},
    }  # fmt: skip
    found = effects.weighted_displacement_difference(**given)  # type: ignore[arg-type]
    p = float(2 * stats.norm.sf(abs(total) / se))
    holds(found, low=total - Z * se, high=total + Z * se, n=133, se=se, p=p, **wanted)
    few = effects.weighted_displacement_difference(target=(4, 8), comparison=(30, 18))
    assert few.cautions == (
        *cautions,
        "A count is below 5: the normal approximation is doubtful.",
        "The comparison's level is more than five times off the target's.",
    )
    five = effects.weighted_displacement_difference(target=(5, 8), comparison=(25, 18))
    assert five.cautions == cautions


def test_the_displacement_quotient() -> None:
    holds(
        effects.displacement_quotient(target=(80, 40), comparison=(100, 80), buffer=(30, 26)),
        estimate=(26 / 80 - 30 / 100) / (40 / 80 - 80 / 100), n=356, level=None,
        method="Weighted displacement quotient",
        unit="(above 0 diffusion, below 0 displacement)",
        cautions=("The quotient has no interval and swings widely with small counts.",),
        details={"total_net_effect": (64 - 40) + (24 - 26)},
    )  # fmt: skip


def test_where_it_concentrates() -> None:
    # 6, 3, 1, 0 in four places: G = (-3*0 - 1*1 + 1*3 + 3*6) / (4 * 10)
    gini = 20 / 40
    holds(
        effects.concentration(counts=[3, 0, 6, 1]), estimate=gini, n=10, level=None,
        method="Gini coefficient", unit="over 4 places",
        details={"gini": gini, "places_with_half": 1, "share_with_half": 0.25,
                 "unbiased": gini * 4 / 3},
    )  # fmt: skip
    # 2, 1 in four places: G = (1*1 + 3*2) / (4 * 3), G' = 4/3 (G - 1) + 1 with three incidents
    gini = 7 / 12
    general = 4 / 3 * (gini - 1) + 1
    holds(
        effects.concentration(counts=[0, 2, 0, 1]), estimate=general, n=3, level=None,
        method="Gini coefficient, generalised for sparse counts", unit="over 4 places",
        cautions=("Fewer incidents than places: most places must be empty.",),
        details={"gini": gini, "places_with_half": 1, "share_with_half": 0.25,
                 "unbiased": general * 3 / 2},
    )  # fmt: skip
    line = effects.lorenz(counts=[3, 0, 6, 1])
    assert line.to_dict("list") == {
        "places": [1, 2, 3, 4],
        "share_of_places": [0.25, 0.5, 0.75, 1.0],
        "share_of_incidents": pytest.approx([0.6, 0.9, 1.0, 1.0]),
    }


# Panels and groups


def test_the_panel_regression() -> None:
    counts = series([12, 8, 5, 5], [10, 14, 9, 15], [8, 6, 6, 8], first="2020-11-01")
    counts["E03"] = 0
    counts.loc[pd.Timestamp("2021-03-01")] = 0
    found = effects.difference_in_differences(
        panel=Panel(counts=counts, target=("E00",), start=START)
    )
    ratio = (10 / 20) / (38 / 38)
    rows = np.array([[12, 10, 8], [8, 14, 6], [5, 9, 6], [5, 15, 8]], dtype=float)
    import statsmodels.api as sm

    month, area = (i.ravel() for i in np.indices(rows.shape))
    design = np.column_stack(
        [*(area == a for a in range(3)), *(month == m for m in range(1, 4)),
         (area == 0) & (month >= 2)]
    ).astype(float)  # fmt: skip
    fit = sm.GLM(rows.ravel(), design, family=sm.families.Poisson()).fit(scale="X2")
    dispersion = float(fit.pearson_chi2) / 5
    se = math.sqrt(max(1.0, dispersion) * (1 / 20 + 1 / 10 + 1 / 38 + 1 / 38))
    reach = stats.t.ppf(0.975, 5) * se
    low, high = ratio * math.exp(-reach), ratio * math.exp(reach)
    assert fit.params[-1] == pytest.approx(math.log(ratio))
    assert found.details["dispersion"] == pytest.approx(dispersion, rel=1e-6)
    holds(
        found, estimate=ratio, low=low, high=high, n=106, n_before=20, n_after=10, maryland=3,
        method="Difference-in-differences on the monthly panel (quasi-Poisson)",
        p=float(2 * stats.t.sf(-math.log(ratio) / se, 5)), se_log=se, df=5.0,
        avoided=10.0, avoided_low=10 / high - 10, avoided_high=10 / low - 10,
        cautions=(
            "2 area(s) or month(s) without any incident were left out.",
            "One target area: the interval knows how areas vary month by month, not how much one "
            "area drifts for its own reasons; see the fake-area check.",
        ),
        details=found.details,
    )  # fmt: skip
    assert list(found.details) == ["dispersion"]


def test_the_dispersion_of_sparse_counts() -> None:
    """An area and a month of one incident count; those of none cannot vary and do not."""
    import statsmodels.api as sm

    rows = np.array([[3, 0, 2, 0], [1, 0, 0, 0], [4, 0, 5, 1], [0, 0, 0, 0], [6, 0, 2, 0]])
    counts = series(*rows.T.tolist(), [9, 9, 9, 9, 9], first="2020-08-01")
    counts.loc[START] = 4
    found = effects.overdispersion(
        Panel(counts=counts, target=("E00",), buffer=("E04",), start=START)
    )
    kept = rows[[0, 1, 2, 4]][:, [0, 2, 3]].astype(float)
    month, area = (i.ravel() for i in np.indices(kept.shape))
    design = np.column_stack(
        [*(area == a for a in range(3)), *(month == m for m in range(1, 4))]
    ).astype(float)
    fit = sm.GLM(kept.ravel(), design, family=sm.families.Poisson()).fit()
    assert found == pytest.approx(float(fit.pearson_chi2) / 6, rel=1e-6)


@pytest.mark.parametrize("slope", [False, True])
def test_an_interrupted_series(slope: bool) -> None:
    """Ten months before and fourteen after, one in between not on record."""
    import statsmodels.api as sm

    months = pd.date_range("2020-03-01", periods=25, freq="MS").delete(4)
    y = np.random.default_rng(4).negative_binomial(6, 0.2, 24)
    t = np.array([12 * (m.year - 2020) + m.month - 3 for m in months], dtype=float)
    post = months >= START
    angle = 2 * np.pi * months.month.to_numpy() / 12
    columns = [np.ones(24), t, np.sin(angle), np.cos(angle), post]
    columns += [np.where(post, t - 10, 0)] * slope
    x = np.column_stack(columns).astype(float)
    model = sm.GLM(y, x, family=sm.families.Poisson())
    plain = model.fit(scale="X2", tol=1e-12)
    robust = model.fit(cov_type="HAC", cov_kwds={"maxlags": 2, "use_correction": False}, tol=1e-12)
    neutral = np.where(np.arange(x.shape[1]) < 4, x, 0.0)[post]
    own, without = np.exp(x[post] @ plain.params), np.exp(neutral @ plain.params)
    ratio, after = own.sum() / without.sum(), int(y[post].sum())
    gradient = own @ x[post] / own.sum() - without @ neutral / without.sum()
    residuals = plain.resid_pearson - plain.resid_pearson.mean()
    alike = float((residuals[1:] * residuals[:-1]).sum() / (residuals**2).sum())
    poisson = np.asarray(plain.cov_params()) / plain.scale
    result = effects.interrupted_series(
        series=pd.Series(y, index=months), start=START, rng=np.random.default_rng(3), slope=slope,
        draws=200_000,
    )  # fmt: skip
    cautions = [
        "There is no comparison series: anything else that began then is in it.",
        "Less than a year on one side: the season is poorly known.",
        "1 months between the first and the last are not on record.",
    ]
    assert abs(alike) <= 2 / math.sqrt(24)
    rows = []
    for found, name, fit in (
        (result.estimate, "quasi-Poisson", plain), (result.robust, "Newey-West, 2 lags", robust)
    ):  # fmt: skip
        cov = np.asarray(fit.cov_params())
        variance, least = (float(gradient @ c @ gradient) for c in (cov, poisson))
        se = math.sqrt(max(variance, least))
        assert found.se_log == pytest.approx(se, rel=1e-5)
        drawn = np.random.default_rng(9).multivariate_normal(
            plain.params, cov * max(1.0, least / variance), 200_000
        )
        avoided = np.exp(drawn @ neutral.T).sum(axis=1) - after
        ends = found.avoided_low, found.avoided_high
        known = np.quantile(avoided, [0.025, 0.975])
        assert ends == pytest.approx(known, abs=0.03 * float(np.ptp(known)))
        assert (found.estimate, found.avoided) == pytest.approx(
            (ratio, without.sum() - after), rel=1e-6
        )
        assert (found.low, found.high) == pytest.approx(
            (ratio * math.exp(-Z * se), ratio * math.exp(Z * se)), rel=1e-5
        )
        assert found.p == pytest.approx(2 * stats.norm.sf(abs(math.log(ratio)) / se), rel=1e-4)
        assert found.details == pytest.approx(
            {"dispersion": plain.scale, "autocorrelation": alike}, rel=1e-5
        )
        seen = ("estimate", "low", "high", "p", "se_log", "avoided", "details")
        same = {name: getattr(found, name) for name in (*seen, "avoided_low", "avoided_high")}
        holds(
            found, n=int(y.sum()), n_before=int(y[~post].sum()), n_after=after, maryland=2,
            method=f"Interrupted time series ({name})", cautions=tuple(cautions), **same,
        )  # fmt: skip
        for at, term in enumerate(("level", "slope")[: 1 + slope], start=4):
            step = math.sqrt(max(cov[at, at], poisson[at, at]))
            ends = [math.exp(plain.params[at] + k * Z * step) for k in (0, -1, 1)]
            rows.append((term, name, *ends))
    assert result.terms[["term", "method"]].to_numpy().tolist() == [[*row[:2]] for row in rows]
    numbers = [row[2:] for row in rows]
    assert result.terms[["ratio", "low", "high"]].to_numpy() == pytest.approx(
        np.array(numbers), rel=1e-4
    )
    assert result.sentence() == result.estimate.sentence()
    assert result.tidy()["method"].tolist() == [result.estimate.method, result.robust.method]


def test_what_is_left_of_a_panel_that_is_not_whole() -> None:
    """A buffer and a named area of which a month is missing are in no role any more."""
    counts = series([1, 2, 3, 4], [2, 2, 2, 2], [3, 3, 3, 3], [4, 4, 4, 4], first="2020-11-01")
    counts = counts.astype(float)
    counts.loc[START, ["E01", "E02"]] = np.nan
    roles = {"target": ("E00",), "buffer": ("E01",), "comparison": ("E02", "E03")}
    whole = Panel(counts=counts, start=START, **roles).complete(pd.DatetimeIndex(counts.index))
    assert (whole.target, whole.buffer, whole.comparison) == (("E00",), (), ("E03",))
    assert whole.counts.to_dict("list") == {"E00": [1, 2, 3, 4], "E03": [4, 4, 4, 4]}


TEN = [[6, 6, 15, 14], [7, 5, 2, 1], [5, 7, 9, 6], [6, 5, 4, 1], [6, 7, 7, 17], [4, 7, 5, 6],
       [7, 7, 3, 9], [5, 5, 1, 5], [8, 6, 18, 7], [6, 8, 6, 0]]  # fmt: skip


def placed(target: list[int], *more: list[int]) -> Panel:
    counts = series(target, *TEN, *more, first="2020-11-01")
    return Panel(counts=counts, target=("E00",), start=START)


def test_the_placebo_calibrated_effect_and_its_dots() -> None:
    """Two months on each side: no forecast, so the ten others' own ratios are the spread."""
    from statsmodels.stats.meta_analysis import combine_effects

    found = effects.placebo_calibrated(panel=placed([7, 6, 3, 2]))
    before = [a + b for a, b, *_ in TEN]
    after = [a + b for *_, a, b in TEN]
    y = np.log((np.array(after) + 0.5) / (np.array(before) + 0.5))
    fit = combine_effects(y, 1 / (np.array(after) + 1), method_re="dl")
    drift = math.exp(fit.mean_effect_re)
    ratio = 5.5 / 13.5 / drift
    se = math.sqrt(1 / 6 + fit.tau2 + fit.sd_eff_w_re**2)
    reach = stats.t.ppf(0.975, 9) * se
    low, high = ratio * math.exp(-reach), ratio * math.exp(reach)
    holds(
        found, estimate=ratio, low=low, high=high, n=13 + 5 + sum(before) + sum(after),
        n_before=13, n_after=5, method="Placebo-calibrated effect (10 controls)", maryland=3,
        p=float(2 * stats.t.sf(-math.log(ratio) / se, 9)), se_log=se, df=9.0, added=0.5,
        avoided=13.5 * drift - 0.5 - 5, avoided_low=5.5 / high - 5.5,
        avoided_high=5.5 / low - 5.5,
        details={
            "drift": drift, "trend": (sum(after) + 0.5) / (sum(before) + 0.5),
            "tau2": float(fit.tau2), "controls": 10.0,
            "match": (sum(before) / 10 + 0.5) / 13.5,
            "months_before": 2.0, "months_after": 2.0, "learnt": 2.0,
        },
    )  # fmt: skip
    dots = effects.placebo_controls(panel=placed([7, 6, 3, 2]))
    rows = sorted(
        ((b + 0.5) / (a + 0.5), f"E{i:02d}", a, b)
        for i, (a, b) in enumerate(zip([13, *before], [5, *after], strict=True))
    )
    assert dots["areas"].tolist() == [name for _, name, *_ in rows]
    assert dots["before"].tolist() == [a for *_, a, _ in rows]
    assert dots["after"].tolist() == [b for *_, b in rows]
    assert dots["ratio"].tolist() == pytest.approx([r for r, *_ in rows])
    assert dots["against_controls"].tolist() == pytest.approx([r / drift for r, *_ in rows])
    assert dots["role"].tolist() == ["project" if n == "E00" else "control" for _, n, *_ in rows]
    worst = effects.placebo_calibrated(panel=placed([40, 30, 0, 0]))
    match = (sum(before) / 10 + 0.5) / 70.5
    assert worst.cautions == (
        f"No other areas were as bad: the controls had {match:.2f} times the target's count "
        "before, so regression to the mean may not be fully allowed for.",
        "No incident after the start: half an incident was added to form a ratio.",
    )


def test_the_target_among_other_areas() -> None:
    changes = [math.log((c + d + 0.5) / (a + b + 0.5)) for a, b, c, d in TEN]
    own, middle = math.log(5.5 / 13.5), float(np.median(changes))
    more = sum(abs(each - middle) >= abs(own - middle) for each in changes)
    holds(
        effects.placebo_in_space(panel=placed([7, 6, 3, 2], [0, 0, 0, 0])),
        name="Fake areas", p=(1 + more) / 11, details={"areas": 10.0, "as_large": more},
        text=f"{more} of 10 other areas, where nothing was done, changed as much or more.",
    )  # fmt: skip


def test_a_trend_of_its_own_before_the_start() -> None:
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    own, rest = [9, 7, 8, 5, 6, 4], [20, 19, 23, 21, 18, 22]
    counts = series([*own, 3], [*rest, 20], first="2020-07-01")
    found = effects.pre_trend(panel=Panel(counts=counts, target=("E00",), start=START))
    long = pd.DataFrame({"y": [*own, *rest], "t": [*range(6)] * 2, "area": [1] * 6 + [0] * 6})
    formula = "y ~ C(t) + area + area:t"
    fit = smf.glm(formula, long, family=sm.families.Poisson()).fit(scale="X2")
    slope, scale = float(fit.params["area:t"]), float(fit.scale)
    se = float(fit.bse["area:t"]) / math.sqrt(min(1.0, scale))
    p = float(2 * stats.t.sf(abs(slope) / se, 4))
    assert p > 0.05
    moved = f"{100 * (1 - math.exp(slope)):.1f}%"
    assert found.p == pytest.approx(p, rel=1e-6)
    assert found.details == pytest.approx({"slope": slope}, rel=1e-6)
    holds(
        found, name="Trend before the start", passed=True, p=found.p, details=found.details,
        text=f"Against the comparison the target moved -{moved} a month: no sign of a trend of "
        "its own.",
        size=f"falling {moved} a month against the comparison",
    )  # fmt: skip


# Many projects


def one(log_ratio: float, se: float | None, **more: int) -> Estimate:
    counts = {"n": 100, "n_before": 60, "n_after": 40, "maryland": 3} | more
    made = ratio_estimate(
        measure="x", log_ratio=log_ratio, se=se or 0.1, level=0.95, method="m", **counts
    )
    object.__setattr__(made, "se_log", se)
    return made


def test_projects_of_one_ratio_are_pooled_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = effects.pool([one(0.0, 0.1)] * 3)  # none differs by a rounding even
    reach = stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert [math.log(each) for each in (found.low, found.estimate, found.high)] == pytest.approx(
        [-reach, 0.0, reach], abs=1e-12
    )
    assert (found.details["tau2"], found.details["i2"]) == pytest.approx((0, 0), abs=1e-9)


def test_projects_pooled() -> None:
    """Three of one error, far apart: Paule & Mandel's variance is the sample's less the error's."""
    logs = np.array([-0.9, -0.1, 0.1])
    given = [one(-0.9, 0.1), one(-0.1, 0.1, maryland=2), one(0.1, 0.1), one(0.5, None)]
    tau2 = float(np.var(logs, ddof=1)) - 0.01
    mean, error = float(logs.mean()), math.sqrt((tau2 + 0.01) / 3)
    t = stats.t.ppf(0.975, 2)
    spread = t * math.sqrt(tau2 + (tau2 + 0.01) / 3)
    found = effects.pool(given)
    assert found.details["tau2"] == pytest.approx(tau2, rel=1e-6)
    assert found.details == pytest.approx(
        {"tau2": tau2, "i2": tau2 / (tau2 + 0.01), "q": float(((logs - mean) ** 2).sum() / 0.01),
         "projects": 3, "prediction_low": math.exp(mean - spread),
         "prediction_high": math.exp(mean + spread)}, rel=1e-6,
    )  # fmt: skip
    assert [math.log(each) for each in (found.low, found.estimate, found.high)] == pytest.approx(
        [mean - t * error, mean, mean + t * error], rel=1e-6
    )
    assert (found.se_log, found.p) == pytest.approx(
        (error, float(2 * stats.t.sf(-mean / error, 2))), rel=1e-6
    )
    holds(
        found, measure="All projects", estimate=found.estimate, low=found.low, high=found.high,
        n=300, n_before=180, n_after=120, maryland=2, p=found.p, se_log=found.se_log, df=2.0,
        method="Random-effects mean of 3 projects (PM, Hartung-Knapp)",
        cautions=(
            "1 project(s) without a standard error are not in the pooled ratio.",
            "Projects that kept no records are not in it; they may have done worse.",
        ),
        details=found.details,
    )  # fmt: skip
    assert effects.pool(given[:2]).cautions == (
        "Two projects only: how much effects differ between projects is a guess.",
        "Projects that kept no records are not in it; they may have done worse.",
    )
