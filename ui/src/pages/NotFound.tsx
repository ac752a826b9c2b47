import { Link } from "react-router";
import { useWords } from "../i18n";
import { useRegion } from "../state/region";
import { useTitle } from "../state/title";
import { useHref } from "../state/view";

/** What is not there is said by its name, with the ways on. */
export function NotFound({ workstream }: { workstream?: string }) {
  const { t, tr } = useWords();
  const { region } = useRegion();
  const href = useHref();
  const title = workstream ? t("notFound.workstream", { name: workstream }) : t("notFound.title");
  useTitle(title);
  return (
    <section className="empty">
      <h1>{title}</h1>
      <p className="muted">{t("notFound.hint")}</p>
      <ul className="plainlist">
        <li><Link to={href("/")}>{t("notFound.home")}</Link></li>
        {region.workstreams.map((w) => <li key={w.workstream}><Link to={href(`/w/${w.workstream}`)}>{tr(w.title)}</Link></li>)}
      </ul>
    </section>
  );
}
