"""Rail: figures that are published, cases worked out by hand, the engine as a second opinion, and plans against brute force."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.regions import Folder, skeleton
from xietong.core.declare import Regime, Step
from xietong.core.errors import DataError, UsageError
from xietong.core.region import Memo, Region
from xietong.io.gtfs import Feed
from xietong.kernels import profile
from xietong.kernels.timetable import FAR, Legs
from xietong.travel.network import Network
from xietong.workstreams import catalogue
from xietong.workstreams.rail.network import Grid, Railway
from xietong.workstreams.rail.plan import Menu, search

TODAY, THEN = "2026-11-22", "2016-06-01"


def railway(region: Region, regime: Regime = "current", steps: Sequence[str] = ()) -> Railway:
    bound = region.rail.with_steps(list(steps))
    data = region.data(catalogue()["rail"], regime=regime, steps=bound.steps)
    return Railway(data, Grid(data))


@pytest.fixture(scope="module")
def today(jjj: Region) -> Region:
    return jjj.at(TODAY)


@pytest.fixture(scope="module")
def rides(jjj: Region) -> dict[tuple[str, str, str], int]:
    """Fastest minutes by (timetable, from, to), station names in Chinese."""
    names = dict(zip(*(jjj.table("rail_stations")[one] for one in ("station", "name_zh")), strict=True))
    trains = defaultdict(list)
    for row in jjj.table("train_stops").itertuples():
        trains[row.timetable, row.train].append((row.arrive_min, row.leave_min, names[row.station]))
    best: dict[tuple[str, str, str], int] = {}
    for (timetable, _), calls in trains.items():
        for (_, leave, one), (arrive, _, other) in itertools.combinations(calls, 2):
            best[timetable, one, other] = min(best.get((timetable, one, other), 10_000), int(arrive - leave))
    return best


# -- data ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "minutes"),
    [("北京南", "天津", 30), ("雄安", "北京西", 42), ("北京朝阳", "承德南", 49), ("天津西", "大兴机场", 39), ("北京西", "石家庄", 60)],
)
def test_the_fastest_trains_of_2026_are_those_that_are_published(rides: dict[tuple[str, str, str], int], one: str, other: str, minutes: int) -> None:
    assert rides["2026", one, other] == minutes


def test_trains_of_2016_keep_their_published_clock_times(jjj: Region) -> None:
    calls = jjj.table("train_stops")
    train = calls[(calls["timetable"] == "2016") & (calls["train"] == "C2003")]
    assert list(train[["station", "arrive_min", "leave_min"]].itertuples(index=False, name=None)) == [("beijingnan", 372, 372), ("tianjin", 405, 405)]
    assert set(train["quality"]) == {"published"}


def test_the_data_are_as_many_as_the_sources_say(jjj: Region) -> None:
    trains, calls = jjj.table("trains"), jjj.table("train_stops")
    assert Counter(trains["timetable"]) == {"2016": 629, "2026": 1251} and Counter(calls["timetable"]) == {"2016": 2202, "2026": 5147}
    # 1,243 trains ran on a normal day; 13 leave the region and return, of which 5 parts with a single call are dropped.
    assert trains[trains["timetable"] == "2026"]["name"].nunique() == 1243 and 5147 + 5 == 5152
    text = (Path(__file__).parents[2] / "src/xietong/regions/jjj/SOURCES.md").read_text(encoding="utf-8")
    listed = [row.split("|")[1:3] for row in text.splitlines() if row.startswith("| ")]
    counts = {name.strip(): count for names, numbers in listed for name, count in zip(names.split(","), numbers.split(","), strict=False)}
    names = ("rail_stations", "timetables", "trains", "train_stops", "rail_lines", "rail_line_stops", "rail_cores", "motorways")
    assert {name: int(counts[name]) for name in names} == {name: len(jjj.table(name)) for name in names}


def test_departures_of_2026_are_spread_over_the_day_by_pattern(jjj: Region) -> None:
    calls = jjj.table("train_stops")
    calls = calls[(calls["timetable"] == "2026") & ~calls["train"].str.endswith("-2")]
    patterns = defaultdict(list)
    for _, part in calls.groupby("train"):
        patterns[tuple(part["station"])].append(int(part["leave_min"].iloc[0]))
    assert min(map(min, patterns.values())) >= 360 and max(map(max, patterns.values())) < 1380
    widest = max(patterns.values(), key=len)
    gaps = np.diff(sorted(widest))
    assert len(widest) > 20 and gaps.max() - gaps.min() <= 1
    alone = [departures[0] for departures in patterns.values() if len(departures) == 1]
    hours = np.bincount(np.array(alone) // 60, minlength=23)[6:23]
    assert hours.max() <= 2 * hours.min(), "trains that are the only ones of their kind do not all leave at once"


# -- the scan against the engine -------------------------------------------------------------------------------------------


def random_feed(rng: np.random.Generator, stops: int, trips: int) -> Feed:
    offsets, stop, arrive, leave = [0], [], [], []
    for _ in range(trips):
        size = int(rng.integers(2, 6))
        time = int(rng.integers(6 * 3600, 11 * 3600))
        for call in rng.choice(stops, size, replace=size > stops or bool(rng.integers(0, 2))):
            stop.append(int(call))
            arrive.append(time)
            leave.append(time + int(rng.integers(0, 180)))
            time = leave[-1] + int(rng.integers(60, 1800))
        offsets.append(len(stop))
    ids, none, all_ = np.array([f"s{one:02d}" for one in range(stops)], dtype=object), np.zeros(0, np.int32), np.ones(len(stop), bool)
    lon, lat = np.sort(rng.uniform(115, 116, stops)), rng.uniform(39, 40, stops)
    trip = np.array([f"t{one:03d}" for one in range(trips)], dtype=object)
    times = [np.array(one, np.int32) for one in (stop, arrive, leave)]
    return Feed(ids, ids, lon, lat, trip, trip, np.array(offsets), *times, all_, all_, none, none, none)


def random_legs(rng: np.random.Generator, points: int, stops: int) -> Legs:
    near = [rng.choice(stops, int(rng.integers(0, 4)), replace=False) for _ in range(points)]
    stop = np.concatenate(near).astype(np.int32)
    return Legs(np.cumsum([0, *map(len, near)]).astype(np.int32), stop, rng.integers(0, 2400, len(stop)).astype(np.int32))


@pytest.mark.parametrize("seed", range(40))
def test_the_scan_of_a_day_gives_the_times_of_the_engine(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stops, points = int(rng.integers(3, 12)), 6
    net = Network.of(random_feed(rng, stops, int(rng.integers(1, 40))), change_time_min=int(rng.integers(1, 15)), max_walk_m=8000)
    access, egress = (random_legs(rng, points, stops) for _ in range(2))
    direct = rng.integers(600, 20_000, (points, points)).astype(np.int32)
    direct[rng.random((points, points)) < 0.3] = FAR
    start, minutes, percentiles = 330, 240, (0, 25, 50, 100)
    found = net.arrays(access, egress, direct, start, minutes, percentiles, max_rides=40, max_time_min=1400, parts=True)
    ranks = np.array([0, 59, 119, 239], np.int32)
    feed, table = net.feed, net.table
    rides_ = profile.connections(feed.offsets, feed.stop, feed.arrive, feed.leave)
    ends = profile.by_stop(egress, stops)
    profiles = profile.scan(rides_, len(feed.trip_id), stops, table.foot_ptr, table.foot_to, table.foot_s, ends, points)
    times, sums = profile.day_times(profiles, access, direct, start * 60, minutes, ranks)
    assert (times == found.ranks).all()
    reached = sums[:, 0] > 0
    # Where all minutes ride, the sum of times is the engine's; it has at least as many rides as the fewest possible.
    whole = sums[:, 0] == minutes
    assert (sums[:, 1][whole] == found.parts[:, :, 1:5].sum(axis=2)[whole]).all()
    assert (sums[:, 3] <= found.parts[:, :, 5]).all() and (sums[:, 3] >= sums[:, 0])[reached].all()


@pytest.mark.parametrize("regime", ["closed", "current"])
def test_the_day_of_the_region_is_the_engines(today: Region, regime: Regime) -> None:
    here = railway(today, regime)
    sample = np.arange(0, len(here.direct), 20)
    minutes, _ = here.times(420, 120, (5, 50, 95), sample)
    found = here.network.arrays(here.access, here.egress, here.direct, 420, 120, (5, 50, 95), max_rides=12, max_time_min=800, origins=sample)
    within = here.direct[sample] <= 800 * 60
    assert within.mean() > 0.9
    assert (np.round(minutes * 60)[within] == found.ranks[within]).all()


# -- by hand ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def twin(tmp_path: Path) -> Folder:
    """The skeleton with slow roads (20 km/h), so that trains are worth taking."""
    folder = skeleton(tmp_path / "twin")
    folder.list_table("params", ("param", "low", "value", "high"), ("road.speed_kmh", 20, 20, 20), ("rail.access_max_min", 60, 75, 90))
    return folder


def drive(km: float) -> float:
    return 10 + km * 1.3 / 20 * 60


START_KM = 2 / 3 * math.sqrt(180 / math.pi)


def asked(region: Region, name: str, **inputs: Any) -> dict[str, Any]:
    regime = inputs.pop("regime", "current")
    answer: dict[str, Any] = region.rail.ask(name, regime=regime, **inputs).to_dict()["answer"]
    return answer


def test_door_to_door_is_drive_checks_ride_and_drive(twin: Folder) -> None:
    """n1 to n3 with R1, which leaves North Harbour at 06:00 and reaches Woodlands at 06:27; both stations stand at the places' points."""
    region = twin.load()
    before = drive(START_KM) + 20
    last = math.floor(360 - before)
    found = asked(region, "time_map", origin="n1", departure_min=last, window_min=1)
    n3 = found["place"].index("n3")
    assert found["minutes"][n3] == round(387 + 5 + drive(START_KM) - last) and found["rail"][n3] == 1
    # A minute later that train is gone, and the road is quicker than waiting eight hours for the next.
    later = asked(region, "time_map", origin="n1", departure_min=last + 1, window_min=1)
    assert later["rail"][n3] == 0 and later["minutes"][n3] == round(region.product("road").minutes(0, 2).item())


