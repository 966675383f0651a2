"""The inputs of a benefit analysis, as a workbook needs them to work its results out anew."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mtf_eval.analysis.benefit.appraisal import Benefit
from mtf_eval.analysis.benefit.cashflow import Pricing
from mtf_eval.analysis.benefit.lines import Line


def model(benefit: Benefit) -> dict[str, Any]:
    """Return every input and the present values they give; empty where something has no price.

    Returns
    -------
    `lines`, one a source row with its sum (`cost`, `records`, `claimed`), inputs and present
    values (public, fiscal); `unshown`, whether the sum of the records has no ratio; `units`, the
    parts of a unit cost by code; `deflator`, index by year; `rates`, the discount rate of each
    year by kind; `price_year`.
    """
    own = (*benefit.claimed, *(benefit.claims.claimed if benefit.claims else ()))
    if benefit.unpriced:
        return {}
    pricing = Pricing(benefit.reference, benefit.assumptions)
    spent = [line for line in benefit.lines if line.route == "cost"]
    records = [line for line in own if line.route == "places"]
    claimed = [line for line in own if line.route == "people"]
    sums = {"cost": spent, "records": records, "claimed": claimed}
    factors = {kind: list(map(float, found)) for kind, found in pricing.factors.items()}
    return {
        "price_year": benefit.assumptions.price_year,
        "unshown": benefit.no_saving,
        "deflator": dict(benefit.reference.covered),
        "rates": {
            kind: [0.0, *(a / b - 1 for a, b in pairwise(found))] for kind, found in factors.items()
        },
        "units": {line.code: _unit(line, pricing) for line in own},
        "lines": [_line(name, line, pricing) for name, each in sums.items() for line in each],
    }


def _unit(line: Line, pricing: Pricing) -> dict[str, Any]:
    cost, _ = pricing.priced(line)
    own = [part for part in pricing.parts(cost) if not part.transfer]
    return {
        "label": cost.label,
        "price_year": cost.price_year,
        "public": sum(part.gbp for part in own if not part.health),
        "health": sum(part.gbp for part in own if part.health),
        "fiscal": sum(p.gbp for p in pricing.parts(cost) if p.value_type == "fiscal"),
    }


def _line(name: str, line: Line, pricing: Pricing) -> dict[str, Any]:
    years = pricing.years
    units = pricing.units(line)
    if name == "cost":
        gbp = float(units @ pricing.factors["standard"][: len(units)]) * pricing.factor(line)
        present = [gbp, gbp]
    else:
        present = [float(row[: len(units)] @ units) for row in pricing.present_per_unit(line)[:2]]
    return {
        "sum": name,
        "row": line.source_row,
        "what": line.label,
        "code": line.code,
        "price_year": line.price_year,
        "bias": pricing.correction(line),
        **{
            field: float(getattr(line, field))
            for field in ("quantity", "impact", "deadweight", "attribution", "weight", "drop_off")
        },
        "profile": [*line.profile[:years], *([0.0] * (years - len(line.profile)))],
        "ages": [*line.ages[:years], *([0] * (years - len(line.ages)))],
        "present": present,
    }
