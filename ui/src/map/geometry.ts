import type { Area, CellProperties, Cells } from "../api/types";

export type Point = [number, number];

export function* rings(cells: Cells, index: number): Generator<Point[]> {
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

/** One point a cell: its own where it has one, else the middle of its ring. */
export function centres(cells: Cells): GeoJSON.FeatureCollection<GeoJSON.Point> {
  const features = cells.features.flatMap((feature, i): GeoJSON.Feature<GeoJSON.Point>[] => {
    const { area, lon, lat } = feature.properties;
    const ring = rings(cells, i).next().value;
    const at = typeof lon === "number" && typeof lat === "number" ? ([lon, lat] as Point) : ring ? mean(ring.slice(0, -1)) : null;
    return at ? [{ type: "Feature", properties: { area }, geometry: { type: "Point", coordinates: at } }] : [];
  });
  return { type: "FeatureCollection", features };
}

/** From degrees to pixels of a box: equirectangular, true to scale at the middle latitude. */
export function projection([[west, south], [east, north]]: [Point, Point], width: number, height: number, padding: number): (p: Point) => Point {
  const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = Math.min((width - 2 * padding) / ((east - west) * squeeze), (height - 2 * padding) / (north - south));
  const left = (width - (east - west) * squeeze * scale) / 2, top = (height - (north - south) * scale) / 2;
  return ([x, y]) => [left + (x - west) * squeeze * scale, top + (north - y) * scale];
}

/**
 * The borders between jurisdictions: edges that two cells of different jurisdictions share. With another `owner`, those between
 * other parts; and the outer rim of the part named `rim`.
 * Cells are one tessellation, so shared edges have equal end points (rounded against float noise).
 */
export function borders(cells: Cells, owner: (p: CellProperties) => string = (p) => p.jurisdiction, rim?: string): GeoJSON.FeatureCollection<GeoJSON.MultiLineString> {
  const seen = new Map<string, { side: string; edge: [Point, Point] }>();
  const lines: [Point, Point][] = [];
  const name = ([x, y]: Point) => `${x.toFixed(6)},${y.toFixed(6)}`;
  cells.features.forEach((feature, i) => {
    const side = owner(feature.properties);
    for (const ring of rings(cells, i)) {
      for (let k = 1; k < ring.length; k++) {
        const from = ring[k - 1], to = ring[k];
        if (!from || !to) continue;
        const a = name(from), b = name(to);
        const key = a < b ? `${a};${b}` : `${b};${a}`;
        const other = seen.get(key);
        if (!other) { seen.set(key, { side, edge: [from, to] }); continue; }
        seen.delete(key);
        if (other.side !== side) lines.push(other.edge);
      }
    }
  });
  if (rim !== undefined) {
    // Where a cell has a corner within its neighbour's edge the two do not match: such an edge is no rim.
    const left = [...seen.values()];
    for (const one of left) {
      if (one.side !== rim) continue;
      const twin = left.find((o) => o !== one && (within(middle(one.edge), o.edge) || within(middle(o.edge), one.edge)));
      if (!twin || twin.side !== rim) lines.push(one.edge);
    }
  }
  return {
    type: "FeatureCollection",
    features: lines.length ? [{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: chain(lines) } }] : [],
  };
}

const middle = ([a, b]: [Point, Point]): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** Whether a point lies on an edge, but for rounding (some 20 m). */
function within(p: Point, [a, b]: [Point, Point]): boolean {
  const dx = b[0] - a[0], dy = b[1] - a[1], length = Math.hypot(dx, dy);
  const along = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length;
  return along > 0 && along < length && Math.abs((p[0] - a[0]) * dy - (p[1] - a[1]) * dx) < 2e-4 * length;
}

/** The line around some cells together. */
export function around(cells: Cells, areas: readonly string[]): GeoJSON.FeatureCollection<GeoJSON.MultiLineString> {
  const inside = new Set(areas);
  return borders(cells, (p) => (inside.has(p.area) ? "in" : "out"), "in");
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