def test_journeys_name_trains_stations_and_times(twin: Folder) -> None:
    found = asked(twin.load(), "journeys", origin="n1", destination="n3", departure_min=240, window_min=120)
    assert [dict(zip(found["journeys"]["columns"], row, strict=True))["trains"] for row in found["journeys"]["rows"]] == [1]
    legs = [dict(zip(found["legs"]["columns"], row, strict=True)) for row in found["legs"]["rows"]]
    ride = legs[1]
    assert (ride["mode"], ride["train_en"], ride["origin_en"], ride["destination_en"]) == ("rail", "R1", "North Harbour", "Woodlands")
    assert (ride["departure_min"], ride["arrival_min"]) == (360, 387)
    assert [leg["mode"] for leg in legs] == ["road", "rail", "road"] and legs[2]["arrival_min"] == pytest.approx(387 + 5 + drive(START_KM), abs=0.02)
    assert legs[0]["origin_en"] == "North Harbour" and legs[2]["destination_en"] == "Woodlands"


def test_a_closed_border_stops_trains_where_they_cross_and_no_road(twin: Folder) -> None:
    """R2 begins in South Harbour (08:00) and goes on to North Harbour and Millfield."""
    rules = twin.line_of("rules", rule="rail.crosses")
    twin.set("rules", rules, value=1)
    region = twin.load()
    inputs = {"origin": "s1", "departure_min": 420, "window_min": 1}
    still, closed = (asked(region, "time_map", regime=regime, **inputs) for regime in ("current", "closed"))
    n2 = still["place"].index("n2")
    assert still["rail"][n2] == 1 and closed["rail"][n2] == 0
    assert closed["minutes"][n2] == round(region.product("road").minutes(3, 1).item())
    home = asked(region, "time_map", regime="closed", origin="n1", departure_min=780, window_min=1)
    assert home["rail"][still["place"].index("n3")] == 1, "R5 stays at home and still runs"


