"""Levels of warning for runs of consecutive bad days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

Alternative = tuple[int, Sequence[tuple[float, float]]]
"""A level (> 0) and conditions (threshold, days) that must all hold for it: so many days of a run above the threshold."""


def run_levels(value: np.ndarray, ordinal: np.ndarray, alternatives: Iterable[Alternative]) -> np.ndarray:
    """For each day the level of the run that it belongs to, 0 outside runs: the highest of which an alternative is met.

    ``value`` [day] is compared with thresholds, ``ordinal`` [day] numbers the days (ascending; a gap ends a run). A run is
    a stretch of consecutive days above the lowest threshold; it is under one level from its first day to its last.
    """
    alternatives = list(alternatives)
    found = np.zeros(len(value), dtype=int)
    lowest = min((threshold for _, conditions in alternatives for threshold, _ in conditions), default=np.inf)
    bad = value > lowest
    run = np.cumsum(np.concatenate([[True], (np.diff(ordinal) != 1) | ~bad[1:] | ~bad[:-1]])) if len(value) else np.array([], dtype=int)
    for one in np.unique(run[bad]):
        inside = bad & (run == one)
        met = [level for level, conditions in alternatives if all((value[inside] > threshold).sum() >= days for threshold, days in conditions)]
        found[inside] = max(met, default=0)
    return found
