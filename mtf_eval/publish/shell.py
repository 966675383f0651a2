"""What every page shares: the style sheet, the templates, its name, the words for its status."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mtf_eval.records.aliases import called

if TYPE_CHECKING:
    from jinja2 import Environment


TEMPLATES = Path(str(files("mtf_eval.publish").joinpath("templates")))
#: Where the work that a report is about may stand, with the words for it.
STATUS = called("report")


def page_name(name: str, rule: str) -> str:
    """Name the page of a report: an internal one says so."""
    return f"{name}-internal.html" if rule == "internal" else f"{name}.html"


def page_of(folder: Path, name: str) -> Path:
    """Return where the page of a report stands, whichever rule it was made by."""
    marked = folder / page_name(name, "internal")
    return marked if marked.exists() else folder / page_name(name, "")


@cache
def css(*names: str) -> str:
    """Return the style sheets named, all by default, without comments and line breaks."""
    folder = TEMPLATES / "mtf" / "static"
    text = "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in names or ("page.css", "elements.css")
    )
    return re.sub(r"/\*.*?\*/|\s*\n\s*", "", text, flags=re.DOTALL)


@cache
def environment() -> Environment:
    """Return the templates, every value escaped."""
    from jinja2 import Environment, FileSystemLoader

    return Environment(
        loader=FileSystemLoader(TEMPLATES / "mtf"), autoescape=True, trim_blocks=True
    )
