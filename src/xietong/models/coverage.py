"""The most needs that a budget can cover: a mixed-integer program with one binary a need (HiGHS).

    maximise  sum_k w_k z_k   subject to  sum_s gain_ks x_s >= need_k z_k,   cost . x <= budget,   0 <= x <= upper,   z binary

Three stages, so that the answer is unique: the most covered needs (ties by ``weight``), of these the cheapest, and for the
needs so chosen a strictly convex cost spreads x (kernel ``covering``). Effort is limited by nodes: answers repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xietong.kernels.covering import cover
from xietong.models.highs import minimise

NODES = 20_000
MARGIN = 1e-7
"""Needs are raised by this share inside the integer program, so that its tolerances never leave one short."""

EVENNESS = 0.2
"""What spreading is worth: the marginal cost at the upper bound above that at zero, as a share."""


@dataclass(frozen=True)
class Coverage:
    """``x`` [n], ``covered`` [k], and ``most``: no choice within the budget covers more needs than that."""

    x: np.ndarray
    covered: np.ndarray
    most: int
    spent: float

    @property
    def proved(self) -> bool:
        return int(self.covered.sum()) >= self.most


def cover_most(
    gain: np.ndarray,
    need: np.ndarray,
    weight: np.ndarray,
    cost: np.ndarray,
    upper: np.ndarray,
    budget: float,
    seed: int = 0,
    tick: Callable[[float], None] = lambda done: None,
) -> Coverage:
    """Cover the most rows of ``gain`` [k, n] (>= 0) to ``need`` [k] (> 0). ``weight`` [k] >= 0 only breaks ties."""
    k, n = gain.shape
    nothing = Coverage(np.zeros(n), np.zeros(k, dtype=bool), 0, 0.0)
    useful = (upper > 0) & (cost > 0) & (gain.max(axis=0, initial=0.0) > 0)
    able = gain @ np.where(useful, upper, 0.0) >= need * (1 + MARGIN)
    if not able.any() or budget <= 0:
        return nothing
    rows, wanted, tie = gain[np.ix_(able, useful)], need[able], weight[able]
    value = 1 + 0.5 * tie / max(float(tie.sum()), 1e-300)
    price, room = cost[useful], upper[useful]
    scale = max(float(price @ room), 1e-300)
    program = _Program(rows * room / wanted[:, None], price * room / scale, min(budget / scale, 1.0), seed)
    best = program.solve(-value, np.zeros(len(price)), None)
    if best is None:
        return nothing
    tick(0.6)
    chosen, share, bound = best
    cheap = program.solve(np.zeros(len(value)), price * room / scale, (value, float(value @ chosen) - 1e-6))
    chosen, share = cheap[:2] if cheap is not None and cheap[0].sum() >= chosen.sum() else (chosen, share)
    tick(0.9)
    spread = _spread(rows[chosen > 0], wanted[chosen > 0], price, room, min(budget, scale))
    x, covered = np.zeros(n), np.zeros(k, dtype=bool)
    x[useful] = share * room if spread is None else spread
    covered[able] = chosen > 0
    return Coverage(x, covered, int(np.floor(-bound + 1e-6)), float(cost @ x))


def _spread(rows: np.ndarray, need: np.ndarray, cost: np.ndarray, upper: np.ndarray, budget: float) -> np.ndarray | None:
    """The one way to cover these rows at least strictly convex cost within the budget; None where rounding forbids it."""
    if not len(rows):
        return np.zeros(len(cost))
    found = cover(cost, EVENNESS * cost / upper, upper, np.vstack([rows, -cost]), np.append(need, -budget))
    return found.x * min(1.0, budget / max(float(cost @ found.x), 1e-300)) if found.proved else None


class _Program:
    """The integer program in shares of the upper bounds: columns x (shares), then z."""

    def __init__(self, rows: np.ndarray, cost: np.ndarray, budget: float, seed: int) -> None:
        self.k, self.n = rows.shape
        self.seed = seed
        self.matrix = np.block([[rows / (1 + MARGIN), -np.eye(self.k)], [cost[None, :], np.zeros((1, self.k))]])
        self.low = np.append(np.zeros(self.k), -np.inf)
        self.high = np.append(np.full(self.k, np.inf), budget)

    def solve(self, on_z: np.ndarray, on_x: np.ndarray, floor: tuple[np.ndarray, float] | None) -> tuple[np.ndarray, np.ndarray, float] | None:
        """Minimise; ``floor`` asks for a least value of a sum over z. z (0 or 1), x (shares) and the bound."""
        matrix, low, high = self.matrix, self.low, self.high
        if floor is not None:
            matrix = np.vstack([matrix, np.append(np.zeros(self.n), floor[0])])
            low, high = np.append(low, floor[1]), np.append(high, np.inf)
        whole = np.arange(self.n + self.k) >= self.n
        found = minimise(np.concatenate([on_x, on_z]), matrix, low, high, np.ones(self.n + self.k), whole, NODES, seed=self.seed)
        return None if found is None else (np.round(found.x[self.n :]), np.clip(found.x[: self.n], 0, 1), found.bound)
