import { Select } from "antd";
import { useCallback, useMemo } from "react";
import { url } from "../api/client";
import type { HeadlineRow, LayerResult, Result } from "../api/types";
import { useResource } from "../api/useResource";
import { formatNumber, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { jurisdictionMarks, layerMarks, type Base } from "../map/drawing";
import { OverviewMap } from "../map/OverviewMap";
import { useHint } from "../map/useHint";
import { Await } from "../parts/Await";
import { HeadlineCard } from "../parts/HeadlineCard";
import { PlacePanel } from "../parts/PlacePanel";
import { useCells, useRegion } from "../state/region";
import { useTitle } from "../state/title";
import { useView } from "../state/view";

export function Home() {
  const { t, tr } = useWords();
  const { region } = useRegion();
  const { view } = useView();
  useTitle(tr(region.title));
  // The map first: the headline may keep the server busy for a while.
  const cells = useCells();
  const drawn = cells.data !== null || cells.problem !== null;
  const headline = useResource<{ rows: HeadlineRow[] }>(drawn ? url(`/regions/${region.region}/headline`, { as_of: view.as_of }) : null, true);
  const rows = new Map(headline.data?.rows.map((r) => [r.workstream, r]));
  return (
    <div className="home">
      <section className="home__intro">
        <h1>{tr(region.title)}</h1>
        <p className="lead">{t("home.lead")}</p>
        {region.note && <p className="muted prose">{tr(region.note)}</p>}
      </section>
      <section className="home__map"><HomeMap /></section>
      <section className="home__cards" aria-label={t("home.headline")}>
        <Await resource={headline} skeleton={null}>{() => null}</Await>
        <div className={`cards ${headline.stale ? "stale" : ""}`}>
          {region.workstreams.map((w) => <HeadlineCard key={w.workstream} workstream={w} row={rows.get(w.workstream) ?? null} loading={headline.loading || !drawn} />)}
        </div>
      </section>
    </div>
  );
}

/** The cells by jurisdiction, or by what a chosen workstream draws first. */
function HomeMap() {
  const { t, tr, u, lang } = useWords();
  const { region, byId } = useRegion();
  const { view, set } = useView();
  const cells = useCells();
  const chosen = region.workstreams.find((w) => w.workstream === view.layer && w.available) ?? null;
  const result = useResource<Result>(chosen ? url(`/regions/${region.region}/${chosen.workstream}/status`, { as_of: view.as_of, area: view.area }) : null, true);
  const layer: LayerResult | null = useMemo(() => {
    const layers = chosen && !result.stale ? (result.data?.layers ?? []) : [];
    return layers.find((l) => l.kind === "area") ?? layers.find((l) => l.kind === "point") ?? layers[0] ?? null;
  }, [chosen, result.data, result.stale]);
  const marks = useCallback((base: Base) => (layer ? layerMarks(base, layer, "current") : jurisdictionMarks(base)), [layer]);
  const { hint } = useHint(layer, "current");
  const target = chosen && !result.stale ? result.data?.measures.find((m) => m.target) : undefined;
  /** the layer's figure; of a larger unit the figure that matters; without a layer, where the place lies */
  const say = (area: string): string | null => {
    if (!layer) { const { jurisdiction } = byId.get(area) ?? {}; return jurisdiction && jurisdiction !== area ? tr(byId.get(jurisdiction)?.title) : null; }
    const value = target?.values.current?.[area];
    return hint?.(area) ?? (target && value !== undefined ? `${tr(target.title)} ${withUnit(formatNumber(value, lang, { unit: target.unit }), u(target.unit))}` : null);
  };

  return (
    <>
      <div className="toolbar">
        <span className="toolbar__label">{t("home.colourBy")}</span>
        <Select
          value={chosen?.workstream ?? ""} onChange={(w: string) => set({ layer: w || null })} popupMatchSelectWidth={false}
          aria-label={t("home.colourBy")} data-testid="home-layer" loading={chosen !== null && result.loading}
          options={[{ value: "", label: t("home.jurisdictions") }, ...region.workstreams.filter((w) => w.available).map((w) => ({ value: w.workstream, label: tr(w.title) }))]}
        />
        {chosen && result.problem && <span className="worse">{result.problem.title}</span>}
      </div>
      <Await resource={cells} skeleton={<div className="map map--home skeleton-veil" />}>
        {(data) => (
          <div className="map--home">
            <OverviewMap
              cells={data} marks={marks} regime={layer ? "current" : null} selected={view.place} outlined={view.area}
              onPick={(place) => set({ place })} label={t("map.title")}
              hint={say}
              legend={layer ? { title: tr(layer.title), unit: layer.unit, quality: layer.quality ?? null, better: layer.better } : { title: "", unit: null, quality: null, better: null }}
            >
              {view.place && byId.has(view.place) && <PlacePanel area={view.place} result={chosen && !result.stale ? result.data : null} regime="current" />}
            </OverviewMap>
          </div>
        )}
      </Await>
    </>
  );
}
