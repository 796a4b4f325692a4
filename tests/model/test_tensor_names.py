"""Names of tensors in files of earlier builds."""

import pytest

from penwright.model.char_model import CharModel, ModelConfig, state_to_tensors
from penwright.model.tensor_names import former_name, present_name


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ("evidence.shown_weight", "context_models.ngram_input_weight"),
        ("evidence.mix_facts_weight/momentum_buffer", "context_models.mix_confidence_weight/momentum_buffer"),
        ("evidence.recall_facts_weight", "context_models.match_confidence_weight"),
        ("lanes4.streak", "lanes4.length"),
        ("layers.0.layer.conv_weight", "layers.0.layer.conv_weight"),
    ],
)
def test_former_names_have_present_ones(former: str, present: str) -> None:
    assert present_name(former) == present_name(present) == present
    assert former_name(present) == former


def test_every_name_of_a_model_and_its_state_is_there_and_back() -> None:
    model = CharModel(ModelConfig(vocab_size=5, embedding_dim=4, hidden_size=4, ngram_entries=9, match_slots=4))
    names = [*model.state_dict(), *state_to_tensors(model.initial_state(1), "lanes")]
    assert {"context_models.match_embedding", "lanes4.length"} <= set(names)
    assert [present_name(former_name(name)) for name in names] == [present_name(name) for name in names] == names
