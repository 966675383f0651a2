"""A small task force's desk: a data set of three projects, tiny notebooks, the command."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typed_here import typed

from mtf_eval.run.execute import Job, Result
from mtf_eval.run.pool import pool

TINY = Path(__file__).parent / "notebooks"
# Reports forked from a process with what every page needs: the tiny notebooks use no more.
LIGHT = {
    "MTF_PRELOAD": "IPython.core.interactiveshell papermill.parameterize "
    "mtf_eval.publish.pages.exporter mtf_eval.publish.exports.files"
}
COMMAND = [sys.executable, "-c", "from mtf_eval.run.cli import main; main()"]
TIME = rb"<time\b[^>]*>[^<]*</time>|Run\s+\d+\s+\w+\s+\d{4},\s+\d\d:\d\d\s+UTC"


def without_time(page: bytes) -> bytes:
    """Return a published file without the time of its run."""
    return re.sub(TIME, b"", page)


def run_one(job: Job) -> Result:
    """Run one job in a process of its own."""
    with pool(1) as made:
        return made.submit(job).result()


@dataclass
class Desk:
    """A data set and an output folder of a test's own, and the command run on them."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def out(self) -> Path:
        return self.root / "reports"

    @property
    def state(self) -> Path:
        return self.root / ".reports.mtf"

    def arguments(
        self, *more: str, books: tuple[str, ...] = ("tiny_project", "tiny_once")
    ) -> list[str]:
        named = [a for name in books for a in ("--notebook", str(TINY / f"{name}.ipynb"))]
        return ["run", str(self.data), *named, "--out", str(self.out), *more]

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.root,
            env={**os.environ, **LIGHT, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        *more: str,
        books: tuple[str, ...] = ("tiny_project", "tiny_once"),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command: in this process, which has its imports, unless `env` is given."""
        arguments = self.arguments(*more, books=books)
        if env is not None:
            process = self.start(*arguments, env=env)
            out, err = process.communicate(timeout=120)
            return subprocess.CompletedProcess(arguments, process.returncode, out, err)
        return typed(*arguments)

    def record(self, dataset: str = "data") -> dict[str, Any]:
        return json.loads((self.out / dataset / "run.json").read_text())  # type: ignore[no-any-return]

    def outcomes(self) -> dict[str, str]:
        return {name: entry["outcome"] for name, entry in self.record()["reports"].items()}

    def page(self, name: str) -> str:
        return (self.out / "data" / f"{name}-internal.html").read_text(encoding="utf-8")

    def assert_whole(self) -> None:
        """Assert that what a reader sees now is one complete, consistent set."""
        index = (self.out / "index.html").read_text(encoding="utf-8")
        for link in re.findall(r'href="([^"#:]+)"', index):
            assert (self.out / link).exists(), f"the index points to {link}, which is not there"
        for folder in (p.parent for p in self.out.glob("*/run.json")):
            entries = json.loads((folder / "run.json").read_text())["reports"]
            pages = {f"{n}-internal.html" for n, e in entries.items() if e["outcome"] == "ok"}
            for name, entry in entries.items():
                if entry["outcome"] == "ok":
                    content = (folder / f"{name}-internal.html").read_bytes()
                    assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
                    assert all((folder / file).exists() for file in entry["files"]), name
                    assert f"{folder.name}/{name}-internal.html" in index
            extra = {p.name for p in folder.glob("*.html")} - pages
            assert all(
                "-failed" in n or "last_good" in entries[n.removesuffix("-internal.html")]
                for n in extra
            ), extra
