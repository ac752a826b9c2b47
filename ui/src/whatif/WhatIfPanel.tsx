import { Select, Switch } from "antd";
import { useId, type ReactNode } from "react";
import type { Declaration, Lever, LeverOption } from "../api/types";
import { useWords } from "../i18n";
import "../styles/whatif.css";
import { switchable, useSteps } from "./useSteps";

/** Up to so many options of a lever are switches; more are found by name. */
const MOST_SWITCHES = 8;

/** What is known of an option beside its name, why switching it on would change nothing, and what is assumed of it where it is on. */
export interface Facts { text: string; useless?: string | undefined; note?: string }

interface Props { declaration: Declaration; facts?: ((lever: Lever, option: LeverOption) => Facts | null) | undefined }

/** Everything that can be switched on in this region, lever by lever. */
export function WhatIfPanel({ declaration, facts }: Props) {
  return (
    <div className="levers" data-testid="whatif-panel">
      {switchable(declaration).map((lever) => (lever.options?.length ?? 0) <= MOST_SWITCHES
        ? <Switches key={lever.lever} lever={lever} declaration={declaration} facts={facts} />
        : <Search key={lever.lever} lever={lever} declaration={declaration} />)}
    </div>
  );
}

function Switches({ lever, declaration, facts }: { lever: Lever } & Props) {
  const { tr } = useWords();
  const { isOn, put } = useSteps(declaration);
  const id = useId();
  return (
    <fieldset className="levers__group">
      <legend>{tr(lever.title)}</legend>
      {lever.options?.map((option, i): ReactNode => {
        const known = facts?.(lever, option);
        const on = isOn(option);
        return (
          <div className="levers__row" key={option.step} title={known?.note || undefined}>
            <Switch
              size="small" checked={on} disabled={!!known?.useless && !on} onChange={(next) => put(option, next)}
              aria-labelledby={`${id}${i}`} data-testid={`step-${option.step}`}
            />
            <span id={`${id}${i}`} onClick={() => { if (!known?.useless || on) put(option, !on); }}>
              {tr(option.title)}
              {known && <small className="muted">{known.useless ? [known.text, known.useless].filter(Boolean).join(" · ") : known.text}</small>}
              {on && known?.note && <small className="levers__note" data-testid="step-note">{known.note}</small>}
            </span>
          </div>
        );
      })}
    </fieldset>
  );
}

function Search({ lever, declaration }: { lever: Lever; declaration: Declaration }) {
  const { t, tr } = useWords();
  const { chosen, replace } = useSteps(declaration);
  const options = lever.options?.map((o) => ({ value: o.step, label: tr(o.title), search: `${o.title.zh} ${o.title.en} ${o.key.join(" ")}`.toLowerCase() })) ?? [];
  return (
    <fieldset className="levers__group">
      <legend>{tr(lever.title)}</legend>
      <Select
        mode="multiple" value={chosen.filter((c) => c.lever === lever).map((c) => c.option?.step ?? c.step)} onChange={(next: string[]) => replace(lever, next)} options={options}
        showSearch={{ filterOption: (typed, option) => !!option && option.search.includes(typed.toLowerCase()) }}
        placeholder={t("whatif.search", { n: options.length })} aria-label={tr(lever.title)} data-testid={`steps-${lever.lever}`} style={{ width: "100%" }}
      />
    </fieldset>
  );
}
