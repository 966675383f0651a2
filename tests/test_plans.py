"""A plan before the start: what it could show, what was fixed, and what an edit by hand leaves."""

from __future__ import annotations

import csv
import math
import re
import shutil
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from typed_here import typed

from benchmarks.planning import kept
from mtf_eval.analysis.benefit.layout import by_records
from mtf_eval.analysis.benefit.planned import _held, _worth
from mtf_eval.analysis.effects import Planned, planned
from mtf_eval.analysis.project import assessment
from mtf_eval.analysis.project import plans as fixed_plan
from mtf_eval.analysis.project.evaluation import Evaluation, evaluate
from mtf_eval.analysis.project.planning import Choice
from mtf_eval.analysis.project.plans import fixed, plans_of
from mtf_eval.analysis.results.columns import NOT_GIVEN
from mtf_eval.errors import BadArgument, DataProblems
from mtf_eval.publish.workbench.records import load
from mtf_eval.publish.workbench.scanning import Plan, design_of
from mtf_eval.records.plans import BY_HAND, hash_of, write
from mtf_eval.records.prices.reference import load_reference
from mtf_eval.records.tables import TABLES
from mtf_eval.run.cli import commands

ASB, RARE = "Anti-social behaviour", "Robbery"
MONTHS = pd.date_range("2020-01-01", periods=36, freq="MS")
AREAS = [f"E0190{n:04d}" for n in range(40)]


