"""The sliding window scores every symbol once, with enough before it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from peers.gpt import Gpt, sliding_nats, sliding_windows
from torch import Tensor

VOCAB_SIZE = 7


def a_text(length: int) -> np.ndarray:
    """Symbols by chance, the same each time."""
    return np.random.default_rng(length).integers(VOCAB_SIZE, size=length).astype(np.uint8)


@pytest.mark.parametrize("context", [2, 3, 8, 9])
@pytest.mark.parametrize("num_inputs", [1, 2, 7, 8, 9, 12, 13, 40, 41])
def test_every_prediction_counts_once_with_half_a_context_before_it(num_inputs: int, context: int) -> None:
    windows = sliding_windows(num_inputs, context=context)
    length = min(context, num_inputs)
    scored = [index for window in windows for index in range(window.first_scored, window.start + length)]
    assert scored == list(range(num_inputs))
    for window in windows[1:]:
        assert window.first_scored - window.start >= context // 2
        assert window.start + length <= num_inputs


@pytest.mark.parametrize("length", [2, 5, 64, 65, 203])
def test_sliding_equals_full_scoring_where_only_the_last_symbol_matters(length: int) -> None:
    table = torch.randn(VOCAB_SIZE, VOCAB_SIZE, generator=torch.Generator().manual_seed(0))

    def predict(ids: Tensor) -> Tensor:
        return table[ids]

    text = a_text(length)
    ids = torch.from_numpy(text.astype(np.int64))
    full = F.cross_entropy(table[ids[:-1]], ids[1:], reduction="sum").item()
    assert sliding_nats(predict, text, context=16) == pytest.approx(full, rel=1e-5)


@torch.no_grad()
def test_a_text_within_the_context_is_read_at_once() -> None:
    torch.manual_seed(0)
    model = Gpt(VOCAB_SIZE, context=32, num_layers=2, num_heads=2, width=8)
    text = a_text(33)
    ids = torch.from_numpy(text.astype(np.int64))
    full = F.cross_entropy(model(ids[None, :-1])[0], ids[1:], reduction="sum").item()
    assert sliding_nats(model.forward, text, context=32) == pytest.approx(full, rel=1e-5)


@torch.no_grad()
def test_nothing_is_predicted_from_what_comes_after() -> None:
    torch.manual_seed(0)
    model = Gpt(VOCAB_SIZE, context=16, num_layers=2, num_heads=2, width=8)
    ids = torch.from_numpy(a_text(16).astype(np.int64))[None]
    changed = ids.clone()
    changed[:, 9:] = (changed[:, 9:] + 1) % VOCAB_SIZE
    torch.testing.assert_close(model(ids)[:, :9], model(changed)[:, :9])
