"""What `care` reads: people by age, four supplies of care and their staff, stays by season, and what is assumed."""

from __future__ import annotations

import numpy as np

from xietong.core.declare import Column, Param, Rule, Table
from xietong.core.text import T
from xietong.workstreams._tables import CENSUS, POPULATION, YEAR

AGES = ("60-64", "65-79", "80+")
GRADES = ("mild", "moderate", "severe", "total")
"""Grades of care of GB/T 42195-2022 that need care; the fifth grade, able, needs none."""

HEAVY = ("severe", "total")
"""Grades that only a nursing place can take; the others may use any place."""

CLASSES = ("light", "heavy")
SKILLS = ("general", "nursing")
MEANS_CNY = np.array([1000, 1600, 2500, 4000, 6300, 10000])
"""Steps of what a person can spend a month; everyone is counted at the lower end of a step (geometric, ratio 1.6)."""

_SUPPLY = Column(T("供给类型", "supply"), "text", refers="supplies.supply")
_GRADE = Column(T("照护等级(GB/T 42195-2022)", "grade of care (GB/T 42195-2022)"), "text", values=GRADES)
_AREA = Column(T("所在地", "area"), "area")
_TIER = Column(T("档次", "price tier"), "text", examples=("basic", "standard"))
_BUILT_TIER = Column(_TIER.title, "text", refers="homes.tier")
_MEANS = Column(T("每月支付能力(元,所在档的下限)", "monthly means (CNY, lower end of the step)"), "text", values=tuple(map(str, MEANS_CNY)))
_BEDS = {"unit": "beds", "low": 0.0, "high": 1e7}


def _title(zh: str, en: str, zh_example: str, en_example: str) -> dict[str, Column]:
    return {
        "title_zh": Column(T(f"{zh}名称", f"name of the {en} in Chinese"), "text", examples=(zh_example,)),
        "title_en": Column(T(f"{zh}英文名称", f"name of the {en} in English"), "text", examples=(en_example,)),
    }


SUPPLIES = Table(
    T("养老供给类型", "Supplies of care"),
    ("supply",),
    {
        "supply": Column(T("供给类型", "supply"), "text", examples=("home", "community", "institution", "medical")),
        **_title("供给类型", "supply", "照护", "care"),
        "residential": Column(T("是否在机构居住", "whether people live there"), "boolean", examples=("false", "false", "true", "false")),
        "limit_min": Column(T("可接受的单程时间", "longest acceptable trip"), unit="min", low=0, high=1440, examples=(30, 30, 90, 90)),
        "rate": Column(
            T("数量未知之处的供给率", "places where their number is unknown"), unit="beds per 1,000 aged 60+", low=0, high=1000, examples=(60, 40, 20, 6)
        ),
        "nursing_share": Column(T("其中护理型的比例(未知时)", "of these for severe care (where unknown)"), unit="share", low=0, high=1, examples=(0.3, 0.1, 0.5, 1)),
        "residents_per_carer": Column(T("每名护理员照护人数", "people a carer looks after"), unit="ratio", low=0.1, high=1000, examples=(10, 15, 7, 6)),
        "residents_per_nurse": Column(T("每名护理型护理员照护人数", "people a nursing carer looks after"), unit="ratio", low=0.1, high=1000, examples=(4, 6, 3, 3)),
        "subsidy_cny_month": Column(T("户籍地每月补贴", "home subsidy a month"), unit="cny/month", low=0, high=1e6, examples=(300, 200, 600, 0)),
        "insurance_cny_month": Column(
            T("长护险每月支付(重度及以上)", "long-term-care insurance a month (severe or total)"), unit="cny/month", low=0, high=1e6, examples=(900, 300, 1200, 1200)
        ),
        "medical_share": Column(
            T("医保支付费用的比例", "share of the price that medical insurance pays"), unit="share", low=0, high=1, examples=(0, 0, 0.15, 0.5)
        ),
        "nursing_fee_cny_month": Column(
            T("重度照护每月加收", "what severe care costs more a month"), unit="cny/month", low=0, high=1e6, examples=(600, 300, 1000, 1500)
        ),
        "build_months": Column(T("新增一个名额的成本(月费的倍数)", "cost of a new place, in months of its price"), unit="ratio", low=0, high=1e4, examples=(3, 20, 40, 80)),
    },
)  # fmt: skip

