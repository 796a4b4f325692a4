"""Editions of one text are recognised whatever they were printed like, different texts never."""

import random
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus import duplicates
from penwright.corpus.cleaning import CleaningConfig, clean
from penwright.corpus.decoding import decode
from penwright.corpus.duplicates import (
    MANY_ENDS,
    NUM_HASHES,
    DuplicatePair,
    fingerprint,
    near_duplicates,
    similarity,
)

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
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


@pytest.mark.parametrize("num_sentences", [400, MANY_ENDS + 500, 3 * MANY_ENDS])
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


@pytest.mark.parametrize("part_hashes", [1 << 18, 50])
def test_pairs_are_those_a_comparison_of_all_would_find(part_hashes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "PART_HASHES", part_hashes)
    texts = [BOOK, book(2), BOOK.upper(), book(3), book(2)[: len(book(2)) // 2], BOOK + book(13), book(14)]
    prints = [fingerprint(text) for text in texts]
    expected = [
        DuplicatePair(first, second, similarity(prints[first], prints[second]))
        for first in range(len(texts))
        for second in range(first + 1, len(texts))
        if similarity(prints[first], prints[second]) >= 0.5
    ]
    assert near_duplicates(prints) == expected
    assert [(pair.first, pair.second) for pair in expected] == [(0, 2), (0, 5), (1, 4), (2, 5)]
    assert near_duplicates(prints, threshold=0.999) == [pair for pair in expected if pair.similarity >= 0.999]


def test_few_texts_have_no_pairs() -> None:
    assert near_duplicates([]) == []
    assert near_duplicates([fingerprint(BOOK)]) == []
    assert near_duplicates([fingerprint("")] * 3) == []


def test_a_formula_in_many_texts_pairs_none_of_them() -> None:
    formula = book(99, num_sentences=25)
    prints = [fingerprint(formula + book(100 + seed, num_sentences=30)) for seed in range(80)]
    assert similarity(prints[0], prints[1]) > 0.2
    assert near_duplicates(prints, threshold=0.01) == []


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the books to test on are not beside the checkout")
def test_all_editions_of_real_books_are_found_and_nothing_else() -> None:
    paths = sorted([*(CORPORA / "gutenberg-raw").rglob("*.txt"), *(CORPORA / "novels").glob("*.txt")])
    paths = [path for path in paths if path.name != "old-pandp09.txt"]  # a listing of files, not a book
    works = ["Great-Expectations_1400" if "Expectations" in path.stem else path.parent.name for path in paths]
    works = [path.stem if work == "novels" else work for path, work in zip(paths, works, strict=True)]
    config = CleaningConfig(unwrap=False)
    prints = [fingerprint(clean(decode(path.read_bytes(), name=path.name).text, config=config).text) for path in paths]
    found = {(pair.first, pair.second) for pair in near_duplicates(prints)}
    num_texts = range(len(paths))
    assert found == {(one, two) for one in num_texts for two in num_texts if one < two and works[one] == works[two]}
