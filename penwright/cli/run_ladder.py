"""Climb the ladder: the same books, prepared once, learned by one rung after the other, each in a run of its own.

The folder of a ladder holds `ladder.json` (what was asked for), `n-gram.json` (the rung that only counts), one run for
each network, named after its rung, and the page `ladder.html`. Rungs that have ended are kept when it is resumed.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from penwright.cli.display.base import Display
from penwright.cli.display.following import choose_display, follow
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.options import Settings
from penwright.cli.speech import Speech
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError, RunError, counted, quoted
from penwright.evaluation.baselines.table_author import TableEngine, count_corpus, score_counts
from penwright.evaluation.passages import choose_passages
from penwright.files import write_json, write_text
from penwright.report.ladder import NGRAM, NGRAM_ORDER, RUNGS, LadderStory, Rung, RungResult, final_chars, rung_result
from penwright.report.ladder_page import render_ladder_page
from penwright.report.markup import duration
from penwright.training.machine import choose_device, choose_precision, package_versions
from penwright.training.records import AnyRecord
from penwright.training.runs.checkpoint import list_checkpoints
from penwright.training.runs.folder import RunFolder
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import resolve_config
from penwright.training.start import resume, train
from penwright.writing.generation import iter_text
from penwright.writing.sampling import draws_of

LADDER_NAME, PAGE_NAME, NGRAM_NAME = "ladder.json", "ladder.html", f"{NGRAM}.json"
FORMAT = 1
EXIT_FAILED = 1


class Ladder(NamedTuple):
    """What was asked for."""

    path: Path
    corpus: Corpus
    overrides: Settings
    """Settings of every rung."""

    def config(self, rung: Rung) -> RunConfig:
        """Return the configuration of a rung."""
        return resolve_config(rung.preset, overrides=self.overrides).config


def new_ladder(path: Path, *, corpus: Corpus, overrides: Settings) -> Ladder:
    """Make the folder of a ladder.

    Args:
        path: The folder; it may exist, if it is empty.
        corpus: The books.
        overrides: Settings of every rung.

    Raises:
        RunError: If it holds something already.
    """
    check_free(path)
    train_table = {**overrides.get("train", {})}
    train_table.setdefault("final_val_chars", final_chars(train_table.get("seconds")))
    settings = resolve_config(RUNGS[-1].preset, overrides=overrides).config.train
    # "auto" is decided by timing. Decided rung by rung, it could be another for each.
    train_table["precision"] = choose_precision(settings.precision, choose_device(settings.device))
    ladder = Ladder(path, corpus, {**overrides, "train": train_table})
    path.mkdir(parents=True, exist_ok=True)
    books = {"corpus": str(corpus.path.absolute()), "digest": corpus.digest}
    write_json(path / LADDER_NAME, {"format": FORMAT, **books, "overrides": ladder.overrides})
    return ladder


def check_settings(overrides: Settings) -> None:
    """Check settings of all rungs before any of them begins.

    Raises:
        ConfigError: If one does not exist, or is out of bounds for a rung.
    """
    for rung in RUNGS:
        resolve_config(rung.preset, overrides=overrides)


def check_free(path: Path) -> None:
    """Check that a ladder can begin in a folder.

    Raises:
        RunError: If the folder holds something.
    """
    if (path / LADDER_NAME).exists():
        raise RunError(f"{path} already holds a ladder. Go on with: penwright ladder --resume {quoted(path)}")
    if path.is_dir() and any(path.iterdir()):
        raise RunError(f"{path} is not empty. Name another folder with --run.")


def open_ladder(path: Path) -> Ladder:
    """Open a ladder to go on with.

    Raises:
        RunError: If there is none, or its file is damaged.
        CorpusError: If the books are no longer prepared, or have changed.
    """
    file = path / LADDER_NAME
    if not file.is_file():
        raise RunError(f"{path} is no ladder: it has no {LADDER_NAME}. Begin one: penwright ladder PATH")
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        books, digest, overrides = str(data["corpus"]), str(data["digest"]), data["overrides"]
        tables = {str(name): dict(table) for name, table in overrides.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{file} cannot be read: {error!r:.100}. Begin a new ladder: penwright ladder PATH") from error
    corpus = Corpus.open(books)
    if corpus.digest != digest:
        raise CorpusError("the books have changed since the ladder began. Begin a new one: penwright ladder PATH")
    check_settings(tables)
    return Ladder(path, corpus, tables)


def climb(ladder: Ladder, *, speech: Speech) -> tuple[LadderStory, int]:
    """Train the rungs that have not ended, and write the page.

    Args:
        ladder: The ladder.
        speech: How much to say.

    Returns:
        What became of it, and the exit code: 0, 1 if a rung failed, or 128 plus the signal that ended it.
    """
    exit_code, notes = 0, list[str]()
    for number, rung in enumerate(RUNGS, start=1):
        if _has_ended(ladder, rung):
            speech.say(f"Rung {number} of {len(RUNGS)}, {rung.name}: has ended before, and is kept.")
            continue
        speech.say(f"Rung {number} of {len(RUNGS)}, {rung.name}. {rung.idea}")
        if rung.preset is None:
            _count(ladder)
            continue
        try:
            exit_code = _train(ladder, rung, speech=speech)
        except RunError as error:  # the other rungs can still be climbed
            notes.append(f"The rung {rung.name} failed: {error}")
            speech.warn(notes[-1])
        if exit_code:
            break
    story = tell_story(ladder, notes=tuple(notes))
    write_text(ladder.path / PAGE_NAME, render_ladder_page(story))
    return story, exit_code or (EXIT_FAILED if notes else 0)


def tell_story(ladder: Ladder, *, notes: tuple[str, ...] = ()) -> LadderStory:
    """Return what became of each rung so far, from the files of the ladder."""
    corpus, config = ladder.corpus, ladder.config(RUNGS[-1])
    counted_rung, order_1_bits = _kept_count(ladder.path / NGRAM_NAME)
    results = [counted_rung if rung.preset is None else _result_of(ladder, rung) for rung in RUNGS]
    limits = config.train
    length = counted(limits.epochs or 0, "reading of all books", "readings of all books")
    if limits.steps is not None:
        length = counted(limits.steps, "step")
    elif limits.seconds is not None:
        length = duration(limits.seconds)
    env = {"versions": package_versions()}
    for rung in RUNGS:
        if rung.preset is not None and RunFolder(ladder.path / rung.name).env_path.is_file():
            env["machine"] = RunFolder(ladder.path / rung.name).env().get("machine", {})
    return LadderStory(
        name=ladder.path.resolve().name,
        path=str(ladder.path),
        length=length,
        vocab_size=corpus.alphabet.vocab_size,
        train_chars=corpus.num_chars("train"),
        results=tuple(results),
        order_1_bits=order_1_bits,
        holds_out_passages=corpus.holds_out_passages,
        env=env,
        notes=notes,
    )


def _has_ended(ladder: Ladder, rung: Rung) -> bool:
    if rung.preset is None:
        return _kept_count(ladder.path / NGRAM_NAME)[0].ending != ""
    folder = RunFolder(ladder.path / rung.name)
    return folder.config_path.is_file() and folder.ending() is not None


def _count(ladder: Ladder) -> None:
    """Count the books, score and write with the counts, and keep the result."""
    corpus, config = ladder.corpus, ladder.config(RUNGS[-1])
    began = time.monotonic()
    counts, num_counted = count_corpus(corpus, order=NGRAM_ORDER)
    seconds = time.monotonic() - began
    passages = choose_passages(corpus, corpus.books_in("val"), max_chars=config.train.final_val_chars)
    score = score_counts(counts, passages) if any(passage.num_chars for passage in passages) else None
    diary = config.diary
    strings = iter_text(
        TableEngine(counts),
        corpus.alphabet,
        diary.prompt,
        sampling=diary.sampling(epoch=1),
        draws=draws_of(diary.seed),
    )
    result = RungResult(
        name=NGRAM,
        ending="counted",
        bits_per_char=None if score is None else score.bits_per_char,
        accuracy=None if score is None else score.accuracy,
        num_chars=0 if score is None else score.num_chars,
        chars_read=num_counted,
        seconds=seconds,
        num_parameters=counts.num_entries(),
        prompt=diary.prompt,
        sample="".join(islice(strings, diary.max_chars)),
    )
    order_1 = None if score is None else score.order_1_bits_per_char
    write_json(ladder.path / NGRAM_NAME, {"order_1_bits_per_char": order_1, "result": asdict(result)})


def _kept_count(path: Path) -> tuple[RungResult, float | None]:
    """Return the rung that counts, and the score of the order-1 table; a rung without an ending if it is not kept."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        kept, order_1 = data["result"], data["order_1_bits_per_char"]
        is_scored = order_1 is not None
        result = RungResult(
            name=NGRAM,
            ending="counted",
            bits_per_char=float(kept["bits_per_char"]) if is_scored else None,
            accuracy=float(kept["accuracy"]) if is_scored else None,
            num_chars=int(kept["num_chars"]),
            chars_read=int(kept["chars_read"]),
            seconds=float(kept["seconds"]),
            num_parameters=int(kept["num_parameters"]),
            prompt=str(kept["prompt"]),
            sample=str(kept["sample"]),
        )
        return result, float(order_1) if is_scored else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # none yet, or a damaged one: counted again
        return RungResult(name=NGRAM), None


