"""The parts from which siting is made, each against something slower."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests.models.siting.oracle import random_pairs
from xietong.models.pairs import Pairs
from xietong.models.siting import cover, site
from xietong.models.siting.reach import greedy, reduced
from xietong.models.siting.search import tail_mean


def fewest(table: np.ndarray, price: np.ndarray) -> float:
    """The least price of columns that cover all rows, by trying all sets."""
    sets = (list(one) for size in range(table.shape[1] + 1) for one in combinations(range(table.shape[1]), size))
    return float(min(price[one].sum() for one in sets if table[:, one].any(axis=1).all()))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_dominated_is_not_needed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.random((9, 8)) < 0.35
    table[np.arange(9), rng.integers(0, 8, 9)] = True
    price = rng.integers(1, 4, 8).astype(float)
    small, kept = reduced(csr_matrix(table.astype(np.float32)), price)
    assert fewest(small.toarray() > 0, price[kept]) == fewest(table, price)
    chosen = greedy(csr_matrix(table.astype(np.float32)), price)
    assert table[:, chosen].any(axis=1).all()
    assert all(not table[:, np.setdiff1d(chosen, one)].any(axis=1).all() for one in chosen)


def region(seed: int, n: int = 300, m: int = 40) -> Pairs:
    rng = np.random.default_rng(seed)
    here, there = rng.random((n, 2)), rng.random((m, 2))
    minutes = 100 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    demand = {"id": range(n), "weight": rng.integers(1, 100, n), "area": rng.integers(0, 3, n)}
    return Pairs.from_times(demand, {"id": range(m), "opening_cost": rng.integers(10, 60, m)}, minutes)


@pytest.mark.parametrize("limit", [{"p": 6}, {"budget": 150.0}, {"p": 4, "fixed": ["3"], "forbidden": ["5"]}])
def test_prices_bound_a_cover_and_the_local_search_comes_close(limit: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = region(1)
    best = site(pairs, objective="cover", radius=15, **limit)
    monkeypatch.setattr(cover, "ENTRIES", 0)
    found = site(pairs, objective="cover", radius=15, **limit)
    assert best.status == "proved" and found.bound >= best.objective - 1e-6 and found.objective <= best.objective
    assert found.objective >= 0.99 * best.objective and found.bound <= 1.03 * best.objective


@pytest.mark.parametrize("seed", range(5))
def test_a_tail_counts_the_dearest_people_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, weight = rng.integers(0, 9, 12).astype(float), rng.integers(1, 9, 12)
    people = np.sort(np.repeat(cost, weight))[::-1]
    for count in (1, len(people) // 3, len(people)):
        assert tail_mean(cost, weight.astype(float), count / len(people)) == pytest.approx(people[:count].mean())


def test_a_worst_share_of_everybody_is_the_mean_and_of_nearly_nobody_the_center() -> None:
    pairs = region(2, 40, 10)
    people = pairs.weight.sum()
    assert site(pairs, 3, objective="cvar", share=1.0).objective == pytest.approx(site(pairs, 3).objective / people)
    assert site(pairs, 3, objective="cvar", share=0.5 / people).objective == pytest.approx(site(pairs, 3, objective="center").objective)


def test_more_sites_and_more_money_never_hurt() -> None:
    pairs = random_pairs(11, 12, 8, density=1.0)
    for objective in ("median", "center", "cvar"):
        by_p = [site(pairs, p, objective=objective).objective for p in range(1, 6)]
        by_budget = [site(pairs, budget=money, objective=objective).objective for money in (100.0, 150.0, 220.0)]
        assert sorted(by_p, reverse=True) == by_p and sorted(by_budget, reverse=True) == by_budget
