"""Earliest arrivals between all pairs of points for every departure minute of a day, by a profile connection scan.

The scan is that of Dibbelt, Pajor, Strasser, Wagner (Connection Scan Algorithm, ACM JEA 23, 2018), run backwards through the
day, with one vector over all destinations as its label: what a search does for one destination is done for all at once.
For many destinations, a long window and a timetable of some thousand connections (trains of a region) this is much faster
than a search for every origin; for the millions of connections of a metropolis its memory (connections x destinations x 8
bytes) is too much. The number of rides is not limited, and every call may be boarded and alighted at.

A label is one whole number, so that a minimum of labels decides everything: arrival (seconds, from bit 32), then rides (bits
24 to 31), then seconds waited (bits 0 to 23) beside the change time, between rides and before the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from xietong.kernels.timetable import FAR, Array, Legs

compiled = nb.njit(cache=True, nogil=True)
NEVER = np.iinfo(np.int64).max >> 1
"""A label of what is not reached: it leaves room to add to."""
RIDE = 1 << 24
WAIT = RIDE - 1


class Connections(NamedTuple):
    """Rides from a call to the next, the last departure first (later ones of a trip before earlier ones): stops, seconds,
    and the trip's number."""

    origin: Array
    leave: Array
    destination: Array
    arrive: Array
    trip: Array


class Profiles(NamedTuple):
    """For every stop the departures, last first, and what boarding there in time for each leads to: labels [entry, D].

    Entries of stop ``s`` are ``ptr[s]:ptr[s + 1]``.
    """

    ptr: Array
    leave: Array
    labels: Array


def connections(offsets: Array, stop: Array, arrive: Array, leave: Array) -> Connections:
    """The connections of trips whose calls are ``offsets[t]:offsets[t + 1]``."""
    calls = np.diff(offsets)
    trip = np.repeat(np.arange(len(calls)), calls)
    first = np.ones(len(stop), bool)
    first[offsets[1:] - 1] = False
    at = np.flatnonzero(first)
    at = at[np.lexsort((-at, -leave[at].astype(np.int64)))]
    whole = [one.astype(np.int64) for one in (stop[at], leave[at], stop[at + 1], arrive[at + 1], trip[at])]
    return Connections(*whole)


@compiled
def scan(ride: Connections, trips: int, stops: int, foot_ptr: Array, foot_to: Array, foot_s: Array, egress: Legs, destinations: int) -> Profiles:
    """Profiles of all stops. ``egress`` holds the ways from every *stop* (its ``stop`` being destinations); footpaths are those of a Timetable."""
    size = len(ride.leave)
    ptr = np.zeros(stops + 1, np.int64)
    for c in range(size):
        ptr[ride.origin[c] + 1] += 1
    for s in range(stops):
        ptr[s + 1] += ptr[s]
    leave = np.empty(size, np.int64)
    labels = np.empty((size, destinations), np.int64)
    filled = ptr[:-1].copy()
    seated = np.full((trips, destinations), NEVER, np.int64)
    for c in range(size):
        best = seated[ride.trip[c]]
        v, time = ride.destination[c], ride.arrive[c]
        for leg in range(egress.ptr[v], egress.ptr[v + 1]):
            d = egress.stop[leg]
            best[d] = min(best[d], (time + egress.seconds[leg]) << 32)
        for path in range(foot_ptr[v], foot_ptr[v + 1]):
            n, ready = foot_to[path], time + foot_s[path]
            entry = _catch(leave, ptr[n], filled[n], ready)
            if entry >= 0:
                _lower(best, labels[entry], leave[entry] - ready)
        u, entry = ride.origin[c], filled[ride.origin[c]]
        leave[entry] = ride.leave[c]
        labels[entry] = best + RIDE
        if entry > ptr[u]:
            _lower(labels[entry], labels[entry - 1], leave[entry - 1] - leave[entry])
        filled[u] += 1
    return Profiles(ptr, leave, labels)


@compiled
def _catch(leave: Array, first: int, end: int, ready: int) -> int:
    """The earliest of the departures ``first:end`` (last first) that is not before ``ready``; -1: none."""
    low, high = first, end
    while low < high:
        middle = (low + high) // 2
        if leave[middle] >= ready:
            low = middle + 1
        else:
            high = middle
    return low - 1 if low > first else -1


@compiled
def _lower(best: Array, other: Array, wait: int) -> None:
    for d in range(len(best)):
        best[d] = min(best[d], other[d] + wait)


