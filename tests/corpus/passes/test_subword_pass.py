"""A corpus in pieces holds the books of the one in characters, and is made anew only when they change."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.units import Unit
from penwright.corpus.config import SPLITS, CorpusConfig
from penwright.corpus.passes import subword_pass
from penwright.corpus.passes.subword_pass import iter_texts
from penwright.corpus.preparing import iter_prepare, prepare
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError

BOTH = pytest.mark.parametrize("unit", ["bpe", "words"])


def config_of(unit: Unit, **others: object) -> CorpusConfig:
    return CorpusConfig.from_dict({"unit": unit, "num_subwords": 200, **others})


@BOTH
def test_only_the_ids_differ(corpus: Corpus, books_dir: Path, tmp_path: Path, unit: Unit) -> None:
    made = prepare([books_dir], cache_dir=tmp_path / "cache", config=config_of(unit))
    made.verify()
    assert made.alphabet.unit == made.config.unit == unit
    assert made.alphabet.vocab_size == 200
    assert made.alphabet.of_characters == corpus.alphabet
    assert len(made.ids) < 0.8 * len(corpus.ids)
    assert (made.skipped, made.warnings, made.cache_keys) == (corpus.skipped, corpus.warnings, corpus.cache_keys)
    for ours, theirs in zip(made.books, corpus.books, strict=True):
        text = corpus.book_text(theirs)
        assert made.book_text(ours) == text
        assert made.book_ids(ours).tolist() == [0, *made.alphabet.encode(text).tolist()]
        assert (ours.num_chars, ours.split, ours.sha256) == (theirs.num_chars, theirs.split, theirs.sha256)
    assert [made.num_chars(split) for split in SPLITS] == [corpus.num_chars(split) for split in SPLITS]
    assert made.digest != corpus.digest


@BOTH
def test_a_book_cut_into_stretches_has_the_same_ids(
    books_dir: Path, tmp_path: Path, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = "\u706f\U0001f56f lamp don't  keeper\n\n" * 9 + "x" * 200
    (books_dir / "odd.txt").write_text(odd, encoding="utf-8")
    monkeypatch.setattr(subword_pass, "IDS_AT_ONCE", 7)
    cut = prepare([books_dir], cache_dir=tmp_path / "cache", config=config_of(unit, min_count=3))
    for book in cut.books:
        assert cut.book_ids(book)[1:].tolist() == cut.alphabet.encode(cut.book_text(book)).tolist()


@given(text=st.text(alphabet="ab \u706f\ud800\U0001f56f", max_size=40), size=st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stretch_ends_with_a_character(text: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Shelf:
        alphabet = Alphabet("ab ")

        def book_ids(self, book: object) -> object:
            return np.concatenate([[0], self.alphabet.encode(text)])

    monkeypatch.setattr(subword_pass, "IDS_AT_ONCE", size)
    assert "".join(iter_texts(Shelf(), None)) == text


@BOTH
def test_an_unchanged_corpus_is_kept_and_a_changed_one_made_anew(books_dir: Path, tmp_path: Path, unit: Unit) -> None:
    config = config_of(unit)

    def stages() -> list[str]:
        steps = iter_prepare([books_dir], cache_dir=tmp_path / "cache", config=config)
        return list(dict.fromkeys(step.stage for step in steps))

    assert stages() == ["reading", "encoding", "done"]
    store = prepare([books_dir], cache_dir=tmp_path / "cache", config=config).path
    first = (store / "corpus.json").stat().st_ino
    assert stages() == ["reading", "done"]
    assert (store / "corpus.json").stat().st_ino == first
    (books_dir / "more.txt").write_text("One more lamp, and one more keeper.\n" * 20, encoding="utf-8")
    assert stages() == ["reading", "encoding", "done"]
    assert len(Corpus.open(store).books) == 7
    ids = store / "ids.bin"
    ids.write_bytes(ids.read_bytes()[:-1])
    assert stages() == ["reading", "encoding", "done"]
    Corpus.open(store).verify()


@BOTH
def test_another_way_of_cutting_makes_it_anew(
    books_dir: Path, tmp_path: Path, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(unit)

    def stages() -> list[str]:
        steps = iter_prepare([books_dir], cache_dir=tmp_path / "cache", config=config)
        return list(dict.fromkeys(step.stage for step in steps))

    stages()
    assert stages() == ["reading", "done"]
    monkeypatch.setattr(subword_pass, "SUBWORDS_VERSION", subword_pass.SUBWORDS_VERSION + 1)
    assert stages() == ["reading", "encoding", "done"]
    assert stages() == ["reading", "done"]
    made = prepare([books_dir], cache_dir=tmp_path / "cache", config=config)
    assert made.subwords_version == subword_pass.SUBWORDS_VERSION


def test_progress_counts_every_book(books_dir: Path, tmp_path: Path) -> None:
    config = config_of("bpe")
    steps = list(iter_prepare([books_dir], cache_dir=tmp_path / "cache", config=config))
    assert [step.books_done for step in steps[-8:]] == [0, 1, 2, 3, 4, 5, 6, 6]
    assert steps[-2].bytes_done == steps[-1].bytes_done == steps[-1].num_bytes


def test_a_shelf_that_cannot_be_read_is_refused_as_ever(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        prepare([tmp_path / "none"], cache_dir=tmp_path / "cache", config=config_of("bpe"))
