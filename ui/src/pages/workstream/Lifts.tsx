import { Select, Skeleton } from "antd";
import { useEffect, useRef, useState } from "react";
import { url, type Asked } from "../../api/client";
import type { ByArea, Declaration, Interaction, MeasureResult, Result, Worth } from "../../api/types";
import { useResource } from "../../api/useResource";
import { scaleFor, type Scale } from "../../format/number";
import { useWords } from "../../i18n";
import { Await } from "../../parts/Await";
import { measureOptions } from "../../parts/MeasureGroups";
import { tone } from "../../parts/MeasureTable";
import { QualityBadge } from "../../parts/QualityBadge";
import { Value } from "../../parts/Value";
import { useRegion } from "../../state/region";
import { useView } from "../../state/view";

/** Once the page is left nobody waits for it: the server is free again. */
const GRACE = 500;

interface Props { workstream: string; declaration: Declaration; measures: MeasureResult[]; measure: MeasureResult; query: Asked }

/** What each border rule is worth, lifted alone and together, and each pair of jurisdictions. Asked once it is scrolled to. */
export function Lifts({ workstream, declaration, measures, measure, query }: Props) {
  const { t, tr } = useWords();
  const { region } = useRegion();
  const { set } = useView();
  const { host, seen } = useSeen();
  const some = declaration.rules.length > 0;
  const resource = useResource<Result>(seen && some ? url(`/regions/${region.region}/${workstream}/lifts`, query) : null, true, GRACE);
  return (
    <section className="lifts" ref={host} aria-labelledby="lifts-title" data-testid="lifts" data-state={resource.problem ? "failed" : resource.data && !resource.stale ? "done" : "waiting"}>
      <header className="detail__head">
        <h2 id="lifts-title">{t("lifts.title")}</h2>
        <QualityBadge quality={measure.quality} />
      </header>
      {!some ? <p className="notice">{t("lifts.none")}</p> : (
        <>
          <p className="muted prose">{t(measure.better === "neutral" ? "lifts.leadNeutral" : "lifts.lead")}</p>
          <div className="lifts__choices">
            <Select
              value={measure.measure} onChange={(m: string) => set({ measure: m })} popupMatchSelectWidth={false} aria-label={t("measures.choose")} data-testid="lifts-measure"
              options={measureOptions(measures, tr)}
            />
            {resource.data && <ColumnChoice result={resource.data} />}
          </div>
          <Await resource={resource} skeleton={<Skeleton active paragraph={{ rows: declaration.rules.length + 4 }} />}>
            {(result) => <Bars result={result} measure={result.measures.find((m) => m.measure === measure.measure) ?? measure} />}
          </Await>
        </>
      )}
    </section>
  );
}

/** Whether an element has been on screen. */
function useSeen() {
  const host = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !host.current) return;
    const watch = new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting)) setSeen(true); });
    watch.observe(host.current);
    return () => watch.disconnect();
  }, [seen]);
  return { host, seen };
}

/** The area whose gains are drawn: the one in the address where the answer has it. */
const columnOf = (result: Result, asked: string | null): string => (result.areas.find((a) => a.area === asked) ?? result.areas[0])?.area ?? "";

function ColumnChoice({ result }: { result: Result }) {
  const { t, tr } = useWords();
  const { view, set } = useView();
  if (result.areas.length < 2) return null;
  return (
    <Select
      value={columnOf(result, view.column)} onChange={(a: string) => set({ column: a === result.areas[0]?.area ? null : a })} popupMatchSelectWidth={false}
      aria-label={t("lifts.column")} data-testid="lifts-column" options={result.areas.map((a) => ({ value: a.area, label: tr(a.title) }))}
    />
  );
}

type Kind = "rule" | "pair" | "added" | "together";
interface Row { kind: Kind; id: string; title: string; note?: string; gains: ByArea }

