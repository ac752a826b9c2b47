"""The command line: one group of commands a workstream, made from the declarations."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from xietong.core.errors import Cancelled, XietongError
from xietong.core.progress import Report

# BLAS threads cost more than they give on problems of this size. Said before NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    name="xietong",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="协同 · An open engine for the coordinated development of a city cluster across administrative borders.\n\n"
    "Every workstream answers the same questions: **status** (where do we stand?), **border** (what does the border cost?), "
    "**lifts** (what is each border rule worth?), **plan** (what is the best joint step?), **sensitivity** (how sure is that?).\n\n"
    "Try `xietong list`, then `xietong care border`.",
)
region_app = typer.Typer(no_args_is_help=True, help="Make, check and show regions.")
app.add_typer(region_app, name="region")

RegionOption = Annotated[str, typer.Option("--region", "-r", help="A bundled region or a folder", envvar="XIETONG_REGION")]
DayOption = Annotated[str, typer.Option("--as-of", help="Whose rules are current: YYYY-MM-DD (default today)", metavar="DATE")]
AreaOption = Annotated[str, typer.Option("--area", help="One area only, by id or name", metavar="NAME")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the whole result as JSON")]
LangOption = Annotated[str, typer.Option("--lang", help="zh or en", metavar="zh|en")]
StepOption = Annotated[list[str] | None, typer.Option("--step", help="What if: LEVER:KEY, or LEVER:KEY,KEY,...:AMOUNT; repeatable", metavar="STEP")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of random draws", min=0)]


def main() -> None:
    """Run the command line; errors that the user can mend end with exit code 2 and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows "?" in its place
    try:
        app()
    except XietongError as error:
        sys.stderr.write(f"xietong: {error}\n")
        sys.exit(2)


@contextmanager
def _computing() -> Iterator[Report]:
    """A long question: progress on stderr, and Ctrl-C ends it in words."""
    from xietong.app.show import progress

    try:
        with progress() as report:
            yield report
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write("xietong: stopped; nothing was changed\n")
        raise typer.Exit(130) from None


def _language(lang: str) -> str:
    from xietong.app.settings import settings
    from xietong.core.errors import UsageError

    if lang not in ("", "zh", "en"):
        raise UsageError(f"--lang is {lang!r}; give zh or en")
    return lang or settings().language


def _load(region: str, day: str = "") -> Any:
    import xietong

    return xietong.load(region, day or None)


def _print_json(value: Any) -> None:
    plain = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(json.dumps(value, ensure_ascii=plain, indent=1, allow_nan=False) + "\n")


@app.command("list")
def list_workstreams(region: RegionOption = "jjj", lang: LangOption = "", as_json: JsonOption = False) -> None:
    """List the workstreams and whether the region has what they read."""
    from xietong.app.show import show_list

    loaded, language = _load(region), _language(lang)
    view = [{"workstream": name, "title": one.title._asdict(), "missing": loaded.missing(one)} for name, one in loaded.workstreams.items()]
    _print_json(view) if as_json else show_list(view, language)


@app.command()
def describe(
    workstream: str,
    region: Annotated[str, typer.Option("--region", "-r", help="As this region has it: its assumptions, and what levers can be used on")] = "",
    as_of: DayOption = "",
    lang: LangOption = "",
    as_json: JsonOption = False,
) -> None:
    """Describe a workstream: measures, rules, assumptions, levers, queries, and the tables with their columns."""
    from xietong.app.show import show_declaration
    from xietong.core.errors import NotFound
    from xietong.core.views import bound_view, declaration_view
    from xietong.core.workstream import Workstream
    from xietong.workstreams import catalogue

    known = {name: one for name, one in catalogue().items() if isinstance(one, Workstream)}
    if workstream not in known:
        raise NotFound(f"there is no workstream {workstream!r}; there are {', '.join(known)}")
    view = bound_view(_load(region, as_of).bind(workstream)) if region else declaration_view(known[workstream])
    _print_json(view) if as_json else show_declaration(view, _language(lang))


@app.command()
def headline(region: RegionOption = "jjj", as_of: DayOption = "", lang: LangOption = "", as_json: JsonOption = False) -> None:
    """The table on the first page: a row a workstream."""
    from xietong.app.headline import headline as rows
    from xietong.app.show import show_headline

    loaded, language = _load(region, as_of), _language(lang)
    with _computing() as report:
        found = rows(loaded, report)
    _print_json(found) if as_json else show_headline(found, loaded, language)


