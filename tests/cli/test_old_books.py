"""Old books are those that the author did not learn from: of its card, or held out of others."""

from dataclasses import replace

import pytest

from penwright.author.card import Card, listed_books
from penwright.cli.old_books import unlearned
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError


def test_the_books_that_the_card_holds_out_are_scored(corpus: Corpus) -> None:
    held_out = {book.sha256 for book in corpus.books if book.split != "train"}
    books, is_of_card = unlearned(corpus, Card(books=listed_books(corpus.books), num_books=len(corpus.books)))
    assert is_of_card
    assert {book.sha256 for book in books} == held_out


def test_other_books_are_scored_as_far_as_they_are_held_out_and_new(corpus: Corpus) -> None:
    books, is_of_card = unlearned(corpus, Card())
    assert not is_of_card
    assert books
    assert all(book.split != "train" for book in books)


def test_books_that_the_author_has_learned_are_refused(corpus: Corpus) -> None:
    learned = Card(
        books=tuple(book for book in listed_books(corpus.books) if book.split == "train"), num_books=len(corpus.books)
    )
    chosen = [book for book in corpus.books if book.split == "train"]
    corpus.books, all_books = tuple(chosen), corpus.books
    try:
        with pytest.raises(CorpusError, match="has learned from all books"):
            unlearned(corpus, learned)
    finally:
        corpus.books = all_books


def test_held_out_books_that_the_training_has_taught_are_left_out(corpus: Corpus) -> None:
    card = Card(books=listed_books(corpus.books), num_books=len(corpus.books))
    held_out = [book for book in card.books if book.split != "train"]
    taught = Card(books=(replace(held_out[0], split="train"),), num_books=1)
    books, _ = unlearned(corpus, card, taught=taught)
    assert {book.sha256 for book in books} == {book.sha256 for book in held_out[1:]}
