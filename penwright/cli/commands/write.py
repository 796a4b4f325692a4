"""`penwright write`: let an author write."""

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from penwright.author.labels import parts_of, without_labels
from penwright.author.works.settings import WorkLayout, WorkOptions
from penwright.cli.commands.loading import BookmarkPath, Label, load_to_write, open_bookmark
from penwright.cli.display.pages import Columns
from penwright.cli.finding import find_author
from penwright.cli.options import (
    DRAWING,
    LAWS,
    LENGTH,
    OUTPUT,
    WORKS,
    AuthorPath,
    Box,
    Existing,
    ExistingText,
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
from penwright.cli.output import print_json, say
from penwright.cli.prompts import find_prompt, is_prompt, is_unquoted, tell_of_foreign_characters, unquoted_prompt
from penwright.cli.samples import sample_of, show_below, show_beside
from penwright.errors import UsageError
from penwright.files import replacing
from penwright.writing.options import SEED, Ending, Laws, SamplingConfig, WriteOptions, new_seed, parse_options

FLAGS = {"max_chars": "--chars", "max_words": "--words", "max_paragraphs": "--paragraphs"}

if TYPE_CHECKING:
    LengthOptions = WriteOptions | None
    DrawingOptions = WriteOptions | None
    LawOptions = WriteOptions | None
    LayoutOptions = WorkOptions | None
else:
    LengthOptions = options_from(Ending, group=LENGTH, flags=FLAGS)
    DrawingOptions = options_from(SamplingConfig, group=DRAWING)
    LawOptions = options_from(Laws, group=LAWS)
    LayoutOptions = options_from(WorkLayout, group=WORKS)

PAGE_WORDS = 250
MAX_SAMPLES = 10_000
MAX_TEMPERATURES = 16


def write(
    author: Path | None = None,
    text: Text = None,
    /,
    *,
    author_option: AuthorPath = None,
    prompt: Text = None,
    prompt_file: Annotated[Text, ExistingText, option(metavar="FILE")] = None,
    from_: BookmarkPath = None,
    adapt: bool = False,
    as_: Label = None,
    box: Box = False,
    samples: Whole = None,
    length: LengthOptions = None,
    endless: Annotated[bool, option(group=LENGTH)] = False,
    drawing: DrawingOptions = None,
    laws: LawOptions = None,
    temps: Annotated[Text, option(group=DRAWING, metavar="X,X,...")] = None,
    seed: Annotated[Whole, option(group=DRAWING)] = None,
    max_quote: Annotated[Whole, option(group=DRAWING)] = None,
    corpus: Annotated[Path | None, Existing, option(group=DRAWING, metavar="PATH")] = None,
    layout: LayoutOptions = None,
    restart: Annotated[bool, option(group=WORKS)] = False,
    check: Annotated[Text, option(group=DRAWING, metavar="COMMAND")] = None,
    check_unit: Annotated[Text, option(group=DRAWING, metavar="UNIT")] = None,
    check_tries: Annotated[Whole, option(group=DRAWING)] = None,
    annotate: Annotated[bool, option(group=OUTPUT)] = False,
    out: Annotated[Path | None, NewFile, option(name=("--out", "-o"), group=OUTPUT)] = None,
    as_json: Json = False,
) -> int:
    """Let an author write.

    The text appears while it is written, after the prompt. With no length given, the author writes a page: 250 words,
    then on to the end of the sentence. If you give several lengths, the first one reached ends the text.

    With --chapters, the author writes a long work, such as --words 50000 --chapters 12 -o novel.epub. If it is stopped
    or killed, the same command goes on where it was.

    Args:
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none. A text in its place, such as "Once upon a time", is taken as the prompt.
        text: Text to continue, beside an author; the same as --prompt.
        author_option: The same as an option, for use beside a prompt in AUTHOR's place.
        prompt: Text to continue. It may be empty.
        prompt_file: A file that holds the prompt, or - for standard input. Standard input is also read if something is
            piped into it and no prompt is given. The last line end is not part of the prompt.
        from_: A bookmark of `penwright read`: the text goes on from there, after the prompt if there is one.
        adapt: Adapt to the prompt as it is read; a long one, such as a chapter, makes a difference. A bookmark adapts
            by itself if it was made so.
        as_: Write as one of the labels that the author learned with `train --labels`, such as a writer, or as a
            mixture: "austen:0.7,doyle:0.3". `penwright card` lists them. A line of its own in the prompt, such as
            [[as: doyle]], does the same for what follows it.
        samples: Number of texts to write, each with the next seed.
        endless: Write until Ctrl-C; `--chars 0` does the same.
        temps: Several temperatures, such as 0.5,0.8,1.1: one text for each, with the same seed, side by side.
        seed: The same seed gives the same text. Without one, a new seed is drawn and shown.
        max_quote: Never copy more than this many characters in a row from the books that the author was raised on.
        corpus: These books, for --max-quote and --annotate; by default those of the author's run.
        check: Run this program on each unit of code, such as a function, with the unit on standard input. What it
            refuses, with a status other than 0, is written again, for example --check "cc -fsyntax-only -x c -".
        check_unit: Where a unit ends: braces (as in C), indents (as in Python), paragraphs, or auto. The default fits
            the program of --check.
        check_tries: Times that a unit is written, before it stands though it was refused. Default 8.
        annotate: Say below each text which runs of 20 characters or more stand in these books, and where.
        restart: Begin an unfinished work anew, or replace a file that is there.
        out: Write the text to this file as well, with the prompt. The file is written whole or not at all. A long work
            is written there only, as Markdown, plain text or EPUB: .md, .txt or .epub. EPUB is always a long work.
    """
    check_options(Ending, length or {}, flags=FLAGS, allowed={"max_chars": 0})
    check_options(SamplingConfig, drawing or {})
    check_options(Laws, laws or {})
    _check_ending(length or {})
    SEED.check("--seed", seed)
    unending = "--endless" if endless else "--chars 0" if (length or {}).get("max_chars") == 0 else None
    check_options(WorkLayout, layout or {})
    is_work = (layout or {}).get("chapters") is not None or (out is not None and out.suffix.lower() == ".epub")
    for name in (*(layout or {}), *(["restart"] if restart else [])):
        if not is_work:
            raise UsageError(f"{option_of(name, FLAGS)} is for a long work. Give --chapters too.")
    limits: WriteOptions = {**(length or {})}
    if limits.get("max_chars") == 0:
        del limits["max_chars"]
    if unending is not None:
        lengths = {option_of(name, FLAGS): value for name, value in limits.items()}
        for name, value in {**lengths, "--json": as_json, "--samples": samples, "--temps": temps}.items():
            at_most_one({unending: True, name: value})
    elif not limits and not is_work:
        limits = {"max_words": PAGE_WORDS}
    seeds = _seeds(seed, num_samples=1 if samples is None else samples)
    wanted: list[WriteOptions] = [{**limits, **(drawing or {}), **(laws or {}), "seed": each} for each in seeds]
    if temps is not None:
        for name, value in {"--temperature": (drawing or {}).get("temperature"), "--samples": samples}.items():
            at_most_one({"--temps": temps, name: value})
        wanted = [{**wanted[0], "temperature": each} for each in _temperatures(temps)]
    for each in (wanted[0], wanted[-1]):  # a wrong value is refused before anything is loaded
        parsed = parse_options(each)
    work: WorkOptions = {**(layout or {}), **(drawing or {}), **(laws or {}), "seed": seed}
    if is_work:
        from penwright.cli.long_works import check_work, write_long

        work["words"] = limits.pop("max_words", None)
        unfit = {option_of(name, FLAGS): value for name, value in limits.items()}
        out = check_work(
            work,
            out=out,
            unfit={
                unending or "": unending,
                **unfit,
                "--samples": samples,
                "--temps": temps,
                "--annotate": annotate,
                "--check": check,
            },
        )
    if corpus is not None and max_quote is None and not annotate:
        raise UsageError("--corpus is read for --max-quote and --annotate only. Give one of them too.")
    if max_quote is not None:
        from penwright.cli.copies import check_limit

        check_limit(max_quote)
    checking = None
    if check is not None or check_unit is not None or check_tries is not None:
        from penwright.cli.checking import open_check

        checking = open_check(check, unit=check_unit, tries=check_tries)
        if parsed.laws.best_of > 1:
            at_most_one({"--check": check, "--best-of": parsed.laws.best_of})
    at_most_one({"TEXT": text, "--prompt": prompt, "--prompt-file": prompt_file})
    if text is not None:
        if author is not None and is_unquoted(author, text):
            raise UsageError(unquoted_prompt([str(author), text]))
        prompt = text
    elif author is not None and prompt is None and prompt_file is None and is_prompt(author):
        author, prompt = None, str(author)
    at_most_one({"AUTHOR": author, "--author": author_option})
    at_most_one({"--from": from_, "--adapt": adapt})
    author = author if author_option is None else author_option
    text_before = find_prompt(prompt, prompt_file=prompt_file)

    path = find_author(author, is_boxed=box, is_quiet=as_json)
    copies = None
    if max_quote is not None or annotate:
        from penwright.cli.copies import Copies

        copies = Copies.open(path, corpus=corpus, max_quote=max_quote, annotates=annotate, is_quiet=as_json)
    writer = load_to_write(path, label=as_)
    bookmark = open_bookmark(from_, writer)
    if adapt and text_before:
        bookmark = writer.read("", adapts=True)
    if not as_json:
        tell_of_foreign_characters(without_labels(text_before), writer.alphabet)
    if copies is not None:
        copies.check(writer.alphabet, text_before)
    if is_work and len(parts_of(text_before)) > 1:
        raise UsageError("a long work has one label from its beginning: give it with --as, not in the prompt.")
    if is_work and out is not None:
        return write_long(
            writer,
            text_before,
            path=path,
            out=out,
            after=bookmark,
            copies=copies,
            label=as_,
            options=work,
            restart=restart,
            as_json=as_json,
        )
    if seed is None:
        say(f"seed {seeds[0]}")
    with replacing(out) if out is not None else nullcontext() as file:
        if temps is not None and not as_json and (columns := Columns.that_fit(len(wanted))) is not None:
            return show_beside(
                writer,
                text_before,
                after=bookmark,
                wanted=wanted,
                file=file,
                columns=columns,
                copies=copies,
                check=checking,
            )
        if not as_json:
            return show_below(
                writer, text_before, after=bookmark, wanted=wanted, file=file, copies=copies, check=checking
            )
        texts = [
            sample_of(writer, text_before, after=bookmark, options=each, copies=copies, check=checking)
            for each in wanted
        ]
        if file is not None:
            shown = without_labels(text_before)
            file.write("\n".join(f"{shown}{text['text']}\n" for text in texts).encode("utf-8", "replace"))
    values = {**asdict(parsed.sampling), **asdict(parsed.laws)}
    print_json({"author": str(path), "prompt": text_before, **values, "samples": texts})
    return 0


def _check_ending(length: WriteOptions) -> None:
    for name in ("until", "stop"):
        try:
            parse_options({name: length.get(name)})
        except UsageError as error:
            raise UsageError(f"--{name}: {error}") from error


def _temperatures(text: str) -> list[float]:
    """Read temperatures parted by commas."""
    try:
        temperatures = [float(each) for each in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--temps '{text:.100}' must be numbers parted by commas, for example 0.5,0.8,1.1.") from error
    if len(temperatures) > MAX_TEMPERATURES:
        raise UsageError(f"--temps takes at most {MAX_TEMPERATURES} numbers; {len(temperatures):,} were given.")
    for each in temperatures:
        check_options(SamplingConfig, {"temperature": each}, flags={"temperature": "--temps"})
    return temperatures


def _seeds(first: int | None, *, num_samples: int) -> range:
    """Return consecutive seeds, one for each sample. None draws the first."""
    if not 1 <= num_samples <= MAX_SAMPLES:
        raise UsageError(f"--samples {num_samples} must lie between 1 and {MAX_SAMPLES:,}.")
    first = new_seed() if first is None else first
    return range(first, first + num_samples)
