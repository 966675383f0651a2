"""Whatever somebody pastes into a field, it is text: on the page, in a spreadsheet, in a notebook.

Every field of every table meets every text of `hostile.STRINGS` in one data set; the real reports
are made of it, and looked at with scripts allowed and without the content policy, so that it is the
escaping which holds and not the policy.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import hostile
import pytest
from bs4 import BeautifulSoup
from checks import _wide, check_page, print_check
from openpyxl import load_workbook

from mtf_eval.publish.exports.sheets import SHEETS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: All that our own pages are made of.
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "div"),
    *("h1", "h2", "h3", "p", "ul", "ol", "li", "a", "span", "strong", "small", "em", "code", "pre"),
    *("dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "time"),
    *("figure", "figcaption", "details", "summary", "br", "hr", "blockquote"),
    *("svg", "g", "path", "text", "title", "desc", "defs", "use", "pattern", "rect"),
}
LINKS = re.compile(r"(#|\.\./index\.html|[\w.-]+(/[\w.-]+)*\.(html|csv|xlsx|ipynb|txt)(#[\w-]+)?)")
SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module", params=["public", "internal"])
def reports(request: pytest.FixtureRequest, hostile_reports: dict[str, Any]) -> Path:
    return hostile_reports[request.param].out  # type: ignore[no-any-return]


#: What a formula of the live model is made of: its sheets and words, functions, cells, numbers.
MODEL = re.compile(
    r"""=(?:'(?:Model[ ]inputs|Unit[ ]costs|Discount[ ]factors)'!|(?:Model|Deflator)!
    |"(?:cost|records|claimed|\[x\])"|(?:IF|INDEX|MATCH|MAX|SUMIF|SUMPRODUCT|VLOOKUP)\(
    |\$?[A-Z]{1,2}\$?\d+|FALSE|[\d.]+(?:E-\d+)?|[-+*/^(),:<>])*""",
    re.VERBOSE,
)


def pages(reports: Path) -> list[Path]:
    found = sorted(set(reports.rglob("*.html")) - set(mails(reports)))
    assert len(found) == 8, "two pages for each of two projects, three of the whole, the index"
    return found


def mails(reports: Path) -> list[Path]:
    found = sorted(reports.rglob("*-summary.html"))
    assert len(found) == 7, "one beside each report"
    return found


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_there_are_enough_of_them() -> None:
    assert len(set(hostile.STRINGS)) >= 40


def test_every_report_is_made(hostile_reports: dict[str, Any]) -> None:
    for done in hostile_reports.values():
        assert done.code == 0, done.said
        record = json.loads((done.out / "hostile" / "run.json").read_text(encoding="utf-8"))
        assert [e["outcome"] for e in record["reports"].values()] == ["ok"] * 7


def test_nothing_was_added_to_a_page(reports: Path) -> None:
    for path in pages(reports):
        page = soup(path)
        assert {t.name for t in page.find_all()} <= TAGS, path.name
        attributes = {a for t in page.find_all() for a in t.attrs}
        assert not [a for a in attributes if a.startswith("on") or a in ("src", "srcdoc", "action")]
        for link in page.find_all(href=True):
            assert LINKS.match(link["href"]), link["href"]
        for name in ("h1", "main", "head > title", "body"):
            assert len(page.select(name)) == 1, (path.name, name)
        assert len(page.find_all("meta")) == 5
    for path in mails(reports):
        page = soup(path)
        made_of = {"html", "head", "meta", "title", "body", "h1", "p", "ul", "li"}
        assert {t.name for t in page.find_all()} <= made_of, path.name
        assert {a for t in page.find_all() for a in t.attrs} == {"lang", "charset", "style"}


#: Open every disclosure of a page and touch everything on it.
TOUCH = """() => {
  for (const d of document.querySelectorAll('details')) d.open = true;
  for (const e of document.querySelectorAll('main *'))
    for (const n of ['mouseover', 'focus', 'toggle', 'load', 'error', 'click'])
      if (!['A', 'SUMMARY'].includes(e.tagName)) e.dispatchEvent(new Event(n));
}"""


def touched(browser: Any, path: Path) -> tuple[Any, list[str]]:
    """Open a page with scripts and without a policy; return what was hit, and what it said."""
    seen: list[str] = []
    page = browser.new_context(bypass_csp=True).new_page()
    page.on("request", lambda r: seen.append(r.url))
    page.on("console", lambda m: seen.append(f"console: {m.text}"))
    page.on("pageerror", lambda e: seen.append(f"error: {e}"))
    page.on("dialog", lambda d: (seen.append(f"dialog: {d.message}"), d.dismiss()))
    page.goto(path.as_uri())
    page.evaluate(TOUCH)
    page.wait_for_timeout(100)
    hit = page.evaluate("window.hit")
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    page.context.close()
    return hit, seen


def test_no_script_runs(browser: Any, reports: Path, tmp_path: Path) -> None:
    bare = tmp_path / "page.html"
    for path in pages(reports):
        text = path.read_text(encoding="utf-8")
        without = re.sub(r'<meta [^>]*http-equiv="Content-Security-Policy"[^>]*>', "", text)
        assert without != text
        bare.write_text(without, encoding="utf-8")
        hit, seen = touched(browser, bare)
        assert hit is None, path.name
        assert seen == [bare.as_uri()], path.name
    for path in mails(reports):
        assert touched(browser, path) == (None, [path.as_uri()]), path.name


@pytest.mark.parametrize("text", [t for t in hostile.MARKUP if t.startswith(("<s", "<im", "<if"))])
def test_each_of_these_would_run(text: str, browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<main><p>{text}</p></main>", encoding="utf-8")
    hit, seen = touched(browser, path)
    assert hit is not None or len(seen) > 1


def test_texts_are_shown_as_they_are(hostile_reports: dict[str, Any]) -> None:
    from mtf_eval import load

    records = load(hostile_reports["internal"].data)
    title = str(records.table("projects")["title"].iloc[0])
    out = hostile_reports["internal"].out
    for path in pages(out):
        if "script-window" in path.name:
            assert squeezed(title) in squeezed(soup(path).h1.get_text())
            assert squeezed(title) in squeezed(soup(path).title.get_text())
    (report,) = (path for path in pages(out) if path.name.startswith("tlg_report"))
    leadership = squeezed(soup(report).get_text(" "))
    titles = records.table("projects")["title"].iloc[1:]
    missing = [t for t in titles if squeezed(t) not in leadership]
    assert not missing


def test_pages_are_whole(browser: Any, hostile_reports: dict[str, Any]) -> None:
    """Axe, widths and print; the texts may speak of scripts, and all of them together weigh."""
    for path in pages(hostile_reports["public"].out):
        if path.name.startswith(("project_evaluation-script", "index")):
            problems = check_page(browser, path, looks=[("light", 375)]).problems
        else:
            problems = print_check(browser, path)[2] + _wide(browser, path, 320)
        assert not [p for p in problems if "javascript:" not in p and "KiB" not in p], path.name


def test_notebooks_hold_no_markup_of_the_data(reports: Path) -> None:
    books = sorted(reports.rglob("*.ipynb"))
    assert len(books) == 7
    for path in books:
        book = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            source = "".join(cell["source"])
            if "injected-parameters" in cell["metadata"].get("tags", []):
                told = [ast.literal_eval(node.value) for node in ast.parse(source).body]
                assert {t for t in told if "hit=" in str(t)} <= set(hostile.REPORTED)
            else:
                assert "hit=" not in source
            for output in cell.get("outputs", []):
                kinds = set(output.get("data", {}))
                assert not kinds & {"application/javascript", "text/markdown", "text/latex"}
                html = BeautifulSoup("".join(output["data"].get("text/html", "")), "html.parser")
                assert {t.name for t in html.find_all()} <= TAGS
                assert not [a for t in html.find_all() for a in t.attrs if a.startswith("on")]


# Spreadsheets


def sheets(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def turns(text: str) -> bool:
    """Whether a text turns the direction of reading, so that it shows what does not stand there."""
    return any(sign in text for sign in TURNS)


def is_formula(text: str) -> bool:
    bare = text.lstrip(f' \u00a0\u200b\u200c\u200d\u2060\ufeff"\t\r\n{TURNS}')
    if re.fullmatch(r"[-+−]?£?[\d,]*\.?\d+([eE][-+]?\d+)?\s?%?", text.strip()):
        return False
    return len(bare) > 1 and bare[0] in "=+-@|＝＋－＠"


def test_no_formula_in_a_csv(reports: Path) -> None:
    found = sorted(reports.rglob("*.csv"))
    assert len(found) > 50
    cells = [(p.name, cell) for p in found for row in sheets(p) for cell in row]
    assert not [c for c in cells if is_formula(c[1]) or turns(c[1])]
    assert any(cell.startswith("'=33+1") for _, cell in cells)


def test_no_formula_link_or_broken_text_in_a_workbook(reports: Path) -> None:
    found = sorted(reports.rglob("*.xlsx"))
    assert len(found) == 7
    for path in found:
        with zipfile.ZipFile(path) as parts:
            names = parts.namelist()
            assert not [n for n in names if "externalLink" in n or "vba" in n or "embed" in n]
            for name in names:
                text = parts.read(name)
                assert b"<ddeLink" not in text
                outside = re.findall(rb'Target="([^"]+)"[^>]*TargetMode="External"', text)
                assert not outside, (path.name, name, outside)
        for sheet in load_workbook(path):
            assert not re.search(r"[\[\]:*?/\\]", sheet.title)
            cells = [c for row in sheet.iter_rows() for c in row]
            kinds = {c.data_type for c in cells} - {"s", "n", "inlineStr"}
            assert kinds <= ({"f"} if sheet.title in SHEETS else set()), (path.name, sheet.title)
            own = [c for c in cells if c.data_type == "f"]
            assert not [c.value for c in own if not MODEL.fullmatch(c.value)]
            cells = [c for c in cells if c.data_type != "f"]
            texts = [c.value for c in cells if isinstance(c.value, str)]
            assert not [text for text in texts if is_formula(text) or turns(text)]


@pytest.mark.skipif(SOFFICE is None and os.environ.get("CI") != "true", reason="no LibreOffice")
def test_a_spreadsheet_computes_nothing(hostile_reports: dict[str, Any], tmp_path: Path) -> None:
    """LibreOffice reads a CSV and a workbook of ours; what comes out is what went in."""
    folder = next(hostile_reports["internal"].out.rglob("tlg_report*.xlsx")).parent
    sources = [next(folder.glob("projects_by_stage*.csv")), next(folder.glob("*.xlsx"))]
    assert SOFFICE is not None, "LibreOffice is not installed, and CI needs it"
    for source in sources:
        shutil.copy(source, tmp_path)
    everything = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    for source in sources:
        subprocess.run(
            [SOFFICE, "--headless", f"-env:UserInstallation={(tmp_path / 'home').as_uri()}",
             "--convert-to", everything, "--outdir", str(tmp_path / "out"),
             str(tmp_path / source.name)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    told = {c for p in (tmp_path / "out").glob("*.csv") for row in sheets(p) for c in row}
    assert "'=33+1" in {t.strip() for t in told}
    assert not {"34", "35", "-34", "37", "40", "41", "42", "44", "45", "46"} & told
    assert not [t for t in told if t.startswith(("#NAME", "Err:", "#REF"))]


# What is refused or mended where it is read


@pytest.mark.parametrize("what", list(hostile.REFUSED))
def test_what_no_file_can_hold_is_mended_or_refused(what: str, tmp_path: Path) -> None:
    from mtf_eval import load
    from mtf_eval.errors import DataProblems

    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "priority_progress.csv"
    rows = [["priority", "number", "action"], ["1", "1", hostile.REFUSED[what]]]
    (tmp_path / "x" / "projects.csv").write_text("project_id,title\n", encoding="utf-8")
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    (tmp_path / "x" / "projects.csv").unlink()
    activity = "block,measure,period_start,period_end,count,counts_people,as_at\n"
    activity += "visits,visits,2024-01-01,2024-12-31,9,yes,2024-12-31\n"
    (tmp_path / "x" / "activity.csv").write_text(activity, encoding="utf-8")
    if "longer" in what:
        with pytest.raises(DataProblems, match=r"at most 10,000 characters") as refused:
            load(tmp_path / "x")
        assert "far too long" not in str(refused.value)
        return
    shown = str(load(tmp_path / "x").table("priority_progress")["action"].iloc[0])
    assert shown in ("abcde", "ab")


def test_a_file_with_nul_bytes_is_refused(tmp_path: Path) -> None:
    from mtf_eval import load
    from mtf_eval.errors import DataProblems

    (tmp_path / "activity.csv").write_bytes(b"block,measure\nx\x00y,z\n")
    with pytest.raises(DataProblems, match="not text"):
        load(tmp_path)
