"""What each law of writing does to a text: repetition, length of sentences and paragraphs, open quotations, speed.

    python benchmarks/laws.py SHELF [--author AUTHOR] [--chars 100000] [--pages FOLDER]

An author writes so many characters under each law, 40 texts from one beginning. The same is measured of passages of
the shelf's held-out books. Words are held against those of its training books. `--pages` keeps the texts.
"""

import argparse
import re
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from box_measures import passages_of_people
from common import results_header, write_results

from penwright import Author, prepare
from penwright.author.box import boxed_author
from penwright.evaluation.judging.form import closers_of, paragraphs_of, unclosed
from penwright.evaluation.judging.repetition import grams_of, loop_share
from penwright.evaluation.judging.words import lexicon_of, plain_words_of, words_of
from penwright.writing.best import iter_best
from penwright.writing.crowd import Crowd
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.laws.choosing import guides_of
from penwright.writing.options import WriteOptions, parse_options
from penwright.writing.sampling import draws_of
from penwright.writing.stopping import ends_sentence

NUM_TEXTS = 40
BEGINNING = "The next morning was fine. "
RUN_WORDS = 5
SPEED_CHARS = 1_500
SETTINGS: tuple[WriteOptions, ...] = (
    {},
    {"no_repeat_ngram": 5},
    {"temperature": 0.5},
    {"temperature": 0.5, "no_repeat_ngram": 5},
    {"temperature": 0.5, "word_temperature": 0.9},
    {"word_temperature": 1.1},
    {"sentence_length": 0.5},
    {"sentence_length": 2.0},
    {"paragraph_length": 0.5},
    {"paragraph_length": 2.0},
    {"close_quotes": True},
    {"temperature": 1.1, "min_p": 0.02},
    {"temperature": 1.1, "min_p": 0.02, "close_quotes": True},
    {"logit_bias": {" said ": -100}},
    {"best_of": 4},
    {"best_of": 8},
)


class Measures(NamedTuple):
    """What some texts are like."""

    num_words: int
    repeated: float
    """Share of runs of RUN_WORDS words that were completed in the same text before, 0 to 1."""
    loops: float
    """See `repetition.loop_share`."""
    sentence_words: float
    """Words in a sentence."""
    paragraph_sentences: float
    """Sentences in a paragraph."""
    unclosed: float
    """Share of paragraphs in which a double quotation mark or a bracket is not closed, or closed and not open."""
    non_words: float
    """Share of the words in small letters that no training book has, 0 to 1."""
    said: float
    """Times that "said" stands in 1,000 words."""


def measure(texts: Sequence[str], lexicon: frozenset[str]) -> Measures:
    """Measure some texts. What begins or ends in the middle is not counted as a sentence or a paragraph."""
    words = [words_of(text) for text in texts]
    num_words = sum(map(len, words))
    runs = [grams_of(each, RUN_WORDS) for each in words]
    num_sentences, num_paragraphs = sum(map(count_sentences, texts)), sum(map(count_paragraphs, texts))
    whole = [paragraphs_of(text) for text in texts]
    closers = closers_of("\n".join(texts))
    plain = [word for text in texts for word in plain_words_of(text)]
    return Measures(
        num_words,
        sum(len(each) - len(set(each)) for each in runs) / sum(map(len, runs)),
        loop_share(texts),
        num_words / max(1, num_sentences),
        num_sentences / max(1, num_paragraphs),
        sum(len(unclosed(each, closers)) for each in whole) / max(1, sum(max(0, len(each) - 1) for each in whole)),
        sum(word not in lexicon for word in plain) / len(plain),
        1_000 * sum(each.count("said") for each in words) / num_words,
    )


def count_sentences(text: str) -> int:
    """Return the number of sentence ends that a blank follows."""
    blanks = re.finditer(r"\s+", text)
    return sum(ends_sentence(text[max(0, each.start() - 40) : each.start()], is_before_blank=True) for each in blanks)


def count_paragraphs(text: str) -> int:
    """Return the number of paragraph ends."""
    return len(re.findall(r"\S\n+", text))


