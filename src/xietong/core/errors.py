"""Errors are part of the interface: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SHOWN = 40
"""Faults that an error prints; ``xietong region validate`` lists them all."""


class Fault(NamedTuple):
    """One thing wrong with the input. ``row`` counts lines of the file, the header being line 1."""

    what: str
    mend: str
    file: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.row, self.column) if part not in ("", None))
        return f"{where + ': ' if where else ''}{self.what}. {self.mend}"


class XietongError(Exception):
    """Anything that the user can mend. Surfaces show it without a traceback (exit code 2, HTTP 4xx)."""

    status = 422

    def __init__(self, what: str, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(what)

    def __str__(self) -> str:
        lines = [super().__str__(), *(f"  {fault}" for fault in self.faults[:SHOWN])]
        more = len(self.faults) - SHOWN
        return "\n".join([*lines, f"  and {more} more" if more > 0 else ""]).rstrip()


class DataError(XietongError):
    """The region's files hold faults; all of them are in ``faults``."""


class UsageError(XietongError):
    """An argument is wrong (a budget, a date, a name)."""

    status = 400


class NotFound(XietongError):
    """No region, workstream, table or area of this name."""

    status = 404


class MissingTables(XietongError):
    """The region lacks tables that the workstream reads; the other workstreams still work."""

    status = 409


class Undeclared(XietongError):
    """A workstream read something that it does not declare: a fault in the workstream, not in the data."""

    status = 500


class Cancelled(Exception):
    """The user stopped the computation; nothing of it is kept."""
