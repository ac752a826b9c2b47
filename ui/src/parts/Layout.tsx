import { Skeleton } from "antd";
import { useEffect } from "react";
import { Outlet, useLocation } from "react-router";
import { url } from "../api/client";
import type { Region, RegionRef } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords } from "../i18n";
import { RegionContext, useRegionState } from "../state/region";
import { useView } from "../state/view";
import { ContextBar } from "./ContextBar";
import { Masthead } from "./Masthead";
import { ProblemCard } from "./ProblemCard";

/** What every page stands in: skip link, masthead, the bar of region, day and place. */
export function Layout() {
  const { t, lang } = useWords();
  const { view, set } = useView();
  const { pathname } = useLocation();
  const regions = useResource<RegionRef[]>(url("/regions"));
  const chosen = view.region ?? regions.data?.[0]?.region ?? null;
  const region = useResource<Region>(chosen ? url(`/regions/${chosen}`) : null);
  const state = useRegionState(region.data);

  // Put what was defaulted into the address, so that a copied link shows others the same view.
  useEffect(() => {
    if (chosen && (view.region !== chosen || view.lang === null)) set({ region: chosen, lang: view.lang ?? lang }, { replace: true });
  }, [chosen, view.region, view.lang, lang, set]);
  useEffect(() => { window.scrollTo(0, 0); }, [pathname]);

  const problem = regions.problem ?? region.problem;
  return (
    <>
      <a className="skip" href="#main">{t("skip")}</a>
      <RegionContext value={state}>
        <Masthead />
        {state && <ContextBar regions={regions.data ?? []} />}
        <main id="main" tabIndex={-1} className={region.stale ? "stale" : undefined}>
          {problem
            ? <ProblemCard problem={problem} onRetry={() => { regions.retry(); region.retry(); }} />
            : state ? <Outlet /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </main>
      </RegionContext>
      <footer className="footer"><span>{t("footer.what")}</span><span>{t("footer.rule")}</span></footer>
    </>
  );
}
