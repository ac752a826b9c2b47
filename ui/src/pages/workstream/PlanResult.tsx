import { useCallback } from "react";
import type { Declaration, PlanCell, Result } from "../../api/types";
import { formatMoney, formatNumber, formatShare, scaleFor, withUnit, type Scale } from "../../format/number";
import { useWords } from "../../i18n";
import { stepMarks, type Base } from "../../map/drawing";
import { RegionMap } from "../../map/RegionMap";
import { About } from "../../parts/About";
import { Await } from "../../parts/Await";
import { PlacePanel } from "../../parts/PlacePanel";
import { QualityBadge } from "../../parts/QualityBadge";
import { RegimeGlyph } from "../../parts/RegimeGlyph";
import { SolverStatus, worstGap } from "../../parts/SolverStatus";
import { useCells, useRegion } from "../../state/region";
import { useView } from "../../state/view";
import { Explain } from "./BorderPane";
import { Settlement } from "./Settlement";
import { BudgetSplit, Steps } from "./Steps";

const RULES = ["current", "open"] as const;
const DECIDERS = ["alone", "jointly"] as const;

export function PlanResult({ result, declaration, query }: { result: Result; declaration: Declaration | null; query: Record<string, string | number | null> }) {
  const { t, lang } = useWords();
  const { view, set } = useView();
  const cells = useCells();
  const { byId } = useRegion();
  const plan = result.plan;
  const chosen = plan?.cells.find((c) => `${c.rules}-${c.deciders}` === view.cell) ?? plan?.cells.find((c) => c.rules === "current" && c.deciders === "jointly") ?? plan?.cells[0] ?? null;
  const marks = useCallback((base: Base) => stepMarks(base, chosen?.steps ?? []), [chosen]);
  if (!plan || !chosen) return <p className="notice">{t("plan.none")}</p>;
  const target = result.measures.find((m) => m.measure === plan.measure);
  const name = `${t(`rulesAre.${chosen.rules}`)} · ${t(`deciders.${chosen.deciders}`)}`;
  return (
    <>
      <Explain result={result} measure={target ?? null} />
      <TwoByTwo result={result} chosen={chosen} onChoose={(c) => set({ cell: `${c.rules}-${c.deciders}` })} />
      <h2>{t("plan.stepsOf", { name })} <span className="muted num">{t("plan.spent")} {formatMoney(chosen.spent_cny, lang)}</span></h2>
      <div className="split">
        <section className="mapbox">
          <Await resource={cells}>
            {(data) => (
              <RegionMap
                cells={data} marks={marks} regime={chosen.rules} selected={view.place} outlined={view.area} onPick={(place) => set({ place })}
                label={`${t("plan.steps")} · ${name}`} legend={{ title: t("plan.stepCost"), unit: t("plan.cny"), quality: target?.quality ?? null, better: null }}
              >
                {view.place && byId.has(view.place) && <PlacePanel area={view.place} result={null} regime={null} />}
              </RegionMap>
            )}
          </Await>
          <BudgetSplit cell={chosen} />
        </section>
        <section className="detail" aria-label={t("plan.steps")}>
          <Steps cell={chosen} />
        </section>
      </div>
      <Settlement plan={plan} unit={target?.unit ?? null} />
      <About result={result} declaration={declaration} query={query} />
    </>
  );
}

/** Rules as they are or open, each alone or all jointly, at the same total budget: equal rules are compared. */
function TwoByTwo({ result, chosen, onChoose }: { result: Result; chosen: PlanCell; onChoose: (cell: PlanCell) => void }) {
  const { t, tr, u, du, lang } = useWords();
  const plan = result.plan;
  if (!plan) return null;
  const target = result.measures.find((m) => m.measure === plan.measure);
  const area = result.areas[0]?.area ?? "";
  const unit = u(target?.unit);
  const scale = scaleFor([...plan.cells.map((c) => c.target[area]), ...RULES.map((r) => plan.before[r]?.[area])], lang, target?.unit);
  // A bound that is far off may hide a better plan of those who decide alone, and so flatter the dividend.
  const doubts = plan.cells.filter((c) => c.deciders === "alone").map((c) => worstGap(c.status)).filter((g): g is number => g !== null);
  const doubt = doubts.length ? Math.max(...doubts) : null;
  const show = (v: number | null | undefined) => formatNumber(v, lang, { scale });
  /** a difference keeps its own decimals, and is not folded (1.24万) where the values beside it are not (15,605) */
  const beside = (v: number): Scale => {
    const own = scaleFor([v], lang, target?.unit);
    return own.suffix && !scale.suffix ? { divisor: 1, suffix: "", digits: 0 } : own;
  };
  return (
    <section className="two" aria-label={t("plan.twoByTwo")}>
      <header className="two__title">
        <h2>{tr(target?.title)} <span className="muted">{unit}</span></h2>
        {target && <QualityBadge quality={target.quality} />}
        <span className="muted">{t("plan.sameBudget", { budget: formatMoney(plan.budget_cny, lang) })}</span>
      </header>
      <div className="two__grid" role="group">
        <span className="two__corner muted" />
        <span className="two__col muted">{t("plan.before")}</span>
        {DECIDERS.map((d) => <span key={d} className="two__col">{t(`deciders.${d}`)}</span>)}
        <span className="two__col two__col--dividend">{t("plan.dividend")}</span>
        {RULES.map((r) => {
          const dividend = plan.dividend[r] ?? null;
          return (
            <div className="two__row" key={r}>
              <span className="two__rules"><RegimeGlyph regime={r} />{t(`rulesAre.${r}`)}</span>
              <span className="two__before num" data-label={t("plan.before")}>{show(plan.before[r]?.[area])}</span>
              {DECIDERS.map((d) => {
                const cell = plan.cells.find((c) => c.rules === r && c.deciders === d);
                if (!cell) return <span key={d} className="muted" title={t("unknown")}>—</span>;
                const value = cell.target[area];
                return (
                  <button
                    key={d} type="button" className="two__cell" aria-pressed={cell === chosen} onClick={() => onChoose(cell)}
                    data-testid={`plan-cell-${r}-${d}`} data-label={t(`deciders.${d}`)}
                  >
                    <strong className="num" data-value={value ?? ""}>{show(value)}</strong>
                    <small className="num">{t("plan.spent")} {formatMoney(cell.spent_cny, lang)}</small>
                    <small className="muted"><SolverStatus status={cell.status} /></small>
                  </button>
                );
              })}
              <span className={`two__dividend num ${dividend !== null && dividend < 0 ? "worse" : ""}`} data-label={t("plan.dividend")} data-testid={`dividend-${r}`} data-value={dividend ?? ""}>
                {dividend === null ? <span title={t("unknown")}>—</span> : withUnit(formatNumber(dividend, lang, { scale: beside(dividend), trim: true }), du(target?.unit))}
              </span>
            </div>
          );
        })}
      </div>
      {doubt !== null && doubt >= 0.01 && <p className="notice prose">{t("plan.unproved", { gap: formatShare(doubt, lang) })}</p>}
      <p className="muted prose">{t("plan.dividendHint")}</p>
    </section>
  );
}
