"""What a notebook can do wrong: one report's failure, said in words, and nothing left behind."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from tiny_desk import run_one

from mtf_eval.run.execute import Job, Result, run_apart

FAULTY = Path(__file__).parent.parent / "notebooks" / "faulty.ipynb"
PERSONAL = "AB12 3CD"  # what the failing cell's error would give away


def job(fault: str, **more: object) -> Job:
    values = {"fault": fault, **{k: v for k, v in more.items() if k == "flag"}}
    deadlines = {k: v for k, v in more.items() if k != "flag"}
    return Job(
        dataset="data",
        name=f"faulty-{fault}".replace(" ", ""),
        source=FAULTY.read_text(),
        parameters=values,
        run_time="2021-12-31T00:00:00+00:00",
        cwd=str(FAULTY.parent),
        **deadlines,  # type: ignore[arg-type]
    )


def reports_left() -> list[psutil.Process]:
    """Processes that a notebook's process is or has started; what they are forked from stays."""
    forked = [p for p in psutil.Process().children() if "forkserver" in " ".join(p.cmdline())]
    below = [child for parent in forked for child in parent.children(recursive=True)]
    return [p for p in below if p.status() != psutil.STATUS_ZOMBIE]


def assert_nothing_left() -> None:
    end = time.monotonic() + 60
    while reports_left() and time.monotonic() < end:
        time.sleep(0.05)
    assert not reports_left()


FAULTS = [
    ("raises", "failed", "cell 4 raised KeyError"),
    ("exit 0", "failed", "cell 4 called sys.exit()"),
    ("exit 1", "failed", "cell 4 called sys.exit()"),
    ("killed", "died", "killed (signal 9), probably out of memory at cell 4"),
    ("segfault", "died", "crashed (SIGSEGV) at cell 4"),
    ("memory", "failed", "cell 4 raised MemoryError"),
    ("sleep", "timeout", "cell 4 took longer than 2 seconds"),
    ("busy", "timeout", "cell 4 took longer than 2 seconds"),
    ("deaf", "timeout", "cell 4 took longer than 2 seconds"),
]


def assert_failed(result: Result, outcome: str, words: str) -> None:
    assert (result.outcome, result.cell) == (outcome, 4)
    assert words in result.message
    page = result.files[f"{result.name}-failed.html"].decode()
    assert "This report is not complete." in page
    assert PERSONAL not in page + result.message + result.error
    assert b"before" in result.partial
    assert b"after\\n" not in result.partial
    assert_nothing_left()


@pytest.mark.parametrize(("fault", "outcome", "words"), FAULTS, ids=[f[0] for f in FAULTS])
def test_fault_in_a_process_of_its_own(fault: str, outcome: str, words: str) -> None:
    assert_failed(run_one(job(fault, cell_seconds=2)), outcome, words)


@pytest.mark.parametrize(
    ("fault", "outcome", "words"), [FAULTS[1], FAULTS[3], FAULTS[7]], ids=["exit", "killed", "busy"]
)
def test_fault_in_a_fresh_interpreter(fault: str, outcome: str, words: str) -> None:
    """As a Dask worker runs it."""
    assert_failed(run_apart(job(fault, cell_seconds=2)), outcome, words)


@pytest.mark.parametrize("fault", ["sleep", "busy"])
def test_the_whole_report_has_a_deadline(fault: str) -> None:
    result = run_one(job(fault, seconds=3))
    assert_failed(result, "timeout", "stopped at cell 4: the report's deadline")
    assert result.seconds < 60


def test_an_endless_output_is_stopped() -> None:
    before = psutil.Process().memory_info().rss
    result = run_one(job("output"))
    assert_failed(result, "failed", "it wrote more than 20 MB of output")
    assert len(result.partial) < 30_000_000
    assert psutil.Process().memory_info().rss - before < 400_000_000


def test_a_report_without_fault_is_made() -> None:
    result = run_one(job("none"))
    assert (result.outcome, result.message) == ("ok", "")
    beside = {
        f"faulty-none/faulty-none{end}" for end in (".ipynb", "-summary.html", "-summary.txt")
    }
    assert set(result.files) == {"faulty-none.html", *beside}
