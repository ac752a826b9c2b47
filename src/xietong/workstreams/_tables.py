"""Tables that several workstreams read, declared once, and how their rows are read."""

from __future__ import annotations

from typing import Any

from xietong.core.declare import Column, Frame, Table
from xietong.core.text import T

YEAR = Column(T("年份", "year"), "integer", low=1900, high=2200, examples=(2020,))

POPULATION = Table(
    T("常住人口", "Population"),
    ("area",),
    {
        "area": Column(T("地点", "place"), "area", level="place"),
        "year": YEAR,
        "pop": Column(T("常住人口", "residents"), unit="people", low=0, high=1e9, examples=(400000, 250000, 600000)),
    },
)

CENSUS = Table(
    T("人口普查:年龄与户籍", "Census: age and registration"),
    ("area",),
    {
        "area": Column(T("地点", "place"), "area", level="place"),
        "year": YEAR,
        "pop_60_plus": Column(T("60岁及以上", "aged 60+"), unit="people", low=0, high=1e9, examples=(80000, 60000, 90000)),
        "pop_65_plus": Column(T("65岁及以上", "aged 65+"), unit="people", low=0, high=1e9, optional=True, examples=(55000, 42000, 60000)),
        "pop_80_plus": Column(T("80岁及以上", "aged 80+"), unit="people", low=0, high=1e9, optional=True, examples=(12000, 9000, 13000)),
        "urban_share": Column(T("城镇人口比重", "urban share"), unit="share", low=0, high=1, optional=True, examples=(0.8, 0.5, 0.6)),
        "other_province_share": Column(
            T("户籍在省外的比重", "share registered in another province"), unit="share", low=0, high=1, optional=True, examples=(0.1, 0.05)
        ),
    },
)

MOTORWAYS = Table(
    T("高速公路", "Motorways"),
    ("road",),
    {
        "road": Column(T("公路", "road"), "text", examples=("bridge",)),
        "name_zh": Column(T("中文名", "Chinese name"), "text", examples=("大桥公路",)),
        "name_en": Column(T("英文名", "English name"), "text", examples=("Bridge road",)),
        # Examples of areas cannot be chosen: the example leads from a place to itself, and so changes nothing until its ends are given.
        "origin": Column(T("起点", "one end"), "area", level="place"),
        "destination": Column(T("终点", "other end"), "area", level="place"),
        "length_km": Column(T("长度", "length"), unit="km", low=0.1, high=1e4, examples=(30,)),
        "speed_kmh": Column(T("行驶速度", "driving speed"), unit="km/h", low=5, high=200, examples=(100,)),
        "status": Column(T("状态", "status"), "text", values=("operating", "construction", "planned"), examples=("planned",)),
        "cost_cny": Column(T("造价", "cost of building it"), unit="cny", low=0, high=1e13, optional=True, examples=("",)),
        "built": Column(T("已建成(1为是)", "built (1: yes)"), "integer", unit="flag", low=0, high=1, examples=(0,)),
    },
    optional=True,
)


def records(frame: Frame) -> list[dict[str, Any]]:
    """The rows of a table as mappings."""
    return [dict(zip(map(str, frame.columns), row, strict=True)) for row in frame.itertuples(index=False, name=None)]
