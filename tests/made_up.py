"""Made-up tables and a made-up report notebook that the tests of the publish wing share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.publish import charts
from mtf_eval.publish.disclosure.release import Disclosure
from mtf_eval.publish.display import elements
from mtf_eval.records.dataset import Dataset, Finding, Source

AS_AT = date(2021, 12, 15)
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>&amp;"quoted"'
WORDS: dict[str, str] = {
    "subtitle": "Referrals by outcome, a made-up place, January to December 2021, number",
    "alt": "Bars for each month; March and July stand out.",
}


def table(name: str, frame: pd.DataFrame, *columns: Column, **more: Any) -> Table:
    facts = {"title": f"Table of {name}", "source": "Made up for a test", "as_at": AS_AT}
    return Table(name=name, frame=frame, columns=columns, **{**facts, **more})


def label(name: str, heading: str = "") -> Column:
    return Column(name=name, heading=heading or name.title(), kind="label")


def people(name: str, heading: str = "") -> Column:
    return Column(name=name, heading=heading or name.title(), kind="people")


def money(name: str, heading: str = "") -> Column:
    return Column(name=name, heading=heading or name.title(), kind="money")


def number(name: str, heading: str = "", decimals: int = 2) -> Column:
    return Column(name=name, heading=heading or name.title(), kind="number", decimals=decimals)


def counts(*values: int | None) -> Any:
    return pd.array(list(values), dtype="Int64")


def months() -> Table:
    """Twelve months; accepted is 4 in February, rejected 3 in May, both in October."""
    frame = pd.DataFrame(
        {
            "month": pd.date_range("2021-01-01", periods=12, freq="MS"),
            "accepted": counts(12, 4, 18, 14, 9, 13, 20, 7, 11, 2, 11, 12),
            "rejected": counts(6, 12, 8, 6, 3, 6, 9, 7, 13, 4, 8, 0),
        }
    )
    return table(
        "referrals_by_month", frame, label("month"), people("accepted"), people("rejected"),
        notes=("December runs to the 15th.",),
    )  # fmt: skip


def themes() -> Table:
    frame = pd.DataFrame(
        {
            "theme": [HOSTILE, "Complex needs", "Vulnerable young people and families", "Total"],
            "n": counts(1234, 41, 64, 1339),
        }
    )
    return table("themes", frame, label("theme"), people("n", "Interventions"), total_row=True)


def headline_row() -> Table:
    frame = pd.DataFrame({"received": counts(188), "before": counts(84), "saved": [-1234.5]})
    return table(
        "headline", frame,
        Column(name="received", heading="Referrals received", kind="people", note="To 15 December"),
        people("before", "Referrals received in 2020"),
        Column(name="up", heading="Change on 2020", kind="change", of=("received", "before")),
        money("saved", "Net cost"),
    )  # fmt: skip


def progress() -> Table:
    frame = pd.DataFrame(
        {
            "action": ["Engagement days", "Outreach", "Licensing", "Youth hub", "Support"],
            "rag": ["red", "amber", "green", "complete", "not_rated"],
            "note": ["Suspended", "Late", "On course", "Done", "=1+cmd|' /C calc'!A0"],
            "due": pd.to_datetime(["2021-03-31", "2021-06-30", None, "2021-05-01", "2021-12-03"]),
        }
    )
    return table(
        "progress", frame, label("action"), Column(name="rag", heading="Rating", kind="text"),
        Column(name="note", heading="Progress", kind="text"),
        Column(name="due", heading="Due", kind="date"),
    )  # fmt: skip


def disclosure(release: str = "internal") -> Disclosure:
    return Disclosure(release, counts=["referrals"])


def dataset() -> Dataset:
    source = Source(
        table="referrals", file="referrals.csv", sha256="", rows=9, as_at=AS_AT, content="ab" * 32
    )
    made = Dataset(
        name="made_up",
        path=Path("made_up"),
        tables={"referrals": pd.DataFrame({"referral_id": [f"R-{n}" for n in range(9)]})},
        sources=(source,),
        findings=(Finding(kind="warning", table="referrals", text="December is not complete"),),
        about={"title": "Made-up partnership", "illustrative": "yes"},
        digest="cd" * 32,
    )
    made.table("referrals")
    return made


def cell(element: Any, source: str = "show()") -> nbformat.NotebookNode:
    data = element._repr_mimebundle_()
    made = new_code_cell(source)
    made.outputs = [new_output("execute_result", data=data, execution_count=1)]
    return made


def head_element(release: str = "internal") -> elements.Element:
    return elements.page(
        title="Annual review 2021", period="2021", data=dataset(), disclosure=disclosure(release),
        kind="annual_review", lead="What came to the task force in 2021.",
    )  # fmt: skip


def notebook(release: str = "internal") -> nbformat.NotebookNode:
    """A whole report with every element."""
    out = disclosure(release)
    by_month = out(months())
    return new_notebook(
        cells=[
            cell(head_element(release)),
            cell(elements.headline(out(headline_row()))),
            cell(elements.headline_result("188 referrals were received.", maryland=4)),
            new_markdown_cell("## Referrals by month\n\nCounted when they came in."),
            cell(
                elements.figure(
                    charts.bars(
                        by_month, x="month", y=["accepted", "rejected"], stacked=True,
                        title="July brought the most referrals", **WORDS,
                    )
                )
            ),
            cell(
                elements.figure(
                    charts.bars(
                        by_month, x="month", y=["accepted", "rejected"],
                        title="July brought the most referrals, side by side", **WORDS,
                    )
                )
            ),
            cell(elements.note("2021 is a part year.", "caution")),
            new_markdown_cell("## Themes"),
            cell(
                elements.figure(
                    charts.hbars(
                        out(themes()), x="theme", y="n", title="The first theme is largest", **WORDS
                    )
                )
            ),
            new_markdown_cell("### Progress"),
            cell(elements.table(out(progress()))),
            cell(elements.note("Rates are worked out from what is shown.", "method")),
            cell(elements.provenance(dataset(), out, {"year": 2021, "release": release})),
        ]
    )  # fmt: skip
