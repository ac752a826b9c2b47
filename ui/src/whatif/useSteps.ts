import { useCallback, useMemo } from "react";
import type { Declaration, Lever, LeverOption } from "../api/types";
import { useView } from "../state/view";

/** A step of the address, and the lever and option it stands for; null where this region offers no such thing. */
export interface Chosen { step: string; lever: Lever | null; option: LeverOption | null }

/** Levers that can be switched here. */
export const switchable = (declaration: Declaration | null): Lever[] => declaration?.levers.filter((l) => (l.options?.length ?? 0) > 0) ?? [];

const means = (step: string, lever: Lever, option: LeverOption) => step === option.step || step === `${option.step}:${lever.amount}`;

export function useSteps(declaration: Declaration | null) {
  const { view, set } = useView();
  const chosen = useMemo<Chosen[]>(() => view.step.map((step) => {
    for (const lever of switchable(declaration)) {
      const option = lever.options?.find((o) => means(step, lever, o));
      if (option) return { step, lever, option };
    }
    return { step, lever: null, option: null };
  }), [view.step, declaration]);
  /** The steps in an order of their own, so that one set of them is one question. */
  const asked = useMemo(() => [...view.step].sort(), [view.step]);
  const isOn = useCallback((option: LeverOption) => chosen.some((c) => c.option === option), [chosen]);
  const put = useCallback((option: LeverOption, on: boolean) => {
    const others = chosen.filter((c) => c.option !== option).map((c) => c.step);
    set({ step: on ? [...others, option.step] : others });
  }, [chosen, set]);
  const replace = useCallback((lever: Lever, steps: string[]) => set({ step: [...chosen.filter((c) => c.lever !== lever).map((c) => c.step), ...steps] }), [chosen, set]);
  const drop = useCallback((step: string) => set({ step: view.step.filter((s) => s !== step) }), [view.step, set]);
  const undo = useCallback(() => set({ step: view.step.slice(0, -1) }), [view.step, set]);
  const clear = useCallback(() => set({ step: [] }), [set]);
  return { chosen, asked, isOn, put, replace, drop, undo, clear };
}
