"""Trips that call at the same stops, sorted into lanes in which none overtakes another."""

from __future__ import annotations

import numba as nb
import numpy as np

Array = np.ndarray
compiled = nb.njit(cache=True, nogil=True)


@compiled
def split_lanes(order: Array, group: Array, offsets: Array, arrive: Array, leave: Array) -> tuple[Array, int]:
    """Lane of each trip, and how many lanes there are. ``order`` holds trips by group, then by time.

    Greedy: a trip joins the first lane of its group whose last trip it nowhere overtakes.
    """
    lane = np.empty(len(order), np.int32)
    last = np.empty(len(order), np.int64)  # the last trip of each lane
    first_of_group = 0
    lanes = 0
    for position in range(len(order)):
        trip = order[position]
        if position == 0 or group[trip] != group[order[position - 1]]:
            first_of_group = lanes
        found = lanes
        for one in range(first_of_group, lanes):
            if _follows(last[one], trip, offsets, arrive, leave):
                found = one
                break
        if found == lanes:
            lanes += 1
        lane[trip] = found
        last[found] = trip
    return lane, lanes


@compiled
def _follows(first: int, second: int, offsets: Array, arrive: Array, leave: Array) -> bool:
    a, b = offsets[first], offsets[second]
    for call in range(offsets[first + 1] - a):  # noqa: SIM110 (numba knows no generators)
        if arrive[b + call] < arrive[a + call] or leave[b + call] < leave[a + call]:
            return False
    return True
