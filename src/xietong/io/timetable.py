"""A GTFS feed brought into a region's folder: the trains of one day as rows of the tables of stations, timetables, trains and calls.

A train stands once, on the day on which it leaves; what is on its way after midnight has minutes above 1440. Platforms are
their station. What a passenger cannot use is left out: stops far from every place, calls at which nobody gets on or off.
Either all files are written or none: a copy is changed, validated as the region would be, and only then put in place.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xietong.core.declare import Quality, Table
from xietong.core.errors import DataError, Fault, NotFound, UsageError
from xietong.core.region import Region
from xietong.core.text import T
from xietong.core.workstream import Provider
from xietong.io import describe, descriptor, gtfs
from xietong.io.descriptor import DESCRIPTOR
from xietong.io.package import declared_tables, load, validate
from xietong.io.schema import FRAMEWORK, SOURCE
from xietong.io.tabular import iso_day, read_raw
from xietong.kernels.sphere import chord_to_km, great_circle_km, unit_vectors

TABLES = ("rail_stations", "timetables", "trains", "train_stops")
MAX_KM = 50.0
"""Stops further than this from every place lie outside the region."""

SAME_KM = 1.0
"""A station that stands already is the feed's of the same id if it lies within this; else two things share an id by chance."""

_STATION = "rail_stations.station"
_NAME = re.compile(r"\w[\w.-]{0,99}")
_KIND = re.compile(r"([A-Za-z]{1,4})[ -]?[0-9]")
_OTHER_DAY = re.compile(r" \([+-][0-9]+\)$")
"""How ``gtfs.read`` ends the ids of trains that leave on the days beside."""

Frames = Mapping[str, pd.DataFrame]
Stations = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Entry:
    """What a timetable is called, from which day on it is used, and where it is from."""

    name: str
    title: T
    valid_from: str
    source: str
    quality: Quality = Quality.DERIVED


class Brought(NamedTuple):
    """What was written."""

    entry: Entry
    date: str
    stations: int
    trains: int
    calls: int
    notes: tuple[str, ...]


def bring(
    folder: Path, feeds: gtfs.Paths, date: str, name: str, catalogue: Mapping[str, Provider], *,
    title: tuple[str, str] = ("", ""), valid_from: str = "", source: str = "", quality: str = Quality.DERIVED, max_km: float = MAX_KM,
) -> Brought:  # fmt: skip
    """Bring the trains of a day into the region's folder as timetable ``name``, in place of one of that name.

    Raises DataError with every fault of the region, of the feed, or of what would be written; the folder is then untouched.
    """
    wanted = _entry(name, title, valid_from, source, quality)
    if not (math.isfinite(max_km) and max_km > 0):
        raise UsageError(f"a stop cannot lie within {max_km:g} km of a place; give a distance above 0")
    folder = _existing(folder)
    tables = declared_tables(catalogue)
    if lost := [table for table in TABLES if table not in tables]:
        raise UsageError(f"no installed workstream reads {', '.join(lost)}: there is no place for a timetable")
    region = load(folder, catalogue)
    feed = gtfs.read(feeds, date)
    entry = Entry(
        wanted.name, T(wanted.title.zh or f"{feed.date}列车时刻表({wanted.name})", wanted.title.en or f"Timetable {wanted.name} of {feed.date}"),
        wanted.valid_from or feed.date, wanted.source, wanted.quality,
    )  # fmt: skip
    new, notes = frames(feed, gtfs.stations(feeds, feed), region.areas.frame, entry, max_km)
    paths = [Path(feeds)] if isinstance(feeds, str | Path) else [Path(path) for path in feeds]
    new["sources"] = _source_row(entry, paths, feed.date)
    try:
        notes += _write(folder, region, new, entry, catalogue)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror or error}); nothing was changed") from None
    return Brought(entry, feed.date, len(new["rail_stations"]), len(new["trains"]), len(new["train_stops"]), (*feed.notes, *notes))


