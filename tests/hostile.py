"""A small data set with every kind of text somebody might paste, in every free text of every table.

Not a test: what the tests of pages, files and privacy run the real reports on. `STRINGS` are the
texts; `write` makes the folder. Each field of each table meets each text: its rows turn through
the list, each field from a place of its own, and the first project's texts are all of them joined.
"""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from typed_here import typed

from mtf_eval.records.tables import TABLES

HIT = "window.hit="
ELSEWHERE = "x.invalid"
MARKUP = [
    f"<script>{HIT}1</script>",
    f"<img src=x onerror={HIT}2>",
    f"<svg onload={HIT}3>",
    f'"><svg/onload={HIT}4>',
    f"' onmouseover='{HIT}5",
    f'" autofocus onfocus="{HIT}6" tabindex="1',
    f"javascript:{HIT}7",
    f"[click](javascript:{HIT}8)",
    f"![picture](https://{ELSEWHERE}/9.png)",
    "**bold 10** _it_ # Heading",
    "`code 11` <b>bold</b> | a | b |",
    f"</title><script>{HIT}12</script>",
    f"</script><script>{HIT}13</script>",
    "<!-- remark 14",
    f"--><script>{HIT}15</script>",
    f"</style><script>{HIT}16</script>",
    "red}body{display:none}/*17",
    f"@import url(https://{ELSEWHERE}/18.css)",
    "{{19*19}}{{config}}",
    "{% raw %}{{ 20 }}{% endraw %}{# c #}",
    f"&lt;script&gt;{HIT}21&amp;&#60;",
    f"]]><script>{HIT}22</script><![CDATA[",
    '<iframe srcdoc="<script>parent.hit=23</script>">',
    f'<a href="https://{ELSEWHERE}/24">24</a>',
    f'<base href="https://{ELSEWHERE}/25/">',
    f'<meta http-equiv=refresh content="0, url=https://{ELSEWHERE}/26">',
    f"<form action=//{ELSEWHERE}><button>27",
    "</td></tr></table><table><tr><td>28",
    "</main></body></html>29",
    f"<details open ontoggle={HIT}30>",
    f"</svg><script>{HIT}31</script>",
    f'<object data="javascript:{HIT}32">',
]
FORMULAS = [
    "=33+1",
    "+34+1",
    "-35+1",
    "@SUM(36,1)",
    "=cmd|' /C calc'!A37",
    f'=HYPERLINK("https://{ELSEWHERE}/38","38")',
    "'=39+1",
    "\u200f\u061c\N{FULLWIDTH EQUALS SIGN}40+1",  # signs that turn the direction of reading
    "\t=41+1",
    "\r=42+1",
    f'=WEBSERVICE("https://{ELSEWHERE}/43")',
    '\u2067"=44+1"\u2069',
    "\u202d\u200b=45+1\u2060\u202c",
    "|46",
]
ODD = [
    "_x0041__x000D_ 47",
    "\u202eevil 48\u202c",
    "one 49\nline two\r\nline three",
    'it\'s "quoted" \\ back\\slash 50',
    "../../../etc/passwd51",
    "CON",
    "NUL.txt",
    "$x^2$ and $\\frac{1}{54}",
    "\\input{/etc/passwd} \\write18{55}",
    "$$\\unknown{56}$$ \\(56\\)",
    "%s %d {0} {57!r} %(x)s",
    "\N{GRINNING FACE}\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL} 58",
    "e\u0301Z\u0335\u0336a\u0337lgo59",
    "[a]:*?/\\60'",
    "'; DROP TABLE referrals; --61",
    '{"json": [62, null]}\\u0000 \\n',
    f"$$n63$$ [note 63](http://{ELSEWHERE})",
    "\u2028\u202964",
    "W" * 300 + "65",
    "Long words 66 " * 140,
]
STRINGS = [*MARKUP, *FORMULAS, *ODD]
#: What no file of this kind should hold; each is refused or mended where it is read.
REFUSED = {
    "control characters": "a\x01b\x0bc\x1b[31md\x7fe",
    "not characters": "a\ufffeb\uffff",
    "a cell longer than a spreadsheet takes": "far too long " * 3000,
}

