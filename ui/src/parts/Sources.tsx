import type { Source } from "../api/types";
import { useWords } from "../i18n";

/** Where a table comes from: title (linked where it can be read), publisher, year, licence. */
export function Sources({ sources, most = Infinity }: { sources: readonly Source[]; most?: number }) {
  const { t, tr } = useWords();
  return (
    <ul className="sources">
      {sources.slice(0, most).map((s) => {
        const title = tr(s.title) || s.source;
        return (
          <li key={s.source} data-source={s.source}>
            {s.url && /^https?:/.test(s.url) ? <a href={s.url} target="_blank" rel="noreferrer">{title}</a> : title}
            <span className="muted">{[s.publisher, s.year, most === Infinity ? s.licence : null].filter(Boolean).map((x) => ` · ${x}`)}</span>
          </li>
        );
      })}
      {sources.length > most && <li className="muted">{t("data.moreSources", { n: sources.length - most })}</li>}
    </ul>
  );
}
