"""Make the virtual environment: every dependency pinned by hash, then xietong itself. Needs nothing but Python."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)


def newest_python() -> str:
    """This interpreter, or another on the PATH that is new enough."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(16, 10, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    sys.exit("xietong needs Python 3.11 or newer; this is {}.{}. Install it (for example: apt install python3.11) and try again.".format(*sys.version_info[:2]))


def run(*command: str) -> None:
    environment = {**os.environ, "XIETONG_SKIP_UI": "1"}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        sys.exit("xietong: the step above failed. If it was a download, check the network or the proxy (pip config list), then run make again.")


def main(target: Path) -> None:
    python = newest_python()
    if python != sys.executable:
        os.execv(python, [python, __file__, str(target)])
    stamp = target / ".installed"
    own = target / "bin" / "python"
    if not own.exists():
        print("xietong: making the environment …", flush=True)
        try:
            venv.create(target, with_pip=True, clear=target.exists())
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"xietong: cannot make {target} ({error}). On Debian and Ubuntu: apt install python3-venv.")
    print("xietong: installing the pinned dependencies (once; a few minutes) …", flush=True)
    pip = (str(own), "-m", "pip", "install", "--quiet", "--no-input")
    run(*pip, "--require-hashes", "-r", "requirements.lock")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    stamp.touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