def row(**changes: Any) -> dict[str, Any]:
    held = {
        "project_id": "P1", "problem": "Noise", "measures": ASB, "aim": -0.2,
        "areas": f"{AREAS[1]}; {AREAS[0]}", "buffer": AREAS[2], "start": date(2022, 1, 1),
        "months": 12, "design": "placebo", "unit_costs": "asb_no_further_action",
        "cost_gbp": 1000.0, "horizon_years": 5, "fixed_on": date(2021, 12, 1),
    }  # fmt: skip
    return {**held, **changes}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty areas over three years, a rare measure in one of them, and a project that ended."""
    place = tmp_path_factory.mktemp("plans") / "data"
    place.mkdir()
    rng = np.random.default_rng(5)
    level = rng.lognormal(3.0, 0.5, len(AREAS))
    counts = rng.negative_binomial(30, 30 / (30 + np.outer(np.ones(36), level)))
    rows = [
        (f"{m:%Y-%m}", a, ASB, n)
        for m, line in zip(MONTHS, counts, strict=True)
        for a, n in zip(AREAS, line, strict=True)
    ]
    rows += [(f"{m:%Y-%m}", AREAS[0], RARE, 1) for m in MONTHS[::6]]
    rows += [(f"{m:%Y-%m}", a, RARE, 1) for m in MONTHS for a in AREAS[5:]]
    put(place / "incidents.csv", "month,area_code,measure,count", rows)
    put(
        place / "projects.csv",
        "project_id,title,problem,lead_agency,response_start,response_end,stage,primary_measure,"
        "mechanism,moderators",
        [("P1", "Made", "noise", "Police", "2022-01-01", "2022-12-31", "assessment", ASB,
          "More eyes", "After dark")],
    )  # fmt: skip
    roles = [(AREAS[0], "target"), (AREAS[1], "target"), (AREAS[2], "buffer")]
    put(place / "project_areas.csv", "project_id,area_code,role", [("P1", *r) for r in roles])
    put(
        place / "project_measures.csv",
        "project_id,measure,target_change,unit_cost_code",
        [("P1", ASB, "-0.2", "asb_no_further_action")],
    )
    put(place / "about.csv", "key,value", [("as_at", "2022-12-31"), ("price_year", "2023/24")])
    return place


def put(file: Path, heading: str, rows: list[tuple[Any, ...]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([heading.split(","), *rows])


def data_with(folder: Path, *rows: dict[str, Any]) -> Any:
    file = folder / "plans.csv"
    file.unlink(missing_ok=True)
    write(file, rows)
    return load(folder, as_of="")


FOUND: list[Evaluation] = []  # of the project, whatever was planned: no plan moves it


def verdict(data: Any, **more: Any) -> tuple[bool | None, str]:
    if not FOUND:
        FOUND.append(evaluate(data, "P1", as_of=data.until, rng=np.random.default_rng(1)))
    return fixed(data, FOUND[0], **more)


def plan_page(data: Any, plan_id: str = "P1") -> Plan:
    return Plan(data, plan_id, load_reference())


# What a design could show


def test_chance_and_smallest_fall_by_hand() -> None:
    able = Planned(expected=99.0, beyond=0.01, df=20.0)
    # A fall of 30 % leaves 69.3: variance 1/70.3 + 0.01; |log 0.7| over it, less t(20) at 97.5 %.
    se = math.sqrt(1 / 70.3 + 0.01)
    expected = stats.t.cdf(-math.log(0.7) / se - stats.t.ppf(0.975, 20), 20)
    assert able.chance(0.7) == pytest.approx(expected)
    assert able.chance(1 - able.smallest(0.8)) == pytest.approx(0.8)
    # Fewer are left to count after a larger fall, so the error is larger than that of no change.
    constant = math.sqrt(1 / 100 + 0.01) * (stats.t.ppf(0.975, 20) + stats.norm.ppf(0.8))
    assert able.smallest() > 1 - math.exp(-constant)


def test_a_promise_holds_though_areas_move_otherwise_than_before() -> None:
    """The chance in the count stays; the variance between areas alone is larger or smaller."""
    able = Planned(expected=99.0, beyond=0.01, df=20.0)
    made = Choice(name="", target=("E1",), months=6, spread=1.7, able=able).chance(-0.3)
    assert made is not None
    for found, variance in ((made.low, 0.017), (made.share, 0.01), (made.high, 0.01 / 1.7)):
        se = math.sqrt(1 / 70.3 + variance)
        by_hand = stats.t.cdf(-math.log(0.7) / se - stats.t.ppf(0.975, 20), 20)
        assert found == pytest.approx(by_hand)
    fall = Choice(name="", target=("E1",), months=6, spread=1.7, able=able).smallest(-0.3)
    assert fall is not None
    for least, variance in ((fall.low, 0.01 / 1.7), (fall.high, 0.017)):
        assert replace(able, beyond=variance).chance(1 - least) == pytest.approx(0.8)
    rise = Choice(name="", target=("E1",), months=6, spread=1.7, able=able).smallest(0.3)
    assert rise is not None
    assert rise == pytest.approx([x / (1 - x) for x in fall])


@pytest.mark.slow
def test_a_plan_keeps_its_promise_on_made_up_records() -> None:
    """A fixed tenth of the study in docs/validation.md."""
    rng = np.random.default_rng(21)
    level = rng.lognormal(3.2, 0.6, 240)
    drift = np.exp(rng.normal(0, 0.12, (5, 240)).cumsum(axis=0)).repeat(6, axis=0)
    index = pd.date_range("2021-01-01", periods=30, freq="MS")
    counts = pd.DataFrame(
        rng.poisson(level * drift), index=index, columns=[f"E{n:04d}" for n in range(240)]
    )
    for size in (1, 3):
        found = kept(counts, starts=[index[24]], months=6, size=size, falls=(0.2, 0.3))
        off = (found["promised"] - found["found"]).abs()
        assert (off <= 0.05 + 2 * found["error"]).all(), found
        assert found["promised"].is_monotonic_increasing
        assert found["found"].between(found["low"], found["high"]).all(), found


@pytest.mark.parametrize(
    ("start", "words"),
    [("2023-01-01", ""), ("2023-02-01", "; 1 month is not on record yet up to the start"),
     ("2023-03-01", "; 2 months are not on record yet up to the start")],
)  # fmt: skip
def test_months_not_yet_on_record_are_counted(folder: Path, start: str, words: str) -> None:
    """Of 40 areas over 36 months two are the plan's."""
    day = pd.Timestamp(start)
    assert _held(plan_page(data_with(folder, row())).evaluation, day) == (
        f"36, January 2020 to December 2022; 38 other areas to compare with{words}"
    )


