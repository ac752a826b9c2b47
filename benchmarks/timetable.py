"""What travel times by timetable cost: our engine beside a plain Connection Scan, on the same question in the same run.

    python benchmarks/timetable.py FEED... [--hexes FILE] [--date D] [--departure 14:00] [--window 120] [--origins N]

All points to all points (``--hexes``: a CSV with lon and lat; without it, the stops), every departure minute of the window,
five percentiles, any number of rides. Ours is ``Network.matrix`` as a user calls it, its table of answers included. The peer
(``xietong.kernels.connection_scan``) is asked from a seeded sample of origins: the same walks, the same percentiles, whole
scan for each departure minute. Every departure minute and every destination of the sample is compared; a cell in which the
two differ is a mismatch, and the exit code says so. Times are CPU seconds of one core, medians; memory is the peak of the process.
Compiling is told apart: a first process with empty caches, and a second one.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from xietong.core.errors import XietongError
from xietong.io import gtfs
from xietong.kernels import connection_scan as scan
from xietong.kernels.timetable import FAR
from xietong.travel.asking import points
from xietong.travel.network import Network

PERCENTILES = (5, 25, 50, 75, 95)
START = "first question from"


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median CPU seconds of ``work``, and what it returned last."""
    taken, value = [], None
    for _ in range(runs):
        start = time.process_time()
        value = work()
        taken.append(time.process_time() - start)
    return median(taken), value


def peak_mb() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024) / (1024 if sys.platform == "darwin" else 1)


def read_points(file: str | None, network: Network) -> Any:
    """The points asked about: rows of a CSV with lon and lat (and id), or all stops."""
    if file is None:
        return network.feed.stop_id.tolist()
    import pandas as pd

    with Path(file).open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    frame = pd.DataFrame(rows)
    return frame.assign(lon=frame["lon"].astype(float), lat=frame["lat"].astype(float))


# -- the peer ----------------------------------------------------------------------------------------------------------


class Peer:
    """Plain Connection Scan on the trips and the walks of a network."""

    def __init__(self, network: Network, where: Any, departure_s: int, window: int, limit_s: int) -> None:
        feed, table = network.feed, network.table
        self.connections = scan.connections(feed.stop, feed.arrive, feed.leave, feed.board, feed.alight, feed.offsets, len(feed.stop_id))
        self.footpaths = scan.Legs(table.foot_ptr, table.foot_to, table.foot_s)
        self.points = points(where, feed, "points")
        walks = network.walking.legs(self.points.lon, self.points.lat, feed)
        self.walks = scan.Legs(*walks)
        self.depart = departure_s + 60 * np.arange(window)
        self.walking, self.limit_s = network.walking, limit_s

    def direct(self, origins: np.ndarray) -> np.ndarray:
        """Seconds [origin, destination] on foot."""
        return self.walking.direct(self.points.lon[origins], self.points.lat[origins], self.points.lon, self.points.lat)

    def seconds(self, origin: int, direct: np.ndarray) -> np.ndarray:
        """Seconds [destination, departure] from one origin."""
        walked = np.where(direct == FAR, scan.NEVER, direct)
        return scan.travel_times(self.connections, self.footpaths, self.walks, self.walks, walked, self.depart, self.limit_s, origin)


