"""How large are bookmarks, how fast are they and the suggestions, and what does adapting to a book give?

    python benchmarks/bookmarks.py BOOK ...

Of the author in the box and each book, which should be none of its shelf:

1. The bytes of a bookmark after its first CHARS characters, with and without adapting to them, and the processor time
   to read them, to save the bookmark and to load it.
2. Bits per character of the next NEXT_CHARS characters: after reading without adapting, with what was learned before
   and nothing more, as a text is written, and learning on.
3. Of texts written from the two bookmarks: the share of words that occur in the book's next characters, and of
   characters in spans of 40 that stood in the same text before.
4. The processor time of a suggestion once the author is loaded: the median of 20, and the longest.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
from common import results_header, write_results
from sampling import loop_share

from penwright import Author, Bookmark
from penwright.corpus.config import CorpusConfig
from penwright.corpus.texts import list_texts
from penwright.writing.costs import log_softmax
from penwright.writing.crowd import Crowd
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of

CHARS, NEXT_CHARS = 200_000, 100_000
NUM_TEXTS, TEXT_CHARS = 16, 3_000
AT_ONCE = 256
WORD = re.compile(r"[a-z’']+")
SUGGESTED = ("She opened the d", "She opened the ", "“I don", "He said to Mr. P", "It was a dark and stormy n", "The ")


def kept(author: Author, bookmark: Bookmark, path: Path) -> tuple[Bookmark, list[float]]:
    """Save and load a bookmark; return it and the seconds that each took."""
    began = time.process_time()
    bookmark.save(path, author)
    saved = time.process_time()
    loaded = Bookmark.load(path, author)
    return loaded, [saved - began, time.process_time() - saved]


def bits(author: Author, bookmark: Bookmark, text: str, *, learns: bool) -> float:
    """Return the bits per character of a text after a bookmark."""
    ids = author.alphabet.encode(text).astype(np.int64)
    logits, state, total = bookmark.logits[None], bookmark.state.copy(), 0.0
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        shown, state = author.engine.read(part[None], state, num_shown=len(part), consumes_state=True, learns=learns)
        predicted = log_softmax(np.concatenate([logits, shown[0, :-1]]))
        logits, total = shown[0, -1:], total - float(predicted[np.arange(len(part)), part].sum())
    return total / np.log(2) / len(text)


def written(author: Author, bookmark: Bookmark) -> list[str]:
    """Return texts written from a bookmark, side by side."""
    assert isinstance(author.engine, CompiledEngine), "numba is needed"
    crowd, texts = Crowd(author.engine, author.alphabet), dict[int, list[str]]()
    for each in range(NUM_TEXTS):
        texts[crowd.join(bookmark, sampling=SamplingConfig(), draws=draws_of(1, sample=each))] = []
    for _ in range(TEXT_CHARS):
        for made in crowd.step():
            texts[made.key].append(made.text)
    return ["".join(text) for text in texts.values()]


def book_rows(author: Author, book: Path, path: Path) -> Iterator[str]:
    """Yield a line for each way to read a book."""
    whole = "".join(part.text for part in list_texts([book], config=CorpusConfig()).texts)
    first, rest = whole[:CHARS], whole[CHARS : CHARS + NEXT_CHARS]
    words = set(WORD.findall(rest.lower()))
    for adapts in (False, True):
        began = time.process_time()
        bookmark = author.read(first, adapts=adapts)
        seconds = time.process_time() - began
        loaded, (saving, loading) = kept(author, bookmark, path)
        texts = written(author, loaded)
        assert texts == written(author, bookmark), "a bookmark on disk is the bookmark"
        used = [word for text in texts for word in WORD.findall(text.lower())]
        shared = sum(word in words for word in used) / len(used)
        frozen = bits(author, loaded, rest, learns=False)
        learning = f"{bits(author, loaded, rest, learns=True):.3f}" if adapts else "-"
        yield (
            f"| {book.stem}, {'adapting' if adapts else 'as it is'} | {path.stat().st_size:,} | {seconds:.1f} s | "
            f"{1e3 * saving:.0f} ms | {1e3 * loading:.0f} ms | {frozen:.3f} | {learning} | {100 * shared:.1f} % | "
            f"{100 * loop_share(texts):.2f} % |"
        )


def suggestion_rows(author: Author) -> Iterator[str]:
    """Yield a line for each text that is to be completed."""
    author.suggest("The ")
    for text in SUGGESTED:
        times = []
        for _ in range(20):
            began = time.process_time()
            best = author.suggest(text)[0]
            times.append(1e3 * (time.process_time() - began))
        yield f"| `{text}` | {best.word} {best.probability:.3f} | {median(times):.1f} ms | {max(times):.1f} ms |"


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", nargs="+", type=Path)
    arguments = parser.parse_args()
    author = Author.from_box()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mark"
        kept(author, author.read(""), path)
        rows = [
            f"A bookmark of an empty book has {path.stat().st_size:,} bytes. All times are of the processor.",
            "",
            "| book | bytes | read | saved | loaded | next, as learned | next, learning | words shared | loops |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for book in arguments.books:
            rows += book_rows(author, book, path)
    rows += ["", "| text | first suggestion | median | longest |", "|---|---|---:|---:|", *suggestion_rows(author)]
    write_results("bookmarks", "Bookmarks, and what adapting to a book gives", results_header(), "\n".join(rows))


if __name__ == "__main__":
    main()
