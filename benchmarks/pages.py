"""A project page's own computing when warm: processor seconds, and where they go.

    python benchmarks/pages.py [DATA] [--project EX01 ...]

Runs the code cells of each report twice in one process, as a kernel that has made a page before
would, and times the second run: no kernel, no page writing, charts drawn. A page should take at
most two seconds.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# One thread of linear algebra, as in a run; pictures without a screen.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}

import IPython.display

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ("project_evaluation", "benefit_analysis")
LIMIT = 2.0
spent: dict[str, float] = {}


def timed(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a function takes to a part of the page; a call inside another counts once."""
    depth = 0

    def run(*args: Any, **named: Any) -> Any:
        nonlocal depth
        depth, start = depth + 1, time.process_time()
        try:
            return work(*args, **named)
        finally:
            depth -= 1
            if not depth:
                spent[part] = spent.get(part, 0.0) + time.process_time() - start

    return run


def show(*things: Any) -> None:
    """Make ready to be shown, as a kernel does."""
    for thing in things:
        if hasattr(thing, "_repr_mimebundle_"):
            thing._repr_mimebundle_()


def execute(report: str, **parameters: str) -> None:
    """Run every code cell of a report in turn in one namespace."""
    names: dict[str, Any] = {}
    notebook = json.loads((ROOT / "notebooks" / f"{report}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, report, "exec"), names)
        if isinstance(last, ast.Expr):
            show(eval(compile(ast.Expression(last.value), report, "eval"), names))
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(parameters)


def main() -> None:
    parse = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parse.add_argument("data", nargs="?", default=str(ROOT / "data" / "example"))
    parse.add_argument("--project", action="append", help="reference; all when none is named")
    asked = parse.parse_args()

    import mtf_eval.records.load as reading
    from mtf_eval.publish import charts

    projects = reading.load(asked.data).table("projects")["project_id"]
    IPython.display.display = show  # type: ignore[assignment]
    reading.load = timed("loading", reading.load)
    for name in charts.__all__:
        if name != "Chart":
            setattr(charts, name, timed("charts", getattr(charts, name)))

    slow = 0
    print(f"{'report':<20} {'project':<8} {'seconds':>8} {'loading':>8} {'charts':>8} {'rest':>8}")
    for report in REPORTS:
        for project in asked.project or projects:
            execute(report, data=asked.data, project_id=project)
            spent.clear()
            start = time.process_time()
            execute(report, data=asked.data, project_id=project)
            whole = time.process_time() - start
            parts = [spent.get(part, 0.0) / whole for part in ("loading", "charts")]
            shares = " ".join(f"{part:8.0%}" for part in (*parts, 1 - sum(parts)))
            print(f"{report:<20} {project:<8} {whole:8.2f} {shares}", flush=True)
            slow += whole > LIMIT
    print(f"{slow} page(s) above {LIMIT:g} s")


if __name__ == "__main__":
    main()
