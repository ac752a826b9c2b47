"""Least-cost transport of many demands to fewer sites: a network simplex on a tree that holds sites and split demands only.

Nodes: sites 0 ... m-1, the root m (where nobody is served, and where spare capacity comes from), and from m + 1 on *split*
demands, those with more than one arc in the basis; there are at most m of them. All other demands are leaves: they hang on one site
(or on the root) and need no node. So a pivot costs at most O(m), however many demands there are.

Quantities are whole numbers, so that the ratio test is exact, and the tree is kept strongly feasible (spare capacity and what a
site gets from a split demand are never zero in the tree), so that the method ends: Cunningham, Mathematical Programming 11 (1976),
105-116. Potentials are prices: ``lambda`` of a site, ``u`` = cost + lambda of a demand along arcs in the tree.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

compiled = nb.njit(cache=True, nogil=True)
LEAF = -2
"""Not a node: the arc on which a leaf hangs."""


class Tree(NamedTuple):
    """The basis. ``home`` and ``home_cost`` [n] of leaves, ``node`` [n] of split demands (-1: a leaf).

    By node [2 m + 2]: ``flow`` and ``cost`` of the arc to its ``parent``; the arc points up from a split demand, down to a site.
    ``child``, ``after`` and ``before`` link the children of a node, ``who`` is the demand of a split node. ``free`` [0] counts the
    unused nodes that follow it.
    """

    home: np.ndarray
    home_cost: np.ndarray
    node: np.ndarray
    parent: np.ndarray
    flow: np.ndarray
    cost: np.ndarray
    potential: np.ndarray
    depth: np.ndarray
    child: np.ndarray
    after: np.ndarray
    before: np.ndarray
    degree: np.ndarray
    who: np.ndarray
    free: np.ndarray


def plant(n: int, capacity: np.ndarray, outside: np.ndarray) -> Tree:
    """The first basis: nobody is served, all ``capacity`` [m] > 0 is spare. ``outside`` [n] is the cost of that."""
    m = len(capacity)
    size = 2 * m + 2
    tree = Tree(
        np.full(n, m, np.int32), outside.copy(), np.full(n, -1, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.int64), np.zeros(size),
        np.zeros(size), np.zeros(size, np.int32), np.full(size, -1, np.int32), np.full(size, -1, np.int32), np.full(size, -1, np.int32),
        np.zeros(size, np.int32), np.full(size, -1, np.int32), np.arange(m, size + m, dtype=np.int32),
    )  # fmt: skip
    tree.free[0] = size - m - 1
    for j in range(m):
        tree.flow[j] = capacity[j]
        tree.depth[j] = 1
        _link(tree, j, m)
    return tree


@compiled
def _link(tree: Tree, v: int, parent: int) -> None:
    tree.parent[v] = parent
    first = tree.child[parent]
    tree.after[v], tree.before[v] = first, -1
    if first >= 0:
        tree.before[first] = v
    tree.child[parent] = v


@compiled
def _unlink(tree: Tree, v: int) -> None:
    before, after = tree.before[v], tree.after[v]
    if before >= 0:
        tree.after[before] = after
    else:
        tree.child[tree.parent[v]] = after
    if after >= 0:
        tree.before[after] = before


@compiled
def _hang(tree: Tree, top: int, v: int, parent: int, flow: int, cost: float, m: int) -> None:
    """Cut the subtree of ``top`` off, make ``v`` in it its top, and hang it on ``parent`` by an arc with ``flow`` and ``cost``."""
    while True:
        above, old_flow, old_cost = tree.parent[v], tree.flow[v], tree.cost[v]
        _unlink(tree, v)
        _link(tree, v, parent)
        tree.flow[v], tree.cost[v] = flow, cost
        if v == top:
            break
        parent, v, flow, cost = v, above, old_flow, old_cost


@compiled
def _settle(tree: Tree, top: int, m: int) -> None:
    """Potentials and depths of the subtree of ``top``, from its parent down."""
    v = top
    while True:
        above = tree.parent[v]
        tree.depth[v] = tree.depth[above] + 1
        tree.potential[v] = tree.potential[above] + (tree.cost[v] if v > m else -tree.cost[v])
        if tree.child[v] >= 0:
            v = tree.child[v]
            continue
        while v != top and tree.after[v] < 0:
            v = tree.parent[v]
        if v == top:
            break
        v = tree.after[v]


@compiled
def _thin(tree: Tree, v: int, m: int) -> None:
    """A node has lost an arc: a split demand with only one left is a leaf again."""
    if v <= m:
        return
    tree.degree[v] -= 1
    if tree.degree[v] == 1:
        i = tree.who[v]
        tree.home[i], tree.home_cost[i], tree.node[i] = tree.parent[v], tree.cost[v], -1
        _unlink(tree, v)
        tree.free[0] += 1
        tree.free[tree.free[0]] = v


@compiled
def enter(tree: Tree, demand: np.ndarray, i: int, k: int, cost: float) -> None:
    """Bring the arc from demand ``i`` (-1: the root, for spare capacity) to site or root ``k`` into the basis."""
    m = (len(tree.parent) - 2) // 2
    leaf = i >= 0 and tree.node[i] < 0
    start = m if i < 0 else tree.home[i] if leaf else tree.node[i]
    # What runs into k runs up to the apex and down to where i got its own from so far. Of the arcs that block, the last on this way goes.
    into, out_of = k, start
    least_up, last_up = np.int64(2**62), -1
    least_down, last_down = (demand[i], LEAF) if leaf else (np.int64(2**62), -1)
    while into != out_of:
        if tree.depth[into] >= tree.depth[out_of]:
            if into < m and tree.flow[into] <= least_up:
                least_up, last_up = tree.flow[into], into
            into = tree.parent[into]
        else:
            if out_of > m and tree.flow[out_of] < least_down:
                least_down, last_down = tree.flow[out_of], out_of
            out_of = tree.parent[out_of]
    apex, step = into, min(least_up, least_down)
    if step > 0:
        v = k
        while v != apex:
            tree.flow[v] += step if v > m else -step
            v = tree.parent[v]
        v = start
        while v != apex:
            tree.flow[v] += step if v < m else -step
            v = tree.parent[v]
    upper = least_up <= least_down
    if not upper and last_down == LEAF:
        tree.home[i], tree.home_cost[i] = k, cost
        return
    gone = last_up if upper else last_down
    end = tree.parent[gone]
    if leaf:
        _split(tree, demand, i, k, cost, gone, upper, step, m)
    elif upper:
        _hang(tree, gone, k, start, step, cost, m)
        _settle(tree, k, m)
    else:
        _hang(tree, gone, start, k, step, cost, m)
        _settle(tree, start, m)
    if i >= 0:
        tree.degree[tree.node[i]] += 0 if leaf else 1
    _thin(tree, gone, m)
    _thin(tree, end, m)


@compiled
def _split(tree: Tree, demand: np.ndarray, i: int, k: int, cost: float, gone: int, upper: bool, step: int, m: int) -> None:
    """Leaf ``i`` becomes a node between its home and ``k``; the subtree of ``gone`` hangs on it, or it and the subtree on ``k``."""
    q, home = tree.free[tree.free[0]], tree.home[i]
    tree.free[0] -= 1
    tree.who[q], tree.node[i], tree.child[q], tree.degree[q] = i, q, -1, 2
    if upper:
        _link(tree, q, home)
        tree.flow[q], tree.cost[q] = demand[i] - step, tree.home_cost[i]
        _hang(tree, gone, k, q, step, cost, m)
    else:
        _link(tree, q, k)
        tree.flow[q], tree.cost[q] = step, cost
        _hang(tree, gone, home, q, demand[i] - step, tree.home_cost[i], m)
    _settle(tree, q, m)


@compiled
def sweep(tree: Tree, demand: np.ndarray, outside: np.ndarray, count: np.ndarray, to: np.ndarray, cost: np.ndarray, tolerance: float) -> int:
    """Look at every demand once and bring in its cheapest arc where that is cheaper than what it uses; the number of pivots."""
    m = (len(tree.parent) - 2) // 2
    price = tree.potential
    pivots = 0
    for i in range(len(demand)):
        q = tree.node[i]
        u = price[q] if q >= 0 else tree.home_cost[i] + price[tree.home[i]]
        best, k, paid = outside[i], m, outside[i]
        for a in range(count[i]):
            value = cost[i, a] + price[to[i, a]]
            if value < best:
                best, k, paid = value, to[i, a], cost[i, a]
        if best < u - tolerance:
            enter(tree, demand, i, k, paid)
            pivots += 1
        if i % 256 == 0 or i == len(demand) - 1:
            for j in range(m):
                if price[j] < -tolerance:
                    enter(tree, demand, -1, j, 0.0)
                    pivots += 1
    return pivots


# -- all pairs -----------------------------------------------------------------------------------------------------------


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _least(cost: np.ndarray, first: int, last: int, index: np.ndarray, price: np.ndarray, whole: bool) -> float:
    """The least cost + price among the pairs ``first:last``; without NaN the loop over a whole row runs on vectors."""
    least = np.inf
    if whole:
        for k in range(last - first):
            value = cost[first + k] + price[k]
            if value < least:
                least = value
    else:
        for p in range(first, last):
            value = cost[p] + price[index[p]]
            if value < least:
                least = value
    return least


@compiled
def shortlist(indptr: np.ndarray, index: np.ndarray, cost: np.ndarray, price: np.ndarray, width: int, room: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ``width`` pairs of least cost + price of each demand, in rows with ``room`` for more: count, site and cost.

    A site with price inf and a pair with cost inf are left out.
    """
    n, m = len(indptr) - 1, len(price)
    count, to, paid = np.zeros(n, np.int32), np.empty((n, room), np.int32), np.empty((n, room))
    value = np.empty(width)
    for i in range(n):
        first, last = indptr[i], indptr[i + 1]
        whole, size, bar = last - first == m, 0, np.inf
        for p in range(first, last):
            j = p - first if whole else index[p]
            here = cost[p] + price[j]
            if here < bar:
                at = size if size < width else width - 1
                while at > 0 and value[at - 1] > here:
                    value[at], to[i, at], paid[i, at] = value[at - 1], to[i, at - 1], paid[i, at - 1]
                    at -= 1
                value[at], to[i, at], paid[i, at] = here, j, cost[p]
                size = min(size + 1, width)
                bar = value[size - 1] if size == width else np.inf
        count[i] = size
    return count, to, paid


