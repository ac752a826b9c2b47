import type { Area, Cells, LayerResult, PlanStep, Regime } from "../api/types";
import type { Lang } from "../i18n";
import { REGIME_COLOUR, tint, UNKNOWN_FILL } from "../styles/palette";
import { arc, placer, type Point } from "./geometry";
import { colourOf, colourScale, isArea, knownValues, type ColourScale } from "./scale";

export interface Base { areas: readonly Area[]; jurisdictions: readonly string[]; levels: readonly { level: string }[]; cells: Cells; lang: Lang }

export type Legend =
  | { kind: "jurisdictions"; items: { area: string; colour: string }[] }
  | { kind: "area"; scale: ColourScale; unknown: boolean }
  | { kind: "keys"; items: LegendKey[] }
  | { kind: "size"; top: number; hidden: number; line: boolean; links?: number };

/** A colour and what it says; `shape`: a dot or a line instead of a patch. */
export interface LegendKey { colour: string; label: string; shape?: "dot" | "line" }

export interface Marks { fills: Map<string, string>; features: readonly GeoJSON.Feature[]; legend: Legend; dots?: readonly string[] }

/** How the borders between jurisdictions are drawn under a regime; `dash` in widths of the line. */
export function borderLine(regime: Regime | null): { colour: string; width: number; dash: number[] | undefined } {
  if (!regime) return { colour: "#7c8891", width: 1.6, dash: undefined };
  const [width, dash] = { closed: [3.2, undefined], current: [2.6, [2.2, 1.4]], open: [2, [0.4, 2.2]] }[regime] as [number, number[] | undefined];
  return { colour: REGIME_COLOUR[regime], width, dash };
}

/** More lines than this are a grey mass; the largest are drawn and the legend says how many are not. */
const MOST_LINES = 80;

export function jurisdictionFills(base: Base): Map<string, string> {
  const colour = new Map(base.jurisdictions.map((j, i) => [j, tint(i)]));
  return new Map(base.cells.features.map((f) => [f.properties.area, colour.get(f.properties.jurisdiction) ?? UNKNOWN_FILL]));
}

export function jurisdictionMarks(base: Base): Marks {
  return {
    fills: jurisdictionFills(base),
    features: [],
    legend: { kind: "jurisdictions", items: base.jurisdictions.map((area, i) => ({ area, colour: tint(i) })) },
  };
}

/** A value given for a larger unit (a city, a jurisdiction) colours every cell inside it. */
export function ancestry(base: Pick<Base, "areas">): (area: string) => string[] {
  const parent = new Map(base.areas.map((a) => [a.area, a.parent]));
  return (area) => {
    const chain = [area];
    for (let up = parent.get(area); up && chain.length < 8; up = parent.get(up)) chain.push(up);
    return chain;
  };
}

/** `selected`: of lines and flows only those that begin or end there are drawn, where there are any. */
export function layerMarks(base: Base, layer: LayerResult, regime: Regime, selected: string | null = null): Marks {
  const features = layer.features[regime] ?? [];
  const sorted = knownValues(layer);
  if (layer.kind === "area") {
    const scale = colourScale(sorted);
    const values = new Map(features.filter(isArea).map((f) => [f.area, f.value]));
    const up = ancestry(base);
    let unknown = false;
    const fills = new Map<string, string>();
    for (const cell of base.cells.features) {
      const id = up(cell.properties.area).find((a) => values.has(a));
      const value = id === undefined ? null : (values.get(id) ?? null);
      if (value === null) unknown = true;
      fills.set(cell.properties.area, colourOf(value, scale));
    }
    return { fills, features: [], legend: { kind: "area", scale, unknown } };
  }
  const place = placer(base.areas, base.cells);
  const top = Math.max(Math.abs(sorted[sorted.length - 1] ?? 0), Math.abs(sorted[0] ?? 0));
  const marks: GeoJSON.Feature[] = [];
  let hidden = 0;
  if (layer.kind === "point") {
    for (const f of features) {
      const at = isArea(f) ? place(f.area) : null;
      if (!isArea(f) || !at || !f.value) continue;
      marks.push(pointMark(at, f.value, top));
    }
  } else {
    const all = features.filter((f) => !isArea(f) && f.value !== null && f.value !== 0);
    const near = new Set(selected ? ancestry(base)(selected).slice(0, 2) : []);
    const own = all.filter((f) => !isArea(f) && (near.has(f.origin) || near.has(f.destination)));
    const shown = (own.length ? own : all)
      .sort((a, b) => Math.abs(b.value ?? 0) - Math.abs(a.value ?? 0));
    hidden = Math.max(0, shown.length - MOST_LINES);
    for (const f of shown.slice(0, MOST_LINES)) {
      if (isArea(f) || f.value === null) continue;
      const from = place(f.origin), to = place(f.destination);
      if (!from || !to || f.origin === f.destination) continue;
      marks.push(lineMark(layer.kind === "flow" ? arc(from, to) : [from, to], 0.6 + 6 * Math.sqrt(Math.abs(f.value) / (top || 1))));
    }
  }
  return { fills: jurisdictionFills(base), features: marks, legend: { kind: "size", top, hidden, line: layer.kind !== "point" } };
}

