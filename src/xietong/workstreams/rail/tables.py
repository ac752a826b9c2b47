"""The tables of the workstream `rail`: stations, timetables, lines and cores, with an example that a new region starts from.

The example is a ring of four stations round the Twin Banks on which eight trains a day run, and a line across the river
that could be built. Examples of key columns are all combined, so that a timetable has to be a full grid: here eight trains
of three calls, each beginning where the one before ended.
"""

from __future__ import annotations

from xietong.core.declare import Column, Table
from xietong.core.text import T

TRAINS = tuple(f"R{number}" for number in range(1, 9))
_RIDE_MIN = (14, 13, 22, 12)
"""Minutes from each station of the example's ring to the next."""


def _example_minutes() -> tuple[int, ...]:
    """Minutes after midnight of the calls: a train every two hours from 06:00, each two legs further round the ring."""
    found: list[int] = []
    for number in range(len(TRAINS)):
        first = 360 + 120 * number
        # Calls run on through the stations' cycle of four: train n begins at station 3 n.
        legs = [_RIDE_MIN[(3 * number + leg) % 4] for leg in range(2)]
        found += [first, first + legs[0], first + sum(legs)]
    return tuple(found)


CALLS_MIN = _example_minutes()

NAMES = {
    "name_zh": Column(T("中文名", "Chinese name"), "text"),
    "name_en": Column(T("英文名", "English name"), "text"),
}
LON = Column(T("经度", "longitude"), unit="degrees", low=-180, high=180, examples=(10.00, 10.25, 10.45, 10.02))
LAT = Column(T("纬度", "latitude"), unit="degrees", low=-90, high=90, examples=(50.30, 50.38, 50.28, 50.15))

RAIL_STATIONS = Table(
    T("铁路车站", "Railway stations"),
    ("station",),
    {
        "station": Column(T("车站", "station"), "text", examples=("north", "mill", "wood", "south")),
        "name_zh": Column(T("中文名", "Chinese name"), "text", examples=("北港站", "磨坊站", "林地站", "南港站")),
        "name_en": Column(T("英文名", "English name"), "text", examples=("North Harbour", "Millfield", "Woodlands", "South Harbour")),
        "area": Column(T("所在地", "place"), "area", level="place"),
        "lon": LON,
        "lat": LAT,
        "change_min": Column(
            T("换乘时间(空为通用值)", "time to change (empty: the general value)"), unit="min", low=1, high=240, optional=True, examples=("",)
        ),
        "timed": Column(T("衔接列车等候(1为是)", "departing trains wait for connections (1: yes)"), "integer", unit="flag", low=0, high=1, examples=(0,)),
    },
)

TIMETABLES = Table(
    T("列车时刻表", "Timetables"),
    ("timetable",),
    {
        "timetable": Column(T("时刻表", "timetable"), "text", examples=("ring",)),
        "title_zh": Column(T("中文名称", "Chinese title"), "text", examples=("环线时刻表",)),
        "title_en": Column(T("英文名称", "English title"), "text", examples=("Timetable of the ring",)),
        "valid_from": Column(T("自此日起使用", "used from this day on"), "date", examples=("2020-01-01",)),
        "day": Column(T("所记录的日期", "day that it records"), "date", examples=("2020-01-01",)),
    },
)

TRAINS_TABLE = Table(
    T("列车", "Trains"),
    ("timetable", "train"),
    {
        "timetable": Column(T("时刻表", "timetable"), "text", refers="timetables.timetable"),
        "train": Column(T("列车", "train"), "text", examples=TRAINS),
        "name": Column(T("车次", "train number"), "text", examples=TRAINS),
        "kind": Column(T("种类", "kind"), "text", examples=("R",)),
    },
)

