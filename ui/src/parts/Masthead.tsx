import { useContext } from "react";
import { NavLink, useLocation } from "react-router";
import { setLang, useWords } from "../i18n";
import { RegionContext } from "../state/region";
import { useHref, useView } from "../state/view";

export function Masthead() {
  const { t, tr, lang } = useWords();
  const { set } = useView();
  const href = useHref();
  const state = useContext(RegionContext);
  const { pathname } = useLocation();
  const other = lang === "zh" ? "en" : "zh";
  return (
    <header className="masthead">
      <div className="masthead__row">
        <NavLink to={href("/")} className="brand" aria-label={t("brand.home")}>
          <img src="/favicon.svg" alt="" width="26" height="26" />
          <b>协同</b><span>xietong</span>
        </NavLink>
        <nav className="nav" aria-label={t("nav.label")}>
          <NavLink to={href("/")} end>{t("nav.home")}</NavLink>
          <NavLink to={href("/data")}>{t("nav.data")}</NavLink>
        </nav>
        <button
          type="button" className="lang" data-testid="lang-toggle" lang={other === "zh" ? "zh-CN" : "en"}
          aria-label={other === "zh" ? "切换为中文" : "Switch to English"}
          onClick={() => { setLang(other); set({ lang: other }); }}
        >
          {other === "zh" ? "中文" : "English"}
        </button>
      </div>
      {state && (
        <nav className="streams" aria-label={t("nav.workstreams")}>
          {state.region.workstreams.map((w) => (
            <NavLink
              key={w.workstream} to={href(`/w/${w.workstream}`)}
              className={`streams__item ${w.available ? "" : "streams__item--missing"} ${pathname === `/w/${w.workstream}` ? "active" : ""}`}
              title={w.available ? undefined : t("nav.lacksData")}
            >
              {tr(w.title)}
            </NavLink>
          ))}
        </nav>
      )}
    </header>
  );
}
