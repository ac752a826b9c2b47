"""Where to site, in a real browser: sites, proof, before and after, reasons, own choice and the directory, each against the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.reading import PHONE, api, map_is_drawn

pytestmark = pytest.mark.browser
CARE = "/regions/jjj/care"
QUICK = "objective=cover&p=3"
"""A question whose best answer is proved at once."""
HERE, SUPPLY = "130602", "institution"


def ask(address: str, query: str) -> Any:
    return api(address, f"{CARE}/ask/{query}")["answer"]


def open_siting(visit: Callable[..., Any], query: str = QUICK, lang: str = "en", **how: Any) -> Any:
    page = visit(f"/w/care?region=jjj&tab=siting&lang={lang}&{query}", **how)
    at_rest(page)
    return page


def at_rest(page: Any) -> None:
    page.wait_for_selector('[data-testid="siting"][data-busy="false"]')
    page.wait_for_selector('[data-testid="sites"]')


def sites(page: Any) -> list[str]:
    return page.locator('[data-testid="site"]').evaluate_all("(rows) => rows.map((row) => row.dataset.place)")


def placed(answer: Any) -> list[str]:
    return [site["place"] for site in answer["sites"]]


def value(page: Any, selector: str, name: str = "data-value") -> float:
    return float(page.locator(selector).first.get_attribute(name))


@pytest.mark.parametrize(("lang", "proved"), [("zh", "已证明最优"), ("en", "Proved best")])
def test_the_sites_and_their_proof_are_those_of_the_api(visit: Callable[..., Any], address: str, lang: str, proved: str) -> None:
    page = open_siting(visit, lang=lang)
    map_is_drawn(page)
    answer = ask(address, f"site?{QUICK}")
    assert answer["status"] == "proved"
    assert sites(page) == placed(answer)
    assert page.locator('[data-testid="site-map"]').get_attribute("data-sites").split() == placed(answer)
    proof = page.locator('[data-testid="proof"]')
    assert proved in proof.inner_text()
    assert value(page, '[data-testid="proof"]', "data-bound") == pytest.approx(answer["bound"])
    assert value(page, '[data-testid="site-total-cost"]') == pytest.approx(answer["cost_cny"])
    for row, site in zip(page.locator('[data-testid="site"]').all(), answer["sites"], strict=True):
        assert float(row.locator("[data-people]").get_attribute("data-people")) == pytest.approx(site["people"])
        written = [f"{site['people']:,.0f}"] + [f"{site['people'] / 1e4:.2f}万"] * (lang == "zh")  # 万 where all sites have that many
        assert any(one in row.inner_text() for one in written)
    assert page.locator('[data-testid="sites"] [data-quality="illustrative"]').count() == 1, "an example must be marked as one"


def test_without_proof_nothing_is_called_best(visit: Callable[..., Any], address: str) -> None:
    page = visit("/?region=jjj&lang=en")
    found = api(address, f"{CARE}/ask/site?{QUICK}")
    found["answer"] |= {"status": "gap<=0.4%", "gap": 0.004}
    page.route("**/ask/site*", lambda route: route.fulfill(json=found))
    page.goto(f"{address}/w/care?region=jjj&tab=siting&lang=en&{QUICK}")
    at_rest(page)
    said = page.locator('[data-testid="proof"]').inner_text()
    assert "At most 0.4% from the best" in said
    assert "Proved" not in said


@pytest.mark.parametrize(("before", "said"), [(81_332.0, "81,332 people are left out"), (0.0, "Nobody is left out")])
def test_where_no_site_helps_the_page_does_not_say_that_nobody_is_left_out(visit: Callable[..., Any], address: str, before: float, said: str) -> None:
    page = visit("/?region=jjj&lang=en")
    found = api(address, f"{CARE}/ask/site?{QUICK}")
    sides = [side | {"before": before, "after": before} for side in found["answer"]["sides"]]
    found["answer"] |= {"sites": [], "sides": sides, "objective": 0.0, "bound": 0.0, "cost_cny": 0.0, "mean_min": None, "within": None}
    page.route("**/ask/site*", lambda route: route.fulfill(json=found))
    page.goto(f"{address}/w/care?region=jjj&tab=siting&lang=en&{QUICK}")
    at_rest(page)
    assert said in page.locator('[data-testid="sites-empty"]').inner_text()
    assert page.locator('[data-testid="proof"]').count() == 0, "nothing was chosen: nothing is best"


def test_another_number_of_sites_asks_again_and_stands_in_the_address(visit: Callable[..., Any], address: str) -> None:
    page = open_siting(visit)
    field = page.locator('[data-testid="amount-p"] [role="slider"]')
    with page.expect_response(lambda answer: "/ask/site" in answer.url and "p=4" in answer.url):
        field.focus()
        page.keyboard.press("ArrowRight")
    page.wait_for_selector('[data-testid="sites"][data-count="4"]')
    page.wait_for_url(re.compile(r"[?&]p=4"))
    assert sites(page) == placed(ask(address, "site?objective=cover&p=4"))
    page.reload()
    at_rest(page)
    assert len(sites(page)) == 4


def test_a_budget_buys_the_sites_it_pays_for(visit: Callable[..., Any], address: str) -> None:
    budget = 60e6
    page = open_siting(visit, f"objective=cover&p=0&spend={budget:.0f}")
    answer = ask(address, f"site?objective=cover&p=0&budget_cny={budget:.0f}")
    assert sites(page) == placed(answer)
    assert 0 < value(page, '[data-testid="site-total-cost"]') <= budget
    page.click('[data-testid="site-by-p"]')
    page.wait_for_selector('[data-testid="amount-p"]')
    assert page.locator('[data-testid="amount-budget_cny"]').count() == 0


def test_the_switch_asks_under_other_rules(visit: Callable[..., Any], address: str) -> None:
    page = open_siting(visit)
    for regime in ("closed", "open"):
        page.click(f'[data-testid="regime-{regime}"]')
        page.wait_for_selector(f'[data-testid="siting"][data-answered="{regime}"]')
        page.wait_for_url(re.compile(f"regime={regime}"))
        answer = ask(address, f"site?{QUICK}&regime={regime}")
        assert answer["sides"] != ask(address, f"site?{QUICK}")["sides"], "other rules leave others out"
        assert sites(page) == placed(answer)
        for side in answer["sides"]:
            row = f'[data-testid="before-after"] [data-area="{side["area"]}"]'
            assert value(page, row, "data-before") == pytest.approx(side["before"])
            assert value(page, row, "data-after") == pytest.approx(side["after"])


def test_the_map_shows_what_one_more_bed_is_worth(visit: Callable[..., Any]) -> None:
    page = open_siting(visit)
    map_is_drawn(page)
    for fill, title in (("price", "Travel that one more bed saves"), ("worth", "People served by one more bed")):
        page.click(f'[data-testid="fill-{fill}"]')
        page.wait_for_url(re.compile(f"fill={fill}"))
        page.wait_for_selector(f'[data-testid="site-map"][data-fill="{fill}"]')
        assert title in page.locator(".legend").inner_text()
        assert page.locator(".legend__ramp i").count() > 1, "most beds are worth nothing: those that are must stand out"


def test_a_site_is_chosen_in_the_list_by_keyboard(visit: Callable[..., Any]) -> None:
    page = open_siting(visit)
    first = sites(page)[0]
    page.locator('[data-testid="site"] button').first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"place={first}"))
    assert page.locator("tr.chosen").get_attribute("data-place") == first


def test_the_reasons_add_up_to_those_left_out(visit: Callable[..., Any], address: str) -> None:
    page = open_siting(visit)
    page.wait_for_selector('[data-testid="reasons"]')
    target = api(address, CARE)["target"]
    measures = {one["measure"]: one for one in api(address, f"{CARE}/border")["measures"]}
    for regime in ("closed", "current", "open"):
        for area in ("jjj", "beijing", "tianjin", "hebei"):
            row = f'.reasons__row[data-area="{area}"][data-regime="{regime}"]'
            assert value(page, row) == pytest.approx(measures[target]["values"][regime][area])
            parts = page.locator(f"{row} i[data-measure]").evaluate_all("(all) => all.map((one) => [one.dataset.measure, Number(one.dataset.value)])")
            assert sum(part for _, part in parts) == pytest.approx(value(page, row), abs=1)
            assert all(part == pytest.approx(measures[name]["values"][regime][area]) for name, part in parts)


def test_own_choice_stands_beside_the_plan(visit: Callable[..., Any], address: str) -> None:
    page = open_siting(visit)
    page.wait_for_selector('[data-testid="choice"]')
    answer = ask(address, "choice")
    assert value(page, '[data-testid="would-swap"]', "data-planned") == pytest.approx(answer["would_swap"]["planned"])
    assert f"{round(answer['would_swap']['planned']):,}" in page.locator('[data-testid="would-swap"]').inner_text()
    for side in answer["sides"]:
        cell = f'[data-testid="choice"] [data-allocation="{side["allocation"]}"][data-area="{side["area"]}"][data-figure="unserved"]'
        assert value(page, cell) == pytest.approx(side["unserved"])
    page.click('[data-testid="swaps-planned"] summary')
    assert page.locator('[data-testid="swaps-planned"] li').count() == min(8, sum(swap["allocation"] == "planned" for swap in answer["swaps"]))


def test_the_directory_lists_what_a_person_finds_and_says_why_there_is_nothing(visit: Callable[..., Any], address: str) -> None:
    page = open_siting(visit)
    assert "Choose where the person lives" in page.locator('[data-testid="homes-empty"]').inner_text()
    page = open_siting(visit, f"{QUICK}&place={HERE}&supply={SUPPLY}")
    page.wait_for_selector('[data-testid="homes-said"]')
    homes = ask(address, f"directory?place={HERE}&supply={SUPPLY}")["homes"]
    assert value(page, '[data-testid="homes-said"]', "data-found") == len(homes)
    assert value(page, '[data-testid="homes-said"]', "data-affordable") == sum(home["affordable"] for home in homes)
    first = next(home for home in homes if home["affordable"])
    assert value(page, '[data-testid="home"]', "data-price") == pytest.approx(first["price_cny"])
    page.fill('[data-testid="home-means"]', "100")
    page.keyboard.press("Tab")
    page.wait_for_selector('[data-testid="homes-empty"]')
    cheapest = min(home["price_cny"] for home in ask(address, f"directory?place={HERE}&supply={SUPPLY}&means_cny=100")["homes"])
    assert f"none costs 100 CNY a month or less; the cheapest is {round(cheapest):,}" in page.locator('[data-testid="homes-empty"]').inner_text()


def test_the_directory_takes_every_supply(visit: Callable[..., Any], address: str) -> None:
    page = open_siting(visit, f"{QUICK}&place={HERE}")
    for label in [row["title_en"] for row in api(address, "/regions/jjj/tables/supplies")["rows"]]:
        page.locator('[data-testid="home-supply"]').click()
        page.locator(f'.ant-select-item-option[title="{label}"]:visible').click()
        page.wait_for_function("(label) => document.querySelector('[data-testid=\"home-supply\"]').innerText.includes(label)", arg=label)


def test_a_question_that_cannot_be_answered_says_why(visit: Callable[..., Any]) -> None:
    page = visit("/w/care?region=jjj&tab=siting&lang=en&objective=cover&p=0&spend=1000")
    page.wait_for_selector('[role="alert"]')
    assert page.locator('[role="alert"]').first.inner_text().strip()
    page.wait_for_selector('[data-testid="reasons"]')


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_never_scrolls_the_page_sideways(visit: Callable[..., Any], lang: str) -> None:
    page = open_siting(visit, f"{QUICK}&place={HERE}", lang, size=PHONE)
    map_is_drawn(page)
    for part in ("reasons", "choice", "homes-said"):
        page.wait_for_selector(f'[data-testid="{part}"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    cells = page.locator('[data-testid="choice"] td')
    assert all(cell.bounding_box()["x"] + cell.bounding_box()["width"] <= PHONE["width"] for cell in cells.all()), "both allocations are read side by side"
    wide = "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll-x, .map, .ant-tabs-nav')).length"
    assert page.evaluate(wide) == 0


def test_a_workstream_without_such_a_query_has_no_siting(visit: Callable[..., Any]) -> None:
    page = visit("/w/toy?region=twin&tab=siting&lang=en")  # falls back to the border
    map_is_drawn(page)
    assert page.locator('[data-testid="tab-siting"]').count() == 0
    assert page.locator('[data-testid="tab-border"]').count() == 1
