"""The command in a process of its own, on a real pseudo-terminal and in real pipes: slow, and as a person meets it."""

import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from folders import ROOT, SHELF

pytestmark = pytest.mark.slow
pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

PATIENCE = 120.0  # seconds; a busy machine is no failure
TINY = [
    *("--threads", "1", "--device", "cpu", "--set", "model.cell=gru", "--set", "model.hidden_size=16"),
    *("--set", "model.num_layers=1", "--set", "model.embedding_dim=4", "--set", "model.is_residual=false"),
    *("--set", "model.mlp_size=0", "--set", "train.batch_size=2", "--set", "train.seq_len=16"),
    *("--set", "diary.max_chars=60", "--set", "train.patience=0"),
]


def command(*words: str | Path) -> list[str]:
    """The program in a process of its own."""
    return [sys.executable, "-W", "error", "-m", "penwright", *map(str, words)]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What the process sees: this source, a cache of its own, a terminal with colours."""
    return (
        os.environ
        | {"PYTHONPATH": str(ROOT), "PENWRIGHT_CACHE": str(folder / "cache"), "TERM": "xterm-256color"}
        | more
    )


class Terminal:
    """A pseudo-terminal with a process behind it, and all that it has written."""

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int) -> None:
        self.process = process
        self.text = ""
        self._descriptor = descriptor

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._descriptor, keys)

    def resize(self, columns: int) -> None:
        """Make the window wider or narrower."""
        import fcntl
        import termios

        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.kill(self.process.pid, signal.SIGWINCH)

    def wait_for(self, pattern: str) -> None:
        """Read until the text matches."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text, re.DOTALL):
            assert time.monotonic() < deadline, f"waited for {pattern!r} and saw {self.text[-2000:]!r}"
            assert self._read(), f"it ended without {pattern!r}: {self.text[-2000:]!r}"

    def wait(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=PATIENCE)

    def _read(self) -> bool:
        try:
            data = os.read(self._descriptor, 65_536)
        except OSError:  # Linux says so when the other side has closed
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)


@contextmanager
def terminal(words: list[str], folder: Path, *, columns: int = 80, **more: str) -> Iterator[Terminal]:
    """Run a command on a terminal of 24 lines."""
    import fcntl
    import termios

    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        words,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=folder,
        env=environment(folder, **more),
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # makes ^C a signal
    )
    os.close(inside)
    try:
        yield Terminal(process, outside)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        os.close(outside)


def drawings(text: str) -> list[str]:
    """Every status line that was drawn."""
    return re.findall(r"step [\d,]+ · [^\r\n\x1b]*", text)


def test_one_watches_it_learn_and_ctrl_c_saves(tmp_path: Path) -> None:
    with terminal(command("train", SHELF, *TINY, "--for", "10m"), tmp_path) as screen:
        screen.wait_for(r"ETA \d+:\d\d.*what it writes after step ")
        screen.resize(120)
        screen.wait_for(r"best \d\.\d\d\)")
        screen.type(b"\x03")
        assert screen.wait() == 130
    assert "Stopped and saved: " in screen.text
    assert "penwright train --resume runs/" in screen.text
    assert any("best" not in line and len(line) <= 80 for line in drawings(screen.text))
    assert "\x1b[1mIt was \x1b[0m" in screen.text, "the prompt is told apart"
    run = next((tmp_path / "runs").iterdir())
    assert (run / "author.safetensors").is_file() and any((run / "checkpoints").iterdir())
    steps = int(re.search(r"Stopped and saved: ([\d,]+) steps", screen.text)[1].replace(",", ""))  # type: ignore[index]
    resumed = subprocess.run(
        command("train", "--resume", run, "--steps", str(steps + 3)),
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert resumed.stdout.startswith(f"Done: {steps + 3:,} steps, ")


def test_without_colour_none_is_used(tmp_path: Path) -> None:
    with terminal(command("train", SHELF, *TINY, "--steps", "30"), tmp_path, NO_COLOR="1") as screen:
        assert screen.wait() == 0
    assert "Done: 30 steps" in screen.text
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3\d|9\d)(?:;\d+)*m", screen.text)


def test_ctrl_c_twice_stops_at_once(tmp_path: Path) -> None:
    """The second one comes while a step that never ends is being finished."""
    words = ["train", str(SHELF), *TINY, "--for", "10m"]
    code = (
        "import sys, time, penwright.training.session as session; from penwright.cli.app import main; "
        f"session.Session.learn = lambda *a, **k: time.sleep(600); sys.exit(main({words!r}))"
    )
    with terminal([sys.executable, "-c", code], tmp_path) as screen:
        screen.wait_for("what it writes after step 0")
        time.sleep(1)
        screen.type(b"\x03")
        screen.wait_for("Ctrl-C once more stops at once")
        screen.type(b"\x03")
        assert screen.wait() == 130
    assert "Traceback" not in screen.text


def test_a_request_to_terminate_saves(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("train", SHELF, *TINY, "--for", "10m", "--run", "runs/a"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("step ") and "chars/s" in line:
                break
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 143
    assert "Stopping: finishing this step, then saving." in err
    assert out.startswith("Stopped and saved: ") and "penwright train --resume runs/a" in out
    assert any((tmp_path / "runs" / "a" / "checkpoints").iterdir())


def test_a_log_whose_reader_goes_away_saves_the_run(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("train", SHELF, *TINY, "--for", "10m", "--run", "runs/a"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("step "):
                break
        process.stderr.close()
        process.wait(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert any((tmp_path / "runs" / "a" / "checkpoints").iterdir())


def test_a_prompt_is_piped_in_and_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    trained = subprocess.run(
        command("train", SHELF, *TINY, "--steps", "2", "--quiet"),
        cwd=tmp_path,
        env=environment(tmp_path),
        check=True,
        capture_output=True,
    )
    assert trained.stderr == b""
    process = subprocess.Popen(
        command("write", "--endless"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.write("Жили-были 日本\n".encode())
    process.stdin.close()
    start = process.stdout.read(60)
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=PATIENCE) == 141
    assert start.decode("utf-8", "ignore").startswith("Жили-были 日本")
    assert re.fullmatch(rb"Foreign to this author: .*\nseed \d+\n", error)
