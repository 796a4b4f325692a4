"""Facts join to those of a whole book, and kept on disk they are the same and take little memory."""

import tracemalloc
from dataclasses import fields
from pathlib import Path

import numpy as np

from penwright.corpus.config import CorpusConfig
from penwright.corpus.passes.clean_text import RawChunk, count_characters, read_chunk
from penwright.corpus.shelf.facts import BriefFacts, Facts, KeptFacts, join_facts, keep, total_counts
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import Source
from penwright.files.scratch import Scratch

RAW = CorpusConfig(alphabet="seed", split="seed")
MAX_BYTES = 1_000
"""Of memory for what is kept of one book."""


def facts_of(text: str, *, config: CorpusConfig = RAW) -> Facts:
    data = text.encode("utf-8")
    chunk = FileChunk(Source(Path("a.txt"), None, len(data), Path()), 0, len(data), b"")
    return read_chunk(RawChunk(data, "0" * 64), chunk=chunk, config=config).facts


def test_the_facts_of_chunks_join_to_those_of_the_book() -> None:
    first, second = "a lamp\n\n", "a bell: zwölf\n"
    parts = [facts_of(part) for part in (first, second)]
    whole = join_facts(parts, sha256="f" * 64)
    characters, counts = count_characters(first + second)
    assert whole.characters == characters
    assert whole.counts.tolist() == counts.tolist()
    assert whole.num_chars == len(first + second)
    assert whole.sha256 == "f" * 64
    assert whole.text_sha256 not in {part.text_sha256 for part in parts}
    assert join_facts(parts[:1], sha256="f" * 64) is parts[0]


def test_counts_of_several_texts_add_up() -> None:
    facts = [facts_of(text) for text in ("aab", "bc")]
    assert total_counts(facts) == {"a": 2, "b": 2, "c": 1}
    assert facts[0].counts.dtype == np.int64


def test_a_book_in_chunks_has_the_fingerprint_of_the_whole(prose: dict[str, str]) -> None:
    text = "\n\n".join(prose.values())
    half = text.index("\n", len(text) // 2) + 1

    config = CorpusConfig(unwrap=False)
    joined = join_facts([facts_of(part, config=config) for part in (text[:half], text[half:])], sha256="f" * 64)
    whole = facts_of(text, config=config).fingerprint
    assert len(np.setxor1d(joined.fingerprint, whole)) <= 2, "all but a sentence that the cut may hide"
    assert len(whole) > 20


def test_kept_facts_are_the_same(prose: dict[str, str]) -> None:
    with Scratch(None) as scratch:
        for text in (*prose.values(), "zwölf 😀 \ud800\n"):
            facts = facts_of(text, config=CorpusConfig()) if "\ud800" not in text else surrogate_facts(text)
            kept = keep(facts, scratch=scratch)
            for field in fields(BriefFacts):
                assert getattr(kept, field.name) == getattr(facts, field.name)
            assert kept.characters == facts.characters
            for name in ("counts", "fingerprint"):
                assert getattr(kept, name).tolist() == getattr(facts, name).tolist()
                assert getattr(kept, name).dtype == getattr(facts, name).dtype
            assert keep(kept, scratch=scratch) is kept


def surrogate_facts(text: str) -> Facts:
    """Facts of a text that no UTF-8 holds."""
    characters, counts = count_characters(text)
    brief = {field.name: getattr(facts_of("any\n"), field.name) for field in fields(BriefFacts)}
    return Facts(**brief, characters=characters, counts=counts, fingerprint=np.zeros(0, dtype=np.uint64))


def test_chunks_whose_facts_are_kept_join_like_others() -> None:
    chunks = [facts_of("a lamp\n\n"), facts_of("a bell: zwölf\n")]
    with Scratch(None) as scratch:
        kept = [keep(facts, scratch=scratch) for facts in chunks]
        whole, expected = join_facts(kept, sha256="f" * 64), join_facts(chunks, sha256="f" * 64)
    assert (whole.characters, whole.counts.tolist()) == (expected.characters, expected.counts.tolist())


def test_what_is_kept_of_a_book_takes_little_memory() -> None:
    """A fingerprint alone has four kilobytes."""

    def sent_by_another_process(number: int) -> Facts:
        return Facts(
            sha256=f"{number:064}",
            text_sha256=f"{number:064x}",
            num_chars=number,
            encoding="".join(["utf", "-8"]),
            reason="".join(["plain", " ASCII"]),
            characters="".join(map(chr, range(32, 132))),
            counts=np.arange(100),
            fingerprint=np.arange(512, dtype=np.uint64),
            details={"Title": f"Book {number}", "Author": f"Author {number}"},
            is_hard_wrapped=True,
            was_unwrapped=True,
            doubts=(),
            warnings=(),
        )

    with Scratch(None) as scratch:
        keep(sent_by_another_process(1_000), scratch=scratch)
        tracemalloc.start()
        kept: list[KeptFacts] = [keep(sent_by_another_process(number), scratch=scratch) for number in range(200)]
        num_bytes = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert len(kept) == 200
    assert num_bytes < 200 * MAX_BYTES