def test_a_change_takes_as_long_as_the_worst_border_that_a_stations_trains_join(twin: Folder) -> None:
    twin.put("train_stops", [line for line in twin.lines("train_stops") if line[1] in ("train", "R1", "R3")])
    twin.set("rules", twin.line_of("rules", rule="rail.recognised"), value=0.4)
    here = railway(twin.load())
    change = dict(zip(here.grid.stations["station"], here.change_min, strict=True))
    # R1 stays on the north bank; R3 goes Woodlands, South Harbour, North Harbour: only Millfield joins nobody.
    assert change == pytest.approx({"mill": 12, "wood": 12 + 6 + 5, "south": 23, "north": 23})
    assert railway(twin.load(), "open").change_min == pytest.approx([12] * 4)
    timed = railway(twin.load(), steps=["timed:wood"])
    assert dict(zip(timed.grid.stations["station"], timed.change_min, strict=True))["wood"] == 5


def test_a_station_that_names_its_change_time_keeps_it_below_what_the_border_adds(twin: Folder) -> None:
    twin.set("rail_stations", twin.line_of("rail_stations", station="north"), change_min=3)
    here = railway(twin.load())
    assert dict(zip(here.grid.stations["station"], here.change_min, strict=True))["north"] == pytest.approx(3 + 10 + 5)


