"""Writes docs/api.md: what an analyst reaches from `import mtf_eval as mtf`, each with an example.

Every example is run on data/example and stands there with what it gave; nothing is typed by hand.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mtf_eval as mtf
from mtf_eval.errors import MtfError

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "api.md"
FIRST = """\
import numpy

import mtf_eval as mtf

records = mtf.load("data/example")
project = records.project("EX01")
effect, surveys, money = project.effect(), project.surveys(), project.benefit()
plan = records.plan("EX10")
year, half, quality = records.year(2024), records.half("2024-H2"), records.quality()
panel = project.evaluation.compared
monthly = project.evaluation.panel.monthly(panel.target)"""
HEAD = f"""\
# What `import mtf_eval as mtf` reaches

Written by `make docs`; a test holds it to the code. Every example goes on from these lines:

```python
{FIRST}
```

A result shows itself when it is the last line of a cell. It has `.frame` (a plain DataFrame),
`.sentence()` and, where it is a picture, `.plot(ax=None)`, a matplotlib Axes to restyle;
`.shown_as(ax)` puts it on the page. What follows `#` is what the line gave.
"""
OWN = """\
busiest = effect.months().frame.nlargest(3, "observed")[["month", "observed"]]
own = mtf.Table(
    name="busiest_months",
    title="The three busiest months",
    frame=busiest,
    columns=(
        mtf.Column(name="month", heading="Month", kind="label"),
        mtf.Column(name="observed", heading="Recorded", kind="count"),
    ),
    source="Recorded incidents",
)
result = mtf.View(own, words="Each of them lies before the start.")"""
MADE = f"""\
## A result of your own

A table says what each column counts (`kind="people"` puts it under the disclosure rule), a
`mtf.View` shows it, `mtf.Several` shows several as one, `mtf.Beside` side by side, and
`mtf.charts` draws a released table.

```python
{OWN}
```
"""
WIDEST = 150
RESULTS = ("records", "plan", "project", "effect", "surveys", "money", "year", "half", "quality")
ARGUMENTS = {
    "records.project": '"EX01"',
    "records.plan": '"EX10"',
    "records.year": "2024",
    "records.half": '"2024-H2"',
    "records.table": '"projects"',
    "records.own": '"actions", "EX01"',
    "records.columns": '"projects", "project_id", "title"',
    "records.has": '"incidents"',
    "records.source": '"incidents"',
    "records.notes": '"referrals"',
    "records.area": '"E01990011"',
    "records.area_name": '"E01990011"',
    "records.of_measure": '"incidents", "Burglary"',
}
PLAIN = {
    "load": 'mtf.load("data/example")',
    "report": 'mtf.report(records, "project_evaluation", project="EX01")',
    "npv": "mtf.npv([0.0, 600.0, 600.0], [1000.0, 0.0, 0.0], rate=0.035)",
    "bcr": "mtf.bcr([0.0, 600.0, 600.0], [1000.0, 0.0, 0.0], rate=0.035)",
    "present_value": "mtf.present_value([0.0, 600.0, 600.0], rate=0.035)",
}
MORE = {
    "View": "result",
    "Several": "mtf.Several(result, effect)",
    "Beside": "mtf.Beside(result, effect)",
    "note": 'mtf.note("To be read with care", "caution")',
    "headline_result": 'mtf.headline_result("Fewer incidents were recorded")',
    "charts.bars": 'mtf.charts.bars(result.released, x="month", y="observed", '
    'title="T", subtitle="S", alt="A")',
}
ESTIMATORS = {
    "rate_ratio": "before=100, after=80, exposure_before=12, exposure_after=12",
    "ratio_of_ratios": "before=100, after=60, comparison_before=400, comparison_after=380",
    "difference_in_differences": "panel=panel",
    "placebo_calibrated": "panel=project.evaluation.record",
    "placebo_controls": "panel=project.evaluation.record",
    "interrupted_series": "series=monthly, start=panel.start, rng=numpy.random.default_rng(1)",
    "synthetic_control": "panel=panel, donors=12",
    "weighted_displacement_difference": "target=(100, 60), comparison=(100, 90)",
    "displacement_quotient": "target=(100, 60), comparison=(400, 380), buffer=(50, 55)",
    "minimum_detectable_effect": "before=100",
    "planned": "panel=panel, months=12",
    "power": "se=0.2, ratio=0.7",
    "overdispersion": "panel=panel",
    "concentration": "counts=[40, 20, 10, 5, 5]",
    "lorenz": "counts=[40, 20, 10, 5, 5]",
    "pool": '[effect.estimate, records.project("EX03").effect().estimate]',
    "pool_ratios": "log_ratios=[-0.4, -0.1, 0.1], errors=[0.2, 0.2, 0.3]",
    "holm": "[0.01, 0.04, 0.03]",
    "pre_trend": "panel=panel",
    "placebo_in_time": "panel=panel",
    "placebo_in_space": "panel=panel",
    "regression_to_the_mean": "panel=project.evaluation.record",
    "proportion": "yes=30, n=50",
    "proportion_change": "yes_before=20, n_before=50, yes_after=32, n_after=50",
    "paired_change": "both=15, gained=12, lost=4, neither=19",
    "ordinal_change": "before=[1, 2, 2, 3, 4], after=[2, 3, 3, 4, 5]",
    "paired_ordinal_change": "before=[1, 2, 2, 3, 4], after=[2, 3, 3, 4, 5]",
}


class Plain(str):
    """A type as it is written, without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


