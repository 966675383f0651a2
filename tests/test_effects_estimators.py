"""Estimators against independent libraries, hand sums and simulation; refusals in words."""

from __future__ import annotations

import math
import pickle
import re
import warnings
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects import Estimate, Panel
from mtf_eval.analysis.effects.diagnostics import _best
from mtf_eval.analysis.effects.forecast import simplex_weights
from mtf_eval.analysis.effects.pooling import random_effects_mean
from mtf_eval.analysis.effects.rates import power, ratio_estimate
from mtf_eval.analysis.effects.result import Quantity
from mtf_eval.analysis.effects.validation import (
    ESTIMATORS,
    performance,
    pretended_targets,
)
from mtf_eval.errors import BadArgument, NotEnoughData

START = pd.Timestamp("2022-07-01")
MONTHS = pd.date_range("2022-01-01", periods=12, freq="MS")


def records(rng: np.random.Generator, areas: int = 120, months: int = 12) -> pd.DataFrame:
    """Made-up force: areas of different levels that drift, months more variable than Poisson."""
    level = rng.gamma(2.0, 5.0, areas)
    drift = np.exp(rng.normal(0, 0.2, (2, areas)))[np.arange(months) * 2 // months]
    mean = level * drift + 0.01
    index = pd.date_range("2022-01-01", periods=months, freq="MS")
    names = [f"E{i:04d}" for i in range(areas)]
    return pd.DataFrame(rng.negative_binomial(mean, 0.5), index=index, columns=names)


def panel(target: int = 1, seed: int = 1, **options: int) -> Panel:
    frame = records(np.random.default_rng(seed), **options)
    chosen = tuple(frame.columns[frame.sum().to_numpy() > 60][:target])
    return Panel(counts=frame, target=chosen, start=START, measure="Anti-social behaviour")


def made(maryland: int, log_ratio: float, se: float) -> Estimate:
    return ratio_estimate(
        measure="Anti-social behaviour",
        log_ratio=log_ratio,
        se=se,
        level=0.95,
        n=400,
        n_before=120,
        n_after=100,
        method="made up",
        maryland=maryland,
    )


# The result record.


@pytest.mark.parametrize("maryland", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("log_ratio", [-0.4, 0.0, 0.4])
@pytest.mark.parametrize("se", [0.1, 1.0])
def test_words_are_capped_by_the_maryland_level(maryland: int, log_ratio: float, se: float) -> None:
    text = made(maryland, log_ratio, se).sentence()
    assert "below 1 means fewer" in text
    assert "95% interval" in text
    if abs(log_ratio) > 1.96 * se:  # e to the -0.4 is 0.67, to the 0.4 1.49
        assert f"a {'fall of 33%' if log_ratio < 0 else 'rise of 49%'}" in text
    if maryland <= 2:
        assert "changed" in text
        assert "effect" not in text
    elif maryland == 3:
        assert "effect" not in text.replace("consistent with an effect", "")
    if abs(log_ratio) < 1.96 * se:
        assert "effect" not in text
        assert "no change" in text


def test_avoided_is_expected_less_observed() -> None:
    found = made(3, math.log(0.8), 0.1)
    assert found.avoided == pytest.approx(100 / 0.8 - 100)
    assert found.avoided_low == pytest.approx(100 / found.high - 100)
    assert found.avoided_high == pytest.approx(100 / found.low - 100)
    assert found.avoided_low > 0
    assert made(3, math.log(0.9), 0.2).avoided_low < 0  # "no effect" inside, so is "none avoided"


@pytest.mark.parametrize(
    "wrong",
    [{"high": math.inf}, {"low": 2.0}, {"estimate": math.nan}, {"level": 95}, {"maryland": 0}],
)
def test_an_estimate_is_finite_and_inside_its_interval(wrong: dict[str, float]) -> None:
    fields = {"measure": "x", "estimate": 0.8, "low": 0.5, "high": 1.1, "level": 0.95, "n": 9}
    fields |= {"n_before": 5, "n_after": 4, "method": "m", "maryland": 3}
    Estimate(**fields)
    with pytest.raises(BadArgument):
        Estimate(**(fields | wrong))


@pytest.mark.parametrize("given", [("low",), ("high",), ("level",), ("low", "high"),
                                   ("low", "level"), ("high", "level")])  # fmt: skip
def test_an_interval_and_its_level_go_together(given: tuple[str, ...]) -> None:
    fields = {"measure": "x", "estimate": 0.8, "n": 9, "method": "m", "unit": "incidents"}
    ends = {"low": 0.5, "high": 1.1, "level": 0.95}
    assert Quantity(**fields).low is None
    assert Quantity(**fields, **ends).high == 1.1
    with pytest.raises(BadArgument, match="go together"):
        Quantity(**fields, **{name: ends[name] for name in given})
    with pytest.raises(BadArgument, match="not a number"):
        Quantity(**{**fields, "estimate": math.inf})


def test_every_estimator_has_the_same_tidy_columns() -> None:
    data = panel(months=24)
    data = data.with_start(pd.Timestamp("2023-01-01"))
    rng = np.random.default_rng(1)
    results = [
        effects.rate_ratio(before=4, after=5),
        effects.ratio_of_ratios(before=9, after=8, comparison_before=9, comparison_after=9),
        effects.difference_in_differences(panel=data),
        effects.placebo_calibrated(panel=data),
        effects.synthetic_control(panel=data),
        effects.interrupted_series(series=data.monthly(data.target), start=data.start, rng=rng),
        effects.weighted_displacement_difference(target=(9, 8), comparison=(9, 9)),
        effects.displacement_quotient(target=(9, 4), comparison=(9, 9), buffer=(5, 6)),
        effects.proportion(yes=3, n=9),
        effects.paired_change(both=5, gained=4, lost=1, neither=6),
        effects.concentration(counts=[3, 1, 0]),
        effects.pool([made(3, -0.2, 0.1), made(3, -0.1, 0.2)]),
    ]
    for result in results:
        columns = ["measure", "estimate", "low", "high", "level", "n", "method"]
        assert list(result.tidy().columns) == columns
        assert result.sentence()
        assert pickle.loads(pickle.dumps(result)).sentence() == result.sentence()


# Refusals: "we cannot say", never a library's warning, never an infinite ratio.


@pytest.mark.parametrize(
    "call",
    [
        lambda: effects.rate_ratio(before=0, after=3),
        lambda: effects.rate_ratio(before=0, after=0),
        lambda: effects.ratio_of_ratios(before=3, after=0, comparison_before=9, comparison_after=9),
        lambda: effects.weighted_displacement_difference(target=(0, 0), comparison=(0, 0)),
        lambda: effects.displacement_quotient(target=(5, 9), comparison=(9, 9), buffer=(1, 1)),
        lambda: effects.displacement_quotient(target=(9, 5), comparison=(9, 0), buffer=(1, 1)),
        lambda: effects.pool([made(3, -0.2, 0.1)]),
        lambda: effects.proportion(yes=0, n=0),
        lambda: effects.ordinal_change(before=[1, 2, 3], after=[1, 2, 3, 4, 5]),
        lambda: effects.ordinal_change(before=[3] * 6, after=[3] * 6),
        lambda: effects.paired_ordinal_change(before=[3] * 6, after=[3] * 6),
        lambda: effects.paired_ordinal_change(before=[3] * 4, after=[4] * 4),
        lambda: effects.concentration(counts=[0, 0, 0]),
        lambda: effects.placebo_calibrated(panel=panel(areas=9)),
        lambda: effects.minimum_detectable_effect(before=0),
        lambda: effects.planned(panel=panel(months=5), months=9),
        lambda: effects.interrupted_series(
            series=pd.Series(range(12), index=MONTHS), start=START, rng=np.random.default_rng(1)
        ),
    ],
)
def test_we_cannot_say(call) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NotEnoughData, match=r"\w+\W+\w+ \w+"):
            call()


@pytest.mark.parametrize(
    ("unit", "values", "words"),
    [
        ("proportion", (0.25, 0.1, 0.4), "x: 25% (95% interval 10% to 40%, n = 1,200); m."),
        ("difference of proportions", (0.25, 0.1, 0.4),
         "x: 25% points (95% interval 10% to 40%, n = 1,200); m."),
        ("incidents", (-9.5, -20.25, 1.0),
         "x: -9.50 incidents (95% interval -20.25 to 1.00, n = 1,200); m."),
        ("incidents", (-12.4, -20.6, 1.0),
         "x: -12 incidents (95% interval -21 to 1, n = 1,200); m."),
        ("over 30 places", (0.25, None, None), "x: 0.25 over 30 places; m."),
    ],
)  # fmt: skip
def test_a_quantity_in_words(unit: str, values: tuple[float, ...], words: str) -> None:
    estimate, low, high = values
    found = Quantity(measure="x", estimate=estimate, n=1200, method="m", unit=unit, low=low,
                     high=high, level=None if low is None else 0.95)  # fmt: skip
    assert found.sentence() == words


def test_fewer_incidents_than_places_are_cautioned() -> None:
    for counts, sparse in (([1, 1, 0], True), ([1, 2, 0], False), ([3, 1, 0], False)):
        found = effects.concentration(counts=counts)
        said = ("Fewer incidents than places: most places must be empty.",) if sparse else ()
        assert found.cautions == said
        assert ("generalised for sparse counts" in found.method) == sparse


def test_places_that_hold_half_of_it_by_hand() -> None:
    """Gini: all differences of two, each way, over twice the mean: 340 / 800 and 8 / 80."""
    for counts, places, share, gini in (
        ([5, 40, 5, 20, 10], 1, 0.2, 0.425), ([3, 2, 3, 2], 2, 0.5, 0.1),
    ):  # fmt: skip
        found = effects.concentration(counts=counts).details
        assert (found["places_with_half"], found["share_with_half"]) == (places, share)
        assert found["gini"] == pytest.approx(gini)
        assert found["unbiased"] == pytest.approx(gini * len(counts) / (len(counts) - 1))


def holed() -> Panel:
    frame = panel(areas=20).counts.astype(float)
    frame.iloc[2, 0] = np.nan
    return Panel(counts=frame, target=(str(frame.columns[0]),), start=START)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: effects.concentration(counts=[5]), NotEnoughData, "one place: nothing can conc"),
        (lambda: effects.placebo_in_time(panel=panel(), least=4), NotEnoughData,
         ": 6 months before the start; a fake start needs 8"),
        (lambda: effects.placebo_in_space(panel=Panel(
            counts=pd.DataFrame([[9] * 9 + [0] * 4] * 12, MONTHS, [f"A{i}" for i in range(13)]),
            target=("A0",), start=START)), NotEnoughData,
         "8 other areas with any incident; to rank 1 area(s) 10 are needed"),
        (lambda: holed().complete(MONTHS), NotEnoughData, "E0000 not on record throughout"),
        (lambda: effects.difference_in_differences(panel=holed()), BadArgument,
         "area-months not on record; use `complete` first"),
        (lambda: effects.overdispersion(panel(areas=1)), NotEnoughData, "too few areas or months"),
        (lambda: effects.proportion(yes=4, n=3), BadArgument, "4 of 3 is more than all"),
        (lambda: effects.paired_change(both=0, gained=0, lost=0, neither=0), NotEnoughData,
         "nobody answered twice"),
        (lambda: effects.ratio_of_ratios(before=9, after=8, comparison_before=9,
                                         comparison_after=9, dispersion=0.9), BadArgument,
         "dispersion=0.9: expected 1 (Poisson) or more"),
        (lambda: effects.minimum_detectable_effect(before=9, power=1.0), BadArgument,
         "power lies between 0 and 1"),
        (lambda: effects.minimum_detectable_effect(before=9, power=0.0), BadArgument,
         "power lies between 0 and 1"),
        (lambda: effects.minimum_detectable_effect(before=9, after_share=0.0), BadArgument,
         "after_share above 0"),
        (lambda: effects.minimum_detectable_effect(before=9, comparison_before=0), NotEnoughData,
         "no incident expected before"),
        (lambda: effects.ordinal_change(before=[1, 2, 3, 1, 2], after=[2, 3, 4, 2, 5], level=1.0),
         BadArgument, "level=1.0: expected a share between 0 and 1"),
        (lambda: power(se=0.0, ratio=0.8), BadArgument, "power: expected an error above zero"),
        (lambda: power(se=0.1), BadArgument, "power: expected an error above zero"),
        (lambda: power(se=0.1, ratio=0.8, difference=-3), BadArgument, "power: expected"),
        (lambda: power(se=0.1, ratio=0.0), BadArgument, "power: expected an error above zero"),
        (lambda: performance(counts=panel().counts, start=START, falls=(1.0,),
                             rng=np.random.default_rng(1)), BadArgument,
         "falls=(1.0,): expected shares from 0 to below 1"),
        (lambda: effects.validation.validation_table(
            incidents=pd.DataFrame([(MONTHS[0], "A", "x", 3)],
                                   columns=["month", "area_code", "measure", "count"]),
            rng=np.random.default_rng(1)), NotEnoughData,
         "1 month(s) and 0 areas on record; validation needs two months and twenty areas"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_in_words(call, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=re.escape(words)):
        call()


@pytest.mark.parametrize("wrong", [2.5, -1, math.nan, math.inf])
def test_a_count_is_a_whole_number(wrong: float) -> None:
    with pytest.raises(BadArgument, match=r"before=.*whole number, zero or more"):
        effects.rate_ratio(before=wrong, after=1)


def test_the_smallest_fall_by_hand() -> None:
    """Twice Poisson by convention, of the target alone and with a comparison."""
    reach = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    for rest, variance in ((None, 2 * (2 / 100)), (400, 2 * (2 / 100 + 2 / 400))):
        least = effects.minimum_detectable_effect(before=100, comparison_before=rest)
        assert least == pytest.approx(1 - math.exp(-reach * math.sqrt(variance)))


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=list(ESTIMATORS))
@pytest.mark.parametrize("empty", ["target", "comparison", "after", "all"])
def test_empty_records_are_refused_or_finite_without_a_warning(estimator, empty: str) -> None:
    frame = records(np.random.default_rng(3), areas=30)
    first = frame.columns[0]
    if empty == "target":
        frame[first] = 0
    elif empty == "comparison":
        frame.loc[:, frame.columns[1:]] = 0
    elif empty == "after":
        frame.loc[START:, first] = 0
    else:
        frame.loc[:, :] = 0
    data = Panel(counts=frame, target=(first,), start=START)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = estimator(data)
        except NotEnoughData:
            return
    assert math.isfinite(found.high)
    assert empty in ("comparison", "after")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"counts": pd.DataFrame({"a": [1.5], "b": [1]}, index=MONTHS[:1])}, BadArgument),
        ({"counts": pd.DataFrame({"a": [-1], "b": [1]}, index=MONTHS[:1])}, BadArgument),
        ({"counts": pd.DataFrame({"a": [1, 1], "b": [1, 1]}, index=MONTHS[[0, 0]])}, BadArgument),
        ({"comparison": ("a",)}, BadArgument),
        ({"target": ("nowhere",)}, NotEnoughData),
        ({"target": ()}, NotEnoughData),
    ],
)
def test_a_panel_refuses_what_it_cannot_be(wrong: dict, error: type[Exception]) -> None:
    fields = {"counts": pd.DataFrame({"a": [1], "b": [2]}, index=MONTHS[:1])}
    fields |= {"target": ("a",), "start": START}
    with pytest.raises(error):
        Panel(**(fields | wrong))


