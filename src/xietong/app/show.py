"""What the command line prints: tables for people. Progress goes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from xietong.core.answer import Answer
from xietong.core.explain import amount
from xietong.core.explain import figure as plain_figure
from xietong.core.glossary import DECIDERS, QUALITIES, REGIME_TITLES, VERBS, unit
from xietong.core.progress import Report, silent
from xietong.core.result import Result, pair_title, title_of

MAX_ROWS = 60
MAX_SHOWN = 1000
MARKS = {"published": "●", "derived": "◐", "illustrative": "○"}


def _console() -> Console:
    # Names come from the region's files: nothing in them is markup.
    console = Console(soft_wrap=False, markup=False, emoji=False)
    # Into a pipe or file, a table must not be cut to a terminal's width.
    return console if console.is_terminal else Console(width=160, markup=False, emoji=False)


@contextmanager
def progress() -> Iterator[Report]:
    """A progress bar on stderr where someone is looking, silence otherwise."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.progress import BarColumn, Progress, TimeElapsedColumn

    with Progress("[dim]…", BarColumn(), "{task.percentage:>3.0f}%", TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done: bar.update(task, completed=done)


def _word(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def _quality(quality: str | None, lang: str) -> str:
    return f"{MARKS[quality]} {getattr(QUALITIES[quality], lang)}" if quality else "—"


def show_list(view: list[dict[str, Any]], lang: str) -> None:
    """The workstreams and what the region lacks for each."""
    table = Table(_word(lang, "领域", "workstream"), _word(lang, "名称", "title"), _word(lang, "缺少", "lacks"))
    for row in view:
        table.add_row(row["workstream"], row["title"][lang], ", ".join(row["missing"]) or "—")
    _console().print(table)


def show_headline(rows: list[dict[str, Any]], region: Any, lang: str) -> None:
    """The headline table."""
    heads = (
        ("领域", "workstream"), ("指标", "measure"), ("现状", "where we stand"), ("开放至今已改善", "gained so far"), ("尚可改善", "still to gain"),
        ("共同行动的红利", "dividend of acting jointly"), ("数据质量", "data"),
    )  # fmt: skip
    table = Table(title=f"{getattr(region.title, lang)} · {region.day}")
    for position, (zh, en) in enumerate(heads):
        table.add_column(_word(lang, zh, en), justify="right" if 2 <= position <= 5 else "left")
    for row in rows:
        if row["error"]:
            table.add_row(row["title"][lang], row["error"].splitlines()[0], *["—"] * 5)
            continue
        figures = [amount(row[name], row["unit_id"], lang) for name in ("current", "gained", "remains", "dividend")]
        table.add_row(row["title"][lang], row["measure_title"][lang], *figures, _quality(row["quality"], lang))
    console = _console()
    console.print(table)
    console.print(
        _word(
            lang,
            "○ 示意：依据假设，仅作演示，不作结论。各自决定的方案若未证明最优，红利可能偏大，见 plan。",
            "○ illustrative: rests on assumptions; an example, not a finding. "
            "The dividend may be overstated where the plans decided alone are not proved best: see `plan`.",
        ),
        style="dim",
    )


def show_declaration(view: dict[str, Any], lang: str) -> None:
    """A workstream's declarations."""
    console = _console()
    console.print(Text.assemble((view["workstream"], "bold"), f" · {view['title'][lang]}\n{view['about'][lang]}\n"))
    for kind, title in (("measures", ("指标", "measures")), ("rules", ("规则", "rules")), ("params", ("假设", "assumptions")), ("levers", ("手段", "levers"))):
        if view[kind]:
            table = Table(title=_word(lang, *title), title_justify="left")
            names = [name for name in view[kind][0] if name not in ("uses", "whose", "changes", "op") and any(row[name] is not None for row in view[kind])]
            for name in names:
                table.add_column(name)
            for row in view[kind]:
                table.add_row(*(_cell(row[name], lang) for name in names))
            console.print(table)
    _show_queries(console, view["queries"], lang)
    for table_view in view["tables"]:
        table = Table(
            "column",
            "",
            "type",
            "unit",
            "",
            title=f"{table_view['table']}.csv · {table_view['title'][lang]} (key: {', '.join(table_view['key'])})",
            title_justify="left",
        )
        for column in table_view["columns"]:
            table.add_row(
                column["column"],
                column["title"][lang],
                column["type"],
                column["unit"][lang],
                _word(lang, "可空", "may be unknown") if column["optional"] else "",
            )
        console.print(table)


def _cell(value: Any, lang: str) -> str:
    if isinstance(value, list):
        return "\n".join(one["step"] if isinstance(one, dict) else str(one) for one in value) or "—"
    if isinstance(value, dict):
        return str(value[lang]) if lang in value else ", ".join(f"{name}: {one}" for name, one in value.items())
    return "—" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def _show_queries(console: Console, queries: list[dict[str, Any]], lang: str) -> None:
    for query in queries:
        table = Table(title=f"{_word(lang, '查询', 'query')} {query['query']} · {query['title'][lang]}", title_justify="left")
        for head in (_word(lang, "输入", "input"), "", _word(lang, "类型", "type"), _word(lang, "单位", "unit"), _word(lang, "取值", "takes"), ""):
            table.add_column(head)
        for one in query["inputs"]:
            takes = ", ".join(one["values"]) or " … ".join("" if edge is None else f"{edge:g}" for edge in (one["low"], one["high"])).strip(" …")
            default = _word(lang, "必填", "required") if one["required"] else _word(lang, f"默认{one['default']}", f"default {one['default']}")
            table.add_row(one["input"], one["title"][lang], one["level"] or one["type"], one["unit"][lang], takes, default)
        console.print(table)


def show_answer(answer: Answer, lang: str) -> None:
    """An answer: what is plain first, then its tables; long ones are cut (``--json`` gives all)."""
    console, view = _console(), answer.to_dict()
    where = f"{getattr(answer.bound.region.title, lang)} · {view['as_of']} · {getattr(REGIME_TITLES[answer.regime], lang)}"
    console.print(Text.assemble((view["title"][lang], "bold"), f" · {where}"))
    console.print(", ".join(f"{name} = {_cell(value, lang)}" for name, value in view["inputs"].items()))
    for step in view["steps"]:
        console.print(_word(lang, "假如：", "what if: ") + f"{step['title'][lang]} · {step['label'][lang]}")
    for name, value in view["answer"].items():
        if isinstance(value, dict) and set(value) == {"columns", "rows"}:
            _show_rows(console, name, value, view["units"], lang)
        else:
            text = _cell(value, lang).replace("\n", ", ")
            unit_name = view["units"][name][lang] if name in view["units"] else ""
            console.print(f"{name}: {text[:MAX_SHOWN]}{'…' if len(text) > MAX_SHOWN else ''} {unit_name}".rstrip())
    console.print(_quality(view["quality"], lang) + (f" · {view['year']}" if view["year"] else ""))


def _show_rows(console: Console, name: str, rows: dict[str, Any], units: dict[str, Any], lang: str) -> None:
    table = Table(title=name, title_justify="left")
    for column in rows["columns"]:
        table.add_column(f"{column} ({units[column][lang]})" if column in units and units[column][lang] else column)
    for row in rows["rows"][:MAX_ROWS]:
        table.add_row(*(_cell(value, lang) for value in row))
    console.print(table)
    if len(rows["rows"]) > MAX_ROWS:
        console.print(_word(lang, f"另有{len(rows['rows']) - MAX_ROWS}行，见--json", f"and {len(rows['rows']) - MAX_ROWS} more rows: see --json"), style="dim")


def show_region(region: Any, lang: str) -> None:
    """A region in a few lines."""
    console = _console()
    console.print(Text.assemble((region.name, "bold"), f" · {getattr(region.title, lang)} · {region.day}"))
    console.print(", ".join(getattr(region.areas.by_id[one].title, lang) for one in region.areas.jurisdictions) + f" · {len(region.areas.places)} places")
    table = Table(_word(lang, "表", "table"), _word(lang, "行数", "rows"), *(getattr(title, lang) for title in QUALITIES.values()))
    for name in sorted(region.tables):
        counts = region.tables[name]["quality"].value_counts()
        table.add_row(name, str(len(region.tables[name])), *(str(counts.get(quality, 0)) for quality in QUALITIES))
    console.print(table)
    for name, one in region.workstreams.items():
        lacking = region.missing(one)
        console.print(f"{name}: " + (_word(lang, "缺少 ", "lacks ") + ", ".join(lacking) if lacking else _word(lang, "可用", "ready")))


def show_result(result: Result, lang: str) -> None:
    """Measures by regime and jurisdiction, then what a verb adds, then the explanation; of lifts only what each is worth."""
    console, bound = _console(), result.bound
    title = f"{getattr(bound.workstream.title, lang)} · {getattr(VERBS[result.verb], lang)} · {getattr(title_of(bound, bound.columns[0]), lang)} · {bound.region.day}"
    console.print(_lifts_table(result, title, lang) if result.lifts else _measures_table(result, title, lang))
    if result.plan:
        _show_plan(console, result, lang)
    if result.sensitivity:
        _show_sensitivity(console, result, lang)
    console.print(result.explain(lang), highlight=False)


def _measures_table(result: Result, title: str, lang: str) -> Table:
    bound, regimes = result.bound, list(result.outcomes)
    table = Table(title=title)
    table.add_column(_word(lang, "指标", "measure"))
    table.add_column("")
    for regime in regimes:
        table.add_column(getattr(REGIME_TITLES[regime], lang), justify="right")
    for zh, en in (("已改善", "gained"), ("尚可改善", "remains")) if len(regimes) == 3 else ():
        table.add_column(_word(lang, zh, en), justify="right")
    table.add_column(_word(lang, "数据", "data"))
    group = None
    for figure in result.figures.values():
        if result.plan and figure.measure.group:
            continue  # a plan speaks of its target; the rest is what status tells
        if figure.measure.group != group and (group := figure.measure.group):
            table.add_row(Text(getattr(group, lang), "bold"), end_section=True)
        for position, column in enumerate(bound.columns):
            known = [figure.values[regime] for regime in regimes] + ([figure.gained, figure.remains] if figure.gained else [])
            values = [plain_figure(one[column], figure.measure.unit, lang) for one in known]
            name = (getattr(figure.measure.title, lang), Text(getattr(unit(figure.measure.unit), lang), "dim"), "")[min(position, 2)]
            last = position == len(bound.columns) - 1
            table.add_row(name, getattr(title_of(bound, column), lang), *values, _quality(figure.quality, lang) if position == 0 else "", end_section=last)
    return table


def _lifts_table(result: Result, title: str, lang: str) -> Table:
    """What each opening is worth to the target, by jurisdiction."""
    assert result.lifts is not None
    bound = result.bound
    worth = result.lifts.measures[bound.workstream.target]
    measure = worth.figure.measure
    change = _word(lang, *(("变化", "change") if measure.better == "neutral" else ("改善", "gain")))
    table = Table(title=f"{title}\n{getattr(measure.title, lang)} · {change} · {getattr(unit(measure.unit), lang)}")
    table.add_column(_word(lang, "放开", "lifted"))
    for column in bound.columns:
        table.add_column(getattr(title_of(bound, column), lang), justify="right")

    def add(name: str, values: Mapping[str, float | None], last: bool = False) -> None:
        table.add_row(name, *(plain_figure(values[column], measure.unit, lang) for column in bound.columns), end_section=last)

    for rule, values in worth.rules.items():
        add(getattr(bound.workstream.rules[rule].title, lang), values)
    add(_word(lang, "以上逐条之和", "these added up"), {column: worth.added(column) for column in bound.columns})
    add(_word(lang, "全部规则一起", "all rules together"), worth.together, last=True)
    for pair, values in worth.pairs.items():
        add(getattr(pair_title(bound, pair), lang), values)
    return table


def _show_plan(console: Console, result: Result, lang: str) -> None:
    assert result.plan is not None
    measure = result.bound.workstream.measures[result.plan.measure]
    table = Table(title=f"{getattr(measure.title, lang)} · {amount(result.plan.budget_cny, 'cny', lang)}")
    for name in (_word(lang, "规则", "rules"), _word(lang, "决定者", "deciders"), _word(lang, "结果", "outcome"), _word(lang, "已用", "spent"), "", "status"):
        table.add_column(name)
    for cell in result.plan.cells:
        words = (getattr(REGIME_TITLES[cell.rules], lang), getattr(DECIDERS[cell.deciders], lang))
        table.add_row(
            *words,
            amount(cell.whole, measure.unit, lang),
            amount(sum(cell.spent.values()), "cny", lang),
            _word(lang, f"{len(cell.steps)}项", f"{len(cell.steps)} steps"),
            cell.status,
        )
    console.print(table)


def _show_sensitivity(console: Console, result: Result, lang: str) -> None:
    assert result.sensitivity is not None
    name = result.bound.workstream.target
    measure, swing = result.bound.workstream.measures[name], result.sensitivity.measures[name]
    table = Table(title=getattr(measure.title, lang))
    for head in (_word(lang, "假设", "assumption"), _word(lang, "低–高", "low–high"), _word(lang, "已改善", "gained"), _word(lang, "尚可改善", "remains")):
        table.add_column(head)
    for param, declared in swing.params.items():
        edges = [amount(value, measure.unit, lang) for value in swing.edges[param]]
        table.add_row(getattr(declared.title, lang), f"{declared.low:g}–{declared.high:g}", f"{edges[0]} … {edges[1]}", f"{edges[2]} … {edges[3]}")
    console.print(table)
