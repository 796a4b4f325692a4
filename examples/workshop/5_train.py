"""Step 5: training, with statistics every 5 batches and validation on a held-out book every 20.

    python examples/workshop/5_train.py my-books/ --steps 200 --run runs/workshop

It is the model of step 4. On two cores, 200 steps take ten minutes or more; `--hidden 128` is faster.
"""

import argparse
import math
from pathlib import Path

from penwright import CorpusConfig, prepare, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/workshop"), help="folder to make")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--lanes", type=int, default=200)
    parser.add_argument("--hidden", type=int, default=512)
    arguments = parser.parse_args()

    corpus = prepare([arguments.books], config=CorpusConfig(alphabet="seed", split="seed"))
    print(f"ln {corpus.alphabet.vocab_size} = {math.log(corpus.alphabet.vocab_size):.4f}, the loss of a guess")
    settings = {
        "model": {"hidden_size": arguments.hidden},
        "train": {"batch_size": arguments.lanes, "progress_every": 5, "val_every": 20, "save_every": 20},
    }
    for record in train(corpus, run=arguments.run, preset="seed", steps=arguments.steps, overrides=settings):
        match record.kind:
            case "progress":
                print(f"Epoch {record.epoch}, Step {record.step}, ", end="")
                print(f"Minibatch Loss={record.loss:.4f}, Minibatch Accuracy={100 * record.accuracy:.2f}")
            case "evaluation":
                loss = record.bits_per_char * math.log(2)
                print(f"  Validation Loss={loss:.4f}, Validation Accuracy={100 * record.accuracy:.2f}")
            case "sample":
                print(f"  {record.prompt}{record.text[:160]!r}")
            case "saved":
                print(f"  Saved model weights: {record.path}")


if __name__ == "__main__":
    main()