RATES = Table(
    T("失能率", "Rates of need of care"),
    ("age_group", "grade"),
    {
        "age_group": Column(T("年龄段", "age group"), "text", values=AGES),
        "grade": _GRADE,
        "share": Column(
            T("比例", "share"), unit="share", low=0, high=1,
            examples=(0.03, 0.012, 0.005, 0.003, 0.08, 0.036, 0.014, 0.01, 0.2, 0.15, 0.06, 0.04),
        ),
    },
)  # fmt: skip

SETTINGS = Table(
    T("照护方式意愿", "Care that people look for"),
    ("grade", "supply"),
    {
        "grade": _GRADE,
        "supply": _SUPPLY,
        "share": Column(
            T("寻求该供给的比例", "share looking for this supply"), unit="share", low=0, high=1,
            examples=(0.3, 0.25, 0.05, 0.02, 0.3, 0.2, 0.3, 0.05, 0.25, 0.05, 0.4, 0.15, 0.15, 0, 0.45, 0.25),
        ),
    },
)  # fmt: skip

HOMES = Table(
    T("养老服务供给", "Homes and services"),
    ("area", "supply", "tier"),
    {
        "area": _AREA,
        "supply": _SUPPLY,
        "tier": _TIER,
        "beds": Column(T("床位(可同时照护人数)", "beds (people cared for at a time)"), optional=True, examples=(500, 900, 300, 60, 400, 700), **_BEDS),
        "nursing": Column(T("其中护理型", "of these nursing beds"), optional=True, examples=(200, "", 120), **_BEDS),
        "price_cny_month": Column(T("月费", "price a month"), unit="cny/month", low=0, high=1e6, optional=True, examples=(1500, 1300, 2200, 4000, 6000)),
        "star": Column(T("等级(GB/T 37276)", "star level (GB/T 37276)"), unit="stars", low=1, high=5, optional=True, examples=(3, "", 4, 2)),
        "carers": Column(T("护理员", "carers"), unit="carers", low=0, high=1e7, optional=True, examples=("", 80, "", 30)),
        "nurses": Column(T("护理型护理员", "nursing carers"), unit="carers", low=0, high=1e7, optional=True, examples=("", 60)),
        "clinic_share": Column(T("设有医保定点门诊的床位比例", "share of beds with an insured clinic"), unit="share", low=0, high=1, optional=True, examples=(0.5, "", 1)),
        "occupancy": Column(T("实际入住率", "observed occupancy"), unit="share", low=0, high=1, optional=True, examples=(0.5, "")),
        "year": YEAR,
    },
)  # fmt: skip

WORKFORCE = Table(
    T("护理员证书来源", "Where carers were certified"),
    ("area", "origin"),
    {
        "area": Column(T("工作地", "where they work"), "area"),
        "origin": Column(T("发证地", "where their certificate was issued"), "area", level="jurisdiction"),
        "share": Column(T("占当地护理员的比例", "share of the carers there"), unit="share", low=0, high=0.5, examples=(0.1, 0.3)),
    },
    optional=True,
)

MEANS = Table(
    T("各地支付能力", "Monthly means by area"),
    ("area",),
    {
        "area": _AREA,
        "urban_cny_month": Column(T("城镇老人中位数", "median, urban"), unit="cny/month", low=1, high=1e6, examples=(4200, 3600)),
        "rural_cny_month": Column(T("农村老人中位数", "median, rural"), unit="cny/month", low=1, high=1e6, examples=(1700, 1500)),
    },
    optional=True,
)

