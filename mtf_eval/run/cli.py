"""The command line: what it is called with, what it says, how it ends; nothing else.

Exit codes: 0 done, 1 some report failed, 2 the input is wrong or another run is at work, 3 usage.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click

from mtf_eval.errors import BadArgument, MtfError
from mtf_eval.publish.pages.pdf import need_browser
from mtf_eval.publish.shell import page_of
from mtf_eval.records.home import HOME
from mtf_eval.records.prices.rules import rule_of
from mtf_eval.records.reading.grids import plans_of
from mtf_eval.run.cli_desk import COMMANDS, OUT, REFERENCE, as_written, print_pages
from mtf_eval.run.facts import address_of, located
from mtf_eval.run.plan import Wanted, safe_name, templates
from mtf_eval.run.schedule import KINDS
from mtf_eval.run.schedule import schedule as make_schedule
from mtf_eval.run.store import Store
from mtf_eval.run.verdict import Stop, Stopped

if TYPE_CHECKING:
    from mtf_eval.run.batch import Outcome
    from mtf_eval.run.plan import Planned


NEXT = Path(__file__).with_name("next.txt")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")  # a file on Windows has not every letter without
    try:
        code = commands.main(args=arguments, prog_name="mtf-eval", standalone_mode=False) or 0
    except click.UsageError as error:
        error.show()
        code = 3
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except MtfError as error:
        click.echo(f"mtf-eval: {error}", err=True)
        code = error.exit_code
    except Stopped as stop:
        click.echo(f"mtf-eval: stopped by {stop}; the reports stand as they were", err=True)
        # Nothing more to tidy: what ran has been ended, and threads may still wait for it.
        os._exit(143 if "TERM" in str(stop) else 130)
    sys.exit(code)


@click.group(
    invoke_without_command=True,
    epilog="\b\nTab completion in bash, for good when put into ~/.bashrc:\n"
    '  eval "$(_MTF_EVAL_COMPLETE=bash_source mtf-eval)"\n'
    "In zsh and fish it is zsh_source and fish_source.",
)
@click.version_option(package_name="mtf-eval")
@click.pass_context
def commands(context: click.Context) -> None:
    """Evaluate projects and report what they changed.

    `mtf-eval` alone says where to start; `mtf-eval COMMAND --help` shows examples of each.
    """
    if context.invoked_subcommand is None:
        click.echo(NEXT.read_text(encoding="utf-8"))


for command in COMMANDS:
    commands.add_command(command)


def _run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that narrow a run; `run` and `list` share them."""
    several: dict[str, Any] = {"multiple": True}
    for option in (
        click.argument("data", nargs=-1),
        click.option("--project", **several, help="Only this project (may be repeated)."),
        click.option("--year", type=int, **several, help="Only this year's review and dashboard."),
        click.option("--period", **several, help="Only this half-year, as in 2021-H2."),
        click.option("--report", **several, help="Only this report, as in annual_review."),
        click.option(
            "--notebook",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            **several,
            help="A notebook of your own instead of ours (see lab).",
        ),
        click.option("-p", "--parameter", **several, metavar="NAME=VALUE", help="Set a parameter."),
        click.option("--as-of", default="", help="Count nothing later than this day (ISO)."),
        REFERENCE,
        click.option(
            "--release",
            default="internal",
            show_default=True,
            help="Disclosure rule: internal, public or local.",
        ),
        click.option(
            "--group",
            type=click.Choice(["agency", "ward", "theme", "quarter", "year"]),
            **several,
            help="What a public release puts together (may be repeated).",
        ),
        OUT,
    )[::-1]:
        function = option(function)
    return function


def _timeout(what: str, seconds: float) -> Callable[[Any], Any]:
    """Add an option for how long a cell or a report may take."""
    return click.option(
        f"--{what}-timeout",
        type=click.FloatRange(1),
        default=seconds,
        show_default=True,
        help=f"Seconds one {what} may take.",
    )


