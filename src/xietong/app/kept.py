"""Answers kept on disk between two starts, by the digest of all that they depend on. Losing them costs time, nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_KEPT = 200


def folder() -> Path:
    """Where answers are kept: ``XIETONG_CACHE``, else the user's cache folder."""
    own = os.environ.get("XIETONG_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xietong"


def kept(key: str, compute: Callable[[], Any]) -> Any:
    """The answer kept under ``key``, or computed and kept. A file that cannot be read or written is as good as none."""
    path = folder() / f"{key}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        value = compute()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as draft:
            json.dump(value, draft, ensure_ascii=False, allow_nan=False)
        Path(draft.name).replace(path)
        for old in sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)[:-MAX_KEPT]:
            old.unlink()
    return value