def test_what_is_added_buys_and_a_hopeless_design_is_called_so(folder: Path) -> None:
    page = plan_page(data_with(folder, row()))
    frame = page.designs().frame.set_index("design")
    ends = {of: frame[of].str.extract(r"^(\d+) \((\d+) to (\d+)\)$") for of in ("fall", "chance")}
    lower, chances = (ends[of].astype(int) for of in ("fall", "chance"))
    assert (lower.loc["As planned"] > lower.filter(like="Twice", axis=0).iloc[0]).all()
    assert (chances.loc["As planned"] < chances.filter(like="Twice", axis=0).iloc[0]).all()
    assert list(frame["areas"][:2]) == [2, 3]
    said = page.answer().sentence()
    assert "the fall of 20% aimed at would be" in said
    told = re.search(r"aimed at would be shown (\d) times in 10 \((\d) to (\d)\)", said)
    assert told is not None
    assert (abs(chances.iloc[0] - [10 * int(n) for n in told.groups()]) <= 5).all()
    least, low, high = lower.iloc[0]
    assert f"a fall of {least}% ({low}% to {high}%) or more could be shown" in said
    assert f". The smallest fall would be {lower.iloc[1, 0]}% with one more area (" in said
    assert f", {lower.iloc[-1, 0]}% with twice as many areas" in said.replace(" and ", ", ")
    small = plan_page(data_with(folder, row(aim=-0.01)))
    assert small.answer().sentence().startswith("Hopeless as planned. Anti-social behaviour, 2 ar")
    assert set(small.designs().frame["said"]) == {"hopeless"}


@pytest.mark.parametrize(
    ("areas", "months", "names"),
    [
        (1, 6, ["As planned", "One more area", "3 more months",
                "One more area and 3 more months"]),
        (2, 12, ["As planned", "One more area", "Twice as many areas, the most alike"]),
        # Of a response of three months six are compared, and of one of six too.
        (2, 3, ["As planned", "One more area", "Twice as many areas, the most alike"]),
        (3, 11, ["As planned", "One more area", "3 more months", "One more area and 3 more months",
                 "Twice as many areas, the most alike"]),
    ],
)  # fmt: skip
def test_what_can_be_added_to_a_plan(
    folder: Path, areas: int, months: int, names: list[str]
) -> None:
    page = plan_page(data_with(folder, row(areas="; ".join(AREAS[:areas]), buffer="",
                                           months=months)))  # fmt: skip
    made = page._choices[0]
    assert [re.sub(r" \(.*\)", "", each.name) for each in made] == names
    assert [len(each.target) - areas for each in made] == [
        areas if "Twice" in name else int("One more area" in name) for name in names]  # fmt: skip
    first, longest = min(max(months, 6), 12), min(months + 3, 12)
    assert [each.months for each in made] == [longest if "months" in n else first for n in names]
    assert made[1].target[:areas] == made[0].target


def test_a_further_measure_that_is_not_on_record_is_named_with_why(folder: Path) -> None:
    made = plan_page(data_with(folder, row(measures=f"{ASB}; Arson")))._choices[0]
    last = made[-1]
    assert (last.name, last.target, last.months) == ("As planned, by Arson", made[0].target, 12)
    assert last.able is None
    assert "Arson" in last.why


