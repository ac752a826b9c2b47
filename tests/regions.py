"""Regions for tests: the skeleton, written into a folder that a test may spoil, and a second region of our own invention."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import xietong
from xietong.core.errors import Fault
from xietong.core.region import Region
from xietong.io.describe import describe, write
from xietong.io.package import validate
from xietong.io.skeleton import write_skeleton
from xietong.workstreams import catalogue

DESCRIPTOR = "datapackage.json"


class Folder:
    """A region's folder. Lines count as in an editor: the header is line 1, so that a fault can be compared with them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, table: str) -> Path:
        return self.path / f"{table}.csv"

    def lines(self, table: str) -> list[list[str]]:
        with self.file(table).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def put(self, table: str, lines: Iterable[Sequence[Any]]) -> None:
        with self.file(table).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)

    def set(self, table: str, line: int, /, **cells: Any) -> None:
        """Change cells of one line."""
        lines = self.lines(table)
        for column, value in cells.items():
            lines[line - 1][lines[0].index(column)] = str(value)
        self.put(table, lines)

    def add(self, table: str, **cells: Any) -> int:
        """Add a line (source and quality are filled in) and return its number."""
        lines = self.lines(table)
        cells = {"source": "example", "quality": "illustrative", **cells}
        self.put(table, [*lines, [cells.get(column, "") for column in lines[0]]])
        return len(lines) + 1

    def line_of(self, table: str, **cells: Any) -> int:
        """The first line with these cells."""
        lines = self.lines(table)
        wanted = {lines[0].index(column): str(value) for column, value in cells.items()}
        return next(number for number, line in enumerate(lines, 1) if number > 1 and all(line[at] == value for at, value in wanted.items()))

    def bytes(self, table: str, content: bytes) -> None:
        self.file(table).write_bytes(content)

    def describe(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change the descriptor."""
        path = self.path / DESCRIPTOR
        meta = json.loads(path.read_text(encoding="utf-8"))
        change(meta)
        path.write_text(json.dumps(meta), encoding="utf-8")

    def list_table(self, table: str, header: Sequence[str], *rows: Sequence[Any], sourced: bool = True) -> None:
        """Write a table and list it in the descriptor."""
        tail = ["source", "quality"] if sourced else []
        self.put(table, [[*header, *tail], *([*row, *(["example", "illustrative"] if sourced else [])] for row in rows)])
        self.describe(lambda meta: meta["resources"].append({"name": table, "path": f"{table}.csv"}))

    def drop_table(self, table: str) -> None:
        """Remove a table and its entry in the descriptor."""
        self.file(table).unlink()
        self.describe(lambda meta: meta.update(resources=[one for one in meta["resources"] if one["name"] != table]))

    def faults(self) -> list[Fault]:
        return validate(self.path, catalogue())

    def load(self, as_of: str = "2026-01-15") -> Region:
        return xietong.load(self.path, as_of)


def skeleton(path: Path) -> Folder:
    """What `xietong region new` writes."""
    write_skeleton(path, catalogue())
    return Folder(path)


def with_jurisdictions(folder: Folder, count: int) -> None:
    """Give the skeleton ``count`` jurisdictions, each of one place; the tables that name the old places go."""
    head = folder.lines("areas")[:2]
    rows: list[list[Any]] = []
    for number in range(count):
        rows.append([f"j{number}", f"辖区{number}", f"Side {number}", "bank", "twin", "", "", "", "example", "illustrative"])
        rows.append(
            [
                f"p{number}",
                f"地点{number}",
                f"Town {number}",
                "district",
                f"j{number}",
                10 + number % 8 / 10,
                50 + number // 8 / 10,
                90,
                "example",
                "illustrative",
            ]
        )
    folder.put("areas", [*head, *rows])
    for path in folder.path.glob("*.csv"):
        if path.stem not in ("areas", "rules", "sources"):
            folder.drop_table(path.stem)


# -- the Sound: a region of our own invention -------------------------------------------------------------------------------

LANDS = {"skog": ("林国", "Skogland"), "holm": ("岛国", "Holmland")}
COUNTIES = {"norr": ("skog", "北郡", "Norr"), "syd": ("skog", "南郡", "Syd"), "hav": ("holm", "海郡", "Hav"), "bro": ("holm", "桥郡", "Bro")}
TOWNS = {
    # id: county, names, lon, lat, km2, residents, 60+, 65+, 80+, urban share, basic beds, monthly price
    "granby": ("norr", "冷杉镇", "Granby", 12.70, 56.30, 310, 52_000, 14_000, 10_500, 2_900, 0.7, 160, 3100),
    "alvik": ("norr", "赤杨湾", "Alvik", 12.95, 56.22, 420, 31_000, 9_200, 7_100, 2_100, 0.5, 90, 2600),
    "ekstad": ("syd", "橡树城", "Ekstad", 12.85, 55.95, 150, 148_000, 33_000, 24_000, 6_400, 0.95, 300, 4200),
    "sandvik": ("syd", "沙湾", "Sandvik", 13.10, 55.80, 270, 40_000, 11_000, 8_300, 2_300, 0.6, 120, 2900),
    "fyr": ("hav", "灯塔镇", "Fyr", 12.45, 56.10, 95, 61_000, 15_500, 11_800, 3_300, 0.9, 600, 2500),
    "torsk": ("hav", "鳕鱼港", "Torsk", 12.30, 55.92, 130, 27_000, 8_100, 6_200, 1_900, 0.6, 150, 2400),
    "brohuvud": ("bro", "桥头", "Brohuvud", 12.55, 55.75, 88, 212_000, 41_000, 30_500, 8_600, 1.0, 1500, 2800),
    "maren": ("bro", "草场", "Maren", 12.20, 55.60, 340, 19_000, 6_400, 5_000, 1_500, 0.4, 240, 2100),
}  # fmt: skip
SOUND_RULES = (
    # rule, origin, destination, value, from, to: nothing was recognised before 2015, a third afterwards, more in the pilot
    ("recognised", "sound", "sound", 0, "2000-01-01", "2015-07-01"), ("recognised", "sound", "sound", 0.3, "2015-07-01", ""),
    ("recognised", "pilot", "pilot", 0.9, "2019-01-01", ""), ("follows", "sound", "sound", 0, "2000-01-01", "2015-07-01"),
    ("follows", "sound", "sound", 1, "2015-07-01", ""), ("insured", "sound", "sound", 0, "2000-01-01", ""), ("insured", "skog", "holm", 0.5, "2020-01-01", ""),
    ("starred", "sound", "sound", 0, "2000-01-01", ""), ("settled", "sound", "sound", 0.5, "2000-01-01", ""), ("certified", "sound", "sound", 1, "2000-01-01", ""),
)  # fmt: skip


SOUND_SUPPLIES = (
    ("community", "社区", "Care in the community", "false", 30, 30, 0.4, 10, 4, 200, 400, 0, 300, 4),
    ("institution", "机构", "Care in a home", "true", 90, 20, 0.5, 7, 3, 600, 1200, 0.1, 800, 40),
)
SOUND_RATES = {
    "60-64": {"mild": 0.02, "moderate": 0.01, "severe": 0.005, "total": 0.002}, "65-79": {"mild": 0.06, "moderate": 0.03, "severe": 0.02, "total": 0.01},
    "80+": {"mild": 0.15, "moderate": 0.12, "severe": 0.06, "total": 0.04},
}  # fmt: skip


def second_region(path: Path) -> Folder:
    """The Sound: two lands, counties, towns; a pilot across the border; what `care` reads and nothing else."""
    path.mkdir(parents=True)
    folder = Folder(path)
    sourced = ["example", "illustrative"]

    def table(name: str, header: str, rows: Iterable[Sequence[Any]]) -> None:
        folder.put(name, [[*header.split(), "source", "quality"], *([*row, *sourced] for row in rows)])

    lands = [[land, zh, en, "land", "sound", "", "", ""] for land, (zh, en) in LANDS.items()]
    counties = [[county, zh, en, "county", land, "", "", ""] for county, (land, zh, en) in COUNTIES.items()]
    towns = [[town, one[1], one[2], "town", one[0], *one[3:6]] for town, one in TOWNS.items()]
    named = [["sound", "海峡", "The Sound", "union", "", "", "", ""], ["pilot", "跨海试点", "Bridge pilot", "set", "", "", "", ""]]
    table("areas", "area name_zh name_en level parent lon lat area_km2", [*named, *lands, *counties, *towns])
    table("members", "area member", [("pilot", "syd"), ("pilot", "brohuvud"), ("pilot", "fyr")])
    table(
        "rules",
        "rule origin destination item value valid_from valid_to reference",
        [(f"care.{name}", o, d, "", value, start, end, "") for name, o, d, value, start, end in SOUND_RULES],
    )
    table("params", "param low value high", [("care.limit_scale", 0.6, 0.7, 0.9)])
    table("population", "area year pop", [(town, 2021, one[6]) for town, one in TOWNS.items()])
    table(
        "census",
        "area year pop_60_plus pop_65_plus pop_80_plus urban_share other_province_share",
        [(town, 2021, *one[7:11], "") for town, one in TOWNS.items()],
    )
    table(
        "supplies",
        "supply title_zh title_en residential limit_min rate nursing_share residents_per_carer residents_per_nurse subsidy_cny_month "
        "insurance_cny_month medical_share nursing_fee_cny_month build_months",
        SOUND_SUPPLIES,
    )
    table("care_rates", "age_group grade share", [(age, grade, rate) for age, rates in SOUND_RATES.items() for grade, rate in rates.items()])
    table(
        "care_settings",
        "grade supply share",
        [(grade, *one) for grade in ("mild", "moderate", "severe", "total") for one in (("community", 0.3), ("institution", 0.15))],
    )
    homes = [(town, "institution", "basic", one[11], "", one[12], 3, "", "", "", "", 2021) for town, one in TOWNS.items()]
    homes += [(land, "community", "day", "", "", 1200, "", "", "", "", "", 2021) for land in LANDS]
    table("homes", "area supply tier beds nursing price_cny_month star carers nurses clinic_share occupancy year", homes)
    folder.put("sources", [["source", "title", "publisher", "year", "url", "licence"], ["example", "Invented for a test", "", "", "", ""]])
    levels = [("union", "联盟", "union"), ("land", "国", "land"), ("county", "郡", "county"), ("town", "镇", "town")]
    block = {
        "title": {"zh": "海峡", "en": "The Sound"}, "note": {"zh": "虚构", "en": "Invented"}, "timezone": "Europe/Stockholm", "currency": "SEK",
        "levels": [{"level": level, "title": {"zh": zh, "en": en}} for level, zh, en in levels],
        "events": [{"day": "2015-07-01", "title": {"zh": "大桥协定", "en": "Bridge treaty"}}], "bbox": [11, 55, 14, 57],
    }  # fmt: skip
    write(path, describe(path, catalogue(), {"name": "sound", "title": "海峡 | The Sound", "xietong": block}))
    return folder