def test_a_panel_with_another_target_is_the_one_built_so() -> None:
    """Of no area of the target is it also the comparison."""
    data = panel(areas=8)
    target = tuple(map(str, data.counts.columns[2:4]))
    other, built = data.with_target(target), Panel(counts=data.counts, target=target, start=START)
    assert (other.target, other.comparison, other.buffer) == (target, built.comparison, ())
    assert set(other.comparison) == {*data.counts.columns} - set(target)


# Against independent libraries.


@pytest.mark.parametrize("target", [1, 3, 12])
def test_panel_regression_is_that_of_statsmodels(target: int) -> None:
    data = panel(target, areas=30)
    long = data.counts.rename_axis("month").reset_index().melt("month", var_name="area")
    long["tp"] = ((long["month"] >= START) & long["area"].isin(data.target)).astype(int)
    model = smf.glm("value ~ C(area) + C(month) + tp", long, family=sm.families.Poisson())
    quasi = model.fit(scale="X2")
    found = effects.difference_in_differences(panel=data)
    assert math.log(found.estimate) == pytest.approx(quasi.params["tp"], rel=1e-8)
    assert found.details["dispersion"] == pytest.approx(quasi.scale, rel=1e-8)
    assert ("clustered by area)" in found.method) == (target >= 10)
    if target < 10:
        assert "quasi-Poisson)" in found.method
        assert found.se_log == pytest.approx(quasi.bse["tp"], rel=1e-6)
        assert found.df + found.n * 0 == quasi.df_resid
    else:
        groups = pd.factorize(long["area"])[0]
        clustered = model.fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        )
        assert found.se_log == pytest.approx(clustered.bse["tp"], rel=1e-6)


def test_dispersion_is_that_of_statsmodels() -> None:
    data = panel(areas=25)
    before = data.counts[~data.post]
    long = before.rename_axis("month").reset_index().melt("month", var_name="area")
    fit = smf.glm("value ~ C(area) + C(month)", long, family=sm.families.Poisson()).fit()
    expected = fit.pearson_chi2 / fit.df_resid
    assert effects.overdispersion(data) == pytest.approx(expected, rel=1e-6)


def test_pre_trend_is_the_interaction_of_the_two_way_model() -> None:
    data = panel(areas=20)
    before = data.counts[~data.post]
    grouped = pd.DataFrame(
        {
            "t": before[list(data.target)].sum(axis=1),
            "c": before.drop(columns=data.target[0]).sum(axis=1),
        }
    )
    long = grouped.reset_index(drop=True).rename_axis("m").reset_index().melt("m")
    long["tt"] = (long["variable"] == "t") * long["m"]
    fit = smf.glm("value ~ C(variable) + C(m) + tt", long, family=sm.families.Poisson()).fit()
    found = effects.pre_trend(panel=data)
    assert found.details["slope"] == pytest.approx(fit.params["tt"], rel=1e-6)


def test_a_trend_before_the_start_is_by_the_month_through_a_gap() -> None:
    """The target's share grows by 3% a month; half a year is not on record."""
    months = pd.date_range("2020-01-01", periods=30, freq="MS")
    counts = pd.DataFrame({f"A{n}": 10_000 for n in range(12)}, index=months)
    counts["A0"] = np.round(1_000 * 1.03 ** np.arange(30)).astype(int)
    held = counts.drop(months[8:14])
    for frame in (counts, held):
        found = effects.pre_trend(
            panel=Panel(counts=frame, target=("A0",), start=pd.Timestamp("2022-01-01"))
        )
        assert found.size.startswith("rising 3.0% a month"), found.size


@pytest.mark.parametrize("empty", ["target", "comparison"])
def test_no_trend_is_seen_where_nothing_was_recorded(empty: str) -> None:
    made = panel(months=12)
    counts = made.counts.copy()
    counts.loc[~made.post, list(getattr(made, empty))] = 0
    made = Panel(counts=counts, target=made.target, start=made.start)
    with pytest.raises(NotEnoughData, match="too few incidents before the start for a trend"):
        effects.pre_trend(panel=made)


