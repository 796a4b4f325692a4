import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.alphabet.characters import Alphabet
from penwright.corpus.config import CorpusConfig
from penwright.corpus.passes import text_cache
from penwright.corpus.passes.cleaning_pass import ChunkJob, take_chunk
from penwright.corpus.passes.encoding_pass import EncodingJob, encode_book
from penwright.corpus.passes.text_cache import entry_path
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import Source
from penwright.errors import CorpusError

RAW = CorpusConfig(alphabet="seed", split="seed")


def job_for(folder: Path, text: str, alphabet: Alphabet, *, start: int = 0, surplus: int = 0) -> EncodingJob:
    """Write a book, take it in, and return the job that encodes it after `start` ids and before one more."""
    data = text.encode("utf-8")
    (folder / "book.txt").write_bytes(data)
    chunk = FileChunk(Source(folder / "book.txt", None, len(data), folder), 0, len(data), b"")
    chunk_job = ChunkJob(chunk, RAW, folder / "cache")
    num_ids = len(alphabet.encode(text)) + (alphabet.boundary_id is not None) + surplus
    ids_path = folder / "ids.bin"
    ids_path.write_bytes(b"\xff" * (start + num_ids + 1) * np.dtype(alphabet.dtype).itemsize)
    key = take_chunk(chunk_job).key
    return EncodingJob((chunk_job,), (key,), ids_path, start, num_ids, alphabet.kind, alphabet.characters)


@settings(max_examples=20)
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip), st.text(), st.integers(1, 7)
)
def test_a_book_is_written_in_its_place_and_nowhere_else(
    tmp_path_factory: pytest.TempPathFactory, text: str, characters: str, step: int
) -> None:
    folder = tmp_path_factory.mktemp("encoding")
    for alphabet in (Alphabet("".join(sorted(set(characters)))), Alphabet.seed()):
        job = job_for(folder, text, alphabet, start=3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_cache, "TEXT_BYTES", step)
            sha256 = encode_book(job)
        ids = np.fromfile(job.ids_path, dtype=alphabet.dtype)
        boundary = [] if alphabet.boundary_id is None else [alphabet.boundary_id]
        written = ids[3:-1]
        assert written.tolist() == [*boundary, *alphabet.encode(text).tolist()]
        assert sha256 == hashlib.sha256(written.tobytes()).hexdigest()
        untouched = np.iinfo(alphabet.dtype).max
        assert set(ids[:3].tolist()) == {ids[-1]} == {untouched}


def test_a_large_alphabet_is_written_in_two_bytes(tmp_path: Path) -> None:
    alphabet = Alphabet("".join(map(chr, range(32, 400))))
    job = job_for(tmp_path, "aé€\n", alphabet, start=1)
    encode_book(job)
    assert np.fromfile(job.ids_path, dtype="<u2")[1:-1].tolist() == [0, *alphabet.encode("aé€\n").tolist()]


def test_a_text_that_the_cache_has_lost_is_read_again(tmp_path: Path) -> None:
    job = job_for(tmp_path, "words\n", Alphabet("words"))
    entry_path(tmp_path / "cache", job.keys[0]).unlink()
    encode_book(job)
    assert entry_path(tmp_path / "cache", job.keys[0]).is_file()


def test_a_book_that_changed_meanwhile_is_told(tmp_path: Path) -> None:
    job = job_for(tmp_path, "words\n", Alphabet("words"))
    entry_path(tmp_path / "cache", job.keys[0]).unlink()
    (tmp_path / "book.txt").write_bytes(b"sword\n")
    with pytest.raises(CorpusError, match="book.txt changed while it was being prepared. Leave it alone and run again"):
        encode_book(job)


@pytest.mark.parametrize("surplus", [-2, 2])
def test_a_book_never_takes_more_or_less_than_its_place(tmp_path: Path, surplus: int) -> None:
    job = job_for(tmp_path, "words and words\n", Alphabet("words"), surplus=surplus)
    with pytest.raises(CorpusError, match="changed while it was being prepared"):
        encode_book(job)
    assert np.fromfile(job.ids_path, dtype=np.uint8)[-1] == 255


def test_a_text_that_is_damaged_behind_intact_facts_is_read_again(tmp_path: Path) -> None:
    """After a power cut, a file may have its length and its first page, and zeros behind."""
    job = job_for(tmp_path, "It rained for a week.\n", Alphabet("".join(map(chr, range(10, 127)))))
    sha256 = encode_book(job)
    entry = entry_path(tmp_path / "cache", job.keys[0])
    entry.write_bytes(entry.read_bytes()[:-9] + bytes(9))
    assert encode_book(job) == sha256
