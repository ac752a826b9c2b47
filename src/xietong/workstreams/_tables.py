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


def records(frame: Frame) -> list[dict[str, Any]]:
    """The rows of a table as mappings."""
    return [dict(zip(map(str, frame.columns), row, strict=True)) for row in frame.itertuples(index=False, name=None)]
