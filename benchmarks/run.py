"""`make bench`: the run against what it replaces, as ratios of medians measured in one go.

Four ways of making the same reports, interleaved: the two commands for each (papermill, then
jupyter nbconvert), a loop in one process, `mtf-eval run`, and the notebooks' code as a plain script
spread over the same cores, without kernels or pages: what the work itself costs. Then a run with
nothing to do, one edited row, memory of the whole tree, and growth with the number of projects.

    python -m benchmarks.run --projects 50 --rounds 3 --sizes 10,50,200
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ("project_evaluation", "benefit_analysis")
BIN = Path(sys.executable).parent

LOOP = """
import sys, papermill
from pathlib import Path
from mtf_eval.publish.pages import ReportExporter
exporter, out = ReportExporter(), Path(sys.argv[1])
for project in sys.argv[3:]:
    for report in {reports!r}:
        book = out / f"{{report}}-{{project}}.ipynb"
        papermill.execute_notebook(
            f"{root}/notebooks/{{report}}.ipynb", str(book),
            dict(data=sys.argv[2], project_id=project), progress_bar=False, cwd="{root}/notebooks")
        page, _ = exporter.from_filename(str(book))
        book.with_suffix(".html").write_text(page)
"""

# Every cell run in turn in one namespace, what it ends on made ready to be shown, as a kernel does.
PLAIN = """
import ast, json, sys
import IPython.display
def show(*things):
    for thing in things:
        for form in ("_repr_mimebundle_", "_repr_html_"):
            if hasattr(thing, form):
                getattr(thing, form)()
                break
IPython.display.display = show
for project in sys.argv[2:]:
    for report in {reports!r}:
        names = {{}}
        for cell in json.load(open(f"{root}/notebooks/{{report}}.ipynb"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "cell", "exec"), names)
            if last is not None:
                show(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
            if "parameters" in cell["metadata"].get("tags", []):
                names.update(data=sys.argv[1], project_id=project)
"""


def make_data(folder: Path, projects: int) -> list[str]:
    """Write the example's tables with its projects repeated under new references."""
    source = ROOT / "data" / "example"
    folder.mkdir(parents=True)
    with (source / "projects.csv").open(encoding="utf-8") as stream:
        first = [row["project_id"] for row in csv.DictReader(stream)]
    new = [f"P{n:03}" for n in range(projects)]
    for path in sorted(source.glob("*.csv")):
        if path.name == "truth.csv":
            continue
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows, heading = list(reader), list(reader.fieldnames or ())
        if "project_id" in heading:
            mine = [r for r in rows if r["project_id"]]
            rows = [
                {k: f"{v}-{n}" if k in KEYS and v else v for k, v in row.items()}
                | {"project_id": name}
                for n, name in enumerate(new)
                for row in mine
                if row["project_id"] == first[n % len(first)]
            ] + [r for r in rows if not r["project_id"]]
        with (folder / path.name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, heading)
            writer.writeheader()
            writer.writerows(rows)
    return new


KEYS = {"action_id", "bid_id", "referral_id", "case_id", "respondent_id"}


def timed(command: list[str], **kw: object) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **kw)  # type: ignore[call-overload]
    return time.perf_counter() - start


def two_commands(data: Path, projects: list[str], out: Path) -> float:
    total = 0.0
    for project in projects:
        for report in REPORTS:
            book = out / f"{report}-{project}.ipynb"
            total += timed(
                [
                    *(str(BIN / "papermill"), f"{ROOT}/notebooks/{report}.ipynb", str(book)),
                    *("-p", "data", str(data), "-p", "project_id", project, "--no-progress-bar"),
                ],
                stderr=subprocess.DEVNULL,
            )
            total += timed(
                [str(BIN / "jupyter"), "nbconvert", "--to", "mtf", str(book)],
                stderr=subprocess.DEVNULL,
            )
    return total


def loop(data: Path, projects: list[str], out: Path) -> float:
    code = LOOP.format(reports=REPORTS, root=ROOT)
    return timed([sys.executable, "-c", code, str(out), str(data), *projects])


