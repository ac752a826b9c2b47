"""Starting the server: one process, one port, clear words when the port is taken."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Sequence

from xietong.core.errors import UsageError


def run(regions: Sequence[str], host: str, port: int) -> None:
    """Serve until interrupted; UsageError where the port cannot be had, DataError where a region has faults."""
    import uvicorn

    from xietong.app.api import Regions, create_app

    shown = Regions(regions)
    for name in shown.names:
        shown.get(name)  # a broken region is reported now, not to the first visitor
    listener = _listen(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(create_app(shown), log_level="warning", timeout_graceful_shutdown=3))
    sys.stderr.write(f"xietong: {address}  (page and API; stop with Ctrl-C)\n")
    sys.stderr.flush()
    server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128)
    except OSError as error:
        what = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror or error})"
        raise UsageError(f"port {port} on {host} {what}; choose another: `make run PORT=8001`, or `xietong serve --port 8001`") from None
    except OverflowError:
        raise UsageError(f"port {port} is not between 0 and 65535") from None
    return listener
