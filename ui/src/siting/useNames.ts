import { useMemo } from "react";
import { url } from "../api/client";
import type { Declaration, QueryInput, TablePage } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";

export interface Choice { value: string; label: string }

/** The values of an input that names rows of a declared table, with their titles: of the table whose key is that input. */
export function useNamed(declaration: Declaration, input: string): Choice[] {
  const { tr } = useWords();
  const { region } = useRegion();
  const table = declaration.tables.find((one) => one.key?.length === 1 && one.key[0] === input && one.columns?.some((c) => c.column === "title_en"));
  const { data } = useResource<TablePage>(table ? url(`/regions/${region.region}/tables/${table.table}`, { limit: 200 }) : null);
  return useMemo(() => (data?.rows ?? []).map((row) => ({ value: String(row[input]), label: tr({ zh: String(row["title_zh"] ?? ""), en: String(row["title_en"] ?? "") }) })), [data, input, tr]);
}

/** Words for the values that a query declares by their identifiers; one without words stands for itself. */
export function useValues(): (value: string) => string {
  const { t } = useWords();
  return useMemo(() => (value: string) => t(`value.${value}`, { defaultValue: value }), [t]);
}

/** The values of an input as a list to choose from: each begins as a sentence does. */
export function useOptions(): (input: QueryInput | undefined) => Choice[] {
  const say = useValues();
  return useMemo(() => (input) => (input?.values ?? []).map((value) => { const word = say(value); return { value, label: word.charAt(0).toUpperCase() + word.slice(1) }; }), [say]);
}

export function usePlaceName(): (area: string) => string {
  const { tr } = useWords();
  const { byId } = useRegion();
  return useMemo(() => (area: string) => {
    const found = byId.get(area);
    return tr(found?.title) || area;
  }, [byId, tr]);
}
