"""Raise an author on a folder of books, and let it write a page.

    python examples/raise_an_author.py my-books/ --seconds 300

The run is kept beside the folder, in `my-books-run/`; it must not be there yet.
"""

import argparse
from pathlib import Path

from penwright import Author, prepare, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long it learns")
    arguments = parser.parse_args()

    corpus = prepare([arguments.books])
    print(f"{len(corpus.books)} books, {corpus.num_chars('train'):,} characters to learn from")

    run = arguments.books.with_name(f"{arguments.books.resolve().name}-run")
    for record in train(corpus, run=run, seconds=arguments.seconds):  # records say what happens, as it happens
        match record.kind:
            case "progress":
                print(f"step {record.step:,}: {record.bits_per_char:.2f} bits per character read")
            case "evaluation":
                print(f"step {record.step:,}: {record.bits_per_char:.2f} bits per character of held-out books")

    author = Author.load(run)  # the best of the run
    print(author.write(max_words=150, seed=1))


if __name__ == "__main__":
    main()
