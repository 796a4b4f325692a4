"""Report on a shelf before training: the properties of each book, and what would be cut, dropped and held out.

Books are read with the same code as for a corpus and selected by the same rules. Nothing is kept.
"""

import zlib
from collections.abc import Sequence
from functools import partial

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.code_points import name_of
from penwright.corpus.config import SPLITS, CorpusConfig, SplitName
from penwright.corpus.executor.workers import Workers, num_workers
from penwright.corpus.language.detection import book_language, declared_code
from penwright.corpus.passes.clean_text import read_bytes, read_chunk
from penwright.corpus.passes.cleaning_pass import ChunkJob, ChunkResult, TakenBook, take_in
from penwright.corpus.passes.ending_pass import read_endings
from penwright.corpus.passes.progress import PrepareSteps, run_steps
from penwright.corpus.shelf.doubts import num_improbable, num_replaced
from penwright.corpus.shelf.facts import Facts, KeptFacts
from penwright.corpus.shelf.front_matter import front_matter
from penwright.corpus.shelf.selection import SelectedBook, Selection, select_books
from penwright.corpus.shelf_report import BookReport as BookReport
from penwright.corpus.shelf_report import Edition as Edition
from penwright.corpus.shelf_report import ShelfReport as ShelfReport
from penwright.corpus.shelf_report import SplitReport as SplitReport
from penwright.corpus.shelf_report import UnknownCharacter as UnknownCharacter
from penwright.corpus.sources.discovery import Source
from penwright.corpus.sources.listing import list_books
from penwright.corpus.sources.patterns import Paths
from penwright.errors import ReadingError
from penwright.files.scratch import Scratch

MAX_CUT_CHARS = 2_000
"""Most characters shown of a cut: half from its beginning, half from its end."""
MANY_BOOKS = 2_000
MAX_CUT_CHARS_OF_MANY = 400
"""Most characters shown of a cut if there are more than `MANY_BOOKS`, whose cuts are all held in memory."""
MAX_UNKNOWN = 20
"""Most characters outside the alphabet that are listed for a book, the most frequent ones."""
SAMPLE_CHARS = 1 << 16
USUAL_FRACTIONS = (0.18, 0.55)
"""Range of books' compressed sizes; measured on novels in nine languages (0.25 to 0.42), programs (from 0.19)."""
MIN_SAMPLE_CHARS = 10_000
"""Length below which a text is never an outlier, since short texts compress worse."""


def inspect_shelf(paths: Paths, *, config: CorpusConfig | None = None, workers: int | None = None) -> ShelfReport:
    """Report on a shelf as `iter_inspect` does, in one call."""
    return run_steps(iter_inspect(paths, config=config, workers=workers))


def iter_inspect(
    paths: Paths, *, config: CorpusConfig | None = None, workers: int | None = None
) -> PrepareSteps[ShelfReport]:
    """Report on a shelf.

    Args:
        paths: Files, folders, archives and patterns; or one manifest.
        config: Configuration of the preparation.
        workers: Processes that read, 1 to 32; by default one per processor, and only this one for a small shelf.

    Yields:
        Progress at the start and after each book.

    Returns:
        The report.

    Raises:
        CorpusError: If no book can be read or a manifest does not match.
    """
    config = config or CorpusConfig()
    listing = list_books(paths)
    is_large = len(listing.sources) > MANY_BOOKS
    look = partial(look_at_chunk, max_cut_chars=MAX_CUT_CHARS_OF_MANY if is_large else MAX_CUT_CHARS)
    count = num_workers(workers, num_bytes=listing.num_bytes, num_tasks=listing.num_chunks)
    with Scratch(None) as scratch, Workers(count) as pool:
        steps = take_in(listing, config=config, cache_dir=None, workers=pool, scratch=scratch, take=look)
        intake = yield from steps
        endings = read_endings(intake.books, config=config, workers=pool)
        found = [taken.book for taken in intake.books]
        selection = select_books(found, config=config, scratch=scratch, endings=endings)
        books = _book_reports(intake.books, selection)
    return ShelfReport(
        books=books,
        skipped=intake.skipped,
        splits=tuple(_split_report(books, split) for split in SPLITS),
        vocab_size=selection.alphabet.vocab_size,
        characters=selection.alphabet.characters,
        is_lossless=selection.alphabet.is_lossless,
        doubts=selection.doubts,
        warnings=selection.warnings,
    )


def look_at_chunk(job: ChunkJob, *, max_cut_chars: int = MAX_CUT_CHARS) -> ChunkResult:
    """Read one chunk of a book and return its cuts instead of its text."""
    try:
        text, facts, cuts, _ = read_chunk(read_bytes(job.chunk), chunk=job.chunk, config=job.config)
    except ReadingError as error:
        return ChunkResult(job.chunk.start, "", None, str(error))
    shown = tuple(cut._replace(text=_shortened(cut.text, max_cut_chars)) for cut in cuts)
    ends = {"is_first": job.chunk.is_first, "is_last": job.chunk.is_last}
    suspect = () if facts.is_code else front_matter(text, **ends)
    return ChunkResult(job.chunk.start, "", facts, "", shown, compressed_fraction(text), suspect)


