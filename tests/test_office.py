"""Word, slides and summaries of real runs: what Word knows of them; they say what pages say."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import made_up
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table
from made_up import cell, disclosure
from nbformat.v4 import new_notebook
from openpyxl import load_workbook
from pptx import Presentation
from pypdf import PdfReader
from typed_here import typed

from mtf_eval.analysis.results.columns import column
from mtf_eval.analysis.results.tables import Column
from mtf_eval.analysis.results.tables import Table as Shown
from mtf_eval.errors import DataProblems
from mtf_eval.publish.disclosure.published import read_grids
from mtf_eval.publish.display import elements
from mtf_eval.publish.exports.files import summary, write_exports
from mtf_eval.publish.exports.slides import write_slides
from mtf_eval.publish.exports.word import write_word
from mtf_eval.publish.look import PALETTE, STYLES, Look, read_look

HOME = Path(__file__).parent.parent
WHEN = "2026-01-05T10:00:00+00:00"
KINDS = ("annual_review", "benefit_analysis", "dashboard", "data_quality", "project_evaluation",
         "tlg_report")  # fmt: skip


def run(*arguments: str, home: Path = HOME) -> subprocess.CompletedProcess[str]:
    return typed("run", *arguments, cwd=home)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[SimpleNamespace]:
    """Every kind of report, of two projects, public, and of the published figures, internal."""
    home = tmp_path_factory.mktemp("office")
    two = ("--project", "EX01", "--project", "EX03", "--year", "2024", "--period", "2024-H2")
    every = [word for kind in KINDS for word in ("--report", kind)]
    public = ("--release", "public", "--out", str(home / "public"))
    done = [
        run("data/example", *two, *every, *public, "--docx", "--pptx"),
        run("data/thanet_2021", "--out", str(home / "internal"), "--docx", "--pptx"),
    ]
    assert [d.returncode for d in done] == [0, 0], done[0].stderr + done[1].stderr
    made = []
    for page in sorted(home.glob("*/*/*.html")):
        folder = page.parent / page.stem.removesuffix("-internal")
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        slides, word = folder / f"{page.stem}.pptx", folder / f"{page.stem}.docx"
        made.append(
            SimpleNamespace(
                name=page.stem, folder=folder, soup=soup, word=word, doc=Document(str(word)),
                slides=slides if slides.exists() else None, internal="-internal" in page.stem,
            )
        )  # fmt: skip
    return made


def styled(doc: Any, start: str) -> list[str]:
    return [p.text for p in doc.paragraphs if p.style.name.startswith(start)]


def texts(soup: Any, wanted: str) -> list[str]:
    return [" ".join(tag.get_text(" ").split()) for tag in soup.select(wanted)]


def captions(doc: Any) -> list[str]:
    """Captions with the numbers Word keeps in fields, which are no runs."""
    return [
        "".join(t.text or "" for t in p._p.iter(qn("w:t")))
        for p in doc.paragraphs
        if p.style.name == "Caption"
    ]


def test_every_kind_of_report_has_its_document(reports: list[SimpleNamespace]) -> None:
    assert {re.match("[a-z_]+", r.name)[0].rstrip("_") for r in reports} == set(KINDS)
    assert [r.name for r in reports if r.slides] == ["tlg_report-2024-H2"]


def test_headings_are_those_of_the_page(reports: list[SimpleNamespace]) -> None:
    for report in reports:
        assert styled(report.doc, "Title") == texts(report.soup, "h1"), report.name
        own = {"Contents", "Download", "Related reports", "Symbols"}
        page = [t for t in texts(report.soup, "main h2") if t not in own]
        word = [t for t in styled(report.doc, "Heading 1") if t not in own]
        assert word == page, report.name


def test_captions_are_numbered_by_word_in_order(reports: list[SimpleNamespace]) -> None:
    for report in reports:
        for kind in ("Table", "Figure"):
            said = [c for c in captions(report.doc) if c.startswith(f"{kind} ")]
            fields = report.doc.element.body.iter(qn("w:fldSimple"))
            counted = [f for f in fields if f"SEQ {kind} " in f.get(qn("w:instr"))]
            assert [c.split(":")[0] for c in said] == [
                f"{kind} {n}" for n in range(1, len(counted) + 1)
            ], report.name


def test_every_picture_has_the_words_of_the_page(reports: list[SimpleNamespace]) -> None:
    for report in reports:
        body = report.doc.element.body
        described = [told.get("descr") for told in body.iter(qn("wp:docPr"))]
        assert described == texts(report.soup, "svg.mtf-wide > desc"), report.name
    assert sum(len(r.doc.inline_shapes) for r in reports) > 20


def test_every_table_has_a_header_row_that_is_repeated(reports: list[SimpleNamespace]) -> None:
    for report in reports:
        for table in report.doc.tables:
            rows = table._tbl.tr_lst
            marked = [any(True for _ in row.iter(qn("w:tblHeader"))) for row in rows]
            assert marked == [True] + [False] * (len(rows) - 1)
            assert table.style.name == "Report Table"


def test_every_source_is_a_numbered_note_said_once(reports: list[SimpleNamespace]) -> None:
    for report in reports:
        part = next(p for p in report.doc.part.package.iter_parts() if "footnotes" in p.partname)
        soup = BeautifulSoup(part.blob, "xml")
        notes = {n["w:id"]: n.get_text().strip() for n in soup.find_all("footnote")}
        referred = [
            r.get(qn("w:id")) for r in report.doc.element.body.iter(qn("w:footnoteReference"))
        ]
        own = {number: text for number, text in notes.items() if text}
        assert list(own) == referred
        assert len(set(own.values())) == len(own)
        assert all(text.startswith("Source: ") for text in own.values())
        body = report.doc.element.body
        again = [f.get(qn("w:instr")) for f in body.iter(qn("w:fldSimple"))]
        marks = {b.get(qn("w:name")) for b in body.iter(qn("w:bookmarkStart"))}
        assert {i.split()[1] for i in again if "NOTEREF" in i} <= marks
        assert len(referred) + sum("NOTEREF" in i for i in again) == len(captions(report.doc))


def test_sheets_are_numbered_and_internal_ones_say_so(reports: list[SimpleNamespace]) -> None:
    for report in reports:
        section = report.doc.sections[0]
        foot = [
            f.get(qn("w:instr")).strip()
            for f in section.footer.part.element.iter(qn("w:fldSimple"))
        ]
        assert foot == ["PAGE", "NUMPAGES"]
        top = " ".join(p.text for p in section.header.paragraphs)
        assert ("not for publication" in top) == report.internal
        said = " ".join(p.text for p in report.doc.paragraphs[:3])
        assert ("not for publication" in said) == report.internal
        if "EX0" in report.name:
            assert "made up" in " ".join(p.text for p in report.doc.paragraphs[:8])


def page_tables(soup: Any) -> dict[str, list[list[list[str]]]]:
    """Tables of a page by caption; cards as a table of two columns, under nothing."""
    found: dict[str, list[list[list[str]]]] = {}
    for shape in soup.select("main table [aria-hidden]"):
        shape.extract()  # the shape of a rating; its word stays
    for table in soup.select("main table"):
        rows = [texts(row, "th, td") for row in table.select("tr")]
        found.setdefault(" ".join(table.caption.get_text(" ").split()), []).append(rows)
    return found


def alike(rows: list[list[str]], page: list[list[str]], below: str) -> bool:
    """Whether the cells are those of the page, long ones of wide tables under the table."""
    if [len(r) for r in rows] != [len(r) for r in page]:
        return False
    pairs = [pair for r, p in zip(rows, page, strict=True) for pair in zip(r, p, strict=True)]
    return all(w == p or (w == "see below" and len(p) > 160 and p in below) for w, p in pairs)


def test_numbers_are_those_of_the_page(reports: list[SimpleNamespace]) -> None:
    compared = cards = 0
    for report in reports:
        on_page, title = page_tables(report.soup), ""
        below = " ".join(" ".join(p.text for p in report.doc.paragraphs).split())
        shown = [texts(dl, "dt, dd:not(.mtf-under)") for dl in report.soup.select("dl")]
        for block in report.doc.iter_inner_content():
            if not isinstance(block, Table):
                said = "".join(t.text or "" for t in block._p.iter(qn("w:t")))
                title = said if block.style.name == "Caption" else title
                continue
            rows = [[" ".join(c.text.split()) for c in r.cells] for r in block.rows]
            named = re.sub(r"^Table \d+: ", "", title)
            same = next((on_page[n] for n in (named, named[:-1], named[:-2]) if n in on_page), [])
            if same:
                tall = [[["Measure", "Value"], *map(list, zip(*t, strict=True))] for t in same]
                both = [*(t[: len(rows)] for t in same), *tall]
                assert any(alike(rows, t, below) for t in both), (report.name, named)
                compared, title = compared + 1, ""
            elif rows[0] == ["Measure", "Value"]:
                told = {(k.split(" (")[0], v.split(" ")[0]) for k, v in rows[1:]}
                pairs = [zip(d[::2], d[1::2], strict=True) for d in shown]
                one = [{(k.split(" (")[0], v.split(" ")[0]) for k, v in p} for p in pairs]
                assert any(d and d <= told for d in one), (report.name, named)
                cards += 1
    assert compared > 60
    assert cards >= 4


@pytest.mark.slow
def test_libreoffice_opens_all_of_them(reports: list[SimpleNamespace], tmp_path: Path) -> None:
    office = shutil.which("soffice")
    assert office, "install libreoffice-writer-nogui and libreoffice-impress-nogui"
    files = [r.word for r in reports] + [r.slides for r in reports if r.slides]
    own = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, own, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files],
        capture_output=True, check=True, timeout=300,
    )  # fmt: skip
    for report in reports:
        if not report.slides:
            pages = PdfReader(tmp_path / f"{report.name}.pdf").pages
            text = " ".join(" ".join(p.extract_text().split()) for p in pages)
            assert texts(report.soup, "h1")[0] in text
            assert f"Page {len(pages)} of {len(pages)}" in text
            assert "Source: " in text
    assert 1 < len(PdfReader(tmp_path / "tlg_report-2024-H2.pdf").pages) <= 6


def test_slides_are_few_native_and_sourced(reports: list[SimpleNamespace]) -> None:
    report = next(r for r in reports if r.slides)
    slides = list(Presentation(str(report.slides)).slides)
    assert 3 <= len(slides) <= 6
    printed = {text for text in texts(report.soup, "td, th, dd")}
    charts = 0
    for slide in slides:
        assert slide.shapes.title.text_frame.text
        assert "Source: " in slide.notes_slide.notes_text_frame.text
        for shape in slide.shapes:
            assert shape.shape_type != 13  # a picture of a chart
            if shape.has_chart:
                charts += 1
                assert shape.element.xpath(".//p:cNvPr")[0].get("descr")
                book = load_workbook(BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob))
                (sheet,) = book.worksheets
                held = [
                    c
                    for row in sheet.iter_rows(min_row=2, min_col=2, values_only=True)
                    for c in row
                ]
                figures = [c for c in held if c is not None]
                assert figures
                assert all(f"{c:,.0f}" in printed or f"£{c:,.0f}" in printed for c in figures)
                series = [v for s in shape.chart.plots[0].series for v in s.values if v is not None]
                assert sorted(series) == sorted(figures)
    assert charts >= 3


def test_summaries_are_half_a_page_and_say_what_the_page_says(
    reports: list[SimpleNamespace],
) -> None:
    qualified = 0
    for report in reports:
        text = (report.folder / f"{report.name}-summary.txt").read_text(encoding="utf-8")
        html = (report.folder / f"{report.name}-summary.html").read_text(encoding="utf-8")
        body = BeautifulSoup(html, "html.parser").body
        assert body is not None
        assert " ".join(body.get_text(" ").split()) == " ".join(re.sub("(?m)^- ", "", text).split())
        assert len(text.split()) <= 300  # half a sheet in 11 point
        assert max(map(len, text.splitlines())) <= 72
        assert not re.search("<script|<img|<link|http", html)
        assert f"The whole report: {report.name}.html" in " ".join(text.split())
        assert ("not for publication" in text) == report.internal
        lines = [li.get_text() for li in body.select("li")]
        asked = "Asked:" in text
        cards = report.soup.select(".mtf-headline > dl > div")
        assert cards or asked or not lines, report.name
        for card in cards:
            heading, value, *under = texts(card, "dt, dd")
            told = [value.split(" ")[0], *under]  # a unit stands after it on the page
            for line in (t for t in lines if t.startswith((f"{heading}:", f"{heading} ("))):
                assert all(t in line for t in told), report.name
                qualified += len(under)
        assert report.soup.find("a", href=f"{report.folder.name}/{report.name}-summary.txt")
    assert qualified >= 8


def test_nothing_is_made_twice(reports: list[SimpleNamespace]) -> None:
    out = next(r for r in reports if r.internal).folder.parent.parent
    assert "Nothing has changed" in run("data/thanet_2021", "--out", str(out), "--docx").stdout
    (page,) = out.glob("*/annual_review-2021-internal.html")
    assert page.exists()


def test_the_attacker_reads_them_all(tmp_path: Path) -> None:
    book = made_up.notebook("public")
    given: dict[str, Any] = {"look": Look(), "run_time": WHEN}
    (tmp_path / "a.docx").write_bytes(write_word(book, **given))
    (tmp_path / "b.pptx").write_bytes(write_slides(decks("public"), **given))
    (tmp_path / "c.txt").write_text(summary(book, page="a.html", **given)[0], encoding="utf-8")
    grids = {grid.file: grid for grid in read_grids(tmp_path)}
    assert set(grids) == {"a.docx", "b.pptx", "c.txt"}
    (chart,) = [g for g in read_grids(tmp_path) if g.file == "b.pptx" and "accepted" in g.columns]
    place = chart.columns.index("accepted")
    values = {
        n[:3]: r[place].value for n, r in zip(chart.rows, chart.cells, strict=True) if r[place]
    }
    # 12, 4, 18, 14, 9, 13, 20, 7, 11, 2, 11, 12 under the public rule, by hand
    assert values == {
        **{"jan": 10, "mar": 20, "apr": 15, "may": 10, "jun": 15},
        **{"jul": 20, "sep": 10, "nov": 10, "dec": 10},
    }


def decks(release: str, title: str = "Report to the leadership group") -> Any:
    """A leadership report of made-up months, as its notebook would hold it."""
    out = disclosure(release)
    head = elements.page(
        title=title, period="2021-H2", data=made_up.dataset(), disclosure=out,
        kind="tlg_report", lead="",
    )  # fmt: skip
    figure = made_up.notebook(release).cells[4]
    return new_notebook(cells=[cell(head), made_up.notebook(release).cells[1], figure])


def test_no_count_of_people_comes_through_that_the_rule_hides() -> None:
    given: dict[str, Any] = {"look": Look(), "run_time": WHEN}
    slides = Presentation(BytesIO(write_slides(decks("public"), **given)))
    held = [
        shape.chart.part.chart_workbook.xlsx_part.blob
        for slide in slides.slides for shape in slide.shapes if shape.has_chart
    ]  # fmt: skip
    numbers = {
        c
        for blob in held
        for sheet in load_workbook(BytesIO(blob)).worksheets
        for row in sheet.iter_rows(values_only=True)
        for c in row
        if isinstance(c, (int, float))
    }
    assert numbers
    assert all(n % 5 == 0 and n >= 10 for n in numbers)


def test_a_title_of_200_characters() -> None:
    title = "A very long title of a report " * 7
    book = decks("internal", title)
    word = Document(BytesIO(write_word(book, look=Look(), run_time=WHEN)))
    assert styled(word, "Title") == [title]
    first = Presentation(BytesIO(write_slides(book, look=Look(), run_time=WHEN))).slides[0]
    shown = first.shapes.title.text_frame.text
    assert len(shown) <= 110
    assert shown.endswith("…")
    assert title.strip() in first.notes_slide.notes_text_frame.text
    text, _ = summary(book, page="a.html", look=Look(), run_time=WHEN)
    assert len(" ".join(text.split("\n\n")[0].split())) <= 200


def pounds_table(name: str, rows: list[tuple[Any, ...]], *columns: Column) -> Shown:
    frame = pd.DataFrame(rows, columns=[c.name for c in columns])
    frame = frame.astype({c.name: "float64" for c in columns if c.kind == "money"})
    return Shown(name=name, title="Pounds", frame=frame, columns=columns, source="made up")


def test_figures_of_an_email_keep_what_qualifies_them() -> None:
    note = "95% interval −£1,210 to £1,930; the estimate, of which no saving can be claimed"
    one = pounds_table(
        "benefit_headline", [(8.0, None)],
        column("money", "value", "Present value of benefits", note=note),
        column("money", "bcr", "For each £1"),
    )  # fmt: skip
    given: dict[str, Any] = {"page": "a.html", "look": Look(), "run_time": WHEN}
    book, out = (
        new_notebook(cells=[cell(elements.table(disclosure("internal")(one)))]),
        disclosure("internal"),
    )
    assert "- " not in summary(book, **given)[0]  # a table of one row is no headline
    book.cells.append(cell(elements.headline(out(one))))
    told = " ".join(summary(book, **given)[0].split())
    assert f"- Present value of benefits (£): £8 ({note})" in told
    assert "- For each £1: [x] (not available)" in told


def test_a_bar_keeps_its_claim_and_nought_is_a_figure() -> None:
    doubt = "Doubtful: look at: trend before the start (falling 3% a month), months that look short"
    title = "EX05 A very long title of a project on the estate and along the whole of the sea front"
    pounds = pounds_table(
        "projects_2024_h2_standing",
        [(title, doubt, 120.0), ("EX06 Garages", "Not shown", 0.0), ("EX07 Piers", "Begun", None)],
        column("label", "project", "Project"), column("text", "claim", "What the records show"),
        column("money", "value", "Present value by the records (£)"),
    )  # fmt: skip
    spent = pounds_table(
        "budget_2024_h2", [("EX05", 500.0, 0.0), ("EX06", 0.0, 0.0)],
        column("label", "project", "Project"), column("money", "awarded", "Awarded (£)"),
        column("money", "cash", "Cash cost on record (£)"),
    )  # fmt: skip
    book, out = decks("internal"), disclosure("internal")
    book.cells += [cell(elements.table(out(each))) for each in (pounds, spent)]
    deck = Presentation(BytesIO(write_slides(book, look=Look(), run_time=WHEN)))
    first, second = [
        (slide, s.chart.plots[0]) for slide in deck.slides for s in slide.shapes
        if s.has_chart and s.chart.plots[0].categories[0].startswith("EX05")
    ]  # fmt: skip
    shown, other = first[1].categories
    assert shown.startswith("EX05 A very long title of")
    assert shown.endswith(f"…: {doubt}")
    assert other == "EX06 Garages: Not shown"
    assert [list(s.values) for s in first[1].series] == [[120.0, 0.0]]
    without = [s.text_frame.text for s in first[0].shapes if s.has_text_frame]
    assert any(t.startswith("Without figures: EX07.") for t in without)
    assert [list(s.values) for s in second[1].series] == [[500.0, 0.0], [0.0, 0.0]]
    under = [s.text_frame.text for s in second[0].shapes if s.has_text_frame]
    assert not any("Without figures" in t for t in under)


def test_changed_by_hand_leaves_with_every_document(tmp_path: Path) -> None:
    changed = ["comparison areas E01 and E02 in place of five", "method did"]
    book = decks("internal")
    made = elements.provenance(made_up.dataset(), disclosure("internal"), {}, by_hand=changed)
    book.cells.append(cell(made))
    told = "Changed by hand in its notebook: comparison areas E01 and E02 in place of five; method"
    given: dict[str, Any] = {"look": Look(), "run_time": WHEN}
    word = Document(BytesIO(write_word(book, **given)))
    assert any(p.text.startswith(told) and p.runs[0].bold for p in word.paragraphs[:6])
    first = Presentation(BytesIO(write_slides(book, **given))).slides[0]
    assert any(told in s.text_frame.text for s in first.shapes if s.has_text_frame)
    for text in summary(book, page="a.html", **given):
        assert told in " ".join(text.split())
    cover = load_workbook(write_exports(book, tmp_path, "book")[0])["Cover"]
    assert any(str(c.value).startswith(told) for c in cover["A"])


# An own look


def template(tmp_path: Path, lacking: str = "") -> Path:
    doc = Document()
    doc.styles["Heading 1"].font.name = "Georgia"
    doc.sections[0].header.paragraphs[0].text = "Our partnership"
    doc.add_paragraph("An example of how it looks")
    if lacking:
        element = doc.styles[lacking].element
        element.getparent().remove(element)
    tmp_path.mkdir(exist_ok=True)
    doc.save(str(tmp_path / "template.docx"))
    return tmp_path


def test_a_template_lends_its_styles_and_edges(tmp_path: Path) -> None:
    look = read_look(template(tmp_path))
    doc = Document(BytesIO(write_word(made_up.notebook(), look=look, run_time=WHEN)))
    assert doc.styles["Heading 1"].font.name == "Georgia"
    top = [p.text for p in doc.sections[0].header.paragraphs]
    assert top[0] == "Our partnership"
    assert "not for publication" in top[1]
    assert not any("An example of how" in p.text for p in doc.paragraphs)


def test_a_template_without_the_styles_stops_the_run(tmp_path: Path) -> None:
    data = tmp_path / "thanet"
    shutil.copytree(HOME / "data" / "thanet_2021", data)
    template(data / "reference", lacking="Caption")
    done = run(str(data), "--out", str(tmp_path / "out"), "--docx")
    assert done.returncode == 2
    assert "template.docx: found no paragraph style Caption" in done.stderr
    assert "take the file away to have ours" in done.stderr
    assert not (tmp_path / "out").exists()
    (data / "reference" / "template.docx").write_bytes(b"no package")
    with pytest.raises(DataProblems, match="cannot be opened; expected a"):
        read_look(data / "reference")


def test_faults_of_a_look_are_told_together(tmp_path: Path) -> None:
    bright = ["#FFEE00", *PALETTE[1:]]
    (tmp_path / "look.toml").write_text(
        f'colours = {bright}\nfount = "Gill Sans"\nlogo = "none.png"\nmembers = "Chair"\n',
        encoding="utf-8",
    )
    with pytest.raises(DataProblems) as told:
        read_look(tmp_path)
    text = str(told.value)
    # White on #FFEE00: (1 + 0.05) / (0.8256 + 0.05), by the formula of WCAG 2.2
    assert (
        "look.toml, colours, 1: found #FFEE00, a contrast of 1.2:1; expected a darker one" in text
    )
    assert "look.toml, fount: found not known" in text
    assert "look.toml, logo: found not there" in text
    assert "look.toml, members: found no list" in text
    (tmp_path / "look.toml").write_text("members = ['KENT\\Police']\n", encoding="utf-8")
    with pytest.raises(DataProblems, match="members: found no list of such texts; expected a list"):
        read_look(tmp_path)
    assert "(KENT\\Police)" in Look(members=("KENT\\Police",)).dressed(
        '<p class="mtf-period">2024</p>', "tlg_report"
    )


def test_a_look_is_on_page_document_and_summary(tmp_path: Path) -> None:
    import base64

    from mtf_eval.publish.pages.exporter import render

    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAAB"
    (tmp_path / "logo.png").write_bytes(base64.b64decode(f"{dot}JRU5ErkJggg=="))
    own = ["#004D40", *PALETTE[1:]]
    (tmp_path / "look.toml").write_text(
        f'colours = {own}\nfont = "Gill Sans"\nlogo = "logo.png"\nlogo_words = "A lighthouse"\n'
        'leadership_group = "Safer Coast Board"\nmembers = ["Chair", "Police"]\n',
        encoding="utf-8",
    )
    look, book = read_look(tmp_path), decks("internal")
    page = render(book, run_time=WHEN, look=look)
    assert "#12436d" not in page.lower()
    assert "#004D40" in page
    assert '"Gill Sans",Arial' in page
    assert 'alt="A lighthouse"' in page
    for text in (page, summary(book, page="a.html", look=look, run_time=WHEN)[0]):
        assert "For the Safer Coast Board (Chair; Police)" in " ".join(text.split())
    doc = Document(BytesIO(write_word(book, look=look, run_time=WHEN)))
    assert str(doc.styles["Heading 1"].font.color.rgb) == "004D40"
    assert {doc.styles[name].font.name for name in STYLES} == {"Gill Sans"}
    alt = [told.get("descr") for told in doc.element.body.iter(qn("wp:docPr"))]
    assert alt[0] == "A lighthouse"
