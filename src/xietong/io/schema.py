"""The tables that every region has, whatever its workstreams: areas, members of named sets, rules, params, sources."""

from __future__ import annotations

from xietong.core.declare import Column, Quality, Table
from xietong.core.text import T

SOURCE = {
    "source": Column(T("来源", "source"), "text"),
    "quality": Column(T("数据质量", "quality"), "text", values=tuple(Quality)),
}

AREAS = Table(
    T("区域单元", "areas"),
    ("area",),
    {
        "area": Column(T("代码", "id"), "text"),
        "name_zh": Column(T("中文名", "Chinese name"), "text"),
        "name_en": Column(T("英文名", "English name"), "text"),
        "level": Column(T("层级", "level"), "text"),
        "parent": Column(T("上级", "parent"), "text", optional=True),
        "lon": Column(T("经度", "longitude"), unit="degrees", optional=True, low=-180, high=180),
        "lat": Column(T("纬度", "latitude"), unit="degrees", optional=True, low=-90, high=90),
        "area_km2": Column(T("面积", "area"), unit="km2", optional=True, low=0),
    },
)
MEMBERS = Table(
    T("特定区域的组成", "members of named sets"),
    ("area", "member"),
    {"area": Column(T("区域", "named set"), "area"), "member": Column(T("组成单元", "member"), "area")},
)
RULES = Table(
    T("边界规则", "border rules"),
    ("rule", "origin", "destination", "item", "valid_from"),
    {
        "rule": Column(T("规则", "rule"), "text"),
        "origin": Column(T("来源地", "origin"), "area"),
        "destination": Column(T("目的地", "destination"), "area"),
        "item": Column(T("事项", "item"), "text", optional=True),
        "value": Column(T("取值", "value")),
        "valid_from": Column(T("生效日", "valid from"), "date"),
        "valid_to": Column(T("失效日", "valid to (exclusive)"), "date", optional=True),
        "reference": Column(T("依据", "legal reference"), "text", optional=True),
    },
)
PARAMS = Table(
    T("本区域的假设", "assumptions of this region"),
    ("param",),
    {
        "param": Column(T("参数", "param"), "text"),
        "low": Column(T("低值", "low")),
        "value": Column(T("取值", "value")),
        "high": Column(T("高值", "high")),
    },
)
SOURCES = Table(
    T("来源", "sources"),
    ("source",),
    {
        "source": Column(T("代码", "id"), "text"),
        "title": Column(T("标题", "title"), "text"),
        "publisher": Column(T("发布者", "publisher"), "text", optional=True),
        "year": Column(T("年份", "year"), "text", optional=True),
        "url": Column(T("网址", "address"), "text", optional=True),
        "licence": Column(T("许可", "licence"), "text", optional=True),
    },
)
FRAMEWORK = {"areas": AREAS, "members": MEMBERS, "rules": RULES, "params": PARAMS, "sources": SOURCES}
"""Tables that the region itself is made of. ``members`` and ``params`` may be absent."""

OPTIONAL = {"members", "params"}
