"""A network may lose every trip: it still answers, and a line added to it runs."""

from __future__ import annotations

import numpy as np

import xietong
from xietong.io.gtfs import Feed


def two_stops() -> xietong.Network:
    """One train from a to b, 08:00 to 08:10."""
    text, whole, flag = (lambda *x: np.array(x, dtype=object)), (lambda *x: np.array(x, np.int32)), (lambda *x: np.array(x, bool))
    feed = Feed(
        text("a", "b"), text("A", "B"), np.array([10.0, 10.1]), np.array([50.0, 50.0]), text("t"), text("T"), np.array([0, 2]), whole(0, 1),
        whole(28800, 29400), whole(28800, 29400), flag(1, 1), flag(1, 1), whole(), whole(), whole(),
    )  # fmt: skip
    return xietong.Network.of(feed)


def test_a_network_that_lost_every_trip_still_answers() -> None:
    network = two_stops()
    assert network.matrix(["a"], ["b"], departure="07:30", window_min=31, percentiles=(0,))["p0"].item() == 10
    for empty in (network.with_(cut_pairs=[("a", "b")]), network.with_(remove=["T"]), network.with_(remove=["t"]).with_(cut_pairs=[("a", "b")])):
        for direction in ("from", "to"):
            assert empty.matrix(["a"], ["b"], departure="07:30", direction=direction)["p50"].isna().all()
        assert empty.trips.empty and empty.journeys("a", "b") == [] and empty.audit(["a", "b"])[0] == 0
        again = empty.with_(add_lines=[xietong.Line("L", ("a", "b"), (0, 5), (480,))])
        assert again.matrix(["a"], ["b"], departure="07:30", window_min=31, percentiles=(0,))["p0"].item() == 5
