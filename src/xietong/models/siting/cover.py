"""Maximal covering (MCLP) and location set covering (LSCP), where nobody is turned away.

Church and ReVelle, Papers of the Regional Science Association 32 (1974), 101-118; the bound for large tables relaxes "covered
only by an open site" (Galvao and ReVelle, European Journal of Operational Research 88 (1996), 114-123).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from xietong.models.siting.problem import ROUNDING, Problem
from xietong.models.siting.program import Program, floored, sited
from xietong.models.siting.reach import reach
from xietong.models.siting.search import ENOUGH, Search

ENTRIES = 25_000
"""Pairs within the radius, each group of demands counted once, up to which HiGHS is asked for what the Lagrangian does not prove."""

STEPS = 2_000
"""Steps of the Lagrangian, at most."""

KICKS, LOOKS = 200, 400_000_000
"""Starts of the local search, at most, and sites x entries of the table that they may look at before there are fewer."""

SMOOTH = 0.7
"""How much of the last direction the next one keeps."""


class Groups(NamedTuple):
    """Demands that the same sites cover are one: ``table`` [groups, m] of who covers whom, and their ``weight``.

    Who is covered by a fixed site or by none does not take part.
    """

    table: csr_matrix
    weight: np.ndarray
    covered: float


def cover_everybody(problem: Problem, search: Search) -> None:
    """The least price of sites that cover everybody."""
    found = reach(problem, problem.near, np.ones(len(problem.weight), dtype=bool), search.effort)
    if found.positions is not None:
        search.offer(found.positions)
    search.prove(found.bound)


def cover_most(problem: Problem, search: Search) -> None:
    """The most weight within the limit: greedy and interchange, then a proof or a bound."""
    groups = _groups(problem)
    if not problem.floors:
        _improve(problem, groups, search)
        _lagrangian(problem, groups, search)
    if not search.proved and (groups.table.nnz <= ENTRIES or problem.floors):
        _prove(problem, groups, search)


def _groups(problem: Problem) -> Groups:
    fixed = np.zeros(len(problem.allowed), dtype=bool)
    fixed[problem.fixed] = True
    n = len(problem.weight)
    done = np.bincount(problem.row, problem.near & fixed[problem.index], n) > 0
    buyable = np.zeros(len(problem.allowed), dtype=bool)
    buyable[problem.buyable] = True
    kept = problem.near & ~done[problem.row] & buyable[problem.index]
    index = problem.index[kept]
    ends = np.cumsum(np.bincount(problem.row[kept], minlength=n)).tolist()
    weight: dict[bytes, float] = {}
    for row, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        if end > start:
            key = index[start:end].tobytes()
            weight[key] = weight.get(key, 0.0) + float(problem.weight[row])
    sets = [np.frombuffer(key, dtype=index.dtype) for key in weight]
    indptr = np.cumsum([0, *(len(one) for one in sets)])
    columns = np.concatenate(sets) if sets else np.zeros(0, dtype=np.int32)
    table = csr_matrix((np.ones(len(columns)), columns, indptr), shape=(len(sets), len(problem.allowed)))
    return Groups(table, np.array(list(weight.values())), float(problem.weight[done].sum()))


class _Local:
    """Local search: which sites are chosen, how often each group is covered, what is left of the limit."""

    def __init__(self, problem: Problem, groups: Groups) -> None:
        self.weight, self.by_site, self.price = groups.weight, groups.table.T.tocsr(), problem.price
        self.small = 1e-12 * max(float(self.price.max(initial=0.0)), 1.0)
        self.free = np.zeros(len(self.price), dtype=bool)
        self.free[problem.buyable] = True
        self.times, self.left = np.zeros(len(self.weight)), problem.limit * (1 + ROUNDING)
        self.chosen: list[int] = []

    def change(self, site: int, by: int) -> None:
        """Open (1) or close (-1) a site."""
        self.times[self.by_site.indices[self.by_site.indptr[site] : self.by_site.indptr[site + 1]]] += by
        self.left -= by * float(self.price[site])
        self.free[site] = by < 0
        (self.chosen.append if by > 0 else self.chosen.remove)(site)

    def gain(self) -> np.ndarray:
        """Weight that each site would add [m]; zero where the limit does not allow it."""
        return np.where(self.free & (self.price <= self.left), self.by_site @ np.where(self.times == 0, self.weight, 0.0), 0.0)

    def worth(self) -> float:
        """Weight covered by the chosen sites."""
        return float(self.weight[self.times > 0].sum())

    def fill(self) -> None:
        """Add sites, most new weight for the money first."""
        while True:
            gain = self.gain()
            best = int(np.argmax(gain / np.maximum(self.price, self.small)))
            if gain[best] <= 0:
                return
            self.change(best, 1)

    def exchange(self) -> bool:
        """Make the best exchange of one site for another (Teitz and Bart 1968); False where none helps."""
        most, move = ENOUGH * max(float(self.weight.sum()), 1.0), (-1, -1)
        for out in tuple(self.chosen):
            self.change(out, -1)
            gain = self.gain()
            gain -= gain[out]
            into = int(np.argmax(gain))
            if gain[into] > most:
                most, move = float(gain[into]), (out, into)
            self.change(out, 1)
        if move[0] < 0:
            return False
        self.change(move[0], -1)
        self.change(move[1], 1)
        return True


def _improve(problem: Problem, groups: Groups, search: Search) -> None:
    """Greedy, then exchanges, then again and again from the best with up to a quarter of its sites elsewhere (iterated local
    search)."""
    local, rng = _Local(problem, groups), np.random.default_rng(problem.seed)
    best: tuple[float, list[int]] = (-1.0, [])
    kicks = min(search.effort, KICKS)
    for kick in range(kicks):
        local.fill()
        while local.exchange():
            search.pause()
        local.fill()
        if local.worth() > best[0]:
            best = local.worth(), sorted(local.chosen)
            search.offer(np.array(best[1], dtype=np.intp))
        kicks = min(kicks, LOOKS // max(len(best[1]) * groups.table.nnz, 1))
        if len(best[1]) < 2 or search.proved or kick >= kicks:
            return
        moved = int(rng.integers(2, max(len(best[1]) // 4, 2) + 1))
        kept = set(best[1]) - set(rng.choice(best[1], moved, replace=False).tolist())
        for site in sorted(set(local.chosen) - kept):
            local.change(site, -1)
        for site in sorted(kept - set(local.chosen)):
            local.change(site, 1)
        for site in rng.permutation(problem.buyable)[: 4 * moved].tolist():
            if moved and local.free[site] and local.price[site] <= local.left:
                local.change(site, 1)
                moved -= 1
        search.tick(0.05 + 0.25 * kick / max(kicks, 1))


def _prove(problem: Problem, groups: Groups, search: Search) -> None:
    program = Program()
    sites = sited(program, problem)
    z = program.columns(len(groups.weight), cost=-groups.weight / max(problem.people, 1e-300))
    entries = groups.table.tocoo()
    program.rows([(entries.row, sites.y[entries.col], 1.0), (np.arange(len(z)), z, -1.0)], 0.0, np.inf, len(z))
    floored(program, problem, sites.y)
    for found in search.solve(program):
        search.offer(sites.opened(found))
        search.prove(problem.people * (1 + found.bound) - groups.covered)


def _lagrangian(problem: Problem, groups: Groups, search: Search) -> None:
    """Subgradient steps on the price of "covered only by an open site", between 0 and the weight of a group."""
    weight, by_site = groups.weight, groups.table.T.tocsr()
    buyable = problem.buyable
    price, limit, steps = problem.price[buyable], problem.limit, min(STEPS, search.effort)
    toll, pace, since, best = weight / np.maximum(np.diff(groups.table.indptr), 1), 1.0, 0, np.inf
    course = np.zeros(len(weight))
    for step in range(steps):
        worth = (by_site @ toll)[buyable]
        share = _knapsack(worth, price, limit)
        most = float((weight - toll).sum() + worth @ share) + groups.covered
        since = 0 if most < best - 1e-5 * abs(best) else since + 1
        pace, since = (pace / 1.5, 0) if since >= 40 else (pace, since)
        if most < best:
            best = most
            search.prove(problem.people - best)
        opened = np.zeros(len(problem.allowed))
        opened[buyable] = share
        slope = np.asarray(groups.table @ opened) - 1.0
        course = SMOOTH * course + (1 - SMOOTH) * slope if step else slope
        move = np.where((toll <= 0) & (course > 0) | (toll >= weight) & (course < 0), 0.0, course)
        steep = float(np.einsum("i,i->", move, move))
        if steep == 0.0 or search.proved:
            break
        toll = np.clip(toll - pace * max(most - (problem.people - search.value), 0.0) / steep * move, 0.0, weight)
        search.tick(0.3 + 0.5 * step / steps)


def _knapsack(worth: np.ndarray, price: np.ndarray, limit: float) -> np.ndarray:
    """Shares of sites worth most within the limit, the last one in part: the relaxed knapsack (Dantzig 1957)."""
    order = np.argsort(-worth / np.maximum(price, 1e-300), kind="stable")
    before = np.cumsum(price[order]) - price[order]
    share = np.zeros(len(worth))
    share[order] = np.clip((limit - before) / np.maximum(price[order], 1e-300), 0.0, 1.0)
    share[price <= 0] = 1.0
    return np.where(worth > 0, share, 0.0)
