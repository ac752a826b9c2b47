"""Cover needs at least cost, uniquely: a strictly convex, separable quadratic program.

    minimise  sum_s [ a_s x_s + q_s/2 x_s^2 ]   subject to  A x >= b,  0 <= x <= u          (q > 0)

The dual in the prices y >= 0 of the rows of A is concave, piecewise quadratic and small (one price a row), and gives
x(y) = clip((A'y - a) / q, 0, u) in closed form. Method: semismooth Newton on the dual with an active set and an exact
line search over the breakpoints. What is returned is checked apart from the search: feasible, and no duality gap.
Duality: Boyd and Vandenberghe, Convex Optimization, 2004, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_NEWTON = 400
TOLERANCE = 1e-11
PROOF = 1e-7
RIDGE = 1e-12


@dataclass(frozen=True)
class Cover:
    """``x`` [n] and row prices ``price`` [m]. ``short``: largest unmet need, ``gap``: duality gap, both as shares."""

    x: np.ndarray
    price: np.ndarray
    short: float
    gap: float
    iterations: int

    @property
    def proved(self) -> bool:
        return self.short <= PROOF and abs(self.gap) <= PROOF


def cover(linear: np.ndarray, curve: np.ndarray, upper: np.ndarray, rows: np.ndarray, need: np.ndarray) -> Cover:
    """Least-cost ``x`` with ``rows`` @ x >= ``need``: ``linear`` a, ``curve`` q > 0, ``upper`` u [n]; ``rows`` [m, n].

    A problem without a solution comes back with ``short`` above zero, hence not ``proved``.
    """
    live = upper > 0
    x, price = np.zeros(len(upper)), np.zeros(len(need))
    # Everything in shares of the upper bounds, of the dearest total and of the largest entry of each row.
    a, q, rows_live = linear[live] * upper[live], curve[live] * upper[live] ** 2, rows[:, live] * upper[live]
    money = max(float(np.max(a + q, initial=0.0)), 1e-300)
    size = np.maximum(np.max(np.abs(rows_live), axis=1, initial=0.0), np.abs(need))
    size[size == 0] = 1.0
    scaled, wanted = rows_live / size[:, None], need / size
    y, count = _prices(a / money, q / money, scaled, wanted)
    x[live] = upper[live] * _answer(y, a / money, q / money, scaled)
    price[:] = y * money / size
    short, gap = check(linear, curve, upper, rows, need, x, price)
    return Cover(x, price, short, gap, count)


def check(
    linear: np.ndarray, curve: np.ndarray, upper: np.ndarray, rows: np.ndarray, need: np.ndarray, x: np.ndarray, price: np.ndarray
) -> tuple[float, float]:
    """How far ``x`` is from covering (share of a row's size), and its cost above the bound that ``price`` proves (share)."""
    size = np.maximum(np.abs(rows) @ upper, np.abs(need))
    short = float(np.max((need - rows @ x) / np.where(size > 0, size, 1.0), initial=0.0))
    outside = float(np.max(np.maximum(-x, x - upper) / np.where(upper > 0, upper, 1.0), initial=0.0))
    cost = float(linear @ x + curve @ x**2 / 2)
    slope = linear - price @ rows
    best = np.clip(-slope / curve, 0, upper)
    bound = float(slope @ best + curve @ best**2 / 2 + price @ need)
    return max(short, outside), (cost - bound) / max(abs(cost), abs(bound), 1e-12 * float(linear @ upper), 1e-300)


def _answer(y: np.ndarray, a: np.ndarray, q: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip((y @ rows - a) / q, 0, 1))


def _prices(a: np.ndarray, q: np.ndarray, rows: np.ndarray, need: np.ndarray) -> tuple[np.ndarray, int]:
    """Prices that solve the dual (or the best found), and the number of Newton steps."""
    y = np.zeros(len(need))
    for count in range(MAX_NEWTON):
        pull = (y @ rows - a) / q
        slack = need - rows @ np.clip(pull, 0, 1)
        free = (y > 0) | (slack > 0)
        if float(np.max(np.where(y > 0, np.abs(slack), slack), initial=0.0)) <= TOLERANCE:
            return y, count
        inner = np.where((pull > 0) & (pull < 1), 1 / q, 0.0)
        step = _direction(y, slack, free, (rows * inner) @ rows.T)
        length = _length(y, step, a, q, rows, need)
        if length <= 0:
            return y, count
        y = np.maximum(y + length * step, 0)
        # A price that the step drove to zero stays there exactly, or the active set would never settle.
        y[y < 1e-15 * np.max(y, initial=0.0)] = 0.0
    return y, MAX_NEWTON


def _direction(y: np.ndarray, slack: np.ndarray, free: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """The Newton step on the free prices; a price at zero that would turn negative is no longer free."""
    while True:
        at = np.flatnonzero(free)
        block = curvature[np.ix_(at, at)]
        ridge = RIDGE * max(float(np.trace(block)) / max(len(at), 1), 1.0)
        step = np.zeros(len(y))
        step[at] = np.linalg.solve(block + ridge * np.eye(len(at)), slack[at])
        stuck = free & (y == 0) & (step < 0)
        if not stuck.any():
            return step
        free = free & ~stuck


def _length(y: np.ndarray, step: np.ndarray, a: np.ndarray, q: np.ndarray, rows: np.ndarray, need: np.ndarray) -> float:
    """Where along ``step`` the dual is largest: its slope falls linearly between the breakpoints of x."""
    start, speed = (y @ rows - a) / q, (step @ rows) / q
    moving = speed != 0
    breaks = np.concatenate([-start[moving] / speed[moving], (1 - start[moving]) / speed[moving]])
    falling = step < 0
    limit = float(np.min(-y[falling] / step[falling], initial=np.inf))
    times = np.unique(np.concatenate([[0.0], breaks[(breaks > 0) & (breaks < limit)], [limit] if np.isfinite(limit) else []]))
    slopes = step @ need - np.clip(start + times[:, None] * speed, 0, 1) @ (speed * q)
    down = np.flatnonzero(slopes <= 0)
    if not len(down):
        return float(times[-1])
    last = int(down[0])
    if last == 0:
        return 0.0
    share = slopes[last - 1] / (slopes[last - 1] - slopes[last])
    return float(times[last - 1] + share * (times[last] - times[last - 1]))
