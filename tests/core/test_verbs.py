"""The verbs on the bundled region: areas, days, budgets, sensitivity, the cache, provenance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xietong.core.errors import Cancelled, MissingTables, NotFound, UsageError
from xietong.core.progress import Progress
from xietong.core.region import Memo, Region


def test_the_sum_over_jurisdictions_is_the_region(jjj: Region) -> None:
    figure = jjj.care.border().figures["unserved"]
    for values in figure.values.values():
        assert sum(values[one] for one in jjj.areas.jurisdictions) == pytest.approx(values["jjj"])


def test_a_place_and_a_named_set_across_the_border_can_be_asked_for(jjj: Region) -> None:
    county = jjj.care.for_("顺义区").status()
    assert county.bound.columns == ("110113",)
    across = jjj.care.for_("通武廊").status()
    assert across.bound.columns[0] == "tongwulang"
    assert set(across.bound.columns[1:]) == {"beijing", "hebei", "tianjin"}
    assert sum(across.value("unserved", area=one) for one in across.bound.columns[1:]) == pytest.approx(across.value("unserved"))


def test_an_area_that_does_not_exist_is_refused_by_name(jjj: Region) -> None:
    with pytest.raises(NotFound, match="Atlantis"):
        jjj.care.for_("Atlantis")


def test_ten_years_are_one_function_under_two_sets_of_rules(jjj: Region) -> None:
    then, now = jjj.at("2014-02-26").care.border(), jjj.care.border()
    assert then.value("unserved", "closed") == now.value("unserved", "closed")
    assert then.value("unserved", "open") == pytest.approx(now.value("unserved", "open"))
    assert then.value("unserved") > now.value("unserved")
    assert then.figures["unserved"].gained["jjj"] == 0


@pytest.mark.parametrize("budget", [-1, float("nan"), float("inf"), "much", 1e16, None])
def test_a_budget_that_cannot_be_spent_is_refused(jjj: Region, budget: object) -> None:
    if budget is None:
        return
    with pytest.raises(UsageError, match="budget_cny"):
        jjj.services.plan(budget)  # type: ignore[arg-type]


@pytest.mark.parametrize("day", ["2014-13-01", "yesterday", "", "20140226x"])
def test_a_day_that_is_no_day_is_refused(jjj: Region, day: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        jjj.at(day)


def test_sensitivity_gives_the_range_of_the_difference(jjj: Region) -> None:
    result = jjj.services.sensitivity()
    assert result.sensitivity is not None
    swing = result.sensitivity.measures["hours"]
    assert swing.gained.low <= swing.gained.value <= swing.gained.high
    assert swing.gained.value == pytest.approx(result.figures["hours"].gained["jjj"])
    assert any(name.startswith("road.") for name in swing.params), "what times rest on counts too"
    for gained_low, gained_high, *_ in swing.edges.values():
        assert swing.gained.low <= min(gained_low, gained_high) <= max(gained_low, gained_high) <= swing.gained.high


def test_a_result_says_what_it_rests_on(jjj: Region) -> None:
    provenance = jjj.care.border().provenance
    assert {"region_digest", "inputs_digest", "rules_digest", "source_digest", "params", "as_of", "command"} <= set(provenance)
    assert provenance["command"].startswith("xietong care border --region jjj")


def test_a_changed_figure_changes_the_digest_and_the_answer(jjj: Region) -> None:
    homes = jjj.table("homes")
    more = replace(jjj, tables={**jjj.tables, "homes": homes.assign(beds=homes["beds"] * 1.2)}, memo=Memo())
    assert more.care.status().provenance["inputs_digest"] != jjj.care.status().provenance["inputs_digest"]
    assert more.care.status().value("unserved") < jjj.care.status().value("unserved")


def test_a_cancelled_computation_stops_and_leaves_nothing_in_the_cache(jjj: Region) -> None:
    fresh = replace(jjj, memo=Memo())

    def stop(done: float) -> None:
        if done > 0.02:
            raise Cancelled

    with pytest.raises(Cancelled):
        replace(fresh.care, progress=Progress(stop)).border()
    assert fresh.care.border().value("unserved") == pytest.approx(jjj.care.border().value("unserved"))


def test_a_workstream_whose_tables_are_missing_says_which_and_the_others_work(jjj: Region) -> None:
    poor = replace(jjj, tables={name: frame for name, frame in jjj.tables.items() if name != "homes"}, memo=Memo())
    assert poor.missing(poor.workstreams["care"]) == ["homes"]
    with pytest.raises(MissingTables, match="homes"):
        poor.care.status()
    assert poor.services.status().value("hours") > 0


def test_a_result_shows_itself_in_a_notebook_and_as_a_frame(jjj: Region) -> None:
    result = jjj.care.border()
    assert result._repr_html_().startswith("<table>")
    assert set(result.frame.columns) == {"measure", "regime", "area", "value", "unit", "quality", "year"}
    gdf = result.gdf
    assert len(gdf) == len(jjj.areas.places)
    assert gdf.crs.to_epsg() == 4326


def test_unknown_is_null_and_never_zero(jjj: Region) -> None:
    layer = {one["area"]: one["value"] for one in jjj.services.status().layer_values(next(iter(jjj.workstreams["services"].layers)), "current")}
    census = jjj.table("census").set_index("area")["other_province_share"]
    unknown = [area for area, share in census.items() if share != share]
    assert unknown
    assert all(layer.get(area) is None for area in unknown)


def test_the_worst_quality_shows_on_every_figure(jjj: Region) -> None:
    assert jjj.care.border().figures["unserved"].quality == "illustrative"


def test_what_a_product_rests_on_is_part_of_the_digest(jjj: Region) -> None:
    road = jjj.params(jjj.catalogue["road"])["speed_kmh"]
    slower = replace(jjj, assumptions={**jjj.assumptions, "road.speed_kmh": replace(road, value=road.low)}, memo=Memo())
    assert slower.inputs_digest(slower.catalogue["care"]) != jjj.inputs_digest(jjj.catalogue["care"])
    assert slower.digest != jjj.digest
    assert slower.care.status().value("unserved") > jjj.care.status().value("unserved")
