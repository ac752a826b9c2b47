import type { Answer } from "../api/types";
import { formatNumber, formatShare, scaleFor } from "../format/number";
import { useWords } from "../i18n";
import { QualityBadge } from "../parts/QualityBadge";
import { useRegion } from "../state/region";
import { ALLOCATIONS, type Allocation, type ChoiceAnswer, type ChoiceSide } from "./shape";
import { usePlaceName } from "./useNames";

const FIGURES = ["unserved", "minutes", "price_cny"] as const;
const LISTED = 8;

/** The allocation of a planner beside what people would choose for themselves, and who would rather swap. */
export function OwnChoice({ answer }: { answer: Answer<ChoiceAnswer> }) {
  const { t, tr, u, lang } = useWords();
  const { byId } = useRegion();
  const { sides, would_swap, swaps } = answer.answer;
  const areas = [...new Set(sides.map((s) => s.area))];
  const of = (allocation: Allocation, area: string): ChoiceSide | undefined => sides.find((s) => s.allocation === allocation && s.area === area);
  const round = (v: number | null | undefined, name: (typeof FIGURES)[number]) => (typeof v !== "number" ? null : name === "minutes" ? Math.round(v * 10) / 10 : Math.round(v));
  const scales = Object.fromEntries(FIGURES.map((name) => [name, scaleFor(sides.map((s) => round(s[name], name)), lang, answer.units[name])]));
  const whole = areas[0] ? of("planned", areas[0]) : undefined;
  const served = (who: Allocation) => { const one = areas[0] ? of(who, areas[0]) : undefined; return one ? one.need - one.unserved : 0; };
  const count = (n: number) => formatNumber(Math.round(n), lang);
  return (
    <section className="ownchoice" aria-labelledby="choice-title" data-testid="choice">
      <header className="detail__head"><h2 id="choice-title">{t("siting.choice")}</h2><QualityBadge quality={answer.quality} /></header>
      {whole && <p className="prose" data-testid="would-swap" data-planned={would_swap.planned} data-chosen={would_swap.chosen}>
        {t("siting.wouldSwap", { planned: count(would_swap.planned), share: formatShare(would_swap.planned / Math.max(1, served("planned")), lang), chosen: count(would_swap.chosen) })}
      </p>}
      <div className="scroll-x">
        <table className="plain choice">
          <thead>
            <tr><th rowSpan={2} scope="col">{t("measures.area")}</th>{FIGURES.map((name) => <th key={name} colSpan={2} scope="colgroup" className="center">{t(`siting.figure.${name}`)} <span className="muted">{u(answer.units[name])}</span></th>)}</tr>
            <tr>{FIGURES.flatMap((name) => ALLOCATIONS.map((who) => <th key={`${name}${who}`} scope="col" className="right">{t(`siting.${who}`)}</th>))}</tr>
          </thead>
          <tbody>
            {areas.map((area) => (
              <tr key={area}>
                <th scope="row">{tr(byId.get(area)?.title) || area}</th>
                {FIGURES.flatMap((name) => ALLOCATIONS.map((who) => {
                  const value = of(who, area)?.[name];
                  return <td key={`${name}${who}`} className="right num" data-allocation={who} data-area={area} data-figure={name} data-value={value ?? ""} data-label={`${t(`siting.figure.${name}`)} · ${t(`siting.${who}`)}`} data-unit={u(answer.units[name])}>{formatNumber(round(value, name), lang, { ...(scales[name] ? { scale: scales[name] } : {}) })}</td>;
                }))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {ALLOCATIONS.map((who) => <Pairs key={who} who={who} swaps={swaps.filter((s) => s.allocation === who).slice(0, LISTED)} />)}
    </section>
  );
}

function Pairs({ who, swaps }: { who: Allocation; swaps: ChoiceAnswer["swaps"] }) {
  const { t, lang } = useWords();
  const name = usePlaceName();
  if (!swaps.length) return null;
  return (
    <details className="details" data-testid={`swaps-${who}`}>
      <summary><b>{t(`siting.swaps_${who}`)}</b> <span className="muted">{t("siting.swapsHint")}</span></summary>
      <ul className="details__body swaps">
        {swaps.map((s, i) => (
          <li key={i}>{t("siting.swap", {
            n: formatNumber(Math.round(s.people), lang), a: name(s.origin), x: name(s.destination), b: name(s.other_origin), y: name(s.other_destination), m: formatNumber(Math.round(s.gain_min), lang),
          })}</li>
        ))}
      </ul>
    </details>
  );
}
