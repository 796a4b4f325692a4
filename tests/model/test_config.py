"""The shape of a model as a value: bounds, sentences, round trips, and a parameter count without a model."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.errors import ConfigError
from penwright.model.config import CELLS, GRU_RESETS, MAX_PARAMETERS, ModelConfig, num_parameters_of, window_size_of


def seed_config(**changes: Any) -> ModelConfig:
    """The 2017 system: three one-hot GRU layers of 512 over 98 symbols."""
    fields: dict[str, Any] = {
        "cell": "gru",
        "embedding_dim": 0,
        "hidden_size": 512,
        "num_layers": 3,
        "is_residual": False,
    }
    return ModelConfig(vocab_size=98, **{**fields, **changes})


@st.composite
def configs(draw: st.DrawFn) -> ModelConfig:
    """Any configuration within bounds, small enough to be allowed."""
    is_residual = draw(st.booleans())
    return ModelConfig(
        vocab_size=draw(st.integers(2, 65_536)),
        cell=draw(st.sampled_from(CELLS)),
        embedding_dim=draw(st.integers(1 if is_residual else 0, 100)),
        hidden_size=draw(st.integers(1, 100)),
        num_layers=draw(st.integers(1, 64)),
        window_size=draw(st.integers(1, 20)),
        gru_reset=draw(st.sampled_from(GRU_RESETS)),
        is_residual=is_residual,
        mlp_size=draw(st.integers(0, 100)),
        dropout=draw(st.floats(0, 1, exclude_max=True)),
    )


def test_the_seed_has_exactly_the_published_number_of_parameters() -> None:
    needed = 610 * 1536 + 1536 + 2 * (1024 * 1536 + 1536) + 512 * 98 + 98
    assert num_parameters_of(seed_config()) == needed == 4_137_570
    assert num_parameters_of(seed_config(gru_reset="after")) == needed + 3 * 512


@given(config=configs())
def test_a_configuration_survives_json(config: ModelConfig) -> None:
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_fields_left_out_take_their_defaults() -> None:
    assert ModelConfig.from_dict({"vocab_size": 98}) == ModelConfig(vocab_size=98)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("vocab_size", 1, r"vocab_size=1 must be a whole number from 2 to 65,536\."),
        ("vocab_size", 65_537, r"vocab_size=65537 must be a whole number from 2 to 65,536\."),
        ("embedding_dim", -1, r"embedding_dim=-1 must be a whole number from 0 to 8,192\."),
        ("hidden_size", 0, r"hidden_size=0 must be a whole number from 1 to 8,192\."),
        ("hidden_size", 10**6000, r"hidden_size=a number of 19,932 bits must be a whole number from 1 to 8,192\."),
        ("hidden_size", 512.0, r"hidden_size=512\.0 must be a whole number from 1 to 8,192\."),
        ("hidden_size", "512", r"hidden_size='512' must be a whole number from 1 to 8,192\."),
        ("hidden_size", True, r"hidden_size=True must be a whole number from 1 to 8,192\."),
        ("hidden_size", None, r"hidden_size=None must be a whole number from 1 to 8,192\."),
        ("num_layers", 65, r"num_layers=65 must be a whole number from 1 to 64\."),
        ("window_size", 0, r"window_size=0 must be a whole number from 1 to 1,024\."),
        ("mlp_size", -5, r"mlp_size=-5 must be a whole number from 0 to 65,536\."),
        ("cell", "grou", r"cell='grou' is unknown\. Did you mean 'gru'\?"),
        ("cell", 7, r"cell=7 is unknown\. Known: elman, gated, gru, lstm, perceptron, window\."),
        ("cell", "x" * 10_000, r"^cell='x{49} is unknown\. Known: "),
        ("gru_reset", "during", r"gru_reset='during' is unknown\. Known: after, before\."),
        ("is_residual", 1, r"is_residual=1 must be true or false\."),
        ("dropout", 1.0, r"dropout=1\.0 must be a number from 0 to 1, but not 1\."),
        ("dropout", -0.1, r"dropout=-0\.1 must be a number from 0 to 1, but not 1\."),
        ("dropout", float("nan"), r"dropout=nan must be a number from 0 to 1, but not 1\."),
        ("dropout", 10**400, r"dropout=a number of 1,329 bits must be a number from 0 to 1, but not 1\."),
        ("dropout", "0.2", r"dropout='0\.2' must be a number from 0 to 1, but not 1\."),
    ],
    ids=lambda value: str(type(value).__name__) if isinstance(value, int) and value > 10**9 else repr(value)[:30],
)
def test_a_value_out_of_bounds_is_refused_with_a_sentence(field: str, value: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        ModelConfig.from_dict({"vocab_size": 98, field: value})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "needs vocab_size, the number of symbols in the alphabet"),
        ({"vocab_size": 98, "hidden": 5}, r"a model has no field 'hidden'\. Did you mean 'hidden_size'\?"),
        ({"vocab_size": 98, 5: 5}, r"a model has no field '5'\. Known: cell, consensus, context_kinds, dropout, "),
        (["vocab_size"], "must be a table of fields, not list"),
        (None, "must be a table of fields, not NoneType"),
    ],
    ids=["empty", "misspelt", "number", "list", "none"],
)
def test_a_table_that_is_no_model_is_refused_with_a_sentence(data: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        ModelConfig.from_dict(data)


def test_a_residual_stack_needs_an_embedding() -> None:
    with pytest.raises(ConfigError, match="Set embedding_dim to 1 or more, or is_residual to false"):
        ModelConfig(vocab_size=98, embedding_dim=0, is_residual=True)


def test_a_model_too_large_is_refused_by_arithmetic_alone() -> None:
    with pytest.raises(ConfigError, match=r"would have [\d,]+ parameters; at most 2,000,000,000 are allowed\. Lower "):
        ModelConfig(vocab_size=65_536, cell="lstm", embedding_dim=8_192, hidden_size=8_192, num_layers=64)


@given(config=configs())
def test_every_allowed_model_stays_below_the_bound(config: ModelConfig) -> None:
    assert 0 < num_parameters_of(config) <= MAX_PARAMETERS


def test_a_window_that_sees_too_much_at_once_is_refused() -> None:
    """A file of 34 MB asked for 17 GB when a page was read."""
    allowed = ModelConfig(vocab_size=17, cell="window", embedding_dim=128, window_size=1_024)
    assert allowed.window_size * allowed.input_size == 1 << 17
    with pytest.raises(ConfigError, match=r"1,024 inputs of 129 numbers would see 132,096 .* Lower window_size or"):
        ModelConfig(vocab_size=17, cell="window", embedding_dim=129, window_size=1_024)


def test_only_the_first_layer_of_a_window_looks_back() -> None:
    config = ModelConfig(vocab_size=98, cell="window", window_size=8)
    assert [window_size_of(config, layer=layer) for layer in range(3)] == [8, 1, 1]


def test_a_configuration_is_judged_without_torch() -> None:
    probe = "import sys, penwright.model.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
