"""`make bench`: the run against what it replaces, as ratios of medians measured in one go.

Ways of making the same reports, interleaved: the two commands for each (papermill, then jupyter
nbconvert), a loop in one process, `mtf-eval run`, and the same work as a plain script spread over
the same cores: the notebooks' cells, pages, CSVs and workbooks without kernels, plan or record. A
further line has the cells only, which makes nothing that can be read. Then all reports, a run with
nothing to do, one edited row, memory of the whole tree, and growth with the number of projects.

    python -m benchmarks.run --projects 50 --rounds 3 --sizes 10,50,200 --against ../older

Another checkout given with `--against` makes the same in turn, in its own environment.
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
from functools import partial
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ("project_evaluation", "benefit_analysis")
BIN = Path(sys.executable).parent

LOOP = """
import sys, papermill
from pathlib import Path
from mtf_eval.publish.pages.exporter import ReportExporter
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

# Every cell run in turn in one namespace, what it shows kept as a kernel would send it; unless only
# the cells are asked for, then the page by the same exporter, a CSV a table and the workbook. No
# kernel, plan, staging, record, index or swap.
PLAIN = """
import ast, json, sys
from pathlib import Path
import IPython.display
sys.modules.setdefault("rfc3987_syntax", None)
what, out, data = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
shown = []
def show(*things):
    for thing in things:
        if thing is None:
            continue
        bundle = {{"text/plain": ""}}
        if hasattr(thing, "_repr_mimebundle_"):
            bundle = thing._repr_mimebundle_()
        elif hasattr(thing, "_repr_html_"):
            bundle = {{"text/html": thing._repr_html_()}}
        shown.append(dict(output_type="display_data", data=bundle, metadata={{}}))
IPython.display.display = show
for project in sys.argv[4:]:
    for report in {reports!r}:
        names = {{}}
        book = json.load(open(f"{root}/notebooks/{{report}}.ipynb"))
        for cell in book["cells"]:
            if cell["cell_type"] != "code":
                continue
            shown.clear()
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "cell", "exec"), names)
            if last is not None:
                show(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
            if "parameters" in cell["metadata"].get("tags", []):
                names.update(data=data, project_id=project)
            cell["outputs"] = list(shown)
        if what == "cells":
            continue
        import nbformat
        from mtf_eval.publish.exports.files import write_exports
        from mtf_eval.publish.pages import exporter as pages
        name = f"{{report}}-{{project}}"
        done = nbformat.reads(json.dumps(book), as_version=4)
        write_exports(done, out / name, name)
        page = pages.render(done, run_time="2026-01-01T00:00:00+00:00")
        (out / f"{{name}}.html").write_text(page, encoding="utf-8")
        (out / name / f"{{name}}.ipynb").write_text(json.dumps(done, indent=1), encoding="utf-8")
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


KEYS = {"action_id", "bid_id", "referral_id", "case_id", "respondent_id", "story_id"}


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


def mtf_eval(data: Path, out: Path, *more: str, checkout: Path = ROOT) -> float:
    code = "import sys; from mtf_eval.run.cli import main; sys.exit(main())"
    env = {**os.environ, "PYTHONPATH": str(checkout), "MTF_CACHE": str(out / "cache")}
    own = checkout / ".venv" / BIN.name / BIN.joinpath("python").name
    command = [str(own if own.exists() else sys.executable), "-c", code, "run", str(data)]
    command += ["--out", str(out / "reports"), *more]
    return timed(command, env=env, cwd=checkout)


def ours(data: Path, projects: list[str], out: Path, checkout: Path = ROOT) -> float:
    only = [a for r in REPORTS for a in ("--report", r)]
    chosen = (a for p in projects for a in ("--project", p))
    return mtf_eval(data, out, *only, *chosen, checkout=checkout)


def cells_only(data: Path, projects: list[str], out: Path) -> float:
    return plain(data, projects, out, "cells")


def plain(data: Path, projects: list[str], out: Path, what: str = "all") -> float:
    """The same work without a run around it, spread over the cores, one thread each as ours."""
    code = PLAIN.format(reports=REPORTS, root=ROOT)
    cores = os.cpu_count() or 1
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    start = time.perf_counter()
    parts = [projects[n::cores] for n in range(cores)]
    running = [
        subprocess.Popen([sys.executable, "-c", code, what, str(out), str(data), *part], env=env)
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


def compare(data: Path, projects: list[str], rounds: int, few: int, against: Path | None) -> None:
    ways: dict[str, Callable[[Path, list[str], Path], float]] = {
        "two commands": two_commands,
        "loop": loop,
        "ours": ours,
        "plain script": plain,
        "its cells only": cells_only,
    }
    if against:
        ways["the other"] = partial(ours, checkout=against)
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
    print(f"  two commands / ours   {middle['two commands'] / middle['ours']:6.2f}  (at least 16)")
    print(f"  ours / plain script   {middle['ours'] / middle['plain script']:6.2f}  (at most 1.05)")
    print(
        f"  ours / its cells only {middle['ours'] / middle['its cells only']:6.2f}  (no pages made)"
    )
    if against:
        print(f"  ours / the other      {middle['ours'] / middle['the other']:6.2f}  (at most 0.9)")


def again(data: Path, folder: Path, against: Path | None) -> None:
    """All reports, a run with nothing to do, one edited row: ours, then the other's."""
    bare = statistics.median(timed([sys.executable, "-c", "pass"]) for _ in range(5))
    costs = data / "costs.csv"
    for name, checkout in {"ours": ROOT, "the other": against}.items():
        if checkout is None:
            continue
        run = partial(mtf_eval, data, folder / name, checkout=checkout)
        print(f"  {name + ', all reports':<23} {run():6.2f} s")
        nothing = statistics.median(run() for _ in range(5)) - bare
        print(f"  {name + ', nothing to do':<23} {nothing:6.2f} s beyond the interpreter")
        before = costs.read_text(encoding="utf-8")
        lines = before.splitlines(keepends=True)
        lines[1] = lines[1].replace(",2\n", ",3\n", 1)
        costs.write_text("".join(lines), encoding="utf-8")
        seconds = run()
        costs.write_text(before, encoding="utf-8")
        record = json.loads((folder / name / "reports" / data.name / "run.json").read_text())
        made = sorted(n for n, e in record["reports"].items() if e["ran"] == record["run"])
        print(f"  {name + ', one edited row':<23} {seconds:6.2f} s, made {len(made)}")


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("--projects", type=int, default=50)
    parse.add_argument("--rounds", type=int, default=3)
    parse.add_argument("--few", type=int, default=2, help="projects for the slow ways")
    parse.add_argument("--sizes", default="10,50,200", help="for growth; empty for none")
    parse.add_argument("--against", type=Path, help="another checkout, to compare with")
    asked = parse.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled modules are kept, as for a user
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        projects = make_data(folder / "bench", asked.projects)
        few = min(asked.few, asked.projects)
        compare(folder / "bench", projects, asked.rounds, few, asked.against)
        print()
        again(folder / "bench", folder, asked.against)
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
