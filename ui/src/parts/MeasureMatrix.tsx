import { REGIMES, type MeasureResult, type Regime, type Result } from "../api/types";
import { scaleFor, valueScale } from "../format/number";
import { useWords } from "../i18n";
import { tone } from "./MeasureTable";
import { Value } from "./Value";

/** One measure in all regimes at once, area by area: the table behind the chart. */
export function MeasureMatrix({ m, result, regime }: { m: MeasureResult; result: Result; regime: Regime }) {
  const { t, tr, lang } = useWords();
  const shown = REGIMES.filter((r) => result.regimes.includes(r));
  const scale = valueScale(m, shown, result.areas, lang);
  // Differences are small beside the values: a scale of their own keeps them from rounding to nothing.
  const steps = scaleFor(result.areas.flatMap((a) => [m.gained[a.area], m.remains[a.area]]), lang, m.unit);
  const sign = m.better === "neutral";
  return (
    <div className="scroll-x">
      <table className="plain matrix" data-testid="measure-matrix">
        <thead>
          <tr>
            <th scope="col">{t("measures.area")}</th>
            {shown.map((r) => <th key={r} scope="col" className={`right ${r === regime ? `on on--${r}` : ""}`}>{t(`regime.${r}`)}</th>)}
            {shown.length > 1 && <th scope="col" className="right">{t("border.gained")}</th>}
            {shown.length > 1 && <th scope="col" className="right">{t("border.remains")}</th>}
          </tr>
        </thead>
        <tbody>
          {result.areas.map((a) => (
            <tr key={a.area}>
              <th scope="row">{tr(a.title)}</th>
              {shown.map((r) => <td key={r} className={`right ${r === regime ? "strong" : ""}`}><Value value={m.values[r]?.[a.area]} scale={scale} measure={m.measure} area={a.area} regime={r} /></td>)}
              {shown.length > 1 && (["gained", "remains"] as const).map((kind) => (
                <td key={kind} className={`right ${tone(m[kind][a.area], sign)}`}><Value value={m[kind][a.area]} scale={steps} sign={sign} measure={m.measure} area={a.area} regime={kind} /></td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
