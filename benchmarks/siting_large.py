"""How near to the best plan a p-median of the size of a region comes, and in what time and memory.

    python benchmarks/siting_large.py [--demands N] [--sites M] [--p P] [--spread clustered|uniform] [--seed S] [--effort E]
    python benchmarks/siting_large.py --all

Points in a square of 500 x 500 km: demands scattered around towns of very different sizes (``clustered``) or anywhere
(``uniform``), with weights of people; sites drawn from the same distribution; straight lines in km. The gap is against a lower
bound that holds for the whole table, though only lists of near sites are read. CPU and wall seconds of the whole call, after a
first one on a toy, which compiles; the largest resident memory of the process. The objective is counted again, by a k-d tree.
``--all`` runs the two sizes that docs/performance.md tells of.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.spatial import cKDTree

from xietong.models.median import Distances, p_median

SIDE_KM = 500.0
SIZES = ((20_000, 2_000, 150), (100_000, 10_000, 500))


def points(count: int, centres: np.ndarray, share: np.ndarray, rng: np.random.Generator, clustered: bool) -> np.ndarray:
    """Points [count, 2] in km."""
    if not clustered:
        return rng.random((count, 2)) * SIDE_KM
    town = rng.choice(len(centres), count, p=share)
    return np.clip(centres[town] + rng.normal(0, 1, (count, 2)) * rng.gamma(2.0, 6.0, (count, 1)), 0, SIDE_KM)


def measure(demands: int, sites: int, p: int, clustered: bool, seed: int, effort: float) -> str:
    """One line about one size; ends the program where the objective does not add up."""
    rng = np.random.default_rng(seed)
    centres = rng.random((max(sites // 100, 5), 2)) * SIDE_KM
    share = rng.pareto(1.2, len(centres)) + 0.2
    share /= share.sum()
    demand, site = points(demands, centres, share, rng, clustered), points(sites, centres, share, rng, clustered)
    weight = np.round(rng.lognormal(6, 1, demands)) + 1
    cpu, wall = time.process_time(), time.perf_counter()
    plan = p_median(Distances.euclidean(demand, site), weight, p, effort=effort, seed=seed)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    again = float(weight @ cKDTree(site[plan.sites]).query(demand)[0])
    if len(plan.sites) > p or abs(again - plan.objective) > 1e-9 * again or plan.bound > plan.objective * (1 + 1e-9):
        sys.exit(f"the plan does not add up: {plan.objective} told, {again} counted, bound {plan.bound}, {len(plan.sites)} sites")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    gap = (plan.objective - plan.bound) / plan.objective
    return (
        f"{demands:,} demands x {sites:,} sites, p = {p}, {'clustered' if clustered else 'uniform'}, seed {seed}: mean {plan.objective / weight.sum():.3f} km, "
        f"gap {gap:.3%} ({plan.status}), {plan.nodes} nodes, {plan.iterations} iterations; {cpu:.1f} CPU s, {wall:.1f} s on the clock, {memory:.2f} GB at most"
    )


def main() -> None:
    """Measure and print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demands", type=int, default=20_000)
    parser.add_argument("--sites", type=int, default=2_000)
    parser.add_argument("--p", type=int, default=150)
    parser.add_argument("--spread", choices=("clustered", "uniform"), default="clustered")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effort", type=float, default=1.0)
    parser.add_argument("--all", action="store_true", help="the two sizes of docs/performance.md")
    asked = parser.parse_args()
    if not 1 <= asked.p <= asked.sites or asked.demands < 1:
        parser.error("give at least one demand, and p from 1 to the number of sites")
    toy = np.random.default_rng(0).random((50, 2))
    p_median(Distances.euclidean(toy, toy[:20]), np.ones(50), 3)
    for size in SIZES if asked.all else ((asked.demands, asked.sites, asked.p),):
        print(measure(*size, asked.spread == "clustered", asked.seed, asked.effort), flush=True)


if __name__ == "__main__":
    main()
