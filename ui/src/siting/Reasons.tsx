import { REGIMES, type Regime, type Result } from "../api/types";
import { formatNumber, formatShare, valueScale, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { QualityBadge } from "../parts/QualityBadge";
import { RegimeGlyph } from "../parts/RegimeGlyph";
import { partsOfTarget } from "./shape";

/** Hues apart from one another, none of them a regime's. */
const COLOURS = ["#5c3d78", "#3f6f9f", "#8fb3cf", "#b59a6a", "#9aa3aa", "#cf8f7d", "#6f8f5a"];

/** What divides the target among reasons: one bar for each area and regime, as long as what it divides. */
export function Reasons({ result, regime }: { result: Result; regime: Regime }) {
  const { t, tr, u, lang } = useWords();
  const found = partsOfTarget(result);
  if (!found) return null;
  const { title, parts, whole } = found;
  const regimes = REGIMES.filter((r) => result.regimes.includes(r));
  const columns = result.areas;
  const scale = valueScale(whole, regimes, columns, lang);
  const top = Math.max(1, ...regimes.flatMap((r) => columns.map((a) => whole.values[r]?.[a.area] ?? 0)));
  const unit = u(whole.unit);
  return (
    <section className="reasons" aria-labelledby="reasons-title" data-testid="reasons">
      <header className="detail__head"><h2 id="reasons-title">{tr(title)} <span className="muted">{unit}</span></h2><QualityBadge quality={whole.quality} /></header>
      <p className="legend__row legend__row--wrap siting__keys">{parts.map((p, i) => <span className="legend__key" key={p.measure}><i style={{ background: COLOURS[i % COLOURS.length] }} />{tr(p.title)}</span>)}</p>
      <div className="reasons__rows">
        {columns.map((a, i) => (
          <div key={a.area} className={`reasons__area ${i === 0 ? "reasons__area--total" : ""}`}>
            <h3>{tr(a.title)}</h3>
            {regimes.map((r) => {
              const all = whole.values[r]?.[a.area] ?? null;
              return (
                <div key={r} className={`reasons__row num ${r === regime ? "reasons__row--on" : ""}`} data-area={a.area} data-regime={r} data-value={all ?? ""}>
                  <span className="reasons__name"><RegimeGlyph regime={r} />{t(`regime.${r}`)}</span>
                  <span className="reasons__bar" role="img" aria-label={parts.map((p) => `${tr(p.title)} ${formatNumber(Math.round(p.values[r]?.[a.area] ?? 0), lang)}`).join(", ")}>
                    {parts.map((p, n) => {
                      const value = p.values[r]?.[a.area] ?? 0;
                      const text = `${tr(p.title)}: ${withUnit(formatNumber(Math.round(value), lang), unit)}${all ? ` (${formatShare(value / all, lang)})` : ""}`;
                      return <i key={p.measure} title={text} data-measure={p.measure} data-value={value} style={{ width: `${(value / top) * 100}%`, background: COLOURS[n % COLOURS.length] }} />;
                    })}
                  </span>
                  <strong>{all === null ? "—" : formatNumber(all, lang, { scale })}</strong>
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <details className="details">
        <summary><b>{t("siting.figures")}</b> <span className="muted">{t(`regime.${regime}`)}</span></summary>
        <div className="details__body scroll-x">
          <table className="plain">
            <thead><tr><th scope="col" />{columns.map((a) => <th scope="col" className="right" key={a.area}>{tr(a.title)}</th>)}</tr></thead>
            <tbody>
              {[...parts, whole].map((p) => <tr key={p.measure}><th scope="row" className={p === whole ? "strong" : ""}>{tr(p.title)}</th>{columns.map((a) => { const v = p.values[regime]?.[a.area]; return <td key={a.area} className={`right num ${p === whole ? "strong" : ""}`}>{formatNumber(typeof v === "number" ? Math.round(v) : v, lang)}</td>; })}</tr>)}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
