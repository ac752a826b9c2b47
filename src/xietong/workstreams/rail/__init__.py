"""Rail: who gets where in what time, by train or road, and what the border, new lines and better changes do to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xietong.core.data import Data
from xietong.core.declare import Choice, Frame, Layer, Lever, Measure, Outcome, Param, Rule
from xietong.core.text import T
from xietong.core.workstream import Workstream
from xietong.workstreams._measures import ratio
from xietong.workstreams._tables import MOTORWAYS, POPULATION, records
from xietong.workstreams.rail.network import FIRST_MIN, LAST_MIN, Grid, Railway
from xietong.workstreams.rail.queries import QUERIES, USES
from xietong.workstreams.rail.tables import RAIL_CORES, RAIL_LINE_STOPS, RAIL_LINES, RAIL_STATIONS, TIMETABLES, TRAIN_STOPS, TRAINS_TABLE

RESIDENT = T("居住地:居民", "resident: where people live")
CORES = (1, 2, 3, 4)
LIMITS = (60, 90, 120)
HOUR = 60.0

Of = Callable[[Frame], float | None]


def _within(column: str, limit: float) -> Of:
    def of(frame: Frame) -> float | None:
        known = frame[column].notna() & frame["pop"].notna()
        # A core without a train is unknown: nobody is far from it.
        return float(frame["pop"][known & (frame[column] <= limit)].sum()) if known.any() else None

    return of


PARAMS = {
    "access_max_min": Param(T("到车站的最长公路时间", "longest way by road to a station"), "min", 75, 60, 90, "assumption"),
    "board_min": Param(T("到站到发车所需时间(安检、检票)", "time at the station before departure (checks)"), "min", 20, 10, 30, "assumption"),
    "leave_min": Param(T("出站时间", "time to leave a station"), "min", 5, 3, 10, "assumption"),
    "transfer_max_min": Param(T("在两站之间换乘的最长公路时间", "longest way by road between two stations of a journey"), "min", 45, 30, 60, "assumption"),
    "change_min": Param(T("同站换乘时间(互认且联程)", "time to change at a station (checks recognised, one ticket)"), "min", 12, 8, 15, "assumption"),
    "recheck_min": Param(T("安检不互认所增加的换乘时间", "added where checks are repeated"), "min", 10, 5, 15, "assumption"),
    "ticket_min": Param(T("票不联程所增加的换乘时间", "added where tickets do not go through"), "min", 5, 2, 10, "assumption"),
    "timed_min": Param(T("衔接列车等候时的换乘时间", "time to change where trains wait for connections"), "min", 5, 3, 8, "assumption"),
    "rail_detour": Param(T("线路长度未知时的绕行系数", "detour of a line whose length is unknown"), "ratio", 1.15, 1.05, 1.3, "assumption"),
    "commercial_share": Param(T("旅行速度与设计速度之比(新线)", "running speed as a share of design speed (new lines)"), "share", 0.65, 0.55, 0.75, "assumption"),
    "dwell_min": Param(T("新线列车停站时间", "stop of a new line's trains"), "min", 2, 1, 3, "assumption"),
    "line_cny_km": Param(T("新建铁路每公里造价", "cost of a kilometre of new railway"), "cny/km", 1.5e8, 1e8, 2e8, "assumption"),
    "motorway_cny_km": Param(T("新建高速公路每公里造价", "cost of a kilometre of new motorway"), "cny/km", 1.2e8, 8e7, 2e8, "assumption"),
    "train_cny": Param(T("每日增开一对列车的费用(含车辆)", "cost of one more train a day each way (rolling stock included)"), "cny", 8e7, 4e7, 1.2e8, "assumption"),
    "timed_cny": Param(T("一站实行衔接等候的费用", "cost of timed connections at a station"), "cny", 3e7, 1e7, 6e7, "assumption"),
    "pact_cny": Param(T("两地安检互认的费用", "cost of recognising checks between two sides"), "cny", 2e8, 1e8, 4e8, "assumption"),
    "worth_cny": Param(T("目标每减少一小时的价值(工程期内)", "worth of an hour off the target, over the life of the works"), "cny/hour", 6000, 2000, 12000, "assumption"),
}  # fmt: skip

WEIGHED = (*USES, "population")


def _people(column: str, limit: int, zh: str, en: str, uses: tuple[str, ...]) -> Measure:
    title = T(f"{limit}分钟内可达{zh}的人口", f"People within {limit} min of {en}")
    return Measure(title, "people", "places", "place", RESIDENT, _within(column, limit), "higher", uses)


@dataclass(frozen=True)
class DoorTimes:
    """Minutes between places from door to door, by road or rail, whichever is quicker: the median of the day. ``matrix`` [O, D]."""

    matrix: np.ndarray

    def minutes(self, origin: np.ndarray, destination: np.ndarray) -> np.ndarray:
        """Minutes between positions of places; the arguments broadcast."""
        return np.asarray(self.matrix[origin, destination])

    def within(self, origin: np.ndarray, destination: np.ndarray, limit_min: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pairs within ``limit_min``: positions in ``origin``, positions in ``destination`` and minutes, ordered."""
        minutes = self.matrix[np.ix_(origin, destination)]
        first, second = np.nonzero(minutes <= limit_min)
        return first, second, minutes[first, second]

    def arrays(self) -> dict[str, np.ndarray]:
        """What can be kept of it."""
        return {"matrix": self.matrix}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> DoorTimes:
        """It again, from ``arrays``."""
        return cls(arrays["matrix"])


