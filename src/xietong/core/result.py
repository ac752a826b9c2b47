"""A Result: what a verb found, frozen, with all that is needed to check it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.declare import Layer, Measure, Outcome, Param, Quality, Regime, Step
from xietong.core.digest import plain, source_digest
from xietong.core.errors import NotFound
from xietong.core.glossary import unit_view
from xietong.core.lifts import Lifts
from xietong.core.steps import step_text
from xietong.core.text import T, same

if TYPE_CHECKING:
    import pandas as pd

    from xietong.core.verbs import Bound

Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Figure:
    """A measure by regime and area, with what the border has cost and still costs (positive: opening is better)."""

    name: str
    measure: Measure
    target: bool
    quality: Quality
    year: str | None
    values: Mapping[Regime, Values]
    gained: Values
    remains: Values

    def to_dict(self) -> dict[str, Any]:
        return {
            "measure": self.name,
            "title": self.measure.title._asdict(),
            "group": self.measure.group._asdict() if self.measure.group else None,
            "unit": unit_view(self.measure.unit),
            "whose": self.measure.whose._asdict(),
            "better": self.measure.better,
            "target": self.target,
            "quality": str(self.quality),
            "year": self.year,
            "values": {regime: dict(values) for regime, values in self.values.items()},
            "gained": dict(self.gained),
            "remains": dict(self.remains),
        }


@dataclass(frozen=True)
class Cell:
    """One of the two by two: what a budget achieves under some rules, decided by each alone or jointly."""

    rules: str
    deciders: str
    target: Values
    measures: Mapping[str, Values]
    split: Mapping[str, float]
    spent: Mapping[str, float]
    steps: tuple[Step, ...]
    status: str
    bound: float | None
    region: str
    total: float | None

    @property
    def whole(self) -> float | None:
        return self.target[self.region]

    @property
    def gap(self) -> float | None:
        """How far the outcome lies from its bound, as a share of it; None where no bound is known."""
        if self.bound is None or self.whole is None:
            return None
        return abs(self.whole - self.bound) / max(abs(self.whole), 1e-12)

    @property
    def by_lever(self) -> dict[str, tuple[float, float]]:
        """Amount and cost in CNY of all steps by lever, the dearest first."""
        found: dict[str, tuple[float, float]] = {}
        for step in self.steps:
            amount, cost = found.get(step.lever, (0.0, 0.0))
            found[step.lever] = (amount + step.amount, cost + step.cost_cny)
        return dict(sorted(found.items(), key=lambda item: -item[1][1]))


@dataclass(frozen=True)
class Side:
    """One jurisdiction's account of acting jointly, in units of the target and CNY."""

    jurisdiction: str
    gain: float
    pays_cny: float
    worth_net_cny: float
    alone_gain: float
    alone_pays_cny: float
    alone_net_cny: float
    transfer_cny: float
    worth_cny: float
    exists: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "jurisdiction": self.jurisdiction,
            "gain": self.gain,
            "pays_cny": self.pays_cny,
            "alone_gain": self.alone_gain,
            "alone_pays_cny": self.alone_pays_cny,
            "transfer_cny": self.transfer_cny,
            "net_cny": self.worth_net_cny + self.transfer_cny,
            "alone_net_cny": self.alone_net_cny,
        }


