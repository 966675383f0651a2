"""What every test may use."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tiny_desk import TINY, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    shutil.copytree(TINY / "data", tmp_path / "data")
    return Desk(tmp_path)
