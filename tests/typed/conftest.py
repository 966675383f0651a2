"""A fresh copy of the checkout, and what an installed wheel is, to type commands in."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest
from place import BIN, ROOT, Place


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A copy of what is under version control; the environment is lent to it."""
    folder = tmp_path_factory.mktemp("checkout") / "mtf"
    left = shutil.ignore_patterns(
        ".git", ".venv", ".*_cache", "__pycache__", "private", "lab", ".cache", ".reports.mtf"
    )
    shutil.copytree(ROOT, folder, ignore=left)
    for path in (folder / "reports").iterdir():
        if path.name != "README.md":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    # Not the environment itself: make would build it anew, in place of the one that is lent.
    (folder / ".venv/bin").mkdir(parents=True)
    for program in ("mtf-eval", "python"):
        (folder / ".venv/bin" / program).symlink_to(BIN / program)
    (folder / ".venv/.ready").touch()
    return Place(folder, folder)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An empty folder, and the wheel unpacked as an installation would."""
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    site = built / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    return Place(tmp_path_factory.mktemp("desk"), site)