@compiled
def marginal(tree: Tree, price: np.ndarray) -> np.ndarray:
    """What one more of each demand costs by the arcs in the tree [n], under prices [m + 1] of sites and root."""
    n = len(tree.home)
    u = np.empty(n)
    for i in range(n):
        u[i] = tree.potential[tree.node[i]] if tree.node[i] >= 0 else tree.home_cost[i] + price[tree.home[i]]
    return u


@compiled
def widen(
    indptr: np.ndarray, index: np.ndarray, cost: np.ndarray, price: np.ndarray, u: np.ndarray, tolerance: float, more: int,
    count: np.ndarray, to: np.ndarray, paid: np.ndarray,
) -> tuple[int, float]:  # fmt: skip
    """Price all pairs: those cheaper than ``u`` [n] join the shortlist, at most the ``more`` cheapest of a demand.

    Where a row is full, the dearest makes room. Returns how many demands had one, and by how much the worst was cheaper.
    """
    m, room = len(price), to.shape[1]
    found, worst = 0, 0.0
    for i in range(len(u)):
        first, last = indptr[i], indptr[i + 1]
        whole = last - first == m
        least = _least(cost, first, last, index, price, whole)
        if not least < u[i] - tolerance:
            continue
        found += 1
        worst = max(worst, u[i] - least)
        bar = u[i] - tolerance
        for _ in range(more):
            best, site, at_cost = bar, -1, 0.0
            for p in range(first, last):
                j = p - first if whole else index[p]
                here = cost[p] + price[j]
                if here < best and not _listed(to, i, count[i], j):
                    best, site, at_cost = here, j, cost[p]
            if site < 0:
                break
            slot = count[i]
            if slot == room:
                slot = 0
                for a in range(1, room):
                    if paid[i, a] + price[to[i, a]] > paid[i, slot] + price[to[i, slot]]:
                        slot = a
            else:
                count[i] += 1
            to[i, slot], paid[i, slot] = site, at_cost
    return found, worst