def test_a_design_is_planned_as_the_evaluation_will_choose_it(tmp_path: Path) -> None:
    # Of fourteen areas P2 works in one, and P1 at that time in four: nine are left to compare with.
    rows = [(f"{m:%Y-%m}", a, ASB, 9) for m in MONTHS for a in AREAS[:14]]
    put(tmp_path / "incidents.csv", "month,area_code,measure,count", rows)
    held = [
        (p, p, "noise", "Police", "2022-01-01", "2022-12-31", "assessment", ASB)
        for p in ("P1", "P2")
    ]
    put(
        tmp_path / "projects.csv",
        "project_id,title,problem,lead_agency,response_start,response_end,stage,primary_measure",
        held,
    )
    roles = [("P1", a, "target") for a in AREAS[:4]] + [("P2", AREAS[9], "target")]
    put(tmp_path / "project_areas.csv", "project_id,area_code,role", roles)
    data = load(tmp_path, as_of="")
    plan = row(project_id="P2", areas=AREAS[9], buffer="", unit_costs="", hash="")
    chosen = evaluate(data, "P2", as_of=date(2022, 12, 31), rng=np.random.default_rng(1)).design
    assert chosen is not None
    assert design_of(data, plan) == chosen.method == "did"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"areas": f"{AREAS[0]}; E09999999"}, "E09999999 is not on record, so an evaluation"),
        ({"measures": RARE, "areas": AREAS[0], "unit_costs": ""}, "at least 5 are needed"),
        ({"months": 1}, "2 areas, 6 months: a fall of"),
        ({"areas": "E09999999"}, "E09999999 is not on record"),
        ({"areas": "E09999999; E09999998"}, "E09999998 and E09999999 are not on record"),
    ],
)
def test_a_plain_answer_not_an_error(folder: Path, changes: dict[str, Any], words: str) -> None:
    page = plan_page(data_with(folder, row(buffer="", **changes)))
    assert words in page.answer().sentence()
    for view in (page, page.designs(), page.coverage(), page.baseline(), page.alike()):
        assert view.element().html


def test_break_even_by_hand(folder: Path) -> None:
    page = plan_page(data_with(folder, row()))
    said = facts(page)
    assert said["Measure, and change aimed at"] == f"{ASB} (-20%)"
    held = said["Months on record before the start"]
    assert held == "24, January 2020 to December 2021; 38 other areas to compare with"
    # £35 of 2002/03 at 92.8945 / 54.7102 (2023/24) are £59.43; 1,000 / 59.43 = 16.8.
    assert said["Worth of one incident"].startswith("£59 (asb_no_further_action; 2023/24 prices)")
    expected = page.designs().frame["expected"].iloc[0]
    words = f"17 incidents fewer, before any correction for optimism: {1700 / expected:.0f}% of the"
    assert said["To pay for itself"].startswith(words)


def test_what_it_must_avoid_is_set_beside_what_there_is_and_what_can_be_shown(
    folder: Path,
) -> None:
    page = plan_page(data_with(folder, row()))
    made, each = page._choices[0], 35 * 92.8945 / 54.7102
    expected = math.ceil(page.designs().frame["expected"].iloc[0])

    def worth(cost: float | None) -> dict[str, str]:
        plan = replace(page.plan, cost_gbp=cost)
        return dict(_worth(plan, page.reference, made, "2023/24"))

    for need, words in (
        (1, "1 incident fewer, before any correction for optimism: "),
        (2, "a fall of that size is too small to be shown"),
        (expected - 1, "a fall of that size could be shown"),
        (expected + 1, "more than there are, so it cannot pay for itself in them"),
    ):
        said = worth(need * each - need / 9)
        assert words in said["To pay for itself"]
        assert said["To pay for itself"].startswith(f"{need:,} incident{'s' * (need > 1)} fewer")
    assert worth(0.0).keys() == worth(None).keys() == {"Cost planned", "Worth of one incident"}
    assert (worth(0.0)["Cost planned"], worth(None)["Cost planned"]) == ("£0", NOT_GIVEN)


def facts(page: Plan) -> dict[str, str]:
    return dict(zip(page.frame["fact"], page.frame["text"], strict=True))


