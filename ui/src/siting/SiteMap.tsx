import { Segmented } from "antd";
import { useCallback, useMemo } from "react";
import type { Answer, AreaValue, Cells, LayerResult, Quality, Regime, Result } from "../api/types";
import { formatNumber, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { jurisdictionMarks, layerMarks, type Base, type Marks } from "../map/drawing";
import { placer } from "../map/geometry";
import { RegionMap } from "../map/RegionMap";
import { useHint } from "../map/useHint";
import { AreaSelect } from "../parts/ContextBar";
import { useRegion } from "../state/region";
import { FILLS, useView, type Fill } from "../state/view";
import { MARK } from "../styles/palette";
import type { PricesAnswer, Site, SiteAnswer } from "./shape";
import { usePlaceName } from "./useNames";

interface Props { cells: Cells; regime: Regime; site: Answer<SiteAnswer> | null; prices: Answer<PricesAnswer> | null; border: Result | null }

/** The chosen sites, numbered and sized by the people they serve, over who is left out or what one more bed is worth there. */
export function SiteMap({ cells, regime, site, prices, border }: Props) {
  const words = useWords();
  const { t, u, lang } = words;
  const { view, set } = useView();
  const { region } = useRegion();
  const name = usePlaceName();
  const layers = useLayers(prices, border, regime);
  const { fill } = view; // kept while its figures are on their way: the map must not show another's in between
  const layer = layers[fill] ?? null;
  const sites = useMemo(() => site?.answer.sites ?? [], [site]);
  const features = useMemo(() => siteMarks(sites, placer(region.areas, cells)), [sites, region.areas, cells]);
  const marks = useCallback((base: Base): Marks => ({ ...(layer ? layerMarks(base, layer, regime) : jurisdictionMarks(base)), features }), [layer, regime, features]);
  const { hint } = useHint(layer, regime);
  const told = useMemo(() => new Map(sites.map((s, i) => [s.place, `${t("siting.number", { n: i + 1 })} · ${withUnit(formatNumber(s.beds, lang), u(site?.units["beds"]))} · ${t("siting.serves", { n: formatNumber(Math.round(s.people), lang) })}`])), [sites, site, lang, t, u]);
  const say = useCallback((area: string) => {
    const figure = hint?.(area);
    return [told.get(area), figure && `${t(`fill.${fill}`)} ${figure}`].filter(Boolean).join(" · ") || null; // two trips in one line: each says what it is
  }, [told, hint, fill, t]);
  const inWords = sites.map((s, i) => `${i + 1} ${name(s.place)}`).join(", ");
  const places = useMemo(() => new Set(cells.features.map((f) => f.properties.area)), [cells]);
  return (
    <section className="mapbox" aria-label={t("siting.map")} data-testid="site-map" data-sites={sites.map((s) => s.place).join(" ")} data-fill={fill}>
      <div className="toolbar">
        <Segmented
          value={fill} onChange={(next: Fill) => set({ fill: next })} aria-label={t("siting.colours")}
          options={FILLS.filter((one) => one === fill || layers[one]).map((one) => ({ value: one, label: <span data-testid={`fill-${one}`}>{t(`fill.${one}`)}</span> }))}
        />
        <AreaSelect label="" value={view.place} placeholder={t("map.find")} testid="place-select" onChange={(place) => set({ place })} cellsOnly={places} />
      </div>
      <RegionMap
        cells={cells} marks={marks} regime={regime} selected={view.place} outlined={view.area} onPick={(place) => set({ place })} hint={say}
        label={t("siting.map")} words={inWords ? t("siting.mapWords", { list: inWords }) : undefined}
        legend={layer ? { title: words.tr(layer.title), unit: layer.unit, quality: layer.quality ?? null, better: layer.better } : { title: "", unit: null, quality: null, better: null }}
      >
        <p className="siting__key">{sites.length > 0 ? <><i aria-hidden>1</i> {t("siting.key")}</> : site && t("siting.noneOnMap")}</p>
      </RegionMap>
    </section>
  );
}

/** What the cells can show: the first area layer of the border (who is left out), and the two prices of a bed. */
function useLayers(prices: Answer<PricesAnswer> | null, border: Result | null, regime: Regime): Partial<Record<Fill, LayerResult>> {
  const { t } = useWords();
  return useMemo(() => {
    const made = (id: Exclude<Fill, "share">, column: "bed_price_min" | "worth"): LayerResult | null => {
      const unit = prices?.units[column];
      const values = (prices?.answer.places ?? []).map((p): AreaValue => ({ area: p.place, value: p[column] }));
      return prices && unit ? { layer: id, title: { zh: t(`fillTitle.${id}`), en: t(`fillTitle.${id}`) }, kind: "area", unit, better: "neutral", quality: prices.quality as Quality, features: { [regime]: values } } : null;
    };
    const share = border?.layers.find((l) => l.kind === "area" && l.unit.id === "share");
    const price = made("price", "bed_price_min"), worth = made("worth", "worth");
    return { ...(share ? { share } : {}), ...(price ? { price } : {}), ...(worth ? { worth } : {}) };
  }, [prices, border, regime, t]);
}

/** The largest last in the list of points, so that the engine, which draws small above large, keeps every number readable. */
function siteMarks(sites: readonly Site[], place: ReturnType<typeof placer>): GeoJSON.Feature[] {
  const top = Math.max(1, ...sites.map((s) => s.people));
  return sites.flatMap((s, i) => {
    const at = place(s.place);
    return at ? [{ type: "Feature" as const, properties: { size: 9 + 11 * Math.sqrt(s.people / top), colour: MARK, label: String(i + 1) }, geometry: { type: "Point" as const, coordinates: at } }] : [];
  });
}
