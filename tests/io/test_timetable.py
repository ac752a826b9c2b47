"""A feed brought into a region: what is taken, what is cut, what stays, and that nothing is ever half-written."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import xietong
from tests.regions import DESCRIPTOR, Folder, skeleton
from xietong.core.errors import DataError, NotFound, UsageError
from xietong.core.text import T
from xietong.io import gtfs
from xietong.io.package import load
from xietong.io.timetable import Brought, Entry, bring, frames, merge
from xietong.workstreams import catalogue

MONDAY = "2026-03-02"
STOPS = ("port,Port,50.29,10.01", "oak,Oak,50.37,10.26", "quay,Quay,50.16,10.03", "far,Far away,52.5,13.4")
DAY = (("port", "08:00"), ("oak", "08:20"), ("quay", "08:50"))
Calls = tuple[tuple[str, str], ...]


@pytest.fixture
def twin(tmp_path: Path) -> Folder:
    return skeleton(tmp_path / "twin")


@dataclass
class Feed:
    """A tiny GTFS feed. Times are HH:MM, or HH:MM:SS; a call may end with pickup_type and drop_off_type."""

    path: Path
    stops: tuple[str, ...] = STOPS
    header: str = "stop_id,stop_name,stop_lat,stop_lon"

    def put(self, **trips: Any) -> Path:
        self.path.mkdir(exist_ok=True)
        rows = [
            f"{trip},{stop},{at},{at},{number},{rest[0] if rest else 0},{rest[1] if rest else 0}"
            for trip, calls in trips.items()
            for number, (stop, time, *rest) in enumerate(calls)
            for at in [time if time.count(":") == 2 else f"{time}:00"]
        ]
        texts = {
            "stops": [self.header, *self.stops],
            "routes": ["route_id,route_short_name,route_type", "r,R1,2"],
            "trips": ["route_id,service_id,trip_id,trip_short_name", *(f"r,daily,{trip},R {trip}" for trip in trips)],
            "calendar": [
                "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
                "daily,1,1,1,1,1,1,1,20260101,20261231",
            ],
            "stop_times": ["trip_id,stop_id,arrival_time,departure_time,stop_sequence,pickup_type,drop_off_type", *rows],
        }
        for name, lines in texts.items():
            (self.path / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.path


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(tmp_path / "feed")


def bring_in(twin: Folder, path: Path, name: str = "spring", **options: Any) -> Brought:
    return bring(twin.path, path, options.pop("date", MONDAY), name, catalogue(), **options)


def bytes_of(folder: Path) -> dict[str, str]:
    """What a folder holds."""
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in folder.rglob("*")}


def rows(twin: Folder, table: str, *columns: str, **cells: str) -> list[tuple[str, ...]]:
    """Cells of the rows that have these, in the order of the file."""
    header, *body = twin.lines(table)
    wanted = {header.index(column): value for column, value in cells.items()}
    return [tuple(line[header.index(column)] for column in columns) for line in body if all(line[at] == value for at, value in wanted.items())]


def calls(twin: Folder, train: str, name: str = "spring") -> list[tuple[str, ...]]:
    return rows(twin, "train_stops", "seq", "station", "arrive_min", "leave_min", timetable=name, train=train)


# -- what is written -----------------------------------------------------------------------------------------------------


def test_a_feed_becomes_rows_of_four_tables_and_a_source(twin: Folder, feed: Feed) -> None:
    before = {name: twin.lines(name) for name in ("rail_stations", "timetables", "trains", "train_stops", "sources")}
    found = bring_in(twin, feed.put(day=DAY), title=("春季", "Spring"), valid_from="2026-01-01")
    assert (found.stations, found.trains, found.calls, found.notes, found.date) == (3, 1, 3, (), MONDAY)
    assert twin.faults() == []
    assert calls(twin, "day") == [("1", "port", "480", "480"), ("2", "oak", "500", "500"), ("3", "quay", "530", "530")]
    assert rows(twin, "trains", "train", "name", "kind", "source", "quality", timetable="spring") == [("day", "R day", "train", "gtfs_spring", "derived")]
    assert rows(twin, "timetables", "title_zh", "title_en", "valid_from", "day", timetable="spring") == [("春季", "Spring", "2026-01-01", MONDAY)]
    places = rows(twin, "rail_stations", "station", "name_zh", "name_en", "area", "lon", "lat", "change_min", "timed", source="gtfs_spring")
    assert places[0] == ("oak", "Oak", "Oak", "n2", "10.26", "50.37", "", "0")
    assert [one[3] for one in places] == ["n2", "n1", "s1"]
    assert rows(twin, "sources", "title", "year", source="gtfs_spring") == [("GTFS: feed", "2026")]
    for name, lines in before.items():
        assert twin.lines(name)[: len(lines)] == lines


def test_defaults_of_titles_and_day(twin: Folder, feed: Feed) -> None:
    found = bring_in(twin, feed.put(day=DAY), date="20260302")
    assert found.entry.valid_from == MONDAY and found.entry.title == T("2026-03-02列车时刻表(spring)", "Timetable spring of 2026-03-02")


def test_a_train_through_the_night_stands_once(twin: Folder, feed: Feed) -> None:
    path = feed.put(day=DAY, night=(("quay", "23:40:30"), ("port", "24:10")), late=(("port", "25:00"), ("oak", "25:20")))
    assert bring_in(twin, path).trains == 3  # not those of the day before, nor those of the morning after
    assert calls(twin, "night") == [("1", "quay", "1420.5", "1420.5"), ("2", "port", "1450", "1450")]
    assert calls(twin, "late") == [("1", "port", "1500", "1500"), ("2", "oak", "1520", "1520")]


@pytest.mark.parametrize("second", range(60))
def test_seconds_come_back(second: int) -> None:
    stations = tuple(np.array(one, dtype=kind) for one, kind in ((["a", "b"], object), (["A", "B"], object), ([10.0, 10.2], float), ([50.3, 50.3], float)))
    times, none, yes = np.array([second, 3600 + second], dtype=np.int32), np.zeros(0, np.int32), np.ones(2, bool)
    one = gtfs.Feed(*stations, np.array(["t"], object), np.array(["t"], object), np.array([0, 2]), np.array([0, 1]), times, times, yes, yes, none, none, none)
    places = pd.DataFrame({"place": ["p"], "lon": [10.0], "lat": [50.3]})
    new, _ = frames(one, stations, places, Entry("x", T("x", "x"), MONDAY, "s"))
    new["sources"] = pd.DataFrame([{"source": "s"}])
    old = {name: pd.DataFrame(columns=frame.columns, dtype=object) for name, frame in new.items()}
    merged, _ = merge(old, new, Entry("x", T("x", "x"), MONDAY, "s"))
    assert [round(float(cell) * 60, 3) for cell in merged["train_stops"]["arrive_min"]] == times.tolist()


def test_rail_uses_it_from_its_first_day(twin: Folder, feed: Feed) -> None:
    twin.set("rules", twin.line_of("rules", rule="rail.crosses"), value="1")
    bring_in(twin, feed.put(day=DAY), title=("春季", "Spring"), quality="published")
    region = xietong.load(twin.path, "2026-03-01")
    before, after = region.rail.status(), region.at(MONDAY).rail.status()
    assert "Timetable used: Spring." in after.explain("en") and "Timetable used: Spring." not in before.explain("en")
    trains = after.outcomes["current"].tables["stations"].set_index("station")["trains"]
    assert trains[["port", "oak", "quay"]].tolist() == [1, 1, 1] and trains["north"] == 0


def test_platforms_are_their_station(twin: Folder, feed: Feed) -> None:
    feed.header += ",location_type,parent_station"
    stops = ("hub,Hub,50.29,10.01,1,", "hub1,Hub 1,50.291,10.011,0,hub", "hub2,Hub 2,50.292,10.012,0,hub", "oak,Oak,50.37,10.26,0,")
    feed.stops = stops
    found = bring_in(twin, feed.put(out=(("hub1", "08:00"), ("oak", "08:20")), back=(("oak", "09:00"), ("hub2", "09:20"))))
    assert found.stations == 2
    assert rows(twin, "rail_stations", "station", "name_en", "lon", "lat", source="gtfs_spring")[0] == ("hub", "Hub", "10.01", "50.29")
    assert calls(twin, "out")[0][1] == calls(twin, "back")[1][1] == "hub"


def test_platforms_of_feeds_whose_ids_clash(twin: Folder, tmp_path: Path) -> None:
    header = Feed.header + ",location_type,parent_station"
    stops = ("hub,Hub,50.29,10.01,1,", "p,Hub 1,50.29,10.01,0,hub", "oak,Oak,50.37,10.26,0,")
    paths = [Feed(tmp_path / name, stops, header).put(t=(("p", "08:00"), ("oak", "08:20"))) for name in ("one", "two")]
    found = bring(twin.path, paths, MONDAY, "both", catalogue())
    assert found.trains == 2 and [row[0] for row in rows(twin, "rail_stations", "station", source="gtfs_both")] == [
        "one:hub",
        "one:oak",
        "two:hub",
        "two:oak",
    ]
    assert calls(twin, "two:t", "both")[0][1] == "two:hub"


# -- what lies outside ---------------------------------------------------------------------------------------------------


def test_a_trip_is_cut_where_it_leaves_the_region(twin: Folder, feed: Feed) -> None:
    loop = (("port", "08:00"), ("oak", "08:20"), ("far", "11:00"), ("quay", "14:00"), ("port", "14:20"))
    found = bring_in(twin, feed.put(loop=loop, gone=(("oak", "09:00"), ("far", "12:00"))))
    assert found.trains == 2 and found.stations == 3
    assert calls(twin, "loop") == [("1", "port", "480", "480"), ("2", "oak", "500", "500")]
    assert calls(twin, "loop #2") == [("1", "quay", "840", "840"), ("2", "port", "860", "860")]
    notes = " ".join(found.notes)
    for words in ("1 station further than 50 km", "'far'", "1 trip with fewer than two", "1 trip leaving the region"):
        assert words in notes
    assert rows(twin, "trains", "train", "name", timetable="spring") == [("loop", "R loop"), ("loop #2", "R loop")]


def test_the_part_of_a_trip_never_takes_another_trips_id(twin: Folder, feed: Feed) -> None:
    loop = (("port", "08:00"), ("oak", "08:20"), ("far", "11:00"), ("quay", "14:00"), ("port", "14:20"))
    assert bring_in(twin, feed.put(**{"loop": loop, "loop #2": DAY})).trains == 3
    assert len(calls(twin, "loop #2")) == 3 and len(calls(twin, "loop #2'")) == 2


def test_the_distance_from_places_is_an_option(twin: Folder, feed: Feed) -> None:
    path = feed.put(long=(("port", "08:00"), ("far", "11:00")))
    with pytest.raises(DataError, match="no train for this region"):
        bring_in(twin, path)
    assert bring_in(twin, path, max_km=500).stations == 2


def test_calls_without_passengers_are_left_out_and_one_way_ones_named(twin: Folder, feed: Feed) -> None:
    found = bring_in(twin, feed.put(t=(("port", "08:00", 0, 1), ("oak", "08:20", 1, 1), ("quay", "08:50", 1, 0), ("port", "09:10", 1, 0))))
    assert [one[1] for one in calls(twin, "t")] == ["port", "quay", "port"]
    assert next(note for note in found.notes if "one may only" in note).startswith("1 call ")


# -- again, and beside others --------------------------------------------------------------------------------------------


def test_the_same_again_changes_no_byte(twin: Folder, feed: Feed) -> None:
    path = feed.put(day=DAY)
    bring_in(twin, path)
    before = bytes_of(twin.path)
    bring_in(twin, path)
    assert bytes_of(twin.path) == before


def test_a_timetable_is_replaced_and_others_stay(twin: Folder, feed: Feed) -> None:
    bring_in(twin, feed.put(day=DAY), "winter")
    bring_in(twin, feed.put(day=DAY))
    bring_in(twin, feed.put(only=(("port", "10:00"), ("oak", "10:30"))))
    assert twin.faults() == []
    assert rows(twin, "trains", "train", timetable="spring") == [("only",)] and rows(twin, "trains", "train", timetable="winter") == [("day",)]
    assert len(rows(twin, "trains", "train", timetable="ring")) == 8
    assert [row[0] for row in rows(twin, "timetables", "timetable")] == ["ring", "winter", "spring"]
    assert rows(twin, "rail_stations", "station", station="quay")  # winter calls there


def test_stations_that_nothing_needs_any_more_go(twin: Folder, feed: Feed) -> None:
    feed.stops = (*STOPS, "kept,Kept,50.2,10.1", "line,Line,50.2,10.2")
    bring_in(twin, feed.put(day=DAY, other=(("kept", "08:00"), ("line", "08:10"))))
    twin.set("rail_stations", twin.line_of("rail_stations", station="kept"), source="example")  # somebody else's now
    twin.set("rail_line_stops", 2, station="line")
    bring_in(twin, feed.put(day=DAY[:2]))
    known = [row[0] for row in rows(twin, "rail_stations", "station")]
    assert "quay" not in known and {"kept", "line", "port", "oak", "north"} <= set(known)


def test_a_station_mended_by_hand_stays_mended(twin: Folder, feed: Feed) -> None:
    bring_in(twin, feed.put(day=DAY))
    twin.set("rail_stations", twin.line_of("rail_stations", station="oak"), name_zh="磨坊", area="n3", change_min="4")
    bring_in(twin, feed.put(day=DAY))
    assert rows(twin, "rail_stations", "name_zh", "area", "change_min", station="oak") == [("磨坊", "n3", "4")]


def test_a_station_that_moved_moves(twin: Folder, feed: Feed) -> None:
    bring_in(twin, feed.put(day=DAY))
    feed.stops = (*STOPS[:1], "oak,Oak,50.12,10.27", *STOPS[2:])
    bring_in(twin, feed.put(day=DAY))
    assert rows(twin, "rail_stations", "area", "lat", station="oak") == [("s2", "50.12")]


def test_an_id_that_another_station_has_is_told_apart(twin: Folder, feed: Feed) -> None:
    feed.stops = (*STOPS, "south,Southgate,50.37,10.27", "north,North Harbour,50.3001,10.0001")
    path = feed.put(day=(("south", "08:00"), ("north", "08:20")))
    for _ in range(2):
        found = bring_in(twin, path)
        assert any("south -> spring:south" in note for note in found.notes)
        assert [one[1] for one in calls(twin, "day")] == ["spring:south", "north"]
        assert len(rows(twin, "rail_stations", "station")) == 5
    twin.set("rail_stations", twin.line_of("rail_stations", station="spring:south"), lat="50.1", source="example")
    with pytest.raises(DataError) as caught:
        bring_in(twin, path)
    assert "'spring:south' is the id of another station" in str(caught.value)


def test_a_region_without_the_tables_gets_them(twin: Folder, feed: Feed) -> None:
    for name in ("train_stops", "trains", "timetables", "rail_stations", "rail_line_stops", "rail_lines", "rail_cores"):
        twin.drop_table(name)
    bring_in(twin, feed.put(day=DAY))
    assert twin.faults() == [] and len(twin.load().table("train_stops")) == 3
    entry = next(one for one in json.loads((twin.path / DESCRIPTOR).read_text(encoding="utf-8"))["resources"] if one["name"] == "trains")
    assert entry["schema"]["primaryKey"] == ["timetable", "train"]


def test_what_else_is_in_the_folder_stays_as_it_is(twin: Folder, feed: Feed) -> None:
    """Files with names of their own, columns that nobody declares, files that the package does not list."""
    (twin.path / "stray.csv").write_text("not,a\ntable\n", encoding="utf-8")
    twin.file("trains").rename(twin.path / "my_trains.csv")
    twin.file("timetables").rename(twin.path / "real.csv")
    twin.file("timetables").symlink_to(twin.path / "real.csv")
    twin.describe(lambda meta: [one.update(path="my_trains.csv") for one in meta["resources"] if one["name"] == "trains"])
    lines = twin.lines("rail_stations")
    twin.put("rail_stations", [["remark", *lines[0]], *(["a, b", *line] for line in lines[1:])])
    before = bytes_of(twin.path)
    bring_in(twin, feed.put(day=DAY))
    assert twin.faults() == []
    changed = {name for name, what in bytes_of(twin.path).items() if before.get(name) != what}
    assert (
        changed == {"rail_stations.csv", "timetables.csv", "real.csv", "my_trains.csv", "train_stops.csv", "sources.csv", DESCRIPTOR}
        and twin.file("timetables").is_symlink()
    )
    assert [row[0] for row in rows(twin, "rail_stations", "remark")] == ["a, b"] * 4 + [""] * 3
    assert "stray" not in (twin.path / DESCRIPTOR).read_text(encoding="utf-8")


# -- all or nothing ------------------------------------------------------------------------------------------------------


def test_a_fault_of_what_would_be_written_leaves_the_folder_untouched(twin: Folder, feed: Feed) -> None:
    feed.stops = (f"port,{'P' * 3000},50.29,10.01", *STOPS[1:])
    before = bytes_of(twin.path)
    with pytest.raises(DataError, match="the region would have 2 faults; nothing was changed") as caught:
        bring_in(twin, feed.put(day=DAY))
    assert {fault.file for fault in caught.value.faults} == {"rail_stations.csv"} and bytes_of(twin.path) == before


def test_all_faults_of_a_feed_are_reported(twin: Folder, feed: Feed) -> None:
    feed.stops = ("port,Port,950.29,10.01", "oak,Oak,x,10.26", STOPS[2])
    before = bytes_of(twin.path)
    with pytest.raises(DataError) as caught:
        bring_in(twin, feed.put(day=DAY))
    assert len(caught.value.faults) == 2 and bytes_of(twin.path) == before


def test_a_region_with_faults_is_refused(twin: Folder, feed: Feed) -> None:
    twin.set("rail_stations", 2, lon="x")
    with pytest.raises(DataError, match="has 1 fault; nothing was loaded"):
        bring_in(twin, feed.put(day=DAY))


@pytest.mark.parametrize("failing", range(6))
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "interrupted"])
def test_what_was_replaced_comes_back(twin: Folder, feed: Feed, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException) -> None:
    path = feed.put(day=DAY)
    twin.drop_table("train_stops")
    before, replace, count = bytes_of(twin.path), Path.replace, [0]

    def fail(self: Path, target: Path) -> Path:
        count[0] += 1
        if count[0] == failing + 1:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises((UsageError, KeyboardInterrupt)) as caught:
        bring_in(twin, path)
    assert count[0] > failing and ("No space" in str(caught.value) or caught.type is KeyboardInterrupt)
    assert bytes_of(twin.path) == before


def test_a_table_that_the_package_does_not_list_is_not_overwritten(twin: Folder, feed: Feed) -> None:
    text = twin.file("train_stops").read_bytes()
    twin.drop_table("train_stops")
    twin.bytes("train_stops", text)
    before = bytes_of(twin.path)
    with pytest.raises(DataError, match="does not list it"):
        bring_in(twin, feed.put(day=DAY))
    assert bytes_of(twin.path) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "a b"}, "name 'a b' is no name"), ({"name": ""}, "is no name"), ({"source": "x,y"}, "source 'x,y' is no name"), ({"quality": "good"}, "quality 'good'"),
        ({"valid_from": "2026-3-2"}, "'2026-3-2' is not a day"), ({"date": "soon"}, "'soon' is not a day"), ({"max_km": 0.0}, "within 0 km"),
        ({"max_km": float("nan")}, "within nan km"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_in_words(twin: Folder, feed: Feed, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        bring_in(twin, feed.put(day=DAY), **options)


def test_a_bundled_region_is_not_meant_by_its_name(feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="no folder 'jjj'"):
        bring(Path("jjj"), feed.put(day=DAY), MONDAY, "spring", catalogue())


def test_without_a_workstream_that_reads_timetables_there_is_no_place_for_one(twin: Folder, feed: Feed) -> None:
    with pytest.raises(UsageError, match="no installed workstream reads rail_stations, timetables, trains, train_stops"):
        bring(twin.path, feed.put(day=DAY), MONDAY, "spring", {name: one for name, one in catalogue().items() if name != "rail"})


def test_the_order_of_rows_changes_nothing(twin: Folder, feed: Feed, tmp_path: Path) -> None:
    other = Folder(Path(shutil.copytree(twin.path, tmp_path / "other")))
    lines = other.lines("areas")
    other.put("areas", [lines[0], *reversed(lines[1:])])
    bring_in(twin, feed.put(day=DAY, more=(("oak", "09:00"), ("port", "09:20"))))
    feed.stops = STOPS[::-1]
    bring_in(other, feed.put(more=(("oak", "09:00"), ("port", "09:20")), day=DAY))
    for name in ("rail_stations", "timetables", "trains", "train_stops"):
        assert load(twin.path, catalogue()).table(name).equals(load(other.path, catalogue()).table(name))
