import { cancelJob, getJson, getLong, type Progress } from "./client";

// Questions under way, by address. They belong to the visit and not to the component that asked: leaving a tab and
// coming back finds the same computation, further on. One that nobody follows any more is cancelled after a while,
// so that abandoned work does not keep the server busy.

interface Run {
  promise: Promise<unknown>;
  control: AbortController;
  progress: Progress | null;
  listeners: Set<(p: Progress) => void>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const GRACE = 20_000;
const runs = new Map<string, Run>();

export interface Following<V> { promise: Promise<V>; release: (grace?: number) => void }

export function follow<V>(address: string, long: boolean, listener: (p: Progress) => void, onAnswer: (value: V) => void): Following<V> {
  const run = runs.get(address) ?? start<V>(address, long, onAnswer);
  clearTimeout(run.timer);
  run.listeners.add(listener);
  if (run.progress) listener(run.progress);
  return {
    promise: run.promise as Promise<V>,
    release(grace = GRACE) {
      run.listeners.delete(listener);
      if (run.listeners.size === 0 && runs.get(address) === run) run.timer = setTimeout(() => abandon(address, run), grace);
    },
  };
}

function start<V>(address: string, long: boolean, onAnswer: (value: V) => void): Run {
  const control = new AbortController();
  const run: Run = { promise: Promise.resolve(), control, progress: null, listeners: new Set(), timer: undefined };
  const report = (progress: Progress) => {
    run.progress = progress;
    for (const listener of run.listeners) listener(progress);
  };
  const answer = long ? getLong<V>(address, control.signal, report) : getJson<V>(address, control.signal);
  run.promise = answer
    .then((value) => { onAnswer(value); return value; })
    .finally(() => { if (runs.get(address) === run) runs.delete(address); });
  runs.set(address, run);
  return run;
}

function abandon(address: string, run: Run): void {
  runs.delete(address);
  run.control.abort();
  if (run.progress) void cancelJob(run.progress.job).catch(() => undefined);
}

// A closed page follows nothing.
window.addEventListener("pagehide", (event) => {
  if (event.persisted) return; // kept by the browser for the back button: its questions go on
  for (const [address, run] of [...runs]) abandon(address, run);
});
