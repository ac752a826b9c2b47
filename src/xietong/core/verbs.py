"""The verbs, derived once for all workstreams: status, border, lifts, plan (two by two) and sensitivity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.answer import Answer
from xietong.core.asking import answer_text, check_inputs
from xietong.core.declare import REGIMES, Choice, Frame, Measure, Outcome, Param, Regime, Step, listed, worst
from xietong.core.digest import digest
from xietong.core.errors import NotFound, UsageError
from xietong.core.lifts import Lifts, Worth, openings
from xietong.core.progress import Progress
from xietong.core.region import steps_digest
from xietong.core.result import Cell, Figure, PlanResult, Range, Result, Sensitivity, Side, Swing
from xietong.core.rulebook import Lift
from xietong.core.steps import read_steps
from xietong.core.workstream import Provider, Workstream

if TYPE_CHECKING:
    from xietong.core.region import Region

NOISE = 1e-9
DRAWS = 16
"""Joint draws over all assumptions in a sensitivity run, besides each one's low and high."""


@dataclass(frozen=True)
class Bound:
    """A workstream bound to a region: ``load("jjj").care``.

    ``area`` narrows every figure to one area ("my place"); ``steps`` are taken before anything is computed ("what if").
    """

    region: Region
    workstream: Workstream
    area: str = ""
    steps: tuple[Step, ...] = ()
    progress: Progress = field(default_factory=Progress)

    def for_(self, area: str) -> Bound:
        """The same, asked for one area (id or title)."""
        found = self.region.areas.find(area).area
        return replace(self, area="" if found == self.region.areas.region else found)

    def with_steps(self, steps: Sequence[str | Step]) -> Bound:
        """What if: the same once ``steps`` are taken too ("line:jingbin_south", "beds:110101,basic:200", or a Step).

        They hold for status, border, lifts and ask. UsageError lists every step that cannot be taken, and what there is.
        """
        added = [steps] if isinstance(steps, str | Step) else list(steps)
        return replace(self, steps=read_steps(self.region, self.workstream, [*self.steps, *added]))

    def ask(self, query: str, /, regime: Regime = "current", **inputs: Any) -> Answer:
        """A quick look-up that the workstream declares. NotFound and UsageError say what can be asked, and how."""
        checked = self.check_ask(query, regime, inputs)
        data = self.region.data(self.workstream, regime=regime, steps=self.steps, progress=self.progress)
        key = digest("ask", query, checked, self.region.inputs_digest(self.workstream), regime, steps_digest(self.steps))
        self.progress.tick(0)
        text: str = self.region.memo.get(key, lambda: answer_text(self.workstream.queries[query].of(data, **checked)))
        self.progress.tick(1)
        return Answer(self, query, regime, checked, text)

    def check_ask(self, query: str, regime: Regime, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of a query as they will be taken; raises as ``ask`` does, without computing anything."""
        queries = self.workstream.queries
        if query not in queries:
            raise NotFound(f"{self.workstream.name} has no query {query!r}; it has {', '.join(queries) or 'none'}")
        if regime not in REGIMES:
            raise UsageError(f"regime is {regime!r}; give one of {', '.join(REGIMES)}")
        if self.area:
            raise UsageError("a query is not narrowed to an area; it takes areas among its inputs only")
        return check_inputs(query, queries[query], inputs, self.region.areas)

    def status(self) -> Result:
        """Where do we stand? ``solve`` under today's rules."""
        return self._result("status", {"current": self._solve("current", self.progress)})

    def border(self) -> Result:
        """What does the border cost? ``solve`` with the border closed, as it is, and open."""
        return self._result("border", self._regimes(self.progress))

    def lifts(self) -> Result:
        """What is each border rule worth? ``solve`` with each lifted alone, all together, and each pair of jurisdictions opened."""
        wanted = openings(self.workstream.rules, self.region.areas.jurisdictions)
        spans = [self.progress.part(position, len(wanted) + 2) for position in range(len(wanted) + 2)]
        outcomes: dict[Regime, Outcome] = {"current": self._solve("current", spans[0]), "open": self._solve("open", spans[1])}
        data = {regime: self.region.data(self.workstream, regime=regime, steps=self.steps) for regime in outcomes}
        # An opening that changes nothing is how things are; one that leaves nothing closed is the open border.
        solved = {data[regime].rules_digest: outcomes[regime] for regime in ("open", "current")}
        found: dict[Lift, Outcome] = {}
        for lift, span in zip(wanted, spans[2:], strict=True):
            rules = replace(data["current"], lifted=frozenset({lift})).rules_digest
            if rules not in solved:
                solved[rules] = self._solve("current", span, lifted=frozenset({lift}))
            found[lift] = solved[rules]
        result = self._result("lifts", outcomes)
        measures = {name: self._worth(figure, found) for name, figure in result.figures.items()}
        opened = frozenset(lift.rule for lift in wanted if lift.rule and found[lift] is outcomes["current"])
        return replace(result, lifts=Lifts(measures, opened, len(self.region.areas.jurisdictions)))

    def plan(self, budget_cny: float | None = None, seed: int = 0, rules: tuple[Regime, ...] = ("current", "open")) -> Result:
        """The best joint step within a budget, two by two: rules (current, open) x deciders (each alone, jointly).

        ``rules`` leaves out a row where only the other is wanted.
        """
        if not self.workstream.can_choose:
            raise UsageError(f"{self.workstream.name} has no levers yet, so there is nothing to plan")
        self._refuse_steps("plan")
        budget = check_budget(self.workstream.budget_cny[0] if budget_cny is None else budget_cny)
        cells: list[Cell] = []
        before: dict[str, dict[str, float | None]] = {}
        outcomes: dict[Regime, Outcome] = {}
        for position, regime in enumerate(rules):
            span = self.progress.part(position, len(rules))
            outcomes[regime] = self._solve(regime, span.part(0, 8))
            before[regime] = self._target(outcomes[regime])
            alone = self._cell(regime, "alone", budget, seed, span.part(1, 4))
            joint = self._cell(regime, "jointly", budget, seed, span.part(2, 4))
            # Together they can always do what each would have done alone.
            if self._better(alone.total, joint.total):
                joint = replace(alone, deciders="jointly", status=f"as each alone ({joint.status})", bound=joint.bound)
            cells += [alone, joint]
        plan = PlanResult(budget, seed, self.workstream.target, before, tuple(cells), self._dividends(cells), self._sides(before, cells))
        return self._result("plan", {rules[0]: outcomes[rules[0]]}, plan=plan)

    def sensitivity(self, seed: int = 0) -> Result:
        """``border`` over the ranges of the assumptions: the range of the difference, not two wide bands."""
        self._refuse_steps("sensitivity")
        ranges = self._ranges()
        base = self._figures(self._regimes(Progress()))
        runs: list[dict[str, float]] = [{name: edge} for name, param in ranges.items() for edge in (param.low, param.high)]
        draws = np.random.default_rng(seed).random((DRAWS if len(ranges) > 1 else 0, len(ranges)))
        runs += [{name: param.low + share * (param.high - param.low) for (name, param), share in zip(ranges.items(), draw, strict=True)} for draw in draws]
        found = []
        for position, run in enumerate(runs):
            found.append(self._with(run)._figures(self._with(run)._regimes(self.progress.part(position, max(len(runs), 1)))))
        measures = {name: self._swing(name, base, found, ranges) for name in self.workstream.measures}
        return self._result("sensitivity", self._regimes(Progress()), sensitivity=Sensitivity(len(runs), seed, measures))

    def _refuse_steps(self, verb: str) -> None:
        if self.steps:
            raise UsageError(f"{verb} takes no steps: it is asked of things as they are. Steps hold for status, border, lifts and ask.")

    # -- solving -------------------------------------------------------------------------------------------------------

    def _solve(self, regime: Regime, progress: Progress, steps: Sequence[Step] = (), lifted: frozenset[Lift] = frozenset()) -> Outcome:
        steps = (*self.steps, *steps)
        data = self.region.data(self.workstream, regime=regime, steps=steps, lifted=lifted, progress=progress)
        key = digest("solve", self.region.inputs_digest(self.workstream), regime, steps_digest(steps), sorted(lifted))
        progress.tick(0)
        outcome: Outcome = self.region.memo.get(key, lambda: self.workstream.solve(data))
        progress.tick(1)
        return outcome

    def _regimes(self, progress: Progress) -> dict[Regime, Outcome]:
        return {regime: self._solve(regime, progress.part(position, 3)) for position, regime in enumerate(REGIMES)}

    def _with(self, values: Mapping[str, float]) -> Bound:
        """The same question with other values of assumptions ("workstream.param")."""
        declared = self._ranges()
        changed = {name: replace(declared[name], value=value) for name, value in values.items()}
        # What is tried once here is not worth a place on the shelf.
        return replace(self, region=replace(self.region, assumptions={**self.region.assumptions, **changed}, keep=None))

    def _ranges(self) -> dict[str, Param]:
        """Assumptions that the figures rest on, those of needed products included, where they have a range."""
        queue: list[tuple[Provider, tuple[str, ...]]] = [(self.workstream, tuple(use for one in self.workstream.measures.values() for use in one.uses))]
        queue += [(one, one.product_uses) for one in map(self.region.provider, self.workstream.needs)]
        found: dict[str, Param] = {}
        for one, uses in queue:
            if one is not self.workstream:
                queue.extend((other, other.product_uses) for other in map(self.region.provider, one.needs))
            # Only what a figure rests on: what a lever costs moves no border.
            params = self.region.params(one)
            names = [name for name in params if f"params.{name}" in uses]
            found |= {f"{one.name}.{name}": params[name] for name in names if params[name].low < params[name].high}
        return found

    # -- measuring -----------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> tuple[str, ...]:
        """The areas for which figures are given: the region (or the area asked for) and its jurisdictions."""
        areas = self.region.areas
        if not self.area:
            return (areas.region, *areas.jurisdictions)
        inside = [one for one in areas.jurisdictions if one != self.area and (areas.leaves(one) & areas.leaves(self.area)).any()]
        return (self.area, *(inside if len(inside) > 1 else ()))

    def evaluate(self, measure: Measure, outcome: Outcome) -> dict[str, float | None]:
        """A measure for each of ``columns``; None where it is unknown."""
        frame = outcome.tables[measure.table]
        areas = self.region.areas
        owners = frame[measure.by].to_numpy(dtype=object)
        known, codes = np.unique(owners.astype(str), return_inverse=True) if len(owners) else (np.array([]), np.array([], int))
        scoped = np.array([not self.area or areas.within(one, self.area) for one in known], dtype=bool)
        homes = np.array([areas.jurisdiction(one) or "" for one in known], dtype=object)
        values: dict[str, float | None] = {}
        for column in self.columns:
            whole = column == self.columns[0]
            keep = scoped & (whole or homes == column)
            rows = frame if keep.all() and whole else frame[keep[codes]] if len(frame) else frame
            value = measure.of(rows) if len(rows) else None
            values[column] = None if value is None or not math.isfinite(value) else float(value)
        return values

    def _figures(self, outcomes: Mapping[Regime, Outcome]) -> dict[str, Figure]:
        figures = {}
        for name, measure in listed(self.workstream.measures).items():
            values = {regime: self.evaluate(measure, outcome) for regime, outcome in outcomes.items()}
            qualities = set().union(*(self.region.qualities(self.workstream, use) for use in measure.uses))
            gained = self._difference(measure, values, "closed", "current")
            remains = self._difference(measure, values, "current", "open")
            figures[name] = Figure(name, measure, name == self.workstream.target, worst(qualities), self.region.years(measure.uses), values, gained, remains)
        return figures

    def _difference(self, measure: Measure, values: Mapping[Regime, Mapping[str, float | None]], before: Regime, after: Regime) -> dict[str, float | None]:
        if before not in values or after not in values:
            return {}
        return {column: gain(measure, values[before][column], values[after][column]) for column in self.columns}

    def _target(self, outcome: Outcome) -> dict[str, float | None]:
        return self.evaluate(self.workstream.measures[self.workstream.target], outcome)

    def _better(self, one: float | None, other: float | None) -> bool:
        difference = gain(self.workstream.measures[self.workstream.target], other, one)
        return difference is not None and difference > 1e-9 * max(abs(other or 0), 1)

    def _worth(self, figure: Figure, found: Mapping[Lift, Outcome]) -> Worth:
        """What openings are worth to a measure."""
        before = figure.values["current"]
        gains: dict[Lift, dict[str, float | None]] = {}
        for lift, outcome in found.items():
            after = self.evaluate(figure.measure, outcome)
            gains[lift] = {column: gain(figure.measure, before[column], after[column]) for column in self.columns}
        rules = {lift.rule: values for lift, values in gains.items() if lift.rule}
        pairs = {(lift.one, lift.other): values for lift, values in gains.items() if not lift.rule}
        return Worth(figure, rules, pairs)

    # -- planning ------------------------------------------------------------------------------------------------------

    def _cell(self, regime: Regime, deciders: str, budget: float, seed: int, progress: Progress) -> Cell:
        everyone = self.region.areas.jurisdictions
        blocs = [frozenset({one}) for one in everyone] if deciders == "alone" else [frozenset(everyone)]
        split = self._split(budget)
        choices: list[Choice] = []
        for position, bloc in enumerate(blocs):
            span = progress.part(position, len(blocs) + 1)
            data = self.region.data(self.workstream, regime=regime, progress=span)
            allowance = budget if len(blocs) == 1 else split[min(bloc)]
            choice = self.workstream.choose(data, bloc, allowance, seed)
            cost = sum(step.cost_cny for step in choice.steps)
            if cost > allowance * (1 + 1e-9) + 1e-6:
                raise AssertionError(f"{self.workstream.name}.choose spent {cost} of {allowance}")
            choices.append(choice)
        steps = tuple(step for choice in choices for step in choice.steps)
        outcome = self._solve(regime, progress.part(len(blocs), len(blocs) + 1), steps)
        figures = {name: self.evaluate(measure, outcome) for name, measure in self.workstream.measures.items()}
        spent = {one: float(sum(step.cost_cny for step in steps if step.payer == one)) for one in everyone}
        joint = choices[0] if len(choices) == 1 else None
        whole = replace(self, area="")  # a plan is made for the region; an area asked for narrows its figures only
        total = whole._target(outcome)[self.region.areas.region]
        status = joint.status if joint else "; ".join(f"{min(bloc)}: {choice.status}" for bloc, choice in zip(blocs, choices, strict=True))
        bound = joint.bound if joint and not self.area else None
        return Cell(regime, deciders, self._target(outcome), figures, split, spent, steps, status, bound, self.columns[0], total)

    def _split(self, budget: float) -> dict[str, float]:
        """The budget of each jurisdiction where each decides alone: by the declared column, or equal parts."""
        areas = self.region.areas
        weights = dict.fromkeys(areas.jurisdictions, 0.0)
        if self.workstream.shares:
            table, _, column = self.workstream.shares.partition(".")
            frame = self.region.table(table)
            place = self.workstream.tables[table].key[0]
            for area, weight in zip(frame[place], frame[column], strict=True):
                home = areas.jurisdiction(str(area))
                if home and not math.isnan(weight):
                    weights[home] += float(weight)
        total = sum(weights.values())
        return {one: budget * (weight / total if total > 0 else 1 / len(weights)) for one, weight in weights.items()}

    def _dividends(self, cells: Sequence[Cell]) -> dict[str, float | None]:
        measure = self.workstream.measures[self.workstream.target]
        by = {(cell.rules, cell.deciders): cell.whole for cell in cells}
        return {rules: gain(measure, by[rules, "alone"], by[rules, "jointly"]) for rules in dict.fromkeys(cell.rules for cell in cells)}

    def _sides(self, before: Mapping[str, Mapping[str, float | None]], cells: Sequence[Cell]) -> tuple[Side, ...]:
        """Who gains and who pays under current rules, and transfers that leave every side better off than alone.

        Gains are valued at ``worth`` CNY a unit; the surplus over each alone is shared equally (the Nash bargaining
        solution with transferable utility: Nash, The Bargaining Problem, Econometrica 18, 1950).
        """
        if not self.workstream.worth or self.area or "current" not in before:
            return ()
        worth = self.region.params(self.workstream)[self.workstream.worth].value
        measure = self.workstream.measures[self.workstream.target]
        cell = {one.deciders: one for one in cells if one.rules == "current"}
        everyone = self.region.areas.jurisdictions
        changes = {who: {one: gain(measure, before["current"][one], cell[who].target[one]) for one in everyone} for who in cell}
        if any(change is None for side in changes.values() for change in side.values()):
            return ()  # who gains is unknown for some side: no split can be said to be fair
        gains = {who: {one: change or 0.0 for one, change in side.items()} for who, side in changes.items()}
        net = {who: {one: worth * gains[who][one] - cell[who].spent[one] for one in everyone} for who in cell}
        surplus = sum(net["jointly"].values()) - sum(net["alone"].values())
        share = surplus / len(everyone)
        return tuple(
            Side(one, gains["jointly"][one], cell["jointly"].spent[one], net["jointly"][one], gains["alone"][one], cell["alone"].spent[one],
                 net["alone"][one], net["alone"][one] + share - net["jointly"][one], worth, surplus > 1e-6)
            for one in everyone
        )  # fmt: skip

    # -- sensitivity ---------------------------------------------------------------------------------------------------

    def _swing(self, name: str, base: Mapping[str, Figure], found: Sequence[Mapping[str, Figure]], ranges: Mapping[str, Param]) -> Swing:
        column = self.columns[0]
        pairs = [(figures[name].gained[column], figures[name].remains[column]) for figures in (base, *found)]
        gained, remains = zip(*pairs, strict=True)
        edges = {
            param: (gained[1 + 2 * position], gained[2 + 2 * position], remains[1 + 2 * position], remains[2 + 2 * position])
            for position, param in enumerate(ranges)
        }
        return Swing(Range.of(gained), Range.of(remains), edges, dict(ranges))

    def _result(self, verb: str, outcomes: Mapping[Regime, Outcome], plan: PlanResult | None = None, sensitivity: Sensitivity | None = None) -> Result:
        return Result(self, verb, dict(outcomes), self._figures(outcomes), plan, sensitivity)


def gain(measure: Measure, before: float | None, after: float | None) -> float | None:
    """By how much ``after`` is better than ``before`` (for a neutral measure: the plain difference); None if unknown."""
    if before is None or after is None:
        return None
    difference = before - after if measure.better == "lower" else after - before
    # Two computations of one figure differ in the last digits: that is no gain.
    return difference if abs(difference) > NOISE * max(abs(before), abs(after)) else 0.0


def check_budget(budget: float) -> float:
    """A budget that can be spent; UsageError otherwise."""
    try:
        value = float(budget)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value) or value < 0 or value > 1e15:
        raise UsageError(f"budget_cny is {budget!r}; give an amount of CNY from 0 to 1e15, for example 3e8")
    return value


__all__ = ["Bound", "Frame", "check_budget", "gain"]
