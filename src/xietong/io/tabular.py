"""One CSV file against one declaration: typed columns, or every fault with file, row, column and how to mend it."""

from __future__ import annotations

import csv
import io
import math
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from xietong.core.declare import Column, Table
from xietong.core.errors import Fault
from xietong.io.schema import SOURCE

MAX_FILE_MB = 64
MAX_FAULTS_PER_COLUMN = 20
ABSURD = 1e15
MAX_TEXT = 2000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Rows:
    """Typed columns of a file and the line on which each row stands."""

    def __init__(self, file: str, columns: dict[str, np.ndarray], lines: np.ndarray) -> None:
        self.file, self.columns, self.lines = file, columns, lines

    def __len__(self) -> int:
        return len(self.lines)


def read(path: Path, table: Table, faults: list[Fault], sourced: bool = True) -> Rows | None:
    """Read ``path`` as ``table``. Faults are appended; None where the file cannot be read as a table at all."""
    raw = read_raw(path, faults)
    if raw is None:
        return None
    header, body, lines = raw
    file = path.name
    columns = {**table.columns, **(SOURCE if sourced else {})}
    missing = [name for name in columns if name not in header]
    if len(missing) == len(columns) and len(header) == 1 and (other := next((sign for sign in ";\t|" if sign in header[0]), "")):
        faults.append(Fault(f"the columns are separated by {other!r}", "Save it as CSV with commas.", file, 1))
        return None
    for name in missing:
        faults.append(Fault(f"column {name!r} is missing", f"Add it to the header; the columns are {', '.join(columns)}.", file, 1, name))
    if not body:
        faults.append(Fault("the table is empty", "Add at least one row, or remove the file and its resource entry.", file))
    typed = {name: _column(file, name, column, [row[header.index(name)] for row in body], lines, faults) for name, column in columns.items() if name in header}
    if missing or not body:
        return None
    _unique(file, table.key, typed, lines, faults)
    return Rows(file, typed, np.array(lines))


def read_raw(path: Path, faults: list[Fault]) -> tuple[list[str], list[list[str]], list[int]] | None:
    """Header, rows and their line numbers; None (with a fault) where the file is no CSV."""
    file = path.name
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            faults.append(Fault("this is no file", f"Put a CSV file there; {path.name!r} is a folder or a device.", file))
            return None
        size = status.st_size
        if size > MAX_FILE_MB * 2**20:
            faults.append(
                Fault(
                    f"the file has {size / 2**20:.0f} MB, more than the {MAX_FILE_MB} MB that a table may have",
                    "Aggregate it, for example to one row a county.",
                    file,
                )
            )
            return None
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        faults.append(Fault("the file is not UTF-8 text", "Save it as CSV UTF-8 (GBK files: reopen as GBK, save as UTF-8).", file, row))
        return None
    except OSError as error:
        faults.append(Fault(f"the file cannot be read ({error.strerror or error})", "Check that it exists and may be read.", file))
        return None
    if "\0" in text:
        faults.append(Fault("the file holds NUL bytes: it is not text", "Save it as CSV UTF-8.", file, text[: text.index("\0")].count("\n") + 1))
        return None
    return _parse(file, text, faults)


def _parse(file: str, text: str, faults: list[Fault]) -> tuple[list[str], list[list[str]], list[int]] | None:
    # Lines end where CSV says: str.splitlines would also cut a cell at U+2028 or a form feed.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    body: list[list[str]] = []
    lines: list[int] = []
    uneven: list[Fault] = []
    start = 1
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [cell.strip() for cell in row]
                continue
            if len(row) != len(header):
                mend = "A comma inside a text needs quotes around the text."
                uneven.append(Fault(f"{len(row)} cells where the header has {len(header)}", mend, file, line))
                continue
            body.append(row)
            lines.append(line)
    except csv.Error as error:
        faults.append(Fault(f"not readable as CSV: {error}", "Look for a quotation mark that is opened here and never closed.", file, start))
        return None
    _some(uneven, "rows have another number of cells", file, "", faults)
    if not header:
        faults.append(Fault("the file is empty", "Write a header line and at least one row.", file))
        return None
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.append(Fault(f"column {name!r} occurs twice", "Remove or rename one of them.", file, 1, name))
    return header, body, lines


def _some(found: Sequence[Fault], what: str, file: str, column: str, faults: list[Fault]) -> None:
    """The first faults of a kind, and how many more there are."""
    faults += found[:MAX_FAULTS_PER_COLUMN]
    if len(found) > MAX_FAULTS_PER_COLUMN:
        faults.append(Fault(f"{len(found) - MAX_FAULTS_PER_COLUMN} more {what}", "Mend the ones above first.", file, None, column))


