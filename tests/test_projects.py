"""One project: its window, the design rule, its status, bad input, and its tables."""

from __future__ import annotations

import calendar
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mtf_eval.analysis.effects import Panel
from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.project import assessment, gates, harm, maps, planning, process
from mtf_eval.analysis.project import evaluation as projects
from mtf_eval.analysis.project.design import choose, others, project_of, series_of, window_of
from mtf_eval.analysis.project.estimation import estimators, smallest, spill
from mtf_eval.analysis.project.gates import _withheld, laid_out
from mtf_eval.analysis.project.net import Net
from mtf_eval.analysis.results.findings import overclaims
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.coverage import Gap, coverage_of
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.records.tables import TABLES, empty

ASB = "Anti-social behaviour"
AS_OF = date(2021, 12, 31)
MONTHS = pd.date_range("2019-01-01", "2021-12-01", freq="MS")


def made(**tables: pd.DataFrame) -> Dataset:
    filled = {}
    for name, schema in TABLES.items():
        frame = empty(schema)
        if name in tables:
            given = tables[name]
            frame = given.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
        filled[name] = frame
    return Dataset(name="made", path=None, tables=filled, sources=())  # type: ignore[arg-type]


def a_project(**changes: object) -> pd.DataFrame:
    row = {
        "project_id": "P1", "title": "Made", "problem": "Noise", "lead_agency": "Police",
        "response_start": pd.Timestamp("2021-01-01"), "response_end": pd.Timestamp("2021-12-31"),
        "stage": "assessment", "primary_measure": ASB,
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


def areas_of(project: str = "P1", **roles: list[str]) -> pd.DataFrame:
    rows = [(project, a, role) for role, codes in roles.items() for a in codes]
    return pd.DataFrame(rows, columns=["project_id", "area_code", "role"])


def incidents(
    areas: int = 30, mean: float = 8.0, fall: float = 1.0, months: pd.DatetimeIndex = MONTHS
) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for area in range(areas):
        counts = rng.poisson(mean, len(months))
        if area == 0:
            late = months >= "2021-01-01"
            counts[late] = rng.binomial(counts[late], fall)
        rows += [(m, f"A{area:02d}", ASB, n) for m, n in zip(months, counts, strict=True) if n]
    return pd.DataFrame(rows, columns=["month", "area_code", "measure", "count"])


def data_of(**changes: object) -> Dataset:
    tables = {
        "projects": a_project(),
        "project_areas": areas_of(target=["A00"], buffer=["A01"]),
        "project_measures": pd.DataFrame([{"project_id": "P1", "measure": ASB}]),
        "incidents": incidents(),
    }
    return made(**{**tables, **changes})  # type: ignore[arg-type]


def evaluated(data: Dataset, as_of: date | str = AS_OF) -> projects.Evaluation:
    return projects.evaluate(data, "P1", as_of=as_of, rng=np.random.default_rng(1))


# The rule


@pytest.mark.parametrize(
    ("others", "target", "before", "after", "method"),
    [
        (10, 1, 1, 1, "placebo"),
        (9, 1, 24, 12, "did"),
        (24, 6, 24, 12, "placebo"),  # four groups of six
        (23, 6, 24, 12, "did"),
        (1, 1, 2, 2, "did"),
        (0, 1, 24, 8, "series"),
        (0, 1, 23, 8, "before_after"),
        (0, 1, 24, 7, "before_after"),
        (1, 1, 1, 1, "before_after"),
    ],
)
def test_the_design_is_chosen_by_what_is_on_record(
    others: int, target: int, before: int, after: int, method: str
) -> None:
    design = choose(others=others, before=before, after=after, target=target)
    assert design.method == method
    assert f"{others} other areas" in design.reason


@pytest.mark.parametrize(
    ("learnt", "against"),
    [(11, "what the groups of areas nearest to them before came to"),
     (12, "the forecast from all months on record before the start"),
     (36, "the forecast from all months on record before the start"),
     (37, "the forecast from the last 36 months on record before the start")],
)  # fmt: skip
def test_a_design_says_what_it_learns_from(learnt: int, against: str) -> None:
    text = choose(others=10, before=learnt, after=12, learnt=learnt).text
    assert text.startswith(f"Placebo-calibrated effect: the project's areas against {against}, ")


def test_few_groups_of_others_give_a_simpler_design_and_refusals_their_reason() -> None:
    wide = areas_of(target=[f"A{i:02d}" for i in range(6)])
    found = evaluated(data_of(project_areas=wide, incidents=incidents(areas=19, fall=0.2)))
    assert found.primary is not None  # 13 others make two groups of six
    assert "fewer than 24 other areas" in found.design.reason  # type: ignore[union-attr]
    rare = incidents(areas=30, mean=0.1)  # hardly any area has five incidents before
    rare = pd.concat([rare[rare["area_code"] != "A00"], incidents(areas=1)])
    data = data_of(incidents=rare)
    found = evaluated(data)
    how = assessment.short(data, found, "x").frame.set_index("question")["answer"]["How sure"]
    assert "with 5 or more incidents before" in how
    assert "Too few incidents to be sure" not in how
    assert "could have been seen" not in found.headline


def test_the_design_does_not_look_at_the_outcome() -> None:
    plain, fallen = evaluated(data_of()), evaluated(data_of(incidents=incidents(fall=0.2)))
    assert plain.design == fallen.design
    assert plain.window == fallen.window


# The months compared


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ("2021-01-01", "2021-12-31", ("2020-01", "2020-12", "2021-01", "2021-12")),
        ("2021-03-01", "2021-08-31", ("2020-03", "2020-08", "2021-03", "2021-08")),
        ("2020-02-01", "2021-11-30", ("2019-02", "2020-01", "2020-02", "2021-01")),
        ("2021-01-20", "2021-12-31", ("2020-02", "2020-12", "2021-02", "2021-12")),
        ("2021-03-01", "2021-04-30", ("2020-03", "2020-08", "2021-03", "2021-08")),
        ("2019-07-01", "2019-12-31", ("2019-01", "2019-06", "2019-07", "2019-12")),
    ],
    ids=["a year", "half a year", "longest", "late in the month", "short response", "late records"],
)
def test_window(start: str, end: str, wanted: tuple[str, ...]) -> None:
    rows = a_project(response_start=pd.Timestamp(start), response_end=pd.Timestamp(end))
    project = project_of(data_of(projects=rows), "P1")
    window = window_of(project, MONTHS, as_of=AS_OF)
    ends = (window.before_first, window.before_last, window.start, window.last)
    assert tuple(f"{m:%Y-%m}" for m in ends) == wanted
    notes = " ".join(window.notes)
    assert ("only the other areas allow for season" in notes) == (wanted[0][5:] != wanted[2][5:])
    assert ("that part month counts as before" in notes) == (int(start[8:]) > 15)


def test_months_compared_in_words() -> None:
    rows = a_project(response_start=pd.Timestamp("2021-01-01"))
    window = window_of(project_of(data_of(projects=rows), "P1"), MONTHS, as_of=AS_OF)
    whole = "January 2020 to December 2020 against January 2021 to December 2021"
    assert window.words() == whole
    out = tuple(pd.to_datetime(["2021-05-01", "2020-05-01", "2021-06-01"]))
    part = replace(window, out=out)
    assert part.words() == f"{whole}, without May 2020 and May and June 2021"
    assert [len(side) for side in part.used()] == [11, 10]
    assert (window.months, part.months) == (12, 10)


