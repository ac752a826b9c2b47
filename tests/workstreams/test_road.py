"""Road times with motorways, against Dijkstra over places and ends, and the products that hand them on."""

from __future__ import annotations

import heapq
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.regions import second_region, skeleton
from xietong.core.region import Region
from xietong.kernels.sphere import EARTH_KM, unit_vectors
from xietong.workstreams._roads import RoadTimes

PER_KM, START = 1.3, 10.0


def haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    lon1, lat1, lon2, lat2 = map(math.radians, (*one, *other))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


def country(seed: int, places: int = 12) -> tuple[list[tuple[float, float]], RoadTimes]:
    rng = np.random.default_rng(seed)
    at = [(float(lon), float(lat)) for lon, lat in rng.uniform([115, 38], [118, 40], (places, 2))]
    points = unit_vectors(*np.array(at).T)
    return at, RoadTimes(tuple(f"p{n}" for n in range(places)), points, np.full(places, 4.0), PER_KM, START)


def motorways(seed: int, places: int, count: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 1000)
    ends = np.array([rng.choice(places, 2, replace=False) for _ in range(count)])
    columns = {"origin": [f"p{one}" for one in ends[:, 0]], "destination": [f"p{one}" for one in ends[:, 1]]}
    return pd.DataFrame({**columns, "length_km": rng.uniform(20, 200, count), "speed_kmh": 110.0, "built": rng.integers(0, 2, count)})


def dijkstra(at: list[tuple[float, float]], roads: pd.DataFrame, origin: int) -> list[float]:
    edges = [[haversine(one, other) * PER_KM for other in at] for one in at]
    for road in roads[roads["built"] == 1].itertuples():
        one, other = int(road.origin[1:]), int(road.destination[1:])
        edges[one][other] = edges[other][one] = min(edges[one][other], road.length_km / road.speed_kmh * 60)
    best, queue = [math.inf] * len(at), [(0.0, origin)]
    while queue:
        minutes, place = heapq.heappop(queue)
        if minutes < best[place]:
            best[place] = minutes
            for other in range(len(at)):
                heapq.heappush(queue, (minutes + edges[place][other], other))
    return [START + (minutes if place != origin else max(minutes, 4.0 * PER_KM)) for place, minutes in enumerate(best)]


@pytest.mark.parametrize("seed", range(8))
def test_a_trip_takes_the_shortest_way_over_roads_and_motorways(seed: int) -> None:
    at, road = country(seed)
    roads = motorways(seed, len(at), 5)
    found = road.with_motorways(roads)
    places = np.arange(len(at))
    table = found.minutes(places[:, None], places[None, :])
    for origin in places:
        assert table[origin] == pytest.approx(dijkstra(at, roads, int(origin)), rel=1e-9)


@pytest.mark.parametrize("built", [True, False])
def test_within_lists_what_the_matrix_says(built: bool) -> None:
    at, road = country(3)
    found = road.with_motorways(motorways(3, len(at), 5).assign(built=int(built)))
    origins, destinations = np.array([4, 0, 7]), np.array([1, 7, 2, 9])
    i, j, minutes = found.within(origins, destinations, 120.0)
    table = found.minutes(origins[:, None], destinations[None, :])
    assert {(int(a), int(b)) for a, b in zip(i, j, strict=True)} == {(int(a), int(b)) for a, b in np.argwhere(table <= 120)}
    assert minutes == pytest.approx(table[i, j])
    assert (np.lexsort((j, i)) == np.arange(len(i))).all()


def test_minutes_to_points_agree_with_minutes_to_places_that_stand_there() -> None:
    at, road = country(5)
    found = road.with_motorways(motorways(5, len(at), 4).assign(built=1))
    lon, lat = np.array(at).T
    places = np.arange(len(at))
    assert found.minutes_to(lon, lat, places) == pytest.approx(found.minutes(places[:, None], places[None, :]))


def test_a_motorway_that_is_built_shortens_trips_and_lengthens_none(jjj: Region) -> None:
    road = jjj.product("road")
    frame = jjj.table("motorways")
    built = road.with_motorways(frame.assign(built=1))
    place = np.arange(len(jjj.areas.places))
    before, after = (one.minutes(place[:, None], place[None, :]) for one in (road, built))
    assert (after <= before + 1e-9).all() and (after < before - 1).sum() > 100


def test_times_are_by_rail_where_there_is_a_timetable_and_by_road_elsewhere(jjj: Region, tmp_path: Path) -> None:
    assert jjj.provider("times").name == "rail"
    sound = second_region(tmp_path / "sound").load()
    assert sound.provider("times").name == "drive"
    place = np.arange(len(sound.areas.places))
    assert (sound.product("times").minutes(place, place[::-1]) == sound.product("road").minutes(place, place[::-1])).all()


def test_the_example_of_a_motorway_changes_nothing_until_its_ends_are_given(tmp_path: Path) -> None:
    region = skeleton(tmp_path / "twin").load()
    before, after = (region.rail.with_steps(steps).status() for steps in ([], ["motorway:bridge"]))
    assert before.value("minutes", "current") == after.value("minutes", "current")
