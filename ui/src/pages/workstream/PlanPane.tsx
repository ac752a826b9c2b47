import { Button, InputNumber, Slider } from "antd";
import { useState } from "react";
import { url } from "../../api/client";
import type { Declaration, Result } from "../../api/types";
import { useResource } from "../../api/useResource";
import { formatMoney } from "../../format/number";
import { useWords } from "../../i18n";
import { Await } from "../../parts/Await";
import { useRegion } from "../../state/region";
import { useView } from "../../state/view";
import { PlanResult } from "./PlanResult";

/** Choose a budget, run, compare: the budget that was run stands in the address. */
export function PlanPane({ workstream, declaration }: { workstream: string; declaration: Declaration | null }) {
  const { t } = useWords();
  const { region } = useRegion();
  const { view } = useView();
  // Without a budget in the address the declared one is taken: it is the one the overview shows.
  const budget = view.budget ?? declaration?.budget_cny?.default ?? null;
  const query = { as_of: view.as_of, area: view.area, budget_cny: budget };
  const resource = useResource<Result>(budget === null ? null : url(`/regions/${region.region}/${workstream}/plan`, query), true);
  if (declaration && (!declaration.can_plan || !declaration.budget_cny)) return <p className="notice">{t("plan.noLevers")}</p>;
  return (
    <>
      {declaration?.budget_cny && <BudgetForm key={view.budget ?? "none"} budget={declaration.budget_cny} busy={resource.loading} />}
      {resource.data === null && <p className="muted prose plan__invite">{t("plan.invite")}</p>}
      {budget !== null && <Await resource={resource}>{(result) => <PlanResult result={result} declaration={declaration} query={query} />}</Await>}
    </>
  );
}

function BudgetForm({ budget, busy }: { budget: { default: number; max: number }; busy: boolean }) {
  const { t, lang } = useWords();
  const { view, set } = useView();
  const [draft, setDraft] = useState(view.budget ?? budget.default);
  const million = 1e6;
  const step = Math.max(1, 10 ** Math.floor(Math.log10(budget.max / million / 50)));
  const run = () => set({ budget: Math.round(draft) });
  return (
    <form className="budget" onSubmit={(event) => { event.preventDefault(); run(); }}>
      <span className="budget__label" id="budget-label">{t("plan.budget")}</span>
      <Slider
        min={0} max={budget.max / million} step={step} value={draft / million} onChange={(v: number) => setDraft(v * million)}
        tooltip={{ formatter: (v) => formatMoney((v ?? 0) * million, lang) }} ariaLabelledByForHandle="budget-label"
      />
      <InputNumber
        min={0} max={budget.max / million} step={step} value={draft / million} onChange={(v) => setDraft((v ?? 0) * million)}
        suffix={t("plan.millionCny")} aria-labelledby="budget-label" data-testid="budget-input" style={{ width: 170 }}
      />
      <Button type="primary" htmlType="submit" loading={busy} data-testid="plan-run">{t("plan.run")}</Button>
      <span className="muted num budget__said">{formatMoney(draft, lang)}</span>
    </form>
  );
}
