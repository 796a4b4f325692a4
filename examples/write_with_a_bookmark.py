"""Read a long text once, and continue it in several ways.

    python examples/write_with_a_bookmark.py runs/first story.txt

A bookmark is all that the author remembers where the text ends. It is a value: nothing that is written from it changes
it, so every continuation begins at the same place, and a second text can be read on from it as well.
"""

import argparse
from pathlib import Path

from penwright import Author


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("author", type=Path, help="an author file, or the folder of a run")
    parser.add_argument("text", type=Path)
    parser.add_argument("--words", type=int, default=60, help="length of each continuation")
    arguments = parser.parse_args()

    author = Author.load(arguments.author)
    bookmark = author.read(arguments.text.read_text(encoding="utf-8"))
    for temperature in (0.5, 0.8, 1.1):
        print(f"\n--- temperature {temperature}")
        print(author.write(after=bookmark, max_words=arguments.words, temperature=temperature, seed=1))
    farther = author.read(" The door opened.", after=bookmark)
    print("\n--- after one more sentence")
    print(author.write(after=farther, max_words=arguments.words, seed=1))


if __name__ == "__main__":
    main()
