"""The seed preset's first updates are those of the 2017 system, written out plainly in float64."""

from pathlib import Path

import torch
from torch import Tensor

from penwright.corpus.store import Corpus
from penwright.model.char_model import CharModel
from penwright.training.records import Progress
from penwright.training.settings.resolve import resolve_config
from penwright.training.start import train

LANES, SEQ_LEN, HIDDEN_SIZE, NUM_UPDATES = 12, 10, 16, 6
SETTINGS = {
    "model": {"hidden_size": HIDDEN_SIZE},
    "train": {
        "steps": NUM_UPDATES,
        "batch_size": LANES,
        "seq_len": SEQ_LEN,
        "epsilon": 1e-8 / (LANES * SEQ_LEN),
        "progress_every": 1,
        "compare_every": 0,
        "save_every": 0,
    },
    "diary": {"max_chars": 0},
}


def gru(inputs: Tensor, hidden: Tensor, weights: dict[str, Tensor], layer: int) -> Tensor:
    """Return the states (T, B, H) of one layer. The reset gate acts before the candidate's product."""
    input_weight, recurrent_weight, bias = (
        weights[f"layers.{layer}.{name}"] for name in ("input_weight", "recurrent_weight", "bias")
    )
    input_gates, input_candidate = (inputs @ input_weight.t() + bias).tensor_split([2 * HIDDEN_SIZE], dim=2)
    gate_weight, candidate_weight = recurrent_weight.tensor_split([2 * HIDDEN_SIZE])
    states = []
    for gates, candidate in zip(input_gates, input_candidate, strict=True):
        reset, update = torch.sigmoid(gates + hidden @ gate_weight.t()).chunk(2, dim=1)
        candidate = torch.tanh(candidate + (reset * hidden) @ candidate_weight.t())
        hidden = update * hidden + (1 - update) * candidate
        states.append(hidden)
    return torch.stack(states)


def plain_losses(text: Tensor, weights: dict[str, Tensor]) -> list[float]:
    """Train on ids (N,) with Adam on the sum of the losses, epsilon 1e-8, and return each update's mean loss."""
    windows = (len(text) - 1) // (LANES * SEQ_LEN)
    inputs, targets = (text[i : i + LANES * windows * SEQ_LEN].view(LANES, -1).t() for i in (0, 1))  # (T, B)
    optimizer = torch.optim.Adam(weights.values(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, foreach=False, fused=False)
    states = [torch.zeros(LANES, HIDDEN_SIZE, dtype=torch.float64)] * 3
    losses = []
    for first in range(0, NUM_UPDATES * SEQ_LEN, SEQ_LEN):
        values = torch.nn.functional.one_hot(inputs[first : first + SEQ_LEN], 98).double()
        for layer, state in enumerate(states):
            values = gru(values, state, weights, layer)
            states[layer] = values[-1].detach()
        logits = values @ weights["readout_weight"].t() + weights["readout_bias"]
        wanted = targets[first : first + SEQ_LEN].flatten()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted, reduction="sum")
        losses.append(loss.item() / len(wanted))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return losses


def test_the_first_updates_are_those_of_2017(tmp_path: Path) -> None:
    shelf = tmp_path / "play.txt"
    shelf.write_text("".join(f"{n * n:b} times I asked, and {n} times they said no.\n" for n in range(400)))
    config = resolve_config("seed", overrides=SETTINGS).config
    corpus = Corpus.from_files([shelf], config=config.corpus)
    records = train(corpus, run=tmp_path / "run", preset="seed", overrides=SETTINGS)
    ours = [record.loss for record in records if isinstance(record, Progress)]
    model = CharModel(config.model_config(vocab_size=98), generator=torch.Generator().manual_seed(0))
    weights = {name: p.detach().double().requires_grad_() for name, p in model.named_parameters()}
    codes = [97 if byte == 10 else byte - 30 for byte in shelf.read_bytes()]
    needed = plain_losses(torch.tensor(codes), weights)
    assert max(needed) - min(needed) > 0.01
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(needed), rtol=1e-5, atol=0, check_dtype=False)