@pytest.mark.parametrize(
    ("changes", "worth", "words"),
    [
        # £1,420 of 2019/20 (Home Office 2026) at 92.8945 / 78.1735; £870 of 2015/16 is the other.
        ({"unit_costs": "crime_theft_from_vehicle"}, "£1,690 (crime_theft_from_vehicle_2019_20;",
         "1 incident fewer, before"),
        ({"aim": 0.2}, None, f"a rise of {ASB} is aimed at: it has no pounds"),
        ({"unit_costs": "crime_homicide"}, None, "one such event outweighs everything else"),
        ({"unit_costs": "asb_warning_letter"}, None, "is what it costs to act; it is no benefit"),
    ],
)  # fmt: skip
def test_pounds_of_a_plan_follow_the_rules_of_the_benefit(
    folder: Path, changes: dict[str, Any], worth: str | None, words: str
) -> None:
    data = data_with(folder, row(**changes))
    said = facts(Plan(data, "P1", load_reference().in_edition("2019/20")))
    assert (said.get("Worth of one incident") or "").startswith(worth or "")
    assert ("Worth of one incident" in said) == bool(worth)
    assert words in said["To pay for itself"]


# What was fixed


def test_fixed_in_advance_and_each_change_is_named(folder: Path) -> None:
    held, said = verdict(data_with(folder, row()))
    assert held
    assert said.startswith("fixed in advance on 1 December 2021 (hash h")
    for changes, name in (
        ({"areas": AREAS[0]}, "areas"),
        ({"buffer": ""}, "areas beside them"),
        ({"start": date(2021, 12, 1)}, "start"),
        ({"months": 6}, "months"),
        ({"aim": -0.3}, "change aimed at"),
        ({"problem": "Something else"}, "problem"),
        ({"design": "did"}, "design"),
        ({"measures": f"{ASB}; {RARE}"}, "measures"),
        ({"unit_costs": "crime_robbery"}, "unit costs"),
    ):
        held, said = verdict(data_with(folder, row(**changes)))
        assert not held
        assert f"; changed since: {name} (hash" in said
    held, said = verdict(data_with(folder, row()), horizon=10)
    assert "changed since: horizon" in said
    for silent in ({"problem": ""}, {"design": ""}, {"aim": None}, {"unit_costs": ""}):
        held, said = verdict(data_with(folder, row(**silent)))
        assert held, f"what a plan does not fix was not changed: {said}"


