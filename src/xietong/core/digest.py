"""Digests: what a result depends on, as one short name. Equal digests mean equal inputs."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xietong.core.declare import Frame

PACKAGE = Path(__file__).parents[1]
SHARED = ("core/*.py", "kernels/*.py", "models/*.py", "travel/*.py", "io/gtfs*.py", "io/_gtfs*.py", "workstreams/_*.py")
"""Code on which a figure may rest. Better a computation too many than a figure of code that is gone."""


def digest(*parts: Any) -> str:
    """A digest of plain values (text, numbers, sequences, mappings)."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def frame_digest(frame: Frame) -> str:
    """A digest of a table's content and column names; the order of rows counts (tables are kept ordered by key)."""
    import pandas as pd

    hashed = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(hashed.tobytes() + ",".join(map(str, frame.columns)).encode()).hexdigest()[:16]


@lru_cache(maxsize=64)
def source_digest(module: str) -> str:
    """A digest of the code that computes: what all workstreams share (``SHARED``), and the workstream's module (a folder: all of it)."""
    files = [path for part in SHARED for path in sorted(PACKAGE.glob(part))]
    own = getattr(sys.modules.get(module), "__file__", None)
    files += [] if not own else sorted(Path(own).parent.glob("*.py")) if Path(own).name == "__init__.py" else [Path(own)]
    return digest(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.exists()))


def plain(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A mapping as ordered pairs, so that its digest does not depend on the order in which it was filled."""
    return sorted(mapping.items())