def test_a_new_line_runs_its_trains_at_its_length_and_speed(twin: Folder) -> None:
    here = railway(twin.load(), steps=["line:crossing"])
    there, back = here.line_trains(here.added[0])
    assert there.stops == back.stops[::-1] and len(there.departures_min) == 48
    ride = 80 / (0.65 * 250) * 60  # the whole length, at the commercial share of the design speed
    assert there.minutes[-1] == pytest.approx(ride + 2 * 2) and back.minutes[-1] == pytest.approx(there.minutes[-1])
    assert there.leave_min[1] - there.minutes[1] == pytest.approx(2) and there.leave_min[-1] == there.minutes[-1]
    assert np.diff(there.departures_min) == pytest.approx([20.0] * 47) and there.departures_min[0] == 370


def test_a_line_with_a_single_station_changes_nothing_and_says_so(twin: Folder) -> None:
    twin.put("rail_line_stops", twin.lines("rail_line_stops")[:2])
    region = twin.load()
    result = region.rail.with_steps(["line:crossing"]).status()
    assert railway(region, steps=["line:crossing"]).added == []
    assert result.value("hours", "current") == region.rail.status().value("hours", "current")
    assert any("change nothing" in note.en and "River crossing" in note.en for note in result.outcomes["current"].notes)


def test_a_train_whose_times_decrease_is_named(twin: Folder) -> None:
    twin.set("train_stops", twin.line_of("train_stops", train="R4", seq=2), arrive_min=1, leave_min=1)
    with pytest.raises(DataError) as error:
        twin.load().rail.status()
    assert "R4" in str(error.value.faults[0].what)


# -- the region ------------------------------------------------------------------------------------------------------------