def test_one_row_of_the_assumptions_moves_every_horizon(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(folder, data, ignore=shutil.ignore_patterns("plans.csv"))
    (data / "reference").mkdir()
    put(
        data / "reference" / "assumptions.csv",
        "name,value,grade,meaning,source,edition,verified,retrieved",
        [("horizon_years", 7, 6, "years", "ours", "1", "own-judgement", "2026-11-26")],
    )
    put(data / "costs.csv", "project_id,agency,item,date,kind,amount_gbp,capital",
        [("P1", "Police", "Patrol", "2028-06-01", "cash", 100, "no")])  # fmt: skip
    monkeypatch.setattr("mtf_eval.run.cli.page_of", lambda *_: "page")
    monkeypatch.setattr("mtf_eval.run.cli.run.callback", lambda **_: 0)
    given = ["plan", str(data), "--areas", AREAS[0], "--measure", ASB, "--start", "2022-01"]
    done = CliRunner().invoke(commands, [*given, "--months", "12", "--project", "P1"])
    assert done.exit_code == 0, done.output
    with (data / "plans.csv").open(encoding="utf-8") as handle:
        assert next(csv.DictReader(handle))["horizon_years"] == "7"
    records = load(data, as_of="")
    # A cost six years after the start counts within seven years and not within five.
    assert not [f for f in records.findings if "past the usual horizon" in f.text]
    project = records.project("P1")
    chosen = project.benefit().appraisal.assumptions
    assert chosen.horizon_years == 7
    assert by_records(records, project.evaluation, records.reference).assumptions == chosen
    spent = records.year(2022).money().spent
    assert spent is not None
    assert spent.each[0].assumptions.horizon_years == 7
    assert records.horizon_years(3) == 3


def test_a_plan_after_the_start_is_shown_and_does_not_count(folder: Path) -> None:
    late = row(fixed_on=date(2022, 3, 1), areas=AREAS[0])
    held, said = verdict(data_with(folder, late))
    assert (held, said) == (False, "not fixed in advance; planned anew on 1 March 2022, after the "
                            "start")  # fmt: skip
    held, said = verdict(data_with(folder, row(), late))
    assert held
    assert "planned anew on 1 March 2022, after the start" in said
    # Before the start the last plan counts.
    first = row(fixed_on=date(2021, 10, 1), areas=AREAS[0])
    assert verdict(data_with(folder, first, row()))[0]


def test_the_hash_tells_an_edit_by_hand_but_not_another_way_of_writing(folder: Path) -> None:
    data_with(folder, row())
    file = folder / "plans.csv"
    text = file.read_text("utf-8")
    file.write_text(text.replace("2021-12-01", "01/12/2021").replace("; ", ";"), "utf-8")
    assert verdict(load(folder, as_of=""))[0]
    file.write_text(text.replace("-0.2", "-0.1"), "utf-8")
    data = load(folder, as_of="")
    held, said = verdict(data)
    assert not held
    assert "changed by hand: its hash is of another" in said
    assert [f.text for f in data.findings if f.table == "plans"] == [
        "the plan was changed by hand after it was fixed: its hash is of another"
    ]
    assert plans_of(data, "P1")[0].hash == BY_HAND
    assert "changed by hand" in plan_page(data).table.notes[0]


def test_the_rows_of_one_project_and_day_are_one(folder: Path) -> None:
    data = data_with(folder, row(), row(months=6), row(project_id="P2"))
    assert [p.months for p in plans_of(data, "P1")] == [6]
    with pytest.raises(BadArgument, match="expected one of P1, P2"):
        plan_page(data, "P9")


def test_a_file_saved_in_excel_is_gone_on_with_and_another_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "plans.csv"
    write(file, [row(), row(project_id="P2")])
    text = file.read_text("utf-8")
    file.write_text(text.replace("2021-12-01", "01/12/2021"), "utf-8")
    write(file, [row(months=6)])
    assert [line.split(",")[0] for line in file.read_text("utf-8").splitlines()[1:]] == ["P2", "P1"]
    file.write_text(other := text.replace(",", "\t"), "utf-8")
    with pytest.raises(BadArgument, match="its headings are not those of plans"):
        write(file, [row()])
    assert file.read_text("utf-8") == other


def test_codes_that_were_redrawn_are_followed(tmp_path: Path) -> None:
    rows = [(f"{m:%Y-%m}", a, ASB, 9) for m in MONTHS[:18] for a in ("E01OLD", *AREAS)]
    rows += [(f"{m:%Y-%m}", a, ASB, 9) for m in MONTHS[18:] for a in ("E01NEW", *AREAS)]
    put(tmp_path / "incidents.csv", "month,area_code,measure,count", rows)
    put(tmp_path / "lsoa_lookup.csv", "LSOA11CD,LSOA21CD", [("E01OLD", "E01NEW")])
    write(tmp_path / "plans.csv", [row(areas="E01NEW", buffer="")])
    data = load(tmp_path, as_of="")
    (plan,) = plans_of(data, "P1")
    assert plan.hash != BY_HAND
    assert plan_page(data).evaluation.panel is not None
    held = plan_page(data).evaluation.coverage
    assert held is not None
    assert held.counts[list(plan.project.target)].notna().all(axis=None)


def test_a_cost_is_written_and_hashed_to_the_penny(tmp_path: Path) -> None:
    hashes = set()
    for cost in (1_250_500.0, 1_234_567.0, 1_234_568.0, 123_456.78, 26_000.0):
        write(tmp_path / "plans.csv", [row(cost_gbp=cost)])
        put(tmp_path / "incidents.csv", "month,area_code,measure,count",
            [("2021-01", AREAS[0], ASB, 1)])  # fmt: skip
        (plan,) = plans_of(load(tmp_path, as_of=""), "P1")
        assert plan.cost_gbp == cost
        hashes.add(plan.hash)
    assert len(hashes - {BY_HAND}) == 5


def test_the_hash_is_that_of_its_lines_in_plain_numbers() -> None:
    """Else no plan fixed by an earlier edition would be borne out."""
    names = [name for name in TABLES["plans"].columns if name != "hash"]
    own = {"project_id": "P1", "months": 12.0, "cost_gbp": 26000.5, "areas": "E2;E1"}
    told = own | {"months": "12", "areas": "E2; E1"}
    text = "\n".join(f"{name}: {told.get(name, '')}" for name in names)
    assert hash_of(own | {"hash": "x"}) == f"h{sha256(text.encode()).hexdigest()[:16]}"


def test_a_bad_row_is_told_where_it_is(folder: Path) -> None:
    (folder / "plans.csv").unlink(missing_ok=True)
    write(folder / "plans.csv", [row(months="")])
    with pytest.raises(DataProblems, match=r"plans.csv, row 2, column months"):
        load(folder)


def test_emmie_has_its_fields(folder: Path) -> None:
    data = data_with(folder, row())
    found = evaluate(data, "P1", as_of=data.until, rng=np.random.default_rng(1))
    fields = assessment.emmie(data, found).frame.set_index("field")["text"]
    assert (fields["Mechanism"], fields["Moderators"]) == ("More eyes", "After dark")


def test_the_example_that_was_planned_first_has_all_an_assessment_must_contain() -> None:
    data = load("data/example", as_of="")
    found = evaluate(data, "EX01", as_of=data.until, rng=np.random.default_rng(1))
    frame = assessment.check_list(data, found).frame
    assert list(frame["there"]) == 12 * ["yes"]
    assert "fixed in advance on 21 August 2023" in frame["text"].iloc[0]


def test_with_few_months_the_later_half_serves(folder: Path) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        rng.poisson(20, (12, 40)), index=MONTHS[:12], columns=[f"E{n:02d}" for n in range(40)]
    )
    from mtf_eval.analysis.effects import Panel

    panel = Panel(counts=frame, target=("E00",), start=MONTHS[11])
    six, nine = (planned(panel=panel, months=n) for n in (6, 9))
    assert nine.beyond == six.beyond
    assert nine.expected == pytest.approx(1.5 * six.expected)
    assert nine.smallest() < six.smallest()


