"""Every symbol is read with the label of its book, except for some stretches, and the author learns what it means."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch

from penwright import Author, resume, train
from penwright.errors import CorpusError
from penwright.training.batches import UNLABELLED_SHARE, Lanes
from penwright.training.folds import whole_books
from penwright.training.labels import labels_of
from penwright.training.records import Progress

if TYPE_CHECKING:
    from penwright import Corpus


def shelf_of(*books: tuple[str, str, int]) -> "Corpus":
    """A corpus of books given as writer, source and number of characters."""
    rows = [SimpleNamespace(author=author, source=source, num_chars=size) for author, source, size in books]
    return cast("Corpus", SimpleNamespace(books_in=lambda split: rows if split == "train" else []))


def test_books_are_labelled_by_writer_or_folder(corpus: "Corpus") -> None:
    shelf = shelf_of(("Jane Austen", "a/emma.txt", 5), ("", "tale.txt", 2), ("Doyle", "b/x.zip/y.txt", 7))
    writers, folders = labels_of(shelf, "writers"), labels_of(shelf, "folders")
    assert writers == (("Doyle", "Jane Austen"), (7, 5), (1, -1, 0))
    assert folders == (("a", "b/x.zip"), (5, 7), (0, -1, 1))
    assert labels_of(shelf, "none").of_each([]) is None
    assert labels_of(shelf, "writers", known=["Twain", "Doyle"]).names == ("Twain", "Doyle", "Jane Austen")
    of_stretches = labels_of(corpus, "writers").of_each(stretch.book for stretch in whole_books(corpus))
    assert of_stretches is not None and len(of_stretches) == len(corpus.books_in("train"))
    with pytest.raises(CorpusError, match="The writer of no book is known"):
        labels_of(shelf_of(("", "a.txt", 3)), "writers")


@pytest.mark.parametrize("order", ["shuffled", "rolled"])
def test_windows_carry_the_labels_of_their_books(order: str) -> None:
    sizes, labels = [700, 1, 2_000, 5_000, 300, 2_500], [0, 1, -1, 2, 0, 3]
    books = [np.full(size, number + 1, np.uint8) for number, size in enumerate(sizes)]  # each id tells its book
    options: dict[str, Any] = {"batch_size": 4, "seq_len": 16, "order": order, "folds": [[0, 3, 4], [1, 2, 5]]}
    lanes, plain = Lanes(books, labels=labels, **options), Lanes(books, **options)
    num_labelled = num_all = 0
    for epoch in range(1, 40):
        for window in range(lanes.windows_per_epoch):
            batch, same = lanes.batch(epoch, window), plain.batch(epoch, window)
            assert torch.equal(batch.inputs, same.inputs) and torch.equal(batch.targets, same.targets)
            assert same.labels is None and batch.labels is not None
            of_book = torch.tensor(labels)[batch.inputs - 1]
            is_labelled = (batch.labels >= 0).any(dim=1) | (of_book < 0).all(dim=1)
            assert torch.equal(batch.labels[is_labelled], of_book[is_labelled])
            assert (batch.labels[~is_labelled] == -1).all()
            has_any = (of_book >= 0).any(dim=1)
            num_labelled += int((is_labelled & has_any).sum())
            num_all += int(has_any.sum())
            part = lanes.batch(epoch, window, lanes=slice(1, 3))
            assert part.labels is not None and torch.equal(part.labels, batch.labels[1:3])
    assert num_labelled / num_all == pytest.approx(1 - UNLABELLED_SHARE, abs=0.08)


def test_a_training_learns_labels_and_goes_on_with_them(corpus: "Corpus", tmp_path: Path) -> None:
    sizes = {"hidden_size": 8, "embedding_dim": 8, "mlp_size": 8, "num_layers": 1}
    small = {"batch_size": 2, "seq_len": 32, "threads": 1, "progress_every": 1, "device": "cpu"}
    overrides: dict[str, Any] = {"model": sizes, "train": {**small, "labels": "writers"}, "diary": {"max_chars": 0}}

    def losses(records: Iterator[Any]) -> list[float]:
        return [record.loss for record in records if isinstance(record, Progress)]

    whole = losses(train(corpus, run=tmp_path / "a", preset="default", overrides=overrides, steps=8))
    first = losses(train(corpus, run=tmp_path / "b", preset="default", overrides=overrides, steps=8, stop=Stop(4)))
    assert first and losses(resume(tmp_path / "b"))[-1] == whole[-1]
    author, same = (Author.load(tmp_path / name) for name in "ab")
    assert author.identity == same.identity and author.labels == tuple(
        sorted({book.author for book in corpus.books_in("train")})
    )
    assert author.model.label_embedding.any()
    plain = {**overrides, "train": small}
    again = {**overrides, "train": {**small, "labels": "writers"}, "model": {}}
    for run, start_of, tables, labels in (
        ("c", author, again, author.labels),
        ("d", author, {**plain, "model": {}}, ()),
    ):
        list(train(corpus, run=tmp_path / run, overrides=tables, steps=2, start=start_of))
        assert Author.load(tmp_path / run).labels == labels


class Stop:
    """A wish to stop after some steps."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0
