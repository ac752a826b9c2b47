import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { REGIMES, VERBS, type Regime, type Verb } from "../api/types";

/** The whole view lives in the address: reload, share and the back button all restore it. */
export interface View {
  region: string | null;
  lang: "zh" | "en" | null;
  as_of: string | null;
  area: string | null;
  regime: Regime;
  layer: string | null;
  measure: string | null;
  tab: string | null;
  budget: number | null;
  /** whose figures the bars of the lifts show: the region or a jurisdiction */
  column: string | null;
  /** place whose panel is open */
  place: string | null;
  /** which of the four plans is drawn: "current-jointly" */
  cell: string | null;
  table: string | null;
  page: number;
  q: string;
  /** what if: steps as the API takes them (LEVER:KEY), in the order chosen */
  step: string[];
  /** where a journey ends; it begins at `place` */
  to: string | null;
  /** the departure window: its start and length in minutes, and the percentile over it */
  depart: number | null;
  window: number | null;
  percentile: number | null;
  /** what the colours of a time map say */
  shade: Shade;
  /** where to stand: for whom, of which supply, to what end, how many (0: by `spend`, in CNY), of how many beds, within how many minutes */
  who: string | null;
  supply: string | null;
  objective: string | null;
  p: number | null;
  spend: number | null;
  beds: number | null;
  radius: number | null;
  /** what the colours of the map of sites say */
  fill: Fill;
  /** of whom a place is looked for: grade and monthly means */
  grade: string | null;
  means: number | null;
}
export const FILLS = ["share", "price", "worth"] as const;
export type Fill = (typeof FILLS)[number];
export const SHADES = ["minutes", "bands", "gain"] as const;
export type Shade = (typeof SHADES)[number];
export type Patch = Partial<{ [K in keyof View]: View[K] | null }>;

const DEFAULTS: Partial<Record<keyof View, string>> = { regime: "current", page: "1", q: "", shade: "minutes", fill: "share" };
/** What a link to another page keeps. */
const SHARED: readonly (keyof View)[] = ["region", "lang", "as_of", "area", "regime"];

const oneOf = <V extends string>(value: string | null, allowed: readonly V[]): V | null =>
  allowed.find((v) => v === value) ?? null;

const number = (text: string | null): number | null => (text !== null && text !== "" && Number.isFinite(Number(text)) ? Number(text) : null);

function parse(q: URLSearchParams): View {
  const budget = Number(q.get("budget"));
  const page = Number(q.get("page"));
  const day = q.get("as_of");
  return {
    region: q.get("region"),
    lang: oneOf(q.get("lang"), ["zh", "en"] as const),
    as_of: day && /^\d{4}-\d\d-\d\d$/.test(day) ? day : null,
    area: q.get("area"),
    regime: oneOf(q.get("regime"), REGIMES) ?? "current",
    layer: q.get("layer"),
    measure: q.get("measure"),
    tab: q.get("tab"),
    budget: q.has("budget") && Number.isFinite(budget) && budget >= 0 ? budget : null,
    column: q.get("column"),
    place: q.get("place"),
    cell: q.get("cell"),
    table: q.get("table"),
    page: Number.isInteger(page) && page > 0 ? page : 1,
    q: q.get("q") ?? "",
    step: [...new Set(q.getAll("step"))],
    to: q.get("to"),
    depart: number(q.get("depart")),
    window: number(q.get("window")),
    percentile: number(q.get("percentile")),
    shade: oneOf(q.get("shade"), SHADES) ?? "minutes",
    who: q.get("who"),
    supply: q.get("supply"),
    objective: q.get("objective"),
    p: number(q.get("p")),
    spend: number(q.get("spend")),
    beds: number(q.get("beds")),
    radius: number(q.get("radius")),
    fill: oneOf(q.get("fill"), FILLS) ?? "share",
    grade: q.get("grade"),
    means: number(q.get("means")),
  };
}

function apply(q: URLSearchParams, patch: Patch): URLSearchParams {
  const next = new URLSearchParams(q);
  for (const [key, value] of Object.entries(patch)) {
    if (Array.isArray(value)) {
      next.delete(key);
      for (const one of value) next.append(key, one);
      continue;
    }
    const text = value === null || value === undefined ? "" : String(value);
    if (text === "" || text === DEFAULTS[key as keyof View]) next.delete(key);
    else next.set(key, text);
  }
  return next;
}

export function useView(): { view: View; set: (patch: Patch, options?: { replace?: boolean }) => void } {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => parse(params), [params]);
  const set = useCallback(
    (patch: Patch, options: { replace?: boolean } = {}) => {
      // Read the address at the time of the click: two patches in one tick must not undo each other.
      const now = new URLSearchParams(window.location.search);
      const next = apply(now, patch);
      if (next.toString() !== now.toString()) setParams(next, { replace: options.replace ?? false, preventScrollReset: true });
    },
    [setParams],
  );
  return { view, set };
}

/** An address on another page that keeps region, language, day, place and regime. */
export function useHref(): (path: string, patch?: Patch) => string {
  const [params] = useSearchParams();
  return useCallback(
    (path: string, patch: Patch = {}) => {
      const kept = new URLSearchParams();
      for (const key of SHARED) {
        const value = params.get(key);
        if (value) kept.set(key, value);
      }
      const q = apply(kept, patch).toString();
      return q ? `${path}?${q}` : path;
    },
    [params],
  );
}

export const verbOf = (tab: string | null): Verb | null => oneOf(tab, VERBS);
