"""What is worked out once: served while all it read is the same, never when anything is wrong."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from books import book, write_folder

from mtf_eval.records.as_of import own_day
from mtf_eval.records.cache import put, take
from mtf_eval.records.coverage import Coverage, coverage_of
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.load import load
from mtf_eval.records.reads import shared

calls: list[str] = []


@shared
def hours(data: Dataset, project_id: str) -> float:
    calls.append(project_id)
    return float(data.own("costs", project_id)["hours"].sum())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MTF_CACHE", str(tmp_path / "cache"))
    calls.clear()
    return tmp_path


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "shared").glob("[0-9a-f]*"))


def records_kept(folder: Path) -> set[Path]:
    held = {path: take(path) for path in entries(folder)}
    return {p for p, e in held.items() if isinstance(e, tuple) and isinstance(e[1], Coverage)}


def test_once_for_all_who_ask_and_its_reads_are_theirs(folder: Path) -> None:
    data = write_folder(folder / "data", book())
    first, second = load(data), load(data)
    project = str(first.table("costs")["project_id"].iloc[0])
    assert hours(first, project) == hours(second, project) > 0
    assert calls == [project]
    assert f"costs[{project}]" in second.reads


def test_another_row_of_what_it_read_and_it_is_worked_out_again(folder: Path) -> None:
    tables = book()
    data = write_folder(folder / "data", tables)
    project = str(load(data).table("costs")["project_id"].iloc[0])
    before = hours(load(data), project)
    tables["costs"][1][6] = 41
    write_folder(folder / "data", tables)
    assert hours(load(data), project) == before + 1
    assert calls == [project] * 2


def test_an_edit_elsewhere_leaves_it(folder: Path) -> None:
    tables = book()
    data = write_folder(folder / "data", tables)
    project = str(load(data).table("costs")["project_id"].iloc[0])
    hours(load(data), project)
    tables["referrals"] = tables["referrals"][:-1]
    write_folder(folder / "data", tables)
    hours(load(data), project)
    assert calls == [project]


@pytest.mark.parametrize("spoil", ["cut short", "altered", "another user's", "half written"])
def test_a_damaged_entry_is_never_trusted(
    spoil: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_folder(folder / "data", book())
    project = str(load(data).table("costs")["project_id"].iloc[0])
    right = hours(load(data), project)
    for entry in entries(folder):
        raw = entry.read_bytes()
        left = {"cut short": raw[:-3], "altered": raw[:-3] + b"xyz", "half written": b""}
        entry.write_bytes(left.get(spoil, raw))
    if spoil == "another user's":
        monkeypatch.setattr(os, "getuid", lambda: 4321)
    assert hours(load(data), project) == right
    assert calls == [project] * 2


def test_the_oldest_go_first_folders_of_earlier_editions_too(folder: Path) -> None:
    (folder / "0a").mkdir()
    (folder / "0a" / "dataset.json").write_text("{}")
    os.utime(folder / "0a", (0, 0))
    for n, name in enumerate(("0b", "0c", "0d"), 1):
        put(folder / name, name, most=2)
        os.utime(folder / name, (n, n))
    assert sorted(p.name for p in folder.glob("0*")) == ["0c", "0d"]
    assert [take(folder / name) for name in ("0b", "0c", "0d")] == [None, "0c", "0d"]


def test_what_is_on_record_follows_the_file(folder: Path) -> None:
    tables = book()
    data = write_folder(folder / "data", tables)
    place = tables["incidents"][0].index("count")
    month, area, measure = tables["incidents"][1][:3]

    def recorded() -> float:
        found = load(data)
        counts = coverage_of(found, str(measure), as_of=own_day(found) or date.max).counts
        assert f"incidents.measure={measure}" in found.reads
        return float(counts.loc[pd.Timestamp(str(month)), area])

    before = recorded()
    kept = {path: path.read_bytes() for path in entries(folder)}
    assert recorded() == before == tables["incidents"][1][place]
    assert {path: path.read_bytes() for path in entries(folder)} == kept
    tables["incidents"][1][place] = before + 7
    write_folder(folder / "data", tables)
    assert recorded() == before + 7


def test_what_is_on_record_stands_on_its_own_tables(folder: Path) -> None:
    tables = book()
    tables["incidents"][1][tables["incidents"][0].index("count")] = 41  # as no other test holds it
    data = write_folder(folder / "data", tables)
    measure = str(tables["incidents"][1][2])

    def areas() -> set[str]:
        found = load(data)
        return {*coverage_of(found, measure, as_of=own_day(found) or date.max).counts}

    before, first = areas(), records_kept(folder)
    assert first
    tables["costs"][1][6] = 41
    write_folder(folder / "data", tables)
    assert areas() == before
    assert records_kept(folder) == first
    tables["project_areas"].append([*tables["project_areas"][1]])
    tables["project_areas"][-1][tables["project_areas"][0].index("area_code")] = "E01099999"
    write_folder(folder / "data", tables)
    assert areas() == before | {"E01099999"}


def test_what_is_on_record_is_kept_with_the_names_it_says(folder: Path) -> None:
    tables = book()
    measure = str(tables["incidents"][1][2])
    tables["project_areas"].append([*tables["project_areas"][1]])
    tables["project_areas"][-1][tables["project_areas"][0].index("area_code")] = "E01099999"

    def texts() -> str:
        found = load(write_folder(folder / "data", tables))
        coverage = coverage_of(found, measure, as_of=own_day(found) or date.max)
        return " ".join(gap.text for gap in coverage.gaps)

    tables["area_names"] = [["area_code", "area_name"], ["E01099999", "Harbour"]]
    assert "Harbour" in texts()
    held = records_kept(folder)
    assert held
    tables["costs"][1][6] = 41
    assert "Harbour" in texts()
    assert records_kept(folder) == held
    tables["area_names"][1][1] = "Castle"
    assert "Castle" in texts()
