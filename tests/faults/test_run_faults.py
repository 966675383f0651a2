"""What can happen to a whole run: readers see a whole set, and the next run completes it."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tiny_desk import COMMAND, LIGHT, Desk, without_time

from mtf_eval.run.store import Store

ROUNDS = 20


def wait_for(path: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not appear"
        time.sleep(0.02)


def versions(desk: Desk) -> set[str]:
    """Return the versions told by the published pages of the project reports."""
    folder = desk.out / "data"
    books = [p.read_text() for p in folder.glob("tiny_project-*/*.ipynb")]
    found = {re.search(r'version = \\"(\w+)', text)[1] for text in books}
    assert len(books) == 3
    return found


def old_stands_and_new_follows(desk: Desk) -> None:
    """What was published before is whole, and so is what the next run publishes."""
    assert versions(desk) == {"v0"}
    desk.assert_whole()
    rest = desk.run("-p", "version=v1")
    assert rest.returncode == 0, rest.stderr
    assert versions(desk) == {"v1"}
    desk.assert_whole()


def test_one_failure_marks_one_report_and_the_rest_is_published(desk: Desk) -> None:
    done = desk.run("-p", "fault=raises", books=("tiny_project", "tiny_once", "faulty"))
    assert done.returncode == 1
    assert "failed: data/faulty: cell 4 raised KeyError" in done.stderr
    assert "4 made, 1 failed" in done.stdout
    assert "AB12" not in done.stdout + done.stderr
    desk.assert_whole()
    assert desk.outcomes()["faulty"] == "failed"
    entry = desk.record()["reports"]["faulty"]
    assert (entry["cell"], entry["error"]) == (4, "KeyError")
    assert (desk.state / "failed" / "data" / "faulty.ipynb").exists()
    everything = "".join(p.read_text() for p in desk.out.rglob("*") if p.is_file())
    assert "AB12 3CD" not in everything
    again = desk.run(books=("tiny_project", "tiny_once", "faulty"))
    assert again.returncode == 0, again.stderr
    assert set(desk.outcomes().values()) == {"ok"}
    assert not (desk.out / "data" / "faulty-failed-internal.html").exists()


def test_a_notebook_that_is_no_notebook_stops_the_run_before_it_starts(
    desk: Desk, tmp_path: Path
) -> None:
    assert desk.run(books=("tiny_once",)).returncode == 0
    before = desk.page("tiny_once")
    broken = tmp_path / "broken.ipynb"
    broken.write_text('{"cells": [', encoding="utf-8")
    bad = desk.run("--notebook", str(broken), "--force", books=("tiny_once",))
    assert bad.returncode == 2
    assert "broken.ipynb" in bad.stderr
    assert "Traceback" not in bad.stderr
    assert desk.page("tiny_once") == before
    plain = desk.run(books=("tiny_once",))
    assert plain.returncode == 0, plain.stderr
    assert set(desk.outcomes().values()) == {"ok"}
    desk.assert_whole()


def test_a_failed_report_keeps_its_last_good_page_marked(desk: Desk, tmp_path: Path) -> None:
    assert desk.run(books=("faulty",)).returncode == 0
    good = desk.page("faulty")
    for _ in range(2):
        assert desk.run("-p", "fault=exit 0", books=("faulty",)).returncode == 1
        marked = desk.page("faulty")
        assert marked.count("Out of date.") == 1
        assert 'href="faulty-failed-internal.html"' in marked
        assert re.sub(r"<!-- out of date -->.*?<!-- / -->", "", marked, flags=re.S) == good
        assert "This report is not complete." in desk.page("faulty-failed")
        index = (desk.out / "index.html").read_text()
        assert 'href="data/faulty-internal.html"' in index
        assert 'href="data/faulty-failed-internal.html"' in index
    assert desk.run(books=("faulty",)).returncode == 0
    assert "Out of date." not in desk.page("faulty")
    desk.assert_whole()


FAULTS = ["exit 0", "exit 1", "killed", "segfault", "memory", "sleep", "busy", "deaf", "output"]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_notebooks_fault_the_next_plain_run_ends_well(fault: str, desk: Desk) -> None:
    books = ("tiny_once", "faulty")
    bad = desk.run("-p", f"fault={fault}", "--cell-timeout", "2", books=books)
    assert bad.returncode == 1, bad.stderr
    assert desk.outcomes()["tiny_once"] == "ok" != desk.outcomes()["faulty"]
    desk.assert_whole()
    plain = desk.run(books=books)
    assert plain.returncode == 0, plain.stderr
    assert set(desk.outcomes().values()) == {"ok"}
    assert not list((desk.out / "data").glob("*-failed*.html"))
    desk.assert_whole()


@pytest.mark.slow
def test_a_run_killed_at_any_moment_leaves_a_whole_set(desk: Desk) -> None:
    """Twenty kills, SIGTERM or SIGKILL, each at a random moment of a run of new content."""
    dice = random.Random(20211231)
    began = time.monotonic()
    assert desk.run("-p", "version=v0", env={}).returncode == 0
    whole = time.monotonic() - began
    killed = number = 0
    while killed < ROUNDS:
        number += 1
        began = time.monotonic()
        process = desk.start(*desk.arguments("-p", f"version=v{number}"))
        try:
            process.wait(timeout=dice.uniform(0.1, 1) * whole)
            whole = time.monotonic() - began  # it was quicker than the last
        except subprocess.TimeoutExpired:
            process.send_signal(dice.choice([signal.SIGTERM, signal.SIGKILL]))
            killed += 1
        process.communicate(timeout=120)
        desk.assert_whole()
        assert len(versions(desk)) == 1, f"two sets at once in round {number}"
        told = desk.record()["reports"]["tiny_project-EX-1"]["parameters"]["version"]
        assert versions(desk) == {told}
    last = desk.run("-p", "version=last")
    assert last.returncode == 0, last.stderr
    assert versions(desk) == {"last"}
    desk.assert_whole()
    assert "Nothing has changed" in desk.run("-p", "version=last").stdout


def test_a_run_that_is_stopped_goes_on_where_it_was(desk: Desk, tmp_path: Path) -> None:
    books = ("tiny_project", "faulty")
    more = ("-p", "fault=sleep", "-p", f"flag={tmp_path / 'flag'}")
    process = desk.start(*desk.arguments(*more, books=books))
    done = desk.state / "done" / "data"
    for name in ("EX-1", "EX-2", "EX-3"):
        wait_for(done / f"tiny_project-{name}" / "entry.json")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "stopped by SIGTERM" in err
    assert not desk.out.exists()
    (tmp_path / "flag").touch()
    rest = desk.run(*more, books=books)
    assert rest.returncode == 0
    assert "1 made, 3 taken from an interrupted run" in rest.stdout
    desk.assert_whole()


DEAF = """
import os, signal
from mtf_eval.run import batch, cli
plan = batch.plan
def deaf(*given, **more):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except BaseException:
        pass
    return plan(*given, **more)
