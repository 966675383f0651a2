"""The command `plan`: what a project could show, before there is one, and what is fixed of it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from mtf_eval.errors import BadArgument
from mtf_eval.publish.shell import page_of
from mtf_eval.records.home import HOME
from mtf_eval.records.reading.grids import plans_of
from mtf_eval.run.cli_desk import OUT, REFERENCE
from mtf_eval.run.facts import address_of, located
from mtf_eval.run.plan import safe_name


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


@click.command(
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
    run = context.find_root().command.get_command(context, "run")  # type: ignore[attr-defined]
    asked = {"data": (data,), "project": (project,), "report": ("project_plan",), "out": out}
    asked |= {name: options[name] for name in ("docx", "release", "reference")}
    code = context.invoke(run, **asked)
    page = page_of(out / safe_name(located(address).stem), f"project_plan-{safe_name(project)}")
    click.echo(f"The pro-forma: {page}" if not code else "The page could not be made.")
    return code
