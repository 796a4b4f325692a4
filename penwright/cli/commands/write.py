"""`penwright write`: let an author write."""

import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

from penwright.cli.display.pages import Page
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.options import DRAWING, LENGTH, OUTPUT, Box, Json, Number, Text, Whole, at_most_one, option
from penwright.cli.output import print_json, say
from penwright.cli.places import find_author
from penwright.cli.prompts import find_prompt
from penwright.errors import UsageError
from penwright.files import replacing

if TYPE_CHECKING:
    from penwright.author.author import Author

PAGE_WORDS = 250
MAX_SAMPLES = 10_000


def write(
    author: Path | None = None,
    /,
    *,
    prompt: Text = None,
    prompt_file: Annotated[Text, option(metavar="FILE")] = None,
    box: Box = False,
    samples: Whole = None,
    chars: Annotated[Whole, option(group=LENGTH)] = None,
    words: Annotated[Whole, option(group=LENGTH)] = None,
    paragraphs: Annotated[Whole, option(group=LENGTH)] = None,
    until: Annotated[Text, option(group=LENGTH, metavar="REGEX")] = None,
    endless: Annotated[bool, option(group=LENGTH)] = False,
    temperature: Annotated[Number, option(group=DRAWING)] = None,
    top_k: Annotated[Whole, option(group=DRAWING)] = None,
    top_p: Annotated[Number, option(group=DRAWING)] = None,
    min_p: Annotated[Number, option(group=DRAWING)] = None,
    seed: Annotated[Whole, option(group=DRAWING)] = None,
    out: Annotated[Path | None, option(group=OUTPUT, metavar="FILE")] = None,
    as_json: Json = False,
) -> int:
    """Let an author write.

    The text appears while it is written, the prompt before it. With no length given it is a page: 250 words, and on to
    the end of the sentence. Of several lengths the first that is reached ends the text.

    Args:
        author: An author file or the folder of a run. Without it, the newest author under runs/, or, while
            there is none, the one in the box.
        prompt: What to write on from. Any text, even empty.
        prompt_file: A file that holds it, or - for standard input, which is also read when something is piped into it
            and no prompt is given. The last line end is not part of the prompt.
        samples: How many texts to write, each with the next seed.
        chars: Characters to write, exactly; 0 for an endless text.
        words: Words to write, then on to the end of the sentence.
        paragraphs: Paragraphs to write.
        until: Write until this regular expression matches.
        endless: Write until Ctrl-C.
        temperature: 0 always takes the most probable character, 1 follows what the author believes, more is bolder.
            Default 0.8.
        top_k: Choose among the k most probable characters; 0 for all. Default 0.
        top_p: Choose among the most probable characters that together reach this probability. Default 1.
        min_p: Leave out characters less probable than this share of the most probable one. Default 0.02.
        seed: The same seed gives the same text. Without it a new one is taken and told.
        out: Write the text to this file as well, prompt included, whole or not at all.
    """
    if chars == 0:
        chars, endless = None, True
    limits: dict[str, Any] = {"max_chars": chars, "max_words": words, "max_paragraphs": paragraphs, "until": until}
    has_limit = any(limit is not None for limit in limits.values())
    at_most_one({"--endless": endless, "a length": has_limit})
    at_most_one({"--endless": endless, "--json": as_json})
    at_most_one({"--endless": endless, "--samples": samples})
    if not has_limit and not endless:
        limits["max_words"] = PAGE_WORDS
    if samples is not None and not 1 <= samples <= MAX_SAMPLES:
        raise UsageError(f"--samples {samples} must lie between 1 and {MAX_SAMPLES:,}.")
    text_before = find_prompt(prompt, prompt_file=prompt_file)

    from penwright.author.author import Author
    from penwright.writing.sampling import SamplingConfig, new_seed

    given = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    drawing = SamplingConfig(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    path = find_author(author, is_boxed=box, is_quiet=as_json)
    writer = Author.load(path)
    first_seed = new_seed() if seed is None else seed
    seeds = range(first_seed, first_seed + (samples or 1))
    options = {**limits, **asdict(drawing)}
    for each in (seeds[0], seeds[-1]):  # whoever asks for what cannot be is told before anything is written
        writer.stream(text_before, seed=each, **options)
    if seed is None:
        say(f"seed {first_seed}")
    with replacing(out) if out is not None else nullcontext() as file:
        if not as_json:
            return _show(writer, text_before, seeds=seeds, options=options, file=file)
        texts = [_sample(writer, text_before, seed=each, options=options) for each in seeds]
        if file is not None:
            file.write("\n".join(f"{text_before}{text['text']}\n" for text in texts).encode("utf-8", "replace"))
    print_json({"author": str(path), "prompt": text_before, **asdict(drawing), "samples": texts})
    return 0


def _show(writer: "Author", prompt: str, *, seeds: range, options: dict[str, Any], file: IO[bytes] | None) -> int:
    """Write texts one below the other as they come; Ctrl-C ends them, and what there is by then is kept."""
    for number, seed in enumerate(seeds, start=1):
        page = Page(file=file)
        if number > 1:
            page.write("\n")
        if len(seeds) > 1:
            say(f"sample {number} of {len(seeds)}, seed {seed}")
        try:
            page.prompt(prompt)
            for piece in writer.stream(prompt, seed=seed, **options):
                page.write(piece)
        except KeyboardInterrupt:
            page.end()
            return EXIT_INTERRUPTED
        page.end()
    return 0


def _sample(writer: "Author", prompt: str, *, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    """Write one text and say what it took."""
    began = time.monotonic()
    text = writer.write(prompt, seed=seed, **options)
    seconds = time.monotonic() - began
    return {"seed": seed, "text": text, "num_chars": len(text), "chars_per_second": len(text) / max(seconds, 1e-9)}
