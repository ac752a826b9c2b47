"""Branch and bound on Lagrangian bounds for the p-median problem, after an iterated local search.

The bounds relax "every demand is served once" (Cornuejols, Fisher and Nemhauser 1977; Beasley 1985) and are raised by the
volume algorithm. Reduced costs decide sites for good; what is left is branched on, best bound first.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xietong.kernels.interchange import place, search, transpose
from xietong.kernels.lagrange import ascend, restrict

TOLERANCE = 5e-7
"""Relative: a node whose bound is closer to the best plan is closed."""
CHUNK = 50
"""Bound iterations between two looks at the clock."""
NODE_ITERATIONS = 60
FEW = 0.1
"""Share of the free sites: the problem is built anew when more are decided."""
WORK = 2e9
"""List entries that the bounds of a small problem may visit at effort 1; of one whose lists outgrow the cache (QUICK entries), much
less (by the cube), for there a visit takes longer and a node needs more of them: the root is what is worth its time."""
QUICK = 1e6
STALLED = 0.005
"""The root is left where ``PATIENCE`` chunks in a row close less than this share of the gap each."""
PATIENCE = 3
WARM = 400
"""Iterations at the root before it may stall: the first ones find the right length of a step."""
POLISH = 5
"""Chunks at the root after which a plan is made of what the bound wishes for."""
REACH = 1.2
"""Large problems are narrowed to the sites that cost at most so many times as much as the second nearest open one."""


class Problem(NamedTuple):
    """``n`` demands, each with a list of sites by ascending cost, all below what it pays ``outside``; sites have a price > 0."""

    indptr: np.ndarray
    site: np.ndarray
    cost: np.ndarray
    outside: np.ndarray
    price: np.ndarray
    budget: float

    @property
    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.indptr, self.site, self.cost, self.outside

    def left(self, status: np.ndarray) -> tuple[Problem, np.ndarray]:
        """The problem when sites are decided (1 open, -1 shut, 0 free), and which sites are free; too dear ones are shut."""
        budget = self.budget - self.price[status == 1].sum()
        status[(status == 0) & (self.price > budget * (1 + 1e-9))] = -1
        indptr, site, cost, outside, free = restrict(*self.rows, status)
        return Problem(indptr, site, cost, outside, self.price[free], float(budget)), free


class OutOfTime(Exception):
    """The safety stop of the clock."""


@dataclass
class Search:
    """What is known while a plan is sought: the best plan ``opened`` [m] and its ``value``, a lower ``bound``, the effort spent.

    ``truth`` gives the true cost of a plan, at least that in the problem, inf where it serves not all. ``grain``: values are
    multiples of it (0: unknown). ``ceiling``: no plan that serves all costs more. ``short``: lists that end early are what the proof lacks,
    ``narrowed``: those that ``narrow`` made end early. ``size``: entries of the lists before that.
    """

    problem: Problem
    truth: Callable[[np.ndarray], float]
    ceiling: float
    grain: float
    seed: int
    tick: Callable[[float], None]
    deadline: float
    value: float = math.inf
    opened: np.ndarray | None = None
    bound: float = -math.inf
    nodes: int = 0
    iterations: int = 0
    visits: int = 0
    short: bool = False
    narrowed: bool = False
    by_site: tuple[np.ndarray, np.ndarray, np.ndarray] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.by_site = transpose(self.problem.indptr, self.problem.site, self.problem.cost, len(self.problem.price))
        self.size = max(len(self.problem.cost), 1)

    @property
    def upper(self) -> float:
        return min(self.value, self.ceiling)

    @property
    def cutoff(self) -> float:
        """No plan better than the best one lies above it."""
        if self.value > self.ceiling:
            return self.ceiling
        if self.grain:
            return self.value - self.grain * (1 - 1e-6)
        return self.value - TOLERANCE * abs(self.value)

    def pause(self, done: float) -> None:
        """Tells how far the search is; raises what ``tick`` raises, and OutOfTime."""
        self.tick(done)
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def offer(self, opened: np.ndarray, value: float) -> None:
        """Takes the plan where it is better in truth than the best one; ``value`` is its cost in the problem."""
        if value < self.value - 1e-12 * abs(value) and (true := self.truth(np.flatnonzero(opened))) < self.value:
            self.value, self.opened = true, opened.copy()

    def prove(self, bound: float) -> None:
        """Takes the lower bound, rounded up to the grain, where it is better than the last one."""
        if self.grain and math.isfinite(bound):
            bound = math.ceil(bound / self.grain - 1e-6) * self.grain
        self.bound = max(self.bound, min(bound, self.value))

    def narrow(self) -> None:
        """Drops sites that cost a demand more than REACH times its second nearest open one; it may be served for the first dropped.

        Plans cost no more than before, so bounds stay valid, and lists that fit the cache are read several times as fast.
        """
        if self.opened is None:
            return
        start, site, cost, outside = self.problem.rows
        far = place(*self.problem.rows, self.opened)[3]
        row = np.repeat(np.arange(len(outside)), np.diff(start))
        keep = cost < REACH * far[row]
        count = np.bincount(row[keep], minlength=len(outside))
        cut = count < np.diff(start)
        outside = outside.copy()
        outside[cut] = cost[(start[:-1] + count)[cut]]
        indptr = np.concatenate([[0], np.cumsum(count)])
        self.problem = self.problem._replace(indptr=indptr, site=site[keep], cost=cost[keep], outside=outside)
        self.by_site = transpose(indptr, self.problem.site, self.problem.cost, len(self.problem.price))
        self.narrowed = True

    # -- local search --------------------------------------------------------------------------------------------------

    def improve(self, opened: np.ndarray, kicks: int, sweep: bool) -> None:
        """Iterated local search from the plan ``opened``, which is changed."""
        self.seed += 1
        value = search(*self.problem.rows, self.by_site, self.problem.price, self.problem.budget, opened, kicks, self.seed % 2**32, sweep)
        self.offer(opened, value)

    def polish(self, left: Problem, free: np.ndarray, status: np.ndarray, wish: np.ndarray, kicks: int) -> None:
        """Iterated local search among the ``free`` sites of a node, from those most wished for."""
        opened = affordable(np.argsort(-wish, kind="stable"), left.price, left.budget)
        by_site = transpose(left.indptr, left.site, left.cost, len(free))
        self.seed += 1
        value = search(*left.rows, by_site, left.price, left.budget, opened, kicks, self.seed % 2**32, True)
        whole = status == 1
        whole[free[opened]] = True
        self.offer(whole, value)

    # -- bounds --------------------------------------------------------------------------------------------------------

    def multipliers(self, opened: np.ndarray) -> np.ndarray:
        """Multipliers to begin with: half way from the nearest to the second nearest open site."""
        _, near, _, far = place(*self.problem.rows, opened)
        return np.asarray((near + far) / 2)

    def raise_bound(self, node: Node, limit: int, progress: float) -> Leaf | None:
        """Raises the bound of ``node`` and decides sites by reduced costs, for ``limit`` iterations or until few are decided.

        Returns what is left to branch on, or None where the node is closed.
        """
        memory: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        left, free = self.problem.left(node.status)
        wish = np.zeros(len(node.status))
        spent, final, idle = 0, False, 0
        while len(free) and left.price.sum() > left.budget * (1 + 1e-9):
            if final:
                return Leaf(left, free, wish[free])
            if memory is None:
                node.multiplier = np.minimum(node.multiplier, left.outside)
                memory = (np.zeros(3), np.zeros(len(left.outside)), np.zeros(len(free)))
            steps = min(CHUNK, limit - spent)
            before = node.bound
            value, rho, last, first, done, visits = ascend(*left.rows, left.price, left.budget, node.multiplier, self.upper, self.cutoff, steps, memory)
            spent, self.iterations, self.visits = spent + done, self.iterations + done, self.visits + visits
            node.bound = max(node.bound, value)
            if node.depth == 0:
                self.prove(min(node.bound, self.cutoff))
            if node.bound >= self.cutoff:
                return None
            self.pause(progress)
            shut = value + rho - last * left.price >= self.cutoff
            must = (value + first * left.price - rho >= self.cutoff) & ~shut
            node.status[free[shut]], node.status[free[must]] = -1, 1
            few = shut.sum() + must.sum() < FEW * len(free)
            stalls = spent > WARM and node.bound - before < STALLED * max(self.upper - node.bound, 0.0)
            idle = idle + 1 if stalls else 0
            final = spent >= limit or done < steps or (few and node.depth > 0) or idle >= PATIENCE
            if final or not few:
                wish[free] = memory[2]
                left, free = self.problem.left(node.status)
                memory = None
            if node.depth == 0 and len(free) and (memory is None or spent % (POLISH * CHUNK) == 0):
                self.polish(left, free, node.status, wish[free] if memory is None else memory[2], 0)
        self._settle(node, left, free)
        return None

    def _settle(self, node: Node, left: Problem, free: np.ndarray) -> None:
        """All free sites can be opened: the node holds one plan."""
        opened = node.status == 1
        opened[free] = True
        value = place(*self.problem.rows, opened)[1].sum()
        self.offer(opened, value)
        node.bound = max(node.bound, value)


class Leaf(NamedTuple):
    """What is left of a node: the problem, its free sites, and how much the bound wishes each to be open."""

    left: Problem
    free: np.ndarray
    wish: np.ndarray


@dataclass(order=True)
class Node:
    """Plans with some sites decided: ``status`` [m] is 1 (open), -1 (shut) or 0 (free)."""

    bound: float
    serial: int
    depth: int = field(compare=False)
    status: np.ndarray = field(compare=False)
    multiplier: np.ndarray = field(compare=False)


def affordable(order: np.ndarray, price: np.ndarray, budget: float) -> np.ndarray:
    """Opens [m] one site after the other, in ``order``, where the budget still pays for it."""
    opened, left = np.zeros(len(price), dtype=bool), budget * (1 + 1e-9)
    for j in order.tolist():
        if price[j] <= left:
            opened[j] = True
            left -= price[j]
    return opened


def branch(run: Search, root: Node, effort: float, kicks: int, root_iterations: int) -> None:
    """Branch and bound from ``root`` until all is proved or the effort is spent; ``run`` holds what was found.

    ``run.bound`` stays a lower bound whenever it is interrupted.
    """
    waiting, stuck, serial = [root], math.inf, 1
    work = WORK * effort * min(1.0, QUICK / run.size) ** 3
    while waiting:
        low = min(waiting[0].bound, stuck)
        run.prove(low)
        if low >= run.cutoff or run.nodes >= 1 + 20_000 * effort or (run.nodes and run.visits > work):
            break
        node = heapq.heappop(waiting)
        run.nodes += 1
        at_root = node.depth == 0
        leaf = run.raise_bound(node, root_iterations if at_root else NODE_ITERATIONS, 0.4 if at_root else 0.5)
        if leaf is None:
            # A plan that costs more in truth than in the problem leaves a gap that only longer lists can close.
            stuck = min(stuck, node.bound)
            run.short |= stuck < run.cutoff
            continue
        run.polish(*leaf[:2], node.status, leaf.wish, kicks if at_root or run.nodes % 100 == 0 else 0)
        choice = leaf.free[np.argmin(np.abs(leaf.wish - 0.5))]
        for decision in (1, -1):
            status = node.status.copy()
            status[choice] = decision
            heapq.heappush(waiting, Node(node.bound, serial, node.depth + 1, status, node.multiplier))
            serial += 1
    low = min(stuck, waiting[0].bound if waiting else math.inf)
    run.prove(low if low < run.cutoff else run.value if run.grain else run.value - TOLERANCE * abs(run.value))
