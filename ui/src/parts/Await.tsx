import { Button, Progress, Skeleton } from "antd";
import type { ReactNode } from "react";
import type { Resource } from "../api/useResource";
import { useWords } from "../i18n";
import { ProblemCard } from "./ProblemCard";

interface Props<V> { resource: Resource<V>; skeleton?: ReactNode; children: (data: V) => ReactNode }

/** The four states of an answer in one place: on its way, progressing, failed, here. */
export function Await<V>({ resource, skeleton, children }: Props<V>) {
  const { t } = useWords();
  const { data, stale, loading, problem, progress, retry } = resource;
  if (problem) return <ProblemCard problem={problem} onRetry={retry} />;
  return (
    <>
      {progress && <JobProgress resource={resource} />}
      {data !== null
        ? <div className={stale ? "stale" : undefined} aria-busy={stale}>{children(data)}</div>
        : loading && !progress && <><p className="sr-only" role="status">{t("job.running")}</p>{skeleton === undefined ? <Skeleton active paragraph={{ rows: 6 }} /> : skeleton}</>}
    </>
  );
}

function JobProgress<V>({ resource }: { resource: Resource<V> }) {
  const { t } = useWords();
  const { progress, cancel } = resource;
  if (!progress) return null;
  const percent = progress.done === null ? 0 : Math.round(progress.done * 100);
  return (
    <div className="job" role="status" data-testid="job-progress">
      <span>{t(`job.${progress.state}`)}</span>
      <Progress percent={percent} size="small" status="active" aria-label={t("job.running")} />
      <Button size="small" onClick={cancel} data-testid="job-cancel">{t("job.cancel")}</Button>
    </div>
  );
}