def test_a_border_that_opens_lengthens_no_trip(today: Region) -> None:
    for region in (today, today.at(THEN)):
        closed, current, open_ = (railway(region, regime).day[0] for regime in ("closed", "current", "open"))
        assert (current <= closed).all() and (open_ <= current).all()
        assert (current < closed - 5).sum() > 1000 and (open_ < current - 1).sum() > 1000


def test_the_day_decides_which_trains_run(today: Region) -> None:
    then, earlier = (today.at(day).rail.status() for day in (THEN, "2014-06-01"))
    notes = [note.en for note in then.outcomes["current"].notes]
    assert any("2016-03-10" in note for note in notes) and not any("before the first" in note for note in notes)
    assert any("before the first timetable" in note.en for note in earlier.outcomes["current"].notes)
    now = today.rail.status()
    # Xiong'an was no core yet in 2016: unknown, never far.
    assert then.value("core4_120", "current") is None and now.value("core4_120", "current") > 1e7
    stops = {station for station, trains in zip(*(then.table("stations", "current")[one] for one in ("station", "trains")), strict=True) if trains}
    assert "beijingnan" in stops and not stops & {"xiongan", "chengdenan", "zhangjiakou", "daxing_airport"}
    assert now.value("minutes", "current") < then.value("minutes", "current")


def test_a_line_that_was_opened_later_cannot_be_given_trains_before(today: Region) -> None:
    then = today.at(THEN)
    assert railway(then, steps=["trains:jingxiong:40"]).added == []
    assert [row["line"] for row in railway(then, steps=["trains:jingjin:40"]).added] == ["jingjin"]
    assert [row["line"] for row in railway(today, steps=["trains:jingxiong:40"]).added] == ["jingxiong"]


def test_opening_builds_nothing(today: Region) -> None:
    assert {len(railway(today, regime).added) for regime in ("closed", "current", "open")} == {0}


@pytest.mark.parametrize(("step", "least"), [("line:jingbin_south", 100), ("line:xiongxin", 100), ("motorway:xinggang", 100), ("timed:beijingxi", 100)])
def test_what_is_switched_on_shortens_trips_and_lengthens_none(today: Region, step: str, least: int) -> None:
    before, after = railway(today).day[0], railway(today, steps=[step]).day[0]
    assert (after <= before).all() and (after < before - 0.01).sum() >= least


def test_every_line_that_is_not_built_shortens_trips_when_switched_on_and_says_what_is_assumed(today: Region) -> None:
    lines = today.table("rail_lines").set_index("line")
    before, plain = railway(today).day[0], today.rail.status()
    planned = lines.index[lines["built"] < 0.5]
    assert set(planned) == {"jingbin_south", "jinwei", "link", "xiongshang", "xiongxin"}
    assert not any("change nothing" in note.en or any(lines["name_en"][line] in note.en for line in planned) for note in plain.outcomes["current"].notes)
    for line in planned:
        after = railway(today, steps=[f"line:{line}"]).day[0]
        assert (after <= before).all() and (after < before - 0.01).sum() >= 20, line
        result = today.rail.with_steps([f"line:{line}"]).status()
        assert result.value("minutes", "current") < plain.value("minutes", "current") - 0.001
        assert any(lines["name_en"][line] in note.en and lines["note_en"][line] in note.en for note in result.outcomes["current"].notes)
        assert any(lines["name_zh"][line] in note.zh and lines["note_zh"][line] in note.zh for note in result.outcomes["current"].notes)


