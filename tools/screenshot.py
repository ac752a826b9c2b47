"""Take the picture of the README: the border page of a workstream, from a running server.

python tools/screenshot.py http://127.0.0.1:8000
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parents[1] / "docs" / "screenshot.png"
PAGE = "/w/care?region=jjj&tab=border&lang=en&regime=open"


def main(address: str) -> None:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"])
        page = browser.new_page(viewport={"width": 1440, "height": 1080}, locale="en-GB")
        page.goto(address + PAGE)
        page.wait_for_selector('[data-map-idle="true"]', timeout=60_000)
        page.wait_for_timeout(1500)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
