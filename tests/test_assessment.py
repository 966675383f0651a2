"""The tables of an assessment, row by row, against the estimates and counts they are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_projects import AS_OF, ASB, a_project, areas_of, data_of, evaluated, incidents

from mtf_eval.analysis import effects
from mtf_eval.analysis.effects import Check
from mtf_eval.analysis.effects.panel import Panel
from mtf_eval.analysis.effects.rates import ratio_estimate
from mtf_eval.analysis.project import (
    assessment,
    estimation,
    follow_up,
    gates,
    harm,
    maps,
    planning,
    process,
)
from mtf_eval.analysis.project.design import Window
from mtf_eval.analysis.project.evaluation import UNFINISHED, Evaluation
from mtf_eval.analysis.project.gates import Withheld, on_record, trusted
from mtf_eval.analysis.project.net import Net, avoided_in
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.coverage import Gap, coverage_of
from mtf_eval.records.dataset import Dataset

Judged = tuple[Dataset, Evaluation]


@pytest.fixture(scope="module")
def fell() -> Judged:
    """One area of thirty falls to two fifths; one beside it, two named to compare with."""
    areas = areas_of(target=["A00"], buffer=["A01"], comparison=["A02", "A03"])
    data = data_of(incidents=incidents(fall=0.4), project_areas=areas)
    return data, evaluated(data)


def bare(found: Evaluation, **more: object) -> Evaluation:
    """The same project without any estimate."""
    return replace(found, effects={}, net={}, sensitivity=(), **more)  # type: ignore[arg-type]


def test_the_primary_estimate_stands_first_and_alone_is_called_so(fell: Judged) -> None:
    data, found = fell
    table = assessment.estimates(data, found)
    rows = table.frame.to_numpy().tolist()
    assert len(rows) == len(found.sensitivity) > 3
    for at, (row, each) in enumerate(zip(rows, found.sensitivity, strict=True)):
        name = f"{each.method} (primary)" if at == 0 else each.method
        assert row == [name, each.estimate, each.low, each.high, each.n, each.maryland]
    assert found.design is not None
    assert f"{found.design.text}. {found.design.reason}" in table.notes[0]
    other = replace(found, effects={})  # none of them is the one that is judged
    assert not assessment.estimates(data, other).frame.iloc[:, 0].str.contains("primary").any()
    assert assessment.estimates(data, replace(found, design=None)).notes == ()


def test_the_project_stands_among_its_controls(fell: Judged) -> None:
    data, found = fell
    table = assessment.controls(data, found)
    names = table.frame["group"].tolist()
    assert names.count("This project") == 1
    others = [name for name in names if name != "This project"]
    assert others == [f"Control {n}" for n in range(1, len(others) + 1)]
    own = table.frame[table.frame["group"] == "This project"].iloc[0]
    assert own["areas"] == "A00"
    values = table.frame.loc[table.frame["group"] != "This project", "against_controls"]
    assert assessment.controls_alt(table) == (
        f"{len(others)} control groups between {values.min():.2f} and {values.max():.2f} of what "
        f"they did on average; the project's areas at {own['against_controls']:.2f}; "
        f"{sum(v < own['against_controls'] for v in values)} control groups lie below it."
    )
    for silent in (replace(found, record=None), bare(found)):
        with pytest.raises(NotEnoughData, match="P1: nothing may be said"):
            assessment.controls(data, silent)


def test_what_moved_next_door_is_laid_out_with_its_working(fell: Judged) -> None:
    """The working by hand: counts of a year each, one area set against two."""
    data, found = fell
    rows = data.table("incidents").groupby(["area_code", data.table("incidents")["month"].dt.year])
    counts = rows["count"].sum()
    pairs = {a: (int(counts[a, 2020]), int(counts[a, 2021])) for a in ("A00", "A01", "A02", "A03")}
    rest = tuple(sum(pair) for pair in zip(pairs["A02"], pairs["A03"], strict=True))
    net = found.net[ASB]
    assert net.beside is not None
    quotient = effects.displacement_quotient(
        target=pairs["A00"], comparison=rest, buffer=pairs["A01"])  # fmt: skip
    frame = assessment.spill(data, found).frame
    shown = [[v for v in row if v == v] for row in frame.iloc[:, 1:4].to_numpy().tolist()]
    assert frame.iloc[:, 0].tolist() == [
        "Incidents avoided, net of next door", "Incidents avoided in the project's areas, gross",
        "Rate ratio next door", "Weighted displacement difference (Poisson, too narrow)",
        "Displacement quotient", "Total net effect by quotient",
    ]  # fmt: skip
    local = pairs["A00"][1] - pairs["A00"][0] - (rest[1] - rest[0]) / 2
    around = pairs["A01"][1] - pairs["A01"][0] - (rest[1] - rest[0]) / 2
    by_hand = [[net.avoided, *net.interval], [net.gross, net.effect.avoided_low,
               net.effect.avoided_high], [net.beside.estimate, net.beside.low, net.beside.high],
               [local + around], [quotient.estimate],
               [quotient.details["total_net_effect"]]]  # fmt: skip
    for row, wanted in zip(shown, by_hand, strict=True):
        assert row[: len(wanted)] == pytest.approx(wanted)
    assert [len(row) for row in shown] == [3, 3, 3, 3, 1, 1]
    alone = replace(found, spill=None, net={})
    assert assessment.spill(data, alone).notes == ("No buffer area could be measured.",)
    without = replace(alone, project=replace(alone.project, areas={"target": ("A00",)}))
    assert assessment.spill(data, without).notes == (assessment.NO_BUFFER,)


def test_every_check_has_its_verdict_and_what_could_be_seen_is_the_last(fell: Judged) -> None:
    data, found = fell
    checks = (Check(name="One", passed=True, text="a."), Check(name="Two", passed=False, text="b."),
              Check(name="Three", passed=None, text="c."))  # fmt: skip
    made = assessment.checks_table(data, replace(found, checks=checks, mde={ASB: 0.25}))
    assert made.frame.to_numpy().tolist() == [
        ["One", "As it should be", "a."], ["Two", "Look here", "b."],
        ["Three", "For information", "c."],
        [f"Smallest fall that could be seen: {ASB}", "For information",
         "A true fall of 25% would be found four times in five."],
    ]  # fmt: skip


def sure(data: Dataset, found: Evaluation) -> str:
    rows = assessment.short(data, found, "Patrols").frame.to_numpy().tolist()
    assert rows[0] == ["The problem", "Noise"]
    assert rows[1] == ["What was done", "Patrols; led by Police."]
    assert rows[2] == ["What changed", f"{found.headline}."]
    return str(rows[3][1])


def test_how_sure_in_one_line_whatever_became_of_it(fell: Judged) -> None:
    data, found = fell
    assert found.design is not None
    calm = tuple(replace(c, passed=None, tried=True) for c in found.checks)
    bad = (*calm, Check(name="Trend Before", passed=False, text=""),
           Check(name="Fake areas", passed=None, tried=False, text=""))  # fmt: skip
    said = sure(data, replace(found, checks=bad, cautions=("One caution.",)))
    assert said.startswith(f"Maryland level 3 of 5; {found.design.reason} Look at: trend before.")
    assert f" 1 of {len(bad)} checks could not be tried. " in said
    assert "One caution." in said
    for status, words in UNFINISHED.items():
        assert sure(data, replace(found, status=status)) == f"Nothing is claimed yet: {words}."
    gate = {ASB: Withheld(reason="a gap", remedy="ask for May")}
    silent = bare(found, withheld=gate)
    assert sure(data, silent) == "Nothing may be claimed. To mend it: ask for May."
    gate = {ASB: Withheld(reason="a gap")}
    assert sure(data, bare(found, withheld=gate)).endswith("To mend it: complete the records.")
    few = bare(found, unclear={ASB: found.effects[ASB]}, mde={})
    assert sure(data, few) == f"Too few incidents to be sure of anything: {few.headline}."
    none = bare(found, cannot_say={ASB: "too few"}, mde={})
    assert sure(data, none) == "No estimate can be made: too few."
    assert sure(data, bare(found, design=None)) == "The records show nothing."


def test_without_an_estimate_the_first_screen_says_what_could_have_been_seen(fell: Judged) -> None:
    data, found = fell
    row = assessment.headline(data, bare(found, mde={ASB: 0.25})).frame.iloc[0]
    own = data.table("incidents")
    own = own[(own["area_code"] == "A00")].groupby(own["month"].dt.year)["count"].sum()
    assert (row["before"], row["after"], row["mde"]) == (own[2020], own[2021], 25)
    frame = assessment.changes(data, bare(found, cannot_say={ASB: "too few"})).frame
    assert frame.iloc[0].tolist()[0] == ASB
    assert frame.iloc[0].tolist()[-1] == "too few"
    assert frame.iloc[0, 1:6].isna().all()
    for broken in (replace(found, window=None), replace(found, compared=None)):
        with pytest.raises(NotEnoughData, match="P1: no months are compared"):
            assessment.headline(data, broken)
    with pytest.raises(NotEnoughData, match="P1: no monthly series"):
        assessment.series(data, replace(found, panel=None))


def test_where_nothing_may_be_claimed_no_average_after_is_given(fell: Judged) -> None:
    _, found = fell
    whole = assessment.series_alt(found)
    gated = assessment.series_alt(replace(found, withheld={ASB: Withheld(reason="a gap")}))
    assert whole.startswith(gated.removesuffix("."))
    assert "from January 2021 on" in whole
    assert "2021" not in gated


def test_what_is_to_be_done_next_by_where_the_project_stands(fell: Judged) -> None:
    data, found = fell
    planned = "agree measures and areas, and judge whether any change could be shown."
    waiting = replace(found, status="planning")
    assert follow_up.what_next(data, waiting) == f"Police: response from 1 January 2021; {planned}"
    dateless = replace(waiting, project=replace(found.project, response_start=None))
    assert follow_up.what_next(data, dateless) == planned[0].upper() + planned[1:]
    running = follow_up.what_next(data, replace(found, status="running"))
    assert running == "Keep the dose up and the records complete until the response ends."
    rows = pd.DataFrame({
        "action_id": ["1", "2"], "project_id": "P1", "description": ["Mend it.", "Light it"],
        "agency": ["Council", "Police"], "due": pd.to_datetime(["2021-06-01", "2021-03-01"]),
        "status": "planned",
    })  # fmt: skip
    late = data_of(actions=rows, incidents=data.table("incidents"))
    follow = replace(found.project, consolidation_plan="Hand over.",
                     follow_up_date=pd.Timestamp("2022-06-30"))  # fmt: skip
    assert follow_up.what_next(late, replace(found, project=follow)) == (
        "Police: Light it, overdue since 1 March 2021; Council: Mend it, overdue since 1 June "
        "2021; Hand over; Police: follow-up on 30 June 2022."
    )
    end = replace(found.project, consolidation_plan="Hand over")
    said = follow_up.what_next(data, replace(found, project=end))
    assert said == "Hand over; Police: stop, continue or spread."


def test_only_areas_on_record_in_the_months_compared_are_compared_by_hand(fell: Judged) -> None:
    data, found = fell
    assert found.compared is not None
    part = found.compared.counts.drop(columns="A07")
    less = replace(found, compared=replace(found.compared, counts=part, comparison=()))
    rng = np.random.default_rng(1)
    given: dict[str, Any] = {"method": "did", "window": None, "rng": rng}
    with pytest.raises(BadArgument, match="A07 is not an area on record in all months compared"):
        follow_up.by_hand(data, less, comparison=["A06", "A07"], **given)
    _, said = follow_up.by_hand(data, found, comparison=["A06", "A07"], **given)
    assert "compared with A06, A07" in said


def test_one_area_to_compare_with_may_be_given_by_its_code_alone(fell: Judged) -> None:
    data, found = fell
    given: dict[str, Any] = {"method": "did", "window": None}
    alone, listed = (
        follow_up.by_hand(data, found, comparison=each, rng=np.random.default_rng(1), **given)
        for each in ("A06", ["A06"])
    )
    assert alone[1] == listed[1]
    assert alone[0].primary == listed[0].primary


def test_what_measures_of_two_designs_are_held_against(fell: Judged) -> None:
    """The stronger first: `expected` of the one, `the months before suggest` of the other."""
    data, found = fell
    assert found.primary is not None
    project = replace(found.project, measures={ASB: None, "Noise": None})
    weak = replace(found.primary, measure="Noise", maryland=2)
    both = replace(
        found, project=project, effects={ASB: found.primary, "Noise": weak},
        net={ASB: found.net[ASB], "Noise": Net(effect=weak)},
    )  # fmt: skip
    table = assessment.changes(data, both)
    headings = [column.heading for column in table.columns]
    assert "Fewer than expected or the months before suggest, net of next door" in headings
    notes = " ".join(table.notes)
    assert "over the same where nothing was done" in notes
    assert "Without a comparison the rate ratio is the rate after" in notes
    first, second = table.frame.iloc[:, 0]
    assert (first, second) == (ASB, "Noise")


def test_all_on_record_passes_and_what_is_left_out_is_only_told(fell: Judged) -> None:
    _, found = fell
    (check,) = (c for c in found.checks if c.name == "On record")
    assert (check.passed, check.text) == (
        True, "Every area is on record in all months compared.")  # fmt: skip
    rows = incidents()
    gone = (rows["area_code"] == "A00") & rows["month"].between("2020-05-01", "2020-06-01")
    part = evaluated(data_of(incidents=rows[~gone]))
    (check,) = (c for c in part.checks if c.name == "On record")
    assert check.passed is None
    assert "left out: May and June 2020" in check.text
    counts = found.coverage.counts.astype(float)
    counts.iloc[-1, [7, 8]] = np.nan
    counts.iloc[:, 9] = np.nan  # never on record: no control that is left out
    partly = replace(found.coverage, counts=counts)
    check = on_record(partly, found.project, found.window, found.compared)
    assert check.text == "2 other areas are no controls, as not relied on throughout."


LOG = ratio_estimate(
    measure=ASB, log_ratio=np.log(0.8), se=0.1, level=0.95, n=400, n_before=120, n_after=100,
    method="made",
)  # fmt: skip


def test_the_net_figure_in_words_whatever_it_is_net_of() -> None:
    """Of 100 after at 0.8 were 125 expected; at 1.25 of the ends 0.97 and 0.66, 103 and 152."""
    low, high = 100 / LOG.high - 100, 100 / LOG.low - 100
    ends = f"(95% interval {low:,.0f} to {high:,.0f})"
    assert Net(effect=LOG).sentence() == (
        f"25 fewer incidents than expected {ends}; next door was not measured")  # fmt: skip
    weak = Net(effect=replace(LOG, maryland=2)).sentence()
    assert weak.startswith("25 fewer incidents than the months before suggest (")
    assert Net(effect=LOG, wanted=0.2).sentence().endswith("; more was wanted")
    calm = replace(LOG, estimate=0.9, low=0.7, high=1.1)
    said = Net(effect=LOG, beside=calm).sentence()
    assert said.endswith("; nothing is taken off for next door (ratio 0.90)")
    rose = ratio_estimate(measure=ASB, log_ratio=np.log(1.25), se=0.1, level=0.95, n=400,
                          n_before=80, n_after=100, method="made")  # fmt: skip
    ends = f"{100 - 100 / rose.low:,.0f} to {100 - 100 / rose.high:,.0f}"
    said = Net(effect=rose).sentence()
    assert said.startswith(f"20 more incidents than expected (95% interval {ends})")
    # 100 / 0.9 are 111; its ends at 0.1 on the log 91 and 135, a true minus before the first.
    near = replace(rose, estimate=0.9, low=0.9 / 1.2166, high=0.9 * 1.2166, avoided=11.1,
                   avoided_low=-8.7, avoided_high=35.2)  # fmt: skip
    assert "(95% interval \N{MINUS SIGN}9 to 35)" in Net(effect=near).sentence()


def test_without_logs_the_draws_meet_the_limits_of_the_incidents_avoided() -> None:
    """A ratio of nought: 40 avoided, 10 to 60; each side is half a normal that meets its limit."""
    none = replace(LOG, estimate=0.0, low=0.0, high=0.7, n_after=0, se_log=None, avoided=40.0,
                   avoided_low=10.0, avoided_high=60.0)  # fmt: skip
    z = 1.959963984540054
    drawn = avoided_in(none, np.array([-z, -z / 2, 0, z / 2, z]))
    assert drawn == pytest.approx([10, 25, 40, 50, 60])
    open_ended = replace(none, avoided_low=None, avoided_high=None)
    assert avoided_in(open_ended, np.array([-z, 0, z])) == pytest.approx([40, 40, 40])
    # Of 100 after at 0.8 (0.5 to 0.9): 200, 125 and 111 were to be expected.
    uneven = replace(LOG, se_log=None, low=0.5, high=0.9)
    assert avoided_in(uneven, np.array([-z, 0, z])) == pytest.approx([100, 25, 100 / 0.9 - 100])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "No incidents are on record in the project's areas"),
        ([("Noise", 9, None), ("Litter", 3, None)], "Noise is recorded most"),
        ([("Noise", 9, 0.0)], "Noise is recorded most"),
        ([("Noise", 9, 90.0), ("Robbery", 3, 80.0)],
         "Noise is recorded most and does most of the harm that can be weighed"),
        ([("Noise", 9, None), ("Robbery", 3, 80.0), ("Theft", 4, 70.0)],
         "Noise is recorded most; robbery does most of the harm that can be weighed"),
    ],
)  # fmt: skip
def test_which_kind_does_most_of_the_harm(rows: list[tuple[object, ...]], words: str) -> None:
    frame = pd.DataFrame(rows, columns=["measure", "own", "harm"]).astype({"harm": "float64"})
    assert harm.profile_finding(frame) == words


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "No deliveries are on record"),
        ([(0, 0)], "No deliveries are on record"),
        ([(None, 3)], "We cannot say how much was delivered: it was reported or agreed without a "
         "quantity"),
        ([(8, None)], "We cannot say how much was delivered: it was reported or agreed without a "
         "quantity"),
        ([(8, 2), (0, 5)], "25% of what was agreed was delivered"),
        ([(8, 2), (8, 8), (4, 3)], "Of what was agreed, from 25% (a0, p0) to 100% (a1, p1) was "
         "delivered"),
    ],
)  # fmt: skip
def test_how_much_of_the_dose_was_given(rows: list[tuple[object, ...]], words: str) -> None:
    frame = pd.DataFrame(rows, columns=["agreed", "delivered"]).astype("float64")
    frame["activity"] = [f"a{n}" for n in range(len(frame))]
    frame["provider"] = [f"p{n}" for n in range(len(frame))]
    assert process.deliveries_finding(frame) == words


def test_points_of_a_map_in_words() -> None:
    before, after = (pd.DataFrame({"incidents": n}) for n in ([5, 1, 2, 2], [0, 0, 1, 1]))
    said = maps.points_alt(before, after)
    assert said.startswith("10 incidents at 4 map points before, 2 after, on the whole map: ")
    assert said.endswith("The three busiest points hold 90% before and 100% after.")
    nothing = maps.points_alt(before * 0, after)
    assert nothing.endswith("hold 0% before and 100% after.")


def test_a_short_record_has_a_baseline_and_no_place_where_half_is(fell: Judged) -> None:
    data, found = fell
    early = found.project
    early = replace(early, response_start=pd.Timestamp("2019-07-01"))
    assert found.panel is not None
    short = replace(found, project=early, panel=found.panel.with_start(pd.Timestamp("2019-07-01")))
    frame = planning.baseline(data, short).frame
    rows = data.table("incidents")
    half = rows[rows["month"] < "2019-07-01"]
    own = half.loc[half["area_code"] == "A00", "count"].sum()
    assert len(frame) == 1
    assert frame.iloc[0].tolist()[:3] == ["6 months", own, half["count"].sum()]


def test_gaps_are_those_of_the_months_compared_on_either_side() -> None:
    """Compared are January to June of two years; the autumn between them is not."""
    whole = coverage_of(data_of(), ASB, as_of=AS_OF)
    window = Window(
        before_first=pd.Timestamp("2020-01-01"), before_last=pd.Timestamp("2020-06-01"),
        start=pd.Timestamp("2021-01-01"), last=pd.Timestamp("2021-06-01"), same_season=True,
    )  # fmt: skip

    def gap(first: str, last: str) -> Gap:
        ends = {"first": pd.Timestamp(first), "last": pd.Timestamp(last)}
        return Gap(kind="missing", measure=ASB, source="North", areas=("A00",), gate=True,
                   text=first, remedy="", **ends)  # fmt: skip

    inside = [("2020-01-01", "2020-01-01"), ("2020-06-01", "2020-08-01"),
              ("2021-06-01", "2021-12-01"), ("2019-01-01", "2021-12-01")]  # fmt: skip
    beside = [("2019-12-01", "2019-12-01"), ("2020-07-01", "2020-12-01"),
              ("2021-07-01", "2021-07-01")]  # fmt: skip
    held = replace(whole, gaps=tuple(gap(*each) for each in (*inside, *beside)))
    assert [g.text for g in gates.gaps_of(held, ("A00",), window)] == [e[0] for e in inside]
    assert gates.gaps_of(held, ("A09",), window) == ()


def test_counts_not_to_be_relied_on_are_left_out_where_their_gap_says() -> None:
    whole = coverage_of(data_of(), ASB, as_of=AS_OF)
    months = pd.DatetimeIndex(whole.counts.index)
    spring = pd.date_range("2020-03-01", "2020-05-01", freq="MS")

    def left(**more: object) -> pd.DataFrame:
        gap = Gap(kind="missing", measure=ASB, source="North", areas=("A02",), first=spring[0],
                  last=spring[-1], gate=True, text="x", remedy="")  # fmt: skip
        sources = dict.fromkeys(("A03", "A04"), "North") | {"A05": "South"}
        held = replace(whole, gaps=(replace(gap, **more),), source_of=sources)  # type: ignore[arg-type]
        first = pd.Timestamp("2020-04-01")
        gone = trusted(held, first, first).isna() & whole.counts.notna()
        return gone[gone.columns[gone.any()]].loc[gone.any(axis=1)]

    assert left(gate=False).empty
    one = left()
    assert (list(one.columns), list(one.index)) == (["A02"], list(spring))
    assert sorted(left(areas=()).columns) == ["A03", "A04"], "all areas of its source"
    # What holds in all months compared leaves out those beside them: nothing changes within.
    steady = left(kind="no_area")
    assert list(steady.index) == list(months[~months.isin(spring)])
    late = left(kind="no_area", first=spring[-1])
    assert list(late.index) == [spring[-1]], "not of the month compared: a gap like any other"


def test_later_months_are_judged_by_a_design_that_can_tell_them_apart() -> None:
    ended = a_project(response_end=pd.Timestamp("2021-06-30"))
    data = data_of(projects=ended, incidents=incidents(fall=0.4))
    found = evaluated(data)
    six, twelve = follow_up.later(data, found)
    rows = data.table("incidents")
    later = (rows["area_code"] == "A00") & (rows["month"] >= "2021-07-01")
    assert six.effect is not None
    assert six.effect.n_after == rows.loc[later, "count"].sum()
    assert (twelve.effect, twelve.reason) == (None, "can be said when March 2022 is on record")
    assert found.design is not None
    alone = replace(found, design=replace(found.design, method="series"))
    reasons = [each.reason for each in follow_up.later(data, alone)]
    assert reasons == ["nothing to compare with: the design gives one level for all months",
                       "can be said when March 2022 is on record"]  # fmt: skip
    undated = replace(found, project=replace(found.project, response_end=None))
    assert follow_up.later(data, undated) == ()


@pytest.mark.parametrize(("before", "kept"), [(11, 17), (12, 18), (13, 19)])
def test_a_forecast_learns_from_all_months_from_a_year_before_the_start(
    before: int, kept: int
) -> None:
    """Six months after; of under a year there are no seasons to tell, so all is one comparison."""
    months = pd.date_range("2020-01-01", periods=before + 6, freq="MS")
    panel = Panel(
        counts=pd.DataFrame(9, index=months, columns=["A", "B"]),
        target=("A",),
        start=months[before],
    )
    learnt = estimation.recorded(panel, panel)
    assert len(learnt.counts) == kept
    if before >= 12:
        assert len(panel.same_season().counts) == 12
        six = panel.without(months[:6])
        assert len(estimation.recorded(panel, six).counts) == kept
