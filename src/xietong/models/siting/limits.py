"""Programs with flows: capacities, floors and opening costs in the objective, proved by HiGHS.

Strong formulation of facility location: x_ij <= y_j for every pair (Cornuejols, Sridharan and Thizy, European Journal of
Operational Research 50 (1991), 280-297).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xietong.models.highs import Found
from xietong.models.siting.problem import ROUNDING, Problem
from xietong.models.siting.program import DECIDED, TOLERANCE, Flows, Program, floored, served, sited
from xietong.models.siting.search import Search

GAP = 1e-9
"""Relative gap at which HiGHS may stop."""

PAIRS = 40_000
"""Pairs up to which a program with flows is solved."""


def usable(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that some best plan may need, and the demands that may be left to the outside option."""
    if problem.objective == "cover":
        left = np.arange(len(problem.weight)) if np.isfinite(problem.limit) else np.zeros(0, dtype=np.intp)
        return np.flatnonzero(problem.near), left
    worst = problem.outside
    if problem.capacity is None and len(problem.fixed):
        worst = problem.nearest(problem.fixed)
    return np.flatnonzero(problem.cost <= worst[problem.row]), np.flatnonzero(np.isfinite(problem.outside))


def prove(problem: Problem, search: Search) -> None:
    """Solve the program of a median, a cover or opening costs."""
    program = Program()
    sites = sited(program, problem)
    flows = served(program, problem, sites.y, *usable(problem))
    floored(program, problem, sites.y)
    unit = _objective(program, problem, sites.y, flows)
    for found in search.solve(program, GAP):
        opened = sites.opened(found)
        flow = None if problem.capacity is None else spread(problem, opened)
        if problem.capacity is None or flow is not None:
            search.offer(opened, flow)
        search.prove(found.bound * unit)


def _objective(program: Program, problem: Problem, y: np.ndarray, flows: Flows) -> float:
    """Put the objective on the columns; what a unit of it is worth."""
    cost, outside = problem.cost[flows.pairs], problem.outside[flows.left]
    if problem.objective == "cover":
        everybody = not np.isfinite(problem.limit)
        unit = max(float(problem.price.max(initial=0.0)), 1e-300) if everybody else problem.people
        _charge(program, y if everybody else flows.u, (problem.price if everybody else problem.weight[flows.left]) / unit)
        return unit
    unit = max(float(cost.max(initial=0.0)), float(outside.max(initial=0.0)), 1e-300)
    unit *= problem.people
    _charge(program, flows.x, problem.weight[problem.row[flows.pairs]] * cost / unit)
    _charge(program, flows.u, problem.weight[flows.left] * outside / unit)
    if problem.objective == "cost":
        _charge(program, y, problem.opening / unit)
    return unit


def _charge(program: Program, columns: np.ndarray, cost: np.ndarray) -> None:
    flat = np.concatenate(program.cost)
    flat[columns] += cost
    program.cost = [flat]


def spread(problem: Problem, positions: np.ndarray) -> np.ndarray | None:
    """The best flow of people [pairs of the problem] with these sites open, each within its capacity; None where there is none."""
    opened = np.zeros(len(problem.allowed))
    opened[positions] = opened[problem.fixed] = 1.0
    pairs, left = usable(problem)
    pairs = pairs[opened[problem.index[pairs]] > 0]
    program = Program()
    y = program.columns(len(opened), upper=opened)
    program.rows([(np.arange(len(opened)), y, 1.0)], opened, opened, len(opened))
    flows = served(program, problem, y, pairs, left)
    _objective(program, problem, y, flows)
    found = program.solve(1, problem.seed)
    return None if found is None else _people(problem, flows, found)


def _people(problem: Problem, flows: Flows, found: Found) -> np.ndarray:
    flow = np.zeros(len(problem.cost))
    flow[flows.pairs] = np.maximum(found.x[flows.x], 0.0) * problem.weight[problem.row[flows.pairs]]
    flow[flow < ROUNDING * problem.weight[problem.row]] = 0.0
    return flow


class Shortfall(NamedTuple):
    """Sites and flow (None: none found) that leave the fewest unserved of those who must be, and a bound on how many."""

    positions: np.ndarray | None
    flow: np.ndarray | None
    bound: float


def shortfall(problem: Problem, usable: np.ndarray, must: np.ndarray, nodes: int) -> Shortfall:
    """Whether ``usable`` [pairs] and the capacities are enough for the demands ``must`` [n]; ``bound`` above zero proves that not."""
    program = Program()
    sites = sited(program, problem)
    flows = served(program, problem, sites.y, np.flatnonzero(usable), np.arange(len(problem.weight)))
    floored(program, problem, sites.y)
    _charge(program, flows.u, np.where(must, problem.weight / problem.people, 0.0))
    found = program.solve(nodes, problem.seed, DECIDED)
    if found is None:
        return Shortfall(None, None, 0.0)
    return Shortfall(sites.opened(found), _people(problem, flows, found), found.bound * problem.people if found.bound > TOLERANCE else 0.0)


def center(problem: Problem, search: Search) -> None:
    """p-center with capacities: bisection over the costs, each radius decided by a program with flows."""
    radii = np.unique(np.concatenate([problem.cost, problem.outside[np.isfinite(problem.outside)]]))
    low, high, proved, step = 0, len(radii), 0, 0
    while low < high:
        middle = (low + high) // 2
        found = shortfall(problem, problem.cost <= radii[middle], problem.outside > radii[middle], search.effort)
        if found.positions is not None:
            search.offer(found.positions, found.flow)
        if search.value <= radii[middle]:
            high = int(np.searchsorted(radii, search.value))
        else:
            low = middle + 1
        if found.bound > 0:
            proved = max(proved, middle + 1)
        step += 1
        search.tick(min(step / 20, 0.99))
    search.prove(float(radii[min(proved, len(radii) - 1)]) if len(radii) else 0.0)
