"""Sizes as people write them and as a configuration takes them."""

import pytest

from penwright.errors import UsageError
from penwright.model.config import num_parameters_of
from penwright.training.planning.sizes import LADDER, Size, parse_size, sized
from penwright.training.settings.resolve import resolve_config


def test_a_size_is_read_as_it_is_written() -> None:
    assert all(parse_size(size.name) == size for size in LADDER)
    assert parse_size("auto") is None


@pytest.mark.parametrize("text", ["", "big", "192", "192x", "x3", "192X3", "-192x3", "192x3x4", "1e3x3", "192 x 3"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="such as 192x3"):
        parse_size(text)


def test_each_rung_has_more_weights_than_the_one_before() -> None:
    config = resolve_config().config
    counts = [num_parameters_of(sized(config, size).model_config(vocab_size=100)) for size in LADDER]
    assert counts == sorted(set(counts))


def test_another_size_leaves_all_else_as_it_is() -> None:
    config = resolve_config(overrides={"model": {"dropout": 0.1}}).config
    other = sized(config, Size(64, 2))
    assert (other.model["hidden_size"], other.model["num_layers"], other.model["dropout"]) == (64, 2, 0.1)
    assert other.train == config.train
    assert sized(config, Size(64, 2), batch_size=24).train.batch_size == 24
