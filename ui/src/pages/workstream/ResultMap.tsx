import { Select } from "antd";
import { useCallback, useMemo } from "react";
import type { Kind, Regime, Result } from "../../api/types";
import { formatNumber, withUnit } from "../../format/number";
import { useWords } from "../../i18n";
import { jurisdictionMarks, layerMarks, type Base } from "../../map/drawing";
import { RegionMap } from "../../map/RegionMap";
import { useHint } from "../../map/useHint";
import { Await } from "../../parts/Await";
import { AreaSelect } from "../../parts/ContextBar";
import { QualityBadge } from "../../parts/QualityBadge";
import { PlacePanel } from "../../parts/PlacePanel";
import { useCells, useRegion } from "../../state/region";
import { useView } from "../../state/view";

const KIND: Record<Kind, string> = { area: "▦", point: "●", line: "╱", flow: "⤳" };

/** The layers of a Result, one at a time, under the chosen regime. */
export function ResultMap({ result, regime }: { result: Result; regime: Regime }) {
  const { t, tr, u, lang } = useWords();
  const { view, set } = useView();
  const cells = useCells();
  const { byId } = useRegion();
  const layer = result.layers.find((l) => l.layer === view.layer) ?? result.layers[0] ?? null;
  const lines = layer && (layer.kind === "line" || layer.kind === "flow") ? view.place : null; // other layers need no redraw for a place
  const marks = useCallback((base: Base) => (layer ? layerMarks(base, layer, regime, lines) : jurisdictionMarks(base)), [layer, regime, lines]);
  const { values, hint } = useHint(layer, regime);
  const places = useMemo(() => new Set(cells.data?.features.map((f) => f.properties.area)), [cells.data]);
  const words = useMemo(() => {
    const known = [...values].filter((v): v is [string, number] => v[1] !== null).sort((a, b) => b[1] - a[1]);
    if (!layer || known.length < 2) return undefined;
    const say = (some: [string, number][]) => some.map(([area, v]) => `${tr(byId.get(area)?.title) || area} ${withUnit(formatNumber(v, lang, { unit: layer.unit }), u(layer.unit))}`).join(", ");
    return t("map.places", { top: say(known.slice(0, 5)), low: say(known.slice(-5).reverse()) });
  }, [values, layer, byId, t, tr, u, lang]);
  return (
    <section className="mapbox" aria-label={t("map.title")}>
      <div className="toolbar">
        {layer && (
          <Select
            value={layer.layer} onChange={(l: string) => set({ layer: l })} popupMatchSelectWidth={false} aria-label={t("map.layer")} data-testid="layer-select"
            options={result.layers.map((l) => ({ value: l.layer, label: <span><span aria-hidden className="kind">{KIND[l.kind]}</span> {tr(l.title)}{l.quality && <> <QualityBadge quality={l.quality} /></>}</span> }))}
          />
        )}
        <AreaSelect label="" value={view.place} placeholder={t("map.find")} testid="place-select" onChange={(place) => set({ place })} cellsOnly={places} />
      </div>
      <Await resource={cells} skeleton={<div className="map skeleton-veil" />}>
        {(data) => (
          <RegionMap
            cells={data} marks={marks} regime={regime} selected={view.place} outlined={view.area} onPick={(place) => set({ place })}
            words={words}
            label={layer ? `${tr(layer.title)} · ${t(`regime.${regime}`)}` : t("map.title")}
            hint={hint}
            legend={layer ? { title: tr(layer.title), unit: layer.unit, quality: layer.quality ?? null, better: layer.better } : { title: "", unit: null, quality: null, better: null }}
          >
            {view.place && byId.has(view.place) && <PlacePanel area={view.place} result={result} regime={regime} />}
          </RegionMap>
        )}
      </Await>
    </section>
  );
}