def _entry(name: str, title: tuple[str, str], valid_from: str, source: str, quality: str) -> Entry:
    for option, value in (("name", name), ("source", source or "gtfs")):
        if not _NAME.fullmatch(value):
            raise UsageError(f"{option} {value[:100]!r} is no name; use letters, digits, '_', '-' and '.'")
    if quality not in list(Quality):
        raise UsageError(f"quality {quality!r} is not known; give one of {', '.join(Quality)}")
    try:
        day = iso_day(valid_from).isoformat() if valid_from else ""
    except ValueError:
        raise UsageError(f"{valid_from!r} is not a day from which a timetable is used. Write it as YYYY-MM-DD.") from None
    return Entry(name, T(*title), day, source or f"gtfs_{name}", Quality(quality))


def _existing(folder: Path) -> Path:
    """The whole path, so that no bundled region of that name is taken for it."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # a name that no folder can have, links in a circle
        if folder.is_dir():
            return folder.resolve()
    raise NotFound(f"there is no folder {str(folder)[:200]!r}; `xietong region new DIR` makes one")


# -- frames out of a feed ------------------------------------------------------------------------------------------------


def frames(feed: gtfs.Feed, stations: Stations, places: pd.DataFrame, entry: Entry, max_km: float = MAX_KM) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """The four tables of a feed, and what was left out, in sentences. ``stations`` are those of the stops: id, name, lon, lat."""
    trains = _trains(feed)
    known = _stations(feed, stations, trains, places)
    near = known["km"] <= max_km
    notes = []
    if (~near).any():
        first = known.loc[~near, "station"].iloc[0]
        notes.append(f"{_count((~near).sum(), 'station')} further than {max_km:g} km from every place, left out (first: {first!r}).")
    calls = _calls(feed, stations[0], trains, set(known.loc[near, "station"]), notes)
    if not len(calls):
        mend = "Check the region's places, the day and the distance from places; are longitude and latitude right?"
        raise DataError("the feed has no train for this region; nothing was changed", [Fault("no trip calls twice in the region", mend)])
    called = known[known["station"].isin(calls["station"])]
    first = calls.drop_duplicates("train")
    tail = {"source": entry.source, "quality": entry.quality.value}
    head = {"timetable": entry.name}
    names = feed.trip_name[first["trip"].to_numpy()]
    found = {
        "rail_stations": pd.DataFrame(
            {
                "station": called["station"], "name_zh": called["name"], "name_en": called["name"], "area": called["area"],
                "lon": called["lon"].round(6), "lat": called["lat"].round(6), "change_min": "", "timed": 0, **tail,
            }
        ),
        "timetables": pd.DataFrame([{**head, "title_zh": entry.title.zh, "title_en": entry.title.en, "valid_from": entry.valid_from, "day": feed.date, **tail}]),
        "trains": pd.DataFrame({**head, "train": first["train"], "name": names, "kind": [_kind(name) for name in names], **tail}),
        "train_stops": pd.DataFrame({**head, **{name: calls[name] for name in ("train", "seq", "station", "arrive_min", "leave_min")}, **tail}),
    }  # fmt: skip
    return {name: frame.reset_index(drop=True) for name, frame in found.items()}, notes


def _trains(feed: gtfs.Feed) -> np.ndarray:
    """Positions of the trips that leave on the day itself, so that each train counts once a day."""
    beside = np.array([_OTHER_DAY.search(trip) is not None for trip in feed.trip_id], dtype=bool)
    return np.flatnonzero(~beside)


def _stations(feed: gtfs.Feed, stations: Stations, trains: np.ndarray, places: pd.DataFrame) -> pd.DataFrame:
    """The stations at which trains call, each with the place nearest to it and the distance."""
    from scipy.spatial import cKDTree

    trip = np.repeat(np.arange(len(feed.trip_id)), np.diff(feed.offsets))
    called = np.unique(feed.stop[np.isin(trip, trains) & (feed.board | feed.alight)])
    rows = pd.DataFrame(dict(zip(("station", "name", "lon", "lat"), (part[called] for part in stations), strict=True)))
    found = rows.groupby("station", sort=True, as_index=False).agg({"name": "first", "lon": "mean", "lat": "mean"})
    chord, at = cKDTree(unit_vectors(places["lon"].to_numpy(), places["lat"].to_numpy())).query(unit_vectors(found["lon"].to_numpy(), found["lat"].to_numpy()))
    return found.assign(area=places["place"].to_numpy(dtype=object)[at], km=chord_to_km(np.asarray(chord)))


def _calls(feed: gtfs.Feed, station: np.ndarray, trains: np.ndarray, inside: set[str], notes: list[str]) -> pd.DataFrame:
    """The calls in the region. A trip that leaves it and comes back is a train before and another one after."""
    trip = np.repeat(np.arange(len(feed.trip_id)), np.diff(feed.offsets))
    use = np.flatnonzero(np.isin(trip, trains) & (feed.board | feed.alight))
    trip, names = trip[use], station[feed.stop[use]]
    here = np.array([name in inside for name in names], dtype=bool)
    new = np.ones(len(use), dtype=bool)
    new[1:] = (trip[1:] != trip[:-1]) | ~here[:-1]
    part = np.cumsum(new) - 1
    length = np.bincount(part, weights=here).astype(int)
    keep = here & (length[part] >= 2) if len(use) else here
    use, trip, part, names = use[keep], trip[keep], part[keep], names[keep]
    first = np.ones(len(use), dtype=bool)
    first[1:] = part[1:] != part[:-1]
    last = np.append(first[1:], True)[: len(use)]
    owner = trip[first]
    _, at, parts = np.unique(owner, return_index=True, return_counts=True)
    turn = np.arange(len(owner)) - np.repeat(at, parts)
    _note_calls(notes, len(trains) - len(parts), int((parts > 1).sum()), int(((~feed.board[use] & ~last) | (~feed.alight[use] & ~first)).sum()))
    ids = np.array(_train_ids(feed.trip_id, owner, turn), dtype=object)
    number = np.cumsum(first) - 1
    seq = np.arange(len(use)) - np.flatnonzero(first)[number] + 1
    minutes = {name: getattr(feed, key)[use] / 60 for name, key in (("arrive_min", "arrive"), ("leave_min", "leave"))}
    return pd.DataFrame({"train": ids[number], "trip": trip, "seq": seq, "station": names, **minutes})


def _train_ids(trip_id: np.ndarray, owner: np.ndarray, turn: np.ndarray) -> list[str]:
    """The trip's id; for the second part of a trip and those that follow, with a number that no other trip's id has."""
    taken, found = set(trip_id.tolist()), []
    for trip, number in zip(owner.tolist(), turn.tolist(), strict=True):
        name = str(trip_id[trip])
        if number:
            name = f"{name} #{number + 1}"
            while name in taken:
                name += "'"
            taken.add(name)
        found.append(name)
    return found


def _note_calls(notes: list[str], short: int, split: int, one_way: int) -> None:
    if short:
        notes.append(f"{_count(short, 'trip')} with fewer than two calls in the region, left out.")
    if split:
        notes.append(f"{_count(split, 'trip')} leaving the region and coming back, cut there into trains of their own.")
    if one_way:
        notes.append(f"{_count(one_way, 'call')} at which one may only get on or only off: the tables do not tell, both are taken as allowed.")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _kind(name: str) -> str:
    """The letters before a train's number, as in G123."""
    found = _KIND.match(name)
    return found[1] if found else "train"


