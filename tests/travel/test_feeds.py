"""On real timetables the engine, Connection Scan and the Dijkstra with its own loader agree."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.travel import oracle
from tests.travel.oracle import Oracle, Walking
from tests.travel.scan import scan_s
from xietong.travel.network import Network

SHARED = Path(__file__).parents[3] / "shared"
BUS = SHARED / "instances" / "gtfs"
RAIL = SHARED / "facts" / "rail" / "gtfs_hsr_2016"

pytestmark = pytest.mark.filterwarnings("ignore::xietong.travel.scenario.Unreached")


def seconds(network: Network, origins: pd.DataFrame, destinations: pd.DataFrame, departure: str, window: int, most: int) -> np.ndarray:
    """Seconds [origin, destination, rank] of all minutes, sorted."""
    every = tuple(100 * (rank + 1) / window for rank in range(window))
    frame = network.matrix(origins, destinations, departure, window, every, most, max_time_min=360)
    values = frame.iloc[:, 2:].to_numpy(dtype=float).reshape(len(origins), len(destinations), window)
    return np.where(np.isnan(values), np.inf, np.round(values * 60))


@pytest.mark.skipif(not RAIL.exists(), reason="the feed is not here")
@pytest.mark.parametrize("walking", [Walking(), Walking(5, 3000, 1.2, 600)])
def test_trains_of_2016(walking: Walking) -> None:
    change = walking.change_s
    assert isinstance(change, int)
    asked = Oracle(oracle.load(RAIL, "2016-03-10"), walking)
    network = Network.from_gtfs(
        RAIL, "2016-03-10", walk_speed_kmh=walking.speed_kmh, max_walk_m=walking.max_m, detour=walking.detour, change_time_min=change / 60, cache=False
    )
    assert sorted(network.feed.trip_id) == sorted(asked.world.trips)
    stops = network.stops.rename(columns={"stop": "id"})
    names = stops["id"].tolist()
    window = 60
    departures = [8 * 3600 + 60 * minute for minute in range(window)]
    scanned = np.sort(scan_s(asked, names, names, departures, 21_600), axis=2)
    assert np.array_equal(seconds(network, stops, stops, "08:00", window, 64), scanned)
    some, few = stops.iloc[::7], departures[:5]
    exact = [asked.travel_s(one, names, few, (1, 2, 64), 21_600) for one in some["id"]]
    for most in (1, 2, 64):
        expected = np.sort([one[most] for one in exact], axis=2)
        assert np.array_equal(seconds(network, some, stops, "08:00", len(few), most), expected)


@pytest.mark.skipif(not BUS.exists(), reason="the feeds are not here")
def test_buses_and_trains_of_porto_alegre() -> None:
    paths = [BUS / "poa_eptc.zip", BUS / "poa_trensurb.zip"]
    network = Network.from_gtfs(paths, "2019-05-13", cache=False)
    worlds = [oracle.load(path, "2019-05-13") for path in paths]
    assert not set(worlds[0].place) & set(worlds[1].place), "ids clash: the oracle would have to tell them apart"
    world = oracle.World(worlds[0].place | worlds[1].place, worlds[0].trips | worlds[1].trips, worlds[0].pairs | worlds[1].pairs)
    assert len(network.feed.trip_id) == len(world.trips)
    with (BUS / "poa_hexgrid.csv").open(encoding="utf-8") as file:
        hexes = list(csv.DictReader(file))[::41]
    points = pd.DataFrame({"id": [row["id"] for row in hexes], **{name: [float(row[name]) for row in hexes] for name in ("lon", "lat")}})
    where = list(zip(points["lon"].tolist(), points["lat"].tolist(), strict=True))
    asked = Oracle(world, Walking())
    departures = [14 * 3600 + 60 * minute for minute in range(120)]
    scanned = np.sort(scan_s(asked, where, where, departures, 21_600), axis=2)
    assert np.array_equal(seconds(network, points, points, "14:00", 120, 64), scanned)
    few = departures[::60]
    exact = asked.travel_s(where[7], where, few, (1, 2, 3, 64), 21_600)
    assert np.array_equal(np.array(exact[64]), scan_s(asked, [where[7]], where, few, 21_600)[0])
    for most, expected in exact.items():
        for column, moment in enumerate(("14:00", "15:00")):
            assert np.array_equal(seconds(network, points.iloc[[7]], points, moment, 1, most)[0, :, 0], [row[column] for row in expected]), most
