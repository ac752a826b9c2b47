"""Bad questions and bad feeds are refused in words, all faults at once, and nothing half-built is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.travel import timetables
from tests.travel.timetables import DATE, Island, country
from xietong.core.errors import DataError, UsageError, XietongError
from xietong.travel.network import Network
from xietong.travel.scenario import Line, Unreached

MADE = country([Island(5, 6, 8, frozenset())])


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return timetables.write(MADE.tables, tmp_path / "feed.zip")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of its own."""
    monkeypatch.setenv("XIETONG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network.from_gtfs(timetables.write(MADE.tables, tmp_path_factory.mktemp("net") / "feed.zip"), DATE, cache=False)


STOPS = MADE.stops[0]


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"percentiles": (5, 101)}, "percentiles"),
        ({"percentiles": (-1,)}, "percentiles"),
        ({"percentiles": (float("nan"),)}, "percentiles"),
        ({"window_min": 0}, "window_min"),
        ({"window_min": 1441}, "window_min"),
        ({"window_min": -5}, "window_min"),
        ({"window_min": 7.5}, "window_min"),
        ({"max_rides": -1}, "max_rides"),
        ({"max_rides": 1.5}, "max_rides"),
        ({"max_time_min": 0}, "max_time_min"),
        ({"max_time_min": float("nan")}, "max_time_min"),
        ({"departure": "25h"}, "departure"),
        ({"departure": "8:75"}, "departure"),
        ({"departure": -1}, "departure"),
        ({"departure": "23:00", "window_min": 1440}, "hours after midnight"),
        ({"direction": "across"}, "direction"),
        ({"departure": "03:00", "direction": "to"}, "midnight"),
        ({"executor": object()}, "dask"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(network: Network, question: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        network.matrix(STOPS, **question)


def test_all_that_is_wrong_with_a_question_is_said_at_once(network: Network) -> None:
    with pytest.raises(UsageError) as refused:
        network.matrix(STOPS, departure="noon", window_min=0, percentiles=(120,), max_rides=-1, max_time_min=0)
    assert all(name in str(refused.value) for name in ("departure", "window_min", "percentiles", "max_rides", "max_time_min"))


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        ([], "empty"),
        (table(lon=[], lat=[]), "empty"),
        (table(lon=[10.0]), "lat"),
        (table(x=[10.0], y=[0.5]), "lon and no column lat"),
        (["nowhere"], "no stop nowhere"),
        (table(id=["sea"], lon=[-30.0], lat=[40.0]), "sea.*km from the nearest stop"),
        (table(id=["swapped"], lon=[0.505], lat=[10.005]), "swapped"),
        (table(id=["void"], lon=[float("nan")], lat=[0.5]), "void"),
        (table(id=["pole"], lon=[10.0], lat=[91.0]), "pole"),
        (table(id=["a", "a"], lon=[10.0, 10.0], lat=[0.5, 0.5]), "twice"),
        (table(id=["alone"], lon=[10.2], lat=[0.5]), "no stop lies within"),
    ],
)
def test_points_that_cannot_be_are_refused(network: Network, origins: Any, said: str) -> None:
    for ends in ((origins, STOPS), (STOPS, origins)):
        with pytest.raises((UsageError, DataError), match=said):
            network.matrix(*ends)


def test_every_point_that_cannot_be_is_named(network: Network) -> None:
    with pytest.raises(DataError) as refused:
        network.matrix(table(id=["a", "b", "c"], lon=[-30.0, 10.005, 999.0], lat=[40.0, 0.505, 0.0]))
    assert len(refused.value.faults) == 2 and "'a'" in str(refused.value) and "'c'" in str(refused.value)


def test_a_point_that_no_stop_serves_is_told_loudly(network: Network) -> None:
    lon, lat = (float(network.stops[name][0]) for name in ("lon", "lat"))
    with pytest.warns(Unreached, match="1 of 2 points"):
        found = network.matrix(table(id=["near", "far"], lon=[lon, lon + 0.1], lat=[lat, lat]), STOPS)
    assert found.loc[found["origin"] == "far", "p50"].isna().all()


@pytest.mark.parametrize(
    "walking",
    [{"walk_speed_kmh": -1}, {"walk_speed_kmh": 0}, {"walk_speed_kmh": float("nan")}, {"max_walk_m": -1}, {"max_walk_m": float("inf")}, {"detour": 0.5}],
)
def test_nobody_walks_like_that(feed: Path, walking: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(walking))):
        Network.from_gtfs(feed, DATE, **walking, cache=False)


