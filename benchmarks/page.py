"""When the map of the first page is drawn in a real browser, and what the first load weighs.

    python benchmarks/page.py [--region NAME|DIR] [--path /] [--runs N] [--toggle] [--chromium PATH]

Starts a server of its own on a free port. Each run is a browser with an empty cache; the clock starts with the request for
the page and stops when the map says that it is idle. Weight: all that was transferred until then, split by kind, with the
page's own files as gzip makes them. The first run, in which the server computes what it shows, is given apart.

``--toggle`` measures what a switch of the time map of rail takes instead: from the click on a planned line or motorway until
the new answer is drawn and the map is idle. Every set of switches is new to server and page, so nothing comes from a cache
but the programs themselves; the first, which loads them, is given apart. The page is at rest before each click.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

STATIC = Path(__file__).resolve().parents[1] / "src" / "xietong" / "app" / "static"
IDLE = '[data-testid="map"][data-map-idle="true"]'
MAP = re.compile(r"/assets/(?:engine|maplibre)[^/]*$")
"""Files of the map library: loaded once the page stands, and only where there is a map."""

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]

TRAVEL = "/w/rail?tab=travel&lang=en"
SWITCH = """
async ([step, limit]) => {
  const one = (selector) => document.querySelector(selector);
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const start = performance.now();
  const until = async (done) => {
    while (!done()) { await frame(); if (performance.now() - start > limit) throw new Error("the switch was not answered in time"); }
  };
  const busy = () => one('[data-testid="travel"]').dataset.busy === "true";
  one(`[data-testid="step-${step}"]`).click();
  await until(busy);
  await until(() => !busy());
  await frame(); await frame();  // the frame that hands the new colours to the map
  await until(() => one('[data-testid="map"]').dataset.mapIdle === "true");
  return performance.now() - start;
}
"""
"""Run in the page: milliseconds from a click on a switch until its answer is drawn."""


@contextmanager
def server(region: str) -> Iterator[str]:
    """The address of a server that shows ``region``, stopped at the end."""
    command = [sys.executable, "-m", "xietong.app.cli", "serve", "--port", "0", "--region", region]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        address = re.search(r"http://\S+", said)
        if address is None:
            sys.exit(f"the server did not start: {said}")
        yield address.group()
    finally:
        process.terminate()
        process.wait(timeout=20)


def visit(browser: Any, address: str, limit_s: float) -> tuple[float, dict[str, int], int]:
    """Seconds until the map is idle, bytes of the bodies by kind (gzip where text), and how many requests there were."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    answers: list[Any] = []
    foreign: list[str] = []
    own = (f"http://{urlsplit(address).netloc}/", "blob:", "data:")
    page.on("response", lambda answer: answers.append(answer))
    page.on("request", lambda request: None if request.url.startswith(own) else foreign.append(request.url))
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(IDLE, timeout=limit_s * 1000)
    taken = time.perf_counter() - start
    weight: dict[str, int] = {}
    for answer in tuple(answers):  # reading a body lets more answers arrive
        kind = "data" if "/api/" in answer.url else "map" if MAP.search(answer.url) else "page"
        if answer.status == 200 and not answer.url.startswith(("blob:", "data:")):
            weight[kind] = weight.get(kind, 0) + len(gzip.compress(answer.body(), 6))
    if foreign:
        sys.exit(f"the page asked others: {foreign}")
    context.close()
    return taken, weight, len(answers)


def switches(browser: Any, address: str, limit_s: float) -> list[float]:
    """Seconds of one switch after another, in an order that meets no set of switches twice (a Gray code)."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page.goto(address + TRAVEL)
    page.wait_for_selector(IDLE, timeout=limit_s * 1000)
    found = page.locator('[data-testid^="step-line:"]:not([disabled]), [data-testid^="step-motorway:"]:not([disabled])')
    steps = [one.get_attribute("data-testid").removeprefix("step-") for one in found.all()][:4]
    if not steps:
        sys.exit("the time map has nothing to switch on")
    taken = []
    for turn in range(1, 2 ** len(steps)):
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)  # the figures above the map, which are asked after it
        changed = (turn & -turn).bit_length() - 1
        taken.append(page.evaluate(SWITCH, [steps[changed], limit_s * 1000]) / 1000)
    page.close()
    return taken


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--region", default="jjj", help="a bundled region or a folder")
    parser.add_argument("--path", default="/", help="the page, for example /w/care?verb=border")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--toggle", action="store_true", help="measure a switch of rail's time map instead")
    parser.add_argument("--chromium", default=os.environ.get("XIETONG_CHROMIUM", "/usr/bin/chromium"))
    parser.add_argument("--limit", type=float, default=120, help="seconds after which a run has failed")
    asked = parser.parse_args()
    for needed, mend in ((STATIC / "index.html", "build the page first: make run, or python hatch_build.py"), (Path(asked.chromium), "give --chromium PATH")):
        if not needed.exists():
            print(f"page: skipped, there is no {needed.name} ({mend})")
            return
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        print("page: skipped, playwright is not installed (pip install 'xietong[test]')")
        return
    with server(asked.region) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=asked.chromium, args=FLAGS)
        if asked.toggle:
            cold, *warm = switches(browser, address, asked.limit)
            print(
                f"switch of {asked.region}: map idle {median(warm):.2f} s after the click (most {max(warm):.2f}, first {cold:.2f}); {len(warm)} sets of planned lines and motorways"
            )
            browser.close()
            return
        first, _, _ = visit(browser, address + asked.path, asked.limit)
        found = [visit(browser, address + asked.path, asked.limit) for _ in range(asked.runs)]
        browser.close()
    seconds, weight, requests = median(one[0] for one in found), found[-1][1], found[-1][2]
    kilobytes = {kind: size / 1000 for kind, size in weight.items()}
    print(
        f"page {asked.path} of {asked.region}: map idle {seconds:.2f} s (first visit {first:.2f}); first load {sum(kilobytes.values()):.0f} kB gzip "
        f"(page {kilobytes.get('page', 0):.0f}, map library {kilobytes.get('map', 0):.0f}, data {kilobytes.get('data', 0):.0f}; {requests} requests, none to others); {asked.runs} runs"
    )


if __name__ == "__main__":
    main()
