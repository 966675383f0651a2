"""The battery: what a notebook does gives the same in a report's process and on a real kernel."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from books import book, write_folder
from tiny_desk import run_one

from mtf_eval import load
from mtf_eval.run import pool as pool_module
from mtf_eval.run.execute import ENVIRONMENT, Job
from mtf_eval.run.pool import FORKED, pool
from mtf_eval.run.verdict import death

# Each cell shows something; what it shows is compared between the kinds of kernel.
BATTERY = {
    "print": "print('printed')",
    "stderr": "import sys; print('complained', file=sys.stderr)",
    "raw write": "import os, time; _ = os.write(1, b'written\\n'); time.sleep(0.5)",
    "os.system": "_ = os.system('echo from a shell')",
    "subprocess": "import subprocess; _ = subprocess.run(['echo', 'from a child'])",
    "shell line": "!echo from a line",
    "logging": "import logging; logging.basicConfig(); logging.getLogger('x').warning('logged')",
    "value": "{'a': [1, 2], 'b': (None, 3.5)}",
    "frame": "import pandas as pd; pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "figure": "import matplotlib.pyplot as plt; _ = plt.plot([1, 2, 1])",
    "figure magic": "%matplotlib inline\n_ = plt.plot([3, 1, 2])",
    "figure config": "%config InlineBackend.print_figure_kwargs = {}\n_ = plt.bar([1], [2])",
    "backend": "import matplotlib; matplotlib.get_backend()",
    "threads": "import os\n{k: os.environ.get(k) for k in ('OMP_NUM_THREADS', 'PYTHONHASHSEED')}",
    "sets": "list({'alpha', 'beta', 'gamma', 'delta'})",
    "cwd": "os.getcwd()",
    "main": "__name__, __import__('__main__').__dict__ is globals()",
    "stdin": "try:\n    input()\nexcept Exception as e:\n    print(type(e).__name__)",
    "signals": "import signal; signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD)",
    "session": "os.getsid(0) == os.getpid() == os.getpgrp()",
    "pool": (
        "import multiprocessing\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(pool.map(abs, [-1, -2]))"
    ),
    "executor": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n"
        "    print(list(pool.map(abs, [-3])))"
    ),
    "asyncio": "import asyncio; await asyncio.sleep(0, 'awaited')",
    "magic": "%%bash\necho from bash",
    "linear algebra": (
        "import numpy as np\nfloat(np.linalg.inv(np.arange(1, 10).reshape(3, 3) + np.eye(3)).sum())"
    ),
}


def job(cells: list[str], cwd: Path, **more: Any) -> Job:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    source = nbformat.writes(book)
    return Job(
        dataset="d", name="n", source=source, parameters={}, run_time="", cwd=str(cwd), **more
    )


def shown(cells: list[str], cwd: Path) -> list[Any]:
    """Run cells as a report and return what each showed; the last fails, so that all is kept."""
    result = run_one(job([*cells, "raise KeyError('end')"], cwd))
    assert (result.outcome, result.error) == ("failed", "KeyError"), result.message
    done = nbformat.reads(result.partial.decode(), as_version=4)
    return [_plain(c.outputs) for c in done.cells[: len(cells)]]


def on_a_kernel(cells: list[str], cwd: Path) -> list[Any]:
    source = cwd / "battery.ipynb"
    source.write_text(job(cells, cwd).source, encoding="utf-8")
    done = papermill.execute_notebook(
        source, None, kernel_name="python3", cwd=cwd, progress_bar=False
    )
    return [_plain(c.outputs) for c in done.cells]


def _plain(outputs: list[Any]) -> list[Any]:
    text: dict[str, str] = {}
    rest = []
    for out in outputs:
        if out.output_type == "stream":
            text[out.name] = text.get(out.name, "") + out.text.replace("\r\n", "\n")
        else:
            rest.append(json.loads(json.dumps(out)))
    return [text, *rest]


@pytest.mark.skipif(sys.platform == "win32", reason="folders of the dead are swept by user")
def test_folders_of_runs_that_are_gone_are_swept_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(pool_module, "_folder", [])
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone, alive, odd = (f"mtf-run-{owner}-x" for owner in (ended.pid, os.getppid(), "nobody"))
    for name in (gone, alive, odd):
        (tmp_path / name).mkdir()
    own = pool_module.runtime_folder()
    assert own == pool_module.runtime_folder()
    assert own.name.startswith(f"mtf-run-{os.getpid()}-")
    assert {p.name for p in tmp_path.iterdir()} == {alive, odd, own.name}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    cwd = tmp_path_factory.mktemp("battery")
    with pytest.MonkeyPatch.context() as patch:
        # ipykernel does not capture what is written to handle 1 when it sees pytest.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        cells = list(BATTERY.values())
        return {"kernel": on_a_kernel(cells, cwd), "report": shown(cells, cwd)}


@pytest.mark.parametrize("number", range(len(BATTERY)), ids=list(BATTERY))
def test_a_report_and_a_kernel_show_the_same(both: dict[str, list[Any]], number: int) -> None:
    assert both["report"][number] == both["kernel"][number]
    assert both["report"][number] != [{}]


def test_figures_are_pictures(both: dict[str, list[Any]]) -> None:
    for name in ("figure", "figure magic", "figure config"):
        shown_there = both["report"][list(BATTERY).index(name)]
        assert "image/png" in shown_there[1]["data"], name


def test_figures_are_pictures_in_every_report_of_one_process() -> None:
    """As one that is rehearsed leaves the process its libraries, and the next is forked of it."""
    code = (
        "import nbformat\n"
        "from mtf_eval.run.session import run_cells\n"
        "cell = 'import matplotlib.pyplot as plt; _ = plt.plot([1, 2, 1])'\n"
        "for _ in range(2):\n"
        "    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])\n"
        "    run_cells(book, lambda _: None, lambda *_: None, lambda _: None)\n"
        "    print([sorted(out['data']) for out in book.cells[0].outputs])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, **ENVIRONMENT},
    )  # fmt: skip
    assert done.stdout == 2 * "[['image/png', 'text/plain']]\n", done.stderr


def test_nothing_leaks_from_one_report_into_the_next(tmp_path: Path) -> None:
    spoil = (
        "import os, sys, pandas, matplotlib\n"
        "pandas.DataFrame.spoilt = 1; pandas.options.display.max_rows = 7\n"
        "matplotlib.rcParams['figure.dpi'] = 7; os.environ['SPOILT'] = '1'; os.chdir('/')\n"
        "sys.path.append('/spoilt')"
    )
    look = (
        "import os, sys, pandas, matplotlib\n"
        "print(hasattr(pandas.DataFrame, 'spoilt'), pandas.options.display.max_rows,\n"
        "      matplotlib.rcParams['figure.dpi'] == 7, 'SPOILT' in os.environ,\n"
        "      os.getcwd() == '/', '/spoilt' in sys.path)"
    )
    shown([spoil], tmp_path)
    assert shown([look], tmp_path)[0][0]["stdout"] == "False 60 False False False False\n"


def test_each_report_has_randomness_of_its_own(tmp_path: Path) -> None:
    draw = "import random, uuid, numpy\nprint(random.random(), numpy.random.rand(), uuid.uuid4())"
    one, two = (shown([draw], tmp_path)[0][0]["stdout"].split() for _ in range(2))
    assert all(a != b for a, b in zip(one, two, strict=True))


def test_what_a_notebook_started_ends_with_it(tmp_path: Path) -> None:
    start = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    pid = int(shown([start], tmp_path)[0][0]["stdout"])
    _gone([pid])


def test_shown_again_under_its_name_and_cleared(tmp_path: Path) -> None:
    again = (
        "from IPython.display import display\n"
        "handle = display('first', display_id=True); handle.update('second')"
    )
    cleared = (
        "from IPython.display import clear_output\nprint('gone'); clear_output(); print('kept')"
    )
    updated, kept = shown([again, cleared], tmp_path)
    assert updated[1]["data"]["text/plain"] == "'second'"
    assert kept == [{"stdout": "kept\n"}]


def test_what_is_held_is_handed_out_unspoilt_and_never_old(tmp_path: Path) -> None:
    tables = book()
    data = write_folder(tmp_path / "data", tables)
    load(data)
    code = (
        "from mtf_eval import load\n"
        f"load({str(data)!r}).table('costs').loc[:, 'hours'] = 99\n"
        f"print(load({str(data)!r}).table('costs')['hours'].tolist()[0])"
    )
    assert shown([code], tmp_path)[0][0]["stdout"] == "40.0\n"
    tables["costs"][1][6] = 41
    write_folder(data, tables)
    assert shown([code], tmp_path)[0][0]["stdout"] == "41.0\n"


def test_reports_end_with_a_run_that_is_left(tmp_path: Path) -> None:
    """As when the disk is full: what is in flight is stopped, and nothing is tried again."""
    begun = tmp_path / "begun"
    code = f"import os, time\nopen({str(begun)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"

    def left_early() -> None:
        with pool(1) as made:
            made.submit(job([code], tmp_path))
            while not begun.exists() or not begun.read_text():
                time.sleep(0.05)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        left_early()
    _gone([int(begun.read_text())])


def test_reports_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    cell = f"import os, time\nopen({str(begun)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    code = (
        "from test_session import job, run_one; from pathlib import Path\n"
        f"run_one(job([{cell!r}], Path({str(tmp_path)!r})))"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    run = subprocess.Popen([sys.executable, "-c", code], env=env)
    while not begun.exists() or not begun.read_text():
        time.sleep(0.05)
    below = [p.pid for p in psutil.Process(run.pid).children(recursive=True)]
    run.send_signal(signal.SIGKILL)
    run.wait()
    _gone([*below, int(begun.read_text())])


def _gone(pids: list[int]) -> None:
    end = time.monotonic() + 120
    while any(map(_runs, pids)):
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_reports_are_forked_from_dies_and_they_run_again(tmp_path: Path) -> None:
    begun, flag = tmp_path / "begun", tmp_path / "flag"
    cell = (
        f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\n"
        f"while not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.05)"
    )

    def kill() -> None:
        while not begun.exists():
            time.sleep(0.05)
        parent = next(
            p for p in psutil.Process().children() if "forkserver" in " ".join(p.cmdline())
        )
        parent.kill()
        flag.touch()

    killer = threading.Thread(target=kill)
    killer.start()
    result = run_one(job([cell, "raise KeyError('end')"], tmp_path))
    killer.join()
    assert result.error == "KeyError", result.message


@pytest.mark.skipif(not FORKED, reason="nothing is forked there")
def test_a_report_is_forked_from_a_process_with_one_thread(tmp_path: Path) -> None:
    look = "import os; print(len(os.listdir(f'/proc/{os.getppid()}/task')))"
    assert shown([look], tmp_path)[0][0]["stdout"] == "1\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "killed (signal 9), probably out of memory"),
        (-11, "crashed (SIGSEGV)"),
        (-6, "crashed (SIGABRT)"),
        (3, "exit code 3"),
        (-200, "signal 200"),
    ],
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert words in death(code)


def test_a_report_that_was_ended_on_windows_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """There `multiprocessing` gives -SIGTERM, and `signal` has no SIGKILL."""
    monkeypatch.delattr(signal, "SIGKILL")
    assert death(-15) == "its process crashed (SIGTERM)"


def test_where_no_process_can_be_forked_each_is_started_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(pool_module, "FORKED", False)
    monkeypatch.setattr(pool_module, "ProcessPool", lambda **given: made.update(given))
    pool_module.Pool(2, ENVIRONMENT)
    assert made["context"].get_start_method() == "spawn"
    assert (made["max_workers"], made["max_tasks"]) == (2, 1), "a process makes one report"
