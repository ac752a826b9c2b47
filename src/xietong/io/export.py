"""Tables as CSV and GeoJSON."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xietong.core.declare import Frame
    from xietong.core.region import Region

PLACE_COLUMNS = ("place", "area", "destination", "jurisdiction")
"""Where a row lies on the map: the first of these columns that it has."""


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def records(frame: Frame) -> list[dict[str, Any]]:
    """Rows as plain values; unknown is None, never 0."""
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    return [{name: plain(values[row]) for name, values in columns.items()} for row in range(len(frame))]


def plain(value: Any) -> Any:
    """A cell as JSON can hold it: NaN and infinities are unknown (None)."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def csv_text(frame: Frame) -> str:
    """CSV (UTF-8, comma, LF); cells that a spreadsheet would run as a formula are quoted with an apostrophe."""
    safe = frame.rename(columns=_harmless)
    for name in safe.columns:
        if safe[name].dtype.kind not in "fiub":
            safe[name] = [_harmless(cell) for cell in safe[name]]
    return str(safe.to_csv(index=False, lineterminator="\n"))


def _harmless(cell: Any) -> Any:
    """A text that starts like a formula (also in full-width signs) gets an apostrophe; a number written as text stays."""
    if not isinstance(cell, str) or not cell.startswith(FORMULA) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def geojson(frame: Frame, region: Region) -> dict[str, Any]:
    """Rows as features, each with the service cell of its place (null where it has none)."""
    from shapely.geometry import mapping

    from xietong.io.cells import NOTE, geometry_of

    where = next((name for name in PLACE_COLUMNS if name in frame.columns), None)
    shapes = {area: geometry_of(region, str(area)) for area in (frame[where].unique() if where else [])}
    features = []
    for row in records(frame):
        shape = shapes.get(row[where]) if where else None
        features.append({"type": "Feature", "properties": row, "geometry": mapping(shape) if shape is not None else None})
    return {"type": "FeatureCollection", "note": NOTE._asdict(), "features": features}
