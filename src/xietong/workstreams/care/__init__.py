"""Elderly care: people in one city, beds in another."""

from __future__ import annotations

from xietong.core.data import Data
from xietong.core.declare import Choice, Layer, Lever, Outcome, proof_status
from xietong.core.text import T
from xietong.core.workstream import Workstream
from xietong.workstreams.care.measures import MEASURES
from xietong.workstreams.care.queries import QUERIES
from xietong.workstreams.care.tables import PARAMS, RULES, TABLES


class Care(Workstream):
    """Elderly care: who finds care that suits, is affordable and within reach, when the border is closed, as it is, or open.
    Four supplies stand side by side: care at home, in the community, in a home, and medical care. Need comes from the census by
    age and assumed rates of the grades of GB/T 42195-2022; the severe and total grades need a nursing bed. A bed counts only
    where a carer stands by it, and a carer certified across the border only as far as the certificate is recognised. A row that
    stands for a whole city is spread over its places like the people aged 60 and over. Everyone is allocated at once so that the
    fewest are left out, then with little travel and at little cost, weighed against an even spread; the optimum is unique, and a
    cut proves that no allocation serves more. Those left out are matched once more to what stands empty, which tells why.
    Beds that residents leave empty serve guests by season. It leaves out families' own wishes (the query `choice` compares),
    waiting over time, staff who move or quit, occupancy limits of single homes, and how good the care is.
    ---
    养老:在边界关闭、现行和开放三种情形下,谁能得到合适、负担得起、路程可及的照护。居家、社区、机构和医疗护理是四种并列的供给。需求由普查年龄结构和按
    GB/T 42195-2022 分级的假定失能率推算,重度和完全失能者需要护理型床位。没有护理员的床位不计入供给,外地发证的护理员只按互认程度计入。以城市为单位的数据按60岁及
    以上人口分摊到各地点。所有人一次性统筹分配:先使得不到照护的人最少,再兼顾路程、费用与均衡;最优解唯一,并由割集证明没有任何分配能让更多人得到照护。未得到照护者再与空置床位
    逐项匹配,说明原因。住户之外的空床按季节接待旅居老人。未考虑家庭自己的意愿(查询“choice”给出对照)、排队等待、人员流动、单个机构的入住限制以及照护质量。
    """

    title = T("养老", "Elderly care")
    target = "unserved"
    worth = "worth_cny"
    shares = "population.pop"
    budget_cny = (3e8, 1e10)
    needs = ("times",)
    tables = TABLES
    rules = RULES
    params = PARAMS
    measures = MEASURES
    queries = QUERIES
    layers = {
        "unserved_share": Layer(T("没有得到照护的比例", "Share without suitable care"), "people", "area", "unserved_share", "share", "lower", weight="need"),
        "access": Layer(T("机构床位可及性", "Access to beds in homes"), "people", "area", "access", "beds per 1,000", "higher", weight="home_need"),
        "beds": Layer(T("有护理员的床位", "Beds with carers"), "homes", "point", "staffed", "beds", "higher"),
        "free": Layer(T("空余床位", "Free beds"), "homes", "point", "free", "beds"),
        "worth": Layer(
            T("多一张护理型床位多服务几人", "People served by one more nursing bed"),
            "homes",
            "point",
            "worth_nursing_bed",
            "people/bed",
            "neutral",
            weight="staffed",
        ),
        "flows": Layer(T("异地照护", "Care across the border"), "crossings", "flow", "people", "people"),
        "stays": Layer(T("候鸟式旅居", "Stays by season"), "stays", "flow", "people", "people"),
    }
    levers = {
        "beds": Lever(T("新增床位", "New beds"), "added_beds.beds", "add", "beds"),
        "convert": Lever(T("普通床位改护理型", "Beds made nursing beds"), "converted_beds.beds", "add", "beds"),
        "train": Lever(T("培训护理员", "Carers trained"), "trained_carers.carers", "add", "carers"),
        "voucher": Lever(T("补差服务券", "Vouchers"), "vouchers.people", "add", "people"),
        "pact": Lever(T("评估互认", "Mutual recognition"), "rules.recognised", "set", "share", 1),
    }

    def solve(self, data: Data) -> Outcome:
        from xietong.workstreams.care.allocation import Placement
        from xietong.workstreams.care.market import Market
        from xietong.workstreams.care.outcome import notes, tables

        placement = Placement(Market(data))
        found = placement.found
        status = "proved" if found.proved else proof_status(float(found.unserved.sum()), found.bound)
        return Outcome(tables(placement), status, found.bound, notes(placement))

    def choose(self, data: Data, bloc: frozenset[str], budget_cny: float, seed: int) -> Choice:
        from xietong.workstreams.care.plan import choose

        return choose(data, bloc, budget_cny)
