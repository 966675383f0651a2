"""Ready schedules for cron, systemd, Windows and GitHub, made from the files in `schedules/`.

Prints only: where a file goes, and what to do with it, stands in its own first lines. How to call
us from Airflow and the like is in docs/scheduling.md.
"""

from __future__ import annotations

import getpass
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape

from mtf_eval.errors import BadArgument
from mtf_eval.records.home import HOME, PACKAGE
from mtf_eval.run.store import Store

KINDS = {
    "cron": ("cron.txt",),
    "systemd": ("mtf-eval.service", "mtf-eval.timer", "mtf-eval-failed.service"),
    "windows": ("windows.xml",),
    "github": ("github.yml",),
}


def schedule(kind: str, *, data: Sequence[str], release: str, out: str, at: str) -> str:
    """Return the schedule's text; several files one after the other, each under its name."""
    if kind == "airflow":
        raise BadArgument(" ".join(_text("airflow.txt").split()))
    if kind not in KINDS:
        raise BadArgument(f"schedule {kind!r}: expected one of {', '.join(KINDS)}")
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise BadArgument(f"--at {at}: expected a time as in 06:30")
    # Not resolved: the command of the environment this was called from, links and all.
    program = str(Path(sysconfig.get_path("scripts"), "mtf-eval"))
    if sys.platform == "win32":
        program += ".exe"
    checkout, here = PACKAGE.parent == HOME, Path.cwd()
    if kind == "github" and not checkout:
        raise BadArgument("schedule github: runs in a checkout of the project; call it from one")
    base = HOME if checkout and here.is_relative_to(HOME) else here
    reports = here / out if out else base / ("reports" if release == "internal" else "public")
    store = Store(reports)
    was = {store.record(name).get("release") for name in store.datasets()}
    if was - {release}:
        raise BadArgument(
            f"--out {out or reports.name}: holds {', '.join(sorted(map(str, was)))} reports; "
            f"{release} ones go into a folder of their own"
        )
    out = str(reports.relative_to(base) if reports.is_relative_to(base) else reports)
    arguments = ["run", *data, "--release", release, "--out", out]
    folder, log = str(base), str(base / ".cache" / "schedule.log")
    values = {
        "at": at,
        "hour": str(int(at[:2])),
        "minute": str(int(at[3:])),
        "user": getpass.getuser(),
        "data": " ".join(data),
        "release": release,
        "out": out,
    }
    if kind == "cron":
        # cron turns an unescaped per cent sign into a line break.
        own = {"folder": [folder], "log": [log], "out": [out], "command": [program, *arguments]}
        values |= {name: shlex.join(each).replace("%", r"\%") for name, each in own.items()}
    elif kind == "systemd":
        words = (w.replace("%", "%%").replace("$", "$$") for w in [program, *arguments])
        line = " ".join(w if re.fullmatch(r"[\w./:+%=@,-]+", w) else f'"{w}"' for w in words)
        values |= {"command": line, "folder": folder.replace("%", "%%")}
        values["out"] = out.replace("%", "%%")
    elif kind == "windows":
        plain = {"program": program, "folder": folder, "log": log}
        plain["arguments"] = subprocess.list2cmdline(arguments)
        values |= {name: escape(text) for name, text in plain.items()}
        values["out"] = escape(out).replace("--", "- -")  # which ends a comment of XML
    texts = {name: Template(_text(name)).substitute(values) for name in KINDS[kind]}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "\n".join(f"# ===== {name} =====\n{text}" for name, text in texts.items())


def _text(name: str) -> str:
    return (Path(__file__).with_name("schedules") / name).read_text(encoding="utf-8")
