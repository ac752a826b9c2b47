"""GTFS as it is in the wild: every trap has a tiny feed, every fault names its file and line."""

from __future__ import annotations

import datetime
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from xietong.core.errors import DataError, UsageError
from xietong.io.gtfs import FORBIDDEN, TIMED, WALK, Feed, busiest_weekday, digest, read, service_days

Texts = dict[str, str]
WEEK = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
MONDAY, SATURDAY = "2026-03-02", "2026-03-07"
SHARED = Path(__file__).parents[3] / "shared"


def feed(**changed: str | None) -> Texts:
    """Three stops on the equator, one degree apart; trip t1 serves them from Monday to Friday in March 2026. A file set to None is left out."""
    texts: dict[str, str | None] = {
        "stops": "stop_id,stop_name,stop_lat,stop_lon\na,Alpha,0,1\nb,Beta,0,2\nc,Gamma,0,3\n",
        "routes": "route_id,route_short_name,route_type\nr,R1,3\n",
        "trips": "route_id,service_id,trip_id\nr,work,t1\n",
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,08:00:00,08:01:00,a,1\nt1,08:10:00,08:11:00,b,2\nt1,08:20:00,08:21:00,c,3\n",
        "calendar": WEEK + "work,1,1,1,1,1,0,0,20260302,20260327\n",
        **changed,
    }
    return {name: text for name, text in texts.items() if text is not None}


def folder(path: Path, texts: Texts) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (path / f"{name}.txt").write_bytes(text.encode())
    return path


def zipped(path: Path, texts: Texts, inside: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(f"{inside}{name}.txt", text.encode())
    return path


def times(*calls: str, header: str = "trip_id,arrival_time,departure_time,stop_id,stop_sequence") -> str:
    return "\n".join([header, *calls]) + "\n"


def trip(one: Feed, trip_id: str) -> list[tuple[str, int, int]]:
    """The calls of a trip as (stop, arrival, departure)."""
    number = one.trip_id.tolist().index(trip_id)
    calls = range(one.offsets[number], one.offsets[number + 1])
    return [(str(one.stop_id[one.stop[call]]), int(one.arrive[call]), int(one.leave[call])) for call in calls]


def pairs(one: Feed) -> dict[tuple[str, str], int]:
    ends = zip(one.pair_from, one.pair_to, one.pair_s, strict=True)
    return {(str(one.stop_id[a]), str(one.stop_id[b])): int(seconds) for a, b, seconds in ends}


def same(one: Feed, other: Feed, but: tuple[str, ...] = ("digest",)) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Feed) if field.name not in but)


def faults(path: Path | list[Path], date: str = MONDAY) -> list[tuple[str, int | None, str]]:
    """File, line and text of every fault."""
    with pytest.raises(DataError) as caught:
        read(path, date)
    return [(fault.file, fault.row, f"{fault.what}. {fault.mend}") for fault in caught.value.faults]


def only_fault(tmp_path: Path, texts: Texts, file: str, row: int | None, words: str, date: str = MONDAY) -> None:
    found = faults(folder(tmp_path / "feed", texts), date)
    assert len(found) == 1, found
    assert found[0][:2] == (f"feed/{file}" if file else "feed", row), found
    assert words in found[0][2], found


EIGHT = 8 * 3600
PLAIN = [("a", EIGHT, EIGHT + 60), ("b", EIGHT + 600, EIGHT + 660), ("c", EIGHT + 1200, EIGHT + 1260)]


# -- a clean feed ------------------------------------------------------------------------------------------------------


def test_a_clean_feed_is_read_as_arrays(tmp_path: Path) -> None:
    one = read([folder(tmp_path / "feed", feed())], MONDAY)
    assert one.stop_id.tolist() == ["a", "b", "c"]
    assert one.stop_name.tolist() == ["Alpha", "Beta", "Gamma"]
    assert one.lon.tolist() == [1, 2, 3] and one.lat.tolist() == [0, 0, 0]
    assert trip(one, "t1") == PLAIN
    assert one.trip_name.tolist() == ["R1", "R1"]
    assert one.board.all() and one.alight.all() and not len(one.pair_s)
    assert one.date == MONDAY and not one.notes
    kinds = {field.name: getattr(one, field.name).dtype for field in fields(Feed) if field.name not in ("date", "digest", "notes")}
    assert kinds == {
        **dict.fromkeys(("stop_id", "stop_name", "trip_id", "trip_name"), np.dtype(object)),
        **dict.fromkeys(("lon", "lat"), np.dtype(np.float64)),
        **dict.fromkeys(("stop", "arrive", "leave", "pair_from", "pair_to", "pair_s"), np.dtype(np.int32)),
        **dict.fromkeys(("board", "alight"), np.dtype(bool)),
        "offsets": np.dtype(np.int64),
    }


def test_folder_zip_and_a_zip_with_one_folder_inside_give_the_same_feed(tmp_path: Path) -> None:
    plain = read(folder(tmp_path / "feed", feed()), MONDAY)
    assert same(plain, read(zipped(tmp_path / "a.zip", feed()), MONDAY))
    inside = zipped(tmp_path / "b.zip", feed(), "export 2026/")
    with zipfile.ZipFile(inside, "a") as archive:
        archive.writestr("__MACOSX/export 2026/stops.txt", "rubbish")
    assert same(plain, read(inside, datetime.date(2026, 3, 2)))


def test_the_order_of_rows_and_of_columns_changes_nothing(tmp_path: Path) -> None:
    texts = feed(
        trips="route_id,service_id,trip_id\nr,work,t2\nr,work,t1\n",
        stop_times=times("t1,08:00:00,08:01:00,a,1", "t1,08:10:00,08:11:00,b,2", "t2,09:00:00,09:00:00,c,5", "t2,,,b,7", "t2,09:21:00,09:21:00,a,70"),
        transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time\na,b,2,60\nb,a,3,\n",
    )
    turned = {name: "\n".join([text.split("\n")[0], *reversed(text.strip().split("\n")[1:])]) for name, text in texts.items()}
    swapped = {name: "\n".join(",".join(reversed(line.split(","))) for line in text.strip().split("\n")) for name, text in turned.items()}
    one = read(folder(tmp_path / "one", texts), MONDAY)
    assert same(one, read(folder(tmp_path / "two", turned), MONDAY))
    assert same(one, read(folder(tmp_path / "three", swapped), MONDAY))


