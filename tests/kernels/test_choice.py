"""Deferred acceptance of masses, against the definition of stability and against Gale and Shapley's own algorithm."""

from __future__ import annotations

import numpy as np
import pytest

from xietong.kernels.choice import choose


def random_market(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 8, 2)
    keep = rng.random((n, m)) < 0.7
    i, j = np.nonzero(keep)
    return (
        rng.integers(0, 6, n).astype(float),
        rng.integers(0, 8, m).astype(float),
        i,
        j,
        rng.permutation(len(i)).astype(float),
        rng.permutation(len(i)).astype(float),
    )


@pytest.mark.parametrize("seed", range(200))
def test_nobody_and_no_home_would_rather_have_one_another(seed: int) -> None:
    demand, capacity, i, j, dislike, rank = random_market(seed)
    flow = choose(demand, capacity, i, j, dislike, rank)
    assert (flow >= 0).all()
    placed, used = np.bincount(i, flow, len(demand)), np.bincount(j, flow, len(capacity))
    assert (placed <= demand + 1e-9).all() and (used <= capacity + 1e-9).all()
    for pair in range(len(i)):
        worse_off = placed[i[pair]] < demand[i[pair]] - 1e-9 or any(flow[k] > 1e-9 for k in np.flatnonzero(i == i[pair]) if dislike[k] > dislike[pair])
        would_take = used[j[pair]] < capacity[j[pair]] - 1e-9 or any(flow[k] > 1e-9 for k in np.flatnonzero(j == j[pair]) if rank[k] > rank[pair])
        assert not (worse_off and would_take), "a pair that blocks the allocation"


@pytest.mark.parametrize("seed", range(100))
def test_persons_and_single_beds_are_matched_as_gale_and_shapley_match_them(seed: int) -> None:
    _, _, i, j, dislike, rank = random_market(seed)
    n, m = int(i.max(initial=0)) + 1, int(j.max(initial=0)) + 1
    flow = choose(np.ones(n), np.ones(m), i, j, dislike, rank)
    wishes = {one: sorted(np.flatnonzero(i == one), key=lambda k: dislike[k]) for one in range(n)}
    holds: dict[int, int] = {}
    free = list(range(n))
    while free:
        one = free.pop()
        while wishes[one]:
            pair = wishes[one].pop(0)
            other = holds.get(int(j[pair]))
            if other is None or rank[pair] < rank[other]:
                holds[int(j[pair])] = pair
                if other is not None:
                    free.append(int(i[other]))
                break
    assert set(np.flatnonzero(flow > 0.5)) == set(holds.values())


def test_equals_who_do_not_all_fit_share_alike_whatever_their_order() -> None:
    i, j = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    dislike, rank = np.array([1.0, 1, 2, 2]), np.zeros(4)
    flow = choose(np.array([30.0, 10.0]), np.array([20.0, 5.0]), i, j, dislike, rank)
    assert flow == pytest.approx([15, 5, 3.75, 1.25])
    order = np.array([3, 1, 0, 2])
    assert choose(np.array([30.0, 10.0]), np.array([20.0, 5.0]), i[order], j[order], dislike[order], rank[order]) == pytest.approx(flow[order])


def test_nothing_to_ask_for_leaves_everybody_where_they_are() -> None:
    none = np.zeros(0, dtype=int)
    assert len(choose(np.array([5.0]), np.array([5.0]), none, none, np.zeros(0), np.zeros(0))) == 0
