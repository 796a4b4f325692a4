"""The sampler: its limits, their order, extreme numbers, and the same draws for the same seed."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from penwright.errors import AuthorError, ConfigError
from penwright.settings import MAX_INT64
from penwright.writing.options import SamplingConfig, new_seed
from penwright.writing.sampling import MAX_SAMPLE, Draws, Logits, choose_next, draws_of, probabilities

PLAIN = SamplingConfig(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
MAX_DRAW = 1 - 2**-53


def float32(values: Any) -> Logits:
    """Logits."""
    return np.array(values, np.float32)


any_float32 = st.floats(width=32, allow_nan=False)
rows = st.lists(any_float32, min_size=1, max_size=12).map(float32)
moderate_rows = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=12).map(float32)
temperatures = st.one_of(st.floats(0, 10), st.sampled_from([0.0, 5e-324, 1e-300, 1e-45, 1e-38, 1e-9, 10.0]))
configs = st.builds(
    SamplingConfig,
    temperature=temperatures,
    top_k=st.integers(0, 15),
    top_p=st.floats(0, 1, exclude_min=True),
    min_p=st.floats(0, 1),
)
draws = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, MAX_DRAW]))


def chances_of(row: Logits, *, config: SamplingConfig, banned: list[int] | None = None) -> NDArray[np.float64]:
    """The probabilities where some ids are banned."""
    return probabilities(row, config=config, allowed=allowed_of(row, banned))


def chosen(row: Logits, *, config: SamplingConfig, draw: float, banned: list[int] | None = None) -> int:
    """The id that is drawn where some are banned."""
    return choose_next(row, config=config, allowed=allowed_of(row, banned), draw=draw)


def allowed_of(row: Logits, banned: list[int] | None) -> NDArray[np.bool_]:
    """All ids but the banned ones."""
    allowed = np.ones(len(row), np.bool_)
    allowed[banned or []] = False
    return allowed


def softmax(row: Logits) -> NDArray[np.float64]:
    """The model's own distribution."""
    powers = np.exp(row.astype(np.float64) - row.max())
    return powers / powers.sum()


def entropy(chances: NDArray[np.float64]) -> float:
    """In nats."""
    values = chances[chances > 0]
    return float(-(values * np.log(values)).sum())


def wins(row: Logits, *, config: SamplingConfig) -> list[int]:
    """The ids that can be chosen."""
    return chances_of(row, config=config).nonzero()[0].tolist()


@given(rows, configs)
def test_probabilities_are_finite_and_sum_to_one(row: Logits, config: SamplingConfig) -> None:
    chances = chances_of(row, config=config)
    assert chances.shape == row.shape
    assert (chances >= 0).all()
    assert float(chances.sum()) == pytest.approx(1.0, abs=1e-12)


@given(rows, configs)
def test_every_limit_keeps_the_best(row: Logits, config: SamplingConfig) -> None:
    chances = chances_of(row, config=config)
    assert chances[row.argmax()] > 0
    assert chances[row.argmax()] == chances.max()


@given(rows, configs, st.data(), draws)
def test_what_is_drawn_is_allowed(row: Logits, config: SamplingConfig, data: st.DataObject, draw: float) -> None:
    size = len(row)
    banned = data.draw(st.lists(st.integers(0, size - 1), max_size=size - 1, unique=True))
    drawn = chosen(row, config=config, draw=draw, banned=banned)
    assert drawn not in banned
    assert chances_of(row, config=config, banned=banned)[drawn] > 0


@given(moderate_rows, st.tuples(temperatures, temperatures), st.integers(0, 15), st.floats(0.01, 1), st.floats(0, 1))
def test_a_higher_temperature_has_more_entropy(
    row: Logits, pair: tuple[float, float], top_k: int, top_p: float, min_p: float
) -> None:
    cool, warm = (
        entropy(chances_of(row, config=SamplingConfig(temperature=each, top_k=top_k, top_p=top_p, min_p=min_p)))
        for each in sorted(pair)
    )
    assert warm >= cool - 1e-9


@given(rows, configs, draws)
def test_top_k_1_is_temperature_0(row: Logits, config: SamplingConfig, draw: float) -> None:
    """Equals included: both take the lowest of them."""
    single = SamplingConfig(temperature=config.temperature, top_k=1, top_p=config.top_p, min_p=config.min_p)
    coldest = SamplingConfig(temperature=0.0, top_k=config.top_k, top_p=config.top_p, min_p=config.min_p)
    assert np.array_equal(chances_of(row, config=single), chances_of(row, config=coldest))
    assert chosen(row, config=single, draw=draw) == int(row.argmax())


