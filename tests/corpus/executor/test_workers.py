import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from folders import ROOT

from penwright.corpus.executor.workers import MAX_WORKERS, SMALL_BYTES, Workers, num_workers
from penwright.errors import ConfigError, CorpusError


def test_one_worker_runs_in_this_process_in_order() -> None:
    with Workers(1) as workers:
        assert list(workers.map(abs, [-3, -2, -1])) == [(0, 3), (1, 2), (2, 1)]
        assert list(workers.map(lambda _: os.getpid(), [None])) == [(0, os.getpid())]


def test_several_workers_give_every_result_with_its_place() -> None:
    with Workers(2) as workers:
        assert sorted(workers.map(abs, list(range(-20, 0)))) == [(place, 20 - place) for place in range(20)]
        assert sorted(workers.map(str, [1, 2])) == [(0, "1"), (1, "2")]
        assert list(workers.map(abs, [])) == []


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_task_raises_is_raised_here(count: int) -> None:
    with Workers(count) as workers, pytest.raises(ValueError, match="invalid literal"):
        list(workers.map(int, ["1", "no number"]))


def test_a_worker_that_dies_is_told() -> None:
    with Workers(2) as workers:
        assert list(workers.map(abs, [-1])) == [(0, 1)]
        for process in multiprocessing.active_children():
            process.kill()
        with pytest.raises(CorpusError, match="died, often for lack of memory. Run again with workers=1"):
            list(workers.map(abs, list(range(100))))


@pytest.mark.parametrize("is_starting", [False, True])
def test_no_worker_is_waited_for_after_another_died(is_starting: bool) -> None:
    """The executor ends the others, but not one that it was starting when the first died: it waited without end."""
    code = f"""
import multiprocessing, time
from concurrent.futures import ProcessPoolExecutor
from penwright.corpus.executor.workers import Workers
from penwright.errors import CorpusError

if __name__ == "__main__":
    is_starting, started, submit = {is_starting}, [], ProcessPoolExecutor.submit
    multiprocessing.process.BaseProcess.terminate = lambda process: None  # the executor's own way misses one

    def kill_first(executor, *task):
        future = submit(executor, *task)
        started.append(future)
        if is_starting and len(started) == 2:
            multiprocessing.active_children()[0].kill()
            while not executor._broken:
                time.sleep(0.01)
            submit(executor, *task)
        return future

    ProcessPoolExecutor.submit = kill_first
    try:
        with Workers(2) as workers:
            list(workers.map(abs, [-1]))
            multiprocessing.active_children()[0].kill()
            list(workers.map(abs, list(range(100))))
    except CorpusError as error:
        print(error)
"""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert found.stdout.startswith("a process that was reading books died"), found.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to no single process")
def test_ctrl_c_while_workers_start_is_left_to_the_process_that_started_them() -> None:
    """A terminal sends it to all of them. One that was still importing used to print a traceback and end."""
    with Workers(2) as workers:
        for _ in range(20):
            for process in multiprocessing.active_children():
                os.kill(process.pid or 0, signal.SIGINT)
            time.sleep(0.01)
        assert sorted(workers.map(abs, [-1, -2])) == [(0, 1), (1, 2)]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed() -> None:
    code = (
        "import multiprocessing, os; from penwright.corpus.executor.workers import Workers\n"
        "with Workers(2) as workers:\n"
        "    list(workers.map(abs, [-1, -2]))\n"
        "    print([process.pid for process in multiprocessing.active_children()], flush=True)\n"
        "    multiprocessing.Event().wait()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pids = json.loads(process.stdout.readline())
        assert len(pids) == 2
        process.kill()
    for _ in range(200):
        if not any(is_running(pid) for pid in pids):
            return
        time.sleep(0.05)
    pytest.fail("workers outlived the process that started them")


def is_running(pid: int) -> bool:
    """Return whether a process exists and is no zombie, where the system tells; elsewhere that it does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from penwright.corpus.executor.workers import Workers\n"
        "print('begun')\n"
        "with Workers(2) as workers:\n"
        "    print(sorted(workers.map(abs, [-1, -2])))\n",
        encoding="utf-8",
    )
    root = ROOT
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stdout, done.stderr) == ("begun\n[(0, 1), (1, 2)]\n", "")


def test_a_small_shelf_needs_no_other_process() -> None:
    assert num_workers(None, num_bytes=SMALL_BYTES - 1, num_tasks=100) == 1
    assert num_workers(None, num_bytes=SMALL_BYTES, num_tasks=100, is_known=True) == 1
    assert num_workers(None, num_bytes=10 * SMALL_BYTES, num_tasks=1) == 1
    assert num_workers(3, num_bytes=10, num_tasks=100) == 3
    assert num_workers(3, num_bytes=10, num_tasks=2) == 2


@pytest.mark.parametrize("count", [0, MAX_WORKERS + 1])
def test_a_number_of_workers_out_of_bounds_is_refused(count: int) -> None:
    with pytest.raises(ConfigError, match=f"workers={count} must lie between 1 and {MAX_WORKERS}"):
        num_workers(count, num_bytes=1, num_tasks=1)
