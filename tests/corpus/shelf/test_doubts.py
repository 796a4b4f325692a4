"""Books that were guessed, patched or partly unread are told in the order of harm, and mostly harm is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from penwright import prepare
from penwright.corpus.config import CorpusConfig
from penwright.corpus.inspection import inspect_shelf
from penwright.corpus.passes.clean_text import RawChunk, read_chunk
from penwright.corpus.shelf.doubts import doubt_sentences, reason_to_refuse
from penwright.corpus.shelf.facts import Facts
from penwright.corpus.sources.chunks import FileChunk
from penwright.corpus.sources.discovery import Source
from penwright.errors import CorpusError

TEXT = "The rain fell on the roofs of the town, and nobody came down the stair all night. "


def facts_of(text: str, *doubts: str, reason: str = "valid UTF-8") -> Facts:
    data = text.encode("utf-8", "surrogatepass")
    chunk = FileChunk(Source(Path("a.txt"), None, len(data), Path()), 0, len(data), b"")
    facts = read_chunk(RawChunk(text.encode("utf-8"), "0" * 64), chunk=chunk, config=CorpusConfig()).facts
    return replace(facts, doubts=doubts, reason=reason)


def test_the_greatest_harm_comes_first_and_each_says_how_many_characters() -> None:
    guessed = {"reason": "detected: reads as French"}
    books = {
        "sure.txt": facts_of(TEXT),
        "guessed.txt": facts_of(TEXT + "é" * 3, **guessed),
        "also.txt": facts_of(TEXT + "é" * 4, **guessed),
        "private.txt": facts_of(TEXT + "\ue000" * 5),
        "patched.txt": facts_of(TEXT + "\ufffd", "1 byte makes no character in cp1252 and became U+FFFD"),
        "replaced.txt": facts_of(TEXT + "\ufffd" * 2),
        "unread.txt": facts_of(TEXT, "900 of its 1,000 letters (90%) could not be read"),
    }
    assert doubt_sentences(books.items()) == [
        "unread.txt: 900 of its 1,000 letters (90%) could not be read",
        "replaced.txt: 2 characters are U+FFFD, which stands for what could not be read",
        "patched.txt: 1 byte makes no character in cp1252 and became U+FFFD",
        "private.txt: 5 characters are improbable in a book (control, private or unassigned)",
        "also.txt, guessed.txt: encoding guessed, utf-8 (detected: reads as French): 7 characters depend on it",
    ]


@pytest.mark.parametrize("sign", ["\ufffd", "\ue000", "\x85", "\u0378"])
def test_a_text_with_over_a_hundredth_of_harm_is_refused(sign: str) -> None:
    def reason(number: int) -> str:
        return reason_to_refuse(facts_of(TEXT * 50 + sign * number))

    limit = len(TEXT) * 50 // 99
    assert reason(limit - 1) == ""
    assert "together 1.0%" in reason(limit + 2)
    assert reason_to_refuse(facts_of(TEXT + sign * 10)) == "", "ten are always read"


def test_a_doubtful_book_is_left_out_unless_it_is_accepted(tmp_path: Path) -> None:
    books = tmp_path / "books"
    books.mkdir()
    (books / "good.txt").write_text(TEXT * 20, encoding="utf-8")
    (books / "bad.txt").write_text((TEXT + "\ufffd" * 3) * 20, encoding="utf-8")
    (books / "slight.txt").write_text(TEXT * 30 + "Slight \ufffd\n", encoding="utf-8")

    corpus, report = prepare(books, cache_dir=tmp_path / "cache", workers=1), inspect_shelf(books, workers=1)
    assert corpus.skipped == report.skipped
    assert [name for name, _ in corpus.skipped] == ["bad.txt"]
    assert "--accept-doubtful" in corpus.skipped[0][1]
    assert report.doubts == ("slight.txt: 1 character is U+FFFD, which stands for what could not be read",)
    assert corpus.warnings[: len(report.doubts)] == report.doubts
    assert corpus.warnings[len(report.doubts) :] == report.warnings

    accepted = CorpusConfig(accept_doubtful=True)
    assert prepare(books, config=accepted, cache_dir=tmp_path / "cache", workers=1).skipped == ()
    assert "bad.txt: 60 characters are U+FFFD" in inspect_shelf(books, config=accepted, workers=1).doubts[0]
    (books / "good.txt").unlink()
    (books / "slight.txt").unlink()
    with pytest.raises(CorpusError, match="none of the 1 files found holds a book.*are replacements"):
        prepare(books, cache_dir=tmp_path / "cache", workers=1)


def test_what_a_reader_says_of_damage_and_loss_is_told_from_files_too(tmp_path: Path) -> None:
    russian = "Дождь шёл всю ночь, и никто не сходил по лестнице вниз. " * 40
    (tmp_path / "damaged.txt").write_bytes(russian.encode("cp1251") + b"\x98\n")
    (tmp_path / "rows.tsv").write_text("id\ttext\n" + f"1\t{TEXT}\n" * 40 + "2\n" * 10, encoding="utf-8")
    told = inspect_shelf(tmp_path, workers=1).doubts
    assert [sentence.partition(":")[0] for sentence in told] == ["rows.tsv", "damaged.txt", "damaged.txt"]
    assert "rows have no cell in the column of text" in told[0]
    assert "makes no character in cp1251 and became U+FFFD" in told[1]
    assert "encoding guessed, cp1251" in told[2]