def test_fast_random_effects_mean_is_that_of_statsmodels() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    rng = np.random.default_rng(4)
    y, v = rng.normal(0, 0.4, 30), rng.uniform(0.02, 0.1, 30)
    fit = combine_effects(y, v, method_re="dl")
    mean, tau2, variance = random_effects_mean(y, v)
    assert tau2 == pytest.approx(fit.tau2, rel=1e-9)
    assert mean == pytest.approx(fit.mean_effect_re, rel=1e-9)
    assert math.sqrt(variance) == pytest.approx(fit.sd_eff_w_re, rel=1e-9)


def test_interrupted_series_with_slope_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(5)
    months = pd.date_range("2019-01-01", periods=48, freq="MS")
    y = pd.Series(rng.poisson(40, 48), index=months)
    found = effects.interrupted_series(
        series=y, start=months[30], rng=rng, slope=True, measure="Burglary"
    )
    frame = pd.DataFrame({"y": y.to_numpy(), "t": np.arange(48), "month": months.month})
    frame["post"] = (frame["t"] >= 30).astype(int)
    frame["since"] = frame["post"] * (frame["t"] - 30)
    season = " + ".join(f"{f}(2*3.141592653589793*month/12)" for f in ("np.sin", "np.cos"))
    fit = smf.glm(f"y ~ t + post + since + {season}", frame, family=sm.families.Poisson()).fit()
    without = fit.predict(frame.assign(post=0, since=0))
    expected = fit.fittedvalues[30:].sum() / without[30:].sum()
    assert found.estimate.estimate == pytest.approx(expected, rel=1e-6)
    assert found.estimate.avoided == pytest.approx(without[30:].sum() - y.iloc[30:].sum(), rel=1e-5)
    assert found.estimate.maryland == 2
    # The terms, no narrower than Poisson: made-up counts vary less than that here and there.
    terms = found.terms[found.terms["method"] == "quasi-Poisson"].set_index("term")
    for term, name in (("level", "post"), ("slope", "since")):
        assert terms.loc[term, "ratio"] == pytest.approx(math.exp(fit.params[name]), rel=1e-5)
        phi = max(1.0, found.estimate.details["dispersion"])
        reach = stats.norm.ppf(0.975) * fit.bse[name] * math.sqrt(phi)
        assert math.log(terms.loc[term, "high"]) == pytest.approx(
            fit.params[name] + reach, rel=1e-4
        )
    # What was avoided, from draws of all terms together.
    phi = max(1.0, fit.pearson_chi2 / fit.df_resid)
    drawn = np.random.default_rng(7).multivariate_normal(fit.params, fit.cov_params() * phi, 20_000)
    terms = np.where([n in ("post", "since") for n in fit.model.exog_names], 0, fit.model.exog)
    avoided = np.exp(drawn @ terms[30:].T).sum(axis=1) - y.iloc[30:].sum()
    ends = (found.estimate.avoided_low, found.estimate.avoided_high)
    assert ends == pytest.approx(np.quantile(avoided, [0.025, 0.975]), abs=0.05 * np.ptp(ends))


@pytest.mark.parametrize(
    ("before", "after", "poor"), [(12, 12, False), (11, 20, True), (20, 11, True)]
)
def test_less_than_a_year_on_a_side_of_a_series_is_cautioned(
    before: int, after: int, poor: bool
) -> None:
    months = pd.date_range("2020-01-01", periods=before + after, freq="MS")
    y = pd.Series(np.random.default_rng(8).poisson(40, len(months)), index=months)
    found = effects.interrupted_series(
        series=y, start=months[before], rng=np.random.default_rng(1)
    ).estimate
    assert ("Less than a year on one side: the season is poorly known." in found.cautions) == poor


def test_a_series_with_population_and_control_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(6)
    months = pd.date_range("2019-01-01", periods=60, freq="MS")
    people = pd.Series(np.linspace(9_000, 14_000, 60), index=months)
    both = np.exp(rng.normal(0, 0.2, 60))  # what moves the control moves the project's areas
    other = pd.Series(rng.poisson(300 * both), index=months)
    mean = people.to_numpy() / 200 * both * np.where(np.arange(60) < 36, 1, 0.7)
    y = pd.Series(rng.poisson(mean), index=months)
    given = {"series": y, "start": months[36], "exposure": people}
    alone = effects.interrupted_series(**given, rng=np.random.default_rng(1))
    found = effects.interrupted_series(**given, control=other, rng=np.random.default_rng(1))
    frame = pd.DataFrame({"y": y.to_numpy(), "t": np.arange(60), "month": months.month})
    frame["post"], frame["other"] = (frame["t"] >= 36).astype(int), other.to_numpy()
    formula = "y ~ t + post + np.log(other + .5) + np.sin(np.pi*month/6) + np.cos(np.pi*month/6)"
    model = smf.glm(formula, frame, family=sm.families.Poisson(), offset=np.log(people.to_numpy()))
    fit = model.fit()
    assert math.log(found.estimate.estimate) == pytest.approx(fit.params["post"], rel=1e-6)
    assert found.estimate.se_log >= fit.bse["post"] * (1 - 1e-9)
    assert found.robust.se_log >= fit.bse["post"] * (1 - 1e-9)
    assert found.estimate.low < 0.7 < found.estimate.high
    assert found.estimate.se_log < alone.estimate.se_log
    assert "3 lags" in found.robust.method  # 4 x .6^(2/9) = 3.57
    assert (alone.estimate.maryland, found.estimate.maryland) == (2, 3)
    assert not any("no comparison series" in text for text in found.estimate.cautions)
    with pytest.raises(BadArgument, match="control"):
        effects.interrupted_series(**given, control=other.iloc[:50], rng=rng)


def test_paired_answers_with_ties_are_those_of_scipy() -> None:
    before, after = [1, 2, 2, 3, 4, 1, 2, 5], [3, 3, 2, 5, 2, 4, 4, 5]
    found = effects.paired_ordinal_change(before=before, after=after)
    reference = stats.wilcoxon(after, before, correction=True, method="asymptotic")
    assert found.p == pytest.approx(reference.pvalue)
    # Changes +2 +1 0 +2 -2 +3 +2 0: ranks of 1, 2 2 2 2, 3 are 1, 3.5 (four times), 6; down 3.5.
    assert found.details["v"] == 17.5
    assert found.estimate == pytest.approx((17.5 - 3.5) / 21)
    assert (found.details["higher"], found.details["lower"], found.details["same"]) == (5, 1, 2)
    with pytest.raises(BadArgument, match="7 answers"):
        effects.paired_ordinal_change(before=before[1:], after=after)


# What is held against the record: the forecast.


def london(rng: np.random.Generator, areas: int, months: int = 30) -> pd.DataFrame:
    """Made-up force whose areas drift month by month, so that last months tell most."""
    level = rng.gamma(4.0, 6.0, areas)
    drift = np.exp(rng.normal(0, 0.06, (months, areas)).cumsum(axis=0))
    index = pd.date_range("2021-01-01", periods=months, freq="MS")
    names = [f"E{i:04d}" for i in range(areas)]
    return pd.DataFrame(rng.poisson(level * drift), index=index, columns=names)


@pytest.mark.parametrize("length", [24, 12])
def test_the_forecast_is_a_regression_with_a_prior(length: int) -> None:
    """Against scipy's least squares with the prior as extra rows, the unit itself left out.

    Of twelve months neither the last twelve nor the season are held against the whole record.
    """
    from scipy.optimize import lsq_linear

    from mtf_eval.analysis.effects.forecast import expected_counts

    rng = np.random.default_rng(21)
    counts = london(rng, 40).to_numpy(dtype=float)
    before, after = counts[24 - length : 24], counts[24:].sum(axis=0)
    season = np.arange(length) >= length - 12
    season[length - 6 :] = False  # the same six months a year before
    got = expected_counts(before, after, season=season, months_after=6, units=np.arange(1, 40))
    log = np.log(before.sum(axis=0) + 0.5)
    centred = log - log[1:].mean()

    def share(part: np.ndarray) -> np.ndarray:
        return np.log(part.sum(axis=0) + 0.5) - math.log(len(part) / length) - log

    terms = [np.ones(40), centred, centred**2, share(before[-3:]), share(before[-6:])]
    prior, sd = [0, 1, 0, 0.1, 0.1], [1e3, 0.05, 0.04, 0.15, 0.15]
    if length > 12:
        terms += [share(before[-12:]), share(before[season])]
        prior, sd = [*prior, 0.1, 0], [*sd, 0.15, 0.15]
    x, prior, sd = np.column_stack(terms), np.array(prior), np.array(sd)
    weight = np.sqrt(1 / (0.06 + 1 / (before[-6:].sum(axis=0) + 2)))
    for area, units in ((0, np.arange(1, 40)), (7, np.delete(np.arange(1, 40), 6))):
        left = np.vstack([x[units] * weight[units, None], np.diag(1 / sd)])
        right = np.append(np.log(after[units] + 0.5) * weight[units], prior / sd)
        beta = lsq_linear(left, right).x
        assert got[area] == pytest.approx(math.exp(x[area] @ beta), rel=1e-6)


def test_what_is_expected_follows_the_target_not_the_year_before() -> None:
    """An area that doubled half a year ago, with the others level, is expected to stay there."""
    frame = london(np.random.default_rng(22), 60)
    frame.iloc[:, 0] = [20] * 18 + [40] * 12
    made = Panel(counts=frame, target=("E0000",), start=frame.index[24])
    found = effects.placebo_calibrated(panel=made)
    assert found.n_before == 120  # July to December of the year before, six months of 20
    assert found.n_after == 240
    assert found.expected == pytest.approx(240, rel=0.25)
    assert found.expected == pytest.approx((240.5) / found.estimate - 0.5)
    assert not found.distinguishable
    assert "forecast from 24 months" in found.method
    short = effects.placebo_calibrated(panel=made.between(frame.index[13], None))
    assert "forecast" not in short.method
    assert short.details["learnt"] == 11


