"""A Dask cluster of processes on this machine, for tests: a scheduler and workers that can be killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from folders import ROOT


class LocalCluster(NamedTuple):
    """A running cluster."""

    address: str
    workers: tuple["subprocess.Popen[bytes]", ...]


@contextmanager
def local_cluster(folder: Path, *, num_workers: int) -> Iterator[LocalCluster]:
    """Start a scheduler and workers of one thread each in a folder, and end them after the block."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> "subprocess.Popen[bytes]":
        with (folder / "dask.log").open("ab") as log:
            command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]]
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        started.append(process)
        return process

    told = folder / "scheduler.json"
    try:
        start("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told))
        options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--scheduler-file", str(told))
        for _ in range(600):
            if told.exists():
                break
            time.sleep(0.05)
        workers = tuple(start("dask_worker", *options) for _ in range(num_workers))
        import distributed

        with distributed.Client(scheduler_file=str(told), set_as_default=False) as client:
            client.wait_for_workers(num_workers, timeout=60)
            address = client.scheduler.address
        yield LocalCluster(address, workers)
    finally:
        for process in reversed(started):
            process.kill()
        for process in started:
            process.wait()
