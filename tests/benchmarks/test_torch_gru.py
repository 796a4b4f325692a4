"""Books read side by side cost what each costs alone, whatever the memory they begin with."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from peers.contract import HeldOut
from peers.torch_gru import CharGru, total_nats
from torch import Tensor


@pytest.mark.parametrize("is_carried", [False, True])
@torch.no_grad()
def test_books_side_by_side_cost_what_each_costs_alone(is_carried: bool) -> None:
    torch.manual_seed(0)
    model = CharGru(7, embedding_dim=4, hidden_size=8, num_layers=2)
    initial: Tensor | None = torch.randn(2, 1, 8) if is_carried else None
    random = np.random.default_rng(0)
    passages = tuple(random.integers(7, size=length).astype(np.uint8) for length in (300, 2, 280))
    alone = 0.0
    for passage in passages:
        ids = torch.from_numpy(passage.astype(np.int64))
        logits, _ = model(ids[None, :-1], initial)
        alone += F.cross_entropy(logits[0], ids[1:], reduction="sum").item()
    assert total_nats(model, HeldOut(passages, 1), initial=initial) == pytest.approx(alone, rel=1e-5)
