import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type PointerEvent } from "react";
import type { Cells } from "../api/types";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import { INK, MARK, UNKNOWN_FILL } from "../styles/palette";
import { borderLine } from "./drawing";
import { borders, bounds, placer, projection, rings, type Point } from "./geometry";
import { MapFrame, useDrawing, type Hover, type MapProps } from "./MapFrame";

const PADDING = 20;
const areaOf = (target: EventTarget | null): string | null => (target as Element | null)?.closest("[data-area]")?.getAttribute("data-area") ?? null;
const path = (line: readonly Point[], to: (p: Point) => Point): string => line.map((p, i) => { const [x, y] = to(p); return `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`; }).join("");
const trace = (lines: GeoJSON.FeatureCollection<GeoJSON.MultiLineString>, to: (p: Point) => Point): string =>
  lines.features.flatMap((f) => f.geometry.coordinates).map((l) => path(l as Point[], to)).join("");

/** The whole region as plain SVG, for the first page: nothing to load, nothing to zoom. */
export function OverviewMap(props: MapProps) {
  const { cells, regime, onPick, hint } = props;
  const { tr } = useWords();
  const { region, byId } = useRegion();
  const host = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [idle, setIdle] = useState(false);
  const [hover, setHover] = useState<Hover | null>(null);
  const { drawn, labels, outline } = useDrawing(props);

  useLayoutEffect(() => {
    const node = host.current;
    if (!node) return;
    const measure = () => setSize({ width: node.clientWidth, height: node.clientHeight });
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(node);
    return () => watch.disconnect();
  }, []);

  const box = useMemo(() => bounds(cells), [cells]);
  const to = useMemo(() => (box && size && size.width > 0 ? projection(box, size.width, size.height, PADDING) : null), [box, size]);
  const paths = useMemo(() => (to ? new Map(cells.features.map((f, i) => [f.properties.area, [...rings(cells, i)].map((r) => `${path(r, to)}Z`).join("")])) : null), [cells, to]);
  const shared = useMemo(() => borders(cells), [cells]);
  const border = useMemo(() => (to ? trace(shared, to) : ""), [shared, to]);
  const place = useMemo(() => placer(region.areas, cells), [region, cells]);
  const names = useMemo(() => (to && size ? arrange(labels, to, size) : []), [labels, to, size]);

  useEffect(() => {
    if (!paths) return;
    setIdle(false);
    let second = 0;
    const first = requestAnimationFrame(() => { second = requestAnimationFrame(() => setIdle(true)); }); // the frame after the one that paints
    return () => { cancelAnimationFrame(first); cancelAnimationFrame(second); };
  }, [paths, drawn]);

  const over = (event: PointerEvent<SVGSVGElement>) => {
    const area = event.target instanceof SVGPathElement ? areaOf(event.target) : null;
    const frame = event.currentTarget.getBoundingClientRect();
    setHover(area ? { area, x: event.clientX - frame.left, y: event.clientY - frame.top } : null);
  };
  const focus = (event: FocusEvent<SVGSVGElement>) => {
    const area = event.target.matches(":focus-visible") ? areaOf(event.target) : null;
    const at = area ? place(area) : null;
    const [x, y] = at && to ? to(at) : [0, 0];
    setHover(area && at ? { area, x, y } : null);
  };
  const press = (event: KeyboardEvent<SVGSVGElement>) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onPick(areaOf(event.target as Element));
  };
  const say = (area: string) => [tr(byId.get(area)?.title) || area, hint?.(area)].filter(Boolean).join(", ");
  const line = borderLine(regime);
  const edge = to ? trace(outline, to) : "";
  return (
    <MapFrame map={props} drawn={drawn} idle={idle} hover={hover}>
      <div className="map__canvas" ref={host}>
        {size && paths && to && (
          <svg
            className="overview" width={size.width} height={size.height} onPointerMove={over} onPointerLeave={() => setHover(null)}
            onFocus={focus} onBlur={() => setHover(null)} onKeyDown={press} onClick={(event) => onPick(areaOf(event.target as Element))}
          >
            {[...region.jurisdictions, null].map((j) => (
              <g key={j ?? ""} {...(j ? { tabIndex: 0, role: "button", "aria-label": say(j), "data-area": j } : {})}>
                <Places cells={cells} of={j} known={region.jurisdictions} paths={paths} fills={drawn.fills} />
              </g>
            ))}
            <g className="overview__above" fill="none" strokeLinejoin="round" aria-hidden>
              <path d={border} stroke="#fff" strokeWidth={4.5} strokeOpacity={0.85} strokeLinecap="round" />
              <path d={border} stroke={line.colour} strokeWidth={line.width} strokeDasharray={line.dash?.map((d) => d * line.width).join(" ")} />
              {edge && <><path d={edge} stroke="#fff" strokeWidth={5} /><path d={edge} stroke={INK} strokeWidth={2} /></>}
              {drawn.features.map((f, i) => {
                const px = f.properties?.["size"] as number;
                if (f.geometry.type === "LineString") return <path key={i} d={path(f.geometry.coordinates as Point[], to)} stroke={MARK} strokeWidth={px} strokeOpacity={0.62} strokeLinecap="round" />;
                if (f.geometry.type !== "Point") return null;
                const [x, y] = to(f.geometry.coordinates as Point);
                return <circle key={i} cx={x} cy={y} r={px} fill={MARK} fillOpacity={0.6} stroke="#fff" />;
              })}
              {names.map((n) => <text key={`${n.name}${n.x}`} x={n.x} y={n.y} fontSize={n.size} fontWeight={n.bold ? 650 : 400}>{n.name}</text>)}
            </g>
          </svg>
        )}
      </div>
    </MapFrame>
  );
}