def compare(network: Network, peer: Peer, found: Any, sample: np.ndarray, asked: argparse.Namespace, rows: np.ndarray | None = None) -> tuple[float, int, int]:
    """CPU seconds of the peer for an origin, the cells (departure minute or percentile) in which the two differ, and the cells.

    ``found`` holds the matrix from the points ``rows`` (default: the first ones).
    """
    direct = peer.direct(sample)
    here = type(network.walking.legs(peer.points.lon[:1], peer.points.lat[:1], network.feed))
    every = network.arrays(
        here(*_rows(peer.walks, sample)), here(*peer.walks), direct, asked.departure, asked.window, (), max_rides=asked.max_rides,
        max_time_min=asked.max_time, every=True, threads=1,
    ).every  # fmt: skip
    size = len(peer.points)
    place = np.arange(len(found) // size) if rows is None else rows
    ranked = found[[f"p{p}" for p in PERCENTILES]].to_numpy().reshape(-1, size, len(PERCENTILES))
    taken, wrong, cells = [], 0, 0
    for row, origin in enumerate(sample):

        def work(origin: int = int(origin), row: int = row) -> tuple[np.ndarray, np.ndarray]:
            seconds = peer.seconds(origin, direct[row])
            return seconds, scan.percentiles(seconds, PERCENTILES)

        if row == 0:
            work()  # compiled, or loaded from the cache
        cpu, (seconds, expected) = timed(work, 1)
        taken.append(cpu)
        wrong += int((np.where(seconds >= scan.NEVER, FAR, seconds) != every[row]).sum())
        wrong += int((~np.isclose(np.nan_to_num(ranked[np.searchsorted(place, origin)], nan=np.inf), expected, rtol=1e-6, atol=0)).sum())
        cells += seconds.size + expected.size
    return float(np.mean(taken)), wrong, cells


def _rows(legs: scan.Legs, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Some rows of CSR."""
    at = np.concatenate([np.arange(legs.ptr[row], legs.ptr[row + 1]) for row in rows])
    return np.cumsum([0, *(legs.ptr[rows + 1] - legs.ptr[rows])]), legs.stop[at], legs.seconds[at]


# -- starting ----------------------------------------------------------------------------------------------------------


def start(arguments: Sequence[str], caches: str) -> tuple[float, float]:
    """CPU seconds of a process from nothing to its first answer, and of the first answer in it."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": f"{caches}/numba", "XIETONG_CACHE": f"{caches}/xietong"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, __file__, *arguments, "--start"], env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"a fresh process ended with {done.returncode}: {done.stderr.strip()}")
    answer = next(line for line in done.stdout.splitlines() if line.startswith(START))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, float(answer.split()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", nargs="+", metavar="FEED", help="GTFS, a zip or a folder")
    parser.add_argument("--hexes", metavar="FILE", help="a CSV with columns lon and lat (and id); default: the stops")
    parser.add_argument("--date", help="default: the weekday with the most trips")
    parser.add_argument("--departure", default="14:00")
    parser.add_argument("--window", type=int, default=120, help="departure minutes")
    parser.add_argument("--walk-speed", type=float, default=3.6, help="km/h")
    parser.add_argument("--max-walk", type=float, default=600, help="metres")
    parser.add_argument("--max-rides", type=int, default=64, help="Connection Scan knows no limit: this is none")
    parser.add_argument("--max-time", type=float, default=360, help="minutes; what takes longer is unreachable, to both")
    parser.add_argument("--origins", type=int, help="ask from the first so many points only")
    parser.add_argument("--sample", type=int, default=20, help="origins from which Connection Scan is asked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-start", action="store_true", help="do not measure fresh processes")
    parser.add_argument("--start", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sample < 1 or asked.runs < 1 or (asked.origins is not None and asked.origins < 1):
        parser.error("--sample, --runs and --origins must be 1 or more")
    try:
        sys.exit(measure(asked))
    except XietongError as error:
        sys.exit(f"timetable: {error}")


def measure(asked: argparse.Namespace) -> int:
    """Print all figures; 1 where the two disagree."""
    date = asked.date or gtfs.busiest_weekday(asked.feeds)
    walk = {"walk_speed_kmh": asked.walk_speed, "max_walk_m": asked.max_walk}
    began = time.process_time()
    network = Network.from_gtfs(asked.feeds, date, **walk, cache=asked.start)
    built = time.process_time() - began
    where = read_points(asked.hexes, network)
    origins = where[: asked.origins] if asked.origins else where
    question = {"percentiles": PERCENTILES, "max_rides": asked.max_rides, "max_time_min": asked.max_time, "threads": asked.threads}

    def ask(origins: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # points that no stop serves are part of any grid
            return network.matrix(origins, where, asked.departure, asked.window, **question)

    first, _ = timed(lambda: ask(origins[:1]), 1)
    if asked.start:
        print(f"{START} {len(where)} points, CPU s: {first:.3f}")
        return 0
    cpu, found = timed(lambda: ask(origins), asked.runs)
    memory = peak_mb()
    hours, minutes = asked.departure.split(":")
    peer = Peer(network, where, int(hours) * 3600 + int(minutes) * 60, asked.window, round(asked.max_time * 60))
    sample = np.sort(np.random.default_rng(asked.seed).permutation(len(origins))[: asked.sample])
    other, wrong, cells = compare(network, peer, found, sample, asked)
    own = cpu / len(origins)
    print(f"{network}, {len(peer.connections.leave):,} connections; read and built in {built:.2f} CPU s")
    print(
        f"{len(origins)} origins x {len(where)} destinations, {asked.departure} + {asked.window} min, {len(PERCENTILES)} percentiles, {asked.threads} thread(s):"
    )
    print(f"  engine                {own * 1000:8.2f} CPU ms an origin ({cpu:.2f} CPU s, median of {asked.runs} runs; peak memory {memory:.0f} MB)")
    print(f"  Connection Scan       {other * 1000:8.2f} CPU ms an origin ({len(sample)} origins), ratio {other / own:.1f}x")
    print(f"  mismatches of cells   {wrong} of {cells:,} (all departure minutes, percentiles and destinations of the sample)")
    if not asked.no_start:
        with tempfile.TemporaryDirectory() as caches:
            arguments = [*asked.feeds, "--date", date, *(["--hexes", asked.hexes] if asked.hexes else []), "--departure", asked.departure]
            runs = [start(arguments, caches) for _ in range(3)]
        again = runs[1:]
        print(f"  first start           {runs[0][0]:8.2f} CPU s to the first answer (compiling and reading; first question {runs[0][1]:.2f})")
        print(f"  second start          {median(one for one, _ in again):8.2f} CPU s (first question {median(one for _, one in again):.2f})")
    return 1 if wrong else 0


if __name__ == "__main__":
    main()
