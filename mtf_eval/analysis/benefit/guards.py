"""What a benefit must not do: count twice, lean on one rare event, or claim without a comparison.

The pairs of unit costs that hold one another are reference data; every refusal is returned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from itertools import permutations
from typing import Literal, NamedTuple

from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.project.overlaps import overlaps, same_people, targets_of
from mtf_eval.records.dataset import Dataset, once
from mtf_eval.records.prices.reference import Reference
from mtf_eval.records.prices.unit_costs import UnitCost

Action = Literal["refuse", "warn", "alone"]
WIDE = 3.0  # warned about: a high end so many times the low end (or no room below the default)


class Finding(NamedTuple):
    """A named rule that spoke: what it did, to which row, and why."""

    rule: str
    action: Action
    source_row: str
    text: str


class Guarded(NamedTuple):
    """Lines that count, lines shown alone, and what the rules found."""

    lines: tuple[Line, ...]
    alone: tuple[Line, ...]
    findings: tuple[Finding, ...]


def _about(line: Line, rule: str, text: str, action: Action = "warn") -> Finding:
    return Finding(rule, action, line.source_row, text)


def _codes(line: Line, reference: Reference) -> frozenset[str]:
    """Return what a rule may name a line by: its code and its kind.

    For a figure of the user's copy also our code of the same entry, and kind and label as one.
    """
    cost = line.unit_cost
    assert cost is not None
    codes = {line.code, f"kind:{cost.category}"}
    if cost.verified == "user-copy":
        codes |= {c.code for c in reference.unit_costs.values() if c.entry == cost.entry}
        codes.add(re.sub(r"[^a-z0-9]+", "_", f"{cost.category}_{cost.label}".lower()))
    return frozenset(codes)


def _matches(codes: Iterable[str], patterns: str) -> bool:
    return any(fnmatchcase(code, each) for code in codes for each in patterns.split("|"))


def apart(cost: UnitCost) -> str:
    """Say why a unit cost stands in no total; nothing where it may."""
    if cost.role == "input":
        return f"{cost.label} is what it costs to act; it is no benefit and is left out."
    if cost.rare:
        return (
            f"{cost.label}: one such event outweighs everything else and is shown alone, outside "
            "every total."
        )
    return ""


def guard(lines: Iterable[Line], reference: Reference) -> Guarded:
    """Take out what may not be counted and say so.

    Two lines about people are held to describe the same people (`same_people` in the table);
    a line about places and one about people may not, and are then usually only warned about.
    """
    kept: list[Line] = []
    alone: list[Line] = []
    findings: list[Finding] = []
    for line in sorted(lines, key=lambda each: each.order):
        cost = line.unit_cost
        if cost is None or not (text := apart(cost)):
            kept.append(line)
        elif cost.role == "input":
            findings.append(_about(line, "costs_among_benefits", text, "refuse"))
        else:
            alone.append(line)
            findings.append(_about(line, "rare_dear_event", text, "alone"))
    kept, overlaps = _overlaps(kept, reference)
    findings += [*overlaps, *_cautions(kept, reference)]
    return Guarded(tuple(kept), tuple(alone), tuple(findings))


def _overlaps(lines: list[Line], reference: Reference) -> tuple[list[Line], list[Finding]]:
    findings: list[Finding] = []
    refused: set[int] = set()
    benefits = [(i, line) for i, line in enumerate(lines) if line.unit_cost]
    codes = {i: _codes(line, reference) for i, line in benefits}
    for rule in reference.tables["double_counting"]:
        for i, first in benefits:
            if i in refused or not _matches(codes[i], rule["first"]):
                continue
            for j, second in benefits:
                # A crime is of the kind crime itself: a rule never sets a code against itself.
                if j in refused or i == j or first.code == second.code:
                    continue
                if not _matches(codes[j], rule["second"]):
                    continue
                both_ways = _matches(codes[j], rule["first"]) and _matches(codes[i], rule["second"])
                if both_ways and j < i:
                    continue
                same = first.route == second.route == "people"
                action = rule["same_people"] if same else rule["otherwise"]
                if action == "refuse":
                    refused.add(j)
                did = "it is left out" if action == "refuse" else "check that they do not overlap"
                text = f"{second.label} beside {first.label}: {rule['why']}; {did}."
                done: Action = "refuse" if action == "refuse" else "warn"
                findings.append(_about(second, rule["rule"], text, done))
    for (i, first), (j, second) in permutations(benefits, 2):
        if first.code != second.code or second.route != "people" or {i, j} & refused:
            continue
        if first.route == "places":
            text = f"{second.label} is claimed for places and for people: check that none is both."
            findings.append(_about(second, "same_outcome_on_both_routes", text))
        elif i < j:
            rows = f"{first.source_row} and {second.source_row.removeprefix('outcomes ')}"
            text = f"{second.label} is claimed in {rows}: check that they are not the same people."
            findings.append(_about(second, "same_outcome_twice", text))
    return [line for i, line in enumerate(lines) if i not in refused], findings


def _cautions(lines: Sequence[Line], reference: Reference) -> Iterator[Finding]:
    """Warn of gross figures and of unit costs whose source must be checked or is superseded."""
    for line in lines:
        cost = line.unit_cost
        if cost is None:
            continue
        if line.gross:
            text = f"{line.label}: gross. There is no comparison and no deadweight, so what would "
            text += "have happened anyway is still in it."
            yield _about(line, "gross_without_counterfactual", text)
        if line.net is not None and (line.moved or line.net.beside is None):
            net = " All pounds are net of them." if line.moved else ""
            yield _about(line, "displacement", f"{line.label}: {line.net.sentence()}.{net}")
        kind = reference.crime_type(line.label) if line.route == "places" else None
        code = kind.unit_cost_code if kind else ""
        usual = reference.priced(code) if code in reference.unit_costs else None
        same = (code, usual.code, usual.newer_code) if usual else ()
        if usual and cost.code not in same and not (cost.entry and cost.entry == usual.entry):
            here = reference.uprate(cost.total_gbp, cost.price_year, usual.price_year)
            times = here / usual.total_gbp
            text = f"{line.label} is priced as {cost.label} ({cost.code}, £{cost.total_gbp:,.0f} "
            text += f"in {cost.price_year}); {usual.code} (£{usual.total_gbp:,.0f} in "
            text += f"{usual.price_year}) is usual: {times:.2g} times the price, like for like."
            yield _about(line, "unusual_unit_cost", text)
        upwards = line.low >= 1 and line.high > 1
        if upwards or line.high > WIDE * line.low:
            end = "which is the careful end" if line.quantity > 0 else "at which the loss is larger"
            text = f"{line.label}: the unit cost may be {line.low:.2g} to {line.high:.2g} times "
            text += f"the one reported{f', {end}' if upwards else ''}. All "
            text += "results use the one reported; what they would be over that range is a table "
            text += "of its own."
            yield _about(line, "wide_unit_cost", text)
        if reference.newer and reference.other_edition(cost) != cost:
            text = f"{cost.label}: priced by the {cost.edition}, whose fiscal part is provisional."
            yield _about(line, "provisional_edition", text)
        if cost.caution:
            text = f"{cost.label} ({cost.edition}): {cost.caution}."
            yield _about(line, "check_the_source", text)


def claims(data: Dataset, project_id: str) -> Iterator[Finding]:
    """Warn where projects of the same areas claim one outcome for more than the whole of it."""
    for code, (others, total) in also_claim(data, project_id).items():
        if total > 1 + 1e-9:
            text = f"{code} is claimed by {', '.join([project_id, *others])} with shares of "
            text += f"{total:.2f} in all. If they are the same people the shares must add up to 1 "
            text += "at most; in a total over projects they are scaled down to it."
            yield Finding("claimed_twice", "warn", "outcomes", text)


def also_claim(data: Dataset, project_id: str) -> dict[str, tuple[list[str], float]]:
    """Return who else claims an outcome of a project in its areas, and the shares in all, by code.

    Projects without areas on record are held to share everybody with everybody.
    """
    targets, found = targets_of(data), dict[str, tuple[list[str], float]]()
    own = targets.get(project_id, set())
    for code, shares in _shares(data).items():
        others = [p for p in shares if p != project_id and same_people(own, targets.get(p, set()))]
        if project_id in shares and others:
            found[code] = others, sum(shares[p] for p in (project_id, *others))
    return found


@once
def _shares(data: Dataset) -> dict[str, dict[str, float]]:
    """Return the largest share that each project claims of an outcome, not of none, by code."""
    names = ["attribution", "impact", "deadweight", "people"]
    outcomes = data.columns("outcomes", "project_id", "unit_cost_code", *names)
    outcomes[names] = outcomes[names].astype("float64").fillna({"deadweight": 0.0}).fillna(1.0)
    some = outcomes["attribution"] * outcomes["impact"] * (1 - outcomes["deadweight"]) > 0
    some &= outcomes["people"] != 0
    most = outcomes[some].groupby(["unit_cost_code", "project_id"])["attribution"].max()
    found: dict[str, dict[str, float]] = {}
    for (code, project_id), share in most.items():
        found.setdefault(str(code), {})[str(project_id)] = float(share)
    return found


def neighbours(data: Dataset, project_id: str, *, as_of: date) -> Iterator[Finding]:
    """Warn of projects that share areas and months with this one: one fall, two claims."""
    measures = _priced(data)
    for each in overlaps(data, as_of=as_of, of=project_id):
        if each.what != "areas":
            continue
        other = each.second if each.first == project_id else each.first
        text = f"{other} worked or is assessed in {len(each.shared)} of the same areas from "
        text += f"{each.start:%B %Y} to {each.end:%B %Y}. Its effect and this one's cannot be told "
        text += "apart there"
        if measures.get(project_id, set()) & measures.get(other, set()):
            text += (
                ", and both claim the same incidents in full. Never add the two; in a total over "
                "projects they are counted once"
            )
        yield Finding("shared_areas", "warn", "project_areas", f"{text}.")


@once
def _priced(data: Dataset) -> dict[str, set[str]]:
    """Return the measures of each project that have a unit cost."""
    priced = data.columns("project_measures", "project_id", "measure", "unit_cost_code").dropna()
    return {str(p): set(map(str, names)) for p, names in priced.groupby("project_id")["measure"]}
