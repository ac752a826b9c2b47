"""Least-cost transport of people to capacity, optimal over all pairs and proved so, with a price for every bed.

    minimise  sum_ij c_ij x_ij + sum_i o_i u_i   subject to  sum_j x_ij + u_i = d_i,   sum_i x_ij <= K_j,   x, u >= 0

Column generation: prices from a sample of the demands name each demand's likely sites; a network simplex (kernel ``transport``)
is optimal over these; pricing all pairs then finds those that are cheaper, and the simplex goes on from where it stood, until
there are none. What proves the optimum is ``check``, which knows nothing of all this: a feasible dual of the same value.

The nearest few sites alone prove nothing: where capacity is tight, people would stay unserved or travel too far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xietong.core.errors import Cancelled, Fault, UsageError
from xietong.models.pairs import NAMED, Pairs

PIVOTS = 1_000_000_000
WIDTH, ROOM, MORE = 12, 32, 4
"""Of a demand's pairs: those it starts with, those it may hold, those it may gain at a time."""

SAMPLE = 8
"""Demands a site in the sample that first prices come from."""

COARSE = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Gains, as shares of a mean cost, below which a move waits: the great ones first saves most of the small ones."""

TOLERANCE = 1e-11
"""Reduced costs above this share of the largest cost, below zero, count as zero."""

PROOF = 1e-9
"""The relative gap that counts as none."""


class Certificate(NamedTuple):
    """What ``check`` found. ``dual`` <= optimum <= ``primal``, whatever the solver did.

    ``violation``: the most by which a demand's price exceeds cost + bed price of a pair; ``slackness``: the most that somebody pays
    above the cheapest, or a price at a site with room to spare (times the room's share of capacity); ``imbalance``: the most by
    which a demand or capacity is missed, as a share of the largest demand. ``gap`` is relative to what all that flows costs, whatever
    its sign; inf where somebody who must be served is not, or a price is unknown.
    """

    primal: float
    dual: float
    gap: float
    violation: float
    slackness: float
    imbalance: float
    proved: bool


UNKNOWN = Certificate(np.inf, -np.inf, np.inf, np.nan, np.nan, np.nan, False)


@dataclass(frozen=True, eq=False)
class Transport:
    """``amount`` [f] people on the pairs at positions ``pair`` [f]; ``unserved`` [n] stay outside.

    ``bed_price`` [m] is what one more unit of capacity at each site saves, in units of cost: the least of all optimal prices, which are
    an interval where the optimum is degenerate (one unit less may cost more). ``demand_price`` [n] is what one more person costs.
    Neither depends on the order of rows. ``flow`` may: it is one optimal vertex, reproducible but not the only one. Figures by
    jurisdiction come from the unique allocation in ``xietong.kernels.allocation``, never from here.

    ``status`` is ``proved``, ``gap<=x%``, or ``infeasible (why)`` and ``unknown (why)``: then nothing is allocated and prices are NaN.
    """

    pair: np.ndarray
    amount: np.ndarray
    unserved: np.ndarray
    bed_price: np.ndarray
    demand_price: np.ndarray
    certificate: Certificate
    status: str
    pivots: int
    size: int = field(repr=False)

    @cached_property
    def flow(self) -> np.ndarray:
        """People by pair [pairs], in the order of the pairs."""
        found = np.zeros(self.size)
        found[self.pair] = self.amount
        return found

    @property
    def objective(self) -> float:
        return self.certificate.primal

    @property
    def bound(self) -> float:
        return self.certificate.dual


def allocate(
    pairs: Pairs, capacity: Mapping[str, float] | np.ndarray | None = None, *, effort: int = PIVOTS, seed: int = 0,
    tick: Callable[[float], None] = lambda done: None,
) -> Transport:  # fmt: skip
    """Send the people of ``pairs`` to sites at least total cost, under its regime.

    ``capacity``: [m] or by site id, in place of that of the pairs (inf: no limit). ``effort``: pivots after which no further pass over
    the demands begins. When ``tick`` raises Cancelled, on Ctrl-C, or out of effort it returns what it has, with its gap. Where that
    leaves somebody out who must be served, there is nothing to return: Cancelled or KeyboardInterrupt is raised, and without
    effort the status is unknown. Raises UsageError with every fault: capacities negative, unknown or of no site, no effort.
    """
    room = _checked(pairs, capacity, effort)
    why = _shortage(pairs, room)
    if why:
        return _nothing(pairs, f"infeasible ({why})")
    problem = _Problem.of(pairs, room)
    problem.solve(problem.guess(seed, effort, tick), effort, tick)
    why = problem.cut(pairs, room)
    if why:
        return _nothing(pairs, f"infeasible ({why})", problem.pivots)
    found = problem.result(pairs, room)
    if np.isfinite(found.objective):
        return found
    if problem.stopped:
        raise problem.stopped
    return _nothing(pairs, f"unknown (an effort of {effort} neither served all who must be nor proved that they cannot be)", problem.pivots)


@np.errstate(invalid="ignore")  # what is unknown in a result is found, not warned of
def check(pairs: Pairs, capacity: np.ndarray, result: Transport) -> Certificate:
    """Evaluate a result anew, sharing nothing with the solver: NumPy over all pairs, a block of demands at a time."""
    n = len(pairs.weight)
    i, j = np.searchsorted(pairs.indptr, result.pair, side="right") - 1, pairs.index[result.pair]
    served, used = np.bincount(i, result.amount, n), np.bincount(j, result.amount, len(capacity))
    price = np.maximum(result.bed_price, 0.0)
    least = pairs.outside.copy()
    block = max(1, int(2**19 * n / max(len(pairs.index), 1)))
    for start in range(0, n, block):
        ptr = pairs.indptr[start : start + block + 1]
        some = np.flatnonzero(np.diff(ptr))
        if len(some):
            if pairs.complete:
                value = (pairs.cost[ptr[0] : ptr[-1]].reshape(-1, len(price)) + price).min(axis=1)
            else:
                value = np.minimum.reduceat(pairs.cost[ptr[0] : ptr[-1]] + price[pairs.index[ptr[0] : ptr[-1]]], ptr[some] - ptr[0])
            least[start + some] = np.minimum(least[start + some], value)
    living = pairs.weight > 0
    spare = np.where(np.isinf(capacity), 1.0, 1 - used / np.where(capacity > 0, capacity, np.inf))
    outside = np.where(result.unserved > 0, pairs.outside, 0.0)
    primal = float((result.amount * pairs.cost[result.pair]).sum() + (result.unserved * outside).sum())
    dual = float((pairs.weight[living] * least[living]).sum() - (np.where(price > 0, capacity, 0.0) * price).sum())
    scale = max(float(pairs.weight.max()), 1e-300)
    missed = max(np.abs(served + result.unserved - pairs.weight).max(), (used - capacity).max(), -min(result.amount.min(initial=0), result.unserved.min()))
    paid = np.concatenate([pairs.cost[result.pair] + price[j] - least[i], (pairs.outside - least)[result.unserved > 0], (price * spare)[capacity > 0], [0.0]])
    spent = float((result.amount * np.abs(pairs.cost[result.pair])).sum() + (result.unserved * outside).sum())
    known = bool(np.isfinite(primal) and np.isfinite(dual))
    gap = max(primal - dual, 0.0) / max(spent, 1e-300) if known else np.inf
    imbalance = max(float(missed) / scale, 0.0)
    above = float(np.max((result.demand_price - least)[living], initial=0.0))
    proved = known and abs(primal - dual) <= PROOF * spent and imbalance <= PROOF
    return Certificate(primal, dual, gap, above, float(paid.max()), imbalance, proved)


# -- before --------------------------------------------------------------------------------------------------------------


def _checked(pairs: Pairs, given: Mapping[str, float] | np.ndarray | None, effort: int) -> np.ndarray:
    """Capacities [m]; UsageError with every fault of them and of the effort."""
    faults = [] if effort >= 1 else [Fault(f"The effort is {effort}", "Give a whole number of pivots from 1 on", column="effort")]
    found = pairs.capacity
    if isinstance(given, Mapping):
        if unknown := [str(site) for site in given if site not in set(pairs.site)]:
            faults.append(Fault(f"No site is called {', '.join(unknown)}", "Give ids of sites", column="capacity"))
        given = np.array([given.get(site, before) for site, before in zip(pairs.site, pairs.capacity.tolist(), strict=True)], dtype=float)
    if given is not None:
        found = np.asarray(given, dtype=float)
        mend = f"Give {len(pairs.site)} numbers that are not negative (inf: no limit)"
        if found.shape != pairs.capacity.shape:
            faults.append(Fault(f"The capacities have shape {found.shape}", mend, column="capacity"))
        elif (bad := np.flatnonzero(~(found >= 0))).size:
            named = ", ".join(pairs.site[one] for one in bad[:NAMED].tolist())
            faults.append(Fault(f"Negative or unknown at {len(bad)} sites: {named}", mend, column="capacity"))
    if faults:
        raise UsageError("Nothing can be allocated", faults)
    return found


def _shortage(pairs: Pairs, capacity: np.ndarray) -> str:
    """Why not all who must be served can be, where that is plain to see."""
    if len(pairs.stranded):
        return f"{len(pairs.stranded)} demands have no site that {pairs.regime} rules allow: {_named(pairs, pairs.stranded)}"
    bound = float(pairs.weight[np.isinf(pairs.outside)].sum())
    short = bound - float(capacity.sum())
    return f"capacity {capacity.sum():g} is {short:g} below the {bound:g} who must be served" if short > PROOF * bound else ""


def _named(pairs: Pairs, rows: np.ndarray) -> str:
    return ", ".join(pairs.demand[row] for row in rows[:NAMED].tolist()) + (f" and {len(rows) - NAMED} more" if len(rows) > NAMED else "")


def _nothing(pairs: Pairs, status: str, pivots: int = 0) -> Transport:
    n, m = len(pairs.demand), len(pairs.site)
    none = np.zeros(0, dtype=np.int64)
    return Transport(none, np.zeros(0), pairs.weight.copy(), np.full(m, np.nan), np.full(n, np.nan), UNKNOWN, status, pivots, len(pairs.index))


# -- solving -------------------------------------------------------------------------------------------------------------


@dataclass
class _Problem:
    """The problem in whole numbers, its basis, and the pairs that the simplex looks at."""

    indptr: np.ndarray
    index: np.ndarray
    cost: np.ndarray
    demand: np.ndarray  # whole numbers [n]
    capacity: np.ndarray  # whole numbers [m]
    outside: np.ndarray  # of those who must be served: more than any detour could cost
    penalty: float
    largest: float
    closed: np.ndarray  # [m] inf at sites without capacity, else 0
    pivots: int = 0
    tree: Any = None
    first: np.ndarray = field(default_factory=lambda: np.zeros(0))  # prices [m] before the first pivot
    optimal: bool = False
    stopped: BaseException | None = None  # what ``tick`` or Ctrl-C raised

    @classmethod
    def of(cls, pairs: Pairs, capacity: np.ndarray) -> _Problem:
        n, m = len(pairs.weight), len(capacity)
        largest = max(_spread(pairs.cost), float(np.max(pairs.outside, initial=0.0, where=np.isfinite(pairs.outside))), 1e-300)
        penalty = largest * (2 * min(n, m) + 2)
        demand, room = _whole(pairs.weight, capacity)
        outside = np.where(np.isinf(pairs.outside), penalty, pairs.outside)
        closed = np.where(room > 0, 0.0, np.inf)
        return cls(pairs.indptr, pairs.index, pairs.cost, demand, room, outside, penalty, largest, closed)

    def guess(self, seed: int, effort: int, tick: Callable[[float], None]) -> np.ndarray:
        """Prices [m] from a sample of the demands, with capacities in proportion; zero where all are few. Its pivots count."""
        n, m = len(self.demand), len(self.capacity)
        size = SAMPLE * max(m, 100)
        if n < 2 * size:
            return np.zeros(m)
        rows = np.sort(np.random.default_rng(seed).choice(n, size, replace=False))
        count = np.diff(self.indptr)[rows]
        indptr = np.concatenate([[0], np.cumsum(count)])
        at = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], count)
        share = float(self.demand[rows].sum()) / max(float(self.demand.sum()), 1.0)
        room = np.ceil(self.capacity * share).astype(np.int64)
        part = _Problem(indptr, self.index[at], self.cost[at], self.demand[rows], room, self.outside[rows], self.penalty, self.largest, self.closed)
        part.solve(np.zeros(m), effort, lambda done: tick(done / 10))
        self.pivots, self.stopped = part.pivots, part.stopped
        return np.asarray(np.clip(part.tree.potential[:m], 0.0, self.largest))

    def solve(self, prices: np.ndarray, effort: int, tick: Callable[[float], None]) -> None:
        """Pivot until no pair is cheaper, the effort is spent, or ``tick`` or Ctrl-C says stop: the basis is good whenever it ends."""
        from xietong.kernels import transport as kernel

        n, m = len(self.demand), len(self.capacity)
        self.first = prices
        self.tree = kernel.plant(n, self.capacity, self.outside)
        width = min(WIDTH, m)
        count, to, paid = kernel.shortlist(self.indptr, self.index, self.cost, prices + self.closed, width, min(ROOM, m))
        if self.stopped:
            return
        mean = float(paid[count > 0, 0].mean()) if count.any() else 0.0
        least = TOLERANCE * self.largest
        try:
            for tolerance in (*(max(share * mean, least) for share in COARSE), least):
                moved = n
                while moved > (0 if tolerance == least else n // 50) and self.pivots < effort:
                    moved = kernel.sweep(self.tree, self.demand, self.outside, count, to, paid, tolerance)
                    self.pivots += moved
                    tick(min(0.9, 0.1 + self.pivots / (10 * n)))
            while self.pivots < effort:
                price = self.tree.potential[:m] + self.closed
                u = kernel.marginal(self.tree, self.tree.potential[: m + 1])
                found, _ = kernel.widen(self.indptr, self.index, self.cost, price, u, least, MORE, count, to, paid)
                if not found:
                    self.optimal = True
                    break
                moved = 1
                while moved and self.pivots < effort:
                    moved = kernel.sweep(self.tree, self.demand, self.outside, count, to, paid, least)
                    self.pivots += moved
                    tick(min(0.9, 0.1 + self.pivots / (10 * n)))
        except (Cancelled, KeyboardInterrupt) as stop:
            self.stopped = stop

    def cut(self, pairs: Pairs, capacity: np.ndarray) -> str:
        """Why not all who must be served can be: demands that need more than all their sites hold; empty where all are served."""
        unserved = _arcs(self.tree, pairs.weight, capacity)[3]
        if not (unserved[np.isinf(pairs.outside)] > 0).any():
            return ""
        from xietong.kernels import transport as kernel

        dear = kernel.marginal(self.tree, self.tree.potential[: len(capacity) + 1]) > self.penalty / 2
        rows = np.flatnonzero(dear & (pairs.weight > 0) & np.isinf(pairs.outside))
        within = np.zeros(len(pairs.weight), dtype=bool)
        within[rows] = True
        sites = np.unique(pairs.index[np.repeat(within, np.diff(pairs.indptr)) & np.isfinite(pairs.cost)])
        need, hold = float(pairs.weight[rows].sum()), float(capacity[sites].sum())
        if need - hold <= PROOF * need:
            return ""  # interrupted before it could be known
        return f"the {len(sites)} sites that {_named(pairs, rows)} can use hold {hold:g}, {need - hold:g} less than the {need:g} who must be served there"

    def prices(self, pairs: Pairs, capacity: np.ndarray, i: np.ndarray, j: np.ndarray, unserved: np.ndarray) -> np.ndarray:
        """The least optimal prices [m] of sites used by arcs ``i`` to ``j``; before the optimum, the best of none, the first and the last."""
        from xietong.kernels import transport as kernel

        m = len(capacity)
        last = np.maximum(self.tree.potential[:m], 0.0)
        if not self.optimal:
            tried = (np.zeros(m), self.first, last)
            values = [kernel.value(self.indptr, self.index, self.cost, price, self.outside) for price in tried]
            worth = [(pairs.weight * u).sum() - (np.where(price > 0, capacity, 0.0) * price).sum() for u, price in zip(values, tried, strict=True)]
            return tried[int(np.argmax(worth))]
        u = kernel.marginal(self.tree, self.tree.potential[: m + 1])
        price = np.where(self.closed > 0, float(u[self.demand > 0].max(initial=0.0)), last)
        order, ptr = np.argsort(j, kind="stable"), np.concatenate([[0], np.cumsum(np.bincount(j, minlength=m))])
        return np.asarray(kernel.least_prices(self.indptr, self.index, self.cost, price, u, ptr, i[order], np.flatnonzero(unserved > 0)))

    def result(self, pairs: Pairs, capacity: np.ndarray) -> Transport:
        """The flow of the basis, its prices, and what ``check`` says of them."""
        from xietong.kernels import transport as kernel

        i, j, amount, unserved = _arcs(self.tree, pairs.weight, capacity)
        price = self.prices(pairs, capacity, i, j, unserved)
        u = kernel.value(self.indptr, self.index, self.cost, price, pairs.outside)
        pair = kernel.locate(self.indptr, self.index, i, j)
        found = Transport(pair, amount, unserved, price, u, UNKNOWN, "", self.pivots, len(self.index))
        proof = check(pairs, capacity, found)
        share = math.ceil(min(proof.gap, 1e9) * 1e4) / 100
        return replace(found, certificate=proof, status="proved" if proof.proved else f"gap<={share:.2f}%")


def _spread(cost: np.ndarray) -> float:
    """The largest difference between two costs, or between a cost and none; a fall in price can make costs negative."""
    highest = float(cost.max(initial=0.0))
    if not np.isfinite(highest):
        highest = float(cost.max(initial=0.0, where=np.isfinite(cost)))
    return highest - float(cost.min(initial=0.0))


def _whole(weight: np.ndarray, capacity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Demand and capacity in whole numbers: their own, or scaled by a power of two, demand down and capacity up.

    A capacity above all demand is that demand and one: it never binds.
    """
    total = float(weight.sum())
    limited = np.minimum(capacity, 2 * total + 1)
    whole = total < 2**53 and bool((weight == np.floor(weight)).all() and (limited == np.floor(limited)).all())
    scale = 1.0 if whole else 2.0 ** (52 - np.ceil(np.log2(max(total, 1e-300))))
    demand = np.maximum(np.floor(weight * scale), weight > 0).astype(np.int64)
    return demand, np.minimum(np.ceil(limited * scale).astype(np.int64), int(demand.sum()) + 1)


def _arcs(tree: Any, weight: np.ndarray, capacity: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Demand, site and amount of the arcs in use, and the unserved [n]: what the basis says of the true, not the whole, numbers."""
    m = len(capacity)
    leaf, placed = tree.node < 0, tree.home < m
    unserved = np.where(leaf & ~placed, weight, 0.0)
    i = np.flatnonzero(leaf & placed & (weight > 0))
    arcs = [(i, tree.home[i].astype(np.int64), weight[i])]
    # From the deepest node up, the arc to the parent carries what the arcs below leave over.
    rest = np.zeros(len(tree.parent))
    rest[:m] = capacity - np.bincount(arcs[0][1], arcs[0][2], m)
    living = tree.parent >= 0
    living[tree.free[1 : tree.free[0] + 1]] = False
    nodes = np.flatnonzero(living)
    split = nodes[nodes > m]
    rest[split] = weight[tree.who[split]]
    parts: dict[int, list[tuple[int, float]]] = {}
    for v in nodes[np.argsort(-tree.depth[nodes], kind="stable")].tolist():
        above = int(tree.parent[v])
        if v > m or above > m:
            amount = max(float(rest[v]), 0.0)
            rest[above] -= amount
            parts.setdefault(int(tree.who[max(v, above)]), []).append((min(v, above), amount))
    for row, shares in parts.items():
        total = sum(amount for _, amount in shares)
        for site, amount in shares:
            amount *= weight[row] / total if total > 0 else 0.0
            if site == m:
                unserved[row] = amount
            elif amount > 0:
                arcs.append((np.array([row]), np.array([site]), np.array([amount])))
    found = [np.concatenate(column) for column in zip(*arcs, strict=True)]
    order = np.lexsort((found[1], found[0]))
    return found[0][order], found[1][order], found[2][order], unserved
