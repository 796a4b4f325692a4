"""Editions of one text are recognised whatever they were printed like, different texts never."""

import random
import textwrap
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.shelf.fingerprints import (
    NUM_HASHES,
    fingerprint,
    similarity,
)

WORDS = (
    "the lamp keeper sister river water floor night morning bread hand door window tide flats grass stone voice boat "
    "rope storm island letter ship garden märchen straße über café naïve winter summer horse road hill brother money "
    "song"
).split()


def book(seed: int, *, num_sentences: int = 900) -> str:
    """A text of its own for each seed, in paragraphs of five sentences."""
    draw = random.Random(seed)
    sentences = [
        " ".join(draw.choices(WORDS, k=draw.randint(4, 18))).capitalize() + draw.choice([".", ".", "!", "?", "..."])
        for _ in range(num_sentences)
    ]
    return "\n\n".join(" ".join(sentences[place : place + 5]) for place in range(0, num_sentences, 5)) + "\n"


BOOK = book(1)


def umlauts_spelled_out(text: str) -> str:
    """As in the days of seven bits."""
    for letter, spelling in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("é", "e"), ("ï", "i")):
        text = text.replace(letter, spelling)
    return text


@pytest.mark.parametrize(
    "edition",
    [
        BOOK,
        BOOK.upper(),
        umlauts_spelled_out(BOOK),
        BOOK.replace("lamp", "_lamp_").replace("door", "*door*"),
        BOOK.replace(". ", '."  "').replace("? ", "?’ ‘"),
        "\n\n".join(textwrap.fill(paragraph, 50) for paragraph in BOOK.split("\n\n")),
        BOOK.replace(", ", " -- ").replace(" and ", " & "),
    ],
    ids=["same", "capitals", "seven bits", "italics", "quotes", "wrapped", "dashes"],
)
def test_an_edition_is_recognised(edition: str) -> None:
    assert similarity(fingerprint(BOOK), fingerprint(edition)) > 0.9


def test_different_texts_share_nothing() -> None:
    assert similarity(fingerprint(BOOK), fingerprint(book(2))) == 0


def test_a_fingerprint_is_small_sorted_and_the_same_each_time() -> None:
    long_text = book(3, num_sentences=2_000)
    hashes = fingerprint(long_text)
    assert len(hashes) == NUM_HASHES
    assert hashes.dtype == np.uint64
    assert (hashes[1:] > hashes[:-1]).all()
    assert np.array_equal(hashes, fingerprint(long_text))


def test_the_hashes_do_not_depend_on_the_process() -> None:
    """They are kept in caches, so a change here is a change of format."""
    assert [int(one) for one in fingerprint(book(4, num_sentences=12))[:2]] == [265844773989825130, 1016617313926777356]


@pytest.mark.parametrize("num_sentences", [400, 3_000, 7_500])
def test_a_volume_is_found_in_the_collected_works(num_sentences: int) -> None:
    volumes = [book(seed, num_sentences=num_sentences) for seed in (5, 6, 7, 8)]
    works = fingerprint("\n".join(volumes))
    for volume in volumes:
        assert similarity(fingerprint(volume), works) > 0.9
    assert similarity(fingerprint(book(9, num_sentences=num_sentences)), works) < 0.05


def test_half_of_a_text_shared_is_half_a_similarity() -> None:
    shared, mine, yours = book(10), book(11), book(12)
    assert 0.35 < similarity(fingerprint(shared + mine), fingerprint(shared + yours)) < 0.65


@given(st.text(max_size=200), st.text(max_size=200))
def test_similarity_is_symmetric_and_within_bounds(first: str, second: str) -> None:
    one, other = fingerprint(first * 3), fingerprint(second * 3)
    assert 0 <= similarity(one, other) == similarity(other, one) <= 1


@pytest.mark.parametrize("text", ["", "No end", "Too short. Too.", "." * 500, "ab" * 500])
def test_a_text_without_sentences_resembles_nothing(text: str) -> None:
    assert len(fingerprint(text)) == 0
    assert similarity(fingerprint(text), fingerprint(text)) == 0


def test_memory_does_not_follow_the_length_of_the_text() -> None:
    """Two arrays of a byte a character and no more: what is noted of each sentence's end is noted of some at a time."""
    text = BOOK * 20
    fingerprint(text)
    tracemalloc.start()
    fingerprint(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * len(text) + (2 << 20)
