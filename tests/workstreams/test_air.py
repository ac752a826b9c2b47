"""Clean air: golden index values, laws, an independent re-evaluation, and invariance."""

import math
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

import xietong
from xietong.core.errors import UsageError
from xietong.workstreams.air import Episode, iaqi

HERE = Path(xietong.__file__).parent / "regions" / "jjj"
REGIMES = ("closed", "current", "open")


@pytest.fixture(scope="module")
def jjj():
    return xietong.load("jjj")


@pytest.fixture(scope="module")
def old(jjj):
    return jjj.at("2020-01-01")


def solve(region, regime, steps=()):
    air = region.workstreams["air"]
    return air.solve(region.data(air, regime=regime).apply(steps))


def total(outcome, table, column):
    return float(outcome.tables[table][column].sum())


# -- the index ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "pollutant", "concentration", "index"),
    [
        ("2026-03-01", "PM25", 45, 70), ("2026-03-01", "PM25", 60, 100), ("2026-03-01", "PM25", 61, 101), ("2026-03-01", "PM10", 120, 100),
        ("2026-02-28", "PM25", 75, 100), ("2014-02-26", "PM25", 75, 100), ("2026-03-01", "PM25", 0, 0), ("2026-03-01", "PM25", 9999, 500),
    ],
)  # fmt: skip
def test_published_index_values(jjj, day, pollutant, concentration, index):
    at = jjj.at(day)
    assert iaqi(concentration, at.table("iaqi"), at.day, pollutant) == index


def test_the_index_never_falls(jjj):
    for day in ("2020-01-01", "2026-11-01"):
        values = iaqi(np.linspace(0, 600, 6001), jjj.table("iaqi"), jjj.at(day).day)
        assert (np.diff(values) >= 0).all()


def test_a_day_without_a_standard_is_refused(jjj):
    with pytest.raises(UsageError, match="standards for PM25"):
        iaqi(10, jjj.table("iaqi"), jjj.at("2001-01-01").day)


def test_the_standard_follows_the_day(jjj, old):
    counts = {region.day: region.air.status().figures["over_days"].values["current"]["jjj"] for region in (old, jjj.at("2026-11-01"))}
    first, second = counts.values()
    assert first < second  # 75 against 60 ug/m3, from one loaded region: nothing stale is served


# -- laws --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2014-02-26", "2020-01-01", "2026-11-01"])
def test_deciding_together_is_never_worse_for_the_target(jjj, day):
    region = jjj.at(day)
    outcomes = {regime: solve(region, regime) for regime in REGIMES}
    over = {regime: total(outcome, "receptors", "over") for regime, outcome in outcomes.items()}
    assert over["open"] <= min(over["closed"], over["current"])
    assert over["open"] == outcomes["open"].bound
    assert all(outcome.status == "proved" for outcome in outcomes.values())


def test_the_same_air_never_costs_more_together(jjj):
    for regime in REGIMES:
        assert total(solve(jjj, regime), "sources", "avoidable_cny") >= -1.0
    assert total(solve(jjj, "open"), "sources", "avoidable_cny") == 0


def test_an_alert_is_cut_at_least_and_nobody_cuts_beyond_the_most(jjj):
    air = jjj.workstreams["air"]
    for regime in REGIMES:
        episode = Episode(jjj.data(air, regime=regime))
        cut, proved = episode.respond(lambda done: None)
        assert proved and (cut >= episode.alerts).all() and (cut <= episode.most * (1 + 1e-9) + 1e-9).all()
    assert Episode(jjj.data(air)).alerts.any() and not Episode(jjj.data(air, regime="open")).alerts.any()


def test_without_cuts_the_observations_are_reproduced(jjj):
    episode = Episode(jjj.data(jjj.workstreams["air"]))
    assert np.array_equal(episode.air(np.zeros_like(episode.most)), episode.observed)
    assert round(float(episode.observed.max()), 1) == 160.9


def test_retrofits_never_make_the_air_worse(jjj):
    air = jjj.workstreams["air"]
    steps = air.choose(jjj.data(air, regime="open"), frozenset(jjj.areas.jurisdictions), 3e9, 0).steps
    before, after = solve(jjj, "open"), solve(jjj, "open", steps)
    assert total(after, "receptors", "over") < total(before, "receptors", "over")


def test_the_misfit_is_reported(jjj):
    figure = jjj.air.status().figures["misfit"]
    assert 0 < figure.values["current"]["jjj"] < 0.2
    rows = solve(jjj, "current").tables["calibration"]
    assert set(rows["place"]) == {"130100", "beijing", "tianjin", "hebei"}
    assert math.isclose(figure.values["current"]["jjj"], math.sqrt(((rows["modelled"] - (rows["low"] + rows["high"]) / 2) ** 2).mean()))


