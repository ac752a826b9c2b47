import type { RuleRow } from "../api/types";
import { formatNumber, withUnit } from "../format/number";
import { isFlag } from "../format/unit";
import { useWords } from "../i18n";
import { QualityBadge } from "./QualityBadge";
import { useRegion } from "../state/region";

/** Where a rule stands between the closed and the open border, pair by pair, with its legal reference. */
export function RuleTable({ rules }: { rules: RuleRow[] }) {
  const { t, tr, u, lang } = useWords();
  const { byId, region } = useRegion();
  const name = (area: string) => tr(byId.get(area)?.title) || area;
  const stream = new Map(region.workstreams.map((w) => [w.workstream, tr(w.title)]));
  return (
    <div className="scroll-x" role="region" aria-label={t("rules.title")} tabIndex={0}>
      <table className="plain rules" data-testid="rule-table">
        <thead>
          <tr><th>{t("rules.rule")}</th><th>{t("rules.pair")}</th><th>{t("rules.item")}</th><th className="right">{t("rules.value")}</th><th>{t("rules.opened")}</th><th>{t("rules.valid")}</th><th>{t("rules.reference")}</th><th>{t("measures.quality")}</th></tr>
        </thead>
        <tbody>
          {rules.map((r, i) => (
            <tr key={i}>
              <th scope="row">{tr(r.title)}<span className="measures__sub">{stream.get(r.workstream) ?? r.workstream}</span></th>
              <td className="rules__pair">{r.origin === r.destination ? `${name(r.origin)} ${t("rules.within")}` : <>{name(r.origin)} → {name(r.destination)}</>}</td>
              <td className="rules__item" title={r.item ?? undefined}>{r.item_title ? tr(r.item_title) : r.item || ""}</td>
              <td className="right num nowrap" title={r.value === null ? t("unknown") : undefined}>{isFlag(r.unit) ? formatNumber(r.value, lang, { unit: r.unit }) : withUnit(formatNumber(r.value, lang, { unit: r.unit }), u(r.unit))}</td>
              <td><Opened rule={r} /></td>
              <td className="num nowrap">{r.valid_from ?? ""}{r.valid_to ? ` – ${r.valid_to}` : r.valid_from ? " –" : ""}</td>
              <td className="rules__ref">{tr(r.reference)}</td>
              <td>{r.quality && <QualityBadge quality={r.quality} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Opened({ rule }: { rule: RuleRow }) {
  const { t, lang } = useWords();
  const { closed, value, open } = rule;
  if (closed === null || value === null || open === null || closed === open) return <span className="muted" title={t("unknown")}>—</span>;
  const share = Math.min(1, Math.max(0, (value - closed) / (open - closed)));
  const text = `${t("regime.closed")} ${formatNumber(closed, lang, { unit: rule.unit })} · ${t("regime.open")} ${formatNumber(open, lang, { unit: rule.unit })}`;
  return <span className="opened" role="img" title={text} aria-label={`${Math.round(share * 100)}%. ${text}`}><i style={{ width: `${share * 100}%` }} /></span>;
}
