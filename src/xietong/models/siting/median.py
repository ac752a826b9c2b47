"""The p-median without capacities and floors, as the engine of ``xietong.models.median`` solves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xietong.models.siting.problem import Problem
from xietong.models.siting.search import Search


class Median(NamedTuple):
    """Sites (None: none found) and a lower bound on the weighted sum of costs."""

    positions: np.ndarray | None
    bound: float


def median(problem: Problem, weight: np.ndarray, search: Search, done: float = 0.0) -> Median:
    """The least sum of ``weight`` [n] x cost within the limit."""
    from xietong.models.median import Distances, p_median

    n, m = len(problem.weight), len(problem.allowed)
    if len(problem.cost) == n * m:
        table = Distances.dense(np.minimum(problem.cost.reshape(n, m), problem.outside[:, None]))
    else:
        table = Distances.sparse(problem.indptr, problem.index, problem.cost, m, problem.outside)
    limit = {"p": problem.p + len(problem.fixed)} if problem.p is not None else {"opening_cost": problem.price, "budget": problem.limit}
    effort = {} if problem.effort is None else {"effort": problem.effort}
    found = p_median(
        table, weight, **limit, fixed=problem.fixed.tolist(), forbidden=np.flatnonzero(~problem.allowed).tolist(), seed=problem.seed,
        tick=lambda part: search.tick(done), time_limit_s=search.left_s, **effort,
    )  # fmt: skip
    return Median(np.asarray(found.sites, dtype=np.intp), float(found.bound))
