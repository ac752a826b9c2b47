"""Bad input never half-loads: every fault is reported at once, with file, row, column, what is wrong and how to mend it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xietong
from tests.regions import DESCRIPTOR, Folder, second_region, skeleton, with_jurisdictions
from xietong.core.errors import DataError, Fault, MissingTables, NotFound, UsageError, XietongError
from xietong.io.package import bundled, load, validate
from xietong.workstreams import catalogue


@pytest.fixture
def twin(tmp_path: Path) -> Folder:
    return skeleton(tmp_path / "twin")


@pytest.fixture
def sound(tmp_path: Path) -> Folder:
    return second_region(tmp_path / "sound")


def only_fault(folder: Folder) -> Fault:
    """The one fault of a folder; loading refuses it with the same words."""
    faults = folder.faults()
    assert len(faults) == 1, "\n".join(map(str, faults))
    with pytest.raises(DataError) as refused:
        folder.load()
    assert refused.value.faults == tuple(faults)
    assert "1 fault; nothing was loaded" in str(refused.value)
    assert faults[0].what and faults[0].mend.endswith((".", "…")), faults[0]
    return faults[0]


# -- a region that is right ----------------------------------------------------------------------------------------------


def test_the_skeleton_is_valid_as_it_stands(twin: Folder) -> None:
    assert twin.faults() == []
    region = twin.load()
    assert region.areas.jurisdictions == ("northbank", "southbank")
    assert all(not region.missing(one) for one in region.workstreams.values())


@pytest.mark.parametrize("name", bundled())
def test_bundled_regions_are_valid(name: str) -> None:
    assert validate(name, catalogue()) == []


def test_extra_columns_and_their_order_change_nothing(twin: Folder) -> None:
    before = twin.load()
    lines = twin.lines("census")
    twin.put("census", [["remark", *reversed(lines[0])], *(["a, b", *reversed(line)] for line in lines[1:])])
    assert twin.faults() == []
    after = twin.load()
    assert after.table("census")[list(before.table("census").columns)].equals(before.table("census"))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_any_line_ending_are_read(twin: Folder, ending: str) -> None:
    before = twin.load().digest
    text = twin.file("census").read_text(encoding="utf-8").replace("\n", ending)
    twin.bytes("census", b"\xef\xbb\xbf" + text.encode())
    meta = twin.path / DESCRIPTOR
    meta.write_bytes(b"\xef\xbb\xbf" + meta.read_bytes())
    assert twin.faults() == [] and twin.load().digest == before


def test_blank_lines_and_quoted_line_breaks_keep_line_numbers_right(twin: Folder) -> None:
    twin.bytes("sources", b'source,title,publisher,year,url,licence\n\nexample,"two\nlines",,,,\n\n,no id,,,,\n')
    fault = only_fault(twin)
    assert (fault.file, fault.row, fault.column) == ("sources.csv", 6, "source")


def test_a_line_separator_inside_a_cell_does_not_cut_the_row(twin: Folder) -> None:
    twin.set("areas", 3, name_en="North\u2028bank\x85")
    assert twin.faults() == []
    assert twin.load().areas.by_id["northbank"].title.en == "North\u2028bank"


def test_the_order_of_rows_changes_nothing(sound: Folder) -> None:
    before = sound.load()
    for table in ("areas", "members", "census", "homes", "population"):
        header, *rows = sound.lines(table)
        sound.put(table, [header, *reversed(rows)])
    assert sound.load().digest == before.digest


def test_a_table_that_nobody_declares_is_kept_as_the_package_describes_it(twin: Folder) -> None:
    twin.list_table("名录", ["名称", "数"], ["甲", 1], ["乙", 2])
    fields = [{"name": "名称", "type": "string"}, {"name": "数", "type": "number"}]
    twin.describe(lambda meta: meta["resources"][-1].update(schema={"fields": fields, "primaryKey": "名称"}))
    assert twin.faults() == []
    assert sorted(twin.load().table("名录")["数"]) == [1, 2]


def test_a_table_that_is_described_nowhere_is_no_fault(twin: Folder) -> None:
    twin.list_table("extra", ["a"], ["b"])
    assert twin.faults() == [] and list(twin.load().table("extra").columns) == ["source", "quality"]


# -- the second region ---------------------------------------------------------------------------------------------------


def test_another_country_with_other_levels_loads_without_a_change_of_code(sound: Folder) -> None:
    assert sound.faults() == []
    region = sound.load()
    assert (region.title.en, region.currency, region.timezone) == ("The Sound", "SEK", "Europe/Stockholm")
    assert list(region.levels) == ["union", "land", "county", "town"] and region.areas.jurisdictions == ("holm", "skog")
    assert len(region.areas.places) == 8 and region.areas.jurisdiction("pilot") is None
    assert region.params(region.workstreams["care"])["limit_scale"].value == 0.7


def test_care_answers_all_its_verbs_there(sound: Folder) -> None:
    care = sound.load().care
    border, plan = care.border(), care.plan(budget_cny=2e8)
    assert border.value("crossing", "closed") == 0 < border.value("crossing") <= border.value("crossing", "open") + 1e-6
    assert border.value("unserved", "open") <= border.value("unserved") + 1e-6 < border.value("unserved", "closed")
    assert plan.plan is not None and all(sum(cell.spent.values()) <= 2e8 * (1 + 1e-9) for cell in plan.plan.cells)
    assert care.for_("Bridge pilot").status().value("unserved") <= care.status().value("unserved")
    assert "The Sound" in border.explain() and "京津冀" not in border.explain("zh")


def test_the_two_periods_of_its_rules_are_told_apart(sound: Folder) -> None:
    assert sound.load("2015-06-30").care.status().value("crossing") == 0
    assert sound.load("2015-07-01").care.status().value("crossing") > 0


def test_the_pilot_across_the_border_has_its_own_rule(sound: Folder) -> None:
    region = sound.load()
    data = region.data(region.workstreams["care"])
    inside, outside = data.rule("recognised", ["ekstad", "alvik"], ["brohuvud", "brohuvud"])
    assert (inside, outside) == (0.9, 0.3)


def test_the_other_workstreams_say_which_tables_they_lack(sound: Folder) -> None:
    region = sound.load()
    others = {name: one for name, one in region.workstreams.items() if region.missing(one)}
    assert others and "care" not in others
    for name, one in others.items():
        lacking = region.missing(one)
        with pytest.raises(MissingTables) as refused:
            region.bind(name).status()
        assert all(table in str(refused.value) for table in lacking) and f"xietong describe {name}" in str(refused.value)


# -- what stands in a file -----------------------------------------------------------------------------------------------

NOISE = bytes(range(256)) * 8
UNREADABLE: list[tuple[str, Callable[[Folder], Any], int | None, str]] = [
    ("an unclosed quote", lambda f: f.bytes("census", f.file("census").read_bytes() + b'n9,2020,"1,2\n3,4\n'), 8, "not readable as CSV"),
    ("binary noise", lambda f: f.bytes("census", NOISE), 2, "not UTF-8"),
    ("noise that is UTF-8", lambda f: f.bytes("census", bytes(range(1, 9))), 1, "is missing"),
    ("GBK", lambda f: f.bytes("census", "area,year\n北京,2020\n".encode("gbk")), 2, "not UTF-8"),
    ("UTF-16", lambda f: f.bytes("census", "area,year\n北京,2020\n".encode("utf-16")), 1, "not UTF-8"),
    ("UTF-16 without a mark", lambda f: f.bytes("census", "area,year\n".encode("utf-16-le")), 1, "NUL bytes"),
    ("NUL bytes", lambda f: f.bytes("census", f.file("census").read_bytes() + b"n9,\0\n"), 8, "NUL bytes"),
    ("an empty file", lambda f: f.bytes("census", b""), None, "the file is empty"),
    ("only blank lines", lambda f: f.bytes("census", b"\n\n , \n"), None, "the file is empty"),
    ("an empty table", lambda f: f.put("census", f.lines("census")[:1]), None, "the table is empty"),
    ("semicolons", lambda f: f.bytes("census", f.file("census").read_bytes().replace(b",", b";")), 1, "separated by ';'"),
    ("a row cut short", lambda f: f.bytes("census", f.file("census").read_bytes() + b"n1,2020\n"), 8, "2 cells where the header has 9"),
    ("a missing file", lambda f: f.file("census").unlink(), None, "cannot be read (No such file"),
    ("a folder instead of a file", lambda f: (f.file("census").unlink(), f.file("census").mkdir()), None, "this is no file"),
    ("a pipe instead of a file", lambda f: (f.file("census").unlink(), os.mkfifo(f.file("census"))), None, "this is no file"),
    ("a link to nowhere", lambda f: (f.file("census").unlink(), f.file("census").symlink_to(f.path / "gone.csv")), None, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "row", "words"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_a_file_that_is_no_table_is_one_clear_fault(twin: Folder, spoil: Callable[[Folder], Any], row: int | None, words: str) -> None:
    spoil(twin)
    faults = twin.faults()
    first = faults[0]
    assert first.file == "census.csv" and first.row == row and words in first.what and first.mend, faults
    assert {fault.file for fault in faults} == {"census.csv"}
    with pytest.raises(DataError):
        twin.load()


def test_a_file_of_100_mb_is_refused_unread(twin: Folder) -> None:
    with twin.file("census").open("r+b") as file:
        file.truncate(100 * 2**20)
    fault = only_fault(twin)
    assert "100 MB" in fault.what and fault.file == "census.csv"


CELLS: list[tuple[str, int, dict[str, Any], str]] = [
    ("census", 2, {"pop_60_plus": "-5"}, "below 0"),
    ("census", 3, {"pop_60_plus": "NaN"}, "not a finite number"),
    ("census", 3, {"pop_60_plus": "-inf"}, "not a finite number"),
    ("census", 3, {"pop_60_plus": "1e999"}, "not a finite number"),
    ("census", 4, {"pop_60_plus": "many"}, "not a number"),
    ("census", 4, {"pop_60_plus": "80 000"}, "not a number"),
    ("census", 4, {"pop_60_plus": "80_000"}, "not a number"),
    ("census", 4, {"pop_60_plus": "80,000"}, "not a number"),
    ("census", 2, {"pop_60_plus": ""}, "is empty"),
    ("census", 2, {"urban_share": "80"}, "above 1"),
    ("census", 2, {"year": "2020.5"}, "not a whole number"),
    ("census", 2, {"year": "二〇二〇"}, "not a number"),
    ("census", 2, {"quality": "guessed"}, "not allowed"),
    ("census", 2, {"source": "hearsay"}, "is not in sources.csv"),
    ("census", 2, {"area": "atlantis"}, "is not in areas.csv"),
    ("rules", 2, {"valid_from": "yesterday"}, "not a day"),
    ("rules", 2, {"valid_from": "20200101"}, "not a day"),
    ("rules", 2, {"valid_from": "2023-02-30"}, "not a day"),
    ("rules", 2, {"origin": "atlantis"}, "is not in areas.csv"),
    ("rules", 2, {"destination": "atlantis"}, "is not in areas.csv"),
    ("rules", 2, {"rule": "care.telepathy"}, "there is no rule"),
    ("rules", 2, {"rule": "telepathy"}, "there is no rule"),
    ("rules", 2, {"value": "7"}, "outside the rule's range"),
    ("rules", 2, {"valid_to": "1999-01-01"}, "ends before it begins"),
    ("areas", 4, {"lat": "95"}, "above 90"),
    ("areas", 4, {"lon": ""}, "no coordinates"),
    ("areas", 4, {"level": "galaxy"}, "unknown level"),
    ("areas", 4, {"parent": "atlantis"}, "is not an area"),
    ("areas", 4, {"parent": "n1"}, "not above level"),
    ("areas", 4, {"parent": ""}, "is not an area"),
    ("areas", 2, {"parent": "n1"}, "has no parent"),
    ("areas", 4, {"name_en": "bell\x07"}, "control characters"),
    ("areas", 4, {"name_en": "x" * 3000}, "3000 characters"),
    ("sources", 2, {"title": ""}, "is empty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "line", "cells", "words"), CELLS, ids=[f"{table} {next(iter(c.items()))[0]}={next(iter(c.values()))!s:.12}" for table, _, c, _ in CELLS]
)
def test_a_wrong_cell_is_found_in_its_file_row_and_column(twin: Folder, table: str, line: int, cells: dict[str, Any], words: str) -> None:
    line = twin.line_of("rules", rule="care.recognised") if table == "rules" else line
    twin.set(table, line, **cells)
    faults = twin.faults()
    at = [fault for fault in faults if (fault.file, fault.row, fault.column) == (f"{table}.csv", line, next(iter(cells)))]
    assert at and any(words in fault.what for fault in at), "\n".join(map(str, faults))
    with pytest.raises(DataError) as refused:
        twin.load()
    assert list(refused.value.faults) == faults


def test_a_missing_column_is_named_with_the_columns_that_are_wanted(twin: Folder) -> None:
    twin.put("census", [line[:2] + line[3:] for line in twin.lines("census")])
    fault = only_fault(twin)
    assert (fault.file, fault.row, fault.column) == ("census.csv", 1, "pop_60_plus") and "urban_share" in fault.mend


def test_a_column_that_occurs_twice_is_a_fault(twin: Folder) -> None:
    twin.put("census", [[*line, line[2]] for line in twin.lines("census")])
    assert only_fault(twin).column == "pop_60_plus"


def test_a_repeated_key_names_both_lines(twin: Folder) -> None:
    lines = twin.lines("census")
    twin.put("census", [*lines, lines[1]])
    fault = only_fault(twin)
    assert (fault.file, fault.row) == ("census.csv", 8) and "line 2" in fault.what


def test_thousands_of_equal_faults_are_summed_up(twin: Folder) -> None:
    twin.bytes("census", twin.file("census").read_bytes() + b"x\n" * 5000 + b"n1,1,a,b,c,d,e,example,guess\n" * 5000)
    faults = twin.faults()
    assert len(faults) < 250 and any(fault.what == "4980 more rows have another number of cells" for fault in faults)


# -- the descriptor ------------------------------------------------------------------------------------------------------


def test_units_that_the_package_states_otherwise_are_a_fault(twin: Folder) -> None:
    census = next(i for i, one in enumerate(json.loads((twin.path / DESCRIPTOR).read_text())["resources"]) if one["name"] == "census")
    twin.describe(lambda meta: meta["resources"][census]["schema"]["fields"][2].update(unit="thousand people"))
    fault = only_fault(twin)
    assert (fault.file, fault.column) == (DESCRIPTOR, "pop_60_plus") and "'thousand people'" in fault.what and "people" in fault.mend


BROKEN = [
    b"", b"{", b"[]", b"null", b"3", b'"text"', b"{}", NOISE, b"\xff\xfe", b"[" * 200_000, b'{"resources": []}', b'{"xietong": {}, "resources": 3}',
    b'{"xietong": {}, "resources": [], "name": "\\ud800"}', b"1" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_descriptor_is_a_fault(twin: Folder, content: bytes) -> None:
    (twin.path / DESCRIPTOR).write_bytes(content)
    faults = twin.faults()
    assert faults and all(fault.file == DESCRIPTOR and fault.mend for fault in faults)
    with pytest.raises(DataError):
        twin.load()


JUNK: list[Any] = [
    None,
    True,
    7,
    1.5,
    float("nan"),
    "",
    "text",
    "\x1b[31m",
    [],
    [1],
    [None],
    [[]],
    {},
    {"zh": 1, "en": 2},
    {"zh": "", "en": ""},
    "é" * 10_000,
    -1e300,
]
MEMBERS = ["name", "resources", "xietong", "title", "note", "levels", "bbox", "events", "timezone", "currency"]


@pytest.mark.parametrize("member", MEMBERS)
def test_an_ill_typed_member_of_the_descriptor_is_a_fault_or_harmless(sound: Folder, member: str) -> None:
    meta = json.loads((sound.path / DESCRIPTOR).read_text(encoding="utf-8"))
    for junk in JUNK:
        spoilt = {**meta, member: junk} if member in meta and member != "title" else {**meta, "xietong": {**meta["xietong"], member: junk}}
        (sound.path / DESCRIPTOR).write_text(json.dumps(spoilt), encoding="utf-8")
        agree(sound.path)


@pytest.mark.parametrize("member", ["name", "path", "schema", "fields", "primaryKey"])
def test_an_ill_typed_resource_is_a_fault_or_harmless(sound: Folder, member: str) -> None:
    sound.list_table("extra", ["a"], ["b"])
    meta = json.loads((sound.path / DESCRIPTOR).read_text(encoding="utf-8"))
    extra = meta["resources"][-1]
    for junk in [*JUNK, [{}], [{"name": []}], [{"name": {}}], [{"name": "a", "type": [], "unit": [], "title": {}}]]:
        spoilt = {**extra, member: junk} if member in ("name", "path", "schema") else {**extra, "schema": {"fields": [{"name": "a"}], member: junk}}
        (sound.path / DESCRIPTOR).write_text(json.dumps({**meta, "resources": [*meta["resources"][:-1], spoilt]}), encoding="utf-8")
        agree(sound.path)


def test_what_is_wrong_in_several_members_is_said_at_once(twin: Folder) -> None:
    twin.describe(lambda meta: (meta.pop("name"), meta["xietong"].update(levels=[], timezone="Mars/Base", bbox=[1], currency="yuan", events=[{}])))
    assert {fault.column for fault in twin.faults()} == {"name", *(f"xietong.{one}" for one in ("levels", "timezone", "bbox", "currency", "events"))}


PATHS = ["../census.csv", "/etc/passwd", "sub/census.csv", "..", ".", "", "a\0b", "loop.csv", "out.csv", "x" * 5000, "./../twin/../../etc/passwd"]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_no_path_leads_out_of_the_folder(twin: Folder, path: str) -> None:
    (twin.path / "loop.csv").symlink_to(twin.path / "loop.csv")
    (twin.path.parent / "secret.csv").write_text("area,secret\n", encoding="utf-8")
    (twin.path / "out.csv").symlink_to(twin.path.parent / "secret.csv")
    twin.describe(lambda meta: next(one for one in meta["resources"] if one["name"] == "census").update(path=path))
    faults = twin.faults()
    assert faults and all("secret" not in str(fault) for fault in faults)
    with pytest.raises(DataError):
        twin.load()


def test_a_resource_listed_twice_or_a_framework_table_left_out_is_a_fault(twin: Folder) -> None:
    twin.describe(lambda meta: meta["resources"].append({"name": "census", "path": "census.csv"}))
    assert "listed twice" in only_fault(twin).what
    twin.describe(lambda meta: meta["resources"].pop())
    twin.drop_table("rules")
    assert "resource 'rules' is missing" in only_fault(twin).what


# -- areas ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 50])
def test_two_to_fifty_jurisdictions_are_a_region(twin: Folder, count: int) -> None:
    with_jurisdictions(twin, count)
    assert twin.faults() == [] and len(twin.load().areas.jurisdictions) == count


@pytest.mark.parametrize("count", [1, 51])
def test_one_jurisdiction_or_fifty_one_are_none(twin: Folder, count: int) -> None:
    with_jurisdictions(twin, count)
    assert f"{count} jurisdiction" in only_fault(twin).what


def test_parents_in_a_circle_are_a_fault(twin: Folder) -> None:
    twin.set("areas", 3, parent="n1")
    assert any((fault.row, fault.column) == (3, "parent") for fault in twin.faults())


def test_two_regions_in_one_file_are_a_fault(twin: Folder) -> None:
    twin.add("areas", area="other", name_zh="别处", name_en="Other", level="region", lon=10.1, lat=50.2)
    assert "2 areas have level 'region'" in only_fault(twin).what


def test_swapped_longitude_and_latitude_are_found(twin: Folder) -> None:
    twin.set("areas", 4, lon="50.30", lat="10.00")
    fault = only_fault(twin)
    assert (fault.row, fault.column) == (4, "lon") and "swapped" in fault.mend


def test_a_place_outside_the_stated_box_is_found(sound: Folder) -> None:
    line = sound.line_of("areas", area="maren")
    sound.set("areas", line, lon="14.5")
    fault = only_fault(sound)
    assert fault.row == line and "outside the region's box" in fault.what


def test_a_named_set_needs_members_and_has_no_parent(sound: Folder) -> None:
    line = sound.line_of("areas", area="pilot")
    sound.set("areas", line, parent="sound")
    assert only_fault(sound).row == line
    sound.set("areas", line, parent="")
    sound.drop_table("members")
    assert any(fault.row == line and "no members" in fault.what for fault in sound.faults())


def test_a_town_cannot_lie_below_a_named_set(sound: Folder) -> None:
    line = sound.line_of("areas", area="alvik")
    sound.set("areas", line, parent="pilot")
    assert "is a named set" in only_fault(sound).what


def test_members_are_units_that_exist(sound: Folder) -> None:
    lines = sound.lines("members")
    sound.put(
        "members",
        [*lines, ["pilot", "atlantis", "example", "illustrative"], ["skog", "fyr", "example", "illustrative"], ["pilot", "pilot", "example", "illustrative"]],
    )
    assert [(fault.row, fault.column) for fault in sound.faults()] == [(5, "member"), (6, "area"), (7, "member")]


# -- rules ---------------------------------------------------------------------------------------------------------------


def rule(folder: Folder, **cells: Any) -> int:
    return folder.add("rules", **{"rule": "care.recognised", "origin": "twin", "destination": "twin", "value": 0.5, "valid_from": "2010-01-01", **cells})


def test_rows_that_overlap_in_time_are_a_fault(twin: Folder) -> None:
    line = rule(twin)
    fault = only_fault(twin)
    assert (fault.file, fault.row, fault.column) == ("rules.csv", line, "valid_from") and "overlaps in time" in fault.what


def test_two_equally_specific_rows_are_a_fault(twin: Folder) -> None:
    rule(twin, origin="n1")
    line = rule(twin, destination="s1")
    fault = only_fault(twin)
    assert (fault.file, fault.row) == ("rules.csv", line) and "neither is more specific" in fault.what


def test_a_row_inside_both_settles_the_contradiction(twin: Folder) -> None:
    rule(twin, origin="northbank", destination="southbank")
    rule(twin, origin="n1", destination="s1")
    assert twin.faults() == []


def test_a_pair_without_a_row_is_a_fault(twin: Folder) -> None:
    twin.set("rules", twin.line_of("rules", rule="care.recognised"), destination="southbank")
    fault = only_fault(twin)
    assert fault.file == "rules.csv" and "has no row for s1 (南港) -> n1 (北港)" in fault.what and "twin to twin" in fault.mend


def test_a_rule_without_any_row_is_a_fault_whatever_the_day(twin: Folder) -> None:
    twin.put("rules", [line for line in twin.lines("rules") if line[0] != "care.follows"])
    assert "rule 'care.follows' has no row" in only_fault(twin).what


def test_a_gap_between_two_periods_is_a_fault(sound: Folder) -> None:
    sound.set("rules", 2, valid_to="2015-01-01")
    assert "on 2015-01-01" in only_fault(sound).what


def test_rules_of_a_workstream_that_is_not_installed_are_left_alone(twin: Folder) -> None:
    rule(twin, rule="tides.shared")
    assert twin.faults() == []


def test_a_day_before_all_rules_is_refused_in_words(twin: Folder) -> None:
    with pytest.raises(DataError, match="1999-12-31"):
        twin.load("1999-12-31").care.status()


@pytest.mark.parametrize("day", ["tomorrow", "2024-13-01", "", "2024-1-1", "0000-00-00"])
def test_a_day_that_is_none_is_refused_in_words(twin: Folder, day: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        twin.load(day)


# -- assumptions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["care.telepathy", 1, 2, 3], "param"),
        (["limit_min", 1, 2, 3], "param"),
        (["care.limit_scale", 3, 2, 1], "value"),
        (["care.limit_scale", 1, "nan", 3], "value"),
    ],
)
def test_an_assumption_must_be_declared_and_lie_in_its_range(twin: Folder, row: list[Any], column: str) -> None:
    twin.list_table("params", ["param", "low", "value", "high"], row)
    fault = only_fault(twin)
    assert (fault.file, fault.row, fault.column) == ("params.csv", 2, column)


# -- questions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [-1, float("nan"), float("inf"), 1e300, "much", [], "1e8 CNY", True and "yes"])
def test_a_budget_that_cannot_be_spent_is_refused_in_words(twin: Folder, budget: Any) -> None:
    with pytest.raises(UsageError, match="budget_cny"):
        twin.load().care.plan(budget_cny=budget)


def test_an_unknown_area_workstream_or_table_is_refused_in_words(twin: Folder) -> None:
    region = twin.load()
    with pytest.raises(NotFound, match="atlantis"):
        region.care.for_("atlantis")
    with pytest.raises(NotFound, match="there are air"):
        region.bind("telepathy")
    with pytest.raises(NotFound, match="census"):
        region.table("telepathy")


@pytest.mark.parametrize("name", ["atlantis", "../..", "jjj/../jjj", "a" * 5000, "nul\0nul", "/dev/null", __file__])
def test_a_region_that_is_not_there_is_refused_in_words(name: str) -> None:
    with pytest.raises(XietongError):
        xietong.load(name)


# -- all at once ---------------------------------------------------------------------------------------------------------


def test_faults_in_every_file_are_reported_at_once(twin: Folder) -> None:
    twin.describe(lambda meta: meta["xietong"].update(timezone="Mars/Base"))
    twin.set("areas", 4, name_en="")
    twin.set("census", 2, pop_60_plus="-1", urban_share="many", quality="guessed")
    twin.put("population", [line[:-1] for line in twin.lines("population")])
    twin.set("population", 3, pop="few")
    twin.bytes("homes", "区域".encode("gbk"))
    twin.set("sources", 2, title="")
    line = twin.line_of("rules", rule="care.recognised")
    twin.set("rules", line, value="9")
    found = {(fault.file, fault.row, fault.column) for fault in twin.faults()}
    assert found == {
        (DESCRIPTOR, None, "xietong.timezone"), ("areas.csv", 4, "name_en"), ("census.csv", 2, "pop_60_plus"), ("census.csv", 2, "urban_share"),
        ("census.csv", 2, "quality"), ("population.csv", 1, "quality"), ("population.csv", 3, "pop"), ("homes.csv", 1, ""), ("sources.csv", 2, "title"),
        ("rules.csv", line, "value"),
    }  # fmt: skip


def test_a_fault_elsewhere_does_not_hide_rules_that_contradict_each_other(twin: Folder) -> None:
    twin.set("census", 2, pop_60_plus="-1")
    rule(twin, origin="n1")
    rule(twin, destination="s1")
    assert [fault.file for fault in twin.faults()] == ["census.csv", "rules.csv"]


def test_validating_writes_nothing(twin: Folder) -> None:
    twin.set("census", 2, pop_60_plus="-1")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in twin.path.iterdir()}
    twin.faults()
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in twin.path.iterdir()} == before


def test_an_error_prints_forty_faults_and_counts_the_rest(twin: Folder) -> None:
    twin.put("areas", [twin.lines("areas")[0], *([f"a{n}", "", "", "", "", "", "", "", "", ""] for n in range(60))])
    with pytest.raises(DataError) as refused:
        twin.load()
    text = str(refused.value)
    assert text.count("\n") == 41 and text.endswith("more")


# -- anything at all -----------------------------------------------------------------------------------------------------


def agree(path: Path) -> None:
    """load() and validate() say the same; whatever is wrong is a XietongError."""
    try:
        faults = validate(path, catalogue())
    except NotFound:
        faults = None
    try:
        load(path, catalogue(), "2026-01-15")
    except XietongError as error:
        assert faults is None or list(error.faults) == faults
        for fault in error.faults:
            assert fault.what and fault.mend and str(fault)
            json.dumps(fault._asdict(), ensure_ascii=False).encode()
    else:
        assert faults == []


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return skeleton(tmp_path_factory.mktemp("spoilt") / "twin")


INTERESTING = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xe2\x80\xa8",
    b"-",
    b"nan",
    b"1e999",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"null",
    b"0",
    b"twin",
    b"n1",
    b"\\ud800",
    b"9999-12-31",
]
PATCH = st.one_of(st.sampled_from(INTERESTING), st.binary(max_size=6))


@settings(max_examples=160, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_bytes_gives_anything_but_a_region_or_an_error_in_words(spoilt: Folder, data: st.DataObject) -> None:
    files = sorted(path.name for path in spoilt.path.iterdir())
    path = spoilt.path / data.draw(st.sampled_from([*files, DESCRIPTOR, "areas.csv", "rules.csv"]))
    content = path.read_bytes()
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(changed)))
        changed[start : start + data.draw(st.integers(0, 12))] = data.draw(PATCH)
    try:
        path.write_bytes(changed)
        agree(spoilt.path)
    finally:
        path.write_bytes(content)


@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_cell_gives_anything_but_a_region_or_an_error_in_words(spoilt: Folder, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(sorted(path.stem for path in spoilt.path.glob("*.csv"))))
    lines = spoilt.lines(table)
    line, column = data.draw(st.integers(2, len(lines))), data.draw(st.sampled_from(lines[0]))
    words = st.sampled_from(
        [
            "",
            "twin",
            "n1",
            "southbank",
            "set",
            "bank",
            "region",
            "-1",
            "1e14",
            "0",
            "2020-01-01",
            "9999-12-31",
            "0001-01-01",
            "care.recognised",
            "true",
            "example",
            "=1+1",
        ]
    )
    content = spoilt.file(table).read_bytes()
    try:
        spoilt.set(table, line, **{column: data.draw(st.one_of(words, st.text(max_size=8)))})
        agree(spoilt.path)
    finally:
        spoilt.bytes(table, content)
