"""datapackage.json read and checked: what the region is called, its levels and days, and where its tables are."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from xietong.core.areas import SET
from xietong.core.declare import Column, Table
from xietong.core.errors import Fault
from xietong.core.region import Event
from xietong.core.text import T
from xietong.io.schema import FRAMEWORK, OPTIONAL, SOURCE
from xietong.io.tabular import control_character, iso_day

DESCRIPTOR = "datapackage.json"
MAX_MB = 8
MEND = "`xietong region new DIR` writes a valid example."
_NAME = re.compile(r"\w[\w.-]{0,99}")
_KINDS: Mapping[str, Any] = {"integer": "integer", "number": "number", "date": "date", "boolean": "boolean"}
_Value = TypeVar("_Value")
NOTHING = T("", "")


class Resource:
    """An entry of ``resources``: where the file is and what the package says of its columns."""

    def __init__(self, path: Path, schema: Any, title: Any = None) -> None:
        self.path = path
        self.title = title
        schema = schema if isinstance(schema, dict) else {}
        fields, key = schema.get("fields"), schema.get("primaryKey")
        self.fields = [one for one in fields if isinstance(one, dict) and isinstance(one.get("name"), str)] if isinstance(fields, list) else []
        self.key = [key] if isinstance(key, str) else [part for part in key if isinstance(part, str)] if isinstance(key, list) else []

    def table(self, name: str) -> Table:
        """A table that no workstream declares, as the package itself describes it: shown on the data page."""
        columns = {
            one["name"]: Column(bilingual(one.get("title"), one["name"]), _KINDS.get(str(one.get("type")), "text"), str(one.get("unit") or ""), optional=True)
            for one in self.fields
            if one["name"] and one["name"] not in SOURCE
        }
        return Table(bilingual(self.title, name), tuple(part for part in self.key if part in columns), columns)


def bilingual(title: Any, name: str) -> T:
    """A title as Frictionless keeps it, one text: "中文 | English"; where there is none, the name."""
    zh, bar, en = (title if isinstance(title, str) else "").partition(" | ")
    return T(zh.strip() or name, (en if bar else zh).strip() or name)


@dataclass(frozen=True)
class Descriptor:
    """What datapackage.json says. Where a part of it is faulty, that part is empty: the fault has been reported."""

    name: str = ""
    title: T = NOTHING
    note: T = NOTHING
    levels: Mapping[str, T] = field(default_factory=dict)
    bbox: tuple[float, float, float, float] | None = None
    events: tuple[Event, ...] = ()
    timezone: str = "UTC"
    currency: str = "CNY"
    resources: Mapping[str, Resource] = field(default_factory=dict)


def read(folder: Path, faults: list[Fault]) -> Descriptor | None:
    """The descriptor of a folder; None (with a fault) where there is no making sense of it."""
    meta = _json(folder / DESCRIPTOR, faults)
    if meta is None:
        return None
    block = meta.get("xietong")
    if not isinstance(block, dict) or not isinstance(meta.get("resources"), list):
        faults.append(Fault("needs name, resources (a list) and a block xietong", MEND, DESCRIPTOR))
        return None

    def part(key: str, parse: Callable[[Any], _Value], default: _Value, of: Mapping[str, Any] = block, required: bool = False) -> _Value:
        where = key if of is meta else f"xietong.{key}"
        if of.get(key) is None:
            if required:
                faults.append(Fault(f"{where} is missing", MEND, DESCRIPTOR, None, where))
            return default
        try:
            return parse(of[key])
        except (ValueError, TypeError, KeyError) as error:
            faults.append(Fault(f"{where} is ill-formed: {error.args[0]}", MEND, DESCRIPTOR, None, where))
            return default

    return Descriptor(
        part("name", _word, "", of=meta, required=True), part("title", _title, NOTHING, required=True), part("note", _note, NOTHING),
        part("levels", _levels, {}, required=True), part("bbox", _box, None), part("events", _events, ()), part("timezone", _zone, "UTC"),
        part("currency", _currency, "CNY"), _resources(folder, meta["resources"], faults),
    )  # fmt: skip


def _json(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > MAX_MB * 2**20:
            raise ValueError(f"it has more than {MAX_MB} MB")
        if not path.is_file():
            raise ValueError("it is no file")
        meta = json.loads(path.read_text(encoding="utf-8-sig"))
        # JSON can name half characters (lone surrogates), which no file or terminal can hold.
        json.dumps(meta, ensure_ascii=False).encode()
    except OSError as error:
        faults.append(Fault(f"cannot be read ({error.strerror or error})", MEND, DESCRIPTOR))
        return None
    except (ValueError, RecursionError) as error:
        faults.append(Fault(f"is not valid JSON: {error}", MEND, DESCRIPTOR))
        return None
    if not isinstance(meta, dict):
        faults.append(Fault("needs name, resources (a list) and a block xietong", MEND, DESCRIPTOR))
        return None
    return meta


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200 or control_character(value):
        raise ValueError("a text of 1 to 200 characters is wanted")
    return value


def _note(value: Any) -> T:
    if not isinstance(value, dict) or not all(isinstance(value.get(lang), str) for lang in ("zh", "en")):
        raise ValueError('{"zh": "…", "en": "…"} is wanted')
    if any(control_character(value[lang]) for lang in ("zh", "en")):
        raise ValueError("it holds control characters")
    return T(value["zh"], value["en"])


def _title(value: Any) -> T:
    title = _note(value)
    return T(_word(title.zh), _word(title.en))


def _entries(value: Any, key: str) -> Iterable[tuple[str, T]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f'a list of {{"{key}": "…", "title": {{"zh": "…", "en": "…"}}}} is wanted')
    for one in value:
        yield _word(one.get(key)), _title(one.get("title"))


def _levels(value: Any) -> dict[str, T]:
    pairs = list(_entries(value, "level"))
    levels = dict(pairs)
    if len(pairs) < 2 or len(levels) < len(pairs) or SET in levels:
        raise ValueError(f"levels must name at least the region and its jurisdictions, each once, and none may be {SET!r}")
    return levels


def _events(value: Any) -> tuple[Event, ...]:
    return tuple(Event(iso_day(day), title) for day, title in _entries(value, "day"))


def _box(value: Any) -> tuple[float, float, float, float] | None:
    if not isinstance(value, list) or len(value) != 4 or any(isinstance(one, bool) or not isinstance(one, int | float) for one in value):
        raise ValueError("[west, south, east, north] in degrees is wanted")
    west, south, east, north = map(float, value)
    if not all(map(math.isfinite, (west, south, east, north))) or west >= east or south >= north:
        raise ValueError(f"{value} is no box: west < east and south < north, in degrees")
    return west, south, east, north


def _zone(value: Any) -> str:
    name = _word(value)
    try:
        ZoneInfo("UTC")
    except (OSError, KeyError):  # this machine has no time zone database: nothing can be checked
        return name
    try:
        ZoneInfo(name)
    except (OSError, KeyError, ValueError):
        raise ValueError(f"{name!r} is no time zone, for example Asia/Shanghai") from None
    return name


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise ValueError("a code of three letters is wanted, for example CNY")
    return value


def _resources(folder: Path, entries: list[Any], faults: list[Fault]) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for entry in entries:
        name, path = (entry.get("name"), entry.get("path")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(path, str):
            faults.append(Fault("a resource lacks name or path", 'Write {"name": "areas", "path": "areas.csv"}.', DESCRIPTOR))
        elif not _NAME.fullmatch(name):
            faults.append(Fault(f"resource name {name[:100]!r} is no name", "Use letters, digits, '_', '-' and '.'.", DESCRIPTOR))
        elif not _beside(folder, path):
            faults.append(Fault(f"path {path[:200]!r} leaves the region's folder", f"Put the file beside {DESCRIPTOR}.", DESCRIPTOR))
        elif name in found:
            faults.append(Fault(f"resource {name!r} is listed twice", "Keep one.", DESCRIPTOR))
        else:
            found[name] = Resource(folder / path, entry.get("schema"), entry.get("title"))
    listed = {entry.get("name") for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)}
    for name in FRAMEWORK:
        if name not in listed and name not in OPTIONAL:
            faults.append(Fault(f"resource {name!r} is missing", f"Add {name}.csv and list it under resources.", DESCRIPTOR))
    return found


def _beside(folder: Path, path: str) -> bool:
    """Whether ``path`` is a file right in the folder, links followed."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        return False
    try:
        return (folder / path).resolve().parent == folder.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that no file can have
        return False


__all__ = ["DESCRIPTOR", "Descriptor", "Resource", "read"]
