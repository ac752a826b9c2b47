"""Spatial access to capacity."""

from __future__ import annotations

import numpy as np


def e2sfca(demand: np.ndarray, capacity: np.ndarray, i: np.ndarray, j: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Enhanced two-step floating catchment area: capacity per unit of demand that each demand point can reach.

    ``demand`` [n], ``capacity`` [m]; pairs (``i``, ``j``) with distance-decay ``weight`` in [0, 1] (and any share of the
    capacity that is open to the demand point). Invariant: sum(demand * access) = capacity that anyone can reach.
    Luo and Qi, Health & Place 15 (2009), 1100-1107.
    """
    crowd = np.bincount(j, weights=demand[i] * weight, minlength=len(capacity))
    ratio = np.divide(capacity, crowd, out=np.zeros(len(capacity)), where=crowd > 0)
    return np.bincount(i, weights=ratio[j] * weight, minlength=len(demand))
