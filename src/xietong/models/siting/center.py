"""p-center: the smallest radius within which the limit reaches everybody, by bisection over the distinct costs.

Minieka, SIAM Review 12 (1970), 138-139: a radius is enough where a set covering within it is; Elloumi, Labbe and Pochet,
INFORMS Journal on Computing 16 (2004), 84-94, for bisection with bounds first.
"""

from __future__ import annotations

import numpy as np

from xietong.models.siting.problem import Problem
from xietong.models.siting.reach import reach
from xietong.models.siting.search import Search


def center(problem: Problem, search: Search) -> None:
    """Find the smallest largest cost. An undecided radius (node limit) ends the proof, not the search."""
    radii = np.unique(np.concatenate([problem.cost, problem.outside[np.isfinite(problem.outside)]]))
    # Everybody's best is a bound; the search goes between it and the best plan so far.
    low = int(np.searchsorted(radii, float(problem.nearest(np.flatnonzero(problem.allowed)).max(initial=0.0))))
    proved, high, step = low, len(radii), 0
    while low < high:
        middle = (low + high) // 2
        found = reach(problem, problem.cost <= radii[middle], problem.outside > radii[middle], search.effort, elastic=True)
        if found.positions is not None:
            search.offer(found.positions)
        if search.value <= radii[middle]:
            high = int(np.searchsorted(radii, search.value))
        else:
            low = middle + 1
        step += 1
        search.tick(min(step / 20, 0.99))
        if found.bound > 0:
            proved = max(proved, middle + 1)
    search.prove(float(radii[min(proved, len(radii) - 1)]) if len(radii) else 0.0)
