"""The p-median without capacities and floors, as the engine of ``xietong.models.median`` solves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xietong.models.siting.problem import Problem
from xietong.models.siting.search import NODES, Search


class Median(NamedTuple):
    """Sites (None: none found) and a lower bound on the weighted sum of costs."""

    positions: np.ndarray | None
    bound: float


def median(problem: Problem, weight: np.ndarray, search: Search, start: float = 0.05, end: float = 0.95) -> Median:
    """The least sum of ``weight`` [n] x cost within the limit."""
    from xietong.models.median import Distances, p_median

    n, m = len(problem.weight), len(problem.allowed)
    if problem.full:
        table = Distances.dense(problem.cost.reshape(n, m), problem.outside)
    else:
        table = Distances.sparse(problem.indptr, problem.index, problem.cost, m, problem.outside)
    # The engine counts the sites in all, and its effort is a multiple of what it does of its own accord.
    p = None if problem.p is None else problem.p + len(problem.fixed)
    price, budget = (problem.price, problem.limit) if p is None else (None, None)
    found = p_median(
        table, weight, p, opening_cost=price, budget=budget, fixed=problem.fixed.tolist(), forbidden=np.flatnonzero(~problem.allowed).tolist(),
        effort=search.effort / NODES, seed=problem.seed, tick=lambda part: search.tick(start + (end - start) * part), time_limit_s=search.left_s,
    )  # fmt: skip
    if found.status.startswith(("infeasible", "unknown")):
        return Median(None, 0.0)
    return Median(np.asarray(found.sites, dtype=np.intp), float(found.bound))
