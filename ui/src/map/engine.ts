// The only file that knows MapLibre. Imported lazily: it is the largest chunk of the bundle.
import { Map as MapGL, NavigationControl, setWorkerUrl, type ExpressionSpecification, type FilterSpecification, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
// Without this the map stays empty, silently: bundlers cannot see the worker that MapLibre would look for.
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Cells, Regime } from "../api/types";
import { INK, MARK, UNKNOWN_FILL } from "../styles/palette";
import { borderLine } from "./drawing";
import { borders, bounds, centres } from "./geometry";

setWorkerUrl(workerUrl);

export interface Drawing {
  /** colour of each cell */
  fills: ReadonlyMap<string, string>;
  /** points and lines above the cells: properties `size` (px) and `colour` */
  marks: readonly GeoJSON.Feature[];
  labels: GeoJSON.FeatureCollection<GeoJSON.Point>;
  regime: Regime | null;
  /** around the chosen place, and around the one whose view this is */
  outline: GeoJSON.FeatureCollection;
  /** cells that carry a dot at their point */
  dots: readonly string[];
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, system-ui, sans-serif";
// MapLibre reads the weight from the name of the font; no such family exists, so the next one is taken, bold.
const BOLD = `xietong Bold, ${FONT}`;
const LARGE: FilterSpecification = ["!=", ["get", "fine"], true];
const has = (flag: string): ExpressionSpecification => ["boolean", ["feature-state", flag], false];

function style(cells: Cells): StyleSpecification {
  return {
    version: 8, // no `glyphs`: text is drawn with the system's fonts and nothing is requested
    sources: {
      cells: { type: "geojson", data: cells, promoteId: "area" },
      borders: { type: "geojson", data: borders(cells) },
      marks: { type: "geojson", data: EMPTY },
      labels: { type: "geojson", data: EMPTY },
      around: { type: "geojson", data: EMPTY },
      spots: { type: "geojson", data: centres(cells), promoteId: "area" },
    },
    layers: [
      { id: "background", type: "background", paint: { "background-color": "#f6f7f7" } },
      { id: "fill", type: "fill", source: "cells", paint: { "fill-color": ["to-color", ["feature-state", "fill"], UNKNOWN_FILL], "fill-antialias": true } },
      { id: "edge", type: "line", source: "cells", paint: { "line-color": "#ffffff", "line-width": 0.8 } },
      { id: "border-halo", type: "line", source: "borders", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": "#ffffff", "line-width": 4.5, "line-opacity": 0.85 } },
      { id: "border", type: "line", source: "borders", layout: { "line-join": "round" }, paint: { "line-color": borderLine(null).colour, "line-width": borderLine(null).width } },
      { id: "hover", type: "line", source: "cells", paint: { "line-color": INK, "line-width": ["case", has("hover"), 1.4, 0] } },
      { id: "dots", type: "circle", source: "spots", paint: { "circle-radius": ["case", has("dot"), 2.6, 0], "circle-color": INK, "circle-stroke-color": "#ffffff", "circle-stroke-width": ["case", has("dot"), 1, 0] } },
      { id: "around-halo", type: "line", source: "around", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": "#ffffff", "line-width": 5 } },
      { id: "around", type: "line", source: "around", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": INK, "line-width": 2 } },
      { id: "lines", type: "line", source: "marks", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-sort-key": ["get", "size"] }, paint: { "line-color": ["coalesce", ["get", "colour"], MARK], "line-width": ["get", "size"], "line-opacity": 0.62 } },
      { id: "points", type: "circle", source: "marks", filter: ["==", ["geometry-type"], "Point"], layout: { "circle-sort-key": ["-", 0, ["get", "size"]] }, paint: { "circle-radius": ["get", "size"], "circle-color": ["coalesce", ["get", "colour"], MARK], "circle-opacity": ["case", ["has", "label"], 0.94, 0.6], "circle-stroke-width": ["case", ["has", "label"], 1.6, 1], "circle-stroke-color": "#ffffff" } },
      {
        id: "labels", type: "symbol", source: "labels", filter: LARGE,
        layout: {
          "text-field": ["get", "name"], "text-font": ["case", ["==", ["get", "rank"], 1], ["literal", [BOLD]], ["literal", [FONT]]], "text-size": ["get", "size"], "text-padding": 3,
          "symbol-sort-key": ["get", "rank"], "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 0.3,
        },
        paint: { "text-color": INK, "text-halo-color": "rgba(255,255,255,.92)", "text-halo-width": 1.4 },
      },
      {
        id: "numbers", type: "symbol", source: "marks", filter: ["has", "label"],
        layout: { "text-field": ["get", "label"], "text-font": [BOLD], "text-size": 11, "text-allow-overlap": true, "text-padding": 0 },
        paint: { "text-color": "#ffffff" },
      },
    ],
  };
}

export interface Engine {
  draw(drawing: Drawing): void;
  /** show these cells and some of what surrounds them; none: the whole region */
  focus(areas: readonly string[]): void;
  destroy(): void;
}

export interface Handlers {
  onPick(area: string | null): void;
  onHover(area: string | null, x: number, y: number): void;
  onIdle(): void;
}

export function createEngine(container: HTMLElement, cells: Cells, words: Record<string, string>, handlers: Handlers): Engine {
  const box = bounds(cells);
  const map = new MapGL({
    container, style: style(cells), locale: words, attributionControl: false,
    ...(box ? { bounds: box, fitBoundsOptions: { padding: 20 } } : {}),
    dragRotate: false, pitchWithRotate: false, touchPitch: false, renderWorldCopies: false,
    cooperativeGestures: true, // a page that scrolls must not be trapped by its map
    fadeDuration: 0, maxZoom: 13, minZoom: 2,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");

  let ready = false;
  let next: Drawing | null = null;
  let last: Drawing | null = null; // what is on the map
  let hovered: string | null = null;
  const flagged = new Map<string, Set<string>>(); // flag -> cells that carry it now

  const flag = (name: string, areas: readonly string[], id = "cells") => {
    const before = flagged.get(name) ?? new Set<string>();
    const now = new Set(areas);
    for (const one of before) if (!now.has(one)) map.setFeatureState({ source: id, id: one }, { [name]: false });
    for (const one of now) if (!before.has(one)) map.setFeatureState({ source: id, id: one }, { [name]: true });
    flagged.set(name, now);
  };
  const source = (id: string) => map.getSource<GeoJSONSource>(id);

  function show(d: Drawing): void {
    for (const feature of cells.features) {
      const id = feature.properties.area;
      map.setFeatureState({ source: "cells", id }, { fill: d.fills.get(id) ?? UNKNOWN_FILL });
    }
    flag("dot", d.dots, "spots");
    // A map that follows the pointer is drawn many times a second: only what changed is handed to the worker.
    if (d.marks !== last?.marks) void source("marks")?.setData({ type: "FeatureCollection", features: [...d.marks] });
    if (d.labels !== last?.labels) void source("labels")?.setData(d.labels);
    if (d.outline !== last?.outline) void source("around")?.setData(d.outline);
    if (d.regime !== last?.regime || !last) drawBorder(d.regime);
    last = d;
    map.triggerRepaint(); // idle must fire again even where nothing changed
  }

  function drawBorder(regime: Regime | null): void {
    const line = borderLine(regime);
    map.setPaintProperty("border", "line-color", line.colour);
    map.setPaintProperty("border", "line-width", line.width);
    map.setPaintProperty("border", "line-dasharray", line.dash);
  }

  // Names of small places from about one zoom step nearer than the whole region; their figures are a pointer away before.
  const near = map.getZoom() + 0.8;
  let close = false;
  const relabel = () => {
    if (map.getZoom() >= near === close) return;
    close = !close;
    map.setFilter("labels", close ? null : LARGE);
  };
  map.on("zoomend", () => { if (ready) relabel(); });
  map.on("load", () => { ready = true; relabel(); if (next) show(next); });
  map.on("idle", () => { if (ready && next) handlers.onIdle(); });
  map.on("mousemove", "fill", (event) => {
    const area = (event.features?.[0]?.properties["area"] as string | undefined) ?? null;
    if (area !== hovered) { hovered = area; flag("hover", area ? [area] : []); }
    map.getCanvas().style.cursor = "pointer";
    handlers.onHover(area, event.point.x, event.point.y);
  });
  map.on("mouseleave", "fill", () => {
    hovered = null;
    flag("hover", []);
    map.getCanvas().style.cursor = "";
    handlers.onHover(null, 0, 0);
  });
  map.on("click", (event) => {
    const hit = map.queryRenderedFeatures(event.point, { layers: ["fill"] })[0];
    handlers.onPick((hit?.properties["area"] as string | undefined) ?? null);
  });

  return {
    draw(d) { next = d; if (ready) show(d); },
    focus(areas) {
      const near = areas.length ? bounds(cells, new Set(areas)) : null;
      const around = near ?? box;
      if (around) map.fitBounds(around, { padding: near ? 70 : 20, maxZoom: 8.4, duration: 0 });
    },
    destroy() { map.remove(); },
  };
}