def test_one_month_after_the_start_is_enough_and_none_is_not() -> None:
    project, months = project_of(data_of(), "P1"), pd.date_range("2019-01", "2021-01", freq="MS")
    assert window_of(project, months, as_of=AS_OF).start == months[-1]
    said = "from January 2019 to December 2020; they need months before and after the start in Jan"
    with pytest.raises(NotEnoughData, match=said):
        window_of(project, months[:-1], as_of=AS_OF)


def test_a_month_counts_when_it_is_over() -> None:
    data = data_of()
    for day, last in ((29, "2021-05-01"), (30, "2021-06-01")):
        counts = coverage_of(data, ASB, as_of=date(2021, 6, day)).counts
        assert counts.index.max() == pd.Timestamp(last)


def test_rows_without_an_area_are_no_area() -> None:
    rows = incidents(areas=2)
    rows.loc[rows["area_code"] == "A01", "area_code"] = ""
    assert "" not in coverage_of(data_of(incidents=rows), ASB, as_of=AS_OF).counts.columns


# Status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "complete"),
        ({"stage": "scanning"}, "complete"),  # the dates decide
        ({"response_start": pd.Timestamp("2022-03-01")}, "planning"),
        ({"response_end": pd.NaT, "stage": "response"}, "running"),
        ({"response_end": pd.Timestamp("2022-03-31"), "stage": "response"}, "running"),
    ],
)
def test_status(changes: dict[str, object], status: str) -> None:
    found = evaluated(data_of(projects=a_project(**changes)))
    assert found.status == status
    assert bool(found.effects) == (status == "complete")


def test_an_area_on_record_nowhere_is_no_records() -> None:
    found = evaluated(data_of(project_areas=areas_of(target=["ELSEWHERE"])))
    assert found.status == "no_records"
    assert "nothing of its measure is on record" in found.cannot_say[ASB]
    found = evaluated(data_of(project_areas=areas_of(comparison=["A00"], buffer=["A01"])))
    none = "No target area is named in project_areas"
    assert (found.status, found.headline) == ("no_records", f"{none}: nothing to evaluate")
    assert found.cannot_say[ASB] == none.replace("No", "no", 1)


def test_a_story_goes_down_its_own_ladder_in_words_and_has_none_without_one() -> None:
    told = {"project_id": "P1", "before": "B.", "done": "D.", "after": "A.", "author": "nurse",
            "roles": "school; family", "signed_off_by": "Board",
            "steps": "child_in_need; other_step",
            "signed_off_on": pd.Timestamp("2021-05-03")}  # fmt: skip
    rows = [{**told, "story_id": "2", "domain": "children"},
            {**told, "story_id": "1", "steps": None, "roles": None, "author": None}]  # fmt: skip
    data = data_of(case_stories=pd.DataFrame(rows))
    own = process.stories(data, load_reference(), project=project_of(data, "P1")).frame
    assert own["story"].tolist() == ["1. Not given", "2. School; family"]
    assert own["after"].tolist() == ["A.", "A. On the ladder: child in need, then other step."]
    assert own["signed"].tolist() == [
        "Not given; signed off by Board, 3 May 2021", "Nurse; signed off by Board, 3 May 2021",
    ]  # fmt: skip
    assert own["project"].tolist() == ["Made", "Made"]
    of_year = process.stories(data, load_reference(), year=2021).frame
    assert of_year.equals(own)
    assert process.stories(data, load_reference(), year=2020).frame.empty


def test_tables_are_named_by_letters_and_digits_of_the_project() -> None:
    project = replace(project_of(data_of(), "P1"), project_id="EX 04/b")
    assert project.key == "ex_04_b"


def test_an_unknown_project_is_refused_with_those_known() -> None:
    with pytest.raises(BadArgument, match="P1"):
        projects.evaluate(data_of(), "P9", as_of=AS_OF, rng=np.random.default_rng(1))


# Results


def test_a_large_fall_is_found_and_no_fall_is_not() -> None:
    fallen, plain = evaluated(data_of(incidents=incidents(fall=0.4))), evaluated(data_of())
    assert fallen.primary is not None
    assert fallen.primary.low < 0.4 < fallen.primary.high < 1
    assert plain.primary is not None
    assert plain.primary.low < 1 < plain.primary.high
    assert plain.mde[ASB] > 0
    assert fallen.sensitivity[0] is fallen.primary
    assert fallen.months_after == 12


def test_the_first_screen_says_number_interval_and_direction() -> None:
    line = evaluated(data_of(incidents=incidents(fall=0.4))).headline
    assert line.startswith(f"{ASB}: a fall of ")
    assert "95% interval" in line


def test_text_and_date_give_the_same_day() -> None:
    assert evaluated(data_of(), "2021-12-31").primary == evaluated(data_of(), AS_OF).primary


def test_row_order_changes_nothing() -> None:
    rows = incidents()
    mixed = rows.sample(frac=1, random_state=4)
    assert evaluated(data_of(incidents=mixed)).primary == evaluated(data_of(incidents=rows)).primary


@pytest.mark.parametrize(
    "rows",
    [
        incidents().assign(count=0),
        incidents(months=MONTHS[-1:]),
        incidents(mean=0.05),
        incidents().query("area_code == 'A00' or month < '2021-01-01'"),
        incidents(months=MONTHS[:20]),
        incidents(months=MONTHS[24:]),
    ],
    ids=["all nought", "one month", "sparse", "comparison stops", "ends early", "begins late"],
)
def test_what_cannot_be_said_is_said_without_warnings(rows: pd.DataFrame) -> None:
    found = evaluated(data_of(incidents=rows))
    for effect in found.effects.values():
        assert np.isfinite([effect.estimate, effect.low, effect.high]).all()
    if not found.effects:
        assert found.cannot_say[ASB]
        assert found.sensitivity == ()
    assert found.headline


def test_why_nothing_may_be_claimed_is_said_once_without_the_measure() -> None:
    month = MONTHS[0]

    def gap(text: str, remedy: str) -> Gap:
        return Gap(kind="missing", measure=ASB, source="s", areas=(), first=month, last=month,
                   gate=True, text=text, remedy=remedy)  # fmt: skip

    coverage = coverage_of(data_of(), ASB, as_of=AS_OF)
    gaps = [gap(f"{ASB}: one", "ask"), gap("two", ""), gap("three", "ask"), gap("four", "wait")]
    said = _withheld(coverage, gaps, "too few are left")
    assert said.words() == "one; two; three; four; too few are left. ask; wait."
    assert _withheld(coverage, gaps[1:2], "").words() == "two."


def test_too_short_a_record_is_not_told_as_one_with_gaps() -> None:
    begun = pd.Timestamp(MONTHS[2])
    early = a_project(response_start=begun, response_end=begun + pd.DateOffset(months=6))
    found = evaluated(data_of(projects=early))
    assert found.cannot_say[ASB] == (
        "only 2 months before and 7 months after the start are on record, and 3 of each are needed"
    )


@pytest.mark.parametrize("wanted", [None, 0.5])
def test_an_estimate_that_could_not_be_seen_is_not_given(wanted: float | None) -> None:
    rows = incidents(mean=0.3)
    aim = pd.DataFrame([{"project_id": "P1", "measure": ASB, "target_change": wanted}])
    found = evaluated(data_of(incidents=rows, project_measures=aim))
    estimate = found.unclear[ASB]
    reach = stats.t.ppf(0.975, estimate.df) + stats.norm.ppf(0.8)
    fall = 1 - math.exp(-reach * estimate.se_log)
    size = f"fall of {fall:.0%}" if wanted is None else f"rise of {fall / (1 - fall):.0%}"
    before = rows[rows["area_code"].eq("A00") & rows["month"].dt.year.eq(2020)]["count"].sum()
    assert found.cannot_say[ASB] == (
        f"{ASB}: {before} incidents in the months before the start; only a {size} or more could "
        "have been seen"
    )
    assert found.primary is None


