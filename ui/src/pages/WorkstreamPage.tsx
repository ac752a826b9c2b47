import { Skeleton, Tabs } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useParams } from "react-router";
import { url } from "../api/client";
import { VERBS, type Declaration } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords } from "../i18n";
import { ProblemCard } from "../parts/ProblemCard";
import { useRegion } from "../state/region";
import { useTitle } from "../state/title";
import { useView, verbOf } from "../state/view";
import { sitingShape } from "../siting/shape";
import { travelShape } from "../travel/shape";
import { BorderPane } from "./workstream/BorderPane";
import { PlanPane } from "./workstream/PlanPane";
import { SensitivityPane } from "./workstream/SensitivityPane";
import { NotFound } from "./NotFound";

const TravelPane = lazy(() => import("../travel/TravelPane"));
const SitingPane = lazy(() => import("../siting/SitingPane"));
const TRAVEL = "travel", SITING = "siting";
/** Asked of things as they are: steps do not hold there. */
const STEADY: readonly string[] = ["plan", "sensitivity"];

/** One workstream. Nothing here knows which: titles, measures, layers and levers come from its declaration. */
export default function WorkstreamPage() {
  const { workstream = "" } = useParams();
  const { t, tr } = useWords();
  const { region, byId } = useRegion();
  const { view, set } = useView();
  // As this region has it: its own assumptions, and what its levers can be used on.
  const declaration = useResource<Declaration>(url(`/regions/${region.region}/${workstream}`, { as_of: view.as_of }));
  const listed = region.workstreams.find((w) => w.workstream === workstream);
  useTitle(listed ? tr(listed.title) : null);
  const own = declaration.data?.workstream === workstream && declaration.data.region === region.region ? declaration.data : null;
  const shape = useMemo(() => travelShape(own), [own]);
  const sites = useMemo(() => sitingShape(own), [own]);
  if (!listed) return <NotFound workstream={workstream} />;

  const key = `${region.region}/${workstream}`;
  // Not every workstream has levers or times to ask for: a tab is there only where it leads somewhere.
  const tabs = [...(shape ? [TRAVEL] : []), ...(sites ? [SITING] : []), ...VERBS.filter((v) => v !== "plan" || own?.can_plan)];
  // The border is what this engine is about: a page without a tab in its address opens there.
  const asked = verbOf(view.tab) ?? "border";
  const verb = asked === "plan" && own && !own.can_plan ? "border" : asked;
  const waiting = own === null && declaration.loading;
  // A tab of its own shape, while its declaration may still say that it is there.
  const special = (view.tab === TRAVEL && (shape || waiting)) || (view.tab === SITING && (sites || waiting)) ? view.tab : null;
  return (
    <div className="stream">
      <header className="stream__head">
        <h1>{tr(listed.title)}</h1>
        <p className="muted">
          {view.area ? t("stream.seenFrom", { place: tr(byId.get(view.area)?.title) || view.area }) : tr(region.title)}
          {" · "}<span className="num">{view.as_of ?? region.as_of}</span>
        </p>
      </header>
      {!listed.available ? (
        <ProblemCard problem={{
          title: t("stream.lacks"), status: 422, detail: t("stream.lacksHint"),
          faults: listed.missing.map((table) => ({ file: table, what: t("stream.tableMissing"), mend: t("stream.tableMend") })),
        }} />
      ) : (
        <>
          <Tabs
            activeKey={special ?? verb} onChange={(tab) => set({ tab })}
            items={tabs.map((v) => ({ key: v, label: <span data-testid={`tab-${v}`}>{t(`verb.${v}`)}<small className="tabhint">{t(`verbHint.${v}`)}</small></span> }))}
          />
          {special && (
            <Suspense fallback={<Skeleton active paragraph={{ rows: 10 }} />}>
              {waiting && <Skeleton active paragraph={{ rows: 10 }} />}
              {special === TRAVEL && own && shape && <TravelPane key={key} workstream={workstream} declaration={own} shape={shape} />}
              {special === SITING && own && sites && <SitingPane key={key} workstream={workstream} declaration={own} shape={sites} />}
            </Suspense>
          )}
          {!special && (verb === "status" || verb === "border") && <BorderPane key={key} workstream={workstream} verb={verb} declaration={own} />}
          {!special && STEADY.includes(verb) && view.step.length > 0 && <p className="notice">{t("whatif.notHere")}</p>}
          {!special && verb === "plan" && <PlanPane key={key} workstream={workstream} declaration={own} />}
          {!special && verb === "sensitivity" && <SensitivityPane key={key} workstream={workstream} declaration={own} />}
        </>
      )}
    </div>
  );
}