def test_a_month_missing_in_the_target_is_left_out_of_windows_and_exposure() -> None:
    frame = london(np.random.default_rng(23), 60)
    made = Panel(counts=frame, target=("E0001",), start=frame.index[24])
    gap = made.without([frame.index[10], frame.index[20]])
    found = effects.placebo_calibrated(panel=gap)
    assert found.details["learnt"] == 22
    assert found.details["months_before"] == 6
    whole = effects.placebo_calibrated(panel=made)
    assert found.estimate == pytest.approx(whole.estimate, rel=0.1)


def test_a_step_in_recording_is_cautioned() -> None:
    frame = london(np.random.default_rng(24), 60)
    frame.iloc[:12] = (frame.iloc[:12] * 0.5).astype(int)
    made = Panel(counts=frame, target=("E0001",), start=frame.index[24])
    cautions = effects.placebo_calibrated(panel=made).cautions
    assert any("was recording changed" in text for text in cautions)
    level = Panel(counts=london(np.random.default_rng(24), 60), target=("E0001",),
                  start=frame.index[24])  # fmt: skip
    assert not any("recording" in t for t in effects.placebo_calibrated(panel=level).cautions)


@pytest.mark.parametrize(("incidents", "months"), [(4, 24), (4, 11)])
def test_four_incidents_are_too_few(incidents: int, months: int) -> None:
    frame = london(np.random.default_rng(25), 60)
    frame.iloc[:months, 0] = [1] * incidents + [0] * (months - incidents)
    made = Panel(counts=frame, target=("E0000",), start=frame.index[months])
    with pytest.raises(NotEnoughData, match=r"4 incident\(s\) in the target before"):
        effects.placebo_calibrated(panel=made)


# What changed parts of the controls would go unseen.


def test_near_controls_are_taken_to_the_fortieth_and_no_further() -> None:
    from mtf_eval.analysis.effects.placebo import USUAL, WIDE, choose_controls

    a, b = np.full(70, 50.0), np.full(70, 50.0)
    one, rest = np.array([0]), np.arange(1, 70)
    assert len(choose_controls(a, b, one, rest).groups) == USUAL.most == 40
    a[21:] = 500.0  # twenty are near, the rest ten times the target's
    assert len(choose_controls(a, b, one, rest).groups) == 20
    assert WIDE.most == 80
    months = pd.date_range("2021-01-01", periods=24, freq="MS")
    for areas, target, controls in ((100, 1, 40), (700, 1, 80), (700, 2, 40)):
        level = pd.DataFrame(50, index=months, columns=[f"E{k:03d}" for k in range(areas)])
        made = Panel(counts=level, target=tuple(level.columns[:target]), start=months[12])
        assert effects.placebo_calibrated(panel=made).details["controls"] == controls
    # Twenty areas in a row are ten pairs: as many as are needed, so none overlap.
    pairs = choose_controls(a[:22], b[:22], np.array([20, 21]), np.arange(20))
    assert pairs.groups.shape == (10, 2)
    assert pairs.disjoint == 10


def test_incidents_are_told_with_their_interval_or_not_at_all() -> None:
    whole = made(4, -0.4, 0.1)
    assert "incidents than expected" in whole.sentence()
    for gone in (["avoided_low"], ["avoided_high"], ["avoided_low", "avoided_high"]):
        told = replace(whole, **dict.fromkeys(gone)).sentence()
        assert "incidents than expected" not in told


@pytest.mark.parametrize(("people", "same", "exact"), [(49, 0, True), (50, 0, False),
                                                       (49, 1, False)])  # fmt: skip
def test_a_signed_rank_is_exact_of_few_people_who_all_changed(
    people: int, same: int, exact: bool
) -> None:
    """As R's `wilcox.test`: exact below 50 without ties or unchanged answers."""
    moved = np.arange(1.0, people + 1) * np.where(np.arange(people) % 3, 1, -1)
    moved[:same] = 0
    found = effects.paired_ordinal_change(before=np.zeros(people), after=moved)
    how = {"method": "exact"} if exact else {"method": "asymptotic", "correction": True}
    assert found.p == pytest.approx(stats.wilcoxon(moved[moved != 0], **how).pvalue)
    assert found.details["same"] == same


def test_the_season_of_a_forecast_is_that_of_the_last_year_for_a_year_at_most() -> None:
    from mtf_eval.analysis.effects.forecast import same_months

    months = pd.date_range("2021-01", periods=49, freq="MS")
    for after, which in ((3, [24, 25, 26]), (12, [*range(24, 36)]), (13, [])):
        taken = same_months(months[:36], months[36 : 36 + after])
        assert np.flatnonzero(taken).tolist() == which


def test_named_areas_stay_those_compared_where_months_or_others_go() -> None:
    frame = records(np.random.default_rng(2), areas=9).astype(float)
    frame.iloc[2, 5] = np.nan
    data = Panel(counts=frame, target=("E0000",), comparison=("E0003", "E0005"), start=START)
    assert data.complete(MONTHS).comparison == ("E0003",)


def test_an_area_silent_for_a_sixth_of_the_record_is_no_target_to_pretend() -> None:
    months = pd.date_range("2021-01", periods=24, freq="MS")
    counts = pd.DataFrame(2, index=months, columns=["A", "B"])
    counts.loc[months[6:12], "B"] = 0
    rows = counts.rename_axis("month").reset_index().melt("month", var_name="area_code")
    rows = rows.rename(columns={"value": "count"}).assign(measure="Burglary")
    assert list(effects.validation.month_by_area(incidents=rows).columns) == ["A"]


@pytest.mark.parametrize("swing", [0.0, 0.4])
def test_neighbouring_months_that_move_together_are_cautioned(swing: float) -> None:
    """A wave of seventeen months, which no season explains, carries a month into the next."""
    months, rng = pd.date_range("2019-01", periods=48, freq="MS"), np.random.default_rng(1)
    wave = np.exp(swing * np.sin(2 * np.pi * np.arange(48) / 17))
    counts = pd.Series(np.round(rng.poisson(60, 48) * wave), index=months)
    found = effects.interrupted_series(series=counts, start=months[30], rng=rng)
    said = " ".join(found.estimate.cautions)
    assert ("Neighbouring months are correlated" in said) == bool(swing)
    assert len(found.tidy().loc[0:1]) == 2


def test_limits_for_every_count_hold_those_of_the_count_there_was() -> None:
    from mtf_eval.analysis.effects.placebo import placebo_limits

    frame = records(np.random.default_rng(4), areas=60, months=48) + 5
    # Half a year after: the forecast learns from all 36 months before, not those of a season.
    data = Panel(counts=frame[:42], target=("E0000",), start=frame.index[36])
    own = int(data.totals(data.target)[1])
    found = effects.placebo_calibrated(panel=data)
    low, high, se = placebo_limits(panel=data, after=np.array([own - 1, own, own + 1]))
    assert (low[1], high[1], se[1]) == pytest.approx((found.low, found.high, found.se_log))
    assert (np.diff(low) > 0).all()


@pytest.mark.parametrize(
    ("target", "areas", "few"), [(3, 30, True), (2, 30, False), (1, 11, False)]
)
def test_few_separate_groups_are_cautioned_with_how_many(
    target: int, areas: int, few: bool
) -> None:
    """Of 27 others at most nine groups of three; the degrees of freedom are one fewer."""
    data = panel(target, areas=areas)
    found = effects.placebo_calibrated(
        panel=Panel(counts=data.counts + 5, target=data.target, start=START)
    )
    said = [text for text in found.cautions if "separate groups" in text]
    assert bool(said) == few
    if said:
        assert found.df + 1 <= (areas - target) // target
        assert said == [f"Only {found.df + 1:.0f} separate groups of areas could be formed as "
                        "controls."]  # fmt: skip


def test_three_years_before_are_learnt_from_and_no_month_more() -> None:
    frame = records(np.random.default_rng(4), areas=60, months=52) + 5
    data = Panel(counts=frame, target=("E0000",), start=frame.index[40])
    last = effects.placebo_calibrated(panel=Panel(
        counts=frame[4:], target=("E0000",), start=frame.index[40]))  # fmt: skip
    assert effects.placebo_calibrated(panel=data).estimate == last.estimate
    frame.iloc[4, :30] *= 9
    assert effects.placebo_calibrated(panel=data.with_values(frame.to_numpy())) != last


def test_groups_are_matched_only_where_no_neighbours_are_as_bad() -> None:
    from mtf_eval.analysis.effects.placebo import choose_controls

    rest = np.arange(2, 122)
    level = np.full(122, 50.0)
    runs = choose_controls(level, level, np.array([0, 1]), rest)
    assert (np.diff(runs.groups, axis=1) == 1).all()  # neighbours
    assert runs.tau2_floor == 0
    uneven = np.where(np.arange(122) % 2 == 0, 100.0, 5.0)
    uneven[1] = 100.0  # both of the target are bad, no two neighbours are
    matched = choose_controls(uneven, uneven, np.array([0, 1]), rest)
    assert (uneven[matched.groups] == 100).all(axis=1).sum() == 30  # the sixty bad ones in pairs


def test_the_worst_area_of_a_target_is_matched_first() -> None:
    """Targets of 10 and 4; left are 6, 1 and 30: the 10 takes the 6, for the 4 the 1 is nearer."""
    from mtf_eval.analysis.effects.placebo import _matched

    level = np.array([4.0, 10.0, 6.0, 1.0, 30.0])
    (group,) = _matched(np.array([2, 3, 4]), level, np.array([0, 1]))
    assert sorted(level[group]) == [1, 6]


def test_overlapping_groups_widen_the_error_of_their_mean() -> None:
    from mtf_eval.analysis.effects.placebo import Controls, calibrate

    a, b = np.array([40.0, 50, 60, 45, 50]), np.array([42.0, 47, 66, 40, 50])
    groups = np.array([[0, 1], [1, 2], [2, 3], [0, 3]])
    y = np.log((b[groups].sum(axis=1) + 0.5) / (a[groups].sum(axis=1) + 0.5))
    mean, tau2, variance = random_effects_mean(y, 1 / (b[groups].sum(axis=1) + 1))
    got, se, df, _ = calibrate(
        a, b, np.array([4]), np.array(50), Controls(groups=groups, disjoint=2)
    )
    assert se**2 == pytest.approx(1 / 51 + tau2 + variance * 4 / 2)
    assert df == 1
    assert float(got) == pytest.approx(-mean)


