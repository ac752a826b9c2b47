import { Spin } from "antd";
import { useState } from "react";
import { url } from "../api/client";
import type { Answer, Declaration, Result } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords } from "../i18n";
import { Await } from "../parts/Await";
import { QualityBadge } from "../parts/QualityBadge";
import { RegimeSwitch } from "../parts/RegimeSwitch";
import { useCells, useRegion } from "../state/region";
import { useView } from "../state/view";
import "../styles/siting.css";
import { useSteps } from "../whatif/useSteps";
import { WhatIfBanner } from "../whatif/WhatIf";
import { BeforeAfter } from "./BeforeAfter";
import { Controls } from "./Controls";
import { Directory } from "./Directory";
import { OwnChoice } from "./OwnChoice";
import { Proof } from "./Proof";
import { Reasons } from "./Reasons";
import type { ChoiceAnswer, PricesAnswer, SiteAnswer, SitingShape } from "./shape";
import { SiteList } from "./SiteList";
import { SiteMap } from "./SiteMap";
import { inputsOf, useSettings } from "./useSettings";

/** Nobody waits for an answer that the next movement of a slider has overtaken. */
const GRACE = 300;

interface Props { workstream: string; declaration: Declaration; shape: SitingShape }

/** Where the next ones should stand, with proof; who is left out before and after, and why; what people would choose; what one finds. */
export default function SitingPane({ workstream, declaration, shape }: Props) {
  const { t, tr } = useWords();
  const { region } = useRegion();
  const { view, set } = useView();
  const cells = useCells();
  const settings = useSettings(shape);
  const steps = useSteps(declaration);
  const [waiting, setWaiting] = useState(false);
  const base = `/regions/${region.region}/${workstream}`;
  const common = { as_of: view.as_of, step: steps.asked };
  const ask = (query: string, inputs: Record<string, string | number | null | undefined> = {}) => url(`${base}/ask/${query}`, { ...common, regime: view.regime, ...inputs });

  const site = useResource<Answer<SiteAnswer>>(ask(shape.site.query, inputsOf(settings)), true, GRACE);
  const prices = useResource<Answer<PricesAnswer>>(shape.prices ? ask(shape.prices.query, { supply: settings.supply }) : null, true, GRACE);
  const choice = useResource<Answer<ChoiceAnswer>>(shape.choice ? ask(shape.choice.query) : null, true, GRACE);
  const border = useResource<Result>(url(`${base}/border`, { ...common, area: view.area }), true);
  const measure = border.problem ? null : border.data?.measures.find((m) => m.target) ?? null;
  const area = border.data?.areas[0]?.area ?? null;
  const busy = waiting || site.loading;
  return (
    <div className="siting" data-testid="siting" data-busy={busy} data-answered={site.stale || site.problem ? "" : site.data?.regime}>
      {measure && <p className="figure-head"><b>{tr(measure.title)}</b> <QualityBadge quality={measure.quality} /> <span className="muted">{[tr(border.data?.areas[0]?.title), measure.year].filter(Boolean).join(" · ")}</span></p>}
      <div className={border.stale ? "stale" : undefined} aria-busy={border.stale}>
        <RegimeSwitch regime={view.regime} onChange={(regime) => set({ regime })} measure={measure} area={area ?? ""} />
      </div>
      <WhatIfBanner declaration={declaration} workstream={workstream} measure={measure} area={area} regime={view.regime} stale={border.stale} />
      <Controls declaration={declaration} shape={shape} settings={settings} onBusy={setWaiting} />
      <div className="siting__said">
        {site.data && !site.problem && <Proof answer={site.data} settings={settings} stale={site.stale} />}
        <span className="siting__busy" role="status">{busy && <><Spin size="small" /> {t("job.running")}</>}</span>
      </div>
      <div className="split">
        <div className="siting__main">
          <Await resource={cells} skeleton={<div className="map skeleton-veil" />}>
            {(data) => <SiteMap cells={data} regime={view.regime} site={site.problem ? null : site.data} prices={prices.problem ? null : prices.data} border={border.problem ? null : border.data} />}
          </Await>
        </div>
        <div className="detail">
          <Await resource={site}>
            {(answer) => <><SiteList answer={answer} />{answer.answer.sides.length > 0 && <BeforeAfter answer={answer} />}</>}
          </Await>
        </div>
      </div>
      <Await resource={border}>{(result) => <Reasons result={result} regime={view.regime} />}</Await>
      {shape.choice && <Await resource={choice}>{(answer) => <OwnChoice answer={answer} />}</Await>}
      {shape.directory && <Directory declaration={declaration} shape={shape} query={shape.directory} ask={ask} supply={settings.supply} />}
      {site.data?.provenance.command && !site.stale && (
        <details className="details siting__again">
          <summary><b>{t("about.provenance")}</b> <span className="muted">{t("about.provenanceHint")}</span></summary>
          <div className="details__body"><p className="command"><code>{site.data.provenance.command}</code></p></div>
        </details>
      )}
    </div>
  );
}