def test_another_projects_areas_are_no_controls_and_a_shared_one_is_warned_of() -> None:
    both = pd.concat([a_project(), a_project(project_id="P2")])
    areas = pd.concat([areas_of(target=["A00"]), areas_of("P2", target=["A00", "A05"])])
    found = evaluated(data_of(projects=both, project_areas=areas))
    assert found.panel is not None
    assert "A05" not in found.panel.counts.columns
    assert "A00" in found.panel.counts.columns
    assert any("P2" in text for text in found.cautions)


# Checks, worked by hand


def panel_of(**changes: object) -> Panel:
    counts = pd.DataFrame(10, index=MONTHS, columns=["T", "B", "C"])
    panel = Panel(counts=counts, target=("T",), buffer=("B",), start=pd.Timestamp("2021-01-01"))
    return replace(panel, **changes)  # type: ignore[arg-type]


def window_for(panel: Panel) -> object:
    project = project_of(data_of(), "P1")
    return window_of(project, pd.DatetimeIndex(panel.counts.index), as_of=AS_OF)


def test_a_bad_year_in_numbers() -> None:
    counts = panel_of().counts.copy()
    counts.loc["2019", "T"] = 5
    said = gates.bad_year(panel_of(counts=counts), window_for(panel_of())).text  # type: ignore[arg-type]
    assert said.startswith("120 incidents in the months before, 60 in the same months a year")
    assert "+100%" in said


@pytest.mark.parametrize(
    ("before", "after", "variance"),
    [
        (24, 12, (1 + 24 / 12) / 96),  # 4 a month, half as many months after
        (1, 1, 2 * (1 + 1) / 4),  # one month has no dispersion of its own: it is taken for 2
    ],
)
def test_the_smallest_fall_seen_is_that_of_the_count_before(
    before: int, after: int, variance: float
) -> None:
    months = pd.date_range("2019-01", periods=before + after, freq="MS")
    counts = pd.DataFrame(4, index=months, columns=["T", "C", "D"])
    panel = Panel(counts=counts, target=("T",), start=months[before])
    reach = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert smallest(None, panel) == pytest.approx(1 - math.exp(-reach * math.sqrt(variance)))


def test_four_counts_of_areas_of_different_number_by_hand() -> None:
    """Two areas of the project 96 to 48, three compared 360 to 324, one beside 60 to 48."""
    months = pd.date_range("2020-01", periods=24, freq="MS")
    late = (months >= "2021-01")[:, None]
    counts = pd.DataFrame(
        np.where(late, [2, 2, 9, 9, 9, 4], [4, 4, 10, 10, 10, 5]), index=months, columns=[*"TUCDEB"]
    )
    panel = Panel(counts=counts, target=("T", "U"), buffer=("B",), start=pd.Timestamp("2021-01"))
    rng = np.random.default_rng(1)
    assert estimators(panel, panel, rng)["relative"]().estimate == pytest.approx(0.5 / 0.9)
    found = spill(panel)
    assert found.difference is not None
    # Beside the 36 fewer of three areas stand 24 of two and 12 of one.
    assert found.difference.details["local"] == pytest.approx(-48 + 24)
    assert found.difference.details["displacement"] == pytest.approx(-12 + 12)
    assert found.quotient is not None
    net = (96 * 0.9 - 48) + (60 * 0.9 - 48)
    assert found.quotient.details["total_net_effect"] == pytest.approx(net)
    assert found.reasons == ()
    level = replace(panel, counts=counts.assign(T=4, U=4))
    (why,) = spill(level).reasons
    assert "the target did not fall against its comparison" in why


# Tables


def test_the_pro_forma_holds_every_entry_of_its_row() -> None:
    texts = {"problem": "Noise", "stage": "assessment", "lead_agency": "Police",
             "partners": "Council; Fire and Rescue", "mtf_priority": "Town centre",
             "consolidation_plan": "Wardens stay"}  # fmt: skip
    dates = ("tlg_signoff", "scanning_start", "analysis_start", "response_start", "response_end",
             "assessment_date", "follow_up_date")  # fmt: skip
    given = {n: pd.Timestamp(2021, month, 7) for month, n in enumerate(dates, start=1)}
    data = data_of(projects=a_project(**texts, **given))
    frame = process.proforma(data, project_of(data, "P1"), as_of=AS_OF).frame
    written = [f"7 {calendar.month_name[m]} 2021" for m in range(1, 8)]
    shown = [*written, *texts.values(), "buffer: A01; target: A00"]
    shown[shown.index(texts["partners"])] = "Council, Fire and Rescue"
    assert set(shown) <= set(frame["text"])
    blank = data_of()
    frame = process.proforma(blank, project_of(blank, "P1"), as_of=AS_OF).frame.set_index("fact")
    assert (frame.loc[["Partners", "Follow-up", "Consolidation plan"], "text"] == "not given").all()


def test_changes_show_what_the_estimate_holds() -> None:
    data = data_of(incidents=incidents(fall=0.4))
    found = evaluated(data)
    assert found.primary is not None
    row = assessment.changes(data, found).frame.iloc[0]
    assert row["before"] == found.primary.n_before
    assert row["estimate"] == found.primary.estimate
    months = assessment.series(data, found).frame
    assert months["observed"].tail(12).sum() == found.primary.n_after
    for line, avoided in (
        ("expected", found.primary.avoided),
        ("low", found.primary.avoided_low),
        ("high", found.primary.avoided_high),
    ):
        assert months[line].sum() - found.primary.n_after == pytest.approx(avoided)
    assert (months["low"].dropna() <= months["high"].dropna()).all()


def test_with_nothing_recorded_after_the_line_is_not_nought() -> None:
    rows = incidents(mean=1.0)
    rows = rows[(rows["area_code"] != "A00") | (rows["month"] < "2021-01-01")]
    assert "which may be chance" in evaluated(data_of(incidents=rows)).headline
    year = {"first": pd.Timestamp("2021-01-01"), "last": pd.Timestamp("2021-12-01")}
    whole = pd.DataFrame([{"source": "x", "area_code": "A00", "complete": "yes", **year}])
    data = data_of(incidents=rows, coverage=whole)
    found = evaluated(data)
    assert found.primary is not None
    assert found.primary.n_after == 0
    months = assessment.series(data, found).frame
    assert months["expected"].sum() == pytest.approx(found.primary.avoided)
    assert months["low"].sum() <= months["expected"].sum() <= months["high"].sum()
    assert months["expected"].sum() > 1


def test_a_month_missing_before_takes_none_after_where_a_forecast_is_made() -> None:
    """Two months of 2020 missing: all of 2021 is judged, from the other 22 months before."""
    rows = incidents()
    gone = (rows["area_code"] == "A00") & rows["month"].between("2020-05-01", "2020-06-01")
    found = evaluated(data_of(incidents=rows[~gone]))
    assert found.primary is not None
    assert found.window is not None
    assert found.window.months == 12
    assert found.primary.n_after == rows[
        (rows["area_code"] == "A00") & (rows["month"] >= "2021-01-01")
    ]["count"].sum()  # fmt: skip
    assert found.primary.details["learnt"] == 22
    assert any("May and June 2020 are not compared" in c for c in found.primary.cautions)
    note = " ".join(assessment.changes(data_of(incidents=rows[~gone]), found).notes)
    assert "Before is counted over 10 months, after over 12" in note
    short = evaluated(data_of(incidents=rows[~gone & (rows["month"] >= "2020-01-01")]))
    assert short.window is not None
    assert [f"{m:%Y-%m}" for m in short.window.out] == ["2020-05", "2020-06", "2021-05", "2021-06"]
    assert "counted over" not in " ".join(assessment.changes(data_of(), short).notes)


