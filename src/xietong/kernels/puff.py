"""A Gaussian puff between spread-out sources and receptors when the wind is unknown, hence the same in all directions.

A puff of horizontal width L (standard deviation on each axis, km) that starts anywhere in a source of spread s_o and is
felt anywhere in a receptor of spread s_d is, by convolution, again Gaussian, of variance L^2 + s_o^2 + s_d^2:

    k(o, d) = exp(-distance^2 / (2 S^2)) / S^2,   S^2 = L^2 + s_o^2 + s_d^2

Seinfeld and Pandis, Atmospheric Chemistry and Physics, 3rd ed., 2016, chapter 18 (Gaussian puff).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xietong.kernels.sphere import great_circle_km

GRID = 25
ROUNDS = 6


def centre_and_spread(points: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (unit vector) of weighted ``points`` [n, 3] and their variance on one axis (km^2)."""
    weight = weight / weight.sum() if weight.sum() > 0 else np.full(len(points), 1 / len(points))
    centre = weight @ points
    centre = centre / np.linalg.norm(centre)
    return centre, float(weight @ great_circle_km(points, centre) ** 2 / 2)


def puff(distance_km: np.ndarray, spread_km2: np.ndarray, width_km: np.ndarray | float) -> np.ndarray:
    """The kernel [..., receptor, source] for one width or many (leading axes); ``spread_km2`` [n] of the areas."""
    variance = np.asarray(width_km, dtype=float)[..., None, None] ** 2 + spread_km2[:, None] + spread_km2[None, :]
    return np.asarray(np.exp(-(distance_km**2) / (2 * variance)) / variance)


def least(loss: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> float:
    """Where ``loss`` (vectorised) is least in [low, high] > 0: a logarithmic grid, refined around its best point."""
    for _ in range(ROUNDS):
        grid = np.geomspace(low, high, GRID)
        best = int(np.argmin(loss(grid)))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    return float(grid[best])
