import { Skeleton } from "antd";
import { Link } from "react-router";
import { REGIMES, type HeadlineRow, type Regime, type WorkstreamRef } from "../api/types";
import { formatMoney, formatNumber, scaleFor, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { useHref } from "../state/view";
import { BetterArrow } from "./BetterArrow";
import { QualityBadge } from "./QualityBadge";
import { RegimeGlyph } from "./RegimeGlyph";
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
  const plans = row.budget_cny !== null || row.dividend !== null; // without levers there is no dividend to show
  return (
    <>
      <p className="card__measure">{tr(row.measure_title)} <BetterArrow better={better} />{row.year && <span className="num card__year"> {row.year}</span>}</p>
      <p className="card__now">
        <Value value={row.current} unit={row.unit} {...(row.measure ? { measure: row.measure } : {})} regime="current" />
        <span className="card__unit">{unit}</span>
        {row.quality && <QualityBadge quality={row.quality} />}
      </p>
      <BorderBar row={row} />
      <dl className="card__facts">
        {(["gained", "remains"] as const).map((kind) => (
          <div key={kind}>
            <dt><i className={`key key--${kind}`} />{t(neutral ? `change.${kind}` : `border.${kind}`)}</dt>
            <dd className={(row[kind] ?? 0) < 0 && !neutral ? "worse" : ""}>
              <Value value={row[kind]} scale={scale} sign={neutral} regime={kind} />{row[kind] !== null && <span className="card__unit"> {du(row.unit)}</span>}
            </dd>
          </div>
        ))}
        {plans && (
          <div>
            <dt>{t("plan.dividend")}{row.budget_cny ? <span className="muted card__budget">{t("home.atBudget", { budget: formatMoney(row.budget_cny, lang) })}</span> : null}</dt>
            <dd>{row.dividend === null ? <span className="muted" title={t("unknown")}>—</span> : <><span className="num">{formatNumber(row.dividend, lang, { unit: row.unit })}</span><span className="card__unit"> {du(row.unit)}</span></>}</dd>
          </div>
        )}
      </dl>
      {row.quality === "illustrative" && <p className="card__caveat">{t("illustrative.short")}</p>}
    </>
  );
}

/**
 * Closed, current and open on one line, better always to the right: what was gained is solid, what remains is hatched,
 * and a step that makes it worse runs back, in the colour of worse.
 */
function BorderBar({ row }: { row: HeadlineRow }) {
  const { t, u, lang } = useWords();
  const { current, gained, remains } = row;
  if (current === null || gained === null || remains === null) return null;
  const lower = row.better === "lower";
  const values: Record<Regime, number> = { closed: lower ? current + gained : current - gained, current, open: lower ? current - remains : current + remains };
  const scale = scaleFor(REGIMES.map((r) => values[r]), lang, row.unit);
  const ends = [0, gained, gained + remains];
  const low = Math.min(...ends), span = Math.max(...ends) - low;
  const at = (x: number) => (span > 0 ? ((x - low) / span) * 100 : 0);
  const part = (from: number, to: number) => ({ left: `${Math.min(at(from), at(to))}%`, width: `${Math.abs(at(to) - at(from))}%` });
  const neutral = row.better === "neutral";
  const said = REGIMES.map((r) => `${t(`regime.${r}`)} ${withUnit(formatNumber(values[r], lang, { scale }), u(row.unit))}`);
  return (
    <div className="bbar">
      <div className="bbar__track" role="img" aria-label={`${t("border.scale")}: ${said.join(", ")}`}>
        {span > 0 && <i className={`bbar__part ${gained < 0 && !neutral ? "bbar__part--worse" : "bbar__part--gained"}`} style={part(0, gained)} />}
        {span > 0 && <i className={`bbar__part ${remains < 0 && !neutral ? "bbar__part--worse" : "bbar__part--remains"}`} style={part(gained, gained + remains)} />}
        {REGIMES.map((r, i) => <b key={r} className={`bbar__dot bbar__dot--${r}`} style={{ left: `${at(ends[i] ?? 0)}%` }} />)}
      </div>
      <p className="bbar__ends num" aria-hidden>
        {REGIMES.map((r) => <span key={r}><i><RegimeGlyph regime={r} />{t(`regime.${r}`)}</i> {formatNumber(values[r], lang, { scale })}</span>)}
      </p>
    </div>
  );
}