def ours(data: Path, projects: list[str], out: Path, *more: str) -> float:
    command = [str(BIN / "mtf-eval"), "run", str(data), "--out", str(out / "reports"), *more]
    only = [a for r in REPORTS for a in ("--report", r)]
    return timed([*command, *only, *(a for p in projects for a in ("--project", p))])


def plain(data: Path, projects: list[str], out: Path) -> float:
    """The work alone, spread over the cores, one thread of linear algebra each, as ours."""
    code = PLAIN.format(reports=REPORTS, root=ROOT)
    cores = os.cpu_count() or 1
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    start = time.perf_counter()
    parts = [projects[n::cores] for n in range(cores)]
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(data), *part], env=env)
        for part in parts
        if part
    ]
    if any(p.wait() for p in running):
        raise SystemExit("the plain script failed")
    return time.perf_counter() - start


def peak_memory(work: Callable[[], float]) -> tuple[float, float]:
    """Return seconds and the largest proportional memory of this process's children, in MiB."""
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.25):
            total = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    total += child.memory_full_info().pss
                except (psutil.Error, AttributeError):
                    continue
            peak = max(peak, total / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        seconds = work()
    finally:
        done.set()
        thread.join()
    return seconds, peak


def compare(data: Path, projects: list[str], rounds: int, few: int) -> None:
    ways = {"two commands": two_commands, "loop": loop, "ours": ours, "plain script": plain}
    each: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            chosen = projects[:few] if name in ("two commands", "loop") else projects
            with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
                seconds = way(data, chosen, Path(scratch))
            each[name].append(seconds / (len(chosen) * len(REPORTS)))
            print(f"  round {number + 1}: {name:<14} {each[name][-1]:7.2f} s a report", flush=True)
    middle = {name: statistics.median(times) for name, times in each.items()}
    print(f"\n{len(projects)} projects x {len(REPORTS)} reports, {os.cpu_count()} cores, medians")
    for name, seconds in middle.items():
        spread = f"{min(each[name]):.2f}-{max(each[name]):.2f}"
        print(f"  {name:<14} {seconds:7.2f} s a report  ({spread})")
    print(f"  two commands / ours   {middle['two commands'] / middle['ours']:6.2f}  (at least 9)")
    print(f"  ours / plain script   {middle['ours'] / middle['plain script']:6.2f}  (at most 1.15)")


def again(data: Path, out: Path) -> None:
    """A run with nothing to do; then one edited row."""
    command = [str(BIN / "mtf-eval"), "run", str(data), "--out", str(out / "reports")]
    timed(command)
    bare = statistics.median(timed([sys.executable, "-c", "pass"]) for _ in range(5))
    nothing = statistics.median(timed(command) for _ in range(5))
    print(f"  nothing to do         {nothing - bare:6.2f} s beyond the interpreter (at most 0.3)")
    costs = data / "costs.csv"
    lines = costs.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[1] = lines[1].replace(",2\n", ",3\n", 1)
    costs.write_text("".join(lines), encoding="utf-8")
    seconds = timed(command)
    record = json.loads((out / "reports" / data.name / "run.json").read_text())
    made = sorted(n for n, e in record["reports"].items() if e["ran"] == record["run"])
    print(f"  one edited row        {seconds:6.2f} s, made {len(made)}: {', '.join(made)}")


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("--projects", type=int, default=50)
    parse.add_argument("--rounds", type=int, default=3)
    parse.add_argument("--few", type=int, default=2, help="projects for the slow ways")
    parse.add_argument("--sizes", default="10,50,200", help="for growth; empty for none")
    asked = parse.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        projects = make_data(folder / "bench", asked.projects)
        compare(folder / "bench", projects, asked.rounds, min(asked.few, asked.projects))
        print()
        again(folder / "bench", folder)
        for size in [int(s) for s in asked.sizes.split(",") if s]:
            data = folder / f"bench{size}"
            names = make_data(data, size)
            out = folder / f"out{size}"
            seconds, peak = peak_memory(lambda d=data, n=names, o=out: ours(d, n, o))  # type: ignore[misc]
            print(
                f"  {size:4} projects         {seconds / size / len(REPORTS):6.2f} s a report, "
                f"{seconds:6.0f} s, peak {peak:5.0f} MiB (at most 700)",
                flush=True,
            )
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
