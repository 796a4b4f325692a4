"""Pages to be judged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright import Author, CharModel, Corpus
from penwright.evaluation.judging.pages import cut_pages, held_out_pages, write_pages
from penwright.writing.options import WriteOptions


@pytest.mark.parametrize("prompt", ["", "The lamp "])
@pytest.mark.parametrize("options", [{}, {"temperature": 0.5, "no_repeat_ngram": 3}, {"best_of": 2}])
def test_a_page_is_the_text_that_the_author_writes_alone(
    tiny_model: CharModel, corpus: Corpus, prompt: str, options: WriteOptions
) -> None:
    author, shares = Author(tiny_model, corpus.alphabet), list[float]()
    how: dict[str, Any] = {"num_chars": 70, "seed": 5, "prompt": prompt, "options": options, "tell": shares.append}
    pages = write_pages(author.engine, author.alphabet, num_pages=3, **how)
    alone = [author.write(prompt, **{**options, "max_chars": 70, "seed": 5 + page}) for page in range(3)]
    assert pages == alone and len(set(pages)) == 3
    assert shares and max(shares) < 1


@given(
    text=st.lists(st.text(alphabet="ab \n", max_size=30), max_size=20).map("\n\n".join),
    num_pages=st.integers(1, 8),
    num_chars=st.integers(1, 80),
)
def test_pages_of_a_text_stand_in_it_one_after_the_other(text: str, num_pages: int, num_chars: int) -> None:
    pages, after = cut_pages(text, num_pages=num_pages, num_chars=num_chars), 0
    assert len(pages) <= num_pages
    for page in pages:
        assert len(page) == num_chars
        start = text.find(page, after)
        assert start >= 0
        after = start + num_chars


def test_pages_are_spread_over_a_text_and_begin_with_a_paragraph() -> None:
    text = "".join(f"Paragraph {number} of the book goes on and on.\n\n" for number in range(400))
    pages = cut_pages(text, num_pages=4, num_chars=500)
    assert [page.split()[0] for page in pages] == ["Paragraph"] * 4
    at = [text.index(page) / len(text) for page in pages]
    assert at == pytest.approx([0.1, 0.35, 0.6, 0.85], abs=0.03)


def test_no_page_of_a_held_out_book_is_its_beginning(corpus: Corpus) -> None:
    (book, *_) = corpus.books_in("val")
    text = corpus.book_text(book)
    pages = held_out_pages(corpus, book, num_pages=2, num_chars=60)
    assert pages and all(page in text[1:-1] for page in pages)
