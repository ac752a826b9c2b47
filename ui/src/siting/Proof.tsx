import type { Answer } from "../api/types";
import { formatMoney, formatNumber, formatShare, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { QualityBadge } from "../parts/QualityBadge";
import { SolverStatus } from "../parts/SolverStatus";
import type { SiteAnswer } from "./shape";
import type { Settings } from "./useSettings";

/** What an objective is counted in. */
const COUNTED = { median: "siting.personMinutes", cover: "siting.people", center: "siting.minutes", cvar: "siting.minutes" } as const;
const known = (objective: string): objective is keyof typeof COUNTED => objective in COUNTED;

/** How good the choice of sites is and what shows it: never called best without proof. */
export function Proof({ answer: { answer: a, quality, year }, settings, stale }: { answer: Answer<SiteAnswer>; settings: Settings; stale: boolean }) {
  const { t, lang } = useWords();
  if (!a.sites.length) return null; // nothing was chosen: there is nothing to call best
  const proved = a.status === "proved";
  const within = /^gap\s*<=/.test(a.status);
  const number = (v: number) => withUnit(formatNumber(v, lang), known(settings.objective) ? t(COUNTED[settings.objective]) : "");
  return (
    <div className={`proof ${proved ? "proof--proved" : ""} ${stale ? "stale" : ""}`} data-testid="proof" data-status={a.status} data-objective={a.objective} data-bound={a.bound}>
      <strong className="proof__word">
        {proved ? t("siting.proved") : within ? t("siting.atMost", { gap: formatShare(a.gap, lang) }) : <SolverStatus status={a.status} />}
      </strong>
      <dl className="proof__facts num">
        <div><dt>{known(settings.objective) ? t(`siting.goal.${settings.objective}`) : t("siting.goal.other")}</dt><dd>{number(a.objective)}</dd></div>
        <div><dt title={t("siting.boundHint")}>{t("siting.bound")}</dt><dd>{number(a.bound)}</dd></div>
        {a.mean_min !== null && <div><dt>{t("siting.mean")}</dt><dd>{withUnit(formatNumber(Math.round(a.mean_min * 10) / 10, lang), t("siting.minutes"))}</dd></div>}
        {a.within !== null && <div><dt>{t("siting.within", { m: settings.radius_min })}</dt><dd>{formatShare(a.within, lang)}</dd></div>}
        {a.cost_cny !== undefined && <div><dt>{t("siting.cost")}</dt><dd data-testid="site-total-cost" data-value={a.cost_cny}>{formatMoney(a.cost_cny, lang)}</dd></div>}
      </dl>
      <span className="proof__quality"><QualityBadge quality={quality} /> {year && <span className="muted num">{year}</span>}</span>
    </div>
  );
}
