"""The inputs of a benefit analysis, as a workbook needs them to work its results out anew."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.cashflow import Part, Pricing
from mtf_eval.analysis.benefit.lines import Line


def model(benefit: Benefit) -> dict[str, Any]:
    """Return every input and the present values they give; empty where something has no price.

    Returns `lines`, one a source row with its sum (`cost`, `records`, `claimed`), inputs and
    present values (public, fiscal); `unshown`, whether the sum of the records has no ratio;
    `units`, the parts of a unit cost by code; `deflator`, index by year; `rates`, the discount rate
    of each year by kind; `price_year`.
    """
    claims = (*benefit.claimed, *(benefit.claims.claimed if benefit.claims else ()))
    if benefit.unpriced:
        return {}
    pricing = Pricing(benefit.reference, benefit.assumptions)
    spent = [line for line in benefit.lines if line.route == "cost"]
    records = [line for line in claims if line.route == "places"]
    claimed = [line for line in claims if line.route == "people"]
    sums = {"cost": spent, "records": records, "claimed": claimed}
    factors = {kind: list(map(float, found)) for kind, found in pricing.factors.items()}
    return {
        "price_year": benefit.assumptions.price_year,
        "unshown": benefit.no_saving,
        "deflator": dict(benefit.reference.covered),
        "rates": {
            kind: [0.0, *(a / b - 1 for a, b in pairwise(found))] for kind, found in factors.items()
        },
        "units": {
            _code(x, own): _unit(x, own, pricing) for x in claims for own in _own(x, pricing)
        },
        "lines": [
            _line(name, line, own, pricing)
            for name, each in sums.items()
            for line in each
            for own in _own(line, pricing)
        ],
    }


def _own(line: Line, pricing: Pricing) -> list[list[Part]]:
    """Set the parts of a unit cost that are lost where it is gained apart: bias goes by sign."""
    parts = pricing.parts(line)
    kinds = ([part for part in parts if part.loss == loss] for loss in (False, True))
    return [own for own in kinds if own]


def _code(line: Line, own: list[Part]) -> str:
    return f"{line.code}{' (lost)' * own[0].loss}"


def _unit(line: Line, parts: list[Part], pricing: Pricing) -> dict[str, Any]:
    cost, _ = pricing.priced(line)
    own = [part for part in parts if not part.transfer]
    return {
        "label": cost.label,
        "price_year": cost.price_year,
        "public": sum(part.gbp for part in own if not part.health),
        "health": sum(part.gbp for part in own if part.health),
        "fiscal": sum(part.gbp for part in parts if part.value_type == "fiscal"),
    }


def _line(name: str, line: Line, own: list[Part], pricing: Pricing) -> dict[str, Any]:
    years = pricing.years
    return {
        "sum": name,
        "row": line.source_row,
        "what": line.label,
        "code": _code(line, own),
        "price_year": line.price_year,
        "bias": float(pricing.correction(line)),
        **{
            field: float(getattr(line, field))
            for field in ("quantity", "impact", "deadweight", "attribution", "weight", "drop_off")
        },
        "profile": [*line.profile[:years], *([0.0] * (years - len(line.profile)))],
        "ages": [*line.ages[:years], *([0] * (years - len(line.ages)))],
        "present": list(map(float, pricing.present(line, pricing.units(line), own)[:2])),
    }