# A forecast learns from three years before the start; the step began in December 2016.
@pytest.mark.parametrize(
    ("years", "cautioned"), [(0, False), (-1, True), (-3, True), (-5, True), (-6, False)]
)
def test_a_step_in_what_a_force_recorded_is_cautioned(years: int, cautioned: bool) -> None:
    """Kent recorded 83.6 % of crimes in 2016 and 96.6 % in 2018 (HMICFRS)."""
    move = pd.DateOffset(years=years)
    rows = incidents(months=MONTHS).assign(source="Kent Police")
    rows["month"] += move
    begun, ended = (pd.Timestamp(day) + move for day in ("2021-01-01", "2021-12-31"))
    data = data_of(incidents=rows, projects=a_project(response_start=begun, response_end=ended))
    found = evaluated(data, ended.date())
    assert found.primary is not None
    said = [c for c in found.primary.cautions if "is recording, not harm" in c]
    assert bool(said) is cautioned
    if cautioned:
        assert "Kent Police recorded 84% of the crimes" in said[0]
        assert "97% by December 2018" in said[0]


def test_blank_emmie_fields_say_not_assessed() -> None:
    data = data_of()
    fields = assessment.emmie(data, evaluated(data)).frame.set_index("field")["text"]
    assert fields["Moderators"] == "not assessed"
    assert fields["Mechanism"] == "not assessed"


def test_planning_ranks_areas_and_says_what_could_be_seen() -> None:
    rows = incidents()
    rows.loc[rows["area_code"] == "A00", "count"] *= 3
    later = {"response_start": pd.Timestamp("2022-03-01"), "response_end": pd.NaT}
    data = data_of(projects=a_project(stage="scanning", **later), incidents=rows)
    found = evaluated(data)
    places = planning.places(data, found).frame
    assert places.iloc[0].to_dict() | {"incidents": 0} == {
        "area": "A00 (target)", "rank": 1, "incidents": 0, "role": "target",
    }  # fmt: skip
    values = load_reference()
    made = planning.could_see(data, found, values).frame
    falls = made["fall"].str.extract(r"^(\d+) \((\d+) to (\d+)\)$").astype(int)
    assert falls.stack().between(1, 100).all()
    assert (falls[1] < falls[0]).all()
    assert (falls[0] < falls[2]).all()
    # What is called hopeless before is what gives "we cannot say" after: one threshold.
    assert ((made["said"] == "hopeless") == (falls[1] > 75)).all()
    near = planning.candidates(data, found).frame
    assert "A00" not in set(near["area"])
    # By hand: eight quarters to February 2022, logs of counts and a half, root mean square.
    wide = rows.pivot_table(index="month", columns="area_code", values="count", aggfunc="sum")
    logs = np.log(wide.fillna(0).to_numpy()[-24:].reshape(8, 3, -1).sum(axis=1) + 0.5)
    far = np.sqrt(((logs - logs[:, [list(wide).index("A00")]]) ** 2).mean(axis=0))
    by_hand = dict(zip(wide, far, strict=True))
    assert near["distance"].to_list() == pytest.approx([by_hand[a] for a in near["area"]])
    assert near["distance"].is_monotonic_increasing
    share = planning.baseline(data, found).frame.iloc[-1]
    assert share["own"] < share["all"]
    few = data_of(projects=a_project(stage="scanning", **later), incidents=incidents(areas=5))
    frame = planning.could_see(few, evaluated(few), values).frame
    assert frame.iloc[:, 0].tolist() == ["6 months", "9 months", "12 months"]
    assert (frame["fall"] == "").all()
    assert frame["said"].str.startswith("cannot be said: ").all()


@pytest.mark.parametrize(
    ("fall", "chance", "words"),
    [
        # Beyond three quarters nothing is said after; nor is planned what is missed more than not.
        ((0.76, 0.8), None, "hopeless"), ((0.76, 0.8), (0.99, 1), "hopeless"),
        ((0.2, 0.3), (0.3, 0.49), "hopeless"), ((0.2, 0.3), (0.3, 0.5), "may miss it"),
        ((0.75, 0.9), None, "only a large fall"), ((0.3, 0.36), None, "only a large fall"),
        ((0.3, 0.35), None, "realistic"), ((0.75, 0.9), (0.5, 0.9), "may miss it"),
        ((0.2, 0.3), (0.79, 0.9), "may miss it"), ((0.75, 0.8), (0.8, 0.9), "realistic"),
    ],
)  # fmt: skip
def test_what_a_design_is_worth_holds_over_the_whole_range(
    fall: tuple[float, float], chance: tuple[float, float] | None, words: str
) -> None:
    def likely(ends: tuple[float, float]) -> planning.Likely:
        return planning.Likely(sum(ends) / 2, *ends)

    assert planning._judged(likely(fall), likely(chance) if chance else None) == words


@pytest.mark.parametrize(
    ("likely", "words", "cell", "inside"),
    [
        ((0.04, 0.01, 0.16), "hardly ever (0 to 2)", "4 (1 to 16)", "4% (1% to 16%)"),
        ((0.06, 0.06, 0.14), "once in 10", "6 (6 to 14)", "6% (6% to 14%)"),
        ((0.8, 0.66, 0.94), "8 times in 10 (7 to 9)", "80 (66 to 94)", "80% (66% to 94%)"),
        ((0.96, 0.94, 1), "nearly always (9 to 10)", "96 (94 to 100)", "96% (94% to 100%)"),
        ((0.999, 0.998, 1), "nearly always", "100", "100%"),
    ],
)
def test_a_promise_in_words(
    likely: tuple[float, float, float], words: str, cell: str, inside: str
) -> None:
    made = planning.Likely(*likely)
    assert (made.often(), str(made), made.in_percent()) == (words, cell, inside)


def test_what_is_taken_off_lies_in_the_buffer_in_the_months_compared() -> None:
    net = evaluated(data_of()).net[ASB]
    for cells, area in ((net.cells, "A00"), (net.near, "A01")):
        assert {each for each, _ in cells} == {area}
        assert sorted(month for _, month in cells) == list(MONTHS[-12:])
        assert sum(cells.values()) == pytest.approx(1)


def test_harm_profile_weighs_by_hand_and_keeps_what_has_no_weight_apart() -> None:
    rows = incidents(areas=3)
    robbery = rows.assign(measure="Robbery", count=2)
    data = data_of(incidents=pd.concat([rows, robbery]))
    values = load_reference()
    each = values.severity_weight("Robbery", index="cambridge_chi").value
    frame = harm.profile(data, project_of(data, "P1"), values, as_of=AS_OF).frame
    frame = frame.set_index("measure")
    before = robbery[(robbery["area_code"] == "A00") & (robbery["month"].dt.year == 2020)]
    assert frame.loc["Robbery", "own"] == before["count"].sum()
    assert frame.loc["Robbery", "harm"] == pytest.approx(before["count"].sum() * each)
    assert np.isnan(frame.loc[ASB, "harm"])
    kent = "level == 'police_uk_crime_type_kent' and index == 'cambridge_chi' and low < high"
    wide = pd.read_csv(REFERENCE / "severity_weights.csv").query(kent).iloc[0]
    ranged = harm.profile(data_of(incidents=rows.assign(measure=wide["crime_type"])),
                          project_of(data, "P1"), values, as_of=AS_OF).frame.iloc[0]  # fmt: skip
    assert ranged["note"] == (
        f"the index has {wide['low']:,.0f} to {wide['high']:,.0f} days for one")  # fmt: skip
    assert ranged["harm"] == pytest.approx(ranged["own"] * wide["weight"])
    assert (frame.loc[ASB, "note"], "month" in frame.loc["Robbery", "note"]) == (
        "no weight: counted apart", False)  # fmt: skip
    rows = incidents()
    gone = rows[(rows["area_code"] != "A00") | ~rows["month"].between("2020-05-01", "2020-06-01")]
    found = harm.profile(data_of(incidents=gone), project_of(data, "P1"), values, as_of=AS_OF)
    row, held = found.frame.iloc[0], gone[(gone["month"].dt.year == 2020)]
    assert row["note"] == "no weight: counted apart; 10 of 12 months are on record"
    held = held[~held["month"].dt.month.isin([5, 6])]  # of the other areas too
    own = held[held["area_code"] == "A00"]
    assert (row["own"], row["all"]) == (own["count"].sum(), held["count"].sum())