batch.plan = deaf
cli.main()
"""


def test_a_stop_that_an_import_threw_away_is_heeded_all_the_same(desk: Desk) -> None:
    command = [sys.executable, "-c", DEAF, *desk.arguments()]
    done = subprocess.run(command, env={**os.environ, **LIGHT}, capture_output=True, text=True)
    assert done.returncode == 143
    assert "stopped by SIGTERM" in done.stderr
    assert not desk.out.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_word_to_stop_that_every_process_gets_is_one_clean_end(
    desk: Desk, number: signal.Signals
) -> None:
    """As Ctrl-C in a terminal: from the start on of the process that others are forked from."""
    for pause in (0.05, 0.3, 1):
        run = subprocess.Popen(
            [*COMMAND, *desk.arguments("-p", "version=v0")],
            cwd=desk.root,
            env={**os.environ, **LIGHT},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        while run.poll() is None and not psutil.Process(run.pid).children():
            time.sleep(0.02)
        time.sleep(pause)
        os.killpg(run.pid, number)
        _, err = run.communicate(timeout=120)
        if run.returncode == 0:
            break
        assert run.returncode == 128 + number, err
        assert err.count(f"stopped by {number.name}") == 1
        assert "Traceback" not in err
        desk.assert_whole() if desk.out.exists() else None


WAITS = """
import multiprocessing, os, time
from mtf_eval.run.pool import _environment

