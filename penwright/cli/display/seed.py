"""Show a training as the 2017 system did: comparison table, statistics, progress bar, framed samples, all scrolling.

`report.seed_format` makes the words; this module knows only their order.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING

from penwright.cli.display.base import Display
from penwright.cli.display.words import remark
from penwright.cli.output import visible

if TYPE_CHECKING:
    from penwright.training.records import AnyRecord, Comparison, Progress, Saved


class SeedDisplay(Display):
    """Text that scrolls, with a bar that grows with each update between two comparisons."""

    def __init__(
        self,
        stream: IO[str],
        *,
        train_chars: int,
        val_chars: int,
        val_titles: Sequence[str],
        compare_every: int,
    ) -> None:
        """Prepare to write.

        Args:
            stream: Stream to write to.
            train_chars: Number of characters in the training books.
            val_chars: Number of characters in the held-out books.
            val_titles: Titles of the held-out books.
            compare_every: Number of updates between two comparisons; 0 for no comparisons and no bar.
        """
        self._stream = stream
        self._sizes = (train_chars, val_chars)
        self._val_titles = val_titles
        self._compare_every = compare_every
        self._epoch = 1
        self._has_told_sizes = False
        self._bar: int | None = None  # updates that the open bar shows
        self._may_open_bar = False
        self._held: list[str] = []  # lines that wait for the bar's end

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close_bar()

    def step(self) -> None:
        """Open the bar, or let it grow by the last update."""
        from penwright.report import seed_format

        if self._bar is not None:
            self._grow_bar(to=self._bar + 1)
        elif self._may_open_bar:
            self._bar, self._may_open_bar = 0, False
            self._line(seed_format.bar_header(f"Training on next {self._compare_every} batches"))

    def show(self, record: "AnyRecord") -> None:
        """Write a record."""
        from penwright.report import seed_format
        from penwright.training import records

        if isinstance(record, records.Progress | records.Saved):
            # Both come one step before the comparison that fills the bar; told at once they would tear it.
            self._hold(record)
            return
        if isinstance(record, records.Comparison) and self._bar is not None:
            self._grow_bar(to=self._compare_every)
        self._close_bar()
        match record:
            case records.Comparison():
                self._compare(record)
            case records.Evaluation():
                self._line(seed_format.RUNNING_VALIDATION)
                self._line(seed_format.validation_line(record, epoch=self._epoch))
                self._line(seed_format.validation_stats(record))
            case records.Sample():
                self._line(seed_format.generation_header())
                self._line(seed_format.LineBreaker().push(record.prompt + record.text))
                self._line(seed_format.generation_footer())
            case _:
                sentence = remark(record)
                if sentence is not None:
                    self._line(sentence)

    def _hold(self, record: "Progress | Saved") -> None:
        """Keep a record's lines until the bar ends, or write them if there is none."""
        from penwright.report import seed_format
        from penwright.training import records

        if isinstance(record, records.Progress):
            self._epoch = record.epoch
            self._held.append(seed_format.progress_line(record))
        else:
            self._held += [seed_format.SAVED_WEIGHTS, seed_format.saved_line(record)]
        if self._bar is None:
            self._close_bar()

    def _compare(self, comparison: "Comparison") -> None:
        from penwright.report import seed_format

        if not self._has_told_sizes:
            self._has_told_sizes = True
            train_chars, val_chars = self._sizes
            self._line(
                seed_format.sizes_line(
                    train_chars=train_chars, val_chars=val_chars, windows_per_epoch=comparison.num_windows
                )
            )
            if self._val_titles:
                self._line(seed_format.validating_line(self._val_titles))
        self._line(seed_format.comparison_table(comparison))
        self._line(seed_format.training_stats(comparison))
        self._may_open_bar = self._compare_every > 0

    def _grow_bar(self, *, to: int) -> None:
        from penwright.report.seed_format import bar_part

        assert self._bar is not None
        while self._bar < min(to, self._compare_every):
            self._bar += 1
            print(bar_part(self._bar, num_steps=self._compare_every), end="", file=self._stream, flush=True)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar = None
            print(file=self._stream, flush=True)
        while self._held:
            self._line(self._held.pop(0))

    def _line(self, text: str) -> None:
        print(visible(text), file=self._stream, flush=True)
