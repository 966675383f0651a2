"""Picture of steps that lead to one another: a box each, with what is on record of it."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Unpack

from mtf_eval.publish.charts import style
from mtf_eval.publish.charts.style import Chart, Words, finish, shown
from mtf_eval.publish.disclosure.release import Released
from mtf_eval.publish.look import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP, LINE, HEAD = 24, 16, 44  # pixels between boxes, of a line of text, above the first one


def chain(released: Released, *, x: str, y: str, **words: Unpack[Words]) -> Chart:
    """Draw a box for each row, in order, with an arrow to the next one; on a phone one below it."""
    names, texts = shown(released, x), shown(released, y)
    across = (style.WIDE - GAP * (len(names) - 1)) / len(names)
    wrapped = [
        [
            [line for item in text.split("; ") for line in wrap(f"• {item}", letters)]
            for text in texts
        ]
        for letters in (int(across / 7), 44)
    ]
    deep = [HEAD + LINE * max(map(len, wrapped[0]))] * len(names)
    down = [HEAD + LINE * len(lines) for lines in wrapped[1]]

    def paint(axes: Axes, narrow: bool) -> None:
        from matplotlib.patches import Rectangle

        style.margins(axes, left=0, right=0, top=0, bottom=0)
        axes.set_xlim(0, style.NARROW if narrow else style.WIDE)
        axes.set_ylim(sum(down) + GAP * (len(down) - 1) if narrow else deep[0], 0)
        axes.axis("off")
        left = top = 0.0
        for place, (name, lines) in enumerate(zip(names, wrapped[narrow], strict=True)):
            width, height = (style.NARROW, down[place]) if narrow else (across, deep[place])
            corner = (left + 1, top + 1)
            box = Rectangle(corner, width - 2, height - 2, fc="#F3F2F1", ec=PALETTE[0])
            axes.add_patch(box)
            axes.text(left + 8, top + 20, name, fontweight="bold", color=PALETTE[0])
            for n, line in enumerate(lines):
                axes.text(left + 8, top + HEAD + LINE * n, line, fontsize=style.SIZE - 1)
            end = (width / 2, top + height) if narrow else (left + width, 30)
            left, top = (0.0, top + height + GAP) if narrow else (left + width + GAP, 0.0)
            if place < len(names) - 1:
                tip = (width / 2, top) if narrow else (left, 30)
                axes.annotate("", tip, end, arrowprops={"arrowstyle": "->", "color": style.INK})

    tall = sum(down) + GAP * (len(down) - 1)
    return finish(released, paint, **words, height=deep[0], narrow_height=tall)