def test_a_byte_order_mark_carriage_returns_spaces_quotes_and_blank_rows_are_harmless(tmp_path: Path) -> None:
    texts = feed(
        stops='\ufeff"stop_id", stop_name ,stop_lat, stop_lon\r\n"a","Alpha, ""the first""", 0 ,1\r\n\r\n b ,Beta,0,2\r\n,,,\r\n"c", "Gam\nma",0,3\r\n   \r\n',
        stop_times=times("t1, 8:00:00 ,8:01:00,a, 1", "", "t1,8:10:00,8:11:00, b ,2", " , ,,,", " t1,8:20:00,8:21:00,c,3").replace("\n", "\r\n"),
    )
    one = read(folder(tmp_path / "feed", texts), MONDAY)
    assert trip(one, "t1") == PLAIN
    assert one.stop_name.tolist() == ['Alpha, "the first"', "Beta", "Gam\nma"]


def test_files_with_old_mac_line_ends_and_commas_at_the_end_of_rows_are_read(tmp_path: Path) -> None:
    texts = feed(trips="\n\nroute_id,service_id,trip_id\nr,work,t1,\n", routes="route_id,route_short_name\rr,R1\r")
    assert trip(read(folder(tmp_path / "feed", texts), MONDAY), "t1") == PLAIN


def test_ids_are_text_as_it_stands(tmp_path: Path) -> None:
    texts = feed(
        stops="stop_id,stop_lat,stop_lon\n007,0,1\n7,0,2\nNA,0,3\n",
        trips="route_id,service_id,trip_id\nr,work,0010\n",
        stop_times=times("0010,08:00:00,08:01:00,007,1", "0010,08:10:00,08:11:00,7,2", "0010,08:20:00,08:21:00,NA,3"),
    )
    one = read(folder(tmp_path / "feed", texts), MONDAY)
    assert [stop for stop, _, _ in trip(one, "0010")] == ["007", "7", "NA"]
    assert one.stop_name.tolist() == ["007", "7", "NA"]


def test_a_trip_is_called_by_its_own_name_else_its_route_else_its_id(tmp_path: Path) -> None:
    calls = [f"{one},08:00:00,08:00:00,a,1\n{one},08:10:00,08:10:00,b,2" for one in ("t1", "t2", "t3")]
    texts = feed(
        routes="route_id,route_short_name\nr,R1\ns,\n",
        trips="route_id,service_id,trip_id,trip_short_name\nr,work,t1,G1\nr,work,t2,\ns,work,t3,\n",
        stop_times=times(*calls),
    )
    one = read(folder(tmp_path / "feed", texts), "2026-03-27")
    assert dict(zip(one.trip_id, one.trip_name, strict=True)) == {"t1": "G1", "t2": "R1", "t3": "t3"}
    assert read(folder(tmp_path / "feed", feed(routes="route_id\nr\n")), "2026-03-27").trip_name.tolist() == ["t1"]


def test_large_files_are_read_in_pieces_that_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(folder(tmp_path / "feed", feed()), MONDAY)
    monkeypatch.setattr("xietong.io._gtfs_files.CHUNK", 2)
    with monkeypatch.context() as patch:
        # The quick reader is enough for a clean feed, in any number of pieces.
        patch.delattr("xietong.io._gtfs_files._slow")
        assert same(whole, read(tmp_path / "feed", MONDAY))
    folder(tmp_path / "feed", {name: text.replace("\n", ",\n").replace(",\n", "\n", 1) for name, text in feed().items()})
    assert same(whole, read(tmp_path / "feed", MONDAY))
    folder(tmp_path / "feed", feed(stop_times=feed()["stop_times"].replace("08:20:00", "8.20")))
    assert faults(tmp_path / "feed")[0][:2] == ("feed/stop_times.txt", 4)


# -- times -------------------------------------------------------------------------------------------------------------


def test_of_arrival_and_departure_one_is_enough(tmp_path: Path) -> None:
    texts = feed(stop_times=times("t1,,08:00:00,a,1", "t1,08:10:00,,b,2", "t1,08:20:00,,c,3"))
    expected = [("a", EIGHT, EIGHT), ("b", EIGHT + 600, EIGHT + 600), ("c", EIGHT + 1200, EIGHT + 1200)]
    assert trip(read(folder(tmp_path / "feed", texts), MONDAY), "t1") == expected
    texts = feed(stop_times=times("t1,08:00:00,a,1", "t1,08:10:00,b,2", "t1,08:20:00,c,3", header="trip_id,departure_time,stop_id,stop_sequence"))
    assert trip(read(folder(tmp_path / "feed", texts), MONDAY), "t1") == expected


def test_untimed_stops_are_timed_by_the_distance_along_the_trip(tmp_path: Path) -> None:
    stops = "stop_id,stop_lat,stop_lon\na,0,1\nb,0,2\nc,0,4\nd,0,5\n"
    texts = feed(stops=stops, stop_times=times("t1,07:00:00,08:00:00,a,1", "t1,,,b,2", "t1,,,c,3", "t1,08:00:41,09:00:00,d,9"))
    # 1, 3 and 4 degrees of 4 in 41 seconds.
    assert [at - EIGHT for _, at, _ in trip(read(folder(tmp_path / "feed", texts), MONDAY), "t1")] == [-3600, 10, 31, 41]
    assert trip(read(tmp_path / "feed", MONDAY), "t1")[1] == ("b", EIGHT + 10, EIGHT + 10)


def test_a_gap_between_timed_stops_never_reaches_into_the_next(tmp_path: Path) -> None:
    rows = ["t1,08:00:00,08:00:00,a,1", "t1,,,b,2", "t1,08:10:00,08:20:00,c,3", "t1,,,b,4", "t1,08:30:00,08:30:00,a,5"]
    texts = feed(trips="route_id,service_id,trip_id\nr,work,t1\nr,work,t2\n", stop_times=times(*rows, *(row.replace("t1", "t2") for row in rows)))
    one = read(folder(tmp_path / "feed", texts), MONDAY)
    assert [at - EIGHT for _, at, _ in trip(one, "t2")] == [at - EIGHT for _, at, _ in trip(one, "t1")] == [0, 300, 600, 1500, 1800]


SHAPED = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled"


