import { useMemo } from "react";
import { useView, type Patch, type View } from "../state/view";
import { inputOf, type SitingShape } from "./shape";

/** Inputs of the siting query as the address holds them; `by`: whether a number or a budget limits the sites. */
export interface Settings {
  supply: string; who: string; objective: string; p: number; budget_cny: number; beds: number; radius_min: number; by: "p" | "budget";
}
export type Field = Exclude<keyof Settings, "by">;

const KEY: Record<Field, keyof View> = { supply: "supply", who: "who", objective: "objective", p: "p", budget_cny: "spend", beds: "beds", radius_min: "radius" };
/** What a control offers of a range that the query leaves wide. */
export const OFFERED: Partial<Record<Field, { least: number; most: number; step: number }>> = {
  p: { least: 1, most: 40, step: 1 }, beds: { least: 50, most: 2000, step: 50 }, radius_min: { least: 15, most: 180, step: 5 }, budget_cny: { least: 1e7, most: 2e9, step: 1e7 },
};

export function useSettings(shape: SitingShape): Settings {
  const { view } = useView();
  return useMemo(() => {
    const text = (name: Field) => {
      const input = inputOf(shape.site, name), asked = view[KEY[name]];
      return typeof asked === "string" && (!input?.values.length || input.values.includes(asked)) ? asked : String(input?.default ?? "");
    };
    const number = (name: Field) => {
      const input = inputOf(shape.site, name), asked = view[KEY[name]];
      const value = typeof asked === "number" ? asked : Number(input?.default ?? 0);
      const inside = Math.min(input?.high ?? Infinity, Math.max(input?.low ?? -Infinity, value));
      return input?.type === "integer" ? Math.round(inside) : inside;
    };
    const by = view.p === 0 ? "budget" : "p";
    return { supply: text("supply"), who: text("who"), objective: text("objective"), p: number("p"), budget_cny: number("budget_cny"), beds: number("beds"), radius_min: number("radius_min"), by };
  }, [shape, view]);
}

/** What the address says of a change: nothing where it is the value that the query takes anyway. */
export function patchOf(shape: SitingShape, change: Partial<Record<Field, string | number>>): Patch {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [KEY[name as Field], value === inputOf(shape.site, name)?.default ? null : value]));
}

/** What is asked: of a number and a budget only the one that counts, so that the other changes nothing. */
export function inputsOf({ by, p, budget_cny, objective, radius_min, ...rest }: Settings) {
  return { ...rest, objective, p: by === "p" ? p : 0, budget_cny: by === "budget" ? budget_cny : undefined, radius_min };
}
