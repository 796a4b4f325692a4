"""Models ready to write in tests, by every engine."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from penwright.alphabet.characters import Alphabet
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.writing.engines.adaptation import adaptation_of
from penwright.writing.engines.base import Engine
from penwright.writing.engines.choosing import engine_of_model
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.engines.plain import PlainEngine, PlainState


def compiled_engine(model: CharModel, alphabet: Alphabet) -> CompiledEngine:
    """The compiled engine of a model."""
    engine = engine_of_model(model, alphabet)
    assert isinstance(engine, CompiledEngine)
    return engine


MAKERS: dict[str, Callable[[CharModel, Alphabet], Engine]] = {
    "plain": lambda model, alphabet: PlainEngine(model, adaptation=adaptation_of(alphabet)),
    "compiled": compiled_engine,
}


def random_from(seed: int) -> torch.Generator:
    """A generator of torch."""
    return torch.Generator().manual_seed(seed)


def loud_model(alphabet: Alphabet, **settings: Any) -> CharModel:
    """An untrained model of one layer, loud enough that what it reads makes a difference."""
    shape: dict[str, Any] = {
        "cell": "gru",
        "embedding_dim": 8,
        "hidden_size": 16,
        "num_layers": 1,
        "window_size": 4,
        "mlp_size": 16,
        "is_residual": False,
    }
    config = ModelConfig(vocab_size=alphabet.vocab_size, **{**shape, **settings})
    model = CharModel(config, generator=random_from(1))
    with torch.no_grad():
        model.embedding.mul_(20.0)
        model.readout_weight.normal_(0.0, 1.0, generator=random_from(2))
    return model


def memory_of(state: Any) -> list[np.ndarray]:
    """All arrays of an engine's state."""
    if isinstance(state, PlainState):
        return [*(tensor.numpy() for part in state.model.parts for tensor in part), state.position, *state.adapted]
    return list(state)


class Noting:
    """An engine that notes the ids it reads, stretch by stretch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.stretches: list[list[int]] = []
        self.vocab_size = engine.vocab_size
        self.symbols_at_once = engine.symbols_at_once
        self.initial_state = engine.initial_state

    def read(self, ids: np.ndarray, state: Any, **options: Any) -> tuple[np.ndarray, Any]:
        self.stretches.append(ids[0].tolist())
        return self._engine.read(ids, state, **options)

    @property
    def ids(self) -> list[int]:
        """All ids in order."""
        return [symbol for stretch in self.stretches for symbol in stretch]
