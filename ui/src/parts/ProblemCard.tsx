import { Button } from "antd";
import type { Problem } from "../api/types";
import { useWords } from "../i18n";

const OWN = ["no-answer", "cancelled", "page-fault", "no-region"] as const;

/** An error that teaches: what is wrong, where (file, row, column) and how to mend it. */
export function ProblemCard({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  const { t } = useWords();
  const own = OWN.find((type) => type === problem.type); // made by this UI, so worded by it
  const faults = problem.faults ?? [];
  return (
    <section className="problem" role="alert">
      <h2 className="problem__title">{own ? t(`problem.${own}`) : problem.title}</h2>
      {own && <p>{t(`problemHint.${own}`)}</p>}
      {problem.detail && <p className={own ? "muted" : undefined}>{problem.detail}</p>}
      {faults.length > 0 && (
        <div className="scroll-x">
          <table className="plain">
            <thead><tr><th>{t("problem.where")}</th><th>{t("problem.what")}</th><th>{t("problem.mend")}</th></tr></thead>
            <tbody>
              {faults.slice(0, 50).map((f, i) => (
                <tr key={i}>
                  <td className="mono">{[f.file, f.row != null ? t("problem.row", { row: f.row }) : null, f.column].filter(Boolean).join(" · ") || "—"}</td>
                  <td>{f.what}</td>
                  <td>{f.mend ?? "—"}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {faults.length > 50 && <p className="muted">{t("problem.more", { n: faults.length - 50 })}</p>}
        </div>
      )}
      {onRetry && <Button onClick={onRetry}>{t("problem.retry")}</Button>}
    </section>
  );
}