def test_a_share_of_areas_that_are_not_all_on_record_says_so() -> None:
    rows = incidents(areas=3)
    late = (rows["area_code"] == "A02") & rows["month"].between("2020-07-01", "2020-12-01")
    held = pd.DataFrame(
        {"source": "police", "area_code": [f"A{n:02}" for n in range(3)], "first": MONTHS[0],
         "last": [MONTHS[-1], MONTHS[-1], pd.Timestamp("2020-06-01")], "complete": "yes"}
    )  # fmt: skip
    data = data_of(incidents=rows[~late].assign(source="police"), coverage=held)
    frame = harm.profile(data, project_of(data, "P1"), load_reference(), as_of=AS_OF).frame
    assert "1 other area is not on record in all of them, so the share is" in frame["note"].iloc[0]
    whole = data_of(incidents=rows)
    frame = harm.profile(whole, project_of(whole, "P1"), load_reference(), as_of=AS_OF).frame
    assert "share" not in frame["note"].iloc[0]


def test_silence_is_no_delivery() -> None:
    rows = pd.DataFrame(
        {
            "project_id": "P1", "provider": "Trust", "activity": "sessions",
            "due": pd.to_datetime(["2021-02-01", "2021-02-15", "2022-02-01"]),
            "reported": pd.to_datetime(["2021-02-02", None, None]),
            "agreed": [4.0, 4.0, 4.0], "delivered": [3.0, np.nan, np.nan],
        }
    )  # fmt: skip
    theirs = rows.assign(project_id="P0", provider="Another")
    data = data_of(deliveries=pd.concat([rows, theirs]))
    frame = process.deliveries(data, project_of(data, "P1"), as_of=AS_OF).frame
    assert frame["provider"].tolist() == ["Trust"]
    assert frame[["updates", "reported", "agreed", "delivered"]].iloc[0].tolist() == [2, 1, 8, 3]


def test_overdue_and_late_actions_are_told_apart() -> None:
    rows = pd.DataFrame(
        {
            "action_id": ["1", "2", "3", "4"], "project_id": "P1", "description": "x",
            "agency": "Police",
            "due": pd.to_datetime(["2021-02-01", "2021-03-01", "2022-03-01", "2021-02-01"]),
            "completed": pd.to_datetime(["2021-02-11", None, None, "2021-02-02"]),
            "status": ["completed", "planned", "planned", "completed"],
        }
    )  # fmt: skip
    data = data_of(actions=rows)
    table = process.actions(data, project_of(data, "P1"), as_of=AS_OF)
    late = "completed late"
    assert table.frame["standing"].tolist() == [late, late, "overdue", "planned"]
    assert process.actions_finding(table.frame) == (
        "2 of 4 actions completed, 2 of them late; 1 overdue"
    )


def test_what_came_later_than_the_day_is_not_known_on_it() -> None:
    rows = pd.DataFrame(
        {
            "action_id": ["1", "2"], "project_id": "P1", "description": "x", "agency": "Police",
            "mechanism": ["light", "guards"], "priority_codes": "A-1",
            "due": pd.to_datetime(["2021-02-01", "2021-12-01"]),
            "completed": pd.to_datetime(["2021-01-20", "2022-02-01"]), "status": "completed",
        }
    )  # fmt: skip
    told = pd.DataFrame(
        {
            "project_id": "P1", "provider": "Trust", "activity": "sessions",
            "due": pd.to_datetime(["2021-11-01", "2021-12-20"]),
            "reported": pd.to_datetime(["2021-11-02", "2022-01-03"]),
            "agreed": [4.0, 4.0], "delivered": [3.0, 4.0],
        }
    )  # fmt: skip
    data = data_of(actions=rows, deliveries=told)
    project = project_of(data, "P1")
    frame = process.actions(data, project, as_of=AS_OF).frame
    assert frame["standing"].tolist() == ["completed", "overdue"]
    assert frame["completed"].isna().tolist() == [False, True]
    served = process.priorities(data, project, as_of=AS_OF).frame
    assert served["actions"].tolist() == [1, 1]  # one action, and the total
    done = process.deliveries(data, project, as_of=AS_OF).frame.iloc[0]
    assert done[["reported", "agreed", "delivered"]].tolist() == [1, 8, 3]
    fields = assessment.emmie(data, evaluated(data)).frame.set_index("field")["text"]
    assert fields["Implementation"] == "1 of 2 actions completed"
    assert fields["Mechanism"] == "guards; light"


def test_activities_of_different_units_are_not_added_up() -> None:
    frame = pd.DataFrame(
        {"activity": ["visits", "hours"], "provider": "Trust", "agreed": [200.0, 4.0],
         "delivered": [200.0, 1.0]}
    )  # fmt: skip
    said = process.deliveries_finding(frame)
    assert "from 25% (hours, Trust) to 100% (visits, Trust)" in said


@pytest.mark.parametrize(("begun", "last"), [("2021-01-12", "December 2020"),
                                             ("2021-01-20", "January 2021")])  # fmt: skip
def test_the_baseline_ends_where_the_evaluation_begins(begun: str, last: str) -> None:
    data = data_of(projects=a_project(response_start=pd.Timestamp(begun)))
    found = evaluated(data)
    assert planning.baseline(data, found).frame["period"].iloc[-1].endswith(last)
    profile = harm.profile(data, found.project, load_reference(), as_of=AS_OF).frame
    assert profile["own"].iloc[0] == planning.baseline(data, found).frame["own"].iloc[-1]


def test_without_a_comparison_nothing_is_expected() -> None:
    alone = incidents(areas=1, fall=0.3)
    data = data_of(incidents=alone, project_areas=areas_of(target=["A00"]))
    found = evaluated(data)
    assert found.primary is not None
    assert found.primary.maryland == 2
    shown = [assessment.headline(data, found), assessment.changes(data, found),
             assessment.series(data, found)]  # fmt: skip
    for table in shown:
        words = " ".join([*(c.heading for c in table.columns), *table.notes])
        assert overclaims(words, found.primary.maryland) == ()
        assert "xpected" not in words
        assert "other areas" not in words
    listed = assessment.check_list(data, found).frame.set_index("item")["there"]
    assert listed["Comparison, and why"] == "no"


