"""The covering program against brute force."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from xietong.models.coverage import cover_most


def brute(gain, need, weight, cost, upper, budget):
    """The most needs, ties by weight, and the least cost of covering just them."""
    best = (0.0, 0, 0.0)
    for size in range(1, len(need) + 1):
        for rows in map(list, combinations(range(len(need)), size)):
            found = linprog(cost, A_ub=-gain[rows], b_ub=-need[rows], bounds=list(zip(np.zeros(len(cost)), upper, strict=True)))
            if found.status == 0 and found.fun <= budget:
                best = max(best, (size + 0.5 * weight[rows].sum() / weight.sum(), size, -found.fun))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_it_agrees_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    k, n = 6, 5
    gain, cost, upper = rng.random((k, n)) * 40, rng.uniform(1e8, 1e9, n), rng.uniform(0, 0.6, n)
    need, weight = gain @ upper * rng.uniform(0.2, 1.2, k), rng.uniform(1, 20, k)
    budget = float(cost @ upper) * rng.uniform(0.1, 0.9)
    found = cover_most(gain, need, weight, cost, upper, budget)
    _, size, _ = brute(gain, need, weight, cost, upper, budget)
    assert found.covered.sum() == size == found.most and found.proved
    assert (gain[found.covered] @ found.x >= need[found.covered] * (1 - 1e-7)).all()
    assert found.spent <= budget * (1 + 1e-9) and (found.x >= 0).all() and (found.x <= upper * (1 + 1e-9)).all()


def test_nothing_to_do():
    none = cover_most(np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.ones(3), np.ones(3), 5.0)
    assert not none.x.any() and none.most == 0 and none.proved
    assert not cover_most(np.ones((2, 3)), np.ones(2), np.ones(2), np.ones(3), np.ones(3), 0.0).x.any()
