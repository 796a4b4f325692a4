"""`penwright judge`: what an author's pages are like, beside pages of books."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from penwright.author.file.format import SUFFIX
from penwright.cli.commands.loading import Label, load_to_write
from penwright.cli.display.clock import working
from penwright.cli.display.judged import judged_facts, judged_lines, judged_table
from penwright.cli.finding import find_author, find_run
from penwright.cli.indexing import CORPUS_OPTION, Shelf, cleaned_text, shelf_of
from penwright.cli.options import (
    BOX_OPTION,
    DRAWING,
    LAWS,
    LENGTH,
    OUTPUT,
    AuthorPath,
    Box,
    Existing,
    Json,
    NewFile,
    Text,
    Whole,
    at_most_one,
    check_options,
    option,
    option_of,
    options_from,
)
from penwright.cli.output import console, is_terminal, print_json, visible
from penwright.errors import AuthorError, UsageError, counted
from penwright.files import is_file, replacing
from penwright.settings import MAX_INT64, Between, Setting
from penwright.writing.options import SEED, Laws, SamplingConfig, WriteOptions, parse_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penwright.training.activity import Tell

    DrawingOptions = WriteOptions | None
    LawOptions = WriteOptions | None
else:
    DrawingOptions = options_from(SamplingConfig, group=DRAWING)
    LawOptions = options_from(Laws, group=LAWS)

DEFAULT_PAGES, DEFAULT_CHARS, DEFAULT_SEED = 20, 6_000, 1
PAGES = Setting(int, (Between(1, 1_000),))
CHARS = Setting(int, (Between(100, 100_000),))


class Subject(NamedTuple):
    """What is judged."""

    name: str
    """Heading of its column."""
    pages: "Sequence[str]"
    shelf: Shelf
    learned: frozenset[str] = frozenset()
    """SHA-256 of the files that the author learned from."""


def judge(
    author: Path | None = None,
    /,
    *,
    author_option: AuthorPath = None,
    box: Box = False,
    as_: Label = None,
    corpus: Annotated[Path | None, Existing, option(metavar="PATH")] = None,
    pages: Annotated[Whole, option(group=LENGTH)] = None,
    chars: Annotated[Whole, option(group=LENGTH)] = None,
    prompt: Text = None,
    drawing: DrawingOptions = None,
    laws: LawOptions = None,
    seed: Annotated[Whole, option(group=DRAWING)] = None,
    out: Annotated[Path | None, NewFile, option(group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Say what an author's pages are like, beside as many pages of each held-out book of its shelf.

    Measured are words that no training book has, how varied the words are, what is said again, what is copied,
    sentences, paragraphs, open quotations and front matter. An interval shows how far a figure is chance. Where an
    author is unlike every held-out book, in a way that readers would mind, a line says so and shows what was found.

    Args:
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none. A text file in its place is judged as it stands.
        author_option: The same as an option. Beside a text file, the author beside whose shelf it is judged.
        as_: Write as a label or a mixture, as for `penwright write`.
        corpus: The shelf: books, as for `train`, or the folder of a run. The default is the author's shelf, if it is
            still prepared on this machine. For a text file, it is the shelf of the newest run.
        pages: Number of pages. Default 20.
        chars: Characters of each page. Most figures depend on it. Default 6,000.
        prompt: Text that the author continues on every page. Without one, a page begins as a book does.
        seed: Seed of the first page; each page has the next. Default 1.
        out: Write the pages to this file as well.
    """
    num_pages, num_chars = DEFAULT_PAGES if pages is None else pages, DEFAULT_CHARS if chars is None else chars
    first_seed = DEFAULT_SEED if seed is None else seed
    PAGES.check("--pages", num_pages)
    CHARS.check("--chars", num_chars)
    SEED.check("--seed", seed)
    if first_seed > MAX_INT64 - num_pages:
        raise UsageError(f"--seed {seed} leaves no seeds for {counted(num_pages, 'page')}. Give a smaller one.")
    check_options(SamplingConfig, drawing or {})
    check_options(Laws, laws or {})
    options: WriteOptions = {**(drawing or {}), **(laws or {})}
    parse_options(options)
    if author is not None and is_file(author) and author.suffix != SUFFIX:
        text_file = author
        at_most_one({"--author": author_option, BOX_OPTION: box, CORPUS_OPTION: corpus})
        given: dict[str, object] = {"--as": as_, "--prompt": prompt, "--seed": seed}
        given |= {option_of(name): value for name, value in options.items()}
        for name, value in given.items():
            if value is not None and value is not False:
                raise UsageError(f"{name} is for an author that writes, but {text_file} is a text. Leave it out.")
    else:
        text_file = None
        at_most_one({"AUTHOR": author, "--author": author_option})
        author_option = author if author is not None else author_option

    from penwright.evaluation.judging.judging import judge as judge_pages
    from penwright.training.activity import Activity

    with working("looking for the shelf", is_shown=is_terminal(sys.stderr) and not as_json) as tell:
        if text_file is not None:
            whose = find_author(author_option, is_boxed=box, is_quiet=True) if author_option or box else None
            subject = _text_subject(
                text_file, author=whose, corpus=corpus, num_pages=num_pages, num_chars=num_chars, is_quiet=as_json
            )
        else:
            subject = _author_subject(
                find_author(author_option, is_boxed=box, is_quiet=as_json),
                corpus=corpus,
                num_pages=num_pages,
                num_chars=num_chars,
                seed=first_seed,
                prompt=prompt or "",
                label=as_,
                options=options,
                tell=tell,
                is_quiet=as_json,
            )
        result = judge_pages(
            subject.pages,
            subject.shelf.corpus,
            learned=subject.learned,
            tell=lambda doing, share: tell(Activity(doing, share)),
        )
    if out is not None:
        text = "\n\n".join(f"[{number}]\n\n{page}" for number, page in enumerate(subject.pages, start=1))
        with replacing(out) as file:
            file.write(text.encode("utf-8", "replace"))
    if as_json:
        path = None if subject.shelf.corpus is None else str(subject.shelf.corpus.path)
        facts = judged_facts(result, name=subject.name, shelf=path, missing=subject.shelf.missing)
        print_json(facts if as_ is None else {**facts, "as": as_})
        return 0
    written_as = "" if as_ is None else f", written as {visible(as_)}"
    print(f"{counted(result.num_pages, 'page')} of {result.num_chars:,} characters{written_as}")
    console().print(judged_table(result, name=subject.name, width=console().width))
    for line in judged_lines(result, missing=subject.shelf.missing):
        print(visible(line))
    return 0