TRAIN_STOPS = Table(
    T("列车停站", "Calls of trains"),
    ("timetable", "train", "seq"),
    {
        "timetable": Column(T("时刻表", "timetable"), "text", refers="timetables.timetable"),
        "train": Column(T("列车", "train"), "text", refers="trains.train"),
        "seq": Column(T("顺序", "order"), "integer", low=1, high=999, examples=(1, 2, 3)),
        "station": Column(T("车站", "station"), "text", refers="rail_stations.station"),
        "arrive_min": Column(T("到达(零点起分钟)", "arrival (minutes after midnight)"), unit="min", low=0, high=4320, examples=CALLS_MIN),
        "leave_min": Column(T("出发(零点起分钟)", "departure (minutes after midnight)"), unit="min", low=0, high=4320, examples=CALLS_MIN),
    },
)

RAIL_LINES = Table(
    T("铁路线路", "Railway lines"),
    ("line",),
    {
        "line": Column(T("线路", "line"), "text", examples=("crossing",)),
        "name_zh": Column(T("中文名", "Chinese name"), "text", examples=("跨河线",)),
        "name_en": Column(T("英文名", "English name"), "text", examples=("River crossing",)),
        "status": Column(T("状态", "status"), "text", values=("operating", "construction", "planned"), examples=("planned",)),
        "opened": Column(T("开通日期", "opened on"), "date", optional=True, examples=("",)),
        "length_km": Column(T("全长", "length of the whole line"), unit="km", low=0.1, high=1e4, optional=True, examples=(80,)),
        "whole": Column(
            T("列出两端车站(0为只列出一部分)", "the stations at both its ends are listed (0: only a part)"),
            "integer",
            unit="flag",
            low=0,
            high=1,
            examples=(1,),
        ),
        "design_speed_kmh": Column(T("设计速度", "design speed"), unit="km/h", low=10, high=600, examples=(250,)),
        "trains_a_day": Column(
            T("时刻表之外每日每方向开行列数", "trains a day each way besides those of the timetable"), unit="trips/day", low=0, high=1000, examples=(48,)
        ),
        "cost_cny": Column(T("造价", "cost of building it"), unit="cny", low=0, high=1e13, optional=True, examples=(4e8,)),
        "built": Column(T("已建成(1为是)", "built (1: yes)"), "integer", unit="flag", low=0, high=1, examples=(0,)),
        # Told with every answer in which the line is switched on, so that what is assumed about it cannot be overlooked.
        "note_zh": Column(T("中文说明(所作假定)", "Chinese note (what is assumed)"), "text", optional=True, examples=("",)),
        "note_en": Column(T("英文说明(所作假定)", "English note (what is assumed)"), "text", optional=True, examples=("",)),
    },
)

RAIL_LINE_STOPS = Table(
    T("线路车站", "Stations of lines"),
    ("line", "seq"),
    {
        "line": Column(T("线路", "line"), "text", refers="rail_lines.line"),
        "seq": Column(T("顺序", "order"), "integer", low=1, high=999, examples=(1, 2, 3, 4)),
        "station": Column(T("车站", "station"), "text", refers="rail_stations.station"),
        "own": Column(
            T("与上一站之间属于本线(0为在他线上运行)", "the leg from the station before belongs to the line (0: its trains run there on another line)"),
            "integer",
            unit="flag",
            low=0,
            high=1,
            examples=(1,),
        ),
    },
)

RAIL_CORES = Table(
    T("核心城市", "Cores"),
    ("core",),
    {
        "core": Column(T("核心", "core"), "text", examples=("north", "south")),
        "rank": Column(T("序号", "number"), "integer", low=1, high=4, examples=(1, 2)),
        "name_zh": Column(T("中文名", "Chinese name"), "text", examples=("北港", "南港")),
        "name_en": Column(T("英文名", "English name"), "text", examples=("North Harbour", "South Harbour")),
        "place": Column(T("到达地点", "where trips to it end"), "area", level="place"),
        "area": Column(T("范围(其中的车站为其服务)", "area whose stations serve it"), "area"),
        "since": Column(T("设立日期", "a core since"), "date", optional=True, examples=("",)),
    },
)