@pytest.mark.parametrize(
    ("along", "second"),
    [
        (("0", "9", "10"), 90),
        (("5", "5.1", "6"), 10),
        (("0", "", "10"), 50),
        (("", "9", "10"), 50),
        (("0", "9", ""), 50),
        (("0", "12", "10"), 50),
        (("3", "3", "3"), 50),
    ],
)
def test_shape_dist_traveled_is_the_distance_where_a_gap_has_it_throughout_and_it_grows(tmp_path: Path, along: tuple[str, str, str], second: int) -> None:
    rows = ("t1,08:00:00,08:00:00,a,1", "t1,,,b,2", "t1,08:01:40,08:01:40,c,3")
    texts = feed(stop_times=times(*(f"{row},{dist}" for row, dist in zip(rows, along, strict=True)), header=SHAPED))
    assert trip(read(folder(tmp_path / "feed", texts), MONDAY), "t1")[1][1] == EIGHT + second


def test_untimed_stops_on_one_spot_share_the_time_evenly(tmp_path: Path) -> None:
    texts = feed(stop_times=times("t1,08:00:00,08:00:00,b,1", "t1,,,b,2", "t1,,,b,3", "t1,08:01:30,08:01:30,b,4"))
    assert [at - EIGHT for _, at, _ in trip(read(folder(tmp_path / "feed", texts), MONDAY), "t1")] == [0, 30, 60, 90]


def test_loops_and_overtaking_trips_stay_as_they_are(tmp_path: Path) -> None:
    slow, fast = ("t1,08:00:00,08:00:00,a,1", "t1,08:30:00,08:30:00,b,2", "t1,09:00:00,09:00:00,a,3"), ("t2,08:05:00,08:05:00,a,1", "t2,08:06:00,08:06:00,b,2")
    texts = feed(trips="route_id,service_id,trip_id\nr,work,t1\nr,work,t2\n", stop_times=times(*slow, *fast))
    one = read(folder(tmp_path / "feed", texts), MONDAY)
    assert [stop for stop, _, _ in trip(one, "t1")] == ["a", "b", "a"]
    assert trip(one, "t2")[1][1] < trip(one, "t1")[1][1]


def test_stops_without_boarding_or_alighting_are_marked(tmp_path: Path) -> None:
    rows = ("t1,08:00:00,08:00:00,a,1,0,1", "t1,08:10:00,08:10:00,b,2,3,2", "t1,08:20:00,08:20:00,c,3,1,")
    texts = feed(stop_times=times(*rows, header="trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type"))
    one = read(folder(tmp_path / "feed", texts), "2026-03-27")
    assert one.board.tolist() == [True, True, False]
    assert one.alight.tolist() == [False, True, True]


# -- days --------------------------------------------------------------------------------------------------------------


def test_a_service_day_knows_weekday_period_and_exceptions(tmp_path: Path) -> None:
    calendar = WEEK + "work,1,1,1,1,1,0,0,20260302,20260313\nrest,0,0,0,0,0,1,1,20260301,20260315\n"
    dates = "service_id,date,exception_type\nwork,20260304,2\nrest,20260304,1\nrest,20260308,2\nfair,20260310,1\nfair,20260310,1\nwork,20260303,1\n"
    calls = (f"{one},{hour:02d}:00:00,{hour:02d}:00:00,a,1\n{one},{hour:02d}:30:00,{hour:02d}:30:00,b,2" for one, hour in (("w", 13), ("r", 14), ("f", 15)))
    texts = feed(
        calendar=calendar, calendar_dates=dates, trips="route_id,service_id,trip_id\nr,work,w\nr,rest,r\nr,fair,f\n", stop_times=times(*calls), frequencies=None
    )
    path = folder(tmp_path / "feed", texts)
    expected = {"2026-03-01": "r", "2026-03-02": "w", "2026-03-03": "w", "2026-03-04": "r", "2026-03-05": "w", "2026-03-06": "w", "2026-03-07": "r"}
    expected |= {"2026-03-09": "w", "2026-03-10": "fw", "2026-03-11": "w", "2026-03-12": "w", "2026-03-13": "w", "2026-03-14": "r", "2026-03-15": "r"}
    assert service_days(path) == {day: len(names) for day, names in expected.items()}
    assert {day: "".join(read(path, day).trip_id) for day in expected} == expected
    assert busiest_weekday(path) == "2026-03-10"
    assert "no trip runs on 2026-03-08" in faults(path, "2026-03-08")[0][2]


def test_calendar_dates_alone_make_a_calendar(tmp_path: Path) -> None:
    path = folder(tmp_path / "feed", feed(calendar=None, calendar_dates="service_id,date,exception_type\nwork,20260307,1\nwork,20260309,1\n"))
    assert service_days(path) == {"2026-03-07": 1, "2026-03-09": 1}
    assert busiest_weekday(path) == "2026-03-09"
    assert read(path, SATURDAY).trip_id.tolist() == ["t1"]


@pytest.mark.parametrize("kind", ["no calendar", "no trips", "a dangling service", "a headway of 0", "a service twice"])
def test_days_are_not_counted_in_a_feed_with_faults(tmp_path: Path, kind: str) -> None:
    texts, file, row, words = BAD[kind]
    with pytest.raises(DataError) as caught:
        service_days(folder(tmp_path / "feed", texts))
    assert [(fault.file, fault.row) for fault in caught.value.faults] == [(f"feed/{file}", row)]
    assert words in caught.value.faults[0].what


def test_the_busiest_weekday_is_the_earliest_of_equals_and_no_weekend(tmp_path: Path) -> None:
    texts = feed(
        calendar=WEEK + "work,0,1,1,0,0,1,0,20260302,20260331\nmore,0,0,0,0,0,1,0,20260302,20260331\n",
        trips="route_id,service_id,trip_id\nr,work,t1\nr,more,t2\n",
    )
    assert busiest_weekday(folder(tmp_path / "feed", texts)) == "2026-03-03"
    weekend = feed(calendar=WEEK + "work,0,0,0,0,0,1,1,20260302,20260331\n")
    with pytest.raises(DataError, match="Monday to Friday"):
        busiest_weekday(folder(tmp_path / "other", weekend))