def test_map_points_before_and_after_are_the_same_places() -> None:
    rows = pd.DataFrame(
        {
            "month": pd.to_datetime(["2020-05-01", "2021-05-01", "2021-06-01"]),
            "lon": [1.0, 1.0, 2.0], "lat": [51.0, 51.0, 52.0], "measure": ASB, "count": [3, 1, 2],
        }
    )  # fmt: skip
    data = data_of(incident_points=rows)
    project = project_of(data, "P1")
    window = window_of(project, MONTHS, as_of=AS_OF)
    both = maps.points(data, project, window, as_of=AS_OF)
    assert both is not None
    assert [part.frame["incidents"].tolist() for part in both] == [[3, 0], [1, 2]]
    assert "may reach beyond the project's areas" in maps.points_alt(*(p.frame for p in both))
    assert (
        maps.points(data_of(), project, window_of(project, MONTHS, as_of=AS_OF), as_of=AS_OF)
        is None
    )


def test_no_target_on_record_is_not_enough() -> None:
    records = coverage_of(data_of(), ASB, as_of=AS_OF).counts
    project = replace(project_of(data_of(), "P1"), areas={"target": ("X",)})
    with pytest.raises(NotEnoughData):
        series_of(records, project, ASB, frozenset())


# The interval of a series


@pytest.mark.parametrize("seed", range(6))
def test_a_series_gives_the_wider_of_two_intervals_and_shows_both(seed: int) -> None:
    """Against statsmodels: the larger of quasi-Poisson's and Newey-West's, Poisson's at least."""
    import statsmodels.api as sm

    rng = np.random.default_rng(seed)
    smooth = np.convolve(rng.normal(0, 0.4, len(MONTHS) + 3), np.ones(4) / 4, "valid")
    counts = rng.poisson(40 * np.exp(smooth if seed % 2 else 0 * smooth))
    rows = pd.DataFrame({"month": MONTHS, "area_code": "A00", "measure": ASB, "count": counts})
    data = data_of(incidents=rows, project_areas=areas_of(target=["A00"]))
    found = evaluated(data)
    assert found.design is not None
    assert found.design.method == "series"
    angle = 2 * np.pi * MONTHS.month.to_numpy() / 12
    post = MONTHS >= "2021-01-01"
    design = np.column_stack(
        [np.ones(len(MONTHS)), np.arange(len(MONTHS)), np.sin(angle), np.cos(angle), post]
    ).astype(float)
    model = sm.GLM(counts, design, family=sm.families.Poisson())
    hac = {"maxlags": 3, "use_correction": False}
    fits = model.fit(scale="X2"), model.fit(cov_type="HAC", cov_kwds=hac)
    errors = [max(fit.bse[-1], model.fit().bse[-1]) for fit in fits]
    own, other = found.sensitivity[:2]
    assert own.se_log == pytest.approx(max(errors), rel=1e-4)
    assert other.se_log == pytest.approx(min(errors), rel=1e-4)
    assert own.estimate == other.estimate
    assert {own.method.split("(")[1][:5], other.method.split("(")[1][:5]} == {"quasi", "Newey"}
    assert any("the wider is given" in caution for caution in own.cautions)
    notes = " ".join(assessment.changes(data, found).notes)
    assert "Without a comparison" in notes
    assert "where nothing was done" not in notes


# What speaks against a result


def test_an_aim_is_reached_by_the_interval_or_the_page_says_that_it_is_not() -> None:
    def said(ratio: float, se: float, aim: float | None) -> str:
        effect = ratio_estimate(
            measure=ASB, log_ratio=math.log(ratio), se=se, level=0.95, n=9, n_before=5, n_after=4,
            method="made",
        )  # fmt: skip
        return Net(effect=effect, wanted=aim).met

    assert said(0.68, 0.14, -0.25).endswith(
        "as much as aimed at; the interval does not exclude less"
    )
    assert said(0.5, 0.1, -0.25).endswith("the estimate is as much as aimed at")
    assert said(0.8, 0.05, -0.5).endswith("the estimate is less than aimed at")
    assert said(0.8, 0.1, -0.25).endswith("than aimed at; the interval does not exclude as much")
    assert said(1.77, 0.22, 0.2).endswith("aimed at; the interval does not exclude less")
    assert said(1.77, 0.1, 0.2).endswith("the estimate is as much as aimed at")
    assert said(1.77, 0.1, -0.2) == "Rose, beyond chance; a fall was aimed at"
    assert said(1.0, 0.1, -0.2) == "Cannot be told from no change"
    assert said(0.5, 0.1, None) == "Fell, beyond chance"
    assert said(0.5, 0.1, 0.0) == "Fell, beyond chance; no change was aimed at"


def test_a_series_alone_says_what_could_not_be_tried_and_which_months_it_uses() -> None:
    data = data_of(incidents=incidents(areas=1, fall=0.3),
                   project_areas=areas_of(target=["A00"]))  # fmt: skip
    found = evaluated(data)
    sure = assessment.short(data, found, "").frame.set_index("question")["answer"]["How sure"]
    untried = [c.text for c in found.checks if not c.tried]
    assert untried
    assert f"{len(untried)} of {len(found.checks)} checks could not be tried" in sure
    assert "No check speaks against it" not in sure
    fake = next(c.text for c in found.checks if c.name == "Fake start dates")
    assert "0 comparison area(s)" in fake
    assert "too few incidents" not in fake
    listed = assessment.check_list(data, found).frame.set_index("item")
    assert listed.loc["Equal periods", "there"] == "no"
    months = len(pd.date_range("2019-01-01", "2020-12-01", freq="MS"))
    assert listed.loc["Equal periods", "text"].startswith(f"{months} months before, 12 after")
    assert listed.loc["Problem and measure fixed in advance", "there"] == "not on record"


def test_a_buffer_that_rose_and_a_shared_area_speak_against_a_fall() -> None:
    rows = incidents(fall=0.4)
    clean = data_of(incidents=rows)
    late = (rows["area_code"] == "A01") & (rows["month"] >= "2021-01-01")
    rose = data_of(incidents=rows.assign(count=rows["count"].where(~late, rows["count"] * 3)))
    twice = data_of(
        incidents=rows,
        projects=pd.concat([a_project(), a_project(project_id="P2")]),
        project_areas=pd.concat(
            [areas_of(target=["A00"], buffer=["A01"]), areas_of("P2", target=["A00"])]
        ),
    )

    def sure(data: Dataset) -> str:
        answers = assessment.short(data, evaluated(data), "").frame.set_index("question")["answer"]
        return str(answers["How sure"])

    assert "more next door" not in sure(clean)
    assert "part or all may have moved next door" in sure(rose)
    assert "P2 worked in the same areas" in sure(twice)
    for data in (rose, twice):
        assert "No check speaks against it" not in sure(data)


def test_a_buffer_in_which_another_project_works_is_not_measured_and_that_is_said() -> None:
    rows = incidents(fall=0.4)
    late = rows["area_code"].isin(["A01", "A02"]) & (rows["month"] >= "2021-01-01")
    rows = rows.assign(count=rows["count"].where(~late, rows["count"] * 3))

    def found(*theirs: str) -> projects.Evaluation:
        own = areas_of(target=["A00"], buffer=["A01", "A02"])
        both = pd.concat([a_project(), a_project(project_id="P2")])
        areas = pd.concat([own, areas_of("P2", target=[*theirs, "A09"])])
        return evaluated(data_of(incidents=rows, projects=both, project_areas=areas))

    alone, part, whole = found(), found("A01"), found("A01", "A02")
    assert not alone.cautions
    assert alone.compared is not None
    assert part.compared is not None
    assert (alone.compared.buffer, part.compared.buffer) == (("A01", "A02"), ("A02",))
    assert "P2 worked next door (A01) in these months" in part.cautions[0]
    assert "A01" not in part.compared.counts
    assert part.primary is not None
    assert alone.primary is not None
    assert part.primary.low == alone.primary.low  # the target and its controls are as they were
    assert whole.net[ASB].moved == 0
    assert "next door was not measured" in whole.net[ASB].sentence()
    held = {check.name: check.text for check in whole.checks}["On record"]
    assert "A01" not in held


