"""What the trains of a region cost to ask: stations to stations, a planned line switched on, a whole day, the border.

    python benchmarks/rail.py [--region NAME|DIR] [--as-of DAY] [--runs N]

*Stations*: ``Network.matrix`` from all stations to all stations over 120 departure minutes from 08:00, five percentiles, any
number of rides. *Line*: the same with a planned line added, the scenario included. *Day*: from door to door between all places
for every minute from 06:00 to 22:00, the profile scan that the workstream uses, and the search of ``Network`` on the same
legs for a sample of origins; every second of the sample must agree (exit code 1 otherwise). *Border*: three regimes from loaded
tables to outcomes. CPU seconds of all threads, medians, compiled and warm.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

import xietong
from xietong.core.declare import REGIMES
from xietong.core.errors import XietongError
from xietong.kernels.timetable import FAR
from xietong.workstreams.rail.network import FIRST_MIN, LAST_MIN, Grid, Railway, select

SAMPLE = 5


def cpu(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median CPU seconds of ``work`` after a first run that is not counted, and what it returned last."""
    value, taken = work(), []
    for _ in range(runs):
        start = time.process_time()
        value = work()
        taken.append(time.process_time() - start)
    return median(taken), value


def differing(railway: Railway, seed: int = 0) -> tuple[int, int]:
    """Medians of the day, in seconds, in which scan and search differ on a sample of origins, and how many were compared."""
    minutes = LAST_MIN - FIRST_MIN
    origins = np.sort(np.random.default_rng(seed).permutation(len(railway.direct))[:SAMPLE])
    longest = min(24 * 60, int(np.ceil(railway.direct.max() / 60)))  # nobody rides longer than the road takes
    answers = railway.network.arrays(
        select(railway.access, origins), railway.egress, railway.direct[origins], FIRST_MIN, minutes, (50,), max_rides=64,
        max_time_min=min(longest, 36 * 60 - LAST_MIN),
    )  # fmt: skip
    scanned = np.round(railway.day[0][origins] * 60).astype(np.int64)
    searched = np.where(answers.ranks[:, :, 0] == FAR, scanned, answers.ranks[:, :, 0])
    return int((scanned != searched).sum()), scanned.size


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--region", default="jjj")
    parser.add_argument("--as-of", default=None)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    try:
        region = xietong.load(given.region, given.as_of)
        rail = region.bind("rail").workstream
        region.require(rail)
    except XietongError as error:
        print(error, file=sys.stderr)
        return 2
    data = region.data(rail)
    railway = Railway(data, Grid(data))
    net, stations = railway.network, railway.network.feed.stop_id.tolist()
    print(f"{region.name} on {region.day}: {net!r}, {len(data.places)} places")

    def matrix(network: xietong.Network) -> Any:
        return network.matrix(stations, departure="08:00", window_min=120, max_rides=64)

    taken, _ = cpu(lambda: matrix(net), given.runs)
    print(f"  stations to stations, 120 min   {taken:.2f} CPU s ({1000 * taken / len(stations):.2f} ms an origin)")
    planned = [row for row in data["rail_lines"].to_dict("records") if row["built"] < 0.5 and row["line"] in railway.grid.lines]
    if planned:
        lines = railway.line_trains(planned[0])
        taken, _ = cpu(lambda: matrix(net.with_(add_lines=lines)), given.runs)
        print(f"  the same, {planned[0]['line']} switched on   {taken:.2f} CPU s")
    taken, _ = cpu(lambda: Railway(data, Grid(data)).day, given.runs)
    print(f"  places to places, the whole day {taken:.2f} CPU s")
    wrong, compared = differing(railway)
    print(f"  medians in which scan and search differ   {wrong} of {compared:,}")
    taken, _ = cpu(lambda: [rail.solve(region.data(rail, regime=regime)) for regime in REGIMES], given.runs)
    print(f"  border, three regimes           {taken:.2f} CPU s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
