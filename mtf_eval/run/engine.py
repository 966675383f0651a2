"""papermill's engine with our kernels: this very Python, warm, over private sockets, watched.

Made when first used: its imports are heavy. Judges nothing; `execute` does.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["MOST_OUTPUT", "Watch", "engine", "runtime_folder"]

# A report whose notebook writes more than this is stopped: nobody reads it, and a page of it
# would not open.
MOST_OUTPUT = 20_000_000
# What a report runs is nothing an analyst typed: it stays out of IPython's history.
QUIET = "--HistoryManager.enabled=False"
_counter = itertools.count()
_folder: list[Path] = []
_folder_lock = threading.Lock()


class Watch:
    """What is known of a kernel while and after it runs, and the hand that stops it."""

    def __init__(self) -> None:
        self.notebook: NotebookNode | None = None
        self.process: Any = None
        self.running: NotebookNode | None = None
        self.at: NotebookNode | None = None
        self.ready = False
        self.stopped = ""

    def stop(self, why: str) -> None:
        """Kill the kernel and all it started."""
        self.stopped = self.stopped or why
        self.at = self.at or self.running
        process = self.process
        if process is not None and process.poll() is None:
            with suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()

    def code(self) -> int | None:
        """Return the kernel's exit code."""
        return None if self.process is None else self.process.poll()


@cache
def engine() -> Any:
    """Return papermill's own engine with our client in it; made late, its imports are heavy."""
    from nbformat import from_dict
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine

    class Client(PapermillNotebookClient):  # type: ignore[misc]
        def __init__(self, manager: Any, watch: Watch, kernel: str, **kw: Any) -> None:
            super().__init__(manager, **kw)
            self.watch, self.kernel, self.seen = watch, kernel, 0
            watch.notebook = self.nb

        def create_kernel_manager(self) -> Any:
            self.km = _kernel_manager(self.kernel)
            return self.km

        async def async_start_new_kernel_client(self) -> Any:
            self.watch.process = self.km.provisioner.process
            if self.watch.stopped:
                self.watch.stop(self.watch.stopped)
            client = await super().async_start_new_kernel_client()
            self.watch.ready = True
            return client

        def execute_cell(self, cell: Any, *rest: Any, **kw: Any) -> Any:
            self.watch.running = cell
            done = super().execute_cell(cell, *rest, **kw)
            self.watch.running = None
            return done

        def process_message(self, message: Any, *rest: Any, **kw: Any) -> Any:
            self.seen += _size(message["content"])
            if self.seen > MOST_OUTPUT and message["msg_type"] in ("stream", "display_data"):
                self.watch.stop(f"it wrote more than {MOST_OUTPUT // 1_000_000} MB of output")
                return None
            return super().process_message(message, *rest, **kw)

        def output(self, outs: Any, message: Any, display_id: str | None, cell: int) -> Any:
            # To hold each output against the schema takes longer than to show it; the page's maker
            # holds the whole notebook against it.
            hooked = any(self.output_hook_stack.values())
            usual = not (display_id or hooked or self.clear_before_next_output)
            if message["msg_type"] != "display_data" or not usual:
                return super().output(outs, message, display_id, cell)
            said = {name: message["content"][name] for name in ("metadata", "data")}
            made = from_dict({"output_type": "display_data", **said})  # type: ignore[no-untyped-call]
            outs.append(made)
            return made

    class Engine(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(
            cls, nb_man: Any, kernel_name: str, execution_timeout: float, **kw: Any
        ) -> Any:
            cwd = kw["kernel_cwd"]
            where = {"cwd": cwd} if cwd and Path(cwd).is_dir() else {}
            keep = ("iopub_timeout", "shutdown_kernel", "record_timing", "watch", "kernel")
            return Client(
                nb_man,
                timeout=execution_timeout,
                startup_timeout=kw["start_timeout"],
                log=logging.getLogger("papermill"),
                **{k: kw[k] for k in keep},
            ).execute(env={**os.environ, **_kernel_env()}, **where)

    Client.start_new_kernel_client = _run_sync(Client.async_start_new_kernel_client)
    return Engine


def _run_sync(function: Any) -> Any:
    from nbclient.util import run_sync

    return run_sync(function)


def _kernel_env() -> dict[str, str]:
    from mtf_eval.run.kernels import KERNEL_ENV

    return KERNEL_ENV


def _kernel_manager(kernel: str) -> Any:
    """Make the manager of one kernel of this very Python, over ipc where there is such a thing."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    class Ours(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            factory = KernelProvisionerFactory.instance()
            warm = kernel == "warm" and factory._check_availability("mtf-warm")
            name = "mtf-warm" if warm else "local-provisioner"
            return KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", QUIET],
                display_name="Python 3",
                language="python",
                metadata={"kernel_provisioner": {"provisioner_name": name}},
            )

    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=Ours())
    manager.client_factory = _client_class()
    prefix = runtime_folder() / f"k{next(_counter)}"
    manager.connection_file = f"{prefix}.json"
    # A socket's path has 107 characters; TCP is what is left where the temporary folder is deep.
    if sys.platform != "win32" and len(str(prefix)) < 95:
        manager.transport, manager.ip = "ipc", str(prefix)
    return manager


@cache
def _client_class() -> Any:
    """Return jupyter_client's client, which goes on as soon as the kernel says that it is idle.

    Its own waits for a fifth of a second of silence, in every report.
    """
    from jupyter_client.asynchronous.client import AsyncKernelClient

    class Client(AsyncKernelClient):
        async def wait_for_ready(self, timeout: float | None = None) -> None:
            ends = time.monotonic() + (timeout or float("inf"))
            while time.monotonic() < ends:
                asked = self.kernel_info()
                with suppress(Empty):
                    while (await self.get_shell_msg(timeout=1))["msg_type"] != "kernel_info_reply":
                        continue
                    while not _idle_after(asked, await self.get_iopub_msg(timeout=0.2)):
                        continue
                    return
                if not await self.is_alive():
                    raise RuntimeError("the kernel died before it answered")
            raise RuntimeError(f"the kernel did not answer in {timeout} seconds")

    return Client


def _idle_after(asked: str, message: Mapping[str, Any]) -> bool:
    idle: bool = message["content"].get("execution_state") == "idle"
    return idle and message["parent_header"].get("msg_id") == asked


def runtime_folder() -> Path:
    """Return this process's private folder; sweep those of processes that are gone."""
    with _folder_lock:
        if _folder and _folder[0].is_dir():
            return _folder[0]
        root = Path(tempfile.gettempdir())
        for left in root.glob("mtf-run-*") if sys.platform != "win32" else ():
            with suppress(OSError, ValueError, IndexError):
                if left.stat().st_uid == os.getuid() and not _alive(int(left.name.split("-")[2])):
                    shutil.rmtree(left, ignore_errors=True)
        _folder[:] = [Path(tempfile.mkdtemp(prefix=f"mtf-run-{os.getpid()}-"))]
        atexit.register(shutil.rmtree, _folder[0], ignore_errors=True)
        return _folder[0]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _size(content: Mapping[str, Any]) -> int:
    text = content.get("text", "")
    data = content.get("data", {})
    return len(text) + sum(len(v) for v in data.values() if isinstance(v, str))
