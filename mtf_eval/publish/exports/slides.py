"""The leadership report as at most six slides: charts that can be edited, notes with sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from nbformat import NotebookNode
from pptx import Presentation
from pptx.chart.data import ChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.enum.text import PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Length, Pt

from mtf_eval.publish.cells import printable, printed
from mtf_eval.publish.exports.files import (
    Block,
    blocks,
    cards_among,
    figures,
    opening,
    said,
    source_of,
)
from mtf_eval.publish.look import PALETTE, Look

WIDTH, HEIGHT, EDGE = Inches(13.333), Inches(7.5), Inches(0.6)
TOP, ROOM = Inches(1.6), Inches(4.9)  # of what stands under a title
LONGEST = 110  # characters of a title; the notes have the whole
ROWS, CELL = 13, 140  # of a table, and characters of its cells
NAME = 80  # characters of what stands beside a bar, unless its claim is longer
MONEY = "£#,##0"
CLAIM = "What the records show"  # stands beside every bar: a doubt is drawn with its figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A slide: the table it shows, by how its name begins or ends, and the columns it shows."""

    table: str
    columns: tuple[str, ...] = ()
    drawn: Any = None


SHOWN = (
    Told(table="decisions"),
    Told(table="referrals_by_month", drawn=XL_CHART_TYPE.COLUMN_STACKED),
    Told(table="projects_by_stage",
         columns=("Project", "Stage", "Rating", "Result", "Next milestone")),
    Told(table="_standing", columns=("Present value by the records (£)",),
         drawn=XL_CHART_TYPE.BAR_CLUSTERED),
    Told(table="budget", columns=("Awarded (£)", "Cash cost on record (£)"),
         drawn=XL_CHART_TYPE.BAR_CLUSTERED),
)  # fmt: skip


def write_slides(notebook: NotebookNode, *, look: Look, run_time: str) -> bytes:
    """Return the report as slides."""
    return _Deck(notebook, look, run_time).written()


