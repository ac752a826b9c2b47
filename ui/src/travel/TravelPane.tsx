import { Spin } from "antd";
import { useEffect, useMemo, useState } from "react";
import { url } from "../api/client";
import type { Declaration, Result } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords } from "../i18n";
import { Await } from "../parts/Await";
import { QualityBadge } from "../parts/QualityBadge";
import { RegimeSwitch } from "../parts/RegimeSwitch";
import { useCells, useRegion } from "../state/region";
import { useView } from "../state/view";
import "../styles/travel.css";
import { switchable, useSteps } from "../whatif/useSteps";
import { WhatIfBanner } from "../whatif/WhatIf";
import { WhatIfPanel } from "../whatif/WhatIfPanel";
import { Journeys } from "./Journeys";
import { Reach, usePeople } from "./Reach";
import type { TravelShape } from "./shape";
import { TimeControls } from "./TimeControls";
import { TimeMap } from "./TimeMap";
import { useLines } from "./useLines";
import { useSettings, useTimes } from "./useTimes";

interface Props { workstream: string; declaration: Declaration; shape: TravelShape }

/** How long it takes from any place to any other, at what time of day, under which rules, and with what built. */
export default function TravelPane({ workstream, declaration, shape }: Props) {
  const { t, tr } = useWords();
  const { region } = useRegion();
  const { view, set } = useView();
  const cells = useCells();
  const settings = useSettings(shape);
  const steps = useSteps(declaration);
  const differs = steps.asked.length > 0 || view.regime !== "current";
  const { resource, times: now } = useTimes(workstream, shape, settings, view.regime, steps.asked);
  const before = useTimes(workstream, shape, settings, "current", NO_STEPS, differs);
  const today = differs && !before.resource.stale ? before.times : null;
  const levers = useMemo(() => switchable(declaration), [declaration]);
  const lines = useLines(workstream, shape, steps.isOn, levers);
  const people = usePeople(declaration.tables.some((one) => one.table === "population"));
  const [waiting, setWaiting] = useState(false);
  const [hovered, setHovered] = useState<string | null>(null);

  // The figures of the switch are asked once the map is there: what is waited for comes first.
  const settled = now !== null && !resource.loading && !waiting;
  const wanted = url(`/regions/${region.region}/${workstream}/border`, { as_of: view.as_of, area: view.area, step: steps.asked });
  const [asked, setAsked] = useState<string | null>(null);
  useEffect(() => {
    if (!settled) return;
    const timer = setTimeout(() => setAsked(wanted), AFTER);
    return () => clearTimeout(timer);
  }, [settled, wanted]);
  const border = useResource<Result>(asked, true, GRACE);
  const stale = border.stale || asked !== wanted;
  const measure = border.problem ? null : border.data?.measures.find((m) => m.target) ?? null;
  const area = border.data?.areas[0]?.area ?? null;

  const origin = [view.place, view.area, ...(now?.places ?? [])].find((p): p is string => !!now && !!p && now.has(p)) ?? null;
  const destination = view.to && now?.has(view.to) ? view.to : null;
  const seen = hovered && now?.has(hovered) ? hovered : origin;
  const busy = waiting || resource.loading;
  return (
    <div className="travel" data-testid="travel" data-busy={busy}>
      {measure && <p className="figure-head travel__measure"><b>{tr(measure.title)}</b> <QualityBadge quality={measure.quality} /></p>}
      <div className={stale ? "stale" : undefined} aria-busy={stale}>
        <RegimeSwitch regime={view.regime} onChange={(regime) => set({ regime })} measure={measure} area={area ?? ""} />
      </div>
      <div className="split">
        <div className="travel__main">
          {/* Above the map and not above the switches, which must not move under the pointer. */}
          <WhatIfBanner declaration={declaration} workstream={workstream} measure={measure} area={area} regime={view.regime} stale={stale} />
          <Await resource={resource} skeleton={<div className="map skeleton-veil" />}>
            {(answer) => now && origin && seen && (
              <Await resource={cells} skeleton={<div className="map skeleton-veil" />}>
                {(data) => (
                  <><TimeMap
                    cells={data} answer={answer} now={now} today={today} differs={differs} origin={origin} destination={destination} seen={seen} regime={view.regime}
                    onSeen={setHovered} lines={lines.drawn}
                    busy={<span className="travel__busy" role="status" data-testid="travel-busy">{busy && <><Spin size="small" /> {t("job.running")}</>}</span>}
                  />
                  {people && <Reach origin={seen} now={now} today={today} people={people} quality={answer.quality} />}</>
                )}
              </Await>
            )}
          </Await>
        </div>
        <div className="detail travel__side">
          <section aria-labelledby="when-title">
            <header className="detail__head"><h2 id="when-title">{t("travel.when")}</h2></header>
            <TimeControls shape={shape} settings={settings} onBusy={setWaiting} />
          </section>
          {levers.length > 0 && (
            <section aria-labelledby="levers-title">
              <header className="detail__head"><h2 id="levers-title">{t("whatif.title")}</h2></header>
              <WhatIfPanel declaration={declaration} facts={lines.facts} />
            </section>
          )}
        </div>
      </div>
      {origin && shape.journeys && <Journeys workstream={workstream} shape={shape} settings={settings} regime={view.regime} steps={steps.asked} origin={origin} destination={destination} />}
      {resource.data?.provenance.command && !resource.stale && (
        <details className="details travel__again">
          <summary><b>{t("about.provenance")}</b> <span className="muted">{t("about.provenanceHint")}</span></summary>
          <div className="details__body"><p className="command"><code>{resource.data.provenance.command}</code></p></div>
        </details>
      )}
    </div>
  );
}

const NO_STEPS: readonly string[] = [];
/** The figures of a supposition that was changed again are not waited for. */
const GRACE = 300;
/** ms in which the map is drawn before the figures above it are asked for */
const AFTER = 300;
