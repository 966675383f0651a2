"""One person more within a rounding bin or a hidden cell: not a published byte changes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from typed_here import typed

from mtf_eval import load
from mtf_eval.analysis.counts.referrals import monthly

pytestmark = pytest.mark.slow
REPORTS = ("annual_review", "dashboard", "tlg_report", "project_evaluation", "benefit_analysis",
           "data_quality")  # fmt: skip
RUN = ["run", "--release", "public", "--year", "2024", "--period", "2024-H2", "--project", "P1",
       "--docx", "--pptx", *(word for name in REPORTS for word in ("--report", name))]  # fmt: skip
END = "2024-12-31"
SCALE = ["Very unsafe", "Unsafe", "Neither", "Safe", "Very safe"]
#: When it was made, from where and how long it took, the page's own digest with its time, and the
#: salted digests by which a report knows that it is due.
MOVES = re.compile(
    r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC|\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?"
    r'|"(key|sha256)": "\w{64}"|": "[0-9a-f]{16}"|"seconds": [\d.]+|"(read_from|data)": "[^"]+"'
)


def write(folder: Path, more: int) -> Path:
    """Write a year of records: `more` people in one month, two answers, a claim and a few.

    Ten a month are 10 or 11, 120 and 121 are 120; two or three pending, three or four answers and
    three or four people claimed are hidden; eight or nine are 10. Visits and steps on ladders are
    such counts too, and so are their sums: 13 and 15 are 15.
    """
    folder.mkdir(parents=True)

    def put(table: str, heads: str, rows: list[tuple[object, ...]]) -> None:
        pd.DataFrame(rows, columns=heads.split()).to_csv(folder / f"{table}.csv", index=False)

    log: list[tuple[object, ...]] = []
    for month in range(1, 13):
        for k in range(10 + more * (month == 4)):
            pending = k == 10 or (month == 9 and k < 2)
            decision = "pending" if pending else "rejected" if k == 8 and month % 2 else "accepted"
            day = date(2024, month, 3 + k)
            decided = None if pending else day + timedelta(5)
            closed = day + timedelta(25) if decision == "accepted" and k < 5 else None
            status = {"accepted": "completed" if closed else "ongoing"}.get(decision)
            agency = ("Police", "District Council", "Fire")[k % 3]
            ward, theme = ("Harbour", "Northgate")[k % 2], ("Crime", "Environment")[month % 2]
            known = (agency, ward, decision, decided, closed, status, theme, "core")
            log.append((f"R{month:02d}{k:02d}", day, *known))
    heads = "referral_id received agency ward decision decided closed status criteria stream"
    put("referrals", heads, log)
    waves = {"entry": (9, 12, 9, 3 + more, 10), "exit": (5, 8, 12, 12, 12 + more)}
    answers = [
        ("P1", wave, "2024-02-01" if wave == "entry" else "2024-11-01", "Q1", answer)
        for wave, counts in waves.items()
        for answer, n in zip(SCALE, counts, strict=True)
        for _ in range(n)
    ]
    put("survey_responses", "project_id wave date question_id answer respondent_id",
        [(*a, f"{a[1]}{i}") for i, a in enumerate(answers)])  # fmt: skip
    put("survey_questions", "question_id text scale favourable",
        [("Q1", "How safe do you feel?", "; ".join(SCALE), "high")])  # fmt: skip
    taken_off = "impact deadweight attribution lag_years years drop_off evidence_grade"
    rest = (0.5, 0.1, 0.8, 0, 1, 0, 3)
    put("outcomes", f"project_id unit_cost_code people {taken_off}",
        [("P1", "child_in_need_year", 8 + more, *rest),
         ("P1", "domestic_abuse_victim", 3 + more, *rest)])  # fmt: skip
    half, year = ("2024-01-01", "2024-06-30"), ("2024-01-01", END)
    put("activity", "block measure category period_start period_end count counts_people as_at",
        [(*row, "yes", END) for row in (
            ("safe_and_well", "visits", None, *half, 8 + more),
            ("safe_and_well", "visits", None, "2024-07-01", END, 5 + more),
            ("domestic_abuse_visits", "visits", "high", *year, 8 + more),
            ("domestic_abuse_visits", "visits", "standard", *year, 10),
            ("domestic_abuse_visits", "additional_visits", "high", *year, 3 + more),
        )])  # fmt: skip
    ways = {"children": ("child_protection_plan", "child_in_need"),
            "housing": ("rough_sleeping", "temporary_accommodation")}  # fmt: skip
    put("case_steps", "case_id project_id domain date step",
        [(f"{domain}{n:02d}", "P1", domain, when, step)
         for (domain, steps), cases in zip(ways.items(), (8 + more, 5 + more), strict=True)
         for n in range(cases)
         for when, step in zip(("2024-02-05", "2024-08-05"), steps, strict=True)])  # fmt: skip
    put("costs", "project_id agency item date kind amount_gbp capital evidence_grade",
        [("P1", "Police", "Visits", "2024-03-01", "cash", 4000, "no", 2)])  # fmt: skip
    put("projects", "project_id title problem lead_agency response_start response_end stage "
        "assessment_date primary_measure",
        [("P1", "A flat each", "Made up", "Police", "2024-02-01", "2024-09-30", "assessment",
          "2024-11-30", "Anti-social behaviour")])  # fmt: skip
    about = {"title": "Made up", "area": "Made up", "as_at": "2024-12-31"}
    put("about", "key value", list(about.items()))
    return folder


def published(out: Path) -> dict[str, str]:
    """Every file, and every part of a file that is an archive, without what always moves."""
    return {
        name: MOVES.sub("", raw.decode("utf-8", errors="backslashreplace"))
        for path in sorted(p for p in out.rglob("*") if p.is_file())
        for name, raw in parts(path.relative_to(out).as_posix(), path.read_bytes())
    }


def parts(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a file holds: itself, or the parts of an archive, a chart's own workbook too."""
    if not raw.startswith(b"PK"):
        yield name, raw
        return
    with zipfile.ZipFile(BytesIO(raw)) as book:
        for part in book.namelist():
            yield from parts(f"{name} {part}", book.read(part))


def test_one_person_more_that_no_shown_count_tells_changes_no_byte(tmp_path: Path) -> None:
    made = []
    for more in (0, 1):
        data = write(tmp_path / str(more) / "made_up", more)
        done = typed(*RUN, str(data), "--out", str(tmp_path / str(more) / "out"))
        assert done.returncode == 0, done.stderr
        made.append(published(tmp_path / str(more) / "out"))
        received = monthly(load(data)).set_index("month").loc["2024-04-01", "received"]
        assert received == 10 + more
    one, other = made
    assert len(one) > 100
    assert {".docx", ".pptx", "summary.txt", ".html"} <= {
        end for name in one for end in (".docx", ".pptx", "summary.txt", ".html") if end in name
    }
    assert any(".pptx ppt/embeddings/" in name and "sheet1.xml" in name for name in one)
    assert one.keys() == other.keys()
    moved = [name for name in one if one[name] != other[name]]
    assert not moved, moved
