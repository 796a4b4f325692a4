"""One session of training from the terminal: begin a run or go on with one, show it, say what came of it.

The order of things only: what is said stands in `summary` and `words`, how it is shown in the displays. Started several
times by `torchrun`, the processes train together and the first speaks for all.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from penwright.cli.display.base import Display, Silence, Together
from penwright.cli.display.following import choose_display, follow
from penwright.cli.display.summary import beginning, outcome_json, outcome_lines, plan_of, resume_command
from penwright.cli.failures import sentence_of
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.layers import Layers
from penwright.cli.output import print_json, say, visible
from penwright.cli.places import new_run_dir
from penwright.cli.shelves import choose_shelf, prepare_books
from penwright.errors import CorpusError, RunError, UsageError

if TYPE_CHECKING:
    from penwright.corpus.store import Corpus
    from penwright.training.distributed import World
    from penwright.training.records import AnyRecord
    from penwright.training.settings.config import RunConfig

    Begin = Callable[[Callable[[], bool]], Iterator[AnyRecord]]

SEED_PRESET = "seed"
Made = TypeVar("Made")


class Manner(NamedTuple):
    """How a command speaks."""

    is_quiet: bool
    """Nothing but the result."""
    as_json: bool
    """The result as one JSON object."""
    leads: bool = True
    """Whether this process speaks for all that train together; the others say nothing."""

    def say(self, sentence: str) -> None:
        """Say something that is not the result."""
        if not self.is_quiet:
            self.warn(sentence)

    def warn(self, sentence: str) -> None:
        """Say what must be heard, quiet or not."""
        if self.leads:
            say(sentence)


def begin_run(
    paths: Sequence[str],
    *,
    wants_default: bool,
    layers: Layers,
    run: Path | None,
    manner: Manner,
) -> int:
    """Prepare books, make a folder, train.

    Args:
        paths: Books that the user named; may be empty.
        wants_default: Whether the default shelf was asked for.
        layers: The configuration.
        run: The folder, None for a new one.
        manner: How to speak.

    Returns:
        The exit code.
    """
    from penwright.training.distributed import joined
    from penwright.training.planning.plan import is_to_be_planned
    from penwright.training.start import train

    resolved = layers.resolve()
    if run is not None and (run / "config.toml").exists():
        raise RunError(f"{run} already holds a run. Go on with it: {resume_command(run)}, or name another folder.")
    with joined() as world:
        if run is None and world.size > 1:
            raise UsageError("several processes train together and need one folder. Name it: --run-dir DIR")
        manner = manner._replace(leads=world.leads)

        def prepare() -> "tuple[Corpus, str]":
            shelf = choose_shelf(paths, wants_default=wants_default, say=manner.say, warn=manner.warn)
            return _prepare(shelf.paths, config=resolved.config, manner=manner), shelf.name

        corpus, name = _leader_first(prepare, world=world)
        folder = run if run is not None else new_run_dir(name)
        is_planned = is_to_be_planned(resolved, world=world)
        vocab_size = corpus.alphabet.vocab_size
        manner.say(beginning(resolved.config, vocab_size=vocab_size, run=folder, is_planned=is_planned))
        try:
            return _follow(
                lambda stop: train(corpus, run=folder, stop=stop, **layers._asdict()),
                run=folder,
                config=resolved.config,
                corpus=corpus,
                manner=manner,
            )
        finally:
            if run is None:
                with suppress(OSError):
                    folder.rmdir()  # does nothing unless it is still empty: the training never began


def resume_run(run: Path, *, paths: Sequence[str], lengths: Mapping[str, Any], manner: Manner) -> int:
    """Go on with a run.

    Args:
        run: Its folder.
        paths: Its books, if they are to be prepared again; may be empty.
        lengths: New limits of the whole run, each None when not given.
        manner: How to speak.

    Returns:
        The exit code.
    """
    from penwright.training.distributed import joined
    from penwright.training.runs.folder import RunFolder
    from penwright.training.start import resume

    folder = RunFolder.open(run)
    config = folder.config()
    with joined() as world:
        manner = manner._replace(leads=world.leads)
        if paths:
            corpus = _leader_first(lambda: _prepare(paths, config=config, manner=manner), world=world)
        else:
            corpus = _prepared_before(folder.env().get("corpus", {}).get("path", ""), run=run)
        return _follow(
            lambda stop: resume(run, corpus=corpus, stop=stop, **lengths),
            run=run,
            config=config,
            corpus=corpus,
            manner=manner,
        )


def _prepare(paths: Sequence[str | Path], *, config: "RunConfig", manner: Manner) -> "Corpus":
    is_silent = manner.is_quiet or not manner.leads
    return prepare_books(paths, config=config.corpus, say=manner.say, is_quiet=is_silent)


def _prepared_before(path: str, *, run: Path) -> "Corpus":
    """Open the books of a run where it left them; a cache may have been emptied since."""
    from penwright.corpus.store import Corpus

    try:
        return Corpus.open(path)
    except CorpusError as error:
        raise CorpusError(f"{error} To do so, name them: {resume_command(run)} PATH") from error


def _leader_first(make: Callable[[], Made], *, world: "World") -> Made:
    """Let the leading process make something in the cache before the others find it there."""
    from penwright.training.distributed import wait_for_all

    if world.leads:
        made = make()
        wait_for_all(world)
        return made
    wait_for_all(world)
    return make()


def _follow(begin: "Begin", *, run: Path, config: "RunConfig", corpus: "Corpus", manner: Manner) -> int:
    try:
        outcome = follow(
            begin, choose=lambda stop: _display(stop, run=run, config=config, corpus=corpus, manner=manner)
        )
    except KeyboardInterrupt:
        if manner.leads and (run / "checkpoints").is_dir():
            say(f"penwright: stopped at once. Go on from the last checkpoint: {resume_command(run)}")
            return EXIT_INTERRUPTED
        raise
    except OSError as error:
        if manner.leads and (run / "checkpoints").is_dir():
            raise RunError(
                f"{sentence_of(error)} Then go on from the last checkpoint: {resume_command(run)}"
            ) from error
        raise
    if manner.leads and outcome.finished is not None:
        if manner.as_json:
            print_json(outcome_json(outcome.finished, run=run))
        else:
            for line in outcome_lines(outcome.finished, run=run, planned=plan_of(run)):
                print(visible(line))
    return outcome.exit_code


def _display(stop: Callable[[], bool], *, run: Path, config: "RunConfig", corpus: "Corpus", manner: Manner) -> Display:
    """The display that fits: the 2017 system's own for its preset, with curves for TensorBoard."""
    if not manner.leads:
        return Silence()
    if config.preset != SEED_PRESET:
        return choose_display(is_quiet=manner.is_quiet, is_stopping=stop)
    from penwright.cli.display.tensorboard import TensorBoardLog

    log = TensorBoardLog(run, say=manner.say)
    return log if manner.is_quiet else Together(log, _seed_display(config, corpus))


def _seed_display(config: "RunConfig", corpus: "Corpus") -> Display:
    from penwright.cli.display.seed import SeedDisplay

    return SeedDisplay(
        sys.stderr,
        train_chars=corpus.num_chars("train"),
        val_chars=corpus.num_chars("val"),
        val_titles=[book.title for book in corpus.books_in("val")],
        compare_every=config.train.compare_every,
    )
