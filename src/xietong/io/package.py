"""A region's folder (a Frictionless data package) read into a Region; all faults at once, or a whole region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from xietong.core.areas import Area, Areas
from xietong.core.declare import Column, Param, Quality, Rule, Table
from xietong.core.errors import DataError, Fault, NotFound, XietongError
from xietong.core.region import Region, parse_day
from xietong.core.rulebook import EVER, RuleRow, check_rows, resolve
from xietong.core.text import T
from xietong.core.workstream import Provider
from xietong.io import descriptor, kept, tabular
from xietong.io.cells import geodataframe
from xietong.io.checks import check_areas, check_params, check_references, check_units
from xietong.io.descriptor import DESCRIPTOR, Descriptor
from xietong.io.schema import FRAMEWORK

BUNDLED = Path(__file__).parents[1] / "regions"


def bundled() -> list[str]:
    """Names of the regions that come with xietong."""
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{DESCRIPTOR}"))


def locate(region: str | Path) -> Path:
    """The folder of a region: a bundled name, or a path."""
    name = str(region)
    if name in bundled():
        return BUNDLED / name
    folder = Path(name)
    try:
        found = folder.is_dir()
    except (OSError, ValueError):  # a name that no folder can have
        found = False
    if not found:
        raise NotFound(f"there is no region {name[:200]!r}: bundled are {', '.join(bundled())}; otherwise give a folder that holds {DESCRIPTOR}")
    return folder


def declared_tables(catalogue: Mapping[str, Provider]) -> dict[str, Table]:
    """Every table that an installed workstream declares; two that declare one name differently are refused."""
    tables: dict[str, Table] = {}
    for provider in catalogue.values():
        for name, table in provider.tables.items():
            if name in tables and tables[name] != table:
                merged = _merge(name, tables[name], table)
                tables[name] = merged
            else:
                tables[name] = table
    return tables


def _merge(name: str, one: Table, other: Table) -> Table:
    """Two workstreams may each declare some columns of a table, never the same column differently."""
    clashes = [column for column in one.columns if column in other.columns and one.columns[column] != other.columns[column]]
    if one.key != other.key or clashes:
        raise ValueError(f"table {name!r} is declared twice in different ways: {', '.join(clashes) or 'its key'}")
    return Table(one.title, one.key, {**one.columns, **other.columns}, one.asset, one.optional and other.optional)


def load(region: str | Path, catalogue: Mapping[str, Provider], day: date | str | None = None) -> Region:
    """Read a region whole; DataError lists every fault and nothing is loaded."""
    folder = locate(region)
    reader = _Reader(folder, catalogue)
    loaded = reader.read(parse_day(day) if day is not None else date.today())
    if reader.faults or loaded is None:
        count = len(reader.faults)
        raise DataError(f"region {folder.name!r} has {count} fault{'s' if count != 1 else ''}; nothing was loaded", reader.faults)
    return loaded


def validate(region: str | Path, catalogue: Mapping[str, Provider]) -> list[Fault]:
    """Every fault of a region's folder."""
    reader = _Reader(locate(region), catalogue)
    reader.read(date.today())
    return reader.faults


