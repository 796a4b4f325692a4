"""A long work: the same bytes whatever happens on the way, at the length asked for, and never over anybody's file."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from engines import loud_model
from folders import SHELF

import penwright.author.works.journal
import penwright.author.works.session
import penwright.author.works.writing
import penwright.files
from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.author.author import Author
from penwright.author.card import Card
from penwright.author.works.chapter import ChapterLength
from penwright.author.works.journal import Journal
from penwright.author.works.writing import WorkProgress, iter_work, write_work
from penwright.corpus.config import CorpusConfig
from penwright.corpus.preparing import prepare
from penwright.corpus.texts import list_texts
from penwright.errors import UsageError, WorkError
from penwright.model.char_model import CharModel
from penwright.originality.building import index_of
from penwright.originality.quote_limit import QuoteLimit
from penwright.writing.engines.plain import PlainEngine

PROSE = 'The lamp went "out" at nine. Mr. Vane (the keeper) said: "who is there?" The lamps didn\'t say CHAPTERIV.\n\n'
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
ALPHABETS = {
    "characters": LEARNT,
    "bpe": learn_subwords(LEARNT, [PROSE * 3], unit="bpe", num_symbols=100),
    "words": learn_subwords(LEARNT, [PROSE * 3], unit="words", num_symbols=70),
}
AUTHORS = {unit: Author(loud_model(alphabet), alphabet, Card(name="Vane")) for unit, alphabet in ALPHABETS.items()}
EACH_UNIT = pytest.mark.parametrize("unit", AUTHORS)
LAWS: dict[str, Any] = {"word_temperature": 1.3, "close_quotes": True, "sentence_length": 0.5, "no_repeat_ngram": 2}
SMALL: dict[str, Any] = {"words": 150, "chapters": 3, "seed": 5, "title": "A Lamp", "by": "Nobody"}


class Killed(BaseException):
    """What a kill is to a test: nothing catches it, and nothing is tidied up after it."""


@pytest.fixture
def saves_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a work save whenever it may."""
    monkeypatch.setattr(penwright.author.works.writing, "MIN_SAVE_SECONDS", 0.0)
    monkeypatch.setattr(penwright.author.works.writing, "SAVE_SHARE", 1e9)
    monkeypatch.setattr(penwright.author.works.writing, "YIELD_CHARS", 250)


def killing(number: int | None, monkeypatch: pytest.MonkeyPatch) -> "count[int]":
    """Kill the process at the so-many-th thing that it does to a disk; None lets it live. Return what counts them."""
    deeds = count(1)

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def do(*args: Any, **options: Any) -> Any:
            if next(deeds) == number:
                raise Killed
            return function(*args, **options)

        return do

    for home, name in (
        (penwright.author.works.journal, "write_json"),
        (penwright.author.works.journal, "write_text"),
        (penwright.author.works.journal.os, "fsync"),
        (penwright.author.works.session, "save_bookmark"),
        (penwright.author.works.session, "export"),
        (Path, "unlink"),
    ):
        monkeypatch.setattr(home, name, watched(getattr(home, name)))
    return deeds


