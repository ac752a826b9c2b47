"""Agreement among several versions of the same records, field by field."""

from __future__ import annotations

import numpy as np

UNKNOWN = -1
"""The code of a value that is unknown or missing; it agrees with nothing, not even with another unknown."""


def codes(values: np.ndarray) -> np.ndarray:
    """Whole numbers that are equal exactly where ``values`` (any shape; numbers or texts) are; NaN, None and "" are UNKNOWN."""
    values = np.asarray(values)
    known = (
        ~np.isnan(values)
        if values.dtype.kind == "f"
        else np.array([one not in (None, "") and one == one for one in values.flat], dtype=bool).reshape(values.shape)
    )
    found = np.full(values.shape, UNKNOWN)
    if known.any():
        found[known] = np.unique(values[known].astype(float if values.dtype.kind == "f" else str), return_inverse=True)[1]
    return found


def with_majority(versions: np.ndarray) -> np.ndarray:
    """Where a version holds the value that more than half of all versions hold: [version, record] of ``codes``.

    Where no value has such a majority, no version is with it.
    """
    versions = np.asarray(versions)
    same = (versions[:, None, :] == versions[None, :, :]) & (versions[:, None, :] != UNKNOWN)
    return np.asarray(2 * same.sum(axis=1) > len(versions))
