"""Every cell of the tables of one project, on records whose answer is known without a model.

Each area has ten incidents a month, the project's own area four from the start on: whatever is
learnt from the others, 120 were to be expected of the year in which 48 were recorded.
"""

from __future__ import annotations

import calendar
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_projects import AS_OF, ASB, MONTHS, a_project, areas_of, data_of, evaluated

from mtf_eval.analysis.project import assessment, follow_up, harm, planning
from mtf_eval.analysis.project.design import project_of
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.reference import load_reference

NAN = math.nan
Judged = tuple[Dataset, Evaluation]


def even(beside: int = 10, areas: int = 14) -> pd.DataFrame:
    """Ten incidents in each area and month; after the start four in A00 and `beside` in A01."""
    after = {"A00": 4, "A01": beside}
    rows = [
        (month, area, ASB, after.get(area, 10) if month >= pd.Timestamp("2021-01-01") else 10)
        for area in (f"A{i:02d}" for i in range(areas))
        for month in MONTHS
    ]
    return pd.DataFrame(rows, columns=["month", "area_code", "measure", "count"])


@pytest.fixture(scope="module")
def alone() -> Judged:
    data = data_of(incidents=even(), project_areas=areas_of(target=["A00"]))
    return data, evaluated(data)


@pytest.fixture(scope="module")
def next_door() -> Judged:
    """A01 beside it rises to twelve a month; two areas are named to compare with."""
    areas = areas_of(target=["A00"], buffer=["A01"], comparison=["A02", "A03"])
    measures = pd.DataFrame([{"project_id": "P1", "measure": ASB, "target_change": -0.5}])
    data = data_of(incidents=even(12), project_areas=areas, project_measures=measures)
    return data, evaluated(data)


def placebo(before: int, after: int, controls: int) -> tuple[float, float, float, float]:
    """Ratio, its ends and its error where all controls stood still: none vary beyond chance."""
    ratio = (after + 0.5) / (before + 0.5)
    se = math.sqrt(1 / (after + 1) + 1 / (121 * controls))
    reach = stats.t.ppf(0.975, controls - 1) * se
    return ratio, ratio * math.exp(-reach), ratio * math.exp(reach), se


def same(table: Table, *rows: tuple[Any, ...]) -> None:
    found = table.frame.astype(object).to_numpy().tolist()
    assert len(found) == len(rows)
    for got, wanted in zip(found, rows, strict=True):
        assert len(got) == len(wanted), got
        for value, expected in zip(got, wanted, strict=True):
            if isinstance(expected, str):
                assert value == expected
            else:
                assert value == pytest.approx(expected, rel=1e-6, nan_ok=True), (got, wanted)


RATIO, LOW, HIGH, SE = placebo(120, 48, 13)
SMALLEST = 1 - math.exp(-(stats.t.ppf(0.975, 12) + stats.norm.ppf(0.8)) * SE)
METHOD = "Placebo-calibrated effect (forecast from 24 months, 13 controls)"
SAID = (
    f"{ASB}: a fall of 60% against what was expected, ratio 0.40 "
    f"(95% interval {LOW:.2f} to {HIGH:.2f})"
)
REASON = (
    "13 other areas, 24 months before and 12 after are on record; with at least 10 other areas "
    "this design comes first."
)


def test_the_first_screen(alone: Judged) -> None:
    data, found = alone
    table = assessment.headline(data, found)
    same(table, ("Made", 120, 120, 48, 72, RATIO))
    notes = " ".join(column.note for column in table.columns)
    assert "Jan 2020 to Dec 2020" in notes
    assert "Jan 2021 to Dec 2021" in notes
    low, high = 48.5 / HIGH - 48.5, 48.5 / LOW - 48.5
    assert (
        f"72 fewer incidents than expected (95% interval {low:.0f} to {high:.0f}); next door was "
        "not measured"
    ) in notes
    assert f"95% interval {LOW:.2f} to {HIGH:.2f}; below 1 is fewer" in notes
    same(
        assessment.short(data, found, "Two patrols"),
        ("The problem", "Noise"),
        ("What was done", "Two patrols; led by Police."),
        ("What changed", f"{SAID}."),
        ("How sure", f"Maryland level 3 of 5; {REASON} 1 of 6 checks could not be tried."),
    )