STAYS = Table(
    T("候鸟式养老意愿", "Stays by season"),
    ("origin", "destination", "season"),
    {
        "origin": Column(T("居住地", "home"), "area"),
        "destination": Column(T("旅居地", "where to"), "area"),
        "season": Column(T("季节", "season"), "text", examples=("summer", "winter")),
        "months": Column(T("月数", "months"), unit="months", low=0.25, high=12, examples=(3, 4)),
        "share": Column(T("占60-79岁的比例", "share of those of 60-79"), unit="share", low=0, high=1, examples=(0.01, 0.005)),
    },
    optional=True,
)

RESIDENTS = Table(
    T("异地入住的公布数", "Published: residents from elsewhere"), ("origin", "destination", "as_of"),
    {
        "origin": Column(T("来自", "from"), "area"), "destination": Column(T("入住地", "where they live"), "area"),
        "as_of": Column(T("截至", "as of"), "date", examples=("2025-09-30",)),
        "residents": Column(T("人数", "people"), unit="people", low=0, high=1e9, examples=(100, 40)),
        "value_text": Column(T("原文", "as published"), "text", optional=True, examples=("100余人", "40+")),
    },
    optional=True,
)  # fmt: skip

ADDED = Table(
    T("新增床位", "New beds"),
    ("area", "supply", "tier"),
    {"area": _AREA, "supply": _SUPPLY, "tier": _BUILT_TIER, "beds": Column(T("床位", "beds"), examples=(0,), **_BEDS)},
    optional=True,
)
CONVERTED = Table(
    T("普通床位改护理型", "Beds made nursing beds"), ("area", "supply", "tier"),
    {"area": _AREA, "supply": _SUPPLY, "tier": _BUILT_TIER, "beds": Column(T("床位", "beds"), examples=(0,), **_BEDS)}, optional=True,
)  # fmt: skip
TRAINED = Table(
    T("新增护理员", "Carers trained"), ("area", "supply", "tier", "skill"),
    {
        "area": _AREA, "supply": _SUPPLY, "tier": _BUILT_TIER, "skill": Column(T("技能", "skill"), "text", values=SKILLS),
        "carers": Column(T("护理员", "carers"), unit="carers", low=0, high=1e7, examples=(0,)),
    },
    optional=True,
)  # fmt: skip
VOUCHERS = Table(
    T("补差服务券", "Vouchers"), ("area", "supply", "grade", "means"),
    {
        "area": Column(T("居住地", "home"), "area", level="place"), "supply": _SUPPLY,
        "grade": Column(T("照护类别", "class of care"), "text", values=CLASSES), "means": _MEANS,
        "people": Column(T("持券人数", "people who hold one"), unit="people", low=0, high=1e7, examples=(0,)),
    },
    optional=True,
)  # fmt: skip

TABLES = {
    "population": POPULATION, "census": CENSUS, "supplies": SUPPLIES, "care_rates": RATES, "care_settings": SETTINGS, "homes": HOMES, "workforce": WORKFORCE,
    "means": MEANS, "stays": STAYS, "care_residents": RESIDENTS, "added_beds": ADDED, "converted_beds": CONVERTED, "trained_carers": TRAINED, "vouchers": VOUCHERS,
}  # fmt: skip

RULES = {
    "recognised": Rule(T("评估结果互认(向对方开放的床位比例)", "assessments recognised (share of beds open to the other side)"), "share", 0, 1),
    "follows": Rule(T("补贴随人走(异地仍发放的比例)", "subsidy follows the person (share still paid)"), "share", 0, 1),
    "starred": Rule(T("机构等级互认(异地仍发放的星级补贴比例)", "star levels recognised (share of the star subsidy still paid)"), "share", 0, 1),
    "insured": Rule(T("长期护理保险异地支付比例", "long-term-care insurance paid across the border (share)"), "share", 0, 1),
    "settled": Rule(T("医保异地直接结算(即时支付的比例)", "medical bills settled on the spot across the border (share)"), "share", 0, 1),
    "certified": Rule(T("护理员证书互认(计入人员配备的比例)", "carers' certificates recognised (share that counts as staff)"), "share", 0, 1),
}

