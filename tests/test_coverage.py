"""What is on record: gaps of every real kind are seen, complete records have none."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gaps import ASB, CITY, MONTHS, NEAR, archive, declare, force, project, table

from mtf_eval.analysis.counts import on_record
from mtf_eval.errors import DataProblems
from mtf_eval.records.coverage import Coverage, coverage_of, kept
from mtf_eval.records.coverage.gaps import Gap
from mtf_eval.records.coverage.silences import (
    _spread,
    doubled_months,
    hollow_runs,
    incomplete_months,
    jumps,
    odd_runs,
    silent_runs,
)
from mtf_eval.records.dataset import Dataset, Source
from mtf_eval.records.load import load
from mtf_eval.records.tables import TABLES, empty

FIELD = Path(__file__).parent / "field" / "public"
AS_OF = date(2022, 12, 31)
TARGETS = CITY[:2]


def read(folder: Path, measure: str = ASB) -> Coverage:
    return coverage_of(load(folder), measure, as_of=AS_OF)


def warned(folder: Path) -> list[str]:
    return [f.text for f in load(folder).findings if f.kind == "warning"]


def off(coverage: Coverage, area: str) -> list[str]:
    """Months of an area that are not on record."""
    open_ = coverage.counts[area].isna()
    return [f"{m:%Y-%m}" for m in coverage.counts.index[open_]]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


# The field cases


def test_a_month_without_a_file_is_not_a_nought() -> None:
    coverage = read(FIELD / "01" / "data")
    assert off(coverage, "E01900003") == ["2022-05", "2022-06", "2022-07", "2022-08"]
    (gap,) = coverage.gaps
    assert gap.kind == "no_file"
    assert gap.text.startswith("May to August 2022 are not on record for City of Testshire Police")


def test_the_quality_page_lists_a_gap_and_counts_the_areas_it_leaves() -> None:
    data = load(FIELD / "01" / "data")
    listed = on_record.gaps(data)
    (row,) = listed.frame.to_numpy().tolist()
    assert row[:6] == ["1", "City of Testshire Police", "Anti-social behaviour", "all areas",
                       "May to August 2022", "no file"]  # fmt: skip
    assert on_record.gaps_finding(listed).startswith("1 gap in the records of areas; ")
    (strip,) = on_record.overview(data)
    runs = strip.frame[["first", "last", "state"]].to_numpy().tolist()
    assert runs == [
        ["January 2021", "April 2022", "on record"],
        ["May 2022", "August 2022", "in part"],
        ["September 2022", "December 2022", "on record"],
    ]
    early = load(FIELD / "01" / "data", as_of=date(2022, 6, 15))
    (cut,) = on_record.overview(early)
    assert cut.as_at == on_record.gaps(early).as_at == date(2022, 6, 15)
    assert cut.frame["last"].iloc[-1] == "May 2022", "June is not over"
    none = Dataset(name="n", path=Path("n"), tables={n: empty(t) for n, t in TABLES.items()},
                   sources=())  # fmt: skip
    assert on_record.overview(none) == ()
    assert on_record.gaps_finding(on_record.gaps(none)) == (
        "Every area is on record in every month between the first and the last."
    )


def test_a_jump_in_rows_without_an_area_is_a_gate() -> None:
    (gap,) = read(FIELD / "02" / "data").gaps
    assert gap.kind == "no_area"
    assert gap.gate
    assert "January to December 2022" in gap.text
    # Counted in the files of that force: 20 of 1,376 rows, and 502 of 1,406.
    assert re.findall(r"(\d+)%", gap.text) == ["36", "1"]


@pytest.mark.parametrize(
    "written", ["Unknown", "Not stated", "(blank)", "Ward not known", "n/k", "TBC"]
)
def test_a_jump_in_rows_of_a_table_whose_area_is_not_known_is_a_gate(
    tmp_path: Path, written: str
) -> None:
    rows = [
        (m, "", "", a, ASB, n)
        for m in MONTHS
        for late in [m >= "2022"]
        for a, n in [*((a, 20 if late else 30) for a in CITY), (written, 60 if late else 2)]
    ]
    folder = table(project(tmp_path / "d", TARGETS), rows)
    (gap,) = read(folder).gaps
    assert (gap.kind, gap.gate) == ("no_area", True)
    # 60 of 180 a month, and 2 of 182.
    assert re.findall(r"(\d+)%", gap.text) == ["33", "1"]
    assert "January to December 2022" in gap.text
    assert any("24 row(s) whose area is not known" in text for text in warned(folder))
    steady = [(*r[:5], 30 if r[3] in CITY else 2) for r in rows]
    assert not read(table(project(tmp_path / "e", TARGETS), steady)).gaps


def test_a_hole_in_a_table_of_ones_own_is_seen_and_no_other() -> None:
    coverage = read(FIELD / "03" / "data")
    assert off(coverage, "E01990003") == ["2022-05", "2022-06", "2022-07", "2022-08"]
    assert int(coverage.counts.isna().to_numpy().sum()) == 4


def test_a_category_that_ends_where_another_begins_is_told_as_that() -> None:
    (text,) = warned(FIELD / "09" / "data")
    assert "Violence and sexual offences begins there: the category was renamed" in text
    coverage = read(FIELD / "09" / "data", "Violent crime")
    assert off(coverage, "E01900003")[0] == "2022-05"


def test_one_crime_id_thirteen_times_is_one_incident() -> None:
    rows = load(FIELD / "10" / "data").table("incidents")
    assert rows.set_index("measure")["count"].to_dict() == {ASB: 2, "Burglary": 1}


# Files and forces


def test_strays_of_another_force_make_no_month(tmp_path: Path, rng: np.random.Generator) -> None:
    rows = force(rng, "near", NEAR) + force(rng, "city", CITY, months=MONTHS[:18])
    rows += [(m, "near", "Near Police", a, ASB, 1) for m in MONTHS for a in CITY]
    coverage = read(archive(project(tmp_path / "d", TARGETS), rows))
    assert off(coverage, CITY[0]) == MONTHS[18:]
    assert [g.kind for g in coverage.gaps] == ["source_stops"]
    assert not coverage.counts[NEAR].isna().to_numpy().any()


def test_a_second_force_that_stops_leaves_on_both_sides(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    own = force(rng, "city", CITY)
    guests = force(rng, "transport", CITY[:2], mean=3, months=MONTHS[:15])
    coverage = read(archive(project(tmp_path / "d", TARGETS), own + guests))
    (gap,) = (g for g in coverage.gaps if "another source" in g.text)
    left_out = sum(n for *_, n in guests)
    assert gap.text.startswith(f"{ASB}: {left_out:,} records by Transport")
    wanted = sum(n for *_, area, _, n in own if area == CITY[0])
    assert coverage.counts[CITY[0]].sum() == wanted
    assert not coverage.counts.isna().to_numpy().any()
    whole = own + force(rng, "transport", CITY[:2], mean=3)
    both = read(archive(project(tmp_path / "e", TARGETS), whole))
    assert both.counts[CITY[0]].sum() > wanted


# Codes


@pytest.mark.parametrize("named", [["E01024678"], ["E01035316", "E01035317"]])
@pytest.mark.parametrize("kind", ["archive", "table"])
def test_a_split_area_is_followed_in_either_vintage(
    tmp_path: Path, rng: np.random.Generator, named: list[str], kind: str
) -> None:
    rows = force(rng, "near", NEAR)
    rows += force(rng, "near", ["E01024678"], months=MONTHS[:20])
    rows += force(rng, "near", ["E01035316", "E01035317"], mean=4, months=MONTHS[20:])
    write = archive if kind == "archive" else table
    folder = write(project(tmp_path / "d", named), rows)
    coverage = read(folder)
    assert "E01035316" not in coverage.counts
    wanted = sum(n for *_, a, _, n in rows if a in {"E01024678", "E01035316", "E01035317"})
    assert coverage.counts["E01024678"].sum() == wanted
    assert not coverage.gaps
    areas = load(folder).table("project_areas")
    assert areas["area_code"].tolist() == ["E01024678"]
    assert areas["population"].tolist() == [1500 * len(named)]


@pytest.mark.parametrize("named", [["E01035316"], NEAR[:1], ["E01035316", "E01035317"]])
def test_codes_of_one_vintage_alone_stay_as_they_are(
    tmp_path: Path, rng: np.random.Generator, named: list[str]
) -> None:
    rows = force(rng, "near", [*NEAR, "E01035316", "E01035317"])
    folder = table(project(tmp_path / "d", named), rows)
    coverage = read(folder)
    for area in ("E01035316", "E01035317"):
        assert coverage.counts[area].sum() == sum(n for *_, a, _, n in rows if a == area)
    assert "E01024678" not in coverage.counts
    assert not coverage.gaps
    assert load(folder).table("project_areas")["area_code"].tolist() == named


def test_a_part_of_a_split_is_a_gate_with_its_group(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    rows = force(rng, "near", NEAR) + force(rng, "near", ["E01024678"], months=MONTHS[:20])
    rows += force(rng, "near", ["E01035316", "E01035317"], months=MONTHS[20:])
    folder = archive(project(tmp_path / "d", ["E01035316"]), rows)
    gates = [g for g in read(folder).gaps if g.gate]
    assert [(g.kind, g.areas) for g in gates] == [("recoded", ("E01035316",))]
    assert "E01024678 became E01035316 and E01035317" in gates[0].text
    assert warned(folder)[0].startswith("P1: ")


def test_a_look_up_of_ones_own_ends_the_warning(tmp_path: Path, rng: np.random.Generator) -> None:
    rows = force(rng, "near", NEAR) + force(rng, "near", ["E01900001"], months=MONTHS[:20])
    rows += force(rng, "near", ["E01999999"], months=MONTHS[20:])
    folder = archive(project(tmp_path / "d", ["E01900001"]), rows)
    assert off(read(folder), "E01900001") == MONTHS[20:]
    assert "P1" in warned(folder)[0]
    (folder / "lsoa_lookup.csv").write_text("LSOA11CD,LSOA21CD\nE01900001,E01999999\n")
    assert not warned(folder)
    both, head = "old in one row and new in another", "another header"
    for text, found in (
        ("LSOA11CD,LSOA21CD\nA1,A2\nA2,A3\n", both),
        ("LSOA11CD,LSOA21CD\nA1,A1\nA1,A2\n", both),  # split, and one part kept the code
        ("LSOA11CD,LSOA21CD\nA1,A2\nA2,A2\n", both),  # merged into one that kept its code
        ("LSOA11CD,new\nA1,A2\n", head),
        ("old,LSOA21CD\nA1,A2\n", head),
    ):
        (folder / "lsoa_lookup.csv").write_text(text)
        with pytest.raises(DataProblems, match=found):
            load(folder)


# Silences


def test_two_months_absent_from_targets_alone(tmp_path: Path, rng: np.random.Generator) -> None:
    months = [m for m in MONTHS if m not in ("2022-05", "2022-06")]
    folder = table(project(tmp_path / "d", TARGETS), force(rng, "x", TARGETS, months=months))
    coverage = read(folder)
    assert off(coverage, TARGETS[0]) == ["2022-05", "2022-06"]


def test_a_measure_missing_for_two_months_takes_none_of_the_others(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """Half of all rows are missing then: not the whole source's."""
    rows = [
        r for r in force(rng, "near", NEAR, mean=12, kinds=(ASB, "Burglary"))
        if not (r[4] == ASB and r[0] in ("2022-03", "2022-04"))
    ]  # fmt: skip
    folder = archive(project(tmp_path, NEAR[:2]), rows)
    gone = {f"{m:%Y-%m}" for m in read(folder).counts.index[read(folder).counts.isna().all(axis=1)]}
    assert gone == {"2022-03", "2022-04"}
    assert not read(folder, "Burglary").counts.isna().any(axis=None)