def test_what_changed_by_every_estimator(alone: Judged) -> None:
    data, found = alone
    same(
        assessment.changes(data, found),
        (ASB, 120, 48, RATIO, LOW, HIGH, 72, "", 100 * SMALLEST, "Fell, beyond chance"),
    )
    # Counts that vary less than chance are taken to vary as much: sums of reciprocals.
    se = math.sqrt(1 / 120 + 1 / 48 + 2 / (120 * 13))
    panel = stats.t.ppf(0.975, 13 * 23 - 1) * se
    four = stats.norm.ppf(0.975) * se
    ends = stats.beta.ppf([0.025, 0.975], [48, 49], [121, 120])
    exact = [float(end / (1 - end)) for end in ends]
    same(
        assessment.estimates(data, found),
        (f"{METHOD} (primary)", RATIO, LOW, HIGH, 168 + 240 * 13, 3),
        ("Difference-in-differences on the monthly panel (quasi-Poisson)", 0.4,
         0.4 * math.exp(-panel), 0.4 * math.exp(panel), 168 + 240 * 13, 3),
        ("Difference-in-differences of four counts (dispersion 1)", 0.4, 0.4 * math.exp(-four),
         0.4 * math.exp(four), 168 + 240 * 13, 3),
        ("Before and after (exact conditional rate ratio)", 0.4, *exact, 168, 2),
    )  # fmt: skip


def test_month_by_month_and_among_its_controls(alone: Judged) -> None:
    data, found = alone
    table = assessment.series(data, found)
    ends = [(48.5 / each - 0.5) / 12 for each in (HIGH, LOW)]
    before, after = MONTHS[MONTHS < "2021-01-01"], MONTHS[MONTHS >= "2021-01-01"]
    same(
        table,
        *((f"{m:%B %Y}", 10, NAN, NAN, NAN) for m in before),
        *((f"{m:%B %Y}", 4, 10, *ends) for m in after),
    )
    assert table.notes == (
        "Expected: the total that the effect implies, spread over the months as in the other "
        "areas; the band is spread in the same way from the 95% interval of that total.",
    )
    assert assessment.series_alt(found) == (
        "Line of 36 months, on average 10.0 a month before the start; 4.0 from January 2021 on; "
        "highest 10 in January 2019."
    )
    dots = assessment.controls(data, found)
    frame = dots.frame.set_index("group")
    assert frame.loc["This project"].tolist() == ["A00", 120, 48, pytest.approx(RATIO)]
    others = frame.drop("This project")
    assert sorted(others["areas"]) == [f"A{i:02d}" for i in range(1, 14)]
    assert others.iloc[:, 1:].to_numpy() == pytest.approx(np.tile([120, 120, 1.0], (13, 1)))


def test_checks_and_what_an_assessment_must_contain(alone: Judged) -> None:
    data, found = alone
    pretended = 19  # from April 2019 to October 2020: three months on each side
    same(
        assessment.checks_table(data, found),
        ("Trend before the start", "For information",
         f"Cannot be tried: {ASB}: too few incidents, or too little variation, for this model."),
        ("Fake start dates", "As it should be",
         f"0 of {pretended} pretended starts before the real one show a change."),
        ("Fake areas", "For information",
         "0 of 13 other areas, where nothing was done, changed as much or more."),
        ("Start after a bad period", "For information",
         "From 24 months of its own record and of other areas', the project's count would have "
         "changed by +0.0% with nothing done, all other areas by +0.0%: no sign of regression to "
         "the mean."),
        ("Chosen after a bad year?", "For information",
         "120 incidents in the months before, 120 in the same months a year earlier (+0%)."),
        ("On record", "As it should be", "Every area is on record in all months compared."),
        (f"Smallest fall that could be seen: {ASB}", "For information",
         f"A true fall of {SMALLEST:.0%} would be found four times in five."),
    )  # fmt: skip
    nothing = [(each, "no", "") for each in ("Consolidation", "Follow-up date")]
    same(
        assessment.check_list(data, found),
        ("Problem and measure fixed in advance", "not on record", "no plan is on record"),
        ("Response dates", "yes", "1 January 2021 to 31 December 2021"),
        ("Equal periods", "yes",
         "January 2020 to December 2020 against January 2021 to December 2021"),
        ("Comparison, and why", "yes", REASON),
        ("Trend before the start", "no", ""),
        ("Effect with interval", "yes", METHOD),
        ("Displacement and diffusion", "no", ""),
        ("Entry and exit survey", "no", ""),
        ("Costs", "no", ""),
        ("Smallest fall that could be seen", "yes", ""),
        *nothing,
    )  # fmt: skip
    same(
        assessment.on_record(data, found),
        ("A00 (target)", "January 2019", "December 2021", "on record", ""),
        ("Other areas (13)", "January 2019", "December 2021", "on record", ""),
    )


