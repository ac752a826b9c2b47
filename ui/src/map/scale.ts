import type { AreaValue, LayerResult, PairValue } from "../api/types";
import { SEQUENTIAL, UNKNOWN_FILL } from "../styles/palette";

/** Class breaks over the values of all regimes together: a colour means the same in each of them. */
export interface ColourScale { breaks: number[]; low: number; high: number }

export function knownValues(layer: LayerResult): number[] {
  const all: number[] = [];
  for (const features of Object.values(layer.features)) {
    for (const feature of features ?? []) if (typeof feature.value === "number") all.push(feature.value);
  }
  return all.sort((a, b) => a - b);
}

export function colourScale(sorted: readonly number[]): ColourScale {
  const low = sorted[0] ?? 0;
  const high = sorted[sorted.length - 1] ?? 0;
  const breaks: number[] = [];
  // A least value (mostly 0) that fills more than a class is a class of its own: the rest of the ramp is for those above it.
  const above = sorted.filter((v) => v > low);
  const alone = sorted.length - above.length > sorted.length / SEQUENTIAL.length;
  const [spread, classes] = alone ? [above, SEQUENTIAL.length - 1] : [sorted, SEQUENTIAL.length];
  for (let i = alone ? 0 : 1; i < classes; i++) {
    // Quantiles rather than equal steps: one large city must not paint all others the same colour.
    const at = spread[Math.floor((i * spread.length) / classes)];
    if (at !== undefined && at > low && at !== breaks[breaks.length - 1]) breaks.push(at);
  }
  return { breaks, low, high };
}

export function colourOf(value: number | null, scale: ColourScale): string {
  if (value === null) return UNKNOWN_FILL;
  let index = 0;
  while (index < scale.breaks.length && value >= (scale.breaks[index] ?? Infinity)) index++;
  return colourAt(index, scale);
}

/** The colour of class `index`, spread over the whole ramp when there are fewer classes than colours. */
export function colourAt(index: number, scale: ColourScale): string {
  const last = SEQUENTIAL.length - 1;
  const at = scale.breaks.length ? Math.round((index / scale.breaks.length) * last) : Math.floor(last / 2);
  return SEQUENTIAL[at] ?? UNKNOWN_FILL;
}

export const isArea = (f: AreaValue | PairValue): f is AreaValue => "area" in f;