def compressed_fraction(text: str) -> float:
    """Return the compressed size of a text, relative to the text; for a long one, of its beginning, middle and end."""
    starts = (0, len(text) // 2, len(text) - SAMPLE_CHARS) if len(text) > 3 * SAMPLE_CHARS else (0,)
    size = SAMPLE_CHARS if len(starts) > 1 else 3 * SAMPLE_CHARS
    sample = "".join(text[start : start + size] for start in starts).encode("utf-8", "surrogatepass")
    return len(zlib.compress(sample)) / len(sample) if sample else 0.0


def _book_reports(books: Sequence[TakenBook], selection: Selection) -> tuple[BookReport, ...]:
    """Return a report on every book that was read."""
    fractions = {book.book.source: _mean_fraction(book) for book in books}
    taken = {book.source: book for book in selection.books if not book.first_char}
    passages: dict[Source, dict[SplitName, int]] = {}
    for part in selection.books:
        if part.first_char:
            passages.setdefault(part.source, {})[part.split] = part.facts.num_chars
    originals = {copy: first.name for copy, first in selection.duplicates}
    editions: dict[Source, list[Edition]] = {}
    for first, second, similarity in selection.editions:
        editions.setdefault(first, []).append(Edition(name=second.name, similarity=similarity))
        editions.setdefault(second, []).append(Edition(name=first.name, similarity=similarity))
    reports = []
    for book in books:
        source, facts, _ = book.book
        fraction = fractions[source]
        unknown = _unknown_characters(facts, selection.alphabet)
        language = book_language(facts.languages)
        named: SelectedBook | None = taken.get(source)
        held_out = passages.get(source, {})
        reports.append(
            BookReport(
                name=source.name,
                path=source.path,
                member=source.member,
                sha256=facts.sha256,
                title=named.named.title if named else "",
                author=named.named.author if named else "",
                year=named.named.year if named else None,
                split=named.split if named else None,
                passages=held_out,
                num_bytes=source.num_bytes,
                num_chars=named.facts.num_chars + sum(held_out.values()) if named else facts.num_chars,
                encoding=facts.encoding,
                encoding_reason=facts.reason,
                cuts=tuple(cut for result in book.results for cut in result.cuts),
                is_hard_wrapped=facts.is_hard_wrapped,
                was_unwrapped=facts.was_unwrapped,
                num_unknown_chars=sum(character.count for character in unknown),
                unknown_characters=unknown[:MAX_UNKNOWN],
                duplicate_of=originals.get(source, ""),
                editions=tuple(
                    sorted(editions.get(source, ()), key=lambda edition: (-edition.similarity, edition.name))
                ),
                compressed_fraction=fraction,
                is_outlier=_is_outlier(fraction, facts),
                warnings=facts.warnings,
                doubts=facts.doubts,
                num_doubtful_chars=num_replaced(facts) + num_improbable(facts),
                is_code=facts.is_code,
                refusal=facts.refusal,
                num_cut=facts.num_cut,
                language=language.code,
                other_languages=dict(language.others),
                declared_language=declared_code(facts.details.get("Language", "")),
                front_matter=tuple(line for result in book.results for line in result.front_matter),
            )
        )
    return tuple(sorted(reports, key=lambda report: report.name))


def _mean_fraction(book: TakenBook) -> float:
    return sum(result.compressed_fraction for result in book.results) / len(book.results)


def _is_outlier(fraction: float, facts: Facts | KeptFacts) -> bool:
    least, most = USUAL_FRACTIONS
    if facts.num_chars < MIN_SAMPLE_CHARS:
        return False
    return fraction > most or (fraction < least and not facts.is_code)  # code repeats itself


def _unknown_characters(facts: Facts | KeptFacts, alphabet: Alphabet) -> tuple[UnknownCharacter, ...]:
    """Return the characters of a book that the alphabet lacks, the most frequent first."""
    found = [
        UnknownCharacter(character=character, name=name_of(character), count=count)
        for character, count in zip(facts.characters, facts.counts.tolist(), strict=True)
        if character not in alphabet
    ]
    return tuple(sorted(found, key=lambda unknown: (-unknown.count, unknown.character)))


def _split_report(books: Sequence[BookReport], split: SplitName) -> SplitReport:
    passages = [book for book in books if split in book.passages]
    inside = passages or [book for book in books if book.split == split]
    chars = (book.passages[split] if passages else book.num_chars - sum(book.passages.values()) for book in inside)
    return SplitReport(
        split=split,
        num_books=len(inside),
        num_chars=sum(chars),
        is_passages=bool(passages),
        authors=tuple(sorted({book.author for book in inside if book.author})),
    )


def _shortened(text: str, max_chars: int) -> str:
    """Return a text whole, or its beginning and its end."""
    half = max_chars // 2
    return text if len(text) <= max_chars else f"{text[:half]}\n[...]\n{text[-half:]}"
