"""Folders that are not ours, and what is no file: refused in words, with nothing left behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from place import Place

RUN = "mtf-eval run data --report data_quality --out out"


@pytest.fixture
def desk(checkout: Place, tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(checkout.folder / "data/thanet_2021", tmp_path / "data")
    yield Place(tmp_path, checkout.code)
    assert not list(tmp_path.glob("out/**/*.html"))


@pytest.mark.parametrize("whose", ["another's", "a link"])
def test_a_state_folder_that_is_not_ours_is_refused(desk: Place, whose: str) -> None:
    state = desk.folder / ".out.mtf"
    if whose == "a link":
        (desk.folder / "elsewhere").mkdir()
        state.symlink_to("elsewhere")
    elif os.geteuid() == 0:
        state.mkdir()
        os.chown(state, 12345, 12345)
    else:
        pytest.skip("only the superuser can give a folder away")
    said = desk.type(RUN, code=2)
    assert "is not a folder of yours, and what lies in it cannot be trusted" in said
    assert not list(state.iterdir()), "no salt for others to read"


@pytest.mark.parametrize("kind", ["pipe", "device", "nowhere"])
def test_what_is_no_file_is_refused_in_words(desk: Place, kind: str) -> None:
    odd = (
        desk.folder / "data" / ("police_uk/2024-01-kent-street.csv" if kind == "pipe" else "x.csv")
    )
    odd.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to("/dev/zero" if kind == "device" else "/not/there")
    for line in ("mtf-eval check data", RUN):
        said = desk.type(line, code=2)
        assert f"{odd.name}: found a pipe, a device or a link that leads nowhere" in said
        assert "take it out of the folder" in said


def test_few_open_files_are_said_before_anything_starts(desk: Place) -> None:
    said = desk.type(f"ulimit -n 64; {RUN}", code=2)
    assert "only 64 files may be open at once here" in said
    assert "ulimit -n 1024" in said
    assert "Traceback" not in said


def test_a_salt_that_others_could_read_is_made_anew(checkout: Place, tmp_path: Path) -> None:
    """It hides the digests of what was read: who knows it can try guesses at small counts."""
    desk = Place(tmp_path, checkout.code)
    desk.type(f"mtf-eval list {checkout.folder}/data/thanet_2021 --out out")
    state = tmp_path / ".out.mtf"
    before = (state / "salt").read_text()
    state.chmod(0o755)
    desk.type(f"mtf-eval list {checkout.folder}/data/thanet_2021 --out out")
    assert (state / "salt").read_text() != before
    assert state.stat().st_mode & 0o077 == 0
