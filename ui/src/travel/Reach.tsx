import { useMemo } from "react";
import { url } from "../api/client";
import type { Quality, TableInfo, TablePage } from "../api/types";
import { useResource } from "../api/useResource";
import { formatNumber, formatShare, scaleFor } from "../format/number";
import { useWords } from "../i18n";
import { QualityBadge } from "../parts/QualityBadge";
import { useRegion } from "../state/region";
import { REACH } from "./shades";
import type { Times } from "./useTimes";

const MOST_ROWS = 1000;

/** Residents by place, where the region has such a table. */
export function usePeople(declared: boolean): ReadonlyMap<string, number> | null {
  const { region } = useRegion();
  const known = useResource<TableInfo[]>(declared ? url(`/regions/${region.region}/tables`) : null);
  const small = known.data?.some((one) => one.table === "population" && one.rows <= MOST_ROWS);
  const { data } = useResource<TablePage>(small ? url(`/regions/${region.region}/tables/population`, { limit: MOST_ROWS }) : null);
  return useMemo(() => (data ? new Map(data.rows.flatMap((r): [string, number][] => (typeof r["pop"] === "number" ? [[String(r["area"]), r["pop"]]] : []))) : null), [data]);
}

interface Props { origin: string; now: Times; today: Times | null; people: ReadonlyMap<string, number>; quality: Quality }

/** How many people live within so many minutes of a place, and how many more than today. */
export function Reach({ origin, now, today, people, quality }: Props) {
  const { t, tr, lang } = useWords();
  const { byId } = useRegion();
  const within = (times: Times, edge: number) => now.places.reduce((sum, p) => sum + ((times.minutes(origin, p) ?? Infinity) <= edge ? (people.get(p) ?? 0) : 0), 0);
  const total = now.places.reduce((sum, p) => sum + (people.get(p) ?? 0), 0);
  const rows = REACH.map((edge) => ({ edge, now: within(now, edge), today: today ? within(today, edge) : null }));
  const scale = scaleFor(rows.map((r) => r.now), lang);
  return (
    <section className="reach" aria-labelledby="reach-title">
      <header className="detail__head"><h2 id="reach-title">{t("travel.reach", { place: tr(byId.get(origin)?.title) || origin })}</h2><QualityBadge quality={quality} /></header>
      <div className="scroll-x"><table className="plain" data-testid="reach" data-origin={origin}>
        <thead>
          <tr><th scope="col">{t("travel.within")}</th><th scope="col" className="right">{t("travel.people")}</th><th scope="col" aria-label={t("travel.share")} />{today && <th scope="col" className="right">{t("travel.than")}</th>}</tr>
        </thead>
        <tbody>
          {rows.map((r) => {
            const gain = r.today === null ? null : r.now - r.today;
            return (
              <tr key={r.edge}>
                <th scope="row" className="num nowrap">{t("travel.minutes", { m: r.edge })}</th>
                <td className="right num nowrap strong" data-within={r.edge} data-value={r.now}>{formatNumber(r.now, lang, { scale })}</td>
                <td className="reach__share num"><span><i style={{ width: `calc((100% - 48px) * ${total ? r.now / total : 0})` }} />{formatShare(total ? r.now / total : null, lang)}</span></td>
                {today && <td className={`right num nowrap ${gain ? (gain > 0 ? "gain" : "worse") : "muted"}`} data-gain={gain}>{gain ? formatNumber(gain, lang, { sign: true, scale: scaleFor([gain], lang), trim: true }) : "0"}</td>}
              </tr>
            );
          })}
        </tbody>
      </table></div>
    </section>
  );
}
