"""How sure the pounds are: a seeded Monte Carlo, a tornado, switching values.

Drawn: effects, and what moved next door, on their log rate ratios; people who change, binomially;
deadweight, attribution, drop-off, impact and costs over their ranges. Unit costs stand as reported;
their range is a sensitivity, drawn once a code and shared by every line and project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mtf_eval.analysis.benefit.cashflow import Assumptions, Pricing
from mtf_eval.analysis.benefit.lines import Line
from mtf_eval.analysis.effects.result import Estimate
from mtf_eval.analysis.project.net import Net, net_avoided
from mtf_eval.errors import BadArgument
from mtf_eval.records.prices.reference import Reference

Array = npt.NDArray[np.float64]
Key = tuple[str, ...]
#: Inputs by what they stand for in a line.
FIELDS = {
    "effect": "quantity",
    "impact": "impact",
    "deadweight": "deadweight",
    "attribution": "attribution",
    "drop-off": "drop_off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Present pounds of every draw; the arrays have one value a draw.

    `careful`: net present public value of the same draws, the cost of anticipating crime left out
        of each in which it is a gain.
    `prices`: net present public value of the same draws with every unit cost at its `low` end, at
        its `high` end, and `drawn` between them; empty where no unit cost has a range.
    `inputs`: what was drawn, by kind and name, in its own unit: for the tornado and for checking.
    `level`: level of the effects' intervals, at which `interval` is read.
    `covers_zero`: "No effect" lies in the interval of every effect and nothing else is claimed, so
        "no saving" must lie in the interval of the benefit.
    """

    public: Array
    fiscal: Array
    cashable: Array
    costs: Array
    inputs: Mapping[Key, Array]
    careful: Array
    prices: Mapping[str, Array] = field(default_factory=dict)
    level: float = 0.95
    covers_zero: bool = False

    @property
    def net(self) -> Array:
        """Net present public value of each draw."""
        return self.public - self.costs

    @property
    def chance(self) -> float:
        """Share of draws in which public benefits exceed costs.

        The smaller of two: unit costs as reported, and drawn over their ranges. What is not known
        of a price never makes a result surer.
        """
        nets = self.net, self.prices.get("drawn", self.net)
        return min(float((net > 0).mean()) for net in nets)

    def quantiles(
        self, values: Array, none: Array | float = 0.0, tail: float = 0.05
    ) -> tuple[float, float, float]:
        """P5, P50 and P95 of draws; between them also `none`, what it is where nothing is saved.

        That only where `covers_zero`.
        """
        low, middle, high = map(float, np.quantile(values, [tail, 0.5, 1 - tail]))
        if self.covers_zero:
            least, most = map(float, np.quantile(none, [tail, 1 - tail]))
            low, high = min(low, least), max(high, most)
        return low, middle, high

    @property
    def saving_nothing(self) -> Draws:
        """The same draws without their benefits."""
        none = np.zeros_like(self.public)
        return replace(self, public=none, fiscal=none, cashable=none)

    @property
    def interval(self) -> tuple[float, float]:
        """Interval of the public benefits at the effects' own level."""
        return self.span(self.public)

    @property
    def ratio(self) -> tuple[float, float] | None:
        """Interval of public value for each £1; `None` where a draw has no cost."""
        if not (self.costs > 0).all():
            return None
        return self.span(self.public / self.costs)

    def span(self, values: Array, none: Array | float = 0.0) -> tuple[float, float]:
        """Interval of draws at the effects' own level; see `quantiles`."""
        low, _, high = self.quantiles(values, none, (1 - self.level) / 2)
        return low, high


class Swing(NamedTuple):
    """Net present public value with one input at its P10 and P90, the others as reported."""

    kind: str
    name: str
    low_input: float
    high_input: float
    at_low_gbp: float
    at_high_gbp: float

    @property
    def width(self) -> float:
        """How far the result moves."""
        return abs(self.at_high_gbp - self.at_low_gbp)


def draw_net(net: Net, rng: np.random.Generator, draws: int) -> Array:
    """Draw net incidents avoided: the effect, and the buffer's where its excess is taken off."""

    def noise(effect: Estimate) -> Array:
        return rng.standard_t(effect.df, draws) if effect.df else rng.standard_normal(draws)

    first = noise(net.effect)
    second = first if net.buffer is None else noise(net.buffer)
    return net_avoided(net.effect, net.buffer, (first, second), share=net.share)


def _draw(
    lines: Sequence[Line], reference: Reference, rng: np.random.Generator, draws: int
) -> dict[Key, Array]:
    """Draw every input once, in an order that does not depend on the order of the rows."""
    spread = {
        name: reference.assumption(f"{name}_spread").value
        for name in ("deadweight", "attribution", "drop_off", "impact", "cost")
    }
    inputs: dict[Key, Array] = {}
    ranges = {line.code: (line.low, line.high) for line in lines}

    def triangle(key: Key, low: float, mode: float, high: float) -> None:
        if high > low:
            inputs[key] = rng.triangular(low, mode, high, draws)

    def share(key: Key, value: float, name: str) -> None:
        triangle(key, max(0.0, value - spread[name]), value, min(1.0, value + spread[name]))

    for code, (low, high) in sorted(ranges.items()):
        triangle(("unit cost", code), low, 1.0, high)
    triangle(("costs", ""), 1 - spread["cost"], 1.0, 1 + spread["cost"])
    for line in lines:
        name = _name(line)
        if line.net is not None:
            inputs[("effect", *name)] = draw_net(line.net, rng, draws)
        if line.route == "people":
            for kind in ("impact", "deadweight", "attribution"):
                if 0 < (value := getattr(line, kind)) < 1:
                    share((kind, *name), value, kind)
            if 0 < line.impact < 1 and line.people:
                chance = inputs.get(("impact", *name), np.full(draws, line.impact))
                many = max(round(line.people), 1)
                inputs[("impact", *name)] = rng.binomial(many, chance) / many
        if line.drop_off and max(line.ages) > 0:
            share(("drop-off", *name), line.drop_off, "drop_off")
    return inputs


