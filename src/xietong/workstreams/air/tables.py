"""The tables that ``air`` reads, declared once."""

from __future__ import annotations

from xietong.core.declare import Column, Table
from xietong.core.text import T
from xietong.workstreams._tables import POPULATION, YEAR

POLLUTANTS = ("NMVOC", "NOx", "PM25", "SO2")

AREA, DATE = Column(T("地点", "area"), "area"), Column(T("日期", "day"), "date")


def share(zh: str, en: str, *examples: float, optional: bool = False) -> Column:
    """A column of shares in [0, 1]."""
    return Column(T(zh, en), unit="share", low=0, high=1, optional=optional, examples=examples)


TABLES = {
    "population": POPULATION,
    "emissions": Table(
        T("排放清单", "Emissions"),
        ("area", "sector", "pollutant"),
        {
            "area": AREA,
            "sector": Column(T("部门", "sector"), "text", refers="air_controls.sector"),
            "pollutant": Column(T("污染物", "pollutant"), "text", values=POLLUTANTS),
            "tonnes_year": Column(T("年排放量", "a year"), unit="t/year", low=0, high=1e9, examples=(4000, 2500, 900, 1600, 3000)),
            "year": YEAR,
        },
    ),
    "retrofits": Table(
        T("在清单之外的长期减排", "Lasting reductions beyond the inventory"),
        ("area", "sector"),
        {"area": AREA, "sector": Column(T("部门", "sector"), "text", refers="air_controls.sector"), "share": share("减排比例", "share removed", 0.0)},
    ),
    "air_controls": Table(
        T("减排措施", "Controls"),
        ("sector",),
        {
            "sector": Column(T("部门", "sector"), "text", examples=("industry", "transport")),
            "title_zh": Column(T("中文名", "title in Chinese"), "text", examples=("工业", "交通")),
            "title_en": Column(T("英文名", "title in English"), "text", examples=("Industry", "Transport")),
            "cut_max": share("应急减排上限", "largest cut in an episode", 0.5, 0.4),
            "cut_cost_cny_t": Column(T("应急减排起始边际成本", "cost of the first tonne cut"), unit="cny/t", low=0, high=1e9, examples=(9000, 40000)),
            "retrofit_max": share("长期改造上限", "largest retrofit", 0.6, 0.4),
            "retrofit_cost_cny_t": Column(
                T("长期改造成本(每吨年排放)", "cost of a retrofit, a tonne a year"), unit="cny/t", low=0, high=1e9, examples=(6000, 60000)
            ),
        },
    ),
    "stations": Table(
        T("监测站", "Stations"), ("station",), {"station": Column(T("站点", "station"), "text", examples=("A1", "A2", "A3", "B1", "B2", "B3")), "area": AREA}
    ),
    "episode": Table(
        T("污染过程实测值", "Observed episode"),
        ("day", "station"),
        {
            "day": Column(DATE.title, "date", examples=("2022-01-10", "2022-01-11", "2022-01-12")),
            "station": Column(T("站点", "station"), "text", refers="stations.station"),
            "pm25_ug_m3": Column(T("PM2.5日均值", "PM2.5, daily mean"), unit="ug/m3", low=0, high=2000, optional=True, examples=(58, 92, 71, 66, 105, 49, 83)),
        },
    ),
    "iaqi": Table(
        T("空气质量分指数断点", "Breakpoints of the air-quality index"),
        ("standard", "pollutant", "averaging", "iaqi"),
        {
            "standard": Column(T("标准", "standard"), "text", examples=("example",)),
            "valid_from": Column(T("生效日", "valid from"), "date", examples=("2000-01-01",)),
            "valid_to": Column(T("失效日", "valid to (exclusive)"), "date", optional=True, examples=("",)),
            "pollutant": Column(T("污染物", "pollutant"), "text", examples=("PM25",)),
            "averaging": Column(T("平均时间", "averaging time"), "text", examples=("24h",)),
            "iaqi": Column(T("分指数", "index"), low=0, high=500, examples=(0, 50, 100, 150, 200, 300, 400, 500)),
            "concentration": Column(T("浓度", "concentration"), low=0, high=1e5, examples=(0, 35, 60, 115, 150, 250, 350, 500)),
        },
    ),
    "alert_levels": Table(
        T("预警级别与减排比例", "Alert levels and their cuts"),
        ("level",),
        {
            "level": Column(T("级别", "level"), "text", examples=("yellow", "orange")),
            "rank": Column(T("次序", "rank"), "integer", low=1, high=9, examples=(1, 2)),
            "cut_so2": share("二氧化硫减排比例", "cut of SO2", 0.1, 0.2),
            "cut_nox": share("氮氧化物减排比例", "cut of NOx", 0.1, 0.2),
            "cut_pm": share("颗粒物减排比例", "cut of particles", 0.1, 0.2),
            "cut_voc": share("挥发性有机物减排比例", "cut of VOC", 0.1, 0.2),
        },
    ),
    "alert_conditions": Table(
        T("预警启动条件", "When an alert is called"),
        ("scheme", "level", "alternative", "aqi_over"),
        {
            "scheme": Column(T("方案", "scheme"), "text"),
            "level": Column(T("级别", "level"), "text", refers="alert_levels.level"),
            "alternative": Column(T("并列条件(满足任一组)", "alternative (any one suffices)"), "integer", low=1, high=9, examples=(1,)),
            "aqi_over": Column(T("指数大于", "index above"), low=0, high=500, examples=(100,)),
            "days": Column(T("天数", "days"), "integer", unit="days", low=1, high=99, examples=(1, 2)),
            "valid_from": Column(T("生效日", "valid from"), "date", examples=("2000-01-01",)),
            "valid_to": Column(T("失效日", "valid to (exclusive)"), "date", optional=True, examples=("",)),
        },
    ),
    "source_shares": Table(
        T("公布的来源解析", "Published source shares"),
        ("receptor", "period"),
        {
            "receptor": Column(T("受体地", "receptor"), "area"),
            "period": Column(T("时期", "period"), "text"),
            "local_low": share("本地贡献下限", "local share, low", 0.5, optional=True),
            "local_high": share("本地贡献上限", "local share, high", 0.7, optional=True),
            "regional_low": share("外来贡献下限", "transported share, low", 0.3, optional=True),
            "regional_high": share("外来贡献上限", "transported share, high", 0.5, optional=True),
        },
    ),
}
