"""What was broken for everybody on day one, as it is typed: prices of today, no stale page.

That JupyterLab starts is in `test_lab_command`, that no option is dropped in `test_options`.
"""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from place import Place

EARLIER = {
    "scanning_start": "2021-11-01", "analysis_start": "2022-02-01", "tlg_signoff": "2022-05-02",
    "response_start": "2022-10-01", "response_end": "2023-09-30", "assessment_date": "2023-12-31",
}  # fmt: skip


@pytest.fixture
def desk(checkout: Place, tmp_path: Path) -> Place:
    shutil.copytree(checkout.folder / "data/example", tmp_path / "mine")
    return Place(tmp_path, checkout.code)


def change(desk: Place, table: str, column: str, value: str, **of: set[str]) -> None:
    """Write a value into a column of the rows whose columns hold one of these."""
    path = desk.folder / "mine" / f"{table}.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if all(row[name] in values for name, values in of.items()):
            row[column] = value
    with path.open("w", encoding="utf-8", newline="") as out:
        written = csv.DictWriter(out, list(rows[0]))
        written.writeheader()
        written.writerows(rows)


def test_costs_of_today_have_a_price_and_others_stop_the_check(desk: Place) -> None:
    """HM Treasury's series of June 2026 runs to 2030/31; a cost of 2031/32 has no price."""
    for day, code in (("2026-11-02", 0), ("2031-03-31", 0), ("2031-04-01", 2)):
        change(desk, "costs", "date", day, project_id={"EX02"})
        said = desk.type("mtf-eval check mine", code=code)
        assert ("which has no price" in said) == (code == 2), day
    assert "a cost of 2031/32" in said


@pytest.mark.slow
def test_a_neighbour_s_new_dates_make_a_page_due(desk: Place) -> None:
    """Its areas are among the ones the project is held against, or are no longer."""
    line = "mine --project EX04 --report project_evaluation"
    desk.type(f"mtf-eval run {line}")
    assert "up to date" in desk.type(f"mtf-eval list {line}")
    change(desk, "actions", "description", "another word", project_id={"EX12"})
    assert "up to date" in desk.type(f"mtf-eval list {line}"), "no page of EX04 shows it"
    for day, value in EARLIER.items():
        change(desk, "projects", day, value, project_id={"EX01"})
    said = desk.type(f"mtf-eval list {line}")
    assert re.search(r"project_evaluation-EX04 +due", said), (
        "its areas are held against other months"
    )
