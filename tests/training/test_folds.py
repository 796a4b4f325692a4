"""What is counted for a model that learns is never what it reads."""

from types import SimpleNamespace

import torch

from penwright.alphabet.units import CHARACTERS
from penwright.corpus.store import Corpus
from penwright.ngrams.context_kinds import kinds_of
from penwright.training import folds
from penwright.training.batches import Lanes
from penwright.training.folds import CrossFittedTables


def shelf(
    corpus: Corpus, *, min_ids: int = 100, max_entries: int = 10**6, max_symbols: int = 10**7
) -> CrossFittedTables:
    return CrossFittedTables(
        corpus,
        kinds=kinds_of(CHARACTERS),
        max_entries=max_entries,
        min_ids=min_ids,
        seed=0,
        num_threads=1,
        max_symbols=max_symbols,
    )


def test_every_id_of_the_training_books_is_in_one_fold(corpus: Corpus) -> None:
    divided = shelf(corpus)
    numbers = sorted(number for fold in divided.folds for number in fold)
    assert numbers == list(range(len(divided.stretches)))
    covered = sorted((stretch.book, stretch.start, stretch.stop) for stretch in divided.stretches)
    for number, book in enumerate(corpus.books_in("train")):
        edges = [(start, stop) for owner, start, stop in covered if owner == number]
        assert edges[0][0] == 0 and edges[-1][1] == book.num_ids
        assert all(before[1] == after[0] for before, after in zip(edges, edges[1:], strict=False))


def test_a_fold_is_never_counted_for_itself(corpus: Corpus) -> None:
    divided = shelf(corpus)
    assert len(divided.folds) > 1
    for fold, members in enumerate(divided.folds):
        chosen = divided._sample(fold)
        assert chosen
        assert not set(chosen) & {divided.stretches[number] for number in members}


def test_books_of_one_title_are_not_divided_among_folds_where_there_are_enough() -> None:
    groups = folds._groups(["A. Vane"] * 3 + ["B. Wren"], ["The Lamp", "Lamp", "Ferry", "Soup"])
    assert sorted(groups) == [[0, 1], [2], [3]]


def test_authors_stay_together_where_there_are_enough_of_them() -> None:
    authors = [f"Author{number:c}" for number in range(65, 65 + folds.MIN_GROUPS)]
    groups = folds._groups([*authors, authors[0]], [f"Title {number}" for number in range(len(authors) + 1)])
    assert [0, len(authors)] in groups
    assert len(groups) == len(authors)


def test_a_giant_among_many_is_divided_too() -> None:
    """It used to be one fold, read with the counts of the little that was left."""
    books = [SimpleNamespace(author="", title=f"{n}", num_ids=10_000 if n else 1_000_000) for n in range(20)]
    giant = SimpleNamespace(books_in=lambda split: books)
    stretches, divided = folds._divide(giant, min_ids=100, labels=())  # type: ignore[arg-type]
    sizes = [sum(stretches[number].stop - stretches[number].start for number in fold) for fold in divided]
    assert sum(sizes) == 1_190_000 and max(sizes) < 1_190_000 / 3


def test_each_fold_has_its_share_of_every_label() -> None:
    """Each used to be one writer's where a shelf has as many titles as folds, so that no update saw two."""
    names = ["Vane", "Vane", "Wren", "Wren", "Wren", "Poe", ""]
    books = [SimpleNamespace(author=name, title=f"{n}", num_ids=9_000 * (n + 1)) for n, name in enumerate(names)]
    shelf = SimpleNamespace(books_in=lambda split: books)
    stretches, divided = folds._divide(shelf, min_ids=100, labels=names)  # type: ignore[arg-type]
    assert len(divided) == folds.NUM_FOLDS
    for name in set(names):
        sizes = [
            sum(s.stop - s.start for s in map(stretches.__getitem__, fold) if names[s.book] == name) for fold in divided
        ]
        assert min(sizes) > 0.5 * sum(sizes) / len(sizes), name


def test_a_shelf_too_small_for_two_folds_is_not_counted(corpus: Corpus) -> None:
    divided = shelf(corpus, min_ids=10**6)
    assert len(divided.folds) == 1
    assert len(divided.tables(0).contexts) == 0


def test_tables_repeat_and_differ_between_folds(corpus: Corpus) -> None:
    first, again, other = shelf(corpus).tables(0), shelf(corpus).tables(0), shelf(corpus).tables(1)
    assert all(torch.equal(one, same) for one, same in zip(first, again, strict=True))
    assert not torch.equal(first.unigrams, other.unigrams)


def test_a_large_shelf_is_counted_in_part(corpus: Corpus) -> None:
    """As many symbols as are asked for, even if every stretch is longer: large books used to be counted as nothing."""
    whole = shelf(corpus)._sample(0)
    for max_symbols in (300, 2_000):
        assert max_symbols > 300 or all(stretch.stop - stretch.start > max_symbols for stretch in whole)
        chosen = shelf(corpus, max_symbols=max_symbols)._sample(0)
        assert 0 < len(chosen) < len(whole)
        assert sum(stretch.stop - stretch.start for stretch in chosen) == max_symbols


def test_folds_begin_where_the_lanes_begin_them(corpus: Corpus) -> None:
    divided = shelf(corpus)
    books = folds.ids_of(corpus, divided.stretches)
    lanes = Lanes(books, batch_size=2, seq_len=5, folds=divided.folds)
    starts = [start // 10 for start in divided.fold_starts(10)]
    assert len(starts) == len(divided.folds) - 1
    for fold, start in enumerate(starts, start=1):
        assert (lanes.fold_at(start - 1), lanes.fold_at(start)) == (fold - 1, fold)
