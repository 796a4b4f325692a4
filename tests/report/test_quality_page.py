"""The page on a library is of bounded size, escapes what books bring along, and shows the worst first."""

from dataclasses import replace
from pathlib import Path

from penwright.corpus.cleaning.clean import Cut
from penwright.corpus.inspection import inspect_shelf
from penwright.corpus.shelf.front_matter import front_matter
from penwright.corpus.shelf_report import Edition
from penwright.report.bars import binned
from penwright.report.quality_page import MAX_BOOKS, MAX_GROUPS, render_quality_page


def test_a_page_on_34_000_books_is_as_small_as_one_on_some_hundred(books_dir: Path) -> None:
    report = inspect_shelf(books_dir)
    cut = Cut("header", 1, 9, 400, "The Project Gutenberg <b>EBook</b>\n" * 12, "before", "after")
    lines = front_matter("All rights reserved.\n\nwww.example.org\n\nIt was a day.\n")
    assert [line.whose for line in lines] == ["distributor", "publisher"]

    def page_of(number: int) -> str:
        books = tuple(
            replace(
                report.books[index % len(report.books)],
                name=f"{index:05d}<script>.txt",
                cuts=(cut,),
                editions=(Edition(name=f"{index ^ 1:05d}<script>.txt", similarity=0.5),),
                num_cut=index % 100,
                refusal="cutting would take 90% of the text" if index == 77 else "",
                front_matter=lines,
                warnings=("is odd & long " * 40,),
            )
            for index in range(number)
        )
        skipped = tuple((f"{index}.pdf", "is no book") for index in range(number))
        return render_quality_page(replace(report, books=books, skipped=skipped), name="A <library>")

    small, large = page_of(400), page_of(34_000)
    assert len(large) < 1.05 * len(small) < 1_000_000
    assert f"and {34_000 // 2 - MAX_GROUPS:,} more" in large
    assert "34,000 books" in large and f"The {MAX_BOOKS} most doubtful of 34,000" in large
    assert "<script" not in large and "A &lt;library&gt;" in large and "&lt;b&gt;EBook" in large
    assert large.index("00077&lt;script") < large.index("What was cut")
    assert large.split('class="reasons"')[1].startswith("><li>kept whole: cutting would take 90% of the text")


def test_a_shelf_in_good_order_has_a_page_too(books_dir: Path) -> None:
    report = inspect_shelf(books_dir)
    plain = tuple(replace(book, editions=(), num_chars=300_000, num_unknown_chars=0) for book in report.books)
    page = render_quality_page(replace(report, books=plain), name="books")
    assert "every book is in good order" in page and "English" in page
    alike = tuple(replace(book, language="en", duplicate_of="") for book in plain)
    page = render_quality_page(replace(report, books=alike, skipped=(("a.pdf", "is no book"),)), name="books")
    for label, number in {"language": 1, "file not read": 1, "copies left out": 0}.items():
        assert f"<dt>{label}</dt><dd>{number}</dd>" in page


def test_bins_leave_out_what_is_empty_at_the_ends() -> None:
    bars = binned([5, 10, 30], (5, 10, 20, 30, 40), ("<5", "5", "10", "20", "30", "40"))
    assert [(bar.label, bar.number) for bar in bars] == [("5", 1), ("10", 1), ("20", 0), ("30", 1)]
    assert [bar.number for bar in binned([], (1,), ("a", "b"))] == [0]
