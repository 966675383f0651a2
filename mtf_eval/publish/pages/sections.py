"""The sections of a notebook's page: the heading over a cell, those with nothing to show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["heading_before", "tags_of", "without_empty_sections"]


def tags_of(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def heading_before(notebook: NotebookNode, stopped: int | None) -> str:
    """Heading of the section in which a notebook stopped."""
    if stopped is None:
        return ""
    cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in tags_of(c)]
    before = "\n".join(c.source for c in cells[:stopped] if c.cell_type == "markdown")
    headings = re.findall(r"^#{1,3} +(.+)$", before, flags=re.M)
    return headings[-1].strip() if headings else ""


def without_empty_sections(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Leave out headings under which nothing is shown."""
    kept: list[NotebookNode] = []
    shown = 0  # the highest level of heading under which something is shown from here on
    for cell in reversed(cells):
        heading = re.match(r"(#{2,6}) ", cell.source) if cell.cell_type == "markdown" else None
        if heading is None:
            shown = 9 if cell.cell_type == "markdown" or cell.get("outputs") else shown
        elif shown < len(heading[1]):
            continue
        else:
            shown = len(heading[1]) - 1
        kept.append(cell)
    return kept[::-1]
