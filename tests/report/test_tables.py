"""The tables of a page."""

from dataclasses import replace

from record_samples import rolled_back

from penwright.evaluation.baselines.measuring import Baseline
from penwright.evaluation.book_score import BookScore
from penwright.report.story import Exam
from penwright.report.tables import MAX_BOOKS, baselines_table, books_table, rollbacks_table, settings_tables

SCORES = (
    BookScore(title="The Ferry", author="A. Vane", num_chars=1234, bits_per_char=2.5, accuracy=0.456),
    BookScore(title="A Short History of Soup", author="", num_chars=99, bits_per_char=2.0, accuracy=0.5),
)


def baseline(name: str, bits: float, *, books: tuple[float, ...], train_chars: int = 2_000_000) -> Baseline:
    return Baseline(
        name=name,
        kind="table" if train_chars else "compressor",
        bits_per_char=bits,
        train_chars=train_chars,
        seconds=1.5,
        book_bits_per_char=books,
    )


BASELINES = (
    baseline("6-character table", 2.3, books=(2.4, 2.2)),
    baseline("gzip -9", 3.1, books=(3.0, 3.2), train_chars=0),
    baseline("xz -9e, training text first", 2.2, books=()),
)


def rows(table: str) -> list[list[str]]:
    """The cells' words, row by row, without the tags."""
    import re

    return [
        [re.sub("<[^>]*>", "", cell) for cell in re.findall("<td[^>]*>(.*?)</td>", row)]
        for row in re.findall("<tr[^>]*>(.*?)</tr>", table)[1:]
    ]


def test_books_stand_beside_the_best_method_measured_by_book_the_best_predicted_first() -> None:
    assert rows(books_table(Exam(scores=SCORES, baselines=BASELINES))) == [
        ["A Short History of Soup", "99", "50.0\u00a0%", "2.000", "2.200", "\u22120.200"],
        ["The Ferry A. Vane", "1,234", "45.6\u00a0%", "2.500", "2.400", "+0.100"],
    ]


def test_books_need_no_rival() -> None:
    assert rows(books_table(Exam(scores=SCORES)))[0] == ["A Short History of Soup", "99", "50.0\u00a0%", "2.000"]


def test_of_very_many_books_the_best_and_the_worst_are_shown() -> None:
    scores = tuple(
        BookScore(title=f"Volume {n}", author="", num_chars=9, bits_per_char=1 + n / 100, accuracy=0.5)
        for n in range(200)
    )
    table = books_table(Exam(scores=scores))
    titles = [row[0] for row in rows(table)]
    assert titles == [f"Volume {n}" for n in [*range(MAX_BOOKS // 2), *range(200 - MAX_BOOKS // 2, 200)]]
    assert "30 best and worst predicted of 200 books" in table


def test_the_author_stands_among_the_simpler_methods_where_it_belongs() -> None:
    scores = (BookScore(title="a", author="", num_chars=1, bits_per_char=2.25, accuracy=0.5),)
    table = rows(baselines_table(Exam(scores=scores, baselines=BASELINES)))
    assert [row[0] for row in table] == ["xz -9e, training text first", "This author", "6-character table", "gzip -9"]
    assert table[0][1:] == ["2.200", "+0.050", "2 million characters", "1.5\u00a0s"]
    assert table[3][3] == "no other text"
    assert 'class="own"' in baselines_table(Exam(scores=scores, baselines=BASELINES))


def test_rollbacks_are_listed_with_what_was_read() -> None:
    record = rolled_back(step=1_500, loss=None, back_to_step=1_450, book="<Soup>")
    assert rows(rollbacks_table([record])) == [["1,500", "not a number", "&lt;Soup&gt;", "1,450", "\u00d7 0.5"]]


def test_settings_are_shown_by_section_and_nested_ones_by_their_path() -> None:
    page = settings_tables({"preset": "seed", "corpus": {"num_chars": {"train": 5138001}, "digest": "ab"}, "train": {}})
    assert "<dt>preset</dt><dd>seed</dd>" in page
    assert "<h3>corpus</h3>" in page and "<dt>num_chars.train</dt><dd>5,138,001</dd>" in page


def test_names_cannot_open_anything() -> None:
    hostile = "<script>alert(1)</script>"
    scores = (BookScore(title=hostile, author=hostile, num_chars=1, bits_per_char=2.0, accuracy=0.5),)
    exam = Exam(scores=scores, baselines=(baseline(hostile, 2.1, books=(2.1,)),))
    for page in (books_table(exam), baselines_table(exam), settings_tables({hostile: {hostile: hostile}})):
        assert "<script" not in page and "&lt;script&gt;" in page


def test_no_measurement_takes_no_time() -> None:
    quick = Exam(scores=SCORES, baselines=(replace(BASELINES[0], seconds=0.01),))
    assert "under 0.1\u00a0s" in baselines_table(quick)