@commands.command(
    short_help="Make every report that is due, and publish them.",
    epilog="\b\nExamples: mtf-eval run data/example\n"
    "          mtf-eval run records.xlsx --pdf --docx\n"
    "          mtf-eval run data/example --project EX01 --out one-project\n"
    "          mtf-eval run --notebook lab/project_evaluation-EX01.ipynb --out mine\n"
    "          mtf-eval run data/example --dry-run",
)
@_run_options
@click.option("--pdf", is_flag=True, help="Print each page to PDF too (Chromium, Chrome, Edge).")
@click.option("--docx", is_flag=True, help="Write each report as a Word document too.")
@click.option("--pptx", is_flag=True, help="Write slides (PowerPoint) of the leadership report.")
@click.option("--dry-run", is_flag=True, help="Say what would be run; run nothing.")
@click.option("--why", is_flag=True, help="Say of each report that is due what changed.")
@click.option("--force", is_flag=True, help="Run everything, changed or not.")
@click.option("--in-flight", type=click.IntRange(1), help="Reports at once [cores].")
@click.option("--dask", default="", metavar="ADDRESS", help="Run on this Dask scheduler.")
@_timeout("cell", 600.0)
@_timeout("report", 1800.0)
def run(data: tuple[str, ...], out: Path, **options: Any) -> int:
    """Make every report of DATA that is due, and publish them all at once.

    Without DATA: every data set of the checkout's data folder, or a --notebook as it stands, with
    the data and the project of its own parameters cell. A report whose notebook, data, parameters
    and versions have not changed is not run again.
    """
    from mtf_eval.run import batch

    of, store, stop = SimpleNamespace(**options), Store(out), Stop()
    if of.pdf:
        need_browser()
    wanted, books = _wanted(of)
    wanted = replace(wanted, beside=("docx",) * of.docx + ("pptx",) * of.pptx)
    if wanted.own_notebooks and not data:
        wanted, data = as_written(wanted, books)
    if of.dry_run:
        plans = batch.plan(_addresses(data), books, wanted, store, force=of.force)
        _show_plan(plans, why=True)
        return 0
    with store.locked() as taken_over, stop.listening():
        if taken_over:
            click.echo(taken_over, err=True)
        _log_to(store.state / "log.txt")
        given = _addresses(data), books, wanted, store
        plans = batch.plan(*given, force=of.force, reading=(lambda: None) if of.dask else _begin)
        stop.heed()
        index = store.out / "index.html"
        due = sum(len(p.due) for p in plans)
        if not due and not any(p.dropped for p in plans) and index.exists():
            click.echo(f"Nothing has changed: {_count(plans)} reports are up to date.\n{index}")
            print_pages(plans, store.out, wanted=of.pdf)
            return 0
        if of.why:
            _show_plan(plans, why=True)
        limits = {"cell_seconds": of.cell_timeout, "seconds": of.report_timeout}
        how = batch.Options(in_flight=of.in_flight or 0, dask=of.dask, stop=stop, **limits)
        with _progress(due) as step:
            outcome = batch.run(plans, store, wanted, how, progress=step)
        print_pages(plans, store.out, wanted=of.pdf)
    return _say(outcome, index, store)


def _begin() -> None:
    from mtf_eval.run.pool import begin

    begin()


@commands.command(
    name="list",
    short_help="List every report and whether it is due.",
    epilog="Example: mtf-eval list data/example",
)
@_run_options
def list_(data: tuple[str, ...], out: Path, **options: Any) -> int:
    """List every report of DATA, its parameters, and whether it is due."""
    from mtf_eval.run import batch

    wanted, books = _wanted(SimpleNamespace(**options))
    _show_plan(batch.plan(_addresses(data), books, wanted, Store(out)), why=False)
    return 0


@commands.command(
    short_help="Print a ready schedule for cron, Windows or others.",
    epilog="\b\nExamples: mtf-eval schedule systemd data/example\n"
    "          mtf-eval schedule cron data/private/records.xlsx --release internal --at 05:00",
)
@click.argument("kind", type=click.Choice([*KINDS, "airflow"]))
@click.argument("data", nargs=-1)
@click.option("--release", default="public", show_default=True, help="Disclosure rule.")
@click.option("--out", default="", help="Folder of reports [internal: reports, else: public].")
@click.option("--at", default="06:30", show_default=True, metavar="HH:MM", help="Time of day.")
def schedule(kind: str, data: tuple[str, ...], release: str, out: str, at: str) -> int:
    """Print a ready schedule for this folder, with comments that say where it goes.

    For Airflow it says what to do instead.
    """
    addresses = _addresses(data)
    click.echo(make_schedule(kind, data=addresses, release=release, out=out, at=at), nl=False)
    return 0


