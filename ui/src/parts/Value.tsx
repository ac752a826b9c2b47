import type { Regime } from "../api/types";
import { formatNumber, type Options } from "../format/number";
import { useWords } from "../i18n";

interface Props extends Options {
  value: number | null | undefined;
  measure?: string;
  area?: string;
  regime?: Regime | "gained" | "remains";
  className?: string;
}

/** A number of the Result. Unknown is a dash that says so, never 0. */
export function Value({ value, measure, area, regime, className = "", ...options }: Props) {
  const { t, lang } = useWords();
  const unknown = value === null || value === undefined;
  return (
    <span
      className={`num ${unknown ? "num--unknown" : ""} ${className}`}
      title={unknown ? t("unknown") : undefined}
      data-measure={measure} data-area={area} data-regime={regime} data-value={unknown ? "" : String(value)}
    >
      {formatNumber(value, lang, options)}
      {unknown && <span className="sr-only">{t("unknown")}</span>}
    </span>
  );
}