PARAMS = {
    "rates_scale": Param(T("失能率的倍数", "rates of need of care, times"), "ratio", 1, 0.7, 1.3, "assumption", scales="care_rates.share"),
    "settings_scale": Param(T("寻求服务比例的倍数", "shares looking for care, times"), "ratio", 1, 0.75, 1.25, "assumption", scales="care_settings.share"),
    "supply_scale": Param(T("未知供给率的倍数", "unknown rates of supply, times"), "ratio", 1, 0.65, 1.35, "assumption", scales="supplies.rate"),
    "limit_scale": Param(T("可接受路程的倍数", "longest acceptable trips, times"), "ratio", 1, 0.67, 1.33, "assumption", scales="supplies.limit_min"),
    "subsidy_scale": Param(T("户籍地补贴的倍数", "home subsidies, times"), "ratio", 1, 0.5, 1.5, "assumption", scales="supplies.subsidy_cny_month"),
    "insurance_scale": Param(T("长护险支付的倍数", "long-term-care insurance, times"), "ratio", 1, 0.67, 1.5, "assumption", scales="supplies.insurance_cny_month"),
    "means_urban_cny": Param(T("城镇老人月可支付额中位数(未列明之处)", "median monthly means, urban, where none is given"), "cny/month", 4200, 3500, 5000, "assumption"),
    "means_rural_cny": Param(T("农村老人月可支付额中位数(未列明之处)", "median monthly means, rural, where none is given"), "cny/month", 1700, 1300, 2200, "assumption"),
    "means_spread": Param(T("支付能力离散度(对数标准差)", "spread of means (log standard deviation)"), "ratio", 0.5, 0.4, 0.6, "assumption"),
    "staffed": Param(T("人员未知之处配齐护理员的床位比例", "share of beds with carers where their number is unknown"), "share", 0.9, 0.75, 1, "assumption"),
    "star_cny": Param(T("每一星级的每月补贴", "subsidy a month for each star"), "cny/month", 60, 0, 120, "assumption"),
    "star_unknown": Param(T("等级未知的机构按几星计", "stars of homes whose level is unknown"), "stars", 2, 1, 3, "assumption"),
    "clinic_unknown": Param(T("门诊情况未知时的定点比例", "share of beds with an insured clinic where unknown"), "share", 0.3, 0.1, 0.6, "assumption"),
    "price_weight": Param(T("每千元月费相当的路程", "travel that CNY 1,000 a month is worth"), "min/1000 cny", 10, 5, 20, "assumption"),
    "stay_limit_min": Param(T("旅居可接受的路程", "longest acceptable trip to a stay"), "min", 300, 180, 420, "assumption"),
    "convert_cny": Param(T("一张普通床位改护理型的成本", "cost of making a bed a nursing bed"), "cny/bed", 20000, 10000, 30000, "assumption"),
    "train_cny": Param(T("培训并留住一名护理员的成本", "cost of training and keeping a carer"), "cny/person", 15000, 8000, 25000, "assumption"),
    "voucher_cny": Param(T("服务券每月最多补差", "most that a voucher adds a month"), "cny/month", 800, 500, 1200, "assumption"),
    "voucher_months": Param(T("服务券的月数", "months that a voucher lasts"), "months", 60, 36, 84, "assumption"),
    "build_scale": Param(T("建设成本的倍数", "costs of new places, times"), "ratio", 1, 0.75, 1.5, "assumption", scales="supplies.build_months"),
    "pact_cny": Param(T("两地互认的建设成本(每个方向)", "cost of recognition, per direction"), "cny", 2e7, 1e7, 4e7, "assumption"),
    "floor_share": Param(T("各辖区服务率的底线(方案)", "least share served in each jurisdiction (plan)"), "share", 0.5, 0.4, 0.8, "assumption"),
    "worth_cny": Param(T("多服务一人的价值", "worth of one more person served"), "cny/person", 200000, 100000, 300000, "assumption"),
}  # fmt: skip
"""What is assumed. A range is what sensitivity tries; a region replaces any of them in params.csv."""