export function stepMarks(base: Base, steps: readonly PlanStep[]): Marks {
  const place = placer(base.areas, base.cells);
  const points = new Map<string, { at: Point; cost: number }>();
  const marks: GeoJSON.Feature[] = [];
  const up = ancestry(base);
  let links = 0;
  for (const step of steps) {
    const from = step.origin ? place(step.origin) : null;
    const to = step.destination ? place(step.destination) : null;
    // A step towards the region that holds its origin goes nowhere in particular: it is drawn where it begins.
    const inside = (a: string | null, b: string | null) => !!a && !!b && up(a).includes(b);
    if (from && to && !inside(step.origin, step.destination) && !inside(step.destination, step.origin)) {
      links++;
      marks.push(lineMark(arc(from, to), 3));
      continue;
    }
    const ends = inside(step.origin, step.destination) ? step.origin : step.destination;
    const id = step.area ?? ends ?? step.origin;
    const at = id ? place(id) : null;
    if (!id || !at) continue;
    const known = points.get(id);
    points.set(id, { at, cost: (known?.cost ?? 0) + step.cost_cny });
  }
  const top = Math.max(0, ...[...points.values()].map((p) => p.cost));
  for (const { at, cost } of points.values()) marks.push(pointMark(at, cost, top));
  return { fills: jurisdictionFills(base), features: marks, legend: { kind: "size", top, hidden: 0, line: false, links } };
}

const pointMark = (at: Point, value: number, top: number): GeoJSON.Feature => ({
  type: "Feature", properties: { size: 2.5 + 19 * Math.sqrt(Math.abs(value) / (top || 1)) }, geometry: { type: "Point", coordinates: at },
});
const lineMark = (line: Point[], size: number): GeoJSON.Feature => ({
  type: "Feature", properties: { size }, geometry: { type: "LineString", coordinates: line },
});

/** A level with more units than this is named only as one comes nearer. */
const CROWD = 40;

/** Names, larger units first, of equals those with more cells: labels that collide drop out, the last ones first. */
export function labelFeatures(base: Base): GeoJSON.FeatureCollection<GeoJSON.Point> {
  const place = placer(base.areas, base.cells);
  const depth = new Map(base.levels.map((l, i) => [l.level, i]));
  const features: GeoJSON.Feature<GeoJSON.Point>[] = [];
  const many = new Set(base.levels.map((l) => l.level).filter((level, i) => i > 1 && base.areas.filter((a) => a.level === level).length > CROWD));
  const named = new Set<string>(); // a municipality is jurisdiction and city at once: one label is enough
  const cells = new Map<string, number>();
  const up = ancestry(base);
  for (const cell of base.cells.features) for (const a of up(cell.properties.area)) cells.set(a, (cells.get(a) ?? 0) + 1);
  const byRank = [...base.areas].sort((a, b) => (depth.get(a.level) ?? 99) - (depth.get(b.level) ?? 99) || (cells.get(b.area) ?? 0) - (cells.get(a.area) ?? 0));
  for (const a of byRank) {
    const rank = depth.get(a.level);
    if (rank === undefined || rank === 0) continue; // named sets overlap others; the region is the map itself
    const at = place(a.area);
    const name = a.title[base.lang] || a.title.zh;
    if (!at || (named.has(name) && rank < 3)) continue;
    named.add(name);
    features.push({
      type: "Feature",
      properties: { name, rank, fine: many.has(a.level), size: rank === 1 ? 15 : rank === 2 ? 12 : 11 },
      geometry: { type: "Point", coordinates: at },
    });
  }
  return { type: "FeatureCollection", features };
}

/** Cells that belong to an area: itself, its descendants, or the members of a named set. */
export function cellsOf(area: string | null, base: Base): string[] {
  if (!area) return [];
  const chosen = base.areas.find((a) => a.area === area);
  if (!chosen || chosen.level === base.levels[0]?.level) return []; // the whole region needs no outline
  const wanted = new Set([area, ...(chosen.members ?? [])]);
  const up = ancestry(base);
  return base.cells.features.map((f) => f.properties.area).filter((id) => up(id).some((a) => wanted.has(a)));
}
