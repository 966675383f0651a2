"""What an attacker reads in a published file: figures, names, titles, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtf_eval.publish.disclosure import published
from mtf_eval.publish.disclosure.published import Figure, Grid, read_grids, release_named


def read(folder: Path, text: str, name: str = "t.csv") -> list[Grid]:
    (folder / name).write_text(text, encoding="utf-8")
    return read_grids(folder)


@pytest.mark.parametrize(
    ("printed", "value", "decimals"),
    [
        ("5", 5, 0),
        ("1,250", 1250, 0),
        ("£1,234,567.50", 1234567.5, 2),
        ("-£3", -3, 0),
        ("−3.25", -3.25, 2),
        ("–4", -4, 0),
        ("+12", 12, 0),
        ("12%", 12, 0),
        ("3.2 %", 3.2, 1),
        ("\u00a05", 5, 0),  # trimmed as a blank is
        ("6\u00a0%", 6, 0),
        ("'-7", -7, 0),  # as files write what a spreadsheet might take for a formula
    ],
)
def test_figures_however_printed(tmp_path: Path, printed: str, value: float, decimals: int) -> None:
    (made,) = read(tmp_path, f'Agency,Number\nA,"{printed}"\nB,"[c]"\nC,"[k]"\nD,"[x]"\n')
    assert (made.file, made.title, made.rows) == ("t.csv", "t", ("a", "b", "c", "d"))
    assert made.cells == ((Figure(value, decimals),), ("[c]",), ("[k]",), (None,))
    assert made.hidden


@pytest.mark.parametrize("words", ["about 5", "5 people", "1.5.2", "£", "2021-03", "5-7"])
def test_a_column_with_other_words_names_its_rows(tmp_path: Path, words: str) -> None:
    (made,) = read(tmp_path, f"Agency,Said,Number\nA,{words},3\nB,7,4\n")
    assert made.columns == ("number",)
    assert made.rows == (f"a | {words.lower()}", "b | 7")
    assert not made.hidden


def test_titles_headings_and_short_rows(tmp_path: Path) -> None:
    text = ("A title,\nand more,\nPeriod_of,Accepted [note 3],Cost (£),Due\n"
            "2021-03-01,4,5.50,[z]\n\n,,\n2021-04-01 00:00:00,3\nnote below\n")  # fmt: skip
    (made,) = read(tmp_path, text)
    assert (made.title, made.columns) == ("t A title and more", ("accepted", "cost"))
    assert made.rows == ("march 2021", "april 2021")
    assert made.cells == ((Figure(4), Figure(5.5, 2)), (Figure(3), None))


def test_years_name_rows_and_are_no_counts(tmp_path: Path) -> None:
    (made,) = read(tmp_path, "Year,People\n2020,12\n2021,14\n")
    assert (made.columns, made.rows) == (("people",), ("2020", "2021"))
    (made,) = read(tmp_path, "People,Cost\n2020,12\n1721,14\n")
    assert made.columns == ("people", "cost"), "one of them is no year of ours"
    assert made.rows == ("", "")


@pytest.mark.parametrize("text", ["", "alone\n", "Agency,People\n", "Agency,Said\nA,no\nB,yes\n"])
def test_what_holds_no_figures_is_no_table(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == []


def test_of_several_run_records_the_first_by_its_path_says_the_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders are listed in any order."""
    for name, rule in (("a", "public"), ("b", "internal"), ("c", "local")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(f'{{"release": "{rule}"}}')
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda *given: reversed(sorted(listed(*given))))
    assert release_named(tmp_path) == "public"


def test_copies_are_read_once_and_other_tables_of_one_shape_are_not(tmp_path: Path) -> None:
    rows = "<tr><th>Agency</th><th>People</th></tr><tr><td>A</td><td>{}</td></tr>"
    page = "".join(f"<table><caption>C</caption>{rows.format(n)}</table>" for n in (8, 9, 8))
    cards = "<dl><dt>Received</dt><dd>188</dd><dd>of all</dd><dt>Rejected</dt><dd>57</dd></dl>"
    loose = "<dl><dt>Received</dt><dt>Rejected</dt><dd>58</dd></dl>"
    made = read(tmp_path, page + cards + loose, "a.html")
    assert [(g.title, g.cells) for g in made] == [
        ("C", ((Figure(8),),)), ("C", ((Figure(9),),)), ("a", ((Figure(188), Figure(57)),)),
    ]  # fmt: skip
    assert (made[2].columns, made[2].rows) == (("received", "rejected"), ("headline",))
    assert len(read(tmp_path, "Agency,People\nA,8\n", "b.csv")) == 3
    assert len(read(tmp_path, "Agency,People\nB,8\n", "b.csv")) == 4


def test_the_first_run_record_that_names_a_rule_names_it(tmp_path: Path) -> None:
    assert published.release_named(tmp_path) is None
    for name, text in (("a", '{"dataset": "a"}'), ("b", '{"release": "local"}'),
                       ("c", '{"release": "public"}')):  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text, "utf-8")
    assert published.release_named(tmp_path) == "local"


def test_tables_of_a_document_each_have_the_words_before_them(tmp_path: Path) -> None:
    from docx import Document

    book = Document()
    for words in ("One", "Two"):
        book.add_paragraph(words)
        book.add_paragraph("  ")
        table = book.add_table(2, 2)
        for cell, text in zip((*table.rows[0].cells, *table.rows[1].cells),
                              ("Agency", "People", words, "[c]"), strict=True):  # fmt: skip
            cell.text = text
    book.save(str(tmp_path / "d.docx"))
    assert [*published.document(tmp_path / "d.docx")] == [
        (words, [["Agency", "People"], [words, "[c]"]]) for words in ("One", "Two")
    ]


def test_tables_of_a_slide_have_its_title(tmp_path: Path) -> None:
    from pptx import Presentation
    from pptx.util import Cm

    deck = Presentation()
    for words in ("Referrals, 2021", ""):
        slide = deck.slides.add_slide(deck.slide_layouts[5 if words else 6])
        if words:
            slide.shapes.title.text = words
        table = slide.shapes.add_table(2, 2, Cm(1), Cm(5), Cm(9), Cm(3)).table
        for cell, text in zip(table.iter_cells(), ("Agency", "People", "A", "[c]"), strict=True):
            cell.text = text
    deck.save(str(tmp_path / "s.pptx"))
    rows = [["Agency", "People"], ["A", "[c]"]]
    assert [*published.slides(tmp_path / "s.pptx")] == [("Referrals, 2021", rows), ("", rows)]
