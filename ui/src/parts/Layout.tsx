import { Skeleton } from "antd";
import { useEffect } from "react";
import { Link, Outlet, useLocation } from "react-router";
import { url } from "../api/client";
import type { Problem, Region, RegionRef } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords } from "../i18n";
import { RegionContext, useRegionState } from "../state/region";
import { useView } from "../state/view";
import { ContextBar } from "./ContextBar";
import { ErrorBoundary } from "./ErrorBoundary";
import { Masthead } from "./Masthead";
import { ProblemCard } from "./ProblemCard";

/** What every page stands in: skip link, masthead, the bar of region, day and place. */
export function Layout() {
  const { t, lang } = useWords();
  const { view, set } = useView();
  const { pathname, search } = useLocation();
  const regions = useResource<RegionRef[]>(url("/regions"));
  const chosen = view.region ?? regions.data?.[0]?.region ?? null;
  const region = useResource<Region>(chosen ? url(`/regions/${chosen}`) : null);
  const state = useRegionState(region.data);

  // Put what was defaulted into the address, so that a copied link shows others the same view.
  useEffect(() => {
    if (chosen && (view.region !== chosen || view.lang === null)) set({ region: chosen, lang: view.lang ?? lang }, { replace: true });
  }, [chosen, view.region, view.lang, lang, set]);
  useEffect(() => { window.scrollTo(0, 0); }, [pathname]);

  const none: Problem | null = regions.data?.length === 0 ? { type: "no-region", title: "no-region", status: 404 } : null;
  const problem = regions.problem ?? region.problem ?? none;
  return (
    <>
      <a className="skip" href="#main">{t("skip")}</a>
      <RegionContext value={state}>
        <Masthead />
        {state && <ContextBar regions={regions.data ?? []} />}
        <main id="main" tabIndex={-1} className={region.stale ? "stale" : undefined}>
          {problem
            ? <><ProblemCard problem={problem} onRetry={() => { regions.retry(); region.retry(); }} /><OtherRegions regions={regions.data ?? []} /></>
            : state ? <ErrorBoundary view={pathname + search}><Outlet /></ErrorBoundary> : <><p className="sr-only" role="status">{t("job.loading")}</p><Skeleton active paragraph={{ rows: 8 }} /></>}
        </main>
      </RegionContext>
      <footer className="footer"><span>{t("footer.what")}</span><span>{t("footer.rule")}</span></footer>
    </>
  );
}

/** A link to a region that is not here leads on to those that are. */
function OtherRegions({ regions }: { regions: RegionRef[] }) {
  const { tr } = useWords();
  return <ul className="plainlist">{regions.map((r) => <li key={r.region}><Link to={`/?region=${r.region}`}>{tr(r.title)}</Link></li>)}</ul>;
}
