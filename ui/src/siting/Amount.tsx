import { InputNumber, Slider } from "antd";
import { useId } from "react";
import type { QueryInput } from "../api/types";
import { OFFERED, type Field } from "./useSettings";

interface Props {
  name: Field; label: string; input: QueryInput | undefined; value: number;
  said: (value: number) => string;
  /** how many of the unit asked for make one of the unit typed (million) */
  divisor: number; suffix: string; onChange: (value: number) => void;
}

/** A slider over the round figures that are useful, beside a field that takes any the query allows. */
export function Amount({ name, label, input, value, said, divisor, suffix, onChange }: Props) {
  const id = useId();
  const range = OFFERED[name] ?? { least: 0, most: 100, step: 1 };
  const low = Math.max(input?.low ?? range.least, name === "p" ? 1 : 0), high = input?.high ?? range.most;
  const most = Math.min(range.most, high);
  return (
    <div className="sitectl__field sitectl__field--amount" data-testid={`amount-${name}`}>
      <span className="sitectl__label" id={id}>{label}</span>
      <Slider min={range.least} max={most} step={range.step} value={Math.min(most, Math.max(range.least, value))} onChange={onChange} tooltip={{ formatter: (v) => said(v ?? value) }} ariaLabelledByForHandle={id} ariaValueTextFormatterForHandle={said} />
      <InputNumber min={low / divisor} max={high / divisor} step={range.step / divisor} value={value / divisor} onChange={(v) => { if (v !== null) onChange(v * divisor); }} suffix={suffix || undefined} aria-labelledby={id} data-testid={`number-${name}`} />
    </div>
  );
}
