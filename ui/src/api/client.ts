import type { Job, Problem } from "./types";

export const API = "/api/v1";

/** A problem detail (RFC 9457) as the server wrote it, or one made here when no server answered. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

export type Asked = Record<string, string | number | readonly string[] | null | undefined>;

export function url(path: string, query: Asked = {}): string {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (typeof value === "object" && value !== null) for (const one of value) q.append(key, one);
    else if (value !== null && value !== undefined && value !== "") q.set(key, String(value));
  }
  const text = q.toString();
  return `${API}${path}${text ? `?${text}` : ""}`;
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = { title: response.statusText || "error", status: response.status };
  try {
    const body: unknown = await response.json();
    return { ...fallback, ...(body as Partial<Problem>) };
  } catch {
    return fallback; // e.g. a proxy's HTML page: its status is all we know
  }
}

async function send(target: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(target, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({ type: "no-answer", title: "no-answer", status: 0 });
  }
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

export async function getJson<V>(target: string, signal?: AbortSignal): Promise<V> {
  const response = await send(target, { headers: { Accept: "application/json" }, signal: signal ?? null });
  return (await response.json()) as V;
}

export interface Progress { job: string; state: Job["state"]; done: number | null }

const sleep = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("aborted", "AbortError")); });
  });

/**
 * Ask for something that may take long. The server answers within a second where it can (200, RFC 7240 `wait`)
 * and with a job otherwise (202); `onProgress` is then called until the job ends.
 */
export async function getLong<V>(target: string, signal: AbortSignal, onProgress: (p: Progress) => void): Promise<V> {
  const first = await send(target, { headers: { Accept: "application/json", Prefer: "respond-async, wait=1" }, signal });
  if (first.status !== 202) return (await first.json()) as V;
  const place = first.headers.get("Location");
  if (!place) throw new ApiError({ title: "202 without Location", status: 202 });
  for (let wait = 150; ; wait = Math.min(wait * 1.4, 1000)) {
    const job = await getJson<Job>(place, signal);
    onProgress({ job: place, state: job.state, done: job.done });
    if (job.state === "done" && job.result) return getJson<V>(job.result, signal);
    if (job.state === "failed") throw new ApiError(job.problem ?? { title: "job failed", status: 500 });
    if (job.state === "cancelled") throw new ApiError({ type: "cancelled", title: "cancelled", status: 499 });
    await sleep(wait, signal);
  }
}

export async function cancelJob(place: string): Promise<void> {
  await send(place, { method: "DELETE", keepalive: true }); // also from a page that is being closed
}
