"""A fresh copy of the checkout, and what an installed wheel is, to type commands in."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest
from place import ROOT, Place, copied


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A copy of what is under version control; the environment is lent to it."""
    return copied(tmp_path_factory.mktemp("checkout") / "mtf")


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
