import { formatShare } from "../format/number";
import { useWords } from "../i18n";

interface Props { status: string; gap: number | null }

/** What the solver proved, in words: proved, within a gap, infeasible and why. Nothing is called optimal without proof. */
export function SolverStatus({ status, gap }: Props) {
  const { t, lang } = useWords();
  const gapText = /^gap\s*<=\s*(.+)$/.exec(status)?.[1];
  const why = /^infeasible\s*\(?(.*?)\)?$/.exec(status)?.[1];
  const text =
    status === "proved" ? t("solver.proved")
      : status === "computed" ? t("solver.computed")
        : gapText !== undefined ? t("solver.gap", { gap: gap !== null && gap > 0 ? formatShare(gap, lang) : gapText })
          : why !== undefined ? `${t("solver.infeasible")}${why ? ` (${why})` : ""}`
            : status;
  return <span data-status={status}>{text}</span>;
}