def test_without_a_check_that_judges_no_effect_has_passed_its_checks() -> None:
    """Three months before: neither a trend nor a fake start can be looked for."""
    months = pd.date_range("2020-10-01", "2021-12-01", freq="MS")
    short, long = (
        evaluated(data_of(incidents=incidents(areas=60, mean=40, fall=0.3, months=kept)))
        for kept in (months, MONTHS)
    )
    assert short.net[ASB].effect.distinguishable
    assert short.evidence() == "doubtful"
    assert "look at: no check of the months before the start could be tried" in short.headline
    assert "could be tried" not in long.headline


def test_a_change_that_rests_on_one_comparison_area_is_in_doubt() -> None:
    """Twenty a month everywhere and nothing done; one of three comparison areas jumps to sixty."""
    late = MONTHS >= "2021-01-01"

    def found(jump: int, fall: float = 1.0) -> projects.Evaluation:
        rng = np.random.default_rng(5)
        means = {"A00": np.where(late, 20 * fall, 20), "A03": np.where(late, jump, 20)}
        rows = [
            (m, area, ASB, n)
            for area in ("A00", "A01", "A02", "A03")
            for m, n in zip(MONTHS, rng.poisson(means.get(area, 20), len(MONTHS)), strict=True)
        ]
        counts = pd.DataFrame(rows, columns=["month", "area_code", "measure", "count"])
        areas = areas_of(target=["A00"], comparison=["A01", "A02", "A03"])
        return evaluated(data_of(incidents=counts, project_areas=areas))

    jumped, fell = found(60), found(20, fall=0.5)
    assert jumped.design is not None
    assert jumped.design.method == "did"
    assert jumped.net[ASB].effect.high < 0.9  # the interval knows nothing of it
    assert jumped.evidence() == "doubtful"
    (text,) = (c.text for c in jumped.checks if c.name == "One area left out")
    assert jumped.compared is not None
    same = jumped.compared.same_season()
    after, before = same.counts[same.post].sum(), same.counts[~same.post].sum()
    by_hand = after["A00"] / before["A00"] / after[["A01", "A02"]].sum()
    by_hand *= before[["A01", "A02"]].sum()
    assert f"without A03 the ratio is {by_hand:.2f}" in text
    assert f"without A03 the ratio is {by_hand:.2f}" in jumped.headline
    assert fell.evidence() == "effect"
    dropped = found(6).net[ASB]  # a rise that nobody wanted, which one area's fall has made
    assert (dropped.effect.estimate > 1, dropped.evidence) == (True, "not_shown")
    assert "one area left out, without A03" in dropped.doubt


def test_each_measure_is_held_to_its_own_checks_and_one_comparison_area_is_none() -> None:
    """Noise halves; of burglary, where nothing was done, one of three comparison areas jumps."""
    rng, late = np.random.default_rng(5), MONTHS >= "2021-01-01"
    means = {(ASB, "A00"): np.where(late, 10, 20), ("Burglary", "A03"): np.where(late, 60, 20)}
    rows = [
        (m, area, measure, n)
        for measure in (ASB, "Burglary")
        for area in ("A00", "A01", "A02", "A03")
        for m, n in zip(MONTHS, rng.poisson(means.get((measure, area), 20), 36), strict=True)
    ]
    counts = pd.DataFrame(rows, columns=["month", "area_code", "measure", "count"])
    measures = pd.DataFrame({"project_id": "P1", "measure": [ASB, "Burglary"]})

    def found(*others: str) -> projects.Evaluation:
        kept = counts[counts["area_code"].isin(["A00", *others])]
        areas = areas_of(target=["A00"], comparison=[*others])
        return evaluated(data_of(incidents=kept, project_areas=areas, project_measures=measures))

    three, one = found("A01", "A02", "A03"), found("A01")
    assert three.net["Burglary"].effect.high < 1
    assert (three.evidence(), three.evidence("Burglary")) == ("effect", "doubtful")
    assert "one area left out, without A03" in three.net["Burglary"].doubt
    assert one.net[ASB].effect.high < 1
    assert one.evidence() == "doubtful"
    assert "there is one comparison area only" in one.headline


def test_work_in_the_same_areas_before_the_start_is_named_as_what_it_is() -> None:
    def said(start: str, end: str) -> tuple[str, ...]:
        other = a_project(project_id="P2", response_start=pd.Timestamp(start),
                          response_end=pd.Timestamp(end))  # fmt: skip
        areas = pd.concat([areas_of(target=["A00"]), areas_of("P2", target=["A00"])])
        both = pd.concat([a_project(), other])
        return evaluated(data_of(projects=both, project_areas=areas)).cautions

    assert said("2018-02-10", "2018-11-30") == ()  # before the first month on record
    for start, end in (("2019-02-10", "2019-05-30"), ("2020-02-10", "2020-12-31")):
        (text,) = said(start, end)
        assert text.startswith("P2 worked in the same areas in the months before, from which")
    (text,) = said("2020-02-10", "2021-03-31")
    assert text.startswith("P2 worked in the same areas in these months")


# Which months, which harm


def test_the_months_of_a_response_begun_late_in_a_month_are_those_of_the_evaluation() -> None:
    late = data_of(projects=a_project(response_start=pd.Timestamp("2021-01-20")))
    running = evaluated(late, "2021-06-30")
    assert running.status == "running"
    assert running.panel is not None
    done = evaluated(late)
    assert done.window is not None
    assert running.panel.start == done.window.start == pd.Timestamp("2021-02-01")
    assert "from February 2021 on" in assessment.series_alt(running)


def test_the_places_name_the_months_they_are_counted_in() -> None:
    data = data_of(projects=a_project(response_start=pd.Timestamp("2022-06-01")))
    found = evaluated(data, "2022-03-31")  # records end in December, the response begins in June
    assert found.status == "planning"
    assert planning.places(data, found).title.endswith("January to December 2021")


@pytest.mark.parametrize("aim", [0.2, -0.2, None])
def test_no_harm_is_done_by_more_reports_where_they_are_the_aim(aim: float | None) -> None:
    measure = "Burglary"
    effect = ratio_estimate(
        measure=measure, log_ratio=0.5, se=0.1, level=0.95, n=9, n_before=50, n_after=80,
        method="made",
    )  # fmt: skip
    project = replace(project_of(data_of(), "P1"), measures={measure: aim})
    weight = load_reference().severity_weight(measure, index=harm.INDEX).value
    shown = harm.avoided(
        data_of(), project, {measure: Net(effect=effect, wanted=aim)}, load_reference(), AS_OF
    )
    row = shown.frame.iloc[0]
    if aim == 0.2:
        assert row[["harm", "low", "high"]].isna().all()
        assert any("more on record is not more harm" in note for note in shown.notes)
    else:
        assert row["harm"] == pytest.approx((80 / math.exp(0.5) - 80) * weight)
        assert len(shown.notes) == 1


def test_few_other_areas_are_compared_on_the_months_of_the_same_season() -> None:
    rows = incidents(areas=6)
    half = {
        "response_start": pd.Timestamp("2021-01-01"),
        "response_end": pd.Timestamp("2021-06-30"),
    }
    data = data_of(projects=a_project(**half), incidents=rows)
    found = evaluated(data)
    assert found.design is not None
    assert found.design.method == "did"
    own = rows[rows["area_code"] == "A00"].set_index("month")["count"]
    shown = assessment.changes(data, found).frame.iloc[0]
    assert shown["before"] == own["2020-01":"2020-06"].sum()
    assert shown["after"] == own["2021-01":"2021-06"].sum()


