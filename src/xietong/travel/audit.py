"""The same question answered by a plain Connection Scan, which shares nothing with the search but the arrays it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xietong.kernels import connection_scan as plain
from xietong.kernels.timetable import FAR, Legs
from xietong.travel.asking import Window
from xietong.travel.searching import Wanted

if TYPE_CHECKING:
    from xietong.travel.network import Network

MANY_RIDES = 64
"""A plain scan does not count rides: the search is allowed more than any journey has."""


def mismatches(network: Network, window: Window, access: Legs, egress: Legs, direct: np.ndarray, origins: np.ndarray) -> tuple[int, int]:
    """How many travel times (of how many) differ, over all departure minutes and destinations of some ``origins``."""
    feed, table = network.feed, network.table
    found = network._search(window, access, egress, direct, Wanted(every=True), "from", 1, lambda done: None, origins).every
    scan = plain.connections(feed.stop, feed.arrive, feed.leave, feed.board, feed.alight, feed.offsets, len(feed.stop_id))
    paths = plain.Legs(table.foot_ptr, table.foot_to, table.foot_s)
    departures = window.start_s + 60 * np.arange(window.minutes)
    wrong = 0
    for row, origin in enumerate(origins):
        on_foot = np.where(direct[origin] == FAR, plain.NEVER, direct[origin])
        expected = plain.travel_times(scan, paths, plain.Legs(*access), plain.Legs(*egress), on_foot, departures, window.limit_s, int(origin))
        wrong += int((np.where(found[row] == FAR, plain.NEVER, found[row]) != expected).sum())
    return wrong, found.size
