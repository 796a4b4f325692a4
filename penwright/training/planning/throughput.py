"""Measure how many characters a second networks of several sizes learn from here, in a few updates of a real training.

Books, lanes, n-gram tables and updates are those of `Session`; only fewer symbols are counted.
"""

import statistics
import time

import torch

from penwright.corpus.store import Corpus
from penwright.model.config import ModelConfig
from penwright.training import folds
from penwright.training.distributed import World
from penwright.training.folds import CrossFittedTables
from penwright.training.planning.sizes import Size, sized
from penwright.training.session import Session
from penwright.training.settings.config import RunConfig

TRIED_SYMBOLS = 3_000_000
"""Symbols counted for the tables of the trial sessions: enough to tell how long a whole fold takes."""
UNTIMED_SYMBOLS = 100_000
"""Symbols counted before that, while kernels are fetched from the disk."""
UNTIMED_UPDATES = 2
TIMED_UPDATES = 3
"""Smallest number of timed updates of one size."""
SECONDS_TIMED = 0.5
"""Shortest time for the timed updates of one size."""
LEARNING_RATE = 1e-4
SUCCESSORS_GROWTH = 0.85
"""Power with which successors grow with the symbols counted: 2.5 million from 3 million characters of novels, 29.6 from
55 million (2026-11). With it the trial's tables are pruned, which takes time, if those of the training will be."""


class ThroughputTrial:
    """Trial sessions on one corpus, and what they measured."""

    def __init__(self, corpus: Corpus, config: RunConfig) -> None:
        """Count a little of the shelf, which tells how fast counting is.

        Args:
            corpus: The books.
            config: Configuration of the run, its threads, device and precision resolved.
        """
        self._corpus = corpus
        self._config = config
        self._ngrams: CrossFittedTables | None = None
        self._num_ids = sum(book.num_ids for book in corpus.books_in("train"))
        self._counted_ids = 0  # outside one fold, whose tables are counted from them
        self.num_folds = 1
        self.ngram_symbols = config.train.ngram_symbols
        """Largest number of symbols counted for one table."""
        self.fold_seconds = 0.0
        """Seconds to count the tables of one fold; 0 if the model uses none."""
        self.fold_ids = self._num_ids
        """Symbols of the smallest fold; of the whole shelf if it is not divided."""
        self.keeps_tables = True
        """True if the tables of all folds are kept, so that a later epoch counts nothing again."""
        model_config = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
        if model_config.has_ngrams:
            self._time_counting(model_config)

    def _time_counting(self, model_config: ModelConfig) -> None:
        self._count(UNTIMED_SYMBOLS, model_config)
        began = time.perf_counter()
        ngrams = self._ngrams = self._count(TRIED_SYMBOLS, model_config)
        seconds = time.perf_counter() - began
        self.num_folds = len(ngrams.folds)
        self.fold_ids = min(map(ngrams.num_ids, range(self.num_folds)))
        self._counted_ids = round(self._num_ids * (1.0 - 1.0 / self.num_folds))
        whole, tried = (min(self._counted_ids, limit) for limit in (self.ngram_symbols, TRIED_SYMBOLS))
        self.fold_seconds = seconds * whole / max(1, tried)
        entries = min(model_config.ngram_entries, self._counted_ids / folds.CHARS_PER_ENTRY)
        self.keeps_tables = entries * self.num_folds <= folds.KEPT_ENTRIES

    def _count(self, max_symbols: int, model_config: ModelConfig) -> CrossFittedTables:
        """Count the tables of the first fold from at most `max_symbols` symbols."""
        limit = self._config.train.ngram_symbols
        whole = min(self._num_ids * (1.0 - 1.0 / folds.NUM_FOLDS), limit)  # for a table of the training
        share = min(1.0, max_symbols / max(1.0, whole))
        entries = round(model_config.ngram_entries * share**SUCCESSORS_GROWTH)
        ngrams = CrossFittedTables.of_run(self._corpus, self._config, max_entries=entries, max_symbols=max_symbols)
        ngrams.tables(0)
        return ngrams

    @property
    def counted_chars(self) -> float:
        """Characters of the largest shelf whose n-grams are all counted: a table leaves out one fold of it."""
        left_out = 1.0 / self.num_folds if self.num_folds > 1 else 0.0
        return self.ngram_symbols / (1.0 - left_out) / self._corpus.symbols_per_char

    def limit_fold(self, seconds: float) -> None:
        """Lower `ngram_symbols` until a fold is counted in some time; never below what was counted here."""
        if self.fold_seconds > max(0.0, seconds):
            whole = min(self.ngram_symbols, self._counted_ids)
            self.ngram_symbols = max(min(whole, TRIED_SYMBOLS), int(whole * seconds / self.fold_seconds))
            self.fold_seconds *= self.ngram_symbols / whole

    def warm_up(self, size: Size) -> None:
        """Make one update. The first training after an installation compiles its kernels in it.

        Raises:
            CorpusError: If the books cannot fill one window of every lane.
        """
        _make_update(self._session(size, batch_size=self._config.train.batch_size))

    def chars_per_second(self, size: Size, *, batch_size: int) -> float:
        """Return the characters a second from which a network of some size learns in `batch_size` lanes.

        Raises:
            CorpusError: If the books cannot fill one window of every lane.
        """
        session = self._session(size, batch_size=batch_size)
        seconds: list[float] = []
        while len(seconds) < UNTIMED_UPDATES + TIMED_UPDATES or sum(seconds[UNTIMED_UPDATES:]) < SECONDS_TIMED:
            began = time.perf_counter()
            _make_update(session)
            seconds.append(time.perf_counter() - began)
        num_symbols = batch_size * self._config.train.seq_len
        return num_symbols / self._corpus.symbols_per_char / statistics.median(seconds[UNTIMED_UPDATES:])

    def _session(self, size: Size, *, batch_size: int) -> Session:
        config = sized(self._config, size, batch_size=batch_size)
        device = torch.device(config.train.device)
        return Session(self._corpus, config, device=device, world=World(), ngrams=self._ngrams)


def _make_update(session: Session) -> None:
    session.update(session.forward_backward(), learning_rate=LEARNING_RATE)
