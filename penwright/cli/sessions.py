"""One session of training from the terminal: begin a run or go on with one, show it, say what came of it.

The order of things only: what is said stands in `summary` and `words`, how it is shown in the displays.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from penwright.cli.display import Display, Silence, Together
from penwright.cli.following import choose_display, follow
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.output import print_json, say, visible
from penwright.cli.places import check_run_dir, is_first_process, new_run_dir
from penwright.cli.shelves import choose_shelf, prepare_books
from penwright.cli.summary import outcome_json, outcome_lines, resume_command
from penwright.errors import RunError

if TYPE_CHECKING:
    from penwright.corpus import Corpus
    from penwright.training.config import RunConfig
    from penwright.training.records import AnyRecord
    from penwright.training.resolve import Resolved

    Begin = Callable[[Callable[[], bool]], Iterator[AnyRecord]]

SEED_PRESET = "seed"


class Manner(NamedTuple):
    """How a command speaks."""

    is_quiet: bool
    """Nothing but the result."""
    as_json: bool
    """The result as one JSON object."""

    def say(self, sentence: str) -> None:
        """Say something that is not the result."""
        if not self.is_quiet and is_first_process():
            say(sentence)


def begin_run(
    paths: Sequence[str],
    *,
    wants_default: bool,
    resolved: "Resolved",
    layers: Mapping[str, Any],
    run: Path | None,
    manner: Manner,
) -> int:
    """Prepare books, make a folder, train.

    Args:
        paths: Books that the user named; may be empty.
        wants_default: Whether the default shelf was asked for.
        resolved: The configuration that `layers` lead to.
        layers: `preset`, `config_file` and `overrides` as `training.start.train` takes them.
        run: The folder, None for a new one.
        manner: How to speak.

    Returns:
        The exit code.
    """
    from penwright.training.start import train

    check_run_dir(run)
    if run is not None and (run / "config.toml").exists():
        raise RunError(f"{run} already holds a run. Go on with it: {resume_command(run)}, or name another folder.")
    shelf = choose_shelf(paths, wants_default=wants_default, say=manner.say)
    corpus = prepare_books(shelf.paths, config=resolved.config.corpus, say=manner.say, is_quiet=manner.is_quiet)
    folder = run if run is not None else new_run_dir(shelf.name)
    try:
        return _follow(
            lambda stop: train(corpus, run=folder, stop=stop, **layers),
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
    from penwright.corpus import Corpus
    from penwright.training.run_folder import RunFolder
    from penwright.training.start import resume

    folder = RunFolder.open(run)
    config = folder.config()
    if paths:
        corpus = prepare_books(paths, config=config.corpus, say=manner.say, is_quiet=manner.is_quiet)
    else:
        corpus = Corpus.open(folder.env().get("corpus", {}).get("path", ""))
    return _follow(
        lambda stop: resume(run, corpus=corpus, stop=stop, **lengths),
        run=run,
        config=config,
        corpus=corpus,
        manner=manner,
    )


def _follow(begin: "Begin", *, run: Path, config: "RunConfig", corpus: "Corpus", manner: Manner) -> int:
    try:
        outcome = follow(
            begin, choose=lambda stop: _display(stop, run=run, config=config, corpus=corpus, manner=manner)
        )
    except KeyboardInterrupt:
        if (run / "checkpoints").is_dir():
            say(f"penwright: stopped at once. Go on from the last checkpoint: {resume_command(run)}")
            return EXIT_INTERRUPTED
        raise
    if is_first_process() and outcome.finished is not None:
        if manner.as_json:
            print_json(outcome_json(outcome.finished, run=run))
        else:
            for line in outcome_lines(outcome.finished, run=run):
                print(visible(line))
    return outcome.exit_code


def _display(stop: Callable[[], bool], *, run: Path, config: "RunConfig", corpus: "Corpus", manner: Manner) -> Display:
    """The display that fits: the 2017 system's own for its preset, with curves for TensorBoard."""
    if not is_first_process():
        return Silence()
    if config.preset != SEED_PRESET:
        return choose_display(is_quiet=manner.is_quiet, is_stopping=stop)
    from penwright.cli.tracking import TensorBoardLog

    log = TensorBoardLog(run, say=manner.say)
    return log if manner.is_quiet else Together(log, _seed_display(config, corpus))


def _seed_display(config: "RunConfig", corpus: "Corpus") -> Display:
    import sys

    from penwright.cli.seed_display import SeedDisplay

    return SeedDisplay(
        sys.stderr,
        train_chars=corpus.num_chars("train"),
        val_chars=corpus.num_chars("val"),
        val_titles=[book.title for book in corpus.books_in("val")],
        compare_every=config.train.compare_every,
    )
