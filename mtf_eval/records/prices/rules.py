"""The disclosure rules, dated and sourced: which counts of people are few, and how others round.

Data and their checks only; applied in `publish.disclosure.release`. What is few is asked here by
every module that needs to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mtf_eval.errors import BadArgument, RunRefused
from mtf_eval.records.home import REFERENCE, read_rows

FILE = "disclosure_rules.csv"
#: A hidden count that can only be one of fewer values is held to be given away.
FEWEST = 4
#: Names of the first edition, and of other bodies' rules that `public` is at least as strict as.
ALIASES = {"nhs": "public", "opensafely": "public", "local_lt5": "local"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A disclosure profile: counts of 0 to `hide_up_to` people are hidden, the others rounded."""

    name: str
    hide_up_to: int
    round_to: int
    sentence: str
    banner: str = ""
    source: str
    edition: str

    def __post_init__(self) -> None:
        thresholds = (self.hide_up_to, self.round_to)
        if any(type(n) is not int or n < 1 for n in thresholds) and thresholds != (0, 0):
            raise BadArgument(f"rule {self.name}: thresholds are whole numbers of 1 or more")
        if not all(text.strip() for text in (self.source, self.edition, self.sentence)):
            raise BadArgument(f"rule {self.name}: source, edition and sentence must be given")

    @property
    def off(self) -> bool:
        """Whether the rule lets everything through."""
        return self.hide_up_to == 0

    @property
    def room(self) -> int:
        """How far rounding moves a count at most."""
        return max(0, (self.round_to - 1) // 2)

    def shown(self, count: int) -> int | None:
        """Return a count of people as it may be shown; `None` where it is hidden."""
        if self.off:
            return count
        base = self.round_to
        return None if count <= self.hide_up_to else (2 * count + base) // (2 * base) * base

    def may_split(self, total: int, parts: Iterable[int]) -> bool:
        """Whether parts may be shown beside their total, one by one, each by this rule.

        Not where there are two parts or two shown ones and any is hidden, nor where a reader who
        knew the total to the last person could narrow a hidden part to fewer than `FEWEST` values.
        """
        counts = list(parts)
        shown = [s for n in counts if (s := self.shown(n)) is not None]
        hidden = len(counts) - len(shown)
        if self.off or not hidden or len(counts) < 2 or total <= self.hide_up_to:
            return True
        if len(counts) == 2 or len(shown) == 2:
            return False
        room, least = self.room, self.hide_up_to + 1
        most = total - sum(max(s - room, least) for s in shown)
        fewest = total - sum(s + room for s in shown) - self.hide_up_to * (hidden - 1)
        return min(most, self.hide_up_to) - max(fewest, 0) + 1 >= FEWEST


@cache
def read_rules(path: Path = REFERENCE / FILE) -> Mapping[str, Rule]:
    """Read the profiles; without the file, or with one that lacks a value, nothing is released."""
    if not path.exists():
        raise RunRefused(f"{path.name} is missing: without rules nothing can be released")
    rows = read_rows(path)
    try:
        return {row["name"]: _rule(row) for row in rows}
    except BadArgument as error:
        raise RunRefused(f"{path.name}: {error}") from None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise RunRefused(f"{path.name}: a profile is not complete ({kind})") from None


def _rule(row: Mapping[str, str]) -> Rule:
    words = {key: row[key] for key in ("name", "sentence", "banner", "source", "edition")}
    hide, base = row["hide_up_to"].strip(), row["round_to"].strip()
    if not hide and not base and words["banner"]:
        return Rule(hide_up_to=0, round_to=0, **words)
    if int(hide) == int(base) == 0:
        raise BadArgument(f"rule {row['name']}: thresholds are whole numbers of 1 or more")
    return Rule(hide_up_to=int(hide), round_to=int(base), **words)


def rule_of(release: str) -> Rule:
    """Return a rule by its name or one that is taken for it."""
    name = ALIASES.get(release, release)
    if name not in (rules := read_rules()):
        raise BadArgument(f"release={release!r}: expected one of {', '.join(rules)}")
    return rules[name]


@cache
def few() -> int:
    """Return the fewest people that no rule hides: below it a number of people is few."""
    return 1 + max(rule.hide_up_to for rule in read_rules().values())
