"""A training followed to its end: shown, stopped, or left by its reader."""

import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from penwright.cli.display import following
from penwright.cli.display.base import Display
from penwright.cli.display.following import choose_display, follow
from penwright.cli.display.lines import NotebookLine, PlainLines
from penwright.cli.display.words import STOPPING
from penwright.training.activity import SAVING, Activity, Tell, tell_nobody
from penwright.training.records import AnyRecord, Finished, Sample

FINISHED = Finished(
    step=3,
    chars_read=1,
    elapsed_seconds=1.0,
    reason="done",
    best_bits_per_char=1.5,
    best_step=2,
    author="a",
    val_books=(),
    test_books=(),
)


class Collector(Display):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.deeds: list[str] = []

    def step(self) -> None:
        self.deeds.append("step")

    def doing(self, activity: Activity) -> None:
        self.deeds.append(activity.name)

    def show(self, record: AnyRecord) -> None:
        self.deeds.append(record.kind)


def training(
    stop: Callable[[], bool], tell: Tell = tell_nobody, *, signals: tuple[int, ...] = (), num_steps: int = 3
) -> Iterator[AnyRecord]:
    """A training of a few steps, during the second of which signals come."""
    for step in range(num_steps):
        if stop():
            tell(SAVING)
            yield Sample(step=step, chars_read=1, elapsed_seconds=1.0, prompt="", text="saved")
            break
        if step == 1:
            for number in signals:
                signal.raise_signal(number)
    yield FINISHED


def test_every_record_is_shown_and_every_step_is_told() -> None:
    display = Collector()
    outcome = follow(training, choose=lambda stop: display)
    assert display.deeds == ["step", "step", "step", "finished"]
    assert outcome == (FINISHED, 0)


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_training_end_by_itself(number: int, exit_code: int) -> None:
    display = Collector()
    outcome = follow(lambda stop, tell: training(stop, signals=(number,)), choose=lambda stop: display)
    assert display.deeds == ["step", "step", "step", "sample", "finished"]
    assert outcome == (FINISHED, exit_code)


def test_two_ctrl_c_end_it_at_once() -> None:
    display = Collector()
    with pytest.raises(KeyboardInterrupt):
        follow(lambda stop, tell: training(stop, signals=(signal.SIGINT, signal.SIGINT)), choose=lambda stop: display)
    assert display.deeds == ["step", "step"]


def test_a_wish_to_stop_is_heard_even_if_nobody_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int, data: bytes) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(following.os, "write", broken)
    display = Collector()
    outcome = follow(lambda stop, tell: training(stop, signals=(signal.SIGINT,)), choose=lambda stop: display)
    assert display.deeds[-2:] == ["sample", "finished"]
    assert outcome.exit_code == 130


@pytest.mark.parametrize("tells_itself", [False, True])
def test_on_a_terminal_too_the_wish_to_stop_is_answered_once(
    tells_itself: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bytes] = []
    monkeypatch.setattr(following.os, "write", lambda descriptor, data: said.append(data))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    display = Collector()
    monkeypatch.setattr(display, "tells_of_stopping", tells_itself)
    follow(lambda stop, tell: training(stop, signals=(signal.SIGINT,)), choose=lambda stop: display)
    assert said == ([] if tells_itself else [f"{STOPPING}\n".encode()])


def test_a_reader_that_goes_away_stops_and_saves() -> None:
    class Broken(Display):
        def show(self, record: AnyRecord) -> None:
            raise BrokenPipeError

        def step(self) -> None:
            raise BrokenPipeError

    seen: list[bool] = []

    def begin(stop: Callable[[], bool], tell: Tell) -> Iterator[AnyRecord]:
        seen.extend((stop(), stop()))
        yield FINISHED

    outcome = follow(begin, choose=lambda stop: Broken())
    assert seen == [True, True]
    assert outcome == (FINISHED, 0)


def test_a_run_without_a_last_record_has_none() -> None:
    assert follow(lambda stop, tell: iter(()), choose=lambda stop: Collector()).finished is None


def test_the_display_fits_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(*, is_quiet: bool = False) -> str:
        return type(choose_display(is_quiet=is_quiet, is_stopping=lambda: False)).__name__

    assert chosen(is_quiet=True) == "Silence"
    assert chosen() == PlainLines.__name__
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert chosen() == NotebookLine.__name__
    monkeypatch.delitem(sys.modules, "ipykernel")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert chosen() == "LiveDisplay"
