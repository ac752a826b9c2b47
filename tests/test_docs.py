"""Documents are executed: every Python block runs, in order and in one namespace a file; every `$ xietong` line exits as it says.

A fenced block is ``python`` (executed), ``console`` (every line that begins with ``$`` is run), or one of READ_ONLY. There
is no mark for skipping: an example that cannot run has no place in the documents. A console line may say how it ends:
``$ xietong region validate broken  # exit 2``.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from xietong.app import cli

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
READ_ONLY = {"sh", "text", "csv", "json", "toml", "http"}
FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d+)$")


class Block(NamedTuple):
    language: str
    line: int
    text: str


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a document, with the line on which each one's content begins."""
    source = path.read_text(encoding="utf-8")
    return [Block(found[1], source[: found.start(2)].count("\n") + 1, found[2]) for found in FENCE.finditer(source)]


def commands(block: Block) -> list[tuple[str, int, int]]:
    """The command lines of a console block: command, the exit code it should have, line."""
    found = []
    for offset, line in enumerate(block.text.splitlines()):
        if line.startswith("$"):
            says = EXIT.search(line)
            found.append((EXIT.sub("", line).removeprefix("$").strip(), int(says[1]) if says else 0, block.line + offset))
    return found


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command line as the shell would, in this process; the exit code."""
    program, *arguments = shlex.split(command)
    assert program == "xietong", f"only xietong is run here, not {program!r}: write other commands into a block `sh`"
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_a_documents_examples_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("XIETONG_REGION", "XIETONG_LANG"):
        monkeypatch.delenv(name, raising=False)
    space: dict[str, object] = {"__name__": f"document_{path.stem}"}
    for block in blocks(path):
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, str(path), "exec"), space)
        elif block.language == "console":
            for command, code, line in commands(block):
                ended = run(command, monkeypatch)
                assert ended == code, f"{named(path)}:{line}: {command} ended with {ended}, not {code}\n{capsys.readouterr().err}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_no_example_is_passed_over(path: Path) -> None:
    for block in blocks(path):
        assert block.language in {"python", "console", *READ_ONLY}, f"{named(path)}:{block.line}: a block of {block.language or 'no language'}"
        if block.language == "console":
            assert commands(block), f"{named(path)}:{block.line}: a console block without a command"
        if block.language in READ_ONLY:
            hidden = [line for line in block.text.splitlines() if line.startswith(("$ xietong", "xietong ")) and " serve" not in line]
            assert not hidden, f"{named(path)}:{block.line}: write {hidden} into a block `console`, so that it is run"
    fences = sum(line.startswith("```") for line in path.read_text(encoding="utf-8").splitlines())
    assert fences == 2 * len(blocks(path)), f"{named(path)}: a fence is not closed, or not at the start of its line"


def test_the_documents_are_there() -> None:
    names = {named(path) for path in DOCUMENTS}
    assert {"docs/architecture.md", "docs/workstream.md", "docs/region.md", "docs/travel.md", "docs/method.md", "docs/performance.md"} <= names
