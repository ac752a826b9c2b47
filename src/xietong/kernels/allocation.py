"""Unique allocation of demand to capacity: the most served, then least cost, evenly where both leave a choice.

The problem, over sparse pairs (i, j) with cost t, demand d and capacity c:

    minimise  sum_i [ M u_i + rho/2 u_i^2 / d_i ]  +  sum_ij [ t x + eps/2 x^2 / w ]  +  sum_j delta/2 y_j^2 / c_j
    subject to  sum_j x_ij + u_i = d_i,   sum_i x_ij + y_j = c_j,   x, u, y >= 0,   w = min(d_i, c_j)

With M large enough the total unserved sum(u) is exactly the least possible (exact penalty), which the minimum cut proves:
sum(u) >= sum_{i in S} d_i - sum_{j reached from S} c_j for every S. The quadratic terms make the optimum unique, so no
figure by jurisdiction is an accident of the solver's path or of the order of rows.

Method: semismooth Newton on the dual, whose Hessian is a bipartite Laplacian; one side is eliminated (Schur complement).
Quadratically regularised transport: Lorenz, Manns, Meyer, Applied Mathematics & Optimization 83 (2021), 1919-1949.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

EVENNESS = 0.2
"""eps and delta: what spreading over homes is worth, as a share of the largest cost."""

FAIRNESS = 100.0
"""rho: what an even shortage is worth against travel, as a multiple of the largest cost."""

PENALTIES = (30.0, 1e3, 1e5)
"""M, as multiples of the largest cost; the next is taken where the cut does not yet prove the optimum."""

MAX_NEWTON = 120
TOLERANCE = 1e-11


@dataclass(frozen=True)
class Allocation:
    """``flow`` per pair, ``unserved`` per demand, and ``bound``: no allocation leaves fewer unserved (a cut proves it).

    ``scarce`` [m]: capacities of that cut: where it proves the optimum, one more unit of them serves one more; of others none.
    """

    flow: np.ndarray
    unserved: np.ndarray
    bound: float
    iterations: int
    residual: float
    scarce: np.ndarray

    @property
    def proved(self) -> bool:
        """Whether the cut proves that no allocation leaves fewer unserved."""
        total = float(self.unserved.sum())
        return total - self.bound <= 1e-7 * max(1.0, total, float(self.flow.sum()))


def allocate(
    demand: np.ndarray, capacity: np.ndarray, i: np.ndarray, j: np.ndarray, cost: np.ndarray, tick: Callable[[float], None] = lambda done: None
) -> Allocation:
    """Allocate ``demand`` [n] to ``capacity`` [m] over pairs ``i``, ``j`` with ``cost`` >= 0 (any unit, same for all).

    Demands and capacities are non-negative, in one unit; zeros are allowed. Cost of a pair is per unit of flow.
    """
    n, m = len(demand), len(capacity)
    flow, unserved = np.zeros(len(i)), np.array(demand, dtype=float)
    live = (demand[i] > 0) & (capacity[j] > 0) if len(i) else np.zeros(0, dtype=bool)
    if not live.any():
        return Allocation(flow, unserved, float(unserved.sum()), 0, 0.0, np.zeros(m, dtype=bool))
    # Only nodes with a live pair take part; the others are unserved or unused whatever happens.
    rows, i_ = np.unique(i[live], return_inverse=True)
    columns, j_ = np.unique(j[live], return_inverse=True)
    problem = _Dual(demand[rows].astype(float), capacity[columns].astype(float), i_, j_, cost[live] / max(float(cost[live].max()), 1e-300))
    isolated = float(np.delete(unserved, rows).sum())
    best: Allocation | None = None
    start = None
    for penalty in PENALTIES:
        served, left, bound, start, iterations, residual, reached = problem.solve(penalty, start, tick)
        flow[live], unserved[rows] = served, left
        scarce = np.zeros(m, dtype=bool)
        scarce[columns] = reached
        best = Allocation(flow, unserved, bound + isolated, iterations, residual, scarce)
        if best.proved:
            break
    assert best is not None and flow.shape == i.shape and unserved.shape == (n,) and m == len(capacity)
    return best


class _Dual:
    """The concave dual in alpha (demand) and beta (capacity); its gradient is the primal residual."""

    def __init__(self, d: np.ndarray, c: np.ndarray, i: np.ndarray, j: np.ndarray, t: np.ndarray) -> None:
        self.d, self.c, self.i, self.j, self.t = d, c, i, j, t
        self.g = np.minimum(d[i], c[j]) / EVENNESS

    def solve(
        self, penalty: float, start: tuple[np.ndarray, np.ndarray] | None, tick: Callable[[float], None]
    ) -> tuple[np.ndarray, np.ndarray, float, tuple[np.ndarray, np.ndarray], int, float, np.ndarray]:
        n, m = len(self.d), len(self.c)
        alpha, beta = start or (np.ones(n), np.zeros(m))
        scale = max(float(self.d.max()), float(self.c.max()))
        residual, iteration = np.inf, 0
        for iteration in range(MAX_NEWTON):
            tick(min(iteration / 40, 0.95))
            slack = alpha[self.i] - beta[self.j] - self.t
            x = np.where(slack > 0, self.g * slack, 0.0)
            u = np.where(alpha > penalty, self.d / FAIRNESS * (alpha - penalty), 0.0)
            y = np.where(beta < 0, -self.c / EVENNESS * beta, 0.0)
            up = self.d - np.bincount(self.i, x, n) - u
            down = np.bincount(self.j, x, m) + y - self.c
            residual = float(max(np.abs(up).max(), np.abs(down).max()) / scale)
            if residual < TOLERANCE:
                break
            # Where all is balanced, raising every price alike changes nothing: a proximal term, which fades with the
            # residual, keeps such steps within about the penalty.
            proximal = max(1e-10, min(1.0, residual) / penalty)
            step = self._newton(np.flatnonzero(slack > 0), alpha > penalty, beta < 0, up, down, proximal)
            alpha, beta, moved = self._search(alpha, beta, step, _dot(up, step[0]) + _dot(down, step[1]), penalty)
            if not moved:
                break
        short = alpha > penalty / 2
        reached = np.zeros(m, dtype=bool)
        reached[self.j[short[self.i]]] = True
        bound = max(0.0, float(self.d[short].sum() - self.c[reached].sum()))
        u = np.clip(self.d - np.bincount(self.i, x, n), 0.0, None)  # what the flows leave, to the last digit
        return x, u, bound, (alpha, beta), iteration, residual, reached

    def _newton(
        self, active: np.ndarray, short: np.ndarray, spare: np.ndarray, up: np.ndarray, down: np.ndarray, proximal: float
    ) -> tuple[np.ndarray, np.ndarray]:
        from scipy.sparse import csr_matrix, diags
        from scipy.sparse.linalg import splu

        n, m = len(self.d), len(self.c)
        h, i, j = self.g[active], self.i[active], self.j[active]
        row: np.ndarray = np.bincount(i, h, n) + np.where(short, self.d / FAIRNESS, 0.0)
        column: np.ndarray = np.bincount(j, h, m) + np.where(spare, self.c / EVENNESS, 0.0)
        row = row + self.d * proximal
        column = column + self.c * (proximal + (column == 0) / EVENNESS)  # a column that nobody uses is about to be spare
        pairs = csr_matrix((h, (i, j)), shape=(n, m))
        weighted = csr_matrix((pairs.data / np.repeat(row, np.diff(pairs.indptr)), pairs.indices, pairs.indptr), shape=(n, m))
        schur = (diags(column) - weighted.T @ pairs).tocsc()
        factor = splu(schur, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        second = factor.solve(down + pairs.T @ (up / row))
        return (up + pairs @ second) / row, second

    def _value(self, alpha: np.ndarray, beta: np.ndarray, penalty: float) -> float:
        slack = np.maximum(alpha[self.i] - beta[self.j] - self.t, 0.0)
        over, spare = np.maximum(alpha - penalty, 0.0), np.maximum(-beta, 0.0)
        quadratic = _dot(self.g, slack * slack) + _dot(self.d, over * over) / FAIRNESS + _dot(self.c, spare * spare) / EVENNESS
        return _dot(self.d, alpha) - _dot(self.c, beta) - quadratic / 2

    def _search(
        self, alpha: np.ndarray, beta: np.ndarray, step: tuple[np.ndarray, np.ndarray], slope: float, penalty: float
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Armijo backtracking; the last Newton steps are below rounding, so equality within it is accepted."""
        here, length = self._value(alpha, beta, penalty), 1.0
        while length > 1e-8:
            a, b = alpha + length * step[0], beta + length * step[1]
            if self._value(a, b, penalty) >= here + 1e-4 * length * slope - 1e-12 * abs(here):
                return a, b, True
            length /= 2
        return alpha, beta, False


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """Inner product without BLAS: waking its threads costs more than the sum of a few thousand products."""
    return float(np.einsum("i,i->", a, b))
