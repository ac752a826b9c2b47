import { createContext, useContext, useMemo } from "react";
import { url } from "../api/client";
import type { Area, Cells, Region } from "../api/types";
import { useResource } from "../api/useResource";

export interface RegionState { region: Region; byId: ReadonlyMap<string, Area> }

export const RegionContext = createContext<RegionState | null>(null);

/** The region of this view. Only used below the layout, which renders its pages once it is there. */
export function useRegion(): RegionState {
  const state = useContext(RegionContext);
  if (!state) throw new Error("useRegion outside of RegionContext");
  return state;
}

export function useRegionState(region: Region | null): RegionState | null {
  return useMemo(
    () => (region ? { region, byId: new Map(region.areas.map((a) => [a.area, a])) } : null),
    [region],
  );
}

export function useCells() {
  const { region } = useRegion();
  return useResource<Cells>(url(`/regions/${region.region}/cells`));
}