# -- an independent re-evaluation --------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", REGIMES)
def test_concentrations_and_costs_by_plain_python(jjj, regime):
    """From the sources' daily cuts to concentrations and CNY again, with dictionaries and loops only."""
    air = jjj.workstreams["air"]
    episode = Episode(jjj.data(air, regime=regime))
    cut, _ = episode.respond(lambda done: None)
    outcome = solve(jjj, regime)
    yields = {"PM25": 1.0, "SO2": episode.data.p["yield_so2"], "NOx": episode.data.p["yield_nox"], "NMVOC": episode.data.p["yield_voc"]}
    emitted, city_total = {}, {}
    for row in jjj.table("emissions").itertuples():
        tonnes = row.tonnes_year / 365 * yields[row.pollutant]
        emitted[row.area, row.sector] = emitted.get((row.area, row.sector), 0) + tonnes
        city_total[row.area] = city_total.get(row.area, 0) + tonnes
    share = {(row.origin, row.destination): row.share for row in outcome.tables["matrix"].itertuples()}
    home = dict(zip(jjj.table("stations")["station"], jjj.table("stations")["area"], strict=True))
    readings = {}
    for row in jjj.table("episode").itertuples():
        readings.setdefault((home[row.station], row.day), []).append(row.pm25_ug_m3)
    controls = {row.sector: row for row in jjj.table("air_controls").itertuples()}
    where = {episode.source(s): s for s in range(len(episode.base))}
    found = {(row.place, row.day): row for row in outcome.tables["receptors"].itertuples()}
    assert set(found) == set(readings)
    for (city, day), values in readings.items():
        observed = sum(values) / len(values)
        removed = sum(
            share[origin, city] * emitted[origin, sector] / city_total[origin] * cut[where[origin, sector], episode.days.index(day)] / emitted[origin, sector]
            for origin, sector in emitted
        )
        assert math.isclose(found[city, day].pm25, observed * (1 - removed), abs_tol=3e-3)
        assert found[city, day].over == (observed * (1 - removed) > 60 + 3e-3)
    for row in outcome.tables["sources"].itertuples():
        control, tonnes = controls[row.sector], cut[where[row.place, row.sector]]
        most = control.cut_max * emitted[row.place, row.sector]
        assert math.isclose(
            row.cost_cny, sum(control.cut_cost_cny_t * (t + episode.data.p["rise"] * t**2 / (2 * most)) for t in tonnes), rel_tol=1e-9, abs_tol=1e-6
        )


# -- choosing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", ["current", "open"])
def test_choice_keeps_its_promise(jjj, regime):
    air, everyone = jjj.workstreams["air"], frozenset(jjj.areas.jurisdictions)
    for bloc in (everyone, *(frozenset({one}) for one in everyone)):
        choice = air.choose(jjj.data(air, regime=regime), bloc, 3e9, 0)
        rows = solve(jjj, regime, choice.steps).tables["receptors"]
        mine = [jjj.areas.jurisdiction(place) in bloc for place in rows["place"]]
        assert rows["over"][mine].sum() == choice.objective >= choice.bound
        assert sum(step.cost_cny for step in choice.steps) <= 3e9
        assert {step.payer for step in choice.steps} <= bloc
        limits = dict(zip(jjj.table("air_controls")["sector"], jjj.table("air_controls")["retrofit_max"], strict=True))
        assert all(0 < step.amount <= limits[step.key[1]] + 1e-9 for step in choice.steps)
    together = air.choose(jjj.data(air, regime="open"), everyone, 3e9, 0)
    assert together.status == "proved"


def test_no_budget_buys_nothing(jjj):
    air = jjj.workstreams["air"]
    assert air.choose(jjj.data(air), frozenset({"hebei"}), 0, 0).steps == ()


# -- invariance --------------------------------------------------------------------------------------------------------


def variant(folder, change):
    shutil.copytree(HERE, folder)
    for path in folder.glob("*.csv"):
        path.write_text(change(path.name, path.read_text(encoding="utf-8")), encoding="utf-8")
    return xietong.load(folder)


def same(jjj, other, rename):
    air = jjj.workstreams["air"]
    for regime in REGIMES:
        one, two = solve(jjj, regime).tables["sources"], solve(other, regime).tables["sources"]
        mine = {(rename(row.place), row.sector): row.cost_cny for row in one.itertuples()}
        for row in two.itertuples():
            assert math.isclose(row.cost_cny, mine[row.place, row.sector], rel_tol=1e-5, abs_tol=5)
    mine, theirs = (
        {step.key: step.amount for step in air.choose(region.data(air, regime="open"), frozenset(region.areas.jurisdictions), 5e9, 0).steps}
        for region in (jjj, other)
    )
    assert all(math.isclose(theirs.get((rename(city), sector), 0), amount, abs_tol=1e-4) for (city, sector), amount in mine.items())


def test_the_order_of_rows_does_not_matter(jjj, tmp_path):
    def shuffle(name, text):
        head, *body = text.splitlines(keepends=True)
        if name.startswith(("emissions", "episode", "stations", "air", "iaqi", "alert", "retrofits", "source_shares", "population")):
            random.Random(name).shuffle(body)
        return "".join([head, *body])

    same(jjj, variant(tmp_path / "shuffled", shuffle), lambda city: city)


def test_the_names_of_cities_do_not_matter(jjj, tmp_path):
    cities = sorted(set(jjj.table("emissions")["area"]))
    names = {city: f"z{99 - position}" for position, city in enumerate(cities)}

    def relabel(name, text):
        rows = [line.split(",") for line in text.splitlines()]
        return "\n".join(",".join(names.get(cell, cell) for cell in row) for row in rows) + "\n"

    same(jjj, variant(tmp_path / "renamed", relabel), names.__getitem__)