def _wanted(of: SimpleNamespace) -> tuple[Wanted, list[Any]]:
    """Read the options of `_run_options`."""
    pairs = [text.partition("=") for text in of.parameter]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise BadArgument(f"--parameter {', '.join(wrong)}: expected NAME=VALUE")
    given = {name: value for name, _, value in pairs}
    if "data" in given:
        raise BadArgument("-p data: name the data set as DATA, before the options")
    as_of, release, year = of.as_of, of.release, of.year
    for name, option in (("as_of", as_of), ("release", "" if release == "internal" else release)):
        if name in given and option and option != given[name]:
            raise BadArgument(f"-p {name}={given[name]}: the option --{name} says {option}")
    as_of, release = given.pop("as_of", as_of), given.pop("release", release)
    if as_of:
        try:
            date.fromisoformat(as_of)
        except ValueError:
            raise BadArgument(f"--as-of {as_of}: expected a day as in 2021-12-31") from None
    try:
        year += tuple(int(given.pop(name)) for name in ("year",) if name in given)
    except ValueError:
        raise BadArgument("-p year: expected a year as in 2021") from None
    wanted = Wanted(
        projects=of.project + tuple(given.pop(n) for n in ("project_id", "plan_id") if n in given),
        years=year,
        periods=of.period + tuple(given.pop(n) for n in ("period",) if n in given),
        reports=of.report,
        own_notebooks=bool(of.notebook),
        parameters=({"group": ";".join(of.group)} if of.group else {}) | given,
        release=rule_of(release).name,
        as_of=as_of,
        reference=str(of.reference.resolve()) if of.reference else "",
    )
    books = templates(of.notebook)
    if not books:
        raise BadArgument(f"no notebooks in {HOME / 'notebooks'}")
    return wanted, books


def _addresses(data: Sequence[str]) -> list[str]:
    given = list(data) or [str(p.parent) for p in sorted((HOME / "data").glob("*/about.csv"))]
    if not given:
        raise BadArgument("no DATA given, and no data set in the data folder")
    return list(dict.fromkeys(address_of(d) for d in given))


def _count(plans: Sequence[Planned]) -> int:
    return sum(len(p.reports) for p in plans)


def _show_plan(plans: Sequence[Planned], *, why: bool) -> None:
    for planned in plans:
        click.echo(f"{planned.facts.title} ({planned.address})")
        for report in planned.reports:
            reason = planned.due.get(report.name, "")
            state = f"due: {reason}" if reason and why else "due" if reason else "up to date"
            click.echo(f"  {report.name:<44} {state}")
            if not why:
                click.echo(f"    {json.dumps(report.parameters, ensure_ascii=False)}")
        for name in planned.dropped:
            click.echo(f"  {name:<44} will be taken out: no longer in the data")
        for year, reason in planned.without.items():
            click.echo(f"  no annual report for {year}: {reason}")
    click.echo(f"{sum(len(p.due) for p in plans)} of {_count(plans)} reports are due")


