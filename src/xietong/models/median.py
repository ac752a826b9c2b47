"""The p-median: where ``p`` sites, or those that a budget pays for, should stand so that people travel least in all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from xietong.core.declare import proof_status
from xietong.core.errors import Cancelled, Fault, UsageError
from xietong.core.progress import silent
from xietong.models.distances import Distances, Lists

if TYPE_CHECKING:
    from xietong.models.median_tree import Search

__all__ = ["Distances", "MedianPlan", "p_median"]

WHOLE = 4_000_000
"""Up to so many pairs, all of them are listed."""
ENTRIES = 60_000_000
"""Lists are not made longer than this in all."""
NEAREST = 8
"""Lists begin with so many times as many sites as there are to one that is open."""


@dataclass(frozen=True)
class MedianPlan:
    """Where the sites stand: their positions ``sites``, ascending, those that were fixed among them.

    ``objective`` = sum of weight * cost to the nearest site or outside; no plan costs less than ``bound``. ``status``: proved |
    gap<=x% | infeasible (why) | unknown (why): no plan that serves all was found, though there may be one. The last two have
    no sites and objective inf. ``nodes`` of branch and bound, ``iterations`` of the bound.
    """

    sites: np.ndarray
    objective: float
    bound: float
    status: str
    nodes: int
    iterations: int


def p_median(
    table: Distances, weight: np.ndarray, p: int | None = None, *, opening_cost: np.ndarray | None = None, budget: float | None = None,
    fixed: Sequence[int] = (), forbidden: Sequence[int] = (), effort: float = 1.0, seed: int = 0,
    tick: Callable[[float], None] = silent, time_limit_s: float = math.inf,
) -> MedianPlan:  # fmt: skip
    """The plan that costs least, and a proof of how far from the best it can be.

    ``weight`` [n] >= 0. Either ``p`` sites in all, the ``fixed`` ones among them, or as many as ``budget`` pays for by
    ``opening_cost`` [m] >= 0, the fixed ones for nothing. ``fixed`` and ``forbidden`` are positions of sites. ``effort`` multiplies the
    limits on iterations and nodes (1: some ten seconds for a region where proof does not come earlier); the same effort and seed give the
    same answer. ``time_limit_s`` is a safety stop only.

    ``tick(done)`` may raise Cancelled or KeyboardInterrupt: the best plan so far is returned with the gap that is proved, and
    the exception goes on only where there is no plan yet.

    Method: fast interchange (Whitaker 1983; Resende and Werneck 2007) in an iterated local search, Lagrangian bounds by the volume
    algorithm (Barahona and Anbil 2000), reduced-cost fixing, branch and bound. Large tables are read as lists of nearest
    sites, which are made longer where they turn out too short. "proved": the gap is at most 1e-6 of the objective.

    Raises UsageError with every fault of the arguments.
    """
    weight = _check(table, weight, p, opening_cost, budget, fixed, forbidden, effort)
    case = _Case.of(table, weight, p, opening_cost, budget, fixed, forbidden)
    if why := case.impossible():
        return _none(f"infeasible ({why})", math.inf)
    if not len(case.candidate) or not len(case.row):
        return case.plan(np.zeros(0, dtype=np.int64), None)
    from xietong.models.median_tree import OutOfTime

    run = None
    deadline = time.monotonic() + time_limit_s
    try:
        while True:
            before, run = run, case.search(seed, tick, deadline, run)
            _solve(run, case, effort, begun=before is not None)
            if run.bound >= run.cutoff or not run.short:
                break
            if not run.narrowed:
                if not case.cut_short or (longer := case.longer()) is None:
                    break
                case = longer
    except OutOfTime:
        pass
    except (Cancelled, KeyboardInterrupt):
        if run is None or run.opened is None:
            raise
    return _none("unknown (the time is over)", 0.0) if run is None else case.plan(run.opened, run)


def _solve(run: Search, case: _Case, effort: float, begun: bool) -> None:
    """Local search, then branch and bound; ``begun``: the search stands at a good plan already."""
    from xietong.models.median_tree import QUICK, Node, affordable, branch

    m = len(case.candidate)
    opened = min(float(m), case.budget / max(float(case.price.mean()), 1e-300))
    # Sites that lie nearest to most people first: the search needs a beginning, not a good one.
    start = affordable(np.argsort(-case.crowd, kind="stable"), case.price, case.budget) if run.opened is None else run.opened.copy()
    if run.opened is None:
        run.improve(start, 0, True)
    run.pause(0.1)
    if not begun and run.size > QUICK:
        run.narrow()
    kicks = int(effort * min(20_000, 20 + 5 * opened) * min(1.0, QUICK / run.size) ** 2)
    if not begun:
        run.improve(start, kicks, False)
    run.pause(0.3)
    iterations = int(np.clip(2e9 * effort / run.size, 1000 * min(effort, 1.0), 3000))
    root = Node(-math.inf, 0, 0, np.zeros(m, dtype=np.int8), run.multipliers(start))
    branch(run, root, effort, kicks // 4, iterations)


@dataclass(frozen=True, eq=False)
class _Case:
    """The question without what is decided beforehand: demands with people (``row``), sites that may be opened (``candidate``) at a
    ``price`` > 0 within ``budget``, and lists of the ``length`` nearest of them. ``given``: sites that stand whatever is chosen."""

    table: Distances
    weight: np.ndarray
    row: np.ndarray
    candidate: np.ndarray
    given: np.ndarray
    price: np.ndarray
    budget: float
    length: int

    @classmethod
    def of(
        cls, table: Distances, weight: np.ndarray, p: int | None, opening_cost: np.ndarray | None, budget: float | None,
        fixed: Sequence[int], forbidden: Sequence[int],
    ) -> _Case:  # fmt: skip
        m = table.shape[1]
        given, barred = np.zeros(m, dtype=bool), np.zeros(m, dtype=bool)
        given[list(fixed)], barred[list(forbidden)] = True, True
        if p is not None:
            price, left = np.ones(m), float(p - int(given.sum()))
        else:
            assert opening_cost is not None and budget is not None
            price, left = np.asarray(opening_cost, dtype=float), float(budget)
            given |= (price == 0) & ~barred  # a site for nothing does no harm
        candidate = np.flatnonzero(~given & ~barred & (price <= left * (1 + 1e-9)))
        row = np.flatnonzero(weight > 0)
        opened = max(left / max(float(price[candidate].mean()), 1e-300), 1.0) if len(candidate) else 1.0
        whole = len(row) * len(candidate) <= WHOLE
        length = len(candidate) if whole else int(np.clip(NEAREST * len(candidate) / opened, 16, max(ENTRIES // max(len(row), 1), 16)))
        return cls(table, weight[row], row, candidate, np.flatnonzero(given), price[candidate], left, min(length, len(candidate)))

    @cached_property
    def outside(self) -> np.ndarray:
        """What each row costs, weighted, when no candidate is opened."""
        return np.asarray(self.weight * self.table.served(self.given)[self.row])

    @cached_property
    def lists(self) -> Lists:
        """The nearest candidates of each row with weighted costs; only those that beat what stands already."""
        found = self.table.among(self.candidate).lists(self.row, self.length)
        who = np.repeat(np.arange(len(self.row)), np.diff(found.indptr))
        cost = found.cost * self.weight[who]
        keep = cost < self.outside[who]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(who[keep], minlength=len(self.row)))])
        return Lists(indptr.astype(np.int64), found.site[keep], cost[keep], found.floor * self.weight)

    @property
    def cut_short(self) -> bool:
        """Whether a list leaves out a site that could matter."""
        return bool((self.lists.floor < self.outside).any())

    def longer(self) -> _Case | None:
        """The same with lists twice as long; None where they would be too long."""
        length = min(2 * self.length, len(self.candidate))
        return replace(self, length=length) if length > self.length and length * len(self.row) <= ENTRIES else None

    @property
    def crowd(self) -> np.ndarray:
        """How many people have each candidate among their nearest [candidate]."""
        lists = self.lists
        first = lists.indptr[:-1][np.diff(lists.indptr) > 0]
        who = np.flatnonzero(np.diff(lists.indptr) > 0)
        return np.bincount(lists.site[first], self.weight[who], len(self.candidate))

    def impossible(self) -> str:
        """Why no plan can serve all, where that is plain; else nothing."""
        if self.budget < -1e-9:
            return f"{len(self.given)} sites are fixed, more than may be open"
        if not len(self.row):
            return ""
        lonely = self.row[(np.diff(self.lists.indptr) == 0) & np.isinf(self.outside) & np.isinf(self.lists.floor)]
        return f"{len(lonely)} demands can reach no site that may be opened, the first of them {lonely[0]}" if len(lonely) else ""

    def truth(self, opened: np.ndarray) -> float:
        """What people travel in all when the candidates ``opened`` (positions among them) stand."""
        cost = self.table.served(np.sort(np.concatenate([self.given, self.candidate[opened]])))[self.row]
        return float(self.weight @ cost)

    def search(self, seed: int, tick: Callable[[float], None], deadline: float, before: Search | None) -> Search:
        """A search over the lists, which goes on from the best plan of one over shorter lists."""
        from xietong.models.median_tree import Problem, Search

        lists = self.lists
        last = np.where(np.diff(lists.indptr) > 0, lists.cost[np.maximum(lists.indptr[1:] - 1, 0)] if len(lists.cost) else 0.0, 0.0)
        least = np.minimum(self.outside, lists.floor)
        # Who must be served pays, unserved, more than any plan that serves all: such a plan is never taken for one.
        ceiling = float(np.where(np.isfinite(self.outside), self.outside, last).sum()) if not np.isfinite(lists.floor).any() else math.inf
        must = np.isinf(least)
        fine = float(np.where(must, last, least).sum())
        outside = np.where(must, 2 * fine + 1.0, least)
        whole = all((values == np.round(values)).all() for values in (lists.cost, outside[~must])) and fine < 2**50
        problem = Problem(lists.indptr, lists.site, lists.cost, outside, self.price, self.budget)
        run = Search(problem, self.truth, ceiling * (1 + 1e-9) if must.any() else math.inf, 1.0 if whole else 0.0, seed, tick, deadline)
        if before is not None:
            run.value, run.opened, run.bound = before.value, before.opened, before.bound
            run.nodes, run.iterations = before.nodes, before.iterations
        return run

    def plan(self, opened: np.ndarray | None, run: Search | None) -> MedianPlan:
        """The answer, counted again from the table."""
        if opened is None:
            assert run is not None
            return _none(
                "infeasible (no plan within the limit serves all)" if run.bound >= run.cutoff else "unknown (no plan that serves all was found)", run.bound
            )
        chosen = np.flatnonzero(opened) if opened.dtype == bool else opened
        value = self.truth(chosen)
        if math.isinf(value):
            return _none("infeasible (nobody may open a site for everybody)", math.inf)
        bound = value if run is None else min(max(run.bound, 0.0), value)  # nothing costs less than nothing
        sites = np.sort(np.concatenate([self.given, self.candidate[chosen]])).astype(np.int64)
        nodes, iterations = (0, 0) if run is None else (run.nodes, run.iterations)
        return MedianPlan(sites, value, bound, proof_status(value, bound), nodes, iterations)


def _none(status: str, bound: float) -> MedianPlan:
    return MedianPlan(np.zeros(0, dtype=np.int64), math.inf, bound, status, 0, 0)


def _check(
    table: Distances, weight: np.ndarray, p: int | None, opening_cost: np.ndarray | None, budget: float | None,
    fixed: Sequence[int], forbidden: Sequence[int], effort: float,
) -> np.ndarray:  # fmt: skip
    """The weights; UsageError with every fault of the arguments."""
    n, m = table.shape
    faults = []
    weight = np.asarray(weight, dtype=float)
    if weight.shape != (n,) or not (np.isfinite(weight) & (weight >= 0)).all():
        faults.append(Fault(f"weight has shape {weight.shape}, or numbers that are negative or unknown", f"Give {n} numbers >= 0", column="weight"))
    for name, sites in (("fixed", fixed), ("forbidden", forbidden)):
        if len(set(sites)) < len(sites) or any(not 0 <= site < m for site in sites):
            faults.append(Fault(f"{name} names a site twice, or one that there is not", f"Give positions from 0 to {m - 1}, each once", column=name))
    if both := set(fixed) & set(forbidden):
        faults.append(Fault(f"site {min(both)} is fixed and forbidden", "Take it out of one of them", column="fixed"))
    if (p is None) == (budget is None):
        faults.append(Fault("give either p or a budget", "Leave the other out", column="p"))
    if p is not None and not (float(p).is_integer() and max(len(fixed), 0) <= p <= m):
        faults.append(Fault(f"p is {p}", f"Give a whole number from {len(fixed)} (fixed) to {m} (sites)", column="p"))
    if budget is not None:
        if not budget >= 0:
            faults.append(Fault(f"budget is {budget}", "Give an amount that is not negative", column="budget"))
        cost = np.zeros(0) if opening_cost is None else np.asarray(opening_cost, dtype=float)
        if cost.shape != (m,) or not (np.isfinite(cost) & (cost >= 0)).all():
            faults.append(
                Fault(f"opening_cost has shape {cost.shape}, or numbers that are negative or unknown", f"Give {m} numbers >= 0", column="opening_cost")
            )
    if not effort > 0:
        faults.append(Fault(f"effort is {effort}", "Give a positive number", column="effort"))
    if faults:
        raise UsageError("No median can be sought", faults)
    return weight
