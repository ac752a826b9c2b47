"""Floating catchments over sparse pairs, all regimes in one pass; and the equilibrium of rational agents.

Pairs of demand ``i`` are ``indptr[i]:indptr[i + 1]``; ``index`` holds their sites. ``minutes`` is a tuple with one array
[pairs] a regime, inf where the regime forbids the pair. Weights are computed as they are needed: reading minutes twice costs
less than writing weights once.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

compiled = nb.njit(cache=True, nogil=True)
GIVEN, STEP, GAUSSIAN = 0, 1, 2
"""Kinds of decay: ``minutes`` are the weights themselves; steps at ``limits`` with ``weights``; Gaussian up to ``limits[0]``."""

FLOOR = float(np.exp(-0.5))


@compiled
def _weigh(minutes: np.ndarray, first: int, last: int, kind: int, limits: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
    """``out[: last - first]`` becomes the weight of the pairs ``first:last``."""
    if kind == GIVEN:
        for k in range(last - first):
            out[k] = minutes[first + k]
    elif kind == STEP:
        for k in range(last - first):
            out[k] = 0.0
        for step in range(len(limits) - 1, -1, -1):
            limit, weight = limits[step], weights[step]
            for k in range(last - first):
                out[k] = weight if minutes[first + k] <= limit else out[k]
    else:
        # Within the limit the exponent lies in [-1/2, 0]: thirteen terms of Taylor's series around -1/4 are exact to the last
        # digit, and unlike a call of exp() the loop runs on vectors.
        limit = limits[0]
        scale, centre = -0.5 / (limit * limit), np.exp(-0.25)
        for k in range(last - first):
            t = min(minutes[first + k], limit)
            z = t * t * scale + 0.25
            series = 1.0
            for term in range(13, 0, -1):
                series = 1.0 + series * z / term
            out[k] = (centre * series - FLOOR) / (1.0 - FLOOR) if minutes[first + k] < limit else 0.0


@compiled
def _select(weight: np.ndarray, size: int) -> None:
    """Each weight becomes weight x its share of all, the probability of selection (Wan, Zou and Sternberg)."""
    total = 0.0
    for k in range(size):
        total += weight[k]
    if total > 0.0:
        for k in range(size):
            weight[k] *= weight[k] / total


@compiled
def catchments(
    indptr: np.ndarray,
    index: np.ndarray,
    demand: np.ndarray,
    capacity: np.ndarray,
    minutes: Any,
    kind: int,
    limits: np.ndarray,
    weights: np.ndarray,
    choose: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """What each demand can reach of the capacity a head [n, regimes], and the demand that each site's catchment holds [m, regimes].

    ``demand`` [n] and ``capacity`` [m] in any units; ``choose``: weights times the probability of selection (3SFCA).
    """
    n, m, regimes = len(demand), len(capacity), len(minutes)
    crowd, access = np.zeros((m, regimes)), np.zeros((n, regimes))
    widest = 0
    for i in range(n):
        widest = max(widest, indptr[i + 1] - indptr[i])
    weight = np.empty((regimes, widest))
    ratio = np.zeros((m, regimes))
    for step in range(2):
        for i in range(n):
            first, last = indptr[i], indptr[i + 1]
            if step == 0 and demand[i] == 0.0:
                continue
            for r in range(regimes):
                _weigh(minutes[r], first, last, kind, limits, weights, weight[r])
                if choose:
                    _select(weight[r], last - first)
            if step == 0:
                for k in range(last - first):
                    j = index[first + k]
                    for r in range(regimes):
                        crowd[j, r] += demand[i] * weight[r, k]
            else:
                for k in range(last - first):
                    j = index[first + k]
                    for r in range(regimes):
                        access[i, r] += ratio[j, r] * weight[r, k]
        if step == 0:
            for j in range(m):
                for r in range(regimes):
                    ratio[j, r] = capacity[j] / crowd[j, r] if crowd[j, r] > 0.0 else 0.0
    return access, crowd


@compiled
def respond(indptr: np.ndarray, index: np.ndarray, demand: np.ndarray, supply: np.ndarray, toll: np.ndarray, flow: np.ndarray, load: np.ndarray) -> None:
    """One round: each demand in turn spreads over its sites so that none it uses is dearer than another, given the others.

    A site costs ``toll`` [pairs] (inf: forbidden) + ``load[j] / supply[j]``. ``flow`` [pairs] and ``load`` [m] are changed in place.
    """
    for i in range(len(demand)):
        first, last = indptr[i], indptr[i + 1]
        if demand[i] == 0.0:
            continue
        for p in range(first, last):
            load[index[p]] -= flow[p]
        # The level at which what flows in equals the demand: Newton from above on a convex, increasing, piecewise linear function.
        level = np.inf
        while True:
            room, spent = 0.0, demand[i]
            for p in range(first, last):
                s = supply[index[p]]
                if s > 0.0 and toll[p] < np.inf:
                    start = toll[p] + load[index[p]] / s
                    if start < level:
                        room += s
                        spent += s * start
            if room == 0.0 or not spent / room < level:
                break
            level = spent / room
        for p in range(first, last):
            s = supply[index[p]]
            flow[p] = 0.0
            if s > 0.0 and toll[p] < np.inf:
                flow[p] = max(0.0, s * (level - toll[p]) - load[index[p]])
                load[index[p]] += flow[p]


@compiled
def least_cost(indptr: np.ndarray, index: np.ndarray, supply: np.ndarray, toll: np.ndarray, flow: np.ndarray, load: np.ndarray) -> tuple[np.ndarray, float]:
    """The cost of each demand's cheapest site [n] (inf: none), and what all pay above their cheapest, as a share of what they pay."""
    n = len(indptr) - 1
    least = np.full(n, np.inf)
    paid, above = 0.0, 0.0
    for i in range(n):
        for p in range(indptr[i], indptr[i + 1]):
            if supply[index[p]] > 0.0:
                least[i] = min(least[i], toll[p] + load[index[p]] / supply[index[p]])
        for p in range(indptr[i], indptr[i + 1]):
            if flow[p] > 0.0:
                cost = toll[p] + load[index[p]] / supply[index[p]]
                paid += flow[p] * cost
                above += flow[p] * (cost - least[i])
    return least, above / paid if paid > 0.0 else 0.0
