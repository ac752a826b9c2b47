"""The search over many origins: blocks of the window, threads, progress."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from xietong.core.errors import UsageError
from xietong.kernels.timetable import CHUNK, PARTS, Answers, Legs, Timetable, new_labels, new_parts, travel_times
from xietong.travel.asking import Window, number
from xietong.travel.compiling import blocks

Array = np.ndarray
ORIGINS = 8
"""Origins that a thread takes at a time: progress is told, and a user's stop is heeded, between them."""

BLOCK_MIN = 128
"""Minutes that are searched together, at most: labels of more do not stay in the cache."""


class Wanted(NamedTuple):
    """What is asked for beside percentiles: every minute's travel time, and what the times are made of."""

    every: bool = False
    parts: bool = False


NOTHING_MORE = Wanted()


def search(
    table: Timetable, window: Window, access: Legs, egress: Legs, direct: Array, wanted: Wanted = NOTHING_MORE, threads: int | None = None,
    tick: Callable[[float], None] = lambda done: None, origins: Array | None = None,
) -> Answers:  # fmt: skip
    """Travel times in seconds from every origin (or those at positions ``origins``) to every destination; see Answers."""
    rows = np.arange(len(access.ptr) - 1, dtype=np.int64) if origins is None else np.asarray(origins, dtype=np.int64)
    destinations = len(egress.ptr) - 1
    block, inf, dtype = _precision(table, window, egress)
    arrive, leave = blocks(table, window.start_s, window.minutes, block, inf, dtype)
    ranks = window.ranks
    size = len(rows)
    answers = Answers(
        np.empty((size if len(ranks) else 0, destinations, len(ranks)), np.int32),
        np.empty((size if wanted.every else 0, destinations, window.minutes), np.int32),
        np.zeros((size if wanted.parts else 0, destinations, len(PARTS)), np.int64),
    )

    def work(first: int) -> None:
        here = slice(first, min(first + ORIGINS, size))
        labels, parts = room.pop() if room else _room(table, block, dtype, wanted.parts)
        travel_times(
            table, arrive, leave, labels, parts, access, egress, direct, rows[here], window.minutes, window.max_rides, window.limit_s, inf, ranks,
            Answers(*(one[here] for one in answers)),
        )  # fmt: skip
        room.append((labels, parts))

    room: list[Any] = []
    starts = range(0, size, ORIGINS)
    if threads is not None and (not number(threads) or threads < 1):
        raise UsageError(f"threads is {threads!r}; it must be 1 or more, or None for all cores")
    workers = min(int(threads or os.cpu_count() or 1), len(starts))
    if workers <= 1:
        for first in starts:
            work(first)
            tick(min(first + ORIGINS, size) / size)
        return answers
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(work, first) for first in starts]
        try:
            for position, one in enumerate(running):
                one.result()
                tick((position + 1) / len(running))
        except BaseException:
            for one in running:
                one.cancel()
            raise
    return answers


def _room(table: Timetable, block: int, dtype: Any, parts: bool) -> tuple[Any, Any]:
    return new_labels(table, block, dtype), new_parts(table, block) if parts else None


def _precision(table: Timetable, window: Window, egress: Legs) -> tuple[int, int, Any]:
    """Minutes of a block, the number that means never, and the type of labels: 16 bits where block, longest trip and the
    longest leg that may be added fit, otherwise 32."""
    legs = egress.seconds[egress.seconds <= window.limit_s]
    longest = max(int(table.foot_s.max(initial=0)), int(legs.max(initial=0)))
    for size in (BLOCK_MIN, BLOCK_MIN // 2, BLOCK_MIN // 4):
        inf = np.iinfo(np.int16).max - longest
        if window.limit_s + 60 * size < inf:
            return _even(window.minutes, size), inf, np.int16
    return _even(window.minutes, BLOCK_MIN), np.iinfo(np.int32).max - longest - 1, np.int32


def _even(minutes: int, most: int) -> int:
    """Minutes of a block, in whole chunks, so that all blocks are about alike; what is too much is not looked at."""
    count = -(-minutes // most)
    return -(-minutes // (count * CHUNK)) * CHUNK
