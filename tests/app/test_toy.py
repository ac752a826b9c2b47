"""Adding a workstream is adding one file: it appears in Python, on the command line and over HTTP (the page: tests/e2e)."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.servers import served
from tests.toy import install_toy


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_toy(tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="module")
def twin(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A skeleton region made with the toy installed: it holds the toy's table without anybody writing it."""
    folder = tmp_path_factory.mktemp("region") / "twin"
    run(plugin, "region", "new", str(folder))
    return folder


def run(plugin: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "xietong.app.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(plugin)}, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_appears_everywhere_and_every_surface_gives_the_same_figure(plugin: Path, twin: Path, tmp_path: Path) -> None:
    assert "toy" in run(plugin, "list", "--region", str(twin))
    from_cli = json.loads(run(plugin, "toy", "border", "--region", str(twin), "--json"))
    code = f"import xietong, json; print(json.dumps(xietong.load({str(twin)!r}).toy.border().to_dict()))"
    environment = {**os.environ, "PYTHONPATH": str(plugin)}
    from_python = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True).stdout)
    with served(twin, cache=tmp_path, path=plugin) as address, urllib.request.urlopen(f"{address}/api/v1/regions/twin/toy/border") as answer:
        from_http = json.load(answer)
    assert from_cli["measures"] == from_python["measures"] == from_http["measures"]
    spending, items, dearest = from_cli["measures"]
    assert [one["group"] and one["group"]["en"] for one in (spending, items, dearest)] == [None, "Amounts", "Prices"], "what has no group comes first"
    words = run(plugin, "toy", "status", "--region", str(twin), "--lang", "en")
    assert words.index("Spending") < words.index("Amounts") < words.index("Items bought") < words.index("Prices") < words.index("Dearest item")
    assert spending["values"]["closed"]["twin"] > spending["values"]["open"]["twin"] > 0


def test_what_rules_are_worth_is_the_same_on_every_surface(plugin: Path, twin: Path, tmp_path: Path) -> None:
    asked = ["--step", "market:northbank,southbank:0.5", "--as-of", "2026-01-15", "--region", str(twin)]
    from_cli = json.loads(run(plugin, "toy", "lifts", *asked, "--json"))
    code = (
        f"import xietong, json; toy = xietong.load({str(twin)!r}, '2026-01-15').toy.with_steps(['market:northbank,southbank:0.5']); "
        "print(json.dumps([toy.lifts().to_dict(), toy.border().to_dict()]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(plugin)}
    from_python, border = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True).stdout)
    with served(twin, cache=tmp_path, path=plugin) as address:
        place = f"{address}/api/v1/regions/twin/toy/lifts?as_of=2026-01-15"
        with urllib.request.urlopen(f"{place}&step=market:northbank,southbank:0.5") as answer:
            from_http = json.load(answer)
        with urllib.request.urlopen(place) as answer:
            without = json.load(answer)
    assert from_cli == from_python == from_http
    spending = from_http["lifts"]["measures"][0]
    assert spending["together"] == border["measures"][0]["remains"] and spending["rules"] == {"trade": spending["together"]}
    assert [one["gains"] for one in spending["pairs"]] == [spending["together"]], "two banks are one pair"
    assert without["lifts"]["measures"][0]["together"]["twin"] == 2 * spending["together"]["twin"] > 0, "what is kept knows its steps"
    assert json.loads(run(plugin, *shlex.split(from_cli["provenance"]["command"])[1:], "--json")) == from_cli
    for lang, word in (("zh", "全部规则一起"), ("en", "all rules together")):
        assert word in run(plugin, "toy", "lifts", *asked, "--lang", lang)


def test_a_region_without_its_table_says_so_and_the_others_work(plugin: Path) -> None:
    listed = json.loads(run(plugin, "list", "--region", "jjj", "--json"))
    lacking = {one["workstream"]: one["missing"] for one in listed}
    assert lacking["toy"] == ["firms"]
    assert lacking["care"] == []


def test_an_answer_is_the_same_on_every_surface(plugin: Path, twin: Path, tmp_path: Path) -> None:
    steps = ["modernise:n2", "market:northbank,southbank:0.5"]
    words = [word for step in steps for word in ("--step", step)]
    asked = ["--set", "buyer=磨坊", "--set", "count=2", *words, "--as-of", "2026-01-15", "--region", str(twin)]
    from_cli = json.loads(run(plugin, "toy", "ask", "sellers", *asked, "--json"))
    code = (
        f"import xietong, json; toy = xietong.load({str(twin)!r}, '2026-01-15').toy.with_steps({steps!r}); "
        "print(json.dumps([toy.ask('sellers', buyer='n2', count=2).to_dict(), toy.border().to_dict()]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(plugin)}
    from_python, border = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True).stdout)
    fields = [("as_of", "2026-01-15"), *(("step", step) for step in steps)]
    with served(twin, cache=tmp_path, path=plugin) as address:
        with urllib.request.urlopen(f"{address}/api/v1/regions/twin/toy/ask/sellers?{urlencode([('buyer', '磨坊'), ('count', 2), *fields])}") as answer:
            from_http = json.load(answer)
        with urllib.request.urlopen(f"{address}/api/v1/regions/twin/toy/border?{urlencode(fields)}") as answer:
            border_http = json.load(answer)
    assert from_cli == from_python == from_http
    assert from_http["answer"]["sellers"]["rows"] == [["s1", 4.25], ["n2", 5.0]] and from_http["provenance"]["steps"] == [
        "market:northbank,southbank:0.5",
        "modernise:n2:1",
    ]
    assert border_http == border == json.loads(run(plugin, "toy", "border", *words, "--as-of", "2026-01-15", "--region", str(twin), "--json"))
    assert json.loads(run(plugin, *shlex.split(from_cli["provenance"]["command"])[1:], "--json")) == from_cli, "the command gives it again"
    for lang in ("zh", "en"):
        assert "4.25" in run(plugin, "toy", "ask", "sellers", *asked, "--lang", lang)
        assert "sellers" in run(plugin, "describe", "toy", "--lang", lang) and "modernise:n1" in run(
            plugin, "describe", "toy", "--region", str(twin), "--lang", lang
        )


def test_a_product_is_kept_for_the_next_start_of_any_surface(plugin: Path, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIETONG_CACHE", str(tmp_path))
    run(plugin, "toy", "status", "--region", str(twin))
    (kept,) = tmp_path.glob("product-tolls-*.npz")
    before = kept.stat().st_ino
    with served(twin, cache=tmp_path, path=plugin) as address, urllib.request.urlopen(f"{address}/api/v1/regions/twin/toy/status") as answer:
        assert json.load(answer)["measures"]
    assert [path.stat().st_ino for path in tmp_path.glob("product-*")] == [before], "read, not written again"
