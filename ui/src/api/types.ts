// The HTTP contract, by hand until types are generated from openapi.json (npm run types).
// Unknown numbers are null, never 0.

export interface T { zh: string; en: string }
/** a unit: its identifier says what it is, its words are only for reading */
export interface Unit extends T { id: string }
export type Num = number | null;
export type ByArea = Record<string, Num>;
export type Regime = "closed" | "current" | "open";
export type Better = "lower" | "higher" | "neutral";
export type Quality = "published" | "derived" | "illustrative";
export type Kind = "area" | "point" | "line" | "flow";
export type Verb = "status" | "border" | "plan" | "sensitivity" | "lifts";
export type Deciders = "alone" | "jointly";

export const REGIMES: readonly Regime[] = ["closed", "current", "open"];
/** those that have a tab; lifts stand under the border */
export const VERBS: readonly Verb[] = ["status", "border", "plan", "sensitivity"];

export interface RegionRef { region: string; title: T }
export interface Area {
  area: string; title: T; level: string;
  parent: string | null; jurisdiction: string | null;
  lon: number | null; lat: number | null; members?: string[];
}
export interface WorkstreamRef { workstream: string; title: T; available: boolean; missing: string[] }
export interface Region {
  region: string; title: T; note: T | null; as_of: string; timezone: string; currency: string;
  levels: { level: string; title: T }[];
  areas: Area[]; jurisdictions: string[];
  events: { day: string; title: T }[];
  workstreams: WorkstreamRef[];
}

export interface CellProperties {
  area: string; name_zh: string; name_en: string; jurisdiction: string; parent: string | null;
  lon?: number | null; lat?: number | null;
}
export type Cells = GeoJSON.FeatureCollection<GeoJSON.Polygon | GeoJSON.MultiPolygon, CellProperties> & { note?: T };

export interface HeadlineRow {
  workstream: string; title: T;
  measure: string | null; measure_title: T | null; unit: Unit | null; better: Better | null;
  current: Num; gained: Num; remains: Num; dividend: Num; budget_cny: Num;
  quality: Quality | null; year: string | null; error: string | null;
}

export interface Column { column: string; title: T; unit: Unit | string | null; type?: string }
export interface Source { source: string; title: string | T; publisher?: string | null; year: number | string | null; url: string | null; licence: string | null }
export interface TableInfo {
  table: string; title: T; rows: number; columns: Column[];
  quality: Partial<Record<Quality, number>>; years: string | null; sources: Source[];
}
export interface TablePage { table: string; total: number; rows: Record<string, unknown>[] }

export interface RuleRow {
  workstream: string; rule: string; title: T; unit: Unit | string;
  origin: string; destination: string; item: string | null; item_title?: T | null;
  closed: Num; value: Num; open: Num;
  valid_from: string | null; valid_to: string | null;
  reference: string | null; source: string | null; quality: Quality | null;
}

export interface Declaration {
  workstream: string; title: T; about: T; target: string;
  /** the region whose assumptions and options these are */
  region?: string;
  /** whether it declares levers and how to choose among them */
  can_plan: boolean;
  measures: { measure: string; title: T; group: T | null; unit: Unit; whose: T | null; better: Better }[];
  rules: { rule: string; title: T; unit: Unit | string; closed: Num; open: Num }[];
  params: { param: string; title: T; unit: Unit | string; low: Num; value: Num; high: Num; source: string; quality: Quality }[];
  levers: Lever[];
  /** quick look-ups, each with the inputs it takes and the units of what it answers */
  queries?: Query[];
  layers: { layer: string; title: T; kind: Kind }[];
  budget_cny: { default: number; max: number } | null;
  needs: string[]; tables: { table: string; title: T; key?: string[]; columns?: Column[] }[];
}

/** `options`: what a lever with a natural amount can still be used on here */
export interface Lever { lever: string; title: T; unit: Unit; op?: "add" | "set"; amount?: Num; options?: LeverOption[] }
export interface LeverOption { step: string; key: string[]; title: T; value: Num }
export interface QueryInput {
  input: string; title: T; type: "area" | "integer" | "number" | "text"; unit: Unit; required: boolean;
  default: string | number | null; low: Num; high: Num; level: string; values: string[];
}
export interface Query { query: string; title: T; inputs: QueryInput[]; units: Record<string, Unit> }
export interface Answer<V> {
  workstream: string; query: string; title: T; as_of: string; regime: Regime; answer: V;
  inputs: Record<string, string | number>; units: Record<string, Unit>; quality: Quality; year: string | null;
  provenance: Record<string, unknown> & { command?: string };
}

