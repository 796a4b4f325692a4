"""Step 6: watch the curves in TensorBoard, stop half-way, and go on from the saved state.

    python examples/workshop/6_tensorboard.py my-books/ --steps 400 --run runs/watched

Then `tensorboard --logdir runs/watched` shows the curves. It needs the extra `track`.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penwright import prepare, train
from penwright.report.tensorboard import TensorBoardWriter
from penwright.training.start import resume


def watch(records: Iterable[Any], log: TensorBoardWriter) -> None:
    """Write the curves of a training, and tell where it was saved."""
    for record in records:
        log.write(record)
        match record.kind:
            case "evaluation":
                print(f"step {record.step}: {record.bits_per_char:.3f} bits per held-out character")
            case "saved":
                print(f"step {record.step}: saved in {record.path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/watched"), help="folder to make")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--hidden", type=int, default=320)
    arguments = parser.parse_args()

    corpus = prepare([arguments.books])
    half = arguments.steps // 2
    every = {"progress_every": 5, "val_every": max(1, half // 4), "save_every": max(1, half // 2)}
    settings = {"model": {"hidden_size": arguments.hidden}, "train": {**every, "batch_size": 8, "seq_len": 64}}
    with TensorBoardWriter(arguments.run.parent / f"{arguments.run.name}-curves", name="workshop") as log:
        watch(train(corpus, run=arguments.run, preset="gru", steps=half, overrides=settings), log)
        print("Going on from the last saved state: weights, optimizer, memory, position and random numbers.")
        watch(resume(arguments.run, steps=arguments.steps), log)
    print("The best author so far:", arguments.run / "author.safetensors")


if __name__ == "__main__":
    main()
