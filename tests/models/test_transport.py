"""Transport against a linear program that shares nothing with it, brute force, and the laws of prices."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, hstack, identity

from xietong.core.errors import Cancelled, UsageError
from xietong.models import transport
from xietong.models.pairs import Border, Pairs
from xietong.models.transport import Transport, allocate, check


def market(seed: int, n: int = 30, m: int = 8, use: float = 0.95, ties: bool = False, whole: bool = True, missing: float = 0.2, outside: bool = True) -> Pairs:
    """Random people and sites; some of them empty, some pairs missing, some people free to stay outside."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((n, 2)), rng.random((m, 2))
    minutes = 60 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    minutes = np.round(minutes / 10) * 10 if ties else minutes
    weight = rng.integers(0, 9, n) * (1 if whole else 1.37)
    share = rng.random(m) * (rng.random(m) > 0.15)
    capacity = weight.sum() * share / max(share.sum(), 1e-9) / use
    minutes[rng.random((n, m)) < missing] = np.nan
    free = np.where(rng.random(n) < 0.5, rng.uniform(20, 90, n), np.inf) if outside else np.inf
    free = np.where(np.isfinite(minutes).any(axis=1), free, 200.0)
    demand = {"id": [f"d{i}" for i in range(n)], "weight": weight}
    return Pairs.from_times(demand, {"id": [f"s{j}" for j in range(m)], "capacity": np.ceil(capacity) if whole else capacity}, minutes, outside_min=free)


def linear_program(pairs: Pairs, capacity: np.ndarray | None = None) -> float | None:
    """The least cost by HiGHS; None where there is no feasible flow."""
    capacity = pairs.capacity if capacity is None else capacity
    n, m = len(pairs.weight), len(capacity)
    use = np.isfinite(pairs.cost)
    free = np.isfinite(pairs.outside)
    ones, arcs = np.ones(use.sum()), np.arange(use.sum())
    served = hstack([coo_matrix((ones, (pairs.row[use], arcs)), shape=(n, len(arcs))), identity(n, format="csr")[:, free]])
    used = coo_matrix((ones, (pairs.index[use], arcs)), shape=(m, len(arcs) + free.sum()))
    bound = np.isfinite(capacity)
    found = linprog(
        np.concatenate([pairs.cost[use], pairs.outside[free]]), A_ub=used.tocsr()[bound], b_ub=capacity[bound], A_eq=served, b_eq=pairs.weight, method="highs"
    )
    return float(found.fun) if found.status == 0 else None


def re_evaluated(pairs: Pairs, found: Transport, capacity: np.ndarray | None = None) -> None:
    """Feasible, dual = primal, complementary: in loops over the matrix, with neither the solver nor ``check``."""
    capacity = pairs.capacity if capacity is None else capacity
    cost, n, m = pairs.dense(), len(pairs.weight), len(capacity)
    flow = np.zeros((n, m))
    flow[pairs.row, pairs.index] = found.flow
    scale = pairs.weight.max()
    assert (flow >= 0).all() and (found.unserved >= 0).all() and (found.bed_price >= 0).all()
    assert flow.sum(axis=1) + found.unserved == pytest.approx(pairs.weight, abs=1e-12 * scale)
    assert (flow.sum(axis=0) <= capacity + 1e-11 * scale).all()
    for i, j in itertools.product(range(n), range(m)):
        reduced = cost[i, j] + found.bed_price[j] - found.demand_price[i]
        assert reduced >= -1e-8 and (flow[i, j] == 0 or reduced <= 1e-8)
    for i in range(n):
        assert found.demand_price[i] <= pairs.outside[i] and (found.unserved[i] == 0 or found.demand_price[i] >= pairs.outside[i] - 1e-8)
    full = flow.sum(axis=0) >= capacity - 1e-9 * scale
    assert (full | (found.bed_price <= 1e-8)).all()
    used = flow > 0
    primal = (flow[used] * cost[used]).sum() + (found.unserved[found.unserved > 0] * pairs.outside[found.unserved > 0]).sum()
    paid = found.bed_price > 0
    dual = (pairs.weight * np.where(pairs.weight > 0, found.demand_price, 0)).sum() - (capacity[paid] * found.bed_price[paid]).sum()
    assert primal == pytest.approx(dual, rel=1e-9, abs=1e-9) and found.objective == pytest.approx(primal, rel=1e-12)