def test_stations_that_nobody_has_located_stand_at_a_county_and_are_never_worded_as_facts(today: Region) -> None:
    stations = today.table("rail_stations").set_index("station")
    assumed = stations[stations["source"] == "assumption"]
    assert len(assumed) == 10 and set(assumed["quality"]) == {"illustrative"}
    for row in assumed.itertuples():
        county = today.areas.by_id[row.area]
        assert (county.lon, county.lat) == (row.lon, row.lat) and county.level == "county"
        assert row.name_zh[:2] in county.title.zh or (row.name_zh, county.title.zh) in {("衡水南", "桃城区"), ("廊坊东", "广阳区")}
    stops = today.table("rail_line_stops")
    stops = stops[stops["station"].isin(assumed.index)]
    assert set(stops["quality"]) == {"illustrative"} and set(stops["station"]) == set(assumed.index)
    # Not even the names of the stops between Binhai and Shandong are known: theirs say that they are assumed.
    unnamed = assumed.loc[stops.loc[stops["source"] == "assumption", "station"]]
    assert len(unnamed) == 2 and all("(假定站)" in one for one in unnamed["name_zh"]) and all("(assumed stop)" in one for one in unnamed["name_en"])
    assert "unknown to us" in today.table("rail_lines").set_index("line")["note_en"]["jinwei"]


@pytest.mark.parametrize(("line", "stretched"), [("link", True), ("jingbin_south", True), ("jinwei", False), ("xiongshang", False), ("xiongxin", False)])
def test_the_length_of_a_line_is_that_of_its_legs_only_where_both_its_ends_are_listed(today: Region, line: str, stretched: bool) -> None:
    here = railway(today, steps=[f"line:{line}"])
    row, own = here.added[0], here.grid.own[line]
    at = here.grid.points[here.grid.lines[line]]
    plain = here.data.p["rail_detour"] * 2 * 6371.0088 * np.arcsin(np.linalg.norm(np.diff(at, axis=0), axis=1) / 2)
    km = here.grid.legs_km(row)
    assert km[~own] == pytest.approx(plain[~own], rel=1e-4)
    assert km[own].sum() == pytest.approx(row["length_km"] if stretched else plain[own].sum(), rel=1e-4)
    assert stretched or km[own].sum() < row["length_km"]


def test_measures_are_those_of_the_matrix(today: Region) -> None:
    result, minutes = today.rail.status(), railway(today).day[0]
    pop = np.zeros(len(today.areas.places))
    table = today.table("population")
    pop[today.areas.positions(table["area"])] = table["pop"]
    mean = sum(pop[o] * sum(pop[d] * minutes[o, d] for d in range(len(pop)) if d != o) / (pop.sum() - pop[o]) for o in range(len(pop))) / pop.sum()
    assert result.value("minutes", "current") == pytest.approx(mean)
    assert result.value("hours", "current") == pytest.approx(mean * pop.sum() / 60)
    centre = today.areas.positions(["110101", "120101", "130102", "130629"])
    assert result.value("core2_120", "current") == pop[minutes[:, centre[1]] <= 120].sum()
    assert result.value("nearest_90", "current") == pop[minutes[:, centre].min(axis=1) <= 90].sum()
    others = ~np.eye(len(pop), dtype=bool)
    assert result.value("one_hour", "current") == pytest.approx((minutes[others] <= 60).mean())


def test_the_product_is_the_median_of_the_day(today: Region) -> None:
    times, minutes = today.product("times"), railway(today).day[0]
    place = np.arange(len(minutes))
    assert (times.minutes(place[:, None], place[None, :]) == minutes).all()
    i, j, found = times.within(place[5:40], place[100:], 90.0)
    assert (found == minutes[5:40, 100:][i, j]).all() and len(i) == (minutes[5:40, 100:] <= 90).sum()


def test_questions_agree_with_one_another_and_with_the_measures(today: Region) -> None:
    whole = asked(today, "matrix", departure_min=360, window_min=960, percentile=50)
    row = whole["place"].index("110101")
    one = asked(today, "time_map", origin="110101", departure_min=360, window_min=960, percentile=50)
    assert one["minutes"] == whole["minutes"][row] and "".join(map(str, one["rail"])) == whole["rail"][row]
    minutes = railway(today).day[0]
    assert (np.abs(np.array(whole["minutes"]) - minutes) <= 0.5 + 1e-9).all()


