"""The two kernels of the timetable: the wide search and Connection Scan, on hand-made and on large random timetables.

What they say on small random timetables, beside a third and independent opinion, is told in tests/travel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from xietong.io.gtfs import Feed
from xietong.kernels import connection_scan as scan
from xietong.kernels import profile
from xietong.kernels.timetable import FAR, Legs
from xietong.travel.network import Network

NEVER = int(scan.NEVER)


# -- Connection Scan by hand -------------------------------------------------------------------------------------------


def ask(
    trips: list[list[tuple[int, int, int]]], stops: int, depart: list[int], board: Any = None, alight: Any = None, feet: Any = (), limit: int = 10**6
) -> list[list[int]]:
    """Seconds from stop 0 to all stops of trips [(stop, arrive, leave)]; ``feet`` (from, to, seconds) beside changing for nothing."""
    calls = [call for trip in trips for call in trip]
    stop, arrive, leave = (np.array([call[column] for call in calls]) for column in range(3))
    flags = [np.ones(len(calls), bool) if one is None else np.array(one) for one in (board, alight)]
    made = scan.connections(stop, arrive, leave, *flags, np.cumsum([0, *map(len, trips)]), stops)
    walks = sorted([*((s, s, 0) for s in range(stops)), *feet])
    origin, to, seconds = (np.array([one[column] for one in walks]) for column in range(3))
    paths = scan.Legs(np.searchsorted(origin, np.arange(stops + 1)), to, seconds)
    none = np.array([0])
    access = scan.Legs(np.array([0, 1]), none, none)
    egress = scan.Legs(np.arange(stops + 1), np.arange(stops), np.zeros(stops, int))
    return scan.travel_times(made, paths, access, egress, np.full(stops, NEVER), np.array(depart), limit).tolist()


def test_a_ride_counts_from_the_departure_minute() -> None:
    assert ask([[(0, 100, 100), (1, 200, 210), (2, 300, 300)]], 3, [0, 60, 120]) == [[NEVER] * 3, [200, 140, NEVER], [300, 240, NEVER]]


def test_what_takes_longer_than_the_limit_is_not_reached() -> None:
    trip = [[(0, 100, 100), (1, 200, 210), (2, 300, 300)]]
    assert ask(trip, 3, [0], limit=300) == [[NEVER], [200], [300]] and ask(trip, 3, [0], limit=299) == [[NEVER], [200], [NEVER]]


def test_nobody_boards_or_alights_where_it_is_forbidden() -> None:
    trip = [[(0, 0, 0), (1, 60, 60), (2, 120, 120)]]
    assert ask(trip, 3, [0], alight=[True, False, True]) == [[NEVER], [NEVER], [120]]
    assert ask(trip, 3, [0], board=[False, True, True]) == [[NEVER]] * 3


def test_a_footpath_leads_to_the_next_ride_but_not_to_a_destination() -> None:
    trips = [[(0, 0, 0), (1, 60, 60)], [(2, 90, 90), (3, 150, 150)]]
    assert ask(trips, 4, [0], feet=[(1, 2, 30)]) == [[NEVER], [60], [NEVER], [150]]
    assert ask(trips, 4, [0], feet=[(1, 2, 31)]) == [[NEVER], [60], [NEVER], [NEVER]]


def test_rides_that_take_no_time_lead_into_one_another_in_any_order() -> None:
    hops = [[(2, 60, 60), (3, 60, 60)], [(1, 60, 60), (2, 60, 60)], [(0, 60, 60), (1, 60, 60)], [(3, 60, 60), (4, 90, 90)]]
    assert ask(hops, 5, [0]) == [[NEVER], [60], [60], [60], [90]]


def test_a_trip_boarded_at_a_later_call_was_not_ridden_before() -> None:
    # All in one second: reaching stop 1 by the second trip must not put anyone on the first trip's leg from 3 to 1.
    trips = [[(3, 60, 60), (4, 60, 60), (1, 60, 60), (2, 60, 60)], [(0, 60, 60), (1, 60, 60)]]
    assert ask(trips, 5, [0]) == [[NEVER], [60], [60], [NEVER], [NEVER]]


def test_percentiles_are_nearest_ranks() -> None:
    times = np.array([[300, 60, 240, 120, NEVER], [60] * 5], np.int32)
    assert scan.percentiles(times, (0, 20, 21, 50, 80, 81, 100))[0].tolist() == [1, 1, 2, 4, 5, np.inf, np.inf]
    assert scan.percentiles(np.arange(120, dtype=np.int32)[None] * 60, (55,)).tolist() == [[65]]  # 0.55 x 120 is a little more than 66 in binary


def test_no_trips_at_all() -> None:
    assert ask([], 2, [0]) == [[NEVER], [NEVER]]


# -- both kernels on timetables too large for the slow oracle -----------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What a large random timetable is made of."""

    seed: int
    stops: int = 60
    lines: int = 40
    runs: int = 30
    quick: bool = False
    change_min: float = 0.0
    open: bool = False
    """Every call may be boarded and alighted at."""


