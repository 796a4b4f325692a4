"""The columns of published tables of books are found by their names."""

import pytest

from penwright.corpus.archives.book_columns import BookFields, book_columns, book_fields, text_of_cell

PUBLISHED = {
    "emozilla/pg19": ("short_book_title publication_date url text", "text"),
    "sedthh/gutenberg_english": ("TEXT SOURCE METADATA", "TEXT"),
    "manu/project_gutenberg": ("id text", "text"),
    "common-pile/project_gutenberg": ("id text source added metadata", "text"),
    "incredible45/Gutenberg-BookCorpus-Cleaned-Data-English": ("etextno book_title author issued context", "context"),
    "SinclairSchneider/project_gutenberg": ("title author language subjects created_at downloads content", "content"),
    "institutional/institutional-books-1.0": ("title_src text_by_page_src text_by_page_gen", "text_by_page_gen"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_column_of_texts_is_found(name: str) -> None:
    columns, text = PUBLISHED[name]
    found = book_columns(columns.split())
    assert found is not None and found.text == text
    assert text not in found.others


def test_a_table_without_texts_has_none() -> None:
    assert book_columns(["number", "title"]) is None


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"etextno": 11, "book_title": "Alice", "author": "Carroll"}, BookFields("11", "Alice", "Carroll", "", "")),
        (
            {"id": "x", "METADATA": '{"text_id": 9, "title": "A\\n B", "authors": ["C", "D"], "language": "en"}'},
            BookFields("x", "A B", "C; D", "en", ""),
        ),
        (
            {"metadata": {"license": "Public Domain", "title": "T", "language": None}},
            BookFields("", "T", "", "", "Public Domain"),
        ),
        ({"metadata": "no JSON", "title": ""}, BookFields("", "", "", "", "")),
        ({"metadata": "[1]", "name": "N"}, BookFields("", "N", "", "", "")),
    ],
)
def test_what_a_row_tells_is_found(row: dict[str, object], fields: BookFields) -> None:
    assert book_fields(row) == fields


def test_a_cell_may_hold_pages() -> None:
    assert [text_of_cell(cell) for cell in (["a", None, "b"], "c", None, 3, b"d")] == ["a\n\nb", "c", "", "", "d"]
