"""Questions for queries that a test knows only by their declaration."""

from __future__ import annotations

from itertools import cycle
from typing import Any

from xietong.core.declare import Query
from xietong.core.region import Region


def sample(query: Query, region: Region) -> dict[str, Any]:
    """Inputs with which a query can be asked: what is required, areas being different ones."""
    places = {"": (region.areas.places[0], region.areas.places[-1]), "jurisdiction": region.areas.jurisdictions}
    areas = {level: cycle(places.get(level, places[""])) for level in ("", "place", "jurisdiction")}
    found: dict[str, Any] = {}
    for name, one in query.inputs.items():
        if one.default is not None:
            continue
        if one.kind == "area":
            found[name] = next(areas[one.level])
        elif one.kind == "text":
            found[name] = one.values[0] if one.values else "a"
        else:
            found[name] = next((edge for edge in (one.low, one.high) if edge is not None), 1)
    return found
