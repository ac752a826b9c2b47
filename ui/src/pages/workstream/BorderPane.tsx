import { Select, Skeleton } from "antd";
import { lazy, Suspense } from "react";
import { Link, useLocation } from "react-router";
import { url, type Asked } from "../../api/client";
import type { Declaration, MeasureResult, Regime, Result } from "../../api/types";
import { useResource, type Resource } from "../../api/useResource";
import { useWords } from "../../i18n";
import { About } from "../../parts/About";
import { Await } from "../../parts/Await";
import { measureOptions } from "../../parts/MeasureGroups";
import { MeasureMatrix } from "../../parts/MeasureMatrix";
import { MeasureTable, short } from "../../parts/MeasureTable";
import { QualityBadge } from "../../parts/QualityBadge";
import { RegimeSwitch } from "../../parts/RegimeSwitch";
import { SolverStatus } from "../../parts/SolverStatus";
import { useRegion } from "../../state/region";
import { useHref, useView } from "../../state/view";
import { useSteps } from "../../whatif/useSteps";
import { WhatIf } from "../../whatif/WhatIf";
import { Lifts } from "./Lifts";
import { ResultMap } from "./ResultMap";
import { hasAssumptions, rangeOf, useSensitivity } from "./useRange";

const BarsByArea = lazy(() => import("../../charts/BarsByArea"));

interface Props { workstream: string; verb: "status" | "border"; declaration: Declaration | null }

/**
 * Where we stand and what the border costs, on one screen: `status` holds today's rules, `border` all three.
 * Moving the switch under `status` asks for the border; both share this pane so that the focus stays.
 */
export function BorderPane({ workstream, verb, declaration }: Props) {
  const { region } = useRegion();
  const { view, set } = useView();
  const { asked } = useSteps(declaration);
  const query = { as_of: view.as_of, area: view.area, step: asked };
  const resource = useResource<Result>(url(`/regions/${region.region}/${workstream}/${verb}`, query), true);
  const wanted: Regime = verb === "status" ? "current" : view.regime;
  const switchTo = (next: Regime) => {
    if (verb === "status" && next !== "current") set({ tab: "border", regime: next });
    else if (verb === "border") set({ regime: next });
  };
  const data = resource.problem ? null : resource.data;
  const measure = data ? pickMeasure(data, view.measure) : null;
  // Asked quietly once the figures are there: how far the assumptions move them.
  // Of things as they are: a range is not asked of a supposition.
  const assumed = verb === "border" && !!data && !resource.stale && !asked.length && hasAssumptions(declaration);
  const found = useSensitivity(workstream, query, assumed);
  const range = assumed ? rangeOf(found, measure?.measure) : null;
  return (
    <>
      <WhatIf declaration={declaration} workstream={workstream} measure={measure} area={data?.areas[0]?.area ?? null} regime={data?.regimes.includes(wanted) ? wanted : "current"} stale={resource.stale} />
      {data && measure && <FigureHead result={data} measure={measure} onChoose={(m) => set({ measure: m })} />}
      {!resource.problem && <RegimeSwitch regime={wanted} onChange={switchTo} measure={measure} area={data?.areas[0]?.area ?? ""} range={range} />}
      {assumed && <RangeNote found={found} />}
      <Await resource={resource} skeleton={<PaneSkeleton />}>
        {(result) => <Shown result={result} wanted={wanted} declaration={declaration} query={query} />}
      </Await>
    </>
  );
}

/** How far the search for the range is, and where its assumptions are shown one by one. */
function RangeNote({ found }: { found: Resource<Result> }) {
  const { t } = useWords();
  const href = useHref();
  const { view } = useView();
  const { pathname } = useLocation();
  const runs = found.data?.sensitivity?.runs ?? 0;
  const share = found.progress?.done ?? null;
  const said = found.problem ? t("range.failed")
    : found.loading || found.stale ? t("range.computing") + (share === null ? "" : ` ${Math.round(share * 100)}%`)
    : runs ? t("range.done", { n: runs }) : "";
  if (!said) return null;
  return (
    <p className="range-note muted num" data-testid="range-note" data-state={found.problem ? "failed" : found.loading || found.stale ? "computing" : "done"}>
      <span>{said}</span> <Link to={href(pathname, { tab: "sensitivity", measure: view.measure, regime: view.regime })}>{t("range.more")}</Link>
    </p>
  );
}

export function pickMeasure(result: Result, asked: string | null): MeasureResult | null {
  return result.measures.find((m) => m.measure === asked) ?? result.measures.find((m) => m.target) ?? result.measures[0] ?? null;
}

