"""Checks that need more than one cell: hierarchy, references between tables, sources, units, places on the globe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xietong.core.areas import SET, Areas
from xietong.core.declare import Table
from xietong.core.errors import Fault
from xietong.core.workstream import Provider
from xietong.io.tabular import Rows

MAX_JURISDICTIONS = 50
Box = tuple[float, float, float, float]
FAR = 4.0
"""A place this many times as far from the middle of the region as nine in ten places is taken for misplaced."""


def check_areas(rows: Rows, members: Rows | None, levels: tuple[str, ...], bbox: Box | None, faults: list[Fault]) -> None:
    """The hierarchy is a tree with one region at its top; leaves lie on the globe, near one another."""
    c, file = rows.columns, rows.file
    level_of = dict(zip(c["area"], c["level"], strict=True))
    for line, area, level, parent in zip(rows.lines, c["area"], c["level"], c["parent"], strict=True):
        if level == SET:
            if members is None or area not in set(members.columns["area"]):
                faults.append(Fault(f"named set {area!r} has no members", "List them in members.csv.", file, int(line), "area"))
            if parent:
                faults.append(Fault("a named set has no parent", "Leave the parent empty; its members say where it lies.", file, int(line), "parent"))
            continue
        if level not in levels:
            faults.append(Fault(f"unknown level {level!r}", f"Use one of {', '.join((*levels, SET))}.", file, int(line), "level"))
        elif level == levels[0] and parent:
            faults.append(Fault("the region itself has no parent", "Leave the parent empty.", file, int(line), "parent"))
        elif level != levels[0] and parent not in level_of:
            faults.append(Fault(f"parent {parent!r} is not an area", "Name the unit above it.", file, int(line), "parent"))
        elif level != levels[0] and level_of[parent] == SET:
            faults.append(
                Fault(f"parent {parent!r} is a named set", "Name the unit above it; sets list their members in members.csv.", file, int(line), "parent")
            )
        elif level != levels[0] and level_of[parent] in levels and levels.index(level_of[parent]) >= levels.index(level):
            faults.append(Fault(f"parent {parent!r} is not above level {level!r}", "A parent's level comes earlier.", file, int(line), "parent"))
    tops = [area for area, level in level_of.items() if level == levels[0]]
    if len(tops) != 1:
        faults.append(Fault(f"{len(tops)} areas have level {levels[0]!r}", "Exactly one row is the region itself.", file, None, "level"))
    else:
        below = sum(parent == tops[0] and level != SET for parent, level in zip(c["parent"], c["level"], strict=True))
        if not 2 <= below <= MAX_JURISDICTIONS:
            what = f"the region has {below} jurisdiction{'s' if below != 1 else ''}"
            faults.append(Fault(what, f"A region has 2 to {MAX_JURISDICTIONS}: a border needs two sides.", file, None, "parent"))
    if members is not None:
        _check_members(members, level_of, faults)
    _check_points(rows, set(c["parent"]), bbox, faults)


def _check_members(members: Rows, level_of: Mapping[str, str], faults: list[Fault]) -> None:
    for line, area, member in zip(members.lines, members.columns["area"], members.columns["member"], strict=True):
        if level_of.get(area) != SET:
            faults.append(Fault(f"{area!r} is not a named set", f"Give it level {SET} in areas.csv.", members.file, int(line), "area"))
        if member not in level_of or level_of[member] == SET:
            faults.append(Fault(f"{member!r} is not a unit", "Members are units of the hierarchy, not sets.", members.file, int(line), "member"))


def _check_points(rows: Rows, parents: set[str], bbox: Box | None, faults: list[Fault]) -> None:
    c = rows.columns
    leaf = np.array([area not in parents and level != SET for area, level in zip(c["area"], c["level"], strict=True)])
    lon, lat = c["lon"], c["lat"]
    reported = {fault.row for fault in faults if fault.file == rows.file and fault.column in ("lon", "lat")}
    leaf &= np.array([int(line) not in reported for line in rows.lines])
    for row in np.flatnonzero(leaf & (np.isnan(lon) | np.isnan(lat))):
        faults.append(Fault(f"place {c['area'][row]!r} has no coordinates", "Give lon and lat in degrees (WGS 84).", rows.file, int(rows.lines[row]), "lon"))
    known = leaf & ~np.isnan(lon) & ~np.isnan(lat)
    if bbox is not None:
        west, south, east, north = bbox
        outside = known & ((lon < west) | (lon > east) | (lat < south) | (lat > north))
        where = f"outside the region's box {list(bbox)}"
    elif known.sum() >= 5:
        middle = np.median(lon[known]), np.median(lat[known])
        distance = np.hypot((lon - middle[0]) * np.cos(np.radians(middle[1])), lat - middle[1])
        outside = known & (distance > FAR * max(float(np.quantile(distance[known], 0.9, method="lower")), 0.2))
        where = "far from all other places"
    else:
        return
    for row in np.flatnonzero(outside):
        what = f"place {c['area'][row]!r} at ({lon[row]:g}, {lat[row]:g}) lies {where}"
        mend = "Check that lon and lat are not swapped; a wider box can be given as xietong.bbox in datapackage.json."
        faults.append(Fault(what, mend, rows.file, int(rows.lines[row]), "lon"))


def check_references(tables: Mapping[str, Rows], declared: Mapping[str, Table], areas: Areas | None, faults: list[Fault]) -> None:
    """Areas exist (at the declared level), sources are listed, and values that refer to another table occur there.

    ``areas`` is None where areas.csv has faults of its own: then an area must at least stand there.
    """
    sources = set(tables["sources"].columns["source"]) if "sources" in tables else None
    ids = set(tables["areas"].columns["area"]) if "areas" in tables else None
    for name, rows in tables.items():
        table = declared[name]
        if sources is not None and name != "sources":
            _missing_in(rows, "source", sources, "sources.csv", "Add a row for it there.", faults)
        for column, spec in table.columns.items():
            if spec.kind == "area" and name != "members" and ids is not None:
                level = spec.level if areas is not None else ""
                wanted = set({"jurisdiction": areas.jurisdictions, "place": areas.places}[level]) if areas is not None and level else ids
                kind = f"areas.csv{f' as a {level}' if level else ''}"
                _missing_in(rows, column, wanted, kind, "Use the id of an area.", faults)
            if spec.refers:
                other, _, key = spec.refers.partition(".")
                if other in tables:
                    _missing_in(rows, column, set(tables[other].columns[key]), f"{other}.csv", f"Use a {key} of that table.", faults)


def _missing_in(rows: Rows, column: str, known: set[str], where: str, mend: str, faults: list[Fault]) -> None:
    bad = [(line, value) for line, value in zip(rows.lines, rows.columns[column], strict=True) if value and value not in known]
    for line, value in bad[:20]:
        faults.append(Fault(f"{value!r} is not in {where}", mend, rows.file, int(line), column))
    if len(bad) > 20:
        faults.append(Fault(f"{len(bad) - 20} more values are not in {where}", "Mend the ones above first.", rows.file, None, column))


def check_units(name: str, fields: Sequence[Mapping[str, Any]], table: Table, faults: list[Fault]) -> None:
    """A unit that the package states must be the declared one: tonnes are not kilotonnes."""
    for field in fields:
        column = table.columns.get(str(field.get("name")))
        stated = field.get("unit")
        if column is not None and stated is not None and stated != column.unit:
            mend = f"Convert the column to {column.unit or 'plain numbers'!r} and correct the unit."
            faults.append(
                Fault(
                    f"{name}.{field['name']} is stated in {stated!r}, the declared unit is {column.unit!r}", mend, "datapackage.json", None, str(field["name"])
                )
            )


def check_params(rows: Rows | None, catalogue: Mapping[str, Provider], faults: list[Fault]) -> None:
    """Overridden assumptions name a declared param and keep low <= value <= high."""
    if rows is None:
        return
    c = rows.columns
    for row, name in enumerate(c["param"]):
        owner, _, param = name.partition(".")
        line = int(rows.lines[row])
        if not param:
            faults.append(Fault(f"{name!r} names no workstream", "Write WORKSTREAM.PARAM, for example care.limit_scale.", rows.file, line, "param"))
        elif owner in catalogue and param not in catalogue[owner].params:
            known = ", ".join(f"{owner}.{one}" for one in catalogue[owner].params) or "none"
            faults.append(Fault(f"there is no param {name!r}", f"Known are {known}.", rows.file, line, "param"))
        figures = [c[column][row] for column in ("low", "value", "high")]
        if not np.isnan(figures).any() and not c["low"][row] <= c["value"][row] <= c["high"][row]:
            faults.append(Fault("value lies outside [low, high]", "Widen the range or mend the value.", rows.file, line, "value"))
