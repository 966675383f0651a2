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
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["MOST_OUTPUT", "Watch", "engine"]

# A report whose notebook writes more than this is stopped: nobody reads it, and a page of it
# would not open.
MOST_OUTPUT = 20_000_000
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
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name="Python 3",
                language="python",
                metadata={"kernel_provisioner": {"provisioner_name": name}},
            )

    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=Ours())
    prefix = _runtime_folder() / f"k{next(_counter)}"
    manager.connection_file = f"{prefix}.json"
    # A socket's path has 107 characters; TCP is what is left where the temporary folder is deep.
    if sys.platform != "win32" and len(str(prefix)) < 95:
        manager.transport, manager.ip = "ipc", str(prefix)
    return manager


def _runtime_folder() -> Path:
    """Return this process's private folder for sockets; sweep those of processes that are gone."""
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
