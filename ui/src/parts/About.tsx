import { Button } from "antd";
import { useState } from "react";
import { url, type Asked } from "../api/client";
import type { Declaration, Result } from "../api/types";
import { formatNumber } from "../format/number";
import { useWords } from "../i18n";
import { RuleTable } from "./RuleTable";
import { SolverStatus } from "./SolverStatus";

/** About this figure: what it computes and leaves out, how far it is proved, and how to get it again. */
export function About({ result, declaration, query }: { result: Result; declaration: Declaration | null; query: Asked }) {
  const { t, tr } = useWords();
  return (
    <section className="about" aria-labelledby="about-title">
      <h2 id="about-title">{t("about.title")}</h2>
      <p className="prose about__text">{tr(result.about)}</p>
      <Details title={t("about.rules", { n: result.binding.length })} hint={t("about.rulesHint")}>
        {result.binding.length ? <RuleTable rules={result.binding} /> : <p className="muted">{t("about.noRules")}</p>}
      </Details>
      {declaration && declaration.params.length > 0 && (
        <Details title={t("about.params", { n: declaration.params.length })} hint={t("about.paramsHint")}><Params declaration={declaration} /></Details>
      )}
      <Details title={t("about.provenance")} hint={t("about.provenanceHint")}><Provenance result={result} /></Details>
      <Details title={t("about.download")} hint={t("about.downloadHint")}><Downloads result={result} query={query} /></Details>
    </section>
  );
}

function Details({ title, hint, open = false, children }: { title: string; hint: string; open?: boolean; children: React.ReactNode }) {
  return (
    <details className="details" open={open}>
      <summary><b>{title}</b> <span className="muted">{hint}</span></summary>
      <div className="details__body">{children}</div>
    </details>
  );
}

function Params({ declaration }: { declaration: Declaration }) {
  const { t, tr, u, lang } = useWords();
  return (
    <div className="scroll-x">
      <table className="plain">
        <thead><tr><th>{t("about.param")}</th><th className="right">{t("about.low")}</th><th className="right">{t("about.value")}</th><th className="right">{t("about.high")}</th><th>{t("about.source")}</th></tr></thead>
        <tbody>
          {declaration.params.map((p) => (
            <tr key={p.param}>
              <th scope="row">{tr(p.title)} <span className="muted">{u(p.unit)}</span></th>
              <td className="right num">{formatNumber(p.low, lang, { unit: p.unit })}</td><td className="right num strong">{formatNumber(p.value, lang, { unit: p.unit })}</td><td className="right num">{formatNumber(p.high, lang, { unit: p.unit })}</td>
              <td><span className={`badge badge--${p.quality}`}>{t(`quality.${p.quality}`)}</span> <span className="muted">{p.source}</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Provenance({ result }: { result: Result }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const { command, params: _params, ...rest } = result.provenance;
  const plain = Object.entries(rest).filter(([, v]) => v !== null && typeof v !== "object");
  return (
    <>
      <dl className="facts">
        {Object.entries(result.outcomes).map(([regime, o]) => o && (
          <div key={regime}>
            <dt>{t("about.solver")} · {t(`regime.${regime}`)}</dt>
            <dd><SolverStatus status={o.status} /></dd>
          </div>
        ))}
        {plain.map(([key, value]) => <div key={key}><dt className="mono">{key}</dt><dd className="mono" title={String(value)}>{String(value).slice(0, 28)}</dd></div>)}
      </dl>
      {command && (
        <p className="command">
          <code>{command}</code>
          <Button size="small" onClick={() => { void navigator.clipboard?.writeText(command).then(() => setCopied(true)); }}>{copied ? t("about.copied") : t("about.copy")}</Button>
        </p>
      )}
    </>
  );
}

function Downloads({ result, query }: { result: Result; query: Asked }) {
  const { t, tr } = useWords();
  const link = (table: string, regime: string, format: string) =>
    url(`/regions/${result.region}/${result.workstream}/border/tables/${table}`, { ...query, regime, format });
  if (!result.tables.length) return <p className="muted">{t("about.noTables")}</p>;
  return (
    <div className="scroll-x">
      <table className="plain">
        <thead><tr><th>{t("about.table")}</th>{result.regimes.map((r) => <th key={r}>{t(`regime.${r}`)}</th>)}</tr></thead>
        <tbody>
          {result.tables.map((x) => (
            <tr key={x.table}>
              <th scope="row">{x.title ? tr(x.title) : ""} <code>{x.table}</code></th>
              {result.regimes.map((r) => (
                <td key={r} className="nowrap">
                  <span className="muted num">{t("about.rows", { n: x.rows[r] ?? 0 })}</span>{" "}
                  <a href={link(x.table, r, "csv")} download>CSV</a> · <a href={link(x.table, r, "geojson")} download>GeoJSON</a>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
