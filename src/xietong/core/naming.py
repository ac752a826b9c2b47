"""Titles that name what the region says: "{rail_cores.rank=1|core 1}" becomes the name of that row, else what follows the bar."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from xietong.core.text import T

if TYPE_CHECKING:
    from xietong.core.declare import Frame
    from xietong.core.workstream import Workstream

PLACE = re.compile(r"\{(\w+)\.(\w+)=([^|}]*)\|([^}]*)\}")


def named(workstream: Workstream, tables: Mapping[str, Frame]) -> Workstream:
    """The workstream with the titles of its measures and layers filled in from the columns name_zh and name_en of tables."""
    groups = {name: getattr(workstream, name) for name in ("measures", "layers")}
    if not any(PLACE.search(one.title.en) for group in groups.values() for one in group.values()):
        return workstream
    filled = copy.copy(workstream)
    for name, group in groups.items():
        titled = {
            key: replace(one, title=T(*(_fill(text, lang, tables) for text, lang in zip(one.title, ("zh", "en"), strict=True)))) for key, one in group.items()
        }
        vars(filled)[name] = titled
    return filled


def _fill(text: str, lang: str, tables: Mapping[str, Frame]) -> str:
    def name(found: re.Match[str]) -> str:
        table, column, value, otherwise = found.groups()
        frame = tables.get(table)
        rows = [] if frame is None else frame.loc[frame[column].astype(str) == value, f"name_{lang}"].tolist()
        return str(rows[0]) if rows else otherwise

    return PLACE.sub(name, text)
