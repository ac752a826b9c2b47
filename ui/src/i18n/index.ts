import i18next from "i18next";
import { useMemo } from "react";
import { initReactI18next, useTranslation } from "react-i18next";
import type { T } from "../api/types";
import { isPercent, isShare } from "../format/unit";
import { typesetChinese } from "../format/typeset";
import en from "./en.json";
import zh from "./zh.json";

export type Lang = "zh" | "en";

const STORE = "xietong.lang";

/** The language of a first visit: the one chosen last, else the browser's. The address overrides both. */
export function firstLang(): Lang {
  const asked = new URLSearchParams(window.location.search).get("lang");
  if (asked === "zh" || asked === "en") return asked;
  let kept: string | null = null;
  try { kept = localStorage.getItem(STORE); } catch { /* storage refused: fall through to the browser's language */ }
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function setLang(lang: Lang): void {
  if (i18next.language !== lang) void i18next.changeLanguage(lang);
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  try { localStorage.setItem(STORE, lang); } catch { /* storage refused: the address still holds it */ }
}

void i18next.use(initReactI18next).init({
  resources: { zh: { translation: zh }, en: { translation: en } },
  lng: firstLang(),
  fallbackLng: false,
  interpolation: { escapeValue: false }, // React escapes
});

export interface Words {
  lang: Lang;
  /** a UI string of this project */
  t: (key: string, values?: Record<string, string | number>) => string;
  /** a title that came from the API */
  tr: (title: T | string | null | undefined) => string;
  /** a unit that came from the API */
  u: (unit: T | string | null | undefined) => string;
  /** the unit of a difference: per cent differ by points */
  du: (unit: T | string | null | undefined) => string;
}

export function useWords(): Words {
  const { t, i18n } = useTranslation();
  const lang: Lang = i18n.language === "en" ? "en" : "zh";
  return useMemo(
    () => {
      const tr: Words["tr"] = (title) => {
        const text = !title ? "" : typeof title === "string" ? title : title[lang] || title.zh || title.en;
        return lang === "zh" ? typesetChinese(text) : text;
      };
      const u: Words["u"] = (unit) => (isShare(unit) ? "%" : tr(unit));
      return { lang, t: (key, values) => t(key, values ?? {}), tr, u, du: (unit) => (isPercent(unit) ? t("points") : u(unit)) };
    },
    [t, lang],
  );
}
