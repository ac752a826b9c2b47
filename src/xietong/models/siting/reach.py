"""The least that reaches everybody: set covering, reduced before HiGHS sees it.

Toregas, Swain, ReVelle and Bergman, Operations Research 19 (1971), 1363-1373. A demand whose sites include all sites of another
need not be asked for; a site that reaches no more than another and is no cheaper need not be considered (Toregas and ReVelle,
Papers of the Regional Science Association 28 (1972), 133-144).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from xietong.models.siting.problem import ROUNDING, Problem
from xietong.models.siting.program import DECIDED, TOLERANCE, Program, floored, sited

PRODUCT = 3e8
"""Multiplications that finding dominated rows or columns may take; beyond, what they save is not worth it."""

FULL = 100.0
"""Multiplications of full matrices in the time of one of sparse matrices."""


class Reached(NamedTuple):
    """Sites (None: none found), and ``bound``: what it costs, or exceeds the limit by, at least, in units of price."""

    positions: np.ndarray | None
    bound: float


def reach(problem: Problem, usable: np.ndarray, must: np.ndarray, nodes: int, elastic: bool = False) -> Reached:
    """Open the least ``price`` of sites so that every demand of ``must`` [n] has an open one among its ``usable`` [pairs].

    Floors are kept. ``elastic``: only decide whether the limit is enough; the bound is above zero where it is proved not to be.
    """
    cover = _needs(problem, usable, must)
    open_to = problem.allowed.copy()
    open_to[problem.fixed] = False
    columns = np.flatnonzero(open_to)
    cover = cover[:, columns]
    if not problem.floors:
        cover, kept = reduced(cover, problem.price[columns])
        columns = columns[kept]
        if not cover.shape[0]:
            return Reached(problem.fixed, 0.0)
    if (np.diff(cover.indptr) == 0).any():
        return Reached(None, np.inf)
    quick = greedy(cover, problem.price[columns])
    positions = np.union1d(problem.fixed, columns[quick]).astype(np.intp)
    if elastic and not problem.floors and float(problem.price[positions].sum()) <= problem.limit * (1 + ROUNDING):
        return Reached(positions, 0.0)
    return _program(problem, cover, columns, nodes, elastic)


def _needs(problem: Problem, usable: np.ndarray, must: np.ndarray) -> csr_matrix:
    """Which sites [m] reach each demand of ``must`` that no fixed site reaches."""
    fixed = np.zeros(len(problem.allowed), dtype=bool)
    fixed[problem.fixed] = True
    n, m = len(problem.weight), len(problem.allowed)
    by_fixed = np.bincount(problem.row, usable & fixed[problem.index], n) > 0
    rest = np.flatnonzero(must & ~by_fixed)
    row, site = problem.row[usable], problem.index[usable]
    return csr_matrix((np.ones(len(row), dtype=np.float32), (row, site)), shape=(n, m))[rest]


def _program(problem: Problem, cover: csr_matrix, columns: np.ndarray, nodes: int, elastic: bool) -> Reached:
    program = Program()
    sites = sited(program, problem, elastic)
    if not elastic:
        program.cost[0] = problem.price / sites.unit
    open_to = np.zeros(len(problem.allowed))
    open_to[columns] = 1.0
    open_to[problem.fixed] = 1.0
    program.upper[0] = open_to
    entries = cover.tocoo()
    program.rows([(entries.row, sites.y[columns[entries.col]], 1.0)], 1.0, np.inf, cover.shape[0])
    floored(program, problem, sites.y)
    found = program.solve(nodes, problem.seed, DECIDED if elastic else 0.0)
    if found is None:
        return Reached(None, 0.0)
    bound = found.bound * sites.unit if found.bound > TOLERANCE else 0.0
    counts = np.array_equal(problem.price, np.round(problem.price))
    return Reached(sites.opened(found), float(np.ceil(bound - 1e-6)) if counts else bound)


def reduced(cover: csr_matrix, price: np.ndarray) -> tuple[csr_matrix, np.ndarray]:
    """``cover`` without dominated rows and columns, and the positions of the columns that are left."""
    kept = np.arange(cover.shape[1])
    while True:
        before = cover.shape
        cover = cover[~_dominated(cover, np.zeros(cover.shape[0]), keep_small=True)]
        columns = np.flatnonzero(~_dominated(cover.T.tocsr(), price[kept], keep_small=False))
        cover, kept = cover[:, columns], kept[columns]
        if cover.shape == before:
            return cover, kept


def _dominated(sets: csr_matrix, price: np.ndarray, keep_small: bool) -> np.ndarray:
    """Which rows of ``sets`` are not needed: they include another (``keep_small``), or another includes them and is no dearer."""
    size = np.diff(sets.indptr)
    # The work of the product is known beforehand: every entry meets all entries of its column. A full matrix is faster by entry.
    work = float((np.bincount(sets.indices, minlength=sets.shape[1]).astype(float) ** 2).sum())
    full = float(sets.shape[0]) ** 2 * sets.shape[1]
    if min(work, full / FULL) > PRODUCT or not sets.shape[0]:
        return np.zeros(sets.shape[0], dtype=bool) if keep_small else size == 0
    if full / FULL < work:
        table = sets.toarray()
        shared = table @ table.T
        a, b = np.nonzero(shared == (size[None, :] if keep_small else size[:, None]))
    else:
        found = (sets @ sets.T).tocoo()
        hit = found.data == size[found.col if keep_small else found.row]
        a, b = found.row[hit], found.col[hit]
    larger = size[a] > size[b] if keep_small else (size[b] > size[a]) | (price[a] > price[b])
    over = (larger | (a > b)) & (price[a] >= price[b])
    gone = np.zeros(sets.shape[0], dtype=bool)
    gone[a[over & (a != b)]] = True
    return gone if keep_small else gone | (size == 0)


def greedy(cover: csr_matrix, price: np.ndarray) -> np.ndarray:
    """Columns that cover all rows, most new rows for the money first, then without those that are not needed (Chvatal 1979)."""
    columns = cover.T.tocsr()
    cost = np.maximum(price, 1e-12 * max(float(price.max(initial=0.0)), 1.0))
    open_rows = np.ones(cover.shape[0], dtype=np.float32)
    chosen: list[int] = []
    while open_rows.any():
        best = int(np.argmax((columns @ open_rows) / cost))
        chosen.append(best)
        open_rows[columns.indices[columns.indptr[best] : columns.indptr[best + 1]]] = 0
    times = np.asarray(cover[:, chosen].sum(axis=1)).ravel()
    kept = []
    for one in sorted(chosen, key=lambda column: -cost[column]):
        rows = columns.indices[columns.indptr[one] : columns.indptr[one + 1]]
        if (times[rows] > 1).all():
            times[rows] -= 1
        else:
            kept.append(one)
    return np.array(sorted(kept), dtype=np.intp)
