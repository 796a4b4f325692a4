"""A label is a vector added to those of the symbols: none costs nothing, and one may change at any point."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from penwright.errors import ConfigError
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig, num_parameters_of, parameter_shapes
from penwright.model.growing import grown
from penwright.model.labels import LabelState
from penwright.model.states import state_from_tensors, state_to_tensors

SHAPES: dict[str, dict[str, Any]] = {
    "residual": {"cell": "gated", "mlp_size": 24, "match_slots": 16},
    "plain": {"cell": "gru", "is_residual": False},
}


def model_of(name: str, *, num_labels: int) -> CharModel:
    """A model whose weights all matter."""
    config = ModelConfig(
        vocab_size=20, embedding_dim=16, hidden_size=16, num_layers=2, num_labels=num_labels, **SHAPES[name]
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter_name, parameter in sorted(model.named_parameters()):
            if parameter_name != "label_embedding":
                parameter.add_(torch.randn(parameter.shape, generator=noise) * 0.2)
        if num_labels:
            model.label_embedding.normal_(generator=noise)
    return model


IDS = torch.randint(0, 20, (3, 12), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("name", SHAPES)
def test_without_a_label_all_is_as_in_a_model_without_labels(name: str) -> None:
    plain, labelled = model_of(name, num_labels=0), model_of(name, num_labels=4)
    assert num_parameters_of(labelled.config) == num_parameters_of(plain.config) + 4 * 16 == labelled.num_parameters
    assert "num_labels" not in plain.config.to_dict() and plain.initial_state(1).label is None
    assert ModelConfig.from_dict(labelled.config.to_dict()) == labelled.config
    found, expected = (model.sequence(IDS, model.initial_state(3))[0] for model in (labelled, plain))
    assert torch.equal(found, expected)
    nobody = labelled.sequence(IDS, labelled.initial_state(3), labels=torch.full_like(IDS, -1))[0]
    assert torch.equal(nobody, expected)


@pytest.mark.parametrize("name", SHAPES)
def test_a_label_shifts_the_vector_of_every_symbol(name: str) -> None:
    model, shifted = model_of(name, num_labels=4), model_of(name, num_labels=0)
    with torch.no_grad():
        shifted.embedding.add_(model.label_embedding[2])
    expected = shifted.sequence(IDS, shifted.initial_state(3))[0]
    found = model.sequence(IDS, model.initial_state(3), labels=torch.full_like(IDS, 2))[0]
    assert torch.allclose(found, expected, atol=1e-5)
    unlabelled = model.sequence(IDS, model.initial_state(3))[0]
    assert not torch.allclose(found, unlabelled, atol=0.01)


@pytest.mark.parametrize("name", SHAPES)
def test_the_label_of_a_state_changes_where_the_text_is(name: str) -> None:
    model = model_of(name, num_labels=4)
    labels = torch.tensor([[1] * 5 + [3] * 7] * 3)
    expected, _ = model.sequence(IDS, model.initial_state(3), labels=labels)
    state, found = model.initial_state(3), []
    for position in range(12):
        vector = model.label_embedding[labels[:, position]].detach()
        logits, state = model.step(IDS[:, position], state._replace(label=LabelState(vector)))
        found.append(logits)
    assert torch.allclose(torch.stack(found, dim=1), expected, atol=1e-5)
    restored = state_from_tensors(model, state_to_tensors(state, "text"), "text")
    assert restored.label is not None and torch.equal(restored.label.vector, model.label_embedding[[3, 3, 3]])


def test_only_the_labels_that_were_read_have_gradients() -> None:
    model = model_of("residual", num_labels=4)
    labels = torch.tensor([[1] * 12, [-1] * 12, [3] * 12])
    logits, _ = model.sequence(IDS, model.initial_state(3), labels=labels)
    logits.square().mean().backward()
    assert model.label_embedding.grad is not None
    assert model.label_embedding.grad.abs().sum(dim=1).gt(0).tolist() == [False, True, False, True]


def test_labels_are_added_to_a_model_and_taken_away() -> None:
    model = model_of("residual", num_labels=2)
    sizes = {"vocab_size": 20, "ngram_entries": 0}
    more = grown(model, **sizes, num_labels=3, generator=torch.Generator())
    assert torch.equal(more.label_embedding[:2], model.label_embedding) and not more.label_embedding[2].any()
    none = grown(more, **sizes, generator=torch.Generator())
    assert "label_embedding" not in parameter_shapes(none.config)
    found = none.sequence(IDS, none.initial_state(3))[0]
    assert torch.equal(found, model.sequence(IDS, model.initial_state(3))[0])


def test_a_one_hot_input_has_no_vectors_to_add_to() -> None:
    config = ModelConfig(vocab_size=20, cell="gru", is_residual=False, embedding_dim=0)
    with pytest.raises(ConfigError, match="num_labels=2.*embedding_dim"):
        replace(config, num_labels=2)
