import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Cells, Regime } from "../api/types";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import { cellsOf, labelFeatures, type Base, type Marks } from "./drawing";
import type { Engine } from "./engine";
import { MapLegend, type LegendText } from "./MapLegend";

interface Props {
  cells: Cells;
  /** what to draw; must be memoised by the caller */
  marks: (base: Base) => Marks;
  regime: Regime | null;
  selected: string | null;
  outlined: string | null;
  onPick: (area: string | null) => void;
  /** what the pointer's cell says, below its name */
  hint?: ((area: string) => string | null) | undefined;
  legend: LegendText;
  label: string;
  /** what the map shows, in words, for those who do not see it */
  words?: string | undefined;
  children?: ReactNode;
}

export function RegionMap({ cells, marks, regime, selected, outlined, onPick, hint, legend, label, words, children }: Props) {
  const { lang, t, tr } = useWords();
  const { region, byId } = useRegion();
  const host = useRef<HTMLDivElement>(null);
  const engine = useRef<Engine | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [idle, setIdle] = useState(false);
  const [hover, setHover] = useState<{ area: string; x: number; y: number } | null>(null);
  const focused = useRef<string | null>(null);
  const pick = useRef(onPick);
  useEffect(() => { pick.current = onPick; }, [onPick]);

  const base = useMemo<Base>(
    () => ({ areas: region.areas, jurisdictions: region.jurisdictions, levels: region.levels, cells, lang }),
    [region, cells, lang],
  );
  const drawn = useMemo(() => marks(base), [marks, base]);
  const labels = useMemo(() => labelFeatures(base), [base]);
  const outline = useMemo(() => cellsOf(outlined, base), [outlined, base]);

  useEffect(() => {
    let gone = false;
    const controls = {
      "CooperativeGesturesHandler.WindowsHelpText": t("map.ctrlScroll"),
      "CooperativeGesturesHandler.MacHelpText": t("map.cmdScroll"),
      "CooperativeGesturesHandler.MobileHelpText": t("map.twoFingers"),
      "NavigationControl.ZoomIn": t("map.zoomIn"),
      "NavigationControl.ZoomOut": t("map.zoomOut"),
      "Map.Title": t("map.title"),
    };
    import("./engine").then(
      ({ createEngine }) => {
        if (gone || !host.current) return;
        try {
          engine.current = createEngine(host.current, cells, controls, {
            onPick: (area) => pick.current(area),
            onHover: (area, x, y) => setHover(area ? { area, x, y } : null),
            onIdle: () => setIdle(true),
          });
          setState("ready");
        } catch {
          setState("failed"); // no WebGL: the tables beside the map hold the same figures
        }
      },
      () => { if (!gone) setState("failed"); },
    );
    return () => {
      gone = true;
      engine.current?.destroy();
      engine.current = null;
      setState("loading");
      setIdle(false);
      focused.current = null;
    };
    // A new language rebuilds the map: MapLibre takes its control texts only at construction.
  }, [cells, t]);

  useEffect(() => {
    if (state !== "ready") return;
    setIdle(false);
    engine.current?.draw({
      fills: drawn.fills, marks: { type: "FeatureCollection", features: drawn.features },
      labels, regime, selected, outlined: outline,
    });
  }, [state, drawn, labels, regime, selected, outline]);

  // Move to a place, and back to the region when it is left; not on every redraw, which would undo the reader's own zoom.
  useEffect(() => {
    if (state !== "ready" || focused.current === outlined) return;
    focused.current = outlined;
    engine.current?.focus(outline);
  }, [state, outlined, outline]);

  const hovered = hover ? byId.get(hover.area) : undefined;
  const detail = hover && hint ? hint(hover.area) : null;
  return (
    <figure className="mapfig">
      <div className="map" role="region" aria-label={label} data-testid="map" data-map-idle={idle ? "true" : "false"} data-regime={regime ?? undefined}>
        <div className="map__canvas" ref={host} />
        {state === "loading" && <div className="map__veil skeleton-veil" aria-hidden />}
        {state === "failed" && <div className="map__veil"><p>{t("map.failed")}</p></div>}
        {hover && (
          <div className="map__tip" style={{ left: hover.x, top: hover.y }} aria-hidden>
            <strong>{hovered ? tr(hovered.title) : hover.area}</strong>
            {detail && <span className="num">{detail}</span>}
          </div>
        )}
      </div>
      {words && <p className="sr-only">{words}</p>}
      {children}
      <MapLegend legend={drawn.legend} text={legend} regime={regime} />
      {cells.note && <figcaption className="mapfig__note">{tr(cells.note)}</figcaption>}
    </figure>
  );
}
