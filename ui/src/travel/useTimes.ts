import { DAY } from "./clock";
import { useMemo } from "react";
import { url } from "../api/client";
import type { Answer, Regime } from "../api/types";
import { useResource } from "../api/useResource";
import { useRegion } from "../state/region";
import { useView } from "../state/view";
import { inputOf, TIMES, type MatrixAnswer, type TravelShape } from "./shape";

export type Setting = (typeof TIMES)[number];
export type Settings = Record<Setting, number>;

/** All times at once: whatever the pointer asks is then answered here. */
export interface Times {
  places: readonly string[];
  has(place: string | null): boolean;
  minutes(origin: string, destination: string): number | null;
  byRail(origin: string, destination: string): boolean;
}

/** Percentiles at the very ends are single minutes of the window: the slider keeps away from them. */
const EDGES: Partial<Record<Setting, [number, number]>> = { percentile: [5, 95] };

export interface Range { low: number; high: number; start: number }

/** Bounds and default of a setting as the query declares them. */
export function rangeOf(shape: TravelShape, name: Setting): Range {
  const input = inputOf(shape.matrix, name);
  const [least, most] = EDGES[name] ?? [-Infinity, Infinity];
  const low = Math.max(input?.low ?? 0, least), high = Math.min(input?.high ?? 100, most);
  return { low, high, start: typeof input?.default === "number" ? input.default : low };
}

export function useSettings(shape: TravelShape): Settings {
  const { view } = useView();
  return useMemo(() => {
    const asked: Record<Setting, number | null> = { departure_min: view.depart, window_min: view.window, percentile: view.percentile };
    const within = (name: Setting) => {
      const { low, high, start } = rangeOf(shape, name);
      const value = asked[name] ?? start;
      return Math.min(high, Math.max(low, inputOf(shape.matrix, name)?.type === "integer" ? Math.round(value) : value));
    };
    const departure_min = within("departure_min");
    return { departure_min, window_min: Math.min(within("window_min"), DAY - departure_min), percentile: within("percentile") };
  }, [shape, view.depart, view.window, view.percentile]);
}

/** Nobody waits for an answer that the next movement of a slider has overtaken. */
const GRACE = 300;

export function useTimes(workstream: string, shape: TravelShape, settings: Settings, regime: Regime, steps: readonly string[], wanted = true) {
  const { region } = useRegion();
  const { view } = useView();
  const address = url(`/regions/${region.region}/${workstream}/ask/${shape.matrix.query}`, { as_of: view.as_of, regime, ...settings, step: steps });
  const resource = useResource<Answer<MatrixAnswer>>(wanted ? address : null, false, GRACE);
  const times = useMemo(() => (resource.data ? decode(resource.data.answer) : null), [resource.data]);
  return { resource, times };
}

function decode({ place, minutes, rail }: MatrixAnswer): Times {
  const at = new Map(place.map((p, i) => [p, i]));
  const cell = (o: string, d: string): [number, number] => [at.get(o) ?? -1, at.get(d) ?? -1];
  return {
    places: place,
    has: (p) => p !== null && at.has(p),
    minutes: (o, d) => { const [i, j] = cell(o, d); return minutes[i]?.[j] ?? null; },
    byRail: (o, d) => { const [i, j] = cell(o, d); return rail?.[i]?.[j] === "1"; },
  };
}