def names() -> dict[str, Any]:
    """Return what the examples go on from."""
    held: dict[str, Any] = {}
    example = repr(str(ROOT / "data" / "example"))
    exec(f"{FIRST}\n{OWN}".replace('"data/example"', example), held)
    return held


def given(line: str, held: dict[str, Any]) -> str:
    """Run an example and return what it gave, in one short line."""
    line = line.replace('"data/example"', repr(str(ROOT / "data" / "example")))
    try:
        value = eval(line, held)
    except MtfError as error:
        return f"{type(error).__name__}: {error}"
    if hasattr(value, "shape"):
        return f"{' x '.join(map(str, value.shape))} table" if value.shape else f"{value:.4g}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    estimate = getattr(value, "estimate", value)
    said = getattr(estimate, "sentence", None) or getattr(value, "sentence", None)
    text = getattr(value, "text", None) if said is None else said()
    text = " ".join(str(value if text is None else text).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 4].rsplit(' ', 1)[0]} ..."


def entry(name: str, thing: Any, line: str, held: dict[str, Any]) -> str:
    """Write one function, method or property."""
    doc = inspect.getdoc(thing) or ""
    summary = " ".join(doc.split("\n\n")[0].split())
    shape = ""
    if not isinstance(thing, property):
        signature = inspect.signature(thing)
        own = [
            p.replace(annotation=Plain(p.annotation))
            for p in signature.parameters.values()
            if p.name != "self"
        ]
        shape = str(signature.replace(parameters=own, return_annotation=inspect.Signature.empty))
    return (
        f"**`{name}{shape}`** {summary}\n\n"
        f"```python\n{line}\n# {given(line, held)}\n```\n"
    )  # fmt: skip


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """Return the public methods and properties that a class and its own parents define."""
    for name in sorted(vars(kind) if kind is mtf.View else dir(kind)):
        thing = inspect.getattr_static(kind, name)
        inherited = kind is not mtf.View and hasattr(mtf.View, name)
        known = inspect.isfunction(thing) or isinstance(thing, property)
        if not name.startswith("_") and known and not inherited:
            yield name, thing


def page() -> str:
    """Return docs/api.md."""
    held = names()
    parts = [HEAD, "## Begin here\n"]
    parts += [entry(f"mtf.{n}", getattr(mtf, n), line, held) for n, line in PLAIN.items()]
    for name in RESULTS:
        kind = type(held[name])
        summary = (inspect.getdoc(kind) or "").split("\n\n")[0]
        parts.append(f"## `{name}`: {kind.__name__}\n\n{' '.join(summary.split())}\n")
        for own, thing in methods(kind):
            call = f"{name}.{own}"
            call += "" if isinstance(thing, property) else f"({ARGUMENTS.get(call, '')})"
            parts.append(entry(f"{name}.{own}", thing, call, held))
    parts.append("## Every result\n")
    lines = {"plot": "effect.months().plot()", "shown_as": "effect.months().shown_as("
             "effect.months().plot())"}  # fmt: skip
    for own, thing in methods(mtf.View):
        line = lines.get(own, f"effect.{own}" + ("" if callable(thing) is False else "()"))
        parts.append(entry(f".{own}", thing, line, held))
    parts.append(MADE)
    for name, line in MORE.items():
        parts.append(entry(f"mtf.{name}", eval(f"mtf.{name}"), line, held))
    parts.append("## Estimators: `mtf.effects`\n")
    for name, arguments in ESTIMATORS.items():
        thing = getattr(mtf.effects, name)
        parts.append(entry(name, thing, f"mtf.effects.{name}({arguments})", held))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