@app.command()
def serve(
    region: Annotated[list[str] | None, typer.Option("--region", "-r", help="Region(s) to show: bundled names or folders")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "",
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one", min=0, max=65535)] = None,
    with_headline: Annotated[bool, typer.Option("--headline", help="Print the headline table first")] = False,
    lang: LangOption = "",
) -> None:
    """Serve the page and the API: nothing else needs to be started."""
    from xietong.app.serve import run
    from xietong.app.settings import settings

    names = region or [settings().region]
    if with_headline:
        headline(region=names[0], lang=lang)
    run(names, host or settings().host, settings().port if port is None else port)


@region_app.command("list")
def list_regions() -> None:
    """The regions that come with xietong."""
    from xietong.io.package import bundled

    sys.stdout.write("\n".join(bundled()) + "\n")


@region_app.command("new")
def new_region(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Write a commented skeleton of a region, valid as it stands: two jurisdictions of made-up places to replace."""
    from xietong.io.skeleton import write_skeleton
    from xietong.workstreams import catalogue

    write_skeleton(folder, catalogue())
    sys.stdout.write(f"{folder}: a region of made-up places. README.md there says what to replace; then `xietong region validate {folder}`.\n")


@region_app.command("validate")
def validate_region(folder: Annotated[str, typer.Argument(metavar="DIR")], as_json: JsonOption = False) -> None:
    """Report every fault at once: file, row, column, what is wrong, how to mend it. Exit code 2 where there are any."""
    from xietong.io.package import validate
    from xietong.workstreams import catalogue

    faults = validate(folder, catalogue())
    if as_json:
        _print_json([fault._asdict() for fault in faults])
    else:
        for fault in faults:
            sys.stdout.write(f"{fault}\n")
        sys.stdout.write(f"{folder}: {len(faults)} fault(s)\n" if faults else f"{folder}: valid\n")
    if faults:
        raise typer.Exit(2)


@region_app.command("timetable")
def bring_timetable(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The region's folder")],
    feeds: Annotated[list[Path], typer.Argument(metavar="FEED...", help="GTFS: zip files or folders, read as one")],
    date: Annotated[str, typer.Option("--date", help="The day whose trains are taken: YYYY-MM-DD", metavar="DATE")],
    name: Annotated[str, typer.Option("--name", help="Id of the timetable; one of this name is replaced", metavar="ID")],
    title_zh: Annotated[str, typer.Option("--title-zh", help="Its Chinese title")] = "",
    title_en: Annotated[str, typer.Option("--title-en", help="Its English title")] = "",
    valid_from: Annotated[str, typer.Option("--valid-from", help="The day from which it is used (default: the day of --date)", metavar="DATE")] = "",
    source: Annotated[str, typer.Option("--source", help="Id in sources.csv (default gtfs_ID); added where it is missing", metavar="ID")] = "",
    quality: Annotated[str, typer.Option("--quality", help="published, derived or illustrative")] = "derived",
    max_km: Annotated[float, typer.Option("--max-km", help="Stops further than this from every place are left out")] = 50.0,
) -> None:
    """Bring the trains of a day from a GTFS feed into a region: all files are written, or none."""
    from xietong.core.errors import DataError
    from xietong.io.timetable import bring
    from xietong.workstreams import catalogue

    options = {"title": (title_zh, title_en), "valid_from": valid_from, "source": source, "quality": quality, "max_km": max_km}
    try:
        with _computing():
            found = bring(folder, feeds, date, name, catalogue(), **options)
    except DataError as error:  # a feed's faults can be seen nowhere else: all of them are printed
        sys.stderr.write("\n".join([f"xietong: {error.args[0]}", *(f"  {fault}" for fault in error.faults)]) + "\n")
        raise typer.Exit(2) from None
    counts = f"{found.trains:,} train(s), {found.calls:,} calls, {found.stations:,} stations"
    used = f"{found.entry.quality}, used from {found.entry.valid_from}"
    sys.stdout.write("\n".join([f"{folder}: timetable {found.entry.name} of {found.date}: {counts}; {used}", *(f"  {note}" for note in found.notes)]) + "\n")


@region_app.command("show")
def show_region(region: RegionOption = "jjj", as_of: DayOption = "", lang: LangOption = "", as_json: JsonOption = False) -> None:
    """Show a region: levels, jurisdictions, tables with their quality, workstreams it can feed."""
    from xietong.app.show import show_region as show
    from xietong.core.views import region_view

    loaded = _load(region, as_of)
    _print_json(region_view(loaded)) if as_json else show(loaded, _language(lang))


def _bound(name: str, region: str, as_of: str, area: str, steps: list[str] | None) -> Any:
    bound = _load(region, as_of).bind(name).with_steps(steps or [])
    return bound.for_(area) if area else bound


def _ask(name: str, verb: str, bound: Callable[[], Any], as_json: bool, lang: str, call: Callable[[Any], Any]) -> None:
    from dataclasses import replace

    from xietong.app.show import show_answer, show_result
    from xietong.core.progress import Progress

    language, asked = _language(lang), bound()
    with _computing() as report:
        result = call(replace(asked, progress=Progress(report)))
    show = show_answer if verb == "ask" else show_result
    _print_json(result.to_dict()) if as_json else show(result, language)


def _inputs(given: list[str] | None) -> dict[str, str]:
    """``--set name=value`` as a mapping."""
    from xietong.core.errors import UsageError

    pairs = [one.partition("=") for one in given or []]
    names = [name.strip() for name, _, _ in pairs]
    if wrong := [one for one, (name, sign, _) in zip(given or [], pairs, strict=True) if not sign or not name.strip()]:
        raise UsageError(f"--set {wrong[0]!r} is not NAME=VALUE, for example --set count=3")
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise UsageError(f"--set gives {', '.join(twice)} more than once; give it once")
    return dict(zip(names, (value for _, _, value in pairs), strict=True))


def _add_workstream(name: str, title: Any, can_plan: bool, queries: Mapping[str, Any]) -> None:
    group = typer.Typer(no_args_is_help=True, help=f"{title.zh} · {title.en}")

    @group.command()
    def status(
        region: RegionOption = "jjj", as_of: DayOption = "", area: AreaOption = "", step: StepOption = None, as_json: JsonOption = False, lang: LangOption = ""
    ) -> None:
        """Where do we stand?"""
        _ask(name, "status", lambda: _bound(name, region, as_of, area, step), as_json, lang, lambda bound: bound.status())

    @group.command()
    def border(
        region: RegionOption = "jjj", as_of: DayOption = "", area: AreaOption = "", step: StepOption = None, as_json: JsonOption = False, lang: LangOption = ""
    ) -> None:
        """What does the border cost? Closed, as it is, and open."""
        _ask(name, "border", lambda: _bound(name, region, as_of, area, step), as_json, lang, lambda bound: bound.border())

    @group.command()
    def lifts(
        region: RegionOption = "jjj", as_of: DayOption = "", area: AreaOption = "", step: StepOption = None, as_json: JsonOption = False, lang: LangOption = ""
    ) -> None:
        """What is each border rule worth, lifted alone and together, and each pair of jurisdictions?"""
        _ask(name, "lifts", lambda: _bound(name, region, as_of, area, step), as_json, lang, lambda bound: bound.lifts())

    if can_plan:

        @group.command()
        def plan(
            region: RegionOption = "jjj", as_of: DayOption = "", area: AreaOption = "", as_json: JsonOption = False, lang: LangOption = "",
            budget: Annotated[str, typer.Option("--budget", help="Total budget in CNY, for example 3e8")] = "", seed: SeedOption = 0,
        ) -> None:  # fmt: skip
            """What is the best joint step within a budget, and what does acting jointly gain?"""
            _ask(name, "plan", lambda: _bound(name, region, as_of, area, None), as_json, lang, lambda bound: bound.plan(budget or None, seed))

    @group.command()
    def sensitivity(
        region: RegionOption = "jjj", as_of: DayOption = "", area: AreaOption = "", as_json: JsonOption = False, lang: LangOption = "", seed: SeedOption = 0
    ) -> None:
        """How sure is what the border costs, given the assumptions?"""
        _ask(name, "sensitivity", lambda: _bound(name, region, as_of, area, None), as_json, lang, lambda bound: bound.sensitivity(seed))

    if queries:
        _add_ask(group, name, queries)
    app.add_typer(group, name=name)


def _add_ask(group: typer.Typer, name: str, queries: Mapping[str, Any]) -> None:
    listed = "\n\n".join(f"- **{query}** {one.title.zh} · {one.title.en}: {', '.join(one.inputs)}" for query, one in queries.items())

    @group.command(help=f"Look something up.\n\n{listed}\n\n`xietong describe {name}` says what each input takes.")
    def ask(
        query: Annotated[str, typer.Argument(help="Which one")],
        given: Annotated[list[str] | None, typer.Option("--set", help="An input: NAME=VALUE; repeatable", metavar="NAME=VALUE")] = None,
        regime: Annotated[str, typer.Option("--regime", help="The rules under which it is asked: closed, current or open")] = "current",
        step: StepOption = None, region: RegionOption = "jjj", as_of: DayOption = "", as_json: JsonOption = False, lang: LangOption = "",
    ) -> None:  # fmt: skip
        from xietong.core.asking import RESERVED
        from xietong.core.errors import UsageError

        inputs = _inputs(given)
        if taken := RESERVED & set(inputs):
            raise UsageError(f"{', '.join(sorted(taken))} is no input of a query; give --regime, --step or --as-of for those")
        _ask(name, "ask", lambda: _bound(name, region, as_of, "", step), as_json, lang, lambda bound: bound.ask(query, regime, **inputs))


def _add_workstreams() -> None:
    from xietong.core.workstream import Workstream
    from xietong.workstreams import catalogue

    for name, one in catalogue().items():
        if isinstance(one, Workstream):
            _add_workstream(name, one.title, one.can_choose, one.queries)


_add_workstreams()

if __name__ == "__main__":
    main()