@compiled
def day_times(profiles: Profiles, access: Legs, direct: Array, start: int, minutes: int, ranks: Array) -> tuple[Array, Array]:
    """Travel times in seconds between points over the departure minutes ``start + 60 m``: nearest ranks [O, D, R], and sums
    [O, 4, D] over the minutes at which riding is quicker than ``direct``: their number, seconds, seconds waited, rides.

    Seen from an origin, labels hold over spans of minutes: they change only where a departure is caught that could not be
    caught a minute later. Waits in spans count from ``start``, so that one label is good for the whole span.
    """
    origins, destinations = direct.shape
    found = np.empty((origins, destinations, len(ranks)), np.int32)
    sums = np.zeros((origins, 4, destinations), np.int64)
    best = np.empty(destinations, np.int64)
    caught = np.empty(len(access.stop), np.int64)
    label = np.empty((destinations, minutes), np.int64)  # of each span, the last minutes first
    last = np.empty((destinations, minutes), np.int64)  # the last minute of each span
    spans = np.empty(destinations, np.int64)
    span = np.empty((4, minutes), np.int64)
    for o in range(origins):
        best[:] = NEVER
        spans[:] = 0
        for leg in range(access.ptr[o], access.ptr[o + 1]):
            caught[leg] = profiles.ptr[access.stop[leg]]
        for minute in range(minutes - 1, -1, -1):
            for leg in range(access.ptr[o], access.ptr[o + 1]):
                s, ready = access.stop[leg], start + 60 * minute + access.seconds[leg]
                entry = caught[leg]
                while entry < profiles.ptr[s + 1] and profiles.leave[entry] >= ready:
                    entry += 1
                if entry > caught[leg]:
                    caught[leg] = entry
                    _open_spans(best, profiles.labels[entry - 1], profiles.leave[entry - 1] - access.seconds[leg] - start, minute, label, last, spans)
        for d in range(destinations):
            size = _quicker(label[d], last[d], spans[d], direct[o, d] + start, span, sums[o, :, d])
            sums[o, 1, d] -= start * sums[o, 0, d]
            for at, rank in enumerate(ranks):
                found[o, d, at] = _ranked(span, size, rank) - start if rank < sums[o, 0, d] else direct[o, d]
    return found, sums


@compiled
def _open_spans(best: Array, other: Array, wait: int, minute: int, label: Array, last: Array, spans: Array) -> None:
    """Open a span wherever the labels of a departure are better than what is caught already."""
    for d in range(len(best)):
        if other[d] + wait < best[d]:
            best[d] = other[d] + wait
            at = spans[d]
            if at == 0 or last[d, at - 1] != minute:
                spans[d] += 1
            else:
                at -= 1
            label[d, at] = best[d]
            last[d, at] = minute


@compiled
def _quicker(label: Array, last: Array, spans: int, limit: int, span: Array, sums: Array) -> int:
    """The parts of spans at which one arrives before ``limit`` seconds after setting out, counted from midnight.

    Fills ``span`` with whole minutes and odd seconds of the arrival, first and last minute; returns how many there are, and
    adds them up in ``sums`` (see ``day_times``).
    """
    size = 0
    for at in range(spans):
        arrival = label[at] >> 32
        first = last[at + 1] + 1 if at + 1 < spans else 0
        # 60 first > arrival - limit
        first = max(first, (arrival - limit) // 60 + 1)
        count = last[at] - first + 1
        if count <= 0:
            continue
        later = 30 * (first + last[at]) * count  # 60 x the sum of these minutes
        sums[0] += count
        sums[1] += count * arrival - later
        sums[2] += count * (label[at] & WAIT) - later
        sums[3] += count * ((label[at] >> 24) & 255)
        span[0, size], span[1, size], span[2, size], span[3, size] = arrival // 60, arrival % 60, first, last[at]
        size += 1
    return size


@compiled
def _ranked(span: Array, size: int, rank: int) -> int:
    """The time of a rank (from 0) among the minutes of spans: the least that more than ``rank`` of them do not exceed."""
    low, high = np.int64(FAR), np.int64(0)
    for at in range(size):  # within a span times fall by 60 seconds a minute
        low = min(low, 60 * (span[0, at] - span[3, at]) + span[1, at])
        high = max(high, 60 * (span[0, at] - span[2, at]) + span[1, at])
    while low < high:
        middle = (low + high) // 2
        whole, odd = middle // 60, middle % 60
        count = 0
        for at in range(size):
            first = max(span[2, at], span[0, at] - whole + (1 if span[1, at] > odd else 0))
            count += max(span[3, at] - first + 1, 0)
        if count > rank:
            high = middle
        else:
            low = middle + 1
    return int(low)


def by_stop(legs: Legs, stops: int) -> Legs:
    """Ways from points to stops turned round: for every stop the points."""
    point = np.repeat(np.arange(len(legs.ptr) - 1), np.diff(legs.ptr))
    order = np.lexsort((point, legs.stop))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(legs.stop, minlength=stops))])
    return Legs(ptr.astype(np.int32), point[order].astype(np.int32), legs.seconds[order].astype(np.int32))


__all__ = ["FAR", "Connections", "Profiles", "by_stop", "connections", "day_times", "scan"]