FREE = {"id", "text", "texts", "agency", "agencies", "area", "measure"}
LISTS = {"texts", "agencies"}
N = len(STRINGS)
#: What `_known` and the lists of a cell would split or join is left out of references.
IDS = [s.replace(";", ",").replace("\n", " ").replace("|", "/") for s in STRINGS]
#: The first project has everything, the second only rows of its own; both have pages.
REPORTED = (IDS[0], IDS[1])
MEASURES = (IDS[5], IDS[-4])
TARGETS = (3, 4)
BLOCKS = [
    ("interventions", "core"),
    ("domestic_abuse_support", "referrals"),
    ("covid_incoming", "requests"),
    ("agency_priorities", "fulfilled"),
    ("", ""),
]


def joined(start: int) -> str:
    """All texts in one, another first for each field; short enough for a page's heading."""
    turned = [*STRINGS[start % N :], *STRINGS[: start % N]]
    return " ~ ".join(" ".join(s.split()) for s in turned if len(s) < 200)


class Texts:
    """Hands each field its own turn through the texts."""

    def __init__(self) -> None:
        self.start = count(0, 7)

    def row(self, table: str, size: int) -> list[dict[str, Any]]:
        """Rows of a table with its free texts filled in."""
        rows: list[dict[str, Any]] = [{} for _ in range(size)]
        for column in TABLES[table].columns:
            kind = TABLES[table].columns[column].kind
            if kind not in FREE:
                continue
            start = next(self.start)
            for i, row in enumerate(rows):
                text = STRINGS[(i + start) % N]
                more = STRINGS[(i + start + 31) % N]
                row[column] = f"{text}; {more}" if kind in LISTS else text
        return rows


