"""What is kept on disk between two starts, by the digest of all that it depends on. Losing it costs time, nothing else.

Answers are JSON; products (travel times) are arrays in NumPy's own format, never pickled, so that reading a file runs no
code. A file that cannot be read is as good as none, and one that cannot be written is not kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

Found = TypeVar("Found")

MAX_FILES = 400
MAX_BYTES = 1 << 30
"""Of all that is kept; the files used least recently leave first."""

LARGEST = MAX_BYTES // 4
"""Of one file."""

DRAFT = ".draft"
ABANDONED_S = 3600.0
"""A draft older than this was left by a process that has ended."""


def folder() -> Path:
    """Where things are kept: ``XIETONG_CACHE``, else the user's cache folder."""
    own = os.environ.get("XIETONG_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xietong"


def answer(key: str, compute: Callable[[], Any]) -> Any:
    """The plain data kept under ``key``, or computed and kept."""
    return _kept(folder() / f"{key}.json", _read_json, _write_json, compute)


def product(key: str, kind: type, compute: Callable[[], Any]) -> Any:
    """The product kept under ``key``, or computed and kept.

    ``kind`` turns an object into arrays (``arrays()``) and back (``from_arrays(arrays)``); arrays of objects are refused.
    """
    return _kept(folder() / f"{key}.npz", lambda path: kind.from_arrays(_read_arrays(path)), lambda file, found: _write_arrays(file, found.arrays()), compute)  # type: ignore[attr-defined]


def _kept(path: Path, read: Callable[[Path], Found], write: Callable[[IO[bytes], Found], None], compute: Callable[[], Found]) -> Found:
    # Whatever is wrong with the file (torn, of an older layout), computing again mends it.
    with contextlib.suppress(Exception):
        found = read(path)
        with contextlib.suppress(OSError):
            os.utime(path)
        return found
    found = compute()
    with contextlib.suppress(OSError):
        _replace(path, lambda file: write(file, found))
    return found


def _replace(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file whole or not at all: nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, suffix=DRAFT, delete=False) as draft:
        written = Path(draft.name)
        try:
            write(draft)
            size = draft.tell()
            draft.close()
            if size <= LARGEST:
                written.replace(path)
        finally:
            draft.close()
            written.unlink(missing_ok=True)
    _make_room(path.parent)


def _make_room(where: Path) -> None:
    """Remove what was used least recently, beyond the limits, and drafts that nobody will finish."""
    files: list[tuple[float, int, Path]] = []
    for one in (*where.glob("*.json"), *where.glob("*.npz"), *where.glob(f"*{DRAFT}")):
        with contextlib.suppress(OSError):  # another process was quicker
            stat = one.stat()
            if one.suffix != DRAFT:
                files.append((stat.st_mtime, stat.st_size, one))
            elif stat.st_mtime < time.time() - ABANDONED_S:
                one.unlink()
    total = 0
    for position, (_, size, one) in enumerate(sorted(files, reverse=True)):
        total += size
        if position >= MAX_FILES or total > MAX_BYTES:
            with contextlib.suppress(OSError):
                one.unlink()


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(file: IO[bytes], value: Any) -> None:
    file.write(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    # Opened here: of a torn file, NumPy leaves its own handle open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        return {name.removeprefix("_"): found[name] for name in found.files}


def _write_arrays(file: IO[bytes], arrays: Mapping[str, np.ndarray]) -> None:
    # The underscore keeps clear of the names of savez's own arguments.
    found = {f"_{name}": np.asarray(array) for name, array in arrays.items()}
    if objects := [name for name, array in found.items() if array.dtype.hasobject]:
        raise TypeError(f"arrays of objects cannot be kept: {', '.join(name[1:] for name in objects)}; give numbers or fixed-width text")
    np.savez(file, **found)  # type: ignore[arg-type]


__all__ = ["answer", "folder", "product"]
