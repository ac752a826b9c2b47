"""The p-median engine against every plan there is, and against published optima."""

from __future__ import annotations

import csv
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from xietong.core.errors import Cancelled, UsageError
from xietong.models.median import Distances, MedianPlan, p_median

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "instances" / "pmed"


def cheapest(
    cost: np.ndarray, weight: np.ndarray, outside: np.ndarray, fixed: set[int], barred: set[int], p: int | None, price: np.ndarray, budget: float
) -> float:
    """The least total over all subsets of sites."""
    m = cost.shape[1]
    best = math.inf
    for size in range(m + 1):
        for chosen in combinations(range(m), size):
            extra = set(chosen) - fixed
            if not fixed <= set(chosen) or barred & set(chosen):
                continue
            if (p is not None and size > p) or (p is None and sum(price[j] for j in extra) > budget + 1e-9):
                continue
            served = np.minimum(outside, cost[:, list(chosen)].min(axis=1, initial=np.inf))
            best = min(best, float(sum(w * c for w, c in zip(weight, served, strict=True) if w > 0)))
    return best


def case(seed: int):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 12)), int(rng.integers(1, 8))
    cost = rng.integers(0, 9, (n, m)).astype(float) if seed % 2 else rng.random((n, m)) * 10
    if seed % 3 == 0:
        cost[rng.random((n, m)) < 0.3] = np.inf
    weight = rng.integers(0, 4, n).astype(float) if seed % 5 else rng.random(n)
    outside = np.where(rng.random(n) < 0.5, rng.random(n) * 12, np.inf) if seed % 4 == 0 else np.full(n, np.inf)
    sites = rng.permutation(m)
    fixed, barred = set(sites[: rng.integers(0, 2)].tolist()), set(sites[1 : 1 + rng.integers(0, 2)].tolist())
    return cost, weight, outside, fixed, barred, rng


def table(cost: np.ndarray, outside: np.ndarray, sparse: bool) -> Distances:
    if not sparse:
        return Distances.dense(cost, outside)
    row, site = np.nonzero(np.isfinite(cost))
    indptr = np.searchsorted(row, np.arange(len(cost) + 1))
    return Distances.sparse(indptr, site, cost[row, site], cost.shape[1], outside)


def check(plan: MedianPlan, best: float) -> None:
    if math.isinf(best):
        assert plan.status.startswith("infeasible") and not len(plan.sites)
        return
    assert plan.bound <= best * (1 + 1e-9) + 1e-9, "the bound holds"
    assert plan.status == "proved"
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(150))
def test_no_choice_of_sites_costs_less(seed: int) -> None:
    cost, weight, outside, fixed, barred, rng = case(seed)
    m = cost.shape[1]
    p = int(rng.integers(max(len(fixed), 1), m + 1))
    plan = p_median(table(cost, outside, seed % 2 == 0), weight, p, fixed=sorted(fixed), forbidden=sorted(barred), seed=seed)
    check(plan, cheapest(cost, weight, outside, fixed, barred, p, np.ones(m), 0))
    assert (len(plan.sites) <= p and fixed <= set(plan.sites.tolist())) or plan.status.startswith("infeasible")


@pytest.mark.parametrize("seed", range(150))
def test_no_choice_within_the_budget_costs_less(seed: int) -> None:
    cost, weight, outside, fixed, barred, rng = case(seed)
    price = rng.integers(0, 5, cost.shape[1]).astype(float) if seed % 2 else rng.random(cost.shape[1])
    budget = float(rng.random() * price.sum())
    plan = p_median(table(cost, outside, seed % 2 == 1), weight, opening_cost=price, budget=budget, fixed=sorted(fixed), forbidden=sorted(barred))
    check(plan, cheapest(cost, weight, outside, fixed, barred, None, price, budget))