def test_what_an_assessment_contains_where_all_is_on_record() -> None:
    row = a_project(
        consolidation_plan="Kept up by wardens", follow_up_date=pd.Timestamp("2022-07-01"),
        mechanism="More eyes", moderators="After dark", response_end=pd.NaT, stage="response",
    )  # fmt: skip
    waves = pd.DataFrame({"project_id": "P1", "wave": ["exit", "entry", "entry"]})
    paid = pd.DataFrame([{"project_id": "P1", "amount_gbp": 10.0}])
    acts = pd.DataFrame(
        {"project_id": "P1", "action_id": ["1", "2"], "status": ["completed", "planned"],
         "due": pd.Timestamp("2021-03-01"), "completed": [pd.Timestamp("2021-02-01"), pd.NaT],
         "mechanism": ["light", None]}
    )  # fmt: skip
    data = data_of(projects=row, incidents=even(), project_areas=areas_of(target=["A00"]),
                   survey_responses=waves, costs=paid, actions=acts)  # fmt: skip
    found = evaluated(data)
    listed = assessment.check_list(data, found).frame.set_index("item").T.to_dict("list")
    assert listed["Response dates"] == ["yes", "1 January 2021 to still running"]
    assert listed["Entry and exit survey"] == ["yes", "entry and exit"]
    assert listed["Costs"] == ["yes", ""]
    assert listed["Consolidation"] == ["yes", ""]
    assert listed["Follow-up date"] == ["yes", "1 July 2022"]
    same(
        assessment.emmie(data, found),
        ("Effect", found.headline + (" (Maryland 3 of 5)" if found.primary else "")),
        ("Mechanism", "More eyes"),
        ("Moderators", "After dark"),
        ("Implementation", "1 of 2 actions completed"),
        ("Economics", "see the benefit analysis"),
    )


def test_what_moved_next_door(next_door: Judged) -> None:
    data, found = next_door
    ratio, low, high, se = placebo(120, 48, 12)
    own = (48.5 / high - 48.5, 48.5 / low - 48.5)
    around, least, most, error = placebo(120, 144, 12)
    beside = found.net[ASB].beside
    assert beside is not None
    assert beside.method == "Placebo-calibrated effect (forecast from 24 months, 12 controls)"
    assert beside.measure == f"{ASB} in the buffer"
    assert (beside.n_before, beside.n_after, beside.se_log) == (120, 144, pytest.approx(error))
    rng = np.random.default_rng(5)
    noise = [rng.standard_t(11, 400_000) * each for each in (se, error)]
    drawn = 48.5 / (ratio * np.exp(noise[0])) - 48.5
    drawn += np.minimum(144.5 / (around * np.exp(noise[1])) - 144.5, 0)
    net = np.quantile(drawn, [0.025, 0.975])
    table = assessment.spill(data, found)
    got = table.frame.iloc[0, 2:4].astype(float)
    assert got.tolist() == pytest.approx(net.tolist(), abs=0.02 * float(np.ptp(net)))
    wdd = math.sqrt((120 + 48) + 480 / 4 + (120 + 144) + 480 / 4 + 2 * 480 / 4)
    reach = stats.norm.ppf(0.975) * wdd
    working = "working: no verdict rests on it"
    same(
        table,
        ("Incidents avoided, net of next door", 72 - 24, *got, "on every page"),
        ("Incidents avoided in the project's areas, gross", 72, *own, "working"),
        ("Rate ratio next door", around, least, most,
         "above 1: its excess is taken off; below 1: shown, not credited"),
        ("Weighted displacement difference (Poisson, too narrow)", -72 + 24, -48 - reach,
         -48 + reach, working),
        ("Displacement quotient", (144 - 120) / (48 - 120), NAN, NAN, working),
        ("Total net effect by quotient", 72 - 24, NAN, NAN, working),
    )  # fmt: skip
    assert table.notes == ()
    row = assessment.changes(data, found).frame.iloc[0].tolist()
    assert row[:3] == [ASB, 120, 48]
    assert row[6:8] == [48, "-50%"]
    assert row[-1] == (
        "Fell, beyond chance; the estimate is as much as aimed at; the interval does not exclude "
        "less"
    )
    sure = assessment.short(data, found, "x").frame["answer"].iloc[-1]
    assert "48 fewer incidents than expected" in sure
    assert "net of 24 more next door" in sure


