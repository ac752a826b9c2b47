import type { Area, Cells } from "../api/types";

export type Point = [number, number];

function* rings(cells: Cells, index: number): Generator<Point[]> {
  const geometry = cells.features[index]?.geometry;
  if (!geometry) return;
  if (geometry.type === "Polygon") for (const ring of geometry.coordinates) yield ring as Point[];
  else for (const polygon of geometry.coordinates) for (const ring of polygon) yield ring as Point[];
}

export function bounds(cells: Cells, only?: ReadonlySet<string>): [Point, Point] | null {
  let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
  cells.features.forEach((feature, i) => {
    if (only && !only.has(feature.properties.area)) return;
    for (const ring of rings(cells, i)) {
      for (const [x, y] of ring) {
        west = Math.min(west, x); east = Math.max(east, x);
        south = Math.min(south, y); north = Math.max(north, y);
      }
    }
  });
  return west < east ? [[west, south], [east, north]] : null;
}

/**
 * The borders between jurisdictions: edges that two cells of different jurisdictions share.
 * Cells are one tessellation, so shared edges have equal end points (rounded against float noise).
 */
export function borders(cells: Cells): GeoJSON.FeatureCollection<GeoJSON.MultiLineString> {
  const seen = new Map<string, { owner: string; edge: [Point, Point] }>();
  const lines: [Point, Point][] = [];
  const name = ([x, y]: Point) => `${x.toFixed(6)},${y.toFixed(6)}`;
  cells.features.forEach((feature, i) => {
    const owner = feature.properties.jurisdiction;
    for (const ring of rings(cells, i)) {
      for (let k = 1; k < ring.length; k++) {
        const from = ring[k - 1], to = ring[k];
        if (!from || !to) continue;
        const a = name(from), b = name(to);
        const key = a < b ? `${a};${b}` : `${b};${a}`;
        const other = seen.get(key);
        if (!other) seen.set(key, { owner, edge: [from, to] });
        else if (other.owner !== owner) lines.push(other.edge);
      }
    }
  });
  return {
    type: "FeatureCollection",
    features: lines.length ? [{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: chain(lines) } }] : [],
  };
}

/** Join edges end to end, so that a dash pattern runs along the border instead of restarting at each edge. */
function chain(edges: [Point, Point][]): Point[][] {
  const name = ([x, y]: Point) => `${x.toFixed(6)},${y.toFixed(6)}`;
  const at = new Map<string, number[]>();
  edges.forEach(([a, b], i) => { for (const p of [a, b]) at.set(name(p), [...(at.get(name(p)) ?? []), i]); });
  const used = new Set<number>();
  const extend = (line: Point[]) => {
    for (;;) {
      const tip = line[line.length - 1];
      if (!tip) return;
      const next = (at.get(name(tip)) ?? []).find((i) => !used.has(i));
      const edge = next === undefined ? undefined : edges[next];
      if (next === undefined || !edge) return;
      used.add(next);
      line.push(name(edge[0]) === name(tip) ? edge[1] : edge[0]);
    }
  };
  const lines: Point[][] = [];
  edges.forEach((edge, i) => {
    if (used.has(i)) return;
    used.add(i);
    const line: Point[] = [edge[0], edge[1]];
    extend(line);
    line.reverse();
    extend(line);
    lines.push(line);
  });
  return lines;
}

/** A bowed line, so that A to B and B to A lie beside each other. */
export function arc(from: Point, to: Point): Point[] {
  const dx = to[0] - from[0], dy = to[1] - from[1];
  const bow = 0.16;
  const mid: Point = [(from[0] + to[0]) / 2 - dy * bow, (from[1] + to[1]) / 2 + dx * bow];
  const out: Point[] = [];
  for (let i = 0; i <= 16; i++) {
    const s = i / 16, r = 1 - s;
    out.push([r * r * from[0] + 2 * r * s * mid[0] + s * s * to[0], r * r * from[1] + 2 * r * s * mid[1] + s * s * to[1]]);
  }
  return out;
}

/** Where an area is drawn: its own point, else the middle of what belongs to it. */
export function placer(areas: readonly Area[], cells: Cells | null): (area: string) => Point | null {
  const points = new Map<string, Point>();
  const children = new Map<string, string[]>();
  for (const a of areas) {
    if (a.lon !== null && a.lat !== null) points.set(a.area, [a.lon, a.lat]);
    if (a.parent) children.set(a.parent, [...(children.get(a.parent) ?? []), a.area]);
    if (a.members) children.set(a.area, [...(children.get(a.area) ?? []), ...a.members]);
  }
  cells?.features.forEach((feature, i) => {
    if (points.has(feature.properties.area)) return;
    const ring = rings(cells, i).next().value;
    if (ring) points.set(feature.properties.area, mean(ring.slice(0, -1)));
  });
  const find = (area: string, depth: number): Point | null => {
    const own = points.get(area);
    if (own || depth > 6) return own ?? null;
    const inside = (children.get(area) ?? []).map((c) => find(c, depth + 1)).filter((p): p is Point => p !== null);
    return inside.length ? mean(inside) : null;
  };
  return (area) => find(area, 0);
}

function mean(points: readonly Point[]): Point {
  const n = Math.max(1, points.length);
  return [points.reduce((s, p) => s + p[0], 0) / n, points.reduce((s, p) => s + p[1], 0) / n];
}