function Bars({ result, measure }: { result: Result; measure: MeasureResult }) {
  const { t, tr, du, lang } = useWords();
  const { view } = useView();
  const worth = result.lifts?.measures.find((m) => m.measure === measure.measure);
  if (!result.lifts || !worth) return <p className="notice">{t("lifts.none")}</p>;
  const column = columnOf(result, view.column);
  const { rules, pairs, together } = rowsOf(result, worth, column, tr, t);
  const all = [...rules, together, ...pairs];
  const scale = scaleFor(all.flatMap((r) => result.areas.map((a) => r.gains[a.area])), lang, measure.unit);
  const known = all.map((r) => r.gains[column]).filter((v): v is number => typeof v === "number");
  const low = Math.min(0, ...known), span = Math.max(0, ...known) - low || 1;
  const box = { low, span, neutral: measure.better === "neutral" };
  const show = (row: Row) => <BarRow key={row.kind + row.id} row={row} result={result} column={column} scale={scale} box={box} measure={measure.measure} />;
  return (
    <>
      <div className="scroll-x" role="region" aria-label={t("lifts.title")} tabIndex={0}>
        <table className="plain lifts__table" data-testid="lifts-table" data-measure={measure.measure} data-column={column}>
          <thead>
            <tr>
              <th scope="col">{t("lifts.lifted")}</th>
              <th scope="col" className="lifts__bar">{t(box.neutral ? "lifts.change" : "lifts.gain")} <span className="nowrap">{du(measure.unit)}</span></th>
              {result.areas.map((a) => <th key={a.area} scope="col" className={`right ${a.area === column ? "on" : "lifts__other"}`}>{tr(a.title)}</th>)}
            </tr>
          </thead>
          <tbody>{rules.map(show)}</tbody>
          <tbody className="lifts__together">{show(together)}</tbody>
          {pairs.length > 0 && (
            <tbody>
              <tr className="lifts__head"><th scope="rowgroup" colSpan={result.areas.length + 2}>{t("lifts.pairs")}</th></tr>
              {pairs.map(show)}
            </tbody>
          )}
        </table>
      </div>
      {result.lifts.note && <p className="muted" data-testid="lifts-note">{tr(result.lifts.note)}</p>}
    </>
  );
}

/** The bars from top to bottom: rules, the largest first, and what they add up to; all together; pairs likewise. */
function rowsOf(result: Result, worth: Worth, column: string, tr: (x: Result["title"]) => string, t: (k: string) => string) {
  const { rules, pairs } = result.lifts ?? { rules: [], pairs: [] };
  const falling = (a: Row, b: Row) => Math.abs(b.gains[column] ?? 0) - Math.abs(a.gains[column] ?? 0);
  const how = (said: Record<string, Interaction | null> | undefined) => t(`lifts.how.${said?.[column] ?? "unknown"}`);
  const one = rules.map((r): Row => ({ kind: "rule", id: r.rule, title: tr(r.title), ...(r.open && { note: t("lifts.open") }), gains: worth.rules[r.rule] ?? {} }));
  const two = pairs.map((p, i): Row => ({ kind: "pair", id: p.areas.join(), title: tr(p.title), gains: worth.pairs[i]?.gains ?? {} }));
  const added = (gains: ByArea | undefined, id: string, said: Record<string, Interaction | null> | undefined): Row => ({ kind: "added", id, title: t("lifts.added"), note: how(said), gains: gains ?? {} });
  return {
    rules: [...one.sort(falling), ...(one.length > 1 ? [added(worth.added.rules, "rules", worth.interaction.rules)] : [])],
    together: { kind: "together", id: "", title: t("lifts.together"), gains: worth.together } as Row,
    pairs: [...two.sort(falling), ...(two.length > 1 ? [added(worth.added.pairs, "pairs", worth.interaction.pairs)] : [])],
  };
}

function BarRow({ row, result, column, scale, box, measure }: { row: Row; result: Result; column: string; scale: Scale; box: { low: number; span: number; neutral: boolean }; measure: string }) {
  const at = (v: number) => `${((v - box.low) / box.span) * 100}%`;
  const size = (v: number) => `${(Math.abs(v) / box.span) * 100}%`;
  const value = row.gains[column] ?? null;
  return (
    <tr className={`lifts__row lifts__row--${row.kind}`} data-lift={row.kind} data-id={row.id}>
      <th scope="row">{row.title}{row.note && <span className="measures__sub">{row.note}</span>}</th>
      <td className="lifts__bar">
        <div className="lifts__track">
          {value !== null && <i className={value < 0 && !box.neutral ? "worse" : undefined} style={{ left: at(Math.min(0, value)), width: size(value) }} />}
          <b style={{ left: at(0) }} />
        </div>
      </td>
      {result.areas.map((a) => (
        <td key={a.area} className={`right ${a.area === column ? `strong ${tone(row.gains[a.area], box.neutral)}` : "lifts__other"}`}>
          <Value value={row.gains[a.area]} scale={scale} sign={box.neutral} measure={measure} area={a.area} />
        </td>
      ))}
    </tr>
  );
}