def _source_row(entry: Entry, feeds: Sequence[Path], date: str) -> pd.DataFrame:
    return pd.DataFrame([{"source": entry.source, "title": f"GTFS: {', '.join(path.resolve().name for path in feeds)}", "year": date[:4]}])


# -- frames into the tables that stand -----------------------------------------------------------------------------------


def merge(old: Frames, new: Frames, entry: Entry, used: Iterable[str] = ()) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """The tables (cells as texts) with this timetable in place of the one of its name, and notes.

    A station that stands stays as it is, so that what was mended by hand is not lost. Those that came with the timetable
    before, and that no train and nothing in ``used`` needs any more, go. A new one whose id another station has, further
    than SAME_KM away, gets an id that begins with the timetable's name.
    """
    gone = {name: old[name]["timetable"] == entry.name for name in TABLES[1:]}
    kept = {name: old[name][~gone[name]] for name in TABLES[1:]}
    held = old["rail_stations"]
    own = set(old["timetables"].loc[gone["timetables"], "source"])
    needed = set(used) | set(kept["train_stops"]["station"])
    before = set(old["train_stops"].loc[gone["train_stops"], "station"]) - needed
    free = set(held.loc[held["station"].isin(before) & held["source"].isin(own), "station"])
    fresh = {name: _texts(frame) for name, frame in new.items()}
    names = _station_ids(held, fresh["rail_stations"], free, entry.name)
    fresh["train_stops"]["station"] = fresh["train_stops"]["station"].map(names)
    fresh["rail_stations"]["station"] = fresh["rail_stations"]["station"].map(names)
    same = {one for one, near in _near(held, fresh["rail_stations"]).items() if near}
    stays = ~held["station"].isin(free - same)
    added = fresh["rail_stations"][~fresh["rail_stations"]["station"].isin(same)]
    # A free station stays only if the feed still has it, where it was.
    found = {"rail_stations": _extend(held[stays], added)}
    found |= {name: _extend(kept[name], fresh[name]) for name in TABLES[1:]}
    sources = fresh["sources"]
    found["sources"] = _extend(old["sources"], sources[~sources["source"].isin(old["sources"]["source"])])
    renamed = [f"{name} -> {names[name]}" for name in names if names[name] != name]
    return found, [f"{_count(len(renamed), 'station')} with the id of another one that stands elsewhere, renamed ({renamed[0]})."] if renamed else []


