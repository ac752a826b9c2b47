"""From the trips of a Feed to the lanes of a Timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.kernels.lanes import split_lanes
from xietong.kernels.timetable import Timetable

if TYPE_CHECKING:
    from xietong.io.gtfs import Feed

Array = np.ndarray
DAY_S = 86_400
HORIZON_S = 36 * 3600
"""A feed holds what runs until noon of the next day."""

Paths = tuple[Array, Array, Array, Array]
"""Footpaths: foot_ptr, foot_to, foot_s, walk_s (see Timetable)."""


def compile_timetable(feed: Feed, paths: Paths) -> Timetable:
    """Lanes of the trips that share their calls and never overtake; ordered by content, so that neither the order of rows
    nor the ids of trips decides anything."""
    group, order = _patterns(feed)
    lane, lanes = split_lanes(order, group, feed.offsets, feed.arrive, feed.leave)
    # Trips ordered by lane and, within it, by time; ``order`` is by pattern and time already.
    trips = order[np.argsort(lane[order], kind="stable")]
    count = np.bincount(lane, minlength=lanes).astype(np.int32) if len(lane) else np.zeros(0, np.int32)
    calls = np.diff(feed.offsets)
    trip_ptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    head = trips[trip_ptr[:-1]]
    stop_ptr = np.concatenate([[0], np.cumsum(calls[head])]).astype(np.int32)
    at = _ranges(feed.offsets[head], calls[head])
    time_ptr = np.concatenate([[0], np.cumsum(calls[head] * count)]).astype(np.int64)
    source = _stop_major(feed.offsets[:-1][trips], count, calls[head], trip_ptr)
    return with_stop_index(
        len(feed.stop_id), stop_ptr, feed.stop[at], feed.board[at], feed.alight[at], count, time_ptr,
        feed.arrive[source], feed.leave[source], trip_ptr, trips.astype(np.int32), paths,
    )  # fmt: skip


def with_stop_index(
    stops: int, stop_ptr: Array, stop: Array, board: Array, alight: Array, trips: Array, time_ptr: Array, arrive: Array, leave: Array,
    trip_ptr: Array, trip: Array, paths: Paths,
) -> Timetable:  # fmt: skip
    """A Timetable from its lanes: adds which lanes serve each stop."""
    order = np.argsort(stop, kind="stable")
    lane = np.repeat(np.arange(len(trips), dtype=np.int32), np.diff(stop_ptr))
    call = np.arange(len(stop), dtype=np.int32) - stop_ptr[lane]
    at_ptr = np.concatenate([[0], np.cumsum(np.bincount(stop, minlength=stops))]).astype(np.int32)
    return Timetable(
        stop_ptr.astype(np.int32), stop.astype(np.int32), board.astype(bool), alight.astype(bool), trips.astype(np.int32), time_ptr.astype(np.int64),
        arrive.astype(np.int32), leave.astype(np.int32), trip_ptr.astype(np.int64), trip.astype(np.int32),
        at_ptr, lane[order], call[order].astype(np.int32), *paths,
    )  # fmt: skip


def joined(one: Timetable, other: Timetable) -> Timetable:
    """The lanes of both, whose stops and footpaths are those of ``one``; trips of ``other`` keep their numbers."""
    return with_stop_index(
        one.stops,
        np.concatenate([one.stop_ptr, one.stop_ptr[-1] + other.stop_ptr[1:]]),
        np.concatenate([one.stop, other.stop]),
        np.concatenate([one.board, other.board]),
        np.concatenate([one.alight, other.alight]),
        np.concatenate([one.trips, other.trips]),
        np.concatenate([one.time_ptr, one.time_ptr[-1] + other.time_ptr[1:]]),
        np.concatenate([one.arrive, other.arrive]),
        np.concatenate([one.leave, other.leave]),
        np.concatenate([one.trip_ptr, one.trip_ptr[-1] + other.trip_ptr[1:]]),
        np.concatenate([one.trip, other.trip]),
        one[-4:],
    )


def mirrored(table: Timetable, horizon_s: int = HORIZON_S) -> Timetable:
    """The same timetable with time running backwards: arriving somewhere is leaving from there. A search on it from a
    destination gives the latest departures for each arrival minute."""
    lanes = len(table.trips)
    calls = np.diff(table.stop_ptr)
    # Calls of a lane in reverse, and within each call the trips in reverse (the last trip is now the first).
    flip = _ranges(table.stop_ptr[:-1], calls, reverse=True)
    size = calls.astype(np.int64) * table.trips
    times = _ranges(table.time_ptr[:-1], size, reverse=True)
    trip = _ranges(table.trip_ptr[:-1], table.trips, reverse=True)
    foot_from = np.repeat(np.arange(table.stops, dtype=np.int32), np.diff(table.foot_ptr))
    order = np.lexsort((foot_from, table.foot_to))
    foot_ptr = np.concatenate([[0], np.cumsum(np.bincount(table.foot_to, minlength=table.stops))]).astype(np.int32)
    paths = (foot_ptr, foot_from[order], table.foot_s[order], table.walk_s[order])
    assert lanes == len(calls)
    return with_stop_index(
        table.stops, table.stop_ptr, table.stop[flip], table.alight[flip], table.board[flip], table.trips, table.time_ptr,
        horizon_s - table.leave[times], horizon_s - table.arrive[times], table.trip_ptr, table.trip[trip], paths,
    )  # fmt: skip


def blocks(table: Timetable, start_s: int, minutes: int, block: int, inf: int, dtype: Any) -> tuple[Array, Array]:
    """Arrivals and departures [blocks, calls] counted from the start of each block; ``inf`` and later are never, what has
    left before the block is -1."""
    count = -(-minutes // block)
    starts = start_s + 60 * block * np.arange(count)
    arrive, leave = (np.empty((count, len(table.arrive)), dtype) for _ in range(2))
    for row, begin in enumerate(starts):
        for source, target in ((table.arrive, arrive), (table.leave, leave)):
            np.clip(source - begin, -1, inf, out=target[row], casting="unsafe")
    return arrive, leave


def _patterns(feed: Feed) -> tuple[Array, Array]:
    """A group per sequence of calls, and all trips ordered by group, then by time, then by position."""
    calls = np.diff(feed.offsets)
    if not len(calls):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    within = np.arange(len(feed.stop)) - np.repeat(feed.offsets[:-1], calls)
    code = (feed.stop.astype(np.uint64) << np.uint64(2)) | (feed.board.astype(np.uint64) << np.uint64(1)) | feed.alight.astype(np.uint64)
    keys = [np.add.reduceat(_mixed(code, within.astype(np.uint64), salt), feed.offsets[:-1]) for salt in (1, 2)]
    order = np.lexsort((feed.leave[feed.offsets[:-1]], keys[1], keys[0], calls))
    # Trips that leave together are ordered by all their later times: what they are called must not matter.
    changed = np.ones(len(order), bool)
    same = [one[order] for one in (calls, *keys)]
    changed[1:] = np.any([one[1:] != one[:-1] for one in same], axis=0)
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(changed) - 1
    times = np.add.reduceat(_mixed((feed.arrive.astype(np.int64) - feed.arrive.min()).astype(np.uint64), within.astype(np.uint64), 3), feed.offsets[:-1])
    last = feed.arrive[feed.offsets[1:] - 1]
    order = np.lexsort((times, last, feed.leave[feed.offsets[:-1]], group))
    return group, order


def _mixed(values: Array, position: Array, salt: int) -> Array:
    """A well mixed number for each value at its position (the finaliser of SplitMix64); sums tell sequences apart."""
    odd = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        mixed = (values + np.uint64(1)) * odd ^ (position + np.uint64(salt << 32)) * np.uint64(0xC2B2AE3D27D4EB4F)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _ranges(start: Array, length: Array, reverse: bool = False) -> Array:
    """All numbers of the ranges that begin at ``start``, one range after the other."""
    length = np.asarray(length, dtype=np.int64)
    ends = np.cumsum(length)
    within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - length, length)
    return np.asarray(np.repeat(start, length) + (np.repeat(length, length) - 1 - within if reverse else within))


def _stop_major(first: Array, trips: Array, calls: Array, trip_ptr: Array) -> Array:
    """Where each time of each lane stands in the feed: all trips of its first stop, then of its second."""
    size = calls.astype(np.int64) * trips
    ends = np.cumsum(size)
    lane = np.repeat(np.arange(len(trips)), size)
    within = np.arange(int(ends[-1]) if len(ends) else 0) - (ends - size)[lane]
    return np.asarray(first[trip_ptr[lane] + within % trips[lane]] + within // trips[lane])
