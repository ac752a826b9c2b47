import { url, type Asked } from "../../api/client";
import type { Declaration, Result, SensitivityMeasure } from "../../api/types";
import { useResource, type Resource } from "../../api/useResource";
import { useRegion } from "../../state/region";

/** Nobody waits for it in the open: once the tabs that show it are left, the server is free again. */
const GRACE = 500;

/** The range of the border figure. The tabs Border and Sensitivity ask the same question, which is computed once. */
export function useSensitivity(workstream: string, { as_of, area }: Asked, wanted = true): Resource<Result> {
  const { region } = useRegion();
  return useResource<Result>(wanted ? url(`/regions/${region.region}/${workstream}/sensitivity`, { as_of, area }) : null, true, GRACE);
}

export const rangeOf = (found: Resource<Result>, measure: string | undefined): SensitivityMeasure | null =>
  (!found.stale && !found.problem && found.data?.sensitivity?.measures.find((m) => m.measure === measure)) || null;

export const hasAssumptions = (declaration: Declaration | null): boolean => !!declaration && declaration.params.length > 0;
