"""The hierarchy of areas: region, jurisdictions, units below them, and named sets that may cross their borders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xietong.core.errors import NotFound
from xietong.core.text import T

if TYPE_CHECKING:
    import pandas as pd

SET = "set"


class Area(NamedTuple):
    """A unit of the hierarchy or, at level ``set``, a named set of units (``members``)."""

    area: str
    title: T
    level: str
    parent: str = ""
    lon: float = float("nan")
    lat: float = float("nan")
    area_km2: float = float("nan")
    members: tuple[str, ...] = ()


class Areas:
    """All areas of a region. Level 0 is the region itself, level 1 its jurisdictions; places are the leaves.

    Nothing here knows what the levels are called or how many jurisdictions there are.
    """

    def __init__(self, areas: Iterable[Area], levels: Iterable[str]) -> None:
        self.levels = tuple(levels)
        self.by_id: Mapping[str, Area] = {area.area: area for area in sorted(areas)}
        self.children: dict[str, list[str]] = {}
        for area in self.by_id.values():
            self.children.setdefault(area.parent, []).append(area.area)
        self.region = next(area.area for area in self.by_id.values() if area.level == self.levels[0])
        self.jurisdictions = tuple(self.children.get(self.region, ()))
        self.places = tuple(area.area for area in self.by_id.values() if area.area not in self.children and area.level not in (SET, self.levels[0]))
        self._position = {place: position for position, place in enumerate(self.places)}
        self._leaves: dict[str, np.ndarray] = {}

    def __contains__(self, area: object) -> bool:
        return area in self.by_id

    def find(self, name: str) -> Area:
        """The area with this id or (either language's) title."""
        if name in self.by_id:
            return self.by_id[name]
        wanted = name.strip().casefold()
        hits = [area for area in self.by_id.values() if wanted in (area.title.zh.casefold(), area.title.en.casefold())]
        if not hits:
            raise NotFound(f"no area is called {name!r}. `xietong region show` lists the areas.")
        # A city that is a jurisdiction of its own carries one name twice: the larger unit is meant.
        return min(hits, key=lambda area: (self.rank(area.level), area.area))

    def rank(self, level: str) -> int:
        """Depth of a level: 0 for the region; named sets come last."""
        return self.levels.index(level) if level in self.levels else len(self.levels)

    def leaves(self, area: str) -> np.ndarray:
        """Which places lie in ``area``: a boolean array over ``places``."""
        if area not in self._leaves:
            mask = np.zeros(len(self.places), dtype=bool)
            if area in self._position:
                mask[self._position[area]] = True
            for part in (*self.children.get(area, ()), *self.by_id[area].members):
                mask |= self.leaves(part)
            mask.setflags(write=False)
            self._leaves[area] = mask
        return self._leaves[area]

    @cached_property
    def jurisdiction_index(self) -> np.ndarray:
        """For each place the position of its jurisdiction in ``jurisdictions``."""
        index = np.full(len(self.places), -1)
        for position, jurisdiction in enumerate(self.jurisdictions):
            index[self.leaves(jurisdiction)] = position
        return index

    def positions(self, places: Iterable[str]) -> np.ndarray:
        """Positions of place ids in ``places``; an unknown id raises KeyError."""
        return np.array([self._position[str(place)] for place in places], dtype=np.intp)

    def jurisdiction(self, area: str) -> str | None:
        """The jurisdiction in which an area lies, None where it spans several (the region, some named sets)."""
        if area in self._position:
            return self.jurisdictions[int(self.jurisdiction_index[self._position[area]])]
        if area in self.jurisdictions:
            return area
        inside = np.unique(self.jurisdiction_index[self.leaves(area)])
        return self.jurisdictions[inside[0]] if inside.size == 1 else None

    def within(self, area: str, scope: str) -> bool:
        """Whether all places of ``area`` lie in ``scope``."""
        inner = self.leaves(area)
        return bool(inner.any() and not (inner & ~self.leaves(scope)).any())

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The places: place, jurisdiction, lon, lat (degrees), area_km2; ordered by id."""
        import pandas as pd

        units = [self.by_id[place] for place in self.places]
        return pd.DataFrame(
            {
                "place": np.array(self.places, dtype=object),
                "jurisdiction": np.array(self.jurisdictions, dtype=object)[self.jurisdiction_index],
                "lon": np.array([unit.lon for unit in units], dtype=float),
                "lat": np.array([unit.lat for unit in units], dtype=float),
                "area_km2": np.array([unit.area_km2 for unit in units], dtype=float),
            }
        )
