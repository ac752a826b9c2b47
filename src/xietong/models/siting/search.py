"""What a search knows: the best plan found, the best bound proved, and when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from xietong.core.errors import Cancelled
from xietong.models.highs import Found
from xietong.models.siting.problem import ROUNDING, Problem
from xietong.models.siting.program import TOLERANCE, Program

NODES = 20_000
"""Branch-and-bound nodes of a program where no effort is given: a limit that gives the same answer on every machine."""

WORK = 20_000_000
"""Nodes x entries of a program where no effort is given. A larger one takes fewer nodes, each of which takes longer."""

LADDER = (20, 500)
"""Nodes after which a program shows what it has before it goes on."""

ENOUGH = 1e-9
"""A plan within this share of the bound is the best."""


class Search:
    """Collects plans and bounds of a problem, as values to minimise (uncovered weight, where cover is sought)."""

    def __init__(self, problem: Problem, tick: Callable[[float], None], time_limit_s: float) -> None:
        self.problem, self._tick = problem, tick
        self._end = time.monotonic() + time_limit_s
        self.positions: np.ndarray | None = None
        self.flow: np.ndarray | None = None
        self.value, self.bound = np.inf, 0.0
        self.interrupted, self.done = False, 0.0

    @property
    def effort(self) -> int:
        """Nodes that a program may take."""
        return NODES if self.problem.effort is None else self.problem.effort

    @property
    def left_s(self) -> float:
        """Seconds until the time limit."""
        return max(self._end - time.monotonic(), 0.0)

    @property
    def proved(self) -> bool:
        """Whether the best plan is known to be the best there is."""
        return self.value - self.bound <= ENOUGH * max(abs(self.value), ENOUGH)

    def tick(self, done: float) -> None:
        """Report progress; raises Cancelled where the user, or the time limit, says stop."""
        self.done = max(self.done, done)
        self.pause()

    def pause(self) -> None:
        """Stop here where the user, or the time limit, says so."""
        try:
            self._tick(self.done)
        except (Cancelled, KeyboardInterrupt):
            self.interrupted = True
            raise
        if time.monotonic() > self._end:
            self.interrupted = True
            raise Cancelled

    def solve(self, program: Program, gap: float = 0.0) -> Iterator[Found]:
        """Solutions and bounds of a program under a growing limit of nodes, so that there is an answer early; the last is the best."""
        entries = sum(len(np.ravel(value)) for _, _, value in program.entries)
        most = max(min(self.effort, self.effort * WORK // (NODES * max(entries, 1))), 1)
        for nodes in sorted({min(one, most) for one in (*LADDER, most)}):
            found = program.solve(nodes, self.problem.seed, gap)
            if found is not None:
                yield found
                if found.optimal:
                    return
            self.tick(0.5)

    def prove(self, bound: float) -> None:
        """No plan has a smaller value."""
        self.bound = max(self.bound, float(np.ceil(bound - TOLERANCE * max(1.0, abs(bound)))) if self.problem.whole else bound)

    def offer(self, positions: np.ndarray, flow: np.ndarray | None = None) -> bool:
        """Keep a plan where it is allowed and better than the best so far. ``flow`` [pairs]: who goes where, in people."""
        positions = np.union1d(positions, self.problem.fixed).astype(np.intp)
        if not feasible(self.problem, positions):
            return False
        value = worth(self.problem, positions, flow)
        if not value < self.value:
            return False
        self.positions, self.flow, self.value = positions, flow, value
        return True


def feasible(problem: Problem, positions: np.ndarray) -> bool:
    """Whether these sites are allowed, within the limit, and keep the floors."""
    if not problem.allowed[positions].all() or float(problem.price[positions].sum()) > problem.limit * (1 + ROUNDING):
        return False
    if not problem.floors:
        return True
    within = problem.within(positions)
    return all(float(problem.weight[one.rows] @ within[one.rows]) >= (one.share - ROUNDING) * float(problem.weight[one.rows].sum()) for one in problem.floors)


def worth(problem: Problem, positions: np.ndarray, flow: np.ndarray | None = None) -> float:
    """The value to minimise with these sites open; inf where somebody must be served and is not. ``flow``: where capacities bind."""
    weight = problem.weight
    if problem.objective == "cover":
        if not np.isfinite(problem.limit):
            complete = _served(problem, flow) if flow is not None else problem.within(positions)
            return float(problem.price[positions].sum()) if complete.all() else np.inf
        return problem.people - float(flow[problem.near].sum() if flow is not None else weight @ problem.within(positions))
    cost = problem.nearest(positions)
    if flow is not None:
        used, left = flow > 0, np.where(_served(problem, flow), 0.0, weight - np.bincount(problem.row, flow, len(weight)))
        weight, cost = np.append(flow[used], left[left > 0]), np.append(problem.cost[used], problem.outside[left > 0])
    if not np.isfinite(cost).all():
        return np.inf
    if problem.objective == "center":
        return float(cost.max(initial=0.0))
    if problem.objective == "cvar":
        return tail_mean(cost, weight, problem.share)
    return float(weight @ cost) + (float(problem.opening[positions].sum()) if problem.objective == "cost" else 0.0)


def _served(problem: Problem, flow: np.ndarray) -> np.ndarray:
    """Which demands [n] are served in full."""
    return np.asarray(np.bincount(problem.row, flow, len(problem.weight)) >= problem.weight * (1 - TOLERANCE))


def tail_mean(cost: np.ndarray, weight: np.ndarray, share: float) -> float:
    """Mean ``cost`` of the worst ``share`` of the weight: t + E[(cost - t)+] / share, t the quantile at 1 - share."""
    order = np.argsort(-cost, kind="stable")
    above = np.cumsum(weight[order])
    whole = share * float(above[-1])
    quantile = float(cost[order[min(int(np.searchsorted(above, whole * (1 - 1e-12))), len(order) - 1)]])
    return quantile + float(weight @ np.maximum(cost - quantile, 0.0)) / whole
