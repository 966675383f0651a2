"""The template folder: the style sheet as one string, the templates that are not a notebook's.

Renders nothing itself.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["TEMPLATES", "css", "environment"]

TEMPLATES = Path(str(files("mtf_eval.publish").joinpath("templates")))


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
