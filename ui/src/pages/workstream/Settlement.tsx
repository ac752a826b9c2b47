import type { Plan, T } from "../../api/types";
import { formatMoney, formatNumber, scaleFor } from "../../format/number";
import { useWords } from "../../i18n";
import { QualityBadge } from "../../parts/QualityBadge";
import { useRegion } from "../../state/region";

/** Who gains, who pays, and a transfer with which every side is better off than alone, where one exists. */
export function Settlement({ plan, unit }: { plan: Plan; unit: T | null }) {
  const { t, tr, u, lang } = useWords();
  const { byId } = useRegion();
  const s = plan.settlement;
  if (!s) return null;
  const money = scaleFor(s.sides.flatMap((x) => [x.pays_cny, x.transfer_cny, x.net_cny, x.alone_net_cny]), lang);
  const gain = scaleFor(s.sides.flatMap((x) => [x.gain, x.alone_gain]), lang, unit);
  const gained = <>{t("settlement.gain")} <span className="muted">{u(unit)}</span></>;
  const cny = (v: number | null, sign = false) => formatMoney(v, lang, { scale: money, sign });
  return (
    <section className="settlement" data-testid="settlement">
      <header className="detail__head">
        <h2>{t("settlement.title")}</h2><QualityBadge quality={s.quality} />
      </header>
      <p className="prose">{t(s.exists ? "settlement.exists" : "settlement.none")} <span className="muted">{t("settlement.worth", { worth: formatMoney(s.worth_cny, lang), unit: u(unit) })}</span></p>
      <div className="scroll-x" role="region" aria-label={t("settlement.title")} tabIndex={0}>
        <table className="plain">
          <thead>
            <tr><th rowSpan={2}>{t("plan.jurisdiction")}</th><th colSpan={2} className="center">{t("deciders.alone")}</th><th colSpan={2} className="center">{t("deciders.jointly")}</th><th rowSpan={2} className="right">{t("settlement.transfer")}</th><th colSpan={2} className="center">{t("settlement.net")}</th></tr>
            <tr><th className="right">{gained}</th><th className="right">{t("settlement.pays")}</th><th className="right">{gained}</th><th className="right">{t("settlement.pays")}</th><th className="right">{t("deciders.alone")}</th><th className="right">{t("settlement.after")}</th></tr>
          </thead>
          <tbody>
            {s.sides.map((x) => (
              <tr key={x.jurisdiction}>
                <th scope="row">{tr(byId.get(x.jurisdiction)?.title) || x.jurisdiction}</th>
                <td className="right num">{formatNumber(x.alone_gain, lang, { scale: gain })}</td>
                <td className="right num nowrap">{cny(x.alone_pays_cny)}</td>
                <td className="right num">{formatNumber(x.gain, lang, { scale: gain })}</td>
                <td className="right num nowrap">{cny(x.pays_cny)}</td>
                <td className="right num nowrap"><b>{cny(x.transfer_cny, true)}</b> <span className="muted">{x.transfer_cny ? t(x.transfer_cny > 0 ? "settlement.receives" : "settlement.gives") : ""}</span></td>
                <td className="right num nowrap">{cny(x.alone_net_cny, true)}</td>
                <td className={`right num nowrap strong ${(x.net_cny ?? 0) < (x.alone_net_cny ?? 0) ? "worse" : ""}`}>{cny(x.net_cny, true)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