def test_the_command_plans_on_all_records_with_the_prices_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    held = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}

    def load_(place: object, **more: object) -> None:
        asked.append((place, more))
        raise BadArgument("seen")

    monkeypatch.setattr("mtf_eval.publish.workbench.records.load", load_)
    line = ("--project", "P9", "--areas", AREAS[0], "--measure", ASB, "--months", "6")
    for given, own in (((), ""), (("--reference", str(tmp_path)), tmp_path)):
        done = typed("plan", str(folder), *line, "--start", "2026-04", *given)
        assert (done.returncode, "seen" in done.stderr) == (3, True), done.stderr
        assert asked.pop() == (folder.resolve(), {"as_of": "", "reference": own})
    wrong = typed("plan", str(folder), *line, "--start", "April")
    assert (wrong.returncode, asked) == (3, [])
    assert "--start April: expected a month such as 2026-04" in wrong.stderr
    now = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    assert now == held, "nothing is written where it is refused"


def test_a_plan_is_made_into_its_page_as_it_was_asked_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, asked = tmp_path / "data", []
    shutil.copytree(folder, data, ignore=shutil.ignore_patterns("plans.csv"))

    def run(**given: Any) -> int:
        asked.append(given)
        return len(asked) - 1

    monkeypatch.setitem(commands.commands, "run", click.Command("run", callback=run))
    line = ("--project", "P 9", "--areas", AREAS[0], "--measure", ASB, "--months", "6")
    given = ("--start", "2026-04", "--docx", "--release", "public", "--reference", str(tmp_path))
    for words in ("The pro-forma: ", "The page could not be made."):
        done = typed("plan", str(data), *line, *given, "--out", str(tmp_path / "out"))
        assert done.returncode == len(asked) - 1, done.stderr
        assert words in done.stdout
    assert asked[0] == {"data": (str(data),), "project": ("P 9",), "report": ("project_plan",),
                        "out": tmp_path / "out", "docx": True, "release": "public",
                        "reference": tmp_path}  # fmt: skip


