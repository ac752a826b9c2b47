"""The covering kernel against SciPy and by its own proof."""

import numpy as np
import pytest
from scipy.optimize import minimize

from xietong.kernels.covering import check, cover


def problem(seed, n=12, m=5, tight=0.6):
    rng = np.random.default_rng(seed)
    rows = rng.random((m, n)) * (rng.random((m, n)) < 0.7) * 10 ** rng.uniform(-2, 2)
    upper = rng.uniform(0, 50, n) * (rng.random(n) < 0.9)
    linear = 10 ** rng.uniform(2, 5, n)
    curve = linear / np.maximum(upper, 1) * rng.uniform(0.3, 2, n)
    return linear, curve, upper, rows, rows @ upper * rng.uniform(0, tight, m)


@pytest.mark.parametrize("seed", range(60))
def test_it_proves_its_answer(seed):
    given = problem(seed, n=5 + seed % 50, m=1 + seed % 13, tight=(0.3, 0.7, 1.0)[seed % 3])
    found = cover(*given)
    assert found.proved and found.iterations < 100, found
    assert (given[3] @ found.x >= given[4] - 1e-9 * np.abs(given[4]).max()).all()


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_scipy(seed):
    linear, curve, upper, rows, need = problem(seed)
    found = cover(linear, curve, upper, rows, need)
    scale = float((linear * upper).max())
    size = np.abs(rows).max(axis=1)

    def cost(x):
        return (linear @ x + curve @ x**2 / 2) / scale

    peer = minimize(
        cost, upper * 0.99, jac=lambda x: (linear + curve * x) / scale, bounds=list(zip(np.zeros(len(upper)), upper, strict=True)), method="SLSQP",
        constraints={"type": "ineq", "fun": lambda x: (rows @ x - need) / size, "jac": lambda x: rows / size[:, None]}, options={"maxiter": 500, "ftol": 1e-14},
    )  # fmt: skip
    assert cost(found.x) <= peer.fun + 1e-7
    assert peer.fun <= cost(found.x) + 1e-5


def test_needs_at_the_very_edge():
    linear, curve, upper, rows, _ = problem(3)
    found = cover(linear, curve, upper, rows, rows @ upper)
    assert np.allclose(found.x[rows.any(axis=0)], upper[rows.any(axis=0)])


def test_nothing_needed_costs_nothing():
    linear, curve, upper, rows, need = problem(4)
    assert not cover(linear, curve, upper, rows, -need).x.any()
    assert not cover(linear, curve, upper, rows[:0], need[:0]).x.any()


def test_an_impossible_need_is_never_proved():
    linear, curve, upper, rows, _ = problem(5)
    assert not cover(linear, curve, upper, rows, rows @ upper * 1.01 + 1).proved


def test_order_does_not_matter():
    linear, curve, upper, rows, need = problem(6)
    order, swap = np.random.default_rng(0).permutation(len(upper)), np.random.default_rng(1).permutation(len(need))
    again = cover(linear[order], curve[order], upper[order], rows[np.ix_(swap, order)], need[swap])
    assert np.allclose(again.x, cover(linear, curve, upper, rows, need).x[order], atol=1e-7)


def test_the_check_sees_a_worse_answer():
    given = problem(7)
    found = cover(*given)
    assert check(*given, given[2], found.price)[1] > 1e-3
    assert check(*given, found.x * 0.9, found.price)[0] > 1e-4
