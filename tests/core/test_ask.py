"""Queries and what-ifs, with the toy: answers are plain and repeatable, and whatever is asked wrongly is said in words."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import xietong as x
from tests.toy import with_toy
from xietong import T
from xietong.core.asking import answer_text
from xietong.core.declare import Step
from xietong.core.errors import Cancelled, MissingTables, NotFound, UsageError, XietongError
from xietong.core.progress import Progress
from xietong.core.region import Memo, Region
from xietong.core.views import bound_view, declaration_view
from xietong.io.package import load
from xietong.io.skeleton import write_skeleton


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """The skeleton with the toy: prices 7 5 9 | 3 6 8 and a toll of 0.5; n3 and s3 are modern; the border is shut."""
    folder = tmp_path_factory.mktemp("ask") / "twin"
    write_skeleton(folder, with_toy())
    return load(folder, with_toy(), "2026-01-15")


def what(error: pytest.ExceptionInfo[XietongError]) -> dict[str, str]:
    """What is wrong, by where."""
    assert all(fault.mend for fault in error.value.faults)
    return {fault.column: fault.what for fault in error.value.faults}


# -- queries -----------------------------------------------------------------------------------------------------------


def test_an_answer_is_what_the_function_gives_under_the_rules_of_the_regime(twin: Region) -> None:
    assert twin.toy.ask("sellers", buyer="n1")["cheapest_cny"] == 5.5
    assert twin.toy.ask("sellers", buyer="n1", regime="closed")["cheapest_cny"] == 5.5
    opened = twin.toy.ask("sellers", buyer="n1", regime="open", count=2)
    assert opened["cheapest_cny"] == 3.5
    assert opened["sellers"] == {"columns": ["area", "cny"], "rows": [["s1", 3.5], ["n2", 5.5]]}


def test_inputs_may_come_as_a_form_or_a_command_line_writes_them(twin: Region) -> None:
    typed = twin.toy.ask("sellers", buyer="n2", count=2, above_cny=4.0)
    written = twin.toy.ask("sellers", buyer=" millfield ", count="2", above_cny="4", sort="cheapest")
    assert typed.to_dict() == written.to_dict()
    assert written.inputs == {"buyer": "n2", "count": 2, "above_cny": 4.0, "sort": "cheapest"}
    assert twin.toy.ask("sellers", buyer="n2", count="", above_cny=None).inputs["count"] == 3, "a field left empty"


def test_every_fault_of_the_inputs_is_told_at_once(twin: Region) -> None:
    with pytest.raises(UsageError, match="6 faults") as error:
        twin.toy.ask("sellers", buyer="northbank", count=0.5, above_cny=-1, sort="ajar", weight=3, hue="")
    assert list(what(error)) == ["weight", "hue", "buyer", "count", "above_cny", "sort"]
    with pytest.raises(UsageError) as error:
        twin.toy.ask("sellers")
    assert what(error) == {"buyer": "is missing"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"buyer": "atlantis"}, {"buyer": 7}, {"buyer": "twin"}, {"buyer": ""}, {"buyer": None}, {"buyer": "n1", "count": True}, {"buyer": "n1", "count": 51},
        {"buyer": "n1", "count": "1e400"}, {"buyer": "n1", "above_cny": float("nan")}, {"buyer": "n1", "above_cny": "inf"}, {"buyer": "n1", "count": [3]},
        {"buyer": "n1", "sort": 1}, {"buyer": "n1", "sort": "x" * 1000}, {"buyer": "n1", "count": 10**400},
    ],
)  # fmt: skip
def test_an_input_that_cannot_be_is_refused(twin: Region, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        twin.toy.ask("sellers", **wrong)
    assert len(error.value.faults) == 1


def test_a_query_or_regime_that_is_not_there_is_refused_by_name(twin: Region) -> None:
    with pytest.raises(NotFound, match="it has sellers"):
        twin.toy.ask("buyers")
    with pytest.raises(UsageError, match="closed, current, open"):
        twin.toy.ask("sellers", regime="ajar", buyer="n1")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="among its inputs"):
        twin.toy.for_("n1").ask("sellers", buyer="n1")
    silent = next(name for name, one in twin.workstreams.items() if not one.queries)
    with pytest.raises(NotFound, match="none"):
        twin.bind(silent).ask("sellers")
    poor = replace(twin, tables={}, memo=Memo())
    with pytest.raises(MissingTables, match="firms"):
        poor.toy.ask("sellers", buyer="n1")


def test_unknown_is_null_and_a_place_without_a_firm_has_no_sellers(twin: Region) -> None:
    fewer = replace(twin, tables={**twin.tables, "firms": twin.table("firms")[lambda firms: firms["area"] != "n1"].reset_index(drop=True)}, memo=Memo())
    answer = fewer.toy.ask("sellers", buyer="n1")
    assert answer.value == {"buyer": "n1", "sellers": None, "cheapest_cny": None}
    rows = twin.toy.ask("sellers", buyer="n1", above_cny=6, count=6)["sellers"]["rows"]
    assert [cny for _, cny in rows] == [7.5, pytest.approx(8.6), None, None, None, None]


def test_an_answer_says_what_it_rests_on(twin: Region) -> None:
    view = twin.toy.with_steps(["modernise:n2"]).ask("sellers", buyer="n1", regime="open").to_dict()
    assert view["quality"] == "illustrative" and view["regime"] == "open" and view["as_of"] == "2026-01-15"
    assert view["units"]["cheapest_cny"]["zh"] == "元" and view["title"] == {"zh": "卖方", "en": "Sellers"}
    assert [step["key"] for step in view["steps"]] == [["n2"]] and view["provenance"]["steps"] == ["modernise:n2:1"]
    assert {"region_digest", "inputs_digest", "rules_digest", "source_digest", "as_of", "params"} <= set(view["provenance"])
    words = shlex.split(view["provenance"]["command"])
    assert words[:4] == ["xietong", "toy", "ask", "sellers"] and words[-2:] == ["--step", "modernise:n2:1"]
    json.dumps(view, allow_nan=False)


def test_an_answer_is_computed_once_and_nobody_can_change_what_others_get(twin: Region) -> None:
    fresh, calls = replace(twin, memo=Memo()), []
    query = twin.workstreams["toy"].queries["sellers"]
    counted = replace(query, of=lambda data, **inputs: calls.append(inputs) or query.of(data, **inputs))
    toy = type("Toy", (type(twin.workstreams["toy"]),), {"queries": {"sellers": counted}, "__doc__": "x"})()
    bound = replace(fresh.toy, workstream=toy)
    first = bound.ask("sellers", buyer="n1")
    first.value["sellers"]["rows"].clear()
    again = bound.ask("sellers", buyer="North Harbour", count="3")
    assert len(calls) == 1 and len(again["sellers"]["rows"]) == 3
    for other in (bound.with_steps(["modernise:n1"]).ask("sellers", buyer="n1"), bound.ask("sellers", regime="open", buyer="n1")):
        assert other.name == "sellers"
    assert len(calls) == 3
    bound.with_steps(["modernise:North Harbour:1"]).ask("sellers", buyer="n1")
    assert len(calls) == 3, "the same step in other words"


def test_a_stopped_answer_is_not_kept(twin: Region) -> None:
    fresh = replace(twin, memo=Memo())

    def stop(done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        replace(fresh.toy, progress=Progress(stop)).ask("sellers", buyer="n1")
    assert fresh.toy.ask("sellers", buyer="n1")["cheapest_cny"] == 5.5


def test_an_answer_is_plain_data_whatever_the_function_gave() -> None:
    import datetime

    found = {
        "n": np.int32(3), "x": float("inf"), "flag": np.bool_(True), "day": datetime.date(2026, 1, 15), "none": None, 7: "seven", "ids": np.array(["a", "b"], dtype=object),
        "matrix": np.array([[1.5, np.nan], [np.inf, 2]], dtype=np.float32), "whole": np.arange(3, dtype=np.int16), "names": np.array(["甲"]), "list": (1, [np.float64(2)]),
        "frame": pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": ["x", None]}), "empty": pd.DataFrame({"a": []}),
    }  # fmt: skip
    assert json.loads(answer_text(found)) == {
        "n": 3, "x": None, "flag": True, "day": "2026-01-15", "none": None, "7": "seven", "ids": ["a", "b"], "matrix": [[1.5, None], [None, 2.0]], "whole": [0, 1, 2],
        "names": ["甲"], "list": [1, [2.0]], "frame": {"columns": ["a", "b", "c"], "rows": [[1, 0.5, "x"], [2, None, None]]}, "empty": {"columns": ["a"], "rows": []},
    }  # fmt: skip
    with pytest.raises(TypeError, match="set"):
        answer_text({"x": {1}})


def test_a_declaration_that_cannot_be_asked_is_refused() -> None:
    def of(data: Any, **inputs: Any) -> dict[str, Any]:
        return {}

    good = x.Input(T("数", "number"), "integer", low=1, high=3)
    for inputs, uses, words in (
        ({"regime": good}, (), "taken"), ({"not a name": good}, (), "taken or no name"), ({"n": replace(good, default=9)}, (), "default"),
        ({"n": x.Input(T("字", "text"), "text", values=("a",), default="b")}, (), "default"), ({"n": good}, ("nothing",), "uses 'nothing'"),
    ):  # fmt: skip
        queries = {"look": x.Query(T("看", "Look"), inputs, of, uses)}
        with pytest.raises(ValueError, match=words):
            type("Bad", (type(with_toy()["toy"]),), {"queries": queries, "__doc__": "x"})().check()


def test_a_form_can_be_made_from_the_declaration(twin: Region) -> None:
    (query,) = declaration_view(twin.workstreams["toy"])["queries"]
    assert [one["input"] for one in query["inputs"]] == ["buyer", "count", "above_cny", "sort"]
    buyer, count, _, sort = query["inputs"]
    assert buyer["required"] and buyer["type"] == "area" and buyer["level"] == "place"
    assert (count["low"], count["high"], count["default"], count["required"]) == (1, 50, 3, False)
    assert sort["values"] == ["cheapest", "dearest"] and query["uses"] == ["firms", "rules.trade"]


# -- what if -----------------------------------------------------------------------------------------------------------


def spending(region: Region, *steps: Any) -> float:
    found = region.toy.with_steps(steps).status().value("spending")
    assert found is not None
    return found


def test_a_step_changes_status_border_and_answers_alike(twin: Region) -> None:
    assert spending(twin) == pytest.approx(10 * 5.5 + 20 * 5.5 + 10 * 5.5 + 20 * 3.5 + 10 * 3.5 + 20 * 3.5)
    modern = twin.toy.with_steps(["modernise:n2"])
    assert spending(twin) - modern.status().value("spending") == pytest.approx(0.5 * 40)
    assert modern.border().value("spending") == modern.status().value("spending")
    assert modern.ask("sellers", buyer="n1")["cheapest_cny"] == 5.0
    assert spending(twin, "demand:n1:10") - spending(twin) == pytest.approx(55)
    assert modern.for_("northbank").status().value("spending") == pytest.approx(40 * 5.0)


def test_a_rule_that_is_set_moves_what_is_current_and_neither_closed_nor_open(twin: Region) -> None:
    before, after = twin.toy.border(), twin.toy.with_steps(["market:Northbank,南岸"]).border()
    for regime in ("closed", "open"):
        assert before.value("spending", regime) == after.value("spending", regime)
    assert after.value("spending") == pytest.approx(before.value("spending") - 40 * 2)
    assert spending(twin, "market:northbank,southbank:0.5") == pytest.approx(before.value("spending") - 40)
    # The narrower pair wins, in whatever order the two are given.
    wide, narrow = "market:northbank,southbank:0.5", "market:n1,southbank:1"
    assert spending(twin, wide, narrow) == spending(twin, narrow, wide) == pytest.approx(before.value("spending") - 30 * 1 - 10 * 2)


def test_steps_may_be_texts_or_steps_and_their_order_and_spelling_do_not_matter(twin: Region) -> None:
    one = twin.toy.with_steps(["modernise:n1", "demand:n2:5", "demand:Millfield:5"])
    other = twin.toy.with_steps([Step("demand", ("n2",), 10, 0, ""), Step("modernise", ("n1",), 1, 0, "")])
    assert one.steps == other.steps and one.status().outcomes["current"] is other.status().outcomes["current"]
    assert (
        twin.toy.with_steps(["modernise:n1"]).with_steps(["modernise:n1", "modernise:n2"]).steps
        == twin.toy.with_steps("modernise:n2").with_steps("modernise:n1").steps
    )
    assert twin.toy.with_steps([]).steps == ()
    assert twin.toy.with_steps(["modernise:n3:0"]).steps[0].amount == 0, "what stands can be taken away"


@pytest.mark.parametrize(
    ("step", "word", "mend"),
    [
        ("modernise:n9", "'n9'", "region show"), ("modernise:twin", "no row", "n1; n2; n3; s1; s2; s3"), ("modernise", "no key", "modernise:AREA[:AMOUNT]"),
        ("modernise:n1,n2", "'n1,n2'", "region show"), ("levitate:n1", "no lever 'levitate'", "modernise, demand, market"), ("demand:n1", "no amount", "demand:AREA:AMOUNT"),
        ("modernise:n1:2", "outside its bounds", "from 0 to 1"), ("modernise:n1:0.5", "whole number", "whole number"), ("demand:n1:-11", "outside its bounds", "from 0"),
        ("demand:n1:1e7", "outside its bounds", "to 1e+06"), ("demand:n1:nan", "amount nan", "number"), ("market:n1", "1 part", "ORIGIN,DESTINATION"),
        ("market:n1,n2", "within northbank", "different jurisdictions"), ("market:n1,s1:2", "to 2", "between 0 (closed) and 1 (open)"),
        ("market:n1,s1,x", "3 part", "ORIGIN"), ("market:n1,atlantis", "'atlantis'", "region show"), ("demand:northbank:1", "not a place", "lowest"), ("", "no lever ''", "modernise"),
        (7, "neither", "LEVER:KEY"), (Step("levitate", ("n1",), 1, 0, ""), "no lever", "modernise"), (Step("demand", ("n1",), float("inf"), 0, ""), "amount inf", "number"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_taken_says_why_and_what_there_is(twin: Region, step: Any, word: str, mend: str) -> None:
    with pytest.raises(UsageError, match="cannot be taken by toy") as error:
        twin.toy.with_steps([step, "modernise:n2"])
    (fault,) = error.value.faults
    assert word in fault.what and mend in fault.mend


def test_all_steps_that_cannot_be_taken_are_told_at_once(twin: Region) -> None:
    with pytest.raises(UsageError) as error:
        twin.toy.with_steps(["modernise:n9", "demand:n1:1e7", "modernise:n1:1", "modernise:n1:0", "market:n1,n2"])
    assert len(error.value.faults) == 4 and "set twice" in str(error.value)
    with pytest.raises(UsageError, match="too many"):
        twin.toy.with_steps(["modernise:n1"] * 201)
    with pytest.raises(UsageError, match="none"):
        replace(twin.toy, workstream=type("Bare", (type(twin.workstreams["toy"]),), {"levers": {}, "__doc__": "x"})()).with_steps(["modernise:n1"])


def test_a_plan_and_a_sensitivity_take_no_steps(jjj: Region, twin: Region) -> None:
    with pytest.raises(UsageError, match="takes no steps"):
        jjj.care.with_steps(["beds:110101,institution,basic:10"]).plan()
    with pytest.raises(UsageError, match="takes no steps"):
        twin.toy.with_steps(["modernise:n1"]).sensitivity()


def test_something_new_may_be_added_only_where_it_could_stand(jjj: Region) -> None:
    have = {(row.area, row.tier) for row in jjj.table("homes").itertuples()}
    area, tier = next((area, tier) for area in jjj.areas.places for tier in ("basic", "standard") if (area, tier) not in have)
    more = jjj.care.with_steps([f"beds:{area},institution,{tier}:500"]).status()
    assert more.value("unserved") <= jjj.care.status().value("unserved") * (1 + 1e-9)
    with pytest.raises(UsageError, match=r"added_beds\.tier"):
        jjj.care.with_steps([f"beds:{area},institution,golden:500"])
    with pytest.raises(UsageError, match="no area"):
        jjj.care.with_steps([f"beds:atlantis,institution,{tier}:500"])


def test_what_can_be_switched_on_is_listed_and_each_can_be(twin: Region) -> None:
    view = bound_view(twin.toy.with_steps(["modernise:s1"]))
    levers = {one["lever"]: one for one in view["levers"]}
    assert [(one["step"], one["value"], one["applied"]) for one in levers["modernise"]["options"]] == [
        ("modernise:n1", 0, False), ("modernise:n2", 0, False), ("modernise:s1", 0, True), ("modernise:s2", 0, False),
    ]  # fmt: skip
    assert levers["modernise"]["options"][0]["title"] == {"zh": "北港", "en": "North Harbour"}
    assert levers["demand"]["options"] == [] and levers["demand"]["amount"] is None and levers["market"]["key"] == ["origin", "destination"]
    assert [one["title"]["en"] for one in levers["market"]["options"]] == ["Northbank → Southbank", "Southbank → Northbank"]
    assert view["steps"][0]["key"] == ["s1"] and view["available"] and view["region"] == "twin"
    every = [one["step"] for lever in levers.values() for one in lever["options"]]
    done = bound_view(twin.toy.with_steps(every))
    assert all(one["applied"] for lever in done["levers"] for one in lever["options"])
    poor = bound_view(replace(twin, tables={}, memo=Memo()).toy)
    assert not poor["available"] and poor["missing"] == ["firms"] and all(not lever["options"] for lever in poor["levers"])


def test_a_table_that_names_its_rows_gives_the_titles_of_what_can_be_switched_on(tmp_path: Path) -> None:
    class Sites(type(with_toy()["toy"])):  # type: ignore[misc]
        """Sites."""

        tables = {
            "sites": x.Table(T("工地", "Sites"), ("site",), {
                "site": x.Column(T("编号", "site"), "text", examples=("a:1", "b,2")), "name_zh": x.Column(T("中文名", "Chinese name"), "text", examples=("甲",)),
                "name_en": x.Column(T("英文名", "English name"), "text", examples=("Alpha",)), "built": x.Column(T("建成", "built"), "integer", unit="flag", low=0, high=1, examples=(0,)),
            }),
        }  # fmt: skip
        measures = {
            "left": x.Measure(T("未建", "Left"), "items", "sites", "place", T("业主", "owner"), lambda f: float((1 - f["built"]).sum()), "lower", ("sites",))
        }
        target, layers, queries, rules, needs = "left", {}, {}, {}, ()
        levers = {"build": x.Lever(T("建设", "Build"), "sites.built", "set", "flag", amount=1)}

        def solve(self, data: x.Data) -> x.Outcome:
            return x.Outcome({"sites": data["sites"].assign(place="n1")})

    installed = {**with_toy(), "sites": Sites()}
    write_skeleton(tmp_path / "twin", installed)
    bound = load(tmp_path / "twin", installed, "2026-01-15").sites
    (lever,) = bound_view(bound)["levers"]
    assert [(one["step"], one["title"]["zh"]) for one in lever["options"]] == [("build:a:1", "甲"), ("build:b,2", "甲")]
    assert bound.with_steps(["build:a:1:1", "build:b,2"]).status().value("left") == 0
    with pytest.raises(UsageError, match="no row a"):
        bound.with_steps(["build:a:1"])  # what stands last and is a number is the amount


def test_a_result_says_which_steps_were_taken(twin: Region) -> None:
    result = twin.toy.with_steps(["modernise:n1"]).border()
    assert result.provenance["steps"] == ["modernise:n1:1"] and result.provenance["command"].endswith("--step modernise:n1:1")
    assert result.to_dict()["steps"][0]["label"]["en"] == "North Harbour"
    assert len(result.texts["zh"]) == len(result.texts["en"])
    assert "What if these steps had been taken: Modernise (modernise:n1:1)" in result.explain() and "假如" in result.explain("zh")
    assert twin.toy.border().to_dict()["steps"] == [] and "What if" not in twin.toy.border().explain()


# -- shared intermediates and the memo -----------------------------------------------------------------------------------


def test_what_several_questions_share_is_computed_once_for_the_same_inputs_regime_and_steps(twin: Region) -> None:
    fresh, calls = replace(twin, memo=Memo()), []
    provider = fresh.workstreams["toy"]

    def share(region: Region, **changes: Any) -> Any:
        return region.data(provider, **changes).once("net", lambda: calls.append(changes) or len(calls))

    assert share(fresh) == share(fresh) == 1
    assert share(fresh, regime="open") == 2
    assert share(fresh, steps=fresh.toy.with_steps(["modernise:n1"]).steps) == 3
    dearer = replace(fresh, tables={**fresh.tables, "firms": fresh.table("firms").assign(price_cny=1.0)})
    assert share(dearer) == 4 and share(fresh) == 1


def test_the_memo_forgets_what_was_used_least_recently_once_it_is_too_heavy() -> None:
    memo = Memo(size=3, weight=10_000)
    for key in "abc":
        memo.get(key, lambda: np.zeros(100))
    memo.get("a", lambda: pytest.fail("it was kept"))
    memo.get("d", lambda: 1)
    memo.get("a", lambda: pytest.fail("it was used recently"))
    assert memo.get("b", lambda: "again") == "again", "three at most"
    memo.get("heavy", lambda: {"frame": pd.DataFrame({"x": np.zeros(5000)})})
    assert memo.get("a", lambda: "again") == "again", "one that is too heavy leaves no room"
