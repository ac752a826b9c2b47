import type { SensitivityMeasure, T } from "../../api/types";
import { formatNumber, scaleFor, withUnit } from "../../format/number";
import { useWords } from "../../i18n";

/** Assumptions by how far each alone moves the difference; the bar runs from its low to its high value. */
export function Tornado({ kind, measure, unit }: { kind: "gained" | "remains"; measure: SensitivityMeasure; unit: T | null }) {
  const { t, tr, u, du, lang } = useWords();
  const centre = measure[kind].value;
  const rows = measure.params
    .map((p) => ({ ...p, ends: p[kind] }))
    .filter((p): p is typeof p & { ends: [number, number] } => p.ends[0] !== null && p.ends[1] !== null)
    .sort((a, b) => Math.abs(b.ends[1] - b.ends[0]) - Math.abs(a.ends[1] - a.ends[0]));
  const moving = rows.filter((r) => r.ends.some((end: number) => centre === null || Math.abs(end - centre) > 1e-9 * Math.max(1, Math.abs(centre))));
  const all = [...rows.flatMap((r) => r.ends), ...(centre === null ? [] : [centre])];
  const low = Math.min(...all), high = Math.max(...all);
  const span = high - low || 1;
  const at = (v: number) => ((v - low) / span) * 100;
  const scale = scaleFor(all, lang, unit);
  const show = (v: number | null) => formatNumber(v, lang, { scale });
  return (
    <section className="tornado" aria-label={t(`border.${kind}`)} data-testid={`tornado-${kind}`}>
      <h3>{t(`border.${kind}`)} <span className="num">{show(centre)}</span> <span className="muted">{du(unit)}</span></h3>
      {moving.length === 0 || high === low ? <p className="muted">{t("sensitivity.still")}</p> : (
        <table className="tornado__table">
          <thead className="sr-only"><tr><th>{t("about.param")}</th><th>{t("about.low")}</th><th /><th>{t("about.high")}</th></tr></thead>
          <tbody>
            {moving.map((r) => {
              const [a, b] = r.ends;
              return (
                <tr key={r.param}>
                  <th scope="row">{tr(r.title)}<span className="measures__sub num">{formatNumber(r.low, lang, { unit: r.unit })} … {withUnit(formatNumber(r.high, lang, { unit: r.unit }), u(r.unit))}</span></th>
                  <td className="right num">{show(Math.min(a, b))}</td>
                  <td className="tornado__cell">
                    <div className="tornado__track">
                      {centre !== null && <><i className="tornado__half" style={box(at(centre), at(a))} data-end="low" /><i className="tornado__half" style={box(at(centre), at(b))} data-end="high" /><i className="tornado__mid" style={{ left: `${at(centre)}%` }} /></>}
                    </div>
                  </td>
                  <td className="num">{show(Math.max(a, b))}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {moving.length > 0 && moving.length < rows.length && <p className="muted tornado__key">{t("sensitivity.others", { n: rows.length - moving.length })}</p>}
      <p className="muted tornado__key"><i className="tornado__half" data-end="low" />{t("sensitivity.atLow")} <i className="tornado__half" data-end="high" />{t("sensitivity.atHigh")}</p>
    </section>
  );
}

const box = (from: number, to: number) => ({ left: `${Math.min(from, to)}%`, width: `${Math.abs(to - from)}%` });
