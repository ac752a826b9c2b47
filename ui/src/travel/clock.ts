import type { Words } from "../i18n";

/** Minutes of a day: a timetable holds one, so a window of departures ends by midnight. */
export const DAY = 1440;
const two = (n: number) => String(n).padStart(2, "0");

/** Minutes after midnight as a clock shows them. */
export const clock = (minutes: number): string => {
  const whole = Math.round(minutes) % DAY;
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
};

/** The same, saying so where it is the next day. */
export function time(minutes: number, { t }: Pick<Words, "t">): string {
  return Math.round(minutes) >= DAY ? t("travel.nextDay", { time: clock(minutes) }) : clock(minutes);
}

/** How long: 2 h 30 min. */
export function duration(minutes: number, { t }: Pick<Words, "t">): string {
  const whole = Math.round(minutes);
  if (whole < 60) return t("travel.minutes", { m: whole });
  return whole % 60 ? t("travel.hoursMinutes", { h: Math.floor(whole / 60), m: whole % 60 }) : t("travel.hours", { h: whole / 60 });
}
