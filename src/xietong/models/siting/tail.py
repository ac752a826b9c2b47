"""The mean cost of the worst-off share of the people (CVaR), by branch and bound on the threshold t.

    CVaR = min over t of  t + E[(cost - t)+] / share          (Rockafellar and Uryasev, Journal of Risk 2 (2000), 21-41)

For one threshold this is a p-median with costs (cost - t)+, and the best t is the cost of some pair. Between thresholds t1 and t2
everybody who is above t2 pays cost - t, so that the tail mean is at least t + E[(cost - t) where cost > t2] / share: linear in t,
hence never below the smaller of its ends, and each end is a p-median too. Intervals that may hold a better plan are halved, the
one with the smallest bound first. Every median on the way is a plan.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from xietong.models.siting.improve import interchange
from xietong.models.siting.problem import Problem
from xietong.models.siting.search import ENOUGH, Search

INTERVALS = 80
"""Intervals that are looked at, at most."""

PART = 10
"""Into how many parts the effort is divided: one median has one."""

Solve: TypeAlias = Callable[[Problem, Search], None]


def tail(problem: Problem, search: Search, solve: Solve) -> None:
    """Find the plan whose worst-off share fares best; ``solve`` solves a median."""
    if problem.capacity is None:
        interchange(problem, search, search.positions)
    levels = np.unique(np.concatenate([problem.cost, problem.outside[np.isfinite(problem.outside)]]))
    if not len(levels):
        return
    whole, settled = problem.share * problem.people, np.inf
    waiting, ends = [(float(levels[0]), 0, len(levels) - 1)], dict[int, float]()
    for step in range(INTERVALS):
        if not waiting or waiting[0][0] >= min(settled, search.value * (1 - ENOUGH)):
            break
        bound, first, last = heapq.heappop(waiting)
        low, high = float(levels[first]), float(levels[last])
        if last not in ends:
            ends[last] = high + _median(problem, search, solve, high, high) / whole
        least = ends[last]
        if first < last:
            # Where the upper end alone calls for halving, the lower one is not worth a median.
            least = min(least, low + _median(problem, search, solve, low, high) / whole) if least >= search.value * (1 - ENOUGH) else low
        bound = max(bound, least)
        if first == last or bound >= search.value * (1 - ENOUGH):
            settled = min(settled, bound)
        else:
            middle = (first + last) // 2
            heapq.heappush(waiting, (bound, first, middle))
            heapq.heappush(waiting, (bound, middle + 1, last))
        search.prove(min(settled, search.value, waiting[0][0] if waiting else np.inf))
        search.tick(0.05 + 0.9 * step / INTERVALS)
    search.prove(min(settled, search.value, waiting[0][0] if waiting else np.inf))


def _median(problem: Problem, search: Search, solve: Solve, low: float, high: float) -> float:
    """A lower bound on the sum of weight x (cost - low) over those above ``high``; the plan that was found is offered."""
    cost, outside = (np.where(one > high, one - low, 0.0) for one in (problem.cost, problem.outside))
    part = replace(problem, objective="median", cost=cost, outside=outside, effort=max(search.effort // PART, 1))
    inner = Search(part, lambda done: search.pause(), search.left_s)
    try:
        solve(part, inner)
    finally:
        if inner.positions is not None:
            search.offer(inner.positions, inner.flow)
    return inner.bound
