"""Check, list and run on records with a hole, as they are typed."""

from __future__ import annotations

from pathlib import Path

from place import Place

HOLE = "tests/field/public/03/data"


def test_check_list_and_run_name_the_hole(checkout: Place, tmp_path: Path) -> None:
    said = checkout.type(f"mtf-eval check {HOLE}")
    assert "P1: Anti-social behaviour: May to August 2022 are not on record for E01990003" in said
    assert said.count("May to August 2022") == 1
    out = f"--project P1 --report project_evaluation --out {tmp_path}/out"
    assert "project_evaluation-P1" in checkout.type(f"mtf-eval list {HOLE} {out}")
    checkout.type(f"mtf-eval run {HOLE} {out}")
    (page,) = (tmp_path / "out").rglob("project_evaluation-P1-internal.html")
    assert "May to August 2022 are not on record for E01990003" in page.read_text("utf-8")
    assert "up to date" in checkout.type(f"mtf-eval run {HOLE} {out}")