@pytest.mark.parametrize(("origin", "destination"), [("110101", "120101"), ("130402", "130304"), ("120116", "130702")])
def test_the_first_journey_takes_what_the_map_says(today: Region, origin: str, destination: str) -> None:
    first = asked(today, "time_map", origin=origin, departure_min=500, window_min=1)
    at = first["place"].index(destination)
    found = asked(today, "journeys", origin=origin, destination=destination, departure_min=500, window_min=300)
    arrivals = [dict(zip(found["journeys"]["columns"], row, strict=True))["arrival_min"] for row in found["journeys"]["rows"]]
    assert round(min([found["road_min"], *(arrival - 500 for arrival in arrivals)])) == pytest.approx(first["minutes"][at], abs=1)


def test_every_ride_that_is_told_stands_in_the_timetable(today: Region) -> None:
    found = asked(today, "journeys", origin="130402", destination="130304", departure_min=480, window_min=180)
    calls = today.table("train_stops").merge(today.table("trains")[["timetable", "train", "name"]], on=["timetable", "train"])
    known = {(row.name, row.station): (row.arrive_min, row.leave_min) for row in calls[calls["timetable"] == "2026"].itertuples(index=False)}
    rides_ = [dict(zip(found["legs"]["columns"], row, strict=True)) for row in found["legs"]["rows"]]
    rides_ = [leg for leg in rides_ if leg["mode"] == "rail"]
    assert rides_
    for leg in rides_:
        assert known[leg["train_en"], leg["origin"]][1] == leg["departure_min"] and known[leg["train_en"], leg["destination"]][0] == leg["arrival_min"]


# -- plans -----------------------------------------------------------------------------------------------------------------


def covering(seed: int, options: int) -> tuple[list[float], Any]:
    """Costs by falling order, and a value that falls as more is covered; pairs help one another."""
    rng = np.random.default_rng(seed)
    covers = rng.random((options, 30)) < 0.25
    worth, pairs = rng.random(30), rng.random((options, options)) * 0.3

    def value(chosen: frozenset[int]) -> float:
        at = sorted(chosen)
        both = sum(pairs[one, other] for one in at for other in at if one < other)
        return float(100 - (worth * covers[at].any(axis=0)).sum() - both) if at else 100.0

    return sorted(rng.uniform(1, 10, options), reverse=True), value


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_what_brute_force_finds(seed: int) -> None:
    costs, value = covering(seed, 8)
    for budget in (0.5, 6.0, 17.0, 100.0):
        sets = [frozenset(one) for size in range(9) for one in itertools.combinations(range(8), size) if sum(costs[k] for k in one) <= budget]
        best = min(map(value, sets))
        found, bound = search(costs, budget, value, limit=10_000)
        assert found in sets and value(found) == pytest.approx(best) and bound == pytest.approx(best)
        early, low = search(costs, budget, value, limit=2)
        assert early in sets and low <= best + 1e-9 <= value(early) + 2e-9


def test_what_makes_no_difference_is_not_bought() -> None:
    found, bound = search([9.0, 3.0, 1.0], 100.0, lambda chosen: 5.0 if 1 in chosen or 2 in chosen else 8.0)
    assert found == {2} and bound == 5.0


def test_a_bloc_buys_the_best_that_its_money_buys(today: Region) -> None:
    workstream = catalogue()["rail"]
    data = today.data(workstream)
    bloc, budget = frozenset({"beijing"}), 6.5e7
    choice = workstream.choose(data, bloc, budget, 0)
    menu = Menu(Railway(data, Grid(data)), bloc).options()
    best = math.inf
    for size in range(3):
        for chosen in itertools.combinations(menu, size):
            if sum(one.cost for one in chosen) <= budget:
                steps = [step for one in chosen for step in one.steps]
                places = workstream.solve(data.apply(steps)).tables["places"]
                own = today.areas.jurisdiction_index[today.areas.positions(places["place"])] == today.areas.jurisdictions.index("beijing")
                best = min(best, places["hours"][own].sum())
    assert choice.objective == pytest.approx(best, rel=1e-12) and choice.status == "proved"


