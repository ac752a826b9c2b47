import { formatShare } from "../format/number";
import { useWords, type Words } from "../i18n";
import { useRegion } from "../state/region";

interface Props { status: string }

/** What the solver proved, in words: proved, within a gap, infeasible and why. Nothing is called optimal without proof. */
export function SolverStatus({ status }: Props) {
  const words = useWords();
  const { byId } = useRegion();
  // Where each decides alone there are several problems, as "beijing: proved; hebei: proved".
  const parts = status.split(/;\s*/).map((part) => {
    const found = /^([\w-]+):\s*(.+)$/.exec(part);
    return found?.[1] && found[2] ? { who: words.tr(byId.get(found[1])?.title) || found[1], what: found[2] } : { who: "", what: part };
  });
  const kinds = new Set(parts.map((p) => p.what));
  if (kinds.size === 1) return <span data-status={status}>{inWords(parts[0]?.what ?? status, words)}</span>;
  const all = parts.map((p) => `${p.who} ${inWords(p.what, words)}`.trim()).join(" · ");
  const gap = worstGap(status);
  const short = gap !== null && parts.every((p) => p.what === "proved" || gapOf(p.what) !== null);
  return <span data-status={status} title={short ? all : undefined}>{short ? words.t("solver.worst", { gap: formatShare(gap, words.lang) }) : all}</span>;
}

const gapOf = (what: string): number | null => {
  const found = /^gap\s*<=\s*([\d.]+)\s*(%?)$/.exec(what);
  return found?.[1] ? Number(found[1]) / (found[2] ? 100 : 1) : null;
};

/** The widest gap to a proven bound among the problems of a status; null where all are proved or none says. */
export function worstGap(status: string): number | null {
  const gaps = status.split(/;\s*/).map((part) => gapOf(part.replace(/^[\w-]+:\s*/, ""))).filter((g): g is number => g !== null);
  return gaps.length ? Math.max(...gaps) : null;
}

function inWords(status: string, { t, tr, lang }: Words): string {
  if (status === "proved") return t("solver.proved");
  if (status === "computed") return t("solver.computed");
  const within = gapOf(status);
  if (within !== null) return t("solver.gap", { gap: formatShare(within, lang) });
  const why = /^infeasible\s*\(?(.*?)\)?$/.exec(status)?.[1];
  if (why !== undefined) return why ? `${t("solver.infeasible")} (${why})` : t("solver.infeasible");
  return tr(status);
}
