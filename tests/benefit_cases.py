"""Small data sets and stand-ins for evaluations, for the tests of the benefit analysis."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.analysis.project.design import Project
from mtf_eval.analysis.project.evaluation import Evaluation
from mtf_eval.analysis.project.net import Net
from mtf_eval.records.dataset import Dataset

CASES = tomllib.loads((Path(__file__).parent / "worked" / "benefit.toml").read_text("utf-8"))[
    "case"
]
COLUMNS = {
    "costs": "project_id agency item date kind amount_gbp hours rate_gbp capital evidence_grade",
    "outcomes": "project_id unit_cost_code people impact deadweight attribution lag_years years "
    "drop_off evidence_grade",
    "project_measures": "project_id measure target_change unit_cost_code",
    "project_areas": "project_id area_code role population",
    "projects": "project_id title response_start response_end",
    "case_steps": "case_id project_id domain date step",
    "actions": "project_id agency status",
}


def dataset(**tables: list[dict[str, Any]]) -> Dataset:
    frames = {}
    for name, columns in COLUMNS.items():
        frame = pd.DataFrame(tables.get(name, []), columns=columns.split())
        if "date" in frame:
            frame["date"] = pd.to_datetime(frame["date"])
        frames[name] = frame
    return Dataset(name="hand", path=Path("hand"), tables=frames, sources=())


def cost(**given: Any) -> dict[str, Any]:
    plain = {"project_id": "P1", "agency": "Police", "item": "work", "kind": "cash"}
    return plain | {"capital": "no", "date": "2023-06-01", "evidence_grade": 1} | given


def outcome(**given: Any) -> dict[str, Any]:
    plain = {"project_id": "P1", "impact": 1.0, "deadweight": 0.0, "attribution": 1.0}
    return plain | {"lag_years": 0, "years": 1, "drop_off": 0.0, "evidence_grade": 1} | given


def measure(
    name: str = "Robbery", code: str | None = "crime_robbery", **given: Any
) -> dict[str, Any]:
    return {"project_id": "P1", "measure": name, "unit_cost_code": code} | given


def estimate(
    name: str = "Robbery",
    *,
    ratio: float = 0.7,
    se_log: float = 0.1,
    after: int = 100,
    months: int = 12,
    maryland: int = 3,
    df: float | None = None,
    with_error: bool = True,
) -> Estimate:
    from scipy import stats

    z = float(stats.norm.ppf(0.975) if df is None else stats.t.ppf(0.975, df))
    low, high = ratio * np.exp(-z * se_log), ratio * np.exp(z * se_log)
    return Estimate(
        measure=name,
        estimate=ratio,
        low=low,
        high=high,
        level=0.95,
        n=1000,
        n_before=150,
        n_after=after,
        method="difference-in-differences",
        maryland=maryland,
        se_log=se_log if with_error else None,
        df=df,
        avoided=after / ratio - after,
        avoided_low=after / high - after,
        avoided_high=after / low - after,
        details={"months_after": months},
    )


def evaluation(
    *effects: Estimate,
    project_id: str = "P1",
    start: str = "2023-05-01",
    buffer: Estimate | None = None,
    areas: tuple[str, ...] = ("A1",),
    wanted: float | None = None,
    failed: tuple[str, ...] = (),
    **gaps: str,
) -> Evaluation:
    """What an evaluation found, in which the first effect is of the primary measure."""
    months = pd.date_range(start, periods=12, freq="MS")
    cells = {(area, month): 1 / len(areas) / 12 for area in areas for month in months}
    measures = {effect.measure: wanted for effect in effects} or dict.fromkeys(gaps, wanted)
    project = Project(
        project_id=project_id,
        title="By hand",
        problem="",
        lead_agency="Police",
        stage="assessment",
        primary_measure=next(iter(measures), "Robbery"),
        response_start=pd.Timestamp(start),
        response_end=pd.Timestamp(start) + pd.DateOffset(months=12),
        areas={"target": areas},
        measures=measures,
    )
    return Evaluation(
        project=project,
        as_of=date(2024, 12, 31),
        status="complete",
        effects={effect.measure: effect for effect in effects},
        net={
            effect.measure: Net(
                effect=effect, beside=buffer, wanted=wanted, failed=failed, cells=cells
            )
            for effect in effects
        },
        cannot_say=gaps,
    )
