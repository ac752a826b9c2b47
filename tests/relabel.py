"""The same region with other ids, so that every table and list comes in another order: no figure may change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xietong.core.areas import Areas
from xietong.core.region import Memo, Region
from xietong.io.package import declared_tables


def relabel(region: Region, seed: int) -> tuple[Region, dict[str, str]]:
    """A region whose areas carry shuffled ids, and the map from old to new ids."""
    old = sorted(region.areas.by_id)
    new = [f"x{number:05d}" for number in np.random.default_rng(seed).permutation(len(old))]
    ids = dict(zip(old, new, strict=True)) | {"": ""}
    areas = Areas(
        [
            area._replace(area=ids[area.area], parent=ids[area.parent], members=tuple(sorted(ids[one] for one in area.members)))
            for area in region.areas.by_id.values()
        ],
        region.areas.levels,
    )
    declared = declared_tables(region.catalogue)
    tables = {}
    for name, frame in region.tables.items():
        frame = frame.copy()
        columns = declared[name].columns if name in declared else {}
        for column, spec in columns.items():
            if spec.kind == "area":
                frame[column] = np.array([ids[area] for area in frame[column]], dtype=object)
        key = list(declared[name].key) if name in declared else list(frame.columns)
        tables[name] = frame.sort_values(key, kind="stable", ignore_index=True)
    rows = tuple(row._replace(origin=ids[row.origin], destination=ids[row.destination]) for row in region.rows)
    return replace(region, areas=areas, tables=tables, rows=rows, memo=Memo()), ids
