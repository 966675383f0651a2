"""Everything that left the house, byte by byte: nobody's reference, the banner, the rule asked for.

The reports are those of `hostile`: its references of referrals, respondents and cases are canaries.
"""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from canaries import canaries, identifying
from nbformat.v4 import new_notebook
from openpyxl import load_workbook

from mtf_eval import load
from mtf_eval.analysis.results.tables import Column, Table
from mtf_eval.errors import DataProblems, RunRefused
from mtf_eval.records.prices.rules import rule_of
from mtf_eval.records.tables import OF_PEOPLE, TABLES
from mtf_eval.run.execute import Job, _need_rule

BANNER = rule_of("internal").banner
#: Made up, each in the form the input is searched for.
IDENTIFIERS = {
    "an e-mail address": "write to alex.made.up@mail.invalid",
    "a telephone number": "ring 07700 900123 before six",
    "an NHS number": "known as 943 476 5919 there",
    "a National Insurance number": "NI AB 12 34 56 C",
    "a full postcode": "lives in CT9 1XZ now",
    "a date of birth": "born 3 April 1990",
}


@pytest.mark.parametrize("release", ["public", "internal"])
def test_nobody_s_reference_left(release: str, hostile_reports: dict[str, Any]) -> None:
    made = hostile_reports[release]
    wanted = identifying(made.data)
    assert set(wanted.values()) == {"case_id", "referral_id", "respondent_id"}
    assert len(wanted) > 300
    assert not canaries(made.data, made.out)
    assert not [v for v in wanted if v in made.said]


def test_a_reference_would_be_found(hostile_reports: dict[str, Any], tmp_path: Path) -> None:
    value = next(iter(identifying(hostile_reports["public"].data)))
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as book:
        book.writestr("docProps/core.xml", f"<dc:title>{value}</dc:title>")
    assert [hit.part for hit in canaries(hostile_reports["public"].data, tmp_path)] == [
        "docProps/core.xml"
    ]


def test_no_digest_that_guesses_could_be_tried_against(hostile_reports: dict[str, Any]) -> None:
    """A short table of small counts is known once the digest of its rows is."""
    records = load(hostile_reports["public"].data)
    of_people = [s for s in records.sources if OF_PEOPLE in TABLES[s.table].marks]
    digests = {digest[:12] for s in of_people for digest in (s.content, s.sha256)}
    digests.add(records.digest[:12])

    def told(release: str) -> str:
        out = hostile_reports[release].out
        kinds = {".html", ".ipynb", ".json", ".csv"}
        files = [p for p in out.rglob("*") if p.suffix in kinds]
        return "".join(p.read_text(encoding="utf-8") for p in files)

    public, internal = told("public"), told("internal")
    assert not [d for d in digests if d in public]
    assert "sha256 of what was read" in internal


def test_internal_says_so_everywhere(hostile_reports: dict[str, Any]) -> None:
    out = hostile_reports["internal"].out
    for path in out.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert BANNER in (page.main or page.body).get_text(), path.name
    books = list(out.rglob("*.xlsx"))
    assert len(books) == 7
    for path in books:
        cover = load_workbook(path)["Cover"]
        said = [str(c.value) for row in cover.iter_rows() for c in row]
        assert BANNER in said, path.name
    for path in out.rglob("*.ipynb"):
        assert BANNER in path.read_text(encoding="utf-8"), path.name
    mails = [p for p in out.rglob("*-summary.*") if p.suffix in (".html", ".txt")]
    assert len(mails) == 14
    for path in mails:  # it leaves the office by itself
        assert BANNER in path.read_text(encoding="utf-8"), path.name
    kinds = (".csv", ".xlsx", ".ipynb", ".pdf", ".txt", ".html")
    beside = [p for p in out.rglob("*/*/*") if p.suffix in kinds]
    assert len(beside) > 60
    marked = ("-internal", "-internal-summary")
    assert not [p.name for p in beside if not p.stem.endswith(marked)]


def test_public_says_its_rule_and_nothing_internal(hostile_reports: dict[str, Any]) -> None:
    out = hostile_reports["public"].out
    assert not [p.name for p in out.rglob("*internal*")]
    for path in (p for p in out.rglob("*") if p.suffix in (".html", ".ipynb", ".txt")):
        text = path.read_text(encoding="utf-8")
        assert BANNER not in text, path.name
        told = " ".join(text.split()) if path.suffix == ".txt" else text
        assert path.name == "index.html" or rule_of("public").sentence in told, path.name
    record = json.loads((out / "hostile" / "run.json").read_text(encoding="utf-8"))
    assert record["release"] == "public"
    said = json.loads((out / "hostile" / "catalogue.json").read_text(encoding="utf-8"))
    assert {page["rule"] for page in said.values()} == {"public"}


@pytest.mark.parametrize("asked", ["public", "nhs"])
def test_a_second_door_in_a_notebook_is_found(asked: str) -> None:
    """A page that says public, and one table that went through the internal disclosure."""
    import pandas as pd
    from made_up import cell, head_element

    from mtf_eval.publish.disclosure.release import Disclosure
    from mtf_eval.publish.display import elements

    frame = pd.DataFrame({"place": ["A"], "n": pd.array([3], dtype="Int64")})
    columns = (
        Column(name="place", heading="Place", kind="label"),
        Column(name="n", heading="People", kind="people"),
    )
    table = Table(name="t", title="T", source="S", frame=frame, columns=columns)
    for rule in ("internal", asked):
        shown = elements.table(Disclosure(rule, "referrals")(table))
        book = new_notebook(cells=[cell(head_element(asked)), cell(shown)])
        job = Job(dataset="d", name="n", source="", parameters={}, run_time="", release=asked)
        if rule == asked:
            _need_rule(job, book)
        else:
            with pytest.raises(RunRefused, match="showed internal figures"):
                _need_rule(job, book)


@pytest.mark.parametrize("what", list(IDENTIFIERS))
def test_who_stands_in_a_text_is_refused_in_every_table(what: str, tmp_path: Path) -> None:
    """All free texts of all tables at once: each is named, none is quoted."""
    named = set()
    for name, schema in TABLES.items():
        texts = [c for c in schema.columns if schema.columns[c].kind in ("text", "texts")]
        if not texts:
            continue
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(list(schema.columns))
            rows.writerow([IDENTIFIERS[what] if c in texts else "" for c in schema.columns])
        named |= {(f"{name}.csv", c) for c in texts}
    with pytest.raises(DataProblems) as refused:
        load(tmp_path)
    found = {(p.file, p.column) for p in refused.value.problems if p.found == what}
    assert found >= named
    assert IDENTIFIERS[what] not in str(refused.value)
