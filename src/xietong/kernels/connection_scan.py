"""Connection Scan, plainly: the oracle of the timetable engine, and the peer that its speed is measured against.

A connection is one trip between two calls that follow one another. All connections of the day, sorted by when they leave,
are scanned once for each departure minute: a connection can be taken where its trip is already ridden or its stop is ready
in time. Nothing is carried from one departure minute to the next, and the number of rides is not limited.

Dibbelt, Pajor, Strasser and Wagner, Connection Scan Algorithm, ACM Journal of Experimental Algorithmics 23 (2018), 1.7:
section 3 with its start by binary search, its stop where nothing can be improved any more, and footpaths that are walked
only from a stop reached earlier than before. Their footpaths are transitive; here one footpath lies between two rides and
change time is the footpath from a stop to itself, so that being *at* a stop (alighted) and being *ready* there (may board)
are two labels.

Times are whole seconds (int32), CSR is (pointers [n + 1], positions, seconds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit

NEVER = np.int32(2**30)
"""A time that is not reached; seconds of a walk may be added to it without overflow."""


POSITION = np.uint32
"""Positions are unsigned: with signed ones the compiler would guard every look-up against counting from the end."""


class Legs(NamedTuple):
    """Walks in CSR: from (or to) point p the stops ``stop[ptr[p]:ptr[p + 1]]`` in ``seconds`` each."""

    ptr: np.ndarray
    stop: np.ndarray
    seconds: np.ndarray


@dataclass(frozen=True)
class Connections:
    """Connections [n] in the order of the scan. A call where nobody may board or alight names the stop ``stops``, which no one is at.

    ``ends``: the scan goes from one of these positions to the next; odd stretches hold connections that take no time and
    leave in the same second, which may lead into one another in any order.
    """

    leave: np.ndarray
    arrive: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    trip: np.ndarray
    ends: np.ndarray
    stops: int
    trips: int


def connections(stop: np.ndarray, arrive: np.ndarray, leave: np.ndarray, board: np.ndarray, alight: np.ndarray, offsets: np.ndarray, stops: int) -> Connections:
    """Sort the connections of trips whose calls are ``offsets[t]:offsets[t + 1]`` of the other arrays."""
    calls = np.diff(offsets)
    last = np.zeros(len(stop), dtype=bool)
    last[offsets[1:][calls > 0] - 1] = True
    first = np.flatnonzero(~last)
    off, on = leave[first], arrive[first + 1]
    trip = np.repeat(np.arange(len(calls)), calls)[first]
    order = np.lexsort((first, on, off))
    first, off, on = first[order], off[order], on[order]
    # Trips numbered as the scan meets them: flags of trips that run at one time lie side by side.
    _, met, number = np.unique(trip[order], return_index=True, return_inverse=True)
    rank = np.empty(len(met), dtype=np.int32)
    rank[np.argsort(met)] = np.arange(len(met))
    return Connections(
        off.astype(np.int32),
        on.astype(np.int32),
        np.where(board[first], stop[first], stops).astype(POSITION),
        np.where(alight[first + 1], stop[first + 1], stops).astype(POSITION),
        rank[number].astype(POSITION),
        _stretches(off, on),
        stops,
        len(met),
    )


def _stretches(off: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Where plain stretches (even) and blocks that must settle (odd) end; a single connection without duration is plain."""
    ends = [0]
    instant = off == on
    new = np.flatnonzero(np.concatenate([[True], (off[1:] != off[:-1]) | (instant[1:] != instant[:-1])])) if len(off) else np.zeros(0, dtype=int)
    stop = np.append(new[1:], len(off))
    settle = instant[new] & (stop - new > 1)
    for start, end in zip(new[settle].tolist(), stop[settle].tolist(), strict=True):
        ends += [start, end]
    return np.array([*ends, len(off)], dtype=np.int64)


def travel_times(
    scan: Connections, footpaths: Legs, access: Legs, egress: Legs, direct: np.ndarray, depart: np.ndarray, limit_s: int, origin: int = 0
) -> np.ndarray:
    """Seconds [destination, departure] from one ``origin`` of ``access``, at most ``limit_s``; ``NEVER`` where unreached.

    ``footpaths`` [stops] from stop to stop, itself included where one may change there; ``egress`` [destinations] to the
    stops from which a destination is reached; ``direct`` [destinations] seconds on foot alone, ``NEVER`` where too far.
    """
    here = slice(int(access.ptr[origin]), int(access.ptr[origin + 1]))
    out = np.full((len(depart), len(direct)), NEVER, dtype=np.int32)
    arrays = (scan.leave, scan.arrive, scan.origin, scan.destination, scan.trip, scan.ends)
    walks = (*_plain(footpaths), access.stop[here].astype(POSITION), access.seconds[here].astype(np.int32), *_plain(egress))
    _minutes(*arrays, scan.trips, *walks, direct.astype(np.int32), depart.astype(np.int32), int(limit_s), out)
    return np.ascontiguousarray(out.T)