def timetable(plan: Plan) -> Feed:
    """Lines with runs all day that overtake now and then, on stops in a square of 3 km."""
    rng = np.random.default_rng(plan.seed)
    lon, lat = 10 + rng.uniform(0, 0.027, plan.stops), rng.uniform(0, 0.027, plan.stops)
    order = np.lexsort((lat, lon))
    stop, arrive, leave, board, alight, sizes = [], [], [], [], [], []
    for _ in range(plan.lines):
        path = rng.integers(0, plan.stops, rng.integers(2, 15))
        on, off = rng.random((2, len(path))) < (1.1 if plan.open else 0.9)
        for start in np.sort(rng.integers(5 * 3600, 30 * 3600, plan.runs)):
            legs = rng.choice([0, 0, 30, 60] if plan.quick else [45, 90, 140, 300], len(path))
            waits = rng.choice([0, 0, 20], len(path))
            reached = start + np.cumsum(legs + waits) - waits
            stop.append(path)
            arrive.append(reached)
            leave.append(reached + waits)
            board.append(on)
            alight.append(off)
            sizes.append(len(path))
    ids = np.array([f"t{number:05d}" for number in range(len(sizes))], dtype=object)
    names = np.array([f"s{number}" for number in range(plan.stops)], dtype=object)
    none = np.zeros(0, np.int32)
    return Feed(
        names, names, lon[order], lat[order], ids, ids, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), np.concatenate(stop).astype(np.int32),
        np.concatenate(arrive).astype(np.int32), np.concatenate(leave).astype(np.int32), np.concatenate(board), np.concatenate(alight), none, none, none,
    )  # fmt: skip


