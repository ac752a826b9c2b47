"""The workstreams. Each module here declares one (or one provider of a product); nothing needs to be registered.

Others install theirs through the entry point group ``xietong.workstreams`` (a Provider class, or a module of them).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from xietong.core.workstream import Provider, Workstream

GROUP = "xietong.workstreams"


@cache
def catalogue() -> dict[str, Provider]:
    """All installed providers and workstreams by name, each checked once."""
    found: dict[str, Provider] = {}
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    for origin in (*modules, *(entry.load() for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name))):
        for one in _classes(origin):
            provider = one()
            if provider.name in found and type(found[provider.name]) is not one:
                raise ValueError(f"two workstreams are called {provider.name!r}: {type(found[provider.name]).__module__} and {one.__module__}")
            provider.check()
            found[provider.name] = provider
    return dict(sorted(found.items()))


def _classes(origin: Any) -> list[type[Provider]]:
    if isinstance(origin, ModuleType):
        own = [one for _, one in inspect.getmembers(origin, inspect.isclass) if one.__module__ == origin.__name__]
        return [one for one in own if issubclass(one, Provider)]
    if inspect.isclass(origin) and issubclass(origin, Provider) and origin not in (Provider, Workstream):
        return [origin]
    raise ValueError(f"entry point {origin!r} of {GROUP} is neither a Provider nor a module of Providers")
