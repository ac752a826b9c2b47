import { formatShare } from "../format/number";
import { useWords, type Words } from "../i18n";
import { useRegion } from "../state/region";

interface Props { status: string; gap?: number | null }

/** What the solver proved, in words: proved, within a gap, infeasible and why. Nothing is called optimal without proof. */
export function SolverStatus({ status, gap = null }: Props) {
  const words = useWords();
  const { byId } = useRegion();
  // Where each decides alone there are several problems, as "beijing: proved; hebei: proved".
  const parts = status.split(/;\s*/).map((part) => {
    const found = /^([\w-]+):\s*(.+)$/.exec(part);
    return found?.[1] && found[2] ? { who: words.tr(byId.get(found[1])?.title) || found[1], what: found[2] } : { who: "", what: part };
  });
  const kinds = new Set(parts.map((p) => p.what));
  const text = kinds.size === 1
    ? inWords(parts[0]?.what ?? status, gap, words)
    : parts.map((p) => `${p.who} ${inWords(p.what, null, words)}`.trim()).join(" · ");
  return <span data-status={status}>{text}</span>;
}

function inWords(status: string, gap: number | null, { t, tr, lang }: Words): string {
  if (status === "proved") return t("solver.proved");
  if (status === "computed") return t("solver.computed");
  const within = /^gap\s*<=\s*(.+)$/.exec(status)?.[1];
  if (within !== undefined) return t("solver.gap", { gap: gap !== null && gap > 0 ? formatShare(gap, lang) : within });
  const why = /^infeasible\s*\(?(.*?)\)?$/.exec(status)?.[1];
  if (why !== undefined) return why ? `${t("solver.infeasible")} (${why})` : t("solver.infeasible");
  return tr(status);
}
