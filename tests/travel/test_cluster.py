"""Workers of a cluster say what one process says, and the loss of one loses nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kernels.test_timetable import Plan, timetable
from xietong.travel.network import Network

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

ASKED: dict[str, Any] = {"departure": "09:00", "window_min": 60, "max_rides": 4, "breakdown": True}

# What the cluster's own machinery warns of when a worker dies is not ours.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.of(timetable(Plan(3, stops=200, lines=150, runs=60)), max_walk_m=400)  # a worker's piece takes some tenths of a second


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers, each a process of its own, on a free port."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made


@pytest.mark.parametrize("direction", ["from", "to"])
def test_a_cluster_says_what_one_process_says(network: Network, cluster: Any, direction: str) -> None:
    stops = network.feed.stop_id.tolist()
    with distributed.Client(cluster) as client:
        shared = network.matrix(stops[:20], stops, direction=direction, **ASKED, executor=client)
        assert shared.equals(network.matrix(stops[:20], stops, direction=direction, **ASKED))
        one = network.matrix(stops[:1], stops[:1], **ASKED, executor=client)
        assert one.equals(network.matrix(stops[:1], stops[:1], **ASKED))


def test_the_loss_of_a_worker_loses_nothing(network: Network, cluster: Any) -> None:
    stops = network.feed.stop_id.tolist()
    lost: list[int] = []
    told: list[float] = []

    def kill_one(done: float) -> None:
        told.append(done)
        if not lost:
            lost.append(next(iter(cluster.workers.values())).pid)
            os.kill(lost[0], signal.SIGKILL)

    with distributed.Client(cluster) as client:
        shared = network.matrix(stops, stops, **ASKED, executor=client, progress=kill_one)
    assert lost and told[-1] == 1 and told == sorted(told)
    assert shared.equals(network.matrix(stops, stops, **ASKED))
