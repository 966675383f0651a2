"""Workbooks damaged as files and as sheets: the same numbers, a word about it, or a refusal."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import openpyxl
import pytest
from books import book, write_xlsx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtf_eval.errors import DataProblems, Problem
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.load import load

WAYS = ["flipped", "cut", "member lost", "member twice", "member cut", "hidden row", "hidden sheet",
        "filter", "formula", "merged", "sheet renamed", "column lost", "row lost", "shifted up",
        "shifted down", "date as text", "number as text", "wrong kind"]  # fmt: skip
#: Columns every row must have: a gap in one of them is never read as something.
NEEDED = [("monthly_referrals", c) for c in (2, 3, 4, 5, 6)] + [("costs", 3), ("incidents", 2)]
COUNTED = [("monthly_referrals", r, c) for r in (2, 3, 4) for c in (2, 3, 4, 5, 6)]
DATED = [("referrals", r, 2) for r in (2, 3, 4, 5)] + [("costs", r, 4) for r in (2, 3)]
WORDS_OF_LOSS = ("no table of the schema", "merged", "left out")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTF_CACHE", "off")


def damaged(path: Path, way: str, rng: random.Random) -> None:
    """Damage a whole workbook as disks, mail and people do."""
    raw = bytearray(path.read_bytes())
    if way == "flipped":
        for _ in range(rng.choice([1, 3, 20])):
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        path.write_bytes(raw)
    elif way == "cut":
        path.write_bytes(raw[: rng.randrange(len(raw))])
    elif way.startswith("member"):
        with zipfile.ZipFile(path) as old:
            parts = {n: old.read(n) for n in old.namelist()}
        victim = rng.choice([n for n in parts if n.startswith("xl/")])
        if way == "member cut":
            parts[victim] = parts[victim][: rng.randrange(len(parts[victim]))]
        with zipfile.ZipFile(path, "w") as new:
            for name, content in parts.items():
                if name != victim or way != "member lost":
                    new.writestr(name, content)
            if way == "member twice":
                with pytest.warns(UserWarning, match="Duplicate"):
                    new.writestr(victim, parts[victim])
    else:
        wb = openpyxl.load_workbook(path)
        by_hand(wb, way, rng)
        wb.save(path)


def by_hand(wb: openpyxl.Workbook, way: str, rng: random.Random) -> None:
    sheet = wb[rng.choice(wb.sheetnames)]
    table, row, column = rng.choice(DATED if way == "date as text" else COUNTED)
    cell = wb[table].cell(row, column)
    if way == "hidden row":
        sheet.row_dimensions[rng.randint(1, sheet.max_row)].hidden = True
    elif way == "hidden sheet":
        others = [s for s in wb if s is not sheet]
        wb.active = wb.index(others[0])
        sheet.sheet_state = rng.choice(["hidden", "veryHidden"])
    elif way == "filter":
        sheet.auto_filter.ref = sheet.dimensions
        sheet.row_dimensions[2].hidden = True
    elif way == "formula":
        cell.value = rng.choice(["=1+1", f"={cell.coordinate}", "=SUM(B2:B3)", "=NA()"])
    elif way == "merged":
        down = rng.random() < 0.5 and row < 4
        cells = wb[table]
        cells.merge_cells(None, row, column, row + down, column + (not down))
    elif way == "sheet renamed":
        sheet.title = rng.choice(["Sheet1", "Old", sheet.title.upper(), f"{sheet.title} (2)"])
    elif way == "column lost":
        table, column = rng.choice(NEEDED)
        wb[table].delete_cols(column)
    elif way == "row lost":
        sheet.delete_rows(1)
    elif way.startswith("shifted"):
        table, column = rng.choice(NEEDED)
        cells, step = wb[table], 1 if way.endswith("down") else -1
        first = cells.cell(rng.randint(3, cells.max_row) if step < 0 else 2, column)
        cells.move_range(f"{first.coordinate}:{first.column_letter}{cells.max_row}", rows=step)
    elif way == "date as text":
        cell.value = cell.value.strftime(
            rng.choice(["%d/%m/%Y", "%d %b %Y", "%Y-%m-%d", "%d.%m.%y"])
        )
    elif way == "number as text":
        cell.value = rng.choice([f"{cell.value:,}", f" {cell.value} ", f"{cell.value}.0"])
    else:
        cell.value = rng.choice(["several", True, "12 or so", "2021-01-01", 1.5, -3])


def numbers(data: Dataset) -> dict[str, list[str]]:
    return {
        name: [repr(row) for row in frame.itertuples(index=False, name=None)]
        for name, frame in data.tables.items()
    }


RUNS: list[str] = []


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, list[str]]]:
    path = write_xlsx(tmp_path_factory.mktemp("intact") / "data.xlsx", book())
    return path.read_bytes(), numbers(load(path))


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(way=st.sampled_from(WAYS), seed=st.integers(0, 2**32))
def test_the_same_numbers_a_word_or_a_refusal(
    way: str, seed: int, tmp_path: Path, intact: tuple[bytes, dict[str, list[str]]]
) -> None:
    """What is read of a damaged workbook stood in the whole one; what is not read is said."""
    path = tmp_path / "data.xlsx"
    whole, clean = intact
    path.write_bytes(whole)
    damaged(path, way, random.Random(seed))
    RUNS.append(way)
    problems: tuple[Problem, ...] = ()
    data = None
    try:
        data = load(path)
    except DataProblems as error:
        problems = error.problems
    if data is None:
        assert problems
        assert all(p.file == "data.xlsx" and p.found and p.expected for p in problems)
        return
    assert way not in ("wrong kind", "column lost", "formula", "row lost")
    read, told = numbers(data), " ".join(f.text for f in data.findings)
    other = [name for name in clean if read[name] != clean[name]]
    if other:
        assert any(word in told for word in WORDS_OF_LOSS), (way, seed, other)
        assert all(not read[name] for name in other), (way, seed, other)
    if way in ("hidden row", "hidden sheet", "filter"):
        assert "hidden" in told or "filter" in told


def test_as_many_were_tried_as_said_and_of_every_kind() -> None:
    assert len(RUNS) >= 150
    assert set(RUNS) == set(WAYS)
