"""The page in a real browser: the main path in both languages, figures against the API, no request leaves the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.reading import PHONE, api, map_is_drawn, shown

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("lang", "word"), [("zh", "边界"), ("en", "Border")])
def test_the_switch_shows_the_same_figures_as_the_api_under_each_regime(visit: Callable[..., Any], address: str, lang: str, word: str) -> None:
    page = visit(f"/w/care?region=jjj&tab=border&lang={lang}&as_of=2026-01-15")
    map_is_drawn(page)
    assert word in page.locator('[data-testid="tab-border"]').inner_text()
    answer = api(address, "/regions/jjj/care/border?as_of=2026-01-15")
    unserved = next(one for one in answer["measures"] if one["measure"] == "unserved")
    for regime in ("closed", "open", "current"):
        page.click(f'[data-testid="regime-{regime}"]')
        page.wait_for_selector(f'[data-testid="measure-table"][data-regime="{regime}"]')
        for area in ("jjj", "beijing", "hebei"):
            assert shown(page, "unserved", area, regime) == pytest.approx(unserved["values"][regime][area], rel=1e-9)


def test_the_whole_view_lives_in_the_address(visit: Callable[..., Any]) -> None:
    page = visit("/w/care?region=jjj&tab=border&lang=en&as_of=2026-01-15")
    map_is_drawn(page)
    page.click('[data-testid="regime-open"]')
    page.wait_for_url(re.compile("regime=open"))
    page.reload()
    map_is_drawn(page)
    assert page.locator('[data-testid="measure-table"]').get_attribute("data-regime") == "open"
    page.go_back()
    page.wait_for_selector('[data-testid="measure-table"][data-regime="current"]')


def test_the_switch_obeys_the_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("/w/services?region=jjj&tab=border&lang=en&as_of=2026-01-15")
    page.wait_for_selector('[data-testid="measure-table"]')
    page.focus('[data-testid="regime-current"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('[data-testid="measure-table"][data-regime="open"]')


def test_the_home_page_has_a_card_a_workstream_and_leads_to_each(visit: Callable[..., Any], address: str) -> None:
    page = visit("/?region=twin&lang=en")
    map_is_drawn(page)
    for one in api(address, "/regions/twin")["workstreams"]:
        assert page.locator(f'[data-testid="headline-{one["workstream"]}"]').count() == 1
    page.locator('[data-testid="headline-toy"] a').first.click()
    page.wait_for_url(re.compile("/w/toy"))


def test_a_workstream_of_ones_own_has_its_page_without_a_line_of_ui(visit: Callable[..., Any], address: str) -> None:
    page = visit("/w/toy?region=twin&tab=border&lang=zh")
    map_is_drawn(page)
    answer = api(address, "/regions/twin/toy/border")
    assert shown(page, "spending", "twin", "current") == pytest.approx(answer["measures"][0]["values"]["current"]["twin"])
    assert page.locator('[data-testid="tab-plan"]').count() == 0, "the toy cannot choose"


def test_measures_stand_under_their_headings_the_first_open_and_the_others_folded(visit: Callable[..., Any]) -> None:
    page = visit("/w/toy?region=twin&tab=border&lang=en")
    page.wait_for_selector('[data-testid="measure-table"]')
    heads = page.locator('[data-testid="measure-group"]')
    assert [heads.nth(one).inner_text().split("\n")[0].lstrip("▾▸ ").split(" ")[0] for one in range(2)] == ["Amounts", "Prices"]
    assert [heads.nth(one).get_attribute("aria-expanded") for one in range(2)] == ["true", "false"]
    folded = page.locator('[data-testid="measure-table"] button', has_text="Dearest item")
    assert page.locator('[data-testid="measure-table"] button', has_text="Items bought").is_visible() and not folded.is_visible()
    heads.nth(1).click()
    folded.click()
    page.wait_for_url(re.compile("measure=dearest"))
    page.reload()
    page.wait_for_selector('[data-testid="measure-table"]')
    assert folded.is_visible(), "the group of the chosen measure stands open"


def test_a_workstream_whose_data_is_missing_says_which_tables(visit: Callable[..., Any]) -> None:
    page = visit("/w/toy?region=jjj&lang=en")
    page.wait_for_load_state("networkidle")
    assert "firms" in page.inner_text("main")


def test_a_plan_is_run_from_the_page_and_agrees_with_the_api(visit: Callable[..., Any], address: str) -> None:
    page = visit("/w/services?region=twin&tab=plan&lang=en&budget=1000000")
    if page.locator('[data-testid="plan-cell-current-jointly"]').count() == 0:
        page.click('[data-testid="plan-run"]')
    page.wait_for_selector('[data-testid="plan-cell-current-jointly"]')
    answer = api(address, "/regions/twin/services/plan?budget_cny=1000000")["plan"]
    for cell in answer["cells"]:
        found = page.locator(f'[data-testid="plan-cell-{cell["rules"]}-{cell["deciders"]}"] [data-value]').first.get_attribute("data-value")
        assert float(found) == pytest.approx(cell["target"]["twin"], rel=1e-9)


def test_the_data_page_shows_tables_with_their_quality(visit: Callable[..., Any]) -> None:
    page = visit("/data?region=jjj&lang=en")
    page.wait_for_selector('[data-testid="tables"]')
    text = page.inner_text("main")
    assert "published" in text
    assert "illustrative" in text


@pytest.mark.parametrize(
    "path",
    ["/?region=twin&lang=zh", "/w/care?region=jjj&tab=border&lang=zh&as_of=2026-01-15", "/w/rail?region=jjj&tab=border&lang=en", "/data?region=jjj&lang=en"],
)
def test_a_phone_never_scrolls_sideways(visit: Callable[..., Any], path: str) -> None:
    page = visit(path, PHONE)
    page.wait_for_load_state("networkidle")
    page.wait_for_selector("main")
    if "tab=border" in path:
        page.wait_for_selector('[data-testid="lifts"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_language_changes_in_place_and_no_string_is_left_untranslated(visit: Callable[..., Any], address: str) -> None:
    page = visit("/w/care?region=jjj&tab=border&lang=zh&as_of=2026-01-15")
    page.wait_for_selector('[data-testid="measure-table"]')
    page.click('[data-testid="lang-toggle"]')
    page.wait_for_url(re.compile("lang=en"))
    page.wait_for_selector('[data-testid="measure-table"]')
    text = page.inner_text('[data-testid="measure-table"]')
    target = next(one for one in api(address, "/regions/jjj/care/status?as_of=2026-01-15")["measures"] if one["target"])
    assert target["title"]["en"] in text
    assert not re.search(r"[\u4e00-\u9fff]", text)


def test_an_unknown_address_and_a_wrong_question_are_explained(visit: Callable[..., Any]) -> None:
    page = visit("/no/such/page?lang=en")
    page.wait_for_selector("main h1")
    assert page.locator("main").inner_text().strip()
    page = visit("/w/care?region=jjj&tab=border&lang=en&as_of=1999-01-01")
    page.wait_for_load_state("networkidle")
    assert "1999-01-01" in page.inner_text("main")


def test_the_home_page_draws_its_map_without_the_map_library(visit: Callable[..., Any], address: str) -> None:
    page = visit("/?region=jjj&lang=en")
    map_is_drawn(page)
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert loaded
    assert not [one for one in loaded if re.search(r"maplibre|/engine", one)]
    cells = api(address, "/regions/jjj/cells")["features"]
    assert page.locator(".overview path[data-area]").count() == len(cells)
    assert "not administrative boundaries" in page.inner_text("main")


def test_the_map_of_the_home_page_obeys_the_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("/?region=jjj&lang=en")
    map_is_drawn(page)
    hebei = page.locator('.overview [role="button"][data-area="hebei"]')
    assert hebei.get_attribute("aria-label") == "Hebei"
    hebei.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-testid="place-panel"][data-area="hebei"]')


def test_the_border_shows_the_range_over_its_assumptions_and_asks_once(visit: Callable[..., Any], address: str) -> None:
    page = visit("/w/services?region=twin&tab=border&lang=en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/services/sensitivity" in request.url and "/jobs/" not in request.url else None)
    page.wait_for_selector('[data-testid="range-note"][data-state="done"]')
    answer = api(address, "/regions/twin/services/sensitivity")["sensitivity"]
    target = next(one for one in api(address, "/regions/twin/services/border")["measures"] if one["target"])["measure"]
    known = next(one for one in answer["measures"] if one["measure"] == target)
    for kind in ("gained", "remains"):
        shown_range = page.locator(f'[data-testid="range-{kind}"]')
        assert float(shown_range.get_attribute("data-low")) == pytest.approx(known[kind]["low"], rel=1e-9)
        assert float(shown_range.get_attribute("data-high")) == pytest.approx(known[kind]["high"], rel=1e-9)
    asked.clear()
    page.click('[data-testid="range-note"] a')
    page.wait_for_selector('[data-testid="sensitivity-table"]')
    assert not asked, "the tab shows what was asked already"


def test_what_each_rule_is_worth_is_asked_once_it_is_scrolled_to_and_agrees_with_the_api(visit: Callable[..., Any], address: str) -> None:
    page = visit("/w/toy?region=twin&tab=border&lang=en&as_of=2026-01-15")
    lifts = page.locator('[data-testid="lifts"]')
    lifts.scroll_into_view_if_needed()
    page.wait_for_selector('[data-testid="lifts"][data-state="done"]')
    answer = api(address, "/regions/twin/toy/lifts?as_of=2026-01-15")["lifts"]
    worth = next(one for one in answer["measures"] if one["measure"] == "spending")
    assert lifts.locator('[data-quality="illustrative"]').count() == 1

    def gain(kind: str, area: str) -> float:
        return float(lifts.locator(f'[data-lift="{kind}"] [data-area="{area}"][data-value]').first.get_attribute("data-value"))

    for area in ("twin", "northbank", "southbank"):
        assert gain("rule", area) == pytest.approx(worth["rules"]["trade"][area], rel=1e-9)
        assert gain("pair", area) == pytest.approx(worth["pairs"][0]["gains"][area], rel=1e-9)
        assert gain("together", area) == pytest.approx(worth["together"][area], rel=1e-9)
    page.click('[data-testid="lifts-column"]')
    page.click('.ant-select-item-option >> text="Northbank"')
    page.wait_for_selector('[data-testid="lifts-table"][data-column="northbank"]')
    assert "column=northbank" in page.url
    phone = visit(page.url.removeprefix(address), PHONE)
    phone.locator('[data-testid="lifts"]').scroll_into_view_if_needed()
    phone.wait_for_selector('[data-testid="lifts-table"][data-column="northbank"]')
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_job_for_the_range_ends_when_its_page_is_left(visit: Callable[..., Any]) -> None:
    page = visit("/w/care?region=jjj&tab=border&lang=en&area=130400")  # a question that no other test asks
    page.wait_for_selector('[data-testid="range-note"][data-state="computing"] >> text=%')  # it follows a job
    with page.expect_request(lambda request: request.method == "DELETE" and "/jobs/" in request.url):
        page.click(".nav a >> nth=1")


def test_the_data_page_names_its_sources_by_their_titles(visit: Callable[..., Any], address: str) -> None:
    page = visit("/data?region=jjj&lang=en&table=iaqi")
    page.wait_for_selector('[data-testid="table-preview"] table')
    table = next(one for one in api(address, "/regions/jjj/tables") if one["table"] == "iaqi")
    text = page.inner_text('[data-testid="table-preview"]')
    for one in table["sources"]:
        assert one["source"] not in text
        assert one["publisher"] in text


def test_a_workstream_that_is_not_there_is_named_with_the_ways_on(visit: Callable[..., Any]) -> None:
    page = visit("/w/nothing?region=jjj&lang=en")
    page.wait_for_selector("main h1")
    assert "nothing" in page.inner_text("main h1")
    assert page.locator('main a[href*="/w/care"]').count() == 1
