"""The projects of a year together: pooled once, paid once, claimed no more than they may."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mtf_eval as mtf
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.results.findings import overclaims
from mtf_eval.analysis.year import portfolio
from mtf_eval.analysis.year import pounds as worth
from mtf_eval.errors import BadArgument
from mtf_eval.publish.display import elements
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.load import load
from mtf_eval.records.prices.reference import load_reference

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load(ROOT / "data" / "example")


@pytest.fixture(scope="module")
def year(data: Dataset) -> portfolio.Together:
    return portfolio.gather(data, year=2024)


@pytest.fixture(scope="module")
def spent(data: Dataset, year: portfolio.Together) -> worth.Money:
    found = worth.appraise(
        data,
        year,
        load_reference(),
        price_year="2023/24",
        horizon_years=5,
        rng=np.random.default_rng(1),
    )
    assert found is not None
    return found


def test_every_project_is_pooled_or_the_page_says_why(
    data: Dataset, year: portfolio.Together
) -> None:
    everyone = {e.project.project_id for e in year.evaluations}
    assert everyone == set(data.table("projects")["project_id"])
    assert everyone == {*year.members, *year.reasons}
    assert not set(year.members) & set(year.reasons)
    shown = portfolio.left_out(data, year).frame.set_index("project")["why"]
    assert "points the other way" in shown["EX05"]
    assert "nothing to compare with" in shown["EX08"]
    assert "areas of EX04" in shown["EX12"]


def test_pooling_by_hand(year: portfolio.Together) -> None:
    """Paule and Mandel by bisection, Hartung and Knapp by their formula, no error below plain."""
    by_name = {e.project.project_id: portfolio._estimate(e) for e in year.evaluations
               if e.project.project_id in year.members}  # fmt: skip
    y = np.log([e.estimate for e in by_name.values()])
    v = np.array([float(e.se_log or 0) for e in by_name.values()]) ** 2
    k, low, high = len(y), 0.0, 10.0

    def generalised_q(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())

    for _ in range(200):
        tau2 = (low + high) / 2
        low, high = (tau2, high) if generalised_q(tau2) > k - 1 else (low, tau2)
    tau2 = 0.0 if generalised_q(0.0) < k - 1 else tau2
    w = 1 / (v + tau2)
    mean = float((w * y).sum() / w.sum())
    error = math.sqrt(max(float((w * (y - mean) ** 2).sum()) / (k - 1), 1) / w.sum())
    reach = stats.t.ppf(0.975, k - 1) * error
    whole = year.pooled
    assert whole is not None
    assert whole.estimate == pytest.approx(math.exp(mean), rel=1e-4)
    assert whole.low == pytest.approx(math.exp(mean - reach), rel=1e-3)
    assert whole.high == pytest.approx(math.exp(mean + reach), rel=1e-3)


def test_an_effect_too_imprecise_to_give_still_has_its_weight(year: portfolio.Together) -> None:
    assert "EX06" in year.members, "leaving the unclear out would leave the failures out"


def test_few_projects_refuse_or_say_so(data: Dataset) -> None:
    early = portfolio.gather(data, year=2023)
    assert early.pooled is None
    assert "no mean to give" in portfolio.pooled_finding(early)
    rows = data.table("projects")
    for names, word in ((["EX01"], "One project only"), (["EX01", "EX03"], "Too few")):
        few = replace(data, tables={**data.tables, "projects": rows[rows.project_id.isin(names)]})
        found = portfolio.gather(few, year=2024)
        assert word in portfolio.pooled_finding(found)
        assert (found.pooled is None) == (len(names) < 2)


def test_the_counts_of_the_year_add_up_and_shared_falls_are_named(
    year: portfolio.Together,
) -> None:
    said = portfolio.lines_finding(year)
    ended = int(re.search(r"(\d+) of them ended", said)[1])
    assert sum(map(int, re.findall(r" in (\d+)", said))) == ended
    # EX06 has too few incidents for any answer: that is not "no change".
    assert "we cannot say in 1" in said
    assert "EX04 and EX12 worked in the same areas" in said
    assert portfolio.pooled_finding(year).endswith(", 19 times in 20.")


def test_the_total_is_not_the_sum_and_the_page_says_why(
    data: Dataset, year: portfolio.Together, spent: worth.Money
) -> None:
    own = {b.project_id: float(b.results["present_value_benefits_gbp"]) for b in spent.each
           if b.claimed}  # fmt: skip
    kinds = {
        kind: float(b.results["present_value_benefits_gbp"]) for kind, b in spent.kinds.items()
    }
    # All of EX12's three areas are EX04's too, whose claim is the surer: nothing of it is left.
    assert kinds["effect"] == pytest.approx(own["EX01"] + own["EX04"] + own["EX11"])
    assert kinds["doubtful"] == pytest.approx(own["EX03"])
    assert kinds["claimed"] == pytest.approx(own["EX05"] + own["EX09"])
    assert kinds["not_shown"] == pytest.approx(own["EX02"])
    assert "or an earlier year, counts is not counted again" in worth.once_finding(spent)
    alone = worth.once(data, year, spent).frame
    costs = alone["costs"].sum()
    enters = dict(zip((str(p).split()[0] for p in alone["project"]), alone["enters"], strict=True))
    assert enters.pop("EX12").endswith("also claimed by EX04; 0% of it enters the total.")
    assert {name for name, why in enters.items() if why != "all of it"} == {"EX06", "EX08"}
    assert enters["EX06"] == enters["EX08"] == "no pounds are known for it"
    shown = worth.by_kind(data, year, spent).frame
    assert shown["costs"].sum() == pytest.approx(costs), "costs are all paid, and paid once"
    assert shown["bcr"].notna().tolist() == [True, False, False, False]


def test_no_project_that_did_not_work_is_in_a_total_of_what_worked(
    data: Dataset, year: portfolio.Together, spent: worth.Money
) -> None:
    listed = worth.disappointments(data, year, spent).frame["project"].str.split().str[0]
    assert not set(spent.kinds["effect"].projects) & set(listed)
    assert {b.project_id for b in spent.each} == set(spent.kinds["effect"].projects) | set(listed)
    said = worth.finding(spent)
    assert said.count("for each £1") == 1


def test_the_interval_of_the_year_holds_its_value(spent: worth.Money) -> None:
    for own in spent.kinds.values():
        assert own.draws is not None
        low, high = own.draws.interval
        assert low < float(own.results["present_value_benefits_gbp"]) < high
    assert set(spent.waiting) == {"EX07", "EX10"}


def test_what_did_not_work_is_named(
    data: Dataset, year: portfolio.Together, spent: worth.Money
) -> None:
    frame = worth.disappointments(data, year, spent).frame
    named = {str(p).split()[0] for p in frame["project"]}
    assert {"EX02", "EX03", "EX06", "EX09"} <= named, "EX03's fall went next door, says the truth"
    assert not {"EX01", "EX07", "EX10"} & named


def test_a_change_against_what_was_wanted_is_named_and_is_no_success(
    data: Dataset, year: portfolio.Together, spent: worth.Money
) -> None:
    (own,) = (e for e in year.evaluations if e.project.project_id == "EX01")
    measure = own.project.primary_measure
    turned = replace(own, net={**own.net, measure: replace(own.net[measure], wanted=0.2)})
    told = worth.disappointments(data, replace(year, evaluations=(turned,)), None).frame
    assert told.to_numpy().tolist() == [
        [own.project.named, "anti-social behaviour: went the other way than wanted"]
    ]
    said = f"{portfolio.result_words(own)}, where a rise was wanted"
    assert portfolio.result_words(turned) == said
    assert ", where a rise was wanted, ratio" in turned.headline
    words = portfolio.lines_finding(replace(year, evaluations=(turned,)))
    assert "a fall, where a rise was wanted, in 1." in words
    results = year.results
    assert results["EX02"] == "no change to be told from chance"
    for name in ("EX01", "EX04", "EX11"):  # what passed its checks: the ratio in words
        (each,) = (e for e in year.evaluations if e.project.project_id == name)
        assert each.primary is not None
        assert results[name] == f"fall of {100 * (1 - each.primary.estimate):.0f}%"
    assert results["EX05"].startswith("rise of ")
    assert ", as wanted" in results["EX05"]
    assert results["EX08"].endswith(", no comparison")
    assert (results["EX07"], results["EX10"]) == ("response running", "being planned")
    words = {}
    for each in year.evaluations:
        told = worth.disappointments(data, replace(year, evaluations=(each,)), None).frame
        words[each.project.project_id] = told["what"].tolist()
    assert words["EX06"] == ["robbery: we cannot say"]
    assert words["EX08"] == ["fly-tipping: a change with nothing to compare it with"]
    assert words["EX09"] == ["no record of its measure was kept: nothing to judge it by"]
    assert words["EX01"] == words["EX07"] == words["EX10"] == []


def test_effects_stand_side_by_side_the_greatest_fall_first(
    data: Dataset, year: portfolio.Together
) -> None:
    frame = portfolio.effects(data, year).frame
    rows = {str(p).split()[0]: (level, inside) for p, level, inside in zip(
        frame["project"], frame["strength"], frame["pooled"], strict=True)}  # fmt: skip
    shown = {e.project.project_id: e.primary for e in year.evaluations if e.primary is not None}
    assert set(rows) == {*shown, "6"}, "no row without an estimate, and the mean of six"
    assert rows["6"] == ("3 of 5", "mean")
    assert {name for name in shown if rows[name][1] == "yes"} == {*year.members} - {*year.unclear}
    assert all(rows[name][0] == f"{e.maryland} of 5" for name, e in shown.items())
    assert frame["estimate"][:-1].is_monotonic_increasing
    wanted = frame["project"][frame["project"].str.endswith("(more is wanted)")]
    assert wanted.tolist() == ["EX05 violence and sexual offences (more is wanted)"]


@pytest.mark.parametrize(
    ("start", "end", "counted"),
    [
        ("2023-07-01", "2023-08-31", 2023),  # six months end on the last of December
        ("2023-07-16", "2023-08-31", 2024),  # from August on
        ("2023-07-01", "2025-01-01", 2025),
        ("2024-01-10", "2024-01-20", 2024),
    ],
)
def test_the_year_that_counts_a_project_by_hand(
    year: portfolio.Together, start: str, end: str, counted: int
) -> None:
    own = year.evaluations[0].project
    days = {"response_start": pd.Timestamp(start), "response_end": pd.Timestamp(end)}
    assert portfolio.year_of(replace(own, **days)) == counted
    assert portfolio.year_of(replace(own, **days | {"response_start": None})) is None


def test_without_projects_there_is_no_section() -> None:
    thanet = load(ROOT / "data" / "thanet_2021")
    none = portfolio.gather(thanet, year=2021)
    money = worth.appraise(
        thanet, none, load_reference(), price_year="2023/24", horizon_years=5,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert money is None
    mtf.report(mtf.load(ROOT / "data" / "thanet_2021"), "annual_review", year=2021)
    review = mtf.load(ROOT / "data" / "thanet_2021").year(2021)
    gathered = [review.projects(), review.effects(), review.money().once()]
    gathered += [review.money().fell_short()]
    assert {e.element().kind for e in gathered} == {"absent"}


# Words


@pytest.mark.parametrize(
    ("text", "level", "claimed"),
    [
        ("The project caused a fall", 3, ("caused",)),
        ("The project caused a fall", 4, ()),
        ("It led to fewer incidents than expected", 2, ("led to", "fewer incidents than expected")),
        ("a fall of 20% against what was expected", 2, ("against what was expect",)),
        ("consistent with an effect of the project", 3, ()),
        ("The effect of the project on burglary was a fall", 3, ("The effect of the project",)),
        ("This proves it", 5, ("proves",)),
        ("This says nothing about what caused the move", None, ()),
        ("Recorded burglary changed from 10 to 5", 1, ()),
    ],
)
def test_words_no_stronger_than_the_design(
    text: str, level: int | None, claimed: tuple[str, ...]
) -> None:
    assert overclaims(text, level) == claimed
    if claimed:
        with pytest.raises(BadArgument, match="claims more than"):
            elements.headline_result(text, level)


def test_every_sentence_of_the_year_keeps_to_its_level(
    data: Dataset, year: portfolio.Together, spent: worth.Money
) -> None:
    said: list[tuple[str, int | None]] = []
    for each in year.evaluations:
        level = each.primary.maryland if each.primary else None
        said += [(each.headline, level), (portfolio.result_words(each), level)]
        said += [(e.sentence(), e.maryland) for e in each.effects.values()]
        said += [(e.sentence(), e.maryland) for e in each.sensitivity]
    said += [(b.sentence(), b.maryland) for b in (*spent.each, *spent.kinds.values())]
    assert year.pooled is not None
    said.append((portfolio.pooled_finding(year), year.pooled.maryland))
    assert len(said) > 40
    wrong = [(text, level) for text, level in said if overclaims(text, level)]
    assert not wrong
    below = [text for text, level in said if level is not None and level < 3]
    assert below
    assert not [t for t in below if re.search(r"(?<!no )\beffects?\b", t)]


def test_a_month_is_counted_when_it_is_over(data: Dataset) -> None:
    half = portfolio.gather(data, year=2024, half=1)
    assert half.as_of == pd.Timestamp("2024-06-30").date()
    assert half.slug == "2024_h1"
    assert "EX01" in half.results
    assert projects.evaluate(
        data, "EX01", as_of=half.as_of, rng=np.random.default_rng(1)
    ).status == "running"  # fmt: skip
