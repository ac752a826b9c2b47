import { Pagination } from "antd";
import { useEffect, useRef } from "react";
import { url } from "../../api/client";
import type { Quality, Source, TableInfo, TablePage } from "../../api/types";
import { useResource } from "../../api/useResource";
import { formatNumber } from "../../format/number";
import { useWords } from "../../i18n";
import { Await } from "../../parts/Await";
import { Sources } from "../../parts/Sources";
import { useRegion } from "../../state/region";
import { useView } from "../../state/view";

const QUALITIES: readonly Quality[] = ["published", "derived", "illustrative"];
const PAGE = 20;

export function TablesTab() {
  const { t, tr, lang } = useWords();
  const { region } = useRegion();
  const { view, set } = useView();
  const tables = useResource<TableInfo[]>(url(`/regions/${region.region}/tables`));
  return (
    <Await resource={tables}>
      {(all) => {
        const chosen = all.find((x) => x.table === view.table) ?? null;
        return (
          <>
            <div className="scroll-x" role="region" aria-label={t("data.tables")} tabIndex={0}>
              <table className="plain tables" data-testid="tables">
                <thead><tr><th>{t("data.table")}</th><th className="right">{t("data.rows")}</th><th>{t("measures.quality")}</th><th>{t("data.years")}</th><th>{t("data.sources")}</th></tr></thead>
                <tbody>
                  {all.map((x) => (
                    <tr key={x.table} className={x === chosen ? "chosen" : undefined}>
                      <th scope="row">
                        <button type="button" className="linklike" aria-pressed={x === chosen} onClick={() => set({ table: x === chosen ? null : x.table, page: null })}>{tr(x.title)}</button>
                        {tr(x.title) !== x.table && <span className="measures__sub"><code>{x.table}</code></span>}
                      </th>
                      <td className="right num">{formatNumber(x.rows, lang)}</td>
                      <td><QualityShare quality={x.quality} /></td>
                      <td className="num nowrap">{x.years ?? <span title={t("unknown")}>—</span>}</td>
                      <td className="tables__sources"><Sources sources={x.sources} most={2} /></td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {chosen ? <Preview key={chosen.table} info={chosen} /> : <p className="notice">{t("data.choose")}</p>}
          </>
        );
      }}
    </Await>
  );
}

/** How many rows are published, derived, illustrative: a bar with the counts in words. */
function QualityShare({ quality }: { quality: TableInfo["quality"] }) {
  const { t, lang } = useWords();
  const total = QUALITIES.reduce((sum, q) => sum + (quality[q] ?? 0), 0);
  if (!total) return <span className="muted" title={t("unknown")}>—</span>;
  const text = QUALITIES.filter((q) => quality[q]).map((q) => `${t(`quality.${q}`)} ${formatNumber(quality[q], lang)}`).join(" · ");
  return (
    <span className="share">
      <span className="share__bar" aria-hidden>{QUALITIES.map((q) => <i key={q} className={`share--${q}`} style={{ width: `${((quality[q] ?? 0) / total) * 100}%` }} />)}</span>
      <span className="muted num">{text}</span>
    </span>
  );
}

function Preview({ info }: { info: TableInfo }) {
  const { t, tr } = useWords();
  const { region } = useRegion();
  const { view, set } = useView();
  const head = useRef<HTMLElement>(null);
  const path = `/regions/${region.region}/tables/${info.table}`;
  const page = useResource<TablePage>(url(path, { limit: PAGE, offset: (view.page - 1) * PAGE }));
  useEffect(() => { head.current?.scrollIntoView({ block: "nearest" }); }, []);
  return (
    <section className="preview" ref={head} data-testid="table-preview">
      <header className="detail__head">
        <h2>{tr(info.title)} <code>{info.table}</code></h2>
        <span><a href={url(path, { format: "csv" })} download>CSV</a> · <a href={url(path, { format: "geojson" })} download>GeoJSON</a></span>
      </header>
      <Sources sources={info.sources} />
      <Await resource={page}>
        {(data) => (
          <>
            <div className="scroll-x" role="region" aria-label={tr(info.title)} tabIndex={0}>
              <table className="plain">
                <thead><tr>{info.columns.map((c) => <th key={c.column} className={numeric(c.type) ? "right" : undefined} title={c.column}>{tr(c.title)}{tr(c.unit) && tr(c.unit) !== tr(c.title) ? <span className="muted"> ({tr(c.unit)})</span> : null}</th>)}</tr></thead>
                <tbody>{data.rows.map((row, i) => <tr key={i}>{info.columns.map((c) => <Cell key={c.column} value={row[c.column]} column={c.column} sources={info.sources} right={numeric(c.type)} />)}</tr>)}</tbody>
              </table>
            </div>
            <Pagination size="small" current={view.page} pageSize={PAGE} total={data.total} showSizeChanger={false} onChange={(next) => set({ page: next })} showTotal={(n) => t("data.total", { n })} />
          </>
        )}
      </Await>
    </section>
  );
}

const numeric = (type: string | undefined) => !!type && /int|float|number|num/.test(type);

function Cell({ value, column, sources, right }: { value: unknown; column: string; sources: readonly Source[]; right: boolean }) {
  const { t, tr } = useWords();
  const { byId } = useRegion();
  if (value === null || value === undefined) return <td className={right ? "right" : undefined} title={t("unknown")}>—</td>;
  if (column === "quality" && QUALITIES.some((q) => q === value)) return <td><span className={`badge badge--${String(value)}`}>{t(`quality.${String(value)}`)}</span></td>;
  if (column === "source") {
    const title = (id: string) => tr(sources.find((s) => s.source === id)?.title) || id;
    return <td title={String(value)}>{String(value).split(/\s*;\s*/).map(title).join("; ")}</td>;
  }
  const area = typeof value === "string" ? byId.get(value) : undefined;
  // Rows are shown as they are stored; only an area's identifier gets its name beside it, and a source goes by its title.
  return <td className={right ? "right num" : undefined}>{area ? <>{tr(area.title)} <code>{String(value)}</code></> : typeof value === "boolean" ? (value ? "✓" : "✗") : String(value)}</td>;
}
