"""The house stays tidy: short functions, docstrings, two languages, no dead module, no path of one machine.

In the spirit of TigerBeetle's src/tidy.zig: what a reviewer would have to say again and again is said here once.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from xietong.core.declare import Table
from xietong.core.glossary import DECIDERS, QUALITIES, REGIME_TITLES, UNITS, VERBS
from xietong.core.text import T
from xietong.core.workstream import Provider, Workstream
from xietong.io.schema import FRAMEWORK
from xietong.workstreams import catalogue

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "xietong"

LINES_A_FUNCTION = 75
"""About 70 is the aim; this is the limit."""

LINES_A_FILE = 550
"""About 500 is the aim; this is the limit."""

CONTRACT = {"solve", "choose", "product"}
"""Methods that every workstream writes: what they must do is said once, in core/workstream.py."""

FOLDERS = (".ci", "src", "tests", "benchmarks", "docs", "tools", "ui")
SKIPPED = {"node_modules", "static", "dist", "build", "__pycache__"}
HAN = re.compile(r"[\u3400-\u9fff]")
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package, parsed, by its path from the root."""
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def functions() -> Iterator[tuple[str, Function]]:
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def tracked() -> Iterator[Path]:
    """The files of the repository as far as it is written by hand: no build, no cache, no environment."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file():
            yield path
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not SKIPPED.intersection(path.relative_to(ROOT).parts):
                yield path


# -- length ------------------------------------------------------------------------------------------------------------


def test_a_function_fits_on_a_screen() -> None:
    long = [f"{where}: {node.end_lineno - node.lineno + 1} lines" for where, node in functions() if node.end_lineno - node.lineno >= LINES_A_FUNCTION]
    assert not long, f"split these (limit {LINES_A_FUNCTION}): {long}"


def test_a_file_can_be_read_at_one_sitting() -> None:
    lines = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules()}
    long = {path: count for path, count in lines.items() if count > LINES_A_FILE}
    assert not long, f"split these (limit {LINES_A_FILE}): {long}"


# -- docstrings --------------------------------------------------------------------------------------------------------


def undocumented(node: ast.AST, where: str, inside: str = "") -> Iterator[str]:
    """Public names without a docstring.

    Exempt are functions inside functions, the methods of CONTRACT in workstreams, and methods and properties whose body
    is one simple statement or loop: there the name and the line say it all.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If | ast.Try):
            yield from undocumented(child, where, inside)
        if not isinstance(child, ast.ClassDef | Function) or child.name.startswith("_"):
            continue
        name = f"{inside}.{child.name}" if inside else child.name
        method = bool(inside) and isinstance(child, Function)
        plain = method and (len(child.body) == 1 or (child.name in CONTRACT and "/workstreams/" in where))
        if not ast.get_docstring(child) and not plain:
            yield f"{where}:{child.lineno} {name}"
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, where, name)


def test_every_public_name_says_what_it_is() -> None:
    found = [f"{path}:1 the module" for path, tree in modules().items() if not ast.get_docstring(tree)]
    for path, tree in modules().items():
        found += undocumented(tree, path)
    assert not found, "write a docstring for " + "; ".join(found)


# -- languages ---------------------------------------------------------------------------------------------------------


def texts(value: Any, where: str) -> Iterator[tuple[str, T]]:
    """Every T below ``value``: in declarations, their fields, and mappings and tuples of them."""
    if isinstance(value, T):
        yield where, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from texts(one, f"{where}.{name}")
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from texts(getattr(value, field.name), f"{where}.{field.name}")
    elif isinstance(value, list | tuple):
        for position, one in enumerate(value):
            yield from texts(one, f"{where}[{position}]")


def declarations(provider: Provider) -> dict[str, Any]:
    names = ("title", "tables", "rules", "params", "measures", "layers", "levers", "matters")
    return {name: getattr(provider, name) for name in names if hasattr(provider, name)}


def faults_of(text: T) -> str:
    """What is wrong with a text in two languages; a text may read the same in both (a code, a unit)."""
    if not text.zh.strip() or not text.en.strip():
        return "a language is missing"
    if HAN.search(text.en):
        return "the English holds Chinese"
    if text.zh != text.en and not (HAN.search(text.zh) or "%" in text.zh):
        return "the Chinese holds none"
    return ""


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_workstream_speaks_both_languages(name: str) -> None:
    found = [f"{where} {text}: {fault}" for where, text in texts(declarations(catalogue()[name]), name) if (fault := faults_of(text))]
    assert not found


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_workstream_says_in_both_languages_what_it_leaves_out(name: str) -> None:
    about = catalogue()[name].about
    assert about.en and about.zh, f"the docstring of {name} needs an English part, a line --- and a Chinese part"
    assert HAN.search(about.zh) and not HAN.search(about.en), f"{name}: English stands above ---, Chinese below"
    assert "leave" in about.en.lower() or "left out" in about.en.lower(), f"{name} does not say what it leaves out"
    assert "未考虑" in about.zh or "未计入" in about.zh, f"{name}: 中文部分没有说明未考虑什么"


