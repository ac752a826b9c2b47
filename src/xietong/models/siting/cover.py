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

ENTRIES = 300_000
"""Pairs within the radius up to which HiGHS proves the cover; beyond, a Lagrangian bounds it."""

ROUNDS = 500
"""Steps of the Lagrangian where no effort is given."""


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
        search.offer(_interchange(problem, groups, search))
    if groups.table.nnz > ENTRIES and not problem.floors:
        _lagrangian(problem, groups, search)
    elif not search.proved:
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


def _interchange(problem: Problem, groups: Groups, search: Search) -> np.ndarray:
    """Greedy additions, most new weight for the money first, then the best exchange as long as one helps (Teitz and Bart 1968)."""
    by_site = groups.table.T.tocsr()
    times = np.zeros(len(groups.weight))
    price, left = problem.price, problem.limit * (1 + ROUNDING)
    chosen: list[int] = []
    free = np.zeros(len(price), dtype=bool)
    free[problem.buyable] = True
    small = 1e-12 * max(float(price.max(initial=0.0)), 1.0)

    def change(site: int, by: int) -> None:
        nonlocal left
        times[by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]] += by
        left -= by * price[site]
        free[site] = by < 0
        (chosen.append if by > 0 else chosen.remove)(site)

    while True:
        gain = np.where(free & (price <= left), by_site @ np.where(times == 0, groups.weight, 0.0), 0.0)
        best = int(np.argmax(gain / np.maximum(price, small)))
        if gain[best] <= 0:
            break
        change(best, 1)
    for _ in range(search.effort):
        best_gain, move = ENOUGH * max(search.problem.people, ENOUGH), (-1, -1)
        for out in tuple(chosen):
            change(out, -1)
            gain = np.where(free & (price <= left), by_site @ np.where(times == 0, groups.weight, 0.0), 0.0)
            gain -= gain[out]
            into = int(np.argmax(gain))
            if gain[into] > best_gain:
                best_gain, move = float(gain[into]), (out, into)
            change(out, 1)
        if move[0] < 0:
            break
        change(move[0], -1)
        change(move[1], 1)
        search.tick(0.1)
    return np.array(chosen, dtype=np.intp)


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
    price, limit = problem.price[buyable], problem.limit
    steps = ROUNDS if problem.effort is None else problem.effort
    toll, pace, since = weight / np.maximum(np.diff(groups.table.indptr), 1), 1.0, 0
    best = np.inf
    for step in range(steps):
        worth = (by_site @ toll)[buyable]
        share = _knapsack(worth, price, limit)
        most = float((weight - toll).sum() + worth @ share) + groups.covered
        since = 0 if most < best - 1e-6 * abs(best) else since + 1
        pace, since = (pace / 1.5, 0) if since >= 15 else (pace, since)
        best = min(best, most)
        search.prove(problem.people - best)
        search.offer(buyable[share >= 1])
        opened = np.zeros(len(problem.allowed))
        opened[buyable] = share
        slope = np.asarray(groups.table @ opened) - 1.0
        slope[(toll <= 0) & (slope > 0) | (toll >= weight) & (slope < 0)] = 0.0
        steep = float(np.einsum("i,i->", slope, slope))
        if steep == 0.0 or search.proved:
            break
        toll = np.clip(toll - pace * (most - (problem.people - search.value)) / steep * slope, 0.0, weight)
        search.tick(0.2 + 0.8 * step / steps)


def _knapsack(worth: np.ndarray, price: np.ndarray, limit: float) -> np.ndarray:
    """Shares of sites worth most within the limit, the last one in part: the relaxed knapsack (Dantzig 1957)."""
    order = np.argsort(-worth / np.maximum(price, 1e-300), kind="stable")
    before = np.cumsum(price[order]) - price[order]
    share = np.zeros(len(worth))
    share[order] = np.clip((limit - before) / np.maximum(price[order], 1e-300), 0.0, 1.0)
    share[price <= 0] = 1.0
    return np.where(worth > 0, share, 0.0)