interface PlacesProps { cells: Cells; of: string | null; known: readonly string[]; paths: ReadonlyMap<string, string>; fills: ReadonlyMap<string, string> }

/** The cells of one jurisdiction (of none: those that belong to no known one). Drawn again only where colour or size change. */
const Places = memo(function Places({ cells, of, known, paths, fills }: PlacesProps) {
  return cells.features.map(({ properties: { area, jurisdiction } }) =>
    (of === null ? !known.includes(jurisdiction) : jurisdiction === of) && <path key={area} data-area={area} d={paths.get(area)} fill={fills.get(area) ?? UNKNOWN_FILL} />);
});

interface Name { name: string; x: number; y: number; size: number; bold: boolean }

/** Names where they fit: each tries its place, then above, below and beside it, and drops out where another stands. */
function arrange(labels: GeoJSON.FeatureCollection<GeoJSON.Point>, to: (p: Point) => Point, { width, height }: { width: number; height: number }): Name[] {
  const taken: [number, number, number, number][] = [];
  const out: Name[] = [];
  for (const { properties, geometry } of labels.features) {
    const { name, size, rank, fine } = properties as { name: string; size: number; rank: number; fine: boolean };
    if (fine) continue;
    const [x, y] = to(geometry.coordinates as Point);
    const w = [...name].reduce((sum, c) => sum + (c > "\u2e80" ? 1 : 0.58), 0) * size / 2 + 3, h = size * 0.62 + 2; // half of each
    for (const [dx, dy] of [[0, 0], [0, -h], [0, h], [w, 0], [-w, 0]] as const) {
      const at: [number, number, number, number] = [x + dx - w, y + dy - h, x + dx + w, y + dy + h];
      if (at[0] < 0 || at[1] < 0 || at[2] > width || at[3] > height) continue;
      if (taken.some((o) => at[0] < o[2] && o[0] < at[2] && at[1] < o[3] && o[1] < at[3])) continue;
      taken.push(at);
      out.push({ name, x: x + dx, y: y + dy, size, bold: rank === 1 });
      break;
    }
  }
  return out;
}
