"""Forces that stop, areas recoded, files of target areas alone: through `mtf-eval run`, on pages.

Nothing was done in any of these records: a page makes no claim, or its interval holds 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gaps import ASB, MONTHS, NEAR, Row, archive, force
from test_gaps import (
    ABOUT,
    ALIASES,
    column,
    first_screen,
    headline,
    page_of,
    project,
    ratio,
    words_of,
    write,
)
from test_gaps import run as run_reports

pytestmark = pytest.mark.slow
HALVES = ["E01034473", "E01034474"]  # what E01000010 became, in the ONS look-up
NEW = "E01999901"  # in no look-up
HERE = [f"E0190{n:04d}" for n in range(200, 212)]
SHIPPED, NONE, FOUR, STRAYS, SPLIT = "SHIPPED", "NONE", "FOUR", "STRAYS", "SPLIT"
VIOLENCE, STALKING = "Violence", "Stalking and harassment"
TARGETS = {
    SHIPPED: ["E01000010"],
    NONE: [NEAR[0]],
    FOUR: [NEAR[1], NEAR[2], NEAR[3], NEAR[4]],
    STRAYS: HERE[:3],
    SPLIT: [NEAR[6]],
}


def redrawn(rows: list[Row]) -> Iterator[Row]:
    """Areas under other codes from April 2022 on: one in our look-up, two in none."""
    for month, slug, name, area, kind, n in rows:
        late = month >= "2022-04"
        if area == "E01000010" and late:
            yield month, slug, name, HALVES[0], kind, n // 2
            yield month, slug, name, HALVES[1], kind, n - n // 2
        elif area in (NEAR[0], NEAR[1]) and late:
            yield month, slug, name, NEW if area == NEAR[0] else NEW[:-1] + "2", kind, n
        else:
            yield month, slug, name, area, kind, n


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One archive of two forces: one stops in July 2022, while strays of the other go on."""
    home = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(14)
    stops = [r for r in force(rng, "stopping", HERE) if r[0] < "2022-07"]
    near = redrawn(force(rng, "near", [*NEAR, "E01000010"], mean=12))
    strays = force(rng, "near", HERE, mean=0.5)
    fought = [
        (m, s, f, a, kind, int(n))
        for m, s, f, a, _, whole in force(rng, "near", NEAR, mean=8)
        for part in [rng.binomial(whole, 0.5 if m >= "2022-03" else 0)]
        for kind, n in ((VIOLENCE, whole - part), (STALKING, part))
    ]
    write(
        home / "data",
        about=ABOUT,
        aliases=ALIASES,
        projects=[
            project(p, **({"primary_measure": VIOLENCE} if p == SPLIT else {})) for p in TARGETS
        ],
        project_areas=[
            {"project_id": p, "area_code": a, "role": "target", "population": 1500}
            for p, areas in TARGETS.items()
            for a in areas
        ],
    )
    archive(home / "data", [*stops, *near, *strays, *fought])
    run_reports(home / "data", home / "out", "--report", "project_evaluation")
    return home / "out"


def no_nought(out: Path, name: str) -> None:
    assert "0" not in column(out, f"{name.lower()}_months", "Recorded").values()


def test_a_force_that_stops_while_strays_go_on_is_not_a_fall(pages: Path) -> None:
    _, low, high = ratio(headline(pages, STRAYS))
    assert low < 1 < high
    sure = column(pages, "strays_short", "Answer")["How sure"]
    assert "July to December 2022 are not on record for Stopping Police: no file" in sure
    recorded = column(pages, "strays_months", "Recorded")
    assert {recorded[m] for m in ("July 2022", "December 2022")} == {"not on record"}
    no_nought(pages, STRAYS)
    text = first_screen(page_of(pages, "project_evaluation-STRAYS"))
    assert "6 months of Jan 2022 to Dec 2022" in text


def test_an_area_recoded_as_in_our_look_up_is_followed(pages: Path) -> None:
    _, low, high = ratio(headline(pages, SHIPPED))
    assert low < 1 < high
    recorded = column(pages, "shipped_months", "Recorded")
    after = [int(recorded[f"{m} 2022"]) for m in ("April", "May", "June")]
    assert 12 <= sum(after) <= 60, "twelve a month were recorded"
    no_nought(pages, SHIPPED)


def test_a_category_that_another_takes_half_of_is_told_as_split(pages: Path) -> None:
    text = first_screen(page_of(pages, "project_evaluation-SPLIT"))
    said = re.search(
        f"we cannot say: {STALKING} begins in March 2022, and about (\\d+)% fewer", text
    )
    assert said, text
    assert 40 <= int(said[1]) <= 60
    assert "count Violence and Stalking and harassment as one measure" in text


@pytest.mark.parametrize(("name", "code"), [(NONE, NEAR[0]), (FOUR, NEAR[1])])
def test_an_area_whose_new_code_is_not_known_gets_no_claim(
    pages: Path, name: str, code: str
) -> None:
    text = first_screen(page_of(pages, f"project_evaluation-{name}"))
    assert "we cannot say" in text
    assert re.search(rf"not on record for [^:]*{code}[^:]*: the records stop in March 2022", text)
    assert "lsoa_lookup.csv" in text
    assert "ratio" not in text.lower()
    assert "£" not in text
    no_nought(pages, name)


def test_months_missing_from_a_file_of_target_areas_alone(tmp_path: Path) -> None:
    """Two months of one measure missing; the data set's day lies after its last month."""
    rng = np.random.default_rng(7)
    level = rng.gamma(12, 2, 5)
    rows = [
        {"month": m, "area_code": a, "measure": kind, "count": int(rng.poisson(mean))}
        for m in MONTHS
        for a, mean in zip("ABCDE", level, strict=True)
        for kind in (ASB, "Burglary")
        if not (kind == ASB and m in ("2022-03", "2022-04"))
    ]
    about = [{**row, "value": "2023-02-28"} if row["key"] == "as_at" else row for row in ABOUT]
    kinds = {"HOLE": ASB, "WHOLE": "Burglary"}
    late = {"response_end": "2023-01-31", "assessment_date": "2023-02-10"}
    write(
        tmp_path / "data",
        about=about,
        aliases=ALIASES,
        projects=[project(p, primary_measure=m) for p, m in kinds.items()]
        + [project("BEYOND", primary_measure="Burglary", response_start="2022-03-01", **late)],
        project_areas=[
            {"project_id": p, "area_code": a, "role": "target", "population": 1500}
            for p in (*kinds, "BEYOND")
            for a in "ABCDE"
        ],
        incidents=[row for row in rows if row["count"]],
    )
    run_reports(tmp_path / "data", tmp_path / "out", "--report", "project_evaluation")
    out = tmp_path / "out"
    for name in ("HOLE", "WHOLE", "BEYOND"):
        _, low, high = ratio(headline(out, name))
        assert low < 1 < high, name
        no_nought(out, name)
    recorded = column(out, "hole_months", "Recorded")
    assert {recorded["March 2022"], recorded["April 2022"]} == {"not on record"}
    text = words_of(page_of(out, "project_evaluation-HOLE"))
    assert "10 months of Jan 2022 to Dec 2022" in text
    assert "March and April 2022 are not on record" in text
    assert "January 2023" not in column(out, "beyond_months", "Recorded")
    sure = column(out, "beyond_short", "Answer")["How sure"]
    assert re.search(r"January 2023 are not compared", sure)
