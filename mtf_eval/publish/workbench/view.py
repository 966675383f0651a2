"""A result that shows itself in a notebook, by the release rule of the report it stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from mtf_eval.analysis.counts.groups import coarser
from mtf_eval.analysis.results.findings import alt
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.publish.charts.style import Chart
from mtf_eval.publish.disclosure.release import Disclosure, Released
from mtf_eval.publish.display.elements import (
    Element,
    NoteKind,
    corrections,
    figure,
    headline,
    headline_result,
    note,
    page,
    provenance,
    table,
)
from mtf_eval.records.dataset import Dataset

if TYPE_CHECKING:
    from matplotlib.axes import Axes


BLANK = "Nothing is drawn, as no figure of the picture is shown."
LONGEST = 600  # characters of a result in plain text: what a terminal shows


class View:
    """A result: a table, a picture of it, a sentence, or several of these.

    `made` is the table, or makes it when it is looked at; `words` say it in a sentence, or are a
    function of the released table; `draw` makes the picture of that; with `cards` its one row is
    shown as cards. Where the records do not carry it, it shows the reason as one plain line.
    """

    def __init__(
        self,
        made: Table | Callable[[], Table] | None = None,
        *,
        words: str | Callable[[Released], str] = "",
        draw: Callable[[Released], Chart] | None = None,
        cards: bool = False,
        kind: NoteKind = "note",
    ) -> None:
        self._made, self._words, self._draw = made, words, draw
        self._cards, self._kind = cards, kind
        self._own: Axes | None = None

    @cached_property
    def table(self) -> Table:
        """The table behind it, before release."""
        if self._made is None:
            raise NotEnoughData("a sentence has no table")
        return self._made() if callable(self._made) else self._made

    @property
    def frame(self) -> pd.DataFrame:
        """A plain copy of the table, one row a line, before release."""
        return self.table.frame.copy()

    @cached_property
    def released(self) -> Released:
        """The table as the report's rule lets it be shown."""
        return disclosure()(self.table)

    def sentence(self) -> str:
        """Say the result in words; the table's title where it has no finding of its own."""
        try:
            return self._said() or self.table.title
        except NotEnoughData as error:
            return f"{error}."

    def _said(self) -> str:
        return self._words(self.released) if callable(self._words) else self._words

    @property
    def is_drawn(self) -> bool:
        """Whether it has a picture."""
        return self._draw is not None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture and return its Axes, to restyle or to put beside others.

        Parameters
        ----------
        ax
            Where to draw; a figure of its own where it is left out.

        Raises
        ------
        BadArgument
            Where the result has no picture.
        """
        if self._draw is None:
            raise BadArgument("this result has no picture; draw one from its `.frame`")
        return self._draw(self.released).plot(ax)

    def shown_as(self, ax: Axes) -> View:
        """Return the same result with an Axes of yours as its picture; words and data stay."""
        other = View(self.table, words=self._words, draw=self._draw, kind=self._kind)
        other._own = ax
        return other

    def element(self) -> Element:
        """Return what stands on the page."""
        try:
            said = self._said()
            if self._made is None:
                return note(said, self._kind)
            if self._draw is not None and not self.released.frame.empty:
                chart = self._draw(self.released)
                if chart.blank and self._own is None:
                    return joined(note(BLANK), table(self.released))
                return figure(chart if self._own is None else chart.shown_as(self._own))
            if self.released.frame.empty:
                return note(_ended(said), self._kind) if said else table(self.released)
            shown = headline(self.released) if self._cards else table(self.released)
        except NotEnoughData as error:
            return note(_ended(str(error)))
        return joined(note(_ended(said), self._kind), shown) if said else shown

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return self.element()._repr_mimebundle_()

    def __repr__(self) -> str:
        said = self.sentence()
        return f"{said[:LONGEST]} ..." if len(said) > LONGEST else said


class Absent(View):
    """What there is not, in one plain line; left out of a page, which has said so before."""

    def __init__(self, words: str) -> None:
        super().__init__(words=words)

    def element(self) -> Element:
        """Return the line."""
        said = _ended(self.sentence())
        return Element("absent", f"<p><em>{escape(said)}</em></p>", said, {"text": said})


class Line(View):
    """The main result in one line, for the page and the index, with the strength of its design.

    `status` is where the work stands; `beside` are names and lines that stand under it.
    """

    def __init__(
        self,
        words: str,
        *,
        level: int | None = None,
        status: str = "complete",
        beside: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(words=words)
        self._level, self._status = level, status
        self._beside = [(name, text) for name, text in beside if text]

    def element(self) -> Element:
        """Return the line."""
        return headline_result(self.sentence(), self._level, self._status, self._beside)


class Several(View):
    """Results that are read together. Shows each; what there is not is left out.

    `frame` and `plot` are of the first part that has them.
    """

    def __init__(self, *parts: View) -> None:
        super().__init__(lambda: self._first().table)
        self.parts = parts

    def _first(self) -> View:
        return next((p for p in self.parts if not isinstance(p, Absent)), self.parts[0])

    def sentence(self) -> str:
        """Say each in words."""
        return " ".join(_ended(part.sentence()) for part in self.parts)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture of the first part that has one."""
        drawn = [part for part in self.parts if part.is_drawn]
        return (drawn[0] if drawn else self._first()).plot(ax)

    def element(self) -> Element:
        """Return all of them as one."""
        shown = [part.element() for part in self.parts]
        return joined(*_present(shown) or shown[:1])


