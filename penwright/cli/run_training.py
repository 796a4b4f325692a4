"""One session of training from the terminal: begin a run or go on with one, show it, report the outcome.

This module holds the order of things. The words stand in `display/summary` and `display/words`, and the displays show
them. If `torchrun` starts several processes, they train together and the first speaks for all. Import this module when
a training begins: it loads torch.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from penwright.author.author import Author
from penwright.author.card import Card
from penwright.cli.config_layers import ConfigLayers
from penwright.cli.display.base import Display, Follower, Together
from penwright.cli.display.following import choose_display, follow
from penwright.cli.display.seed import SeedDisplay
from penwright.cli.display.summary import before_of, beginning, outcome_json, outcome_lines, plan_of, resume_command
from penwright.cli.display.tensorboard import TensorBoardLog
from penwright.cli.failures import sentence_of
from penwright.cli.finding import new_run_dir
from penwright.cli.indexing import opened_index
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.old_books import compare_on, unlearned
from penwright.cli.output import print_json, say, visible
from penwright.cli.shelves import choose_shelf, prepare_books
from penwright.cli.speech import Speech
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError, RunError, UsageError
from penwright.training import distributed
from penwright.training import start as training
from penwright.training.from_author import StartAuthor
from penwright.training.machine import choose_device
from penwright.training.planning.plan import is_to_be_planned
from penwright.training.records import AnyRecord
from penwright.training.runs.checkpoint import list_checkpoints
from penwright.training.runs.folder import RunFolder, check_free
from penwright.training.runs.restarts import RunState, state_of
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import Resolved, resolve_from

SEED_PRESET = "seed"


class After(NamedTuple):
    """What is done when the training has ended."""

    old_books: Corpus | None
    """Books to score the author on, before and after."""
    makes_index: bool
    """True to make the index of the books."""


def begin_run(
    paths: Sequence[str],
    *,
    wants_default: bool,
    layers: ConfigLayers,
    run: Path | None,
    speech: Speech,
    start: str | None = None,
    old_books: str | None = None,
    makes_index: bool = False,
) -> int:
    """Prepare books, make a folder, train.

    Args:
        paths: Books that the user named; may be empty.
        wants_default: True if the user asked for the default shelf.
        layers: The configuration.
        run: Folder of the run, None for a new one.
        speech: How much to say.
        start: Author to begin from, as the user named it; None to begin from nothing.
        old_books: Books to score that author and the new one on, None for none.
        makes_index: True to make the index of the books when the training ends.

    Returns:
        The exit code.
    """
    author = None if start is None else Author.load(start)
    begun = None if author is None else _begun_from(author)
    resolved = resolve_from(begun, **layers._asdict())
    if run is not None and distributed.job() is None:
        check_free(run)
    choose_device(resolved.config.train.device)  # refuses one that is not there before the books are prepared
    with distributed.joined() as world:
        if run is None and world.size > 1:
            raise UsageError("several processes train together and need one folder. Name it: --run-dir DIR")
        speech = speech._replace(leads=world.leads)
        if run is not None and distributed.job() is not None:
            state = state_of(run, world=world)
            if state is RunState.ENDED:
                speech.say(f"{run} has ended. Nothing is left to do.")
                return 0
            if state is RunState.UNFINISHED:
                speech.say(f"Going on with {run}, which this job has begun.")
                return _resume(
                    run, world, paths=paths, lengths={}, speech=speech, old_books=old_books, makes_index=makes_index
                )
        with distributed.leader_first(world):
            shelf = choose_shelf(paths, wants_default=wants_default, say=speech.say, warn=speech.warn)
            corpus = _prepare(shelf.paths, config=resolved.config, speech=speech)
            old = None
            if begun is not None and old_books is not None:
                old = _prepare_old(old_books, card=begun.card, config=resolved.config)
        folder = run if run is not None else new_run_dir(shelf.name)
        is_planned = author is None and is_to_be_planned(resolved, world=world)
        vocab_size = corpus.alphabet.vocab_size
        if begun is not None:
            vocab_size = begun.alphabet_for(corpus).vocab_size
            if known := begun.num_known(corpus):
                speech.warn(
                    f"The author has learned from {known:,} of these {corpus.num_books:,} books before. Scores on "
                    "them say nothing about new books."
                )
        speech.say(beginning(resolved.config, vocab_size=vocab_size, run=folder, is_planned=is_planned))
        begin = partial(training.train, corpus, run=folder, start=author, **layers._asdict())
        try:
            config, after = resolved.config, After(old_books=old, makes_index=makes_index)
            return _follow(begin, run=folder, config=config, corpus=corpus, speech=speech, after=after)
        finally:
            if run is None:
                with suppress(OSError):
                    folder.rmdir()  # does nothing unless it is still empty: the training never began


def resume_run(
    run: Path,
    *,
    paths: Sequence[str],
    lengths: Mapping[str, Any],
    speech: Speech,
    old_books: str | None = None,
    makes_index: bool = False,
) -> int:
    """Go on with a run.

    Args:
        run: Folder of the run.
        paths: The books of the run, if they are to be prepared again; may be empty.
        lengths: New limits of the whole run, each None when not given.
        speech: How much to say.
        old_books, makes_index: See `begin_run`.

    Returns:
        The exit code.
    """
    RunFolder.open(run)  # refuses one that is not there
    with distributed.joined() as world:
        speech = speech._replace(leads=world.leads)
        return _resume(
            run, world, paths=paths, lengths=lengths, speech=speech, old_books=old_books, makes_index=makes_index
        )


def _resume(
    run: Path,
    world: distributed.World,
    *,
    paths: Sequence[str],
    lengths: Mapping[str, Any],
    speech: Speech,
    old_books: str | None,
    makes_index: bool,
) -> int:
    """Go on with a run, the processes having joined."""
    folder = RunFolder.open(run)
    config = folder.config()
    choose_device(config.train.device)
    if any(length is not None for length in lengths.values()):
        config = replace(config, train=replace(config.train, **lengths))
    if paths:
        with distributed.leader_first(world):
            corpus = _prepare(paths, config=config, speech=speech)
    else:
        corpus = _prepared_before(str(folder.env().get("corpus", {}).get("path", "")), run=run)
    old = None
    if old_books is not None:
        if not folder.has_start:
            raise UsageError(f"{run} began from nothing, so there are no old books. Leave out --old-books.")
        old = _prepare_old(old_books, card=Author.load(folder.start_path).card, config=config)
    begin = partial(training.resume, run, corpus=corpus, **lengths)
    after = After(old_books=old, makes_index=makes_index)
    return _follow(begin, run=run, config=config, corpus=corpus, speech=speech, after=after)


def configuration_from(start: str, *, layers: ConfigLayers) -> Resolved:
    """Return the configuration of a training that would begin from an author.

    Args:
        start: The author, as the user named it.
        layers: The configuration that the user gave.
    """
    return resolve_from(_begun_from(Author.load(start)), **layers._asdict())


def _begun_from(author: Author) -> StartAuthor:
    return StartAuthor(author.model, author.alphabet, author.card)


def _prepare(paths: Sequence[str | Path], *, config: RunConfig, speech: Speech) -> Corpus:
    is_silent = speech.is_quiet or not speech.leads
    return prepare_books(paths, config=config.corpus, say=speech.say, is_quiet=is_silent)


def _prepare_old(path: str, *, card: Card, config: RunConfig) -> Corpus:
    """Prepare old books, and refuse those that the author has learned from."""
    corpus = prepare_books([path], config=config.corpus, say=lambda _: None, is_quiet=True)
    unlearned(corpus, card)
    return corpus


def _prepared_before(path: str, *, run: Path) -> Corpus:
    """Open the books of a run where it left them; a cache may have been emptied since."""
    try:
        return Corpus.open(path)
    except CorpusError as error:
        raise CorpusError(f"{error} To do so, name them: {resume_command(run)} PATH") from error


def _follow(
    begin: Callable[..., Iterator[AnyRecord]],
    *,
    run: Path,
    config: RunConfig,
    corpus: Corpus,
    speech: Speech,
    after: After,
) -> int:
    """Train and show the training; return the exit code."""
    checkpoints = run / "checkpoints"
    try:
        outcome = follow(begin, choose=partial(_display, run=run, config=config, corpus=corpus, speech=speech))
    except KeyboardInterrupt:
        if speech.leads and list_checkpoints(checkpoints):
            say(f"penwright: stopped at once. Go on from the last checkpoint: {resume_command(run)}")
            return EXIT_INTERRUPTED
        raise
    except OSError as error:
        if speech.leads and list_checkpoints(checkpoints):
            raise RunError(
                f"{sentence_of(error)} Then go on from the last checkpoint: {resume_command(run)}"
            ) from error
        raise
    if speech.leads and outcome.finished is not None:
        kept = None
        if after.old_books is not None:
            try:
                kept = compare_on(after.old_books, start=RunFolder(run).start_path, author=RunFolder(run).author_path)
            except CorpusError as error:  # the training is done all the same
                speech.warn(f"The old books were not scored: {error}")
        index = _make_index(corpus, speech=speech) if after.makes_index else {}
        if speech.as_json:
            print_json({**outcome_json(outcome.finished, run=run, before=before_of(run), kept=kept), **index})
        else:
            lines = outcome_lines(outcome.finished, run=run, planned=plan_of(run), before=before_of(run), kept=kept)
            for line in lines:
                print(visible(line))
    return outcome.exit_code


def _make_index(corpus: Corpus, *, speech: Speech) -> dict[str, str]:
    """Make the index of the books if there is none, and return its path for JSON; nothing if it cannot be made."""
    try:
        path = str(opened_index(corpus).path)
    except CorpusError as error:  # the training is done all the same
        speech.warn(f"The books were not indexed: {error}")
        return {}
    speech.say(f"The index of the books: {path}")
    return {"index": path}


def _display(
    is_stopping: Callable[[], bool], *, run: Path, config: RunConfig, corpus: Corpus, speech: Speech
) -> Display:
    """Return the display that fits, with curves for TensorBoard; for the seed preset the 2017 system's own."""
    if not speech.leads:
        return Follower()
    if config.preset != SEED_PRESET:
        display = choose_display(is_quiet=speech.is_quiet, is_stopping=is_stopping, seconds=config.train.seconds)
        return Together(TensorBoardLog(run), display)
    log = TensorBoardLog(run, say=speech.say)
    if speech.is_quiet:
        return log
    seed_display = SeedDisplay(
        sys.stderr,
        train_chars=corpus.num_chars("train"),
        val_chars=corpus.num_chars("val"),
        val_titles=[book.title for book in corpus.books_in("val")],
        compare_every=config.train.compare_every,
    )
    return Together(log, seed_display)
