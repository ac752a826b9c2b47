"""The command line: answers on stdout, progress and errors on stderr, exit codes that mean something, no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.app.conftest import Ask
from tests.conftest import DAY
from tests.regions import DESCRIPTOR, Folder, second_region
from xietong.core.workstream import Workstream
from xietong.workstreams import catalogue

WORKSTREAMS = [name for name, one in catalogue().items() if isinstance(one, Workstream)]


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    command = Path(sys.executable).with_name("xietong")
    return subprocess.run([command, *words], capture_output=True, text=True, env={**os.environ, **environment}, timeout=60, check=False)


def refused(answer: object, *words: str) -> None:
    """Exit code 2, nothing on stdout, an error in words on stderr."""
    code, out, err = answer if isinstance(answer, tuple) else (answer.returncode, answer.stdout, answer.stderr)  # type: ignore[attr-defined]
    assert (code, out) == (2, ""), err
    assert "Traceback" not in err and all(word in err for word in words), err


# -- finding one's way ---------------------------------------------------------------------------------------------------


def test_help_lists_the_commands_and_every_workstream(ask: Ask) -> None:
    answer = ask("--help")
    assert answer.code == 0 and answer.err == ""
    assert all(word in answer.out for word in ("list", "describe", "headline", "serve", "region", *WORKSTREAMS))


def test_no_command_shows_the_help(ask: Ask) -> None:
    answer = ask()
    assert "Usage" in answer.out + answer.err and answer.code in (0, 2)


@pytest.mark.parametrize("name", WORKSTREAMS)
def test_every_workstream_has_its_verbs(ask: Ask, name: str) -> None:
    answer = ask(name, "--help")
    verbs = ["status", "border", "lifts", "sensitivity", *(["plan"] if catalogue()[name].can_choose else [])]  # type: ignore[attr-defined]
    assert answer.code == 0 and all(verb in answer.out for verb in verbs)


def test_shell_completion_can_be_had() -> None:
    shown = shell("--show-completion", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "Traceback" not in shown.stderr
    offered = shell(_XIETONG_COMPLETE="complete_bash", COMP_WORDS="xietong ca", COMP_CWORD="1")
    assert offered.returncode == 0 and "care" in offered.stdout.split()


def test_list_says_what_a_region_lacks(ask: Ask, sound: Folder) -> None:
    rows = {row["workstream"]: row["missing"] for row in ask("list", "--region", str(sound.path), "--json").json}
    assert set(rows) == set(WORKSTREAMS) and rows["care"] == [] and any(rows.values())
    table = ask("list", "--region", str(sound.path), "--lang", "zh")
    assert table.code == 0 and "养老" in table.out


@pytest.mark.parametrize("name", WORKSTREAMS)
def test_describe_prints_what_a_workstream_declares(ask: Ask, name: str) -> None:
    view = ask("describe", name, "--json").json
    assert view["workstream"] == name and view["measures"] and view["tables"]
    for lang in ("zh", "en"):
        answer = ask("describe", name, "--lang", lang)
        assert answer.code == 0 and view["title"][lang] in answer.out and f"{view['tables'][0]['table']}.csv" in answer.out


# -- regions -------------------------------------------------------------------------------------------------------------


def test_a_new_region_validates_and_shows(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "newland"
    made = ask("region", "new", str(folder))
    assert made.code == 0 and (folder / "README.md").is_file()
    assert ask("region", "validate", str(folder)).out.endswith("valid\n")
    assert ask("region", "validate", str(folder), "--json").json == []
    shown = ask("region", "show", "--region", str(folder), "--json").json
    assert shown["region"] == "newland" and len(shown["jurisdictions"]) == 2
    assert "newland" in ask("region", "show", "--region", str(folder)).out


def test_a_new_region_in_the_folder_where_one_stands_takes_its_name(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert ask("region", "new", ".").code == 0
    assert ask("region", "validate", ".").code == 0
    assert json.loads((tmp_path / "here" / DESCRIPTOR).read_text())["name"] == "here"


def test_region_list_names_the_bundled_regions(ask: Ask) -> None:
    assert "jjj" in ask("region", "list").out.split()


def test_a_target_that_cannot_be_written_is_refused_and_nothing_is_left(ask: Ask, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    file = tmp_path / "file"
    file.write_text("")
    before = sorted(tmp_path.rglob("*"))
    for target in (full, file, file / "below", Path("/proc/nowhere/region"), Path("/dev/null")):
        refused(ask("region", "new", str(target)), target.name)
    assert sorted(tmp_path.rglob("*")) == before


def test_validate_prints_every_fault_and_ends_with_2(ask: Ask, tmp_path: Path) -> None:
    folder = second_region(tmp_path / "sound")
    folder.set("census", 2, pop_60_plus="-1")
    folder.set("homes", 3, tier="")
    answer = ask("region", "validate", str(folder.path))
    assert answer.code == 2 and answer.err == ""
    assert "census.csv:2:pop_60_plus" in answer.out and "homes.csv:3:tier" in answer.out and "2 fault(s)" in answer.out
    faults = ask("region", "validate", str(folder.path), "--json")
    assert (faults.code == 2 and [fault["row"] for fault in faults.json] == [3, 2]) or [fault["row"] for fault in faults.json] == [2, 3]


@pytest.mark.parametrize("command", ["list", "headline", "care status", "care plan", "region show"])
def test_a_broken_region_is_refused_with_its_faults_by_every_command(ask: Ask, tmp_path: Path, command: str) -> None:
    folder = second_region(tmp_path / "sound")
    folder.set("census", 2, pop_60_plus="-1")
    refused(ask(*command.split(), "--region", str(folder.path)), "census.csv:2:pop_60_plus", "nothing was loaded")


# -- questions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["status", "border", "lifts", "plan"])
def test_a_verb_answers_as_json_and_as_a_table(ask: Ask, sound: Folder, verb: str) -> None:
    words = ("care", verb, "--region", str(sound.path), "--as-of", DAY)
    answer = ask(*words, "--json")
    assert answer.code == 0 and answer.err == ""
    assert answer.json["verb"] == verb and answer.json["as_of"] == DAY and answer.json["measures"]
    table = ask(*words, "--lang", "en")
    care = catalogue()["care"]
    assert isinstance(care, Workstream) and table.code == 0 and care.measures[care.target].title.en in table.out and table.err == ""


def test_one_area_can_be_asked_for_by_id_or_by_name(ask: Ask, sound: Folder) -> None:
    by = [ask("care", "status", "--region", str(sound.path), "--as-of", DAY, "--area", name, "--json").json for name in ("pilot", "Bridge Pilot", "跨海试点")]
    assert by[0]["area"] == "pilot" and by[0]["measures"] == by[1]["measures"] == by[2]["measures"]


def test_as_of_asks_under_the_rules_of_another_day(ask: Ask, sound: Folder) -> None:
    figures = [ask("care", "status", "--region", str(sound.path), "--as-of", day, "--json").json["measures"] for day in ("2015-06-30", "2015-07-01")]
    assert figures[0] != figures[1]


def test_the_command_in_the_provenance_gives_the_result_again(ask: Ask, sound: Folder) -> None:
    first = ask("care", "plan", "--region", str(sound.path), "--as-of", DAY, "--budget", "1e8", "--json").json
    again = ask(*first["provenance"]["command"].split()[1:], "--json").json
    assert again == first


def test_names_that_look_like_markup_are_printed_as_they_are(ask: Ask, tmp_path: Path) -> None:
    folder = second_region(tmp_path / "[bold]x")
    title = "[/red] :car: [link=x]"
    folder.describe(lambda meta: meta["xietong"].update(title={"zh": title, "en": title}))
    folder.set("areas", 2, name_zh=title, name_en=title)
    for command in ("list", "region show", "care status", "headline"):
        answer = ask(*command.split(), "--region", str(folder.path), "--lang", "en")
        assert answer.code == 0, answer.err
        assert title in answer.out or command == "list"


# -- errors --------------------------------------------------------------------------------------------------------------

MISTAKES = [
    ("care status --region atlantis", "there is no region 'atlantis'"), ("care status --area atlantis", "no area is called 'atlantis'"),
    ("care status --as-of tomorrow", "YYYY-MM-DD"), ("care status --as-of 1900-01-01", "1900-01-01"), ("care status --lang fr", "give zh or en"),
    ("care plan --budget -1", "budget_cny"), ("care plan --budget nan", "budget_cny"), ("care plan --budget inf", "budget_cny"),
    ("care plan --budget much", "budget_cny"), ("care plan --seed -1", "--seed"), ("care plan --seed x", "--seed"), ("care fly", "fly"),
    ("telepathy", "telepathy"), ("telepathy status", "telepathy"), ("describe telepathy", "telepathy"), ("list --no-such-option", "--no-such-option"),
    ("region show --region /dev/null", "there is no region"), ("region validate atlantis", "there is no region"), ("region new", "DIR"),
    ("serve --region atlantis", "there is no region 'atlantis'"), ("serve --port 70000", "--port"), ("serve --port -1", "--port"),
    ("serve --host 203.0.113.1 --port 0", "cannot be used"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "word"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_ends_with_2_and_words_on_stderr(ask: Ask, sound: Folder, line: str, word: str) -> None:
    words = line.split()
    known = words[0] == "care" and "--region" not in words
    refused(ask(*words, *(["--region", str(sound.path)] if known else [])), word)


def test_a_missing_table_is_refused_with_what_to_add(ask: Ask, sound: Folder) -> None:
    refused(ask("air", "status", "--region", str(sound.path)), "emissions", "xietong describe air")


# -- in a process of its own ---------------------------------------------------------------------------------------------


def test_the_installed_command_answers(sound: Folder) -> None:
    answer = shell("care", "status", "--region", str(sound.path), "--json")
    assert answer.returncode == 0 and answer.stderr == "" and json.loads(answer.stdout)["workstream"] == "care"


def test_the_installed_command_refuses_in_words() -> None:
    refused(shell("care", "status", "--area", "atlantis"), "xietong: ", "atlantis")


def test_a_terminal_without_chinese_gets_json_all_the_same() -> None:
    answer = shell("list", "--json", PYTHONIOENCODING="ascii")
    assert answer.returncode == 0 and json.loads(answer.stdout)[0]["title"]["zh"]
    table = shell("list", "--lang", "zh", PYTHONIOENCODING="ascii")
    assert table.returncode == 0 and "Traceback" not in table.stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = [Path(sys.executable).with_name("xietong"), "region", "show", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == "" and process.wait(60) == 1


def test_ctrl_c_stops_a_long_question_without_a_traceback(sound: Folder) -> None:
    command = [Path(sys.executable).with_name("xietong"), "care", "sensitivity", "--region", str(sound.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "") and err == "xietong: stopped; nothing was changed\n"


def test_progress_goes_to_stderr_and_only_where_someone_looks(sound: Folder) -> None:
    import pty

    master, slave = pty.openpty()
    command = [Path(sys.executable).with_name("xietong"), "care", "border", "--region", str(sound.path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(slave)
        assert process.stdout is not None
        out = process.stdout.read()
        seen = b""
        try:
            while part := os.read(master, 65536):
                seen += part
        except OSError:  # the other side has closed
            pass
        os.close(master)
    assert json.loads(out)["verb"] == "border" and b"%" in seen and b"%" not in out[:100]


# -- serving -------------------------------------------------------------------------------------------------------------


def test_serving_on_a_taken_port_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused(shell("serve", "--port", port), f"port {port}", "is taken", "xietong serve --port")


def test_serving_a_broken_region_says_so_at_once(tmp_path: Path) -> None:
    folder = second_region(tmp_path / "sound")
    folder.set("census", 2, pop_60_plus="-1")
    refused(shell("serve", "--port", "0", "--region", str(folder.path)), "census.csv:2:pop_60_plus")


def test_two_served_regions_of_one_name_are_refused(ask: Ask, tmp_path: Path) -> None:
    one, other = second_region(tmp_path / "a" / "sound"), second_region(tmp_path / "b" / "sound")
    refused(ask("serve", "--port", "0", "-r", str(one.path), "-r", str(other.path)), "'sound'", "rename")


@pytest.mark.parametrize(("name", "value"), [("XIETONG_PORT", "many"), ("XIETONG_PORT", "70000"), ("XIETONG_JOBS", "0")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    refused(shell("serve", **{name: value}), name, value)


def test_a_step_that_cannot_be_taken_is_refused_and_says_what_there_is(ask: Ask, sound: Folder) -> None:
    refused(ask("care", "status", "--region", str(sound.path), "--step", "beds:fyr,institution,golden:1"), "basic")
    refused(ask("care", "border", "--region", str(sound.path), "--step", "levitate"), "beds, convert, train, voucher, pact")
    answer = ask("care", "plan", "--region", str(sound.path), "--step", "beds:fyr,institution,basic:1")
    assert answer.code == 2 and "--step" in answer.err


def test_a_workstream_is_described_as_a_region_has_it(ask: Ask, sound: Folder) -> None:
    for lang in ("zh", "en"):
        assert ask("describe", "care", "--region", str(sound.path), "--lang", lang).code == 0
    view = ask("describe", "care", "--region", str(sound.path), "--as-of", DAY, "--json").json
    assert view["available"] and view["as_of"] == DAY
    (limit,) = (one for one in view["params"] if one["param"] == "limit_scale")
    assert (limit["low"], limit["value"], limit["high"]) == (0.6, 0.7, 0.9)
    assert ask("describe", "air", "--region", str(sound.path), "--json").json["missing"]


def test_a_timetable_is_brought_into_a_region_or_every_fault_is_printed(ask: Ask, tmp_path: Path) -> None:
    folder, feed = tmp_path / "twin", tmp_path / "feed"
    assert ask("region", "new", str(folder)).code == 0
    feed.mkdir()
    texts = {
        "stops": "stop_id,stop_name,stop_lat,stop_lon\na,Alpha,50.29,10.01\nb,Beta,50.37,10.26\n",
        "routes": "route_id,route_short_name,route_type\nr,R1,2\n",
        "trips": "route_id,service_id,trip_id\nr,s,t\n",
        "calendar_dates": "service_id,date,exception_type\ns,20260302,1\n",
        "stop_times": "trip_id,stop_id,arrival_time,departure_time,stop_sequence\nt,a,08:00:00,08:00:00,1\nt,b,08:20:00,08:20:00,2\n",
    }
    for name, text in texts.items():
        (feed / f"{name}.txt").write_text(text)
    words = ("region", "timetable", str(folder), str(feed), "--date", "2026-03-02", "--name", "spring", "--title-zh", "春", "--title-en", "Spring")
    made = ask(*words, "--valid-from", "2026-01-01", "--source", "operator", "--quality", "published")
    assert made.code == 0 and made.err == ""
    assert "timetable spring of 2026-03-02: 1 train(s), 2 calls, 2 stations; published, used from 2026-01-01" in made.out
    assert ask("region", "validate", str(folder)).code == 0
    assert "Spring" in ask("rail", "status", "--region", str(folder), "--as-of", "2026-01-01", "--lang", "en").out
    (feed / "stops.txt").write_text(texts["stops"] + "".join(f"s{number},S,99{number},0\n" for number in range(9)))
    (feed / "trips.txt").write_text(texts["trips"] + "".join(f"r,nowhere,u{number}\n" for number in range(60)))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    wrong = ask(*words)
    refused(wrong, "stops.txt:4:stop_lat", "trips.txt:3:service_id", "nothing was read")
    assert "and 20 more" not in wrong.err and wrong.err.count("stop_lat") == 9
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    refused(ask(*words[:4], "--name", "spring"), "--date")
    refused(ask(*words, "--quality", "good"), "quality 'good'")
