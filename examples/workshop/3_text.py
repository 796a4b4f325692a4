"""Step 3: books become numbers. One alphabet, some books held out, and the batches that a network reads.

    python examples/workshop/3_text.py my-books/

What is printed are the first stretches of three lanes, in two batches. Each lane goes on in the next batch.
"""

import argparse
from pathlib import Path

from penwright import CorpusConfig, prepare
from penwright.training.batches import Lanes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("--lanes", type=int, default=200, help="stretches of text that are read side by side")
    parser.add_argument("--window", type=int, default=30, help="characters read at a time")
    arguments = parser.parse_args()

    # The alphabet of 98 symbols and the rule for held-out books are the workshop's; without them, both are learned.
    corpus = prepare([arguments.books], config=CorpusConfig(alphabet="seed", split="seed"))
    print(f"Num training characters: {corpus.num_chars('train'):,}")
    print(f"Num validation characters: {corpus.num_chars('val'):,}")
    print(f"Num text files processed: {len(corpus.books)}")
    print(f"'Novel' becomes {corpus.alphabet.encode('Novel').tolist()}")

    books = corpus.books_in("train")
    ids = [corpus.book_ids(book) for book in books]
    lanes = Lanes(ids, batch_size=arguments.lanes, seq_len=arguments.window, order="rolled")
    print(f"Batches per epoch: {lanes.windows_per_epoch}")
    for window in range(min(2, lanes.windows_per_epoch)):
        batch = lanes.batch(1, window)
        print(f"\nBatch {window}: inputs {tuple(batch.inputs.shape)}; each target is the next character")
        for lane in range(min(3, arguments.lanes)):
            title = books[lanes.book_at(1, window, lane)].title
            inputs, targets = (corpus.alphabet.decode(each[lane].numpy()) for each in (batch.inputs, batch.targets))
            print(f"{lane:4} {title:<16.16} | {inputs!r} | {targets!r}")


if __name__ == "__main__":
    main()
