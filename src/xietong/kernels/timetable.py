"""Earliest arrivals by timetable for all departure minutes of a window at once ("wide" RAPTOR).

The rounds are those of RAPTOR (Delling, Pajor, Werneck, Round-based public transit routing, Transportation Science 49,
2015), but a label is a vector over the departure minutes of a window. Three facts make that fast and keep it exact:

1. Labels never fall from one departure minute to the next (who may leave later arrives no earlier), so a trip is known by
   one number: the latest departure minute that still catches it. Boarding moves that number up; alighting writes backwards
   from it and stops at the first minute that gains nothing.
2. Trips of one lane never overtake one another, so a later trip that the same minutes catch is dominated.
3. A footpath is a minimum over two vectors, which the compiler turns into vector instructions; only the minutes that the
   last round changed are looked at.

Rounds are strict: what a round arrives at is boarded in the next one, so ``max_rides`` is exact. All times are whole
seconds; inside a block of the window they count from its start and fit 16 bits where block and longest trip allow.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy as np

Array = np.ndarray
compiled = nb.njit(cache=True, nogil=True)
"""numba keeps compiled code by the file of the outermost function: functions that call one another stand in one file."""

FAR = np.iinfo(np.int32).max
CHUNK = 64
"""Windows are whole chunks of minutes: vector instructions then leave no remainder, which would take as long as the rest."""


class Timetable(NamedTuple):
    """Trips in lanes: the trips of a lane call at the same stops and none overtakes another.

    Lane ``l`` calls at ``stop[stop_ptr[l]:stop_ptr[l+1]]``; its ``trips[l]`` trips stand in ``arrive`` and ``leave`` from
    ``time_ptr[l]`` on, all trips of its first stop, then of its second (int32 seconds). ``trip`` names them from
    ``trip_ptr[l]`` on. ``board``/``alight`` say where passengers may. Stop ``s`` is served by lanes
    ``at_lane[at_ptr[s]:at_ptr[s+1]]`` as their call number ``at_call``. Footpaths from ``s`` lead to ``foot_to`` in
    ``foot_s`` seconds, of which ``walk_s`` are walked; the one from ``s`` to itself is the change time.
    """

    stop_ptr: Array
    stop: Array
    board: Array
    alight: Array
    trips: Array
    time_ptr: Array
    arrive: Array
    leave: Array
    trip_ptr: Array
    trip: Array
    at_ptr: Array
    at_lane: Array
    at_call: Array
    foot_ptr: Array
    foot_to: Array
    foot_s: Array
    walk_s: Array

    @property
    def stops(self) -> int:
        return len(self.at_ptr) - 1


class Legs(NamedTuple):
    """Ways on foot or by road between points and stops: those of point ``p`` are ``ptr[p]:ptr[p+1]``, int32 seconds."""

    ptr: Array
    stop: Array
    seconds: Array


# -- one search ------------------------------------------------------------------------------------------------------------


class Labels(NamedTuple):
    """What a search works on, allocated once for many origins. ``W`` minutes, ``S`` stops.

    ``ride`` and ``ready`` [S, W]: earliest arrival by vehicle, earliest moment to board. ``*_low``/``*_high`` [S]: the
    changed minutes; ``*_list`` the changed stops. ``catch`` [most trips of a lane]: the latest minute that catches a trip.
    """

    ride: Array
    ready: Array
    ride_low: Array
    ride_high: Array
    ride_list: Array
    ready_low: Array
    ready_high: Array
    ready_list: Array
    lane_from: Array
    lane_list: Array
    catch: Array


class Parts(NamedTuple):
    """What the labels are made of [S, W]: seconds walked, waited before the first ride, ridden, and the number of rides.

    ``boarded`` [trips of a lane, W]: the call at which a minute caught a trip.
    """

    ride_walk: Array
    ride_wait: Array
    ride_ride: Array
    ride_rides: Array
    ready_walk: Array
    ready_wait: Array
    ready_ride: Array
    ready_rides: Array
    boarded: Array


def new_labels(table: Timetable, window: int, dtype: Any) -> Labels:
    """Room for one search at a time."""
    lanes, most = len(table.trips), int(table.trips.max(initial=0))
    ride, ready = (np.empty((table.stops, window), dtype) for _ in range(2))
    changes = [np.empty(table.stops, np.int32) for _ in range(6)]
    return Labels(ride, ready, *changes, np.empty(lanes, np.int32), np.empty(lanes, np.int32), np.zeros(most + 1, np.int32))


def new_parts(table: Timetable, window: int) -> Parts:
    """Room for the parts of one search."""
    labels = [np.zeros((table.stops, window), np.int32) for _ in range(8)]
    return Parts(*labels, np.zeros((int(table.trips.max(initial=0)) + 1, window), np.int32))


@compiled
def _start(table: Timetable, labels: Labels, parts: Parts | None, stops: Array, seconds: Array, inf: int) -> int:
    """Labels of an origin from which ``stops`` are ``seconds`` away; returns how many stops can be boarded at."""
    cast = labels.ride.dtype.type
    top = np.iinfo(labels.ride.dtype).max
    labels.ride[:] = cast(inf)
    labels.ready[:] = cast(top)
    labels.ride_low[:] = FAR
    labels.ride_high[:] = -1
    labels.ready_low[:] = FAR
    labels.ready_high[:] = -1
    labels.lane_from[:] = FAR
    window = labels.ride.shape[1]
    count = 0
    for leg in range(len(stops)):
        s = stops[leg]
        if seconds[leg] >= inf:
            continue
        if labels.ready_high[s] < 0:
            labels.ready_list[count] = s
            count += 1
            labels.ready_low[s] = 0
            labels.ready_high[s] = window - 1
        if labels.ready[s, 0] <= seconds[leg]:
            continue
        for minute in range(window):
            labels.ready[s, minute] = cast(min(60 * minute + seconds[leg], top))
        if parts is not None:
            parts.ready_walk[s] = seconds[leg]
            parts.ready_wait[s] = 0
            parts.ready_ride[s] = 0
            parts.ready_rides[s] = 0
    return count


@compiled
def _queue(table: Timetable, labels: Labels, changed: int) -> int:
    """Lanes that call at a changed stop, each from its first changed call on."""
    lanes = 0
    for position in range(changed):
        s = labels.ready_list[position]
        for served in range(table.at_ptr[s], table.at_ptr[s + 1]):
            lane, call = table.at_lane[served], table.at_call[served]
            if labels.lane_from[lane] == FAR:
                labels.lane_list[lanes] = lane
                lanes += 1
            if call < labels.lane_from[lane]:
                labels.lane_from[lane] = call
    return lanes


@compiled
def _ride(table: Timetable, arrive: Array, leave: Array, labels: Labels, parts: Parts | None, lane: int, changed: int, inf: int) -> int:
    """Ride along one lane; returns how many stops have changed by vehicle so far in this round."""
    first_call = labels.lane_from[lane]
    start, end = table.stop_ptr[lane], table.stop_ptr[lane + 1]
    trips, times = table.trips[lane], table.time_ptr[lane]
    catch = labels.catch
    begin, stop_at = 0, 0  # trips in reach: [begin, stop_at)
    for call in range(first_call, end - start):
        s = table.stop[start + call]
        row = times + np.int64(call) * trips
        if stop_at > begin and table.alight[start + call]:
            changed = _alight(table, arrive, leave, labels, parts, lane, call, row, begin, stop_at, changed)
        high = labels.ready_high[s]
        if high >= 0 and table.board[start + call] and start + call + 1 < end:
            begin, stop_at = _board(leave, labels, parts, catch, s, call, row, trips, begin, stop_at, inf)
    return changed


@compiled
def _alight(
    table: Timetable, arrive: Array, leave: Array, labels: Labels, parts: Parts | None, lane: int, call: int, row: int, begin: int, stop_at: int, changed: int
) -> int:
    start = table.stop_ptr[lane]
    trips, times = table.trips[lane], table.time_ptr[lane]
    s = table.stop[start + call]
    label = labels.ride[s]
    previous = -1
    for trip in range(begin, stop_at):
        minute = labels.catch[trip]
        if minute == previous:  # dominated by the trip before
            continue
        previous = minute
        time = arrive[row + trip]
        if time >= label[minute]:
            continue
        last = minute
        while minute >= 0 and label[minute] > time:
            label[minute] = time
            if parts is not None:
                on = parts.boarded[trip, minute]
                origin = table.stop[start + on]
                left = leave[times + np.int64(on) * trips + trip]
                parts.ride_walk[s, minute] = parts.ready_walk[origin, minute]
                if parts.ready_rides[origin, minute] == 0:
                    parts.ride_wait[s, minute] = left - labels.ready[origin, minute]
                else:
                    parts.ride_wait[s, minute] = parts.ready_wait[origin, minute]
                parts.ride_ride[s, minute] = parts.ready_ride[origin, minute] + time - left
                parts.ride_rides[s, minute] = parts.ready_rides[origin, minute] + 1
            minute -= 1
        if labels.ride_high[s] < 0:
            labels.ride_list[changed] = s
            changed += 1
        labels.ride_low[s] = min(labels.ride_low[s], minute + 1)
        labels.ride_high[s] = max(labels.ride_high[s], last)
    return changed


@compiled
def _board(
    leave: Array, labels: Labels, parts: Parts | None, catch: Array, s: int, call: int, row: int, trips: int, begin: int, stop_at: int, inf: int
) -> tuple[int, int]:
    """Move up the latest minute that catches each trip; returns the trips in reach."""
    ready = labels.ready[s]
    low, high = labels.ready_low[s], labels.ready_high[s]
    # The first trip that the earliest changed minute catches.
    left, right = 0, trips
    target = ready[low]
    while left < right:
        middle = (left + right) // 2
        if leave[row + middle] < target:
            left = middle + 1
        else:
            right = middle
    first = left
    if first >= trips or leave[row + first] >= inf:
        return begin, stop_at
    if stop_at == begin:
        begin = stop_at = first
    elif first < begin:
        for trip in range(first, begin):
            catch[trip] = -1
        begin = first
    elif first > stop_at:
        # Trips between are caught by the same minutes as the last one in reach.
        for trip in range(stop_at, first):
            catch[trip] = catch[stop_at - 1]
        stop_at = first
    trip = first
    while trip < trips:
        if trip == stop_at:
            known = catch[trip - 1] if trip > begin else -1
            if known >= high or leave[row + trip] >= inf:
                break
            catch[trip] = known
            stop_at = trip + 1
        known = catch[trip]
        if known >= high:
            break
        minute = max(known + 1, low)
        before = minute
        time = leave[row + trip]
        while minute <= high and ready[minute] <= time:
            if parts is not None:
                parts.boarded[trip, minute] = call
            minute += 1
        if minute > before:
            catch[trip] = minute - 1
        trip += 1
    return begin, stop_at


@compiled
def _walk(table: Timetable, labels: Labels, parts: Parts | None, arrived: int) -> int:
    """Footpaths from the stops that a round arrived at; returns how many stops can be boarded at anew."""
    changed = 0
    for position in range(arrived):
        s = labels.ride_list[position]
        low, high = labels.ride_low[s], labels.ride_high[s]
        first, last = low // CHUNK, high // CHUNK + 1
        ride = labels.ride[s]
        for path in range(table.foot_ptr[s], table.foot_ptr[s + 1]):
            n = np.uint64(table.foot_to[path])
            ready = labels.ready[n]
            if not _sooner(ride, ready, table.foot_s[path], first, last):
                continue
            if parts is not None:
                _carry(parts, labels, s, n, table.foot_s[path], table.walk_s[path])
            _lower(ride, ready, table.foot_s[path], first, last)
            if labels.ready_high[n] < 0:
                labels.ready_list[changed] = n
                changed += 1
            labels.ready_low[n] = min(labels.ready_low[n], low)
            labels.ready_high[n] = max(labels.ready_high[n], high)
        labels.ride_low[s] = FAR
        labels.ride_high[s] = -1
    return changed


@compiled
def _sooner(ride: Array, ready: Array, seconds: int, first: int, last: int) -> bool:
    """Whether ``ride`` + ``seconds`` comes before ``ready`` in any of the chunks; one bit collects all comparisons."""
    cast = ready.dtype.type
    more = cast(seconds)
    better = cast(0)
    start = np.uint64(first * CHUNK)
    for at in range(np.uint64((last - first) * CHUNK)):  # unsigned: nothing counts from the end
        better |= cast(cast(ride[start + at] + more) < ready[start + at])
    return bool(better != 0)


@compiled
def _lower(ride: Array, ready: Array, seconds: int, first: int, last: int) -> None:
    """Lower ``ready`` to ``ride`` + ``seconds`` where that is sooner."""
    cast = ready.dtype.type
    more = cast(seconds)
    start = np.uint64(first * CHUNK)
    for at in range(np.uint64((last - first) * CHUNK)):
        ready[start + at] = min(cast(ride[start + at] + more), ready[start + at])


@compiled
def _carry(parts: Parts, labels: Labels, s: int, n: int, seconds: int, walked: int) -> None:
    for minute in range(labels.ride_low[s], labels.ride_high[s] + 1):
        if labels.ride[s, minute] + seconds < labels.ready[n, minute]:
            parts.ready_walk[n, minute] = parts.ride_walk[s, minute] + walked
            parts.ready_wait[n, minute] = parts.ride_wait[s, minute]
            parts.ready_ride[n, minute] = parts.ride_ride[s, minute]
            parts.ready_rides[n, minute] = parts.ride_rides[s, minute]


@compiled
def search(table: Timetable, arrive: Array, leave: Array, labels: Labels, parts: Parts | None, stops: Array, seconds: Array, max_rides: int, inf: int) -> None:
    """All rounds of one origin in one block of the window: ``labels.ride`` holds the earliest arrivals afterwards."""
    changed = _start(table, labels, parts, stops, seconds, inf)
    for _ in range(max_rides):
        if changed == 0:
            break
        changed = _round(table, arrive, leave, labels, parts, changed, inf)


@compiled
def _round(table: Timetable, arrive: Array, leave: Array, labels: Labels, parts: Parts | None, changed: int, inf: int) -> int:
    lanes = _queue(table, labels, changed)
    arrived = 0
    for position in range(lanes):
        lane = labels.lane_list[position]
        arrived = _ride(table, arrive, leave, labels, parts, lane, arrived, inf)
        labels.lane_from[lane] = FAR
    for position in range(changed):
        s = labels.ready_list[position]
        labels.ready_low[s] = FAR
        labels.ready_high[s] = -1
    return _walk(table, labels, parts, arrived)


# -- answers -------------------------------------------------------------------------------------------------------------


@compiled
def _durations(labels: Labels, stops: Array, seconds: Array, direct: int, limit: int, inf: int, out: Array, best: Array) -> None:
    """Seconds from each departure minute to one destination; the largest number where it takes longer than ``limit``."""
    cast = labels.ride.dtype.type
    window = labels.ride.shape[1]
    best[:] = cast(inf)
    for leg in range(len(stops)):
        if seconds[leg] > limit or seconds[leg] >= inf:
            continue
        more = cast(seconds[leg])
        ride = labels.ride[stops[leg]]
        for minute in range(window):
            best[minute] = min(best[minute], cast(ride[minute] + more))
    top = np.iinfo(labels.ride.dtype).max
    for minute in range(window):
        taken = min(np.int32(best[minute]) - 60 * np.int32(minute), np.int32(direct)) if best[minute] < inf else np.int32(direct)
        out[minute] = cast(taken) if taken <= limit else top


@compiled
def _nearest_ranks(values: Array, ranks: Array, low: Array, high: Array, out: Array) -> None:
    """The values of given (ascending) ranks: bisection on the value, counting with vector instructions. Each count narrows
    what is left for all ranks (``low`` and ``high`` are room for that)."""
    least, most = values[0], values[0]
    for at in range(len(values)):
        least = min(least, values[at])
        most = max(most, values[at])
    low[:] = least
    high[:] = most
    for position in range(len(ranks)):
        while low[position] < high[position]:
            middle = low[position] + (high[position] - low[position]) // 2
            count = _count(values, middle)
            for other in range(position, len(ranks)):
                if count > ranks[other]:
                    high[other] = min(high[other], middle)
                else:
                    low[other] = max(low[other], middle + 1)
        out[position] = low[position] if low[position] < np.iinfo(values.dtype).max else FAR


@compiled
def _count(values: Array, limit: int) -> int:
    """How many of the values (whole chunks) are at most ``limit``."""
    cast = values.dtype.type
    most = cast(limit)
    count = cast(0)
    for at in range(len(values)):
        count += cast(values[at] <= most)
    return int(count)


@compiled
def _add_parts(labels: Labels, parts: Parts, stops: Array, seconds: Array, times: Array, out: Array) -> None:
    """Add to ``out`` what the ``times`` (of one block, one destination) are made of: see ``PARTS``."""
    for minute in range(len(times)):
        if times[minute] == np.iinfo(times.dtype).max:
            continue
        found = -1
        for leg in range(len(stops)):
            if labels.ride[stops[leg], minute] + seconds[leg] - 60 * minute == times[minute]:
                found = leg
                break
        out[0] += 1
        if found < 0:  # on foot or by road all the way
            out[1] += times[minute]
            continue
        s = stops[found]
        walked = parts.ride_walk[s, minute] + seconds[found]
        waited, ridden = parts.ride_wait[s, minute], parts.ride_ride[s, minute]
        out[1] += walked
        out[2] += waited
        out[3] += ridden
        out[4] += times[minute] - walked - waited - ridden
        out[5] += parts.ride_rides[s, minute]


PARTS = ("minutes", "walk", "wait", "ride", "change", "rides")
"""Summed over the departure minutes that arrive: their number, seconds walked (or without a vehicle), waited for the first
ride, ridden, spent changing, and rides."""


class Answers(NamedTuple):
    """``ranks`` [origins, D, R] and ``every`` [origins, D, minutes] seconds, ``parts`` [origins, D, 6]: no origins where not asked for."""

    ranks: Array
    every: Array
    parts: Array


@compiled
def travel_times(
    table: Timetable, arrive: Array, leave: Array, labels: Labels, parts: Parts | None, access: Legs, egress: Legs, direct: Array, origins: Array,
    minutes: int, max_rides: int, limit: int, inf: int, ranks: Array, out: Answers,
) -> None:  # fmt: skip
    """Travel times in seconds of some ``origins`` (positions in ``access``) to every destination.

    ``arrive`` and ``leave`` [blocks, calls] count from the start of each block of the window of ``minutes``, ``inf`` and
    later meaning never. ``direct`` [O, D] is without a vehicle (FAR: there is no such way). ``ranks`` are ascending.
    """
    blocks, window = arrive.shape[0], labels.ride.shape[1]
    destinations = len(egress.ptr) - 1
    times = np.empty((destinations, blocks * window), labels.ride.dtype)
    best = np.empty(window, labels.ride.dtype)
    low, high = np.empty(len(ranks), np.int64), np.empty(len(ranks), np.int64)
    for row in range(len(origins)):
        o = origins[row]
        stops, seconds = access.stop[access.ptr[o] : access.ptr[o + 1]], access.seconds[access.ptr[o] : access.ptr[o + 1]]
        for block in range(blocks):
            first = block * window
            search(table, arrive[block], leave[block], labels, parts, stops, seconds, max_rides, inf)
            for d in range(destinations):
                leg, end = egress.ptr[d], egress.ptr[d + 1]
                part = times[d, first : first + window]
                _durations(labels, egress.stop[leg:end], egress.seconds[leg:end], direct[o, d], limit, inf, part, best)
                if parts is not None:
                    counted = part[: max(min(window, minutes - first), 0)]
                    _add_parts(labels, parts, egress.stop[leg:end], egress.seconds[leg:end], counted, out.parts[row, d])
        if out.every.shape[0]:
            _copy(times, out.every[row])
        times[:, minutes:] = np.iinfo(times.dtype).max  # of no rank that is asked for
        for d in range(destinations if len(ranks) else 0):
            _nearest_ranks(times[d], ranks, low, high, out.ranks[row, d])


@compiled
def _copy(times: Array, out: Array) -> None:
    for d in range(out.shape[0]):
        for minute in range(out.shape[1]):
            out[d, minute] = times[d, minute] if times[d, minute] < np.iinfo(times.dtype).max else FAR


def rounds(table: Timetable, arrive: Array, leave: Array, window: int, stops: Array, seconds: Array, max_rides: int, inf: int) -> list[tuple[Array, Array]]:
    """The labels (ride, ready) [S, W] of one origin after 0, 1, 2... rides, in int32: what a journey is read from."""
    labels = new_labels(table, window, np.int32)
    changed = _start(table, labels, None, stops, seconds, inf)
    found = [(labels.ride.copy(), labels.ready.copy())]
    while changed and len(found) <= max_rides:
        changed = _round(table, arrive, leave, labels, None, changed, inf)
        found.append((labels.ride.copy(), labels.ready.copy()))
    return found
