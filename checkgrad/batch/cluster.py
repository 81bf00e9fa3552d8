"""A dask cluster that is there already: the same jobs, sent where there is room."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from checkgrad.batch.work import Execute, Graded, Job, Settings, fault, versions, work
from checkgrad.judging import exam
from checkgrad.targets import BadTarget

ANSWERS_WITHIN = 10  # seconds, for a scheduler
AHEAD = 3  # jobs for each thread of the cluster: one that runs, and some on their way
_one_at_a_time = threading.Lock()  # a process has one fork server


@contextmanager
def cluster(scheduler: str) -> Iterator[Execute]:
    """Give what grades jobs on the cluster; raise BadTarget if it does not answer or cannot take them."""
    try:
        import distributed
    except ImportError:
        raise BadTarget("--executor dask: not installed; pip install 'checkgrad[dask]'") from None
    connect: Any = distributed.Client
    try:
        client = connect(scheduler, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, ValueError, TypeError):
        raise BadTarget(f"--scheduler {scheduler}: no dask scheduler answers there") from None
    try:
        _same_versions(client)
        yield partial(_on_cluster, client)
    finally:
        client.close()


def _on_cluster(client: Any, jobs: Iterator[Job], settings: Settings) -> Iterator[Graded]:
    """Yield what comes of *jobs*, each as soon as it is there."""
    import distributed

    as_completed: Any = distributed.as_completed
    shared = client.scatter((settings, _secret(settings)), broadcast=True, hash=False)
    running: dict[Any, Job] = {}

    def send(job: Job) -> Any:
        future = client.submit(_work, job, shared, pure=False)
        running[future] = job
        return future

    room = AHEAD * sum(client.nthreads().values())
    first = [send(job) for job in islice(jobs, room)]
    completed = as_completed(first, loop=client.loop)
    for future in completed:
        for job in islice(jobs, 1):
            completed.add(send(job))
        yield _result(future, running.pop(future), settings)


def _same_versions(client: Any) -> None:
    """Raise BadTarget unless the cluster would come to the same reports."""
    here = versions()
    found = client.run(versions)
    if not found:
        raise BadTarget(f"{client.scheduler.address}: the cluster has no workers")
    for address, there in found.items():
        if there != here:
            raise BadTarget(
                f"{address} has checkgrad, NumPy, Python {', '.join(there)}, here are {', '.join(here)}; "
                "reports are the same under the same versions alone"
            )


def _secret(settings: Settings) -> dict[str, str]:
    """The environment variable that holds the secret, for processes that were started without it."""
    name = settings.assignment.secret or exam.SECRET
    return {name: os.environ[name]} if os.environ.get(name) else {}


def _work(job: Job, shared: tuple[Settings, dict[str, str]]) -> Graded:
    settings, secret = shared
    # dask's own threads draw from random while hypothesis, which does not use it, looks on
    warnings.filterwarnings("ignore", message="Do not use the `random` module inside strategies")
    with _one_at_a_time:
        os.environ.update(secret)
        return work(job, settings)


def _result(future: Any, job: Job, settings: Settings) -> Graded:
    try:
        graded: Graded = future.result()
        return graded
    except Exception as error:  # its workers died, again and again
        told = f"the cluster could not grade it ({type(error).__name__}); please report it"
        return fault(job, settings, told)