def test_nothing_after_is_cautioned_and_groups_are_summed() -> None:
    frame = london(np.random.default_rng(26), 60)
    frame.iloc[24:, :2] = 0
    made = Panel(counts=frame, target=("E0000", "E0001"), start=frame.index[24])
    found = effects.placebo_calibrated(panel=made)
    assert any("half an incident was added" in text for text in found.cautions)
    dots = effects.placebo_controls(panel=made)
    for row in dots.itertuples():
        assert row.after == frame.iloc[24:][row.areas.split(";")].to_numpy().sum()


def test_counts_of_an_estimate_add_up_and_left_out_areas_are_said() -> None:
    assert effects.rate_ratio(before=9, after=4).n == 13
    rng = np.random.default_rng(27)
    frame = london(rng, 30, months=12)
    frame.iloc[3] = 0  # a month in which nothing was recorded anywhere
    frame.iloc[:, 5] = 0
    two = Panel(counts=frame, target=("E0000", "E0001"), start=frame.index[6])
    found = effects.difference_in_differences(panel=two)
    assert any("2 area(s) or month(s)" in text for text in found.cautions)
    frame.iloc[:, 6:8] = 0
    two = Panel(counts=frame, target=("E0000", "E0001"), start=frame.index[6])
    found = effects.difference_in_differences(panel=two)
    assert any("4 area(s) or month(s)" in text for text in found.cautions)
    assert not any("One target area" in text for text in found.cautions)


def test_survey_statistics_against_scipy_and_hand_sums() -> None:
    before, after = [1, 2, 2, 3, 4, 1, 2], [3, 3, 4, 5, 2, 4, 4, 5]
    found = effects.ordinal_change(before=before, after=after)
    reference = stats.brunnermunzel(before, after)
    assert found.p == pytest.approx(reference.pvalue)
    assert abs(found.estimate / found.se) == pytest.approx(abs(reference.statistic))
    u = stats.mannwhitneyu(after, before).statistic
    assert found.estimate == pytest.approx(2 * u / (7 * 8) - 1)
    reach = stats.t.ppf(0.975, found.details["df"]) * found.se
    assert (found.low, found.high) == pytest.approx(
        (found.estimate - reach, min(1, found.estimate + reach)))  # fmt: skip
    turned = effects.ordinal_change(before=after, after=before)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert effects.ordinal_change(before=[1, 1, 1, 2, 2], after=[2, 5, 5, 5, 5]).high == 1
    # 1998 Newcombe, paired, method 10: worked with his example (e, f, g, h) = (36, 12, 2, 0).
    apart = effects.proportion_change(yes_before=3, n_before=12, yes_after=10, n_after=20)
    assert apart.details == pytest.approx({"before": 0.25, "after": 0.5})
    assert (apart.estimate, apart.n) == (pytest.approx(0.25), 32)
    paired = effects.paired_change(both=36, gained=12, lost=2, neither=0)
    assert paired.details == pytest.approx({"before": 38 / 50, "after": 48 / 50, "changed": 14})
    assert paired.estimate == pytest.approx(0.2)
    assert (paired.low, paired.high) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    assert paired.p == pytest.approx(stats.binomtest(2, 14, 0.5).pvalue)
    # Where more agree than chance would have it his method takes half of n off the product first.
    many, (e, f, g, h) = (
        effects.paired_change(both=20, gained=9, lost=6, neither=12),
        (20, 9, 6, 12),
    )

    def ends(yes: int) -> tuple[float, float]:
        share, z, n = yes / 47, stats.norm.ppf(0.975), 47
        middle, reach = share + z**2 / (2 * n), z * math.sqrt(share * (1 - share) / n
                                                              + z**2 / (4 * n**2))  # fmt: skip
        return (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)

    (l0, u0), (l1, u1), p0, p1 = ends(e + g), ends(e + f), (e + g) / 47, (e + f) / 47
    phi = (e * h - f * g - 47 / 2) / math.sqrt((e + f) * (g + h) * (e + g) * (f + h))
    low = math.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u0 - p0) + (u0 - p0) ** 2)
    high = math.sqrt((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p0 - l0) + (p0 - l0) ** 2)
    assert (many.low, many.high) == pytest.approx((3 / 47 - low, 3 / 47 + high))
    # From 25 changed on McNemar's, with Edwards' correction: (|17 - 8| - 1) squared over 25.
    for lost, p in ((8, stats.chi2.sf(64 / 25, 1)), (7, stats.binomtest(7, 24, 0.5).pvalue)):
        many = effects.paired_change(both=36, gained=17, lost=lost, neither=4)
        assert many.p == pytest.approx(p)
    assert effects.paired_change(both=3, gained=0, lost=0, neither=4).p == 1