/** Which figure the switch speaks of: measure, place, quality, year. */
function FigureHead({ result, measure, onChoose }: { result: Result; measure: MeasureResult; onChoose: (measure: string) => void }) {
  const { t, tr } = useWords();
  return (
    <div className="figure-head">
      <Select
        value={measure.measure} onChange={onChoose} popupMatchSelectWidth={false} aria-label={t("measures.choose")} data-testid="measure-select"
        options={measureOptions(result.measures, tr)}
      />
      <QualityBadge quality={measure.quality} />
      <span className="muted">{[tr(result.areas[0]?.title), measure.whose ? short(tr(measure.whose)) : "", measure.better === "neutral" ? "" : t(`better.${measure.better}`), measure.year].filter(Boolean).join(" · ")}</span>
    </div>
  );
}

function PaneSkeleton() {
  return <div className="split"><div className="map skeleton-veil" /><Skeleton active paragraph={{ rows: 10 }} /></div>;
}

function Shown({ result, wanted, declaration, query }: { result: Result; wanted: Regime; declaration: Declaration | null; query: Asked }) {
  const { t, tr, u } = useWords();
  const { view, set } = useView();
  // While the border is being computed the answer on screen may still be today's rules only.
  const regime = result.regimes.includes(wanted) ? wanted : "current";
  const measure = pickMeasure(result, view.measure);
  if (!measure) return <p className="muted">{t("measures.none")}</p>;
  const columns = result.areas.length > 1 ? result.areas.slice(1) : result.areas;
  const outcome = result.outcomes[regime];
  return (
    <>
      <Explain result={result} measure={measure} />
      {outcome && outcome.status.startsWith("infeasible") && <p className="notice worse">{t(`regime.${regime}`)} · <SolverStatus status={outcome.status} /></p>}
      <div className="split">
        <ResultMap result={result} regime={regime} />
        <section className="detail" aria-label={tr(measure.title)}>
          <header className="detail__head">
            <h2>{t("measures.byArea", { measure: tr(measure.title) })} <span className="muted">{u(measure.unit)}</span></h2>
            <QualityBadge quality={measure.quality} />
          </header>
          <Suspense fallback={<div className="chart skeleton-veil" />}>
            <BarsByArea measure={measure} areas={columns} totals={result.areas} regime={regime} regimes={result.regimes} />
          </Suspense>
          <MeasureMatrix m={measure} result={result} regime={regime} />
        </section>
      </div>
      {result.verb === "border" && declaration && <Lifts workstream={result.workstream} declaration={declaration} measures={result.measures} measure={measure} query={query} />}
      <h2>{t("measures.title")}</h2>
      <MeasureTable result={result} regime={regime} chosen={measure.measure} onChoose={(m) => set({ measure: m })} />
      <About result={result} declaration={declaration} query={query} />
    </>
  );
}

/**
 * What must be read beside the figures: the sentence on this measure, that it is an example where it is one, and the
 * notes of the Result (published totals, misfit). All other sentences are folded.
 */
export function Explain({ result, measure }: { result: Result; measure: MeasureResult | null }) {
  const { t, tr, lang } = useWords();
  const sentences = result.explain[lang] ?? [];
  const lead = leadOf(sentences, measure?.title[lang] ?? "", result.verb);
  const notes = result.notes ?? [];
  const said = new Set([lead, ...notes.map((n) => n[lang])]);
  const rest = sentences.filter((s) => !said.has(s));
  return (
    <div className="explain" data-testid="explain">
      {lead && <p className="explain__lead">{tr(lead)}</p>}
      {(notes.length > 0 || measure?.quality === "illustrative") && (
        <div className="explain__notes" role="note">
          {measure?.quality === "illustrative" && <p className="explain__caveat"><QualityBadge quality="illustrative" /> {t("illustrative.long")}</p>}
          {notes.map((n, i) => <p key={i} data-testid="result-note">{tr(n)}</p>)}
        </div>
      )}
      {rest.length > 0 && (
        <details className="explain__more">
          <summary>{t("about.inWords", { n: rest.length })}</summary>
          {rest.map((s, i) => <p key={i}>{tr(s)}</p>)}
        </details>
      )}
    </div>
  );
}

/** The sentence on a measure: it opens with the measure's name; a plan names it after the budget. */
function leadOf(sentences: string[], title: string, verb: Result["verb"]): string | undefined {
  if (!title) return undefined;
  const plain = title.toLowerCase();
  const opens = (s: string) => s.toLowerCase().startsWith(plain);
  return sentences.find((s) => (verb === "plan" ? !opens(s) && s.toLowerCase().includes(plain) && !/[:：]\s*$/.test(s) : opens(s)));
}
