import type { Quality } from "../api/types";
import { useWords } from "../i18n";

/** How far a figure can be trusted: the worst quality among what it was computed from. */
export function QualityBadge({ quality }: { quality: Quality }) {
  const { t } = useWords();
  return (
    <span className={`badge badge--${quality}`} title={t(`qualityHint.${quality}`)} data-quality={quality}>
      {t(`quality.${quality}`)}
    </span>
  );
}
