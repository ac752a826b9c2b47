"""Fast interchange for the p-median problem, within an iterated local search.

Whitaker (1983) and Resende and Werneck (2003, 2007): what a swap gains is put together from the gain of the site that comes,
the loss of the one that goes and a correction for the demands that both serve, so that one pass over the demands of a site
finds the best one to go. Rectangular, weighted, with prices and a budget. Only sites near a change are looked at again.

A problem is ``n`` demands and ``m`` candidate sites. The sites of demand ``i`` are ``index[indptr[i]:indptr[i + 1]]`` with their
``cost``, ascending; the same table by site is ``by_site = (indptr, demand, cost)``. A demand that no open site of its list
serves pays ``outside[i]``, at least as much as the dearest of its list. The open sites may cost ``budget`` by their ``price``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NONE = -1


@njit(cache=True, nogil=True)
def transpose(indptr, index, cost, m):
    """The table by site: (indptr [m + 1], demand, cost), demands ascending."""
    start = np.zeros(m + 1, np.int64)
    for j in index:
        start[j + 1] += 1
    start = np.cumsum(start)
    free = start[:-1].copy()
    demand, by_site = np.empty(len(index), np.int32), np.empty(len(index))
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], indptr[i + 1]):
            j = index[k]
            demand[free[j]] = i
            by_site[free[j]] = cost[k]
            free[j] += 1
    return start, demand, by_site


@njit(cache=True, nogil=True)
def _serve(i, indptr, index, cost, outside, opened, first, near, second, far):
    """Writes the two nearest open sites of demand ``i`` and what they cost."""
    first[i], second[i] = NONE, NONE
    near[i], far[i] = outside[i], outside[i]
    for k in range(indptr[i], indptr[i + 1]):
        j = index[k]
        if opened[j]:
            if first[i] == NONE:
                first[i], near[i] = j, cost[k]
            else:
                second[i], far[i] = j, cost[k]
                return


@njit(cache=True, nogil=True)
def place(indptr, index, cost, outside, opened):
    """The two nearest open sites of every demand: (first, near, second, far), each [n]; NONE and ``outside`` where there is none."""
    n = len(outside)
    first, second = np.empty(n, np.int32), np.empty(n, np.int32)
    near, far = np.empty(n), np.empty(n)
    for i in range(n):
        _serve(i, indptr, index, cost, outside, opened, first, near, second, far)
    return first, near, second, far


@njit(cache=True, nogil=True)
def losses(first, near, far, m):
    """What closing each open site would lose [m]."""
    loss = np.zeros(m)
    for i in range(len(first)):
        if first[i] != NONE:
            loss[first[i]] += far[i] - near[i]
    return loss


@njit(cache=True, nogil=True)
def start_plan(rows, opened):
    """The state of a search that stands at the sites ``opened`` [m]: (opened, chosen, at, count, first, near, second, far, loss).

    ``chosen[:count[0]]`` are the open sites, ``at`` [m] where each stands among them.
    """
    indptr, index, cost, outside = rows
    m = len(opened)
    chosen, at, count = np.full(m, NONE, np.int32), np.full(m, NONE, np.int32), np.zeros(1, np.int64)
    for j in range(m):
        if opened[j]:
            chosen[count[0]], at[j] = j, count[0]
            count[0] += 1
    first, near, second, far = place(indptr, index, cost, outside, opened)
    return opened, chosen, at, count, first, near, second, far, losses(first, near, far, m)


@njit(cache=True, nogil=True)
def weigh(j, by_site, plan, price, slack, shared, touched):
    """The best swap that opens site ``j``: (profit, site to close; NONE where the ``slack`` of the budget pays for it).

    ``shared`` [m] is zero on entry and on return; ``touched`` [m] is scratch.
    """
    start, demand, cost = by_site
    _, chosen, _, count, first, near, _, far, loss = plan
    gain, marks = 0.0, 0
    for k in range(start[j], start[j + 1]):
        i, c = demand[k], cost[k]
        if c < far[i]:
            r, both = first[i], far[i] - max(c, near[i])
            if c < near[i]:
                gain += near[i] - c
            if r != NONE and both > 0.0:
                if shared[r] == 0.0:
                    touched[marks] = r
                    marks += 1
                shared[r] += both
    least, out = np.inf, NONE
    if price[j] <= slack:
        least = 0.0
    else:
        for position in range(count[0]):
            r = chosen[position]
            if loss[r] - shared[r] < least and price[r] + slack >= price[j]:
                least, out = loss[r] - shared[r], r
    for position in range(marks):
        shared[touched[position]] = 0.0
    return gain - least, out


@njit(cache=True, nogil=True)
def _call(i, limit, rows, opened, agenda):
    """Puts on the agenda the shut sites that would serve demand ``i`` for less than ``limit``."""
    indptr, index, cost, _ = rows
    queue, waiting, ends = agenda
    for k in range(indptr[i], indptr[i + 1]):
        if cost[k] >= limit:
            return
        j = index[k]
        if not opened[j] and not waiting[j]:
            waiting[j] = True
            queue[ends[1] % len(queue)] = j
            ends[1] += 1


@njit(cache=True, nogil=True)
def _open(j, rows, by_site, plan, agenda):
    """Opens site ``j``; returns the change of the objective."""
    start, demand, cost = by_site
    opened, chosen, at, count, first, near, second, far, loss = plan
    opened[j] = True
    chosen[count[0]], at[j] = j, count[0]
    count[0] += 1
    change = 0.0
    for k in range(start[j], start[j + 1]):
        i, c = demand[k], cost[k]
        before = far[i]
        if c >= before:
            continue
        if first[i] != NONE:
            loss[first[i]] -= before - near[i]
        if c < near[i]:
            change += c - near[i]
            second[i], far[i] = first[i], near[i]
            first[i], near[i] = j, c
        else:
            second[i], far[i] = j, c
        loss[first[i]] += far[i] - near[i]
        _call(i, before, rows, opened, agenda)
    return change


@njit(cache=True, nogil=True)
def _shut(r, rows, by_site, plan, agenda):
    """Closes site ``r``; returns the change of the objective."""
    start, demand, _ = by_site
    indptr, index, cost, outside = rows
    opened, chosen, at, count, first, near, second, far, loss = plan
    opened[r] = False
    count[0] -= 1
    tail = chosen[count[0]]
    chosen[at[r]], at[tail] = tail, at[r]
    at[r] = NONE
    change = 0.0
    for k in range(start[r], start[r + 1]):
        i = demand[k]
        if first[i] == r or second[i] == r:
            loss[first[i]] -= far[i] - near[i]
            change -= near[i]
            _serve(i, indptr, index, cost, outside, opened, first, near, second, far)
            change += near[i]
            if first[i] != NONE:
                loss[first[i]] += far[i] - near[i]
            _call(i, far[i], rows, opened, agenda)
    loss[r] = 0.0
    return change


@njit(cache=True, nogil=True)
def _settle(rows, by_site, plan, price, left, agenda, shared, touched, swaps, made, least):
    """Looks at the sites on the agenda until it is empty; swaps what gains more than ``least``. Returns (change, left, swaps made)."""
    queue, waiting, ends = agenda
    opened, change = plan[0], 0.0
    while ends[0] < ends[1]:
        j = queue[ends[0] % len(queue)]
        ends[0] += 1
        waiting[j] = False
        if opened[j]:
            continue
        profit, r = weigh(j, by_site, plan, price, left, shared, touched)
        if profit > least and made < len(swaps):
            change += _open(j, rows, by_site, plan, agenda)
            left -= price[j]
            if r != NONE:
                change += _shut(r, rows, by_site, plan, agenda)
                left += price[r]
            swaps[made, 0], swaps[made, 1] = j, r
            made += 1
    return change, left, made


@njit(cache=True, nogil=True)
def _kick(rows, by_site, plan, price, left, agenda, swaps):
    """One to three random swaps close to each other. Returns (change, left, swaps made)."""
    indptr, index, _, _ = rows
    start, demand, _ = by_site
    opened, chosen, _, count, first, _, second, _, _ = plan
    n, made, change = len(indptr) - 1, 0, 0.0
    i = np.random.randint(n)
    for _ in range(1 + np.random.randint(3)):
        size = indptr[i + 1] - indptr[i]
        if size == 0:
            break
        reach = min(size, 4 + 3 * len(opened) // max(count[0], 1))
        j = index[indptr[i] + np.random.randint(reach)]
        if opened[j]:
            continue
        i = demand[start[j] + np.random.randint(start[j + 1] - start[j])]
        r = first[i] if np.random.random() < 0.7 else second[i]
        if r == NONE and count[0]:
            r = chosen[np.random.randint(count[0])]
        if price[j] > left + (price[r] if r != NONE else 0.0):
            continue
        if price[j] <= left:
            r = NONE
        change += _open(j, rows, by_site, plan, agenda)
        left -= price[j]
        if r != NONE:
            change += _shut(r, rows, by_site, plan, agenda)
            left += price[r]
        swaps[made, 0], swaps[made, 1] = j, r
        made += 1
    return change, left, made


@njit(cache=True, nogil=True)
def search(indptr, index, cost, outside, by_site, price, budget, opened, kicks, seed, sweep):
    """Iterated local search from ``opened`` [m], which holds the best plan found afterwards; returns its objective.

    Each of ``kicks`` is a few random swaps close to each other and what they call for; it is undone where the objective is worse
    afterwards. With ``sweep`` every shut site is looked at first. The same ``seed`` gives the same answer.
    """
    np.random.seed(seed)
    rows = (indptr, index, cost, outside)
    m = len(price)
    plan = start_plan(rows, opened)
    near = plan[5]
    value, left = near.sum(), budget + 1e-9 * budget
    for j in range(m):
        if opened[j]:
            left -= price[j]
    agenda = (np.empty(m + 1, np.int32), np.zeros(m, np.bool_), np.zeros(2, np.int64))
    shared, touched = np.zeros(m), np.empty(m, np.int32)
    swaps = np.empty((20 * m + 1000, 2), np.int32)
    least = 1e-10 * max(abs(value), 1e-300)
    if sweep:
        for j in np.random.permutation(m):
            if not opened[j]:
                agenda[1][j] = True
                agenda[0][agenda[2][1]] = j
                agenda[2][1] += 1
        change, left, _ = _settle(rows, by_site, plan, price, left, agenda, shared, touched, swaps, 0, least)
        value += change
    for _ in range(kicks):
        change, now, made = _kick(rows, by_site, plan, price, left, agenda, swaps)
        more, now, made = _settle(rows, by_site, plan, price, now, agenda, shared, touched, swaps, made, least)
        if change + more <= 0.0:
            value += change + more
            left = now
            continue
        for step in range(made - 1, -1, -1):
            j, r = swaps[step]
            if r != NONE:
                _open(r, rows, by_site, plan, agenda)
            _shut(j, rows, by_site, plan, agenda)
        while agenda[2][0] < agenda[2][1]:
            agenda[1][agenda[0][agenda[2][0] % (m + 1)]] = False
            agenda[2][0] += 1
    return near.sum()
