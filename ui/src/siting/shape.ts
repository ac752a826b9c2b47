import type { Declaration, MeasureResult, Query, QueryInput, Result, Unit } from "../api/types";
import { groupsOf } from "../parts/MeasureGroups";

// A workstream gets the siting page by the shape of what it declares, not by its name.

export interface Site { place: string; tier: string; beds: number; people: number; minutes: number | null; cost_cny: number }
export interface SideChange { area: string; before: number; after: number }
export interface SiteAnswer {
  sites: Site[]; sides: SideChange[]; status: string; objective: number; bound: number; gap: number;
  cost_cny?: number; mean_min: number | null; within: number | null;
}
export interface BedPrice { place: string; staffed: number; used: number; bed_price_min: number; worth: number | null }
export interface PricesAnswer { places: BedPrice[]; status: string; objective: number; bound: number }
export const ALLOCATIONS = ["planned", "chosen"] as const;
export type Allocation = (typeof ALLOCATIONS)[number];
export interface ChoiceSide { allocation: Allocation; area: string; need: number; unserved: number; minutes: number | null; price_cny: number | null }
export interface Swap { allocation: Allocation; origin: string; destination: string; other_origin: string; other_destination: string; people: number; gain_min: number }
export interface ChoiceAnswer { sides: ChoiceSide[]; would_swap: Record<Allocation, number>; swaps: Swap[] }
export interface Home {
  place: string; tier: string; nursing: boolean; minutes: number; price_cny: number; affordable: boolean; subsidy_cny: number; insurance_cny: number;
  medical_cny: number; beds: number; staffed: number; free: number; occupancy: number | null; open_share: number;
}
export interface DirectoryAnswer { homes: Home[] }

export interface SitingShape { site: Query; prices: Query | null; choice: Query | null; directory: Query | null }

export const inputOf = (query: Query | null, name: string): QueryInput | undefined => query?.inputs.find((i) => i.input === name);

/** Where to stand, by a number or by a budget; what one more bed is worth; what people would choose; what one of them finds. */
export function sitingShape(declaration: Declaration | null): SitingShape | null {
  const queries = declaration?.queries ?? [];
  const takes = (...names: string[]) => (q: Query) => names.every((name) => inputOf(q, name));
  const site = queries.find((q) => takes("p", "budget_cny", "objective")(q) && q.inputs.every((i) => !i.required));
  if (!site) return null;
  const steady = (q: Query) => q.inputs.every((i) => !i.required);
  return {
    site,
    prices: queries.find((q) => q.units["bed_price_min"]?.id === "min" && steady(q)) ?? null,
    choice: queries.find((q) => q.units["would_swap"] !== undefined && steady(q)) ?? null,
    directory: queries.find((q) => takes("place", "means_cny")(q) && q.units["price_cny"] !== undefined) ?? null,
  };
}

/** The measures of one heading that divide the target among themselves: at least three, in its unit, which add up to it everywhere. */
export function partsOfTarget(result: Result): { title: MeasureResult["group"]; parts: MeasureResult[]; whole: MeasureResult } | null {
  const whole = result.measures.find((m) => m.target);
  if (!whole) return null;
  for (const { title, measures } of groupsOf(result.measures)) {
    if (!title || measures.length < 3 || measures.some((m) => idOf(m.unit) !== idOf(whole.unit))) continue;
    const adds = result.regimes.every((r) => result.areas.every(({ area }) => {
      const values = measures.map((m) => m.values[r]?.[area] ?? 0), all = whole.values[r]?.[area] ?? 0;
      return Math.abs(values.reduce((a, b) => a + b, 0) - all) <= 1e-6 * Math.abs(all) + 1e-3;
    }));
    if (adds) return { title, parts: measures, whole };
  }
  return null;
}

const idOf = (unit: Unit): string => unit.id;
