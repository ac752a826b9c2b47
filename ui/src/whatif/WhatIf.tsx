import { Button, Tag } from "antd";
import { url } from "../api/client";
import type { Declaration, MeasureResult, Regime, Result } from "../api/types";
import { useResource } from "../api/useResource";
import { formatNumber, scaleFor, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { tone } from "../parts/MeasureTable";
import { QualityBadge } from "../parts/QualityBadge";
import { useRegion } from "../state/region";
import { useView } from "../state/view";
import "../styles/whatif.css";
import { switchable, useSteps } from "./useSteps";
import { WhatIfPanel } from "./WhatIfPanel";

interface Props {
  declaration: Declaration | null;
  workstream: string;
  /** the figure with the steps, beside which today's is put */
  measure: MeasureResult | null;
  area: string | null;
  regime: Regime;
  /** the figures are on their way */
  stale?: boolean;
}

/** The switches behind a fold, for pages that are about something else, and what is switched on below them: nothing moves under the pointer. */
export function WhatIf(props: Props) {
  const { t } = useWords();
  const { chosen } = useSteps(props.declaration);
  const some = switchable(props.declaration).length > 0;
  if (!some && !chosen.length) return null;
  return (
    <section className="whatif" aria-label={t("whatif.title")}>
      {props.declaration && some && (
        <details className="whatif__fold">
          <summary><b>{t("whatif.title")}</b> <span className="muted">{t("whatif.hint")}</span></summary>
          <WhatIfPanel declaration={props.declaration} />
        </details>
      )}
      <WhatIfBanner {...props} />
    </section>
  );
}

/** That the figures are those of a supposition: which steps, what they change, and the ways back. */
export function WhatIfBanner({ declaration, workstream, measure, area, regime, stale = false }: Props) {
  const { t, tr } = useWords();
  const { chosen, drop, undo, clear } = useSteps(declaration);
  if (!chosen.length) return null;
  return (
    <div className="whatif__banner" data-testid="whatif-banner">
      <div className="whatif__steps" aria-live="polite">
        <b>{t("whatif.on")}</b>
        {chosen.map(({ step, lever, option }) => (
          <Tag key={step} closable onClose={(event) => { event.preventDefault(); drop(step); }} closeIcon={<span aria-label={t("whatif.remove")}>×</span>} data-step={step}>
            {lever && option ? t("whatif.step", { lever: tr(lever.title), name: tr(option.title) }) : <code>{step}</code>}
          </Tag>
        ))}
        <span className="whatif__buttons">
          <Button size="small" onClick={undo} data-testid="whatif-undo">{t("whatif.undo")}</Button>
          <Button size="small" onClick={clear} data-testid="whatif-clear">{t("whatif.clear")}</Button>
        </span>
      </div>
      {measure && area && <div className={stale ? "stale" : undefined}><Difference workstream={workstream} measure={measure} area={area} regime={regime} /></div>}
      <p className="muted whatif__note">{t("whatif.note")}</p>
    </div>
  );
}

/** One figure with the steps and without them, under the same rules. */
function Difference({ workstream, measure, area, regime }: { workstream: string; measure: MeasureResult; area: string; regime: Regime }) {
  const { t, tr, u, du, lang } = useWords();
  const { region } = useRegion();
  const { view } = useView();
  // Today's rules need one computation, the other two the whole border.
  const verb = regime === "current" ? "status" : "border";
  const { data } = useResource<Result>(url(`/regions/${region.region}/${workstream}/${verb}`, { as_of: view.as_of, area: view.area }), true);
  const before = data?.measures.find((m) => m.measure === measure.measure)?.values[regime]?.[area];
  const after = measure.values[regime]?.[area];
  if (typeof before !== "number" || typeof after !== "number") return null;
  const change = after - before;
  const scale = scaleFor([before, after], lang, measure.unit);
  const better = measure.better === "lower" ? -change : change;
  return (
    <p className="whatif__figure num" data-testid="whatif-change" data-measure={measure.measure} data-value={change}>
      {tr(measure.title)} <QualityBadge quality={measure.quality} />{" "}
      <span className="muted">{formatNumber(before, lang, { scale })} →</span> <strong>{withUnit(formatNumber(after, lang, { scale }), u(measure.unit))}</strong>{" "}
      {change === 0
        ? <span className="muted">{t("whatif.same")}</span>
        : <span className={tone(better, measure.better === "neutral")}>{withUnit(formatNumber(change, lang, { sign: true, unit: measure.unit, scale: scaleFor([change], lang, measure.unit), trim: true }), du(measure.unit))}</span>}
    </p>
  );
}