class _Deck:
    def __init__(self, notebook: NotebookNode, look: Look, run_time: str) -> None:
        self.look, self.begin = look, opening(notebook, look, run_time)
        self.shown = list(blocks(notebook))
        self.deck: Any = Presentation()
        self.deck.slide_width, self.deck.slide_height = WIDTH, HEIGHT

    def written(self) -> bytes:
        facts = self.deck.core_properties
        facts.title = self.begin.title[:255]
        facts.author = facts.last_modified_by = self.begin.publisher[:255]
        facts.language = "en-GB"
        self._opening()
        for told in SHOWN:
            for block in self.shown:
                name = str(block.data.get("name", ""))
                if name.startswith(told.table) or name.endswith(told.table):
                    if block.data["rows"]:
                        self._slide_of(told, block)
                    break
        out = BytesIO()
        self.deck.save(out)
        return out.getvalue()

    def _slide(self, title: str, notes: Sequence[str]) -> Any:
        """Add a slide with its title, banner and notes."""
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[5])
        heading = slide.shapes.title
        heading.left, heading.top, heading.width, heading.height = (
            EDGE, Inches(0.45), Emu(WIDTH - 2 * EDGE), Inches(1.0),
        )  # fmt: skip
        self._write(heading.text_frame, said([title], LONGEST), 28, bold=True, colour=PALETTE[0])
        if self.begin.banner:
            self._text(slide, self.begin.banner, EDGE, Inches(0.1), 12, bold=True)
        place = f"{self.begin.period}   {len(self.deck.slides)}"
        self._text(slide, place, EDGE, Inches(6.95), 12, colour="#505A5F")
        whole = [title] if len(title) > LONGEST else []
        said_of_all = (*self.begin.marks, self.begin.rule)
        text = "\n".join(printable(t) for t in (*whole, *notes, *said_of_all) if t)
        slide.notes_slide.notes_text_frame.text = text
        return slide

    def _opening(self) -> None:
        begin = self.begin
        cards = cards_among((b.kind, b.data) for b in self.shown)
        slide = self._slide(begin.title, self._notes(cards) if cards else [])
        told = (*begin.marks, begin.whose, begin.audience)
        under = said([f"{t.rstrip('.')}." for t in told if t], 400)
        self._text(slide, under, EDGE, Inches(1.4), 14, colour="#505A5F")
        result = next((b.data["text"] for b in self.shown if b.kind == "result"), "")
        self._text(slide, said([result], 400), EDGE, Inches(2.1), 20)
        if cards:
            rows = figures(cards)
            half = -(-len(rows[:12]) // 2)
            for place, part in enumerate((rows[:half], rows[half:12])):
                if part:
                    left = Emu(EDGE + place * Inches(6.2))
                    self._table(slide, ["Figure", "Value"], part, left, Inches(3.5), Inches(5.9))
        if self.look.logo:
            logo = slide.shapes.add_picture(
                BytesIO(self.look.logo), Emu(WIDTH - Inches(2)), Inches(0.2), height=Inches(0.6)
            )
            _describe(logo, self.look.logo_words)

    def _slide_of(self, told: Told, block: Block) -> None:
        content = block.data
        figure = content.get("figure", {})
        title = figure.get("title") or content["title"]
        slide = self._slide(title, self._notes(content))
        if told.drawn is not None and self._chart(slide, told, block):
            return
        names = [c["heading"] for c in content["columns"]]
        kept = [n for n in range(len(names)) if not told.columns or names[n] in told.columns]
        kept = kept if len(kept) > 1 else list(range(min(len(names), 6)))
        rows = [[said([row[n]], CELL) for n in kept] for row in printed(content)]
        more = f"{len(rows) - ROWS} more rows are in the report." if len(rows) > ROWS else ""
        self._table(slide, [names[n] for n in kept], rows[:ROWS], EDGE, TOP, Emu(WIDTH - 2 * EDGE))
        if more:
            self._text(slide, more, EDGE, Inches(6.6), 12)

    def _notes(self, content: Mapping[str, Any]) -> list[str]:
        figure = content.get("figure", {})
        symbols = [f"{s}: {meaning}." for s, meaning in content["symbols"].items()]
        told = [figure.get("subtitle", content["title"]), figure.get("alt", "")]
        return [*told, source_of(content), *content["notes"], *symbols]

    def _chart(self, slide: Any, told: Told, block: Block) -> bool:
        """Add a chart of the table's own figures; `False` where none can be drawn."""
        content, columns = block.data, block.data["columns"]
        wanted = told.columns or tuple(label for _, label in block.key)
        drawn = [n for n, c in enumerate(columns) if c["heading"] in wanted]
        texts, raw = printed(content), content["rows"]
        if content["total_row"]:
            texts, raw = texts[:-1], raw[:-1]
        kept = [n for n, row in enumerate(raw) if {_held(row[c]) for c in drawn} - {None}]
        values = [[_held(raw[n][c]) for n in kept] for c in drawn]
        if not any(v for series in values for v in series):
            return False
        across = told.drawn == XL_CHART_TYPE.BAR_CLUSTERED
        if not across:  # months stay where they are, with a gap for what is not shown
            kept = list(range(len(raw)))
            values = [[_held(row[c]) for row in raw] for c in drawn]
        told_of = [(n, v) for n, v in zip(drawn, values, strict=True) if set(v) - {None}]
        kind = columns[drawn[0]]["kind"]
        also = [n for n, c in enumerate(columns) if c["heading"] == CLAIM]
        make: Any = ChartData
        data = make(number_format=MONEY if kind == "money" else "#,##0")
        data.categories = [_named(*(texts[n][c] for c in (0, *also))) for n in kept]
        for place, series in told_of:
            data.add_series(printable(columns[place]["heading"]), series)
        box = (EDGE, TOP, Emu(WIDTH - 2 * EDGE), ROOM)
        frame = slide.shapes.add_chart(told.drawn, *box, data)
        chart = frame.chart
        chart.has_title = False
        chart.has_legend = len(told_of) > 1
        if chart.has_legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        chart.font.size, chart.font.name = Pt(14), self.look.font or "Arial"
        plot = chart.plots[0]
        plot.gap_width, plot.has_data_labels = 50, True
        plot.data_labels.show_value = True
        # Parts of nought have no bar to stand in.
        plot.data_labels.number_format = MONEY if kind == "money" else "#,##0;;"
        plot.data_labels.number_format_is_linked = False
        plot.data_labels.font.size = Pt(12)
        chart.value_axis.has_major_gridlines = False
        chart.value_axis.visible = False
        if across:
            chart.category_axis.reverse_order = True
            plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
        else:
            plot.data_labels.font.color.rgb = self._rgb("#FFFFFF")
        for colour, one in zip(PALETTE, plot.series, strict=False):
            one.format.fill.solid()
            one.format.fill.fore_color.rgb = self._rgb(colour)
            one.invert_if_negative = False
        without = [texts[n][0].split(" ")[0] for n in range(len(raw)) if n not in kept]
        symbols = "; ".join(f"{s} {meaning}" for s, meaning in content["symbols"].items())
        gone = [columns[n]["heading"] for n in drawn if n not in dict(told_of)]
        under = [
            f"Without figures: {', '.join([*without, *gone])}." if without or gone else "",
            f"Where a bar is missing: {symbols}." if symbols else "",
        ]
        figure = content.get("figure", {})
        _describe(
            frame, figure.get("alt") or f"Bars: {content['title']}. The notes have the source."
        )
        self._text(slide, said([*filter(None, under)], 220), EDGE, Inches(6.5), 12)
        return True

    def _table(
        self,
        slide: Any,
        names: Sequence[str],
        rows: Sequence[Sequence[str]],
        left: Length,
        top: Length,
        width: Length,
    ) -> None:
        longest = [max(len(r[n]) for r in (names, *rows)) for n in range(len(names))]
        parts = [min(max(n, 9) + 4, 60) for n in longest]
        size = 14 if len(rows) <= 7 else 12
        box = slide.shapes.add_table(len(rows) + 1, len(names), left, top, width, Inches(0.3))
        grid = box.table
        for place, part in enumerate(parts):
            grid.columns[place].width = Emu(int(width * part / sum(parts)))
        for down, row in enumerate((names, *rows)):
            for across, text in enumerate(row):
                cell = grid.cell(down, across)
                cell.margin_top = cell.margin_bottom = Pt(2)
                cell.fill.solid()
                cell.fill.fore_color.rgb = self._rgb(PALETTE[0] if down == 0 else "#FFFFFF")
                colour = "#FFFFFF" if down == 0 else "#0B0C0C"
                self._write(cell.text_frame, text, size, bold=down == 0, colour=colour)
        _describe(box, f"Table: {', '.join(names)}")

    def _text(
        self, slide: Any, text: str, left: Length, top: Length, size: int, **look: Any
    ) -> None:
        box = slide.shapes.add_textbox(left, top, Emu(WIDTH - 2 * EDGE), Inches(0.3))
        box.text_frame.word_wrap = True
        self._write(box.text_frame, text, size, **look)

    def _write(
        self, frame: Any, text: str, size: int, *, bold: bool = False, colour: str = "#0B0C0C"
    ) -> None:
        frame.word_wrap = True
        frame.text = printable(text)
        for paragraph in frame.paragraphs:
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.font.size, paragraph.font.bold = Pt(size), bold
            paragraph.font.name = self.look.font or "Arial"
            paragraph.font.color.rgb = self._rgb(colour)

    def _rgb(self, colour: str) -> Any:
        known: Any = RGBColor
        return known.from_string(self.look.coloured(colour)[1:].upper())


def _held(value: object) -> float | None:
    return value if isinstance(value, (int, float)) else None


def _named(title: str, *claim: str) -> str:
    """Name a bar: what may be said of it stands whole, and its title as long as there is room."""
    whole = "".join(f": {printable(text)}" for text in claim)
    return said([title], max(NAME - len(whole), NAME // 2)) + whole


def _describe(shape: Any, words: str) -> None:
    """Give a picture, table or chart its text alternative."""
    for told in shape.element.iter(qn("p:cNvPr")):
        told.set("descr", printable(words))