@compiled
def _listed(to: np.ndarray, i: int, size: int, j: int) -> bool:
    found = False
    for a in range(size):
        found |= to[i, a] == j
    return found


@compiled
def value(indptr: np.ndarray, index: np.ndarray, cost: np.ndarray, price: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """What one more of each demand costs under ``price`` [m]: the least cost + price among its pairs, or to stay ``outside`` [n]."""
    n, m = len(indptr) - 1, len(price)
    u = np.empty(n)
    for i in range(n):
        first, last = indptr[i], indptr[i + 1]
        u[i] = min(_least(cost, first, last, index, price, last - first == m), outside[i])
    return u


@compiled
def locate(indptr: np.ndarray, index: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Positions of the pairs of demands ``i`` and sites ``j``, which must be there."""
    found = np.empty(len(i), np.int64)
    for a in range(len(i)):
        low, high = indptr[i[a]], indptr[i[a] + 1] - 1
        while low < high:
            middle = (low + high) // 2
            if index[middle] < j[a]:
                low = middle + 1
            else:
                high = middle
        found[a] = low
    return found


@compiled
def least_prices(
    indptr: np.ndarray, index: np.ndarray, cost: np.ndarray, price: np.ndarray, u: np.ndarray,
    ptr: np.ndarray, who: np.ndarray, unserved: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The least of all optimal prices [m], from any optimal ones: how far each can fall is a shortest path in the residual graph.

    ``who[ptr[j]:ptr[j + 1]]`` are the demands that use site ``j``, ``unserved`` those (partly) outside. A price falls no lower than 0;
    falls from what is left unserved, or from a site that fell, by no more than the reduced cost in between. Dijkstra on a dense graph.
    """
    m = len(price)
    fall, done = price.copy(), np.zeros(m, np.bool_)
    for i in unserved:
        _relax(indptr, index, cost, price, i, u[i], 0.0, fall)
    for _ in range(m):
        j = -1
        for k in range(m):
            if not done[k] and (j < 0 or fall[k] < fall[j]):
                j = k
        done[j] = True
        for a in range(ptr[j], ptr[j + 1]):
            _relax(indptr, index, cost, price, who[a], u[who[a]], fall[j], fall)
    return np.maximum(price - fall, 0.0)


@compiled
def _relax(indptr: np.ndarray, index: np.ndarray, cost: np.ndarray, price: np.ndarray, i: int, u: float, start: float, fall: np.ndarray) -> None:
    first, last = indptr[i], indptr[i + 1]
    if last - first == len(price):
        for k in range(len(price)):
            fall[k] = min(fall[k], start + max(cost[first + k] + price[k] - u, 0.0))
    else:
        for p in range(first, last):
            k = index[p]
            fall[k] = min(fall[k], start + max(cost[p] + price[k] - u, 0.0))
