import { useCallback, useMemo } from "react";
import { url } from "../api/client";
import type { Answer, Lever, LeverOption } from "../api/types";
import { useResource } from "../api/useResource";
import { formatMoney, formatNumber, withUnit } from "../format/number";
import { useWords } from "../i18n";
import type { LegendKey } from "../map/drawing";
import { useRegion } from "../state/region";
import { useView } from "../state/view";
import { MARK } from "../styles/palette";
import type { Facts } from "../whatif/WhatIfPanel";
import type { LineInfo, LinesAnswer, TravelShape } from "./shape";

const COLOUR = { built: "#7c8891", planned: "#b79fd0", on: MARK };
const SIZE = { built: 1.5, planned: 2.4, on: 5 };
const STATUS = ["operating", "construction", "planned"];

/** The lines of the region: what the map draws of them, and what is known of those that can be switched on. */
export function useLines(workstream: string, shape: TravelShape, isOn: (option: LeverOption) => boolean, levers: readonly Lever[]) {
  const { t, tr, u, lang } = useWords();
  const { region } = useRegion();
  const { view } = useView();
  const { data } = useResource<Answer<LinesAnswer>>(shape.lines ? url(`/regions/${region.region}/${workstream}/ask/${shape.lines.query}`, { as_of: view.as_of }) : null);
  const lines = useMemo(() => new Map(data?.answer.lines.map((l) => [l.line, l])), [data]);

  // A lever builds lines where its options are lines.
  const options = useMemo(() => levers.flatMap((l) => l.options ?? []).filter((o) => o.key.length === 1 && lines.has(o.key[0] ?? "")), [levers, lines]);
  const on = options.filter(isOn).map((o) => o.key[0]).join(" ");

  const facts = useCallback((_: Lever, option: LeverOption): Facts | null => {
    const line = option.key.length === 1 ? lines.get(option.key[0] ?? "") : undefined;
    if (!line) return null;
    const number = (value: number | null | undefined, name: string) => (value ? withUnit(formatNumber(value, lang), u(data?.units[name])) : "");
    const text = [
      STATUS.includes(line.status) ? t(`lineStatus.${line.status}`) : line.status, number(line.length_km, "length_km"), number(line.design_speed_kmh, "design_speed_kmh"),
      line.trains_a_day ? t("travel.trainsADay", { n: formatNumber(line.trains_a_day, lang) }) : "", line.cost_cny ? formatMoney(line.cost_cny, lang) : "",
    ];
    return { text: text.filter(Boolean).join(" · "), useless: line.points.length < 2 ? t("travel.noStations") : undefined, note: tr({ zh: line.note_zh ?? "", en: line.note_en ?? "" }) };
  }, [lines, data, t, tr, u, lang]);

  const drawn = useMemo(() => {
    const chosen = new Set(on.split(" "));
    // A line that opened later is neither in operation on this day nor something to switch on.
    const day = view.as_of ?? region.as_of;
    const shown = [...lines.values()].filter((l) => l.points.length > 1 && !(l.built && l.opened && l.opened > day));
    const kind = (l: LineInfo): keyof typeof COLOUR => (l.built ? "built" : chosen.has(l.line) ? "on" : "planned");
    const features = shown.map((l): GeoJSON.Feature => ({
      type: "Feature", properties: { size: SIZE[kind(l)], colour: COLOUR[kind(l)], name: tr({ zh: l.name_zh, en: l.name_en }) }, geometry: { type: "LineString", coordinates: l.points },
    }));
    const kinds = new Set(shown.map(kind));
    const keys = (["built", "planned", "on"] as const).filter((k) => kinds.has(k)).map((k): LegendKey => ({ colour: COLOUR[k], label: t(`lineKind.${k}`), shape: "line" }));
    return { features, keys };
  }, [lines, on, t, tr, view.as_of, region.as_of]);
  return { facts: shape.lines ? facts : undefined, drawn };
}