def _station_ids(held: pd.DataFrame, fresh: pd.DataFrame, free: set[str], name: str) -> dict[str, str]:
    """The id under which each station is kept."""
    near = _near(held, fresh)
    found = {one: one if near.get(one, True) or one in free else f"{name}:{one}" for one in fresh["station"]}
    ids = list(found.values())
    count = Counter(ids)
    near = _near(held, fresh.assign(station=ids))
    if taken := sorted({one for one in ids if count[one] > 1 or not (near.get(one, True) or one in free)}):
        faults = [Fault(f"{one!r} is the id of another station", "Rename one of the two.", "rail_stations.csv", None, "station") for one in taken]
        raise DataError("the feed's stations cannot be told from those that stand; nothing was changed", faults)
    return found


def _near(held: pd.DataFrame, fresh: pd.DataFrame) -> dict[str, bool]:
    """For each station of ``fresh`` that stands already, whether it lies where it stands."""
    both = fresh[["station", "lon", "lat"]].merge(held[["station", "lon", "lat"]], on="station", suffixes=("", "_held"))
    points = (unit_vectors(both[f"lon{end}"].astype(float).to_numpy(), both[f"lat{end}"].astype(float).to_numpy()) for end in ("", "_held"))
    return dict(zip(both["station"], (great_circle_km(*points) <= SAME_KM).tolist(), strict=True))