class _Reader:
    """One pass over a folder. A check is made wherever what it needs could be read, so that all faults come at once."""

    def __init__(self, folder: Path, catalogue: Mapping[str, Provider]) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self.faults: list[Fault] = []

    def read(self, day: date) -> Region | None:
        found = descriptor.read(self.folder, self.faults)
        if found is None:
            return None
        shared = declared_tables(self.catalogue)
        own = {name: resource.table(name) for name, resource in found.resources.items() if name not in shared and name not in FRAMEWORK}
        declared = {**own, **shared, **FRAMEWORK}
        tables: dict[str, tabular.Rows] = {}
        for name, resource in found.resources.items():
            check_units(name, resource.fields, declared[name], self.faults)
            rows = tabular.read(resource.path, declared[name], self.faults, sourced=name != "sources")
            if rows is not None:
                tables[name] = rows
        areas = self._areas(found, tables)
        check_references(tables, declared, areas, self.faults)
        check_params(tables.get("params"), self.catalogue, self.faults)
        rules = self._rules(tables, set(found.resources), areas)
        if self.faults or areas is None:
            return None
        return Region(
            name=found.name,
            title=found.title,
            note=found.note,
            areas=areas,
            levels=found.levels,
            tables={name: _frame(rows, declared[name]) for name, rows in tables.items() if name not in FRAMEWORK},
            schemas={name: declared[name] for name in tables if name not in FRAMEWORK},
            rows=rules,
            assumptions=_assumptions(tables.get("params"), self.catalogue),
            sources=_sources(tables["sources"]),
            catalogue=self.catalogue,
            day=day,
            events=found.events,
            timezone=found.timezone,
            currency=found.currency,
            draw=geodataframe,
            keep=kept.product,
            folder=found.name if self.folder.parent == BUNDLED else str(self.folder),
        )

    def _sound(self, *rows: tabular.Rows | None) -> bool:
        """Whether nothing has been found wrong in these files."""
        faulty = {fault.file for fault in self.faults}
        return not any(one is not None and one.file in faulty for one in rows)

    def _areas(self, found: Descriptor, tables: Mapping[str, tabular.Rows]) -> Areas | None:
        rows, members = tables.get("areas"), tables.get("members")
        if rows is None or not found.levels or ("members" in found.resources and members is None):
            return None
        check_areas(rows, members, tuple(found.levels), found.bbox, self.faults)
        return Areas(_areas(rows, members), found.levels) if self._sound(rows, members) else None

    def _rules(self, tables: Mapping[str, tabular.Rows], present: set[str], areas: Areas | None) -> tuple[RuleRow, ...]:
        """Rows of rules.csv; every rule of a workstream that has its data must resolve whenever something changes."""
        file = tables.get("rules")
        if file is None or not self._sound(file):
            return ()
        rows = tuple(_rules(file))
        rules = {f"{name}.{rule}": (one, declared) for name, one in self.catalogue.items() for rule, declared in one.rules.items()}
        for row in rows:
            owner, point, _ = row.rule.partition(".")
            if row.rule not in rules and (owner in self.catalogue or not point):
                known = ", ".join(sorted(rule for rule in rules if rule.startswith(owner + "."))) or "named WORKSTREAM.RULE"
                self.faults.append(Fault(f"there is no rule {row.rule!r}", f"Known are {known}.", file.file, row.line, "rule"))
        self.faults += check_rows(rows, {name: declared for name, (_, declared) in rules.items()})
        if areas is None or not self._sound(file):
            return rows
        for name, (provider, rule) in rules.items():
            if not self._fed(provider, present) or (rule.item and rule.item.partition(".")[0] not in tables):
                continue
            own = [row for row in rows if row.rule == name]
            if not own:
                self.faults.append(Fault(f"rule {name!r} has no row", f"Add a row from {areas.region} to {areas.region} as the general case.", file.file))
            items = self._items(rule, own, tables) if rule.item else []
            for change in sorted({row.valid_from for row in own} | {row.valid_to for row in own if row.valid_to != EVER}):
                try:
                    resolve(name, rule, own, areas, items, change)
                except DataError as error:
                    self.faults.extend(fault for fault in error.faults if fault not in self.faults)
        return rows

    def _items(self, rule: Rule, own: Iterable[RuleRow], tables: Mapping[str, tabular.Rows]) -> list[str]:
        table, _, column = rule.item.partition(".")
        items = sorted({str(item) for item in tables[table].columns[column]})
        for row in own:
            if row.item and row.item not in items:
                self.faults.append(Fault(f"item {row.item!r} is not in {rule.item}", f"Use one of {table}.csv.", tables["rules"].file, row.line, "item"))
        return items

    def _fed(self, provider: Provider, present: set[str]) -> bool:
        """Whether the package lists every table that a provider reads, and that its needs read."""
        able = (any(one.provides == need and self._fed(one, present) for one in self.catalogue.values()) for need in provider.needs)
        return all(name in present or table.optional for name, table in provider.tables.items()) and all(able)


def _areas(rows: tabular.Rows, members: tabular.Rows | None) -> Iterable[Area]:
    parts: dict[str, list[str]] = {}
    if members is not None:
        for area, member in zip(members.columns["area"], members.columns["member"], strict=True):
            parts.setdefault(area, []).append(member)
    c = rows.columns
    names = ("area", "name_zh", "name_en", "level", "parent", "lon", "lat", "area_km2")
    for area, zh, en, level, parent, lon, lat, km2 in zip(*(c[name] for name in names), strict=True):
        yield Area(area, T(zh, en), level, parent, float(lon), float(lat), float(km2), tuple(sorted(parts.get(area, ()))))


def _rules(rows: tabular.Rows) -> Iterable[RuleRow]:
    c = rows.columns
    for row, line in enumerate(rows.lines):
        until = date.fromisoformat(c["valid_to"][row]) if c["valid_to"][row] else EVER
        yield RuleRow(
            c["rule"][row], c["origin"][row], c["destination"][row], c["item"][row], float(c["value"][row]),
            date.fromisoformat(c["valid_from"][row]), until, c["reference"][row], c["source"][row], Quality(c["quality"][row]), int(line),
        )  # fmt: skip


def _assumptions(rows: tabular.Rows | None, catalogue: Mapping[str, Provider]) -> dict[str, Param]:
    found: dict[str, Param] = {}
    if rows is None:
        return found
    c = rows.columns
    for row, name in enumerate(c["param"]):
        owner, _, param = name.partition(".")
        if owner in catalogue and param in catalogue[owner].params:
            declared = catalogue[owner].params[param]
            low, value, high = (float(c[column][row]) for column in ("low", "value", "high"))
            found[name] = Param(declared.title, declared.unit, value, low, high, c["source"][row], Quality(c["quality"][row]), declared.scales)
    return found


def _sources(rows: tabular.Rows) -> dict[str, dict[str, str]]:
    names = list(FRAMEWORK["sources"].columns)
    return {rows.columns["source"][row]: {name: str(rows.columns[name][row]) for name in names} for row in range(len(rows))}


def _frame(rows: tabular.Rows, table: Table) -> Any:
    """A table's rows ordered by key, so that the order in the file changes nothing."""
    import pandas as pd

    columns = {name: _storage(values, table.columns.get(name)) for name, values in rows.columns.items()}
    frame = pd.DataFrame(columns)
    return frame.sort_values(list(table.key or table.columns), kind="stable", ignore_index=True)


def _storage(values: np.ndarray, column: Column | None) -> np.ndarray:
    if column is not None and column.kind == "integer" and not column.optional:
        return values.astype(np.int64)
    return values


__all__ = ["DESCRIPTOR", "XietongError", "bundled", "declared_tables", "load", "locate", "validate"]
