import type { MeasureResult, Regime, T } from "../api/types";
import type { Lang } from "../i18n";
import { isFlag, isShare } from "./unit";

export const UNKNOWN = "—";

/** Divisor, suffix and decimals shared by numbers that are compared with one another. */
export interface Scale { divisor: number; suffix: string; digits: number }

const ZH: readonly [number, string][] = [[1e8, "亿"], [1e4, "万"]];
const EN: readonly [number, string][] = [[1e9, " billion"], [1e6, " million"]];

function decimals(size: number): number {
  if (size >= 1000) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  if (size >= 0.1) return 3;
  return size > 0 ? Math.min(6, 2 - Math.floor(Math.log10(size))) : 0;
}

export function scaleFor(values: readonly (number | null | undefined)[], lang: Lang, unit?: T | string | null): Scale {
  const known = values.filter((v): v is number => typeof v === "number" && Number.isFinite(v));
  const top = known.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  if (isShare(unit)) return { divisor: 0.01, suffix: "", digits: top === 0 ? 0 : top < 0.01 ? decimals(top * 100) : 1 };
  // 8,354 beside 11,303, not 0.84万 beside 1.13万; but a small one does not unfold 37亿 or 335万.
  const least = known.reduce((m, v) => (v === 0 ? m : Math.min(m, Math.abs(v))), top);
  const [divisor, suffix] = (lang === "zh" ? ZH : EN).find(([d]) => top >= d && (least >= d || (top >= 10 * d && least >= d / 10) || top >= 100 * d)) ?? [1, ""];
  // 12 beds are not 12.00 beds: whole numbers stay whole.
  const whole = divisor === 1 && known.every((v) => Number.isInteger(v));
  // Four digits at least where thousands were folded into a suffix: 11.43万 and 10.59万 must not both read as 11万.
  const digits = divisor > 1 && top / divisor < 100 ? 2 : decimals(top / divisor);
  return { divisor, suffix, digits: whole ? 0 : digits };
}

/** One scale for a measure over regimes and areas, so that table and chart write a figure alike. */
export function valueScale(m: MeasureResult, regimes: readonly Regime[], areas: readonly { area: string }[], lang: Lang): Scale {
  return scaleFor(regimes.flatMap((r) => areas.map((a) => m.values[r]?.[a.area])), lang, m.unit);
}

const formats = new Map<string, Intl.NumberFormat>();
function numberFormat(lang: Lang, digits: number, fixed: boolean): Intl.NumberFormat {
  const key = `${lang}${digits}${fixed}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en-US", { minimumFractionDigits: fixed ? digits : 0, maximumFractionDigits: digits });
    formats.set(key, format);
  }
  return format;
}

/** `trim`: without trailing zeros even beside others, as on an axis */
export interface Options { scale?: Scale; sign?: boolean; trim?: boolean; unit?: T | string | null }

export function formatNumber(value: number | null | undefined, lang: Lang, { scale, sign = false, trim = false, unit }: Options = {}): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  if (value === 0) return isFlag(unit) ? "✗" : "0";
  if (isFlag(unit)) return "✓";
  const s = scale ?? scaleFor([value], lang, unit);
  const scaled = Math.abs(value) / s.divisor;
  // Beside others decimals line up (8.40 over 12.35); alone a figure sheds its trailing zeros.
  const text = numberFormat(lang, s.digits, scale !== undefined && !trim).format(scaled);
  const isZero = Number(scaled.toFixed(s.digits)) === 0;
  const lead = isZero ? "" : value < 0 ? "−" : sign ? "+" : "";
  return `${lead}${text}${s.suffix}`;
}

/** Number and unit as one phrase: Chinese joins them, English sets a space, % is always joined. */
export function withUnit(text: string, unit: string): string {
  if (text === UNKNOWN || !unit) return text;
  const joined = /^[%‰°]/.test(unit) || /^[\u3400-\u9fff]/.test(unit);
  return joined ? `${text}${unit}` : `${text} ${unit}`;
}

export function formatMoney(cny: number | null | undefined, lang: Lang, options: Options = {}): string {
  const text = formatNumber(cny, lang, options);
  if (text === UNKNOWN) return text;
  return lang === "zh" ? `${text}元` : `CNY ${text}`;
}

export function formatShare(share: number | null | undefined, lang: Lang): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return UNKNOWN;
  return `${numberFormat(lang, share !== 0 && Math.abs(share) < 0.001 ? 2 : Math.abs(share) < 0.1 ? 1 : 0, false).format(share * 100)}%`;
}