def test_nobody_alone_builds_abroad_or_recognises_for_another(today: Region) -> None:
    data = today.data(catalogue()["rail"])
    here = Railway(data, Grid(data))
    for one in today.areas.jurisdictions:
        options = Menu(here, frozenset({one})).options()
        assert {step.payer for option in options for step in option.steps} <= {one}
        assert not any(step.lever == "recognition" for option in options for step in option.steps)
    together = {option.name: option for option in Menu(here, frozenset(today.areas.jurisdictions)).options()}
    assert sum(step.lever == "recognition" for option in together.values() for step in option.steps) == 6
    line = together["jingbin_south"]
    assert line.cost == pytest.approx(54 * 1.5e8 + 40 * 8e7) and {step.payer for step in line.steps} == {"tianjin"}
    trains = together["jingjin"].steps
    assert sum(step.amount for step in trains) == pytest.approx(12) and {step.payer for step in trains} == {"beijing", "tianjin"}


def test_a_price_that_is_known_replaces_the_assumption(today: Region) -> None:
    lines = today.table("rail_lines")
    known = lines.assign(cost_cny=np.where(lines["line"] == "jingbin_south", 9e9, lines["cost_cny"]))
    region = replace(today, tables={**today.tables, "rail_lines": known}, memo=Memo())
    data = region.data(catalogue()["rail"])
    options = {one.name: one for one in Menu(Railway(data, Grid(data)), frozenset(today.areas.jurisdictions)).options()}
    assert options["jingbin_south"].cost == pytest.approx(9e9 + 40 * 8e7)


def test_steps_of_a_plan_can_be_taken_as_what_if(today: Region) -> None:
    data = today.data(catalogue()["rail"])
    choice = catalogue()["rail"].choose(data, frozenset({"tianjin"}), 1.2e9, 0)
    again = today.rail.with_steps([Step(one.lever, one.key, one.amount, 0.0, "") for one in choice.steps]).status()
    assert again.value("hours", "current", area="tianjin") == pytest.approx(choice.objective, rel=1e-12)


# -- what a review found -----------------------------------------------------------------------------------------------


def test_added_trains_leave_the_others_where_they_are_and_run_at_times_of_their_own():
    from xietong.workstreams.rail.network import FIRST_MIN, LAST_MIN, spread

    for usual in (0, 1, 7, 40):
        before = spread(usual, usual)
        assert len(before) == usual
        for count in range(usual, usual + 14):
            now = spread(usual, count)
            assert len(set(now)) == count and set(before) <= set(now) and list(now) == sorted(now)
            assert all(FIRST_MIN < minute < LAST_MIN for minute in now)
            before = now


def test_a_window_past_midnight_is_refused(jjj):
    for name, more in (("time_map", {"origin": "110101"}), ("matrix", {}), ("journeys", {"origin": "110101", "destination": "130102"})):
        with pytest.raises(UsageError, match="midnight"):
            jjj.rail.ask(name, departure_min=1380, window_min=120, **more)


def test_a_line_that_is_not_there_yet_says_that_it_changes_nothing(jjj):
    then = jjj.at("2016-06-01").rail
    notes = then.with_steps(["trains:jingtang:12"]).status().outcomes["current"].notes
    assert any("changes nothing" in note.en for note in notes)


def test_a_side_without_known_residents_decides_nothing(jjj):
    from dataclasses import replace

    from xietong.core.region import Memo

    people = jjj.tables["population"]
    alone = replace(jjj, tables={**jjj.tables, "population": people[people["area"] == "110101"].reset_index(drop=True)}, memo=Memo())
    rail = alone.bind("rail").workstream
    choice = rail.choose(alone.data(rail), frozenset({"hebei"}), 1e9, 0)
    assert choice.objective == 0