def _extend(held: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Rows below rows; columns that the file lacks come last, cells that are not given are empty."""
    columns = [*held.columns, *(name for name in added.columns if name not in held.columns)]
    return pd.concat([held.reindex(columns=columns, fill_value=""), added.reindex(columns=columns, fill_value="")], ignore_index=True)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """The cells as they are written."""
    return pd.DataFrame({name: pd.Series([_text(value) for value in frame[name]], dtype=object) for name in frame.columns})


def _text(value: Any) -> str:
    if isinstance(value, float):  # six digits: a tenth of a metre, and less than a hundredth of a second
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


# -- files ---------------------------------------------------------------------------------------------------------------


def _write(folder: Path, region: Region, new: Frames, entry: Entry, catalogue: Mapping[str, Provider]) -> list[str]:
    """Write the tables with the timetable and the descriptor: all, or, where anything is wrong, nothing."""
    faults: list[Fault] = []
    found = descriptor.read(folder, faults)
    assert found is not None  # the region was loaded
    listed = {name: resource.path for name, resource in found.resources.items()}
    tables = {**declared_tables(catalogue), **FRAMEWORK}
    old = {name: _read(name, folder, listed, tables[name], faults) for name in (*TABLES, "sources")}
    if faults:
        raise DataError("the timetable cannot be written; nothing was changed", faults)
    merged, notes = merge(old, new, entry, _users(region))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as place:
        draft, before = Path(place) / "region", Path(place) / "before"
        draft.mkdir()
        before.mkdir()
        for path in (folder / DESCRIPTOR, *listed.values()):
            shutil.copy(path, draft / path.name)
        for name, frame in merged.items():
            _write_csv(draft / listed.get(name, Path(f"{name}.csv")).name, frame)
        describe.write(draft, _described(folder, {name: tables[name] for name in TABLES}))
        if faults := validate(draft, catalogue):
            raise DataError(f"with this timetable the region would have {_count(len(faults), 'fault')}; nothing was changed", faults)
        # The descriptor comes last: until then new tables are not part of the region.
        paths = [*(listed.get(name, folder / f"{name}.csv") for name in ("sources", *TABLES)), folder / DESCRIPTOR]
        _put([(draft / path.name, path.resolve()) for path in paths], before)
    return notes


def _read(name: str, folder: Path, listed: Mapping[str, Path], table: Table, faults: list[Fault]) -> pd.DataFrame:
    """A table that stands, as texts; without a row where the region has none."""
    if name not in listed:
        if (folder / f"{name}.csv").exists():
            faults.append(Fault("the file is there, but the package does not list it", f"Remove it, or list it in {DESCRIPTOR}.", f"{name}.csv"))
        return pd.DataFrame(columns=[*table.columns, *SOURCE], dtype=object)
    raw = read_raw(listed[name], faults)
    assert raw is not None  # the region was loaded
    return pd.DataFrame([[cell.strip() for cell in row] for row in raw[1]], columns=raw[0], dtype=object)


def _users(region: Region) -> set[str]:
    """Stations that something besides trains refers to."""
    return {
        str(value)
        for name, table in region.schemas.items()
        for column, spec in table.columns.items()
        if spec.refers == _STATION and name != "train_stops"
        for value in region.tables[name][column]
    }


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(frame.itertuples(index=False, name=None))


def _described(folder: Path, tables: Mapping[str, Table]) -> dict[str, Any]:
    """The descriptor with entries for these tables. Whatever else it says stays: files may have names of their own."""
    meta: dict[str, Any] = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8-sig"))
    entries: list[dict[str, Any]] = [
        entry if entry["name"] not in tables else {**entry, **describe.resource(entry["name"], entry["path"], tables[entry["name"]])}
        for entry in meta["resources"]
    ]
    known = {entry["name"] for entry in entries}
    entries += [describe.resource(name, f"{name}.csv", table) for name, table in tables.items() if name not in known]
    return {**meta, "resources": entries}


def _put(files: Sequence[tuple[Path, Path]], before: Path) -> None:
    """Put files in place of others, one by one; what was replaced comes back if one of them cannot be, or on Ctrl-C."""
    done: list[tuple[Path, Path | None]] = []
    try:
        for written, target in files:
            held = Path(shutil.copy2(target, before / target.name)) if target.exists() else None
            if held is not None and held.read_bytes() == written.read_bytes():
                continue
            done.append((target, held))
            written.replace(target)
    except BaseException:
        for target, held in reversed(done):
            with contextlib.suppress(OSError):  # the others still come back
                target.unlink(missing_ok=True) if held is None else held.replace(target)
        raise
