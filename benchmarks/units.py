"""Characters, byte-pair encoding or words: which unit has learned most after the same minutes on the same books?

    python benchmarks/units.py PATH/TO/novels [--minutes 5] [--units characters,bpe:512,bpe:1024,words:8000]

The books are prepared once in characters, and from that once in each other unit, NAME:SYMBOLS; books, cleaning and
splits are the same. Each unit learns with the default preset and its own minutes, which begin when its books are
prepared; --network leaves the n-grams and the match model out. All are scored on the same beginnings of held-out
books, which end between two words so that every unit has a symbol's end there, in bits per character of the original
text. One at a time, each in a process of its own.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from common import results_header, write_results

from penwright import Author, Corpus, prepare, train
from penwright.corpus.config import CorpusConfig, SplitName
from penwright.corpus.shelf.shares import even_shares
from penwright.evaluation.costs import iter_chunks
from penwright.evaluation.passages import passage_of
from penwright.model.char_model import CharModel
from penwright.training.machine import usable_processors
from penwright.training.records import Finished

HELD_OUT: tuple[SplitName, ...] = ("val", "test")
FINAL_CHARS = 5_000  # of the run's own last reading, after its minutes; the contest's follows
NETWORK_ALONE = {"ngram_entries": 0, "match_slots": 0}
LANES = 32


class Unit(NamedTuple):
    """Who takes part."""

    spec: str
    """As on the command line."""
    config: CorpusConfig


class Rules(NamedTuple):
    """What is the same for all."""

    path: Path
    minutes: float
    threads: int
    ends: dict[str, list[int]]
    """Characters of each held-out book that are scored, by split."""
    model: dict[str, Any]
    """Settings of the model laid over the default."""


class Result(NamedTuple):
    """What became of one unit from one seed."""

    num_symbols: int
    chars_per_symbol: float
    num_parameters: int
    chars_read: int
    chars_per_second: float
    prepare_seconds: float
    val: float
    test: float
    page: str


def unit_of(spec: str) -> Unit:
    """Return a unit written as "characters", "bpe:512" or "words:8000"."""
    name, _, number = spec.partition(":")
    given = {"unit": name, **({"num_subwords": int(number)} if number else {})}
    return Unit(spec, CorpusConfig.from_dict(given))


def ends_between_words(corpus: Corpus, split: SplitName, *, scored_chars: int) -> list[int]:
    """Return how many characters of each book are scored: a share of the budget, back to the end of a word.

    White space after another character begins a symbol in every unit.
    """
    ends, books = [], corpus.require_books(split)
    for book, share in zip(books, even_shares([book.num_chars for book in books], budget=scored_chars), strict=True):
        text = corpus.alphabet.decode(passage_of(corpus, book, num_chars=share).ids[1:])
        places = [place for place in range(1, len(text)) if text[place].isspace() and not text[place - 1].isspace()]
        ends.append(places[-1] if places else 0)
    return ends


def bits_per_char(model: CharModel, corpus: Corpus, split: SplitName, ends: Sequence[int]) -> float:
    """Score the beginnings of held-out books, exactly as many characters of each as is asked."""
    passages = [
        passage_of(corpus, book, num_chars=end) for book, end in zip(corpus.books_in(split), ends, strict=True) if end
    ]
    assert [passage.num_chars for passage in passages] == [end for end in ends if end], "a unit without this edge"
    lanes = sorted((passage.ids for passage in passages), key=len, reverse=True)
    nats = sum(
        float(chunk.nats.sum())
        for first in range(0, len(lanes), LANES)
        for chunk in iter_chunks(model, lanes[first : first + LANES])
    )
    return nats / math.log(2) / sum(ends)


def compete(unit: Unit, rules: Rules, seed: int) -> Result:
    """Let one unit learn and be scored."""
    begun = time.perf_counter()
    corpus = prepare([rules.path], config=unit.config)
    prepare_seconds = time.perf_counter() - begun
    settings = {"threads": rules.threads, "final_val_chars": FINAL_CHARS}
    with tempfile.TemporaryDirectory() as folder:
        run, last = Path(folder) / "run", None
        overrides = {"train": settings, "model": rules.model, "corpus": unit.config.to_dict()}
        for record in train(corpus, run=run, overrides=overrides, seconds=60 * rules.minutes, seed=seed):
            last = record
        assert isinstance(last, Finished), "a run ends with its last record"
        author = Author.load(run)
    val, test = (bits_per_char(author.model, corpus, split, rules.ends[split]) for split in HELD_OUT)
    train_ids = sum(book.num_ids for book in corpus.books_in("train"))
    return Result(
        num_symbols=corpus.alphabet.vocab_size,
        chars_per_symbol=corpus.num_chars("train") / train_ids,
        num_parameters=author.model.num_parameters,
        chars_read=last.chars_read,
        chars_per_second=last.chars_read / last.elapsed_seconds,
        prepare_seconds=prepare_seconds,
        val=val,
        test=test,
        page="It was " + author.write("It was ", max_chars=240, temperature=0.7, min_p=0.02, seed=1),
    )


def row(spec: str, results: Sequence[Result]) -> str:
    """Return a unit's line of the table, the median of its seeds."""

    def middle(name: str) -> float:
        return statistics.median(getattr(result, name) for result in results)

    first = results[0]
    return (
        f"| {spec} | {first.num_symbols:,} | {first.chars_per_symbol:.2f} | {first.num_parameters:,} | "
        f"{middle('chars_read'):,.0f} | {middle('chars_per_second'):,.0f} | "
        f"{middle('val'):.3f} | {middle('test'):.3f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--units", default="characters,bpe:512,bpe:1024,words:8000", help="separated by commas")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0")
    parser.add_argument("--threads", type=int, default=usable_processors())
    parser.add_argument("--scored-chars", type=int, default=100_000, help="of each split")
    parser.add_argument("--network", action="store_true", help="the network alone, without n-grams and match model")
    arguments = parser.parse_args()
    units = [unit_of(spec) for spec in arguments.units.split(",")]
    plain = prepare([arguments.path])
    ends = {split: ends_between_words(plain, split, scored_chars=arguments.scored_chars) for split in HELD_OUT}
    model = NETWORK_ALONE if arguments.network else {}
    rules = Rules(arguments.path, arguments.minutes, arguments.threads, ends, model)
    found: dict[str, list[Result]] = {unit.spec: [] for unit in units}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for seed in range(arguments.seeds):
            for unit in units:
                result = pool.submit(compete, unit, rules, seed).result()
                found[unit.spec].append(result)
                print(f"{unit.spec}, seed {seed}: val {result.val:.3f}, test {result.test:.3f}", flush=True)
    held_out = {split: sorted({book.author for book in plain.books_in(split)}) for split in HELD_OUT}
    seeds = "one seed" if arguments.seeds == 1 else f"median of {arguments.seeds} seeds"
    lines = [
        f"{arguments.minutes:g} minutes each, {arguments.threads} threads, {seeds}, "
        f"{'the network alone' if arguments.network else 'the default author'}. "
        f"{plain.num_chars('train'):,} characters to learn from. Held out: "
        f"{', '.join(held_out['val'])} (val), {', '.join(held_out['test'])} (test); "
        f"{sum(ends['val']):,} and {sum(ends['test']):,} characters of them are scored.",
        "",
        "| unit | symbols | characters a symbol | parameters | chars read | chars/s | "
        "bits per character, val | and test |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(row(spec, results) for spec, results in found.items()),
        "",
        *(f"> **{spec}**: {' '.join(results[0].page.split())}\n" for spec, results in found.items()),
    ]
    write_results("units", "Characters, byte pairs and words", results_header(), "\n".join(lines).rstrip())


if __name__ == "__main__":
    main()
