"""Jobs run in order, can be cancelled at any time, and never take the worker down."""

import threading
import time

import pytest

from explorer.jobs import MAX_KEPT, MAX_WAITING, BusyError, JobQueue, JobState
from musiclime_core.errors import AudioError, Cancelled
from musiclime_core.progress import LISTENING, Progress


def until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("did not happen within five seconds")


def over(queue, job_id):
    until(lambda: queue.find(job_id).is_over)
    return queue.find(job_id)


@pytest.fixture
def queue():
    return JobQueue()


@pytest.fixture
def gate(queue):
    """A job that holds the worker until the gate opens."""
    opened, started = threading.Event(), threading.Event()

    def work(progress, cancel):
        started.set()
        opened.wait(10)
        if cancel():
            raise Cancelled("stopped")
        return "held"

    opened.id = queue.submit("gate", work)
    started.wait(5)
    yield opened
    opened.set()


def test_results_arrive_and_stay(queue):
    job = over(queue, queue.submit("sum", lambda progress, cancel: 1 + 1))
    assert (job.state, job.result) == (JobState.DONE, 2)
    assert queue.find(job.id) is job
    assert queue.find("guess") is None
    assert len(job.id) >= 20


def test_jobs_wait_their_turn(queue, gate):
    order = []
    ids = [queue.submit(str(i), lambda p, c, i=i: order.append(i)) for i in range(3)]
    assert [queue.n_before(queue.find(job_id)) for job_id in ids] == [1, 2, 3]
    gate.set()
    for job_id in ids:
        over(queue, job_id)
    assert order == [0, 1, 2]


def test_waiting_and_running_jobs_are_cancelled(queue, gate):
    waiting = queue.find(queue.submit("waiting", lambda p, c: pytest.fail("must not run")))
    queue.cancel(waiting)
    assert waiting.state is JobState.CANCELLED
    running = queue.find(gate.id)
    queue.cancel(running)
    gate.set()
    assert over(queue, gate.id).state is JobState.CANCELLED


def test_failures_are_told_and_the_worker_lives_on(queue, caplog):
    def refuse(progress, cancel):
        raise AudioError("no audio here.")

    def break_down(progress, cancel):
        raise RuntimeError("secret detail")

    assert over(queue, queue.submit("a", refuse)).message == "no audio here."
    broken = over(queue, queue.submit("b", break_down))
    assert broken.state is JobState.FAILED
    assert "secret" not in broken.message
    assert "secret detail" in caplog.text
    assert over(queue, queue.submit("c", lambda p, c: 3)).result == 3


def test_queue_is_bounded(queue, gate):
    for i in range(MAX_WAITING):
        queue.submit(str(i), lambda p, c: None)
    with pytest.raises(BusyError, match="wait already"):
        queue.submit("one more", lambda p, c: None)


def test_oldest_results_are_forgotten(queue):
    ids = []
    for i in range(MAX_KEPT + 5):
        ids.append(queue.submit(str(i), lambda p, c: None))
        over(queue, ids[-1])
    assert queue.find(ids[0]) is None
    assert queue.find(ids[-1]) is not None


def test_progress_gives_a_time_left(queue, gate):
    job = queue.find(gate.id)
    assert job.time_left_s is None
    job.started_s = time.monotonic() - 10
    job.show(Progress(LISTENING, 1, 4, 0.5))
    assert job.stage == LISTENING
    assert 5 < job.time_left_s < 20