def _say(outcome: Outcome, index: Path, store: Store) -> int:
    """Say in a few lines how it went; return the exit code."""
    for name, message in outcome.failed:
        click.echo(f"failed: {name}: {message}", err=True)
    if outcome.failed:
        click.echo(f"The notebooks as far as they came: {store.state / 'failed'}", err=True)
    for name in outcome.changed_while_running:
        click.echo(
            f"caution: {name} changed while it was read; each report says which content it read, "
            "and the next run makes them again",
            err=True,
        )
    counts = {"made": outcome.made, "taken from an interrupted run": outcome.resumed}
    counts |= {"unchanged": outcome.unchanged, "failed": len(outcome.failed)}
    parts = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    click.echo(f"Reports: {parts or 'none'}, in {outcome.seconds:.0f} s.\n{index}")
    return 1 if outcome.failed else 0


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Any], None]]:
    """Show a bar with the time left on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty() or not total:
        yield lambda result: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reports", total=total)

        def step(result: Any) -> None:
            bar.update(task, advance=1, description=result.name)

        yield step


def _log_to(path: Path) -> None:
    """Keep a log beside the reports, unpublished; names and outcomes, no values."""
    log = logging.getLogger("mtf_eval.run")
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def _codes(text: str) -> str:
    return "; ".join(dict.fromkeys(re.findall(r"[^,;\s]+", text.upper())))


def _aim(text: str) -> float | None:
    """Read a change aimed at: `20%` and `-20%` are a fifth fewer, `+20%` a fifth more."""
    if not text:
        return None
    found = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)\s*(%?)", text.strip())
    size = float(found[2]) / (100 if found[3] or float(found[2]) > 1 else 1) if found else 0.0
    if found is None or not 0 < size < 1:
        raise BadArgument(f"--aim {text}: expected a change such as 20% (fewer) or +20% (more)")
    return size if found[1] == "+" else -size


@commands.command(
    short_help="Say what a project could show, before it starts; fix it in advance.",
    epilog="\b\nExamples: mtf-eval plan kent_2022_street.zip --areas E01023973,E01023975 \\\n"
    "            --measure Burglary --start 2023-04 --months 6 --aim 20%\n"
    "          mtf-eval plan data/example --project EX13 --areas E01990025 \\\n"
    '            --measure "Vehicle crime" --start 2025-04 --months 12 --cost 18000 --docx',
)
@click.argument("data")
@click.option("--areas", required=True, metavar="CODE,CODE...", help="Areas it would work in.")
@click.option("--measure", required=True, multiple=True, help="Measure; repeat it for others.")
@click.option("--start", required=True, metavar="YYYY-MM", help="First month of the response.")
@click.option("--months", required=True, type=click.IntRange(1), help="Months of response.")
@click.option("--aim", default="", metavar="20%", help="Fall aimed at; +20% is a rise.")
@click.option("--buffer", default="", metavar="CODE,CODE...", help="Areas beside them.")
@click.option("--project", default="PLAN", show_default=True, help="Reference it will have.")
@click.option("--problem", default="", help="The problem, without anyone's name.")
@click.option("--cost", type=click.FloatRange(0), help="Cost that is planned, in pounds.")
@click.option("--unit-cost", multiple=True, metavar="CODE", help="Unit cost of each measure.")
@click.option("--horizon", type=click.IntRange(1), help="Years that pounds are counted for.")
@click.option("--docx", is_flag=True, help="Write the page as a Word document too.")
@click.option("--release", default="internal", show_default=True, help="Disclosure rule.")
@OUT
@REFERENCE
@click.pass_context
def plan(context: click.Context, /, data: str, project: str, out: Path, **options: Any) -> Any:
    """Fix a plan of a project on the records of DATA and say what it could show.

    DATA needs no project yet: a police.uk archive is enough. The plan is written into plans.csv
    beside the records, with today's date and a hash; `check` and `run` read it, and the evaluation
    of the project says what was fixed in advance and what changed since. Plan as often as you
    like: of one day and reference the last plan counts, and before the start the last of all.
    """
    from mtf_eval.publish.workbench.records import load
    from mtf_eval.publish.workbench.scanning import design_of
    from mtf_eval.records.plans import write

    of = SimpleNamespace(**options)
    try:
        first = date.fromisoformat(f"{of.start}-01")
    except ValueError:
        raise BadArgument(f"--start {of.start}: expected a month such as 2026-04") from None
    address = address_of(data)
    place = address if "://" in address else HOME / address
    records = load(place, as_of="", reference=of.reference or "")
    row: dict[str, Any] = {
        "project_id": project,
        "problem": of.problem,
        "measures": "; ".join(of.measure),
        "aim": _aim(of.aim),
        "areas": _codes(of.areas),
        "buffer": _codes(of.buffer),
        "start": first,
        "months": of.months,
        "design": "",
        "unit_costs": "; ".join(of.unit_cost),
        "cost_gbp": of.cost,
        "horizon_years": records.horizon_years(of.horizon or 0),
        "fixed_on": date.today(),
        "hash": "",
    }
    row["design"] = design_of(records, row)
    file = Path(f"{project}.plans.csv") if "://" in address else plans_of(located(address))
    write(file, [row])
    click.echo(f"{file}: the plan {project}, fixed today")
    if "://" in address:
        click.echo("Put its row into the table plans of the database; then mtf-eval run.")
        return 0
    asked = {"data": (data,), "project": (project,), "report": ("project_plan",), "out": out}
    asked |= {name: options[name] for name in ("docx", "release", "reference")}
    code = context.invoke(commands.commands["run"], **asked)
    page = page_of(out / safe_name(located(address).stem), f"project_plan-{safe_name(project)}")
    click.echo(f"The pro-forma: {page}" if not code else "The page could not be made.")
    return code
