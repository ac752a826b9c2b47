import { useCallback, useEffect, useState } from "react";
import { ApiError, cancelJob, type Progress } from "./client";
import { follow } from "./running";
import type { Problem } from "./types";

export interface Resource<V> {
  data: V | null;
  /** data belongs to an earlier address: shown dimmed while the new one is on its way */
  stale: boolean;
  loading: boolean;
  problem: Problem | null;
  progress: Progress | null;
  retry: () => void;
  cancel: () => void;
}

// Answers are immutable for an address (the server caches by digest), so one visit asks once.
const answers = new Map<string, unknown>();
const LIMIT = 60;
/** ms before a progress bar appears: quick answers should not flash one */
const QUICK = 400;

function remember(address: string, value: unknown): void {
  answers.set(address, value);
  const oldest = answers.keys().next().value;
  if (answers.size > LIMIT && oldest !== undefined) answers.delete(oldest);
}

function asProblem(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { title: error instanceof Error ? error.message : String(error), status: 0 };
}

interface State<V> { address: string | null; data: V | null; problem: Problem | null; progress: Progress | null }

/**
 * What the API answers at `address`; null asks nothing. `long` asks for a job where the answer takes time; `grace`: how many ms
 * an unfinished one is kept once nobody follows it.
 */
export function useResource<V>(address: string | null, long = false, grace?: number): Resource<V> {
  const [state, setState] = useState<State<V>>({ address: null, data: null, problem: null, progress: null });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (address === null) return;
    if (answers.has(address)) {
      // Remember what is on screen, so that it is what stays (dimmed) when the address changes.
      const data = answers.get(address) as V;
      setState((s) => (s.address === address ? s : { address, data, problem: null, progress: null }));
      return;
    }
    let gone = false;
    const began = Date.now();
    const update = (patch: Partial<State<V>>) => { if (!gone) setState((s) => ({ ...s, ...patch })); };
    update({ problem: null, progress: null });
    const { promise, release } = follow<V>(
      address, long,
      (progress) => { if (Date.now() - began > QUICK) update({ progress }); },
      (data) => remember(address, data),
    );
    promise.then(
      (data) => update({ address, data, problem: null, progress: null }),
      (error: unknown) => update({ address, data: null, problem: asProblem(error), progress: null }),
    );
    return () => { gone = true; release(grace); };
  }, [address, long, grace, attempt]);

  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  const place = state.progress?.job;
  const cancel = useCallback(() => { if (place) void cancelJob(place).catch(() => undefined); }, [place]);

  // Read the cache while rendering: a view already seen appears without a flash of its skeleton.
  const cached = address !== null ? (answers.get(address) as V | undefined) : undefined;
  if (cached !== undefined) {
    return { data: cached, stale: false, loading: false, problem: null, progress: null, retry, cancel };
  }
  const mine = state.address === address;
  const problem = mine ? state.problem : null;
  return {
    data: address === null ? null : state.data,
    stale: !mine && state.data !== null,
    loading: address !== null && problem === null,
    problem, progress: state.progress, retry, cancel,
  };
}