def percentiles(times: np.ndarray, percents: Any) -> np.ndarray:
    """Nearest-rank percentiles [destination, percent] in minutes (float32, inf unreached) of ``times`` [destination, departure]."""
    window = times.shape[1]
    ranks = np.array([max(int(np.ceil(percent * window / 100)) - 1, 0) for percent in percents], dtype=np.int64)
    return np.asarray(_ranked(times, ranks))


def _plain(legs: Legs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return legs.ptr.astype(POSITION), legs.stop.astype(POSITION), legs.seconds.astype(np.int32)


@njit(cache=True, nogil=True)
def _ranked(times: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    found = np.empty((times.shape[0], len(ranks)), dtype=np.float32)
    for row in range(times.shape[0]):
        ordered = np.sort(times[row])
        for column in range(len(ranks)):
            value = ordered[ranks[column]]
            found[row, column] = np.inf if value >= NEVER else np.float32(value / 60.0)
    return found


@njit(cache=True, nogil=True)
def _stretch(
    first: int, last: int, latest: int, leave: Any, arrive: Any, origin: Any, destination: Any, trip: Any, boarded: Any, at: Any, ready: Any,
    foot_ptr: Any, foot_to: Any, foot_s: Any,
) -> tuple[bool, bool]:  # fmt: skip
    """Scan a stretch once: (whether something changed, whether the scan is over)."""
    changed = False
    for c in range(first, last):
        off = leave[c]
        if off > latest:
            return changed, True
        if boarded[trip[c]] > c:  # not on board, or (in a block scanned again) only from a later call on
            if ready[origin[c]] > off:
                continue
            boarded[trip[c]] = c
            changed = True
        to = destination[c]
        on = arrive[c]
        if on < at[to]:
            at[to] = on
            changed = True
            for w in range(foot_ptr[to], foot_ptr[to + 1]):
                n = foot_to[w]
                ready[n] = min(ready[n], np.int32(on + foot_s[w]))
    return changed, False


@njit(cache=True, nogil=True)
def _minutes(
    leave: Any, arrive: Any, origin: Any, destination: Any, trip: Any, ends: Any, trips: int, foot_ptr: Any, foot_to: Any, foot_s: Any,
    access_stop: Any, access_s: Any, egress_ptr: Any, egress_stop: Any, egress_s: Any, direct: Any, depart: Any, limit: int, out: Any,
) -> None:  # fmt: skip
    """Fill ``out`` [departure, destination], each departure by a scan of its own."""
    stops = len(foot_ptr) - 1
    at = np.empty(stops + 1, dtype=np.int32)
    ready = np.empty(stops + 1, dtype=np.int32)
    boarded = np.empty(trips, dtype=np.int32)  # the connection from which on each trip is ridden
    soonest = access_s.min() if len(access_s) else NEVER
    for d in range(len(depart)):
        at[:] = NEVER
        at[stops] = -NEVER  # never improved: where nobody may alight
        ready[:] = NEVER
        boarded[:] = NEVER
        now = depart[d]
        latest = now + limit
        for a in range(len(access_stop)):
            ready[access_stop[a]] = min(ready[access_stop[a]], now + access_s[a])
        start = np.searchsorted(leave, now + soonest)
        for one in range(len(ends) - 1):
            if ends[one + 1] <= start:
                continue
            first = max(ends[one], start)
            changed, over = _stretch(
                first, ends[one + 1], latest, leave, arrive, origin, destination, trip, boarded, at, ready, foot_ptr, foot_to, foot_s
            )  # fmt: skip
            while changed and one % 2 == 1 and not over:
                changed, over = _stretch(
                    first, ends[one + 1], latest, leave, arrive, origin, destination, trip, boarded, at, ready, foot_ptr, foot_to, foot_s
                )  # fmt: skip
            if over:
                break
        for place in range(len(direct)):
            best = direct[place]
            for e in range(egress_ptr[place], egress_ptr[place + 1]):
                best = min(best, at[egress_stop[e]] + egress_s[e] - now)
            out[d, place] = best if best <= limit else NEVER
