import type { MeasureResult, Regime, Result } from "../api/types";
import { scaleFor } from "../format/number";
import { useWords } from "../i18n";
import { BetterArrow } from "./BetterArrow";
import { MeasureGroups } from "./MeasureGroups";
import { QualityBadge } from "./QualityBadge";
import { RegimeGlyph } from "./RegimeGlyph";
import { Value } from "./Value";

interface Props { result: Result; regime: Regime; chosen: string | null; onChoose: (measure: string) => void }

/** Every measure under the chosen regime, by jurisdiction; what is gained and what remains, for the first column. */
export function MeasureTable({ result, regime, chosen, onChoose }: Props) {
  const { t, tr } = useWords();
  const compares = result.regimes.length > 1;
  const first = result.areas[0];
  return (
    <div className="scroll-x" role="region" aria-label={t("measures.title")} tabIndex={0}>
      <table className="measures" data-testid="measure-table" data-regime={regime}>
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>{t("measures.measure")}</th>
            <th scope="colgroup" colSpan={result.areas.length} className="measures__regime"><RegimeGlyph regime={regime} /> {t(`regime.${regime}`)}</th>
            {compares && <th scope="colgroup" colSpan={2} className="measures__group">{first && tr(first.title)}</th>}
            <th scope="col" rowSpan={2}>{t("measures.quality")}</th>
          </tr>
          <tr>
            {result.areas.map((a) => <th scope="col" key={a.area} className="right">{tr(a.title)}</th>)}
            {compares && <th scope="col" className="right">{t("border.gained")}</th>}
            {compares && <th scope="col" className="right">{t("border.remains")}</th>}
          </tr>
        </thead>
        <MeasureGroups measures={result.measures} chosen={chosen} columns={result.areas.length + (compares ? 4 : 2)}>
          {(m) => <MeasureRow key={m.measure} m={m} result={result} regime={regime} chosen={m.measure === chosen} onChoose={onChoose} compares={compares} />}
        </MeasureGroups>
      </table>
    </div>
  );
}

function MeasureRow({ m, result, regime, chosen, onChoose, compares }: { m: MeasureResult; chosen: boolean; compares: boolean } & Pick<Props, "result" | "regime" | "onChoose">) {
  const { t, tr, u, lang } = useWords();
  // One scale over the row and its regimes: numbers that are compared share unit and decimals.
  const scale = scaleFor(result.regimes.flatMap((r) => result.areas.map((a) => m.values[r]?.[a.area])), lang, m.unit);
  const first = result.areas[0]?.area ?? "";
  const steps = scaleFor([m.gained[first], m.remains[first]], lang, m.unit);
  const sign = m.better === "neutral";
  return (
    <tr className={chosen ? "chosen" : undefined}>
      <th scope="row">
        <button type="button" className="linklike" aria-pressed={chosen} onClick={() => onChoose(m.measure)}>{tr(m.title)}</button>
        <span className="measures__sub">
          <BetterArrow better={m.better} /> {u(m.unit)}
          {m.whose && <span title={tr(m.whose)}> · {short(tr(m.whose))}</span>}
          {m.target && <span className="badge badge--target" title={t("measures.targetHint")}>{t("measures.target")}</span>}
        </span>
      </th>
      {result.areas.map((a, i) => (
        <td key={a.area} className={`right ${i === 0 ? "strong" : ""}`}>
          <Value value={m.values[regime]?.[a.area]} scale={scale} measure={m.measure} area={a.area} regime={regime} />
        </td>
      ))}
      {compares && (["gained", "remains"] as const).map((kind) => (
        <td key={kind} className={`right ${tone(m[kind][first], sign)}`}>
          <Value value={m[kind][first]} scale={steps} sign={sign} measure={m.measure} area={first} regime={kind} />
        </td>
      ))}
      <td><QualityBadge quality={m.quality} /> <span className="muted num">{m.year}</span></td>
    </tr>
  );
}

/** Whose figure it is, without its explanation (which stays as the title). */
export const short = (whose: string): string => whose.split(/[:：;；]/)[0] ?? whose;

/** Worse than under the stricter rules is a finding to show, not to hide. */
export function tone(value: number | null | undefined, neutral: boolean): string {
  if (neutral || value === null || value === undefined || value === 0) return "";
  return value < 0 ? "worse" : "gain";
}
