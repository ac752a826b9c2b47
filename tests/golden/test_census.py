"""The bundled region reproduces the published totals of the 2020 census exactly, and its published bed rates."""

from __future__ import annotations

import pytest

from xietong.core.region import Region

CITIES = {
    "130100": 11235086, "130200": 7717983, "130300": 3136879, "130400": 9413990, "130500": 7111106, "130600": 11544036, "130700": 4118908,
    "130800": 3354444, "130900": 7300783, "131000": 5464087, "131100": 4212933,
}  # fmt: skip
TOTALS = {"beijing": 21893095, "tianjin": 13866009, "hebei": 74610235} | CITIES


@pytest.mark.parametrize(("area", "published"), TOTALS.items())
def test_population_adds_up_to_the_published_census_total(jjj: Region, area: str, published: int) -> None:
    population = jjj.table("population").set_index("area")["pop"]
    inside = [place for place, here in zip(jjj.areas.places, jjj.areas.leaves(area), strict=True) if here]
    assert int(population.loc[inside].sum()) == published


def test_the_region_has_three_jurisdictions_thirteen_cities_and_222_places(jjj: Region) -> None:
    levels = [area.level for area in jjj.areas.by_id.values()]
    assert len(jjj.areas.jurisdictions) == 3
    assert levels.count("city") == 13
    assert len(jjj.areas.places) == 199 + 23
    assert {"xiongan", "tongwulang"} <= set(jjj.areas.by_id)


def test_beds_reproduce_the_published_rate_where_there_is_one_and_stay_unknown_elsewhere(jjj: Region) -> None:
    rates = jjj.table("bed_rates").set_index("area")["beds_per_1000_60_plus"]
    homes = jjj.table("homes")
    beds = homes[homes["supply"] == "institution"].groupby("area")["beds"].sum(min_count=1)
    elders = jjj.table("census").set_index("area")["pop_60_plus"]
    for city, rate in rates.items():
        inside = [place for place, here in zip(jjj.areas.places, jjj.areas.leaves(city), strict=True) if here]
        if rate != rate:
            assert beds[city] != beds[city]
        else:
            assert beds[city] / elders.loc[inside].sum() * 1000 == pytest.approx(rate, abs=0.01)


def test_every_row_has_a_listed_source_and_a_quality(jjj: Region) -> None:
    for name, frame in jjj.tables.items():
        assert set(frame["source"]) <= set(jjj.sources), name
        assert set(frame["quality"]) <= {"published", "derived", "illustrative"}, name
