"""Writing datapackage.json: the resources' schemas come from the declarations, so that nothing is said twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xietong.core.declare import Column, Table
from xietong.core.workstream import Provider
from xietong.io.descriptor import DESCRIPTOR
from xietong.io.package import declared_tables
from xietong.io.schema import FRAMEWORK, SOURCE

_TYPES = {"text": "string", "area": "string", "number": "number", "integer": "integer", "boolean": "boolean", "date": "date"}


def describe(folder: Path, catalogue: Mapping[str, Provider], meta: Mapping[str, Any]) -> dict[str, Any]:
    """``meta`` with a resource for every CSV of ``folder``; tables that nobody declares keep the schema they have."""
    declared = {**declared_tables(catalogue), **FRAMEWORK}
    known = {entry["name"]: entry for entry in meta.get("resources", [])}
    resources = []
    for path in sorted(folder.glob("*.csv")):
        name = path.stem
        entry = resource(name, path.name, declared.get(name))
        if name not in declared:
            entry = {**known.get(name, {}), **entry}
        resources.append(entry)
    return {**meta, "resources": resources}


def resource(name: str, file: str, table: Table | None) -> dict[str, Any]:
    """The entry of a CSV, with a schema where its table is declared."""
    entry: dict[str, Any] = {"name": name, "path": file, "profile": "tabular-data-resource", "encoding": "utf-8"}
    if table is not None:
        entry["title"] = f"{table.title.zh} | {table.title.en}"
        entry["schema"] = schema(table, sourced=name != "sources")
    return entry


def schema(table: Table, sourced: bool = True) -> dict[str, Any]:
    """A Frictionless Table Schema of a declared table."""
    columns = {**table.columns, **(SOURCE if sourced else {})}
    keys = [{"fields": "source", "reference": {"resource": "sources", "fields": "source"}}] if sourced else []
    for name, column in columns.items():
        if column.kind == "area":
            keys.append({"fields": name, "reference": {"resource": "areas", "fields": "area"}})
        elif column.refers:
            other, _, field = column.refers.partition(".")
            keys.append({"fields": name, "reference": {"resource": other, "fields": field}})
    return {
        "fields": [_field(name, column) for name, column in columns.items()],
        "primaryKey": list(table.key),
        "foreignKeys": keys,
        "missingValues": [""],
    }


def _field(name: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": _TYPES[column.kind], "title": f"{column.title.zh} | {column.title.en}"}
    if column.unit:
        field["unit"] = column.unit
    bounds = {"required": not column.optional, "minimum": column.low, "maximum": column.high, "enum": list(column.values) or None}
    constraints = {key: value for key, value in bounds.items() if value not in (None, False)}
    return {**field, "constraints": constraints} if constraints else field


def write(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write the descriptor into ``folder``."""
    text = json.dumps(meta, ensure_ascii=False, indent=1) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8")
