"""The same question on several machines: a Dask client whose workers share the origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.errors import UsageError
from xietong.kernels.timetable import Answers
from xietong.travel.asking import Points, Window
from xietong.travel.searching import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from xietong.travel.network import Network

PARTS_A_WORKER = 4
"""Tasks for each worker: enough that a slow one does not hold up the rest, and that little is done again when one is lost."""

TRIES = 3


def spread(network: Network, start: Points, end: Points, window: Window, wanted: Wanted, direction: str, client: Any, tick: Callable[[float], None]) -> Answers:
    """Answers as ``Network`` gives them, computed by the workers of ``client``. The network is shipped once to each; the
    work of a lost worker is done again by the others."""
    if not hasattr(client, "scatter") or not hasattr(client, "map"):
        raise UsageError("executor must be a dask.distributed Client (pip install 'xietong[cluster]')")
    from distributed import as_completed

    many = end if direction == "to" else start
    workers = max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    pieces = np.array_split(np.arange(len(many)), min(workers * PARTS_A_WORKER, len(many)))
    found: dict[int, Answers] = {}
    for attempt in range(TRIES):
        missing = [one for one in range(len(pieces)) if one not in found]
        if not missing:
            break
        # What is scattered is lost with its last holder: each try ships the network anew.
        shared = client.scatter((network, start, end, window, wanted, direction), broadcast=True, hash=False)
        running = {client.submit(_piece, shared, pieces[one], pure=False, retries=TRIES): one for one in missing}
        for done in as_completed(list(running)):  # type: ignore[no-untyped-call]
            if done.status == "finished":
                found[running[done]] = done.result()
                tick(len(found) / len(pieces))
            elif attempt == TRIES - 1:
                done.result()  # raises what went wrong
    axis = 1 if direction == "to" else 0
    return Answers(*(np.concatenate([found[one][at] for one in range(len(pieces))], axis=axis if found[0][at].shape[0] else 0) for at in range(3)))


def _piece(shared: tuple[Network, Points, Points, Window, Wanted, str], positions: np.ndarray) -> Answers:
    """One worker's part, on one thread: the workers are what runs side by side."""
    network, start, end, window, wanted, direction = shared
    start, end = (start, end.part(positions)) if direction == "to" else (start.part(positions), end)
    return network._answer(start, end, window, wanted, direction, 1, None, lambda done: None)