class Rail(Workstream):
    """Rail: how long it takes from door to door, by train or by road, whichever is quicker, when the border is closed (no
    train crosses; roads stay open), as it is, and open (checks recognised, through tickets). Times are medians over all
    departure minutes from 06:00 to 22:00, by an exact search through the timetable in force on the day asked about: at each
    minute the earliest arrival, with changes at stations and, by road, between stations near one another. Stations are
    reached by road within a time limit. A change takes longer where the jurisdictions that a station's trains join do not
    recognise one another's security checks or tickets. Opening a border builds nothing: new lines, motorways, more trains,
    timed connections and recognition are levers, and a plan chooses among them by evaluating whole sets, with a bound. A core
    that did not exist on the day, or without any train, is unknown, not far. The target counts hours as if every resident
    made one trip to a resident chosen at random in another place: the mean time, times people. Alone, a jurisdiction builds
    what lies wholly on its own ground and recognises nobody; what crosses a border is paid for by the kilometre on each side.
    A plan weighs twelve more trains a line, and timed connections at the six busiest stations of whoever decides: its proof is about these.
    It leaves out local public transport, fares, crowding and sold-out trains, delays, dwell times (none are published), days
    of the week, trains that leave the region and come back, and that people do not travel to random places. Departures of
    2026 are spread over the day, since only stopping patterns and running times are known: waits of that year are derived.
    ---
    轨道交通:在边界关闭(列车不跨界,公路照常)、现行和开放(安检互认、联程客票)三种情形下,门到门需要多长时间,乘火车或走公路取较快者。时间为
    06:00至22:00每一分钟出发的中位数,按所问日期适用的时刻表精确求最早到达,可在同站换乘,也可经公路在邻近车站之间换乘;到车站走公路,限定最长时间。
    车站列车所连接的辖区若不互认安检或车票,换乘时间更长。开放边界不等于建设:新线、高速公路、增开列车、衔接等候与安检互认都是举措,方案对整组举措求值并给出界。
    当日尚未设立或没有列车的核心城市为未知,而不是“很远”。目标按每位居民前往其他地点随机一位居民一次所需的小时数计,即平均时间乘以人口。各自决定时,
    一个辖区只建设完全在本地的项目,也不与他方互认;跨界项目按各自境内公里数分担。
    方案只考虑每线增开十二对列车以及决策方最繁忙的六座车站的衔接等候,证明也仅就此而言。未考虑市内公共交通、票价、拥挤与售罄、晚点、停站时间(未公布)、星期差异、
    出区后又返回的列车,也未考虑人们并非随机出行。2026年只有停站和运行时间为公布数,发车时刻按全天均匀推算,因此当年的候车时间为推算值。
    """

    title = T("轨道交通", "Rail")
    target = "hours"
    worth = "worth_cny"
    shares = "population.pop"
    budget_cny = (1e10, 2e11)
    provides = "times"
    rank = 1
    product_type = DoorTimes
    rests_on = USES
    needs = ("road",)
    tables = {
        "population": POPULATION,
        "rail_stations": RAIL_STATIONS,
        "timetables": TIMETABLES,
        "trains": TRAINS_TABLE,
        "train_stops": TRAIN_STOPS,
        "rail_lines": RAIL_LINES,
        "rail_line_stops": RAIL_LINE_STOPS,
        "rail_cores": RAIL_CORES,
        "motorways": MOTORWAYS,
    }
    rules = {
        "crosses": Rule(T("列车跨越边界(1为开行)", "trains cross the border (1: yes)"), "flag", 0, 1),
        "recognised": Rule(T("安检互认(比例)", "security checks recognised (share)"), "share", 0, 1),
        "through": Rule(T("联程客票(比例)", "through tickets (share)"), "share", 0, 1),
    }
    params = PARAMS
    measures = {
        "hours": Measure(
            T("每位居民随机出行一次的总时间", "Hours if every resident made one trip to a random resident elsewhere"),
            "hours", "places", "place", RESIDENT, lambda f: f["hours"].sum(min_count=1), "lower", WEIGHED,
        ),
        "minutes": Measure(
            T("人口加权平均门到门时间", "Mean time from door to door, weighted by people"), "min", "places", "place", RESIDENT, ratio("person_min", "pop_known"), "lower", WEIGHED,
        ),
        **{f"nearest_{limit}": _people("nearest", limit, "最近核心城市", "the nearest core", WEIGHED) for limit in LIMITS},
        **{f"core{core}_{limit}": _people(f"core{core}", limit, f"{{rail_cores.rank={core}|{core}号核心城市}}", f"{{rail_cores.rank={core}|core {core}}}", (*WEIGHED, "rail_cores")) for core in CORES for limit in LIMITS},
        "one_hour": Measure(
            T("一小时内可达的地点对比例", "Share of pairs of places within an hour"), "share", "places", "place", RESIDENT, ratio("pairs_60", "pairs"), "higher", USES,
        ),
        "by_rail": Measure(
            T("火车快于公路的出行比例", "Share of trips on which rail is quicker than road"), "share", "places", "place", RESIDENT, ratio("rail_trips", "trips"), "higher", WEIGHED,
        ),
        "waiting": Measure(
            T("乘火车出行中候车所占时间", "Share of such trips' time spent waiting for trains"), "share", "places", "place", RESIDENT, ratio("wait_min", "rail_min"), "lower", WEIGHED,
        ),
        "changes": Measure(
            T("乘火车出行的平均换乘次数", "Changes on such trips"), "", "places", "place", RESIDENT, ratio("rail_changes", "rail_trips"), "lower", WEIGHED,
        ),
    }  # fmt: skip
    layers = {
        "nearest": Layer(T("到最近核心城市的时间", "Time to the nearest core"), "places", "area", "nearest", "min", "lower", weight="pop_known"),
        "core1": Layer(
            T("到{rail_cores.rank=1|1号核心城市}的时间", "Time to {rail_cores.rank=1|core 1}"), "places", "area", "core1", "min", "lower", weight="pop_known"
        ),
        "mean": Layer(T("平均门到门时间", "Mean time from door to door"), "places", "area", "mean_min", "min", "lower", weight="pop_known"),
        "trains": Layer(T("每日列车", "Trains a day"), "stations", "point", "trains", "trips/day", "higher"),
        "flows": Layer(T("车站之间每日列车", "Trains a day between stations"), "legs", "flow", "trains", "trips/day"),
    }
    levers = {
        "line": Lever(T("新建铁路", "New line"), "rail_lines.built", "set", "flag", 1.0),
        "trains": Lever(T("每日每方向增开列车", "More trains a day each way"), "rail_lines.trains_a_day", "add", "trips/day"),
        "motorway": Lever(T("新建高速公路", "New motorway"), "motorways.built", "set", "flag", 1.0),
        "timed": Lever(T("衔接等候", "Timed connections"), "rail_stations.timed", "set", "flag", 1.0),
        "recognition": Lever(T("安检互认", "Recognition of checks"), "rules.recognised", "set", "share", 1.0),
    }
    queries = QUERIES

    def solve(self, data: Data) -> Outcome:
        data.tick(0.05)
        railway = Railway(data, Grid(data))
        return Outcome({"places": places(railway), "stations": stations(railway), "legs": legs(railway)}, notes=(*railway.grid.notes, *_notes(railway)))

    def product(self, data: Data) -> Any:
        return DoorTimes(Railway(data, Grid(data)).day[0])

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        from xietong.workstreams.rail.plan import choose

        return choose(data, bloc, budget_cny)


