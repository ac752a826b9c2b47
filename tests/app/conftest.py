"""What the surfaces' tests share: a small region on disk, the command line in this process, a served API."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

import xietong
from tests.conftest import DAY
from tests.regions import Folder, second_region
from tests.toy import with_toy
from xietong.app.api import Regions, create_app
from xietong.core.region import Region
from xietong.io.package import load
from xietong.io.skeleton import write_skeleton


class Answer(NamedTuple):
    """What the command line gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


Ask = Callable[..., Answer]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIETONG_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The second region on disk; no test changes it."""
    return second_region(tmp_path_factory.mktemp("served") / "sound")


@pytest.fixture(scope="session")
def folders(sound: Folder) -> dict[str, str]:
    """Regions by name, the small one first."""
    return {"sound": str(sound.path), "jjj": "jjj"}


@pytest.fixture(scope="session")
def loaded(folders: dict[str, str]) -> dict[str, Region]:
    return {name: xietong.load(path, DAY) for name, path in folders.items()}


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run a command line in this process."""
    from xietong.app.cli import main

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["xietong", *words])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def http(folders: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of a server on a free port, in a thread of this process."""
    with serving(create_app(list(folders.values()))) as client:
        yield client


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """The skeleton with the toy workstream, which has queries and levers of every kind."""
    folder = tmp_path_factory.mktemp("toy") / "twin"
    write_skeleton(folder, with_toy())
    return load(folder, with_toy())


@pytest.fixture(scope="session")
def toy_http(twin: Region) -> Iterator[httpx.Client]:
    """A client of a server that shows the toy."""
    with serving(toy_app(twin.folder)) as client:
        yield client


def toy_app(*folders: str) -> FastAPI:
    """The application as it is where the toy is installed; its regions are loaded now."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xietong.app.api.catalogue", with_toy)
        shown = Regions(folders or ("jjj",))
        for name in shown.names:
            shown.get(name)
        return create_app(shown)


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application while the block runs."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as client:
        yield client
    server.should_exit = True
    thread.join(20)
