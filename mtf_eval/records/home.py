"""Where notebooks, reference values and example data are: the checkout, or as installed."""

from __future__ import annotations

from pathlib import Path

__all__ = ["HOME", "PACKAGE"]

PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = PACKAGE.parent
#: The folder that holds `notebooks` and `data`.
HOME = _CHECKOUT if (_CHECKOUT / "data/reference/aliases.csv").is_file() else PACKAGE / "_home"
