"""Made-up forces with nothing done in them, written as data sets, and gaps put into them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mtf_eval.records.reading.police_uk import HEADER

ASB = "Anti-social behaviour"
MONTHS = [f"{year}-{month:02d}" for year in (2021, 2022) for month in range(1, 13)]
NEAR = [f"E0190{n:04d}" for n in range(100, 130)]
CITY = [f"E0190{n:04d}" for n in range(1, 7)]

#: Month, force as files name it, force, area, kind, how many.
Row = tuple[str, str, str, str, str, int]


def force(
    rng: np.random.Generator,
    slug: str,
    areas: Iterable[str],
    *,
    mean: float = 9,
    months: Iterable[str] = MONTHS,
    kinds: Iterable[str] = (ASB,),
) -> list[Row]:
    name = f"{slug.title()} Police"
    return [
        (m, slug, name, a, k, int(rng.poisson(mean))) for m in months for a in areas for k in kinds
    ]


def project(folder: Path, targets: Iterable[str], measure: str = ASB) -> Path:
    """Write a project of the year 2022 and nothing recorded."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "about": "key,value\ntitle,Made up\npublisher,Nobody\nas_at,2022-12-31\nillustrative,yes\n",
        "projects": "project_id,title,problem,lead_agency,response_start,response_end,stage,"
        f"primary_measure\nP1,Made up,Groups,Police,2022-01-10,2022-12-31,closed,{measure}\n",
        "project_areas": "project_id,area_code,role,population\n"
        + "".join(f"P1,{t},target,1500\n" for t in targets),
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def archive(folder: Path, rows: Iterable[Row]) -> Path:
    """Write monthly files of police.uk beside a project."""
    files: dict[tuple[str, str], list[str]] = {}
    for month, slug, name, area, kind, n in rows:
        held = files.setdefault((month, slug), [])
        for _ in range(n):
            ident = "" if kind == ASB else f"{len(held):064x}"
            cells = [ident, month, name, name, "1.5", "51.5", "On or near", area, "A 001A"]
            held.append(",".join([*cells, kind, "", ""]))
    for (month, slug), held in files.items():
        place = folder / "police_uk" / month
        place.mkdir(parents=True, exist_ok=True)
        text = "\n".join([",".join(HEADER), *held]) + "\n"
        (place / f"{month}-{slug}-street.csv").write_text(text)
    return folder


def table(folder: Path, rows: Iterable[Row]) -> Path:
    """Write the same as a council's own table."""
    lines = [f"{m},{a},{k},{n}\n" for m, _, _, a, k, n in rows if n]
    (folder / "incidents.csv").write_text("month,area_code,measure,count\n" + "".join(lines))
    return folder


def declare(folder: Path, *rows: str) -> Path:
    header = "source,force,area_code,measure,first,last,complete,reason\n"
    (folder / "coverage.csv").write_text(header + "".join(f"{r}\n" for r in rows))
    return folder
