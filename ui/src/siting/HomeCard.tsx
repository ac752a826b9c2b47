import type { Unit } from "../api/types";
import { formatNumber, formatShare, withUnit } from "../format/number";
import { useWords } from "../i18n";
import type { Home } from "./shape";
import { usePlaceName, useValues } from "./useNames";

const PARTS = [["own", "price_cny", "#20394d"], ["subsidy", "subsidy_cny", "#5a99a4"], ["insurance", "insurance_cny", "#a9cdd2"], ["medical", "medical_cny", "#cbb98f"]] as const;

/** One kind of bed at one place: what a person pays a month and who pays the rest, the trip, and beds. */
export function HomeCard({ home: h, units }: { home: Home; units: Record<string, Unit> }) {
  const { t, u, lang } = useWords();
  const name = usePlaceName();
  const say = useValues();
  const full = PARTS.reduce((sum, [, column]) => sum + h[column], 0);
  const number = (v: number) => formatNumber(Math.round(v), lang);
  return (
    <li className={`offer ${h.affordable ? "" : "offer--dear"}`} data-testid="home" data-place={h.place} data-price={h.price_cny}>
      <header><strong>{name(h.place)}</strong> <span className="muted">{[say(h.tier), t(h.nursing ? "siting.nursing" : "siting.ordinary")].join(" · ")}</span></header>
      <p className="offer__price num"><b>{number(h.price_cny)}</b> <span className="muted">{u(units["price_cny"])}</span> {!h.affordable && <span className="worse">{t("siting.tooDear")}</span>}</p>
      <span className="offer__bar" aria-hidden>{PARTS.map(([part, column, colour]) => <i key={part} style={{ width: `${full > 0 ? (h[column] / full) * 100 : 0}%`, background: colour }} />)}</span>
      <p className="offer__parts num">{PARTS.filter(([, column]) => h[column] > 0).map(([part, column, colour]) => <span key={part}><i style={{ background: colour }} aria-hidden />{t(`siting.part.${part}`)} {number(h[column])}</span>)}</p>
      <p className="offer__facts num">
        <span>{withUnit(formatNumber(Math.round(h.minutes), lang), u(units["minutes"]))}</span>
        <span className={h.free >= 1 ? "gain" : "muted"}>{h.free >= 1 ? t("siting.free", { n: number(Math.floor(h.free)) }) : t("siting.full")}</span>
        <span className="muted">{t("siting.staffed", { n: number(h.staffed), beds: number(h.beds) })}</span>
        {h.open_share < 1 && <span className="muted">{t("siting.openShare", { share: formatShare(h.open_share, lang) })}</span>}
      </p>
    </li>
  );
}
