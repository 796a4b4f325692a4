"""The simulated library is what it says: the same for the same seed, strangers are strangers, and its truth is true."""

import json
import re
from collections import Counter
from pathlib import Path

import library_books
import numpy as np
import pytest
from folders import CORPORA
from library_books import KINDS, FileJob, Plan, form_of, make_file, num_groups, plans_of, relations, saved, size_of
from library_measures import findings
from library_text import grow_text, lay_out, roman, worn, wrapped

from penwright.corpus.preparing import prepare

STORY = "The lamp was lit. She went down to the old harbour, and waited there for Tom.\n\n“Tom!” he said.\n\n" * 3


def test_there_is_every_kind_and_no_file_too_many() -> None:
    for num_files in (40, 340, 34_000):
        plans = plans_of(num_files, seed=1)
        assert [plan.number for plan in plans] == list(range(1, num_files + 1))
        assert set(Counter(plan.kind for plan in plans)) == {"work", *KINDS}
        assert {work for plan in plans for work in plan.works} <= {plan.number for plan in plans if plan.kind == "work"}
        groups = num_groups(num_files)
        assert all(len({work % groups for work in plan.works}) == 1 for plan in plans)
    with pytest.raises(SystemExit, match="too small to hold every kind"):
        plans_of(10, seed=1)


def test_what_two_files_share_is_a_share_of_the_smaller() -> None:
    plans = [
        Plan(1, "work", (1,)),
        Plan(2, "work", (2,)),
        Plan(3, "edition", (1,)),
        Plan(4, "volumes", (1,), 0.0, 0.5),
        Plan(5, "volumes", (1,), 0.5, 1.0),
        Plan(6, "collected", (1, 2)),
    ]
    shares = relations(plans, {1: 100, 2: 300})
    assert shares == {
        (1, 3): 1.0, (1, 4): 1.0, (1, 5): 1.0, (1, 6): 1.0, (3, 4): 1.0, (3, 5): 1.0, (3, 6): 1.0,
        (4, 6): 1.0, (5, 6): 1.0, (2, 6): 1.0,
    }  # fmt: skip


def test_a_text_is_a_function_of_its_seed_and_keeps_words_and_paragraphs() -> None:
    group = lay_out([STORY])
    text = grow_text(group, seed=3, num_chars=50_000).tobytes().decode("cp1252")
    assert text == grow_text(group, seed=3, num_chars=50_000).tobytes().decode("cp1252")
    assert text != grow_text(group, seed=4, num_chars=50_000).tobytes().decode("cp1252")
    assert text.startswith("CHAPTER I.\n\n") and "\n\nCHAPTER III.\n\n" in text and text.endswith("\n\n")
    assert 50_000 <= len(text) < 51_000 and "“" in text
    assert set("".join(filter(str.isalpha, text.replace("CHAPTER", "")))) <= set(
        "".join(filter(str.isalpha, STORY))
    ) | set("IVX")


def test_lines_are_wrapped_at_blanks_and_letters_are_misread() -> None:
    text = np.frombuffer(STORY.encode("cp1252"), dtype=np.uint8)
    lines = wrapped(text, 30).tobytes().decode("cp1252")
    assert max(map(len, lines.split("\n"))) <= 30 and lines.replace("\n", " ") == STORY.replace("\n", " ")
    misread = worn(text, np.uint64(7), 200_000)
    changed = np.flatnonzero(misread != text)
    assert len(text) // 10 < len(changed) < len(text) // 4 and all(97 <= letter <= 122 for letter in misread[changed])
    assert [roman(number) for number in (1, 4, 9, 40, 249)] == ["I", "IV", "IX", "XL", "CCXLIX"]


def test_lengths_are_those_of_novels() -> None:
    sizes = [size_of(work, seed=0) for work in range(3_000)]
    assert 370_000 < np.mean(sizes) < 400_000 and min(sizes) >= 20_000


@pytest.mark.parametrize("licence", ["modern", "1990s", "2003", "none"])
@pytest.mark.parametrize("codec", ["utf-8-sig", "cp1252", "ascii", "utf-16"])
def test_damage_is_undone_and_the_truth_is_what_is_left(licence: str, codec: str, tmp_path: Path) -> None:
    group = lay_out([STORY])
    text = grow_text(group, seed=5, num_chars=60_000)
    form = form_of(Plan(5, "work", (5,)), seed=0, num_files=100)
    for layout, newline in (("72", "\r\n"), ("lines", "\r\r\n")):
        data = saved(text, library_books.Form(codec, newline, layout, licence, form.title, form.writer), 5)
        (tmp_path / "pg5.txt").write_bytes(data)
        corpus = prepare(tmp_path / "pg5.txt", cache_dir=tmp_path / "cache", workers=1)
        read = "".join(corpus.book_text(book) for book in corpus.books)
        assert corpus.books[0].author == (form.writer if licence != "none" else "")
        body = text.tobytes().decode("cp1252")
        body = body.translate(library_books._FLAT) if codec == "ascii" else body
        head = f"{form.title} by {form.writer}" if licence == "none" else ""
        assert "".join(read.split()) == "".join((head + body).split())


@pytest.mark.slow
@pytest.mark.skipif(not (CORPORA / "novels").is_dir(), reason=f"there are no novels in {CORPORA}")
def test_every_known_pair_is_found_no_other_one_and_no_character_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_books, "MEDIAN_CHARS", 100_000)
    jobs = [FileJob(plan, CORPORA / "novels", tmp_path / "books", 2, 60) for plan in plans_of(60, seed=2)]
    rows = [json.loads(json.dumps(make_file(job))) for job in jobs]
    assert make_file(jobs[0]) == rows[0]
    found = findings(prepare(tmp_path / "books", cache_dir=tmp_path / "cache"), tmp_path / "cache", rows)
    assert found.num_found == found.num_known > 10 and found.num_false == found.num_torn == found.num_later == 0
    assert all(0.999 < float(word) < 1.01 for word in re.findall(r"[01][.][0-9]+", found.kept))