def _author_subject(
    path: Path,
    *,
    corpus: Path | None,
    num_pages: int,
    num_chars: int,
    seed: int,
    prompt: str,
    label: str | None,
    options: WriteOptions,
    tell: "Tell",
    is_quiet: bool,
) -> Subject:
    """Let an author write."""
    from penwright.evaluation.judging.pages import write_pages
    from penwright.training.activity import Activity

    shelf = shelf_of(path, corpus=corpus, is_quiet=is_quiet)
    writer = load_to_write(path, label=label)
    doing = f"writing {counted(num_pages, 'page')}"
    pages = write_pages(
        writer.engine,
        writer.alphabet,
        num_pages=num_pages,
        num_chars=num_chars,
        seed=seed,
        prompt=prompt,
        options=options,
        tell=lambda share: tell(Activity(doing, share)),
    )
    learned = frozenset(book.sha256 for book in writer.card.books if book.split == "train" and book.sha256)
    return Subject("author", pages, shelf, learned)


def _text_subject(
    file: Path, *, author: Path | None, corpus: Path | None, num_pages: int, num_chars: int, is_quiet: bool
) -> Subject:
    """Cut a text into pages.

    Raises:
        UsageError: If it has no character.
    """
    from penwright.evaluation.judging.pages import cut_pages

    if author is None and corpus is None:
        try:
            corpus = find_run(None)
        except AuthorError:
            corpus = None
    shelf = Shelf(None, "no run is here to take it from") if author is None and corpus is None else None
    if shelf is None:
        shelf = shelf_of(author, corpus=corpus, is_quiet=is_quiet)
    text = cleaned_text(file, shelf.corpus)
    if not text.strip():
        raise UsageError(f"{file} has no text. Give a file with at least a page of it.")
    pages = cut_pages(text, num_pages=num_pages, num_chars=min(num_chars, len(text)))
    return Subject("text", pages, shelf)
