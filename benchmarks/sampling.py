"""What temperature and min-p do to a text: words that no book has, loops, and how many different words there are.

    python benchmarks/sampling.py SHELF [--author AUTHOR] [--words 20000]

An author writes some 20,000 words with each setting, several texts side by side, each from the edge of a book. Words
are held against those of the shelf's training books. Passages of its held-out books, as long together, are measured in
the same way: nobody can do better than people do.

Shapes: B = texts written side by side, V = vocab_size.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from box_measures import passages_of_people
from common import results_header, write_results

from penwright import Author, SamplingConfig, prepare
from penwright.author.box import boxed_author
from penwright.evaluation.judging.repetition import LOOP_CHARS, loop_share
from penwright.evaluation.judging.words import lexicon_of, plain_words_of, words_of
from penwright.writing.crowd import Crowd
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.sampling import draws_of

NUM_TEXTS = 40
CHARS_A_WORD = 5.6
SETTINGS = ((0.8, 0.02), (0.8, 0.05), (0.8, 0.1), (0.7, 0.02))
"""Temperature and min-p."""


class Measures(NamedTuple):
    """What some texts are like."""

    num_words: int
    non_words: float
    """Share of the words in small letters that no training book has, 0 to 1. Names may be new."""
    loops: float
    """Share of characters in spans of LOOP_CHARS that stood in the same text before, 0 to 1."""
    different_words: float
    """Different words among 10,000, on average."""


def measure(texts: Sequence[str], lexicon: frozenset[str]) -> Measures:
    """Measure some texts."""
    words = [word for text in texts for word in words_of(text)]
    plain = [word for text in texts for word in plain_words_of(text)]
    unknown = sum(word not in lexicon for word in plain)
    batches = [words[start : start + 10_000] for start in range(0, len(words) - 9_999, 10_000)] or [words]
    different = sum(len(set(batch)) / len(batch) for batch in batches) / len(batches) * 10_000
    return Measures(len(words), unknown / len(plain), loop_share(texts), different)


def write_side_by_side(
    author: Author, *, num_texts: int, num_chars: int, sampling: SamplingConfig, seed: int
) -> list[str]:
    """Return texts of one author, each from the edge of a book, written side by side."""
    engine = author.engine
    assert isinstance(engine, CompiledEngine), "numba is needed"
    crowd, opened = Crowd(engine, author.alphabet), author.read("")
    keys = [crowd.join(opened, sampling=sampling, draws=draws_of(seed, sample=each)) for each in range(num_texts)]
    written: dict[int, list[str]] = {key: [] for key in keys}
    for _ in range(num_chars):
        for each in crowd.step():
            written[each.key].append(each.text)
    return ["".join(text) for text in written.values()]


def row(name: str, measures: Measures) -> str:
    """Return one line of the table."""
    return (
        f"| {name} | {measures.num_words:,} | {100 * measures.non_words:.2f} % | {100 * measures.loops:.2f} % | "
        f"{measures.different_words:,.0f} |"
    )


def main() -> None:
    """Write, measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shelf", type=Path, help="the books whose words count as words")
    parser.add_argument(
        "--author", type=Path, default=None, help="an author file or a run; without it, the one in the box"
    )
    parser.add_argument("--words", type=int, default=20_000, help="words to write with each setting, about")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    corpus = prepare([arguments.shelf])
    author = Author.load(arguments.author or boxed_author())
    lexicon = lexicon_of(corpus)
    num_chars = round(arguments.words * CHARS_A_WORD / NUM_TEXTS)
    people = passages_of_people(corpus, num_passages=round(arguments.words * CHARS_A_WORD / 2_000))
    rows = [row("people: held-out books", measure(people, lexicon))]
    print(rows[-1], flush=True)
    for temperature, min_p in SETTINGS:
        sampling = SamplingConfig(temperature=temperature, min_p=min_p)
        texts = write_side_by_side(
            author, num_texts=NUM_TEXTS, num_chars=num_chars, sampling=sampling, seed=arguments.seed
        )
        rows.append(row(f"temperature {temperature}, min-p {min_p}", measure(texts, lexicon)))
        print(rows[-1], flush=True)
    head = ["| setting | words | non-words | loops | different words of 10,000 |", "|---|---|---|---|---|"]
    note = (
        f"{NUM_TEXTS} texts of {num_chars:,} characters for each setting, seed {arguments.seed}. A non-word is a word "
        f"in small letters that no training book has; a loop is a span of {LOOP_CHARS} characters that stood in the "
        "same text before."
    )
    write_results("sampling", "Temperature and min-p", results_header(), "\n".join([note, "", *head, *rows]))


if __name__ == "__main__":
    main()