def _column(file: str, name: str, column: Column, cells: Sequence[str], lines: Sequence[int], faults: list[Fault]) -> np.ndarray:
    cells = [cell.strip() for cell in cells]
    problems: list[tuple[int, str, str]] = []
    if not column.optional:
        problems += [(row, "the cell is empty", "Give a value; only optional columns may be unknown.") for row, cell in enumerate(cells) if not cell]
    parsed = _PARSERS[column.kind](cells, column, problems)
    _some([Fault(what, mend, file, lines[row], name) for row, what, mend in sorted(problems)], "faults of this kind", file, name, faults)
    return parsed


def _numbers(cells: Sequence[str], column: Column, problems: list[tuple[int, str, str]]) -> np.ndarray:
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if not cell:
            continue
        try:
            values[row] = value = float(cell if "_" not in cell else "")
        except ValueError:
            problems.append((row, f"{_short(cell)} is not a number", "Write digits with a point, without unit or thousands separator."))
            continue
        if not math.isfinite(value) or abs(value) > ABSURD:
            problems.append((row, f"{_short(cell)} is not a finite number", "Leave the cell empty where the figure is unknown and the column allows it."))
        elif column.low is not None and value < column.low:
            problems.append((row, f"{cell} is below {column.low:g}", f"The column is in {column.unit or 'plain numbers'}; check sign and unit."))
        elif column.high is not None and value > column.high:
            problems.append((row, f"{cell} is above {column.high:g}", f"The column is in {column.unit or 'plain numbers'}; check the unit."))
        elif column.kind == "integer" and value != int(value):
            problems.append((row, f"{cell} is not a whole number", "Round it, or check the unit."))
    return values


def _texts(cells: Sequence[str], column: Column, problems: list[tuple[int, str, str]]) -> np.ndarray:
    if column.values:
        problems += [
            (row, f"{_short(cell)} is not allowed", f"Use one of {', '.join(column.values)}.")
            for row, cell in enumerate(cells)
            if cell and cell not in column.values
        ]
    for row, cell in enumerate(cells):
        if len(cell) > MAX_TEXT:
            problems.append((row, f"a text of {len(cell)} characters", f"Shorten it to {MAX_TEXT:,}."))
        elif control_character(cell):
            problems.append((row, f"{_short(cell)} holds control characters", "Remove them; the file may not be the text that it should be."))
    return np.array(cells, dtype=object)


def _dates(cells: Sequence[str], column: Column, problems: list[tuple[int, str, str]]) -> np.ndarray:
    for row, cell in enumerate(cells):
        try:
            if cell:
                iso_day(cell)
        except ValueError:
            problems.append((row, f"{_short(cell)} is not a day", "Write it as YYYY-MM-DD."))
    return np.array(cells, dtype=object)


def _booleans(cells: Sequence[str], column: Column, problems: list[tuple[int, str, str]]) -> np.ndarray:
    words = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "": math.nan}
    problems += [(row, f"{_short(cell)} is neither true nor false", "Write true or false.") for row, cell in enumerate(cells) if cell.lower() not in words]
    return np.array([words.get(cell.lower(), math.nan) for cell in cells])


_Parser = Callable[[Sequence[str], Column, list[tuple[int, str, str]]], np.ndarray]
_PARSERS: Mapping[str, _Parser] = {
    "number": _numbers,
    "integer": _numbers,
    "text": _texts,
    "area": _texts,
    "date": _dates,
    "boolean": _booleans,
}


def _unique(file: str, key: Sequence[str], columns: Mapping[str, Any], lines: Sequence[int], faults: list[Fault]) -> None:
    if not key:
        return
    first: dict[tuple[str, ...], int] = {}
    again: list[Fault] = []
    for row, value in enumerate(zip(*(columns[name].astype(str) for name in key), strict=True)):
        if value in first:
            what = f"the key {' / '.join(value)} stands already on line {first[value]}"
            again.append(Fault(what, f"A row is known by {', '.join(key)}: remove one of the two, or mend the key.", file, lines[row], key[0]))
        else:
            first[value] = lines[row]
    _some(again, "rows repeat a key", file, key[0], faults)


def iso_day(text: str) -> date:
    """A day written as YYYY-MM-DD and in no other way, so that days can be compared as texts; ValueError otherwise."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{_short(text)} is not a day; write it as YYYY-MM-DD")
    return date.fromisoformat(text)


def control_character(text: str) -> bool:
    """Whether a text holds characters that steer terminals and mean nothing in a table (line breaks and tabs may stand)."""
    return bool(_CONTROL.search(text))


def _short(cell: str) -> str:
    return repr(cell) if len(cell) <= 60 else f"{cell[:60]!r}…"
