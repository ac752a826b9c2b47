"""A Result in plain sentences: what was computed, from which data, under which rules, and what limits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xietong.core.declare import Quality, worst
from xietong.core.glossary import QUALITIES, REGIME_TITLES, VERBS, unit
from xietong.core.result import Figure, Result, pair_title, title_of
from xietong.core.steps import step_text
from xietong.core.text import typeset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xietong.core.lifts import Kind, Worth
    from xietong.core.result import Cell

LANGS = ("zh", "en")


def number(value: float | None, lang: str) -> str:
    """A figure as people read it: 万 and 亿 in Chinese, thousands, million and billion in English; unknown is a dash."""
    if value is None:
        return "—"
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, " billion"), (1e6, " million"))
    for size, word in steps:
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:,.0f}{word}" if abs(scaled) >= 1000 else f"{scaled:.4g}{word}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def figure(value: float | None, name: str, lang: str) -> str:
    """A figure in a column whose head names the unit; shares read as percent."""
    if value is not None and name in ("share", "percent"):
        return f"{value * (100 if name == 'share' else 1):.1f}%".replace("-0.0%", "0.0%")
    return number(value, lang)


def amount(value: float | None, name: str, lang: str) -> str:
    """A figure with its unit."""
    word = "" if name in ("share", "percent") else getattr(unit(name), lang)
    return f"{figure(value, name, lang)}{' ' if word and lang == 'en' else ''}{word}"


def explain(result: Result) -> dict[str, list[str]]:
    """Sentences by language, most important first."""
    found = {lang: [sentence for part in _PARTS for sentence in part(result, lang)] for lang in LANGS}
    return {**found, "zh": [typeset(sentence) for sentence in found["zh"]]}


def _say(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def _what(result: Result, lang: str) -> Iterable[str]:
    bound = result.bound
    where = getattr(title_of(bound, bound.columns[0]), lang)
    what, verb = getattr(bound.workstream.title, lang), getattr(VERBS[result.verb], lang)
    yield _say(
        lang,
        f"{where}·{what}·{verb}:按{bound.region.day}有效的规则计算。",
        f"{what} in {where}, {verb.lower()}: computed under the rules of {bound.region.day}.",
    )


def _what_if(result: Result, lang: str) -> Iterable[str]:
    steps = [f"{getattr(result.bound.workstream.levers[step.lever].title, lang)} ({step_text(step)})" for step in result.bound.steps]
    if steps:
        listed = _say(lang, "、", ", ").join(steps)
        yield _say(lang, f"假如已采取以下措施:{listed}。这是假设,不是现状。", f"What if these steps had been taken: {listed}. This is not how things are.")


def _figures(result: Result, lang: str) -> Iterable[str]:
    """A sentence a measure; of a plan, which speaks of its target, only of those that stand before all headings."""
    told = [] if result.lifts else [one for one in result.figures.values() if result.plan is None or one.measure.group is None]
    for figure in sorted(told, key=lambda one: not one.target):
        yield _border_sentence(result, figure, lang) if figure.gained else _status_sentence(result, figure, lang)


def plan_quality(result: Result) -> Quality:
    """A plan rests on what its target rests on, and on every assumption of the workstream: costs are among them."""
    params = result.bound.region.params(result.bound.workstream).values()
    return worst({result.figures[result.bound.workstream.target].quality, *(param.quality for param in params)})


def _hedge(figure: Figure, lang: str) -> str:
    return _hedge_of(figure.quality, lang)


def _hedge_of(quality: Quality, lang: str) -> str:
    """How firmly a sentence may speak: a figure on illustrative data is an example, not a finding."""
    if quality is Quality.PUBLISHED:
        return ""
    if quality is Quality.DERIVED:
        return _say(lang, "(推算)", " (derived)")
    return _say(lang, "(示意,不作结论)", " (illustrative: an example, not a finding)")


def _status_sentence(result: Result, figure: Figure, lang: str) -> str:
    value = amount(figure.values["current"][result.bound.columns[0]], figure.measure.unit, lang)
    title, whose = getattr(figure.measure.title, lang), getattr(figure.measure.whose, lang)
    return _say(lang, f"{title}({whose}):{value}{_hedge(figure, lang)}。", f"{title} ({whose}): {value}{_hedge(figure, lang)}.")


def _border_sentence(result: Result, figure: Figure, lang: str) -> str:
    column = result.bound.columns[0]
    name, title = figure.measure.unit, getattr(figure.measure.title, lang)
    now, gained, remains = (amount(one[column], name, lang) for one in (figure.values["current"], figure.gained, figure.remains))
    if figure.measure.better == "neutral":
        return _say(
            lang,
            f"{title}:现行{now};从关闭到现行变化{gained},从现行到开放再变化{remains}{_hedge(figure, lang)}。",
            f"{title}: {now} today; changes by {gained} from closed to current and by {remains} from current to open{_hedge(figure, lang)}.",
        )
    past, further = (_change(one[column], name, lang, tense) for one, tense in ((figure.gained, 0), (figure.remains, 1)))
    return _say(
        lang,
        f"{title}:现行{now};开放至今{past},完全开放将{further}{_hedge(figure, lang)}。",
        f"{title}: {now} today; opening so far {past}, full opening {further}{_hedge(figure, lang)}.",
    )


def _change(value: float | None, name: str, lang: str, tense: int) -> str:
    """A difference in words, of what was (tense 0) or would be (1): for the better, for the worse, none, or unknown."""
    if value is None:
        return _say(lang, "变化不明", ("changed it by an unknown amount", "would change it by an unknown amount")[tense])
    if value == 0:
        return _say(lang, ("没有变化", "不会有变化")[tense], ("left it unchanged", "would leave it unchanged")[tense])
    size = amount(abs(value), name, lang)
    if value > 0:
        return _say(lang, f"改善{size}", f"{('improved', 'would improve')[tense]} it by {size}")
    return _say(lang, f"变差{size}", f"{('worsened', 'would worsen')[tense]} it by {size}")


def _plan(result: Result, lang: str) -> Iterable[str]:
    plan = result.plan
    if plan is None:
        return
    measure = result.bound.workstream.measures[plan.measure]
    hedge = _hedge_of(plan_quality(result), lang)
    budget, title = amount(plan.budget_cny, "cny", lang), getattr(measure.title, lang)
    for rules in plan.before:
        by = {cell.deciders: cell for cell in plan.cells if cell.rules == rules}
        values = [amount(value, measure.unit, lang) for value in (plan.before[rules][result.bound.columns[0]], by["alone"].whole, by["jointly"].whole)]
        dividend = amount(plan.dividend[rules], measure.unit, lang)
        word = getattr(REGIME_TITLES[rules], lang)
        yield _say(
            lang,
            f"规则{word}、总预算{budget}:{title}原为{values[0]},各自决定为{values[1]},共同决定为{values[2]};共同行动的红利为{dividend}{hedge}。",
            f"Rules {word}, total budget {budget}: {title.lower()} is {values[0]} before, {values[1]} if each decides alone, "
            f"{values[2]} if they decide jointly; the dividend of acting jointly is {dividend}{hedge}.",
        )
        yield _say(lang, f"共同决定的方案:{proof(by['jointly'].status, lang)}。", f"The joint plan is {proof(by['jointly'].status, lang)}.")
        yield from _bought(result, by["jointly"], plan.before[rules][result.bound.columns[0]], lang)
        alone = [part.partition(": ") for part in by["alone"].status.split("; ")]
        loose = [(getattr(title_of(result.bound, who), lang), proof(status, lang)) for who, _, status in alone if status.startswith("gap<=")]
        if loose:
            parts = _say(lang, ";", "; ").join(f"{who}: {words}" for who, words in loose)
            yield _say(
                lang,
                f"各自决定的方案未证明最优({parts}),红利可能因此偏大。",
                f"The plans decided alone are not proved best ({parts}), so the dividend may be overstated.",
            )


def _bought(result: Result, cell: Cell, before: float | None, lang: str) -> Iterable[str]:
    """What the money goes to, lever by lever, and what one unit of the target costs."""
    from xietong.core.verbs import gain

    workstream = result.bound.workstream
    levers = [workstream.levers[name] for name in cell.by_lever]
    space = _say(lang, "", " ")
    parts = [
        f"{getattr(lever.title, lang)}{'' if lever.op == 'set' else space + amount(count, lever.unit, lang)}{space}({amount(cost, 'cny', lang)})"
        for lever, (count, cost) in zip(levers, cell.by_lever.values(), strict=True)
    ]
    if not parts:
        return
    won, spent = gain(workstream.measures[workstream.target], before, cell.whole), sum(cell.spent.values())
    each = amount(spent / won, "cny", lang) if won else None
    hedge = _hedge_of(plan_quality(result), lang)
    yield _say(
        lang,
        f"钱用于:{'、'.join(parts)}" + (f";每改善一个单位花费{each}{hedge}。" if each else f"{hedge}。"),
        f"The money goes to: {', '.join(part[:1].lower() + part[1:] for part in parts)}"
        + (f"; each unit gained costs {each}{hedge}." if each else f"{hedge}."),
    )


_ADDED = {
    "complements": ("小于一起放开,彼此互补", "so they are worth more together than one by one"),
    "substitutes": ("大于一起放开,彼此部分重叠", "so each does part of the work of another"),
    "independent": ("与一起放开相等,互不影响", "so each works by itself"),
    None: ("如何相互影响未知", "so how they work on one another is unknown"),
}


def _added(worth: Worth, area: str, kind: Kind, lang: str) -> str:
    """What rules (or pairs) add up to one by one, and what that says of them."""
    added, words = amount(worth.added(area, kind), worth.figure.measure.unit, lang), _say(lang, *_ADDED[worth.interaction(area, kind)])
    return _say(lang, f";逐{'条' if kind == 'rules' else '对'}放开之和为{added},{words}", f"; one by one they add up to {added}, {words}")


def _lifts(result: Result, lang: str) -> Iterable[str]:
    if result.lifts is None:
        return
    target, area = result.figures[result.bound.workstream.target], result.bound.columns[0]
    worth, rules = result.lifts.measures[target.name], result.bound.workstream.rules
    title, unit_name, hedge = getattr(target.measure.title, lang), target.measure.unit, _hedge(target, lang)
    now = amount(target.values["current"][area], unit_name, lang)
    if not rules:
        yield _say(lang, "该领域没有声明边界规则,无从放开。", "This workstream declares no border rules, so there is none to lift.")
        return
    change = _lifted(worth.together[area], target, lang)
    added = _added(worth, area, "rules", lang) if len(rules) > 1 else ""
    yield _say(
        lang, f"{title}:现行{now};全部规则一起放开将{change}{added}{hedge}。", f"{title}: {now} today; lifting all rules together {change}{added}{hedge}."
    )
    for name, rule in rules.items():
        change = _lifted(worth.rules[name][area], target, lang)
        if name in result.lifts.opened:
            yield _say(lang, f"“{rule.title.zh}”已经全部开放。", f"“{rule.title.en}” is open everywhere already.")
        else:
            yield _say(lang, f"只放开“{rule.title.zh}”:{title}将{change}{hedge}。", f"Lifting “{rule.title.en}” alone {change}{hedge}.")
    pairs = [f"{getattr(pair_title(result.bound, pair), lang)} {amount(values[area], unit_name, lang)}" for pair, values in worth.pairs.items()]
    if pairs:
        listed = _say(lang, "、", ", ").join(pairs) + (_added(worth, area, "pairs", lang) if len(pairs) > 1 else "")
        zh, en = ("变化", "changes it by") if target.measure.better == "neutral" else ("改善", "gains")
        yield _say(
            lang, f"只放开两个辖区之间的全部规则,{title}{zh}:{listed}{hedge}。", f"Lifting all rules between two jurisdictions only {en}: {listed}{hedge}."
        )
    if result.lifts.note:
        yield getattr(result.lifts.note, lang)


def _lifted(value: float | None, figure: Figure, lang: str) -> str:
    if figure.measure.better != "neutral" or not value:
        return _change(value, figure.measure.unit, lang, 1)
    return _say(lang, f"变化{amount(value, figure.measure.unit, lang)}", f"would change it by {amount(value, figure.measure.unit, lang)}")


def _sensitivity(result: Result, lang: str) -> Iterable[str]:
    if result.sensitivity is None:
        return
    target = result.figures[result.bound.workstream.target]
    swing = result.sensitivity.measures[target.name]
    low, high = (amount(value, target.measure.unit, lang) for value in (swing.gained.low, swing.gained.high))
    left, right = (amount(value, target.measure.unit, lang) for value in (swing.remains.low, swing.remains.high))
    yield _say(
        lang,
        f"在各项假设的范围内(共{result.sensitivity.runs}次计算),已改善的数值在{low}至{high}之间,尚可改善的在{left}至{right}之间{_hedge(target, lang)}。",
        f"Over the ranges of the assumptions ({result.sensitivity.runs} runs), what was gained lies between {low} and {high}, "
        f"what remains between {left} and {right}{_hedge(target, lang)}.",
    )


def _data(result: Result, lang: str) -> Iterable[str]:
    bound = result.bound
    tables = _say(lang, "、", ", ").join(getattr(table.title, lang) for table in bound.workstream.tables.values())
    yield _say(lang, f"所用数据:{tables}。", f"It reads: {tables}.")
    params = bound.region.params(bound.workstream).values()
    loose = sum(param.quality is Quality.ILLUSTRATIVE for param in params)
    if loose:
        yield _say(lang, f"其中{loose}项参数为示意性假设,见敏感性。", f"It rests on {loose} illustrative assumptions; see sensitivity for their effect.")
    target = result.figures[bound.workstream.target]
    word = getattr(QUALITIES[target.quality], lang)
    yield _say(lang, f"主要指标的数据质量:{word}。", f"Data quality of the main figure: {word}.")


def proof(status: str, lang: str) -> str:
    """A solver's status in words; what is not one of the fixed forms is shown as it is."""
    if status in ("proved", "computed"):
        return {"proved": _say(lang, "已证明最优", "proved to be the best"), "computed": _say(lang, "直接计算", "computed directly")}[status]
    if status.startswith("as each alone ("):
        inner = proof(status.removeprefix("as each alone (").removesuffix(")"), lang)
        return _say(lang, f"与各自决定相同(搜索结果{inner})", f"the same as each alone (what the search found is {inner})")
    if status.startswith("gap<="):
        return _say(lang, f"与理论最优的差距不超过{status[5:]}", f"within {status[5:]} of the best possible")
    return status


def _notes(result: Result, lang: str) -> Iterable[str]:
    notes = dict.fromkeys(note for outcome in result.outcomes.values() for note in outcome.notes)
    return [getattr(note, lang) for note in notes]


def _limits(result: Result, lang: str) -> Iterable[str]:
    for regime, outcome in result.outcomes.items():
        if outcome.status not in ("computed", "proved"):
            word = getattr(REGIME_TITLES[regime], lang)
            yield _say(lang, f"{word}:{proof(outcome.status, lang)}。", f"{word}: {proof(outcome.status, lang)}.")
    about = getattr(result.bound.workstream.about, lang)
    if about:
        yield about


_PARTS = (_what, _what_if, _figures, _lifts, _notes, _plan, _sensitivity, _data, _limits)
