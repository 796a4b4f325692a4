"""Put training records into words.

This module prints nothing.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from penwright.cli.display.durations import format_duration
from penwright.errors import counted

if TYPE_CHECKING:
    from penwright.training.records import (
        AnyRecord,
        Evaluation,
        Finished,
        Planned,
        PlannedSize,
        Progress,
        RolledBack,
        Sample,
        Saved,
    )

STOPPING = "Stopping: finishing this step, then saving. Ctrl-C once more stops at once."


MIN_STEPS = 5
"""Number of updates that a speed must be measured over before it is shown, and a time until the end estimated."""
RECORDS_AVERAGED = 10


class Status:
    """Status of a training: the newest record of each kind so far."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.evaluation: Evaluation | None = None
        self.best: float | None = None
        """Best bits per character on held-out books that this session has seen."""
        self.sample: Sample | None = None
        self.saved: Saved | None = None
        self.finished: Finished | None = None
        self._speeds: deque[tuple[int, float]] = deque(maxlen=RECORDS_AVERAGED)  # updates, characters a second

    @property
    def speed(self) -> float | None:
        """Mean characters a second of the last records; None while too few updates stand behind it."""
        if sum(steps for steps, _ in self._speeds) < MIN_STEPS:
            return None
        return sum(speed for _, speed in self._speeds) / len(self._speeds)

    def take(self, record: "AnyRecord") -> None:
        """Take note of a record."""
        from penwright.training import records

        match record:
            case records.Progress():
                if self.progress is not None and record.chars_per_second > 0:
                    self._speeds.append((record.step - self.progress.step, record.chars_per_second))
                self.progress = record
            case records.Evaluation():
                self.evaluation = record
                self.best = min(record.bits_per_char, math.inf if self.best is None else self.best)
            case records.Sample():
                self.sample = record
            case records.Saved():
                self.saved = record
            case records.Finished():
                self.finished = record
                if self.progress is not None:
                    self.progress = replace(self.progress, step=record.step)

    def line(self) -> str:
        """Return the status in one line, with the share done and the time left."""
        assert self.progress is not None
        percent, eta = f"{100 * self.progress.fraction_done:.0f} %", self.progress.eta_seconds
        end = "" if self.speed is None else f" · ETA {format_duration(eta)}"
        step, _, rest = self.figures().partition(" · ")
        return f"{step} · {percent} · {rest}{end}"

    def figures(self, width: int | None = None) -> str:
        """Return step, speed and scores in one line; empty before the first progress record.

        Args:
            width: Number of columns. The line drops the least important parts until it fits. None for no limit.
        """
        if self.progress is None:
            return ""
        held_out = self.evaluation.bits_per_char if self.evaluation else None
        return status_line(self.progress, speed=self.speed, held_out=held_out, best=self.best, width=width)


def status_line(
    progress: "Progress",
    *,
    speed: float | None = None,
    held_out: float | None = None,
    best: float | None = None,
    width: int | None = None,
) -> str:
    """Return step, speed and scores in one line.

    Args:
        progress: Newest progress record.
        speed: Characters a second; None if it is not known yet.
        held_out: Newest bits per character on held-out books, None before the first evaluation.
        best: Best bits per character so far.
        width: Number of columns. The line drops the least important parts until it fits. None for no limit.
    """
    step = f"step {progress.step:,} · "
    rate = "" if speed is None else f"{significant(speed):,} chars/s · "
    bits = f"{progress.bits_per_char:.2f}"
    full = short = ""
    if held_out is not None:
        short = f" (held-out {held_out:.2f})"
        full = f" (held-out {held_out:.2f}, best {best:.2f})" if best is not None else short
    lines = (
        f"{step}{rate}{bits} bits/char{full}",
        f"{step}{rate}{bits} bits/char{short}",
        f"{step}{bits} bits/char{short}",
        f"{step}{bits} bits/char",
        f"{step}{bits}",
        bits,
    )
    return next((line for line in lines if width is None or len(line) <= width), lines[-1])


def remark(record: "AnyRecord") -> str | None:
    """Return a sentence for a record out of the ordinary, else None."""
    from penwright.training import records

    match record:
        case records.Planned():
            return plan_sentence(record)
        case records.RolledBack():
            return _rollback_sentence(record)
        case records.FellBack():
            return f"{' '.join(record.refused)} Going on from step {record.step:,}."
        case records.Finished(reason="patience"):
            return "The held-out text no longer improves: training ends early, and the best author is kept."
    return None


def evaluation_sentence(evaluation: "Evaluation") -> str:
    """Return a sentence on an evaluation on held-out books."""
    best = ", the best so far" if evaluation.is_best else ""
    where = f" on {counted(evaluation.num_chars, 'character')}"
    return f"held-out text after step {evaluation.step:,}: {evaluation.bits_per_char:.3f} bits/char{where}{best}"


def plan_sentence(planned: "Planned") -> str:
    """Return sentences on the chosen size, its forecast, and its neighbours."""
    choice = planned.choice
    others = [size for size in planned.sizes if size.name != choice.name]
    beside = " and ".join(f"{size.name} {size.bits_per_char:.2f}" for size in _nearest(others, choice))
    why = f" Beside it: {beside}." if beside and planned.difficulty is not None else ""
    return (
        f"Size {choice.name}, {millions(choice.num_parameters)} weights: at {significant(choice.chars_per_second):,} "
        f"chars/s in {choice.batch_size} lanes it will read {millions(choice.chars_read)} characters. "
        f"{_expectation(planned)}{why}".rstrip()
    )


def expected_range(planned: "Planned") -> str | None:
    """Return the forecast for the chosen size, such as "1.66 (1.60 to 1.72)"; None without held-out books."""
    choice = planned.choice
    if planned.difficulty is None:
        return None
    return f"{choice.bits_per_char:.2f} ({choice.low:.2f} to {choice.high:.2f})"


def millions(number: float) -> str:
    """Return a large number in words, such as "9.6 million"."""
    return f"{number / 1e6:,.1f} million" if number >= 1e5 else f"{significant(number):,}"


def _expectation(planned: "Planned") -> str:
    expected = expected_range(planned)
    return "" if expected is None else f"Expected on held-out text: {expected} bits/char."


def _nearest(sizes: "Sequence[PlannedSize]", choice: "PlannedSize") -> "Sequence[PlannedSize]":
    """Return the next smaller and the next larger of some sizes, in order."""
    smaller = [size for size in sizes if size.num_parameters < choice.num_parameters]
    larger = [size for size in sizes if size.num_parameters > choice.num_parameters]
    return [*smaller[-1:], *larger[:1]]


def significant(number: float, digits: int = 3) -> int:
    """Round to a few significant digits, for numbers whose last ones only flicker."""
    if number < 1 or not math.isfinite(number):
        return 0
    return int(round(number, min(0, digits - 1 - math.floor(math.log10(number)))))


def _rollback_sentence(record: "RolledBack") -> str:
    what = "was not a number" if record.loss is None else f"jumped to {record.loss:.2f} nats per symbol"
    return (
        f"The loss {what} after step {record.step:,} (reading {record.book}): went back to step "
        f"{record.back_to_step:,} and goes on with the learning rate times {record.learning_rate_scale:g}."
    )