def test_synthetic_weights_are_those_put_in_and_those_of_a_constrained_solver() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(6)
    donors = rng.gamma(4, 5, (24, 8))
    truth = np.array([0.5, 0.3, 0.2, 0, 0, 0, 0, 0])
    assert simplex_weights(donors @ truth, donors) == pytest.approx(truth, abs=1e-4)
    noisy = donors @ truth + rng.normal(0, 4, 24)
    solved = minimize(
        lambda w: ((noisy - donors @ w) ** 2).mean(),
        np.full(8, 1 / 8),
        bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert simplex_weights(noisy, donors) == pytest.approx(solved.x, abs=2e-3)


def test_synthetic_control_finds_a_known_fall() -> None:
    rng = np.random.default_rng(7)
    season = 60 + 25 * np.sin(np.arange(36) / 12 * 2 * np.pi)
    frame = pd.DataFrame(
        rng.poisson(season[:, None] * rng.uniform(0.7, 1.4, 25)),
        index=pd.date_range("2019-01-01", periods=36, freq="MS"),
        columns=[f"E{i}" for i in range(25)],
    )
    start = frame.index[24]
    frame.loc[start:, "E0"] = rng.binomial(frame.loc[start:, "E0"], 0.6)
    found = effects.synthetic_control(panel=Panel(counts=frame, target=("E0",), start=start))
    assert found.low <= 0.6 <= found.high < 1
    assert found.details["p_rank"] <= 2 / 25
    # Each of the 24 donors is treated in turn: 23 degrees of freedom.
    reach = stats.t.ppf(0.975, 23) * found.se_log
    ends = np.log([found.low, found.high]) - np.log(found.estimate)
    assert ends == pytest.approx([-reach, reach])
    weights = [w for name, w in found.details.items() if name.startswith("weight of E")]
    assert sum(weights) == pytest.approx(1, abs=0.03)


def test_one_comparison_for_target_and_buffer_is_one_chance() -> None:
    rng = np.random.default_rng(16)
    given = {"time_weights": (1.0, 1.0), "area_weights": (3.0, 1.0, 2.0, 1.0), "level": 0.9}
    found, errors = [], []
    for _ in range(2000):
        target, rest, beside = (tuple(rng.poisson(m, 2)) for m in (60, 90, 40))
        one = effects.weighted_displacement_difference(
            target=target,
            comparison=rest,
            displacement=beside,
            displacement_comparison=rest,
            shared_comparison=True,
            **given,
        )
        found.append(one.estimate)
        errors.append(one.se)
        assert one.n == sum(target) + sum(rest) + sum(beside), "each incident once"
    # 2 x 60 + 2 x 40 + 2 x 90 x (1/3 + 1/2)^2 = 325; as two counts it would be 265.
    assert np.mean(np.square(errors)) == pytest.approx(325, rel=0.01)
    assert np.var(found) == pytest.approx(325, rel=0.1)


def test_levels_are_compared_by_area() -> None:
    caution = "The comparison's level is more than five times off the target's."
    like = effects.weighted_displacement_difference(
        target=(50, 40), comparison=(2000, 1900), area_weights=(40, 1, 1, 1)
    )
    assert caution not in like.cautions
    unlike = effects.weighted_displacement_difference(target=(50, 40), comparison=(2000, 1900))
    assert caution in unlike.cautions


# The placebo-calibrated effect.


def test_placebo_effect_is_the_formula_by_hand() -> None:
    data = panel(areas=40)
    found = effects.placebo_calibrated(panel=data)
    a = data.counts[~data.post].sum()
    b = data.counts[data.post].sum()
    own = data.target[0]
    near = (np.log((a + 0.5) / (a[own] + 0.5))).abs().drop(own).sort_values(kind="stable")
    chosen = near.index[: max(20, int((near < math.log(1.3)).sum()))]
    from statsmodels.stats.meta_analysis import combine_effects

    y = np.log((b[chosen] + 0.5) / (a[chosen] + 0.5)).to_numpy()
    fit = combine_effects(y, 1 / (b[chosen].to_numpy() + 1), method_re="dl")
    expected = math.log((b[own] + 0.5) / (a[own] + 0.5)) - fit.mean_effect_re
    assert math.log(found.estimate) == pytest.approx(expected)
    se = math.sqrt(1 / (b[own] + 1) + fit.tau2 + fit.sd_eff_w_re**2)
    assert found.se_log == pytest.approx(se)
    assert found.df == len(chosen) - 1
    reach = stats.t.ppf(0.975, len(chosen) - 1) * se
    assert (found.low, found.high) == pytest.approx(
        (math.exp(expected - reach), math.exp(expected + reach))
    )
    dots = effects.placebo_controls(panel=data)
    assert (dots["role"] == "control").sum() == len(chosen)
    mine = dots[dots["role"] == "project"].iloc[0]
    assert mine["against_controls"] == pytest.approx(found.estimate)


def test_fewer_after_is_more_avoided_and_none_after_is_no_exception() -> None:
    """By hand: expected is `(before + 1/2) exp(mu) - 1/2`, whatever came after."""
    data = panel(areas=40)
    own = data.target[0]
    last = data.counts.index[-1]
    found = []
    for after in range(8):
        counts = data.counts.copy()
        counts.loc[data.post, own] = 0
        counts.loc[last, own] = after
        found.append(effects.placebo_calibrated(panel=Panel(counts=counts, target=data.target,
                                                            start=data.start)))  # fmt: skip
    before = data.totals(data.target)[0]
    expected = (before + 0.5) * found[0].details["drift"] - 0.5
    for after, each in enumerate(found):
        assert each.avoided == pytest.approx(expected - after)
        assert each.avoided_low <= each.avoided <= each.avoided_high
        assert each.low * (each.avoided_high + after + 0.5) == pytest.approx(after + 0.5)
        nothing = each.low <= 1 <= each.high
        assert (each.avoided_low <= 0 <= each.avoided_high) is nothing
    assert all(a.avoided > b.avoided for a, b in pairwise(found))


def test_a_group_is_compared_with_disjoint_groups_of_as_many() -> None:
    data = panel(4)
    dots = effects.placebo_controls(panel=data)
    groups = [set(text.split(";")) for text in dots["areas"]]
    assert all(len(group) == 4 for group in groups)
    assert sum(len(group) for group in groups) == len(set().union(*groups))
    assert effects.placebo_calibrated(panel=data).details["match"] == pytest.approx(1, abs=0.5)


def test_areas_worse_than_all_others_get_a_caution() -> None:
    data = panel()
    counts = data.counts.copy()
    counts[data.target[0]] += 500
    found = effects.placebo_calibrated(panel=Panel(counts=counts, target=data.target, start=START))
    assert any("No other areas were as bad" in caution for caution in found.cautions)


def test_same_season_keeps_the_calendar_months() -> None:
    frame = records(np.random.default_rng(2), areas=15, months=30)
    data = Panel(counts=frame, target=("E0001",), start=pd.Timestamp("2024-01-01"))
    kept = data.same_season()
    assert kept.months_after == 6
    assert set(kept.counts.index[~kept.post].month) == {1, 2, 3, 4, 5, 6}
    assert kept.months_before == 12
    short = Panel(counts=frame.iloc[:12], target=("E0001",), start=START)
    assert short.same_season() is short


def test_regression_to_the_mean_is_put_in_numbers() -> None:
    rng = np.random.default_rng(8)
    level = rng.gamma(8, 2, 300)
    frame = pd.DataFrame(
        rng.negative_binomial(level / 4, 0.2, (12, 300)),
        index=MONTHS,
        columns=[f"E{i:03d}" for i in range(300)],
    )
    worst = str(frame[frame.index < START].sum().idxmax())
    data = Panel(counts=frame, target=(worst,), start=START)
    check = effects.regression_to_the_mean(panel=data)
    assert check.details["regression"] < -0.05
    assert "regression to the mean" in check.text


def test_regression_to_the_mean_names_who_the_controls_are_and_adds_up() -> None:
    data = panel()
    check = effects.regression_to_the_mean(panel=data)
    own, all_others = (float(part) for part in re.findall(r"by ([+-][0-9.]+)%", check.text))
    assert check.text.startswith("Areas as bad as this one before")
    apart = 100 * ((100 + own) / (100 + all_others) - 1)  # from the two numbers that are shown
    said = re.search(r"([0-9.]+)% fewer", check.text)
    assert (-float(said[1]) if said else 0.0) == pytest.approx(min(apart, 0), abs=0.2)
    counts = data.counts.copy()
    counts[data.target[0]] += 500
    worse = effects.regression_to_the_mean(panel=Panel(counts=counts, target=data.target,
                                                       start=START))  # fmt: skip
    assert "as bad" not in worse.text
    assert re.match(r"The controls, with 0\.\d\d times this project's count", worse.text)
    assert "-0.0%" not in check.text + worse.text


def test_several_areas_are_ranked_among_groups_of_as_many() -> None:
    """Pairs by hand: single areas swing, every pair of neighbours but one holds level."""
    level = np.tile([40, 40], 12)
    swing = np.tile([20, 60], 12)  # each area halves or gains by half, each pair stays at 80
    swing[:2] = 80  # one pair doubles
    names = [f"E{i:02d}" for i in range(26)]
    frame = pd.DataFrame(
        [np.append(level, [40, 40]), np.append(swing, [30, 30])],
        index=pd.to_datetime(["2022-06-01", "2022-07-01"]), columns=names,
    )  # fmt: skip
    both = effects.placebo_in_space(panel=Panel(counts=frame, target=("E24", "E25"), start=START))
    assert both.details == {"areas": 12.0, "as_large": 1.0}
    assert both.p == pytest.approx(2 / 13)
    assert "1 of 12 other groups of 2 areas" in both.text
    one = effects.placebo_in_space(panel=Panel(counts=frame, target=("E24",), start=START))
    assert one.details["areas"] == 25.0
    assert one.details["as_large"] == 12.0  # the eleven that halved, and its neighbour
    few = Panel(counts=frame, target=tuple(names[19:]), start=START)
    with pytest.raises(NotEnoughData, match="at least 28 needed"):
        effects.placebo_in_space(panel=few)


def test_checks_find_what_was_put_in() -> None:
    frame = records(np.random.default_rng(9), areas=60, months=24)
    start = pd.Timestamp("2023-01-01")
    own = str(frame.sum().idxmax())
    frame.loc[:, own] = np.arange(24) * 6 + 20
    steep = Panel(counts=frame, target=(own,), start=start)
    rising = effects.pre_trend(panel=steep)
    assert rising.passed is False
    assert rising.size.startswith("rising ")
    assert rising.text.endswith(": a trend of its own before the start.")
    after = steep.counts.copy()
    after[own] = after[own].to_numpy()[::-1]  # the same lift, from its other end
    falling = effects.pre_trend(panel=Panel(counts=after, target=(own,), start=start))
    assert falling.size.startswith("falling ")
    assert "a month against the comparison" in falling.size
    fake = effects.placebo_in_time(panel=steep)
    assert fake.passed is False
    assert fake.size.endswith("show a change, 0 of them a fall")
    after[own] = [200] * 6 + [20] * 18
    moved = effects.placebo_in_time(panel=Panel(counts=after, target=(own,), start=start)).size
    wrong, falls = (part.split(" of ")[0] for part in moved.split(", "))
    assert wrong == falls != "0"
    flat = steep.counts.copy()
    flat[own] = flat.drop(columns=own).sum(axis=1) // 50
    level = Panel(counts=flat, target=(own,), start=start)
    even = effects.pre_trend(panel=level)
    assert even.passed is True
    assert even.text.endswith(": no sign of a trend of its own.")
    assert effects.placebo_in_time(panel=level).passed is True
    assert effects.placebo_in_space(panel=level).p > 0.1


def test_planning_foresees_the_error_of_the_evaluation() -> None:
    rng = np.random.default_rng(10)
    drift = np.exp(rng.normal(0, 0.2, (4, 120)).cumsum(axis=0)).repeat(6, axis=0)
    mean = rng.gamma(4.0, 4.0, 120) * drift
    frame = records(rng, months=24)
    frame = pd.DataFrame(rng.poisson(mean), index=frame.index, columns=frame.columns)
    own = (str(frame.iloc[:18].sum().idxmax()),)
    planned = effects.planned(
        panel=Panel(counts=frame.iloc[:18], target=own, start=frame.index[18]), months=6
    )
    later = effects.placebo_calibrated(panel=Panel(counts=frame, target=own, start=frame.index[18]))
    reach = stats.t.ppf(0.975, later.df) + stats.norm.ppf(0.8)
    assert planned.smallest() == pytest.approx(1 - math.exp(-reach * later.se_log), abs=0.12)


@pytest.mark.parametrize(
    ("length", "months", "held", "used"),
    [
        (24, 12, 12, 24), (18, 6, 6, 18), (20, 12, 8, 20), (15, 12, 3, 15), (13, 1, 1, 13),
        # Under fifteen months the later half serves, with as many before.
        (14, 12, 7, 14), (14, 6, 6, 12), (9, 12, 4, 8), (6, 12, 3, 6),
    ],
)  # fmt: skip
def test_which_months_a_plan_learns_from(length: int, months: int, held: int, used: int) -> None:
    """What is expected is what an evaluation would have expected of the last months on record."""
    frame = records(np.random.default_rng(5), areas=60, months=length)
    own = (str(frame.sum().idxmax()),)
    found = effects.planned(panel=Panel(counts=frame, target=own, start=START), months=months)
    then = Panel(counts=frame.iloc[-used:], target=own, start=frame.index[-held])
    now = effects.placebo_calibrated(panel=then)
    assert now.avoided is not None
    by_month = (now.n_after + now.avoided) / held
    assert found.expected / months == pytest.approx(by_month, rel=2e-3)
    assert found.df == now.df


@pytest.mark.parametrize(
    ("columns", "target", "buffer", "method"),
    [
        (11, 1, 0, "Placebo"), (10, 1, 0, "Difference"),  # ten others, and nine
        (12, 1, 1, "Placebo"), (11, 1, 1, "Difference"),
        (26, 6, 0, "Difference"), (30, 6, 0, "Placebo"),  # four groups of six
    ],
)  # fmt: skip
def test_a_check_takes_the_design_that_the_areas_carry(
    columns: int, target: int, buffer: int, method: str
) -> None:
    rng = np.random.default_rng(2)
    names = [f"A{i:02d}" for i in range(columns)]
    frame = pd.DataFrame(rng.poisson(30, (12, columns)), MONTHS, names)
    made = Panel(counts=frame, target=tuple(names[:target]), start=START,
                 buffer=tuple(names[target : target + buffer]))  # fmt: skip
    assert _best(made, 0.95).method.startswith(method)


@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 0)])
def test_no_series_is_fitted_to_nothing(before: int, after: int) -> None:
    months = pd.date_range("2020-01-01", periods=36, freq="MS")
    series = pd.Series([before] * 24 + [after] * 12, months)
    words = f"x: {24 * before} incident(s) before and {12 * after} after the start"
    with pytest.raises(NotEnoughData, match=re.escape(words)):
        effects.interrupted_series(
            series=series, start=months[24], measure="x", rng=np.random.default_rng(1)
        )


