import { Tabs } from "antd";
import { useWords } from "../i18n";
import { useTitle } from "../state/title";
import { useView } from "../state/view";
import { RulesTab } from "./data/RulesTab";
import { TablesTab } from "./data/TablesTab";

/** What every figure rests on: tables with their sources and quality, and the border rules with their references. */
export default function DataPage() {
  const { t } = useWords();
  const { view, set } = useView();
  useTitle(t("data.title"));
  const tab = view.tab === "rules" ? "rules" : "tables";
  return (
    <div className="data">
      <h1>{t("data.title")}</h1>
      <p className="lead">{t("data.lead")}</p>
      <Tabs
        activeKey={tab} onChange={(next) => set({ tab: next === "tables" ? null : next, q: null, page: null })}
        items={[{ key: "tables", label: t("data.tables") }, { key: "rules", label: <span data-testid="tab-rules">{t("data.rules")}</span> }]}
      />
      {tab === "tables" ? <TablesTab /> : <RulesTab />}
    </div>
  );
}