shapes = {"ties": st.booleans(), "whole": st.booleans(), "missing": st.sampled_from([0.0, 0.2, 0.6]), "use": st.sampled_from([0.5, 0.95, 1.0, 1.2])}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), m=st.integers(1, 12), outside=st.booleans(), **shapes)
def test_it_costs_what_a_linear_program_says_and_a_dual_proves_it(seed: int, n: int, m: int, **shape: bool | float) -> None:
    pairs = market(seed, n, m, **shape)
    found, expected = allocate(pairs), linear_program(pairs)
    if expected is None:
        assert found.status.startswith("infeasible (") and np.isnan(found.bed_price).all() and not found.certificate.proved
        return
    assert found.status == "proved" and found.objective == pytest.approx(expected, rel=1e-8, abs=1e-8)
    re_evaluated(pairs, found)


@pytest.mark.parametrize("seed", range(40))
def test_tiny_whole_problems_agree_with_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = 3, 3
    cost, weight, capacity, outside = rng.integers(0, 9, (n, m)) * 1.0, rng.integers(0, 3, n), rng.integers(0, 4, m), rng.integers(3, 9, n) * 1.0
    people = [i for i in range(n) for _ in range(weight[i])]
    best = np.inf
    for where in itertools.product(range(m + 1), repeat=len(people)):
        if all(where.count(j) <= capacity[j] for j in range(m)):
            best = min(best, sum(outside[i] if j == m else cost[i, j] for i, j in zip(people, where, strict=True)))
    found = allocate(Pairs.from_times({"id": range(n), "weight": weight}, {"id": range(m), "capacity": capacity}, cost, outside_min=outside))
    assert found.status == "proved" and found.objective == best and (found.amount == np.round(found.amount)).all()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("ties", [False, True])
def test_a_bed_price_is_what_one_more_bed_saves(seed: int, ties: bool) -> None:
    pairs = market(seed, 15, 5, use=1.1, ties=ties, outside=True)
    pairs = Pairs.from_times({"id": pairs.demand, "weight": pairs.weight}, {"id": pairs.site, "capacity": pairs.capacity}, pairs.dense(), outside_min=150.0)
    found = allocate(pairs)
    before = linear_program(pairs)
    for j in range(5):
        more = pairs.capacity + 1e-3 * (np.arange(5) == j)
        assert found.bed_price[j] == pytest.approx((before - linear_program(pairs, more)) / 1e-3, abs=1e-4)
    assert (pairs.capacity == 0).any() or seed or found.bed_price.max() > 0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ties", [False, True])
def test_the_order_of_rows_changes_neither_cost_nor_prices(seed: int, ties: bool) -> None:
    pairs = market(seed, 60, 10, ties=ties)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(60), rng.permutation(10)
    demand = {"id": np.array(pairs.demand)[rows], "weight": pairs.weight[rows]}
    sites = {"id": np.array(pairs.site)[columns], "capacity": pairs.capacity[columns]}
    moved = allocate(Pairs.from_times(demand, sites, pairs.dense()[np.ix_(rows, columns)], outside_min=pairs.outside[rows]), seed=seed)
    found = allocate(pairs)
    assert moved.objective == pytest.approx(found.objective, rel=1e-12)
    assert moved.bed_price == pytest.approx(found.bed_price[columns], abs=1e-9)
    assert moved.demand_price == pytest.approx(found.demand_price[rows], abs=1e-9)


def crowded(n: int, m: int, seed: int, use: float) -> Pairs:
    """Many more people than sites, around a few towns: more than the shortlist of any of them must be priced."""
    rng = np.random.default_rng(seed)
    towns = rng.random((4, 2))
    here, there = towns[rng.integers(0, 4, n)] + rng.normal(0, 0.05, (n, 2)), rng.random((m, 2))
    minutes = 60 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    weight, share = rng.integers(1, 50, n), rng.lognormal(0, 0.5, m)
    return Pairs.from_times({"id": range(n), "weight": weight}, {"id": range(m), "capacity": np.ceil(share / share.sum() * weight.sum() / use)}, minutes)


def test_where_towns_are_crowded_all_pairs_are_priced_not_the_nearest_alone() -> None:
    pairs = crowded(1700, 30, 1, 0.99)
    found = allocate(pairs)
    assert found.status == "proved" and found.objective == pytest.approx(linear_program(pairs), rel=1e-9)
    rank = np.argsort(np.argsort(pairs.dense(), axis=1), axis=1).ravel()
    assert rank[found.pair].max() > transport.WIDTH  # no shortlist of the nearest could have held it
    other = allocate(pairs, seed=5)
    assert other.bed_price == pytest.approx(found.bed_price, abs=1e-8)
    again = allocate(pairs)
    assert (again.pair == found.pair).all() and (again.amount == found.amount).all() and again.pivots == found.pivots


