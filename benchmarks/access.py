"""What access to capacity costs: E2SFCA under three regimes in one pass over the pairs, beside PySAL's ``access`` on fewer pairs.

    python benchmarks/access.py [--pairs 10000000] [--demands 100000] [--sites 2000] [--seed S] [--peer-pairs 1000000] [--runs N]

Points lie around towns in two jurisdictions; closed forbids the pairs that cross, current adds ten minutes to them. Times are CPU
seconds on the built table, weights by distance included, medians; the first call compiles and is not counted. The peer knows no
regimes: it is compared under one, ours timed alike, and both must agree to 1e-9.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.spatial import cKDTree

from xietong.models.access import access, catchment_areas
from xietong.models.pairs import Border, Pairs

REGIMES = ("closed", "current", "open")
STEPS = {10: 1.0, 20: 0.68, 30: 0.22}
"""Luo and Qi (2009), slow decay."""

MINUTES_AWAY = 30.0


def generate(pairs: int, demands: int, sites: int, seed: int) -> Pairs:
    """About ``pairs`` pairs within 30 minutes, between the demands and sites nearest to one another."""
    rng = np.random.default_rng(seed)
    towns = rng.random((max(demands // 500, 2), 2))
    here = (towns[rng.integers(0, len(towns), demands)] + rng.normal(0, 0.05, (demands, 2))) % 1
    there = (towns[rng.integers(0, len(towns), sites)] + rng.normal(0, 0.05, (sites, 2))) % 1
    low, high = 0.0, 1.5
    for _ in range(25):
        radius = (low + high) / 2
        count = cKDTree(here).count_neighbors(cKDTree(there), radius)
        low, high = (radius, high) if count < pairs else (low, radius)
    near = cKDTree(here).sparse_distance_matrix(cKDTree(there), high, output_type="ndarray")

    def border(i: np.ndarray, j: np.ndarray, shut: bool, added_min: float) -> Border:
        crosses = (here[i, 0] < 0.5) != (there[j, 0] < 0.5)
        return Border(crosses & shut, crosses * added_min, np.zeros(len(i)))

    rules = {
        "closed": lambda i, j: border(i, j, True, 0.0),
        "current": lambda i, j: border(i, j, False, 10.0),
        "open": lambda i, j: border(i, j, False, 0.0),
    }
    demand = {"id": range(demands), "weight": rng.integers(1, 3000, demands)}
    supply = {"id": range(sites), "capacity": rng.integers(10, 500, sites)}
    return Pairs.from_times(demand, supply, (near["i"], near["j"], near["v"] / high * MINUTES_AWAY), rules, outside_min=1e3)


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median CPU seconds of ``work``, and what it returned last."""
    taken = []
    value = None
    for _ in range(runs):
        start = time.process_time()
        value = work()
        taken.append(time.process_time() - start)
    return median(taken), value


def peer(pairs: Pairs) -> tuple[float, np.ndarray]:
    """CPU seconds of PySAL's E2SFCA (its tables are built before), and its access by demand."""
    import pandas as pd

    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]  # this script has the peer's name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from access import fca, weights

        demand = pd.DataFrame({"demand": pairs.weight})
        supply = pd.DataFrame({"supply": pairs.capacity})
        cost = pd.DataFrame({"origin": pairs.row, "dest": pairs.index, "cost": pairs.minutes})
        seconds, found = timed(lambda: fca.two_stage_fca(demand, supply, cost, MINUTES_AWAY, demand_index=True, weight_fn=weights.step_fn(STEPS)), 1)
    return seconds, found.reindex(range(len(pairs.weight)), fill_value=0.0).to_numpy()


def compare(pairs: Pairs, runs: int) -> str:
    """Ours and the peer's under one regime; ends the program where they disagree."""
    own, found = timed(lambda: access(pairs, "e2sfca", STEPS), runs)
    other, expected = peer(pairs)
    worst = float(np.abs(found.access - expected).max() / expected.max())
    if worst > 1e-9:
        sys.exit(f"PySAL access disagrees by {worst:.1e}")
    return f"e2sfca, {len(pairs.index):,} pairs, one regime: {own:.4f} CPU s, PySAL access {other:.2f}, agree to {worst:.0e}, ratio {other / own:.0f}x"


def measure(under: list[Pairs], method: str, decay: Any, runs: int) -> tuple[float, Any]:
    """The kernel on regimes that are already put on the table: what ``access`` does after ``Pairs.under``."""
    catchment_areas(under, method, decay or "binary", MINUTES_AWAY)
    return timed(lambda: catchment_areas(under, method, decay or "binary", MINUTES_AWAY), runs)


def main() -> None:
    """Measure and print a line for each method, one for the peer, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument("--demands", type=int, default=100_000)
    parser.add_argument("--sites", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer-pairs", type=int, default=1_000_000, help="0: no peer")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    start = time.process_time()
    pairs = generate(asked.pairs, asked.demands, asked.sites, asked.seed)
    under = [pairs.under(regime) for regime in REGIMES]
    built = time.process_time() - start
    times = {}
    for method, decay in (("2sfca", None), ("e2sfca", STEPS), ("e2sfca", "gaussian"), ("3sfca", STEPS)):
        name = method if decay is None else f"{method} {decay if isinstance(decay, str) else 'steps'}"
        times[name], found = measure(under, method, decay, asked.runs)
        shared = max(abs(float(pairs.weight @ one.access) / one.reachable - 1) for one in found)
        print(f"{name}: {times[name]:.3f} CPU s for three regimes; sum(demand x access) = reachable capacity to {shared:.0e}")
    if asked.peer_pairs:
        demands = max(asked.demands * asked.peer_pairs // asked.pairs, 100)
        print(compare(generate(asked.peer_pairs, demands, asked.sites, asked.seed), asked.runs))
    size = f"{asked.demands:,} demands x {asked.sites:,} sites, {len(pairs.index):,} pairs"
    print(f"access, {size}, three regimes: e2sfca {times['e2sfca steps']:.3f} CPU s (table built in {built:.1f}); {asked.runs} runs")


if __name__ == "__main__":
    main()