def both(network: Network, departure_min: int, window: int, limit_min: int, extra_s: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds [origin, destination, minute] of some stops by the engine and by Connection Scan, and which stops; ``extra_s``
    lengthens every way to a destination."""
    feed, table = network.feed, network.table
    size = len(feed.stop_id)
    walks = network.walking.legs(feed.lon, feed.lat, feed)
    longer = Legs(walks.ptr, walks.stop, walks.seconds + np.int32(extra_s))
    direct = network.walking.direct(feed.lon, feed.lat, feed.lon, feed.lat)
    origins = np.arange(0, size, max(size // 8, 1))
    ranks = tuple(100 * (rank + 1) / window for rank in range(0, window, 7))
    asked = {"max_rides": 64, "max_time_min": limit_min, "every": True, "threads": 1, "origins": origins}
    found = network.arrays(walks, longer, direct, departure_min, window, ranks, **asked)  # type: ignore[arg-type]
    peer = scan.connections(feed.stop, feed.arrive, feed.leave, feed.board, feed.alight, feed.offsets, size)
    walked = np.where(direct == FAR, scan.NEVER, direct)
    paths, access, egress = (scan.Legs(*one) for one in ((table.foot_ptr, table.foot_to, table.foot_s), walks, longer))
    depart = departure_min * 60 + 60 * np.arange(window)
    expected = np.array([scan.travel_times(peer, paths, access, egress, walked[o], depart, limit_min * 60, o) for o in origins])
    expected = np.where(expected >= scan.NEVER, FAR, expected)
    assert np.array_equal(found.ranks, np.sort(expected, axis=2)[:, :, ::7])
    return found.every, expected, origins


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("window", "limit_min"), [(1, 60), (120, 360), (121, 120), (500, 400), (700, 700)])
def test_both_kernels_agree_on_a_whole_day(seed: int, window: int, limit_min: int) -> None:
    plan = Plan(seed, quick=seed % 3 == 2, runs=60 if seed % 2 else 15, change_min=seed % 2 * 2)
    network = Network.of(timetable(plan), change_time_min=plan.change_min, max_walk_m=400)
    found, expected, _ = both(network, 6 * 60 + 37 * seed, window, limit_min)
    assert np.array_equal(found, expected)
    if window > 1:
        assert (expected < FAR).mean() > 0.5 and len(np.unique(expected)) > 100  # the question is not trivial


@pytest.mark.parametrize("extra_s", [0, 3000, 20_000, 40_000])
def test_long_ways_do_not_run_over(extra_s: int) -> None:
    network = Network.of(timetable(Plan(11)), max_walk_m=300)
    found, expected, _ = both(network, 420, 180, 900, extra_s)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("minutes", [5, 200, 700])
def test_long_changes_do_not_run_over(minutes: float) -> None:
    network = Network.of(timetable(Plan(12)), max_walk_m=300, change_time_min=minutes)
    found, expected, _ = both(network, 300, 240, 800)
    assert np.array_equal(found, expected)


def test_dense_lines_that_overtake() -> None:
    network = Network.of(timetable(Plan(13, stops=20, lines=6, runs=400)), max_walk_m=0)
    found, expected, _ = both(network, 600, 300, 300)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(("window", "limit_min"), [(90, 200), (121, 300), (250, 240)])
def test_arriving_is_a_scan_of_the_timetable_run_backwards(window: int, limit_min: int) -> None:
    network = Network.of(timetable(Plan(14)), max_walk_m=400, change_time_min=1)
    feed, size, by = network.feed, len(network.feed.stop_id), 600
    walks = network.walking.legs(feed.lon, feed.lat, feed)
    direct = network.walking.direct(feed.lon, feed.lat, feed.lon, feed.lat)
    some = np.arange(0, size, 7)
    asked = {"max_rides": 64, "max_time_min": limit_min, "every": True, "parts": True, "direction": "to", "threads": 1, "origins": some}
    answers = network.arrays(walks, walks, direct, by, window, (), **asked)  # type: ignore[arg-type]
    # Calls and footpaths in reverse, moments negative.
    peer = scan.connections(
        feed.stop[::-1], -feed.leave[::-1], -feed.arrive[::-1], feed.alight[::-1], feed.board[::-1], (feed.offsets[-1] - feed.offsets)[::-1], size
    )
    table = network.table
    origin = np.repeat(np.arange(size), np.diff(table.foot_ptr))
    order = np.argsort(table.foot_to, kind="stable")
    paths = scan.Legs(np.searchsorted(table.foot_to[order], np.arange(size + 1)), origin[order], table.foot_s[order])
    legs, depart = scan.Legs(*walks), -60 * (by + np.arange(window))
    walked = np.where(direct == FAR, scan.NEVER, direct)
    for column, destination in enumerate(some):
        times = scan.travel_times(peer, paths, legs, legs, walked[:, destination], depart, limit_min * 60, destination)
        assert np.array_equal(answers.every[:, column], np.where(times >= scan.NEVER, FAR, times))
        assert np.array_equal(answers.parts[:, column, 0], (times < scan.NEVER).sum(axis=1))
        assert np.array_equal(answers.parts[:, column, 1:5].sum(axis=1), np.where(times < scan.NEVER, times, 0).sum(axis=1))


@pytest.mark.parametrize("window", [1, 119, 121, 250])
def test_sums_count_each_minute_of_a_long_window_once(window: int) -> None:
    network = Network.of(timetable(Plan(15)), max_walk_m=400)
    feed = network.feed
    walks = network.walking.legs(feed.lon, feed.lat, feed)
    direct = network.walking.direct(feed.lon, feed.lat, feed.lon, feed.lat)
    found = network.arrays(walks, walks, direct, 600, window, (50,), max_time_min=200, every=True, parts=True, threads=1)
    arrived = found.every < FAR
    assert np.array_equal(found.parts[:, :, 0], arrived.sum(axis=2))
    assert np.array_equal(found.parts[:, :, 1:5].sum(axis=2), np.where(arrived, found.every, 0).sum(axis=2))
    without = network.arrays(walks, walks, direct, 600, window, (50,), max_time_min=200, max_rides=0, every=True, threads=1)
    assert np.array_equal(without.every, np.repeat(direct[:, :, None], window, axis=2))


# -- all pairs of a whole day ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("change_min", [0, 3])
def test_the_profile_of_a_day_says_what_a_scan_of_every_minute_says(seed: int, change_min: float) -> None:
    network = Network.of(timetable(Plan(seed, stops=30, lines=12, runs=25, open=True)), change_time_min=change_min, max_walk_m=500)
    feed, table, size = network.feed, network.table, 30
    walks = network.walking.legs(feed.lon, feed.lat, feed)
    direct = network.walking.direct(feed.lon, feed.lat, feed.lon, feed.lat)
    start, window, ranks = 7 * 3600, 300, np.array([0, 150, 299])
    rides = profile.connections(feed.offsets, feed.stop, feed.arrive, feed.leave)
    made = profile.scan(rides, len(feed.trip_id), size, table.foot_ptr, table.foot_to, table.foot_s, profile.by_stop(walks, size), size)
    found, sums = profile.day_times(made, walks, direct, start, window, ranks)
    peer = scan.connections(feed.stop, feed.arrive, feed.leave, feed.board, feed.alight, feed.offsets, size)
    walked = np.where(direct == FAR, scan.NEVER, direct)
    legs = scan.Legs(*walks)
    paths = scan.Legs(table.foot_ptr, table.foot_to, table.foot_s)
    for o in range(0, size, 5):
        # The profile knows no limit; neither does this scan.
        times = scan.travel_times(peer, paths, legs, legs, walked[o], start + 60 * np.arange(window), 40 * 3600, o)
        expected = np.sort(times, axis=1)[:, ranks]
        assert np.array_equal(np.where(found[o] == FAR, scan.NEVER, found[o]), expected)
        quicker = times < walked[o][:, None]
        assert np.array_equal(sums[o, 0], quicker.sum(axis=1))
        assert np.array_equal(sums[o, 1], np.where(quicker, times, 0).sum(axis=1))
