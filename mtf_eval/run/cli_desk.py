"""The analyst's own commands: check, adopt, prices, workbook, lab, validate, pseudonymise, audit.

Calls and says; each does its work in a room of its own. The commands that run reports are in `cli`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from mtf_eval.errors import BadArgument, DataProblems, how_often, place_of, typed
from mtf_eval.publish.pages import pdf
from mtf_eval.publish.shell import page_of
from mtf_eval.records.dataset import Dataset, Finding, no_day
from mtf_eval.records.home import HOME
from mtf_eval.records.reading.grids import path_of
from mtf_eval.run.facts import address_of, facts_of
from mtf_eval.run.parameters import Template
from mtf_eval.run.plan import Planned, Wanted, templates

#: Folder of the working copies, ignored by git.
LAB = Path("lab")
FILE = click.Path(dir_okay=False, path_type=Path)
OLD_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
REFERENCE = click.option(
    "--reference",
    type=FOLDER,
    metavar="DIR",
    help="Folder of your own prices [`reference` in a folder, beside a workbook].",
)
NEW = click.Path(file_okay=False, path_type=Path)
OUT = click.option(
    "--out", type=NEW, default=Path("reports"), show_default=True, help="Folder of reports."
)
KINDS = {"warning": "look at this", "repaired": "mended", "note": "note"}


def read(given: str, reference: Path | None = None) -> Dataset:
    """Read and check a data set as the command line names it."""
    from mtf_eval.records.load import load

    place = given if "://" in given else str(HOME / address_of(given))
    return load(place, reference=reference or "")


@click.command(
    short_help="Say what is wrong with the data, cell by cell.",
    epilog="\b\nExamples: mtf-eval check data/example\n"
    "          mtf-eval check records.xlsx --fix-report records-to-mend.xlsx",
)
@click.argument("data", nargs=-1, required=True)
@click.option(
    "--fix-report",
    type=FILE,
    metavar="FILE.xlsx",
    help="Write a copy of DATA with every complaint as a note beside its cell.",
)
@REFERENCE
def check(data: tuple[str, ...], fix_report: Path | None, reference: Path | None) -> int:
    """Read and check the tables of DATA; change nothing in them.

    DATA is a folder of CSV files, an Excel workbook, or the address of a database.
    """
    if fix_report and len(data) > 1:
        raise BadArgument("--fix-report: give one DATA at a time")
    code = 0
    for given in data:
        try:
            _say(given, fix_report, reference)
        except DataProblems as error:
            click.echo(f"mtf-eval: {error}", err=True)
            code = error.exit_code
            if fix_report:
                _annotate(given, fix_report, error.problems)
            elif "://" not in given:
                place = HOME / address_of(given)
                unread = any(each.startswith("sheets or files: ") for each in error.unread)
                adopt = unread and place.is_file() and not path_of(place).is_file()
                how = f"say which sheet is which (mtf-eval adopt {typed(given)}), " if adopt else ""
                click.echo(
                    f"Next: {how}correct them, or have each marked in a copy:\n"
                    f"  mtf-eval check {typed(given)} --fix-report to-mend.xlsx",
                    err=True,
                )
    return code


def _say(given: str, fix_report: Path | None, reference: Path | None) -> None:
    found = read(given, reference)
    filled = {name: len(frame) for name, frame in found.tables.items() if len(frame)}
    if not filled:
        click.echo(
            f"{given}: nothing is filled in yet; start with the sheets projects, project_areas "
            "and incidents, or with referrals"
        )
        return
    click.echo(f"{found.title}: {len(filled)} tables, {sum(filled.values()):,} rows, no errors")
    for name, rows in filled.items():
        click.echo(f"  {name:<20}{rows:>10,} rows")
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in found.findings:
        same = finding.kind, finding.file or finding.table, finding.sheet, finding.text
        alike.setdefault(same, []).append(finding)
    for (kind, file, sheet, text), each in alike.items():
        columns = ", ".join(dict.fromkeys(f.column for f in each if f.column))
        places = [(row, "") for row in dict.fromkeys(f.row for f in each)]
        more = how_often(places) if len(places) > 1 else ""
        where = place_of(file, sheet, each[0].row or None, columns)
        click.echo(f"  {KINDS[kind]}: {where}: {text}{more}")
    if fix_report:
        _annotate(given, fix_report, [f for f in found.findings if f.kind == "warning"])
    click.echo(f"Next: mtf-eval run {typed(given)}")


@click.command(
    short_help="Say what prices are in force, how old; take newer ones.",
    epilog="\b\nExamples: mtf-eval prices data/example\n"
    "          mtf-eval prices data/example --update gdp_deflators_september_2026.xlsx",
)
@click.argument("data")
@click.option("--update", type=OLD_FILE, metavar="FILE", help="Take FILE into your own prices.")
@REFERENCE
def prices(data: str, update: Path | None, reference: Path | None) -> int:
    """List the prices in force for DATA: editions, age, where each comes from.

    Your own lie in a folder `reference`: inside a folder of CSV files or beside a workbook; for a
    database name it. FILE is checked and goes there: HM Treasury's workbook of GDP deflators, a
    Unit Cost Database, or gdp_deflator.csv or unit_costs.csv with the columns of ours.
    """
    from mtf_eval.records.prices import editions, own

    place = data if "://" in data else HOME / address_of(data)
    if update:
        if reference is None and isinstance(place, str):
            raise BadArgument("--update: name the folder of your own prices with --reference DIR")
        beside = place if isinstance(place, Path) and place.is_dir() else Path(place).parent
        target, _ = own.update(update, reference or beside / "reference")
        click.echo(f"{target}: written. Next: mtf-eval check {typed(data)}")
    found = read(data, reference)
    values = own.reference_for(found)
    stated = "price_year in about" if "price_year" in found.about else "set price_year in about"
    click.echo(f"Prices of {values.price_year(about=found.about)} ({stated}; -p price_year=...)")
    crime = "the newer" if values.newer else "the older"
    click.echo(f"Crime at {crime} edition's costs (crime_costs in about; -p crime_costs=2019/20)")
    for line in editions.lines(values, date.today()):
        click.echo(f"  {line}")
    for problem in values.told:
        click.echo(f"  look at this: {problem}")
    return 0


def _annotate(given: str, target: Path, complaints: Iterable[Any]) -> None:
    from mtf_eval.records.desk.annotate import annotate

    if "://" in given:
        raise BadArgument("--fix-report is for workbooks and folders of CSV files")
    count = annotate(HOME / address_of(given), target, list(complaints))
    where = "beside its cell and in a list on the first sheet"
    click.echo(f"{target}: a copy of {given} with {count} complaint(s), each {where}")


@click.command(
    short_help="Take in a tracker as it is kept.",
    epilog="\b\nExamples: mtf-eval adopt tracker.xlsx\n          mtf-eval adopt tracker.xlsx --yes",
)
@click.argument("file", type=OLD_FILE)
@click.option("--yes", is_flag=True, help="Take every proposal; each stands in the mapping file.")
def adopt(file: Path, yes: bool) -> int:
    """Look at every sheet of FILE, ask what is not certain, and write a mapping file beside it.

    FILE is a workbook or a CSV file. `check` and `run` then read FILE by its mapping; next year's
    sheets of the same kind need nothing more. The mapping is a small table: change it in Excel.
    """
    from mtf_eval.records.desk import adopt as desk

    out = desk.adopt(file.resolve())
    for line in out.seen:
        click.echo(f"  {line}")
    count = len(out.questions)
    if yes or sys.stdin.isatty():
        desk.answered(out, (lambda why, means: means) if yes else _asked)
    for place in out.questions if not sys.stdin.isatty() else ():
        click.echo(f"  ? {out.question(place)} [{out.lines[place].means or 'no proposal'}]")
    target = desk.write(out)
    left = len(out.questions)
    click.echo(f"{file.with_name(target.name)}: the mapping, {count} question(s), {left} open")
    if left:
        click.echo("Answer them in its columns means and answer (write yes for ?), in Excel.")
    click.echo(f"Next: mtf-eval check {typed(file)}")
    return 0


def _asked(why: str, means: str) -> str:
    return str(click.prompt(f"{why}", default=means or "", show_default=bool(means)))


@click.command(
    short_help="Write a workbook to fill in, blank or from data.",
    epilog="\b\nExamples: mtf-eval workbook records.xlsx\n"
    "          mtf-eval workbook example.xlsx --from data/example",
)
@click.argument("file", type=FILE, metavar="FILE.xlsx")
@click.option("--from", "source", metavar="DATA", help="Fill it with an existing data set.")
@click.option("--force", is_flag=True, help="Replace FILE.xlsx if it is there.")
def workbook(file: Path, source: str | None, force: bool) -> int:
    """Write a workbook with a sheet for every table, to be filled in and given to check and run.

    Each sheet has headings with notes, drop-downs and examples; the last sheet is the dictionary.
    """
    from mtf_eval.records.desk.blank import write_workbook

    if file.suffix.lower() != ".xlsx":
        raise BadArgument(f"{file.name}: a workbook's name ends in .xlsx")
    if file.exists() and not force:
        raise BadArgument(f"{file} is there already; give another name, or --force to replace it")
    data = read(source) if source else None
    file.parent.mkdir(parents=True, exist_ok=True)
    write_workbook(file, data)
    what = f"{data.title}, ready to go on in Excel" if data else "blank; start with its first sheet"
    click.echo(f"{file}: {what}.\nNext: mtf-eval check {typed(file)}")
    return 0


@click.command(
    short_help="Open working copies of the notebooks in JupyterLab.",
    epilog="\b\nExamples: mtf-eval lab\n"
    "          mtf-eval lab --data data/example --project EX01\n"
    "          mtf-eval run --notebook lab/project_evaluation-EX01.ipynb",
)
@click.option("--data", metavar="DATA", help="Data set the notebooks open.")
@click.option("--project", metavar="ID", help="Project they are about.")
@click.option("--fresh", is_flag=True, help="Copy again; the copies that are there are kept aside.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of JupyterLab [a free one].")
@click.option("--no-open", is_flag=True, help="Make the copies; do not open JupyterLab.")
def lab(data: str | None, project: str | None, fresh: bool, port: int | None, no_open: bool) -> int:
    """Open working copies of the notebooks in JupyterLab, with your parameters set.

    The copies are in the folder lab; ours stay as they are. Run a changed one like ours with
    `mtf-eval run --notebook`.
    """
    from mtf_eval.run.desk import has_browser, open_lab, working_copies

    values: dict[str, Any] = {}
    books = templates()
    if data or project:
        values = _subject(address_of(data or "data/example"), project)
    if project:
        books = [b for b in books if "project_id" in b.parameters]
    made, left = working_copies(books, LAB, values, fresh=fresh)
    for path in made:
        click.echo(f"made  {path}")
    for path in left:
        click.echo(f"kept  {path} as you left it")
    copies = sorted([*made, *left], key=lambda p: "evaluation" not in p.name)
    if no_open:
        return 0
    there = has_browser()
    where = "opens in your browser" if there else "has no browser here: open the address it prints"
    click.echo(f"JupyterLab {where}; Ctrl-C here ends it.")
    return open_lab(LAB, copies[0], port=port)


def _subject(address: str, project: str | None) -> dict[str, Any]:
    """Return what the copies are about, as the data set has it: a project, its last year."""
    facts = facts_of(read(address), "")
    if project and project not in facts.projects:
        have = ", ".join(facts.projects) or "none"
        raise BadArgument(f"{address}: no project {project}; there is {have}")
    if not facts.as_at:
        raise no_day(facts.name)
    years, periods, _ = facts.calendar()
    values: dict[str, Any] = {"data": address}
    if chosen := project or next(iter(facts.projects), None):
        values["project_id"] = chosen
    values |= {"year": years[-1]} if years else {}
    values |= {"plan_id": facts.plans[0]} if facts.plans else {}
    return values | ({"period": periods[-1]} if periods else {})


@click.command(
    short_help="Say how often the estimators are wrong on real records.",
    epilog="Example: mtf-eval validate kent_2022_street.zip --start 2022-10",
)
@click.argument("archive", type=OLD_FILE)
@OUT
@click.option("--release", default="internal", show_default=True, help="Disclosure rule.")
@click.option("--start", default="", help="Pretend all starts in this month, as in 2022-10.")
@click.pass_context
def validate(context: click.Context, archive: Path, out: Path, release: str, start: str) -> Any:
    """Report how often the estimators are wrong on ARCHIVE.

    ARCHIVE is a zip of street-level records as downloaded from data.police.uk, or a table of counts
    by ward with a column a month (.csv.gz). Projects are pretended where nothing was done; a right
    95 % interval then calls a change one time in twenty.
    """
    if not archive.name.lower().endswith((".zip", ".csv.gz")):
        raise BadArgument(
            f"{archive.name}: expected a .zip as downloaded from data.police.uk, or a .csv.gz of "
            "counts by ward and month"
        )
    click.echo("Pretending some thousand projects; this takes a few minutes.", err=True)
    run = context.find_root().command.get_command(context, "run")  # type: ignore[attr-defined]
    book = HOME / "notebooks" / "tools" / "estimator_validation.ipynb"
    asked: dict[str, Any] = {"data": (str(archive),), "notebook": (book,)}
    asked |= {"parameter": (f"start={start}",), "out": out, "release": release}
    asked |= {"cell_timeout": 3600.0, "report_timeout": 7200.0}
    return context.invoke(run, **asked)


@click.command(
    short_help="Replace references to persons in a log by pseudonyms.",
    epilog="\b\nExamples: mtf-eval pseudonymise --new-key D:/keys/task-force.key\n"
    "          mtf-eval pseudonymise log.csv clean.csv --key D:/keys/task-force.key "
    "--column case_ref --drop name",
)
@click.argument("source", type=OLD_FILE, required=False)
@click.argument("target", type=FILE, required=False)
@click.option("--column", multiple=True, help="Heading of a column of references (repeatable).")
@click.option("--drop", multiple=True, help="Heading of a column to leave out (repeatable).")
@click.option("--key", type=FILE, help="The key file; keep it away from the records.")
@click.option("--new-key", type=FILE, help="Make a key file; never over another.")
def pseudonymise(
    source: Path | None,
    target: Path | None,
    column: tuple[str, ...],
    drop: tuple[str, ...],
    key: Path | None,
    new_key: Path | None,
) -> int:
    """Write the CSV log SOURCE as TARGET with references to persons replaced by keyed hashes.

    The same reference gives the same pseudonym as long as the key is the same. Pseudonyms are
    still personal data.
    """
    from mtf_eval.records.desk import pseudonyms

    if new_key:
        pseudonyms.new_key(new_key)
        click.echo(f"{new_key}: a new key, readable by you only. Keep it away from the records.")
    if new_key and not source:
        return 0
    chosen = key or new_key
    if not source or not target or not column or not chosen:
        raise BadArgument("expected SOURCE and TARGET, --column and --key; see --help")
    done = pseudonyms.pseudonymise(source, target, columns=column, key_file=chosen, drop=drop)
    click.echo(f"{target}: {done:,} references replaced")
    return 0


@click.command(
    short_help="Try to work out hidden counts from published reports.",
    epilog="\b\nExamples: mtf-eval audit reports/thanet_2021\n"
    "          mtf-eval audit reports --previous last-year/reports",
)
@click.argument("folder", type=FOLDER)
@click.option("--previous", type=FOLDER, help="The edition published before.")
@click.option("--release", help="Rule whose promise is tested; else the one the run was made with.")
def audit(folder: Path, previous: Path | None, release: str | None) -> int:
    """Try to work out every hidden count from the published reports in FOLDER.

    Says where one can be worked out, never its value; ends with 1 if any can or time ran out.
    """
    from mtf_eval.publish.disclosure.audit import reach
    from mtf_eval.publish.disclosure.published import release_named

    if not any(p.suffix in (".html", ".csv", ".xlsx") for p in folder.rglob("*")):
        raise BadArgument(f"{folder}: holds no reports")
    rule = release or release_named(folder) or "public"
    found = reach(folder, previous, release=release)
    for leak in (leaks := found.leaks):
        click.echo(f"leak: {leak}")
    if rule == "internal":
        click.echo(f"{folder}: internal reports; nothing is hidden in them, so nothing can leak")
    elif leaks:
        click.echo(f"{folder}: {len(leaks)} hidden count(s) can be worked out: do not publish")
    elif found.unsolved:
        click.echo(f"{folder}: {found.unsolved} hidden count(s) not solved in time: we cannot say")
    else:
        of = f"{len(found.counts)} tried, rule {rule}"
        click.echo(f"{folder}: no hidden count can be worked out ({of})")
    return 1 if leaks or found.unsolved else 0


def as_written(wanted: Wanted, books: Sequence[Template]) -> tuple[Wanted, tuple[str, ...]]:
    """Return what to run for notebooks given without DATA: what their parameters cells say."""
    named = [b.parameters["data"].default if "data" in b.parameters else None for b in books]
    if not all(named):
        raise BadArgument("the notebook names no data set in its parameters cell: give DATA")
    if len(set(named)) > 1:
        raise BadArgument("the notebooks name several data sets: give DATA, or one at a time")
    return replace(wanted, as_written=True), (str(named[0]),)


def print_pages(plans: Sequence[Planned], out: Path, *, wanted: bool) -> None:
    """Print the published pages that have no PDF yet, each into the folder beside its page."""
    if not wanted:
        return
    from mtf_eval.run.record import write_index

    pages = [page_of(out / p.folder, r.name) for p in plans for r in p.reports]
    beside = {page: page.with_name(page.stem.removesuffix("-internal")) for page in pages}
    targets = {page: beside[page] / f"{page.stem}.pdf" for page in pages if page.exists()}
    todo = {page: target for page, target in targets.items() if not target.exists()}
    for done, (page, target) in enumerate(todo.items(), start=1):
        if sys.stderr.isatty():
            click.echo(f"\rPrinting {done} of {len(todo)} ", nl=done == len(todo), err=True)
        target.parent.mkdir(exist_ok=True)
        pdf.print_pdf(page, target)
    if todo:
        write_index(out)
    click.echo(f"PDF: {len(todo)} printed, {len(targets) - len(todo)} were there, beside each page")


COMMANDS = (check, adopt, prices, workbook, lab, validate, pseudonymise, audit)
