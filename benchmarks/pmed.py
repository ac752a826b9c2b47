"""What proving p-medians costs, on OR-Library instances, beside PySAL's ``spopt``.

    python benchmarks/pmed.py DIR [--one NAME ...] [--no-peer] [--peer-nodes N] [--seed S]

DIR holds pmed*.txt and, where the answers are known, optima.csv (instance, p_median_optimum). Distances are shortest paths, every
node is a demand of one and a possible site. Times are CPU seconds of the whole call, without reading and shortest paths; a first
call on a toy, which compiles, is not counted. The peer (spopt with HiGHS, one thread) solves the largest instance of at most
``--peer-nodes`` nodes; its time is that of building its model and solving it. A difference, or an instance that is not proved,
ends in failure.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.sparse.csgraph import shortest_path

from xietong.models.median import Distances, MedianPlan, p_median


def read(path: Path) -> tuple[np.ndarray, int]:
    """Distances between all nodes along the shortest paths, and p. Of an edge given twice the last length holds."""
    numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=float)
    n, edges, p = (int(one) for one in numbers[:3])
    graph = np.zeros((n, n))
    for i, j, length in numbers[3 : 3 + 3 * edges].reshape(edges, 3):
        graph[int(i) - 1, int(j) - 1] = graph[int(j) - 1, int(i) - 1] = length
    return shortest_path(graph, directed=False), p


def solve(distance: np.ndarray, p: int, seed: int) -> tuple[float, MedianPlan]:
    """CPU seconds and the plan."""
    start = time.process_time()
    plan = p_median(Distances.dense(distance), np.ones(len(distance)), p, seed=seed)
    return time.process_time() - start, plan


def peer(distance: np.ndarray, p: int) -> tuple[float, float]:
    """CPU seconds of spopt with HiGHS, and its objective."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt.locate import PMedian

        start = time.process_time()
        model = PMedian.from_cost_matrix(distance, np.ones((len(distance), 1)), p_facilities=p).solve(pulp.HiGHS(msg=False, threads=1))
        return time.process_time() - start, float(model.problem.objective.value())


def known(directory: Path) -> dict[str, float]:
    """Published optima by instance, as far as the directory has them."""
    path = directory / "optima.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as rows:
        return {row["instance"]: float(row["p_median_optimum"]) for row in csv.DictReader(rows)}


def main() -> None:
    """Measure every instance and print a line each, then a summary; ends in failure where an answer differs or is not proved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--one", nargs="*", default=[], help="only these instances")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--peer-nodes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    paths = sorted(asked.directory.glob("pmed*.txt"), key=lambda path: int(re.sub(r"\D", "", path.stem)))
    paths = [path for path in paths if not asked.one or path.stem in asked.one]
    if not paths:
        parser.error(f"{asked.directory} holds no pmed*.txt")
    optima, total, wrong = known(asked.directory), 0.0, []
    solve(np.abs(np.arange(6.0)[:, None] - np.arange(6.0)), 2, 0)
    for path in paths:
        distance, p = read(path)
        seconds, plan = solve(distance, p, asked.seed)
        total += seconds
        line = f"{path.stem}: n {len(distance)}, p {p}, {plan.objective:g}, {plan.status}, {plan.nodes} nodes, {seconds:.2f} CPU s"
        if path.stem in optima:
            line += f", published {optima[path.stem]:g}"
        if plan.status != "proved" or plan.objective != optima.get(path.stem, plan.objective):
            wrong.append(path.stem)
        print(line, flush=True)
    print(f"p-median: {len(paths) - len(wrong)} of {len(paths)} proved and as published in {total:.2f} CPU s")
    if asked.peer:
        wrong += _beside(paths, asked.peer_nodes, asked.seed)
    sys.exit(f"these are not proved, or disagree: {', '.join(wrong)}" if wrong else 0)


def _beside(paths: list[Path], nodes: int, seed: int) -> list[str]:
    """The peer on the largest instance that it is asked for; the instance where the two disagree."""
    sizes = {path: int(path.read_text(encoding="utf-8").split(maxsplit=1)[0]) for path in paths}
    fit = [path for path in paths if sizes[path] <= nodes]
    if not fit:
        return []
    path = max(fit, key=lambda one: sizes[one])
    distance, p = read(path)
    seconds, plan = solve(distance, p, seed)
    other, objective = peer(distance, p)
    print(f"{path.stem}: spopt {objective:g} in {other:.1f} CPU s, ours {plan.objective:g} in {seconds:.3f}: ratio {other / seconds:.0f}x")
    return [path.stem] if abs(objective - plan.objective) > 1e-6 * max(objective, 1) else []


if __name__ == "__main__":
    main()
