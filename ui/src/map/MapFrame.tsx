import { useMemo, type ReactNode } from "react";
import type { Cells, Regime } from "../api/types";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import { cellsOf, labelFeatures, type Base, type Legend, type Marks } from "./drawing";
import { around } from "./geometry";
import { MapLegend, type LegendText } from "./MapLegend";

/** What every map is given, whoever draws it. */
export interface MapProps {
  cells: Cells;
  /** what to draw; must be memoised by the caller */
  marks: (base: Base) => Marks;
  regime: Regime | null;
  selected: string | null;
  outlined: string | null;
  onPick: (area: string | null) => void;
  /** the cell under the pointer, as it moves */
  onPoint?: ((area: string | null) => void) | undefined;
  /** what the pointer's cell says, below its name */
  hint?: ((area: string) => string | null) | undefined;
  legend: LegendText;
  label: string;
  /** what the map shows, in words, for those who do not see it */
  words?: string | undefined;
  children?: ReactNode;
}

export interface Hover { area: string; x: number; y: number }

/** What there is to draw: marks, names, the lines around the chosen place and the one whose view this is, and the latter's cells. */
export function useDrawing({ cells, marks, selected, outlined }: Pick<MapProps, "cells" | "marks" | "selected" | "outlined">) {
  const { lang } = useWords();
  const { region } = useRegion();
  const base = useMemo<Base>(
    () => ({ areas: region.areas, jurisdictions: region.jurisdictions, levels: region.levels, cells, lang }),
    [region, cells, lang],
  );
  const drawn = useMemo(() => marks(base), [marks, base]);
  const labels = useMemo(() => labelFeatures(base), [base]);
  const own = useMemo(() => cellsOf(outlined, base), [outlined, base]);
  const outline = useMemo<GeoJSON.FeatureCollection<GeoJSON.MultiLineString>>(
    () => ({ type: "FeatureCollection", features: [own, cellsOf(selected, base)].flatMap((some) => (some.length ? around(cells, some).features : [])) }),
    [cells, own, selected, base],
  );
  return { drawn, labels, outline, own };
}

interface Props { map: MapProps; drawn: { legend: Legend }; idle: boolean; hover: Hover | null; children: ReactNode }

/** Around a map: the name under the pointer, the chosen place, the legend and the note on what a cell is. */
export function MapFrame({ map, drawn, idle, hover, children }: Props) {
  const { tr } = useWords();
  const { byId } = useRegion();
  const { cells, regime } = map;
  const detail = hover && map.hint ? map.hint(hover.area) : null;
  return (
    <figure className="mapfig">
      <div className="map" role="region" aria-label={map.label} data-testid="map" data-map-idle={idle ? "true" : "false"} data-regime={regime ?? undefined}>
        {children}
        {hover && (
          <div className="map__tip" style={{ left: hover.x, top: hover.y }} aria-hidden>
            <strong>{tr(byId.get(hover.area)?.title) || hover.area}</strong>
            {detail && <span className="num">{detail}</span>}
          </div>
        )}
      </div>
      {map.words && <p className="sr-only">{map.words}</p>}
      {map.children}
      <MapLegend legend={drawn.legend} text={map.legend} regime={regime} />
      {cells.note && <figcaption className="mapfig__note">{tr(cells.note)}</figcaption>}
    </figure>
  );
}
