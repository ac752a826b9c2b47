"""Adding a workstream is adding one file: it appears in Python, on the command line and over HTTP (the page: tests/e2e)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

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
    (spending,) = from_cli["measures"]
    assert spending["values"]["closed"]["twin"] > spending["values"]["open"]["twin"] > 0


def test_a_region_without_its_table_says_so_and_the_others_work(plugin: Path) -> None:
    listed = json.loads(run(plugin, "list", "--region", "jjj", "--json"))
    lacking = {one["workstream"]: one["missing"] for one in listed}
    assert lacking["toy"] == ["firms"]
    assert lacking["care"] == []
