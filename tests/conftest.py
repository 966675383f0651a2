"""What every test may use."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tiny_desk import TINY, Desk

# Compiled modules are kept, as for a user: every command typed would compile all it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: files go to workers whole, who then end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def no_report_stays_open() -> Iterator[None]:
    """Close what a test opened: the release rule of a report holds for all that is shown after."""
    name = "mtf_eval.publish.workbench.view"
    kept = [*sys.modules[name]._open] if name in sys.modules else []
    yield
    if name in sys.modules:
        sys.modules[name]._open[:] = kept


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    shutil.copytree(TINY / "data", tmp_path / "data")
    return Desk(tmp_path)


@contextmanager
def between_workers(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Hold a folder that the workers of this session share: what the first makes, all look at."""
    base = factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    home.mkdir(exist_ok=True)
    lock, end = home / ".made_by_one", time.monotonic() + 1200
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            assert time.monotonic() < end, f"{name}: the worker that makes it does not end"
            time.sleep(0.2)
    try:
        yield home
    finally:
        lock.rmdir()


@pytest.fixture(scope="session")
def hostile_reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SimpleNamespace]:
    """Every report of a data set full of what nobody should paste, for both releases.

    Each with `data`, `out`, exit `code` and what the command `said`. Made once for all tests; with
    `MTF_HOSTILE` the reports of an earlier run in that folder are looked at again.
    """
    import hostile

    kept = os.environ.get("MTF_HOSTILE")
    with nullcontext(Path(kept)) if kept else between_workers(tmp_path_factory, "hostile") as home:
        data = home / "data" / "hostile"
        found = {}
        for release in ("public", "internal"):
            out, code, said = home / f"{release}-reports", 0, ""
            if not out.exists():
                if not data.exists():
                    hostile.write(data)
                done = hostile.run(data, out, release)
                code, said = done.returncode, done.stdout + done.stderr
            found[release] = SimpleNamespace(data=data, out=out, code=code, said=said)
    return found
