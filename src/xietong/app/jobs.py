"""Long computations in the background: progress, cancel, result. Kept in memory; the oldest finished ones leave first."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from xietong.core.errors import Cancelled, NotFound, UsageError
from xietong.core.progress import Report

State = Literal["queued", "running", "done", "failed", "cancelled"]
MAX_JOBS = 200


@dataclass
class Job:
    """One computation. ``work`` gets a report function, which raises Cancelled once the job has been cancelled."""

    job: str
    work: Callable[[Report], Any]
    state: State = "queued"
    done: float = 0.0
    result: Any = None
    error: Exception | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    def report(self, done: float) -> None:
        """Note how far the work is; raises Cancelled where the job has been stopped."""
        if self.stop.is_set():
            raise Cancelled
        self.done = max(self.done, done)

    def run(self) -> None:
        """Do the work and note how it ended; nothing of a cancelled job is kept."""
        if self.stop.is_set():
            self.state = "cancelled"
            self.over.set()
            return
        self.state = "running"
        try:
            result = self.work(self.report)
            self.report(1.0)  # cancelled in the last moment is cancelled too
            self.result, self.state = result, "done"
        except Cancelled:
            self.state = "cancelled"
        except Exception as error:
            self.error, self.state = error, "failed"
        finally:
            self.over.set()


class Jobs:
    """The server's jobs."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def submit(self, work: Callable[[Report], Any]) -> Job:
        """Queue ``work``. Raises UsageError where too many jobs are waiting or running."""
        job = Job(secrets.token_urlsafe(12), work)
        with self._lock:
            for old in [name for name, one in self._jobs.items() if one.ended][: max(0, len(self._jobs) - MAX_JOBS + 1)]:
                del self._jobs[old]
            if len(self._jobs) >= MAX_JOBS:
                raise UsageError(f"{MAX_JOBS} jobs are waiting or running; cancel some or try again later")
            self._jobs[job.job] = job
        self._pool.submit(job.run)
        return job

    def get(self, name: str) -> Job:
        with self._lock:
            if name not in self._jobs:
                raise NotFound("there is no such job; it may have left long after it ended")
            return self._jobs[name]

    def cancel(self, name: str) -> Job:
        """Stop a job: at once where it is queued, at its next report where it runs."""
        job = self.get(name)
        job.stop.set()
        if job.state == "queued":
            job.state = "cancelled"
            job.over.set()
        return job

    def close(self) -> None:
        """Stop all jobs and start no more."""
        for job in self._jobs.values():
            job.stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