@given(st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=12).map(float32))
def test_neutral_values_change_nothing(row: Logits) -> None:
    assert chances_of(row, config=PLAIN) == pytest.approx(softmax(row), rel=1e-12)
    sized = SamplingConfig(temperature=1.0, top_k=len(row), top_p=1.0, min_p=0.0)
    assert np.array_equal(chances_of(row, config=sized), chances_of(row, config=PLAIN))


@given(moderate_rows, st.integers(1, 12))
def test_top_k_keeps_k(row: Logits, top_k: int) -> None:
    """Also where the most probable alone reach a probability of 1 but for rounding."""
    for each in (row, np.append(row, np.float32(60.0))):
        kept = wins(each, config=SamplingConfig(temperature=1.0, top_k=top_k, min_p=0.0))
        assert len(kept) == min(top_k, len(each))
    kept = wins(row, config=SamplingConfig(temperature=1.0, top_k=top_k, min_p=0.0))
    dropped = set(range(len(row))) - set(kept)
    assert all(row[each] <= row[kept].min() for each in dropped)


@given(moderate_rows, st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_it(row: Logits, top_p: float) -> None:
    kept = wins(row, config=SamplingConfig(temperature=1.0, top_p=top_p, min_p=0.0))
    believed = softmax(row)
    assert believed[kept].sum() >= top_p - 1e-9
    assert believed[kept].sum() - believed[kept].min() < top_p + 1e-9


@given(moderate_rows, st.floats(0.001, 1))
def test_min_p_keeps_what_is_near_the_best(row: Logits, min_p: float) -> None:
    kept = wins(row, config=SamplingConfig(temperature=1.0, min_p=min_p))
    believed = softmax(row)
    for each, chance in enumerate(believed.tolist()):
        share = chance / float(believed.max())
        if abs(share - min_p) > 1e-9:
            assert (each in kept) == (share > min_p)


def test_limits_are_measured_before_the_temperature() -> None:
    """At temperature 10 the second character would pass min_p=0.5, but the author itself does not believe in it."""
    row = float32([2.0, 0.0])
    assert wins(row, config=SamplingConfig(temperature=10.0, min_p=0.5)) == [0]
    assert wins(row, config=SamplingConfig(temperature=10.0, top_p=0.8, min_p=0.0)) == [0]


def test_limits_are_all_measured_on_the_same_distribution() -> None:
    """top_p=0.6 keeps three of four equals even beside top_k=3: it does not see two as two thirds."""
    row = float32([0.0] * 4)
    assert wins(row, config=SamplingConfig(top_p=0.6, min_p=0.0)) == [0, 1, 2]
    assert wins(row, config=SamplingConfig(top_p=0.6, top_k=3, min_p=0.0)) == [0, 1, 2]


@given(moderate_rows, st.floats(0.5, 10), st.integers(0, 12), st.floats(0.01, 1), st.floats(0, 1))
def test_the_temperature_does_not_change_what_is_kept(
    row: Logits, temperature: float, top_k: int, top_p: float, min_p: float
) -> None:
    values: dict[str, Any] = {"top_k": top_k, "top_p": top_p, "min_p": min_p}
    plain = wins(row, config=SamplingConfig(temperature=1.0, **values))
    assert wins(row, config=SamplingConfig(temperature=temperature, **values)) == plain


def test_an_id_stays_only_if_every_limit_keeps_it() -> None:
    row = float32([0.0, -1.0, -2.0, -3.0])
    assert wins(row, config=SamplingConfig(top_k=3, min_p=0.3)) == [0, 1]
    assert wins(row, config=SamplingConfig(top_k=1, min_p=0.3)) == [0]
    assert wins(row, config=SamplingConfig(top_k=3, top_p=0.5, min_p=0.0)) == [0]


def test_of_many_equals_the_lowest_is_the_best() -> None:
    row = float32([0.0] * 5_000)
    assert wins(row, config=SamplingConfig(top_k=3)) == [0, 1, 2]
    assert wins(row, config=SamplingConfig(top_p=1e-9)) == [0]


def test_banned_ids_do_not_count_for_the_limits() -> None:
    config = SamplingConfig(temperature=1.0, top_k=2, min_p=0.9)
    assert chances_of(float32([9.0, 1.0, 1.0, 0.0]), config=config, banned=[0]).tolist() == [0.0, 0.5, 0.5, 0.0]


def test_the_logits_are_left_as_they_are() -> None:
    row = float32([1.0, math.inf, 3.0])
    chances_of(row, config=SamplingConfig(top_k=1), banned=[0])
    assert row.tolist() == [1.0, math.inf, 3.0]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_is_no_number_is_an_error_with_a_sentence(temperature: float) -> None:
    config = SamplingConfig(temperature=temperature)
    with pytest.raises(AuthorError, match="predictions are not numbers"):
        chances_of(float32([0.0, math.nan]), config=config)
    with pytest.raises(AuthorError, match="predictions are not numbers"):
        chosen(float32([0.0, math.nan]), config=config, draw=0.5)


def test_draws_follow_the_probabilities() -> None:
    row, numbers = np.log(float32([0.5, 0.3, 0.2])), draws_of(3)
    drawn = [chosen(row, config=PLAIN, draw=numbers.at(position)) for position in range(20_000)]
    assert np.bincount(drawn) / len(drawn) == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


@given(st.lists(st.floats(-80, 3, width=32), min_size=1, max_size=10).map(float32), draws)
def test_an_id_is_found_as_a_plain_loop_finds_it(row: Logits, draw: float) -> None:
    found = chosen(row, config=PLAIN, draw=draw)
    weights = [math.exp(float(value) - float(row.max())) for value in row]
    limit, running, expected = draw * sum(weights), 0.0, None
    for each, weight in enumerate(weights):
        running += weight
        if abs(running - limit) < 1e-12 * limit:
            return  # too near for a loop that adds in another order
        if expected is None and running > limit:
            expected = each
    assert expected is None or found == expected


@pytest.mark.parametrize(("draw", "expected"), [(0.0, [1, 0]), (MAX_DRAW, [2, 1])])
def test_the_extreme_draws_stay_among_the_possible(draw: float, expected: list[int]) -> None:
    log_probs = [[-math.inf, -1.0, 0.0, -math.inf], [0.0, 0.0, -math.inf, -math.inf]]
    assert [chosen(float32(row), config=PLAIN, draw=draw) for row in log_probs] == expected


def test_the_draw_decides_nothing_at_temperature_0() -> None:
    config = SamplingConfig(temperature=0.0)
    assert {chosen(float32([0.0, 2.0, 2.0]), config=config, draw=draw) for draw in (0.0, 0.5, MAX_DRAW)} == {1}


# Draws


@given(st.integers(0, MAX_INT64), st.integers(0, MAX_SAMPLE), st.integers(0, MAX_INT64), st.integers(0, MAX_SAMPLE))
def test_a_draw_depends_on_its_position_and_on_nothing_before(
    seed: int, sample: int, position: int, attempt: int
) -> None:
    one, other = draws_of(seed, sample=sample), draws_of(seed, sample=sample)
    for before in range(3):
        other.at(before)
    found = one.at(position, attempt=attempt)
    assert 0 <= found < 1
    assert found == other.at(position, attempt=attempt)


def test_every_part_of_a_position_makes_another_draw() -> None:
    usual = {"seed": 5, "sample": 0, "position": 7, "attempt": 0}

    def drawn(**changes: int) -> float:
        at = {**usual, **changes}
        return Draws(at["seed"], at["sample"]).at(at["position"], attempt=at["attempt"])

    others = [drawn(**{name: value + step}) for name, value in usual.items() for step in (1, 2, 1 << 31)]
    others += [drawn(seed=5 + (1 << 32)), drawn(position=7 + (1 << 32)), drawn(seed=MAX_INT64)]
    assert len({drawn(), *others}) == len(others) + 1


@pytest.mark.parametrize("seed", [-1, MAX_INT64 + 1, 1.0, True, "1"])
def test_a_seed_out_of_bounds_is_refused(seed: Any) -> None:
    with pytest.raises(ConfigError, match="must be a whole number from 0 to 2\\^63 - 1"):
        draws_of(seed)


@pytest.mark.parametrize("sample", [-1, MAX_SAMPLE + 1, 1.0, True, "1"])
def test_a_sample_out_of_bounds_is_refused(sample: Any) -> None:
    with pytest.raises(ConfigError, match="sample=.* must be a whole number from 0 to 4,294,967,295"):
        draws_of(1, sample=sample)


def test_new_seeds_are_valid_and_differ() -> None:
    seeds = {new_seed() for _ in range(8)}
    assert len(seeds) > 1
    for seed in seeds:
        draws_of(seed)