def test_trips_of_the_night_before_and_of_the_next_morning_are_part_of_the_day(tmp_path: Path) -> None:
    rows = {
        "night": ("23:50:00", "24:10:00"),
        "late": ("23:30:00", "23:59:59"),
        "midnight": ("23:40:00", "24:00:00"),
        "morning": ("11:59:59", "12:30:00"),
        "noon": ("12:00:00", "12:30:00"),
        "long": ("20:00:00", "49:00:00"),
    }
    calls = (f"{one},{first},{first},a,1\n{one},{last},{last},b,2" for one, (first, last) in rows.items())
    texts = feed(trips="route_id,service_id,trip_id\n" + "".join(f"r,work,{one}\n" for one in rows), stop_times=times(*calls))
    one = read(folder(tmp_path / "feed", texts), "2026-03-04")
    beside = {"night (-1)", "midnight (-1)", "long (-1)", "long (-2)", "morning (+1)"}
    assert set(one.trip_id) == {*rows, *beside}
    assert trip(one, "night (-1)") == [("a", -600, -600), ("b", 600, 600)]
    assert trip(one, "long (-2)") == [("a", 72000 - 2 * 86400, 72000 - 2 * 86400), ("b", 3600, 3600)]
    assert trip(one, "morning (+1)")[0] == ("a", 86400 + 43199, 86400 + 43199)
    # On Monday nothing is left of Sunday, on Friday no morning follows.
    assert set(read(tmp_path / "feed", MONDAY).trip_id) == {*rows, "morning (+1)"}
    assert set(read(tmp_path / "feed", "2026-03-06").trip_id) == {*rows, *beside} - {"morning (+1)"}


FREQUENCIES = "trip_id,start_time,end_time,headway_secs,exact_times\n"


@pytest.mark.parametrize("exact", ["0", "1", ""])
def test_headways_become_runs_from_the_start_up_to_but_not_at_the_end(tmp_path: Path, exact: str) -> None:
    path = folder(tmp_path / "feed", feed(frequencies=FREQUENCIES + f"t1,14:00:00,14:30:00,600,{exact}\nt1,14:30:00,14:45:00,900,{exact}\n"))
    one = read(path, MONDAY)
    assert one.trip_id.tolist() == ["t1@14:00:00", "t1@14:10:00", "t1@14:20:00", "t1@14:30:00"]
    # The departure from the first stop is at the start, an hour and more after the written one.
    assert trip(one, "t1@14:10:00") == [(stop, at + 22140, leave + 22140) for stop, at, leave in PLAIN]
    assert set(one.trip_name) == {"R1"}
    assert service_days(path)[MONDAY] == 4


def test_runs_of_a_headway_belong_to_the_days_beside_too(tmp_path: Path) -> None:
    texts = feed(frequencies=FREQUENCIES + "t1,23:45:00,24:15:01,900,1\nt1,11:40:00,12:20:00,1200,1\n")
    one = read(folder(tmp_path / "feed", texts), "2026-03-04")
    day = {"t1@11:40:00", "t1@12:00:00", "t1@23:45:00", "t1@24:00:00", "t1@24:15:00"}
    assert set(one.trip_id) == {*day, "t1@23:45:00 (-1)", "t1@24:00:00 (-1)", "t1@24:15:00 (-1)", "t1@11:40:00 (+1)"}
    assert trip(one, "t1@24:00:00 (-1)")[0] == ("a", -60, 0)


# -- stations and transfers --------------------------------------------------------------------------------------------

STATION = "stop_id,stop_lat,stop_lon,location_type,parent_station\nS,0,1,1,\na,0,1,0,S\na2,0,1.001,,S\ngate,0,1,2,S\nnode,,,3,S\nb,0,2,0,\nc,0,3,0,T\nT,,,1,\n"


def test_stations_entrances_and_nodes_are_no_stops_but_unserved_platforms_are(tmp_path: Path) -> None:
    one = read(folder(tmp_path / "feed", feed(stops=STATION)), MONDAY)
    assert one.stop_id.tolist() == ["a", "a2", "b", "c"]


def test_a_station_that_trips_call_at_stays(tmp_path: Path) -> None:
    texts = feed(stops=STATION, stop_times=times("t1,08:00:00,08:00:00,S,1", "t1,08:10:00,08:10:00,b,2"))
    assert read(folder(tmp_path / "feed", texts), MONDAY).stop_id.tolist() == ["S", "a", "a2", "b", "c"]