export interface MeasureResult {
  measure: string; title: T; unit: Unit; whose: T | null; better: Better; target: boolean;
  /** the heading under which it is listed */
  group: T | null;
  quality: Quality; year: string | null;
  values: Partial<Record<Regime, ByArea>>;
  gained: ByArea; remains: ByArea;
}
export interface AreaValue { area: string; value: Num }
export interface PairValue { origin: string; destination: string; value: Num }
export interface LayerResult {
  layer: string; title: T; kind: Kind; unit: Unit; better: Better; quality?: Quality | null;
  features: Partial<Record<Regime, (AreaValue | PairValue)[]>>;
}
export interface SolverOutcome { status: string; bound: Num; gap: Num }

export interface PlanStep {
  lever: string; title: T; key: string[];
  area: string | null; origin: string | null; destination: string | null; item: string | null;
  label: T; amount: number; unit: Unit; cost_cny: number; payer: string;
}
export interface PlanCell {
  rules: "current" | "open"; deciders: Deciders;
  target: ByArea; measures: Record<string, ByArea>;
  budget_split: ByArea; spent: ByArea; spent_cny: number;
  status: string; bound: Num; gap: Num; steps: PlanStep[];
}
export interface SettlementSide {
  jurisdiction: string; gain: Num; pays_cny: Num; alone_gain: Num; alone_pays_cny: Num;
  transfer_cny: Num; net_cny: Num; alone_net_cny: Num;
}
export interface Settlement { worth_cny: Num; quality: Quality; exists: boolean; sides: SettlementSide[] }
export interface Plan {
  budget_cny: number; measure: string;
  before: Partial<Record<"current" | "open", ByArea>>;
  cells: PlanCell[];
  dividend: Partial<Record<"current" | "open", Num>>;
  settlement: Settlement | null;
}

export interface Range { value: Num; low: Num; high: Num }
export interface SensitivityMeasure {
  measure: string; gained: Range; remains: Range;
  params: { param: string; title: T; unit: Unit | string; low: Num; high: Num; gained: [Num, Num]; remains: [Num, Num] }[];
}
export type Interaction = "complements" | "substitutes" | "independent";
export interface Worth {
  measure: string;
  /** gains against the rules as they are: with a rule lifted alone, with two jurisdictions opened alone, with all lifted */
  rules: Record<string, ByArea>; pairs: { areas: [string, string]; gains: ByArea }[]; together: ByArea;
  added: { rules: ByArea; pairs?: ByArea };
  interaction: { rules: Record<string, Interaction | null>; pairs?: Record<string, Interaction | null> };
}
export interface Lifts {
  rules: { rule: string; title: T; open: boolean }[];
  pairs: { areas: [string, string]; title: T }[];
  note: T | null;
  measures: Worth[];
}
export interface Result {
  workstream: string; verb: Verb; region: string; title: T; as_of: string; area: string | null;
  areas: { area: string; title: T }[];
  regimes: Regime[];
  measures: MeasureResult[]; layers: LayerResult[];
  outcomes: Partial<Record<Regime, SolverOutcome>>;
  tables: { table: string; title?: T; columns: Column[]; rows: Partial<Record<Regime, number>> }[];
  plan: Plan | null;
  sensitivity: { runs: number; measures: SensitivityMeasure[] } | null;
  lifts: Lifts | null;
  binding: RuleRow[];
  /** what must be read beside the figures: published totals, misfit */
  notes?: T[];
  explain: { zh: string[]; en: string[] };
  about: T;
  provenance: Record<string, unknown> & { command?: string };
}

export interface Fault { file?: string | null; row?: number | string | null; column?: string | null; what: string; mend?: string | null }
export interface Problem { type?: string; title: string; status: number; detail?: string | null; faults?: Fault[] }
export interface Job {
  job: string; state: "queued" | "running" | "done" | "failed" | "cancelled";
  done: Num; problem: Problem | null; result: string | null;
}
