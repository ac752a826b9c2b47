"""Interchange for any objective on a full table: the best addition, exchange or removal as long as one helps.

Teitz and Bart, Operations Research 16 (1968), 955-961. What a plan lacks (demand that must be served, floors) counts as a cost
above all others, so that the same search also finds its way to plans that are allowed.
"""

from __future__ import annotations

import numpy as np

from xietong.models.siting.problem import ROUNDING, Problem
from xietong.models.siting.search import ENOUGH, Search

CELLS = 4_000_000
"""Demands x sites up to which the table is filled in."""

LACKING = 1e3
"""What one who is not served counts, as a multiple of the largest cost."""


def interchange(problem: Problem, search: Search, start: np.ndarray | None = None) -> None:
    """Improve ``start`` (or build a plan from the fixed sites), in at most ``effort`` steps. Not for capacities, nor for cover."""
    n, m = len(problem.weight), len(problem.allowed)
    if n * m > CELLS:
        return
    table = _Table(problem)
    chosen = [] if start is None else [one for one in start.tolist() if one not in set(problem.fixed.tolist())]
    value = table.value(table.base(chosen), table.reach(chosen))[0] + problem.opening[chosen].sum() * (problem.objective == "cost")
    for _ in range(search.effort):
        best, move = _best_move(problem, table, chosen)
        if not best < value - ENOUGH * abs(value):
            break
        out, into = move
        chosen = [one for one in chosen if one != out] + ([into] if into >= 0 else [])
        value = best
        search.tick(0.1)
    search.offer(np.array(chosen, dtype=np.intp))


def _best_move(problem: Problem, table: _Table, chosen: list[int]) -> tuple[float, tuple[int, int]]:
    """The smallest value after one step, and which site it closes and opens (-1: none)."""
    buyable, pays = problem.buyable, problem.objective == "cost"
    best, move = np.inf, (-1, -1)
    for out in [-1, *sorted(chosen)]:
        rest = [one for one in chosen if one != out]
        base, reach = table.base(rest), table.reach(rest)
        sunk = float(problem.opening[rest].sum()) if pays else 0.0
        if out >= 0 and pays and (value := float(table.value(base, reach)[0]) + sunk) < best:
            best, move = value, (out, -1)
        room = problem.limit * (1 + ROUNDING) - float(problem.price[rest].sum())
        into = np.setdiff1d(buyable[problem.price[buyable] <= room], chosen)
        if not len(into):
            continue
        values = table.value(np.minimum(base, table.cost[:, into]), reach | table.near[:, into] if table.near is not None else None)
        values = values + sunk + (problem.opening[into] if pays else 0.0)
        at = int(np.argmin(values))
        if values[at] < best:
            best, move = float(values[at]), (out, int(into[at]))
    return best, move


class _Table:
    """Costs [n, m] with what is out of reach at a cost above all others, and whether within the radius where floors ask for it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        n, m = len(problem.weight), len(problem.allowed)
        finite = problem.outside[np.isfinite(problem.outside)]
        self.lacking = LACKING * max(float(problem.cost.max(initial=0.0)), float(finite.max(initial=0.0)), 1.0)
        self.cost = np.full((n, m), self.lacking)
        self.cost[problem.row, problem.index] = problem.cost
        self.start = np.minimum(problem.nearest(problem.fixed), self.lacking)
        self.near: np.ndarray | None = None
        if problem.floors:
            self.near = np.zeros((n, m), dtype=bool)
            self.near[problem.row[problem.near], problem.index[problem.near]] = True
            self.within = problem.within(problem.fixed)

    def base(self, chosen: list[int]) -> np.ndarray:
        """Least cost of every demand [n, 1] with these and the fixed sites."""
        return np.asarray(np.minimum(self.start, self.cost[:, chosen].min(axis=1, initial=self.lacking))[:, None])

    def reach(self, chosen: list[int]) -> np.ndarray | None:
        """Who is within the radius of one of them [n, 1]; None where no floor asks."""
        return None if self.near is None else (self.within | self.near[:, chosen].any(axis=1))[:, None]

    def value(self, cost: np.ndarray, reach: np.ndarray | None) -> np.ndarray:
        """The objective of each column of costs [n, k], and what its floors lack."""
        problem, weight = self.problem, self.problem.weight
        if problem.objective == "center":
            found = cost.max(axis=0)
        elif problem.objective == "cvar":
            found = _tails(cost, weight, problem.share)
        else:
            found = np.einsum("i,ik->k", weight, cost)
        if reach is not None:
            for floor in problem.floors:
                held = weight[floor.rows]
                short = np.maximum(floor.share - np.einsum("i,ik->k", held / held.sum(), reach[floor.rows]) - ROUNDING, 0.0)
                found = found + short * self.lacking * problem.people
        return np.asarray(found)


def _tails(cost: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """Mean of the worst ``share`` of the weight in each column."""
    order = np.argsort(-cost, axis=0)
    sorted_cost, held = np.take_along_axis(cost, order, axis=0), weight[order]
    whole = share * float(weight.sum())
    taken = np.clip(whole - (np.cumsum(held, axis=0) - held), 0.0, held)
    return np.asarray(np.einsum("ik,ik->k", taken, sorted_cost) / whole)