# How often they are wrong: small, seeded, with bounds that a right estimator meets.


def test_placebo_calibration_keeps_its_level_where_the_others_do_not() -> None:
    counts = records(np.random.default_rng(11), areas=160)
    targets = pretended_targets(counts=counts, start=START)
    shown = ("Placebo-calibrated", "Four counts, Poisson")
    table = performance(
        counts=counts,
        start=START,
        targets=targets,
        rng=np.random.default_rng(1),
        falls=(0.0, 0.4),
        estimators={name: ESTIMATORS[name] for name in shown},
    )
    table = table.set_index(["estimator", "fall"])
    own = table.loc["Placebo-calibrated"]
    # 5% of about 145 targets is 7 +- 2.6: bounds at three standard errors.
    assert own.loc[0.0, "changes"] <= 0.105
    assert own["covers"].between(0.895, 1).all()
    assert own.loc[0.4, "falls"] > own.loc[0.0, "falls"]
    assert table.loc[("Four counts, Poisson", 0.0), "changes"] > 0.12


def test_pretended_groups() -> None:
    counts = pd.DataFrame({"a": [9, 9], "b": [9, 9], "c": [1, 1]}, index=MONTHS[5:7])
    named = {"a": "M1", "b": "M1", "c": "M2"}
    assert pretended_targets(counts=counts, start=START, groups=named) == (("a", "b"),)
    assert pretended_targets(counts=counts, start=START, least_before=5) == (("a",), ("b",))
    with pytest.raises(NotEnoughData):
        performance(counts=counts, start=START, targets=(), rng=np.random.default_rng(1))


def test_poisson_intervals_cover_on_poisson_counts() -> None:
    rng = np.random.default_rng(12)
    held = {"exact": 0, "four": 0, "displacement": 0}
    draws = 300
    for _ in range(draws):
        a, b, c, d = (int(x) for x in rng.poisson([40, 30, 60, 60]))
        exact = effects.rate_ratio(before=a, after=b)
        four = effects.ratio_of_ratios(
            before=a, after=b, comparison_before=c, comparison_after=d, dispersion=1
        )
        moved = effects.weighted_displacement_difference(target=(a, b), comparison=(c, d))
        held["exact"] += exact.low <= 0.75 <= exact.high
        held["four"] += four.low <= 0.75 <= four.high
        held["displacement"] += moved.low <= -10 <= moved.high
    # Three standard errors of 300 draws are 3.8 points; the exact interval may only be wider.
    assert 0.912 <= held["exact"] / draws <= 0.995
    assert 0.912 <= held["four"] / draws <= 0.988
    assert 0.912 <= held["displacement"] / draws <= 0.988


def test_pooling_finds_the_mean_of_differing_projects() -> None:
    rng = np.random.default_rng(13)
    truth = -0.3
    held = 0
    for _ in range(200):
        se = rng.uniform(0.1, 0.3, 6)
        logs = rng.normal(truth, np.sqrt(se**2 + 0.15**2))
        found = effects.pool([made(3, float(y), float(s)) for y, s in zip(logs, se, strict=True)])
        held += found.low <= math.exp(truth) <= found.high
        assert found.details["prediction_low"] <= found.estimate <= found.details["prediction_high"]
    assert 0.90 <= held / 200 <= 0.995


@pytest.mark.parametrize("ratios", [(0.7, 0.72, 0.71), (0.7, 0.7), (0.5, 0.9, 1.4)])
def test_projects_that_agree_are_pooled_no_surer_than_their_own_errors_allow(
    ratios: tuple[float, ...],
) -> None:
    """Against the inverse-variance mean by hand: its error is `se / sqrt(k)` for equal errors."""
    k, se = len(ratios), 0.3
    found = effects.pool([made(3, math.log(r), se) for r in ratios])
    plain = se / math.sqrt(k)
    own = np.std(np.log(ratios), ddof=1) / math.sqrt(k)  # Hartung & Knapp, for equal errors
    assert found.se_log == pytest.approx(max(plain, own))
    reach = stats.t.ppf(0.975, k - 1) * max(plain, own)
    assert math.log(found.high / found.low) == pytest.approx(2 * reach)
    assert found.p == pytest.approx(
        2 * stats.t.sf(abs(np.log(ratios).mean()) / max(plain, own), k - 1)
    )