def test_a_table_with_gaps_gives_what_the_whole_table_gives_with_these_pairs_forbidden() -> None:
    pairs = crowded(1500, 30, 2, 0.8)
    matrix = pairs.dense().copy()
    matrix[matrix > 45] = np.nan
    demand, sites = {"id": pairs.demand, "weight": pairs.weight}, {"id": pairs.site, "capacity": pairs.capacity}
    sparse = allocate(Pairs.from_times(demand, sites, matrix, outside_min=100))
    rules = {"current": lambda i, j: Border(np.isnan(matrix[i, j]), np.zeros(len(i)), np.zeros(len(i)))}
    whole = Pairs.from_times(demand, sites, pairs.dense(), rules, outside_min=100)
    found = allocate(whole)
    assert whole.complete and found.status == sparse.status == "proved"
    assert found.objective == pytest.approx(sparse.objective, rel=1e-12) and found.bed_price == pytest.approx(sparse.bed_price, abs=1e-9)
    assert found.unserved.sum() == pytest.approx(sparse.unserved.sum()) and np.isfinite(whole.cost[found.pair]).all()


def test_opening_a_border_never_costs_more() -> None:
    pairs = crowded(300, 12, 3, 0.9)
    side = np.arange(300) % 2, np.arange(12) % 2
    rules = {
        regime: lambda i, j, shut=shut, late=late: Border((side[0][i] != side[1][j]) & shut, (side[0][i] != side[1][j]) * late, np.zeros(len(i)))
        for regime, shut, late in (("closed", True, 0.0), ("current", False, 15.0), ("open", False, 0.0))
    }
    table = Pairs.from_times({"id": pairs.demand, "weight": pairs.weight}, {"id": pairs.site, "capacity": pairs.capacity}, pairs.dense(), rules, outside_min=90)
    cost = [allocate(table.under(regime)).objective for regime in ("closed", "current", "open")]
    assert cost[0] > cost[1] > cost[2]


def test_capacity_below_demand_is_infeasible_and_by_how_much() -> None:
    pairs = crowded(50, 4, 0, 0.9)
    short = allocate(pairs, capacity=pairs.capacity * 0.5)
    missing = pairs.weight.sum() - pairs.capacity.sum() / 2
    assert short.status == f"infeasible (capacity {pairs.capacity.sum() / 2:g} is {missing:g} below the {pairs.weight.sum():g} who must be served)"
    assert not len(short.pair) and (short.unserved == pairs.weight).all() and not short.flow.any()


def test_demands_that_only_full_sites_can_serve_are_named() -> None:
    cost = np.array([[1.0, np.nan, 5], [2.0, 3, np.nan], [4.0, np.nan, np.nan], [9.0, 9, 9]])
    pairs = Pairs.from_times({"id": ["a", "b", "c", "d"], "weight": [6, 2, 5, 1]}, {"id": ["s", "t", "u"], "capacity": [4, 9, 3]}, cost)
    assert allocate(pairs).status == "infeasible (the 2 sites that a, c can use hold 7, 4 less than the 11 who must be served there)"
    relieved = allocate(pairs, capacity={"s": 8})
    assert relieved.status == "proved" and relieved.objective == linear_program(pairs, np.array([8.0, 9, 3]))


def test_demands_that_a_border_shuts_out_are_named() -> None:
    rules = {"closed": lambda i, j: Border(i == 1, np.zeros(len(i)), np.zeros(len(i))), "open": lambda i, j: Border(i < 0, np.zeros(len(i)), np.zeros(len(i)))}
    pairs = Pairs.from_times({"id": ["a", "b"], "weight": [1, 1]}, {"id": ["s"], "capacity": [5]}, [[1.0], [2.0]], rules)
    assert allocate(pairs).status == "infeasible (1 demands have no site that closed rules allow: b)"
    assert allocate(pairs.under("open")).objective == 3