def test_a_hole_with_a_stray_row_in_it_is_asked_about(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    gone = ("2022-05", "2022-06", "2022-07", "2022-08")
    rows = force(rng, "x", [*TARGETS, *NEAR])
    held = [(*r[:5], 1) if r[0] in gone and r[3] in TARGETS else r for r in rows]
    folder = table(project(tmp_path / "d", TARGETS), held)
    coverage = read(folder)
    assert not coverage.counts.isna().to_numpy().any()  # counted as it stands
    (gap,) = coverage.quiet
    assert gap.areas == tuple(TARGETS)
    assert "next to nothing is recorded in May to August 2022" in gap.text
    assert any("next to nothing" in text for text in warned(folder))
    declare(folder, *(f"Council,,{t},,2022-05,2022-08,yes,checked" for t in TARGETS))
    assert not read(folder).quiet
    lasting = [(*r[:5], 1) if r[0] >= "2022-05" and r[3] in TARGETS else r for r in rows]
    assert not read(table(project(tmp_path / "e", TARGETS), lasting)).quiet
    together = [(*r[:5], 1) if r[0] in gone else r for r in rows]
    assert not any(
        "next to nothing" in g.text
        for g in read(table(project(tmp_path / "f", TARGETS), together)).quiet
    )


def test_overdispersed_counts_have_no_hollow_months() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for level in (5, 20, 60):
        values = rng.negative_binomial(4, 4 / (4 + level), (300, 36)).astype(float)
        found += sum(bool(hollow_runs(v, np.full(36, 100.0))) for v in values)
    assert found <= 2


def test_controls_that_begin_later_are_not_on_record_before(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    rows = force(rng, "x", [*TARGETS, *NEAR[5:]]) + force(rng, "x", NEAR[:5], months=MONTHS[5:])
    coverage = read(table(project(tmp_path / "d", TARGETS), rows))
    assert all(off(coverage, a) == MONTHS[:5] for a in NEAR[:5])
    assert [g.kind for g in coverage.gaps] == ["not_begun"]


def test_a_fall_to_nought_counts_only_when_declared(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    rows = force(rng, "x", NEAR) + force(rng, "x", TARGETS, months=MONTHS[:12])
    folder = table(project(tmp_path / "d", TARGETS), rows)
    assert off(read(folder), TARGETS[0]) == MONTHS[12:]
    declare(folder, *(f"Council,,{t},,2022-01,2022-12,yes,checked" for t in TARGETS))
    coverage = read(folder)
    assert coverage.counts.loc["2022-01-01":, TARGETS].sum().sum() == 0
    assert not coverage.gaps


def test_where_small_counts_are_left_out_no_row_is_not_nought(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """Means of 7 in all areas, but 3 in the targets after the start; then all below 5 left out."""
    rows = force(rng, "x", [*TARGETS, *NEAR], mean=7, months=MONTHS[:12])
    rows += force(rng, "x", NEAR, mean=7, months=MONTHS[12:])
    rows += force(rng, "x", TARGETS, mean=3, months=MONTHS[12:])
    whole = read(table(project(tmp_path / "whole", TARGETS), rows))
    assert not whole.gaps
    assert not whole.counts.isna().any(axis=None)
    folder = table(project(tmp_path / "d", TARGETS), [row for row in rows if row[-1] >= 5])
    coverage = read(folder)
    for month, _, _, area, _, n in rows:
        count = coverage.counts.at[pd.Timestamp(month), area]
        assert np.isnan(count) if n < 5 else count == n
    (gap,) = (g for g in coverage.concerning(TARGETS, *coverage.counts.index[[0, -1]]) if g.gate)
    fives = sum(row[-1] == 5 for row in rows)
    assert f"{fives} counts of 5 and none of 1 to 4: small counts look left out" in gap.text
    assert not set(gap.areas) & {*coverage.counts.columns[coverage.counts.notna().all()]}
    declare(folder, "Council,,,,2021-01,2022-12,yes,those really were none")
    assert not read(folder).gaps
    given, few = folder / "incidents.csv", next(row for row in rows if row[-1] < 5)
    given.write_text(f"{given.read_text()}{few[0]},{few[3]},{ASB},0\n")
    (folder / "coverage.csv").unlink()
    assert any(g.gate for g in read(folder).gaps), "one nought does not make the others so"


def test_declared_missing_is_missing_even_with_rows(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    folder = archive(project(tmp_path / "d", TARGETS), force(rng, "city", CITY))
    declare(folder, "police.uk,city,,,2022-03,2022-04,no,known bad")
    coverage = read(folder)
    assert off(coverage, CITY[3]) == ["2022-03", "2022-04"]
    assert "known bad" in coverage.gaps[0].text
    assert coverage.gaps[0].areas == (), "all of the force"
    declare(folder, f"police.uk,city,{CITY[3]},,2022-03,2022-04,no,known bad")
    one = read(folder)
    assert (off(one, CITY[3]), off(one, CITY[4])) == (["2022-03", "2022-04"], [])
    assert one.gaps[0].areas == (CITY[3],)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,,E01999998,,2022-01,2022-02,no,", "an area that no incident or project has"),
        ("x,,E01900001,Arson,2022-01,2022-02,no,", "a measure that no incident or project has"),
        ("x,Kent,,,2022-01,2022-02,no,", "a force that no incident has"),
        ("Cty Police,,,,2022-01,2022-02,no,", "a source that no incident has"),
        ("city,,,,2022-03,2022-02,no,", "last on or after first"),
        ("city,,,,2093-01,2093-02,no,", "January 2093, which has not begun"),
        ("city,,,,2022-03,2022-04,no,\ncity,,,,2022-04,2022-05,yes,", "says otherwise"),
        ("city,,,,2021-01,2021-12,no,", "no month before the start of project P1"),
        ("city,,,,2022-01,2022-12,no,", "no month after the start of project P1"),
        ("city,,,,2022-06,2022-06,yes,", "no file of City Police for June 2022"),
    ],
)
def test_bad_declarations_are_refused(
    tmp_path: Path, rng: np.random.Generator, row: str, message: str
) -> None:
    months = [m for m in MONTHS if m != "2022-06"]
    rows = force(rng, "city", CITY, months=months) + force(rng, "near", NEAR[:2])
    folder = declare(archive(project(tmp_path / "d", TARGETS), rows), row)
    with pytest.raises(DataProblems, match=message):
        load(folder)


def test_complete_records_have_no_gaps() -> None:
    """Overdispersed counts with a season, low and high, by the hundred."""
    rng = np.random.default_rng(11)
    season = 1 + 0.5 * np.sin(np.arange(36) * 2 * np.pi / 12)
    false = 0
    for _ in range(40):
        level = rng.lognormal(1.0, 1.2, 80)
        mean = season[:, None] * level
        size = 4.0
        values = rng.negative_binomial(size, size / (size + mean)).astype(float)
        false += len(silent_runs(values))
    assert false <= 1


def test_silence_of_few_is_chance_and_of_many_is_not() -> None:
    rng = np.random.default_rng(3)
    values = rng.poisson([[1.0, *[12.0] * 20]] * 24).astype(float)
    values[14:18, [0, 1]] = 0
    assert silent_runs(values) == [((1,), 14, 17)]


def test_two_broken_months_side_by_side_are_both_seen() -> None:
    # Kent 2018, January to December, with October to December as published.
    months = [18100.0, 16800, 18700, 18900, 20100, 20000, 20800, 20100, 19300, 19396, 13818, 8438]
    flags = incomplete_months(np.array(months), share=0.8)
    assert np.flatnonzero(flags).tolist() == [10, 11]
    season = np.array([1000.0 * (1 + 0.35 * np.sin(m * np.pi / 6)) for m in range(36)])
    assert not incomplete_months(season, share=0.8).any()


def test_a_month_that_stands_there_twice_is_seen_and_a_bad_one_is_not() -> None:
    months = np.array([100, 96, 104, 110, 98, 203, 101, 99, 95, 160, 102, 100], dtype=float)
    assert np.flatnonzero(doubled_months(months)).tolist() == [5]


@pytest.mark.parametrize(("share", "seen"), [(0.25, True), (0.85, False), (2.1, True)])
def test_months_in_a_row_with_part_of_every_kind_are_seen(share: float, seen: bool) -> None:
    rng = np.random.default_rng(11)
    season = 1 + 0.25 * np.sin(np.arange(30) * np.pi / 6)
    kinds = rng.poisson(np.outer(season, [60.0, 90.0])).astype(float)
    kinds[20:24] = np.rint(share * kinds[20:24])
    flags = odd_runs(kinds.sum(axis=1), kinds, least=2)
    assert np.flatnonzero(flags).tolist() == ([20, 21, 22, 23] if seen else [])
    # What one of them alone does may be the project's doing, or a season's.
    one = kinds.copy()
    one[20:24, 0] = 60 * season[20:24]
    assert not odd_runs(one.sum(axis=1), one, least=2).any()
    assert not odd_runs(kinds[:, 0], kinds[:, :1], least=2).any()


def test_a_jump_is_more_than_chance_and_than_a_trifle() -> None:
    rows = np.full(24, 500.0)
    assert not jumps(np.array([5.0, 9, 4, 7] * 6), rows).any()
    raised = jumps(np.r_[np.full(12, 5.0), np.full(12, 60.0)], rows)
    assert np.flatnonzero(raised).tolist() == [*range(12, 24)]


@pytest.mark.parametrize(("many", "share"), [(15, 0.05), (50, 0.02), (50, 0.05), (50, 0.1)])
def test_a_short_list_with_one_share_throughout_has_no_jump(many: int, share: float) -> None:
    rng = np.random.default_rng(many)
    lists = [(rng.poisson(many, 24) + 1.0) for _ in range(300)]
    marked = [jumps(rng.binomial(rows.astype(int), share).astype(float), rows) for rows in lists]
    assert sum(map(np.any, marked)) <= 1  # one in a million each
    # Most of the months raised: months in a row are fewer than any months.
    for usual in (2, 6, 12):
        found = jumps(np.r_[np.full(usual, 1.0), np.full(24 - usual, 18.0)], np.full(24, 50.0))
        assert np.flatnonzero(found).tolist() == [*range(usual, 24)]


# The task force's own tables


def test_a_table_is_kept_to_the_day_it_says() -> None:
    tables = {name: empty(schema) for name, schema in TABLES.items()}
    days = pd.to_datetime(["2022-01-05", "2022-03-09", "2022-03-20"])
    tables["referrals"] = tables["referrals"].reindex(range(3)).assign(received=days)
    source = Source(table="referrals", file="r.csv", sha256="", rows=3, as_at=date(2022, 5, 15))
    with_day = Dataset(name="d", path=Path("d"), tables=tables, sources=(source,))
    assert kept(with_day, "referrals").tolist() == [True] * 5
    without = Dataset(name="d", path=Path("d"), tables=tables, sources=())
    assert kept(without, "referrals").tolist() == [True, False, True]


# Real records


KENT = Path(
    os.environ.get(
        "MTF_POLICE_UK",
        Path(__file__).parent.parent.parent / "shared" / "police_uk" / "kent_2022_street.zip",
    )
)


@pytest.mark.skipif(not KENT.exists(), reason="no police.uk archive beside the checkout")
def test_kent_2022_has_no_gap_beyond_chance_and_thinned_months_are_seen() -> None:
    data = load(KENT)
    rows = data.table("incidents")
    assert not [f for f in data.findings if "not on record" in f.text or "incomplete" in f.text]
    rng = np.random.default_rng(2018)
    thinned = rows.copy()
    for month, share in (("2022-11-01", 13818 / 19396), ("2022-12-01", 8438 / 19396)):
        of = (thinned["month"] == month).to_numpy()
        left = rng.binomial(thinned.loc[of, "count"].astype(int), share)
        thinned.loc[of, "count"] = left
    tables = {**data.tables, "incidents": thinned}
    made = Dataset(name="k", path=KENT, tables=tables, sources=data.sources)
    for measure in (ASB, "Burglary", "Violence and sexual offences"):
        (gap,) = coverage_of(made, measure, as_of=AS_OF).gaps
        assert gap.kind == "incomplete"
        assert gap.text.startswith("November and December 2022 for Kent Police look incomplete")


def test_which_gaps_concern_areas_in_a_time_by_hand() -> None:
    march, may = pd.Timestamp("2022-03-01"), pd.Timestamp("2022-05-01")

    def concern(asked: list[str], first: str, last: str, **more: object) -> bool:
        known = {"kind": "silent", "source": "North", "areas": (), "gate": False} | more
        gap = Gap(measure=ASB, first=march, last=may, text="", remedy="", **known)  # type: ignore[arg-type]
        sources = {"A": "North", "B": "South"}
        held = Coverage(measure=ASB, counts=pd.DataFrame(), gaps=(gap,), source_of=sources)
        return bool(held.concerning(asked, pd.Timestamp(first), pd.Timestamp(last)))

    assert concern(["A"], "2022-01-01", "2022-03-01"), "its first month is the last asked for"
    assert concern(["A"], "2022-05-01", "2022-07-01")
    assert not concern(["A"], "2022-01-01", "2022-02-01")
    assert not concern(["A"], "2022-06-01", "2022-07-01")
    assert not concern(["B"], "2022-01-01", "2022-12-01")
    assert concern(["B"], "2022-01-01", "2022-12-01", source=""), "of every source"
    assert concern(["B"], "2022-01-01", "2022-12-01", areas=("B", "C"))
    assert not concern(["A"], "2022-01-01", "2022-12-01", areas=("B", "C"))
    for kind, alike in (("no_area", True), ("split", True), ("silent", False)):
        assert concern(["A"], "2022-03-01", "2022-05-01", kind=kind) != alike
        assert concern(["A"], "2022-02-01", "2022-05-01", kind=kind), "it begins within"
        assert concern(["A"], "2022-03-01", "2022-06-01", kind=kind), "it ends within"


@pytest.mark.parametrize(
    ("months", "spread"),
    [
        ([5.0] * 12, 0.0),  # less than chance gives is no spread
        ([2.0, 8.0] * 6, 4 / 25),  # (9 - 2 + 9 - 8) / 2 beyond chance, of 5 squared
        ([0.0, 2.0, 8.0] * 4, 4 / 25),  # months without any may be a gap
    ],
)
def test_the_spread_between_months_beyond_chance_by_hand(
    months: list[float], spread: float
) -> None:
    held = np.array(months)[:, None]
    found = _spread(held, np.ones(held.shape, dtype=bool), np.ones(12), np.array([5.0]))
    assert found == pytest.approx([spread])
