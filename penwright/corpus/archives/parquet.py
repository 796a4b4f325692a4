"""Tables of books in Parquet: each row is a book, read by itself, in memory that does not grow with the table.

The package that reads them is optional. This module does not know where a table lies: any file that can seek will do.
"""

import bisect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from penwright.corpus.archives.book_columns import BookFields, book_columns, book_fields, text_of_cell
from penwright.corpus.archives.unpacking import MAX_MEMBERS
from penwright.errors import ReadingError

EXTRA = "parquet"
INSTALL = f"pip install 'penwright[{EXTRA}]'"
BUFFER_BYTES = 1 << 20
"""Bytes read at a time. Without a bound, and without `pre_buffer=False`, pyarrow holds whole groups of rows."""


class Row(NamedTuple):
    """One row of a table."""

    number: int
    """Its number, from 0."""
    fields: BookFields
    text: str


class Table:
    """A table of books, open for reading."""

    def __init__(self, file: IO[bytes] | Path, *, name: str) -> None:
        """Read its description.

        Args:
            file: The table, on disk or as a file that can seek.
            name: Its name, for errors.

        Raises:
            ReadingError: If it is no table in Parquet, has no column of texts, or pyarrow is not installed.
            OSError: If it cannot be read.
        """
        try:
            from pyarrow.parquet import ParquetFile
        except ImportError as error:
            raise ReadingError(f"{name} is a table in Parquet, which needs another package. Run: {INSTALL}") from error
        self._name = name
        with self._reading():
            self._file: Any = ParquetFile(
                str(file) if isinstance(file, Path) else file,
                pre_buffer=False,
                buffer_size=BUFFER_BYTES,
                page_checksum_verification=True,
            )
        names = self._file.schema_arrow.names
        columns = book_columns(names)
        if columns is None:
            raise ReadingError(
                f"{name} has no column of texts: it has {', '.join(names[:8])}. Name the one that holds them 'text'."
            )
        self._columns = columns
        groups = self._file.metadata
        self._starts = [0]
        for number in range(groups.num_row_groups):
            self._starts.append(self._starts[-1] + groups.row_group(number).num_rows)
        self.num_rows: int = self._starts[-1]
        """Number of its rows."""

    def close(self) -> None:
        """Close the file."""
        self._file.close(force=True)

    def num_bytes_of(self, row: int) -> int:
        """Return about how large the text of a row is: the mean of its group, at least 1."""
        group = self._group_of(row)
        about = self._file.metadata.row_group(group)
        prefix = self._columns.text
        columns = (about.column(index) for index in range(about.num_columns))
        sizes = [each.total_uncompressed_size for each in columns if each.path_in_schema.partition(".")[0] == prefix]
        return max(1, int(sum(sizes) / max(1, about.num_rows)))

    def rows(self, start: int = 0) -> Iterator[Row]:
        """Yield the rows from number `start` on.

        Raises:
            ReadingError: If the table is damaged.
        """
        columns = [self._columns.text, *self._columns.others]
        for number, cells in self._cells(columns, start):
            yield Row(number, book_fields(cells), text_of_cell(cells[self._columns.text]))

    def fields(self) -> Iterator[BookFields]:
        """Yield what each row tells of its book, without reading texts.

        Raises:
            ReadingError: If the table is damaged.
        """
        if not self._columns.others:
            yield from (book_fields({}) for _ in range(self.num_rows))
            return
        for _, cells in self._cells(list(self._columns.others), 0):
            yield book_fields(cells)

    def _cells(self, columns: list[str], start: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the number and the cells of each row from `start` on."""
        with self._reading():
            for group in range(self._group_of(start), len(self._starts) - 1):
                batches = self._file.iter_batches(batch_size=1, row_groups=[group], columns=columns, use_threads=False)
                for number, batch in enumerate(batches, start=self._starts[group]):
                    if number >= start:
                        yield number, batch.to_pylist()[0]

    def _group_of(self, row: int) -> int:
        """Return the number of the group of rows that holds a row."""
        return bisect.bisect_right(self._starts, row) - 1

    @contextmanager
    def _reading(self) -> Iterator[None]:
        from pyarrow import ArrowException

        try:
            yield
        except (ArrowException, ValueError, OSError) as error:
            if isinstance(error, OSError) and (type(error) is not OSError or error.errno is not None):
                raise  # the operating system's or a network's; pyarrow's own are plain and have no number
            reason = str(error).partition("\n")[0][:200]
            raise ReadingError(
                f"{self._name} is damaged, or no table in Parquet ({reason}). Download it again."
            ) from error


def table_rows(path: Path) -> dict[str, int]:
    """Return the name of each row's book and about its size in bytes.

    Raises:
        ReadingError: If the table cannot be read or has too many rows.
        OSError: If the file cannot be opened.
    """
    table = Table(path, name=path.name)
    try:
        if table.num_rows > MAX_MEMBERS:
            raise ReadingError(f"{path.name} has {table.num_rows:,} rows; at most {MAX_MEMBERS:,} are read.")
        return {_name_of(row): table.num_bytes_of(row) for row in range(table.num_rows)}
    finally:
        table.close()


def table_details(path: Path) -> dict[str, Mapping[str, str]]:
    """Return "Title", "Author" and "Language" of each row's book by its name.

    Raises:
        ReadingError: If the table cannot be read.
        OSError: If the file cannot be opened.
    """
    table = Table(path, name=path.name)
    try:
        return {_name_of(row): fields.details for row, fields in enumerate(table.fields())}
    finally:
        table.close()


def read_row(path: Path, name: str, *, max_bytes: int, identity: tuple[int, int]) -> bytes:
    """Return the text of one row in UTF-8. Rows that are read in their order take one pass.

    Args:
        path: The table.
        name: Name of the row, from `table_rows`.
        max_bytes: Largest size of the text.
        identity: What changes if the file does.

    Raises:
        ReadingError: If there is no such row, or it cannot be read within the bound.
        OSError: If the file cannot be opened.
    """
    wanted = row_number(name)
    reader = _reader(path, identity)
    if wanted is None or wanted >= reader.table.num_rows:
        raise ReadingError(f"{path.name} has no row '{name}'. It may have changed; list it again.")
    text = reader.read(wanted).encode("utf-8", "surrogatepass")
    if len(text) > max_bytes:
        raise ReadingError(f"{path.name}/{name} has {len(text):,} bytes; at most {max_bytes:,} are read.")
    return text


def row_number(name: str) -> int | None:
    """Return the number of a row by its name, or None."""
    number, _, suffix = name.partition(".")
    return int(number) if suffix == "txt" and number.isascii() and number.isdigit() else None


def _name_of(row: int) -> str:
    return f"{row:06d}.txt"


class _Reader:
    """A table whose rows are read one after the other."""

    def __init__(self, path: Path) -> None:
        self.table = Table(path, name=path.name)
        self._next, self._rows = 0, self.table.rows()

    def read(self, row: int) -> str:
        if row < self._next or row > self._next + 64:
            self._next, self._rows = row, self.table.rows(row)
        for found in self._rows:
            self._next = found.number + 1
            if found.number == row:
                return found.text
        raise ReadingError(f"row {row} vanished while it was being read; leave the table alone and run again")


@lru_cache(maxsize=1)
def _reader(path: Path, identity: tuple[int, int]) -> _Reader:
    return _Reader(path)