def test_an_interrupted_run_returns_what_it_has_with_its_gap() -> None:
    pairs = crowded(2500, 40, 1, 0.99)
    eased = Pairs.from_times({"id": pairs.demand, "weight": pairs.weight}, {"id": pairs.site, "capacity": pairs.capacity}, pairs.dense(), outside_min=300.0)
    best = allocate(eased)

    def stop(done: float) -> None:
        if done > 0.15:
            raise Cancelled

    for found in (allocate(eased, tick=stop), allocate(eased, effort=3000)):
        assert found.status.startswith("gap<=") and found.bound <= best.objective <= found.objective
        assert 0 < (found.objective - best.objective) / found.objective <= found.certificate.gap < 1
        assert found.pivots < best.pivots
        assert check(eased, eased.capacity, found).imbalance < 1e-12


def test_what_is_not_optimal_or_not_feasible_is_not_proved() -> None:
    from dataclasses import replace

    pairs = market(3, 20, 5, use=0.7, outside=False, missing=0)
    found = allocate(pairs)
    assert check(pairs, pairs.capacity, found).proved
    assert not check(pairs, pairs.capacity, replace(found, bed_price=found.bed_price + 1)).proved
    assert check(pairs, pairs.capacity, replace(found, demand_price=found.demand_price + 2)).violation == pytest.approx(2)
    worse = replace(found, pair=found.pair.copy())
    dearest = pairs.dense().argmax(axis=1)
    worse.pair[0] = pairs.indptr[pairs.row[found.pair[0]]] + dearest[pairs.row[found.pair[0]]]
    assert not check(pairs, np.full(5, np.inf), worse).proved
    assert check(pairs, pairs.capacity, replace(found, amount=found.amount * 0.5)).imbalance > 0.1
    assert not check(pairs, pairs.capacity * 0.1, found).proved


def test_no_planted_error_passes_the_check() -> None:
    from dataclasses import replace

    pairs = market(5, 20, 5, use=0.9, outside=False, missing=0)
    found = allocate(pairs)
    assert check(pairs, pairs.capacity, found).proved and found.bed_price.max() > 0
    for amount in range(len(found.amount)):
        moved = replace(found, pair=found.pair.copy())
        row = pairs.row[found.pair[amount]]
        moved.pair[amount] = pairs.indptr[row] + (pairs.index[found.pair[amount]] + 1) % 5
        assert not check(pairs, pairs.capacity, moved).proved, "flow moved to another site"
        for factor in (0.0, 0.999, 1.001, -1.0, np.nan):
            changed = replace(found, amount=np.where(np.arange(len(found.amount)) == amount, factor * found.amount, found.amount))
            assert not check(pairs, pairs.capacity, changed).proved, "flow changed"
    for site in np.flatnonzero(found.bed_price > 0):
        for price in (0.0, found.bed_price[site] + 50, np.nan, np.inf):
            priced = replace(found, bed_price=np.where(np.arange(5) == site, price, found.bed_price))
            assert not check(pairs, pairs.capacity, priced).proved, "price changed"
    lost = replace(found, amount=np.zeros(len(found.amount)), unserved=pairs.weight.copy())
    assert not check(pairs, pairs.capacity, lost).proved and check(pairs, pairs.capacity, lost).gap == np.inf


def test_the_check_uses_nothing_of_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    import xietong.kernels.transport as kernel

    pairs = market(6)
    found = allocate(pairs)
    for name in ("value", "marginal", "least_prices", "sweep", "widen", "shortlist", "locate", "plant"):
        monkeypatch.delattr(kernel, name)
    monkeypatch.delattr(transport, "_Problem")
    assert check(pairs, pairs.capacity, found) == found.certificate


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt])
@pytest.mark.parametrize("n", [200, 2_500])
@pytest.mark.parametrize("at", [1, 3, 9])
def test_one_stop_is_enough_and_where_somebody_is_left_out_it_is_raised(stop: type[BaseException], n: int, at: int) -> None:
    must = crowded(n, 20, 2, 0.99)
    free = Pairs.from_times({"id": must.demand, "weight": must.weight}, {"id": must.site, "capacity": must.capacity}, must.dense(), outside_min=300.0)
    best = allocate(must)
    for pairs in (free, must):
        calls = 0

        def tick(done: float) -> None:
            nonlocal calls
            calls += 1
            if calls == at:
                raise stop

        try:
            found = allocate(pairs, tick=tick)
        except stop:
            assert pairs is must, "who may stay outside is a plan"
        else:
            assert found.status.startswith("gap<=") and found.bound <= best.objective
            assert pairs is free or (np.isfinite(found.objective) and not found.unserved.any())
            assert float(found.status.removeprefix("gap<=").removesuffix("%")) / 100 >= found.certificate.gap > 0
        assert calls == at