def test_what_was_expected_is_spread_over_the_months_as_in_all_other_areas() -> None:
    rows = incidents()
    near = rows["area_code"].isin(["A00", "A01"])  # the project's own have their year in spring
    rows.loc[near, "count"] *= np.where(rows.loc[near, "month"].dt.month < 6, 3, 1)
    data = data_of(incidents=rows)
    found = evaluated(data)
    effect = found.primary
    assert effect is not None
    shown = assessment.series(data, found).frame
    months = pd.date_range("2021-01-01", "2021-12-01", freq="MS")
    rest = rows[~near].groupby("month")["count"].sum().reindex(months)
    after = rows[rows["area_code"] == "A00"].groupby("month")["count"].sum().reindex(months)
    late = shown.iloc[-12:]
    assert late["observed"].to_list() == after.to_list()
    for name, avoided in (("expected", effect.avoided), ("low", effect.avoided_low),
                          ("high", effect.avoided_high)):  # fmt: skip
        assert avoided is not None
        total = max(0.0, after.sum() + avoided)
        by_hand = total * rest / rest.sum()
        assert late[name].to_numpy() == pytest.approx(by_hand.to_numpy()), name
        assert shown[name].iloc[:-12].isna().all()


def test_the_projects_own_areas_stay_and_others_only_where_they_can_be_compared() -> None:
    months = pd.date_range("2019-01-01", "2021-12-01", freq="MS")
    counts = {"A00": 5.0, "A01": 0.0, "A03": 4.0, "A04": 0.0, "A05": 3.0, "A06": 2.0}
    records = pd.DataFrame({area: [n] * len(months) for area, n in counts.items()}, index=months)
    # A01 has nothing recorded, A02 is not on record, in A03 and A06 others work.
    areas = areas_of(target=["A00"], buffer=["A01", "A02", "A06"], comparison=["A03", "A05"])
    project = project_of(data_of(project_areas=areas), "P1")
    panel = series_of(records, project, ASB, frozenset({"A03", "A06"}))
    assert list(panel.counts.columns) == ["A00", "A01", "A02", "A05", "A06"]
    assert panel.counts["A02"].isna().all()
    assert panel.comparison == ("A05",), "one where another project works is none"
    assert (panel.target, panel.buffer) == (("A00",), ("A01", "A02", "A06"))
    assert panel.start == pd.Timestamp("2021-01-01")
    assert others(panel) == 1


def test_a_ward_is_not_compared_with_the_small_areas_it_is_made_of() -> None:
    """Rows of wards beside those of their small areas: the effect is that of the small areas."""
    rows = incidents(fall=0.4)
    small = rows.assign(area_code=rows["area_code"].str.replace("A", "E010000"))
    ward = small["area_code"].str[-2:].astype(int) // 3  # each of three small areas
    wards = small.assign(area_code="E050000" + ward.map("{:02d}".format))
    wards = wards.groupby(["month", "area_code", "measure"], as_index=False)["count"].sum()
    areas = areas_of(target=["E01000000"], buffer=["E01000001"])

    whole = pd.concat([small, wards], ignore_index=True)
    alone, both = (data_of(incidents=kept, project_areas=areas) for kept in (small, whole))
    told = [evaluated(data).primary for data in (alone, both)]
    assert told[0] is not None
    assert told[1] is not None
    assert told[1].estimate == pytest.approx(told[0].estimate)
    records = coverage_of(both, ASB, as_of=AS_OF).counts
    assert len(records.columns) == 40
    assert others(series_of(records, project_of(both, "P1"), ASB, frozenset())) == 28
    # Areas named by hand stay, and where none of its own kind is there all others do.
    named = pd.concat([areas, areas_of(comparison=["E05000005"])])
    project = project_of(data_of(incidents=whole, project_areas=named), "P1")
    assert series_of(records, project, ASB, frozenset()).comparison == ("E05000005",)
    few = records[[c for c in records if c[:3] == "E05" or c in ("E01000000", "E01000001")]]
    assert others(series_of(few, project_of(both, "P1"), ASB, frozenset())) == 10


def test_beside_the_designs_own_estimate_stands_each_other_once() -> None:
    found = evaluated(data_of(incidents=incidents(fall=0.4)))
    methods = [each.method for each in found.sensitivity]
    assert found.sensitivity[0] is found.primary
    assert len(set(methods)) == len(methods) > 2


def test_areas_that_are_not_on_record_are_named_whatever_their_role() -> None:
    def said(**roles: list[str]) -> tuple[bool | None, str]:
        found = evaluated(data_of(project_areas=areas_of(target=["A00"], **roles)))
        (check,) = (c for c in found.checks if c.name == "On record")
        return check.passed, check.text

    words = "left out, as not on record in the months compared: "
    passed, text = said(buffer=["A01", "A77"], comparison=["A03", "A66"])
    assert (passed, f"{words}A66, A77" in text) == (None, True), text
    assert f"{words}A77" in said(buffer=["A77"])[1]
    assert f"{words}A66" in said(comparison=["A66", "A03"])[1]
    passed, text = said(buffer=["A01"], comparison=["A03"])
    assert words not in text


@pytest.mark.parametrize(
    ("areas", "gone", "out"),
    [
        (30, "2020-05", ["2020-05"]),  # a forecast is made from all months before
        (6, "2020-05", ["2020-05", "2021-05"]),  # too few for one: the same season on each side
        (30, "2021-05", ["2020-05", "2021-05"]),
        (6, "2021-05", ["2020-05", "2021-05"]),
        (6, "2019-05", []),  # not among the months compared
    ],
)
def test_a_month_that_is_not_on_record_takes_its_fellow_with_it(
    areas: int, gone: str, out: list[str]
) -> None:
    data = data_of(incidents=incidents(areas=areas))
    project = project_of(data, "P1")
    counts = coverage_of(data, ASB, as_of=AS_OF).counts.astype(float)
    counts.loc[gone, "A00"] = np.nan
    window = window_of(project, MONTHS, as_of=AS_OF)
    whole = series_of(counts, project, ASB, frozenset())
    part, panel, compared = laid_out(whole, window)
    assert [f"{m:%Y-%m}" for m in part.out] == out
    used = [f"{m:%Y-%m}" for side in part.used() for m in side]
    assert not {gone} & set(used)
    assert compared.counts.notna().all(axis=None)
    assert set(compared.counts.index.strftime("%Y-%m")) >= set(used)
    assert {*panel.target, *panel.buffer} <= {*panel.counts.columns}


def test_the_line_of_months_in_words_by_hand() -> None:
    rows = incidents()
    found = evaluated(data_of(incidents=rows))
    own = rows[rows["area_code"] == "A00"].set_index("month")["count"].reindex(MONTHS)
    before, after = own[:"2020-12"], own["2021-01":]
    assert assessment.series_alt(found) == (
        f"Line of 36 months, on average {before.mean():.1f} a month before the start; "
        f"{after.mean():.1f} from January 2021 on; highest {own.max()} in {own.idxmax():%B %Y}."
    )
    panel = found.panel
    assert panel is not None
    none = replace(found, panel=replace(panel, counts=panel.counts * np.nan))
    assert assessment.series_alt(none) == "Nothing is on record."
    assert assessment.series_alt(replace(found, panel=None)) == "No monthly series."
    hole = panel.counts.astype(float)
    hole.loc["2020-03":"2020-04", "A00"] = np.nan
    broken = assessment.series_alt(replace(found, panel=replace(panel, counts=hole)))
    assert "; broken where nothing is on record: March and April 2020; " in broken
