"""A model with a larger alphabet predicts what it did before."""

import pytest
import torch

from penwright.model.char_model import CharModel, ModelConfig
from penwright.model.growing import grown
from penwright.ngrams.tables import empty_tables


@pytest.mark.parametrize("has_context_models", [False, True])
def test_a_grown_model_predicts_the_old_symbols_as_before(has_context_models: bool) -> None:
    entries, slots = (100, 16) if has_context_models else (0, 0)
    config = ModelConfig(
        vocab_size=20,
        embedding_dim=8,
        hidden_size=8,
        num_layers=2,
        mlp_size=8,
        ngram_entries=entries,
        match_slots=slots,
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0.0, 0.3, generator=torch.Generator().manual_seed(weight.numel()))
    larger = grown(model, vocab_size=25, ngram_entries=2 * entries, generator=torch.Generator().manual_seed(2))
    if larger.context_models is not None:  # with shares that leave new symbols next to nothing
        unigrams = torch.cat((torch.full((20,), 1 / 20), torch.full((5,), 1e-7)))
        tables = empty_tables(25)._replace(unigrams=unigrams)
        larger.context_models.use(tables, torch.zeros(25, dtype=torch.bool))
    ids = torch.randint(1, 20, (3, 40), generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        before, _ = model.sequence(ids, model.initial_state(3))
        after, _ = larger.sequence(ids, larger.initial_state(3))
    assert torch.allclose(before.log_softmax(-1), after[..., :20].log_softmax(-1), atol=1e-3)
    assert larger.config.vocab_size == 25
    assert torch.isfinite(larger.sequence(torch.full((1, 5), 24), larger.initial_state(1))[0]).all()
    same = grown(model, vocab_size=20, ngram_entries=entries, generator=torch.Generator().manual_seed(2))
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), same.parameters(), strict=True))
