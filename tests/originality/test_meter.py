"""Copied runs found by the index, beside a search that compares everything with everything."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patchwork import KINDS, corpus_of, patchwork, sewn, texts_of

from penwright import Corpus
from penwright.errors import CorpusError, UsageError
from penwright.originality import building
from penwright.originality.building import make_index
from penwright.originality.index import INDEX_NAME, MIN_RUN, ShelfIndex
from penwright.originality.meter import Run, copied, held_out_copied, num_covered, runs_of


def plain_runs(text: str, books: list[str]) -> list[tuple[int, int]]:
    """The same by Python's own search for a string in a string."""
    found, stop = [], 0
    for start in range(len(text)):
        end = max(stop, start)
        while end < len(text) and any(text[start : end + 1] in book for book in books):
            end += 1
        if end > stop and end - start >= MIN_RUN:
            found.append((start, end))
        stop = max(stop, end)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_every_run_is_found_and_none_besides(tmp_path: Path, kind: str, seed: int) -> None:
    corpus, pieces = patchwork(tmp_path / "shelf", seed, kind=kind)
    index, books = make_index(corpus), texts_of(corpus)
    assert len(books) > 1
    text = sewn([*pieces, "something else, ж or other"], seed + 100, number=60)
    expected = plain_runs(text, books)
    runs = runs_of(text, index)
    assert [(run.start, run.stop) for run in runs] == expected and len(expected) > 5
    for run in runs:
        book, char = index.place_of(run.source)
        assert corpus.book_text(book)[char:].startswith(text[run.start : run.stop])


@pytest.mark.parametrize("kind", KINDS)
def test_no_run_crosses_from_one_book_to_the_next(tmp_path: Path, kind: str) -> None:
    """The end of a book and the beginning of the next lie side by side on disk, but nobody wrote them so."""
    corpus, _ = patchwork(tmp_path / "shelf", 0, kind=kind)
    index, books = make_index(corpus), texts_of(corpus)
    for one, other in zip(books, books[1:], strict=False):
        for before in range(1, MIN_RUN + 12):
            text = one[-before:] + other[: MIN_RUN + 12 - before]
            assert [(run.start, run.stop) for run in runs_of(text, index)] == plain_runs(text, books)


def test_shares_and_the_longest_run(tmp_path: Path) -> None:
    line = "the lamp burned low and the rain went on"
    corpus = corpus_of([f"Chapter {number}. {line} {number}." * 20 for number in range(3)], tmp_path / "shelf")
    index = make_index(corpus)
    found = copied([f"zz{line}zz", "y" * 60], index, lengths=(20, 30, 50))
    assert found.shares == pytest.approx({20: 0.4, 30: 0.4, 50: 0.0}, abs=0.03)
    assert found.longest.strip() == line and found.place is not None
    assert copied([], index).longest == "" and copied(["short"], index).place is None
    with pytest.raises(UsageError, match="from 20 characters on"):
        runs_of(line, index, min_length=19)
    for book in held_out_copied(corpus, index, max_chars=200):
        assert book.copied.shares[30] > 0.5


def test_characters_in_two_runs_count_once() -> None:
    assert num_covered([Run(0, 30, 0), Run(10, 40, 9), Run(12, 32, 4), Run(50, 70, 1)], min_length=25) == 40


def test_an_index_made_in_many_parts_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, _ = patchwork(tmp_path / "shelf", 1, kind="characters")
    make_index(corpus)
    whole = (corpus.path / INDEX_NAME).read_bytes()
    monkeypatch.setattr(building, "RECORDS_AT_ONCE", 16)
    make_index(corpus)
    assert (corpus.path / INDEX_NAME).read_bytes() == whole


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_gets_one_sentence(tmp_path: Path, data: st.DataObject) -> None:
    if not (tmp_path / "shelf").exists():
        corpus, _ = patchwork(tmp_path / "shelf", 2, kind="bpe")
        make_index(corpus)
    corpus = Corpus.open(next(path.parent for path in tmp_path.rglob(INDEX_NAME)))
    path = corpus.path / INDEX_NAME
    whole = path.read_bytes()
    try:
        at = data.draw(st.one_of(st.integers(0, 400), st.integers(0, len(whole) - 1)))
        value = data.draw(st.integers(0, 255))
        damaged = whole[:at] + bytes([value]) + whole[at + 1 :] if data.draw(st.booleans()) else whole[:at]
        path.write_bytes(damaged)
        if damaged != whole:
            with pytest.raises(CorpusError, match="Make it again: penwright index"):
                ShelfIndex.open(corpus)
    finally:
        path.write_bytes(whole)
