"""What the tests of the page share: asking the server beside the page, and reading what the page shows."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WAIT = 60_000


def api(address: str, path: str) -> Any:
    """What the server answers, without the page."""
    with urllib.request.urlopen(f"{address}/api/v1{path}") as answer:
        return json.load(answer)


def map_is_drawn(page: Any) -> None:
    """Wait until it is."""
    page.wait_for_selector('[data-map-idle="true"]')


def shown(page: Any, measure: str, area: str, regime: str) -> float:
    """A figure of the table of measures, unrounded."""
    cell = page.locator(f'[data-testid="measure-table"] [data-measure="{measure}"][data-area="{area}"][data-regime="{regime}"]').first
    return float(cell.get_attribute("data-value"))
