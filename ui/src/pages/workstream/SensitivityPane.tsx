import { Select } from "antd";
import type { Declaration, Range, Result, SensitivityMeasure } from "../../api/types";
import { formatNumber, scaleFor, type Scale } from "../../format/number";
import { useWords } from "../../i18n";
import { About } from "../../parts/About";
import { Await } from "../../parts/Await";
import { MeasureGroups, measureOptions } from "../../parts/MeasureGroups";
import { QualityBadge } from "../../parts/QualityBadge";
import { useView } from "../../state/view";
import { Explain } from "./BorderPane";
import { Tornado } from "./Tornado";
import { useSensitivity } from "./useRange";

/** How far the differences move when each assumption moves over its range. */
export function SensitivityPane({ workstream, declaration }: { workstream: string; declaration: Declaration | null }) {
  const { view } = useView();
  const query = { as_of: view.as_of, area: view.area };
  const resource = useSensitivity(workstream, query);
  return <Await resource={resource}>{(result) => <Shown result={result} declaration={declaration} query={query} />}</Await>;
}

function Shown({ result, declaration, query }: { result: Result; declaration: Declaration | null; query: Record<string, string | null> }) {
  const { t, tr, u } = useWords();
  const { view, set } = useView();
  const all = result.sensitivity?.measures ?? [];
  const info = new Map(result.measures.map((m) => [m.measure, m]));
  const target = result.measures.find((m) => m.target)?.measure;
  const chosen = all.find((m) => m.measure === view.measure) ?? all.find((m) => m.measure === target) ?? all[0];
  if (!result.sensitivity || !chosen) return <p className="notice">{t("sensitivity.none")}</p>;
  const measure = info.get(chosen.measure);
  return (
    <>
      <Explain result={result} measure={measure ?? null} />
      <p className="muted">{t("sensitivity.runs", { n: result.sensitivity.runs })}</p>
      <RangeTable all={all} result={result} chosen={chosen.measure} onChoose={(m) => set({ measure: m })} />
      <header className="detail__head">
        <h2>{tr(measure?.title)} <span className="muted">{u(measure?.unit)}</span></h2>
        {measure && <QualityBadge quality={measure.quality} />}
        <Select
          size="small" value={chosen.measure} onChange={(m: string) => set({ measure: m })} popupMatchSelectWidth={false} aria-label={t("measures.choose")}
          options={measureOptions(result.measures, tr)}
        />
      </header>
      <div className="tornadoes">
        <Tornado kind="gained" measure={chosen} unit={measure?.unit ?? null} />
        <Tornado kind="remains" measure={chosen} unit={measure?.unit ?? null} />
      </div>
      <About result={result} declaration={declaration} query={query} />
    </>
  );
}

function RangeTable({ all, result, chosen, onChoose }: { all: SensitivityMeasure[]; result: Result; chosen: string; onChoose: (m: string) => void }) {
  const { t, tr, u, lang } = useWords();
  const info = new Map(result.measures.map((m) => [m.measure, m]));
  return (
    <div className="scroll-x" role="region" aria-label={t("sensitivity.ranges")} tabIndex={0}>
      <table className="measures" data-testid="sensitivity-table">
        <thead><tr><th>{t("measures.measure")}</th><th className="right">{t("border.gained")}</th><th>{t("sensitivity.range")}</th><th className="right">{t("border.remains")}</th><th>{t("sensitivity.range")}</th><th>{t("measures.quality")}</th></tr></thead>
        <MeasureGroups measures={all.map((m) => ({ ...m, group: info.get(m.measure)?.group }))} chosen={chosen} columns={6}>
          {(m) => {
            const x = info.get(m.measure);
            const scale = scaleFor([m.gained.low, m.gained.high, m.gained.value, m.remains.low, m.remains.high, m.remains.value], lang, x?.unit);
            return (
              <tr key={m.measure} className={m.measure === chosen ? "chosen" : undefined}>
                <th scope="row"><button type="button" className="linklike" aria-pressed={m.measure === chosen} onClick={() => onChoose(m.measure)}>{tr(x?.title) || m.measure}</button><span className="measures__sub">{u(x?.unit)}</span></th>
                {(["gained", "remains"] as const).map((k) => <RangeCells key={k} range={m[k]} scale={scale} />)}
                <td>{x && <QualityBadge quality={x.quality} />}</td>
              </tr>
            );
          }}
        </MeasureGroups>
      </table>
    </div>
  );
}

function RangeCells({ range, scale }: { range: Range; scale: Scale }) {
  const { t, lang } = useWords();
  const show = (v: number | null) => formatNumber(v, lang, { scale });
  return (
    <>
      <td className="right strong num">{show(range.value)}</td>
      <td className="num nowrap">{range.low === null || range.high === null ? <span title={t("unknown")}>—</span> : range.low === range.high ? <span className="muted">{t("sensitivity.same")}</span> : `${show(range.low)} – ${show(range.high)}`}</td>
    </>
  );
}
