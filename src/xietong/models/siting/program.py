"""The mixed-integer program behind every siting objective, gathered block by block and solved by HiGHS.

    y_j in {0, 1}: site j is open;   y_j = 1 where fixed;   price . y <= limit
    0 <= z_i <= sum of y_j over the sites within the radius of i;   sum of w_i z_i over an area >= share of its weight
    sum_j x_ij + u_i = 1,   0 <= x_ij <= y_j,   sum_i w_i x_ij <= capacity_j y_j        (u_i only where there is an outside option)

ReVelle and Swain, Geographical Analysis 2 (1970), 30-42 (median); Church and ReVelle, Papers of the Regional Science
Association 32 (1974), 101-118 (maximal cover).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from xietong.models.highs import Found, minimise
from xietong.models.siting.problem import Problem

Part = tuple[np.ndarray, np.ndarray, np.ndarray | float]
"""Entries of rows: row (counted from the first of its block), column, value."""


DECIDED = 0.9
"""A bound above a tenth of what is lacking proves that something is: no need to know how much."""

TOLERANCE = 1e-7
"""What is lacking below this share is what the solver's tolerances leave."""


class Program:
    """Columns and rows of a mixed-integer program. Columns start at zero; ``columns`` returns their positions."""

    def __init__(self) -> None:
        self.cost: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.whole: list[np.ndarray] = []
        self.entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.low: list[np.ndarray] = []
        self.high: list[np.ndarray] = []
        self.width = self.height = 0

    def columns(self, count: int, upper: np.ndarray | float = 1.0, cost: np.ndarray | float = 0.0, whole: bool = False) -> np.ndarray:
        """``count`` new columns between 0 and ``upper``."""
        for store, value in ((self.cost, cost), (self.upper, upper), (self.whole, float(whole))):
            store.append(np.broadcast_to(np.asarray(value, dtype=float), count))
        self.width += count
        return np.arange(self.width - count, self.width)

    def rows(self, parts: Sequence[Part], low: np.ndarray | float, high: np.ndarray | float, count: int) -> None:
        """``count`` new rows ``low <= sum of parts <= high``."""
        for row, column, value in parts:
            row, column = np.broadcast_arrays(row, column)
            self.entries.append((row + self.height, column, np.broadcast_to(np.asarray(value, dtype=float), row.shape)))
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), count))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), count))
        self.height += count

    def solve(self, nodes: int, seed: int, gap: float = 0.0) -> Found | None:
        """Minimise, within so many nodes or until the relative gap is no larger; None where nothing feasible was found."""
        row, column, value = (np.concatenate([np.ravel(entry[part]) for entry in self.entries] or [np.zeros(0)]) for part in range(3))
        matrix = csr_matrix((value, (row.astype(np.intp), column.astype(np.intp))), shape=(self.height, self.width))
        cost, upper, whole = (np.concatenate(one) for one in (self.cost, self.upper, self.whole))
        return minimise(cost, matrix, np.concatenate(self.low), np.concatenate(self.high), upper, whole > 0, nodes, gap, seed)


class Sites(NamedTuple):
    """Columns of the sites [m] and of what exceeds the limit (none, unless it may be exceeded), which counts ``unit`` of price."""

    y: np.ndarray
    over: np.ndarray
    unit: float

    def opened(self, found: Found) -> np.ndarray:
        """Positions of the sites that are open in a solution."""
        return np.flatnonzero(found.x[self.y] > 0.5)


def sited(program: Program, problem: Problem, elastic: bool = False) -> Sites:
    """Columns of the sites, the fixed ones open, within the limit; ``elastic``: beyond it too, each unit at cost 1."""
    y = program.columns(len(problem.allowed), upper=problem.allowed.astype(float), whole=True)
    unit = max(float(problem.price.max(initial=0.0)), 1e-300)
    over = program.columns(int(elastic), upper=np.inf, cost=1.0, whole=problem.counted)
    if len(problem.fixed):
        program.rows([(np.arange(len(problem.fixed)), y[problem.fixed], 1.0)], 1.0, 1.0, len(problem.fixed))
    if np.isfinite(problem.limit):
        paid = np.flatnonzero(problem.price > 0)
        program.rows(
            [(np.zeros(len(paid), int), y[paid], problem.price[paid] / unit), (np.zeros(len(over), int), over, -1.0)], -np.inf, problem.limit / unit, 1
        )
    return Sites(y, over, unit)


def covered(program: Program, problem: Problem, y: np.ndarray, rows: np.ndarray, worth: np.ndarray | float = 0.0) -> np.ndarray:
    """Columns z of the demands ``rows``: the part of each that an open site within the radius covers; each counts ``-worth``."""
    z = program.columns(len(rows), cost=-np.asarray(worth))
    at = np.full(len(problem.weight), -1)
    at[rows] = np.arange(len(rows))
    pairs = np.flatnonzero(problem.near & (at[problem.row] >= 0))
    program.rows([(at[problem.row[pairs]], y[problem.index[pairs]], 1.0), (np.arange(len(rows)), z, -1.0)], 0.0, np.inf, len(rows))
    return z


def floored(program: Program, problem: Problem, y: np.ndarray) -> None:
    """The floors of the problem."""
    for floor in problem.floors:
        weight = problem.weight[floor.rows]
        z = covered(program, problem, y, floor.rows)
        program.rows([(np.zeros(len(z), int), z, weight / weight.sum())], floor.share, np.inf, 1)


class Flows(NamedTuple):
    """Columns of the flow of each pair in ``pairs`` and of those whom nobody serves (``left``: their demands), as shares of a demand."""

    pairs: np.ndarray
    x: np.ndarray
    left: np.ndarray
    u: np.ndarray


def served(program: Program, problem: Problem, y: np.ndarray, pairs: np.ndarray, left: np.ndarray) -> Flows:
    """Everybody is served over ``pairs``, from open sites and within their capacity, or is one of the demands ``left``."""
    x, u = program.columns(len(pairs)), program.columns(len(left))
    row, site, n = problem.row[pairs], problem.index[pairs], len(problem.weight)
    program.rows([(row, x, 1.0), (left, u, 1.0)], 1.0, 1.0, n)
    order = np.arange(len(pairs))
    program.rows([(order, x, 1.0), (order, y[site], -1.0)], -np.inf, 0.0, len(pairs))
    if problem.capacity is not None:
        bound = np.flatnonzero(np.isfinite(problem.capacity))
        at = np.full(len(problem.allowed), -1)
        at[bound] = np.arange(len(bound))
        held = np.flatnonzero(at[site] >= 0)
        # In shares of the largest demand: people and places may differ by six digits.
        unit = float(problem.weight.max(initial=1.0))
        room = np.minimum(problem.capacity[bound], problem.people) / unit
        program.rows([(at[site[held]], x[held], problem.weight[row[held]] / unit), (np.arange(len(bound)), y[bound], -room)], -np.inf, 0.0, len(bound))
    return Flows(pairs, x, left, u)
