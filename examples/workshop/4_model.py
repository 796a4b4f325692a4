"""Step 4: the model of 2017, three layers of 512 gated recurrent units, reads its first two batches.

    python examples/workshop/4_model.py my-books/

It has learned nothing yet, so its loss is near ln 98: each of the 98 symbols seems as likely as any other.
"""

import argparse
import math
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from penwright import CharModel, CorpusConfig, ModelConfig, prepare
from penwright.training.batches import Lanes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path)
    parser.add_argument("--lanes", type=int, default=200)
    parser.add_argument("--hidden", type=int, default=512, help="units in each layer")
    arguments = parser.parse_args()

    corpus = prepare([arguments.books], config=CorpusConfig(alphabet="seed", split="seed"))
    ids = [corpus.book_ids(book) for book in corpus.books_in("train")]
    lanes = Lanes(ids, batch_size=arguments.lanes, seq_len=30, order="rolled")

    config = ModelConfig(
        cell="gru",
        gru_reset="before",  # the reset gate acts before the product, as in TensorFlow
        is_residual=False,
        vocab_size=corpus.alphabet.vocab_size,
        embedding_dim=0,  # characters go in as one-hot
        hidden_size=arguments.hidden,
        num_layers=3,
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    print(f"{model.num_parameters:,} weights and biases")
    print(f"ln {config.vocab_size} = {math.log(config.vocab_size):.4f}")

    state = model.initial_state(arguments.lanes)
    with torch.no_grad():
        for window in range(min(2, lanes.windows_per_epoch)):
            inputs, targets = lanes.batch(1, window)[:2]
            logits, state = model.sequence(inputs, state)  # the state goes on from batch to batch
            loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
            accuracy = 100 * (logits.argmax(dim=-1) == targets).float().mean()
            print(f"Batch {window}: {tuple(inputs.shape)} -> {tuple(logits.shape)}, ", end="")
            print(f"Loss={loss:.4f}, Accuracy={accuracy:.2f}")
    print("State of a layer:", *(tuple(each.shape) for each in state.layers[0]))


if __name__ == "__main__":
    main()
