import { Segmented, Select } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import type { Declaration } from "../api/types";
import { formatMoney } from "../format/number";
import { useWords } from "../i18n";
import { useView } from "../state/view";
import { Amount } from "./Amount";
import { inputOf, type SitingShape } from "./shape";
import { useNamed, useOptions } from "./useNames";
import { patchOf, type Field, type Settings } from "./useSettings";

/** ms after the last movement before the question is asked */
const WAIT = 280;

interface Props { declaration: Declaration; shape: SitingShape; settings: Settings; onBusy: (busy: boolean) => void }

/** For whom, of which supply, to what end, how many or for how much: the address changes once the sliders rest. */
export function Controls({ declaration, shape, settings, onBusy }: Props) {
  const { t, tr, lang } = useWords();
  const { set } = useView();
  const options = useOptions();
  const supplies = useNamed(declaration, "supply");
  const [draft, setDraft] = useState<Partial<Record<Field, number>>>({});
  const waiting = Object.keys(draft).length > 0;
  useEffect(() => { onBusy(waiting); }, [waiting, onBusy]);
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => { set(patchOf(shape, draft), { replace: true }); setDraft({}); }, WAIT);
    return () => clearTimeout(timer);
  }, [draft, waiting, set, shape]);

  const shown = { ...settings, ...draft };
  const values = (name: Field) => options(inputOf(shape.site, name));
  const pick = (name: Field, options: { value: string; label: string }[]) => options.length > 0 && (
    <Labelled label={t(`siting.${name}`)} key={name}>
      <Select value={String(settings[name])} options={options} onChange={(value) => set(patchOf(shape, { [name]: value }))} popupMatchSelectWidth={false} aria-label={t(`siting.${name}`)} data-testid={`site-${name}`} />
    </Labelled>
  );
  const amount = (name: Field, said: (v: number) => string, divisor = 1, suffix = "") => (
    <Amount key={name} name={name} label={t(`siting.${name}`)} input={inputOf(shape.site, name)} value={Number(shown[name])} said={said} divisor={divisor} suffix={suffix} onChange={(value) => setDraft((d) => ({ ...d, [name]: value }))} />
  );
  const unit = (name: Field) => tr(inputOf(shape.site, name)?.unit);
  return (
    <section className="sitectl" aria-label={t("siting.controls")} data-testid="site-controls">
      {pick("supply", supplies)}
      {pick("who", values("who"))}
      {pick("objective", values("objective"))}
      <Labelled label={t("siting.by")}>
        <Segmented
          value={settings.by} aria-label={t("siting.by")} data-testid="site-by"
          onChange={(by) => set(by === "budget" ? { p: 0 } : patchOf(shape, { p: Number(inputOf(shape.site, "p")?.default) || 5 }))}
          options={(["p", "budget"] as const).map((by) => ({ value: by, label: <span data-testid={`site-by-${by}`}>{t(`siting.by_${by}`)}</span> }))}
        />
      </Labelled>
      {settings.by === "p" ? amount("p", String) : amount("budget_cny", (v) => formatMoney(v, lang), 1e6, t("plan.millionCny"))}
      {amount("beds", String, 1, unit("beds"))}
      {settings.objective === "cover" && amount("radius_min", String, 1, unit("radius_min"))}
    </section>
  );
}

export function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return <div className="sitectl__field"><span className="sitectl__label">{label}</span>{children}</div>;
}
