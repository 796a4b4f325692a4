"""Give a model a larger alphabet: new symbols get weights of their own, and old ones keep theirs.

New symbols stand behind the old ones, so hashes of contexts stay as they are. This module knows nothing of alphabets or
files.

Shapes: V = vocab_size, E = width of the stream.
"""

from dataclasses import replace

import torch
from torch import Tensor

from penwright.model.char_model import CharModel
from penwright.ngrams.context_kinds import NUM_INPUTS


def grown(
    model: CharModel, *, vocab_size: int, ngram_entries: int, num_labels: int = 0, generator: torch.Generator
) -> CharModel:
    """Return a new model on the CPU that predicts what another does, and new symbols besides. Its tables are empty.

    Args:
        model: A model with an embedding, or of the same `vocab_size`.
        vocab_size: Number of symbols, V, at least the model's.
        ngram_entries: Largest number of successors in its tables.
        num_labels: Number of labels. The model's own come first; the vector of a new label is zero.
        generator: Generator for the weights of new symbols.
    """
    config = replace(model.config, vocab_size=vocab_size, ngram_entries=ngram_entries, num_labels=num_labels)
    made = CharModel(config, generator=generator)
    old = {name: weight.detach().cpu() for name, weight in model.named_parameters()}
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if name == "label_embedding":
                if model.config.num_labels:
                    kept = old[name][:num_labels]
                    weight[: len(kept)] = kept
                continue
            _fill(name, weight, old[name], num_old=model.config.vocab_size)
    return made


def _fill(name: str, weight: Tensor, old: Tensor, *, num_old: int) -> None:
    """Copy old weights to their rows in new ones."""
    if weight.shape == old.shape:
        weight.copy_(old)
    elif (
        name == "context_models.ngram_input_weight"
    ):  # (E, distributions * V): a new symbol's probability tells nothing yet
        shown = torch.zeros(len(weight), NUM_INPUTS, weight.shape[1] // NUM_INPUTS)
        shown[..., :num_old] = old.view(len(old), NUM_INPUTS, num_old)
        weight.copy_(shown.flatten(1))
    elif name == "context_models.match_embedding":  # (orders, V + 1, E), the last row for no symbol
        weight[:, :num_old] = old[:, :num_old]
        weight[:, -1] = old[:, -1]
    else:  # embedding (V, E), readout_weight (V, E), readout_bias (V,)
        assert name in ("embedding", "readout_weight", "readout_bias"), f"{name} does not grow"
        weight[:num_old] = old
        if name == "readout_bias":
            weight[num_old:] = old.mean()
