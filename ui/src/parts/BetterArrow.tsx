import type { Better } from "../api/types";
import { useWords } from "../i18n";

export function BetterArrow({ better }: { better: Better }) {
  const { t } = useWords();
  if (better === "neutral") return null;
  return <span className="better" role="img" title={t(`better.${better}`)} aria-label={t(`better.${better}`)}>{better === "lower" ? "↓" : "↑"}</span>;
}
