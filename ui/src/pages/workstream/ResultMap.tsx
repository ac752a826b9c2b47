import { Select } from "antd";
import { useCallback, useMemo } from "react";
import type { Kind, Regime, Result } from "../../api/types";
import { formatNumber, withUnit } from "../../format/number";
import { useWords } from "../../i18n";
import { jurisdictionMarks, layerMarks, type Base } from "../../map/drawing";
import { RegionMap } from "../../map/RegionMap";
import { isArea } from "../../map/scale";
import { Await } from "../../parts/Await";
import { AreaSelect } from "../../parts/ContextBar";
import { QualityBadge } from "../../parts/QualityBadge";
import { PlacePanel } from "../../parts/PlacePanel";
import { useCells } from "../../state/region";
import { useView } from "../../state/view";

const KIND: Record<Kind, string> = { area: "▦", point: "●", line: "╱", flow: "⤳" };

/** The layers of a Result, one at a time, under the chosen regime. */
export function ResultMap({ result, regime }: { result: Result; regime: Regime }) {
  const { t, tr, u, lang } = useWords();
  const { view, set } = useView();
  const cells = useCells();
  const layer = result.layers.find((l) => l.layer === view.layer) ?? result.layers[0] ?? null;
  const marks = useCallback((base: Base) => (layer ? layerMarks(base, layer, regime) : jurisdictionMarks(base)), [layer, regime]);
  const values = useMemo(() => new Map((layer?.features[regime] ?? []).filter(isArea).map((f) => [f.area, f.value])), [layer, regime]);
  const places = useMemo(() => new Set(cells.data?.features.map((f) => f.properties.area)), [cells.data]);
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
            label={layer ? `${tr(layer.title)} · ${t(`regime.${regime}`)}` : t("map.title")}
            hint={layer ? (area) => (values.has(area) ? (values.get(area) === null ? t("unknown") : withUnit(formatNumber(values.get(area), lang, { unit: layer.unit }), u(layer.unit))) : null) : undefined}
            legend={layer ? { title: tr(layer.title), unit: layer.unit, quality: layer.quality ?? null, better: layer.better } : { title: "", unit: null, quality: null, better: null }}
          >
            {view.place && <PlacePanel area={view.place} result={result} regime={regime} />}
          </RegionMap>
        )}
      </Await>
    </section>
  );
}
