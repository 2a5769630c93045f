"""Long work behind the pages: one at a time, in order, with progress and cancel."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from musiclime_core.errors import Cancelled, MusicLimeError
from musiclime_core.progress import FITTING, LISTENING, READING, SEPARATING, Progress

__all__ = ["BusyError", "Job", "JobQueue", "JobState"]

MAX_WAITING = 8
MAX_KEPT = 24

# Share of a run's time that each stage takes with the bundled model, about.
STAGE_SHARES = {SEPARATING: 0.25, LISTENING: 0.5, READING: 0.24, FITTING: 0.01}

Result = TypeVar("Result")
Work = Callable[[Callable[[Progress], None], Callable[[], bool]], Result]

log = logging.getLogger(__name__)


class BusyError(MusicLimeError):
    """Too many jobs wait already."""


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True, eq=False)
class Job(Generic[Result]):
    """One piece of work; written by the worker, read by pages."""

    id: str
    name: str
    work: Work[Result]
    state: JobState = JobState.WAITING
    stage: str = ""
    fraction: float = 0.0
    started_s: float = 0.0
    result: Result | None = None
    message: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in (JobState.WAITING, JobState.RUNNING)

    @property
    def time_left_s(self) -> float | None:
        """Estimate of the seconds left; None until there is one."""
        if self.state is not JobState.RUNNING or self.fraction < 0.03:
            return None
        elapsed_s = time.monotonic() - self.started_s
        return elapsed_s * (1 - self.fraction) / self.fraction

    def show(self, progress: Progress) -> None:
        """Take note of progress."""
        stages = list(STAGE_SHARES)
        before = sum(STAGE_SHARES[stage] for stage in stages[: stages.index(progress.stage)])
        self.stage = progress.stage
        self.fraction = min(1.0, before + STAGE_SHARES[progress.stage] * progress.fraction)


class JobQueue(Generic[Result]):
    """A bounded queue with one worker thread.

    Finished jobs are kept, so that a reloaded page finds its result, until
    `MAX_KEPT` newer ones came.
    """

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job[Result]] = OrderedDict()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="musiclime-jobs", daemon=True).start()

    def submit(self, name: str, work: Work[Result]) -> str:
        """Queue `work` and return an id that cannot be guessed.

        Parameters
        ----------
        name : str
            For people.
        work : callable
            Takes a progress callback and a cancel query; returns the result.

        Raises
        ------
        BusyError
            If too many wait already.
        """
        with self._changed:
            if len(self._waiting()) >= MAX_WAITING:
                raise BusyError(f"{MAX_WAITING} songs wait already; try again in a few minutes.")
            job = Job(secrets.token_urlsafe(16), name, work)
            self._jobs[job.id] = job
            self._forget()
            self._changed.notify()
        return job.id

    def find(self, job_id: str) -> Job[Result] | None:
        """Return the job called `job_id`, or None if it is not kept any more."""
        with self._changed:
            return self._jobs.get(job_id)

    def n_before(self, job: Job[Result]) -> int:
        """How many jobs will run before `job`."""
        with self._changed:
            waiting = self._waiting()
            running = any(other.state is JobState.RUNNING for other in self._jobs.values())
            return (waiting.index(job) if job in waiting else 0) + running

    def cancel(self, job: Job[Result]) -> None:
        """Stop `job` at its next step, or before it starts."""
        job.cancelled.set()
        with self._changed:
            if job.state is JobState.WAITING:
                job.state = JobState.CANCELLED

    def _waiting(self) -> list[Job[Result]]:
        return [job for job in self._jobs.values() if job.state is JobState.WAITING]

    def _forget(self) -> None:
        over = [job.id for job in self._jobs.values() if job.is_over]
        for job_id in over[: max(0, len(self._jobs) - MAX_KEPT)]:
            del self._jobs[job_id]

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting():
                    self._changed.wait()
                job = self._waiting()[0]
                job.state, job.started_s = JobState.RUNNING, time.monotonic()
            self._finish(job)

    @staticmethod
    def _finish(job: Job[Result]) -> None:
        """Do the work; whatever happens, the worker lives on."""
        try:
            job.result = job.work(job.show, job.cancelled.is_set)
            job.state = JobState.DONE
        except Cancelled:
            job.state = JobState.CANCELLED
        except MusicLimeError as error:
            job.message, job.state = str(error), JobState.FAILED
        except Exception:
            log.exception("a job failed in a way nobody foresaw")
            job.message = "something went wrong that was not foreseen; the log has the details."
            job.state = JobState.FAILED