def _train(ladder: Ladder, rung: Rung, *, speech: Speech) -> int:
    """Train a rung, or go on with it, and return the exit code."""
    path, config = ladder.path / rung.name, ladder.config(rung)
    begin: Callable[..., Iterator[AnyRecord]]
    if list_checkpoints(path / "checkpoints"):
        begin = partial(resume, path, corpus=ladder.corpus)
    else:
        begin = partial(train, ladder.corpus, run=path, preset=rung.preset, overrides=ladder.overrides)

    def choose(is_stopping: Callable[[], bool]) -> Display:
        return choose_display(is_quiet=speech.is_quiet, is_stopping=is_stopping, seconds=config.train.seconds)

    outcome = follow(begin, choose=choose)
    was_stopped = outcome.finished is not None and outcome.finished.reason == "stopped"
    return outcome.exit_code or (EXIT_INTERRUPTED if was_stopped else 0)


def _result_of(ladder: Ladder, rung: Rung) -> RungResult:
    folder = RunFolder(ladder.path / rung.name)
    if not folder.config_path.is_file():
        return RungResult(name=rung.name)
    num_parameters = folder.env().get("num_parameters")
    return rung_result(
        rung.name, folder.metrics(), num_parameters=num_parameters if isinstance(num_parameters, int) else None
    )