def write(author: Author, options: WriteOptions, *, num_chars: int, seed: int) -> list[str]:
    """Return texts under some laws, side by side where each is written once."""
    _, sampling, laws, _ = parse_options(options)
    engine, alphabet = author.engine, author.alphabet
    assert isinstance(engine, CompiledEngine), "numba is needed"
    if laws.best_of > 1:
        texts = []
        for each in range(NUM_TEXTS):
            rules: dict[str, Any] = {"sampling": sampling, "draws": draws_of(seed, sample=each)}
            guides = guides_of(laws, alphabet=alphabet, sampling=sampling)
            written = iter_best(engine, alphabet, BEGINNING, num_tries=laws.best_of, guides=guides, **rules)
            texts.append("".join(islice(written, num_chars)))
        return texts
    crowd, opened = Crowd(engine, alphabet), author.read(BEGINNING)
    found: dict[int, list[str]] = {}
    for each in range(NUM_TEXTS):
        guides = guides_of(laws, alphabet=alphabet, sampling=sampling, text=BEGINNING)
        found[crowd.join(opened, sampling=sampling, draws=draws_of(seed, sample=each), guides=guides)] = []
    for _ in range(num_chars):
        for step in crowd.step():
            found[step.key].append(step.text)
    return ["".join(each) for each in found.values()]


def relative_speed(author: Author, options: WriteOptions) -> float:
    """Return the speed of one text as a multiple of that without laws, each the best of three, taken in turn."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(3):
        for has_laws in times:
            began = time.perf_counter()
            author.write(BEGINNING, max_chars=SPEED_CHARS, seed=1, **(options if has_laws else {}))
            times[has_laws].append(time.perf_counter() - began)
    return min(times[False]) / min(times[True])


def row(name: str, found: Measures, speed: str) -> str:
    """Return one line of the table."""
    return (
        f"| {name} | {100 * found.repeated:.2f} % | {100 * found.loops:.2f} % | {found.sentence_words:.1f} | "
        f"{found.paragraph_sentences:.2f} | {100 * found.unclosed:.1f} % | {100 * found.non_words:.2f} % | "
        f"{found.said:.1f} | {speed} |"
    )


def main() -> None:
    """Write, measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shelf", type=Path, help="the books whose words count as words")
    parser.add_argument(
        "--author", type=Path, default=None, help="an author file or a run; without it, the one in the box"
    )
    parser.add_argument("--chars", type=int, default=100_000, help="characters to write under each law, about")
    parser.add_argument("--pages", type=Path, default=None, help="a folder for the texts")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    corpus = prepare([arguments.shelf])
    author = Author.load(arguments.author or boxed_author())
    lexicon = lexicon_of(corpus)
    num_chars = arguments.chars // NUM_TEXTS
    people = passages_of_people(corpus, num_passages=arguments.chars // 2_000)
    rows = [row("people: held-out books", measure(people, lexicon), "")]
    print(rows[-1], flush=True)
    for options in SETTINGS:
        texts = write(author, options, num_chars=num_chars, seed=arguments.seed)
        name = ", ".join(f"{key} {value}" for key, value in options.items()) or "none"
        rows.append(row(f"`{name}`", measure(texts, lexicon), f"{relative_speed(author, options):.2f}"))
        print(rows[-1], flush=True)
        if arguments.pages is not None:
            arguments.pages.mkdir(exist_ok=True)
            path = arguments.pages / f"{re.sub('[^a-z0-9.]+', '-', name.lower()).strip('-')}.txt"
            path.write_text("\n\n--------\n\n".join(BEGINNING + text for text in texts), encoding="utf-8")
    head = [
        f"| law | {RUN_WORDS} words again | loops | words in a sentence | sentences in a paragraph | "
        'paragraphs unclosed | non-words | "said" in 1,000 words | speed |',
        "|---|---|---|---|---|---|---|---|---|",
    ]
    note = (
        f'{NUM_TEXTS} texts of {num_chars:,} characters after "{BEGINNING}" under each law, seed {arguments.seed}, '
        "temperature 0.8 and min-p 0.1 where nothing else is said. The columns: runs of five words that stood in the "
        "same text before; characters in spans of 40 that did; paragraphs with a double quotation mark or a bracket "
        "that is not closed, or not open; words in small letters that no training book has. The speed is that of "
        "one text alone, as a multiple of that without laws."
    )
    write_results("laws", "The laws of writing", results_header(), "\n".join([note, "", *head, *rows]))


if __name__ == "__main__":
    main()
