"""The card as data: it round-trips, has bounds on everything, and never outgrows a file's header."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.author.card import BOOKS_BYTES, MAX_ROW_CHARS, SCORES_BYTES, Card, CardBook, listed_books, listed_scores
from penwright.corpus.store import Book
from penwright.errors import AuthorError, ConfigError
from penwright.evaluation.book_score import BookScore

BOOK = CardBook(title="Die Lampe", author="A. Vane", split="train", num_chars=1_234, sha256="0f" * 32)
SCORE = BookScore(title="Der Wind", author="", num_chars=900, bits_per_char=2.25, accuracy=0.5)
CARD = Card(
    name="Vane's heir",
    books=(BOOK, replace(BOOK, title="Der Wind", split="val")),
    num_books=2,
    corpus_digest="ab" * 32,
    bits_per_char=2.25,
    val_scores=(SCORE,),
    test_scores=(SCORE, SCORE),
    baselines={"order-5 n-gram": 2.5, "xz": 3.0},
    chars_read=10**6,
    steps=300,
    training_seconds=61.5,
    preset="default",
    seed=7,
    created="2026-01-31T23:59:59Z",
    machine={"processor": "Any", "threads": 2, "device": "cpu"},
    versions={"penwright": "0.1.0"},
    licence_note="in the public domain",
)

names = st.text(max_size=MAX_ROW_CHARS)
wholes = st.integers(0, 2**63 - 1)
numbers = st.floats(0, 1e300)
books = st.builds(
    CardBook,
    title=names,
    author=names,
    split=st.sampled_from(["train", "val", "test"]),
    num_chars=wholes,
    sha256=st.sampled_from(["", "0" * 64]),
)
scores = st.builds(
    BookScore, title=names, author=names, num_chars=wholes, bits_per_char=numbers, accuracy=st.floats(0, 1)
)
cards = st.builds(
    Card,
    name=names,
    books=st.lists(books, max_size=3).map(tuple),
    num_books=st.integers(3, 2**40),
    bits_per_char=st.none() | numbers,
    val_scores=st.lists(scores, max_size=2).map(tuple),
    test_scores=st.lists(scores, max_size=2).map(tuple),
    baselines=st.dictionaries(names, numbers, max_size=3),
    chars_read=wholes,
    training_seconds=numbers,
    machine=st.dictionaries(names, names | wholes, max_size=3),
    versions=st.dictionaries(names, names, max_size=3),
    licence_note=names,
)


@given(cards)
def test_a_card_round_trips_through_json(card: Card) -> None:
    assert Card.from_dict(json.loads(json.dumps(card.to_dict()))) == card


def test_a_card_round_trips_as_plain_data() -> None:
    assert Card.from_dict(CARD.to_dict()) == CARD


def test_an_empty_card_is_a_card() -> None:
    assert Card.from_dict(Card().to_dict()) == Card()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "x" * 4_001),
        ("name", None),
        ("licence_note", "x" * 4_001),
        ("num_books", 1),
        ("num_books", -1),
        ("num_books", True),
        ("num_books", 2.0),
        ("steps", 2**63),
        ("steps", True),
        ("bits_per_char", True),
        ("corpus_digest", "xyz"),
        ("corpus_digest", "AB" * 32),
        ("bits_per_char", -0.1),
        ("bits_per_char", float("nan")),
        ("bits_per_char", float("inf")),
        ("bits_per_char", "2.2"),
        ("training_seconds", None),
        ("created", "yesterday"),
        ("created", "2026-01-31T23:59:59Z\n"),
        ("books", [BOOK]),
        ("books", (SCORE,)),
        ("val_scores", (BOOK,)),
        ("test_scores", (replace(SCORE, title="x" * 201),)),
        ("test_scores", (replace(SCORE, accuracy=float("nan")),)),
        ("test_scores", (replace(SCORE, num_chars=-1),)),
        ("test_scores", (replace(SCORE, author=None),)),
        ("test_scores", (replace(SCORE, bits_per_char=float("inf")),)),
        ("baselines", {"xz": "3.0"}),
        ("baselines", {1: 3.0}),
        ("baselines", {str(row): 1.0 for row in range(65)}),
        ("machine", {"threads": [2]}),
        ("machine", ()),
        ("versions", {"python": 3.11}),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=r"\.$"):
        replace(CARD, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("title", 1), ("author", "x" * 201), ("split", "dev"), ("num_chars", -1), ("sha256", "0")]
)
def test_a_book_out_of_bounds_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match="a book's"):
        replace(BOOK, **{name: value})


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)


@given(junk, st.sampled_from([None, *CARD.to_dict()]))
def test_what_is_no_card_is_refused_as_damaged(value: Any, field: str | None) -> None:
    """Either as a whole, or in the place of one field; a field may by chance be given a value that it can have."""
    data = value if field is None else {**CARD.to_dict(), field: value}
    try:
        Card.from_dict(data)
    except AuthorError as error:
        assert str(error).startswith("the card is damaged: ")


@pytest.mark.parametrize("field", ["books", "val_scores", "test_scores"])
@pytest.mark.parametrize("value", [5, "abc", {"a": 1}, [[]], [5], None])
def test_lists_must_be_lists_of_rows(field: str, value: Any) -> None:
    with pytest.raises(AuthorError, match="must be a list|must hold exactly"):
        Card.from_dict({**CARD.to_dict(), field: value})


@pytest.mark.parametrize("change", ["missing", "extra", "book", "score"])
def test_fields_must_be_exactly_those_of_a_card(change: str) -> None:
    data = json.loads(json.dumps(CARD.to_dict()))
    if change == "missing":
        del data["steps"]
    elif change == "extra":
        data["color"] = "blue"
    elif change == "book":
        data["books"][0]["path"] = "a"
    else:
        del data["val_scores"][0]["accuracy"]
    with pytest.raises(AuthorError, match="must hold exactly"):
        Card.from_dict(data)


def book_named(title: str, *, author: str = "A. Vane") -> Book:
    """A book of a corpus."""
    return Book(
        title=title,
        author=author,
        split="train",
        source="shelf/a.txt",
        encoding="utf-8",
        sha256="0f" * 32,
        start=0,
        num_ids=10,
        num_chars=9,
    )


def test_books_are_listed_in_their_order() -> None:
    listed = listed_books([book_named("One"), book_named("Two")])
    assert [(book.title, book.author, book.split, book.num_chars) for book in listed] == [
        ("One", "A. Vane", "train", 9),
        ("Two", "A. Vane", "train", 9),
    ]


def test_long_names_are_shortened() -> None:
    long = "x" * 500
    assert listed_books([book_named(long, author=long)])[0].title == "x" * 199 + "…"
    assert listed_scores([replace(SCORE, title=long, author=long)])[0].author == "x" * 199 + "…"
    assert listed_books([book_named("x" * 200)])[0].title == "x" * 200


def test_more_books_than_fit_are_left_out_and_still_counted() -> None:
    """Titles of the costliest signs, so that a few are enough."""
    book = book_named("\U0001f56f" * 200, author="\U0001f56f" * 200)
    listed = listed_books([book] * 2_000)
    assert 1_000 < len(listed) < 2_000
    assert len(json.dumps([vars_of(each) for each in listed])) <= BOOKS_BYTES
    assert Card(books=listed, num_books=2_000).num_books == 2_000


def test_34_000_books_fit() -> None:
    fitting = BOOKS_BYTES // len(json.dumps(vars_of(replace(BOOK, title="x" * 40, num_chars=10**6))))
    assert fitting > 34_000


def test_more_scores_than_fit_are_left_out() -> None:
    listed = listed_scores([replace(SCORE, title="\U0001f56f" * 200)] * 500)
    assert 100 < len(listed) < 500
    assert len(json.dumps([vars_of(each) for each in listed])) <= SCORES_BYTES


def vars_of(row: CardBook | BookScore) -> dict[str, Any]:
    """The fields of a row as a file holds them."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def test_books_held_out_are_no_books_that_an_author_was_raised_on() -> None:
    passages = tuple(replace(BOOK, split=split, num_chars=60) for split in ("val", "test"))
    small = replace(CARD, books=(BOOK, *passages), num_books=3)
    assert (small.num_learned, len(small.passages)) == (1, 2)
    assert dict(small.facts())["books"] == "1" and ", 1 book, " in repr(small)
    whole = replace(BOOK, title="Der Wind", split="val", sha256="1" * 64)
    large = replace(CARD, books=(BOOK, whole), num_books=90)
    assert (large.num_learned, len(large.passages)) == (89, 0) and dict(large.facts())["books"] == "90"
