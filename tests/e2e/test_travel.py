"""The time map in a real browser: places, sliders, planned lines and journeys, each against what the API and the command line say."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.reading import PHONE, api, map_is_drawn, shown

pytestmark = pytest.mark.browser
RAIL = "/regions/jjj/rail"
MAP, REACH = '[data-testid="time-map"]', '[data-testid="reach"]'
HERE, THERE = "110101", "130102"


def minutes_from(address: str, origin: str, query: str) -> list[int]:
    """Minutes from a place to every place, from the API's matrix."""
    found = api(address, f"{RAIL}/ask/matrix?{query}")["answer"]
    row: list[int] = found["minutes"][found["place"].index(origin)]
    return row


def people_within(address: str, minutes: int, origin: str, query: str = "") -> float:
    """Residents within so many minutes of a place, counted from the API's matrix and the census table."""
    found = api(address, f"{RAIL}/ask/matrix?{query}")["answer"]
    pop = {row["area"]: row["pop"] for row in api(address, "/regions/jjj/tables/population?limit=1000")["rows"]}
    row = found["minutes"][found["place"].index(origin)]
    return sum(pop[place] or 0 for place, taken in zip(found["place"], row, strict=True) if taken <= minutes)


def reach(page: Any, minutes: int) -> float:
    return float(page.locator(f'{REACH} [data-within="{minutes}"]').get_attribute("data-value"))


def at_rest(page: Any) -> None:
    page.wait_for_selector('[data-testid="travel"][data-busy="false"]')
    page.wait_for_selector(REACH)


def open_map(visit: Callable[..., Any], query: str = "", **how: Any) -> Any:
    page = visit(f"/w/rail?region=jjj&tab=travel&lang=en&place={HERE}{query}", **how)
    map_is_drawn(page)
    at_rest(page)
    return page


@pytest.fixture(scope="session")
def helpful(address: str) -> tuple[str, str, str, int]:
    """A planned line that changes times: its step, two places, and the minutes gained between them."""
    base = api(address, f"{RAIL}/ask/matrix")["answer"]
    levers = api(address, RAIL)["levers"]
    for option in next(lever for lever in levers if lever["lever"] == "line")["options"]:
        built = api(address, f"{RAIL}/ask/matrix?step={option['step']}")["answer"]
        gains = [
            (before - after, base["place"][i], base["place"][j])
            for i, (old, new) in enumerate(zip(base["minutes"], built["minutes"], strict=True))
            for j, (before, after) in enumerate(zip(old, new, strict=True))
        ]
        most = max(gains)
        if most[0] > 0:
            return option["step"], most[1], most[2], most[0]
    pytest.fail("no planned line changes any time between 08:00 and 09:00")


def choose(page: Any, select: str, words: str) -> None:
    page.click(f'[data-testid="{select}"]')
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_the_time_map_changes_when_another_place_is_chosen(visit: Callable[..., Any], address: str) -> None:
    page = open_map(visit)
    assert page.locator(MAP).get_attribute("data-origin") == HERE
    assert reach(page, 60) == pytest.approx(people_within(address, 60, HERE))
    choose(page, "from-select", THERE)  # by keyboard: found by its id, its Chinese or its English name
    page.wait_for_selector(f'{MAP}[data-origin="{THERE}"]')
    assert f"place={THERE}" in page.url
    assert reach(page, 60) == pytest.approx(people_within(address, 60, THERE))
    assert "Chang'an" in page.locator("main").inner_text()


def test_a_click_chooses_and_the_pointer_is_answered_without_asking_the_server(visit: Callable[..., Any], address: str) -> None:
    page = open_map(visit)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/ask/" in request.url else None)
    page.locator(f"{MAP} canvas").evaluate("(canvas) => canvas.scrollIntoView({ block: 'center' })")
    box = page.locator(f"{MAP} canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.move(box["x"] + box["width"] * 0.42, box["y"] + box["height"] * 0.72, steps=4)
    page.wait_for_selector(f'{MAP}:not([data-seen="{HERE}"])')
    page.wait_for_timeout(300)  # the last of its moves
    seen = page.locator(MAP).get_attribute("data-seen")
    assert reach(page, 90) == pytest.approx(people_within(address, 90, seen))
    assert page.locator(MAP).get_attribute("data-origin") == HERE, "nothing is chosen by passing over it"
    assert not asked
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(f'{MAP}[data-origin="{seen}"]')
    page.go_back()
    page.wait_for_selector(f'{MAP}[data-origin="{HERE}"]')


@pytest.mark.parametrize(("slider", "name", "value"), [("depart", "departure_min", 495), ("window", "window_min", 75), ("percentile", "percentile", 55)])
def test_a_slider_asks_for_what_it_shows(visit: Callable[..., Any], address: str, slider: str, name: str, value: int) -> None:
    page = open_map(visit)
    with page.expect_response(lambda answer: "/ask/matrix" in answer.url and f"{name}={value}" in answer.url):
        page.focus(f'[data-testid="slider-{slider}"] [role="slider"]')
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(f"{slider}={value}"))
    at_rest(page)
    assert reach(page, 120) == pytest.approx(people_within(address, 120, HERE, f"{name}={value}"))


