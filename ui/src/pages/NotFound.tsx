import { Link } from "react-router";
import { useWords } from "../i18n";
import { useHref } from "../state/view";

export function NotFound() {
  const { t } = useWords();
  const href = useHref();
  return (
    <section className="empty">
      <h1>{t("notFound.title")}</h1>
      <p><Link to={href("/")}>{t("notFound.home")}</Link></p>
    </section>
  );
}