def test_the_glossary_speaks_both_languages() -> None:
    glossary = {"units": {name: text for name, text in UNITS.items() if name}, "verbs": VERBS, "regimes": REGIME_TITLES, "qualities": QUALITIES}
    found = [f"{where}: {fault}" for where, text in texts({**glossary, "deciders": DECIDERS, "framework": FRAMEWORK}, "") if (fault := faults_of(text))]
    assert not found


def test_a_text_written_in_the_source_has_both_languages() -> None:
    found = []
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "T":
                words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                if len(words) == len(node.args) == 2 and any(words) and (fault := faults_of(T(*words))):
                    found.append(f"{path}:{node.lineno} {words}: {fault}")
    assert not found


def units(provider: Provider) -> Iterator[tuple[str, str]]:
    for table, declared in provider.tables.items():
        yield from ((f"{table}.{name}", column.unit) for name, column in declared.columns.items())
    for group in ("rules", "params", "measures", "layers", "levers"):
        yield from ((f"{group}.{name}", one.unit) for name, one in getattr(provider, group, {}).items())


def test_every_unit_stands_in_the_glossary() -> None:
    framework = [(f"{name}.{column}", one.unit) for name, table in FRAMEWORK.items() for column, one in table.columns.items()]
    used = [*framework, *((f"{name}.{where}", unit) for name, one in catalogue().items() for where, unit in units(one))]
    unknown = [f"{where}: {unit!r}" for where, unit in used if unit not in UNITS]
    assert not unknown, f"add these units to core/glossary.py: {unknown}"


def keys(words: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, word in words.items():
        flat |= keys(word, f"{prefix}{name}.") if isinstance(word, dict) else {f"{prefix}{name}": word}
    return flat


def test_the_page_speaks_both_languages() -> None:
    folder = ROOT / "ui" / "src" / "i18n"
    if not folder.is_dir():
        pytest.skip("there is no ui/src/i18n")
    zh, en = (keys(json.loads((folder / f"{lang}.json").read_text(encoding="utf-8"))) for lang in ("zh", "en"))
    assert set(zh) == set(en), f"only in one language: {sorted(set(zh) ^ set(en))}"
    assert all(word.strip() for words in (zh, en) for word in words.values())
    holes = re.compile(r"{{\s*(\w+)")
    assert {name: sorted(holes.findall(word)) for name, word in zh.items()} == {name: sorted(holes.findall(word)) for name, word in en.items()}


# -- nothing dead, nothing of one machine ------------------------------------------------------------------------------


def module_name(path: str) -> str:
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(tree: ast.Module) -> Iterator[str]:
    """Names of modules that a module imports, at its top or later, by name too (``_LAZY``)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("xietong."):
            yield node.value


def test_every_module_is_reached_from_an_entry_point() -> None:
    trees = {module_name(path): tree for path, tree in modules().items()}
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    waiting = ["xietong", *(target.partition(":")[0] for target in scripts.values())]
    # The workstreams are found in their folder: no line anywhere names them.
    waiting += [name for name in trees if re.fullmatch(r"xietong\.workstreams\.[a-z]\w*", name)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in trees and name not in reached:
            reached.add(name)
            parents = (".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1))
            waiting += [*parents, *imported(trees[name])]
    assert not (dead := sorted(set(trees) - reached)), f"nothing imports {dead}: remove it, or use it"


MACHINE = re.compile(r"(?<![\w.:/-])/(?:work|home|root|Users)/\w|[A-Z]:\\\\?Users")
REGISTRY = re.compile(r"https?://[^\s\"']*(?:pypi|pythonhosted|npmjs|npmmirror|/simple|artifactory|nexus|tuna\.tsinghua|aliyun)", re.IGNORECASE)
LOCKS = ("requirements.lock", "ui/package-lock.json", "ui/.npmrc", "pyproject.toml")


def test_no_file_holds_a_path_of_one_machine() -> None:
    found = []
    for path in tracked():
        if path.suffix in (".png", ".jpg", ".woff2", ".ico") or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number} {match.group()}")
    assert not found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry(lock: str) -> None:
    if not (ROOT / lock).exists():
        pytest.skip(f"there is no {lock}")
    found = REGISTRY.findall((ROOT / lock).read_text(encoding="utf-8"))
    assert not found, f"{lock} ties everyone to one server: {found[:3]}"


def test_licence_and_notice_are_there() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert (ROOT / "NOTICE").read_text(encoding="utf-8").strip()


def test_links_in_the_documents_lead_somewhere() -> None:
    found = []
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:|#", target) and not (path.parent / target.partition("#")[0]).exists():
                found.append(f"{path.relative_to(ROOT)}: {target}")
    assert not found


# -- the workstreams' declarations -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name, one in catalogue().items() if isinstance(one, Workstream)))
def test_a_workstream_declares_what_its_users_need(name: str) -> None:
    one = catalogue()[name]
    assert isinstance(one, Workstream)
    assert one.layers, f"{name} draws nothing on the map"
    assert all(isinstance(table, Table) for table in one.tables.values())
    assert all(param.source for param in one.params.values()), f"{name}: a param without a source"
    assert all(measure.uses for measure in one.measures.values()), f"{name}: a measure that rests on nothing"
    if one.can_choose:
        assert one.levers, f"{name} can choose but has no lever"
        assert 0 < one.budget_cny[0] <= one.budget_cny[1]
