"""Siting by trying everything: every set of sites that is allowed, each counted with loops and, where capacities bind, SciPy's LP."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import linprog

from xietong.models.pairs import Pairs


def random_pairs(seed: int, n: int = 8, m: int = 6, density: float = 0.7, outside: float = np.inf, whole: bool = True) -> Pairs:
    """A small table; every demand has a site."""
    rng = np.random.default_rng(seed)
    minutes = rng.integers(1, 30, (n, m)).astype(float) if whole else rng.uniform(1, 30, (n, m))
    hidden = rng.random((n, m)) > density
    hidden[np.arange(n), rng.integers(0, m, n)] = False
    minutes[hidden] = np.inf
    weight = rng.integers(1, 20, n).astype(float)
    weight[rng.integers(0, n)] = 0
    demand = {"id": [f"d{one}" for one in rng.permutation(n)], "weight": weight, "area": [f"a{one}" for one in rng.integers(0, 2, n)]}
    sites = {
        "id": [f"s{one}" for one in rng.permutation(m)],
        "capacity": rng.integers(10, 60, m),
        "opening_cost": rng.integers(20, 100, m).astype(float),
    }
    return Pairs.from_times(demand, sites, minutes, outside_min=outside)


def brute(
    pairs: Pairs, objective: str, p: int | None = None, budget: float | None = None, fixed: Any = (), forbidden: Any = (),
    capacity: np.ndarray | None = None, floors: Any = None, radius: float = np.inf, share: float = 0.1,
) -> float | None:  # fmt: skip
    """The best objective of all, or None where no set of sites is allowed."""
    dense = pairs.dense()
    free = [one for one in range(len(pairs.site)) if pairs.site[one] not in {*fixed, *forbidden}]
    kept = [one for one in range(len(pairs.site)) if pairs.site[one] in set(fixed)]
    priced = any(pairs.opening_cost[one] > 0 for one in free)
    best = None
    if not kept and budget is not None and budget < min((pairs.opening_cost[one] for one in free), default=np.inf):
        return None
    for size in range((len(free) if p is None else p) + 1):
        for new in combinations(free, size):
            paid = sum(pairs.opening_cost[one] for one in new)
            sites = [*kept, *new]
            if (budget is not None and paid > budget) or not floors_kept(pairs, dense, sites, floors or {}, radius):
                continue
            value = worth(pairs, dense, sites, objective, capacity, radius, share)
            if objective == "cover" and p is None and budget is None:
                everybody = value is not None and value >= pairs.weight.sum() - 1e-6
                value = (float(paid) if priced else float(len(new))) if everybody else None
            elif objective == "cost" and value is not None:
                value += paid
            better = max if objective == "cover" and not (p is None and budget is None) else min
            best = value if best is None else best if value is None else better(best, value)
    return best


def floors_kept(pairs: Pairs, dense: np.ndarray, sites: list[int], floors: dict[str, float], radius: float) -> bool:
    for area, share in floors.items():
        rows = pairs.demand_area == area
        near = (dense[:, sites] <= radius).any(axis=1)
        if pairs.weight[rows & near].sum() < share * pairs.weight[rows].sum() - 1e-9:
            return False
    return True


def worth(pairs: Pairs, dense: np.ndarray, sites: list[int], objective: str, capacity: np.ndarray | None, radius: float, share: float) -> float | None:
    """The objective of these sites without opening costs; None where somebody must be served and cannot be."""
    rows = [one for one in range(len(pairs.weight)) if pairs.weight[one] > 0]
    weight, cost, outside = pairs.weight[rows], dense[np.ix_(rows, sites)], pairs.outside[rows]
    if capacity is not None:
        return worth_within(weight, cost, outside, capacity[np.array(sites, dtype=int)], objective, radius, share)
    if objective == "cover":
        return float(sum(one for one, costs in zip(weight, cost, strict=True) if min([*costs, np.inf]) <= radius))
    least = [min([*costs, out]) for costs, out in zip(cost, outside, strict=True)]
    if max(least) == np.inf:
        return None
    if objective == "center":
        return float(max(least))
    if objective == "cvar":
        whole = share * weight.sum()
        return float(min(t + sum(one * max(c - t, 0) for one, c in zip(weight, least, strict=True)) / whole for t in least))
    return float(sum(one * c for one, c in zip(weight, least, strict=True)))


def worth_within(weight: np.ndarray, cost: np.ndarray, outside: np.ndarray, room: np.ndarray, objective: str, radius: float, share: float) -> float | None:
    """The same with capacities: a linear program over flows, the last column being outside."""
    if objective == "center":
        for radius_ in sorted(set(cost[np.isfinite(cost)]) | set(outside[np.isfinite(outside)])):
            shut = [np.where(cost <= radius_, 0.0, np.inf), np.where(outside <= radius_, 0.0, np.inf)]
            if transport(weight, *shut, room) is not None:
                return float(radius_)
        return None
    if objective == "cover":
        found = transport(weight, np.where(cost <= radius, 0.0, np.inf), np.ones(len(weight)), room)
        return None if found is None else float(weight.sum() - found)
    if objective != "cvar":
        return transport(weight, cost, outside, room)
    tails = []
    for t in sorted(set(cost[np.isfinite(cost)]) | set(outside[np.isfinite(outside)])):
        above = transport(weight, np.maximum(cost - t, 0), np.maximum(outside - t, 0), room)
        tails += [] if above is None else [t + above / (share * weight.sum())]
    return min(tails, default=None)


def transport(weight: np.ndarray, cost: np.ndarray, outside: np.ndarray, room: np.ndarray) -> float | None:
    n, m = cost.shape
    table = np.column_stack([cost, outside])
    size = n * (m + 1)
    serve, hold = np.zeros((n, size)), np.zeros((m, size))
    for one in range(n):
        serve[one, one * (m + 1) : (one + 1) * (m + 1)] = 1
        hold[np.arange(m), one * (m + 1) + np.arange(m)] = 1
    finite = np.isfinite(table.ravel())
    bounds = [(0, np.inf if one else 0) for one in finite]
    found = linprog(np.where(finite, table.ravel(), 0.0), A_ub=hold, b_ub=np.minimum(room, weight.sum()), A_eq=serve, b_eq=weight, bounds=bounds)
    return float(found.fun) if found.status == 0 else None