def population(railway: Railway) -> np.ndarray:
    """[place] residents; NaN where unknown."""
    data = railway.data
    found = np.full(len(data.places), np.nan)
    found[data.areas.positions(data["population"]["area"])] = data["population"]["pop"].to_numpy(dtype=float)
    return found


def mean_minutes(railway: Railway, pop: np.ndarray, origins: np.ndarray | None = None) -> np.ndarray:
    """[origin] the mean time from places (positions, default all) to a resident chosen at random in another place."""
    at = np.arange(len(pop)) if origins is None else origins
    minutes = railway.day[0] if origins is None else railway.median(at)
    weight = np.where(at[:, None] == np.arange(len(pop)), 0.0, np.nan_to_num(pop))
    return np.asarray((minutes * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-300))


def places(railway: Railway) -> Frame:
    """By place of residence: time to each core and the nearest, the mean, and sums that measures divide."""
    import pandas as pd

    data, (minutes, sums) = railway.data, railway.day
    pop = population(railway)
    mean = mean_minutes(railway, pop)
    other = ~np.eye(len(pop), dtype=bool)
    known = np.nan_to_num(pop)
    weight = np.where(other, known[:, None] * known[None, :] / max(known.sum(), 1.0), 0.0)
    count, seconds, waited, rides = (weight * sums[:, part] / (LAST_MIN - FIRST_MIN) for part in range(4))
    cores = {f"core{rank}": np.full(len(pop), np.nan) for rank in CORES}
    for rank, place in serving(railway).items():
        cores[f"core{rank}"] = minutes[:, place]
    to_core = np.stack(list(cores.values()))
    nearest = np.where(np.isnan(to_core).all(axis=0), np.nan, np.min(np.where(np.isnan(to_core), np.inf, to_core), axis=0))
    columns = {
        "pop": pop, "pop_known": known, **cores, "nearest": nearest, "mean_min": mean, "person_min": mean * known, "hours": mean * pop / HOUR,
        "pairs": other.sum(axis=1), "pairs_60": (other & (minutes <= HOUR)).sum(axis=1), "trips": weight.sum(axis=1), "rail_trips": count.sum(axis=1),
        "rail_min": seconds.sum(axis=1) / 60, "wait_min": waited.sum(axis=1) / 60, "rail_changes": (rides - count).sum(axis=1),
    }  # fmt: skip
    return pd.DataFrame({"place": data.places["place"].to_numpy(dtype=object), **columns})


