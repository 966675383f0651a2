"""The attacker: works out hidden counts from what was published, where that can be done.

Reads a folder of reports as a stranger would and asks for each hidden count what it could still
be, by linear programming over two things at once: what holds between printed figures (`Attacker`),
and the log behind the tables of referrals (`Log`). It knows what a reader knows: how the rule hides
and rounds, that nobody is decided before being received, when the log starts. It shares no code
with the release.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mtf_eval.errors import BadArgument
from mtf_eval.publish.disclosure.attacker import Attacker, Reach, Rule
from mtf_eval.publish.disclosure.feasible import CEILING
from mtf_eval.publish.disclosure.published import read_grids, release_named, told

KNOWN = {
    **dict.fromkeys(("public", "nhs", "opensafely"), Rule(high=7, base=5)),
    "local": Rule(high=4, base=5),
    # The first edition hid 1 to 4, and larger counts beside them, and rounded none.
    "local_lt5": Rule(high=CEILING, base=1),
}


def reach(
    folder: Path | str,
    previous: Path | str | None = None,
    *,
    release: str | None = None,
    apart: int | None = None,
) -> Reach:
    """Try to work out every hidden count in a folder of published reports.

    `folder` is as published, folders below included; `previous` the edition before, under whatever
    rule it names; `release` the rule the figures went through, by default as the run record says;
    `apart` how many referrals the log is known to have grown by since.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadArgument(f"{folder.name}: not a folder")
    sets = {p.parent: json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*/run.json"))}
    if len({run.get("dataset") for run in sets.values()}) == len(sets) > 1:
        # Data sets beside one another hold other records under the same titles.
        counts, unsolved = [], 0
        for each in sets:
            earlier = Path(previous or each) / each.name
            known = earlier if previous is not None and earlier.is_dir() else None
            found = reach(each, known, release=release, apart=apart)
            counts += [replace(k, file=f"{each.name}/{k.file}") for k in found.counts]
            unsolved += found.unsolved
        return Reach(counts=tuple(counts), unsolved=unsolved)
    name = release or release_named(folder) or "public"
    if name == "internal":
        return Reach(counts=())
    if name not in KNOWN:
        raise BadArgument(f"release={name!r}: expected one of internal, {', '.join(KNOWN)}")
    grids = read_grids(folder)
    rules = [KNOWN[name]] * len(grids)
    own, reason = len(grids), "the other figures"
    if previous is not None:
        before = read_grids(Path(previous))
        grids, reason = [*grids, *before], "the other figures and an earlier edition"
        rules += [KNOWN.get(release_named(Path(previous)) or name, KNOWN[name])] * len(before)
    return Attacker(grids, rules, own, apart=apart, told=told(folder)).reach(reason)
