import { Input, Pagination } from "antd";
import { useMemo } from "react";
import { url } from "../../api/client";
import type { RuleRow } from "../../api/types";
import { useResource } from "../../api/useResource";
import { useWords } from "../../i18n";
import { Await } from "../../parts/Await";
import { RuleTable } from "../../parts/RuleTable";
import { useRegion } from "../../state/region";
import { useView } from "../../state/view";

const PAGE = 30;

export function RulesTab() {
  const { t } = useWords();
  const { region, byId } = useRegion();
  const { view, set } = useView();
  const rules = useResource<{ as_of: string; rules: RuleRow[] }>(url(`/regions/${region.region}/rules`, { as_of: view.as_of }));
  const all = rules.data?.rules;
  const found = useMemo(() => {
    const words = view.q.toLowerCase().split(/\s+/).filter(Boolean);
    const name = (area: string) => { const x = byId.get(area)?.title; return x ? `${x.zh} ${x.en}` : ""; };
    return (all ?? []).filter((r) => {
      const text = [r.workstream, r.rule, r.title.zh, r.title.en, r.origin, r.destination, name(r.origin), name(r.destination), r.item, r.item_title?.zh, r.item_title?.en, r.reference, r.source].join(" ").toLowerCase();
      return words.every((w) => text.includes(w));
    });
  }, [all, view.q, byId]);
  return (
    <>
      <div className="toolbar">
        <Input.Search
          allowClear value={view.q} onChange={(event) => set({ q: event.target.value, page: null }, { replace: true })}
          placeholder={t("rules.search")} aria-label={t("rules.search")} data-testid="rules-search" style={{ maxWidth: 360 }}
        />
        <span className="muted num">{t("rules.count", { n: found.length })} · {rules.data?.as_of}</span>
      </div>
      <Await resource={rules}>
        {() => found.length ? (
          <>
            <RuleTable rules={found.slice((view.page - 1) * PAGE, view.page * PAGE)} />
            <Pagination size="small" current={view.page} pageSize={PAGE} total={found.length} showSizeChanger={false} hideOnSinglePage onChange={(next) => set({ page: next })} />
          </>
        ) : <p className="notice">{t("rules.none")}</p>}
      </Await>
    </>
  );
}
