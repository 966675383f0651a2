"""The battery: what a notebook does gives the same on a warm and on an ordinary kernel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from books import book, write_folder

from mtf_eval import load
from mtf_eval.run import kernels
from mtf_eval.run.engine import Watch
from mtf_eval.run.execute import Job, _execute, at_work, run_one

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
PRELOAD = "ipykernel.kernelapp numpy pandas matplotlib.pyplot matplotlib.backends.backend_agg"

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
    "path": "[p for p in sys.path if 'zygote' in p or p == os.path.dirname(os.getcwd())]",
    "argv": "len(sys.argv), os.path.basename(sys.argv[0])",
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
    "modules": "{'json', 'sys'} <= get_ipython()._sys_modules_keys",
    "history": "get_ipython().history_manager.enabled",
    "atexit": "import atexit; atexit.register(print, 'ended')\nNone",
}


@pytest.fixture(scope="module", autouse=True)
def light_warm_process() -> Iterator[None]:
    os.environ["MTF_WARM_PRELOAD"] = PRELOAD
    yield
    kernels.close_warm()
    del os.environ["MTF_WARM_PRELOAD"]


def job(cells: list[str], kernel: str, cwd: Path, **more: Any) -> Job:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    return Job(
        dataset="d",
        name="n",
        source=nbformat.writes(book),
        parameters={},
        run_time="",
        kernel=kernel,
        cwd=str(cwd),
        **more,
    )


def shown(cells: list[str], kernel: str, cwd: Path) -> list[Any]:
    """Run cells on one kernel and return what each showed."""
    watch = Watch()
    error = _execute(job(cells, kernel, cwd), watch)
    assert error is None, error
    assert watch.notebook is not None
    expected = kernels._Forked if kernel == "warm" else subprocess.Popen
    assert isinstance(watch.process, expected)
    return [_plain(c.outputs) for c in watch.notebook.cells]


def _plain(outputs: list[Any]) -> list[Any]:
    text: dict[str, str] = {}
    rest = []
    for out in outputs:
        if out.output_type == "stream":
            text[out.name] = text.get(out.name, "") + out.text
        else:
            rest.append(json.loads(json.dumps(out)))
    return [text, *rest]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    cwd = tmp_path_factory.mktemp("battery")
    with pytest.MonkeyPatch.context() as patch:
        # ipykernel does not capture what is written to handle 1 when it sees pytest.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        kernels.close_warm()
        return {k: shown(list(BATTERY.values()), k, cwd) for k in ("ordinary", "warm")}


@pytest.mark.parametrize("number", range(len(BATTERY)), ids=list(BATTERY))
def test_warm_and_ordinary_kernels_show_the_same(both: dict[str, list[Any]], number: int) -> None:
    assert both["warm"][number] == both["ordinary"][number]
    if list(BATTERY)[number] not in ("atexit",):
        assert both["warm"][number] != [{}]


def test_figures_are_pictures(both: dict[str, list[Any]]) -> None:
    for name in ("figure", "figure magic", "figure config"):
        shown_there = both["warm"][list(BATTERY).index(name)]
        assert "image/png" in shown_there[1]["data"], name


@pytest.mark.parametrize("kernel", ["warm", "ordinary"])
def test_nothing_leaks_from_one_kernel_into_the_next(kernel: str, tmp_path: Path) -> None:
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
    shown([spoil], kernel, tmp_path)
    assert shown([look], kernel, tmp_path)[0][0]["stdout"] == "False 60 False False False False\n"


@pytest.mark.parametrize("kernel", ["warm", "ordinary"])
def test_each_kernel_has_randomness_of_its_own(kernel: str, tmp_path: Path) -> None:
    draw = "import random, uuid, numpy\nprint(random.random(), numpy.random.rand(), uuid.uuid4())"
    one, two = (shown([draw], kernel, tmp_path)[0][0]["stdout"].split() for _ in range(2))
    assert all(a != b for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("kernel", ["warm", "ordinary"])
def test_what_a_notebook_started_ends_with_it(kernel: str, tmp_path: Path) -> None:
    start = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    pid = int(shown([start], kernel, tmp_path)[0][0]["stdout"])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_sockets_are_private_and_not_tcp(tmp_path: Path) -> None:
    look = (
        "import json, os, ipykernel.connect as c\n"
        "f = c.get_connection_file(); print(json.load(open(f))['transport'],\n"
        "oct(os.stat(os.path.dirname(f)).st_mode & 0o777))"
    )
    assert shown([look], "warm", tmp_path)[0][0]["stdout"] == "ipc 0o700\n"


def test_the_warm_process_has_one_thread_and_the_whole_set_of_imports() -> None:
    """With everything it preloads: a second thread would turn every kernel into an ordinary one."""
    code = (
        "from mtf_eval.run import kernels, zygote\n"
        "env = {**__import__('os').environ, **kernels.KERNEL_ENV}\n"
        f"warm = kernels._Warm(env, [{str(EXAMPLE)!r}])\n"
        "print(warm.ready()); warm.close()"
    )
    load(EXAMPLE)  # what was read before is held in memory: that starts no thread either
    env = {k: v for k, v in os.environ.items() if k != "MTF_WARM_PRELOAD"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"


def test_what_is_held_is_handed_out_unspoilt_and_never_old(tmp_path: Path) -> None:
    tables = book()
    data = write_folder(tmp_path / "data", tables)
    load(data)
    code = (
        "from mtf_eval import load\n"
        f"load({str(data)!r}).table('costs').loc[:, 'hours'] = 99\n"
        f"print(load({str(data)!r}).table('costs')['hours'].tolist()[0])"
    )
    kernels.close_warm()
    kernels.start_warm([str(data)])
    assert shown([code], "warm", tmp_path)[0][0]["stdout"] == "40.0\n"
    tables["costs"][1][6] = 41
    write_folder(data, tables)
    assert shown([code], "warm", tmp_path)[0][0]["stdout"] == "41.0\n"
    kernels.close_warm()


def test_a_process_with_two_threads_is_not_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels.close_warm()
    (tmp_path / "threaded.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("MTF_WARM_PRELOAD", "threaded")
    result = run_one(job(["print(1)"], "warm", tmp_path))
    assert result.outcome == "ok"
    assert kernels.warm_pid() is None or not kernels._warm[0].usable
    kernels.close_warm()


def test_a_setting_read_at_import_gets_an_ordinary_kernel(tmp_path: Path) -> None:
    warm = kernels._warm_for({**os.environ, **kernels.KERNEL_ENV})
    assert warm is not None
    other = {**os.environ, **kernels.KERNEL_ENV, "MPLCONFIGDIR": str(tmp_path)}
    assert kernels._warm_for(other) is None


def test_nothing_is_tried_again_once_the_run_has_ended(tmp_path: Path) -> None:
    """As when the disk is full: the kernels in flight are stopped, no new warm process starts."""
    begun = tmp_path / "begun"
    slow = job(
        [f"open({str(begun)!r}, 'w').close()\nimport time; time.sleep(60)"], "warm", tmp_path
    )
    kernels.close_warm()
    with ThreadPoolExecutor(1) as pool:
        with at_work():
            running = pool.submit(run_one, slow)
            while not begun.exists():
                time.sleep(0.05)
        kernels.close_warm()
        result = running.result(timeout=20)
    assert (result.outcome, kernels.warm_pid()) == ("failed", None)
    assert "the run ended" in result.message


def test_a_deadline_before_the_kernel_is_there_holds(tmp_path: Path) -> None:
    watch = Watch()
    watch.stop("the report's deadline")
    began = time.monotonic()
    assert _execute(job(["import time; time.sleep(60)"], "ordinary", tmp_path), watch) is not None
    assert time.monotonic() - began < 30
    assert watch.code() != 0


def test_a_warm_process_that_is_still_importing_is_ended_at_once(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)")
    env = {"PYTHONPATH": str(tmp_path), "MTF_WARM_PRELOAD": "slow"}
    warm = kernels._Warm({**os.environ, **kernels.KERNEL_ENV, **env})
    asked = threading.Thread(target=warm.ready)
    asked.start()
    warm.close()
    asked.join(timeout=5)
    assert (asked.is_alive(), warm.usable) == (False, False)


def test_kernels_end_with_a_client_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal, threading, time\n"
        "from test_kernels import job; from pathlib import Path\n"
        "from mtf_eval.run import kernels; from mtf_eval.run.execute import run_one\n"
        "import psutil\n"
        f"j = job(['import time; time.sleep(600)'], 'warm', Path({str(tmp_path)!r}))\n"
        "threading.Thread(target=run_one, args=(j,), daemon=True).start()\n"
        "me = psutil.Process()\n"
        "while len(me.children(recursive=True)) < 2: time.sleep(0.05)\n"
        "print(*[p.pid for p in me.children(recursive=True)], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    pids = [int(p) for p in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    _, alive = psutil.wait_procs([psutil.Process(p) for p in pids if psutil.pid_exists(p)], 5)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "killed (signal 9), probably out of memory"),
        (-11, "crashed (SIGSEGV)"),
        (-6, "crashed (SIGABRT)"),
        (kernels.WARM_DIED, "the warm process died"),
        (3, "exit code 3"),
        (-200, "signal 200"),
    ],
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert words in kernels.death(code)


def test_papermill_by_hand_finds_the_provisioner(tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "papermill",
            str(Path(__file__).parent / "notebooks" / "tiny_project.ipynb"),
            str(out),
            "-p",
            "version",
            "byhand",
            "--no-progress-bar",
        ],
        env={**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "mtf-warm"},
        check=True,
        capture_output=True,
    )
    assert re.search(r"version byhand", out.read_text())