@pytest.mark.parametrize("mean", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_sparse_records_are_estimated_or_refused_never_warned_about(mean: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.poisson(mean, (36, 12)),
        index=pd.date_range("2019-01-01", periods=36, freq="MS"),
        columns=[f"E{i:02d}" for i in range(12)],
    )
    data = Panel(counts=frame, target=("E01",), buffer=("E02",), start=frame.index[24])
    series = data.monthly(data.target)
    calls = (
        lambda: effects.synthetic_control(panel=data),
        lambda: effects.interrupted_series(series=series, start=data.start, rng=rng, draws=50),
        lambda: effects.placebo_calibrated(panel=data),
        lambda: effects.pre_trend(panel=data),
        lambda: effects.placebo_in_time(panel=data),
        lambda: effects.overdispersion(data),
        lambda: effects.planned(panel=data, months=6),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls:
            try:
                call()
            except NotEnoughData as refused:
                text = str(refused)
                assert "incident" in text or "month" in text, text
    assert not caught


def test_an_archive_becomes_a_table_with_recoded_areas_left_out() -> None:
    frame = records(np.random.default_rng(14), areas=40)
    frame.loc[START:, "E0005"] = 0
    tidy = frame.rename_axis("month").reset_index().melt("month", var_name="area_code")
    tidy = tidy.rename(columns={"value": "count"}).assign(measure="Burglary")
    tidy.loc[len(tidy)] = [MONTHS[0], "", 7, "Burglary"]
    counts = effects.validation.month_by_area(incidents=tidy)
    assert "E0005" not in counts.columns
    assert "" not in counts.columns
    kept = counts.columns
    assert (counts.to_numpy() == frame[kept].to_numpy()).all()
    table = effects.validation.validation_table(
        incidents=tidy, rng=np.random.default_rng(1), measure="Burglary", neighbours=5
    )
    shown = set(ESTIMATORS) - {"Interrupted series, quasi-Poisson"}  # six months on each side
    assert len(table.frame) == 2 * len(shown)
    assert set(table.frame["estimator"]) == shown
    assert any("Interrupted series" in note for note in table.notes)
    assert table.frame["covers"].dropna().between(0, 100).all()
    worst = table.frame["covers_worst"].dropna()
    assert worst.between(0, 100).all()
    assert worst.max() > 1, "per cent, no share"
    kinds = effects.validation.measures_table(
        incidents=tidy, rng=np.random.default_rng(1), neighbours=5
    )
    assert [c.heading for c in kinds.columns[:3]] == ["Estimator", "Kind of incident", "True fall"]
    assert set(kinds.frame["measure"]) == {"All recorded", "Burglary"}
    assert set(kinds.frame["fall"]) >= {"0%", "20%", "50%"}


def test_what_the_estimators_said_is_counted_by_hand() -> None:
    """Of twenty areas four are refused, five call a fall, one a rise; the worst tenth is two."""
    names = [f"A{i:02d}" for i in range(20)]
    frame = pd.DataFrame(np.outer(np.ones(12, int), np.arange(1, 21)), MONTHS, names)

    def said(panel: Panel) -> SimpleNamespace:
        number = names.index(*panel.target)
        if number < 4:
            raise NotEnoughData("too few")
        low, high = {8: (1.1, 1.5), 19: (0.5, 0.9)}.get(number, (0.8, 1.2))
        low, high = (0.5, 0.9) if number < 8 else (low, high)
        return SimpleNamespace(low=low, high=high, se_log=None if number == 9 else number / 100)

    given = {"counts": frame, "targets": [(n,) for n in names], "falls": (0.0, 0.3)}
    rng = np.random.default_rng(1)
    found = performance(**given, start=START, rng=rng, estimators={"A": said, "B": said})
    assert found["estimator"].tolist() == ["A", "B", "A", "B"]
    assert found["fall"].tolist() == [0, 0, 0.3, 0.3]
    for _, row in found.iterrows():
        nothing = row["fall"] == 0
        by_hand = {
            "targets": 20, "cannot_say": 4, "covers": (10 if nothing else 5) / 16,
            "changes": 6 / 16, "falls": 5 / 16, "rises": 1 / 16,
            "covers_worst": 1 / 2, "falls_worst": 1 / 2,
            "se": 0.12,  # the middle of 0.04 to 0.19 without 0.09
        }  # fmt: skip
        assert row.drop(["estimator", "fall"]).to_dict() == pytest.approx(by_hand)
    both = performance(**given, start=[START, MONTHS[4]], after=3, rng=rng, estimators={"A": said})
    assert both["targets"].tolist() == [40, 40]
    few = {name: ESTIMATORS[name] for name in ("Placebo-calibrated", "Before and after, exact")}
    found = performance(counts=frame[names[:5]], targets=[("A04",)], falls=(0.0, 0.3), start=START,
                        rng=rng, estimators=few)  # fmt: skip
    refused = found.set_index(["estimator", "fall"])["cannot_say"]
    assert refused["Placebo-calibrated"].tolist() == [1, 1], "five areas hold no ten controls"
    assert refused["Before and after, exact"].tolist() == [0, 0]


def test_groups_of_areas_are_pretended_whole_and_areas_without_a_group_not_at_all() -> None:
    names = [f"A{i:02d}" for i in range(9)]
    tried: list[tuple[str, ...]] = []

    def said(panel: Panel) -> SimpleNamespace:
        tried.append(panel.target)
        return SimpleNamespace(low=0.5, high=0.9, se_log=0.1)

    groups = dict.fromkeys(names[:6], "G") | dict.fromkeys(names[6:8], "H")
    found = performance(
        counts=pd.DataFrame(10, MONTHS, names), groups=groups, start=START, falls=(0.0,),
        estimators={"A": said}, rng=np.random.default_rng(1),
    )  # fmt: skip
    assert found["targets"].tolist() == [2]
    assert sorted(tried) == [tuple(names[:6]), tuple(names[6:8])]


def test_of_a_slow_estimator_every_so_and_so_many_th_target_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = pd.DataFrame(10, MONTHS, [f"A{i:02d}" for i in range(20)])
    tried: list[str] = []

    def slow(panel: Panel) -> SimpleNamespace:
        tried.extend(panel.target)
        return SimpleNamespace(low=0.5, high=0.9, se_log=0.1)

    monkeypatch.setitem(effects.validation.SAMPLED, "slow", 5)
    found = performance(counts=frame, start=START, falls=(0.0,), estimators={"slow": slow},
                        rng=np.random.default_rng(1))  # fmt: skip
    assert (found["targets"].tolist(), tried) == ([5], ["A00", "A04", "A08", "A12", "A16"])


def test_a_start_of_ones_own_is_pretended() -> None:
    year = pd.date_range("2022-01-01", periods=12, freq="MS")
    starts, after = effects.validation.starts_of(year, "2022-10")
    assert (starts, after) == ([pd.Timestamp("2022-10-01")], 3)
    for wrong in ("2022-03", "2022-11", "October"):
        with pytest.raises(BadArgument, match="three on either side"):
            effects.validation.starts_of(year, wrong)
    assert effects.validation.starts_of(year, "2022-04") == ([pd.Timestamp("2022-04-01")], 9)
    assert effects.validation.starts_of(year) == ([pd.Timestamp("2022-07-01")], 6)
    # A year before and half a year after; of a longer record the last four, a quarter apart.
    for length, months in ((18, [12]), (20, [14]), (21, [12, 15]), (36, [21, 24, 27, 30])):
        record = pd.date_range("2020-01-01", periods=length, freq="MS")
        assert effects.validation.starts_of(record) == ([record[m] for m in months], 6)


def test_the_expectation_is_over_every_thinning_of_the_target() -> None:
    frame = records(np.random.default_rng(15), areas=40)
    target = str(frame.sum().idxmin())
    frame.loc[START:, target] = [2, 0, 1, 0, 0, 1]
    frame.loc[: MONTHS[5], target] = 2
    found = performance(
        counts=frame,
        start=START,
        targets=[(target,)],
        rng=np.random.default_rng(1),
        falls=(0.5,),
        estimators={"Placebo-calibrated": ESTIMATORS["Placebo-calibrated"]},
    ).iloc[0]
    covers = falls = 0.0
    for left in range(5):
        thinned = frame.copy()
        thinned.loc[START:, target] = [left, 0, 0, 0, 0, 0]
        one = effects.placebo_calibrated(panel=Panel(counts=thinned, target=(target,), start=START))
        chance = math.comb(4, left) / 16
        covers += chance * (one.low <= 0.5 <= one.high)
        falls += chance * (one.high < 1)
    assert 0 < falls < 1
    assert found["covers"] == pytest.approx(covers)
    assert found["falls"] == pytest.approx(falls)


def test_the_displacement_difference_as_a_ratio_says_what_the_difference_says() -> None:
    data = panel()
    found = ESTIMATORS["Displacement difference"](data)
    dots = effects.placebo_controls(panel=data)
    near = dots[dots["role"] == "control"]
    before, after = data.totals(data.target)
    change = (after - before) - (near["after"].sum() - near["before"].sum()) / len(near)
    error = math.sqrt(before + after + (near["before"] + near["after"]).sum() / len(near) ** 2)
    low, high = (change - 1.959964 * error, change + 1.959964 * error)
    assert found.low == pytest.approx(after / (after - low))
    assert found.high == pytest.approx(after / (after - high))


def test_an_interrupted_series_goes_on_through_months_not_on_record() -> None:
    """A trend of 2 % a month and a fall of 30 %: both as planted, with or without a hole."""
    months = pd.date_range("2019-01-01", periods=48, freq="MS")
    start = pd.Timestamp("2022-01-01")
    exact = 1e6 * np.exp(0.02 * np.arange(48)) * np.where(months >= start, 0.7, 1.0)
    series = pd.Series(np.round(exact), index=months)
    for gone in ([], [13, 14, 15, 40]):
        rng = np.random.default_rng(1)
        found = effects.interrupted_series(
            series=series.drop(months[gone]), start=start, rng=rng, draws=50
        )
        assert found.estimate.estimate == pytest.approx(0.7, abs=1e-5)
        said = " ".join(found.estimate.cautions)
        assert ("4 months between the first and the last are not on record" in said) == bool(gone)


def test_what_stands_beside_counts_is_a_number_above_nought_for_each_of_them() -> None:
    for before, after in ((0, 12), (12, 0), (-1, 12)):
        with pytest.raises(BadArgument, match="days or months above zero"):
            effects.rate_ratio(before=5, after=4, exposure_before=before, exposure_after=after)
    pairs = {"target": (50, 40), "comparison": (200, 190)}
    weights = ({"area_weights": (1, 1, 1)}, {"area_weights": (1, 1, 1, 1, 1)},
               {"area_weights": (1, 0, 1, 1)}, {"time_weights": (1, 0)})  # fmt: skip
    for wrong in weights:
        with pytest.raises(BadArgument, match="two of time and four of area, all above zero"):
            effects.weighted_displacement_difference(**pairs, **wrong)
    months = pd.date_range("2020-01-01", periods=40, freq="MS")
    series = pd.Series(np.arange(40) % 7 + 9, index=months)
    given = {"start": months[24], "rng": np.random.default_rng(1), "draws": 20}
    found = effects.interrupted_series(series=series, exposure=series * 0 + 30.0, **given)
    assert np.isfinite(found.estimate.estimate)
    for wrong in (0.0, -1.0, np.nan, np.inf):
        exposure = (series * 0.0 + 30).where(months != months[5], wrong)
        with pytest.raises(BadArgument, match="exposure: expected a number"):
            effects.interrupted_series(series=series, exposure=exposure, **given)
    with pytest.raises(BadArgument, match="exposure: expected a number"):
        effects.interrupted_series(series=series, exposure=exposure.iloc[:-1], **given)
    for wrong in (-1.0, np.nan, 1.5):
        with pytest.raises(BadArgument, match="missing, negative or not whole"):
            effects.interrupted_series(series=series.astype(float).replace(9.0, wrong), **given)
    with pytest.raises(NotEnoughData, match="repeats a month"):
        effects.interrupted_series(series=pd.concat([series, series.iloc[:1]]), **given)


def test_what_cannot_be_pooled_is_refused_or_counted_in_a_caution() -> None:
    from mtf_eval.analysis.effects.pooling import pool_ratios

    for logs, errors in (
        ([0.1, 0.2], [0.1]), ([0.1, 0.2], [0.1, 0.0]), ([0.1, 0.2], [0.1, -0.1]),
        ([0.1, np.nan], [0.1, 0.1]), ([0.1, np.inf], [0.1, 0.1]),
    ):  # fmt: skip
        with pytest.raises(BadArgument, match="one standard error above zero"):
            pool_ratios(log_ratios=logs, errors=errors)
    good = [made(3, -0.2, 0.1), made(4, -0.1, 0.2), made(2, 0.1, 0.3)]
    without = [replace(good[0], se_log=None), replace(good[0], estimate=0.0, low=0.0)]
    alone, more = effects.pool(good), effects.pool([*without, *good])
    assert (more.estimate, more.low, more.high, more.n) == (
        alone.estimate, alone.low, alone.high, sum(e.n for e in good)
    )  # fmt: skip
    assert more.maryland == 2, "no surer than the weakest"
    word = "2 project(s) without a standard error are not in the pooled ratio."
    assert word in more.cautions
    assert not any("without a standard error" in said for said in alone.cautions)
    two = "Two projects only: how much effects differ between projects is a guess."
    assert two in effects.pool(good[:2]).cautions
    assert two not in alone.cautions
    assert "prediction_low" not in effects.pool(good[:2]).details
    assert alone.details["prediction_low"] <= alone.low
    assert alone.high <= alone.details["prediction_high"]
    for found in (alone, more):
        assert found.details["projects"] == 3
        assert found.cautions[-1].startswith("Projects that kept no records are not in it")


def test_no_quotient_is_formed_where_there_is_nothing_to_divide_by() -> None:
    # By hand, Bowers and Johnson: the gain (5/9 - 9/9), the buffer's (6/9 - 5/9) over it.
    given = {"target": (9, 5), "comparison": (9, 9), "buffer": (5, 6)}
    found = effects.displacement_quotient(**given)
    assert found.estimate == pytest.approx(((6 - 5) / 9) / ((5 - 9) / 9))
    for comparison in ((0, 9), (9, 0)):
        with pytest.raises(NotEnoughData, match="no incident in the comparison"):
            effects.displacement_quotient(**given | {"comparison": comparison})
    for target in ((9, 9), (5, 9)):
        with pytest.raises(NotEnoughData, match="did not fall against its comparison"):
            effects.displacement_quotient(**given | {"target": target})


def test_only_a_poisson_interval_is_called_too_narrow() -> None:
    counts = {"before": 90, "after": 60, "comparison_before": 400, "comparison_after": 380}
    plain = effects.ratio_of_ratios(**counts, dispersion=1.0)
    assert plain.cautions == (
        "The interval is Poisson: it is too narrow for recorded crime, which varies more.",
    )
    wider = effects.ratio_of_ratios(**counts)
    assert wider.cautions == ()
    assert wider.low < plain.low < plain.high < wider.high
