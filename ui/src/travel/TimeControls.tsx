import { Slider } from "antd";
import { useEffect, useId, useState } from "react";
import { useWords } from "../i18n";
import { useView } from "../state/view";
import { clock, DAY, duration } from "./clock";
import { inputOf, type TravelShape } from "./shape";
import { rangeOf, type Setting, type Settings } from "./useTimes";

/** ms after the last movement before the question is asked */
const WAIT = 220;
const STEP: Record<Setting, number> = { departure_min: 15, window_min: 15, percentile: 5 };
const KEY = { departure_min: "depart", window_min: "window", percentile: "percentile" } as const;

interface Props { shape: TravelShape; settings: Settings; onBusy: (busy: boolean) => void }

/** When one sets out, how long one may choose, and how lucky one is: the address changes once the sliders rest. */
export function TimeControls({ shape, settings, onBusy }: Props) {
  const { set } = useView();
  const [draft, setDraft] = useState<Partial<Settings>>({});
  const waiting = Object.keys(draft).length > 0;

  useEffect(() => { onBusy(waiting); }, [waiting, onBusy]);
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => {
      const patch = Object.fromEntries(Object.entries(draft).map(([name, value]) => [KEY[name as Setting], value === rangeOf(shape, name as Setting).start ? null : value]));
      set(patch, { replace: true });
      setDraft({});
    }, WAIT);
    return () => clearTimeout(timer);
  }, [draft, waiting, set, shape]);

  const shown = { ...settings, ...draft };
  const { departure_min: start, percentile } = shown;
  const left = DAY - start, length = Math.min(shown.window_min, left);
  const change = (name: Setting) => (value: number) => setDraft((d) => ({ ...d, [name]: value }));
  const words = useWords();
  const { t } = words;
  return (
    <div className="when">
      <Setting shape={shape} name="departure_min" value={start} onChange={change("departure_min")} said={t("travel.windowSaid", { from: clock(start), to: clock(start + length) })} show={clock} label={t("travel.departure")} />
      <Setting shape={shape} name="window_min" value={length} atMost={left} onChange={change("window_min")} said={duration(length, words)} show={(v) => duration(v, words)} label={t("travel.window")} />
      <Setting shape={shape} name="percentile" value={percentile} onChange={change("percentile")} said={percentile === 50 ? t("travel.median") : t("travel.percentileSaid", { p: percentile })} show={(v) => `${v}%`} label={t("travel.percentile")} hint={t("travel.percentileHint", { p: percentile })} />
    </div>
  );
}

interface SettingProps { shape: TravelShape; name: Setting; value: number; atMost?: number; label: string; said: string; hint?: string; show: (value: number) => string; onChange: (value: number) => void }

function Setting({ shape, name, value, atMost = Infinity, label, said, hint, show, onChange }: SettingProps) {
  const { tr } = useWords();
  const id = useId();
  const { low, high } = rangeOf(shape, name);
  // Round figures on the slider: a bound of 1 or 1439 minutes is nothing to aim at.
  const step = STEP[name];
  const least = Math.max(low, Math.ceil(low / step) * step), most = Math.floor(Math.min(high, atMost) / step) * step;
  return (
    <div className="when__row" data-testid={`slider-${KEY[name]}`}>
      <span className="when__label" id={id} title={tr(inputOf(shape.matrix, name)?.title)}>{label}</span>
      <strong className="when__said num" data-testid={`said-${KEY[name]}`}>{said}</strong>
      <Slider
        className="when__slider" min={least} max={most} step={step} value={value} onChange={onChange}
        tooltip={{ formatter: (v) => show(v ?? value) }} ariaLabelledByForHandle={id} ariaValueTextFormatterForHandle={show}
      />
      {hint && <small className="when__hint muted">{hint}</small>}
    </div>
  );
}
