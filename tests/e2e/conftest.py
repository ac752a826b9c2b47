"""A real browser against a real server. Without Chromium these tests are skipped and say why, unless they are required."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.reading import DESKTOP, WAIT
from tests.servers import served
from tests.toy import install_toy
from xietong.app.api import STATIC

CHROMIUM = os.environ.get("XIETONG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("XIETONG_REQUIRE_BROWSER") == "1"


def _demand(there: object, why: str) -> None:
    if not there:
        (pytest.fail if REQUIRED else pytest.skip)(why)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    _demand(CHROMIUM, "no Chromium found: apt install chromium (or set XIETONG_CHROMIUM)")
    _demand((STATIC / "index.html").is_file(), "the page has not been built: python hatch_build.py")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        found = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bundled region and a second one of made-up places, with the toy workstream installed."""
    plugin = install_toy(tmp_path_factory.mktemp("plugin"))
    twin = tmp_path_factory.mktemp("regions") / "twin"
    _new_region(twin, plugin)
    with served("jjj", twin, cache=tmp_path_factory.mktemp("cache"), path=plugin) as found:
        yield found


def _new_region(folder: Path, plugin: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "xietong.app.cli", "region", "new", str(folder)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(plugin)})


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Open an address; the test fails if the page logs an error or asks another server for anything."""
    opened, trouble = [], []

    def go(path: str, size: dict[str, int] = DESKTOP, locale: str = "zh-CN") -> Any:
        context = browser.new_context(viewport=size, locale=locale)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.on("request", lambda request: trouble.append(request.url) if not re.match(rf"({re.escape(address)}|data:|blob:)", request.url) else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        opened.append(context)
        page.goto(address + path)
        return page

    yield go
    for context in opened:
        context.close()
    assert not trouble
