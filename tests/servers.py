"""A real server in a process of its own: port 0, its own cache, stopped when the test ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(*regions: str | Path, cache: Path, path: Path | None = None) -> Iterator[str]:
    """Serve regions and give the address; ``path`` is put first on PYTHONPATH (a plugin under test)."""
    names = [part for region in regions or ("jjj",) for part in ("--region", str(region))]
    environment = {**os.environ, "XIETONG_CACHE": str(cache), "PYTHONUNBUFFERED": "1"}
    if path:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, "-m", "xietong.app.cli", "serve", "--port", "0", *names]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment) as server:
        try:
            assert server.stderr is not None
            lines = []
            for line in server.stderr:
                lines.append(line)
                if found := re.search(r"http://\S+", line):
                    yield found.group()
                    break
            else:
                raise AssertionError("the server did not start:\n" + "".join(lines))
        finally:
            server.terminate()
            server.wait(20)
