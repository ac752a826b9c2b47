import { useEffect, useRef, useState } from "react";
import { useWords } from "../i18n";
import type { Engine } from "./engine";
import { MapFrame, useDrawing, type Hover, type MapProps } from "./MapFrame";

const NO_DOTS: readonly string[] = [];

/** The map of a workstream: MapLibre, loaded when the first one is shown. */
export function RegionMap(props: MapProps) {
  const { cells, regime, outlined, onPick } = props;
  const { t } = useWords();
  const host = useRef<HTMLDivElement>(null);
  const engine = useRef<Engine | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [idle, setIdle] = useState(false);
  const [hover, setHover] = useState<Hover | null>(null);
  const focused = useRef<string | null>(null);
  const pick = useRef(onPick);
  const point = useRef(props.onPoint);
  useEffect(() => { pick.current = onPick; point.current = props.onPoint; }, [onPick, props.onPoint]);
  const { drawn, labels, outline, own } = useDrawing(props);

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
            onHover: (area, x, y) => { setHover(area ? { area, x, y } : null); point.current?.(area); },
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
      fills: drawn.fills, marks: drawn.features, labels, regime, outline, dots: drawn.dots ?? NO_DOTS,
    });
  }, [state, drawn, labels, regime, outline]);

  // Move to a place, and back to the region when it is left; not on every redraw, which would undo the reader's own zoom.
  useEffect(() => {
    if (state !== "ready" || focused.current === outlined) return;
    focused.current = outlined;
    engine.current?.focus(own);
  }, [state, outlined, own]);

  return (
    <MapFrame map={props} drawn={drawn} idle={idle} hover={hover}>
      <div className="map__canvas" ref={host} />
      {state === "loading" && <div className="map__veil skeleton-veil" aria-hidden />}
      {state === "failed" && <div className="map__veil"><p>{t("map.failed")}</p></div>}
    </MapFrame>
  );
}
