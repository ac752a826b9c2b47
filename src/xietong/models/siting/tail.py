"""The mean cost of the worst share of the people (CVaR).

Rockafellar and Uryasev, Journal of Risk 2 (2000), 21-41. Small problems are programs with flows. Of large ones: the tail mean is
the largest mean over all ways q to choose the worst share, so for any q a p-median with weights q is a lower bound; q moves
towards those who are worst off in the medians found (multiplicative weights; Freund and Schapire, Games and Economic Behavior 29
(1999), 79-103), and every median is a plan.
"""

from __future__ import annotations

import numpy as np

from xietong.models.siting import limits
from xietong.models.siting.improve import interchange
from xietong.models.siting.median import Median, median
from xietong.models.siting.problem import Problem
from xietong.models.siting.search import Search

ROUNDS = 6
"""Medians solved for the bound of a large problem."""


def tail(problem: Problem, search: Search) -> None:
    """Find the plan whose worst-off share of the people fares best."""
    interchange(problem, search)
    if len(problem.cost) <= limits.PAIRS:
        limits.prove(problem, search)
        return
    whole = problem.share * problem.people
    most = problem.weight / whole
    q = problem.weight / problem.people
    reached = np.zeros(len(q))
    for step in range(ROUNDS):
        found: Median = median(problem, q, search, step / ROUNDS, (step + 1) / ROUNDS)
        search.prove(found.bound)
        if found.positions is None or search.proved:
            break
        if search.offer(found.positions):
            interchange(problem, search, search.positions)
        cost = problem.nearest(found.positions)
        reached += cost / max(float(cost.max()), 1e-300)
        q = _capped(problem.weight * np.exp(ROUNDS * (reached / (step + 1))), most)


def _capped(weight: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Probabilities in proportion to ``weight``, none above ``most`` (whose sum is at least 1)."""
    q = weight / weight.sum()
    for _ in range(len(q)):
        over = q > most * (1 + 1e-12)
        if not over.any():
            break
        full = q >= most
        q = np.where(full, most, q)
        free = ~full
        q[free] *= max(1.0 - float(most[full].sum()), 0.0) / max(float(q[free].sum()), 1e-300)
    return np.asarray(q)