def test_an_answer_that_comes_late_never_replaces_a_newer_one(visit: Callable[..., Any], address: str) -> None:
    page = open_map(visit)
    held: list[Any] = []

    def hold(route: Any) -> None:
        if parse_qs(urlsplit(route.request.url).query).get("percentile") == ["95"] and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/ask/matrix*", hold)
    slider = '[data-testid="slider-percentile"] [role="slider"]'
    page.focus(slider)
    page.keyboard.press("End")
    page.wait_for_selector('[data-testid="travel"][data-busy="true"]')
    page.wait_for_url(re.compile("percentile=95"))
    page.keyboard.press("Home")
    page.wait_for_url(re.compile("percentile=5(&|$)"))
    at_rest(page)
    assert held
    with contextlib.suppress(Exception):  # the page may have given it up, which is as good
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert reach(page, 120) == pytest.approx(people_within(address, 120, HERE, "percentile=5"))


def test_switching_a_planned_line_on_changes_the_map_and_says_that_it_is_a_supposition(visit: Callable[..., Any], address: str, helpful: Any) -> None:
    step, origin, destination, gain = helpful
    page = visit(f"/w/rail?region=jjj&tab=travel&lang=en&place={origin}&to={destination}")
    map_is_drawn(page)
    at_rest(page)
    assert page.locator('[data-testid="whatif-banner"]').count() == 0
    page.click(f'[data-testid="step-{step}"]')
    page.wait_for_selector(f'[data-testid="whatif-banner"] [data-step="{step}"]')
    at_rest(page)
    page.click('[data-testid="shade-gain"]')
    page.wait_for_selector('[data-testid="gainers"]')
    assert int(page.locator('[data-testid="gainers"]').get_attribute("data-value")) > 0
    assert f"{gain} min" in page.locator('[data-testid="gainers"]').inner_text()
    for minutes in (60, 120):
        assert reach(page, minutes) == pytest.approx(people_within(address, minutes, origin, f"step={step}"))
    # The whole supposition stands in the address, and can be taken back.
    page.reload()
    page.wait_for_selector('[data-testid="gainers"]')
    page.click('[data-testid="whatif-undo"]')
    page.wait_for_selector('[data-testid="whatif-banner"]', state="detached")
    assert "step=" not in page.url
    at_rest(page)
    assert reach(page, 120) == pytest.approx(people_within(address, 120, origin))


def test_a_closed_border_shows_what_it_loses_against_the_current_rules(visit: Callable[..., Any], address: str) -> None:
    page = open_map(visit, "&regime=closed&shade=gain")
    lost = [
        closed - now for now, closed in zip(*(minutes_from(address, HERE, f"regime={regime}") for regime in ("current", "closed")), strict=True) if closed > now
    ]
    assert lost
    words = page.locator('[data-testid="gainers"]').inner_text()
    assert f"places reached later: {len(lost)}, by up to {max(lost)} min" in words
    assert float(page.locator(f'{REACH} [data-within="120"]').get_attribute("data-value")) == pytest.approx(people_within(address, 120, HERE, "regime=closed"))


