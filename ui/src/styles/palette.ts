import type { Regime } from "../api/types";

// Dark red, light amber, teal: they differ in lightness as well as hue, so the three stay apart for
// colour-blind readers and in grey print. A line pattern (solid, dashed, dotted) repeats the meaning.
export const REGIME_COLOUR: Record<Regime, string> = { closed: "#a93a34", current: "#dfa43c", open: "#1b7a86" };

// One hue, light to dark: more is darker, whether that is good or bad (the legend says which).
export const SEQUENTIAL = ["#e9f1f1", "#cde1e3", "#a9cdd2", "#81b4bc", "#5a99a4", "#397e8b", "#206370"] as const;
export const UNKNOWN_FILL = "#eceeee";
export const ACCENT = "#20394d";
export const INK = "#1b2730";
export const MUTED = "#5d6a74";
export const LINE = "#dfe4e7";
export const MARK = "#5c3d78"; // points and flows: a hue that no regime, tint or ramp uses

// Calm tints for jurisdictions; with more of them than tints they repeat, and the labels still tell.
const TINTS = ["#cfdce6", "#efe4cf", "#d3e2d0", "#ddd3e4", "#f0d8d2", "#d2e4e6", "#e5e3c5", "#d9d9de"] as const;
export const tint = (index: number): string => TINTS[((index % TINTS.length) + TINTS.length) % TINTS.length] ?? UNKNOWN_FILL;
