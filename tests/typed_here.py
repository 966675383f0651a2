"""The command run in this process, which has its imports, and so has what it forks reports from."""

from __future__ import annotations

import io
import subprocess
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from mtf_eval.run import cli


def typed(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `mtf-eval` with these arguments; return how it ended and what it said."""
    said, complained, code = io.StringIO(), io.StringIO(), 0
    with chdir(cwd or Path.cwd()), redirect_stdout(said), redirect_stderr(complained):
        try:
            cli.main([*arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, code, said.getvalue(), complained.getvalue())
