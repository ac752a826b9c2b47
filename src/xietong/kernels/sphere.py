"""Distances on the globe."""

from __future__ import annotations

import numpy as np

EARTH_KM = 6371.0088


def unit_vectors(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Points (degrees) as unit vectors [n, 3]."""
    lon, lat = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def great_circle_km(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Great-circle distances in km between unit vectors that broadcast against one another ([..., 3])."""
    chord = np.sqrt(np.sum((a - b) ** 2, axis=-1))
    return chord_to_km(chord)


def chord_to_km(chord: np.ndarray) -> np.ndarray:
    """Arc length in km of chords of the unit sphere; exact for small chords where the cosine formula is not."""
    return 2 * EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1))


def km_to_chord(km: float) -> float:
    """Chord of the unit sphere that spans an arc of ``km``."""
    return float(2 * np.sin(min(km / (2 * EARTH_KM), np.pi / 2)))
