import { Button } from "antd";
import { useState } from "react";
import type { Answer } from "../api/types";
import { formatMoney, formatNumber, scaleFor } from "../format/number";
import { useWords } from "../i18n";
import { QualityBadge } from "../parts/QualityBadge";
import { useRegion } from "../state/region";
import { useView } from "../state/view";
import type { SiteAnswer } from "./shape";
import { usePlaceName, useValues } from "./useNames";

const FIRST = 12;

/** The chosen sites by the numbers they carry on the map; a table, and cards where there is little room. */
export function SiteList({ answer }: { answer: Answer<SiteAnswer> }) {
  const { t, tr, u, lang } = useWords();
  const { byId } = useRegion();
  const { view, set } = useView();
  const name = usePlaceName();
  const say = useValues();
  const [all, setAll] = useState(false);
  const { sites, sides } = answer.answer;
  const left = Math.round(sides[0]?.before ?? 0);
  const people = scaleFor(sites.map((s) => Math.round(s.people)), lang), cost = scaleFor(sites.map((s) => s.cost_cny), lang);
  const side = (place: string) => { const j = byId.get(place)?.jurisdiction; return j && j !== place ? tr(byId.get(j)?.title) : ""; };
  const min = u(answer.units["minutes"]);
  return (
    <section aria-labelledby="sites-title" data-testid="sites" data-count={sites.length}>
      <header className="detail__head"><h2 id="sites-title">{t("siting.sites", { n: sites.length })}</h2><QualityBadge quality={answer.quality} /></header>
      {!sites.length && <p className="teach" data-testid="sites-empty" data-left={left}>{left ? t("siting.noUse", { n: formatNumber(left, lang) }) : t("siting.nobody")}</p>}
      {sites.length > 0 && (
        <table className="plain sites">
          <thead><tr><th scope="col">#</th><th scope="col">{t("siting.place")}</th><th scope="col" className="right">{t("siting.bedsHead")}</th><th scope="col" className="right">{t("siting.nearest")}</th><th scope="col" className="right">{t("siting.mean")} <span className="muted">{min}</span></th><th scope="col" className="right">{t("siting.cost")}</th></tr></thead>
          <tbody>
            {(all ? sites : sites.slice(0, FIRST)).map((s, i) => (
              <tr key={s.place} className={view.place === s.place ? "chosen" : ""} data-testid="site" data-place={s.place}>
                <td><i className="sites__no num">{i + 1}</i></td>
                <th scope="row">
                  <button type="button" className="linklike" aria-pressed={view.place === s.place} onClick={() => set({ place: view.place === s.place ? null : s.place })}>{name(s.place)}</button>
                  <small className="muted">{[side(s.place), say(s.tier)].filter(Boolean).join(" · ")}</small>
                </th>
                <td className="right num" data-label={t("siting.bedsHead")}>{formatNumber(s.beds, lang)}</td>
                <td className="right num" data-label={t("siting.nearest")} data-people={s.people}>{formatNumber(Math.round(s.people), lang, { scale: people })}</td>
                <td className="right num" data-label={`${t("siting.mean")} (${min})`} data-minutes={s.minutes ?? ""}>{s.minutes === null ? "—" : formatNumber(Math.round(s.minutes), lang)}</td>
                <td className="right num" data-label={t("siting.cost")} data-cost={s.cost_cny}>{formatMoney(s.cost_cny, lang, { scale: cost })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {sites.length > FIRST && <p className="siting__more"><Button size="small" onClick={() => setAll(!all)}>{all ? t("plan.fewer") : t("plan.allSteps", { n: sites.length })}</Button></p>}
    </section>
  );
}