def wait():
    _environment(dict(os.environ))
    time.sleep(600)

if __name__ == "__main__":
    one = multiprocessing.get_context("spawn").Process(target=wait)
    one.start()
    print(one.pid, flush=True)
    one.join()
"""


def test_a_process_that_waits_for_what_never_comes_ends_with_its_run(tmp_path: Path) -> None:
    """As one does for a lock that another held when it was killed."""
    script = tmp_path / "waits.py"
    script.write_text(WAITS)
    run = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    waiting = psutil.Process(int(run.stdout.readline()))
    run.kill()
    # Its end closes the stream, which it has from the run.
    run.communicate(timeout=120)
    assert not waiting.is_running() or waiting.status() == psutil.STATUS_ZOMBIE


def test_of_two_runs_the_second_stops_and_a_dead_one_is_taken_over(
    desk: Desk, tmp_path: Path
) -> None:
    more = ("-p", "fault=sleep", "-p", f"flag={tmp_path / 'flag'}")
    first = desk.start(*desk.arguments(*more, books=("faulty",)))
    wait_for(desk.state / "owner.json")
    second = desk.run()
    assert second.returncode == 2
    assert f"another run is at work on reports: process {first.pid} on" in second.stderr
    first.kill()
    first.communicate()
    third = desk.run()
    assert third.returncode == 0
    assert f"took over from a run that did not end: process {first.pid}" in third.stderr
    desk.assert_whole()


# A disk that takes no more, without one: no file of the run may grow to the size of a page.
LIMITED = """
import resource, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from mtf_eval.run.cli import main
main()
"""


def test_a_file_named_as_a_module_of_python_is_not_run(desk: Desk) -> None:
    """A folder a run is started in may hold an analyst's scripts, or what somebody left there."""
    planted = (
        "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\nraise SystemExit\n"
    )
    for name in ("dis", "random", "statistics", "calendar"):
        (desk.root / f"{name}.py").write_text(planted)
    console = Path(sys.executable).with_name("mtf-eval")
    done = subprocess.run(
        [console, *desk.arguments()], cwd=desk.root, env={**os.environ, **LIGHT},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not list(desk.root.glob("*.ran"))
    assert desk.page("tiny_once")


def test_a_disk_that_takes_no_more_publishes_nothing_and_says_so(desk: Desk) -> None:
    assert desk.run("-p", "version=v0").returncode == 0
    most = str(len(desk.page("tiny_once")) * 3 // 4)
    command = [sys.executable, "-c", LIMITED, most, *desk.arguments("-p", "version=v1")]
    full = subprocess.run(
        command,
        cwd=desk.root,
        env={**os.environ, **LIGHT},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert full.returncode == 1
    assert "File too large: nothing was published" in full.stderr
    assert "Traceback" not in full.stderr
    old_stands_and_new_follows(desk)


@pytest.mark.parametrize("fault", ["no room while staging", "no room for the swap"])
def test_no_space_left_publishes_nothing_and_says_so(
    fault: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very error of a full disk, where reports are put by and where the new set is put up."""
    assert desk.run("-p", "version=v0").returncode == 0

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if fault == "no room while staging":
            patch.setattr(Store, "keep", full)
        else:
            patch.setattr(shutil, "copy2", full)
        done = desk.run("-p", "version=v1")
    assert done.returncode == 1
    assert "No space left on device: nothing was published" in done.stderr
    old_stands_and_new_follows(desk)


# In a mount namespace of its own: a file system of four megabytes, then one that is full.
SMALL = """
import shutil, subprocess, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
small, data = Path(sys.argv[3]), Path(sys.argv[4])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], check=True)
shutil.copytree(data, small / "data")
from test_run_faults import old_stands_and_new_follows
from tiny_desk import Desk
desk = Desk(small)
assert desk.run("-p", "version=v0").returncode == 0
filler = small / "filler"
with open(filler, "wb", buffering=0) as stream:
    try:
        while stream.write(bytes(4096)):
            pass
    except OSError:
        pass
stream = open(filler, "r+b")
stream.truncate(filler.stat().st_size - int(sys.argv[5]))
done = desk.run("-p", "version=v1")
assert done.returncode == 1, done
assert "No space left on device: nothing was published" in done.stderr, done.stderr
stream.truncate(0)
old_stands_and_new_follows(desk)
print("as it should")
"""
NAMESPACE = ["unshare", "--mount", *([] if os.name != "posix" or os.getuid() == 0 else ["-Ur"])]


@pytest.fixture
def mounts() -> None:
    """Skip where no file system may be mounted, by anybody: the tests above stand in there."""
    command = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system may be mounted on this machine")


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("left", [8_192, 60_000])
def test_a_file_system_that_is_full(desk: Desk, tmp_path: Path, left: int) -> None:
    small = tmp_path / "small"
    small.mkdir()
    here = Path(__file__).parent
    script = [sys.executable, "-c", SMALL, str(here), str(here.parent), str(small), str(desk.data)]
    done = subprocess.run(
        [*NAMESPACE, *script, str(left)],
        env={**os.environ, **LIGHT},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (done.stdout.strip(), done.returncode) == ("as it should", 0), done.stderr[-2000:]


def test_data_that_changes_while_it_is_read(desk: Desk, tmp_path: Path) -> None:
    books = ("tiny_project", "faulty")
    more = ("-p", "fault=wait", "-p", f"flag={tmp_path / 'flag'}")
    process = desk.start(*desk.arguments(*more, books=books))
    wait_for(desk.state / "done" / "data" / "tiny_project-EX-3" / "entry.json")
    costs = desk.data / "costs.csv"
    costs.write_text(costs.read_text().replace("300", "301"))
    (tmp_path / "flag").touch()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "data changed while it was read" in err
    again = desk.run(*more, books=books)
    assert again.returncode == 0
    assert "4 made" in again.stdout
    assert "Nothing has changed" in desk.run(*more, books=books).stdout
    desk.assert_whole()


def test_clock_and_locale_do_not_matter(desk: Desk) -> None:
    here = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
    there = {"TZ": "Pacific/Kiritimati", "LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}
    assert desk.run(env=here).returncode == 0
    before = {p.name: p.read_bytes() for p in (desk.out / "data").glob("*.html")}
    for file in desk.data.iterdir():
        os.utime(file, (4_000_000_000, 4_000_000_000))
    assert "Nothing has changed" in desk.run(env=there).stdout
    assert desk.run("--force", env=there).returncode == 0
    for name, page in before.items():
        after = (desk.out / "data" / name).read_bytes()
        assert without_time(after) == without_time(page)


def test_hostile_project_ids_stay_inside(desk: Desk) -> None:
    hostile = ["../../x", "CON", "A" * 300, "two words £5"]
    head = (desk.data / "projects.csv").read_text(encoding="utf-8").splitlines()[0]
    rows = [f"{name},T,1,P,Police,2021-04-01,response,Theft" for name in hostile]
    (desk.data / "projects.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    (desk.data / "costs.csv").unlink()
    before = {p for p in desk.root.rglob("*") if "reports" not in p.parts}
    done = desk.run()
    assert done.returncode == 0, done.stderr
    outside = {p for p in desk.root.rglob("*") if not {"reports", ".reports.mtf"} & set(p.parts)}
    assert outside == {p for p in before if not {"reports", ".reports.mtf"} & set(p.parts)}
    told = {e["parameters"].get("project_id") for e in desk.record()["reports"].values()}
    assert told == {*hostile, None}
    assert len(list((desk.out / "data").glob("tiny_project-*.html"))) == 4
    desk.assert_whole()


def test_a_run_that_is_refused_while_it_reads_leaves_no_process_behind(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "referrals.csv").write_text("referral_id,received\nR1,no day\n", encoding="utf-8")
    command = [
        str(Path(sys.executable).parent / "mtf-eval"),
        "run",
        str(data),
        "--out",
        str(tmp_path / "out"),
    ]
    # What is left behind would hold its streams open.
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2, done.stderr
    assert "row 2, column received" in done.stderr