@dataclass(frozen=True)
class PlanResult:
    """Two by two, rules (current, open) by deciders (each alone, jointly), the target before, and who gains and who pays."""

    budget_cny: float
    seed: int
    measure: str
    before: Mapping[str, Values]
    cells: tuple[Cell, ...]
    dividend: Mapping[str, float | None]
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class Range:
    """A value with the lowest and highest found over the assumptions; None where any of them is unknown."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Range:
        """Range of ``values``, the first being the central one."""
        first, *_ = found = list(values)
        known = [value for value in found if value is not None]
        return cls(first, min(known), max(known)) if len(known) == len(found) else cls(first, None, None)


@dataclass(frozen=True)
class Swing:
    """How a border figure moves: over all runs, and with each assumption at its low and high."""

    gained: Range
    remains: Range
    edges: Mapping[str, tuple[float | None, ...]]
    params: Mapping[str, Param]

    def to_dict(self, name: str) -> dict[str, Any]:
        """The swing as plain data; for each assumption the figures at its low and its high."""
        params = [
            {
                "param": param, "title": declared.title._asdict(), "unit": unit_view(declared.unit),
                "low": declared.low, "high": declared.high,
                "gained": list(self.edges[param][:2]), "remains": list(self.edges[param][2:]),
            }
            for param, declared in self.params.items()
        ]  # fmt: skip
        return {"measure": name, "gained": vars(self.gained), "remains": vars(self.remains), "params": params}


@dataclass(frozen=True)
class Sensitivity:
    """How the border figures move over the ranges of the assumptions, from ``runs`` runs."""

    runs: int
    seed: int
    measures: Mapping[str, Swing]


@dataclass(frozen=True)
class Result:
    """What a verb found. ``outcomes`` holds the workstream's own tables by regime; everything else derives from them."""

    bound: Bound
    verb: str
    outcomes: Mapping[Regime, Outcome]
    figures: Mapping[str, Figure]
    plan: PlanResult | None = None
    sensitivity: Sensitivity | None = None
    lifts: Lifts | None = None

    # -- reading -------------------------------------------------------------------------------------------------------

    def value(self, measure: str, regime: Regime = "current", area: str = "") -> float | None:
        """One figure; ``area`` is the region unless given."""
        return self.figures[measure].values[regime][area or self.bound.columns[0]]

    @property
    def frame(self) -> pd.DataFrame:
        """The measures, tidy: measure, regime, area, value, unit, quality, year."""
        import pandas as pd

        rows = [
            (name, regime, area, np.nan if value is None else value, figure.measure.unit, str(figure.quality), figure.year)
            for name, figure in self.figures.items()
            for regime, values in figure.values.items()
            for area, value in values.items()
        ]
        return pd.DataFrame(rows, columns=["measure", "regime", "area", "value", "unit", "quality", "year"])

    def table(self, name: str, regime: Regime = "current") -> pd.DataFrame:
        """An outcome table of one regime (a copy: what is kept for others cannot be changed)."""
        return self.outcomes[regime].tables[name].copy()

    @property
    def gdf(self) -> Any:
        """The first area layer as a GeoDataFrame: one row a place and regime, with its service cell (needs geopandas)."""
        draw = self.bound.region.draw
        if draw is None:
            raise NotFound(f"region {self.bound.region.name!r} was made without a map")
        return draw(self)

    def layer_values(self, name: str, regime: Regime) -> list[dict[str, Any]]:
        """Features of a layer: {"area", "value"} or {"origin", "destination", "value"}; unknown is None."""
        layer = self.bound.workstream.layers[name]
        frame = self.outcomes[regime].tables[layer.table]
        keys = [layer.place] if layer.kind in ("area", "point") else ["origin", "destination"]
        summed = _aggregate(frame, keys, layer)
        names = ["area"] if len(keys) == 1 else keys
        return [
            {**dict(zip(names, key if isinstance(key, tuple) else (key,), strict=True)), "value": None if np.isnan(value) else float(value)}
            for key, value in summed.items()
        ]

    @cached_property
    def texts(self) -> Mapping[str, list[str]]:
        """The sentences of ``explain`` by language."""
        from xietong.core.explain import explain

        return explain(self)

    def explain(self, lang: str = "en") -> str:
        """In plain sentences: what was computed, from which data, under which rules, and what limits it."""
        return "\n".join(self.texts[lang])

    @property
    def provenance(self) -> dict[str, Any]:
        """All that is needed to repeat the computation, or to see that two results rest on the same inputs."""
        seed = self.plan.seed if self.plan else self.sensitivity.seed if self.sensitivity else 0
        return {**provenance(self.bound), "seed": seed, "command": self.command}

    @property
    def command(self) -> str:
        """The command line that gives this result again."""
        bound = self.bound
        parts = ["xietong", bound.workstream.name, self.verb, "--region", bound.region.folder or bound.region.name]
        parts += ["--as-of", bound.region.day.isoformat()]
        parts += ["--area", bound.area] if bound.area else []
        parts += ["--budget", f"{self.plan.budget_cny:.15g}"] if self.plan else []
        return shlex.join([*parts, *step_words(bound.steps)])

    # -- surfaces ------------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data: what the CLI prints with ``--json`` and the API serves."""
        from xietong.core.views import result_view

        return result_view(self)

    def _repr_html_(self) -> str:
        from xietong.core.views import result_html

        return result_html(self)


def provenance(bound: Bound) -> dict[str, Any]:
    """What any figure of a bound workstream rests on: digests, the day, the assumptions, the steps taken."""
    region, workstream = bound.region, bound.workstream
    return {
        "region": region.name,
        "region_digest": region.digest,
        "inputs_digest": region.inputs_digest(workstream),
        "rules_digest": region.rules_digest(workstream),
        "source_digest": source_digest(type(workstream).__module__),
        "as_of": region.day.isoformat(),
        "params": dict(plain({name: param.value for name, param in region.params(workstream).items()})),
        "steps": [step_text(step) for step in bound.steps],
    }


def step_words(steps: Sequence[Step]) -> list[str]:
    """Steps as the command line takes them."""
    return [word for step in steps for word in ("--step", step_text(step))]


def _aggregate(frame: pd.DataFrame, keys: list[str], layer: Layer) -> pd.Series[float]:
    if not layer.weight:
        return frame.groupby(keys)[layer.value].sum(min_count=1)
    weighted = (frame[layer.value] * frame[layer.weight]).where(frame[layer.weight] > 0)
    total = frame[layer.weight].where(frame[layer.value].notna())
    sums = frame[keys].assign(v=weighted, w=total).groupby(keys)[["v", "w"]].sum(min_count=1)
    return sums["v"] / sums["w"].where(sums["w"] > 0)


def title_of(bound: Bound, area: str) -> T:
    """An area's title; of an id that is no area, the id."""
    areas = bound.region.areas
    found = areas.by_id.get(area)
    if found is None:
        return same(area)
    # Of a jurisdiction that an asked set only touches, the figures are those of the part inside.
    part = bound.area not in ("", area) and not areas.within(area, bound.area)
    return T(f"{found.title.zh}(部分)", f"{found.title.en} (part)") if part else found.title


def pair_title(bound: Bound, pair: Iterable[str]) -> T:
    """What two jurisdictions are called together."""
    titles = [bound.region.areas.by_id[one].title for one in pair]
    return T("—".join(title.zh for title in titles), " – ".join(title.en for title in titles))
