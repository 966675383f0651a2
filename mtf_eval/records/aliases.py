"""Other spellings of agencies, headings, sheets and listed values, and how codes are written out.

Data, not code: spellings stand in `data/reference/aliases.csv`, to which a data set adds its own in
a table `aliases`, words for codes in `data/reference/words.csv`. Folds spellings, decides nothing
about values that have no alias.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from mtf_eval.records.home import REFERENCE, read_rows

CHANGED_AREAS = "lsoa_2011_2021_changed.csv"
#: What is no text, and what a terminal takes for colours, titles and character sets.
UNSEEN = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]+[0-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
#: Spaces, quotes and dashes of typesetters; the last two are dropped.
_PLAIN = str.maketrans(
    "\u00a0\u2007\u202f\u2009\u2018\u2019\u201c\u201d\u2010\u2011\u2012\u2013\u2014\u2212",
    "    ''\"\"------",
    "\u200b\ufeff",
)
_INITIALS = re.compile(r"(?<![\w.])[a-z](?:\.[a-z])+(?!\w)")


def plain(text: str) -> str:
    """Return text with plain spaces, quotes and dashes, and no space around it."""
    return re.sub(r"\s+", " ", re.sub(UNSEEN, "", text.translate(_PLAIN))).strip()


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """Return what two spellings of one name have in common: letters and digits, lower case."""
    words = plain(text).casefold().replace("&", " and ").replace("£", " gbp ")
    words = _INITIALS.sub(lambda found: found[0].replace(".", ""), words)  # a.s.b. as asb
    return " ".join(re.findall(r"\w+", words.replace("'", "").replace("_", " ")))


@dataclass(frozen=True, slots=True)
class Aliases:
    """Names by scope and folded spelling."""

    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def find(self, scope: str, text: str) -> str | None:
        """Return the name that a spelling stands for, `None` when it is not known."""
        return self.names.get((scope, fold(text)))

    def spellings(self, scope: str, name: str) -> list[str]:
        """Return the spellings that stand for a name, folded."""
        return [alias for (of, alias), known in self.names.items() if of == scope and known == name]

    def extended(self, rows: Iterable[tuple[str, str, str]]) -> Aliases:
        """Return these with rows of (scope, alias, name) added; a name stands for itself."""
        added = [(scope, fold(alias), fold(name), name) for scope, alias, name in rows]
        given = {(scope, alias): name for scope, alias, _, name in added}
        own = {(scope, self_): name for scope, _, self_, name in added}
        return Aliases({**self.names, **own, **given})


@cache
def packaged() -> Aliases:
    """Return the aliases that come with the package."""
    rows = read_rows(REFERENCE / "aliases.csv")
    return Aliases().extended((row["scope"], row["alias"], row["name"]) for row in rows)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for row in read_rows(REFERENCE / "words.csv"):
        words.setdefault(row["scope"], {})[row["code"]] = row["words"]
    return words


def called(scope: str) -> dict[str, str]:
    """Return the words for each code of a scope, such as the stages of a project, in order."""
    return dict(_words()[scope])
