"""What `care` measures, by heading."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xietong.core.declare import Frame, Measure
from xietong.core.text import T
from xietong.workstreams._measures import mean, ratio

RESIDENT = T("居住地:老人", "resident: where the elder lives")
HOST = T("接收地:床位", "host: where the bed is")
PAYER = T("支付地:老人户籍所在辖区", "payer: the elder's home jurisdiction")

REASON = T("为何没有得到照护", "Why people are left out")
BALANCE = T("供需结构", "Supply and need")
ACCESS = T("可及性", "Access")
MONEY = T("费用与财政支出", "Prices and public money")
SEASON = T("候鸟式养老", "Stays by season")

NEED = ("census", "care_rates", "care_settings", "supplies", "params.rates_scale", "params.settings_scale")
STOCK = ("homes", "workforce", "supplies", "rules.certified", "params.supply_scale", "params.staffed")
_MARKET_PARAMS = (
    "limit_scale", "subsidy_scale", "insurance_scale", "means_urban_cny", "means_rural_cny", "means_spread", "star_cny", "star_unknown", "clinic_unknown",
    "price_weight",
)  # fmt: skip
MARKET = (
    *NEED, *(one for one in STOCK if one not in NEED), "means", "times", *(f"rules.{name}" for name in ("recognised", "follows", "starred", "insured", "settled")),
    *(f"params.{name}" for name in _MARKET_PARAMS),
)  # fmt: skip
"""What an allocation rests on."""


def total(column: str) -> Callable[[Frame], float | None]:
    """The sum of a column; unknown where no row has a value."""
    return lambda frame: frame[column].sum(min_count=1)


def _supply(name: str, column: str) -> Callable[[Frame], float | None]:
    def of(frame: Frame) -> float | None:
        rows = frame[frame["supply"] == name]
        return float(rows[column].sum()) if len(rows) else None

    return of


def shortage(frame: Frame) -> float | None:
    """People for whom there is no place of the supply that they look for, even if everybody could use every one."""
    one = frame.groupby("supply")[["need", "staffed"]].sum()
    return float((one["need"] - one["staffed"]).clip(lower=0).sum())


def imbalance(frame: Frame) -> float | None:
    """People left out while as many places of the same supply stand empty: places of the wrong kind, price, side or distance."""
    one = frame.groupby("supply")[["unserved", "free"]].sum()
    return float(one.min(axis=1).sum())


def unevenness(frame: Frame) -> float | None:
    """Hoover index: the share of places that would have to stand elsewhere for each place to have as many for those in need;
    by supply, weighted by need. Hoover, Review of Economics and Statistics 18 (1936), 162-171."""
    found, weight = 0.0, 0.0
    for _, rows in frame.groupby("supply"):
        need, beds = rows["need"].to_numpy(), rows["staffed"].to_numpy()
        if need.sum() > 0 and beds.sum() > 0:
            found += need.sum() * float(np.abs(need / need.sum() - beds / beds.sum()).sum()) / 2
            weight += need.sum()
    return found / weight if weight > 0 else None


def gini(value: str, weight: str) -> Callable[[Frame], float | None]:
    """The Gini coefficient of a column over people: the area between the Lorenz curve and equality, doubled."""

    def of(frame: Frame) -> float | None:
        rows = frame[[value, weight]].dropna().sort_values(value, kind="stable")
        x, w = rows[value].to_numpy(), rows[weight].to_numpy()
        all_of = float((x * w).sum())
        if all_of <= 0:
            return None
        share = np.concatenate([[0.0], np.cumsum(x * w) / all_of])
        return float(1 - (np.diff(np.concatenate([[0.0], np.cumsum(w) / w.sum()])) * (share[1:] + share[:-1])).sum())

    return of


def _public(*columns: str) -> Callable[[Frame], float | None]:
    return lambda frame: float(sum((frame["people"] * frame[column]).sum() for column in columns))


def _reason(zh: str, en: str, column: str) -> Measure:
    return Measure(T(zh, en), "people", "reasons", "place", RESIDENT, total(column), "lower", MARKET, REASON)


def _left(supply: str, zh: str, en: str) -> Measure:
    return Measure(T(zh, en), "people", "balance", "place", RESIDENT, _supply(supply, "unserved"), "lower", MARKET, BALANCE)


STAYS = (*MARKET, "stays", "params.stay_limit_min")

MEASURES = {
    "unserved": Measure(T("没有得到合适照护的老人", "People without suitable care"), "people", "people", "place", RESIDENT, total("unserved"), "lower", MARKET),
    "unserved_share": Measure(T("其占需求的比例", "As a share of those in need"), "share", "people", "place", RESIDENT, ratio("unserved", "need"), "lower", MARKET),
    "minutes": Measure(T("平均路程", "Mean trip"), "min", "flows", "origin", RESIDENT, mean("minutes", "people"), "lower", MARKET),
    "use": Measure(T("床位使用率", "Use of beds"), "share", "homes", "place", HOST, ratio("used", "beds"), "higher", MARKET),
    "crossing": Measure(
        T("到其他辖区接受照护的老人", "People cared for in another jurisdiction"), "people", "flows", "origin", RESIDENT,
        lambda f: f["people"][f["crosses"]].sum(), "neutral", MARKET,
    ),
    "shortage": Measure(T("总量不足", "Shortage"), "people", "balance", "place", RESIDENT, shortage, "lower", (*NEED, *STOCK), BALANCE),
    "imbalance": Measure(T("供给失衡", "Imbalance"), "people", "balance", "place", RESIDENT, imbalance, "lower", MARKET, BALANCE),
    "unevenness": Measure(T("分布不均", "Unevenness"), "share", "balance", "place", RESIDENT, unevenness, "lower", (*NEED, *STOCK), BALANCE),
    "unstaffed": Measure(
        T("没有护理员的床位", "Beds without carers"), "beds", "homes", "place", HOST, lambda f: float((f["beds"] - f["staffed"]).sum()), "lower", STOCK, BALANCE
    ),
    "left_home": _left("home", "未得到居家照护", "Left without care at home"),
    "left_community": _left("community", "未得到社区照护", "Left without care in the community"),
    "left_institution": _left("institution", "未住进机构", "Left without a home"),
    "left_medical": _left("medical", "未得到医疗护理", "Left without medical care"),
    "unrecognised": _reason("评估未获互认", "Not recognised", "unrecognised"),
    "no_staff": _reason("没有护理员", "No staff", "no_staff"),
    "unaffordable": _reason("负担不起", "Cannot afford", "unaffordable"),
    "too_far": _reason("太远", "Too far", "too_far"),
    "no_bed": _reason("没有床位", "No bed", "no_bed"),
    "access": Measure(
        T("机构床位可及性(E2SFCA)", "Access to beds in homes (E2SFCA)"), "beds per 1,000", "people", "place", RESIDENT, mean("access", "home_need"), "higher",
        (*NEED, *(one for one in STOCK if one not in NEED), "rules.recognised", "params.limit_scale", "times"), ACCESS,
    ),
    "access_gini": Measure(
        T("可及性的基尼系数", "Gini of access"), "share", "people", "place", RESIDENT, gini("access", "home_need"), "lower",
        (*NEED, *(one for one in STOCK if one not in NEED), "rules.recognised", "params.limit_scale", "times"), ACCESS,
    ),
    "price": Measure(T("平均自付月费", "Mean price paid"), "cny/month", "flows", "origin", RESIDENT, mean("price_cny", "people"), "lower", MARKET, MONEY),
    "public": Measure(
        T("公共支出合计", "Public money, all purses"), "cny/month", "flows", "origin", PAYER,
        _public("subsidy_cny", "insurance_cny", "medical_cny", "voucher_cny"), "neutral", MARKET, MONEY,
    ),
    "public_subsidy": Measure(T("其中养老补贴", "Of which subsidies"), "cny/month", "flows", "origin", PAYER, _public("subsidy_cny", "voucher_cny"), "neutral", MARKET, MONEY),
    "public_insurance": Measure(T("其中长期护理保险", "Of which long-term-care insurance"), "cny/month", "flows", "origin", PAYER, _public("insurance_cny"), "neutral", MARKET, MONEY),
    "public_medical": Measure(T("其中医疗保险", "Of which medical insurance"), "cny/month", "flows", "origin", PAYER, _public("medical_cny"), "neutral", MARKET, MONEY),
    "stays": Measure(
        T("旅居人月", "Months of stay"), "person-months", "stays", "origin", RESIDENT, lambda f: float((f["people"] * f["months"]).sum()), "higher", STAYS, SEASON
    ),
    "stays_met": Measure(T("愿意旅居者中成行的比例", "Of those who would go, who find a bed"), "share", "stays", "origin", RESIDENT, ratio("people", "wanted"), "higher", STAYS, SEASON),
    "shared_beds": Measure(
        T("不同季节服务不同老人的床位", "Beds that serve different people by season"), "beds", "shared_beds", "place", HOST, total("beds"), "higher", STAYS, SEASON
    ),
    "stay_subsidy": Measure(
        T("旅居补贴(按月)", "Subsidies for stays, by the month"), "cny/year", "stays", "origin", PAYER,
        lambda f: float((f["subsidy_cny"] * f["months"]).sum()), "neutral", STAYS, SEASON,
    ),
}  # fmt: skip
