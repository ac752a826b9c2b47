import { Skeleton } from "antd";
import { Link } from "react-router";
import type { HeadlineRow, WorkstreamRef } from "../api/types";
import { formatMoney, formatNumber, scaleFor, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { useHref } from "../state/view";
import { BetterArrow } from "./BetterArrow";
import { QualityBadge } from "./QualityBadge";
import { Value } from "./Value";

/** One workstream: where we stand, gained so far, what remains, and what acting jointly is worth. */
export function HeadlineCard({ workstream, row, loading }: { workstream: WorkstreamRef; row: HeadlineRow | null; loading: boolean }) {
  const { t, tr } = useWords();
  const href = useHref();
  const missing = !workstream.available;
  return (
    <article className={`card ${missing ? "card--missing" : ""}`} data-testid={`headline-${workstream.workstream}`}>
      <h2 className="card__title"><Link to={href(`/w/${workstream.workstream}`)}>{tr(workstream.title)}</Link></h2>
      {missing ? (
        <p className="muted">{t("home.missing")} {workstream.missing.map((m, i) => <span key={m}>{i > 0 && ", "}<code>{m}</code></span>)}</p>
      ) : row?.error ? (
        <p className="worse">{row.error}</p>
      ) : row ? <Figures row={row} /> : loading ? <Skeleton active title={false} paragraph={{ rows: 4 }} /> : <p className="muted">{t("home.notYet")}</p>}
    </article>
  );
}

function Figures({ row }: { row: HeadlineRow }) {
  const { t, tr, u, du, lang } = useWords();
  const unit = u(row.unit);
  const better = row.better ?? "neutral";
  const scale = scaleFor([row.gained, row.remains], lang, row.unit);
  const neutral = better === "neutral";
  return (
    <>
      <p className="card__measure">{tr(row.measure_title)} <BetterArrow better={better} /></p>
      <p className="card__now">
        <Value value={row.current} unit={row.unit} {...(row.measure ? { measure: row.measure } : {})} regime="current" />
        <span className="card__unit">{unit}</span>
        {row.quality && <QualityBadge quality={row.quality} />}
        {row.year && <span className="muted num card__year">{row.year}</span>}
      </p>
      <Progress gained={row.gained} remains={row.remains} />
      <dl className="card__facts">
        <div><dt><i className="key key--gained" />{t(neutral ? "change.gained" : "border.gained")}</dt><dd className={(row.gained ?? 0) < 0 && !neutral ? "worse" : ""}><Value value={row.gained} scale={scale} sign={neutral} regime="gained" /></dd></div>
        <div><dt><i className="key key--remains" />{t(neutral ? "change.remains" : "border.remains")}</dt><dd className={(row.remains ?? 0) < 0 && !neutral ? "worse" : ""}><Value value={row.remains} scale={scale} sign={neutral} regime="remains" /></dd></div>
        <div>
          <dt>{t("plan.dividend")}{row.budget_cny ? <span className="muted card__budget">{t("home.atBudget", { budget: formatMoney(row.budget_cny, lang) })}</span> : null}</dt>
          <dd>{row.dividend === null ? <span className="muted" title={t("unknown")}>—</span> : <span className="num">{withUnit(formatNumber(row.dividend, lang, { unit: row.unit }), du(row.unit))}</span>}</dd>
        </div>
      </dl>
      {row.quality === "illustrative" && <p className="card__caveat">{t("illustrative.short")}</p>}
    </>
  );
}

/** How far the border has been opened, in results: gained of (gained + remains). Only where both are gains. */
function Progress({ gained, remains }: { gained: number | null; remains: number | null }) {
  const { t } = useWords();
  if (gained === null || remains === null || gained < 0 || remains < 0 || gained + remains <= 0) return <div className="bar bar--none" aria-hidden />;
  const share = (gained / (gained + remains)) * 100;
  return <div className="bar" role="img" aria-label={t("home.progress", { share: Math.round(share) })} title={t("home.progress", { share: Math.round(share) })}><i style={{ width: `${share}%` }} /></div>;
}