def _name(line: Line) -> Key:
    return (line.project_id, line.label, line.source_row)


def _model(
    lines: Sequence[Line], pricing: Pricing, inputs: Mapping[Key, Array | float], size: int
) -> tuple[Array, Array]:
    """Present pounds under the inputs given, the rest as reported.

    Returns benefits of shape (3, size): public value, fiscal, cashable; and costs of shape (size,).
    """
    benefits = np.zeros((3, size))
    costs = np.zeros(size)
    for line in lines:
        if line.route == "cost":
            present = pricing.present(line, pricing.units(line))[0]
            costs += present * inputs.get(("costs", ""), 1.0)
            continue
        line, name = pricing.timed(line), _name(line)
        drawn = {f: inputs[kind, *name] for kind, f in FIELDS.items() if (kind, *name) in inputs}
        shape = size, min(len(line.profile), pricing.years)
        units = np.broadcast_to(pricing.units(line, drawn), shape)
        benefits += pricing.present(line, units) * inputs.get(("unit cost", line.code), 1.0)
    return benefits, costs


def simulate(
    lines: Sequence[Line],
    reference: Reference,
    assumptions: Assumptions,
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
) -> Draws:
    """Draw the benefits and costs of any number of lines together.

    Lines of several projects share what they share: a unit cost is drawn once a code, the error
    of costs once. Effects are drawn independently of one another.
    """
    if draws < 1:
        raise BadArgument(f"draws={draws!r}: expected 1 or more")
    lines = sorted(lines, key=lambda line: line.order)
    inputs = _draw(lines, reference, rng, draws)
    priced = {key: values for key, values in inputs.items() if key[0] == "unit cost"}
    others = {key: values for key, values in inputs.items() if key not in priced}
    cases: dict[str, dict[Key, Array]] = {}
    if priced:
        for name in ("low", "high"):
            cases[name] = {("unit cost", x.code): np.array(getattr(x, name)) for x in lines}
        cases["drawn"] = priced
    pricing = Pricing(reference, assumptions)
    benefits, costs = _model(lines, pricing, others, draws)
    nets = {
        name: _model(lines, pricing, others | prices, draws)[0][0] - costs
        for name, prices in cases.items()
    }
    claimed = [line for line in lines if line.route != "cost"]
    lean = Pricing(reference, replace(assumptions, anticipation=False))
    return Draws(
        public=benefits[0],
        fiscal=benefits[1],
        cashable=benefits[2],
        costs=costs,
        inputs=inputs,
        careful=np.minimum(benefits[0], _model(lines, lean, others, draws)[0][0]) - costs,
        prices=nets,
        level=max((line.net.effect.level for line in claimed if line.net), default=0.95),
        covers_zero=bool(claimed) and all(line.uncertain for line in claimed),
    )


def tornado(
    lines: Sequence[Line], reference: Reference, assumptions: Assumptions, draws: Draws
) -> tuple[Swing, ...]:
    """Move one input at a time to its P10 and P90; the widest swing first."""
    pricing = Pricing(reference, assumptions)
    swings = []
    for key, values in draws.inputs.items():
        ends = np.quantile(values, [0.1, 0.9])
        benefits, costs = _model(lines, pricing, {key: ends}, 2)
        net = benefits[0] - costs
        name = reference.unit_cost(key[1]).label if key[0] == "unit cost" else ""
        numbers = map(float, (*ends, *net))
        swings.append(Swing(key[0], name or " ".join(key[2:3]), *numbers))
    return tuple(sorted(swings, key=lambda swing: (-swing.width, swing.kind)))


def switches(
    lines: Sequence[Line], reference: Reference, assumptions: Assumptions, draws: Draws
) -> tuple[tuple[str, str, float, float | None], ...]:
    """Value of each input at which benefits equal costs, the others as reported.

    Returns kind, name, value as reported, value at which the net present public value is nought;
    `None` where the input does not matter. All but drop-off, which is left out, enter in
    proportion, an effect on either side of nought in one of its own.
    """
    pricing = Pricing(reference, assumptions)
    reported = {_name(line): line for line in lines}
    found = []
    for key in sorted(draws.inputs):
        if key[0] == "drop-off":
            continue
        line = reported.get(key[1:])
        base = 1.0 if line is None else float(getattr(line, FIELDS[key[0]]))
        benefits, costs = _model(lines, pricing, {key: np.array([0.0, 1.0, -1.0])}, 3)
        nought, more, fewer = map(float, benefits[0] - costs)
        slope = nought - fewer if key[0] == "effect" and nought > 0 else more - nought
        name = reference.unit_cost(key[1]).label if key[0] == "unit cost" else " ".join(key[2:3])
        found.append((key[0], name, base, -nought / slope if slope else None))
    return tuple(found)