@pytest.mark.slow
@pytest.mark.usefixtures("saves_often")
@pytest.mark.parametrize(
    ("unit", "options"),
    [("characters", LAWS), ("bpe", {}), ("characters", {"best_of": 2})],
    ids=["laws", "bpe", "best"],
)
def test_a_work_killed_at_any_deed_ends_as_one_that_nobody_killed(
    unit: str, options: dict[str, Any], tmp_path: Path
) -> None:
    author, whole, path = AUTHORS[unit], tmp_path / "whole.md", tmp_path / "killed.md"
    with pytest.MonkeyPatch.context() as patch:
        deeds = killing(None, patch)
        write_work(author, whole, **SMALL, **options)
        num_deeds = next(deeds) - 1
    assert num_deeds > 20
    for number in sorted({*range(1, num_deeds, max(1, num_deeds // 12)), *range(num_deeds - 5, num_deeds + 1)}):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            killing(number, patch)
            write_work(author, path, restart=True, **SMALL, **options)
        write_work(author, path, restart=not Journal(path).is_there, **SMALL, **options)
        assert path.read_bytes() == whole.read_bytes(), number
    assert sorted(each.name for each in tmp_path.iterdir()) == ["killed.md", "whole.md"]


@pytest.mark.usefixtures("saves_often")
@pytest.mark.parametrize(("unit", "is_plain"), [*((unit, False) for unit in AUTHORS), ("characters", True)])
def test_a_work_left_after_each_report_ends_as_one_in_one_go(
    unit: str, is_plain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_plain:
        monkeypatch.setattr("penwright.author.author.engine_of_model", lambda model, alphabet: PlainEngine(model))
    whole, path = tmp_path / "whole.txt", tmp_path / "left.txt"
    write_work(AUTHORS[unit], whole, **SMALL, **LAWS)
    is_finished, num_calls = False, 0
    while not is_finished:
        work = iter_work(AUTHORS[unit], path, **{**SMALL, "seed": None if num_calls else 5}, **LAWS)
        is_finished = next(work).is_finished
        work.close()
        num_calls += 1
    assert num_calls > 3
    assert path.read_bytes() == whole.read_bytes()


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A work of which one chapter is written."""
    path = tmp_path / "novel.md"
    work = iter_work(AUTHORS["characters"], path, **SMALL)
    assert any(progress.is_chapter_written for progress in work)
    work.close()
    assert path.exists()
    return path


def test_chapters_have_about_the_length_asked_for_and_end_with_a_sentence_or_a_word(tmp_path: Path) -> None:
    path = tmp_path / "novel.txt"
    progress = write_work(AUTHORS["characters"], path, prompt="The lamp", **{**SMALL, "words": 600})
    text = path.read_text(encoding="utf-8")
    chapters = re.split(r"\n\n\n\n(?:CHAPTER [IVX]+|\*)\n\n", text)[1:-1]
    assert len(chapters) == 3 and chapters[0].startswith("The lamp")
    assert sum(map(num_words_in, chapters)) == progress.num_words >= 600
    assert all(150 <= num_words_in(each) < 400 for each in chapters)


def num_words_in(text: str) -> int:
    length = ChapterLength(1)
    length.push(text)
    return length.num_words


def test_a_finished_work_and_any_other_file_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "novel.md"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"novel\.md is there already\. Give another name, or --restart"):
        iter_work(AUTHORS["characters"], path, **SMALL)
    assert path.read_text(encoding="utf-8") == "mine"
    write_work(AUTHORS["characters"], path, restart=True, **SMALL)
    assert path.read_text(encoding="utf-8").startswith("# A Lamp\n")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"words": 160}, "words was 150 and is 160"),
        ({"seed": 6}, "seed was 5 and is 6"),
        ({"title": None}, "title was A Lamp and is not given"),
        ({"min_p": 0.2}, r"min p was not given and is 0\.2"),
        ({"prompt": "A"}, "the prompt is another one"),
        ({"noted": {"max_quote": 30}}, "max quote was not given and is 30"),
    ],
)
def test_an_unfinished_work_of_other_settings_is_refused(begun: Path, changed: dict[str, Any], what: str) -> None:
    before = begun.read_bytes()
    with pytest.raises(WorkError, match=f"unfinished work of other settings: {what}. Repeat its command to go on"):
        write_work(AUTHORS["characters"], begun, **{**SMALL, **changed})
    assert begun.read_bytes() == before
    write_work(AUTHORS["characters"], begun, **SMALL)


def test_an_unfinished_work_of_another_author_is_refused(begun: Path) -> None:
    other = Author(loud_model(LEARNT, hidden_size=5), LEARNT)
    with pytest.raises(WorkError, match="the author is another one"):
        write_work(other, begun, **SMALL)


def test_corrections_in_the_file_of_an_unfinished_work_are_not_lost(begun: Path) -> None:
    begun.write_text("corrected", encoding="utf-8")
    with pytest.raises(WorkError, match="was changed while the work was unfinished. Move it away to go on"):
        write_work(AUTHORS["characters"], begun, **SMALL)
    assert begun.read_text(encoding="utf-8") == "corrected"
    begun.rename(begun.with_name("corrected.md"))
    write_work(AUTHORS["characters"], begun, **SMALL)


def test_a_work_that_another_process_writes_is_left_alone(begun: Path) -> None:
    work = iter_work(AUTHORS["characters"], begun, **SMALL)
    next(work)
    with pytest.raises(WorkError, match="is being written by another process"):
        write_work(AUTHORS["characters"], begun, **SMALL)
    work.close()


@pytest.mark.parametrize("name", ["work.json", "progress.json", "tape.txt", "state-0", "state-1"])
def test_a_damaged_journal_is_refused_in_one_sentence_or_not_needed(begun: Path, name: str) -> None:
    path = begun.with_name("novel.md.unfinished") / name
    data = path.read_bytes() if path.exists() else b""
    for damaged in (data[: len(data) // 2], b"{" + data[1:], b"[]", data.replace(b"0", b"-"), data.replace(b"e", b"f")):
        path.write_bytes(damaged)
        try:
            next(iter_work(AUTHORS["characters"], begun, **SMALL))
        except (WorkError, penwright.errors.BookmarkError) as error:
            assert str(error).isprintable() and ("damaged" in str(error) or "no bookmark" in str(error))


def test_a_folder_of_somebody_elses_is_not_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "novel.md.unfinished"
    folder.mkdir()
    (folder / "letters.txt").write_text("mine", encoding="utf-8")
    write_work(AUTHORS["characters"], tmp_path / "novel.md", **SMALL)
    assert [each.name for each in folder.iterdir()] == ["letters.txt"]


def test_what_is_complete_can_be_read_before_the_work_is(begun: Path) -> None:
    text = begun.read_text(encoding="utf-8")
    assert text.count("\n## ") == 1
    assert "This work is unfinished: 1 of 3 chapters are written." in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_chars": 9}, "a work ends by its words and chapters; leave max_chars out"),
        ({"words": 149}, "149 words in 3 chapters leave less than 50 for each. Give at least 150 words"),
        ({"chapters": 0}, "chapters=0 must be a whole number from 1 to 1,000"),
        ({"language": "English language"}, "language='English language' must be text of the form of a language tag"),
        ({"title": " "}, "title=' ' must be text of at most 200 characters of one line with at least one sign"),
        ({"tempo": 1}, "writing has no option 'tempo'"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        iter_work(AUTHORS["characters"], tmp_path / "novel.md", **{**SMALL, **options})
    with pytest.raises(UsageError, match=r"a work is written as \.md, \.txt, \.epub, and 'novel\.docx' ends otherwise"):
        iter_work(AUTHORS["characters"], tmp_path / "novel.docx", **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_limit_to_copying_holds_and_belongs_to_its_books(tiny_model: CharModel, tmp_path: Path) -> None:
    corpus = prepare([SHELF], cache_dir=tmp_path / "cache")
    author, path, index = Author(tiny_model, corpus.alphabet), tmp_path / "novel.md", index_of(corpus)

    def write(max_quote: int) -> Iterator[WorkProgress]:
        limit = QuoteLimit(index, corpus.alphabet, max_quote=max_quote)
        return iter_work(author, path, guides=[limit], noted={"max_quote": max_quote}, **SMALL)

    work = write(30)
    next(work)
    work.close()
    with pytest.raises(WorkError, match="the rules, or the books that they know, are others"):
        next(write(31))
    assert [progress for progress in write(30)][-1].is_finished
    assert " --max-quote 30 " in path.read_text(encoding="utf-8")


def test_a_work_can_be_read_as_a_book(tmp_path: Path) -> None:
    plain, book = tmp_path / "novel.txt", tmp_path / "novel.epub"
    for path in (plain, book):
        write_work(AUTHORS["characters"], path, **SMALL)
    [text] = list_texts([str(book)], config=CorpusConfig(alphabet="seed", split="seed")).texts
    written = plain.read_text(encoding="utf-8").partition("\n\n\n\n*\n\n")[0]
    shown = [word for word in written.split() if word.isascii() and word.isalpha()]
    assert len(shown) > 20
    read = text.text.upper()
    assert sum(word.upper() in read for word in shown) > 0.95 * len(shown)


def test_the_author_goes_on_from_a_bookmark(tmp_path: Path) -> None:
    author = AUTHORS["characters"]
    mark = author.read("The keeper went out.")
    fresh, after, again = (tmp_path / f"{name}.txt" for name in ("fresh", "after", "again"))
    write_work(author, fresh, **SMALL)
    write_work(author, after, after=mark, **SMALL)
    work = iter_work(author, again, after=mark, **SMALL)
    next(work)
    work.close()
    with pytest.raises(WorkError, match="the bookmark is another one"):
        write_work(author, again, **SMALL)
    write_work(author, again, after=mark, **SMALL)
    assert again.read_bytes() == after.read_bytes() != fresh.read_bytes()
