import { useMemo } from "react";
import type { LayerResult, Regime } from "../api/types";
import { formatNumber, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import { ancestry } from "./drawing";
import { isArea } from "./scale";

/** What a layer says of a place, in words: its own figure, else that of the unit it lies in, which is then named. */
export function useHint(layer: LayerResult | null, regime: Regime): { values: ReadonlyMap<string, number | null>; hint: ((area: string) => string | null) | undefined } {
  const { t, tr, u, lang } = useWords();
  const { region, byId } = useRegion();
  const values = useMemo(() => new Map((layer?.features[regime] ?? []).filter(isArea).map((f) => [f.area, f.value])), [layer, regime]);
  const hint = useMemo(() => {
    if (!layer) return undefined;
    const up = ancestry({ areas: region.areas });
    return (area: string) => {
      const whose = up(area).find((a) => values.has(a)); // a city's figure colours its counties
      if (whose === undefined) return null;
      const value = values.get(whose) ?? null;
      const text = value === null ? t("unknown") : withUnit(formatNumber(value, lang, { unit: layer.unit }), u(layer.unit));
      return whose === area ? text : `${tr(byId.get(whose)?.title)} ${text}`;
    };
  }, [layer, region, values, byId, lang, t, tr, u]);
  return { values, hint };
}
