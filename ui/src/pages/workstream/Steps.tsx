import { Button } from "antd";
import { useState } from "react";
import type { PlanCell } from "../../api/types";
import { formatMoney, formatNumber, formatShare, scaleFor, withUnit } from "../../format/number";
import { isFlag } from "../../format/unit";
import { useWords } from "../../i18n";
import { useRegion } from "../../state/region";
import { tint } from "../../styles/palette";

const FEW = 12;

/** What to do, where, how much, and who pays. */
export function Steps({ cell }: { cell: PlanCell }) {
  const { t, tr, u, lang } = useWords();
  const { byId } = useRegion();
  const [all, setAll] = useState(false);
  if (!cell.steps.length) return <p className="muted">{t("plan.noSteps")}</p>;
  const sorted = [...cell.steps].sort((a, b) => b.cost_cny - a.cost_cny);
  const scale = scaleFor(sorted.map((s) => s.cost_cny), lang);
  return (
    <>
      <div className="scroll-x" role="region" aria-label={t("plan.steps")} tabIndex={0}>
        <table className="plain" data-testid="plan-steps">
          <thead><tr><th>{t("plan.step")}</th><th className="right">{t("plan.amount")}</th><th className="right">{t("plan.cost")}</th><th>{t("plan.payer")}</th></tr></thead>
          <tbody>
            {(all ? sorted : sorted.slice(0, FEW)).map((s, i) => (
              <tr key={i}>
                <th scope="row">{tr(s.label)}<span className="measures__sub">{tr(s.title)}</span></th>
                <td className="right num nowrap">{isFlag(s.unit) ? formatNumber(s.amount, lang, { unit: s.unit }) : withUnit(formatNumber(s.amount, lang, { unit: s.unit }), u(s.unit))}</td>
                <td className="right num nowrap">{formatMoney(s.cost_cny, lang, { scale })}</td>
                <td>{tr(byId.get(s.payer)?.title) || s.payer}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > FEW && <Button size="small" onClick={() => setAll(!all)}>{all ? t("plan.fewer") : t("plan.allSteps", { n: sorted.length })}</Button>}
    </>
  );
}

/** The same total budget, as it was split and as it was spent. */
export function BudgetSplit({ cell }: { cell: PlanCell }) {
  const { t, tr, lang } = useWords();
  const { region, byId } = useRegion();
  const shares = Object.entries(cell.budget_split);
  if (!shares.length) return null;
  const total = shares.reduce((sum, [, v]) => sum + (v ?? 0), 0);
  return (
    <section className="splitbars" aria-label={t("plan.split")}>
      <h3>{t("plan.split")}</h3>
      <div className="scroll-x">
        <table className="plain">
          <thead><tr><th>{t("plan.jurisdiction")}</th><th className="right">{t("plan.share")}</th><th className="right">{t("plan.allotted")}</th><th className="right">{t("plan.spentHead")}</th></tr></thead>
          <tbody>
            {shares.map(([j, cny]) => (
              <tr key={j}>
                <th scope="row"><i className="key" style={{ background: tint(region.jurisdictions.indexOf(j)) }} />{tr(byId.get(j)?.title) || j}</th>
                <td className="right num">{total > 0 ? formatShare((cny ?? 0) / total, lang) : "—"}</td>
                <td className="right num nowrap">{formatMoney(cny, lang)}</td>
                <td className="right num nowrap">{formatMoney(cell.spent[j], lang)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
