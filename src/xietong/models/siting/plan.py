"""What siting answers: the sites, how good they are, how good any could be, and who goes where."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from xietong.models.siting.problem import Objective, Problem, used


class AreaFigures(NamedTuple):
    """Of the people of one area: their ``weight``, mean cost, share ``within`` the radius of an open site, share ``left`` to the outside option."""

    weight: float
    mean_cost: float
    within: float
    left: float


@dataclass(frozen=True, eq=False)
class Plan:
    """Sites that are open, fixed ones included, by position; ``objective`` in the unit asked for and a ``bound`` that no plan beats.

    ``gap`` is their difference as a share of the objective; ``status``: proved | gap<=x% | infeasible (why) | unknown (why); the last
    two have no sites and nan. ``interrupted`` says
    that the search was stopped, by the user or by the time limit: the plan is the best until then and its gap is honest.
    ``flow`` [pairs] is a best flow of people where capacities bind (else None); where several are best it is one of them, and
    figures by area do not come from it but from ``allocation``, which is unique.
    """

    kind: Objective
    sites: tuple[str, ...]
    positions: np.ndarray
    objective: float
    bound: float
    gap: float
    status: str
    interrupted: bool
    flow: np.ndarray | None = field(repr=False)
    problem: Problem = field(repr=False)

    @cached_property
    def allocation(self) -> np.ndarray:
        """People of each pair [pairs], unique: to the nearest open site, ties split equally; where capacities bind, the fairest
        allocation that serves the most (kernel ``allocation``), whose mean cost may lie a little above that of ``flow``."""
        problem, pairs = self.problem, self.problem.pairs
        found = np.zeros(len(pairs.cost))
        found[used(pairs, problem.allowed)] = _nearest(problem, self.positions) if problem.capacity is None else _fairest(problem, self.positions)
        return found

    @cached_property
    def assignment(self) -> np.ndarray:
        """Position of the site of each demand [n], the one that takes most of it; of several the first by id; -1: nobody serves it."""
        pairs = self.problem.pairs
        rank = np.argsort(np.argsort(np.array(pairs.site)))
        taken = np.flatnonzero(self.allocation > 0)
        order = taken[np.lexsort((-rank[pairs.index[taken]], _rounded(self.allocation[taken]), pairs.row[taken]))]
        found = np.full(len(pairs.weight), -1)
        found[pairs.row[order]] = pairs.index[order]
        return found

    @cached_property
    def load(self) -> np.ndarray:
        """People whom each site of ``positions`` takes, in the unique allocation."""
        pairs = self.problem.pairs
        return np.asarray(np.bincount(pairs.index, self.allocation, len(pairs.site))[self.positions])

    @cached_property
    def by_area(self) -> dict[str, AreaFigures]:
        """Figures of each area of the demand, from the unique allocation; without a radius nobody counts as within (nan)."""
        problem, pairs, n = self.problem, self.problem.pairs, len(self.problem.weight)
        served = np.bincount(pairs.row, self.allocation, len(pairs.weight))[problem.demand]
        spent = np.bincount(pairs.row, self.allocation * np.where(self.allocation > 0, pairs.cost, 0.0), len(pairs.weight))[problem.demand]
        left = np.where(problem.weight - served > 1e-9 * problem.weight, problem.weight - served, 0.0)
        spent = spent + left * np.where(left > 0, problem.outside, 0.0)
        within = problem.within(self.positions) if np.isfinite(problem.radius) else np.full(n, np.nan)
        area, found = pairs.demand_area[problem.demand], {}
        for name in sorted(set(area.tolist())):
            rows = area == name
            weight = float(problem.weight[rows].sum())
            inside, out = float(problem.weight[rows] @ within[rows]) / weight, float(left[rows].sum()) / weight
            found[name] = AreaFigures(weight, float(spent[rows].sum()) / weight, inside, out)
        return found

    def explain(self, lang: str = "en") -> str:
        """The plan in one or two sentences, ``lang`` "zh" or "en"."""
        new = len(self.positions) - len(self.problem.fixed)
        if np.isnan(self.objective):
            return f"没有可行方案:{self.status}。" if lang == "zh" else f"There is no plan: {self.status}."
        what = KINDS[self.kind if self.kind != "cover" or np.isfinite(self.problem.limit) else "everybody"][lang == "en"]
        if lang == "zh":
            return f"新开 {new} 处、保留 {len(self.problem.fixed)} 处站点,{what}为 {self.objective:,.6g};界为 {self.bound:,.6g}({self.status})。"
        return f"{new} new sites beside {len(self.problem.fixed)} fixed: {what} {self.objective:,.6g}. No plan beats {self.bound:,.6g} ({self.status})."


KINDS = {
    "median": ("总成本", "total cost"),
    "cover": ("覆盖人数", "people covered"),
    "everybody": ("覆盖所有人的代价", "what covering everybody takes"),
    "center": ("最大成本", "largest cost"),
    "cvar": ("最差部分人的平均成本", "mean cost of the worst-off share"),
    "cost": ("开设与出行总成本", "opening and transport cost"),
}


def _rounded(people: np.ndarray) -> np.ndarray:
    """Equal parts are equal: what rounding leaves does not decide between them."""
    return np.asarray(np.round(people / max(float(people.max(initial=0.0)), 1e-300), 9))


def _nearest(problem: Problem, positions: np.ndarray) -> np.ndarray:
    """People of each pair of the problem: each demand at its nearest sites, in equal parts."""
    opened = np.zeros(len(problem.allowed), dtype=bool)
    opened[positions] = True
    best = opened[problem.index] & (problem.cost <= problem.nearest(positions)[problem.row])
    count = np.bincount(problem.row, best, len(problem.weight))
    return np.where(best, problem.weight[problem.row] / np.maximum(count, 1)[problem.row], 0.0)


def _fairest(problem: Problem, positions: np.ndarray) -> np.ndarray:
    from xietong.kernels.allocation import allocate
    from xietong.models.siting.limits import usable

    assert problem.capacity is not None
    room = np.zeros(len(problem.allowed))
    room[positions] = np.minimum(problem.capacity[positions], problem.people)
    pairs = usable(problem)[0]
    found = np.zeros(len(problem.cost))
    found[pairs] = allocate(problem.weight, room, problem.row[pairs], problem.index[pairs], problem.cost[pairs]).flow
    return found
