"""The plain script that a run is measured against does the work that a run does."""

from __future__ import annotations

from pathlib import Path

import pytest

import mtf_eval as mtf
from benchmarks.run import REPORTS, make_data, plain


@pytest.mark.slow
def test_the_plain_script_makes_pages_and_files(tmp_path: Path) -> None:
    projects = make_data(tmp_path / "bench", 2)
    assert plain(tmp_path / "bench", projects, tmp_path) > 0
    for name in [f"{report}-{project}" for report in REPORTS for project in projects]:
        assert "<h1" in (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert {p.suffix for p in (tmp_path / name).iterdir()} >= {".csv", ".xlsx", ".ipynb"}


def test_more_projects_than_the_example_has_are_read(tmp_path: Path) -> None:
    projects = make_data(tmp_path / "bench", 26)
    assert set(mtf.load(tmp_path / "bench").table("projects")["project_id"]) == set(projects)
