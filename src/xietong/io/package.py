"""A region's folder (a Frictionless data package) read into a Region; all faults at once, or a whole region."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from xietong.core.areas import SET, Area, Areas
from xietong.core.declare import Column, Param, Quality, Table
from xietong.core.errors import DataError, Fault, NotFound, XietongError
from xietong.core.region import Event, Region, parse_day
from xietong.core.rulebook import EVER, RuleRow, check_rows, resolve
from xietong.core.text import T, same
from xietong.core.workstream import Provider
from xietong.io import tabular
from xietong.io.cells import geodataframe
from xietong.io.checks import check_areas, check_params, check_references, check_units
from xietong.io.schema import FRAMEWORK, OPTIONAL, SOURCE

DESCRIPTOR = "datapackage.json"
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
    if "\0" in name or not folder.is_dir():
        raise NotFound(f"there is no region {name!r}: bundled are {', '.join(bundled())}; otherwise give a folder that holds {DESCRIPTOR}")
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
    return Table(one.title, one.key, {**one.columns, **other.columns}, one.asset)


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
    """One pass over a folder, gathering faults as it goes."""

    def __init__(self, folder: Path, catalogue: Mapping[str, Provider]) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self.faults: list[Fault] = []

    def read(self, day: date) -> Region | None:
        meta = self._descriptor()
        if meta is None:
            return None
        resources = self._resources(meta)
        declared = declared_tables(self.catalogue)
        for name in FRAMEWORK:
            if name not in resources and name not in OPTIONAL:
                self.faults.append(Fault(f"resource {name!r} is missing", f"Add {name}.csv and list it under resources.", DESCRIPTOR))
        if any(name not in resources and name not in OPTIONAL for name in FRAMEWORK):
            return None
        tables: dict[str, tabular.Rows] = {}
        own = {name: resource.table(name) for name, resource in resources.items() if name not in declared}
        for name, resource in resources.items():
            table = FRAMEWORK.get(name) or declared.get(name) or own[name]
            check_units(name, resource.fields, table, self.faults)
            rows = tabular.read(resource.path, table, self.faults, sourced=name != "sources")
            if rows is not None:
                tables[name] = rows
        if any(name in resources and name not in tables for name in FRAMEWORK):
            return None
        return self._assemble(meta, tables, {**own, **declared}, day)

    def _descriptor(self) -> dict[str, Any] | None:
        path = self.folder / DESCRIPTOR
        mend = "`xietong region new DIR` writes a valid example."
        try:
            meta = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            self.faults.append(Fault(f"cannot be read ({error.strerror or error})", mend, DESCRIPTOR))
            return None
        except ValueError as error:
            self.faults.append(Fault(f"is not valid JSON: {error}", mend, DESCRIPTOR))
            return None
        block = meta.get("xietong") if isinstance(meta, dict) else None
        if not isinstance(block, dict) or not isinstance(meta.get("resources"), list) or not isinstance(meta.get("name"), str):
            self.faults.append(Fault("needs name, resources (a list) and a block xietong", mend, DESCRIPTOR))
            return None
        try:
            _text(block["title"])
            levels = [(str(level["level"]), _text(level["title"])) for level in block["levels"]]
            [(date.fromisoformat(event["day"]), _text(event["title"])) for event in block.get("events", [])]
            if len(levels) < 2 or SET in dict(levels):
                raise ValueError(f"levels must name at least the region and its jurisdictions, and none may be {SET!r}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.faults.append(Fault(f"block xietong is incomplete or ill-formed ({type(error).__name__}: {error})", mend, DESCRIPTOR))
            return None
        return dict(meta)

    def _resources(self, meta: Mapping[str, Any]) -> dict[str, _Resource]:
        found: dict[str, _Resource] = {}
        for entry in meta["resources"]:
            name, path = (entry.get("name"), entry.get("path")) if isinstance(entry, dict) else (None, None)
            if not isinstance(name, str) or not isinstance(path, str):
                self.faults.append(Fault("a resource lacks name or path", 'Write {"name": "areas", "path": "areas.csv"}.', DESCRIPTOR))
                continue
            if name in found:
                self.faults.append(Fault(f"resource {name!r} is listed twice", "Keep one.", DESCRIPTOR))
            if Path(path).is_absolute() or ".." in Path(path).parts or (self.folder / path).resolve().parent != self.folder.resolve():
                self.faults.append(Fault(f"path {path!r} leaves the region's folder", "Put the file beside datapackage.json.", DESCRIPTOR))
                continue
            found[name] = _Resource(self.folder / path, entry.get("schema"))
        return found

    def _assemble(self, meta: Mapping[str, Any], tables: dict[str, tabular.Rows], declared: Mapping[str, Table], day: date) -> Region | None:
        block = meta["xietong"]
        levels = {str(level["level"]): _text(level["title"]) for level in block["levels"]}
        before = len(self.faults)
        area_rows = tables["areas"]
        check_areas(area_rows, tables.get("members"), tuple(levels), block.get("bbox"), self.faults)
        if len(self.faults) > before:
            return None
        areas = Areas(_areas(area_rows, tables.get("members")), levels)
        check_references(tables, declared, areas, self.faults)
        rows = tuple(_rules(tables["rules"])) if len(self.faults) == before else ()
        check_params(tables.get("params"), self.catalogue, self.faults)
        if len(self.faults) > before:
            return None
        region = Region(
            name=meta["name"],
            title=_text(block["title"]),
            note=_text(block.get("note", {"zh": "", "en": ""})),
            areas=areas,
            levels=levels,
            tables={name: _frame(rows_, declared[name]) for name, rows_ in tables.items() if name not in FRAMEWORK},
            rows=rows,
            assumptions=_assumptions(tables.get("params"), self.catalogue),
            sources=_sources(tables["sources"]),
            catalogue=self.catalogue,
            day=day,
            events=tuple(Event(date.fromisoformat(one["day"]), _text(one["title"])) for one in block.get("events", [])),
            timezone=str(block.get("timezone", "UTC")),
            currency=str(block.get("currency", "CNY")),
            draw=geodataframe,
            folder=meta["name"] if self.folder.parent == BUNDLED else str(self.folder),
        )
        self._check_rules(region)
        return region

    def _check_rules(self, region: Region) -> None:
        """Every rule of every workstream that has its data must resolve on each day on which something changes."""
        rules = {f"{name}.{rule}": (one, declared) for name, one in self.catalogue.items() for rule, declared in one.rules.items()}
        for row in region.rows:
            if row.rule not in rules and row.rule.partition(".")[0] in self.catalogue:
                known = ", ".join(sorted(rule for rule in rules if rule.startswith(row.rule.partition(".")[0] + ".")))
                self.faults.append(Fault(f"there is no rule {row.rule!r}", f"Known are {known}.", "rules.csv", row.line, "rule"))
        self.faults += check_rows(region.rows, {name: declared for name, (_, declared) in rules.items()}, region.areas)
        if self.faults:
            return
        for name, (provider, rule) in rules.items():
            if region.missing(provider):
                continue
            own = [row for row in region.rows if row.rule == name]
            items: list[str] = []
            if rule.item:
                table, _, column = rule.item.partition(".")
                items = sorted({str(item) for item in region.tables[table][column]})
                for row in own:
                    if row.item and row.item not in items:
                        self.faults.append(Fault(f"item {row.item!r} is not in {rule.item}", f"Use one of {table}.csv.", "rules.csv", row.line, "item"))
            for day in sorted({row.valid_from for row in own} | {row.valid_to for row in own if row.valid_to != EVER}) or [region.day]:
                try:
                    resolve(name, rule, own, region.areas, items, day)
                except DataError as error:
                    self.faults.extend(fault for fault in error.faults if fault not in self.faults)


def _text(value: Any) -> T:
    return T(str(value["zh"]), str(value["en"]))


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


_KINDS: Mapping[str, Any] = {"integer": "integer", "number": "number", "date": "date", "boolean": "boolean"}


class _Resource:
    """An entry of the descriptor's resources: where the file is and what the package says of its columns."""

    def __init__(self, path: Path, schema: Any) -> None:
        self.path = path
        schema = schema if isinstance(schema, dict) else {}
        self.fields = [field for field in schema.get("fields", []) if isinstance(field, dict)]
        key = schema.get("primaryKey", [])
        self.key = [key] if isinstance(key, str) else [str(part) for part in key]

    def table(self, name: str) -> Table:
        """A table that no workstream declares, as the package itself describes it: shown on the data page."""
        columns = {
            str(field["name"]): Column(
                same(str(field.get("title") or field["name"])), _KINDS.get(str(field.get("type")), "text"), str(field.get("unit", "")), optional=True
            )
            for field in self.fields
            if field.get("name") and field["name"] not in SOURCE
        }
        return Table(same(name), tuple(part for part in self.key if part in columns), columns)


__all__ = ["DESCRIPTOR", "XietongError", "bundled", "declared_tables", "load", "locate", "validate"]
