"""Training from Python as a notebook shows it: progress, a chart and the newest sample in place, under the cell.

    author = raise_author("shelf/", seconds=300)

    for record in train(corpus, run="runs/shelf", seconds=300):
        ...

Outside a notebook nothing is drawn. IPython is never imported here unless a kernel has loaded it already.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec
from uuid import uuid4

from penwright.author.author import Author
from penwright.cli.display.words import Status, remark
from penwright.cli.finding import cache_dir, new_run_dir, shelf_name
from penwright.corpus.config import CorpusConfig
from penwright.corpus.preparing import prepare
from penwright.corpus.store import Corpus
from penwright.errors import AuthorError, counted
from penwright.report.curves import NARROW, Chart, Curve, draw
from penwright.report.markup import escape
from penwright.training import start as training
from penwright.training.from_author import StartAuthor
from penwright.training.records import AnyRecord, Evaluation, Finished, Progress, RolledBack
from penwright.training.settings.resolve import resolve_from

SECONDS_BETWEEN_DRAWINGS = 0.5
STYLE = """<style>
.penwright svg { max-width: 34rem; width: 100%; font: 12px sans-serif; }
.penwright text { fill: currentColor; } .penwright .grid line { stroke: currentColor; opacity: 0.2; }
.penwright .curve path { fill: none; stroke-width: 2; } .penwright .training path { stroke: #4d8ac9; }
.penwright .held-out path { stroke: #d9633b; } .penwright .training circle { fill: #4d8ac9; }
.penwright .held-out circle { fill: #d9633b; } .penwright pre { white-space: pre-wrap; max-width: 44rem; }
.penwright progress { width: 16rem; }
</style>"""

P = ParamSpec("P")


class NotebookView:
    """What a training has shown so far, as HTML."""

    def __init__(self) -> None:
        self._status = Status()
        self._training: list[tuple[float, float]] = []
        self._held_out: list[tuple[float, float]] = []
        self._remarks: list[str] = []

    def take(self, record: AnyRecord) -> None:
        """Take note of a record."""
        self._status.take(record)
        if said := remark(record):
            self._remarks.append(said)
        if isinstance(record, Progress):
            self._training.append((record.chars_read, record.bits_per_char))
        elif isinstance(record, Evaluation):
            self._held_out.append((record.chars_read, record.bits_per_char))
        elif isinstance(record, RolledBack):
            self._training = [point for point in self._training if point[0] <= record.chars_read]

    def text(self) -> str:
        """Return the figures in one line, for a reader without HTML."""
        finished = self._status.finished
        if finished is None:
            return "Beginning ..." if self._status.progress is None else self._status.line()
        best = finished.best_bits_per_char
        held_out = "" if best is None else f", best on held-out text {best:.3f} bits/char"
        how = "Stopped" if finished.reason == "stopped" else "Done"
        return f"{how}: {counted(finished.step, 'step')}, {counted(finished.chars_read, 'character')} read{held_out}"

    def html(self) -> str:
        """Return figures, bar, chart and sample as HTML, with every text escaped."""
        progress, sample, finished = self._status.progress, self._status.sample, self._status.finished
        done = 1.0 if finished is not None else progress.fraction_done if progress is not None else 0.0
        curves = (
            Curve("in training", "training", self._training),
            Curve("held-out text", "held-out", self._held_out, has_dots=True),
        )
        chart = Chart(title="Bits per character against characters read", x_label="characters read", curves=curves)
        parts = [
            f'{STYLE}<div class="penwright">',
            f'<p><progress max="1" value="{done:.3f}"></progress> {escape(self.text())}</p>',
            *(f"<p>{escape(said)}</p>" for said in self._remarks[-3:]),
            draw(chart, NARROW) if self._training or self._held_out else "",
            "<p>Blue: in training. Orange: held-out text.</p>" if self._held_out else "",
        ]
        if sample is not None:
            parts.append(f"<p>After step {sample.step:,}:</p><pre>{escape(sample.prompt + sample.text)}</pre>")
        if finished is not None and finished.author:
            parts.append(f"<p>The author: <code>{escape(finished.author)}</code></p>")
        return "\n".join([*parts, "</div>"])


def in_notebook() -> bool:
    """Return True if this code runs in the kernel of a notebook."""
    return hasattr(_shell(), "kernel")


def _shell() -> Any:
    """Return IPython's shell; None where IPython is not loaded or has none."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def show(records: Iterator[AnyRecord], *, clock: Callable[[], float] = time.monotonic) -> Iterator[AnyRecord]:
    """Pass the records of a training on, and draw it under the cell of a notebook; elsewhere nothing is drawn.

    Args:
        records: Records of a training.
        clock: Seconds that only go forward.

    Yields:
        The same records.
    """
    if not in_notebook():
        yield from records
        return
    view, display_id, drawn_at = NotebookView(), uuid4().hex, -1.0
    display = sys.modules["IPython"].display.display
    try:
        for record in records:
            view.take(record)
            if drawn_at < 0 or clock() - drawn_at >= SECONDS_BETWEEN_DRAWINGS or isinstance(record, Finished):
                _draw(display, view, display_id=display_id, is_first=drawn_at < 0)
                drawn_at = clock()
            yield record
    finally:
        if drawn_at >= 0:
            _draw(display, view, display_id=display_id, is_first=False)


def _draw(display: Callable[..., object], view: NotebookView, *, display_id: str, is_first: bool) -> None:
    bundle = {"text/html": view.html(), "text/plain": view.text()}
    display(bundle, raw=True, display_id=display_id, update=not is_first)


def _shown(function: Callable[P, Iterator[AnyRecord]]) -> Callable[P, Iterator[AnyRecord]]:
    @wraps(function)
    def shown(*args: P.args, **kwargs: P.kwargs) -> Iterator[AnyRecord]:
        yield from show(function(*args, **kwargs))

    return shown


train = _shown(training.train)
"""`training.start.train`, drawn in a notebook."""
resume = _shown(training.resume)
"""`training.start.resume`, drawn in a notebook."""


def raise_author(
    books: Corpus | str | Path | Sequence[str | Path],
    *,
    run: str | Path | None = None,
    seconds: float | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    preset: str | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int | None = None,
    start: Author | None = None,
) -> Author:
    """Train an author and return it: `prepare`, `train` and `Author.load` in one call.

    An interrupt (the stop button of a notebook, Ctrl-C) ends the training, and the best author so far is returned.

    Args:
        books: A prepared corpus, or files, folders, patterns, archives or a manifest.
        run: Folder to make. None makes a new one, runs/DATE-NAME, as the command line does.
        seconds, steps, epochs: Limit of the training; at most one. With none, ten minutes, or the preset's length.
        preset: Preset of the configuration, such as "gru". Default "default".
        overrides: Tables of settings laid over the preset, such as {"model": {"hidden_size": 64}}.
        seed: Seed of the weights and of the order of books. Default 0.
        start: Author to begin from, such as `Author.from_box()`. None begins from nothing.

    Returns:
        The best author of the run on held-out books.

    Raises:
        ConfigError: If a setting does not exist or is out of bounds.
        CorpusError: If the books cannot be prepared, or there is nothing to train on.
        RunError: If the folder holds a run already, or the loss keeps exploding.
    """
    limits = {"seconds": seconds, "steps": steps, "epochs": epochs, "seed": seed}
    given = {name: value for name, value in limits.items() if value is not None}
    tables = {**(overrides or {}), "train": {**(overrides or {}).get("train", {}), **given}}
    begun = None if start is None else StartAuthor(start.model, start.alphabet, start.card)
    config = resolve_from(begun, preset, config_file=None, overrides=tables).config  # a wrong setting is refused first
    corpus, name = _corpus_of(books, config.corpus)
    folder = Path(run) if run is not None else new_run_dir(name)
    try:
        for _ in train(corpus, run=folder, preset=preset, overrides=tables, start=start):
            pass
    except KeyboardInterrupt:
        try:
            return Author.load(folder)
        except AuthorError:
            raise KeyboardInterrupt from None  # there is no author yet
    finally:
        if run is None:
            with suppress(OSError):
                folder.rmdir()  # does nothing unless it is still empty: the training never began
    return Author.load(folder)


def _corpus_of(books: Corpus | str | Path | Sequence[str | Path], config: CorpusConfig) -> tuple[Corpus, str]:
    """Return a corpus and its short name."""
    if isinstance(books, Corpus):
        return books, "corpus"
    paths = [books] if isinstance(books, str | Path) else [*books]
    return prepare(paths, config=config, cache_dir=cache_dir()), shelf_name([str(path) for path in paths])