def test_transfers_of_every_type_are_told_apart(tmp_path: Path) -> None:
    rows = ["a,b,0,99", "a,a,1,", "b,c,1,", "b,b,2,120", "c,c,2,", "c,a,3,", "b,a,,", "c,b,2,59.5"]
    texts = feed(transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time\n" + "\n".join(rows))
    one = read(folder(tmp_path / "feed", texts), MONDAY)
    assert pairs(one) == {
        ("a", "a"): 0,
        ("a", "b"): WALK,
        ("b", "a"): WALK,
        ("b", "b"): 120,
        ("b", "c"): TIMED,
        ("c", "a"): FORBIDDEN,
        ("c", "b"): 60,
        ("c", "c"): WALK,
    }
    assert {WALK, TIMED, FORBIDDEN} == {-2, -3, -1}


def test_a_transfer_at_a_station_holds_for_its_platforms_unless_a_row_names_them(tmp_path: Path) -> None:
    rows = ["a,a2,2,30", "S,S,2,180", "T,S,3,", "c,S,2,500", "S,b,1,"]
    texts = feed(stops=STATION, transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time\n" + "\n".join(rows))
    one = read(folder(tmp_path / "feed", texts), MONDAY)
    expected = {("a", "a"): 180, ("a", "a2"): 30, ("a2", "a"): 180, ("a2", "a2"): 180, ("c", "a"): 500, ("c", "a2"): 500, ("a", "b"): TIMED, ("a2", "b"): TIMED}
    assert pairs(one) == expected


@pytest.mark.parametrize("rows", [["a,b,2,60", "a,b,2,90", "a,b,0,"], ["a,b,0,", "a,b,2,90", "a,b,2,60"]])
def test_of_transfers_that_contradict_one_another_the_strictest_holds(tmp_path: Path, rows: list[str]) -> None:
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    assert pairs(read(folder(tmp_path / "feed", feed(transfers=header + "\n".join(rows))), MONDAY)) == {("a", "b"): 90}
    forbidden = header + "\n".join([*rows, "a,b,3,"])
    assert pairs(read(folder(tmp_path / "feed", feed(transfers=forbidden)), MONDAY)) == {("a", "b"): FORBIDDEN}


def test_transfers_within_a_vehicle_or_between_certain_trips_are_left_out_and_said(tmp_path: Path) -> None:
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_route_id\n"
    rows = ["a,b,2,60,,", "a,b,2,90,t1,", "b,c,2,90,,r", ",,4,,t1,", "a,c,5,,t1,"]
    one = read(folder(tmp_path / "feed", feed(transfers=header + "\n".join(rows))), MONDAY)
    assert pairs(one) == {("a", "b"): 60}
    assert len(one.notes) == 2
    assert "2 in-seat transfers" in one.notes[0] and "2 transfers that hold for certain trips" in one.notes[1]
    seats = read(folder(tmp_path / "feed", feed(transfers=header + rows[3])), MONDAY)
    assert len(seats.notes) == 1 and not pairs(seats)


# -- several feeds -----------------------------------------------------------------------------------------------------

OTHER = {
    "stops": "stop_id,stop_lat,stop_lon\nx,0,1.5\ny,0,2\n",
    "routes": "route_id,route_short_name\nr,X\n",
    "trips": "route_id,service_id,trip_id\nr,work,u1\n",
    "stop_times": times("u1,07:00:00,07:00:00,x,1", "u1,07:10:00,07:10:00,y,2"),
    "transfers": "from_stop_id,to_stop_id,transfer_type,min_transfer_time\ny,x,2,77\n",
}


def test_several_feeds_become_one_in_whatever_order_they_are_given(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "one", feed()), zipped(tmp_path / "two.zip", feed(**OTHER))
    both = read([one, two], "2026-03-27")
    # b and y lie on one spot: the id decides.
    assert both.stop_id.tolist() == ["a", "x", "b", "y", "c"]
    assert both.trip_id.tolist() == ["t1", "u1"]
    assert dict(zip(both.trip_id, both.trip_name, strict=True)) == {"t1": "R1", "u1": "X"}
    assert trip(both, "t1") == PLAIN and trip(both, "u1") == [("x", 25200, 25200), ("y", 25800, 25800)]
    assert pairs(both) == {("y", "x"): 77}
    assert same(both, read([two, one], "2026-03-27"), but=())
    assert service_days([one, two])[MONDAY] == 2


@pytest.mark.parametrize("clash", ["stops", "trips"])
def test_feeds_whose_ids_clash_are_told_apart_by_their_names(tmp_path: Path, clash: str) -> None:
    texts = feed(**{**OTHER, "transfers": None})
    if clash == "stops":
        texts = feed(trips=texts["trips"], stop_times=feed()["stop_times"].replace("t1", "u1"))
    else:
        texts["trips"], texts["stop_times"] = feed()["trips"], texts["stop_times"].replace("u1", "t1")
    apart = feed(**{key: text.replace("x", "p").replace("y,", "q,").replace("u1", "v1") for key, text in OTHER.items()})
    paths = [folder(tmp_path / "one", feed()), zipped(tmp_path / "two.zip", texts), folder(tmp_path / "three", apart)]
    both = read(paths, "2026-03-27")
    assert both.trip_id.tolist() == sorted(["one:t1", "two:u1" if clash == "stops" else "two:t1", "v1"])
    assert {"one:a", "two:a" if clash == "stops" else "two:x", "p"} <= set(both.stop_id)
    assert [call[0] for call in trip(both, "one:t1")] == ["one:a", "one:b", "one:c"]
    assert sum("ids clash with another feed" in note for note in both.notes) == 2


def test_feeds_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [zipped(tmp_path / "north" / "gtfs.zip", feed()), zipped(tmp_path / "south" / "gtfs.zip", feed())]
    assert read(paths, "2026-03-27").trip_id.tolist() == ["north/gtfs:t1", "south/gtfs:t1"]


def test_a_feed_that_rests_on_the_day_is_noted_and_one_that_does_not_reach_it_is_a_fault(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", feed())
    resting = folder(tmp_path / "two", feed(**OTHER, calendar=WEEK + "work,1,0,0,0,0,1,0,20260301,20260331\n"))
    assert any("two: no trip runs on 2026-03-04" in note for note in read([one, resting], "2026-03-04").notes)
    past = folder(tmp_path / "past", feed(**OTHER, calendar=WEEK + "work,1,1,1,1,1,0,0,20260303,20260303\n"))
    assert [fault[0] for fault in faults([one, past], "2026-03-04")] == ["past"]
    assert busiest_weekday([one, past]) == "2026-03-03"


# -- left out, and said ------------------------------------------------------------------------------------------------


def test_trips_with_one_call_or_none_are_left_out_and_said(tmp_path: Path) -> None:
    texts = feed(
        trips="route_id,service_id,trip_id\nr,work,t1\nr,work,t2\nr,work,t3\nr,work,t4\n",
        stop_times=feed()["stop_times"] + "t2,09:00:00,09:00:00,a,1\n",
        frequencies=FREQUENCIES + "t2,09:00:00,10:00:00,60,0\n",
    )
    one = read(folder(tmp_path / "feed", texts), "2026-03-27")
    assert one.trip_id.tolist() == ["t1"]
    assert any("1 trip has one call only" in note and "'t2'" in note for note in one.notes)
    assert any("2 trips have no call at all" in note and "'t3'" in note for note in one.notes)


@pytest.mark.parametrize("zone", ["location_id", "location_group_id"])
def test_trips_on_demand_are_left_out_and_said(tmp_path: Path, zone: str) -> None:
    header = f"trip_id,arrival_time,departure_time,stop_id,stop_sequence,{zone}"
    rows = [f"{row}," for row in feed()["stop_times"].splitlines()[1:]]
    texts = feed(trips="route_id,service_id,trip_id\nr,work,t1\nr,work,t2\n", stop_times=times(*rows, "t2,,,,1,zone", "t2,,,a,2,", header=header))
    one = read(folder(tmp_path / "feed", texts), "2026-03-27")
    assert one.trip_id.tolist() == ["t1"] and any("feed: trips on demand" in note and "(1)" in note for note in one.notes)


# -- faults ------------------------------------------------------------------------------------------------------------

CALLS = feed()["stop_times"].splitlines()


def spoilt(line: int, old: str, new: str) -> Texts:
    """The feed with one change in a line of stop_times.txt."""
    lines = list(CALLS)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    return feed(stop_times="\n".join(lines))


STOPS, TRIPS, WORK = feed()["stops"], feed()["trips"], feed()["calendar"]
DATES = "service_id,date,exception_type\n"
BAD: dict[str, tuple[Texts, str, int | None, str]] = {
    "a dangling trip": (feed(stop_times="\n".join([*CALLS, "t9,09:00:00,09:00:00,a,1"])), "stop_times.txt", 5, "'t9' is not in trips.txt"),
    "a dangling stop": (spoilt(3, ",b,", ",z,"), "stop_times.txt", 3, "'z' is not in stops.txt"),
    "a dangling service": (feed(trips=TRIPS + "r,never,t2\n"), "trips.txt", 3, "'never' is in neither"),
    "a dangling route": (feed(trips=TRIPS + "q,work,t2\n"), "trips.txt", 3, "'q' is not in routes.txt"),
    "a dangling parent": (feed(stops="stop_id,stop_lat,stop_lon,parent_station\na,0,1,\nb,0,2,P\nc,0,3,\n"), "stops.txt", 3, "'P' is no stop"),
    "a dangling headway": (feed(frequencies=FREQUENCIES + "t1,9:00:00,10:00:00,60,\nt9,9:00:00,10:00:00,60,\n"), "frequencies.txt", 3, "'t9'"),
    "a dangling transfer": (feed(transfers="from_stop_id,to_stop_id\na,b\na,z\n"), "transfers.txt", 3, "'z' is not in stops.txt"),
    "an arrival before the last departure": (spoilt(3, "08:10:00", "08:00:59"), "stop_times.txt", 3, "before it left"),
    "a departure before the arrival": (spoilt(4, "08:21:00", "08:19:59"), "stop_times.txt", 4, "08:19:59 is before arrival 08:20:00"),
    "a time that is none": (spoilt(3, "08:10:00", "08:60:00"), "stop_times.txt", 3, "'08:60:00' is not a time"),
    "a time without seconds": (spoilt(2, "08:01:00", "08:01"), "stop_times.txt", 2, "'08:01' is not a time"),
    "an untimed first call": (spoilt(2, "08:00:00,08:01:00", ","), "stop_times.txt", 2, "first call of trip 't1'"),
    "an untimed last call": (spoilt(4, "08:20:00,08:21:00", ","), "stop_times.txt", 4, "last call of trip 't1'"),
    "a sequence number twice": (spoilt(4, "c,3", "c,2"), "stop_times.txt", 4, "stop_sequence 2 occurs twice in trip 't1'"),
    "a sequence that is no number": (spoilt(3, "b,2", "b,two"), "stop_times.txt", 3, "'two' is not a number"),
    "a sequence that is no whole number": (spoilt(3, "b,2", "b,1.5"), "stop_times.txt", 3, "not a whole number"),
    "no sequence": (spoilt(3, "b,2", "b,"), "stop_times.txt", 3, "not a whole number"),
    "a pickup type that is none": (
        feed(stop_times=times(CALLS[1] + ",7", *CALLS[2:], header=CALLS[0] + ",pickup_type")),
        "stop_times.txt",
        2,
        "'7' is none of 0 to 3",
    ),
    "a stop twice": (feed(stops=STOPS + "b,Again,0,5\n"), "stops.txt", 5, "'b' occurs twice"),
    "a stop without id": (feed(stops=STOPS + ",Nobody,0,5\n"), "stops.txt", 5, "the id is empty"),
    "a trip twice": (feed(trips=TRIPS + "r,work,t1\n"), "trips.txt", 3, "'t1' occurs twice"),
    "a latitude beyond the pole": (feed(stops=STOPS.replace("c,Gamma,0", "c,Gamma,-90.1")), "stops.txt", 4, "-90.1 is not between -90 and 90"),
    "a longitude beyond the date line": (feed(stops=STOPS.replace("0,3", "0,181")), "stops.txt", 4, "181 is not between -180 and 180"),
    "a stop at (0, 0)": (feed(stops=STOPS.replace("0,3", "0.0,0")), "stops.txt", 4, "lies at (0, 0)"),
    "a stop without place": (feed(stops=STOPS.replace("0,3", "0,")), "stops.txt", 4, "has no coordinates"),
    "a place that is no number": (feed(stops=STOPS.replace("0,3", "0,3°")), "stops.txt", 4, "'3°' is not a number"),
    "a call at a station without place": (
        feed(stops=STATION, stop_times="\n".join(CALLS).replace(",c,", ",T,")),
        "stop_times.txt",
        4,
        "'T', where a trip calls",
    ),
    "a headway of 0": (feed(frequencies=FREQUENCIES + "t1,9:00:00,10:00:00,0,\n"), "frequencies.txt", 2, "'0' is not a number of seconds above 0"),
    "a negative headway": (feed(frequencies=FREQUENCIES + "t1,9:00:00,10:00:00,-60,\n"), "frequencies.txt", 2, "above 0"),
    "no headway": (feed(frequencies=FREQUENCIES + "t1,9:00:00,10:00:00,,\n"), "frequencies.txt", 2, "above 0"),
    "a window that ends before it starts": (feed(frequencies=FREQUENCIES + "t1,9:00:00,9:00:00,60,\n"), "frequencies.txt", 2, "ends before it starts"),
    "a window without end": (feed(frequencies=FREQUENCIES + "t1,9:00:00,,60,\n"), "frequencies.txt", 2, "'' is not a time"),
    "windows that overlap": (feed(frequencies=FREQUENCIES + "t1,9:30:00,11:00:00,60,\nt1,9:00:00,9:30:01,60,\n"), "frequencies.txt", 2, "overlaps"),
    "an exact_times that is none": (feed(frequencies=FREQUENCIES + "t1,9:00:00,10:00:00,60,2\n"), "frequencies.txt", 2, "none of 0 to 1"),
    "a negative change": (feed(transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time\na,b,2,-1\n"), "transfers.txt", 2, "0 to 86400"),
    "a transfer type that is none": (feed(transfers="from_stop_id,to_stop_id,transfer_type\na,b,6\n"), "transfers.txt", 2, "none of 0 to 5"),
    "a service twice": (feed(calendar=WORK + "work,1,1,1,1,1,0,0,20260302,20260327\n"), "calendar.txt", 3, "'work' occurs twice"),
    "a day that is none": (feed(calendar=WORK.replace("20260327", "20260332")), "calendar.txt", 2, "'20260332' is not a day"),
    "a period that ends before it starts": (feed(calendar=WORK.replace("20260327", "20260301")), "calendar.txt", 2, "ends before it starts"),
    "a weekday that is neither 0 nor 1": (feed(calendar=WORK.replace("work,1", "work,x")), "calendar.txt", 2, "'x' is none of 0 to 1"),
    "an exception that is none": (feed(calendar_dates=DATES + "work,20260304,3\n"), "calendar_dates.txt", 2, "'3' is neither 1 nor 2"),
    "an exception both ways": (feed(calendar_dates=DATES + "work,20260304,1\nwork,20260304,2\n"), "calendar_dates.txt", 3, "both added and removed"),
    "no stops": (feed(stops=None), "stops.txt", None, "the file is missing"),
    "no routes": (feed(routes=None), "routes.txt", None, "the file is missing"),
    "no trips": (feed(trips=None), "trips.txt", None, "the file is missing"),
    "no stop times": (feed(stop_times=None), "stop_times.txt", None, "the file is missing"),
    "no calendar": (feed(calendar=None), "calendar.txt", None, "neither calendar.txt nor calendar_dates.txt"),
    "empty stop times": (feed(stop_times=CALLS[0]), "stop_times.txt", None, "holds no rows"),
    "an empty file": (feed(routes=""), "routes.txt", 1, "column 'route_id' is missing"),
    "a missing column": (feed(stops=STOPS.replace("stop_lat", "lat")), "stops.txt", 1, "'stop_lat' is missing"),
    "no column of times": (
        feed(stop_times=times("t1,a,1", "t1,b,2", header="trip_id,stop_id,stop_sequence")),
        "stop_times.txt",
        1,
        "'arrival_time' is missing",
    ),
    "a column twice": (feed(trips=TRIPS.replace("service_id,trip_id", "service_id,trip_id,trip_id").replace("t1", "t1,t1")), "trips.txt", 1, "occurs twice"),
    "a comma without quotes": (feed(stops=STOPS.replace("Beta", "Be,ta")), "stops.txt", 3, "5 cells where the header has 4"),
    "a quotation mark without end": (feed(stops=STOPS.replace("Beta", '"Beta')), "stops.txt", 3, "not readable as CSV"),
    "NUL bytes": (feed(stops=STOPS.replace("Beta", "Be\0ta")), "stops.txt", 3, "NUL"),
}


@pytest.mark.parametrize("kind", BAD)
def test_every_fault_names_file_and_line(tmp_path: Path, kind: str) -> None:
    only_fault(tmp_path, *BAD[kind])


def test_a_dangling_stop_is_not_taken_for_another_one(tmp_path: Path) -> None:
    only_fault(tmp_path / "last", feed(stops=STATION, stop_times=BAD["a dangling stop"][0]["stop_times"]), "stop_times.txt", 3, "'z' is not in stops.txt")
    first = "\n".join([STATION.splitlines()[0], "T,,,1,", *STATION.splitlines()[1:-1]])
    calls = "\n".join(CALLS).replace(",c,", ",T,")
    only_fault(tmp_path / "first", feed(stops=first, stop_times=calls), "stop_times.txt", 4, "'T', where a trip calls")


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    blank = STOPS.replace("b,Beta", "\n\nb,Beta") + "d,Delta,91,3\n"
    only_fault(tmp_path / "one", feed(stops=blank), "stops.txt", 7, "91 is not between")
    broken = STOPS.replace("Alpha", '"Al\npha"') + "d,Delta,91,3\n"
    only_fault(tmp_path / "two", feed(stops=broken), "stops.txt", 6, "91 is not between")
    only_fault(tmp_path / "three", feed(stops="\n" + STOPS + "d,Delta,91,3\n"), "stops.txt", 6, "91 is not between")


def test_text_that_is_not_utf_8_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = folder(tmp_path / "feed", feed())
    (path / "stops.txt").write_bytes(STOPS.replace("Beta", "北京").encode("gbk"))
    assert [fault[:2] for fault in faults(path)] == [("feed/stops.txt", 3)]


def test_a_fault_is_told_in_the_line_where_it_stands_though_rows_are_unsorted(tmp_path: Path) -> None:
    texts = feed(stop_times="\n".join([CALLS[0], CALLS[3].replace("08:20:00", "08:05:00"), CALLS[1], CALLS[2]]))
    only_fault(tmp_path, texts, "stop_times.txt", 2, "before it left")


def test_all_faults_of_all_files_and_feeds_are_told_at_once(tmp_path: Path) -> None:
    texts = feed(
        stops=STOPS + "a,Again,99,1\n", routes=None, stop_times="\n".join([*CALLS, "t9,xx,09:00:00,z,1"]), frequencies=FREQUENCIES + "t1,9:00:00,8:00:00,0,\n"
    )
    one, two = (
        folder(tmp_path / "one", texts),
        folder(tmp_path / "two", feed(calendar=None, trips=None, stops=None, stop_times=CALLS[0] + "\nt1,8:00:00,7:00:00,a,1")),
    )
    found = {fault[:2] for fault in faults([one, two])}
    assert found == {
        ("one/stops.txt", 5),
        ("one/routes.txt", None),
        ("one/stop_times.txt", 5),
        ("one/frequencies.txt", 2),
        ("two/calendar.txt", None),
        ("two/trips.txt", None),
        ("two/stops.txt", None),
        ("two/stop_times.txt", 2),
    }


def test_of_many_faults_of_a_kind_the_first_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    path = folder(tmp_path / "feed", feed(stop_times="\n".join([*CALLS, *(f"t9,09:00:00,09:00:00,a,{n}" for n in range(100))])))
    with pytest.raises(DataError, match="100 faults") as caught:
        read(path, MONDAY)
    assert [fault.row for fault in caught.value.faults] == [*range(5, 25), None]
    assert "80 more rows" in caught.value.faults[-1].what
    folder(path, feed(stop_times="\n".join([*CALLS, *["t1,09:00:00,09:00:00,a,9,9"] * 30])))
    with pytest.raises(DataError, match="30 faults"):
        read(path, MONDAY)


def test_a_date_outside_the_calendar_says_which_days_there_are(tmp_path: Path) -> None:
    calendar = WEEK + "work,1,1,1,1,1,0,0,20260302,20260327\nextra,0,0,1,0,0,0,0,20260309,20260313\n"
    calls = [*CALLS, *(line.replace("t1", "t2") for line in CALLS[1:])]
    texts = feed(calendar=calendar, trips=TRIPS + "r,extra,t2\n", stop_times="\n".join(calls))
    for date, words in (("2026-03-28", "2026-03-28 is outside"), ("2026-03-01", "2026-03-01 is outside"), (SATURDAY, f"no trip runs on {SATURDAY}")):
        only_fault(tmp_path, texts, "", None, words, date)
        assert "between 2026-03-02 and 2026-03-27; the weekday with the most trips is 2026-03-11" in faults(tmp_path / "feed", date)[0][2]


def test_a_calendar_without_any_day_is_a_fault(tmp_path: Path) -> None:
    only_fault(tmp_path, feed(calendar=WORK.replace("1,1,1,1,1", "0,0,0,0,0")), "", None, "No service of it ever runs")


def test_runs_of_the_night_before_do_not_hide_that_none_runs_today(tmp_path: Path) -> None:
    texts = feed(stop_times=times("t1,23:00:00,23:00:00,a,1", "t1,25:00:00,25:00:00,b,2"), calendar=WEEK + "work,1,1,1,1,1,0,0,20260302,20260331\n")
    only_fault(tmp_path, texts, "", None, f"no trip runs on {SATURDAY}", SATURDAY)


def test_a_trip_called_like_a_run_of_another_one_is_a_fault(tmp_path: Path) -> None:
    texts = feed(
        trips=TRIPS + "r,work,t1@09:00:00\n",
        stop_times="\n".join([*CALLS, *(line.replace("t1", "t1@09:00:00") for line in CALLS[1:])]),
        frequencies=FREQUENCIES + "t1,09:00:00,09:01:00,60,\n",
    )
    with pytest.raises(DataError, match="'t1@09:00:00'"):
        read(folder(tmp_path / "feed", texts), MONDAY)


# -- what is no feed at all --------------------------------------------------------------------------------------------


def test_a_truncated_zip_other_files_and_missing_ones_are_all_told_at_once(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole.zip", feed()).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "empty").mkdir()
    several = zipped(tmp_path / "several.zip", feed(), "one/")
    with zipfile.ZipFile(several, "a") as archive:
        archive.writestr("two/stop_times.txt", "trip_id")
    paths = [tmp_path / name for name in ("whole.zip", "cut.zip", "text.zip", "empty", "gone.zip", "several.zip")]
    found = faults([*paths, tmp_path / "whole.zip"])
    words = {Path(file).name: what for file, _, what in found}
    assert "no complete zip" in words["cut.zip"] and "no complete zip" in words["text.zip"]
    assert "no file of a GTFS feed" in words["empty"] and "no such file" in words["gone.zip"]
    assert "2 feeds, in one, two" in words["several.zip"] and "given twice" in words["whole.zip"]


def test_a_damaged_entry_of_a_zip_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in feed().items():
            archive.writestr(f"{name}.txt", text)
    path.write_bytes(path.read_bytes().replace(b"Beta", b"Zeta"))
    assert [fault[0] for fault in faults(path)] == ["feed.zip/stops.txt"]


def test_a_zip_is_never_extracted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    path = zipped(tmp_path / "feed.zip", feed(), "../outside/")
    monkeypatch.chdir(tmp_path / "work")
    assert read(path, MONDAY).trip_id.tolist() == ["t1", "t1 (+1)"]
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["feed.zip", "work"]


@pytest.mark.parametrize("date", ["2026-02-30", "yesterday", "", None])
def test_a_date_that_is_none_is_a_wrong_argument(tmp_path: Path, date: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        read(folder(tmp_path / "feed", feed()), date)


def test_no_path_at_all_is_a_wrong_argument() -> None:
    with pytest.raises(UsageError, match="at least one"):
        read([], MONDAY)


# -- digest ------------------------------------------------------------------------------------------------------------


def test_the_digest_changes_with_bytes_date_and_feeds_and_with_nothing_else(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "one", feed()), zipped(tmp_path / "two.zip", feed(**OTHER))
    first = digest([one, two], MONDAY)
    assert first == digest([two, one], datetime.date(2026, 3, 2)) == read([one, two], MONDAY).digest
    (one / "readme.md").write_text("not read")
    assert first == digest([one, two], MONDAY)
    others = {first, digest([one, two], "2026-03-03"), digest([one], MONDAY), digest([two], MONDAY)}
    folder(one, feed(stops=STOPS.replace("Beta", "Betb")))
    others.add(digest([one, two], MONDAY))
    (one / "routes.txt").rename(one / "transfers.txt")
    others.add(digest([one, two], MONDAY))
    assert len(others) == 6
    with pytest.raises(DataError, match="no such file"):
        digest([tmp_path / "gone"], MONDAY)


# -- feeds of the world ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not (SHARED / "instances" / "gtfs").exists(), reason="the feeds are not here")
def test_two_feeds_of_porto_alegre_are_read() -> None:
    one = read([SHARED / "instances" / "gtfs" / name for name in ("poa_eptc.zip", "poa_trensurb.zip")], "2019-05-13")
    assert (len(one.stop_id), len(one.trip_id), len(one.stop)) == (4010, 3144, 141323)
    inner = np.ones(len(one.stop), dtype=bool)
    inner[one.offsets[:-1]] = False
    assert (one.arrive <= one.leave).all() and (one.arrive[1:] >= one.leave[:-1])[inner[1:]].all()


@pytest.mark.skipif(not (SHARED / "facts" / "rail").exists(), reason="the feed is not here")
def test_the_high_speed_timetable_of_2016_is_read() -> None:
    one = read(SHARED / "facts" / "rail" / "gtfs_hsr_2016", "2016-03-10")
    assert (len(one.stop_id), len(one.trip_id), len(one.stop)) == (36, 629, 2202)
    assert not one.notes and "C2002" in one.trip_name
