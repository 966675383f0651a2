"""Case stories: shown with consent and sign-off alone, refused with what identifies somebody."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

import mtf_eval as mtf
from mtf_eval.errors import DataProblems
from mtf_eval.records.load import load
from mtf_eval.run.cli import main

EXAMPLE = Path(__file__).parent.parent / "data" / "example"
GOOD = {
    "story_id": "S1",
    "consent": "yes",
    "author": "youth worker, County Council",
    "signed_off_by": "service manager",
    "signed_off_on": "2024-05-03",
    "roles": "a young father; his support worker",
    "before": "He was out of work. The family stood under a Child Protection Order.",
    "done": "A worker from Kent Police met him each week from March on.",
    "after": "He sees a GP. The family has support as a Team Around the Family.",
    "domain": "children",
    "steps": "child_protection_plan; child_in_need",
}


def folder(path: Path, *stories: dict[str, str]) -> Path:
    (path / "referrals.csv").write_text(
        "referral_id,received,agency,decision\nR1,2024-01-05,Kent Police,accepted\n"
    )
    with (path / "case_stories.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(GOOD))
        writer.writeheader()
        writer.writerows({**GOOD, "story_id": f"S{n}", **s} for n, s in enumerate(stories, 1))
    return path


def test_a_story_with_consent_and_sign_off_is_kept(tmp_path: Path) -> None:
    data = load(folder(tmp_path, {}))
    assert data.table("case_stories")["story_id"].tolist() == ["S1"]
    assert not [f for f in data.findings if f.table == "case_stories"]


@pytest.mark.parametrize(
    ("given", "column", "why"),
    [
        ({"consent": ""}, "consent", "without consent"),
        ({"consent": "no"}, "consent", "without consent"),
        ({"signed_off_by": ""}, "signed_off_by", "without a sign-off"),
        ({"signed_off_on": ""}, "signed_off_on", "day of the sign-off"),
        ({"before": "Zebedee was out of work."}, "before", "word 1 may be a name"),
        ({"before": "Nobody knew where Zebedee lived."}, "before", "word 4 may be a name"),
        ({"done": "She rang Zebedee's mother."}, "done", "word 3 may be a name"),
        ({"after": "He said: Zebedee left."}, "after", "word 3 may be a name"),
        ({"author": "Zebedee Springer"}, "author", "word 2 may be a name"),
        ({"roles": "a young father, Zebedee"}, "roles", "word 4 may be a name"),
    ],
)
def test_a_story_that_may_not_be_shown_is_left_out(
    given: dict[str, str], column: str, why: str, tmp_path: Path
) -> None:
    data = load(folder(tmp_path, {}, given))
    assert data.table("case_stories")["story_id"].tolist() == ["S1"]
    (found,) = (f for f in data.findings if f.table == "case_stories")
    assert (found.kind, found.row, found.column) == ("warning", 3, column)
    assert why in found.text
    assert "Zebedee" not in str(found)


def test_a_place_that_the_data_set_names_is_no_name(tmp_path: Path) -> None:
    told = {"before": "He came from Zebedee with nothing."}
    folder(tmp_path, told)
    (tmp_path / "aliases.csv").write_text("alias,name,scope\nZebedee,Zebedee,story\n")
    assert len(load(tmp_path).table("case_stories")) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Ring 07700 900123 for him.", "a telephone number"),
        ("They live at 12 Example Street now.", "an address"),
        ("Write to someone@example.org.", "an e-mail address"),
        ("The home is in SW1A 1AA.", "a full postcode"),
        ("Mr Zebedee found work.", "a person's name"),
        ("The father, called Zebedee, found work.", "what somebody is called"),
    ],
)
def test_what_identifies_somebody_is_refused(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(DataProblems) as refused:
        load(folder(tmp_path, {}, {"after": text}))
    assert what in str(refused.value)
    assert "row 3, column after" in str(refused.value)
    assert not any(w in str(refused.value) for w in ("900123", "Example", "@", "1AA", "Zebedee"))


def test_check_ends_with_2_where_it_refuses_and_with_0_where_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(story: dict[str, str]) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(["check", str(folder(tmp_path, story))])
        return ended.value.code or 0, " ".join(" ".join(capsys.readouterr()).split())

    code, said = check({"after": "Ring 07700 900123."})
    assert code == 2
    assert "a telephone number" in said
    assert "900123" not in said
    code, said = check({"consent": ""})
    assert code == 0
    assert "case_stories.csv, row 2, column consent: 1 story without consent left out" in said


def test_pages_show_the_story_as_agreed_and_not_before(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "d", ignore=shutil.ignore_patterns("*.py"))
    told = next(csv.DictReader((EXAMPLE / "case_stories.csv").open()))
    records = mtf.load(tmp_path / "d")
    mtf.report(records, "annual_review", release="public", year=2024, price_year="2023/24")
    for view in (records.year(2024).stories(), records.project("EX09").stories()):
        shown = view.element().text
        for column in ("before", "done", "after"):
            assert told[column] in shown
        assert "15 October 2024" in shown
        assert "child protection plan, then child in need" in shown
    for view in (records.year(2023).stories(), records.project("EX01").stories()):
        assert view.element().kind == "absent"
    early = mtf.load(tmp_path / "d", as_of="2024-10-14")
    assert early.project("EX09").stories().element().kind == "absent"
