"""Odd arguments: NumPy's numbers count, tables are read by name, and what cannot be is refused in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import xietong
from tests.travel.test_empty import two_stops
from xietong.core.errors import UsageError

LINE = xietong.Line("L", ("a", "b"), (0, 5), (480,))
FAR_AWAY = pd.DataFrame({"lon": [10.05], "lat": [50.02]})


def test_numbers_of_numpy_are_numbers() -> None:
    network = two_stops()
    plain = network.matrix(["a"], ["b"], departure=450, window_min=31, percentiles=(5, 50), max_time_min=100)
    same = network.matrix(["a"], ["b"], departure=np.int64(450), window_min=np.int64(31), percentiles=np.array([5, 50]), max_time_min=np.float32(100))
    pd.testing.assert_frame_equal(plain, same)
    assert network.matrix(["a"], ["b"], departure=450, percentiles=50).columns[-1] == "p50"


def test_a_series_of_change_times_goes_by_stop() -> None:
    network = two_stops().with_(change_time_min=pd.Series([7, 3], index=["b", "a"]))
    assert network.stops.set_index("stop")["change_min"].to_dict() == {"a": 3, "b": 7}


def test_trips_keep_names_of_their_own() -> None:
    network = two_stops().with_(add_lines=[LINE]).with_(add_lines=[LINE, LINE])
    assert network.feed.trip_id.tolist()[1:] == ["L@08:00.00", "L@08:00.00/2", "L@08:00.00/3"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda net: net.isochrone(FAR_AWAY),
        lambda net: net.journeys(FAR_AWAY, "b"),
        lambda net: net.audit(FAR_AWAY),
        lambda net: net.audit(["a", "b"], sample=0),
        lambda net: net.matrix(None, ["b"]),
        lambda net: net.matrix([[116, 39.9]], ["b"]),
        lambda net: net.matrix(pd.DataFrame({"lon": ["x"], "lat": ["y"]}), ["b"]),
        lambda net: net.matrix(["a"], ["b"], departure="²:00"),
        lambda net: net.matrix(["a"], ["b"], percentiles="50"),
        lambda net: net.matrix(["a"], ["b"], max_rides=2**70),
        lambda net: net.matrix(["a"], ["b"], threads="2"),
        lambda net: net.arrive_by(["a"], ["b"], arrival=540.5),
        lambda net: net.with_(change_time_min={"a": "soon"}),
        lambda net: net.with_(add_lines=[xietong.Line("L", ("a", "b"), (0, float("nan")), (480,))]),
        lambda net: net.with_(add_lines=[xietong.Line("L", ("a", "b"), (0, 5), (1e9,))]),
        lambda net: xietong.Network.of(net.feed, walk_speed_kmh=1e-7),
        lambda net: xietong.Network.of(net.feed, footpaths=pd.DataFrame({"origin": ["a"], "destination": ["b"], "minutes": [1e9]})),
        lambda net: xietong.Network.of(net.feed, footpaths=pd.DataFrame({"origin": ["a"], "destination": ["b"], "minutes": ["x"]})),
    ],
)
def test_what_cannot_be_is_refused_in_words(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError):
        ask(two_stops())
