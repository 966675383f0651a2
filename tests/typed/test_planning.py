"""docs/planning.md, replayed on a small archive made here: from three codes to a pro-forma."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from place import ROOT, Place

PAGE = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
HEADINGS = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)


def archive(path: Path) -> None:
    """Sixty areas over two years, each with some two burglaries a month."""
    rng = np.random.default_rng(12)
    level = rng.lognormal(0.7, 0.4, 60)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for month in pd.date_range("2022-01-01", periods=24, freq="MS"):
            lines = [HEADINGS]
            for area, count in enumerate(rng.poisson(level), start=1):
                where = f"E0199{area:04d},Saltmere {area:03d}A"
                lines += [f",{month:%Y-%m},Saltmere,Saltmere,,,,{where},Burglary,,"] * count
            out.writestr(f"{month:%Y-%m}/{month:%Y-%m}-saltmere-street.csv", "\n".join(lines))


def shown(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("…"))


@pytest.mark.slow
def test_the_page_is_what_happens(tmp_path: Path, installed: Place) -> None:
    archive(tmp_path / "streets.zip")
    place = Place(tmp_path, installed.code)
    commands = 0
    for step in STEPS:
        (first, *said) = step.splitlines()
        told = place.type(first.removeprefix("$ "))
        commands += 1
        for line in said:
            assert re.search(shown(line), told), f"{line}\n{told}"
    assert commands == 5
    folder = tmp_path / "reports" / "streets"
    pages = {name: (folder / f"project_plan-{name}-internal.html").read_text("utf-8")
             for name in ("PLAN", "SB-01", "TRY")}  # fmt: skip
    assert "In one line:</strong> Hopeless as planned. Burglary, 3 areas, 6 months" in pages["PLAN"]
    assert "In one line:</strong> Burglary, 8 areas, 12 months: a fall of" in pages["SB-01"]
    assert "E01999999 is not on record, so an evaluation there could show nothing" in pages["TRY"]
    for name, page in pages.items():
        assert "Pro-forma" in page, name
        assert "fewer, before any correction for optimism" in page or name == "TRY"
    assert list((folder / "project_plan-SB-01").glob("*.docx"))
    assert list((folder / "project_plan-SB-01").glob("*.csv"))
    # An edit by hand is told, and the page is due again.
    file = tmp_path / "streets.plans.csv"
    file.write_text(file.read_text("utf-8").replace("-0.33", "-0.1"), "utf-8")
    assert "the plan was changed by hand after it was fixed" in place.type(
        "mtf-eval check streets.zip"
    )
    assert "project_plan-SB-01" in place.type("mtf-eval run streets.zip --dry-run")
