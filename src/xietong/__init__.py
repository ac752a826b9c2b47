"""xietong: an open engine for the coordinated development of a city cluster across administrative borders.

>>> import xietong
>>> jjj = xietong.load("jjj")
>>> jjj.care.border().explain()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from xietong.core.region import Region

__version__ = "0.1.0"

_LAZY = {
    "Workstream": "xietong.core.workstream",
    "Provider": "xietong.core.workstream",
    "Region": "xietong.core.region",
    "Result": "xietong.core.result",
    "Answer": "xietong.core.answer",
    "Data": "xietong.core.data",
    "T": "xietong.core.text",
    "Network": "xietong.travel.network",
    "Line": "xietong.travel.scenario",
    **dict.fromkeys(("Pairs", "Border"), "xietong.models.pairs"),
    "access": "xietong.models.access",
    "site": "xietong.models.siting",
    "allocate": "xietong.models.transport",
    **dict.fromkeys(
        ("Choice", "Column", "Input", "Layer", "Lever", "Matter", "Measure", "Outcome", "Param", "Quality", "Query", "Rule", "Step", "Table"),
        "xietong.core.declare",
    ),
    **dict.fromkeys(("XietongError", "DataError", "UsageError", "NotFound", "MissingTables"), "xietong.core.errors"),
}


def load(region: str | Path, as_of: date | str | None = None) -> Region:
    """Load a region: a bundled name ("jjj") or a folder. ``as_of`` is the day whose rules are current (default today).

    Raises NotFound where there is no such region and DataError, with every fault, where its files are wrong.
    """
    from xietong.io.package import load as read
    from xietong.workstreams import catalogue

    return read(region, catalogue(), as_of)


def __getattr__(name: str) -> Any:
    # Importing xietong must stay cheap: what needs NumPy comes in when it is first used.
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'xietong' has no attribute {name!r}")


__all__ = ["__version__", "load", *_LAZY]  # pyright: ignore[reportUnsupportedDunderAll]