def test_later_months_hold_what_the_assessment_found() -> None:
    """A response of half a year, judged; its fall is the same in the half-years that follow."""
    months = pd.date_range("2019-01-01", "2022-06-01", freq="MS")
    rows = [
        (m, f"A{i:02d}", ASB, 4 if i == 0 and m >= pd.Timestamp("2021-01-01") else 10)
        for i in range(14)
        for m in months
    ]
    frame = pd.DataFrame(rows, columns=["month", "area_code", "measure", "count"])
    row = a_project(response_end=pd.Timestamp("2021-06-30"))
    data = data_of(projects=row, incidents=frame, project_areas=areas_of(target=["A00"]))
    found = evaluated(data, as_of="2022-06-30")
    windows = follow_up.later(data, found)
    ratio, low, high, _ = placebo(60, 24, 13)
    se = math.sqrt(1 / 25 + 1 / (61 * 13))
    reach = stats.t.ppf(0.975, 12) * se
    low, high = ratio * math.exp(-reach), ratio * math.exp(reach)
    numbers = (60, 60, 24, ratio, low, high)
    table = follow_up.later_table(data, found, windows)
    got = table.frame.astype(object).to_numpy().tolist()
    assert [line[0:2] + line[8:] for line in got] == [
        ["As assessed", "January 2021 to June 2021", "fewer than expected"],
        ["Six months on", "July 2021 to December 2021", "still fewer than expected"],
        ["Twelve months on", "January 2022 to June 2022", "still fewer than expected"],
    ]
    for line in got:
        assert line[2:8] == pytest.approx(list(numbers), rel=1e-4)
    assert follow_up.later_finding(windows) == (
        "Twelve months on (January 2022 to June 2022): still fewer than expected."
    )


def test_kinds_of_one_harm_and_count_stand_by_their_names() -> None:
    """Neither kind has a weight in the index, and both are recorded as often."""
    rows = pd.concat([even().assign(measure=name) for name in ("Zebras", "Antelopes")])
    data = data_of(incidents=rows, project_areas=areas_of(target=["A00"]))
    project = project_of(data, "P1")
    same(
        harm.profile(data, project, load_reference(), as_of=AS_OF),
        *((name, 120, 120 * 14, NAN, NAN, "no weight: counted apart")
          for name in ("Antelopes", "Zebras")),
    )  # fmt: skip


def test_kinds_that_do_harm_stand_before_those_that_cannot_be_weighed() -> None:
    rows = pd.concat([even().assign(measure=name) for name in ("Robbery", "Antelopes", "Zebras")])
    data = data_of(incidents=rows, project_areas=areas_of(target=["A00"]))
    found = harm.profile(data, project_of(data, "P1"), load_reference(), as_of=AS_OF).frame
    assert found["measure"].tolist() == ["Robbery", "Antelopes", "Zebras"]
    assert found["harm"].notna().tolist() == [True, False, False]


def test_what_stood_before_the_start(alone: Judged) -> None:
    """Fourteen areas of 120 a year: ranked by their codes, half in seven, no concentration."""
    data, found = alone
    frame = planning.places(data, found).frame
    assert frame["area"].tolist() == ["A00 (target)", *(f"A{i:02d}" for i in range(1, 14))]
    assert frame["incidents"].tolist() == [120] * 14
    assert frame["rank"].tolist() == [*range(1, 15)]
    assert frame["role"].tolist() == ["target", *[""] * 13]
    assert planning.places_finding(data, found) == (
        "Half of it is recorded in 7 of 14 areas (50%); Gini coefficient 0.00."
    )
    same(
        planning.baseline(data, found),
        ("January 2019 to December 2019", 120, 120 * 14),
        ("January 2020 to December 2020", 120, 120 * 14),
    )
    same(planning.calendar(data, found), *((name, 10) for name in calendar.month_name[1:]))
    near = planning.candidates(data, found).frame
    assert near["area"].tolist() == [f"A{i:02d}" for i in range(1, 14)]
    assert near["incidents"].tolist() == [120] * 13
    assert near["distance"].tolist() == pytest.approx([0.0] * 13)
