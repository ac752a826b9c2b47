"""Compiled feeds on disk, by the digest of their files: the second start maps them into memory instead of reading GTFS."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xietong.core.digest import digest, source_digest
from xietong.io.kept import folder
from xietong.kernels.timetable import Timetable
from xietong.travel.compiling import compile_timetable

if TYPE_CHECKING:
    from xietong.io.gtfs import Feed

MOST_KEPT = 16


def compiled(paths: Sequence[str | Path], date: str, cache: bool) -> tuple[Feed, Timetable]:
    """The feed of a day and its lanes (without footpaths), from disk where they are kept. What cannot be read or written
    there is as good as absent; a feed with a fault leaves nothing behind."""
    from xietong.io import gtfs

    if not cache:
        feed = gtfs.read(paths, date)
        return feed, _lanes(feed)
    key = digest(gtfs.digest(paths, date), source_digest(__name__), source_digest(gtfs.__name__), np.__version__)
    place = folder() / "networks" / key
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return _load(place)
    feed = gtfs.read(paths, date)
    table = _lanes(feed)
    with contextlib.suppress(OSError):
        _save(place, feed, table)
    return feed, table


def _lanes(feed: Feed) -> Timetable:
    stops = len(feed.stop_id)
    none = np.zeros(0, np.int32)
    return compile_timetable(feed, (np.zeros(stops + 1, np.int32), none, none, none))


def _load(place: Path) -> tuple[Feed, Timetable]:
    from xietong.io.gtfs import Feed

    plain = json.loads((place / "plain.json").read_text(encoding="utf-8"))
    parts: dict[str, Any] = {one.name: _array(place / f"feed_{one.name}.npy") for one in fields(Feed) if one.name not in plain}
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    # Text is kept in fixed width and becomes objects again, as everything else expects.
    parts = {name: one.astype(object) if one.dtype.kind == "U" else one for name, one in parts.items()}
    return Feed(**parts, **known), Timetable(*(_array(place / f"lane_{name}.npy") for name in Timetable._fields))


def _array(path: Path) -> np.ndarray:
    # Mapped into memory: what is not read costs nothing. Copy on write, since kernels compile anew for read-only arrays.
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def _save(place: Path, feed: Feed, table: Timetable) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=".draft"))
    try:
        plain = {}
        for one in fields(feed):
            value = getattr(feed, one.name)
            if isinstance(value, np.ndarray):
                np.save(draft / f"feed_{one.name}.npy", value.astype(str) if value.dtype == object else value, allow_pickle=False)
            else:
                plain[one.name] = value
        for name, array in zip(Timetable._fields, table, strict=True):
            np.save(draft / f"lane_{name}.npy", array, allow_pickle=False)
        (draft / "plain.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)  # what was there could not be read
        draft.rename(place)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for old in sorted(place.parent.glob("[0-9a-f]*"), key=lambda one: one.stat().st_mtime)[:-MOST_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