def test_a_row_of_plans_is_read_as_it_was_fixed() -> None:
    row: dict[str, Any] = {
        "project_id": "P9", "problem": "Noise", "measures": f"{ASB}; {RARE}", "aim": -0.2,
        "areas": "E2; E1", "buffer": "E3", "start": "2026-03-01", "months": 6, "design": "did",
        "unit_costs": "asb_no_further_action; crime_robbery", "cost_gbp": 500.0,
        "horizon_years": 5.0, "fixed_on": "2026-01-05", "hash": "h",
    }  # fmt: skip
    plan = fixed_plan.Plan.of(row, "Evenings")
    own = plan.project
    assert (own.project_id, own.title, own.problem) == ("P9", "Evenings", "Noise")
    assert own.response_start == pd.Timestamp("2026-03-01")
    assert own.response_end == pd.Timestamp("2026-08-31"), "six months, March to August"
    assert own.areas == {"target": ("E1", "E2"), "buffer": ("E3",)}
    assert (own.primary_measure, own.measures) == (ASB, {ASB: -0.2, RARE: None})
    assert (plan.aim, plan.months, plan.design, plan.cost_gbp) == (-0.2, 6, "did", 500.0)
    assert plan.unit_costs == {ASB: "asb_no_further_action", RARE: "crime_robbery"}
    assert (plan.horizon_years, plan.hash) == (5, "h")
    assert plan.fixed_on == pd.Timestamp("2026-01-05")
    blank = {name: np.nan for name in ("problem", "aim", "buffer", "design", "unit_costs",
                                       "cost_gbp", "horizon_years")}  # fmt: skip
    bare = fixed_plan.Plan.of(row | blank, "Evenings")
    assert (bare.project.problem, bare.design, bare.aim) == ("", "", None)
    assert (bare.cost_gbp, bare.horizon_years, bare.unit_costs) == (None, None, {})
    assert bare.project.areas == {"target": ("E1", "E2")}
    # Compared are six months at least and one of each season at most.
    assert [fixed_plan.compared(m) for m in (1, 6, 7, 24, 60)] == [6, 6, 7, 12, 12]


def test_a_plan_on_a_database_is_a_row_to_put_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, asked = load(folder, as_of=""), []

    def load_(place: object, **more: object) -> Any:
        asked.append(place)
        return there

    monkeypatch.setattr("mtf_eval.publish.workbench.records.load", load_)
    line = ("--project", "P9", "--areas", f"{AREAS[4]},{AREAS[3]}", "--measure", ASB)
    line += ("--start", "2026-04", "--months", "6", "--aim", "-20%", "--cost", "500")
    done = typed("plan", "sqlite:///of.db", *line, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert asked == ["sqlite:///of.db"], "which is no path below the checkout"
    assert "P9.plans.csv: the plan P9, fixed today" in done.stdout
    assert "Put its row into the table plans of the database" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["P9.plans.csv"]
    with (tmp_path / "P9.plans.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert {*row["areas"].replace(" ", "").split(";")} == {AREAS[3], AREAS[4]}
    assert (row["project_id"], row["start"], row["months"]) == ("P9", "2026-04-01", "6")
    assert (float(row["aim"]), float(row["cost_gbp"])) == (-0.2, 500)
    assert (row["measures"], row["fixed_on"]) == (ASB, f"{date.today()}")
    assert row["hash"]
    assert row["design"]