def test_without_effort_for_a_plan_nothing_is_claimed() -> None:
    pairs = crowded(300, 20, 2, 0.99)
    found = allocate(pairs, effort=1)
    assert found.status.startswith("unknown (an effort of 1 ") and not len(found.pair) and np.isnan(found.bed_price).all()
    assert found.bound == -np.inf and found.objective == np.inf


def test_who_may_stay_outside_never_makes_it_infeasible() -> None:
    pairs = Pairs.from_times(
        {"id": ["a", "b"], "weight": [5, 5]}, {"id": ["s", "t"], "capacity": [5, 1]}, [[1.0, 2], [1, np.inf]], outside_min=np.array([np.inf, 1e6])
    )
    found = allocate(pairs)
    assert found.status == "proved" and found.objective == linear_program(pairs)


@pytest.mark.parametrize("use", [0.5, 0.98, 1.0])
@pytest.mark.parametrize("kind", ["equal distances", "whole grid", "room for one", "no distance", "far and near"])
def test_degenerate_markets_are_proved_too(kind: str, use: float) -> None:
    rng, n, m = np.random.default_rng(len(kind)), 120, 12
    here, there = rng.integers(0, 5, (n, 2)), rng.integers(0, 5, (m, 2))
    minutes = {"equal distances": np.full((n, m), 7.0), "no distance": np.zeros((n, m)), "far and near": 10.0 ** rng.integers(-3, 4, (n, m))}.get(
        kind, np.abs(here[:, None] - there[None]).sum(axis=2).astype(float)
    )
    weight = np.ones(n)
    if kind == "room for one":
        weight = weight[: int(m * use)]
        minutes, capacity = minutes[: len(weight)], np.ones(m)
    else:
        capacity = np.full(m, np.ceil(n / m / use))
    pairs = Pairs.from_times({"id": range(len(weight)), "weight": weight}, {"id": range(m), "capacity": capacity}, minutes)
    found = allocate(pairs)
    assert found.status == "proved" and found.objective == pytest.approx(linear_program(pairs), rel=1e-7, abs=1e-9)


def test_a_border_that_pays_people_to_cross_is_proved_too() -> None:
    rules = {"open": lambda i, j: Border(np.zeros(len(i), bool), np.zeros(len(i)), np.where(j == 0, -40.0, 0.0))}
    rng = np.random.default_rng(4)
    pairs = Pairs.from_times(
        {"id": range(30), "weight": rng.integers(1, 9, 30)}, {"id": range(4), "capacity": [50] * 4}, rng.random((30, 4)) * 30, rules, price_weight=1.0
    )
    assert pairs.cost.min() < 0
    found = allocate(pairs)
    assert found.status == "proved" and found.objective == pytest.approx(linear_program(pairs), rel=1e-9)


def test_no_limit_no_people_and_one_site() -> None:
    free = allocate(Pairs.from_times({"id": ["a", "b"], "weight": [2.5, 0]}, {"id": ["s", "t"]}, [[3.0, 1], [2, 2]]))
    assert free.status == "proved" and free.objective == 2.5 and free.bed_price.tolist() == [0, 0] and free.demand_price.tolist() == [1, 2]
    nobody = allocate(Pairs.from_times({"id": ["a"], "weight": [0]}, {"id": ["s"], "capacity": [0]}, [[3.0]]))
    assert nobody.status == "proved" and nobody.objective == 0 and not len(nobody.pair)
    shut = allocate(Pairs.from_times({"id": ["a"], "weight": [4]}, {"id": ["s"], "capacity": [0]}, [[3.0]], outside_min=10))
    assert shut.status == "proved" and shut.objective == 40 and shut.bed_price.tolist() == [7] and shut.unserved.tolist() == [4]


def test_capacities_that_cannot_be_are_refused_with_every_fault() -> None:
    pairs = market(0)
    for capacity, says in ((np.ones(3), "shape"), (np.full(8, -1.0), "at 8 sites: s0, s1, s2, s3, s4"), (np.full(8, np.nan), "at 8 sites")):
        with pytest.raises(UsageError, match=says):
            allocate(pairs, capacity=capacity)
    with pytest.raises(UsageError) as refused:
        allocate(pairs, capacity={"nowhere": 3, "never": 2, "s1": np.nan, "s2": -4}, effort=0)
    assert [fault.column for fault in refused.value.faults] == ["effort", "capacity", "capacity"]
    assert "nowhere, never" in str(refused.value) and "at 2 sites: s1, s2" in str(refused.value)
