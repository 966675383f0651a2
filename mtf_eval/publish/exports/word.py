"""A report as a Word document: headings, captions, tables and pictures that Word knows as such.

Made of what the executed notebook shows. Styles, header and footer are those of the template of
the look; what python-docx has no objects for (fields, notes, rows that repeat) goes by its `oxml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.table import CT_Tbl
from docx.section import Section
from docx.shared import Cm, Emu, Length, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph
from nbformat import NotebookNode

from mtf_eval.publish.cells import LONG, NOTE_WORDS, NUMERIC, WIDE, printable, printed, strength
from mtf_eval.publish.exports.files import Block, blocks, opening, picture, source_of
from mtf_eval.publish.look import STYLES, Look

SIZES, LETTER = (Pt(9), Pt(8), Pt(7), Pt(6)), 0.58  # of a table's letters; their width to that
MOST = 60  # rows of a table; the workbook beside has the rest
SHORT = 10  # rows of a table that stays on one sheet
TALLEST = Cm(15)  # of a picture
SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
TABLE = "Report Table"  # a template's own style of this name is used as it is
SIGN = "\N{BLACK SQUARE}"
FIRST_NOTE = 100  # less than the numbers of our notes in the file, more than those of a template
SEPARATORS = (
    f"<w:footnotes {nsdecls('w')}>"
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/>'
    "</w:r></w:p></w:footnote></w:footnotes>"
)
READ = (
    "Tables read, the date each was filled in up to, and the start of the sha256 of what was read "
    "of it:"
)


def write_word(
    notebook: NotebookNode, *, look: Look, run_time: str, corrected: Mapping[str, Any] | None = None
) -> bytes:
    """Return the report as a Word document."""
    return _Writer(notebook, look, run_time).written(run_time, corrected)


class _Writer:
    """One document as it is written, with the numbers and notes given so far."""

    def __init__(self, notebook: NotebookNode, look: Look, run_time: str) -> None:
        self.shown = list(blocks(notebook))
        self.begin, self.look = opening(notebook, look, run_time), look
        self.doc: Doc = Document(BytesIO(look.template) if look.template else None)
        self.numbers = {"Table": 0, "Figure": 0}
        self.notes: dict[str, int] = {}
        self.symbols: dict[str, str] = {}
        self.body = self.doc.element.body
        for child in list(self.body):
            if child.tag != qn("w:sectPr"):
                self.body.remove(child)
        if not look.template:
            _ours(self.doc, look)
        _table_style(self.doc, look)
        edge = self.doc.sections[-1]
        sides = (edge.left_margin or 0) + (edge.right_margin or 0)
        self.width = Emu((edge.page_width or Cm(21)) - sides)

    def written(self, run_time: str, corrected: Mapping[str, Any] | None) -> bytes:
        self._opening(run_time)
        for block in self.shown:
            match block.kind:
                case "prose":
                    self._prose(block.text)
                case "table":
                    self._table(block.data)
                case "figure":
                    self._figure(block)
                case "corrections" if corrected is not None:
                    self._table(corrected)
                case "provenance":
                    self._made(block.data)
                case "page" | "absent" | "model":
                    pass
                case _:
                    self._sentence(block.kind, block.data)
        if self.symbols:
            self._add("Symbols", "Heading 1")
            for symbol, meaning in self.symbols.items():
                self._add(f"{symbol} {meaning}", "List Bullet")
        self._edges()
        if self.notes:
            _add_notes(self.doc, list(self.notes))
        out = BytesIO()
        self.doc.save(out)
        return out.getvalue()

    def _add(self, text: str = "", style: str = "Normal", *, lead: str = "") -> Paragraph:
        """Add a paragraph, which `body` then ends with; `lead` stands before it in bold."""
        paragraph = Paragraph(self.body.add_p(), self.doc)
        paragraph.style = style
        if lead:
            paragraph.add_run(printable(lead)).bold = True
        if text:
            paragraph.add_run(printable(text))
        return paragraph

    @property
    def _last(self) -> Any:
        return self.body.p_lst[-1]

    def _opening(self, run_time: str) -> None:
        begin, facts = self.begin, self.doc.core_properties
        facts.title, facts.author = begin.title[:255], begin.publisher[:255]
        facts.language, facts.subject = "en-GB", begin.period[:255]
        facts.comments = facts.keywords = facts.last_modified_by = ""
        when = datetime.fromisoformat(run_time) if run_time else datetime(2000, 1, 1)
        facts.created = facts.modified = when.replace(tzinfo=None)
        if self.look.logo:
            self._picture(self.look.logo, "Logo", self.look.logo_words, height=Pt(40))
        if begin.banner:
            self._add(lead=begin.banner)
        self._add(begin.title, "Title")
        for text in filter(None, (begin.whose, begin.audience)):
            self._add(text, "Subtitle")
        for mark in begin.marks:
            self._add(lead=mark)
        for text in filter(None, (begin.lead, begin.rule)):
            self._add(text)

    def _prose(self, source: str) -> None:
        from bs4 import BeautifulSoup
        from nbconvert.filters import markdown2html

        soup = BeautifulSoup(markdown2html(source), "html.parser")
        for tag in soup.find_all(["h1", "h2", "h3", "h4", "p", "li"]):
            text = " ".join(tag.get_text(" ").replace("¶", "").split())
            if tag.name[0] == "h":
                self._add(text, f"Heading {min(max(int(tag.name[1]) - 1, 1), 3)}")
            elif tag.name == "li" or tag.find_parent("li") is None:
                self._add(text, "List Bullet" if tag.name == "li" else "Normal")

    def _sentence(self, kind: str, data: Mapping[str, Any]) -> None:
        text = str(data.get("text", ""))
        lead = "In one line: " if kind == "result" else ""
        if kind == "note":
            lead = f"{NOTE_WORDS[data['kind']]}: "
        design = f" {strength(data['maryland'])}." if data.get("maryland") else ""
        self._add(text + design, lead=lead)
        for name, answer in data.get("beside", ()):
            self._add(answer, lead=f"{name}: ")
        for caution in data.get("cautions", ()):
            self._add(str(caution), "List Bullet")

    def _caption(self, word: str, title: str, content: Mapping[str, Any]) -> None:
        """Write a caption that Word numbers, with a note of the source."""
        self.numbers[word] += 1
        caption = self._add(f"{word} ", "Caption")
        caption.paragraph_format.keep_with_next = word == "Table"
        _field(self._last, f"SEQ {word} \\* ARABIC", str(self.numbers[word]))
        caption.add_run(printable(f": {title}"))
        text = source_of(content)
        first = text not in self.notes
        number = self.notes.setdefault(text, len(self.notes) + 1)
        if first:
            self._last.extend(_reference(number))
        else:  # Word numbers a note where it stands first; afterwards it is asked for that number
            _field(self._last, f"NOTEREF _source{number} \\h", str(number), superscript=True)

    def _figure(self, block: Block) -> None:
        told = block.data["figure"]
        if block.key:
            key = self._add()
            for colour, label in block.key:
                key.add_run(f"{SIGN} ").font.color.rgb = _rgb(self.look.coloured(colour))
                key.add_run(printable(f"{label}    ")).font.size = Pt(9)
            key.paragraph_format.keep_with_next = True
        if block.svg:
            across, down = map(float, SIZE.search(block.svg).groups())  # type: ignore[union-attr]
            width = Emu(int(min(self.width, TALLEST * across / down)))
            self._picture(picture(block.svg, self.look), told["title"], told["alt"], width=width)
        self._caption("Figure", f"{told['title']}. {told['subtitle']}", block.data)
        self._under(block.data)

    def _picture(self, image: bytes, title: str, alt: str, **size: Length) -> None:
        """Add a picture with its text alternative."""
        paragraph = self._add()
        paragraph.add_run().add_picture(BytesIO(image), **size)
        paragraph.paragraph_format.keep_with_next = True
        for told in self._last.iter(qn("wp:docPr")):
            told.set("title", printable(title))
            told.set("descr", printable(alt))

    def _table(self, content: Mapping[str, Any]) -> None:
        rows, columns = printed(content), content["columns"]
        names = [c["heading"] or c["name"] for c in columns]
        right = [c["kind"] in NUMERIC for c in columns]
        if len(rows) == 1 and len(columns) > 3:  # headline figures: one under the other
            names, rows = ["Measure", "Value"], [list(p) for p in zip(names, rows[0], strict=True)]
            right = [False, False]
        self._caption("Table", content["title"], content)
        under = []
        for row in rows[:MOST] if len(names) >= WIDE else ():
            for n, text in enumerate(row):
                if len(text) > LONG:
                    under.append(f"{names[n]}, {row[0]}: {text}")
                    row[n] = "see below"
        left_out = len(rows) - MOST
        self._grid(names, rows[:MOST], right, last=content["total_row"] and left_out <= 0)
        if left_out > 0:
            self._add(f"{left_out:,} more rows are in the workbook beside the page.")
        for text in under:
            self._add(text)
        self._under(content)

    def _grid(
        self, names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool],
        *, last: bool = False,
    ) -> None:  # fmt: skip
        """Write a table whose first row is its header, and is repeated on every sheet."""
        size, shares = _shares((names, *rows), self.width)
        grid = CT_Tbl.new_tbl(len(rows) + 1, len(names), self.width)
        widths = [Emu(int(self.width * part)) for part in shares]
        for column, width in zip(grid.tblGrid.gridCol_lst, widths, strict=True):
            column.w = width
        grid.tblStyle_val = self.doc.styles[TABLE].style_id
        for place, (line, texts) in enumerate(zip(grid.tr_lst, (names, *rows), strict=True)):
            settings = line.get_or_add_trPr()
            settings.append(OxmlElement("w:cantSplit"))
            if place == 0:
                settings.append(OxmlElement("w:tblHeader"))
            for cell, text, side, width in zip(line.tc_lst, texts, right, widths, strict=True):
                cell.width = width
                paragraph = Paragraph(cell.p_lst[0], self.doc)
                run = paragraph.add_run(printable(text))
                run.font.size = size
                if place == 0 or (last and place == len(rows)):
                    run.bold = True
                if side:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                paragraph.paragraph_format.space_after = 0
                if place < len(rows) <= SHORT:
                    paragraph.paragraph_format.keep_with_next = True
        self._last.addnext(grid)
        self._add().paragraph_format.space_after = 0

    def _under(self, content: Mapping[str, Any]) -> None:
        self.symbols |= content["symbols"]
        for note in content["notes"]:
            self._add().add_run(printable(note)).font.size = Pt(9)

    def _made(self, data: Mapping[str, Any]) -> None:
        self._add("How this report was made", "Heading 1")
        for name, value in data["parameters"].items():
            self._add(f"{name} = {value or 'not given'}", "List Bullet")
        rows = [[s["table"], f"{s['rows']:,}", s["as_at"], s["content"]] for s in data["sources"]]
        if rows:
            self._add(READ)
            self._grid(("Table", "Rows", "As at", "sha256"), rows, (False, True, False, False))

    def _edges(self) -> None:
        """Put the banner on top of every sheet, and its number at the foot."""
        both = self.doc.settings.odd_and_even_pages_header_footer
        for section in self.doc.sections:
            for top, foot in _sheets(section, both=both):
                top.is_linked_to_previous = foot.is_linked_to_previous = False
                if self.begin.banner:
                    top.add_paragraph(style="Header").add_run(self.begin.banner).bold = True
                root = foot.part.element
                instructions = [*root.iter(qn("w:instrText")), *root.iter(qn("w:fldSimple"))]
                if any("PAGE" in (i.text or i.get(qn("w:instr")) or "") for i in instructions):
                    continue
                numbered = foot.add_paragraph("Page ", style="Footer")
                place = [*root.iter(qn("w:p"))][-1]
                _field(place, "PAGE", "1")
                numbered.add_run(" of ")
                _field(place, "NUMPAGES", "1")


def _shares(lines: Sequence[Sequence[str]], sheet: int) -> tuple[Length, list[float]]:
    """Return the size of a table's letters, and its columns' shares of a sheet's width.

    Each has room for its longest word where that can be, and more of the rest the more it holds.
    """
    held = list(zip(*lines, strict=True))
    words = [max((len(w) for text in column for w in text.split()), default=1) for column in held]
    least = [word + 2.0 for word in words]
    for size in SIZES:
        room = sheet / (size * LETTER) - sum(least)
        if room >= 0:
            break
    more = [max(0, min(max(map(len, c)), 160) - w) ** 0.8 for c, w in zip(held, words, strict=True)]
    spare = max(room, 0) / (sum(more) or 1)
    wanted = [a + b * spare for a, b in zip(least, more, strict=True)]
    return size, [want / sum(wanted) for want in wanted]


def _sheets(section: Section, *, both: bool) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = [(section.header, section.footer)]
    if section.different_first_page_header_footer:
        found.append((section.first_page_header, section.first_page_footer))
    if both:
        found.append((section.even_page_header, section.even_page_footer))
    return found


def _field(paragraph: Any, instruction: str, shown: str, *, superscript: bool = False) -> None:
    """Append a field, with what it shows until Word works it out."""
    raised = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>' if superscript else ""
    paragraph.append(
        parse_xml(
            f'<w:fldSimple {nsdecls("w")} w:instr=" {instruction} "><w:r>{raised}'
            f"<w:t>{shown}</w:t></w:r></w:fldSimple>"
        )
    )


def _reference(number: int) -> list[Any]:
    """Return the sign of a note, in a bookmark that further captions refer to."""
    mark = f'{nsdecls("w")} w:id="{9000 + number}"'
    return [
        parse_xml(f'<w:bookmarkStart {mark} w:name="_source{number}"/>'),
        parse_xml(
            f'<w:r {nsdecls("w")}><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
            f'<w:footnoteReference w:id="{FIRST_NOTE + number}"/></w:r>'
        ),
        parse_xml(f"<w:bookmarkEnd {mark}/>"),
    ]


def _add_notes(doc: Doc, notes: Sequence[str]) -> None:
    """Give the document its notes, beside those that a template may have."""
    own = RELATIONSHIP_TYPE.FOOTNOTES
    held = {k: r.target_part for k, r in doc.part.rels.items() if r.reltype == own}
    kept = [*held.values()]
    root = parse_xml(kept[0].blob if kept else SEPARATORS)
    for number, text in enumerate(notes, start=1):
        root.append(
            parse_xml(
                f'<w:footnote {nsdecls("w")} w:id="{FIRST_NOTE + number}"><w:p><w:r><w:rPr>'
                '<w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r><w:r><w:rPr>'
                f'<w:sz w:val="16"/></w:rPr><w:t xml:space="preserve"> {escape(text)}</w:t></w:r>'
                "</w:p></w:footnote>"
            )
        )
    blob = serialize_part_xml(root)
    name = kept[0].partname if kept else PackURI("/word/footnotes.xml")
    for key in held:
        del doc.part.rels[key]
    doc.part.relate_to(Part(name, CONTENT_TYPE.WML_FOOTNOTES, blob, doc.part.package), own)


def _ours(doc: Doc, look: Look) -> None:
    """Set python-docx's own template in A4 and in the look of the pages."""
    edge = doc.sections[0]
    edge.page_width, edge.page_height = Cm(21), Cm(29.7)
    edge.left_margin = edge.right_margin = Cm(2)
    edge.top_margin = edge.bottom_margin = Cm(2)
    colour = _rgb(look.colours[0])
    sizes = {"Title": 22, "Subtitle": 12, "Heading 1": 16, "Heading 2": 13, "Heading 3": 11}
    for name in STYLES:
        style = doc.styles[name]
        assert isinstance(style, ParagraphStyle)
        style.font.name = look.font or "Arial"
        for fonts in style.element.iter(qn("w:rFonts")):
            for key in [k for k in fonts.attrib if k.endswith("Theme")]:
                del fonts.attrib[key]
        style.font.size = Pt(sizes.get(name, 10))
        style.font.italic = False
        if name in sizes or name == "Caption":
            style.font.color.rgb = colour if name != "Subtitle" else _rgb("#505A5F")
            style.paragraph_format.keep_with_next = name.startswith("Heading")
        if name == "Title":
            for line in [*style.element.iter(qn("w:pBdr"))]:
                line.getparent().remove(line)
    doc.styles["Normal"].paragraph_format.space_after = Pt(6)


def _table_style(doc: Doc, look: Look) -> None:
    """Add the style of tables: fine lines across, a header that stands out."""
    if TABLE in [s.name for s in doc.styles if s.type == WD_STYLE_TYPE.TABLE]:
        return
    style = doc.styles.add_style(TABLE, WD_STYLE_TYPE.TABLE)
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="B1B4B6"/>'
                    for side in ("top", "bottom", "insideH"))  # fmt: skip
    for xml in (
        f"<w:tblPr {nsdecls('w')}><w:tblBorders>{lines}</w:tblBorders><w:tblCellMar>"
        '<w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>',
        f'<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
        f'<w:bottom w:val="single" w:sz="12" w:color="{look.colours[0][1:]}"/></w:tcBorders>'
        "</w:tcPr></w:tblStylePr>",
    ):
        style.element.append(parse_xml(xml))


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.lstrip("#").upper())