def test_many_options_are_found_by_name_and_not_listed_as_switches(visit: Callable[..., Any], address: str) -> None:
    lever = next(one for one in api(address, RAIL)["levers"] if len(one["options"]) > 8)
    option = lever["options"][len(lever["options"]) // 2]
    page = open_map(visit)
    assert page.locator(f'[data-testid^="step-{lever["lever"]}:"]').count() == 0
    choose(page, f"steps-{lever['lever']}", option["title"]["en"])
    page.wait_for_url(re.compile("step="))
    assert page.locator('[data-testid="whatif-banner"] [data-step]').get_attribute("data-step").startswith(f"{lever['lever']}:")


def command(*words: str) -> Any:
    done = subprocess.run([sys.executable, "-m", "xietong.app.cli", "rail", "border", "--json", *words], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_the_figures_of_the_border_are_those_of_the_command_line_with_and_without_a_line(visit: Callable[..., Any], helpful: Any) -> None:
    step = helpful[0]
    for words, query in (((), ""), (("--step", step), f"&step={step}")):
        said = command(*words)
        page = visit(f"/w/rail?region=jjj&tab=border&lang=zh{query}")
        map_is_drawn(page)
        for regime in ("closed", "current", "open"):
            page.click(f'[data-testid="regime-{regime}"]')
            page.wait_for_selector(f'[data-testid="measure-table"][data-regime="{regime}"]')
            for measure in said["measures"]:
                for area in ("jjj", "beijing", "hebei"):
                    value = measure["values"][regime][area]
                    if value is not None:
                        assert shown(page, measure["measure"], area, regime) == pytest.approx(value, rel=1e-9), (measure["measure"], area, regime)


def test_the_banner_says_what_a_line_changes_in_the_figure_shown(visit: Callable[..., Any], address: str, helpful: Any) -> None:
    step = helpful[0]
    page = visit(f"/w/rail?region=jjj&tab=status&lang=en&measure=minutes&step={step}")
    page.wait_for_selector('[data-testid="whatif-change"][data-measure="minutes"]')
    mean = [
        next(one for one in api(address, f"{RAIL}/status{query}")["measures"] if one["measure"] == "minutes")["values"]["current"]["jjj"]
        for query in ("", f"?step={step}")
    ]
    assert float(page.locator('[data-testid="whatif-change"]').get_attribute("data-value")) == pytest.approx(mean[1] - mean[0], rel=1e-6)
    page.click('[data-testid="tab-plan"]')
    page.wait_for_selector("main .notice")
    assert "does not hold here" in page.locator("main .notice").first.inner_text()


def test_a_step_that_is_not_there_is_explained_and_can_be_cleared(visit: Callable[..., Any]) -> None:
    page = visit("/w/rail?region=jjj&tab=travel&lang=en&step=line:nowhere")
    page.wait_for_selector('[role="alert"]')
    assert "nowhere" in page.locator('[role="alert"]').first.inner_text()
    page.click('[data-testid="whatif-clear"]')
    page.wait_for_selector(REACH)


def test_journeys_show_train_numbers_stations_and_times(visit: Callable[..., Any], address: str) -> None:
    page = open_map(visit, f"&to={THERE}")
    page.wait_for_selector('[data-testid="journey"]')
    answer = api(address, f"{RAIL}/ask/journeys?origin={HERE}&destination={THERE}")["answer"]
    legs = [dict(zip(answer["legs"]["columns"], row, strict=True)) for row in answer["legs"]["rows"]]
    trains = [leg for leg in legs if leg["mode"] == "rail"]
    assert trains
    text = page.locator('[data-testid="journeys"]').inner_text()
    for leg in trains[:4]:
        assert leg["train_en"] in text
        assert leg["origin_en"] in text
        assert f"{int(leg['departure_min']) // 60:02d}:{round(leg['departure_min']) % 60:02d}" in text
    assert not re.search(r"[\u4e00-\u9fff]", text)


def test_without_a_train_the_page_says_how_long_the_road_takes(visit: Callable[..., Any]) -> None:
    page = open_map(visit, "&to=110102")
    page.wait_for_selector('[data-testid="journeys-empty"]')
    assert "takes 16 min" in page.locator('[data-testid="journeys-empty"]').inner_text()
    page = open_map(visit)
    assert "Choose a second place" in page.locator('[data-testid="journeys-empty"]').inner_text()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_never_scrolls_the_time_map_sideways(visit: Callable[..., Any], lang: str, helpful: Any) -> None:
    page = visit(f"/w/rail?region=jjj&tab=travel&lang={lang}&place={HERE}&to={THERE}&step={helpful[0]}", PHONE)
    map_is_drawn(page)
    at_rest(page)
    page.wait_for_selector('[data-testid="journey"]')
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wide = "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll-x, .map, .ant-tabs-nav')).length"
    assert page.evaluate(wide) == 0


def test_a_workstream_without_such_queries_has_no_time_map_but_its_switches(visit: Callable[..., Any], address: str) -> None:
    page = visit("/w/toy?region=twin&tab=travel&lang=en")  # falls back to the border
    map_is_drawn(page)
    assert page.locator('[data-testid="tab-travel"]').count() == 0
    page.click(".whatif__fold summary")
    option = next(lever for lever in api(address, "/regions/twin/toy")["levers"] if lever["options"])["options"][0]
    page.click(f'[data-testid="step-{option["step"]}"]')
    page.wait_for_selector('[data-testid="whatif-banner"]')
    page.wait_for_load_state("networkidle")
    said = api(address, f"/regions/twin/toy/border?step={option['step']}")["measures"][0]["values"]["current"]["twin"]
    for _ in range(100):
        if shown(page, "spending", "twin", "current") == pytest.approx(said):
            break
        page.wait_for_timeout(100)
    assert shown(page, "spending", "twin", "current") == pytest.approx(said)
