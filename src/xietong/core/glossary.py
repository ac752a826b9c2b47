"""The one glossary of what surfaces print: identifier, Chinese, English. A unit or word that is not here fails a test."""

from __future__ import annotations

from xietong.core.text import T

UNITS: dict[str, T] = {
    "": T("", ""),
    "people": T("人", "people"),
    "people/year": T("人/年", "people a year"),
    "share": T("比例", "share"),
    "percent": T("%", "%"),
    "min": T("分钟", "min"),
    "hours": T("小时", "hours"),
    "hours/year": T("小时/年", "hours a year"),
    "days": T("天", "days"),
    "days/case": T("天/件", "days a case"),
    "working days": T("工作日", "working days"),
    "trips": T("次", "trips"),
    "trips/year": T("次/年", "trips a year"),
    "trips/day": T("次/天", "trips a day"),
    "cases": T("件", "cases"),
    "cases/year": T("件/年", "cases a year"),
    "hours/1000/year": T("小时/千人·年", "hours per 1,000 people a year"),
    "items": T("项", "items"),
    "beds": T("张床位", "beds"),
    "stars": T("星", "stars"),
    "carers": T("名护理员", "carers"),
    "months": T("个月", "months"),
    "person-months": T("人·月", "person-months"),
    "people/bed": T("人/张", "people a bed"),
    "beds per 1,000": T("张床位/千人", "beds per 1,000 people"),
    "beds per 1,000 aged 60+": T("张床位/千名60岁以上老人", "beds per 1,000 people aged 60+"),
    "cny": T("元", "CNY"),
    "cny/year": T("元/年", "CNY a year"),
    "cny/month": T("元/月", "CNY a month"),
    "cny/bed": T("元/张", "CNY a bed"),
    "cny/hour": T("元/小时", "CNY an hour"),
    "cny/day": T("元/天", "CNY a day"),
    "cny/t": T("元/吨", "CNY a tonne"),
    "cny/item": T("元/项", "CNY an item"),
    "cny/person": T("元/人", "CNY a person"),
    "cny/km": T("元/公里", "CNY a km"),
    "t": T("吨", "tonnes"),
    "t/day": T("吨/天", "tonnes a day"),
    "t/year": T("吨/年", "tonnes a year"),
    "ug/m3": T("微克/立方米", "µg/m³"),
    "receptor-days": T("城市·天", "city-days"),
    "km": T("公里", "km"),
    "km2": T("平方公里", "km²"),
    "km/h": T("公里/小时", "km/h"),
    "m/s": T("米/秒", "m/s"),
    "m": T("米", "m"),
    "degrees": T("度", "degrees"),
    "ratio": T("倍", "ratio"),
    "flag": T("是/否", "yes/no"),
    "cases/1000/year": T("件/千人·年", "cases per 1,000 people a year"),
    "percent/hour": T("%/小时", "% an hour"),
    "min/1000 cny": T("分钟/千元", "min per CNY 1,000"),
}

VERBS: dict[str, T] = {
    "status": T("现状", "Status"),
    "border": T("边界", "Border"),
    "lifts": T("逐项放开", "Lifts"),
    "plan": T("方案", "Plan"),
    "sensitivity": T("敏感性", "Sensitivity"),
    "cases": T("办理", "Cases"),
}

REGIME_TITLES: dict[str, T] = {
    "closed": T("关闭", "closed"),
    "current": T("现行", "current"),
    "open": T("开放", "open"),
}

QUALITIES: dict[str, T] = {
    "published": T("公开发布", "published"),
    "derived": T("推算", "derived"),
    "illustrative": T("示意", "illustrative"),
}

DECIDERS: dict[str, T] = {
    "alone": T("各自决定", "each alone"),
    "jointly": T("共同决定", "jointly"),
}


def unit(identifier: str) -> T:
    """A unit in both languages; an unknown one reads as its identifier (a test finds it)."""
    return UNITS.get(identifier, T(identifier, identifier))


def unit_view(identifier: str) -> dict[str, str]:
    """A unit as surfaces get it: its identifier, so that shares and flags are recognised, and its name."""
    return {"id": identifier, **unit(identifier)._asdict()}
