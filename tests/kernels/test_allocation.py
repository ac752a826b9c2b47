"""The allocation kernel against a linear program that shares nothing with it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from xietong.kernels.access import e2sfca
from xietong.kernels.allocation import allocate


def market(n: int, m: int, reach: float, scarcity: float, seed: int) -> tuple[np.ndarray, ...]:
    """Random points in a square; pairs within ``reach``; capacity is demand / scarcity."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((n, 2)), rng.random((m, 2))
    distance = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    i, j = np.nonzero(distance < reach)
    demand, capacity = rng.lognormal(0, 1, n), rng.lognormal(0, 1, m)
    return demand, capacity * demand.sum() / capacity.sum() / scarcity, i, j, distance[i, j]


def least_unserved(demand: np.ndarray, capacity: np.ndarray, i: np.ndarray, j: np.ndarray) -> float:
    """Maximum flow as a linear program (HiGHS through SciPy)."""
    if not len(i):
        return float(demand.sum())
    arcs = np.arange(len(i))
    rows = csr_matrix((np.ones(2 * len(i)), (np.r_[i, len(demand) + j], np.r_[arcs, arcs])), shape=(len(demand) + len(capacity), len(i)))
    found = linprog(-np.ones(len(i)), A_ub=rows, b_ub=np.r_[demand, capacity])
    return float(demand.sum() + found.fun)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.05, 0.8), st.floats(0.4, 3.0), st.integers(0, 10**6))
def test_as_few_stay_unserved_as_the_linear_program_says_and_a_cut_proves_it(n: int, m: int, reach: float, scarcity: float, seed: int) -> None:
    demand, capacity, i, j, cost = market(n, m, reach, scarcity, seed)
    found = allocate(demand, capacity, i, j, cost)
    assert found.proved
    assert found.unserved.sum() == pytest.approx(least_unserved(demand, capacity, i, j), abs=1e-6 * demand.sum())
    assert found.bound <= found.unserved.sum() + 1e-7 * demand.sum()
    served, used = np.bincount(i, found.flow, n), np.bincount(j, found.flow, m)
    assert (found.flow >= 0).all()
    assert served + found.unserved == pytest.approx(demand, abs=1e-8 * demand.max())
    assert (used <= capacity + 1e-8 * capacity.max()).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    demand, capacity, i, j, cost = market(20, 15, 0.4, 1.3, seed)
    rng = np.random.default_rng(seed)
    rows, columns, pairs = rng.permutation(20), rng.permutation(15), rng.permutation(len(i))
    found = allocate(demand, capacity, i, j, cost)
    other = allocate(demand[rows], capacity[columns], np.argsort(rows)[i][pairs], np.argsort(columns)[j][pairs], cost[pairs])
    assert other.unserved[np.argsort(rows)] == pytest.approx(found.unserved, abs=1e-7)
    assert other.flow == pytest.approx(found.flow[pairs], abs=1e-7)


def test_equal_claims_share_a_shortage_equally() -> None:
    found = allocate(np.array([10.0, 10.0]), np.array([10.0]), np.array([0, 1]), np.array([0, 0]), np.array([1.0, 1.0]))
    assert found.unserved == pytest.approx([5.0, 5.0])


def test_who_cannot_reach_anything_is_unserved_and_nothing_else_changes() -> None:
    found = allocate(np.array([3.0, 7.0]), np.array([5.0]), np.array([0]), np.array([0]), np.array([2.0]))
    assert found.unserved == pytest.approx([0.0, 7.0])
    assert found.proved


def test_no_pairs_no_demand_and_no_capacity_are_answered() -> None:
    none = np.array([], dtype=int)
    assert allocate(np.array([4.0]), np.array([1.0]), none, none, np.array([])).unserved == pytest.approx([4.0])
    assert allocate(np.array([0.0]), np.array([1.0]), np.array([0]), np.array([0]), np.array([1.0])).unserved == pytest.approx([0.0])
    assert allocate(np.array([4.0]), np.array([0.0]), np.array([0]), np.array([0]), np.array([1.0])).unserved == pytest.approx([4.0])


def test_access_adds_up_to_the_capacity_that_someone_can_reach() -> None:
    demand, capacity, i, j, _ = market(40, 25, 0.25, 1.0, 3)
    weight = np.random.default_rng(4).random(len(i))
    access = e2sfca(demand, capacity, i, j, weight)
    reachable = np.zeros(25, dtype=bool)
    reachable[j[weight > 0]] = True
    assert (access * demand).sum() == pytest.approx(capacity[reachable].sum())
    slow = np.zeros(40)
    for one, other, share in zip(i, j, weight, strict=True):
        slow[one] += share * capacity[other] / sum(demand[p] * s for p, q, s in zip(i, j, weight, strict=True) if q == other)
    assert access == pytest.approx(slow)
