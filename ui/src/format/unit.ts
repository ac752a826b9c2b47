import type { T, Unit as Named } from "../api/types";

type Unit = Named | T | string | null | undefined;

/** The identifier of a unit; a bare text (a table of another release) stands for itself. */
const id = (unit: Unit): string => (!unit ? "" : typeof unit === "string" ? unit : "id" in unit ? unit.id : unit.en);

/** Shares are stored as 0..1 and read as per cent; yes/no is stored as 1 and 0. Everything else is shown as stored. */
export const isShare = (unit: Unit): boolean => id(unit) === "share";
/** Differences of per cent are points, not per cent. */
export const isPercent = (unit: Unit): boolean => isShare(unit) || ["percent", "%"].includes(id(unit));
export const isFlag = (unit: Unit): boolean => ["flag", "yes/no"].includes(id(unit));