class Beside(Several):
    """Results that stand side by side where the page is wide enough."""

    def element(self) -> Element:
        """Return them side by side."""
        columns = _present([part.element() for part in self.parts])
        made = "".join(f"<div>{column.html}</div>" for column in columns)
        return replace(super().element(), html=f'<div class="mtf-beside">{made}</div>')


def drawing(
    shape: Callable[..., Chart],
    x: str,
    named: dict[str, str],
    title: Callable[[pd.DataFrame], str],
    subtitle: str,
    *,
    kind: str = "Bar chart",
    **look: Any,
) -> Callable[[Released], Chart]:
    """Return what draws a table by `x`, and says of its columns `named` what is highest and lowest.

    `title` says what is found in the frame shown; `{}` in `subtitle` is the table's own title.
    """
    return lambda released: shape(
        released,
        x=x,
        title=title(released.frame),
        subtitle=subtitle.format(released.table.title),
        alt=alt(released.frame, label=x, columns=named, kind=kind),
        **look,
    )


def _present(shown: list[Element]) -> list[Element]:
    return [element for element in shown if element.kind != "absent"]


def joined(*elements: Element) -> Element:
    """Return several elements as one that keeps what each of them holds."""
    if len(elements) == 1:
        return elements[0]
    parts = [
        part
        for e in elements
        for part in (e.data["parts"] if e.kind == "several" else [{"kind": e.kind, "data": e.data}])
    ]
    html, text = "".join(e.html for e in elements), "\n".join(e.text for e in elements)
    return Element("several", html, text, {"parts": parts})


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


class Report:
    """A report at work: whose records it is of, by which rule they are released, what it was given.

    Shows the head of the page.
    """

    def __init__(
        self,
        records: Dataset,
        kind: str,
        *,
        title: str,
        period: str,
        release: str,
        counts: Iterable[str],
        parameters: Mapping[str, object],
        group: str = "",
    ) -> None:
        self.kind, self.title, self.period = kind, title, period
        self.disclosure = Disclosure(release, counts=counts)
        #: The records as the report counts them: coarser where it was asked for and is public.
        self.records = coarser(records, self.disclosure.rule, group)
        self.parameters = dict(parameters)
        self.by_hand: list[str] = []
        _open[:] = [self]

    def corrections(self) -> Element:
        """Leave the place where corrections of published figures are listed."""
        return corrections()

    def made_by(self) -> Element:
        """Close the report: how it was made, and what in it was changed by hand."""
        changed = tuple(dict.fromkeys(self.by_hand))
        return provenance(self.records, self.disclosure, self.parameters, changed)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return page(
            title=self.title,
            period=self.period,
            data=self.records,
            disclosure=self.disclosure,
            kind=self.kind,
        )._repr_mimebundle_()

    def __repr__(self) -> str:
        return f"{self.title} ({self.period}), released by the rule {self.disclosure.rule.name}"


_open: list[Report] = []


def disclosure() -> Disclosure:
    """Return the release of the report at work; every figure where none was opened yet."""
    return _open[0].disclosure if _open else Disclosure("internal")


def changed_by_hand(what: str) -> None:
    """Have the report at work say that something in it was changed by hand."""
    for report in _open:
        report.by_hand.append(what)
