"""A real cluster: a scheduler and two workers as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tiny_desk import LIGHT, Desk, without_time

pytestmark = pytest.mark.dask

if os.environ.get("CI") != "true":
    pytest.importorskip("distributed")


@dataclass
class Cluster:
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers without a nanny: what is killed stays dead."""
    env = {**os.environ, **LIGHT}
    address = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    common = ["--scheduler-file", str(address)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    started = [
        subprocess.Popen(
            [*dask, "scheduler", *common, "--port", "0", "--no-dashboard"], env=env, **quiet
        )
    ]
    try:
        end = time.monotonic() + 120
        while not address.exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        worker = [*dask, "worker", *common, "--no-nanny", "--nthreads", "2", "--no-dashboard"]
        started += [subprocess.Popen(worker, env=env, **quiet) for _ in range(2)]
        import distributed

        with distributed.Client(scheduler_file=str(address)) as client:
            client.wait_for_workers(2, timeout=120)
            told = client.scheduler.address
        yield Cluster(told, started[1:])
    finally:
        for process in started[::-1]:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


def pages(desk: Desk) -> dict[str, bytes]:
    return {
        p.name: without_time(p.read_bytes())
        for p in (desk.out / "data").rglob("*")
        if p.suffix in (".html", ".csv", ".ipynb")
    }


def test_a_cluster_makes_the_same_bytes_as_processes_here(desk: Desk, cluster: Cluster) -> None:
    assert desk.run().returncode == 0
    here = pages(desk)
    done = desk.run("--force", "--dask", cluster.address)
    assert done.returncode == 0, done.stderr
    assert desk.record()["executor"] == "dask"
    assert pages(desk) == here
    desk.assert_whole()


def test_a_worker_that_is_lost_has_its_reports_run_by_the_other(
    desk: Desk, cluster: Cluster, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    books = ("tiny_project", "faulty")
    arguments = desk.arguments(
        "-p", "fault=sleep", "-p", f"flag={flag}", "--dask", cluster.address, books=books
    )
    run = desk.start(*arguments)
    victim = None
    end = time.monotonic() + 120
    while victim is None:
        assert time.monotonic() < end, "no worker took the report that sleeps"
        assert run.poll() is None
        time.sleep(0.1)
        if len(list((desk.state / "done").glob("data/tiny_project-*"))) == 3:
            busy = [w for w in cluster.workers if _sleeps(w)]
            victim = busy[0] if busy else None
    flag.touch()
    victim.kill()
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert "4 made" in out
    desk.assert_whole()


def _sleeps(worker: subprocess.Popen[bytes]) -> bool:
    """Whether a worker has a report at work: a process below it."""
    return len(psutil.Process(worker.pid).children(recursive=True)) > 0


def test_a_scheduler_that_is_not_there(desk: Desk) -> None:
    done = desk.run("--dask", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "no Dask scheduler answers" in done.stderr
    assert not desk.out.exists()
