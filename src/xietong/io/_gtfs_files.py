"""The files of a GTFS feed, from a zip or a folder: columns of codes into their distinct values, faults with file and line."""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from xietong.core.errors import DataError, Fault

LISTED = 20
"""Faults of one kind that are listed; the others are counted."""
CHUNK = 250_000
CUT = 60
UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)
"""What reading a damaged or protected zip may raise."""
FILES = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt", "calendar.txt", "calendar_dates.txt", "frequencies.txt", "transfers.txt")
"""What is read of a feed."""


class Faults:
    """Everything wrong with the feeds, gathered so that it is reported at once."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.count = 0

    def add(self, what: str, mend: str, file: str = "", row: int | None = None, column: str = "") -> None:
        """One fault."""
        self.found.append(Fault(what, mend, file, row, column))
        self.count += 1

    def rows(self, sheet: Sheet, column: str, bad: np.ndarray, what: str, mend: str) -> None:
        """A fault for each row that ``bad`` (mask, or positions) marks; ``{trip_id}`` in ``what`` is the cell of that column, ``{cell}`` of this one."""
        where = np.flatnonzero(bad) if bad.dtype == bool else bad
        where = where[np.argsort(sheet.line[where], kind="stable")]
        for row in where[:LISTED].tolist():
            self.add(what.format_map(_Cells(sheet, row, column)), mend, sheet.file, int(sheet.line[row]), column)
        if (more := len(where) - LISTED) > 0:
            self.more(more, sheet.file, column)

    def more(self, count: int, file: str, column: str = "") -> None:
        """Rows that are counted but not listed."""
        self.found.append(Fault(f"{count:,} more rows with faults of this kind", "Mend the ones above first.", file, None, column))
        self.count += count

    def stop(self) -> None:
        """Raise all that was found, if anything was."""
        if self.found:
            raise DataError(f"{self.count:,} fault{'s' if self.count > 1 else ''} in the timetable; nothing was read.", self.found)


@dataclass
class Column:
    """Cells as codes into the distinct values (stripped text, in order of appearance)."""

    codes: np.ndarray
    values: np.ndarray

    def texts(self) -> np.ndarray:
        """The cells as text."""
        return np.asarray(self.values[self.codes], dtype=object)

    def filled(self) -> np.ndarray:
        """Mask of the cells that are not empty."""
        return np.asarray((self.values != "")[self.codes], dtype=bool)

    def take(self, rows: np.ndarray) -> Column:
        """The cells of these rows (mask or positions)."""
        return Column(self.codes[rows], self.values)


class Sheet:
    """One file. ``line`` is the line of each row as an editor shows it, the header being line 1."""

    def __init__(self, file: str, columns: dict[str, Column], line: np.ndarray) -> None:
        self.file, self.columns, self.line = file, columns, line

    def __len__(self) -> int:
        return len(self.line)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Column:
        """The column; where the file lacks it, one of empty cells."""
        empty = Column(np.zeros(len(self), dtype=np.int32), np.array([""], dtype=object))
        return self.columns.get(name, empty)

    def take(self, rows: np.ndarray) -> Sheet:
        """These rows only (mask or positions)."""
        return Sheet(self.file, {name: column.take(rows) for name, column in self.columns.items()}, self.line[rows])

    def numbers(self, name: str, faults: Faults) -> np.ndarray:
        """The column as floats, NaN where it is empty; a cell that is no finite number is a fault (and NaN)."""
        import pandas as pd

        column = self[name]
        values = np.array(pd.to_numeric(pd.Series(column.values, dtype=object), errors="coerce"), dtype=float)
        values[~np.isfinite(values)] = np.nan
        bad = (np.isnan(values) & (column.values != ""))[column.codes]
        faults.rows(self, name, bad, "{cell!r} is not a number", "Write digits with a point, without unit.")
        return np.asarray(values[column.codes], dtype=float)

    def choice(self, name: str, allowed: int, faults: Faults) -> np.ndarray:
        """The column as whole numbers from 0 to ``allowed`` (empty: 0); anything else is a fault (and 0)."""
        column = self[name]
        known = {"": 0, **{f"{number}{tail}": number for number in range(allowed + 1) for tail in ("", ".0")}}
        values = np.asarray(np.array([known.get(value, -1) for value in column.values], dtype=np.int8)[column.codes])
        faults.rows(self, name, values < 0, f"{{cell!r}} is none of 0 to {allowed}", "Use one of the reference's values.")
        return np.asarray(np.maximum(values, 0))


class _Cells(dict[str, str]):
    """The cells of a row by column, for a message; long ones are cut."""

    def __init__(self, sheet: Sheet, row: int, column: str) -> None:
        super().__init__()
        self.sheet, self.row, self.column = sheet, row, column

    def __missing__(self, name: str) -> str:
        column = self.sheet[self.column if name == "cell" else name]
        text = str(column.values[column.codes[self.row]])
        return text if len(text) <= CUT else text[:CUT] + "..."


class Source:
    """Where the files of one feed lie. Entries of a zip are read in memory by name; nothing is ever extracted."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self.path = path
        self.name = path.stem if path.suffix.lower() == ".zip" else path.name
        self.entries: dict[str, str] = {}
        self.usable = False
        mend = "Give the feed's zip, or the folder that holds stops.txt."
        if path.is_dir():
            self.entries = {file: file for file in FILES if (path / file).is_file()}
        elif not path.exists():
            faults.add("there is no such file or folder", "Check the path.", str(path))
            return
        else:
            try:
                with zipfile.ZipFile(path) as archive:
                    names = archive.namelist()
            except UNREADABLE as error:
                faults.add(f"this is no complete zip file ({error})", "Download it again: it may be truncated. " + mend, str(path))
                return
            # Some programs write backslashes, and macOS adds a shadow of each file.
            found = {name: PurePosixPath(name.replace("\\", "/")) for name in names if "__MACOSX" not in name}
            found = {name: place for name, place in found.items() if place.name in FILES}
            folders = sorted(
                {str(place.parent) for place in found.values() if place.name == "stop_times.txt"} or {str(place.parent) for place in found.values()}
            )
            if len(folders) > 1:
                faults.add(f"the zip holds {len(folders)} feeds, in {', '.join(folders)}", "Give each as a zip or folder of its own.", str(path))
                return
            self.entries = {place.name: name for name, place in found.items() if str(place.parent) in folders}
        if not self.entries:
            faults.add("no file of a GTFS feed is in it", mend, str(path))
            return
        self.usable = True

    def file(self, name: str) -> str:
        """How messages call one of the files."""
        return f"{self.path.name}/{name}"

    def data(self, name: str, faults: Faults) -> bytes | None:
        """The bytes of a file; None where it is absent or cannot be read (a fault)."""
        if name not in self.entries:
            return None
        try:
            if self.path.is_dir():
                return (self.path / self.entries[name]).read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self.entries[name])
        except UNREADABLE as error:
            faults.add(f"cannot be read ({error})", "Download the feed again; it may be truncated, or protected by a password.", self.file(name))
            return None

    def sheet(self, name: str, required: Sequence[str], optional: Sequence[str], faults: Faults, needed: bool = True) -> Sheet | None:
        """One file of the feed, or None: absent, or not to be read (a fault unless it is not ``needed`` and absent)."""
        file = self.file(name)
        before = faults.count
        data = self.data(name, faults)
        if data is None:
            if needed and faults.count == before:
                faults.add("the file is missing", "Every feed has it; look whether the zip is complete.", file)
            return None
        sheet = parse(file, data, required, optional, faults)
        if sheet is not None and needed and not len(sheet):
            faults.add("the file holds no rows", "Write at least one row below the header.", file)
            return None
        return sheet

    def digest(self) -> str:
        """SHA-256 of the bytes."""
        total = hashlib.sha256()
        for path in [self.path / self.entries[name] for name in sorted(self.entries)] if self.path.is_dir() else [self.path]:
            with path.open("rb") as stream:
                name = path.name if self.path.is_dir() else ""
                total.update(f"{name}:{hashlib.file_digest(stream, 'sha256').hexdigest()};".encode())
        return total.hexdigest()