@pytest.mark.parametrize("change", [-1, float("nan"), 1e9, {"nowhere": 1}, [1.0, 2.0], "soon"])
def test_nobody_changes_like_that(feed: Path, network: Network, change: Any) -> None:
    with pytest.raises(UsageError, match="change_time_min"):
        Network.from_gtfs(feed, DATE, change_time_min=change, cache=False)
    with pytest.raises(UsageError, match="change_time_min"):
        network.with_(change_time_min=change)


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ({"remove": ["nothing"]}, "nothing"),
        ({"cut_pairs": [("nowhere", STOPS[0])]}, "nowhere"),
        ({"add_lines": [Line("x", (STOPS[0], "nowhere"), (0, 5), (480,))]}, "nowhere"),
        ({"add_lines": [Line("x", (STOPS[0],), (0,), (480,))]}, "two stops"),
        ({"add_lines": [Line("x", (STOPS[0], STOPS[1]), (5, 0), (480,))]}, "decrease"),
        ({"add_lines": [Line("x", (STOPS[0], STOPS[1]), (0, 5), ())]}, "no departure"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(network: Network, scenario: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        network.with_(**scenario)


def test_own_footpaths_must_name_stops_and_minutes(feed: Path) -> None:
    for edges in (
        table(origin=[STOPS[0]]),
        table(origin=[STOPS[0]], destination=["nowhere"], minutes=[1.0]),
        table(origin=[STOPS[0]], destination=[STOPS[1]], minutes=[-1.0]),
    ):
        with pytest.raises(UsageError, match="footpaths"):
            Network.from_gtfs(feed, DATE, footpaths=edges, cache=False)


# -- feeds, and what is kept of them -----------------------------------------------------------------------------------


def kept(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def doubled(tables: timetables.Tables) -> timetables.Tables:
    return {**tables, "stops.txt": [*tables["stops.txt"], tables["stops.txt"][0]]}


def test_a_feed_with_a_stop_twice_is_refused_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(DataError, match=STOPS[0]):
        Network.from_gtfs(timetables.write(doubled(MADE.tables), tmp_path / "twice.zip"), DATE)
    assert not kept(cache)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.99])
def test_a_truncated_zip_is_refused_and_leaves_nothing(feed: Path, cache: Path, share: float) -> None:
    whole = feed.read_bytes()
    feed.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"feed\.zip"):
        Network.from_gtfs(feed, DATE)
    assert not kept(cache)


def test_a_day_outside_the_calendar_is_refused(feed: Path, cache: Path) -> None:
    with pytest.raises(XietongError, match="2024"):
        Network.from_gtfs(feed, "2030-01-01")
    with pytest.raises(XietongError):
        Network.from_gtfs(feed, "someday")
    with pytest.raises(XietongError, match=r"absent\.zip"):
        Network.from_gtfs(feed.with_name("absent.zip"), DATE)
    assert not kept(cache)


def answer(network: Network) -> np.ndarray:
    return network.matrix(STOPS, departure="07:50", window_min=20)[["p5", "p50", "p95"]].to_numpy()


def refuse(*_: Any) -> None:
    raise AssertionError("read again")


def test_what_is_kept_answers_as_what_was_read(feed: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Network.from_gtfs(feed, DATE)
    assert kept(cache)

    with monkeypatch.context() as patched:
        patched.setattr("xietong.io.gtfs.read", refuse)
        again = Network.from_gtfs(feed, DATE)
    assert np.array_equal(answer(fresh), answer(again), equal_nan=True)
    assert again.trips.equals(fresh.trips) and again.stops.equals(fresh.stops)


def test_what_is_kept_follows_the_files(feed: Path, cache: Path) -> None:
    before = answer(Network.from_gtfs(feed, DATE))
    tables = {**MADE.tables, "stop_times.txt": [{**row, "pickup_type": "1"} for row in MADE.tables["stop_times.txt"]]}
    timetables.write(tables, feed)
    assert not np.array_equal(answer(Network.from_gtfs(feed, DATE)), before, equal_nan=True)


@pytest.mark.parametrize("harm", ["empty", "cut", "noise", "absent"])
def test_what_is_kept_and_broken_is_read_again_and_mended(feed: Path, cache: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answer(Network.from_gtfs(feed, DATE))
    for path in kept(cache):
        data = path.read_bytes()
        if harm == "absent":
            path.unlink()
        else:
            path.write_bytes({"empty": b"", "cut": data[: len(data) // 2], "noise": b"\0" * len(data)}[harm])
    assert np.array_equal(answer(Network.from_gtfs(feed, DATE)), expected, equal_nan=True)
    monkeypatch.setattr("xietong.io.gtfs.read", refuse)
    assert np.array_equal(answer(Network.from_gtfs(feed, DATE)), expected, equal_nan=True)


def test_a_cache_that_cannot_be_written_is_no_obstacle(feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("XIETONG_CACHE", str(blocked))
    assert len(answer(Network.from_gtfs(feed, DATE)))
