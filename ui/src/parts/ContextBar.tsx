import { DatePicker, Select } from "antd";
import dayjs from "dayjs";
import { useMemo } from "react";
import type { RegionRef } from "../api/types";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import { useView } from "../state/view";

/** Which region, on which day, seen from which place: asked once, for every page. */
export function ContextBar({ regions }: { regions: RegionRef[] }) {
  const { t, tr } = useWords();
  const { view, set } = useView();
  const { region } = useRegion();
  const today = region.as_of;

  const presets = useMemo(() => [
    { label: t("context.today"), value: dayjs(today) },
    ...region.events.map((e) => ({ label: `${e.day} ${tr(e.title)}`, value: dayjs(e.day) })),
  ], [region, today, t, tr]);

  const event = region.events.find((e) => e.day === view.as_of);
  return (
    <div className="context" role="group" aria-label={t("context.label")}>
      <div className="context__field">
        <span>{t("context.region")}</span>
        <Select
          value={region.region} onChange={(next: string) => set({ region: next, area: null, place: null, layer: null, measure: null, as_of: null })}
          options={regions.map((r) => ({ value: r.region, label: tr(r.title) }))} popupMatchSelectWidth={false}
          aria-label={t("context.region")} data-testid="region-select"
        />
      </div>
      <div className="context__field">
        <span>{t("context.asOf")}</span>
        <DatePicker
          value={dayjs(view.as_of ?? today)} presets={presets} allowClear={view.as_of !== null} inputReadOnly={false}
          onChange={(day) => { const next = day ? day.format("YYYY-MM-DD") : null; set({ as_of: next === today ? null : next }); }}
          aria-label={t("context.asOf")} data-testid="as-of"
        />
      </div>
      <AreaSelect
        label={t("context.place")} value={view.area} testid="area-select" placeholder={t("context.everywhere")}
        onChange={(area) => set({ area })}
      />
      {event && <p className="context__event">{tr(event.title)}</p>}
    </div>
  );
}

interface AreaSelectProps { label: string; value: string | null; placeholder: string; testid: string; onChange: (area: string | null) => void; cellsOnly?: ReadonlySet<string> }

/** Any unit of the hierarchy or named set, found by name in either language. */
export function AreaSelect({ label, value, placeholder, testid, onChange, cellsOnly }: AreaSelectProps) {
  const { t, tr } = useWords();
  const { region, byId } = useRegion();
  const options = useMemo(() => {
    const groups = [...region.levels.slice(1), { level: "set", title: { zh: t("context.sets"), en: t("context.sets") } }];
    const known = new Set(groups.map((g) => g.level));
    return groups
      .map((g) => ({
        label: tr(g.title), title: g.level,
        options: region.areas
          .filter((a) => a.level === g.level && known.has(a.level) && (!cellsOnly || cellsOnly.has(a.area)))
          .map((a) => {
            const above = a.parent && a.parent !== a.jurisdiction ? byId.get(a.parent) : a.jurisdiction && a.jurisdiction !== a.area ? byId.get(a.jurisdiction) : undefined;
            return { value: a.area, label: above ? `${tr(a.title)} · ${tr(above.title)}` : tr(a.title), search: `${a.title.zh} ${a.title.en} ${a.area}`.toLowerCase() };
          }),
      }))
      .filter((g) => g.options.length > 0);
  }, [region, byId, cellsOnly, t, tr]);
  // A place from the address that is not among the choices still goes by its name.
  const offered = value === null || options.some((g) => g.options.some((o) => o.value === value));
  const all = offered ? options : [{ label: "", title: "", options: [{ value, label: tr(byId.get(value)?.title) || value, search: "" }] }, ...options];
  return (
    <div className="context__field context__field--wide">
      <span>{label}</span>
      <Select
        value={value} placeholder={placeholder} allowClear
        showSearch={{ filterOption: (typed, option) => !!option && "search" in option && String(option.search).includes(typed.toLowerCase()) }}
        options={all} onChange={(next: string | undefined) => onChange(next ?? null)}
        popupMatchSelectWidth={false} aria-label={label || placeholder} data-testid={testid}
      />
    </div>
  );
}