def positions(column: Column, position: dict[str, int]) -> np.ndarray:
    """Cells as positions of the ids that they name, -1 where there is none such."""
    return np.asarray(np.array([position.get(value, -1) for value in column.values], dtype=np.int32)[column.codes])


def repeats(*keys: np.ndarray) -> np.ndarray:
    """Mask of the rows whose keys all equal those of the row before."""
    mask = np.zeros(len(keys[0]), dtype=bool)
    mask[1:] = np.logical_and.reduce([key[1:] == key[:-1] for key in keys])
    return mask


def unique_ids(sheet: Sheet, name: str, faults: Faults) -> np.ndarray:
    """The ids of a table; an empty one and one that occurs twice are faults."""
    codes = sheet[name].codes
    again = np.ones(len(codes), dtype=bool)
    again[np.unique(codes, return_index=True)[1]] = False
    empty = ~sheet[name].filled()
    faults.rows(sheet, name, empty, "the id is empty", "Give every row an id.")
    faults.rows(sheet, name, again & ~empty, "{cell!r} occurs twice", "Ids are unique; rename or remove one of the rows.")
    return sheet[name].texts()


def parse(file: str, data: bytes, required: Sequence[str], optional: Sequence[str], faults: Faults) -> Sheet | None:
    """CSV as it is in the wild; None (with a fault) where it is no table or lacks a required column."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if (nul := data.find(b"\0")) >= 0:
        faults.add("the file holds NUL bytes: it is not UTF-8 text", "Save it as CSV UTF-8.", file, data[:nul].count(b"\n") + 1)
        return None
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    lead, first = _header(data)
    header = [cell.strip() for cell in next(csv.reader([first], skipinitialspace=True), [])]
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        faults.add(f"column {name!r} occurs twice", "Remove or rename one of them.", file, lead + 1, name)
    missing = [name for name in required if name not in header]
    for name in missing:
        faults.add(f"column {name!r} is missing", f"Add it; the header holds {', '.join(header) or 'nothing'}.", file, lead + 1, name)
    if missing:
        return None
    wanted = {name: header.index(name) for name in (*required, *optional) if name in header}
    build = _Build(file, wanted)
    return build.sheet() if _fast(data, len(header), lead + 1, build) else _slow(data, len(header), lead, _Build(file, wanted), faults)


def _header(data: bytes) -> tuple[int, str]:
    """Number of empty lines before the header, and the header."""
    for count, line in enumerate(io.BytesIO(data)):
        if line.strip(b" \t\r\n,"):
            return count, line.decode("utf-8", "replace").strip("\r\n")
    return 0, ""


class _Build:
    """A sheet in the making: chunks of text are turned into codes at once, so that the text of a large file never stands in memory."""

    def __init__(self, file: str, wanted: dict[str, int]) -> None:
        self.file, self.wanted = file, wanted
        self.lines: list[np.ndarray] = []
        self.parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in wanted}

    def add(self, line: np.ndarray, cells: Sequence[np.ndarray]) -> None:
        """A chunk: the lines and all columns of the file as text. Rows without any text are left out."""
        import pandas as pd

        first = cells[next(iter(self.wanted.values()), 0)]
        if (hollow := np.flatnonzero(first == "")).size:
            empty = hollow[np.all([[not str(cell).strip() for cell in column[hollow]] for column in cells], axis=0)]
            line, cells = np.delete(line, empty), [np.delete(column, empty) for column in cells]
        self.lines.append(line.astype(np.int32))
        for name, position in self.wanted.items():
            codes, values = pd.factorize(cells[position])
            self.parts[name].append((codes, values))

    def rows(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """A chunk that stands row by row."""
        if rows:
            self.add(np.array(lines), [np.array(column, dtype=object) for column in zip(*rows, strict=True)])

    def sheet(self) -> Sheet:
        """All chunks as one sheet."""
        line = np.concatenate([*self.lines, np.zeros(0, dtype=np.int32)])
        return Sheet(self.file, {name: _join(parts) for name, parts in self.parts.items()}, line)


def _join(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Column:
    """The chunks of a column under one list of distinct values, with the space around them removed."""
    import pandas as pd

    if not parts:
        return Column(np.zeros(0, dtype=np.int32), np.array([""], dtype=object))
    texts = np.array([value.strip() for _, values in parts for value in values], dtype=object)
    renamed, values = pd.factorize(texts)
    starts = np.cumsum([0, *(len(values) for _, values in parts)])
    codes = np.concatenate([renamed[start : start + len(part[1])][part[0]].astype(np.int32) for start, part in zip(starts, parts, strict=False)])
    return Column(codes, np.asarray(values, dtype=object))


def _fast(data: bytes, width: int, skip: int, build: _Build) -> bool:
    """Read by pandas; false where the file needs a reader that knows the line of each record."""
    import pandas as pd

    lines = data.count(b"\n") + (not data.endswith(b"\n")) - skip
    if lines <= 0:
        return True
    records = 0
    try:
        with warnings.catch_warnings():
            # Rows longer than the header are cut with no more than a warning: that must not pass.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            reader = pd.read_csv(
                io.BytesIO(data),
                header=None,
                names=list(range(width)),
                index_col=False,
                skiprows=skip,
                # Text as it stands: "NA" is an id, and so is "007".
                dtype=object,
                na_filter=False,
                skipinitialspace=True,
                skip_blank_lines=False,
                chunksize=CHUNK,
                encoding="utf-8",
            )
            for frame in reader:
                build.add(np.arange(records, records + len(frame)) + skip + 1, [frame[column].to_numpy(dtype=object) for column in range(width)])
                records += len(frame)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeDecodeError):
        return False
    # A quoted cell may hold line breaks: then records are not lines.
    return records == lines


def _slow(data: bytes, width: int, lead: int, build: _Build, faults: Faults) -> Sheet | None:
    """Read record by record: lines within quotes, commas at the end of rows, and what is no CSV at all."""
    file = build.file
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        mend = "Save it as CSV UTF-8 (GBK files: reopen as GBK, save as UTF-8)."
        faults.add("the file is not UTF-8 text", mend, file, data[: error.start].count(b"\n") + 1)
        return None
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), strict=True, skipinitialspace=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    uneven: list[tuple[int, int]] = []
    start = 1
    try:
        for record, row in enumerate(reader):
            line, start = start, reader.line_num + 1
            if record <= lead:
                continue
            if any(cell.strip() for cell in row[width:]):
                uneven.append((line, len(row)))
            rows.append([*row, *[""] * (width - len(row))][:width])
            lines.append(line)
            if len(rows) == CHUNK:
                build.rows(rows, lines)
                rows, lines = [], []
    except csv.Error as error:
        faults.add(f"not readable as CSV: {error}", "Look for a quotation mark that is opened here and never closed.", file, start)
        return None
    for line, cells in uneven[:LISTED]:
        faults.add(f"{cells} cells where the header has {width}", "A comma inside a text needs quotes around the text.", file, line)
    if more := uneven[LISTED:]:
        faults.more(len(more), file)
    if uneven:
        return None
    build.rows(rows, lines)
    return build.sheet()