def towns(seed: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.random((8, 2))
    demand = centres[rng.integers(0, 8, n)] + rng.normal(0, 0.05, (n, 2))
    return demand, demand[rng.permutation(n)[:m]], rng.lognormal(0, 1, n)


def test_the_same_question_has_the_same_answer_and_another_order_the_same_objective() -> None:
    demand, site, weight = towns(1, 300, 60)
    cost = np.linalg.norm(demand[:, None] - site[None], axis=2)
    one, two = (p_median(Distances.dense(cost), weight, 7, seed=3) for _ in range(2))
    assert (one.sites == two.sites).all() and one == MedianPlan(one.sites, two.objective, two.bound, two.status, two.nodes, two.iterations)
    rows, columns = np.random.default_rng(2).permutation(300), np.random.default_rng(3).permutation(60)
    other = p_median(Distances.dense(cost[rows][:, columns]), weight[rows], 7)
    assert other.status == one.status == "proved" and other.objective == pytest.approx(one.objective, rel=2e-6)


def test_points_a_matrix_and_short_lists_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    demand, site, weight = towns(4, 400, 80)
    cost = np.linalg.norm(demand[:, None] - site[None], axis=2)
    whole = p_median(Distances.dense(cost), weight, 8)
    monkeypatch.setattr("xietong.models.median.WHOLE", 0)
    monkeypatch.setattr("xietong.models.median.NEAREST", 0.1)  # lists of 16 that must be made longer
    for short in (Distances.dense(cost), Distances.euclidean(demand, site)):
        plan = p_median(short, weight, 8)
        assert plan.status == "proved" and plan.objective == pytest.approx(whole.objective, rel=2e-6)
        assert plan.bound <= whole.objective * (1 + 1e-9)


def test_more_sites_never_cost_more() -> None:
    demand, site, weight = towns(5, 200, 40)
    cost = np.linalg.norm(demand[:, None] - site[None], axis=2)
    found = [p_median(Distances.dense(cost), weight, p).objective for p in (1, 2, 5, 20, 40)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(float(weight @ cost.min(axis=1)))


def test_a_stop_gives_the_best_plan_so_far_with_an_honest_gap() -> None:
    demand, site, weight = towns(6, 500, 100)
    cost = np.linalg.norm(demand[:, None] - site[None], axis=2)
    best = p_median(Distances.dense(cost), weight, 9).objective
    for error in (Cancelled, KeyboardInterrupt):

        def stop(done: float, error: type[BaseException] = error) -> None:
            if done >= 0.3:
                raise error

        plan = p_median(Distances.dense(cost), weight, 9, tick=stop)
        assert plan.bound <= best + 1e-9 <= plan.objective + 1e-6
        assert plan.status.startswith("gap<=") or plan.status == "proved"


def test_every_fault_is_told_at_once() -> None:
    table = Distances.dense(np.ones((3, 2)))
    with pytest.raises(UsageError) as error:
        p_median(table, np.array([1.0, -1, np.nan]), 5, fixed=[0, 0], forbidden=[0, 7], effort=0)
    assert {fault.column for fault in error.value.faults} == {"weight", "fixed", "forbidden", "p", "effort"}
    with pytest.raises(UsageError, match="median"):
        p_median(table, np.ones(3))
    with pytest.raises(UsageError, match="median"):
        p_median(table, np.ones(3), budget=-1.0, opening_cost=np.ones(5))
    for bad in (np.array([[1.0, -1.0]]), np.array([[np.nan, 1.0]]), np.ones(4)):
        with pytest.raises(UsageError):
            Distances.dense(bad)


def graph(path: Path) -> tuple[np.ndarray, int]:
    """Distances between all nodes along the shortest paths, and p; of an edge given twice the last length holds."""
    from scipy.sparse.csgraph import shortest_path

    numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=float)
    n, edges, p = (int(one) for one in numbers[:3])
    lengths = np.zeros((n, n))
    for i, j, length in numbers[3 : 3 + 3 * edges].reshape(edges, 3):
        lengths[int(i) - 1, int(j) - 1] = lengths[int(j) - 1, int(i) - 1] = length
    return shortest_path(lengths, directed=False), p


@pytest.mark.skipif(not SHARED.exists(), reason="the OR-Library instances are not beside the repository")
@pytest.mark.parametrize("name", ["pmed1", "pmed5", "pmed11", "pmed17"])
def test_published_optima_are_proved(name: str) -> None:
    with (SHARED / "optima.csv").open(encoding="utf-8") as rows:
        known = {row["instance"]: float(row["p_median_optimum"]) for row in csv.DictReader(rows)}
    distance, p = graph(SHARED / f"{name}.txt")
    plan = p_median(Distances.dense(distance), np.ones(len(distance)), p)
    assert plan.status == "proved" and plan.objective == known[name] == plan.bound