def serving(railway: Railway) -> dict[int, int]:
    """The number of each core that exists on the day and has a train, and the place (position) where trips to it end."""
    data, grid = railway.data, railway.grid
    served = np.zeros(len(data.places), dtype=bool)
    served[grid.place[railway.running.stop]] = True
    rows = records(data["rail_cores"])
    alive = [row for row in rows if str(row["since"] or "") <= data.day.isoformat() and served[data.leaves(row["area"])].any()]
    return {int(row["rank"]): int(data.areas.positions([row["place"]])[0]) for row in alive}


def stations(railway: Railway) -> Frame:
    """By station: its place, trains that call a day, minutes to change."""
    import pandas as pd

    frame, grid = railway.grid.stations, railway.grid
    calls = np.bincount(railway.network.feed.stop, minlength=len(frame))
    names = {name: frame[name] for name in ("station", "name_zh", "name_en", "lon", "lat")}
    return pd.DataFrame(
        {
            **names,
            "place": frame["area"],
            "trains": calls,
            "change_min": railway.change_min,
            "jurisdiction": np.array(railway.data.jurisdictions, dtype=object)[grid.home],
        }
    )


def legs(railway: Railway) -> Frame:
    """Trains a day, both ways together, between places of neighbouring calls."""
    import pandas as pd

    from xietong.travel.scenario import legs as legs_of

    here, after = legs_of(railway.network.feed)
    runs = after >= 0
    ends = np.sort(railway.grid.place[np.stack([here[runs], after[runs]])], axis=0)
    pairs, count = np.unique(ends[:, ends[0] != ends[1]], axis=1, return_counts=True)
    names = railway.data.places["place"].to_numpy(dtype=object)
    return pd.DataFrame({"origin": names[pairs[0]], "destination": names[pairs[1]], "trains": count})


def _notes(railway: Railway) -> tuple[T, ...]:
    """Which cores are unknown, what is assumed about lines that were switched on, and which lines can change nothing."""
    data = railway.data
    away = [row for row in records(data["rail_cores"].sort_values("rank")) if int(row["rank"]) not in serving(railway)]
    notes = [
        T(f"{row['name_zh']}:当日无列车或尚未设立,记为未知。", f"{row['name_en']}: not there yet or without a train that day, so it is unknown.")
        for row in away
    ]
    stepped = {step.key[0] for step in data.steps if step.lever in ("line", "trains")} - {row["line"] for row in railway.added}
    notes += [
        T(
            f"{row['name_zh']}:当日尚未建成或尚未开通,所设举措不起作用。",
            f"{row['name_en']}: not built or not yet opened on this day, so what was switched on changes nothing.",
        )
        for row in records(data["rail_lines"])
        if row["line"] in stepped
    ]
    told = [row for row in railway.added if row["note_zh"] and row["note_en"]]
    notes += [T(f"{row['name_zh']}:{row['note_zh']}", f"{row['name_en']}: {row['note_en']}") for row in told]
    bare = [row for row in records(data["rail_lines"]) if row["trains_a_day"] >= 1 and row["line"] not in railway.grid.lines]
    if bare:
        zh, en = "、".join(row["name_zh"] for row in bare), ", ".join(row["name_en"] for row in bare)
        notes.append(
            T(
                f"区内已知坐标的车站不足两个、建成与否不改变结果的线路:{zh}。",
                f"Lines that change nothing, since fewer than two of their stations here have known points: {en}.",
            )
        )
    return tuple(notes)
