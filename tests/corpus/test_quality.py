"""What is said of a library: mixed languages, cuts that are too large, and the most doubtful books first."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from penwright.corpus.config import CorpusConfig
from penwright.corpus.inspection import inspect_shelf, iter_inspect
from penwright.corpus.quality import cut_kinds, edition_groups, most_doubtful
from penwright.errors import ConfigError, CorpusError

FRENCH = (
    "La lampe était allumée quand elle descendit, et il était assis le dos à la fenêtre, comme s'il n'y avait rien "
    "dans la rue qu'il eût voulu voir. Elle lui demanda ce qu'on avait dit, et il ne lui cacha rien de tout cela.\n\n"
)
START = "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n"
END = "\n\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\n\n"


@pytest.fixture
def shelf(prose: Mapping[str, str], tmp_path: Path) -> Path:
    for name, text in prose.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "Dubois_Lampe.txt").write_text(FRENCH * 20, encoding="utf-8")
    return tmp_path


def test_a_shelf_in_two_languages_gets_a_word_and_one_of_them_can_be_kept(shelf: Path) -> None:
    report = inspect_shelf(shelf)
    assert any("in 2 languages (English 6, French 1)" in warning for warning in report.warnings)
    english = inspect_shelf(shelf, config=CorpusConfig(language="en"))
    assert {book.language for book in english.books} == {"en"} and len(english.books) == 6
    assert not any("languages" in warning for warning in english.warnings)
    assert english.skipped == (
        ("Dubois_Lampe.txt", "Dubois_Lampe.txt is in French, and only English was asked for"),
    )  # fmt: skip
    assert len(inspect_shelf(shelf, config=CorpusConfig(language="en,fr")).books) == 7
    with pytest.raises(CorpusError, match="only German was asked for"):
        inspect_shelf(shelf, config=CorpusConfig(language="de"))
    with pytest.raises(ConfigError, match=r"corpus.language='english' must be text of codes of languages"):
        CorpusConfig(language="english")


def test_a_false_declaration_is_told(shelf: Path) -> None:
    head = f"The Project Gutenberg EBook of X\n\nTitle: X\n\nLanguage: English\n\n{START}"
    (shelf / "pg9.txt").write_text(f"{head}{FRENCH * 21}{END}", encoding="utf-8")
    warnings = inspect_shelf(shelf).warnings
    assert any("pg9.txt (said to be English, reads as French)" in warning for warning in warnings)


def test_a_cut_beyond_the_bound_is_named_and_not_made(prose: Mapping[str, str], tmp_path: Path) -> None:
    """Nothing is lost without a word: beyond the stated share a file is kept whole or refused, else it is named."""
    body = prose["Vane_Lamp_1884.txt"]
    appended = "Some other text, which nobody called a licence, and that goes on.\n" * 550  # 36,000 characters
    (tmp_path / "whole.txt").write_text(f"{START}{body}{END}{appended}", encoding="utf-8")
    (tmp_path / "short.txt").write_text(f"{START}{body}{END}{appended[:4_000]}", encoding="utf-8")
    report = inspect_shelf(tmp_path)
    whole, short = (next(book for book in report.books if book.name == name) for name in ("whole.txt", "short.txt"))
    assert (whole.num_cut, whole.cuts) == (0, ()) and whole.num_chars > len(appended)
    assert any(
        warning.startswith("whole.txt: cutting what looks like a licence would take") for warning in report.warnings
    )
    assert short.cut_fraction > 0.5
    assert any("1 file loses more than 10% to cleaning: short.txt" in warning for warning in report.warnings)
    assert [each.book.name for each in most_doubtful(report, limit=2)[0]] == ["whole.txt", "short.txt"]

    refusing = inspect_shelf(tmp_path, config=CorpusConfig(refuse_large_cuts=True))
    assert [name for name, _ in refusing.skipped] == ["whole.txt"]
    assert "more than corpus.max_cut_fraction allows" in refusing.skipped[0][1]
    cutting = inspect_shelf(tmp_path, config=CorpusConfig(max_cut_fraction=1.0))
    assert all(book.num_cut > 0 for book in cutting.books)


def test_each_kind_of_cut_has_examples_with_the_text_that_stays(prose: Mapping[str, str], tmp_path: Path) -> None:
    for number, body in enumerate(prose.values()):
        head = f"The Project Gutenberg EBook of X\n\n{START}Produced by A. Reader\n\n\n"
        (tmp_path / f"pg{number}.txt").write_text(f"{head}{body.strip()}{END}The licence.\n", encoding="utf-8")
    kinds = {each.kind: each for each in cut_kinds(inspect_shelf(tmp_path).books)}
    assert set(kinds) == {"header", "credits", "footer"}
    texts = [text.strip() for text in prose.values()]
    for example in kinds["footer"].examples:
        assert any(text.endswith(example.cut.before.strip()) for text in texts) and example.cut.before.strip()
        assert example.cut.text.startswith("*** END OF") and not example.cut.after


def test_editions_and_copies_are_grouped(prose: Mapping[str, str], tmp_path: Path) -> None:
    body = prose["Vane_Lamp_1884.txt"] * 4
    other = FRENCH * 40
    for name, text in {"a": body, "b": body, "c": body + "An end.\n", "d": other, "e": other[:-400]}.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    report = inspect_shelf(tmp_path)
    groups = [(group.names, set(group.copies)) for group in edition_groups(report.books)]
    assert groups[0] == (("a.txt", "b.txt", "c.txt"), {"b.txt"})
    assert all(0 < group.least <= group.most <= 1 for group in edition_groups(report.books))


def test_a_library_is_inspected_step_by_step(shelf: Path) -> None:
    steps = list(iter_inspect(shelf, workers=1))
    assert [step.books_done for step in steps] == list(range(8)) and {step.num_books for step in steps} == {7}
    assert steps[-1].bytes_done == steps[-1].num_bytes
