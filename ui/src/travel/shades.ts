import type { Words } from "../i18n";
import type { LegendKey } from "../map/drawing";
import type { Shade } from "../state/view";
import { UNKNOWN_FILL } from "../styles/palette";
import type { Times } from "./useTimes";

/** Minutes up to which a colour reaches, the edge included. */
const MINUTES = [30, 60, 90, 120, 180, 240];
export const BANDS = [30, 60, 90] as const;
export const REACH = [30, 60, 90, 120] as const;

// Near is dark: what can be reached stands out, and the legend says so.
const NEAR_TO_FAR = ["#0d3f49", "#1d606c", "#3b818c", "#659fa8", "#94bfc6", "#c0d9dd", "#e3edee"];
const BAND_COLOURS = ["#1d606c", "#5f9fa9", "#b3d4d8"];
const BEYOND = "#e9ecec";
// Minutes gained, and lost: two hues away from none.
const GAINS: readonly { least: number; colour: string }[] = [
  { least: 30, colour: "#0f5560" }, { least: 15, colour: "#3a8792" }, { least: 5, colour: "#86bac1" }, { least: 1, colour: "#cfe4e6" },
];
const LOSSES: readonly { least: number; colour: string }[] = [{ least: 15, colour: "#a93a34" }, { least: 1, colour: "#e5aaa4" }];

const at = <V,>(list: readonly V[], i: number, other: V): V => list[i] ?? other;

export function colourOfMinutes(minutes: number | null): string {
  if (minutes === null) return UNKNOWN_FILL;
  const i = MINUTES.findIndex((edge) => minutes <= edge);
  return at(NEAR_TO_FAR, i < 0 ? MINUTES.length : i, UNKNOWN_FILL);
}

export function colourOfBand(minutes: number | null): string {
  if (minutes === null) return UNKNOWN_FILL;
  const i = BANDS.findIndex((edge) => minutes <= edge);
  return i < 0 ? BEYOND : at(BAND_COLOURS, i, BEYOND);
}

/** `gain`: minutes less than today. */
export function colourOfGain(gain: number | null): string {
  if (gain === null) return UNKNOWN_FILL;
  const found = (gain > 0 ? GAINS : LOSSES).find(({ least }) => Math.abs(gain) >= least);
  return found?.colour ?? BEYOND;
}

/** The colour of every cell as seen from `origin`. */
export function fillsFrom(origin: string, shade: Shade, now: Times, today: Times | null): Map<string, string> {
  return new Map(now.places.map((place) => {
    const minutes = now.minutes(origin, place);
    if (shade === "bands") return [place, colourOfBand(minutes)];
    if (shade === "gain") return [place, colourOfGain(gainOf(origin, place, now, today))];
    return [place, colourOfMinutes(minutes)];
  }));
}

export function gainOf(origin: string, destination: string, now: Times, today: Times | null): number | null {
  const before = today?.minutes(origin, destination) ?? null, after = now.minutes(origin, destination);
  return before === null || after === null ? null : before - after;
}

export function keysOf(shade: Shade, { t }: Words): LegendKey[] {
  const between = (edges: readonly number[], colour: (i: number) => string, last: string): LegendKey[] => [
    ...edges.map((edge, i) => ({ colour: colour(i), label: i === 0 ? `≤${edge}` : `${edges[i - 1]}–${edge}` })),
    { colour: last, label: `>${edges[edges.length - 1]}` },
  ];
  if (shade === "bands") return between(BANDS, (i) => at(BAND_COLOURS, i, BEYOND), BEYOND);
  if (shade === "minutes") return between(MINUTES, (i) => at(NEAR_TO_FAR, i, BEYOND), at(NEAR_TO_FAR, MINUTES.length, BEYOND));
  const span = (list: typeof GAINS, i: number) => (i === 0 ? `≥${list[i]?.least}` : `${list[i]?.least}–${(list[i - 1]?.least ?? 0) - 1}`);
  return [
    ...GAINS.map((g, i) => ({ colour: g.colour, label: t("travel.faster", { m: span(GAINS, i) }) })),
    { colour: BEYOND, label: t("travel.unchanged") },
    ...[...LOSSES.keys()].reverse().map((i) => ({ colour: at(LOSSES, i, { least: 0, colour: BEYOND }).colour, label: t("travel.slower", { m: span(LOSSES, i) }) })),
  ];
}
