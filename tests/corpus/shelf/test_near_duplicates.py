"""The pairs that share much are found as a comparison of all with all finds them, in memory that does not grow."""

import tracemalloc

import numpy as np
import pytest
from folders import CORPORA
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.cleaning.clean import CleaningConfig, clean
from penwright.corpus.formats.encodings.decoding import decode
from penwright.corpus.shelf import near_duplicates as editions
from penwright.corpus.shelf.fingerprints import NUM_HASHES, Fingerprint, fingerprint, joined, similarity
from penwright.corpus.shelf.near_duplicates import MAX_OWNERS, MIN_SHARED, DuplicatePair, near_duplicates
from penwright.files import scratch


def print_of(*numbers: int) -> Fingerprint:
    """A fingerprint made of some hashes."""
    return np.array(sorted(numbers), dtype=np.uint64)


def compared_one_by_one(prints: list[Fingerprint], *, threshold: float) -> list[DuplicatePair]:
    """The plain twin: every text beside every other."""
    found = []
    for second, other in enumerate(prints):
        for first, one in enumerate(prints[:second]):
            is_sharing = len(np.intersect1d(one, other)) >= MIN_SHARED
            if is_sharing and similarity(one, other) >= threshold:
                found.append(DuplicatePair(first, second, similarity(one, other)))
    return sorted(found)


@given(
    st.lists(st.sets(st.integers(0, 30), max_size=12), max_size=12),
    st.sampled_from([1 << 15, 1_000, 200]),
    st.sampled_from([1 << 15, 7]),
    st.sampled_from([0.1, 0.5, 0.9]),
)
def test_pairs_are_those_a_comparison_of_all_would_find(
    shelf: list[set[int]], part_hashes: int, run_records: int, threshold: float
) -> None:
    prints = [print_of(*numbers) for numbers in shelf]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(editions, "PART_HASHES", part_hashes)
        patch.setattr(scratch, "RUN_RECORDS", run_records)
        found = near_duplicates(prints, threshold=threshold)
    assert found == compared_one_by_one(prints, threshold=threshold)


def test_few_texts_have_no_pairs() -> None:
    assert near_duplicates([]) == []
    assert near_duplicates([print_of(*range(20))]) == []
    assert near_duplicates([print_of()] * 3) == []


def test_a_formula_in_many_texts_pairs_none_of_them() -> None:
    prints = [print_of(*range(20), *range(1_000 * text, 1_000 * text + 30)) for text in range(1, MAX_OWNERS + 2)]
    assert similarity(prints[0], prints[1]) == 0.4
    assert near_duplicates(prints) == []


def test_what_many_texts_share_is_compared_between_neighbours_only() -> None:
    prints = [print_of(*range(20), *range(1_000 * text, 1_000 * text + 30)) for text in range(1, MAX_OWNERS + 2)]
    assert len(near_duplicates(prints, threshold=0.4)) == MAX_OWNERS
    assert len(near_duplicates(prints[1:], threshold=0.4)) == MAX_OWNERS * (MAX_OWNERS - 1) // 2


def test_many_copies_of_one_text_are_a_chain() -> None:
    """Nightly copies of a manuscript: 64 were paired, 65 were not and came to stand in every split."""
    prints = [print_of(*range(20), 1_000 + night) for night in range(MAX_OWNERS + 1)]
    found = near_duplicates(prints)
    assert [(pair.first, pair.second) for pair in found] == [(night, night + 1) for night in range(MAX_OWNERS)]
    assert {pair.similarity for pair in found} == {20 / 21}


class Shelf:
    """Five copies of every book, each with four hashes of its own, made when they are asked for."""

    def __init__(self, num_texts: int) -> None:
        self.num_texts = num_texts

    def __len__(self) -> int:
        return self.num_texts

    def __getitem__(self, place: int, /) -> Fingerprint:
        shared = np.random.default_rng(place // 5).integers(1 << 62, size=NUM_HASHES - 4, dtype=np.uint64)
        own = np.random.default_rng(100_000 + place).integers(1 << 62, size=4, dtype=np.uint64)
        return np.unique(np.concatenate([shared, own]))


def peak_bytes(shelf: Shelf) -> int:
    """The most memory that comparing takes at any moment; the pairs found are not kept, as there are none so alike."""
    near_duplicates(Shelf(5))  # what is made once is not counted
    tracemalloc.start()
    assert near_duplicates(shelf, threshold=1.1) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would with all hashes in one array: five times as high for six times the texts."""
    monkeypatch.setattr(editions, "PART_HASHES", 1 << 12)
    monkeypatch.setattr(scratch, "RUN_RECORDS", 1 << 12)
    small, large = peak_bytes(Shelf(50)), peak_bytes(Shelf(300))
    assert large < 1.25 * small, f"{large:,} bytes for 300 texts, {small:,} for 50"


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


@pytest.mark.skipif(not CORPORA.exists(), reason="needs the corpora beside the checkout")
def test_each_novel_is_found_in_volumes_and_in_collected_works() -> None:
    """A volume of three novels and collected works of all, in which the shortest novel is a fifth of a per cent."""
    paths = sorted((CORPORA / "novels").glob("*.txt"))
    texts = [decode(path.read_bytes(), name=path.name).text for path in paths]
    prints = [fingerprint(text) for text in texts]
    for members in (range(3), range(20, 32), range(len(texts))):
        whole = fingerprint("\n\n".join(texts[index] for index in members))
        pairs = near_duplicates([*prints, whole])
        assert [pair.first for pair in pairs if pair.second == len(texts)] == list(members)
        assert all(pair.second == len(texts) for pair in pairs)


def test_the_fingerprints_of_chunks_join_to_part_of_that_of_the_whole() -> None:
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("abcdefghijklmnop"), 7)) for _ in range(400)]
    sentences = [" ".join(random.choice(words, 9)) + "." for _ in range(24_000)]
    whole = fingerprint(" ".join(sentences))
    parts = [fingerprint(" ".join(sentences[start : start + 8_000])) for start in (0, 8_000, 16_000)]
    found = joined(parts)
    assert len(whole) == 2 * NUM_HASHES and len(found) > NUM_HASHES
    assert len(np.intersect1d(whole, found)) > 0.98 * min(len(whole), len(found))
