"""How large are bookmarks, and how fast are they and the suggestions?

    python benchmarks/bookmarks.py [BOOK]

Prints, for the author in the box: the bytes of a bookmark of an empty book and of BOOK, the time to save and load one,
and the time of a suggestion once the author is loaded (the median of 20, and the longest).
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from penwright import Author, Bookmark
from penwright.corpus.config import CorpusConfig
from penwright.corpus.texts import list_texts

TEXTS = ("She opened the d", "She opened the ", "“I don", "He said to Mr. P", "It was a dark and stormy n", "The ")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", nargs="?", type=Path)
    book = parser.parse_args().book
    author = Author.from_box()
    author.suggest("The ")
    texts = {"an empty book": ""}
    if book is not None:
        texts[book.name] = "".join(part.text for part in list_texts([book], config=CorpusConfig()).texts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mark"
        for name, text in texts.items():
            began = time.perf_counter()
            bookmark = author.read(text)
            seconds = [time.perf_counter() - began]
            began = time.perf_counter()
            bookmark.save(path, author)
            seconds.append(time.perf_counter() - began)
            began = time.perf_counter()
            loaded = Bookmark.load(path, author)
            seconds.append(time.perf_counter() - began)
            same = author.write(after=loaded, max_chars=500, seed=1) == author.write(
                after=bookmark, max_chars=500, seed=1
            )
            print(
                f"{name}, {len(text):,} characters: {path.stat().st_size:,} bytes; read in {seconds[0]:.2f} s, "
                f"saved in {1e3 * seconds[1]:.0f} ms, loaded in {1e3 * seconds[2]:.0f} ms; same text: {same}"
            )
    for text in TEXTS:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            words = author.suggest(text)
            times.append(1e3 * (time.perf_counter() - began))
        print(
            f"{text!r}: {median(times):.1f} ms, at most {max(times):.1f} ms: {words[0].word} {words[0].probability:.3f}"
        )


if __name__ == "__main__":
    main()
