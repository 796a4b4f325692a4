"""The validation pass of the 2017 system."""

import math
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from penwright.alphabet.characters import Alphabet
from penwright.evaluation.seed import seed_validation
from penwright.model.states import ModelState


class Memory(NamedTuple):
    num_read: Tensor


class Counter(nn.Module):
    """Predicts 'a' the more surely the more it has read since its state was empty."""

    def __init__(self) -> None:
        super().__init__()
        self.config = SimpleNamespace(vocab_size=98)
        self.weight = nn.Parameter(torch.zeros(()))

    def initial_state(self, batch_size: int):
        return ModelState((Memory(torch.zeros(batch_size)),))

    def sequence(self, ids, state):
        num_read = state.layers[0].num_read[:, None] + torch.arange(1, ids.shape[1] + 1)
        logits = torch.zeros(*ids.shape, 98)
        logits[..., A] = num_read / 1024
        return logits, ModelState((Memory(num_read[:, -1]),))


A = int(Alphabet.seed().encode("a")[0])


def mean_nats(num_scored: int) -> float:
    """What one window of nothing but 'a' costs by the definition of the cross-entropy."""
    logits = np.arange(1, num_scored + 1) / 1024
    return float(np.mean(np.log(np.exp(logits) + 97) - logits))


def a_text(num_chars: int) -> np.ndarray:
    return Alphabet.seed().encode("a" * num_chars)


def test_every_window_is_read_from_an_empty_memory() -> None:
    result = seed_validation(Counter(), a_text(5 * 1024 + 1))
    assert result is not None
    assert result.loss == pytest.approx(mean_nats(1024), rel=1e-5)
    assert result.accuracy == 1.0


def test_what_lies_beyond_the_last_whole_window_is_not_read() -> None:
    text = Alphabet.seed().encode("a" * 2049 + "b" * 500)
    assert seed_validation(Counter(), text) == seed_validation(Counter(), a_text(2049))


def test_more_windows_than_are_read_at_once_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penwright.evaluation.seed.WINDOWS_AT_ONCE", 2)
    result = seed_validation(Counter(), Alphabet.seed().encode("a" * 4097 + "b" * 1024))
    assert result is not None
    assert result.accuracy == pytest.approx(4 / 5)


@pytest.mark.parametrize("num_windows", [1, 2, 3])
def test_an_exact_multiple_of_the_window_works(num_windows: int) -> None:
    """The 2017 system stopped with an error here, since the last character has no successor."""
    result = seed_validation(Counter(), a_text(1024 * num_windows))
    assert result is not None
    windows = [1024] * (num_windows - 1) + [1023]
    expected = sum(size * mean_nats(size) for size in windows) / sum(windows)
    assert result.loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("num_chars", [0, 1])
def test_no_held_out_text_has_no_result(num_chars: int) -> None:
    """The 2017 system divided by zero here."""
    assert seed_validation(Counter(), a_text(num_chars)) is None


def test_a_text_shorter_than_a_window_is_one_short_window() -> None:
    result = seed_validation(Counter(), a_text(100))
    assert result is not None
    assert result.loss == pytest.approx(mean_nats(99), rel=1e-5)
    assert result.loss < math.log(98)
