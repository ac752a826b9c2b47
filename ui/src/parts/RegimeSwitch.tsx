import { useRef, type KeyboardEvent } from "react";
import { REGIMES, type Better, type MeasureResult, type Range, type Regime, type SensitivityMeasure, type T } from "../api/types";
import { formatNumber, scaleFor, type Scale } from "../format/number";
import { useWords } from "../i18n";
import { RegimeGlyph } from "./RegimeGlyph";
import { Value } from "./Value";

interface Props {
  regime: Regime;
  onChange: (regime: Regime) => void;
  /** the figure each position of the switch shows, where the Result holds it */
  measure: MeasureResult | null;
  area: string;
  /** how far the assumptions move what is gained and what remains, where that is known */
  range?: SensitivityMeasure | null;
}

/** The signature: one computation under three sets of border rules, answered at once. */
export function RegimeSwitch({ regime, onChange, measure, area, range = null }: Props) {
  const { t, u, lang } = useWords();
  const buttons = useRef<Partial<Record<Regime, HTMLButtonElement | null>>>({});
  const choose = (next: Regime) => { onChange(next); buttons.current[next]?.focus(); };

  const onKeyDown = (event: KeyboardEvent) => {
    const at = REGIMES.indexOf(regime);
    const target: Record<string, number> = {
      ArrowRight: (at + 1) % 3, ArrowDown: (at + 1) % 3, ArrowLeft: (at + 2) % 3, ArrowUp: (at + 2) % 3, Home: 0, End: 2,
    };
    const next = REGIMES[target[event.key] ?? -1];
    if (next) { event.preventDefault(); choose(next); }
  };

  const values = measure ? REGIMES.map((r) => measure.values[r]?.[area] ?? null) : [];
  const scale = scaleFor(values, lang, measure?.unit);
  const steps = measure ? scaleFor([measure.gained[area], measure.remains[area]], lang, measure.unit) : scale;
  return (
    <div className="switch" role="radiogroup" aria-label={t("regime.label")} data-testid="regime-switch" onKeyDown={onKeyDown}>
      {REGIMES.map((r, i) => (
        <div className="switch__slot" key={r} role="presentation">
          <button
            type="button" role="radio" aria-checked={r === regime} tabIndex={r === regime ? 0 : -1}
            ref={(node) => { buttons.current[r] = node; }}
            className={`switch__button switch__button--${r}`} data-testid={`regime-${r}`} onClick={() => choose(r)}
          >
            <span className="switch__name"><RegimeGlyph regime={r} />{t(`regime.${r}`)}</span>
            {measure?.values[r] && (
              <span className="switch__value">
                <Value value={values[i] ?? null} scale={scale} />
                <span className="switch__unit">{u(measure.unit)}</span>
              </span>
            )}
            <span className="switch__hint">{measure && !measure.values[r] ? t("regime.ask") : t(`regimeHint.${r}`)}</span>
          </button>
          {i < 2 && measure && (
            <Step better={measure.better} value={(i === 0 ? measure.gained : measure.remains)[area]} kind={i === 0 ? "gained" : "remains"} unit={measure.unit} scale={steps} range={range?.[i === 0 ? "gained" : "remains"] ?? null} />
          )}
        </div>
      ))}
    </div>
  );
}

function Step({ value, kind, better, unit, scale, range }: { value: number | null | undefined; kind: "gained" | "remains"; better: Better; unit: T; scale: Scale; range: Range | null }) {
  const { t, du, lang } = useWords();
  if (value === undefined) return null;
  return (
    <p className={`switch__step ${better !== "neutral" && value !== null && value < 0 ? "worse" : ""}`}>
      <span>{t(better === "neutral" ? `change.${kind}` : `border.${kind}`)}</span>
      <span className="switch__figure">
        <strong className="num" title={value === null ? t("unknown") : undefined}>
          {formatNumber(value, lang, { sign: better === "neutral", unit, scale })}
        </strong>
        {value !== null && <small>{du(unit)}</small>}
      </span>
      {range && range.low !== null && range.high !== null && <Spread low={range.low} high={range.high} kind={kind} sign={better === "neutral"} unit={unit} />}
      <i aria-hidden />
    </p>
  );
}

function Spread({ low, high, kind, sign, unit }: { low: number; high: number; kind: "gained" | "remains"; sign: boolean; unit: T }) {
  const { t, lang } = useWords();
  const scale = scaleFor([low, high], lang, unit);
  const show = (v: number) => formatNumber(v, lang, { sign, unit, scale });
  return (
    <small className="switch__range num" data-testid={`range-${kind}`} data-low={low} data-high={high}>
      <span>{t("range.title")}</span> {low === high ? t("sensitivity.same") : `${show(low)} – ${show(high)}`}
    </small>
  );
}