def fixed(table: str, i: int) -> dict[str, Any]:
    """What is not free text in row `i` of a table, and texts that must fit another table."""

    def pick(*words: Any) -> Any:
        return words[i % len(words)]

    own = IDS[i % N]
    one = pick(IDS[0], IDS[1])
    day = f"2024-{i % 12 + 1:02d}-{i % 27 + 1:02d}"
    block, measure = BLOCKS[i // N] if table == "activity" else ("", "")
    rows: dict[str, dict[str, Any]] = {
        "referrals": {
            "referral_id": f"CANARY-REF-{i:04d}",
            "received": f"{2023 + i % 2}{day[4:]}",
            "decision": pick("accepted", "accepted", "rejected", "sara"),
            **{"status": "", "closed": ""},
            "stream": pick("core", "home_security"),
            "risk": pick("high", "medium", "low"),
            "project_id": own,
        },
        "activity": {
            **({"block": block, "measure": measure} if block else {}),
            "period_start": "2024-01-01",
            "period_end": "2024-12-31",
            "count": i % 9,
            "counts_people": "yes",
            "as_at": "2024-12-31",
        },
        "priority_progress": {
            "number": i + 1,
            "rag": pick("red", "amber", "green", "complete", "not_rated"),
            "updated": day,
        },
        "agency_priorities": {"code": own},
        "projects": {
            "project_id": own,
            "tlg_signoff": "2023-11-01",
            "scanning_start": "2023-06-01",
            "analysis_start": "2023-09-01",
            "response_start": "2024-01-01",
            "response_end": pick("2024-09-30", ""),
            "assessment_date": "",
            "stage": pick("response", "assessment", "consolidation", "scanning"),
            "follow_up_date": pick("2024-12-01", "2025-03-01"),
            "primary_measure": MEASURES[0] if i == 0 else own,
        },
        "project_areas": {
            "project_id": IDS[0],
            "area_code": own,
            "role": "target" if i in TARGETS else pick("comparison", "buffer"),
            "population": 1500 + i,
        },
        "actions": {
            "action_id": own,
            "project_id": one,
            "due": "2024-11-30",
            "completed": pick("2024-08-02", ""),
            "status": pick("completed", "in_progress"),
            "priority_codes": f"{own}; {IDS[(i + 9) % N]}",
        },
        "deliveries": {
            "project_id": one,
            "due": day,
            "reported": pick(day, ""),
            "agreed": 4,
            "delivered": pick(4, 3),
        },
        "costs": {
            "project_id": one,
            "date": day,
            "kind": pick("cash", "in_kind"),
            "amount_gbp": 100 + i,
            **{"hours": "", "rate_gbp": ""},
            "capital": pick("yes", "no"),
            "evidence_grade": 2,
        },
        "funding": {
            "bid_id": own,
            "project_id": one,
            "submitted": "2023-10-01",
            "status": pick("awarded", "refused", "submitted"),
            "decided": "",
            **{"requested_gbp": 1000 + i, "awarded_gbp": 500, "spent_gbp": 100},
            "report_due": "2025-01-31",
        },
        "survey_questions": {
            "question_id": own,
            "scale": "; ".join(scale(i)),
            "favourable": "high",
        },
    }
    return rows[table]


def scale(question: int) -> list[str]:
    """Five answers of a question, in order."""
    return [IDS[(5 * question + k) % N][:120] for k in range(5)]


def tables() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every table of the data set with its rows."""
    texts = Texts()
    sizes = {"referrals": 4 * N, "activity": len(BLOCKS) * N}
    for name in fixed_tables():
        rows = texts.row(name, sizes.get(name, N))
        for i, row in enumerate(rows):
            row |= fixed(name, i)
        if name == "projects":
            for n, column in enumerate(("title", "mtf_priority", "problem", "consolidation_plan")):
                rows[0][column] = joined(16 * n)
        yield name, rows
    yield (
        "project_measures",
        [
            {"project_id": IDS[0], "measure": m, "target_change": "-0.2", "unit_cost_code": code}
            for m, code in zip(MEASURES, ("asb_no_further_action", ""), strict=True)
        ],
    )
    months = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    yield (
        "incidents",
        [
            {
                "month": month,
                "area_code": area,
                "measure": measure,
                "count": (1 if month >= "2024" and a in TARGETS else 3) + (7 * a + 3 * n) % 5,
            }
            for n, month in enumerate(months)
            for a, area in enumerate(IDS)
            for measure in MEASURES
        ],
    )
    channels = texts.row("survey_responses", N)
    yield (
        "survey_responses",
        [
            {
                "project_id": IDS[0],
                "wave": ("entry", "exit")[n % 2],
                "date": f"2024-0{1 + n % 2}-15",
                "question_id": IDS[q],
                "answer": scale(q)[(n // 2 + q) % 5],
                "respondent_id": f"CANARY-RESP-{n // 2:04d}",
                "channel": channels[q]["channel"],
            }
            for n in range(12)
            for q in range(N)
        ],
    )
    yield (
        "case_steps",
        [
            {
                "case_id": f"CANARY-CASE-{i // 2:04d}",
                "project_id": IDS[0],
                "domain": "children",
                "date": ("2024-01-10", "2024-07-10")[i % 2],
                "step": ("child_protection_plan", "child_in_need")[i % 2],
            }
            for i in range(2 * N)
        ],
    )


def fixed_tables() -> list[str]:
    """Names of the tables whose rows turn through the texts."""
    names = ["referrals", "activity", "priority_progress", "agency_priorities", "projects"]
    names += ["project_areas", "actions", "deliveries", "costs", "funding", "survey_questions"]
    return names


def write(folder: Path) -> Path:
    """Write the data set as CSV and return its folder."""
    folder.mkdir(parents=True)
    names = ("title", "publisher", "description", "source", "licence", "area")
    about = {name: joined(11 * n) for n, name in enumerate(names)}
    about |= {"illustrative": "yes", "as_at": "2024-12-31", STRINGS[0]: STRINGS[1]}
    for name, rows in [("about", [{"key": k, "value": v} for k, v in about.items()]), *tables()]:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            made = csv.DictWriter(out, list(rows[0]))
            made.writeheader()
            made.writerows(rows)
    return folder


def run(data: Path, out: Path, release: str) -> subprocess.CompletedProcess[str]:
    """Make every kind of report of it for real, as a scheduled run would."""
    narrowed = [word for name in REPORTED for word in ("--project", name)]
    narrowed += ["--year", "2024", "--period", "2024-H2"]
    for book in ("project_evaluation", "benefit_analysis", "annual_review"):
        narrowed += ["--report", book]
    narrowed += ["--report", "tlg_report", "--report", "data_quality"]
    return typed("run", str(data), "--out", str(out), "--release", release, *narrowed)
