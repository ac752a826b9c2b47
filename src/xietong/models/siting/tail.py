"""The mean cost of the worst-off share of the people (CVaR), by thresholds.

    CVaR = min over t of  t + E[(cost - t)+] / share          (Rockafellar and Uryasev, Journal of Risk 2 (2000), 21-41)

For a threshold t this is a p-median with costs (cost - t)+, and the best t is the cost of some pair. That sum falls as t rises:
for thresholds between t1 and t2 the tail mean is at least t1 + its value at t2. So intervals of thresholds are halved, the one
with the smallest bound first, until none can hold a better plan; every median on the way is a plan.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from xietong.models.siting.improve import interchange
from xietong.models.siting.problem import Problem
from xietong.models.siting.search import ENOUGH, Search

THRESHOLDS = 60
"""Medians that are solved, at most."""

PART = 10
"""Into how many parts the effort is divided: one median has one."""


def tail(problem: Problem, search: Search, solve: Callable[[Problem, Search], None]) -> None:
    """Find the plan whose worst-off share fares best; ``solve`` solves a median."""
    if problem.capacity is None:
        interchange(problem, search, search.positions)
    levels = np.unique(np.concatenate([problem.cost, problem.outside[np.isfinite(problem.outside)]]))
    if not len(levels):
        search.prove(0.0)
        return
    whole = problem.share * problem.people
    # Intervals of levels (bound, first, last, least sum of what lies above the last), and the least bound of single levels.
    waiting, settled = [(float(levels[0]), 0, len(levels) - 1, 0.0)], np.inf
    for step in range(THRESHOLDS):
        bound, first, last, above = waiting[0]
        if not bound < min(search.value * (1 - ENOUGH), settled):
            break
        heapq.heappop(waiting)
        middle = (first + last) // 2
        least = max(_median(problem, search, solve, float(levels[middle])), above)
        settled = min(settled, max(bound, float(levels[middle]) + least / whole))
        for start, end, sum_above in ((first, middle - 1, least), (middle + 1, last, above)):
            if start <= end:
                heapq.heappush(waiting, (max(bound, float(levels[start]) + sum_above / whole), start, end, sum_above))
        search.prove(min(settled, waiting[0][0] if waiting else np.inf, search.value))
        search.tick(0.05 + 0.9 * step / THRESHOLDS)
        if not waiting:
            break
    search.prove(min(settled, waiting[0][0] if waiting else np.inf, search.value))


def _median(problem: Problem, search: Search, solve: Callable[[Problem, Search], None], threshold: float) -> float:
    """A lower bound on the sum of weight x (cost - threshold)+; the plan that was found is offered."""
    cost, outside = np.maximum(problem.cost - threshold, 0.0), np.maximum(problem.outside - threshold, 0.0)
    effort = None if problem.effort is None else max(problem.effort // PART, 1)
    part = replace(problem, objective="median", cost=cost, outside=outside, effort=effort)
    inner = Search(part, lambda done: search.pause(), search.left_s)
    try:
        solve(part, inner)
    finally:
        if inner.positions is not None:
            search.offer(inner.positions, inner.flow)
    return inner.bound
