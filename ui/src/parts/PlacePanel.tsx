import { Button } from "antd";
import { REGIMES, type Quality, type Regime, type Result, type T, type Unit } from "../api/types";
import { formatNumber, scaleFor } from "../format/number";
import { useWords } from "../i18n";
import { isArea } from "../map/scale";
import { MeasureGroups } from "./MeasureGroups";
import { QualityBadge } from "./QualityBadge";
import { useRegion } from "../state/region";
import { useView } from "../state/view";

interface Row { measure: string; group?: T | null; title: string; unit: Unit | T | string; quality: Quality | null; values: Partial<Record<Regime, number | null>> }

/** What one place has in each regime: layers drawn there, and what flows in and out. */
function rowsOf(area: string, result: Result, tr: (x: Result["title"]) => string, t: (k: string) => string): Row[] {
  const rows: Row[] = [];
  for (const m of result.measures) {
    if (!result.regimes.some((r) => m.values[r] && area in (m.values[r] ?? {}))) continue;
    rows.push({ measure: `m${m.measure}`, group: m.group, title: tr(m.title), unit: m.unit, quality: m.quality, values: Object.fromEntries(result.regimes.map((r) => [r, m.values[r]?.[area] ?? null])) });
  }
  for (const layer of result.layers) {
    const per = (of: (r: Regime) => number | null) => Object.fromEntries(result.regimes.map((r) => [r, of(r)]));
    if (layer.kind === "area" || layer.kind === "point") {
      const found = result.regimes.some((r) => layer.features[r]?.some((f) => isArea(f) && f.area === area));
      if (found) rows.push({ measure: layer.layer, title: tr(layer.title), unit: layer.unit, quality: layer.quality ?? null, values: per((r) => layer.features[r]?.find((f) => isArea(f) && f.area === area)?.value ?? null) });
      continue;
    }
    for (const side of ["origin", "destination"] as const) {
      const here = (r: Regime) => (layer.features[r] ?? []).filter((f) => !isArea(f) && f[side] === area);
      if (!result.regimes.some((r) => here(r).length > 0)) continue;
      // Only flows add up; several lines of one place share no meaningful sum.
      if (layer.kind !== "flow") { rows.push({ measure: layer.layer + side, title: `${tr(layer.title)} · ${t(`place.${side}`)}`, unit: t("place.lines"), quality: layer.quality ?? null, values: per((r) => here(r).length) }); continue; }
      rows.push({ measure: layer.layer + side, title: `${tr(layer.title)} · ${t(`place.${side}`)}`, unit: layer.unit, quality: layer.quality ?? null, values: per((r) => here(r).reduce((sum, f) => sum + (f.value ?? 0), 0)) });
    }
  }
  return rows;
}

export function PlacePanel({ area, result, regime }: { area: string; result: Result | null; regime: Regime | null }) {
  const { t, tr, u, lang } = useWords();
  const { byId } = useRegion();
  const { view, set } = useView();
  const found = byId.get(area);
  // A municipality is city and jurisdiction under one name, which is said once.
  const above = [...new Set([found?.parent, found?.jurisdiction].map((a) => (a && a !== area ? tr(byId.get(a)?.title) : "")))].filter(Boolean);
  // What a workstream knows by city is shown for its counties too, and said to be the city's.
  let whose = area;
  let rows = result ? rowsOf(whose, result, tr, t) : [];
  while (result && rows.length === 0) {
    const up = byId.get(whose)?.parent;
    if (!up || !byId.get(up)?.parent) break; // the whole region is not this place
    whose = up;
    rows = rowsOf(whose, result, tr, t);
  }
  const shown = REGIMES.filter((r) => result?.regimes.includes(r));
  return (
    <aside className="place" aria-label={t("place.label")} data-testid="place-panel" data-area={area}>
      <header className="place__head">
        <div>
          <h3>{tr(found?.title) || area}</h3>
          {above.length > 0 && <p className="muted">{above.join(" · ")}</p>}
        </div>
        <button type="button" className="close" aria-label={t("place.close")} onClick={() => set({ place: null })}>×</button>
      </header>
      {rows.length > 0 && whose !== area && <p className="muted">{t("place.of", { place: tr(byId.get(whose)?.title) || whose })}</p>}
      {rows.length > 0 && (
        <table className="plain place__table">
          <thead><tr><td />{shown.map((r) => <th key={r} scope="col" className={`right ${r === regime ? `on on--${r}` : ""}`}>{t(`regime.${r}`)}</th>)}</tr></thead>
          <MeasureGroups measures={rows} chosen={`m${view.measure}`} columns={shown.length + 1}>
            {(row) => {
              const scale = scaleFor(Object.values(row.values), lang, row.unit);
              return (
                <tr key={row.measure}>
                  <th scope="row">{row.title} <span className="muted">{u(row.unit)}</span> {row.quality && <QualityBadge quality={row.quality} />}</th>
                  {shown.map((r) => {
                    const value = row.values[r] ?? null;
                    return <td key={r} className={`right num ${r === regime ? "strong" : ""}`} title={value === null ? t("unknown") : undefined}>{formatNumber(value, lang, { scale })}</td>;
                  })}
                </tr>
              );
            }}
          </MeasureGroups>
        </table>
      )}
      {result && rows.length === 0 && <p className="muted">{t("place.nothing")}</p>}
      {view.area !== area
        ? <Button size="small" onClick={() => set({ area })}>{t("place.take")}</Button>
        : <Button size="small" onClick={() => set({ area: null })}>{t("place.leave")}</Button>}
    </aside>
  );
}
