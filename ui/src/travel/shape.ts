import type { Declaration, Query } from "../api/types";

// A workstream gets the time map by the shape of what it declares, not by its name.

/** How the answer of a query with the shape of a matrix looks: rows and columns are `place`; `rail` holds "0" and "1". */
export interface MatrixAnswer { place: string[]; minutes: (number | null)[][]; rail?: string[] }
export interface Rows { columns: string[]; rows: (string | number | null)[][] }
export interface JourneysAnswer { road_min: number | null; journeys: Rows; legs: Rows }
export interface LineInfo {
  line: string; name_zh: string; name_en: string; status: string; built: boolean; stations: string[]; points: [number, number][];
  opened?: string | null; length_km?: number | null; design_speed_kmh?: number | null; trains_a_day?: number | null; cost_cny?: number | null;
  /** what was assumed of it */
  note_zh?: string; note_en?: string;
}
export interface LinesAnswer { lines: LineInfo[] }

export interface TravelShape { matrix: Query; journeys: Query | null; lines: Query | null }

export const TIMES = ["departure_min", "window_min", "percentile"] as const;

export const inputOf = (query: Query, name: string) => query.inputs.find((i) => i.input === name);
const areas = (query: Query) => query.inputs.filter((i) => i.type === "area").map((i) => i.input);
const unit = (query: Query, name: string) => query.units[name]?.id;

/** Times between all places over a departure window; journeys from one to another; lines to be drawn. */
export function travelShape(declaration: Declaration | null): TravelShape | null {
  const queries = declaration?.queries ?? [];
  const matrix = queries.find((q) => areas(q).length === 0 && TIMES.every((name) => inputOf(q, name)) && unit(q, "minutes") === "min" && q.inputs.every((i) => !i.required));
  if (!matrix) return null;
  const journeys = queries.find((q) => ["origin", "destination"].every((side) => areas(q).includes(side)) && inputOf(q, "departure_min") && unit(q, "arrival_min") === "min");
  const lines = queries.find((q) => q.inputs.length === 0 && unit(q, "length_km") === "km");
  return { matrix, journeys: journeys ?? null, lines: lines ?? null };
}

/** Rows of a table of an answer, by the names of its columns. */
export function records({ columns, rows }: Rows): Record<string, string | number | null>[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
}
