import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.corpus.config import CorpusConfig
from penwright.corpus.passes import text_cache
from penwright.corpus.passes.clean_text import RawChunk, read_chunk
from penwright.corpus.passes.text_cache import (
    entry_path,
    iter_cached_text,
    key_of,
    load_facts,
    make_cache,
    remove_entries,
    save_entry,
)
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import Source

TEXT = "Rain on the roof — all night.\nThe cat slept.\n"
CONFIG = CorpusConfig()


def chunk_named(name: str, *, start: int = 0, stop: int = 10, num_bytes: int = 10) -> FileChunk:
    return FileChunk(Source(Path(name), None, num_bytes, Path()), start, stop, b"")


def save(cache_dir: Path, text: str = TEXT, key: str = "ab" * 32) -> str:
    """Save an entry whose facts are those of another text but for the digest."""
    facts = read_chunk(RawChunk(TEXT.encode(), "0" * 64), chunk=chunk_named("a.txt"), config=CONFIG).facts
    data = text.encode("utf-8", "surrogatepass")
    save_entry(cache_dir, key, data=data, facts=replace(facts, text_sha256=hashlib.sha256(data).hexdigest()))
    return key


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    facts = read_chunk(RawChunk(TEXT.encode(), "0" * 64), chunk=chunk_named("a.txt"), config=CONFIG).facts
    save_entry(tmp_path, "ab" * 32, data=TEXT.encode(), facts=facts)
    again = load_facts(tmp_path, "ab" * 32)
    assert again is not None
    for name in ("sha256", "text_sha256", "num_chars", "encoding", "reason", "characters", "details", "warnings"):
        assert getattr(again, name) == getattr(facts, name)
    assert again.counts.tolist() == facts.counts.tolist()
    assert again.fingerprint.tolist() == facts.fingerprint.tolist()
    assert again.fingerprint.dtype == facts.fingerprint.dtype


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=())), st.integers(1, 9))
def test_any_text_comes_back_in_stretches(tmp_path_factory: pytest.TempPathFactory, text: str, step: int) -> None:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_cache, "TEXT_BYTES", step)
        stretches = iter_cached_text(folder, save(folder, text))
        assert stretches is not None
        assert "".join(stretches) == text


def test_an_entry_that_is_missing_is_not_there(tmp_path: Path) -> None:
    assert load_facts(tmp_path, "cd" * 32) is None
    assert iter_cached_text(tmp_path, "cd" * 32) is None


@pytest.mark.parametrize("damage", [b"", b"no json\ntext", b"[]\n", b'{"num_bytes": 4}\ntext', b"\xff\xff\n"])
def test_a_damaged_entry_is_not_there(tmp_path: Path, damage: bytes) -> None:
    key = save(tmp_path)
    entry_path(tmp_path, key).write_bytes(damage)
    assert load_facts(tmp_path, key) is None
    assert iter_cached_text(tmp_path, key) is None


def test_a_cache_says_that_it_is_one(tmp_path: Path) -> None:
    make_cache(tmp_path / "deep")
    make_cache(tmp_path / "deep")
    tag = entry_path(tmp_path / "deep", save(tmp_path / "deep")).parents[1] / "CACHEDIR.TAG"
    assert tag.read_text(encoding="ascii").startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_text_cut_short_is_not_there(tmp_path: Path) -> None:
    path = entry_path(tmp_path, save(tmp_path))
    path.write_bytes(path.read_bytes()[:-1])
    assert load_facts(tmp_path, path.name) is None


def test_a_text_with_another_letter_is_not_there(tmp_path: Path) -> None:
    path = entry_path(tmp_path, save(tmp_path))
    path.write_bytes(path.read_bytes().replace(b"The cat", b"The rat"))
    assert iter_cached_text(tmp_path, path.name) is None


def test_a_key_depends_on_content_and_on_everything_that_decides_the_cleaning(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CONFIG),
        key_of("2" * 64, chunk=chunk_named("a.txt"), config=CONFIG),
        key_of("1" * 64, chunk=chunk_named("a.html"), config=CONFIG),
        key_of("1" * 64, chunk=chunk_named("CMakeLists.txt"), config=CONFIG),
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CorpusConfig(unwrap=False)),
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CorpusConfig(licence=False)),
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CorpusConfig(normalize_punctuation=True)),
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CorpusConfig(alphabet="seed", split="seed")),
        key_of("1" * 64, chunk=chunk_named("a.txt", stop=5), config=CONFIG),
    ]
    monkeypatch.setattr(text_cache, "CLEANING_VERSION", text_cache.CLEANING_VERSION + 1)
    keys.append(key_of("1" * 64, chunk=chunk_named("a.txt"), config=CONFIG))
    assert len(set(keys)) == len(keys)


def test_a_key_does_not_depend_on_names_splits_or_the_alphabet() -> None:
    keys = {
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CONFIG),
        key_of("1" * 64, chunk=chunk_named("deep/b.TXT"), config=CONFIG),
        key_of("1" * 64, chunk=chunk_named("a.txt"), config=CorpusConfig(split_seed=5, min_count=3)),
    }
    assert len(keys) == 1


def test_removing_leaves_the_other_entries_alone(tmp_path: Path) -> None:
    kept, gone = save(tmp_path, key="ab" * 32), save(tmp_path, key="cd" * 32)
    remove_entries(tmp_path, {gone, "ef" * 32})
    assert load_facts(tmp_path, kept) is not None
    assert load_facts(tmp_path, gone) is None
