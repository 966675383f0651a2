"""Random corruptions of trackers: the same numbers, a word about it, or a refusal; never silence.

`MTF_CORRUPTIONS=300 pytest tests/test_corruptions.py` is the whole study; a tenth runs here.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from corruptions import CHANGES
from habits import HABITS

from mtf_eval import load
from mtf_eval.errors import DataProblems
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.desk.adopt import adopt, answered, write

TRACKER = Path(__file__).parent / "field" / "trackers" / "17_partnership_tracker.xlsx"
RUNS = int(os.environ.get("MTF_CORRUPTIONS", "30"))


def numbers(data: Dataset) -> dict[str, Any]:
    log, incidents = data.table("referrals"), data.table("incidents")
    months = log["received"].dt.strftime("%Y-%m")
    totals = data.table("monthly_referrals")[["received", "accepted"]]
    return {
        "referrals": log.groupby([months, "decision", "agency"]).size().to_dict(),
        "incidents": incidents.groupby(["area_code", "measure", "month"])["count"].sum().to_dict(),
        "costs": data.table("costs").groupby("project_id")["amount_gbp"].sum().to_dict(),
        "totals": totals.sum().to_dict(),
    }


def told(data: Dataset) -> set[tuple[str, str, str, str]]:
    """What the findings say; that another number of rows was mended says nothing of the change."""
    return {(f.kind, f.table, f.column, re.sub("[0-9,]+", "9", f.text)) for f in data.findings}


def test_no_corruption_changes_a_number_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")
    bases = [make(tmp_path) for make, *_ in HABITS]
    bases = [p for p in bases if p.suffix == ".xlsx"] + [Path(shutil.copy(TRACKER, tmp_path))]
    known: dict[Path, Dataset] = {}
    ends: Counter[str] = Counter()
    for seed in range(RUNS):
        rng = random.Random(seed)
        base, change = rng.choice(bases), rng.choice(CHANGES)
        if base not in known:
            write(answered(adopt(base), lambda why, means: means))
            known[base] = load(base)
        book = openpyxl.load_workbook(base)
        sheet = rng.choice(book.worksheets)
        change(rng, sheet)
        spoilt = tmp_path / "run" / base.name
        spoilt.parent.mkdir(exist_ok=True)
        book.save(spoilt)
        shutil.copy(base.with_name(f"{base.stem}.mapping.csv"), spoilt.parent)
        try:
            data = load(spoilt)
        except DataProblems:
            ends["refused"] += 1
            continue
        if numbers(data) == numbers(known[base]):
            ends["same"] += 1
            continue
        ends["told"] += 1
        assert told(data) - told(known[base]), (seed, base.name, sheet.title, change.__name__)
    assert ends["same"] > 0
    assert ends["refused"] > 0
