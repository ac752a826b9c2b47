import type { Answer } from "../api/types";
import { formatNumber, scaleFor } from "../format/number";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import type { SiteAnswer } from "./shape";

/** People left out of this supply before the sites stand and once they do, by jurisdiction and for the region. */
export function BeforeAfter({ answer }: { answer: Answer<SiteAnswer> }) {
  const { t, tr, u, lang } = useWords();
  const { byId } = useRegion();
  const { sides, sites } = answer.answer;
  const top = Math.max(1, ...sides.flatMap((s) => [s.before, s.after]));
  const scale = scaleFor(sides.flatMap((s) => [s.before, s.after].map(Math.round)), lang);
  const show = (v: number) => formatNumber(Math.round(v), lang, { scale });
  const same = sites.length > 0 && sides.every((s) => Math.round(s.before) === Math.round(s.after));
  return (
    <section className="beforeafter" aria-labelledby="before-title" data-testid="before-after">
      <header className="detail__head"><h2 id="before-title">{t("siting.beforeAfter")} <span className="muted">{u(answer.units["before"])}</span></h2></header>
      <p className="legend__row legend__row--wrap siting__keys"><span className="legend__key"><i className="ba--before" />{t("siting.before")}</span><span className="legend__key"><i className="ba--after" />{t("siting.after")}</span></p>
      <table className="ba num">
        <thead className="sr-only"><tr><th>{t("measures.area")}</th><th>{t("siting.before")} / {t("siting.after")}</th><th>{t("siting.change")}</th></tr></thead>
        <tbody>
          {sides.map((s, i) => {
            const change = Math.round(s.after) - Math.round(s.before);
            return (
              <tr key={s.area} className={i === 0 ? "ba__total" : ""} data-area={s.area} data-before={s.before} data-after={s.after}>
                <th scope="row">{tr(byId.get(s.area)?.title) || s.area}</th>
                <td className="ba__bars">
                  <span><i className="ba--before" style={{ width: `calc((100% - 76px) * ${s.before / top})` }} />{show(s.before)}</span>
                  <span><i className="ba--after" style={{ width: `calc((100% - 76px) * ${s.after / top})` }} /><b>{show(s.after)}</b></span>
                </td>
                <td className={`right nowrap ${change < 0 ? "gain" : change > 0 ? "worse" : "muted"}`}>{change ? formatNumber(change, lang, { sign: true, scale: scaleFor([change], lang), trim: true }) : t("whatif.same")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {same && <p className="notice" data-testid="no-change">{t("siting.noChange")}</p>}
    </section>
  );
}
