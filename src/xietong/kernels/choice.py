"""What people choose for themselves: a stable allocation of masses to capacities.

Everybody asks for the best that is left to them; who offers capacity keeps those of highest priority and turns the others
away, who ask for their next best. That is deferred acceptance (Gale and Shapley, American Mathematical Monthly 69, 1962, 9-15)
with masses in place of persons (Baïou and Balinski, Mathematics of Operations Research 27, 2002, 485-503); its end is stable,
and the best stable allocation for those who ask. Where equals in priority do not all fit, each keeps the same share.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MAX_ROUNDS = 100_000
NOISE = 1e-12


def choose(
    demand: np.ndarray,
    capacity: np.ndarray,
    i: np.ndarray,
    j: np.ndarray,
    dislike: np.ndarray,
    rank: np.ndarray,
    tick: Callable[[float], None] = lambda done: None,
) -> np.ndarray:
    """Flow per pair (``i``, ``j``): ``demand`` [n] asks in order of ``dislike`` (least first), ``capacity`` [m] keeps in order of
    ``rank`` (least first). Between pairs that a demand dislikes alike, the one given first is asked first.
    """
    n = len(demand)
    order = np.lexsort((np.arange(len(i)), dislike, i))
    first = np.searchsorted(i[order], np.arange(n))
    last = np.searchsorted(i[order], np.arange(n), side="right")
    position = np.empty(len(i), dtype=np.intp)
    position[order] = np.arange(len(i))
    # Pairs in the order in which capacities prefer them; equals of one capacity form a class.
    keep = np.lexsort((rank, j))
    new_class = np.concatenate([[True], (np.diff(j[keep]) != 0) | (np.diff(rank[keep]) != 0)]) if len(i) else np.zeros(0, dtype=bool)
    of_class = np.cumsum(new_class) - 1
    class_of = np.empty(len(i), dtype=np.intp)
    class_of[keep] = of_class
    home = j[keep][new_class]
    flow = np.zeros(len(i))
    waiting, at = np.array(demand, dtype=float), first.copy()
    scale = max(float(np.max(demand, initial=0.0)), 1e-300)
    for count in range(MAX_ROUNDS):
        asks = np.flatnonzero((waiting > NOISE * scale) & (at < last))
        if not len(asks):
            return flow
        tick(min(count / 200, 0.95))
        pairs = order[at[asks]]
        flow[pairs] += waiting[asks]
        waiting[asks] = 0.0
        held = np.bincount(class_of, flow, len(home))
        total = np.cumsum(held)
        start = np.concatenate([[0.0], total[:-1]])
        before = start - start[np.searchsorted(home, home)]
        fits = np.clip(capacity[home] - before, 0.0, held)
        share = np.divide(fits, held, out=np.ones(len(home)), where=held > 0)
        turned = flow * (1 - share[class_of])
        back = np.flatnonzero(turned > 0)
        flow[back] -= turned[back]
        np.add.at(waiting, i[back], turned[back])
        # Who was turned away, even in part, never gets more there: the next best is what remains to ask for.
        np.maximum.at(at, i[back], position[back] + 1)
    raise AssertionError(f"{MAX_ROUNDS} rounds do not suffice: this is a fault in the kernel")


__all__ = ["choose"]
