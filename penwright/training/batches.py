"""Cut the training books into windows that a recurrent network reads one after another.

The books are concatenated and divided into B lanes of equal length. Window k + 1 of a lane begins where window k ended,
so a recurrent state can be carried from batch to batch (truncated back-propagation through time). The order of windows
is a pure function of (seed, epoch, window): there is no iterator state to save, and any process can ask for any lanes.

Two orders:
    "shuffled"  the order of books is drawn from the seed for every epoch; states are reset at its beginning.
    "rolled"    the 2017 system's order: the books stay in place, and in epoch e, from 0, row r reads lane
                (r + e) mod B. So each row's text runs on into the next epoch, except for the one row that wraps to the
                start. Between folds, all rows are reset.

This module knows nothing of models, losses or files.

Shapes: N = ids in all training books, B = lanes, T = ids per window.
Source: Williams and Peng 1990, "An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network
Trajectories"; here windows do not overlap. The rolled order follows the 2017 system's rnn_minibatch_generator.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penwright.alphabet.characters import Ids
from penwright.errors import ConfigError, CorpusError, counted, did_you_mean
from penwright.training.settings.config import ORDERS


class Batch(NamedTuple):
    """One window of some lanes."""

    inputs: Tensor
    """int64 (B, T)."""
    targets: Tensor
    """int64 (B, T), the next id of each input."""
    resets: Tensor | None
    """bool (B, T), True where the state is reset before an input; None if there is no such input."""
    labels: Tensor | None = None
    """int64 (B, T), label of each input's book, -1 for none; None where books have no labels."""


UNLABELLED_SHARE = 0.25
"""Share of the text that is read without its label, so that a text without one can be predicted too."""
UNLABELLED_SYMBOLS = 1_024
"""Symbols of a lane that are read with or without a label together; at least a window."""


