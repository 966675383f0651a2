"""The release of a table: boundaries of every profile, the dashboard by hand, what is refused."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dashboard import HERE

from benchmarks.disclosure import yearly, years
from mtf_eval import load
from mtf_eval.analysis.counts import caseload, groups, referrals
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.errors import BadArgument, RunRefused
from mtf_eval.publish.disclosure.release import Disclosure, Released, release
from mtf_eval.records.home import REFERENCE
from mtf_eval.records.prices.rules import Rule, few, read_rules, rule_of

# The monthly table as published in December 2021: received, accepted, rejected, SARAs, completed;
# and under the public rule by hand: 0 to 7 hidden, the rest to the nearest 5. Only two months of
# rejected are 8 or more, so all are kept back beside their total.
MONTHS = """
January 17 10 7 0 10          15 10 [k] [c] 10
February 16 15 1 0 15         15 15 [k] [c] 15
March 22 20 2 0 20            20 20 [k] [c] 20
April 21 15 6 0 15            20 15 [k] [c] 15
May 12 10 2 0 10              10 10 [k] [c] 10
June 17 11 6 0 11             15 10 [k] [c] 10
July 21 11 10 0 11            20 10 [k] [c] 10
August 14 8 6 0 8             15 10 [k] [c] 10
September 16 11 3 1 10        15 10 [k] [c] 10
October 7 2 4 1 2             [c] [c] [k] [c] [c]
November 19 11 8 1 9          20 10 [k] [c] 10
December 6 4 2 0 3            [c] [c] [k] [c] [c]
Total 188 128 57 3 124        190 130 55 [c] 125
"""
NAMES = ["month", "received", "accepted", "rejected", "saras", "completed"]


def column(name: str, kind: str = "people") -> Column:
    return Column(name=name, heading=name.capitalize(), kind=kind)  # type: ignore[arg-type]


def make(frame: pd.DataFrame, *extra: Column, name: str = "t", **more: object) -> Table:
    """Mark a frame: the first column is the label, the others count people."""
    label, *counts = frame.columns
    frame = frame.astype(dict.fromkeys(counts, "Int64"))
    columns = (column(label, "label"), *(column(c) for c in counts), *extra)
    return Table(name=name, title=name, source="by hand", frame=frame, columns=columns, **more)  # type: ignore[arg-type]


def one_column(values: list[int | None]) -> Table:
    return make(pd.DataFrame({"k": [f"r{i}" for i in range(len(values))], "n": values}))


def shown(released: Released) -> pd.DataFrame:
    out = released.frame.astype(object)
    return out.mask(released.symbols != "", released.symbols)


def disclosure(name: str = "public") -> Disclosure:
    return Disclosure(name, counts=["referrals"])


C = "[c]"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("internal", [0, 1, 4, 5, 7, 8, 12, 13, 188]),
        ("public", [C, C, C, C, C, 10, 10, 15, 190]),
        ("nhs", [C, C, C, C, C, 10, 10, 15, 190]),
        ("opensafely", [C, C, C, C, C, 10, 10, 15, 190]),
        ("local", [C, C, C, 5, 5, 10, 10, 15, 190]),
        ("local_lt5", [C, C, C, 5, 5, 10, 10, 15, 190]),
    ],
)
def test_boundaries(rule: str, expected: list[object]) -> None:
    released = disclosure(rule)(one_column([0, 1, 4, 5, 7, 8, 12, 13, 188]))
    assert shown(released)["n"].tolist() == expected
    assert released.hidden == expected.count(C)
    assert released.rule.name in ("internal", "public", "local")


def test_a_count_that_is_missing_is_not_called_confidential() -> None:
    assert shown(disclosure()(one_column([None, 3, 20])))["n"].tolist() == ["[x]", C, 20]


def test_dashboard_by_hand() -> None:
    """Each count on its own: a total is its own true value, not the sum of what is shown."""
    rows = [line.split() for line in MONTHS.strip().splitlines()]
    frame = pd.DataFrame([r[:6] for r in rows], columns=NAMES).astype(
        dict.fromkeys(NAMES[1:], "Int64")
    )
    saras = (column(n, "count" if n == "saras" else "people") for n in NAMES[1:])
    made = replace(make(frame, total_row=True), columns=(column("month", "label"), *saras))
    out = shown(disclosure()(made)).drop(columns="month").astype(str).to_numpy().tolist()
    assert out == [row[6:] for row in rows], "SARA projects beside them are taken for people"


def test_every_profile_says_what_it_does_and_whose_it_is() -> None:
    for rule in read_rules().values():
        assert rule.sentence
        assert rule.source
        assert rule.edition
        assert bool(rule.banner) == rule.off
    assert "need not add up" in rule_of("public").sentence
    assert few() == 8


@pytest.mark.parametrize(
    "row",
    [
        "x,0,5,,Hidden.,Ours,2026",
        "x,7,0,,Hidden.,Ours,2026",
        "x,-1,5,,Hidden.,Ours,2026",
        "x,7,2.5,,Hidden.,Ours,2026",
        "x,7,5,,Hidden.,,2026",
        "x,7,5,,Hidden.,Ours,",
        "x,7,5,,,Ours,2026",
        "x,,,,Hidden.,Ours,2026",
        "x,0,0,Banner,Hidden.,Ours,2026",
        "x,7",
    ],
)
def test_a_profile_without_threshold_or_source_releases_nothing(row: str, tmp_path: Path) -> None:
    path = tmp_path / "disclosure_rules.csv"
    head = "name,hide_up_to,round_to,banner,sentence,source,edition\n"
    path.write_text(f"{head}{row}\n", encoding="utf-8")
    with pytest.raises(RunRefused, match=r"disclosure_rules\.csv"):
        read_rules(path)
    with pytest.raises(RunRefused, match="missing"):
        read_rules(tmp_path / "none.csv")


def test_what_is_refused() -> None:
    table = one_column([1, 20])
    with pytest.raises(BadArgument, match="internal, public, local"):
        Disclosure("off")
    with pytest.raises(BadArgument, match="bare frame"):
        Disclosure("internal")(table.frame)  # type: ignore[arg-type]
    with pytest.raises(BadArgument, match="never named what it counts"):
        Disclosure("public")(table)
    with pytest.raises(BadArgument, match="expected tables of people"):
        Disclosure("public", counts=["costs"])
    with pytest.raises(BadArgument, match="whole counts"):
        disclosure()(one_column([-1, 3]))
    with pytest.raises(BadArgument, match="every column must say"):
        table.with_frame(table.frame.assign(more=1))
    with pytest.raises(BadArgument, match="as internal shows them, not as public"):
        disclosure()(replace(table, basis="internal"))
    assert len(Disclosure("internal")(table).frame) == 2
    with pytest.raises(BadArgument, match="whole numbers"):
        Rule(name="x", hide_up_to=1, round_to=0, sentence="x", source="x", edition="1")


def test_not_people_passes_unless_people_stand_beside_it() -> None:
    frame = pd.DataFrame({"k": ["a"], "n": [3]})
    alone = Table(
        name="projects", title="Projects", frame=frame, source="s",
        columns=(column("k", "label"), column("n", "count")),
    )  # fmt: skip
    assert shown(Disclosure("public")(alone))["n"].tolist() == [3]
    beside = replace(alone, frame=frame.assign(m=20), columns=(*alone.columns, column("m")))
    assert shown(disclosure()(beside)).loc[0, ["n", "m"]].tolist() == [C, 20]


def test_shares_and_changes_are_computed_from_what_is_shown() -> None:
    share = Column(name="s", heading="s", kind="share", of=("a", "all"))
    frame = pd.DataFrame({"k": list("wxyz"), "a": [3, 12, 13, 0], "all": [40, 43, 12, 0]})
    out = shown(disclosure()(make(frame, share)))["s"].tolist()
    assert out[0] == C
    assert out[1] == pytest.approx(10 / 45)
    assert out[2] == 1, "15 of 10: never more than the whole"
    assert out[3] == C, "a nought is hidden like any small count"
    change = Column(name="s", heading="s", kind="change", of=("a", "all"))
    out = shown(disclosure()(make(frame, change)))["s"].tolist()
    assert out[1:3] == pytest.approx([10 / 45 - 1, 15 / 10 - 1]), "more than before is no fault"
    internal = shown(Disclosure("internal")(make(frame, share)))["s"].tolist()
    assert internal[0] == 3 / 40
    assert internal[2] == 13 / 12, "as it is on record, where nothing is rounded"
    assert internal[3] == "[z]"


def test_what_is_worked_out_is_worked_out_again_from_what_is_shown() -> None:
    def doubled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(twice=2 * frame["n"].astype("float64"))[frame["n"].notna()]

    frame = pd.DataFrame({"k": list("abc"), "n": [13, 3, 20]})
    made = make(frame, derive=doubled)
    made = replace(
        made,
        frame=made.frame.assign(twice=2.0 * frame["n"]),
        columns=(*made.columns, column("twice", "number")),
    )
    out = disclosure()(made)
    assert out.frame["twice"].tolist() == [30, 40]
    assert shown(out)["n"].tolist() == [15, 20]
    assert Disclosure("internal")(made).frame["twice"].tolist() == [26, 6, 40]


def test_rows_that_tell_of_records_as_they_are_stay_inside() -> None:
    made = replace(one_column([13, 20]), exact=True)
    released = disclosure()(made)
    assert released.frame.empty
    assert released.withheld
    assert len(Disclosure("internal")(made).frame) == 2


def test_expected_range_and_medians_rest_on_shown_counts() -> None:
    """By hand from the rounded months; nothing where a month is hidden."""
    thanet = load(HERE)
    made = caseload.expected_range(thanet, year=2021)
    hidden = disclosure()(made)
    assert hidden.frame[["mean", "low", "high"]].isna().all(axis=None), "October is hidden"
    assert "hidden" in caseload.range_finding(hidden.frame)
    made = made.with_frame(made.frame.assign(received=made.frame["received"] + 10))
    shown_months = [25, 25, 30, 30, 20, 25, 30, 25, 25, 15, 30]
    mean = sum(shown_months) / 11
    reach = 2.66 * np.abs(np.diff(shown_months)).mean()
    out = disclosure()(made).frame
    assert out["received"].tolist()[:11] == [25, 25, 30, 30, 20, 25, 30, 25, 25, 15, 30]
    assert out["mean"].iloc[0] == pytest.approx(mean)
    assert out["high"].iloc[0] == pytest.approx(mean + reach)


def test_coarser_is_asked_for_and_never_follows_from_counts() -> None:
    thanet, public = load(HERE), rule_of("public")
    assert groups.coarser(thanet, public) is thanet
    asked = groups.coarser(thanet, public, "quarter; agency;")
    assert groups.coarser(thanet, rule_of("internal"), "quarter") is thanet
    months = disclosure()(referrals.by_month(asked, year=2021))
    assert months.table.name == "referrals_by_quarter_2021"
    assert months.frame["received"].tolist() == [55, 50, 50, 30, 190]
    assert any("Shown by quarter" in note for note in months.table.notes)
    assert not len(caseload.expected_range(asked, year=2021).frame), "it would show the months"
    named = replace(thanet, about={**thanet.about, "groups": "year"})
    assert len(referrals.by_month(groups.coarser(named, public), year=2021).frame) == 1
    with pytest.raises(BadArgument, match="groups=colour"):
        groups.coarser(thanet, public, "colour")


def test_agencies_of_one_kind_are_put_together_before_they_are_counted() -> None:
    from mtf_eval.analysis.counts import activity

    thanet = load(HERE)
    fine = activity.support_by_agency(thanet, year=2021).frame.set_index("agency")["current"]
    asked = groups.coarser(thanet, rule_of("public"), "agency")
    coarse = activity.support_by_agency(asked, year=2021)
    merged = coarse.frame.set_index("agency")["current"]
    of = pd.read_csv(REFERENCE / "category_groups.csv").set_index("category")["group"]
    by_hand = fine.drop("Total").groupby(lambda name: of.get(name, name)).sum(min_count=1)
    assert merged.drop("Total").dropna().to_dict() == by_hand.dropna().to_dict()
    assert merged["Total"] == fine["Total"]
    assert any("Put together" in note for note in coarse.notes)


def test_every_group_has_two_members_and_a_name_of_its_own() -> None:
    declared = pd.read_csv(REFERENCE / "category_groups.csv")
    for dimension, rows in declared.groupby("dimension"):
        assert rows["group"].value_counts().min() > 1, dimension
        assert not set(rows["group"]) & set(rows["category"])


def test_all_tables_of_a_year_cost_less_than_reading_them() -> None:
    made, released = [], []
    for _ in range(3):
        start = time.process_time()
        data = load(HERE.parent / "example")
        tables = [t for year in years(data) for t in yearly(data, year=year)]
        made.append(time.process_time() - start)
        start = time.process_time()
        for table in tables:
            release(table, rule_of("public"))
        released.append(time.process_time() - start)
    assert min(released) < min(made)


def test_a_data_set_with_nothing_to_say_of_its_figures_still_gives_its_tables() -> None:
    from mtf_eval.analysis.counts import reconcile

    thanet = load(HERE)
    bare = replace(
        thanet,
        about={},
        tables={
            name: frame if name == "referrals" else frame.head(0)
            for name, frame in thanet.tables.items()
        },
    )
    for made in (reconcile.reading_table(bare), reconcile.blocks(bare)):
        assert disclosure()(made).frame.empty
        assert list(disclosure()(made).frame.columns) == [c.name for c in made.columns]


@pytest.mark.parametrize(
    ("total", "parts", "may"),
    [
        (45, [20, 25], True),  # nothing is hidden
        (26, [20, 6], False),  # 25 less 20: of two parts one gives the other
        (14, [7, 7], False),  # 15 is 13 or more, so both are 6 or 7
        (6, [3, 3], True),  # the total is hidden itself
        (36, [18, 18, 0], False),  # 35 less 20 less 20: none or one
        (24, [13, 4, 7], True),  # who knows the 24 knows 9 to 13 fewer: 2 to 7 each at least
        (28, [7, 7, 7, 7], False),  # who knows the 28 knows all
        (20, [7, 7, 6, 0], True),
        (60, [20, 20, 20, 0], True),  # 60 less three times 18 is 6
        (54, [18, 18, 18, 0], False),  # 54 less three times 18 is none
    ],
)
def test_parts_beside_their_total(total: int, parts: list[int], may: bool) -> None:
    assert rule_of("public").may_split(total, parts) is may
    assert rule_of("internal").may_split(total, parts)


def test_parts_kept_back_do_not_say_which_was_few() -> None:
    made = make(pd.DataFrame({"k": ["a", "b", "Total"], "n": [20, 6, 26]}), total_row=True)
    assert shown(disclosure()(made))["n"].tolist() == ["[k]", "[k]", 25]
    assert shown(Disclosure("internal")(made))["n"].tolist() == [20, 6, 26]


def test_sums_of_other_columns_are_left_out_with_their_shares() -> None:
    frame = pd.DataFrame({"k": ["x"], "a": [30], "b": [15], "all": [46]})
    share = Column(name="s", heading="s", kind="share", of=("a", "all"))
    made = make(frame, share)
    summed = tuple(replace(c, adds_up=c.name == "all") for c in made.columns)
    made = replace(made, columns=summed)
    assert list(disclosure()(made).frame) == ["k", "a", "b"]
    assert list(Disclosure("internal")(made).frame) == ["k", "a", "b", "all", "s"]


def test_a_half_year_beside_a_year_and_its_other_half() -> None:
    """By hand: one half of 6 is not shown, nor is the other, nor what both are made of."""
    rows = [(f"2021-{m:02d}-01", n) for m, n in ((1, 4), (2, 2), (7, 10), (8, 9), (9, 8))]
    data = load(HERE)
    months = pd.DataFrame(rows, columns=["month", "received"]).assign(
        accepted=0, rejected=0, saras=0, pending=0, completed=0, as_at="2021-12-31"
    )
    old = data.table("monthly_referrals")
    months = months.reindex(columns=old.columns).astype(old.dtypes.to_dict())
    data = replace(data, tables={**data.tables, "monthly_referrals": months})
    year = shown(disclosure()(referrals.headline(data, year=2021)))
    halves = [shown(disclosure()(referrals.headline(data, year=2021, half=h))) for h in (1, 2)]
    assert year["received"].tolist() == [35]
    assert [h.loc[0, "received"] for h in halves] == ["[k]", "[k]"]
    by_month = shown(disclosure()(referrals.by_month(data, year=2021)))
    assert by_month["received"].tolist() == [C, C, 10, 10, 10, 35], "33 less three times 8 is 9"
    by_half = shown(disclosure()(referrals.by_month(data, year=2021, half=2)))
    assert by_half["received"].tolist() == [10, 10, 10, "[k]"]


def test_what_a_year_of_a_log_leaves_out() -> None:
    data = load(REFERENCE.parent / "example")
    public, internal = (
        d(referrals.headline(data, year=2024)) for d in (disclosure(), Disclosure("internal"))
    )
    gone = set(internal.frame) - set(public.frame)
    assert gone == {"decided", "ongoing", "acceptance"}
    waits = disclosure()(caseload.days_to(data, end="decided", year=2024))
    assert list(waits.frame) == ["period", "low", "median", "high"]
    assert shown(public).loc[0, "rejected"] == "[k]", "few SARA projects: with it they were known"
