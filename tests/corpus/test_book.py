from dataclasses import replace

import pytest

from penwright.corpus.book import Book
from penwright.errors import ConfigError

BOOK = Book(
    title="Lamp",
    author="Vane",
    split="train",
    source="lamp.txt",
    encoding="utf-8",
    sha256="0" * 64,
    start=0,
    num_ids=11,
    num_chars=10,
)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title": None}, "title must be text, not None"),
        ({"start": -1}, "start must be a whole number from 0, not -1"),
        ({"num_ids": 1.0}, "num_ids must be a whole number"),
        ({"num_chars": True}, "num_chars must be a whole number"),
        ({"year": "1884"}, "year must be a whole number, not '1884'"),
        ({"split": "tests"}, "Did you mean 'test'"),
    ],
)
def test_a_book_that_cannot_be_is_refused(values: dict[str, object], sentence: str) -> None:
    assert replace(BOOK) == BOOK
    with pytest.raises(ConfigError, match=sentence):
        replace(BOOK, **values)
