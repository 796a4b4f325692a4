"""Step 7: let authors write, one raised without dropout and one with it.

    python examples/workshop/7_write.py my-books/ --steps 600 --run runs/dropout

Dropout sets a share of the values to zero while learning, another share each time. A network that reads the same books
over and over learns them by heart, and predicts held-out books ever less well. With dropout, that comes later.
"""

import argparse
from pathlib import Path

from penwright import Author, Corpus, prepare, train


def raise_with(dropout: float, corpus: Corpus, run: Path, *, steps: int, hidden: int) -> Author:
    """Raise an author, and print how well it predicts what it reads and what it doesn't."""
    model = {"dropout": dropout, "hidden_size": hidden}
    every = max(1, steps // 5)
    settings = {"model": model, "train": {"batch_size": 8, "seq_len": 64, "progress_every": every, "val_every": every}}
    print(f"\nDropout {dropout}\n step   bits per character: read   held out")
    read = None
    for record in train(corpus, run=run, preset="gru", steps=steps, seed=1, overrides=settings):
        if record.kind == "progress":
            read = record.bits_per_char
        elif record.kind == "evaluation" and read is not None:
            print(f"{record.step:5} {read:26.3f} {record.bits_per_char:10.3f}")
    return Author.load(run)  # the best of the run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/dropout"), help="beginning of the two folders' names")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--hidden", type=int, default=320)
    parser.add_argument("--prompt", default="It was ")
    arguments = parser.parse_args()

    corpus = prepare([arguments.books])
    for dropout in (0.0, 0.2):
        run = arguments.run.with_name(f"{arguments.run.name}-{dropout}")
        author = raise_with(dropout, corpus, run, steps=arguments.steps, hidden=arguments.hidden)
        for temperature in (0.5, 1.0):
            text = author.write(arguments.prompt, max_chars=200, temperature=temperature, seed=1)
            print(f"--- at temperature {temperature}\n{arguments.prompt}{text}")


if __name__ == "__main__":
    main()
