"""Fetch the books of a data set: one file for each row that holds a text, with what the row tells of it on record.

A run that was stopped goes on behind the last row on record. Rows are read one after the other, in memory for one book.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, cast

from penwright.corpus.archives.book_columns import book_columns, book_fields, text_of_cell
from penwright.corpus.archives.parquet import Row, Table
from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.corpus.fetching.hub import Hub, HubDataset, HubFile
from penwright.corpus.fetching.intake import BookIntake, alone
from penwright.corpus.fetching.plan import FetchProgress, Tell, make_folder, tell_nobody
from penwright.corpus.sources.fetched import FetchedBook
from penwright.errors import ReadingError

MAX_LINE_BYTES = 4 * MAX_MEMBER_BYTES
_LANGUAGE_NAMES = {"en": "english eng", "fr": "french fra fre", "de": "german deu ger", "es": "spanish spa",
                   "it": "italian ita", "pt": "portuguese por", "nl": "dutch nld dut", "fi": "finnish fin"}  # fmt: skip


def fetch_dataset(
    hub: Hub,
    dataset: HubDataset,
    folder: Path,
    *,
    today: str,
    language: str | None = None,
    limit: int | None = None,
    tell: Tell = tell_nobody,
) -> BookIntake:
    """Fetch the books of a data set into a folder.

    Args:
        hub: The hub.
        dataset: The data set.
        folder: Folder for the books.
        today: The date to record, as 2026-01-31.
        language: Code of a language; rows that name another one are passed over. None for all.
        limit: Largest number of its books in the folder; None for all.
        tell: Called with the progress.

    Returns:
        What was fetched.

    Raises:
        FetchError: If the hub refuses or fails. What has arrived before is kept.
        ReadingError: If a file is damaged.
        OSError: If the disk is full.
    """
    make_folder(folder)
    with alone(folder):
        intake = BookIntake(folder, today=today)
        prefix = f"hf://datasets/{dataset.name}@"
        recorded = [book for book in intake.record.books.values() if book.url.startswith(prefix)]
        here = {book.path: book.is_whole(folder) for book in recorded}
        num_present = sum(here.values())
        try:
            for number, file in enumerate(dataset.files):
                if limit is not None and intake.num_fetched + num_present >= limit:
                    break
                doing = f"reading {file.path} ({number + 1} of {len(dataset.files)})"
                with closing(_new_rows(hub, dataset, file, here)) as rows:
                    for row in rows:
                        tell(FetchProgress(doing, intake.num_fetched + num_present, limit or 0))
                        if row.text.strip() and _is_in(language, row.fields.language):
                            intake.keep(_book(dataset, file, row), row.text.encode("utf-8", "replace"))
                        if limit is not None and intake.num_fetched + num_present >= limit:
                            break
        finally:
            intake.record.close()
    intake.num_unchanged = num_present
    return intake


def _new_rows(hub: Hub, dataset: HubDataset, file: HubFile, here: Mapping[str, bool]) -> Generator[Row, None, None]:
    """Yield the rows of a file that are not in the folder, from the first that is missing there, or behind the last.

    Args:
        hub: The hub.
        dataset: The data set.
        file: The file.
        here: Path of each book on record, and whether its file is whole.
    """
    name = re.compile(rf"{re.escape(_stem(file.path))}-(\d+)\.txt")
    known = {int(match[1]): is_whole for path, is_whole in here.items() if (match := name.fullmatch(path))}
    lost = [number for number, is_whole in known.items() if not is_whole]
    start = min(lost, default=max(known, default=-1) + 1)
    with hub.open(dataset, file) as opened:
        is_table = file.path.lower().endswith(".parquet")
        rows = _table_rows(opened, file, start) if is_table else _lines(opened, file, start)
        yield from (row for row in rows if not known.get(row.number))


def _table_rows(file: IO[bytes], about: HubFile, start: int) -> Iterator[Row]:
    table = Table(file, name=about.path)
    yield from table.rows(start) if start < table.num_rows else ()


def _lines(file: IO[bytes], about: HubFile, start: int) -> Iterator[Row]:
    """Yield the rows of a file with one JSON object a line, plain or packed by gzip."""
    packed = about.path.lower().endswith(".gz")
    stream = gzip.GzipFile(fileobj=file, mode="rb") if packed else io.BufferedReader(cast(io.RawIOBase, file))
    try:
        with stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b"")):
                if len(line) > MAX_LINE_BYTES:
                    raise ReadingError(f"{about.path} has a line of more than {MAX_LINE_BYTES:,} bytes.")
                if number < start or not line.strip():
                    continue
                cells = json.loads(line)
                columns = book_columns(cells) if isinstance(cells, dict) else None
                if columns is None:
                    raise ReadingError(f"{about.path}, line {number + 1}, has no field of text. Take other files.")
                yield Row(number, book_fields(cells), text_of_cell(cells[columns.text]))
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ReadingError(f"{about.path} is damaged ({error}). Run the same command again.") from error


def _book(dataset: HubDataset, file: HubFile, row: Row) -> FetchedBook:
    fields = row.fields
    return FetchedBook(
        path=f"{_stem(file.path)}-{row.number:06d}.txt",
        id=fields.id or f"{file.path}#{row.number}",
        title=fields.title,
        author=fields.writer,
        language=fields.language,
        rights=fields.rights or dataset.license,
        url=f"hf://datasets/{dataset.name}@{dataset.commit}/{file.path}#{row.number}",
    )


def _stem(path: str) -> str:
    """Return a name for the files of a shard: its path without endings, with plain signs only."""
    plain = re.sub(r"(\.parquet|\.jsonl?)?(\.gz)?$", "", path, flags=re.IGNORECASE)
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[-120:] or "books"


def _is_in(language: str | None, named: str) -> bool:
    """Return True unless a row names only other languages."""
    if language is None or not named:
        return True
    names = set(re.findall(r"\w+", named.casefold()))
    return not names.isdisjoint({language.casefold(), *_LANGUAGE_NAMES.get(language.casefold(), "").split()})
