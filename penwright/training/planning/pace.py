"""Measure how fast networks of several sizes learn here, by letting each make a few updates of a real training.

The books, lanes, counted tables and updates are those of `Session`; only fewer characters are counted.
"""

import statistics
import time

import torch

from penwright.corpus.store import Corpus
from penwright.model.config import ModelConfig
from penwright.ngrams.context_kinds import kinds_of
from penwright.training import folds
from penwright.training.distributed import World
from penwright.training.folds import CountedShelf
from penwright.training.planning.sizes import Size, sized
from penwright.training.session import Session
from penwright.training.settings.config import RunConfig

TRIED_SYMBOLS = 3_000_000
"""Symbols counted for the tables that the trial sessions consult: enough to tell how long a whole fold takes."""
UNTIMED_SYMBOLS = 100_000
"""Symbols counted before, while kernels are fetched from the disk."""
UNTIMED_UPDATES = 2
TIMED_UPDATES = 3
SECONDS_TIMED = 0.5
"""How long the timed updates of one size go on at least, and they are never fewer than TIMED_UPDATES."""
LEARNING_RATE = 1e-4
FOLLOWERS_GROWTH = 0.85
"""The power of what is counted by which the followers grow: of 3 million characters of novels 2.5 million, of 55
million 29.6 (2026-11). So the trial's tables are pruned, which takes its time, if those of the training will be."""


class Pace:
    """Trial sessions on one corpus, and what they showed."""

    def __init__(self, corpus: Corpus, config: RunConfig) -> None:
        """Count a little of the shelf, which says how fast counting is.

        Args:
            corpus: The books.
            config: How the run will go; its threads, device and precision must be settled.
        """
        self._corpus = corpus
        self._config = config
        self._counted = None
        self.num_folds = 1
        self.ngram_symbols = config.train.ngram_symbols
        """Symbols counted for one table at most."""
        self.fold_seconds = 0.0
        """Seconds to count the tables of one fold; 0 if the model consults none."""
        self._num_ids = sum(book.num_ids for book in corpus.books_in("train"))
        self.fold_ids = self._num_ids
        """Symbols of the smallest fold; of the shelf if it is not divided."""
        self._counted_ids = 0  # outside one fold, of which its tables are counted
        self.keeps_tables = True
        """Whether the tables of all folds are kept, so that later readings of the shelf count nothing anew."""
        model_config = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
        if model_config.has_counts:
            self._count(UNTIMED_SYMBOLS, model_config)
            began = time.perf_counter()
            self._counted = self._count(TRIED_SYMBOLS, model_config)
            seconds = time.perf_counter() - began
            self.num_folds = len(self._counted.folds)
            pieces = self._counted.pieces
            self.fold_ids = min(
                sum(pieces[number].stop - pieces[number].start for number in fold) for fold in self._counted.folds
            )
            self._counted_ids = round(self._num_ids * (1.0 - 1.0 / self.num_folds))
            counted, tried = (min(self._counted_ids, most) for most in (self.ngram_symbols, TRIED_SYMBOLS))
            self.fold_seconds = seconds * counted / max(1, tried)
            entries = min(model_config.count_entries, self._counted_ids / folds.CHARS_PER_ENTRY)
            self.keeps_tables = entries * self.num_folds <= folds.KEPT_ENTRIES

    def limit_fold(self, seconds: float) -> None:
        """Have less counted for a table, if a whole one would take longer; never less than was counted here."""
        if self.fold_seconds > seconds:
            whole = min(self.ngram_symbols, self._counted_ids)
            self.ngram_symbols = max(min(whole, TRIED_SYMBOLS), int(whole * seconds / self.fold_seconds))
            self.fold_seconds *= self.ngram_symbols / whole

    def _count(self, max_symbols: int, model_config: ModelConfig) -> CountedShelf:
        """Return the shelf with the tables of its first fold, for which so many symbols were counted."""
        train = self._config.train
        most = min(self._num_ids * (1.0 - 1.0 / folds.NUM_FOLDS), train.ngram_symbols)  # for a table of the training
        share = min(1.0, max_symbols / max(1.0, most))
        counted = CountedShelf(
            self._corpus,
            kinds=kinds_of(model_config.unit),
            max_entries=round(model_config.count_entries * share**FOLLOWERS_GROWTH),
            min_ids=train.batch_size * train.seq_len + 1,
            seed=train.seed,
            num_threads=max(1, train.threads),
            max_symbols=max_symbols,
        )
        counted.tables(0)
        return counted

    def warm_up(self, size: Size) -> None:
        """Make one update, in which the first training after an installation has its kernels compiled.

        Raises:
            CorpusError: If the books cannot fill one window of every lane.
        """
        session = self._session(size, batch_size=self._config.train.batch_size)
        session.learn(session.read(), learning_rate=LEARNING_RATE)

    def chars_per_second(self, size: Size, *, batch_size: int) -> float:
        """Return how many characters a second a network of this size learns from, with so many lanes.

        Raises:
            CorpusError: If the books cannot fill one window of every lane.
        """
        session = self._session(size, batch_size=batch_size)
        seconds: list[float] = []
        while len(seconds) < UNTIMED_UPDATES + TIMED_UPDATES or sum(seconds[UNTIMED_UPDATES:]) < SECONDS_TIMED:
            began = time.perf_counter()
            session.learn(session.read(), learning_rate=LEARNING_RATE)
            seconds.append(time.perf_counter() - began)
        num_symbols = batch_size * self._config.train.seq_len
        return num_symbols / self._corpus.symbols_per_char / statistics.median(seconds[UNTIMED_UPDATES:])

    def _session(self, size: Size, *, batch_size: int) -> Session:
        config = sized(self._config, size, batch_size=batch_size)
        device = torch.device(config.train.device)
        return Session(self._corpus, config, device=device, world=World(), counted=self._counted)
