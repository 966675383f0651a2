"""A folder in which commands are typed as the README and the docs show them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass
class Place:
    """A folder commands are typed in, with the environment switched on, and the code they run."""

    folder: Path
    code: Path
    env: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(self.code), **self.env}

    def type(self, line: str, *, code: int = 0) -> str:
        """Type a line into a shell; return what it said, once it ended as it should."""
        done = subprocess.run(
            line, shell=True, cwd=self.folder, env=self.environment(), capture_output=True,
            text=True, timeout=500,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{line}: {done.returncode}\n{said}"
        return said

    def start(self, line: str, **env: str) -> subprocess.Popen[str]:
        """Start what does not end by itself."""
        return subprocess.Popen(
            line, shell=True, cwd=self.folder, env={**self.environment(), **env}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def copied(folder: Path) -> Place:
    """Copy what is under version control; the environment is lent to the copy."""
    left = shutil.ignore_patterns(
        ".git", ".venv", ".*_cache", "__pycache__", "private", "lab", ".cache", ".reports.mtf"
    )
    shutil.copytree(ROOT, folder, ignore=left)
    for path in (folder / "reports").iterdir():
        if path.name != "README.md":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    # Not the environment itself: make would build it anew, in place of the one that is lent.
    (folder / ".venv/bin").mkdir(parents=True)
    for program in ("mtf-eval", "python"):
        (folder / ".venv/bin" / program).symlink_to(BIN / program)
    (folder / ".venv/.ready").touch()
    return Place(folder, folder)
