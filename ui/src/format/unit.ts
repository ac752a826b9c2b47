import type { T } from "../api/types";

type Unit = T | string | null | undefined;

const id = (unit: Unit): string => (!unit ? "" : typeof unit === "string" ? unit : unit.en);

/** Shares are stored as 0..1 and read as per cent; yes/no is stored as 1 and 0. Everything else is shown as stored. */
export const isShare = (unit: Unit): boolean => id(unit) === "share";
/** Differences of per cent are points, not per cent. */
export const isPercent = (unit: Unit): boolean => isShare(unit) || id(unit) === "%";
export const isFlag = (unit: Unit): boolean => /^(flag|yes\/no)$/.test(id(unit));
