"""Lagrangian bounds of the p-median problem.

A problem is ``n`` demands and ``m`` candidate sites. The sites of demand ``i`` are ``index[indptr[i]:indptr[i + 1]]`` with their
``cost``, ascending; a demand that no open site of its list serves pays ``outside[i]``, which is more than all of them. Opening
site ``j`` takes ``price[j]`` > 0 of a ``budget``; unit prices and a budget of p make it the p-median problem.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def fill(rho, price, budget, y):
    """Opens what saves most for its price, the last one in part (the continuous knapsack); writes ``y`` [m] in [0, 1].

    Returns (saved, last, first), all <= 0: the saving by unit of price of the last site opened (0 where budget is left) and of
    the first one left shut. Minus either is a price of the budget that gives the same bound.
    """
    rate = rho / price
    y[:] = 0.0
    saved, left, last, first = 0.0, budget, 0.0, 0.0
    for j in np.argsort(rate):
        if rho[j] >= 0.0:
            break
        if price[j] <= left * (1 + 1e-12):
            y[j], last = 1.0, rate[j]
            left -= price[j]
            saved += rho[j]
        else:
            y[j], first = max(left, 0.0) / price[j], rate[j]
            saved += rho[j] * y[j]
            if y[j] > 1e-12:
                last = first
            left = 0.0
            break
    return saved, last if left <= 1e-12 * budget else 0.0, first


@njit(cache=True, nogil=True)
def relax(indptr, site, cost, price, budget, multiplier, rho, y, slope, end):
    """The Lagrangian value at ``multiplier`` [n]: demands may be served by none or by many, at that price.

    Writes what opening each site saves, ``rho`` [m] <= 0, which are opened, ``y`` [m], and the ``slope`` [n]; ``end`` [n] is scratch.
    Returns (value, last, first, entries visited), ``last`` and ``first`` as in ``fill``.
    """
    n = len(multiplier)
    rho[:] = 0.0
    value, visits = 0.0, 0
    for i in range(n):
        u, k, stop = multiplier[i], indptr[i], indptr[i + 1]
        value += u
        while k < stop and cost[k] < u:
            rho[site[k]] += cost[k] - u
            k += 1
        end[i] = k
        visits += k - indptr[i]
    saved, last, first = fill(rho, price, budget, y)
    for i in range(n):
        served = 0.0
        for k in range(indptr[i], end[i]):
            served += y[site[k]]
        slope[i] = 1.0 - served
    return value + saved, last, first, visits


@njit(cache=True, nogil=True)
def _advance(low, high, centre, mean, scale, length, trial):
    """Writes the point ``length`` along ``mean`` from ``centre``, between ``low`` and ``high``; False where there is no way up."""
    n, norm = len(centre), 0.0
    for i in range(n):
        g = mean[i]
        if not ((g > 0.0 and centre[i] >= high[i]) or (g < 0.0 and centre[i] <= low[i])):
            norm += scale[i] * g * g
    if norm < 1e-18:
        return False
    for i in range(n):
        trial[i] = min(max(centre[i] + length / norm * scale[i] * mean[i], low[i]), high[i])
    return True


@njit(cache=True, nogil=True)
def _mix(slope, mean, scale, y, y_mean, largest):
    """Moves the means to the shortest mixture with what was found last, by at most ``largest``. Returns slope * mean before."""
    square, cross, dot = 0.0, 0.0, 0.0
    for i in range(len(slope)):
        change = slope[i] - mean[i]
        square += scale[i] * change * change
        cross += scale[i] * change * mean[i]
        dot += scale[i] * slope[i] * mean[i]
    share = largest / 10.0
    if square > 0.0:
        share = min(max(-cross / square, largest / 10.0), largest)
    for i in range(len(slope)):
        mean[i] += share * (slope[i] - mean[i])
    for j in range(len(y)):
        y_mean[j] += share * (y[j] - y_mean[j])
    return dot


@njit(cache=True, nogil=True)
def ascend(indptr, site, cost, outside, price, budget, centre, upper, cutoff, iterations, memory):
    """Raises the bound by the volume algorithm (Barahona and Anbil 2000) from the multipliers ``centre`` [n], which become the best.

    It steps towards the value ``upper`` and stops at ``cutoff``. ``memory`` = (pace [3], mean slope [n], mean of y [m]) goes on where
    ``pace[0]`` > 0, and is begun anew otherwise. Returns (value, rho [m], last, first, iterations done, entries visited), the first
    four as in ``relax`` at the best multipliers.
    """
    n, m = len(centre), len(price)
    pace, mean, y_mean = memory
    rho, y, slope, trial, end = np.zeros(m), np.zeros(m), np.zeros(n), np.empty(n), np.empty(n, np.int64)
    value, last, first, visits = relax(indptr, site, cost, price, budget, centre, rho, y, slope, end)
    best_rho = rho.copy()
    # Multipliers move in proportion to their size: with one step for all, heavy demands crawl and light ones
    # jump; the mean keeps those at nothing on the move.
    scale = (centre + centre.mean()) ** 2
    scale /= max(scale.mean(), 1e-300)
    # Below its nearest site, or above its outside option, a multiplier is never better than there.
    low = outside.copy()
    for i in range(n):
        if indptr[i] < indptr[i + 1]:
            low[i] = cost[indptr[i]]
    if pace[0] <= 0.0:
        pace[0], pace[1], pace[2] = 0.3, 0.5, 0.0
        mean[:] = slope
        y_mean[:] = y
    checked, worse, done = value, 0, 0
    while done < iterations and value < cutoff:
        if not _advance(low, outside, centre, mean, scale, pace[0] * max(upper - value, 1e-9 * abs(upper)), trial):
            break
        found, its_last, its_first, more = relax(indptr, site, cost, price, budget, trial, rho, y, slope, end)
        done, visits = done + 1, visits + more
        pace[2] += 1.0
        dot = _mix(slope, mean, scale, y, y_mean, pace[1])
        if found > value:
            value, last, first, worse = found, its_last, its_first, 0
            centre[:] = trial
            best_rho[:] = rho
            if dot >= 0.0:
                pace[0] = min(pace[0] * 1.1, 2.0)
        else:
            worse += 1
            if worse == 20:
                pace[0], worse = max(pace[0] * 0.66, 1e-4), 0
        if pace[2] % 100 == 0:
            if value - checked < 0.01 * abs(checked):
                pace[1] = max(pace[1] * 0.5, 1e-5)
            checked = value
    return value, best_rho, last, first, done, visits


@njit(cache=True, nogil=True)
def restrict(indptr, index, cost, outside, status):
    """The problem that is left when sites are decided: ``status`` [m] is 1 (open), -1 (shut) or 0 (free).

    Open sites become what a demand pays outside. Returns (indptr, index, cost, outside, free): ``index`` counts the free sites,
    ``free`` says which they are.
    """
    n, m = len(outside), len(status)
    free = np.flatnonzero(status == 0).astype(np.int32)
    number = np.full(m, -1, np.int32)
    for position in range(len(free)):
        number[free[position]] = position
    start = np.zeros(n + 1, np.int64)
    new_outside = outside.copy()
    total = 0
    for i in range(n):
        for k in range(indptr[i], indptr[i + 1]):
            if status[index[k]] == 1:
                new_outside[i] = cost[k]
                break
            total += status[index[k]] == 0
        start[i + 1] = total
    new_index, new_cost = np.empty(total, np.int32), np.empty(total)
    for i in range(n):
        to = start[i]
        for k in range(indptr[i], indptr[i + 1]):
            if to == start[i + 1]:
                break
            if status[index[k]] == 0:
                new_index[to], new_cost[to] = number[index[k]], cost[k]
                to += 1
    return start, new_index, new_cost, new_outside, free
