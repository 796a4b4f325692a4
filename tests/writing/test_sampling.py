"""The sampler: its limits, their order, extreme numbers, and the same draws for the same seed."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from penwright.errors import AuthorError, ConfigError
from penwright.settings import MAX_INT64
from penwright.writing.options import SamplingConfig, new_seed
from penwright.writing.sampling import (
    generator_from,
    invert,
    probabilities,
    sample_next,
)

PLAIN = SamplingConfig(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)

any_float32 = st.floats(width=32, allow_nan=False)
rows = st.lists(any_float32, min_size=1, max_size=12).map(lambda row: torch.tensor([row]))
moderate_rows = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=12).map(lambda row: torch.tensor([row]))
temperatures = st.one_of(st.floats(0, 10), st.sampled_from([0.0, 5e-324, 1e-300, 1e-45, 1e-38, 1e-9, 10.0]))
configs = st.builds(
    SamplingConfig,
    temperature=temperatures,
    top_k=st.integers(0, 15),
    top_p=st.floats(0, 1, exclude_min=True),
    min_p=st.floats(0, 1),
)


def entropy(chances: Tensor) -> float:
    """Of one row, in nats."""
    values = chances[0].double()
    return float(-(values[values > 0] * values[values > 0].log()).sum())


def wins(row: Tensor, *, config: SamplingConfig) -> list[int]:
    """The ids that can be chosen."""
    return probabilities(row, config=config)[0].nonzero()[:, 0].tolist()


@given(rows, configs)
def test_probabilities_are_finite_and_sum_to_one(row: Tensor, config: SamplingConfig) -> None:
    chances = probabilities(row, config=config)
    assert chances.shape == row.shape
    assert bool((chances >= 0).all())
    assert float(chances.sum()) == pytest.approx(1.0, abs=1e-5)


@given(rows, configs)
def test_every_limit_keeps_the_best(row: Tensor, config: SamplingConfig) -> None:
    chances = probabilities(row, config=config)
    assert float(chances[0, int(row.argmax())]) > 0
    assert float(chances[0, int(row.argmax())]) == float(chances.max())


@given(rows, configs, st.data(), st.integers(0, 100))
def test_what_is_drawn_is_allowed(row: Tensor, config: SamplingConfig, data: st.DataObject, seed: int) -> None:
    size = row.shape[1]
    banned = data.draw(st.lists(st.integers(0, size - 1), max_size=size - 1, unique=True))
    drawn = sample_next(row, config=config, generator=generator_from(seed), banned_ids=banned)
    assert drawn.shape == (1,)
    assert int(drawn) not in banned
    assert float(probabilities(row, config=config, banned_ids=banned)[0, int(drawn)]) > 0


@given(moderate_rows, st.tuples(temperatures, temperatures), st.integers(0, 15), st.floats(0.01, 1), st.floats(0, 1))
def test_a_higher_temperature_has_more_entropy(
    row: Tensor, pair: tuple[float, float], top_k: int, top_p: float, min_p: float
) -> None:
    cool, warm = (
        entropy(probabilities(row, config=SamplingConfig(temperature=each, top_k=top_k, top_p=top_p, min_p=min_p)))
        for each in sorted(pair)
    )
    assert warm >= cool - 1e-4


@given(rows, configs, st.integers(0, 5))
def test_top_k_1_is_temperature_0(row: Tensor, config: SamplingConfig, seed: int) -> None:
    """Equals included: both take the lowest of them."""
    single = SamplingConfig(temperature=config.temperature, top_k=1, top_p=config.top_p, min_p=config.min_p)
    coldest = SamplingConfig(temperature=0.0, top_k=config.top_k, top_p=config.top_p, min_p=config.min_p)
    assert torch.equal(probabilities(row, config=single), probabilities(row, config=coldest))
    assert int(sample_next(row, config=single, generator=generator_from(seed))) == int(row.argmax())


@given(st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=12))
def test_neutral_values_change_nothing_at_all(row: list[float]) -> None:
    logits = torch.tensor([row])
    assert torch.equal(probabilities(logits, config=PLAIN), torch.softmax(logits, dim=1))
    sized = SamplingConfig(temperature=1.0, top_k=len(row), top_p=1.0, min_p=0.0)
    assert torch.equal(probabilities(logits, config=sized), torch.softmax(logits, dim=1))


@given(moderate_rows, st.integers(1, 12))
def test_top_k_keeps_k(row: Tensor, top_k: int) -> None:
    kept = wins(row, config=SamplingConfig(temperature=1.0, top_k=top_k, min_p=0.0))
    assert len(kept) == min(top_k, row.shape[1])
    below = row - row.max()  # in float32, where two that lie far below may be equal
    dropped = set(range(row.shape[1])) - set(kept)
    assert all(float(below[0, each]) <= float(below[0, kept].min()) for each in dropped)


@given(moderate_rows, st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_it(row: Tensor, top_p: float) -> None:
    kept = wins(row, config=SamplingConfig(temperature=1.0, top_p=top_p, min_p=0.0))
    believed = torch.softmax(row.double(), dim=1)[0]
    assert float(believed[kept].sum()) >= top_p - 1e-5
    assert float(believed[kept].sum() - believed[kept].min()) < top_p + 1e-5


@given(moderate_rows, st.floats(0.001, 1))
def test_min_p_keeps_what_is_near_the_best(row: Tensor, min_p: float) -> None:
    kept = wins(row, config=SamplingConfig(temperature=1.0, min_p=min_p))
    believed = torch.softmax(row.double(), dim=1)[0]
    for each, chance in enumerate(believed.tolist()):
        share = chance / float(believed.max())
        if abs(share - min_p) > 1e-5:
            assert (each in kept) == (share > min_p)


def test_limits_are_measured_before_the_temperature() -> None:
    """At temperature 10 the second character would pass min_p=0.5, but the author itself does not believe in it."""
    row = torch.tensor([[2.0, 0.0]])
    assert wins(row, config=SamplingConfig(temperature=10.0, min_p=0.5)) == [0]
    assert wins(row, config=SamplingConfig(temperature=10.0, top_p=0.8, min_p=0.0)) == [0]


def test_limits_are_all_measured_on_the_same_distribution() -> None:
    """top_p=0.6 keeps two of four equals even beside top_k=3: it does not see the third as two thirds."""
    row = torch.zeros(1, 4)
    assert wins(row, config=SamplingConfig(top_p=0.6, min_p=0.0)) == [0, 1, 2]
    assert wins(row, config=SamplingConfig(top_p=0.6, top_k=3, min_p=0.0)) == [0, 1, 2]


@given(moderate_rows, st.floats(0.5, 10), st.integers(0, 12), st.floats(0.01, 1), st.floats(0, 1))
def test_the_temperature_does_not_change_what_is_kept(
    row: Tensor, temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    values: dict[str, Any] = {"top_k": top_k, "top_p": top_p, "min_p": min_p}
    plain = wins(row, config=SamplingConfig(temperature=1.0, **values))
    assert wins(row, config=SamplingConfig(temperature=temperature, **values)) == plain


def test_an_id_stays_only_if_every_limit_keeps_it() -> None:
    row = torch.tensor([[0.0, -1.0, -2.0, -3.0]])
    assert wins(row, config=SamplingConfig(top_k=3, min_p=0.3)) == [0, 1]
    assert wins(row, config=SamplingConfig(top_k=1, min_p=0.3)) == [0]
    assert wins(row, config=SamplingConfig(top_k=3, top_p=0.5, min_p=0.0)) == [0]


def test_of_many_equals_the_lowest_is_the_best() -> None:
    row = torch.zeros(1, 5_000)
    assert wins(row, config=SamplingConfig(top_k=3)) == [0, 1, 2]
    assert wins(row, config=SamplingConfig(top_p=1e-9)) == [0]


def test_banned_ids_do_not_count_for_the_limits() -> None:
    row = torch.tensor([[9.0, 1.0, 1.0, 0.0]])
    config = SamplingConfig(temperature=1.0, top_k=2, min_p=0.9)
    chances = probabilities(row, config=config, banned_ids=torch.tensor([0]))
    assert chances.tolist() == [[0.0, 0.5, 0.5, 0.0]]


def test_rows_are_independent() -> None:
    logits = torch.randn(5, 9, generator=generator_from(0)) * 4
    config = SamplingConfig(temperature=0.7, top_k=5, top_p=0.9, min_p=0.05)
    together = probabilities(logits, config=config)
    for each in range(5):
        assert torch.equal(together[each : each + 1], probabilities(logits[each : each + 1], config=config))


def test_lower_precision_is_computed_in_float32() -> None:
    row = torch.tensor([[1.0, 2.0, 3.0]])
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        chances = probabilities(row.to(dtype), config=PLAIN)
        assert chances.dtype == torch.float32
        assert torch.equal(chances, probabilities(row, config=PLAIN))


def test_the_logits_are_left_as_they_are() -> None:
    row = torch.tensor([[1.0, math.inf, 3.0]])
    probabilities(row, config=SamplingConfig(top_k=1), banned_ids=[0])
    assert row.tolist() == [[1.0, math.inf, 3.0]]


def test_what_is_no_number_is_an_error_with_a_sentence() -> None:
    with pytest.raises(AuthorError, match="predictions are not numbers"):
        probabilities(torch.tensor([[0.0, math.nan]]), config=PLAIN)


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.2]]).log().expand(40_000, 3)
    drawn = sample_next(logits, config=PLAIN, generator=generator_from(3))
    shares = drawn.bincount(minlength=3) / 40_000
    assert shares.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


def test_the_same_seed_draws_the_same_ids() -> None:
    logits = torch.randn(50, 30, generator=generator_from(0))
    first, second, other = (
        sample_next(logits, config=PLAIN, generator=generator_from(seed)).tolist() for seed in (7, 7, 8)
    )
    assert first == second
    assert first != other


def test_one_number_is_drawn_for_each_character() -> None:
    """So that a text depends on the seed alone, not on the size of the alphabet or on what is banned."""
    generator = generator_from(1)
    sample_next(torch.zeros(2, 5), config=PLAIN, generator=generator)
    sample_next(torch.zeros(1, 60), config=SamplingConfig(), generator=generator, banned_ids=[4])
    sample_next(torch.zeros(3, 60), config=SamplingConfig(temperature=0.0), generator=generator)
    expected = torch.rand(4, generator=generator_from(1), dtype=torch.float64)[3]
    assert torch.rand(1, generator=generator, dtype=torch.float64)[0] == expected


def test_the_shared_generator_is_never_touched() -> None:
    before = torch.get_rng_state()
    sample_next(torch.zeros(1, 5), config=PLAIN, generator=generator_from(1))
    assert torch.equal(torch.get_rng_state(), before)


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=10).filter(lambda row: sum(row) > 0),
    st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 1 - 2**-53])),
)
def test_inversion_agrees_with_a_plain_loop(row: list[float], draw: float) -> None:
    found = int(invert(torch.tensor([row]), torch.tensor([draw], dtype=torch.float64)))
    limit, running = draw * float(torch.tensor(row).double().cumsum(0)[-1]), 0.0
    expected = None
    for each, chance in enumerate(torch.tensor(row).double().tolist()):
        running += chance
        if expected is None and running > limit:
            expected = each
    assert row[found] > 0
    assert expected is None or found == expected


@pytest.mark.parametrize(("draw", "expected"), [(0.0, [1, 0]), (1 - 2**-53, [2, 1])])
def test_the_extreme_draws_stay_among_the_possible(draw: float, expected: list[int]) -> None:
    chances = torch.tensor([[0.0, 0.3, 0.7, 0.0], [0.5, 0.5, 0.0, 0.0]])
    assert invert(chances, torch.full((2,), draw, dtype=torch.float64)).tolist() == expected


@pytest.mark.parametrize("seed", [-1, MAX_INT64 + 1, 1.0, True, "1"])
def test_a_seed_out_of_bounds_is_refused(seed: Any) -> None:
    with pytest.raises(ConfigError, match="must be a whole number from 0 to 2\\^63 - 1"):
        generator_from(seed)


def test_seeds_that_differ_only_in_their_upper_half_differ() -> None:
    """torch itself reads 32 bits of a seed."""
    first, second = (torch.rand(4, generator=generator_from(seed)).tolist() for seed in (5, 5 + 2**32))
    assert first != second


def test_a_small_seed_is_torchs_own() -> None:
    ours, torchs = generator_from(12), torch.Generator().manual_seed(12)
    assert torch.rand(4, generator=ours).tolist() == torch.rand(4, generator=torchs).tolist()


def test_new_seeds_are_valid_and_differ() -> None:
    seeds = {new_seed() for _ in range(8)}
    assert len(seeds) > 1
    for seed in seeds:
        generator_from(seed)
