"""A new region's folder: made-up places and example figures in every table that an installed workstream reads."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, product
from pathlib import Path
from typing import Any

from xietong.core.declare import Column, Table
from xietong.core.errors import UsageError
from xietong.core.workstream import Provider
from xietong.io.describe import describe, write
from xietong.io.package import declared_tables
from xietong.io.schema import FRAMEWORK

PLACES = (
    (
        "northbank",
        "北岸",
        "Northbank",
        (("n1", "北港", "North Harbour", 10.00, 50.30), ("n2", "磨坊", "Millfield", 10.25, 50.38), ("n3", "林地", "Woodlands", 10.45, 50.28)),
    ),
    (
        "southbank",
        "南岸",
        "Southbank",
        (("s1", "南港", "South Harbour", 10.02, 50.15), ("s2", "河湾", "Riverbend", 10.28, 50.10), ("s3", "石桥", "Stonebridge", 10.48, 50.14)),
    ),
)
SOURCED = ["example", "illustrative"]

README = """# {name}

A region for xietong. Everything here is made up: replace it, then run `xietong region validate {name}`.

1. `areas.csv`: the region, its jurisdictions (2 to 50) and the places in them; more levels may stand between (name them
   under `xietong.levels` in `datapackage.json`, largest first). Places need lon, lat (WGS 84, degrees) and, for the map,
   area_km2. Named sets that cross borders have level `set` and list their members in `members.csv` (area, member).
2. `rules.csv`: what the border does today, from an area to an area. The most specific row wins; `valid_to` is the first day
   on which a row no longer holds. At home every rule is open. Give the legal reference where there is one.
3. The other files: one for each table that a workstream reads; `xietong describe WORKSTREAM` lists columns and units.
   Leave out what you do not have (file and resource entry): that workstream then says what it lacks, the others work.
4. Every row ends with `source` (an id of `sources.csv`) and `quality`: published, derived or illustrative. An empty cell is
   unknown, never 0.
5. `params.csv` (optional: param, low, value, high, source, quality) replaces an assumption, for example `care.limit_scale`.
"""


def write_skeleton(folder: Path, catalogue: Mapping[str, Provider]) -> None:
    """Write the skeleton into ``folder``, which must not exist or be empty; nothing is left behind where that fails."""
    try:
        folder = folder.resolve()  # "." has a name too
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists and is not an empty folder; name a new one")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            _fill(Path(draft), folder.name, catalogue)
            folder.mkdir(exist_ok=True)
            for path in sorted(Path(draft).iterdir()):
                shutil.move(path, folder / path.name)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise UsageError(f"{folder} cannot be written ({getattr(error, 'strerror', '') or error})") from None


def _fill(folder: Path, name: str, catalogue: Mapping[str, Provider]) -> None:
    _write(folder, "areas", FRAMEWORK["areas"], _areas())
    _write(folder, "rules", FRAMEWORK["rules"], _rules(catalogue))
    sources = [["example", "Made-up example figures: replace them", "", "2020", "", "CC0-1.0"]]
    _write(folder, "sources", FRAMEWORK["sources"], sources, sourced=False)
    tables = declared_tables(catalogue)
    for table_name, table in tables.items():
        if not table.asset:
            _write(folder, table_name, table, _example_rows(table, tables))
    meta = {
        "name": name,
        "title": "双岸 | Twin Banks",
        "profile": "data-package",
        "xietong": {
            "title": {"zh": "双岸", "en": "Twin Banks"},
            "note": {"zh": "虚构的示例区域", "en": "A made-up example region"},
            "timezone": "UTC",
            "currency": "CNY",
            "levels": [
                {"level": "region", "title": {"zh": "区域", "en": "region"}},
                {"level": "bank", "title": {"zh": "岸", "en": "bank"}},
                {"level": "district", "title": {"zh": "区", "en": "district"}},
            ],
            "events": [],
        },
    }
    write(folder, describe(folder, catalogue, meta))
    (folder / "README.md").write_text(README.format(name=name), encoding="utf-8")


def _areas() -> list[list[Any]]:
    rows: list[list[Any]] = [["twin", "双岸", "Twin Banks", "region", "", "", "", ""]]
    for bank, zh, en, places in PLACES:
        rows.append([bank, zh, en, "bank", "twin", "", "", ""])
        rows += [[place, place_zh, place_en, "district", bank, lon, lat, 180] for place, place_zh, place_en, lon, lat in places]
    return rows


def _rules(catalogue: Mapping[str, Provider]) -> list[list[Any]]:
    return [
        [f"{name}.{rule}", "twin", "twin", "", declared.closed, "2000-01-01", "", "Replace by the law or agreement"]
        for name, provider in catalogue.items()
        for rule, declared in provider.rules.items()
    ]


def _example_rows(table: Table, tables: Mapping[str, Table]) -> Iterable[list[Any]]:
    """Rows for every combination of the key's examples; the other columns cycle through theirs."""
    others = {name: cycle(_examples(column, tables)) for name, column in table.columns.items() if name not in table.key}
    for key in product(*(_examples(table.columns[name], tables) for name in table.key)):
        known = dict(zip(table.key, key, strict=True))
        yield [known[name] if name in known else next(others[name]) for name in table.columns]


def _examples(column: Column, tables: Mapping[str, Table]) -> Sequence[Any]:
    if column.refers:
        table, _, name = column.refers.partition(".")
        return _examples(tables[table].columns[name], tables)
    if column.kind == "area":
        banks = [bank for bank, *_ in PLACES]
        return banks if column.level == "jurisdiction" else [place[0] for *_, places in PLACES for place in places]
    if column.examples or column.values:
        return column.examples or column.values
    defaults: dict[str, Sequence[Any]] = {"text": ("example",), "date": ("2020-01-01",), "boolean": ("false",)}
    if column.kind in defaults:
        return defaults[column.kind]
    low = column.low if column.low is not None else 0.0
    high = column.high if column.high is not None else low + 2.0
    return (int(low + min((high - low) / 2, 1.0)) if column.kind == "integer" else low + min((high - low) / 2, 1.0),)


def _write(folder: Path, name: str, table: Table, rows: Iterable[Sequence[Any]], sourced: bool = True) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*table.columns, *(["source", "quality"] if sourced else [])])
        writer.writerows([*row, *(SOURCED if sourced else [])] for row in rows)
