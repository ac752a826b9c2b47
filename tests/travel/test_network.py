"""The timetable engine says what Connection Scan and a time-expanded Dijkstra say, on random timetables.

The random countries hold ten islands each, so that 200 of them are 2,000 timetables.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.travel import oracle, timetables
from tests.travel.case import LIMIT_MIN, MINUTES, UNLIMITED, Case, drawn, sorted_minutes
from tests.travel.oracle import Call, Walking
from tests.travel.timetables import Country, Island, countries, country
from xietong.travel.network import Network

pytestmark = pytest.mark.filterwarnings("ignore::xietong.travel.scenario.Unreached")

ISLANDS = 10


@drawn(200)
@given(countries(ISLANDS))
def test_the_engine_and_both_oracles_agree_on_every_minute(made: Country) -> None:
    case = Case(made)
    exact = case.dijkstra_s((1, 2, 3, UNLIMITED))
    case.same(case.scan_s(), exact[UNLIMITED], "connection scan")
    for most, expected in exact.items():
        case.same(case.engine_s(most), expected, f"engine, at most {most} rides")
    case.same(case.matrix_min(), sorted_minutes(exact[UNLIMITED]), "matrix, sorted minutes")


WALKS = st.builds(Walking, st.sampled_from([1.0, 3.6, 5.0]), st.sampled_from([0, 300, 1200]), st.sampled_from([1.0, 1.4]), st.sampled_from([0, 60, 150]))


@drawn(40)
@given(countries(ISLANDS), WALKS)
def test_they_agree_however_people_walk_and_change(made: Country, walking: Walking) -> None:
    case = Case(made, walking)
    exact = case.dijkstra_s((2, UNLIMITED))
    case.same(case.scan_s(), exact[UNLIMITED], "connection scan")
    for most, expected in exact.items():
        case.same(case.matrix_min(most), sorted_minutes(expected), f"matrix, at most {most} rides")


@drawn(20)
@given(countries(3, [one for one in timetables.TRAITS if one != "transfers"]), st.integers(0, 1000))
def test_own_footpaths_replace_straight_lines(made: Country, seed: int) -> None:
    case, draw = Case(made, Walking(change_s=60)), random.Random(seed)
    pairs = {(draw.choice(stops), draw.choice(stops)): draw.choice((0, 1, 2.5, 20)) for stops in made.stops for _ in range(6)}
    edges = pd.DataFrame([(*pair, minutes) for pair, minutes in pairs.items()], columns=["origin", "destination", "minutes"])
    network = Network.of(case.network.feed, change_time_min=1, footpaths=edges)
    # At a stop itself the change time holds, whatever the edges say.
    case.oracle.footpaths = {stop: {stop: 60} for stop in case.oracle.world.place}
    for (one, two), minutes in pairs.items():
        if one != two:
            case.oracle.footpaths[one][two] = int(minutes * 60) + 60
    for most, expected in case.dijkstra_s((2, UNLIMITED)).items():
        case.same(case.engine_s(most, network=network), expected, f"own footpaths, at most {most} rides")


# -- arriving ----------------------------------------------------------------------------------------------------------


@drawn(30)
@given(countries(2), st.sampled_from([1, 2, UNLIMITED]))
def test_arriving_by_a_minute_is_the_latest_departure_that_a_search_forward_finds(made: Country, most: int) -> None:
    case = Case(replace(made, base_s=made.base_s + 900))
    minutes = (0, MINUTES - 1)
    start, end = case.ends
    found = case.engine_s(most, "to")[:, :, minutes]
    expected = np.full(found.shape, np.inf)
    for (o, one), (d, two), (column, minute) in itertools.product(enumerate(start), enumerate(end), enumerate(minutes)):
        if case.origins[o].strip("sx").split("_")[0] == case.destinations[d].strip("sx").split("_")[0]:  # other islands are out of reach
            expected[o, d, column] = case.oracle.latest_s(one, two, case.departures[minute], most, LIMIT_MIN * 60)
    case.same(found, expected, f"arriving, at most {most} rides")


def backwards(world: oracle.World) -> oracle.World:
    """The world with time running backwards from midnight."""
    trips = {trip: [Call(call.stop, -call.leave, -call.arrive, call.alight, call.board) for call in reversed(calls)] for trip, calls in world.trips.items()}
    return replace(world, trips=trips)


@drawn(60)
@given(countries(ISLANDS))
def test_arriving_is_departing_in_the_mirror(made: Country) -> None:
    case = Case(replace(made, base_s=made.base_s + 900))
    feet = case.oracle.footpaths
    mirror = backwards(case.oracle.world)
    turned: dict[str, dict[str, int]] = {}
    for one, two, took in ((one, two, took) for one, row in feet.items() for two, took in row.items()):
        turned.setdefault(two, {})[one] = took
    calling = oracle.boardings(mirror)
    exact = {most: np.full((len(case.origins), len(case.destinations), MINUTES), np.inf) for most in (1, 2, UNLIMITED)}
    start, end = case.ends
    legs = [case.oracle.legs(one) for one in start]
    for (d, two), (minute, by) in itertools.product(enumerate(end), enumerate(case.departures)):
        ready = {stop: took - by for stop, took in case.oracle.legs(two).items()}
        reached = oracle.reach(mirror, calling, turned, ready, UNLIMITED)
        near = [o for o in range(len(start)) if case.direct[o, d] < np.inf or legs[o].keys() & reached[-1].keys()]
        for most, o in itertools.product(exact, near):
            took = oracle.arrival(reached[most], legs[o], case.direct[o, d] - by) + by
            exact[most][o, d, minute] = took if took <= LIMIT_MIN * 60 else np.inf
    for most, expected in exact.items():
        case.same(case.engine_s(most, "to"), expected, f"engine, arriving, at most {most} rides")
    case.same(case.matrix_min(direction="to"), sorted_minutes(exact[UNLIMITED]), "matrix, arriving")


@drawn(10)
@given(countries(3))
def test_arrive_by_is_the_window_that_ends_there(made: Country) -> None:
    case = Case(made)
    ends = case.table(case.origins), case.table(case.destinations)
    by = case.network.arrive_by(*ends, arrival=case.base_min + 29, window_min=30, max_time_min=120)
    assert by.equals(case.network.matrix(*ends, case.base_min, 30, max_time_min=120, direction="to"))


# -- what does not matter ----------------------------------------------------------------------------------------------


@drawn(25)
@given(countries(ISLANDS), st.integers(0, 100))
def test_the_order_of_rows_changes_nothing(made: Country, seed: int) -> None:
    asked = {"max_rides": 3, "percentiles": (0, 50, 100), "breakdown": True}
    one, two = Case(made), Case(made, tables=timetables.shuffled(made.tables, seed))
    # A pair that transfers.txt names twice would be another matter; these name it once.
    for direction in ("from", "to"):
        frames = [
            case.network.matrix(case.table(case.origins), case.table(case.destinations), "08:00", 30, direction=direction, **asked) for case in (one, two)
        ]
        assert frames[0].equals(frames[1])


@drawn(25)
@given(countries(ISLANDS))
def test_what_stops_and_trips_are_called_changes_nothing(made: Country) -> None:
    renamed = replace(made, change_min={timetables.new_id(stop): minutes for stop, minutes in made.change_min.items()})
    one, two = (
        Case(made),
        Case(replace(renamed, stops=[[timetables.new_id(stop) for stop in stops] for stops in made.stops]), tables=timetables.relabelled(made.tables)),
    )
    asked = {"max_rides": 3, "percentiles": (0, 50, 100), "breakdown": True}
    frames = [case.network.matrix(case.table(case.origins), case.table(case.destinations), "08:00", 30, **asked) for case in (one, two)]
    assert frames[0].iloc[:, 2:].equals(frames[1].iloc[:, 2:])


@drawn(10)
@given(countries(ISLANDS))
def test_two_threads_say_what_one_says(made: Country) -> None:
    case = Case(made)
    ends = case.table(case.origins), case.table(case.destinations)
    frames = [case.network.matrix(*ends, case.base_min, MINUTES, breakdown=True, max_time_min=60, threads=threads) for threads in (1, 2, 3)]
    assert frames[0].equals(frames[1]) and frames[0].equals(frames[2])


# -- what a travel time is made of -------------------------------------------------------------------------------------


@drawn(40)
@given(countries(ISLANDS), st.sampled_from([1, 2, UNLIMITED]))
def test_walk_wait_ride_and_change_make_up_the_total(made: Country, most: int) -> None:
    case = Case(made)
    frame = case.network.matrix(
        case.table(case.origins), case.table(case.destinations), case.base_min, MINUTES, (50,), most, max_time_min=LIMIT_MIN, breakdown=True
    )
    seconds = case.engine_s(most).reshape(len(frame), MINUTES)
    arrived = np.isfinite(seconds)
    mean = np.where(arrived, seconds, 0).sum(axis=1) / np.maximum(arrived.sum(axis=1), 1) / 60
    parts = frame[["walk_min", "wait_min", "ride_min", "change_min"]]
    assert frame["rides"].isna().eq(~arrived.any(axis=1)).all()
    there = arrived.any(axis=1)
    assert (parts[there] >= 0).all(axis=None) and np.allclose(parts[there].sum(axis=1), mean[there], atol=1e-6)
    assert (frame["rides"][there] <= most).all()
    assert (parts["ride_min"][there & (frame["rides"] == 0)] == 0).all()


@drawn(60)
@given(countries(1), st.integers(0, MINUTES - 1))
def test_a_breakdown_is_that_of_a_journey_that_exists(made: Country, minute: int) -> None:
    case = Case(made)
    asked = {"max_rides": 3, "max_time_min": LIMIT_MIN, "breakdown": True, "percentiles": (50,)}
    frame = case.network.matrix(case.table(case.origins), case.table(case.destinations), case.base_min + minute, 1, **asked)
    depart = case.departures[minute]
    for row in frame[frame["p50"].notna()].to_dict("records"):
        one, two = case.at([row["origin"], row["destination"]])
        until = depart + round(row["p50"] * 60)
        parts = tuple(round(row[f"{name}_min"] * 60) for name in ("walk", "wait", "ride", "change"))
        made_of = {(way.rides, way.walk, way.wait, way.ride, way.change) for way in oracle.ways(case.oracle, one, two, depart, 3, until)}
        assert (row["rides"], *parts) in made_of, f"{row}: none of {sorted(made_of)[:5]}; {made.islands}, begin {made.base_s}"


# -- scenarios ---------------------------------------------------------------------------------------------------------


def rebuilt(case: Case, tables: timetables.Tables, change_min: dict[str, float]) -> np.ndarray:
    """Seconds by a network built anew."""
    return Case(replace(case.country, tables=tables, change_min=change_min)).engine_s()


PLAIN = tuple(one for one in timetables.TRAITS if one not in ("frequencies", "neighbours"))


@drawn(30)
@given(countries(3, PLAIN), st.integers(0, 1000))
def test_a_scenario_is_the_network_built_anew(made: Country, seed: int) -> None:
    from xietong.travel.scenario import Line

    case, draw = Case(made), random.Random(seed)
    tables = {name: list(rows) for name, rows in made.tables.items()}
    trips = [row["trip_id"] for row in tables["trips.txt"]]
    removed = draw.sample(trips, min(2, len(trips) - 1))
    tables["trips.txt"] = [row for row in tables["trips.txt"] if row["trip_id"] not in removed]
    tables["stop_times.txt"] = [row for row in tables["stop_times.txt"] if row["trip_id"] not in removed]
    change = {stop: float(draw.choice((0, 1, 3))) for stops in made.stops for stop in stops}
    case.same(case.engine_s(network=case.network.with_(remove=removed)), rebuilt(case, tables, made.change_min), "remove")
    case.same(case.engine_s(network=case.network.with_(change_time_min=change)), rebuilt(case, made.tables, change), "change time")
    stops = tuple(draw.sample(made.stops[0], 3))
    line = Line("new", stops, (0, 2, 5), tuple(made.base_s / 60 + offset for offset in (0, 4, 9.5)))
    for start in line.departures_min:
        trip = f"new{start}"
        tables["trips.txt"].append({"route_id": "r", "service_id": "today", "trip_id": trip})
        for number, (stop, minutes) in enumerate(zip(line.stops, line.minutes, strict=True)):
            when = timetables.clock(int((start + minutes) * 60))
            tables["stop_times.txt"].append({"trip_id": trip, "arrival_time": when, "departure_time": when, "stop_id": stop, "stop_sequence": str(number)})
    together = case.network.with_(remove=removed, add_lines=[line], change_time_min=change)
    case.same(case.engine_s(network=together), rebuilt(case, tables, change), "all at once")
    one_by_one = case.network.with_(change_time_min=change).with_(add_lines=[line]).with_(remove=removed)
    case.same(case.engine_s(network=one_by_one), case.engine_s(network=together), "one by one")
    case.same(case.engine_s(direction="to", network=together), case.engine_s(direction="to", network=one_by_one), "arriving, one by one")


@drawn(30)
@given(countries(3), st.integers(0, 1000))
def test_no_vehicle_runs_between_a_cut_pair(made: Country, seed: int) -> None:
    case, draw = Case(made), random.Random(seed)
    legs = sorted({(one.stop, two.stop) for calls in case.oracle.world.trips.values() for one, two in itertools.pairwise(calls)})
    cut = set(draw.sample(legs, min(3, len(legs))))
    trips: dict[str, list[Call]] = {}
    for trip, calls in case.oracle.world.trips.items():
        pieces = [[calls[0]]]
        for one, two in itertools.pairwise(calls):
            if (one.stop, two.stop) in cut:
                pieces.append([])
            pieces[-1].append(two)
        trips |= {f"{trip}/{number}": piece for number, piece in enumerate(pieces) if len(piece) > 1}
    case.oracle = oracle.Oracle(replace(case.oracle.world, trips=trips), case.walking)
    exact = case.dijkstra_s((2, UNLIMITED))
    for most, expected in exact.items():
        case.same(case.engine_s(most, network=case.network.with_(cut_pairs=sorted(cut))), expected, f"cut, at most {most} rides")


def test_a_country_holds_what_its_traits_say() -> None:
    everything = country([Island(seed, 8, 10, frozenset(timetables.TRAITS)) for seed in range(20)])
    assert all(everything.tables.values()) and everything.change_min
    world = Case(everything).oracle.world
    calls = [call for trip in world.trips.values() for call in trip]
    assert not all(call.board for call in calls) and not all(call.alight for call in calls)
    assert any("@" in trip for trip in world.trips) and any("(-1)" in trip for trip in world.trips)
    assert {"no", "walk", "timed"} <= {str(said) for said in world.pairs.values()}
    assert any(one.leave == two.arrive for trip in world.trips.values() for one, two in itertools.pairwise(trip))
