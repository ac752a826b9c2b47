"""Distances between demands and sites, read as lists of nearest sites: all that a median model asks of them.

A list may end early. Every site that it leaves out then costs at least its ``floor``, so that a model of the lists, in which a
demand may be served for its floor, never costs more than the true one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from xietong.core.errors import Fault, UsageError

BLOCK = 4_000_000
"""Cells of a matrix that are sorted at once."""


class Lists(NamedTuple):
    """The nearest sites of some rows, ascending by (cost, site): row ``r`` has ``site[indptr[r]:indptr[r + 1]]`` with ``cost``.

    ``floor`` [rows]: no site left out costs less; inf where none that can be reached is left out.
    """

    indptr: np.ndarray
    site: np.ndarray
    cost: np.ndarray
    floor: np.ndarray


class Distances(ABC):
    """A table of ``n`` demands and ``m`` sites (``shape``), made by ``dense``, ``sparse`` or ``euclidean``; ``outside`` [n] is the
    cost of serving a demand from none of its sites (inf: it must be served)."""

    shape: tuple[int, int]
    outside: np.ndarray

    @staticmethod
    def dense(cost: np.ndarray, outside: np.ndarray | None = None) -> Distances:
        """From ``cost`` [n, m] >= 0, float32 or float64, not copied; inf: no pair. UsageError: not a matrix, negative or NaN."""
        cost = np.asarray(cost)
        if cost.ndim != 2 or cost.dtype.kind not in "fiu":
            raise UsageError("The costs are no matrix", [Fault(f"They have shape {cost.shape}", "Give numbers, demands x sites", column="cost")])
        if cost.size and not cost.min() >= 0:
            _refuse("costs", "cost", np.argwhere(~(cost >= 0)))
        return _Dense((cost.shape[0], cost.shape[1]), _checked_outside(outside, len(cost)), cost)

    @staticmethod
    def sparse(indptr: np.ndarray, index: np.ndarray, cost: np.ndarray, m: int, outside: np.ndarray) -> Distances:
        """From the sites ``index[indptr[i]:indptr[i + 1]]`` of each demand with their ``cost`` >= 0 in any order; inf: no pair.

        UsageError: lengths that do not fit, sites that there are not, a site listed twice by one demand, negative or NaN costs.
        """
        indptr, index, cost = np.asarray(indptr, dtype=np.int64), np.asarray(index), np.asarray(cost, dtype=float)
        n, faults = len(indptr) - 1, []
        if n < 0 or len(index) != len(cost) or indptr[0] != 0 or indptr[-1] != len(index) or (np.diff(indptr) < 0).any():
            raise UsageError("The lists do not fit", [Fault("indptr, index and cost contradict each other", "Give compressed rows", column="indptr")])
        if len(index) and not (index.min() >= 0 and index.max() < m):
            faults.append(Fault(f"Sites are listed that there are not: {int(index.min())} to {int(index.max())} of {m}", "Count them from 0", column="index"))
        if len(cost) and not cost.min() >= 0:
            faults.append(Fault("There are costs that are negative or unknown", "Give a number that is not negative, or leave the pair out", column="cost"))
        row = np.repeat(np.arange(n), np.diff(indptr))
        key = row * m + index
        if not faults and len(key) > 1 and not (np.diff(key) > 0).all() and len(np.unique(key)) < len(key):
            faults.append(Fault("A demand lists a site twice", "List every pair once", column="index"))
        if faults:
            raise UsageError("The lists cannot be used", faults)
        finite = np.isfinite(cost)
        if not finite.all():
            row, index, cost = row[finite], index[finite], cost[finite]
        order = np.lexsort((index, cost, row))
        start = np.searchsorted(row, np.arange(n + 1))
        return _Sparse((n, m), _checked_outside(outside, n), start, index[order].astype(np.int32), cost[order])

    @staticmethod
    def euclidean(demand: np.ndarray, site: np.ndarray) -> Distances:
        """Straight lines between points ``demand`` [n, k] and ``site`` [m, k]: no matrix is built. UsageError: shapes, NaN, inf."""
        demand, site = np.asarray(demand, dtype=float), np.asarray(site, dtype=float)
        if demand.ndim != 2 or site.ndim != 2 or demand.shape[1] != site.shape[1] or not (np.isfinite(demand).all() and np.isfinite(site).all()):
            raise UsageError("The points cannot be used", [Fault(f"Shapes {demand.shape} and {site.shape}", "Give finite coordinates of one dimension")])
        return _Euclidean((len(demand), len(site)), np.full(len(demand), np.inf), demand, site)

    @abstractmethod
    def lists(self, rows: np.ndarray, length: int) -> Lists:
        """The ``length`` nearest sites of the demands ``rows``, or all where there are fewer; costs are float64."""

    @abstractmethod
    def among(self, sites: np.ndarray) -> Distances:
        """The table of the ``sites`` (ascending positions), counted anew from 0."""

    @abstractmethod
    def served(self, sites: np.ndarray) -> np.ndarray:
        """What each demand costs [n] when ``sites`` are open; inf where it can neither be served nor stay outside."""


def _refuse(what: str, column: str, where: np.ndarray) -> None:
    fault = Fault(f"{len(where)} {what} are negative or unknown, first at {tuple(where[0].tolist())}", "Give numbers that are not negative", column=column)
    raise UsageError(f"The {what} cannot be used", [fault])


def _checked_outside(outside: np.ndarray | None, n: int) -> np.ndarray:
    found = np.full(n, np.inf) if outside is None else np.asarray(outside, dtype=float)
    if found.shape != (n,) or not (found >= 0).all():
        fault = Fault(f"It has shape {found.shape}, or a number that is negative or unknown", f"Give {n} numbers (inf: must be served)", column="outside")
        raise UsageError("The outside option cannot be used", [fault])
    return found


@dataclass(frozen=True, eq=False)
class _Dense(Distances):
    shape: tuple[int, int]
    outside: np.ndarray
    cost: np.ndarray

    def lists(self, rows: np.ndarray, length: int) -> Lists:
        m = self.shape[1]
        width, parts, floors = min(length, m), [], [np.zeros(0)]
        for at in range(0, len(rows), max(BLOCK // max(m, 1), 1)):
            block = self.cost[rows[at : at + max(BLOCK // max(m, 1), 1)]]
            if width < m:
                index = np.argpartition(block, width, axis=1)
                floors.append(np.take_along_axis(block, index[:, width : width + 1], axis=1)[:, 0].astype(float))
                index = np.sort(index[:, :width], axis=1)
                block = np.take_along_axis(block, index, axis=1)
                order = np.argsort(block, axis=1, kind="stable")
                index = np.take_along_axis(index, order, axis=1)
            else:
                index = order = np.argsort(block, axis=1, kind="stable")
                floors.append(np.full(len(block), np.inf))
            cost = np.take_along_axis(block, order, axis=1).astype(float)
            finite = np.isfinite(cost)
            parts.append((finite.sum(axis=1), index[finite].astype(np.int32), cost[finite]))
        return _joined(parts, np.concatenate(floors))

    def among(self, sites: np.ndarray) -> Distances:
        return self if len(sites) == self.shape[1] else replace(self, shape=(self.shape[0], len(sites)), cost=self.cost[:, sites])

    def served(self, sites: np.ndarray) -> np.ndarray:
        return np.minimum(self.outside, self.cost[:, sites].min(axis=1, initial=np.inf)) if len(sites) else self.outside


def _joined(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], floor: np.ndarray) -> Lists:
    count = np.concatenate([np.zeros(1, np.int64), *(part[0] for part in parts)])
    index = np.concatenate([np.zeros(0, np.int32), *(part[1] for part in parts)])
    return Lists(np.cumsum(count), index, np.concatenate([np.zeros(0), *(part[2] for part in parts)]), floor)


@dataclass(frozen=True, eq=False)
class _Sparse(Distances):
    shape: tuple[int, int]
    outside: np.ndarray
    indptr: np.ndarray
    index: np.ndarray
    cost: np.ndarray

    def lists(self, rows: np.ndarray, length: int) -> Lists:
        size = np.diff(self.indptr)[rows]
        count = np.minimum(size, length)
        indptr = np.concatenate([[0], np.cumsum(count)])
        at = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], count)
        floor = np.full(len(rows), np.inf)
        more = size > count
        floor[more] = self.cost[self.indptr[rows[more]] + length]
        return Lists(indptr, self.index[at], self.cost[at], floor)

    def among(self, sites: np.ndarray) -> Distances:
        if len(sites) == self.shape[1]:
            return self
        number = np.full(self.shape[1], -1, np.int32)
        number[sites] = np.arange(len(sites))
        kept = number[self.index] >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        return replace(self, shape=(self.shape[0], len(sites)), indptr=indptr, index=number[self.index[kept]], cost=self.cost[kept])

    def served(self, sites: np.ndarray) -> np.ndarray:
        opened = np.zeros(self.shape[1], dtype=bool)
        opened[sites] = True
        cost = np.append(np.where(opened[self.index], self.cost, np.inf), np.inf)
        found = np.minimum.reduceat(cost, self.indptr[:-1]) if self.shape[0] else np.zeros(0)
        return np.asarray(np.minimum(self.outside, np.where(np.diff(self.indptr) > 0, found, np.inf)))


@dataclass(frozen=True, eq=False)
class _Euclidean(Distances):
    shape: tuple[int, int]
    outside: np.ndarray
    demand: np.ndarray
    site: np.ndarray

    def lists(self, rows: np.ndarray, length: int) -> Lists:
        from scipy.spatial import cKDTree

        n, m = len(rows), self.shape[1]
        width = min(length, m)
        if not n or not width:
            return Lists(np.zeros(n + 1, np.int64), np.zeros(0, np.int32), np.zeros(0), np.full(n, np.inf))
        cost, index = (np.asarray(one) for one in cKDTree(self.site).query(self.demand[rows], k=np.arange(1, min(width + 1, m) + 1), workers=-1))
        floor = cost[:, width].copy() if width < m else np.full(n, np.inf)
        return Lists(np.arange(n + 1, dtype=np.int64) * width, index[:, :width].astype(np.int32).ravel(), cost[:, :width].ravel(), floor)

    def among(self, sites: np.ndarray) -> Distances:
        return replace(self, shape=(self.shape[0], len(sites)), site=self.site[sites])

    def served(self, sites: np.ndarray) -> np.ndarray:
        from scipy.spatial import cKDTree

        return np.asarray(cKDTree(self.site[sites]).query(self.demand, workers=-1)[0]) if len(sites) else self.outside