class Lanes:
    """The windows of all epochs, by number."""

    def __init__(
        self,
        books: Sequence[Ids],
        *,
        batch_size: int,
        seq_len: int,
        order: str = "shuffled",
        seed: int = 0,
        resets_at_books: bool = False,
        folds: Sequence[Sequence[int]] = (),
        labels: Sequence[int] | None = None,
    ) -> None:
        """Lay out the lanes. Nothing is copied.

        Args:
            books: Ids of each training book, each of shape (n,), such as views of a memory map.
            batch_size: Number of lanes, B, from 1.
            seq_len: Number of ids per window, T, from 1.
            order: "shuffled" or "rolled".
            seed: Seed of the order of books in each epoch; unused when rolled.
            resets_at_books: If True, the state is reset where a book begins; otherwise it is carried across.
            folds: Groups of book indices, each book in one. Every epoch reads group after group, each in all lanes.
                Without any, all books are one group.
            labels: Label of each book, from 0, or -1 for none; None for books without labels.

        Raises:
            ConfigError: If the order is unknown or a size is not positive.
            CorpusError: If the books cannot fill one window of every lane (N < B * T + 1).
        """
        if order not in ORDERS:
            raise ConfigError(f"there is no order '{order}'.{did_you_mean(order, ORDERS)}")
        if batch_size < 1 or seq_len < 1:
            raise ConfigError(f"batch_size={batch_size} and seq_len={seq_len} must both be at least 1.")
        self.batch_size = batch_size
        self.seq_len = seq_len
        self._books = books
        self._order = order
        self._seed = seed
        self._resets_at_books = resets_at_books
        self._labels = None if labels is None else np.array(labels, np.int64)
        self._windows_alike = max(1, UNLABELLED_SYMBOLS // seq_len)
        self.num_ids = sum(len(book) for book in books)
        if not books:
            raise CorpusError(
                "no book is left to train on: every book is held out or dropped. Mark at least one as 'train'."
            )
        self._folds = [list(fold) for fold in folds] or [list(range(len(books)))]
        assert sorted(number for fold in self._folds for number in fold) == list(range(len(books))), "a book a fold"
        sizes = [sum(len(books[number]) for number in fold) for fold in self._folds]
        self._windows = [max(0, size - 1) // (batch_size * seq_len) for size in sizes]
        self._ends = np.cumsum(self._windows)
        self.windows_per_epoch = int(self._ends[-1])
        if self.windows_per_epoch < 1:
            raise CorpusError(
                f"your text has {counted(self.num_ids, 'symbol')} to learn from, the beginnings of books included, and "
                f"training needs {batch_size * seq_len + 1:,}: a window of {seq_len:,} in each of "
                f"{counted(batch_size, 'lane')}, and one more. Add books, or lower train.batch_size or train.seq_len."
            )
        self._layouts: dict[tuple[int, int], _Layout] = {}

    def batch(self, epoch: int, window: int, *, lanes: slice = slice(None)) -> Batch:
        """Return one window of some lanes.

        Args:
            epoch: From 1.
            window: 0 to windows_per_epoch - 1.
            lanes: Rows of the batch; all of them unless several processes share it.

        Returns:
            New tensors of shape (rows, T).
        """
        fold, window = self._fold_and_window(window)
        layout = self._layout(epoch, fold)
        roll = epoch - 1 if self._order == "rolled" else 0
        lane_len = self._windows[fold] * self.seq_len
        rows = range(self.batch_size)[lanes]
        ids = np.empty((len(rows), self.seq_len + 1), dtype=np.int64)
        resets = np.zeros((len(rows), self.seq_len), dtype=np.bool_)
        labels = None if self._labels is None else np.full((len(rows), self.seq_len), -1)
        if window == 0 and (self._order == "shuffled" or len(self._folds) > 1):  # of the fold
            resets[:, 0] = True
        for index, row in enumerate(rows):
            start = (row + roll) % self.batch_size * lane_len + window * self.seq_len
            layout.read(start, out=ids[index])
            if self._resets_at_books:
                resets[index, layout.beginnings(start, self.seq_len)] = True
            if labels is not None and self._labels is not None and self._is_labelled(epoch, fold, window, row):
                labels[index] = self._labels[layout.books_at(start, self.seq_len)]
        inputs, targets = torch.from_numpy(ids[:, :-1].copy()), torch.from_numpy(ids[:, 1:].copy())  # (B, T)
        return Batch(
            inputs,
            targets,
            torch.from_numpy(resets) if resets.any() else None,
            None if labels is None else torch.from_numpy(labels),
        )

    def _is_labelled(self, epoch: int, fold: int, window: int, row: int) -> bool:
        """Return True if a row's window is read with the labels of its books; it is drawn for several in a row."""
        key = f"{self._seed}/labels/{epoch}/{fold}/{window // self._windows_alike}/{row}"
        drawn = int.from_bytes(hashlib.sha256(key.encode("ascii")).digest()[:8], "big")
        return drawn >= UNLABELLED_SHARE * 2.0**64

    def fold_at(self, window: int) -> int:
        """Return the index of the fold that a window belongs to."""
        return self._fold_and_window(window)[0]

    def book_at(self, epoch: int, window: int, row: int) -> int:
        """Return the index of the book in which a row's window begins."""
        fold, window = self._fold_and_window(window)
        roll = epoch - 1 if self._order == "rolled" else 0
        lane = (row + roll) % self.batch_size
        return self._layout(epoch, fold).book_at((lane * self._windows[fold] + window) * self.seq_len)

    def _fold_and_window(self, window: int) -> tuple[int, int]:
        """Return the index of a window's fold, and the number of the window within it."""
        fold = int(np.searchsorted(self._ends, window, side="right"))
        return fold, window - (int(self._ends[fold - 1]) if fold else 0)

    def _layout(self, epoch: int, fold: int) -> "_Layout":
        """Return the concatenated books of a fold in an epoch. The last two layouts are kept, for the turn of an
        epoch."""
        key = (epoch if self._order == "shuffled" else 0, fold)
        if key not in self._layouts:
            order = self._folds[fold] if key[0] == 0 else self._shuffled(epoch, self._folds[fold])
            self._layouts = {**dict(list(self._layouts.items())[-1:]), key: _Layout(self._books, order)}
        return self._layouts[key]

    def _shuffled(self, epoch: int, books: list[int]) -> list[int]:
        """Sort books by a hash of (seed, epoch, book), which is the same on every machine and with every numpy."""

        def key(book: int) -> bytes:
            return hashlib.sha256(f"{self._seed}/{epoch}/{book}".encode("ascii")).digest()

        return sorted(books, key=key)


class _Layout:
    """Books concatenated in one order, and read across their edges."""

    def __init__(self, books: Sequence[Ids], order: list[int]) -> None:
        self._books = [books[number] for number in order]
        self._order = np.array(order, np.int64)
        self._ends = np.cumsum([len(book) for book in self._books])
        self._begins = np.concatenate([[0], self._ends[:-1]])

    def book_at(self, position: int) -> int:
        return int(self._order[np.searchsorted(self._ends, position, side="right")])

    def books_at(self, start: int, count: int) -> NDArray[np.int64]:
        """Return the index of the book of each of `count` ids from `start`."""
        return self._order[np.searchsorted(self._ends, np.arange(start, start + count), side="right")]

    def beginnings(self, start: int, count: int) -> NDArray[np.int64]:
        """Return the offsets, from `start`, at which books begin among `count` ids."""
        first, last = self._begins.searchsorted((start, start + count))
        return self._begins[first:last] - start

    def read(self, start: int, *, out: NDArray[np.int64]) -> None:
        """Fill `out` with the ids from `start`."""
        index = int(self._ends.searchsorted(start, side="right"))
        offset = start - (int(self._ends[index - 1]) if index else 0)
        done = 0
        while done < len(out):
            ids = self._books[index][offset : offset + len(out) - done]
            out[done : done + len(ids)] = ids
            done += len(ids)
            index, offset = index + 1, 0
