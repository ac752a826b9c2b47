import { Segmented } from "antd";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { Answer, Cells, Regime } from "../api/types";
import { useWords } from "../i18n";
import { jurisdictionFills, type Base, type LegendKey, type Marks } from "../map/drawing";
import { around, placer } from "../map/geometry";
import { RegionMap } from "../map/RegionMap";
import { AreaSelect } from "../parts/ContextBar";
import { useRegion } from "../state/region";
import { SHADES, useView } from "../state/view";
import { ACCENT, INK, MARK } from "../styles/palette";
import { duration } from "./clock";
import type { MatrixAnswer } from "./shape";
import { BANDS, fillsFrom, gainOf, keysOf } from "./shades";
import type { Times } from "./useTimes";

interface Props {
  cells: Cells; answer: Answer<MatrixAnswer>; now: Times; today: Times | null;
  /** whether anything differs from today: without it there is no gain to show */
  differs: boolean;
  origin: string; destination: string | null; seen: string; regime: Regime; busy: ReactNode;
  onSeen: (area: string | null) => void;
  lines: { features: GeoJSON.Feature[]; keys: LegendKey[] };
}

type Pointer = "origin" | "destination";

/** Cells coloured by the minutes from a place: from the one under the pointer while it moves, from the chosen one when it rests. */
export function TimeMap({ cells, answer, now, today, differs, origin, destination, seen, regime, busy, onSeen, lines }: Props) {
  const words = useWords();
  const { t, tr } = words;
  const { region, byId } = useRegion();
  const { view, set } = useView();
  const [pointer, setPointer] = useState<Pointer>("origin");
  const shade = view.shade === "gain" && !differs ? "minutes" : view.shade;
  const name = useCallback((area: string) => tr(byId.get(area)?.title) || area, [byId, tr]);
  const places = useMemo(() => new Set(now.places), [now]);

  const ends = useMemo(() => endMarks(origin, destination, region.areas, cells), [origin, destination, region.areas, cells]);
  // The rim of a band takes longer to find than its cells: it waits until the pointer rests.
  const rims = useMemo(() => (shade === "bands" && seen === origin ? rimsFrom(origin, now, cells) : NONE), [shade, seen, origin, now, cells]);
  const features = useMemo(() => [...rims, ...lines.features, ...ends], [rims, lines.features, ends]);
  const keys = useMemo(() => [...keysOf(shade, words), ...(answer.answer.rail && shade !== "gain" ? [{ colour: INK, label: t("travel.byRailKey"), shape: "dot" as const }] : []), ...lines.keys], [shade, words, answer, lines.keys, t]);
  const dots = useMemo(() => (shade === "gain" ? [] : now.places.filter((p) => p !== seen && now.byRail(seen, p))), [shade, now, seen]);
  const marks = useCallback((base: Base): Marks => ({
    fills: new Map([...jurisdictionFills(base), ...fillsFrom(seen, shade, now, today)]), features, dots, legend: { kind: "keys", items: keys },
  }), [seen, shade, now, today, features, dots, keys]);

  const say = useCallback((area: string) => {
    if (area === origin) return null;
    const minutes = now.minutes(origin, area);
    const gain = differs ? gainOf(origin, area, now, today) : null;
    return [
      minutes === null ? t("unknown") : t(now.byRail(origin, area) ? "travel.tipRail" : "travel.tipRoad", { from: name(origin), time: duration(minutes, words) }),
      gain ? t(gain > 0 ? "travel.faster" : "travel.slower", { m: Math.abs(gain) }) : "",
    ].filter(Boolean).join(" · ");
  }, [now, today, differs, origin, name, t, words]);
  const inWords = useMemo(() => {
    const near = now.places.filter((p) => p !== origin).map((p): [string, number] => [p, now.minutes(origin, p) ?? Infinity]).sort((a, b) => a[1] - b[1]).slice(0, 5);
    return t("travel.nearest", { place: name(origin), list: near.map(([p, m]) => `${name(p)} ${duration(m, words)}`).join(", ") });
  }, [now, origin, name, t, words]);

  const gains = useMemo(() => (shade === "gain" ? now.places.map((p) => gainOf(seen, p, now, today) ?? 0) : []), [shade, seen, now, today]);
  const better = gains.filter((g) => g > 0), worse = gains.filter((g) => g < 0);
  const told = [
    better.length ? t("travel.gainers", { n: better.length, m: Math.max(...better) }) : "", worse.length ? t("travel.losers", { n: worse.length, m: -Math.min(...worse) }) : "",
  ].filter(Boolean).map((part) => t("travel.fromPlace", { place: name(seen), what: part })).join(" ");

  const pick = (area: string | null) => {
    if (!area || !now.has(area)) return;
    set(pointer === "origin" ? { place: area } : { to: area });
  };
  return (
    <section className="mapbox" aria-label={t("travel.map")} data-testid="time-map" data-origin={origin} data-seen={seen} data-shade={shade}>
      <div className="toolbar travel__ends">
        <AreaSelect label={t("travel.from")} value={origin} placeholder={t("travel.from")} testid="from-select" onChange={(place) => set({ place })} cellsOnly={places} />
        <AreaSelect label={t("travel.to")} value={destination} placeholder={t("travel.toPlaceholder")} testid="to-select" onChange={(to) => set({ to })} cellsOnly={places} />
      </div>
      <div className="toolbar">
        <Segmented
          value={shade} onChange={(next) => set({ shade: next })} aria-label={t("travel.colours")} data-testid="shade"
          options={SHADES.map((s) => ({ value: s, label: <span data-testid={`shade-${s}`} title={s === "gain" && !differs ? t("travel.noGain") : undefined}>{t(`shade.${s}`)}</span>, disabled: s === "gain" && !differs }))}
        />
        <Segmented
          value={pointer} onChange={setPointer} aria-label={t("travel.pointer")} data-testid="pointer"
          options={(["origin", "destination"] as const).map((p) => ({ value: p, label: <span data-testid={`pointer-${p}`}>{t(`pointer.${p}`)}</span> }))}
        />
        {busy}
      </div>
      <RegionMap
        cells={cells} marks={marks} regime={regime} selected={origin} outlined={view.area} onPick={pick}
        onPoint={pointer === "origin" ? (area) => onSeen(area && now.has(area) ? area : null) : undefined}
        hint={say} words={inWords} label={`${t("travel.map")} · ${name(origin)}`}
        legend={{ title: t(shade === "gain" ? "travel.gainFrom" : "travel.minutesFrom", { place: name(seen) }), unit: answer.units["minutes"] ?? null, quality: answer.quality, better: null }}
      >
        {shade === "gain" && <p className="travel__gain num" data-testid="gainers" data-value={better.length}>{told || t("travel.noGainers", { place: name(seen) })}</p>}
      </RegionMap>
    </section>
  );
}

const NONE: GeoJSON.Feature[] = [];

/** The two ends, above everything else. */
function endMarks(origin: string, destination: string | null, areas: Parameters<typeof placer>[0], cells: Cells): GeoJSON.Feature[] {
  const place = placer(areas, cells);
  const mark = (area: string | null, colour: string): GeoJSON.Feature[] => {
    const at = area ? place(area) : null;
    return at ? [{ type: "Feature", properties: { size: 7, colour }, geometry: { type: "Point", coordinates: at } }] : [];
  };
  return [...mark(destination === origin ? null : destination, MARK), ...mark(origin, ACCENT)];
}

/** The lines around what can be reached within each band. */
function rimsFrom(origin: string, now: Times, cells: Cells): GeoJSON.Feature[] {
  return BANDS.flatMap((edge, i) => {
    const inside = now.places.filter((p) => (now.minutes(origin, p) ?? Infinity) <= edge);
    return around(cells, inside).features.map((f) => ({ ...f, properties: { size: 2.6 - 0.6 * i, colour: "#123f48" } }));
  });
}
