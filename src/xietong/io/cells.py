"""Service cells: a map computed from the points alone. They are not administrative boundaries.

Each place gets the part of the region that is nearest to it once larger places are allowed to reach further: the power
diagram (Aurenhammer, SIAM Journal on Computing 16, 1987) whose weights are the places' areas, clipped to an outline drawn
around the discs that the areas would fill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.text import T

if TYPE_CHECKING:
    from xietong.core.areas import Areas
    from xietong.core.region import Region
    from xietong.core.result import Result

NOTE = T("服务单元(由点位计算),不是行政区划界线", "Service cells computed from points, not administrative boundaries")
KM_PER_DEGREE = 111.195
NEIGHBOURS = 48
CLOSE, ROUND = 3.5, 0.6
"""How wide a bay is filled and how sharp a spit is rounded off, in radii of a middling place."""


def cells(areas: Areas) -> list[Any]:
    """A shapely polygon (degrees) for every place, in the order of ``areas.places``; None where nothing is left of it."""
    import shapely

    frame = areas.frame
    middle = float(np.radians(frame["lat"].mean()))
    scale = np.array([KM_PER_DEGREE * np.cos(middle), KM_PER_DEGREE])
    points = frame[["lon", "lat"]].to_numpy() * scale
    radius, near = _radii(points, frame["area_km2"].to_numpy())
    outline = _outline(points, np.maximum(radius, 1.0))
    weights = np.minimum(radius, 0.95 * near) ** 2
    found = []
    for ring in _power_cells(points, weights, outline.bounds):
        cell = shapely.Polygon(ring).intersection(outline) if len(ring) >= 3 else None
        found.append(None if cell is None or cell.is_empty else shapely.transform(cell.simplify(0.05), lambda xy: np.round(xy / scale, 4)))
    return found


def _outline(points: np.ndarray, radius: np.ndarray) -> Any:
    """The region's shape: discs of the places' areas, bays between them filled, spits rounded; no place is left outside."""
    import shapely

    discs = shapely.buffer(shapely.points(points), radius, quad_segs=12)
    middling = float(np.median(radius))
    shape = shapely.union_all(discs).buffer(CLOSE * middling).buffer(-CLOSE * middling)
    shape = shape.buffer(-ROUND * middling).buffer(ROUND * middling)
    return shapely.union_all([shape, *discs[~shapely.contains(shape, shapely.points(points))]])


def _radii(points: np.ndarray, area_km2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Radius of a disc of each place's area (where unknown: half way to the nearest place), and that nearest distance."""
    from scipy.spatial import cKDTree

    nearest = np.atleast_2d(cKDTree(points).query(points, k=2)[0])[:, 1]
    near = np.where(np.isfinite(nearest), np.maximum(nearest, 0.5), 20.0)
    radius = np.sqrt(area_km2 / np.pi)
    return np.where(np.isnan(radius), near / 2, radius), near


def _power_cells(points: np.ndarray, weights: np.ndarray, bounds: tuple[float, ...]) -> list[np.ndarray]:
    """Convex cells: each starts as the box and is cut by the half-planes towards its neighbours, nearest first."""
    from scipy.spatial import cKDTree

    west, south, east, north = bounds
    box = np.array([[west, south], [east, south], [east, north], [west, north]])
    _, neighbours = cKDTree(points).query(points, k=min(NEIGHBOURS + 1, len(points)))
    found = []
    for own, others in enumerate(np.atleast_2d(neighbours)):
        ring = box
        for other in others:
            if other == own or len(ring) < 3:
                continue
            normal = 2 * (points[other] - points[own])
            offset = points[other] @ points[other] - points[own] @ points[own] + weights[own] - weights[other]
            ring = _cut(ring, normal, offset)
        found.append(ring)
    return found


def _cut(ring: np.ndarray, normal: np.ndarray, offset: float) -> np.ndarray:
    """The part of a convex ring with normal . x <= offset (Sutherland and Hodgman)."""
    side = ring @ normal - offset
    if (side <= 0).all():
        return ring
    kept = []
    for k in range(len(ring)):
        nxt = (k + 1) % len(ring)
        if side[k] <= 0:
            kept.append(ring[k])
        if (side[k] < 0 < side[nxt]) or (side[nxt] < 0 < side[k]):
            kept.append(ring[k] + (ring[nxt] - ring[k]) * (side[k] / (side[k] - side[nxt])))
    return np.array(kept).reshape(-1, 2)


def polygons(region: Region) -> list[Any]:
    """The cells of a region, computed once for its areas."""
    return region.memo.get(f"cells:{id(region.areas)}", lambda: (region.areas, cells(region.areas)))[1]  # type: ignore[no-any-return]


def feature_collection(region: Region) -> dict[str, Any]:
    """The cells as GeoJSON (RFC 7946), with the note that must stand beside them."""
    from shapely.geometry import mapping

    features: list[dict[str, Any]] = []
    for place, cell in zip(region.areas.places, polygons(region), strict=True):
        area = region.areas.by_id[place]
        properties = {
            "area": place, "name_zh": area.title.zh, "name_en": area.title.en,
            "jurisdiction": region.areas.jurisdiction(place), "parent": area.parent, "lon": area.lon, "lat": area.lat,
        }  # fmt: skip
        features.append({"type": "Feature", "id": len(features), "properties": properties, "geometry": None if cell is None else mapping(cell)})
    return {"type": "FeatureCollection", "note": NOTE._asdict(), "features": features}


def geometry_of(region: Region, area: str) -> Any:
    """The cell of a place, or the union of the cells of a larger area; None for an unknown id."""
    import shapely

    if area not in region.areas:
        return None
    found = polygons(region)
    parts = [found[k] for k in np.flatnonzero(region.areas.leaves(area)) if found[k] is not None]
    return shapely.union_all(parts) if parts else None


def geodataframe(result: Result) -> Any:
    """Area layers of a Result by place and regime, with the cells as geometry (EPSG:4326)."""
    try:
        import geopandas
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("a GeoDataFrame needs geopandas: pip install 'xietong[geo]'") from error
    region = result.bound.region
    frame = region.areas.frame[["place", "jurisdiction"]].copy()
    for name, layer in result.bound.workstream.layers.items():
        if layer.kind == "area":
            for regime in result.outcomes:
                values = {one["area"]: one["value"] for one in result.layer_values(name, regime)}
                frame[f"{name}_{regime}"] = [values.get(place) for place in frame["place"]]
    return geopandas.GeoDataFrame(frame, geometry=polygons(region), crs="EPSG:4326")
